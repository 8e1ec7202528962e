/* Where a part of a pcap file may begin, for threads that decode a part each.
 *
 * This is a guess: a payload may hold what looks like records. Whoever uses it compares the end of
 * the part in front with it. */
#ifndef FASTSOCK_PARTS_H
#define FASTSOCK_PARTS_H

#include "fastsock/capture/capture.h"

enum {
    FS_LIKELY_RECORDS = 6,        /* in a row, to take a place for the start of one */
    FS_SEARCHED = 1 << 20,        /* bytes in which a start is looked for */
};

static const int64_t fs_likely_apart_ns = (int64_t)10 * 366 * 86400 * 1000000000;

/* Whether records begin at the cursor that look like a file's whose time is about `time_ns`. */
static inline bool fs_likely_records(fs_capture walk, int64_t time_ns)
{
    fs_record record;
    for (int n = 0; n < FS_LIKELY_RECORDS && walk.p != walk.end; n++) {
        if (fs_next_pcap(&walk, &record) != FS_RECORD)
            return false;
        /* Zeros would be records without bytes. */
        if (record.captured == 0 || record.captured > record.wire_length)
            return false;
        /* Neither is below 0, nor above 2^63 / 2: a difference has room. */
        const int64_t apart = record.timestamp_ns - time_ns;
        if (apart > fs_likely_apart_ns || apart < -fs_likely_apart_ns)
            return false;
    }
    return true;
}

/* The first likely start of a record from `from` on, or NULL. No byte from `end` on is read. */
static inline const uint8_t *fs_likely_start(const fs_capture *capture, const uint8_t *from,
                                             const uint8_t *end, int64_t time_ns)
{
    fs_capture walk = *capture;
    walk.end = end;
    walk.last = false;
    for (size_t left = FS_SEARCHED; from < end && left; from++, left--) {
        walk.p = from;
        if (fs_likely_records(walk, time_ns))
            return from;
    }
    return NULL;
}

#endif
