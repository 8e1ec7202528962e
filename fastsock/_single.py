"""One frame at a time, and not a byte more: what is behind it is left to whatever reads next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .errors import IncompleteReadError
from .framers import Delimiter, FixedSize, Framer, LengthPrefix, Lines, Netstring, Varint

if TYPE_CHECKING:
    from .stream import RecvAccumulator

_VARINT_MAX = 10
_NETSTRING_HEADER = 19  # 18 digits and the colon


class _Extent(NamedTuple):
    """Where the frame at the front is: its size, and what of it is handed out."""

    size: int
    start: int
    end: int


def take_frame(accumulator: RecvAccumulator, framer: Framer) -> bytes | None:
    """Take the frame at the front, or None where it is not whole.

    Only good frames are cut here. With any other at the front `RecvAccumulator.frames` can take
    none, so it is asked to say what is wrong, or that nothing is.
    """
    if isinstance(framer, Delimiter | Lines) and len(accumulator):
        try:
            return accumulator.take_until(
                framer.separator, max_frame=framer.max_frame, keep=framer.keep
            )
        except IncompleteReadError:
            pass  # a last line without newline may be one
    else:
        extent = _extent(accumulator, framer)
        if extent is not None and extent.size <= len(accumulator):
            taken = accumulator.take(extent.size)
            return taken[extent.start : extent.end]  # type: ignore[index]
    frames = accumulator.frames(framer)
    return frames[0] if frames else None


def _extent(accumulator: RecvAccumulator, framer: Framer) -> _Extent | None:
    """The extent of the frame at the front, or None where there is no header, or a bad one."""
    match framer:
        case FixedSize():
            return _Extent(framer.size, 0, framer.size)
        case LengthPrefix():
            return _length_prefix(accumulator, framer)
        case Varint():
            return _varint(accumulator, framer)
        case Netstring():
            return _netstring(accumulator, framer)
    return None


def _allowed(body: int, framer: Framer) -> bool:
    return body >= 0 and (framer.max_frame is None or body <= framer.max_frame)


def _length_prefix(accumulator: RecvAccumulator, framer: LengthPrefix) -> _Extent | None:
    header = framer.offset + framer.width
    field = accumulator.peek(header)[framer.offset :]
    if len(field) < framer.width:
        return None
    body = int.from_bytes(field, framer.byteorder, signed=framer.signed) + framer.adjust
    size = header + body
    if not _allowed(body, framer) or size < framer.strip:
        return None
    return _Extent(size, framer.strip, size)


def _varint(accumulator: RecvAccumulator, framer: Varint) -> _Extent | None:
    body = 0
    for at, byte in enumerate(accumulator.peek(_VARINT_MAX)):
        body |= (byte & 0x7F) << (7 * at)
        if byte < 0x80:
            if not _allowed(body, framer):
                return None
            size = at + 1 + body
            return _Extent(size, 0 if framer.keep else at + 1, size)
    return None


def _netstring(accumulator: RecvAccumulator, framer: Netstring) -> _Extent | None:
    digits, colon, _ = accumulator.peek(_NETSTRING_HEADER).partition(b":")
    if not colon or not digits.isdigit() or (len(digits) > 1 and digits.startswith(b"0")):
        return None
    body = int(digits)
    end = len(digits) + 1 + body
    if not _allowed(body, framer) or len(accumulator) <= end:
        return None
    if accumulator.peek(end + 1, view=True)[end] != ord(","):
        return None
    return _Extent(end + 1, len(digits) + 1, end)
