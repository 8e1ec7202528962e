"""How a byte stream is cut into frames: the rules, without any state.

A framer is an immutable value: checked when it is made, compared and hashed by what
it says, pickled by its name. The state of a search stays in the accumulator, so one
framer serves every connection.
"""

from __future__ import annotations

from functools import partial
from operator import index
from typing import TYPE_CHECKING, Any, ClassVar, Literal, SupportsIndex

from .._core.buffers import contiguous
from .._core.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import ReadableBuffer

__all__ = ["Delimiter", "FixedSize", "Framer", "LengthPrefix", "Lines", "Netstring", "Varint"]

_MOST = 1 << 62  # so that a sum with any length that could be buffered fits in 64 bits


def checked_count(name: str, value: SupportsIndex, least: int, most: int | None = None) -> int:
    """An int within its bounds."""
    number = index(value)
    if number < least or (most is not None and number > most):
        bounds = f"at least {least}" if most is None else f"between {least} and {most}"
        raise ValueError(f"{name} must be {bounds}, not {number}")
    return number


def limit_of(max_frame: SupportsIndex | None) -> int | None:
    """A limit that was given, or None."""
    return None if max_frame is None else checked_count("max_frame", max_frame, 0)


class Framer:
    """What all framers share: a fixed set of fields, which make up the value.

    It is of use for annotations and `isinstance`; the framers are its subclasses.
    """

    __slots__ = ("_plan",)
    _fields: ClassVar[tuple[str, ...]] = ()
    max_frame: int | None
    _plan: Any  # what a twin made of the framer, kept so that every accumulator shares it

    def __init__(self) -> None:
        raise TypeError("Framer is abstract: use one of its subclasses")

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_plan", None)

    def __init_subclass__(cls) -> None:
        if Framer not in cls.__bases__:
            raise TypeError(f"type '{cls.__base__.__name__}' is not an acceptable base type")  # type: ignore[union-attr]

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


class LengthPrefix(Framer):
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
            raise ValueError(f"byteorder must be 'big' or 'little', not {byteorder!r}")
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
        separator = bytes(contiguous(value, "a separator"))  # bytes(3) would be three zeros
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"a separator must be a bytes-like object, not {kind}") from None
    if not separator:
        raise ValueError("a separator must have at least one byte")
    return separator


class Delimiter(Framer):
    """Frames that end with a delimiter, or with the first of several.

    Where several could end a frame, it is the one that is complete first, and of those
    the longest, so that the frame is the shortest one.

    Args:
        separator: a bytes-like object, or a tuple (or another iterable) of them.
        max_frame: the most bytes a frame may have, its delimiter not counted; what the
            accumulator's `max_size` leaves for it by default.
        keep: hand frames out with their delimiter.

    Raises:
        TypeError, BufferError, ValueError: a parameter of the wrong type; a separator that is in
            pieces or empty, or none.

    >>> from fastsock import RecvAccumulator
    >>> acc = RecvAccumulator()
    >>> acc.feed(b"one;two|thr")
    >>> acc.frames(Delimiter((b";", b"|")))
    [b'one', b'two']
    """

    __slots__ = _fields = ("separator", "max_frame", "keep")
    separator: bytes | tuple[bytes, ...]
    keep: bool

    def __init__(
        self,
        separator: ReadableBuffer | Iterable[ReadableBuffer],
        *,
        max_frame: SupportsIndex | None = None,
        keep: bool = False,
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
        self._set(separator=chosen, max_frame=limit_of(max_frame), keep=bool(keep))


class Lines(Framer):
    r"""Lines of text, as bytes.

    Args:
        newline: what ends a line: ``b"\n"``, ``b"\r\n"``, or None for either. A lone
            ``\r`` never does.
        max_frame: as in `Delimiter`; the newline is not counted.
        keep: hand lines out with their newline.
        last: at the end of the stream, a last line without newline is a line; otherwise it
            is an `IncompleteReadError`.

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


class FixedSize(Framer):
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


class Varint(Framer):
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


class Netstring(Framer):
    """Netstrings: a decimal length, a colon, the data, a comma.

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


KINDS = (LengthPrefix, Delimiter, Lines, FixedSize, Varint, Netstring)


def checked_again(framer: Framer) -> Framer:
    """A framer of the same fields, made anew: `object.__setattr__` changes what is immutable."""
    return type(framer)(**{name: getattr(framer, name) for name in framer._fields})
