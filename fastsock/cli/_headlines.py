"""The rows of ``fastsock bench``: a call of each part, beside what people use for it today.

Each part has a function that gives its rows; a new part adds one to `_PARTS`. The code by hand is
the best plain Python that does the work, over the standard library alone.
"""

from __future__ import annotations

import atexit
import ipaddress as stdlib_ipaddress
import socket
import struct
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from random import Random
from socket import AF_INET, AF_INET6, SOCK_STREAM
from typing import Any

MANY = 1000
STDLIB, BY_HAND = "stdlib", "by hand"


@dataclass(frozen=True)
class Row:
    """One call of fastsock and the same by somebody else, each with nothing left to pass."""

    name: str
    baseline: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    items: int = 1
    as_theirs: Callable[[Any], object] = lambda result: result  # for the check, never timed
    close: Callable[[], object] = lambda: None


def _address() -> Iterator[Row]:
    from .. import address

    text = "2001:db8:85a3::8a2e:370:7334"
    yield Row(
        "inet_pton, IPv6",
        STDLIB,
        partial(address.inet_pton, AF_INET6, text),
        partial(socket.inet_pton, AF_INET6, text),
    )
    records = Random(1).randbytes(4 * MANY)
    texts = [socket.inet_ntoa(records[at : at + 4]) for at in range(0, len(records), 4)]
    lines = "\n".join(texts).encode()

    def packed_lines() -> bytes:
        pton = socket.inet_pton
        return b"".join([pton(AF_INET, line) for line in lines.decode().split("\n")])

    yield Row(
        "inet_pton_many, IPv4 lines",
        STDLIB,
        partial(address.inet_pton_many, AF_INET, lines),
        packed_lines,
        MANY,
    )


def _ipaddress() -> Iterator[Row]:
    from .. import ipaddress

    text = "2001:db8:85a3::8a2e:370:7334"
    yield Row(
        "ip_address, IPv6",
        STDLIB,
        partial(ipaddress.ip_address, text),
        partial(stdlib_ipaddress.ip_address, text),
    )


def _networks() -> list[tuple[int, int]]:
    """Networks as a routing table has them, some inside others: first address, length."""
    random = Random(5)
    lengths = random.choices((8, 16, 20, 22, 23, 24), (1, 3, 10, 15, 15, 56), k=10 * MANY)
    return list(dict.fromkeys((random.getrandbits(n) << (32 - n), n) for n in lengths))


def _ranges_by_hand(networks: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """The networks as ranges that don't overlap: their starts, and the index of each (-1: none)."""
    of = {network: index for index, network in enumerate(networks)}
    ends = {(first + (1 << 32 - length)) % (1 << 32) for first, length in networks}
    starts = sorted({0, *ends, *(first for first, _ in networks)})

    def longest(address: int) -> int:
        keys = ((address >> 32 - n << 32 - n, n) for n in range(32, 0, -1))
        return next((of[key] for key in keys if key in of), -1)

    return starts, list(map(longest, starts))


def _prefix() -> Iterator[Row]:
    from ..prefix import PrefixTable

    networks, packed = _networks(), Random(6).randbytes(4 * MANY)
    starts, values = _ranges_by_hand(networks)
    table = PrefixTable(((first.to_bytes(4, "big"), n), i) for i, (first, n) in enumerate(networks))
    found, numbers = table.values_list(), struct.Struct(f"!{MANY}I")

    def by_hand() -> list[int]:
        return [values[bisect(starts, address) - 1] for address in numbers.unpack(packed)]

    yield Row(
        "prefix lookup_many, 10,000",
        BY_HAND,
        partial(table.lookup_many, AF_INET, packed),
        by_hand,
        MANY,
        lambda rows: [found[row] if row >= 0 else -1 for row in rows],
    )


def _lookup() -> Iterator[Row]:
    from .. import lookup

    yield Row(
        "getaddrinfo, literal",
        STDLIB,
        partial(lookup.getaddrinfo, "192.0.2.1", 80, type=SOCK_STREAM),
        partial(socket.getaddrinfo, "192.0.2.1", 80, type=SOCK_STREAM),
    )


_LENGTH = struct.Struct("!I")


def _frames_by_hand(data: bytes) -> list[bytes]:
    unpack, frames, at, last = _LENGTH.unpack_from, [], 0, len(data) - 4
    while at <= last:
        (size,) = unpack(data, at)
        at += 4
        frames.append(data[at : (at := at + size)])
    return frames


def _stream() -> Iterator[Row]:
    from ..stream import LengthPrefix, RecvAccumulator

    framer, data = LengthPrefix(4), (b"\0\0\0\x40" + bytes(64)) * MANY

    def frames() -> object:
        accumulator = RecvAccumulator()
        accumulator.feed(data)
        return accumulator.frames(framer)

    yield Row("frames, 64 B", BY_HAND, frames, partial(_frames_by_hand, data), MANY)


def _echo() -> Iterator[Row]:
    from ._rpc import echoing, echoing_by_streams, messages

    open_loops = ExitStack()
    atexit.register(open_loops.close)
    ours = open_loops.enter_context(echoing())
    theirs = open_loops.enter_context(echoing_by_streams())
    sent = messages(MANY)
    yield Row(
        "RPC echo, 10 in flight",
        "asyncio streams",
        partial(ours, sent, 10),
        partial(theirs, sent, 10),
        MANY,
    )


_COMMON = struct.Struct("!12xHB5xHxB2x4s4sHH")
_PORTS = struct.Struct("!HH")
_UDP = struct.Struct("!BBHHHBBH4s4sHHHH")
_SRC, _DST = socket.inet_aton("192.0.2.1"), socket.inet_aton("198.51.100.7")
_PAYLOAD = bytes(range(100))


def _frame(source: bytes, sport: int) -> bytes:
    return bytes(12) + b"\x08\0" + _udp_by_hand(source, _DST, sport, 53, _PAYLOAD)


def _frames() -> list[bytes]:
    random = Random(2)
    return [_frame(random.randbytes(4), random.randrange(1, 65536)) for _ in range(MANY)]


def _five_by_hand(frames: Iterable[bytes]) -> list[Any]:
    unpack, found = _COMMON.unpack_from, []
    for frame in frames:
        ethertype, head, fragment, protocol, src, dst, sport, dport = unpack(frame)
        if ethertype != 0x0800 or fragment & 0x1FFF or protocol not in (6, 17):
            src = dst = sport = dport = None
        elif head != 0x45:
            sport, dport = _PORTS.unpack_from(frame, 14 + (head & 15) * 4)
        found.append((src, dst, protocol, sport, dport))
    return found


def _udp_by_hand(src: bytes, dst: bytes, sport: int, dport: int, payload: bytes) -> bytes:
    size, ends = 8 + len(payload), int.from_bytes(src + dst, "big")
    words = int.from_bytes(payload, "big") << (size % 2 * 8)
    words += ends + 17 + size + sport + dport + size
    head = 0x4500 + 20 + size + 0x4011 + ends
    head, check = 0xFFFF - (head % 0xFFFF or 0xFFFF), 0xFFFF - words % 0xFFFF
    fields = 0x45, 0, 20 + size, 0, 0, 64, 17, head, src, dst, sport, dport, size, check
    return _UDP.pack(*fields) + payload


def _records_by_hand(pcap: bytes) -> Iterator[bytes]:
    at, end, size_at = 24, len(pcap), struct.Struct("<8xI4x").unpack_from
    while at + 16 <= end:
        (size,) = size_at(pcap, at)
        at += 16 + size
        yield pcap[at - size : at]


def _five_by_dpkt() -> Callable[[Iterable[bytes]], list[Any]] | None:
    try:
        ethernet = import_module("dpkt.ethernet").Ethernet
    except ImportError:
        return None

    def five(frames: Iterable[bytes]) -> list[Any]:
        found = []
        for frame in frames:
            ip = ethernet(frame).data
            found.append((ip.src, ip.dst, ip.p, ip.data.sport, ip.data.dport))
        return found

    return five


def _packet() -> Iterator[Row]:
    from ..packet import parse_packet

    frames = _frames()

    def five() -> object:
        parsed = map(parse_packet, frames)
        return [(p.src, p.dst, p.protocol, p.sport, p.dport) for p in parsed]

    yield Row("parse_packet, 5 fields", BY_HAND, five, partial(_five_by_hand, frames), MANY)
    if by_dpkt := _five_by_dpkt():
        yield Row("parse_packet, 5 fields", "dpkt", five, partial(by_dpkt, frames), MANY)


def _headers() -> Iterator[Row]:
    from ..headers import build_udp

    arguments = _SRC, _DST, 54321, 53, _PAYLOAD
    yield Row(
        "build_udp, 100 B",
        BY_HAND,
        partial(build_udp, *arguments),
        partial(_udp_by_hand, *arguments),
    )


def _capture() -> Iterator[Row]:
    from ..capture import open_capture

    records = b"".join(struct.pack("<IIII", 0, 0, len(f), len(f)) + f for f in _frames())
    pcap = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1) + records

    def columns() -> object:
        with open_capture(pcap) as capture:
            return capture.to_columns()

    def rows(columns: Any) -> object:
        src, dst = (bytes(columns[name]) for name in ("src", "dst"))
        ends = ([many[at + 12 : at + 16] for at in range(0, len(many), 16)] for many in (src, dst))
        numbers = (columns[name] for name in ("protocol", "sport", "dport"))
        return list(zip(*ends, *numbers, strict=True))

    def by_hand() -> object:
        return _five_by_hand(_records_by_hand(pcap))

    yield Row("pcap to 28 columns", "5 by hand", columns, by_hand, MANY, rows)


def _checksum_by_hand(data: bytes) -> int:
    number = int.from_bytes(data, "big") << (len(data) % 2 * 8)
    return 0xFFFF - (number % 0xFFFF or (0xFFFF if number else 0))


def _checksums() -> Iterator[Row]:
    from ..checksums import checksum

    data = Random(3).randbytes(1460)
    yield Row(
        "checksum, 1460 B", BY_HAND, partial(checksum, data), partial(_checksum_by_hand, data)
    )


_PROXY = struct.Struct("!12sBBH4s4sHH")


def _proxy_by_hand(data: bytes) -> object:
    signature, command, family, size, src, dst, sport, dport = _PROXY.unpack_from(data)
    if signature != b"\r\n\r\n\0\r\nQUIT\n" or (command, family) != (0x21, 0x11) or size < 12:
        raise ValueError("no header")
    ntoa = socket.inet_ntoa
    return ((ntoa(src), sport), (ntoa(dst), dport)), 16 + size


def _proxy() -> Iterator[Row]:
    from ..proxy import build_proxy_v2, parse_proxy

    data = build_proxy_v2(("192.0.2.1", 54321), ("198.51.100.7", 443)) + b"GET / HTTP/1.1\r\n"

    def ends() -> object:
        header, size = parse_proxy(data)  # type: ignore[misc]
        return (header.source, header.destination), size

    yield Row("parse_proxy, version 2", BY_HAND, ends, partial(_proxy_by_hand, data))


def _datagram() -> Iterator[Row]:
    from ..datagram import DatagramBatch, open_datagram_socket, send_batch

    payloads = [bytes([n]) * 64 for n in range(32)]
    batch = DatagramBatch(len(payloads))
    try:
        here = open_datagram_socket(("127.0.0.1", 0), rcvbuf=1 << 18)
    except OSError:  # a sandbox without a network has none of these rows
        return
    there = open_datagram_socket(remote=here.getsockname())

    def ours() -> list[bytes]:
        send_batch(there, payloads)
        batch.recv(here)
        return batch.payloads()

    def by_hand() -> list[bytes]:
        for payload in payloads:
            there.send(payload)
        return [here.recv(2048) for _ in payloads]

    def close() -> None:
        here.close()
        there.close()

    here.setblocking(False)
    name, count = "datagrams, 64 B, both ways", len(payloads)
    yield Row(name, BY_HAND, ours, by_hand, count, close=close)


_PARTS = (
    _address,
    _ipaddress,
    _prefix,
    _lookup,
    _stream,
    _echo,
    _datagram,
    _packet,
    _headers,
    _capture,
    _checksums,
    _proxy,
)


def rows() -> list[Row]:
    """Every row, in the order it is shown."""
    return [row for part in _PARTS for row in part()]
