"""The rows of a column for a kernel: a `Piece`'s buffers, held while it reads them."""

from cpython.buffer cimport Py_buffer, PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset


cdef extern from "fastsock/_core/arrow/rows.h" nogil:
    ctypedef enum fs_rows_layout:
        FS_ROWS_NULL
        FS_ROWS_OFFSETS4
        FS_ROWS_OFFSETS8
        FS_ROWS_VIEWS
        FS_ROWS_PADDED

    ctypedef struct fs_span:
        const uint8_t *start
        int64_t size

    ctypedef struct fs_rows:
        fs_rows_layout layout
        int64_t rows
        const uint8_t *validity
        int64_t first
        const uint8_t *values
        int64_t width
        const fs_span *data
        int64_t data_count

    ctypedef enum fs_row_state:
        FS_ROW_VALUE
        FS_ROW_NULL
        FS_ROW_BAD

    fs_row_state fs_row(
        const fs_rows *rows, int64_t row, const uint8_t **p, int64_t *size) noexcept
    void fs_spread_bits(
        const uint8_t *bits, int64_t first, int64_t rows, uint8_t *flags) noexcept
    int64_t fs_pack_bits(const uint8_t *flags, int64_t rows, uint8_t *bits) noexcept
    int64_t fs_take(
        const fs_rows *indexes, bint is_signed, const uint8_t *records, int64_t size,
        const uint8_t *flags, int64_t count, uint8_t *out, uint8_t *valid) noexcept
    int64_t fs_take_packed(const fs_rows *rows, uint8_t *out, uint8_t *valid) noexcept


cdef struct Held:
    fs_rows rows
    Py_buffer *buffers      # values, validity, data ...
    Py_ssize_t count        # ... as many as are held
    fs_span *data


cdef inline const uint8_t *hold_buffer(Held *held, object buffer) except? NULL:
    """Hold one more buffer. There is room for it."""
    cdef Py_buffer *view = &held.buffers[held.count]
    PyObject_GetBuffer(buffer, view, PyBUF_SIMPLE)
    held.count += 1
    return <const uint8_t *>view.buf


cdef inline int drop(Held *held) except -1:
    """Let go of all buffers that are held."""
    cdef Py_ssize_t n
    for n in range(held.count):
        PyBuffer_Release(&held.buffers[n])
    held.count = 0
    free(held.buffers)
    free(held.data)
    held.buffers, held.data = NULL, NULL
    return 0


cdef inline int hold(
    Held *held, fs_rows_layout layout, int64_t width, object piece
) except -1:
    """Hold the buffers of a piece, whose values have `width` bytes a row. `drop` undoes it."""
    data = piece.data
    cdef Py_ssize_t n, spans = len(data)
    cdef int64_t needed
    memset(held, 0, sizeof(held[0]))
    held.buffers = <Py_buffer *>calloc(2 + spans, sizeof(Py_buffer))
    if held.buffers == NULL:
        raise MemoryError()
    try:
        held.data = <fs_span *>calloc(1 + spans, sizeof(fs_span))
        if held.data == NULL:
            raise MemoryError()
        held.rows.layout = layout
        held.rows.rows = piece.rows
        held.rows.first = piece.first
        held.rows.width = width
        held.rows.values = hold_buffer(held, piece.values)
        needed = held.rows.rows * width
        if layout == FS_ROWS_OFFSETS4 or layout == FS_ROWS_OFFSETS8:
            needed += width if held.rows.rows else 0
            if spans != 1:
                raise SystemError("a piece of texts has no data")   # a fault of ours
        if layout != FS_ROWS_NULL and held.buffers[0].len < needed:
            raise SystemError("a piece has fewer values than rows")  # a fault of ours
        if piece.validity is not None:
            held.rows.validity = hold_buffer(held, piece.validity)
        for n in range(spans):
            held.data[n].start = hold_buffer(held, data[n])
            held.data[n].size = held.buffers[held.count - 1].len
        held.rows.data = held.data
        held.rows.data_count = spans
    except BaseException:
        drop(held)
        raise
    return 0


cdef inline fs_rows_layout layout_of(str format_, int64_t *width) except *:
    """How texts or binaries of a format lie, and how many bytes of values a row has."""
    if format_ == "n":
        width[0] = 0
        return FS_ROWS_NULL
    if format_ in ("u", "z"):
        width[0] = 4
        return FS_ROWS_OFFSETS4
    if format_ in ("U", "Z"):
        width[0] = 8
        return FS_ROWS_OFFSETS8
    if format_[0] == "v":
        width[0] = 16
        return FS_ROWS_VIEWS
    width[0] = int(format_[2:])     # "S:15", a format of our own
    return FS_ROWS_PADDED
