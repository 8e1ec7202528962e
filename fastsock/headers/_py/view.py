"""The base of all views: the buffer that they hold, and where the header begins in it."""

from __future__ import annotations

from operator import index
from struct import Struct
from typing import TYPE_CHECKING, Any, NoReturn, Self, SupportsIndex, cast

from ..._core import buffers as _buffers
from ...packet import errors as _packet_errors
from ...stream import errors as _stream_errors
from .. import errors as _errors

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

WORDS = {1: Struct(">B"), 2: Struct(">H"), 4: Struct(">I")}


def fold(total: int) -> int:
    """The ones' complement sum of 16-bit words, from their plain sum: 0 only for a sum of 0."""
    return (total - 1) % 0xFFFF + 1 if total else 0


def sum_of(data: ReadableBuffer) -> int:
    """A number with the bytes' ones' complement sum, an odd last one padded by a zero."""
    # Modulo 0xFFFF all of 2**16, 2**32 ... are 1, so the whole is worth the sum of its words.
    size = memoryview(data).nbytes
    return int.from_bytes(data, "big") << 8 * (size & 1)


def updated(checksum: int, before: int, after: int, size: int, zero_is_none: bool) -> int:
    """A checksum after `size` bytes, whole words, have changed: equation 3 of RFC 1624."""
    if zero_is_none and checksum == 0:
        return 0
    sum_ = (0xFFFF ^ checksum) + ((1 << 8 * size) - 1 - before) + after
    result = 0xFFFF ^ fold(sum_)
    return 0xFFFF if result == 0 and zero_is_none else result


class View:
    """The base of all views: the buffer that they hold, and where the header begins in it."""

    __slots__ = ("_flat", "_least", "_size", "_source", "_start")

    _LAYER: str  # the header's name in errors
    _LEAST: int  # the fewest bytes of one
    _CHECKSUM_AT = -1  # where the checksum stands in it, if there is one
    _ZERO_IS_NONE = False  # UDP: it may be absent

    def __init__(self, buffer: ReadableBuffer, offset: SupportsIndex = 0) -> None:
        start = index(offset)
        view = _buffers.contiguous(buffer, "buffer")
        there = len(view) - start
        if start < 0 or there < self._LEAST:
            view.release()  # the error would keep it, and so the buffer from growing
        if start < 0:
            raise _stream_errors.bad_count("offset", start)
        if there < self._LEAST:
            raise _packet_errors.header_fault(self._LAYER, "header", start, "HEADER_CUT")
        self._source: Any = buffer
        self._flat: memoryview | None = view
        self._start, self._size = start, there
        self._least = self._LEAST  # how many bytes of the fixed part are there

    def __init_subclass__(cls) -> None:
        base = cls.__bases__[0]
        if hasattr(base, "_LAYER"):  # a view of a certain header
            raise TypeError(f"type {base.__name__!r} is not an acceptable base type")

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    def __repr__(self) -> str:
        where = "released" if self._flat is None else f"at {self._start}, {self._size} bytes"
        return f"<{type(self).__name__} {where}>"

    def __enter__(self) -> Self:
        self._live()
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    def release(self) -> None:
        """Let go of the buffer, so that it can be resized; the view can't be used any more."""
        if self._flat is not None:
            self._flat.release()
        self._source = self._flat = None
        self._size = 0

    @property
    def buffer(self) -> Any:
        """The buffer that the view was made of."""
        self._live()
        return self._source

    @property
    def offset(self) -> int:
        """Where the header begins in the buffer."""
        return self._start

    def _live(self) -> memoryview:
        """All bytes of the buffer."""
        if self._flat is None:
            raise _errors.released()
        return self._flat

    def _writable(self) -> memoryview:
        view = self._live()
        if view.readonly:
            raise _errors.read_only()
        return view

    def _check_field(self, end: int) -> None:
        """Refuse a field that ends at `end` where the header is cut before."""
        self._live()
        if end > self._least:
            self._fault("header", "HEADER_CUT")

    def _slice(self, start: int, stop: int) -> memoryview:
        return self._live()[self._start + start : self._start + max(start, stop)]

    def _fault(self, field: str, what: str) -> NoReturn:
        raise _packet_errors.header_fault(self._LAYER, field, self._start, what)

    def _load(self, at: int, size: int) -> int:
        start = self._start + at
        return cast("int", WORDS[size].unpack_from(self._live(), start)[0])

    def _store(self, at: int, size: int, value: int) -> None:
        WORDS[size].pack_into(self._writable(), self._start + at, value)

    def _rewrite(self, at: int, value: bytes) -> None:
        """Write bytes of the header, and keep its checksum right."""
        view = self._writable()
        start = self._start + at
        if self._CHECKSUM_AT in (-1, at) or self._least < self._CHECKSUM_AT + 2:
            view[start : start + len(value)] = value
            return
        first = self._start + (at & ~1)
        words = slice(first, first + (at % 2 + len(value) + 1) // 2 * 2)
        before = int.from_bytes(view[words], "big")
        view[start : start + len(value)] = value
        after = int.from_bytes(view[words], "big")
        self._update(self._CHECKSUM_AT, before, after, words.stop - first, self._ZERO_IS_NONE)

    def _update(self, at: int, before: int, after: int, size: int, zero_is_none: bool) -> None:
        """Update the checksum at `at` for words that have changed."""
        checksum = updated(self._load(at, 2), before, after, size, zero_is_none)
        self._store(at, 2, checksum)

    def _header(self, words: int, there: int) -> int:
        """The bytes of a header with options, from its length in words of four bytes."""
        if words < 5:
            self._fault("header_length", "BAD_HEADER_LENGTH")
        if words * 4 > there:
            self._fault("options", "OPTIONS_CUT")
        return words * 4
