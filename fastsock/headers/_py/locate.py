"""Locate the transport header of an IP packet, for views; `paths` reads the headers between."""

from __future__ import annotations

from dataclasses import dataclass

from ..._core.protocols import DCCP, ICMPV6, TCP, UDP, UDPLITE
from ...packet._py import paths as _paths

# Where the checksum stands in a transport header whose checksum covers a pseudo-header.
_CHECKSUMS = {TCP: 16, UDP: 6, DCCP: 6, UDPLITE: 6}
# A sum of zero is written as 0xFFFF: RFC 768, and RFC 3828 section 3.1.
_ZERO_IS_NONE = (UDP, UDPLITE)


@dataclass(slots=True)
class Transport:
    """Where a transport header is, from the IP header on, and the fields of its pseudo-header."""

    version: int
    at: int
    end: int  # of the datagram; it may be beyond the bytes present
    length_source: int
    ends: _paths.Ends
    fragment: bool = False  # a first one: the checksum covers bytes beyond it
    protocol: int = 0

    @property
    def address_size(self) -> int:
        """How many bytes an address has."""
        return 4 if self.version == 4 else 16

    @property
    def checksum_at(self) -> int | None:
        """Where the checksum stands in the transport header, if it has a pseudo-header."""
        if self.protocol == ICMPV6 and self.version == 6:
            return 2
        return _CHECKSUMS.get(self.protocol)

    @property
    def zero_is_none(self) -> bool:
        """Whether a checksum of zero says that there is none."""
        return self.protocol in _ZERO_IS_NONE


def _follow(ip: memoryview, kind: int, found: Transport) -> Transport | None:
    """Follow the extension headers from ``found.at`` on, of which the first is of the kind `kind`.

    Returns:
        `found`, if they lead to a transport header.
    """
    there, count = min(len(ip), found.end), 0
    while _paths.is_extension(found.version, kind, count == 0):
        if count == _paths.MAX_EXTENSIONS:
            return None
        header = _paths.read_extension(ip, found.at, there, kind, found.ends)
        if header is None or header.fragment & 0xFFF8:
            return None
        found.fragment = found.fragment or header.fragment != 0
        found.at += header.size
        kind = header.next
        count += 1
    found.protocol = kind
    if found.version == 6 and found.length_source == _paths.WIRE:
        fits = _paths.may_lack_length(kind, found.fragment, ip, found.at, there)
        return found if fits else None
    return found


def transport4(ip: memoryview) -> Transport | None:
    """Locate the transport header after an IPv4 header, of which at least 20 bytes are there."""
    header = (ip[0] & 15) * 4
    end, source = _paths.ipv4_length(int.from_bytes(ip[2:4], "big"), len(ip))
    fragment = int.from_bytes(ip[6:8], "big")
    if header < 20 or header > min(end, len(ip)) or fragment & 0x1FFF:
        return None
    found = Transport(4, header, end, source, _paths.Ends(12, 16), bool(fragment & 0x2000))
    _paths.read_ipv4_options(ip, 20, header, found.ends)
    return _follow(ip, ip[9], found)


def transport6(ip: memoryview) -> Transport | None:
    """The same for IPv6, at least 40 bytes of it."""
    end, source = _paths.ipv6_length(ip, 0, len(ip), len(ip))
    return _follow(ip, ip[6], Transport(6, 40, end, source, _paths.Ends(8, 24)))
