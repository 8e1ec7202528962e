"""Datagrams in batches: many a system call, in and out, on UDP and UNIX sockets.

`DatagramBatch` receives, `send_batch` sends. Both use what the kernel has (recvmmsg, sendmmsg,
GRO, GSO), and work without it. Their counterparts for asyncio are in `fastsock.aio`.
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
