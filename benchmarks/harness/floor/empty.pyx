"""Functions that do nothing but return objects of the kind that a call returns.

What they cost is the floor of any compiled call on this interpreter: the call itself
and its fresh objects. Built for the benchmarks only, with the package's directives.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from libc.string cimport memcpy


cdef extern from "Python.h":
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 maxchar)
    void *PyUnicode_DATA(object text)


cdef inline object new_text(const char *text, Py_ssize_t size):
    result = PyUnicode_New(size, 127)
    memcpy(PyUnicode_DATA(result), text, size)
    return result


def one_bytes4(argument, /):
    return PyBytes_FromStringAndSize("0123456789abcdef", 4)


def two_bytes4(first, second, /):
    return PyBytes_FromStringAndSize("0123456789abcdef", 4)


def two_bytes16(first, second, /):
    return PyBytes_FromStringAndSize("0123456789abcdef", 16)


def one_text4(argument, /):
    return new_text("192.168.1.1", 11)


def one_text6(argument, /):
    return new_text("2001:db8:85a3::8a2e:370:7334", 28)


def two_text4(first, second, /):
    return new_text("192.168.1.1", 11)


def two_text6(first, second, /):
    return new_text("2001:db8:85a3::8a2e:370:7334", 28)


def prefixed_frames(data, size_t count, /):
    """The frames of a buffer that is known to hold `count`, after a length of four bytes each."""
    cdef const unsigned char *at = <const unsigned char *>PyBytes_AS_STRING(data)
    cdef Py_ssize_t size
    cdef size_t number
    frames = PyList_New(count)
    for number in range(count):
        size = at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]
        frame = PyBytes_FromStringAndSize(<const char *>at + 4, size)
        Py_INCREF(frame)  # the list takes this reference
        PyList_SET_ITEM(frames, number, frame)
        at += 4 + size
    return frames
