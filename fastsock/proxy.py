"""The PROXY protocol, versions 1 and 2: what a load balancer says of the client it speaks for.

Strict to HAProxy's specification. `parse_proxy` waits for nothing and holds nothing: it looks at
the bytes that have come so far. Use it only where every connection comes from a proxy that you
trust: a header that anyone may send is a forged address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from .errors import ProxyError
from .proxy_build import build_proxy_v1, build_proxy_v2
from .proxy_header import NeedMore, ProxyHeader, ProxySSL, ProxySSLClient, ProxyTLV

if TYPE_CHECKING:
    from ._py.proxy import parse_proxy
else:
    globals().update(_backend.names_of(__name__))

__all__ = [
    "NeedMore",
    "ProxyError",
    "ProxyHeader",
    "ProxySSL",
    "ProxySSLClient",
    "ProxyTLV",
    "build_proxy_v1",
    "build_proxy_v2",
    "parse_proxy",
]
