"""`CaptureWriter`: what it writes, read back by both twins, dpkt and scapy; and theirs by ours."""

import importlib
import io
import logging
import pickle
import struct
import time
import warnings

import pytest

from fastsock import CaptureWriter

PACKETS = [b"one", b"", bytes(range(60)), b"four" * 300]
SECOND = 10**9


@pytest.fixture
def read(capture):
    def read(data):
        with capture.open_capture(data) as opened:
            records = [(r.timestamp_ns, r.wire_length, r.link, bytes(r.data)) for r in opened]
            assert opened.stopped is None
            return records

    return read


def written(*packets, **options):
    """A capture with packet n at n seconds and 7 nanoseconds."""
    file = io.BytesIO()
    with CaptureWriter(file, **options) as writer:
        for n, data in enumerate(packets):
            writer.write(data, n * SECOND + 7)
    return file.getvalue()


@pytest.mark.parametrize(
    ("link", "number"), [("ethernet", 1), ("raw", 101), ("sll2", 276), (0, 0), (65535, 65535)]
)
def test_round_trip(read, link, number):
    expected = [(n * SECOND + 7, len(p), number, p) for n, p in enumerate(PACKETS)]
    assert read(written(*PACKETS, link=link)) == expected


def test_the_header():
    data = written(link="raw", snaplen=77)
    assert data == struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 77, 101)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda d: memoryview(d).cast("I")])
def test_any_buffer(read, kind):
    assert read(written(kind(b"abcd")))[0][3] == b"abcd"


def test_a_path(read, tmp_path):
    path = tmp_path / "out.pcap"
    for name in (path, str(path)):
        with CaptureWriter(name) as writer:
            writer.write(b"abc", 5)
        assert read(path) == [(5, 3, 1, b"abc")]
        writer.close()


def test_a_file_that_was_given_stays_open():
    file = io.BytesIO()
    with CaptureWriter(file) as writer:
        writer.write(b"abc", 5)
    assert not file.closed
    with pytest.raises(ValueError, match="the capture is closed"):
        writer.write(b"abc", 5)


def test_now_by_default(read):
    file = io.BytesIO()
    before = time.time_ns()
    CaptureWriter(file).write(b"abc")
    assert before <= read(file.getvalue())[0][0] <= time.time_ns()


def test_length_on_the_wire(read):
    file = io.BytesIO()
    writer = CaptureWriter(file, snaplen=4)
    writer.write(b"abcdefgh", 0)
    writer.write(b"abc", 0, 1500)
    writer.write(b"abc", 0, 1)
    assert read(file.getvalue()) == [(0, 8, 1, b"abcd"), (0, 1500, 1, b"abc"), (0, 1, 1, b"abc")]


@pytest.mark.parametrize("moment", [0, 1, SECOND - 1, SECOND, (1 << 32) * SECOND - 1])
def test_times(read, moment):
    file = io.BytesIO()
    CaptureWriter(file).write(b"", moment)
    assert read(file.getvalue())[0][0] == moment


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda w: w.write(b"", -1), "timestamp_ns must lie between 1970 and 2106"),
        (lambda w: w.write(b"", (1 << 32) * SECOND), "timestamp_ns must lie"),
        (lambda w: w.write(b"", 0, -1), "wire_length must be between 0 and 4294967295"),
        (lambda w: w.write(b"", 0, 1 << 32), "wire_length must be"),
        (lambda w: w.write_many([(0, 3, 101, b"abc")]), "link type 101 in a file of 1"),
    ],
)
def test_what_does_not_fit_is_not_written(call, error):
    file = io.BytesIO()
    writer = CaptureWriter(file)
    size = len(file.getvalue())
    with pytest.raises(ValueError, match=error):
        call(writer)
    assert len(file.getvalue()) == size


@pytest.mark.parametrize("arguments", [(None,), ("text",), (b"", "now"), (b"", 0, 1.5)])
def test_wrong_types(arguments):
    with pytest.raises(TypeError):
        CaptureWriter(io.BytesIO()).write(*arguments)


@pytest.mark.parametrize("file", [None, 5, b"path", [], object()])
def test_no_file(file):
    with pytest.raises(TypeError, match="a path or a binary file is required"):
        CaptureWriter(file)


def test_a_raw_file_that_takes_a_little_at_a_time(read):
    class Narrow(io.RawIOBase):
        def __init__(self):
            self.taken = b""
            self.room = 1 << 20

        def write(self, data):
            size = min(len(data), 7, self.room)
            self.taken += bytes(data[:size])
            self.room -= size
            return size or None

    file = Narrow()
    writer = CaptureWriter(file)
    for n, data in enumerate(PACKETS):
        writer.write(data, n)
    assert read(file.taken) == [(n, len(data), 1, data) for n, data in enumerate(PACKETS)]
    file.room = 20
    with pytest.raises(BlockingIOError):
        writer.write(b"a packet", 0)


@pytest.mark.parametrize("snaplen", [0, -1, 1 << 32])
def test_snaplen_out_of_range(snaplen):
    with pytest.raises(ValueError, match="snaplen must be between"):
        CaptureWriter(io.BytesIO(), snaplen=snaplen)


@pytest.mark.parametrize("link", ["nothing", -1, 65536])
def test_no_such_link(link):
    with pytest.raises(ValueError, match="link"):
        CaptureWriter(io.BytesIO(), link)


def test_a_writer_is_no_value():
    with pytest.raises(TypeError, match="cannot pickle 'CaptureWriter' object"):
        pickle.dumps(CaptureWriter(io.BytesIO()))


def test_a_file_that_can_not_be_written(tmp_path):
    with pytest.raises(FileNotFoundError):
        CaptureWriter(tmp_path / "no" / "file")


def test_records_of_a_capture_are_written_again(capture, read, files):
    data = files.section() + files.interface(101) + files.enhanced(b"abc", 5, wire=9)
    data += files.simple(b"defg")
    file = io.BytesIO()
    with capture.open_capture(data) as opened, CaptureWriter(file, 101) as writer:
        assert writer.write_many(opened) == 2
        assert writer.write_many([]) == 0
    assert read(file.getvalue()) == [(5000, 9, 101, b"abc"), (0, 4, 101, b"defg")]


# Others


def test_dpkt_reads_ours():
    dpkt = pytest.importorskip("dpkt")
    reader = dpkt.pcap.Reader(io.BytesIO(written(*PACKETS)))
    assert reader.datalink() == 1
    found = [(round(float(when) * SECOND), bytes(data)) for when, data in reader]
    assert found == [(n * SECOND + 7, data) for n, data in enumerate(PACKETS)]


@pytest.mark.parametrize("nano", [False, True])
def test_dpkt_writes_for_us(read, nano):
    dpkt = pytest.importorskip("dpkt")
    file = io.BytesIO()
    writer = dpkt.pcap.Writer(file, linktype=101, nano=nano)
    for n, data in enumerate(PACKETS):
        writer.writepkt(data, n + 0.5)
    assert read(file.getvalue()) == [
        (n * SECOND + SECOND // 2, len(data), 101, data) for n, data in enumerate(PACKETS)
    ]


def test_dpkt_writes_pcapng_for_us(read):
    dpkt = pytest.importorskip("dpkt")
    file = io.BytesIO()
    writer = dpkt.pcapng.Writer(file, 2000, linktype=101)
    for n, data in enumerate(PACKETS):
        writer.writepkt(data, n + 0.25)
    assert read(file.getvalue()) == [
        (n * SECOND + SECOND // 4, len(data), 101, data) for n, data in enumerate(PACKETS)
    ]


@pytest.fixture(scope="module")
def scapy():
    """Its writers and readers. It talks when it is imported, which warnings must not become."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("scapy").setLevel(logging.ERROR)
        return importlib.import_module("scapy.utils")


def test_scapy_reads_ours(scapy):
    with scapy.RawPcapReader(io.BytesIO(written(*PACKETS))) as reader:
        found = [(meta.sec * SECOND + meta.usec, meta.wirelen, data) for data, meta in reader]
    assert found == [(n * SECOND + 7, len(data), data) for n, data in enumerate(PACKETS)]


@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_scapy_writes_for_us(read, scapy, tmp_path, nano, order):
    path = str(tmp_path / "scapy.pcap")
    with scapy.RawPcapWriter(path, linktype=101, nano=nano, endianness=order) as writer:
        writer.write_header(None)
        for n, data in enumerate(PACKETS):
            writer.write_packet(data, sec=n, usec=5, wirelen=2000)
    unit = 1 if nano else 1000
    assert read(path) == [
        (n * SECOND + 5 * unit, 2000, 101, data) for n, data in enumerate(PACKETS)
    ]


def test_scapy_writes_pcapng_for_us(read, scapy, tmp_path):
    path = str(tmp_path / "scapy.pcapng")
    with scapy.RawPcapNgWriter(path) as writer:
        writer.write_header(None)
        for n, data in enumerate(PACKETS):
            writer.write_packet(data, sec=n + 0.5)
    assert read(path) == [
        (n * SECOND + SECOND // 2, len(data), 1, data) for n, data in enumerate(PACKETS)
    ]
