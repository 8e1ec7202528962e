"""Declarations of the compiled address part: kernels, and the few structs they share."""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint8_t

from fastsock._core.arrow.rows cimport fs_rows


cdef extern from "fastsock/_core/pyobjects.h":
    # The bytes of a str that is ASCII, or NULL.
    const uint8_t *fs_ascii(PyObject *text, Py_ssize_t *size) noexcept
    # The bytes of any str as UTF-8, or NULL with a UnicodeEncodeError set.
    const uint8_t *fs_utf8(object text, Py_ssize_t *size) except NULL
    # A new str of a few ASCII characters.
    object fs_new_text(const uint8_t *text, Py_ssize_t size)
    object fs_new_short_text(const uint8_t *text, Py_ssize_t size)
    enum: FS_COPY_MAX
    # The value of an int; `overflow` is set where a long can't hold it.
    long fs_long(object value, int *overflow) except? -1


cdef extern from "fastsock/address/family.h" nogil:
    int AF_UNSPEC
    int AF_INET
    int AF_INET6


cdef extern from "fastsock/address/inet6.h" nogil:
    # One address at [p, end): where it stopped, or NULL. Writes on success only.
    const uint8_t *fs_parse_aton(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept
    const uint8_t *fs_parse4(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept
    const uint8_t *fs_parse6(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept
    # The text of one address: its length. One byte more than the longest text must fit.
    enum: FS_TEXT4_MAX
    enum: FS_TEXT6_MAX
    size_t fs_format4(const uint8_t *packed, uint8_t *out) noexcept
    size_t fs_format6(const uint8_t *packed, uint8_t *out) noexcept
    bint fs_is_mapped(const uint8_t *packed) noexcept


cdef extern from "fastsock/address/hostport.h" nogil:
    # What is wrong with a text, in the order of HOSTPORT_FAULTS.
    ctypedef enum fs_hostport_fault:
        FS_HOSTPORT_GOOD
        FS_HOSTPORT_NOTHING
        FS_HOSTPORT_PORT    # has a message of its own

    ctypedef struct fs_hostport:
        const uint8_t *host       # without brackets ...
        const uint8_t *host_end
        const uint8_t *digits     # ... and from here to the end what should be the port, or NULL
        unsigned port

    enum: FS_PORT_DIGITS
    enum: FS_PORT_MAX
    fs_hostport_fault fs_parse_hostport(
        const uint8_t *p, const uint8_t *end, fs_hostport *out) noexcept
    fs_hostport_fault fs_check_host(
        const uint8_t *p, const uint8_t *end, bint *bracketed) noexcept
    int fs_format_port(unsigned port, uint8_t *out) noexcept


cdef extern from "fastsock/address/lines.h" nogil:
    ctypedef enum fs_kind:
        FS_V4     # AF_INET: records of 4 bytes
        FS_V6     # AF_INET6: records of 16
        FS_ANY    # AF_UNSPEC: records of 16, IPv4 as mapped

    ctypedef struct fs_lines:
        const uint8_t *p        # the text that is left ...
        const uint8_t *end
        uint8_t *out            # ... goes here, a record a row ...
        uint8_t *valid          # ... and a flag a row here, or NULL: stop at a bad row
        size_t row              # rows done
        size_t rows             # rows there is room for
        size_t fast_rows        # rows that went through the kernel's own step
        const char *kernel      # the kernel that ran

    size_t fs_record_size(fs_kind kind) noexcept
    void FS_PREFETCH(const void *p) noexcept
    size_t fs_count_lines(const uint8_t *p, const uint8_t *end) noexcept


cdef extern from "fastsock/address/lines_dispatch.h" nogil:
    void fs_choose_kernel(bint sse41) noexcept
    void fs_run_kernel(fs_lines *run, fs_kind kind) noexcept
    bint fs_parse_item(fs_kind kind, const uint8_t *p, size_t size, uint8_t *out) noexcept


cdef extern from "fastsock/address/columns.h" nogil:
    int64_t fs_pack_rows(
        const fs_rows *rows, fs_kind kind, uint8_t *out, uint8_t *valid) noexcept
