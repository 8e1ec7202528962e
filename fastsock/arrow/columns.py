"""The classes of columns, over either twin's interface: written once.

A column never changes, so its memory can be given to any number of consumers. `valid` has a byte a
row here, as `inet_pton_many` gives it; the bits that Arrow wants are made when it is given away.
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from operator import index
from socket import AF_INET, AF_INET6, AF_UNSPEC
from struct import pack

from .._core.arrow.nodes import Node, metadata
from .._core.buffers import contiguous
from .._core.typed import TYPE_CHECKING
from . import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pickle import PickleBuffer
    from types import ModuleType
    from typing import Any, Self, SupportsIndex, TypeAlias

    from _typeshed import ReadableBuffer

    Block: TypeAlias = bytes | memoryview[int]

_SIZES = {int(AF_INET): 4, int(AF_INET6): 16, int(AF_UNSPEC): 16}
_FAMILY_NAMES = {int(AF_INET): "ipv4", int(AF_INET6): "ipv6", int(AF_UNSPEC): "any"}
_MOST32 = 0x7FFFFFFF  # what an int32 offset can be


def _kept(buffer: ReadableBuffer, what: str) -> Block:
    """The bytes of a buffer, copied where they could be written to."""
    if type(buffer) is bytes:
        return buffer
    view = contiguous(buffer, what)
    return view if view.readonly else view.tobytes()


def _picklable(block: Block | None) -> PickleBuffer | None:
    from pickle import PickleBuffer  # where it is needed: a long import

    return None if block is None else PickleBuffer(block)


def _items(block: Block, code: Any) -> Any:
    """The numbers of a buffer, as a typed view."""
    view = memoryview(block)
    return (view if len(view) else memoryview(b"")).cast(code)


class ColumnMethods:
    """What all columns have: rows, some of them null, and an export."""

    __slots__ = ()

    if TYPE_CHECKING:
        _interface: ModuleType
        _rows: int

        @property
        def valid(self) -> Any: ...  # noqa: D102
        @valid.setter
        def valid(self, flags: Any) -> None: ...

        def _item(self, row: int) -> Any: ...
        def _part(self, rows: range) -> Self: ...
        def _node(self, wanted: str) -> Node: ...

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, key: Any) -> Any:
        """A row's value, None where it is null; or, of a slice, a column of these rows."""
        rows = range(self._rows)[key]
        if isinstance(rows, range):
            return self._part(rows)
        return None if self.valid is not None and not self.valid[rows] else self._item(rows)

    def __iter__(self) -> Iterator[Any]:
        for row in range(self._rows):
            yield self[row]

    def __repr__(self) -> str:
        nulls = self.null_count
        return f"<{type(self).__name__} of {self._rows} rows, {nulls} null>"

    @property
    def null_count(self) -> int:
        """How many rows are null."""
        return 0 if self.valid is None else bytes(self.valid).count(0)

    def _set_valid(self, valid: ReadableBuffer | None) -> None:
        self.valid = None if valid is None else _kept(valid, "valid")
        if self.valid is not None and len(self.valid) != self._rows:
            raise errors.bad_valid(len(self.valid), self._rows)

    def _part_of(self, block: Block | None, rows: range, width: int = 1) -> Any:
        """The bytes of some rows: a view where they lie side by side."""
        if block is None:
            return None
        view = memoryview(block)
        if rows.step == 1:
            return view[rows.start * width : rows.stop * width]
        return b"".join([view[row * width : (row + 1) * width] for row in rows])

    def _validity(self) -> tuple[bytes | None, int]:
        """The bits that Arrow wants, and how many rows are null."""
        if self.valid is None:
            return None, 0
        bits, nulls = self._interface.pack_bits(self.valid)
        return (bits, nulls) if nulls else (None, 0)

    def __arrow_c_schema__(self) -> object:
        """Export the type, by Arrow's PyCapsule interface."""
        return self._interface.export_schema(self._node(""))

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """Export the column, by Arrow's PyCapsule interface.

        Args:
            requested_schema: a type that the consumer would like; where this column has no such
                form, it comes as it is, and the consumer casts.
        """
        wanted = "" if requested_schema is None else self._interface.format_of(requested_schema)
        capsules: tuple[object, object] = self._interface.export(self._node(wanted))
        return capsules


ADDRESS_DOC = """\
    A column of packed addresses, some of them null.

    Iteration gives texts, None for nulls; a slice is a column over the same memory. pyarrow,
    Polars, pandas, DuckDB, nanoarrow and arro3 read it as ``fixed_size_binary``: 4 bytes of IPv4,
    16 of anything else. It pickles with protocol 5 without a copy.

    Args:
        family: `AF_INET` (records of 4 bytes), `AF_INET6`, or `AF_UNSPEC` (16 bytes, IPv4 as
            mapped addresses).
        packed: the records: any contiguous bytes-like object, which is copied if it can be
            written to.
        valid: a byte a row, 0 for a null, as `inet_pton_many` gives them; None: no nulls.
        as_uint32: export IPv4 addresses as numbers, which engines compare and join faster.

    Raises:
        ValueError: another family, a size that does not fit; `as_uint32` without `AF_INET`.
        TypeError, BufferError: not a buffer, or not contiguous.

    >>> from socket import AF_INET
    >>> column = AddressColumn(AF_INET, bytes([192, 0, 2, 1, 0, 0, 0, 0]), b"\\x01\\x00")
    >>> list(column), len(column[1:])
    (['192.0.2.1', None], 1)
    """


class AddressMethods(ColumnMethods):
    """The methods of `AddressColumn`."""

    __slots__ = {
        "__weakref__": "",
        "_rows": "",
        "as_uint32": "Whether IPv4 addresses are exported as numbers.",
        "family": "The family: `AF_INET`, `AF_INET6` or `AF_UNSPEC`.",
        "packed": "The records, read-only.",
        "valid": "A byte a row, 0 for a null; or None, where no row is.",
    }

    if TYPE_CHECKING:
        _address: ModuleType
        _to_text: Callable[[AddressMethods], TextMethods]

    def __init__(
        self,
        family: SupportsIndex,
        packed: ReadableBuffer,
        valid: ReadableBuffer | None = None,
        *,
        as_uint32: bool = False,
    ) -> None:
        self.family: int = index(family)
        size = _SIZES.get(self.family)
        if size is None:
            raise errors.bad_family(family)
        if as_uint32 and size != 4:
            raise errors.only_ipv4()
        self.as_uint32: bool = bool(as_uint32)
        self.packed: Block = _kept(packed, "packed")
        if len(self.packed) % size:
            raise errors.bad_records(len(self.packed), size)
        self._rows = len(self.packed) // size
        self._set_valid(valid)

    def __iter__(self) -> Iterator[str | None]:
        texts: list[str] = self._address.inet_ntop_many(self.family, self.packed)
        if self.valid is None:
            return iter(texts)
        return (text if good else None for text, good in zip(texts, self.valid, strict=True))

    def _item(self, row: int) -> str:
        size = _SIZES[self.family]
        record = self.packed[size * row : size * (row + 1)]
        return self._address.inet_ntop_many(self.family, record)[0]  # type: ignore[no-any-return]

    def _part(self, rows: range) -> Self:
        packed = self._part_of(self.packed, rows, _SIZES[self.family])
        return type(self)(
            self.family, packed, self._part_of(self.valid, rows), as_uint32=self.as_uint32
        )

    def __reduce__(self) -> Any:
        return _address_column, (
            type(self), self.family, bytes(self.packed),
            None if self.valid is None else bytes(self.valid), self.as_uint32,
        )  # fmt: skip

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        if index(protocol) < 5:
            return self.__reduce__()
        packed, valid = _picklable(self.packed), _picklable(self.valid)
        return _address_column, (type(self), self.family, packed, valid, self.as_uint32)

    def __arrow_c_array__(
        self, requested_schema: object | None = None, *, as_uint32: bool | None = None
    ) -> tuple[object, object]:
        """Export the column, by Arrow's PyCapsule interface.

        Args:
            requested_schema: a type that the consumer would like: ``uint32`` and
                ``fixed_size_binary[4]`` of IPv4 addresses, ``utf8`` and ``binary`` of all.
            as_uint32: whether to export numbers; by default as the column was made.
        """
        if as_uint32 is not None and bool(as_uint32) != self.as_uint32:
            packed, valid = self.packed, self.valid
            other = type(self)(self.family, packed, valid, as_uint32=as_uint32)
            return other.__arrow_c_array__(requested_schema)
        return super().__arrow_c_array__(requested_schema)

    def _node(self, wanted: str) -> Node:
        size = _SIZES[self.family]
        if wanted in ("u", "U"):
            return self._to_text(self)._node(wanted)
        validity, nulls = self._validity()
        numbers = wanted == "I" or (self.as_uint32 and wanted != "w:4")
        labels = metadata({"fastsock.family": _FAMILY_NAMES[self.family]})
        if wanted in ("z", "Z"):  # of one size each: the ends are known
            wide = wanted == "Z" or len(self.packed) > _MOST32
            ends = array("q" if wide else "i", range(0, len(self.packed) + 1, size))
            buffers = validity, ends, self.packed
            return Node("Z" if wide else "z", self._rows, buffers, nulls=nulls, metadata=labels)
        if size == 4 and numbers:
            return Node(
                "I", self._rows, (validity, swapped(self.packed)), nulls=nulls, metadata=labels
            )
        return Node(f"w:{size}", self._rows, (validity, self.packed), nulls=nulls, metadata=labels)


def _address_column(
    cls: Any, family: int, packed: Any, valid: Any, as_uint32: bool
) -> AddressMethods:
    """Restore a pickled column."""
    return cls(family, packed, valid, as_uint32=as_uint32)  # type: ignore[no-any-return]


def swapped(packed: Block) -> bytes:
    """Turn IPv4 addresses in network order into numbers of this machine, and back."""
    numbers = array("I", bytes(packed))
    if pack("=H", 1) == b"\x01\x00":
        numbers.byteswap()
    return numbers.tobytes()


TEXT_DOC = """\
    A column of texts, some of them null.

    Iteration gives str, None for nulls; a slice is a column over the same memory.

    Args:
        offsets: where each text starts in `data`, and where the last one ends: int32, or int64,
            which is exported as large_utf8.
        data: all texts, in UTF-8.
        valid: a byte a row, 0 for a null; None: no nulls.

    Raises:
        ValueError: no offset at all; offsets that fall, or leave the data; as many flags as there
            are no rows.
        TypeError, BufferError: not a buffer, or not contiguous.

    >>> from array import array
    >>> list(TextColumn(array("i", [0, 2, 5]), b"::10/8"[:5]))
    ['::', '10/']
    """


class TextMethods(ColumnMethods):
    """The methods of `TextColumn`."""

    __slots__ = {
        "__weakref__": "",
        "_ends": "",
        "_rows": "",
        "_width": "",
        "data": "The texts, in UTF-8.",
        "offsets": "Where each text starts, and where the last one ends: the bytes.",
        "valid": "A byte a row, 0 for a null; or None, where no row is.",
    }

    def __init__(
        self,
        offsets: ReadableBuffer,
        data: ReadableBuffer,
        valid: ReadableBuffer | None = None,
    ) -> None:
        ends = _kept(offsets, "offsets")
        width = memoryview(offsets).itemsize
        if width not in (4, 8):
            raise errors.bad_items("offsets", len(ends), 4)
        self._start(width, ends, _kept(data, "data"), valid)
        ends = self._ends
        if ends[0] < 0 or ends[-1] > len(self.data) or any(a > b for a, b in pairwise(ends)):
            raise errors.bad_offsets()

    def _start(self, width: int, offsets: Block, data: Block, valid: ReadableBuffer | None) -> None:
        """Take over offsets that are right."""
        if not len(offsets) or len(offsets) % width:
            raise errors.bad_items("offsets", len(offsets), width)
        self._width = width
        self.offsets: Block = offsets
        self.data: Block = data
        self._ends = _items(offsets, "i" if width == 4 else "q")
        self._rows = len(self._ends) - 1
        self._set_valid(valid)

    @classmethod
    def _made(cls, width: int, offsets: Block, data: Block, valid: ReadableBuffer | None) -> Self:
        made = cls.__new__(cls)
        made._start(width, offsets, data, valid)
        return made

    def _item(self, row: int) -> str:
        return bytes(self.data[self._ends[row] : self._ends[row + 1]]).decode()

    def _part(self, rows: range) -> Self:
        valid = self._part_of(self.valid, rows)
        if rows.step == 1:
            first, end = rows.start * self._width, (max(rows.stop, rows.start) + 1) * self._width
            return self._made(self._width, memoryview(self.offsets)[first:end], self.data, valid)
        texts = [bytes(self.data[self._ends[row] : self._ends[row + 1]]) for row in rows]
        width, ends = ends_of(list(map(len, texts)))
        return self._made(width, ends, b"".join(texts), valid)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        first, last = self._ends[0], self._ends[-1]
        code = "i" if self._width == 4 else "q"
        offsets = array(code, [end - first for end in self._ends]) if first else self.offsets
        blocks: list[Any] = [bytes(offsets), self.data[first:last], self.valid]
        if index(protocol) >= 5:
            blocks = [_picklable(block) for block in blocks]
        else:
            blocks = [None if block is None else bytes(block) for block in blocks]
        return _text_column, (type(self), self._width, *blocks)

    def _node(self, wanted: str) -> Node:
        validity, nulls = self._validity()
        format_ = "u" if self._width == 4 else "U"
        node = Node(format_, self._rows, (validity, self.offsets, self.data), nulls=nulls)
        return widened(node, wanted)


def _text_column(cls: Any, width: int, offsets: Any, data: Any, valid: Any) -> TextMethods:
    """Restore a pickled column."""
    offsets = memoryview(offsets).cast("B").cast("i" if width == 4 else "q")
    return cls(offsets, data, valid)  # type: ignore[no-any-return]


def widened(node: Node, wanted: str) -> Node:
    """Texts or binaries with offsets of int64, where these are wanted."""
    if wanted not in ("U", "Z") or node.format != wanted.lower():
        return node
    validity, ends, data = node.buffers
    offsets = array("q", memoryview(ends or b"").cast("B").cast("i"))
    return node._replace(format=wanted, buffers=(validity, offsets, data))


def ends_of(sizes: list[int], most: int = 0) -> tuple[int, bytes]:
    """The offsets of texts of these sizes, and the width of one.

    It is 4, or 8 where the texts, or as many bytes as they could at most have been, are too large.
    """
    ends, end = [0], 0
    for size in sizes:
        end += size
        ends.append(end)
    code = "i" if max(end, most) <= _MOST32 else "q"
    return (4 if code == "i" else 8), array(code, ends).tobytes()


INT_DOC = """\
    A column of int32, some of them null: what `PrefixTable.lookup_column` gives.

    Args:
        values: int32 in a contiguous buffer.
        valid: a byte a row, 0 for a null; None: no nulls.

    Raises:
        ValueError: a size that does not fit.
        TypeError, BufferError: not a buffer, or not contiguous.

    >>> from array import array
    >>> list(IntColumn(array("i", [7, 0]), b"\\x01\\x00"))
    [7, None]
    """


class IntMethods(ColumnMethods):
    """The methods of `IntColumn`."""

    __slots__ = {
        "__weakref__": "",
        "_rows": "",
        "valid": "A byte a row, 0 for a null; or None, where no row is.",
        "values": "The numbers: a memoryview of int32.",
    }

    def __init__(self, values: ReadableBuffer, valid: ReadableBuffer | None = None) -> None:
        block = _kept(values, "values")
        if len(block) % 4:
            raise errors.bad_items("values", len(block), 4)
        self.values: memoryview[int] = _items(block, "i")
        self._rows = len(self.values)
        self._set_valid(valid)

    def _item(self, row: int) -> int:
        return self.values[row]

    def _part(self, rows: range) -> Self:
        return type(self)(
            self._part_of(self.values.cast("B"), rows, 4), self._part_of(self.valid, rows)
        )

    def __reduce__(self) -> Any:
        return type(self), (bytes(self.values), None if self.valid is None else bytes(self.valid))

    def _node(self, wanted: str) -> Node:
        validity, nulls = self._validity()
        if wanted in ("l", "g"):  # wider, and still exact
            values = array("q" if wanted == "l" else "d", self.values)
            return Node(wanted, self._rows, (validity, values), nulls=nulls)
        return Node("i", self._rows, (validity, self.values), nulls=nulls)


BOOL_DOC = """\
    A column of truth values, some of them null: what `PrefixSet.contains_column` gives.

    Args:
        flags: a byte a row, 0 for False.
        valid: a byte a row, 0 for a null; None: no nulls.

    Raises:
        ValueError: a number of flags that does not fit.
        TypeError, BufferError: not a buffer, or not contiguous.

    >>> list(BoolColumn(b"\\x01\\x00\\x00", b"\\x01\\x01\\x00"))
    [True, False, None]
    """


class BoolMethods(ColumnMethods):
    """The methods of `BoolColumn`."""

    __slots__ = {
        "__weakref__": "",
        "_rows": "",
        "flags": "A byte a row, 0 for False.",
        "valid": "A byte a row, 0 for a null; or None, where no row is.",
    }

    def __init__(self, flags: ReadableBuffer, valid: ReadableBuffer | None = None) -> None:
        self.flags: Block = _kept(flags, "flags")
        self._rows = len(self.flags)
        self._set_valid(valid)

    def _item(self, row: int) -> bool:
        return self.flags[row] != 0

    def _part(self, rows: range) -> Self:
        return type(self)(self._part_of(self.flags, rows), self._part_of(self.valid, rows))

    def __reduce__(self) -> Any:
        return type(self), (bytes(self.flags), None if self.valid is None else bytes(self.valid))

    def _node(self, wanted: str) -> Node:
        validity, nulls = self._validity()
        bits, _ = self._interface.pack_bits(self.flags)
        return Node("b", self._rows, (validity, bits), nulls=nulls)


DICTIONARY_DOC = """\
    A column of which each row is one of a few values, or null.

    Args:
        indexes: int32 in a contiguous buffer, each the number of a value; any number for a null.
        values: a list of str, bytes, int (64 bits), float (and int), or bool.
        valid: a byte a row, 0 for a null; None: no nulls.

    Raises:
        ValueError: an index without a value, or a size that does not fit.
        TypeError: values that have no Arrow type in common.

    >>> from array import array
    >>> list(DictionaryColumn(array("i", [0, 0, 1]), ["office", "lab"]))
    ['office', 'office', 'lab']
    """


class DictionaryMethods(ColumnMethods):
    """The methods of `DictionaryColumn`."""

    __slots__ = {
        "__weakref__": "",
        "_encoded": "",
        "_rows": "",
        "indexes": "The number of each row's value: a memoryview of int32.",
        "valid": "A byte a row, 0 for a null; or None, where no row is.",
        "values": "The values, as a list.",
    }

    def __init__(
        self,
        indexes: ReadableBuffer,
        values: Iterable[Any],
        valid: ReadableBuffer | None = None,
    ) -> None:
        block = _kept(indexes, "indexes")
        if len(block) % 4:
            raise errors.bad_items("indexes", len(block), 4)
        self.indexes: memoryview[int] = _items(block, "i")
        self._rows = len(self.indexes)
        self._set_valid(valid)
        self.values: list[Any] = list(values)
        self._encoded = self._encode(self.values)
        most = len(self.values)
        for row, number in enumerate(self.indexes):
            if not 0 <= number < most and (self.valid is None or self.valid[row]):
                raise errors.bad_index(row)

    @classmethod
    def _made(cls, indexes: Block, values: list[Any], valid: ReadableBuffer | None) -> Self:
        """Take over indexes that are right."""
        made = cls.__new__(cls)
        made.indexes = _items(indexes, "i")
        made._rows = len(made.indexes)
        made._set_valid(valid)
        made.values = values
        made._encoded = made._encode(values)
        return made

    def _encode(self, values: Sequence[Any]) -> Node:
        return encoded(values, self._interface.pack_bits)

    def _item(self, row: int) -> Any:
        return self.values[self.indexes[row]]

    def _decoded(self) -> list[Any]:
        """Each row's value; any value for a null."""
        values = self.values or [""]
        if self.valid is None:
            return [values[number] for number in self.indexes]
        return [
            values[number if good else 0]
            for number, good in zip(self.indexes, self.valid, strict=True)
        ]

    def _part(self, rows: range) -> Self:
        indexes = self._part_of(self.indexes.cast("B"), rows, 4)
        return self._made(indexes, self.values, self._part_of(self.valid, rows))

    def __reduce__(self) -> Any:
        valid = None if self.valid is None else bytes(self.valid)
        return type(self), (bytes(self.indexes), self.values, valid)

    def _node(self, wanted: str) -> Node:
        validity, nulls = self._validity()
        if wanted in (self._encoded.format, self._encoded.format.upper()):
            # With all values after the rows, so that the type is theirs whatever rows there are.
            node = widened(self._encode(self._decoded() + self.values), wanted)
            buffers = validity, *node.buffers[1:]
            return node._replace(rows=self._rows, buffers=buffers, nulls=nulls)
        return Node(
            "i", self._rows, (validity, self.indexes), nulls=nulls, dictionary=self._encoded
        )


def encoded(values: Sequence[Any], pack_bits: Any) -> Node:
    """Make an array of Python values of one kind, or raise a TypeError that names the odd one."""
    kinds = set(map(type, values))
    rows = len(values)
    if kinds <= {str} or kinds <= {bytes}:
        texts = [value.encode() if type(value) is str else value for value in values]
        width, ends = ends_of(list(map(len, texts)))
        letter = "z" if kinds == {bytes} else "u"
        format_ = letter if width == 4 else letter.upper()
        return Node(format_, rows, (None, ends, b"".join(texts)))
    if kinds == {bool}:
        return Node("b", rows, (None, pack_bits(bytes(values))[0]))
    if kinds == {int}:
        try:
            return Node("l", rows, (None, array("q", values)))
        except OverflowError:
            most = max(values, key=abs)
            raise errors.not_number(most) from None
    if kinds <= {int, float}:
        return Node("g", rows, (None, array("d", values)))
    first = type(values[0])
    odd = next((v for v in values if type(v) is not first), values[0])
    raise errors.bad_value(odd, first.__name__)
