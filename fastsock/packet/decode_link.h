/* From the first byte of a frame to its network layer: link headers, VLAN tags, LLC, PPP, PPPoE.
 *
 * Each function decodes its own header and returns whether decoding continues.
 */
#ifndef FASTSOCK_DECODE_LINK_H
#define FASTSOCK_DECODE_LINK_H

#include <string.h>

#include "fastsock/packet/decode_state.h"

/* Numbers of the registry of link types, https://www.tcpdump.org/linktypes.html */
enum {
    FS_LINK_NULL = 0,
    FS_LINK_ETHERNET = 1,
    FS_LINK_PPP = 9,
    FS_LINK_RAW_BSD = 12,
    FS_LINK_RAW_OPENBSD = 14,
    FS_LINK_PPP_HDLC = 50,
    FS_LINK_RAW = 101,
    FS_LINK_LOOP = 108,
    FS_LINK_SLL = 113,
    FS_LINK_IPV4 = 228,
    FS_LINK_IPV6 = 229,
    FS_LINK_SLL2 = 276,
};

enum {
    FS_COOKED_LLC = 4,      /* in a cooked header: frames that have LLC */
    FS_FIRST_TYPE = 0x0600, /* smaller values are a length */
    FS_TYPE_IPV4 = 0x0800,
    FS_TYPE_ARP = 0x0806,
    FS_TYPE_IPV6 = 0x86DD,
    FS_TYPE_PPPOE = 0x8864,
    FS_TYPE_ANY_IP = 0x10000, /* not on the wire: the version decides */
};

/* The packet is an IP datagram from its first byte on. */
static inline int fs_is_raw(uint32_t link)
{
    return link == FS_LINK_RAW || link == FS_LINK_RAW_BSD || link == FS_LINK_RAW_OPENBSD ||
           link == FS_LINK_IPV4 || link == FS_LINK_IPV6;
}

static inline int fs_has_link_header(uint32_t link)
{
    return link == FS_LINK_ETHERNET || link == FS_LINK_SLL || link == FS_LINK_SLL2 ||
           link == FS_LINK_NULL || link == FS_LINK_LOOP || link == FS_LINK_PPP ||
           link == FS_LINK_PPP_HDLC;
}

/* Stop at a network layer without a decoder. */
static inline int fs_link_unknown(fs_decoder *d, enum fs_limit limit, size_t header)
{
    d->packet->l3_offset = (uint32_t)d->at;
    fs_stop(d, FS_UNDECODED, limit, header);
    return 0;
}

static inline int fs_link_cut(fs_decoder *d, size_t header)
{
    fs_stop(d, FS_HEADER_CUT, FS_BY_LINK_HEADER, header);
    return 0;
}

/* A header of fixed size that has an Ethernet type, or a length, somewhere. */
static inline int fs_typed_header(fs_decoder *d, size_t size, size_t where, uint32_t *type)
{
    if (fs_left(d) < size)
        return fs_link_cut(d, d->at);
    *type = fs_be16(d->data + d->at + where);
    d->at += size;
    return 1;
}

/* 802.1Q, 802.1ad, and the tags that vendors used before there was 802.1ad. */
static inline int fs_is_vlan(uint32_t type)
{
    return type == 0x8100 || type == 0x88A8 || type == 0x9100 || type == 0x9200 || type == 0x9300;
}

static inline int fs_vlan_tags(fs_decoder *d, uint32_t *type)
{
    fs_packet *packet = d->packet;
    while (fs_is_vlan(*type)) { /* at most FS_MAX_VLANS times */
        packet->ethertype = (uint16_t)*type;
        if (packet->vlan_count == FS_MAX_VLANS) {
            fs_stop(d, FS_TOO_MANY_HEADERS, FS_BY_VLAN_COUNT, d->at);
            return 0;
        }
        if (fs_left(d) < 4)
            return fs_link_cut(d, d->at);
        packet->vlans[packet->vlan_count++] = (uint16_t)fs_be16(d->data + d->at);
        *type = fs_be16(d->data + d->at + 2);
        d->at += 4;
    }
    return 1;
}

/* IEEE 802.2. Only SNAP with an Ethernet type (OUI 0) is followed, RFC 1042. */
static inline int fs_llc(fs_decoder *d, uint32_t *type)
{
    static const uint8_t snap[6] = {0xAA, 0xAA, 0x03, 0, 0, 0};
    const uint8_t *p = d->data + d->at;
    size_t left = fs_left(d);
    if (left < 3 || (left < 8 && memcmp(p, snap, 3) == 0))
        return fs_link_cut(d, d->at);
    if (left < 8 || memcmp(p, snap, 6) != 0)
        return fs_link_unknown(d, FS_BY_ETHERNET_TYPE, 0);
    *type = fs_be16(p + 6);
    d->at += 8;
    return 1;
}

/* Read Ethernet's type field: a type, tags before a type, or a length (802.3). A cooked header has
 * a type or a small number of Linux, such as ETH_P_802_2. */
static inline int fs_ethertype(fs_decoder *d, int cooked, uint32_t *type)
{
    if (!fs_vlan_tags(d, type))
        return 0;
    if (*type < FS_FIRST_TYPE) {
        d->packet->ethertype = 0;
        if (!cooked)
            fs_shorten(d, d->at + *type, FS_BY_ETHERNET_LENGTH);
        else if (*type != FS_COOKED_LLC)
            return fs_link_unknown(d, FS_BY_ETHERNET_TYPE, 0);
        if (!fs_llc(d, type))
            return 0;
    }
    d->packet->ethertype = (uint16_t)*type;
    return 1;
}

/* RFC 1661; the protocol may take one byte only where the link says so (section 6.5). */
static inline int fs_ppp(fs_decoder *d, int may_be_short, uint32_t *type)
{
    size_t start = d->at;
    const uint8_t *p = d->data + start;
    if (may_be_short && fs_left(d) >= 2 && p[0] == 0xFF && p[1] == 0x03) {
        d->at += 2; /* address and control of HDLC-like framing, RFC 1662 */
        p += 2;
    }
    size_t size = may_be_short && fs_left(d) >= 1 && (p[0] & 1) ? 1 : 2;
    if (fs_left(d) < size)
        return fs_link_cut(d, start);
    uint32_t protocol = size == 1 ? p[0] : fs_be16(p);
    d->at += size;
    if (protocol == 0x0021 || protocol == 0x0057) {
        *type = protocol == 0x0021 ? FS_TYPE_IPV4 : FS_TYPE_IPV6;
        return 1;
    }
    return fs_link_unknown(d, FS_BY_PPP_PROTOCOL, start);
}

/* RFC 2516: version and type 1, code 0 (session data), session, length; then PPP. */
static inline int fs_pppoe(fs_decoder *d, uint32_t *type)
{
    size_t start = d->at;
    const uint8_t *p = d->data + start;
    if (fs_left(d) < 6)
        return fs_link_cut(d, start);
    d->at += 6;
    if (p[0] != 0x11 || p[1] != 0)
        return fs_link_unknown(d, FS_BY_PPP_PROTOCOL, start);
    fs_shorten(d, d->at + fs_be16(p + 4), FS_BY_PPPOE_LENGTH);
    return fs_ppp(d, 0, type);
}

/* BSD's loopback: an address family in the byte order of whoever wrote it. Systems number IPv6
 * differently, and some write other things, so the version of the packet decides before it. */
static inline int fs_null(fs_decoder *d, uint32_t *type)
{
    if (fs_left(d) < 4)
        return fs_link_cut(d, 0);
    const uint8_t *p = d->data;
    uint32_t family = p[0] == 0 && p[1] == 0 ? fs_be16(p + 2) : 0;
    if (p[2] == 0 && p[3] == 0)
        family = (uint32_t)p[1] << 8 | p[0];
    d->at = 4;
    *type = FS_TYPE_ANY_IP;
    if (family == 2 || family == 10 || family == 24 || family == 28 || family == 30)
        return 1;
    if (fs_left(d) && (p[4] >> 4 == 4 || p[4] >> 4 == 6))
        return 1;
    return fs_link_unknown(d, FS_BY_LINK_HEADER, 0);
}

/* The type of the network layer that begins at d->at; 0 where there is none to decode. */
static inline int fs_link_layer(fs_decoder *d, uint32_t *type)
{
    switch (d->packet->link) {
    case FS_LINK_ETHERNET:
        if (!fs_typed_header(d, 14, 12, type) || !fs_ethertype(d, 0, type))
            return 0;
        break;
    case FS_LINK_SLL:
        if (!fs_typed_header(d, 16, 14, type) || !fs_ethertype(d, 1, type))
            return 0;
        break;
    case FS_LINK_SLL2:
        if (!fs_typed_header(d, 20, 0, type) || !fs_ethertype(d, 1, type))
            return 0;
        break;
    case FS_LINK_NULL:
    case FS_LINK_LOOP:
        return fs_null(d, type);
    case FS_LINK_PPP:
    case FS_LINK_PPP_HDLC:
        return fs_ppp(d, 1, type);
    case FS_LINK_RAW:
    case FS_LINK_RAW_BSD:
    case FS_LINK_RAW_OPENBSD:
        *type = FS_TYPE_ANY_IP;
        return 1;
    case FS_LINK_IPV4:
        *type = FS_TYPE_IPV4;
        return 1;
    case FS_LINK_IPV6:
        *type = FS_TYPE_IPV6;
        return 1;
    default:
        fs_stop(d, FS_UNDECODED, FS_BY_LINK_TYPE, 0);
        return 0;
    }
    return *type != FS_TYPE_PPPOE || fs_pppoe(d, type);
}

#endif
