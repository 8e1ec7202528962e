"""Fields of headers, their views, and the kernels that they call."""

from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef extern from "fastsock/_core/bytes.h" nogil:
    uint32_t fs_load_be(const uint8_t *data, size_t size) noexcept
    void fs_store_be(uint8_t *data, size_t size, uint32_t value) noexcept


cdef extern from "fastsock/headers/rewrite.h" nogil:
    uint32_t fs_load_field(const uint8_t *data, size_t size) noexcept
    uint64_t fs_change(const uint8_t *before, const uint8_t *after, size_t size) noexcept
    void fs_apply(uint8_t *checksum, uint64_t change, bint zero_is_none) noexcept
    void fs_replace(uint8_t *header, size_t at, size_t size, uint32_t mask, uint32_t bits,
                    int checksum_at, bint zero_is_none) noexcept


cdef extern from "fastsock/checksums/checksum.h" nogil:
    uint32_t fs_sum(const uint8_t *data, size_t size) noexcept
    uint32_t fs_sum_fold(uint64_t sum) noexcept


cdef extern from "fastsock/_core/bytes.h" nogil:
    void fs_copy(uint8_t *to, const uint8_t *source, size_t size) noexcept


cdef extern from "fastsock/_core/protocols.h" nogil:
    enum: FS_ICMP
    enum: FS_TCP
    enum: FS_UDP
    enum: FS_ICMPV6


cdef extern from "fastsock/packet/paths.h" nogil:
    ctypedef enum fs_length_source:
        FS_LENGTH_WIRE

    ctypedef struct fs_length:
        uint64_t total

    ctypedef struct fs_ends:
        size_t src
        size_t dst

    fs_length fs_ipv4_length(const uint8_t *ip, uint64_t wire) noexcept
    fs_length fs_ipv6_length(const uint8_t *ip, size_t there, uint64_t wire) noexcept
    bint fs_may_lack_udp_length(fs_length_source source, bint fragment, const uint8_t *udp,
                                size_t size) noexcept
    uint64_t fs_pseudo_sum(const uint8_t *data, const fs_ends *ends, size_t address_size,
                           uint32_t protocol, uint64_t length) noexcept


cdef extern from "fastsock/headers/transport.h" nogil:
    ctypedef struct fs_transport:
        uint32_t protocol
        size_t at
        uint64_t end
        size_t address_size
        fs_ends ends
        bint fragment
        fs_length_source length_source

    bint fs_transport4(const uint8_t *ip, size_t size, fs_transport *found) noexcept
    bint fs_transport6(const uint8_t *ip, size_t size, fs_transport *found) noexcept
    int fs_pseudo_checksum(const fs_transport *found) noexcept
    bint fs_zero_is_none(const fs_transport *found) noexcept


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
    cdef object owner             # the final type whose field it is, or None
    cdef Py_ssize_t at
    cdef Py_ssize_t size


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


# Finish a final type of views: it is called without a tuple of arguments, and its fields know it.
cdef int set_up(object kind) except -1


cdef class _Address(Octets):
    pass


cdef class _TextAddress(_Address):
    pass


cdef class _IPView(View):
    cdef bint locate(self, fs_transport *found) noexcept
    cdef int readdress(self, Py_ssize_t at, const uint8_t *value, Py_ssize_t size) except -1
    cdef int unknown_end(self, const fs_ends *ends) except -1


cdef class _TransportView(View):
    cdef _IPView under            # the view of the IP header, or None
    cdef Py_ssize_t fewest        # bytes that its checksum can cover
    cdef bint has_pseudo
    cdef uint64_t pseudo
    cdef int begin(self, object buffer, object offset, object pseudo_header) except -1
    cdef int become(self, _IPView under, const fs_transport *found) except -1
    cdef Py_ssize_t segment(self) except -1
    cdef Py_ssize_t whole_segment(self) except -1
    cdef Py_ssize_t datagram(self, Py_ssize_t whole) except -1
    cdef Py_ssize_t covered(self) except -1
    cdef int check_stated_length(self) except -1
    cdef bint verify_none(self) except -1
    cdef uint64_t outside(self, Py_ssize_t length) except? 0xFFFFFFFFFFFFFFFF


cdef class IPv4View(_IPView):
    cdef Py_ssize_t options_end(self) except -1


cdef class IPv6View(_IPView):
    pass


cdef class TCPView(_TransportView):
    cdef Py_ssize_t header_end(self, Py_ssize_t there) except -1


cdef class UDPView(_TransportView):
    pass


cdef class ICMPView(_TransportView):
    pass
