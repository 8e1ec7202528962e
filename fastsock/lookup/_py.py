"""Pure twin of `fastsock.lookup`: literals by `inet_pton`, services by dictionary.

A literal's rows are put together from those that libc gave for the first literal
asked with the same hints, so they are libc's own on every platform.
"""

from __future__ import annotations

import socket
import sys
from operator import index
from socket import AF_INET, AF_INET6

from .._core.omitted import Omitted
from .._core.typed import TYPE_CHECKING, overload
from ..address._py.inet import _ntop, _pton
from . import genuine as _genuine, services
from .services import ANY_PROTOCOL

if TYPE_CHECKING:
    from typing import Any, SupportsIndex, TypeAlias

    # As typeshed has it: IPv4, IPv6, and what Python without IPv6 makes of that.
    Sockaddr: TypeAlias = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]

_audit = sys.audit

_PORT_MAX = 0xFFFF
# All other flags may change what a literal gives, or refuse it. (A plain int: flags are slow.)
_NOT_LITERAL = ~int(
    socket.AI_PASSIVE | socket.AI_NUMERICHOST | getattr(socket, "AI_NUMERICSERV", 0)
)
# The type and protocol that pick rows which depend on nothing else, port included.
_HINTS = {
    (int(kind), proto)
    for kind, proto in (
        (0, 0),
        (0, socket.IPPROTO_TCP),
        (0, socket.IPPROTO_UDP),
        (socket.SOCK_STREAM, 0),
        (socket.SOCK_STREAM, socket.IPPROTO_TCP),
        (socket.SOCK_DGRAM, 0),
        (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
    )
}
# Keyed by the length of the socket address, which tells its family, and by the hints.
_shapes: dict[tuple[int, int, int, int], tuple[Any, ...]] = {}


def _port_number(port: object) -> int:
    """A port's number, or -1 where libc should judge."""
    if port is None:
        return 0
    if type(port) is str and len(port) <= 5 and port.isascii() and port.isdecimal():
        number = int(port)
        return number if number <= _PORT_MAX else -1
    return -1


def _ask_and_learn(key: tuple[int, int, int, int], sockaddr: tuple[Any, ...], *args: Any) -> Any:
    """Have libc answer for a literal, and remember the form of its rows."""
    rows = _genuine.ask_getaddrinfo(getaddrinfo, *args)
    shape = _genuine.shape_of(rows, sockaddr)
    # Without a port a platform may give more rows than with one.
    if key[2:] in _HINTS and args[1] is not None and shape:
        _shapes[key] = shape
    return rows


def getaddrinfo(
    host: bytes | str | None,
    port: bytes | str | int | None,
    family: SupportsIndex = 0,
    type: SupportsIndex = 0,  # noqa: A002
    proto: SupportsIndex = 0,
    flags: SupportsIndex = 0,
    *,
    strict: bool = False,
) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, str, Sockaddr]]:
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
    if strict:
        _genuine.check_port(port)
    if socket.getaddrinfo in _trusted_getaddrinfo:
        # libc must see no float that equals an int, and audit hooks see plain ints.
        family, type, proto = index(family), index(type), index(proto)  # noqa: A001
        # An exact int first, without the call: it is what nearly everybody gives.
        number = port if port.__class__ is int and 0 <= port <= _PORT_MAX else _port_number(port)
        sockaddr: Any = None
        if number >= 0 and host.__class__ is str:
            try:
                if ":" in host:
                    sockaddr = (_ntop(AF_INET6, _pton(AF_INET6, host)), number, 0, 0)
                else:
                    _pton(AF_INET, host)
                    sockaddr = (host, number)  # the strict spelling is the canonical one
            except (OSError, ValueError):
                pass
        if sockaddr and not index(flags) & _NOT_LITERAL:
            key = (len(sockaddr), family, type, proto)
            try:
                shape = _shapes[key]
            except KeyError:
                shape = ()
            if not shape:
                return _ask_and_learn(key, sockaddr, host, port, family, type, proto, flags)  # type: ignore[no-any-return]
            _audit("socket.getaddrinfo", host, port, family, type, proto)
            rest = ("", sockaddr)
            if len(shape) == 1:  # in a third of the time that a comprehension takes
                return [shape[0] + rest]
            return [row + rest for row in shape]
    return _genuine.ask_getaddrinfo(  # type: ignore[no-any-return]
        getaddrinfo, host, port, family, type, proto, flags
    )


def gethostbyname(hostname: str, /) -> str:
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
    if socket.gethostbyname in _trusted_gethostbyname and type(hostname) is str:
        try:
            _pton(AF_INET, hostname)
        except (OSError, ValueError):
            pass
        else:
            _audit("socket.gethostbyname", hostname)
            return hostname
    return _genuine.stand_in("gethostbyname", gethostbyname)(hostname)  # type: ignore[no-any-return]


def getnameinfo(
    sockaddr: tuple[str, int] | tuple[str, int, int] | tuple[str, int, int, int],
    flags: SupportsIndex,
    /,
) -> tuple[str, str]:
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
    # `socket` does all of it in C; a check for a literal in Python would take as long.
    function = socket.getnameinfo
    if function is getnameinfo:
        function = _genuine.SEEN["getnameinfo"]
    return function(sockaddr, flags)  # type: ignore[arg-type]


@overload
def getservbyname(servicename: str, /) -> int: ...
@overload
def getservbyname(servicename: str, protocolname: str, /) -> int: ...
def getservbyname(servicename: str, protocolname: str | Omitted = ANY_PROTOCOL, /) -> int:
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
    if socket.getservbyname in _trusted_getservbyname:
        tables = services.current or services.load()
        try:
            port = tables.ports[protocolname][servicename]
        except (KeyError, TypeError):
            pass
        else:
            _audit(
                "socket.getservbyname",
                servicename,
                None if protocolname is ANY_PROTOCOL else protocolname,
            )
            return port
    return services.ask(  # type: ignore[no-any-return]
        "getservbyname",
        getservbyname,
        *((servicename,) if protocolname is ANY_PROTOCOL else (servicename, protocolname)),
    )


@overload
def getservbyport(port: SupportsIndex, /) -> str: ...
@overload
def getservbyport(port: SupportsIndex, protocolname: str, /) -> str: ...
def getservbyport(port: SupportsIndex, protocolname: str | Omitted = ANY_PROTOCOL, /) -> str:
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
    if socket.getservbyport in _trusted_getservbyport:
        number = port if type(port) is int else int(index(port))
        tables = services.current or services.load()
        try:
            name = tables.services[protocolname][number]
        except (KeyError, TypeError):
            pass
        else:
            _audit(
                "socket.getservbyport",
                number,
                None if protocolname is ANY_PROTOCOL else protocolname,
            )
            return name
    return services.ask(  # type: ignore[no-any-return]
        "getservbyport",
        getservbyport,
        *((port,) if protocolname is ANY_PROTOCOL else (port, protocolname)),
    )


def getprotobyname(protocolname: str, /) -> int:
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
    if socket.getprotobyname in _trusted_getprotobyname:
        tables = services.current or services.load()
        try:
            return tables.protocols[protocolname]
        except (KeyError, TypeError):
            pass
    return services.ask("getprotobyname", getprotobyname, protocolname)  # type: ignore[no-any-return]


# Defined last, for they hold the functions above. See `_genuine.trusted`.
_trusted_getaddrinfo = _genuine.trusted("getaddrinfo", getaddrinfo)
_trusted_gethostbyname = _genuine.trusted("gethostbyname", gethostbyname)
_trusted_getservbyname = _genuine.trusted("getservbyname", getservbyname)
_trusted_getservbyport = _genuine.trusted("getservbyport", getservbyport)
_trusted_getprotobyname = _genuine.trusted("getprotobyname", getprotobyname)
