"""Fixtures that give every test both twins.

A test that asks for a part (`address`, ...) runs once with the compiled module and
once with the pure one. A missing extension is an error of every test, never a skip.
``FASTSOCK_TEST_BACKENDS=py`` deselects the compiled twin where there is none on
purpose (the pure wheel); the header says what runs.
"""

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import fastsock

BACKENDS = os.environ.get("FASTSOCK_TEST_BACKENDS", "c,py").split(",")


@dataclass(frozen=True)
class Twin:
    """One of the two implementations."""

    tag: str

    def part(self, name: str) -> ModuleType:
        return import_module(f"fastsock._{self.tag}.{name}")


def pytest_report_header() -> str:
    where = Path(fastsock.__file__).parent
    return f"fastsock {fastsock.__version__} in {where}, twins tested: {', '.join(BACKENDS)}"


@pytest.fixture(scope="session", params=BACKENDS)
def twin(request: pytest.FixtureRequest) -> Twin:
    return Twin(request.param)


@pytest.fixture(scope="session")
def address(twin: Twin) -> ModuleType:
    return twin.part("address")


@pytest.fixture(scope="session")
def lookup(twin: Twin) -> ModuleType:
    return twin.part("lookup")
