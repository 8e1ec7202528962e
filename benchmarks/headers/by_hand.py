"""Packets built with `struct`, and Ethernet frames of IPv4 edited in place."""

import struct
from collections.abc import Iterable

from benchmarks.checksums.by_hand import total, with_checksum

IPV4 = struct.Struct("!BBHHHBBH4s4s")
IPV6 = struct.Struct("!IHBB16s16s")
TCP = struct.Struct("!HHIIHHHH")
UDP = struct.Struct("!HHHH")
UDP_IN_IPV4 = struct.Struct("!BBHHHBBH4s4sHHHH")
TCP_IN_ETHERNET = struct.Struct("!6s6sHBBHHHBBH4s4sHHIIHHHH")
MACS = bytes.fromhex("02005e100002"), bytes.fromhex("02005e100001")  # to, from


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
    """The header is packed once: its checksum is that of the sum of its fields."""
    size = UDP.size + len(payload)
    words = int.from_bytes(payload, "big") << (size % 2 * 8)
    words += int.from_bytes(src + dst, "big") + 17 + size + sport + dport + size
    return UDP.pack(sport, dport, size, 0xFFFF - words % 0xFFFF) + payload


def udp_in_ipv4(src: bytes, dst: bytes, sport: int, dport: int, payload: bytes) -> bytes:
    """The same in a datagram, both headers packed at once."""
    size = UDP.size + len(payload)
    ends = int.from_bytes(src + dst, "big")
    words = int.from_bytes(payload, "big") << (size % 2 * 8)
    words += ends + 17 + size + sport + dport + size
    head = 0x4500 + 20 + size + 0x4011 + ends
    return (
        UDP_IN_IPV4.pack(
            *(0x45, 0, 20 + size, 0, 0, 64, 17, 0xFFFF - (head % 0xFFFF or 0xFFFF), src, dst),
            *(sport, dport, size, 0xFFFF - words % 0xFFFF),
        )
        + payload
    )


def tcp_in_ethernet(
    src: bytes, dst: bytes, ports: tuple[int, int], numbers: tuple[int, int], payload: bytes
) -> bytes:
    """A segment without options, with PSH and ACK: Ethernet, IPv4 and TCP packed at once."""
    size = TCP.size + len(payload)
    ends = int.from_bytes(src + dst, "big")
    words = int.from_bytes(payload, "big") << (size % 2 * 8)
    words += ends + 6 + size + sum(ports) + sum(numbers) + 0x5018 + 0xFFFF
    head = 0x4500 + 20 + size + 0x4006 + ends
    return (
        TCP_IN_ETHERNET.pack(
            *(*MACS, 0x0800),
            *(0x45, 0, 20 + size, 0, 0, 64, 6, 0xFFFF - (head % 0xFFFF or 0xFFFF), src, dst),
            *(*ports, *numbers, 0x5018, 0xFFFF, 0xFFFF - (words % 0xFFFF or 0xFFFF), 0),
        )
        + payload
    )


def forward(frames: Iterable[bytearray]) -> None:
    """Take one off the time to live; the checksum grows by 0x100, its carry comes in below."""
    for frame in frames:
        frame[22] -= 1
        if frame[24] < 0xFF:
            frame[24] += 1
        elif frame[25] < 0xFF:
            frame[24] = 0
            frame[25] += 1
        else:
            frame[24:26] = b"\x01\x00"


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
