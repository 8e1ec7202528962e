/* Addresses and networks of both families as numbers: text, masks, hashes, ranges. No Python.h, so
 * that it can be fuzzed and sanitised alone.
 *
 * An address is an unsigned number of 128 bits; IPv4 uses the lowest 32. `v6`, 0 or 1, is the
 * family, a constant wherever these functions are inlined. Parsers read only [p, end), and write
 * only on success. They accept what every version of ipaddress accepts, and leave the rest (scope ids,
 * netmasks, errors) to it.
 */
#ifndef FASTSOCK_IP_H
#define FASTSOCK_IP_H

#include <stdlib.h>

#include "fastsock/_core/bytes.h"
#include "fastsock/address/inet6.h"

typedef struct {
    uint64_t hi, lo;
} fs_ip;

enum {
    FS_IP_TEXT_MAX = FS_TEXT6_MAX + 1 + 4, /* an address, a byte of slack for formatters, "/128" */
    FS_IP_EXPLODED = 39,                   /* eight groups of four digits */
    FS_IP_REVERSE_MAX = 72,                /* 32 digits, each with a dot, and "ip6.arpa" */
};

static inline int fs_ip_bits(int v6)
{
    return v6 ? 128 : 32;
}

/* --- numbers --- */

static inline int fs_ip_equal(fs_ip a, fs_ip b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

/* Compare: -1, 0 or 1. */
static inline int fs_ip_compare(fs_ip a, fs_ip b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return (a.lo > b.lo) - (a.lo < b.lo);
}

static inline fs_ip fs_ip_and(fs_ip a, fs_ip b)
{
    return (fs_ip){a.hi & b.hi, a.lo & b.lo};
}

static inline fs_ip fs_ip_or(fs_ip a, fs_ip b)
{
    return (fs_ip){a.hi | b.hi, a.lo | b.lo};
}

static inline fs_ip fs_ip_add(fs_ip a, fs_ip b)
{
    fs_ip sum = {a.hi + b.hi, a.lo + b.lo};
    sum.hi += sum.lo < a.lo;
    return sum;
}

static inline fs_ip fs_ip_subtract(fs_ip a, fs_ip b)
{
    return (fs_ip){a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo};
}

/* 2**exponent, for an exponent from 0 to 127. */
static inline fs_ip fs_ip_power(int exponent)
{
    return exponent < 64 ? (fs_ip){0, (uint64_t)1 << exponent}
                         : (fs_ip){(uint64_t)1 << (exponent - 64), 0};
}

static inline fs_ip fs_ip_ones(int v6)
{
    return v6 ? (fs_ip){UINT64_MAX, UINT64_MAX} : (fs_ip){0, UINT32_MAX};
}

/* The mask of host bits for this prefix length. */
static inline fs_ip fs_ip_hostmask(int v6, int length)
{
    int bits = fs_ip_bits(v6) - length;
    if (bits == 128) /* a shift by the whole width is undefined */
        return fs_ip_ones(1);
    return fs_ip_subtract(fs_ip_power(bits), (fs_ip){0, 1});
}

static inline fs_ip fs_ip_netmask(int v6, int length)
{
    fs_ip host = fs_ip_hostmask(v6, length), ones = fs_ip_ones(v6);
    return (fs_ip){ones.hi ^ host.hi, ones.lo ^ host.lo};
}

static inline int fs_ip_bit_length64(uint64_t value)
{
#if defined(__GNUC__) || defined(__clang__)
    return value ? 64 - __builtin_clzll(value) : 0;
#else
    int length = 0;
    for (; value; value >>= 1)
        length++;
    return length;
#endif
}

static inline int fs_ip_bit_length(fs_ip value)
{
    return value.hi ? 64 + fs_ip_bit_length64(value.hi) : fs_ip_bit_length64(value.lo);
}

/* Count trailing zero bits: for zero, all bits of the family. */
static inline int fs_ip_trailing_zeros(int v6, fs_ip value)
{
    if (value.lo) /* isolate the lowest set bit, then find its position */
        return fs_ip_bit_length64(value.lo & (~value.lo + 1)) - 1;
    return value.hi ? 63 + fs_ip_bit_length64(value.hi & (~value.hi + 1)) : fs_ip_bits(v6);
}

/* --- packed --- */

static inline fs_ip fs_ip_unpack(int v6, const uint8_t *packed)
{
    if (v6)
        return (fs_ip){fs_be64(packed), fs_be64(packed + 8)};
    return (fs_ip){0, fs_be32(packed)};
}

static inline void fs_ip_pack(int v6, fs_ip value, uint8_t *packed)
{
    for (int i = v6 ? 15 : 3; i >= 0; i--) {
        packed[i] = (uint8_t)value.lo;
        value.lo = value.lo >> 8 | (v6 ? value.hi << 56 : 0);
        value.hi >>= 8;
    }
}

/* --- text --- */

/* Parse an address. Return where it ends, or NULL. */
static inline const uint8_t *fs_ip_take_address(int v6, const uint8_t *p, const uint8_t *end,
                                                fs_ip *value)
{
    uint8_t packed[16];
    p = v6 ? fs_parse6(p, end, packed) : fs_parse4(p, end, packed);
    if (p != NULL)
        *value = fs_ip_unpack(v6, packed);
    return p;
}

static inline int fs_ip_parse(int v6, const uint8_t *p, const uint8_t *end, fs_ip *value)
{
    fs_ip parsed;
    if (fs_ip_take_address(v6, p, end, &parsed) != end)
        return 0;
    *value = parsed;
    return 1;
}

/* Parse "address" or "address/length", the length without leading zeros. Host bits are kept. */
static inline int fs_ip_parse_network(int v6, const uint8_t *p, const uint8_t *end, fs_ip *value,
                                      int *length)
{
    fs_ip parsed;
    int number = fs_ip_bits(v6);
    p = fs_ip_take_address(v6, p, end, &parsed);
    if (p == NULL)
        return 0;
    if (p != end) {
        if (*p++ != '/' || end - p < 1 || end - p > 3 || (*p == '0' && end - p > 1))
            return 0;
        for (number = 0; p != end; p++) {
            unsigned digit = (unsigned)*p - '0';
            if (digit > 9)
                return 0;
            number = number * 10 + (int)digit;
        }
        if (number > fs_ip_bits(v6))
            return 0;
    }
    *value = parsed;
    *length = number;
    return 1;
}

/* Write RFC 5952 text to `out`, which has FS_IP_TEXT_MAX bytes. Returns the length. With `dotted`,
 * a mapped address ends in dotted decimal, as since Python 3.13. */
static inline size_t fs_ip_format6(const uint8_t *packed, int dotted, uint8_t *out)
{
    uint8_t *p = out;
    unsigned zeros = 0, longer, length = 1, start = 0;
    if (dotted && fs_is_mapped(packed)) {
        memcpy(out, "::ffff:", 7);
        return 7 + fs_format4(packed + 12, out + 7);
    }
    for (unsigned i = 0; i < 8; i++)
        zeros |= (unsigned)(packed[2 * i] == 0 && packed[2 * i + 1] == 0) << i;
    if ((zeros & zeros >> 1) == 0) /* a single zero group is not shortened */
        return (size_t)(fs_format_groups(packed, 0, 8, p) - 1 - out);
    /* Bit i remains while a run of `length` zero groups starts at group i. In the end only the
     * longest runs remain; use the first. */
    while ((longer = zeros & zeros >> 1) != 0) {
        zeros = longer;
        length++;
    }
    while ((zeros >> start & 1) == 0)
        start++;
    if (start == 0)
        *p++ = ':';
    p = fs_format_groups(packed, 0, start, p);
    *p++ = ':';
    if (start + length == 8)
        return (size_t)(p - out);
    return (size_t)(fs_format_groups(packed, start + length, 8, p) - 1 - out);
}

static inline size_t fs_ip_format(int v6, fs_ip value, int dotted, uint8_t *out)
{
    uint8_t packed[16];
    fs_ip_pack(v6, value, packed);
    return v6 ? fs_ip_format6(packed, dotted, out) : fs_format4(packed, out);
}

static inline size_t fs_ip_format_network(int v6, fs_ip value, int length, int dotted, uint8_t *out)
{
    size_t size = fs_ip_format(v6, value, dotted, out);
    out[size++] = '/';
    if (length >= 100)
        out[size++] = '1';
    if (length >= 10)
        out[size++] = (uint8_t)('0' + length / 10 % 10);
    out[size++] = (uint8_t)('0' + length % 10);
    return size;
}

/* Write eight groups of four digits: FS_IP_EXPLODED bytes. */
static inline void fs_ip_format_exploded(fs_ip value, uint8_t *out)
{
    uint8_t packed[16];
    fs_ip_pack(1, value, packed);
    for (int i = 0; i < 16; i++) {
        uint16_t pair = fs_hex_pairs[packed[i]];
        *out++ = (uint8_t)pair;
        *out++ = (uint8_t)(pair >> 8);
        if (i % 2 && i != 15)
            *out++ = ':';
    }
}

/* Write the PTR record's name (RFC 1035 section 3.5, RFC 3596 section 2.5). Returns its length. */
static inline size_t fs_ip_format_reverse(int v6, fs_ip value, uint8_t *out)
{
    uint8_t packed[16], *p = out;
    fs_ip_pack(v6, value, packed);
    if (!v6) {
        uint8_t turned[4] = {packed[3], packed[2], packed[1], packed[0]};
        p += fs_format4(turned, p);
        memcpy(p, ".in-addr.arpa", 13);
        return (size_t)(p - out) + 13;
    }
    for (int i = 15; i >= 0; i--) {
        uint16_t pair = fs_hex_pairs[packed[i]];
        *p++ = (uint8_t)(pair >> 8);
        *p++ = '.';
        *p++ = (uint8_t)pair;
        *p++ = '.';
    }
    memcpy(p, "ip6.arpa", 8);
    return (size_t)(p - out) + 8;
}

/* Write hex(value) of an IPv4 address, at most 10 bytes. Its hash is computed from this text. */
static inline size_t fs_ip_format_hex(uint32_t value, uint8_t *out)
{
    static const char digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                    '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    int count = value ? (fs_ip_bit_length64(value) + 3) / 4 : 1;
    out[0] = '0';
    out[1] = 'x';
    for (int i = count + 1; i >= 2; i--, value >>= 4)
        out[i] = (uint8_t)digits[value & 15];
    return (size_t)count + 2;
}

/* --- hashes, as CPython has them on 64-bit machines --- */

/* The number modulo the Mersenne prime 2**61 - 1, by adding its digits of 61 bits. */
static inline uint64_t fs_ip_fold(uint64_t number)
{
    const uint64_t prime = ((uint64_t)1 << 61) - 1;
    number = (number & prime) + (number >> 61);
    return number >= prime ? number - prime : number;
}

/* hash() of the number: modulo that prime. 2**64 is 8 modulo it, and a product with 8 is a rotation
 * of the 61 bits. */
static inline uint64_t fs_ip_hash_number(fs_ip value)
{
    const uint64_t prime = ((uint64_t)1 << 61) - 1, high = fs_ip_fold(value.hi);
    return fs_ip_fold(((high << 3 & prime) | high >> 58) + fs_ip_fold(value.lo));
}

/* hash() of a tuple, from its items' hashes: xxHash's mixing, as in tupleobject.c. */
static inline uint64_t fs_ip_hash_tuple(const uint64_t *hashes, unsigned count)
{
    const uint64_t prime1 = 11400714785074694791U, prime2 = 14029467366897019727U;
    const uint64_t prime5 = 2870177450012600261U;
    uint64_t hash = prime5;
    for (unsigned i = 0; i < count; i++) {
        hash += hashes[i] * prime2;
        hash = hash << 31 | hash >> 33;
        hash *= prime1;
    }
    hash += count ^ (prime5 ^ 3527539U);
    return hash == UINT64_MAX ? 1546275796U : hash;
}

/* --- ranges --- */

/* A range, both ends included. */
typedef struct {
    fs_ip first, last;
} fs_ip_range;

/* The prefix length of the largest network that starts at `first` and does not pass `last`. */
static inline int fs_ip_largest(int v6, fs_ip first, fs_ip last)
{
    fs_ip span = fs_ip_subtract(last, first);
    int zeros = fs_ip_trailing_zeros(v6, first);
    int fits = span.hi == UINT64_MAX && span.lo == UINT64_MAX
                   ? 128
                   : fs_ip_bit_length(fs_ip_add(span, (fs_ip){0, 1})) - 1;
    return fs_ip_bits(v6) - (zeros < fits ? zeros : fits);
}

static inline int fs_ip_compare_ranges(const void *a, const void *b)
{
    return fs_ip_compare(((const fs_ip_range *)a)->first, ((const fs_ip_range *)b)->first);
}

/* Sort ranges in place and join those that overlap or touch. Returns how many are left. */
static inline size_t fs_ip_merge(fs_ip_range *ranges, size_t count)
{
    size_t kept = 0, i = 1;
    while (i < count && fs_ip_compare(ranges[i - 1].first, ranges[i].first) <= 0)
        i++;
    if (i < count) /* sort only if they are out of order */
        qsort(ranges, count, sizeof *ranges, fs_ip_compare_ranges);
    for (i = 0; i < count; i++) {
        fs_ip_range *last = ranges + kept - 1;
        /* first - 1 can't wrap: a range at zero comes first, or starts where the first one does. */
        if (kept && (fs_ip_compare(ranges[i].first, last->last) <= 0 ||
                     fs_ip_equal(fs_ip_subtract(ranges[i].first, (fs_ip){0, 1}), last->last))) {
            if (fs_ip_compare(last->last, ranges[i].last) < 0)
                last->last = ranges[i].last;
        } else {
            ranges[kept++] = ranges[i];
        }
    }
    return kept;
}

/* Find the last sorted key that is not greater than the value; keys[0] is 0. */
static inline size_t fs_ip_interval(const fs_ip *keys, size_t count, fs_ip value)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (fs_ip_compare(keys[middle], value) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

#endif
