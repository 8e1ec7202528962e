"""Packets built with `struct`, and Ethernet frames of IPv4 edited in place."""

import struct
from collections.abc import Iterable

from benchmarks.checksums.by_hand import total, with_checksum

IPV4 = struct.Struct("!BBHHHBBH4s4s")
IPV6 = struct.Struct("!IHBB16s16s")
TCP = struct.Struct("!HHIIHHHH")
UDP = struct.Struct("!HHHH")


def pseudo_header(src: bytes, dst: bytes, protocol: int, length: int) -> bytes:
    if len(src) == 4:
        return src + dst + struct.pack("!HH", protocol, length)
    return src + dst + struct.pack("!II", length, protocol)


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
