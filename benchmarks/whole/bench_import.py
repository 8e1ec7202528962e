"""What an import costs: CPU time over the bare interpreter, each time in a new process.

A process counts its own CPU time from before the statement until after it, so that what starting an
interpreter takes, and how that varies, is no part of the figure. Modules are compiled already.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import fastsock

PACKAGES = str(Path(fastsock.__file__).parents[1])
CHILD = """
import sys, time
sys.path.insert(0, {packages!r})
start = time.process_time_ns()
{statement}
spent = time.process_time_ns() - start
import json
print(json.dumps([spent, {check}]))
"""
ENVIRONMENTS = {"compiled": "c", "pure": "py", "stdlib": "auto"}
# Row: the statement by contender, what shows that it did its work, and what that must give.
NAME = "from fastsock import inet_pton"
PACKED = "inet_pton(2, '192.0.2.1').hex()"
ROWS = {
    "import fastsock": (
        dict.fromkeys(("compiled", "pure"), "import fastsock"),
        "fastsock.__name__",
        "fastsock",
    ),
    "import inet_pton": (
        # Not the pure twin, which imports `socket` itself.
        {"compiled": NAME, "stdlib": "import socket; inet_pton = socket.inet_pton"},
        PACKED,
        "c0000201",
    ),
}
ROUNDS = 30


class Processes:
    """New processes for one statement, and the CPU nanoseconds that it took in all of them."""

    def __init__(self, statement: str, check: str, backend: str) -> None:
        self.spent = 0
        self.checked: object = None
        code = CHILD.format(packages=PACKAGES, statement=statement, check=check)
        self._command = [sys.executable, "-I", "-c", code]
        self._environment = {**os.environ, "FASTSOCK_BACKEND": backend}

    def run(self) -> None:
        """Run the statement in a new process."""
        process = subprocess.run(
            self._command, env=self._environment, check=True, capture_output=True, text=True
        )
        spent, self.checked = json.loads(process.stdout)
        self.spent += spent


@pytest.mark.parametrize(
    ("row", "contender"), [(row, who) for row, (by, *_) in ROWS.items() for who in by]
)
def bench_import(measure: Callable[..., None], row: str, contender: str) -> None:
    statements, check, expected = ROWS[row]
    processes = Processes(statements[contender], check, ENVIRONMENTS[contender])
    processes.run()  # compiles modules, and brings them into the page cache
    measure(
        row,
        "new process",
        contender,
        processes.run,
        got=processes.checked,
        expected=expected,
        items=1,
        rounds=ROUNDS,
        headline=True,
        cpu=True,
        clock=lambda: processes.spent,
    )
