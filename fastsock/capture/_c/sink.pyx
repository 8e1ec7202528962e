"""Columns that grow while packets are decoded into them."""

cimport cython
from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.exc cimport PyErr_Format
from libc.stdint cimport UINT32_MAX, int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

from fastsock._core.arrow._c cimport (
    FS_ALIGNMENT,
    fs_hold,
    fs_let_go,
    fs_new_shared,
    fs_shared,
    view_of,
)

from fastsock.capture import columns as _columns, presence as _presence
from fastsock.packet import fields as _fields


cdef extern from "Python.h":
    size_t PY_SSIZE_T_MAX

cdef extern from "fastsock/capture/pages.h" nogil:
    void fs_want_large_pages(void *memory, size_t size) noexcept

cdef enum:
    FIRST_ROWS = 1024       # room to begin with
    FEWEST_TIMES = 2        # how much more there is when that is used up ...
    MOST_TIMES = 16         # ... even where more rows are expected: they may turn out larger


cdef inline size_t aligned(size_t number) noexcept:
    return (number + FS_ALIGNMENT - 1) & ~<size_t>(FS_ALIGNMENT - 1)


# The kernel's sink points into memory that `taken` and `held` own.
@cython.no_gc_clear
@cython.final
cdef class Sink:
    """Columns that grow while packets are decoded into them.

    They share one block of memory, which a large file fills with fewer and larger pages.
    """

    def __cinit__(self, names, out, bint verify):
        cdef bytes key = _fields.RSS_KEY
        cdef int number
        numbers = list(_fields.COLUMNS)
        taken = None if out is None else _columns.take(out, names)
        self.shown = names
        self.names = _presence.with_helpers(names) if taken is None else tuple(taken)
        self.numbers = [numbers.index(name) for name in self.names]
        for number in self.numbers:
            self.width += fs_columns[number].size
        self.out = out
        self.sink.verify = verify
        self.sink.addresses = FS_SRC_COLUMN in self.numbers or FS_DST_COLUMN in self.numbers
        self.sink.hashes = FS_HASH_COLUMN in self.numbers
        if self.sink.hashes:
            fs_toeplitz_init(&self.sink.spread, <const uint8_t *>PyBytes_AS_STRING(key))
        if taken is not None:
            self.use(taken)

    def __dealloc__(self):
        self.let_go()
        fs_let_go(self.block)

    def __reduce__(self):
        # Not `raise`: in Cython's call of the class, GCC 15 sees uninitialised arguments.
        PyErr_Format(TypeError, "cannot pickle 'Sink' object")

    cdef int use(self, dict taken) except -1:
        """Write to existing memory. Its buffers are held, so that it can't be resized."""
        cdef Py_buffer *buffer
        cdef int number
        self.taken = taken
        self.sink.room = PY_SSIZE_T_MAX if self.numbers else 0
        for name, number in zip(self.names, self.numbers):
            buffer = &self.held[self.held_count]
            PyObject_GetBuffer(taken[name], buffer, PyBUF_WRITABLE)  # in one piece, or it raises
            self.held_count += 1
            self.sink.memory[number] = <uint8_t *>buffer.buf
            self.sink.room = min(self.sink.room, <size_t>buffer.len // fs_columns[number].size)
        return 0

    cdef int let_go(self) except -1:
        """Release the memory that was taken; nothing points there any more."""
        self.taken = None
        while self.held_count:
            self.held_count -= 1
            PyBuffer_Release(&self.held[self.held_count])
        return 0

    cdef size_t size_of(self, size_t rows) except? 1:
        """Bytes of a block with room for `rows` rows."""
        cdef size_t most = PY_SSIZE_T_MAX - FS_ALIGNMENT * <size_t>FS_COLUMNS, size = 0
        cdef int number
        if self.width and rows > most // self.width:
            raise MemoryError()
        for number in self.numbers:
            size += aligned(rows * fs_columns[number].size)
        return size

    cdef int point(self, fs_shared *block, size_t room) except -1:
        """Continue in a block, with the rows so far; it is held from now on."""
        cdef uint8_t *start = block.data
        cdef int number
        for number in self.numbers:
            if self.sink.rows:
                memcpy(start, self.sink.memory[number], self.sink.rows * fs_columns[number].size)
            self.sink.memory[number] = start
            start += aligned(room * fs_columns[number].size)
        fs_let_go(self.block)
        self.block = block
        self.let_go()
        self.sink.room = room

    cdef int move(self, size_t room) except -1:
        """Continue in a new block. The old one stays as it is for views of it."""
        cdef size_t size = self.size_of(room)
        cdef fs_shared *block = fs_new_shared(size)
        if block == NULL:
            raise MemoryError()
        fs_want_large_pages(block.data, size)
        self.point(block, room)

    cdef bint begin_in(self, fs_shared *block, size_t rows) except -1:
        """Use a block that nobody else holds, if so many rows fit there."""
        if not self.width or rows > block.size // self.width or self.size_of(rows) > block.size:
            return False
        fs_hold(block)
        self.point(block, rows)
        return True

    cdef int expect(self, size_t rows) except -1:
        """Ensure capacity for a known number of rows."""
        if rows > self.sink.room:
            self.move(rows)
        return 0

    cdef int grow(self, size_t expected, size_t most) except -1:
        """Grow to about the expected number of rows, and at most to `most`."""
        cdef size_t rows = self.sink.rows
        if rows > PY_SSIZE_T_MAX // MOST_TIMES:
            raise MemoryError()
        expected = min(max(expected, FEWEST_TIMES * rows), MOST_TIMES * rows)
        return self.move(min(max(expected, <size_t>FIRST_ROWS), most))

    cdef object columns(self):
        """The written part of each column's memory."""
        cdef int number
        memory = {}
        for name, number in zip(self.names, self.numbers):
            memory[name] = view_of(
                self.block, self.sink.memory[number], self.sink.rows * fs_columns[number].size
            )
        return memory

    cdef int add(self, const char *data, size_t size, uint32_t link) except -1:
        """Decode one packet. Nothing refers to it afterwards."""
        cdef uint32_t length = <uint32_t>min(size, <size_t>UINT32_MAX)
        if self.sink.rows + self.sink.pending == self.sink.room:
            fs_flush(&self.sink)
            self.grow(0, PY_SSIZE_T_MAX)
        fs_add_packet(&self.sink, <const uint8_t *>data, length, length, link, 0)
        return 0

    cdef fs_walked run_capture(
        self, fs_capture *capture, const uint8_t *end, size_t most
    ) except *:
        """Decode records, without the GIL, up to `most` rows: FS_RECORD then.

        `end` is where the known part of the capture ends.
        """
        cdef const uint8_t *start = capture.p
        cdef size_t before = self.sink.rows, size, seen
        cdef fs_walked state = FS_RECORD
        while state == FS_RECORD and self.sink.rows < most:
            if self.sink.rows == self.sink.room:
                # An estimate of all rows, from the average size so far.
                seen = self.sink.rows - before
                size = <size_t>(capture.p - start) // max(seen, <size_t>1) or 1
                self.grow(self.sink.rows + <size_t>(end - capture.p) // size * 17 // 16, most)
            with nogil:
                state = fs_run_capture(capture, &self.sink)
        return state

    cdef size_t run_offsets(
        self,
        const char *data,
        size_t size,
        const int64_t *offsets,
        size_t row,
        size_t rows,
        uint32_t link,
    ) except? 0:
        """Decode rows of one buffer, without the GIL: the row with a bad offset, or `rows`."""
        self.expect(rows)
        with nogil:
            row = fs_run_offsets(
                &self.sink, <const uint8_t *>data, size, offsets, row, rows, link
            )
        return row

    cdef object finish(self):
        """Return the columns with all that was decoded."""
        cdef size_t rows
        fs_flush(&self.sink)
        rows = self.sink.rows
        if self.taken is not None:
            return _columns.refill(self.out, rows, self.taken, self.shown)
        if self.sink.room - rows > rows // 4 or self.block == NULL:
            self.move(rows)
        if self.out is None:
            return _columns.filled(rows, self.columns(), self.shown)
        return _columns.refill(self.out, rows, self.columns(), self.shown)
