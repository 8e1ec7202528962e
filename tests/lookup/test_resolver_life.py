"""A resolver where threads can't start, calls are interrupted, and interpreters end.

Each in a process of its own, which has a deadline: isolated/resolver_life.py.
"""

import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "isolated" / "resolver_life.py"


@pytest.mark.skipif(sys.platform != "linux", reason="limits and signals as Linux has them")
@pytest.mark.parametrize(
    "case",
    [
        "no_thread",
        "no_thread_among_busy_ones",
        "at_exit",
        "signals_one",
        "signals",
        "interrupted_one",
        "interrupted",
        "killed",
        "subinterpreters",
    ],
)
def test_case(run_python, case):
    done = run_python(str(SCRIPT), case)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", ""), done.stderr[-4000:]
