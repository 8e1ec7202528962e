"""Wording of this part's errors, which both twins share."""

from __future__ import annotations

from .._core.errors import shorten


def bad_family(family: object) -> ValueError:
    """Refuse another address family."""
    return ValueError(f"family must be AF_INET, AF_INET6 or AF_UNSPEC, not {shorten(family)}")


def bad_records(size: int, record: int) -> ValueError:
    """Refuse a buffer that is no whole number of records."""
    return ValueError(f"packed must be records of {record} bytes, not {size} bytes in all")


def bad_items(name: str, size: int, width: int) -> ValueError:
    """Refuse a buffer that is no whole number of items."""
    return ValueError(f"{name} must be items of {width} bytes, not {size} bytes in all")


def bad_valid(flags: int, rows: int) -> ValueError:
    """Refuse flags that are not one a row."""
    return ValueError(f"valid must be a byte a row: {rows}, not {flags}")


def bad_offsets() -> ValueError:
    """Refuse offsets that fall or leave the data."""
    return ValueError("offsets must start at 0 or above, never fall, and end within the data")


def only_ipv4() -> ValueError:
    """Refuse to write other addresses as uint32."""
    return ValueError("as_uint32 needs family=AF_INET")


def bad_index(row: int) -> ValueError:
    """Refuse an index that stands for no value."""
    return ValueError(f"indexes[{row}] stands for no value")


def bad_value(value: object, kinds: str) -> TypeError:
    """Refuse values of which no Arrow column can be made."""
    return TypeError(
        f"values must all be str, bytes, int, float or bool: {kinds} and {shorten(value)}"
    )


def not_number(value: object) -> OverflowError:
    """Refuse an int that Arrow's int64 can't hold."""
    return OverflowError(f"{shorten(value)} does not fit into an int64")
