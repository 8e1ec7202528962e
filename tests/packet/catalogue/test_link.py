"""From the link layer to the network layer: every link type, tags, LLC, PPP, and ARP."""

import struct

import pytest

from fastsock.packet.fields import FAULTS, LINK_ALIASES, LINK_TYPES, Status

TAGS = [0x8100, 0x88A8, 0x9100, 0x9200, 0x9300]


def faults(packet):
    return Status(packet.status & FAULTS)


def is_good(packet, build, at):
    assert faults(packet) == 0
    assert (packet.l3_offset, packet.src, packet.sport, packet.payload) == (
        at,
        build.A4,
        1025,
        b"x",
    )
    return True


# --- VLAN


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("tci", [0, 1, 0x0FFF, 0x2000, 0x1005, 0xFFFF])
def test_tag(parse, build, tag, tci):
    packet = parse(build.ethernet(build.udp4(b"x"), build.IPV4, (tag, tci)))
    assert is_good(packet, build, 18)
    assert (packet.vlans, packet.vlan) == ((tci,), tci & 0xFFF)  # a priority tag has VID 0
    assert packet.ethertype == build.IPV4


@pytest.mark.parametrize("depth", range(1, 9))
def test_stacked_tags(parse, build, depth):
    tags = [(TAGS[number % 5], 100 + number) for number in range(depth)]
    packet = parse(build.ethernet(build.udp4(b"x"), build.IPV4, *tags))
    assert is_good(packet, build, 14 + 4 * depth)
    assert packet.vlans == tuple(range(100, 100 + depth))
    assert packet.vlan == 100


@pytest.mark.parametrize("depth", [9, 10, 1000])
def test_more_tags_than_are_kept(parse, build, depth):
    packet = parse(build.ethernet(build.udp4(b"x"), build.IPV4, *[(0x8100, 5)] * depth))
    assert faults(packet) == Status.TOO_MANY_HEADERS
    assert packet.limited_by == "vlan.count"
    assert packet.vlans == (5,) * 8
    assert packet.src is None


def test_frame_without_a_tag(parse, build):
    packet = parse(build.ethernet(build.udp4(b"x")))
    assert (packet.vlan, packet.vlans) == (None, ())


@pytest.mark.parametrize("size", range(4))
def test_tag_that_was_cut(parse, build, size):
    packet = parse(build.ethernet(b"", 0x8100) + bytes(4)[:size])
    assert faults(packet) == Status.HEADER_CUT
    assert packet.limited_by == "link.header"


def test_unknown_type_behind_a_tag(parse, build):
    packet = parse(build.ethernet(b"whatever", 0x88CC, (0x8100, 7)))
    assert packet.status == Status.UNDECODED
    assert (packet.limited_by, packet.ethertype, packet.vlan) == ("ethernet.type", 0x88CC, 7)
    assert packet.payload == b"whatever"


# --- Ethernet


@pytest.mark.parametrize("kind", [0x0600, 0x0801, 0x8847, 0x88CC, 0x9000, 0xFFFF])
def test_types_without_a_decoder(parse, build, kind):
    packet = parse(build.ethernet(b"whatever", kind))
    assert packet.status == Status.UNDECODED
    assert (packet.limited_by, packet.ethertype) == ("ethernet.type", kind)
    assert (packet.version, packet.protocol, packet.src) == (0, None, None)
    assert (packet.payload_offset, packet.payload_length) == (14, 8)


def test_ethernet_addresses(parse, build):
    packet = parse(build.ethernet(build.udp4()))
    assert (packet.eth_src, packet.eth_dst) == (build.MAC_A, build.MAC_B)
    packet = parse(build.udp4(), "raw")
    assert (packet.eth_src, packet.eth_dst) == (None, None)


def test_snap_is_followed(parse, build):
    body = build.snap(build.udp4(b"x"))
    packet = parse(build.ethernet(body + bytes(10), len(body)))
    assert is_good(packet, build, 22)
    assert packet.status & Status.TRAILER
    assert packet.ethertype == build.IPV4


def test_snap_behind_a_tag(parse, build):
    body = build.snap(build.udp4(b"x"))
    packet = parse(build.ethernet(body, len(body), (0x8100, 7)))
    assert is_good(packet, build, 26)
    assert packet.vlan == 7


@pytest.mark.parametrize("length", [3, 43, 1500, 1535])
def test_below_0x600_it_is_a_length(parse, build, length):
    body = b"\x42\x42\x03".ljust(length, b"\0")  # spanning tree: LLC without SNAP
    packet = parse(build.ethernet(body + bytes(8), length))
    assert packet.status == Status.UNDECODED | Status.TRAILER
    assert packet.limited_by in ("ethernet.type", "ethernet.length")
    assert packet.payload_length <= length
    assert (packet.version, packet.src) == (0, None)


def test_ethernet_length_that_cuts_a_datagram(parse, build):
    body = build.snap(build.udp4(b"0123456789"))
    packet = parse(build.ethernet(body, len(body) - 4))
    assert packet.src == build.A4
    assert packet.payload == b"012345"
    assert faults(packet)


@pytest.mark.parametrize("oui", [b"\0\0\x0c", b"\0\x80\xc2"])
def test_snap_of_another_organisation(parse, build, oui):
    body = build.snap(build.udp4(b"x"), oui=oui)
    packet = parse(build.ethernet(body, len(body)))
    assert packet.status & Status.UNDECODED
    assert packet.src is None


# --- ARP


def test_arp(parse, build):
    packet = parse(build.ethernet(build.arp() + bytes(18), build.ARP), verify=True)
    assert faults(packet) == 0
    assert (packet.version, packet.ethertype, packet.protocol) == (0, build.ARP, None)
    assert (packet.src, packet.dst) == (build.A4, build.B4)
    assert (packet.src_address, packet.dst_address) == ("192.0.2.1", "198.51.100.2")
    assert (packet.l3_offset, packet.l4_offset, packet.sport, packet.icmp_type) == (
        14,
        None,
        None,
        None,
    )
    assert packet.payload_length == 0
    assert packet.status & Status.TRAILER


@pytest.mark.parametrize("size", range(28))
def test_arp_that_was_cut(parse, build, size):
    packet = parse(build.ethernet(build.arp()[:size], build.ARP))
    assert faults(packet) == Status.HEADER_CUT
    assert packet.limited_by == "arp.header"
    assert packet.src is None


def test_arp_for_other_addresses(parse, build):
    # AX.25 has hardware addresses of 7 bytes: the lengths in the header count.
    head = struct.pack(">HHBBH", 3, build.IPV4, 7, 4, 1)
    packet = parse(build.ethernet(head + bytes(7) + build.A4 + bytes(7) + build.B4, build.ARP))
    assert (packet.src, packet.dst) in [(build.A4, build.B4), (None, None)]
    assert faults(packet) == 0
    head = struct.pack(">HHBBH", 1, build.IPV6, 6, 16, 1)
    packet = parse(build.ethernet(head + bytes(44), build.ARP))
    assert packet.src is None


# --- other link types


def test_linux_cooked(parse, build):
    assert is_good(parse(build.sll(build.udp4(b"x")), "sll"), build, 16)
    assert is_good(parse(build.sll2(build.udp4(b"x")), "sll2"), build, 20)
    for make, name in [(build.sll, "sll"), (build.sll2, "sll2")]:
        packet = parse(make(build.udp6(b"x"), build.IPV6), name)
        assert (packet.version, packet.sport, packet.ethertype) == (6, 1025, build.IPV6)
        packet = parse(make(build.arp(), build.ARP), name)
        assert (packet.src, packet.ethertype) == (build.A4, build.ARP)
        packet = parse(make(b"whatever", 0x88CC), name)
        assert (packet.limited_by, packet.status) == ("ethernet.type", Status.UNDECODED)


def test_linux_cooked_with_a_tag(parse, build):
    tagged = struct.pack(">HH", 7, build.IPV4) + build.udp4(b"x")
    assert is_good(parse(build.sll(tagged, 0x8100), "sll"), build, 20)
    packet = parse(build.sll2(tagged, 0x8100), "sll2")
    assert is_good(packet, build, 24)
    assert packet.vlan == 7


@pytest.mark.parametrize(("name", "size"), [("sll", 16), ("sll2", 20), ("null", 4), ("loop", 4)])
def test_link_header_that_was_cut(parse, name, size):
    for captured in range(size):
        packet = parse(bytes(captured), name)
        assert faults(packet) == Status.HEADER_CUT
        assert packet.limited_by == "link.header"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("family", [2, 10, 24, 28, 30])
def test_null_in_the_writers_byte_order(parse, build, order, family):
    # Systems number IPv6 differently: the version counts.
    head = struct.pack(f"{order}I", family)
    for link in ("null", 0):
        assert is_good(parse(head + build.udp4(b"x"), link), build, 4)
        packet = parse(head + build.udp6(b"x"), link)
        assert (packet.version, packet.sport, packet.l3_offset) == (6, 1025, 4)


@pytest.mark.parametrize("family", [2, 10, 24, 28, 30])
def test_loop(parse, build, family):
    head = struct.pack(">I", family)
    assert is_good(parse(head + build.udp4(b"x"), "loop"), build, 4)
    assert parse(head + build.udp6(b"x"), 108).version == 6


@pytest.mark.parametrize("link", ["raw", 101, 12, 14])
def test_raw(parse, build, link):
    assert is_good(parse(build.udp4(b"x"), link), build, 0)
    assert parse(build.udp6(b"x"), link).version == 6
    for version in (0, 1, 5, 7, 15):
        packet = parse(bytes([version << 4 | 5]) + bytes(60), link)
        assert (faults(packet), packet.limited_by) == (Status.BAD_VERSION, "ip.version")


def test_raw_with_nothing_in_it(parse):
    packet = parse(b"", "raw")
    assert faults(packet) & Status.HEADER_CUT
    assert packet.src is None


@pytest.mark.parametrize("link", ["ipv4", 228, "ipv6", 229])
def test_one_family_only(parse, build, link):
    v4, v6 = parse(build.udp4(bytes(40)), link), parse(build.udp6(bytes(40)), link)
    right, wrong = (v4, v6) if link in ("ipv4", 228) else (v6, v4)
    assert faults(right) == 0
    assert right.sport == 1025
    assert (faults(wrong), wrong.limited_by) == (Status.BAD_VERSION, "ip.version")


@pytest.mark.parametrize("link", ["ppp", 9, 50])
def test_ppp(parse, build, link):
    for head in (b"\xff\x03", b""):  # address and control may be compressed away
        assert is_good(parse(head + b"\0\x21" + build.udp4(b"x"), link), build, len(head) + 2)
        packet = parse(head + b"\0\x57" + build.udp6(b"x"), link)
        assert (packet.version, packet.sport) == (6, 1025)
        packet = parse(head + b"\xc0\x21" + b"whatever", link)
        assert faults(packet) == 0
        assert (packet.limited_by, packet.payload) == ("ppp.protocol", b"whatever")
    assert is_good(parse(b"\x21" + build.udp4(b"x"), link), build, 1)  # RFC 1661, 6.5


def test_pppoe(parse, build):
    packet = parse(build.ethernet(build.pppoe(build.udp4(b"x")) + bytes(9), build.PPPOE))
    assert is_good(packet, build, 22)
    assert packet.status & Status.TRAILER
    frame = build.ethernet(
        build.pppoe(build.udp6(b"x"), 0x57), build.PPPOE, (0x88A8, 5), (0x8100, 6)
    )
    packet = parse(frame)
    assert (packet.version, packet.sport, packet.vlans) == (6, 1025, (5, 6))
    packet = parse(build.ethernet(build.pppoe(b"\1\2\0\4", 0xC021), build.PPPOE))
    assert (packet.limited_by, packet.status) == ("ppp.protocol", Status.UNDECODED)


def test_pppoe_length_that_is_less_than_its_datagram(parse, build):
    datagram = build.udp4(b"0123456789")
    frame = build.ethernet(build.pppoe(datagram, length=len(datagram) - 2), build.PPPOE)
    packet = parse(frame)
    assert packet.payload == b"012345"
    assert faults(packet)


@pytest.mark.parametrize("size", range(8))
def test_pppoe_that_was_cut(parse, build, size):
    packet = parse(build.ethernet(build.pppoe(build.udp4())[:size], build.PPPOE))
    assert Status.HEADER_CUT in faults(packet)
    assert packet.limited_by == "link.header"


def test_link_types_by_name_and_number(parse, build):
    frame = build.ethernet(build.udp4())
    for name, number in LINK_TYPES.items():
        assert parse(frame, name).link == parse(frame, number).link == number
    for alias in LINK_ALIASES:
        assert parse(frame, alias).link in (alias, LINK_ALIASES[alias])


@pytest.mark.parametrize("link", [2, 105, 127, 239, 253, 65535])
def test_unknown_link_number(parse, link):
    packet = parse(b"whatever", link)
    assert packet.status == Status.UNDECODED
    assert (packet.limited_by, packet.link) == ("link.type", link)
    assert (packet.payload_offset, packet.payload) == (0, b"whatever")


def test_unknown_link_name(parse):
    with pytest.raises(ValueError, match="token-ring"):
        parse(b"", "token-ring")
