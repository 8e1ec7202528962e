/* Flows: keys of five fields, and the Toeplitz hash that network cards spread them by. */
#ifndef FASTSOCK_FLOW_H
#define FASTSOCK_FLOW_H

#include <stdint.h>
#include <string.h>

#include "fastsock/_core/bytes.h"
#include "fastsock/packet/packet.h"

enum {
    FS_FLOW_KEY4 = 14, /* version, protocol, ports, addresses */
    FS_FLOW_KEY6 = 38,
    FS_FLOW_TUPLE = 36, /* two addresses and two ports, at the most */
    FS_RSS_KEY = 40,    /* a window of 32 bits at each bit of the longest tuple */
};

/* The two ends of a packet. Ports are zero where it has none, as in later fragments. */
typedef struct {
    const uint8_t *src;
    const uint8_t *dst;
    uint16_t sport;
    uint16_t dport;
    uint8_t size;   /* of an address */
    uint8_t hashed; /* whether the ports are, too: not in fragments; later ones have none */
} fs_flow;

/* `symmetric`: the end whose address and port are lower comes first, so both directions are one. */
static inline fs_flow fs_flow_of(const fs_packet *packet, const uint8_t *src, const uint8_t *dst,
                                 int symmetric)
{
    fs_flow flow = {src, dst, packet->sport, packet->dport, packet->address_size,
                    (packet->status & (FS_PORTS | FS_FRAGMENT)) == FS_PORTS};
    if (!symmetric)
        return flow;
    int order = memcmp(src, dst, flow.size);
    if (order > 0 || (order == 0 && flow.sport > flow.dport)) {
        flow.src = dst;
        flow.dst = src;
        flow.sport = packet->dport;
        flow.dport = packet->sport;
    }
    return flow;
}

static inline uint8_t *fs_put_addresses(uint8_t *out, const fs_flow *flow)
{
    memcpy(out, flow->src, flow->size);
    memcpy(out + flow->size, flow->dst, flow->size);
    return out + 2 * (size_t)flow->size;
}

/* Writes FS_FLOW_KEY4 or FS_FLOW_KEY6 bytes. */
static inline size_t fs_flow_key(const fs_packet *packet, const fs_flow *flow, uint8_t *out)
{
    uint8_t *p = out;
    *p++ = packet->version;
    *p++ = packet->protocol;
    p = fs_put16(p, flow->sport);
    p = fs_put16(p, flow->dport);
    return (size_t)(fs_put_addresses(p, flow) - out);
}

/* The input of receive side scaling: addresses, and ports of whole datagrams. */
static inline size_t fs_flow_tuple(const fs_flow *flow, uint8_t *out)
{
    uint8_t *p = fs_put_addresses(out, flow);
    if (flow->hashed)
        p = fs_put16(fs_put16(p, flow->sport), flow->dport);
    return (size_t)(p - out);
}

/* The hash is linear: the XOR, over all set bits, of the key's 32 bits from that bit on. So a table
 * gives the contribution of any four bits at each place. */
typedef struct {
    uint32_t part[2 * FS_FLOW_TUPLE][16];
} fs_toeplitz;

/* `key` has FS_RSS_KEY bytes. */
static inline void fs_toeplitz_init(fs_toeplitz *table, const uint8_t *key)
{
    for (size_t place = 0; place < 2 * FS_FLOW_TUPLE; place++) {
        const uint8_t *p = key + place / 2;
        uint64_t window = 0; /* 40 bits: those of each of the four are 32 of the first 36 */
        for (size_t i = 0; i < 5 && place / 2 + i < FS_RSS_KEY; i++)
            window |= (uint64_t)p[i] << (32 - 8 * i);
        if (place & 1)
            window <<= 4;
        for (unsigned bits = 0; bits < 16; bits++) {
            uint64_t sum = 0;
            for (unsigned bit = 0; bit < 4; bit++)
                if (bits & (8u >> bit))
                    sum ^= window << bit >> 8;
            table->part[place][bits] = (uint32_t)sum;
        }
    }
}

static inline uint32_t fs_toeplitz_hash(const fs_toeplitz *table, const uint8_t *data, size_t size)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < size; i++)
        hash ^= table->part[2 * i][data[i] >> 4] ^ table->part[2 * i + 1][data[i] & 15];
    return hash;
}

static inline uint32_t fs_flow_hash(const fs_toeplitz *table, const fs_flow *flow)
{
    uint8_t tuple[FS_FLOW_TUPLE];
    return fs_toeplitz_hash(table, tuple, fs_flow_tuple(flow, tuple));
}

#endif
