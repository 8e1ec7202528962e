"""Columns that grow while packets are decoded into them."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport UINT32_MAX, int64_t, uint8_t, uint32_t

from fastsock import _columns
from fastsock import packet_fields as _fields


cdef extern from "Python.h":
    char *PyByteArray_AS_STRING(object block)
    int PyByteArray_Resize(object block, Py_ssize_t size) except -1
    size_t PY_SSIZE_T_MAX

cdef extern from *:
    """
    #if defined(__linux__)
    #include <sys/mman.h>
    #endif

    /* Most of the time of a large column is page faults, one for each 4 KiB; so ask for pages of
     * 2 MiB, where there are some. It is no more than a wish. */
    static inline void fs_wish_huge_pages(char *start, size_t size)
    {
    #if defined(__linux__) && defined(MADV_HUGEPAGE)
        const size_t page = (size_t)1 << 21;
        const size_t front = (page - ((size_t)start & (page - 1))) & (page - 1);
        if (size >= front + page)
            madvise(start + front, (size - front) & ~(page - 1), MADV_HUGEPAGE);
    #else
        (void)start;
        (void)size;
    #endif
    }
    """
    void fs_wish_huge_pages(char *start, size_t size) noexcept

cdef enum:
    FIRST_ROWS = 1024       # room to begin with, doubled when it is used up
    WIDEST = 16             # bytes of the widest column


@cython.final
cdef class Sink:
    """Columns that grow while packets are decoded into them."""

    def __cinit__(self, names, out, bint verify):
        cdef bytes key = _fields.RSS_KEY
        numbers = list(_fields.COLUMNS)
        self.names = names
        self.numbers = [numbers.index(name) for name in names]
        self.out = out
        self.sink.verify = verify
        self.sink.addresses = FS_SRC_COLUMN in self.numbers or FS_DST_COLUMN in self.numbers
        self.sink.hashes = FS_HASH_COLUMN in self.numbers
        if self.sink.hashes:
            fs_toeplitz_init(&self.sink.spread, <const uint8_t *>PyBytes_AS_STRING(key))
        if out is None:
            self.blocks = [bytearray() for _ in names]
        else:
            self.blocks = list(_columns.room_of(out, names).values())
            self.held = [memoryview(block) for block in self.blocks]
            self.sink.room = min(
                [len(block) // fs_columns[n].size
                 for n, block in zip(self.numbers, self.blocks)],
                default=0,
            )
            self.place()

    def __reduce__(self):
        raise TypeError("cannot pickle 'Sink' object")

    cdef int place(self) except -1:
        """Tell the kernel where the columns are."""
        cdef int number
        for number, block in zip(self.numbers, self.blocks):
            self.sink.memory[number] = <uint8_t *>PyByteArray_AS_STRING(block)
        return 0

    cdef int grow(self, size_t most) except -1:
        """Make room for more rows, no more than `most` in all."""
        cdef size_t room = max(2 * self.sink.room, <size_t>FIRST_ROWS), size
        if room > PY_SSIZE_T_MAX // WIDEST:
            raise MemoryError()
        room = min(room, most)
        if self.held is not None:  # memory that others may see is never moved
            self.blocks = [block[:] for block in self.blocks]
            self.held = None
        for number, block in zip(self.numbers, self.blocks):
            size = room * fs_columns[<int>number].size
            PyByteArray_Resize(block, size)
            fs_wish_huge_pages(PyByteArray_AS_STRING(block), size)
        self.sink.room = room
        self.place()
        return 0

    cdef int add(self, const char *data, size_t size, uint32_t link) except -1:
        """Decode one packet. Nothing of it is needed afterwards."""
        cdef uint32_t length = <uint32_t>min(size, <size_t>UINT32_MAX)
        if self.sink.rows + self.sink.pending == self.sink.room:
            fs_flush(&self.sink)
            self.grow(PY_SSIZE_T_MAX)
        fs_add_packet(&self.sink, <const uint8_t *>data, length, length, link, 0)
        return 0

    cdef fs_walked run_capture(self, fs_capture *capture, size_t most) except *:
        """Decode records, without the GIL: FS_RECORD where there are `most` rows."""
        cdef fs_walked state = FS_RECORD
        while state == FS_RECORD and self.sink.rows < most:
            if self.sink.rows == self.sink.room:
                self.grow(most)
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
        """Decode rows of one buffer, without the GIL; the row with a bad offset, or `rows`."""
        while row < rows:
            if self.sink.rows == self.sink.room:
                self.grow(rows)
            with nogil:
                row = fs_run_offsets(
                    &self.sink, <const uint8_t *>data, size, offsets, row, rows, link
                )
            if self.sink.rows < self.sink.room:
                break
        return row

    cdef object finish(self):
        """The columns, with what was decoded."""
        cdef size_t rows
        fs_flush(&self.sink)
        rows = self.sink.rows
        if self.held is None:
            for number, block in zip(self.numbers, self.blocks):
                PyByteArray_Resize(block, rows * fs_columns[<int>number].size)
        memory = dict(zip(self.names, self.blocks))
        if self.out is None:
            return _columns.Columns(rows, memory)
        return _columns.refill(self.out, rows, memory)
