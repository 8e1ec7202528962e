"""From an IP header to the transport header behind it, and to what its pseudo-header covers."""

from __future__ import annotations

from typing import NamedTuple

from .. import layout as _layout

_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AH, _DESTINATION = 0, 43, 44, 51, 60
_EXTENSIONS = frozenset({_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AH, _DESTINATION, 135, 139, 140})
_HOME_ADDRESS = 0xC9


class Transport(NamedTuple):
    """Where a transport header is, from the IP header on, and what its pseudo-header covers."""

    protocol: int
    at: int
    end: int  # of the datagram; it may be beyond the bytes that are there
    address_size: int
    src: int
    dst: int
    fragment: bool  # a first one: not all that the checksum covers is in here

    @property
    def checksum_at(self) -> int | None:
        """Where the checksum stands in the transport header, if it has a pseudo-header."""
        if self.protocol == _layout.ICMPV6_PROTOCOL and self.address_size == 16:
            return 2
        return _layout.PSEUDO_CHECKSUMS.get(self.protocol)


def _final_hop(header: memoryview) -> int:
    """Where a routing header's final destination stands, or 0 where the IP header's is it."""
    kind, left, size = header[2], header[3], len(header)
    if left == 0 or size < 24:
        return 0
    if kind == 4:  # the segments of a Segment Routing Header are in reverse order, RFC 8754
        return 8
    return (size - 8) // 16 * 16 - 8 if kind in (0, 2) else 0


def _home_address(header: memoryview) -> int:
    """Where the home address stands in a destination options header, or 0; RFC 6275."""
    at, size = 2, len(header)
    while at + 2 <= size:
        if header[at] == 0:
            at += 1
            continue
        if header[at] == _HOME_ADDRESS and header[at + 1] == 16 and at + 18 <= size:
            return at + 2
        at += 2 + header[at + 1]
    return 0


def _routed_to(ip: memoryview, header: int) -> int:
    """Where the final destination stands while an IPv4 source route is followed.

    RFC 791 section 3.1: until the pointer has passed the end, it is the route's last address.
    """
    destination, at = 16, 20
    while at + 2 < header and ip[at] != 0:
        kind, size = ip[at], 1 if ip[at] == 1 else ip[at + 1]
        if size < 1 + (kind != 1) or size > header - at:
            break
        if kind in (131, 137) and size >= 7 and size % 4 == 3 and ip[at + 2] <= size:
            destination = at + size - 4
        at += size
    return destination


def transport4(ip: memoryview) -> Transport | None:
    """The transport header behind an IPv4 header, of which at least 20 bytes are there."""
    header = (ip[0] & 15) * 4
    end = int.from_bytes(ip[2:4], "big") or len(ip)
    fragment = int.from_bytes(ip[6:8], "big")
    if header < 20 or header > min(end, len(ip)) or fragment & 0x1FFF:
        return None
    dst = _routed_to(ip, header)
    return Transport(ip[9], header, end, 4, 12, dst, bool(fragment & 0x2000))


def transport6(ip: memoryview) -> Transport | None:
    """The same for IPv6, at least 40 bytes of it.

    A payload length of zero (a jumbogram, or a segment that hardware is to cut) means all the
    bytes that are there.
    """
    payload = int.from_bytes(ip[4:6], "big")
    end = 40 + payload if payload else len(ip)
    kind, at, src, dst, fragment = ip[6], 40, 8, 24, False
    there = min(end, len(ip))
    for _ in range(_layout.MAX_EXTENSIONS + 1):
        if kind not in _EXTENSIONS:
            return Transport(kind, at, end, 16, src, dst, fragment)
        if there - at < 8:
            return None
        length = 8 * (ip[at + 1] + 1)
        if kind == _FRAGMENT:
            length = 8
        elif kind == _AH:
            length = 4 * (ip[at + 1] + 2)
        if there - at < length:
            return None
        header = ip[at : at + length]
        if kind == _FRAGMENT:
            if int.from_bytes(header[2:4], "big") & 0xFFF8:
                return None
            fragment = fragment or bool(header[3] & 1)
        elif kind == _ROUTING and (place := _final_hop(header)):
            dst = at + place
        elif kind == _DESTINATION and (place := _home_address(header)):
            src = at + place
        kind = header[0]
        at += length
    return None
