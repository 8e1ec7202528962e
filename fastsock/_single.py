"""One frame at a time, and not a byte more: what is behind it is left to whatever reads next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import IncompleteReadError
from .framers import Delimiter, FixedSize, Framer, LengthPrefix, Lines, Netstring, Varint

if TYPE_CHECKING:
    from collections.abc import Callable

    from .stream import RecvAccumulator

    Taker = Callable[[RecvAccumulator], bytes | None]

_VARINT_MAX = 10
_NETSTRING_HEADER = 19  # 18 digits and the colon
_NO_LIMIT = 1 << 64  # what is there whole is within max_size anyway


def taker_of(framer: Framer) -> Taker:
    """A function that takes the frame at the front, or nothing where it is not whole.

    It cuts good frames only. With any other at the front `RecvAccumulator.frames` can take none,
    so it is asked to say what is wrong, or that nothing is.
    """
    make = _TAKERS.get(type(framer))
    if make is None:
        return lambda accumulator: _ask(accumulator, framer)  # which says that it is no framer
    return make(framer)


def _ask(accumulator: RecvAccumulator, framer: Framer) -> bytes | None:
    frames = accumulator.frames(framer)
    return frames[0] if frames else None


def _limit(framer: Framer) -> int:
    return _NO_LIMIT if framer.max_frame is None else framer.max_frame


def _length_prefix(framer: LengthPrefix) -> Taker:
    offset, order, signed = framer.offset, framer.byteorder, framer.signed
    adjust, strip, limit = framer.adjust, framer.strip, _limit(framer)
    header = offset + framer.width
    least = max(strip - header, 0)

    def take(accumulator: RecvAccumulator) -> bytes | None:
        front = accumulator.peek(header)
        if len(front) == header:
            body = int.from_bytes(front[offset:], order, signed=signed) + adjust
            if least <= body <= limit and header + body <= len(accumulator):
                return accumulator.take(header + body)[strip:]  # type: ignore[index]
        return _ask(accumulator, framer)

    return take


def _varint(framer: Varint) -> Taker:
    limit, keep = _limit(framer), framer.keep

    def take(accumulator: RecvAccumulator) -> bytes | None:
        body = 0
        for at, byte in enumerate(accumulator.peek(_VARINT_MAX)):
            body |= (byte & 0x7F) << (7 * at)
            if byte < 0x80:
                size = at + 1 + body
                if body <= limit and size <= len(accumulator):
                    return accumulator.take(size)[0 if keep else at + 1 :]  # type: ignore[index]
                break
        return _ask(accumulator, framer)

    return take


def _netstring(framer: Netstring) -> Taker:
    limit = _limit(framer)

    def take(accumulator: RecvAccumulator) -> bytes | None:
        digits, colon, _ = accumulator.peek(_NETSTRING_HEADER).partition(b":")
        if colon and digits.isdigit() and not (len(digits) > 1 and digits.startswith(b"0")):
            body = int(digits)
            end = len(digits) + 1 + body
            if (
                body <= limit
                and end < len(accumulator)
                and accumulator.peek(end + 1, view=True)[end] == ord(",")
            ):
                return accumulator.take(end + 1)[len(digits) + 1 : end]  # type: ignore[index]
        return _ask(accumulator, framer)

    return take


def _fixed_size(framer: FixedSize) -> Taker:
    size = framer.size

    def take(accumulator: RecvAccumulator) -> bytes | None:
        if size <= len(accumulator):
            return accumulator.take(size)
        return _ask(accumulator, framer)

    return take


def _delimited(framer: Delimiter | Lines) -> Taker:
    separator, limit, keep = framer.separator, framer.max_frame, framer.keep

    def take(accumulator: RecvAccumulator) -> bytes | None:
        if len(accumulator):
            try:
                return accumulator.take_until(separator, max_frame=limit, keep=keep)
            except IncompleteReadError:
                pass  # a last line without newline may be one
        return _ask(accumulator, framer)

    return take


_TAKERS: dict[type, Callable[[Any], Taker]] = {
    LengthPrefix: _length_prefix,
    Varint: _varint,
    Netstring: _netstring,
    FixedSize: _fixed_size,
    Delimiter: _delimited,
    Lines: _delimited,
}
