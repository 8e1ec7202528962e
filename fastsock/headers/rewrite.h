/* Bytes of a header written in place, with its checksum kept right: RFC 1624. */
#ifndef FASTSOCK_REWRITE_H
#define FASTSOCK_REWRITE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fastsock/_core/bytes.h"
#include "fastsock/checksums/checksum.h"

/* The checksum at `checksum` after `size` bytes that it covers, whole words, have changed. By
 * equation 3, ~(~HC + ~m + m'), which unlike equation 4 can't make 0xFFFF of what should be zero.
 * With `zero_is_none` a checksum of zero means none, and a sum of zero is written as 0xFFFF. */
static inline void fs_update(uint8_t *checksum, const uint8_t *before, const uint8_t *after,
                             size_t size, int zero_is_none)
{
    uint32_t old = fs_load_be(checksum, 2);
    uint64_t sum = 0xFFFF ^ old;
    if (zero_is_none && old == 0)
        return;
    for (size_t i = 0; i < size; i += 2)
        sum += (0xFFFF ^ fs_load_be(before + i, 2)) + (uint64_t)fs_load_be(after + i, 2);
    uint32_t result = 0xFFFF ^ fs_sum_fold(sum);
    fs_store_be(checksum, 2, result == 0 && zero_is_none ? 0xFFFF : result);
}

enum { FS_REWRITE_MAX = 16 };

/* Write at most FS_REWRITE_MAX bytes at `at` of a header with its checksum at `checksum_at`, or
 * negative where it has none. The header's bytes up to the next even offset must be there. */
static inline void fs_rewrite(uint8_t *header, size_t at, const uint8_t *value, size_t size,
                              int checksum_at, int zero_is_none)
{
    uint8_t before[FS_REWRITE_MAX + 2];
    size_t first = at & ~(size_t)1, words = ((at + size + 1) & ~(size_t)1) - first;
    if (checksum_at < 0 || (size_t)checksum_at == at) {
        memcpy(header + at, value, size);
        return;
    }
    memcpy(before, header + first, words);
    memcpy(header + at, value, size);
    fs_update(header + checksum_at, before, header + first, words, zero_is_none);
}

#endif
