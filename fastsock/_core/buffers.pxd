"""Buffers as plain bytes, whatever their items are: the twin of `fastsock/_core/buffers.py`."""

from cpython.buffer cimport (
    PyBUF_FULL_RO,
    PyBuffer_IsContiguous,
    PyBuffer_Release,
    PyObject_CheckBuffer,
    PyObject_GetBuffer,
)
from cpython.memoryview cimport PyMemoryView_Check
from cpython.object cimport PyObject


cdef extern from "Python.h":
    object PyMemoryView_FromObject(object exporter)
    Py_buffer *PyMemoryView_GET_BUFFER(object view)
    PyObject *PyMemoryView_GET_BASE(object view)
    object PyPickleBuffer_FromObject(object exporter)


cdef inline int get_contiguous(object buffer, Py_buffer *view, str what) except -1:
    """Fill `view` with a buffer in one piece, of any format and shape. The caller releases it."""
    if not PyObject_CheckBuffer(buffer):
        from fastsock._core import errors
        raise errors.not_buffer(buffer)
    PyObject_GetBuffer(buffer, view, PyBUF_FULL_RO)
    # Asked for one piece, each class would refuse in its own way: NumPy by a ValueError.
    if not PyBuffer_IsContiguous(view, c"C"):
        PyBuffer_Release(view)
        from fastsock._core import errors
        raise errors.not_contiguous(what)
    return 0


cdef inline memoryview contiguous(object buffer, str what):
    """View all bytes of a buffer in one piece, of any format and shape, and copy none of them."""
    cdef Py_buffer *view
    if not PyObject_CheckBuffer(buffer):
        from fastsock._core import errors
        raise errors.not_buffer(buffer)
    result = PyMemoryView_FromObject(buffer)
    view = PyMemoryView_GET_BUFFER(result)
    if not PyBuffer_IsContiguous(view, c"C"):
        from fastsock._core import errors
        raise errors.not_contiguous(what)
    if view.ndim == 1 and view.itemsize == 1 and view.format != NULL and view.format[0] == c"B":
        return result
    try:
        return result.cast("B")
    except (TypeError, ValueError):  # no cast from a shape with a zero in it, nor from "<i"
        return flat(result)


cdef inline memoryview flat(memoryview view):
    """View all bytes of a view in one piece, of any format and shape.

    Use its base where possible: a cycle through a memoryview of a memoryview crashes the
    collector of Python 3.11 and 3.12.
    """
    cdef Py_buffer *part = PyMemoryView_GET_BUFFER(view)
    cdef Py_buffer *all_
    cdef Py_ssize_t start
    if PyMemoryView_GET_BASE(view) == NULL:
        return PyPickleBuffer_FromObject(view).raw()
    try:
        whole = PyPickleBuffer_FromObject(<object>PyMemoryView_GET_BASE(view)).raw()
    except (TypeError, BufferError):  # it gives a view only once, or one in pieces
        return PyPickleBuffer_FromObject(view).raw()
    all_ = PyMemoryView_GET_BUFFER(whole)
    start = <const char *>part.buf - <const char *>all_.buf
    if start < 0 or start > all_.len - part.len:  # not the memory of the first time
        return PyPickleBuffer_FromObject(view).raw()
    found = whole[start : start + part.len]
    return found.toreadonly() if part.readonly else found


cdef inline bint pin(memoryview view, Py_buffer *pinned) except -1:
    """Keep the bytes of a view in place by a buffer of its base. False if the base gives none.

    A buffer of the view is not enough: the collector clears a memoryview that still has buffers,
    and releasing these then reads freed memory.
    """
    cdef PyObject *base = PyMemoryView_GET_BASE(view)
    while base != NULL and PyMemoryView_Check(<object>base):  # that of PickleBuffer.raw()
        base = PyMemoryView_GET_BASE(<object>base)
    if base == NULL:
        return False
    try:
        PyObject_GetBuffer(<object>base, pinned, PyBUF_FULL_RO)
    except Exception:  # a __buffer__ of Python gives its view once
        return False
    return True
