"""Pure twin of `fastsock.headers`: headers by `struct`, joined with the payload.

Everything is checked before the first byte is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import TYPE_CHECKING, SupportsIndex

from ..._core import errors as _core_errors
from ..._core.protocols import FRAGMENT_HEADER, ICMP, ICMPV6, TCP, UDP
from .. import errors as _errors, layout as _layout
from . import packing as _packing
from .arguments import address, number, octets

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_LEAST_FRAME = 60  # the rest of the 64 is the frame check sequence
_LONGEST_802_3 = 1500
_FIRST_ETHERTYPE = 0x0600  # below it, that field is a length
_ARP = Struct(">HHBBH6s4s6s4s")
_UDP = Struct(">HHHH")
_TCP = Struct(">HHIIHHHH")
_FRAGMENT = Struct(">BBHI")
_ECHO = Struct(">BBHHH")


def _ipv4_address(name: str, value: str | ReadableBuffer) -> bytes:
    packed = address(name, value)
    if len(packed) != 4:
        raise _core_errors.bad_size(name, len(packed), "4")
    return packed


def _type_of(name: str, value: SupportsIndex) -> int:
    """An Ethernet type, which is no length."""
    result = number(name, value, 0xFFFF)
    if result < _FIRST_ETHERTYPE:
        raise _errors.is_length(name, result)
    return result


def build_ethernet(
    dst: ReadableBuffer,
    src: ReadableBuffer,
    ethertype: SupportsIndex | None,
    payload: ReadableBuffer = b"",
    *,
    vlans: Iterable[SupportsIndex | tuple[SupportsIndex, SupportsIndex]] = (),
    pad: bool = True,
) -> bytes:
    r"""Build an Ethernet frame, without its frame check sequence.

    Args:
        dst: the destination's hardware address, 6 bytes.
        src: the source's.
        ethertype: the type of the payload, from 0x0600 on, or None for its length, as IEEE 802.3
            has it.
        payload: any contiguous bytes-like object.
        vlans: tags, outermost first: control information (priority, DEI, identifier), or a
            pair of the tag's own type, else 0x8100, and that.
        pad: whether a frame of fewer than 60 bytes gets zeros up to there.

    Returns:
        The frame.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: IEEE 802.3; IEEE 802.1Q.

    >>> frame = build_ethernet(b"\xff" * 6, bytes(6), 0x0800, b"data", vlans=[(0x88A8, 7), 5])
    >>> len(frame), frame[12:26].hex(" ", 2)
    (60, '88a8 0007 8100 0005 0800 6461 7461')
    """
    kind = 0 if ethertype is None else _type_of("ethertype", ethertype)
    head = octets("dst", dst, 6) + octets("src", src, 6)
    tags = tuple(vlans)
    if len(tags) > _layout.MAX_VLANS:
        raise _errors.too_many_tags(len(tags), _layout.MAX_VLANS)
    for tag in tags:
        if isinstance(tag, tuple) and len(tag) != 2:
            raise _errors.not_pair(tag)
        tag_type, control = tag if isinstance(tag, tuple) else (0x8100, tag)
        head += _type_of("a VLAN tag's type", tag_type).to_bytes(2, "big")
        head += number("a VLAN tag", control, 0xFFFF).to_bytes(2, "big")
    data = _packing.contents(payload)
    if ethertype is None:
        kind = len(data)
        if kind > _LONGEST_802_3:
            raise _errors.too_long("payload", kind, _LONGEST_802_3)
    head += kind.to_bytes(2, "big")
    padding = bytes(max(_LEAST_FRAME - len(head) - len(data), 0) if pad else 0)
    return b"".join((head, data, padding))


def build_arp(
    operation: SupportsIndex,
    sha: ReadableBuffer,
    spa: str | ReadableBuffer,
    tha: ReadableBuffer,
    tpa: str | ReadableBuffer,
) -> bytes:
    """Build an ARP packet of IPv4 over Ethernet, to go into a frame of type 0x0806.

    Args:
        operation: 1 for a request, 2 for a reply.
        sha: the sender's hardware address, 6 bytes.
        spa: the sender's IPv4 address: text, or 4 packed bytes.
        tha: the target's hardware address.
        tpa: the target's IPv4 address.

    Returns:
        The packet.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 826.

    >>> build_arp(1, bytes(6), "192.0.2.1", bytes(6), "192.0.2.2").hex()
    '0001080006040001000000000000c0000201000000000000c0000202'
    """
    return _ARP.pack(
        *(1, 0x0800, 6, 4, number("operation", operation, 0xFFFF)),
        octets("sha", sha, 6),
        _ipv4_address("spa", spa),
        octets("tha", tha, 6),
        _ipv4_address("tpa", tpa),
    )


def build_ipv4(
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    protocol: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    ttl: SupportsIndex = 64,
    tos: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    dont_fragment: SupportsIndex = False,
    more_fragments: SupportsIndex = False,
    fragment_offset: SupportsIndex = 0,
    options: ReadableBuffer = b"",
) -> bytes:
    """Build an IPv4 datagram, or a fragment of one.

    Args:
        src: the source's address: text, or 4 packed bytes.
        dst: the destination's.
        protocol: the protocol of the payload.
        payload: any contiguous bytes-like object.
        ttl: time to live.
        tos: type of service.
        identification: the number that all fragments share.
        dont_fragment: a flag.
        more_fragments: a flag; the payload must be a multiple of 8 bytes then.
        fragment_offset: in bytes, a multiple of 8. No fragment may end where a whole datagram
            would be longer than 65,535 bytes.
        options: at most 40 bytes; zeros fill them up to a multiple of 4.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 791.

    >>> build_ipv4("192.0.2.1", "192.0.2.2", 253, b"data").hex()
    '450000180000000040fdf5e5c0000201c000020264617461'
    """
    ends = _ipv4_address("src", src) + _ipv4_address("dst", dst)
    kind = number("protocol", protocol, 0xFF)
    hops, service = number("ttl", ttl, 0xFF), number("tos", tos, 0xFF)
    label = number("identification", identification, 0xFFFF)
    fragment = number("dont_fragment", dont_fragment, 1) << 14
    fragment |= number("more_fragments", more_fragments, 1) << 13
    offset = _packing.offset_of(fragment_offset)
    more = _packing.packed_options(options)
    data = _packing.contents(payload)
    size = _packing.checked_length(len(data), 0, 20 + len(more))
    _packing.check_fragment(bool(fragment & 0x2000), offset, 20 + len(more), size)
    fragment |= offset // 8
    header = _packing.header4(ends, kind, size, hops, service, label, fragment, more)
    return b"".join((header, data))


def build_ipv6(
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    next_header: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    hop_limit: SupportsIndex = 64,
    traffic_class: SupportsIndex = 0,
    flow_label: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    more_fragments: SupportsIndex = False,
    fragment_offset: SupportsIndex = 0,
) -> bytes:
    """Build an IPv6 datagram, or a fragment of one.

    A fragment, one with more to follow or with an offset, gets a Fragment header.

    Args:
        src: the source's address: text, or 16 packed bytes.
        dst: the destination's.
        next_header: the kind of the payload: a protocol, or an extension header.
        payload: any contiguous bytes-like object, extension headers first.
        hop_limit: time to live.
        traffic_class: the field that IPv4 calls `tos`.
        flow_label: 20 bits.
        identification: the number that all fragments share, 32 bits; only fragments have it.
        more_fragments: a flag; the payload must be a multiple of 8 bytes then.
        fragment_offset: in bytes, a multiple of 8. No fragment may end where a whole datagram
            would have more than 65,535 bytes of payload.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 8200; section 4.5 for fragments.

    >>> build_ipv6("::1", "::2", 253, b"data", hop_limit=1).hex()[:48]
    '600000000004fd0100000000000000000000000000000001'
    """
    ends = _packing.endpoints(src, dst)
    if len(ends) != 32:
        raise _core_errors.bad_size("src", 4, "16")
    kind, hops = number("next_header", next_header, 0xFF), number("hop_limit", hop_limit, 0xFF)
    service = number("traffic_class", traffic_class, 0xFF)
    label = number("flow_label", flow_label, 0xFFFFF)
    mark = number("identification", identification, 0xFFFFFFFF)
    fragment = number("more_fragments", more_fragments, 1)
    fragment |= _packing.offset_of(fragment_offset)
    if mark and not fragment:
        raise _errors.only_in_fragments("identification")
    data = _packing.contents(payload)
    more = _FRAGMENT.pack(kind, 0, fragment, mark) if fragment else b""
    size = _packing.checked_length(len(data), len(more), 0)
    _packing.check_fragment(bool(fragment & 1), fragment & 0xFFF8, 0, len(data))
    header = _packing.header6(
        ends, FRAGMENT_HEADER if fragment else kind, size, hops, service, label
    )
    return b"".join((header, more, data))


def build_udp(
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    sport: SupportsIndex,
    dport: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    ttl: SupportsIndex = 64,
    tos: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    dont_fragment: SupportsIndex = False,
    flow_label: SupportsIndex = 0,
) -> bytes:
    """Build a UDP datagram with its IP header, of the family of the addresses.

    Args:
        src: the source's address: text, or 4 or 16 packed bytes.
        dst: the destination's, of the same family.
        sport: the source's port.
        dport: the destination's.
        payload: any contiguous bytes-like object.
        ttl: time to live, the hop limit.
        tos: type of service, the traffic class.
        identification: of an IPv4 datagram.
        dont_fragment: the flag of an IPv4 datagram.
        flow_label: of an IPv6 datagram.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 768; RFC 8200 section 8.1.

    >>> build_udp("192.0.2.1", "192.0.2.2", 53, 5353, b"data").hex()[40:]
    '003514e9000c8df164617461'
    """
    source, destination = number("sport", sport, 0xFFFF), number("dport", dport, 0xFFFF)
    protocol = UDP
    header, data = _packing.datagram(
        protocol, 8, payload, src, dst, ttl, tos, identification, dont_fragment, flow_label
    )
    length = 8 + len(data)
    plain = b"".join((_UDP.pack(source, destination, length, 0), data))
    checksum = _packing.checksum(header, protocol, plain)
    udp = _UDP.pack(source, destination, length, checksum)
    return b"".join((header, udp, data))


def build_tcp(
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    sport: SupportsIndex,
    dport: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    seq: SupportsIndex = 0,
    ack: SupportsIndex = 0,
    flags: SupportsIndex = 2,
    window: SupportsIndex = 0xFFFF,
    urgent_pointer: SupportsIndex = 0,
    options: ReadableBuffer = b"",
    ttl: SupportsIndex = 64,
    tos: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    dont_fragment: SupportsIndex = False,
    flow_label: SupportsIndex = 0,
) -> bytes:
    r"""Build a TCP segment with its IP header, of the family of the addresses.

    Args:
        src: the source's address: text, or 4 or 16 packed bytes.
        dst: the destination's, of the same family.
        sport: the source's port.
        dport: the destination's.
        payload: any contiguous bytes-like object.
        seq: the sequence number.
        ack: the acknowledgement number.
        flags: 12 bits: FIN is 1, SYN 2, RST 4, PSH 8, ACK 16.
        window: as in the header, not scaled.
        urgent_pointer: as in the header.
        options: at most 40 bytes; zeros fill them up to a multiple of 4.
        ttl: time to live, the hop limit.
        tos: type of service, the traffic class.
        identification: of an IPv4 datagram.
        dont_fragment: the flag of an IPv4 datagram.
        flow_label: of an IPv6 datagram.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 9293.

    >>> build_tcp("192.0.2.1", "192.0.2.2", 1025, 80, options=b"\2\4\5\xb4").hex()[40:]
    '0401005000000000000000006002ffff...020405b4'
    """
    ports = number("sport", sport, 0xFFFF), number("dport", dport, 0xFFFF)
    numbers = number("seq", seq, 0xFFFFFFFF), number("ack", ack, 0xFFFFFFFF)
    bits, room = number("flags", flags, 0xFFF), number("window", window, 0xFFFF)
    urgent = number("urgent_pointer", urgent_pointer, 0xFFFF)
    more = _packing.packed_options(options)
    size, protocol = 20 + len(more), TCP
    header, data = _packing.datagram(
        protocol, size, payload, src, dst, ttl, tos, identification, dont_fragment, flow_label
    )
    start = *ports, *numbers, size // 4 << 12 | bits, room
    plain = b"".join((_TCP.pack(*start, 0, urgent), more, data))
    checksum = _packing.checksum(header, protocol, plain)
    tcp = _TCP.pack(*start, checksum, urgent)
    return b"".join((header, tcp, more, data))


def build_icmp_echo(
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    identifier: SupportsIndex,
    sequence: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    reply: bool = False,
    ttl: SupportsIndex = 64,
    tos: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    dont_fragment: SupportsIndex = False,
    flow_label: SupportsIndex = 0,
) -> bytes:
    """Build an ICMP or ICMPv6 echo message with its IP header, of the family of the addresses.

    Args:
        src: the source's address: text, or 4 or 16 packed bytes.
        dst: the destination's, of the same family.
        identifier: which echo it is; a reply repeats it.
        sequence: the number of the echo; a reply repeats it.
        payload: any contiguous bytes-like object.
        reply: whether it is a reply, else a request.
        ttl: time to live, the hop limit.
        tos: type of service, the traffic class.
        identification: of an IPv4 datagram.
        dont_fragment: the flag of an IPv4 datagram.
        flow_label: of an IPv6 datagram.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 792; RFC 4443 section 4.

    >>> build_icmp_echo("192.0.2.1", "192.0.2.2", 7, 1, b"data").hex()[40:]
    '0800...0007000164617461'
    """
    is_reply = bool(reply)
    echo = number("identifier", identifier, 0xFFFF), number("sequence", sequence, 0xFFFF)
    protocol, kind = ICMP, 0 if is_reply else 8
    if len(address("src", src)) == 16:
        protocol, kind = ICMPV6, 129 if is_reply else 128
    header, data = _packing.datagram(
        protocol, 8, payload, src, dst, ttl, tos, identification, dont_fragment, flow_label
    )
    plain = b"".join((_ECHO.pack(kind, 0, 0, *echo), data))
    checksum = _packing.checksum(header, protocol, plain)
    return b"".join((header, _ECHO.pack(kind, 0, checksum, *echo), data))
