"""Exceptions of this part, and their wording, which both twins share."""

from __future__ import annotations

from .._core.errors import Error, shorten, shorten_number


class CaptureError(Error, ValueError):
    """A file that is not a capture, or of an unsupported kind."""


def column_too_small(name: str, rows: int) -> ValueError:
    """Refuse a column whose memory ends before its last row."""
    return ValueError(f"column {name!r} has no room for {rows} rows")


def bad_column_memory(name: str) -> ValueError:
    """Refuse a column's memory that is read-only or not contiguous."""
    return ValueError(f"column {name!r} must be a writable buffer")


def bad_source(source: object) -> TypeError:
    """Refuse a source that is no path, buffer or file."""
    return TypeError(
        f"a path, a bytes-like object or a binary file is required, not '{type(source).__name__}'"
    )


def capture_in_use() -> RuntimeError:
    """Refuse a call on a capture while another call is at work on it."""
    return RuntimeError("the capture is in use by another call")


def capture_closed() -> ValueError:
    """Refuse a call on a capture that was closed."""
    return ValueError("the capture is closed")


def bad_max_record(max_record: int) -> ValueError:
    """Refuse a `max_record` out of range."""
    return ValueError(
        f"max_record must be between 1 and 4294967295, not {shorten_number(max_record)}"
    )


def bad_chunk(chunk: int) -> ValueError:
    """Refuse a `chunk` out of range."""
    return ValueError(f"chunk must be at least 1, not {shorten_number(chunk)}")


def bad_threads(threads: int) -> ValueError:
    """Refuse a number of threads below 0."""
    return ValueError(f"threads must be at least 0, not {threads}")


def chunk_too_large(most: int = 1 << 24) -> ValueError:
    """Refuse batches whose texts 32 bits can't count."""
    return ValueError(f"chunk must be at most {most}")


def bad_choice(name: str, value: object, choices: str) -> ValueError:
    """Refuse an argument that is none of its choices."""
    return ValueError(f"{name} must be {choices}, not {shorten(value)}")


def bad_offsets(row: int) -> ValueError:
    """Refuse offsets that descend or lie outside the buffer."""
    return ValueError(f"offsets[{row}] is less than the one before it, or outside of the buffer")


def not_pair(buffers: tuple[object, ...]) -> TypeError:
    """Refuse a tuple that is not a buffer and its offsets."""
    return TypeError(
        "a tuple of buffers must be (buffer, offsets); give many buffers as a list, "
        f"not as a tuple of {len(buffers)}"
    )
