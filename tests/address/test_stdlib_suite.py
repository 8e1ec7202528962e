"""CPython's own tests of the four functions, from the running interpreter, over each twin."""

import importlib.util
import json

import pytest

TESTS = [
    "testIPv4_inet_aton_fourbytes",
    "testIPv4toString",
    "testIPv6toString",
    "testStringToIPv4",
    "testStringToIPv6",
]

# `socket` gets the twin's functions before the tests import them from it; each counts its calls.
RUN = """
import importlib, json, socket, sys, unittest

twin = importlib.import_module(sys.argv[1])
calls = dict.fromkeys(("inet_aton", "inet_ntoa", "inet_pton", "inet_ntop"), 0)

def counted(name):
    def call(*args):
        calls[name] += 1
        return getattr(twin, name)(*args)
    return call

for name in calls:
    setattr(socket, name, counted(name))

from test.test_socket import GeneralModuleTests

result = unittest.TestResult()
unittest.TestSuite(map(GeneralModuleTests, sys.argv[2:])).run(result)
json.dump(
    {
        "run": result.testsRun,
        "bad": [text for _, text in result.failures + result.errors + result.skipped],
        "calls": calls,
    },
    sys.stdout,
)
"""


def has_stdlib_tests() -> bool:
    try:
        return importlib.util.find_spec("test.test_socket") is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.skipif(not has_stdlib_tests(), reason="this interpreter came without its test package")
def test_cpython_tests_pass(inet, run_python):
    done = run_python("-c", RUN, inet.__name__, *TESTS)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["bad"] == []
    assert report["run"] == len(TESTS)
    assert min(report["calls"].values()) >= 5
