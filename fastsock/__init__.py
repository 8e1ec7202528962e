"""Addresses, packets, names and received bytes at C speed, with the standard library's answers."""

from ._backend import BACKEND
from .address import (
    AddressError,
    format_hostport,
    inet_aton,
    inet_ntoa,
    inet_ntop,
    inet_ntop_lines,
    inet_ntop_many,
    inet_pton,
    inet_pton_many,
    parse_hostport,
)
from .reader import SocketReader
from .stream import (
    Delimiter,
    FixedSize,
    FrameError,
    FrameTooLargeError,
    Framer,
    IncompleteReadError,
    LengthPrefix,
    LimitOverrunError,
    Lines,
    Netstring,
    RecvAccumulator,
    Varint,
)

__version__ = "0.1.0"

__all__ = [
    "BACKEND",
    "AddressError",
    "Delimiter",
    "FixedSize",
    "FrameError",
    "FrameTooLargeError",
    "Framer",
    "IncompleteReadError",
    "LengthPrefix",
    "LimitOverrunError",
    "Lines",
    "Netstring",
    "RecvAccumulator",
    "SocketReader",
    "Varint",
    "__version__",
    "format_hostport",
    "inet_aton",
    "inet_ntoa",
    "inet_ntop",
    "inet_ntop_lines",
    "inet_ntop_many",
    "inet_pton",
    "inet_pton_many",
    "parse_hostport",
]
