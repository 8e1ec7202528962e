"""fastsock.proxy beside `struct` and `split` by hand, and the proxy-protocol library."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from types import ModuleType
from typing import Any

import fastsock.proxy._c
import pytest
from loops import hot
from packet_peers import Peer, there

import fastsock.proxy._py
from fastsock import build_proxy_v1, build_proxy_v2

TWINS: dict[str, ModuleType] = {
    "compiled": fastsock.proxy._c,
    "pure": fastsock.proxy._py,
}
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
COUNT = 1000
Ends = tuple[tuple[str, int], tuple[str, int]]


def ends(count: int, family: int) -> list[tuple[tuple[str, int], tuple[str, int]]]:
    """A client's and a server's address, and the ports, each client another one."""
    if family == AF_INET:
        return [((f"192.0.2.{1 + i % 200}", 1024 + i), ("198.51.100.7", 443)) for i in range(count)]
    return [((f"2001:db8::1:{1 + i:x}", 1024 + i), ("2001:db8::7", 443)) for i in range(count)]


TLVS = ((0x01, b"h2"), (0x02, b"www.example.org"))


@dataclass(frozen=True)
class Headers:
    """Headers of one kind, as a balancer sends them, and who they speak of."""

    input: str
    family: int
    build: Callable[..., bytes]
    plain: bool = True  # nothing but the two ends: what code by hand reads

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


def line_by_hand(data: bytes) -> tuple[Ends, int]:
    """A line of version 1, with the checks that no server can do without."""
    end = data.find(b"\r\n", 0, 107)
    if end < 0 or not data.startswith(b"PROXY "):
        raise ValueError("no header")
    _, family, src, dst, sport, dport = data[:end].decode("ascii").split(" ")
    kind = {"TCP4": AF_INET, "TCP6": AF_INET6}[family]
    inet_pton(kind, src)
    inet_pton(kind, dst)
    ports = int(sport), int(dport)
    if max(ports) > 65535:
        raise ValueError("no port")
    return ((src, ports[0]), (dst, ports[1])), end + 2


START = struct.Struct("!12sBBH")
SIZES = {0x11: (AF_INET, struct.Struct("!4s4sHH")), 0x21: (AF_INET6, struct.Struct("!16s16sHH"))}


def binary_by_hand(data: bytes) -> tuple[Ends, int]:
    """A header of version 2, over TCP."""
    signature, command, kind, size = START.unpack_from(data)
    if signature != SIGNATURE or command != 0x21 or len(data) < 16 + size:
        raise ValueError("no header")
    family, addresses = SIZES[kind]
    src, dst, sport, dport = addresses.unpack_from(data, 16)
    return ((inet_ntop(family, src), sport), (inet_ntop(family, dst), dport)), 16 + size


def by_hand(parse: Callable[[bytes], tuple[Ends, int]], sent: list[bytes]) -> list[Any]:
    return [found for found, _ in map(parse, sent)]


def _library() -> Peer:
    """proxy-protocol; it is told which version comes, and gets the header alone."""
    from proxyprotocol.v1 import ProxyProtocolV1
    from proxyprotocol.v2 import ProxyProtocolV2

    line, binary = ProxyProtocolV1().unpack, ProxyProtocolV2().unpack

    def read(data: bytes) -> Any:
        if data.startswith(b"PROXY"):
            return line(data[: data.index(b"\n") + 1])
        return binary(data[: 16 + int.from_bytes(data[14:16], "big")])

    def same(found: list[Any]) -> list[Any]:
        return [
            ((str(one.source[0]), one.source[1]), (str(one.dest[0]), one.dest[1])) for one in found
        ]

    return Peer("proxy-protocol", lambda sent: list(map(read, sent)), same)


LIBRARIES = {peer.name: peer for peer in there(_library)}
# Contenders come innermost, so that those of one row run one after the other. The library does not
# accept a checksum that stands before other TLVs, where HAProxy puts it.
PARSED = [
    pytest.param(headers, contender, id=f"{headers.input}-{contender}")
    for headers in HEADERS
    for contender in (*TWINS, *(["stdlib", *LIBRARIES] if headers.plain else []))
]


@pytest.mark.parametrize(("headers", "contender"), PARSED)
def bench_parse(measure: Callable[..., None], headers: Headers, contender: str) -> None:
    """Both ends of many connections, from what each of them has brought first."""
    sent = headers.sent()
    peer = Peer(contender, partial(by_parse_proxy, contender))
    if contender == "stdlib":
        parse = line_by_hand if "v1" in headers.input else binary_by_hand
        peer = Peer(contender, partial(by_hand, parse))
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
        rounds=20 if contender in (*TWINS, "stdlib") else 3,
        headline=True,
    )


def line_built(source: tuple[str, int], destination: tuple[str, int]) -> bytes:
    """A line of version 1; the family is that of the source."""
    family = "TCP6" if ":" in source[0] else "TCP4"
    line = f"PROXY {family} {source[0]} {destination[0]} {source[1]} {destination[1]}\r\n"
    return line.encode("ascii")


def binary_built(source: tuple[str, int], destination: tuple[str, int]) -> bytes:
    family, code = (AF_INET6, 0x21) if ":" in source[0] else (AF_INET, 0x11)
    pack = SIZES[code][1].pack
    packed = inet_pton(family, source[0]), inet_pton(family, destination[0])
    addresses = pack(*packed, source[1], destination[1])
    return START.pack(SIGNATURE, 0x21, code, len(addresses)) + addresses


BUILT = [
    pytest.param(ours, hand, contender, id=f"{ours.__name__}-{contender}")
    for ours, hand in ((build_proxy_v1, line_built), (build_proxy_v2, binary_built))
    for contender in ("compiled", "stdlib")
]


@pytest.mark.parametrize(("ours", "hand", "contender"), BUILT)
def bench_build(
    measure: Callable[..., None],
    ours: Callable[..., bytes],
    hand: Callable[..., bytes],
    contender: str,
) -> None:
    """Written once, in Python, over either twin; it stands under `compiled`."""
    pair, build = ends(1, AF_INET)[0], ours if contender == "compiled" else hand
    measure(
        ours.__name__,
        "TCP4",
        contender,
        hot(build, *pair, calls=1000),
        got=build(*pair),
        expected=hand(*pair),
        items=1000,
        rounds=20,
    )
