"""Buffers as plain bytes, whatever their items are: the twin of `fastsock/_buffers.py`."""

from cpython.buffer cimport (
    PyBUF_FULL_RO,
    PyBuffer_IsContiguous,
    PyBuffer_Release,
    PyObject_CheckBuffer,
    PyObject_GetBuffer,
)


cdef extern from "Python.h":
    object PyMemoryView_FromObject(object exporter)
    Py_buffer *PyMemoryView_GET_BUFFER(object view)
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
    # A memoryview's cast() knows neither formats like "<i" nor shapes with a zero.
    return PyPickleBuffer_FromObject(result).raw()
