"""CPython's own tests of look-ups, with our names in `socket` and no network but loopback."""

import importlib.util
import sys
from pathlib import Path

import pytest

from fastsock import BACKEND

SUITE = Path(__file__).parents[1] / "isolated" / "stdlib_suite.py"
FEWEST = 200  # their number depends on the version; far fewer would be no test


@pytest.fixture(scope="session")
def processes(namespace):
    """Both twins at once, for the tests sleep more than they work."""
    if not (importlib.util.find_spec("test") and importlib.util.find_spec("test.test_socket")):
        pytest.skip("this Python was installed without its tests")
    tags = ["c", "py"] if BACKEND == "c" else ["py"]
    script = 'ip link set lo up\nexec "$@"'
    processes = {tag: namespace.start(script, sys.executable, SUITE, tag) for tag in tags}
    yield processes
    for process in processes.values():
        namespace.finish(process, timeout=120)


def test_the_stdlibs_tests_pass(twin, namespace, processes):
    done = namespace.finish(processes[twin.tag], timeout=120)
    assert done.returncode == 0, done.stderr[-8000:]
    word, count, *_ = done.stdout.split("\n")[-2].split()
    assert word == "run"
    assert int(count) >= FEWEST
