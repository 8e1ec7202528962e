"""Networks of the tests' own: nothing gets out of there."""

import os
import shutil
import subprocess

import pytest


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
