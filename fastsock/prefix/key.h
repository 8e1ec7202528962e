/* Addresses of both families as 128-bit numbers, the first bit highest.
 *
 * An IPv4 address is in the upper 32 bits, so that prefixes of both families sort, compare and
 * cover each other by the same rules. Two words, because not every compiler has 128-bit integers.
 */
#ifndef FASTSOCK_PREFIX_KEY_H
#define FASTSOCK_PREFIX_KEY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fastsock/_core/bytes.h"

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#define FS_INLINE static __forceinline
#define FS_AHEAD(p) ((void)(p))
#else
#define FS_INLINE static inline __attribute__((always_inline))
#define FS_AHEAD(p) __builtin_prefetch(p)
#endif

typedef struct {
    uint64_t hi, lo;
} fs_key;

FS_INLINE fs_key fs_key_of4(uint32_t address)
{
    const fs_key key = {(uint64_t)address << 32, 0};
    return key;
}

FS_INLINE fs_key fs_key_of16(const uint8_t *packed)
{
    const fs_key key = {fs_be64(packed), fs_be64(packed + 8)};
    return key;
}

FS_INLINE void fs_key_store(fs_key key, uint8_t *packed)
{
    for (int i = 0; i < 8; i++) {
        packed[i] = (uint8_t)(key.hi >> (56 - 8 * i));
        packed[8 + i] = (uint8_t)(key.lo >> (56 - 8 * i));
    }
}

/* Whether this IPv6 address is IPv4-mapped (RFC 4291 section 2.5.5.2). It is then looked up as the
 * IPv4 address in its last 32 bits. */
FS_INLINE int fs_is_mapped_key(uint64_t hi, uint64_t lo)
{
    return hi == 0 && lo >> 32 == 0xFFFF;
}

/* The mask of the bits after a prefix of `length` bits, 0 to 128. A shift by 64 is undefined, so
 * neither word is shifted by more than 63. */
FS_INLINE fs_key fs_host_bits(unsigned length)
{
    fs_key mask = {0, 0};
    if (length < 64)
        mask.hi = ~(uint64_t)0 >> length;
    if (length <= 64)
        mask.lo = ~(uint64_t)0;
    else if (length < 128)
        mask.lo = ~(uint64_t)0 >> (length - 64);
    return mask;
}

FS_INLINE fs_key fs_key_masked(fs_key key, unsigned length)
{
    const fs_key host = fs_host_bits(length);
    key.hi &= ~host.hi;
    key.lo &= ~host.lo;
    return key;
}

FS_INLINE fs_key fs_key_last(fs_key key, unsigned length)
{
    const fs_key host = fs_host_bits(length);
    key.hi |= host.hi;
    key.lo |= host.lo;
    return key;
}

FS_INLINE int fs_key_equal(fs_key a, fs_key b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

FS_INLINE int fs_key_less(fs_key a, fs_key b)
{
    return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

/* Whether the first `length` bits are equal. */
FS_INLINE int fs_key_agree(fs_key a, fs_key b, unsigned length)
{
    const fs_key host = fs_host_bits(length);
    return (((a.hi ^ b.hi) & ~host.hi) | ((a.lo ^ b.lo) & ~host.lo)) == 0;
}

FS_INLINE unsigned fs_leading_zeros(uint64_t x)
{
#if defined(_MSC_VER) && !defined(__clang__)
    unsigned long at;
    return _BitScanReverse64(&at, x) ? 63 - at : 64;
#else
    return x != 0 ? (unsigned)__builtin_clzll(x) : 64;
#endif
}

/* Count the equal leading bits, 0 to 128. */
FS_INLINE unsigned fs_key_common(fs_key a, fs_key b)
{
    return a.hi != b.hi ? fs_leading_zeros(a.hi ^ b.hi) : 64 + fs_leading_zeros(a.lo ^ b.lo);
}

/* Bit `at`, 0 to 127; 0 is the first. */
FS_INLINE unsigned fs_key_bit(fs_key key, unsigned at)
{
    return (unsigned)((at < 64 ? key.hi >> (63 - at) : key.lo >> (127 - at)) & 1);
}

/* A prefix and the slot of its value. */
typedef struct {
    fs_key key;
    uint32_t slot;
    uint8_t length;
} fs_prefix;

/* Order by address, then shorter prefix first: a prefix comes before all that it covers. */
FS_INLINE int fs_prefix_before(const fs_prefix *a, const fs_prefix *b)
{
    if (!fs_key_equal(a->key, b->key))
        return fs_key_less(a->key, b->key);
    return a->length < b->length;
}

#endif
