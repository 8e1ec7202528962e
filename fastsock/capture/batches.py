"""A capture as Arrow batches: with nulls, times, and types that an engine takes. Written once."""

from __future__ import annotations

import sys
from array import array
from operator import index
from socket import AF_UNSPEC

from .._core.arrow.nodes import NULLABLE, Node
from .._core.typed import TYPE_CHECKING
from ..packet.fields import COLUMNS
from . import errors, selection
from .presence import ADDRESSES, HELPERS, Presence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType
    from typing import Any, SupportsIndex

    from .columns import Columns

CHUNK = 1 << 16
_MOST_BYTES = (1 << 31) - 1  # of a batch's texts: offsets have 32 bits
_SIGNED = {1: "s", 2: "i", 4: "l"}  # what Spark has for unsigned numbers: the next larger
_SPARK_NAMES = {"s": "short", "i": "int", "l": "long", "tsu:UTC": "timestamp", "z": "binary",
                "u": "string"}  # fmt: skip
_LETTERS = {1: "C", 2: "S", 4: "I"}
_LITTLE = sys.byteorder == "little"


class Batches:
    """The rows of a capture as record batches: what `Capture.to_batches` gives.

    It can be read once: iterated, or taken by whatever reads ``__arrow_c_stream__``.
    """

    __module__ = "fastsock.capture"
    __slots__ = ("__weakref__", "_chunks", "_interface", "_maker")

    def __init__(self, maker: _Maker, chunks: Iterator[Columns], interface: ModuleType) -> None:
        self._maker = maker
        self._chunks = chunks
        self._interface = interface

    @property
    def schema(self) -> Schema:
        """The type of a batch, known before the first row."""
        return Schema(self._maker.node(None), self._interface)

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Batch:
        return Batch(self._maker.node(next(self._chunks)), self._interface)

    def __arrow_c_schema__(self) -> object:
        """Export the type, by Arrow's PyCapsule interface."""
        return self._interface.export_schema(self._maker.node(None))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the batches that are left, each decoded when the consumer asks for it.

        Args:
            requested_schema: ignored: a consumer that wants other types casts.
        """
        nodes = map(self._maker.node, self._chunks)
        return self._interface.export_stream(self._maker.node(None), nodes)


class Schema:
    """A type without rows, for whatever reads ``__arrow_c_schema__``."""

    __slots__ = ("_interface", "_node")

    def __init__(self, node: Node, interface: ModuleType) -> None:
        self._node = node
        self._interface = interface

    def __arrow_c_schema__(self) -> object:
        return self._interface.export_schema(self._node)

    def ddl(self) -> str:
        """Write the type as Spark's DDL; it needs ``types="spark"``."""
        return ", ".join(
            f"`{field.name}` {_SPARK_NAMES[field.format]}" for field in self._node.children
        )


class Batch:
    """Some rows, for whatever reads ``__arrow_c_array__``."""

    __slots__ = ("_interface", "_node")

    def __init__(self, node: Node, interface: ModuleType) -> None:
        self._node = node
        self._interface = interface

    def __len__(self) -> int:
        return self._node.rows

    def __arrow_c_schema__(self) -> object:
        return self._interface.export_schema(self._node)

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        capsules: tuple[object, object] = self._interface.export(self._node)
        return capsules


class _Maker:
    """Makes a node of columns, by the types that are wanted."""

    def __init__(
        self, twin: ModuleType, names: tuple[str, ...], spark: bool, text: bool, source: str | None
    ) -> None:
        self._twin = twin
        self._names = names
        self._spark = spark
        self._text = text
        self._source = source

    def node(self, columns: Columns | None) -> Node:
        rows = 0 if columns is None else len(columns)
        presence = None if columns is None or not rows else Presence(columns)
        fields = [self._field(name, columns, rows, presence) for name in self._names]
        if self._source is not None:
            fields.append(self._source_field(rows, self._source))
        return Node("+s", rows, (None,), children=tuple(fields), flags=0)

    def _field(
        self, name: str, columns: Columns | None, rows: int, presence: Presence | None
    ) -> Node:
        flags = presence.of(name) if presence is not None else None
        validity, nulls = None, 0
        if flags is not None:
            validity, nulls = self._twin.interface.pack_bits(flags)
            validity = validity if nulls else None
        values = memoryview(b"")
        if columns is not None and rows:
            values = columns[name].cast("B")
        format_, buffers = self._values(name, values, rows, flags)
        return Node(format_, rows, (validity, *buffers), name, nulls, flags=NULLABLE)

    def _values(
        self, name: str, values: memoryview, rows: int, flags: bytes | None
    ) -> tuple[str, tuple[Any, ...]]:
        width = COLUMNS[name].itemsize
        if name in ADDRESSES:
            return self._addresses(values, rows, flags)
        if name == "timestamp_ns":
            if not self._spark:
                return "tsn:UTC", (values,)
            numbers = values.cast("q") if rows else ()
            return "tsu:UTC", (array("q", [number // 1000 for number in numbers]),)
        if not self._spark:
            return _LETTERS[width], (values,)
        wide = bytearray(2 * width * rows)
        for byte in range(width):
            at = byte if _LITTLE else width + byte
            wide[at :: 2 * width] = bytes(values[byte::width])
        return _SIGNED[width], (wide,)

    def _addresses(
        self, packed: memoryview, rows: int, flags: bytes | None
    ) -> tuple[str, tuple[Any, ...]]:
        if self._text:
            width, offsets, texts = self._twin._write_texts(int(AF_UNSPEC), packed, flags)
            if width != 4:
                raise errors.chunk_too_large()
            return "u", (offsets, texts)
        if not self._spark:
            return "w:16", (packed,)
        return "z", (array("i", range(0, 16 * rows + 1, 16)), packed)

    def _source_field(self, rows: int, source: str) -> Node:
        name = source.encode("utf-8", "backslashreplace")  # a path may be no text
        ends = array("i", [0, len(name)])
        if not self._spark:
            values = Node("u", 1, (None, ends, name))
            return Node("i", rows, (None, bytes(4 * rows)), "source", dictionary=values)
        if len(name) * rows > _MOST_BYTES:
            raise errors.chunk_too_large(_MOST_BYTES // len(name))
        ends = (
            array("i", range(0, len(name) * rows + 1, len(name)))
            if name
            else array("i", bytes(4 * rows + 4))
        )
        return Node("u", rows, (None, ends, name * rows), "source")


def to_batches(
    twin: ModuleType,
    capture: Any,
    columns: Iterable[str] | None,
    chunk: SupportsIndex,
    types: str,
    addresses: str,
    source: bool | str,
    verify: bool,
) -> Batches:
    """Make the batches of either twin's capture."""
    names = selection.select(columns, records=True)
    if types not in ("arrow", "spark"):
        raise errors.bad_choice("types", types, "'arrow' or 'spark'")
    if addresses not in ("binary", "text"):
        raise errors.bad_choice("addresses", addresses, "'binary' or 'text'")
    size = index(chunk)
    if size > 1 << 24:  # offsets of 32 bits
        raise errors.chunk_too_large()
    label = (source if isinstance(source, str) else capture.name or "") if source else None
    maker = _Maker(twin, names, types == "spark", addresses == "text", label)
    decoded = tuple(dict.fromkeys([*names, *HELPERS]))
    return Batches(maker, capture.to_columns(decoded, verify=verify, chunk=size), twin.interface)
