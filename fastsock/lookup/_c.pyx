"""Compiled twin of `fastsock.lookup`: literals by the kernels, services by dictionary.

A literal's rows are put together from those that libc gave for the first literal
asked with the same hints, so they are libc's own on every platform.
"""

cimport cython
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.long cimport PyLong_Check, PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport uint8_t
from libc.string cimport strlen

from fastsock._core.entries cimport (
    PyCFunction,
    PyMethodDef,
    PyObject_Vectorcall,
    sort_arguments,
    with_entry,
)

import socket as _socket_module
from operator import index as _index
from sys import intern as _intern

from fastsock.lookup import genuine as _genuine
from fastsock.lookup import services


cdef extern from "Python.h":
    int PySys_Audit(const char *event, const char *format, ...) except -1

cdef extern from "fastsock/lookup/flags.h":
    const long FS_LITERAL_FLAGS
    const long FS_NUMERIC
    const long NI_DGRAM
    const long SOCK_STREAM
    const long SOCK_DGRAM
    const long IPPROTO_TCP
    const long IPPROTO_UDP

_PARAMETERS = ("host", "port", "family", "type", "proto", "flags", "strict")

cdef extern from *:
    """static PyMethodDef fs_quick_getaddrinfo; /* the same in all interpreters */"""
    PyMethodDef fs_quick_getaddrinfo


cdef inline object item_of(dict table, object key):
    """What a table has under a key, or None."""
    cdef PyObject *found
    if not fs_dict_item(table, key, &found):
        return None
    value = <object>found
    Py_DECREF(value)
    return value


# A finalizer may call the functions after the collector has cleared the module's objects.
@cython.no_gc_clear
cdef class _Guard:
    def __cinit__(self, name, function):
        self.socket = vars(_socket_module)
        self.name = name
        self.stdlib, self.ours = _genuine.trusted(name, function) or (None, None)

    cdef bint is_open(self) except -1:
        there = item_of(self.socket, self.name)
        return there is not None and (there is self.stdlib or there is self.ours)


@cython.no_gc_clear
cdef class _State:
    def __cinit__(self, plain):
        self.getaddrinfo = _Guard("getaddrinfo", getaddrinfo)
        self.gethostbyname = _Guard("gethostbyname", gethostbyname)
        self.getnameinfo = _Guard("getnameinfo", getnameinfo)
        self.getservbyname = _Guard("getservbyname", getservbyname)
        self.getservbyport = _Guard("getservbyport", getservbyport)
        self.getprotobyname = _Guard("getprotobyname", getprotobyname)
        self.services = vars(services)
        self.any_protocol = services.ANY_PROTOCOL
        self.shapes = [None] * SHAPES
        self.current = "current"
        self.empty = ""
        self.zero = 0
        self.parameters = tuple(map(_intern, _PARAMETERS))
        self.plain = plain

    cdef tuple tables(self):
        tables = item_of(self.services, self.current)
        if tables is None:
            tables = services.load()
        if not isinstance(tables, tuple):  # Python code can replace them by anything
            raise TypeError(f"services.current must be Tables, not '{type(tables).__name__}'")
        return <tuple>tables


cdef inline long int_value(object value) noexcept:
    """An int's value, or -1 where libc should judge."""
    cdef int overflow
    if not PyLong_Check(value):
        return -1
    return fs_long(value, &overflow)  # -1 if it does not fit


cdef inline long hint_value(PyObject *hint) noexcept:
    return 0 if hint == NULL else int_value(<object>hint)


cdef inline int digits_value(object text) noexcept:
    """The port that decimal text means, or -1 where libc should judge."""
    cdef Py_ssize_t size, i
    cdef int value = 0
    cdef const uint8_t *p = fs_ascii(<PyObject *>text, &size)
    if p == NULL or not 1 <= size <= 5:
        return -1
    for i in range(size):
        if not c"0" <= p[i] <= c"9":
            return -1
        value = 10 * value + p[i] - c"0"
    return value if value <= PORT_MAX else -1


cdef inline int port_number(object port) noexcept:
    """A port's number, or -1 where libc should judge."""
    cdef long value
    if PyLong_CheckExact(port):
        value = int_value(port)
        return <int>value if 0 <= value <= PORT_MAX else -1
    if port is None:
        return 0
    return digits_value(port) if PyUnicode_CheckExact(port) else -1


cdef inline bint read_literal(Literal *literal, object host, object port) noexcept:
    """Whether a host is a strictly spelled literal, and its port a plain number."""
    cdef Py_ssize_t size = 0
    cdef const uint8_t *p
    cdef const uint8_t *end
    if not PyUnicode_CheckExact(host):
        return False
    p = fs_ascii(<PyObject *>host, &size)
    literal.port = port_number(port)
    if p == NULL or literal.port < 0:
        return False
    end = p + size
    if fs_parse4(p, end, literal.packed) == end:
        literal.family = AF_INET
        return True
    literal.family = AF_INET6
    return fs_parse6(p, end, literal.packed) == end


cdef inline object host_of(const Literal *literal, object host):
    """The text that libc would give. A strict IPv4 literal is already canonical."""
    cdef uint8_t text[FS_TEXT6_MAX + 1]
    if literal.family == AF_INET:
        return host
    return fs_new_text(text, <Py_ssize_t>fs_format6(literal.packed, text))


cdef inline object sockaddr_of(_State state, const Literal *literal, object host, object port):
    number = port if PyLong_CheckExact(port) else literal.port
    text = host_of(literal, host)
    if literal.family == AF_INET:
        return (text, number)
    return (text, number, state.zero, state.zero)


cdef inline int shape_number(const Literal *literal, long family, long kind, long proto) noexcept:
    """Where the rows' shape for these hints is kept, or -1 where libc should judge."""
    cdef int number = 0
    if family == literal.family:
        number = 1
    elif family != AF_UNSPEC:
        return -1
    if literal.family == AF_INET6:
        number += 2
    if kind == SOCK_STREAM:
        number += 4
    elif kind == SOCK_DGRAM:
        number += 8
    elif kind != 0:
        return -1
    if proto == IPPROTO_TCP and kind != SOCK_DGRAM:
        number += 12
    elif proto == IPPROTO_UDP and kind != SOCK_STREAM:
        number += 24
    elif proto != 0:
        return -1
    return number


cdef object ask(PyObject **given):
    """Have `socket` answer; it gets all six arguments in any case."""
    args = [0 if given[i] == NULL else <object>given[i] for i in range(STRICT)]
    return _genuine.ask_getaddrinfo(getaddrinfo, *args)


cdef tuple checked_shape(tuple shape):
    """Check a shape, for `rows_of` reads it unchecked: no read beyond a tuple."""
    for row in shape or ():
        if not PyTuple_CheckExact(row) or PyTuple_GET_SIZE(row) != 3:
            raise TypeError("a row's shape must be a tuple of three items")
    return shape


cdef object ask_and_learn(_State state, int number, object sockaddr, PyObject **given):
    """Have libc answer for a literal, and remember the form of its rows."""
    rows = ask(given)
    # Without a port a platform may give more rows than with one.
    if <object>given[PORT] is not None:
        state.shapes[number] = checked_shape(_genuine.shape_of(rows, sockaddr))
    return rows


cdef inline object rows_of(tuple shape, object canonname, object sockaddr):
    cdef Py_ssize_t size = PyTuple_GET_SIZE(shape), i
    cdef tuple row
    rows = PyList_New(size)
    for i in range(size):
        row = <tuple>PyTuple_GET_ITEM(shape, i)
        made = (
            <object>PyTuple_GET_ITEM(row, 0),
            <object>PyTuple_GET_ITEM(row, 1),
            <object>PyTuple_GET_ITEM(row, 2),
            canonname,
            sockaddr,
        )
        Py_INCREF(made)
        PyList_SET_ITEM(rows, i, made)
    return rows


cdef object resolve(_State state, PyObject **given):
    """`getaddrinfo`, of arguments by parameter: NULL where one is left out."""
    cdef Literal literal
    cdef int number = -1
    cdef long flags
    cdef tuple shape
    cdef long family = hint_value(given[FAMILY])
    cdef long kind = hint_value(given[TYPE])
    cdef long proto = hint_value(given[PROTO])
    host, port = <object>given[HOST], <object>given[PORT]
    if given[STRICT] != NULL and <object>given[STRICT]:
        _genuine.check_port(port)
    if state.getaddrinfo.is_open() and read_literal(&literal, host, port):
        flags = hint_value(given[FLAGS])
        if flags >= 0 and not flags & ~FS_LITERAL_FLAGS:
            number = shape_number(&literal, family, kind, proto)
    if number < 0:
        return ask(given)
    sockaddr = sockaddr_of(state, &literal, host, port)
    shape = fs_list_item(state.shapes, number)
    if shape is None:
        return ask_and_learn(state, number, sockaddr, given)
    PySys_Audit("socket.getaddrinfo", "OOlll", given[HOST], given[PORT], family, kind, proto)
    return rows_of(shape, state.empty, sockaddr)


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0, *, strict=False):
    """Resolve a host and a port into rows that tell how to open and connect a socket.

    A numeric host is answered here; a name, and all that is not certain, by `socket`.

    Args:
        host: a name, an address, or None: any or loopback address, as `flags` say.
        port: a number, decimal text, a service's name, or None.
        family: `AF_INET`, `AF_INET6`, or 0 for both.
        type: `SOCK_STREAM`, `SOCK_DGRAM`, ..., or 0 for all.
        proto: `IPPROTO_TCP`, ..., or 0 for all.
        flags: `AI_PASSIVE`, `AI_CANONNAME`, ..., or 0.
        strict: refuse a numeric port above 65535 instead of cutting it to 16 bits.

    Returns:
        Rows ``(family, type, proto, canonname, sockaddr)``, as `socket.getaddrinfo`.

    Raises:
        socket.gaierror: there is no such host or service, or the server does not answer.
        ValueError: an embedded NUL, or a name that can't be encoded.
        OverflowError: with `strict`, a port out of range.
        TypeError, OSError: as `socket.getaddrinfo`.

    Source: RFC 3493 section 6.1; POSIX.1-2017 getaddrinfo().

    >>> from socket import SOCK_STREAM
    >>> for row in getaddrinfo("2001:db8::0:1", 80, type=SOCK_STREAM):
    ...     print(row[4])
    ('2001:db8::1', 80, 0, 0)
    """
    cdef PyObject **given = [
        <PyObject *>host, <PyObject *>port, <PyObject *>family, <PyObject *>type,
        <PyObject *>proto, <PyObject *>flags, <PyObject *>strict,
    ]
    return resolve(<_State?>_state, given)


cdef object enter_getaddrinfo(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    """The entry of a call: Cython's own looks its module up for each name and each default."""
    cdef _State state = <_State?>_state
    cdef PyObject *given[PARAMETERS]
    if (
        sort_arguments(state.parameters, PARAMETERS, STRICT, args, count, names, given)
        and given[HOST] != NULL and given[PORT] != NULL
    ):
        return resolve(state, given)
    return PyObject_Vectorcall(state.plain, args, count, names)  # compares texts, or refuses


def gethostbyname(hostname, /):
    """Resolve a host's name into one IPv4 address.

    Args:
        hostname: a name, or an address, which is given back.

    Returns:
        The address in dotted decimal.

    Raises:
        socket.gaierror: there is no such host, or the server does not answer.
        TypeError, UnicodeError: as `socket.gethostbyname`.

    Source: POSIX.1-2001 gethostbyname().

    >>> gethostbyname("192.0.2.1")
    '192.0.2.1'
    """
    cdef Literal literal
    cdef _State state = <_State?>_state
    if (
        state.gethostbyname.is_open()
        and read_literal(&literal, hostname, None)
        and literal.family == AF_INET
    ):
        PySys_Audit("socket.gethostbyname", "O", <PyObject *>hostname)
        return hostname
    return _genuine.stand_in("gethostbyname", gethostbyname)(hostname)


cdef inline bint is_int_up_to(object value, long most) noexcept:
    cdef long number
    if not PyLong_CheckExact(value):
        return False
    number = int_value(value)
    return 0 <= number <= most


cdef object numeric_names(object sockaddr):
    """Host and port as text, of an address without a zone that is made as it should be."""
    cdef Literal literal
    cdef Py_ssize_t size
    if not PyTuple_CheckExact(sockaddr):
        return None
    size = PyTuple_GET_SIZE(sockaddr)
    if size < 2 or not PyLong_CheckExact((<tuple>sockaddr)[1]):
        return None
    if not read_literal(&literal, (<tuple>sockaddr)[0], (<tuple>sockaddr)[1]):
        return None
    if size > (2 if literal.family == AF_INET else 4):
        return None
    if size > 2 and not is_int_up_to((<tuple>sockaddr)[2], FLOW_MAX):
        return None
    if size > 3 and not is_int_up_to((<tuple>sockaddr)[3], 0):
        return None
    return (host_of(&literal, (<tuple>sockaddr)[0]), str((<tuple>sockaddr)[1]))


def getnameinfo(sockaddr, flags, /):
    """Name the host and the service of a socket address.

    Args:
        sockaddr: ``(host, port)`` or ``(host, port, flowinfo, scope_id)``, host in numbers.
        flags: `NI_NUMERICHOST`, `NI_NUMERICSERV`, ... or 0.

    Returns:
        A host's and a service's name, or numbers, as text.

    Raises:
        socket.gaierror: no such name, or a host that is no address.
        TypeError, OSError, OverflowError: as `socket.getnameinfo`.

    Source: RFC 3493 section 6.2; POSIX.1-2017 getnameinfo().

    >>> from socket import NI_NUMERICHOST, NI_NUMERICSERV
    >>> getnameinfo(("2001:db8:0::1", 80), NI_NUMERICHOST | NI_NUMERICSERV)
    ('2001:db8::1', '80')
    """
    cdef _State state = <_State?>_state
    if (
        state.getnameinfo.is_open()
        and PyLong_CheckExact(flags)
        and int_value(flags) & ~NI_DGRAM == FS_NUMERIC
    ):
        names = numeric_names(sockaddr)
        if names is not None:
            PySys_Audit("socket.getnameinfo", "(O)", <PyObject *>sockaddr)
            return names
    return _genuine.stand_in("getnameinfo", getnameinfo)(sockaddr, flags)


cdef inline object find(dict columns, object protocolname, object key):
    """What a table has under a protocol and a key, or None. Keys are exact str and int."""
    cdef dict column = item_of(columns, protocolname)
    return None if column is None else item_of(column, key)


cdef inline bint is_protocol(_State state, object protocolname) noexcept:
    return PyUnicode_CheckExact(protocolname) or protocolname is state.any_protocol


cdef inline PyObject *event_protocol(object protocolname) noexcept:
    """A protocol of which `is_protocol` holds, as an audit event has it."""
    return <PyObject *>protocolname if PyUnicode_CheckExact(protocolname) else <PyObject *>None


cdef bint can_ask_reentrant(object text) except -1:
    """Whether libc has the function, and would read the whole of the text."""
    cdef Py_ssize_t size
    if not FS_NETDB_REENTRANT or not PyUnicode_CheckExact(text):
        return FS_NETDB_REENTRANT
    return <Py_ssize_t>strlen(<const char *>fs_utf8(text, &size)) == size


cdef const char *c_text(object text) except? NULL:
    cdef Py_ssize_t size
    if not PyUnicode_CheckExact(text):  # ANY_PROTOCOL
        return NULL
    return <const char *>fs_utf8(text, &size)


cdef object ask_socket(object name, object ours, object key, object protocolname):
    """Have `socket` answer or refuse what is not for the tables."""
    if protocolname is services.ANY_PROTOCOL:
        return services.ask(name, ours, key)
    return services.ask(name, ours, key, protocolname)


cdef object libc_port(object servicename, object protocolname):
    cdef const char *name = c_text(servicename)
    cdef const char *protocol = c_text(protocolname)
    cdef int port = 0
    cdef bint found
    with nogil:
        found = fs_service_port(name, protocol, &port)
    if not found:
        raise OSError("service/proto not found")
    return port


def getservbyname(servicename, protocolname=services.ANY_PROTOCOL, /):
    """Find the port of a service.

    Args:
        servicename: a name or alias: ``"http"``, ``"www"``. Case matters.
        protocolname: ``"tcp"``, ``"udp"``, ...; the file's first line if left out.

    Returns:
        The port's number.

    Raises:
        OSError: there is no such service.
        TypeError, ValueError: as `socket.getservbyname`.

    Source: POSIX.1-2017 getservbyname(); services(5).

    >>> getservbyname("https", "tcp")
    443
    """
    cdef _State state = <_State?>_state
    if not (
        state.getservbyname.is_open()
        and PyUnicode_CheckExact(servicename)
        and is_protocol(state, protocolname)
    ):
        return ask_socket("getservbyname", getservbyname, servicename, protocolname)
    port = find(state.tables()[PORTS], protocolname, servicename)
    if port is None and not (can_ask_reentrant(servicename) and can_ask_reentrant(protocolname)):
        return ask_socket("getservbyname", getservbyname, servicename, protocolname)
    PySys_Audit(
        "socket.getservbyname", "OO", <PyObject *>servicename, event_protocol(protocolname)
    )
    return libc_port(servicename, protocolname) if port is None else port


cdef object libc_service(int port, object protocolname):
    cdef const char *protocol = c_text(protocolname)
    cdef char name[NAME_ROOM]
    cdef bint found
    with nogil:
        found = fs_service_name(port, protocol, name, NAME_ROOM)
    if not found:
        raise OSError("port/proto not found")
    return name.decode("utf-8")


def getservbyport(port, protocolname=services.ANY_PROTOCOL, /):
    """Find the name of the service on a port.

    Args:
        port: 0 to 65535.
        protocolname: ``"tcp"``, ``"udp"``, ...; the file's first line if left out.

    Returns:
        The service's name.

    Raises:
        OSError: there is no service on that port.
        OverflowError: a number that is no port.
        TypeError, ValueError: as `socket.getservbyport`.

    Source: POSIX.1-2017 getservbyport(); services(5).

    >>> getservbyport(443, "tcp")
    'https'
    """
    cdef long number
    cdef _State state = <_State?>_state
    if not (state.getservbyport.is_open() and is_protocol(state, protocolname)):
        return ask_socket("getservbyport", getservbyport, port, protocolname)
    if not PyLong_CheckExact(port):
        port = int(_index(port))
    number = int_value(port)
    name = find(state.tables()[SERVICES], protocolname, port)
    if name is None and not (0 <= number <= PORT_MAX and can_ask_reentrant(protocolname)):
        return ask_socket("getservbyport", getservbyport, port, protocolname)
    PySys_Audit("socket.getservbyport", "lO", number, event_protocol(protocolname))
    return libc_service(<int>number, protocolname) if name is None else name


cdef object libc_protocol(object protocolname):
    cdef const char *name = c_text(protocolname)
    cdef int number = 0
    cdef bint found
    with nogil:
        found = fs_protocol_number(name, &number)
    if not found:
        raise OSError("protocol not found")
    return number


def getprotobyname(protocolname, /):
    """Find the number of a protocol.

    Args:
        protocolname: a name or alias: ``"tcp"``, ``"TCP"``. Case matters.

    Returns:
        The number, as in the IP header.

    Raises:
        OSError: there is no such protocol.
        TypeError, ValueError: as `socket.getprotobyname`.

    Source: POSIX.1-2017 getprotobyname(); protocols(5).

    >>> getprotobyname("udp")
    17
    """
    cdef _State state = <_State?>_state
    if state.getprotobyname.is_open() and PyUnicode_CheckExact(protocolname):
        number = item_of(state.tables()[PROTOCOLS], protocolname)
        if number is not None:
            return number
        if can_ask_reentrant(protocolname):
            return libc_protocol(protocolname)
    return services.ask("getprotobyname", getprotobyname, protocolname)


_plain = getaddrinfo
getaddrinfo = with_entry(_plain, &fs_quick_getaddrinfo, <PyCFunction>enter_getaddrinfo)
_state = _State(_plain)
