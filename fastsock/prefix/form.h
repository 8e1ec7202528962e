/* The compiled form of a table: one block of memory that holds offsets, not pointers.
 *
 * A file has the same layout (docs/prefix.md), so a mapped file is used in place. The counts in the
 * header determine where each section lies: no directory can be wrong. Nothing here trusts the
 * content. A file may change while it is mapped, so each index is checked where it is used, even
 * after fs_form_fault() found no fault when the file was opened.
 */
#ifndef FASTSOCK_PREFIX_FORM_H
#define FASTSOCK_PREFIX_FORM_H

#include "sweep.h"
#include "tree.h"

#include <stdlib.h>

enum {
    FS_HEADER = 128,  /* bytes before the first section */
    FS_ALIGN = 64,    /* of a section: a node is one cache line */
    FS_SMALL = 8      /* ranges inside a /64 that fit into one record; more get a tree */
};
#define FS_SPLIT 0x80000000u   /* flag of an IPv6 value: the rest is a record's offset */
#define FS_LARGE 0x80000000u   /* flag in a record's first word: the tree's number is above */
#define FS_MOST 0x7FFFFFFEu    /* prefixes, slots, keys, words: the flags leave 31 bits */

/* As in the header, in this order. */
typedef struct {
    uint64_t slots;
    uint64_t prefixes4, keys4;
    uint64_t prefixes6, keys6;
    uint64_t nodes6, values6, records6, trees6; /* including those of split /64s */
} fs_counts;

typedef enum {
    FS_NODES4, FS_VALUES4,
    FS_NODES6, FS_VALUES6, FS_RECORDS6, FS_TREES6,
    FS_ADDRESSES4, FS_LENGTHS4, FS_SLOTS4, FS_PARENTS4,
    FS_HIGHS6, FS_LOWS6, FS_LENGTHS6, FS_SLOTS6, FS_PARENTS6,
    FS_SECTIONS
} fs_section;

/* A tree inside a split /64: the number of keys, the first node, the first value. */
typedef struct {
    uint32_t keys, node, value;
} fs_tree_place;

typedef struct {
    fs_counts counts;
    fs_tree tree4, tree6, *trees; /* the shapes of all trees, in memory of their own */
    fs_jump4 jump4;               /* where walks start, in memory of their own */
    fs_jump6 jump6;
    uint32_t *nodes4, *values4;
    uint64_t *nodes6, *records6;
    uint32_t *values6;
    fs_tree_place *places6;
    /* The prefixes in address order, each with its parent's number + 1, or 0. */
    uint32_t *addresses4, *slots4, *parents4;
    uint64_t *highs6, *lows6;
    uint32_t *slots6, *parents6;
    uint8_t *lengths4, *lengths6;
} fs_form;

/* Compute where each section starts and where the last ends; 0 if a count is out of range. */
static inline int fs_layout(const fs_counts *counts, uint64_t *offsets)
{
    const uint64_t *all = &counts->slots;
    fs_tree shape;
    for (int i = 0; i < 9; i++)
        if (all[i] > FS_MOST)
            return 0;
    const uint64_t n4 = counts->prefixes4, n6 = counts->prefixes6;
    const uint64_t nodes4 = fs_tree_shape(&shape, (uint32_t)counts->keys4, FS_WIDTH4, 0);
    const uint64_t sizes[FS_SECTIONS] = {
        64 * nodes4, 4 * (counts->keys4 + 1),
        64 * counts->nodes6, 4 * counts->values6, 8 * counts->records6, 12 * counts->trees6,
        4 * n4, n4, 4 * n4, 4 * n4,
        8 * n6, 8 * n6, n6, 4 * n6, 4 * n6,
    };
    offsets[0] = FS_HEADER;
    for (int i = 0; i < FS_SECTIONS; i++)
        offsets[i + 1] = (offsets[i] + sizes[i] + FS_ALIGN - 1) & ~(uint64_t)(FS_ALIGN - 1);
    return 1;
}

/* Point a form into a block. The caller has checked that it is large enough for the counts. */
static inline void fs_form_place(fs_form *form, uint8_t *block, const fs_counts *counts,
                                 fs_tree *trees)
{
    uint64_t at[FS_SECTIONS + 1];
    fs_layout(counts, at);
    form->counts = *counts;
    form->trees = trees;
    fs_tree_shape(&form->tree4, (uint32_t)counts->keys4, FS_WIDTH4, 0);
    fs_tree_shape(&form->tree6, (uint32_t)counts->keys6, FS_WIDTH6, 0);
    form->nodes4 = (uint32_t *)(block + at[FS_NODES4]);
    form->values4 = (uint32_t *)(block + at[FS_VALUES4]);
    form->nodes6 = (uint64_t *)(block + at[FS_NODES6]);
    form->values6 = (uint32_t *)(block + at[FS_VALUES6]);
    form->records6 = (uint64_t *)(block + at[FS_RECORDS6]);
    form->places6 = (fs_tree_place *)(block + at[FS_TREES6]);
    form->addresses4 = (uint32_t *)(block + at[FS_ADDRESSES4]);
    form->lengths4 = block + at[FS_LENGTHS4];
    form->slots4 = (uint32_t *)(block + at[FS_SLOTS4]);
    form->parents4 = (uint32_t *)(block + at[FS_PARENTS4]);
    form->highs6 = (uint64_t *)(block + at[FS_HIGHS6]);
    form->lows6 = (uint64_t *)(block + at[FS_LOWS6]);
    form->lengths6 = block + at[FS_LENGTHS6];
    form->slots6 = (uint32_t *)(block + at[FS_SLOTS6]);
    form->parents6 = (uint32_t *)(block + at[FS_PARENTS6]);
}

/* Words of a record: the number of keys, the keys, and keys + 1 values, two to a word. */
FS_INLINE uint64_t fs_record_words(uint64_t keys)
{
    return 1 + keys + (keys + 2) / 2;
}

/* --- Building -------------------------------------------------------------------------------- */

/* Find the end of the ranges of one /64. It is split unless one range covers it from its start. */
static inline size_t fs_group_end(const fs_range *ranges, size_t count, size_t from)
{
    size_t to = from + 1;
    while (to < count && ranges[to].start.hi == ranges[from].start.hi)
        to++;
    return to;
}

/* Write the ranges inside one split /64 to a record, or to a tree if they are many. Without a
 * form, count only. `inside` is the value at the start of the /64. */
static inline void fs_split(const fs_range *ranges, size_t keys, uint32_t inside,
                            fs_counts *counts, fs_form *form)
{
    if (keys <= FS_SMALL) {
        const uint64_t words = fs_record_words(keys);
        if (form != NULL) {
            uint64_t *record = form->records6 + counts->records6;
            uint32_t *values = (uint32_t *)(record + 1 + keys);
            memset(record, 0, 8 * words);
            record[0] = keys;
            values[0] = inside;
            for (size_t i = 0; i < keys; i++) {
                record[1 + i] = ranges[i].start.lo;
                values[1 + i] = ranges[i].value;
            }
        }
        counts->records6 += words;
        return;
    }
    fs_tree shape;
    const uint64_t nodes =
        fs_tree_shape(&shape, (uint32_t)keys, FS_WIDTH6, (uint32_t)counts->nodes6);
    if (form != NULL) {
        const fs_tree_place place = {(uint32_t)keys, (uint32_t)counts->nodes6,
                                     (uint32_t)counts->values6};
        uint64_t *leaf = form->nodes6 + (size_t)FS_WIDTH6 * shape.first[shape.levels - 1];
        shape.value = place.value;
        form->values6[place.value] = inside;
        for (size_t i = 0; i < keys; i++) {
            leaf[i] = ranges[i].start.lo;
            form->values6[place.value + 1 + i] = ranges[i].value;
        }
        fs_tree_fill6(&shape, form->nodes6);
        form->records6[counts->records6] = FS_LARGE | counts->trees6 << 32;
        form->places6[counts->trees6] = place;
        form->trees[counts->trees6] = shape;
    }
    counts->records6++;
    counts->trees6++;
    counts->nodes6 += nodes;
    counts->values6 += keys + 1;
}

static inline void fs_add_key6(fs_form *form, size_t number, uint64_t hi, uint32_t value)
{
    if (form == NULL)
        return;
    if (number > 0) /* the first range starts at zero, which needs no key */
        form->nodes6[(size_t)FS_WIDTH6 * form->tree6.first[form->tree6.levels - 1] + number - 1] =
            hi;
    form->values6[number] = value;
}

/* Turn IPv6 ranges into keys of 64 bits. With a form, write them too: its counts are from a first
 * pass, and `counts` starts after the main tree. Returns the number of ranges of the main tree. */
static inline size_t fs_index6(const fs_range *ranges, size_t count, fs_counts *counts,
                               fs_form *form)
{
    uint32_t before = 0; /* the value at the end of the previous /64 */
    uint64_t open = 0;   /* the /64 after a split one: it needs a key to restore that value */
    int is_open = 0;
    size_t found = 0;
    for (size_t from = 0, to; from < count; from = to) {
        const uint64_t hi = ranges[from].start.hi;
        to = fs_group_end(ranges, count, from);
        if (is_open && open != hi)
            fs_add_key6(form, found++, open, before);
        is_open = 0;
        const int at_start = ranges[from].start.lo == 0;
        if (to == from + 1 && at_start) {
            fs_add_key6(form, found++, hi, ranges[from].value);
        } else {
            fs_add_key6(form, found++, hi, FS_SPLIT | (uint32_t)counts->records6);
            fs_split(ranges + from + at_start, to - from - at_start,
                     at_start ? ranges[from].value : before, counts, form);
            is_open = hi != UINT64_MAX;
            open = hi + 1;
        }
        before = ranges[to - 1].value;
    }
    if (is_open)
        fs_add_key6(form, found++, open, before);
    return found;
}

/* Count the sections for the ranges of both families; 0 if a form can't hold that many. */
static inline int fs_measure(size_t count4, const fs_range *ranges6, size_t count6,
                             fs_counts *counts)
{
    fs_tree shape;
    if (count4 > FS_MOST || count6 > FS_MOST)
        return 0;
    counts->keys4 = count4 - 1;
    counts->nodes6 = counts->values6 = counts->records6 = counts->trees6 = 0;
    const size_t main6 = fs_index6(ranges6, count6, counts, NULL);
    counts->keys6 = main6 - 1;
    counts->values6 += main6;
    counts->nodes6 += fs_tree_shape(&shape, (uint32_t)counts->keys6, FS_WIDTH6, 0);
    return counts->nodes6 <= FS_MOST / FS_WIDTH6 && counts->values6 <= FS_MOST &&
           counts->records6 <= FS_MOST;
}

/* Write the trees of a form. It was placed with the counts of the same ranges. */
static inline void fs_index(fs_form *form, const fs_range *ranges4, size_t count4,
                            const fs_range *ranges6, size_t count6)
{
    uint32_t *leaf = form->nodes4 + (size_t)FS_WIDTH4 * form->tree4.first[form->tree4.levels - 1];
    for (size_t i = 0; i < count4; i++) {
        if (i > 0)
            leaf[i - 1] = (uint32_t)(ranges4[i].start.hi >> 32);
        form->values4[i] = ranges4[i].value;
    }
    fs_tree_fill4(&form->tree4, form->nodes4);
    fs_tree shape;
    fs_counts used = {0};
    used.nodes6 = fs_tree_shape(&shape, (uint32_t)form->counts.keys6, FS_WIDTH6, 0);
    used.values6 = form->counts.keys6 + 1;
    fs_index6(ranges6, count6, &used, form);
    fs_tree_fill6(&form->tree6, form->nodes6);
}

/* Write a family's sorted list of prefixes, with the parent of each. */
static inline void fs_write_list(fs_form *form, int wide, const fs_prefix *list, size_t count)
{
    uint32_t *parents = wide ? form->parents6 : form->parents4;
    uint32_t open[129];
    unsigned depth = 0;
    for (size_t i = 0; i < count; i++) {
        while (depth > 0 && !fs_key_agree(list[i].key, list[open[depth - 1]].key,
                                          list[open[depth - 1]].length))
            depth--;
        parents[i] = depth > 0 ? open[depth - 1] + 1 : 0;
        open[depth++] = (uint32_t)i;
        if (wide) {
            form->highs6[i] = list[i].key.hi;
            form->lows6[i] = list[i].key.lo;
            form->lengths6[i] = list[i].length;
            form->slots6[i] = list[i].slot;
        } else {
            form->addresses4[i] = (uint32_t)(list[i].key.hi >> 32);
            form->lengths4[i] = list[i].length;
            form->slots4[i] = list[i].slot;
        }
    }
}

/* Make the jump tables of a form whose nodes are written. 0 if there is no memory. */
static inline int fs_form_jump(fs_form *form)
{
    fs_jump_shape4(&form->jump4, &form->tree4);
    fs_jump_shape6(&form->jump6, &form->tree6);
    if (form->jump4.count > 0) {
        form->jump4.entries = malloc(form->jump4.count * sizeof *form->jump4.entries);
        if (form->jump4.entries == NULL)
            return 0;
        fs_jump_fill4(&form->jump4, &form->tree4, form->nodes4);
    }
    if (form->jump6.count > 0) {
        form->jump6.entries = malloc(form->jump6.count * sizeof *form->jump6.entries);
        if (form->jump6.entries == NULL)
            return 0;
        fs_jump_fill6(&form->jump6, &form->tree6, form->nodes6);
    }
    return 1;
}

static inline void fs_form_jump_free(fs_form *form)
{
    free(form->jump4.entries);
    free(form->jump6.entries);
}

/* --- Checking -------------------------------------------------------------------------------- */

/* Read the shapes of the trees inside split /64s. Return what is wrong with them, or NULL. */
static inline const char *fs_read_places(fs_form *form)
{
    const fs_counts *counts = &form->counts;
    fs_tree shape;
    const uint64_t main_nodes = fs_tree_shape(&shape, (uint32_t)counts->keys6, FS_WIDTH6, 0);
    if (main_nodes > counts->nodes6 || counts->keys6 + 1 > counts->values6)
        return "too few nodes or values";
    for (uint64_t i = 0; i < counts->trees6; i++) {
        const fs_tree_place place = form->places6[i]; /* read once: another process may write */
        if (place.keys > FS_MOST)
            return "a tree of too many keys";
        const uint64_t nodes = fs_tree_shape(&form->trees[i], place.keys, FS_WIDTH6, 0);
        if (place.node + nodes > counts->nodes6 ||
            place.value + (uint64_t)place.keys + 1 > counts->values6)
            return "a tree that goes beyond its section";
        fs_tree_shape(&form->trees[i], place.keys, FS_WIDTH6, place.node);
        form->trees[i].value = place.value;
    }
    return NULL;
}

static inline const char *fs_record_fault(const fs_form *form, uint64_t at)
{
    const uint64_t room = form->counts.records6;
    if (at >= room)
        return "a record outside its section";
    const uint64_t head = form->records6[at];
    if ((uint32_t)head == FS_LARGE)
        return head >> 32 < form->counts.trees6 ? NULL : "a record of a tree that is not there";
    if (head > FS_SMALL || at + fs_record_words(head) > room)
        return "a record that goes beyond its section";
    const uint32_t *values = (const uint32_t *)(form->records6 + at + 1 + head);
    for (uint64_t i = 0; i <= head; i++)
        if (values[i] > form->counts.slots)
            return "a value that is not there";
    return NULL;
}

/* Whether any of these numbers is greater than `most`. Without an exit, so that compilers vectorise
 * the loop: a good file, which has to be read to its end, is the common one. */
static inline int fs_any_above(const uint32_t *numbers, uint64_t count, uint32_t most)
{
    uint32_t above = 0;
    for (uint64_t i = 0; i < count; i++)
        above |= numbers[i] > most;
    return above != 0;
}

static inline const char *fs_list_fault(const uint8_t *lengths, const uint32_t *slots,
                                        const uint32_t *parents, uint64_t count, uint32_t most,
                                        uint8_t longest)
{
    uint32_t orphans = 0;
    uint8_t longer = 0;
    for (uint64_t i = 0; i < count; i++)
        longer |= lengths[i] > longest;
    for (uint32_t i = 0; i < (uint32_t)count; i++)
        orphans |= parents[i] > i; /* parents come before children, so chains end */
    if (longer || (count > 0 && (most == 0 || fs_any_above(slots, count, most - 1))))
        return "a prefix with a wrong length or value";
    return orphans ? "a prefix with a wrong parent" : NULL;
}

/* Find what is wrong with a form from a file, or NULL. Whether keys and parents are correct is left
 * to the checksum: wrong ones give wrong answers, but no access out of bounds. */
static inline const char *fs_form_fault(fs_form *form)
{
    const fs_counts *counts = &form->counts;
    const char *fault = fs_read_places(form);
    const uint32_t slots = (uint32_t)counts->slots;
    if (fault == NULL && fs_any_above(form->values4, counts->keys4 + 1, slots))
        fault = "a value that is not there";
    for (uint64_t i = 0; fault == NULL && i < counts->values6; i++) {
        const uint32_t value = form->values6[i];
        if (value & FS_SPLIT)
            fault = i <= counts->keys6 ? fs_record_fault(form, value & ~FS_SPLIT)
                                       : "a tree inside a tree";
        else if (value > counts->slots)
            fault = "a value that is not there";
    }
    if (fault == NULL)
        fault = fs_list_fault(form->lengths4, form->slots4, form->parents4, counts->prefixes4,
                              slots, 32);
    if (fault == NULL)
        fault = fs_list_fault(form->lengths6, form->slots6, form->parents6, counts->prefixes6,
                              slots, 128);
    return fault;
}

#endif
