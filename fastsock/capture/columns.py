"""The class of decoded columns, and how a selection of them is read. Written once: not hot."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsIndex

from .._core.errors import not_between, not_buffer, not_contiguous, shorten
from ..packet.errors import not_link
from ..packet.fields import COLUMNS, DEFAULT_COLUMNS, LINK_TYPES, RECORD_COLUMNS
from .errors import bad_column_memory, column_too_small

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PACKET_COLUMNS = tuple(name for name in DEFAULT_COLUMNS if name not in RECORD_COLUMNS)
_INTEGERS = frozenset("bBhHiIlLqQnN")


class _Filled(NamedTuple):
    """Rows, where they stand, and who may write there: the first claim, and no other."""

    rows: int
    memory: dict[str, memoryview]
    claims: list[object]


_GIVEN = object()  # the claim of all who were given memory, and want it to stay as it is
_NOTHING = memoryview(bytearray())


def _flat(name: str, block: WriteableBuffer) -> memoryview:
    """The bytes of a column's memory. The view holds it: nobody can shrink it meanwhile."""
    try:
        view = memoryview(block)
    except TypeError:
        raise not_buffer(block) from None
    if view.readonly or not view.c_contiguous:
        raise bad_column_memory(name)
    if view.format == "B" and view.ndim == 1:
        return view
    return view.cast("B") if view.nbytes else _NOTHING


class Columns:
    """Fields of many packets, a column each: contiguous memory with one item a packet.

    ``columns["ttl"]`` is a typed memoryview of as many numbers as there are rows. `src` and
    `dst` have the shape ``(rows, 16)``: an IPv4 address is mapped (``::ffff:192.0.2.1``), and
    where a packet has no address there are zeros. `vlan` is 0xFFFF where there is no tag. What
    else a packet does not have is 0, and `status`, `version` and `protocol` tell. A column of
    no rows is an empty, flat view.

    `len` is the number of rows; iteration gives the names, in the order in which they were
    asked for. The memory may be written to, and lives as long as a view of it does: in the compiled
    twin it is one block for all columns. A view's `obj` is that whole block, so code that is given
    one column can reach all of them: give it a copy, if it must not. What was given
    away by `to_numpy`, `to_arrow` or Arrow's interface is no longer used again by
    ``decode_columns(out=)``, which makes new memory instead.

    Args:
        rows: how many there are.
        memory: a writable buffer in one piece for each column, by name, with that many rows.

    Raises:
        KeyError: no such column.
        TypeError: something that is no buffer.
        ValueError: a buffer that is read-only, in pieces, or too small; `rows` below 0.

    >>> from socket import AF_UNSPEC
    >>> import fastsock
    >>> packet = bytes.fromhex("4500001c0000000040110000c0000201c0000202003500350008") + bytes(2)
    >>> columns = fastsock.decode_columns([packet] * 3, ["src", "dport"], link="raw")
    >>> len(columns), list(columns), columns["dport"].tolist()
    (3, ['src', 'dport'], [53, 53, 53])
    >>> fastsock.inet_ntop_many(AF_UNSPEC, columns["src"])[0]
    '192.0.2.1'
    """

    __module__ = "fastsock.capture"
    __slots__ = ("__weakref__", "_filled")

    def __init__(self, rows: SupportsIndex, memory: Mapping[str, WriteableBuffer]) -> None:
        count = index(rows)
        if count < 0:
            raise ValueError(f"rows must be at least 0, not {count}")
        blocks = {name: _flat(name, block) for name, block in memory.items()}
        for name, block in blocks.items():
            if len(block) < count * COLUMNS[name].itemsize:
                raise column_too_small(name, count)
        self._filled = _Filled(count, blocks, [])

    def __len__(self) -> int:
        return self._filled.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._filled.memory)

    def __contains__(self, name: object) -> bool:
        return name in self._filled.memory

    def __getitem__(self, name: str) -> memoryview:
        return _rows_of(self._filled, name)

    def __repr__(self) -> str:
        rows, memory, _ = self._filled
        return f"<Columns rows={rows} of {', '.join(memory) or 'nothing'}>"

    def __reduce__(self) -> tuple[type[Columns], tuple[int, dict[str, bytearray]]]:
        filled = self._filled
        return Columns, (
            filled.rows,
            {name: bytearray(_rows_of(filled, name)) for name in filled.memory},
        )

    def keys(self) -> tuple[str, ...]:
        """The names, as iteration gives them; so ``dict(columns)`` works.

        >>> import fastsock
        >>> fastsock.decode_columns([], ["ttl"]).keys()
        ('ttl',)
        """
        return tuple(self._filled.memory)

    def to_numpy(self) -> dict[str, Any]:
        """Every column as a NumPy array over the same memory, addresses as rows of 16 bytes.

        Returns:
            A dict by name: ``pandas.DataFrame`` takes it, but for the addresses.

        Raises:
            ImportError: NumPy is not installed.
        """
        import numpy

        filled = _give(self)
        return {
            name: numpy.asarray(_rows_of(filled, name)).reshape(_shape(filled, name))
            for name in filled.memory
        }

    def to_arrow(self) -> Any:
        """All columns as one pyarrow.RecordBatch, by `__arrow_c_array__`.

        Addresses are ``fixed_size_binary(16)``, all else are integers. There are no nulls.

        Raises:
            ImportError: pyarrow is not installed.
        """
        return import_module("pyarrow").record_batch(self)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Schema and array of a struct, for what reads Arrow's PyCapsule interface.

        The memory is that of the columns where they were decoded by the compiled twin, and a copy
        otherwise. Polars, pyarrow, pandas, DuckDB and nanoarrow read it; none of them is needed.

        Args:
            requested_schema: not looked at: whoever asks for other types casts.

        Source: Arrow's C data interface and PyCapsule interface.
        """
        from .._core.backend import BACKEND

        rows, memory, _ = _give(self)
        export = import_module(f"fastsock.capture._{BACKEND}.arrow_export").export
        capsules: tuple[object, object] = export(
            rows,
            [(name, _arrow_format(name), COLUMNS[name].itemsize, memory[name]) for name in memory],
        )
        return capsules


def _rows_of(filled: _Filled, name: str) -> memoryview:
    """A column as a typed view of its rows."""
    format_, itemsize = COLUMNS[name]
    flat = filled.memory[name][: filled.rows * itemsize]
    if format_ != "s":
        return flat.cast(format_)  # type: ignore[call-overload, no-any-return]
    return flat.cast("B", (filled.rows, itemsize)) if filled.rows else flat


def _shape(filled: _Filled, name: str) -> tuple[int, ...]:
    format_, itemsize = COLUMNS[name]
    return (filled.rows, itemsize) if format_ == "s" else (filled.rows,)


_ARROW_INTEGERS = {1: "c", 2: "s", 4: "i", 8: "l"}  # signed, by their size; unsigned: upper case


def _arrow_format(name: str) -> str:
    """A column's type as a format string of Arrow's C data interface."""
    format_, itemsize = COLUMNS[name]
    if format_ == "s":
        return f"w:{itemsize}"
    letter = _ARROW_INTEGERS[itemsize]
    return letter if format_.islower() else letter.upper()


def _give(columns: Columns) -> _Filled:
    """What the columns hold, for somebody to whom it must stay as it is.

    No lock, for a signal handler may come here. A claim is laid first, and what it was laid to is
    looked at again then: if a writer took that away meanwhile, the claim came too late.
    """
    while True:
        filled = columns._filled
        if not filled.claims:
            filled.claims.append(_GIVEN)
        if columns._filled is filled:
            return filled


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
            raise ValueError(f"there is no column {shorten(name)}")
        if not records and name in RECORD_COLUMNS:
            raise ValueError(f"only the records of a capture have a column {name!r}")
    return names


def take(out: Columns, names: tuple[str, ...]) -> dict[str, memoryview]:
    """The memory of columns that are to be written anew. Until they are refilled they have none.

    So whoever comes meanwhile, by an iterator that is at work or by a signal, makes memory of
    their own. What was given to others is not taken: there is no room then.

    Raises:
        TypeError, ValueError: `out` is no Columns; its selection is another one.
    """
    if not isinstance(out, Columns):
        raise TypeError(f"out must be Columns, not {type(out).__name__}")
    if out.keys() != names:
        raise ValueError(f"out has the columns {out.keys()}, not {names}")
    filled, claim = out._filled, object()
    nothing = dict.fromkeys(names, _NOTHING)
    out._filled = _Filled(0, nothing, [])
    filled.claims.append(claim)
    return filled.memory if filled.claims[0] is claim else nothing


def filled(rows: int, memory: dict[str, memoryview]) -> Columns:
    """Columns of so many rows, of memory that nobody else has: flat, writable, and large enough."""
    return refill(Columns.__new__(Columns), rows, memory)


def refill(out: Columns, rows: int, memory: dict[str, memoryview]) -> Columns:
    """Let `out` be `rows` rows of such memory."""
    out._filled = _Filled(rows, memory, [])
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
