"""Framers: rules for cutting a byte stream into frames, without state.

A framer is an immutable value: checked when it is made, compared and hashed by what
it says, pickled by its name. The state of a search stays in the accumulator, so one
framer serves every connection.
"""

from __future__ import annotations

from functools import partial
from operator import index

from .._core.backend import COMPILED
from .._core.buffers import copied
from .._core.errors import shorten, shorten_number
from .._core.typed import TYPE_CHECKING
from . import errors as _errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar, Literal, Self, SupportsIndex

    from _typeshed import ReadableBuffer

__all__ = [
    "Delimiter",
    "FixedSize",
    "Framer",
    "LengthPrefix",
    "Lines",
    "Netstring",
    "TextLength",
    "Varint",
]

_MOST = 1 << 62  # so that a sum with any length that could be buffered fits in 64 bits


def checked_count(name: str, value: SupportsIndex, least: int, most: int | None = None) -> int:
    """An int within its bounds."""
    number = index(value)
    if number < least or (most is not None and number > most):
        bounds = f"at least {least}" if most is None else f"between {least} and {most}"
        raise ValueError(f"{name} must be {bounds}, not {shorten_number(number)}")
    return number


def limit_of(max_frame: SupportsIndex | None) -> int | None:
    """A limit that was given, or None."""
    return None if max_frame is None else checked_count("max_frame", max_frame, 0)


class Framer:
    r"""How to cut a stream into frames, and how to write them: the base of all framers.

    A framer of your own is a subclass with a `find` method, and an `encode` method if it writes.
    It keeps no state of a stream: `find` is asked again as bytes come, and one framer may serve
    every connection. Its `max_frame`, if it is not None, bounds the size of whole frames, header
    included.

    >>> from fastsock import RecvAccumulator
    >>> class Blocks(Framer):
    ...     def find(self, view, eof):
    ...         end = bytes(view).find(b"\n\n")
    ...         return None if end < 0 else (0, end, end + 2)
    ...     def encode(self, body):
    ...         return bytes(body) + b"\n\n"
    >>> acc = RecvAccumulator()
    >>> acc.feed(Blocks().encode_many([b"one\ntwo", b"three"]) + b"fo")
    >>> acc.frames(Blocks())
    [b'one\ntwo', b'three']
    """

    __slots__ = ()
    max_frame: int | None = None

    def __new__(cls, *_args: Any, **_options: Any) -> Self:
        """Refuse to make a framer without rules."""
        if cls is Framer:
            raise TypeError("Framer is abstract: use one of its subclasses")
        return object.__new__(cls)

    def find(self, view: memoryview, eof: bool, /) -> tuple[int, int, int] | int | None:
        """Find the frame at the front of a stream. Subclasses define it.

        Args:
            view: the unread bytes, at least one, read-only.
            eof: whether no more will come.

        Returns:
            A tuple ``(start, end, next)``: ``view[start:end]`` is handed out, and the next
            frame starts at `next`. None where more bytes are needed. An int where the frame is
            known to have so many bytes, more than there are: `find` is not asked before they
            have come, and a frame too large for `max_size` is refused at once.

        Raises:
            FrameError: the frame is invalid. Frames before it are handed out first.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no find()")

    def encode(self, body: ReadableBuffer, /) -> bytes:
        r"""Write a frame, which comes back as `body` when it is cut by this framer.

        Args:
            body: any contiguous bytes-like object.

        Returns:
            The frame.

        Raises:
            FrameError: the body would not come back as it is: its length does not fit, a
                delimiter is inside, its size is another one.
            FrameTooLargeError: it is larger than `max_frame`.
            TypeError, BufferError: no buffer, or one in pieces.

        >>> from fastsock import LengthPrefix
        >>> LengthPrefix(2).encode(b"hi")
        b'\x00\x02hi'
        """
        raise NotImplementedError(f"{type(self).__name__} defines no encode()")

    def encode_many(self, bodies: Iterable[ReadableBuffer], /) -> bytes:
        r"""Write many frames, one after another, into one buffer.

        Args:
            bodies: bytes-like objects.

        Returns:
            The frames.

        Raises:
            FrameError, FrameTooLargeError, TypeError, BufferError: as `encode`, for any of them.

        >>> from fastsock import Lines
        >>> Lines().encode_many([b"one", b"two"])
        b'one\ntwo\n'
        """
        return b"".join([self.encode(body) for body in bodies])


class _Rules(Framer):
    """What the framers here share: a fixed set of fields, which make up an immutable value."""

    __slots__ = ("_plan",)
    _fields: ClassVar[tuple[str, ...]] = ()
    max_frame: int | None
    _plan: Any  # what a twin made of the framer, kept so that every accumulator shares it

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_plan", None)

    def __init_subclass__(cls) -> None:
        if _Rules not in cls.__bases__:
            raise TypeError(f"type '{cls.__base__.__name__}' is not an acceptable base type")  # type: ignore[union-attr]

    def encode(self, body: ReadableBuffer, /) -> bytes:
        return _encoding.encode(self, body)

    def encode_many(self, bodies: Iterable[ReadableBuffer], /) -> bytes:
        return _encoding.encode_many(self, bodies)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._fields)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({values})"

    def __reduce__(self) -> tuple[Any, ...]:
        fields = dict(zip(self._fields, self._values(), strict=True))
        return partial(type(self), **fields), ()


class LengthPrefix(_Rules):
    r"""Frames that say in a header how long they are.

    A frame is `offset` bytes, the length field of `width` bytes, and a body of
    ``length + adjust`` bytes.

    Args:
        width: size of the length field, 1 to 8 bytes.
        byteorder: ``"big"`` or ``"little"``.
        offset: bytes in front of the length field.
        adjust: what to add to the length to get the size of the body: ``-(offset + width)``
            where the length counts the whole frame.
        strip: how many bytes to drop from the front of a frame that is handed out; the
            whole header by default.
        max_frame: the largest body allowed; what the accumulator's `max_size` leaves by default.
        signed: the length is a signed number. A negative one is an error.

    Raises:
        TypeError, ValueError: a parameter of the wrong type, or out of its range.

    >>> from fastsock import RecvAccumulator
    >>> acc = RecvAccumulator()
    >>> acc.feed(b"\x00\x02hi\x00\x00\x00\x05th")
    >>> acc.frames(LengthPrefix(2))
    [b'hi', b'']
    """

    __slots__ = _fields = ("width", "byteorder", "offset", "adjust", "strip", "max_frame", "signed")
    width: int
    byteorder: Literal["big", "little"]
    offset: int
    adjust: int
    strip: int
    signed: bool

    def __init__(
        self,
        width: SupportsIndex,
        *,
        byteorder: Literal["big", "little"] = "big",
        offset: SupportsIndex = 0,
        adjust: SupportsIndex = 0,
        strip: SupportsIndex | None = None,
        max_frame: SupportsIndex | None = None,
        signed: bool = False,
    ) -> None:
        if byteorder not in ("big", "little"):
            raise ValueError(f"byteorder must be 'big' or 'little', not {shorten(byteorder)}")
        width = checked_count("width", width, 1, 8)
        offset = checked_count("offset", offset, 0, 1 << 30)
        self._set(
            width=width,
            byteorder=byteorder,
            offset=offset,
            adjust=checked_count("adjust", adjust, -_MOST, _MOST),
            strip=offset + width if strip is None else checked_count("strip", strip, 0, _MOST),
            max_frame=limit_of(max_frame),
            signed=bool(signed),
        )


def _separator(value: ReadableBuffer) -> bytes:
    try:
        separator = copied(value, "a separator")  # bytes(3) would be three zeros
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"a separator must be a bytes-like object, not {kind}") from None
    if not separator:
        raise ValueError("a separator must have at least one byte")
    return separator


class Delimiter(_Rules):
    """Frames that end with a delimiter, or with the first of several.

    Where several could end a frame, it is the one that is complete first, and of those
    the longest, so that the frame is the shortest one.

    Args:
        separator: a bytes-like object, or a tuple (or another iterable) of them.
        max_frame: the most bytes a frame may have, its delimiter not counted; what the
            accumulator's `max_size` leaves for it by default.
        keep: hand frames out with their delimiter.
        last: at the end of the stream, what has no delimiter is a last frame; otherwise it is
            an `IncompleteReadError`.

    `encode` writes the first separator that was given.

    Raises:
        TypeError, BufferError, ValueError: a parameter of the wrong type; a separator that is in
            pieces or empty, or none.

    >>> from fastsock import RecvAccumulator
    >>> acc = RecvAccumulator()
    >>> acc.feed(b"one;two|thr")
    >>> acc.frames(Delimiter((b";", b"|")))
    [b'one', b'two']
    """

    __slots__ = _fields = ("separator", "max_frame", "keep", "last")
    separator: bytes | tuple[bytes, ...]
    keep: bool
    last: bool

    def __init__(
        self,
        separator: ReadableBuffer | Iterable[ReadableBuffer],
        *,
        max_frame: SupportsIndex | None = None,
        keep: bool = False,
        last: bool = False,
    ) -> None:
        chosen: bytes | tuple[bytes, ...]
        try:
            memoryview(separator)  # type: ignore[arg-type]
        except TypeError:
            if isinstance(separator, str):
                raise TypeError("a separator must be a bytes-like object, not str") from None
            chosen = tuple(_separator(one) for one in separator)  # type: ignore[union-attr]
            if not chosen:
                raise ValueError("there must be at least one separator") from None
        else:
            chosen = _separator(separator)  # type: ignore[arg-type]
        self._set(separator=chosen, max_frame=limit_of(max_frame), keep=bool(keep), last=bool(last))

    @property
    def writes(self) -> bytes:
        """The delimiter that `encode` writes."""
        return self.separator if isinstance(self.separator, bytes) else self.separator[0]


class Lines(_Rules):
    r"""Lines of text, as bytes.

    Args:
        newline: what ends a line: ``b"\n"``, ``b"\r\n"``, or None for either. A lone
            ``\r`` never does.
        max_frame: as in `Delimiter`; the newline is not counted.
        keep: hand lines out with their newline.
        last: at the end of the stream, a last line without newline is a line; otherwise it
            is an `IncompleteReadError`.

    `encode` writes `newline`, and a plain ``\n`` where it is None.

    Raises:
        TypeError, ValueError: a parameter of the wrong type, or none of its values.

    >>> from fastsock import RecvAccumulator
    >>> acc = RecvAccumulator()
    >>> acc.feed(b"one\r\ntwo\nthr")
    >>> acc.frames(Lines())
    [b'one', b'two']
    >>> acc.feed_eof()
    >>> acc.frames(Lines())
    [b'thr']
    """

    __slots__ = _fields = ("newline", "max_frame", "keep", "last")
    newline: bytes | None
    keep: bool
    last: bool

    def __init__(
        self,
        newline: bytes | None = None,
        *,
        max_frame: SupportsIndex | None = None,
        keep: bool = False,
        last: bool = True,
    ) -> None:
        if newline not in (None, b"\n", b"\r\n"):
            raise ValueError(f"newline must be None, b'\\n' or b'\\r\\n', not {shorten(newline)}")
        self._set(
            newline=newline and bytes(newline),
            max_frame=limit_of(max_frame),
            keep=bool(keep),
            last=bool(last),
        )

    @property
    def separator(self) -> bytes | tuple[bytes, ...]:
        """What ends a line, as `Delimiter` takes it."""
        return (b"\r\n", b"\n") if self.newline is None else self.newline

    @property
    def writes(self) -> bytes:
        """The newline that `encode` writes."""
        return self.newline or b"\n"


class FixedSize(_Rules):
    """Frames that all have one size.

    Args:
        size: bytes in a frame, at least 1.

    Raises:
        TypeError, ValueError: no int, or less than 1.

    >>> from fastsock import RecvAccumulator
    >>> acc = RecvAccumulator()
    >>> acc.feed(b"abcdefg")
    >>> acc.frames(FixedSize(3))
    [b'abc', b'def']
    """

    __slots__ = _fields = ("size",)
    size: int

    def __init__(self, size: SupportsIndex) -> None:
        self._set(size=checked_count("size", size, 1, _MOST))

    @property
    def max_frame(self) -> int | None:  # type: ignore[override]
        """The size of every frame."""
        return self.size


class Varint(_Rules):
    r"""Frames with a base-128 varint for a length, as protobuf's delimited messages.

    A length has at most 10 bytes and 64 bits; longer spellings than needed are taken, as
    protobuf takes them.

    Args:
        max_frame: the largest body allowed; what the accumulator's `max_size` leaves by default.
        keep: hand frames out with their length in front.

    Raises:
        TypeError, ValueError: a parameter of the wrong type, or out of its range.

    Source: Protocol Buffers, "Encoding", Base 128 Varints.

    >>> from fastsock import RecvAccumulator
    >>> acc = RecvAccumulator()
    >>> acc.feed(b"\x02hi\x80\x01" + bytes(128))
    >>> [len(frame) for frame in acc.frames(Varint())]
    [2, 128]
    """

    __slots__ = _fields = ("max_frame", "keep")
    keep: bool

    def __init__(self, *, max_frame: SupportsIndex | None = None, keep: bool = False) -> None:
        self._set(max_frame=limit_of(max_frame), keep=bool(keep))


def _text(name: str, value: ReadableBuffer) -> bytes:
    try:
        return copied(value, name)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"{name} must be a bytes-like object, not {kind}") from None


class TextLength(_Rules):
    r"""Frames that say in text how long they are.

    A frame is `prefix`, the length in digits, `end`, a body of ``length + adjust`` bytes, and
    `trailer`. Digits are ASCII digits alone: no sign, no blank, no underscore.

    ==========================  =======================================================
    syslog over TCP (RFC 6587)  ``TextLength(b" ")``
    RESP bulk strings           ``TextLength(b"\r\n", prefix=b"$", trailer=b"\r\n")``
    HTTP chunks (RFC 9112)      ``TextLength(b"\r\n", base=16, trailer=b"\r\n", zeros=True)``
    git pkt-lines               ``TextLength(b"", base=16, digits=4, adjust=-4, markers=3)``
    netstrings                  ``TextLength(b":", trailer=b",")``
    ==========================  =======================================================

    Args:
        end: what follows the digits. It may be empty only with `digits`.
        base: 10, or 16 with digits of either case; `encode` writes lower case.
        max_digits: the most digits of a length: 18 by default, 15 in base 16, which are the most
            that are allowed.
        trailer: what follows the body.
        adjust: what to add to the length to get the size of the body: ``-4`` where four digits
            count themselves.
        digits: every length has exactly so many digits, with zeros in front.
        strip: hand out the body alone; otherwise whole frames, as they came.
        prefix: what precedes the digits.
        zeros: allow leading zeros.
        extensions: ignore what follows the digits after a ``;``, up to `end`, at most 4,096
            bytes and no control character; otherwise it is refused.
        markers: lengths below this number have no body, and are frames by themselves.
        max_frame: the largest body allowed; what the accumulator's `max_size` leaves by default.

    Raises:
        TypeError, BufferError, ValueError: a parameter of the wrong type, or out of its range;
            an `end` that the digits could run into.

    Source: RFC 6587, 3.4.1; RFC 9112, 7.1; Redis serialization protocol; gitprotocol-common.

    >>> from fastsock import RecvAccumulator
    >>> acc = RecvAccumulator()
    >>> acc.feed(b"5 hello2 hi12 <13")
    >>> acc.frames(TextLength(b" "))
    [b'hello', b'hi']
    >>> TextLength(b"\r\n", prefix=b"$", trailer=b"\r\n").encode(b"PING")
    b'$4\r\nPING\r\n'
    """

    __slots__ = _fields = (
        "end", "base", "max_digits", "trailer", "adjust", "digits", "strip", "prefix", "zeros",
        "extensions", "markers", "max_frame",
    )  # fmt: skip
    end: bytes
    base: int
    max_digits: int
    trailer: bytes
    adjust: int
    digits: int | None
    strip: bool
    prefix: bytes
    zeros: bool
    extensions: bool
    markers: int

    def __init__(
        self,
        end: ReadableBuffer = b" ",
        *,
        base: SupportsIndex = 10,
        max_digits: SupportsIndex | None = None,
        trailer: ReadableBuffer = b"",
        adjust: SupportsIndex = 0,
        digits: SupportsIndex | None = None,
        strip: bool = True,
        prefix: ReadableBuffer = b"",
        zeros: bool = False,
        extensions: bool = False,
        markers: SupportsIndex = 0,
        max_frame: SupportsIndex | None = None,
    ) -> None:
        base = index(base)
        if base not in _MOST_DIGITS:
            raise ValueError(f"base must be 10 or 16, not {shorten_number(base)}")
        most = _MOST_DIGITS[base]
        end = _text("end", end)
        if digits is None:
            if not end or end[:1] in _DIGITS[:base] or (base == 16 and end[:1] in b"ABCDEF"):
                raise ValueError(f"end must start with a byte that is no digit, not {shorten(end)}")
        else:
            digits = checked_count("digits", digits, 1, most)
        if extensions and end[:1] in b" \t;":  # an empty one too
            raise ValueError(f"with extensions, end must start with another byte than {end[:1]!r}")
        self._set(
            end=end,
            base=base,
            max_digits=most
            if max_digits is None
            else checked_count("max_digits", max_digits, 1, most),
            trailer=_text("trailer", trailer),
            adjust=checked_count("adjust", adjust, -_MOST, _MOST),
            digits=digits,
            strip=bool(strip),
            prefix=_text("prefix", prefix),
            zeros=bool(zeros) or digits is not None,
            extensions=bool(extensions),
            markers=checked_count("markers", markers, 0, _MOST),
            max_frame=limit_of(max_frame),
        )


_MOST_DIGITS = {10: 18, 16: 15}  # so that a length fits in 60 bits
_DIGITS = b"0123456789abcdef"


class Netstring(_Rules):
    """Netstrings: a decimal length, a colon, the data, a comma. A `TextLength` of its own.

    Args:
        max_frame: the most data allowed; what the accumulator's `max_size` leaves by default.

    Raises:
        TypeError, ValueError: a parameter of the wrong type, or out of its range.

    Source: D. J. Bernstein, "Netstrings", 1997. Leading zeros are refused.

    >>> from fastsock import RecvAccumulator
    >>> acc = RecvAccumulator()
    >>> acc.feed(b"5:hello,0:,3:a")
    >>> acc.frames(Netstring())
    [b'hello', b'']
    """

    __slots__ = _fields = ("max_frame",)

    def __init__(self, *, max_frame: SupportsIndex | None = None) -> None:
        self._set(max_frame=limit_of(max_frame))


KINDS = (LengthPrefix, Delimiter, Lines, FixedSize, Varint, TextLength, Netstring)


def checked_again(framer: Framer) -> Framer:
    """A copy of a framer, checked again: `object.__setattr__` can change an immutable one."""
    return type(framer)(**{name: getattr(framer, name) for name in framer._fields})  # type: ignore[attr-defined]


def is_own(framer: object) -> bool:
    """Whether a framer has rules of the user's own. `isinstance` would believe a false class."""
    kind = type(framer)
    return issubclass(kind, Framer) and not issubclass(kind, _Rules)


def asked(framer: Framer, view: memoryview, eof: bool) -> tuple[int, int, int] | int:
    """The checked answer of a framer of the user's own, where 0 stands for None."""
    size = len(view)
    answer = framer.find(view, eof)
    if answer is None:
        return 0
    if isinstance(answer, tuple) and len(answer) == 3:
        start, end, following = map(index, answer)
        if 0 <= start <= end <= following <= size and following > 0:
            return start, end, following
    elif isinstance(answer, int):
        if answer > size:
            return int(answer)
    else:
        raise _errors.no_answer(framer, answer)
    raise _errors.bad_answer(framer, answer, size)


# Last, for the encoders are written over the framers.
if TYPE_CHECKING or not COMPILED:
    import fastsock.stream._py.encoding as _encoding
else:
    import fastsock.stream._c.encoding as _encoding


def surround(framer: Framer, size: int, place: int) -> tuple[bytes, bytes] | None:
    """What precedes and follows a body of a size, or None where that depends on the body."""
    return _encoding.surround(framer, size, place)
