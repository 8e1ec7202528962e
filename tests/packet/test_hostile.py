"""Captures and packets made to exhaust a decoder: bounded steps and memory, and a reason."""

import io
import struct
import sys

import pytest

from fastsock import (
    CaptureError,
    PacketError,
    iter_ip_options,
    iter_ipv6_options,
    iter_tcp_options,
)
from fastsock.packet.fields import FAULTS, Status

KIB = 1024


def faults(packet):
    return Status(packet.status & FAULTS)


@pytest.fixture
def calls_of():
    """Count the calls of Python functions that a call makes: the steps of the pure twin."""

    def calls_of(function, *arguments, **options):
        count = 0

        def profile(frame, event, argument):
            nonlocal count
            count += event == "call"

        sys.setprofile(profile)
        try:
            function(*arguments, **options)
        finally:
            sys.setprofile(None)
        return count

    return calls_of


@pytest.fixture
def peak_of():
    """The most bytes allocated during a call, beyond those allocated before."""
    tracemalloc = pytest.importorskip("tracemalloc")

    def peak_of(function, *arguments, **options):
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            function(*arguments, **options)
            return tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()

    return peak_of


# --- packets


def chains(build):
    """Packets of 64 KiB that are nothing but chain, with what stops each and where."""
    tags = [(0x8100, number & 0xFFF) for number in range(16 * KIB)]
    yield build.ethernet(b"", 0x8100, *tags), "vlan.count", 14 + 4 * 8
    for kind, header in [(60, bytes([60, 0]) + bytes(6)), (43, bytes([43, 0]) + bytes(6)),
                         (44, bytes([44]) + bytes(7)), (135, bytes([135, 0]) + bytes(6)),
                         (51, bytes([51, 0]) + bytes(6))]:  # fmt: skip
        datagram = build.ipv6(header * (8 * KIB - 1), kind)
        yield build.ethernet(datagram, build.IPV6), "ipv6.extension_count", 54 + 16 * 8
    datagram = build.ipv4(bytes([51, 0]) + bytes(6), 51) + (bytes([51, 0]) + bytes(6)) * 8000
    datagram = build.put16(datagram, 2, 65535)
    yield build.ethernet(datagram), "ipv6.extension_count", 34 + 16 * 8


def test_chains_are_walked_so_far_and_no_further(parse, build, calls_of):
    for frame, limited_by, payload in chains(build):
        packet = parse(frame)
        assert Status.TOO_MANY_HEADERS in faults(packet)
        assert (packet.limited_by, packet.payload_offset) == (limited_by, payload)
        assert calls_of(parse, frame) < 400
        assert parse(frame, verify=True).limited_by in (limited_by, "ipv4.checksum")


def test_chain_of_empty_options(parse, build, calls_of):
    # As many Pad1 as an options header holds, in as many headers as are walked.
    header = bytes([build.DESTINATION, 255]) + bytes(2046)
    frame = build.ethernet(build.ipv6(header * 31, build.DESTINATION), build.IPV6)
    packet = parse(frame)
    assert faults(packet) == Status.TOO_MANY_HEADERS
    assert packet.payload_offset == 54 + 16 * 2048
    assert calls_of(parse, frame) < 400


ZERO_LENGTHS = [bytes([kind]) + b"\0" * 39 for kind in (2, 3, 7, 30, 68, 131, 137, 148, 253, 255)]


@pytest.mark.parametrize("options", ZERO_LENGTHS, ids=lambda options: str(options[0]))
def test_options_of_length_zero_end_the_walk(parse, build, options):
    packet = parse(build.ipv4(build.udp(b"x", checksum=0), options=options), "ipv4")
    assert (faults(packet), packet.limited_by) == (Status.BAD_OPTION, "ipv4.options")
    packet = parse(build.ipv4(build.tcp(b"x", options=options, checksum=0), 6), "ipv4")
    assert (faults(packet), packet.limited_by) == (Status.BAD_OPTION, "tcp.options")
    assert packet.payload == b"x"  # nothing lost: the header's length told where it begins


@pytest.mark.parametrize("options", ZERO_LENGTHS, ids=lambda options: str(options[0]))
@pytest.mark.parametrize("before", [b"", b"\1", b"\1\1\1"])
def test_iterators_end_at_options_of_length_zero(options, before):
    for iterate in (iter_ip_options, iter_tcp_options):
        found = iterate(before + options)
        assert [next(found).kind for _ in before] == list(before)  # all in front of it is given
        with pytest.raises(PacketError):
            next(found)
        assert list(found) == []


def test_ipv6_options_of_length_zero_are_finite():
    # There they are allowed: 2046 bytes hold 1023 of them.
    options = list(iter_ipv6_options(bytes([59, 255]) + b"\x1e\0" * 1023))
    assert len(options) == 1023


@pytest.mark.parametrize("length", [70_000, 0x7FFFFFFF, 0xFFFFFFD7, 0xFFFFFFFF])
def test_jumbograms_of_gigabytes(parse, build, length, peak_of):
    extension = build.options6(build.TCP, build.jumbo(length))
    datagram = build.ipv6(extension + build.tcp(b"some", checksum=0), 0, payload_length=0)
    frame = build.ethernet(datagram, build.IPV6)
    assert faults(parse(frame, verify=True)) == Status.CUT
    assert peak_of(parse, frame, verify=True) < 64 * KIB


@pytest.mark.parametrize("wire_length", [80_000, 1 << 31, 0xFFFFFFFF])
def test_wire_lengths_of_gigabytes(parse, build, wire_length):
    packet = parse(
        build.ipv4(build.tcp(b"x", checksum=0), 6, total_length=0), "ipv4", wire_length=wire_length
    )
    assert faults(packet) == Status.CUT
    assert packet.total_length == wire_length


def test_parsing_allocates_for_the_packet_only(parse, build, peak_of):
    frame = build.ethernet(build.tcp4(bytes(60_000)))
    parse(frame, verify=True)
    assert peak_of(parse, frame, verify=True) < 256 * KIB  # a sum in pure Python is of one long int


# --- captures


@pytest.fixture
def read(twin):
    """All records of a capture and why they end."""

    def read(data, **options):
        with twin.part("capture").open_capture(data, **options) as capture:
            return [bytes(record.data) for record in capture], capture.stopped

    return read


FORMATS = [("<", 0xA1B2C3D4), (">", 0xA1B2C3D4), ("<", 0xA1B23C4D), (">", 0xA1B23C4D)]


@pytest.mark.parametrize(("order", "magic"), FORMATS)
@pytest.mark.parametrize(
    "claim", [262_145, 1 << 24, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF]
)
def test_record_that_claims_too_much(read, files, order, magic, claim, peak_of):
    good = files.pcap(b"one", b"two", order=order, magic=magic)
    data = good + files.record(b"the end of it", captured=claim, order=order)
    records, stopped = read(data)
    assert records == [b"one", b"two"]
    assert str(claim) in stopped
    assert f"offset {len(good)}" in stopped
    assert peak_of(read, data) < 512 * KIB
    assert peak_of(read, io.BytesIO(data)) < 2048 * KIB


@pytest.mark.parametrize(("order", "magic"), FORMATS)
def test_torn_at_every_byte(read, files, order, magic):
    records = [b"first", b"", b"second one", b"x" * 30]
    data = files.pcap(*records, order=order, magic=magic)
    ends = [24]
    for record in records:
        ends.append(ends[-1] + 16 + len(record))
    for size in range(24, len(data) + 1):
        whole = max(number for number, end in enumerate(ends) if end <= size)
        for source in (data[:size], io.BytesIO(data[:size])):
            seen, stopped = read(source)
            assert seen == records[:whole]
            if size in ends:
                assert stopped is None
            else:
                assert f"offset {ends[whole]}" in stopped
    for size in range(24):
        with pytest.raises(CaptureError):
            read(data[:size])


def test_record_beyond_the_snapshot_length(read, files):
    # The header's snapshot length is 2 bytes; real files exceed theirs.
    data = files.pcap(b"0123456789")
    assert read(data[:16] + struct.pack("<I", 2) + data[20:]) == ([b"0123456789"], None)


def test_pcapng_torn_at_every_byte(read, files):
    packets = [files.enhanced(data) for data in (b"first", b"second one")]
    parts = [files.section(), files.interface(), *packets]
    data = b"".join(parts)
    ends = [len(b"".join(parts[:count])) for count in range(5)]
    for size in range(ends[1], len(data) + 1):
        for source in (data[:size], io.BytesIO(data[:size])):
            seen, stopped = read(source)
            assert seen == [b"first", b"second one"][: sum(end <= size for end in ends[3:])]
            assert (stopped is None) == (size in ends)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("length", [0, 4, 8, 11, 13, 14, 15, 0x7FFFFFFC, 0xFFFFFFFC, 0xFFFFFFFF])
@pytest.mark.parametrize("kind", [1, 5, 6, 0x0BAD])
def test_block_lengths_that_lie(read, files, order, length, kind, peak_of):
    good = (
        files.section(order) + files.interface(order=order) + files.enhanced(b"first", order=order)
    )
    data = good + files.block(kind, bytes(40), order, length)
    for source in (data, io.BytesIO(data)):
        records, stopped = read(source)
        assert records == [b"first"]
        assert f"offset {len(good)}" in stopped
    assert peak_of(read, data) < 512 * KIB
    assert peak_of(read, io.BytesIO(data)) < 4096 * KIB


def test_block_whose_two_lengths_differ(read, files):
    good = files.section() + files.interface() + files.enhanced(b"first")
    records, stopped = read(good + files.block(6, bytes(40), end=48) + files.enhanced(b"lost"))
    assert records == [b"first"]
    assert f"offset {len(good)}" in stopped


def test_packet_that_is_larger_than_its_block(read, files):
    good = files.section() + files.interface() + files.enhanced(b"first")
    for captured in (9, 1 << 20, 0xFFFFFFFF):
        lying = files.block(6, struct.pack("<5I", 0, 0, 0, captured, captured) + b"12345678")
        records, stopped = read(good + lying)
        assert records == [b"first"]
        assert f"offset {len(good)}" in stopped


@pytest.mark.parametrize("number", [1, 2, 0x7FFFFFFF, 0xFFFFFFFF])
def test_interface_that_is_not_there(read, files, number):
    good = files.section() + files.interface() + files.enhanced(b"first")
    records, stopped = read(good + files.enhanced(b"second", interface=number))
    assert records == [b"first"]
    assert f"offset {len(good)}" in stopped
    records, stopped = read(files.section() + files.enhanced(b"no interface at all"))
    assert (records, stopped is None) == ([], False)


def test_interfaces_without_number(read, files, peak_of):
    # A file of 1.4 MB with 70,000 of them: their number and the memory of each are bounded.
    data = files.section() + files.interface() * 70_000 + files.enhanced(b"packet", interface=3)
    records, stopped = read(data)
    assert (records, stopped) == ([b"packet"], None) or "interfaces" in stopped
    assert peak_of(read, data) < 32 << 20


@pytest.mark.parametrize(
    "options",
    [
        b"\x09\0\0\0\0\0\0\0",  # if_tsresol without a byte
        b"\x09\0\xff\xff\6\0\0\0",
        b"\x0e\0\x08\0\0\0\0\0",  # if_tsoffset past the end
        b"\1\0\0\0" * 500,  # empty comments
        b"\xff\xff",
    ],
)
def test_options_of_an_interface(read, files, options):
    records, stopped = read(
        files.section() + files.interface(options=options) + files.enhanced(b"packet")
    )
    assert (records, stopped is None) in [([b"packet"], True), ([], False)]


def test_empty_blocks_are_passed_over(read, files):
    # 12 bytes are the least: 10,000 unknown blocks before a packet.
    data = (
        files.section()
        + files.interface()
        + files.block(0x0BAD, b"") * 10_000
        + files.enhanced(b"packet")
    )
    assert read(data) == ([b"packet"], None)


def test_columns_of_a_hostile_capture(twin, build, files, peak_of):
    """Rows up to the fault; memory grows with the bytes present, not with a claimed length."""
    packets = [frame[:5000] for frame, *_ in chains(build)]
    data = files.pcap(*packets) + files.record(b"", captured=0xFFFFFFF0)
    open_capture = twin.part("capture").open_capture

    def columns(**options):
        with open_capture(data) as capture:
            result = capture.to_columns(["status", "limited_by"], **options)
            rows = len(result) if not options else [len(part) for part in result]
            return rows, capture.stopped

    rows, stopped = columns()
    assert rows == len(packets)
    assert "4294967280" in stopped
    assert columns(chunk=3)[0] == [3, 3, 1]
    assert peak_of(columns) < 1024 * KIB
