"""From the link layer to the network layer: every link type, tags, LLC, PPP, and ARP."""

import struct

import pytest

from fastsock.packet.fields import FAULTS, LINK_ALIASES, LINK_TYPES, Status

TAGS = [0x8100, 0x88A8, 0x9100, 0x9200, 0x9300]


def faults(packet):
    return Status(packet.status & FAULTS)


def is_good(packet, wire, at):
    assert faults(packet) == 0
    assert (packet.l3_offset, packet.src, packet.sport, packet.payload) == (at, wire.A4, 1025, b"x")
    return True


# --- VLAN


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("tci", [0, 1, 0x0FFF, 0x2000, 0x1005, 0xFFFF])
def test_tag(parse, wire, tag, tci):
    packet = parse(wire.ethernet(wire.udp4(b"x"), wire.IPV4, (tag, tci)))
    assert is_good(packet, wire, 18)
    assert (packet.vlans, packet.vlan) == ((tci,), tci & 0xFFF)  # a priority tag has VID 0
    assert packet.ethertype == wire.IPV4


@pytest.mark.parametrize("depth", range(1, 9))
def test_stacked_tags(parse, wire, depth):
    tags = [(TAGS[number % 5], 100 + number) for number in range(depth)]
    packet = parse(wire.ethernet(wire.udp4(b"x"), wire.IPV4, *tags))
    assert is_good(packet, wire, 14 + 4 * depth)
    assert packet.vlans == tuple(range(100, 100 + depth))
    assert packet.vlan == 100


@pytest.mark.parametrize("depth", [9, 10, 1000])
def test_more_tags_than_are_kept(parse, wire, depth):
    packet = parse(wire.ethernet(wire.udp4(b"x"), wire.IPV4, *[(0x8100, 5)] * depth))
    assert faults(packet) == Status.TOO_MANY_HEADERS
    assert packet.limited_by == "vlan.count"
    assert packet.vlans == (5,) * 8
    assert packet.src is None


def test_frame_without_a_tag(parse, wire):
    packet = parse(wire.ethernet(wire.udp4(b"x")))
    assert (packet.vlan, packet.vlans) == (None, ())


@pytest.mark.parametrize("size", range(4))
def test_tag_that_was_cut(parse, wire, size):
    packet = parse(wire.ethernet(b"", 0x8100) + bytes(4)[:size])
    assert faults(packet) == Status.HEADER_CUT
    assert packet.limited_by == "link.header"


def test_unknown_type_behind_a_tag(parse, wire):
    packet = parse(wire.ethernet(b"whatever", 0x88CC, (0x8100, 7)))
    assert packet.status == Status.UNDECODED
    assert (packet.limited_by, packet.ethertype, packet.vlan) == ("ethernet.type", 0x88CC, 7)
    assert packet.payload == b"whatever"


# --- Ethernet


@pytest.mark.parametrize("kind", [0x0600, 0x0801, 0x8847, 0x88CC, 0x9000, 0xFFFF])
def test_types_without_a_decoder(parse, wire, kind):
    packet = parse(wire.ethernet(b"whatever", kind))
    assert packet.status == Status.UNDECODED
    assert (packet.limited_by, packet.ethertype) == ("ethernet.type", kind)
    assert (packet.version, packet.protocol, packet.src) == (0, None, None)
    assert (packet.payload_offset, packet.payload_length) == (14, 8)


def test_ethernet_addresses(parse, wire):
    packet = parse(wire.ethernet(wire.udp4()))
    assert (packet.eth_src, packet.eth_dst) == (wire.MAC_A, wire.MAC_B)
    packet = parse(wire.udp4(), "raw")
    assert (packet.eth_src, packet.eth_dst) == (None, None)


def test_snap_is_followed(parse, wire):
    body = wire.snap(wire.udp4(b"x"))
    packet = parse(wire.ethernet(body + bytes(10), len(body)))
    assert is_good(packet, wire, 22)
    assert packet.status & Status.TRAILER
    assert packet.ethertype == wire.IPV4


def test_snap_behind_a_tag(parse, wire):
    body = wire.snap(wire.udp4(b"x"))
    packet = parse(wire.ethernet(body, len(body), (0x8100, 7)))
    assert is_good(packet, wire, 26)
    assert packet.vlan == 7


@pytest.mark.parametrize("length", [3, 43, 1500, 1535])
def test_below_0x600_it_is_a_length(parse, wire, length):
    body = b"\x42\x42\x03".ljust(length, b"\0")  # spanning tree: LLC without SNAP
    packet = parse(wire.ethernet(body + bytes(8), length))
    assert packet.status == Status.UNDECODED | Status.TRAILER
    assert packet.limited_by in ("ethernet.type", "ethernet.length")
    assert packet.payload_length <= length
    assert (packet.version, packet.src) == (0, None)


def test_ethernet_length_that_cuts_a_datagram(parse, wire):
    body = wire.snap(wire.udp4(b"0123456789"))
    packet = parse(wire.ethernet(body, len(body) - 4))
    assert packet.src == wire.A4
    assert packet.payload == b"012345"
    assert faults(packet)


@pytest.mark.parametrize("oui", [b"\0\0\x0c", b"\0\x80\xc2"])
def test_snap_of_another_organisation(parse, wire, oui):
    body = wire.snap(wire.udp4(b"x"), oui=oui)
    packet = parse(wire.ethernet(body, len(body)))
    assert packet.status & Status.UNDECODED
    assert packet.src is None


# --- ARP


def test_arp(parse, wire):
    packet = parse(wire.ethernet(wire.arp() + bytes(18), wire.ARP), verify=True)
    assert faults(packet) == 0
    assert (packet.version, packet.ethertype, packet.protocol) == (0, wire.ARP, None)
    assert (packet.src, packet.dst) == (wire.A4, wire.B4)
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
def test_arp_that_was_cut(parse, wire, size):
    packet = parse(wire.ethernet(wire.arp()[:size], wire.ARP))
    assert faults(packet) == Status.HEADER_CUT
    assert packet.limited_by == "arp.header"
    assert packet.src is None


def test_arp_for_other_addresses(parse, wire):
    # AX.25 has hardware addresses of 7 bytes: the lengths in the header count.
    head = struct.pack(">HHBBH", 3, wire.IPV4, 7, 4, 1)
    packet = parse(wire.ethernet(head + bytes(7) + wire.A4 + bytes(7) + wire.B4, wire.ARP))
    assert (packet.src, packet.dst) in [(wire.A4, wire.B4), (None, None)]
    assert faults(packet) == 0
    head = struct.pack(">HHBBH", 1, wire.IPV6, 6, 16, 1)
    packet = parse(wire.ethernet(head + bytes(44), wire.ARP))
    assert packet.src is None


# --- other link types


def test_linux_cooked(parse, wire):
    assert is_good(parse(wire.sll(wire.udp4(b"x")), "sll"), wire, 16)
    assert is_good(parse(wire.sll2(wire.udp4(b"x")), "sll2"), wire, 20)
    for make, name in [(wire.sll, "sll"), (wire.sll2, "sll2")]:
        packet = parse(make(wire.udp6(b"x"), wire.IPV6), name)
        assert (packet.version, packet.sport, packet.ethertype) == (6, 1025, wire.IPV6)
        packet = parse(make(wire.arp(), wire.ARP), name)
        assert (packet.src, packet.ethertype) == (wire.A4, wire.ARP)
        packet = parse(make(b"whatever", 0x88CC), name)
        assert (packet.limited_by, packet.status) == ("ethernet.type", Status.UNDECODED)


def test_linux_cooked_with_a_tag(parse, wire):
    tagged = struct.pack(">HH", 7, wire.IPV4) + wire.udp4(b"x")
    assert is_good(parse(wire.sll(tagged, 0x8100), "sll"), wire, 20)
    packet = parse(wire.sll2(tagged, 0x8100), "sll2")
    assert is_good(packet, wire, 24)
    assert packet.vlan == 7


@pytest.mark.parametrize(("name", "size"), [("sll", 16), ("sll2", 20), ("null", 4), ("loop", 4)])
def test_link_header_that_was_cut(parse, name, size):
    for captured in range(size):
        packet = parse(bytes(captured), name)
        assert faults(packet) == Status.HEADER_CUT
        assert packet.limited_by == "link.header"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("family", [2, 10, 24, 28, 30])
def test_null_in_the_writers_byte_order(parse, wire, order, family):
    # Systems number IPv6 differently: the version counts.
    head = struct.pack(f"{order}I", family)
    for link in ("null", 0):
        assert is_good(parse(head + wire.udp4(b"x"), link), wire, 4)
        packet = parse(head + wire.udp6(b"x"), link)
        assert (packet.version, packet.sport, packet.l3_offset) == (6, 1025, 4)


@pytest.mark.parametrize("family", [2, 10, 24, 28, 30])
def test_loop(parse, wire, family):
    head = struct.pack(">I", family)
    assert is_good(parse(head + wire.udp4(b"x"), "loop"), wire, 4)
    assert parse(head + wire.udp6(b"x"), 108).version == 6


@pytest.mark.parametrize("link", ["raw", 101, 12, 14])
def test_raw(parse, wire, link):
    assert is_good(parse(wire.udp4(b"x"), link), wire, 0)
    assert parse(wire.udp6(b"x"), link).version == 6
    for version in (0, 1, 5, 7, 15):
        packet = parse(bytes([version << 4 | 5]) + bytes(60), link)
        assert (faults(packet), packet.limited_by) == (Status.BAD_VERSION, "ip.version")


def test_raw_with_nothing_in_it(parse):
    packet = parse(b"", "raw")
    assert faults(packet) & Status.HEADER_CUT
    assert packet.src is None


@pytest.mark.parametrize("link", ["ipv4", 228, "ipv6", 229])
def test_one_family_only(parse, wire, link):
    v4, v6 = parse(wire.udp4(bytes(40)), link), parse(wire.udp6(bytes(40)), link)
    right, wrong = (v4, v6) if link in ("ipv4", 228) else (v6, v4)
    assert faults(right) == 0
    assert right.sport == 1025
    assert (faults(wrong), wrong.limited_by) == (Status.BAD_VERSION, "ip.version")


@pytest.mark.parametrize("link", ["ppp", 9, 50])
def test_ppp(parse, wire, link):
    for head in (b"\xff\x03", b""):  # address and control may be compressed away
        assert is_good(parse(head + b"\0\x21" + wire.udp4(b"x"), link), wire, len(head) + 2)
        packet = parse(head + b"\0\x57" + wire.udp6(b"x"), link)
        assert (packet.version, packet.sport) == (6, 1025)
        packet = parse(head + b"\xc0\x21" + b"whatever", link)
        assert faults(packet) == 0
        assert (packet.limited_by, packet.payload) == ("ppp.protocol", b"whatever")
    assert is_good(parse(b"\x21" + wire.udp4(b"x"), link), wire, 1)  # RFC 1661, 6.5


def test_pppoe(parse, wire):
    packet = parse(wire.ethernet(wire.pppoe(wire.udp4(b"x")) + bytes(9), wire.PPPOE))
    assert is_good(packet, wire, 22)
    assert packet.status & Status.TRAILER
    frame = wire.ethernet(wire.pppoe(wire.udp6(b"x"), 0x57), wire.PPPOE, (0x88A8, 5), (0x8100, 6))
    packet = parse(frame)
    assert (packet.version, packet.sport, packet.vlans) == (6, 1025, (5, 6))
    packet = parse(wire.ethernet(wire.pppoe(b"\1\2\0\4", 0xC021), wire.PPPOE))
    assert (packet.limited_by, packet.status) == ("ppp.protocol", Status.UNDECODED)


def test_pppoe_length_that_is_less_than_its_datagram(parse, wire):
    datagram = wire.udp4(b"0123456789")
    frame = wire.ethernet(wire.pppoe(datagram, length=len(datagram) - 2), wire.PPPOE)
    packet = parse(frame)
    assert packet.payload == b"012345"
    assert faults(packet)


@pytest.mark.parametrize("size", range(8))
def test_pppoe_that_was_cut(parse, wire, size):
    packet = parse(wire.ethernet(wire.pppoe(wire.udp4())[:size], wire.PPPOE))
    assert Status.HEADER_CUT in faults(packet)
    assert packet.limited_by == "link.header"


def test_link_types_by_name_and_number(parse, wire):
    frame = wire.ethernet(wire.udp4())
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
