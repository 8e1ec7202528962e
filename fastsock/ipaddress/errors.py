"""Errors of the functions that the standard library lacks; `ipaddress` words all others."""

from .._core.errors import shorten


def bad_family(family: object) -> ValueError:
    """Refuse a family that `from_packed` does not know."""
    return ValueError(f"family must be AF_INET, AF_INET6 or AF_UNSPEC, not {shorten(family)}")


def bad_record_length(size: int, record: int) -> ValueError:
    """Refuse a packed buffer that is no whole number of records."""
    return ValueError(
        f"packed must be a whole number of {record}-byte address records, not {size} bytes"
    )
