"""The PROXY protocol, versions 1 and 2: what a load balancer says of the client it speaks for.

Strict to HAProxy's specification. `parse_proxy` waits for nothing and holds nothing: it looks at
the bytes that have come so far. Use it only where every connection comes from a proxy that you
trust: a header that anyone may send is a forged address.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish
from .errors import ProxyError
from .header import NeedMore, ProxyHeader, ProxySSL, ProxySSLClient, ProxyTLV
from .server import ProxyMixIn

if TYPE_CHECKING or not COMPILED:
    from ._py import build_proxy_v1, build_proxy_v2, parse_proxy
else:
    from ._c import build_proxy_v1, build_proxy_v2, parse_proxy

__all__ = [
    "NeedMore",
    "ProxyError",
    "ProxyHeader",
    "ProxyMixIn",
    "ProxySSL",
    "ProxySSLClient",
    "ProxyTLV",
    "build_proxy_v1",
    "build_proxy_v2",
    "parse_proxy",
]

publish(__name__, globals(), __all__)
