"""Arguments of views and builders: numbers that fit, bytes, addresses."""

from cpython.long cimport PyLong_CheckExact
from libc.stdint cimport uint8_t, uint32_t


cdef extern from "Python.h":
    long PyLong_AsLongAndOverflow(object value, int *overflow) except? -1


# An int from `least` to `most`, by __index__ of anything that has it.
cdef uint32_t any_number(str name, object value, uint32_t most, uint32_t least) except? 0xFFFFFFFF


cdef inline uint32_t number(
    str name, object value, uint32_t most, uint32_t least=0
) except? 0xFFFFFFFF:
    """The same, without a call for an int in range."""
    cdef int overflow = 0
    cdef long given
    if PyLong_CheckExact(value):
        given = PyLong_AsLongAndOverflow(value, &overflow)
        if overflow == 0 and given >= 0 and least <= <unsigned long>given <= most:
            return <uint32_t>given
    return any_number(name, value, most, least)


# Where the bytes of a view lie.
cdef uint8_t *bytes_of(memoryview view, Py_ssize_t *size, bint *read_only) noexcept

# Exactly `size` bytes, copied to `out`.
cdef int octets(str name, object value, uint8_t *out, Py_ssize_t size) except -1

# The packed form of an address, 16 bytes at most, in `out`: how long it is.
cdef Py_ssize_t address(str name, object value, uint8_t *out) except -1
