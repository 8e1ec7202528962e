"""Exceptions of this part, and their wording, which both twins share."""

from __future__ import annotations

import sys

from .._core.errors import Error, rebuilt, shorten, shorten_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


def _like_asyncio(kind: type[Exception]) -> type[Exception]:
    """The class to raise for one of the errors that bear asyncio's names.

    Handlers written for asyncio must catch ours, but asyncio takes long to import. Code that names
    its exceptions has imported it before one is raised, so the common subclass is made only then.
    """
    theirs = getattr(sys.modules.get("asyncio.exceptions"), kind.__name__, None)
    if theirs is None:
        return kind
    if kind not in _LIKE_ASYNCIO:
        namespace = {"__module__": kind.__module__, "__doc__": kind.__doc__, "_stands_for": kind}
        _LIKE_ASYNCIO[kind] = type(kind.__name__, (kind, theirs), namespace)
    return _LIKE_ASYNCIO[kind]


_LIKE_ASYNCIO: dict[type[Exception], type[Exception]] = {}


class IncompleteReadError(Error, EOFError):
    r"""The stream ended inside a frame, whose bytes stay in the accumulator.

    Where asyncio is loaded the error is an `asyncio.IncompleteReadError` too.

    Attributes:
        partial: the bytes of the frame that did arrive, its header included.
        expected: the size of the whole frame, or None where it is not known.

    >>> import fastsock
    >>> acc = fastsock.RecvAccumulator()
    >>> acc.feed(b"\x00\x00\x00\x05he")
    >>> acc.feed_eof()
    >>> try:
    ...     acc.frames(fastsock.LengthPrefix(4))
    ... except IncompleteReadError as error:
    ...     print(error, error.partial, error.expected)
    6 bytes read on a total of 9 expected bytes b'\x00\x00\x00\x05he' 9
    """

    def __new__(cls, *args: object) -> Self:
        """Make an instance that asyncio's handlers catch too, if asyncio is loaded."""
        kind = _like_asyncio(cls) if cls is IncompleteReadError else cls
        return EOFError.__new__(kind, *args)  # type: ignore[return-value]

    def __init__(self, partial: bytes, expected: int | None) -> None:
        total = "undefined" if expected is None else repr(expected)
        EOFError.__init__(self, f"{len(partial)} bytes read on a total of {total} expected bytes")
        self.partial = partial
        self.expected = expected

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuilt(self, self.partial, self.expected)


class LimitOverrunError(Error, ValueError):
    """No delimiter within the limit, or no room left for more; nothing is lost by it.

    Where asyncio is loaded the error is an `asyncio.LimitOverrunError` too.

    Attributes:
        consumed: how many bytes can be taken without cutting a delimiter in two.
    """

    def __new__(cls, *args: object) -> Self:
        """Make an instance that asyncio's handlers catch too, if asyncio is loaded."""
        kind = _like_asyncio(cls) if cls is LimitOverrunError else cls
        return ValueError.__new__(kind, *args)  # type: ignore[return-value]

    def __init__(self, message: str, consumed: int) -> None:
        ValueError.__init__(self, message)
        self.consumed = consumed

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuilt(self, str(self), self.consumed)


class FrameError(Error, ValueError):
    """A frame with an invalid header; where the next frame starts is unknown."""


class FrameTooLargeError(FrameError):
    """A frame that declares to be larger than allowed; nothing was allocated for it.

    Attributes:
        declared: the size of its body, by its header.
        limit: the most that is allowed here: `max_frame`, or what `max_size` leaves.
    """

    def __init__(self, declared: int, limit: int) -> None:
        super().__init__(f"a frame of {declared} bytes, where {limit} are allowed")
        self.declared = declared
        self.limit = limit

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuilt(self, self.declared, self.limit)


def no_delimiter(limit: int) -> LimitOverrunError:
    """Refuse a delimited frame longer than `limit`."""
    # Every delimiter that starts within the limit is ruled out, so one byte more can go.
    return LimitOverrunError(f"no delimiter within the limit of {limit} bytes", max(limit + 1, 0))


def no_frame(limit: int) -> LimitOverrunError:
    """Refuse a frame whose end is not found within `limit` bytes."""
    return LimitOverrunError(f"no end of a frame within the limit of {limit} bytes", limit)


def no_answer(framer: object, answer: object) -> TypeError:
    """Refuse a `find` whose answer is of another kind."""
    kind = type(answer).__name__
    wanted = "a tuple (start, end, next), an int or None"
    return TypeError(f"{type(framer).__name__}.find() must return {wanted}, not {kind}")


def bad_answer(framer: object, answer: object, size: int) -> ValueError:
    """Refuse a `find` whose answer points outside of the view, backwards, or nowhere."""
    name = type(framer).__name__
    return ValueError(f"{name}.find() returned {shorten(answer)} for a view of {size} bytes")


def no_room(max_size: int, size: int) -> LimitOverrunError:
    """Refuse an accumulator that holds `size` bytes and must not hold more."""
    return LimitOverrunError(f"no room: {size} bytes are unread, of at most {max_size}", size)


def negative_length(length: int, adjust: int) -> FrameError:
    """Refuse a frame whose body would have a negative size."""
    more = f" adjusted by {adjust}" if adjust else ""
    return FrameError(f"a frame with a length of {length}{more}")


def shorter_than_strip(size: int, strip: int) -> FrameError:
    """Refuse a frame that is shorter than what is to be stripped from it."""
    return FrameError(f"a frame of {size} bytes, of which {strip} are to be stripped")


def bad_varint() -> FrameError:
    """Refuse a varint that does not fit in 64 bits."""
    return FrameError("a varint length of more than 64 bits")


def bad_length_text(netstring: bool) -> FrameError:
    """Refuse a length in text that breaks its grammar."""
    if not netstring:
        return FrameError("not a length in text, as the framer describes it")
    rules = "a length must be decimal, of at most 18 digits, without leading zeros"
    return FrameError(f"not a netstring: {rules}")


def bad_trailer(netstring: bool) -> FrameError:
    """Refuse a frame without the text that must follow its body."""
    if not netstring:
        return FrameError("the framer's trailer does not follow the body")
    return FrameError("not a netstring: a comma must follow the data")


# Why a body can't be framed: it would not come back as it is.

SHORT = "it is shorter than the header that it has to bring"
HEADER = "the length that it brings is not its own"
DELIMITER_INSIDE = "a delimiter would end it early"
DELIMITER_AMISS = "it does not end with its first delimiter"


def other_length(length: int) -> str:
    """Say that a length can't be written."""
    return f"its length of {length} does not fit the field"


def other_size(size: int, fixed: int) -> str:
    """Say that a body does not have the size of all frames."""
    return f"it has {size} bytes, not {fixed}"


def unframed(place: int, why: str) -> FrameError:
    """Refuse a body that can't be framed; `place` is -1 where it is the only one."""
    which = "the body" if place < 0 else f"body {place}"
    return FrameError(f"{which} can't be framed: {why}")


def in_use() -> RuntimeError:
    """Refuse a call on an accumulator while another call is at work on it."""
    return RuntimeError("the accumulator is in use by another call")


def bytes_lost() -> RuntimeError:
    """Refuse every call on an accumulator that may have lost bytes."""
    return RuntimeError(
        "bytes of the stream may be lost: a signal handler raised inside a TLS socket's recv_into()"
    )


def after_eof() -> RuntimeError:
    """Refuse bytes that are given after the end of the stream."""
    return RuntimeError("bytes given after the end of the stream")


def bad_max_size(max_size: int) -> ValueError:
    """Refuse a `max_size` below 1."""
    return ValueError(f"max_size must be at least 1, not {shorten_number(max_size)}")


def huge_max_size(max_size: int) -> OverflowError:
    """Refuse an accumulator for more bytes than an address space holds."""
    return OverflowError(
        f"max_size must be at most {sys.maxsize // 4}, not {shorten_number(max_size)}"
    )


def bad_count(name: str, value: int) -> ValueError:
    """Refuse a negative number of bytes."""
    return ValueError(f"{name} must not be negative, not {shorten_number(value)}")


def bad_update(nbytes: int, lent: int) -> ValueError:
    """Refuse an in-place writer whose count exceeds what it was lent, or is negative."""
    shown = shorten_number(nbytes)
    return ValueError(
        f"nbytes must be between 0 and {lent}, the size of the buffer lent, not {shown}"
    )


def bad_received(count: int, room: int) -> ValueError:
    """Refuse a `recv_into` with an impossible result."""
    return ValueError(f"recv_into() returned {shorten_number(count)}, for a buffer of {room} bytes")


def not_framer(value: object) -> TypeError:
    """Refuse a call that requires a framer."""
    return TypeError(f"a framer is required, not '{type(value).__name__}'")
