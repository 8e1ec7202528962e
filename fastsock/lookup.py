"""Names, addresses and services: drop-ins for the `socket` module's look-ups.

Numeric hosts never enter libc, services and protocols come from tables that are
right under threads, and all else goes to whatever `socket` has at the moment of
the call, so that gevent's and tests' replacements keep working.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from .hostnames import (
    create_connection,
    getfqdn,
    gethostbyaddr,
    gethostbyname_ex,
    gethostname,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
)

if TYPE_CHECKING:
    from ._py.lookup import (
        getaddrinfo,
        gethostbyname,
        getnameinfo,
        getprotobyname,
        getservbyname,
        getservbyport,
    )
else:
    globals().update(_backend.names_of(__name__))

__all__ = [
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
]
