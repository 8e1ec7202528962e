"""The class of decoded columns, and what writes their memory anew. Written once: not hot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from operator import index

from .._core.arrow.nodes import Node
from .._core.buffers import contiguous
from .._core.errors import shorten_number
from .._core.typed import TYPE_CHECKING, NamedTuple, overload
from ..packet.fields import COLUMNS
from .errors import bad_column_memory, column_too_small
from .presence import validity

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

    from _typeshed import WriteableBuffer


class _Filled(NamedTuple):
    """The rows, their memory, and claims to that: only the first claim holds.

    Some memory may belong to columns that are not shown: those which tell where others have nulls.
    """

    rows: int
    memory: dict[str, memoryview]
    shown: tuple[str, ...]
    claims: list[object]


_GIVEN = object()  # claims memory that was given to a consumer and must not change
_NOTHING = memoryview(bytearray())


def _flat(name: str, block: WriteableBuffer) -> memoryview:
    """View a column's memory as bytes. The view keeps it from being resized."""
    view = contiguous(block, f"column {name!r}")
    if view.readonly:
        raise bad_column_memory(name)
    return view if view.nbytes else _NOTHING


class Columns:
    """Fields of many packets, a column each: contiguous memory with one item a packet.

    ``columns["ttl"]`` is a typed memoryview of as many numbers as there are rows. `src` and
    `dst` have the shape ``(rows, 16)``: an IPv4 address is mapped (``::ffff:192.0.2.1``), and
    where a packet has no address there are zeros. `vlan` is 0xFFFF where there is no tag. Any
    other field that a packet does not have is 0; `status`, `version` and `protocol` say which it
    has. A column of no rows is an empty, flat view.

    `len` is the number of rows; iteration gives the names, in the order in which they were
    asked for. The memory may be written to, and lives as long as a view of it does: in the compiled
    twin it is one block for all columns. A view's `obj` is that whole block, so code that is given
    one column can reach all of them: give it a copy, if it must not. What was given
    away by `to_numpy`, `to_arrow` or Arrow's interface is no longer used again by
    ``decode_columns(out=)``, which makes new memory instead.

    Args:
        rows: the number of rows.
        memory: a writable, contiguous buffer for each column, by name, with room for them.

    Raises:
        KeyError: no such column.
        TypeError: not a buffer.
        BufferError: a buffer in pieces.
        ValueError: a buffer that is read-only or too small; `rows` below 0.

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
            raise ValueError(f"rows must be at least 0, not {shorten_number(count)}")
        blocks = {name: _flat(name, block) for name, block in memory.items()}
        for name, block in blocks.items():
            if len(block) < count * COLUMNS[name].itemsize:
                raise column_too_small(name, count)
        self._filled = _Filled(count, blocks, tuple(blocks), [])

    def __len__(self) -> int:
        return self._filled.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._filled.shown)

    def __contains__(self, name: object) -> bool:
        return name in self._filled.shown

    @overload
    def __getitem__(self, name: str) -> memoryview: ...
    @overload
    def __getitem__(self, name: slice) -> Columns: ...
    def __getitem__(self, name: str | slice) -> memoryview | Columns:
        """A column by its name, or some rows as columns of their own: a copy."""
        if isinstance(name, slice):
            return _some_rows(self._filled, range(self._filled.rows)[name])
        filled = self._filled
        if name not in filled.shown:
            raise KeyError(name)
        return _rows_of(filled, name)

    def __repr__(self) -> str:
        filled = self._filled
        return f"<Columns rows={filled.rows} of {', '.join(filled.shown) or 'nothing'}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        filled = self._filled
        memory: dict[str, Any] = {
            name: _rows_of(filled, name).cast("B") if filled.rows else bytearray()
            for name in filled.memory
        }
        if index(protocol) < 5:
            memory = {name: bytearray(block) for name, block in memory.items()}
        else:  # out of band: whoever unpickles may get the memory as it is
            from pickle import PickleBuffer

            memory = {name: PickleBuffer(block) for name, block in memory.items()}
        return _unpickled, (filled.rows, memory, filled.shown)

    def keys(self) -> tuple[str, ...]:
        """The names, as iteration gives them; so ``dict(columns)`` works.

        >>> import fastsock
        >>> fastsock.decode_columns([], ["ttl"]).keys()
        ('ttl',)
        """
        return self._filled.shown

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
            for name in filled.shown
        }

    def to_arrow(self) -> Any:
        """All columns as one pyarrow.RecordBatch, by `__arrow_c_array__`.

        Addresses are ``fixed_size_binary(16)``, all else are integers. Rows are null as in
        `__arrow_c_array__`.

        Raises:
            ImportError: pyarrow is not installed.
        """
        return import_module("pyarrow").record_batch(self)

    def __arrow_c_schema__(self) -> object:
        """Export the type of the columns, by Arrow's PyCapsule interface."""
        from .._core.backend import BACKEND

        fields = tuple(Node(_arrow_format(name), name=name) for name in self._filled.shown)
        export_schema = import_module(f"fastsock._core.arrow._{BACKEND}").export_schema
        return export_schema(Node("+s", children=fields, flags=0))

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Export the columns as an array of structs, by Arrow's PyCapsule interface.

        The memory is that of the columns where they were decoded by the compiled twin, and a copy
        otherwise. Polars, pyarrow, pandas, DuckDB and nanoarrow read it; none of them is needed.

        A row is null where its packet has no such field. Decoding keeps the `link`, `version`,
        `protocol` and `status` that tell this, even where they were not asked for. Columns made of
        a caller's memory have only the columns that they were given.

        Args:
            requested_schema: ignored: a consumer that wants other types casts.

        Source: Arrow's C data interface and PyCapsule interface.
        """
        from .._core.backend import BACKEND

        interface = import_module(f"fastsock._core.arrow._{BACKEND}")
        filled = _give(self)
        rows, memory = filled.rows, filled.memory
        absent = dict.fromkeys(filled.shown, (None, 0))
        if rows:
            views = {name: _rows_of(filled, name) for name in memory}
            absent = validity(views, filled.shown, interface.pack_bits)
        fields = tuple(
            Node(_arrow_format(name), rows, (bits, memory[name]), name, nulls)
            for name, (bits, nulls) in absent.items()
        )
        capsules: tuple[object, object] = interface.export(
            Node("+s", rows, (None,), children=fields, flags=0)
        )
        return capsules


def _unpickled(rows: int, memory: dict[str, Any], shown: tuple[str, ...] | None = None) -> Columns:
    """Restore pickled columns: what came out of band and can't be written to is copied."""
    columns = Columns(
        rows,
        {
            name: bytearray(block) if memoryview(block).readonly else block
            for name, block in memory.items()
        },
    )
    return columns if shown is None else _showing(columns, shown)


def _showing(columns: Columns, shown: tuple[str, ...]) -> Columns:
    """Hide the other columns of new ones."""
    columns._filled = columns._filled._replace(shown=shown)
    return columns


def _some_rows(filled: _Filled, rows: range) -> Columns:
    memory = {}
    for name, block in filled.memory.items():
        size = COLUMNS[name].itemsize
        if rows.step == 1:
            memory[name] = bytearray(block[rows.start * size : max(rows.stop, rows.start) * size])
        else:
            picked = [block[row * size : (row + 1) * size] for row in rows]
            memory[name] = bytearray().join(picked)
    return _showing(Columns(len(rows), memory), filled.shown)


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
    """Give the columns' memory to a consumer: nobody writes to it again.

    Takes no lock, because a signal handler may call it. It claims first and then checks that the
    memory is still the columns' own: if not, a writer has taken it, and was first.
    """
    while True:
        filled = columns._filled
        if not filled.claims:
            filled.claims.append(_GIVEN)
        if columns._filled is filled:
            return filled


def take(out: Columns, names: tuple[str, ...]) -> dict[str, memoryview]:
    """Take the memory of columns that are to be rewritten. They have no rows until `refill`.

    Memory of hidden columns comes after that of `names`; a caller's own memory has none. A nested
    call, from an iterator or a signal handler, makes memory of its own. Memory that was given to a
    consumer is not taken: the result has no room then.

    Raises:
        TypeError, ValueError: `out` is not a Columns, or has other columns.
    """
    if not isinstance(out, Columns):
        raise TypeError(f"out must be Columns, not {type(out).__name__}")
    if out.keys() != names:
        raise ValueError(f"out has the columns {out.keys()}, not {names}")
    filled, claim = out._filled, object()
    nothing = dict.fromkeys(filled.memory, _NOTHING)
    out._filled = _Filled(0, nothing, names, [])
    filled.claims.append(claim)
    return filled.memory if filled.claims[0] is claim else nothing


def filled(rows: int, memory: dict[str, memoryview], shown: tuple[str, ...]) -> Columns:
    """Make columns of memory that is unshared, flat, writable and large enough."""
    return refill(Columns.__new__(Columns), rows, memory, shown)


def refill(
    out: Columns, rows: int, memory: dict[str, memoryview], shown: tuple[str, ...]
) -> Columns:
    """Give such memory, with `rows` rows, to `out`, which shows these columns of it."""
    out._filled = _Filled(rows, memory, shown, [])
    return out
