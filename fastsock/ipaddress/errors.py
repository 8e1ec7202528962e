"""Errors of the functions that the standard library lacks; `ipaddress` words all others."""


def bad_family(family: object) -> ValueError:
    """The error of a family that `from_packed` does not know."""
    return ValueError(f"family must be AF_INET, AF_INET6 or AF_UNSPEC, not {family!r}")


def bad_record_length(size: int, record: int) -> ValueError:
    """The error of a packed buffer that is no whole number of records."""
    return ValueError(
        f"packed must be a whole number of {record}-byte address records, not {size} bytes"
    )


def not_buffer(value: object) -> TypeError:
    """The error of an argument that has no bytes to give."""
    return TypeError(f"a bytes-like object is required, not '{type(value).__name__}'")


def not_contiguous() -> BufferError:
    """The error of a buffer whose bytes are not in one piece."""
    return BufferError("memoryview: underlying buffer is not C-contiguous")
