/* Numbers of IP protocols and IPv6 extension headers; fastsock/_core/protocols.py has the same.
 * Source: https://www.iana.org/assignments/protocol-numbers */
#ifndef FASTSOCK_PROTOCOLS_H
#define FASTSOCK_PROTOCOLS_H

enum {
    FS_HOP_BY_HOP = 0,
    FS_ICMP = 1,
    FS_TCP = 6,
    FS_UDP = 17,
    FS_DCCP = 33,
    FS_ROUTING = 43,
    FS_FRAGMENT_HEADER = 44,
    FS_ESP = 50,
    FS_AH = 51,
    FS_ICMPV6 = 58,
    FS_NO_NEXT = 59,
    FS_DESTINATION = 60,
    FS_SCTP = 132,
    FS_MOBILITY = 135,
    FS_UDPLITE = 136,
    FS_HIP = 139,
    FS_SHIM6 = 140,
};

#endif
