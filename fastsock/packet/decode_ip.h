/* IPv4, IPv6 and its chain of extension headers, ARP. */
#ifndef FASTSOCK_DECODE_IP_H
#define FASTSOCK_DECODE_IP_H

#include "fastsock/packet/decode_checksum.h"
#include "fastsock/packet/decode_link.h"
#include "fastsock/packet/decode_state.h"
#include "fastsock/packet/decode_transport.h"

enum { /* next headers that are not of a transport */
    FS_HOP_BY_HOP = 0,
    FS_ROUTING = 43,
    FS_FRAGMENT_HEADER = 44,
    FS_ESP = 50,
    FS_AH = 51,
    FS_NO_NEXT = 59,
    FS_DESTINATION = 60,
    FS_MOBILITY = 135,
    FS_HIP = 139,
    FS_SHIM6 = 140,
};

/* RFC 826. The payload is empty, for both lengths of the addresses are its own. */
static inline void fs_arp(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    size_t start = d->at;
    const uint8_t *p = d->data + start;
    packet->l3 = (uint32_t)start;
    if (fs_left(d) < 8)
        return fs_stop(d, FS_HEADER_CUT, FS_BY_ARP_HEADER, start);
    size_t hardware_size = p[4], address_size = p[5];
    size_t size = 8 + 2 * (hardware_size + address_size);
    if (fs_left(d) < size)
        return fs_stop(d, FS_HEADER_CUT, FS_BY_ARP_HEADER, start);
    d->at = start + size;
    fs_shorten(d, d->at, FS_BY_ARP_HEADER, start);
    if (fs_be16(p + 2) == FS_TYPE_IPV4 && address_size == 4) {
        packet->address_size = 4;
        packet->src = (uint32_t)(start + 8 + hardware_size);
        packet->dst = (uint32_t)(start + 12 + 2 * hardware_size);
    }
}

/* The datagram has `total` bytes from `start`, by the field `limit`. */
static inline void fs_datagram(fs_decoder *d, size_t start, uint64_t total, enum fs_limit limit)
{
    d->packet->total_length = total > UINT32_MAX ? UINT32_MAX : (uint32_t)total;
    d->packet->limit_offset = (uint32_t)start;
    if (start + total <= d->end) {
        fs_shorten(d, start + total, limit, start);
        return;
    }
    d->packet->status |= FS_CUT;
    d->wire_end = start + total;
}

static inline void fs_later_fragment(fs_decoder *d, enum fs_limit limit, size_t header)
{
    if (fs_has_transport(d->packet)) /* its checksum is somewhere, and covers this piece too */
        d->packet->checksum_status = FS_SUM_UNVERIFIED;
    fs_stop(d, FS_LATER_FRAGMENT, limit, header);
}

/* RFC 791 section 3.1. With a source route `dst` is the next hop until the pointer has passed the
 * end of the list, whose last address is the destination then. */
static inline void fs_source_route(fs_decoder *d, size_t at, size_t size)
{
    uint8_t pointer = d->data[at + 2];
    if (pointer > size)
        return;
    d->packet->status |= FS_SOURCE_ROUTE;
    if (size < 7 || size % 4 != 3)
        d->final_unknown = 1;
    else
        d->final_dst = at + size - 4;
}

static inline void fs_ipv4_options(fs_decoder *d, size_t start, size_t end)
{
    const uint8_t *data = d->data;
    for (size_t at = start + 20; at < end;) {
        uint8_t kind = data[at];
        if (kind == 0)
            return;
        size_t size = kind == 1 ? 1 : at + 1 < end ? data[at + 1] : 0;
        if (size < 1 + (size_t)(kind != 1) || size > end - at) { /* zero would loop for ever */
            fs_fault(d, FS_BAD_OPTION, FS_BY_IPV4_OPTIONS, start);
            return;
        }
        if ((kind == 131 || kind == 137) && size >= 3)
            fs_source_route(d, at, size);
        at += size;
    }
}

static inline void fs_ipv4_fields(fs_packet *packet, const uint8_t *p, size_t start)
{
    uint32_t fragment = fs_be16(p + 6);
    packet->version = 4;
    packet->tos = p[1];
    packet->total_length = fs_be16(p + 2);
    packet->identification = fs_be16(p + 4);
    packet->dont_fragment = (fragment & 0x4000) != 0;
    packet->more_fragments = (fragment & 0x2000) != 0;
    packet->fragment_offset = (uint16_t)((fragment & 0x1FFF) * 8);
    packet->ttl = p[8];
    packet->protocol = p[9];
    packet->address_size = 4;
    packet->src = (uint32_t)(start + 12);
    packet->dst = (uint32_t)(start + 16);
    packet->ip_checksum_status = FS_SUM_UNVERIFIED;
}

static inline void fs_chain(fs_decoder *d);

/* RFC 791 */
static inline void fs_ipv4(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    size_t start = d->at;
    const uint8_t *p = d->data + start;
    packet->l3 = (uint32_t)start;
    if (fs_left(d) < 20)
        return fs_stop(d, FS_HEADER_CUT, FS_BY_IPV4_HEADER, start);
    if (p[0] >> 4 != 4)
        return fs_stop(d, FS_BAD_VERSION, FS_BY_IP_VERSION, start);
    fs_ipv4_fields(packet, p, start);
    d->final_src = packet->src;
    d->final_dst = packet->dst;
    size_t header = (size_t)(p[0] & 0x0F) * 4;
    if (header < 20)
        return fs_stop(d, FS_BAD_HEADER_LENGTH, FS_BY_IPV4_HEADER_LENGTH, start);
    uint64_t total = packet->total_length;
    enum fs_limit limit = FS_BY_IPV4_TOTAL_LENGTH;
    if (total == 0) { /* a segment that a network card was to cut up, or one beyond 64 KiB */
        packet->status |= FS_LENGTH_FROM_WIRE;
        total = d->wire_end - start;
        limit = FS_BY_WIRE_LENGTH;
    }
    if (total < header)
        return fs_stop(d, FS_BAD_LENGTH, FS_BY_IPV4_TOTAL_LENGTH, start);
    fs_datagram(d, start, total, limit);
    if (fs_left(d) < header) {
        d->at = d->end;
        return fs_stop(d, FS_OPTIONS_CUT, FS_BY_IPV4_OPTIONS, start);
    }
    d->at = start + header;
    fs_verify_ipv4_header(d, start, header);
    if (header > 20)
        fs_ipv4_options(d, start, d->at);
    if (packet->fragment_offset != 0 || packet->more_fragments) {
        packet->status |= FS_FRAGMENT;
        if (packet->fragment_offset != 0)
            return fs_later_fragment(d, FS_BY_IPV4_FRAGMENT_OFFSET, start);
    }
    fs_chain(d);
}

typedef struct {
    int jumbos;
    uint32_t jumbo;
    size_t home; /* where a home address stands, or 0 */
    int bad;
} fs_ipv6_option_facts;

/* The options of a hop-by-hop or destination header of `size` bytes, RFC 8200 section 4.2. */
static inline fs_ipv6_option_facts fs_ipv6_options(const uint8_t *data, size_t start, size_t size)
{
    fs_ipv6_option_facts facts = {0, 0, 0, 0};
    size_t end = start + size;
    for (size_t at = start + 2; at < end;) {
        uint8_t kind = data[at];
        if (kind == 0) {
            at++;
            continue;
        }
        size_t length = at + 1 < end ? 2 + (size_t)data[at + 1] : 2; /* of all of the option */
        if (length > end - at) {
            facts.bad = 1;
            break;
        }
        if (kind == 0xC2 && length == 2 + 4) { /* RFC 2675 section 2 */
            facts.jumbos++;
            facts.jumbo = fs_be32(data + at + 2);
        } else if (kind == 0xC2) {
            facts.jumbos = 2; /* as bad as two of them */
        } else if (kind == 0xC9) { /* RFC 6275 section 6.3 */
            if (length == 2 + 16)
                facts.home = at + 2;
            else
                facts.bad = 1;
        }
        at += length;
    }
    return facts;
}

/* The length of a datagram whose payload length is zero: that of a jumbo option, RFC 2675, or the
 * wire's, which Linux leaves it to for TCP (BIG TCP). Whether it is TCP the chain will tell. */
static inline void fs_ipv6_zero_length(fs_decoder *d, size_t start)
{
    fs_packet *packet = d->packet;
    const uint8_t *option = d->data + start + 40;
    size_t left = fs_left(d) - 40;
    if (packet->protocol == FS_NO_NEXT)
        return fs_datagram(d, start, 40, FS_BY_IPV6_PAYLOAD_LENGTH);
    /* Read once: another thread may write to the buffer, and what was compared has to hold. */
    size_t size = left >= 8 ? ((size_t)option[1] + 1) * 8 : 0;
    if (packet->protocol == FS_HOP_BY_HOP && size != 0 && size <= left) {
        fs_ipv6_option_facts facts = fs_ipv6_options(d->data, start + 40, size);
        if (facts.jumbos == 1 && facts.jumbo > 0xFFFF) {
            packet->status |= FS_JUMBOGRAM;
            return fs_datagram(d, start, (uint64_t)facts.jumbo + 40, FS_BY_IPV6_JUMBO_LENGTH);
        }
    }
    packet->status |= FS_LENGTH_FROM_WIRE;
    fs_datagram(d, start, d->wire_end - start, FS_BY_WIRE_LENGTH);
}

/* RFC 8200 section 3 */
static inline void fs_ipv6(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    size_t start = d->at;
    const uint8_t *p = d->data + start;
    packet->l3 = (uint32_t)start;
    if (fs_left(d) < 40)
        return fs_stop(d, FS_HEADER_CUT, FS_BY_IPV6_HEADER, start);
    if (p[0] >> 4 != 6)
        return fs_stop(d, FS_BAD_VERSION, FS_BY_IP_VERSION, start);
    uint32_t word = fs_be32(p);
    packet->version = 6;
    packet->tos = (uint8_t)(word >> 20);
    packet->flow_label = word & 0xFFFFF;
    packet->protocol = p[6];
    packet->ttl = p[7];
    packet->address_size = 16;
    packet->src = (uint32_t)(start + 8);
    packet->dst = (uint32_t)(start + 24);
    d->final_src = packet->src;
    d->final_dst = packet->dst;
    uint32_t length = fs_be16(p + 4);
    if (length != 0)
        fs_datagram(d, start, (uint64_t)length + 40, FS_BY_IPV6_PAYLOAD_LENGTH);
    else
        fs_ipv6_zero_length(d, start);
    d->at = start + 40;
    fs_chain(d);
}

/* Hop-by-hop or destination options, whole. */
static inline void fs_options_header(fs_decoder *d, size_t at, size_t size)
{
    fs_packet *packet = d->packet;
    fs_ipv6_option_facts facts = fs_ipv6_options(d->data, at, size);
    if (packet->protocol == FS_DESTINATION && facts.home != 0)
        d->final_src = facts.home;
    if (facts.bad && packet->protocol == FS_DESTINATION)
        d->final_unknown = 1; /* a home address may be in there */
    if (facts.bad)
        fs_fault(d, FS_BAD_OPTION, FS_BY_IPV6_OPTIONS, at);
    else if (packet->protocol == FS_HOP_BY_HOP && facts.jumbos && !(packet->status & FS_JUMBOGRAM))
        fs_fault(d, FS_BAD_OPTION, FS_BY_IPV6_JUMBO_LENGTH, at);
}

/* RFC 8200 section 4.4, RFC 6275 section 6.4, RFC 8754 section 2: where segments are left, `dst` is
 * a hop, and the destination is the last address of types 0 and 2, the first one of type 4. */
static inline void fs_routing_header(fs_decoder *d, size_t at, size_t size)
{
    uint8_t type = d->data[at + 2], segments_left = d->data[at + 3];
    size_t addresses = (size - 8) / 16; /* those of a type 4 header may be followed by TLVs */
    if (segments_left == 0)
        return;
    d->packet->status |= FS_SOURCE_ROUTE;
    if (segments_left > addresses || (type != 0 && type != 2 && type != 4))
        d->final_unknown = 1;
    else
        d->final_dst = type == 4 ? at + 8 : at + 8 + (addresses - 1) * 16;
}

/* RFC 8200 section 4.5. Whether the chain goes on. */
static inline int fs_fragment_header(fs_decoder *d, size_t at)
{
    fs_packet *packet = d->packet;
    const uint8_t *p = d->data + at;
    uint32_t word = fs_be16(p + 2);
    packet->fragment_offset = (uint16_t)(word & 0xFFF8);
    packet->more_fragments = word & 1;
    packet->identification = fs_be32(p + 4);
    if ((word & 0xFFF9) == 0) {
        packet->status |= FS_ATOMIC_FRAGMENT;
        return 1;
    }
    packet->status |= FS_FRAGMENT;
    return packet->fragment_offset == 0;
}

static inline int fs_is_extension(const fs_packet *packet, int first)
{
    if (packet->protocol == FS_AH)
        return 1;
    if (packet->version == 4)
        return 0;
    switch (packet->protocol) {
    case FS_HOP_BY_HOP:
        return first; /* anywhere else it is an unknown next header, RFC 8200 section 4.1 */
    case FS_ROUTING:
    case FS_FRAGMENT_HEADER:
    case FS_DESTINATION:
    case FS_MOBILITY:
    case FS_HIP:
    case FS_SHIM6:
        return 1;
    }
    return 0;
}

/* The extension header at d->at. Whether the chain goes on. */
static inline int fs_extension(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    size_t at = d->at;
    const uint8_t *p = d->data + at;
    int ah = packet->protocol == FS_AH;
    size_t size = 8;
    if (fs_left(d) >= 8 && packet->protocol != FS_FRAGMENT_HEADER)
        size = ah ? ((size_t)p[1] + 2) * 4 : ((size_t)p[1] + 1) * 8;
    if (fs_left(d) < size) {
        fs_stop(d, FS_HEADER_CUT, ah ? FS_BY_AH_LENGTH : FS_BY_IPV6_EXTENSION, at);
        return 0;
    }
    d->at = at + size;
    int more = 1;
    if (packet->protocol == FS_HOP_BY_HOP || packet->protocol == FS_DESTINATION)
        fs_options_header(d, at, size);
    else if (packet->protocol == FS_ROUTING)
        fs_routing_header(d, at, size);
    else if (packet->protocol == FS_FRAGMENT_HEADER)
        more = fs_fragment_header(d, at);
    packet->protocol = p[0];
    if (!more)
        fs_later_fragment(d, FS_BY_IPV6_FRAGMENT_OFFSET, at);
    return more;
}

/* Only TCP may have its length from the wire. What it would be then is an IPv6 header alone. */
static inline int fs_bad_zero_length(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    if (packet->version == 4 || !(packet->status & FS_LENGTH_FROM_WIRE) ||
        (packet->protocol == FS_TCP && !(packet->status & FS_FRAGMENT)))
        return 0;
    packet->status &= ~(uint32_t)FS_LENGTH_FROM_WIRE;
    packet->total_length = 40;
    fs_stop(d, FS_BAD_LENGTH, FS_BY_IPV6_PAYLOAD_LENGTH, packet->l3);
    return 1;
}

/* From the end of the IP header to the transport header: extension headers, in any order. */
static inline void fs_chain(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    for (int count = 0; fs_is_extension(packet, count == 0); count++) {
        if (count == FS_MAX_EXTENSIONS)
            return fs_stop(d, FS_TOO_MANY_HEADERS, FS_BY_IPV6_EXTENSION_COUNT, d->at);
        if (!fs_extension(d))
            return;
    }
    if (fs_bad_zero_length(d))
        return;
    if (packet->protocol == FS_NO_NEXT && packet->version == 6) {
        d->end = d->at; /* RFC 8200 section 4.7: what follows must be ignored */
        return fs_stop(d, FS_NO_NEXT_HEADER, FS_BY_IPV6_NEXT_HEADER, d->at);
    }
    if (packet->protocol == FS_ESP) {
        packet->l4 = (uint32_t)d->at;
        return fs_stop(d, FS_ENCRYPTED, FS_BY_ESP, d->at);
    }
    fs_transport(d);
}

#endif
