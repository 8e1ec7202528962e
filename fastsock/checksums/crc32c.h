/* CRC-32C (Castagnoli), as RFC 3720, RFC 9260 and the PROXY protocol use it. */
#ifndef FASTSOCK_CRC32C_H
#define FASTSOCK_CRC32C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fastsock/_core/bytes.h"

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(FASTSOCK_NO_SIMD)
#define FASTSOCK_HAVE_SSE42 1
#include <nmmintrin.h>
#if defined(_MSC_VER) && !defined(__clang__)
#define FS_SSE42
#elif defined(__clang__) && __clang_major__ >= 14 /* which has the instruction apart */
#define FS_SSE42 __attribute__((target("sse4.2,crc32")))
#else
#define FS_SSE42 __attribute__((target("sse4.2")))
#endif
#endif

/* A CRC is linear: the table's entry of a byte is the XOR of the entries of its bits. So the
 * compiler makes the tables, out of eight entries each. Table k has the contribution of a byte that
 * k more bytes follow. */
#define FS_CRC_2(x, a) (x), (x) ^ (a)
#define FS_CRC_4(x, a, b) FS_CRC_2(x, a), FS_CRC_2((x) ^ (b), a)
#define FS_CRC_8(x, a, b, c) FS_CRC_4(x, a, b), FS_CRC_4((x) ^ (c), a, b)
#define FS_CRC_16(x, a, b, c, d) FS_CRC_8(x, a, b, c), FS_CRC_8((x) ^ (d), a, b, c)
#define FS_CRC_32(x, a, b, c, d, e) FS_CRC_16(x, a, b, c, d), FS_CRC_16((x) ^ (e), a, b, c, d)
#define FS_CRC_64(x, a, b, c, d, e, f) \
    FS_CRC_32(x, a, b, c, d, e), FS_CRC_32((x) ^ (f), a, b, c, d, e)
#define FS_CRC_128(x, a, b, c, d, e, f, g) \
    FS_CRC_64(x, a, b, c, d, e, f), FS_CRC_64((x) ^ (g), a, b, c, d, e, f)
#define FS_CRC_TABLE(a, b, c, d, e, f, g, h) \
    FS_CRC_128(0, a, b, c, d, e, f, g), FS_CRC_128(h, a, b, c, d, e, f, g)

static const uint32_t fs_crc32c_tables[8][256] = {
    {FS_CRC_TABLE(0xF26B8303, 0xE13B70F7, 0xC79A971F, 0x8AD958CF,
                  0x105EC76F, 0x20BD8EDE, 0x417B1DBC, 0x82F63B78)},
    {FS_CRC_TABLE(0x13A29877, 0x274530EE, 0x4E8A61DC, 0x9D14C3B8,
                  0x3FC5F181, 0x7F8BE302, 0xFF17C604, 0xFBC3FAF9)},
    {FS_CRC_TABLE(0xA541927E, 0x4F6F520D, 0x9EDEA41A, 0x38513EC5,
                  0x70A27D8A, 0xE144FB14, 0xC76580D9, 0x8B277743)},
    {FS_CRC_TABLE(0xDD45AAB8, 0xBF672381, 0x7B2231F3, 0xF64463E6,
                  0xE964B13D, 0xD725148B, 0xABA65FE7, 0x52A0C93F)},
    {FS_CRC_TABLE(0x38116FAC, 0x7022DF58, 0xE045BEB0, 0xC5670B91,
                  0x8F2261D3, 0x1BA8B557, 0x37516AAE, 0x6EA2D55C)},
    {FS_CRC_TABLE(0xEF306B19, 0xDB8CA0C3, 0xB2F53777, 0x6006181F,
                  0xC00C303E, 0x85F4168D, 0x0E045BEB, 0x1C08B7D6)},
    {FS_CRC_TABLE(0x68032CC8, 0xD0065990, 0xA5E0C5D1, 0x4E2DFD53,
                  0x9C5BFAA6, 0x3D5B83BD, 0x7AB7077A, 0xF56E0EF4)},
    {FS_CRC_TABLE(0x493C7D27, 0x9278FA4E, 0x211D826D, 0x423B04DA,
                  0x847609B4, 0x0D006599, 0x1A00CB32, 0x34019664)},
};

/* The steps below work on the register, which is the complement of the CRC. */

static inline uint32_t fs_crc32c_byte(uint32_t state, uint8_t byte)
{
    return fs_crc32c_tables[0][(state ^ byte) & 0xFF] ^ (state >> 8);
}

/* Slicing by 8: eight bytes a step, by eight look-ups that don't wait for each other. */
static inline uint32_t fs_crc32c_scalar(const uint8_t *p, size_t size, uint32_t state)
{
    const uint32_t(*t)[256] = fs_crc32c_tables;
    for (; size >= 8; p += 8, size -= 8) {
        state ^= fs_le32(p);
        state = t[7][state & 0xFF] ^ t[6][state >> 8 & 0xFF] ^ t[5][state >> 16 & 0xFF] ^
                t[4][state >> 24] ^ t[3][p[4]] ^ t[2][p[5]] ^ t[1][p[6]] ^ t[0][p[7]];
    }
    for (; size != 0; size--)
        state = fs_crc32c_byte(state, *p++);
    return state;
}

#ifdef FASTSOCK_HAVE_SSE42
/* The processor's own instruction, which has this polynomial. */
FS_SSE42 static inline uint32_t fs_crc32c_sse42(const uint8_t *p, size_t size, uint32_t state)
{
    uint64_t wide = state;
    for (; size >= 8; p += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    state = (uint32_t)wide;
    for (; size != 0; size--)
        state = _mm_crc32_u8(state, *p++);
    return state;
}
#endif

static int fs_crc32c_use_sse42;

/* Set once, at import, as fs_choose_kernel(). */
static inline void fs_choose_crc32c(int sse42)
{
    fs_crc32c_use_sse42 = sse42;
}

/* The CRC of bytes that follow those whose CRC is `crc`, which is 0 at the start; and who ran. */
static inline uint32_t fs_crc32c_run(const uint8_t *p, size_t size, uint32_t crc,
                                     const char **kernel)
{
#ifdef FASTSOCK_HAVE_SSE42
    if (fs_crc32c_use_sse42) {
        *kernel = "sse42";
        return ~fs_crc32c_sse42(p, size, ~crc);
    }
#endif
    *kernel = "scalar";
    return ~fs_crc32c_scalar(p, size, ~crc);
}

static inline uint32_t fs_crc32c(const uint8_t *p, size_t size, uint32_t crc)
{
    const char *kernel;
    return fs_crc32c_run(p, size, crc, &kernel);
}

#endif
