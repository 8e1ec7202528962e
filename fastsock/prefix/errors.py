"""The errors of prefix tables and sets, worded once for both twins."""

from __future__ import annotations

from .._core.errors import Error, not_buffer as not_buffer, shorten
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
    """The error of a text that is not an address."""
    return AddressError(f"{shorten(value)} is not an IPv4 or IPv6 address", None, value)


def not_network(value: object, why: str = "") -> AddressError:
    """The error of a text that is not a network."""
    reason = f": {why}" if why else ""
    return AddressError(f"{shorten(value)} is not an IPv4 or IPv6 network{reason}", None, value)


def has_zone(value: object) -> AddressError:
    """The error of an address with a zone; prefixes have none."""
    return AddressError(f"{shorten(value)} has a zone: look up the address without it", None, value)


def has_host_bits(value: object) -> AddressError:
    """The error of a network with host bits set."""
    return AddressError(
        f"{shorten(value)} has host bits set (strict=False clears them)", None, value
    )


def not_an_address(value: object) -> TypeError:
    """The error of a value whose type is not an address."""
    return TypeError(
        "an address must be str, packed bytes, int or an address object, "
        f"not '{type(value).__name__}'"
    )


def not_a_network(value: object) -> TypeError:
    """The error of a value whose type is not a network."""
    return TypeError(
        f"a network must be str, (packed, length) or a network object, not '{type(value).__name__}'"
    )


def bad_packed(size: int) -> ValueError:
    """The error of packed bytes of a length that no family has."""
    return ValueError(f"a packed address must be 4 or 16 bytes, not {size}")


def bad_length(length: int, most: int) -> ValueError:
    """The error of a prefix longer than an address."""
    return ValueError(f"a prefix length must be between 0 and {most}, not {length}")


def int_without_family() -> TypeError:
    """The error of an int address without `family`."""
    return TypeError("an int needs family=AF_INET or family=AF_INET6")


def int_out_of_range(bits: int) -> ValueError:
    """The error of an int too large or small for its family."""
    return ValueError(f"an int must be between 0 and 2**{bits} - 1")


def bad_family(family: object) -> ValueError:
    """The error of an unsupported address family."""
    return ValueError(f"family must be AF_INET, AF_INET6 or AF_UNSPEC, not {family!r}")


def bad_records(size: int, record: int) -> ValueError:
    """The error of a buffer whose size is not a multiple of the record size."""
    return ValueError(f"packed must be records of {record} bytes, not {size} bytes in all")


def bad_default(default: int) -> OverflowError:
    """The error of a default that does not fit into an int32."""
    return OverflowError(f"default must fit into 32 bits, not {default}")


def not_pair(item: object) -> TypeError:
    """The error of an item that is not a pair of network and value."""
    return TypeError(f"an item must be a (network, value) pair, not {shorten(item)}")


def frozen() -> TypeError:
    """The error of a change to a table after `freeze`."""
    return TypeError("the table is frozen")


def too_many() -> OverflowError:
    """The error of more prefixes than 31 bits can count."""
    return OverflowError("a table holds at most 2**31 - 2 prefixes")


def bad_file(why: str) -> TableFileError:
    """The error of a damaged or foreign file."""
    return TableFileError(f"not a prefix table: {why}")


def not_json(network: str, value: object) -> TypeError:
    """The error of a value that a file can't hold."""
    return TypeError(
        f"the value of {network} can't be saved: a file holds JSON (None, bool, int, float, str, "
        f"list, dict with str keys), not {shorten(value)}"
    )


def bad_errors(errors: object) -> ValueError:
    """The error of an unknown way to treat bad rows."""
    return ValueError(f"errors must be 'strict' or 'mask', not {errors!r}")


def bad_bits(name: str, bits: int, most: int) -> ValueError:
    """The error of a number of bits out of range."""
    return ValueError(f"{name} must be between 0 and {most}, not {bits}")


def bad_line(line: int, why: object) -> ValueError:
    """The error of a row that can't be read."""
    return ValueError(f"line {line}: {why}")


def no_column(name: str, columns: list[str]) -> ValueError:
    """The error of a column that a file lacks."""
    return ValueError(f"there is no column {name!r} in {', '.join(columns)}")


def bad_range(first: object, last: object) -> ValueError:
    """The error of a range whose ends are reversed or of two families."""
    return ValueError(f"{shorten(first)} to {shorten(last)} is not a range of one family")


def unknown_special(name: object, names: tuple[str, ...]) -> ValueError:
    """The error of a name that `special` does not know."""
    return ValueError(f"name must be one of {', '.join(names)}, not {name!r}")
