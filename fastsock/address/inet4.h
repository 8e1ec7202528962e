/* IPv4 text <-> 4 bytes, one address at a time. No Python.h: fuzzed and sanitised alone.
 *
 * Parsers take [p, end) and return where the address stopped, or NULL where there is none; the
 * caller decides what may follow. They read nothing at or past `end` and write exactly 4 bytes,
 * only on success.
 */
#ifndef FASTSOCK_INET4_H
#define FASTSOCK_INET4_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FS_TEXT4_MAX = 15 }; /* "255.255.255.255" */

/* RFC 6943 section 3.1.1 "strict" form, as glibc's inet_pton: four decimal octets, no leading
 * zeros. O(1): reads at most 16 bytes. */
static inline const uint8_t *fs_parse4(const uint8_t *p, const uint8_t *end, uint8_t *out)
{
    uint8_t octets[4];
    for (int i = 0;; i++) {
        if (p == end)
            return NULL;
        unsigned value = (unsigned)*p - '0';
        if (value > 9)
            return NULL;
        p++;
        /* A zero takes no second digit: what follows it must be the dot or the end. */
        if (value != 0 && p != end && (unsigned)*p - '0' <= 9) {
            value = value * 10 + (unsigned)*p++ - '0';
            if (p != end && (unsigned)*p - '0' <= 9) {
                value = value * 10 + (unsigned)*p++ - '0';
                if (value > 255)
                    return NULL;
            }
        }
        octets[i] = (uint8_t)value;
        if (i == 3)
            break;
        if (p == end || *p != '.')
            return NULL;
        p++;
    }
    /* A fourth digit is left for the caller, who sees that the address did not end there. */
    memcpy(out, octets, 4);
    return p;
}

/* The value of a hexadecimal digit, and 16 for any other byte. */
#define FS_N4 16, 16, 16, 16
#define FS_N16 FS_N4, FS_N4, FS_N4, FS_N4
#define FS_LETTERS 16, 10, 11, 12, 13, 14, 15, 16, FS_N4, FS_N4
static const uint8_t fs_hex_value[256] = {
    FS_N16, FS_N16, FS_N16,                               /* 0x00 */
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 16, FS_N4,          /* 0x30 "0" */
    FS_LETTERS, FS_N16,                                   /* 0x40 "@" */
    FS_LETTERS, FS_N16,                                   /* 0x60 "`" */
    FS_N16, FS_N16, FS_N16, FS_N16, FS_N16, FS_N16, FS_N16, FS_N16, /* 0x80 */
};
#undef FS_N4
#undef FS_N16
#undef FS_LETTERS

/* One number of inet_aton's: decimal, 0octal or 0xhex, at most 32 bits. */
static inline const uint8_t *fs_parse_c_number(const uint8_t *p, const uint8_t *end, uint32_t *out)
{
    unsigned base = 10;
    uint64_t value = 0;
    const uint8_t *first = p;
    if (p != end && *p == '0') {
        base = 8; /* the zero itself is an octal digit */
        if (end - p >= 2 && (p[1] == 'x' || p[1] == 'X')) {
            base = 16;
            p += 2;
            first = p; /* "0x" alone is no number */
        }
    }
    for (; p != end; p++) {
        unsigned digit = fs_hex_value[*p];
        if (digit >= base)
            break;
        value = value * base + digit;
        if (value > UINT32_MAX) /* so that `value` can't wrap, however many digits follow */
            return NULL;
    }
    if (p == first)
        return NULL;
    *out = (uint32_t)value;
    return p;
}

static inline int fs_is_c_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* inet_aton as glibc has it: one to four numbers in any base, the last filling the bytes that
 * are left; white space ends it and whatever follows is ignored. O(n) for runs of zeros. */
static inline const uint8_t *fs_parse_aton(const uint8_t *p, const uint8_t *end, uint8_t *out)
{
    uint32_t parts = 0, number;
    int count = 0;
    for (;;) {
        p = fs_parse_c_number(p, end, &number);
        if (p == NULL)
            return NULL;
        if (p == end || *p != '.')
            break;
        if (count == 3 || number > 255)
            return NULL;
        parts |= number << (24 - 8 * count);
        count++;
        p++;
    }
    if (number > UINT32_MAX >> (8 * count))
        return NULL;
    parts |= number;
    if (p != end && !fs_is_c_space(*p))
        return NULL;
    out[0] = (uint8_t)(parts >> 24);
    out[1] = (uint8_t)(parts >> 16);
    out[2] = (uint8_t)(parts >> 8);
    out[3] = (uint8_t)parts;
    return p;
}

/* Each octet's text and, in the last byte, its length: four bytes are copied whatever the length,
 * and the next copy covers what was too much. */
#define FS_D1(n) {'0' + (n), 0, 0, 1}
#define FS_D2(n) {'0' + (n) / 10, '0' + (n) % 10, 0, 2}
#define FS_D3(n) {'0' + (n) / 100, '0' + (n) / 10 % 10, '0' + (n) % 10, 3}
#define FS_TEN(D, n) \
    D(n), D(n + 1), D(n + 2), D(n + 3), D(n + 4), D(n + 5), D(n + 6), D(n + 7), D(n + 8), D(n + 9)
static const uint8_t fs_octet_text[256][4] = {
    FS_TEN(FS_D1, 0),   FS_TEN(FS_D2, 10),  FS_TEN(FS_D2, 20),  FS_TEN(FS_D2, 30),
    FS_TEN(FS_D2, 40),  FS_TEN(FS_D2, 50),  FS_TEN(FS_D2, 60),  FS_TEN(FS_D2, 70),
    FS_TEN(FS_D2, 80),  FS_TEN(FS_D2, 90),  FS_TEN(FS_D3, 100), FS_TEN(FS_D3, 110),
    FS_TEN(FS_D3, 120), FS_TEN(FS_D3, 130), FS_TEN(FS_D3, 140), FS_TEN(FS_D3, 150),
    FS_TEN(FS_D3, 160), FS_TEN(FS_D3, 170), FS_TEN(FS_D3, 180), FS_TEN(FS_D3, 190),
    FS_TEN(FS_D3, 200), FS_TEN(FS_D3, 210), FS_TEN(FS_D3, 220), FS_TEN(FS_D3, 230),
    FS_TEN(FS_D3, 240), FS_D3(250), FS_D3(251), FS_D3(252), FS_D3(253), FS_D3(254), FS_D3(255),
};
#undef FS_D1
#undef FS_D2
#undef FS_D3
#undef FS_TEN

/* Write dotted decimal; returns the length. `out` must have FS_TEXT4_MAX + 1 bytes of room: the
 * last octet's copy may write one byte more than it says. */
static inline size_t fs_format4(const uint8_t *packed, uint8_t *out)
{
    uint8_t *p = out;
    for (int i = 0; i < 4; i++) {
        const uint8_t *text = fs_octet_text[packed[i]];
        memcpy(p, text, 4);
        p += text[3];
        *p++ = '.';
    }
    return (size_t)(p - 1 - out);
}

#endif
