"""Numbers of IP protocols and IPv6 extension headers, and the names that people read.

`fastsock/_core/protocols.h` has the same numbers.

Source: https://www.iana.org/assignments/protocol-numbers
"""

HOP_BY_HOP = 0
ICMP = 1
TCP = 6
UDP = 17
DCCP = 33
ROUTING = 43
FRAGMENT_HEADER = 44
ESP = 50
AH = 51
ICMPV6 = 58
NO_NEXT = 59
DESTINATION = 60
SCTP = 132
MOBILITY = 135
UDPLITE = 136
HIP = 139
SHIM6 = 140

NAMES = {
    ICMP: "ICMP",
    2: "IGMP",
    4: "IPv4",
    TCP: "TCP",
    UDP: "UDP",
    DCCP: "DCCP",
    41: "IPv6",
    47: "GRE",
    ESP: "ESP",
    AH: "AH",
    ICMPV6: "ICMPv6",
    NO_NEXT: "no next header",
    89: "OSPF",
    103: "PIM",
    112: "VRRP",
    SCTP: "SCTP",
    UDPLITE: "UDP-Lite",
}


def name_of(protocol: int) -> str:
    """Name a protocol, by its number where it has no name here.

    >>> name_of(6), name_of(200)
    ('TCP', 'protocol 200')
    """
    return NAMES.get(protocol, f"protocol {protocol}")
