"""Captures at the limits, damaged compressed ones, and chunks one by one."""

import bz2
import gzip
import io
import lzma
import threading

import pytest

from fastsock import CaptureError

UDP = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
INT64_MAX = (1 << 63) - 1
SECOND = 10**9
MOST_SECONDS = INT64_MAX // SECOND  # 9,223,372,036


def read(capture, data, **options):
    opened = capture.open_capture(data, **options)
    return list(opened), opened.stopped


# if_tsoffset: seconds that nanoseconds hold in 64 bits, and the first that they do not


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("seconds", "time"),
    [
        (MOST_SECONDS - 1, 9_223_372_035_000_000_000),
        (MOST_SECONDS, 9_223_372_036_000_000_000),
        (MOST_SECONDS + 1, 9_223_372_036_854_775_807),
        (-MOST_SECONDS + 1, -9_223_372_035_000_000_000),
        (-MOST_SECONDS, -9_223_372_036_000_000_000),
        (-MOST_SECONDS - 1, -9_223_372_036_854_775_808),
        (INT64_MAX, 9_223_372_036_854_775_807),
        (-INT64_MAX - 1, -9_223_372_036_854_775_808),
    ],
)
def test_the_most_that_times_are_shifted(capture, files, order, seconds, time):
    value = seconds.to_bytes(8, "little" if order == "<" else "big", signed=True)
    options = files.option(14, value, order)
    data = files.section(order) + files.interface(options=options, order=order)
    records, stopped = read(capture, data + files.enhanced(b"x", order=order))
    assert [record.timestamp_ns for record in records] == [time]
    assert stopped is None


@pytest.mark.parametrize(
    ("seconds", "units", "time"),
    [
        (MOST_SECONDS, 854_775_807, INT64_MAX),
        (MOST_SECONDS, 854_775_808, INT64_MAX),
        (MOST_SECONDS, 854_775_806, INT64_MAX - 1),
        (-MOST_SECONDS, 0, -MOST_SECONDS * SECOND),
        (-MOST_SECONDS, 1, -MOST_SECONDS * SECOND + 1),
    ],
)
def test_a_time_and_its_shift_stay_within_64_bits(capture, files, seconds, units, time):
    options = files.option(9, b"\x09") + files.option(
        14, seconds.to_bytes(8, "little", signed=True)
    )
    data = files.section() + files.interface(options=options) + files.enhanced(b"x", units)
    assert [record.timestamp_ns for record in read(capture, data)[0]] == [time]


# The longest block that is read, and the next one


@pytest.mark.parametrize("kind", ["section", "interface", "enhanced"])
@pytest.mark.parametrize("more", [-4, 0, 4])
@pytest.mark.parametrize("max_record", [1, 262_144])
def test_the_longest_block(capture, files, kind, more, max_record):
    most = max_record + (1 << 20)
    most -= most % 4  # a block's length is a multiple of four
    fixed = {"section": 28, "interface": 20, "enhanced": 36}[kind]
    size = most + more - fixed
    options = b"".join(
        files.option(1, bytes(part)) for part in [32_000] * (size // 32_004)
    )  # comments
    options += files.option(1, bytes(size - len(options) - 4)) if size > len(options) else b""
    start = files.section() + files.interface()
    blocks = {
        "section": files.section(options=options) + files.interface() + files.enhanced(b"x"),
        "interface": files.interface(options=options) + files.enhanced(b"x"),
        "enhanced": files.enhanced(b"x", options=options),
    }
    records, stopped = read(capture, start + blocks[kind], max_record=max_record)
    if more <= 0:
        assert (len(records), stopped) == (1, None)
    else:
        limit = max_record + (1 << 20)
        assert records == []
        assert stopped == (
            f"offset {len(start)}: a block of {most + 4} bytes, more than the {limit} allowed"
        )


@pytest.mark.parametrize(("size", "good"), [(8, False), (12, False), (16, True)])
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_shortest_section(capture, files, size, good, order):
    """A section of 24 bytes has its fields only if its length at the end counts as one."""
    body = files.section(order)[8:24][:size]
    data = files.section() + files.interface() + files.enhanced(b"x")
    section = files.block(0x0A0D0D0A, body, order)
    assert len(section) == 12 + size
    more = files.interface(order=order) + files.enhanced(b"y", order=order)
    records, stopped = read(capture, data + section + more)
    if good:
        assert ([bytes(record.data) for record in records], stopped) == ([b"x", b"y"], None)
    else:
        assert [bytes(record.data) for record in records] == [b"x"]
        assert stopped == (
            f"offset {len(data)}: a block of {12 + size} bytes, too short for its fields"
        )


# Compressed files that are damaged


PACKETS = [bytes(UDP) + n.to_bytes(4, "big") * 25 for n in range(20_000)]


def opened_gzip(data):
    return gzip.GzipFile(fileobj=io.BytesIO(data))


def opened_bz2(data):
    return bz2.BZ2File(io.BytesIO(data))


def opened_xz(data):
    return lzma.LZMAFile(io.BytesIO(data))


def flipped(data, at):
    changed = bytearray(data)
    changed[at] ^= 0x55
    return bytes(changed)


@pytest.mark.parametrize(
    ("compress", "opened"),
    [(gzip.compress, opened_gzip), (bz2.compress, opened_bz2), (lzma.compress, opened_xz)],
    ids=["gzip", "bzip2", "xz"],
)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_flipped_bits(capture, files, compress, opened, share):
    """All records before the damage are given, one by one or as rows, and then the reason."""
    whole = files.pcap(*PACKETS)
    packed = compress(whole)
    damaged = flipped(packed, int(len(packed) * share))
    one = capture.open_capture(opened(damaged))
    records = [bytes(record.data) for record in one]
    assert one.stopped is not None
    assert one.stopped.startswith(f"offset {one.offset}: ")
    columns = capture.open_capture(opened(damaged))
    assert len(columns.to_columns(["link"])) == len(records)
    assert columns.stopped == one.stopped
    chunked = capture.open_capture(opened(damaged))
    assert sum(map(len, chunked.to_columns(["link"], chunk=1000))) == len(records)
    assert chunked.stopped == one.stopped


def test_a_wrong_sum_at_the_end(capture, files):
    """Gzip finds it after the last byte: no record is lost, and it is reported."""
    packed = gzip.compress(files.pcap(b"one", b"two"))
    opened = capture.open_capture(opened_gzip(flipped(packed, len(packed) - 8)))
    assert [bytes(record.data) for record in opened] == [b"one", b"two"]
    assert "CRC check failed" in opened.stopped


def test_rubbish_behind_a_compressed_file(capture, files):
    opened = capture.open_capture(opened_gzip(gzip.compress(files.pcap(b"one")) + b"rubbish"))
    assert len(opened.to_columns(["link"])) == 1
    assert "Not a gzipped file" in opened.stopped


@pytest.mark.parametrize("size", [10, 15])
def test_damage_before_the_first_record(capture, files, size):
    packed = gzip.compress(files.pcap(b"one"))[:size]
    with pytest.raises(CaptureError, match="a capture that can't be read: offset 0: Compressed"):
        capture.open_capture(opened_gzip(packed))


class Failing:
    """A file whose second read fails."""

    def __init__(self, data, error):
        self.answers = [data]
        self.error = error

    def read(self, size):
        if not self.answers:
            raise self.error
        return self.answers.pop()


@pytest.mark.parametrize(
    "error",
    [OSError("disk"), OSError(5, "Input/output error"), TimeoutError("timed out"), ValueError("x"),
     OSError("cannot read from timed out object"), KeyError("x"), MemoryError(),
     io.UnsupportedOperation("read"), KeyboardInterrupt()],
    ids=repr,
)  # fmt: skip
def test_other_errors_of_a_file_go_up(capture, files, error):
    """Another error may be temporary: it does not end the capture."""
    opened = capture.open_capture(Failing(files.pcap(b"one"), error))
    next(opened)
    with pytest.raises(type(error)):
        next(opened)
    assert opened.stopped is None


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (gzip.compress(b"x", mtime=0), "gzip"),
        (bz2.compress(b"x"), "bzip2"),
        (lzma.compress(b"x"), "xz"),
        (bytes.fromhex("28b52ffd2001"), "Zstandard"),
        (bytes.fromhex("04224d186040"), "LZ4"),
        (b"PK\x03\x04\x14\x00", "ZIP"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_compressed_file_as_it_is(capture, tmp_path, data, name):
    path = tmp_path / "some.pcap"
    path.write_bytes(data)
    message = f"not a capture but {name} data, which is to be unpacked first"
    for source in (path, str(path), data, io.BytesIO(data)):
        with pytest.raises(CaptureError, match=message):
            capture.open_capture(source)


# Chunks


class Pieces:
    """A non-blocking file: None stands for no bytes yet."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def read(self, size):
        return self.pieces.pop(0) if self.pieces else b""


def test_a_chunk_ends_where_there_are_no_bytes_yet(capture, files):
    record = files.record(UDP)
    opened = capture.open_capture(
        Pieces(files.pcap() + record * 3 + record[:9], None, record[9:], None, None, record * 2)
    )
    chunks = opened.to_columns(["captured_length"], chunk=100)
    assert len(next(chunks)) == 3
    assert len(next(chunks)) == 1
    with pytest.raises(BlockingIOError):
        next(chunks)
    assert len(next(chunks)) == 2
    assert opened.records == 6
    assert next(chunks, None) is None


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_chunk_of_no_rows_is_no_end(capture, files, size):
    """The next call resumes; only the end of the file ends the chunks."""
    opened = capture.open_capture(Pieces(files.pcap(), None, None, files.record(UDP), None))
    chunks = opened.to_columns(["link"], chunk=size)
    rows = []
    refused = 0
    while True:
        try:
            part = next(chunks, None)
        except BlockingIOError:
            refused += 1
            continue
        if part is None:
            break
        rows.append(len(part))
    assert rows == [1]
    assert refused >= 2
    assert next(chunks, None) is None


def test_without_chunks_no_bytes_are_an_error(capture, files):
    opened = capture.open_capture(Pieces(files.pcap(b"one"), None, files.record(b"two")))
    with pytest.raises(BlockingIOError):
        opened.to_columns(["link"])


def test_chunks_are_an_iterator(capture, files):
    opened = capture.open_capture(files.pcap(*[UDP] * 5, link=101))
    chunks = opened.to_columns(["ttl"], chunk=2)
    assert iter(chunks) is chunks
    assert [part["ttl"].tolist() for part in chunks] == [[64, 64], [64, 64], [64]]
    assert list(chunks) == []
    with pytest.raises(TypeError, match="cannot pickle '_Chunks' object"):
        chunks.__reduce__()


def test_chunks_of_a_closed_capture(capture, files):
    opened = capture.open_capture(files.pcap(*[UDP] * 5))
    chunks = opened.to_columns(["ttl"], chunk=2)
    next(chunks)
    opened.close()
    with pytest.raises(ValueError, match="the capture is closed"):
        next(chunks)


def test_threads_share_chunks(capture, files):
    """One iterator, four threads: every row once, and a thread may be refused meanwhile."""
    opened = capture.open_capture(files.pcap(*[UDP] * 20_000, link=101))
    chunks = opened.to_columns(["timestamp_ns"], chunk=100)
    rows, wrong = [], []

    def work():
        while True:
            try:
                part = next(chunks, None)
            except RuntimeError as error:
                if "in use by another call" not in str(error):
                    wrong.append(error)
                continue
            if part is None:
                return
            rows.extend(part["timestamp_ns"].tolist())

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    assert sorted(rows) == [n * 1_000_001_000 for n in range(20_000)]
