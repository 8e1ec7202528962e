"""Build any PROXY protocol header: for the pure twin, and for the compiled one's rare cases.

The compiled twin writes the usual headers itself: two IP endpoints and nothing else.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from operator import index
from socket import SOCK_STREAM

from .._core.buffers import copied
from .._core.errors import shorten, shorten_number
from .._core.typed import TYPE_CHECKING
from ..address import inet_ntop as _inet_ntop, inet_pton as _inet_pton
from ..checksums import crc32c as _crc32c
from .errors import ProxyError
from .header import FAMILIES, PATH_SIZE, SIGNATURE, TYPES, UNIQUE_ID_MAX, ProxyTLV, iter_tlvs

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

    from _typeshed import ReadableBuffer

__all__ = ["build_proxy_v1", "build_proxy_v2"]


def _pack(endpoint: Any) -> tuple[int, bytes, int]:
    """An endpoint as family code, packed address (or path) and port."""
    if isinstance(endpoint, str | bytes):
        path = os.fsencode(endpoint)
        if len(path) > PATH_SIZE:
            raise ValueError(f"a path of {len(path)} bytes, where {PATH_SIZE} fit")
        if b"\0" in path.rstrip(b"\0")[1:] and path[:1] != b"\0":
            raise ValueError("embedded null character in a path")
        return 3, path.ljust(PATH_SIZE, b"\0"), 0
    if not isinstance(endpoint, tuple | list) or len(endpoint) < 2:
        raise TypeError(f"an endpoint is a host and a port, or a path, not {shorten(endpoint)}")
    host = endpoint[0]
    port = int(index(endpoint[1]))  # plain: a subclass of int may print otherwise
    if not isinstance(host, str):
        raise TypeError(f"a host must be str, not {type(host).__name__}")
    if not 0 <= port <= 0xFFFF:
        raise ValueError(f"a port must be between 0 and 65535, not {shorten_number(port)}")
    # A zone has a meaning on this machine alone.
    for code, text in ((1, host), (2, host.partition("%")[0])):
        try:
            return code, _inet_pton(FAMILIES[code], text), port
        except OSError:
            continue
    raise ValueError(f"{shorten(host)} is not an IPv4 or IPv6 address")


def _pack_pair(source: Any, destination: Any) -> tuple[int, list[bytes], list[int]]:
    """Both endpoints as family code, addresses and ports; (0, [], []) for none."""
    if source is None and destination is None:
        return 0, [], []
    if source is None or destination is None:
        raise ValueError("source and destination must both be given, or both be None")
    first, second = _pack(source), _pack(destination)
    if first[0] != second[0]:
        raise ValueError(f"{shorten(source)} and {shorten(destination)} are not of the same family")
    return first[0], [first[1], second[1]], [first[2], second[2]]


def build_proxy_v1(source: Any, destination: Any) -> bytes:
    r"""Write a header of version 1, the text line.

    Args:
        source: the client: host and port, as `socket.getpeername` gives them; more items, and the
            zone of an IPv6 address, are left out. None, for both, makes it ``UNKNOWN``.
        destination: where the client connected to.

    Returns:
        The line with its CRLF, to be sent before anything else, at once.

    Raises:
        ValueError: no addresses of one family, IPv4 or IPv6; a port out of range.
        TypeError: no endpoints.

    Source: HAProxy's proxy-protocol.txt, section 2.1.

    >>> build_proxy_v1(("192.0.2.1", 56324), ("192.0.2.2", 443))
    b'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n'
    >>> build_proxy_v1(None, None)
    b'PROXY UNKNOWN\r\n'
    """
    code, packed, ports = _pack_pair(source, destination)
    if code == 0:
        return b"PROXY UNKNOWN\r\n"
    if code == 3:
        raise ValueError("version 1 has no UNIX sockets")
    hosts = [_inet_ntop(FAMILIES[code], address) for address in packed]
    line = f"PROXY TCP{'46'[code - 1]} {hosts[0]} {hosts[1]} {ports[0]} {ports[1]}\r\n"
    return line.encode("ascii")


def build_proxy_v2(
    source: Any,
    destination: Any,
    *,
    type: int = SOCK_STREAM,  # noqa: A002 - as in socket.socket()
    command: str = "PROXY",
    tlvs: Iterable[tuple[SupportsIndex, ReadableBuffer]] = (),
    crc: bool = False,
) -> bytes:
    r"""Write a header of version 2, the binary one.

    Args:
        source: the client: host and port, or the path of a UNIX socket; None, for both, where
            there is nothing to tell.
        destination: where the client connected to.
        type: `SOCK_STREAM` or `SOCK_DGRAM`.
        command: ``"PROXY"``, or ``"LOCAL"`` for a connection of the sender's own; then both
            endpoints must be None.
        tlvs: pairs of a type, 0 to 255 (`ProxyTLV`), and a value.
        crc: whether to add a CRC-32C of the header, as the last TLV.

    Returns:
        The header, to be sent before anything else, at once; in each datagram, before its payload.

    Raises:
        ValueError: no endpoints of one family; a port, a type or a command out of range; a
            CRC among the TLVs, or a unique ID or SSL value that no receiver would take; more than
            65535 bytes.
        TypeError, BufferError: no endpoints, or no TLVs, or a value in pieces.

    Source: HAProxy's proxy-protocol.txt, section 2.2.

    >>> header = build_proxy_v2(("192.0.2.1", 56324), ("192.0.2.2", 443), crc=True)
    >>> header.hex(" ", -4)
    '0d0a0d0a 000d0a51 5549540a 21110013 c0000201 c0000202 dc0401bb 030004d6 c8c75f'
    """
    code, packed, ports = _pack_pair(source, destination)
    if command not in ("PROXY", "LOCAL"):
        raise ValueError(f"command must be 'PROXY' or 'LOCAL', not {shorten(command)}")
    if command == "LOCAL" and code:
        raise ValueError("a LOCAL header has no endpoints: they are the connection's own")
    if type not in TYPES[1:]:
        raise ValueError(f"type must be SOCK_STREAM or SOCK_DGRAM, not {shorten(type)}")
    body = b"".join(packed)
    if code in (1, 2):
        body += struct.pack("!2H", *ports)
    body += b"".join(map(_pack_tlv, tlvs))
    if crc:
        body += struct.pack("!BHI", ProxyTLV.CRC32C, 4, 0)
    if len(body) > 0xFFFF:
        raise ValueError(f"a header of {len(body)} bytes, where 65535 fit")
    transport = TYPES.index(type) if code else 0
    kind = bytes([0x21 if command == "PROXY" else 0x20, code << 4 | transport])
    header = SIGNATURE + kind + struct.pack("!H", len(body)) + body
    return header[:-4] + struct.pack("!I", _crc32c(header)) if crc else header


def _is_ssl(value: bytes) -> bool:
    """Whether a receiver can read the value of an SSL TLV."""
    try:
        return len(value) >= 5 and all(True for _ in iter_tlvs(value, 5))
    except ProxyError:
        return False


def _pack_tlv(tlv: tuple[SupportsIndex, ReadableBuffer]) -> bytes:
    kind, value = tlv
    number, data = index(kind), copied(value, "a TLV's value")
    if not 0 <= number <= 0xFF or len(data) > 0xFFFF:
        raise ValueError(f"a TLV of type {number} with {len(data)} bytes: at most 255 and 65535")
    if number == ProxyTLV.CRC32C:
        raise ValueError("crc=True makes the CRC-32C")
    if number == ProxyTLV.UNIQUE_ID and len(data) > UNIQUE_ID_MAX:
        raise ValueError(f"a unique ID of {len(data)} bytes, where {UNIQUE_ID_MAX} fit")
    if number == ProxyTLV.SSL and not _is_ssl(data):
        raise ValueError("an SSL value is a byte, four bytes, and TLVs to its end")
    return struct.pack("!BH", number, len(data)) + data


# Both are public under the part's name, in either twin.
build_proxy_v1.__module__ = build_proxy_v2.__module__ = "fastsock.proxy"
