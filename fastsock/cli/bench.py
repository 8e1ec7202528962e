"""``fastsock bench``: this installation beside what people use today, in a few seconds."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable
from time import thread_time_ns
from timeit import Timer
from typing import Any

from .._core.errors import shorten
from . import _headlines, info
from ._common import Subcommands, add_command, print_json, say
from ._headlines import Row

_REPEATS = 7
_LONGEST = 3600.0


def check(row: Row) -> None:
    """Refuse to time what does not give the other's result."""
    if row.as_theirs(row.ours()) != row.theirs():
        raise RuntimeError(f"{row.name}: the result is not that of {row.baseline}")


def _times(row: Row, seconds: float) -> list[float]:
    """Nanoseconds an item of both: the best of some runs, which take turns.

    The time is that which the processor spends here, so that a busy machine shows the same ratios.
    """
    timers = [_timer(call) for call in (row.ours, row.theirs)]
    best = [min(timer.repeat(2, 1)) for timer in timers]
    numbers = [max(1, int(seconds * 1e9 / 2 / _REPEATS / max(once, 1))) for once in best]
    found = [float("inf"), float("inf")]
    for _ in range(_REPEATS):
        for i, (timer, number) in enumerate(zip(timers, numbers, strict=True)):
            found[i] = min(found[i], timer.timeit(number) / number / row.items)
    return found


def _timer(call: Callable[[], object]) -> Timer:
    """A timer of one call, with the garbage collector on, as in a program."""
    return Timer("call()", "enable()", thread_time_ns, {"call": call, "enable": gc.enable})


def measure(seconds: float) -> list[dict[str, Any]]:
    """Check and time every row; the rows by their names in JSON."""
    all_rows = _headlines.rows()
    found = []
    for row in all_rows:
        try:
            check(row)
            ours, theirs = _times(row, seconds / len(all_rows))
        finally:
            row.close()
        found.append(
            {
                "name": row.name,
                "baseline": row.baseline,
                "items": row.items,
                "fastsock_ns": round(ours, 1),
                "baseline_ns": round(theirs, 1),
                "ratio": round(theirs / max(ours, 0.1), 2),
            }
        )
    return found


def _amount(ns: float) -> str:
    return f"{ns:,.1f}" if ns < 100 else f"{ns:,.0f}"


def _ratio(times: float) -> str:
    return f"{times:.1f}x" if times >= 1 else f"{times:.2f}x"


def _print(facts: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    kernel = f", SIMD kernel {facts['simd']}" if facts["simd"] else ""
    say(f"fastsock {facts['version']}, backend {facts['backend']}{kernel}")
    say(f"{facts['python']}, {facts['cpu']}")
    say()
    lines = [("ns of CPU time an item", "fastsock", "", "compared with", "ratio")]
    lines += [
        (
            row["name"],
            _amount(row["fastsock_ns"]),
            _amount(row["baseline_ns"]),
            row["baseline"],
            _ratio(row["ratio"]),
        )
        for row in rows
    ]
    for name, ours, theirs, baseline, times in lines:
        say(f"{name:<28}{ours:>10}{theirs:>10}  {baseline:<21}{times:>8}")
    say()
    say("Results are the same: each was compared before it was timed.")


def run(args: argparse.Namespace) -> int:
    """Print the comparison."""
    facts, rows = info.collect(), measure(args.seconds)
    if args.json:
        shown = ("version", "backend", "simd", "python", "cpu", "platform")
        print_json({**{key: facts[key] for key in shown}, "rows": rows})
    else:
        _print(facts, rows)
    return 0


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{shorten(text)} is not a number") from None
    if not 0 < value <= _LONGEST:
        raise argparse.ArgumentTypeError(f"must be more than 0 and at most {_LONGEST:.0f}")
    return value


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock bench``."""
    parser = add_command(
        subcommands,
        run,
        "Time a call or two of each part beside the standard library, the best plain\n"
        "Python by hand, or (where it is installed) dpkt, on the same inputs, after\n"
        "checking that the results are the same. The best of 7 runs of each is shown;\n"
        "the ratio is the other's time divided by fastsock's.",
    )
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=3.0,
        metavar="S",
        help="how long to measure in all (default: 3)",
    )
