"""Compiled twin of `fastsock.sockaddr`: addresses as objects around the kernel."""

from cpython.buffer cimport PyBuffer_Release, PyObject_CheckBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.number cimport PyNumber_Index
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
from cpython.unicode cimport PyUnicode_Check
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memchr

from fastsock._core.buffers cimport contiguous, get_contiguous

import os
import socket

from fastsock.sockaddr import errors as _errors


cdef extern from "Python.h":
    object PyUnicode_DecodeFSDefaultAndSize(const char *text, Py_ssize_t size)

cdef extern from "fastsock/_core/pyobjects.h":
    const uint8_t *fs_ascii(object text, Py_ssize_t *size) noexcept
    object fs_new_text(const uint8_t *text, Py_ssize_t size)
    long long fs_long_long(object value, int *overflow) except? -1

cdef extern from "fastsock/address/inet6.h" nogil:
    const uint8_t *fs_parse4(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept
    const uint8_t *fs_parse6(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept
    enum: FS_TEXT4_MAX
    enum: FS_TEXT6_MAX
    size_t fs_format4(const uint8_t *packed, uint8_t *out) noexcept
    size_t fs_format6(const uint8_t *packed, uint8_t *out) noexcept
    void fs_map4(const uint8_t *four, uint8_t *out) noexcept


cdef inline long long number_of(object value, long long most, str wording) except -1:
    cdef int overflow
    cdef long long number = fs_long_long(
        value if type(value) is int else PyNumber_Index(value), &overflow
    )
    if overflow or not 0 <= number <= most:
        raise OverflowError(wording)
    return number


cdef bint read_host4(object host, uint8_t *packed) except -1:
    """Read a host as an IPv4 address. Return whether it is one."""
    cdef Py_ssize_t size
    cdef const uint8_t *p
    if not PyUnicode_Check(host):
        raise _errors.not_host(host)
    p = fs_ascii(host, &size)
    if p != NULL and size != 0 and fs_parse4(p, p + size, packed) == p + size:
        return True
    if host == "":
        packed[0] = packed[1] = packed[2] = packed[3] = 0
        return True
    if host == "<broadcast>":
        packed[0] = packed[1] = packed[2] = packed[3] = 0xFF
        return True
    return False


cdef uint32_t zone_index(object zone, object host) except? 0:
    if zone.isascii() and zone.isdecimal() and len(zone) <= 10:
        number = int(zone)
        if number <= 0xFFFFFFFF:
            return number
    try:
        return socket.if_nametoindex(zone)
    except (OSError, ValueError):
        raise _errors.not_literal(host, "IPv6") from None


cdef int read_host6(object host, uint8_t *packed, uint32_t *scope) except -1:
    """Read a host as an IPv6 address, and its zone if no scope is given."""
    cdef Py_ssize_t size, i
    cdef uint32_t zone
    cdef const uint8_t *p
    cdef const uint8_t *stop
    if not PyUnicode_Check(host):
        raise _errors.not_host(host)
    if host == "":
        for i in range(16):
            packed[i] = 0
        return 0
    p = fs_ascii(host, &size)
    if p != NULL:
        stop = fs_parse6(p, p + size, packed)
        if stop == p + size:
            return 0
        if stop == NULL or stop[0] != c"%":
            raise _errors.not_literal(host, "IPv6")
    # Any text that names an interface can be a zone.
    text, percent, name = host.partition("%")
    p = fs_ascii(text, &size)
    if not percent or p == NULL or fs_parse6(p, p + size, packed) != p + size:
        raise _errors.not_literal(host, "IPv6")
    zone = zone_index(name, host)
    if scope[0] == 0:
        scope[0] = zone
    return 0


cdef Py_ssize_t pack_inet(object address, fs_sockaddr *out) except -1:
    cdef uint8_t packed[4]
    if not isinstance(address, tuple) or PyTuple_GET_SIZE(address) != 2:
        raise _errors.not_tuple("IPv4", address)
    host = (<tuple>address)[0]
    if not read_host4(host, packed):
        raise _errors.not_literal(host, "IPv4")
    return fs_sockaddr4(out, packed, number_of((<tuple>address)[1], 65535, _errors.PORT))


cdef Py_ssize_t pack_inet6(object address, fs_sockaddr *out, bint mapping) except -1:
    cdef uint8_t packed[16]
    cdef uint8_t four[4]
    cdef uint32_t flow = 0, scope = 0
    cdef Py_ssize_t size, port
    if not isinstance(address, tuple) or not 2 <= PyTuple_GET_SIZE(address) <= 4:
        raise _errors.not_tuple("IPv6", address)
    size = PyTuple_GET_SIZE(address)
    host = (<tuple>address)[0]
    if not PyUnicode_Check(host):
        raise _errors.not_host(host)
    port = number_of((<tuple>address)[1], 65535, _errors.PORT)
    if size > 2:
        flow = number_of((<tuple>address)[2], 0xFFFFF, _errors.FLOW)
    if size > 3:
        scope = number_of((<tuple>address)[3], 0xFFFFFFFF, _errors.SCOPE)
    if mapping and host != "" and read_host4(host, four):
        fs_map4(four, packed)
    else:
        read_host6(host, packed, &scope)
    return fs_sockaddr6(out, packed, port, flow, scope)


cdef Py_ssize_t pack_unix(object address, fs_sockaddr *out) except -1:
    cdef Py_buffer view
    path = os.fsencode(address) if isinstance(address, str) else address
    if not PyObject_CheckBuffer(path):
        raise _errors.not_path(address)
    get_contiguous(path, &view, "a path")
    try:
        return pack_path(<const uint8_t *>view.buf, view.len, out)
    finally:
        PyBuffer_Release(&view)


cdef Py_ssize_t pack_path(const uint8_t *path, Py_ssize_t size, fs_sockaddr *out) except -1:
    if size == 0 or (FS_HAVE_ABSTRACT and path[0] == 0):
        if size > FS_PATH_MAX:
            raise _errors.path_too_long()
    elif memchr(path, 0, size) != NULL:
        raise _errors.nul_in_path()
    elif size >= FS_PATH_MAX:
        raise _errors.path_too_long()
    return fs_sockaddr_unix(out, path, size)


cdef Py_ssize_t pack_other(object family, object address, fs_sockaddr *out) except -1:
    if not 0 <= family <= FS_FAMILY_MAX:
        raise _errors.bad_family(family, FS_FAMILY_MAX)
    if not PyObject_CheckBuffer(address):
        raise _errors.not_data(address)
    data = bytes(contiguous(address, "an address"))
    cdef Py_ssize_t size = len(data)
    if size > FS_DATA_MAX:
        raise _errors.data_too_long(size, FS_DATA_MAX)
    return fs_sockaddr_other(out, family, <const uint8_t *><const char *>data, size)


cdef Py_ssize_t pack_into(
    long family, object address, fs_sockaddr *out, bint mapping
) except -1:
    if family == AF_INET:
        return pack_inet(address, out)
    if family == AF_INET6:
        return pack_inet6(address, out, mapping)
    if FS_HAVE_UNIX and family == AF_UNIX:
        return pack_unix(address, out)
    return pack_other(family, address, out)


cdef inline object pair_of(object host, object port):
    made = PyTuple_New(2)
    Py_INCREF(host)
    PyTuple_SET_ITEM(made, 0, host)
    Py_INCREF(port)
    PyTuple_SET_ITEM(made, 1, port)
    return made


cdef object address_of(fs_sockaddr_kind kind, const fs_endpoint *endpoint):
    cdef uint8_t text[FS_TEXT6_MAX + 1]
    cdef Py_ssize_t size
    if kind == FS_SOCKADDR_4:
        size = fs_format4(endpoint.packed, text)
        return pair_of(fs_new_text(text, size), endpoint.port)
    if kind == FS_SOCKADDR_6:
        size = fs_format6(endpoint.packed, text)
        return fs_new_text(text, size), endpoint.port, endpoint.flow, endpoint.scope
    if kind == FS_SOCKADDR_UNIX and not (
        FS_HAVE_ABSTRACT and endpoint.path_size and endpoint.path[0] == 0
    ):
        return PyUnicode_DecodeFSDefaultAndSize(<const char *>endpoint.path, endpoint.path_size)
    return PyBytes_FromStringAndSize(<const char *>endpoint.path, endpoint.path_size)


def pack_sockaddr(family, address, /):
    r"""Pack an address as the `struct sockaddr` that system calls take.

    Args:
        family: `AF_INET`, `AF_INET6`, `AF_UNIX`, or any other.
        address: as the `socket` module has it. IPv4: ``(host, port)``. IPv6: ``(host, port,
            flowinfo, scope_id)``, of which the last two may be left out; a zone in the host,
            ``"fe80::1%eth0"`` or ``"fe80::1%2"``, gives the scope where `scope_id` doesn't. The
            host must be an address: names are not looked up. ``""`` is the unspecified one, and
            ``"<broadcast>"`` is 255.255.255.255. UNIX: a path, as str or bytes; on Linux an
            abstract name, which begins with a NUL; ``""`` for the unnamed address. Any other
            family: the bytes after the family.

    Returns:
        The bytes in this platform's layout, of the length that `bind` expects.

    Raises:
        AddressError: the host is not an address of the family, or its zone not an interface.
        OverflowError: a port, flow or scope is out of range, as in the `socket` module.
        OSError: a path that is too long.
        TypeError, ValueError: an address of another shape; a NUL inside a path.

    Source: POSIX.1-2017 <netinet/in.h> and <sys/un.h>; unix(7).

    >>> from socket import AF_INET
    >>> unpack_sockaddr(pack_sockaddr(AF_INET, ("192.0.2.1", 53)))
    (2, ('192.0.2.1', 53))
    """
    cdef fs_sockaddr out
    cdef Py_ssize_t size
    number = PyNumber_Index(family)
    if 0 <= number <= FS_FAMILY_MAX:
        size = pack_into(number, address, &out, False)
    else:
        size = pack_other(number, address, &out)
    return PyBytes_FromStringAndSize(<const char *>&out, size)


def unpack_sockaddr(buffer, /):
    r"""Unpack a `struct sockaddr`.

    Args:
        buffer: its bytes. For a UNIX address exactly as many as its length; for others more
            bytes may follow.

    Returns:
        ``(family, address)``, the address as the `socket` module has it: ``(host, port)``;
        ``(host, port, flowinfo, scope_id)``; a UNIX path as str, an abstract name as bytes with
        its NUL, ``""`` for the unnamed address; for any other family the bytes after it.

    Raises:
        ValueError: too few bytes for the family.
        TypeError, BufferError: not a buffer, or not contiguous.

    Source: POSIX.1-2017 <netinet/in.h> and <sys/un.h>; unix(7).

    >>> from socket import AF_INET6
    >>> unpack_sockaddr(pack_sockaddr(AF_INET6, ("fe80::1%7", 546)))[1]
    ('fe80::1', 546, 0, 7)
    """
    cdef fs_endpoint endpoint
    cdef fs_sockaddr_kind kind
    cdef Py_buffer view
    get_contiguous(buffer, &view, "buffer")
    try:
        kind = fs_read_sockaddr(
            <const uint8_t *>view.buf, <const uint8_t *>view.buf + view.len, &endpoint
        )
        if kind == FS_SOCKADDR_NONE:
            name = {AF_INET: "sockaddr_in", AF_INET6: "sockaddr_in6"}.get(endpoint.family)
            raise _errors.too_short(view.len, name or "sockaddr")
        return endpoint.family, address_of(kind, &endpoint)
    finally:
        PyBuffer_Release(&view)
