"""The limits of a packet: captured bytes, length fields, and which of them counts.

The packets are made here; the rules are those of RFC 791, 8200, 2675, 768 and 9293, and for a
length of zero those of segmentation offload.
"""

import pytest

from fastsock import PacketError
from fastsock.packet.fields import FAULTS, Status


def faults(packet):
    return Status(packet.status & FAULTS)


def test_total_length_limits_tcp(parse, build):
    packet = parse(build.ethernet(build.tcp4(b"hello")))
    assert (packet.limited_by, packet.total_length) == ("ipv4.total_length", 45)
    assert (packet.l3_offset, packet.l4_offset, packet.payload_offset, packet.payload_length) == (
        14,
        34,
        54,
        5,
    )
    assert packet.payload == b"hello"
    assert packet.status == Status.TRANSPORT | Status.PORTS


def test_payload_length_limits_tcp(parse, build):
    packet = parse(build.ethernet(build.tcp6(b"hello"), build.IPV6))
    assert (packet.limited_by, packet.total_length) == ("ipv6.payload_length", 65)
    assert (packet.l3_offset, packet.l4_offset, packet.payload_offset, packet.payload_length) == (
        14,
        54,
        74,
        5,
    )
    assert packet.status == Status.TRANSPORT | Status.PORTS


def test_udp_length_limits_udp(parse, build):
    packet = parse(build.ethernet(build.udp4(b"hello")))
    assert (packet.limited_by, packet.payload) == ("udp.length", b"hello")
    assert packet.status == Status.TRANSPORT | Status.PORTS


@pytest.mark.parametrize("kept", range(54, 64))
def test_what_is_there_of_a_cut_datagram_is_decoded(parse, build, kept):
    frame = build.ethernet(build.tcp4(b"0123456789"))
    packet = parse(frame[:kept])
    assert faults(packet) == Status.CUT
    assert packet.limited_by == "captured"
    assert (packet.sport, packet.dport, packet.total_length) == (1025, 80, 50)
    assert packet.payload == frame[54:kept]


@pytest.mark.parametrize("kept", range(42, 52))
def test_udp_that_was_cut_is_not_a_wrong_udp_length(parse, build, kept):
    frame = build.ethernet(build.udp4(b"0123456789"))
    packet = parse(frame[:kept])
    assert faults(packet) == Status.CUT
    assert (packet.limited_by, packet.payload) == ("captured", frame[42:kept])


def test_wire_length_tells_of_a_cut_that_the_length_field_does_not(parse, build):
    # The whole datagram is present; the snapshot length cut only padding.
    frame = build.ethernet(build.udp4(b"hello"))
    packet = parse(frame, wire_length=60)
    assert faults(packet) == 0
    assert packet.payload == b"hello"


def test_more_captured_than_there_was_on_the_wire(parse, build):
    packet = parse(build.ethernet(build.udp4(b"hello")), wire_length=20)
    assert faults(packet) == 0
    assert (packet.limited_by, packet.payload) == ("udp.length", b"hello")


@pytest.mark.parametrize("captured", range(20))
def test_ipv4_header_that_was_cut(parse, build, captured):
    packet = parse(build.tcp4()[:captured], "ipv4")
    assert Status.HEADER_CUT in faults(packet)
    assert packet.limited_by == "ipv4.header"
    assert packet.src is None
    assert packet.dst is None
    assert packet.protocol is None
    assert packet.sport is None


@pytest.mark.parametrize("captured", range(40))
def test_ipv6_header_that_was_cut(parse, build, captured):
    packet = parse(build.tcp6()[:captured], "ipv6")
    assert Status.HEADER_CUT in faults(packet)
    assert packet.limited_by == "ipv6.header"
    assert packet.src is None
    assert packet.protocol is None


@pytest.mark.parametrize("version", [0, 1, 5, 6, 7, 15])
def test_version_comes_before_the_header_length(parse, build, version):
    packet = parse(build.ethernet(build.ipv4(build.udp(checksum=0), version=version, ihl=4)))
    assert faults(packet) == Status.BAD_VERSION
    assert packet.limited_by == "ip.version"
    assert packet.src is None


@pytest.mark.parametrize("version", [0, 4, 5, 7, 15])
def test_version_of_what_should_be_ipv6(parse, build, version):
    packet = parse(build.ethernet(build.ipv6(build.udp(checksum=0), version=version), build.IPV6))
    assert faults(packet) == Status.BAD_VERSION
    assert packet.limited_by == "ip.version"


@pytest.mark.parametrize("ihl", range(5))
def test_header_length_below_five(parse, build, ihl):
    packet = parse(build.ethernet(build.ipv4(build.tcp(checksum=0), build.TCP, ihl=ihl)))
    assert faults(packet) == Status.BAD_HEADER_LENGTH
    assert packet.limited_by == "ipv4.header_length"
    assert packet.sport is None


@pytest.mark.parametrize("ihl", range(6, 16))
def test_header_that_ends_after_its_datagram(parse, build, ihl):
    packet = parse(build.ethernet(build.ipv4(b"abc", build.TCP, ihl=ihl)))
    assert Status.BAD_LENGTH in faults(packet)
    assert packet.limited_by == "ipv4.total_length"
    assert (packet.src, packet.dst, packet.ttl) == (build.A4, build.B4, 64)  # they are valid
    assert packet.sport is None


@pytest.mark.parametrize("total", [1, 10, 19, 23])
def test_total_length_below_the_header(parse, build, total):
    options = b"\1\1\1\0"
    packet = parse(
        build.ethernet(build.ipv4(build.tcp(checksum=0), 6, total_length=total, options=options))
    )
    assert faults(packet) == Status.BAD_LENGTH
    assert (packet.limited_by, packet.total_length) == ("ipv4.total_length", total)
    assert (packet.src, packet.sport) == (build.A4, None)
    assert packet.payload_offset == 14  # the header is not decoded to its end


def test_datagram_that_is_all_header(parse, build):
    packet = parse(build.ethernet(build.ipv4(b"", build.TCP)))
    assert faults(packet) == Status.HEADER_CUT
    assert packet.limited_by == "transport.header"


@pytest.mark.parametrize("captured", [20, 21, 30, 39])
def test_fields_are_valid_where_options_are_cut(parse, build, captured):
    datagram = build.ipv4(build.tcp(checksum=0), build.TCP, options=b"\1" * 20)
    packet = parse(datagram[:captured], "ipv4")
    assert faults(packet) == Status.CUT | Status.OPTIONS_CUT
    assert packet.limited_by == "ipv4.options"
    assert (packet.src, packet.dst, packet.ttl, packet.protocol) == (
        build.A4,
        build.B4,
        64,
        build.TCP,
    )
    assert packet.sport is None


@pytest.mark.parametrize("protocol", [6, 1])
@pytest.mark.parametrize("size", [40, 1500, 70000])
def test_length_zero_means_what_was_on_the_wire(parse, build, protocol, size):
    # Zero, for 16 bits can't hold the length.
    body = (
        build.tcp(bytes(size), checksum=0)
        if protocol == 6
        else build.icmp(payload=bytes(size), checksum=0)
    )
    datagram = build.ipv4(body, protocol, total_length=0)
    packet = parse(build.ethernet(datagram))
    assert faults(packet) == 0
    assert packet.status & Status.LENGTH_FROM_WIRE
    assert (packet.limited_by, packet.total_length) == ("wire_length", len(datagram))
    assert packet.payload_length == size


def test_length_zero_of_a_packet_that_was_cut(parse, build):
    datagram = build.ipv4(build.tcp(bytes(100), checksum=0), 6, total_length=0)
    packet = parse(build.ethernet(datagram), wire_length=80_014)
    assert faults(packet) == Status.CUT
    assert (packet.limited_by, packet.total_length) == ("captured", 80_000)
    assert packet.payload_length == 100


@pytest.mark.parametrize("padding", [1, 6, 18, 200])
def test_bytes_after_the_datagram_are_no_payload(parse, build, padding):
    for make in (build.tcp4, build.udp4, build.tcp6, build.udp6):
        kind = build.IPV4 if make in (build.tcp4, build.udp4) else build.IPV6
        packet = parse(build.ethernet(make(b"ab") + b"\xee" * padding, kind), verify=True)
        assert packet.status == Status.TRANSPORT | Status.PORTS | Status.TRAILER
        assert packet.payload == b"ab"
        assert packet.checksum_status == 1


def test_later_fragment_without_its_padding(parse, build):
    frame = build.ethernet(build.ipv4(b"piece", build.UDP, fragment=100) + bytes(21))
    packet = parse(frame)
    assert packet.payload == b"piece"
    assert packet.status == Status.FRAGMENT | Status.LATER_FRAGMENT | Status.TRAILER


# --- transport headers


@pytest.mark.parametrize("offset", range(5))
def test_data_offset_below_five(parse, build, offset):
    packet = parse(
        build.ethernet(build.ipv4(build.tcp(b"x" * 30, offset=offset, checksum=0), build.TCP))
    )
    assert faults(packet) == Status.BAD_HEADER_LENGTH
    assert packet.limited_by == "tcp.data_offset"
    assert (packet.src, packet.protocol) == (build.A4, build.TCP)


@pytest.mark.parametrize("offset", range(6, 16))
def test_data_offset_beyond_the_segment(parse, build, offset):
    datagram = build.ipv4(build.tcp(b"abc", offset=offset, checksum=0), build.TCP)
    packet = parse(build.ethernet(datagram + bytes(60)))  # what follows the datagram is not in it
    assert faults(packet) == Status.BAD_HEADER_LENGTH
    assert packet.limited_by == "tcp.data_offset"


@pytest.mark.parametrize("captured", [40, 41, 59])
def test_tcp_options_that_were_cut(parse, build, captured):
    datagram = build.ipv4(build.tcp(b"abc", options=b"\1" * 20, checksum=0), build.TCP)
    packet = parse(datagram[:captured], "ipv4")
    assert faults(packet) == Status.CUT | Status.OPTIONS_CUT
    assert packet.limited_by == "tcp.options"
    assert (packet.sport, packet.seq, packet.window) == (1025, 0x01020304, 0x2000)
    assert packet.payload_length == 0


@pytest.mark.parametrize("length", range(20))
def test_tcp_header_that_was_cut(parse, build, length):
    short = build.ipv4(build.tcp(checksum=0)[:length], build.TCP)
    packet = parse(build.ethernet(short + bytes(40)))
    assert faults(packet) == Status.HEADER_CUT
    assert packet.limited_by == "transport.header"
    packet = parse(build.ethernet(build.ipv4(build.tcp(checksum=0), build.TCP)[: 20 + length]))
    assert faults(packet) == Status.HEADER_CUT | Status.CUT
    assert (packet.limited_by, packet.src) == ("transport.header", build.A4)


@pytest.mark.parametrize("length", range(1, 8))
@pytest.mark.parametrize("version", [4, 6])
def test_udp_header_that_was_cut(parse, build, version, length):
    make, kind = (build.ipv4, build.IPV4) if version == 4 else (build.ipv6, build.IPV6)
    packet = parse(build.ethernet(make(build.udp(checksum=0)[:length], build.UDP), kind))
    assert faults(packet) == Status.HEADER_CUT
    assert packet.limited_by == "transport.header"


@pytest.mark.parametrize("length", [0, 1, 7])
@pytest.mark.parametrize("version", [4, 6])
def test_udp_length_below_its_header(parse, build, version, length):
    make, kind = (build.ipv4, build.IPV4) if version == 4 else (build.ipv6, build.IPV6)
    packet = parse(
        build.ethernet(make(build.udp(b"hello", length=length, checksum=0), build.UDP), kind)
    )
    assert faults(packet) == Status.BAD_LENGTH
    assert packet.limited_by == "udp.length"
    assert (packet.sport, packet.dport) == (1025, 53)


@pytest.mark.parametrize("length", [14, 100, 65535])
def test_udp_length_beyond_its_segment(parse, build, length):
    datagram = build.ipv4(build.udp(b"hello", length=length, checksum=0), build.UDP)
    packet = parse(build.ethernet(datagram + bytes(100)))
    assert faults(packet) == Status.BAD_LENGTH
    assert packet.limited_by == "udp.length"
    assert (packet.sport, packet.dport) == (1025, 53)


def test_bytes_after_udp_length_are_outside(parse, build):
    segment = build.seal(build.udp(b"hello", checksum=0), build.UDP, build.A4, build.B4)
    packet = parse(build.ethernet(build.ipv4(segment + b"surplus", build.UDP)), verify=True)
    assert faults(packet) == 0
    assert (packet.limited_by, packet.payload) == ("udp.length", b"hello")
    assert packet.checksum_status == 1


def test_total_length_is_believed_before_udp_length_where_it_was_cut(parse, build):
    # The segment ends at total_length, so udp.length is wrong wherever the capture ends.
    datagram = build.ipv4(build.udp(bytes(50), length=500, checksum=0), build.UDP)
    packet = parse(datagram[:40], "ipv4")
    assert faults(packet) == Status.BAD_LENGTH | Status.CUT


# --- IPv6


def test_payload_length_beyond_the_capture(parse, build):
    frame = build.ethernet(build.tcp6(b"0123456789"), build.IPV6)
    packet = parse(frame[:-4])
    assert faults(packet) == Status.CUT
    assert (packet.limited_by, packet.payload) == ("captured", b"012345")
    assert packet.total_length == 70


def test_ipv6_length_zero_is_the_wire_length_for_tcp(parse, build):
    datagram = build.ipv6(build.tcp(bytes(70_000), checksum=0), build.TCP, payload_length=0)
    packet = parse(build.ethernet(datagram, build.IPV6))
    assert faults(packet) == 0
    assert packet.status & Status.LENGTH_FROM_WIRE
    assert (packet.limited_by, packet.total_length) == ("wire_length", 70_060)
    assert packet.payload_length == 70_000


def test_ipv6_length_zero_is_wrong_for_anything_else(parse, build):
    for protocol, body in [
        (17, build.udp(b"hello", checksum=0)),
        (58, build.icmp(kind=128, checksum=0)),
        (43, bytes(40)),
    ]:
        datagram = build.ipv6(body, protocol, payload_length=0)
        packet = parse(build.ethernet(datagram, build.IPV6))
        assert faults(packet) == Status.BAD_LENGTH
        assert packet.limited_by == "ipv6.payload_length"
        assert (packet.src, packet.sport) == (build.A6, None)


def test_ipv6_without_a_next_header_may_be_empty(parse, build):
    packet = parse(build.ipv6(b"", build.NO_NEXT), "ipv6")
    assert faults(packet) == 0
    assert packet.status == Status.NO_NEXT_HEADER


# --- jumbograms


def jumbogram(build, length, body, *more):
    extension = build.options6(build.TCP, build.jumbo(length), *more)
    return build.ethernet(build.ipv6(extension + body, 0, payload_length=0), build.IPV6)


def test_jumbogram(parse, build):
    body = build.seal(build.tcp(bytes(70_000), checksum=0), build.TCP, build.A6, build.B6)
    packet = parse(jumbogram(build, len(body) + 8, body), verify=True)
    assert faults(packet) == 0
    assert packet.status & Status.JUMBOGRAM
    assert (packet.limited_by, packet.total_length) == ("ipv6.jumbo_length", 70_068)
    assert (packet.payload_length, packet.checksum_status) == (70_000, 1)


def test_jumbogram_that_was_cut(parse, build):
    # 3.8 GB: nothing of that size is allocated.
    packet = parse(jumbogram(build, 3_800_000_000, build.tcp(b"some", checksum=0)))
    assert faults(packet) == Status.CUT
    assert (packet.limited_by, packet.payload) == ("captured", b"some")
    assert packet.total_length == 3_800_000_040


def test_jumbogram_longer_than_its_length_has_a_field(parse, build):
    # With its header a datagram of 4 GiB - 1 has no 32-bit length: the largest says so.
    packet = parse(jumbogram(build, 0xFFFFFFFF, build.tcp(b"some", checksum=0)))
    assert faults(packet) & Status.CUT
    assert packet.payload == b"some"


@pytest.mark.parametrize("length", [0, 1, 8, 1500, 65535])
def test_jumbo_length_that_needs_no_jumbogram(parse, build, length):
    packet = parse(jumbogram(build, length, build.tcp(b"some", checksum=0)))
    assert faults(packet) == Status.BAD_OPTION
    assert packet.limited_by == "ipv6.jumbo_length"
    assert packet.status & Status.LENGTH_FROM_WIRE  # as for any TCP without a length
    assert packet.payload == b"some"
    extension = build.options6(build.UDP, build.jumbo(length))
    datagram = build.ipv6(extension + build.udp(b"some", checksum=0), 0, payload_length=0)
    packet = parse(datagram, "ipv6")
    assert Status.BAD_LENGTH in faults(packet)
    assert packet.sport is None


def test_one_jumbo_option_only(parse, build):
    packet = parse(
        jumbogram(build, 70_028, build.tcp(bytes(70_000), checksum=0), build.jumbo(70_036))
    )
    assert faults(packet) == Status.BAD_OPTION
    assert packet.limited_by == "ipv6.jumbo_length"


def test_jumbo_option_beside_a_payload_length(parse, build):
    extension = build.options6(build.TCP, build.jumbo(70_000))
    packet = parse(
        build.ethernet(build.ipv6(extension + build.tcp(b"some", checksum=0), 0), build.IPV6)
    )
    assert faults(packet) == Status.BAD_OPTION
    assert packet.limited_by == "ipv6.jumbo_length"


@pytest.mark.parametrize("udp_length", [0, 70_008 & 0xFFFF])
def test_udp_in_a_jumbogram_needs_no_length(parse, build, udp_length):
    body = build.udp(bytes(70_000), length=udp_length, checksum=0)
    body = build.seal(body, build.UDP, build.A6, build.B6)
    extension = build.options6(build.UDP, build.jumbo(len(body) + 8))
    frame = build.ethernet(build.ipv6(extension + body, 0, payload_length=0), build.IPV6)
    packet = parse(frame, verify=udp_length == 0)
    assert faults(packet) == 0
    if udp_length == 0:  # RFC 2675: the length of the segment counts
        assert (packet.limited_by, packet.payload_length) == ("ipv6.jumbo_length", 70_000)
        assert packet.checksum_status == 1
    else:
        assert (packet.limited_by, packet.payload_length) == ("udp.length", udp_length - 8)


# --- strict


def test_strict_names_layer_field_and_offset(parse, build):
    with pytest.raises(PacketError) as caught:
        parse(build.ethernet(build.ipv4(build.tcp(offset=4, checksum=0), build.TCP)), strict=True)
    error = caught.value
    assert (error.layer, error.field, error.offset) == ("tcp", "data_offset", 34)
    assert str(error) == "tcp.data_offset at offset 34: BAD_HEADER_LENGTH"


def test_strict_takes_what_has_no_fault(parse, build):
    for frame in [
        build.ethernet(build.tcp4(b"x")),
        build.ethernet(b"unknown", 0x9999),
        build.ethernet(build.ipv4(bytes(30), 99)),
        build.ethernet(build.ipv4(bytes(8), build.UDP, fragment=7)),
    ]:
        parse(frame, strict=True, verify=True)


def test_strict_takes_a_cut_for_a_fault(parse, build):
    with pytest.raises(PacketError, match="captured at offset"):
        parse(build.ethernet(build.tcp4(b"0123456789"))[:-1], strict=True)


# --- faults that other decoders ignore, one a row


def malformed(build):
    segment = build.seal(build.tcp(b"data", checksum=0), build.TCP, build.A4, build.B4)
    good = build.ipv4(segment, build.TCP)
    yield "IHL 4", build.ipv4(segment, 6, ihl=4), Status.BAD_HEADER_LENGTH, "ipv4.header_length"
    yield (
        "IHL 15 past the end",
        build.ipv4(segment, 6, ihl=15),
        Status.BAD_LENGTH,
        "ipv4.total_length",
    )
    total = Status.BAD_LENGTH, "ipv4.total_length"
    yield "total length 10", build.ipv4(segment, 6, total_length=10), *total
    yield "total length > buffer", build.ipv4(segment, 6, total_length=400), Status.CUT, "captured"
    zero = build.ipv4(segment, 6, total_length=0)
    yield "total length 0", zero, Status.LENGTH_FROM_WIRE, "wire_length"
    offset = Status.BAD_HEADER_LENGTH, "tcp.data_offset"
    yield "TCP offset 3", build.ipv4(build.tcp(offset=3, checksum=0), 6), *offset
    yield "TCP offset 15", build.ipv4(build.tcp(offset=15, checksum=0), 6), *offset
    yield "TCP cut at 12", good[:32], Status.HEADER_CUT | Status.CUT, "transport.header"
    yield "10-byte IPv4", good[:10], Status.HEADER_CUT, "ipv4.header"
    yield "padding", good + bytes(9), Status.TRAILER, "ipv4.total_length"


def test_every_malformed_packet_says_what_is_wrong(parse, build):
    told = Status(FAULTS) | Status.LENGTH_FROM_WIRE | Status.TRAILER
    for title, datagram, status, limited_by in malformed(build):
        packet = parse(build.ethernet(datagram))
        assert (title, packet.status & told, packet.limited_by) == (title, status, limited_by)


@pytest.mark.parametrize("size", range(14))
def test_frame_without_its_header(parse, build, size):
    packet = parse(build.ethernet(build.tcp4())[:size])
    assert faults(packet) == Status.HEADER_CUT
    assert packet.limited_by == "link.header"
    assert (packet.l3_offset, packet.ethertype, packet.src) == (None, None, None)


def test_nothing_at_all(parse):
    packet = parse(b"")
    assert packet.limited_by == "link.header"
    assert (packet.payload_offset, packet.payload_length, packet.payload) == (0, 0, b"")


def test_lengths_never_grow_beyond_the_buffer(parse, build):
    """Every cut of every packet: offsets in order, payload inside."""
    frames = [build.ethernet(build.tcp4(b"data")), build.ethernet(build.udp6(b"data"), build.IPV6)]
    body = build.options6(6, build.jumbo(1 << 31)) + build.tcp(checksum=0)
    frames.append(build.ethernet(build.ipv6(body, 0, payload_length=0), build.IPV6))
    for frame in frames:
        for size in range(len(frame) + 1):
            packet = parse(frame[:size])
            offsets = [
                at
                for at in (packet.l3_offset, packet.l4_offset, packet.payload_offset)
                if at is not None
            ]
            assert offsets == sorted(offsets)
            assert packet.payload_offset + packet.payload_length <= size
