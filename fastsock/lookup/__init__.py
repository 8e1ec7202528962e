"""Names, addresses and services: drop-ins for the `socket` module's look-ups.

Numeric hosts never enter libc, services and protocols come from tables that are
right under threads, and all else goes to whatever `socket` has at the moment of
the call, so that gevent's and tests' replacements keep working.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish
from .constants import describe, get_constants, name_of
from .errors import ConnectError, ConnectTimeoutError, NotAllowedError
from .eyeballs import connect
from .passthrough import (
    create_connection,
    getfqdn,
    gethostbyaddr,
    gethostbyname_ex,
    gethostname,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
)
from .resolver import Resolver, ResolverInfo
from .services import reload_tables

if TYPE_CHECKING or not COMPILED:
    from ._py import (
        getaddrinfo,
        gethostbyname,
        getnameinfo,
        getprotobyname,
        getservbyname,
        getservbyport,
    )
else:
    from ._c import (
        getaddrinfo,
        gethostbyname,
        getnameinfo,
        getprotobyname,
        getservbyname,
        getservbyport,
    )

__all__ = [
    "ConnectError",
    "ConnectTimeoutError",
    "NotAllowedError",
    "Resolver",
    "ResolverInfo",
    "connect",
    "create_connection",
    "describe",
    "get_constants",
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
    "name_of",
    "reload_tables",
]

publish(__name__, globals(), __all__)
