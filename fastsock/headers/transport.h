/* From an IP header to the transport header behind it, and to what its pseudo-header covers. */
#ifndef FASTSOCK_TRANSPORT_H
#define FASTSOCK_TRANSPORT_H

#include "fastsock/packet/packet.h"
#include "fastsock/headers/rewrite.h"

enum {
    FS_ICMP = 1, FS_TCP = 6, FS_UDP = 17, FS_DCCP = 33, FS_ICMPV6 = 58, FS_UDP_LITE = 136,
    FS_HOP_BY_HOP = 0, FS_ROUTING = 43, FS_FRAGMENT_HEADER = 44, FS_AH = 51,
    FS_DESTINATION = 60, FS_MOBILITY = 135, FS_HIP = 139, FS_SHIM6 = 140,
    FS_HOME_ADDRESS = 0xC9,
};

typedef struct {
    uint32_t protocol;
    size_t at;            /* the transport header, from the IP header on */
    size_t end;           /* of the datagram; it may be beyond the bytes that are there */
    size_t address_size;
    size_t src, dst;      /* the addresses that the pseudo-header covers */
    int fragment;         /* a first fragment: not all that the checksum covers is in here */
} fs_transport;

/* Where a routing header's final destination stands, or 0 where the IP header's is it. */
static inline size_t fs_final_hop(const uint8_t *header, size_t size)
{
    uint32_t type = header[2], left = header[3];
    if (left == 0 || size < 24)
        return 0;
    if (type == 4) /* the segments of a Segment Routing Header are in reverse order, RFC 8754 */
        return 8;
    return type == 0 || type == 2 ? (size - 8) / 16 * 16 - 8 : 0;
}

/* Where the home address stands in a destination options header, or 0; RFC 6275. */
static inline size_t fs_home_address(const uint8_t *header, size_t size)
{
    for (size_t at = 2; at + 2 <= size;) {
        if (header[at] == 0) {
            at++;
            continue;
        }
        if (header[at] == FS_HOME_ADDRESS && header[at + 1] == 16 && at + 18 <= size)
            return at + 2;
        at += 2 + (size_t)header[at + 1];
    }
    return 0;
}

/* Where the final destination stands while an IPv4 source route is followed, or that of the header
 * itself; RFC 791 section 3.1: until the pointer has passed the end, the route's last address. */
static inline size_t fs_routed_to(const uint8_t *ip, size_t header)
{
    size_t destination = 16, size;
    for (size_t at = 20; at + 2 < header && ip[at] != 0; at += size) {
        size = ip[at] == 1 ? 1 : ip[at + 1];
        if (size < 1 + (size_t)(ip[at] != 1) || size > header - at)
            break;
        if ((ip[at] == 131 || ip[at] == 137) && size >= 7 && size % 4 == 3 && ip[at + 2] <= size)
            destination = at + size - 4;
    }
    return destination;
}

/* Whether there is a transport header to be found: not in a later fragment, nor past a header that
 * is cut. At least 20 bytes must be there. */
static inline int fs_transport4(const uint8_t *ip, size_t size, fs_transport *found)
{
    size_t header = (size_t)(ip[0] & 15) * 4, total = fs_load_be(ip + 2, 2);
    uint32_t fragment = fs_load_be(ip + 6, 2);
    *found = (fs_transport){ip[9], header, total ? total : size, 4, 12, 16, (fragment >> 13) & 1};
    if (header < 20 || header > size || header > found->end || (fragment & 0x1FFF) != 0)
        return 0;
    found->dst = fs_routed_to(ip, header);
    return 1;
}

/* The same for IPv6, at least 40 bytes of it. A payload length of zero (a jumbogram, or a segment
 * that hardware is to cut) means all the bytes that are there. */
static inline int fs_transport6(const uint8_t *ip, size_t size, fs_transport *found)
{
    size_t payload = fs_load_be(ip + 4, 2), at = 40, length, place;
    uint32_t kind = ip[6];
    *found = (fs_transport){0, 0, payload ? 40 + payload : size, 16, 8, 24, 0};
    size_t there = size < found->end ? size : found->end;
    for (int hops = 0; hops <= FS_MAX_EXTENSIONS; hops++) {
        const uint8_t *header = ip + at;
        if (kind != FS_HOP_BY_HOP && kind != FS_ROUTING && kind != FS_FRAGMENT_HEADER &&
            kind != FS_AH && kind != FS_DESTINATION && kind != FS_MOBILITY && kind != FS_HIP &&
            kind != FS_SHIM6) {
            found->protocol = kind;
            found->at = at;
            return 1;
        }
        if (there - at < 8)
            return 0;
        length = kind == FS_FRAGMENT_HEADER ? 8
               : kind == FS_AH              ? ((size_t)header[1] + 2) * 4
                                            : ((size_t)header[1] + 1) * 8;
        if (there - at < length)
            return 0;
        if (kind == FS_FRAGMENT_HEADER) {
            if (fs_load_be(header + 2, 2) & 0xFFF8)
                return 0;
            found->fragment |= header[3] & 1;
        } else if (kind == FS_ROUTING && (place = fs_final_hop(header, length)) != 0) {
            found->dst = at + place;
        } else if (kind == FS_DESTINATION && (place = fs_home_address(header, length)) != 0) {
            found->src = at + place;
        }
        kind = header[0];
        at += length;
    }
    return 0;
}

/* Where the checksum stands in a transport header that has a pseudo-header, or -1. */
static inline int fs_pseudo_checksum(const fs_transport *found)
{
    switch (found->protocol) {
    case FS_TCP:
        return 16;
    case FS_UDP:
    case FS_DCCP:
    case FS_UDP_LITE:
        return 6;
    case FS_ICMPV6:
        return found->address_size == 16 ? 2 : -1;
    default:
        return -1;
    }
}

/* Whether a sum of zero is written as 0xFFFF: RFC 768, and RFC 3828 section 3.1. */
static inline int fs_zero_is_none(const fs_transport *found)
{
    return found->protocol == FS_UDP || found->protocol == FS_UDP_LITE;
}

/* The sum of a pseudo-header, RFC 9293 section 3.1 and RFC 8200 section 8.1. */
static inline uint64_t fs_pseudo_sum(const uint8_t *ip, const fs_transport *found, size_t length)
{
    return (uint64_t)fs_sum(ip + found->src, found->address_size) +
           fs_sum(ip + found->dst, found->address_size) + found->protocol + (length >> 16) +
           (length & 0xFFFF);
}

#endif
