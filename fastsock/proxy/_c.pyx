"""Compiled twin of `fastsock.proxy`: the kernels' findings as objects, and back."""

cimport cython
from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.long cimport PyLong_CheckExact
from cpython.number cimport PyNumber_Index
from cpython.object cimport PyObject, PyObject_IsTrue
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport (
    PyTuple_CheckExact,
    PyTuple_GET_ITEM,
    PyTuple_GET_SIZE,
    PyTuple_SET_ITEM,
)
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport uint8_t, uint16_t

from fastsock._core.buffers cimport get_contiguous
from fastsock._core.entries cimport (
    PyCFunction,
    PyMethodDef,
    PyObject_Vectorcall,
    sort_arguments,
    with_entry,
)

import socket
from sys import intern as _intern

from fastsock.proxy import build as _build
from fastsock.proxy import errors as _errors
from fastsock.proxy import header as _proxy_header
from fastsock._core import machine as _machine
from fastsock.proxy.errors import ProxyError as _ProxyError


cdef enum:
    STREAM = 1          # version 2's code of SOCK_STREAM
    DATAGRAM = 2
    PORT_MAX = 0xFFFF
    MAX_SIZE = 4096     # what `max_size` is where it isn't given
    NO_HEADER = 1 << 17     # more bytes than any header has
    LEAST = 16          # bytes of max_size, so that both versions have a header that fits
    LINE_MAX = 107      # bytes of the longest line, with its CRLF

cdef enum:  # parse_proxy's parameters
    BUFFER
    LIMIT
    WHOLE
    PARAMETERS

cdef extern from *:
    """
    /* The same in all interpreters. */
    static PyMethodDef fs_quick_parse_proxy, fs_quick_build_proxy_v1, fs_quick_build_proxy_v2;
    """
    PyMethodDef fs_quick_parse_proxy
    PyMethodDef fs_quick_build_proxy_v1
    PyMethodDef fs_quick_build_proxy_v2

fs_choose_crc32c("sse42" in _machine.SIMD_USED)


# Calls borrow what it holds, also while the collector tears down the module.
@cython.no_gc_clear
@cython.final
cdef class _State:
    """Objects that calls need, found by one look-up."""

    def __cinit__(self, parse_plain, plain_v1, plain_v2):
        self.header = _proxy_header.ProxyHeader
        self.need_more = _proxy_header.NeedMore
        self.path = _proxy_header.path_of
        self.families = _proxy_header.FAMILIES
        self.types = _proxy_header.TYPES
        self.commands = ("PROXY", "LOCAL")
        self.empty = b""
        self.nothing = ()
        self.parameters = tuple([_intern(n) for n in ("buffer", "max_size", "datagram")])
        self.parse_plain, self.plain_v1, self.plain_v2 = parse_plain, plain_v1, plain_v2
        self.build_v1, self.build_v2 = _build.build_proxy_v1, _build.build_proxy_v2


cdef inline object host_of(int family, const uint8_t *packed):
    cdef uint8_t text[FS_TEXT6_MAX + 1]
    cdef size_t size = fs_format4(packed, text) if family == 1 else fs_format6(packed, text)
    return fs_new_text(text, <Py_ssize_t>size)


cdef inline object endpoint(_State state, const fs_proxy *found, int which):
    if not found.known:
        return None
    if found.paths != NULL:
        return state.path(PyBytes_FromStringAndSize(
            <const char *>found.paths + 108 * which, 108
        ))
    return host_of(found.family, found.addresses[which]), found.ports[which]


cdef inline void set_item(object made, Py_ssize_t at, object value) noexcept:
    Py_INCREF(value)  # the tuple takes a reference of its own
    PyTuple_SET_ITEM(made, at, value)


cdef object header_of(_State state, const uint8_t *p, const fs_proxy *found):
    """Make a header as its class would, without calling it."""
    source = endpoint(state, found, 0)
    destination = endpoint(state, found, 1)
    tlvs = state.empty
    if found.tlvs_size:
        tlvs = PyBytes_FromStringAndSize(<const char *>p + found.tlvs, found.tlvs_size)
    made = fs_new_tuple(state.header, 7)
    set_item(made, 0, found.version)
    set_item(made, 1, state.commands[found.local])
    set_item(made, 2, state.families[found.family])
    set_item(made, 3, state.types[found.transport])
    set_item(made, 4, source)
    set_item(made, 5, destination)
    set_item(made, 6, tlvs)
    return made


cdef object result_of(
    _State state, const uint8_t *p, Py_ssize_t size, size_t max_size, bint datagram
):
    cdef fs_proxy header
    cdef fs_proxy_found found = fs_parse_proxy(p, size, max_size, &header)
    if found == FS_PROXY_HEADER:
        return header_of(state, p, &header), header.size
    if found == FS_PROXY_MORE and not datagram:
        return state.need_more(header.size)
    if found == FS_PROXY_MORE:
        raise _errors.proxy_cut(header.size)
    raise _ProxyError(_errors.PROXY_FAULTS[<int>found - <int>FS_PROXY_SIGNATURE])


cdef size_t limit_of(object max_size) except 0:
    cdef int overflow
    number = PyNumber_Index(max_size)
    cdef long limit = fs_long(number, &overflow)
    if overflow < 0 or (not overflow and limit < LEAST):
        raise _errors.bad_max_header(number)
    return NO_HEADER if overflow or limit > NO_HEADER else <size_t>limit


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


cdef object parsed(_State state, object buffer, size_t limit, bint whole):
    if not PyBytes_CheckExact(buffer):
        buffer = front_of(buffer, limit)
    return result_of(
        state, <const uint8_t *>PyBytes_AS_STRING(buffer), PyBytes_GET_SIZE(buffer), limit, whole
    )


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
    return parsed(<_State?>_state, buffer, limit_of(max_size), datagram)


cdef object enter_parse_proxy(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    """The entry of a call: Cython's own looks its module up for each parameter's name."""
    cdef _State state = <_State?>_state
    cdef PyObject *given[PARAMETERS]
    cdef size_t limit = MAX_SIZE
    cdef bint whole = False
    if not (
        sort_arguments(state.parameters, PARAMETERS, LIMIT, args, count, names, given)
        and given[BUFFER] != NULL
    ):
        return PyObject_Vectorcall(state.parse_plain, args, count, names)
    if given[LIMIT] != NULL:
        limit = limit_of(<object>given[LIMIT])
    if given[WHOLE] != NULL:
        whole = PyObject_IsTrue(<object>given[WHOLE])
    return parsed(state, <object>given[BUFFER], limit, whole)


cdef inline int take_end(object endpoint, fs_proxy_ends *ends, int which) noexcept:
    """Pack an endpoint in the usual form: the code of its family, or 0 for any other form."""
    cdef PyObject *host
    cdef PyObject *port
    cdef Py_ssize_t size
    cdef const uint8_t *text
    cdef long number = -1
    if not PyTuple_CheckExact(endpoint) or PyTuple_GET_SIZE(endpoint) < 2:
        return 0
    host, port = PyTuple_GET_ITEM(endpoint, 0), PyTuple_GET_ITEM(endpoint, 1)
    if not (PyUnicode_CheckExact(<object>host) and PyLong_CheckExact(<object>port)):
        return 0
    if not fs_is_small(port, &number) or not 0 <= number <= PORT_MAX:  # 0 may be no small one
        return 0
    text = fs_ascii(host, &size)
    if text == NULL:
        return 0
    ends.ports[which] = <uint16_t>number
    return fs_proxy_host(text, text + size, ends.addresses[which])


cdef inline bint take_ends(object source, object destination, fs_proxy_ends *ends) noexcept:
    """Whether both endpoints are of the usual form, and of one family."""
    ends.family = take_end(source, ends, 0)
    return ends.family != 0 and take_end(destination, ends, 1) == ends.family


cdef object line_of(_State state, object source, object destination):
    cdef fs_proxy_ends ends
    cdef uint8_t built[FS_PROXY_BUILT_MAX]
    if not take_ends(source, destination, &ends):
        return state.build_v1(source, destination)
    return PyBytes_FromStringAndSize(<const char *>built, fs_build_proxy_v1(&ends, built))


def build_proxy_v1(source, destination):
    r"""Write a header of version 1, the text line.

    Args:
        source: the client: host and port, as `socket.getpeername` gives them; more items, and the
            zone of an IPv6 address, are left out. None, for both, makes it ``UNKNOWN``.
        destination: where the client connected to.

    Returns:
        The line with its CRLF, to be sent before anything else, at once.

    Raises:
        ValueError: no addresses of one family, IPv4 or IPv6; a port out of range.
        TypeError: no endpoints.

    Source: HAProxy's proxy-protocol.txt, section 2.1.

    >>> build_proxy_v1(("192.0.2.1", 56324), ("192.0.2.2", 443))
    b'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n'
    >>> build_proxy_v1(None, None)
    b'PROXY UNKNOWN\r\n'
    """
    return line_of(<_State?>_state, source, destination)


cdef object enter_build_proxy_v1(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    cdef _State state = <_State?>_state
    if names == NULL and count == 2:
        return line_of(state, <object>args[0], <object>args[1])
    return PyObject_Vectorcall(state.plain_v1, args, count, names)


cdef object binary_of(object source, object destination, int transport):
    """A header of two endpoints alone; None where they are not of the usual form."""
    cdef fs_proxy_ends ends
    cdef uint8_t built[FS_PROXY_BUILT_MAX]
    if not take_ends(source, destination, &ends):
        return None
    return PyBytes_FromStringAndSize(
        <const char *>built, fs_build_proxy_v2(&ends, transport, built)
    )


def build_proxy_v2(
    source, destination, *, type=socket.SOCK_STREAM, command="PROXY", tlvs=(), crc=False
):
    r"""Write a header of version 2, the binary one.

    Args:
        source: the client: host and port, or the path of a UNIX socket; None, for both, where
            there is nothing to tell.
        destination: where the client connected to.
        type: `SOCK_STREAM` or `SOCK_DGRAM`.
        command: ``"PROXY"``, or ``"LOCAL"`` for a connection of the sender's own; then both
            endpoints must be None.
        tlvs: pairs of a type, 0 to 255 (`ProxyTLV`), and a value.
        crc: whether to add a CRC-32C of the header, as the last TLV.

    Returns:
        The header, to be sent before anything else, at once; in each datagram, before its payload.

    Raises:
        ValueError: no endpoints of one family; a port, a type or a command out of range; a
            CRC among the TLVs, or a unique ID or SSL value that no receiver would take; more than
            65535 bytes.
        TypeError, BufferError: no endpoints, or no TLVs, or a value in pieces.

    Source: HAProxy's proxy-protocol.txt, section 2.2.

    >>> header = build_proxy_v2(("192.0.2.1", 56324), ("192.0.2.2", 443), crc=True)
    >>> header.hex(" ", -4)
    '0d0a0d0a 000d0a51 5549540a 21110013 c0000201 c0000202 dc0401bb 030004d6 c8c75f'
    """
    cdef _State state = <_State?>_state
    cdef int transport = 0
    if command is state.commands[0] and tlvs is state.nothing and crc is False:
        if type is state.types[STREAM]:
            transport = STREAM
        elif type is state.types[DATAGRAM]:
            transport = DATAGRAM
    built = binary_of(source, destination, transport) if transport else None
    if built is not None:
        return built
    return state.build_v2(
        source, destination, type=type, command=command, tlvs=tlvs, crc=crc
    )


cdef object enter_build_proxy_v2(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    cdef _State state = <_State?>_state
    if names == NULL and count == 2:
        built = binary_of(<object>args[0], <object>args[1], STREAM)
        if built is not None:
            return built
    return PyObject_Vectorcall(state.plain_v2, args, count, names)


_plain = parse_proxy
_plain_v1, _plain_v2 = build_proxy_v1, build_proxy_v2
parse_proxy = with_entry(_plain, &fs_quick_parse_proxy, <PyCFunction>enter_parse_proxy)
build_proxy_v1 = with_entry(
    _plain_v1, &fs_quick_build_proxy_v1, <PyCFunction>enter_build_proxy_v1
)
build_proxy_v2 = with_entry(
    _plain_v2, &fs_quick_build_proxy_v2, <PyCFunction>enter_build_proxy_v2
)
_state = _State(_plain, _plain_v1, _plain_v2)
