"""Options of IP and TCP headers in the decoder: no length makes it loop or read past them."""

import pytest

from fastsock.packet.fields import FAULTS, Status


def faults(packet):
    return Status(packet.status & FAULTS)


AREAS = [
    b"\0\0\0\0",  # end of options
    b"\1\1\1\1",  # no operation
    b"\x94\x04\0\0",  # router alert
    b"\x44\x04\x05\0",  # timestamp without room
    b"\x07\x07\x04\0\0\0\0\0",  # record route
    b"\x1e\x02\x1e\x02",  # unknown, of the least length
    b"\1\0\xff\xff",  # after the end anything may stand
]


@pytest.mark.parametrize("options", AREAS)
@pytest.mark.parametrize("protocol", [4, 6])
def test_right_options(parse, build, protocol, options):
    if protocol == 4:
        datagram = build.ipv4(build.udp(b"x", checksum=0), options=options)
    else:
        datagram = build.ipv4(build.tcp(b"x", options=options, checksum=0), build.TCP)
    packet = parse(datagram, "ipv4", verify=True)
    assert not packet.status & Status.BAD_OPTION
    assert (packet.sport, packet.payload) == (1025, b"x")
    assert packet.ip_checksum_status == 1


WRONG = [
    b"\x07\x00\x00\x00",  # length 0: would never end
    b"\x07\x01\x00\x00",
    b"\x07\x05\x00\x00",  # past the header
    b"\x07\xff\x00\x00",
    b"\1\1\1\x07",  # no room for the length
    b"\1\x83\0\0",
]


@pytest.mark.parametrize("options", WRONG)
def test_wrong_ip_options_are_told(parse, build, options):
    packet = parse(build.ipv4(build.udp(b"x", checksum=0), options=options), "ipv4", verify=True)
    assert faults(packet) == Status.BAD_OPTION
    assert packet.limited_by == "ipv4.options"
    assert packet.ip_checksum_status == 1
    assert packet.sport == 1025  # the header's length says where the transport begins


@pytest.mark.parametrize("kind", [0x83, 0x89])
@pytest.mark.parametrize("pointer", [4, 8, 12])
def test_source_route(parse, build, kind, pointer):
    option = bytes([kind, 11, pointer]) + build.C4 + build.B4 + b"\0"
    packet = parse(build.ipv4(build.udp(b"x", checksum=0), options=option), "ipv4")
    assert faults(packet) == 0
    assert (packet.src, packet.dst) == (build.A4, build.B4)
    assert bool(packet.status & Status.SOURCE_ROUTE) == (pointer < 12)


@pytest.mark.parametrize("flags", [0, 1, 2, 0x10, 0x18, 0xFF, 0x100, 0x1C2, 0x800, 0xFFF])
def test_flags_are_twelve_bits(parse, build, flags):
    # AE (once NS) is bit 8.
    packet = parse(build.ipv4(build.tcp(flags=flags, checksum=0), 6), "ipv4")
    assert packet.flags == flags
    assert packet.l4_offset + 20 == packet.payload_offset


@pytest.mark.parametrize("words", range(11))
def test_payload_begins_behind_the_options(parse, build, words):
    options = b"\x08\x0a" + bytes(8) + b"\1" * 30
    area = options[: 4 * words] if words != 1 else b"\1" * 4
    packet = parse(build.ipv4(build.tcp(b"x", options=area, checksum=0), 6), "ipv4")
    assert (packet.payload_offset, packet.payload) == (40 + 4 * words, b"x")


@pytest.mark.parametrize("words", range(11))
def test_transport_begins_behind_the_options(parse, build, words):
    packet = parse(build.ipv4(build.udp(b"x", checksum=0), options=b"\1" * (4 * words)), "ipv4")
    assert (packet.l4_offset, packet.sport, packet.total_length) == (
        20 + 4 * words,
        1025,
        29 + 4 * words,
    )


@pytest.mark.parametrize("value", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_sequence_numbers(parse, build, value):
    packet = parse(build.ipv4(build.tcp(seq=value, ack=value ^ 0xFFFF, checksum=0), 6), "ipv4")
    assert (packet.seq, packet.ack) == (value, value ^ 0xFFFF)


@pytest.mark.parametrize("value", [0, 1, 0x8000, 0xFFFF])
def test_numbers_of_sixteen_bits(parse, build, value):
    packet = parse(
        build.ipv4(build.tcp(b"", value, value, window=value, checksum=0), 6, identification=value),
        "ipv4",
    )
    assert (packet.sport, packet.dport, packet.window, packet.identification) == (value,) * 4


@pytest.mark.parametrize("value", [0, 1, 0x7F, 0xFF])
def test_numbers_of_eight_bits(parse, build, value):
    packet = parse(
        build.ipv4(build.icmp(b"", value, value, checksum=0), 1, ttl=value, tos=value), "ipv4"
    )
    assert (packet.icmp_type, packet.icmp_code, packet.ttl, packet.tos) == (value,) * 4
    packet = parse(
        build.ipv6(build.icmp(b"", value, value, checksum=0), 58, hop_limit=value), "ipv6"
    )
    assert (packet.icmp_type, packet.icmp_code, packet.ttl) == (value,) * 3
