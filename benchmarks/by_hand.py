"""What a program writes with `struct` and no library: checksums, headers, capture files.

It is the `stdlib` of the packet parts: as fast as plain Python gets, for packets as they mostly
are. It stops at anything that is not whole, and tells nothing of why.
"""

import struct
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha1
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

Buffer = bytes | bytearray | memoryview | mmap
ETHERTYPE = struct.Struct("!12xH").unpack_from
TAG = struct.Struct("!HH").unpack_from
IPV4 = struct.Struct("!BBHHHBBH4s4s")
IPV6 = struct.Struct("!IHBB16s16s")
PORTS = struct.Struct("!HH").unpack_from
TCP = struct.Struct("!HHIIHHHH")
UDP = struct.Struct("!HHHH")
RECORD = struct.Struct("<IIII")
VLANS = (0x8100, 0x88A8)
NO_VLAN = 0xFFFF
MAPPED = bytes(10) + b"\xff\xff"


# Checksums


def total(data: Buffer) -> int:
    """The sum of 16-bit words, folded: a number's remainder by 2^16 - 1 is that of its digits."""
    number = int.from_bytes(data, "big") << (len(data) % 2 * 8)
    return number % 0xFFFF or (0xFFFF if number else 0)


def checksum(data: Buffer) -> int:
    return 0xFFFF - total(data)


def verify(data: Buffer) -> bool:
    return total(data) == 0xFFFF


def update16(checksum: int, old: int, new: int) -> int:
    total = (~checksum & 0xFFFF) + (~old & 0xFFFF) + new
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def pseudo_header(src: bytes, dst: bytes, protocol: int, length: int) -> bytes:
    if len(src) == 4:
        return src + dst + struct.pack("!HH", protocol, length)
    return src + dst + struct.pack("!II", length, protocol)


def _crc32c_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (0x82F63B78 & -(value & 1)) for value in table]
    return table


CRC32C = _crc32c_table()


def crc32c(data: Buffer) -> int:
    value, table = 0xFFFFFFFF, CRC32C
    for byte in data:
        value = value >> 8 ^ table[value & 0xFF ^ byte]
    return value ^ 0xFFFFFFFF


# Building


def with_checksum(data: bytes, at: int, head: bytes = b"") -> bytes:
    """`data` with the checksum of itself, and of a pseudo-header before it, written into it."""
    return data[:at] + checksum(head + data).to_bytes(2, "big") + data[at + 2 :]


def ipv4_datagram(src: bytes, dst: bytes, protocol: int, payload: bytes) -> bytes:
    size = IPV4.size + len(payload)
    return with_checksum(IPV4.pack(0x45, 0, size, 0, 0, 64, protocol, 0, src, dst), 10) + payload


def ipv6_datagram(src: bytes, dst: bytes, protocol: int, payload: bytes) -> bytes:
    return IPV6.pack(6 << 28, len(payload), protocol, 64, src, dst) + payload


def tcp_segment(
    src: bytes,
    dst: bytes,
    ports: tuple[int, int],
    numbers: tuple[int, int],
    flags: int,
    payload: bytes,
    options: bytes = b"",
) -> bytes:
    words = 5 + len(options) // 4
    header = TCP.pack(*ports, *numbers, words << 12 | flags, 65535, 0, 0)
    segment = header + options + payload
    return with_checksum(segment, 16, pseudo_header(src, dst, 6, len(segment)))


def udp_datagram(src: bytes, dst: bytes, sport: int, dport: int, payload: bytes) -> bytes:
    size = UDP.size + len(payload)
    datagram = UDP.pack(sport, dport, size, 0) + payload
    return with_checksum(datagram, 6, pseudo_header(src, dst, 17, size))


# Reading


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


Five = tuple[bytes | None, bytes | None, int | None, int | None, int | None]


def five_fields(packets: Iterable[bytes]) -> list[Five]:
    """(src, dst, protocol, sport, dport) of packets over Ethernet; ARP's addresses too."""
    found: list[Five] = []
    for data in packets:
        src = dst = protocol = sport = dport = None
        try:
            (ethertype,), at = ETHERTYPE(data), 14
            while ethertype in VLANS:
                (_, ethertype), at = TAG(data, at), at + 4
            if ethertype == 0x0800:
                head, _, _, _, fragment, _, protocol, _, src, dst = IPV4.unpack_from(data, at)
                if protocol in (6, 17) and not fragment & 0x1FFF:
                    sport, dport = PORTS(data, at + (head & 15) * 4)
            elif ethertype == 0x86DD:
                _, _, protocol, _, src, dst = IPV6.unpack_from(data, at)
                if protocol in (6, 17):
                    sport, dport = PORTS(data, at + 40)
            elif ethertype == 0x0806:
                src, dst = data[at + 14 : at + 18], data[at + 24 : at + 28]
        except struct.error:
            pass
        found.append((src, dst, protocol, sport, dport))
    return found


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
    """What `NAMES` names, from `vlan` on."""
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
    """24 of a capture's 28 columns: all but what says why decoding stopped, and of checksums."""
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


# Editing Ethernet frames of IPv4 in place


def forward(frames: Iterable[bytearray]) -> None:
    """One off the time to live, and the checksum by its difference, as RFC 1141 has it."""
    for frame in frames:
        frame[22] -= 1
        total = (frame[24] << 8 | frame[25]) + 0x100
        total = (total & 0xFFFF) + (total >> 16)
        frame[24:26] = total.to_bytes(2, "big")


def translate(frames: Iterable[bytearray], src: bytes, sport: int) -> None:
    """Another source for TCP, as a translator of addresses gives it."""
    port = sport.to_bytes(2, "big")
    added = total(src)
    for frame in frames:
        transport = 14 + (frame[14] & 15) * 4
        removed = total(frame[26:30])
        before = frame[24] << 8 | frame[25]
        frame[24:26] = _changed(before, removed, added).to_bytes(2, "big")
        check = transport + 16
        removed += frame[transport] << 8 | frame[transport + 1]
        before = frame[check] << 8 | frame[check + 1]
        frame[check : check + 2] = _changed(before, removed, added + sport).to_bytes(2, "big")
        frame[26:30] = src
        frame[transport : transport + 2] = port


def _changed(checksum: int, removed: int, added: int) -> int:
    """RFC 1624, equation 3, for sums of at most two words."""
    total = 0xFFFF - checksum + 2 * 0xFFFF - removed + added
    total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - ((total & 0xFFFF) + (total >> 16))


# Flows, from what a packet object has


FLOW4, FLOW6 = (struct.Struct(f"!BBHH{size}s{size}s").pack for size in (4, 16))


def flow_key(packet: Any) -> bytes:
    pack = FLOW4 if packet.version == 4 else FLOW6
    ports = packet.sport or 0, packet.dport or 0
    return pack(packet.version, packet.protocol, *ports, packet.src, packet.dst)


def toeplitz(key: bytes) -> Callable[[Any], int]:
    """Receive side scaling's hash of a packet, by a table of 256 numbers a byte."""
    bits, width = int.from_bytes(key, "big"), len(key) * 8
    window = [bits >> (width - 32 - at) & 0xFFFFFFFF for at in range(36 * 8)]
    tables = []
    for place in range(0, len(window), 8):
        table = [0] * 256
        for bit in range(8):
            for value in range(256):
                table[value] ^= window[place + bit] if value & 0x80 >> bit else 0
        tables.append(table)

    def flow_hash(packet: Any) -> int:
        data = packet.src + packet.dst
        if packet.sport is not None:
            data += packet.sport.to_bytes(2, "big") + packet.dport.to_bytes(2, "big")
        value = 0
        for table, byte in zip(tables, data, strict=False):
            value ^= table[byte]
        return value

    return flow_hash


def community_id(packet: Any) -> str:
    """Community ID version 1 of TCP and UDP, seed 0."""
    one = packet.src, packet.sport.to_bytes(2, "big")
    two = packet.dst, packet.dport.to_bytes(2, "big")
    (src, sport), (dst, dport) = min(one, two), max(one, two)
    data = bytes(2) + src + dst + bytes((packet.protocol, 0)) + sport + dport
    return "1:" + b64encode(sha1(data, usedforsecurity=False).digest()).decode()
