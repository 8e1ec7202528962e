"""The standard library's own tests pass with the module swapped, every one of them."""

import importlib.util
import json

import pytest


def test_stdlib_suite(isolated, run_python, twin):
    found = importlib.util.find_spec("test")
    if found is None or importlib.util.find_spec("test.test_ipaddress") is None:
        pytest.skip("this Python comes without test.test_ipaddress")
    process = run_python(str(isolated / "stdlib_suite.py"), FASTSOCK_BACKEND=twin.tag)
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["failed"] == {}
    assert found["ran"] >= 200
