/* Verify checksums of the IPv4 header and of the transport, where all covered bytes are there. */
#ifndef FASTSOCK_DECODE_CHECKSUM_H
#define FASTSOCK_DECODE_CHECKSUM_H

#include "fastsock/checksums/checksum.h"
#include "fastsock/packet/decode_state.h"
#include "fastsock/packet/paths.h"

static inline void fs_verify_ipv4_header(fs_decoder *d, size_t start, size_t size)
{
    if (!d->verify)
        return;
    if (fs_sum(d->data + start, size) == 0xFFFF) {
        d->packet->ip_checksum_status = FS_SUM_GOOD;
    } else {
        d->packet->ip_checksum_status = FS_SUM_BAD;
        fs_fault(d, FS_BAD_IP_CHECKSUM, FS_BY_IPV4_CHECKSUM, start);
    }
}

static inline void fs_bad_checksum(fs_decoder *d, size_t l4)
{
    d->packet->checksum_status = FS_SUM_BAD;
    fs_fault(d, FS_BAD_CHECKSUM, FS_BY_CHECKSUM, l4);
}

/* Whether a checksum can be verified: all covered bytes are there, and no network card was to fill
 * it in (a length of zero is a segment before it was cut up). */
static inline int fs_can_verify(const fs_decoder *d, size_t l4, uint64_t covered)
{
    return d->verify && !(d->packet->status & (FS_FRAGMENT | FS_LENGTH_FROM_WIRE)) &&
           covered <= d->end - l4;
}

/* Verify a checksum over `covered` bytes; the pseudo-header has `length`. */
static inline void fs_verify_sum(fs_decoder *d, size_t l4, uint64_t length, uint64_t covered,
                                 int pseudo_header)
{
    const fs_packet *packet = d->packet;
    if (!fs_can_verify(d, l4, covered) ||
        (pseudo_header && (d->ends.src == 0 || d->ends.dst == 0)))
        return;
    uint64_t sum = fs_sum(d->data + l4, (size_t)covered);
    if (pseudo_header)
        sum += fs_pseudo_sum(d->data, &d->ends, packet->address_size, packet->protocol, length);
    if (fs_sum_fold(sum) == 0xFFFF)
        d->packet->checksum_status = FS_SUM_GOOD;
    else
        fs_bad_checksum(d, l4);
}

#endif
