"""Declarations of the `struct sockaddr` kernel, and of the functions that other parts use."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t


cdef extern from "fastsock/sockaddr/sockaddr.h" nogil:
    enum: FS_HAVE_UNIX
    enum: FS_HAVE_ABSTRACT
    enum: FS_PATH_MAX
    enum: FS_DATA_MAX
    enum: FS_FAMILY_MAX
    enum: AF_INET
    enum: AF_INET6
    enum: AF_UNIX

    ctypedef union fs_sockaddr:
        pass

    ctypedef enum fs_sockaddr_kind:
        FS_SOCKADDR_NONE
        FS_SOCKADDR_4
        FS_SOCKADDR_6
        FS_SOCKADDR_UNIX
        FS_SOCKADDR_OTHER

    ctypedef struct fs_endpoint:
        int family
        uint8_t packed[16]
        uint16_t port
        uint32_t flow
        uint32_t scope
        const uint8_t *path
        size_t path_size

    size_t fs_sockaddr4(fs_sockaddr *out, const uint8_t *packed, uint16_t port) noexcept
    size_t fs_sockaddr6(
        fs_sockaddr *out, const uint8_t *packed, uint16_t port, uint32_t flow, uint32_t scope
    ) noexcept
    size_t fs_sockaddr_unix(fs_sockaddr *out, const uint8_t *path, size_t size) noexcept
    size_t fs_sockaddr_other(
        fs_sockaddr *out, long family, const uint8_t *data, size_t size
    ) noexcept
    fs_sockaddr_kind fs_read_sockaddr(
        const uint8_t *p, const uint8_t *end, fs_endpoint *out
    ) noexcept


# Pack an address. Return its length. With AF_INET6, `mapping` turns IPv4 hosts into mapped ones.
cdef Py_ssize_t pack_into(
    long family, object address, fs_sockaddr *out, bint mapping
) except -1
# Make the socket module's form of an endpoint.
cdef object address_of(fs_sockaddr_kind kind, const fs_endpoint *endpoint)
