/* A static B-tree of sorted keys: which key is the last one that is not greater than x?
 *
 * A node is one cache line of sorted keys (16 of 32 bits, 8 of 64), padded with ones. There are no
 * pointers: level by level the nodes lie one after the other, and child number c of node n is node
 * n * (width + 1) + c of the next level. The last level has all keys, in order, so that the place
 * where a walk ends is the rank of the key. All levels follow from the number of keys.
 */
#ifndef FASTSOCK_PREFIX_TREE_H
#define FASTSOCK_PREFIX_TREE_H

#include "fastsock/_core/cpu.h"
#include "key.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__)) && !defined(FASTSOCK_NO_SIMD)
#define FASTSOCK_HAVE_AVX2 1
#include <immintrin.h>
#endif

enum {
    FS_WIDTH4 = 16,    /* keys a node: 64 bytes of 32-bit keys ... */
    FS_WIDTH6 = 8,     /* ... and of 64-bit ones */
    FS_TREE_LEVELS = 11, /* 9 ** 11 > 2 ** 32 */
    FS_BLOCK = 32      /* look-ups that walk side by side: their cache misses overlap */
};

typedef struct {
    uint32_t levels, keys;
    uint32_t first[FS_TREE_LEVELS]; /* node number where each level starts, the root's first */
    uint32_t count[FS_TREE_LEVELS]; /* its nodes */
    uint32_t value;                 /* where the values start: keys + 1 of them */
} fs_tree;

/* The shape of a tree whose nodes start at node `first`; returns how many nodes it has. */
static inline uint64_t fs_tree_shape(fs_tree *tree, uint32_t keys, unsigned width, uint32_t first)
{
    uint32_t counts[FS_TREE_LEVELS];
    uint32_t nodes = keys / width + (keys % width != 0), levels = 0;
    uint64_t total = first;
    if (nodes == 0)
        nodes = 1;
    for (;; nodes = nodes / (width + 1) + (nodes % (width + 1) != 0)) {
        counts[levels++] = nodes;
        if (nodes == 1)
            break;
    }
    memset(tree, 0, sizeof *tree);
    tree->levels = levels;
    tree->keys = keys;
    for (uint32_t i = 0; i < levels; i++) {
        tree->count[i] = counts[levels - 1 - i];
        tree->first[i] = (uint32_t)total;
        total += tree->count[i];
    }
    return total - first;
}

#define FS_PASTE_(a, b) a##b
#define FS_PASTE(a, b) FS_PASTE_(a, b)

#define FS_KEY uint32_t
#define FS_WIDTH FS_WIDTH4
#define FS_SUFFIX 4
#include "tree_fill.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_SUFFIX

#define FS_KEY uint64_t
#define FS_WIDTH FS_WIDTH6
#define FS_SUFFIX 6
#include "tree_fill.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_SUFFIX

/* How many keys of a node are not greater than x. Plain loops: compilers make vectors of them. */
FS_INLINE unsigned fs_count4_scalar(const uint32_t *keys, uint32_t x)
{
    unsigned count = 0;
    for (int i = 0; i < FS_WIDTH4; i++)
        count += keys[i] <= x;
    return count;
}

FS_INLINE unsigned fs_count6_scalar(const uint64_t *keys, uint64_t x)
{
    unsigned count = 0;
    for (int i = 0; i < FS_WIDTH6; i++)
        count += keys[i] <= x;
    return count;
}

#define FS_TARGET
#define FS_KEY uint32_t
#define FS_WIDTH FS_WIDTH4
#define FS_SUFFIX 4_scalar
#include "tree_walk.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_SUFFIX
#define FS_KEY uint64_t
#define FS_WIDTH FS_WIDTH6
#define FS_SUFFIX 6_scalar
#include "tree_walk.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_SUFFIX
#undef FS_TARGET

#ifdef FASTSOCK_HAVE_AVX2
#define FS_AVX2 __attribute__((target("avx2,popcnt")))

/* keys <= x where the lesser of both is the key. */
FS_AVX2 FS_INLINE unsigned fs_count4_avx2(const uint32_t *keys, uint32_t x)
{
    const __m256i all = _mm256_set1_epi32((int)x);
    const __m256i a = _mm256_loadu_si256((const __m256i *)keys);
    const __m256i b = _mm256_loadu_si256((const __m256i *)(keys + 8));
    const __m256i in_a = _mm256_cmpeq_epi32(_mm256_min_epu32(a, all), a);
    const __m256i in_b = _mm256_cmpeq_epi32(_mm256_min_epu32(b, all), b);
    const unsigned mask = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(in_a)) |
                          (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(in_b)) << 8;
    return (unsigned)__builtin_popcount(mask);
}

/* AVX2 compares 64 bits as signed numbers only: the highest bit is flipped on both sides. */
FS_AVX2 FS_INLINE unsigned fs_count6_avx2(const uint64_t *keys, uint64_t x)
{
    const __m256i flip = _mm256_set1_epi64x(INT64_MIN);
    const __m256i all = _mm256_xor_si256(_mm256_set1_epi64x((long long)x), flip);
    const __m256i a = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)keys), flip);
    const __m256i b = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(keys + 4)), flip);
    const __m256d over_a = _mm256_castsi256_pd(_mm256_cmpgt_epi64(a, all));
    const __m256d over_b = _mm256_castsi256_pd(_mm256_cmpgt_epi64(b, all));
    const unsigned mask = (unsigned)_mm256_movemask_pd(over_a) |
                          (unsigned)_mm256_movemask_pd(over_b) << 4;
    return FS_WIDTH6 - (unsigned)__builtin_popcount(mask);
}

#define FS_TARGET FS_AVX2
#define FS_KEY uint32_t
#define FS_WIDTH FS_WIDTH4
#define FS_SUFFIX 4_avx2
#include "tree_walk.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_SUFFIX
#define FS_KEY uint64_t
#define FS_WIDTH FS_WIDTH6
#define FS_SUFFIX 6_avx2
#include "tree_walk.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_SUFFIX
#undef FS_TARGET
#endif

static int fs_use_avx2;

/* Set once, at import. Interpreters of one process agree: the processor and the environment are the
 * same for all. */
static inline void fs_choose_walk(int avx2)
{
#ifdef FASTSOCK_HAVE_AVX2
    fs_use_avx2 = avx2 && fs_cpu_has_avx2();
#else
    (void)avx2; /* this compiler has made no kernel for it */
#endif
}

#ifdef FASTSOCK_HAVE_AVX2
#define FS_DISPATCH(name, arguments) \
    return fs_use_avx2 ? FS_PASTE(name, _avx2) arguments : FS_PASTE(name, _scalar) arguments
#else
#define FS_DISPATCH(name, arguments) return FS_PASTE(name, _scalar) arguments
#endif

FS_INLINE uint32_t fs_rank4(const fs_tree *tree, const uint32_t *nodes, uint32_t x)
{
    FS_DISPATCH(fs_rank4, (tree, nodes, x));
}

FS_INLINE uint32_t fs_rank6(const fs_tree *tree, const uint64_t *nodes, uint64_t x)
{
    FS_DISPATCH(fs_rank6, (tree, nodes, x));
}

FS_INLINE void fs_ranks4(const fs_tree *tree, const uint32_t *nodes, const uint32_t *x,
                         const uint32_t *values, uint32_t *ranks, unsigned count)
{
    FS_DISPATCH(fs_ranks4, (tree, nodes, x, values, ranks, count));
}

FS_INLINE void fs_ranks6(const fs_tree *tree, const uint64_t *nodes, const uint64_t *x,
                         const uint32_t *values, uint32_t *ranks, unsigned count)
{
    FS_DISPATCH(fs_ranks6, (tree, nodes, x, values, ranks, count));
}

FS_INLINE void fs_ranks_each6(const fs_tree *const *trees, const uint64_t *nodes,
                              const uint64_t *x, const uint32_t *values, uint32_t *ranks,
                              unsigned count)
{
    FS_DISPATCH(fs_ranks_each6, (trees, nodes, x, values, ranks, count));
}

#endif
