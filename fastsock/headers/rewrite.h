/* Bytes of a header written in place, with its checksum kept right: RFC 1624. */
#ifndef FASTSOCK_REWRITE_H
#define FASTSOCK_REWRITE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fastsock/_core/bytes.h"
#include "fastsock/checksums/checksum.h"

/* Read a number of at most four bytes: usually one or two, which need no loop. */
static inline uint32_t fs_load_field(const uint8_t *data, size_t size)
{
    return size == 1 ? data[0] : size == 2 ? fs_be16(data) : fs_load_be(data, size);
}

/* What a change of `size` bytes, whole words, adds to the sum that a checksum covers: ~m + m'. */
static inline uint64_t fs_change(const uint8_t *before, const uint8_t *after, size_t size)
{
    uint64_t change = 0;
    for (size_t i = 0; i < size; i += 2)
        change += (0xFFFF ^ fs_be16(before + i)) + (uint64_t)fs_be16(after + i);
    return change;
}

/* The same of a number of at most four bytes at an offset. The other byte of a word that it shares
 * does not change, so that adds nothing. */
static inline uint64_t fs_number_change(uint32_t before, uint32_t after, size_t at, size_t size)
{
    size_t words = (at % 2 + size + 1) / 2; /* one for a byte: no loop */
    unsigned shift = (at + size) & 1 ? 8 : 0;
    uint64_t old = (uint64_t)before << shift, new = (uint64_t)after << shift, change = 0;
    for (; words > 0; words--, old >>= 16, new >>= 16)
        change += (0xFFFF ^ (old & 0xFFFF)) + (new & 0xFFFF);
    return change;
}

/* The checksum at `checksum` after such a change of what it covers. By equation 3,
 * ~(~HC + ~m + m'), which unlike equation 4 can't make 0xFFFF of what should be zero. With
 * `zero_is_none` a checksum of zero means none, and a sum of zero is written as 0xFFFF. */
static inline void fs_apply(uint8_t *checksum, uint64_t change, int zero_is_none)
{
    uint32_t old = fs_be16(checksum), result;
    if (zero_is_none && old == 0)
        return;
    result = 0xFFFF ^ fs_sum_fold((0xFFFF ^ old) + change);
    fs_put16(checksum, result == 0 && zero_is_none ? 0xFFFF : result);
}

static inline void fs_replace_sized(uint8_t *header, size_t at, size_t size, uint32_t mask,
                                    uint32_t bits, int checksum_at, int zero_is_none)
{
    uint32_t before = fs_load_be(header + at, size), after = (before & ~mask) | bits;
    uint64_t change = fs_number_change(before, after, at, size);
    fs_store_be(header + at, size, after);
    if (checksum_at >= 0 && (size_t)checksum_at != at)
        fs_apply(header + checksum_at, change, zero_is_none);
}

/* Replace the bits `mask` of a number of `size` bytes, at most four, at `at` of a header with its
 * checksum at `checksum_at`, or negative where it has none. */
static inline void fs_replace(uint8_t *header, size_t at, size_t size, uint32_t mask,
                              uint32_t bits, int checksum_at, int zero_is_none)
{
    if (size == 1)  /* the usual sizes, of which a compiler unrolls all loops */
        fs_replace_sized(header, at, 1, mask, bits, checksum_at, zero_is_none);
    else if (size == 2)
        fs_replace_sized(header, at, 2, mask, bits, checksum_at, zero_is_none);
    else
        fs_replace_sized(header, at, size, mask, bits, checksum_at, zero_is_none);
}

#endif
