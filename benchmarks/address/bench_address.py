"""fastsock.address against the `socket` module and peers: one by one, lists, lines of text."""

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from types import ModuleType
from typing import Any

import fastsock.address._c
import pytest

import fastsock.address._py
from benchmarks.address import by_hand, corpus, peers
from benchmarks.harness.floor import empty
from benchmarks.harness.loops import CALLS, cold, hot
from benchmarks.harness.sizes import MILLION

TWINS: dict[str, ModuleType] = {
    "compiled": fastsock.address._c,
    "pure": fastsock.address._py,
    "stdlib": socket,
}


HOSTPORT_TWINS: dict[str, ModuleType] = {"compiled": fastsock.address}  # written once


@dataclass(frozen=True)
class Scalar:
    """One of the four drop-ins, for one family."""

    function: str
    family: int
    floor: Callable[..., Any]
    takes_family: bool = True

    @property
    def row(self) -> str:
        version = " v6" if self.family == AF_INET6 else " v4"
        return self.function + (version if self.takes_family else "")

    @property
    def parses(self) -> bool:
        return self.function in ("inet_aton", "inet_pton")

    def arguments(self, text: str) -> tuple[Any, ...]:
        value = text if self.parses else inet_pton(self.family, text)
        return (self.family, value) if self.takes_family else (value,)

    def columns(self, values: Sequence[Any]) -> tuple[Iterable[Any], ...]:
        return (repeat(self.family), values) if self.takes_family else (values,)

    @property
    def peers(self) -> list[peers.Peer]:
        return peers.scalar_parsers() if self.function == "inet_pton" else []


SCALARS = (
    Scalar("inet_aton", AF_INET, empty.one_bytes4, takes_family=False),
    Scalar("inet_pton", AF_INET, empty.two_bytes4),
    Scalar("inet_pton", AF_INET6, empty.two_bytes16),
    Scalar("inet_ntoa", AF_INET, empty.one_text4, takes_family=False),
    Scalar("inet_ntop", AF_INET, empty.two_text4),
    Scalar("inet_ntop", AF_INET6, empty.two_text6),
)
# Contenders come innermost, so that those of one row run one after the other.
HOT = [
    pytest.param(scalar, shape, contender, id=f"{scalar.row}-{shape}-{contender}")
    for scalar in SCALARS
    for shape in corpus.TEXTS[scalar.family]
    for contender in (*TWINS, "floor", *(peer.name for peer in scalar.peers))
]
COLD = [
    pytest.param(scalar, contender, id=f"{scalar.row}-{contender}")
    for scalar in SCALARS
    for contender in (*TWINS, *(peer.name for peer in scalar.peers))
]


def peer_named(name: str, found: list[peers.Peer]) -> peers.Peer:
    return next(peer for peer in found if peer.name == name)


@pytest.mark.parametrize(("scalar", "shape", "contender"), HOT)
def bench_hot(measure: Callable[..., None], scalar: Scalar, shape: str, contender: str) -> None:
    """One string, again and again."""
    text = corpus.TEXTS[scalar.family][shape]
    arguments = scalar.arguments(text)
    expected: object = getattr(socket, scalar.function)(*arguments)
    if contender == "floor":
        call = scalar.floor
        got, expected = type(call(*arguments)), type(expected)
    elif contender in TWINS:
        call = getattr(TWINS[contender], scalar.function)
        got = call(*arguments)
    else:
        peer, arguments = peer_named(contender, scalar.peers), (text,)
        call = peer.call
        got = peer.packed(call(text))
    measure(
        scalar.row,
        shape,
        contender,
        hot(call, *arguments),
        got=got,
        expected=expected,
        items=CALLS,
        rounds=10,
        headline=shape == "typical",
    )


@pytest.mark.parametrize(("scalar", "contender"), COLD)
def bench_cold(measure: Callable[..., None], scalar: Scalar, contender: str) -> None:
    """A million distinct random addresses, mapped through; a tenth of them by peers."""
    rows = MILLION if contender in TWINS else MILLION // 10
    texts = corpus.texts(scalar.family, rows)
    packed = list(corpus.packed(scalar.family, rows))
    values, expected = (texts, packed) if scalar.parses else (packed, texts)
    if contender in TWINS:
        call, columns = getattr(TWINS[contender], scalar.function), scalar.columns(values)
        got = list(map(call, *columns))
    else:
        peer = peer_named(contender, scalar.peers)
        call, columns = peer.call, (values,)
        got = [peer.packed(call(text)) for text in texts]
    measure(
        scalar.row,
        "random, cold",
        contender,
        cold(call, *columns),
        got=got,
        expected=expected,
        items=rows,
        rounds=2,
    )


def stdlib_pton_list(family: int, texts: list[str]) -> list[bytes]:
    return [inet_pton(family, text) for text in texts]


def stdlib_pton_lines(family: int, lines: bytes) -> list[bytes]:
    return [inet_pton(family, text) for text in lines.decode().splitlines()]


def stdlib_ntop_many(family: int, packed: bytes) -> list[str]:
    size = 4 if family == AF_INET else 16
    return [inet_ntop(family, packed[i : i + size]) for i in range(0, len(packed), size)]


def stdlib_ntop_lines(family: int, packed: bytes) -> bytes:
    return "".join([f"{text}\n" for text in stdlib_ntop_many(family, packed)]).encode()


def same(result: Any) -> Any:
    return result


@dataclass(frozen=True)
class Batch:
    """One bulk call, its input, and what a program writes without it."""

    row: str
    function: str
    source: Callable[[int, int], Any]
    stdlib: Callable[[int, Any], Any]
    joined: Callable[[Any], Any] = same  # makes the stdlib's result comparable, outside the timing
    expected: Callable[[int, int], Any] = corpus.records


BATCHES = (
    Batch("inet_pton_many list", "inet_pton_many", corpus.texts, stdlib_pton_list, b"".join),
    Batch("inet_pton_many lines", "inet_pton_many", corpus.blob, stdlib_pton_lines, b"".join),
    Batch(
        "inet_ntop_many",
        "inet_ntop_many",
        corpus.records,
        stdlib_ntop_many,
        expected=corpus.texts,
    ),
    Batch(
        "inet_ntop_lines",
        "inet_ntop_lines",
        corpus.records,
        stdlib_ntop_lines,
        expected=corpus.blob,
    ),
)


def column_peers(batch: Batch, family: int) -> list[peers.Peer]:
    if batch.source is corpus.texts:
        return peers.list_parsers(family)
    return peers.list_writers(family) if batch.function == "inet_ntop_many" else []


MANY = [
    pytest.param(batch, family, rows, contender, id=f"{batch.row}-{version}-{rows}-{contender}")
    for batch in BATCHES
    for family, version in ((AF_INET, "v4"), (AF_INET6, "v6"))
    for rows in (1_000, MILLION)
    for contender in (*TWINS, *(peer.name for peer in column_peers(batch, family)))
]


@pytest.mark.parametrize(("batch", "family", "rows", "contender"), MANY)
def bench_many(
    measure: Callable[..., None], batch: Batch, family: int, rows: int, contender: str
) -> None:
    """A thousand rows, which stay in the cache, and a million, which do not."""
    source, joined = batch.source(family, rows), same
    if contender == "stdlib":
        run, joined = partial(batch.stdlib, family, source), batch.joined
    elif contender in TWINS:
        run = partial(getattr(TWINS[contender], batch.function), family, source)
    else:
        peer = peer_named(contender, column_peers(batch, family))
        if batch.function == "inet_ntop_many":
            source = peers.numbers(corpus.packed(family, rows))
        run, joined = partial(peer.call, source), peer.packed
    name, _, form = batch.row.partition(" ")
    version = "v4" if family == AF_INET else "v6"
    measure(
        f"{name} {version} {form}".strip(),
        f"{rows:,}",
        contender,
        run,
        got=joined(run()),
        expected=batch.expected(family, rows),
        items=rows,
        rounds=50 if rows <= 1000 else 2,
        headline=rows == MILLION,
    )


HOSTPORTS = {"v4": "192.0.2.1:443", "v6": "[2001:db8::1]:443", "name": "www.example.org:443"}
HOSTPORT = [
    pytest.param(function, shape, contender, id=f"{function}-{shape}-{contender}")
    for function in ("parse_hostport", "format_hostport")
    for shape in HOSTPORTS
    for contender in (*HOSTPORT_TWINS, "by hand")
]


@pytest.mark.parametrize(("function", "shape", "contender"), HOSTPORT)
def bench_hostport(measure: Callable[..., None], function: str, shape: str, contender: str) -> None:
    """A host and a port, as a request has them."""
    expected = by_hand.parse_hostport(HOSTPORTS[shape])
    arguments: tuple[Any, ...] = (HOSTPORTS[shape],)
    if function == "format_hostport":
        arguments, expected = expected, HOSTPORTS[shape]
    call = getattr(HOSTPORT_TWINS.get(contender, by_hand), function)
    measure(
        function,
        shape,
        contender,
        hot(call, *arguments),
        got=call(*arguments),
        expected=expected,
        items=CALLS,
        rounds=10,
        headline=True,
    )
