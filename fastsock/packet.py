"""Packets: their headers in one flat object, and the flow that they belong to.

`parse_packet` decodes the headers of one packet, from the link on; what its status bits, limits
and link types are called stands in `fastsock.packet_fields`, and here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from .errors import PacketError
from .packet_fields import (
    COLUMNS,
    DEFAULT_COLUMNS,
    FAULTS,
    LIMITS,
    LINK_ALIASES,
    LINK_TYPES,
    RECORD_COLUMNS,
    RSS_KEY,
    ChecksumStatus,
    Column,
    Status,
)

if TYPE_CHECKING:
    from ._py.packet import Packet, community_id, flow_hash, flow_key, parse_packet
else:
    globals().update(_backend.names_of(__name__))

__all__ = [
    "COLUMNS",
    "DEFAULT_COLUMNS",
    "FAULTS",
    "LIMITS",
    "LINK_ALIASES",
    "LINK_TYPES",
    "RECORD_COLUMNS",
    "RSS_KEY",
    "ChecksumStatus",
    "Column",
    "Packet",
    "PacketError",
    "Status",
    "community_id",
    "flow_hash",
    "flow_key",
    "parse_packet",
]
