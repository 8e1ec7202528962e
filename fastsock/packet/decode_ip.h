/* IPv4, IPv6 and its chain of extension headers, ARP. */
#ifndef FASTSOCK_DECODE_IP_H
#define FASTSOCK_DECODE_IP_H

#include "fastsock/packet/decode_checksum.h"
#include "fastsock/packet/decode_link.h"
#include "fastsock/packet/decode_state.h"
#include "fastsock/packet/decode_transport.h"
#include "fastsock/packet/paths.h"

/* RFC 826. The payload is empty, for both lengths of the addresses are its own. */
static inline void fs_arp(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    size_t start = d->at;
    const uint8_t *p = d->data + start;
    packet->l3_offset = (uint32_t)start;
    if (fs_left(d) < 8) {
        fs_stop(d, FS_HEADER_CUT, FS_BY_ARP_HEADER, start);
        return;
    }
    size_t hardware_size = p[4], address_size = p[5];
    size_t size = 8 + 2 * (hardware_size + address_size);
    if (fs_left(d) < size) {
        fs_stop(d, FS_HEADER_CUT, FS_BY_ARP_HEADER, start);
        return;
    }
    d->at = start + size;
    fs_shorten(d, d->at, FS_BY_ARP_HEADER);
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
    if (start + total <= d->end) {
        fs_shorten(d, start + total, limit);
        return;
    }
    d->packet->status |= FS_CUT; /* no field is wrong yet: `fault` is "captured", from here on */
    d->packet->fault_offset = (uint32_t)start;
    d->wire_end = start + total;
}

static inline void fs_later_fragment(fs_decoder *d, enum fs_limit limit, size_t header)
{
    if (fs_has_transport(d->packet)) /* the checksum, in the first piece, covers this one too */
        d->packet->checksum_status = FS_SUM_UNVERIFIED;
    fs_stop(d, FS_LATER_FRAGMENT, limit, header);
}

static inline void fs_ipv4_options_of(fs_decoder *d, size_t start)
{
    fs_ipv4_options found = fs_read_ipv4_options(d->data, start + 20, d->at, &d->ends);
    if (found.routed)
        d->packet->status |= FS_SOURCE_ROUTE;
    if (found.bad)
        fs_fault(d, FS_BAD_OPTION, FS_BY_IPV4_OPTIONS, start);
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
    packet->l3_offset = (uint32_t)start;
    if (fs_left(d) < 20) {
        fs_stop(d, FS_HEADER_CUT, FS_BY_IPV4_HEADER, start);
        return;
    }
    if (p[0] >> 4 != 4) {
        fs_stop(d, FS_BAD_VERSION, FS_BY_IP_VERSION, start);
        return;
    }
    fs_ipv4_fields(packet, p, start);
    d->ends = (fs_ends){packet->src, packet->dst};
    size_t header = (size_t)(p[0] & 0x0F) * 4;
    if (header < 20) {
        fs_stop(d, FS_BAD_HEADER_LENGTH, FS_BY_IPV4_HEADER_LENGTH, start);
        return;
    }
    fs_length length = fs_ipv4_length(p, d->wire_end - start);
    if (length.source == FS_LENGTH_WIRE)
        packet->status |= FS_LENGTH_FROM_WIRE;
    if (length.total < header) {
        fs_stop(d, FS_BAD_LENGTH, FS_BY_IPV4_TOTAL_LENGTH, start);
        return;
    }
    fs_datagram(d, start, length.total,
                length.source == FS_LENGTH_WIRE ? FS_BY_WIRE_LENGTH : FS_BY_IPV4_TOTAL_LENGTH);
    if (fs_left(d) < header) {
        d->at = d->end;
        fs_stop(d, FS_OPTIONS_CUT, FS_BY_IPV4_OPTIONS, start);
        return;
    }
    d->at = start + header;
    fs_verify_ipv4_header(d, start, header);
    if (header > 20)
        fs_ipv4_options_of(d, start);
    if (packet->fragment_offset != 0 || packet->more_fragments) {
        packet->status |= FS_FRAGMENT;
        if (packet->fragment_offset != 0) {
            fs_later_fragment(d, FS_BY_IPV4_FRAGMENT_OFFSET, start);
            return;
        }
    }
    fs_chain(d);
}

/* RFC 8200 section 3 */
static inline void fs_ipv6(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    size_t start = d->at;
    const uint8_t *p = d->data + start;
    packet->l3_offset = (uint32_t)start;
    if (fs_left(d) < 40) {
        fs_stop(d, FS_HEADER_CUT, FS_BY_IPV6_HEADER, start);
        return;
    }
    if (p[0] >> 4 != 6) {
        fs_stop(d, FS_BAD_VERSION, FS_BY_IP_VERSION, start);
        return;
    }
    uint32_t word = fs_be32(p);
    packet->version = 6;
    packet->tos = (uint8_t)(word >> 20);
    packet->flow_label = word & 0xFFFFF;
    packet->protocol = p[6];
    packet->ttl = p[7];
    packet->address_size = 16;
    packet->src = (uint32_t)(start + 8);
    packet->dst = (uint32_t)(start + 24);
    d->ends = (fs_ends){packet->src, packet->dst};
    fs_length length = fs_ipv6_length(p, fs_left(d), d->wire_end - start);
    if (packet->protocol == FS_NO_NEXT && length.source == FS_LENGTH_WIRE)
        length = (fs_length){40, FS_LENGTH_STATED}; /* nothing follows: zero is right */
    if (length.source == FS_LENGTH_STATED) {
        fs_datagram(d, start, length.total, FS_BY_IPV6_PAYLOAD_LENGTH);
    } else if (length.source == FS_LENGTH_JUMBO) {
        packet->status |= FS_JUMBOGRAM;
        fs_datagram(d, start, length.total, FS_BY_IPV6_JUMBO_LENGTH);
    } else {
        packet->status |= FS_LENGTH_FROM_WIRE;
        fs_datagram(d, start, length.total, FS_BY_WIRE_LENGTH);
    }
    d->at = start + 40;
    fs_chain(d);
}

/* Whether the chain goes on: not after the header of a later fragment. */
static inline int fs_fragment_fields(fs_decoder *d, const fs_extension *found)
{
    fs_packet *packet = d->packet;
    packet->fragment_offset = (uint16_t)(found->fragment & 0xFFF8);
    packet->more_fragments = found->fragment & 1;
    packet->identification = found->identification;
    packet->status |= found->fragment ? FS_FRAGMENT : FS_ATOMIC_FRAGMENT;
    return packet->fragment_offset == 0;
}

/* The extension header at d->at. Whether the chain goes on. */
static inline int fs_extension_header(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    size_t at = d->at;
    uint32_t kind = packet->protocol;
    fs_extension found = fs_read_extension(d->data, at, d->end, kind, &d->ends);
    if (found.size == 0) {
        fs_stop(d, FS_HEADER_CUT, kind == FS_AH ? FS_BY_AH_LENGTH : FS_BY_IPV6_EXTENSION, at);
        return 0;
    }
    d->at = at + found.size;
    packet->protocol = (uint8_t)found.next;
    if (found.routed)
        packet->status |= FS_SOURCE_ROUTE;
    if (found.bad)
        fs_fault(d, FS_BAD_OPTION, FS_BY_IPV6_OPTIONS, at);
    else if (found.jumbo && kind == FS_HOP_BY_HOP && !(packet->status & FS_JUMBOGRAM))
        fs_fault(d, FS_BAD_OPTION, FS_BY_IPV6_JUMBO_LENGTH, at);
    if (kind == FS_FRAGMENT_HEADER && !fs_fragment_fields(d, &found)) {
        fs_later_fragment(d, FS_BY_IPV6_FRAGMENT_OFFSET, at);
        return 0;
    }
    return 1;
}

/* Report a zero payload length that can't mean the wire's: the packet is an IPv6 header alone. */
static inline int fs_bad_zero_length(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    if (packet->version == 4 || !(packet->status & FS_LENGTH_FROM_WIRE) ||
        fs_may_lack_length(packet->protocol, packet->status & FS_FRAGMENT, d->data + d->at,
                           fs_left(d)))
        return 0;
    packet->status &= ~(uint32_t)FS_LENGTH_FROM_WIRE;
    packet->total_length = 40;
    fs_stop(d, FS_BAD_LENGTH, FS_BY_IPV6_PAYLOAD_LENGTH, packet->l3_offset);
    return 1;
}

/* From the end of the IP header to the transport header: extension headers, in any order. */
static inline void fs_chain(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    for (int count = 0; fs_is_extension(packet->version, packet->protocol, count == 0); count++) {
        if (count == FS_MAX_EXTENSIONS) {
            fs_stop(d, FS_TOO_MANY_HEADERS, FS_BY_IPV6_EXTENSION_COUNT, d->at);
            return;
        }
        if (!fs_extension_header(d))
            return;
    }
    if (fs_bad_zero_length(d))
        return;
    if (packet->protocol == FS_NO_NEXT && packet->version == 6) {
        d->end = d->at; /* RFC 8200 section 4.7: what follows must be ignored */
        fs_stop(d, FS_NO_NEXT_HEADER, FS_BY_IPV6_NEXT_HEADER, d->at);
        return;
    }
    if (packet->protocol == FS_ESP) {
        packet->l4_offset = (uint32_t)d->at;
        fs_stop(d, FS_ENCRYPTED, FS_BY_ESP, d->at);
        return;
    }
    fs_transport_header(d);
}

#endif
