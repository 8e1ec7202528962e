"""The accumulator, over blocks and plans of framers."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from fastsock.stream._c.blocks cimport Block, Pool
from fastsock.stream._c.framing cimport (
    FS_BAD_DIGITS,
    FS_BAD_TRAILER,
    FS_BAD_VARINT,
    FS_DELIMITER,
    FS_FRAME,
    FS_MORE,
    FS_NEGATIVE,
    FS_OVERRUN,
    FS_OWN,
    FS_STRIPPED,
    FS_TOO_LARGE,
    Plan,
    fs_delimited,
    fs_find_delimiter,
    fs_found,
    fs_frame,
    fs_framer,
    fs_next_frame,
    fs_next_frames,
    fs_span,
)


cdef extern from "fastsock/stream/recv.h" nogil:
    bint FS_HAVE_RECV
    int64_t fs_recv(int fd, void *room, size_t size) noexcept
    int fs_wait_readable(int fd, int64_t nanoseconds) noexcept
    int64_t fs_now() noexcept
    bint fs_would_block(int error) noexcept


# What all accumulators of one interpreter share.
cdef class _Constants:
    cdef Pool pool
    cdef object socket_type       # whose descriptor can be received from directly
    cdef object lines             # the framer of take_line()


cdef class RecvAccumulator:
    cdef object __weakref__
    cdef Py_ssize_t max_size
    cdef _Constants shared
    cdef Block block              # None while there is nothing to hold
    cdef object last              # then, a weak reference to a block that has views, or None
    cdef Py_ssize_t read          # unread bytes are those from here ...
    cdef Py_ssize_t written       # ... to here
    cdef Py_ssize_t appetite      # size of the next block, by what the last one held
    cdef Py_ssize_t lent          # how much free room get_buffer() has given to a writer
    cdef size_t scan              # unread bytes that were searched for `key` already
    cdef uint64_t needed          # size of the frame at the front, as a framer's find() said
    cdef uint64_t expected        # size of the frame at the front, as its header says; 0: unknown
    cdef object key               # the framer, or separator, that `plan` was made of
    cdef Plan plan
    cdef object separator         # of take_until(), where `key` was made of it
    cdef uint64_t skip            # bytes of a skipped frame that are still to come
    cdef Plan skip_plan           # of a skipped frame whose delimiter is still to come
    cdef bint ended
    cdef bint busy
    cdef bint broken              # bytes were lost on their way

    cdef int enter(self) except -1
    cdef Py_ssize_t unread(self) noexcept
    cdef bint finished(self) noexcept
    cdef Py_ssize_t reserve(self, Py_ssize_t wanted, Py_ssize_t surplus) except -1
    cdef Py_ssize_t lacking(self, Py_ssize_t unread) noexcept
    cdef int start(self, Py_ssize_t wanted) except -1
    cdef Block take_block(self, Py_ssize_t least)
    cdef int move(self, Py_ssize_t unread, Py_ssize_t wanted) except -1
    cdef int settle(self) except -1
    cdef int received(self, Py_ssize_t count) except -1
    cdef int resync(self) except -1
    cdef int advance(self, Py_ssize_t count, size_t scan) except -1
    cdef int consume(self, Py_ssize_t count) except -1
    cdef Py_ssize_t receive(self, object sock, Py_ssize_t wanted, Py_ssize_t surplus) except -1
    cdef Py_ssize_t receive_fd(self, object sock, Py_ssize_t room) except -1
    cdef Py_ssize_t receive_into(self, object sock, Py_ssize_t room) except -1
    cdef Py_ssize_t receive_pending(self, object sock, Py_ssize_t count) except -1
    cdef int add(self, const uint8_t *data, Py_ssize_t size) except -1
    cdef memoryview lend(self, Py_ssize_t wanted, Py_ssize_t surplus)
    cdef int update(self, Py_ssize_t count) except -1
    cdef object slice(self, Py_ssize_t start, Py_ssize_t size, bint view)
    cdef object take_count(self, Py_ssize_t count, bint view)
    cdef object take_delimited(self, Plan plan, object max_frame, bint keep)
    cdef fs_found ask(
        self, Plan plan, Py_ssize_t at, Py_ssize_t size, fs_frame *frame
    ) except? FS_MORE
    cdef list cut(self, Plan plan, bint views, object limit)
    cdef int hand_out(
        self, list frames, const fs_span *spans, size_t count, bint views) except -1
    cdef tuple cut_offsets(self, Plan plan)
    cdef bint skip_front(self, Plan plan) except -1
    cdef Plan plan_for(self, object framer)
    cdef Plan plan_until(self, object separator)
    cdef int stopped(self, Plan plan, fs_found found, const fs_frame *frame) except -1
