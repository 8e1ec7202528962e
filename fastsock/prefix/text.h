/* Networks as text: the address, a slash, the length in decimal. */
#ifndef FASTSOCK_PREFIX_TEXT_H
#define FASTSOCK_PREFIX_TEXT_H

#include "fastsock/address/inet6.h"
#include "key.h"

enum { FS_NETWORK_MAX = FS_TEXT6_MAX + 1 + 4 }; /* including slack for formatters */

/* Write a network as `ipaddress` does. After 96 zero bits glibc writes dotted decimal; ipaddress
 * writes two groups. */
static inline size_t fs_format_network(fs_key key, unsigned length, int wide, uint8_t *out)
{
    uint8_t packed[16];
    uint8_t *p = out;
    fs_key_store(key, packed);
    if (!wide) {
        p += fs_format4(packed, out);
    } else if (key.hi == 0 && key.lo >> 32 == 0 && key.lo >> 16 != 0) {
        *p++ = ':';
        *p++ = ':';
        p = fs_format_groups(packed, 6, 8, p) - 1;
    } else {
        p += fs_format6(packed, out);
    }
    *p++ = '/';
    if (length >= 100)
        *p++ = (uint8_t)('0' + length / 100);
    if (length >= 10)
        *p++ = (uint8_t)('0' + length / 10 % 10);
    *p++ = (uint8_t)('0' + length % 10);
    return (size_t)(p - out);
}

/* Parse an address of either family that fills [p, end). */
static inline int fs_parse_either(const uint8_t *p, const uint8_t *end, fs_key *key, int *wide)
{
    uint8_t packed[16];
    if (fs_parse4(p, end, packed) == end) {
        *key = fs_key_of4(fs_be32(packed));
        *wide = 0;
        return 1;
    }
    if (fs_parse6(p, end, packed) != end)
        return 0;
    *key = fs_key_of16(packed);
    *wide = 1;
    return 1;
}

/* Parse a network. Host bits are kept, and mapped addresses stay IPv6. */
static inline int fs_parse_network(const uint8_t *p, const uint8_t *end, fs_prefix *out, int *wide)
{
    const uint8_t *slash = end;
    unsigned length = 0;
    for (int i = 0; i < 4 && slash != p; i++) {
        slash--;
        if (*slash == '/')
            break;
    }
    if (slash == p)
        return 0;
    if (*slash != '/') { /* a plain address is a network of one */
        if (!fs_parse_either(p, end, &out->key, wide))
            return 0;
        out->length = *wide ? 128 : 32;
        return 1;
    }
    if (slash + 1 == end || (slash[1] == '0' && slash + 2 != end))
        return 0;
    for (const uint8_t *digit = slash + 1; digit < end; digit++) {
        if (*digit < '0' || *digit > '9')
            return 0;
        length = length * 10 + (*digit - '0');
    }
    if (!fs_parse_either(p, slash, &out->key, wide) || length > (*wide ? 128u : 32u))
        return 0;
    out->length = (uint8_t)length;
    return 1;
}

#endif
