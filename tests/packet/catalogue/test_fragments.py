"""Fragments: which have headers to decode, and which have none."""

import pytest

from fastsock.packet.fields import FAULTS, ChecksumStatus, Status


def faults(packet):
    return Status(packet.status & FAULTS)


@pytest.mark.parametrize("units", [1, 2, 185, 0x1FFF])
@pytest.mark.parametrize("more", [0, 0x2000])
def test_ipv4_offset_is_in_bytes(parse, wire, units, more):
    datagram = wire.ipv4(wire.udp(b"a piece."), fragment=more | units, identification=77)
    packet = parse(wire.ethernet(datagram), verify=True)
    assert (packet.fragment_offset, packet.more_fragments) == (8 * units, bool(more))
    assert packet.status == Status.FRAGMENT | Status.LATER_FRAGMENT
    assert (packet.limited_by, packet.protocol) == ("ipv4.fragment_offset", wire.UDP)
    assert (packet.sport, packet.dport, packet.checksum) == (None, None, None)
    assert packet.payload == wire.udp(b"a piece.")
    assert packet.identification == 77
    assert packet.fragment


@pytest.mark.parametrize("flags", range(8))
def test_ipv4_flags_are_told_apart(parse, wire, flags):
    packet = parse(wire.ethernet(wire.ipv4(wire.udp(b"x"), fragment=flags << 13)))
    assert packet.dont_fragment == bool(flags & 2)
    assert packet.more_fragments == bool(flags & 1)
    assert packet.fragment == bool(flags & 1)
    assert packet.fragment_offset == 0
    assert packet.sport == 1025  # the reserved bit may be set
    assert faults(packet) == 0


def test_first_fragment_has_its_ports(parse, wire):
    datagram = wire.ipv4(wire.udp(b"a piece.", length=4008), fragment=wire.MORE)
    packet = parse(wire.ethernet(datagram), verify=True)
    assert packet.status == Status.TRANSPORT | Status.PORTS | Status.FRAGMENT
    assert (packet.sport, packet.dport) == (1025, 53)
    assert packet.payload == b"a piece."
    assert packet.ip_checksum_status == ChecksumStatus.GOOD


def test_first_fragment_of_udp_without_a_checksum(parse, wire):
    packet = parse(wire.ipv4(wire.udp(b"a piece.", length=4008), fragment=wire.MORE), "ipv4",
                   verify=True)  # fmt: skip
    assert packet.checksum_status in (ChecksumStatus.ABSENT, ChecksumStatus.UNVERIFIED)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("protocol", [1, 6, 17, 58])
def test_checksum_of_a_first_fragment_is_not_to_be_verified(parse, wire, version, protocol):
    body = {1: wire.icmp, 6: wire.tcp, 17: wire.udp, 58: wire.icmp}[protocol](checksum=0xBAD1)
    if version == 4:
        datagram = wire.ipv4(body, protocol, fragment=wire.MORE)
    else:
        datagram = wire.ipv6(wire.fragment6(protocol, 0, 1) + body, wire.FRAGMENT)
    packet = parse(datagram, "raw", verify=True)
    if (version, protocol) in [(6, 1), (4, 58)]:
        assert not packet.status & Status.BAD_CHECKSUM
    else:
        assert packet.checksum_status == ChecksumStatus.UNVERIFIED
    assert faults(packet) == 0


@pytest.mark.parametrize("offset", [8, 16, 1448, 0xFFF8])
@pytest.mark.parametrize("more", [0, 1])
def test_ipv6_offset_is_in_bytes(parse, wire, offset, more):
    for reserved in (0, 1, 3):
        head = wire.fragment6(wire.UDP, offset, more, 0xDEADBEEF, reserved)
        packet = parse(wire.ipv6(head + wire.udp(b"a piece."), wire.FRAGMENT), "ipv6", verify=True)
        assert (packet.fragment_offset, packet.more_fragments) == (offset, bool(more))
        assert packet.status == Status.FRAGMENT | Status.LATER_FRAGMENT
        assert packet.limited_by == "ipv6.fragment_offset"
        assert packet.identification == 0xDEADBEEF
        assert packet.sport is None
        assert packet.payload == wire.udp(b"a piece.")


def test_ipv6_first_fragment(parse, wire):
    head = wire.fragment6(wire.UDP, 0, 1)
    packet = parse(wire.ipv6(head + wire.udp(b"a piece.", length=4008), wire.FRAGMENT), "ipv6")
    assert packet.status == Status.TRANSPORT | Status.PORTS | Status.FRAGMENT
    assert (packet.sport, packet.payload) == (1025, b"a piece.")
    assert packet.more_fragments


def test_atomic_fragment_is_a_whole_datagram(parse, wire):
    segment = wire.seal(wire.udp(b"whole"), wire.UDP, wire.A6, wire.B6)
    packet = parse(
        wire.ipv6(wire.fragment6(wire.UDP) + segment, wire.FRAGMENT), "ipv6", verify=True
    )
    assert packet.status == Status.TRANSPORT | Status.PORTS | Status.ATOMIC_FRAGMENT
    assert packet.checksum_status == ChecksumStatus.GOOD
    assert not packet.fragment
    assert packet.payload == b"whole"
    bad = segment[:-1] + b"?"
    packet = parse(wire.ipv6(wire.fragment6(wire.UDP) + bad, wire.FRAGMENT), "ipv6", verify=True)
    assert packet.checksum_status == ChecksumStatus.BAD
    bad = wire.udp(b"whole", length=4008)  # no piece, so that its length counts
    packet = parse(wire.ipv6(wire.fragment6(wire.UDP) + bad, wire.FRAGMENT), "ipv6")
    assert faults(packet) == Status.BAD_LENGTH


def test_chain_goes_on_after_a_first_fragment(parse, wire):
    rest = wire.options6(wire.UDP, b"") + wire.udp(b"x", length=4000)
    datagram = wire.ipv6(wire.fragment6(wire.DESTINATION, 0, 1) + rest, wire.FRAGMENT)
    packet = parse(datagram, "ipv6")
    assert (packet.sport, packet.protocol) == (1025, wire.UDP)
    assert faults(packet) == 0


def test_chain_ends_at_a_later_fragment(parse, wire):
    rest = wire.options6(wire.UDP, b"") + wire.udp(b"x")
    datagram = wire.ipv6(wire.fragment6(wire.DESTINATION, 64, 1) + rest, wire.FRAGMENT)
    packet = parse(datagram, "ipv6")
    assert (packet.sport, packet.protocol) == (None, wire.DESTINATION)
    assert packet.payload == rest
    assert packet.status == Status.FRAGMENT | Status.LATER_FRAGMENT


def test_fragment_header_need_not_come_first(parse, wire):
    # A decoder that looks only at the first next header takes this for UDP.
    rest = wire.fragment6(wire.UDP, 64, 0) + wire.udp(b"x")
    for first in (wire.HOP_BY_HOP, wire.DESTINATION, wire.ROUTING):
        header = wire.options6(wire.FRAGMENT, b"") if first != 43 else wire.routing(44, 0, 0)
        packet = parse(wire.ipv6(header + rest, first), "ipv6")
        assert packet.status & Status.LATER_FRAGMENT
        assert packet.sport is None


def test_first_fragment_may_end_inside_a_header(parse, wire):
    # RFC 7112 forbids it; what is present is reported.
    datagram = wire.ipv6(wire.fragment6(wire.TCP, 0, 1) + wire.tcp()[:8], wire.FRAGMENT)
    packet = parse(datagram, "ipv6")
    assert faults(packet) == Status.HEADER_CUT
    assert (packet.limited_by, packet.protocol) == ("transport.header", wire.TCP)
    assert packet.fragment


def test_fragment_header_that_was_cut(parse, wire):
    for size in range(8):
        packet = parse(wire.ipv6(wire.fragment6(wire.UDP)[:size], wire.FRAGMENT), "ipv6")
        assert faults(packet) == Status.HEADER_CUT
        assert (packet.limited_by, packet.protocol) == ("ipv6.extension", wire.FRAGMENT)


def test_two_fragment_headers(parse, wire):
    # The later one decides: nothing after it is a header.
    head = wire.fragment6(wire.FRAGMENT, 0, 1) + wire.fragment6(wire.UDP, 8, 0)
    packet = parse(wire.ipv6(head + wire.udp(), wire.FRAGMENT), "ipv6")
    assert packet.status & Status.LATER_FRAGMENT
    assert packet.sport is None


def test_a_later_fragment_has_no_transport_checksum(parse, wire):
    packet = parse(wire.ipv4(bytes(16), wire.TCP, fragment=3), "ipv4", verify=True)
    assert packet.ip_checksum_status == ChecksumStatus.GOOD
    assert packet.checksum_status in (ChecksumStatus.ABSENT, ChecksumStatus.UNVERIFIED)
    assert packet.checksum is None
