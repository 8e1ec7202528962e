"""Names of the numbers in addresses, sockets and look-ups: `AF_*`, `SOCK_*`, `IPPROTO_*` ...

They are read from the running `socket` module, for they differ between systems. Options of Linux
that it has no names for are in `_core/options.py`.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import lru_cache

from .._core import options
from .._core.typed import TYPE_CHECKING
from ..address import format_hostport

if TYPE_CHECKING:
    from typing import Any

__all__ = ["describe", "get_constants", "name_of"]

# Where two names share a value, the one that says what the number means in use.
_PREFERRED = {
    "AF_NETLINK",  # AF_ROUTE is BSD's name for another thing
    "IPPROTO_IP",  # 0 in a row of getaddrinfo is no hop-by-hop option
    "IP_RETOPTS",
    "IP_TOS",
    "SO_DEBUG",
    "SO_ERROR",
    "SO_REUSEADDR",
    "SO_TYPE",
}
# Bits that Linux has callers add to a socket's type.
_TYPE_BITS = tuple(
    (name, int(getattr(socket, name)))
    for name in ("SOCK_NONBLOCK", "SOCK_CLOEXEC")
    if hasattr(socket, name)
)
_PREFIXES_KEPT = 64


def _constants() -> Iterator[tuple[str, Any]]:
    """Names and values, those of `socket` first."""
    for name in dir(socket):
        yield name, getattr(socket, name)
    for name in options.NUMBERS:
        if (number := options.number_of(name)) >= 0 and not hasattr(socket, name):
            yield name, number


@lru_cache(maxsize=_PREFIXES_KEPT)
def _table(prefix: str) -> dict[int, str]:
    names: dict[int, str] = {}
    for name, value in _constants():
        if not name.startswith(prefix) or not isinstance(value, int):
            continue
        if int(value) not in names or name in _PREFERRED:
            names[int(value)] = name
    return names


def get_constants(prefix: str) -> dict[int, str]:
    """Collect the constants of `socket` whose names start with a prefix.

    Args:
        prefix: ``"AF_"``, ``"SOCK_"``, ``"IPPROTO_"``, ``"AI_"``, ...

    Returns:
        A new dict from value to name. Of several names of a value the dict has the
        usual one (`AF_NETLINK` rather than `AF_ROUTE`), else the first in the alphabet.

    Source: the running `socket` module.

    >>> get_constants("SHUT_")
    {0: 'SHUT_RD', 2: 'SHUT_RDWR', 1: 'SHUT_WR'}
    """
    return _table(prefix).copy()


def name_of(prefix: str, value: int) -> str:
    """Name a number.

    Args:
        prefix: as `get_constants`.
        value: the number. A socket's type may have `SOCK_NONBLOCK` and `SOCK_CLOEXEC` in it.

    Returns:
        The constant's name, or the number as text where it has none.

    Source: the running `socket` module.

    >>> name_of("IPPROTO_", 6), name_of("IPPROTO_", 250)
    ('IPPROTO_TCP', '250')
    """
    names = _table(prefix)
    if value in names:
        return names[value]
    if prefix == "SOCK_":
        bits = [(name, bit) for name, bit in _TYPE_BITS if value & bit]
        kind = names.get(value & ~sum(bit for _, bit in bits))
        if kind:
            return "|".join([kind, *(name for name, _ in bits)])
    return str(int(value))


def host_of(sockaddr: Any) -> str:
    """The host of a socket address, with the zone that its scope names (RFC 4007 section 11)."""
    host, *rest = sockaddr
    scope = rest[2] if len(rest) == 3 else 0
    if not scope or "%" in host:
        return str(host)
    try:
        return f"{host}%{socket.if_indextoname(scope)}"
    except OSError:  # the interface is gone
        return f"{host}%{scope}"


def _endpoint(sockaddr: Any) -> str:
    # An interpreter without IPv6 gives such an address as (number, bytes).
    if not isinstance(sockaddr, tuple) or not isinstance(sockaddr[0], str):
        return str(sockaddr)
    return format_hostport(host_of(sockaddr), sockaddr[1])


def describe(row: tuple[int, int, int, str, Any]) -> str:
    """Write a row of `getaddrinfo` for people to read.

    Args:
        row: ``(family, type, proto, canonname, sockaddr)``.

    Returns:
        Family, type and protocol by name, the endpoint, and the canonical name if there is one.

    Source: RFC 3986 section 3.2.2 for the brackets.

    >>> from socket import AF_INET6, IPPROTO_TCP, SOCK_STREAM
    >>> describe((AF_INET6, SOCK_STREAM, IPPROTO_TCP, "", ("2001:db8::1", 443, 0, 0)))
    'AF_INET6 SOCK_STREAM IPPROTO_TCP [2001:db8::1]:443'
    """
    family, kind, proto, canonname, sockaddr = row
    words = [
        name_of("AF_", family),
        name_of("SOCK_", kind),
        name_of("IPPROTO_", proto),
        _endpoint(sockaddr),
    ]
    if canonname:
        words.append(f"({canonname})")
    return " ".join(words)
