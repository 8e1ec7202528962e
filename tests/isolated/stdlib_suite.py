"""Run CPython's own look-up tests with fastsock's names in `socket`: stdlib_suite.py {c|py}.

For tests/lookup/test_stdlib_suite.py. Only loopback is needed.
"""

import importlib
import socket
import sys
import unittest

import fastsock

GENERAL = [
    "testHostnameRes",
    "test_host_resolution",
    "test_host_resolution_bad_address",
    "testGetServBy",
    "testGetaddrinfo",
    "test_getaddrinfo_int_port_overflow",
    "test_getnameinfo",
    "test_getaddrinfo_ipv6_basic",
    "test_getaddrinfo_ipv6_scopeid_symbolic",
    "test_getaddrinfo_ipv6_scopeid_numeric",
    "test_getnameinfo_ipv6_scopeid_symbolic",
    "test_getnameinfo_ipv6_scopeid_numeric",
    "test_getfqdn_filter_localhost",
    "testInterfaceNameIndex",
    "testInvalidInterfaceIndexToName",
    "testInvalidInterfaceNameToIndex",
    "testRefCountGetNameInfo",
    "testCrucialConstants",
    "testCrucialIpProtoConstants",
    "testSockName",
]
CLASSES = [
    "NetworkConnectionNoServer",
    "NetworkConnectionAttributesTest",
    "NetworkConnectionBehaviourTest",
    "CreateServerTest",
    "CreateServerFunctionalTest",
]
# It counts the references that a traceback holds, and a Python function has a frame in there.
NOT_PURE = {"testRefCountGetNameInfo"}
ASYNCIO = ["test_base_events", "test_selector_events", "test_sock_lowlevel"]


def install(tag):
    twin = importlib.import_module(f"fastsock.lookup._{tag}")
    for name in set(fastsock.lookup.__all__) & vars(socket).keys():
        setattr(socket, name, getattr(twin, name, None) or getattr(fastsock, name))


def suite(tag):
    load = unittest.defaultTestLoader.loadTestsFromName
    tests = unittest.TestSuite()
    module = importlib.import_module("test.test_socket")
    for name in GENERAL:
        if hasattr(module.GeneralModuleTests, name) and not (tag == "py" and name in NOT_PURE):
            tests.addTest(load(f"GeneralModuleTests.{name}", module))
    for name in CLASSES:
        if hasattr(module, name):
            tests.addTest(load(name, module))
    for name in ASYNCIO:
        tests.addTest(unittest.defaultTestLoader.loadTestsFromName(f"test.test_asyncio.{name}"))
    return tests


if __name__ == "__main__":
    from test import support

    support.use_resources = []  # nothing that needs a network
    install(sys.argv[1])
    result = unittest.TextTestRunner(verbosity=0).run(suite(sys.argv[1]))
    print("run", result.testsRun, "skipped", len(result.skipped))
    sys.exit(not result.wasSuccessful())
