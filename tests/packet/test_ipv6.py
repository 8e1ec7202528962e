"""`parse_packet` on IPv6: lengths, the chain of extension headers, fragments, final addresses."""

import struct

import pytest

from fastsock.packet.fields import FAULTS, ChecksumStatus, Status

BAD, GOOD, UNVERIFIED, ABSENT = ChecksumStatus
HOP, ROUTING, FRAGMENT, ESP, AH, NONE, DESTINATION = 0, 43, 44, 50, 51, 59, 60
TCP, UDP, ICMPV6 = 6, 17, 58


@pytest.fixture
def parse(packet):
    def parse(data, *, verify=True, **options):
        found = packet.parse_packet(data, "ipv6", verify=verify, **options)
        assert found.payload_offset + found.payload_length <= len(data)
        return found

    return parse


@pytest.fixture
def segment(build):
    return build.udp(b"data", 5000, src=build.SRC6, dst=build.DST6)


def status(found):
    return Status(found.status)


DECODED = Status.TRANSPORT | Status.PORTS


# The chain.


@pytest.mark.parametrize("header", [HOP, ROUTING, AH, DESTINATION, 135, 139, 140])
@pytest.mark.parametrize("size", [8, 24])
def test_each_extension_header(parse, build, segment, header, size):
    body = bytes([1, size - 4]) + bytes(size - 4)  # one padding option, for those with options
    length = size // 4 - 2 if header == AH else size // 8 - 1
    if header == ROUTING:
        body = bytes(size - 2)
    found = parse(build.ipv6(bytes([UDP, length]) + body + segment, header))
    assert (status(found), found.protocol, found.dport) == (DECODED, UDP, 53)
    assert (found.l4_offset, found.checksum_status) == (40 + size, GOOD)


def test_headers_in_any_order_and_more_than_once(parse, build, segment):
    chain = build.options6(DESTINATION) + build.options6(135)
    chain += build.options6(DESTINATION) + build.options6(UDP)
    found = parse(build.ipv6(chain + segment, HOP))
    assert (found.dport, found.l4_offset, found.checksum_status) == (53, 72, GOOD)


def test_hop_by_hop_stands_first_or_is_unknown(parse, build, segment):
    chain = build.options6(HOP) + build.options6(UDP)
    found = parse(build.ipv6(chain + segment, DESTINATION))
    assert (status(found), found.limited_by) == (Status.UNDECODED, "ipv6.next_header")
    assert (found.protocol, found.payload_offset) == (0, 48)


def test_headers_are_counted(parse, build, segment):
    sixteen = build.options6(DESTINATION) * 15 + build.options6(UDP)
    assert parse(build.ipv6(sixteen + segment, DESTINATION)).dport == 53
    more = build.options6(DESTINATION) * 1000
    found = parse(build.ipv6(more, DESTINATION))
    assert (status(found), found.limited_by) == (Status.TOO_MANY_HEADERS, "ipv6.extension_count")
    assert (found.payload_offset, found.protocol) == (40 + 16 * 8, DESTINATION)


@pytest.mark.parametrize(
    ("header", "limit"), [(HOP, "ipv6.extension"), (FRAGMENT, "ipv6.extension"), (AH, "ah.length")]
)
@pytest.mark.parametrize("size", [0, 1, 7, 15])
def test_chain_that_is_cut(parse, build, header, limit, size):
    data = (bytes([UDP, 2 if header == AH else 1]) + bytes(14))[:size]
    found = parse(build.ipv6(data, header, payload_length=size or 99))
    if header == FRAGMENT and size == 15:
        assert status(found) & FAULTS == Status.HEADER_CUT, "the transport header is"
    else:
        bits = Status.HEADER_CUT if size else Status.HEADER_CUT | Status.CUT
        assert (status(found), found.limited_by) == (bits, limit)
        assert (found.protocol, found.payload_offset, found.l4_offset) == (header, 40, None)


def test_ah_in_ipv4(parse, packet, build):
    header = bytes([UDP, 4]) + bytes(22)
    found = packet.parse_packet(
        build.ipv4(header + build.udp(b"data", 5000), AH, identification=7), "ipv4", verify=True
    )
    assert (found.protocol, found.l4_offset, found.checksum_status) == (UDP, 44, GOOD)
    cut = packet.parse_packet(build.ipv4(header[:9], AH, identification=7), "ipv4")
    assert (status(cut), cut.limited_by) == (Status.HEADER_CUT, "ah.length")


def test_esp_ends_the_chain(parse, packet, build):
    for found in (
        parse(build.ipv6(build.options6(ESP) + bytes(40), HOP)),
        packet.parse_packet(build.ipv4(bytes(40), ESP, identification=7), "ipv4"),
    ):
        assert (status(found), found.limited_by, found.protocol) == (Status.ENCRYPTED, "esp", ESP)
        assert found.l4_offset == found.payload_offset
        assert found.payload_length == 40


def test_no_next_header(parse, packet, build):
    found = parse(build.ipv6(build.options6(NONE) + b"ignored", DESTINATION))
    assert (status(found), found.limited_by) == (Status.NO_NEXT_HEADER, "ipv6.next_header")
    assert (found.payload_offset, found.payload_length, found.l4_offset) == (48, 0, None)
    alone = parse(build.ipv6(b"", NONE) + bytes(6))
    assert status(alone) == Status.NO_NEXT_HEADER | Status.TRAILER
    in_ipv4 = packet.parse_packet(build.ipv4(b"data", NONE, identification=7), "ipv4")
    assert status(in_ipv4) == Status.UNDECODED


@pytest.mark.parametrize(
    "options",
    ["010400000000", "050200000000", "000000000000", "c10400000000", "010300000001"[:10] + "00"],
)
def test_good_options(parse, build, segment, options):
    chain = build.options6(UDP, bytes.fromhex(options))
    assert parse(build.ipv6(chain + segment, HOP)).complete


@pytest.mark.parametrize("options", ["010500000000", "01ff00000000", "000000000001"])
@pytest.mark.parametrize("header", [HOP, DESTINATION])
def test_bad_options(parse, build, segment, options, header):
    chain = build.options6(UDP, bytes.fromhex(options))
    found = parse(build.ipv6(chain + segment, header))
    assert status(found) == DECODED | Status.BAD_OPTION
    assert (found.limited_by, found.payload) == ("ipv6.options", b"data")
    # A home address might be in there.
    assert found.checksum_status == (UNVERIFIED if header == DESTINATION else GOOD)


# Which addresses the checksum covers.


@pytest.mark.parametrize("kind", [0, 2, 4])
def test_final_destination(parse, build, kind):
    hops = ["2001:db8::a"] if kind == 2 else ["2001:db8::a", "2001:db8::b", "2001:db8::c"]
    final = hops[0] if kind == 4 else hops[-1]
    segment = build.udp(b"data", 5000, src=build.SRC6, dst=final)
    header = build.routing(UDP, kind, 1, *hops)
    found = parse(build.ipv6(header + segment, ROUTING))
    assert status(found) == DECODED | Status.SOURCE_ROUTE
    assert (found.dst_address, found.checksum_status) == (build.DST6, GOOD)
    there = build.routing(UDP, kind, 0, *hops)
    found = parse(
        build.ipv6(there + build.udp(b"data", 5000, src=build.SRC6, dst=build.DST6), ROUTING)
    )
    assert (status(found), found.checksum_status) == (DECODED, GOOD)


@pytest.mark.parametrize(("kind", "left"), [(3, 1), (0, 2), (253, 1)])
def test_final_destination_that_can_not_be_told(parse, build, segment, kind, left):
    header = build.routing(UDP, kind, left, "2001:db8::a")
    found = parse(build.ipv6(header + segment, ROUTING))
    assert status(found) == DECODED | Status.SOURCE_ROUTE
    assert found.checksum_status == UNVERIFIED


def test_home_address(parse, build):
    home = "2001:db8::99"
    option = b"\xc9\x10" + build.packed(home) + b"\1\2\0\0"
    segment = build.udp(b"data", 5000, src=home, dst=build.DST6)
    found = parse(build.ipv6(build.options6(UDP, option) + segment, DESTINATION))
    assert (found.src_address, found.checksum_status) == (build.SRC6, GOOD)
    assert status(found) == DECODED
    in_hop = parse(build.ipv6(build.options6(UDP, option) + segment, HOP))
    assert in_hop.checksum_status == BAD, "only a destination option names it"
    short = build.options6(UDP, b"\xc9\x04" + bytes(4))
    found = parse(build.ipv6(short + segment, DESTINATION))
    assert (found.limited_by, found.checksum_status) == ("ipv6.options", UNVERIFIED)


# Fragments.


def test_atomic_fragment_is_a_whole(parse, build, segment):
    found = parse(build.ipv6(build.fragment6(UDP, identification=9) + segment, FRAGMENT))
    assert status(found) == DECODED | Status.ATOMIC_FRAGMENT
    assert (found.fragment, found.checksum_status, found.identification) == (False, GOOD, 9)
    assert (found.more_fragments, found.fragment_offset) == (False, 0)


def test_first_fragment_goes_on_along_the_chain(parse, build):
    piece = build.options6(UDP) + build.udp(bytes(99), 5000, src=build.SRC6, dst=build.DST6)[:32]
    found = parse(
        build.ipv6(build.fragment6(DESTINATION, more=1, identification=9) + piece, FRAGMENT)
    )
    assert status(found) == DECODED | Status.FRAGMENT
    assert (found.dport, found.checksum_status) == (53, UNVERIFIED)
    assert (found.payload_length, found.limited_by) == (24, "ipv6.payload_length")


@pytest.mark.parametrize("first", [False, True])
def test_later_fragment_ends_it_wherever_it_stands(parse, build, first):
    header = build.fragment6(UDP, offset=16, more=1, identification=1 << 31) + bytes(16)
    data = build.ipv6(header, FRAGMENT)
    if first:
        data = build.ipv6(build.options6(FRAGMENT) + header, HOP)
    found = parse(data)
    assert status(found) == Status.FRAGMENT | Status.LATER_FRAGMENT
    assert (found.limited_by, found.protocol) == ("ipv6.fragment_offset", UDP)
    assert (found.fragment_offset, found.identification) == (16, 1 << 31)
    assert (found.l4_offset, found.sport, found.payload_length) == (None, None, 16)
    assert (found.checksum_status, found.complete) == (UNVERIFIED, True)


def test_reserved_bits_of_a_fragment_are_no_offset(parse, build, segment):
    header = struct.pack("!BBHI", UDP, 255, 6, 9)
    assert status(parse(build.ipv6(header + segment, FRAGMENT))) == DECODED | Status.ATOMIC_FRAGMENT


# Lengths.


@pytest.mark.parametrize("size", [0, 39])
def test_short_headers(parse, build, size):
    found = parse(build.ipv6(b"")[:size])
    assert (status(found), found.limited_by, found.version) == (
        Status.HEADER_CUT, "ipv6.header", 0
    )  # fmt: skip


def test_another_version(parse, build):
    found = parse(build.ipv6(b"", version=4))
    assert (status(found), found.limited_by) == (Status.BAD_VERSION, "ip.version")


def test_jumbogram(parse, build):
    payload = bytes(70_000)
    option = build.jumbo(8 + 8 + len(payload))
    segment = build.udp(payload, 5000, src=build.SRC6, dst=build.DST6, length=0)
    whole = build.ipv6(build.options6(UDP, option) + segment, HOP, payload_length=0)
    found = parse(whole)
    assert status(found) == DECODED | Status.JUMBOGRAM
    assert (found.limited_by, found.payload_length) == ("ipv6.jumbo_length", 70_000)
    assert (found.total_length, found.checksum_status) == (70_056, GOOD)
    cut = parse(whole[:100])
    assert status(cut) == DECODED | Status.JUMBOGRAM | Status.CUT
    assert (cut.total_length, cut.checksum_status) == (70_056, UNVERIFIED)


def test_total_length_has_32_bits(parse, build, segment):
    header = build.options6(UDP, build.jumbo(0xFFFFFFFF))
    found = parse(build.ipv6(header + segment, HOP, payload_length=0))
    assert found.total_length == 0xFFFFFFFF
    assert status(found) == DECODED | Status.JUMBOGRAM | Status.CUT
    assert found.checksum_status == GOOD, "all that UDP's covers is there"


@pytest.mark.parametrize("option", ["c20400010000", "c20400000000"])
def test_jumbo_option_beside_a_length(parse, build, segment, option):
    header = build.options6(UDP, bytes.fromhex(option))
    found = parse(build.ipv6(header + segment, HOP))
    assert status(found) == DECODED | Status.BAD_OPTION
    assert (found.limited_by, found.payload) == ("ipv6.jumbo_length", b"data")


@pytest.mark.parametrize(
    "options",
    [
        "c2040000ffff",  # that would fit in the header
        "c20400010000 c20400010000 01000000"[:30],
        "c203000100 00",
    ],
)
def test_bad_jumbo_options_leave_the_length_open(parse, build, segment, options):
    options = bytes.fromhex(options)
    options += bytes(-(len(options) + 2) % 8)
    found = parse(build.ipv6(build.options6(UDP, options) + segment, HOP, payload_length=0))
    assert status(found) == Status.BAD_OPTION | Status.BAD_LENGTH
    assert (found.limited_by, found.total_length) == ("ipv6.payload_length", 40)


def test_zero_length_is_the_wires_for_tcp_only(parse, build, segment):
    tcp = build.tcp(
        bytes(70_000), 5000, src=build.SRC6, dst=build.DST6, checksum=1, seq=1, ack=2, window=512
    )
    found = parse(build.ipv6(tcp, TCP, payload_length=0))
    assert status(found) == DECODED | Status.LENGTH_FROM_WIRE
    assert (found.limited_by, found.total_length) == ("wire_length", 70_060)
    assert (found.payload_length, found.checksum_status) == (70_000, UNVERIFIED)
    behind = parse(build.ipv6(build.options6(TCP) + tcp, DESTINATION, payload_length=0))
    assert behind.dport == 80
    for data, protocol in [
        (segment, UDP),
        (build.fragment6(TCP, more=1, identification=9) + tcp, FRAGMENT),
        (build.options6(NONE), DESTINATION),
        (bytes(40), ESP),
    ]:
        found = parse(build.ipv6(data, protocol, payload_length=0))
        assert status(found) & FAULTS == Status.BAD_LENGTH
        assert not status(found) & (Status.LENGTH_FROM_WIRE | DECODED)
        assert (found.limited_by, found.total_length) == ("ipv6.payload_length", 40)


def test_icmpv6_and_its_bad_checksum(parse, build):
    message = build.icmpv6()
    assert parse(build.ipv6(message, ICMPV6)).checksum_status == GOOD
    found = parse(build.ipv6(message[:-1] + b"?", ICMPV6))
    assert (found.checksum_status, found.limited_by) == (BAD, "transport.checksum")
