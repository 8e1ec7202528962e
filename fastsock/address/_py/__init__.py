"""The reference twin, over the standard library alone."""

from .hostport import format_hostport, parse_hostport
from .inet import (
    _pack_piece_of as _pack_piece_of,
    inet_aton,
    inet_ntoa,
    inet_ntop,
    inet_ntop_lines,
    inet_ntop_many,
    inet_pton,
    inet_pton_many,
)

__all__ = [
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
