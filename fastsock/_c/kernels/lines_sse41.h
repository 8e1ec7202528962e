/* The SSE4.1 kernel: whole rows by vector compares and shuffles, for x86-64.
 *
 * A step loads a fixed number of bytes, so it declines rows nearer than that to the end of the
 * text: no byte outside it is read. It takes only rows that are right; the rest is declined.
 */
#ifndef FASTSOCK_LINES_SSE41_H
#define FASTSOCK_LINES_SSE41_H

#include "lines.h"

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(FASTSOCK_NO_SIMD)
#define FASTSOCK_HAVE_SSE41 1
#include <smmintrin.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#define FS_SSE41
static __forceinline unsigned fs_ctz(uint64_t x)
{
    unsigned long at;
    _BitScanForward64(&at, x);
    return at;
}
#else
#define FS_SSE41 __attribute__((target("sse4.1")))
#define fs_ctz(x) ((unsigned)__builtin_ctzll(x))
#endif

/* Shuffles that put the digits of four octets right-aligned into four 32-bit lanes, by the octets'
 * lengths (1-3 each). 0x80 makes a zero byte. */
#define FS_LANE(end, length) \
    (uint8_t)0x80, (uint8_t)((length) > 2 ? (end) - 3 : 0x80), \
        (uint8_t)((length) > 1 ? (end) - 2 : 0x80), (uint8_t)((end) - 1)
#define FS_SHUFFLE(a, b, c, d) \
    {FS_LANE(a, a), FS_LANE((a) + 1 + (b), b), FS_LANE((a) + (b) + 2 + (c), c), \
     FS_LANE((a) + (b) + (c) + 3 + (d), d)}
#define FS_D(a, b, c) FS_SHUFFLE(a, b, c, 1), FS_SHUFFLE(a, b, c, 2), FS_SHUFFLE(a, b, c, 3)
#define FS_C(a, b) FS_D(a, b, 1), FS_D(a, b, 2), FS_D(a, b, 3)
#define FS_B(a) FS_C(a, 1), FS_C(a, 2), FS_C(a, 3)
static const uint8_t fs_octet_shuffles[81][16] = {FS_B(1), FS_B(2), FS_B(3)};
#undef FS_B
#undef FS_C
#undef FS_D
#undef FS_SHUFFLE
#undef FS_LANE

/* The byte after a row whose address stopped at `size` and whose first newline is at `newline`,
 * or NULL where something else stands between. The result hangs on `newline` alone, which is
 * known long before the address is parsed: so the processor starts on the next row meanwhile. */
FS_ALWAYS_INLINE const uint8_t *fs_end_row(const uint8_t *p, unsigned size, unsigned newline)
{
    if (newline != size + (p[size] == '\r') || p[newline] != '\n')
        return NULL;
    return p + newline + 1;
}

/* The address at the start of `text`, with any byte but a digit behind it: its length, or 0. */
FS_SSE41 FS_ALWAYS_INLINE unsigned fs_text4_sse41(__m128i text, uint8_t *out)
{
    const __m128i digits = _mm_sub_epi8(text, _mm_set1_epi8('0'));
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);

    /* Bit i stands for byte i. The address is the bytes before the fourth that is no digit.
     * Sentinels above the 16 bits keep fs_ctz defined where there are fewer. */
    const uint32_t others = ~(uint32_t)_mm_movemask_epi8(is_digit) & 0xffff;
    uint32_t rest = others | 0xf0000;
    const unsigned end0 = fs_ctz(rest);
    rest &= rest - 1;
    const unsigned end1 = fs_ctz(rest);
    rest &= rest - 1;
    const unsigned end2 = fs_ctz(rest);
    rest &= rest - 1;
    const unsigned end3 = fs_ctz(rest);
    if (end3 > FS_TEXT4_MAX)
        return 0;

    /* Lengths less one: 0-2 is right, and an empty octet wraps to a huge number. */
    const unsigned a = end0 - 1, b = end1 - end0 - 2, c = end2 - end1 - 2, d = end3 - end2 - 2;
    if (a > 2 || b > 2 || c > 2 || d > 2)
        return 0;

    const uint32_t inside = (1u << end3) - 1;
    const uint32_t dots = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('.')));
    const uint32_t zeros = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(digits, _mm_setzero_si128()));
    const uint32_t starts = dots << 1 | 1;
    /* A zero that starts an octet and has a digit behind it is a leading zero. */
    const uint32_t leading = zeros & starts & ~(others >> 1);
    if (((dots ^ others) | leading) & inside)
        return 0;

    const __m128i shuffle =
        _mm_loadu_si128((const __m128i *)fs_octet_shuffles[((a * 3 + b) * 3 + c) * 3 + d]);
    const __m128i lanes = _mm_shuffle_epi8(digits, shuffle);
    const __m128i weights = _mm_set1_epi32(0 | 100 << 8 | 10 << 16 | 1 << 24);
    const __m128i values = _mm_madd_epi16(_mm_maddubs_epi16(lanes, weights), _mm_set1_epi16(1));
    if (!_mm_testz_si128(values, _mm_set1_epi32(~255)))
        return 0;
    const __m128i words = _mm_packus_epi32(values, values);
    const int packed = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    memcpy(out, &packed, 4);
    return end3;
}

FS_SSE41 static inline const uint8_t *fs_row4_sse41(const uint8_t *p, const uint8_t *end,
                                                    uint8_t *out)
{
    if (end - p < FS_TEXT4_MAX + 2) /* the longest address and "\r\n" */
        return NULL;
    const __m128i text = _mm_loadu_si128((const __m128i *)p);
    const __m128i is_newline = _mm_cmpeq_epi8(text, _mm_set1_epi8('\n'));
    const unsigned newline = fs_ctz(0x10000 | (uint32_t)_mm_movemask_epi8(is_newline));
    const unsigned size = fs_text4_sse41(text, out);
    return size != 0 ? fs_end_row(p, size, newline) : NULL;
}

/* The value of the `length` (1-4) hexadecimal digits at p, where four bytes can be read. */
FS_ALWAYS_INLINE uint32_t fs_group_at(const uint8_t *p, unsigned length)
{
    uint32_t x;
    memcpy(&x, p, 4);
    x <<= 32 - 8 * length; /* little-endian: what is behind the group goes, zeros come before it */
    x = (x & 0x0f0f0f0f) + 9 * (x >> 6 & 0x01010101); /* bit 6 tells letters, which end in 1-6 */
    x = (x << 4 | x >> 8) & 0x00ff00ff; /* byte 0 is the first two digits, byte 2 the others */
    return (x << 8 | x >> 16) & 0xffff;
}

/* fs_place_groups for a 128-bit number that ends in `count` groups, of which `tail` go to the back
 * of the address and the rest to its front. */
FS_SSE41 FS_ALWAYS_INLINE void fs_spread_groups(uint64_t high, uint64_t low, int count, int tail,
                                                uint8_t *out)
{
    const __m128i groups = _mm_set_epi64x((long long)low, (long long)high);
    /* Byte i of the number's 16, in network order; the vector holds each half the other way round.
     * Where the tail begins, `from` stays i; before it, it is moved up over the gap. */
    const __m128i i = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m128i in_tail = _mm_cmpgt_epi8(i, _mm_set1_epi8((char)(15 - 2 * tail)));
    const __m128i in_head = _mm_cmplt_epi8(i, _mm_set1_epi8((char)(2 * (count - tail))));
    const __m128i moved = _mm_add_epi8(i, _mm_set1_epi8((char)(16 - 2 * count)));
    const __m128i from = _mm_blendv_epi8(moved, i, in_tail);
    const __m128i none = _mm_andnot_si128(_mm_or_si128(in_head, in_tail), _mm_set1_epi8((char)0x80));
    const __m128i flip = _mm_xor_si128(from, _mm_set1_epi8(7));
    _mm_storeu_si128((__m128i *)out, _mm_shuffle_epi8(groups, _mm_or_si128(flip, none)));
}

enum { FS_BLOCK6 = 48 }; /* bytes a step of IPv6 loads: the longest address, "\r\n" and more */

FS_SSE41 static inline const uint8_t *fs_row6_sse41(const uint8_t *p, const uint8_t *end,
                                                    uint8_t *out)
{
    if (end - p < FS_BLOCK6)
        return NULL;
    uint64_t hex = 0, colons = 0, newlines = UINT64_C(1) << FS_BLOCK6;
    for (int i = 0; i < FS_BLOCK6; i += 16) {
        const __m128i text = _mm_loadu_si128((const __m128i *)(p + i));
        const __m128i digits = _mm_sub_epi8(text, _mm_set1_epi8('0'));
        const __m128i letters =
            _mm_sub_epi8(_mm_or_si128(text, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
        const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letters, _mm_set1_epi8(5)), letters);
        hex |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(is_digit, is_letter)) << i;
        colons |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8(':')))
                  << i;
        newlines |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('\n')))
                    << i;
    }
    /* The bits above the block are no address either, so fs_ctz is defined. */
    const unsigned size = fs_ctz(~(hex | colons));
    if (size < 2 || size > FS_TEXT6_MAX)
        return NULL;

    /* A "::" at either end shows as two empty groups; drop one, so that every "::" is just one. */
    uint64_t ends = (colons & ((UINT64_C(1) << size) - 1)) | UINT64_C(1) << size;
    unsigned start = 0, last = size;
    if (p[0] == ':') {
        if (p[1] != ':')
            return NULL;
        ends &= ends - 1;
        start = 1;
    }
    if (p[size - 1] == ':') {
        if (p[size - 2] != ':')
            return NULL;
        last = size - 1;
        ends &= (UINT64_C(1) << size) - 1;
    }
    uint64_t high = 0, low = 0;
    int count = 0, gap = -1;
    while (ends != 0) {
        const unsigned stop = fs_ctz(ends), length = stop - start;
        ends &= ends - 1;
        if (length - 1 < 4) {
            if (count == 8)
                return NULL;
            high = high << 16 | low >> 48;
            low = low << 16 | fs_group_at(p + start, length);
            count++;
        } else {
            if (length != 0 || gap >= 0)
                return NULL;
            gap = count;
        }
        start = stop + 1;
    }
    if (start != last + 1 || (gap < 0 ? count != 8 : count > 7))
        return NULL;
    fs_spread_groups(high, low, count, gap < 0 ? count : count - gap, out);
    return fs_end_row(p, size, (unsigned)fs_ctz(newlines));
}

FS_SSE41 FS_ALWAYS_INLINE const uint8_t *fs_row_sse41(fs_kind kind, const uint8_t *p,
                                                      const uint8_t *end, uint8_t *out)
{
    if (kind == FS_V4)
        return fs_row4_sse41(p, end, out);
    if (kind == FS_ANY) {
        uint8_t four[4];
        const uint8_t *next = fs_row4_sse41(p, end, four);
        if (next != NULL) {
            fs_map4(four, out);
            return next;
        }
    }
    return fs_row6_sse41(p, end, out);
}

/* The same for one text of `size` bytes: 1 where it is an address and nothing else. What is shorter
 * than a load is first copied to where the load may go. */
FS_SSE41 static inline int fs_item4_sse41(const uint8_t *p, size_t size, uint8_t *out)
{
    if (size < 8 || size > FS_TEXT4_MAX)
        return 0;
    uint64_t low, high; /* two loads that overlap; the second one's first bytes are shifted out */
    memcpy(&low, p, 8);
    memcpy(&high, p + size - 8, 8);
    high = high >> 4 * (16 - size) >> 4 * (16 - size); /* in two steps, for 64 bits are too many */
    return fs_text4_sse41(_mm_set_epi64x((long long)high, (long long)low), out) == size;
}

FS_SSE41 static inline int fs_item6_sse41(const uint8_t *p, size_t size, uint8_t *out)
{
    if (size < 8 || size > FS_TEXT6_MAX)
        return 0;
    uint8_t line[FS_BLOCK6];
    for (int i = 0; i < FS_BLOCK6; i += 16)
        _mm_storeu_si128((__m128i *)(line + i), _mm_set1_epi8('\n'));
    if (size >= 16) { /* pieces of fixed size that overlap, for a call of memcpy costs more */
        if (size >= 32)
            memcpy(line + 16, p + 16, 16);
        memcpy(line, p, 16);
        memcpy(line + size - 16, p + size - 16, 16);
    } else {
        memcpy(line, p, 8);
        memcpy(line + size - 8, p + size - 8, 8);
    }
    /* The row must be the whole text: neither may it end at a newline within, nor in a '\r'. */
    return p[size - 1] != '\r' && fs_row6_sse41(line, line + FS_BLOCK6, out) == line + size + 1;
}

FS_SSE41 static void fs_lines_sse41(fs_lines *run, fs_kind kind)
{
    run->kernel = "sse41";
    if (kind == FS_V4)
        fs_run_lines(run, FS_V4, fs_row_sse41);
    else if (kind == FS_V6)
        fs_run_lines(run, FS_V6, fs_row_sse41);
    else
        fs_run_lines(run, FS_ANY, fs_row_sse41);
}

#endif

#endif
