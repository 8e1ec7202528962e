"""Datagrams in batches: many per system call, in and out, on UDP and UNIX sockets.

`DatagramBatch` receives, `send_batch` sends. Both use recvmmsg, sendmmsg, GRO and GSO if the kernel
has them, and work without them. `fastsock.aio` has their counterparts for asyncio.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish
from .sockets import open_datagram_socket
from .support import info

if TYPE_CHECKING or not COMPILED:
    from ._py import DatagramBatch, send_batch
else:
    from ._c import DatagramBatch, send_batch

__all__ = ["DatagramBatch", "info", "open_datagram_socket", "send_batch"]

publish(__name__, globals(), __all__)
