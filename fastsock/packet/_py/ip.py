"""The pure decoder's network layers: IPv4, IPv6 with its chain of extension headers, ARP."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from ..._core import protocols as _protocols
from . import paths as _paths
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
from .transport import has_transport, transport, verify_ipv4_header

_ARP_HEAD = Struct("!HHBB")
_IPV4_HEAD = Struct("!BBHHHBB")
_IPV6_HEAD = Struct("!IHBB")


def arp(d: Decoder) -> None:
    """RFC 826. The payload is empty, for both lengths of the addresses are its own."""
    packet, start = d.packet, d.at
    packet.l3_offset = start
    size = 8
    if d.left() >= 8:
        _, protocol, hardware_size, address_size = _ARP_HEAD.unpack_from(d.data, start)
        size += 2 * (hardware_size + address_size)
    if d.left() < size:
        raise Stop(HEADER_CUT, "arp.header", start)
    d.at = start + size
    d.shorten(d.at, "arp.header")
    if protocol == TYPE_IPV4 and address_size == 4:
        packet.address_size = 4
        packet.src = start + 8 + hardware_size
        packet.dst = start + 12 + 2 * hardware_size


def _datagram(d: Decoder, start: int, total: int, limit: str) -> None:
    """The datagram has `total` bytes from `start`, by the field `limit`."""
    packet = d.packet
    packet.total_length = min(total, UINT32_MAX)
    if start + total <= d.end:
        d.shorten(start + total, limit)
    else:
        packet.status |= CUT  # no field is wrong yet: `fault` is "captured", from here on
        packet.fault_offset = start
        d.wire_end = start + total


def _later_fragment(d: Decoder, limit: str, header: int) -> Stop:
    if has_transport(d.packet):  # the checksum, in the first piece, covers this one too
        d.packet.checksum_status = SUM_UNVERIFIED
    return Stop(LATER_FRAGMENT, limit, header)


def ipv4(d: Decoder) -> None:
    """RFC 791."""
    packet, start = d.packet, d.at
    packet.l3_offset = start
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
    packet.src, packet.dst = start + 12, start + 16
    d.ends = _paths.Ends(packet.src, packet.dst)
    packet.ip_checksum_status = SUM_UNVERIFIED
    header = (first & 0x0F) * 4
    if header < 20:
        raise Stop(BAD_HEADER_LENGTH, "ipv4.header_length", start)
    total, source = _paths.ipv4_length(total, d.wire_end - start)
    if source == _paths.WIRE:
        packet.status |= LENGTH_FROM_WIRE
    if total < header:
        raise Stop(BAD_LENGTH, "ipv4.total_length", start)
    _datagram(d, start, total, "wire_length" if source == _paths.WIRE else "ipv4.total_length")
    if d.left() < header:
        d.at = d.end
        raise Stop(OPTIONS_CUT, "ipv4.options", start)
    d.at = start + header
    verify_ipv4_header(d, start, d.at)
    if header > 20:
        routed, bad = _paths.read_ipv4_options(d.data, start + 20, d.at, d.ends)
        if routed:
            packet.status |= SOURCE_ROUTE
        if bad:
            d.fault(BAD_OPTION, "ipv4.options", start)
    if fragment & 0x3FFF:
        packet.status |= FRAGMENT
        if packet.fragment_offset:
            raise _later_fragment(d, "ipv4.fragment_offset", start)
    _chain(d)


_SOURCES = {
    _paths.STATED: (0, "ipv6.payload_length"),
    _paths.JUMBO: (JUMBOGRAM, "ipv6.jumbo_length"),
    _paths.WIRE: (LENGTH_FROM_WIRE, "wire_length"),
}
"""By the source of a datagram's length: the status bit, and the field."""


def ipv6(d: Decoder) -> None:
    """RFC 8200 section 3."""
    packet, start = d.packet, d.at
    packet.l3_offset = start
    if d.left() < 40:
        raise Stop(HEADER_CUT, "ipv6.header", start)
    word, _, protocol, ttl = _IPV6_HEAD.unpack_from(d.data, start)
    if word >> 28 != 6:
        raise Stop(BAD_VERSION, "ip.version", start)
    packet.version = 6
    packet.tos = word >> 20 & 0xFF
    packet.flow_label = word & 0xFFFFF
    packet.protocol, packet.ttl = protocol, ttl
    packet.address_size = 16
    packet.src, packet.dst = start + 8, start + 24
    d.ends = _paths.Ends(packet.src, packet.dst)
    total, source = _paths.ipv6_length(d.data, start, d.end, d.wire_end - start)
    if protocol == _protocols.NO_NEXT and source == _paths.WIRE:
        total, source = 40, _paths.STATED  # nothing follows: zero is right
    status, limit = _SOURCES[source]
    packet.status |= status
    _datagram(d, start, total, limit)
    d.at = start + 40
    _chain(d)


def any_ip(d: Decoder) -> None:
    """Decode IP of either version, where the link has no type."""
    version = d.data[d.at] >> 4 if d.left() else 0
    if version == 4:
        ipv4(d)
    elif version == 6:
        ipv6(d)
    else:
        d.packet.l3_offset = d.at
        raise Stop(BAD_VERSION if d.left() else HEADER_CUT, "ip.version", d.at)


def _fragment_fields(d: Decoder, found: _paths.Extension, at: int) -> None:
    packet = d.packet
    packet.fragment_offset = found.fragment & 0xFFF8
    packet.more_fragments = found.fragment & 1
    packet.identification = found.identification
    packet.status |= FRAGMENT if found.fragment else ATOMIC_FRAGMENT
    if packet.fragment_offset:
        raise _later_fragment(d, "ipv6.fragment_offset", at)


def _extension(d: Decoder) -> None:
    """The extension header at ``d.at``."""
    packet, at, kind = d.packet, d.at, d.packet.protocol
    found = _paths.read_extension(d.data, at, d.end, kind, d.ends)
    if found is None:
        raise Stop(HEADER_CUT, "ah.length" if kind == _protocols.AH else "ipv6.extension", at)
    d.at = at + found.size
    packet.protocol = found.next
    if found.routed:
        packet.status |= SOURCE_ROUTE
    if found.bad:
        d.fault(BAD_OPTION, "ipv6.options", at)
    elif found.jumbo and kind == _protocols.HOP_BY_HOP and not packet.status & JUMBOGRAM:
        d.fault(BAD_OPTION, "ipv6.jumbo_length", at)
    if kind == _protocols.FRAGMENT_HEADER:
        _fragment_fields(d, found, at)


def _check_zero_length(d: Decoder) -> None:
    """Refuse a zero length that can't mean the wire's: the packet is an IPv6 header alone."""
    packet = d.packet
    fragment = bool(packet.status & FRAGMENT)
    if _paths.may_lack_length(packet.protocol, fragment, d.data, d.at, d.end):
        return
    packet.status &= ~LENGTH_FROM_WIRE
    packet.total_length = 40
    raise Stop(BAD_LENGTH, "ipv6.payload_length", packet.l3_offset)


def _chain(d: Decoder) -> None:
    """From the end of the IP header to the transport header: extension headers, in any order."""
    packet = d.packet
    count = 0
    while _paths.is_extension(packet.version, packet.protocol, count == 0):
        if count == _paths.MAX_EXTENSIONS:
            raise Stop(TOO_MANY_HEADERS, "ipv6.extension_count", d.at)
        _extension(d)
        count += 1
    if packet.status & LENGTH_FROM_WIRE and packet.version == 6:
        _check_zero_length(d)
    if packet.protocol == _protocols.NO_NEXT and packet.version == 6:
        d.end = d.at  # RFC 8200 section 4.7: what follows must be ignored
        raise Stop(NO_NEXT_HEADER, "ipv6.next_header", d.at)
    if packet.protocol == _protocols.ESP:
        packet.l4_offset = d.at
        raise Stop(ENCRYPTED, "esp", d.at)
    transport(d)


NETWORK_LAYERS: dict[int, Callable[[Decoder], None]] = {
    TYPE_IPV4: ipv4,
    TYPE_IPV6: ipv6,
    TYPE_ANY_IP: any_ip,
    TYPE_ARP: arp,
}
"""By Ethernet type: the function that decodes the packet from ``d.at`` on."""
