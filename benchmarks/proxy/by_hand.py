"""Headers of the PROXY protocol read with `split` and `struct`, and written by format strings."""

import struct
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
Ends = tuple[tuple[str, int], tuple[str, int]]


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
