"""What a call of one address takes beside an empty call, on this C library and on another.

    python -m benchmarks.harness.glibc                     on this system
    python -m benchmarks.harness.glibc --tree DIR          and with the C library of another's tree
    python -m benchmarks.harness.glibc --tree DIR --write  into docs/benchmarks.md

The interpreter and fastsock are the same with both: the tree's loader starts them. The standard
library's functions are those of the C library.
"""

import argparse
import json
import subprocess
import sys
from os import confstr
from pathlib import Path
from socket import AF_INET, AF_INET6
from time import thread_time_ns
from typing import Any

from benchmarks.harness.loops import CALLS, hot

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- glibc -->\n", "<!-- /glibc -->\n"
ROUNDS = 41
V4, V6 = bytes([192, 168, 1, 1]), bytes.fromhex("20010db885a3000000008a2e03707334")
V6_TEXT = "2001:db8:85a3::8a2e:370:7334"
# A row: the function, its arguments, and the empty call that returns as much.
SCALARS = {
    "inet_aton": ("inet_aton", ("192.168.1.1",), "one_bytes4"),
    "inet_pton v4": ("inet_pton", (AF_INET, "192.168.1.1"), "two_bytes4"),
    "inet_pton v6": ("inet_pton", (AF_INET6, V6_TEXT), "two_bytes16"),
    "inet_ntoa": ("inet_ntoa", (V4,), "one_text4"),
    "inet_ntop v4": ("inet_ntop", (AF_INET, V4), "two_text4"),
    "inet_ntop v6": ("inet_ntop", (AF_INET6, V6), "two_text6"),
}


def measure() -> dict[str, Any]:
    """Nanoseconds a call of each row, the best of rounds in which the three take turns."""
    import socket

    import fastsock.address._c as compiled

    from benchmarks.harness.floor import empty

    rows = {}
    for row, (name, arguments, floor) in SCALARS.items():
        functions = {
            "compiled": getattr(compiled, name),
            "stdlib": getattr(socket, name),
            "empty": getattr(empty, floor),
        }
        if functions["compiled"](*arguments) != functions["stdlib"](*arguments):
            raise SystemExit(f"{row}: the results differ")
        loops = {who: hot(function, *arguments) for who, function in functions.items()}
        best = dict.fromkeys(loops, float("inf"))
        for _ in range(ROUNDS):
            for who, loop in loops.items():
                start = thread_time_ns()
                loop()
                best[who] = min(best[who], (thread_time_ns() - start) / CALLS)
        rows[row] = best
    return {"libc": confstr("CS_GNU_LIBC_VERSION"), "rows": rows}


def where() -> str:
    """The machine, the interpreter, and the commit that was measured."""
    command = [sys.executable, "-m", "fastsock", "info", "--json"]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=10"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT, text=True)
    commit = done.stdout.strip()
    return f"{found['cpu']}, {found['python']}; fastsock {found['version']} at {commit}.\n"


def elsewhere(tree: Path) -> dict[str, Any]:
    """The same, of this interpreter with the C library of a tree."""
    loader = next(tree.glob("lib*/ld-linux-*.so.*"))
    libraries = ":".join(
        str(folder) for place in ("lib", "usr/lib") for folder in (tree / place).glob("*-linux-gnu")
    )
    program = [sys.executable, "-m", "benchmarks.harness.glibc", "--json"]
    command = [str(loader), "--library-path", libraries, *program]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout)


def table(runs: list[dict[str, Any]]) -> str:
    """A Markdown table: each function in empty calls, and how many times as fast fastsock is."""
    head, line = "|  |", "| --- |"
    for run in runs:
        head += f" {run['libc']}: compiled | stdlib | times as fast |"
        line += " ---: | ---: | ---: |"
    lines = [head, line]
    for row in SCALARS:
        cells = ""
        for run in runs:
            ours, theirs, floor = (run["rows"][row][who] for who in ("compiled", "stdlib", "empty"))
            cells += f" {ours / floor:.1f} | {theirs / floor:.1f} | {theirs / ours:.1f}x |"
        lines.append(f"| `{row}` |{cells}")
    return "\n".join(lines) + "\n"


def kept() -> str:
    """The section as docs/benchmarks.md has it, for whoever writes that page anew."""
    _, begin, rest = PAGE.read_text("utf-8").partition(BEGIN)
    section, end, _ = rest.partition(END)
    return f"{begin}{section}{end}" if end else BEGIN + END


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tree", type=Path, help="of a system with another C library")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    parser.add_argument("--json", action="store_true", help="the times of this one")
    options = parser.parse_args()
    runs = [measure()]
    if options.json:
        print(json.dumps(runs[0]))
        return
    runs += [elsewhere(options.tree)] if options.tree else []
    print(table(runs))
    if options.write:
        section = (
            "Calls of one address, in times an empty compiled call that returns as much, with the\n"
            "same interpreter and build on two C libraries (`make bench-glibc`):\n\n"
        )
        text = PAGE.read_text("utf-8")
        before, _, rest = text.partition(BEGIN)
        PAGE.write_text(
            f"{before}{BEGIN}{section}{table(runs)}\n{where()}{END}{rest.partition(END)[2]}",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
