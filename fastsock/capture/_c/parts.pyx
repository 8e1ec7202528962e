"""Parts of a capture, which threads decode at the same time.

Records are a chain: where one begins depends on all in front of it. So a part begins at a guess,
and counts only if the part in front ends exactly there. From the first that does not on, the
caller decodes as if there were no parts, so the result never depends on a guess.

Threads go over their parts twice. The first time they count records, which takes a tenth of the
time: then joins are checked, and the place of each row is known. The second time they decode, each
into its own rows of the same columns, so that no row is copied.
"""

cimport cython
from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t

from fastsock._core.buffers cimport pin
from fastsock.capture._c.sink cimport (
    FS_COLUMNS,
    FS_MORE_BYTES,
    FS_RECORD,
    Sink,
    fs_capture,
    fs_columns,
    fs_interface,
    fs_record,
    fs_run_capture,
    fs_walked,
)

from threading import Event

from fastsock.capture import sources as _sources, threads as _threads


cdef extern from "fastsock/capture/capture.h" nogil:
    fs_walked fs_next_record(fs_capture *capture, fs_record *record) noexcept

cdef extern from "fastsock/capture/parts.h" nogil:
    fs_walked fs_count_records(
        fs_capture *capture, size_t *rows, const uint8_t **last
    ) noexcept
    const uint8_t *fs_likely_start(
        const fs_capture *capture, const uint8_t *start, const uint8_t *end, int64_t time_ns
    ) noexcept


# The walk's cursor points into what `pin` keeps in place.
@cython.no_gc_clear
@cython.final
cdef class Part:
    """Count the records of one part of a capture; at the second call, decode them."""

    def __dealloc__(self):
        PyBuffer_Release(&self.pin)

    def __reduce__(self):
        raise TypeError("cannot pickle 'Part' object")

    cdef bint keep(self, memoryview view) except -1:
        """Keep the window in place: False if the view's base has another one for each caller."""
        cdef const uint8_t *base
        if not pin(view, &self.pin):
            return False
        base = <const uint8_t *>self.pin.buf
        return (
            self.window >= base
            and self.window - base <= self.pin.len
            and self.size <= <size_t>self.pin.len - <size_t>(self.window - base)
        )

    cdef size_t there(self) except? 0:
        """How many bytes of the window the file still has."""
        if self.source.mapped is None:
            return self.size
        return min(self.size, max(self.source.mapped.size() - self.source.position, 0))

    cdef int give(self, Sink to, size_t row) except -1:
        """Let the part's rows be those from `row` on."""
        cdef int number
        self.to = to
        self.walk = self.first
        self.sink = to.sink
        self.sink.rows, self.sink.room = 0, self.rows
        for number in range(FS_COLUMNS):
            if self.sink.memory[number] != NULL:
                self.sink.memory[number] += row * fs_columns[number].size

    cdef bint meets(self, Part after) noexcept:
        """Whether the walk came to where the next part begins: between records, not in a block."""
        return self.walk.p == after.first.p and not self.walk.skipped

    def __call__(self):
        """Count or decode records up to the next part, or to what stops the walk.

        As `Capture` does, read at most a stride after each look at the file's size: reading past
        the end of a truncated mapping is fatal. Another process may change the file meanwhile, so
        decoding ends with the counted rows.
        """
        cdef size_t at, reach, limit, stride = _sources.STRIDE
        cdef fs_walked state = FS_MORE_BYTES
        cdef fs_capture *walk = &self.walk
        cdef bint counted = self.to is not None
        walk.wanted = 1
        while state == FS_MORE_BYTES and walk.p < self.until and not self.stop.is_set():
            PyErr_CheckSignals()
            at = walk.p - self.window
            limit = min(self.there(), <size_t>(self.until - self.window))
            reach = min(at + max(stride, <size_t>walk.wanted), limit)
            if reach < at + <size_t>walk.wanted:
                break
            walk.end = self.window + reach
            with nogil:
                if counted:
                    state = fs_run_capture(walk, &self.sink)
                else:
                    state = fs_count_records(walk, &self.rows, &self.last)


cdef Part new_part(
    const fs_capture *walk, const uint8_t *window, size_t size, object source, object stop
):
    """The part that begins at the cursor; its bytes are not kept in place yet."""
    cdef Part part = Part.__new__(Part)
    part.window, part.size = window, size
    part.until = window + size
    part.source, part.stop = source, stop
    part.interfaces = (<char *>walk.interfaces)[: walk.count * sizeof(fs_interface)]
    part.first = walk[0]
    part.first.interfaces = <fs_interface *>PyBytes_AS_STRING(part.interfaces)
    part.first.fixed = True
    part.first.last = False  # a part never tells the end of a file from the end of its bytes
    part.first.end = part.first.p
    return part


cdef list starts_of(Part part, size_t threads):
    """Likely starts of as many parts: the cursor's place in the window, then ascending ones."""
    cdef fs_capture first = part.first
    cdef fs_record record
    cdef size_t start = part.first.p - part.window, last = start, at, end, number
    cdef size_t stride = _sources.STRIDE
    cdef const uint8_t *found
    starts = [start]
    first.end = part.window + max(min(part.there(), start + stride), start)
    if fs_next_record(&first, &record) != FS_RECORD:
        return starts
    for number in range(1, threads):
        at = start + (part.size - start) // threads * number
        end = min(part.there(), at + stride)
        if at <= last or at >= end:
            continue
        with nogil:
            found = fs_likely_start(
                &part.first, part.window + at, part.window + end, record.timestamp_ns
            )
        if found != NULL:
            last = found - part.window
            starts.append(last)
    return starts


cdef list parts_of(Part whole, memoryview view, size_t threads):
    """Parts of a capture; None if it is not split, or can't be kept in place."""
    cdef Part part
    cdef Py_ssize_t number
    cdef size_t start, until
    starts = starts_of(whole, threads)
    if len(starts) < 2:
        return None
    parts = []
    for number in range(len(starts)):
        start = starts[number]
        until = starts[number + 1] if number + 1 < len(starts) else whole.size
        part = new_part(&whole.first, whole.window, whole.size, whole.source, whole.stop)
        if not part.keep(view):
            return None
        part.first.p = part.first.end = part.window + start
        part.first.offset += start - <size_t>(whole.first.p - whole.window)
        part.walk = part.first
        part.last = part.first.p
        part.until = part.window + until
        parts.append(part)
    return parts


cdef list joined(list parts):
    """The parts up to the first that does not end where the next one begins."""
    cdef Part part
    cdef Py_ssize_t number
    for number in range(1, len(parts)):
        part = parts[number - 1]
        if not part.meets(parts[number]):
            return parts[:number]
    return parts


cdef int decode_parts(
    fs_capture *walk,
    const uint8_t *window,
    size_t size,
    memoryview view,
    object source,
    Sink sink,
    size_t threads,
) except -1:
    """Add what parts of a capture hold to the sink, and set the cursor after that, if it pays.

    The bytes are `size` from `window` on, which `view` shows.
    """
    cdef Part part, whole
    cdef size_t at = walk.p - window, rows = sink.sink.rows, row
    if at >= size:
        return 0
    threads = min(threads, (size - at) // max(<size_t>_threads.PART, <size_t>1))
    if threads < 2:
        return 0
    whole = new_part(walk, window, size, source, Event())
    parts = parts_of(whole, view, threads)
    if parts is None:
        return 0
    _threads.run_all(parts, whole.stop)
    parts = joined(parts)
    if len(parts) < 2:
        return 0
    for part in parts:
        rows += part.rows
    sink.expect(rows + 1)  # one more, or a look for another record would make more room
    row = sink.sink.rows
    for part in parts:
        part.give(sink, row)
        row += part.rows
    _threads.run_all(parts, whole.stop)
    for part in parts:
        sink.sink.rows += part.sink.rows
        if part.sink.rows != part.rows or part.walk.p != part.last:
            break  # the file was changed meanwhile
    walk.offset = part.walk.offset
    walk.p = walk.end = part.walk.p
    walk.skip, walk.skipped, walk.start = part.walk.skip, part.walk.skipped, part.walk.start
    walk.last = False
    return 0
