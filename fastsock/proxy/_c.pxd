"""Declarations of the compiled proxy part: the kernel, and the objects that results are made of."""

from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint16_t


cdef extern from "fastsock/_core/pyobjects.h":
    object fs_new_text(const uint8_t *text, Py_ssize_t size)
    object fs_new_tuple(object kind, Py_ssize_t size)
    const uint8_t *fs_ascii(PyObject *text, Py_ssize_t *size) noexcept
    bint fs_is_small(PyObject *value, long *number) noexcept
    long fs_long(object value, int *overflow)


cdef extern from "fastsock/address/inet6.h" nogil:
    enum: FS_TEXT4_MAX
    enum: FS_TEXT6_MAX
    size_t fs_format4(const uint8_t *packed, uint8_t *out) noexcept
    size_t fs_format6(const uint8_t *packed, uint8_t *out) noexcept


cdef extern from "fastsock/checksums/crc32c.h" nogil:
    void fs_choose_crc32c(bint sse42) noexcept


cdef extern from "fastsock/proxy/proxy.h" nogil:
    ctypedef enum fs_proxy_found:
        FS_PROXY_HEADER
        FS_PROXY_MORE
        FS_PROXY_SIGNATURE      # the first fault

    ctypedef struct fs_proxy:
        size_t size             # of the header; or how many bytes are missing
        int version
        bint local
        int family
        int transport
        bint known              # whether there are endpoints
        uint16_t ports[2]
        const uint8_t *paths
        uint8_t addresses[2][16]
        size_t tlvs
        size_t tlvs_size

    fs_proxy_found fs_parse_proxy(
        const uint8_t *p, size_t size, size_t max_size, fs_proxy *header
    ) noexcept


cdef extern from "fastsock/proxy/build.h" nogil:
    enum: FS_PROXY_BUILT_MAX

    ctypedef struct fs_proxy_ends:
        int family
        uint16_t ports[2]
        uint8_t addresses[2][16]

    int fs_proxy_host(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept
    size_t fs_build_proxy_v1(const fs_proxy_ends *ends, uint8_t *out) noexcept
    size_t fs_build_proxy_v2(const fs_proxy_ends *ends, int transport, uint8_t *out) noexcept


# What results are made of. One object holds it: Cython looks each global name up anew.
cdef class _State:
    cdef object header          # the class of a header
    cdef object need_more
    cdef object path            # what makes text of a path
    cdef tuple families
    cdef tuple types
    cdef tuple commands
    cdef object empty
    cdef tuple nothing
    cdef tuple parameters       # of parse_proxy
    cdef object parse_plain     # Cython's entries, for calls of any other form
    cdef object plain_v1
    cdef object plain_v2
    cdef object build_v1        # Python's builders, for any other header
    cdef object build_v2
