"""The pieces of a packet: IP headers, checksums, and the buffer that it is written into."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, SupportsIndex

from ..._core import buffers as _buffers, errors as _core_errors
from ..._core.protocols import ICMP, UDP
from ...address import errors as _address_errors
from .. import errors as _errors
from .arguments import address, number
from .view import fold

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_MOST = 0xFFFF  # the largest value of a length field
_IPV4 = Struct(">HHHHHH")
_IPV6 = Struct(">IHBB")


def header4(
    ends: bytes,
    protocol: int,
    length: int,
    ttl: int,
    tos: int,
    identification: int,
    fragment: int,
    options: bytes = b"",
) -> bytes:
    """Pack an IPv4 header, for `length` bytes after it; `ends` are both addresses."""
    size = 20 + len(options)
    first, total, hops = size // 4 << 8 | 0x4000 | tos, size + length, ttl << 8 | protocol
    # Modulo 0xFFFF a large number is worth the sum of its 16-bit words.
    words = first + total + identification + fragment + hops + int.from_bytes(ends + options, "big")
    start = _IPV4.pack(first, total, identification, fragment, hops, 0xFFFF ^ fold(words))
    return start + ends + options


def header6(ends: bytes, protocol: int, length: int, ttl: int, tos: int, flow_label: int) -> bytes:
    """Pack an IPv6 header, for `length` bytes after it; `ends` are both addresses."""
    return _IPV6.pack(6 << 28 | tos << 20 | flow_label, length, protocol, ttl) + ends


def checked_length(size: int, more: int, header: int) -> int:
    """The bytes of `more` and a payload of `size`, if one datagram takes them and the header."""
    if size > _MOST - more - header:
        raise _errors.too_long("payload", size, _MOST - more - header)
    return size + more


def offset_of(fragment_offset: SupportsIndex) -> int:
    """The offset of a fragment, in bytes."""
    offset = number("fragment_offset", fragment_offset, 0x1FFF * 8)
    if offset % 8:
        raise _core_errors.out_of_range("fragment_offset", offset, 0, 0x1FFF * 8, 8)
    return offset


def check_fragment(more: bool, offset: int, header: int, payload: int) -> None:
    """Refuse a fragment that can't be part of a datagram, which has `header` bytes of its own."""
    if more and payload % 8:
        raise _errors.bad_fragment(payload)
    if payload > _MOST - header - offset:
        raise _errors.too_long("payload", payload, max(_MOST - header - offset, 0))


def endpoints(src: str | ReadableBuffer, dst: str | ReadableBuffer) -> bytes:
    """Both addresses, one after the other."""
    first, second = address("src", src), address("dst", dst)
    if len(first) != len(second):
        raise _address_errors.mixed_families()
    return first + second


def contents(payload: ReadableBuffer) -> bytes:
    """The bytes of the payload."""
    return payload if type(payload) is bytes else _buffers.copied(payload, "payload")


def packed_options(options: ReadableBuffer) -> bytes:
    """Options, filled up to a multiple of four bytes."""
    given = _buffers.copied(options, "options")
    if len(given) > 40:
        raise _errors.too_long("options", len(given), 40)
    return given + bytes(-len(given) % 4)


def datagram(
    protocol: int,
    more: int,
    payload: ReadableBuffer,
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    ttl: SupportsIndex,
    tos: SupportsIndex,
    identification: SupportsIndex,
    dont_fragment: SupportsIndex,
    flow_label: SupportsIndex,
) -> tuple[bytes, bytes | memoryview]:
    """The IP header of either version, for `more` bytes and the payload, and the payload."""
    ends = endpoints(src, dst)
    ttl, tos = number("ttl", ttl, 0xFF), number("tos", tos, 0xFF)
    identification = number("identification", identification, 0xFFFF)
    fragment = number("dont_fragment", dont_fragment, 1) << 14
    flow_label = number("flow_label", flow_label, 0xFFFFF)
    if len(ends) == 8:
        if flow_label:
            raise _errors.only_in("flow_label", 6)
        data = contents(payload)
        length = checked_length(len(data), more, 20)
        return header4(ends, protocol, length, ttl, tos, identification, fragment), data
    if identification:
        raise _errors.only_in("identification", 4)
    if fragment:
        raise _errors.only_in("dont_fragment", 4)
    data = contents(payload)
    length = checked_length(len(data), more, 0)
    return header6(ends, protocol, length, ttl, tos, flow_label), data


def checksum(header: bytes, protocol: int, segment: bytes) -> int:
    """Compute the checksum of a segment, in which it is zero, after an IP header."""
    size = len(segment)
    total = int.from_bytes(segment, "big") << 8 * (size & 1)
    if protocol != ICMP:
        ends = header[12:] if len(header) == 20 else header[8:]
        total += int.from_bytes(ends, "big") + protocol + size
    result = 0xFFFF ^ fold(total)
    # In UDP zero means none.
    return 0xFFFF if result == 0 and protocol == UDP else result


def held(out: WriteableBuffer) -> memoryview:
    """Hold the buffer that is written into; a ``with`` block lets go of it, on an error too."""
    return _buffers.contiguous(out, "out")


def put(out: memoryview, built: bytes) -> int:
    """Write a packet at the front of `out`."""
    if out.readonly:
        raise _errors.read_only()
    if len(out) < len(built):
        raise _errors.no_room_in_out(len(built), len(out))
    out[: len(built)] = built
    return len(built)
