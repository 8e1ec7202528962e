"""Internet addresses: text to bytes and back, one at a time or a million.

The four scalar functions are drop-ins for the `socket` module's and answer to the
letter as it does on Linux. The batch functions keep addresses packed, in one
contiguous buffer of fixed-size records that NumPy and Arrow take as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from .errors import AddressError
from .hostport import format_hostport, parse_hostport

if TYPE_CHECKING:
    from ._py.address import (
        inet_aton,
        inet_ntoa,
        inet_ntop,
        inet_ntop_lines,
        inet_ntop_many,
        inet_pton,
        inet_pton_many,
    )
else:
    globals().update(_backend.names_of(__name__))

__all__ = [
    "AddressError",
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
