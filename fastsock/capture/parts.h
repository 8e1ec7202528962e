/* Where a part of a capture may begin, for threads that decode a part each.
 *
 * This is a guess: a payload may hold what looks like records. Whoever uses it compares the end of
 * the part in front with it. */
#ifndef FASTSOCK_PARTS_H
#define FASTSOCK_PARTS_H

#include "fastsock/capture/columns.h"

enum {
    FS_LIKELY_RECORDS = 6,        /* in a row, to take a place for the start of one */
    FS_SEARCHED = 1 << 20,        /* bytes in which a start is looked for */
};

static const uint64_t fs_likely_apart_ns = (uint64_t)10 * 366 * 86400 * 1000000000;

/* Count records until the walk needs something, and tell where the last one ends. */
static inline fs_walked fs_count_records(fs_capture *capture, size_t *rows, const uint8_t **last)
{
    fs_record record;
    fs_walked state;
    const uint8_t *fetched = capture->p;
    for (;;) {
        fetched = fs_fetch(fetched, capture->p, capture->end);
        state = fs_next_record(capture, &record);
        if (state != FS_RECORD)
            return state;
        ++*rows;
        *last = capture->p;
    }
}

/* The next record or block. A block without a packet is not gone over: a chain of small ones would
 * make a guess take time without bounds. */
static inline bool fs_likely_record(fs_capture *walk, fs_record *record)
{
    bool found = false;
    if (walk->header)
        return fs_next_pcap(walk, record) == FS_RECORD;
    return fs_next_block(walk, record, &found) == FS_RECORD && found;
}

/* Whether records begin at the cursor that look like a file's whose time is about `time_ns`. */
static inline bool fs_likely_records(fs_capture walk, int64_t time_ns)
{
    fs_record record;
    for (int n = 0; n < FS_LIKELY_RECORDS && walk.p != walk.end; n++) {
        if (!fs_likely_record(&walk, &record))
            return false;
        /* Zeros would be records without bytes. */
        if (record.captured == 0 || record.captured > record.wire_length)
            return false;
        const uint64_t one = (uint64_t)record.timestamp_ns, other = (uint64_t)time_ns;
        if ((record.timestamp_ns > time_ns ? one - other : other - one) > fs_likely_apart_ns)
            return false;
    }
    return true;
}

/* The first likely start of a record from `from` on, or NULL. No byte from `end` on is read.
 *
 * `capture` has a cursor at a record: the blocks of pcapng have multiples of 4 bytes. */
static inline const uint8_t *fs_likely_start(const fs_capture *capture, const uint8_t *from,
                                             const uint8_t *end, int64_t time_ns)
{
    const size_t step = capture->header ? 1 : 4;
    fs_capture walk = *capture;
    walk.end = end;
    walk.last = false;
    walk.fixed = true;
    from += (size_t)(walk.p - from) % step;
    for (size_t left = FS_SEARCHED; from < end && left; left -= step) {
        walk.p = from;
        if (fs_likely_records(walk, time_ns))
            return from;
        if ((size_t)(end - from) <= step)
            break;
        from += step;
    }
    return NULL;
}

#endif
