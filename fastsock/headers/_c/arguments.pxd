"""Arguments of views and builders: numbers that fit, bytes, addresses."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.long cimport PyLong_Check
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy


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
    if PyLong_Check(value):
        given = PyLong_AsLongAndOverflow(value, &overflow)
        if overflow == 0 and given >= 0 and least <= <unsigned long>given <= most:
            return <uint32_t>given
    return any_number(name, value, most, least)


cdef inline uint32_t argument(
    const char *name, PyObject *value, uint32_t most, uint32_t absent
) except? 0xFFFFFFFF:
    """An argument of that name, an int up to `most`; `absent` where it is left out.

    Names of arguments are C strings, made a str where an error needs one: a constant str is looked
    up in the module's state.
    """
    cdef int overflow = 0
    cdef long given
    if value == NULL:
        return absent
    if PyLong_Check(<object>value):
        given = PyLong_AsLongAndOverflow(<object>value, &overflow)
        if overflow == 0 and given >= 0 and <unsigned long>given <= most:
            return <uint32_t>given
    return any_number(name.decode(), <object>value, most, 0)


# Where the bytes of a view lie.
cdef uint8_t *bytes_of(memoryview view, Py_ssize_t *size, bint *read_only) noexcept

# Exactly `size` bytes, copied to `out`.
cdef int octets(const char *name, object value, uint8_t *out, Py_ssize_t size) except -1

# The packed form of an address, 16 bytes at most, in `out`: how long it is.
cdef Py_ssize_t any_address(const char *name, object value, uint8_t *out) except -1


cdef inline Py_ssize_t address(const char *name, object value, uint8_t *out) except -1:
    """The same, without a call for one that is packed."""
    if PyBytes_CheckExact(value):
        if PyBytes_GET_SIZE(value) == 4:
            memcpy(out, PyBytes_AS_STRING(value), 4)
            return 4
        if PyBytes_GET_SIZE(value) == 16:
            memcpy(out, PyBytes_AS_STRING(value), 16)
            return 16
    return any_address(name, value, out)
