"""The compiled twin."""

from .entries import (
    build_arp,
    build_arp_into,
    build_ethernet,
    build_ethernet_into,
    build_icmp_echo,
    build_icmp_echo_into,
    build_ipv4,
    build_ipv4_into,
    build_ipv6,
    build_ipv6_into,
    build_tcp,
    build_tcp_into,
    build_udp,
    build_udp_into,
)
from .link import ARPView, EthernetView
from .views import ICMPView, IPv4View, IPv6View, TCPView, UDPView

__all__ = [
    "ARPView",
    "EthernetView",
    "ICMPView",
    "IPv4View",
    "IPv6View",
    "TCPView",
    "UDPView",
    "build_arp",
    "build_arp_into",
    "build_ethernet",
    "build_ethernet_into",
    "build_icmp_echo",
    "build_icmp_echo_into",
    "build_ipv4",
    "build_ipv4_into",
    "build_ipv6",
    "build_ipv6_into",
    "build_tcp",
    "build_tcp_into",
    "build_udp",
    "build_udp_into",
]
