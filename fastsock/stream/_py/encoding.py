"""Encoders of the framers, over `int.to_bytes` and joins.

A frame that is not right by the way it is made is read back, so that a body which would not come
back as it is can't pass.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..._core.buffers import contiguous
from .. import errors as _errors
from ..framers import Delimiter, FixedSize, LengthPrefix, Lines, Netstring, TextLength, Varint
from .framing import Window, walker_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed import ReadableBuffer

    from ..framers import Framer


def encode(framer: Framer, body: ReadableBuffer, /) -> bytes:
    """Write the frame of a body, by one of the framers of this package."""
    return _write(framer, (body,), -1)


def encode_many(framer: Framer, bodies: Iterable[ReadableBuffer], /) -> bytes:
    """Write the frames of many bodies into one buffer."""
    return _write(framer, tuple(bodies), 0)


def _write(framer: Any, bodies: tuple[ReadableBuffer, ...], first: int) -> bytes:
    """All frames, laid out first and then read back; `first` is the place of the first body."""
    views: list[memoryview] = []
    try:
        views.extend(contiguous(body, "a body") for body in bodies)
        walker = walker_of(framer)
        if type(framer) not in _WRITERS:
            raise _errors.not_framer(framer)
        write = _WRITERS[type(framer)]
        around = [write(framer, len(view), place) for place, view in enumerate(views, first)]
        pieces: list[bytes] = []
        for place, (before, after), view in zip(
            range(first, sys.maxsize), around, views, strict=False
        ):
            body = bytes(view)
            if not _sure(framer):
                _read_back(walker, before, body, after, place, framer)
            pieces += (before, body, after)
    finally:
        for view in views:
            view.release()
    return b"".join(pieces)


def surround(framer: Framer, size: int, place: int, /) -> tuple[bytes, bytes] | None:
    """What precedes and follows a body of a size, or None where that depends on the body."""
    walker_of(framer)  # refuses what is no framer
    if not _sure(framer) or type(framer) is FixedSize:
        return None
    return _WRITERS[type(framer)](framer, size, place)


def _sure(framer: Any) -> bool:
    """Whether frames of this kind come back by the way they are made, whatever the body."""
    if type(framer) is LengthPrefix:
        return framer.strip >= framer.offset + framer.width
    if type(framer) is TextLength:
        return framer.strip and not framer.markers
    return type(framer) in (Netstring, FixedSize) or (type(framer) is Varint and not framer.keep)


def _read_back(
    walker: Any, before: bytes, body: bytes, after: bytes, place: int, framer: Any
) -> None:
    """Check that the reader finds the body, and nothing else, in a frame."""
    frame = bytearray().join((before, body, after))
    window = Window(frame, 0, len(frame), 0, sys.maxsize // 4, ended=False)
    start = len(before)
    if frame:
        frames, consumed, stop = walker.walk(window, 1)
        if isinstance(stop.error, _errors.FrameTooLargeError):
            raise stop.error
        if isinstance(stop.error, _errors.LimitOverrunError):
            raise _errors.FrameTooLargeError(len(body), framer.max_frame)
        if frames == [(start, start + len(body))] and consumed == len(frame):
            return
    if type(framer) not in (Delimiter, Lines):
        raise _errors.unframed(place, _errors.HEADER)
    amiss = _errors.DELIMITER_AMISS if framer.keep else _errors.DELIMITER_INSIDE
    raise _errors.unframed(place, amiss)


def _limited(framer: Any, size: int) -> None:
    if framer.max_frame is not None and size > framer.max_frame:
        raise _errors.FrameTooLargeError(size, framer.max_frame)


def _prefixed(framer: LengthPrefix, size: int, place: int) -> tuple[bytes, bytes]:
    header, strip = framer.offset + framer.width, framer.strip
    if strip + size < header:
        raise _errors.unframed(place, _errors.SHORT)
    counted = strip + size - header
    length = counted - framer.adjust
    try:
        field = length.to_bytes(framer.width, framer.byteorder, signed=framer.signed)
    except OverflowError:
        raise _errors.unframed(place, _errors.other_length(length)) from None
    _limited(framer, counted)
    before = bytes(framer.offset) + field
    return before[:strip].ljust(strip, b"\0"), b""


def _delimited(framer: Delimiter | Lines, size: int, _place: int) -> tuple[bytes, bytes]:
    if framer.keep:
        return b"", b""
    _limited(framer, size)
    return b"", framer.writes


def _fixed(framer: FixedSize, size: int, place: int) -> tuple[bytes, bytes]:
    if size != framer.size:
        raise _errors.unframed(place, _errors.other_size(size, framer.size))
    return b"", b""


def _varint(framer: Varint, size: int, _place: int) -> tuple[bytes, bytes]:
    if framer.keep:
        return b"", b""
    _limited(framer, size)
    length, digits = size, bytearray()
    while length >= 0x80:
        digits.append(length & 0x7F | 0x80)
        length >>= 7
    digits.append(length)
    return bytes(digits), b""


def _text(framer: TextLength, size: int, place: int) -> tuple[bytes, bytes]:
    if not framer.strip:
        return b"", b""
    length = size - framer.adjust
    most = framer.digits or framer.max_digits
    if not 0 <= length < framer.base**most:
        raise _errors.unframed(place, _errors.other_length(length))
    _limited(framer, size)
    digits = (b"%x" if framer.base == 16 else b"%d") % length
    return b"".join((framer.prefix, digits.zfill(framer.digits or 0), framer.end)), framer.trailer


def _netstring(framer: Netstring, size: int, _place: int) -> tuple[bytes, bytes]:
    _limited(framer, size)
    return b"%d:" % size, b","


_WRITERS: dict[type, Callable[..., tuple[bytes, bytes]]] = {
    LengthPrefix: _prefixed,
    Delimiter: _delimited,
    Lines: _delimited,
    FixedSize: _fixed,
    Varint: _varint,
    TextLength: _text,
    Netstring: _netstring,
}
