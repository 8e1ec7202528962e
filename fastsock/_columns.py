"""The class of decoded columns, and how a selection of them is read. Written once: not hot."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from operator import index
from typing import Any, SupportsIndex

from .errors import not_between, not_contiguous, not_link
from .packet_fields import COLUMNS, DEFAULT_COLUMNS, LINK_TYPES, RECORD_COLUMNS

_PACKET_COLUMNS = tuple(name for name in DEFAULT_COLUMNS if name not in RECORD_COLUMNS)
_INTEGERS = frozenset("bBhHiIlLqQnN")


class Columns:
    """Fields of many packets, a column each: contiguous memory with one item a packet.

    ``columns["ttl"]`` is a typed memoryview of as many numbers as there are rows. `src` and
    `dst` have the shape ``(rows, 16)``: an IPv4 address is mapped (``::ffff:192.0.2.1``), and
    where a packet has no address there are zeros. `vlan` is 0xFFFF where there is no tag. What
    else a packet does not have is 0, and `status`, `version` and `protocol` tell. A column of
    no rows is an empty, flat view.

    `len` is the number of rows; iteration gives the names, in the order in which they were
    asked for. The memory is the columns' own and may be written to: one block for all of them in
    the compiled twin, which lives as long as a view of any of them. A view's `obj` is that whole
    block, so code that is given one column can reach all of them: give it a copy, if it must not.

    >>> from socket import AF_UNSPEC
    >>> import fastsock
    >>> packet = bytes.fromhex("4500001c0000000040110000c0000201c0000202003500350008") + bytes(2)
    >>> columns = fastsock.decode_columns([packet] * 3, ["src", "dport"], link="raw")
    >>> len(columns), list(columns), columns["dport"].tolist()
    (3, ['src', 'dport'], [53, 53, 53])
    >>> fastsock.inet_ntop_many(AF_UNSPEC, columns["src"])[0]
    '192.0.2.1'
    """

    __module__ = "fastsock.columns"
    __slots__ = ("__weakref__", "_memory", "_rows")

    def __init__(self, rows: int, memory: Mapping[str, bytearray | memoryview]) -> None:
        for name, block in memory.items():
            if len(block) < rows * COLUMNS[name].itemsize:
                raise ValueError(f"column {name!r} has no room for {rows} rows")
        self._rows = rows
        self._memory = dict(memory)

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._memory)

    def __contains__(self, name: object) -> bool:
        return name in self._memory

    def __getitem__(self, name: str) -> memoryview:
        block = self._memory[name]
        format_, itemsize = COLUMNS[name]
        flat = memoryview(block)[: self._rows * itemsize]
        if format_ != "s":
            return flat.cast(format_)  # type: ignore[call-overload, no-any-return]
        return flat.cast("B", (self._rows, itemsize)) if self._rows else flat

    def _shape(self, name: str) -> tuple[int, ...]:
        return (
            (self._rows, COLUMNS[name].itemsize) if COLUMNS[name].format == "s" else (self._rows,)
        )

    def __repr__(self) -> str:
        return f"<Columns rows={self._rows} of {', '.join(self._memory) or 'nothing'}>"

    def __reduce__(self) -> tuple[type[Columns], tuple[int, dict[str, bytearray]]]:
        return Columns, (self._rows, {name: bytearray(self[name]) for name in self._memory})

    def keys(self) -> tuple[str, ...]:
        """The names, as iteration gives them; so ``dict(columns)`` works.

        >>> import fastsock
        >>> fastsock.decode_columns([], ["ttl"]).keys()
        ('ttl',)
        """
        return tuple(self._memory)

    def to_numpy(self) -> dict[str, Any]:
        """Every column as a NumPy array over the same memory, addresses as rows of 16 bytes.

        Returns:
            A dict by name: ``pandas.DataFrame`` takes it, but for the addresses.

        Raises:
            ImportError: NumPy is not installed.
        """
        import numpy

        return {name: numpy.asarray(self[name]).reshape(self._shape(name)) for name in self._memory}

    def to_arrow(self) -> Any:
        """All columns as one pyarrow.RecordBatch over the same memory.

        Addresses are ``fixed_size_binary(16)``, all else are integers. There are no nulls.

        Raises:
            ImportError: pyarrow is not installed.
        """
        pyarrow = import_module("pyarrow")
        arrays = []
        for name in self._memory:
            type_ = _arrow_type(pyarrow, name)
            buffers = [None, pyarrow.py_buffer(self._memory[name])]
            arrays.append(pyarrow.Array.from_buffers(type_, self._rows, buffers))
        schema = pyarrow.schema([(name, _arrow_type(pyarrow, name)) for name in self._memory])
        return pyarrow.RecordBatch.from_arrays(arrays, schema=schema)

    def __arrow_c_array__(self, requested_schema: object = None) -> Any:
        """What the Arrow PyCapsule interface asks for: Polars, DuckDB and others read it."""
        return self.to_arrow().__arrow_c_array__(requested_schema)


def _arrow_type(pyarrow: Any, name: str) -> Any:
    format_, itemsize = COLUMNS[name]
    if format_ == "s":
        return pyarrow.binary(itemsize)
    return getattr(pyarrow, f"{'' if format_.islower() else 'u'}int{itemsize * 8}")()


def select(columns: Iterable[str] | None, *, records: bool) -> tuple[str, ...]:
    """The names of a selection, each once; None is the default one.

    Raises:
        ValueError: no such column; one that only a capture has, without `records`.
    """
    if columns is None:
        return DEFAULT_COLUMNS if records else _PACKET_COLUMNS
    names = tuple(dict.fromkeys(columns))
    for name in names:
        if name not in COLUMNS:
            raise ValueError(f"there is no column {name!r}")
        if not records and name in RECORD_COLUMNS:
            raise ValueError(f"only the records of a capture have a column {name!r}")
    return names


def room_of(out: Columns, names: tuple[str, ...]) -> Mapping[str, bytearray | memoryview]:
    """The memory of columns that are to be written anew, and have no rows until they are.

    Raises:
        TypeError, ValueError: `out` is no Columns; its selection is another one.
    """
    if not isinstance(out, Columns):
        raise TypeError(f"out must be Columns, not {type(out).__name__}")
    if out.keys() != names:
        raise ValueError(f"out has the columns {out.keys()}, not {names}")
    out._rows = 0
    return out._memory


def refill(out: Columns, rows: int, memory: Mapping[str, bytearray | memoryview]) -> Columns:
    """Let `out` be `rows` rows of this memory."""
    out._rows = rows
    out._memory = dict(memory)
    return out


def link_number(link: str | SupportsIndex, most: int = 0xFFFFFFFF) -> int:
    """The number of a link type, by its name or as it is.

    Raises:
        ValueError: no such name; a number below 0 or above `most`.
    """
    if isinstance(link, str):
        if link not in LINK_TYPES:
            raise not_link(link)
        return LINK_TYPES[link]
    number = index(link)
    if not 0 <= number <= most:
        raise not_between("link", most, number)
    return number


def offsets_of(offsets: object) -> memoryview | array[int]:
    """Offsets as 64-bit integers in one piece: as they are, where they are that already.

    Raises:
        TypeError, BufferError, ValueError: no integers, a buffer in pieces, too large.
    """
    try:
        view = memoryview(offsets)  # type: ignore[arg-type]
    except TypeError:
        numbers: Any = offsets
    else:
        if not view.c_contiguous:
            raise not_contiguous("offsets")
        if view.ndim != 1:
            raise ValueError(f"offsets must have one dimension, not {view.ndim}")
        if view.format.lstrip("@=<>!") not in _INTEGERS:
            raise TypeError(f"offsets must be integers, not of format {view.format!r}")
        if view.format in _INTEGERS and view.itemsize == 8:  # what is negative then, was too large
            return view.cast("B").cast("q") if view.nbytes else view
        # memoryview does not read numbers of a byte order that is named; their owner does.
        numbers = view if view.format in _INTEGERS else offsets
    try:
        return array("q", numbers)
    except OverflowError:
        raise ValueError("offsets must fit in 64 bits") from None
