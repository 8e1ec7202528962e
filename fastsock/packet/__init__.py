"""One packet's headers, decoded into a flat object; its flow as a key, a hash, a Community ID.

`parse_packet` decodes from the link on and records in status bits what it found wrong. Views that
edit, options and builders are in `fastsock.headers`; columns of many packets in `fastsock.capture`.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish
from .errors import PacketError
from .fields import FAULTS, LIMITS, LINK_TYPES, RSS_KEY, ChecksumStatus, Status

if TYPE_CHECKING or not COMPILED:
    from ._py import (
        Packet,
        PacketFields,
        community_id,
        flow_hash,
        flow_key,
        packet_fields,
        parse_packet,
    )
else:
    from ._c import (
        Packet,
        PacketFields,
        community_id,
        flow_hash,
        flow_key,
        packet_fields,
        parse_packet,
    )

__all__ = [
    "FAULTS",
    "LIMITS",
    "LINK_TYPES",
    "RSS_KEY",
    "ChecksumStatus",
    "Packet",
    "PacketError",
    "PacketFields",
    "Status",
    "community_id",
    "flow_hash",
    "flow_key",
    "packet_fields",
    "parse_packet",
]

publish(__name__, globals(), __all__)
