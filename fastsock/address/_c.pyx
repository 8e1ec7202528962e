"""Compiled twin of `fastsock.address`: arguments, results and errors around the kernels.

Content is judged here, by glibc's rules on every platform. Arguments that are
wrong in themselves (type, embedded NUL, family) go to `_socket`, which refuses
them in the running interpreter's own words; that path is never the fast one.
"""

cimport cython
from cpython.buffer cimport (
    PyBUF_FULL_RO,
    PyBUF_SIMPLE,
    PyBuffer_Release,
    PyObject_CheckBuffer,
    PyObject_GetBuffer,
)
from cpython.bytes cimport (
    _PyBytes_Resize,
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.long cimport PyLong_Check
from cpython.number cimport PyNumber_Index
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.unicode cimport (
    PyUnicode_Check,
    PyUnicode_Concat,
    PyUnicode_FromObject,
    PyUnicode_Substring,
)
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memchr, memcpy, memset, strlen

from fastsock._core.arrow.rows cimport Held, drop, hold, layout_of
from fastsock._core.buffers cimport get_contiguous
from fastsock._core.entries cimport (
    PyCFunction,
    PyMethodDef,
    PyObject_Vectorcall,
    with_entry,
)

import _socket
from io import BytesIO
from itertools import islice

from fastsock.address import errors as _errors
from fastsock._core import machine as _machine


cdef extern from "Python.h":
    PyObject **PySequence_Fast_ITEMS(object list_or_tuple)
    # Owned by hand, for _PyBytes_Resize wants the only reference.
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *data, Py_ssize_t size) except NULL
    char *bytes_data "PyBytes_AS_STRING"(PyObject *bytes)
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 most)
    void *PyUnicode_DATA(object text)

cdef enum:
    CHUNK_ROWS = 4096     # of an iterable, held at a time
    PREFETCH_ROWS = 8     # of a list, ahead of the row that is parsed: strings lie anywhere

cdef extern from *:
    """
    /* The entries of our own, the same in all interpreters. */
    static PyMethodDef fs_quick_parse_hostport;
    static PyMethodDef fs_quick_format_hostport;
    """
    PyMethodDef fs_quick_parse_hostport
    PyMethodDef fs_quick_format_hostport

fs_choose_kernel("sse41" in _machine.SIMD_USED)


cdef inline long family_number(object family) except? -1:
    """An int's value, or -1 where no family could have it."""
    cdef int overflow
    cdef long value = fs_long(
        family if PyLong_Check(family) else PyNumber_Index(family), &overflow
    )
    return -1 if overflow else value


cdef inline bint is_address_family(long number) noexcept:
    return number == AF_INET or number == AF_INET6


cdef inline object text4(const uint8_t *packed):
    cdef uint8_t text[FS_TEXT4_MAX + 1]
    return fs_new_short_text(text, <Py_ssize_t>fs_format4(packed, text))


cdef inline object text6(const uint8_t *packed):
    cdef uint8_t text[FS_TEXT6_MAX + 1]
    return fs_new_text(text, <Py_ssize_t>fs_format6(packed, text))


cdef inline bint has_nul(const uint8_t *text, Py_ssize_t size) noexcept:
    return memchr(text, 0, size) != NULL


def inet_aton(text, /):
    r"""Pack an IPv4 address in any form that C's `inet_aton` takes.

    Args:
        text: one to four numbers, decimal, ``0octal`` or ``0xhex``, the last one
            filling the bytes that are left: ``"192.0.2.1"``, ``"127.1"``,
            ``"0x7f000001"``. White space ends it; what follows is ignored.

    Returns:
        4 bytes in network order.

    Raises:
        OSError: the text is no such address.
        TypeError, ValueError: as `socket.inet_aton`: no str, an embedded NUL.

    Source: POSIX.1-2017 inet_addr(); rules and messages are glibc's on every platform.

    >>> inet_aton("127.1")
    b'\x7f\x00\x00\x01'
    """
    cdef uint8_t packed[4]
    cdef Py_ssize_t size
    cdef const uint8_t *p
    cdef const uint8_t *stop
    if not PyUnicode_Check(text):
        return _socket.inet_aton(text)
    p = fs_utf8(text, &size)
    if fs_parse4(p, p + size, packed) == p + size:  # the usual spelling means the same, faster
        return PyBytes_FromStringAndSize(<char *>packed, 4)
    stop = fs_parse_aton(p, p + size, packed)
    # What follows the white space is ignored, except a NUL.
    if stop == p + size or (stop != NULL and not has_nul(stop, p + size - stop)):
        return PyBytes_FromStringAndSize(<char *>packed, 4)
    if has_nul(p, size):
        return _socket.inet_aton(text)
    raise OSError("illegal IP address string passed to inet_aton")


def inet_pton(family, text, /):
    """Pack an IPv4 or IPv6 address from its standard text.

    Args:
        family: `AF_INET` for dotted decimal (four octets, no leading zeros), `AF_INET6`
            for RFC 4291 text (no scope, brackets or prefix length).
        text: the address and nothing else.

    Returns:
        4 or 16 bytes in network order.

    Raises:
        OSError: the text is no address of that family, or (with `errno` EAFNOSUPPORT)
            the family is neither.
        TypeError, ValueError, OverflowError: as `socket.inet_pton`.

    Source: RFC 4291 section 2.2; POSIX.1-2017 inet_pton().

    >>> from socket import AF_INET6
    >>> inet_pton(AF_INET6, "2001:db8::1").hex()
    '20010db8000000000000000000000001'
    """
    cdef uint8_t packed[16]
    cdef Py_ssize_t size
    cdef const uint8_t *p
    cdef long number = family_number(family)
    # Before the text is looked at: a family out of range is an error that wins over the text's.
    if not PyUnicode_Check(text) or not is_address_family(number):
        return _socket.inet_pton(family, text)
    p = fs_utf8(text, &size)
    if number == AF_INET:
        if fs_parse4(p, p + size, packed) == p + size:
            return PyBytes_FromStringAndSize(<char *>packed, 4)
    elif fs_parse6(p, p + size, packed) == p + size:
        return PyBytes_FromStringAndSize(<char *>packed, 16)
    if has_nul(p, size):
        return _socket.inet_pton(family, text)
    raise OSError("illegal IP address string passed to inet_pton")


def inet_ntoa(packed, /):
    """Write 4 packed bytes as a dotted IPv4 address.

    Args:
        packed: any contiguous bytes-like object of 4 bytes, in network order.

    Returns:
        Dotted decimal text.

    Raises:
        OSError: the buffer is not 4 bytes long.
        TypeError, BufferError: as `socket.inet_ntoa`: no buffer, or one in pieces.

    Source: POSIX.1-2017 inet_ntoa().

    >>> inet_ntoa(bytes([192, 0, 2, 1]))
    '192.0.2.1'
    """
    cdef Py_buffer view
    if PyBytes_CheckExact(packed):
        if PyBytes_GET_SIZE(packed) == 4:
            return text4(<const uint8_t *>PyBytes_AS_STRING(packed))
        return _socket.inet_ntoa(packed)
    PyObject_GetBuffer(packed, &view, PyBUF_SIMPLE)
    try:
        if view.len == 4:
            return text4(<const uint8_t *>view.buf)
    finally:
        PyBuffer_Release(&view)
    return _socket.inet_ntoa(packed)


cdef inline object text_of(long family, const uint8_t *packed, Py_ssize_t size):
    """The text of an address, or None where the length is not the family's."""
    if size == 4 and family == AF_INET:
        return text4(packed)
    if size == 16 and family == AF_INET6:
        return text6(packed)
    return None


def inet_ntop(family, packed, /):
    r"""Write a packed IPv4 or IPv6 address as text.

    Args:
        family: `AF_INET` or `AF_INET6`.
        packed: any contiguous bytes-like object of 4 or 16 bytes, in network order.

    Returns:
        Dotted decimal, or RFC 5952 text. As glibc does, IPv4-mapped and IPv4-compatible
        addresses end in dotted decimal.

    Raises:
        ValueError: another family, or a length that is not the family's.
        TypeError, BufferError, OverflowError: as `socket.inet_ntop`.

    Source: RFC 5952 section 4; POSIX.1-2017 inet_ntop().

    >>> from socket import AF_INET6
    >>> inet_ntop(AF_INET6, bytes(15) + b"\x01")
    '::1'
    """
    cdef Py_buffer view
    cdef long number = family_number(family)
    # Before the buffer is looked at, as in inet_pton.
    if not is_address_family(number):
        return _socket.inet_ntop(family, packed)
    if PyBytes_CheckExact(packed):
        text = text_of(
            number, <const uint8_t *>PyBytes_AS_STRING(packed), PyBytes_GET_SIZE(packed)
        )
    else:
        PyObject_GetBuffer(packed, &view, PyBUF_SIMPLE)
        try:
            text = text_of(number, <const uint8_t *>view.buf, view.len)
        finally:
            PyBuffer_Release(&view)
    return _socket.inet_ntop(family, packed) if text is None else text


cdef fs_kind kind_of(object family) except *:
    cdef long number = family_number(family)
    if number == AF_INET:
        return FS_V4
    if number == AF_INET6:
        return FS_V6
    if number == AF_UNSPEC:
        return FS_ANY
    raise _errors.bad_family(family)


cdef object kind_name(fs_kind kind):
    return "IPv4" if kind == FS_V4 else "IPv6" if kind == FS_V6 else "IPv4 or IPv6"


cdef bint is_text_buffer(object texts) except -1:
    """Whether `texts` is one text. Buffers of wider items, as NumPy's strings, are sequences."""
    cdef Py_buffer view
    if not PyObject_CheckBuffer(texts):
        return False
    PyObject_GetBuffer(texts, &view, PyBUF_FULL_RO)
    cdef bint is_text = view.itemsize == 1
    PyBuffer_Release(&view)
    return is_text


cdef void run_kernel(
    fs_lines *run, fs_kind kind, const Py_buffer *view, uint8_t *out, uint8_t *valid, size_t rows
) noexcept nogil:
    memset(run, 0, sizeof(run[0]))
    run.p = <const uint8_t *>view.buf
    run.end = run.p + view.len
    run.out = out
    run.valid = valid
    run.rows = rows
    fs_run_kernel(run, kind)


cdef object bad_line(fs_lines *run, fs_kind kind):
    """Refuse a run that stopped before its last row."""
    cdef const void *newline = memchr(run.p, c"\n", run.end - run.p)
    cdef const uint8_t *end = run.end if newline == NULL else <const uint8_t *>newline
    if newline != NULL and end != run.p and (end - 1)[0] == c"\r":
        end -= 1
    line = PyBytes_FromStringAndSize(<const char *>run.p, end - run.p)
    return _errors.bad_row(run.row, line, kind_name(kind))


cdef object pack_lines(fs_kind kind, const Py_buffer *view, bint mask):
    """All rows of a text, by a kernel and without the GIL."""
    cdef fs_lines run
    cdef const uint8_t *text = <const uint8_t *>view.buf
    cdef size_t rows
    with nogil:
        rows = fs_count_lines(text, text + view.len)
    packed = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>(rows * fs_record_size(kind)))
    valid = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>rows) if mask else b""
    cdef uint8_t *out = <uint8_t *>PyBytes_AS_STRING(packed)
    cdef uint8_t *flags = <uint8_t *>PyBytes_AS_STRING(valid) if mask else NULL
    with nogil:
        run_kernel(&run, kind, view, out, flags, rows)
    if run.row != rows and run.p != run.end:
        raise bad_line(&run, kind)
    if run.row != rows or run.p != run.end:
        # Another thread wrote to the buffer: records may be missing, so none are given.
        raise RuntimeError("texts changed while it was being read")
    return (packed, valid) if mask else packed


cdef object pack_items(fs_kind kind, object texts, Py_ssize_t first, bint mask):
    """The rows of a list or tuple, `first` being the number of its first row."""
    with cython.critical_section(texts):
        return pack_items_locked(kind, texts, first, mask)


cdef object pack_items_locked(fs_kind kind, object texts, Py_ssize_t first, bint mask):
    # The loop runs no Python code, not even through the collector, so that the list stays as it
    # is and its items stay alive without references of ours.
    cdef Py_ssize_t record = <Py_ssize_t>fs_record_size(kind)
    cdef Py_ssize_t rows = len(texts), row, size
    cdef const uint8_t *p
    cdef bint good, is_text
    packed = PyBytes_FromStringAndSize(NULL, rows * record)
    valid = PyBytes_FromStringAndSize(NULL, rows if mask else 0)
    cdef uint8_t *out = <uint8_t *>PyBytes_AS_STRING(packed)
    cdef uint8_t *flags = <uint8_t *>PyBytes_AS_STRING(valid)
    cdef PyObject **items = PySequence_Fast_ITEMS(texts)
    for row in range(rows):
        if row + PREFETCH_ROWS < rows:
            FS_PREFETCH(items[row + PREFETCH_ROWS])
            FS_PREFETCH(<char *>items[row + PREFETCH_ROWS] + 64)
        is_text = PyUnicode_Check(<object>items[row])
        p = fs_ascii(items[row], &size) if is_text else NULL
        good = p != NULL and fs_parse_item(kind, p, size, out)
        if not good:
            if not mask and not is_text:
                raise _errors.not_text(first + row, <object>items[row])
            if not mask:
                raise _errors.bad_row(first + row, <object>items[row], kind_name(kind))
            memset(out, 0, record)
        if mask:
            flags[row] = good
        out += record
    return (packed, valid) if mask else packed


cdef object pack_iterable(fs_kind kind, object texts, bint mask):
    """The rows of any iterable, some at a time, so that it is never held whole."""
    try:
        items = iter(texts)
    except TypeError:
        raise _errors.not_lines(texts) from None
    packed, valid = BytesIO(), BytesIO()
    cdef Py_ssize_t first = 0
    while chunk := list(islice(items, CHUNK_ROWS)):
        rows = pack_items(kind, chunk, first, mask)
        packed.write(rows[0] if mask else rows)
        valid.write(rows[1] if mask else b"")
        first += len(chunk)
    return (packed.getvalue(), valid.getvalue()) if mask else packed.getvalue()


cdef bint may_be_column(object texts) except -1:
    """Whether to ask `columns`, which is imported only then."""
    cdef Py_buffer view
    cdef bint found
    if type(texts) is tuple:
        return len(texts) == 2 and PyObject_CheckBuffer(texts[1])
    if PyBytes_CheckExact(texts):
        return False
    if PyObject_CheckBuffer(texts):
        PyObject_GetBuffer(texts, &view, PyBUF_FULL_RO)
        found = view.format != NULL and memchr(view.format, c"s", strlen(view.format)) != NULL
        PyBuffer_Release(&view)
        return found
    return hasattr(type(texts), "__arrow_c_stream__") or hasattr(type(texts), "__arrow_c_array__")


cdef object pack_piece(fs_kind kind, object piece):
    """The records of a piece of texts and their flags: 0 for a null and for what is no address."""
    cdef Held held
    cdef int64_t width, bad
    cdef uint8_t *out
    cdef uint8_t *flags
    layout = layout_of(piece.format, &width)
    hold(&held, layout, width, piece)
    try:
        packed = PyBytes_FromStringAndSize(NULL, held.rows.rows * <int64_t>fs_record_size(kind))
        valid = PyBytes_FromStringAndSize(NULL, held.rows.rows)
        out, flags = <uint8_t *>PyBytes_AS_STRING(packed), <uint8_t *>PyBytes_AS_STRING(valid)
        with nogil:
            bad = fs_pack_rows(&held.rows, kind, out, flags)
    finally:
        drop(&held)
    if bad >= 0:
        from fastsock._core.arrow import errors
        raise errors.bad_row(bad)
    return packed, valid


def _pack_piece_of(family, piece):
    """The records of a piece of texts that is no dictionary, and their flags."""
    return pack_piece(kind_of(family), piece)


cdef object pack_pieces(fs_kind kind, object pieces, bint mask):
    """The records of a column, piece by piece. A dictionary is packed once, then its indexes."""
    cdef Py_ssize_t record = <Py_ssize_t>fs_record_size(kind)
    cdef list packed = [], valid = []
    from fastsock._core.arrow import _c as interface
    dictionary = None
    first = 0
    for piece in pieces:
        if piece.dictionary is None:
            records, flags = pack_piece(kind, piece)
        else:
            if piece.dictionary is not dictionary:
                dictionary = piece.dictionary
                values, good = pack_piece(kind, dictionary)
            records, flags = interface.take(piece, record, values, good)
        if not mask and 0 in flags:
            from fastsock.address import columns
            raise columns.bad_row(piece, flags.index(0), first, kind_name(kind))
        packed.append(records)
        valid.append(flags)
        first += piece.rows
    joined = packed[0] if len(packed) == 1 else b"".join(packed)
    if not mask:
        return joined
    return joined, valid[0] if len(valid) == 1 else b"".join(valid)


def inet_pton_many(family, texts, *, errors="strict"):
    r"""Pack many addresses into one buffer of fixed-size records.

    Args:
        family: `AF_INET` (records of 4 bytes), `AF_INET6` (16 bytes), or `AF_UNSPEC`
            for rows of either (16 bytes, IPv4 as the mapped address ``::ffff:a.b.c.d``).
        texts: an iterable of str, or one bytes-like object of newline-separated text
            (``\n`` or ``\r\n``; the last newline may be missing). Each row is what
            `inet_pton` takes and nothing else; an empty line is a bad row.
            A column is read in place: any object with ``__arrow_c_stream__`` or
            ``__arrow_c_array__`` (utf8, large_utf8, utf8_view, dictionaries of these, which are
            packed once a distinct value); a tuple ``(buffer, offsets)`` of texts that lie one
            after another and one offset more than texts, int32 or int64; a NumPy array of ``S``.
        errors: ``"strict"`` stops at the first bad row, ``"mask"`` goes on. An item that is not
            a str, as None for a missing value, is a bad row; so is a column's null.

    Returns:
        N records, N being the number of rows. With ``errors="mask"`` a pair
        ``(packed, valid)``: bad rows are zeros there, and `valid` has a byte a row, 1 or 0.

    Raises:
        AddressError: with ``"strict"``, a row that is no address; its `index` counts from 0.
        TypeError, BufferError: neither kind of `texts`, a column of another type, or a buffer in
            pieces; with ``"strict"``, an item that is not a str.
        ValueError: another family or mode; a column whose offsets fall or leave its data.

    Source: as `inet_pton`, row by row.

    >>> from socket import AF_INET
    >>> inet_pton_many(AF_INET, ["192.0.2.1", "192.0.2.2"]).hex(" ", 4)
    'c0000201 c0000202'
    >>> inet_pton_many(AF_INET, b"192.0.2.1\nlocalhost\n", errors="mask")
    (b'\xc0\x00\x02\x01\x00\x00\x00\x00', b'\x01\x00')
    """
    cdef Py_buffer view
    cdef fs_kind kind = kind_of(family)
    cdef bint mask = errors == "mask"
    if not mask and errors != "strict":
        raise _errors.bad_errors(errors)
    if type(texts) is list:
        return pack_items(kind, texts, 0, mask)
    if PyUnicode_Check(texts):
        raise _errors.not_lines(texts)
    if may_be_column(texts):
        from fastsock._core.arrow import _c as interface
        from fastsock.address import columns
        pieces = columns.pieces_of(texts, interface.pieces)
        if pieces is not None:
            return pack_pieces(kind, pieces, mask)
    if type(texts) is tuple:
        return pack_items(kind, texts, 0, mask)
    if not is_text_buffer(texts):
        return pack_iterable(kind, texts, mask)
    get_contiguous(texts, &view, "texts")
    try:
        return pack_lines(kind, &view, mask)
    finally:
        PyBuffer_Release(&view)


def _kernel_run(family, texts):
    """Tell which kernel packs a text: its name, the rows it did, how many by its own step."""
    cdef Py_buffer view
    cdef fs_lines run
    cdef fs_kind kind = kind_of(family)
    get_contiguous(texts, &view, "texts")
    try:
        rows = fs_count_lines(<uint8_t *>view.buf, <uint8_t *>view.buf + view.len)
        packed, valid = bytearray(rows * fs_record_size(kind)), bytearray(rows)
        run_kernel(&run, kind, &view, packed, valid, rows)
    finally:
        PyBuffer_Release(&view)
    return run.kernel.decode("ascii"), run.row, run.fast_rows


cdef Py_ssize_t get_records(
    object packed, fs_kind kind, Py_buffer *view
) except -1:
    """Fill `view` with a packed buffer; how many records it has. The caller releases it."""
    cdef Py_ssize_t record = <Py_ssize_t>fs_record_size(kind)
    get_contiguous(packed, view, "packed")
    if view.len % record:
        size = view.len
        PyBuffer_Release(view)
        raise _errors.bad_record_length(size, record, kind_name(kind))
    return view.len // record


cdef inline size_t format_record(fs_kind kind, const uint8_t *packed, uint8_t *out) noexcept nogil:
    if kind == FS_V4:
        return fs_format4(packed, out)
    if kind == FS_ANY and fs_is_mapped(packed):
        return fs_format4(packed + 12, out)
    return fs_format6(packed, out)


def inet_ntop_many(family, packed):
    """Write every record of a packed buffer as text.

    Args:
        family: `AF_INET` (records of 4 bytes), `AF_INET6` (16 bytes), or `AF_UNSPEC`
            (16 bytes, where mapped IPv4 addresses are written as plain dotted decimal).
        packed: any contiguous bytes-like object of whole records.

    Returns:
        One str a record, as `inet_ntop` writes it.

    Raises:
        TypeError, BufferError: no buffer, or one in pieces.
        ValueError: another family; a length that is no whole number of records.

    Source: as `inet_ntop`, record by record.

    >>> from socket import AF_INET
    >>> inet_ntop_many(AF_INET, bytes([192, 0, 2, 1, 192, 0, 2, 2]))
    ['192.0.2.1', '192.0.2.2']
    """
    cdef Py_buffer view
    cdef uint8_t text[FS_TEXT6_MAX + 1]
    cdef fs_kind kind = kind_of(family)
    cdef Py_ssize_t rows = get_records(packed, kind, &view), row
    cdef Py_ssize_t record = <Py_ssize_t>fs_record_size(kind)
    cdef const uint8_t *p = <const uint8_t *>view.buf
    try:
        texts = PyList_New(rows)
        for row in range(rows):
            item = fs_new_text(text, <Py_ssize_t>format_record(kind, p + row * record, text))
            Py_INCREF(item)
            PyList_SET_ITEM(texts, row, item)
    finally:
        PyBuffer_Release(&view)
    return texts


def inet_ntop_lines(family, packed):
    r"""Write every record of a packed buffer as a line of text.

    Args:
        family: as `inet_ntop_many`.
        packed: as `inet_ntop_many`.

    Returns:
        ASCII text, a newline after every address: what `inet_pton_many` reads back.

    Raises:
        TypeError, BufferError, ValueError: as `inet_ntop_many`.

    Source: as `inet_ntop`, record by record.

    >>> from socket import AF_UNSPEC
    >>> inet_ntop_lines(AF_UNSPEC, inet_pton_many(AF_UNSPEC, ["192.0.2.1", "2001:db8::1"]))
    b'192.0.2.1\n2001:db8::1\n'
    """
    cdef Py_buffer view
    cdef fs_kind kind = kind_of(family)
    cdef Py_ssize_t rows = get_records(packed, kind, &view), row
    cdef Py_ssize_t record = <Py_ssize_t>fs_record_size(kind)
    # Room for the longest text and its newline. Pages that stay unwritten take no memory, and
    # the rest is given back below.
    cdef Py_ssize_t longest = (FS_TEXT4_MAX if kind == FS_V4 else FS_TEXT6_MAX) + 1
    cdef const uint8_t *p = <const uint8_t *>view.buf
    cdef uint8_t *out
    cdef PyObject *lines = NULL
    try:
        lines = new_bytes(NULL, rows * longest)
        out = <uint8_t *>bytes_data(lines)
        with nogil:
            for row in range(rows):
                out += format_record(kind, p + row * record, out)
                out[0] = c"\n"
                out += 1
    finally:
        PyBuffer_Release(&view)
    _PyBytes_Resize(&lines, out - <uint8_t *>bytes_data(lines))
    result = <object>lines
    Py_DECREF(result)
    return result


cdef bytes stand_in(str text):
    """A text that is not ASCII, a byte a character, for a kernel that knows only ASCII.

    All blanks become one. Any other character becomes an "x", which a name may have as well as
    that character, but neither an address nor a port.
    """
    cdef Py_ssize_t at = 0
    cdef Py_UCS4 c
    result = PyBytes_FromStringAndSize(NULL, len(text))
    cdef char *out = PyBytes_AS_STRING(result)
    for c in text:
        out[at] = <char>c if c < 128 else c" " if c.isspace() else c"x"
        at += 1
    return result


cdef inline object piece_of(
    object text, const uint8_t *p, const uint8_t *start, const uint8_t *end
):
    """The characters of a text, read at p, from `start` to `end`."""
    cdef Py_ssize_t size
    if end - start <= FS_COPY_MAX and fs_ascii(<PyObject *>text, &size) != NULL:
        return fs_new_text(start, end - start)
    return PyUnicode_Substring(text, start - p, end - p)


cdef object hostport_error(object text, fs_hostport_fault fault):
    return _errors.bad_hostport(text, _errors.HOSTPORT_FAULTS[<int>fault - 1])


cdef object split_hostport(object text, object default_port):
    cdef fs_hostport found
    cdef fs_hostport_fault fault
    cdef const uint8_t *p
    cdef Py_ssize_t size
    if not PyUnicode_Check(text):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    p = fs_ascii(<PyObject *>text, &size)
    if p == NULL:
        characters = stand_in(<str>text)
        p, size = <const uint8_t *>PyBytes_AS_STRING(characters), PyBytes_GET_SIZE(characters)
    fault = fs_parse_hostport(p, p + size, &found)
    if fault == FS_HOSTPORT_PORT:
        raise _errors.bad_port_digits(text, piece_of(text, p, found.digits, p + size))
    if fault != FS_HOSTPORT_GOOD:
        raise hostport_error(text, fault)
    host = piece_of(text, p, found.host, found.host_end)
    return host, default_port if found.digits == NULL else found.port


def parse_hostport(text, default_port=None):
    """Split ``host:port``, where an IPv6 address stands in brackets if a port follows.

    Args:
        text: ``"example.org:80"``, ``"192.0.2.1"``, ``"[2001:db8::1]:80"``, ``"::1"``,
            ``":80"`` (no host: every address of this machine). A zone may follow an
            IPv6 address: ``"[fe80::1%eth0]:80"``.
        default_port: what to return as the port where the text has none.

    Returns:
        ``(host, port)``: the host without brackets, as it was written; the port as int.

    Raises:
        AddressError: no host and no port; a port that is not one to five decimal digits
            up to 65535; brackets around anything but an IPv6 address; several colons
            outside brackets in what is no IPv6 address; a character no host can have.
        TypeError: `text` is not a str.

    Source: RFC 3986 section 3.2.2 and 3.2.3; RFC 4007 section 11 for zones.

    >>> parse_hostport("[2001:db8::1]:443")
    ('2001:db8::1', 443)
    >>> parse_hostport("example.org", 80)
    ('example.org', 80)
    """
    return split_hostport(text, default_port)


cdef object enter_parse_hostport(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    """The entry of a call: Cython's own looks its module up for each parameter's name."""
    if names == NULL and count == 1:
        return split_hostport(<object>args[0], None)
    if names == NULL and count == 2:
        return split_hostport(<object>args[0], <object>args[1])
    return PyObject_Vectorcall(_parse_hostport, args, count, names)


cdef unsigned port_number(object port) except? 0:
    cdef int overflow
    cdef long number = fs_long(port if PyLong_Check(port) else PyNumber_Index(port), &overflow)
    if overflow or not 0 <= number <= FS_PORT_MAX:
        raise _errors.bad_port(port)
    return <unsigned>number


cdef object join_ascii(
    const uint8_t *host, Py_ssize_t size, bint bracketed, const uint8_t *tail, int tail_size
):
    """A host, with brackets or without, and what follows it."""
    text = PyUnicode_New(size + 2 * bracketed + tail_size, 127)
    cdef uint8_t *out = <uint8_t *>PyUnicode_DATA(text)
    memcpy(out + bracketed, host, size)
    if bracketed:
        out[0], out[size + 1] = c"[", c"]"
    memcpy(out + size + 2 * bracketed, tail, tail_size)
    return text


cdef object join_hostport(object host, object port):
    cdef uint8_t tail[1 + FS_PORT_DIGITS]
    cdef int tail_size = 0
    cdef bint bracketed, ascii = True
    cdef fs_hostport_fault fault
    cdef const uint8_t *p
    cdef Py_ssize_t size
    if not PyUnicode_Check(host):
        raise TypeError(f"host must be str, not {type(host).__name__}")
    p = fs_ascii(<PyObject *>host, &size)
    if p == NULL:
        ascii = False
        characters = stand_in(<str>host)
        p, size = <const uint8_t *>PyBytes_AS_STRING(characters), PyBytes_GET_SIZE(characters)
    fault = fs_check_host(p, p + size, &bracketed)
    if fault == FS_HOSTPORT_GOOD and port is None and size == 0:
        fault = FS_HOSTPORT_NOTHING
    if fault != FS_HOSTPORT_GOOD:
        raise hostport_error(host, fault)
    if port is not None:
        tail[0] = c":"
        tail_size = 1 + fs_format_port(port_number(port), tail + 1)
    if ascii:
        return join_ascii(p, size, bracketed, tail, tail_size)
    plain = PyUnicode_FromObject(host)  # a subclass may be written in another way
    if bracketed:
        plain = f"[{plain}]"
    return PyUnicode_Concat(plain, fs_new_short_text(tail, tail_size))


def format_hostport(host, port):
    """Join a host and a port, with brackets round an IPv6 address: `parse_hostport` undone.

    Args:
        host: a name, an IPv4 or an IPv6 address (with a zone or without), or ``""``.
        port: 0 to 65535, or None for no port.

    Returns:
        ``"host:port"`` or ``"[host]:port"``; without a port, ``"host"`` or ``"[host]"``.

    Raises:
        AddressError: a host that `parse_hostport` would not give back, a port out of range.
        TypeError: `host` is not a str, or `port` not an integer.

    Source: RFC 3986 section 3.2.2; RFC 5952 section 6.

    >>> format_hostport("2001:db8::1", 443)
    '[2001:db8::1]:443'
    """
    return join_hostport(host, port)


cdef object enter_format_hostport(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    if names == NULL and count == 2:
        return join_hostport(<object>args[0], <object>args[1])
    return PyObject_Vectorcall(_format_hostport, args, count, names)


_parse_hostport, _format_hostport = parse_hostport, format_hostport
parse_hostport = with_entry(
    _parse_hostport, &fs_quick_parse_hostport, <PyCFunction>enter_parse_hostport
)
format_hostport = with_entry(
    _format_hostport, &fs_quick_format_hostport, <PyCFunction>enter_format_hostport
)
