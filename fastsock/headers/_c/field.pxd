"""Fields that are read and written in place, and the base of all views."""

from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef extern from "fastsock/_core/bytes.h" nogil:
    uint32_t fs_load_be(const uint8_t *data, size_t size) noexcept
    void fs_store_be(uint8_t *data, size_t size, uint32_t value) noexcept


cdef extern from "fastsock/headers/rewrite.h" nogil:
    uint64_t fs_change(const uint8_t *before, const uint8_t *after, size_t size) noexcept
    void fs_apply(uint8_t *checksum, uint64_t change, bint zero_is_none) noexcept
    void fs_replace(uint8_t *header, size_t at, size_t size, uint32_t mask, uint32_t bits,
                    int checksum_at, bint zero_is_none) noexcept


# The kinds of headers, by their place among the names in errors.
cdef enum Layer:
    ETHERNET
    ARP
    IPV4
    IPV6
    TCP
    UDP
    ICMP


# A field of a view: an attribute that reads and writes the header in place.
cdef class Field:
    cdef str name
    cdef str text                 # the docstring
    cdef object views             # the type View; its own, for a module is looked up at some cost
    cdef Py_ssize_t at
    cdef Py_ssize_t size
    cdef View of(self, object instance)


# A number; `most`, `unit` and `base` are of the value, `mask` and `shift` of the header's bits.
cdef class Number(Field):
    cdef uint32_t mask
    cdef int shift
    cdef uint32_t unit
    cdef uint32_t base
    cdef uint32_t most


cdef class Flag(Number):
    pass


cdef class Octets(Field):
    pass


cdef class View:
    cdef object source            # what the user gave
    # The exporter of its bytes: bytes, a bytearray, a memoryview of all; None after release().
    cdef object exporter
    cdef Py_buffer pin            # keeps them in place; empty where they can't move
    cdef uint8_t *data            # the header ...
    cdef Py_ssize_t size          # ... and the bytes from there on; 0 after release()
    cdef Py_ssize_t start
    cdef bint read_only
    cdef int checksum_at          # where the checksum stands in the header, or -1
    cdef bint zero_is_none        # UDP: it may be absent
    cdef Py_ssize_t whole         # the fewest bytes of such a header ...
    cdef Py_ssize_t least         # ... and how many of them are there; 0 after release()
    cdef Layer layer
    cdef void describe(self) noexcept  # the header: its layer, its size, where its checksum stands
    # View the header at `offset`, which is 0 where it is NULL.
    cdef int open(self, object buffer, PyObject *offset) except -1
    cdef uint8_t *hold(self, object exporter, Py_ssize_t *size) except? NULL
    cdef int share(self, View other, Py_ssize_t start, Py_ssize_t least) except -1
    cdef str layer_name(self)
    cdef int check_live(self) except -1
    cdef int check_writable(self) except -1
    cdef memoryview slice(self, Py_ssize_t start, Py_ssize_t stop)
    cdef int fault(self, str field, str what) except -1
    cdef Py_ssize_t header(self, Py_ssize_t words, Py_ssize_t there) except -1


# Let views of a final type be made without a tuple of arguments.
cdef int call_directly(object kind) except -1
