"""`parse_packet`, rule by rule, with packets made by the byte."""

import re
import struct
from pathlib import Path

import pytest

from fastsock._core import protocols
from fastsock.packet.fields import FAULTS, LIMITS, LINK_TYPES, ChecksumStatus, Status

BAD, GOOD, UNVERIFIED, ABSENT = ChecksumStatus
DECODED = Status.TRANSPORT | Status.PORTS
KERNEL = Path(__file__).parents[2] / "fastsock" / "packet" / "packet.h"

NOTHING = {
    "protocol", "src", "dst", "src_address", "dst_address", "sport", "dport", "flags", "seq", "ack",
    "window", "ttl", "tos", "flow_label", "identification", "dont_fragment", "more_fragments",
    "fragment_offset", "total_length", "checksum", "icmp_type", "icmp_code", "vlan", "l4_offset",
}  # fmt: skip


@pytest.fixture
def parse(packet):
    """Parse a packet with checksums verified, and check that limits and offsets agree."""

    def parse(data, link="raw", *, verify=True, **options):
        found = packet.parse_packet(data, link, verify=verify, **options)
        assert found.payload_offset + found.payload_length <= len(data)
        assert bytes(found.payload) == data[found.payload_offset :][: found.payload_length]
        assert found.complete == (not found.status & FAULTS) == (found.fault is None)
        assert found.fault is None or found.fault in LIMITS
        assert found.fragment == bool(found.status & Status.FRAGMENT)
        return found

    return parse


def status(found):
    return Status(found.status)


# What a packet has.


def test_every_field_of_tcp_in_ipv4(parse, build):
    datagram = build.ipv4(
        build.tcp(b"hello", 5000, flags=0xFFF, seq=1 << 31, ack=3, window=9),
        6,
        tos=7,
        identification=7,
    )
    found = parse(
        build.ethernet(
            datagram, 0x0800, (0x88A8, 0xE00A), (0x8100, 0x0FFF), dst="02" * 6, src="04" * 6
        ),
        "ethernet",
    )
    assert (found.link, found.ethertype, found.version, found.protocol) == (1, 0x0800, 4, 6)
    assert (found.src, found.dst) == (build.packed(build.SRC4), build.packed(build.DST4))
    assert (found.src_address, found.dst_address) == (build.SRC4, build.DST4)
    assert (found.sport, found.dport, found.flags) == (5000, 80, 0xFFF)
    assert (found.seq, found.ack, found.window) == (1 << 31, 3, 9)
    assert (found.ttl, found.tos, found.flow_label) == (64, 7, None)
    assert (found.identification, found.dont_fragment) == (7, False)
    assert (found.more_fragments, found.fragment_offset) == (False, 0)
    assert found.total_length == 45
    assert found.checksum == int.from_bytes(datagram[36:38], "big")
    assert (found.icmp_type, found.icmp_code) == (None, None)
    assert (found.vlan, found.vlans) == (10, (0xE00A, 0x0FFF))
    assert (found.ip_checksum_status, found.checksum_status) == (GOOD, GOOD)
    assert status(found) == DECODED
    assert found.limited_by == "ipv4.total_length"
    assert (found.l2_offset, found.l3_offset, found.l4_offset) == (0, 22, 42)
    assert (found.payload_offset, found.payload_length, found.payload) == (62, 5, b"hello")
    assert (found.eth_dst, found.eth_src) == (b"\2" * 6, b"\4" * 6)
    assert found.buffer == build.ethernet(
        datagram, 0x0800, (0x88A8, 0xE00A), (0x8100, 0x0FFF), dst="02" * 6, src="04" * 6
    )
    assert found.fragment is False
    assert found.complete is True


def test_every_field_of_udp_in_ipv6(parse, build):
    segment = build.udp(b"data", 5000, src=build.SRC6, dst=build.DST6)
    found = parse(build.ipv6(segment, traffic_class=0xB8, flow_label=0xABCDE, hop_limit=3), "ipv6")
    assert (found.link, found.ethertype, found.version, found.protocol) == (229, None, 6, 17)
    assert (found.src, found.dst) == (build.packed(build.SRC6), build.packed(build.DST6))
    assert (found.src_address, found.dst_address) == (build.SRC6, build.DST6)
    assert (found.sport, found.dport) == (5000, 53)
    assert (found.flags, found.seq, found.ack, found.window) == (None,) * 4
    assert (found.ttl, found.tos, found.flow_label) == (3, 0xB8, 0xABCDE)
    assert (found.identification, found.dont_fragment) == (None, None)
    assert (found.more_fragments, found.fragment_offset) == (None, None)
    assert found.total_length == 52
    assert (found.ip_checksum_status, found.checksum_status) == (ABSENT, GOOD)
    assert found.limited_by == "udp.length"
    assert (found.l2_offset, found.l3_offset, found.l4_offset, found.payload_offset) == (
        None,
        0,
        40,
        48,
    )
    assert (found.eth_dst, found.eth_src, found.vlan, found.vlans) == (None, None, None, ())


def test_icmp_and_its_quote(parse, build):
    quoted = build.ipv4(build.udp(b"data", 5000), identification=7)[:28]
    found = parse(build.ipv4(build.icmp(quoted, 3, 1), 1, identification=7))
    assert (found.icmp_type, found.icmp_code, found.checksum_status) == (3, 1, GOOD)
    assert (found.sport, found.dport) == (None, None)
    assert status(found) == Status.TRANSPORT
    assert found.payload == quoted
    assert parse(bytes(found.payload), verify=False).dport == 53


def test_icmpv6_may_be_four_bytes_long(parse, build):
    short = build.seal(b"\x80\0\0\0", 58, build.SRC6, build.DST6)
    found = parse(build.ipv6(short, 58))
    assert (found.icmp_type, found.payload_length, found.checksum_status) == (128, 0, GOOD)
    assert found.complete
    assert parse(build.ipv4(short, 1, identification=7)).limited_by == "transport.header"


@pytest.mark.parametrize(("version", "protocol"), [(4, 58), (6, 1), (4, 47), (6, 41), (4, 0)])
def test_protocol_without_a_decoder(parse, build, version, protocol):
    fields = {"identification": 7} if version == 4 else {}
    found = parse(getattr(build, f"ipv{version}")(b"whatever", protocol, **fields))
    assert status(found) == Status.UNDECODED
    assert found.limited_by == ("ipv4.protocol" if version == 4 else "ipv6.next_header")
    assert found.protocol == protocol
    assert found.l4_offset == found.payload_offset == (20 if version == 4 else 40)
    assert found.payload == b"whatever"
    assert found.checksum_status == ABSENT


@pytest.mark.parametrize("protocol", [33, 132, 136])
def test_other_protocols_with_ports(parse, build, protocol):
    head = struct.pack("!HH", 1000, 2000)
    rest = {33: b"\3\0\0\0\0\0\0\0", 132: bytes(8), 136: b"\0\0\0\0"}[protocol]
    found = parse(build.ipv4(head + rest + b"payload", protocol, identification=7), verify=False)
    assert (found.sport, found.dport) == (1000, 2000)
    assert found.payload == b"payload"
    assert found.checksum_status == UNVERIFIED
    assert found.complete


def test_arp(parse, build):
    found = parse(
        build.ethernet(
            build.arp(sha="04" * 6, spa="10.0.0.1", tpa="10.0.0.2"),
            0x0806,
            dst="02" * 6,
            src="04" * 6,
        )
        + bytes(18),
        "ethernet",
    )
    assert (found.version, found.ethertype) == (0, 0x0806)
    assert (found.src_address, found.dst_address) == ("10.0.0.1", "10.0.0.2")
    assert {name for name in NOTHING if getattr(found, name) is None} == NOTHING - {
        "src", "dst", "src_address", "dst_address"
    }  # fmt: skip
    assert (found.l3_offset, found.payload_offset, found.payload_length) == (14, 42, 0)
    assert status(found) == Status.TRAILER
    assert found.limited_by == "arp.header"
    cut = parse(
        build.ethernet(
            build.arp(sha="04" * 6, spa="10.0.0.1", tpa="10.0.0.2")[:-1],
            0x0806,
            dst="02" * 6,
            src="04" * 6,
        ),
        "ethernet",
    )
    assert (status(cut), cut.limited_by) == (Status.HEADER_CUT, "arp.header")
    other = parse(
        build.ethernet(b"\0\1\x86\xdd\6\x10\0\1" + bytes(44), 0x0806, dst="02" * 6, src="04" * 6),
        "ethernet",
    )
    assert (other.src, other.complete, other.payload_length) == (None, True, 0)


# Link layers.


@pytest.mark.parametrize(
    ("link", "head", "l3"),
    [
        ("raw", "", 0), (12, "", 0), (14, "", 0), ("ipv4", "", 0), (0x300000E4, "", 0),
        ("null", "02000000", 4), ("null", "00000002", 4), ("null", "1e000000", 4),
        ("null", "0f000800", 4), ("loop", "00000002", 4),
        ("ppp", "0021", 2), ("ppp", "21", 1), ("ppp", "ff030021", 4), (50, "ff030021", 4),
        ("sll", "0000 0001 0006 0202020202020000 0800", 16),
        ("sll", "0000 0001 0006 0202020202020000 8100 0005 0800", 20),
        ("sll", "0000 0001 0006 0202020202020000 0004 aaaa03 000000 0800", 24),
        ("sll2", "0800 0000 00000001 0001 00 06 0202020202020000", 20),
        ("ethernet", "01" * 12 + "0800", 14),
        ("ethernet", "01" * 12 + "8100 0005 0800", 18),
        ("ethernet", "01" * 12 + "9100 0005 9200 0005 9300 0005 88a8 0005 0800", 30),
        ("ethernet", "01" * 12 + "0028 aaaa03 000000 0800", 22),
        ("ethernet", "01" * 12 + "8864 11 00 0001 0022 0021", 22),
    ],
)  # fmt: skip
def test_link_layers(parse, build, link, head, l3):
    found = parse(
        bytes.fromhex(head) + build.ipv4(build.udp(b"data", 5000), identification=7), link
    )
    assert (found.version, found.l3_offset, found.dport, found.checksum_status) == (4, l3, 53, GOOD)
    assert status(found) == DECODED
    number = LINK_TYPES.get(link, link)
    assert found.link == number & 0xFFFF
    assert found.l2_offset == (0 if l3 else None)
    shorter = parse(bytes.fromhex(head)[:-1] if head else b"", link)
    assert status(shorter) == Status.HEADER_CUT
    assert shorter.payload_length == len(shorter.buffer) - shorter.payload_offset


@pytest.mark.parametrize(
    ("link", "data", "limit"),
    [
        ("ethernet", "01" * 12 + "88cc 0207", "ethernet.type"),
        ("ethernet", "01" * 12 + "0003 424203", "ethernet.type"),
        ("ethernet", "01" * 12 + "0008 aaaa03 00000c 2000 01", "ethernet.type"),
        ("ethernet", "01" * 12 + "8864 11 09 0000 0000", "ppp.protocol"),
        ("ethernet", "01" * 12 + "8864 21 00 0001 0002 0021", "ppp.protocol"),
        ("ethernet", "01" * 12 + "8864 11 00 0001 0006 c021 0101 0004", "ppp.protocol"),
        ("sll", "0000 0338 0006 0202020202020000 0010", "ethernet.type"),
        ("ppp", "c021 0101 0004", "ppp.protocol"),
        ("null", "07000000 81", "link.header"),
        (147, "45", "link.type"),
        (65535, "45", "link.type"),
    ],
)
def test_link_layers_without_a_decoder(parse, link, data, limit):
    found = parse(bytes.fromhex(data), link)
    assert status(found) & ~Status.TRAILER == Status.UNDECODED
    assert (found.limited_by, found.version) == (limit, 0)
    assert found.complete
    if limit != "link.type":
        assert found.l3_offset == found.payload_offset
    assert (found.ip_checksum_status, found.checksum_status) == (ABSENT, ABSENT)


@pytest.mark.parametrize(
    ("head", "limit"),
    [("0022 424203", "ethernet.type"), ("8864 1100 0001 0008 c021", "ppp.protocol")],
)
def test_lengths_of_links_end_the_payload(parse, head, limit):
    frame = bytes(12) + bytes.fromhex(head) + bytes(50)
    found = parse(frame, "ethernet")
    assert (found.limited_by, status(found)) == (limit, Status.UNDECODED | Status.TRAILER)
    assert found.payload_length == (0x22 if limit == "ethernet.type" else 6)


def test_length_of_a_link_beyond_the_frame_limits_nothing(parse, build):
    head = bytes(12) + bytes.fromhex("0500 aaaa03 000000 0800")
    found = parse(head + build.ipv4(build.udp(b"data", 5000), identification=7), "ethernet")
    assert (found.limited_by, found.complete) == ("udp.length", True)


@pytest.mark.parametrize(
    ("head", "limit"),
    [("001c aaaa03 000000 0800", "ethernet.length"), ("8864 1100 0001 0016 0021", "pppoe.length")],
)
def test_datagram_longer_than_its_link_says(parse, build, head, limit):
    frame = (
        bytes(12)
        + bytes.fromhex(head)
        + build.ipv4(build.tcp(b"data", 5000, seq=1, ack=2, window=512), 6, identification=7)
    )
    found = parse(frame, "ethernet")
    assert status(found) == Status.CUT | Status.HEADER_CUT | Status.TRAILER
    assert found.limited_by == "transport.header"
    frame = bytes(12) + bytes.fromhex(head.replace("1c", "34").replace("0016", "002e"))
    frame += build.ipv4(build.tcp(bytes(40), 5000, seq=1, ack=2, window=512), 6, identification=7)
    found = parse(frame, "ethernet")
    assert status(found) & ~Status.TRAILER == DECODED | Status.CUT
    assert (found.limited_by, found.payload_length) == (limit, 4)
    assert found.checksum_status == UNVERIFIED


def test_vlan_tags_are_counted(parse, build):
    eight = [(0x8100, vid) for vid in range(8)]
    assert parse(
        build.ethernet(
            build.ipv4(build.udp(b"data", 5000), identification=7),
            0x0800,
            *eight,
            dst="02" * 6,
            src="04" * 6,
        ),
        "ethernet",
    ).complete
    nine = parse(
        build.ethernet(
            build.ipv4(build.udp(b"data", 5000), identification=7),
            0x0800,
            *eight,
            (0x8100, 8),
            dst="02" * 6,
            src="04" * 6,
        ),
        "ethernet",
    )
    assert (status(nine), nine.limited_by) == (Status.TOO_MANY_HEADERS, "vlan.count")
    assert (nine.vlans, nine.payload_offset) == (tuple(range(8)), 46)


# Lengths of IPv4.


def test_padding_is_no_payload(parse, build):
    found = parse(
        build.ethernet(
            build.ipv4(build.udp(b"x", 5000), identification=7), dst="02" * 6, src="04" * 6
        )
        + bytes(17),
        "ethernet",
    )
    assert found.payload == b"x"
    assert status(found) == DECODED | Status.TRAILER
    assert found.checksum_status == GOOD


@pytest.mark.parametrize(
    ("size", "bits", "limit"),
    [
        (0, Status.HEADER_CUT, "ip.version"),
        (19, Status.HEADER_CUT, "ipv4.header"),
        (21, Status.CUT | Status.OPTIONS_CUT, "ipv4.options"),
        (24, Status.CUT | Status.HEADER_CUT, "transport.header"),
        (28, Status.CUT | Status.HEADER_CUT | Status.PORTS, "transport.header"),
        (47, Status.CUT | DECODED | Status.OPTIONS_CUT, "tcp.options"),
        (48, Status.CUT | DECODED, "captured"),
        (51, Status.CUT | DECODED, "captured"),
    ],
)
def test_cut_datagrams(parse, build, size, bits, limit):
    whole = build.ipv4(
        build.tcp(b"data", 5000, options=b"\1\1\1\0", seq=1, ack=2, window=512),
        6,
        options=b"\1\1\1\0",
        identification=7,
    )
    found = parse(whole[:size], wire_length=len(whole))
    assert (status(found), found.limited_by) == (bits, limit)
    if size >= 20:
        assert (found.src_address, found.ttl) == (build.SRC4, 64)
        assert found.ip_checksum_status == (GOOD if size >= 24 else UNVERIFIED)
        assert found.checksum_status == (UNVERIFIED if size >= 24 else ABSENT)
    if Status.PORTS in bits:
        assert (found.sport, found.dport) == (5000, 80)
    if Status.OPTIONS_CUT in bits:
        assert found.payload_length == 0


@pytest.mark.parametrize(
    ("fields", "bits", "limit"),
    [
        ({"version": 5}, Status.BAD_VERSION, "ip.version"),
        ({"ihl": 4}, Status.BAD_HEADER_LENGTH, "ipv4.header_length"),
        ({"total_length": 19}, Status.BAD_LENGTH, "ipv4.total_length"),
        ({"ihl": 15, "total_length": 59}, Status.BAD_LENGTH, "ipv4.total_length"),
        ({"ihl": 15, "total_length": 60}, Status.CUT | Status.OPTIONS_CUT, "ipv4.options"),
    ],
)
def test_bad_ipv4_headers(parse, build, fields, bits, limit):
    found = parse(build.ipv4(build.udp(b"data", 5000), **fields, identification=7), "ipv4")
    assert (status(found), found.limited_by) == (bits, limit)
    assert found.version == (0 if "version" in fields else 4)
    assert found.l4_offset is None
    if bits is not Status.BAD_VERSION:
        assert (found.src_address, found.protocol) == (build.SRC4, 17)


def test_no_version_of_ip(parse):
    found = parse(b"\x55" + bytes(60))
    assert (status(found), found.limited_by) == (Status.BAD_VERSION, "ip.version")
    assert {name for name in NOTHING if getattr(found, name) is None} == NOTHING


@pytest.mark.parametrize("captured", [60, 70_060])
def test_total_length_zero_is_that_of_the_wire(parse, build, captured):
    whole = build.ipv4(
        build.tcp(bytes(70_020), 5000, checksum=1, seq=1, ack=2, window=512),
        6,
        total_length=0,
        identification=7,
    )
    assert len(whole) == 70_060
    found = parse(whole[:captured], wire_length=len(whole))
    assert found.total_length == 70_060
    assert status(found) & Status.LENGTH_FROM_WIRE
    assert bool(status(found) & Status.CUT) == (captured == 60)
    assert found.limited_by == ("captured" if captured == 60 else "wire_length")
    assert (found.checksum_status, found.dport) == (UNVERIFIED, 80)


def test_more_captured_than_there_was_on_the_wire(parse, build):
    found = parse(build.ipv4(build.udp(b"data", 5000), identification=7), wire_length=3)
    assert found.complete
    assert found.payload == b"data"


# Options.


@pytest.mark.parametrize(
    ("options", "good"),
    [
        ("00440000", True), ("01010101", True), ("94040000", True), ("07040400", True),
        ("01017304", False), ("07ff0400", False), ("83000000", False), ("44010101", False),
        ("01010183", False),
    ],
)  # fmt: skip
def test_ipv4_options(parse, build, options, good):
    found = parse(
        build.ipv4(build.udp(b"data", 5000), options=bytes.fromhex(options), identification=7)
    )
    assert status(found) == DECODED if good else DECODED | Status.BAD_OPTION
    assert found.limited_by == ("udp.length" if good else "ipv4.options")
    assert found.dport == 53, "the header's length is known, so what follows is decoded"


def test_source_route_and_the_pseudo_header(parse, build):
    final = "203.0.113.9"
    route = b"\x83\x07\x04" + build.packed(final) + b"\0"
    found = parse(build.ipv4(build.udp(b"data", 5000, dst=final), options=route, identification=7))
    assert status(found) & Status.SOURCE_ROUTE
    assert (found.dst_address, found.checksum_status) == (build.DST4, GOOD)
    done = parse(
        build.ipv4(
            build.udp(b"data", 5000), options=b"\x89\x07\x08" + bytes(4) + b"\0", identification=7
        )
    )
    assert not status(done) & Status.SOURCE_ROUTE
    assert done.checksum_status == GOOD
    odd = parse(
        build.ipv4(build.udp(b"data", 5000), options=b"\x83\x05\x04\0\0\0\0\0", identification=7)
    )
    assert odd.checksum_status == UNVERIFIED


@pytest.mark.parametrize(
    ("options", "good"),
    [
        ("020405b4", True), ("00ffffff", True), ("01010100", True), ("01010101", True),
        ("0200", False), ("0201", False), ("02ff", False), ("01010102", False),
    ],
)  # fmt: skip
def test_tcp_options(parse, build, options, good):
    options = bytes.fromhex(options).ljust(4, b"\0")
    found = parse(
        build.ipv4(
            build.tcp(b"data", 5000, options=options, seq=1, ack=2, window=512), 6, identification=7
        )
    )
    assert found.complete == good
    assert found.limited_by == ("ipv4.total_length" if good else "tcp.options")
    assert bool(status(found) & Status.BAD_OPTION) != good
    assert (found.payload, found.checksum_status) == (b"data", GOOD)


@pytest.mark.parametrize("offset", [0, 4, 7, 15])
def test_bad_tcp_offset(parse, build, offset):
    found = parse(
        build.ipv4(
            build.tcp(b"data", 5000, offset=offset, seq=1, ack=2, window=512), 6, identification=7
        )
    )
    assert status(found) & FAULTS == Status.BAD_HEADER_LENGTH
    assert (found.limited_by, found.seq) == ("tcp.data_offset", 1)
    assert (found.payload_offset, found.checksum_status) == (40, UNVERIFIED)


# UDP and its kin.


@pytest.mark.parametrize("length", [0, 1, 7, 13, 65535])
def test_bad_udp_length(parse, build, length):
    found = parse(build.ipv4(build.udp(b"data", 5000, length=length), identification=7))
    assert status(found) & FAULTS == Status.BAD_LENGTH
    assert (found.limited_by, found.dport, found.payload_offset) == ("udp.length", 53, 28)
    assert found.checksum_status == UNVERIFIED


def test_bytes_behind_udp_are_outside(parse, build):
    segment = build.udp(b"data", 5000)
    found = parse(build.ipv4(segment + b"surplus", identification=7))
    assert (found.payload, found.limited_by) == (b"data", "udp.length")
    assert status(found) == DECODED
    assert found.checksum_status == GOOD
    cut = parse(build.ipv4(segment + b"surplus", identification=7)[:34])
    assert (cut.checksum_status, cut.payload) == (GOOD, b"data"), "all that it covers is there"


def test_udp_without_a_checksum(parse, build):
    found = parse(build.ipv4(build.udp(b"data", 5000, checksum=0), identification=7))
    assert (found.checksum_status, found.complete) == (ABSENT, True)
    found = parse(build.ipv6(build.udp(b"data", 5000, checksum=0)))
    assert (found.checksum_status, found.limited_by) == (BAD, "transport.checksum")
    found = parse(build.ipv6(build.udp(b"data", 5000, checksum=0)), verify=False)
    assert (found.checksum_status, found.complete) == (UNVERIFIED, True)


def test_udplite_coverage(parse, build):
    segment = build.udp(b"covered, not covered", 5000, protocol=136, length=15, covered=15)
    damaged = segment[:-1] + b"?"
    for data in (segment, damaged):
        found = parse(build.ipv4(data, 136, identification=7))
        assert (found.checksum_status, found.payload_length) == (GOOD, 20)
    assert (
        parse(build.ipv4(segment[:9] + b"?" + segment[10:], 136, identification=7)).checksum_status
        == BAD
    )
    for length in (1, 7, 200):
        bad = parse(
            build.ipv4(build.udp(b"data", 5000, protocol=136, length=length), 136, identification=7)
        )
        assert (status(bad) & FAULTS, bad.limited_by) == (Status.BAD_LENGTH, "udp.length")
    whole = parse(
        build.ipv4(build.udp(b"data", 5000, protocol=136, length=0), 136, identification=7)
    )
    assert whole.checksum_status == GOOD


def test_dccp(parse, build):
    def made(words, coverage=0, payload=b"payload"):
        head = struct.pack("!HHBBHI", 1000, 2000, words, coverage, 0, 0)
        covered = None if coverage == 0 else words * 4 + (coverage - 1) * 4
        return build.seal(head + payload, 33, build.SRC4, build.DST4, covered)

    for coverage in (0, 1, 2):
        found = parse(build.ipv4(made(3, coverage), 33, identification=7))
        assert (found.checksum_status, found.payload) == (GOOD, b"payload")
    damaged = made(3, 1)[:-1] + b"?"
    assert parse(build.ipv4(damaged, 33, identification=7)).checksum_status == GOOD
    assert parse(build.ipv4(made(3)[:-1] + b"?", 33, identification=7)).checksum_status == BAD
    for words in (0, 2, 5):
        bad = parse(build.ipv4(made(words), 33, identification=7))
        assert status(bad) & FAULTS == Status.BAD_HEADER_LENGTH
        assert bad.limited_by == "transport.header"
    beyond = parse(build.ipv4(made(3)[:5] + b"\x0f" + made(3)[6:], 33, identification=7))
    assert status(beyond) & FAULTS == Status.BAD_LENGTH
    assert (beyond.limited_by, beyond.checksum_status) == ("transport.header", UNVERIFIED)
    cut = parse(build.ipv4(made(4, payload=bytes(9)), 33, identification=7)[:34])
    assert status(cut) & FAULTS == Status.CUT | Status.OPTIONS_CUT


def test_sctp_crc(parse, build):
    chunk = bytes.fromhex("01000014 00000001 00010000 000a000a 00000001")
    good = build.sctp(chunk, 10001, 2000, tag=7)
    found = parse(build.ipv4(good, 132, identification=7))
    assert (found.checksum_status, found.checksum, found.payload_offset) == (GOOD, None, 32)
    bad = parse(
        build.ipv4(build.sctp(chunk, 10001, 2000, checksum=1, tag=7), 132, identification=7)
    )
    assert (bad.checksum_status, bad.limited_by) == (BAD, "transport.checksum")
    assert parse(build.ipv4(good, 132, identification=7)[:-1]).checksum_status == UNVERIFIED


# Checksums.


def test_bad_checksums_do_not_stop_decoding(parse, build):
    found = parse(
        build.ipv4(
            build.tcp(b"data", 5000, checksum=1, seq=1, ack=2, window=512),
            6,
            checksum=2,
            identification=7,
        )
    )
    assert (found.ip_checksum_status, found.checksum_status) == (BAD, BAD)
    assert status(found) & FAULTS == Status.BAD_IP_CHECKSUM | Status.BAD_CHECKSUM
    assert (found.limited_by, found.payload) == ("ipv4.checksum", b"data")
    assert (found.dport, found.checksum) == (80, 1)


def test_checksums_of_all_zeros_are_bad(parse, build):
    assert parse(build.ipv4(bytes(8), 1, identification=7)).checksum_status == BAD


def test_nothing_is_verified_unless_asked(parse, build):
    found = parse(
        build.ipv4(
            build.tcp(b"data", 5000, checksum=1, seq=1, ack=2, window=512),
            6,
            checksum=2,
            identification=7,
        ),
        verify=False,
    )
    assert (found.ip_checksum_status, found.checksum_status) == (UNVERIFIED, UNVERIFIED)
    assert found.complete
    assert (
        parse(
            build.ipv6(
                build.tcp(b"data", 5000, src=build.SRC6, dst=build.DST6, seq=1, ack=2, window=512),
                6,
            )
        ).checksum_status
        == GOOD
    )


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1459, 1460])
def test_checksums_of_any_length(parse, build, size):
    payload = bytes(i * 7 & 255 for i in range(size))
    assert parse(build.ipv4(build.udp(payload, 5000), identification=7)).checksum_status == GOOD
    assert parse(build.ipv4(build.icmp(payload), 1, identification=7)).checksum_status == GOOD
    assert parse(build.ipv6(build.icmpv6(payload), 58)).checksum_status == GOOD


# Fragments of IPv4.


def test_first_fragment(parse, build):
    segment = build.udp(bytes(100), 5000)[:40]
    found = parse(build.ipv4(segment, fragment=0x2000, identification=7))
    assert status(found) == DECODED | Status.FRAGMENT
    assert (found.dport, found.payload_length) == (53, 32)
    assert (found.more_fragments, found.fragment_offset, found.complete) == (True, 0, True)
    assert (found.checksum_status, found.limited_by) == (UNVERIFIED, "ipv4.total_length")
    options = parse(
        build.ipv4(
            build.tcp(b"data", 5000, options=bytes(40), seq=1, ack=2, window=512)[:24],
            6,
            fragment=0x2000,
            identification=7,
        )
    )
    assert status(options) & FAULTS == Status.OPTIONS_CUT


def test_later_fragment(parse, build):
    found = parse(
        build.ipv4(bytes(16), fragment=0xA005, identification=7)
    )  # the reserved bit is set, too
    assert status(found) == Status.FRAGMENT | Status.LATER_FRAGMENT
    assert (found.fragment_offset, found.l4_offset, found.sport) == (40, None, None)
    assert (found.limited_by, found.payload_offset, found.complete) == (
        "ipv4.fragment_offset",
        20,
        True,
    )
    assert (found.ip_checksum_status, found.checksum_status) == (GOOD, UNVERIFIED)
    assert parse(build.ipv4(bytes(8), 47, fragment=1, identification=7)).checksum_status == ABSENT
    assert parse(build.ipv4(bytes(8), fragment=0x4000, identification=7)).dont_fragment is True


# The names of codes.


def test_protocol_numbers_are_the_same_in_both_languages():
    text = (KERNEL.parents[1] / "_core" / "protocols.h").read_text()
    kernel = {name: int(number) for name, number in re.findall(r"FS_(\w+) = (\d+),", text)}
    python = {name: value for name, value in vars(protocols).items() if type(value) is int}
    assert kernel == python
    assert protocols.name_of(protocols.ICMPV6) == "ICMPv6"
    assert protocols.name_of(255) == "protocol 255"


def test_codes_of_the_kernel_have_the_names_of_python():
    text = KERNEL.read_text()
    bits = dict.fromkeys(Status.__members__)
    for name in bits:
        assert f"FS_{name} = 1 << {Status[name].value.bit_length() - 1}," in text
    limits = text.partition("enum fs_limit {")[2].partition("}")[0].replace(",", " ").split()
    assert len(limits) == len(LIMITS) + 1
    for code, name in zip(limits, LIMITS, strict=False):
        spelled = name.upper().replace(".", "_").replace("TRANSPORT_CHECKSUM", "CHECKSUM")
        assert code == f"FS_BY_{spelled}"
    assert sum(bit for bit in Status if bit >= Status.CUT) == FAULTS
    assert f"FS_FAULTS = 0x{FAULTS:08X}," in text
