/* Transport headers: TCP, UDP, UDP-Lite, DCCP, SCTP, and ICMP. */
#ifndef FASTSOCK_DECODE_TRANSPORT_H
#define FASTSOCK_DECODE_TRANSPORT_H

#include "fastsock/checksums/crc32c.h"
#include "fastsock/packet/decode_checksum.h"
#include "fastsock/packet/decode_state.h"
#include "fastsock/packet/paths.h"

static inline int fs_has_ports(uint8_t protocol)
{
    return protocol == FS_TCP || protocol == FS_UDP || protocol == FS_UDPLITE ||
           protocol == FS_SCTP || protocol == FS_DCCP;
}

/* ICMP of the one version does not go over the other. */
static inline int fs_has_transport(const fs_packet *packet)
{
    return fs_has_ports(packet->protocol) ||
           packet->protocol == (packet->version == 4 ? FS_ICMP : FS_ICMPV6);
}

/* Whether the fixed part of a header is there. Its ports may be, where the rest is not. */
static inline int fs_fixed_part(fs_decoder *d, size_t size, int ports)
{
    fs_packet *packet = d->packet;
    const uint8_t *p = d->data + d->at;
    if (ports && fs_left(d) >= 4) {
        packet->sport = (uint16_t)fs_be16(p);
        packet->dport = (uint16_t)fs_be16(p + 2);
        packet->status |= FS_PORTS;
    }
    if (fs_left(d) < size) {
        fs_stop(d, FS_HEADER_CUT, FS_BY_TRANSPORT_HEADER, d->at);
        return 0;
    }
    packet->status |= FS_TRANSPORT;
    return 1;
}

/* Walk the options, to find one with a wrong length. */
static inline void fs_tcp_options(fs_decoder *d, size_t l4, size_t end)
{
    const uint8_t *data = d->data;
    for (size_t at = l4 + 20; at < end;) {
        uint8_t kind = data[at];
        if (kind == 0)
            return;
        size_t size = kind == 1 ? 1 : at + 1 < end ? data[at + 1] : 0;
        if (size < 1 + (size_t)(kind != 1) || size > end - at) { /* zero would never advance */
            fs_fault(d, FS_BAD_OPTION, FS_BY_TCP_OPTIONS, l4);
            return;
        }
        at += size;
    }
}

static inline void fs_tcp(fs_decoder *d, size_t l4, uint64_t whole)
{
    fs_packet *packet = d->packet;
    const uint8_t *p = d->data + l4;
    if (!fs_fixed_part(d, 20, 1))
        return;
    packet->seq = fs_be32(p + 4);
    packet->ack = fs_be32(p + 8);
    packet->flags = (uint16_t)(fs_be16(p + 12) & 0x0FFF);
    packet->window = (uint16_t)fs_be16(p + 14);
    packet->checksum = (uint16_t)fs_be16(p + 16);
    size_t header = (size_t)(p[12] >> 4) * 4;
    d->at = l4 + 20;
    /* The options of a first fragment may continue in the next one. */
    if (header < 20 || (header > whole && !(packet->status & FS_FRAGMENT))) {
        fs_stop(d, FS_BAD_HEADER_LENGTH, FS_BY_TCP_DATA_OFFSET, l4);
        return;
    }
    if (header > d->end - l4) {
        d->at = d->end;
        fs_stop(d, FS_OPTIONS_CUT, FS_BY_TCP_OPTIONS, l4);
        return;
    }
    d->at = l4 + header;
    fs_tcp_options(d, l4, d->at);
    fs_verify_sum(d, l4, whole, whole, 1);
}

static inline enum fs_length_source fs_length_source_of(const fs_packet *packet)
{
    return packet->status & FS_JUMBOGRAM         ? FS_LENGTH_JUMBO
         : packet->status & FS_LENGTH_FROM_WIRE ? FS_LENGTH_WIRE
                                                : FS_LENGTH_STATED;
}

/* The length of RFC 768, or zero. A first fragment has the whole datagram's. */
static inline void fs_udp(fs_decoder *d, size_t l4, uint64_t whole)
{
    fs_packet *packet = d->packet;
    const uint8_t *p = d->data + l4;
    if (!fs_fixed_part(d, 8, 1))
        return;
    packet->checksum = (uint16_t)fs_be16(p + 6);
    d->at = l4 + 8;
    uint64_t length = fs_be16(p + 4);
    int fragment = (packet->status & FS_FRAGMENT) != 0;
    if (length == 0 &&
        fs_may_lack_udp_length(fs_length_source_of(packet), fragment, p, d->end - l4))
        length = whole;
    else if (length < 8 || (length > whole && !fragment)) {
        fs_stop(d, FS_BAD_LENGTH, FS_BY_UDP_LENGTH, l4);
        return;
    } else if (l4 + length <= d->end) {
        d->end = l4 + (size_t)length; /* the rest of the datagram is no trailer of a frame */
        fs_limit(d, FS_BY_UDP_LENGTH);
    }
    if (packet->checksum != 0)
        fs_verify_sum(d, l4, length, length, 1);
    else if (packet->version == 4)
        packet->checksum_status = FS_SUM_ABSENT;
    else if (d->verify && !(packet->status & FS_LENGTH_FROM_WIRE))
        fs_bad_checksum(d, l4); /* RFC 8200 section 8.1; RFC 6935 is for both ends to agree on */
}

/* RFC 3828: UDP's length is how much the checksum covers here, 0 being all. */
static inline void fs_udplite(fs_decoder *d, size_t l4, uint64_t whole)
{
    const uint8_t *p = d->data + l4;
    if (!fs_fixed_part(d, 8, 1))
        return;
    d->packet->checksum = (uint16_t)fs_be16(p + 6);
    d->at = l4 + 8;
    uint64_t covered = fs_be16(p + 4);
    if (covered == 0)
        covered = whole;
    else if (covered < 8 || (covered > whole && !(d->packet->status & FS_FRAGMENT))) {
        fs_stop(d, FS_BAD_LENGTH, FS_BY_UDP_LENGTH, l4);
        return;
    }
    fs_verify_sum(d, l4, whole, covered, 1);
}

/* RFC 4340 section 5.1: the checksum covers the header and CsCov - 1 words more, or all. */
static inline void fs_dccp(fs_decoder *d, size_t l4, uint64_t whole)
{
    fs_packet *packet = d->packet;
    const uint8_t *p = d->data + l4;
    if (!fs_fixed_part(d, 12, 1))
        return;
    packet->checksum = (uint16_t)fs_be16(p + 6);
    d->at = l4 + 12;
    size_t header = (size_t)p[4] * 4;
    if (header < 12 || (header > whole && !(packet->status & FS_FRAGMENT))) {
        fs_stop(d, FS_BAD_HEADER_LENGTH, FS_BY_TRANSPORT_HEADER, l4);
        return;
    }
    if (header > d->end - l4) {
        d->at = d->end;
        fs_stop(d, FS_OPTIONS_CUT, FS_BY_TRANSPORT_HEADER, l4);
        return;
    }
    d->at = l4 + header;
    uint64_t covered = p[5] & 0x0F;
    covered = covered == 0 ? whole : header + (covered - 1) * 4;
    if (covered > whole && !(packet->status & FS_FRAGMENT)) { /* section 8.5 drops it */
        fs_stop(d, FS_BAD_LENGTH, FS_BY_TRANSPORT_HEADER, l4);
        return;
    }
    fs_verify_sum(d, l4, whole, covered, 1);
}

/* RFC 9260 section 3.1: ports, tag, checksum; chunks are payload. The checksum is a CRC-32C over
 * all of it with zeros in place of the checksum, written from its lowest byte on (appendix A). */
static inline void fs_sctp(fs_decoder *d, size_t l4, uint64_t whole)
{
    static const uint8_t zeros[4];
    const uint8_t *p = d->data + l4;
    if (!fs_fixed_part(d, 12, 1))
        return;
    d->at = l4 + 12;
    if (!fs_can_verify(d, l4, whole))
        return;
    uint32_t crc = fs_crc32c(p, 8, 0);
    crc = fs_crc32c(zeros, 4, crc);
    crc = fs_crc32c(p + 12, (size_t)whole - 12, crc);
    if (crc == fs_le32(p + 8))
        d->packet->checksum_status = FS_SUM_GOOD;
    else
        fs_bad_checksum(d, l4);
}

/* Type, code, checksum, and four bytes that each type uses in its own way: in an error message
 * the payload is the quoted packet. Only RFC 4443 allows a shorter header. */
static inline void fs_icmp(fs_decoder *d, size_t l4, uint64_t whole)
{
    fs_packet *packet = d->packet;
    const uint8_t *p = d->data + l4;
    int v4 = packet->protocol == FS_ICMP;
    if (!fs_fixed_part(d, 4, 0))
        return;
    packet->icmp_type = p[0];
    packet->icmp_code = p[1];
    packet->checksum = (uint16_t)fs_be16(p + 2);
    if (fs_left(d) < 8) {
        d->at = l4 + 4;
        if (v4 || whole >= 8) {
            fs_stop(d, FS_HEADER_CUT, FS_BY_TRANSPORT_HEADER, l4);
            return;
        }
        d->at = d->end;
    } else {
        d->at = l4 + 8;
    }
    fs_verify_sum(d, l4, whole, whole, !v4);
}

/* Decode the transport header at d->at. */
static inline void fs_transport_header(fs_decoder *d)
{
    fs_packet *packet = d->packet;
    size_t l4 = d->at;
    uint64_t whole = d->wire_end - l4;
    packet->l4_offset = (uint32_t)l4;
    if (!fs_has_transport(packet)) {
        fs_stop(d, FS_UNDECODED,
                packet->version == 4 ? FS_BY_IPV4_PROTOCOL : FS_BY_IPV6_NEXT_HEADER, l4);
        return;
    }
    packet->checksum_status = FS_SUM_UNVERIFIED;
    switch (packet->protocol) {
    case FS_TCP:
        fs_tcp(d, l4, whole);
        return;
    case FS_UDP:
        fs_udp(d, l4, whole);
        return;
    case FS_UDPLITE:
        fs_udplite(d, l4, whole);
        return;
    case FS_DCCP:
        fs_dccp(d, l4, whole);
        return;
    case FS_SCTP:
        fs_sctp(d, l4, whole);
        return;
    default:
        fs_icmp(d, l4, whole);
        return;
    }
}

#endif
