"""The memory of columns: who may write to it, and when it must not change."""

import gc
import mmap
import threading
from array import array

import pytest

import fastsock
from fastsock import Columns

numpy = pytest.importorskip("numpy")
pyarrow = pytest.importorskip("pyarrow")

UDP = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
NAMES = ["ttl", "sport"]
NONE = bytes(32)  # no packet: every column is 0


@pytest.fixture
def decode(columns):
    return columns.decode_columns


@pytest.fixture(params=["c", "py"])
def exporting(monkeypatch, request):
    """Give columns to Arrow by either twin, whichever decoded them."""
    monkeypatch.setattr("fastsock._core.backend.BACKEND", request.param)


# Memory that can't be written to


@pytest.mark.parametrize(
    "make",
    [
        lambda: bytes(64),
        lambda: memoryview(bytearray(64)).toreadonly(),
        lambda: memoryview(bytearray(64))[::-1],
        lambda: memoryview(bytearray(256))[::4],
        lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ),
        lambda: numpy.zeros((8, 8), "u1").T[:, ::2],
        lambda: numpy.zeros((8, 8), "u1", order="F")[1:],
        lambda: numpy.frombuffer(bytes(64), "u1"),
    ],
    ids=["bytes", "read-only", "reversed", "strided", "map", "transposed", "fortran", "frozen"],
)
def test_memory_that_no_column_can_have(make):
    memory = make()
    in_pieces = not memoryview(memory).c_contiguous
    error, kind = (BufferError, "C-contiguous") if in_pieces else (ValueError, "writable")
    with pytest.raises(error, match=f"column 'ttl' must be a {kind} buffer"):
        Columns(1, {"sport": bytearray(8), "ttl": memory})


@pytest.mark.parametrize("block", [None, 5, "text", [1, 2]])
def test_memory_that_is_none(block):
    with pytest.raises(TypeError, match="a bytes-like object is required"):
        Columns(1, {"ttl": block})


@pytest.mark.parametrize("rows", [-1, -(1 << 70)])
def test_fewer_rows_than_none(rows):
    with pytest.raises(ValueError, match="rows must be at least 0"):
        Columns(rows, {"ttl": bytearray(8)})


@pytest.mark.parametrize("rows", [None, 1.5, "1"])
def test_rows_that_are_no_number(rows):
    with pytest.raises(TypeError):
        Columns(rows, {"ttl": bytearray(8)})


@pytest.mark.parametrize(
    ("rows", "block"),
    [(9, bytearray(17)), (9, array("I", [0] * 4)), (1 << 80, bytearray(64)), (1, bytearray(0))],
)
def test_memory_is_measured_in_bytes(rows, block):
    with pytest.raises(ValueError, match=f"column 'sport' has no room for {rows} rows"):
        Columns(rows, {"sport": block})


@pytest.mark.parametrize(
    "make",
    [
        lambda: bytearray(64),
        lambda: array("Q", [0] * 8),
        lambda: memoryview(bytearray(80))[8:72],
        lambda: memoryview(bytearray(64)).cast("I"),
        lambda: numpy.zeros((4, 16), "u1"),
        lambda: mmap.mmap(-1, 64),
    ],
)
def test_memory_of_any_format(decode, make):
    """Any writable, contiguous buffer; its size in bytes counts, not in items."""
    out = Columns(0, {"ttl": make(), "sport": make()})
    assert decode([UDP] * 20, NAMES, link="raw", out=out) is out
    assert (out["ttl"].tolist(), out["sport"].tolist()) == ([64] * 20, [53] * 20)
    decode([UDP] * 100, NAMES, link="raw", out=out)
    assert (out["ttl"].tolist(), out["sport"].tolist()) == ([64] * 100, [53] * 100)


def test_nothing_beside_the_memory_is_written_to(decode):
    around = bytearray(b"\xaa" * 96)
    out = Columns(0, {"ttl": memoryview(around)[16:32], "sport": memoryview(around)[48:80]})
    decode([UDP] * 16, NAMES, link="raw", out=out)
    guard = b"\xaa" * 16
    assert around == guard + b"\x40" * 16 + guard + b"\x35\x00" * 16 + guard
    decode([NONE] * 17, NAMES, link="raw", out=out)  # one more than there is room for
    assert around == guard + b"\x40" * 16 + guard + b"\x35\x00" * 16 + guard
    assert out["ttl"].tolist() == [0] * 17


def test_memory_can_not_shrink_while_columns_have_it(decode):
    block = bytearray(64)
    out = Columns(4, {"ttl": block})
    with pytest.raises(BufferError):
        block.clear()
    decode([UDP] * 64, ["ttl"], link="raw", out=out)
    assert block == b"\x40" * 64


def test_memory_can_not_shrink_while_it_is_written_to(decode):
    block = bytearray(64)
    out = Columns(0, {"ttl": block})
    refused = []

    def packets():
        yield UDP
        try:
            block.clear()
        except BufferError as error:
            refused.append(error)
        yield UDP

    decode(packets(), ["ttl"], link="raw", out=out)
    assert len(refused) == 1
    assert block[:2] == b"\x40\x40"


def test_a_view_shows_its_own_column_alone(decode):
    found = decode([UDP] * 3, ["ttl", "src", "sport"], link="raw")
    for name, size in (("ttl", 3), ("src", 48), ("sport", 6)):
        assert len(memoryview(found[name].obj)) == size
    view = found["ttl"]
    del found
    gc.collect()
    assert view.tolist() == [64] * 3


def test_columns_are_no_way_to_hostile_memory(decode):
    """The object under a column's views can be made by hand; it has no bytes then."""
    kind = type(decode([UDP], ["ttl"], link="raw")["ttl"].obj)
    assert bytes(kind()) == b""


# One out, used twice at once


@pytest.mark.parametrize("rows", [2, 5000])
def test_an_iterator_that_uses_the_same_out(decode, rows):
    """Each call returns the packets that it was given; the outer one ends last."""
    out = decode([UDP] * 10_000, NAMES, link="raw")
    inner = []

    def packets():
        yield from [UDP] * rows
        assert (len(out), out["ttl"].nbytes) == (0, 0)
        again = decode([NONE] * rows, NAMES, link="raw", out=out)
        inner.append((again["ttl"], again["ttl"].tolist()))
        yield from [UDP] * rows

    assert decode(packets(), NAMES, link="raw", out=out) is out
    assert out["ttl"].tolist() == [64] * 2 * rows
    assert out["sport"].tolist() == [53] * 2 * rows
    ((view, values),) = inner
    assert values == view.tolist() == [0] * rows


def test_an_iterator_that_gives_the_same_out_away(decode, exporting):
    out = decode([UDP] * 100, NAMES, link="raw")
    given = []

    def packets():
        yield NONE
        given.append(out.to_arrow())
        given.append(decode([UDP] * 3, NAMES, link="raw", out=out).to_arrow())
        yield NONE

    decode(packets(), NAMES, link="raw", out=out)
    assert [batch["ttl"].to_pylist() for batch in given] == [[], [64] * 3]
    assert out["ttl"].tolist() == [0, 0]


def test_threads_that_use_the_same_out(decode):
    """Rows may be anyone's, but each call's are of one call, and nothing is torn."""
    out = Columns(0, {"ttl": bytearray(4096), "sport": bytearray(8192)})
    wrong = []

    def work(packet, most):
        for size in range(1, most):
            try:
                found = decode([packet] * size, NAMES, link="raw", out=out)
                seen = set(found["ttl"].tolist())
                if not seen <= {0, 64}:
                    wrong.append(seen)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=work, args=(packet, 200)) for packet in [UDP, NONE] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


# What was given away stays as it is


@pytest.mark.parametrize(
    "give",
    [
        lambda found: found.to_arrow()["ttl"],
        lambda found: pyarrow.record_batch(found)["ttl"],
        lambda found: pyarrow.Array._import_from_c_capsule(*found.__arrow_c_array__()).field(0),
        lambda found: found.to_numpy()["ttl"],
        lambda found: pyarrow.array(found.to_numpy()["ttl"]),
    ],
    ids=["to_arrow", "record_batch", "capsules", "to_numpy", "arrow of numpy"],
)
@pytest.mark.parametrize("rows", [1, 5000])
def test_what_was_given_away_is_not_written_to(decode, exporting, give, rows):
    out = decode([UDP] * rows, NAMES, link="raw")
    given = give(out)
    assert decode([NONE] * rows, NAMES, link="raw", out=out) is out
    assert given.tolist() == [64] * rows
    assert out["ttl"].tolist() == [0] * rows
    # The new memory was given to nobody, and is used again.
    view = out["ttl"]
    decode([UDP] * rows, NAMES, link="raw", out=out)
    assert view.tolist() == [64] * rows
    assert given.tolist() == [64] * rows


def test_what_was_given_away_outlives_the_columns(decode, exporting):
    batch = decode([UDP] * 5000, NAMES, link="raw").to_arrow()
    gc.collect()
    for _ in range(20):
        decode([NONE] * 5000, NAMES, link="raw")
    assert batch["sport"].to_pylist() == [53] * 5000


def test_what_was_given_away_of_memory_by_hand(decode, exporting):
    block = bytearray(b"\x07" * 16)
    out = Columns(16, {"ttl": block})
    batch = out.to_arrow()
    decode([UDP] * 16, ["ttl"], link="raw", out=out)
    assert block == b"\x07" * 16
    assert batch["ttl"].to_pylist() == [7] * 16
    assert out["ttl"].tolist() == [64] * 16


def test_frames_of_a_loop(decode, exporting):
    """The loop for which `out` is made, with a consumer that keeps all."""
    out, frames = None, []
    for size in range(1, 30):
        out = decode([UDP[:1] + bytes([size]) + UDP[2:]] * size, ["tos"], link="raw", out=out)
        frames.append(out.to_arrow())
    assert [frame["tos"].to_pylist() for frame in frames] == [[n] * n for n in range(1, 30)]


def test_out_without_columns(decode):
    out = decode([UDP] * 3, [])
    assert len(decode([UDP] * 5, [], out=out)) == 5
    assert len(decode(iter([UDP] * 5000), [], out=out)) == 5000


def test_a_map_of_a_file(decode, tmp_path):
    """Columns can be written to a file, by way of a map of it."""
    path = tmp_path / "ttl"
    path.write_bytes(bytes(4096))
    with path.open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 0)
        out = Columns(0, {"ttl": mapped})
        decode([UDP] * 100, ["ttl"], link="raw", out=out)
        mapped.flush()
    assert path.read_bytes() == b"\x40" * 100 + bytes(3996)


def test_pairs_of_columns_over_the_same_memory(decode):
    """The user asked for it: rows are the last writer's, and no write leaves the memory."""
    block = bytearray(32)
    out = Columns(0, {"ttl": block, "tos": block})
    decode([UDP] * 32, ["ttl", "tos"], link="raw", out=out)
    assert set(block) <= {0, 64}


def test_a_changed_object_is_refused(compiled):
    """With anything in its slots: nothing is written where it must not be."""
    decode = compiled.part("capture").decode_columns
    made = fastsock.decode_columns([UDP] * 4, ["ttl"], link="raw")
    for memory in (bytes(8), memoryview(bytearray(32))[::2], None):
        filled = made._filled._replace(memory={"ttl": memory}, claims=[])
        out = Columns(0, {"ttl": bytearray(8)})
        object.__setattr__(out, "_filled", filled)
        with pytest.raises((TypeError, ValueError, BufferError)):
            decode([UDP] * 4, ["ttl"], link="raw", out=out)


# Chunks, whose memory takes turns in the compiled twin


def place_of(column):
    return numpy.asarray(column).ctypes.data


def in_chunks(module, files, packets=1000, size=100, names=NAMES):
    """Chunks of a capture in which each packet has another source port."""
    found = [UDP[:20] + n.to_bytes(2, "big") + UDP[22:] for n in range(packets)]
    return module.open_capture(files.pcap(*found, link=101)).to_columns(names, chunk=size)


def test_chunks_that_nobody_holds_take_turns(compiled, files):
    places = {place_of(part["sport"]) for part in in_chunks(compiled.part("capture"), files)}
    assert len(places) == 2


def columns_as_they_are(part):
    return part


def numpy_array(part):
    return part.to_numpy()["sport"]


def memory_view(part):
    return part["sport"]


def other_column(part):
    return part["ttl"], part["sport"].tolist()


def arrow_batch(part):
    return pyarrow.record_batch(part).column("sport")


@pytest.mark.parametrize(
    "hold", [columns_as_they_are, numpy_array, memory_view, other_column, arrow_batch]
)
@pytest.mark.parametrize("held", [range(10), [0], [3, 4], [1, 3, 5, 7]])
def test_chunks_that_are_held_stay_as_they_are(capture, files, hold, held):
    kept = {}
    for number, part in enumerate(in_chunks(capture, files)):
        assert part["sport"].tolist() == list(range(100 * number, 100 * number + 100))
        if number in held:
            kept[number] = hold(part)
    for number, what in kept.items():
        expected = list(range(100 * number, 100 * number + 100))
        if hold is columns_as_they_are:
            assert what["sport"].tolist() == expected
        elif hold is other_column:
            assert (what[0].tolist(), what[1]) == ([64] * 100, expected)
        elif hold is arrow_batch:
            assert what.to_pylist() == expected
        else:
            assert what.tolist() == expected


def test_chunks_are_freed_with_their_iterator(compiled, files):
    """The last columns live on without it; it lives on without them."""
    parts = in_chunks(compiled.part("capture"), files)
    first, second = next(parts), next(parts)
    del parts
    gc.collect()
    assert first["sport"].tolist() == list(range(100))
    assert second["sport"].tolist() == list(range(100, 200))


@pytest.mark.parametrize("size", [1, 7, 1000, 1001, 10**30])
@pytest.mark.parametrize("names", [[], ["sport"], None])
def test_chunks_of_any_size(capture, files, size, names):
    parts = list(in_chunks(capture, files, 50, size, names))
    assert sum(map(len, parts)) == 50
    if names != []:
        assert [n for part in parts for n in part["sport"].tolist()] == list(range(50))


def test_chunks_for_several_threads(capture, files):
    """Each looks at its chunk while others ask for theirs."""
    parts, seen, lock = in_chunks(capture, files, 4000, 50), [], threading.Lock()

    def look():
        while True:
            try:
                part = next(parts)
            except StopIteration:
                return
            except RuntimeError:  # the capture is in use
                continue
            numbers = part["sport"].tolist()
            assert numbers == list(range(numbers[0], numbers[0] + 50))
            with lock:
                seen.extend(part["sport"].tolist())
            del part

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(4000))
