"""Builders: packets are whole and right, and values that don't fit are refused."""

import array

import pytest
from hypothesis import given, strategies as st

from fastsock.errors import AddressError

V4 = "192.0.2.1", "192.0.2.2"
V6 = "2001:db8::1", "2001:db8::2"
P4 = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
P6 = bytes.fromhex("20010db8" + "00" * 11 + "01"), bytes.fromhex("20010db8" + "00" * 11 + "02")
MACS = bytes([2, 0, 0, 0, 0, 1]), bytes([2, 0, 0, 0, 0, 2])
FAMILIES = pytest.mark.parametrize("ends", [V4, V6], ids=["ipv4", "ipv6"])

# A call of each that is right: name, arguments.
CALLS = [
    ("build_ethernet", (*MACS, 0x0800, b"data")),
    ("build_arp", (1, MACS[0], V4[0], MACS[1], V4[1])),
    ("build_ipv4", (*V4, 253, b"data")),
    ("build_ipv6", (*V6, 253, b"data")),
    ("build_udp", (*V4, 1, 2, b"data")),
    ("build_udp", (*V6, 1, 2, b"data")),
    ("build_tcp", (*V4, 1, 2, b"data")),
    ("build_tcp", (*V6, 1, 2, b"data")),
    ("build_icmp_echo", (*V4, 1, 2, b"data")),
    ("build_icmp_echo", (*V6, 1, 2, b"data")),
]
ALL = pytest.mark.parametrize(("name", "arguments"), CALLS)
WITH_PAYLOAD = pytest.mark.parametrize(
    ("name", "arguments"), [row for row in CALLS if row[0] != "build_arp"]
)


@pytest.fixture
def call(builders):
    return lambda name, *arguments, **keywords: getattr(builders, name)(*arguments, **keywords)


def test_ethernet(builders):
    dst, src = MACS
    frame = builders.build_ethernet(dst, src, 0x86DD, b"data")
    assert frame == dst + src + b"\x86\xdd" + b"data" + bytes(42)
    assert builders.build_ethernet(dst, src, 0x600, pad=False) == dst + src + b"\6\0"
    assert builders.build_ethernet(dst, src, None, b"data", pad=False) == dst + src + b"\0\4data"
    long = bytes(46)
    assert len(builders.build_ethernet(dst, src, 0x800, long)) == 60
    assert len(builders.build_ethernet(dst, src, 0x800, long + b"x")) == 61
    assert len(builders.build_ethernet(dst, src, 0x800)) == 60
    with pytest.raises(ValueError, match="payload must be at most 1500 bytes, not 1501"):
        builders.build_ethernet(dst, src, None, bytes(1501))
    for wrong in (b"", bytes(5), bytes(7)):
        with pytest.raises(ValueError, match="dst must be 6 bytes, not"):
            builders.build_ethernet(wrong, src, 0x800)
        with pytest.raises(ValueError, match="src must be 6 bytes, not"):
            builders.build_ethernet(dst, wrong, 0x800)


def test_vlan_tags(builders, headers):
    for tags, text in [
        ([5], "81000005"), ([0xFFFF, 0], "8100ffff 81000000"),
        ([(0x88A8, 7), 5], "88a80007 81000005"), (iter([(0x9100, 1)]), "91000001"), ((), ""),
    ]:  # fmt: skip
        frame = builders.build_ethernet(*MACS, 0x0800, b"data", vlans=tags, pad=False)
        assert frame[12:] == bytes.fromhex(text) + b"\x08\0data"
    deep = builders.build_ethernet(*MACS, 0x0800, b"data", vlans=range(8))
    view = headers.EthernetView(deep)
    assert (view.vlans, view.ethertype) == (tuple(range(8)), 0x0800)
    with pytest.raises(ValueError, match="at most 8 VLAN tags here, not 9"):
        builders.build_ethernet(*MACS, 0x0800, vlans=range(9))
    for tag in [(), (5,), (0x8100, 5, 5)]:
        with pytest.raises(ValueError, match=rf"a pair \(type, number\), not {len(tag)} values"):
            builders.build_ethernet(*MACS, 0x0800, vlans=[tag])
    for wrong in (-1, 65536, (65536, 1), (1, 65536), (1, 2, 3), ()):
        with pytest.raises(ValueError):
            builders.build_ethernet(*MACS, 0x0800, vlans=[wrong])
    for wrong in (5, None, ["5"], [None]):
        with pytest.raises(TypeError):
            builders.build_ethernet(*MACS, 0x0800, vlans=wrong)


def test_arp(builders):
    expected = bytes.fromhex("0001080006040002") + MACS[0] + P4[0] + MACS[1] + P4[1]
    assert builders.build_arp(2, MACS[0], V4[0], MACS[1], P4[1]) == expected
    for arguments in [(1, MACS[0], V6[0], MACS[1], V4[1]), (1, MACS[0], V4[0], MACS[1], P6[0])]:
        with pytest.raises(ValueError, match=r"[st]pa must be 4 bytes, not 16"):
            builders.build_arp(*arguments)


def test_ipv4(builders, headers, word_sum):
    packet = builders.build_ipv4(
        *V4, 17, b"x" * 16, ttl=3, tos=0xB8, identification=0x1234, dont_fragment=True,
        more_fragments=True, fragment_offset=65488, options=b"\x94\4\0\0\1",
    )  # fmt: skip
    view = headers.IPv4View(packet)
    assert (view.ttl, view.tos, view.identification, view.flags) == (3, 0xB8, 0x1234, 3)
    assert (view.fragment_offset, view.protocol, view.total_length) == (65488, 17, len(packet))
    assert (view.header_length, bytes(view.options)) == (28, b"\x94\4\0\0\1\0\0\0")
    assert (view.src, view.dst, bytes(view.payload)) == (*P4, b"x" * 16)
    assert word_sum(packet[:28]) == 0xFFFF
    for size in range(41):
        packet = builders.build_ipv4(*V4, 17, options=b"\1" * size)
        assert (len(packet) - 20) % 4 == 0
        assert packet[20:] == b"\1" * size + bytes(-size % 4)
    with pytest.raises(ValueError, match="options must be at most 40 bytes, not 41"):
        builders.build_ipv4(*V4, 17, options=bytes(41))
    for wrong in (1, 65529, 65536, -8):
        with pytest.raises(ValueError, match="fragment_offset must be "):
            builders.build_ipv4(*V4, 17, fragment_offset=wrong)


def test_ipv6(builders, headers):
    packet = builders.build_ipv6(
        *V6, 17, b"data", hop_limit=3, traffic_class=0xB8, flow_label=0xABCDE
    )
    view = headers.IPv6View(packet)
    assert (view.version, view.hop_limit, view.traffic_class, view.flow_label) == (
        *(6, 3, 0xB8, 0xABCDE),
    )
    assert (view.next_header, view.payload_length) == (17, 4)
    assert (view.src, view.dst, bytes(view.payload)) == (*P6, b"data")


@FAMILIES
def test_fragments_of_a_datagram(builders, parse, ends):
    """Fragments of a datagram, as a sender writes them, and the same datagram whole."""
    whole = build_whole(builders, ends)
    header = 20 if ends is V4 else 40
    segment, joined = whole[header:], bytearray(len(whole) - header)
    for at in range(0, len(segment), 64):
        piece = segment[at : at + 64]
        more = at + 64 < len(segment)
        packet = fragment(builders, ends, piece, at, more, identification=0xBEEF)
        found = parse(packet, "raw")
        assert (found.complete, found.fragment) == (True, True)
        assert (found.fragment_offset, found.more_fragments) == (at, more)
        assert (found.identification, found.protocol) == (0xBEEF, 17)
        start = found.l4_offset if found.l4_offset is not None else found.payload_offset
        joined[at : at + 64] = packet[start:]
        assert (found.sport == 53) == (at == 0)
        out = bytearray(200)
        size = fragment(builders, ends, piece, at, more, identification=0xBEEF, out=out)
        assert out[:size] == packet
    assert joined == segment
    assert fragment(builders, ends, segment, 0, False) == whole  # all of it is no fragment


def build_whole(builders, ends):
    return builders.build_udp(*ends, 53, 5353, bytes(range(192)))


def fragment(builders, ends, piece, at, more, out=None, **keywords):
    name = "build_ipv4" if ends is V4 else "build_ipv6"
    place = {"fragment_offset": at, "more_fragments": more}
    if out is None:
        return getattr(builders, name)(*ends, 17, piece, **place, **keywords)
    return getattr(builders, f"{name}_into")(out, *ends, 17, piece, **place, **keywords)


@FAMILIES
def test_fragments_that_no_datagram_has(builders, ends):
    for size in (1, 7, 9, 1447):
        with pytest.raises(ValueError, match=f"multiple of 8 bytes before more fragments.*{size}"):
            fragment(builders, ends, bytes(size), 0, True)
        fragment(builders, ends, bytes(size), 8, False)  # the last one has any length
    # RFC 791 counts the header in a datagram's length, RFC 8200 does not.
    most = 65535 - (20 if ends is V4 else 0)
    for at in (8, 32768, 65512 - 8, 65512):
        fits = min(most - at, 65535 - 8)
        fragment(builders, ends, bytes(fits), at, False)
        with pytest.raises(ValueError, match=f"payload must be at most {most - at} bytes"):
            fragment(builders, ends, bytes(most - at + 1), at, False)
    last = 65528
    if ends is V4:
        with pytest.raises(ValueError, match="payload must be at most 0 bytes, not 8"):
            fragment(builders, ends, bytes(8), last, True)
    else:
        fragment(builders, ends, bytes(7), last, False)
        with pytest.raises(ValueError, match="payload must be at most 7 bytes, not 8"):
            fragment(builders, ends, bytes(8), last, True)
    out = bytearray(b"\xee" * 100)
    with pytest.raises(ValueError, match="multiple of 8"):
        fragment(builders, ends, b"odd", 0, True, out=out)
    assert out == b"\xee" * 100
    for wrong in (-8, 4, 65536, 65535):
        with pytest.raises(ValueError, match="fragment_offset must be"):
            fragment(builders, ends, b"", wrong, False)
    for wrong in (2, -1):
        with pytest.raises(ValueError, match="more_fragments must be between 0 and 1"):
            fragment(builders, ends, b"", 0, wrong)


def test_options_count_in_a_fragment(builders):
    fields = {"options": bytes(40), "fragment_offset": 65472}
    builders.build_ipv4(*V4, 17, bytes(3), **fields)
    with pytest.raises(ValueError, match="payload must be at most 3 bytes, not 4"):
        builders.build_ipv4(*V4, 17, bytes(4), **fields)


def test_only_fragments_of_ipv6_have_an_identification(builders):
    builders.build_ipv6(*V6, 17, identification=0xFFFFFFFF, more_fragments=True)
    with pytest.raises(ValueError, match="identification is a field of fragments only"):
        builders.build_ipv6(*V6, 17, identification=1)
    with pytest.raises(ValueError, match="identification must be between 0 and 4294967295"):
        builders.build_ipv6(*V6, 17, identification=1 << 32, more_fragments=True)


@pytest.mark.parametrize("kind", [0, 1, 5, 46, 1500, 1501, 1535])
def test_an_ethertype_is_no_length(builders, kind):
    with pytest.raises(ValueError, match=f"ethertype must be 1536 or more, not {kind}"):
        builders.build_ethernet(*MACS, kind, b"data")
    with pytest.raises(ValueError, match=f"a VLAN tag's type must be 1536 or more, not {kind}"):
        builders.build_ethernet(*MACS, 0x800, b"data", vlans=[(kind, 5)])
    assert builders.build_ethernet(*MACS, 1536)[12:14] == b"\6\0"


@FAMILIES
@pytest.mark.parametrize("kind", ["udp", "tcp", "icmp_echo"])
def test_a_computed_sum_of_zero(builders, headers, word_sum, ends, kind):
    """Zero is written as it is, except in UDP, where it means no checksum."""
    build = getattr(builders, f"build_{kind}")
    place = {"udp": 6, "tcp": 16, "icmp_echo": 2}[kind]
    at = (20 if ends is V4 else 40) + place
    first = build(*ends, 1, 2, bytes(2))
    missing = int.from_bytes(first[at : at + 2], "big")  # 0xFFFF less the sum of the words
    packet = build(*ends, 1, 2, missing.to_bytes(2, "big"))
    assert packet[at : at + 2] == (b"\xff\xff" if kind == "udp" else b"\0\0")
    ip = headers.IPv4View(packet) if ends is V4 else headers.IPv6View(packet)
    assert ip.transport().verify_checksum()
    buffer = bytearray(packet)
    ip = headers.IPv4View(buffer) if ends is V4 else headers.IPv6View(buffer)
    ip.transport().fill_checksum()
    assert buffer == packet


@FAMILIES
def test_tcp(builders, headers, ends):
    packet = builders.build_tcp(
        *ends, 1025, 80, b"odd", seq=0xFFFFFFFF, ack=7, flags=0xFFF, window=5, urgent_pointer=9,
        options=b"\3\3\7", ttl=9, tos=4,
    )  # fmt: skip
    ip = headers.IPv4View(packet) if ends is V4 else headers.IPv6View(packet)
    assert (ip.ttl, ip.tos) == (9, 4)
    view = ip.transport()
    assert (view.sport, view.dport, view.seq, view.ack) == (1025, 80, 0xFFFFFFFF, 7)
    assert (view.flags, view.window, view.urgent_pointer) == (0xFFF, 5, 9)
    assert (view.header_length, bytes(view.options)) == (24, b"\3\3\7\0")
    assert bytes(view.payload) == b"odd"
    assert view.verify_checksum()
    plain = builders.build_tcp(*ends, 1025, 80)
    assert len(plain) == (40 if ends is V4 else 60)
    with pytest.raises(ValueError, match="options must be at most 40 bytes, not 41"):
        builders.build_tcp(*ends, 1, 2, options=bytes(41))


@FAMILIES
def test_echo(builders, headers, ends):
    for reply, kinds in ((False, (8, 128)), (True, (0, 129)), (1, (0, 129))):
        packet = builders.build_icmp_echo(*ends, 0xFFFF, 0x1234, b"odd", reply=reply)
        ip = headers.IPv4View(packet) if ends is V4 else headers.IPv6View(packet)
        view = ip.transport()
        assert (view.type, view.code) == (kinds[ends is V6], 0)
        assert (view.identifier, view.sequence) == (0xFFFF, 0x1234)
        assert view.verify_checksum()
        assert bytes(view.payload) == b"odd"


@FAMILIES
@given(payload=st.binary(max_size=100), ports=st.tuples(*[st.integers(0, 0xFFFF)] * 2))
def test_udp(builders, headers, word_sum, ends, payload, ports):
    packet = builders.build_udp(*ends, *ports, payload, ttl=1)
    packed = P4 if ends is V4 else P6
    assert packet == builders.build_udp(*packed, *ports, bytearray(payload), ttl=1)
    ip = headers.IPv4View(packet) if ends is V4 else headers.IPv6View(packet)
    udp = ip.transport()
    assert (udp.sport, udp.dport, bytes(udp.payload)) == (*ports, payload)
    length = (len(payload) + 8).to_bytes(4, "big")
    pseudo = b"".join(packed) + length + bytes([0, 0, 0, 17])
    assert word_sum(pseudo + packet[-len(payload) - 8 :]) == 0xFFFF


@FAMILIES
def test_a_udp_checksum_is_never_zero(builders, headers, ends):
    kind = headers.IPv4View if ends is V4 else headers.IPv6View
    sport = kind(builders.build_udp(*ends, 0, 2, b"data")).transport().checksum
    packet = builders.build_udp(*ends, sport, 2, b"data")
    udp = kind(packet).transport()
    assert udp.checksum == 0xFFFF
    assert udp.verify_checksum()


@FAMILIES
@pytest.mark.parametrize(("name", "more"), [("build_udp", 8), ("build_tcp", 20),
                                            ("build_icmp_echo", 8)])  # fmt: skip
def test_the_longest_payload(call, ends, name, more):
    most = 65535 - more - (20 if ends is V4 else 0)
    packet = call(name, *ends, 1, 2, bytes(most))
    assert len(packet) == 65535 + (0 if ends is V4 else 40)
    with pytest.raises(ValueError, match=f"payload must be at most {most} bytes, not {most + 1}"):
        call(name, *ends, 1, 2, bytes(most + 1))


def test_the_longest_payload_of_bare_datagrams(builders):
    assert len(builders.build_ipv4(*V4, 1, bytes(65507), options=bytes(8))) == 65535
    with pytest.raises(ValueError, match="payload must be at most 65507 bytes"):
        builders.build_ipv4(*V4, 1, bytes(65508), options=bytes(8))
    assert len(builders.build_ipv6(*V6, 1, bytes(65535))) == 65575
    with pytest.raises(ValueError, match="payload must be at most 65535 bytes"):
        builders.build_ipv6(*V6, 1, bytes(65536))


@ALL
def test_into_a_buffer(call, name, arguments):
    built = call(name, *arguments)
    for out in (bytearray(b"\xee" * 100), array.array("I", b"\xee" * 100)):
        assert call(f"{name}_into", out, *arguments) == len(built)
        assert bytes(out) == built + b"\xee" * (100 - len(built))
    exact = bytearray(len(built))
    call(f"{name}_into", memoryview(exact), *arguments)
    assert exact == built
    for size in range(len(built)):
        small = bytearray(b"\xee" * size)
        with pytest.raises(ValueError, match=f"out has {size} bytes, {len(built)} are needed"):
            call(f"{name}_into", small, *arguments)
        assert small == b"\xee" * size
        try:
            call(f"{name}_into", small, *arguments)
        except ValueError:
            small.append(0)  # the error keeps no hold on it
    with pytest.raises(TypeError, match="read-only"):
        call(f"{name}_into", bytes(100), *arguments)
    for wrong in ("text", 5, [], None):
        with pytest.raises(TypeError, match="bytes-like"):
            call(f"{name}_into", wrong, *arguments)
    with pytest.raises(BufferError, match="contiguous"):
        call(f"{name}_into", memoryview(bytearray(400))[::2], *arguments)


@WITH_PAYLOAD
@pytest.mark.parametrize("start", range(0, 60, 7))
def test_a_payload_that_lies_in_out(call, name, arguments, start):
    out = bytearray(100)
    out[start : start + 4] = b"data"
    payload = memoryview(out)[start : start + 4]
    built = call(name, *arguments)
    assert call(f"{name}_into", out, *arguments[:-1], payload) == len(built)
    assert out[: len(built)] == built


@WITH_PAYLOAD
def test_payloads_of_every_kind(call, name, arguments):
    expected = call(name, *arguments)
    for payload in (bytearray(b"data"), memoryview(b"data"), array.array("H", b"data"),
                    memoryview(b"data").cast("B", (2, 2))):  # fmt: skip
        assert call(name, *arguments[:-1], payload) == expected
    for wrong in (None, "data", 5, [1]):
        with pytest.raises(TypeError, match="bytes-like"):
            call(name, *arguments[:-1], wrong)
    with pytest.raises(BufferError, match="contiguous"):
        call(name, *arguments[:-1], memoryview(bytes(8))[::2])
    assert len(call(name, *arguments[:-1], array.array("I"))) == len(call(name, *arguments[:-1]))


LIMITS = {"ethertype": 0xFFFF, "operation": 0xFFFF, "protocol": 0xFF, "next_header": 0xFF,
          "sport": 0xFFFF, "dport": 0xFFFF, "identifier": 0xFFFF, "sequence": 0xFFFF,
          "ttl": 0xFF, "tos": 0xFF, "hop_limit": 0xFF, "traffic_class": 0xFF, "seq": 0xFFFFFFFF,
          "ack": 0xFFFFFFFF, "flags": 0xFFF, "window": 0xFFFF, "urgent_pointer": 0xFFFF,
          "identification": 0xFFFF, "dont_fragment": 1, "more_fragments": 1,
          "flow_label": 0xFFFFF}  # fmt: skip
NUMBERS = {
    "build_ethernet": ["dst", "src", "ethertype"], "build_arp": ["operation"],
    "build_ipv4": ["src", "dst", "protocol"], "build_ipv6": ["src", "dst", "next_header"],
    "build_udp": ["src", "dst", "sport", "dport"], "build_tcp": ["src", "dst", "sport", "dport"],
    "build_icmp_echo": ["src", "dst", "identifier", "sequence"],
}  # fmt: skip
WHOLE = ["ttl", "tos", "identification", "dont_fragment", "flow_label"]
KEYWORDS = {
    "build_ipv4": ["ttl", "tos", "identification", "dont_fragment", "more_fragments"],
    "build_ipv6": ["hop_limit", "traffic_class", "flow_label"], "build_udp": WHOLE,
    "build_tcp": ["seq", "ack", "flags", "window", "urgent_pointer", *WHOLE],
    "build_icmp_echo": WHOLE,
}  # fmt: skip


@ALL
def test_numbers_that_do_not_fit(call, name, arguments):
    def refused(field, value, *given_, **keywords):
        fits_no_field = isinstance(value, int)
        words = f"^{field} must be between 0 and" if fits_no_field else None
        with pytest.raises(ValueError if fits_no_field else TypeError, match=words):
            call(name, *given_, **keywords)

    for at, field in enumerate(NUMBERS[name]):
        if field in LIMITS:
            most = LIMITS[field]
            call(name, *arguments[:at], most, *arguments[at + 1 :])
            for wrong in (-1, most + 1, 1 << 32, 1 << 64, 1 << 99999, "1", 1.0, b"1"):
                refused(field, wrong, *arguments[:at], wrong, *arguments[at + 1 :])
    for field in KEYWORDS.get(name, []):
        most = LIMITS[field]
        if field == "more_fragments":
            arguments = (*arguments[:-1], b"8 bytes.")
        for wrong in (-1, most + 1, 1 << 64, None, "1", 1.0):
            refused(field, wrong, *arguments, **{field: wrong})
        other_family = {V4[0]: ["flow_label"], V6[0]: ["identification", "dont_fragment"]}
        if field in other_family[arguments[0]] and name not in ("build_ipv4", "build_ipv6"):
            with pytest.raises(ValueError, match=f"{field} is a field of IPv[46] only"):
                call(name, *arguments, **{field: 1})
        else:
            assert call(name, *arguments, **{field: most}) != call(name, *arguments, **{field: 0})


@pytest.mark.parametrize("name", ["build_udp", "build_tcp", "build_icmp_echo"])
def test_addresses(call, name):
    for ends, packed in ((V4, P4), (V6, P6)):
        expected = call(name, *ends, 1, 2)
        for kind in (bytes, bytearray, memoryview, lambda b: array.array("H", b)):
            assert call(name, kind(packed[0]), kind(packed[1]), 1, 2) == expected
    for ends in ((V4[0], V6[1]), (P6[0], V4[1])):
        with pytest.raises(ValueError, match="same family"):
            call(name, *ends, 1, 2)
    for wrong in ("", "192.0.2", "::g", "example.org", "1.2.3.4\0", "\udc80"):
        for ends in ((wrong, V4[1]), (V6[0], wrong)):
            with pytest.raises(AddressError, match="is not an IPv4 or IPv6 address"):
                call(name, *ends, 1, 2)
    for size in (0, 3, 5, 15, 17, 300):
        with pytest.raises(ValueError, match=f"src must be 4 or 16 bytes, not {size}"):
            call(name, bytes(size), V4[1], 1, 2)
        with pytest.raises(ValueError, match=f"dst must be 4 or 16 bytes, not {size}"):
            call(name, V4[0], bytearray(size), 1, 2)
    for wrong in (None, 5, [1, 2, 3, 4]):
        with pytest.raises(TypeError, match="bytes-like"):
            call(name, wrong, V4[1], 1, 2)


def test_families_of_bare_datagrams(builders):
    with pytest.raises(ValueError, match="src must be 4 bytes, not 16"):
        builders.build_ipv4(*V6, 17)
    with pytest.raises(ValueError, match="dst must be 4 bytes, not 16"):
        builders.build_ipv4(V4[0], V6[1], 17)
    with pytest.raises(ValueError, match="src must be 16 bytes, not 4"):
        builders.build_ipv6(*V4, 17)
    with pytest.raises(ValueError, match="same family"):
        builders.build_ipv6(V6[0], V4[1], 17)


@given(st.data())
def test_the_twins_agree(builders, outcome, data):
    """The same bytes, or the same error with the same text, also where several things are wrong."""
    from fastsock.headers._py import builders as reference

    name, arguments = data.draw(st.sampled_from(CALLS))
    ends = st.sampled_from([*V4, *V6, *P4, *P6, b"", "no", None])
    number = st.integers(-2, 70000) | st.sampled_from([1 << 20, 1 << 32, 1 << 64, None, "1"])
    payload = st.binary(max_size=70) | st.sampled_from([None, "text", bytes(70000)])
    drawn = []
    for at, value in enumerate(arguments):
        if isinstance(value, str) or (isinstance(value, bytes) and name == "build_arp"):
            drawn.append(data.draw(st.just(value) | ends))
        elif isinstance(value, int):
            drawn.append(data.draw(number))
        else:
            drawn.append(data.draw(payload if at == len(arguments) - 1 else st.just(value)))
    fields = KEYWORDS.get(name, [])
    keywords = data.draw(st.dictionaries(st.sampled_from(fields), number)) if fields else {}
    out = data.draw(st.sampled_from([None, 0, 40, 100, 70000]))
    results = []
    for twin in (builders, reference):
        room = None if out is None else bytearray(out)
        more = {} if room is None else {"out": room}
        results.append((outcome(getattr(twin, name), *drawn, **keywords, **more), room))
    (first, room), (second, other) = results
    if isinstance(first, tuple) and first[0] is TypeError:
        assert second[0] is TypeError  # whose words are the interpreter's
    else:
        assert (first, room) == (second, other)
