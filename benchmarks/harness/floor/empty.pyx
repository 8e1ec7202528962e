"""Functions that do nothing but return an object of the kind that a scalar call returns.

What they cost is the floor of any compiled call on this interpreter: the call itself
and one fresh object. Built for the benchmarks only, with the package's directives.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
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
