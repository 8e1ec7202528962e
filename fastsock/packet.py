"""Packets: their headers in one flat object, and the flow that they belong to.

`parse_packet` decodes the headers of one packet, from the link on; what its status bits, limits
and link types are called stands in `fastsock.packet_fields`, and here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from .columns import Columns, decode_columns
from .errors import PacketError
from .packet_fields import (
    FAULTS,
    LIMITS,
    LINK_TYPES,
    RSS_KEY,
    ChecksumStatus,
    Status,
)

if TYPE_CHECKING:
    from ._py.packet import Packet, community_id, flow_hash, flow_key, parse_packet
else:
    globals().update(_backend.names_of(__name__))

__all__ = [
    "FAULTS",
    "LIMITS",
    "LINK_TYPES",
    "RSS_KEY",
    "ChecksumStatus",
    "Columns",
    "Packet",
    "PacketError",
    "Status",
    "community_id",
    "decode_columns",
    "flow_hash",
    "flow_key",
    "parse_packet",
]
