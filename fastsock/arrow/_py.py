"""Pure twin of `fastsock.arrow`, over the interface by ctypes."""

from __future__ import annotations

import sys
from array import array
from socket import AF_INET, AF_UNSPEC
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from ..address import _py as address
from . import columns as _columns, reading as _reading

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Interface(ModuleType):
    """The interface, whose import of ctypes waits until a column is read or given."""

    def __getattr__(self, name: str) -> Any:
        from .._core.arrow import _py

        return getattr(_py, name)


interface = _Interface("interface")
_twin = sys.modules[__name__]
_address = address


class AddressColumn(_columns.AddressMethods):
    __doc__ = _columns.ADDRESS_DOC
    __slots__ = ()
    _interface = interface
    _address = _address

    @staticmethod
    def _to_text(column: _columns.AddressMethods) -> TextColumn:
        return ntop_column(column)


class TextColumn(_columns.TextMethods):
    __doc__ = _columns.TEXT_DOC
    __slots__ = ()
    _interface = interface


class IntColumn(_columns.IntMethods):
    __doc__ = _columns.INT_DOC
    __slots__ = ()
    _interface = interface


class BoolColumn(_columns.BoolMethods):
    __doc__ = _columns.BOOL_DOC
    __slots__ = ()
    _interface = interface


class DictionaryColumn(_columns.DictionaryMethods):
    __doc__ = _columns.DICTIONARY_DOC
    __slots__ = ()
    _interface = interface


def _write_texts(
    family: int, packed: ReadableBuffer, valid: ReadableBuffer | None
) -> tuple[int, bytes, bytes]:
    """The offsets of the texts of packed addresses, how wide they are, and the texts."""
    texts = address.inet_ntop_many(family, packed)
    if valid is not None:
        flags = memoryview(valid)
        texts = [text if good else "" for text, good in zip(texts, flags, strict=True)]
    most = len(texts) * (15 if family == AF_INET else 45)  # characters
    width, offsets = _columns.ends_of(list(map(len, texts)), most)
    return width, offsets, "".join(texts).encode("ascii")


# Loops over int32 for look-ups:


def _hits(values: memoryview, valid: bytes) -> bytes:
    """A byte a row: whether it is valid and its number not negative."""
    numbers = memoryview(values).cast("B").cast("i")
    return bytes(good and n >= 0 for n, good in zip(numbers, valid, strict=True))


def _filled(values: bytes, valid: bytes, other: int) -> bytes:
    """The numbers, and `other` where a row is not valid."""
    numbers = memoryview(values).cast("i")
    pairs = zip(numbers, valid, strict=True)
    return array("i", [n if good else other for n, good in pairs]).tobytes()


def _compacted(values: bytes, valid: bytes) -> tuple[bytes, list[int]]:
    """The numbers anew, in the order of their first rows, and which number each was.

    Rows that are not valid get 0; no flags at all mean that all rows are.
    """
    numbers = memoryview(values).cast("i")
    flags = valid or b"\1" * len(numbers)
    seen: dict[int, int] = {}
    out = array("i")
    for number, good in zip(numbers, flags, strict=True):
        if good and number < 0:
            raise ValueError("a number is no slot")
        out.append(seen.setdefault(number, len(seen)) if good else 0)
    return out.tobytes(), list(seen)


def pton_column(
    column: Any,
    family: SupportsIndex = AF_UNSPEC,
    errors: Literal["mask", "strict"] = "mask",
) -> AddressColumn:
    """Pack a column of texts into a column of addresses.

    Args:
        column: whatever `inet_pton_many` takes as texts: anything that exports Arrow memory with
            strings, a ``(buffer, offsets)`` pair, a list.
        family: `AF_INET`, `AF_INET6`, or `AF_UNSPEC` for rows of either.
        errors: ``"mask"``: a row that is no address is null; ``"strict"``: it is an error.

    Returns:
        An `AddressColumn`, null where the column is.

    Raises:
        AddressError: with ``"strict"``, a row that is no address.
        TypeError, ValueError, BufferError: as `inet_pton_many`.

    Source: as `inet_pton`, row by row.

    >>> list(pton_column(["192.0.2.1", None, "2001:db8::1"]))
    ['192.0.2.1', None, '2001:db8::1']
    """
    if errors == "strict":
        return AddressColumn(family, _address.inet_pton_many(family, column))
    packed, valid = _address.inet_pton_many(family, column, errors=errors)
    return AddressColumn(family, packed, valid if 0 in valid else None)


def ntop_column(addresses: Any) -> TextColumn:
    """Write a column of packed addresses as a column of texts.

    Args:
        addresses: an `AddressColumn`, or anything that exports Arrow memory with packed addresses:
            ``fixed_size_binary`` of 4 or 16 bytes, ``uint32`` (IPv4), or binary, where a row of
            another size is null. IPv4-mapped addresses are written as IPv4, but for an
            `AddressColumn` of `AF_INET6`.

    Returns:
        A `TextColumn`, null where the column is.

    Raises:
        TypeError: a column of another type.
        ValueError: a damaged column.

    Source: as `inet_ntop`, row by row.

    >>> list(ntop_column(pton_column(["2001:db8:0::1", None])))
    ['2001:db8::1', None]
    """
    found = _reading.read_addresses(_twin, addresses, _reading.PACKED)
    width, offsets, data = _write_texts(found.family, found.packed, found.valid)
    return TextColumn._made(width, offsets, data, found.valid)
