"""Ctrl-C at any moment of the command's life, as a real signal: it ends, and shows no traceback."""

import os
import signal
import subprocess
import sys

import pytest

# What sends the signal: Python imports it before anything of ours.
INTERRUPT = """
import os, signal, sys

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == MOMENT: interrupt()

sys.meta_path.insert(0, Finder())
if MOMENT == "shutdown":
    import atexit
    atexit.register(interrupt)
"""
STARTS = {
    "module": ("-m", "fastsock"),
    "joined": ("-mfastsock",),
    "options": ("-W", "error", "-X", "utf8", "-m", "fastsock"),
    # What pip writes into its script.
    "script": ("-c", "import sys\nfrom _fastsock import main\nsys.exit(main())"),
    "other": (
        "-c",
        "try:\n import fastsock.packet\nexcept KeyboardInterrupt:\n print('caught')",
    ),
}
COMMANDS = [start for start in STARTS if start != "other"]
LOADING = (
    "fastsock._core",
    "fastsock._core.lazy",
    "fastsock.cli",
    "argparse",
    "fastsock.cli.info",
)


@pytest.fixture
def interrupted(tmp_path, twin):
    """Run the command with a signal at a moment: the import of a module, or "shutdown"."""

    def run(start, moment, *words, **options):
        text = INTERRUPT.replace("MOMENT", repr(moment))
        (tmp_path / "sitecustomize.py").write_text(text)
        path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
        return subprocess.run(
            [sys.executable, "-B", *STARTS[start], *words],
            env={**os.environ, "FASTSOCK_BACKEND": twin.tag, "PYTHONPATH": path},
            capture_output=True,
            timeout=60,
            **options,
        )

    return run


@pytest.mark.parametrize("start", COMMANDS)
@pytest.mark.parametrize("moment", LOADING)
def test_while_the_command_loads(interrupted, start, moment):
    done = interrupted(start, moment, "info")
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_script_before_the_package(interrupted):
    """From its first line on; ``python -m`` shows what `runpy` shows before the package begins."""
    done = interrupted("script", "fastsock", "info")
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


@pytest.mark.parametrize("start", ["module", "script"])
def test_while_the_command_runs(interrupted, start):
    """A KeyboardInterrupt, so that what it holds is let go."""
    done = interrupted(start, "fastsock.ipaddress", "bench", "--seconds", "0.1")
    assert (done.returncode, done.stderr) == (130, b"")


@pytest.mark.parametrize("start", ["module", "script"])
def test_while_python_shuts_down(interrupted, start):
    done = interrupted(start, "shutdown", "-V")
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


@pytest.mark.parametrize("start", ["module", "script"])
@pytest.mark.parametrize("moment", ["fastsock._core", "argparse", "shutdown"])
def test_ignored_where_a_shell_says_so(interrupted, start, moment):
    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    done = interrupted(start, moment, "-V", preexec_fn=ignore)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"fastsock ")


@pytest.mark.parametrize("moment", ["fastsock._core", "fastsock.packet"])
def test_a_program_that_imports_the_package_keeps_its_own(interrupted, moment):
    """Only the command gives the signal to the system."""
    done = interrupted("other", moment)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"caught\n", b"")
