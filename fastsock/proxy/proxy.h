/* PROXY protocol headers, versions 1 and 2, by HAProxy's doc/proxy-protocol.txt. */
#ifndef FASTSOCK_PROXY_H
#define FASTSOCK_PROXY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fastsock/_core/bytes.h"
#include "fastsock/checksums/crc32c.h"
#include "fastsock/address/inet6.h"

enum {
    FS_PROXY_V1_MAX = 107, /* bytes of the longest line, with its CRLF */
    FS_PROXY_V2_MIN = 16,  /* bytes in front of the addresses */
    FS_PROXY_SIGNATURE_SIZE = 12,
    FS_PROXY_UNIQUE_ID_MAX = 128,
};

/* What was found. The faults have the order of PROXY_FAULTS in fastsock/proxy/errors.py. */
typedef enum {
    FS_PROXY_HEADER,
    FS_PROXY_MORE,
    FS_PROXY_SIGNATURE, /* the first fault */
    FS_PROXY_PROTOCOL,
    FS_PROXY_LINE_END,
    FS_PROXY_LINE_LENGTH,
    FS_PROXY_ADDRESS,
    FS_PROXY_PORT,
    FS_PROXY_VERSION,
    FS_PROXY_COMMAND,
    FS_PROXY_FAMILY,
    FS_PROXY_TRANSPORT,
    FS_PROXY_LENGTH,
    FS_PROXY_TLV,
    FS_PROXY_UNIQUE_ID,
    FS_PROXY_SSL,
    FS_PROXY_CRC_FIELD,
    FS_PROXY_CRC,
    FS_PROXY_SIZE,
} fs_proxy_found;

typedef struct {
    size_t size;    /* of the whole header; or, with FS_PROXY_MORE, how many bytes are missing */
    int version;    /* 1 or 2 */
    int local;      /* whether the command is LOCAL */
    int family;     /* version 2's codes: 0 unspecified, 1 IPv4, 2 IPv6, 3 UNIX */
    int transport;  /* 0 unspecified, 1 stream, 2 datagram */
    int known;      /* whether there are endpoints: */
    uint16_t ports[2];
    const uint8_t *paths;    /* UNIX: two paths of 108 bytes */
    uint8_t addresses[2][16]; /* IP: packed, source first */
    size_t tlvs, tlvs_size;  /* where in the header, and how many bytes */
} fs_proxy;

static inline size_t fs_proxy_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Whether the bytes present, from `at` on, are the start of `text`. */
static inline int fs_proxy_starts(const uint8_t *p, size_t size, size_t at, const char *text,
                                  size_t length)
{
    return size <= at || memcmp(p + at, text, fs_proxy_min(size - at, length)) == 0;
}

/* How many bytes the line has at least, by its protocol as far as that is there; 0 where it is
 * none. */
static inline size_t fs_proxy_v1_least(const uint8_t *p, size_t size)
{
    if (size <= 6)
        return 15; /* PROXY UNKNOWN, CR, LF */
    if (p[6] == 'U') {
        if (!fs_proxy_starts(p, size, 6, "UNKNOWN", 7))
            return 0;
        return size <= 13 || p[13] == ' ' || p[13] == '\r' ? 15 : 0;
    }
    if (!fs_proxy_starts(p, size, 6, "TCP", 3))
        return 0;
    if (size <= 9)
        return 22; /* PROXY TCP6 :: :: 0 0, CR, LF */
    if ((p[9] != '4' && p[9] != '6') || (size > 10 && p[10] != ' '))
        return 0;
    return p[9] == '4' ? 32 : 22; /* PROXY TCP4 0.0.0.0 0.0.0.0 0 0, CR, LF */
}

/* The port at *p, and what must follow it. */
static inline int fs_proxy_port(const uint8_t **p, const uint8_t *end, uint16_t *port)
{
    uint32_t value = 0;
    const uint8_t *start = *p;
    while (*p != end && **p >= '0' && **p <= '9' && *p - start < 5)
        value = value * 10 + (uint32_t)(*(*p)++ - '0');
    *port = (uint16_t)value;
    return *p != start && value <= 65535 && (*start != '0' || *p - start == 1);
}

static inline fs_proxy_found fs_proxy_v1_fields(const uint8_t *p, const uint8_t *end,
                                                fs_proxy *header)
{
    for (int i = 0; i < 2; i++) {
        p = header->family == 1 ? fs_parse4(p, end, header->addresses[i])
                                : fs_parse6(p, end, header->addresses[i]);
        if (p == NULL || p == end || *p++ != ' ')
            return FS_PROXY_ADDRESS;
    }
    if (!fs_proxy_port(&p, end, &header->ports[0]) || p == end || *p++ != ' ')
        return FS_PROXY_PORT;
    if (!fs_proxy_port(&p, end, &header->ports[1]) || p != end)
        return FS_PROXY_PORT;
    return FS_PROXY_HEADER;
}

/* Pass eight bytes at a time from `at` on, and leave at least one before `limit`, while all are
 * greater than CR and LF. */
static inline size_t fs_proxy_v1_skip(const uint8_t *p, size_t at, size_t limit)
{
    for (; at + 8 < limit; at += 8) {
        uint64_t word;
        memcpy(&word, p + at, 8);
        if (((word - UINT64_C(0x0E0E0E0E0E0E0E0E)) & ~word & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return at;
}

static inline fs_proxy_found fs_proxy_v1(const uint8_t *p, size_t size, size_t max_size,
                                         fs_proxy *header)
{
    if (memcmp(p, "PROXY ", fs_proxy_min(size, 6)) != 0)
        return FS_PROXY_SIGNATURE;
    const size_t least = fs_proxy_v1_least(p, size);
    if (least == 0)
        return FS_PROXY_PROTOCOL;
    const int unknown = size > 6 && p[6] == 'U';
    const size_t limit = fs_proxy_min(size, FS_PROXY_V1_MAX);
    size_t end = fs_proxy_v1_skip(p, 6, limit); /* where the CR is */
    for (;; end++) {
        if (end + 1 >= limit) { /* no CRLF: the last byte may be the CR of one */
            const size_t cr = p[size - 1] == '\r';
            if (!unknown && end < limit && p[end] == '\n')
                return FS_PROXY_LINE_END;
            header->size = least > size + 2 - cr ? least - size : 2 - cr;
            if (size + header->size > FS_PROXY_V1_MAX)
                return FS_PROXY_LINE_LENGTH;
            return size + header->size > max_size ? FS_PROXY_SIZE : FS_PROXY_MORE;
        }
        if (p[end] == '\r' && p[end + 1] == '\n')
            break;
        /* What follows UNKNOWN means nothing. */
        if (!unknown && (p[end] == '\r' || p[end] == '\n'))
            return FS_PROXY_LINE_END;
    }
    header->size = end + 2;
    if (header->size > max_size)
        return FS_PROXY_SIZE;
    header->version = 1;
    if (unknown)
        return FS_PROXY_HEADER;
    header->family = p[9] == '4' ? 1 : 2;
    header->transport = 1;
    header->known = 1;
    return fs_proxy_v1_fields(p + 11, p + end, header);
}

/* Whether TLVs fill [at, end) exactly. */
static inline int fs_proxy_tiles(const uint8_t *p, size_t at, size_t end)
{
    while (end - at >= 3) {
        const size_t length = fs_be16(p + at + 1);
        if (length > end - at - 3)
            return 0;
        at += 3 + length;
    }
    return at == end;
}

/* What is wrong with TLVs that fill [at, end); `crc` gets the place of a CRC's value, if any. */
static inline fs_proxy_found fs_proxy_tlvs(const uint8_t *p, size_t at, size_t end, size_t *crc)
{
    if (!fs_proxy_tiles(p, at, end))
        return FS_PROXY_TLV;
    while (at != end) {
        const uint8_t type = p[at];
        const size_t length = fs_be16(p + at + 1);
        at += 3;
        if (type == 0x03) {
            if (length != 4 || *crc != 0)
                return FS_PROXY_CRC_FIELD;
            *crc = at;
        } else if (type == 0x05 && length > FS_PROXY_UNIQUE_ID_MAX) {
            return FS_PROXY_UNIQUE_ID;
        } else if (type == 0x20 && (length < 5 || !fs_proxy_tiles(p, at + 5, at + length))) {
            return FS_PROXY_SSL;
        }
        at += length;
    }
    return FS_PROXY_HEADER;
}

/* Where the values of a block begin that must be skipped whatever is in it: LOCAL's, or one of an
 * unspecified family. 0 where it has none.
 *
 * Some senders tell a family in LOCAL and leave its addresses out, so values are looked for at the
 * block's start, too. No value has the type 0: addresses and padding of zeros are none. */
static inline size_t fs_proxy_loose_tlvs(const uint8_t *p, size_t addresses, size_t end)
{
    const size_t starts[2] = {FS_PROXY_V2_MIN, FS_PROXY_V2_MIN + addresses};
    for (int i = 0; i < 2; i++) {
        size_t at = starts[i], crc = 0;
        if (at >= end || fs_proxy_tlvs(p, at, end, &crc) != FS_PROXY_HEADER)
            continue;
        while (at != end && p[at] != 0)
            at += 3 + fs_be16(p + at + 1);
        if (at == end)
            return starts[i];
    }
    return 0;
}

/* Whether the CRC whose value is at `at` is that of the whole header with zeros in its place. */
static inline int fs_proxy_crc_holds(const uint8_t *p, size_t size, size_t at)
{
    static const uint8_t zeros[4] = {0, 0, 0, 0};
    const uint32_t sent = (uint32_t)fs_be16(p + at) << 16 | (uint32_t)fs_be16(p + at + 2);
    uint32_t crc = fs_crc32c(p, at, 0);
    crc = fs_crc32c(zeros, 4, crc);
    return fs_crc32c(p + at + 4, size - at - 4, crc) == sent;
}

static const size_t fs_proxy_address_sizes[4] = {0, 12, 36, 216};

static inline void fs_proxy_v2_addresses(const uint8_t *p, fs_proxy *header)
{
    const size_t width = header->family == 1 ? 4 : 16;
    header->known = 1;
    if (header->family == 3) {
        header->paths = p;
        return;
    }
    memcpy(header->addresses[0], p, width);
    memcpy(header->addresses[1], p + width, width);
    header->ports[0] = (uint16_t)fs_be16(p + 2 * width);
    header->ports[1] = (uint16_t)fs_be16(p + 2 * width + 2);
}

static const char fs_proxy_signature[] = "\r\n\r\n\0\r\nQUIT\n"; /* of version 2 */

/* What the first 16 bytes say, or as many of them as are there. */
static inline fs_proxy_found fs_proxy_v2_front(const uint8_t *p, size_t size)
{
    if (!fs_proxy_starts(p, size, 0, fs_proxy_signature, FS_PROXY_SIGNATURE_SIZE))
        return FS_PROXY_SIGNATURE;
    if (size > 12 && p[12] >> 4 != 2)
        return FS_PROXY_VERSION;
    if (size > 12 && (p[12] & 15) > 1)
        return FS_PROXY_COMMAND;
    if (size > 13 && p[12] & 1 && p[13] >> 4 > 3)
        return FS_PROXY_FAMILY;
    if (size > 13 && p[12] & 1 && (p[13] & 15) > 2)
        return FS_PROXY_TRANSPORT;
    return FS_PROXY_HEADER;
}

static inline fs_proxy_found fs_proxy_v2(const uint8_t *p, size_t size, size_t max_size,
                                         fs_proxy *header)
{
    fs_proxy_found found = fs_proxy_v2_front(p, size);
    if (found != FS_PROXY_HEADER)
        return found;
    if (size < FS_PROXY_V2_MIN) {
        header->size = FS_PROXY_V2_MIN - size;
        return FS_PROXY_MORE;
    }
    const size_t length = fs_be16(p + 14), whole = FS_PROXY_V2_MIN + length;
    const int local = !(p[12] & 1), family = p[13] >> 4, transport = p[13] & 15;
    if (whole > max_size)
        return FS_PROXY_SIZE;
    const size_t addresses = family <= 3 ? fs_proxy_address_sizes[family] : length + 1;
    if (!local && length < addresses)
        return FS_PROXY_LENGTH;
    if (size < whole) {
        header->size = whole - size;
        return FS_PROXY_MORE;
    }
    header->version = 2;
    header->size = whole;
    header->local = local;
    if (!local) {
        header->family = family;
        header->transport = transport;
        if (family != 0 && transport != 0)
            fs_proxy_v2_addresses(p + FS_PROXY_V2_MIN, header);
    }
    header->tlvs = FS_PROXY_V2_MIN + addresses;
    if (local || family == 0)
        header->tlvs = fs_proxy_loose_tlvs(p, addresses, whole);
    if (header->tlvs == 0)
        return FS_PROXY_HEADER;
    header->tlvs_size = whole - header->tlvs;
    size_t crc = 0;
    found = fs_proxy_tlvs(p, header->tlvs, whole, &crc);
    if (found == FS_PROXY_HEADER && crc != 0 && !local && !fs_proxy_crc_holds(p, whole, crc))
        return FS_PROXY_CRC;
    return found;
}

/* The header at the start of `size` bytes. Nothing outside them is read. */
static inline fs_proxy_found fs_parse_proxy(const uint8_t *p, size_t size, size_t max_size,
                                            fs_proxy *header)
{
    memset(header, 0, sizeof(*header));
    if (size == 0) {
        header->size = 15; /* of the shortest header, PROXY UNKNOWN */
        return FS_PROXY_MORE;
    }
    return p[0] == 'P' ? fs_proxy_v1(p, size, max_size, header)
                       : fs_proxy_v2(p, size, max_size, header);
}

#endif
