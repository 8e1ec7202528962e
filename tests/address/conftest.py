"""The four scalar functions, held against the standard library's."""

import os
import platform
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from contract import twin_of

BACKENDS = os.environ.get("FASTSOCK_TEST_BACKENDS", "c,py").split(",")
# Asked once: on another library, that searches the whole file of the interpreter.
STDLIB_AGREES = platform.libc_ver()[0] == "glibc" and sys.implementation.name == "cpython"


@pytest.fixture(scope="session", params=[*BACKENDS, "rules"])
def inet(request: pytest.FixtureRequest) -> ModuleType:
    """The four scalar functions: each twin's, and those for platforms without glibc."""
    if request.param == "rules":
        return import_module("fastsock.address.inet_rules")
    return twin_of("address", request.param)


@pytest.fixture
def check(inet: ModuleType, outcome: Callable[..., Any]) -> Callable[..., None]:
    """Compare a call's outcome with the row's and, where it is one, with the stdlib's."""

    def check(name: str, args: tuple[Any, ...], expected: Any) -> None:
        assert outcome(getattr(inet, name), *args) == expected
        if STDLIB_AGREES:
            assert outcome(getattr(socket, name), *args) == expected

    return check
