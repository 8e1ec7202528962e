"""Parts of a pcap file, which threads decode at the same time.

Records are a chain: where one begins depends on all in front of it. So a part begins at a guess,
and counts only if the part in front ends exactly there. From the first that does not on, the
caller decodes as if there were no parts, so the result never depends on a guess.
"""

cimport cython
from cpython.buffer cimport PyBuffer_Release
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from fastsock._core.buffers cimport pin
from fastsock.capture._c.sink cimport (
    FS_MORE_BYTES,
    FS_RECORD,
    Sink,
    fs_capture,
    fs_columns,
    fs_record,
    fs_walked,
)

from threading import Event

from fastsock.capture import sources as _sources, threads as _threads


cdef extern from "Python.h":
    size_t PY_SSIZE_T_MAX

cdef extern from "fastsock/capture/parts.h" nogil:
    fs_walked fs_next_pcap(fs_capture *capture, fs_record *record) noexcept
    const uint8_t *fs_likely_start(
        const fs_capture *capture, const uint8_t *start, const uint8_t *end, int64_t time_ns
    ) noexcept


# The walk's cursor points into what `pin` keeps in place.
@cython.no_gc_clear
@cython.final
cdef class Part:
    """Decode one part of a capture."""

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

    def __call__(self):
        """Decode records up to the next part, or to what stops the walk.

        As `Capture` does, read at most a stride after each look at the file's size: reading past
        the end of a truncated mapping is fatal.
        """
        cdef size_t at, reach, limit, stride = _sources.STRIDE
        cdef fs_walked state = FS_MORE_BYTES
        cdef fs_capture *walk = &self.walk
        walk.wanted = 1
        while state == FS_MORE_BYTES and walk.p < self.until and not self.stop.is_set():
            PyErr_CheckSignals()
            at = walk.p - self.window
            limit = min(self.there(), <size_t>(self.until - self.window))
            reach = min(at + max(stride, <size_t>walk.wanted), limit)
            if reach < at + <size_t>walk.wanted:
                break
            walk.end = self.window + reach
            state = self.sink.run_capture(walk, self.expect, PY_SSIZE_T_MAX)


@cython.no_gc_clear
@cython.final
cdef class _Copies:
    """Copy some columns of the other parts behind those of the first."""

    cdef Sink to
    cdef list others
    cdef list numbers             # of the columns
    cdef bint done

    def __call__(self):
        cdef Sink sink
        cdef int number
        cdef size_t row, rows, size
        cdef uint8_t *to
        cdef const uint8_t *start
        for number in self.numbers:
            size = fs_columns[number].size
            row = self.to.sink.rows
            for sink in self.others:
                rows = sink.sink.rows
                to, start = self.to.sink.memory[number], sink.sink.memory[number]
                if rows:
                    with nogil:
                        memcpy(to + row * size, start, rows * size)
                row += rows
        self.done = True


cdef list starts_of(Part part, size_t threads):
    """Likely starts of as many parts: the cursor's place in the window, then ascending ones."""
    cdef fs_capture first = part.walk
    cdef fs_record record
    cdef size_t start = part.walk.p - part.window, last = start, at, end, number
    cdef size_t stride = _sources.STRIDE
    cdef const uint8_t *found
    starts = [start]
    first.end = part.window + max(min(part.there(), start + stride), start)
    first.last = False
    if fs_next_pcap(&first, &record) != FS_RECORD:
        return starts
    for number in range(1, threads):
        at = start + (part.size - start) // threads * number
        end = min(part.there(), at + stride)
        if at <= last or at >= end:
            continue
        with nogil:
            found = fs_likely_start(
                &part.walk, part.window + at, part.window + end, record.timestamp_ns
            )
        if found != NULL:
            last = found - part.window
            starts.append(last)
    return starts


cdef Part new_part(Part like, size_t start, size_t until, memoryview view):
    """A part of the same window; None if that can't be kept in place."""
    cdef Part part = Part.__new__(Part)
    part.walk = like.walk
    part.window, part.size = like.window, like.size
    part.source, part.stop = like.source, like.stop
    if not part.keep(view):
        return None
    part.walk.p = part.walk.end = part.window + start
    part.walk.last = False  # a part never tells the end of a file from the end of its bytes
    part.until = part.window + until
    return part


cdef Sink joined(list parts):
    """The rows of all parts, in the memory of the first."""
    cdef Part part = parts[0]
    cdef Sink sink = part.sink
    cdef _Copies copies
    cdef size_t rows = 0
    cdef Py_ssize_t number
    others = []
    for part in parts:
        rows += part.sink.sink.rows
        others.append(part.sink)
    del others[0]
    if rows >= sink.sink.room:
        sink.move(rows + 1)  # one more, or a look for another record would make more room
    jobs = []
    for number in range(len(parts)):
        copies = _Copies.__new__(_Copies)
        copies.to, copies.others = sink, others
        copies.numbers = sink.numbers[number :: len(parts)]
        jobs.append(copies)
    _threads.run_all(jobs, Event())
    for copies in jobs:
        if not copies.done:
            copies()
    sink.sink.rows = rows
    return sink


cdef Sink decode_parts(
    fs_capture *walk,
    const uint8_t *window,
    size_t size,
    memoryview view,
    object source,
    tuple names,
    bint verify,
    size_t threads,
):
    """Decode what parts of a pcap hold, and set the cursor behind that; None if there is one part.

    The bytes are `size` from `window` on, which `view` shows.
    """
    cdef Part part, before
    cdef Py_ssize_t number
    cdef size_t at = walk.p - window
    if at >= size:
        return None
    threads = min(threads, (size - at) // max(<size_t>_threads.PART, <size_t>1))
    if threads < 2:
        return None
    before = Part.__new__(Part)
    before.walk = walk[0]
    before.window, before.size = window, size
    before.source, before.stop = source, Event()
    starts = starts_of(before, threads)
    if len(starts) < 2:
        return None
    parts = []
    for number in range(len(starts)):
        until = starts[number + 1] if number + 1 < len(starts) else size
        part = new_part(before, starts[number], until, view)
        if part is None:
            return None
        part.sink = Sink(names, None, verify)
        part.expect = part.until if number else window + size  # all rows will be in the first
        parts.append(part)
    _threads.run_all(parts, before.stop)
    number = 1
    while number < len(parts):
        before = parts[number - 1]
        if before.walk.p != before.until:
            break
        number += 1
    parts = parts[:number]
    before = parts[number - 1]
    sink = joined(parts)
    walk.offset += before.walk.p - walk.p
    walk.p = walk.end = before.walk.p
    walk.last = False
    return sink
