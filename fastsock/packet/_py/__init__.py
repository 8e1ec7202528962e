"""The reference twin, over the standard library alone."""

from .packet import Packet, community_id, flow_hash, flow_key, parse_packet

__all__ = [
    "Packet",
    "community_id",
    "flow_hash",
    "flow_key",
    "parse_packet",
]
