"""The way from an IP header to its transport header: lengths, routes, extension headers.

The decoder and the views of the pure twin read them here, so that the two can't differ. Every place
counts from the first byte of `data`. ``packet/paths.h`` is the compiled twin's.
"""

from __future__ import annotations

from typing import NamedTuple

from ..._core.protocols import (
    AH,
    DESTINATION,
    FRAGMENT_HEADER,
    HIP,
    HOP_BY_HOP,
    MOBILITY,
    ROUTING,
    SHIM6,
    TCP,
    UDP,
)

MAX_EXTENSIONS = 16  # extension headers that are followed

# UDP ports of tunnels: VXLAN, the port that Linux used for it before one was assigned, Geneve.
_TUNNELS = frozenset((4789, 8472, 6081))

STATED, JUMBO, WIRE = range(3)
"""Where the length of a datagram comes from: the length field, a jumbo option, or the wire."""


class Ends:
    """Offsets of the pseudo-header's two addresses: 0 for one that could not be determined."""

    __slots__ = ("dst", "src")

    def __init__(self, src: int, dst: int) -> None:
        self.src = src
        self.dst = dst


def read_ipv4_options(data: bytes | memoryview, at: int, end: int, ends: Ends) -> tuple[bool, bool]:
    """Read the options of an IPv4 header, RFC 791 section 3.1.

    While a source route is followed the header's destination is the next hop, until the pointer
    has passed the end of the list, whose last address is the destination.

    Args:
        data: the buffer of the packet.
        at: where the options begin.
        end: where they end.
        ends: the ends of the pseudo-header; a route changes them.

    Returns:
        Whether a route has hops left, and whether an option is malformed.
    """
    routed = False
    while at < end:
        kind = data[at]
        if kind == 0:
            break
        if kind == 1:
            at += 1
            continue
        if at + 1 == end or not 2 <= data[at + 1] <= end - at:
            return routed, True
        size = data[at + 1]
        if kind in (131, 137) and size >= 3 and data[at + 2] <= size:
            routed = True
            ends.dst = 0 if size < 7 or size % 4 != 3 else at + size - 4
        at += size
    return routed, False


class Options(NamedTuple):
    """The options of an IPv6 header that decoding needs."""

    jumbos: list[int]  # lengths; 0 for one that is not well-formed
    home: int  # where a home address stands, or 0
    bad: bool


def read_ipv6_options(data: bytes | memoryview, start: int, size: int) -> Options:
    """Read the options of a hop-by-hop or destination header, RFC 8200 section 4.2."""
    jumbos: list[int] = []
    home = 0
    bad = False
    at, end = start + 2, start + size
    while at < end:
        if data[at] == 0:
            at += 1
            continue
        if end - at < 2 or data[at + 1] > end - at - 2:
            return Options(jumbos, home, True)
        kind, length = data[at], data[at + 1]
        if kind == 0xC2:  # RFC 2675 section 2
            jumbos.append(int.from_bytes(data[at + 2 : at + 6], "big") if length == 4 else 0)
        elif kind == 0xC9 and length == 16:  # RFC 6275 section 6.3
            home = at + 2
        elif kind == 0xC9:
            bad = True
        at += 2 + length
    return Options(jumbos, home, bad)


def ipv4_length(stated: int, wire: int) -> tuple[int, int]:
    """Compute how many bytes an IPv4 datagram has, and the source of that length.

    A total length of zero is a segment that a network card was to cut up, or one beyond 64 KiB:
    its length is the `wire` bytes.
    """
    return (stated, STATED) if stated else (wire, WIRE)


def ipv6_length(data: bytes | memoryview, start: int, end: int, wire: int) -> tuple[int, int]:
    """Compute how many bytes an IPv6 datagram has from `start` on, and the source of that length.

    A payload length of zero is that of a jumbo option (RFC 2675) or, as Linux writes it, that of
    the wire; `may_lack_length` decides that at the end of the chain. Bytes are present up to
    `end`, 40 at least.
    """
    stated, kind = int.from_bytes(data[start + 4 : start + 6], "big"), data[start + 6]
    if stated:
        return 40 + stated, STATED
    if kind == HOP_BY_HOP and end - start >= 48:
        size = (data[start + 41] + 1) * 8
        if size <= end - start - 40:
            jumbos = read_ipv6_options(data, start + 40, size).jumbos
            if len(jumbos) == 1 and jumbos[0] > 0xFFFF:
                return 40 + jumbos[0], JUMBO
    return wire, WIRE


def _is_tunnel(data: bytes | memoryview, at: int, end: int) -> bool:
    """Whether a UDP header begins a datagram of a tunnel.

    Those may carry segments that a network card is to cut up (BIG TCP).
    """
    return end - at >= 4 and data[at + 2] << 8 | data[at + 3] in _TUNNELS


def may_lack_length(
    protocol: int, fragment: bool, data: bytes | memoryview, at: int, end: int
) -> bool:
    """Whether the length of IPv6 may be zero, and the wire's be meant, for what begins at `at`."""
    if fragment:
        return False
    return protocol == TCP or (protocol == UDP and _is_tunnel(data, at, end))


def may_lack_udp_length(
    source: int, fragment: bool, data: bytes | memoryview, at: int, end: int
) -> bool:
    """Whether a UDP length of zero means all of the datagram.

    It does by RFC 2675 section 4, and in a tunnel whose IP header has no length, either.
    """
    return source == JUMBO or (source == WIRE and not fragment and _is_tunnel(data, at, end))


_EXTENSIONS = {
    4: frozenset((AH,)),
    6: frozenset((ROUTING, FRAGMENT_HEADER, AH, DESTINATION, MOBILITY, HIP, SHIM6)),
}


def is_extension(version: int, kind: int, first: bool) -> bool:
    """Whether a header of this kind is followed by another one, which it names.

    A hop-by-hop header anywhere but in front is an unknown next header, RFC 8200 section 4.1.
    """
    return kind in _EXTENSIONS[version] or (first and kind == HOP_BY_HOP and version == 6)


class Extension:
    """The fields of an extension header.

    Attributes:
        size: how many bytes it has.
        next: the kind of the next header.
        fragment: of a fragment header: offset in bytes, and a bit for more fragments.
        identification: of a fragment header.
        routed: a source route has segments left.
        jumbo: there is a jumbo option.
        bad: an option is malformed.
    """

    __slots__ = ("bad", "fragment", "identification", "jumbo", "next", "routed", "size")

    def __init__(self, size: int, following: int) -> None:
        self.size = size
        self.next = following
        self.fragment = self.identification = 0
        self.routed = self.jumbo = self.bad = False


def _read_routing(data: bytes | memoryview, at: int, size: int, ends: Ends) -> bool:
    """Whether segments are left: RFC 8200 section 4.4, RFC 6275 section 6.4, RFC 8754 section 2.

    The header's destination is a hop then. The last one is the last address of types 0 and 2, and
    the first of type 4, whose addresses TLVs may follow.
    """
    kind, segments_left = data[at + 2], data[at + 3]
    addresses = (size - 8) // 16
    if segments_left == 0:
        return False
    if segments_left > addresses or kind not in (0, 2, 4):
        ends.dst = 0
    else:
        ends.dst = at + 8 if kind == 4 else at + 8 + (addresses - 1) * 16
    return True


def read_extension(
    data: bytes | memoryview, at: int, end: int, kind: int, ends: Ends
) -> Extension | None:
    """Read the extension header at `at`, of the kind `kind`.

    Args:
        data: the buffer of the packet.
        at: where the header begins.
        end: bytes are there up to this place.
        kind: the next header field of the header before it.
        ends: the ends of the pseudo-header; a route or a home address changes them.

    Returns:
        Its fields, or None where it is cut.
    """
    if end - at < 8:
        return None
    size = 8
    if kind == AH:
        size = (data[at + 1] + 2) * 4
    elif kind != FRAGMENT_HEADER:
        size = (data[at + 1] + 1) * 8
    if size > end - at:
        return None
    found = Extension(size, data[at])
    if kind in (HOP_BY_HOP, DESTINATION):
        options = read_ipv6_options(data, at, size)
        found.bad, found.jumbo = options.bad, bool(options.jumbos)
        if kind == DESTINATION and options.bad:
            ends.src = 0  # a home address may be among them
        elif kind == DESTINATION and options.home:
            ends.src = options.home
    elif kind == ROUTING:
        found.routed = _read_routing(data, at, size, ends)
    elif kind == FRAGMENT_HEADER:  # RFC 8200 section 4.5
        found.fragment = int.from_bytes(data[at + 2 : at + 4], "big") & 0xFFF9
        found.identification = int.from_bytes(data[at + 4 : at + 8], "big")
    return found
