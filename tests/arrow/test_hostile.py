"""Producers that lie, fail, or give what was released: clear errors, one release of each struct.

The structs are made here by the published layout, not by ours.
"""

import ctypes
import gc
import struct
import threading
from socket import AF_INET, AF_UNSPEC

import pytest

from fastsock.prefix import columns

RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
GET = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
GET_ERROR = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
P = ctypes.c_void_p
NEW = ctypes.PYFUNCTYPE(ctypes.py_object, P, ctypes.c_char_p, P)(
    ("PyCapsule_New", ctypes.pythonapi)
)


class Schema(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", P),
        ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64), ("children", P),
        ("dictionary", P), ("release", P), ("private", P),
    ]  # fmt: skip


class Array(ctypes.Structure):
    _fields_ = [
        ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", P),
        ("children", P), ("dictionary", P), ("release", P), ("private", P),
    ]  # fmt: skip


class Stream(ctypes.Structure):
    _fields_ = [(n, P) for n in ("get_schema", "get_next", "get_last_error", "release", "private")]


ALIVE = []  # a producer's functions stay until all its structs were released


class Made:
    """A column by hand. It counts releases, and keeps what the structs point to."""

    def __init__(self, format_, length, *buffers, **fields):
        self.releases = []
        self.kept = []
        ALIVE.append(self)
        self.schema = Schema(format=format_, name=b"x", release=self.callback("schema", Schema))
        self.array = Array(length=length, release=self.callback("array", Array))
        self.array.n_buffers = len(buffers)
        pointers = (P * max(len(buffers), 1))(*[self.address(b) for b in buffers])
        self.kept.append(pointers)
        self.array.buffers = ctypes.addressof(pointers)
        dictionary = fields.pop("dictionary", None)
        children = fields.pop("children", ())
        if dictionary is not None:
            self.schema.dictionary = ctypes.addressof(dictionary.schema)
            self.array.dictionary = ctypes.addressof(dictionary.array)
        if children:
            for struct_, kind in ((self.schema, "schema"), (self.array, "array")):
                table = (P * len(children))(*[ctypes.addressof(getattr(c, kind)) for c in children])
                struct_.children, struct_.n_children = ctypes.addressof(table), len(children)
                self.kept.append(table)
        self.kept += [dictionary, children]
        for name, value in fields.items():
            of = self.schema if name == "name" or name.startswith("schema_") else self.array
            setattr(of, name.removeprefix("schema_"), value)

    def address(self, buffer):
        if buffer is None:
            return None
        block = ctypes.create_string_buffer(buffer, max(len(buffer), 1))
        self.kept.append(block)
        return ctypes.addressof(block)

    def callback(self, what, kind):
        def release(address):
            self.releases.append(what)
            kind.from_address(address).release = None

        made = RELEASE(release)
        self.kept.append(made)
        return ctypes.cast(made, P).value

    def __arrow_c_array__(self, requested_schema=None):
        return (
            NEW(ctypes.addressof(self.schema), b"arrow_schema", None),
            NEW(ctypes.addressof(self.array), b"arrow_array", None),
        )


class Streamed:
    """The arrays of some columns as a stream, which may fail."""

    def __init__(self, *columns, fail_schema=0, fail_after=None, message=b"the disk is full"):
        self.columns, self.left = columns, list(columns)
        ALIVE.append(self)
        self.releases = []

        def get_schema(_, out):
            if not fail_schema:
                self.move(columns[0].schema, out)
            return fail_schema

        def get_next(_, out):
            if fail_after is not None and len(columns) - len(self.left) == fail_after:
                return 5
            if self.left:
                self.move(self.left.pop(0).array, out)
            else:
                ctypes.memset(out, 0, ctypes.sizeof(Array))
            return 0

        def release(address):
            self.releases.append("stream")
            Stream.from_address(address).release = None

        text = ctypes.create_string_buffer(message) if message is not None else None
        get_error = GET_ERROR(lambda _: ctypes.addressof(text) if text is not None else None)
        self.kept = [GET(get_schema), GET(get_next), get_error, RELEASE(release), text]
        self.stream = Stream(*(ctypes.cast(call, P).value for call in self.kept[:4]))

    @staticmethod
    def move(struct_, out):
        ctypes.memmove(out, ctypes.addressof(struct_), ctypes.sizeof(struct_))
        struct_.release = None

    def __arrow_c_stream__(self, requested_schema=None):
        return NEW(ctypes.addressof(self.stream), b"arrow_array_stream", None)


def ends(*numbers):
    return struct.pack(f"={len(numbers)}i", *numbers)


def large(*numbers):
    return struct.pack(f"={len(numbers)}q", *numbers)


def view(size, buffer=0, offset=0, inline=b""):
    if inline:
        return struct.pack("=i12s", size, inline)
    return struct.pack("=i4sii", size, b"2001", buffer, offset)


def without_dictionary():
    made = Made(b"c", 1, None, b"\0", dictionary=Made(b"u", 1, None, ends(0, 7), IP))
    made.array.dictionary = None
    return made


LONG = b"2001:db8:1111:2222:3333::444"
IP = b"1.2.3.4"
GOOD = {
    "utf8": lambda: Made(b"u", 2, None, ends(0, 7, 14), IP * 2),
    "offset": lambda: Made(b"u", 1, None, ends(99, 0, 7), IP, offset=1),
    "no offsets at length 0": lambda: Made(b"u", 0, None, None, None),
    "nulls unknown": lambda: Made(b"u", 2, b"\1", ends(0, 7, 7), IP, null_count=-1),
    "view": lambda: Made(b"vu", 1, None, view(28, 0, 2), b"xx" + LONG, large(30)),
    "inline view": lambda: Made(b"vu", 1, None, view(7, inline=IP), None),
    "null": lambda: Made(b"n", 3),
    "dictionary": lambda: Made(
        b"c", 2, None, b"\0\0", dictionary=Made(b"u", 1, None, ends(0, 7), IP)
    ),
    "struct": lambda: Made(
        b"+s", 1, b"\2", null_count=0, offset=1,
        children=[Made(b"u", 2, None, ends(0, 7, 14), IP * 2)],
    ),
}  # fmt: skip
DAMAGED = {
    "length": (lambda: Made(b"u", -1, None, ends(0), b""), "-1 rows from row 0"),
    "offset": (lambda: Made(b"u", 1, None, ends(0, 7), IP, offset=-1), "1 rows from row -1"),
    "sum": (lambda: Made(b"u", 1 << 62, None, ends(0), b"", offset=1 << 62), "rows from row"),
    "nulls": (lambda: Made(b"u", 1, b"\0", ends(0, 7), IP, null_count=2), "2 nulls in 1 rows"),
    "fewer nulls": (lambda: Made(b"u", 1, b"\0", ends(0, 7), IP, null_count=-2), "-2 nulls"),
    "no validity": (lambda: Made(b"u", 1, None, ends(0, 7), IP, null_count=1), "no validity"),
    "buffers": (lambda: Made(b"u", 1, None, ends(0, 7)), "2 buffers for type utf8"),
    "negative buffers": (lambda: Made(b"u", 1, n_buffers=-1), "-1 buffers"),
    "no buffers": (lambda: Made(b"u", 1, None, None, None, buffers=None), "none there"),
    "no offsets": (lambda: Made(b"u", 1, None, None, IP), "no values"),
    "no data": (lambda: Made(b"u", 1, None, ends(0, 7), None), "the last offset is 7"),
    "last offset": (lambda: Made(b"u", 1, None, ends(0, -7), IP), "the last offset is -7"),
    "falling": (lambda: Made(b"u", 2, None, ends(5, 0, 7), IP), "row 0 points outside"),
    "negative": (lambda: Made(b"u", 2, None, ends(0, -1, 7), IP), "row 0 points outside"),
    "beyond": (lambda: Made(b"u", 2, None, ends(0, 1 << 30, 7), IP), "row 0 points outside"),
    "large beyond": (
        lambda: Made(b"U", 2, None, large(0, 1 << 40, 7), IP), "row 0 points outside"),
    "second row": (lambda: Made(b"u", 2, None, ends(0, 7, 5), IP), "row 0 points outside"),
    "view size": (lambda: Made(b"vu", 1, None, view(-1, inline=IP), None), "row 0 points"),
    "view buffer": (lambda: Made(b"vu", 1, None, view(28, 1), LONG, large(28)), "row 0 points"),
    "view buffer below": (
        lambda: Made(b"vu", 1, None, view(28, -1), LONG, large(28)), "row 0 points"),
    "view offset": (
        lambda: Made(b"vu", 1, None, view(28, 0, 1), LONG, large(28)), "row 0 points"),
    "view offset below": (
        lambda: Made(b"vu", 1, None, view(28, 0, -1), LONG, large(28)), "row 0 points"),
    "view sizes": (lambda: Made(b"vu", 1, None, view(28), LONG, large(-1)), "-1 bytes"),
    "no view sizes": (lambda: Made(b"vu", 1, None, view(28), LONG, None), "no sizes"),
    "view buffers": (lambda: Made(b"vu", 1, None, view(28)), "2 buffers for type utf8_view"),
    "index": (
        lambda: Made(b"c", 1, None, b"\1", dictionary=Made(b"u", 1, None, ends(0, 7), IP)),
        "row 0 points outside"),
    "index below": (
        lambda: Made(b"c", 1, None, b"\xff", dictionary=Made(b"u", 1, None, ends(0, 7), IP)),
        "row 0 points outside"),
    "index of 64 bits": (
        lambda: Made(
            b"L", 1, None, b"\xff" * 8, dictionary=Made(b"u", 1, None, ends(0, 7), IP)),
        "row 0 points outside"),
    "index type": (
        lambda: Made(b"g", 1, None, bytes(8), dictionary=Made(b"u", 1, None, ends(0, 7), IP)),
        "a dictionary with indexes float64"),
    "no dictionary": (without_dictionary, "other children or dictionaries"),
    "child too short": (
        lambda: Made(b"+s", 2, None, children=[Made(b"u", 1, None, ends(0, 7), IP)]),
        "a child of 1 rows, where its struct has 2"),
    "children": (
        lambda: Made(b"u", 1, None, ends(0, 7), IP, n_children=1), "other children"),
    "no format": (lambda: Made(None, 1, None, ends(0, 7), IP), "its schema has no format"),
    "schema children": (
        lambda: Made(b"u", 1, None, ends(0, 7), IP, schema_n_children=1 << 40),
        "its schema has 1099511627776 children"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_is_right_is_read(parts, name):
    made = GOOD[name]()
    packed, valid = parts.address.inet_pton_many(AF_UNSPEC, made, errors="mask")
    assert len(valid) == made.array.length
    assert packed.count(bytes([1, 2, 3, 4])) + packed.count(bytes.fromhex("20010db8")) == sum(valid)
    assert sum(valid) == {"nulls unknown": 1, "null": 0}.get(name, len(valid))
    gc.collect()
    assert made.releases == ["array"]  # the schema stays with its capsule


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_damaged_is_refused(parts, name):
    make, message = DAMAGED[name]
    for read in (
        lambda made: parts.address.inet_pton_many(AF_UNSPEC, made, errors="mask"),
        lambda made: parts.address.inet_pton_many(AF_UNSPEC, made),
        lambda made: parts.prefix.PrefixTable({"::/0": 1}).lookup_column(made),
    ):
        made = make()
        with pytest.raises(ValueError, match="the Arrow array is damaged") as caught:
            read(made)
        assert message in str(caught.value)
        del caught
        gc.collect()
        assert made.releases in ([], ["array"])  # not taken where the schema is wrong


WRONG = {
    b"i": "int32", b"g": "float64", b"b": "bool", b"z": "binary", b"tdD": "with the format 'tdD'",
    b"+r": "run_end_encoded", b"+l": "list", b"w:7": "fixed_size_binary[7]", b"w:": "fixed_size",
    b"": "with the format ''", b"\xff": "with the format",
}  # fmt: skip


@pytest.mark.parametrize("format_", WRONG, ids=repr)
def test_other_types_are_named(parts, format_):
    made = Made(format_, 1, None, bytes(16))
    with pytest.raises(TypeError, match="texts can't be read from an Arrow column") as caught:
        parts.address.inet_pton_many(AF_INET, made)
    assert WRONG[format_] in str(caught.value)
    other = Made(b"c", 1, None, b"\0", dictionary=Made(b"l", 1, None, bytes(8)))
    with pytest.raises(TypeError, match="dictionary<int64>"):
        parts.prefix.PrefixTable().lookup_column(other)
    with pytest.raises(
        TypeError, match="addresses can't be read from an Arrow column of type utf8"
    ):
        parts.arrow.ntop_column(GOOD["utf8"]())


def test_released(parts):
    """A capsule whose struct somebody took, and a child that was moved out."""
    made = GOOD["utf8"]()
    made.array.release = None
    with pytest.raises(ValueError, match="the Arrow array was released, or read before"):
        parts.arrow.pton_column(made)
    made = GOOD["utf8"]()
    made.schema.release = None
    with pytest.raises(ValueError, match="the Arrow schema was released, or read before"):
        parts.arrow.pton_column(made)
    child = GOOD["utf8"]()
    child.array.release = None
    with pytest.raises(ValueError, match="the Arrow array was released, or read before"):
        parts.arrow.pton_column(Made(b"+s", 2, None, children=[child]))
    source = Streamed(GOOD["utf8"]())
    parts.arrow.pton_column(source)
    with pytest.raises(ValueError, match="the Arrow stream was released, or read before"):
        parts.arrow.pton_column(source)


def test_a_schema_without_end(parts):
    made = Made(b"u", 1, None, ends(0, 7), IP)
    made.schema.dictionary = ctypes.addressof(made.schema)
    with pytest.raises(ValueError, match="its schema has no format, or no end"):
        parts.arrow.pton_column(made)


def test_no_capsules(parts):
    class Lying:
        def __arrow_c_array__(self, requested_schema=None):
            return "arrow_schema", "arrow_array"

    class LyingStream:
        def __arrow_c_stream__(self, requested_schema=None):
            return NEW(1, b"another", None)

    with pytest.raises(TypeError, match="must give a capsule 'arrow_schema', not 'str'"):
        parts.arrow.pton_column(Lying())
    with pytest.raises(TypeError, match="must give a capsule 'arrow_array_stream'"):
        parts.arrow.pton_column(LyingStream())
    with pytest.raises(TypeError, match="a column with __arrow_c_array__"):
        parts.prefix.PrefixTable().lookup_column(["192.0.2.1"])


def test_a_stream(parts):
    """Chunk by chunk; everything is released once, the stream too."""
    columns = [GOOD["utf8"]() for _ in range(3)]
    source = Streamed(*columns)
    assert list(parts.arrow.pton_column(source)) == ["1.2.3.4"] * 6
    gc.collect()
    assert source.releases == ["stream"]
    assert [column.releases for column in columns] == [["schema", "array"], ["array"], ["array"]]


@pytest.mark.parametrize("message", [b"the disk is full", None])
def test_a_stream_that_fails(parts, message):
    words = "the disk is full" if message else "gave no reason"
    column = GOOD["utf8"]()
    source = Streamed(column, GOOD["utf8"](), fail_after=1, message=message)
    with pytest.raises(OSError, match=words) as caught:
        parts.arrow.pton_column(source)
    assert caught.value.errno == 5
    del caught
    gc.collect()
    assert source.releases == ["stream"]
    assert column.releases == ["schema", "array"]
    source = Streamed(GOOD["utf8"](), fail_schema=22, message=message)
    with pytest.raises(OSError, match=words):
        parts.arrow.pton_column(source)
    gc.collect()
    assert source.releases == ["stream"]


def test_a_damaged_chunk_names_no_row_of_another(parts):
    source = Streamed(GOOD["utf8"](), DAMAGED["falling"][0]())
    with pytest.raises(ValueError, match="row 0 points outside"):
        parts.arrow.pton_column(source)


def test_strict_errors_count_over_chunks(parts):
    bad = Made(b"u", 2, None, ends(0, 7, 9), IP + b"no")
    with pytest.raises(OSError, match=r"row 3: 'no' is not an IPv4 address") as caught:
        parts.address.inet_pton_many(AF_INET, Streamed(GOOD["utf8"](), bad))
    assert (caught.value.index, caught.value.value) == (3, "no")
    null = Made(b"u", 2, b"\1", ends(0, 7, 7), IP, null_count=1)
    with pytest.raises(TypeError, match=r"texts\[3\] must be str, not NoneType"):
        parts.address.inet_pton_many(AF_INET, Streamed(GOOD["utf8"](), null))


def test_a_dictionary_is_read_once_a_value(parts, monkeypatch):
    """Chunks that share a dictionary are computed once, whatever their number."""

    def column():
        values = Made(b"u", 1, None, ends(0, 7), IP)
        return Streamed(*[Made(b"c", 3, None, bytes(3), dictionary=values) for _ in range(5)])

    asked = []
    table = parts.prefix.PrefixTable({"1.2.3.0/24": "here"})
    kind = type(table)

    class Watched(kind):
        def lookup_many(self, family, packed, default=-1):
            asked.append(len(packed) // 16)
            return super().lookup_many(family, packed, default)

    found = Watched({"1.2.3.0/24": "here"}).lookup_column(column(), values=True)
    assert list(found) == ["here"] * 15
    assert asked == [1]
    masked = []

    def mask_many(family, packed, bits4, bits6):
        masked.append(len(packed) // 16)
        return parts.prefix.mask_many(family, packed, bits4, bits6)

    found = columns.mask_column(parts.arrow, mask_many, column(), 8, 8)
    assert list(found) == ["1.0.0.0"] * 15
    assert masked == [0, 1]  # none where the bits are judged


def test_many_threads(parts):
    """Columns read at once in several threads, and released there."""
    made = [[GOOD[name]() for name in ("utf8", "view", "dictionary")] for _ in range(8)]
    seen = []

    def work(columns):
        seen.extend([len(parts.arrow.pton_column(column)) for column in columns])

    threads = [threading.Thread(target=work, args=(columns,)) for columns in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    gc.collect()
    assert sorted(seen) == [1] * 8 + [2] * 16
    assert all(column.releases == ["array"] for columns in made for column in columns)


PAIRS = {
    "falling": ((IP, [0, 7, 5]), "row 1 points outside"),
    "beyond": ((IP, [0, 8]), "row 0 points outside"),
    "negative": ((IP, [-1, 7]), "row 0 points outside"),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("code", ["i", "q"])
def test_offsets(parts, name, code):
    (buffer, numbers), message = PAIRS[name]
    offsets = memoryview(struct.pack(f"={len(numbers)}{code}", *numbers)).cast(code)
    with pytest.raises(ValueError, match=message):
        parts.address.inet_pton_many(AF_INET, (buffer, offsets))
    good = memoryview(struct.pack(f"=3{code}", 0, 7, 14)).cast(code)
    assert parts.address.inet_pton_many(AF_INET, (bytearray(IP * 2), good)) == bytes(
        [1, 2, 3, 4] * 2
    )
    with pytest.raises(ValueError, match="one offset more than texts"):
        parts.address.inet_pton_many(AF_INET, (IP, good[:0]))
    assert parts.address.inet_pton_many(AF_INET, (b"", good[:1])) == b""
