"""One reader of the way to the transport header: decoder and views agree on any packet."""

import struct

import pytest
from hypothesis import example, given, settings, strategies as st

from fastsock.errors import PacketError
from fastsock.packet.fields import FAULTS, ChecksumStatus, Status

VIEWS = {6: "TCPView", 17: "UDPView", 1: "ICMPView", 58: "ICMPView"}
FULL = {6: 20, 17: 8, 1: 8, 58: 8}


@pytest.fixture(scope="module")
def compare(headers, parse):
    """Check that a view and the decoder agree on a datagram; return what they found."""

    def compare(datagram):
        packet = parse(datagram, "raw", verify=True)
        kind = headers.IPv4View if packet.version == 4 else headers.IPv6View
        buffer = bytearray(datagram)
        with kind(buffer) as ip:
            try:
                view = ip.transport()
            except PacketError as error:
                view, cut = None, error
                assert packet.status & Status.HEADER_CUT
                assert (cut.layer, cut.field, cut.offset) == (
                    VIEWS[packet.protocol][:-4].lower(), "header", packet.l4_offset
                )  # fmt: skip
                return packet
            expected = VIEWS.get(packet.protocol) if packet.l4_offset is not None else None
            if (packet.protocol, packet.version) in ((58, 4), (1, 6)):
                expected = None
            assert (None if view is None else type(view).__name__) == expected
            if view is None:
                return packet
            assert view.offset == packet.l4_offset
            if expected != "ICMPView":
                assert (view.sport, view.dport) == (packet.sport, packet.dport)
            if packet.status & Status.BAD_HEADER_LENGTH:
                return packet  # the view verifies a sum over all, whatever this length says
            compare_checksums(ip, view, packet)
            compare_ends(ip, view, packet, parse, buffer)
        return packet

    return compare


def compare_checksums(ip, view, packet):
    """A checksum that the decoder verifies is what the view says; one that it can't, raises."""
    if packet.checksum_status == ChecksumStatus.ABSENT:
        if packet.complete:
            assert view.verify_checksum()
    elif packet.checksum_status == ChecksumStatus.UNVERIFIED:
        with pytest.raises(PacketError):
            view.verify_checksum()
    else:
        right = packet.checksum_status == ChecksumStatus.GOOD
        assert view.verify_checksum() == right
        if packet.checksum == 0 and packet.version == 6:
            return  # UDP's zero is wrong whatever else is present
        before = bytes(view.payload)
        view.fill_checksum()
        assert view.verify_checksum()
        assert view.payload == before


def compare_ends(ip, view, packet, parse, buffer):
    """An address that is written keeps the checksum good, whichever ends it covers."""
    filled = parse(bytes(buffer), "raw", verify=True)
    if filled.checksum_status != ChecksumStatus.GOOD:
        return
    for field in ("src", "dst"):
        setattr(ip, field, bytes(range(1, 1 + len(packet.src))))
        again = parse(bytes(buffer), "raw", verify=True)
        assert again.checksum_status == ChecksumStatus.GOOD
        assert view.verify_checksum()


# ---------------------------------------------------------------- random chains

KINDS = [0, 43, 44, 51, 60, 135, 139, 140]
addresses = st.binary(min_size=16, max_size=16)


@st.composite
def options6(draw):
    """Options of an IPv6 header, few of them padding, some at fault."""
    home = addresses.map(lambda address: b"\xc9\x10" + address)
    jumbo = st.sampled_from([0, 50, 65535, 65536, 70000, 1 << 32 - 1]).map(
        lambda length: b"\xc2\x04" + struct.pack("!I", length & 0xFFFFFFFF)
    )
    odd = st.sampled_from([b"\xc9\x0f" + bytes(15), b"\xc2\x03abc", b"\x1e\x70", b"\x05\x02\0\0"])
    body = b"".join(draw(st.lists(home | jumbo | odd | st.just(b"\0"), max_size=3)))
    missing = -(len(body) + 2) % 8
    if missing > 1:
        body += bytes([1, missing - 2])
    return body + bytes(-(len(body) + 2) % 8)


@st.composite
def header6(draw, kind):
    """An extension header without its next header: right mostly."""
    if kind in (0, 60):
        body = draw(options6())
    elif kind == 43:
        hops = draw(st.lists(addresses, max_size=3))
        kind_, left = draw(st.sampled_from([0, 2, 3, 4])), draw(st.integers(0, 4))
        odd = draw(st.sampled_from([b"", b"", b"", bytes(8)]))
        body = bytes([kind_, left, 0, 0, 0, 0]) + b"".join(hops) + odd
    elif kind == 44:
        return struct.pack("!BHI", 0, draw(st.sampled_from([0, 0, 1, 8, 9, 0xFFF8, 6])), 7)
    elif kind == 51:
        words = draw(st.integers(0, 6))
        return bytes([words]) + bytes((words + 2) * 4 - 2)
    else:
        body = bytes(6 + 8 * draw(st.integers(0, 2)))
    length = (len(body) + 2) // 8 - 1 + draw(st.sampled_from([0] * 12 + [1, 30]))
    return bytes([length]) + body


@st.composite
def segments(draw, *protocols):
    """A transport segment, its checksum as it comes."""
    protocol = draw(st.sampled_from(protocols))
    payload = draw(st.binary(max_size=12))
    if protocol == 6:
        return 6, struct.pack("!HHIIHHHH", 1, 2, 3, 4, 0x5018, 5, 0, 0) + payload
    if protocol == 17:
        length = draw(st.sampled_from([8 + len(payload)] * 4 + [0, 5, 8, 300]))
        port = draw(st.sampled_from([53, 4789, 6081, 8472]))
        return 17, struct.pack("!HHHH", 1, port, length, draw(st.sampled_from([0, 7]))) + payload
    if protocol == 58:
        return 58, b"\x80\0\0\0" + payload
    return protocol, bytes(8) + payload


@st.composite
def datagrams6(draw):
    protocol, body = draw(segments(6, 6, 17, 17, 58, 1, 59, 50, 132))
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=5))
    kinds = draw(st.sampled_from([kinds, [0, *kinds]]))
    for kind in reversed(kinds):
        body, protocol = bytes([protocol]) + draw(header6(kind)) + body, kind
    length = draw(st.sampled_from([len(body)] * 6 + [0, 0, max(len(body) - 3, 1), len(body) + 9]))
    head = struct.pack("!IHBB", 6 << 28, length, protocol, 64)
    whole = head + bytes(range(16)) + bytes(range(16, 32)) + body
    return whole[: draw(st.sampled_from([len(whole)] * 5 + [max(40, len(whole) - 7)]))]


@st.composite
def options4(draw):
    route = st.builds(
        lambda kind, pointer, hops, odd: bytes([kind, 3 + 4 * hops + odd, pointer])
        + bytes(range(4 * hops + odd)),
        st.sampled_from([131, 137, 7]), st.integers(0, 14), st.integers(0, 2),
        st.sampled_from([0, 0, 0, 1, 2]),
    )  # fmt: skip
    others = [b"\1", b"\0", b"\x94\4\0\0", b"\x83\x02", b"\x83\x01", b"\x89\x60\x04", b"\x83"]
    parts = draw(st.lists(route | st.sampled_from(others), max_size=3))
    body = b"".join(parts)[:40]
    return body + bytes(-len(body) % 4)


@st.composite
def datagrams4(draw):
    protocol, body = draw(segments(6, 6, 17, 17, 1, 58, 132))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2, 17]))):
        body, protocol = bytes([protocol]) + draw(header6(51)) + body, 51
    options = draw(options4())
    size = 20 + len(options)
    total = size + len(body)
    total = draw(st.sampled_from([total] * 6 + [0, size - 1, max(total - 3, size), total + 9]))
    fragment = draw(st.sampled_from([0] * 6 + [0x2000, 0x4000, 1, 0x2001]))
    head = struct.pack("!BBHHHBBH", 0x40 | size // 4, 0, total, 1, fragment, 64, protocol, 0)
    whole = head + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + options + body
    return whole[: draw(st.sampled_from([len(whole)] * 5 + [max(20, len(whole) - 7)]))]


@given(datagrams6())
@settings(max_examples=200)
def test_random_chains_of_ipv6(compare, datagram):
    compare(datagram)


@given(datagrams4())
@settings(max_examples=200)
def test_random_options_and_chains_of_ipv4(compare, datagram):
    compare(datagram)


@given(st.binary(min_size=40, max_size=120), st.sampled_from([0x45, 0x46, 0x4F, 0x60]))
@example(bytes(40), 0x60)
def test_random_bytes(compare, data, first):
    if first != 0x60:
        data = bytes([first]) + data[1:6] + bytes(2) + data[8:]
    else:
        data = bytes([first]) + data[1:]
    compare(data)


# ---------------------------------------------------------------- the cases that differed


@pytest.mark.parametrize("options", ["8305040909000000", "8303020000000000", "8906040102030000"])
def test_a_route_without_a_whole_address(compare, headers, build, options):
    """The destination can't be determined, so no checksum is right or wrong."""
    options = bytes.fromhex(options)
    datagram = build.ipv4(build.udp(b"data", 5000), options=options, identification=7)
    packet = compare(datagram)
    assert packet.status & Status.SOURCE_ROUTE
    assert packet.checksum_status == ChecksumStatus.UNVERIFIED
    built = bytearray(datagram)
    with headers.IPv4View(built) as ip, ip.transport() as udp:
        for call in (udp.verify_checksum, udp.fill_checksum):
            with pytest.raises(PacketError, match=r"ipv4\.options at offset 0: SOURCE_ROUTE"):
                call()
        before = udp.checksum
        ip.dst = bytes(4)  # a hop, whatever the destination is
        assert udp.checksum == before
        ip.src = bytes(4)  # which the checksum covers
        assert udp.checksum != before


@pytest.mark.parametrize(
    ("kind", "left", "count"), [(0, 2, 1), (0, 255, 2), (2, 1, 0), (4, 3, 2), (3, 1, 1), (1, 1, 1)]
)
def test_a_routing_header_that_hides_the_destination(compare, headers, build, kind, left, count):
    hops = ["2001:db8::9"] * count
    body = build.routing(17, kind, left, *hops)
    datagram = build.ipv6(body + build.udp(b"data", 5000, src=build.SRC6, dst="2001:db8::9"), 43)
    packet = compare(datagram)
    assert packet.checksum_status == ChecksumStatus.UNVERIFIED
    udp = headers.IPv6View(datagram).transport()
    with pytest.raises(PacketError, match=r"ipv6\.extension at offset 0: SOURCE_ROUTE"):
        udp.verify_checksum()


def test_a_home_address_that_can_not_be_told(compare, headers, build):
    body = build.options6(17, b"\xc9\x0f" + bytes(15) + b"\1\3\0\0\0") + build.udp(b"data", 5000)
    packet = compare(build.ipv6(body, 60))
    assert packet.checksum_status == ChecksumStatus.UNVERIFIED
    udp = headers.IPv6View(build.ipv6(body, 60)).transport()
    with pytest.raises(PacketError, match=r"ipv6\.options at offset 0: BAD_OPTION"):
        udp.verify_checksum()


def test_hop_by_hop_options_out_of_place(compare, build):
    six = build.udp(b"data", 5000, src=build.SRC6, dst=build.DST6)
    first = build.options6(0) + build.options6(17) + six
    for kind in (0, 60, 43):
        packet = compare(build.ipv6(first, kind))
        assert packet.protocol == 0
        assert packet.status & Status.UNDECODED


@pytest.mark.parametrize("words", [1, 2, 4])
def test_authentication_in_ipv4(compare, headers, build, words):
    header = bytes([17, words]) + bytes((words + 2) * 4 - 2)
    datagram = bytearray(build.ipv4(header + build.udp(b"data", 5000), 51, identification=7))
    assert compare(bytes(datagram)).checksum_status == ChecksumStatus.GOOD
    with headers.IPv4View(datagram) as ip, ip.transport() as udp:
        assert udp.offset == 20 + len(header)
        ip.dst = "203.0.113.1"
        assert udp.verify_checksum()


def jumbogram(build, segment, length=None, kind=6):
    """One of the given length, or of as many bytes as it has, with or without 64 KiB of them."""
    size = 8 + len(segment)
    option = build.jumbo(size if length is None else length)
    return build.ipv6(build.options6(kind, option) + segment, 0, payload_length=0)


def test_jumbograms(compare, headers, build):
    big = build.tcp(bytes(70000), 5000, src=build.SRC6, dst=build.DST6, seq=1, ack=2, window=512)
    packet = compare(jumbogram(build, big))
    assert (packet.complete, packet.checksum_status) == (True, ChecksumStatus.GOOD)
    assert packet.status & Status.JUMBOGRAM
    padded = bytearray(jumbogram(build, big) + b"\xee" * 9)
    assert compare(bytes(padded)).status & Status.TRAILER
    with headers.IPv6View(padded) as ip, ip.transport() as tcp:
        assert len(ip.payload) == 8 + len(big)
        assert len(tcp.payload) == 70000
        tcp.seq += 1
        assert tcp.verify_checksum()
    cut = jumbogram(build, big)[:-1]
    tcp = headers.IPv6View(cut).transport()
    with pytest.raises(PacketError, match="CUT"):
        tcp.verify_checksum()
    udp = build.seal(b"\0\1\0\2\0\0\0\0" + bytes(70000), 17, build.SRC6, build.DST6)
    packet = compare(jumbogram(build, udp, kind=17))
    assert packet.checksum_status == ChecksumStatus.GOOD


@pytest.mark.parametrize("protocol", [17, 58])
def test_a_length_of_zero_is_of_tcp(compare, headers, build, protocol):
    segment = build.udp(b"data", 5000) if protocol == 17 else build.icmpv6()
    packet = compare(build.ipv6(segment, protocol, payload_length=0))
    assert packet.status & FAULTS == Status.BAD_LENGTH
    assert headers.IPv6View(build.ipv6(segment, protocol, payload_length=0)).transport() is None


def test_a_length_from_the_wire_leaves_the_checksum_to_the_card(headers, build):
    """The field may hold the sum of the pseudo-header alone: neither right nor wrong."""
    for version, datagram in [
        (
            4,
            build.ipv4(
                build.tcp(b"data", 5000, seq=1, ack=2, window=512),
                6,
                total_length=0,
                identification=7,
            ),
        ),
        (
            6,
            build.ipv6(
                build.tcp(b"data", 5000, src=build.SRC6, dst=build.DST6, seq=1, ack=2, window=512),
                6,
                payload_length=0,
            ),
        ),
    ]:
        view = headers.IPv4View if version == 4 else headers.IPv6View
        buffer = bytearray(datagram)
        with view(buffer) as ip, ip.transport() as tcp:
            with pytest.raises(PacketError, match=r"total_length at offset 0: LENGTH_FROM_WIRE"):
                tcp.verify_checksum()
            tcp.checksum = 0
            tcp.fill_checksum()
        assert buffer == datagram


@pytest.mark.parametrize("length", [0, 1, 7])
def test_a_udp_length_of_zero_needs_a_reason(compare, headers, build, length):
    datagram = build.ipv4(build.udp(b"data", 5000, length=length, checksum=1), identification=7)
    assert compare(datagram).status & FAULTS == Status.BAD_LENGTH
    with headers.IPv4View(bytearray(datagram)) as ip, ip.transport() as udp:
        for call in (udp.verify_checksum, udp.fill_checksum, lambda: udp.payload):
            with pytest.raises(PacketError, match=r"udp\.length at offset 20: BAD_LENGTH"):
                call()


# ---------------------------------------------------------------- BIG TCP in tunnels

VXLAN = bytes.fromhex("08000000 00138900")
TUNNELS = pytest.mark.parametrize("port", [4789, 8472, 6081])


def tunnel(build, version, port=4789, length=0, ip_length=0, checksum=0, size=70000):
    segment = struct.pack("!HHHH", 49152, port, length, checksum) + VXLAN + bytes(size)
    if version == 4:
        return build.ipv4(segment, total_length=ip_length, identification=7)
    return build.ipv6(segment, payload_length=ip_length)


@TUNNELS
@pytest.mark.parametrize("version", [4, 6])
def test_big_tcp_in_a_tunnel(parse, build, version, port):
    """IP and UDP have no length, for what is in there has more than 64 KiB (tcpdump PR 1404)."""
    datagram = tunnel(build, version, port)
    header = 20 if version == 4 else 40
    for captured in (len(datagram), 200, header + 8):
        packet = parse(datagram[:captured], "raw", verify=True, wire_length=len(datagram))
        assert (packet.sport, packet.dport) == (49152, port)
        assert packet.total_length == header + 16 + 70000
        assert packet.status & FAULTS == (Status.CUT if captured < len(datagram) else 0)
        assert packet.status & Status.LENGTH_FROM_WIRE
        # Zero says over IPv4 that there is none.
        absent = version == 4
        assert packet.checksum_status == (
            ChecksumStatus.ABSENT if absent else ChecksumStatus.UNVERIFIED
        )
        assert (packet.payload_offset, packet.payload_length) == (header + 8, captured - header - 8)
    partial = parse(tunnel(build, version, port, checksum=0x1234), "raw", verify=True)
    assert partial.checksum_status == ChecksumStatus.UNVERIFIED


def test_the_packet_of_the_report(parse):
    head = bytes.fromhex("6000000000001140") + bytes(15) + b"\1" + bytes(15) + b"\2"
    head += bytes.fromhex("c00012b500000000 0800000000138900")
    packet = parse(head, "raw", verify=True, wire_length=70056)
    assert (packet.sport, packet.dport, packet.total_length) == (49152, 4789, 70056)
    assert packet.checksum_status == ChecksumStatus.UNVERIFIED
    assert Status(packet.status) == (
        Status.TRANSPORT | Status.PORTS | Status.LENGTH_FROM_WIRE | Status.CUT
    )


@TUNNELS
def test_a_tunnel_may_have_a_udp_length_all_the_same(parse, build, port):
    packet = parse(tunnel(build, 6, port, length=116, size=100), "raw")
    assert (packet.complete, packet.payload_length) == (True, 108)


def test_what_is_no_tunnel_may_lack_no_length(parse, build):
    for version in (4, 6):
        datagram = tunnel(build, version, 53, size=100)
        assert parse(datagram, "raw").status & FAULTS == Status.BAD_LENGTH
        turned = bytearray(datagram)  # only the destination port identifies a tunnel
        turned[-116:-112] = struct.pack("!HH", 4789, 49152)
        assert parse(bytes(turned), "raw").status & FAULTS == Status.BAD_LENGTH
        # Where IP has a length, UDP must have one.
        stated = tunnel(build, version, ip_length=116 + (20 if version == 4 else 0), size=100)
        assert parse(stated, "raw").status & FAULTS == Status.BAD_LENGTH
    whole = tunnel(build, 6, size=100)
    assert parse(whole[:43], "raw").status & Status.BAD_LENGTH  # the port is not there


def test_a_fragment_of_a_tunnel_lacks_no_length(parse, build):
    segment = tunnel(build, 6, size=96)[40:]
    piece = build.ipv6(
        build.fragment6(17, more=1, identification=9) + segment, 44, payload_length=0
    )
    assert parse(piece, "raw").status & FAULTS == Status.BAD_LENGTH
    piece = build.ipv4(segment, total_length=0, fragment=0x2000, identification=7)
    assert parse(piece, "raw").status & FAULTS == Status.BAD_LENGTH


@TUNNELS
@pytest.mark.parametrize("version", [4, 6])
def test_views_of_a_tunnel(compare, headers, build, version, port):
    datagram = tunnel(build, version, port, checksum=0x1234)
    compare(datagram)
    view = headers.IPv4View if version == 4 else headers.IPv6View
    with view(bytearray(datagram)) as ip, ip.transport() as udp:
        assert len(udp.payload) == 70008
        before = udp.checksum
        udp.sport += 1
        assert udp.checksum == before - 1
        udp.fill_checksum()
        udp.length = 9
        assert len(udp.payload) == 1
