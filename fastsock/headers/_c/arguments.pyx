"""Arguments of views and builders, in the compiled twin: numbers that fit, bytes, addresses."""

from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.long cimport PyLong_Check
from cpython.number cimport PyNumber_Index
from cpython.unicode cimport PyUnicode_Check
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from fastsock.address._c cimport fs_parse4, fs_parse6, fs_utf8
from fastsock._core.buffers cimport get_contiguous

from fastsock._core import errors as _core_errors
from fastsock.address import errors as _address_errors


cdef extern from "Python.h":
    Py_buffer *PyMemoryView_GET_BUFFER(object view)
    long long PyLong_AsLongLongAndOverflow(object value, int *overflow) except? -1


cdef uint32_t any_number(str name, object value, uint32_t most, uint32_t least) except? 0xFFFFFFFF:
    cdef int overflow
    cdef long long result
    if not PyLong_Check(value):
        value = PyNumber_Index(value)
    result = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow or result < least or result > most:
        # An int of a subclass may print as anything.
        raise _core_errors.out_of_range(name, PyNumber_Index(value), least, most)
    return <uint32_t>result


cdef uint8_t *bytes_of(memoryview view, Py_ssize_t *size, bint *read_only) noexcept:
    cdef Py_buffer *buffer = PyMemoryView_GET_BUFFER(view)
    size[0] = buffer.len
    read_only[0] = buffer.readonly
    return <uint8_t *>buffer.buf


cdef int octets(const char *name, object value, uint8_t *out, Py_ssize_t size) except -1:
    cdef Py_ssize_t given = copy(name, value, out, size, size)
    if given != size:
        raise _core_errors.bad_size(name.decode(), given, str(size))
    return 0


cdef Py_ssize_t any_address(const char *name, object value, uint8_t *out) except -1:
    cdef const uint8_t *text
    cdef Py_ssize_t size
    if PyUnicode_Check(value):
        try:
            text = fs_utf8(value, &size)
        except UnicodeEncodeError:
            raise _address_errors.not_address(value) from None
        if fs_parse4(text, text + size, out) == text + size:
            return 4
        if fs_parse6(text, text + size, out) == text + size:
            return 16
        raise _address_errors.not_address(value)
    size = copy(name, value, out, 4, 16)
    if size != 4 and size != 16:
        raise _core_errors.bad_size(name.decode(), size, "4 or 16")
    return size


cdef Py_ssize_t copy(
    const char *name, object value, uint8_t *out, Py_ssize_t one, Py_ssize_t other
) except -1:
    """Copy a buffer of either size, and no other: how long it is."""
    cdef Py_ssize_t size
    cdef Py_buffer view
    if PyBytes_CheckExact(value):
        size = PyBytes_GET_SIZE(value)
        if size == one or size == other:
            memcpy(out, PyBytes_AS_STRING(value), size)
        return size
    get_contiguous(value, &view, name.decode())
    size = view.len
    if size == one or size == other:
        memcpy(out, view.buf, size)
    PyBuffer_Release(&view)
    return size
