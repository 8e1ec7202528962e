"""Look-ups over columns: written once, over either twin."""

from __future__ import annotations

from operator import index
from socket import AF_UNSPEC

from .._core.typed import TYPE_CHECKING
from ..arrow import reading
from . import errors

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, SupportsIndex

_MISS = -1


def lookup_column(
    twin: ModuleType, table: Any, column: Any, values: bool, default: SupportsIndex | None
) -> Any:
    """Find the longest match of each address of a column."""
    if values and default is not None:
        raise errors.default_of_values()
    number = None if default is None else index(default)
    if number is not None and not -0x80000000 <= number < 0x80000000:
        raise errors.bad_default(number)

    def find(family: int, packed: Any, valid: bytes) -> tuple[Any, bytes]:
        found = table.lookup_many(family, packed)
        return found.cast("B"), twin._hits(found, valid)

    records, flags = reading.map_column(twin, column, find, 4)
    if 0 not in flags:
        flags = b""
    if not values:
        if number is not None and flags:
            records, flags = twin._filled(records, flags, number), b""
        return twin.IntColumn(records, flags or None)
    indexes, used = twin._compacted(records, flags)
    return twin.DictionaryColumn._made(indexes, table._values_at(used), flags or None)


def contains_column(twin: ModuleType, addresses: Any, column: Any) -> Any:
    """Tell which addresses of a column are in a set."""

    def find(family: int, packed: Any, valid: bytes) -> tuple[Any, bytes]:
        return addresses.contains_many(family, packed), valid

    records, flags = reading.map_column(twin, column, find, 1)
    return twin.BoolColumn(records, flags if 0 in flags else None)


def mask_column(twin: ModuleType, mask_many: Any, column: Any, bits4: Any, bits6: Any) -> Any:
    """Clear the last bits of each address of a column."""

    def mask(family: int, packed: Any) -> Any:
        return mask_many(family, packed, bits4, bits6)

    mask(AF_UNSPEC, b"")  # a wrong number of bits is an error of a column without rows, too
    return reading.read_addresses(twin, column, change=mask)
