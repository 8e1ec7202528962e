"""Exceptions of this part, and their wording, which both twins share."""

from __future__ import annotations

from .._core.errors import Error, not_buffer as not_buffer, shorten, shorten_number
from ..address import AddressError


class TableFileError(Error, ValueError):
    """A file is not a table, or is damaged; nothing was read from it.

    >>> import fastsock.prefix
    >>> try:
    ...     fastsock.prefix.PrefixTable.load("/dev/null")
    ... except TableFileError as error:
    ...     print(error)
    not a prefix table: it has 0 bytes, a header has 128
    """


def not_address(value: object) -> AddressError:
    """Refuse a text that is no address of either family."""
    return AddressError(f"{shorten(value)} is not an IPv4 or IPv6 address", None, value)


def not_network(value: object, why: str = "") -> AddressError:
    """Refuse a text that is no network of either family."""
    reason = f": {why}" if why else ""
    return AddressError(f"{shorten(value)} is not an IPv4 or IPv6 network{reason}", None, value)


def has_zone(value: object) -> AddressError:
    """Refuse an address with a zone, which prefixes don't have."""
    return AddressError(f"{shorten(value)} has a zone: look up the address without it", None, value)


def has_host_bits(value: object) -> AddressError:
    """Refuse a network with bits set after its prefix."""
    return AddressError(
        f"{shorten(value)} has host bits set (strict=False clears them)", None, value
    )


def not_an_address(value: object) -> TypeError:
    """Refuse a value that could not be an address."""
    return TypeError(
        "an address must be str, packed bytes, int or an address object, "
        f"not '{type(value).__name__}'"
    )


def not_a_network(value: object) -> TypeError:
    """Refuse a value that could not be a network."""
    return TypeError(
        f"a network must be str, (packed, length) or a network object, not '{type(value).__name__}'"
    )


def bad_packed(size: int) -> ValueError:
    """Refuse packed bytes of a length that no family has."""
    return ValueError(f"a packed address must be 4 or 16 bytes, not {size}")


def bad_length(length: int, most: int) -> ValueError:
    """Refuse a prefix longer than an address."""
    return ValueError(f"a prefix length must be between 0 and {most}, not {shorten_number(length)}")


def int_without_family() -> TypeError:
    """Refuse a number that may be an address of either family."""
    return TypeError("an int needs family=AF_INET or family=AF_INET6")


def int_out_of_range(bits: int) -> ValueError:
    """Refuse a number that no address of its family has."""
    return ValueError(f"an int must be between 0 and 2**{bits} - 1")


def bad_family(family: object) -> ValueError:
    """Refuse another address family."""
    return ValueError(f"family must be AF_INET, AF_INET6 or AF_UNSPEC, not {shorten(family)}")


def bad_records(size: int, record: int) -> ValueError:
    """Refuse a buffer that is no whole number of records."""
    return ValueError(f"packed must be records of {record} bytes, not {size} bytes in all")


def bad_default(default: int) -> OverflowError:
    """Refuse a default that is no int32."""
    return OverflowError(f"default must fit into 32 bits, not {shorten_number(default)}")


def default_of_values() -> TypeError:
    """Refuse an index where values are asked for."""
    return TypeError("default is an index, and can't be given with values=True")


def not_pair(item: object) -> TypeError:
    """Refuse an item that is no network with a value."""
    return TypeError(f"an item must be a (network, value) pair, not {shorten(item)}")


def frozen() -> TypeError:
    """Refuse a change to a table after `freeze`."""
    return TypeError("the table is frozen")


def too_many() -> OverflowError:
    """Refuse more prefixes than 31 bits can count."""
    return OverflowError("a table holds at most 2**31 - 2 prefixes")


def bad_file(why: str) -> TableFileError:
    """Refuse a damaged or foreign file."""
    return TableFileError(f"not a prefix table: {why}")


def not_json(network: str, value: object) -> TypeError:
    """Refuse a value that a file can't hold."""
    return TypeError(
        f"the value of {network} can't be saved: a file holds JSON (None, bool, int, float, str, "
        f"list, dict with str keys), not {shorten(value)}"
    )


def bad_errors(errors: object) -> ValueError:
    """Refuse an unknown way to treat bad rows."""
    return ValueError(f"errors must be 'strict' or 'mask', not {shorten(errors)}")


def bad_bits(name: str, bits: int, most: int) -> ValueError:
    """Refuse a number of bits that an address does not have."""
    return ValueError(f"{name} must be between 0 and {most}, not {shorten_number(bits)}")


def bad_line(line: int, why: object) -> ValueError:
    """Refuse a row of a file."""
    return ValueError(f"line {line}: {why}")


def no_column(name: str, columns: list[str]) -> ValueError:
    """Refuse a file without a column that was asked for."""
    return ValueError(f"there is no column {shorten(name)} in {shorten(', '.join(columns))}")


def bad_range(first: object, last: object) -> ValueError:
    """Refuse a wrong range."""
    return ValueError(f"{shorten(first)} to {shorten(last)} is not a range of one family")


def unknown_special(name: object, names: tuple[str, ...]) -> ValueError:
    """Refuse a set that `ipaddress` has no property for."""
    return ValueError(f"name must be one of {', '.join(names)}, not {shorten(name)}")
