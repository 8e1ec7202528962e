"""What verification says of a packet: good, bad, unverified, or absent."""

import itertools
import struct

import pytest

from fastsock.packet.fields import FAULTS, ChecksumStatus, Status

BAD, GOOD, UNVERIFIED, ABSENT = ChecksumStatus


def faults(packet):
    return Status(packet.status & FAULTS)


def segments(build):
    return {
        build.TCP: build.tcp(b"odd", checksum=0),
        build.UDP: build.udp(b"odd", checksum=0),
        33: build.udp(b"0123456789", checksum=0),  # DCCP has its checksum there, too
    }


@pytest.mark.parametrize("protocol", [6, 17, 1])
@pytest.mark.parametrize("length", [0, 1, 2, 3, 63, 64, 65, 1459, 1460])
def test_ipv4(parse, build, protocol, length):
    body = {6: build.tcp, 17: build.udp, 1: build.icmp}[protocol](
        payload=bytes(range(256)) * 6, checksum=0
    )
    head = len(body) - 1536
    body = body[: head + length]
    if protocol == 17:
        body = build.put16(body, 4, len(body))
    ends = () if protocol == 1 else (build.A4, build.B4)
    good = build.ipv4(build.seal(body, protocol, *ends), protocol)
    packet = parse(build.ethernet(good + b"\xff\xff\xff"), verify=True)
    assert (packet.ip_checksum_status, packet.checksum_status) == (GOOD, GOOD)
    assert faults(packet) == 0
    for position in {12, 15, 20, 21, len(good) - 1}:  # each in what either sum covers
        wrong = good[:position] + bytes([good[position] ^ 0x10]) + good[position + 1 :]
        packet = parse(build.ethernet(wrong), verify=True)
        if position < 20:
            assert packet.status & Status.BAD_IP_CHECKSUM
            assert packet.ip_checksum_status == BAD
        if protocol != 1 or position >= 20:
            assert packet.checksum_status == BAD
            assert packet.status & Status.BAD_CHECKSUM


@pytest.mark.parametrize("protocol", [6, 17, 58])
@pytest.mark.parametrize("length", [0, 1, 2, 63, 64, 1459])
def test_ipv6(parse, build, protocol, length):
    body = {6: build.tcp, 17: build.udp, 58: build.icmp}[protocol](
        payload=bytes([0xA5]) * length, checksum=0
    )
    good = build.ipv6(build.seal(body, protocol, build.A6, build.B6), protocol)
    packet = parse(build.ethernet(good + b"\xff", build.IPV6), verify=True)
    assert (packet.ip_checksum_status, packet.checksum_status) == (ABSENT, GOOD)
    wrong = good[:-1] + bytes([good[-1] ^ 1])
    packet = parse(build.ethernet(wrong, build.IPV6), verify=True)
    assert packet.checksum_status == BAD
    assert packet.status & Status.BAD_CHECKSUM
    # ICMPv6 has a pseudo-header, ICMP has none.
    wrong = build.ipv6(build.seal(body, protocol, build.A6, build.C6), protocol)
    assert parse(wrong, "ipv6", verify=True).checksum_status == BAD


def test_the_wrong_protocol_in_the_pseudo_header(parse, build):
    body = build.put16(build.udp(b"x", checksum=0), 6, 0)
    value = build.total(build.pseudo(build.A4, build.B4, build.TCP, len(body)) + body)
    packet = parse(build.ipv4(build.put16(body, 6, 0xFFFF - value)), "ipv4", verify=True)
    assert packet.checksum_status == BAD


def test_nothing_is_verified_unasked(parse, build):
    for frame in (build.tcp4(b"x"), build.udp4(b"x"), build.tcp6(b"x"), build.udp6(b"x")):
        packet = parse(frame, "raw")
        assert packet.checksum_status == UNVERIFIED
        assert packet.ip_checksum_status == (UNVERIFIED if packet.version == 4 else ABSENT)
    assert parse(build.arp(), "raw").checksum_status == ABSENT


def test_checksum_as_it_stands_there(parse, build):
    for value in (0, 1, 0xFFFF, 0xBEEF):
        for body, protocol in [(build.tcp, 6), (build.udp, 17), (build.icmp, 1)]:
            packet = parse(build.ipv4(body(checksum=value), protocol), "ipv4")
            assert packet.checksum == value


def test_udp_checksum_zero(parse, build):
    packet = parse(build.ipv4(build.udp(b"x", checksum=0)), "ipv4", verify=True)
    assert (packet.checksum_status, faults(packet)) == (ABSENT, 0)
    packet = parse(build.ipv6(build.udp(b"x", checksum=0)), "ipv6", verify=True)
    assert (packet.checksum_status, faults(packet)) == (BAD, Status.BAD_CHECKSUM)


def zero_sum(build, protocol):
    """A segment whose sum with its pseudo-header is 0xFFFF: what is computed for it is 0."""
    make = {6: build.tcp, 17: build.udp}[protocol]
    for word in range(0x10000):
        body = make(word.to_bytes(2, "big"), checksum=0)
        if build.total(build.pseudo(build.A4, build.B4, protocol, len(body)) + body) == 0xFFFF:
            return body
    raise AssertionError


def test_computed_zero_is_sent_as_ones_by_udp_only(parse, build):
    body = zero_sum(build, 17)
    packet = parse(build.ipv4(build.put16(body, 6, 0xFFFF)), "ipv4", verify=True)
    assert packet.checksum_status == GOOD
    body = zero_sum(build, 6)
    for stored in (0, 0xFFFF):  # verified by "folds to 0xFFFF" both are right
        packet = parse(build.ipv4(build.put16(body, 16, stored), 6), "ipv4", verify=True)
        assert packet.checksum_status == GOOD


def test_sum_of_zeros_is_no_good_sum(parse, build):
    # All zero but for what the header must have: a sum that is 0xFFFF only by wrapping.
    packet = parse(build.ipv4(bytes(8), 1), "ipv4", verify=True)
    assert packet.checksum_status == BAD


@pytest.mark.parametrize("checksum", [0, 0xFFFF, 0x1234])
def test_ip_checksum_is_told_apart_from_the_other(parse, build, checksum):
    segment = build.seal(build.tcp(b"x", checksum=0), 6, build.A4, build.B4)
    packet = parse(build.ipv4(segment, 6, checksum=checksum), "ipv4", verify=True)
    assert (packet.ip_checksum_status, packet.checksum_status) == (BAD, GOOD)
    assert faults(packet) == Status.BAD_IP_CHECKSUM
    assert packet.sport == 1025  # decoding went on


def test_ip_checksum_covers_the_options(parse, build):
    datagram = build.ipv4(build.udp(b"x", checksum=0), options=b"\x94\x04\0\0")
    assert parse(datagram, "ipv4", verify=True).ip_checksum_status == GOOD
    wrong = datagram[:23] + b"\1" + datagram[24:]
    assert parse(wrong, "ipv4", verify=True).ip_checksum_status == BAD
    assert parse(datagram[:22], "ipv4", verify=True).ip_checksum_status == UNVERIFIED


def test_what_was_cut_is_not_verified(parse, build):
    for datagram in (
        build.tcp4(b"data"),
        build.udp4(b"data"),
        build.tcp6(b"data"),
        build.udp6(b"data"),
    ):
        packet = parse(datagram[:-1], "raw", verify=True)
        assert packet.checksum_status == UNVERIFIED
        assert faults(packet) == Status.CUT


def test_segments_from_before_segmentation_are_not_verified(parse, build):
    # Length 0: the network card was to segment them and to complete their checksums.
    body = build.tcp(bytes([7]) * 70_001, checksum=0)
    packet = parse(build.ipv6(body, 6, payload_length=0), "ipv6", verify=True)
    assert (packet.checksum_status, faults(packet)) == (UNVERIFIED, 0)
    packet = parse(build.ipv4(body, 6, total_length=0), "ipv4", verify=True)
    assert (packet.checksum_status, faults(packet)) == (UNVERIFIED, 0)
    assert packet.ip_checksum_status == GOOD


def test_a_partial_sum_is_bad_not_corrupt(parse, build):
    # What checksum offload leaves in outgoing packets: the sum of the pseudo-header.
    body = build.tcp(b"payload", checksum=0)
    partial = build.total(build.pseudo(build.A4, build.B4, build.TCP, len(body)))
    packet = parse(build.ipv4(build.put16(body, 16, partial), 6), "ipv4", verify=True)
    assert (packet.checksum_status, faults(packet)) == (BAD, Status.BAD_CHECKSUM)
    assert (packet.sport, packet.payload) == (1025, b"payload")


def test_sum_of_a_large_segment(parse, build):
    # A 32-bit sum of words overflows past 128 kB.
    body = build.seal(build.tcp(b"\xff" * 300_001, checksum=0), 6, build.A6, build.B6)
    head = build.options6(build.TCP, build.jumbo(len(body) + 8))
    for segment, status in [(body, GOOD), (body[:-1] + b"\0", BAD)]:
        packet = parse(build.ipv6(head + segment, 0, payload_length=0), "ipv6", verify=True)
        assert packet.checksum_status == status


@pytest.mark.parametrize("kind", [0, 2])
def test_routing_header_puts_the_final_hop_in_the_pseudo_header(parse, build, kind):
    for left, hops in [(1, 1), (1, 3), (3, 3), (0, 3), (0, 1)]:
        route = [build.C6, build.B6, build.D6][-hops:]
        final = route[-1] if left else build.B6
        body = build.seal(build.udp(b"x", checksum=0), build.UDP, build.A6, final)
        datagram = build.ipv6(build.routing(build.UDP, kind, left, *route) + body, build.ROUTING)
        packet = parse(datagram, "ipv6", verify=True)
        assert packet.checksum_status == GOOD, (left, hops)
        assert packet.dst == build.B6


def test_segment_routing_puts_the_first_segment_in_the_pseudo_header(parse, build):
    for left in (0, 1, 2):
        final = build.D6 if left else build.B6
        body = build.seal(build.tcp(b"x", checksum=0), build.TCP, build.A6, final)
        header = build.segment_routing(build.TCP, left, build.D6, build.C6, build.B6)
        packet = parse(build.ipv6(header + body, build.ROUTING), "ipv6", verify=True)
        assert packet.checksum_status == GOOD


def test_routing_header_of_an_unknown_kind_leaves_it_unverified(parse, build):
    body = build.seal(build.udp(b"x", checksum=0), build.UDP, build.A6, build.D6)
    datagram = build.ipv6(build.routing(build.UDP, 253, 1, build.D6) + body, build.ROUTING)
    assert parse(datagram, "ipv6", verify=True).checksum_status == UNVERIFIED
    body = build.seal(build.udp(b"x", checksum=0), build.UDP, build.A6, build.B6)
    datagram = build.ipv6(build.routing(build.UDP, 253, 0, build.D6) + body, build.ROUTING)
    assert parse(datagram, "ipv6", verify=True).checksum_status == GOOD


def test_home_address_replaces_the_source(parse, build):
    body = build.seal(build.tcp(b"x", checksum=0), build.TCP, build.D6, build.B6)
    header = build.options6(build.TCP, b"\1\2\0\0", build.home_address(build.D6))
    packet = parse(build.ipv6(header + body, build.DESTINATION), "ipv6", verify=True)
    assert packet.checksum_status == GOOD
    assert packet.src == build.A6


def test_home_address_and_routing_header_together(parse, build):
    body = build.seal(build.udp(b"x", checksum=0), build.UDP, build.D6, build.C6)
    home = build.options6(build.UDP, b"\1\2\0\0", build.home_address(build.D6))
    route = build.routing(build.DESTINATION, 2, 1, build.C6)
    packet = parse(build.ipv6(route + home + body, build.ROUTING), "ipv6", verify=True)
    assert packet.checksum_status == GOOD


@pytest.mark.parametrize("kind", [0x83, 0x89])
def test_ipv4_source_route_puts_the_last_hop_in_the_pseudo_header(parse, build, kind):
    for pointer, final in [(4, build.C4), (8, build.B4)]:  # 8: the route is used up
        option = bytes([kind, 7, pointer]) + build.C4 + b"\0"
        body = build.seal(build.tcp(b"x", checksum=0), build.TCP, build.A4, final)
        packet = parse(build.ipv4(body, build.TCP, options=option), "ipv4", verify=True)
        assert packet.checksum_status == GOOD
        assert packet.dst == build.B4
        assert bool(packet.status & Status.SOURCE_ROUTE) == (pointer == 4)


def test_udp_length_in_the_pseudo_header(parse, build):
    # The one in the UDP header, as receivers take it; what follows is not covered.
    for ip, ends, link in [(build.ipv4, (build.A4, build.B4), "ipv4"),
                           (build.ipv6, (build.A6, build.B6), "ipv6")]:  # fmt: skip
        segment = build.seal(build.udp(b"abc", checksum=0), build.UDP, *ends) + b"surplus"
        assert parse(ip(segment), link, verify=True).checksum_status == GOOD


def test_ports_don_t_matter_for_pieces(parse, build):
    datagram = build.ipv4(build.udp(b"x", checksum=1), fragment=build.MORE)
    packet = parse(datagram, "ipv4", verify=True)
    assert (packet.checksum_status, packet.checksum) == (UNVERIFIED, 1)


def test_udp_lite_covers_what_its_length_field_says(parse, build):
    # RFC 3828: coverage in the place of the length, 0 for everything.
    body = build.udp(b"covered, not covered", checksum=0)
    for coverage in (0, 8, 17, len(body)):
        covered = body[: coverage or len(body)]
        blank = build.put16(build.put16(body, 4, coverage), 6, 0)
        head = build.pseudo(build.A4, build.B4, 136, len(body))
        value = 0xFFFF - build.total(head + blank[: len(covered)])
        packet = parse(build.ipv4(build.put16(blank, 6, value or 0xFFFF), 136), "ipv4", verify=True)
        assert packet.checksum_status in (GOOD, UNVERIFIED)
        assert (packet.sport, packet.dport) == (1025, 53)


def test_sctp_has_a_crc_instead(parse, build):
    # RFC 9260, appendix A, by bits: the polynomial reversed, the value least byte first.
    def crc32c(data):
        value = 0xFFFFFFFF
        for byte in data:
            value ^= byte
            for _ in range(8):
                value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        return value ^ 0xFFFFFFFF

    blank = build.sctp(chunks=b"\1\0\0\x14" + bytes(16), checksum=0)
    good = blank[:8] + struct.pack("<I", crc32c(blank)) + blank[12:]
    for ip, link in [(build.ipv4, "ipv4"), (build.ipv6, "ipv6")]:
        packet = parse(ip(good, build.SCTP), link, verify=True)
        assert (packet.sport, packet.dport, packet.checksum_status) == (5000, 5001, GOOD)
        packet = parse(ip(good[:-1] + b"\1", build.SCTP), link, verify=True)
        assert packet.checksum_status == BAD
        assert parse(ip(good, build.SCTP)[:-1], link, verify=True).checksum_status == UNVERIFIED


def test_strict_refuses_bad_sums_only_where_it_verifies(parse, build):
    wrong = build.ipv4(build.tcp(checksum=1), 6)
    parse(wrong, "ipv4", strict=True)
    with pytest.raises(ValueError, match="BAD_CHECKSUM"):
        parse(wrong, "ipv4", strict=True, verify=True)


def test_every_status_over_every_protocol(parse, build):
    """Wherever a protocol has no checksum, it says so with and without verification."""
    for protocol, verify in itertools.product([2, 47, 50, 89, 103, 255], [False, True]):
        packet = parse(build.ipv4(bytes(40), protocol), "ipv4", verify=verify)
        assert packet.checksum_status == ABSENT
        assert packet.checksum is None
