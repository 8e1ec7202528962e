"""Packets: parsed into one flat object or into columns, edited in place, built.

`parse_packet` decodes the headers of one packet, from the link on; what its status bits, limits
and link types are called stands in `fastsock.packet_fields`. Views that edit are in
`fastsock.headers`, options in `fastsock.options`, builders in `fastsock.builders`, many packets at
once in `fastsock.columns`; all of them are here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from .builders import (
    build_arp,
    build_ethernet,
    build_icmp_echo,
    build_ipv4,
    build_ipv6,
    build_tcp,
    build_udp,
)
from .columns import Columns, decode_columns
from .errors import PacketError
from .headers import (
    ARPView,
    EthernetView,
    ICMPView,
    IPv4View,
    IPv6View,
    TCPView,
    UDPView,
)
from .options import Option, iter_ip_options, iter_ipv6_options, iter_tcp_options
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
    "ARPView",
    "ChecksumStatus",
    "Columns",
    "EthernetView",
    "ICMPView",
    "IPv4View",
    "IPv6View",
    "Option",
    "Packet",
    "PacketError",
    "Status",
    "TCPView",
    "UDPView",
    "build_arp",
    "build_ethernet",
    "build_icmp_echo",
    "build_ipv4",
    "build_ipv6",
    "build_tcp",
    "build_udp",
    "community_id",
    "decode_columns",
    "flow_hash",
    "flow_key",
    "iter_ip_options",
    "iter_ipv6_options",
    "iter_tcp_options",
    "parse_packet",
]
