"""Run the standard library's own tests of ipaddress over ours, switched for the whole program.

Run by test_stdlib_suite.py in a process of its own. Prints how many ran, and what failed.
"""

import json
import sys
import unittest

import fastsock.ipaddress

sys.modules["ipaddress"] = fastsock.ipaddress

from test import test_ipaddress  # noqa: E402  (it imports what stands there now)

assert test_ipaddress.ipaddress is fastsock.ipaddress
result = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromModule(test_ipaddress).run(result)
failed = {str(test): trace for test, trace in result.failures + result.errors}
print(json.dumps({"ran": result.testsRun, "failed": failed}))
