/* Locate the transport header of an IP packet, for views; paths.h reads the headers between. */
#ifndef FASTSOCK_TRANSPORT_H
#define FASTSOCK_TRANSPORT_H

#include "fastsock/packet/packet.h"
#include "fastsock/packet/paths.h"
#include "fastsock/headers/rewrite.h"

/* Places count from the IP header on. */
typedef struct {
    uint32_t protocol;
    size_t at;           /* the transport header */
    uint64_t end;        /* of the datagram; it may be beyond the bytes present */
    size_t address_size;
    fs_ends ends;        /* the addresses that the pseudo-header covers */
    int fragment;        /* a first fragment: the checksum covers bytes beyond it */
    enum fs_length_source length_source;
} fs_transport;

/* Follow the extension headers from found->at on, of which the first is of the kind `kind`; bytes
 * are there up to `there`. Whether they lead to a transport header. */
static inline int fs_follow(const uint8_t *ip, size_t there, uint32_t version, uint32_t kind,
                            fs_transport *found)
{
    for (int count = 0; fs_is_extension(version, kind, count == 0); count++) {
        if (count == FS_MAX_EXTENSIONS)
            return 0;
        fs_extension header = fs_read_extension(ip, found->at, there, kind, &found->ends);
        if (header.size == 0 || (header.fragment & 0xFFF8) != 0)
            return 0;
        found->fragment |= header.fragment != 0;
        found->at += header.size;
        kind = header.next;
    }
    found->protocol = kind;
    return version == 4 || found->length_source != FS_LENGTH_WIRE ||
           fs_may_lack_length(kind, found->fragment, ip + found->at, there - found->at);
}

/* Whether there is a transport header to be found: not in a later fragment, nor past a header that
 * is cut. At least 20 bytes must be there. */
static inline int fs_transport4(const uint8_t *ip, size_t size, fs_transport *found)
{
    size_t header = (size_t)(ip[0] & 15) * 4;
    uint32_t fragment = fs_be16(ip + 6);
    fs_length length = fs_ipv4_length(ip, size);
    *found = (fs_transport){0,        header, length.total,           4,
                            {12, 16}, (fragment >> 13) & 1, length.source};
    if (header < 20 || header > size || header > length.total || (fragment & 0x1FFF) != 0)
        return 0;
    fs_read_ipv4_options(ip, 20, header, &found->ends);
    return fs_follow(ip, size < length.total ? size : (size_t)length.total, 4, ip[9], found);
}

/* The same for IPv6, at least 40 bytes of it. */
static inline int fs_transport6(const uint8_t *ip, size_t size, fs_transport *found)
{
    fs_length length = fs_ipv6_length(ip, size, size);
    *found = (fs_transport){0, 40, length.total, 16, {8, 24}, 0, length.source};
    return fs_follow(ip, size < length.total ? size : (size_t)length.total, 6, ip[6], found);
}

/* Where the checksum stands in a transport header that has a pseudo-header, or -1. */
static inline int fs_pseudo_checksum(const fs_transport *found)
{
    switch (found->protocol) {
    case FS_TCP:
        return 16;
    case FS_UDP:
    case FS_DCCP:
    case FS_UDPLITE:
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
    return found->protocol == FS_UDP || found->protocol == FS_UDPLITE;
}

#endif
