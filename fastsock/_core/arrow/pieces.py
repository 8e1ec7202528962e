"""What a producer's arrays hold, checked: a column piece by piece. Written once, over either twin.

Nothing that a producer says is believed where it can be checked: lengths, offsets, counts of nulls
and buffers against each other and the schema here, each row's place in its data by who reads the
rows. What can't be checked is how large a buffer is: the interface has no sizes, except those of
views.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from struct import unpack

from ..typed import TYPE_CHECKING, NamedTuple
from . import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Protocol

    class Array(Protocol):
        """A struct ArrowArray that a twin has taken, or a part of one."""

        rows: int
        nulls: int
        offset: int
        buffers: int
        children: int

        def child(self, n: int, /) -> Array: ...
        def dictionary(self) -> Array | None: ...
        def has_buffer(self, n: int, /) -> bool: ...
        def view(self, n: int, size: int, /) -> memoryview: ...


class Schema(NamedTuple):
    """A struct ArrowSchema, copied."""

    format: str
    name: str
    children: tuple[Schema, ...]
    dictionary: Schema | None


class Piece(NamedTuple):
    """Some rows of a column.

    A row's values are one record of `values`: of texts and binaries the offsets of two ends in
    ``data[0]`` or a view of 16 bytes into `data`, of all else the value itself. Of a dictionary
    column, `values` has indexes of the format `index_format`, and `format` is that of what they
    stand for.
    """

    format: str
    rows: int
    validity: memoryview | None  # a bit a row, or None: no nulls
    first: int  # the bit of row 0
    values: memoryview
    data: tuple[memoryview, ...] = ()
    index_format: str = ""
    dictionary: Piece | None = None


TEXTS = frozenset({"u", "U", "vu"})
BINARIES = frozenset({"z", "Z", "vz"})
INDEXES = {"c": 1, "C": 1, "s": 2, "S": 2, "i": 4, "I": 4, "l": 8, "L": 8}
OFFSETS = {"u": 4, "z": 4, "U": 8, "Z": 8}
VIEWS = frozenset({"vu", "vz"})
VIEW = 16  # bytes of a view

_MOST_ROWS = 1 << 56  # so that no size of ours overflows, whatever a producer says
_NOTHING = memoryview(b"")


def is_column(value: object) -> bool:
    """Whether an object exports Arrow memory."""
    kind = type(value)
    return hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "__arrow_c_array__")


def _width(format_: str) -> int:
    """The bytes of a fixed-size value; 0 where it is none that is read here."""
    if format_.startswith("w:"):
        digits = format_[2:]
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
    return INDEXES.get(format_, 0)


def column_of(schema: Schema, accepted: frozenset[str], what: str) -> Schema:
    """The one column of a schema, or an error that names what it has instead."""
    if schema.format == "+s":
        if len(schema.children) != 1:
            raise errors.many_columns([child.name for child in schema.children])
        (schema,) = schema.children
    inner = schema.dictionary
    held = (inner or schema).format
    if held not in accepted and held != "n":
        name = errors.type_name(schema.format, None if inner is None else inner.format)
        raise errors.wrong_type(what, name)
    return schema


def pieces(source: Any, accepted: frozenset[str], what: str) -> Iterator[Piece]:
    """Give a column's pieces, each taken from the producer when it is asked for.

    Args:
        source: what a twin's `open_column` returned.
        accepted: the formats that the values may have; nulls alone are always taken.
        what: the plural of what is read, for an error.
    """
    column = column_of(source.schema, accepted, what)
    previous: Piece | None = None
    while (array := source.take_next()) is not None:
        piece = _piece_of_chunk(source.schema, column, array)
        # Chunks often share a dictionary: as one object, what was computed of it can be kept.
        if previous is not None and _same(piece.dictionary, previous.dictionary):
            piece = piece._replace(dictionary=previous.dictionary)
        previous = piece
        yield piece


def _same(one: Piece | None, other: Piece | None) -> bool:
    """Whether two dictionaries are the same memory, which both hold."""
    if one is None or other is None or one[:2] != other[:2] or one.first != other.first:
        return False
    mine = (one.values, one.validity or _NOTHING, *one.data)
    others = (other.values, other.validity or _NOTHING, *other.data)
    return len(mine) == len(others) and all(
        len(a) == len(b) and getattr(a.obj, "address", 0) == getattr(b.obj, "address", 1)
        for a, b in zip(mine, others, strict=True)
        if len(a) or len(b)
    )


def _piece_of_chunk(schema: Schema, column: Schema, array: Array) -> Piece:
    if column is schema:
        return _piece(column, array)
    # A table of one column: its rows are those of the struct, whose nulls count too.
    rows, first = _extent(array)
    if array.buffers != 1 or array.children != 1:
        raise errors.bad_array("a struct has other buffers or children than its schema")
    piece = _piece(column, array.child(0), rows, first)
    outer = _validity(array, rows, first)
    if outer is None or piece.format == "n":
        return piece
    inner = piece.validity
    bits = _bits(outer, first % 8) & (-1 if inner is None else _bits(inner, piece.first))
    size = (rows + 7) // 8
    bits &= (1 << rows) - 1
    return piece._replace(validity=memoryview(bits.to_bytes(size, "little")), first=0)


def _bits(validity: memoryview, first: int) -> int:
    return int.from_bytes(validity, "little") >> first


def _extent(array: Array) -> tuple[int, int]:
    """How many rows an array has, and the first of them in its buffers."""
    rows, first = array.rows, array.offset
    if rows < 0 or first < 0 or rows > _MOST_ROWS or first > _MOST_ROWS:
        raise errors.bad_array(f"{rows} rows from row {first} on")
    if not -1 <= array.nulls <= rows:
        raise errors.bad_array(f"{array.nulls} nulls in {rows} rows")
    return rows, first


def _validity(array: Array, rows: int, first: int) -> memoryview | None:
    """The bits from the byte of the first row on, or None where no row is null."""
    if array.nulls == 0 or rows == 0:
        return None
    if not array.has_buffer(0):
        if array.nulls > 0:
            raise errors.bad_array(f"{array.nulls} nulls, and no validity")
        return None
    return array.view(0, (first + rows + 7) // 8)[first // 8 :]


def _records(array: Array, first: int, count: int, width: int) -> memoryview:
    """So many values of a fixed width, from the first row on."""
    if count == 0:
        return _NOTHING
    if not array.has_buffer(1):
        raise errors.bad_array("there are rows, and no values")
    return array.view(1, (first + count) * width)[first * width :]


def _piece(schema: Schema, array: Array, rows: int = -1, base: int = 0) -> Piece:
    """Check an array and show its rows; of a struct's child, `rows` from row `base` on."""
    length, first = _extent(array)
    if rows < 0:
        rows = length
    elif base + rows > length:
        raise errors.bad_array(f"a child of {length} rows, where its struct has {base + rows}")
    first += base
    format_, inner = schema.format, schema.dictionary
    dictionary = array.dictionary()
    if array.children != 0 or (inner is None) != (dictionary is None):
        raise errors.bad_array("it has other children or dictionaries than its schema")
    if format_ == "n":
        return Piece("n", rows, None, 0, _NOTHING)
    if format_ in VIEWS:
        expected = array.buffers >= 3
    else:
        expected = array.buffers == (3 if format_ in OFFSETS else 2)
    if not expected:
        raise errors.bad_array(f"{array.buffers} buffers for type {errors.type_name(format_)}")
    validity = _validity(array, rows, first)
    bit = first % 8
    if inner is not None and dictionary is not None:
        if format_ not in INDEXES or inner.dictionary is not None:
            raise errors.bad_array(f"a dictionary with indexes {errors.type_name(format_)}")
        indexes = _records(array, first, rows, INDEXES[format_])
        values = _piece(inner, dictionary)
        return Piece(values.format, rows, validity, bit, indexes, (), format_, values)
    if format_ in OFFSETS:
        ends, data = _texts(array, first, rows, OFFSETS[format_])
        return Piece(format_, rows, validity, bit, ends, data)
    if format_ in VIEWS:
        views = _records(array, first, rows, VIEW)
        return Piece(format_, rows, validity, bit, views, _view_data(array))
    return Piece(format_, rows, validity, bit, _records(array, first, rows, _width(format_)))


def _texts(
    array: Array, first: int, rows: int, width: int
) -> tuple[memoryview, tuple[memoryview, ...]]:
    """The offsets of texts, one more than rows, and the data up to the last of them."""
    if rows == 0:  # not even offsets[0] need be there
        return _NOTHING, (_NOTHING,)
    offsets = _records(array, first, rows + 1, width)
    end = int.from_bytes(offsets[-width:], sys.byteorder, signed=True)
    if end < 0 or (end > 0 and not array.has_buffer(2)):
        raise errors.bad_array(f"the last offset is {end}")
    return offsets, (array.view(2, end) if end else _NOTHING,)


def _view_data(array: Array) -> tuple[memoryview, ...]:
    """The buffers of views that are not inline. Their sizes stand in the last buffer."""
    count = array.buffers - 3
    if count == 0:
        return ()
    if not array.has_buffer(array.buffers - 1):
        raise errors.bad_array("there are buffers for views, and no sizes")
    sizes = array.view(array.buffers - 1, 8 * count).tobytes()
    found = []
    for n in range(count):
        size = int.from_bytes(sizes[8 * n : 8 * n + 8], sys.byteorder, signed=True)
        if size < 0 or (size > 0 and not array.has_buffer(2 + n)):
            raise errors.bad_array(f"a buffer for views of {size} bytes")
        found.append(array.view(2 + n, size) if size else _NOTHING)
    return tuple(found)


def row_of(piece: Piece, row: int) -> bytes | None:
    """The text or binary of one row; None where it is null. Slow: for errors and rare rows."""
    if piece.format == "n":
        return None
    if piece.validity is not None:
        bit = piece.first + row
        if not piece.validity[bit // 8] >> bit % 8 & 1:
            return None
    if piece.dictionary is not None:
        width = INDEXES[piece.index_format]
        number = _number(piece.values, row, width, piece.index_format.islower())
        if not 0 <= number < piece.dictionary.rows:
            raise errors.bad_row(row)
        return row_of(piece.dictionary, number)
    if piece.format in VIEWS:
        return _viewed(piece, row)
    width = OFFSETS[piece.format]
    start = _number(piece.values, row, width, True)
    end = _number(piece.values, row + 1, width, True)
    if not 0 <= start <= end <= len(piece.data[0]):
        raise errors.bad_row(row)
    return piece.data[0][start:end].tobytes()


def rows_of(piece: Piece) -> list[bytes | None]:
    """All rows of a piece of texts or binaries; None for nulls.

    Raises:
        ValueError: a row that points outside of its data.
    """
    if piece.format not in OFFSETS or piece.dictionary is not None:
        return [row_of(piece, row) for row in range(piece.rows)]
    if piece.rows == 0:
        return []
    data = piece.data[0].tobytes()
    code = "i" if OFFSETS[piece.format] == 4 else "q"
    ends = unpack(f"={piece.rows + 1}{code}", piece.values)
    rows: list[bytes | None] = []
    most, validity = len(data), piece.validity
    for row, (start, end) in enumerate(pairwise(ends)):
        bit = piece.first + row
        if validity is not None and not validity[bit // 8] >> bit % 8 & 1:
            rows.append(None)
        elif 0 <= start <= end <= most:
            rows.append(data[start:end])
        else:
            raise errors.bad_row(row)
    return rows


def _number(values: memoryview, n: int, width: int, signed: bool) -> int:
    return int.from_bytes(values[n * width : (n + 1) * width], sys.byteorder, signed=signed)


def _viewed(piece: Piece, row: int) -> bytes:
    view = piece.values[VIEW * row : VIEW * (row + 1)]
    size = _number(view, 0, 4, True)
    if 0 <= size <= 12:
        return view[4 : 4 + size].tobytes()
    buffer, start = _number(view, 2, 4, True), _number(view, 3, 4, True)
    if size < 0 or not 0 <= buffer < len(piece.data) or start < 0:
        raise errors.bad_row(row)
    if start + size > len(piece.data[buffer]):
        raise errors.bad_row(row)
    return piece.data[buffer][start : start + size].tobytes()


def each_piece(open_column: Callable[[Any], Any], column: Any, accepted: frozenset[str], what: str):  # type: ignore[no-untyped-def]
    """Give the pieces of any object that exports Arrow memory."""
    if not is_column(column):
        raise errors.not_column(column)
    return pieces(open_column(column), accepted, what)
