"""The exception classes of fastsock, and `Error`, their base."""

from ._core.errors import Error
from .address.errors import AddressError
from .capture.errors import CaptureError
from .lookup.errors import ConnectError, ConnectTimeoutError, NotAllowedError
from .packet.errors import PacketError
from .prefix.errors import TableFileError
from .proxy.errors import ProxyError
from .stream.errors import FrameError, FrameTooLargeError, IncompleteReadError, LimitOverrunError

__all__ = [
    "AddressError",
    "CaptureError",
    "ConnectError",
    "ConnectTimeoutError",
    "Error",
    "FrameError",
    "FrameTooLargeError",
    "IncompleteReadError",
    "LimitOverrunError",
    "NotAllowedError",
    "PacketError",
    "ProxyError",
    "TableFileError",
]
