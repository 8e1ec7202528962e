/* Host and port in one text: RFC 3986 sections 3.2.2 and 3.2.3, RFC 4007 section 11 for zones.
 *
 * The text is ASCII. Nothing is read at or past `end`; names may have any length.
 */
#ifndef FASTSOCK_HOSTPORT_H
#define FASTSOCK_HOSTPORT_H

#include "fastsock/address/inet6.h"

/* In the order of HOSTPORT_FAULTS in errors.py, which has the words. */
typedef enum {
    FS_HOSTPORT_GOOD,
    FS_HOSTPORT_BRACKETS,
    FS_HOSTPORT_FOLLOW,
    FS_HOSTPORT_COLONS,
    FS_HOSTPORT_CHARACTER,
    FS_HOSTPORT_NOTHING,
    FS_HOSTPORT_NOT_IPV6,
    FS_HOSTPORT_PORT,
} fs_hostport_fault;

typedef struct {
    const uint8_t *host; /* without brackets ... */
    const uint8_t *host_end;
    const uint8_t *digits; /* what should be the port, up to the text's end; NULL for no port */
    unsigned port;
} fs_hostport;

enum { FS_PORT_DIGITS = 5, FS_PORT_MAX = 65535 };

/* What can't stand in a host name: RFC 3986 gen-delims, blanks and control characters. */
static inline int fs_is_host_character(uint8_t c)
{
    /* A bit a character, from NUL and from '@' on: blanks and below, "#/:?"; "@[\]" and DEL. */
    static const uint64_t forbidden[2] = {
        0xffffffffu | 1ull << ' ' | 1ull << '#' | 1ull << '/' | 1ull << ':' | 1ull << '?',
        1ull << ('@' - 64) | 1ull << ('[' - 64) | 1ull << ('\\' - 64) | 1ull << (']' - 64) |
            1ull << (127 - 64),
    };
    return !(forbidden[c >> 6 & 1] >> (c & 63) & 1);
}

/* The first character that no host can have, or `end`. */
static inline const uint8_t *fs_skip_host(const uint8_t *p, const uint8_t *end)
{
    while (p != end && fs_is_host_character(*p))
        p++;
    return p;
}

static inline const uint8_t *fs_find(const uint8_t *p, const uint8_t *end, uint8_t c)
{
    return (const uint8_t *)memchr(p, c, (size_t)(end - p));
}

/* An IPv6 address, with a zone or without. */
static inline int fs_is_ipv6(const uint8_t *p, const uint8_t *end)
{
    uint8_t packed[16];
    const uint8_t *stop = fs_parse6(p, end, packed);
    if (stop == end)
        return 1;
    if (stop == NULL || *stop != '%' || stop + 1 == end)
        return 0;
    return fs_skip_host(stop + 1, end) == end && fs_find(stop + 1, end, '%') == NULL;
}

/* One to five digits, up to 65535, and nothing else. */
static inline int fs_parse_port(const uint8_t *p, const uint8_t *end, unsigned *port)
{
    unsigned value = 0;
    if (p == end || end - p > FS_PORT_DIGITS)
        return 0;
    for (; p != end; p++) {
        unsigned digit = *p - (unsigned)'0';
        if (digit > 9)
            return 0;
        value = value * 10 + digit;
    }
    *port = value;
    return value <= FS_PORT_MAX;
}

/* "[address]", with a port or without; p is after the bracket. */
static inline fs_hostport_fault fs_parse_bracketed(
    const uint8_t *p, const uint8_t *end, fs_hostport *out)
{
    const uint8_t *bracket = fs_find(p, end, ']');
    if (bracket == NULL || !fs_is_ipv6(p, bracket))
        return FS_HOSTPORT_BRACKETS;
    out->host = p;
    out->host_end = bracket;
    p = bracket + 1;
    if (p == end)
        return FS_HOSTPORT_GOOD;
    if (*p != ':')
        return FS_HOSTPORT_FOLLOW;
    out->digits = p + 1;
    return fs_parse_port(out->digits, end, &out->port) ? FS_HOSTPORT_GOOD : FS_HOSTPORT_PORT;
}

/* `digits` is also set where the port is wrong; the other fields only where the text is right. */
static inline fs_hostport_fault fs_parse_hostport(
    const uint8_t *p, const uint8_t *end, fs_hostport *out)
{
    const uint8_t *stop, *colon;
    out->digits = NULL;
    if (p != end && *p == '[')
        return fs_parse_bracketed(p + 1, end, out);

    stop = fs_skip_host(p, end);
    out->host = p;
    out->host_end = stop;
    if (stop == end)
        return p == end ? FS_HOSTPORT_NOTHING : FS_HOSTPORT_GOOD;
    if (*stop == ':' && fs_parse_port(stop + 1, end, &out->port)) {
        out->digits = stop + 1;
        return FS_HOSTPORT_GOOD;
    }

    colon = fs_find(stop, end, ':');
    if (colon != NULL && fs_find(colon + 1, end, ':') != NULL) {
        out->host_end = end;
        return fs_is_ipv6(p, end) ? FS_HOSTPORT_GOOD : FS_HOSTPORT_COLONS;
    }
    if (stop != colon)
        return FS_HOSTPORT_CHARACTER;
    out->digits = colon + 1;
    return FS_HOSTPORT_PORT;
}

/* Whether a host can be written; `bracketed` says whether it wants brackets. */
static inline fs_hostport_fault fs_check_host(
    const uint8_t *p, const uint8_t *end, int *bracketed)
{
    const uint8_t *stop = fs_skip_host(p, end);
    *bracketed = 0;
    if (stop == end)
        return FS_HOSTPORT_GOOD;
    if (fs_find(stop, end, ':') == NULL)
        return FS_HOSTPORT_CHARACTER;
    *bracketed = 1;
    return fs_is_ipv6(p, end) ? FS_HOSTPORT_GOOD : FS_HOSTPORT_NOT_IPV6;
}

/* The decimal text of a port: its length. Five bytes must fit. */
static inline int fs_format_port(unsigned port, uint8_t *out)
{
    int size = 1 + (port > 9) + (port > 99) + (port > 999) + (port > 9999);
    for (int at = size; at-- > 0; port /= 10)
        out[at] = (uint8_t)('0' + port % 10);
    return size;
}

#endif
