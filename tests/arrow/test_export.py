"""Columns given away: what each consumer reads, types that are asked for, lifetimes, pickles."""

import array
import gc
import pickle
import threading
from importlib import import_module
from socket import AF_INET, AF_INET6, AF_UNSPEC

import pytest

from fastsock._core.arrow.nodes import Node

FOUR = ["192.0.2.1", None, "10.0.0.1", "255.255.255.255", None, "0.0.0.0", "1.2.3.4", "8.8.8.8",
        "9.9.9.9"]  # fmt: skip
MIXED = ["192.0.2.1", None, "2001:db8::1", "::", None]


def columns_of(arrow, texts=FOUR, family=AF_INET):
    return arrow.pton_column(texts, family)


@pytest.fixture
def made(arrow):
    """Each kind of column, with the list that it stands for."""
    numbers = array.array("i", [5, -1, 7])
    return {
        "addresses": (columns_of(arrow), [None if t is None else packed(t) for t in FOUR]),
        "wide": (
            columns_of(arrow, MIXED, AF_UNSPEC),
            [
                mapped("192.0.2.1"),
                None,
                bytes.fromhex("20010db8" + "0" * 23 + "1"),
                bytes(16),
                None,
            ],
        ),
        "texts": (arrow.ntop_column(columns_of(arrow, MIXED, AF_UNSPEC)), MIXED),
        "numbers": (arrow.IntColumn(numbers, b"\1\0\1"), [5, None, 7]),
        "flags": (
            arrow.BoolColumn(b"\1\0\0\1" * 3, b"\1\1\0\1" * 3),
            [True, False, None, True] * 3,
        ),
        "values": (
            arrow.DictionaryColumn(array.array("i", [1, 0, 9]), ["a", "b"], b"\1\1\0"),
            ["b", "a", None],
        ),
        "empty": (columns_of(arrow, []), []),
        "all null": (columns_of(arrow, [None] * 9), [None] * 9),
        "sliced": (
            columns_of(arrow)[3:8],
            [None if t is None else packed(t) for t in FOUR[3:8]],
        ),
        "stepped": (columns_of(arrow)[::-2], [packed(t) if t else None for t in FOUR[::-2]]),
    }


def packed(text):
    return bytes(map(int, text.split(".")))


def mapped(text):
    return bytes(10) + b"\xff\xff" + packed(text)


NAMES = [
    "addresses", "wide", "texts", "numbers", "flags", "values", "empty", "all null", "sliced",
    "stepped",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_pyarrow(made, name):
    pa = pytest.importorskip("pyarrow")
    column, expected = made[name]
    found = pa.array(column)
    found.validate(full=True)
    assert found.to_pylist() == expected
    assert found.null_count == expected.count(None) == column.null_count


@pytest.mark.parametrize("name", NAMES)
def test_polars(made, name):
    pl = pytest.importorskip("polars")
    column, expected = made[name]
    assert pl.Series(column).to_list() == expected


@pytest.mark.parametrize("name", NAMES)
def test_arro3(made, name):
    core = pytest.importorskip("arro3.core")
    column, expected = made[name]
    found = core.Array.from_arrow(column)
    assert [scalar.as_py() for scalar in found] == expected


@pytest.mark.parametrize("name", [name for name in NAMES if name != "values"])
def test_nanoarrow(made, name):
    na = pytest.importorskip("nanoarrow")
    column, expected = made[name]
    assert na.Array(column).to_pylist() == expected


@pytest.mark.parametrize("name", NAMES)
def test_pandas(made, name):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    column, expected = made[name]
    found = pd.Series.from_arrow(column)
    assert [None if pd.isna(value) else value for value in found] == expected


def test_duckdb(arrow):
    duckdb = pytest.importorskip("duckdb")
    pa = pytest.importorskip("pyarrow")
    addresses = columns_of(arrow)
    log = pa.table({"text": arrow.ntop_column(addresses), "packed": pa.array(addresses)})  # noqa: F841, DuckDB finds it by name
    rows = duckdb.sql("SELECT text, octet_length(packed) FROM log").fetchall()
    assert rows == [(text, None if text is None else 4) for text in FOUR]


def test_asked_for(arrow):
    """`requested_schema` is honoured where it can be."""
    pa = pytest.importorskip("pyarrow")
    four, wide = columns_of(arrow), columns_of(arrow, MIXED, AF_UNSPEC)
    numbers = [None if t is None else int.from_bytes(packed(t), "big") for t in FOUR]
    assert pa.array(four, pa.uint32()).to_pylist() == numbers
    assert pa.array(four, pa.uint32()).type == pa.uint32()
    assert pa.array(four, pa.binary(4)).type == pa.binary(4)
    assert pa.array(four, pa.utf8()).to_pylist() == FOUR
    assert pa.array(wide, pa.utf8()).to_pylist() == MIXED
    assert pa.array(wide, pa.large_utf8()).to_pylist() == MIXED
    for column, size in ((four, 4), (wide, 16)):
        records = [record.as_py() for record in pa.array(column, pa.binary(size))]
        for kind in (pa.binary(), pa.large_binary()):
            given = pa.array(column, kind)
            given.validate(full=True)
            assert (given.type, given.to_pylist()) == (kind, records)
    texts = arrow.ntop_column(wide)
    assert pa.array(texts, pa.large_utf8()).to_pylist() == MIXED
    as_numbers = arrow.AddressColumn(AF_INET, four.packed, four.valid, as_uint32=True)
    assert pa.array(as_numbers).to_pylist() == numbers
    assert pa.array(as_numbers, pa.binary(4)).type == pa.binary(4)
    assert list(as_numbers[::2]) == FOUR[::2]
    assert pa.array(as_numbers[2:3]).type == pa.uint32()
    capsules = four.__arrow_c_array__(as_uint32=True)
    assert pa.Array._import_from_c_capsule(*capsules).to_pylist() == numbers


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        (["a", "ä", ""], ["utf8", "large_utf8"]),
        ([b"a", b"\xff"], ["binary", "large_binary"]),
        ([1 << 40, -1], ["int64"]),
        ([0.5, 2], ["float64"]),
        ([False, True], ["bool_"]),
        ([], ["utf8", "large_utf8"]),
    ],
)
def test_asked_for_values(arrow, values, kinds):
    """A dictionary column gives its values, and numbers wider ones, to who asks for them."""
    pa = pytest.importorskip("pyarrow")
    numbers = [n % len(values) if values else 0 for n in range(7)]
    valid = bytes(n % 3 > 0 and bool(values) for n in range(7))
    column = arrow.DictionaryColumn(array.array("i", numbers), values, valid)
    whole = arrow.DictionaryColumn(array.array("i", numbers if values else []), values)
    for kind in (getattr(pa, name)() for name in kinds):
        for made in (column, column[2:6], column[:0], whole):
            given = pa.array(made, kind)
            given.validate(full=True)
            assert (given.type, given.to_pylist()) == (kind, list(made))
    indexes = arrow.IntColumn(array.array("i", numbers), valid)
    for kind in (pa.int64(), pa.float64()):
        assert pa.array(indexes, kind).to_pylist() == list(indexes)
        assert pa.array(indexes, kind).type == kind


def test_an_error_of_the_consumer(run_python, twin):
    """Memory is released while the error of a consumer is set, and an error stays set.

    The pure twin's is another TypeError, and it shows the consumer's.
    """
    code = (
        "from fastsock._core import arrow\n"
        "from fastsock import pton_column\n"
        "column = pton_column(['::1'])\n"
        "for export in (column.__arrow_c_schema__, lambda: column.__arrow_c_array__()[1]):\n"
        "    try: int(export())\n"
        "    except TypeError: print('TypeError')\n"
        "kept = vars(arrow._py) if hasattr(arrow, '_py') else {}\n"
        "print(len(kept.get('_kept', ())), len(kept.get('_owned', ())))\n"
    )
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    assert (done.returncode, done.stdout) == (0, "TypeError\nTypeError\n0 0\n"), done.stderr
    named = done.stderr.count("not 'PyCapsule'")
    assert named == (2 if twin.tag == "py" else 0), done.stderr


class WordlessError(Exception):
    """An error that has no words."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("no \udcff"), r"ValueError: no \\udcff"),
        (WordlessError(), "WordlessError"),
        (KeyError("\0"), "KeyError: "),
    ],
)
def test_words_of_any_error_reach_the_consumer(twin, error, words):
    pa = pytest.importorskip("pyarrow")
    interface = import_module(f"fastsock._core.arrow._{twin.tag}")

    class Stream:
        def __arrow_c_stream__(self, requested_schema=None):
            return interface.export_stream(Node("+s", buffers=(None,)), self.arrays())

        def arrays(self):
            raise error
            yield

    with pytest.raises((OSError, pa.ArrowException), match=words):
        pa.RecordBatchReader.from_stream(Stream()).read_all()


@pytest.mark.parametrize(
    ("family", "label"), [(AF_INET, b"ipv4"), (AF_INET6, b"ipv6"), (AF_UNSPEC, b"any")]
)
def test_metadata(arrow, family, label):
    pa = pytest.importorskip("pyarrow")
    column = columns_of(arrow, [], family)
    field = pa.field(column)
    assert field.metadata == {b"fastsock.family": label}
    assert field.nullable


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(made, name, protocol, monkeypatch):
    column, _ = made[name]
    face = import_module("fastsock.arrow")
    monkeypatch.setattr(face, type(column).__name__, type(column))
    monkeypatch.setattr(type(column), "__module__", "fastsock.arrow")
    again = pickle.loads(pickle.dumps(column, protocol))
    assert (type(again), list(again)) == (type(column), list(column))


def test_pickles_without_a_copy(arrow, monkeypatch):
    monkeypatch.setattr(import_module("fastsock.arrow"), "AddressColumn", arrow.AddressColumn)
    monkeypatch.setattr(arrow.AddressColumn, "__module__", "fastsock.arrow")
    column = columns_of(arrow, FOUR * 1000)
    blocks = []
    data = pickle.dumps(column, 5, buffer_callback=blocks.append)
    assert len(data) < 300
    again = pickle.loads(data, buffers=blocks)
    assert again.packed.obj is column.packed
    assert list(again) == FOUR * 1000


def test_memory_that_could_change_is_copied(arrow):
    memory = bytearray([192, 0, 2, 1])
    column = arrow.AddressColumn(AF_INET, memory)
    memory[0] = 10
    assert list(column) == ["192.0.2.1"]


def test_arguments(arrow):
    with pytest.raises(ValueError, match="family must be AF_INET, AF_INET6 or AF_UNSPEC, not 99"):
        arrow.AddressColumn(99, b"")
    with pytest.raises(ValueError, match="records of 4 bytes, not 5 bytes"):
        arrow.AddressColumn(AF_INET, bytes(5))
    with pytest.raises(ValueError, match="valid must be a byte a row: 1, not 2"):
        arrow.AddressColumn(AF_INET, bytes(4), b"\1\1")
    with pytest.raises(ValueError, match="as_uint32 needs family=AF_INET"):
        arrow.AddressColumn(AF_INET6, bytes(16), as_uint32=True)
    with pytest.raises(TypeError, match="a bytes-like object is required"):
        arrow.AddressColumn(AF_INET, "1.2.3.4")
    with pytest.raises(ValueError, match="offsets must start at 0"):
        arrow.TextColumn(array.array("i", [0, 3, 2]), b"abc")
    with pytest.raises(ValueError, match="offsets must start at 0"):
        arrow.TextColumn(array.array("i", [0, 4]), b"abc")
    with pytest.raises(ValueError, match=r"indexes\[1\] stands for no value"):
        arrow.DictionaryColumn(array.array("i", [0, 1]), ["a"])
    with pytest.raises(TypeError, match="values must all be str, bytes, int, float or bool"):
        arrow.DictionaryColumn(array.array("i", [0, 1]), ["a", 1])
    with pytest.raises(OverflowError, match="int64"):
        arrow.DictionaryColumn(array.array("i", [0]), [1 << 63])
    with pytest.raises(IndexError):
        columns_of(arrow)[9]
    with pytest.raises(ValueError, match="errors must be 'strict' or 'mask'"):
        arrow.pton_column([], errors="ignore")
    assert columns_of(arrow)[-1] == "9.9.9.9"
    assert repr(columns_of(arrow)) == "<AddressColumn of 9 rows, 2 null>"
    kinds = [True, False], [1, -5], [1.5, 2], [b"x", b""], ["ä", ""]
    for values in kinds:
        column = arrow.DictionaryColumn(array.array("i", [1, 0, 1]), values)
        assert list(column) == [values[1], values[0], values[1]]
        pa = pytest.importorskip("pyarrow")
        assert pa.array(column).to_pylist() == list(column)


def test_released_in_other_threads(arrow):
    """Capsules that threads drop, and arrays that outlive their column."""
    pa = pytest.importorskip("pyarrow")
    column = columns_of(arrow, FOUR * 100)
    kept = [pa.array(column) for _ in range(8)]
    capsules = [column.__arrow_c_array__() for _ in range(8)]
    del column
    gc.collect()
    seen = []

    def work():
        seen.append(kept.pop().null_count)
        capsules.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == [200] * 8


WITHOUT = """
import sys
sys.modules["pyarrow"] = None
import polars, duckdb, nanoarrow
import arro3.core as arro3
from socket import AF_UNSPEC
import fastsock
texts = ["192.0.2.1", None, "2001:db8::1", "nothing"]
made = [polars.Series(texts), arro3.ChunkedArray.from_arrow(polars.Series(texts)),
        nanoarrow.Array(texts, nanoarrow.string()),
        duckdb.sql("SELECT unnest(['192.0.2.1', NULL, '2001:db8::1', 'nothing'])")]
table = fastsock.PrefixTable({"192.0.2.0/24": "docs"})
for column in made:
    found = fastsock.pton_column(column)
    assert list(found) == [*texts[:3], None], type(column)
    assert list(table.lookup_column(column, values=True)) == ["docs", None, None, None]
    frame = polars.DataFrame({"text": polars.Series(fastsock.ntop_column(found))})
    assert frame["text"].to_list() == [*texts[:3], None]
    assert nanoarrow.Array(found).to_pylist()[1] is None
    assert len(arro3.Array.from_arrow(found)) == 4
    answer = polars.Series(table.lookup_column(column)).to_frame("n")
rows = arro3.Table.from_pydict({"text": arro3.Array.from_arrow(fastsock.ntop_column(found))})
assert duckdb.sql("SELECT count(text) FROM rows").fetchall() == [(2,)]
assert sys.modules["pyarrow"] is None
print("done")
"""


def test_without_pyarrow(run_python, twin):
    for name in ("polars", "duckdb", "nanoarrow", "arro3.core"):
        pytest.importorskip(name)
    done = run_python("-c", WITHOUT, FASTSOCK_BACKEND=twin.tag)
    assert (done.stdout, done.stderr) == ("done\n", "")


AT_EXIT = """
import builtins, threading, time
import fastsock, pyarrow
column = fastsock.pton_column(["192.0.2.1", None] * 1000)
builtins.kept = [pyarrow.array(column), column.__arrow_c_array__(), fastsock.ntop_column(column)]
builtins.kept.append(builtins.kept)
builtins.read = fastsock.arrow._c.interface.pieces(pyarrow.array(["::"]), {"u"}, "texts") \\
    if fastsock.BACKEND == "c" else None
print("done")
"""


def test_at_the_interpreters_end(run_python, twin):
    pytest.importorskip("pyarrow")
    done = run_python("-c", AT_EXIT, FASTSOCK_BACKEND=twin.tag)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_packed_columns(parts):
    """Addresses that are packed already, in every type that engines keep them in."""
    pa = pytest.importorskip("pyarrow")
    table = parts.prefix.PrefixTable({"192.0.2.0/24": "docs", "2001:db8::/32": "docs6"})
    four = [packed("192.0.2.1"), None, packed("10.0.0.1")]
    six = [mapped("192.0.2.9"), bytes.fromhex("20010db8" + "0" * 24), None]
    numbers = [None if p is None else int.from_bytes(p, "big") for p in four]
    cases = [
        (pa.array(four, pa.binary(4)), ["docs", None, None], ["192.0.2.1", None, "10.0.0.1"]),
        (pa.array(numbers, pa.uint32()), ["docs", None, None], ["192.0.2.1", None, "10.0.0.1"]),
        (pa.array(six, pa.binary(16)), ["docs", "docs6", None], ["192.0.2.9", "2001:db8::", None]),
    ]
    for kind in (pa.binary(), pa.large_binary(), pa.binary_view()):
        mixed = pa.array([*four, *six, b"12345", b""], kind)
        cases.append((
            mixed,
            ["docs", None, None, "docs", "docs6", None, None, None],
            ["192.0.2.1", None, "10.0.0.1", "192.0.2.9", "2001:db8::", None, None, None],
        ))  # fmt: skip
    for column, networks, texts in cases:
        for given, first in ((column, 0), (column.slice(1), 1), (column.dictionary_encode(), 0)):
            if first == 0 and given is not column and column.type == pa.binary_view():
                continue  # pyarrow reads no dictionary of views back
            assert list(table.lookup_column(given, values=True)) == networks[first:], given.type
            assert list(parts.arrow.ntop_column(given)) == texts[first:]
            masked = parts.prefix.mask_column(given, 0, 0)
            assert [text is None for text in masked] == [text is None for text in texts[first:]]
        chunked = pa.chunked_array([column, column.slice(0, 0), column])
        assert list(parts.arrow.ntop_column(chunked)) == texts * 2
