/* One packet, from its link header to its payload. */
#ifndef FASTSOCK_DECODE_H
#define FASTSOCK_DECODE_H

#include <string.h>

#include "fastsock/packet/decode_ip.h"
#include "fastsock/packet/decode_link.h"
#include "fastsock/packet/decode_state.h"

/* IP of either version, where the link has no type. */
static inline void fs_any_ip(fs_decoder *d)
{
    unsigned version = fs_left(d) ? d->data[d->at] >> 4 : 0;
    if (version == 4) {
        fs_ipv4(d);
        return;
    }
    if (version == 6) {
        fs_ipv6(d);
        return;
    }
    d->packet->l3_offset = (uint32_t)d->at;
    fs_stop(d, fs_left(d) ? FS_BAD_VERSION : FS_HEADER_CUT, FS_BY_IP_VERSION, d->at);
}

static inline void fs_network_layer(fs_decoder *d, uint32_t type)
{
    switch (type) {
    case FS_TYPE_IPV4:
        fs_ipv4(d);
        return;
    case FS_TYPE_IPV6:
        fs_ipv6(d);
        return;
    case FS_TYPE_ANY_IP:
        fs_any_ip(d);
        return;
    case FS_TYPE_ARP:
        fs_arp(d);
        return;
    }
    fs_link_unknown(d, FS_BY_ETHERNET_TYPE, 0);
}

/* Decode the `captured` bytes of a packet that had `wire_length` of them, and came over a
 * link of the type `link`. Reads nothing beyond `captured`, whatever the lengths in there say, and
 * takes bounded time: chains and tags are counted, options are walked once.
 *
 * Offsets have 32 bits; bytes beyond 4 GiB are not looked at. */
static inline void fs_decode(const uint8_t *data, size_t captured, uint64_t wire_length,
                             uint32_t link, int verify, fs_packet *packet)
{
    fs_decoder d;
    uint32_t type;
    memset(packet, 0, sizeof(*packet));
    memset(&d, 0, sizeof(d));
    if (captured > UINT32_MAX)
        captured = UINT32_MAX;
    d.packet = packet;
    d.data = data;
    d.captured = d.end = captured;
    /* Some captures state a wire length below the captured one. */
    d.wire_end = wire_length > captured ? wire_length : captured;
    d.verify = verify;
    packet->link = (uint16_t)link; /* a capture file keeps other things in the bits above */
    packet->ip_checksum_status = packet->checksum_status = FS_SUM_ABSENT;
    if (fs_link_layer(&d, &type))
        fs_network_layer(&d, type);
    packet->payload_offset = (uint32_t)d.at;
    packet->payload_length = (uint32_t)fs_left(&d);
}

#endif
