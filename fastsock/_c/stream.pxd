"""What the compiled stream part is made of: blocks, plans of framers, the accumulator."""

from libc.stdint cimport int64_t, uint8_t, uint64_t


cdef extern from "kernels/framing.h" nogil:
    ctypedef enum fs_framing:
        FS_LENGTH_PREFIX
        FS_FIXED
        FS_VARINT
        FS_NETSTRING
        FS_DELIMITER

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
        const fs_separator *separators
        size_t count
        size_t longest
        int common
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
        FS_BAD_COMMA

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
    fs_found fs_delimited(
        const fs_framer *framer, const uint8_t *p, size_t size, uint64_t max_frame,
        size_t max_size, bint at_end, fs_frame *frame
    ) noexcept
    size_t fs_find_delimiter(
        const fs_framer *framer, const uint8_t *p, size_t reach, size_t *scan, size_t *size
    ) noexcept


cdef extern from "kernels/recv.h" nogil:
    bint FS_HAVE_RECV
    int64_t fs_recv(int fd, void *room, size_t size) noexcept
    int fs_wait_readable(int fd, int64_t nanoseconds) noexcept
    int64_t fs_now() noexcept
    bint fs_would_block(int error) noexcept


# Memory that bytes arrive in. Every view of it holds a reference, so it outlives its accumulator.
cdef class Block:
    cdef object __weakref__
    cdef uint8_t *data
    cdef Py_ssize_t size
    cdef Py_ssize_t exports       # views alive
    cdef uint8_t *lent            # what the next view shows; NULL but for the moment of its making
    cdef Py_ssize_t lent_size
    cdef bint writable
    cdef memoryview view(self, Py_ssize_t start, Py_ssize_t size, bint writable)
    cdef bint is_shared(self) noexcept


# What the accumulators of one interpreter share.
cdef class Common:
    cdef list blocks              # that nobody uses
    cdef Py_ssize_t pooled        # bytes of them
    cdef object socket_type       # whose descriptor can be read from directly
    cdef object lines             # the framer of take_line()
    cdef Block take(self, Py_ssize_t size)
    cdef int give(self, Block block) except -1


# A framer, made ready for the kernel. It is kept in the framer, so all accumulators share it.
cdef class Plan:
    cdef fs_framer framer
    cdef fs_separator *separators
    cdef object texts             # the bytes that `separators` points into
    cdef object separate(self, object separator)


cdef class RecvAccumulator:
    cdef object __weakref__
    cdef Py_ssize_t max_size
    cdef Common common
    cdef Block block              # None while there is nothing to hold
    cdef object last              # then, a weak reference to a block that has views, or None
    cdef Py_ssize_t read          # unread bytes are those from here ...
    cdef Py_ssize_t written       # ... to here
    cdef Py_ssize_t appetite      # size of the next block, by what the last one held
    cdef Py_ssize_t lent          # how much free room get_buffer() has given to a writer
    cdef size_t scan              # unread bytes that were searched for `key` already
    cdef object key               # the framer, or separator, that `plan` was made of
    cdef Plan plan
    cdef object separator         # of take_until(), where `key` was made of it
    cdef uint64_t skip            # bytes of a skipped frame that are still to come
    cdef Plan skip_plan           # of a skipped frame whose delimiter is still to come
    cdef bint ended
    cdef bint busy

    cdef int enter(self) except -1
    cdef Py_ssize_t unread(self) noexcept
    cdef Py_ssize_t reserve(self, Py_ssize_t wanted) except -1
    cdef int start(self, Py_ssize_t wanted) except -1
    cdef int move(self, Py_ssize_t unread, Py_ssize_t wanted) except -1
    cdef int settle(self) except -1
    cdef int received(self, Py_ssize_t count) except -1
    cdef int resync(self) except -1
    cdef int advance(self, Py_ssize_t count, size_t scan) except -1
    cdef int consume(self, Py_ssize_t count) except -1
    cdef Py_ssize_t receive(self, object sock, Py_ssize_t wanted) except -1
    cdef Py_ssize_t receive_fd(self, object sock, Py_ssize_t room) except -1
    cdef Py_ssize_t receive_into(self, object sock, Py_ssize_t room) except -1
    cdef Py_ssize_t receive_pending(self, object sock, Py_ssize_t count) except -1
    cdef int add(self, const uint8_t *data, Py_ssize_t size) except -1
    cdef object slice(self, Py_ssize_t start, Py_ssize_t size, bint view)
    cdef object take_delimited(self, Plan plan, object max_frame, bint keep)
    cdef list cut(self, Plan plan, bint views)
    cdef tuple cut_offsets(self, Plan plan)
    cdef bint skip_front(self, Plan plan) except -1
    cdef Plan plan_for(self, object framer)
    cdef int stopped(self, Plan plan, fs_found found, const fs_frame *frame) except -1
