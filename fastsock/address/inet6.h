/* IPv6 text <-> 16 bytes, one address at a time, to the letter of glibc's inet_pton and inet_ntop.
 *
 * Same contract as inet4.h: [p, end) in, where the address stopped out, NULL where there is none,
 * nothing read at or past `end`, 16 bytes written on success only.
 */
#ifndef FASTSOCK_INET6_H
#define FASTSOCK_INET6_H

#include "fastsock/address/inet4.h"

enum { FS_TEXT6_MAX = 39 }; /* eight groups of four; a dotted tail only stands after zeros */

/* Put the groups before a "::" at the front, those after it at the back, zeros between.
 * `gap` is how many groups stood before the "::", or -1 for none. Returns 0 where the count is
 * wrong: eight groups without "::", at most seven with it (it must stand for at least one). */
static inline int fs_place_groups(const uint16_t *groups, int count, int gap, uint8_t *out)
{
    uint8_t packed[16] = {0};
    int skip = 8 - count;
    if (gap < 0 ? skip != 0 : skip < 1)
        return 0;
    for (int i = 0; i < count; i++) {
        int at = 2 * (gap >= 0 && i >= gap ? i + skip : i);
        packed[at] = (uint8_t)(groups[i] >> 8);
        packed[at + 1] = (uint8_t)groups[i];
    }
    memcpy(out, packed, 16);
    return 1;
}

/* Add the hexadecimal digit at p to `value`. A macro, for four in a row without a loop let the
 * processor predict a group of four digits, which is what nearly all groups are. */
#define FS_TAKE_DIGIT(p, end, value) \
    ((p) != (end) && (digit = fs_hex_value[*(p)]) < 16 ? ((value) = (value) << 4 | digit, (p)++, 1) : 0)

/* RFC 4291 section 2.2, all three forms. O(1): reads at most 46 bytes. */
static inline const uint8_t *fs_parse6(const uint8_t *p, const uint8_t *end, uint8_t *out)
{
    uint16_t groups[8];
    int count = 0, gap = -1;

    if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
        gap = 0;
        p += 2;
    }
    /* Here a group may stand, and must unless "::" went just before. */
    for (;;) {
        const uint8_t *start = p;
        unsigned value = 0, digit;
        (void)(FS_TAKE_DIGIT(p, end, value) && FS_TAKE_DIGIT(p, end, value) &&
               FS_TAKE_DIGIT(p, end, value) && FS_TAKE_DIGIT(p, end, value));
        if (p == start) {
            if (gap >= 0 && gap == count)
                break; /* "::" was the end of it */
            return NULL;
        }
        if (count == 8)
            return NULL;
        groups[count++] = (uint16_t)value;
        if (p == end)
            break;
        if (*p == ':') {
            p++;
            if (p != end && *p == ':') {
                if (gap >= 0)
                    return NULL;
                gap = count;
                p++;
            }
            continue;
        }
        if (*p == '.') {
            uint8_t tail[4];
            /* The last 32 bits in dotted decimal: two groups' worth, and nothing after. */
            p = count <= 7 ? fs_parse4(start, end, tail) : NULL;
            if (p == NULL)
                return NULL;
            groups[count - 1] = (uint16_t)(tail[0] << 8 | tail[1]);
            groups[count++] = (uint16_t)(tail[2] << 8 | tail[3]);
        }
        break; /* a fifth digit is left for the caller, as anything else that may follow */
    }
    return fs_place_groups(groups, count, gap, out) ? p : NULL;
}
#undef FS_TAKE_DIGIT

/* Whether an IPv4 address is mapped into this one (RFC 4291 section 2.5.5.2). */
static inline int fs_is_mapped(const uint8_t *packed)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(packed, prefix, 12) == 0;
}

static inline void fs_map4(const uint8_t *four, uint8_t *out)
{
    memset(out, 0, 10);
    out[10] = out[11] = 0xff;
    memcpy(out + 12, four, 4);
}

/* Two hexadecimal digits of every byte, the first one in the low byte. */
#define FS_DIGIT(n) ((n) < 10 ? '0' + (n) : 'a' - 10 + (n))
#define FS_PAIR(n) FS_DIGIT((n) >> 4 & 15) | FS_DIGIT((n) & 15) << 8
#define FS_PAIRS4(n) FS_PAIR(n), FS_PAIR((n) + 1), FS_PAIR((n) + 2), FS_PAIR((n) + 3)
#define FS_PAIRS16(n) FS_PAIRS4(n), FS_PAIRS4((n) + 4), FS_PAIRS4((n) + 8), FS_PAIRS4((n) + 12)
#define FS_PAIRS64(n) \
    FS_PAIRS16(n), FS_PAIRS16((n) + 16), FS_PAIRS16((n) + 32), FS_PAIRS16((n) + 48)
static const uint16_t fs_hex_pairs[256] = {
    FS_PAIRS64(0), FS_PAIRS64(64), FS_PAIRS64(128), FS_PAIRS64(192),
};
#undef FS_DIGIT
#undef FS_PAIR
#undef FS_PAIRS4
#undef FS_PAIRS16
#undef FS_PAIRS64

/* One group, lower case, no leading zeros. Writes four bytes whatever the length: branches on it
 * would be guessed wrong in every other address. */
static inline uint8_t *fs_format_group(const uint8_t *packed, uint8_t *p)
{
    unsigned group = (unsigned)packed[0] << 8 | packed[1];
#if defined(__GNUC__) || defined(__clang__)
    unsigned zeros = ((unsigned)__builtin_clz(group | 1) - (8 * sizeof group - 16)) / 4;
#else
    unsigned zeros = (group < 0x1000) + (group < 0x100) + (group < 0x10);
#endif
    uint32_t digits = fs_hex_pairs[packed[0]] | (uint32_t)fs_hex_pairs[packed[1]] << 16;
    digits >>= 8 * zeros;
    p[0] = (uint8_t)digits; /* one store on little-endian machines, right on all */
    p[1] = (uint8_t)(digits >> 8);
    p[2] = (uint8_t)(digits >> 16);
    p[3] = (uint8_t)(digits >> 24);
    return p + 4 - zeros;
}

/* Groups `from` up to `to`, a colon after each. */
static inline uint8_t *fs_format_groups(const uint8_t *packed, unsigned from, unsigned to,
                                        uint8_t *p)
{
    for (unsigned i = from; i < to; i++) {
        p = fs_format_group(packed + 2 * i, p);
        *p++ = ':';
    }
    return p;
}

/* Whether glibc ends an address in dotted decimal that starts with `zeros` groups of zero: the
 * mapped ones, and the deprecated IPv4-compatible ones (RFC 4291 section 2.5.5). */
static inline int fs_ends_dotted(const uint8_t *packed, unsigned zeros)
{
    return zeros == 6 || (zeros == 5 && packed[10] == 0xff && packed[11] == 0xff);
}

/* RFC 5952 text, but for a dotted tail where glibc has one. Returns the length; `out` must have
 * FS_TEXT6_MAX + 1 bytes of room, of which the colon after the last group takes one. */
static inline size_t fs_format6(const uint8_t *packed, uint8_t *out)
{
    uint8_t *p = out;
    unsigned zeros = 0, longer, length = 1;
    for (unsigned i = 0; i < 8; i++)
        zeros |= (unsigned)(packed[2 * i] == 0 && packed[2 * i + 1] == 0) << i;
    if ((zeros & zeros >> 1) == 0) /* one zero group alone is not shortened */
        return (size_t)(fs_format_groups(packed, 0, 8, p) - 1 - out);

    /* Bit i stays while a run of `length` zero groups starts at group i: at last the longest ones
     * are left, of which the first counts. */
    while ((longer = zeros & zeros >> 1) != 0) {
        zeros = longer;
        length++;
    }
    unsigned start = 0;
    while ((zeros >> start & 1) == 0)
        start++;
    if (start == 0)
        *p++ = ':';
    p = fs_format_groups(packed, 0, start, p);
    *p++ = ':';
    if (start + length == 8)
        return (size_t)(p - out);
    if (start == 0 && fs_ends_dotted(packed, length)) {
        p = fs_format_groups(packed, length, 6, p);
        return (size_t)(p - out) + fs_format4(packed + 12, p);
    }
    return (size_t)(fs_format_groups(packed, start + length, 8, p) - 1 - out);
}

#endif
