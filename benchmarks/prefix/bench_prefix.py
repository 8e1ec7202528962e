"""Longest-prefix look-ups in 100,000 networks: one by one, in bulk, and the building of a table.

The networks have the lengths of a routing table, the addresses lie inside them.
``python -m benchmarks.prefix.million`` measures a million networks in every shape, and memory.
"""

import ipaddress
from collections.abc import Callable
from functools import cache
from socket import AF_INET, AF_INET6
from typing import Any

import fastsock.prefix._c as compiled
import pytest

import fastsock.prefix._py as pure
from benchmarks.harness import sizes
from benchmarks.harness.loops import cold
from benchmarks.prefix import by_hand
from benchmarks.prefix.million import SHAPES, Shape, text_of

TWINS = {"compiled": compiled, "pure": pure}
FAMILIES = {"v4": SHAPES["IPv4 routes"], "v6": SHAPES["IPv6 routes"]}
ROWS = 10_000


@cache
def networks_of(shape: Shape) -> list[tuple[int, int]]:
    return shape.networks(sizes.MILLION // 10)


@cache
def rows_of(shape: Shape) -> list[int]:
    return shape.rows(networks_of(shape), ROWS)


@cache
def expected(shape: Shape) -> list[int]:
    """What is right, by hand: a dict for each length and no ranges."""
    networks = networks_of(shape)
    of = {network: index for index, network in enumerate(networks)}
    found = []
    for row in rows_of(shape):
        keys = ((row >> shape.bits - n << shape.bits - n, n) for n in range(shape.bits, -1, -1))
        found.append(next(of[key] for key in keys if key in of))
    return found


@cache
def table_of(shape: Shape, twin: str) -> Any:
    size, networks = shape.bits // 8, networks_of(shape)
    pairs = (((first.to_bytes(size, "big"), n), i) for i, (first, n) in enumerate(networks))
    table = TWINS[twin].PrefixTable(pairs)
    table.freeze()
    return table


def _pytricia(shape: Shape) -> Callable[[str], Any]:
    tree = pytest.importorskip("pytricia").PyTricia(shape.bits)
    for number, (first, length) in enumerate(networks_of(shape)):
        tree[text_of(first, length, shape.wide)] = number
    tree.freeze()
    return tree.__getitem__


def _radix(shape: Shape) -> Callable[[str], Any]:
    tree = pytest.importorskip("radix").Radix()
    for number, (first, length) in enumerate(networks_of(shape)):
        tree.add(text_of(first, length, shape.wide)).data["n"] = number
    return lambda text: tree.search_best(text).data["n"]


ONE = {
    **{twin: (lambda shape, twin=twin: table_of(shape, twin).lookup) for twin in TWINS},
    "by hand": lambda shape: by_hand.lookup(networks_of(shape), shape.bits),
    "pytricia": _pytricia,
    "py-radix": _radix,
}


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("family", FAMILIES)
def bench_lookup(measure: Callable[..., None], family: str, name: str) -> None:
    """A text to the value of its longest network."""
    shape = FAMILIES[family]
    kind = ipaddress.IPv6Address if shape.wide else ipaddress.IPv4Address
    texts = [str(kind(row)) for row in rows_of(shape)]
    call = ONE[name](shape)
    measure(
        f"lookup {family}", "100,000 networks", name, cold(call, texts),
        got=list(map(call, texts)), expected=expected(shape), items=ROWS, rounds=5,
        headline=family == "v4",
    )  # fmt: skip


@pytest.mark.parametrize("name", [*TWINS, "by hand"])
@pytest.mark.parametrize("family", FAMILIES)
def bench_lookup_many(measure: Callable[..., None], family: str, name: str) -> None:
    """Packed addresses to the indexes of their values."""
    shape = FAMILIES[family]
    packed = b"".join(row.to_bytes(shape.bits // 8, "big") for row in rows_of(shape))
    if name == "by hand":
        many = by_hand.lookup_many(networks_of(shape), shape.bits)
        got = many(packed)
    else:
        table = table_of(shape, name)
        values = table.values_list()
        number = AF_INET6 if shape.wide else AF_INET

        def many(packed: bytes) -> Any:
            return table.lookup_many(number, packed)

        got = [values[row] for row in many(packed)]
    measure(
        f"lookup_many {family}", "100,000 networks", name, lambda: many(packed),
        got=got, expected=expected(shape), items=ROWS, rounds=10, headline=family == "v4",
    )  # fmt: skip
