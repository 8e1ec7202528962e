"""Compiled twin of `fastsock.capture`: records by a kernel, over views of the file."""

cimport cython
from cpython.buffer cimport PyBuffer_Release
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_RawFree, PyMem_RawRealloc
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_SET_ITEM
from libc.stdint cimport UINT32_MAX, uint8_t, uint32_t

from fastsock._core.arrow._c cimport fs_held_alone, fs_hold, fs_let_go, fs_shared
from fastsock._core.buffers cimport pin
from fastsock.capture._c.parts cimport decode_parts
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

from fastsock.capture import (
    errors as _errors,
    formats as _formats,
    selection as _selection,
    sources as _sources,
    threads as _threads,
)


cdef extern from "Python.h":
    size_t PY_SSIZE_T_MAX
    Py_buffer *PyMemoryView_GET_BUFFER(object view)

cdef extern from "fastsock/capture/capture.h" nogil:
    fs_walked fs_next_record(fs_capture *capture, fs_record *record) noexcept

cdef extern from "fastsock/_core/pyobjects.h":
    tuple fs_new_tuple(object type, Py_ssize_t size)

cdef enum:
    FIRST_INTERFACES = 8    # room to begin with, doubled when it is used up


cdef inline void put(tuple fields, Py_ssize_t place, object value) noexcept:
    Py_INCREF(value)  # which the tuple takes over
    PyTuple_SET_ITEM(fields, place, value)


# The collector's clearing would take the pin's object away without releasing its buffer, while the
# cursor still points there. The other members of a cycle can be cleared themselves.
@cython.no_gc_clear
@cython.final
cdef class Capture:
    """Capture(source, *, max_record=262144)\n--\n\n\
    The records of a capture file, pcap or pcapng, one after the other.

    An iterator of `Record`, and a context manager. A regular file is mapped: data are views
    of the mapping, which stays as long as one of them lives, also after `close`. What can't be
    mapped (a pipe, a compressed file) is read in blocks, on demand.

    The first fault ends a capture: `stopped` says what and where, and all records before it
    are given. A file that ends within a record is an ordinary case of this.

    One call at a time: a call while another one is at work raises `RuntimeError`.

    Args:
        source: a path, a bytes-like object, or a binary file, which is read from where it
            stands and never closed.
        max_record: the most bytes that a record may claim to hold.

    Raises:
        CaptureError: not a capture, or of an unknown version.
        OSError: a file that can't be opened or read.
        TypeError, BufferError: another kind of source; a buffer that is not contiguous.
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
        self.record_type = _formats.Record
        self.ahead = []
        self.name_ = _sources.name_of(source)
        self.source = _sources.open_source(source)
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
    def name(self):
        """The path of the file, as it was given; None for what has none."""
        return self.name_

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
        """Release the file. Views of its records stay valid."""
        with cython.critical_section(self):
            source = self.end()
        if source.close is not None:
            source.close()

    cdef object end(self):
        """Mark the capture closed, and return the source for the caller to close."""
        if self.busy:
            raise _errors.capture_in_use()
        source, self.source = self.source, _sources.NO_SOURCE
        self.drop()
        self.closed_ = True
        return source

    def to_columns(self, columns=None, *, verify=False, chunk=None, threads=1):
        """Decode the remaining records into columns.

        Args:
            columns: names of columns, in any order; `DEFAULT_COLUMNS` by default.
            verify: verify checksums too.
            chunk: how many rows to decode at a time. Memory is then bounded by them, however
                large the file is. A chunk ends early where a non-blocking file has no bytes yet;
                without a row it raises BlockingIOError, and can be asked for again.
            threads: the most threads to decode with; 0 for one a core. The result is the same. A
                large file that is mapped or in memory is decoded by several, in the compiled twin
                and without `chunk`; one thread decodes all else.

        Returns:
            The columns; with `chunk` an iterator of columns with at most so many rows each.

        Raises:
            OSError: the file can't be read.
            ValueError: no such column; `chunk` less than 1; `threads` less than 0; the capture is
                closed.
            RuntimeError: another call is at work on the capture.

        >>> import io
        >>> file = io.BytesIO()
        >>> CaptureWriter(file).write(bytes(60), 1_500_000_000)
        >>> columns = Capture(file.getvalue()).to_columns(["timestamp_ns", "wire_length"])
        >>> columns["timestamp_ns"].tolist(), columns["wire_length"].tolist()
        ([1500000000], [60])
        """
        cdef Sink sink
        names = _selection.select(columns, records=True)
        most_threads = _threads.number_of(index(threads))
        if chunk is None:
            sink = Sink(names, None, verify)
            self.decode(sink, PY_SSIZE_T_MAX, most_threads)
            return sink.finish()
        size = index(chunk)
        if size < 1:
            raise _errors.bad_chunk(size)
        size = min(size, PY_SSIZE_T_MAX)
        return chunks_of(self, names, verify, size)

    def to_batches(
        self, columns=None, *, chunk=65536, types="arrow", addresses="binary", source=False,
        verify=False
    ):
        """Decode the remaining records into Arrow record batches.

        Where a packet has no such field a row is null: ports of what has none, addresses of ARP's
        absent ones, a VLAN tag that is not there.

        Args:
            columns: names of columns, in any order; `DEFAULT_COLUMNS` by default.
            chunk: how many rows a batch has at most.
            types: ``"arrow"``: unsigned integers, ``fixed_size_binary[16]``, times as
                ``timestamp[ns, UTC]``; ``"spark"``: what Spark has, which are the next larger
                signed integers, binary, ``timestamp[us, UTC]``.
            addresses: ``"binary"``, or ``"text"`` for IPv4 and IPv6 as they are written.
            source: add a column ``source`` with the capture's name: True for that of its file, or
                a str.
            verify: verify checksums too.

        Returns:
            An iterator of batches, each with ``__arrow_c_array__``; it has ``schema`` before the
            first row, and ``__arrow_c_stream__``, by which pyarrow, Polars, DuckDB and others take
            all of it in constant memory.

        Raises:
            ValueError: no such column or choice; `chunk` out of range; the capture is closed.
            OSError, RuntimeError: as `to_columns`.

        >>> import io
        >>> file = io.BytesIO()
        >>> CaptureWriter(file).write(bytes(60), 1_500_000_000)
        >>> batches = Capture(file.getvalue()).to_batches(["timestamp_ns", "sport"], chunk=1000)
        >>> [len(batch) for batch in batches]
        [1]
        """
        from fastsock.arrow import _c as twin
        from fastsock.capture import batches

        return batches.to_batches(twin, self, columns, chunk, types, addresses, source, verify)

    cdef int decode(self, Sink sink, size_t most, size_t threads) except -1:
        """Decode the next records, `most` of them where there are as many."""
        with cython.critical_section(self):
            self.enter()
            try:
                if threads > 1:
                    self.decode_several(sink, threads)
                self.decode_into(sink, most)
            except BlockingIOError:
                if most == PY_SSIZE_T_MAX or not sink.sink.rows:
                    raise
                # A chunk may be smaller: give its rows now; the next call reads on.
            finally:
                self.records_ += sink.sink.rows
                self.busy = False
        return 0

    cdef int decode_several(self, Sink sink, size_t threads) except -1:
        """Decode what several threads can, and set the cursor after it."""
        if self.source.read is not None:
            return 0
        if not self.walk.header:
            self.decode_into(sink, 1)  # what is in front of the first packet tells its interface
        if not self.done:
            decode_parts(
                &self.walk, self.window, self.window_size, self.view, self.source, sink, threads
            )
        return 0

    cdef int decode_into(self, Sink sink, size_t most) except -1:
        cdef fs_walked state
        if self.source.mapped is not None:
            self.look_further(0)
        while not self.done:
            end = self.window + self.window_size
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
        """Read the file's header, which says how records are encoded."""
        while self.walk.end - self.walk.p < 24 and not self.walk.last:
            self.more(24)
        size = min(self.walk.end - self.walk.p, 24)
        head = b"" if self.view is None else bytes(self.view[:size])
        layout = _formats.layout_of(head, self.stopped_)
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

    cdef int show(self, memoryview view) except -1:
        """Set the cursor to the start of this view. None of its bytes may be read yet."""
        cdef Py_buffer *shown
        self.drop()
        if view is not None:
            if not pin(view, &self.pin):
                view = memoryview(bytes(view))  # a copy can be pinned
                pin(view, &self.pin)
            shown = PyMemoryView_GET_BUFFER(view)
            self.view = view
            self.window, self.window_size = <const uint8_t *>shown.buf, shown.len
            self.walk.p = self.walk.end = self.window
        return 0

    cdef int drop(self) except -1:
        self.walk.p = self.walk.end = self.window = NULL
        self.window_size = 0
        self.view = None
        PyBuffer_Release(&self.pin)
        return 0

    cdef int more(self, size_t size) except -1:
        """Get more bytes, until `size` follow the cursor or the source ends."""
        if self.source.read is None:
            return self.look_further(size)
        return self.read_further(size)

    cdef int look_further(self, size_t size) except -1:
        """Extend the readable range; reading past the end of a truncated mapping is fatal."""
        cdef const uint8_t *start = self.window
        cdef size_t there = self.window_size, stride = _sources.STRIDE, reach
        if self.source.mapped is not None:
            there = min(there, max(self.source.mapped.size() - self.source.position, 0))
        if there < <size_t>(self.walk.p - start):
            self.stopped_ = _sources.cut_short(self.walk.offset, there)
            self.done = True
        reach = max(<size_t>(self.walk.end - start) + stride, <size_t>(self.walk.p - start) + size)
        self.walk.last = reach >= there
        self.walk.end = max(start + min(reach, there), self.walk.p)
        return 0

    cdef int read_further(self, size_t size) except -1:
        """Read until `size` bytes follow the cursor. Joined once, they take linear time."""
        cdef size_t there = self.walk.end - self.walk.p
        try:
            while there + self.ahead_size < size:
                data = self.source.read(max(_sources.CHUNK, there))
                if not data:
                    self.walk.last = True
                    break
                self.ahead.append(data)
                self.ahead_size += len(data)
        except Exception as error:
            if not _sources.is_damage(error):
                raise
            self.stopped_ = _sources.damage(self.walk.offset, error)
            self.done = self.walk.last = True
        if self.ahead:
            self.join_ahead()
        return 0

    cdef int join_ahead(self) except -1:
        """Make a new window of the rest and what was read. Views keep the old one."""
        cdef Py_ssize_t start, size = self.walk.end - self.walk.p
        rest = b""
        if self.view is not None:
            start = self.walk.p - self.window
            rest = self.view[start : start + size]
        self.show(memoryview(b"".join((rest, *self.ahead))))
        self.walk.end = self.walk.p + self.window_size
        self.ahead, self.ahead_size = [], 0
        return 0

    # Records.

    cdef int help(self, fs_walked state) except -1:
        """Give the walk what it needs, or record why it ended."""
        cdef fs_capture *walk = &self.walk
        PyErr_CheckSignals()
        if state == FS_MORE_BYTES:
            return self.more(walk.wanted)
        if state == FS_MORE_ROOM:
            return self.make_room()
        if state == FS_CAPTURE_STOPPED:
            why = list(_formats.STOPS)[walk.stop]
            self.stopped_ = _formats.stop_text(
                why, walk.stop_offset, walk.stop_first, walk.stop_second
            )
        self.done = True
        return 0

    cdef int make_room(self) except -1:
        """Make room for more interfaces; the kernel limits their number."""
        cdef uint32_t room = max(2 * self.walk.room, <uint32_t>FIRST_INTERFACES)
        cdef void *grown = PyMem_RawRealloc(self.walk.interfaces, room * sizeof(fs_interface))
        if grown == NULL:
            raise MemoryError()
        self.walk.interfaces = <fs_interface *>grown
        self.walk.room = room
        return 0

    cdef object record(self, const fs_record *found):
        cdef Py_ssize_t start = found.data - self.window
        data = self.view[start : start + <Py_ssize_t>found.captured]
        record = fs_new_tuple(self.record_type, 4)
        put(record, 0, found.timestamp_ns)
        put(record, 1, found.wire_length)
        put(record, 2, found.link)
        put(record, 3, data)
        self.records_ += 1
        return record


# Its capture's fields are read without a look at whether it was cleared.
@cython.no_gc_clear
@cython.final
cdef class _Chunks:
    """The rest of a capture, some rows at a time. Threads may share it, as they may the capture.

    The memory of a chunk is used again once nobody but this holds it. That of the last one is held
    by the loop which asks for the next, so two blocks take turns.
    """

    cdef Capture capture        # or None, after the last chunk
    cdef tuple names
    cdef bint verify
    cdef size_t size
    cdef fs_shared *blocks[2]   # of the last chunk and the one before, or NULL

    def __dealloc__(self):
        self.forget()

    def __reduce__(self):
        raise TypeError("cannot pickle '_Chunks' object")

    def __iter__(self):
        return self

    @cython.critical_section
    def __next__(self):
        cdef Sink sink
        capture = self.capture
        if capture is not None:
            sink = Sink(self.names, None, self.verify)
            self.use_again(sink)
            capture.decode(sink, self.size, 1)
            columns = sink.finish()
            if columns:
                if sink.sink.room >= self.size:
                    self.remember(sink.block)
                return columns
            self.capture = None
            self.forget()
        raise StopIteration

    cdef int use_again(self, Sink sink) except -1:
        """Let the chunk begin in the memory of one that nobody holds any more."""
        cdef int number
        for number in range(2):
            if self.blocks[number] != NULL and fs_held_alone(self.blocks[number]):
                if sink.begin_in(self.blocks[number], self.size):
                    break
        return 0

    cdef void remember(self, fs_shared *block) noexcept:
        """Hold the memory of the last two chunks, and no other."""
        if self.blocks[0] != block:
            fs_hold(block)
            fs_let_go(self.blocks[1])  # which may be this one
            self.blocks[1], self.blocks[0] = self.blocks[0], block

    cdef void forget(self) noexcept:
        cdef int number
        for number in range(2):
            fs_let_go(self.blocks[number])
            self.blocks[number] = NULL


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
