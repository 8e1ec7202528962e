"""Pure twin of `fastsock.proxy`: slices, one `struct` a header, and `inet_pton`."""

from __future__ import annotations

import re
from operator import index
from struct import Struct
from typing import TYPE_CHECKING, Any, SupportsIndex

from .._core.buffers import contiguous as _contiguous
from ..address._py import inet_ntop as _inet_ntop, inet_pton as _inet_pton
from ..checksums._py import crc32c as _crc32c
from . import errors as _errors
from .build import build_proxy_v1 as build_proxy_v1, build_proxy_v2 as build_proxy_v2
from .errors import ProxyError
from .header import (
    ADDRESS_SIZES as _ADDRESS_SIZES,
    FAMILIES as _FAMILIES,
    PATH_SIZE as _PATH_SIZE,
    SIGNATURE as _SIGNATURE,
    TYPES as _TYPES,
    UNIQUE_ID_MAX as _UNIQUE_ID_MAX,
    NeedMore,
    ProxyHeader,
    iter_tlvs,
    path_of,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_LINE_MAX = 107  # bytes of the longest line, with its CRLF
_FRONT = 16  # bytes of a binary header before its addresses
# What a line's protocol may be, what may follow it, and the bytes of the shortest such line. TCP6
# before TCP4: of what may still be either, the shortest line counts.
_PROTOCOLS = ((b"UNKNOWN", b" \r", 15), (b"TCP6", b" ", 22), (b"TCP4", b" ", 32))
_KNOWN = (b"PROXY TCP4 ", b"PROXY TCP6 ")
_USUAL = _SIGNATURE + b"\x21"  # how nearly all binary headers start ...
_ADDRESSED = b"\x11\x12\x21\x22\x31\x32"  # ... and go on: `_check_front` would pass these
_PORT = re.compile("0|[1-9][0-9]{0,4}")
_ADDRESSES = (Struct(""), Struct("!4s4s2H"), Struct("!16s16s2H"))


def _starts(data: bytes, text: bytes) -> bool:
    """Whether the data start with a text, or are the start of it."""
    return data[: len(text)] == text[: len(data)]


def _need(missing: int, size: int, max_size: int) -> NeedMore:
    if size + missing > max_size:
        raise ProxyError(_errors.PROXY_SIZE)
    return NeedMore(missing)


def _least(line: bytes) -> int:
    """How many bytes a line has at least, by the part of its start that has come."""
    if not _starts(line, b"PROXY "):
        raise ProxyError(_errors.PROXY_SIGNATURE)
    kind = line[6:14]
    if not kind:
        return 15
    for protocol, after, least in _PROTOCOLS:
        size = len(protocol)
        if _starts(kind, protocol) and kind[size : size + 1] in after:
            return least
    raise ProxyError(_errors.PROXY_PROTOCOL)


def _parse_line(data: bytes, max_size: int) -> tuple[ProxyHeader, int] | NeedMore:
    line = data[:_LINE_MAX]
    end = line.find(b"\r\n", 6)
    least = _least(line) if end < 0 or line[:11] not in _KNOWN else 0
    unknown = line[6:7] == b"U"
    body = line[:end] if end >= 0 else line.removesuffix(b"\r")
    if (b"\r" in body or b"\n" in body) and not unknown:  # what follows UNKNOWN means nothing
        raise ProxyError(_errors.PROXY_LINE_END)
    if end < 0:
        missing = max(least - len(data), 1 if data.endswith(b"\r") else 2)
        if len(data) + missing > _LINE_MAX:
            raise ProxyError(_errors.PROXY_LINE_LENGTH)
        return _need(missing, len(data), max_size)
    if end + 2 > max_size:
        raise ProxyError(_errors.PROXY_SIZE)
    if unknown:
        return ProxyHeader(1, "PROXY", _FAMILIES[0], _TYPES[0], None, None), end + 2
    family = _FAMILIES[1 if data[9:10] == b"4" else 2]
    source, destination = _line_endpoints(family, line[11:end].decode("latin-1").split(" "))
    return ProxyHeader(1, "PROXY", family, _TYPES[1], source, destination), end + 2


def _line_endpoints(family: int, fields: list[str]) -> tuple[Any, Any]:
    try:
        hosts = [_inet_ntop(family, _inet_pton(family, text)) for text in fields[:2]]
    except (OSError, ValueError):
        raise ProxyError(_errors.PROXY_ADDRESS) from None
    if len(fields) < 3:
        raise ProxyError(_errors.PROXY_ADDRESS)
    ports = [int(text) for text in fields[2:] if _PORT.fullmatch(text)]
    if len(fields) != 4 or len(ports) != 2 or max(ports) > 65535:
        raise ProxyError(_errors.PROXY_PORT)
    return (hosts[0], ports[0]), (hosts[1], ports[1])


def _check_front(data: bytes) -> None:
    """Refuse the start of a binary header where it is wrong, as far as it has come."""
    if not _starts(data, _SIGNATURE):
        raise ProxyError(_errors.PROXY_SIGNATURE)
    if len(data) > 12:
        if data[12] >> 4 != 2:
            raise ProxyError(_errors.PROXY_VERSION)
        if data[12] & 15 > 1:
            raise ProxyError(_errors.PROXY_COMMAND)
    if len(data) > 13 and data[12] & 1:
        if data[13] >> 4 > 3:
            raise ProxyError(_errors.PROXY_FAMILY)
        if data[13] & 15 > 2:
            raise ProxyError(_errors.PROXY_TRANSPORT)


def _parse_binary(data: bytes, max_size: int) -> tuple[ProxyHeader, int] | NeedMore:
    if data[:13] != _USUAL or len(data) < _FRONT or data[13] not in _ADDRESSED:
        _check_front(data)
    if len(data) < _FRONT:
        return NeedMore(_FRONT - len(data))
    local, family, transport = not data[12] & 1, data[13] >> 4, data[13] & 15
    length = data[14] << 8 | data[15]
    size = _FRONT + length
    if size > max_size:
        raise ProxyError(_errors.PROXY_SIZE)
    addresses = _ADDRESS_SIZES[family] if family <= 3 else length + 1
    if length < addresses and not local:
        raise ProxyError(_errors.PROXY_LENGTH)
    if len(data) < size:
        return NeedMore(size - len(data))
    tlvs = b""
    if local or family == 0:
        tlvs = _loose_tlvs(data[:size], addresses, local)
    elif length > addresses:
        tlvs = _checked_tlvs(data[:size], _FRONT + addresses)
    if local:
        return ProxyHeader(2, "LOCAL", _FAMILIES[0], _TYPES[0], None, None, tlvs), size
    source = destination = None
    if family and transport:
        source, destination = _endpoints(data, family)
    return (
        ProxyHeader(2, "PROXY", _FAMILIES[family], _TYPES[transport], source, destination, tlvs),
        size,
    )


def _endpoints(data: bytes, family: int) -> tuple[Any, Any]:
    if family == 3:
        middle = _FRONT + _PATH_SIZE
        return path_of(data[_FRONT:middle]), path_of(data[middle : middle + _PATH_SIZE])
    source, destination, sport, dport = _ADDRESSES[family].unpack_from(data, _FRONT)
    name = _FAMILIES[family]
    return (_inet_ntop(name, source), sport), (_inet_ntop(name, destination), dport)


def _loose_tlvs(header: bytes, addresses: int, local: bool) -> bytes:
    """The TLVs of a block that must be skipped whatever is in it: LOCAL's, or of no family.

    Some senders tell a family in LOCAL and leave its addresses out, so values are looked for at the
    block's start, too. No value has the type 0: addresses and padding of zeros are none.
    """
    for at in (_FRONT, _FRONT + addresses):
        try:
            _check_tlvs(header, at)
        except ProxyError:
            continue
        if all(kind for kind, _ in iter_tlvs(header, at)):
            return header[at:] if local else _checked_tlvs(header, at)
    return b""


def _checked_tlvs(header: bytes, at: int) -> bytes:
    """The TLVs of a header, which start at `at`, and whose CRC must hold."""
    crc = _check_tlvs(header, at)
    if crc:
        sent = header[crc : crc + 4]
        if _crc32c(header[:crc] + bytes(4) + header[crc + 4 :]) != int.from_bytes(sent, "big"):
            raise ProxyError(_errors.PROXY_CRC)
    return header[at:]


def _tiled(data: bytes, at: int, fault: str) -> list[tuple[int, bytes]]:
    try:
        return list(iter_tlvs(data, at))
    except ProxyError:
        raise ProxyError(fault) from None


def _check_tlvs(header: bytes, at: int) -> int:
    """Refuse wrong TLVs. Return where the CRC's value begins, or 0."""
    crc = 0
    for kind, value in _tiled(header, at, _errors.PROXY_TLV):
        at += 3
        if kind == 0x03:
            if len(value) != 4 or crc:
                raise ProxyError(_errors.PROXY_CRC_FIELD)
            crc = at
        elif kind == 0x05 and len(value) > _UNIQUE_ID_MAX:
            raise ProxyError(_errors.PROXY_UNIQUE_ID)
        elif kind == 0x20:
            if len(value) < 5:
                raise ProxyError(_errors.PROXY_SSL)
            _tiled(value, 5, _errors.PROXY_SSL)
        at += len(value)
    return crc


def _front(buffer: ReadableBuffer, max_size: int) -> bytes:
    """Copy as much of a buffer as may be parsed."""
    with _contiguous(buffer, "buffer") as view, view[: max(max_size, _LINE_MAX + 1)] as front:
        return front.tobytes()


def parse_proxy(
    buffer: ReadableBuffer, *, max_size: SupportsIndex = 4096, datagram: object = False
) -> tuple[ProxyHeader, int] | NeedMore:
    r"""Parse the PROXY protocol header at the start of what a connection has brought so far.

    Args:
        buffer: any contiguous bytes-like object, from the connection's first byte on; what
            follows the header is left alone.
        max_size: the largest header to accept, in bytes, at least 16. A client's certificate
            among the TLVs may need more than the default; a line of version 1 has at most 107.
        datagram: `buffer` is one datagram: the header must be whole.

    Returns:
        ``(header, consumed)``: a `ProxyHeader`, and how many bytes it takes; or `NeedMore`,
        while there is nothing wrong with the bytes but that more must come.

    Raises:
        ProxyError: no valid header; close the connection. It is raised with the first byte that
            is wrong, as far as the protocol allows.
        TypeError, BufferError: no buffer, or one in pieces; `max_size` is no int.
        ValueError: `max_size` is less than 16.

    Source: HAProxy's proxy-protocol.txt, sections 2.1 and 2.2.

    >>> parse_proxy(b"PROXY TCP4 192.0.2.1 192.0.2.2 563")
    NeedMore(n=2)
    >>> header, size = parse_proxy(b"PROXY TCP6 2001:db8::1 ::1 56324 443\r\nhello")
    >>> header.family.name, header.source, size
    ('AF_INET6', ('2001:db8::1', 56324), 38)
    """
    limit = index(max_size)
    if limit < 16:
        raise _errors.bad_max_header(limit)
    whole = bool(datagram)
    data = buffer if type(buffer) is bytes else _front(buffer, limit)
    parse = _parse_line if data[:1] == b"P" else _parse_binary
    result = parse(data, limit) if data else NeedMore(15)  # of the shortest header, UNKNOWN
    if whole and type(result) is NeedMore:
        raise _errors.proxy_cut(result.n)
    return result
