"""Arguments of views and builders: numbers that fit, bytes, addresses."""

from libc.stdint cimport uint8_t, uint32_t


# An int from `least` to `most`.
cdef uint32_t number(str name, object value, uint32_t most, uint32_t least=*) except? 0xFFFFFFFF

# Where the bytes of a view lie.
cdef uint8_t *bytes_of(memoryview view, Py_ssize_t *size, bint *read_only) noexcept

# Exactly `size` bytes, copied to `out`.
cdef int octets(str name, object value, uint8_t *out, Py_ssize_t size) except -1

# The packed form of an address, 16 bytes at most, in `out`: how long it is.
cdef Py_ssize_t address(str name, object value, uint8_t *out) except -1
