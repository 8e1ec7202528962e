"""Columns by several threads: what one thread gives, whatever a file holds."""

import io
import struct
import threading

import pytest
from hypothesis import given, strategies as st

from fastsock.capture import errors, threads as counts
from fastsock.packet.fields import COLUMNS

PACKET = bytes.fromhex("020000000001020000000002 0800") + bytes.fromhex(
    "45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364"
)
MAGICS = {"us": 0xA1B2C3D4, "ns": 0xA1B23C4D, "kuznetzov": 0xA1B2CD34}


@pytest.fixture(scope="module", autouse=True)
def any_part_is_worth_a_thread():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts, "PART", 1)
        yield


@pytest.fixture
def runs(monkeypatch):
    """How many jobs ran together, call by call."""
    seen, run_all = [], counts.run_all

    def counted(jobs, stop):
        seen.append(len(jobs))
        run_all(jobs, stop)

    monkeypatch.setattr(counts, "run_all", counted)
    return seen


def outcome_of(module, source, threads, limit=262_144, skip=0):
    try:
        opened = module.open_capture(source, max_record=limit)
    except ValueError as error:
        return type(error), str(error)
    for _ in zip(range(skip), opened, strict=False):
        pass
    found = opened.to_columns(COLUMNS, verify=True, threads=threads)
    rows = {name: bytes(found[name]) for name in found}
    return len(found), rows, opened.stopped, opened.offset, opened.records, list(opened)


def agree(modules, source, threads, **options):
    for module in modules:
        one = outcome_of(module, source, 1, **options)
        assert outcome_of(module, source, threads, **options) == one


# Where they are used


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("magic", MAGICS.values(), ids=MAGICS)
def test_every_kind_of_pcap_is_split(compiled, files, runs, order, magic):
    """A guess that never holds would be right too, but of no use."""
    packets = [PACKET + bytes(n % 97) for n in range(1000)]
    data = files.pcap(*packets, order=order, magic=magic)
    capture = compiled.part("capture")
    agree([capture], data, 4)
    assert runs == [4, 4]  # parts, all of which hold, and as many copies
    opened = capture.open_capture(data)
    found = opened.to_columns(["captured_length"], threads=3)
    assert found["captured_length"].tolist() == [len(packet) for packet in packets]
    assert (opened.records, opened.offset, opened.stopped) == (1000, len(data), None)


def test_a_mapped_file_is_split(compiled, files, runs, tmp_path, monkeypatch):
    """With a look at its size more often than a part is long, and from the cursor on."""
    monkeypatch.setattr("fastsock.capture.sources.STRIDE", 5000)
    path = tmp_path / "file.pcap"
    path.write_bytes(files.pcap(*[PACKET] * 3000))
    for skip in (0, 700):
        agree([compiled.part("capture")], path, 2, skip=skip)
    assert runs == [2, 2, 2, 2]


def test_a_position_in_a_file(capture, files, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"in front" + files.pcap(*[PACKET] * 500))
    with path.open("rb") as file:
        file.seek(8)
        found = capture.open_capture(file).to_columns(["dport"], threads=4)
    assert found["dport"].tolist() == [4096] * 500


def test_what_one_thread_decodes(capture, files, runs):
    """pcapng, chunks, what is read and not mapped."""
    packets = [PACKET] * 200
    data = files.pcap(*packets)
    blocks = files.section() + files.interface() + b"".join(map(files.enhanced, packets))
    assert len(capture.open_capture(blocks).to_columns(["ttl"], threads=2)) == 200
    assert len(capture.open_capture(io.BytesIO(data)).to_columns(["ttl"], threads=2)) == 200
    parts = list(capture.open_capture(data).to_columns(["ttl"], chunk=150, threads=2))
    assert [len(part) for part in parts] == [150, 50]
    assert runs == []


def test_a_small_file_is_not_worth_a_thread(capture, files, runs, monkeypatch):
    monkeypatch.setattr(counts, "PART", 1 << 22)
    data = files.pcap(*[PACKET] * 200)
    assert len(capture.open_capture(data).to_columns(["ttl"], threads=8)) == 200
    assert runs == []


@pytest.mark.parametrize("threads", [0, 1, 2, 7, 10**30, True])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_more_threads_than_packets(capture, files, threads, count):
    agree([capture], files.pcap(*[PACKET] * count), threads)


def test_bad_numbers(capture, files):
    opened = capture.open_capture(files.pcap(PACKET))
    for chunk in (None, 5):
        with pytest.raises(ValueError, match="threads must be at least 0, not -1"):
            opened.to_columns(threads=-1, chunk=chunk)
        with pytest.raises(TypeError):
            opened.to_columns(threads="2", chunk=chunk)
    assert len(opened.to_columns(["ttl"])) == 1


def test_no_columns_and_no_more_records(capture, files):
    data = files.pcap(*[PACKET] * 300)
    assert len(capture.open_capture(data).to_columns([], threads=2)) == len(
        capture.open_capture(data).to_columns([])
    )
    opened = capture.open_capture(data)
    opened.to_columns(["ttl"], threads=2)
    assert len(opened.to_columns(["ttl"], threads=2)) == 0


# What may go wrong


def test_payloads_that_hold_captures(capture_twins, files):
    """Every guess falls into a payload, and its records look better than the real ones."""
    inner = files.pcap(*[PACKET] * 400)
    agree(capture_twins, files.pcap(PACKET, inner, *[inner + PACKET] * 3, PACKET), 5)
    # A chain in a payload that runs into the real one.
    record = files.record(PACKET)
    long = files.record(record * 300 + record[:16] + PACKET[:-1])
    agree(capture_twins, files.pcap(PACKET) + long * 4, 5)


def test_a_fault_in_any_part(capture, files):
    packets = [PACKET + bytes(n % 7) for n in range(120)]
    data = files.pcap(*packets)
    for cut in range(24, len(data), 173):
        agree([capture], data[:cut], 4)
        damaged = bytearray(data)
        damaged[cut : cut + 4] = b"\xff\xff\xff\x7f"
        agree([capture], bytes(damaged), 4)


def test_a_cut_file(capture, files, tmp_path):
    """A file that was truncated since it was mapped."""
    path = tmp_path / "file.pcap"
    data = files.pcap(*[PACKET] * 4000)
    size = len(PACKET) + 16
    path.write_bytes(data)
    opened = capture.open_capture(path)
    # Within the last page the bytes are there; the end of the file is what counts.
    with path.open("r+b") as file:
        file.truncate(24 + 1500 * size + 20)
    found = opened.to_columns(["dport"], threads=4)
    assert found["dport"].tolist() == [4096] * 1500
    assert opened.stopped is not None


def test_threads_that_can_not_start(capture, files, monkeypatch):
    def start(thread):
        raise RuntimeError("can't start new thread")

    data = files.pcap(*[PACKET] * 300)
    one = outcome_of(capture, data, 1)
    monkeypatch.setattr(threading.Thread, "start", start)
    assert outcome_of(capture, data, 4) == one


def test_a_thread_that_fails(compiled, files, tmp_path, monkeypatch):
    """Its part is decoded again, and if it fails again then, so does the call."""
    path = tmp_path / "file.pcap"
    path.write_bytes(files.pcap(*[PACKET] * 3000))
    opened = compiled.part("capture").open_capture(path)
    run = counts._run

    def failing(job):
        def fail():
            raise OSError("a disk that fails")

        run(fail)

    monkeypatch.setattr(counts, "_run", failing)
    assert len(opened.to_columns(["ttl"], threads=3)) == 3000
    assert opened.stopped is None


def test_an_exception_of_a_signal_handler(compiled, files, monkeypatch):
    """The call ends, all threads with it, and the capture stands where it stood."""

    class HandlerError(Exception):
        pass

    run_all = counts.run_all

    def interrupted(jobs, stop):
        def first():
            raise HandlerError

        run_all([first, *jobs[1:]], stop)

    opened = compiled.part("capture").open_capture(files.pcap(*[PACKET] * 3000))
    before = threading.active_count()
    with monkeypatch.context() as patch:
        patch.setattr(counts, "run_all", interrupted)
        with pytest.raises(HandlerError):
            opened.to_columns(["ttl"], threads=3)
    assert threading.active_count() == before
    assert (opened.records, opened.offset) == (0, 24)
    assert len(opened.to_columns(["ttl"], threads=3)) == 3000


def test_in_use_meanwhile(compiled, files, monkeypatch):
    run_all = counts.run_all
    opened = compiled.part("capture").open_capture(files.pcap(*[PACKET] * 300))

    def nested(jobs, stop):
        with pytest.raises(RuntimeError, match=str(errors.capture_in_use())):
            opened.close()
        run_all(jobs, stop)

    monkeypatch.setattr(counts, "run_all", nested)
    assert len(opened.to_columns(["ttl"], threads=2)) == 300


NUMBERS = [0, 1, 16, 40, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF]


@st.composite
def pcaps(draw):
    """Records of many sizes, some of them whole captures, then damaged."""
    order = draw(st.sampled_from("<>"))
    magic = draw(st.sampled_from(list(MAGICS.values())))
    minor = draw(st.sampled_from([2, 3, 4]))  # the order of the two lengths
    extra = bytes(8) if magic == MAGICS["kuznetzov"] else b""
    head = struct.pack(order + "IHHiIII", magic, 2, minor, 0, 0, 65535, 1)
    packet = st.one_of(st.just(PACKET), st.binary(max_size=40), st.just(bytes(60)))

    def records(packets):
        return b"".join(
            struct.pack(order + "IIII", n, n, len(data), len(data)) + extra + data
            for n, data in enumerate(packets)
        )

    inner = st.lists(packet, max_size=20).map(lambda packets: head + records(packets))
    packets = draw(st.lists(st.one_of(packet, inner, inner.map(lambda d: d[24:])), max_size=40))
    data = bytearray(head + records(packets))
    for place in draw(st.lists(st.floats(0, 1), max_size=3)):
        at = 24 + int(place * (len(data) - 24))
        number = draw(st.sampled_from(NUMBERS))
        change = draw(st.sampled_from(["number", "cut", "drop", "double"]))
        if change == "number":
            data[at : at + 4] = struct.pack(order + "I", number)
        elif change == "cut":
            del data[at:]
        elif change == "drop":
            del data[at : at + number % 20]
        else:
            data[at:at] = data[at : at + number % 60]
    return bytes(data)


@given(
    data=pcaps(),
    threads=st.integers(0, 9),
    limit=st.sampled_from([40, 262_144, 0xFFFFFFFF]),
    skip=st.integers(0, 3),
)
def test_any_pcap(capture_twins, data, threads, limit, skip):
    agree(capture_twins, data, threads, limit=limit, skip=skip)


@given(data=pcaps(), threads=st.integers(2, 5), stride=st.integers(1, 300))
def test_any_pcap_that_is_mapped(compiled, tmp_path_factory, data, threads, stride):
    path = tmp_path_factory.mktemp("mapped") / "file.pcap"
    path.write_bytes(data or b"x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fastsock.capture.sources.STRIDE", stride)
        agree([compiled.part("capture")], path, threads)
