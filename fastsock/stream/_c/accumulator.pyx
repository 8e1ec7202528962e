"""Compiled twin of `fastsock.stream`: bytes received in place, and cut into frames by a kernel.

Unread bytes always lie in one piece, `read` to `written` of one block. A view holds a
reference to its block, and a block that has views is only ever added to, never moved or
written over: what does not fit goes on in a new block, with a copy of what is unread.
"""

cimport cython
from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_RawFree, PyMem_RawRealloc
from cpython.number cimport PyNumber_Index
from cpython.weakref cimport PyWeakref_NewRef
from libc.errno cimport EBADF, EINTR
from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, memmove

from fastsock.stream._c.blocks cimport Block, Pool
from fastsock._core.buffers cimport get_contiguous
from fastsock.stream._c.framing cimport Plan, plan_of

import _socket
import socket
from os import strerror

from fastsock.stream import errors as _errors
from fastsock.stream import framers as _framers
from fastsock.stream.tls import may_have_lost


cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX
    object PyMemoryView_FromObject(object exporter)

cdef enum:
    BLOCK = 1 << 16         # the usual size of a block: larger reads are no faster
    SPANS = 64              # frames that are found before objects are made of them
    MIN_ROOM = 1 << 14      # at least so much is read at once, where max_size allows: a TLS record


# Accumulators use the pool without a look at whether it was cleared.
@cython.no_gc_clear
@cython.final
cdef class _Constants:
    """What all accumulators of one interpreter share."""

    def __cinit__(self):
        self.pool = Pool()
        self.lines = _framers.Lines()
        # The class that a library has put in the place of the genuine one may not mean its
        # descriptor to be received from directly.
        genuine = socket.socket.recv_into is _socket.socket.recv_into
        self.socket_type = socket.socket if genuine and FS_HAVE_RECV else None


_constants = _Constants()


cdef Py_ssize_t checked_surplus(object surplus) except -1:
    """How many bytes may come beyond `max_size`."""
    cdef Py_ssize_t beyond = surplus
    if beyond < 0:
        raise _errors.bad_count("surplus", beyond)
    return min(beyond, PY_SSIZE_T_MAX // 4)  # so that no size of a block overflows


cdef bint all_bytes(object separator) except -1:
    """Whether separators compare as bytes do. Other buffers may not: an array gives an array."""
    if type(separator) is not tuple:
        return type(separator) is bytes
    for text in <tuple>separator:
        if type(text) is not bytes:
            return False
    return True


cdef object os_error(int code):
    """The OSError of an errno, of the subclass that goes with it."""
    return OSError(code, strerror(code))


# The collector must not clear it: a weakref callback can still use it then, and its offsets would
# point into a block that is gone.
@cython.final
@cython.no_gc_clear
cdef class RecvAccumulator:
    """RecvAccumulator(max_size=16777216)\n--\n\n\
    Bytes of a stream, received in place and handed out as frames.

    Bytes come in by `fill`, `feed`, or `get_buffer` and `buffer_updated`; they go out by
    `take`, `take_until`, `take_line`, `frames` and `frame_offsets`. What a call can't use yet
    stays, so how the bytes were cut on their way makes no difference. No call loses a byte
    when it raises. There is one exception, which is not the accumulator's: a signal handler that
    raises inside a TLS socket's `recv_into` can make `ssl` forget a record that it has read.
    Every later call then raises `RuntimeError`, for a stream with a hole must not be read on.

    A memoryview that was handed out is read-only and never changes; it keeps its
    block, of 64 KiB or more, alive. An empty accumulator has no block.

    One call at a time: a call from another thread, a signal handler or a finaliser while one
    is at work raises `RuntimeError`.

    Args:
        max_size: the most bytes that may be unread at once.

    Raises:
        TypeError, ValueError, OverflowError: `max_size` is no int, or out of range.

    >>> acc = RecvAccumulator()
    >>> acc.feed(b"GET / HTTP/1.1\\r\\nHost: exam")
    >>> acc.take_until(b"\\r\\n")
    b'GET / HTTP/1.1\\r\\n'
    >>> acc.take_until(b"\\r\\n") is None, len(acc)
    (True, 10)
    """

    __module__ = "fastsock.stream"

    def __cinit__(self, max_size=1 << 24):
        cdef Py_ssize_t size = max_size
        if size < 1:
            raise _errors.bad_max_size(size)
        if size > PY_SSIZE_T_MAX // 4:  # so that no size of a block overflows
            raise _errors.huge_max_size(size)
        self.max_size = size
        self.shared = _constants
        # Twice what may be unread is always enough: see move().
        self.appetite = 1
        while self.appetite < BLOCK and self.appetite // 2 < size:
            self.appetite *= 2

    def __reduce__(self):
        raise TypeError("cannot pickle 'RecvAccumulator' object")

    # Another thread may move bytes between two of the numbers that these read.
    @cython.critical_section
    def __repr__(self):
        unread, max_size, eof = self.unread(), self.max_size, bool(self.ended)
        return f"<RecvAccumulator unread={unread} max_size={max_size} eof={eof}>"

    @cython.critical_section
    def __len__(self):
        return self.unread()

    @property
    def eof(self):
        """Whether the stream has ended. There may still be unread bytes.

        >>> acc = RecvAccumulator()
        >>> acc.eof
        False
        """
        with cython.critical_section(self):
            return self.finished()

    @property
    def surplus(self):
        """How many bytes have come beyond `max_size`, and are kept aside until room is made.

        >>> acc = RecvAccumulator(max_size=2)
        >>> acc.get_buffer(surplus=1)[:] = b"abc"
        >>> acc.buffer_updated(3)
        >>> len(acc), acc.surplus, acc.take(), acc.take()
        (2, 1, b'ab', b'c')
        """
        with cython.critical_section(self):
            return max(self.written - self.read - self.max_size, 0)

    cdef int enter(self) except -1:
        # Another call could move memory that a waiting call, or one that runs other code, uses.
        if self.busy:
            raise _errors.in_use()
        if self.broken:
            raise _errors.bytes_lost()
        self.busy = True
        return 0

    cdef inline Py_ssize_t unread(self) noexcept:
        # What is left of a skipped frame is there only to find its delimiter.
        if self.skip_plan is not None:
            return 0
        return min(self.written - self.read, self.max_size)

    cdef inline bint finished(self) noexcept:
        # The surplus counts as not received yet.
        return self.ended and self.written - self.read <= self.max_size

    # Room for what comes.

    cdef Py_ssize_t reserve(self, Py_ssize_t wanted, Py_ssize_t surplus) except -1:
        """Make free room after the unread bytes; return its size, at least 1."""
        cdef Py_ssize_t unread = self.written - self.read
        cdef Py_ssize_t allowed = self.max_size + surplus - unread
        # A read into no room would look like the end of the stream.
        if allowed <= 0 or unread > self.max_size:
            raise _errors.no_room(self.max_size, min(unread, self.max_size))
        self.lent = 0
        wanted = min(max(wanted, <Py_ssize_t>MIN_ROOM, self.lacking(unread)), allowed)
        if self.block is None:
            self.start(wanted)
        elif self.block.size - self.written < wanted:
            self.move(unread, wanted)
        return min(self.block.size - self.written, allowed)

    cdef Py_ssize_t lacking(self, Py_ssize_t unread) noexcept:
        """What the frame at the front still lacks, as far as there may be room for it.

        Moved now, little of it is copied; moved when the block is full, most of it. A header can
        lie, so this asks for no larger block than there is.
        """
        if self.block is None or self.expected <= <uint64_t>unread:
            return 0
        return <Py_ssize_t>min(self.expected, <uint64_t>self.block.size) - unread

    cdef int start(self, Py_ssize_t wanted) except -1:
        """Get a block: the last one if it has views and free room, or a fresh one."""
        if self.last is not None:
            self.block, self.last = self.last(), None
            if self.block is not None and self.block.size - self.written >= wanted:
                return 0
        self.block = self.take_block(wanted)
        self.read = self.written = 0
        return 0

    cdef Block take_block(self, Py_ssize_t least):
        """A block of the usual size, doubled until it is large enough."""
        cdef Py_ssize_t size = self.appetite
        while size < least:
            size *= 2
        block = self.shared.pool.take(size)
        self.appetite = size  # not before: where there is no memory, less may be asked for next
        return block

    cdef int move(self, Py_ssize_t unread, Py_ssize_t wanted) except -1:
        """Bring the unread bytes to the front, of this block or of another one.

        A byte is copied only when as many were consumed, or have come, since the last copy. So
        copies cost linear time, and blocks never need more than twice what may be unread.
        """
        cdef Block block = self.block
        cdef bint shared = block.is_shared()
        if not shared and self.read >= unread and block.size - unread >= wanted:
            memcpy(block.data, block.data + self.read, unread)
        else:
            block = self.take_block(unread + max(wanted, unread))
            memcpy(block.data, self.block.data + self.read, unread)
            if not shared:
                self.shared.pool.give(self.block)
            self.block = block
        self.read = 0
        self.written = unread
        return 0

    cdef int settle(self) except -1:
        """Give the block back when it holds nothing."""
        if self.read != self.written or self.block is None or self.lent:
            return 0
        # A block that was nearly empty at its fullest was too large.
        if self.appetite > BLOCK and self.written <= self.appetite // 4:
            self.appetite //= 2
        block, self.block = self.block, None
        if block.is_shared():  # its views keep it alive, as long as they live; so can others
            self.last = PyWeakref_NewRef(block, None)
            return 0
        return self.shared.pool.give(block)

    cdef int received(self, Py_ssize_t count) except -1:
        """Account for bytes that were written after the unread ones."""
        cdef uint64_t skipped
        self.written += count
        if self.skip:
            skipped = min(self.skip, <uint64_t>(self.written - self.read))
            self.skip -= skipped
            self.read += <Py_ssize_t>skipped
        if self.skip_plan is not None:
            self.resync()
        return self.settle()

    cdef int resync(self) except -1:
        """Drop what belongs to a skipped frame, up to its delimiter."""
        cdef const fs_framer *rules = &self.skip_plan.framer
        cdef size_t size = self.written - self.read, delimiter, end, kept
        end = fs_find_delimiter(rules, self.block.data + self.read, size, &self.scan, &delimiter)
        if end:
            self.skip_plan = None
            self.read += <Py_ssize_t>end
            self.scan = 0
        else:
            kept = min(size, rules.longest - 1)  # a delimiter may have begun
            self.read = self.written - <Py_ssize_t>kept
            self.scan = kept
        return 0

    cdef int advance(self, Py_ssize_t count, size_t scan) except -1:
        """Consume unread bytes; `scan` of those that stay are known to end no delimiter."""
        self.read += count
        self.scan = scan
        if count:
            self.needed = self.expected = 0
        return self.settle()

    cdef int consume(self, Py_ssize_t count) except -1:
        return self.advance(count, self.scan - count if self.scan > <size_t>count else 0)

    # Bytes in.

    def fill(self, sock, hint=0, /, *, surplus=0):
        """Receive once from a socket, straight into free room.

        A socket with a timeout is received from first and waited for only where there is
        nothing. A TLS socket's decrypted bytes are all fetched, as far as `max_size` allows,
        because a selector does not know of them.

        Args:
            sock: a stream socket, or any object with `recv_into`.
            hint: how many bytes to have room for: 0 for a good default. It never makes a
                call wait for more.
            surplus: how many bytes this call may receive beyond `max_size`: with 1, a full
                accumulator can tell the end of the stream from more of it. They are kept
                aside: neither `len` nor `eof` knows of them until room is made.

        Returns:
            How many bytes came in. 0 is the end of the stream, now and at every later call.

        Raises:
            LimitOverrunError: `max_size` bytes are unread, and no surplus is allowed, or there
                is one already.
            TimeoutError, BlockingIOError, OSError: as the socket's `recv_into`. Nothing is
                lost: the next call goes on.
            ValueError: a negative hint or surplus; an impossible result of `recv_into`.
            RuntimeError: another call is at work on the accumulator; a signal handler raised
                inside a TLS socket's `recv_into`, now or at an earlier call, and so bytes may
                be lost.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> with here, there:
        ...     there.sendall(b"ping")
        ...     acc = RecvAccumulator()
        ...     acc.fill(here)
        4
        """
        cdef Py_ssize_t wanted = hint, beyond = checked_surplus(surplus)
        if wanted < 0:
            raise _errors.bad_count("hint", wanted)
        with cython.critical_section(self):
            self.enter()
            try:
                return 0 if self.finished() else self.receive(sock, wanted, beyond)
            finally:
                self.busy = False

    cdef Py_ssize_t receive(self, object sock, Py_ssize_t wanted, Py_ssize_t surplus) except -1:
        cdef Py_ssize_t room = self.reserve(wanted, surplus), count
        try:
            if type(sock) is self.shared.socket_type:
                count = self.receive_fd(sock, room)
                self.received(count)
            else:
                count = self.receive_into(sock, room)
                count += self.receive_pending(sock, count)
            if count == 0:
                self.ended = True
            return count
        finally:
            self.settle()

    cdef Py_ssize_t receive_fd(self, object sock, Py_ssize_t room) except -1:
        """Receive from the descriptor of a genuine socket, by the socket's own timeout."""
        cdef uint8_t *free = self.block.data + self.written
        cdef int64_t deadline = -1, left, count
        cdef int fd, error
        while True:
            # Read afresh, for another thread may have closed the socket, and its number may be
            # another file's by now.
            fd = sock.fileno()
            if fd < 0:
                raise os_error(EBADF)
            with nogil:
                count = fs_recv(fd, free, room)
            if count >= 0:
                return count
            if count == -EINTR:
                PyErr_CheckSignals()
                continue
            error = <int>-count
            if not fs_would_block(error):
                raise os_error(error)
            if deadline < 0:
                timeout = sock.gettimeout()
                if not timeout:  # non-blocking, whether the socket object knows it or not
                    raise os_error(error)
                deadline = fs_now() + <int64_t>(min(<double>timeout, 1e9) * 1e9)
            left = deadline - fs_now()
            if left < 0:
                raise TimeoutError("timed out")
            with nogil:
                fs_wait_readable(fd, left)
            PyErr_CheckSignals()

    cdef Py_ssize_t receive_into(self, object sock, Py_ssize_t room) except -1:
        """Receive by the object's own `recv_into`."""
        try:
            received = sock.recv_into(self.block.view(self.written, room, True))
        except BaseException as error:
            self.broken = may_have_lost(sock, error)
            raise
        count = PyNumber_Index(received)
        if not 0 <= count <= room:  # an int of any size
            raise _errors.bad_received(count, room)
        self.received(count)
        return count

    cdef Py_ssize_t receive_pending(self, object sock, Py_ssize_t count) except -1:
        """Receive what a TLS socket holds decrypted, of which a selector knows nothing."""
        cdef Py_ssize_t total = 0
        pending = getattr(sock, "pending", None) if count else None
        while pending is not None and self.written - self.read < self.max_size:
            count = pending()
            if count <= 0:
                break
            try:
                count = self.receive_into(sock, self.reserve(count, 0))
            except OSError:  # it comes again at the next call; this one has bytes to report
                if self.broken:
                    raise
                break
            if count == 0:
                break
            total += count
        return total

    def feed(self, data, /):
        """Add bytes from any source.

        Args:
            data: any contiguous bytes-like object. It is copied.

        Raises:
            LimitOverrunError: it does not fit in `max_size`; then none of it was added.
            TypeError, BufferError: no buffer, or one in pieces.
            RuntimeError: the stream has ended; another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"abc")
        >>> len(acc)
        3
        """
        cdef Py_buffer view
        get_contiguous(data, &view, "data")
        try:
            with cython.critical_section(self):
                self.enter()
                try:
                    self.add(<const uint8_t *>view.buf, view.len)
                finally:
                    self.busy = False
        finally:
            PyBuffer_Release(&view)

    cdef int add(self, const uint8_t *data, Py_ssize_t size) except -1:
        cdef Py_ssize_t unread = self.written - self.read
        if self.ended:
            raise _errors.after_eof()
        if size == 0:
            return 0
        if size > self.max_size - unread:
            raise _errors.no_room(self.max_size, min(unread, self.max_size))
        self.reserve(size, 0)
        memmove(self.block.data + self.written, data, size)
        return self.received(size)

    @cython.critical_section
    def feed_eof(self):
        """Record the end of the stream.

        Raises:
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed_eof()
        >>> acc.eof
        True
        """
        self.enter()
        self.ended = True
        self.busy = False

    @cython.critical_section
    def get_buffer(self, sizehint=-1, /, *, surplus=0):
        """Lend free room to a writer, as `asyncio.BufferedProtocol.get_buffer` does.

        The room is the writer's until `buffer_updated`, or until bytes come in by another
        call. A later write overwrites what came in since.

        Args:
            sizehint: how many bytes to have room for; 0 or less for a good default.
            surplus: as in `fill`.

        Returns:
            A writable view, never empty.

        Raises:
            LimitOverrunError: `max_size` bytes are unread, and no surplus is allowed, or there
                is one already.
            ValueError: a negative surplus.
            RuntimeError: the stream has ended; another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> buffer = acc.get_buffer()
        >>> buffer[:2] = b"ok"
        >>> acc.buffer_updated(2)
        >>> acc.take()
        b'ok'
        """
        cdef Py_ssize_t wanted = sizehint, beyond = checked_surplus(surplus)
        self.enter()
        try:
            return self.lend(wanted, beyond)
        finally:
            self.busy = False

    cdef memoryview lend(self, Py_ssize_t wanted, Py_ssize_t surplus):
        if self.ended:
            raise _errors.after_eof()
        cdef Py_ssize_t room = self.reserve(wanted, surplus)
        buffer = self.block.view(self.written, room, True)
        self.lent = room
        return buffer

    @cython.critical_section
    def buffer_updated(self, nbytes, /):
        """Accept bytes that a writer wrote at the front of the room it was lent.

        Args:
            nbytes: how many.

        Raises:
            ValueError: more than `get_buffer` has lent since bytes came in last, or a
                negative number.
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.get_buffer()[:2] = b"ok"
        >>> acc.buffer_updated(2)
        >>> len(acc)
        2
        """
        cdef Py_ssize_t count = nbytes
        self.enter()
        try:
            self.update(count)
        finally:
            self.busy = False

    cdef int update(self, Py_ssize_t count) except -1:
        if not 0 <= count <= self.lent:
            raise _errors.bad_update(count, self.lent)
        self.lent = 0
        return self.received(count)

    # Bytes out.

    cdef object slice(self, Py_ssize_t start, Py_ssize_t size, bint view):
        """Some of the unread bytes."""
        if self.block is None:
            return PyMemoryView_FromObject(b"") if view else b""
        if view:
            return self.block.view(self.read + start, size, False)
        return PyBytes_FromStringAndSize(<char *>self.block.data + self.read + start, size)

    @cython.critical_section
    def take(self, n=-1, *, view=False):
        """Take bytes from the front.

        Args:
            n: how many, or a negative number for all there are.
            view: a memoryview instead of bytes. Below some 2 KiB, bytes are faster.

        Returns:
            Exactly `n` bytes, or None where there are fewer.

        Raises:
            IncompleteReadError: the stream ended with fewer. They stay where they are.
            FrameTooLargeError: `n` is more than `max_size`, so there will never be enough.
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"abcd")
        >>> acc.take(3), acc.take(3), acc.take()
        (b'abc', None, b'd')
        """
        cdef Py_ssize_t count = n
        self.enter()
        try:
            return self.take_count(count, view)
        finally:
            self.busy = False

    cdef object take_count(self, Py_ssize_t count, bint view):
        cdef Py_ssize_t unread = self.unread()
        if count < 0:
            count = unread
        elif count > unread:
            if self.finished():
                raise _errors.IncompleteReadError(self.slice(0, unread, False), count)
            if count > self.max_size:
                raise _errors.FrameTooLargeError(count, self.max_size)
            return None
        taken = self.slice(0, count, view)
        self.consume(count)
        return taken

    @cython.critical_section
    def peek(self, n=-1, *, view=False):
        """Look at bytes at the front, and leave them there.

        Args:
            n: how many at most, or a negative number for all there are.
            view: a memoryview instead of bytes.

        Returns:
            The bytes, fewer than `n` where there are no more.

        Raises:
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"abcd")
        >>> acc.peek(3), acc.peek()
        (b'abc', b'abcd')
        """
        cdef Py_ssize_t count = n, unread
        self.enter()
        try:
            unread = self.unread()
            return self.slice(0, unread if count < 0 else min(count, unread), view)
        finally:
            self.busy = False

    @cython.critical_section
    def take_until(self, separator, *, max_frame=None, keep=True):
        """Take the bytes up to a separator, as `asyncio.StreamReader.readuntil` does.

        Args:
            separator: a bytes-like object, or a tuple of them: then the first that is complete.
            max_frame: the most bytes before the separator.
            keep: with the separator at the end.

        Returns:
            The bytes, or None where no separator has come yet. What was searched is not
            searched again by the next call with the same separator.

        Raises:
            LimitOverrunError: no separator within the limit, or within `max_size`.
            IncompleteReadError: the stream ended without one. The bytes stay where they are.
            TypeError, ValueError: as `Delimiter`.
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"one;two")
        >>> acc.take_until(b";"), acc.take_until(b";")
        (b'one;', None)
        """
        self.enter()
        try:
            return self.take_delimited(self.plan_until(separator), max_frame, keep)
        finally:
            self.busy = False

    @cython.critical_section
    def take_line(self, *, max_frame=None, keep=True):
        """Take a line, as `asyncio.StreamReader.readline` does.

        Args:
            max_frame: the most bytes before the newline.
            keep: with the newline, ``\\n`` or ``\\r\\n``, at the end.

        Returns:
            The line, or None where its newline has not come yet. At the end of the stream the
            last line may have no newline, and every later call returns ``b""``.

        Raises:
            LimitOverrunError: no newline within the limit, or within `max_size`.
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"one\\r\\ntwo\\nthr")
        >>> acc.take_line(), acc.take_line(keep=False), acc.take_line()
        (b'one\\r\\n', b'two', None)
        """
        self.enter()
        try:
            return self.take_delimited(self.plan_for(self.shared.lines), max_frame, keep)
        finally:
            self.busy = False

    cdef object take_delimited(self, Plan plan, object max_frame, bint keep):
        """The frame at the front, if it is there."""
        cdef fs_frame frame
        cdef fs_found found
        cdef Py_ssize_t unread = self.unread()
        cdef uint64_t limit = INT64_MAX
        if max_frame is not None:
            limit = min(_framers.limit_of(max_frame), INT64_MAX)
        if unread == 0:
            if not self.finished():
                return None
            if plan.framer.last:
                return b""  # as readline() says it
            raise _errors.IncompleteReadError(b"", None)
        frame.scan = self.scan
        found = fs_delimited(
            &plan.framer, self.block.data + self.read, unread, limit, self.max_size,
            self.finished(), &frame,
        )
        self.scan = frame.scan
        if found != FS_FRAME:
            self.stopped(plan, found, &frame)
            return None
        taken = self.slice(0, frame.next if keep else frame.end, False)
        self.consume(frame.next)
        return taken

    @cython.critical_section
    def frames(self, framer, views=False, *, limit=None):
        """Take every complete frame there is.

        Frames before a bad one are handed out; its error comes at the next call, and at every
        call after that, until `skip_frame` or another call takes what is at the front.

        Args:
            framer: how to cut, as `LengthPrefix` or a `Framer` of your own. An equal one goes on
                where the last one stopped.
            views: memoryviews instead of bytes. Below some 2 KiB a frame, bytes are faster.
            limit: how many at most, or None for all. What follows them stays.

        Returns:
            The frames; an empty list where more bytes are needed, or where the stream ended
            between two frames.

        Raises:
            FrameTooLargeError: a frame declares to be larger than `max_frame`, or than what
                `max_size` leaves.
            LimitOverrunError: no delimiter within `max_frame`, or within `max_size`.
            FrameError: an invalid header.
            IncompleteReadError: the stream ended inside a frame. Its bytes stay where they are.
            TypeError, ValueError: no framer; a limit less than 1.
            RuntimeError: another call is at work on the accumulator.

        >>> from fastsock import LengthPrefix
        >>> acc = RecvAccumulator()
        >>> acc.feed(b"\\x02hi\\x05there\\x03yo")
        >>> acc.frames(LengthPrefix(1))
        [b'hi', b'there']
        >>> len(acc)
        3
        """
        self.enter()
        try:
            return self.cut(self.plan_for(framer), views, limit)
        finally:
            self.busy = False

    cdef fs_found ask(
        self, Plan plan, Py_ssize_t at, Py_ssize_t size, fs_frame *frame
    ) except? FS_MORE:
        """Let a framer of the user's own find the frame at an offset."""
        cdef bint at_end = self.finished()
        cdef uint64_t max_frame = plan.framer.max_frame, following
        frame.scan = 0
        frame.limit = min(max_frame, <uint64_t>self.max_size)
        frame.total = self.needed
        if at == 0 and <uint64_t>size < self.needed:
            return FS_MORE
        try:
            answer = _framers.asked(
                plan.own, self.block.view(self.read + at, size, False), bool(at_end)
            )
        except Exception:
            if at == 0:
                raise
            frame.total = 0
            return FS_MORE  # its turn comes at the next call, when it is asked again
        frame.total = 0
        if type(answer) is tuple:
            frame.start, frame.end, frame.next = answer
            following = frame.next
        else:
            following = min(answer, INT64_MAX)
        if following == 0:
            full = <uint64_t>size > max_frame or size >= self.max_size
            return FS_OVERRUN if full else FS_MORE
        if following > frame.limit:
            frame.declared = frame.total = following
            return FS_TOO_LARGE
        if following <= <uint64_t>size:
            return FS_FRAME
        frame.total = following
        if at == 0:
            self.needed = following
        return FS_MORE

    cdef list cut(self, Plan plan, bint views, object limit):
        cdef const fs_framer *rules = &plan.framer
        cdef size_t left = PY_SSIZE_T_MAX, unread = self.unread(), at = 0, count
        cdef const uint8_t *data = self.block.data + self.read if unread else NULL
        cdef fs_frame frame
        cdef fs_span spans[SPANS]
        cdef fs_found found = FS_FRAME
        cdef list frames = []
        cdef bint at_end = self.finished()
        if limit is not None:
            left = min(_framers.checked_count("limit", limit, 1), PY_SSIZE_T_MAX)
        frame.scan = self.scan
        while found == FS_FRAME and at < unread and left:
            if rules.kind == FS_OWN:
                count = 0
                found = self.ask(plan, at, unread - at, &frame)
                if found == FS_FRAME:
                    spans[0].start, spans[0].end = at + frame.start, at + frame.end
                    count = 1
                    at += frame.next
                    frame.scan = 0
            else:
                found = fs_next_frames(
                    rules, data, unread, self.max_size, at_end, &frame,
                    spans, min(left, <size_t>SPANS), &count, &at,
                )
            self.hand_out(frames, spans, count, views)
            left -= count
        if found != FS_FRAME:
            self.scan = frame.scan
            if at == 0:  # else its turn comes at the next call
                self.stopped(plan, found, &frame)
        self.advance(at, frame.scan)
        self.expected = frame.total if found == FS_MORE else 0
        return frames

    cdef int hand_out(
        self, list frames, const fs_span *spans, size_t count, bint views
    ) except -1:
        """Add frames to a list."""
        cdef const char *data = <const char *>self.block.data + self.read
        cdef size_t number, start, size
        for number in range(count):
            start, size = spans[number].start, spans[number].end - spans[number].start
            if views:
                frames.append(self.block.view(self.read + <Py_ssize_t>start, size, False))
            else:
                frames.append(PyBytes_FromStringAndSize(data + start, size))
        return 0

    @cython.critical_section
    def frame_offsets(self, framer, /):
        """Take every complete frame there is, and make no object of any.

        Args:
            framer: as in `frames`.

        Returns:
            A pair ``(view, offsets)``. `view` shows the bytes that were taken, headers and
            delimiters included. `offsets` holds two native 64-bit ints a frame, its start and
            end in `view`: ``numpy.frombuffer(offsets, "int64").reshape(-1, 2)``, or
            ``memoryview(offsets).cast("q")``.

        Raises:
            FrameTooLargeError, LimitOverrunError, FrameError, IncompleteReadError, TypeError,
            RuntimeError: as `frames`.

        >>> from fastsock import Lines
        >>> acc = RecvAccumulator()
        >>> acc.feed(b"one\\ntwo\\nthr")
        >>> view, offsets = acc.frame_offsets(Lines())
        >>> bytes(view), list(memoryview(offsets).cast("q"))
        (b'one\\ntwo\\n', [0, 3, 4, 7])
        """
        self.enter()
        try:
            return self.cut_offsets(self.plan_for(framer))
        finally:
            self.busy = False

    cdef tuple cut_offsets(self, Plan plan):
        cdef const fs_framer *rules = &plan.framer
        cdef Py_ssize_t unread = self.unread(), at = 0, count = 0, room = 0
        cdef const uint8_t *data = self.block.data + self.read if unread else NULL
        cdef fs_frame frame
        cdef int64_t *pairs = NULL
        cdef void *larger
        cdef bint at_end = self.finished()
        frame.scan = self.scan
        try:
            while at < unread:
                if rules.kind == FS_OWN:
                    found = self.ask(plan, at, unread - at, &frame)
                else:
                    found = fs_next_frame(
                        rules, data + at, unread - at, self.max_size, at_end, &frame
                    )
                if found != FS_FRAME:
                    self.scan = frame.scan
                    if at == 0:
                        self.stopped(plan, found, &frame)
                    break
                if count == room:
                    room = 2 * room + 64
                    larger = PyMem_RawRealloc(pairs, room * 2 * sizeof(int64_t))
                    if larger == NULL:
                        raise MemoryError()
                    pairs = <int64_t *>larger
                pairs[2 * count] = at + <Py_ssize_t>frame.start
                pairs[2 * count + 1] = at + <Py_ssize_t>frame.end
                count += 1
                at += frame.next
                frame.scan = 0
            offsets = PyBytes_FromStringAndSize(
                <const char *>pairs, count * 2 * <Py_ssize_t>sizeof(int64_t)
            )
        finally:
            PyMem_RawFree(pairs)
        taken = self.slice(0, at, True)
        self.advance(at, frame.scan)
        return taken, offsets

    @cython.critical_section
    def skip_frame(self, framer, /):
        """Drop the frame at the front, with what is still to come of it.

        This is the way on after a frame that is too large: what comes of it is dropped as it
        comes, up to its declared end or its delimiter, and `len` does not count it.

        Args:
            framer: as in `frames`.

        Returns:
            Whether there was one. False says that more bytes are needed to tell its end.

        Raises:
            FrameError: its header is invalid, so where it ends is unknown. Go on by
                `clear`, or by `take` with a rule of your own.
            TypeError: no framer.
            RuntimeError: another call is at work on the accumulator.

        >>> from fastsock import LengthPrefix
        >>> acc, framer = RecvAccumulator(), LengthPrefix(1, max_frame=4)
        >>> acc.feed(b"\\x09much ")
        >>> acc.skip_frame(framer)
        True
        >>> acc.feed(b"more\\x02ok")
        >>> acc.frames(framer)
        [b'ok']
        """
        self.enter()
        try:
            return self.skip_front(self.plan_for(framer))
        finally:
            self.busy = False

    cdef bint skip_front(self, Plan plan) except -1:
        cdef Py_ssize_t unread = self.unread()
        cdef uint64_t here
        cdef fs_frame frame
        cdef fs_found found
        if unread == 0:
            return False
        frame.scan = self.scan
        if plan.framer.kind == FS_OWN:
            found = self.ask(plan, 0, unread, &frame)
        else:
            found = fs_next_frame(
                &plan.framer, self.block.data + self.read, unread, self.max_size,
                self.finished(), &frame,
            )
        self.scan = frame.scan
        if found == FS_FRAME:
            self.advance(frame.next, 0)
        elif found == FS_MORE and self.finished():
            self.advance(unread, 0)
        elif found == FS_OVERRUN and plan.framer.kind == FS_OWN:
            self.stopped(plan, found, &frame)
        elif found == FS_OVERRUN or (found == FS_MORE and plan.framer.kind == FS_DELIMITER):
            self.skip_plan = plan
            self.resync()
            self.settle()
        elif frame.total and (found == FS_MORE or found == FS_TOO_LARGE):
            here = min(frame.total, <uint64_t>(self.written - self.read))
            self.skip = frame.total - here
            self.advance(here, 0)
        elif found == FS_MORE:
            return False
        else:
            self.stopped(plan, found, &frame)
        return True

    cdef Plan plan_for(self, object framer):
        """The plan of a framer. What was searched stays searched while the framer stays."""
        # None is the key before the first framer, and no plan: the kernel would read wild memory.
        if framer is not self.key or framer is None:
            plan = plan_of(framer)
            # A framer of the user's own may say that it equals any other.
            if plan.own is not None or self.plan is None or self.plan.own is not None or (
                framer != self.key
            ):
                self.scan = 0
                self.separator = None
            self.needed = self.expected = 0
            self.plan = plan
            self.key = framer
        return self.plan

    cdef Plan plan_until(self, object separator):
        """The plan of a separator, which a loop may name in every call."""
        if not all_bytes(separator) or separator != self.separator:
            framer = _framers.Delimiter(separator)
            self.plan_for(framer)
            self.separator = framer.separator
        return self.plan

    cdef int stopped(self, Plan plan, fs_found found, const fs_frame *frame) except -1:
        """Raise the error of a frame at the front that is not whole, if there is one."""
        cdef const fs_framer *rules = &plan.framer
        if found == FS_MORE:
            if self.finished():
                partial = self.slice(0, self.unread(), False)
                raise _errors.IncompleteReadError(partial, frame.total or None)
            return 0
        if found == FS_OVERRUN and rules.kind == FS_OWN:
            raise _errors.no_frame(frame.limit)
        if found == FS_OVERRUN:
            raise _errors.no_delimiter(frame.limit)
        if found == FS_BAD_VARINT:
            raise _errors.bad_varint()
        if found == FS_BAD_DIGITS:
            raise _errors.bad_length_text(plan.netstring)
        if found == FS_BAD_TRAILER:
            raise _errors.bad_trailer(plan.netstring)
        if found == FS_STRIPPED:
            raise _errors.shorter_than_strip(frame.total, rules.strip)
        declared = <int64_t>frame.declared if rules.negative else frame.declared
        if found == FS_NEGATIVE:
            raise _errors.negative_length(declared, rules.adjust)
        raise _errors.FrameTooLargeError(declared + rules.adjust, frame.limit)

    @cython.critical_section
    def clear(self):
        """Drop all unread bytes, and forget what was to be skipped.

        Raises:
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"abc")
        >>> acc.clear()
        >>> len(acc)
        0
        """
        self.enter()
        try:
            self.skip = 0
            self.skip_plan = None
            self.consume(self.written - self.read)
        finally:
            self.busy = False
