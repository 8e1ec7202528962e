"""The views of headers, and the kernels that they rest on."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from fastsock.headers._c.field cimport Octets, View


cdef extern from "fastsock/checksums/checksum.h" nogil:
    uint32_t fs_sum(const uint8_t *data, size_t size) noexcept
    uint32_t fs_sum_fold(uint64_t sum) noexcept


cdef extern from "fastsock/headers/transport.h" nogil:
    enum: FS_ICMP
    enum: FS_TCP
    enum: FS_UDP
    enum: FS_ICMPV6

    ctypedef struct fs_transport:
        uint32_t protocol
        size_t at
        size_t end
        size_t address_size
        size_t src
        size_t dst
        bint fragment

    bint fs_transport4(const uint8_t *ip, size_t size, fs_transport *found) noexcept
    bint fs_transport6(const uint8_t *ip, size_t size, fs_transport *found) noexcept
    int fs_pseudo_checksum(const fs_transport *found) noexcept
    bint fs_zero_is_none(const fs_transport *found) noexcept
    uint64_t fs_pseudo_sum(const uint8_t *ip, const fs_transport *found, size_t length) noexcept


cdef class _Address(Octets):
    pass


cdef class _IPView(View):
    cdef bint locate(self, fs_transport *found) noexcept
    cdef int readdress(self, Py_ssize_t at, const uint8_t *value, Py_ssize_t size) except -1


cdef class _TransportView(View):
    cdef _IPView under            # the view of the IP header, or None
    cdef bint has_pseudo
    cdef uint64_t pseudo
    cdef int set_pseudo(self, object pseudo_header) except -1
    cdef Py_ssize_t segment(self) except -1
    cdef Py_ssize_t covered(self) except -1
    cdef uint64_t outside(self, Py_ssize_t length) except? 0xFFFFFFFFFFFFFFFF


cdef class IPv4View(_IPView):
    cdef Py_ssize_t options_end(self) except -1


cdef class IPv6View(_IPView):
    pass


cdef class TCPView(_TransportView):
    pass


cdef class UDPView(_TransportView):
    cdef Py_ssize_t datagram(self, Py_ssize_t there) except -1


cdef class ICMPView(_TransportView):
    pass
