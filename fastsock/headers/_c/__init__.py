"""The compiled twin."""

from .builders import (
    build_arp,
    build_ethernet,
    build_icmp_echo,
    build_ipv4,
    build_ipv6,
    build_tcp,
    build_udp,
)
from .views import ARPView, EthernetView, ICMPView, IPv4View, IPv6View, TCPView, UDPView

__all__ = [
    "ARPView",
    "EthernetView",
    "ICMPView",
    "IPv4View",
    "IPv6View",
    "TCPView",
    "UDPView",
    "build_arp",
    "build_ethernet",
    "build_icmp_echo",
    "build_ipv4",
    "build_ipv6",
    "build_tcp",
    "build_udp",
]
