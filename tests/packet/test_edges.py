"""The least and the greatest value of each length, pointer and coverage that is decoded."""

import pytest

from fastsock.packet.fields import FAULTS, ChecksumStatus, Status

ABSENT, GOOD = ChecksumStatus.ABSENT, ChecksumStatus.GOOD
UNVERIFIED = ChecksumStatus.UNVERIFIED
HOP = "203.0.113.9"


@pytest.mark.parametrize("kind", [131, 137])
@pytest.mark.parametrize(("pointer", "left"), [(4, 1), (8, 1), (10, 1), (11, 1), (12, 0), (255, 0)])
def test_a_route_is_over_where_its_pointer_has_passed_it(parse, build, kind, pointer, left):
    """RFC 791: a route ends when the pointer exceeds the length; an equal one is in the list."""
    route = bytes([kind, 11, pointer]) + build.packed("10.0.0.1") + build.packed(HOP) + b"\0"
    final = HOP if left else build.DST4
    packet = parse(
        build.ipv4(build.udp(b"data", 5000, dst=final), options=route, identification=7),
        "raw",
        verify=True,
    )
    assert packet.status & Status.SOURCE_ROUTE == (Status.SOURCE_ROUTE if left else 0)
    assert packet.checksum_status == GOOD
    assert packet.dst_address == build.DST4


@pytest.mark.parametrize("size", range(2, 12))
def test_routes_of_every_length(parse, build, size):
    """An option of three bytes is a pointer alone; one of two has not even that, and no meaning."""
    route = bytes([131, size, 0]) + build.packed(HOP) + build.packed(HOP) + b"\0"
    route = route[:size] + bytes(-size % 4)
    whole = size >= 7 and size % 4 == 3
    segment = build.udp(b"data", 5000, dst=HOP if whole else build.DST4)
    packet = parse(build.ipv4(segment, options=route, identification=7), "raw", verify=True)
    assert bool(packet.status & Status.SOURCE_ROUTE) == (size > 2)
    assert packet.checksum_status == (GOOD if whole or size == 2 else UNVERIFIED)
    assert packet.complete


def jumbo(build, *options, segment=None):
    segment = (
        build.tcp(b"data", 5000, src=build.SRC6, dst=build.DST6, seq=1, ack=2, window=512)
        if segment is None
        else segment
    )
    body = b"".join(options)
    missing = -(len(body) + 2) % 8
    body += (bytes([1, missing - 2]) + bytes(missing - 2)) if missing > 1 else bytes(missing)
    return build.ipv6(build.options6(6, body) + segment, 0, payload_length=0)


@pytest.mark.parametrize("second", [b"\xc2\3abc", b"\xc2\5abcde", b"\xc2\0", b"\xc2\4\0\1\x11\x70"])
@pytest.mark.parametrize("turned", [False, True])
def test_two_jumbo_options_are_none(parse, build, second, turned):
    """Whichever comes first, and whether or not the other has the right length."""
    options = [build.jumbo(70000), second]
    packet = parse(jumbo(build, *options[:: -1 if turned else 1]), "raw", wire_length=70040)
    assert packet.status & FAULTS & ~Status.CUT == Status.BAD_OPTION
    assert not packet.status & Status.JUMBOGRAM
    assert (packet.status & Status.LENGTH_FROM_WIRE, packet.total_length) == (
        Status.LENGTH_FROM_WIRE, 70040
    )  # fmt: skip


@pytest.mark.parametrize(
    ("length", "right"), [(65535, False), (65536, True), ((1 << 32) - 1, True)]
)
def test_the_least_length_of_a_jumbogram(parse, build, length, right):
    packet = parse(jumbo(build, build.jumbo(length)), "raw")
    assert bool(packet.status & Status.JUMBOGRAM) == right
    if right:
        assert packet.total_length == min(length + 40, (1 << 32) - 1)
        assert packet.status & FAULTS == Status.CUT
    else:
        assert packet.status & FAULTS == Status.BAD_OPTION


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("covered", [0, 1, 7, 8, 11, 12, 13, 5000])
@pytest.mark.parametrize("fragment", [False, True])
def test_coverage_of_udp_lite(parse, build, version, covered, fragment):
    """In a first fragment it may go beyond this piece, for it counts bytes of the datagram."""
    src, dst = (build.SRC4, build.DST4) if version == 4 else (build.SRC6, build.DST6)
    segment = build.udp(b"data", 5000, length=covered, checksum=1)
    if covered in (0, 8, 11, 12):
        segment = build.udp(b"data", 5000, src=src, dst=dst, length=covered, protocol=136,
                            covered=covered or None)  # fmt: skip
    if version == 4:
        datagram = build.ipv4(segment, 136, fragment=0x2000 if fragment else 0, identification=7)
    elif fragment:
        datagram = build.ipv6(build.fragment6(136, more=1, identification=9) + segment, 44)
    else:
        datagram = build.ipv6(segment, 136)
    packet = parse(datagram, "raw", verify=True)
    wrong = 0 < covered < 8 or (covered > 12 and not fragment)
    assert packet.status & FAULTS == (Status.BAD_LENGTH if wrong else 0)
    assert packet.checksum_status == (UNVERIFIED if wrong or fragment else GOOD)


@pytest.mark.parametrize("size", range(9))
def test_icmpv6_of_few_bytes(parse, build, size):
    """RFC 4443 has messages of four bytes; RFC 792 has none below eight."""
    message = build.seal(b"\x80\7\0\0abcd"[:size], 58, build.SRC6, build.DST6)[:size]
    packet = parse(build.ipv6(message, 58) if size else build.ipv6(b"", 58), "raw", verify=True)
    if size == 0:  # an IPv6 payload of zero bytes has to be a next header of 59
        assert packet.status & FAULTS == Status.BAD_LENGTH
    elif size < 4:
        assert packet.status & FAULTS == Status.HEADER_CUT
    else:
        assert (packet.complete, packet.icmp_type, packet.icmp_code) == (True, 128, 7)
        assert packet.checksum_status == GOOD
        assert (packet.payload_offset, packet.payload_length) == (40 + size, 0)
        longer = parse(build.ipv6(message + bytes(8), 58)[: 40 + size], "raw")
        short = Status.CUT | Status.HEADER_CUT if size < 8 else Status.CUT
        assert longer.status & FAULTS == short
        assert longer.payload_offset == 40 + (8 if size == 8 else 4)
        four = build.ipv4(message, 1, identification=7)
        expected = Status.HEADER_CUT if size < 8 else 0
        assert parse(four, "raw").status & FAULTS == expected


@pytest.mark.parametrize("stated", [0, 1, 20, 43])
@pytest.mark.parametrize("version", [4, 6])
def test_a_wire_length_below_what_was_captured(parse, build, stated, version):
    """Some captures say so. With a length of zero the datagram has the bytes present."""
    if version == 4:
        datagram = build.ipv4(
            build.tcp(b"data", 5000, seq=1, ack=2, window=512), 6, total_length=0, identification=7
        )
    else:
        datagram = build.ipv6(
            build.tcp(b"data", 5000, src=build.SRC6, dst=build.DST6, seq=1, ack=2, window=512),
            6,
            payload_length=0,
        )
    packet = parse(datagram, "raw", verify=True, wire_length=stated)
    assert packet.total_length == len(datagram)
    assert (packet.complete, packet.payload_length) == (True, 4)
    assert packet.status & Status.LENGTH_FROM_WIRE
    assert packet.checksum_status == UNVERIFIED


@pytest.mark.parametrize("kind", [0, 2, 4])
@pytest.mark.parametrize("words", range(8))
@pytest.mark.parametrize("left", range(5))
def test_routing_headers_of_every_size(parse, headers, build, kind, words, left):
    """An odd number of units of eight bytes ends in half an address, which counts for none."""
    body = bytes(range(100, 100 + 8 * words))
    header = bytes([17, words, kind, left, 0, 0, 0, 0]) + body
    whole = words // 2
    hidden = left > whole
    final = build.DST6
    if left and not hidden:
        at = 0 if kind == 4 else 16 * (whole - 1)
        final = body[at : at + 16]
    segment = build.udp(b"data", 5000, src=build.SRC6, dst=final)
    datagram = bytearray(build.ipv6(header + segment, 43))
    packet = parse(bytes(datagram), "raw", verify=True)
    assert packet.checksum_status == (UNVERIFIED if hidden else GOOD)
    assert bool(packet.status & Status.SOURCE_ROUTE) == (left > 0)
    with headers.IPv6View(datagram) as ip, ip.transport() as udp:
        if hidden:
            with pytest.raises(ValueError, match="SOURCE_ROUTE"):
                udp.verify_checksum()
        else:
            assert udp.verify_checksum()
            before = udp.checksum
            ip.dst = "2001:db8::77"
            assert (udp.checksum == before) == (left > 0)
            assert udp.verify_checksum()


@pytest.mark.parametrize("end", range(8, 30))
def test_a_home_address_at_the_end_of_its_header(parse, headers, build, end):
    """It may end with the header's last byte, and not one later."""
    # `end` is where the option would end, counted from the header on, which has 24 bytes.
    header = bytearray(bytes([17, 2]) + bytes(22))
    at = max(end - 18, 2)
    size = 16 if end - 18 >= 2 else end - 4
    if at > 2:
        header[2:at] = b"\0" * (at - 2)
    option = b"\xc9" + bytes([size]) + bytes(range(1, size + 1))
    header[at : min(at + len(option), 24)] = option[: 24 - at]
    header = bytes(header[:24])
    fits = size == 16 and at + 18 <= 24
    src = header[at + 2 : at + 18] if fits else build.SRC6
    datagram = build.ipv6(header + build.udp(b"data", 5000, src=src, dst=build.DST6), 60)
    packet = parse(datagram, "raw", verify=True)
    assert bool(packet.status & Status.BAD_OPTION) == (not fits)
    assert packet.checksum_status == (GOOD if fits else UNVERIFIED)
    with headers.IPv6View(bytearray(datagram)) as ip, ip.transport() as udp:
        if fits:
            assert udp.verify_checksum()
            ip.src = "2001:db8::77"  # which no checksum covers
            assert udp.verify_checksum()
        else:
            with pytest.raises(ValueError, match="BAD_OPTION"):
                udp.verify_checksum()


def test_a_home_address_that_ends_with_the_memory(parse, headers, build):
    """Under ASan a read of its seventeenth byte, or of a cut one, is reported."""
    option = b"\xc9\x10" + bytes(range(1, 17))
    headers_ = [
        bytes([17, 2]) + bytes(4) + option,
        bytes([17, 2]) + bytes(5) + option[:-1],
        bytes([59, 2]) + b"\1\2\0\0" + option,
    ]
    for header in headers_:
        datagram = build.ipv6(header, 60)
        for size in range(40, len(datagram) + 1):
            exact = bytearray(datagram[:size])
            packet = parse(exact, "raw", verify=True)
            assert packet.src_address == build.SRC6
            with headers.IPv6View(exact) as ip:
                ip.src = build.SRC6
                if size < len(datagram):
                    assert ip.transport() is None


def test_a_source_route_by_hand(parse, headers):
    """Bytes and sums worked out by hand, so that no twin and no builder is the oracle."""
    datagram = bytes.fromhex(
        "4800002c 00070000 40110000 c0000201 c6336402 830b0400 00000bcb 00710900"
        "00010002000c0000 00000000"
    )
    packet = parse(datagram, "raw", verify=True)
    assert (packet.l4_offset, packet.sport, packet.dport, packet.payload_offset) == (32, 1, 2, 40)
    assert Status(packet.status & ~Status.BAD_IP_CHECKSUM) == (
        Status.TRANSPORT | Status.PORTS | Status.SOURCE_ROUTE
    )
    assert packet.checksum_status == ABSENT
    # The words of 192.0.2.1 and 203.0.113.9, protocol 17, length 12 twice, ports 1 and 2:
    # c000 + 0201 + cb00 + 7109 + 0011 + 000c + 000c + 0001 + 0002 = 1fe36, so the sum is fe37.
    sealed = bytearray(datagram)
    sealed[38:40] = (0xFFFF - 0xFE37).to_bytes(2, "big")
    assert parse(bytes(sealed), "raw", verify=True).checksum_status == GOOD
    with headers.IPv4View(sealed) as ip, ip.transport() as udp:
        assert udp.verify_checksum()
