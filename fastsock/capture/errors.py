"""Exceptions of this part, and their wording, which both twins share."""

from __future__ import annotations

from .._core.errors import Error


class CaptureError(Error, ValueError):
    """A file that is no capture, or of a kind that can't be read: nothing of it was."""


def column_too_small(name: str, rows: int) -> ValueError:
    """The error of a column whose memory ends before its last row."""
    return ValueError(f"column {name!r} has no room for {rows} rows")


def bad_column_memory(name: str) -> ValueError:
    """The error of a column that can't be written to, or not in one piece."""
    return ValueError(f"column {name!r} must be a writable, C-contiguous buffer")


def bad_source(source: object) -> TypeError:
    """The error of a capture that is to be opened from something else."""
    return TypeError(
        f"a path, a bytes-like object or a binary file is required, not '{type(source).__name__}'"
    )


def capture_in_use() -> RuntimeError:
    """The error of a call on a capture while another call is at work on it."""
    return RuntimeError("the capture is in use by another call")


def capture_closed() -> ValueError:
    """The error of a call on a capture that was closed."""
    return ValueError("the capture is closed")


def bad_max_record(max_record: int) -> ValueError:
    """The error of a capture whose records could not be of any size."""
    return ValueError(f"max_record must be between 1 and 4294967295, not {max_record}")


def bad_chunk(chunk: int) -> ValueError:
    """The error of columns of so many rows a chunk."""
    return ValueError(f"chunk must be at least 1, not {chunk}")


def bad_offsets(row: int) -> ValueError:
    """The error of offsets that don't ascend, or lie outside of the buffer."""
    return ValueError(f"offsets[{row}] is less than the one before it, or outside of the buffer")


def not_pair(buffers: tuple[object, ...]) -> TypeError:
    """The error of a tuple that is not a buffer and its offsets."""
    return TypeError(
        "a tuple of buffers must be (buffer, offsets); give many buffers as a list, "
        f"not as a tuple of {len(buffers)}"
    )
