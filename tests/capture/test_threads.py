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
    assert runs == [4, 4]  # all parts hold: they are counted, then decoded
    opened = capture.open_capture(data)
    found = opened.to_columns(["captured_length"], threads=3)
    assert found["captured_length"].tolist() == [len(packet) for packet in packets]
    assert (opened.records, opened.offset, opened.stopped) == (1000, len(data), None)


def blocks_of(files, packets, order, interfaces=2):
    """pcapng: packets of both kinds and other blocks, all of one section."""
    head = files.section(order) + b"".join(
        files.interface(link, options=files.option(9, bytes([resolution]), order), order=order)
        for link, resolution in [(1, 6), (101, 9)][:interfaces]
    )
    body = []
    for n, data in enumerate(packets):
        units = (1_700_000_000 + n) * (10**9 if n % interfaces else 10**6)
        body.append(files.enhanced(data, units, n % interfaces, order))
        if n % 50 == 49:
            body += [files.block(5, bytes(8), order), files.block(0xBAD, bytes(n % 90), order)]
        if n % 90 == 89:
            body.append(files.simple(data, order=order) + files.old(data, units, 0, order))
    return head + b"".join(body)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("threads", [2, 4])
def test_pcapng_is_split(compiled, files, runs, order, threads):
    packets = [PACKET + bytes(n % 97) for n in range(1000)]
    data = blocks_of(files, packets, order)
    capture = compiled.part("capture")
    agree([capture], data, threads)
    agree([capture], data, threads, skip=95)
    assert runs == [threads] * 4


@pytest.mark.parametrize("order", "<>")
def test_interfaces_and_sections_further_on(capture_twins, compiled, files, runs, order):
    """One thread decodes from there on; what is in front is decoded by several."""
    packets = [PACKET + bytes(n % 5) for n in range(400)]
    data = blocks_of(files, packets, "<")
    more = files.interface(113) + files.enhanced(PACKET, 0, 2) * 100
    section = blocks_of(files, packets, order, interfaces=1)
    for other in (more, section, more + section):
        agree(capture_twins, data + other, 4)
        agree(capture_twins, data + other + data[len(data) // 2 & ~3 :], 4)
    assert {4, 2} <= set(runs)  # of four parts, two are in front


def test_captures_as_they_are(any_captures, compiled):
    """Real ones where there are some, else those of the project's own making."""
    for path in sorted(any_captures.glob("*.pcap*")):
        for threads in (2, 5):
            agree([compiled.part("capture")], path, threads)


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
    """Chunks, what is read and not mapped, and where no place looks like a record."""
    packets = [PACKET] * 200
    data = files.pcap(*packets)
    alternate = files.enhanced(PACKET) + files.block(5, bytes(8))
    blocks = files.section() + files.interface() + alternate * 200
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


def test_payloads_that_hold_blocks(capture_twins, files):
    """The same in pcapng, and blocks that are a chain without a packet."""
    inner = blocks_of(files, [PACKET] * 300, "<")
    head = files.section() + files.interface()
    outer = files.enhanced(PACKET) + files.enhanced(inner) * 4
    agree(capture_twins, head + outer, 5)
    agree(capture_twins, head + outer + inner, 5)
    agree(capture_twins, head + files.enhanced(PACKET) + files.block(0xBAD, inner) * 4, 5)
    # Every fourth byte begins a chain of empty blocks, in a payload and in the file.
    chain = struct.pack("<I", 12) * 3000
    agree(capture_twins, head + files.enhanced(PACKET) + files.enhanced(chain) * 3, 5)
    agree(capture_twins, head + files.enhanced(PACKET) * 9 + chain, 5)


def test_records_at_every_alignment(capture_twins, files):
    """Headers of records in payloads, shifted by any number of bytes against the real ones."""
    chain = files.record(PACKET) * 12
    blocks = files.enhanced(PACKET) * 12
    for shift in range(9):
        payload = bytes(shift) + chain + bytes(shift % 3)
        agree(capture_twins, files.pcap(PACKET, *[payload] * 5), 3)
        payload = bytes(shift) + blocks
        head = files.section() + files.interface() + files.enhanced(PACKET)
        agree(capture_twins, head + files.enhanced(payload) * 5, 3)


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_a_file_that_changes_meanwhile(compiled, files, monkeypatch, kind):
    """Between counting and decoding: each row is of bytes that were there, and none is lost."""
    packets = [PACKET] * 400
    blocks = files.section() + files.interface() + files.enhanced(PACKET) * 400
    was = files.pcap(*packets) if kind == "pcap" else blocks
    size, run_all = (
        len(PACKET) + 16 if kind == "pcap" else len(files.enhanced(PACKET)),
        counts.run_all,
    )
    place = 8 if kind == "pcap" else 20  # of the captured length
    for row, length in [(0, 0), (5, 2**31), (150, 40), (390, 0), (399, 1)]:
        data, calls = bytearray(was), []

        def changing(jobs, stop, row=row, length=length, data=data, calls=calls):
            calls.append(len(jobs))
            if len(calls) == 2:
                at = len(was) - (400 - row) * size + place
                data[at : at + 4] = struct.pack("<I", length)
            run_all(jobs, stop)

        with monkeypatch.context() as patch:
            patch.setattr(counts, "run_all", changing)
            opened = compiled.part("capture").open_capture(data)
            found = opened.to_columns(["captured_length"], threads=4)
        first = 1 if kind == "pcapng" else 0  # which one thread decodes, before it is changed
        one = compiled.part("capture").open_capture(data)
        expected = one.to_columns(["captured_length"])["captured_length"].tolist()
        if row < first:
            assert found["captured_length"].tolist() == [len(PACKET)] * 400
        else:
            assert found["captured_length"].tolist() == expected
            assert (opened.stopped, opened.offset) == (one.stopped, one.offset)
        assert calls == [4, 4]


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_a_fault_in_any_part(capture, files, kind):
    packets = [PACKET + bytes(n % 7) for n in range(120)]
    data = files.pcap(*packets) if kind == "pcap" else blocks_of(files, packets, "<")
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


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("begun", [True, False])
def test_an_exception_while_threads_start(compiled, files, monkeypatch, error, begun):
    """All threads that did start have ended when the call raises."""
    start, started = threading.Thread.start, []

    def starting(thread):
        if started or begun:
            start(thread)
        started.append(thread)
        if len(started) == 2:
            raise error

    opened = compiled.part("capture").open_capture(files.pcap(*[PACKET] * 3000))
    before = threading.active_count()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", starting)
        with pytest.raises(error):
            opened.to_columns(["ttl"], threads=4)
    assert len(started) == 2
    assert threading.active_count() == before
    assert len(opened.to_columns(["ttl"], threads=4)) == 3000


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


def damage(draw, data, at, order):
    """Write a number, cut, leave something out, or repeat it."""
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
        damage(draw, data, at, order)
    return bytes(data)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


@st.composite
def pcapngs(draw):
    """Sections of few interfaces and many packets, some of which hold sections; then damaged."""
    order = draw(st.sampled_from("<>"))
    packet = st.one_of(st.just(PACKET), st.binary(max_size=40))

    def section(items):
        found = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
        found += block(order, 1, struct.pack(order + "HHI", 1, 0, 0))
        for item in items:
            if isinstance(item, bytes):
                head = struct.pack(order + "IIIII", 0, 0, 1000, len(item), len(item))
                found += block(order, 6, head + item)
            else:
                found += item[0]
        return found

    other = st.sampled_from([
        block(order, 1, struct.pack(order + "HHI", 101, 0, 0)),
        block(order, 5, bytes(8)),
        block(order, 3, struct.pack(order + "I", 20) + bytes(20)),
        block(order, 6, struct.pack(order + "IIIII", 1, 0, 5, 4, 4) + b"abcd"),
    ]).map(lambda item: (item,))  # fmt: skip
    inner = st.lists(st.one_of(packet, packet, other), max_size=20).map(section)
    items = draw(st.lists(st.one_of(packet, packet, packet, inner, other), max_size=40))
    data = bytearray(section(items))
    if draw(st.booleans()):
        data += draw(inner)
    for place in draw(st.lists(st.floats(0, 1), max_size=3)):
        at = 28 + int(place * (len(data) - 28))
        if draw(st.booleans()):
            at &= ~3
        damage(draw, data, at, order)
    return bytes(data)


@given(
    data=st.one_of(pcaps(), pcapngs()),
    threads=st.integers(0, 9),
    limit=st.sampled_from([40, 262_144, 0xFFFFFFFF]),
    skip=st.integers(0, 3),
)
def test_any_capture(capture_twins, data, threads, limit, skip):
    agree(capture_twins, data, threads, limit=limit, skip=skip)


@given(data=st.one_of(pcaps(), pcapngs()), threads=st.integers(2, 5), stride=st.integers(1, 300))
def test_any_capture_that_is_mapped(compiled, tmp_path_factory, data, threads, stride):
    path = tmp_path_factory.mktemp("mapped") / "file.pcap"
    path.write_bytes(data or b"x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fastsock.capture.sources.STRIDE", stride)
        agree([compiled.part("capture")], path, threads)
