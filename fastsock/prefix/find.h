/* Look-ups in a compiled form: one address, a block of rows, and the list of prefixes. */
#ifndef FASTSOCK_PREFIX_FIND_H
#define FASTSOCK_PREFIX_FIND_H

#include "form.h"

/* Turn a value into a slot, or -1 for none. The bound keeps a damaged file's value from indexing
 * outside the list of values. */
FS_INLINE int64_t fs_slot_of(const fs_form *form, uint32_t value)
{
    return value != 0 && value <= form->counts.slots ? (int64_t)value - 1 : -1;
}

/* Find the value of `lo` in the record at `at`; for a large record set `tree` to its tree's number.
 * Check the bounds of fs_record_fault() again: the file may have changed since. */
FS_INLINE uint32_t fs_find_in_record(const fs_form *form, uint64_t at, uint64_t lo, int64_t *tree)
{
    const uint64_t room = form->counts.records6;
    *tree = -1;
    if (at >= room)
        return 0;
    const uint64_t *record = form->records6 + at;
    const uint64_t head = *(const volatile uint64_t *)record; /* read once, then checked */
    if (head <= FS_SMALL) {
        unsigned count = 0;
        if (at + fs_record_words(head) > room)
            return 0;
        for (uint64_t i = 1; i <= head; i++)
            count += record[i] <= lo;
        return ((const uint32_t *)(record + 1 + head))[count];
    }
    if ((uint32_t)head == FS_LARGE && head >> 32 < form->counts.trees6)
        *tree = (int64_t)(head >> 32);
    return 0;
}

FS_INLINE int64_t fs_find4(const fs_form *form, uint32_t address)
{
    return fs_slot_of(form, form->values4[fs_rank4(&form->tree4, form->nodes4, address)]);
}

static inline int64_t fs_find6(const fs_form *form, fs_key key)
{
    uint32_t value = form->values6[fs_rank6(&form->tree6, form->nodes6, key.hi)];
    if (value & FS_SPLIT) {
        int64_t number;
        value = fs_find_in_record(form, value & ~FS_SPLIT, key.lo, &number);
        if (number >= 0) {
            const fs_tree *tree = &form->trees[number];
            value = form->values6[tree->value + fs_rank6(tree, form->nodes6, key.lo)];
        }
    }
    return fs_slot_of(form, value);
}

/* --- Blocks of rows -------------------------------------------------------------------------- */

static inline void fs_find_block4(const fs_form *form, const uint32_t *x, uint32_t *found,
                                  unsigned count)
{
    uint32_t ranks[FS_BLOCK];
    fs_ranks4(&form->jump4, &form->tree4, form->nodes4, x, form->values4, ranks, count);
    for (unsigned i = 0; i < count; i++)
        found[i] = form->values4[ranks[i]];
}

/* Look up the rows of a block that are in a split /64. */
static inline void fs_find_split(const fs_form *form, const uint64_t *lo, uint32_t *found,
                                 const uint8_t *split, unsigned count)
{
    const fs_tree *trees[FS_BLOCK];
    uint64_t keys[FS_BLOCK];
    uint32_t ranks[FS_BLOCK];
    uint8_t rows[FS_BLOCK];
    unsigned large = 0;
    for (unsigned k = 0; k < count; k++) {
        const uint64_t at = found[split[k]] & ~FS_SPLIT;
        FS_AHEAD(form->records6 + at);
        FS_AHEAD((const uint8_t *)(form->records6 + at) + 64);
    }
    for (unsigned k = 0; k < count; k++) {
        const unsigned i = split[k];
        int64_t number;
        found[i] = fs_find_in_record(form, found[i] & ~FS_SPLIT, lo[i], &number);
        if (number >= 0) {
            trees[large] = &form->trees[number];
            keys[large] = lo[i];
            rows[large++] = (uint8_t)i;
            FS_AHEAD(&form->trees[number]);
            FS_AHEAD((const uint8_t *)&form->trees[number] + 64);
        }
    }
    if (large == 0)
        return;
    fs_ranks_each6(trees, form->nodes6, keys, form->values6, ranks, large);
    for (unsigned k = 0; k < large; k++)
        found[rows[k]] = form->values6[trees[k]->value + ranks[k]];
}

static inline void fs_find_block6(const fs_form *form, const uint64_t *hi, const uint64_t *lo,
                                  uint32_t *found, unsigned count)
{
    uint32_t ranks[FS_BLOCK];
    uint8_t split[FS_BLOCK];
    unsigned splits = 0;
    fs_ranks6(&form->jump6, &form->tree6, form->nodes6, hi, form->values6, ranks, count);
    for (unsigned i = 0; i < count; i++) {
        found[i] = form->values6[ranks[i]];
        split[splits] = (uint8_t)i;
        splits += found[i] >> 31;
    }
    if (splits > 0)
        fs_find_split(form, lo, found, split, splits);
}

/* Up to FS_BLOCK rows of packed addresses. Each is read once: another thread may write to them. */
typedef struct {
    uint64_t hi[FS_BLOCK], lo[FS_BLOCK];
    uint8_t narrow[FS_BLOCK]; /* an IPv4 address, in the upper half of hi */
    uint32_t found[FS_BLOCK];
} fs_rows;

static inline void fs_load_rows(fs_rows *rows, int wide, const uint8_t *p, unsigned count)
{
    if (!wide) {
        for (unsigned i = 0; i < count; i++) {
            rows->hi[i] = (uint64_t)fs_be32(p + 4 * i) << 32;
            rows->lo[i] = 0;
            rows->narrow[i] = 1;
        }
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        const uint64_t hi = fs_be64(p + 16 * i), lo = fs_be64(p + 16 * i + 8);
        const int mapped = fs_is_mapped_key(hi, lo);
        rows->hi[i] = mapped ? lo << 32 : hi;
        rows->lo[i] = mapped ? 0 : lo;
        rows->narrow[i] = (uint8_t)mapped;
    }
}

static inline void fs_find_rows(const fs_form *form, fs_rows *rows, int wide, unsigned count)
{
    uint32_t x[FS_BLOCK], found[FS_BLOCK];
    uint8_t which[FS_BLOCK];
    unsigned narrow = 0;
    for (unsigned i = 0; i < count; i++) {
        x[narrow] = (uint32_t)(rows->hi[i] >> 32);
        which[narrow] = (uint8_t)i;
        narrow += rows->narrow[i];
    }
    if (narrow == count) {
        fs_find_block4(form, x, rows->found, count);
        return;
    }
    (void)wide;
    /* Mapped rows are looked up here too: their results are overwritten below. */
    fs_find_block6(form, rows->hi, rows->lo, rows->found, count);
    if (narrow > 0) {
        fs_find_block4(form, x, found, narrow);
        for (unsigned k = 0; k < narrow; k++)
            rows->found[which[k]] = found[k];
    }
}

/* --- Networks that have changed since the form was compiled ----------------------------------- */

enum { FS_CHANGES = 8 };

typedef struct {
    unsigned count;
    fs_prefix list[FS_CHANGES]; /* the slot is not used */
} fs_changes;

FS_INLINE int fs_changed(const fs_changes *changes, fs_key key)
{
    for (unsigned i = 0; i < changes->count; i++)
        if (fs_key_agree(changes->list[i].key, key, changes->list[i].length))
            return 1;
    return 0;
}

/* Note a changed network. One inside another noted network needs no entry. When the list is full,
 * count the whole family as changed. */
static inline void fs_note_change(fs_changes *changes, fs_key key, unsigned length)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < changes->count; i++) {
        const fs_prefix *noted = &changes->list[i];
        if (noted->length <= length && fs_key_agree(noted->key, key, noted->length))
            return;
        if (noted->length < length || !fs_key_agree(noted->key, key, length))
            changes->list[kept++] = *noted;
    }
    if (kept == FS_CHANGES) {
        kept = 0;
        length = 0;
    }
    changes->list[kept].key = fs_key_masked(key, length);
    changes->list[kept].length = (uint8_t)length;
    changes->list[kept].slot = 0;
    changes->count = kept + 1;
}

/* Write the slots of `rows` packed addresses: `none` where nothing matches, `again` for a row in a
 * changed network, which the caller looks up in the trie. */
static inline void fs_find_many(const fs_form *form, const fs_changes *changes4,
                                const fs_changes *changes6, int wide, const uint8_t *p,
                                size_t rows, int32_t none, int32_t again, int32_t *out)
{
    const size_t size = wide ? 16 : 4;
    fs_rows block;
    for (size_t done = 0; done < rows; done += FS_BLOCK) {
        const unsigned count = rows - done < FS_BLOCK ? (unsigned)(rows - done) : FS_BLOCK;
        fs_load_rows(&block, wide, p + done * size, count);
        fs_find_rows(form, &block, wide, count);
        for (unsigned i = 0; i < count; i++) {
            const int64_t slot = fs_slot_of(form, block.found[i]);
            out[done + i] = slot >= 0 ? (int32_t)slot : none;
        }
        if ((changes4->count | changes6->count) == 0)
            continue;
        for (unsigned i = 0; i < count; i++) {
            const fs_key key = {block.hi[i], block.lo[i]};
            if (fs_changed(block.narrow[i] ? changes4 : changes6, key))
                out[done + i] = again;
        }
    }
}

/* Write one byte per row: 1 where any network matches. */
static inline void fs_contains_many(const fs_form *form, int wide, const uint8_t *p, size_t rows,
                                    uint8_t *out)
{
    const size_t size = wide ? 16 : 4;
    fs_rows block;
    for (size_t done = 0; done < rows; done += FS_BLOCK) {
        const unsigned count = rows - done < FS_BLOCK ? (unsigned)(rows - done) : FS_BLOCK;
        fs_load_rows(&block, wide, p + done * size, count);
        fs_find_rows(form, &block, wide, count);
        for (unsigned i = 0; i < count; i++)
            out[done + i] = block.found[i] != 0;
    }
}

/* --- The list of prefixes -------------------------------------------------------------------- */

FS_INLINE size_t fs_list_size(const fs_form *form, int wide)
{
    return (size_t)(wide ? form->counts.prefixes6 : form->counts.prefixes4);
}

FS_INLINE fs_prefix fs_listed(const fs_form *form, int wide, size_t i)
{
    fs_prefix prefix;
    if (wide) {
        prefix.key.hi = form->highs6[i];
        prefix.key.lo = form->lows6[i];
        prefix.length = form->lengths6[i] > 128 ? 128 : form->lengths6[i];
        prefix.slot = form->slots6[i];
    } else {
        prefix.key = fs_key_of4(form->addresses4[i]);
        prefix.length = form->lengths4[i] > 32 ? 32 : form->lengths4[i];
        prefix.slot = form->slots4[i];
    }
    if (prefix.slot >= form->counts.slots) /* the file has changed: use any valid slot */
        prefix.slot = 0;
    return prefix;
}

/* Count the prefixes before this one, or up to and including it. */
static inline size_t fs_list_bound(const fs_form *form, int wide, fs_key key, unsigned length,
                                   int with_equal)
{
    const fs_prefix sought = {key, 0, (uint8_t)length};
    size_t low = 0, high = fs_list_size(form, wide);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const fs_prefix at = fs_listed(form, wide, middle);
        const int before =
            with_equal ? !fs_prefix_before(&sought, &at) : fs_prefix_before(&at, &sought);
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Find the longest listed prefix that covers this one or equals it: its number + 1, or 0. */
static inline size_t fs_list_match(const fs_form *form, int wide, fs_key key, unsigned length)
{
    const uint32_t *parents = wide ? form->parents6 : form->parents4;
    size_t at = fs_list_bound(form, wide, key, length, 1);
    while (at > 0) {
        const fs_prefix prefix = fs_listed(form, wide, at - 1);
        if (prefix.length <= length && fs_key_agree(prefix.key, key, prefix.length))
            return at;
        const uint32_t parent = parents[at - 1];
        if (parent >= at) /* the file has changed: only descending chains end */
            return 0;
        at = parent;
    }
    return 0;
}

/* The parent of listed prefix `at`, both as number + 1. */
FS_INLINE size_t fs_list_parent(const fs_form *form, int wide, size_t at)
{
    const uint32_t parent = (wide ? form->parents6 : form->parents4)[at - 1];
    return parent < at ? parent : 0;
}

#endif
