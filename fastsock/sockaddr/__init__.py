"""`struct sockaddr` to and from the addresses of the `socket` module, in the platform's layout.

For code that exchanges addresses with system calls, eBPF maps or C libraries.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish

if TYPE_CHECKING or not COMPILED:
    from ._py import pack_sockaddr, unpack_sockaddr
else:
    from ._c import pack_sockaddr, unpack_sockaddr

__all__ = ["pack_sockaddr", "unpack_sockaddr"]

publish(__name__, globals(), __all__)
