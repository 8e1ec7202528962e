"""Compiled twin of `fastsock.proxy`: the kernel's findings as objects."""

cimport cython
from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_SET_ITEM
from libc.stdint cimport uint8_t

from fastsock._core.buffers cimport get_contiguous

from operator import index as _index

from fastsock.proxy import errors as _errors
from fastsock.proxy import header as _proxy_header
from fastsock._core import machine as _machine
from fastsock.proxy.errors import ProxyError as _ProxyError


cdef enum:
    LEAST = 16          # bytes of max_size, so that both versions have a header that fits
    LINE_MAX = 107      # bytes of the longest line, with its CRLF

fs_choose_crc32c("sse42" in _machine.SIMD_USED)


@cython.final
cdef class _Constants:
    def __cinit__(self):
        self.header = _proxy_header.ProxyHeader
        self.need_more = _proxy_header.NeedMore
        self.path = _proxy_header.path_of
        self.families = _proxy_header.FAMILIES
        self.types = _proxy_header.TYPES
        self.commands = ("PROXY", "LOCAL")
        self.empty = b""


_constants = _Constants()


cdef inline object host_of(int family, const uint8_t *packed):
    cdef uint8_t text[FS_TEXT6_MAX + 1]
    cdef size_t size = fs_format4(packed, text) if family == 1 else fs_format6(packed, text)
    return fs_new_text(text, <Py_ssize_t>size)


cdef inline object endpoint(_Constants constants, const fs_proxy *found, int which):
    if not found.known:
        return None
    if found.paths != NULL:
        return constants.path(PyBytes_FromStringAndSize(
            <const char *>found.paths + 108 * which, 108
        ))
    return host_of(found.family, found.addresses[which]), found.ports[which]


cdef inline void set_item(object made, Py_ssize_t at, object value) noexcept:
    Py_INCREF(value)  # the tuple takes a reference of its own
    PyTuple_SET_ITEM(made, at, value)


cdef object header_of(_Constants constants, const uint8_t *p, const fs_proxy *found):
    """Make a header as its class would, without calling it."""
    source = endpoint(constants, found, 0)
    destination = endpoint(constants, found, 1)
    tlvs = constants.empty
    if found.tlvs_size:
        tlvs = PyBytes_FromStringAndSize(<const char *>p + found.tlvs, found.tlvs_size)
    made = fs_new_tuple(constants.header, 7)
    set_item(made, 0, found.version)
    set_item(made, 1, constants.commands[found.local])
    set_item(made, 2, constants.families[found.family])
    set_item(made, 3, constants.types[found.transport])
    set_item(made, 4, source)
    set_item(made, 5, destination)
    set_item(made, 6, tlvs)
    return made


cdef object result_of(const uint8_t *p, Py_ssize_t size, size_t max_size, bint datagram):
    cdef fs_proxy header
    cdef fs_proxy_found found = fs_parse_proxy(p, size, max_size, &header)
    if found == FS_PROXY_HEADER:
        return header_of(<_Constants>_constants, p, &header), header.size
    if found == FS_PROXY_MORE and not datagram:
        return (<_Constants>_constants).need_more(header.size)
    if found == FS_PROXY_MORE:
        raise _errors.proxy_cut(header.size)
    raise _ProxyError(_errors.PROXY_FAULTS[<int>found - <int>FS_PROXY_SIGNATURE])


cdef size_t limit_of(object max_size) except 0:
    number = _index(max_size)
    if number < LEAST:
        raise _errors.bad_max_header(number)
    return min(number, 1 << 17)  # no header is so large


cdef object front_of(object buffer, size_t limit):
    """Copy as much of a buffer as may be parsed.

    The kernel checks a length, and reads it again later. Others may write to a buffer in between,
    whatever we hold: recv_into() in another thread, or another process in shared memory.
    """
    cdef Py_buffer view
    cdef Py_ssize_t most = <Py_ssize_t>max(limit, <size_t>LINE_MAX + 1)
    get_contiguous(buffer, &view, "buffer")
    try:
        return PyBytes_FromStringAndSize(<const char *>view.buf, min(view.len, most))
    finally:
        PyBuffer_Release(&view)


def parse_proxy(buffer, *, max_size=4096, datagram=False):
    r"""Parse the PROXY protocol header at the start of what a connection has brought so far.

    Args:
        buffer: any contiguous bytes-like object, from the connection's first byte on; what
            follows the header is left alone.
        max_size: the largest header to accept, in bytes, at least 16. A client's certificate
            among the TLVs may need more than the default; a line of version 1 has at most 107.
        datagram: `buffer` is one datagram: the header must be whole.

    Returns:
        ``(header, consumed)``: a `ProxyHeader`, and how many bytes it takes; or `NeedMore`,
        while there is nothing wrong with the bytes but that more must come.

    Raises:
        ProxyError: no valid header; close the connection. It is raised with the first byte that
            is wrong, as far as the protocol allows.
        TypeError, BufferError: no buffer, or one in pieces; `max_size` is no int.
        ValueError: `max_size` is less than 16.

    Source: HAProxy's proxy-protocol.txt, sections 2.1 and 2.2.

    >>> parse_proxy(b"PROXY TCP4 192.0.2.1 192.0.2.2 563")
    NeedMore(n=2)
    >>> header, size = parse_proxy(b"PROXY TCP6 2001:db8::1 ::1 56324 443\r\nhello")
    >>> header.family.name, header.source, size
    ('AF_INET6', ('2001:db8::1', 56324), 38)
    """
    cdef size_t limit = limit_of(max_size)
    cdef bint whole = datagram
    if not PyBytes_CheckExact(buffer):
        buffer = front_of(buffer, limit)
    return result_of(
        <const uint8_t *>PyBytes_AS_STRING(buffer), PyBytes_GET_SIZE(buffer), limit, whole
    )
