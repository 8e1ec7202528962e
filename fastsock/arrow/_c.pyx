"""Compiled twin of `fastsock.arrow`: text is written by a kernel, all else is written once."""

from cpython.buffer cimport PyBUF_SIMPLE, Py_buffer, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport _PyBytes_Resize, PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

import sys
from socket import AF_INET, AF_INET6

import fastsock._core.arrow._c as interface
from fastsock.address import _c as address
from fastsock.arrow import columns as _columns, reading as _reading


cdef extern from "Python.h":
    # Owned by hand, for _PyBytes_Resize wants the only reference.
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *data, Py_ssize_t size) except NULL
    char *bytes_data "PyBytes_AS_STRING"(PyObject *bytes)

cdef extern from "fastsock/arrow/texts.h" nogil:
    ctypedef enum fs_text_kind:
        FS_TEXTS4       # records of 4 bytes
        FS_TEXTS6       # records of 16
        FS_TEXTS_ANY    # records of 16, a mapped one as IPv4
    int64_t fs_longest_text(fs_text_kind kind) noexcept
    int64_t fs_write_texts(
        fs_text_kind kind, const uint8_t *packed, const uint8_t *valid, int64_t rows, int width,
        uint8_t *offsets, uint8_t *out) noexcept

cdef extern from "fastsock/arrow/indexes.h" nogil:
    void fs_hits(
        const uint8_t *values, const uint8_t *valid, int64_t rows, uint8_t *hits) noexcept
    void fs_fill(
        const uint8_t *values, const uint8_t *valid, int64_t rows, int32_t other,
        uint8_t *out) noexcept
    int64_t fs_compact(
        const uint8_t *values, const uint8_t *valid, int64_t rows, uint64_t *seen, uint32_t mask,
        int32_t *used, uint8_t *out) noexcept

_twin = sys.modules[__name__]
_address = address


class AddressColumn(_columns.AddressMethods):
    __doc__ = _columns.ADDRESS_DOC
    __slots__ = ()
    _interface = interface
    _address = _address

    @staticmethod
    def _to_text(column):
        return ntop_column(column)


class TextColumn(_columns.TextMethods):
    __doc__ = _columns.TEXT_DOC
    __slots__ = ()
    _interface = interface


class IntColumn(_columns.IntMethods):
    __doc__ = _columns.INT_DOC
    __slots__ = ()
    _interface = interface


class BoolColumn(_columns.BoolMethods):
    __doc__ = _columns.BOOL_DOC
    __slots__ = ()
    _interface = interface


class DictionaryColumn(_columns.DictionaryMethods):
    __doc__ = _columns.DICTIONARY_DOC
    __slots__ = ()
    _interface = interface


def _write_texts(family, packed, valid):
    """The offsets of the texts of packed addresses, how wide they are, and the texts."""
    cdef Py_buffer view, flags
    cdef fs_text_kind kind = FS_TEXTS_ANY
    cdef PyObject *text = NULL
    cdef const uint8_t *good = NULL
    cdef uint8_t *ends
    cdef uint8_t *out
    cdef int64_t rows, size
    cdef int width
    if family == AF_INET:
        kind = FS_TEXTS4
    elif family == AF_INET6:
        kind = FS_TEXTS6
    PyObject_GetBuffer(packed, &view, PyBUF_SIMPLE)
    try:
        PyObject_GetBuffer(b"" if valid is None else valid, &flags, PyBUF_SIMPLE)
        try:
            rows = view.len // (4 if kind == FS_TEXTS4 else 16)
            if valid is not None:
                if flags.len != rows:
                    raise ValueError("there must be a flag a row")
                good = <const uint8_t *>flags.buf
            size = rows * fs_longest_text(kind)
            width = 4 if size <= 0x7FFFFFFF else 8
            offsets = PyBytes_FromStringAndSize(NULL, (rows + 1) * width)
            ends = <uint8_t *>PyBytes_AS_STRING(offsets)
            # Pages that stay unwritten take no memory, and the rest is given back below. A byte
            # more: kernels may write it after a text.
            text = new_bytes(NULL, size + 1)
            out = <uint8_t *>bytes_data(text)
            with nogil:
                size = fs_write_texts(
                    kind, <const uint8_t *>view.buf, good, rows, width, ends, out)
        finally:
            PyBuffer_Release(&flags)
    finally:
        PyBuffer_Release(&view)
    _PyBytes_Resize(&text, size)
    result = <object>text
    Py_DECREF(result)
    return width, offsets, result


# Loops over int32 for look-ups:

def _hits(values, bytes valid not None):
    """A byte a row: whether it is valid and its number not negative."""
    cdef Py_buffer view
    cdef int64_t rows = len(valid)
    PyObject_GetBuffer(values, &view, PyBUF_SIMPLE)
    try:
        if view.len < 4 * rows:
            raise ValueError("there are fewer values than flags")
        found = PyBytes_FromStringAndSize(NULL, rows)
        fs_hits(
            <const uint8_t *>view.buf, <const uint8_t *>PyBytes_AS_STRING(valid), rows,
            <uint8_t *>PyBytes_AS_STRING(found),
        )
    finally:
        PyBuffer_Release(&view)
    return found


def _filled(bytes values not None, bytes valid not None, int32_t other):
    """The numbers, and `other` where a row is not valid."""
    cdef int64_t rows = len(valid)
    if len(values) < 4 * rows:
        raise ValueError("there are fewer values than flags")
    out = PyBytes_FromStringAndSize(NULL, 4 * rows)
    fs_fill(
        <const uint8_t *>PyBytes_AS_STRING(values), <const uint8_t *>PyBytes_AS_STRING(valid),
        rows, other, <uint8_t *>PyBytes_AS_STRING(out),
    )
    return out


def _compacted(bytes values not None, bytes valid not None):
    """The numbers anew, in the order of their first rows, and which number each was.

    Rows that are not valid get 0; no flags at all mean that all rows are.
    """
    cdef int64_t rows = len(values) // 4, count, room = 4
    cdef const uint8_t *flags = NULL
    cdef uint64_t *seen
    cdef int32_t *used
    if valid:
        if len(valid) != rows:
            raise ValueError("there must be a flag a row")
        flags = <const uint8_t *>PyBytes_AS_STRING(valid)
    while room < 2 * rows and room < (1 << 32):
        room *= 2
    if rows >= 1 << 31:
        raise OverflowError("a dictionary column has less than 2**31 rows")
    out = PyBytes_FromStringAndSize(NULL, 4 * rows)
    seen = <uint64_t *>calloc(room, sizeof(uint64_t))
    used = <int32_t *>calloc(rows + 1, sizeof(int32_t))
    try:
        if seen == NULL or used == NULL:
            raise MemoryError()
        count = fs_compact(
            <const uint8_t *>PyBytes_AS_STRING(values), flags, rows, seen, <uint32_t>(room - 1),
            used, <uint8_t *>PyBytes_AS_STRING(out),
        )
        if count < 0:
            raise ValueError("a number is no slot")
        return out, [used[n] for n in range(count)]
    finally:
        free(seen)
        free(used)


# The default is AF_UNSPEC, as a number: an embedded signature can show no other.
def pton_column(column, family=0, errors="mask"):
    """Pack a column of texts into a column of addresses.

    Args:
        column: whatever `inet_pton_many` takes as texts: anything that exports Arrow memory with
            strings, a ``(buffer, offsets)`` pair, a list.
        family: `AF_INET`, `AF_INET6`, or `AF_UNSPEC` for rows of either.
        errors: ``"mask"``: a row that is no address is null; ``"strict"``: it is an error.

    Returns:
        An `AddressColumn`, null where the column is.

    Raises:
        AddressError: with ``"strict"``, a row that is no address.
        TypeError, ValueError, BufferError: as `inet_pton_many`.

    Source: as `inet_pton`, row by row.

    >>> list(pton_column(["192.0.2.1", None, "2001:db8::1"]))
    ['192.0.2.1', None, '2001:db8::1']
    """
    if errors == "strict":
        return AddressColumn(family, _address.inet_pton_many(family, column))
    packed, valid = _address.inet_pton_many(family, column, errors=errors)
    return AddressColumn(family, packed, valid if 0 in valid else None)


def ntop_column(addresses):
    """Write a column of packed addresses as a column of texts.

    Args:
        addresses: an `AddressColumn`, or anything that exports Arrow memory with packed addresses:
            ``fixed_size_binary`` of 4 or 16 bytes, ``uint32`` (IPv4), or binary, where a row of
            another size is null. IPv4-mapped addresses are written as IPv4, but for an
            `AddressColumn` of `AF_INET6`.

    Returns:
        A `TextColumn`, null where the column is.

    Raises:
        TypeError: a column of another type.
        ValueError: a damaged column.

    Source: as `inet_ntop`, row by row.

    >>> list(ntop_column(pton_column(["2001:db8:0::1", None])))
    ['2001:db8::1', None]
    """
    found = _reading.read_addresses(_twin, addresses, _reading.PACKED)
    width, offsets, data = _write_texts(found.family, found.packed, found.valid)
    return TextColumn._made(width, offsets, data, found.valid)
