"""``fastsock bench``: this installation beside the standard library, in a few seconds."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from random import Random
from timeit import Timer
from types import ModuleType
from typing import Any

from .. import BACKEND
from . import info
from ._common import Subcommands, add_command, print_json

_BATCH = 1000
_REPEATS = 5
_TWINS = ("c", "py") if BACKEND == "c" else ("py",)
_SIZES = {socket.AF_INET: 4, socket.AF_INET6: 16}


@dataclass(frozen=True)
class Case:
    """One row: the same work, done by the standard library and by a twin."""

    name: str
    stdlib: Callable[[], object]
    twin: Callable[[ModuleType], Callable[[], object]]
    items: int = 1


def _scalar_cases() -> Iterator[Case]:
    calls: list[tuple[str, str, tuple[Any, ...]]] = [
        ("inet_aton", "IPv4", ("192.168.1.1",)),
        ("inet_pton", "IPv4", (socket.AF_INET, "192.168.1.1")),
        ("inet_pton", "IPv6", (socket.AF_INET6, "2001:db8:85a3::8a2e:370:7334")),
        ("inet_ntoa", "IPv4", (bytes([192, 168, 1, 1]),)),
        ("inet_ntop", "IPv4", (socket.AF_INET, bytes([192, 168, 1, 1]))),
        ("inet_ntop", "IPv6", (socket.AF_INET6, bytes.fromhex("20010db885a3000000008a2e03707334"))),
    ]
    for name, family, args in calls:
        yield Case(
            f"{name}, {family}",
            _call(getattr(socket, name), args),
            lambda twin, name=name, args=args: _call(getattr(twin, name), args),  # type: ignore[misc]
        )


def _call(function: Callable[..., object], args: tuple[Any, ...]) -> Callable[[], object]:
    """A call without arguments, with as little around it as Python allows."""
    if len(args) == 1:
        (only,) = args
        return lambda: function(only)
    first, second = args
    return lambda: function(first, second)


def _batch_cases(family: socket.AddressFamily, label: str) -> Iterator[Case]:
    size = _SIZES[family]
    packed = Random(1).randbytes(size * _BATCH)
    records = [packed[start : start + size] for start in range(0, len(packed), size)]
    texts = [socket.inet_ntop(family, record) for record in records]
    lines = "\n".join(texts).encode()
    pton, ntop = socket.inet_pton, socket.inet_ntop
    yield Case(
        f"inet_pton_many, {label} list",
        lambda: b"".join([pton(family, text) for text in texts]),
        lambda twin: lambda: twin.inet_pton_many(family, texts),
        _BATCH,
    )
    yield Case(
        f"inet_pton_many, {label} lines",
        lambda: b"".join([pton(family, text) for text in lines.decode().split("\n")]),
        lambda twin: lambda: twin.inet_pton_many(family, lines),
        _BATCH,
    )
    yield Case(
        f"inet_ntop_many, {label}",
        lambda: [ntop(family, packed[at : at + size]) for at in range(0, len(packed), size)],
        lambda twin: lambda: twin.inet_ntop_many(family, packed),
        _BATCH,
    )


def cases() -> list[Case]:
    """Every row, in the order it is shown."""
    return [
        *_scalar_cases(),
        *_batch_cases(socket.AF_INET, "IPv4"),
        *_batch_cases(socket.AF_INET6, "IPv6"),
    ]


def check(case: Case, twins: dict[str, ModuleType]) -> None:
    """Refuse to time what does not give the standard library's result."""
    expected = case.stdlib()
    for tag, twin in twins.items():
        result = case.twin(twin)()
        if type(result) is not type(expected) or result != expected:
            raise RuntimeError(
                f"{case.name}: the {tag} twin's result is not the standard library's"
            )


def _nanoseconds(call: Callable[[], object], seconds: float) -> float:
    """The time of one call: the best of some runs, which together take about `seconds`."""
    timer = Timer(call)
    once = max(min(timer.repeat(3, 1)), 1e-8)
    number = max(1, int(seconds / _REPEATS / once))
    return min(timer.repeat(_REPEATS, number)) / number * 1e9


def measure(seconds: float) -> list[dict[str, Any]]:
    """Check and time every case; the rows by their names in JSON."""
    twins = {tag: import_module(f"fastsock._{tag}.address") for tag in _TWINS}
    all_cases = cases()
    share = seconds / len(all_cases) / (1 + len(twins))
    rows = []
    for case in all_cases:
        check(case, twins)
        stdlib = _nanoseconds(case.stdlib, share) / case.items
        row: dict[str, Any] = {
            "name": case.name,
            "items": case.items,
            "stdlib_ns": round(stdlib, 1),
        }
        for tag, twin in twins.items():
            mine = _nanoseconds(case.twin(twin), share) / case.items
            row |= {f"{tag}_ns": round(mine, 1), f"{tag}_ratio": round(stdlib / mine, 2)}
        rows.append(row)
    return rows


def _print(facts: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    kernel = f", SIMD kernel {facts['simd']}" if facts["simd"] else ""
    print(f"fastsock {facts['version']}, backend {facts['backend']}{kernel}")
    print(f"{facts['python']}, {facts['cpu']}")
    print(f"\n{'ns an address':<28}{'stdlib':>10}", end="")
    print("".join(f"{f'fastsock {tag}':>13}{'ratio':>8}" for tag in _TWINS))
    for row in rows:
        print(f"{row['name']:<28}{row['stdlib_ns']:>10.1f}", end="")
        print("".join(f"{row[f'{tag}_ns']:>13.1f}{row[f'{tag}_ratio']:>7.1f}x" for tag in _TWINS))


def run(args: argparse.Namespace) -> int:
    """Print the comparison."""
    facts, rows = info.collect(), measure(args.seconds)
    if args.json:
        shown = ("version", "backend", "simd", "python", "cpu", "platform")
        print_json({**{key: facts[key] for key in shown}, "rows": rows})
    else:
        _print(facts, rows)
    return 0


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock bench``."""
    parser = add_command(
        subcommands,
        run,
        "a short comparison with the standard library",
        "Time this installation beside the socket module, on the same inputs, after checking\n"
        "that the results are the same. Scalar calls are timed one by one, with some 20 ns of\n"
        "Python around each on both sides; batches have 1000 random addresses. The best of 5\n"
        "runs is shown, and the ratio is the standard library's time divided by fastsock's.\n"
        "The compiled backend shows both twins (c, py), the pure one only itself.",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=3.0,
        metavar="S",
        help="how long to measure in all (default: 3)",
    )
