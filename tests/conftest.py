"""Fixtures that give every test both twins.

A test that asks for a part (`address`, ...) runs once with the compiled module and
once with the pure one. A missing extension is an error of every test, never a skip.
``FASTSOCK_TEST_BACKENDS=py`` deselects the compiled twin where there is none on
purpose (the pure wheel); the header says what runs.
"""

import os
import shutil
import subprocess
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
