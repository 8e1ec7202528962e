"""The reference twin, over the standard library alone."""

from .packet import (
    Packet,
    PacketFields,
    community_id,
    flow_hash,
    flow_key,
    packet_fields,
    parse_packet,
)

__all__ = [
    "Packet",
    "PacketFields",
    "community_id",
    "flow_hash",
    "flow_key",
    "packet_fields",
    "parse_packet",
]
