"""The cost of importing fastsock, in CPU time of a process of its own."""

import resource
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Row: what fastsock's users write, and what they would write without.
IMPORTS = {
    "import fastsock": ("import fastsock", "pass", "bare interpreter"),
    "from fastsock import inet_pton": ("from fastsock import inet_pton", "import socket", "stdlib"),
}
IMPORTED = [
    pytest.param(row, code, contender, id=f"{row}-{contender}")
    for row, (ours, theirs, other) in IMPORTS.items()
    for contender, code in (("compiled", ours), (other, theirs))
]


def run(code: str) -> int:
    return subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True).returncode


def children_ns() -> int:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((spent.ru_utime + spent.ru_stime) * 1e9)


@pytest.mark.parametrize(("row", "code", "contender"), IMPORTED)
def bench_import(measure: Callable[..., None], row: str, code: str, contender: str) -> None:
    """An interpreter from its start to its end, without site-packages."""
    measure(
        row,
        "one process",
        contender,
        partial(run, code),
        got=run(code),
        expected=0,
        items=1,
        rounds=20,
        headline=True,
        cpu=True,
        clock=children_ns,
    )
