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
from .capture import Capture, CaptureError, CaptureWriter, Record, open_capture
from .columns import Columns, decode_columns
from .connect import connect
from .constants import describe, get_constants, name_of
from .errors import ConnectError, ConnectTimeoutError
from .lookup import (
    create_connection,
    getaddrinfo,
    getfqdn,
    gethostbyaddr,
    gethostbyname,
    gethostbyname_ex,
    gethostname,
    getnameinfo,
    getprotobyname,
    getservbyname,
    getservbyport,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
)
from .reader import SocketReader
from .resolver import Resolver, ResolverInfo
from .services import reload_tables
from .stream import (
    Delimiter,
    FixedSize,
    FrameError,
    Framer,
    FrameTooLargeError,
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
    "Capture",
    "CaptureError",
    "CaptureWriter",
    "Columns",
    "ConnectError",
    "ConnectTimeoutError",
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
    "Record",
    "RecvAccumulator",
    "Resolver",
    "ResolverInfo",
    "SocketReader",
    "Varint",
    "__version__",
    "connect",
    "create_connection",
    "decode_columns",
    "describe",
    "format_hostport",
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
    "inet_aton",
    "inet_ntoa",
    "inet_ntop",
    "inet_ntop_lines",
    "inet_ntop_many",
    "inet_pton",
    "inet_pton_many",
    "name_of",
    "open_capture",
    "parse_hostport",
    "reload_tables",
]
