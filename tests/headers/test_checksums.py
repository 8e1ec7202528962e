"""Checksums stay right: whatever is assigned, they are what a full computation gives."""

import itertools

import pytest
from hypothesis import given, strategies as st

from fastsock.errors import PacketError
from fastsock.headers import layout as _layout

LENGTHS = {"header_length", "total_length", "payload_length", "length"}
SPECIAL = {"checksum", "version", *LENGTHS}
V4 = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
V6 = bytes.fromhex("20010db8" + "00" * 11 + "01"), bytes.fromhex("20010db8" + "00" * 11 + "02")
FAMILIES = pytest.mark.parametrize("ends", [V4, V6], ids=["ipv4", "ipv6"])
PROTOCOLS = {"TCPView": 6, "UDPView": 17, "ICMPView": 1}
PAYLOADS = st.binary(max_size=40)


def values(table):
    """A strategy of (field, value) for the fields of a table."""
    numbers = [f for f in table.values() if f.name not in SPECIAL]
    return st.sampled_from(numbers).flatmap(
        lambda f: st.tuples(
            st.just(f.name), st.integers(0, (1 << f.bits) - 1).map(lambda n: n * f.unit)
        )
    )


def addresses(size):
    edges = st.sampled_from([bytes(size), b"\xff" * size])
    packed = edges | st.binary(min_size=size, max_size=size)
    return st.tuples(st.sampled_from(["src", "dst"]), packed)


def build(builders, kind, ends, payload):
    src, dst = ends
    if kind == "TCPView":
        return builders.build_tcp(src, dst, 1025, 80, payload, options=b"\2\4\5\xb4")
    if kind == "UDPView":
        return builders.build_udp(src, dst, 53, 5353, payload)
    return builders.build_icmp_echo(src, dst, 7, 1, payload)


@pytest.fixture(scope="session")
def transport_sum(word_sum):
    """The sum of a datagram's transport segment and its pseudo-header: 0xFFFF if it is right."""

    def transport_sum(packet):
        if packet[0] >> 4 == 4:
            header, protocol, ends = (packet[0] & 15) * 4, packet[9], packet[12:20]
        else:
            header, protocol, ends = 40, packet[6], packet[8:40]
        segment = packet[header:]
        pseudo = ends + len(segment).to_bytes(4, "big") + protocol.to_bytes(4, "big")
        return word_sum((b"" if protocol == 1 else pseudo) + segment)

    return transport_sum


def ip_view(headers, packet):
    return headers.IPv4View(packet) if packet[0] >> 4 == 4 else headers.IPv6View(packet)


@FAMILIES
@pytest.mark.parametrize("kind", PROTOCOLS)
@given(data=st.data(), payload=PAYLOADS)
def test_any_assignments(headers, builders, word_sum, transport_sum, ends, kind, data, payload):
    packet = bytearray(build(builders, kind, ends, payload))
    ip = ip_view(headers, packet)
    layout = _layout.IPV4 if ends is V4 else _layout.IPV6
    wanted = values({n: f for n, f in layout.items() if n not in ("protocol", "next_header")})
    # A fragment's transport checksum is that of the whole.
    fragment = {"flags", "more_fragments", "fragment_offset"}
    wanted = wanted.filter(lambda pair: pair[0] not in fragment) | addresses(len(ends[0]))
    inner = values({"TCPView": _layout.TCP, "UDPView": _layout.UDP, "ICMPView": _layout.ICMP}[kind])
    transport = ip.transport()
    assert type(transport).__name__ == kind
    for _ in range(data.draw(st.integers(1, 12))):
        view, pairs = data.draw(st.sampled_from([(ip, wanted), (transport, inner)]))
        field, value = data.draw(pairs)
        setattr(view, field, value)
        assert getattr(view, field) == value
    if ends is V4:
        assert word_sum(packet[:20]) == 0xFFFF
        assert ip.verify_checksum()
    assert transport_sum(bytes(packet)) == 0xFFFF
    assert transport.verify_checksum()
    assert kind != "UDPView" or transport.checksum != 0
    before = bytes(packet)
    transport.fill_checksum()
    if ends is V4:
        ip.fill_checksum()
    assert packet == before


@given(data=st.data(), wrong=st.integers(1, 0xFFFE))
def test_a_wrong_checksum_stays_wrong(headers, builders, data, wrong):
    packet = bytearray(build(builders, "TCPView", V4, b"data"))
    ip = headers.IPv4View(packet)
    tcp = ip.transport()
    ip.checksum = (ip.checksum + wrong) % 0xFFFF
    tcp.checksum = (tcp.checksum + wrong) % 0xFFFF
    for field, value in data.draw(st.lists(values(_layout.TCP), max_size=5)):
        setattr(tcp, field, value)
    ip.ttl, ip.src = data.draw(st.integers(0, 255)), data.draw(addresses(4))[1]
    assert not ip.verify_checksum()
    assert not tcp.verify_checksum()


@given(fields=st.lists(values(_layout.TCP), min_size=1, max_size=20))
def test_the_twins_write_the_same_bytes(builders, headers, fields):
    from fastsock.headers._py import transport as reference

    one, other = bytearray(TCP_ZERO), bytearray(TCP_ZERO)
    first, second = headers.TCPView(one), reference.TCPView(other)
    for field, value in fields:
        setattr(first, field, value)
        setattr(second, field, value)
    assert one == other


TCP_ZERO = bytes(12) + b"\x50" + bytes(3) + b"\xff\xff" + bytes(2)


@FAMILIES
@pytest.mark.parametrize("kind", PROTOCOLS)
@pytest.mark.parametrize("size", [0, 1, 2, 3, 1471, 60000])
def test_verify_sees_every_byte(headers, builders, ends, kind, size):
    packet = bytearray(build(builders, kind, ends, (bytes(range(256)) * 235)[:size]))
    ip = ip_view(headers, packet)
    transport = ip.transport()
    assert transport.verify_checksum()
    first = 40 if ends is V6 else 20
    for at in {first, first + 7, len(packet) - 1, len(packet) - 2}:
        packet[at] ^= 0x40
        if not (kind == "TCPView" and at == first + 12) and at != first + 5:
            assert not transport.verify_checksum(), at
        packet[at] ^= 0x40
    assert transport.verify_checksum()


def test_the_zero_rule_of_udp(headers, builders):
    packet = bytearray(builders.build_udp(*V4, 53, 5353, b"data"))
    ip = headers.IPv4View(packet)
    udp = ip.transport()
    udp.checksum = 0  # none
    udp.sport, udp.dport, ip.src, ip.dst = 1, 2, "198.51.100.1", "0.0.0.0"
    assert udp.checksum == 0
    assert udp.verify_checksum()
    udp.fill_checksum()
    assert udp.checksum != 0
    assert udp.verify_checksum()
    # A port for which the sum is 0xFFFF: its complement, zero, would say that there is none.
    udp.sport = 0
    udp.sport = udp.checksum
    assert udp.checksum == 0xFFFF
    assert udp.verify_checksum()
    udp.fill_checksum()
    assert udp.checksum == 0xFFFF
    udp.dport = udp.dport
    assert udp.checksum == 0xFFFF


def test_zero_is_an_ordinary_checksum_of_tcp(headers, builders):
    packet = bytearray(builders.build_tcp(*V4, 1, 2))
    tcp = headers.IPv4View(packet).transport()
    tcp.window = 0
    tcp.window = tcp.checksum
    assert tcp.checksum == 0
    assert tcp.verify_checksum()
    tcp.seq += 1
    assert tcp.checksum != 0
    assert tcp.verify_checksum()


def test_a_udp_checksum_of_zero_over_ipv6(headers, builders):
    packet = bytearray(builders.build_udp(*V6, 53, 5353, b"data"))
    udp = headers.IPv6View(packet).transport()
    udp.checksum = 0
    assert not udp.verify_checksum()


def test_views_without_an_ip_view(headers, builders, word_sum):
    segment = bytearray(builders.build_udp(*V4, 53, 5353, b"data!")[20:])
    view = headers.UDPView(segment)
    before = view.checksum
    for call in (view.verify_checksum, view.fill_checksum):
        with pytest.raises(ValueError, match="pseudo_header"):
            call()
    view.sport += 1  # updating needs no pseudo-header
    assert view.checksum == before - 1
    pseudo = word_sum(b"".join(V4) + bytes([0, 17]) + len(segment).to_bytes(2, "big"))
    view = headers.UDPView(segment, pseudo_header=pseudo)
    assert view.verify_checksum()
    segment[-1] ^= 1
    assert not view.verify_checksum()
    view.fill_checksum()
    assert view.verify_checksum()
    icmp = headers.ICMPView(bytearray(builders.build_icmp_echo(*V4, 7, 1, b"odd")[20:]))
    assert icmp.verify_checksum()
    icmp.fill_checksum()
    assert icmp.verify_checksum()
    for wrong in (-1, 1 << 32):
        with pytest.raises(ValueError, match="pseudo_header must be between 0 and"):
            headers.TCPView(bytes(20), pseudo_header=wrong)
    for wrong in ("1", b"\0", 1.5):
        with pytest.raises(TypeError):
            headers.UDPView(bytes(8), pseudo_header=wrong)
    with pytest.raises(ValueError, match="pseudo_header"):
        headers.ICMPView(bytes(8), pseudo_header=None).verify_checksum()


def test_trailing_bytes_are_no_part_of_the_segment(headers, builders):
    for packet in (build(builders, kind, V4, b"odd") for kind in PROTOCOLS):
        padded = bytearray(packet + b"\xee" * 17)
        transport = headers.IPv4View(padded).transport()
        assert transport.verify_checksum()
        assert bytes(transport.payload) == b"odd"
        transport.fill_checksum()
        assert padded[: len(packet)] == packet


def test_bytes_behind_a_udp_datagram(headers, builders):
    inner = builders.build_udp(*V4, 1, 2, b"data")[20:]
    packet = bytearray(builders.build_ipv4(*V4, 17, inner + b"surplus"))
    udp = headers.IPv4View(packet).transport()
    assert udp.verify_checksum()
    assert bytes(udp.payload) == b"data"
    udp.length += 20
    with pytest.raises(PacketError, match=r"udp\.length"):
        udp.verify_checksum()


def test_fragments(headers, builders):
    whole = builders.build_udp(*V4, 1, 2, bytes(100))
    first = bytearray(builders.build_ipv4(*V4, 17, whole[20:84], more_fragments=True))
    ip = headers.IPv4View(first)
    udp = ip.transport()
    assert (udp.sport, udp.length, len(udp.payload)) == (1, 108, 56)
    for call in (udp.verify_checksum, udp.fill_checksum):
        with pytest.raises(PacketError, match=r"ipv4\.fragment_offset at offset 0: FRAGMENT"):
            call()
    ip.dst = "198.51.100.77"  # as a translator does, which sees no more of it
    rest = builders.build_ipv4(*V4, 17, whole[84:], fragment_offset=64)
    assert headers.IPv4View(rest).transport() is None
    again = bytearray(whole[:20]) + first[20:] + rest[20:]
    joined = headers.IPv4View(again)
    joined.checksum, again[16:20] = joined.checksum, first[16:20]
    assert joined.transport().verify_checksum()


def test_a_cut_datagram(headers, builders):
    for ends in (V4, V6):
        packet = build(builders, "TCPView", ends, b"data" * 10)
        cut = bytearray(packet[:-3])
        ip = ip_view(headers, cut)
        tcp = ip.transport()
        for call in (tcp.verify_checksum, tcp.fill_checksum):
            with pytest.raises(PacketError, match="total_length at offset 0: CUT"):
                call()
        ip.src = ends[1]
        tail = bytearray(cut + packet[-3:])
        assert ip_view(headers, tail).transport().verify_checksum()


@FAMILIES
@pytest.mark.parametrize("kind", PROTOCOLS)
def test_every_truncation_of_the_transport_header(headers, builders, ends, kind):
    packet = build(builders, kind, ends, b"")
    at = 20 if ends is V4 else 40
    least = 20 if kind == "TCPView" else 8
    for size in range(at, at + least):
        cut = bytearray(packet[:size])
        ip = ip_view(headers, cut)
        if kind == "TCPView" and size >= at + 8:
            ip.transport()  # as much as ICMP errors quote, see test_quotes.py
        else:
            with pytest.raises(PacketError, match=r"header at offset .*: HEADER_CUT") as caught:
                ip.transport()
            assert caught.value.offset == at
        before = bytes(cut[at:])
        ip.src = ends[1]  # only a checksum that is there is updated
        place = {"TCPView": 16, "UDPView": 6, "ICMPView": 2}[kind]
        changed = size >= at + place + 2 and not (kind == "ICMPView" and ends is V4)
        assert (cut[at:] != before) == changed
    short = bytearray(packet + bytes(20))
    ip = ip_view(headers, short)
    ip.total_length = at + 1
    with pytest.raises(PacketError, match="HEADER_CUT"):
        ip.transport()


def options(*contents, kind):
    """A hop-by-hop or destination options header, but for the next header: (kind, bytes)."""
    body = b"".join(contents)
    body += bytes(-(2 + len(body)) % 8)
    return kind, bytes([(2 + len(body)) // 8 - 1]) + body


def routing(kind, left, *hops):
    return 43, bytes([2 * len(hops), kind, left]) + bytes(4) + b"".join(hops)


FRAGMENT = 44, bytes([0, 0, 0, 0, 0, 0, 9])
FIRST_FRAGMENT = 44, bytes([0, 0, 1, 0, 0, 0, 9])
LATER_FRAGMENT = 44, bytes([0, 0, 8, 0, 0, 0, 9])
AUTHENTICATION = 51, bytes([1, 0, 0]) + bytes(8)
OTHER = bytes.fromhex("20010db8" + "00" * 11 + "77")
HOME = options(b"\xc9\x10" + OTHER, kind=60)
CHAINS = {
    "none": ([], V6[0], V6[1]),
    "hop-by-hop": ([options(b"\5\2\0\0", kind=0)], V6[0], V6[1]),
    "many": ([options(kind=0), options(kind=60), FRAGMENT, AUTHENTICATION, options(kind=60)], *V6),
    "routing, over": ([routing(0, 0, OTHER)], *V6),
    "routing 0": ([routing(0, 1, V6[1], OTHER)], V6[0], OTHER),
    "routing 2": ([routing(2, 1, OTHER)], V6[0], OTHER),
    "routing 4": ([routing(4, 1, OTHER, V6[1])], V6[0], OTHER),
    "routing 3, over": ([routing(3, 0, OTHER)], *V6),
    "home address": ([HOME], OTHER, V6[1]),
    "home address behind padding": (
        [options(b"\0\1\3\0\0\0\xc9\x10" + OTHER, kind=60), routing(0, 1, V6[0])], OTHER, V6[0],
    ),
    "16 headers": ([options(kind=60)] * 16, *V6),
}  # fmt: skip


def chained(builders, chain, protocol, segment):
    kinds = [kind for kind, _ in chain] + [protocol]
    bodies = [bytes([after]) + body for after, (_, body) in zip(kinds[1:], chain, strict=True)]
    return builders.build_ipv6(*V6, kinds[0], b"".join(bodies) + segment)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("kind", PROTOCOLS)
def test_behind_extension_headers(headers, builders, name, kind):
    chain, src, dst = CHAINS[name]
    protocol = 58 if kind == "ICMPView" else PROTOCOLS[kind]
    segment = build(builders, kind, (src, dst), b"data")[40:]
    packet = bytearray(chained(builders, chain, protocol, segment))
    ip = headers.IPv6View(packet)
    view = ip.transport()
    assert type(view).__name__ == kind
    assert bytes(view.payload) == b"data"
    assert view.verify_checksum()
    for field in ("src", "dst"):
        before = view.checksum
        setattr(ip, field, b"\x20" + bytes(15))
        covered = (src, dst)[field == "dst"] == V6[field == "dst"]
        if name != "home address behind padding" or field == "dst":
            assert (view.checksum != before) == covered, "an address counts where it is covered"
        assert view.verify_checksum()


def test_chains_that_end_elsewhere(headers, builders):
    udp = builders.build_udp(*V6, 1, 2, b"data")[40:]
    for chain, protocol in [
        ([LATER_FRAGMENT], 17), ([options(kind=60)] * 17, 17), ([], 50), ([], 59), ([], 132),
        ([], 1), ([options(kind=0)], 50),
    ]:  # fmt: skip
        packet = bytearray(chained(builders, chain, protocol, udp))
        ip = headers.IPv6View(packet)
        assert ip.transport() is None
        ip.src = OTHER
        assert packet[-len(udp) :] == udp
    first = headers.IPv6View(chained(builders, [FIRST_FRAGMENT], 17, udp)).transport()
    with pytest.raises(PacketError, match=r"ipv6\.fragment_offset"):
        first.verify_checksum()


@pytest.mark.parametrize("name", CHAINS)
def test_every_truncation_of_a_chain(headers, builders, name):
    packet = chained(builders, CHAINS[name][0], 17, build(builders, "UDPView", V6, b"")[40:])
    for size in range(40, len(packet) - 8):
        ip = headers.IPv6View(bytearray(packet[:size]))
        assert ip.transport() is None
        ip.dst = OTHER
    for size in range(len(packet) - 8, len(packet)):
        with pytest.raises(PacketError):
            headers.IPv6View(packet[:size]).transport()


@pytest.mark.parametrize(("protocol", "place"), [(33, 6), (136, 6), (6, 16), (17, 6), (132, None)])
@FAMILIES
def test_protocols_whose_checksum_covers_addresses(headers, builders, ends, protocol, place):
    build = builders.build_ipv4 if ends is V4 else builders.build_ipv6
    packet = bytearray(build(*ends, protocol, b"\x11" * 40))
    before = bytes(packet)
    ip = ip_view(headers, packet)
    ip.src = bytes(len(ends[0]))
    at = len(packet) - 40
    changed = [i for i in range(40) if packet[at + i] != before[at + i]]
    assert changed == ([] if place is None else [place, place + 1])


@pytest.mark.parametrize(("protocol", "after"), [(17, 0xFFFF), (136, 0xFFFF), (33, 0)])
def test_a_sum_of_zero_behind_an_address(headers, builders, protocol, after):
    """UDP and UDP-Lite (RFC 3828 section 3.1) write it as 0xFFFF, DCCP as it is."""
    packet = bytearray(builders.build_ipv4("192.0.2.1", "192.0.2.2", protocol, bytes(12)))
    packet[26:28] = (1).to_bytes(2, "big")
    headers.IPv4View(packet).src = "192.1.2.1"
    assert int.from_bytes(packet[26:28], "big") == after


def test_icmpv6_is_no_protocol_of_ipv4(headers, builders):
    packet = bytearray(builders.build_ipv4(*V4, 58, b"\x11" * 40))
    ip = headers.IPv4View(packet)
    ip.src = bytes(4)
    assert packet[20:] == b"\x11" * 40
    assert ip.transport() is None


def test_swapping_the_ends(headers, builders):
    """An echo's round trip: no checksum is computed anew, and all are right."""
    for ends, kinds in ((V4, (8, 0)), (V6, (128, 129))):
        packet = bytearray(builders.build_icmp_echo(*ends, 7, 1, b"data"))
        ip = ip_view(headers, packet)
        icmp = ip.transport()
        assert icmp.type == kinds[0]
        ip.src, ip.dst = ip.dst, ip.src
        icmp.type = kinds[1]
        assert packet == builders.build_icmp_echo(*reversed(ends), 7, 1, b"data", reply=True)


def test_length_fields_are_only_written(headers, builders):
    """Lengths decide what a checksum covers; whoever changes one must fill the checksum."""
    packet = bytearray(builders.build_udp(*V4, 1, 2, b"data") + b"more")
    ip = headers.IPv4View(packet)
    udp = ip.transport()
    ip.total_length += 4
    assert ip.verify_checksum()
    udp.length += 4
    udp.fill_checksum()
    assert packet == builders.build_udp(*V4, 1, 2, b"datamore")
    ip.header_length = 24
    ip.fill_checksum()
    assert ip.verify_checksum()


@pytest.mark.parametrize("order", list(itertools.permutations(["tos", "ttl", "src"])))
def test_order_does_not_matter(headers, builders, order):
    packets = []
    for fields in (order, order[::-1]):
        packet = bytearray(builders.build_tcp(*V4, 1, 2, b"data"))
        view = headers.IPv4View(packet)
        for field in fields:
            setattr(view, field, {"tos": 1, "ttl": 2, "src": "9.9.9.9"}[field])
        packets.append(packet)
    assert packets[0] == packets[1]


@pytest.mark.parametrize("kind", [131, 137], ids=["loose", "strict"])
@pytest.mark.parametrize("pointer", [4, 8, 12], ids=["begun", "underway", "ended"])
def test_source_routes(headers, parse, kind, pointer):
    """The pseudo-header covers the final destination, wherever the datagram is just now."""
    route = bytes([1, kind, 11, pointer, 198, 51, 100, 1, 198, 51, 100, 2])
    datagram = bytearray.fromhex("48000029 00004000 40110000 c0000201 c0000202")
    datagram += route + bytes.fromhex("d4310035 00090000 78")
    with headers.IPv4View(datagram) as ip, ip.transport() as udp:
        ip.fill_checksum()
        udp.fill_checksum()
        assert udp.verify_checksum()
        assert parse(bytes(datagram), "raw", verify=True).complete
        before = udp.checksum
        ip.dst = bytes([198, 51, 100, 9])  # the next hop
        assert (udp.checksum == before) is (pointer < 12)
        assert parse(bytes(datagram), "raw", verify=True).complete


@pytest.mark.parametrize("options", ["8300000000000000", "830b040102030405", "8307080102030400"])
def test_source_routes_that_are_none(headers, options):
    """Malformed, without a length, or used up: the destination is the header's."""
    datagram = bytearray.fromhex("47000025 00004000 40110000 c0000201 c0000202" + options)
    datagram += bytes.fromhex("d4310035 00090000 78")
    with headers.IPv4View(datagram) as ip, ip.transport() as udp:
        udp.fill_checksum()
        before = udp.checksum
        ip.dst = bytes([198, 51, 100, 9])
        assert udp.checksum != before
        assert udp.verify_checksum()
