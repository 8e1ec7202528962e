"""fastsock.proxy beside `struct` and `split` by hand, and the proxy-protocol library."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from socket import AF_INET, AF_INET6
from types import ModuleType
from typing import Any

import fastsock.proxy._c
import pytest

import fastsock.proxy._py
from benchmarks.harness.loops import hot
from benchmarks.harness.peers import Peer
from benchmarks.proxy import by_hand, peers
from fastsock import build_proxy_v1, build_proxy_v2

TWINS: dict[str, ModuleType] = {
    "compiled": fastsock.proxy._c,
    "pure": fastsock.proxy._py,
}
COUNT = 1000


def ends(count: int, family: int) -> list[tuple[tuple[str, int], tuple[str, int]]]:
    """A client's and a server's address, and the ports, each client another one."""
    if family == AF_INET:
        return [((f"192.0.2.{1 + i % 200}", 1024 + i), ("198.51.100.7", 443)) for i in range(count)]
    return [((f"2001:db8::1:{1 + i:x}", 1024 + i), ("2001:db8::7", 443)) for i in range(count)]


TLVS = ((0x01, b"h2"), (0x02, b"www.example.org"))


@dataclass(frozen=True)
class Headers:
    """Headers of one kind, as a balancer sends them, and their endpoints."""

    input: str
    family: int
    build: Callable[..., bytes]
    plain: bool = True  # nothing but the two ends, which code by hand reads

    def expected(self) -> list[Any]:
        return ends(COUNT, self.family)

    def sent(self) -> list[bytes]:
        return [self.build(*pair) + b"GET / HTTP/1.1\r\n" for pair in self.expected()]


HEADERS = (
    Headers("v1 TCP4", AF_INET, build_proxy_v1),
    Headers("v1 TCP6", AF_INET6, build_proxy_v1),
    Headers("v2 TCP4", AF_INET, build_proxy_v2),
    Headers("v2 TCP6", AF_INET6, build_proxy_v2),
    Headers("v2 TCP4, TLVs and CRC", AF_INET, partial(build_proxy_v2, tlvs=TLVS, crc=True), False),
)


def by_parse_proxy(twin: str, sent: list[bytes]) -> list[Any]:
    parsed = map(TWINS[twin].parse_proxy, sent)
    return [(header.source[:2], header.destination[:2]) for header, _ in parsed]


def all_by_hand(parse: Callable[[bytes], tuple[by_hand.Ends, int]], sent: list[bytes]) -> list[Any]:
    return [found for found, _ in map(parse, sent)]


LIBRARIES = {peer.name: peer for peer in peers.parsers()}
# Contenders come innermost, so that those of one row run one after the other. The library does not
# accept a checksum that stands before other TLVs, where HAProxy puts it.
PARSED = [
    pytest.param(headers, contender, id=f"{headers.input}-{contender}")
    for headers in HEADERS
    for contender in (*TWINS, *(["by hand", *LIBRARIES] if headers.plain else []))
]


@pytest.mark.parametrize(("headers", "contender"), PARSED)
def bench_parse(measure: Callable[..., None], headers: Headers, contender: str) -> None:
    """Both ends of many connections, from the first bytes of each."""
    sent = headers.sent()
    peer = Peer(contender, partial(by_parse_proxy, contender))
    if contender == "by hand":
        parse = by_hand.line_by_hand if "v1" in headers.input else by_hand.binary_by_hand
        peer = Peer(contender, partial(all_by_hand, parse))
    elif contender in LIBRARIES:
        peer = LIBRARIES[contender]
    measure(
        "parse_proxy",
        headers.input,
        contender,
        partial(peer.call, sent),
        got=peer.same(peer.call(sent)),
        expected=headers.expected(),
        items=COUNT,
        rounds=10,
        headline=True,
    )


BUILT = [
    pytest.param(name, hand, contender, id=f"{name}-{contender}")
    for name, hand in (
        ("build_proxy_v1", by_hand.line_built),
        ("build_proxy_v2", by_hand.binary_built),
    )
    for contender in (*TWINS, "by hand")
]


@pytest.mark.parametrize(("name", "hand", "contender"), BUILT)
def bench_build(
    measure: Callable[..., None],
    name: str,
    hand: Callable[..., bytes],
    contender: str,
) -> None:
    """One header of two endpoints, as a balancer writes them for each connection."""
    pair = ends(1, AF_INET)[0]
    build = getattr(TWINS[contender], name) if contender in TWINS else hand
    measure(
        name,
        "TCP4",
        contender,
        hot(build, *pair, calls=1000),
        got=build(*pair),
        expected=hand(*pair),
        items=1000,
        rounds=20,
    )
