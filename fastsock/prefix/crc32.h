/* CRC-32 of a large block, by carry-less multiplication. The same sum as zlib's crc32().
 *
 * Source: V. Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
 * Instruction", Intel 2009; the constants are those of its section on bit-reflected data.
 */
#ifndef FASTSOCK_PREFIX_CRC32_H
#define FASTSOCK_PREFIX_CRC32_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__)) && !defined(FASTSOCK_NO_SIMD)
#define FASTSOCK_HAVE_PCLMUL 1
#include <immintrin.h>

static inline int fs_cpu_has_pclmul(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.1") != 0;
}

#define FS_PCLMUL __attribute__((target("pclmul,sse4.1")))

/* Move 128 bits of the message on by the distance that the two constants stand for, and add. */
FS_PCLMUL static inline __m128i fs_fold(__m128i sum, __m128i distance, __m128i next)
{
    const __m128i low = _mm_clmulepi64_si128(sum, distance, 0x00);
    const __m128i high = _mm_clmulepi64_si128(sum, distance, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* Continue a CRC over `size` bytes, a multiple of 16 and at least 64. `crc` is as zlib's. */
FS_PCLMUL static inline uint32_t fs_crc32_blocks(const uint8_t *p, size_t size, uint32_t crc)
{
    const __m128i by512 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
    const __m128i by128 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
    const __m128i by64 = _mm_set_epi64x(0, 0x0163cd6124);
    const __m128i polynomial = _mm_set_epi64x(0x01f7011641, 0x01db710641); /* and its inverse */
    const __m128i words = _mm_setr_epi32(-1, 0, -1, 0);
    const uint8_t *const end = p + size;
    __m128i sum[4];
    for (int i = 0; i < 4; i++)
        sum[i] = _mm_loadu_si128((const __m128i *)(p + 16 * i));
    sum[0] = _mm_xor_si128(sum[0], _mm_cvtsi32_si128((int)~crc));
    for (p += 64; end - p >= 64; p += 64)
        for (int i = 0; i < 4; i++)
            sum[i] = fs_fold(sum[i], by512, _mm_loadu_si128((const __m128i *)(p + 16 * i)));
    for (int i = 1; i < 4; i++)
        sum[i] = fs_fold(sum[i - 1], by128, sum[i]);
    __m128i x = sum[3];
    for (; end - p >= 16; p += 16)
        x = fs_fold(x, by128, _mm_loadu_si128((const __m128i *)p));
    /* 128 bits to 64, to 32 and a remainder (Barrett). */
    x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, by128, 0x10));
    x = _mm_xor_si128(_mm_srli_si128(x, 4),
                      _mm_clmulepi64_si128(_mm_and_si128(x, words), by64, 0x00));
    __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(x, words), polynomial, 0x10);
    quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, words), polynomial, 0x00);
    return ~(uint32_t)_mm_extract_epi32(_mm_xor_si128(x, quotient), 1);
}
#else
static inline int fs_cpu_has_pclmul(void)
{
    return 0;
}

/* Never called: fs_cpu_has_pclmul() is false. */
static inline uint32_t fs_crc32_blocks(const uint8_t *p, size_t size, uint32_t crc)
{
    (void)p;
    (void)size;
    return crc;
}
#endif

#endif
