"""Buffers as plain bytes, whatever their items are.

A function lets go of a view by ``with`` before it returns. Where objects are freed late, as on
PyPy, the view would stay, and its bytearray could not grow.
"""

from __future__ import annotations

from . import errors as _errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def contiguous(buffer: ReadableBuffer, what: str) -> memoryview:
    """View all bytes of a buffer, of any format and shape, and copy none of them.

    Raises:
        TypeError: this is no buffer.
        BufferError: its bytes are not in one piece; `what` names it.
    """
    try:
        view = memoryview(buffer)
    except TypeError:
        if hasattr(type(buffer), "__buffer__"):
            raise  # a refusal of the class's own
        raise _errors.not_buffer(buffer) from None
    if not view.c_contiguous:
        view.release()  # the error would keep it, and so the buffer from growing
        raise _errors.not_contiguous(what)
    if view.ndim == 1 and view.format == "B":
        return view
    try:
        flat = view.cast("B")
    except (TypeError, ValueError):  # no cast from a shape with a zero in it, nor from "<i"
        return _raw(view)  # which may need it
    view.release()
    return flat


def copied(buffer: ReadableBuffer, what: str) -> bytes:
    """Copy all bytes of a buffer, with the errors of `contiguous`."""
    with contiguous(buffer, what) as view:
        return view.tobytes()


def _raw(view: memoryview) -> memoryview:
    """View all bytes of a view in one piece, of any format and shape.

    Use its base where that shows them all: a cycle through a memoryview of a memoryview crashes
    the collector of Python 3.11 and 3.12.
    """
    from pickle import PickleBuffer  # a rare case, and a long import

    try:
        whole = PickleBuffer(view.obj).raw()
    except (TypeError, BufferError):  # it gives a view only once, or one in pieces
        return PickleBuffer(view).raw()
    if whole.nbytes != view.nbytes:
        return PickleBuffer(view).raw()
    return whole.toreadonly() if view.readonly else whole
