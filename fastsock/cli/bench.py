"""``fastsock bench``: this installation beside the standard library, in a few seconds."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from random import Random
from socket import AF_INET, AF_INET6
from timeit import Timer
from types import ModuleType
from typing import Any

from .. import BACKEND
from . import info
from ._common import Subcommands, add_command, print_json, say

_BATCH = 1000
_REPEATS = 5
_TWINS = ("c", "py") if BACKEND == "c" else ("py",)
_SIZES: dict[int, int] = {AF_INET: 4, AF_INET6: 16}
_LONGEST = 3600.0


@dataclass(frozen=True)
class Case:
    """One row: a function of fastsock, and what does the same work with the standard library."""

    label: str
    function: str
    reference: Callable[..., object]
    args: tuple[Any, ...]
    items: int = 1


def _pack_list(family: int, texts: list[str]) -> bytes:
    pton = socket.inet_pton
    return b"".join([pton(family, text) for text in texts])


def _pack_lines(family: int, lines: bytes) -> bytes:
    return _pack_list(family, lines.decode().split("\n"))


def _format_all(family: int, packed: bytes) -> list[str]:
    ntop, size = socket.inet_ntop, _SIZES[family]
    return [ntop(family, packed[start : start + size]) for start in range(0, len(packed), size)]


def _scalar_cases() -> Iterator[Case]:
    v4, v6 = "192.168.1.1", "2001:db8:85a3::8a2e:370:7334"
    packed4, packed6 = socket.inet_pton(AF_INET, v4), socket.inet_pton(AF_INET6, v6)
    yield Case("inet_aton, IPv4", "inet_aton", socket.inet_aton, (v4,))
    yield Case("inet_pton, IPv4", "inet_pton", socket.inet_pton, (AF_INET, v4))
    yield Case("inet_pton, IPv6", "inet_pton", socket.inet_pton, (AF_INET6, v6))
    yield Case("inet_ntoa, IPv4", "inet_ntoa", socket.inet_ntoa, (packed4,))
    yield Case("inet_ntop, IPv4", "inet_ntop", socket.inet_ntop, (AF_INET, packed4))
    yield Case("inet_ntop, IPv6", "inet_ntop", socket.inet_ntop, (AF_INET6, packed6))


def _batch_cases(family: int, name: str) -> Iterator[Case]:
    packed = Random(1).randbytes(_SIZES[family] * _BATCH)
    texts = _format_all(family, packed)
    lines = "\n".join(texts).encode()
    yield Case(
        f"inet_pton_many, {name} list", "inet_pton_many", _pack_list, (family, texts), _BATCH
    )
    yield Case(
        f"inet_pton_many, {name} lines", "inet_pton_many", _pack_lines, (family, lines), _BATCH
    )
    yield Case(f"inet_ntop_many, {name}", "inet_ntop_many", _format_all, (family, packed), _BATCH)


def cases() -> list[Case]:
    """Every row, in the order it is shown."""
    return [*_scalar_cases(), *_batch_cases(AF_INET, "IPv4"), *_batch_cases(AF_INET6, "IPv6")]


def check(case: Case, twins: dict[str, ModuleType]) -> None:
    """Refuse to time a function whose result differs from the standard library's."""
    expected = case.reference(*case.args)
    for tag, twin in twins.items():
        result = getattr(twin, case.function)(*case.args)
        if type(result) is not type(expected) or result != expected:
            raise RuntimeError(
                f"{case.label}: the {tag} twin does not give the standard library's result"
            )


def _nanoseconds(call: Callable[..., object], case: Case, seconds: float) -> float:
    """The time of one item: the best of several runs, which together take about `seconds`."""
    names = ("first", "second")[: len(case.args)]
    timer = Timer(
        f"call({', '.join(names)})",
        globals={"call": call, **dict(zip(names, case.args, strict=True))},
    )
    once = max(min(timer.repeat(3, 1)), 1e-8)
    number = max(1, int(seconds / _REPEATS / once))
    return min(timer.repeat(_REPEATS, number)) / number / case.items * 1e9


def measure(seconds: float) -> list[dict[str, Any]]:
    """Check and time every case; the rows by their names in JSON."""
    twins = {tag: import_module(f"fastsock.address._{tag}") for tag in _TWINS}
    all_cases = cases()
    share = seconds / len(all_cases) / (1 + len(twins))
    rows = []
    for case in all_cases:
        check(case, twins)
        stdlib = _nanoseconds(case.reference, case, share)
        row: dict[str, Any] = {
            "name": case.label,
            "items": case.items,
            "stdlib_ns": round(stdlib, 1),
        }
        for tag, twin in twins.items():
            mine = _nanoseconds(getattr(twin, case.function), case, share)
            row |= {f"{tag}_ns": round(mine, 1), f"{tag}_ratio": round(stdlib / mine, 2)}
        rows.append(row)
    return rows


def _print(facts: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    kernel = f", SIMD kernel {facts['simd']}" if facts["simd"] else ""
    say(f"fastsock {facts['version']}, backend {facts['backend']}{kernel}")
    say(f"{facts['python']}, {facts['cpu']}")
    say()
    say(f"{'ns an address':<28}{'stdlib':>10}", end="")
    say("".join(f"{f'fastsock {tag}':>13}{'ratio':>8}" for tag in _TWINS))
    for row in rows:
        say(f"{row['name']:<28}{row['stdlib_ns']:>10.1f}", end="")
        say("".join(f"{row[f'{tag}_ns']:>13.1f}{row[f'{tag}_ratio']:>7.1f}x" for tag in _TWINS))


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
    value = float(text)
    if not 0 < value <= _LONGEST:
        raise argparse.ArgumentTypeError(f"must be more than 0 and at most {_LONGEST:.0f}")
    return value


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock bench``."""
    parser = add_command(
        subcommands,
        run,
        "a short comparison with the standard library",
        "Time this installation beside the socket module, on the same inputs, after\n"
        "checking that the results are the same. Batches have 1000 random addresses; the\n"
        "few ns of the timing loop itself count on both sides. The best of 5 runs is\n"
        "shown. The ratio is the standard library's time divided by fastsock's. With the\n"
        "compiled backend both twins (c, py) are shown, with the pure one only itself.",
    )
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=3.0,
        metavar="S",
        help="how long to measure in all (default: 3)",
    )
