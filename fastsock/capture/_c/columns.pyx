"""Compiled twin of `fastsock.capture`: packets are decoded by a kernel, a block at a time."""

cimport cython
from cpython.buffer cimport PyBUF_FULL_RO, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.list cimport PyList_GET_SIZE
from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint32_t

from fastsock._core.buffers cimport get_contiguous
from fastsock.capture._c.sink cimport Sink

from fastsock.capture import errors as _errors, selection as _selection


cdef extern from *:
    """
    /* The front of a likely bytes object: its fields, and the headers of a packet. */
    static inline void fs_prefetch_bytes(const void *object)
    {
    #if defined(__GNUC__)
        __builtin_prefetch(object);
        __builtin_prefetch((const char *)object + 64);
    #else
        (void)object;
    #endif
    }
    """
    void fs_prefetch_bytes(const void *object) noexcept
    PyObject *PyList_GET_ITEM(object items, Py_ssize_t row)

cdef enum:
    PREFETCH_ROWS = 8       # of a list, ahead of the packet that is decoded: they are scattered


cdef int decode_item(Sink sink, object item, uint32_t link) except -1:
    cdef Py_buffer view
    if PyBytes_CheckExact(item):
        return sink.add(PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), link)
    get_contiguous(item, &view, "a packet")
    try:
        return sink.add(<const char *>view.buf, view.len, link)
    finally:
        PyBuffer_Release(&view)


cdef object decode_list(Sink sink, list items, uint32_t link):
    # Code of a buffer's class may change the list meanwhile, so its size is read each time.
    cdef Py_ssize_t row = 0
    with cython.critical_section(items):
        sink.expect(PyList_GET_SIZE(items))
        while row < PyList_GET_SIZE(items):
            if row + PREFETCH_ROWS < PyList_GET_SIZE(items):
                fs_prefetch_bytes(PyList_GET_ITEM(items, row + PREFETCH_ROWS))
            decode_item(sink, items[row], link)
            row += 1


cdef object decode_offsets(Sink sink, object buffer, object offsets, uint32_t link):
    """Decode the rows of one buffer."""
    cdef Py_buffer data, numbers
    cdef const int64_t *starts
    cdef size_t rows, row
    get_contiguous(buffer, &data, "buffer")
    try:
        PyObject_GetBuffer(_selection.offsets_of(offsets), &numbers, PyBUF_FULL_RO)
        try:
            rows = max(numbers.len // <Py_ssize_t>sizeof(int64_t) - 1, <Py_ssize_t>0)
            starts = <const int64_t *>numbers.buf
            row = sink.run_offsets(<const char *>data.buf, data.len, starts, 0, rows, link)
            if row != rows:
                first_is_bad = starts[row] < 0 or starts[row] > data.len
                raise _errors.bad_offsets(row if first_is_bad else row + 1)
        finally:
            PyBuffer_Release(&numbers)
    finally:
        PyBuffer_Release(&data)


def decode_columns(buffers, columns=None, *, link="ethernet", verify=False, out=None):
    r"""Decode many packets at once, into columns.

    No content of a packet makes this fail: `status` and `limited_by` of each row say what was
    found and why decoding stopped, as those of a `Packet` do.

    Args:
        buffers: a list or another iterable of bytes-like objects, a packet each; or a tuple
            ``(buffer, offsets)``: packet i is ``buffer[offsets[i]:offsets[i + 1]]``, so there is
            one more offset than there are packets. 64-bit integers in a buffer are the
            fastest; any buffer or iterable of integers will do.
        columns: names of columns, in any order; by default all that need no
            record of a capture.
        link: the packets' link type: a name of `LINK_TYPES`, or a number as capture files
            have it.
        verify: verify checksums too.
        out: columns of the same names, to rewrite and return. Their memory is used again if
            it is large enough; views of it then show the new rows. Memory that was given to
            NumPy or Arrow is left as it is. Until the call returns, and if it raises, they
            have no rows.

    Returns:
        The columns.

    Raises:
        ValueError: no such column or link type; offsets that descend or lie outside the
            buffer.
        TypeError, BufferError: not a buffer, or not contiguous; a tuple that is not a buffer
            and its offsets.

    Source: as `parse_packet`, row by row.

    >>> packet = bytes.fromhex("4500001c0000000040110000c0000201c0000202003500350008") + bytes(2)
    >>> columns = decode_columns((packet * 2, [0, 28, 40]), ["ttl", "sport"], link="raw")
    >>> columns["ttl"].tolist(), columns["sport"].tolist()
    ([64, 0], [53, 0])
    """
    cdef uint32_t number = _selection.link_number(link)
    sink = Sink(_selection.select(columns, records=False), out, verify)
    if type(buffers) is list:
        decode_list(sink, buffers, number)
    elif not isinstance(buffers, tuple):
        for item in buffers:
            decode_item(sink, item, number)
    elif len(buffers) == 2:
        decode_offsets(sink, buffers[0], buffers[1], number)
    else:
        raise _errors.not_pair(buffers)
    return sink.finish()
