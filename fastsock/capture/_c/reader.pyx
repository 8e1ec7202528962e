"""Compiled twin of `fastsock.capture`: records by a kernel, over views of the file."""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_RawFree, PyMem_RawRealloc
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_SET_ITEM
from libc.stdint cimport UINT32_MAX, uint8_t, uint32_t

from fastsock.capture._c.sink cimport (
    FS_CAPTURE_STOPPED,
    FS_MORE_BYTES,
    FS_MORE_ROOM,
    FS_RECORD,
    Sink,
    fs_capture,
    fs_interface,
    fs_record,
    fs_walked,
)

from operator import index

from fastsock.capture import sources as _captures, columns as _columns
from fastsock.capture import errors as _errors


cdef extern from "Python.h":
    size_t PY_SSIZE_T_MAX

cdef extern from "fastsock/capture/capture.h" nogil:
    fs_walked fs_next_record(fs_capture *capture, fs_record *record) noexcept

cdef extern from "fastsock/_core/pyobjects.h":
    tuple fs_new_tuple(object type, Py_ssize_t size)

cdef enum:
    FIRST_INTERFACES = 8    # room to begin with, doubled when it is used up


cdef inline void put(tuple fields, Py_ssize_t place, object value) noexcept:
    Py_INCREF(value)  # which the tuple takes over
    PyTuple_SET_ITEM(fields, place, value)


# The collector's clearing would take the window's object away without releasing the buffer, while
# the cursor still points there. What a cycle goes through behind `source` can be cleared itself.
@cython.no_gc_clear
@cython.final
cdef class Capture:
    """Capture(source, *, max_record=262144)\n--\n\n\
    The records of a capture file, pcap or pcapng, one after the other.

    An iterator of `Record`, and a context manager. A file on a disk is mapped: data are views
    of the mapping, which stays while one of them lives, even behind `close`. What can't be
    mapped (a pipe, a compressed file) is read in blocks, as it is asked for.

    The first fault ends a capture: `stopped` says what and where, and all records in front of
    it were given. A file that ends within a record is such a fault, and an ordinary one.

    One call at a time: a call while another one is at work raises `RuntimeError`.

    Args:
        source: a path, a bytes-like object, or a binary file, which is read from where it
            stands and never closed.
        max_record: the most bytes that a record may claim to hold.

    Raises:
        CaptureError: not a capture, or of a version that nobody knows.
        OSError: a file that can't be opened or read.
        TypeError, BufferError: another source; a buffer in pieces.
        ValueError: `max_record` is out of range.

    Source: draft-ietf-opsawg-pcap; draft-ietf-opsawg-pcapng.

    >>> import io
    >>> file = io.BytesIO()
    >>> CaptureWriter(file).write(b"a packet", 1_000_000_000)
    >>> with Capture(file.getvalue()) as capture:
    ...     for record in capture:
    ...         print(record.timestamp_ns, record.wire_length, record.link, bytes(record.data))
    1000000000 8 1 b'a packet'
    """

    __module__ = "fastsock.capture"

    def __cinit__(self, source, *, max_record=262144):
        limit = index(max_record)
        if not 0 < limit <= UINT32_MAX:
            raise _errors.bad_max_record(limit)
        self.walk.max_record = limit
        self.record_type = _captures.Record
        self.ahead = []
        self.source = _captures.open_source(source)
        try:
            self.show(self.source.view)
            self.begin()
        except BaseException:
            self.close()
            raise

    def __dealloc__(self):
        self.drop()
        PyMem_RawFree(self.walk.interfaces)

    def __reduce__(self):
        raise TypeError("cannot pickle 'Capture' object")

    def __repr__(self):
        state = "closed" if self.closed_ else f"offset={self.offset} stopped={self.stopped_!r}"
        return f"<Capture {self.format_} records={self.records_} {state}>"

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __iter__(self):
        return self

    def __next__(self):
        cdef fs_record found
        cdef fs_walked state
        with cython.critical_section(self):
            self.enter()
            try:
                while not self.done:
                    state = fs_next_record(&self.walk, &found)
                    if state == FS_RECORD:
                        return self.record(&found)
                    self.help(state)
            finally:
                self.busy = False
        raise StopIteration

    @property
    def format(self):
        """``"pcap"`` or ``"pcapng"``."""
        return self.format_

    @property
    def records(self):
        """How many records were given so far, one by one or as rows of columns."""
        return self.records_

    @property
    def offset(self):
        """How far the capture was read, in bytes from where it begins."""
        return self.walk.offset

    @property
    def stopped(self):
        """Why and where reading ended early; None at a proper end, and before the end."""
        return self.stopped_

    @property
    def closed(self):
        """Whether `close` was called."""
        return bool(self.closed_)

    def close(self):
        """Let go of the file. Views of its records stay valid."""
        with cython.critical_section(self):
            source = self.end()
        if source.close is not None:
            source.close()

    cdef object end(self):
        """Be closed; what is left to be closed is the source."""
        if self.busy:
            raise _errors.capture_in_use()
        source, self.source = self.source, _captures.NO_SOURCE
        self.drop()
        self.closed_ = True
        return source

    def to_columns(self, columns=None, *, verify=False, chunk=None):
        """Decode the records that are left, into columns.

        Args:
            columns: names of columns, in any order; `DEFAULT_COLUMNS` by default.
            verify: look at checksums too.
            chunk: how many rows to decode at a time. Memory is then bounded by them, however
                large the file is. A chunk ends early where a non-blocking file has no bytes yet;
                without a row it raises BlockingIOError, and can be asked for again.

        Returns:
            The columns; with `chunk` an iterator of columns with at most so many rows each.

        Raises:
            OSError: the file can't be read.
            ValueError: no such column; `chunk` less than 1; the capture is closed.
            RuntimeError: another call is at work on the capture.

        >>> import io
        >>> file = io.BytesIO()
        >>> CaptureWriter(file).write(bytes(60), 1_500_000_000)
        >>> columns = Capture(file.getvalue()).to_columns(["timestamp_ns", "wire_length"])
        >>> columns["timestamp_ns"].tolist(), columns["wire_length"].tolist()
        ([1500000000], [60])
        """
        names = _columns.select(columns, records=True)
        if chunk is None:
            return self.decode(names, verify, PY_SSIZE_T_MAX)
        size = index(chunk)
        if size < 1:
            raise _errors.bad_chunk(size)
        size = min(size, PY_SSIZE_T_MAX)
        return chunks_of(self, names, verify, size)

    cdef object decode(self, tuple names, bint verify, size_t most):
        sink = Sink(names, None, verify)
        with cython.critical_section(self):
            self.enter()
            try:
                self.decode_into(sink, most)
            except BlockingIOError:
                if most == PY_SSIZE_T_MAX or not sink.sink.rows:
                    raise
                # A chunk may be smaller: its rows are given now, and the file is asked again then.
            finally:
                self.records_ += sink.sink.rows
                self.busy = False
        return sink.finish()

    cdef int decode_into(self, Sink sink, size_t most) except -1:
        cdef fs_walked state
        if self.source.mapped is not None:
            self.look_further(0)
        while not self.done:
            end = <const uint8_t *>self.window.buf + self.window.len
            state = sink.run_capture(&self.walk, end, most)
            if state == FS_RECORD:
                break
            self.help(state)
        return 0

    cdef int enter(self) except -1:
        if self.busy:
            raise _errors.capture_in_use()
        if self.closed_:
            raise _errors.capture_closed()
        self.busy = True
        return 0

    cdef int begin(self) except -1:
        """Read the file's header, which says how the walk goes."""
        while self.walk.end - self.walk.p < 24 and not self.walk.last:
            self.more(24)
        size = min(self.walk.end - self.walk.p, 24)
        head = b"" if self.view is None else bytes(self.view[:size])
        layout = _captures.layout_of(head, self.stopped_)
        self.format_ = layout.format
        self.walk.big = layout.byteorder == ">"
        self.walk.header = layout.header
        self.walk.fraction = 1 if layout.nanoseconds else 1000
        self.walk.link = layout.link
        self.walk.swapped = layout.swapped
        self.walk.p += <Py_ssize_t>layout.start
        self.walk.offset = layout.start
        return 0

    # Bytes.

    cdef int show(self, object view) except -1:
        """Walk over this view from now on. The cursor is at its start, none of it is there yet."""
        self.drop()
        if view is not None:
            PyObject_GetBuffer(view, &self.window, PyBUF_SIMPLE)
            self.view = view
            self.walk.p = self.walk.end = <const uint8_t *>self.window.buf
        return 0

    cdef int drop(self) except -1:
        self.walk.p = self.walk.end = NULL
        if self.view is not None:
            self.view = None
            PyBuffer_Release(&self.window)
        return 0

    cdef int more(self, size_t size) except -1:
        """Bring more bytes, or find that there are none: `size` from the cursor on are needed."""
        if self.source.read is None:
            return self.look_further(size)
        return self.read_further(size)

    cdef int look_further(self, size_t size) except -1:
        """See how much of the file is there. Memory of a mapped file that was cut can't be read."""
        cdef const uint8_t *start = <const uint8_t *>self.window.buf
        cdef size_t there = self.window.len, stride = _captures.STRIDE, reach
        if self.source.mapped is not None:
            there = min(there, max(self.source.mapped.size() - self.source.position, 0))
        if there < <size_t>(self.walk.p - start):
            self.stopped_ = _captures.cut_short(self.walk.offset, there)
            self.done = True
        reach = max(<size_t>(self.walk.end - start) + stride, <size_t>(self.walk.p - start) + size)
        self.walk.last = reach >= there
        self.walk.end = max(start + min(reach, there), self.walk.p)
        return 0

    cdef int read_further(self, size_t size) except -1:
        """Read until `size` bytes are there, which are put together once: in linear time."""
        cdef size_t there = self.walk.end - self.walk.p
        try:
            while there + self.ahead_size < size:
                data = self.source.read(max(_captures.CHUNK, there))
                if not data:
                    self.walk.last = True
                    break
                self.ahead.append(data)
                self.ahead_size += len(data)
        except Exception as error:
            if not _captures.is_damage(error):
                raise
            self.stopped_ = _captures.damage(self.walk.offset, error)
            self.done = self.walk.last = True
        if self.ahead:
            self.join_ahead()
        return 0

    cdef int join_ahead(self) except -1:
        """Put what was read behind the window's rest: a new one, for views need the old."""
        cdef Py_ssize_t start, size = self.walk.end - self.walk.p
        rest = b""
        if self.view is not None:
            start = self.walk.p - <const uint8_t *>self.window.buf
            rest = self.view[start : start + size]
        self.show(memoryview(b"".join((rest, *self.ahead))))
        self.walk.end = self.walk.p + self.window.len
        self.ahead, self.ahead_size = [], 0
        return 0

    # Records.

    cdef int help(self, fs_walked state) except -1:
        """Give the walk what it needs, or note that it has ended."""
        cdef fs_capture *walk = &self.walk
        PyErr_CheckSignals()
        if state == FS_MORE_BYTES:
            return self.more(walk.wanted)
        if state == FS_MORE_ROOM:
            return self.make_room()
        if state == FS_CAPTURE_STOPPED:
            why = list(_captures.STOPS)[walk.stop]
            self.stopped_ = _captures.stop_text(
                why, walk.stop_offset, walk.stop_first, walk.stop_second
            )
        self.done = True
        return 0

    cdef int make_room(self) except -1:
        """Make room for more interfaces; how many there may be is the walk's own limit."""
        cdef uint32_t room = max(2 * self.walk.room, <uint32_t>FIRST_INTERFACES)
        cdef void *grown = PyMem_RawRealloc(self.walk.interfaces, room * sizeof(fs_interface))
        if grown == NULL:
            raise MemoryError()
        self.walk.interfaces = <fs_interface *>grown
        self.walk.room = room
        return 0

    cdef object record(self, const fs_record *found):
        cdef Py_ssize_t start = found.data - <const uint8_t *>self.window.buf
        data = self.view[start : start + <Py_ssize_t>found.captured]
        record = fs_new_tuple(self.record_type, 4)
        put(record, 0, found.timestamp_ns)
        put(record, 1, found.wire_length)
        put(record, 2, found.link)
        put(record, 3, data)
        self.records_ += 1
        return record


@cython.no_gc_clear
cdef class _Chunks:
    """The rest of a capture, some rows at a time. Threads may share it, as they may the capture."""

    cdef Capture capture        # or None, after the last chunk
    cdef tuple names
    cdef bint verify
    cdef size_t size

    def __reduce__(self):
        raise TypeError("cannot pickle '_Chunks' object")

    def __iter__(self):
        return self

    @cython.critical_section
    def __next__(self):
        capture = self.capture
        if capture is not None:
            columns = capture.decode(self.names, self.verify, self.size)
            if columns:
                return columns
            self.capture = None
        raise StopIteration


cdef _Chunks chunks_of(Capture capture, tuple names, bint verify, size_t size):
    cdef _Chunks chunks = _Chunks.__new__(_Chunks)
    chunks.capture = capture
    chunks.names = names
    chunks.verify = verify
    chunks.size = size
    return chunks


def open_capture(source, *, max_record=262144):
    """Open a capture file, pcap or pcapng, by what it holds.

    Args:
        source: a path, a bytes-like object, or a binary file.
        max_record: the most bytes that a record may claim to hold.

    Returns:
        A `Capture`.

    Raises:
        CaptureError, OSError, TypeError, BufferError, ValueError: as `Capture`.

    Source: as `Capture`.

    >>> open_capture(b"GIF89a")
    Traceback (most recent call last):
    fastsock.capture.CaptureError: not a capture: it begins with b'GIF8'
    """
    return Capture(source, max_record=max_record)
