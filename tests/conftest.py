"""Fixtures that give every test both twins.

A test that asks for a part (`address`, ...) runs once with the compiled module and
once with the pure one. A missing extension is an error of every test, never a skip.
``FASTSOCK_TEST_BACKENDS=py`` deselects the compiled twin where there is none on
purpose (the pure wheel); the header says what runs.
"""

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

import fastsock

BACKENDS = os.environ.get("FASTSOCK_TEST_BACKENDS", "c,py").split(",")

# No database: a run depends on nothing that an earlier one left behind.
settings.register_profile("quick", deadline=None, database=None, max_examples=100)
settings.register_profile("ci", deadline=None, database=None, max_examples=1000)
settings.load_profile("ci" if os.environ.get("CI") else "quick")

# Without a compiled twin there is nothing to choose between and nothing to compare.
collect_ignore = [] if "c" in BACKENDS else ["test_backend.py", "test_parity.py"]


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


@pytest.fixture(scope="session")
def compiled() -> Twin:
    """The compiled twin alone, for what only it has."""
    if "c" not in BACKENDS:
        pytest.skip("the compiled twin was deselected")
    return Twin("c")


@pytest.fixture(scope="session", params=[*BACKENDS, "rules"])
def inet(request: pytest.FixtureRequest) -> ModuleType:
    """The four scalar functions: each twin's, and those for platforms without glibc."""
    if request.param == "rules":
        return import_module("fastsock._py.inet_rules")
    return Twin(request.param).part("address")


def _outcome(function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    try:
        return function(*args, **keywords)
    except Exception as error:
        return type(error), str(error), getattr(error, "errno", None)


@pytest.fixture(scope="session")
def outcome() -> Callable[..., Any]:
    """Call a function: its result, or its exception's class, text and errno, to compare."""
    return _outcome


@pytest.fixture
def check(inet: ModuleType, outcome: Callable[..., Any]) -> Callable[..., None]:
    """Compare a call's outcome with the row's and, where it is one, with the stdlib's."""

    def check(name: str, args: tuple[Any, ...], expected: Any) -> None:
        assert outcome(getattr(inet, name), *args) == expected
        if platform.libc_ver()[0] == "glibc":
            assert outcome(getattr(socket, name), *args) == expected

    return check


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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail for a skipped test where everything must run, as in the landing check."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("FASTSOCK_TEST_NO_SKIPS") and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class Namespace:
    """Runs shell scripts in private network and mount namespaces: nothing gets out of there."""

    def __init__(self) -> None:
        self.path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        # Whoever is not root gets a user namespace, and is root there.
        self.unshare = ["unshare", "-nm" if os.geteuid() == 0 else "-Urnm"]

    def start(self, script: str, *args: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.unshare, "sh", "-ec", script, "sh", *map(str, args)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PATH": self.path, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def finish(
        self, process: "subprocess.Popen[str]", timeout: float
    ) -> "subprocess.CompletedProcess[str]":
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        finally:
            process.kill()
            process.wait()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def run(
        self, script: str, *args: object, timeout: float = 120
    ) -> "subprocess.CompletedProcess[str]":
        return self.finish(self.start(script, *args), timeout)

    def why_not(self) -> str | None:
        """Why there are no namespaces here, or None."""
        for tool in ("unshare", "ip", "mount"):
            if not shutil.which(tool, path=self.path):
                return f"there is no {tool}"
        try:
            done = self.run("ip link set lo up && mount --bind /tmp /etc", timeout=20)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        return None if done.returncode == 0 else f"no namespaces here: {done.stderr.strip()}"


@pytest.fixture(scope="session")
def namespace() -> Namespace:
    namespace = Namespace()
    reason = namespace.why_not()
    if reason:
        pytest.skip(reason)
    return namespace
