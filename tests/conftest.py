"""Fixtures that give every test both twins.

A test that asks for a part (`address`, ...) runs once with the compiled module and
once with the pure one. A missing extension is an error of every test, never a skip.
``FASTSOCK_TEST_BACKENDS=py`` deselects the compiled twin where there is none on
purpose (the pure wheel); the header says what runs.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import fastsock

BACKENDS = os.environ.get("FASTSOCK_TEST_BACKENDS", "c,py").split(",")

# Without a compiled twin there is nothing to choose between and nothing to compare.
collect_ignore = [] if "c" in BACKENDS else ["test_backend.py", "test_parity.py"]


@dataclass(frozen=True)
class Twin:
    """One of the two implementations."""

    tag: str

    def part(self, name: str) -> ModuleType:
        return import_module(f"fastsock._{self.tag}.{name}")


def pytest_report_header() -> str:
    where = os.path.dirname(fastsock.__file__)
    return f"fastsock {fastsock.__version__} in {where}, twins tested: {', '.join(BACKENDS)}"


@pytest.fixture(scope="session", params=BACKENDS)
def twin(request: pytest.FixtureRequest) -> Twin:
    return Twin(request.param)


@pytest.fixture(scope="session")
def address(twin: Twin) -> ModuleType:
    return twin.part("address")


def _fresh_environment(**changes: str) -> dict[str, str]:
    """The environment of a new interpreter that finds the fastsock under test, and no settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FASTSOCK_")}
    return {**kept, "PYTHONPATH": str(Path(fastsock.__file__).parent.parent), **changes}


@pytest.fixture(scope="session")
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a fresh interpreter: ``run("-c", code, FASTSOCK_BACKEND="c")``. Warnings are errors."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-B", "-W", "error", *arguments]
        return subprocess.run(
            command,
            env=_fresh_environment(**environment),
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run
