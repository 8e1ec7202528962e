"""The pure decoder's transport headers, with their checksums: TCP, UDP, UDP-Lite, DCCP, SCTP, ICMP.

Functions get where the header begins, and how many bytes the datagram has from there on the wire.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from ..._core.protocols import DCCP, ICMP, ICMPV6, SCTP, TCP, UDP, UDPLITE
from ...checksums._py import crc32c
from .decoder import (
    BAD_CHECKSUM,
    BAD_HEADER_LENGTH,
    BAD_IP_CHECKSUM,
    BAD_LENGTH,
    BAD_OPTION,
    FRAGMENT,
    HEADER_CUT,
    JUMBOGRAM,
    LENGTH_FROM_WIRE,
    OPTIONS_CUT,
    PORTS,
    SUM_ABSENT,
    SUM_BAD,
    SUM_GOOD,
    SUM_UNVERIFIED,
    TRANSPORT,
    UNDECODED,
    Decoded,
    Decoder,
    Stop,
)
from .paths import JUMBO, STATED, WIRE, may_lack_udp_length

_PORTS = Struct("!HH")
_TCP = Struct("!IIHHH")
_UDP = Struct("!HH")
_DCCP = Struct("!BBH")
_ICMP = Struct("!BBH")


def _words(data: bytes | memoryview) -> int:
    """A number that is the sum of the 16-bit words of `data` modulo 0xFFFF: 2^16 is 1 there."""
    number = int.from_bytes(data, "big")
    return number << 8 if len(data) & 1 else number


def _is_right(number: int) -> bool:
    """Whether a sum folds to 0xFFFF. Words that are all zero do not."""
    return number != 0 and number % 0xFFFF == 0


def verify_ipv4_header(d: Decoder, start: int, end: int) -> None:
    """The checksum of a header without its checksum's covering anything else."""
    if not d.verify:
        return
    if _is_right(_words(d.data[start:end])):
        d.packet.ip_checksum_status = SUM_GOOD
    else:
        d.packet.ip_checksum_status = SUM_BAD
        d.fault(BAD_IP_CHECKSUM, "ipv4.checksum", start)


def _bad_checksum(d: Decoder, l4: int) -> None:
    d.packet.checksum_status = SUM_BAD
    d.fault(BAD_CHECKSUM, "transport.checksum", l4)


def _pseudo_header(d: Decoder, length: int) -> int:
    size, ends = d.packet.address_size, d.ends
    return (
        _words(d.data[ends.src : ends.src + size])
        + _words(d.data[ends.dst : ends.dst + size])
        + d.packet.protocol
        + length
    )


def _can_verify(d: Decoder, l4: int, covered: int) -> bool:
    """Whether a checksum can be verified.

    All covered bytes must be there, and no network card was to fill it in: a length of zero is a
    segment before it was cut up.
    """
    if not d.verify or d.packet.status & (FRAGMENT | LENGTH_FROM_WIRE):
        return False
    return covered <= d.end - l4


def _verify(d: Decoder, l4: int, length: int, covered: int, pseudo_header: bool = True) -> None:
    """Verify a checksum over `covered` bytes; the pseudo-header has `length`."""
    if not _can_verify(d, l4, covered) or (pseudo_header and not (d.ends.src and d.ends.dst)):
        return
    number = _words(d.data[l4 : l4 + covered])
    if pseudo_header:
        number += _pseudo_header(d, length)
    if _is_right(number):
        d.packet.checksum_status = SUM_GOOD
    else:
        _bad_checksum(d, l4)


def _fixed_part(d: Decoder, size: int) -> None:
    """Refuse a header whose fixed part is not whole. Its ports may be, where the rest is not."""
    packet = d.packet
    if packet.protocol in _WITH_PORTS and d.left() >= 4:
        packet.sport, packet.dport = _PORTS.unpack_from(d.data, d.at)
        packet.status |= PORTS
    if d.left() < size:
        raise Stop(HEADER_CUT, "transport.header", d.at)
    packet.status |= TRANSPORT


def _tcp_options(d: Decoder, l4: int, end: int) -> None:
    """Walk the options, to find one with a wrong length."""
    data, at = d.data, l4 + 20
    while at < end:
        kind = data[at]
        if kind == 0:
            return
        if kind == 1:
            at += 1
            continue
        if at + 1 == end or not 2 <= data[at + 1] <= end - at:
            d.fault(BAD_OPTION, "tcp.options", l4)
            return
        at += data[at + 1]


def _tcp(d: Decoder, l4: int, whole: int) -> None:
    _fixed_part(d, 20)
    packet = d.packet
    packet.seq, packet.ack, word, packet.window, packet.checksum = _TCP.unpack_from(d.data, l4 + 4)
    packet.flags = word & 0x0FFF
    header = word >> 12 << 2
    d.at = l4 + 20
    # The options of a first fragment may continue in the next one.
    if header < 20 or (header > whole and not packet.status & FRAGMENT):
        raise Stop(BAD_HEADER_LENGTH, "tcp.data_offset", l4)
    if header > d.end - l4:
        d.at = d.end
        raise Stop(OPTIONS_CUT, "tcp.options", l4)
    d.at = l4 + header
    _tcp_options(d, l4, d.at)
    _verify(d, l4, whole, whole)


def _length_source(packet: Decoded) -> int:
    if packet.status & JUMBOGRAM:
        return JUMBO
    return WIRE if packet.status & LENGTH_FROM_WIRE else STATED


def _udp(d: Decoder, l4: int, whole: int) -> None:
    """The length of RFC 768, or zero. A first fragment has the whole datagram's."""
    _fixed_part(d, 8)
    packet = d.packet
    length, packet.checksum = _UDP.unpack_from(d.data, l4 + 4)
    d.at = l4 + 8
    source, fragment = _length_source(packet), bool(packet.status & FRAGMENT)
    if length == 0 and may_lack_udp_length(source, fragment, d.data, l4, d.end):
        length = whole
    elif length < 8 or (length > whole and not fragment):
        raise Stop(BAD_LENGTH, "udp.length", l4)
    elif l4 + length <= d.end:
        d.end = l4 + length  # the rest of the datagram is no trailer of a frame
        d.limit("udp.length")
    if packet.checksum:
        _verify(d, l4, length, length)
    elif packet.version == 4:
        packet.checksum_status = SUM_ABSENT
    elif d.verify and source != WIRE:
        _bad_checksum(d, l4)  # RFC 8200 section 8.1; RFC 6935 is for both ends to agree on


def _udplite(d: Decoder, l4: int, whole: int) -> None:
    """RFC 3828: UDP's length is how much the checksum covers here, 0 being all."""
    _fixed_part(d, 8)
    covered, d.packet.checksum = _UDP.unpack_from(d.data, l4 + 4)
    d.at = l4 + 8
    if covered == 0:
        covered = whole
    elif covered < 8 or (covered > whole and not d.packet.status & FRAGMENT):
        raise Stop(BAD_LENGTH, "udp.length", l4)
    _verify(d, l4, whole, covered)


def _dccp(d: Decoder, l4: int, whole: int) -> None:
    """RFC 4340 section 5.1: the checksum covers the header and CsCov - 1 words more, or all."""
    _fixed_part(d, 12)
    words, coverage, d.packet.checksum = _DCCP.unpack_from(d.data, l4 + 4)
    header = words * 4
    d.at = l4 + 12
    if header < 12 or (header > whole and not d.packet.status & FRAGMENT):
        raise Stop(BAD_HEADER_LENGTH, "transport.header", l4)
    if header > d.end - l4:
        d.at = d.end
        raise Stop(OPTIONS_CUT, "transport.header", l4)
    d.at = l4 + header
    coverage &= 0x0F
    covered = header + (coverage - 1) * 4 if coverage else whole
    if covered > whole and not d.packet.status & FRAGMENT:  # section 8.5 drops it
        raise Stop(BAD_LENGTH, "transport.header", l4)
    _verify(d, l4, whole, covered)


def _sctp(d: Decoder, l4: int, whole: int) -> None:
    """RFC 9260 section 3.1: ports, tag, checksum; chunks are payload.

    The checksum is a CRC-32C over all of it with the checksum's own place as zeros, written from
    its lowest byte on (appendix A).
    """
    _fixed_part(d, 12)
    d.at = l4 + 12
    if not _can_verify(d, l4, whole):
        return
    crc = crc32c(b"\0\0\0\0", crc32c(d.data[l4 : l4 + 8]))
    crc = crc32c(d.data[l4 + 12 : l4 + whole], crc)
    if crc == int.from_bytes(d.data[l4 + 8 : l4 + 12], "little"):
        d.packet.checksum_status = SUM_GOOD
    else:
        _bad_checksum(d, l4)


def _icmp(d: Decoder, l4: int, whole: int) -> None:
    """Type, code, checksum, and four bytes that each type uses in its own way.

    The payload of an error message is the quoted packet. Only RFC 4443 allows a shorter header.
    """
    _fixed_part(d, 4)
    packet = d.packet
    packet.icmp_type, packet.icmp_code, packet.checksum = _ICMP.unpack_from(d.data, l4)
    v4 = packet.protocol == ICMP
    if d.left() >= 8:
        d.at = l4 + 8
    elif v4 or whole >= 8:
        d.at = l4 + 4
        raise Stop(HEADER_CUT, "transport.header", l4)
    else:
        d.at = d.end
    _verify(d, l4, whole, whole, pseudo_header=not v4)


_WITH_PORTS = frozenset((TCP, UDP, UDPLITE, DCCP, SCTP))
_Transport = Callable[[Decoder, int, int], None]
_COMMON: dict[int, _Transport] = {
    TCP: _tcp, UDP: _udp, UDPLITE: _udplite, DCCP: _dccp, SCTP: _sctp
}  # fmt: skip
# ICMP of the one version does not go over the other.
_TRANSPORTS = {4: {**_COMMON, ICMP: _icmp}, 6: {**_COMMON, ICMPV6: _icmp}}
_UNKNOWN = {4: "ipv4.protocol", 6: "ipv6.next_header"}


def has_transport(packet: Decoded) -> bool:
    """Whether its protocol is one of those here."""
    return packet.protocol in _TRANSPORTS[packet.version]


def transport(d: Decoder) -> None:
    """Decode the transport header at ``d.at``."""
    packet, l4 = d.packet, d.at
    packet.l4_offset = l4
    function = _TRANSPORTS[packet.version].get(packet.protocol)
    if function is None:
        raise Stop(UNDECODED, _UNKNOWN[packet.version], l4)
    packet.checksum_status = SUM_UNVERIFIED
    function(d, l4, d.wire_end - l4)
