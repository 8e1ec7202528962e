"""Framers made ready for the kernel, and the kernel."""

from libc.stdint cimport int64_t, uint8_t, uint64_t


cdef extern from "fastsock/stream/framing.h" nogil:
    ctypedef enum fs_framing:
        FS_LENGTH_PREFIX
        FS_FIXED
        FS_VARINT
        FS_TEXT
        FS_DELIMITER
        FS_OWN

    ctypedef struct fs_separator:
        const uint8_t *text
        size_t size

    ctypedef struct fs_framer:
        fs_framing kind
        bint keep
        bint last
        bint little
        bint negative
        size_t width
        size_t header
        int64_t adjust
        uint64_t strip
        uint64_t max_frame
        fs_separator prefix
        fs_separator stop
        fs_separator trailer
        size_t least_digits
        size_t most_digits
        bint hex
        bint zeros
        bint extensions
        uint64_t markers
        fs_separator written
        const fs_separator *separators
        size_t count
        size_t longest
        int common
        bint line
        uint8_t *ends

    ctypedef enum fs_found:
        FS_FRAME
        FS_MORE
        FS_TOO_LARGE
        FS_OVERRUN
        FS_NEGATIVE
        FS_STRIPPED
        FS_BAD_VARINT
        FS_BAD_DIGITS
        FS_BAD_TRAILER

    ctypedef struct fs_frame:
        size_t start
        size_t end
        size_t next
        size_t scan
        uint64_t total
        uint64_t declared
        uint64_t limit

    fs_found fs_next_frame(
        const fs_framer *framer, const uint8_t *p, size_t size, size_t max_size, bint at_end,
        fs_frame *frame
    ) noexcept
    ctypedef struct fs_span:
        size_t start
        size_t end

    fs_found fs_next_frames(
        const fs_framer *framer, const uint8_t *p, size_t size, size_t max_size, bint at_end,
        fs_frame *frame, fs_span *spans, size_t room, size_t *count, size_t *at
    ) noexcept
    fs_found fs_delimited(
        const fs_framer *framer, const uint8_t *p, size_t size, uint64_t max_frame,
        size_t max_size, bint at_end, fs_frame *frame
    ) noexcept
    size_t fs_find_delimiter(
        const fs_framer *framer, const uint8_t *p, size_t reach, size_t *scan, size_t *size
    ) noexcept


# A framer, made ready for the kernel. It is kept in the framer, so all accumulators share it.
cdef class Plan:
    cdef fs_framer framer
    cdef fs_separator *separators
    cdef tuple texts              # the bytes that `separators` points into
    cdef tuple around             # those of `prefix`, `stop`, `trailer` and `written`
    cdef bint netstring           # for the wording of errors
    cdef object own               # FS_OWN: the framer itself
    cdef object separate(self, object separator)
    cdef object measure(self, object framer)

cdef Plan plan_of(object framer)
