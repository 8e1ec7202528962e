/* The state that the layers of the decoder share: a cursor, the ends set by lengths so far, and how
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
    size_t end;        /* decoding ends here: never beyond `captured` */
    uint64_t wire_end; /* where it ends on the wire: beyond `end` where it was cut */
    fs_ends ends;      /* the pseudo-header's addresses */
    int faulted;       /* a field is wrong, and decoding went on: that field keeps its place */
    int verify;
} fs_decoder;

/* How many bytes are left to decode. */
static inline size_t fs_left(const fs_decoder *d)
{
    return d->end - d->at;
}

/* Record the field that set where the payload ends. */
static inline void fs_limit(fs_decoder *d, enum fs_limit limit)
{
    if (!d->faulted)
        d->packet->limited_by = (uint8_t)limit;
}

/* Record a wrong field; the first one stays. `header` is where its header begins. */
static inline void fs_note_fault(fs_decoder *d, enum fs_limit field, size_t header)
{
    if (d->faulted)
        return;
    d->packet->fault = (uint8_t)field;
    d->packet->fault_offset = (uint32_t)header;
}

/* Record a fault; decoding continues. */
static inline void fs_fault(fs_decoder *d, uint32_t status, enum fs_limit field, size_t header)
{
    d->packet->status |= status;
    fs_limit(d, field);
    fs_note_fault(d, field, header);
    d->faulted = 1;
}

/* Record why decoding stops: the field is wrong, or what it names has no decoder. */
static inline void fs_stop(fs_decoder *d, uint32_t status, enum fs_limit field, size_t header)
{
    d->packet->status |= status;
    d->packet->limited_by = (uint8_t)field;
    if (status & FS_FAULTS)
        fs_note_fault(d, field, header);
}

/* Apply a length: nothing is decoded from `end` on. */
static inline void fs_shorten(fs_decoder *d, uint64_t end, enum fs_limit limit)
{
    if (end > d->end)
        return;
    d->end = (size_t)end;
    d->wire_end = end;
    fs_limit(d, limit);
    if (d->end < d->captured)
        d->packet->status |= FS_TRAILER;
}

#endif
