/* Writing frames: the inverse of framing.h.
 *
 * A frame is written whole and then read back by the reader's own step. So a body that would not
 * come back as it is can't pass, whatever the rules of its framer.
 */
#ifndef FASTSOCK_ENCODE_H
#define FASTSOCK_ENCODE_H

#include "fastsock/stream/framing.h"

typedef enum {
    FS_WRITTEN,
    FS_UNWRITTEN_SHORT,  /* the body lacks the header that it has to bring */
    FS_UNWRITTEN_LENGTH, /* its length does not fit the field */
    FS_UNWRITTEN_SIZE,   /* all frames have another size */
    FS_UNWRITTEN_LIMIT,  /* it is larger than allowed */
    FS_UNWRITTEN_OTHER   /* it would come back as another one */
} fs_unwritten;

/* What surrounds one body, worked out before there is room for it. */
typedef struct {
    uint64_t total;    /* size of the frame */
    size_t before;     /* where the body starts in it */
    uint64_t length;   /* FS_UNWRITTEN_LENGTH, and what the header says, in two's complement */
    int negative;      /* whether that is below zero */
    size_t digits;     /* of a length in text, or bytes of a varint */
    uint64_t declared; /* FS_UNWRITTEN_LIMIT: the size of the body, and what is allowed */
    uint64_t limit;
} fs_layout;

static inline size_t fs_count_digits(uint64_t length, int hex)
{
    size_t digits = 1;
    for (; length >= (hex ? 16 : 10); digits++)
        length /= hex ? 16 : 10;
    return digits;
}

static inline size_t fs_count_septets(uint64_t length)
{
    size_t count = 1;
    while (length >>= 7)
        count++;
    return count;
}

/* Work out the number for the field of a length prefix; whether the field can hold it. What is
 * counted and what is adjusted are at most 1 << 63 and 1 << 62, so their sum needs all 64 bits. */
static inline int fs_count_back(const fs_framer *framer, uint64_t counted, fs_layout *layout)
{
    const size_t bits = 8 * framer->width - (framer->negative ? 1 : 0);
    layout->length = counted - (uint64_t)framer->adjust;
    layout->negative = framer->adjust > 0 && counted < (uint64_t)framer->adjust;
    if (layout->negative)
        return framer->negative && ~layout->length >> bits == 0;
    return bits == 64 || layout->length >> bits == 0;
}

/* The layout of a frame around a body of `size` bytes, below 1 << 62. */
static inline fs_unwritten fs_lay_out(const fs_framer *framer, size_t size, fs_layout *layout)
{
    size_t after = 0;
    uint64_t counted = size; /* what the limit counts */
    layout->before = layout->digits = 0;
    layout->total = size;
    switch (framer->kind) {
    case FS_LENGTH_PREFIX:
        layout->before = (size_t)framer->strip;
        layout->total = framer->strip + size;
        if (layout->total < framer->header)
            return FS_UNWRITTEN_SHORT;
        counted = layout->total - framer->header;
        if (!fs_count_back(framer, counted, layout))
            return FS_UNWRITTEN_LENGTH;
        break;
    case FS_FIXED:
        return size == framer->max_frame ? FS_WRITTEN : FS_UNWRITTEN_SIZE;
    case FS_VARINT:
        if (framer->keep)
            return FS_WRITTEN;
        layout->digits = layout->before = fs_count_septets(size);
        break;
    case FS_TEXT:
        if (framer->keep)
            return FS_WRITTEN;
        layout->length = size - (uint64_t)framer->adjust;
        layout->negative = framer->adjust > 0 && size < (uint64_t)framer->adjust;
        if (layout->negative)
            return FS_UNWRITTEN_LENGTH;
        layout->digits = fs_count_digits(layout->length, framer->hex);
        if (layout->digits > framer->most_digits)
            return FS_UNWRITTEN_LENGTH;
        if (layout->digits < framer->least_digits)
            layout->digits = framer->least_digits;
        layout->before = framer->prefix.size + layout->digits + framer->stop.size;
        after = framer->trailer.size;
        break;
    default:
        if (framer->keep)
            return FS_WRITTEN;
        after = framer->written.size;
    }
    layout->total = layout->before + size + after;
    layout->declared = counted;
    layout->limit = framer->max_frame;
    return counted > framer->max_frame ? FS_UNWRITTEN_LIMIT : FS_WRITTEN;
}

static inline void fs_put(uint8_t **at, const fs_separator *text)
{
    if (text->size)
        memcpy(*at, text->text, text->size);
    *at += text->size;
}

static inline void fs_put_digits(uint8_t *at, size_t digits, uint64_t length, int hex)
{
    for (; digits-- > 0; length /= hex ? 16 : 10)
        at[digits] = (uint8_t)"0123456789abcdef"[length % (hex ? 16 : 10)];
}

static inline void fs_put_prefix(const fs_framer *framer, uint8_t *out, uint64_t length)
{
    memset(out, 0, (size_t)framer->strip);
    for (size_t i = 0; i < framer->width; i++) {
        const size_t place = framer->header - framer->width + i;
        const size_t shift = framer->little ? i : framer->width - 1 - i;
        if (place < framer->strip) /* the body brings the others */
            out[place] = (uint8_t)(length >> (8 * shift));
    }
}

/* Write what precedes the body: `layout->before` bytes. */
static inline void fs_put_before(const fs_framer *framer, const fs_layout *layout, size_t size,
                                 uint8_t *out)
{
    if (framer->kind == FS_LENGTH_PREFIX) {
        fs_put_prefix(framer, out, layout->length);
    } else if (layout->digits && framer->kind == FS_VARINT) {
        for (size_t i = 0; i < layout->digits; i++)
            out[i] = (uint8_t)(size >> (7 * i) | 0x80);
        out[layout->digits - 1] &= 0x7f;
    } else if (layout->digits) {
        fs_put(&out, &framer->prefix);
        fs_put_digits(out, layout->digits, layout->length, framer->hex);
        out += layout->digits;
        fs_put(&out, &framer->stop);
    }
}

/* Whether frames come back by the way they are made, whatever the body. */
static inline int fs_sure(const fs_framer *framer)
{
    switch (framer->kind) {
    case FS_LENGTH_PREFIX:
        return framer->strip >= framer->header;
    case FS_VARINT:
        return !framer->keep;
    case FS_TEXT:
        return !framer->keep && framer->markers == 0;
    default:
        return 0;
    }
}

/* Write a frame into `layout->total` bytes at `out`. */
static inline fs_unwritten fs_encode(const fs_framer *framer, fs_layout *layout,
                                     const uint8_t *body, size_t size, uint8_t *out,
                                     size_t max_size)
{
    uint8_t *at = out + layout->before;
    fs_frame frame;
    fs_put_before(framer, layout, size, out);
    if (size)
        memcpy(at, body, size);
    at += size;
    if (framer->kind == FS_TEXT && !framer->keep)
        fs_put(&at, &framer->trailer);
    else if (framer->kind == FS_DELIMITER && !framer->keep)
        fs_put(&at, &framer->written);
    if (layout->total == 0)
        return FS_UNWRITTEN_OTHER;
    frame.scan = 0;
    const size_t total = (size_t)layout->total;
    const fs_found found = fs_next_frame(framer, out, total, max_size, 0, &frame);
    if (found == FS_TOO_LARGE || found == FS_OVERRUN) {
        layout->declared = found == FS_OVERRUN ? size : frame.declared + (uint64_t)framer->adjust;
        layout->limit = frame.limit;
        return FS_UNWRITTEN_LIMIT;
    }
    if (found != FS_FRAME || frame.next != total || frame.start != layout->before ||
        frame.end - frame.start != size)
        return FS_UNWRITTEN_OTHER;
    return FS_WRITTEN;
}

#endif
