"""Packets read with `struct`: five fields of each, and the keys and hashes of flows."""

import struct
from base64 import b64encode
from collections.abc import Callable, Iterable
from hashlib import sha1
from typing import Any

ETHERTYPE = struct.Struct("!12xH").unpack_from
TAG = struct.Struct("!HH").unpack_from
IPV4 = struct.Struct("!BBHHHBBH4s4s")
IPV6 = struct.Struct("!IHBB16s16s")
PORTS = struct.Struct("!HH").unpack_from
VLANS = (0x8100, 0x88A8)

Five = tuple[bytes | None, bytes | None, int | None, int | None, int | None]


COMMON = struct.Struct("!12xHB5xHxB2x4s4sHH")
"""Ethernet, IPv4 without options, and ports, as nearly every packet."""


def five_fields(packets: Iterable[bytes]) -> list[Five]:
    """(src, dst, protocol, sport, dport) of packets over Ethernet; ARP's addresses too."""
    unpack, enough = COMMON.unpack_from, COMMON.size
    found: list[Five] = []
    append = found.append
    for data in packets:
        if len(data) >= enough:
            ethertype, head, fragment, protocol, src, dst, sport, dport = unpack(data)
            if (
                (ethertype == 0x0800 and head == 0x45)
                and (protocol == 6 or protocol == 17)
                and not fragment & 0x1FFF
            ):
                append((src, dst, protocol, sport, dport))
                continue
        append(_uncommon(data))
    return found


def _uncommon(data: bytes) -> Five:
    """The same of one packet, whatever it is."""
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
    return src, dst, protocol, sport, dport


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
