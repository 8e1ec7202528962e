"""Arrow's structs, and memory that consumers can be given: counted in C, without an interpreter."""

from libc.stdint cimport int64_t, uint8_t


cdef extern from "fastsock/_core/arrow/interface.h" nogil:
    enum:
        FS_ALIGNMENT
        FS_MOST_BUFFERS

    ctypedef struct ArrowSchema "struct ArrowSchema":
        const char *format
        const char *name
        int64_t n_children
        ArrowSchema **children
        ArrowSchema *dictionary
        void (*release)(ArrowSchema *) noexcept nogil

    ctypedef struct ArrowArray "struct ArrowArray":
        int64_t length
        int64_t null_count
        int64_t offset
        int64_t n_buffers
        int64_t n_children
        const void **buffers
        ArrowArray **children
        ArrowArray *dictionary
        void (*release)(ArrowArray *) noexcept nogil

    ctypedef struct ArrowArrayStream "struct ArrowArrayStream":
        int (*get_schema)(ArrowArrayStream *, ArrowSchema *) noexcept nogil
        int (*get_next)(ArrowArrayStream *, ArrowArray *) noexcept nogil
        const char *(*get_last_error)(ArrowArrayStream *) noexcept nogil
        void (*release)(ArrowArrayStream *) noexcept nogil
        void *private_data

    ctypedef struct fs_shared:
        size_t size
        uint8_t *data

    fs_shared *fs_new_shared(size_t size) noexcept
    void fs_hold(fs_shared *memory) noexcept
    bint fs_held_alone(fs_shared *memory) noexcept
    void fs_let_go(fs_shared *memory) noexcept
    bint fs_give_array(
        ArrowArray *array, int64_t rows, int64_t nulls, int64_t buffers, size_t children,
        bint dictionary) noexcept
    void fs_give_buffer(ArrowArray *array, int n, fs_shared *memory, const void *start) noexcept
    bint fs_describe(
        ArrowSchema *schema, const char *format, const char *name, const char *metadata,
        size_t metadata_size, int64_t flags, size_t children, bint dictionary) noexcept


# A part of shared memory as a writable buffer: one column. It is one of the memory's holders.
cdef class Memory:
    cdef fs_shared *memory
    cdef uint8_t *start
    cdef Py_ssize_t size


cdef object view_of(fs_shared *memory, uint8_t *start, Py_ssize_t size)
