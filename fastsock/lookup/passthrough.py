"""The names of `socket` that have no fast path: whatever `socket` has when they are called.

The kernel or a server does their work, and their answers change while a program
runs: the host's name, interfaces, what a name server says. They are here so that
``from fastsock import ...`` can stand for ``from socket import ...``.
"""

from __future__ import annotations

import socket

from .._core.omitted import Omitted
from .._core.typed import TYPE_CHECKING
from .genuine import stand_in as _stand_in

if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "create_connection",
    "getfqdn",
    "gethostbyaddr",
    "gethostbyname_ex",
    "gethostname",
    "if_indextoname",
    "if_nameindex",
    "if_nametoindex",
]

_DEFAULT_TIMEOUT: Any = Omitted("the default of socket")


def gethostname() -> str:
    """Tell this host's name, as `socket.gethostname`.

    Returns:
        The name, qualified or not, as the system has it now.

    Source: POSIX.1-2017 gethostname().

    >>> isinstance(gethostname(), str)
    True
    """
    return _stand_in("gethostname", gethostname)()  # type: ignore[no-any-return]


def gethostbyname_ex(hostname: str, /) -> tuple[str, list[str], list[str]]:
    """Resolve a host's name into all its IPv4 addresses, as `socket.gethostbyname_ex`.

    Args:
        hostname: a name or an address.

    Returns:
        ``(canonical name, aliases, addresses)``.

    Raises:
        socket.gaierror, socket.herror: there is no such host, or the server does not answer.

    Source: POSIX.1-2001 gethostbyname().

    >>> gethostbyname_ex("127.0.0.1")
    ('127.0.0.1', [], ['127.0.0.1'])
    """
    return _stand_in("gethostbyname_ex", gethostbyname_ex)(hostname)  # type: ignore[no-any-return]


def gethostbyaddr(ip_address: str, /) -> tuple[str, list[str], list[str]]:
    """Find the names of an address, as `socket.gethostbyaddr`.

    Args:
        ip_address: an IPv4 or IPv6 address, or a name.

    Returns:
        ``(name, aliases, addresses)``.

    Raises:
        socket.herror: the address has no name.
        socket.gaierror: there is no such host, where a name was given.

    Source: POSIX.1-2001 gethostbyaddr().

    >>> name, aliases, addresses = gethostbyaddr("127.0.0.1")
    >>> addresses
    ['127.0.0.1']
    """
    return _stand_in("gethostbyaddr", gethostbyaddr)(ip_address)  # type: ignore[no-any-return]


def getfqdn(name: str = "") -> str:
    """Find the fully qualified name of a host, as `socket.getfqdn`.

    Args:
        name: a name or an address; this host's if empty.

    Returns:
        The first name with a dot in it that reverse look-up gives, else `name`.

    Source: the Python standard library.

    >>> isinstance(getfqdn("127.0.0.1"), str)
    True
    """
    return _stand_in("getfqdn", getfqdn)(name)  # type: ignore[no-any-return]


def if_nametoindex(if_name: str, /) -> int:
    """Find the index of a network interface, as `socket.if_nametoindex`.

    Args:
        if_name: the interface's name.

    Returns:
        Its index, 1 or more.

    Raises:
        OSError: there is no such interface.

    Source: RFC 3493 section 4.1.

    >>> index, name = if_nameindex()[0]
    >>> if_nametoindex(name) == index
    True
    """
    return _stand_in("if_nametoindex", if_nametoindex)(if_name)  # type: ignore[no-any-return]


def if_indextoname(if_index: int, /) -> str:
    """Find the name of a network interface, as `socket.if_indextoname`.

    Args:
        if_index: the interface's index.

    Returns:
        Its name.

    Raises:
        OSError: there is no such interface.

    Source: RFC 3493 section 4.2.

    >>> index, name = if_nameindex()[0]
    >>> if_indextoname(index) == name
    True
    """
    return _stand_in("if_indextoname", if_indextoname)(if_index)  # type: ignore[no-any-return]


def if_nameindex() -> list[tuple[int, str]]:
    """List the network interfaces, as `socket.if_nameindex`.

    Returns:
        ``(index, name)`` of each.

    Raises:
        OSError: the system does not tell.

    Source: RFC 3493 section 4.3.

    >>> all(index > 0 for index, name in if_nameindex())
    True
    """
    return _stand_in("if_nameindex", if_nameindex)()  # type: ignore[no-any-return]


def create_connection(
    address: tuple[str | None, int | str],
    timeout: float | None = _DEFAULT_TIMEOUT,
    source_address: tuple[str, int] | None = None,
    *,
    all_errors: bool = False,
) -> socket.socket:
    """Connect to the first address of a host that accepts, as `socket.create_connection`.

    It tries one address after the other, each for the whole timeout; `fastsock.connect`
    does not wait for one that keeps silent.

    Args:
        address: ``(host, port)``.
        timeout: seconds for each address, None for no limit; `socket`'s default if left out.
        source_address: ``(host, port)`` to connect from.
        all_errors: raise what every address raised, as an ExceptionGroup.

    Returns:
        A connected socket.

    Raises:
        OSError: no address accepted, or there is no such host.
        ExceptionGroup: the same, with `all_errors`.

    Source: the Python standard library.

    >>> with socket.create_server(("127.0.0.1", 0)) as server:
    ...     with create_connection(server.getsockname(), timeout=5) as client:
    ...         client.getpeername() == server.getsockname()
    True
    """
    connect = _stand_in("create_connection", create_connection)
    if timeout is _DEFAULT_TIMEOUT:
        return connect(  # type: ignore[no-any-return]
            address, source_address=source_address, all_errors=all_errors
        )
    return connect(  # type: ignore[no-any-return]
        address, timeout, source_address, all_errors=all_errors
    )
