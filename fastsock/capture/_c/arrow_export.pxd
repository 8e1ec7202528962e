"""Memory that Arrow consumers can be given: counted in C, so that they need no interpreter."""

from libc.stdint cimport int64_t, uint8_t


cdef extern from "fastsock/capture/arrow.h" nogil:
    enum:
        ARROW_FLAG_NULLABLE
        FS_ALIGNMENT

    ctypedef struct ArrowSchema "struct ArrowSchema":
        int64_t n_children
        ArrowSchema **children
        void (*release)(ArrowSchema *) noexcept nogil

    ctypedef struct ArrowArray "struct ArrowArray":
        int64_t n_children
        ArrowArray **children
        void (*release)(ArrowArray *) noexcept nogil

    ctypedef struct fs_shared:
        size_t size
        uint8_t *data

    fs_shared *fs_new_shared(size_t size) noexcept
    void fs_hold(fs_shared *memory) noexcept
    void fs_let_go(fs_shared *memory) noexcept
    bint fs_give_column(ArrowArray *array, int64_t rows, fs_shared *memory,
                        const void *values) noexcept
    bint fs_give_table(ArrowArray *array, int64_t rows, size_t count) noexcept
    bint fs_describe(ArrowSchema *schema, const char *format, const char *name, int64_t flags,
                     size_t count) noexcept


# A part of shared memory as a writable buffer: one column. It is one of the memory's holders.
cdef class Memory:
    cdef fs_shared *memory
    cdef uint8_t *start
    cdef Py_ssize_t size


cdef object view_of(fs_shared *memory, uint8_t *start, Py_ssize_t size)
