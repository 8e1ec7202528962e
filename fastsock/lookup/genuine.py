"""Which function `socket` has under one of our names, and which answers without a fast path.

Programs put other functions into `socket`: gevent and tests do, and so does one
that installs fastsock's. Every look-up therefore asks `socket` at call time. A
fast path is taken only if `socket` has the standard library's own function or
ours; any other function gets the call unchanged.
"""

from __future__ import annotations

import _socket
import socket
from collections.abc import Callable

from .._core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

NAMES = (
    "create_connection",
    "getaddrinfo",
    "getfqdn",
    "gethostbyaddr",
    "gethostbyname",
    "gethostbyname_ex",
    "gethostname",
    "getnameinfo",
    "getprotobyname",
    "getservbyname",
    "getservbyport",
    "if_indextoname",
    "if_nameindex",
    "if_nametoindex",
)
"""The names of `socket` that `fastsock.lookup` has too."""

_PORT_MAX = 0xFFFF

SEEN: dict[str, Callable[..., Any]] = {
    name: vars(socket)[name] for name in NAMES if name in vars(socket)
}
"""What `socket` had when fastsock was imported: it answers where ours has been put in."""


def _is_stdlib(name: str, function: object) -> bool:
    if function is getattr(_socket, name, None):
        return True
    return getattr(function, "__globals__", None) is vars(socket)


STDLIB: dict[str, Callable[..., Any] | None] = {
    name: function if _is_stdlib(name, function) else None for name, function in SEEN.items()
}
"""The standard library's own functions; None for one that was replaced before the import."""


def trusted(name: str, ours: Callable[..., Any]) -> tuple[Callable[..., Any], ...]:
    """The functions which, standing in `socket`, leave the fast path of `ours` open."""
    stdlib = STDLIB[name]
    return () if stdlib is None else (stdlib, ours)


def stand_in(name: str, ours: object) -> Callable[..., Any]:
    """The function that `socket` has under `name` now, and if that is ours, what it had before."""
    function: Callable[..., Any] = getattr(socket, name)
    return SEEN[name] if function is ours else function


def _holds_nul(value: object) -> bool:
    return (isinstance(value, str) and "\0" in value) or (
        isinstance(value, bytes) and b"\0" in value
    )


def ask_getaddrinfo(ours: object, host: Any, port: Any, *hints: Any) -> Any:
    """`socket.getaddrinfo`, but for texts that libc would read only in part."""
    # libc takes "127.0.0.1\0.example.org" for 127.0.0.1: whoever checked the name was deceived.
    if _holds_nul(host) or _holds_nul(port):
        raise ValueError("embedded null character")
    return stand_in("getaddrinfo", ours)(host, port, *hints)


def check_port(port: object) -> None:
    """Refuse a numeric port that libc would cut down to 16 bits."""
    if isinstance(port, str | bytes):
        try:
            port = int(port)
        except ValueError:
            return  # a service's name, or what libc refuses itself
    if isinstance(port, int) and not 0 <= port <= _PORT_MAX:
        raise OverflowError("getaddrinfo: port must be 0-65535.")


def shape_of(rows: list[Any], sockaddr: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The part of a literal's rows that all literals share: ``(family, type, proto)`` of each.

    None if the rows are not those of a literal as we know them: an interpreter
    without IPv6, a platform with rules of its own.
    """
    if rows and all(row[3:] == ("", sockaddr) for row in rows):
        return tuple(row[:3] for row in rows)
    return None
