"""fastsock.ipaddress against the standard library and the packages that do part of its work.

libcidr, cached-ipaddress and netaddr have objects of their own, compared by what they say: they
are neither equal to the standard library's nor instances of its classes. One that is not
installed is left out, by name.
"""

import copy
import gc
import ipaddress as stdlib
import pickle
import random
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import fastsock.ipaddress._c
import pytest

from benchmarks.harness.floor import empty
from benchmarks.harness.loops import CALLS, cold, expression, hot

TWINS: dict[str, ModuleType] = {"compiled": fastsock.ipaddress._c, "stdlib": stdlib}
PEERS = {
    "libcidr": ("libcidr", {}),
    "netaddr": ("netaddr", {
        "IPv4Address": "IPAddress", "IPv6Address": "IPAddress", "ip_address": "IPAddress",
        "IPv4Network": "IPNetwork", "IPv6Network": "IPNetwork", "ip_network": "IPNetwork",
    }),
    "cached-ipaddress": ("cached_ipaddress", {"ip_address": "cached_ip_addresses"}),
}  # fmt: skip
TEXT4, TEXT6 = "192.168.1.1", "2001:db8:85a3::8a2e:370:7334"
NET4, NET6 = "192.168.0.0/16", "2001:db8::/32"


def contender(name: str, function: str) -> Callable[..., Any] | None:
    """A contender's call for a function of ipaddress, or None where it has nothing like it."""
    if name in TWINS:
        return getattr(TWINS[name], function)
    module, names = PEERS[name]
    try:
        found = import_module(module)
    except ImportError:
        pytest.skip(f"{module} is not installed")
    return getattr(found, names.get(function, function), None)


@dataclass(frozen=True)
class Row:
    """An object that `function` makes of `text`, or an expression of `item`, which is that object.

    `other` is an equal one. `floor` is a compiled function that returns an object of the result's
    kind.
    """

    name: str
    function: str
    text: str
    expression: str = ""
    floor: Callable[..., Any] | None = None


MAKING = (
    Row("create v4", "IPv4Address", TEXT4),
    Row("create v6", "IPv6Address", TEXT6),
    Row("create network v4", "IPv4Network", NET4),
    Row("create network v6", "IPv6Network", NET6),
    Row("create interface v4", "IPv4Interface", "192.168.1.1/16"),
    Row("create interface v6", "IPv6Interface", "2001:db8::1/32"),
    Row("ip_address v4", "ip_address", TEXT4),
    Row("ip_address v6", "ip_address", TEXT6),
    Row("ip_network v4", "ip_network", NET4),
)


USING = (
    Row("str v4", "IPv4Address", TEXT4, "str(item)", empty.one_text4),
    Row("str v6", "IPv6Address", TEXT6, "str(item)", empty.one_text6),
    Row("hash v4", "IPv4Address", TEXT4, "hash(item)"),
    Row("hash v6", "IPv6Address", TEXT6, "hash(item)"),
    Row("== v4", "IPv4Address", TEXT4, "item == other"),
    Row("== v6", "IPv6Address", TEXT6, "item == other"),
    Row("== network v4", "IPv4Network", NET4, "item == other"),
    Row("== network v6", "IPv6Network", NET6, "item == other"),
    Row("is_private v4", "IPv4Address", TEXT4, "item.is_private"),
    Row("is_global v6", "IPv6Address", TEXT6, "item.is_global"),
    Row("is_private network", "IPv4Network", NET4, "item.is_private"),
    Row("packed", "IPv4Address", TEXT4, "item.packed", empty.one_bytes4),
    Row("exploded v6", "IPv6Address", TEXT6, "item.exploded"),
    Row("reverse_pointer v6", "IPv6Address", TEXT6, "item.reverse_pointer"),
    Row("network_address", "IPv4Network", NET4, "item.network_address"),
    Row("pickle v4", "IPv4Address", TEXT4, "dumps(item)"),
    Row("pickle v6", "IPv6Address", TEXT6, "dumps(item)"),
)
WITH_PEERS = (*TWINS, *PEERS)


@pytest.mark.parametrize("name", WITH_PEERS)
@pytest.mark.parametrize("row", MAKING, ids=lambda row: row.name)
def bench_making(measure: Callable[..., None], row: Row, name: str) -> None:
    """One text, again and again: for cached-ipaddress a hit of its cache."""
    call = contender(name, row.function)
    if call is None:
        pytest.skip(f"{name} has no {row.function}")
    measure(
        row.name, "hot", name, hot(call, row.text),
        got=str(call(row.text)), expected=row.text, items=CALLS,
        rounds=3, headline=True,
    )  # fmt: skip


@pytest.mark.parametrize("name", WITH_PEERS)
@pytest.mark.parametrize("family", [4, 6])
def bench_making_cold(measure: Callable[..., None], family: int, name: str) -> None:
    """A hundred thousand distinct random addresses."""
    source = random.Random(7)
    bits = 32 if family == 4 else 128
    texts = [str(getattr(stdlib, f"IPv{family}Address")(source.getrandbits(bits)))
             for _ in range(100_000)]  # fmt: skip
    call = contender(name, "ip_address")
    if call is None:
        pytest.skip(f"{name} has no ip_address")
    measure(
        f"ip_address v{family}", "random, cold", name, cold(call, texts),
        got=[str(call(text)) for text in texts[:1000]], expected=texts[:1000],
        items=len(texts), rounds=2,
    )  # fmt: skip


@pytest.mark.parametrize("name", [*TWINS, "floor"])
@pytest.mark.parametrize("row", USING, ids=lambda row: row.name)
def bench_using(measure: Callable[..., None], row: Row, name: str) -> None:
    if name == "floor" and row.floor is None:
        pytest.skip(f"{row.name} has no floor")
    item = contender("stdlib" if name == "floor" else name, row.function)(row.text)
    names = {"item": item, "other": copy.copy(item), "dumps": pickle.dumps}
    expected = eval(row.expression, {**names, "item": getattr(stdlib, row.function)(row.text)})
    timed = expression(row.expression, **names)
    if name == "floor":
        timed = expression("empty(item)", item=item, empty=row.floor)
    measure(
        row.name, "hot", name, timed, got=eval(row.expression, names), expected=expected,
        items=CALLS, rounds=10, headline=True,
    )  # fmt: skip


@pytest.mark.parametrize("name", WITH_PEERS)
def bench_in(measure: Callable[..., None], name: str) -> None:
    address, network = contender(name, "IPv4Address"), contender(name, "IPv4Network")
    if address is None or network is None:
        pytest.skip(f"{name} has no networks")
    within, item = network(NET4), address(TEXT4)
    measure(
        "in", "hot", name, expression("item in within", item=item, within=within),
        got=item in within, expected=True, items=CALLS, rounds=10, headline=True,
    )  # fmt: skip


@cache
def collapsed() -> tuple[list[tuple[int, int]], list[Any]]:
    """A hundred thousand networks in random order, many of them neighbours, and the result."""
    source = random.Random(1)
    pairs = [(source.getrandbits(17) << 8, 24) for _ in range(100_000)]
    return pairs, list(stdlib.collapse_addresses(map(stdlib.IPv4Network, pairs)))


@pytest.mark.parametrize("name", TWINS)
def bench_collapse(measure: Callable[..., None], name: str) -> None:
    pairs, expected = collapsed()
    module = TWINS[name]
    networks = list(map(module.IPv4Network, pairs))
    measure(
        "collapse_addresses", "100k", name, lambda: list(module.collapse_addresses(networks)),
        got=list(module.collapse_addresses(networks)),
        expected=expected,
        items=len(networks), rounds=2, headline=True,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["parse_many", "map"])
def bench_parse_many(measure: Callable[..., None], name: str) -> None:
    source = random.Random(3)
    texts = [str(stdlib.IPv4Address(source.getrandbits(32))) for _ in range(100_000)]
    module = TWINS["compiled"]
    call = {
        "parse_many": lambda: module.parse_many(texts),
        "map": lambda: list(map(module.ip_address, texts)),
    }[name]
    measure(
        "parse_many", "100k", name, call, got=call(), expected=list(map(stdlib.ip_address, texts)),
        items=len(texts), rounds=5,
    )  # fmt: skip


@pytest.mark.parametrize("name", WITH_PEERS)
@pytest.mark.parametrize("function", ["IPv4Address", "IPv6Address", "IPv4Network", "IPv4Interface"])
def bench_memory(record: Callable[..., None], function: str, name: str) -> None:
    """The memory of a thousand objects of distinct values."""
    call = contender(name, function)
    if call is None:
        pytest.skip(f"{name} has no {function}")
    version = "6" if "6" in function else "4"
    number = {"4": 0xC0000000, "6": 0x20010DB8 << 96}[version]
    texts = [str(getattr(stdlib, function)(number + n * 4)) for n in range(1000)]
    kept = [call(text) for text in texts]
    del kept
    gc.collect()
    tracemalloc.start()
    kept = [call(text) for text in texts]
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    record(f"memory of {function}", "an object", name, bytes_each=round(size / len(kept)) - 8)
