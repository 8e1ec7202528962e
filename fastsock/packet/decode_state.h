/* What the layers of the decoder share: a cursor, the ends that lengths have set so far, and how
 * decoding stops. No Python.h: fuzzed and sanitised alone. */
#ifndef FASTSOCK_DECODE_STATE_H
#define FASTSOCK_DECODE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "fastsock/packet/packet.h"
#include "fastsock/packet/paths.h"

typedef struct {
    fs_packet *packet;
    const uint8_t *data;
    size_t captured;
    size_t at;         /* the first byte that is not decoded */
    size_t end;        /* what can be decoded ends here: never beyond `captured` */
    uint64_t wire_end; /* where it ends on the wire: beyond `end` where it was cut */
    fs_ends ends;      /* the pseudo-header's addresses */
    int faulted;       /* limited_by names a fault that did not stop decoding */
    int verify;
} fs_decoder;

/* How many bytes there are to decode. */
static inline size_t fs_left(const fs_decoder *d)
{
    return d->end - d->at;
}

/* The field that set where the payload ends; one that was at fault before keeps its place. */
static inline void fs_limit(fs_decoder *d, enum fs_limit limit, size_t header)
{
    if (d->faulted)
        return;
    d->packet->limited_by = (uint8_t)limit;
    d->packet->limit_offset = (uint32_t)header;
}

/* Note a fault, and go on decoding. */
static inline void fs_fault(fs_decoder *d, uint32_t status, enum fs_limit limit, size_t header)
{
    d->packet->status |= status;
    fs_limit(d, limit, header);
    d->faulted = 1;
}

/* Record why decoding stops: what the field says is at fault, or can't be followed. */
static inline void fs_stop(fs_decoder *d, uint32_t status, enum fs_limit limit, size_t header)
{
    d->packet->status |= status;
    d->packet->limited_by = (uint8_t)limit;
    d->packet->limit_offset = (uint32_t)header;
}

/* A length that ends what is decoded at `end` at the latest. */
static inline void fs_shorten(fs_decoder *d, uint64_t end, enum fs_limit limit, size_t header)
{
    if (end > d->end)
        return;
    d->end = (size_t)end;
    d->wire_end = end;
    fs_limit(d, limit, header);
    if (d->end < d->captured)
        d->packet->status |= FS_TRAILER;
}

#endif
