"""Exceptions of this part, and their wording, which both twins share."""

from __future__ import annotations

from .._core.errors import Error, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class AddressError(Error, OSError, ValueError):
    """A text that is no address, where the standard library has no exception of its own.

    It is an `OSError`, as `socket.inet_pton` raises, and a `ValueError`, as
    `ipaddress` raises, so code written for either catches it.

    Attributes:
        index: row of the offending text, counted from 0, or None outside a batch.
        value: the offending text: the item itself, or the line as `bytes`,
            without its newline, where the input was a blob.

    >>> from socket import AF_INET
    >>> import fastsock
    >>> try:
    ...     fastsock.inet_pton_many(AF_INET, ["192.0.2.1", "192.0.2.256"])
    ... except AddressError as error:
    ...     print(error, error.index, error.value)
    row 1: '192.0.2.256' is not an IPv4 address 1 192.0.2.256
    """

    def __init__(self, message: str, index: int | None = None, value: Any = None) -> None:
        super().__init__(message)
        self.index = index
        self.value = value


def bad_row(index: int, value: str | bytes, kind: str) -> AddressError:
    """Refuse row `index` of a batch: it holds `value`, which is not a `kind` address."""
    return AddressError(f"row {index}: {shorten(value)} is not an {kind} address", index, value)


def not_text(index: int, value: object) -> TypeError:
    """Refuse row `index` of a batch, which is not a str."""
    return TypeError(f"texts[{index}] must be str, not {type(value).__name__}")


def bad_family(family: object) -> ValueError:
    """Refuse a batch call whose family is none of the three."""
    return ValueError(f"family must be AF_INET, AF_INET6 or AF_UNSPEC, not {shorten(family)}")


def bad_errors(errors: object) -> ValueError:
    """Refuse a batch call whose `errors` is neither mode."""
    return ValueError(f"errors must be 'strict' or 'mask', not {shorten(errors)}")


def not_lines(texts: object) -> TypeError:
    """Refuse a batch call given something that holds no texts."""
    return TypeError(
        "texts must be an iterable of str or a bytes-like object of newline-separated "
        f"text, not {type(texts).__name__}"
    )


def no_offsets() -> ValueError:
    """Refuse offsets of which there is none."""
    return ValueError("there must be one offset more than texts, not none at all")


def bad_record_length(size: int, record: int, kind: str) -> ValueError:
    """Refuse a packed buffer that is no whole number of records."""
    return ValueError(
        f"packed must be a whole number of {record}-byte {kind} records, not {size} bytes"
    )


def not_address(text: str) -> AddressError:
    """Refuse a text that is no address of either family."""
    return AddressError(f"{shorten(text)} is not an IPv4 or IPv6 address", None, text)


def mixed_families() -> ValueError:
    """Refuse two addresses of which one is IPv4 and the other IPv6."""
    return ValueError("src and dst must be of the same family")


# What `parse_hostport` and `format_hostport` refuse.
HOSTPORT_BRACKETS = "brackets must hold an IPv6 address"
HOSTPORT_FOLLOW = "only a port can follow the brackets"
HOSTPORT_COLONS = "neither an IPv6 address nor host:port (brackets go round IPv6)"
HOSTPORT_CHARACTER = "a character that no host can have"
HOSTPORT_NOTHING = "neither host nor port"
HOSTPORT_NOT_IPV6 = "not an IPv6 address, yet it has a colon"

HOSTPORT_FAULTS = (
    HOSTPORT_BRACKETS,
    HOSTPORT_FOLLOW,
    HOSTPORT_COLONS,
    HOSTPORT_CHARACTER,
    HOSTPORT_NOTHING,
    HOSTPORT_NOT_IPV6,
)
"""In the order of the kernel's `fs_hostport_fault`."""


def bad_hostport(text: str, reason: str) -> AddressError:
    """Refuse a text that is no host and port, or a host that can't be written."""
    return AddressError(f"{shorten(text)}: {reason}", value=text)


def bad_port_digits(text: str, digits: str) -> AddressError:
    """Refuse a text in which something else stands where the port should."""
    return bad_hostport(text, f"the port must be 0 to 65535 in decimal, not {shorten(digits)}")


def bad_port(port: object) -> AddressError:
    """Refuse a port out of range."""
    return AddressError(f"{shorten(port)}: the port must be 0 to 65535", value=port)
