/* Turn prefixes into ranges that have one longest match: sort, then sweep once. */
#ifndef FASTSOCK_PREFIX_SWEEP_H
#define FASTSOCK_PREFIX_SWEEP_H

#include "key.h"

/* Merge sort: stable, so that of equal prefixes the last one given comes last; linear for a sorted
 * list, as in most files. `spare` has room for all. */
static inline void fs_sort_prefixes(fs_prefix *list, size_t count, fs_prefix *spare)
{
    if (count < 16) {
        for (size_t i = 1; i < count; i++) {
            const fs_prefix moved = list[i];
            size_t at = i;
            for (; at > 0 && fs_prefix_before(&moved, &list[at - 1]); at--)
                list[at] = list[at - 1];
            list[at] = moved;
        }
        return;
    }
    const size_t half = count / 2;
    fs_sort_prefixes(list, half, spare); /* recursion depth: log2(count) */
    fs_sort_prefixes(list + half, count - half, spare);
    if (!fs_prefix_before(&list[half], &list[half - 1]))
        return;
    memcpy(spare, list, half * sizeof *list);
    size_t left = 0, right = half, out = 0;
    while (left < half && right < count)
        list[out++] = fs_prefix_before(&list[right], &spare[left]) ? list[right++] : spare[left++];
    memcpy(list + out, spare + left, (half - left) * sizeof *list);
}

/* Keep the last of equal prefixes in a sorted list. Returns how many are left. */
static inline size_t fs_unique_prefixes(fs_prefix *list, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && list[kept - 1].length == list[i].length &&
            fs_key_equal(list[kept - 1].key, list[i].key))
            kept--;
        list[kept++] = list[i];
    }
    return kept;
}

/* The value from `start` to the next range: 0 for none, else slot + 1. */
typedef struct {
    fs_key start;
    uint32_t value;
} fs_range;

/* Append a range, `value` from `start` on. `start` is not below the last range's start. */
static inline size_t fs_add_range(fs_range *ranges, size_t count, fs_key start, uint32_t value)
{
    if (count > 0 && fs_key_equal(ranges[count - 1].start, start))
        count--; /* a longer prefix at the same address */
    if (count == 0 || ranges[count - 1].value != value) {
        ranges[count].start = start;
        ranges[count].value = value;
        count++;
    }
    return count;
}

/* Make the ranges of a sorted list without duplicates. `ranges` has room for 2 * count + 1, the
 * maximum; the first range starts at zero. */
static inline size_t fs_sweep(const fs_prefix *list, size_t count, fs_range *ranges)
{
    const fs_prefix *open[129]; /* the prefixes that cover the current one, of lengths 0 to 128 */
    const fs_key zero = {0, 0};
    unsigned depth = 0;
    size_t found = fs_add_range(ranges, 0, zero, 0);
    for (size_t i = 0; i <= count; i++) {
        while (depth > 0 && (i == count || !fs_key_agree(list[i].key, open[depth - 1]->key,
                                                         open[depth - 1]->length))) {
            fs_key after = fs_key_last(open[depth - 1]->key, open[depth - 1]->length);
            depth--;
            after.hi += ++after.lo == 0;
            if ((after.hi | after.lo) != 0) /* zero: it reached the end of the address space */
                found = fs_add_range(ranges, found, after,
                                     depth > 0 ? open[depth - 1]->slot + 1 : 0);
        }
        if (i < count) {
            found = fs_add_range(ranges, found, list[i].key, list[i].slot + 1);
            open[depth++] = &list[i];
        }
    }
    return found;
}

#endif
