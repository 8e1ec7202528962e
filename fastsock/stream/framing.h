/* Where the frame at the front of a byte stream ends: one step of a walk over the bytes at hand.
 *
 * A step looks at the bytes and the rules, and never at how the bytes arrived: the same bytes give
 * the same frames and the same errors however they were cut. Between two steps it
 * keeps one number, `scan`, up to where delimiters were looked for.
 */
#ifndef FASTSOCK_FRAMING_H
#define FASTSOCK_FRAMING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FS_VARINT_MAX = 10, FS_EXTENSION_MAX = 4096 };

/* FS_OWN: a framer in Python, which the kernel knows nothing of. */
typedef enum {
    FS_LENGTH_PREFIX,
    FS_FIXED,
    FS_VARINT,
    FS_TEXT,
    FS_DELIMITER,
    FS_OWN
} fs_framing;

typedef struct {
    const uint8_t *text;
    size_t size;
} fs_separator;

/* The rules of a framer, ready for use. */
typedef struct {
    fs_framing kind;
    int keep;           /* hand out the delimiter, or the length, with the frame */
    int last;           /* at the end of the stream, what is left over is a frame */
    int little, negative; /* byte order; whether a length can be negative */
    size_t width, header; /* of the length field; up to its end */
    int64_t adjust;
    uint64_t strip;
    uint64_t max_frame;
    fs_separator prefix, stop, trailer; /* of a length in text: around it, and after the body */
    size_t least_digits, most_digits;
    int hex, zeros, extensions; /* base 16; leading zeros; ";..." after the digits are allowed */
    uint64_t markers;           /* lengths below this stand for themselves, without a body */
    fs_separator written;       /* the delimiter that an encoder writes */
    const fs_separator *separators; /* the longest first */
    size_t count, longest;
    int common;       /* the byte they all end with, or -1 */
    int line;         /* they are that byte, and perhaps one with another before it (CRLF) */
    uint8_t ends[256]; /* whether one of them ends with a byte */
} fs_framer;

typedef enum {
    FS_FRAME,
    FS_MORE,         /* not all of the frame is there yet */
    FS_TOO_LARGE,    /* from here on errors: by a declared length, */
    FS_OVERRUN,      /* no delimiter within the limit, */
    FS_NEGATIVE,     /* a body shorter than nothing, */
    FS_STRIPPED,     /* a frame shorter than what is stripped, */
    FS_BAD_VARINT,
    FS_BAD_DIGITS,
    FS_BAD_TRAILER
} fs_found;

/* The frame at the front, by offsets from there. */
typedef struct {
    size_t start, end; /* what to hand out */
    size_t next;       /* where the next frame starts */
    size_t scan;       /* in and out: no delimiter ends before this offset */
    uint64_t total;    /* size of the whole frame, 0 where it is not known yet */
    uint64_t declared; /* FS_TOO_LARGE, FS_NEGATIVE: the length as it stands in the header */
    uint64_t limit;    /* FS_TOO_LARGE, FS_OVERRUN: what was allowed */
} fs_frame;

static inline uint64_t fs_min64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* An unsigned length of 4 bytes, the usual one; compilers make one load of it. */
static inline uint64_t fs_read_length4(const fs_framer *framer, const uint8_t *p)
{
    return framer->little
        ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0]
        : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A length of `width` bytes, 1 to 8, extended by its sign where it has one. */
static inline uint64_t fs_read_length(const fs_framer *framer, const uint8_t *p)
{
    const size_t width = framer->width;
    uint64_t length = 0;
    if (width == 4 && !framer->negative)
        return fs_read_length4(framer, p);
    if (framer->little)
        for (size_t i = width; i-- > 0;)
            length = length << 8 | p[i];
    else
        for (size_t i = 0; i < width; i++)
            length = length << 8 | p[i];
    if (framer->negative && width < 8 && length >> (8 * width - 1))
        length |= ~UINT64_C(0) << (8 * width);
    return length;
}

/* A frame of `header` bytes, a body that is declared, and `trailer` bytes. */
static inline fs_found fs_sized(const fs_framer *framer, size_t header, uint64_t body,
                                size_t trailer, size_t size, size_t max_size, fs_frame *frame)
{
    const size_t around = header + trailer;
    const uint64_t room = max_size > around ? max_size - around : 0;
    frame->limit = fs_min64(framer->max_frame, room);
    frame->total = body > UINT64_MAX - around ? UINT64_MAX : body + around;
    if (body > frame->limit)
        return FS_TOO_LARGE;
    if (size < frame->total)
        return FS_MORE;
    frame->start = header;
    frame->end = header + (size_t)body;
    frame->next = around + (size_t)body;
    return FS_FRAME;
}

static inline fs_found fs_length_prefixed(const fs_framer *framer, const uint8_t *p, size_t size,
                                          size_t max_size, fs_frame *frame)
{
    const size_t header = framer->header;
    frame->total = 0;
    if (size < header)
        return FS_MORE;
    const uint64_t length = fs_read_length(framer, p + header - framer->width);
    uint64_t body = length;
    frame->declared = length;
    if (framer->negative && length >> 63) {
        /* A negative length can still be right where the adjustment is positive. */
        body = length + (uint64_t)framer->adjust;
        if (framer->adjust <= 0 || body >> 63)
            return FS_NEGATIVE;
    } else if (framer->adjust < 0) {
        if (length < (uint64_t)-framer->adjust)
            return FS_NEGATIVE;
        body -= (uint64_t)-framer->adjust;
    } else {
        /* A sum that wrapped would pass for a small one. */
        body = length > UINT64_MAX - (uint64_t)framer->adjust ? UINT64_MAX
                                                               : length + (uint64_t)framer->adjust;
    }
    if (framer->strip > header && framer->strip - header > body) {
        frame->total = header + body;
        return FS_STRIPPED;
    }
    const fs_found found = fs_sized(framer, header, body, 0, size, max_size, frame);
    frame->start = (size_t)framer->strip;
    return found;
}

static inline fs_found fs_varint(const fs_framer *framer, const uint8_t *p, size_t size,
                                 size_t max_size, fs_frame *frame)
{
    uint64_t length = 0;
    frame->total = 0;
    for (size_t i = 0; i < size; i++) {
        /* The tenth byte holds the 64th bit and nothing else. */
        if (i == FS_VARINT_MAX - 1 && p[i] > 1)
            return FS_BAD_VARINT;
        length |= (uint64_t)(p[i] & 0x7f) << (7 * i);
        if (p[i] < 0x80) {
            frame->declared = length;
            const fs_found found = fs_sized(framer, i + 1, length, 0, size, max_size, frame);
            if (framer->keep)
                frame->start = 0;
            return found;
        }
    }
    return FS_MORE;
}

/* The value of a digit, or -1. isdigit() would ask the locale. */
static inline int fs_digit(uint8_t byte, int hex)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (hex && byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (hex && byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

/* Match `text` at *at, as far as there are bytes; *at is then after it. */
static inline fs_found fs_literal(const fs_separator *text, const uint8_t *p, size_t size,
                                  size_t *at)
{
    for (size_t i = 0; i < text->size; i++, (*at)++) {
        if (*at == size)
            return FS_MORE;
        if (p[*at] != text->text[i])
            return FS_BAD_DIGITS;
    }
    return FS_FRAME;
}

/* Pass over ";..." after the digits, up to where the text after a length starts. */
static inline fs_found fs_extension(const fs_framer *framer, const uint8_t *p, size_t size,
                                    size_t *at)
{
    const size_t first = *at;
    int inside = 0;
    for (;; (*at)++) {
        if (*at == size)
            return FS_MORE;
        const uint8_t byte = p[*at];
        if (byte == framer->stop.text[0])
            return inside || *at == first ? FS_FRAME : FS_BAD_DIGITS;
        const int blank = byte == ' ' || byte == '\t';
        /* A control character could end the line for another reader. */
        if (*at - first >= FS_EXTENSION_MAX || (byte < ' ' && !blank) || byte == 0x7f)
            return FS_BAD_DIGITS;
        if (byte == ';')
            inside = 1;
        else if (!inside && !blank)
            return FS_BAD_DIGITS;
    }
}

static inline fs_found fs_text(const fs_framer *framer, const uint8_t *p, size_t size,
                               size_t max_size, fs_frame *frame)
{
    uint64_t length = 0;
    size_t at = 0, digits = 0;
    frame->total = 0;
    fs_found found = fs_literal(&framer->prefix, p, size, &at);
    if (found != FS_FRAME)
        return found;
    for (; digits < framer->most_digits; digits++, at++) {
        if (at == size)
            return FS_MORE;
        const int digit = fs_digit(p[at], framer->hex);
        if (digit < 0)
            break;
        if (digits == 1 && length == 0 && !framer->zeros)
            return FS_BAD_DIGITS;
        length = length * (framer->hex ? 16 : 10) + (uint64_t)digit; /* below 1 << 60 */
    }
    if (digits < framer->least_digits)
        return FS_BAD_DIGITS;
    if (framer->extensions && (found = fs_extension(framer, p, size, &at)) != FS_FRAME)
        return found;
    found = fs_literal(&framer->stop, p, size, &at);
    if (found != FS_FRAME)
        return found;
    frame->declared = length;
    uint64_t body = 0;
    if (length >= framer->markers) {
        if (framer->adjust < 0 && length < (uint64_t)-framer->adjust)
            return FS_NEGATIVE;
        body = length + (uint64_t)framer->adjust; /* no sum is beyond 1 << 63 */
    }
    const size_t trailer = framer->trailer.size;
    found = fs_sized(framer, at, body, trailer, size, max_size, frame);
    if (found == FS_FRAME && trailer && memcmp(p + frame->end, framer->trailer.text, trailer))
        return FS_BAD_TRAILER;
    if (framer->keep) {
        frame->start = 0;
        frame->end = frame->next;
    }
    return found;
}

/* The size of the separator that ends with the byte at `hit`, or 0. */
static inline size_t fs_separator_at(const fs_framer *framer, const uint8_t *p, const uint8_t *hit)
{
    const size_t before = (size_t)(hit - p);
    for (size_t i = 0; i < framer->count; i++) {
        const fs_separator *one = &framer->separators[i];
        const size_t rest = one->size - 1;
        if (rest <= before && one->text[rest] == *hit && one->text[0] == hit[-(ptrdiff_t)rest] &&
            (rest < 2 || memcmp(hit - rest, one->text, rest) == 0))
            return one->size;
    }
    return 0;
}

/* The offset after the first delimiter that ends in [*scan, reach), and its size; or 0.
 *
 * Looking for last bytes, and from there back, finds the delimiter that is complete first, and
 * needs no more state than `scan`: no byte is looked for twice. */
static inline size_t fs_find_delimiter(const fs_framer *framer, const uint8_t *p, size_t reach,
                                       size_t *scan, size_t *size)
{
    size_t at = *scan;
    while (at < reach) {
        if (framer->common >= 0) {
            const void *hit = memchr(p + at, framer->common, reach - at);
            if (hit == NULL)
                break;
            at = (size_t)((const uint8_t *)hit - p);
        } else {
            while (at < reach && !framer->ends[p[at]])
                at++;
            if (at == reach)
                break;
        }
        *size = fs_separator_at(framer, p, p + at);
        if (*size != 0) {
            *scan = at; /* so that a match which the caller refuses is found again */
            return at + 1;
        }
        at++;
    }
    if (*scan < reach)
        *scan = reach;
    return 0;
}

/* The same where the last byte alone decides, as in lines of text. */
static inline size_t fs_find_line(const fs_framer *framer, const uint8_t *p, size_t reach,
                                  size_t *scan, size_t *size)
{
    const uint8_t *hit =
        *scan < reach ? (const uint8_t *)memchr(p + *scan, framer->common, reach - *scan) : NULL;
    if (hit == NULL) {
        if (*scan < reach)
            *scan = reach;
        return 0;
    }
    *scan = (size_t)(hit - p);
    /* The longest comes first: of two, that is the one of two bytes. */
    *size = framer->count == 2 && hit != p && hit[-1] == framer->separators[0].text[0] ? 2 : 1;
    return *scan + 1;
}

static inline fs_found fs_delimited(const fs_framer *framer, const uint8_t *p, size_t size,
                                    uint64_t max_frame, size_t max_size, int at_end,
                                    fs_frame *frame)
{
    /* The frame and the longest delimiter must fit in max_size, whichever delimiter comes. */
    const size_t room = max_size > framer->longest ? max_size - framer->longest : 0;
    const size_t limit = (size_t)fs_min64(max_frame, room);
    const size_t decided = limit + framer->longest; /* what starts within the limit ends here */
    const size_t reach = size < decided ? size : decided;
    size_t delimiter = 0, next;
    if (framer->line)
        next = fs_find_line(framer, p, reach, &frame->scan, &delimiter);
    else
        next = fs_find_delimiter(framer, p, reach, &frame->scan, &delimiter);
    frame->limit = limit;
    frame->total = 0;
    if (next == 0) {
        if (frame->scan >= decided)
            return FS_OVERRUN;
        if (!at_end || !framer->last)
            return FS_MORE;
        frame->next = size;
    } else {
        frame->next = next;
    }
    if (frame->next - delimiter > limit)
        return FS_OVERRUN;
    frame->start = 0;
    frame->end = framer->keep ? frame->next : frame->next - delimiter;
    frame->scan = 0;
    return FS_FRAME;
}

/* The frame at the front of `size` bytes at `p`, at least one. At the end of the stream no more
 * will come. Reads nothing outside of these bytes. */
static inline fs_found fs_next_frame(const fs_framer *framer, const uint8_t *p, size_t size,
                                     size_t max_size, int at_end, fs_frame *frame)
{
    switch (framer->kind) {
    case FS_LENGTH_PREFIX:
        return fs_length_prefixed(framer, p, size, max_size, frame);
    case FS_FIXED:
        frame->declared = framer->max_frame;
        return fs_sized(framer, 0, framer->max_frame, 0, size, max_size, frame);
    case FS_VARINT:
        return fs_varint(framer, p, size, max_size, frame);
    case FS_TEXT:
        return fs_text(framer, p, size, max_size, frame);
    default:
        return fs_delimited(framer, p, size, framer->max_frame, max_size, at_end, frame);
    }
}

/* Where a frame starts and ends. */
typedef struct {
    size_t start, end;
} fs_span;

/* Frames of which the header says nothing but the size of the body, as far as they are whole. What
 * stops this is told by `fs_length_prefixed`, which knows all rules. */
static inline size_t fs_plain_frames(const fs_framer *restrict framer, const uint8_t *p,
                                     size_t size, size_t max_size, fs_span *restrict spans,
                                     size_t room, size_t *at)
{
    const size_t header = framer->header, width = framer->width, strip = (size_t)framer->strip;
    const uint64_t limit =
        fs_min64(framer->max_frame, max_size > header ? max_size - header : 0);
    size_t from = *at, n = 0;
    if (framer->negative || framer->adjust || framer->strip > header)
        return 0;
    while (n < room && size - from >= header) {
        const uint64_t body = fs_read_length(framer, p + from + header - width);
        if (body > limit || body > size - from - header)
            break;
        spans[n].start = from + strip;
        from += header + (size_t)body;
        spans[n++].end = from;
    }
    *at = from;
    return n;
}

/* As `fs_next_frames`, for one kind, which the compiler knows. */
static inline fs_found fs_frames_of(const fs_framing kind, const fs_framer *restrict framer,
                                    const uint8_t *p, size_t size, size_t max_size, int at_end,
                                    fs_frame *frame, fs_span *restrict spans, size_t room,
                                    size_t *count, size_t *at)
{
    fs_frame one = *frame; /* a local one, most of whose fields are not stored for each frame */
    fs_found found = FS_FRAME;
    size_t from = *at, n = 0;
    if (kind == FS_LENGTH_PREFIX)
        n = fs_plain_frames(framer, p, size, max_size, spans, room, &from);
    while (n < room && from < size) {
        if (kind == FS_LENGTH_PREFIX)
            found = fs_length_prefixed(framer, p + from, size - from, max_size, &one);
        else if (kind == FS_DELIMITER)
            found = fs_delimited(framer, p + from, size - from, framer->max_frame, max_size,
                                 at_end, &one);
        else
            found = fs_next_frame(framer, p + from, size - from, max_size, at_end, &one);
        if (found != FS_FRAME)
            break;
        spans[n].start = from + one.start;
        spans[n++].end = from + one.end;
        from += one.next;
        one.scan = 0;
    }
    *frame = one;
    *count = n;
    *at = from;
    return found;
}

/* The next frames from `*at` on, up to `room` of them; `*at` is then after the last one.
 *
 * FS_FRAME where there is no more room, or nothing more; else what is in the way of another one,
 * and `frame` tells of that. */
static inline fs_found fs_next_frames(const fs_framer *framer, const uint8_t *p, size_t size,
                                      size_t max_size, int at_end, fs_frame *frame,
                                      fs_span *spans, size_t room, size_t *count, size_t *at)
{
    switch (framer->kind) {
    case FS_LENGTH_PREFIX:
        return fs_frames_of(FS_LENGTH_PREFIX, framer, p, size, max_size, at_end, frame, spans,
                            room, count, at);
    case FS_DELIMITER:
        return fs_frames_of(FS_DELIMITER, framer, p, size, max_size, at_end, frame, spans, room,
                            count, at);
    default:
        return fs_frames_of(FS_OWN, framer, p, size, max_size, at_end, frame, spans, room, count,
                            at);
    }
}

#endif
