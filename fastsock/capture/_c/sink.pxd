"""Columns that grow while packets are decoded into them, and the walk over a capture."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from fastsock._core.arrow._c cimport fs_shared


cdef extern from "fastsock/capture/capture.h" nogil:
    ctypedef enum fs_walked:
        FS_RECORD             # one more record, or no room for it
        FS_MORE_BYTES         # `wanted` bytes behind the cursor are needed
        FS_MORE_ROOM          # room for one more interface is needed
        FS_CAPTURE_END
        FS_CAPTURE_STOPPED

    ctypedef struct fs_record:
        int64_t timestamp_ns
        uint32_t wire_length
        uint32_t captured
        uint16_t link
        const uint8_t *data

    ctypedef struct fs_interface:
        pass

    ctypedef struct fs_capture:
        const uint8_t *p      # the cursor ...
        const uint8_t *end    # ... in bytes up to here ...
        bint last             # ... which is where the file ends
        uint64_t offset       # of the cursor in the file
        uint64_t wanted
        uint32_t max_record
        bint big
        uint32_t header       # bytes of a pcap record's header; 0: pcapng
        uint32_t fraction     # nanoseconds of its unit
        uint16_t link
        uint8_t swapped
        fs_interface *interfaces
        uint32_t count        # of interfaces
        uint32_t room         # for so many of them
        bint fixed            # they are others' too: FS_MORE_ROOM in front of what changes them
        uint64_t skip         # bytes of a block without records that are still to come, ...
        uint32_t skipped      # ... how long that block is, or 0 ...
        uint64_t start        # ... and where it began
        int stop
        uint64_t stop_offset
        uint64_t stop_first
        uint64_t stop_second


cdef extern from "fastsock/packet/flow.h" nogil:
    ctypedef struct fs_toeplitz:
        pass

    void fs_toeplitz_init(fs_toeplitz *table, const uint8_t *key) noexcept


cdef extern from "fastsock/capture/columns.h" nogil:
    enum:
        FS_COLUMNS
        FS_SRC_COLUMN
        FS_DST_COLUMN
        FS_HASH_COLUMN

    ctypedef struct fs_column:
        uint16_t size

    const fs_column *fs_columns

    ctypedef struct fs_sink:
        uint8_t **memory
        size_t rows           # in the columns
        size_t room           # how many fit there
        size_t pending        # decoded, and not in the columns yet
        bint verify
        bint addresses
        bint hashes
        fs_toeplitz spread

    void fs_add_packet(fs_sink *sink, const uint8_t *data, uint32_t captured, uint32_t wire_length,
                       uint32_t link, int64_t timestamp_ns) noexcept
    void fs_flush(fs_sink *sink) noexcept
    fs_walked fs_run_capture(fs_capture *capture, fs_sink *sink) noexcept
    size_t fs_run_offsets(fs_sink *sink, const uint8_t *data, size_t size, const int64_t *offsets,
                          size_t row, size_t rows, uint32_t link) noexcept


# The memory of columns while rows are added to it. The kernel's sink only knows where it is.
cdef class Sink:
    cdef fs_sink sink
    cdef tuple shown              # the columns that were asked for
    cdef tuple names              # and those that tell where they have nulls
    cdef list numbers             # of the columns, in the kernel's order
    cdef size_t width             # bytes of a row
    cdef fs_shared *block         # the memory of all of them, or NULL
    cdef object out               # the Columns to rewrite, or None
    cdef dict taken               # their memory by name, while it is enough
    cdef Py_buffer held[FS_COLUMNS]     # its buffers, which keep it in place ...
    cdef int held_count                 # ... and how many there are
    cdef int use(self, dict taken) except -1
    cdef int let_go(self) except -1
    cdef size_t size_of(self, size_t rows) except? 1
    cdef int point(self, fs_shared *block, size_t room) except -1
    cdef int move(self, size_t room) except -1
    cdef bint begin_in(self, fs_shared *block, size_t rows) except -1
    cdef int expect(self, size_t rows) except -1
    cdef int grow(self, size_t expected, size_t most) except -1
    cdef object columns(self)
    cdef int add(self, const char *data, size_t size, uint32_t link) except -1
    cdef fs_walked run_capture(
        self, fs_capture *capture, const uint8_t *end, size_t most) except *
    cdef size_t run_offsets(self, const char *data, size_t size, const int64_t *offsets,
                            size_t row, size_t rows, uint32_t link) except? 0
    cdef object finish(self)
