"""The chain of IPv6 extension headers: its kinds, its ends, and how a break is reported."""

import pytest

from fastsock.packet.fields import FAULTS, Status


def faults(packet):
    return Status(packet.status & FAULTS)


def frame6(build, body, next_header, **fields):
    return build.ethernet(build.ipv6(body, next_header, **fields), build.IPV6)


def padded(build, count):
    """An options header of `count` times 8 bytes, to stand before UDP."""
    return lambda follows: bytes([follows, count - 1, 1, 8 * count - 4]) + bytes(8 * count - 4)


def test_length_is_counted_in_words_of_eight_bytes_less_one(parse, build):
    for kind in (build.HOP_BY_HOP, build.DESTINATION):
        for count in (1, 2, 31):
            packet = parse(
                frame6(build, padded(build, count)(17) + build.udp(b"x", checksum=0), kind)
            )
            assert faults(packet) == 0
            assert (packet.l4_offset, packet.protocol, packet.sport) == (54 + 8 * count, 17, 1025)


@pytest.mark.parametrize("kind", [135, 139, 140, 43])
def test_mobility_hip_shim6_and_routing_are_walked_alike(parse, build, kind):
    header = bytes([build.UDP, 1]) + bytes(14)
    packet = parse(frame6(build, header + build.udp(b"x", checksum=0), kind))
    assert faults(packet) == 0
    assert (packet.protocol, packet.sport, packet.payload) == (build.UDP, 1025, b"x")
    assert packet.l4_offset == 70


def test_mobility_without_a_payload_ends_the_chain(parse, build):
    # RFC 6275: a Mobility header's next header is 59.
    packet = parse(frame6(build, bytes([build.NO_NEXT, 0]) + bytes(6), 135))
    assert faults(packet) == 0
    assert packet.status & Status.NO_NEXT_HEADER


@pytest.mark.parametrize("icv", [0, 4, 12, 20])
def test_authentication_header_counts_words_of_four_bytes_less_two(parse, build, icv):
    header = build.authentication(build.TCP, bytes(icv))
    for ip, kind in [(build.ipv4, build.IPV4), (build.ipv6, build.IPV6)]:
        packet = parse(build.ethernet(ip(header + build.tcp(b"x", checksum=0), build.AH), kind))
        assert faults(packet) == 0
        assert (packet.protocol, packet.sport, packet.payload) == (build.TCP, 1025, b"x")


def test_authentication_header_of_length_zero(parse, build):
    # 8 bytes, less than its own fixed part, but some senders write that: the chain goes on there.
    header = build.authentication(build.TCP, length=0)[:8]
    packet = parse(frame6(build, header + build.tcp(b"x", checksum=0), build.AH))
    assert faults(packet) == 0
    assert (packet.l4_offset, packet.sport, packet.payload) == (62, 1025, b"x")


def test_authentication_header_beyond_the_datagram(parse, build):
    header = build.authentication(build.TCP, length=255)
    packet = parse(frame6(build, header + build.tcp(b"x", checksum=0), build.AH))
    assert faults(packet)
    assert packet.sport is None
    assert packet.src == build.A6


def test_esp_ends_the_chain(parse, build):
    for ip, kind in [(build.ipv4, build.IPV4), (build.ipv6, build.IPV6)]:
        packet = parse(build.ethernet(ip(bytes(24), build.ESP), kind))
        assert faults(packet) == 0
        assert packet.status & Status.ENCRYPTED
        assert (packet.limited_by, packet.protocol) == ("esp", build.ESP)
        assert (packet.sport, packet.payload_length) == (None, 24)


def test_esp_behind_other_headers(parse, build):
    body = build.options6(build.AH, b"") + build.authentication(build.ESP) + bytes(16)
    packet = parse(frame6(build, body, build.DESTINATION))
    assert packet.status & Status.ENCRYPTED
    assert packet.payload_length == 16


def test_no_next_header_ends_the_chain(parse, build):
    packet = parse(frame6(build, b"trailing bytes", build.NO_NEXT))
    assert faults(packet) == 0
    assert packet.status & Status.NO_NEXT_HEADER
    assert packet.protocol == build.NO_NEXT
    assert packet.sport is None


def test_no_next_header_behind_another(parse, build):
    packet = parse(frame6(build, build.options6(build.NO_NEXT, b""), build.DESTINATION))
    assert packet.status & Status.NO_NEXT_HEADER
    assert faults(packet) == 0


def test_unknown_next_header_is_left_alone(parse, build):
    packet = parse(frame6(build, b"something", 253))
    assert faults(packet) == 0
    assert packet.status & Status.UNDECODED
    assert (packet.limited_by, packet.protocol) == ("ipv6.next_header", 253)
    assert packet.payload == b"something"
    assert packet.l4_offset == packet.payload_offset == 54


def test_any_order_and_repeats_are_walked(parse, build):
    body = build.udp(b"x", checksum=0)
    follows = build.UDP
    for kind in [60, 43, 60, 51, 60, 43, 135, 60]:
        header = build.authentication(follows) if kind == 51 else bytes([follows, 0]) + bytes(6)
        body, follows = header + body, kind
    packet = parse(frame6(build, body, follows))
    assert faults(packet) == 0
    assert (packet.protocol, packet.sport, packet.payload) == (build.UDP, 1025, b"x")


def test_hop_by_hop_options_only_come_first(parse, build):
    # RFC 8200, 4.1: elsewhere next header 0 is not recognised.
    body = (
        build.options6(build.HOP_BY_HOP, b"")
        + build.options6(build.UDP, b"")
        + build.udp(b"x", checksum=0)
    )
    packet = parse(frame6(build, body, build.DESTINATION))
    assert packet.sport is None
    assert packet.limited_by in ("ipv6.next_header", "ipv6.extension")


def test_hops_are_counted(parse, build):
    def chain(count):
        body = build.udp(b"x", checksum=0)
        for number in range(count):
            body = build.options6(build.UDP if number == 0 else build.DESTINATION, b"") + body
        return parse(frame6(build, body, build.DESTINATION))

    packet = chain(16)
    assert faults(packet) == 0
    assert packet.sport == 1025
    for count in (17, 18, 100, 8000):
        packet = chain(count)
        assert faults(packet) == Status.TOO_MANY_HEADERS
        assert packet.limited_by == "ipv6.extension_count"
        assert (packet.src, packet.sport, packet.protocol) == (build.A6, None, build.DESTINATION)


def test_a_cut_anywhere_names_the_last_known_next_header(parse, build):
    first, second = build.options6(build.ROUTING, b""), build.routing(build.UDP, 0, 0, build.C6)
    datagram = build.ipv6(first + second + build.udp(b"x", checksum=0), build.HOP_BY_HOP)
    for size in range(40, 40 + len(first)):
        packet = parse(datagram[:size], "ipv6")
        assert faults(packet) == Status.HEADER_CUT | Status.CUT
        assert (packet.protocol, packet.limited_by) == (build.HOP_BY_HOP, "ipv6.extension")
    for size in range(40 + len(first), 40 + len(first + second)):
        packet = parse(datagram[:size], "ipv6")
        assert faults(packet) == Status.HEADER_CUT | Status.CUT
        assert (packet.protocol, packet.limited_by) == (build.ROUTING, "ipv6.extension")
    for size in range(40 + len(first + second), len(datagram) - 1):
        packet = parse(datagram[:size], "ipv6")
        assert faults(packet) == Status.HEADER_CUT | Status.CUT
        assert (packet.protocol, packet.limited_by) == (build.UDP, "transport.header")


def test_header_that_is_longer_than_the_datagram(parse, build):
    body = bytes([build.UDP, 255]) + bytes(6) + build.udp(b"x", checksum=0)
    packet = parse(frame6(build, body, build.DESTINATION) + bytes(4000))
    assert faults(packet)
    assert packet.limited_by == "ipv6.extension"
    assert packet.sport is None


# --- options


@pytest.mark.parametrize("length", [0, 1])
def test_options_of_length_zero_and_one_are_no_fault_in_ipv6(parse, build, length):
    # The length does not count kind and length here: zero is allowed.
    packet = parse(frame6(build, build.options6(17, b"\x1e" + bytes([length]) + bytes(length))
                          + build.udp(b"x", checksum=0), build.HOP_BY_HOP))  # fmt: skip
    assert faults(packet) == 0
    assert packet.sport == 1025


@pytest.mark.parametrize("option", [b"\x1e\x05", b"\xc2\xff\0\1\0\0", b"\0\0\0\0\0\x1e", b"\1\x70"])
def test_hop_by_hop_option_beyond_its_header(parse, build, option):
    header = bytes([build.UDP, 0]) + option.ljust(6, b"\0")
    packet = parse(frame6(build, header + build.udp(b"x", checksum=0), build.HOP_BY_HOP))
    assert Status.BAD_OPTION in faults(packet)
    assert packet.limited_by == "ipv6.options"


@pytest.mark.parametrize("length", [0, 3, 5])
def test_jumbo_option_of_another_size(parse, build, length):
    option = b"\xc2" + bytes([length]) + (70_000).to_bytes(4, "big").ljust(length, b"\0")[:length]
    body = build.options6(build.TCP, option) + build.tcp(b"x", checksum=0)
    packet = parse(frame6(build, body, build.HOP_BY_HOP, payload_length=0))
    assert faults(packet) == Status.BAD_OPTION
    assert packet.status & Status.LENGTH_FROM_WIRE


def test_routing_header_changes_what_dst_means(parse, build):
    for left, route in [(0, 0), (1, Status.SOURCE_ROUTE), (2, Status.SOURCE_ROUTE)]:
        body = build.routing(build.UDP, 0, left, build.C6, build.D6) + build.udp(b"x", checksum=0)
        packet = parse(frame6(build, body, build.ROUTING))
        assert packet.status & Status.SOURCE_ROUTE == route
        assert (packet.src, packet.dst) == (build.A6, build.B6)  # as they stand in the header


# --- fields


@pytest.mark.parametrize("label", [0, 1, 0xFFFFF])
@pytest.mark.parametrize("traffic_class", [0, 1, 0xB8, 0xFF])
def test_first_word(parse, build, label, traffic_class):
    packet = parse(
        build.ipv6(build.udp(checksum=0), traffic_class=traffic_class, flow_label=label), "ipv6"
    )
    assert (packet.version, packet.tos, packet.flow_label) == (6, traffic_class, label)


def test_fields_that_ipv6_has_not(parse, build):
    packet = parse(build.ipv6(build.udp(checksum=0), hop_limit=3), "ipv6")
    assert packet.ttl == 3
    assert packet.identification is None
    assert packet.ip_checksum_status == 3
    assert packet.fragment_offset in (None, 0)
