"""Arguments of both twins: which columns are asked for, the link type, offsets of packets."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from operator import index

from .._core.errors import not_between, not_contiguous, shorten
from .._core.typed import TYPE_CHECKING
from ..packet.errors import not_link
from ..packet.fields import COLUMNS, DEFAULT_COLUMNS, LINK_TYPES, RECORD_COLUMNS

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

_PACKET_COLUMNS = tuple(name for name in DEFAULT_COLUMNS if name not in RECORD_COLUMNS)
_INTEGERS = frozenset("bBhHiIlLqQnN")


def select(columns: Iterable[str] | None, *, records: bool) -> tuple[str, ...]:
    """The selected names, each once; None selects the default ones.

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


def link_number(link: str | SupportsIndex, most: int = 0xFFFFFFFF) -> int:
    """The number of a link type, from its name or number.

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
    """Offsets as contiguous 64-bit integers, copied only if they are not.

    Raises:
        TypeError, BufferError, ValueError: not integers, not contiguous, or too large.
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
            raise TypeError(f"offsets must be integers, not of format {shorten(view.format)}")
        if (
            view.format in _INTEGERS and view.itemsize == 8
        ):  # a number that is too large reads as negative
            return view.cast("B").cast("q") if view.nbytes else view
        # memoryview can't read formats that name a byte order; their owner can.
        numbers = view if view.format in _INTEGERS else offsets
    try:
        return array("q", numbers)
    except OverflowError:
        raise ValueError("offsets must fit in 64 bits") from None
