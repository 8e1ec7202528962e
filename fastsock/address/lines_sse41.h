/* The SSE4.1 kernel: whole rows by vector compares and shuffles, for x86-64.
 *
 * A step loads a fixed number of bytes, so it declines rows nearer than that to the end of the
 * text: no byte outside it is read. It takes only rows that are right; the rest is declined.
 */
#ifndef FASTSOCK_LINES_SSE41_H
#define FASTSOCK_LINES_SSE41_H

#include "fastsock/address/lines.h"

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
static __forceinline unsigned fs_clz(uint64_t x)
{
    unsigned long at;
    _BitScanReverse64(&at, x);
    return 63 - at;
}
#else
#define FS_SSE41 __attribute__((target("sse4.1")))
#define fs_ctz(x) ((unsigned)__builtin_ctzll(x))
#define fs_clz(x) ((unsigned)__builtin_clzll(x))
#endif

/* What is known of an address by the lengths of its octets, 1 to 3 each: 81 forms. A form is found
 * by its separators, the three dots and the byte after the address, as a mask of their places. A
 * product hashes the 81 masks without a collision; any other mask differs from the one it meets. */
#define FS_SEPARATORS(a, b, c, d) \
    (1u << (a) | 1u << ((a) + (b) + 1) | 1u << ((a) + (b) + (c) + 2) | \
     1u << ((a) + (b) + (c) + (d) + 3))
#define FS_HASH(separators) ((uint32_t)((separators) * 0xc811d053u) >> 24)
/* A zero at one of these places is a leading one: the octet has more digits. */
#define FS_LEADING(a, b, c, d) \
    (((a) > 1) | ((b) > 1) << ((a) + 1) | ((c) > 1) << ((a) + (b) + 2) | \
     ((d) > 1) << ((a) + (b) + (c) + 3))
/* Digits right-aligned in a lane of 32 bits. 0x80 makes a zero byte. */
#define FS_LANE(end, length) \
    (uint8_t)0x80, (uint8_t)((length) > 2 ? (end) - 3 : 0x80), \
        (uint8_t)((length) > 1 ? (end) - 2 : 0x80), (uint8_t)((end) - 1)
#define FS_SHUFFLE(a, b, c, d) \
    {FS_LANE(a, a), FS_LANE((a) + 1 + (b), b), FS_LANE((a) + (b) + 2 + (c), c), \
     FS_LANE((a) + (b) + (c) + 3 + (d), d)}
#define FS_FORM(a, b, c, d) \
    [FS_HASH(FS_SEPARATORS(a, b, c, d))] = {FS_SHUFFLE(a, b, c, d), FS_SEPARATORS(a, b, c, d), \
                                            FS_LEADING(a, b, c, d)}
#define FS_D(a, b, c) FS_FORM(a, b, c, 1), FS_FORM(a, b, c, 2), FS_FORM(a, b, c, 3)
#define FS_C(a, b) FS_D(a, b, 1), FS_D(a, b, 2), FS_D(a, b, 3)
#define FS_B(a) FS_C(a, 1), FS_C(a, 2), FS_C(a, 3)
typedef struct {
    uint8_t shuffle[16];
    uint32_t separators, leading;
} fs_form4;
static const fs_form4 fs_forms4[256] = {FS_B(1), FS_B(2), FS_B(3)};
#undef FS_B
#undef FS_C
#undef FS_D
#undef FS_FORM
#undef FS_SHUFFLE
#undef FS_LANE
#undef FS_LEADING
#undef FS_SEPARATORS

/* The byte after a row whose address stopped at `size` and whose first newline is at `newline`,
 * or NULL where something else stands between. The result depends on `newline` alone, which is
 * known long before the address is parsed: so the processor starts on the next row meanwhile. */
FS_ALWAYS_INLINE const uint8_t *fs_end_row(const uint8_t *p, unsigned size, unsigned newline)
{
    if (newline != size && (newline != size + 1 || p[size] != '\r' || p[newline] != '\n'))
        return NULL;
    return p + newline + 1;
}

/* The address at the start of `text`, with any byte but a digit or a dot after it: its length, or
 * 0. */
FS_SSE41 FS_ALWAYS_INLINE unsigned fs_text4_sse41(__m128i text, uint8_t *out)
{
    const __m128i digits = _mm_sub_epi8(text, _mm_set1_epi8('0'));
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);

    /* Bit i stands for byte i. The bit above them is the end where there is no other; no form
     * has it. */
    const uint32_t others = ~(uint32_t)_mm_movemask_epi8(is_digit) & 0x1ffff;
    const uint32_t dots = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('.')));
    const uint32_t zeros = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(digits, _mm_setzero_si128()));
    const uint32_t ends = others & ~dots;
    const uint32_t separators = others & (ends ^ (ends - 1)); /* up to the first end */
    const fs_form4 *form = &fs_forms4[FS_HASH(separators)];
    if ((separators ^ form->separators) | (zeros & form->leading))
        return 0;

    const __m128i shuffle = _mm_loadu_si128((const __m128i *)form->shuffle);
    const __m128i lanes = _mm_shuffle_epi8(digits, shuffle);
    const __m128i weights = _mm_set1_epi32(0 | 100 << 8 | 10 << 16 | 1 << 24);
    const __m128i values = _mm_madd_epi16(_mm_maddubs_epi16(lanes, weights), _mm_set1_epi16(1));
    if (!_mm_testz_si128(values, _mm_set1_epi32(~255)))
        return 0;
    const int packed = _mm_cvtsi128_si32(_mm_shuffle_epi8(values, _mm_set1_epi32(0x0c080400)));
    memcpy(out, &packed, 4);
    return fs_ctz(ends);
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

enum {
    FS_BLOCK6 = 48,  /* bytes a step of IPv6 loads: the longest address, "\r\n" and more */
    FS_NO_GROUP = 63 /* where a missing group would end */
};

/* Where the groups of an address end, a byte a group, the first one lowest. `start` is where the
 * first one starts, `empty` has a bit for every group of the "::". */
typedef struct {
    uint64_t ends;
    uint8_t start;
    uint32_t empty;
} fs_groups6;

#define FS_BYTES UINT64_C(0x0101010101010101)

/* Find the groups of the `size` bytes whose colons are the bits of `colons`. Only the count is
 * checked here: 8 groups, or fewer and one "::". Their lengths are checked by the caller. */
FS_ALWAYS_INLINE int fs_find_groups(uint64_t colons, unsigned size, fs_groups6 *groups)
{
    const uint64_t doubled = colons & colons >> 1; /* the first colon of every "::" */
    if ((doubled & (doubled - 1)) != 0)
        return 0;
    /* At either end a "::" has an empty group on its outer side too; one of its colons goes. */
    const uint64_t leading = doubled & 1;
    const uint64_t trailing = size >= 2 ? doubled >> (size - 2) & 1 : 0;
    const unsigned last = size - (unsigned)trailing;
    uint64_t rest = (colons & ((UINT64_C(1) << last) - 1) & ~leading) | UINT64_C(1) << last;

    uint64_t ends = 0;
    for (int i = 0; i < 64; i += 8) {
        ends |= (uint64_t)fs_ctz(rest | UINT64_C(1) << FS_NO_GROUP) << i;
        rest &= rest - 1;
    }
    if (rest != 0)
        return 0;
    groups->start = (uint8_t)leading;
    groups->empty = 0;
    const uint64_t missing = ends ^ FS_NO_GROUP * FS_BYTES; /* zero bytes at the top, one a group */
    if (doubled == 0) {
        groups->ends = ends;
        return missing >> 56 != 0;
    }
    /* The empty group ends with the second colon. It is repeated until there are eight groups. */
    const unsigned end = fs_ctz(doubled) + 1;
    const uint64_t other = ends ^ end * FS_BYTES; /* its byte is zero there, the first such one */
    const unsigned at = fs_ctz((other - FS_BYTES) & ~other & 0x80 * FS_BYTES) / 8;
    const unsigned more = fs_clz(missing) / 8;
    const uint64_t head = (UINT64_C(0x100) << 8 * at) - 1; /* 0x100 << 56 wraps to 0: all of it */
    const uint64_t fill = ((UINT64_C(1) << 8 * more) - 1) << 8 * at << 8;
    groups->ends = (ends & head) | (end * FS_BYTES & fill) | (ends & ~head) << 8 * more;
    groups->empty = ((2u << more) - 1) << at;
    return 1;
}

/* The digits of four groups, right-aligned in 32-bit lanes, as values; ends and starts are those
 * groups'. What is no hexadecimal digit clears bits of `right`. */
FS_SSE41 FS_ALWAYS_INLINE __m128i fs_gather_digits(const __m128i *text, __m128i ends,
                                                   __m128i starts, __m128i *right)
{
    const __m128i before_end = _mm_set1_epi32((int)0xfffefdfc); /* -4, -3, -2, -1 */
    const __m128i at = _mm_add_epi8(ends, before_end);
    const __m128i none = _mm_cmpgt_epi8(starts, at);
    /* Each shuffle takes what lies in its 16 bytes: any other index saturates into the bit that
     * makes a zero. */
    const __m128i from = _mm_or_si128(at, none), reach = _mm_set1_epi8(0x70);
    __m128i c = _mm_shuffle_epi8(text[0], _mm_adds_epu8(from, reach));
    for (int i = 1; i < 3; i++) {
        const __m128i index = _mm_sub_epi8(from, _mm_set1_epi8((char)(16 * i)));
        c = _mm_or_si128(c, _mm_shuffle_epi8(text[i], _mm_adds_epu8(index, reach)));
    }
    const __m128i digits = _mm_sub_epi8(c, _mm_set1_epi8('0'));
    const __m128i letters =
        _mm_sub_epi8(_mm_or_si128(c, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letters, _mm_set1_epi8(5)), letters);
    *right = _mm_and_si128(*right, _mm_or_si128(none, _mm_or_si128(is_digit, is_letter)));
    const __m128i values =
        _mm_blendv_epi8(_mm_add_epi8(letters, _mm_set1_epi8(10)), digits, is_digit);
    return _mm_andnot_si128(none, values);
}

/* The address of `size` bytes at the start of `text`, 0 where it is none. */
FS_SSE41 FS_ALWAYS_INLINE int fs_text6_sse41(const __m128i *text, uint64_t colons, unsigned size,
                                             uint8_t *out)
{
    fs_groups6 groups;
    if (!fs_find_groups(colons, size, &groups))
        return 0;
    const __m128i ends = _mm_cvtsi64_si128((long long)groups.ends);
    const __m128i one = _mm_set1_epi8(1);
    /* A group starts after the one before it. */
    const uint64_t before = groups.ends << 8 | (uint8_t)(groups.start - 1);
    const __m128i starts = _mm_add_epi8(_mm_cvtsi64_si128((long long)before), one);
    const __m128i less_one = _mm_sub_epi8(_mm_sub_epi8(ends, starts), one);
    const __m128i sound = _mm_cmpeq_epi8(_mm_min_epu8(less_one, _mm_set1_epi8(3)), less_one);
    if ((((uint32_t)_mm_movemask_epi8(sound) | groups.empty) & 0xff) != 0xff)
        return 0;

    const __m128i low = _mm_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    const __m128i high = _mm_add_epi8(low, _mm_set1_epi8(4));
    __m128i right = _mm_set1_epi8(-1);
    const __m128i first = fs_gather_digits(text, _mm_shuffle_epi8(ends, low),
                                           _mm_shuffle_epi8(starts, low), &right);
    const __m128i second = fs_gather_digits(text, _mm_shuffle_epi8(ends, high),
                                            _mm_shuffle_epi8(starts, high), &right);
    if (_mm_movemask_epi8(right) != 0xffff)
        return 0;
    const __m128i pair = _mm_set1_epi16(16 | 1 << 8); /* 16 times the first, and the second */
    const __m128i packed =
        _mm_packus_epi16(_mm_maddubs_epi16(first, pair), _mm_maddubs_epi16(second, pair));
    _mm_storeu_si128((__m128i *)out, packed);
    return 1;
}

FS_SSE41 FS_ALWAYS_INLINE uint64_t fs_mask48(const __m128i *text, char wanted)
{
    const __m128i c = _mm_set1_epi8(wanted);
    const uint64_t a = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text[0], c));
    const uint64_t b = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text[1], c));
    const uint64_t d = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text[2], c));
    return a | b << 16 | d << 32;
}

FS_SSE41 static inline const uint8_t *fs_row6_sse41(const uint8_t *p, const uint8_t *end,
                                                    uint8_t *out)
{
    if (end - p < FS_BLOCK6)
        return NULL;
    __m128i text[3];
    for (int i = 0; i < 3; i++)
        text[i] = _mm_loadu_si128((const __m128i *)(p + 16 * i));
    const uint64_t newlines = fs_mask48(text, '\n');
    if (newlines == 0)
        return NULL;
    /* The next row depends on `newline` alone, as in IPv4. */
    const unsigned newline = fs_ctz(newlines);
    const unsigned size = newline - (newline != 0 && p[newline - 1] == '\r');
    if (size < 2 || size > FS_TEXT6_MAX)
        return NULL;
    const uint64_t colons = fs_mask48(text, ':') & ((UINT64_C(1) << size) - 1);
    return fs_text6_sse41(text, colons, size, out) ? p + newline + 1 : NULL;
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

/* 8 to 15 bytes, zeros after them. Two loads overlap; what both have is shifted out of one. */
FS_SSE41 FS_ALWAYS_INLINE __m128i fs_load_short(const uint8_t *p, size_t size)
{
    uint64_t low, high;
    memcpy(&low, p, 8);
    memcpy(&high, p + size - 8, 8);
    high = high >> 4 * (16 - size) >> 4 * (16 - size); /* in two steps, for 64 bits are too many */
    return _mm_set_epi64x((long long)high, (long long)low);
}

/* 16 to 48 bytes, anything after them: the last load ends where the text does, and is moved. */
FS_SSE41 FS_ALWAYS_INLINE void fs_load_long(const uint8_t *p, size_t size, __m128i *text)
{
    const __m128i i = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const int full = size >= 32;
    const __m128i excess = _mm_set1_epi8((char)((full ? 48 : 32) - size));
    const __m128i last = _mm_loadu_si128((const __m128i *)(p + size - 16));
    const __m128i moved = _mm_shuffle_epi8(last, _mm_add_epi8(i, excess));
    text[0] = _mm_loadu_si128((const __m128i *)p);
    text[1] = full ? _mm_loadu_si128((const __m128i *)(p + 16)) : moved;
    text[2] = moved;
}

/* The same for one text of `size` bytes: 1 where it is an address and nothing else. */
FS_SSE41 static inline int fs_item4_sse41(const uint8_t *p, size_t size, uint8_t *out)
{
    if (size < 8 || size > FS_TEXT4_MAX)
        return 0;
    return fs_text4_sse41(fs_load_short(p, size), out) == size;
}

FS_SSE41 static inline int fs_item6_sse41(const uint8_t *p, size_t size, uint8_t *out)
{
    if (size < 8 || size > FS_TEXT6_MAX)
        return 0;
    __m128i text[3];
    if (size >= 16)
        fs_load_long(p, size, text);
    else
        text[0] = text[1] = text[2] = fs_load_short(p, size);
    const uint64_t colons = fs_mask48(text, ':') & ((UINT64_C(1) << size) - 1);
    return fs_text6_sse41(text, colons, (unsigned)size, out);
}

FS_SSE41 static inline int fs_item_sse41(fs_kind kind, const uint8_t *p, size_t size, uint8_t *out)
{
    if (kind == FS_V4)
        return fs_item4_sse41(p, size, out);
    uint8_t four[4];
    if (kind == FS_ANY && fs_item4_sse41(p, size, four)) {
        fs_map4(four, out);
        return 1;
    }
    return fs_item6_sse41(p, size, out);
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
