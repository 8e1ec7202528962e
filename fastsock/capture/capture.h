/* The records of a capture file, pcap or pcapng, one after the other.
 *
 * The walk goes over bytes as they come: a whole mapped file, or pieces of it that the caller
 * brings. A length from the file is only ever compared with what is there and with limits; nothing
 * is allocated from it. Each field is read once, because another process may change the
 * file. The first fault ends the walk, and all records before it were given. */
#ifndef FASTSOCK_CAPTURE_H
#define FASTSOCK_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fastsock/_core/bytes.h"

enum {
    FS_MAX_INTERFACES = 1 << 16,  /* of one section */
    FS_BLOCK_ROOM = 1 << 20,      /* a block that is read may be so much longer than a record */
};

/* Why a walk stopped; named in fastsock/capture/formats.py, in the same order. */
typedef enum {
    FS_STOP_HEADER,
    FS_STOP_RECORD,
    FS_STOP_HUGE,
    FS_STOP_BLOCK_HEADER,
    FS_STOP_BLOCK,
    FS_STOP_BLOCK_LENGTH,
    FS_STOP_BLOCK_HUGE,
    FS_STOP_BLOCK_END,
    FS_STOP_BYTE_ORDER,
    FS_STOP_VERSION,
    FS_STOP_BLOCK_SHORT,
    FS_STOP_ROOM,
    FS_STOP_INTERFACE,
    FS_STOP_INTERFACES,
    FS_STOP_OPTION,
    FS_STOP_OPTION_LENGTH,
    FS_STOPS,
} fs_capture_stop;

typedef enum {
    FS_RECORD,       /* one more record */
    FS_MORE_BYTES,   /* `wanted` bytes behind the cursor are needed */
    FS_MORE_ROOM,    /* room for one more interface is needed, or for any change of them */
    FS_CAPTURE_END,
    FS_CAPTURE_STOPPED,
} fs_walked;

typedef struct {
    int64_t timestamp_ns;
    uint32_t wire_length;
    uint32_t captured;
    uint16_t link;
    const uint8_t *data;
} fs_record;

typedef struct {
    int64_t offset_ns;  /* if_tsoffset */
    uint32_t snaplen;   /* 0: no limit */
    uint16_t link;
    uint8_t resolution; /* if_tsresol, as it stands there */
} fs_interface;

typedef struct {
    const uint8_t *p;   /* the cursor ... */
    const uint8_t *end; /* ... in bytes up to here ... */
    bool last;          /* ... which is where the file ends */
    uint64_t offset;    /* of the cursor in the file */
    uint64_t wanted;
    uint32_t max_record;
    bool big;           /* byte order of the file, or of this section */
    /* pcap */
    uint32_t header;    /* bytes of a record's header; 0: pcapng */
    uint32_t fraction;  /* nanoseconds of its unit */
    uint16_t link;
    uint8_t swapped;    /* the two lengths: 0 in this order, 1 maybe not, 2 not */
    /* pcapng */
    fs_interface *interfaces;
    uint32_t count, room;
    bool fixed;         /* the interfaces are others' too: end in front of what changes them */
    uint64_t skip;      /* bytes of a block without records that are still to come, ... */
    uint32_t skipped;   /* ... how long that block is ... */
    uint64_t start;     /* ... and where it began */
    /* where it stopped, and why */
    fs_capture_stop stop;
    uint64_t stop_offset, stop_first, stop_second;
} fs_capture;

static inline uint16_t fs_swap16(uint16_t value) { return (uint16_t)(value << 8 | value >> 8); }

static inline uint32_t fs_swap32(uint32_t value)
{
    return (value << 24) | (value << 8 & 0xFF0000) | (value >> 8 & 0xFF00) | (value >> 24);
}

static inline bool fs_machine_is_big(void)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 0;
}

static inline uint16_t fs_read16(const fs_capture *c, const uint8_t *p)
{
    uint16_t value;
    memcpy(&value, p, 2);
    return c->big == fs_machine_is_big() ? value : fs_swap16(value);
}

static inline uint32_t fs_read32(const fs_capture *c, const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, 4);
    return c->big == fs_machine_is_big() ? value : fs_swap32(value);
}

static inline size_t fs_there(const fs_capture *c) { return (size_t)(c->end - c->p); }

static inline void fs_go_on(fs_capture *c, size_t size)
{
    c->p += size;
    c->offset += size;
}

static inline fs_walked fs_stop_at(fs_capture *c, fs_capture_stop why, uint64_t first, uint64_t second)
{
    c->stop = why;
    c->stop_offset = c->offset;
    c->stop_first = first;
    c->stop_second = second;
    return FS_CAPTURE_STOPPED;
}

/* How the walk goes on when it needs `size` bytes and fewer are there. */
static inline fs_walked fs_short_of(fs_capture *c, uint64_t size, fs_capture_stop why)
{
    if (!c->last) {
        c->wanted = size;
        return FS_MORE_BYTES;
    }
    if (c->p == c->end)
        return FS_CAPTURE_END;
    return fs_stop_at(c, why, size, fs_there(c));
}

/* ---- pcap ---- */

static inline fs_walked fs_next_pcap(fs_capture *c, fs_record *record)
{
    const uint8_t *p = c->p;
    if (fs_there(c) < c->header)
        return fs_short_of(c, c->header, FS_STOP_HEADER);
    uint32_t captured = fs_read32(c, p + 8), wire = fs_read32(c, p + 12);
    if (c->swapped == 2 || (c->swapped == 1 && captured > wire)) {
        const uint32_t first = captured;
        captured = wire;
        wire = first;
    }
    if (captured > c->max_record)
        return fs_stop_at(c, FS_STOP_HUGE, captured, c->max_record);
    if (fs_there(c) - c->header < captured)
        return fs_short_of(c, (uint64_t)c->header + captured, FS_STOP_RECORD);
    /* A fraction of a second or more carries: two writers in the wild do that. */
    record->timestamp_ns = (int64_t)fs_read32(c, p) * 1000000000 +
                           (int64_t)fs_read32(c, p + 4) * c->fraction;
    record->wire_length = wire;
    record->captured = captured;
    record->link = c->link;
    record->data = p + c->header;
    fs_go_on(c, (size_t)c->header + captured);
    return FS_RECORD;
}

/* ---- pcapng ---- */

enum {
    FS_SECTION = 0x0A0D0D0A, /* the same in both byte orders */
    FS_INTERFACE = 1,
    FS_OLD_PACKET = 2,
    FS_SIMPLE_PACKET = 3,
    FS_ENHANCED_PACKET = 6,
    FS_TSRESOL = 9,
    FS_TSOFFSET = 14,
};

static inline int64_t fs_clamped_sum(int64_t a, int64_t b)
{
    if (b > 0)
        return a > INT64_MAX - b ? INT64_MAX : a + b;
    return a < INT64_MIN - b ? INT64_MIN : a + b;
}

/* Units of 10^-n or (top bit) 2^-n seconds as nanoseconds, rounded down; INT64_MAX where it is
 * more. The exponent goes up to 127. */
static inline int64_t fs_scale(uint64_t units, uint8_t resolution)
{
    const unsigned exponent = resolution & 0x7F;
    if (resolution & 0x80) {
        /* units * 10^9 has 94 bits: `high` those from bit 32 on, `low` the rest. */
        const uint64_t product = (units & 0xFFFFFFFF) * 1000000000;
        const uint64_t high = (units >> 32) * 1000000000 + (product >> 32);
        const uint64_t low = product & 0xFFFFFFFF;
        if (exponent >= 32)
            return exponent < 96 ? (int64_t)(high >> (exponent - 32)) : 0;
        if (high >> (31 + exponent))
            return INT64_MAX;
        return (int64_t)(high << (32 - exponent) | low >> exponent);
    }
    uint64_t factor = 1;
    for (unsigned n = exponent < 9 ? exponent : 9; n < 9; n++)
        factor *= 10;
    for (unsigned n = 9; n < exponent; n++) {
        if (units == 0)
            return 0;
        units /= 10;
    }
    return units > (uint64_t)INT64_MAX / factor ? INT64_MAX : (int64_t)(units * factor);
}

/* What stands in the 4 bytes of `data` and behind is `size` bytes of options. */
static inline fs_walked fs_read_options(fs_capture *c, const uint8_t *p, size_t size,
                                        fs_interface *to)
{
    while (size >= 4) {
        const uint16_t code = fs_read16(c, p), length = fs_read16(c, p + 2);
        if (code == 0)
            break;
        p += 4;
        size -= 4;
        if (length > size)
            return fs_stop_at(c, FS_STOP_OPTION, length, size);
        if (code == FS_TSRESOL) {
            if (length != 1)
                return fs_stop_at(c, FS_STOP_OPTION_LENGTH, length, 1);
            to->resolution = *p;
        } else if (code == FS_TSOFFSET) {
            if (length != 8)
                return fs_stop_at(c, FS_STOP_OPTION_LENGTH, length, 8);
            const uint32_t first = fs_read32(c, p), second = fs_read32(c, p + 4);
            const uint64_t bits = c->big ? (uint64_t)first << 32 | second
                                         : (uint64_t)second << 32 | first;
            int64_t seconds;
            memcpy(&seconds, &bits, 8);
            const int64_t most = INT64_MAX / 1000000000;
            to->offset_ns = seconds > most    ? INT64_MAX
                            : seconds < -most ? INT64_MIN
                                              : seconds * 1000000000;
        }
        const size_t padded = ((size_t)length + 3) & ~(size_t)3;
        if (padded > size) /* the padding of the last one may be missing */
            break;
        p += padded;
        size -= padded;
    }
    return FS_RECORD;
}

static inline fs_walked fs_read_interface(fs_capture *c, uint32_t length)
{
    const uint8_t *p = c->p;
    if (length < 20)
        return fs_stop_at(c, FS_STOP_BLOCK_SHORT, length, 0);
    if (c->count == FS_MAX_INTERFACES)
        return fs_stop_at(c, FS_STOP_INTERFACES, FS_MAX_INTERFACES, 0);
    if (c->count == c->room)
        return FS_MORE_ROOM;
    fs_interface *origin = &c->interfaces[c->count];
    origin->link = fs_read16(c, p + 8);
    origin->snaplen = fs_read32(c, p + 12);
    origin->resolution = 6;
    origin->offset_ns = 0;
    const fs_walked state = fs_read_options(c, p + 16, length - 20, origin);
    if (state == FS_RECORD)
        c->count++;
    return state;
}

/* The byte order of a section, by its magic number, and whether its version is known. */
static inline fs_walked fs_read_section(fs_capture *c, const uint8_t *p)
{
    static const uint8_t big[4] = {0x1A, 0x2B, 0x3C, 0x4D}, little[4] = {0x4D, 0x3C, 0x2B, 0x1A};
    uint8_t magic[4];
    memcpy(magic, p + 8, 4);
    if (memcmp(magic, big, 4) != 0 && memcmp(magic, little, 4) != 0) {
        return fs_stop_at(c, FS_STOP_BYTE_ORDER, fs_be32(magic), 0);
    }
    c->big = memcmp(magic, big, 4) == 0;
    return FS_RECORD;
}

static inline fs_walked fs_start_section(fs_capture *c, uint32_t length)
{
    if (length < 28)
        return fs_stop_at(c, FS_STOP_BLOCK_SHORT, length, 0);
    const uint16_t major = fs_read16(c, c->p + 12);
    if (major != 1)
        return fs_stop_at(c, FS_STOP_VERSION, major, fs_read16(c, c->p + 14));
    c->count = 0;
    return FS_RECORD;
}

static inline fs_walked fs_read_packet(fs_capture *c, uint32_t type, uint32_t length,
                                       fs_record *record)
{
    const uint8_t *p = c->p;
    const uint32_t fixed = type == FS_SIMPLE_PACKET ? 12 : 28; /* in front of the data */
    if (length < fixed + 4)
        return fs_stop_at(c, FS_STOP_BLOCK_SHORT, length, 0);
    const uint32_t id = type == FS_ENHANCED_PACKET ? fs_read32(c, p + 8)
                        : type == FS_OLD_PACKET    ? fs_read16(c, p + 8)
                                                   : 0;
    if (id >= c->count)
        return fs_stop_at(c, FS_STOP_INTERFACE, id, c->count);
    const fs_interface *origin = &c->interfaces[id];
    uint32_t captured;
    if (type == FS_SIMPLE_PACKET) {
        captured = record->wire_length = fs_read32(c, p + 8);
        if (origin->snaplen && captured > origin->snaplen)
            captured = origin->snaplen;
        record->timestamp_ns = 0;
    } else {
        const uint64_t units = (uint64_t)fs_read32(c, p + 12) << 32 | fs_read32(c, p + 16);
        captured = fs_read32(c, p + 20);
        record->wire_length = fs_read32(c, p + 24);
        record->timestamp_ns =
            fs_clamped_sum(fs_scale(units, origin->resolution), origin->offset_ns);
    }
    if (captured > c->max_record)
        return fs_stop_at(c, FS_STOP_HUGE, captured, c->max_record);
    if (captured > length - fixed - 4)
        return fs_stop_at(c, FS_STOP_ROOM, captured, length - fixed - 4);
    record->captured = captured;
    record->link = origin->link;
    record->data = p + fixed;
    return FS_RECORD;
}

/* Go over a block that has nothing for us, as far as it is there; at its end stands its length. */
static inline fs_walked fs_skip_block(fs_capture *c)
{
    if (c->skip) {
        const size_t size = c->skip < fs_there(c) ? (size_t)c->skip : fs_there(c);
        fs_go_on(c, size);
        c->skip -= size;
    }
    if (c->skip || fs_there(c) < 4) {
        c->wanted = c->skip ? 1 : 4; /* not all of it: whoever reads would hold it at once */
        if (!c->last)
            return FS_MORE_BYTES;
        const uint64_t seen = c->offset + fs_there(c) - c->start;
        c->offset = c->start;
        return fs_stop_at(c, FS_STOP_BLOCK, c->skipped, seen);
    }
    const uint32_t length = fs_read32(c, c->p);
    if (length != c->skipped) {
        c->offset = c->start;
        return fs_stop_at(c, FS_STOP_BLOCK_END, c->skipped, length);
    }
    fs_go_on(c, 4);
    c->skipped = 0;
    return FS_RECORD;
}

static inline bool fs_is_read(uint32_t type)
{
    return type == FS_ENHANCED_PACKET || type == FS_SIMPLE_PACKET || type == FS_OLD_PACKET ||
           type == FS_INTERFACE || type == FS_SECTION;
}

/* One block: FS_RECORD with `*found` where it held one. */
static inline fs_walked fs_next_block(fs_capture *c, fs_record *record, bool *found)
{
    if (c->skipped)
        return fs_skip_block(c);
    if (fs_there(c) < 12)
        return fs_short_of(c, 12, FS_STOP_BLOCK_HEADER);
    const uint32_t type = fs_read32(c, c->p);
    fs_walked state = FS_RECORD;
    if (c->fixed && (type == FS_SECTION || type == FS_INTERFACE))
        return FS_MORE_ROOM;
    if (type == FS_SECTION && (state = fs_read_section(c, c->p)) != FS_RECORD)
        return state;
    const uint32_t length = fs_read32(c, c->p + 4);
    if (length < 12 || length % 4)
        return fs_stop_at(c, FS_STOP_BLOCK_LENGTH, length, 0);
    if (!fs_is_read(type)) {
        c->start = c->offset;
        c->skipped = length;
        c->skip = length - 4;
        return FS_RECORD;
    }
    if (length > (uint64_t)c->max_record + FS_BLOCK_ROOM)
        return fs_stop_at(c, FS_STOP_BLOCK_HUGE, length, (uint64_t)c->max_record + FS_BLOCK_ROOM);
    if (fs_there(c) < length)
        return fs_short_of(c, length, FS_STOP_BLOCK);
    const uint32_t end = fs_read32(c, c->p + length - 4);
    if (end != length)
        return fs_stop_at(c, FS_STOP_BLOCK_END, length, end);
    if (type == FS_SECTION) {
        state = fs_start_section(c, length);
    } else if (type == FS_INTERFACE) {
        state = fs_read_interface(c, length);
    } else {
        state = fs_read_packet(c, type, length, record);
        *found = state == FS_RECORD;
    }
    if (state == FS_RECORD)
        fs_go_on(c, length);
    return state;
}

/* The next record, or what is in its way. After the end or a stop there is nothing more. */
static inline fs_walked fs_next_record(fs_capture *c, fs_record *record)
{
    if (c->header)
        return fs_next_pcap(c, record);
    bool found = false;
    fs_walked state;
    do {
        state = fs_next_block(c, record, &found);
    } while (state == FS_RECORD && !found);
    return state;
}

#endif
