"""Capture files read with `struct`, and their packets decoded to columns.

For ordinary packets: it stops at anything that is not whole, and does not say why.
"""

import struct
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from benchmarks.packet.by_hand import ETHERTYPE, IPV4, IPV6, PORTS, TAG, VLANS, five_fields

Buffer = bytes | bytearray | memoryview | mmap
TCP = struct.Struct("!HHIIHHHH")
RECORD = struct.Struct("<IIII")
NO_VLAN = 0xFFFF
MAPPED = bytes(10) + b"\xff\xff"


@contextmanager
def mapped(path: Path) -> Iterator[mmap]:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as blob:
        yield blob


def records(buffer: Buffer) -> Iterator[tuple[int, int, Any]]:
    """(timestamp_ns, wire length, data) of a little-endian pcap in microseconds."""
    unpack, at, end = RECORD.unpack_from, 24, len(buffer)
    while at + 16 <= end:
        seconds, fraction, captured, wire = unpack(buffer, at)
        at += 16 + captured
        if at > end:
            return
        yield seconds * 1_000_000_000 + fraction * 1000, wire, buffer[at - captured : at]


Transport = tuple[int, int, int, int, int, int, int, int, int]


def _transport(data: Buffer, protocol: int, at: int) -> Transport:
    """Sport, dport, flags, seq, ack, window, icmp_type, icmp_code, payload_offset."""
    if protocol == 6:
        sport, dport, seq, ack, flags, window, _, _ = TCP.unpack_from(data, at)
        return sport, dport, flags & 0xFFF, seq, ack, window, 0, 0, at + (flags >> 12) * 4
    if protocol == 17:
        return *PORTS(data, at), 0, 0, 0, 0, 0, 0, at + 8
    if protocol in (1, 58):
        return 0, 0, 0, 0, 0, 0, data[at], data[at + 1], at + 8
    return 0, 0, 0, 0, 0, 0, 0, 0, at


NAMES = (
    *("timestamp_ns", "wire_length", "captured_length", "link"),  # of the record
    *("vlan",),
    *("version", "protocol", "src", "dst", "ttl", "tos", "identification", "fragment_offset"),
    *("total_length", "payload_length"),
    *("sport", "dport", "flags", "seq", "ack", "window", "icmp_type", "icmp_code"),
    *("payload_offset",),
)
RECORD_NAMES = NAMES[:4]
FORMATS = (
    {"timestamp_ns": "q"}
    | dict.fromkeys(("version", "protocol", "ttl", "tos", "icmp_type", "icmp_code"), "B")
    | dict.fromkeys(("link", "vlan", "fragment_offset", "sport", "dport", "flags", "window"), "H")
)
NO_ADDRESS = bytes(16)
NOTHING = (0,) * 14  # from `ttl` to what stands before `payload_offset`


def _row(data: Buffer) -> tuple[Any, ...]:
    """The values of `NAMES`, from `vlan` on."""
    (ethertype,), at, vlan = ETHERTYPE(data), 14, NO_VLAN
    while ethertype in VLANS:
        (tag, ethertype), at = TAG(data, at), at + 4
        vlan = tag & 0xFFF if vlan == NO_VLAN else vlan
    if ethertype == 0x0800:
        head, tos, size, number, fragment, ttl, protocol, _, src, dst = IPV4.unpack_from(data, at)
        offset = (fragment & 0x1FFF) * 8
        rest = _transport(data, 0 if offset else protocol, at + (head & 15) * 4)
        fields = vlan, 4, protocol, MAPPED + src, MAPPED + dst, ttl, tos, number, offset, size
        return *fields, at + size - rest[8], *rest
    if ethertype == 0x86DD:
        word, size, protocol, ttl, src, dst = IPV6.unpack_from(data, at)
        rest = _transport(data, protocol, at + 40)
        fields = vlan, 6, protocol, src, dst, ttl, word >> 20 & 255, 0, 0, size + 40
        return *fields, at + 40 + size - rest[8], *rest
    if ethertype == 0x0806:
        src, dst = MAPPED + data[at + 14 : at + 18], MAPPED + data[at + 24 : at + 28]
        return vlan, 0, 0, src, dst, *NOTHING, at + 28
    left = ethertype if ethertype < 0x0600 else len(data) - at  # 802.3 has its length there
    return vlan, 0, 0, NO_ADDRESS, NO_ADDRESS, *NOTHING[:5], left, *NOTHING[6:], at


def _columns(names: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """Rows as contiguous columns."""
    return {
        name: b"".join(values) if name in ("src", "dst") else array(FORMATS.get(name, "I"), values)
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }


def capture_columns(buffer: Buffer) -> dict[str, Any]:
    """24 of a capture's 28 columns: all but the reasons why decoding stopped, and checksums."""
    return _columns(
        NAMES, [(when, wire, len(data), 1, *_row(data)) for when, wire, data in records(buffer)]
    )


def packet_columns(packets: Iterable[bytes]) -> dict[str, Any]:
    """The same of packets without records."""
    return _columns(NAMES[4:], map(_row, packets))


def five_columns(packets: Iterable[bytes]) -> dict[str, Any]:
    """`five_fields` as columns."""
    src, dst, *numbers = zip(*five_fields(packets), strict=True)
    found: dict[str, Any] = {
        name: b"".join([mapped_address(address) for address in addresses])
        for name, addresses in (("src", src), ("dst", dst))
    }
    for name, values in zip(("protocol", "sport", "dport"), numbers, strict=True):
        found[name] = array(FORMATS[name], [value or 0 for value in values])
    return found


def mapped_address(address: bytes | None) -> bytes:
    if address is None:
        return NO_ADDRESS
    return address if len(address) == 16 else MAPPED + address
