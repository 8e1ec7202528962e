"""Buffers as plain bytes, whatever their items are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors as _errors

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def flat(buffer: ReadableBuffer) -> memoryview:
    """A view of all bytes of a buffer."""
    try:
        view = memoryview(buffer)
    except TypeError:
        raise _errors.not_buffer(buffer) from None
    if not view.c_contiguous:
        view.release()  # the error would keep it, and so the buffer from growing
        raise _errors.not_contiguous("a packet's bytes")
    if view.ndim == 1 and view.format == "B":
        return view
    return view.cast("B") if view.nbytes else memoryview(b"")
