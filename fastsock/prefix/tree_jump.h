/* Part of tree.h, included once for each key width: where to start a walk below the root.
 *
 * The upper levels of a large tree tell little: the first bits of an address lead through them. A
 * jump table divides the keys into equal buckets, and has the node of one lower level at which the
 * addresses of a bucket start. A bucket that lies in two nodes has the last address of the first
 * one. In a bucket of more nodes, the walk starts at the root. The table is made of the tree when a
 * form is made or opened, and is in no file. No include guard.
 */
#define FS_NAME(name) FS_PASTE(name, FS_SUFFIX)

typedef struct {
    FS_KEY last;   /* the last address that starts at `node`; those after start at the next one */
    uint32_t node; /* or FS_FROM_ROOT */
} FS_NAME(fs_entry);

typedef struct {
    FS_NAME(fs_entry) *entries; /* NULL: the tree is too small to need any */
    uint32_t level, count, shift;
    FS_KEY base;
} FS_NAME(fs_jump);

/* Choose the level and the number of buckets, about eight for a node. 0 buckets: no table. */
static inline void FS_NAME(fs_jump_shape)(FS_NAME(fs_jump) *jump, const fs_tree *tree)
{
    memset(jump, 0, sizeof *jump);
    for (uint32_t level = 2; level < tree->levels; level++)
        if (tree->count[level] <= FS_JUMP_ROOM / sizeof(FS_NAME(fs_entry)) / 8)
            jump->level = level;
    if (jump->level == 0)
        return;
    jump->count = 1;
    while (jump->count < 8 * tree->count[jump->level])
        jump->count *= 2;
    if (jump->count > FS_JUMP_ROOM / sizeof(FS_NAME(fs_entry)))
        jump->count /= 2;
}

/* The first key below a node, which is not its level's first: the key before the node in the
 * nearest ancestor that has one. */
static inline FS_KEY FS_NAME(fs_first_key)(const fs_tree *tree, const FS_KEY *nodes,
                                           uint32_t level, uint32_t node)
{
    for (; node % (FS_WIDTH + 1) == 0; level--)
        node /= FS_WIDTH + 1;
    const size_t parent = (size_t)tree->first[level - 1] + node / (FS_WIDTH + 1);
    return nodes[FS_WIDTH * parent + node % (FS_WIDTH + 1) - 1];
}

FS_INLINE uint32_t FS_NAME(fs_bucket)(const FS_NAME(fs_jump) *jump, FS_KEY x)
{
    const FS_KEY bucket = (x > jump->base ? x - jump->base : 0) >> jump->shift;
    return bucket < jump->count ? (uint32_t)bucket : jump->count - 1;
}

/* Fill a table that has been allocated. Keys of a damaged file may be in any order: then walks start
 * at wrong nodes, but always at nodes of the level. */
static inline void FS_NAME(fs_jump_fill)(FS_NAME(fs_jump) *jump, const fs_tree *tree,
                                         const FS_KEY *nodes)
{
    const FS_KEY none = (FS_KEY)~(FS_KEY)0;
    const uint32_t count = tree->count[jump->level];
    const FS_KEY first = FS_NAME(fs_first_key)(tree, nodes, jump->level, 1);
    const FS_KEY last = FS_NAME(fs_first_key)(tree, nodes, jump->level, count - 1);
    FS_NAME(fs_entry) *entry = jump->entries, *const end = entry + jump->count;
    jump->base = first - (first > 0);
    for (jump->shift = 0; last > jump->base && (last - jump->base) >> jump->shift >= jump->count;)
        jump->shift++;
    entry->node = 0;
    entry->last = none;
    for (uint32_t node = 1; node < count; node++) {
        const FS_KEY key = FS_NAME(fs_first_key)(tree, nodes, jump->level, node);
        const FS_NAME(fs_entry) *of = jump->entries + FS_NAME(fs_bucket)(jump, key);
        while (entry < of) {
            entry++;
            entry->node = node - 1;
            entry->last = none;
        }
        if (entry->last == none)
            entry->last = key - 1;
        else
            entry->node = FS_FROM_ROOT;
    }
    while (++entry < end) {
        entry->node = count - 1;
        entry->last = none;
    }
}

#undef FS_NAME
