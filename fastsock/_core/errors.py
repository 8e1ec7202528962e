"""The base of the exceptions, and wording that several parts use."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Error(Exception):
    """The base of every exception of fastsock's own.

    Each is also of the standard library's class that it stands for.
    """

    __module__ = "fastsock.errors"  # its public home


_SHOWN = 64  # characters
_SHOWN_BITS = 208  # and their decimal text: 63 digits, and perhaps a sign


def rebuilt(error: BaseException, *args: object) -> tuple[Any, ...]:
    """What copies and pickles an exception: its class, that class's arguments, its attributes."""
    kind = vars(type(error)).get("_stands_for", type(error))
    return kind, args, error.__dict__.copy()


def shorten(value: object) -> str:
    """The repr of a value from outside, cut so that a hostile one can't flood a log."""
    if isinstance(value, str | bytes | bytearray):
        if len(value) > _SHOWN:
            return f"{value[:_SHOWN]!r}... ({len(value)} long)"
        return repr(value)
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return shorten_number(value)
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def shorten_number(value: int) -> str:
    """A number from outside in decimal. Of a huge one, that takes long and may be refused."""
    bits = value.bit_length()
    return f"{value}" if bits <= _SHOWN_BITS else f"an int of {bits} bits"


def not_buffer(value: object) -> TypeError:
    """Refuse something that is no buffer, as CPython's own functions word it."""
    return TypeError(f"a bytes-like object is required, not '{type(value).__name__}'")


def not_contiguous(what: str) -> BufferError:
    """Refuse a buffer whose bytes are not in one piece."""
    return BufferError(f"{what} must be a C-contiguous buffer")


def not_between(name: str, most: int, value: int) -> ValueError:
    """Refuse a number that is negative or too large for its field."""
    return ValueError(f"{name} must be between 0 and {most}, not {shorten_number(value)}")


def bad_packed(name: str, size: int) -> ValueError:
    """Refuse a packed address, by its size, that is of neither family."""
    return ValueError(f"{name} must be 4 or 16 bytes, not {size}")


def bad_packed_pair(src: int, dst: int) -> ValueError:
    """Refuse two packed addresses, by their sizes, that don't go together."""
    return ValueError(f"src and dst must both be 4 or both 16 bytes, not {src} and {dst}")


def out_of_range(name: str, value: int, least: int, most: int, unit: int = 1) -> ValueError:
    """Refuse a number that does not fit into its field."""
    step = f"a multiple of {unit} " if unit > 1 else ""
    shown = shorten_number(value)
    return ValueError(f"{name} must be {step}between {least} and {most}, not {shown}")


def bad_size(name: str, size: int, wanted: str) -> ValueError:
    """Refuse bytes that are not as many as their field has."""
    return ValueError(f"{name} must be {wanted} bytes, not {size}")
