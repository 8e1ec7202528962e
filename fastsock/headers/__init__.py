"""Headers read and written in place, their options, and packets built from values.

A view is made of any buffer and an offset. Its attributes are the header's fields; assigning one
writes the buffer and updates the checksums that cover it. `iter_tcp_options` and its kin
list options one by one. Builders fill in lengths and checksums; `build_udp_into` and its kin write
into a buffer.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish
from .options import Option, iter_ip_options, iter_ipv6_options, iter_tcp_options

if TYPE_CHECKING or not COMPILED:
    from ._py import (
        ARPView,
        EthernetView,
        ICMPView,
        IPv4View,
        IPv6View,
        TCPView,
        UDPView,
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
else:
    from ._c import (
        ARPView,
        EthernetView,
        ICMPView,
        IPv4View,
        IPv6View,
        TCPView,
        UDPView,
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

__all__ = [
    "ARPView",
    "EthernetView",
    "ICMPView",
    "IPv4View",
    "IPv6View",
    "Option",
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
    "iter_ip_options",
    "iter_ipv6_options",
    "iter_tcp_options",
]

publish(__name__, globals(), __all__)
