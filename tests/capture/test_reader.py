"""Capture files: every form of pcap and pcapng, from every kind of source, over both twins."""

import copy
import gc
import gzip
import io
import mmap
import os
import pickle
import struct
import sys
import threading
import weakref
from fractions import Fraction
from pathlib import Path

import pytest

from fastsock import CaptureError

PACKETS = [b"one", b"", bytes(range(60)), b"four" * 300]
SECOND = 10**9


def plain(records):
    return [(time, wire, link, bytes(data)) for time, wire, link, data in records]


@pytest.fixture
def read(capture):
    """All records of a capture, after which it must have ended for the reason given."""

    def read(source, stopped=None, **options):
        with capture.open_capture(source, **options) as opened:
            records = plain(opened)
            assert opened.records == len(records)
            assert opened.stopped == stopped
            assert list(opened) == []
            return records

    return read


# pcap


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "unit"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1), (0xA1B2CD34, 1000)]
)
def test_pcap_by_magic(read, files, order, magic, unit):
    found = read(files.pcap(*PACKETS, order=order, magic=magic))
    assert found == [(n * SECOND + n * unit, len(data), 1, data) for n, data in enumerate(PACKETS)]


@pytest.mark.parametrize("version", [(2, 4), (2, 5), (2, 99)])
def test_pcap_versions(read, files, version):
    data = files.pcap(version=version) + files.record(b"abc", wire=9)
    assert read(data) == [(0, 9, 1, b"abc")]


@pytest.mark.parametrize("version", [(2, 0), (2, 1), (2, 2), (543, 0)])
def test_pcap_before_2_3_has_the_lengths_the_other_way_round(read, files, version):
    data = files.pcap(version=version) + files.record(b"abc", captured=9, wire=3)
    assert read(data) == [(0, 9, 1, b"abc")]


def test_pcap_2_3_has_them_either_way(read, files):
    data = files.pcap(version=(2, 3))
    data += files.record(b"abc", captured=9, wire=3) + files.record(b"abc", captured=3, wire=9)
    assert read(data) == [(0, 9, 1, b"abc")] * 2


@pytest.mark.parametrize("version", [(0, 0), (1, 4), (3, 0)])
def test_pcap_of_unknown_version(capture, files, version):
    with pytest.raises(CaptureError, match=f"version {version[0]}.{version[1]}"):
        capture.open_capture(files.pcap(version=version))


@pytest.mark.parametrize("bits", [0x30000000, 0xFFFF0000])
def test_link_type_is_the_low_half(read, files, bits):
    """The bits above it hold the length of the frame check sequence."""
    assert [link for _, _, link, _ in read(files.pcap(b"x", link=bits | 0xE5))] == [0xE5]


@pytest.mark.parametrize(("magic", "unit"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_fractions_of_a_second_and_more_carry(read, files, magic, unit):
    data = files.pcap(magic=magic)
    data += files.record(b"", seconds=5, fraction=2_500_000_000)
    assert read(data)[0][0] == 5 * SECOND + 2_500_000_000 * unit


def test_seconds_are_unsigned(read, files):
    data = files.pcap() + files.record(b"", seconds=0xFFFFFFFF, fraction=999_999)
    assert read(data)[0][0] == 0xFFFFFFFF * SECOND + 999_999_000


def test_more_captured_than_there_was_is_accepted(read, files):
    assert read(files.pcap() + files.record(b"abcd", wire=2)) == [(0, 2, 1, b"abcd")]


@pytest.mark.parametrize("size", [1, 15])
def test_pcap_torn_in_a_header(read, files, size):
    data = files.pcap(b"abc") + files.record(b"def")[:size]
    stopped = f"offset 43: a record header of 16 bytes, of which {size} are there"
    assert len(read(data, stopped)) == 1


def test_pcap_torn_in_a_modified_header(read, files):
    data = files.pcap(b"abc", magic=0xA1B2CD34)
    stopped = "offset 51: a record header of 24 bytes, of which 20 are there"
    assert len(read(data + bytes(20), stopped)) == 1


@pytest.mark.parametrize("size", [16, 18])
def test_pcap_torn_in_a_packet(read, files, size):
    data = files.pcap(b"abc") + files.record(b"def")[:size]
    stopped = f"offset 43: a record of 19 bytes, of which {size} are there"
    assert len(read(data, stopped)) == 1


@pytest.mark.parametrize("captured", [262_145, 0xFFFFFFF0, 0xFFFFFFFF])
def test_huge_records_end_a_pcap(read, files, captured):
    data = files.pcap(b"abc") + files.record(bytes(60), captured=captured)
    stopped = f"offset 43: a record of {captured} bytes, more than the 262144 allowed"
    assert len(read(data, stopped)) == 1


def test_max_record(read, files):
    data = files.pcap(bytes(1000), bytes(1001))
    stopped = "offset 1040: a record of 1001 bytes, more than the 1000 allowed"
    assert len(read(data, stopped, max_record=1000)) == 1
    assert len(read(files.pcap(bytes(400_000)), max_record=400_000)) == 1
    read(files.pcap() + files.record(b"", captured=0xFFFFFFFF), max_record=0xFFFFFFFF,
         stopped="offset 24: a record of 4294967311 bytes, of which 16 are there")  # fmt: skip


@pytest.mark.parametrize("bad", [0, -1, 1 << 32, 1 << 70])
def test_max_record_out_of_range(capture, files, bad):
    with pytest.raises(ValueError, match="max_record must be between 1 and 4294967295"):
        capture.open_capture(files.pcap(), max_record=bad)


@pytest.mark.parametrize("bad", [None, 1.0, "9", b"9"])
def test_max_record_and_chunk_are_integers(capture, files, bad):
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        capture.open_capture(files.pcap(), max_record=bad)
    if bad is not None:
        with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
            capture.open_capture(files.pcap()).to_columns(chunk=bad)


@pytest.mark.parametrize(
    "head",
    [b"", b"\xd4", b"\xd4\xc3\xb2", b"\xd4\xc3\xb2\xa1", b"GIF89a" * 9, b"\0" * 24,
     b"snoop\0\0\0" * 9,
     b"\x0a\x0d\x0d\x0a", bytes.fromhex("0a0d0d0a1c0000004d3c2b1a0100"),
     bytes.fromhex("0a0d0d0a1c0000004d3c2b1b010000") + bytes(20)],
)  # fmt: skip
def test_what_is_no_capture(capture, head):
    with pytest.raises(CaptureError):
        capture.open_capture(head)
    with pytest.raises(CaptureError):
        capture.open_capture(io.BytesIO(head))


# pcapng


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_blocks(read, files, order):
    data = files.section(order) + files.interface(101, order=order)
    data += files.enhanced(b"first", 1_500_000, order=order)
    data += files.old(b"second", (7 << 32) + 5, order=order)
    data += files.simple(b"third", order=order)
    assert read(data) == [
        (1_500_000_000, 5, 101, b"first"),
        (((7 << 32) + 5) * 1000, 6, 101, b"second"),
        (0, 5, 101, b"third"),
    ]


def test_sections_of_both_byte_orders(read, files):
    data = b""
    for order, link in [(">", 1), ("<", 101), (">", 113)]:
        data += files.section(order) + files.interface(link, order=order)
        data += files.enhanced(b"abc", 10**6, order=order)
    assert read(data) == [(SECOND, 3, link, b"abc") for link in (1, 101, 113)]


def test_interfaces_are_a_sections_own(read, files):
    data = files.section() + files.interface(1) + files.interface(101) + files.enhanced(b"a", 0, 1)
    stop = len(data) + len(files.section() + files.interface())
    data += files.section() + files.interface(113) + files.enhanced(b"b", 0, 1)
    stopped = f"offset {stop}: a record of interface 1, where there are 1"
    assert read(data, stopped) == [(0, 1, 101, b"a")]


def test_every_packet_has_its_interface(read, files):
    options = files.option(9, b"\x09")
    data = files.section() + files.interface(1) + files.interface(276, options=options)
    data += files.enhanced(b"a", 5, 1) + files.enhanced(b"b", 5, 0) + files.old(b"c", 5, 1)
    assert read(data) == [(5, 1, 276, b"a"), (5000, 1, 1, b"b"), (5, 1, 276, b"c")]


@pytest.mark.parametrize("kind", [4, 5, 0xA, 0xBAD, 0x40000BAD, 0x80000001, 0xFFFFFFFF])
@pytest.mark.parametrize("size", [0, 1, 4, 300_000])
def test_blocks_without_packets_are_passed_over(read, files, kind, size):
    """Name resolution, statistics, secrets, custom and unknown ones."""
    data = files.section() + files.block(kind, bytes(size)) + files.interface()
    data += files.block(kind, bytes(size)) + files.enhanced(b"x") + files.block(kind, bytes(size))
    assert read(data) == [(0, 1, 1, b"x")]
    assert read(io.BytesIO(data)) == [(0, 1, 1, b"x")]


@pytest.mark.parametrize("length", [-1, 0, 28, 1 << 40, -(1 << 63)])
def test_a_sections_length_is_not_believed(read, files, length):
    data = files.section(length=length) + files.interface() + files.enhanced(b"x")
    assert len(read(data)) == 1


@pytest.mark.parametrize(
    ("wire", "snaplen", "kept"), [(3, 0, 3), (3, 100, 3), (9, 3, 3), (262_144, 4, 4)]
)
def test_a_simple_packets_length_follows_from_the_snaplen(read, files, wire, snaplen, kept):
    data = files.section() + files.interface(snaplen=snaplen) + files.simple(bytes(kept), wire)
    assert read(data) == [(0, wire, 1, bytes(kept))]


def test_options_of_packets_are_passed_over(read, files):
    options = files.option(1, b"a comment") + files.option(0, b"")
    data = files.section(options=options) + files.interface(options=options)
    data += files.enhanced(b"odd", 7, options=options) + files.enhanced(b"", 8, options=b"\xff" * 4)
    assert read(data) == [(7000, 3, 1, b"odd"), (8000, 0, 1, b"")]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("resolution", [*range(21), 30, 127, *range(0x80, 0x80 + 70), 0xDF, 0xFF])
def test_time_resolution(read, files, order, resolution):
    """Any power of ten or two; exact, rounded down, and at most what 64 bits hold."""
    times = [0, 1, 999_999_999_999, 1 << 32, (1 << 63) + 12345, (1 << 64) - 1]
    data = files.section(order)
    data += files.interface(options=files.option(9, bytes([resolution]), order), order=order)
    data += b"".join(files.enhanced(b"", units, order=order) for units in times)
    unit = Fraction(SECOND, (2 if resolution & 0x80 else 10) ** (resolution & 0x7F))
    expected = [min(units * unit // 1, (1 << 63) - 1) for units in times]
    assert [time for time, *_ in read(data)] == expected


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("seconds", [0, 1, -1, 1_000_000_000, -(1 << 63), (1 << 63) - 1, 9223372036,
                                     -9223372037, 9223372037])  # fmt: skip
def test_time_offset(read, files, order, seconds):
    options = files.option(14, struct.pack(order + "q", seconds), order)
    data = files.section(order) + files.interface(options=options, order=order)
    data += files.enhanced(b"", 1_000_001, order=order)
    least, most = -(1 << 63), (1 << 63) - 1
    offset = max(least, min(seconds * SECOND, most))
    assert read(data)[0][0] == max(least, min(offset + 1_000_001_000, most))


def test_options_without_an_end(read, files):
    options = files.option(9, b"\x00") + files.option(2, b"eth0")
    data = files.section() + files.interface(options=options) + files.enhanced(b"", 3)
    assert read(data)[0][0] == 3 * SECOND


def test_nothing_counts_behind_the_end_of_options(read, files):
    options = files.option(0, b"") + files.option(9, b"\x00")
    data = files.section() + files.interface(options=options) + files.enhanced(b"", 3)
    assert read(data)[0][0] == 3000


def test_empty_options_are_passed_over(read, files):
    options = files.option(2, b"") * 1000 + files.option(9, b"\x03")
    data = files.section() + files.interface(options=options) + files.enhanced(b"", 3)
    assert read(data)[0][0] == 3_000_000


FRONT = 28 + 20  # a section and an interface without options


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("enhanced", {"length": 0}, "a block of 0 bytes, which is no length of a block"),
        ("enhanced", {"length": 8}, "a block of 8 bytes, which is no length of a block"),
        ("enhanced", {"length": 37}, "a block of 37 bytes, which is no length of a block"),
        ("enhanced", {"length": 40, "end": 44}, "a block of 40 bytes, which ends as one of 44"),
        ("enhanced", {"length": 48}, "a block of 48 bytes, of which 40 are there"),
        ("enhanced", {"length": 0xFFFFFFFC},
         "a block of 4294967292 bytes, more than the 1310720 allowed"),
        ("enhanced", {"captured": 9}, "a record of 9 bytes in a block that has room for 8"),
        ("enhanced", {"captured": 0xFFFFFFFF},
         "a record of 4294967295 bytes, more than the 262144 allowed"),
        ("enhanced", {"interface": 1}, "a record of interface 1, where there are 1"),
        ("enhanced", {"interface": 0xFFFFFFFF},
         "a record of interface 4294967295, where there are 1"),
    ],
)  # fmt: skip
def test_lying_blocks(read, files, name, options, reason):
    data = files.section() + files.interface() + files.enhanced(b"good")
    stopped = f"offset {len(data)}: {reason}"
    assert read(data + getattr(files, name)(b"12345678", **options), stopped) == [
        (0, 4, 1, b"good")
    ]


@pytest.mark.parametrize(
    ("kind", "size", "reason"),
    [
        (1, 4, "a block of 16 bytes, too short for its fields"),
        (2, 16, "a block of 28 bytes, too short for its fields"),
        (3, 0, "a block of 12 bytes, too short for its fields"),
        (6, 16, "a block of 28 bytes, too short for its fields"),
    ],
)
def test_blocks_too_short_for_their_fields(read, files, kind, size, reason):
    data = files.section() + files.interface() + files.block(kind, bytes(size))
    read(data, f"offset {FRONT}: {reason}")


def test_a_section_too_short(read, files):
    magic = struct.pack("<IHH", 0x1A2B3C4D, 1, 0)
    read(files.block(0x0A0D0D0A, magic), "offset 0: a block of 20 bytes, too short for its fields")


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"magic": 0x12345678}, "a section of unknown byte order, 0x78563412"),
        ({"major": 2, "minor": 1}, "a section of version 2.1"),
        ({"end": 32}, "a block of 28 bytes, which ends as one of 32"),
    ],
)
def test_a_second_section_that_is_none(read, files, section, reason):
    data = files.section() + files.interface() + files.enhanced(b"x") + files.section(**section)
    read(data, f"offset {FRONT + 36}: {reason}")


def test_a_first_section_of_another_version(capture, files):
    with pytest.raises(CaptureError, match=r"version 2\.0"):
        capture.open_capture(files.section(major=2))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([(9, b"\6", 5)], "an interface option of 5 bytes, where 4 are left"),
        ([(2, b"", 0xFFFF)], "an interface option of 65535 bytes, where 0 are left"),
        ([(9, b"\6\6", None)], "an interface option of 2 bytes, where there should be 1"),
        ([(14, b"\6", None)], "an interface option of 1 bytes, where there should be 8"),
    ],
)
def test_lying_options(read, files, options, reason):
    encoded = b"".join(files.option(code, value, length=size) for code, value, size in options)
    data = files.section() + files.interface(options=encoded) + files.enhanced(b"x")
    read(data, f"offset 28: {reason}")


def test_a_simple_packet_without_an_interface(read, files):
    read(files.section() + files.simple(b"x"),
         "offset 28: a record of interface 0, where there are 0")  # fmt: skip


def test_a_simple_packet_longer_than_its_block(read, files):
    data = files.section() + files.interface() + files.simple(b"abcd", 5)
    read(data, f"offset {FRONT}: a record of 5 bytes in a block that has room for 4")


def test_pcapng_torn_anywhere(read, files):
    whole = files.section() + files.interface() + files.enhanced(b"good")
    for last in (files.enhanced(b"12345678"), files.block(5, bytes(20)), files.section()):
        for size in range(1, len(last)):
            there = f"of which {size} are there"
            block = f"at least 12 bytes, {there}" if size < 12 else f"{len(last)} bytes, {there}"
            stopped = f"offset {len(whole)}: a block of {block}"
            assert len(read(whole + last[:size], stopped)) == 1
            assert len(read(io.BytesIO(whole + last[:size]), stopped)) == 1


@pytest.mark.parametrize("end", [0, 12, 0xFFFFFFFF])
def test_a_block_that_is_passed_over_ends_as_it_began(read, files, end):
    data = files.section() + files.interface() + files.block(5, bytes(20), end=end)
    read(data, f"offset {FRONT}: a block of 32 bytes, which ends as one of {end}")


def test_a_block_that_is_passed_over_may_be_larger_than_the_file(read, files):
    data = files.section() + files.block(5, bytes(20), length=0xFFFFFFFC)
    stopped = "offset 28: a block of 4294967292 bytes, of which 32 are there"
    read(data, stopped)
    read(io.BytesIO(data), stopped)


def test_many_interfaces(read, files):
    many = files.section() + files.interface() * 65_536
    assert read(many + files.enhanced(b"x", 0, 65_535)) == [(0, 1, 1, b"x")]
    stopped = f"offset {len(many)}: more than 65536 interfaces"
    read(many + files.interface() * 1000, stopped)


def test_no_records(read, files):
    assert read(files.pcap()) == []
    assert read(files.section()) == []
    assert read(files.section() + files.interface()) == []


# Sources


@pytest.fixture
def data(files):
    return files.pcap(*PACKETS)


@pytest.fixture
def path(data, tmp_path):
    path = tmp_path / "packets.txt"  # the name says nothing
    path.write_bytes(data)
    return path


EXPECTED = [(n * SECOND + n * 1000, len(p), 1, p) for n, p in enumerate(PACKETS)]


@pytest.mark.parametrize("kind", [Path, str, os.fspath])
def test_a_path(read, path, kind):
    assert read(kind(path)) == EXPECTED


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: memoryview(data)[:]])
def test_a_buffer(read, data, kind):
    assert read(kind(data)) == EXPECTED


def test_a_buffer_of_other_items(read, files):
    data = files.pcap(b"abcd")
    assert read(memoryview(data).cast("I")) == [(0, 4, 1, b"abcd")]
    with pytest.raises(BufferError, match="C-contiguous"):
        read(memoryview(bytes(100))[::2])


def test_a_mapping(read, path):
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
        assert read(mapping) == EXPECTED


@pytest.mark.parametrize("buffering", [0, -1])
def test_a_file_is_read_from_where_it_stands(read, files, path, buffering):
    path.write_bytes(b"HEAD" + path.read_bytes() + files.record(b"x")[:8])
    with path.open("rb", buffering=buffering) as file:
        file.seek(4)
        stopped = (
            f"offset {path.stat().st_size - 12}: a record header of 16 bytes, of which 8 are there"
        )
        assert read(file, stopped) == EXPECTED
        assert not file.closed


class Whole(io.BytesIO):
    """A file with nothing but `read`."""

    read1 = None


class Dripping(io.RawIOBase):
    """A file that gives a byte at a time."""

    def __init__(self, data):
        self.left = io.BytesIO(data)

    def read(self, size=-1):
        return self.left.read(min(size, 1))


@pytest.mark.parametrize("kind", [io.BytesIO, Whole, Dripping])
def test_a_file_that_is_none_on_a_disk(read, data, kind):
    assert read(kind(data)) == EXPECTED


def test_a_long_record_that_drips_is_put_together_once(capture, files):
    """What is put together is read behind by as much again: only the end of the record is."""
    sizes = []

    class Narrow(io.BytesIO):
        def read1(self, size=-1):
            sizes.append(size)
            return self.read(100)

    data = files.pcap(b"x" * 700_000)
    (record,) = capture.open_capture(Narrow(data), max_record=700_000)
    assert bytes(record.data) == b"x" * 700_000
    assert len(sizes) > 7000
    assert max(sizes[:-1]) == sizes[0]


@pytest.mark.parametrize("kind", [io.BytesIO, Dripping])
def test_a_pcapng_file_that_drips(read, files, kind):
    data = files.section() + files.block(5, bytes(5000)) + files.interface()
    data += files.enhanced(b"x" * 5000) + files.simple(b"y") + files.block(4, b"")
    assert [bytes(d) for *_, d in read(kind(data))] == [b"x" * 5000, b"y"]


def test_a_compressed_file(read, data, tmp_path):
    path = tmp_path / "packets.gz"
    path.write_bytes(gzip.compress(data))
    with gzip.open(path) as file:
        assert read(file) == EXPECTED


def test_a_torn_compressed_file(capture, files, tmp_path):
    packets = [os.urandom(100) for _ in range(1000)]
    path = tmp_path / "packets.gz"
    path.write_bytes(gzip.compress(files.pcap(*packets))[:-20_000])
    with gzip.open(path) as file:
        opened = capture.open_capture(file)
        found = [bytes(record.data) for record in opened]
    assert opened.stopped == (
        f"offset {24 + 116 * len(found)}: "
        "Compressed file ended before the end-of-stream marker was reached"
    )
    assert 100 < len(found) < 1000
    assert found == packets[: len(found)]
    with gzip.open(path) as file:
        again = capture.open_capture(file)
        assert len(again.to_columns(["link"])) == len(found)
        assert again.stopped == opened.stopped


def test_a_pipe(capture, data):
    """Records are given as they arrive."""
    here, there = os.pipe()
    with open(here, "rb") as reading, open(there, "wb", buffering=0) as writing:
        writing.write(data[:24])
        opened = capture.open_capture(reading)
        for expected in EXPECTED:
            start = opened.offset
            writing.write(data[start : start + 16 + len(expected[3])])
            assert plain([next(opened)]) == [expected]
        writing.close()
        assert list(opened) == []
        assert opened.stopped is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_named_pipe(read, data, tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    assert read(path) == EXPECTED
    writer.join()


def test_a_non_blocking_file_can_be_gone_on_with(capture, files):
    second = files.record(b"two")
    pieces = [files.pcap(b"one"), None, second[:5], None, second[5:]]

    class Patchy(io.RawIOBase):
        def read(self, size=-1):
            return pieces.pop(0) if pieces else b""

    opened = capture.open_capture(Patchy())
    found = []
    waits = 0
    while True:
        try:
            found.append(bytes(next(opened).data))
        except BlockingIOError:
            waits += 1
        except StopIteration:
            break
    assert (found, waits, opened.stopped) == ([b"one", b"two"], 2, None)


def test_a_read_that_fails_goes_up(capture, files):
    pieces = [files.pcap(b"one"), OSError("disk on fire"), files.record(b"two")]

    class Failing(io.RawIOBase):
        def read(self, size=-1):
            piece = pieces.pop(0) if pieces else b""
            if isinstance(piece, Exception):
                raise piece
            return piece

    opened = capture.open_capture(Failing())
    assert bytes(next(opened).data) == b"one"
    with pytest.raises(OSError, match="on fire"):
        next(opened)
    assert bytes(next(opened).data) == b"two"


def test_a_read_that_fails_in_a_block_that_is_passed_over(capture, files):
    data = files.section() + files.block(5, bytes(5000)) + files.interface() + files.simple(b"y")
    pieces = [data[:48], data[48:51], OSError("disk on fire"), data[51:]]

    class Failing(io.RawIOBase):
        def read(self, size=-1):
            piece = pieces.pop(0) if pieces else b""
            if isinstance(piece, Exception):
                raise piece
            return piece

    opened = capture.open_capture(Failing())
    with pytest.raises(OSError, match="on fire"):
        next(opened)
    assert opened.offset == 51  # nothing of it is held
    assert bytes(next(opened).data) == b"y"


@pytest.mark.parametrize("answer", ["text", 5, [b"x"]])
def test_a_read_that_gives_no_bytes(capture, answer):
    class Wrong:
        def read(self, size):
            return answer

    with pytest.raises(TypeError, match=r"read\(\) should return bytes"):
        capture.open_capture(Wrong())


@pytest.mark.parametrize("source", [None, 5, [b"x"], object()])
def test_no_source(capture, source):
    with pytest.raises(TypeError, match="a path, a bytes-like object or a binary file"):
        capture.open_capture(source)


def test_no_such_file(capture, tmp_path):
    with pytest.raises(FileNotFoundError):
        capture.open_capture(tmp_path / "nothing")
    with pytest.raises(IsADirectoryError):
        capture.open_capture(tmp_path)


def test_an_empty_file(capture, tmp_path):
    path = tmp_path / "empty"
    path.touch()
    with pytest.raises(CaptureError, match="it begins with b''"):
        capture.open_capture(path)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="a system without /dev/fd")
def test_files_are_closed(capture, path, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"no capture at all, this")
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(5):
        opened = capture.open_capture(path)
        opened.to_columns()
        opened.close()
        with pytest.raises(CaptureError):
            capture.open_capture(other)
    assert len(list(Path("/dev/fd").iterdir())) == before


@pytest.mark.skipif(os.name == "nt", reason="files that are mapped can't be cut there")
def test_a_file_that_is_cut_while_it_is_read(capture, files, tmp_path, monkeypatch):
    """Memory past the end of a mapped file can't be read: its size is checked now and then."""
    monkeypatch.setattr("fastsock.capture.sources.STRIDE", 100_000)
    path = tmp_path / "cut"
    path.write_bytes(files.pcap(*[bytes(84)] * 10_000))
    opened = capture.open_capture(path)
    next(opened)
    os.truncate(path, 500_000)
    rest = opened.to_columns(["link"])
    assert 4000 < len(rest) < 5000
    assert opened.stopped.startswith(f"offset {24 + 100 * (len(rest) + 1)}: ")
    opened = capture.open_capture(path)
    next(opened)
    os.truncate(path, 50)
    assert len(opened.to_columns(["link"])) == 0
    assert opened.stopped == "offset 124: the file was cut to 50 bytes meanwhile"


# The object


def test_a_record_is_a_named_tuple(capture, data):
    record = next(capture.open_capture(data))
    assert record == (0, 3, 1, b"one")
    assert record._fields == ("timestamp_ns", "wire_length", "link", "data")
    assert type(record) is capture.open_capture(data).__next__().__class__
    assert type(record).__module__ == "fastsock.capture"
    assert record.data.readonly


def test_data_are_views_of_the_buffer(capture, files):
    data = bytearray(files.pcap(b"abc"))
    record = next(capture.open_capture(data))
    data[-3:] = b"xyz"
    assert bytes(record.data) == b"xyz"
    with pytest.raises(BufferError):
        data.append(0)
    assert record.data.readonly


@pytest.mark.parametrize("kind", [bytes, io.BytesIO])
def test_views_outlive_the_capture(capture, files, kind, tmp_path):
    packets = [bytes([n % 256]) * 1000 for n in range(2000)]
    with capture.open_capture(kind(files.pcap(*packets))) as opened:
        views = [record.data for record in opened]
    del opened
    assert [bytes(view) for view in views] == packets


def test_views_of_a_mapped_file_outlive_it(capture, path):
    with capture.open_capture(path) as opened:
        views = [record.data for record in opened]
    path.unlink()
    assert [bytes(view) for view in views] == PACKETS


def test_state(capture, files):
    opened = capture.open_capture(files.pcap(b"abc") + b"torn")
    assert (opened.format, opened.records, opened.offset, opened.stopped) == ("pcap", 0, 24, None)
    assert not opened.closed
    assert iter(opened) is opened
    next(opened)
    assert (opened.records, opened.offset, opened.stopped) == (1, 43, None)
    assert repr(opened) == "<Capture pcap records=1 offset=43 stopped=None>"
    assert list(opened) == []
    assert opened.stopped.startswith("offset 43: ")
    assert opened.offset == 43
    opened.close()
    assert opened.closed
    assert repr(opened) == "<Capture pcap records=1 closed>"
    assert capture.open_capture(files.section()).format == "pcapng"


def test_a_closed_capture(capture, data):
    with capture.open_capture(data) as opened:
        next(opened)
        chunks = opened.to_columns(chunk=1)
    opened.close()
    for call in (lambda: next(opened), opened.to_columns, lambda: next(chunks)):
        with pytest.raises(ValueError, match="the capture is closed"):
            call()
    assert opened.records == 1


def test_a_files_own_error_leaves_the_capture_usable(capture, data):
    class Recursive(io.BytesIO):
        opened = None

        def read1(self, size=-1):
            if self.opened is not None:
                for call in (self.opened.close, self.opened.to_columns, lambda: next(self.opened)):
                    with pytest.raises(RuntimeError, match="in use by another call"):
                        call()
            return super().read1(min(size, 30))

    file = Recursive(data)
    file.opened = capture.open_capture(file)
    assert plain(file.opened) == EXPECTED
    file.opened.close()


def test_a_cycle_through_the_file_is_collected(capture, data, monkeypatch):
    class File(tuple):  # it has no clearing of its own, so that the capture's would come first
        __slots__ = ()

        def read(self, size):
            return self[0].read(size)

    complaints = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    gc.collect()
    kept = {}  # tracked by the collector from its first object on, so behind the capture
    opened = capture.open_capture(File((io.BytesIO(data), kept)))
    kept["capture"] = opened
    view = next(opened).data
    gone = weakref.ref(opened)
    del opened, kept
    gc.collect()
    assert gone() is None
    assert complaints == []
    assert bytes(view) == EXPECTED[0][3]


@pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_capture_is_no_value(capture, data, act):
    with pytest.raises(TypeError, match="cannot pickle 'Capture' object"):
        act(capture.open_capture(data))


def test_no_subclasses(capture):
    if capture.__name__.endswith("._c"):
        with pytest.raises(TypeError, match="not an acceptable base type"):
            type("Other", (capture.Capture,), {})
    else:
        assert capture.Capture.__final__
