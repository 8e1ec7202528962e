"""Fragments: which have headers to decode, and which have none."""

import pytest

from fastsock.packet.fields import FAULTS, ChecksumStatus, Status


def faults(packet):
    return Status(packet.status & FAULTS)


@pytest.mark.parametrize("units", [1, 2, 185, 0x1FFF])
@pytest.mark.parametrize("more", [0, 0x2000])
def test_ipv4_offset_is_in_bytes(parse, build, units, more):
    datagram = build.ipv4(
        build.udp(b"a piece.", checksum=0), fragment=more | units, identification=77
    )
    packet = parse(build.ethernet(datagram), verify=True)
    assert (packet.fragment_offset, packet.more_fragments) == (8 * units, bool(more))
    assert packet.status == Status.FRAGMENT | Status.LATER_FRAGMENT
    assert (packet.limited_by, packet.protocol) == ("ipv4.fragment_offset", build.UDP)
    assert (packet.sport, packet.dport, packet.checksum) == (None, None, None)
    assert packet.payload == build.udp(b"a piece.", checksum=0)
    assert packet.identification == 77
    assert packet.fragment


@pytest.mark.parametrize("flags", range(8))
def test_ipv4_flags_are_told_apart(parse, build, flags):
    packet = parse(build.ethernet(build.ipv4(build.udp(b"x", checksum=0), fragment=flags << 13)))
    assert packet.dont_fragment == bool(flags & 2)
    assert packet.more_fragments == bool(flags & 1)
    assert packet.fragment == bool(flags & 1)
    assert packet.fragment_offset == 0
    assert packet.sport == 1025  # the reserved bit may be set
    assert faults(packet) == 0


def test_first_fragment_has_its_ports(parse, build):
    datagram = build.ipv4(build.udp(b"a piece.", length=4008, checksum=0), fragment=build.MORE)
    packet = parse(build.ethernet(datagram), verify=True)
    assert packet.status == Status.TRANSPORT | Status.PORTS | Status.FRAGMENT
    assert (packet.sport, packet.dport) == (1025, 53)
    assert packet.payload == b"a piece."
    assert packet.ip_checksum_status == ChecksumStatus.GOOD


def test_first_fragment_of_udp_without_a_checksum(parse, build):
    segment = build.udp(b"a piece.", length=4008, checksum=0)
    packet = parse(build.ipv4(segment, fragment=build.MORE), "ipv4", verify=True)
    assert packet.checksum_status in (ChecksumStatus.ABSENT, ChecksumStatus.UNVERIFIED)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("protocol", [1, 6, 17, 58])
def test_checksum_of_a_first_fragment_is_not_to_be_verified(parse, build, version, protocol):
    body = {1: build.icmp, 6: build.tcp, 17: build.udp, 58: build.icmp}[protocol](checksum=0xBAD1)
    if version == 4:
        datagram = build.ipv4(body, protocol, fragment=build.MORE)
    else:
        datagram = build.ipv6(build.fragment6(protocol, 0, 1) + body, build.FRAGMENT)
    packet = parse(datagram, "raw", verify=True)
    if (version, protocol) in [(6, 1), (4, 58)]:
        assert not packet.status & Status.BAD_CHECKSUM
    else:
        assert packet.checksum_status == ChecksumStatus.UNVERIFIED
    assert faults(packet) == 0


@pytest.mark.parametrize("offset", [8, 16, 1448, 0xFFF8])
@pytest.mark.parametrize("more", [0, 1])
def test_ipv6_offset_is_in_bytes(parse, build, offset, more):
    for reserved in (0, 1, 3):
        head = build.fragment6(build.UDP, offset, more, 0xDEADBEEF, reserved)
        packet = parse(
            build.ipv6(head + build.udp(b"a piece.", checksum=0), build.FRAGMENT),
            "ipv6",
            verify=True,
        )
        assert (packet.fragment_offset, packet.more_fragments) == (offset, bool(more))
        assert packet.status == Status.FRAGMENT | Status.LATER_FRAGMENT
        assert packet.limited_by == "ipv6.fragment_offset"
        assert packet.identification == 0xDEADBEEF
        assert packet.sport is None
        assert packet.payload == build.udp(b"a piece.", checksum=0)


def test_ipv6_first_fragment(parse, build):
    head = build.fragment6(build.UDP, 0, 1)
    packet = parse(
        build.ipv6(head + build.udp(b"a piece.", length=4008, checksum=0), build.FRAGMENT), "ipv6"
    )
    assert packet.status == Status.TRANSPORT | Status.PORTS | Status.FRAGMENT
    assert (packet.sport, packet.payload) == (1025, b"a piece.")
    assert packet.more_fragments


def test_atomic_fragment_is_a_whole_datagram(parse, build):
    segment = build.seal(build.udp(b"whole", checksum=0), build.UDP, build.A6, build.B6)
    packet = parse(
        build.ipv6(build.fragment6(build.UDP) + segment, build.FRAGMENT), "ipv6", verify=True
    )
    assert packet.status == Status.TRANSPORT | Status.PORTS | Status.ATOMIC_FRAGMENT
    assert packet.checksum_status == ChecksumStatus.GOOD
    assert not packet.fragment
    assert packet.payload == b"whole"
    bad = segment[:-1] + b"?"
    packet = parse(
        build.ipv6(build.fragment6(build.UDP) + bad, build.FRAGMENT), "ipv6", verify=True
    )
    assert packet.checksum_status == ChecksumStatus.BAD
    bad = build.udp(b"whole", length=4008, checksum=0)  # no piece, so that its length counts
    packet = parse(build.ipv6(build.fragment6(build.UDP) + bad, build.FRAGMENT), "ipv6")
    assert faults(packet) == Status.BAD_LENGTH


def test_chain_goes_on_after_a_first_fragment(parse, build):
    rest = build.options6(build.UDP, b"") + build.udp(b"x", length=4000, checksum=0)
    datagram = build.ipv6(build.fragment6(build.DESTINATION, 0, 1) + rest, build.FRAGMENT)
    packet = parse(datagram, "ipv6")
    assert (packet.sport, packet.protocol) == (1025, build.UDP)
    assert faults(packet) == 0


def test_chain_ends_at_a_later_fragment(parse, build):
    rest = build.options6(build.UDP, b"") + build.udp(b"x", checksum=0)
    datagram = build.ipv6(build.fragment6(build.DESTINATION, 64, 1) + rest, build.FRAGMENT)
    packet = parse(datagram, "ipv6")
    assert (packet.sport, packet.protocol) == (None, build.DESTINATION)
    assert packet.payload == rest
    assert packet.status == Status.FRAGMENT | Status.LATER_FRAGMENT


def test_fragment_header_need_not_come_first(parse, build):
    # A decoder that looks only at the first next header takes this for UDP.
    rest = build.fragment6(build.UDP, 64, 0) + build.udp(b"x", checksum=0)
    for first in (build.HOP_BY_HOP, build.DESTINATION, build.ROUTING):
        header = build.options6(build.FRAGMENT, b"") if first != 43 else build.routing(44, 0, 0)
        packet = parse(build.ipv6(header + rest, first), "ipv6")
        assert packet.status & Status.LATER_FRAGMENT
        assert packet.sport is None


def test_first_fragment_may_end_inside_a_header(parse, build):
    # RFC 7112 forbids it; what is present is reported.
    datagram = build.ipv6(
        build.fragment6(build.TCP, 0, 1) + build.tcp(checksum=0)[:8], build.FRAGMENT
    )
    packet = parse(datagram, "ipv6")
    assert faults(packet) == Status.HEADER_CUT
    assert (packet.limited_by, packet.protocol) == ("transport.header", build.TCP)
    assert packet.fragment


def test_fragment_header_that_was_cut(parse, build):
    for size in range(8):
        packet = parse(build.ipv6(build.fragment6(build.UDP)[:size], build.FRAGMENT), "ipv6")
        assert faults(packet) == Status.HEADER_CUT
        assert (packet.limited_by, packet.protocol) == ("ipv6.extension", build.FRAGMENT)


def test_two_fragment_headers(parse, build):
    # The later one decides: nothing after it is a header.
    head = build.fragment6(build.FRAGMENT, 0, 1) + build.fragment6(build.UDP, 8, 0)
    packet = parse(build.ipv6(head + build.udp(checksum=0), build.FRAGMENT), "ipv6")
    assert packet.status & Status.LATER_FRAGMENT
    assert packet.sport is None


def test_a_later_fragment_has_no_transport_checksum(parse, build):
    packet = parse(build.ipv4(bytes(16), build.TCP, fragment=3), "ipv4", verify=True)
    assert packet.ip_checksum_status == ChecksumStatus.GOOD
    assert packet.checksum_status in (ChecksumStatus.ABSENT, ChecksumStatus.UNVERIFIED)
    assert packet.checksum is None
