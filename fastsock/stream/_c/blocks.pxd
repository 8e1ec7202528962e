"""Memory for received bytes."""

from libc.stdint cimport uint8_t


# Memory that bytes arrive in. Every view of it holds a reference, so it outlives its accumulator.
cdef class Block:
    cdef object __weakref__
    cdef uint8_t *data
    cdef Py_ssize_t size
    cdef Py_ssize_t exports       # views alive
    cdef uint8_t *lent            # what the next view shows; NULL but for the moment of its making
    cdef Py_ssize_t lent_size
    cdef bint writable
    cdef memoryview view(self, Py_ssize_t start, Py_ssize_t size, bint writable)
    cdef bint is_shared(self) noexcept


# Unused blocks.
cdef class Pool:
    cdef list blocks
    cdef Py_ssize_t size          # bytes of them
    cdef Block take(self, Py_ssize_t size)
    cdef int give(self, Block block) except -1
