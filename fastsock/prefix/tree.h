/* A static B-tree of sorted keys, to find the last key that is not greater than x.
 *
 * A node is one cache line of sorted keys (16 of 32 bits, 8 of 64), padded with ones. Nodes have no
 * pointers: the levels are stored one after the other, and child c of node n is node
 * n * (width + 1) + c of the next level. The last level has all keys in order, so that a walk ends
 * at the rank of x. The number of keys determines all levels.
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
    FS_WIDTH4 = 16,    /* keys per node: 64 bytes of 32-bit keys ... */
    FS_WIDTH6 = 8,     /* ... and of 64-bit ones */
    FS_TREE_LEVELS = 11, /* 9 ** 11 > 2 ** 32 */
    FS_BLOCK = 32,     /* look-ups done together, so that their cache misses overlap */
    FS_JUMP_ROOM = 1 << 19 /* bytes of a jump table, at most: it should stay in the L2 cache */
};
#define FS_FROM_ROOT UINT32_MAX

typedef struct {
    uint32_t levels, keys;
    uint32_t first[FS_TREE_LEVELS]; /* the first node of each level, the root's first */
    uint32_t count[FS_TREE_LEVELS]; /* nodes of each level */
    uint32_t value;                 /* the first of keys + 1 values */
} fs_tree;

/* Compute the shape of a tree whose nodes start at `first`. Returns the number of nodes. */
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
#include "tree_jump.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_SUFFIX

#define FS_KEY uint64_t
#define FS_WIDTH FS_WIDTH6
#define FS_SUFFIX 6
#include "tree_fill.h"
#include "tree_jump.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_SUFFIX

/* Count the keys of a node that are not greater than x. Compilers vectorise these plain loops. */
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
#define FS_FAMILY 4
#define FS_SUFFIX 4_scalar
#include "tree_walk.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_FAMILY
#undef FS_SUFFIX
#define FS_KEY uint64_t
#define FS_WIDTH FS_WIDTH6
#define FS_FAMILY 6
#define FS_SUFFIX 6_scalar
#include "tree_walk.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_FAMILY
#undef FS_SUFFIX
#undef FS_TARGET

#ifdef FASTSOCK_HAVE_AVX2
#define FS_AVX2 __attribute__((target("avx2,popcnt")))

/* AVX2 has no unsigned comparison: a key is <= x if min(key, x) is the key. */
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

/* AVX2 compares 64 bits as signed numbers only, so flip the highest bit on both sides. */
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
#define FS_FAMILY 4
#define FS_SUFFIX 4_avx2
#include "tree_walk.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_FAMILY
#undef FS_SUFFIX
#define FS_KEY uint64_t
#define FS_WIDTH FS_WIDTH6
#define FS_FAMILY 6
#define FS_SUFFIX 6_avx2
#include "tree_walk.h"
#undef FS_KEY
#undef FS_WIDTH
#undef FS_FAMILY
#undef FS_SUFFIX
#undef FS_TARGET
#endif

static int fs_use_avx2;

/* Called once, at import. All interpreters of a process choose the same: they share the processor
 * and the environment. */
static inline void fs_choose_walk(int avx2)
{
#ifdef FASTSOCK_HAVE_AVX2
    fs_use_avx2 = avx2 && fs_cpu_has_avx2();
#else
    (void)avx2; /* this compiler built no AVX2 kernel */
#endif
}

#ifdef FASTSOCK_HAVE_AVX2
#define FS_DISPATCH(name, arguments) \
    (fs_use_avx2 ? FS_PASTE(name, _avx2) arguments : FS_PASTE(name, _scalar) arguments)
#else
#define FS_DISPATCH(name, arguments) (FS_PASTE(name, _scalar) arguments)
#endif

FS_INLINE uint32_t fs_rank4(const fs_tree *tree, const uint32_t *nodes, uint32_t x)
{
    return FS_DISPATCH(fs_rank4, (tree, nodes, x));
}

FS_INLINE uint32_t fs_rank6(const fs_tree *tree, const uint64_t *nodes, uint64_t x)
{
    return FS_DISPATCH(fs_rank6, (tree, nodes, x));
}

FS_INLINE void fs_ranks4(const fs_jump4 *jump, const fs_tree *tree, const uint32_t *nodes,
                         const uint32_t *x, const uint32_t *values, uint32_t *ranks,
                         unsigned count)
{
    FS_DISPATCH(fs_ranks4, (jump, tree, nodes, x, values, ranks, count));
}

FS_INLINE void fs_ranks6(const fs_jump6 *jump, const fs_tree *tree, const uint64_t *nodes,
                         const uint64_t *x, const uint32_t *values, uint32_t *ranks,
                         unsigned count)
{
    FS_DISPATCH(fs_ranks6, (jump, tree, nodes, x, values, ranks, count));
}

FS_INLINE void fs_ranks_each6(const fs_tree *const *trees, const uint64_t *nodes,
                              const uint64_t *x, const uint32_t *values, uint32_t *ranks,
                              unsigned count)
{
    FS_DISPATCH(fs_ranks_each6, (trees, nodes, x, values, ranks, count));
}

#endif
