"""Arguments of views and builders, in the pure twin: numbers that fit, bytes, addresses."""

from __future__ import annotations

from operator import index
from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING, SupportsIndex

from ..._core import buffers as _buffers, errors as _core_errors
from ...address import errors as _address_errors
from ...address._py import inet_pton

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def number(name: str, value: SupportsIndex, most: int, least: int = 0) -> int:
    """An int from `least` to `most`."""
    result = index(value)
    if not least <= result <= most:
        raise _core_errors.out_of_range(name, result, least, most)
    return result


def octets(name: str, value: ReadableBuffer, size: int) -> bytes:
    """A copy of exactly `size` bytes."""
    given = value if type(value) is bytes else _buffers.copied(value, name)
    if len(given) != size:
        raise _core_errors.bad_size(name, len(given), str(size))
    return given


def address(name: str, value: str | ReadableBuffer) -> bytes:
    """The packed form of an address, given as text or as the 4 or 16 bytes themselves."""
    if type(value) is bytes and len(value) in (4, 16):
        return value
    if isinstance(value, str):
        for family in (AF_INET, AF_INET6):
            try:
                return inet_pton(family, value)
            except (OSError, ValueError):
                continue
        raise _address_errors.not_address(value)
    given = _buffers.copied(value, name)
    if len(given) not in (4, 16):
        raise _core_errors.bad_size(name, len(given), "4 or 16")
    return given
