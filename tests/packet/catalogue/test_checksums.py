"""What verification says of a packet: good, bad, unverified, or absent."""

import itertools
import struct

import pytest

from fastsock.packet.fields import FAULTS, ChecksumStatus, Status

BAD, GOOD, UNVERIFIED, ABSENT = ChecksumStatus


def faults(packet):
    return Status(packet.status & FAULTS)


def segments(wire):
    return {
        wire.TCP: wire.tcp(b"odd"),
        wire.UDP: wire.udp(b"odd"),
        33: wire.udp(b"0123456789"),  # DCCP has its checksum there, too
    }


@pytest.mark.parametrize("protocol", [6, 17, 1])
@pytest.mark.parametrize("length", [0, 1, 2, 3, 63, 64, 65, 1459, 1460])
def test_ipv4(parse, wire, protocol, length):
    body = {6: wire.tcp, 17: wire.udp, 1: wire.icmp}[protocol](payload=bytes(range(256)) * 6)
    head = len(body) - 1536
    body = body[: head + length]
    if protocol == 17:
        body = wire.put16(body, 4, len(body))
    ends = () if protocol == 1 else (wire.A4, wire.B4)
    good = wire.ipv4(wire.seal(body, protocol, *ends), protocol)
    packet = parse(wire.ethernet(good + b"\xff\xff\xff"), verify=True)
    assert (packet.ip_checksum_status, packet.checksum_status) == (GOOD, GOOD)
    assert faults(packet) == 0
    for position in {12, 15, 20, 21, len(good) - 1}:  # each in what either sum covers
        wrong = good[:position] + bytes([good[position] ^ 0x10]) + good[position + 1 :]
        packet = parse(wire.ethernet(wrong), verify=True)
        if position < 20:
            assert packet.status & Status.BAD_IP_CHECKSUM
            assert packet.ip_checksum_status == BAD
        if protocol != 1 or position >= 20:
            assert packet.checksum_status == BAD
            assert packet.status & Status.BAD_CHECKSUM


@pytest.mark.parametrize("protocol", [6, 17, 58])
@pytest.mark.parametrize("length", [0, 1, 2, 63, 64, 1459])
def test_ipv6(parse, wire, protocol, length):
    body = {6: wire.tcp, 17: wire.udp, 58: wire.icmp}[protocol](payload=bytes([0xA5]) * length)
    good = wire.ipv6(wire.seal(body, protocol, wire.A6, wire.B6), protocol)
    packet = parse(wire.ethernet(good + b"\xff", wire.IPV6), verify=True)
    assert (packet.ip_checksum_status, packet.checksum_status) == (ABSENT, GOOD)
    wrong = good[:-1] + bytes([good[-1] ^ 1])
    packet = parse(wire.ethernet(wrong, wire.IPV6), verify=True)
    assert packet.checksum_status == BAD
    assert packet.status & Status.BAD_CHECKSUM
    # ICMPv6 has a pseudo-header, ICMP has none.
    wrong = wire.ipv6(wire.seal(body, protocol, wire.A6, wire.C6), protocol)
    assert parse(wrong, "ipv6", verify=True).checksum_status == BAD


def test_the_wrong_protocol_in_the_pseudo_header(parse, wire):
    body = wire.put16(wire.udp(b"x"), 6, 0)
    value = wire.total(wire.pseudo(wire.A4, wire.B4, wire.TCP, len(body)) + body)
    packet = parse(wire.ipv4(wire.put16(body, 6, 0xFFFF - value)), "ipv4", verify=True)
    assert packet.checksum_status == BAD


def test_nothing_is_verified_unasked(parse, wire):
    for frame in (wire.tcp4(b"x"), wire.udp4(b"x"), wire.tcp6(b"x"), wire.udp6(b"x")):
        packet = parse(frame, "raw")
        assert packet.checksum_status == UNVERIFIED
        assert packet.ip_checksum_status == (UNVERIFIED if packet.version == 4 else ABSENT)
    assert parse(wire.arp(), "raw").checksum_status == ABSENT


def test_checksum_as_it_stands_there(parse, wire):
    for value in (0, 1, 0xFFFF, 0xBEEF):
        for body, protocol in [(wire.tcp, 6), (wire.udp, 17), (wire.icmp, 1)]:
            packet = parse(wire.ipv4(body(checksum=value), protocol), "ipv4")
            assert packet.checksum == value


def test_udp_checksum_zero(parse, wire):
    packet = parse(wire.ipv4(wire.udp(b"x")), "ipv4", verify=True)
    assert (packet.checksum_status, faults(packet)) == (ABSENT, 0)
    packet = parse(wire.ipv6(wire.udp(b"x")), "ipv6", verify=True)
    assert (packet.checksum_status, faults(packet)) == (BAD, Status.BAD_CHECKSUM)


def zero_sum(wire, protocol):
    """A segment whose sum with its pseudo-header is 0xFFFF: what is computed for it is 0."""
    make = {6: wire.tcp, 17: wire.udp}[protocol]
    for word in range(0x10000):
        body = make(word.to_bytes(2, "big"))
        if wire.total(wire.pseudo(wire.A4, wire.B4, protocol, len(body)) + body) == 0xFFFF:
            return body
    raise AssertionError


def test_computed_zero_is_sent_as_ones_by_udp_only(parse, wire):
    body = zero_sum(wire, 17)
    packet = parse(wire.ipv4(wire.put16(body, 6, 0xFFFF)), "ipv4", verify=True)
    assert packet.checksum_status == GOOD
    body = zero_sum(wire, 6)
    for stored in (0, 0xFFFF):  # verified by "folds to 0xFFFF" both are right
        packet = parse(wire.ipv4(wire.put16(body, 16, stored), 6), "ipv4", verify=True)
        assert packet.checksum_status == GOOD


def test_sum_of_zeros_is_no_good_sum(parse, wire):
    # All zero but for what the header must have: a sum that is 0xFFFF only by wrapping.
    packet = parse(wire.ipv4(bytes(8), 1), "ipv4", verify=True)
    assert packet.checksum_status == BAD


@pytest.mark.parametrize("checksum", [0, 0xFFFF, 0x1234])
def test_ip_checksum_is_told_apart_from_the_other(parse, wire, checksum):
    segment = wire.seal(wire.tcp(b"x"), 6, wire.A4, wire.B4)
    packet = parse(wire.ipv4(segment, 6, checksum=checksum), "ipv4", verify=True)
    assert (packet.ip_checksum_status, packet.checksum_status) == (BAD, GOOD)
    assert faults(packet) == Status.BAD_IP_CHECKSUM
    assert packet.sport == 1025  # decoding went on


def test_ip_checksum_covers_the_options(parse, wire):
    datagram = wire.ipv4(wire.udp(b"x"), options=b"\x94\x04\0\0")
    assert parse(datagram, "ipv4", verify=True).ip_checksum_status == GOOD
    wrong = datagram[:23] + b"\1" + datagram[24:]
    assert parse(wrong, "ipv4", verify=True).ip_checksum_status == BAD
    assert parse(datagram[:22], "ipv4", verify=True).ip_checksum_status == UNVERIFIED


def test_what_was_cut_is_not_verified(parse, wire):
    for datagram in (
        wire.tcp4(b"data"),
        wire.udp4(b"data"),
        wire.tcp6(b"data"),
        wire.udp6(b"data"),
    ):
        packet = parse(datagram[:-1], "raw", verify=True)
        assert packet.checksum_status == UNVERIFIED
        assert faults(packet) == Status.CUT


def test_segments_from_before_segmentation_are_not_verified(parse, wire):
    # Length 0: the network card was to segment them and to complete their checksums.
    body = wire.tcp(bytes([7]) * 70_001)
    packet = parse(wire.ipv6(body, 6, payload_length=0), "ipv6", verify=True)
    assert (packet.checksum_status, faults(packet)) == (UNVERIFIED, 0)
    packet = parse(wire.ipv4(body, 6, total_length=0), "ipv4", verify=True)
    assert (packet.checksum_status, faults(packet)) == (UNVERIFIED, 0)
    assert packet.ip_checksum_status == GOOD


def test_a_partial_sum_is_bad_not_corrupt(parse, wire):
    # What checksum offload leaves in outgoing packets: the sum of the pseudo-header.
    body = wire.tcp(b"payload")
    partial = wire.total(wire.pseudo(wire.A4, wire.B4, wire.TCP, len(body)))
    packet = parse(wire.ipv4(wire.put16(body, 16, partial), 6), "ipv4", verify=True)
    assert (packet.checksum_status, faults(packet)) == (BAD, Status.BAD_CHECKSUM)
    assert (packet.sport, packet.payload) == (1025, b"payload")


def test_sum_of_a_large_segment(parse, wire):
    # A 32-bit sum of words overflows past 128 kB.
    body = wire.seal(wire.tcp(b"\xff" * 300_001), 6, wire.A6, wire.B6)
    head = wire.options6(wire.TCP, wire.jumbo(len(body) + 8))
    for segment, status in [(body, GOOD), (body[:-1] + b"\0", BAD)]:
        packet = parse(wire.ipv6(head + segment, 0, payload_length=0), "ipv6", verify=True)
        assert packet.checksum_status == status


@pytest.mark.parametrize("kind", [0, 2])
def test_routing_header_puts_the_final_hop_in_the_pseudo_header(parse, wire, kind):
    for left, hops in [(1, 1), (1, 3), (3, 3), (0, 3), (0, 1)]:
        route = [wire.C6, wire.B6, wire.D6][-hops:]
        final = route[-1] if left else wire.B6
        body = wire.seal(wire.udp(b"x"), wire.UDP, wire.A6, final)
        datagram = wire.ipv6(wire.routing(wire.UDP, kind, left, *route) + body, wire.ROUTING)
        packet = parse(datagram, "ipv6", verify=True)
        assert packet.checksum_status == GOOD, (left, hops)
        assert packet.dst == wire.B6


def test_segment_routing_puts_the_first_segment_in_the_pseudo_header(parse, wire):
    for left in (0, 1, 2):
        final = wire.D6 if left else wire.B6
        body = wire.seal(wire.tcp(b"x"), wire.TCP, wire.A6, final)
        header = wire.segment_routing(wire.TCP, left, wire.D6, wire.C6, wire.B6)
        packet = parse(wire.ipv6(header + body, wire.ROUTING), "ipv6", verify=True)
        assert packet.checksum_status == GOOD


def test_routing_header_of_an_unknown_kind_leaves_it_unverified(parse, wire):
    body = wire.seal(wire.udp(b"x"), wire.UDP, wire.A6, wire.D6)
    datagram = wire.ipv6(wire.routing(wire.UDP, 253, 1, wire.D6) + body, wire.ROUTING)
    assert parse(datagram, "ipv6", verify=True).checksum_status == UNVERIFIED
    body = wire.seal(wire.udp(b"x"), wire.UDP, wire.A6, wire.B6)
    datagram = wire.ipv6(wire.routing(wire.UDP, 253, 0, wire.D6) + body, wire.ROUTING)
    assert parse(datagram, "ipv6", verify=True).checksum_status == GOOD


def test_home_address_replaces_the_source(parse, wire):
    body = wire.seal(wire.tcp(b"x"), wire.TCP, wire.D6, wire.B6)
    header = wire.options6(wire.TCP, b"\1\2\0\0", wire.home_address(wire.D6))
    packet = parse(wire.ipv6(header + body, wire.DESTINATION), "ipv6", verify=True)
    assert packet.checksum_status == GOOD
    assert packet.src == wire.A6


def test_home_address_and_routing_header_together(parse, wire):
    body = wire.seal(wire.udp(b"x"), wire.UDP, wire.D6, wire.C6)
    home = wire.options6(wire.UDP, b"\1\2\0\0", wire.home_address(wire.D6))
    route = wire.routing(wire.DESTINATION, 2, 1, wire.C6)
    packet = parse(wire.ipv6(route + home + body, wire.ROUTING), "ipv6", verify=True)
    assert packet.checksum_status == GOOD


@pytest.mark.parametrize("kind", [0x83, 0x89])
def test_ipv4_source_route_puts_the_last_hop_in_the_pseudo_header(parse, wire, kind):
    for pointer, final in [(4, wire.C4), (8, wire.B4)]:  # 8: the route is used up
        option = bytes([kind, 7, pointer]) + wire.C4 + b"\0"
        body = wire.seal(wire.tcp(b"x"), wire.TCP, wire.A4, final)
        packet = parse(wire.ipv4(body, wire.TCP, options=option), "ipv4", verify=True)
        assert packet.checksum_status == GOOD
        assert packet.dst == wire.B4
        assert bool(packet.status & Status.SOURCE_ROUTE) == (pointer == 4)


def test_udp_length_in_the_pseudo_header(parse, wire):
    # The one in the UDP header, as receivers take it; what follows is not covered.
    for ip, ends, link in [(wire.ipv4, (wire.A4, wire.B4), "ipv4"),
                           (wire.ipv6, (wire.A6, wire.B6), "ipv6")]:  # fmt: skip
        segment = wire.seal(wire.udp(b"abc"), wire.UDP, *ends) + b"surplus"
        assert parse(ip(segment), link, verify=True).checksum_status == GOOD


def test_ports_don_t_matter_for_pieces(parse, wire):
    datagram = wire.ipv4(wire.udp(b"x", checksum=1), fragment=wire.MORE)
    packet = parse(datagram, "ipv4", verify=True)
    assert (packet.checksum_status, packet.checksum) == (UNVERIFIED, 1)


def test_udp_lite_covers_what_its_length_field_says(parse, wire):
    # RFC 3828: coverage in the place of the length, 0 for everything.
    body = wire.udp(b"covered, not covered")
    for coverage in (0, 8, 17, len(body)):
        covered = body[: coverage or len(body)]
        blank = wire.put16(wire.put16(body, 4, coverage), 6, 0)
        head = wire.pseudo(wire.A4, wire.B4, 136, len(body))
        value = 0xFFFF - wire.total(head + blank[: len(covered)])
        packet = parse(wire.ipv4(wire.put16(blank, 6, value or 0xFFFF), 136), "ipv4", verify=True)
        assert packet.checksum_status in (GOOD, UNVERIFIED)
        assert (packet.sport, packet.dport) == (1025, 53)


def test_sctp_has_a_crc_instead(parse, wire):
    # RFC 9260, appendix A, by bits: the polynomial reversed, the value least byte first.
    def crc32c(data):
        value = 0xFFFFFFFF
        for byte in data:
            value ^= byte
            for _ in range(8):
                value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        return value ^ 0xFFFFFFFF

    blank = wire.sctp(chunks=b"\1\0\0\x14" + bytes(16))
    good = blank[:8] + struct.pack("<I", crc32c(blank)) + blank[12:]
    for ip, link in [(wire.ipv4, "ipv4"), (wire.ipv6, "ipv6")]:
        packet = parse(ip(good, wire.SCTP), link, verify=True)
        assert (packet.sport, packet.dport, packet.checksum_status) == (5000, 5001, GOOD)
        packet = parse(ip(good[:-1] + b"\1", wire.SCTP), link, verify=True)
        assert packet.checksum_status == BAD
        assert parse(ip(good, wire.SCTP)[:-1], link, verify=True).checksum_status == UNVERIFIED


def test_strict_refuses_bad_sums_only_where_it_verifies(parse, wire):
    wrong = wire.ipv4(wire.tcp(checksum=1), 6)
    parse(wrong, "ipv4", strict=True)
    with pytest.raises(ValueError, match="BAD_CHECKSUM"):
        parse(wrong, "ipv4", strict=True, verify=True)


def test_every_status_over_every_protocol(parse, wire):
    """Wherever a protocol has no checksum, it says so with and without verification."""
    for protocol, verify in itertools.product([2, 47, 50, 89, 103, 255], [False, True]):
        packet = parse(wire.ipv4(bytes(40), protocol), "ipv4", verify=verify)
        assert packet.checksum_status == ABSENT
        assert packet.checksum is None
