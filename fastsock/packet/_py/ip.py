"""The pure decoder's network layers: IPv4, IPv6 with its chain of extension headers, ARP."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

from .decoder import (
    ATOMIC_FRAGMENT,
    BAD_HEADER_LENGTH,
    BAD_LENGTH,
    BAD_OPTION,
    BAD_VERSION,
    CUT,
    ENCRYPTED,
    FRAGMENT,
    HEADER_CUT,
    JUMBOGRAM,
    LATER_FRAGMENT,
    LENGTH_FROM_WIRE,
    NO_NEXT_HEADER,
    OPTIONS_CUT,
    SOURCE_ROUTE,
    SUM_UNVERIFIED,
    TOO_MANY_HEADERS,
    UINT32_MAX,
    Decoder,
    Stop,
)
from .link import TYPE_ANY_IP, TYPE_ARP, TYPE_IPV4, TYPE_IPV6
from .transport import TCP, has_transport, transport, verify_ipv4_header

_MAX_EXTENSIONS = 16

_HOP_BY_HOP, _ROUTING, _FRAGMENT, _ESP, _AH, _NO_NEXT, _DESTINATION = 0, 43, 44, 50, 51, 59, 60
_MOBILITY, _HIP, _SHIM6 = 135, 139, 140
_EXTENSIONS = {
    4: frozenset((_AH,)),
    6: frozenset((_ROUTING, _FRAGMENT, _AH, _DESTINATION, _MOBILITY, _HIP, _SHIM6)),
}

_ARP_HEAD = Struct("!HHBB")
_IPV4_HEAD = Struct("!BBHHHBB")
_IPV6_HEAD = Struct("!IHBB")
_FRAGMENT_HEADER = Struct("!BBHI")


def arp(d: Decoder) -> None:
    """RFC 826. The payload is empty, for both lengths of the addresses are its own."""
    packet, start = d.packet, d.at
    packet.l3 = start
    size = 8
    if d.left() >= 8:
        _, protocol, hardware_size, address_size = _ARP_HEAD.unpack_from(d.data, start)
        size += 2 * (hardware_size + address_size)
    if d.left() < size:
        raise Stop(HEADER_CUT, "arp.header", start)
    d.at = start + size
    d.shorten(d.at, "arp.header", start)
    if protocol == TYPE_IPV4 and address_size == 4:
        packet.address_size = 4
        packet.src = start + 8 + hardware_size
        packet.dst = start + 12 + 2 * hardware_size


def _datagram(d: Decoder, start: int, total: int, limit: str) -> None:
    """The datagram has `total` bytes from `start`, by the field `limit`."""
    packet = d.packet
    packet.total_length = min(total, UINT32_MAX)
    packet.limit_offset = start
    if start + total <= d.end:
        d.shorten(start + total, limit, start)
    else:
        packet.status |= CUT
        d.wire_end = start + total


def _later_fragment(d: Decoder, limit: str, header: int) -> Stop:
    if has_transport(d.packet):  # its checksum is somewhere, and covers this piece too
        d.packet.checksum_status = SUM_UNVERIFIED
    return Stop(LATER_FRAGMENT, limit, header)


def _source_route(d: Decoder, at: int, size: int) -> None:
    """RFC 791 section 3.1.

    With a source route `dst` is the next hop until the pointer has passed the end of the list,
    whose last address is the destination then.
    """
    if d.data[at + 2] > size:
        return
    d.packet.status |= SOURCE_ROUTE
    if size < 7 or size % 4 != 3:
        d.final_unknown = True
    else:
        d.final_dst = at + size - 4


def _ipv4_options(d: Decoder, start: int, end: int) -> None:
    data, at = d.data, start + 20
    while at < end:
        kind = data[at]
        if kind == 0:
            return
        if kind == 1:
            at += 1
            continue
        if at + 1 == end or not 2 <= data[at + 1] <= end - at:
            d.fault(BAD_OPTION, "ipv4.options", start)
            return
        if kind in (131, 137) and data[at + 1] >= 3:
            _source_route(d, at, data[at + 1])
        at += data[at + 1]


def ipv4(d: Decoder) -> None:
    """RFC 791."""
    packet, start = d.packet, d.at
    packet.l3 = start
    if d.left() < 20:
        raise Stop(HEADER_CUT, "ipv4.header", start)
    first, tos, total, identification, fragment, ttl, protocol = _IPV4_HEAD.unpack_from(
        d.data, start
    )
    if first >> 4 != 4:
        raise Stop(BAD_VERSION, "ip.version", start)
    packet.version = 4
    packet.tos, packet.ttl, packet.protocol = tos, ttl, protocol
    packet.total_length, packet.identification = total, identification
    packet.dont_fragment = fragment >> 14 & 1
    packet.more_fragments = fragment >> 13 & 1
    packet.fragment_offset = (fragment & 0x1FFF) * 8
    packet.address_size = 4
    packet.src = d.final_src = start + 12
    packet.dst = d.final_dst = start + 16
    packet.ip_checksum_status = SUM_UNVERIFIED
    header = (first & 0x0F) * 4
    if header < 20:
        raise Stop(BAD_HEADER_LENGTH, "ipv4.header_length", start)
    limit = "ipv4.total_length"
    if total == 0:  # a segment that a network card was to cut up, or one beyond 64 KiB
        packet.status |= LENGTH_FROM_WIRE
        total = d.wire_end - start
        limit = "wire_length"
    if total < header:
        raise Stop(BAD_LENGTH, "ipv4.total_length", start)
    _datagram(d, start, total, limit)
    if d.left() < header:
        d.at = d.end
        raise Stop(OPTIONS_CUT, "ipv4.options", start)
    d.at = start + header
    verify_ipv4_header(d, start, d.at)
    if header > 20:
        _ipv4_options(d, start, d.at)
    if fragment & 0x3FFF:
        packet.status |= FRAGMENT
        if packet.fragment_offset:
            raise _later_fragment(d, "ipv4.fragment_offset", start)
    _chain(d)


class _OptionFacts(NamedTuple):
    """What options of an IPv6 header say that matters here."""

    jumbos: list[int]  # lengths; 0 for one that is not well-formed
    home: int  # where a home address stands, or 0
    bad: bool


def _ipv6_options(data: bytes | memoryview, start: int, size: int) -> _OptionFacts:
    """The options of a hop-by-hop or destination header, RFC 8200 section 4.2."""
    jumbos: list[int] = []
    home = 0
    bad = False
    at, end = start + 2, start + size
    while at < end:
        if data[at] == 0:
            at += 1
            continue
        if end - at < 2 or data[at + 1] > end - at - 2:
            return _OptionFacts(jumbos, home, True)
        kind, length = data[at], data[at + 1]
        if kind == 0xC2:  # RFC 2675 section 2
            jumbos.append(int.from_bytes(data[at + 2 : at + 6], "big") if length == 4 else 0)
        elif kind == 0xC9 and length == 16:  # RFC 6275 section 6.3
            home = at + 2
        elif kind == 0xC9:
            bad = True
        at += 2 + length
    return _OptionFacts(jumbos, home, bad)


def _ipv6_zero_length(d: Decoder, start: int) -> None:
    """The length of a datagram whose payload length is zero.

    It is that of a jumbo option, RFC 2675, or the wire's, which Linux leaves it to for TCP (BIG
    TCP). Whether it is TCP the chain will tell.
    """
    packet, option = d.packet, start + 40
    if packet.protocol == _NO_NEXT:
        _datagram(d, start, 40, "ipv6.payload_length")
        return
    if packet.protocol == _HOP_BY_HOP and d.left() >= 48:
        size = (d.data[option + 1] + 1) * 8
        jumbos = _ipv6_options(d.data, option, size).jumbos if size <= d.left() - 40 else []
        if len(jumbos) == 1 and jumbos[0] > 0xFFFF:
            packet.status |= JUMBOGRAM
            _datagram(d, start, jumbos[0] + 40, "ipv6.jumbo_length")
            return
    packet.status |= LENGTH_FROM_WIRE
    _datagram(d, start, d.wire_end - start, "wire_length")


def ipv6(d: Decoder) -> None:
    """RFC 8200 section 3."""
    packet, start = d.packet, d.at
    packet.l3 = start
    if d.left() < 40:
        raise Stop(HEADER_CUT, "ipv6.header", start)
    word, length, protocol, ttl = _IPV6_HEAD.unpack_from(d.data, start)
    if word >> 28 != 6:
        raise Stop(BAD_VERSION, "ip.version", start)
    packet.version = 6
    packet.tos = word >> 20 & 0xFF
    packet.flow_label = word & 0xFFFFF
    packet.protocol, packet.ttl = protocol, ttl
    packet.address_size = 16
    packet.src = d.final_src = start + 8
    packet.dst = d.final_dst = start + 24
    if length:
        _datagram(d, start, length + 40, "ipv6.payload_length")
    else:
        _ipv6_zero_length(d, start)
    d.at = start + 40
    _chain(d)


def any_ip(d: Decoder) -> None:
    """IP of either version, where no type tells which."""
    version = d.data[d.at] >> 4 if d.left() else 0
    if version == 4:
        ipv4(d)
    elif version == 6:
        ipv6(d)
    else:
        d.packet.l3 = d.at
        raise Stop(BAD_VERSION if d.left() else HEADER_CUT, "ip.version", d.at)


def _options_header(d: Decoder, at: int, size: int) -> None:
    """Hop-by-hop or destination options, whole."""
    packet = d.packet
    facts = _ipv6_options(d.data, at, size)
    if packet.protocol == _DESTINATION and facts.home:
        d.final_src = facts.home
    if facts.bad and packet.protocol == _DESTINATION:
        d.final_unknown = True  # a home address may be in there
    if facts.bad:
        d.fault(BAD_OPTION, "ipv6.options", at)
    elif packet.protocol == _HOP_BY_HOP and facts.jumbos and not packet.status & JUMBOGRAM:
        d.fault(BAD_OPTION, "ipv6.jumbo_length", at)


def _routing_header(d: Decoder, at: int, size: int) -> None:
    """RFC 8200 section 4.4, RFC 6275 section 6.4, RFC 8754 section 2.

    Where segments are left, `dst` is a hop, and the destination is the last address of types 0
    and 2, the first one of type 4.
    """
    kind, segments_left = d.data[at + 2], d.data[at + 3]
    addresses = (size - 8) // 16  # those of a type 4 header may be followed by TLVs
    if segments_left == 0:
        return
    d.packet.status |= SOURCE_ROUTE
    if segments_left > addresses or kind not in (0, 2, 4):
        d.final_unknown = True
    else:
        d.final_dst = at + 8 if kind == 4 else at + 8 + (addresses - 1) * 16


def _fragment_header(d: Decoder, at: int) -> None:
    """RFC 8200 section 4.5."""
    packet = d.packet
    packet.protocol, _, word, packet.identification = _FRAGMENT_HEADER.unpack_from(d.data, at)
    packet.fragment_offset = word & 0xFFF8
    packet.more_fragments = word & 1
    if not word & 0xFFF9:
        packet.status |= ATOMIC_FRAGMENT
        return
    packet.status |= FRAGMENT
    if packet.fragment_offset:
        raise _later_fragment(d, "ipv6.fragment_offset", at)


def _extension(d: Decoder) -> None:
    """The extension header at ``d.at``."""
    packet, at = d.packet, d.at
    protocol = packet.protocol
    size = 8
    if d.left() >= 8 and protocol != _FRAGMENT:
        length = d.data[at + 1]
        size = (length + 2) * 4 if protocol == _AH else (length + 1) * 8
    if d.left() < size:
        limit = "ah.length" if protocol == _AH else "ipv6.extension"
        raise Stop(HEADER_CUT, limit, at)
    d.at = at + size
    if protocol == _FRAGMENT:
        _fragment_header(d, at)
        return
    if protocol in (_HOP_BY_HOP, _DESTINATION):
        _options_header(d, at, size)
    elif protocol == _ROUTING:
        _routing_header(d, at, size)
    packet.protocol = d.data[at]


def _check_zero_length(d: Decoder) -> None:
    """Only TCP may have its length from the wire. What it would be then is a header alone."""
    packet = d.packet
    if packet.protocol == TCP and not packet.status & FRAGMENT:
        return
    packet.status &= ~LENGTH_FROM_WIRE
    packet.total_length = 40
    raise Stop(BAD_LENGTH, "ipv6.payload_length", packet.l3)


def _chain(d: Decoder) -> None:
    """From the end of the IP header to the transport header: extension headers, in any order."""
    packet = d.packet
    extensions = _EXTENSIONS[packet.version]
    count = 0
    # A hop-by-hop header anywhere but in front is an unknown next header, RFC 8200 section 4.1.
    while packet.protocol in extensions or (
        packet.protocol == _HOP_BY_HOP and count == 0 and packet.version == 6
    ):
        if count == _MAX_EXTENSIONS:
            raise Stop(TOO_MANY_HEADERS, "ipv6.extension_count", d.at)
        _extension(d)
        count += 1
    if packet.status & LENGTH_FROM_WIRE and packet.version == 6:
        _check_zero_length(d)
    if packet.protocol == _NO_NEXT and packet.version == 6:
        d.end = d.at  # RFC 8200 section 4.7: what follows must be ignored
        raise Stop(NO_NEXT_HEADER, "ipv6.next_header", d.at)
    if packet.protocol == _ESP:
        packet.l4 = d.at
        raise Stop(ENCRYPTED, "esp", d.at)
    transport(d)


NETWORK_LAYERS: dict[int, Callable[[Decoder], None]] = {
    TYPE_IPV4: ipv4,
    TYPE_IPV6: ipv6,
    TYPE_ANY_IP: any_ip,
    TYPE_ARP: arp,
}
"""By Ethernet type: what decodes the packet from ``d.at`` on."""
