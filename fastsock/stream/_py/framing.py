"""Where frames end in bytes at hand: one walker a kind of framer, for the pure twin.

A walk looks at the bytes and the rules, and never at how the bytes arrived. What must be
remembered between two walks is one number, `scan`, up to where delimiters were looked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import repeat
from struct import Struct
from typing import NamedTuple, Protocol

from .. import errors as _errors
from ..framers import (
    KINDS,
    Delimiter,
    FixedSize,
    Framer,
    LengthPrefix,
    Lines,
    Netstring,
    TextLength,
    Varint,
    asked,
    checked_again,
    is_own,
    limit_of,
)

_VARINT_MAX = 10
_EXTENSION_MAX = 4096
_FIRST_STEP = 256
_CR = 0x0D
_ZERO = 0x30
_DIGITS = b"0123456789abcdefABCDEF"
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Stop(NamedTuple):
    """Why a walk ended: the frame at its front is not whole, or it is in error."""

    error: Exception | None = None
    total: int = 0  # size of that frame, 0 where it is not known
    scan: int = 0  # no delimiter ends before this offset in it


class Walk(NamedTuple):
    """What a walk found: frames as offsets from its start, and how far they reach."""

    frames: list[tuple[int, int]]
    consumed: int
    stop: Stop


class Window(NamedTuple):
    """Some unread bytes, at least one: `size` of them from `start` in `data`."""

    data: bytearray
    start: int
    size: int
    scan: int
    max_size: int
    ended: bool


class Walker(Protocol):
    """A framer, made ready for use. The framer keeps it, so all accumulators share it."""

    def walk(self, window: Window, most: int = sys.maxsize) -> Walk:
        """The first frames, at most `most`."""


def _limit(max_frame: int | None, max_size: int, around: int) -> int:
    """How large a body may be, with `around` bytes of header and trailer."""
    room = max(max_size - around, 0)
    return room if max_frame is None else min(max_frame, room)


class _LengthPrefix:
    def __init__(self, framer: LengthPrefix) -> None:
        self._framer = framer
        self._header = framer.offset + framer.width
        self._read = self._reader(framer)

    def _reader(self, framer: LengthPrefix) -> Callable[[bytearray, int], tuple[int]]:
        code = _CODES.get(framer.width)
        if code is not None:
            order = ">" if framer.byteorder == "big" else "<"
            sign = code.lower() if framer.signed else code
            return Struct(f"{order}{framer.offset}x{sign}").unpack_from
        order, signed, offset, header = framer.byteorder, framer.signed, framer.offset, self._header

        def read(data: bytearray, at: int) -> tuple[int]:
            return (int.from_bytes(data[at + offset : at + header], order, signed=signed),)

        return read

    def walk(self, window: Window, most: int = sys.maxsize) -> Walk:
        data, start, size = window.data, window.start, window.size
        read, header, framer = self._read, self._header, self._framer
        adjust, strip = framer.adjust, framer.strip
        limit = _limit(framer.max_frame, window.max_size, header)
        least = max(strip - header, 0)
        frames: list[tuple[int, int]] = []
        append = frames.append
        at, stop = 0, Stop()
        ready = size - header
        for _ in repeat(None, most):
            if at > ready:
                break
            (length,) = read(data, start + at)
            body = length + adjust
            if not least <= body <= limit:
                stop = self._refuse(length, body, limit)
                break
            following = at + header + body
            if following > size:
                stop = Stop(total=header + body)
                break
            append((at + strip, following))
            at = following
        return Walk(frames, at, stop)

    def _refuse(self, length: int, body: int, limit: int) -> Stop:
        total = self._header + body
        if body < 0:
            return Stop(_errors.negative_length(length, self._framer.adjust))
        if total < self._framer.strip:
            return Stop(_errors.shorter_than_strip(total, self._framer.strip))
        return Stop(_errors.FrameTooLargeError(body, limit), total)


class _FixedSize:
    def __init__(self, framer: FixedSize) -> None:
        self._size = framer.size

    def walk(self, window: Window, most: int = sys.maxsize) -> Walk:
        step = self._size
        if step > window.max_size:
            return Walk([], 0, Stop(_errors.FrameTooLargeError(step, window.max_size), step))
        count = min(window.size // step, most)
        frames = [(at, at + step) for at in range(0, count * step, step)]
        return Walk(frames, count * step, Stop(total=step))


class _Counted:
    """Frames that start with a length of as many digits as it needs."""

    trailer = b""
    netstring = False
    whole = False  # hand frames out with their trailer, too

    def __init__(self, framer: Varint | Netstring | TextLength) -> None:
        self._max_frame = framer.max_frame
        self._keep = getattr(framer, "keep", False)

    def length(self, data: bytearray, at: int, end: int) -> tuple[int, int]:
        """The length at `at`, and where it ends, which is 0 where the rest is still to come."""
        raise NotImplementedError

    def walk(self, window: Window, most: int = sys.maxsize) -> Walk:
        data, start = window.data, window.start
        end, trailer = start + window.size, len(self.trailer)
        frames: list[tuple[int, int]] = []
        at, stop = start, Stop()
        while at < end and len(frames) < most:
            try:
                body, head = self.length(data, at, end)
            except _errors.FrameError as error:
                stop = Stop(error)
                break
            if not head:
                break
            total = head - at + body + trailer
            limit = _limit(self._max_frame, window.max_size, head - at + trailer)
            if body > limit:
                stop = Stop(_errors.FrameTooLargeError(body, limit), total)
                break
            if at + total > end:
                stop = Stop(total=total)
                break
            if not data.startswith(self.trailer, head + body):
                stop = Stop(_errors.bad_trailer(self.netstring))
                break
            end_at = at + total if self.whole else head + body
            frames.append(((at if self._keep else head) - start, end_at - start))
            at += total
        return Walk(frames, at - start, stop)


class _Varint(_Counted):
    def length(self, data: bytearray, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        for byte in data[at : min(at + _VARINT_MAX, end)]:
            # The tenth byte holds the 64th bit and nothing else.
            if shift == 63 and byte > 1:
                raise _errors.bad_varint()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value, at + shift // 7
        return 0, 0


class _Text(_Counted):
    def __init__(self, framer: TextLength | Netstring) -> None:
        super().__init__(framer)
        self.netstring = isinstance(framer, Netstring)
        rules = TextLength(b":", trailer=b",") if isinstance(framer, Netstring) else framer
        self.trailer = rules.trailer
        self.whole = self._keep = not rules.strip
        self._rules = rules
        self._digits = _DIGITS if rules.base == 16 else _DIGITS[:10]
        self._most = rules.digits or rules.max_digits
        self._least = rules.digits or 1

    def length(self, data: bytearray, at: int, end: int) -> tuple[int, int]:
        rules = self._rules
        first = self._literal(rules.prefix, data, at, end)
        if first < 0:
            return 0, 0
        at, reach = first, min(first + self._most, end)
        while at < reach and data[at] in self._digits:
            at += 1
        count = at - first
        if not rules.zeros and count > 1 and data[first] == _ZERO:
            raise _errors.bad_length_text(self.netstring)
        if at == end and count < self._most:
            return 0, 0
        if count < self._least:
            raise _errors.bad_length_text(self.netstring)
        length = int(data[first:at], rules.base)
        if rules.extensions:
            at = self._extension(data, at, end)
        head = self._literal(rules.end, data, at, end) if at >= 0 else -1
        if head < 0:
            return 0, 0
        body = length + rules.adjust
        if length < rules.markers:
            body = 0
        elif body < 0:
            raise _errors.negative_length(length, rules.adjust)
        return body, head

    def _literal(self, text: bytes, data: bytearray, at: int, end: int) -> int:
        """Where a text at `at` ends, or -1 where the rest of it is still to come."""
        here = bytes(data[at : min(at + len(text), end)])
        if not text.startswith(here):
            raise _errors.bad_length_text(self.netstring)
        return at + len(text) if len(here) == len(text) else -1

    def _extension(self, data: bytearray, at: int, end: int) -> int:
        """Pass over ";..." after the digits; -1 where the rest of it is still to come."""
        close, inside = self._rules.end[0], False
        for place, byte in enumerate(data[at : min(at + _EXTENSION_MAX + 1, end)]):
            if byte == close:
                if place and not inside:
                    break
                return at + place
            blank = byte in b" \t"
            # A control character could end the line for another reader.
            if place == _EXTENSION_MAX or (byte < 0x20 and not blank) or byte == 0x7F:
                break
            inside = inside or byte == ord(";")
            if not inside and not blank:
                break
        else:
            return -1
        raise _errors.bad_length_text(self.netstring)


class Own:
    """Frames that a framer of the user's own finds."""

    def __init__(self, framer: Framer) -> None:
        self._framer = framer
        self._max_frame = limit_of(framer.max_frame)

    def walk(self, window: Window, most: int = sys.maxsize) -> Walk:
        frames: list[tuple[int, int]] = []
        at, stop = 0, Stop()
        while at < window.size and len(frames) < most:
            try:
                frame = self._next(window, at)
            except Exception:
                if not frames:
                    raise
                break  # its turn comes at the next call, when the framer is asked again
            if isinstance(frame, Stop):
                stop = frame
                break
            start, end, following = frame
            frames.append((at + start, at + end))
            at += following
        return Walk(frames, at, stop)

    def _next(self, window: Window, at: int) -> tuple[int, int, int] | Stop:
        size = window.size - at
        begin = window.start + at
        view = memoryview(window.data)[begin : begin + size].toreadonly()
        limit = _limit(self._max_frame, window.max_size, 0)
        answer = asked(self._framer, view, window.ended)
        following = answer[2] if isinstance(answer, tuple) else min(answer, (1 << 63) - 1)
        if following == 0:
            over = self._max_frame is not None and size > self._max_frame
            full = over or size >= window.max_size
            return Stop(_errors.no_frame(limit) if full else None)
        if following > limit:
            return Stop(_errors.FrameTooLargeError(following, limit), following)
        return answer if isinstance(answer, tuple) else Stop(total=following)


class Delimited:
    """Frames up to a delimiter."""

    def __init__(self, framer: Delimiter | Lines) -> None:
        separator = framer.separator
        found = {separator} if isinstance(separator, bytes) else set(separator)
        self._separators = sorted(found, key=len, reverse=True)
        self._max_frame = framer.max_frame
        self._keep = framer.keep
        self.last = framer.last
        self.longest = len(self._separators[0])
        # Frames that `bytes.split` can cut: by one separator, or by newlines of both kinds.
        self._either_newline = self._separators == [b"\r\n", b"\n"]
        cuts = len(self._separators) == 1 or self._either_newline
        self.cut_by = self._separators[-1] if cuts else None

    def limit(self, max_frame: int | None, max_size: int) -> int:
        """How long a frame may be: whichever delimiter comes, both must fit in `max_size`."""
        return _limit(max_frame, max_size, self.longest)

    def walk(self, window: Window, most: int = sys.maxsize) -> Walk:
        return self.walk_within(window, self._max_frame, self._keep, most)

    def walk_within(self, window: Window, max_frame: int | None, keep: bool, most: int) -> Walk:
        limit = self.limit(max_frame, window.max_size)
        start, stop = window.start, window.start + window.size
        frames: list[tuple[int, int]] = []
        at = scan = 0
        while at < window.size and len(frames) < most:
            # Only the frame at the front was searched before.
            first = start + (at or window.scan)
            begin, end = self.find(window.data, start + at, first, stop)
            begin, end = begin - start, end - start
            if begin < 0:  # there is none
                scan = max(window.size - at, window.scan if at == 0 else 0)
                if scan >= limit + self.longest:
                    break
                if not (window.ended and self.last):
                    return Walk(frames, at, Stop(scan=scan))
                begin = end = window.size
            if begin - at > limit:
                scan = end - 1 - at  # so that it is found again by a call with a larger limit
                break
            frames.append((at, end if keep else begin))
            at = end
        else:
            return Walk(frames, at, Stop())
        return Walk(frames, at, Stop(_errors.no_delimiter(limit), scan=scan))

    def find(self, data: bytearray, floor: int, first: int, stop: int) -> tuple[int, int]:
        """Begin and end of the first delimiter that begins at `floor` or later and ends after
        `first`; a begin of -1 where there is none.
        """
        if self.cut_by is None:
            return self._find_any(data, floor, first, stop)
        separator = self.cut_by
        size = len(separator)
        begin = data.find(separator, max(first + 1 - size, floor), stop)
        if self._either_newline and begin > floor and data[begin - 1] == _CR:
            return begin - 1, begin + 1
        return begin, begin + size

    def _find_any(self, data: bytearray, floor: int, first: int, stop: int) -> tuple[int, int]:
        """The delimiter that is complete first, and of those the longest.

        The bytes are searched in steps, each twice as long as the one before: a separator that
        is rare must not be looked for beyond the end of every frame.
        """
        begin, end, step = -1, 0, _FIRST_STEP
        while first < stop and begin < 0:
            reach = min(first + step, stop)
            for separator in self._separators:  # the longest first
                found = data.find(separator, max(first + 1 - len(separator), floor), reach)
                if found >= 0 and (begin < 0 or found + len(separator) < end):
                    begin, end = found, found + len(separator)
            first, step = reach, 2 * step
        return begin, end

    def split(self, data: bytes, max_size: int) -> list[bytes] | None:
        """The frames of `data`, and what is left over; None where one exceeds the limit."""
        separator = self.cut_by
        frames = data.split(separator)
        rest = frames.pop()
        if self._either_newline and not self._keep and b"\r" in data:
            frames = [frame.removesuffix(b"\r") for frame in frames]
        if max(map(len, frames), default=0) > self.limit(self._max_frame, max_size):
            return None
        if self._keep:
            frames = [frame + separator for frame in frames]  # type: ignore[operator]
        frames.append(rest)
        return frames


def walker_of(framer: object) -> Walker:
    """The walker of a framer."""
    if type(framer) not in KINDS:
        if not is_own(framer):
            raise _errors.not_framer(framer)
        return Own(framer)  # type: ignore[arg-type]
    walker = framer._plan  # type: ignore[attr-defined]
    if type(walker) not in _WALKERS.values():
        walker = _WALKERS[type(framer)](checked_again(framer))  # type: ignore[arg-type]
        object.__setattr__(framer, "_plan", walker)
    return walker  # type: ignore[no-any-return]


_WALKERS: dict[type, type] = {
    LengthPrefix: _LengthPrefix,
    Delimiter: Delimited,
    Lines: Delimited,
    FixedSize: _FixedSize,
    Varint: _Varint,
    TextLength: _Text,
    Netstring: _Text,
}
