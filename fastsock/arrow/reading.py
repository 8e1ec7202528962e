"""Addresses in any column, whatever they are written as, and functions of them. Written once."""

from __future__ import annotations

from socket import AF_INET, AF_UNSPEC

from .._core.arrow.pieces import BINARIES, TEXTS, Piece
from .._core.typed import TYPE_CHECKING
from .columns import AddressMethods, swapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

    Addresses = tuple[int, Any, bytes]
    """A family, its packed records, and a flag a row."""

PACKED = BINARIES | {"w:4", "w:16", "I"}
ALL = PACKED | TEXTS
WHAT = "addresses"

_NARROW = frozenset({"w:4", "I"})


def _flags(interface: ModuleType, piece: Piece) -> bytes:
    if piece.validity is None:
        return b"\1" * piece.rows
    return interface.spread_bits(piece.validity, piece.first, piece.rows)  # type: ignore[no-any-return]


def _addresses(interface: ModuleType, address: ModuleType, piece: Piece) -> Addresses:
    """The addresses of a piece that is no dictionary."""
    if piece.format == "n":
        return int(AF_UNSPEC), bytes(16 * piece.rows), bytes(piece.rows)
    if piece.format in TEXTS:
        packed, valid = address._pack_piece_of(AF_UNSPEC, piece)
        return int(AF_UNSPEC), packed, valid
    if piece.format in BINARIES:
        return (int(AF_UNSPEC), *interface.take_packed(piece))
    family = AF_INET if piece.format in _NARROW else AF_UNSPEC
    packed = swapped(piece.values) if piece.format == "I" else piece.values
    return int(family), packed, _flags(interface, piece)


def map_column(
    twin: ModuleType,
    column: Any,
    compute: Callable[[int, Any, bytes], tuple[Any, bytes]],
    size: int,
    accepted: frozenset[str] = ALL,
) -> tuple[bytes, bytes]:
    """Compute a record for each address of a column, once for each value of a dictionary.

    Args:
        twin: the module of columns, whose interface reads.
        column: an `AddressColumn`, or anything that exports a column of addresses as text, as
            ``fixed_size_binary``, ``uint32`` or binary.
        compute: of a family, packed records and a flag a row, as many records and flags.
        size: the bytes of a record; 0: as many as the packed address has.
        accepted: Arrow's formats that the column may have.

    Returns:
        The records and the flags of all rows.
    """
    if isinstance(column, AddressMethods):
        valid = b"\1" * len(column) if column.valid is None else bytes(column.valid)
        records, flags = compute(column.family, column.packed, valid)
        return bytes(records), flags
    parts = list(_computed(twin, column, compute, size, accepted))
    if len(parts) == 1:
        return parts[0]
    return b"".join([part[0] for part in parts]), b"".join([part[1] for part in parts])


def _computed(
    twin: ModuleType, column: Any, compute: Any, size: int, accepted: frozenset[str]
) -> Iterator[tuple[bytes, bytes]]:
    interface, address = twin.interface, twin.address
    dictionary: Piece | None = None
    for piece in interface.pieces(column, accepted, WHAT):
        if piece.dictionary is None:
            records, flags = compute(*_addresses(interface, address, piece))
            yield bytes(records), flags
            continue
        if piece.dictionary is not dictionary:
            dictionary = piece.dictionary
            values, good = compute(*_addresses(interface, address, dictionary))
            values = bytes(values)
        width = size or (4 if dictionary.format in _NARROW else 16)
        yield interface.take(piece, width, values, good)


def _same(family: int, packed: Any) -> Any:
    return packed


def read_addresses(
    twin: ModuleType,
    column: Any,
    accepted: frozenset[str] = ALL,
    change: Callable[[int, Any], Any] = _same,
) -> Any:
    """The addresses of any column as an `AddressColumn`, changed to others of their family."""
    given = isinstance(column, AddressMethods)
    if given and change is _same:
        return column
    found = [int(AF_UNSPEC)]

    def keep(family: int, packed: Any, valid: bytes) -> tuple[Any, bytes]:
        found[0] = family
        return change(family, packed), valid

    packed, valid = map_column(twin, column, keep, 0, accepted)
    as_uint32 = given and column.as_uint32
    return twin.AddressColumn(found[0], packed, valid if 0 in valid else None, as_uint32=as_uint32)
