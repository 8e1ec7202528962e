"""Signals, threads, fork, closing and memory: each in a process of its own."""

import os
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "isolated" / "trouble.py"
CASES = ["signals", "threads", "shared", "fork", "closing", "memory"]


@pytest.mark.skipif(sys.platform != "linux", reason="fork, signals and /proc as Linux has them")
@pytest.mark.parametrize("case", CASES)
def test_trouble(twin, run_python, case):
    if case == "threads" and os.geteuid() != 0:
        pytest.skip("a queue that is large enough needs CAP_NET_ADMIN")
    done = run_python(str(PROGRAM), twin.tag, case, PYTHONFAULTHANDLER="1")
    assert done.returncode == 0, done.stderr[-4000:]
