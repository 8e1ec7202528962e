/* Part of tree.h, included once for each key width and instruction set: the walk down.
 *
 * The two clamps ensure memory safety. Padding is all ones, so an x of all ones counts it, and the
 * keys of a damaged file may be in any order: a walk could leave the tree. The first clamp keeps it
 * within the nodes of the next level, the second within the ranks.
 */
#define FS_NAME(name) FS_PASTE(name, FS_SUFFIX)
#define FS_JUMP FS_PASTE(fs_jump, FS_FAMILY)
#define FS_ENTRY FS_PASTE(fs_entry, FS_FAMILY)
#define FS_BUCKET FS_PASTE(fs_bucket, FS_FAMILY)

FS_TARGET FS_INLINE uint32_t FS_NAME(fs_step)(const fs_tree *tree, const FS_KEY *nodes,
                                              uint32_t level, uint32_t node, FS_KEY x)
{
    const FS_KEY *keys = nodes + (size_t)FS_WIDTH * (tree->first[level] + (size_t)node);
    const uint32_t most = tree->count[level + 1] - 1;
    const uint32_t child = node * (FS_WIDTH + 1) + FS_NAME(fs_count)(keys, x);
    return child < most ? child : most;
}

FS_TARGET FS_INLINE uint32_t FS_NAME(fs_last_step)(const fs_tree *tree, const FS_KEY *nodes,
                                                   uint32_t node, FS_KEY x)
{
    const FS_KEY *keys =
        nodes + (size_t)FS_WIDTH * (tree->first[tree->levels - 1] + (size_t)node);
    const uint32_t rank = node * FS_WIDTH + FS_NAME(fs_count)(keys, x);
    return rank < tree->keys ? rank : tree->keys;
}

/* Count the keys that are not greater than x. From the root: to a single walk, the upper levels, which
 * stay in the L1 cache, cost less than a line of the jump table. */
FS_TARGET static inline uint32_t FS_NAME(fs_rank)(const fs_tree *tree, const FS_KEY *nodes,
                                                  FS_KEY x)
{
    uint32_t node = 0;
    for (uint32_t level = 0; level + 1 < tree->levels; level++)
        node = FS_NAME(fs_step)(tree, nodes, level, node, x);
    return FS_NAME(fs_last_step)(tree, nodes, node, x);
}

/* Find the nodes where up to FS_BLOCK walks start. Those of crowded buckets walk from the root. */
FS_TARGET FS_INLINE void FS_NAME(fs_starts)(const FS_JUMP *jump, const fs_tree *tree,
                                            const FS_KEY *nodes, const FS_KEY *x,
                                            uint32_t *starts, unsigned count)
{
    const FS_KEY *next = nodes + (size_t)FS_WIDTH * tree->first[jump->level];
    uint8_t distant[FS_BLOCK];
    unsigned distants = 0;
    for (unsigned i = 0; i < count; i++) {
        starts[i] = FS_BUCKET(jump, x[i]);
        FS_AHEAD(&jump->entries[starts[i]]);
    }
    for (unsigned i = 0; i < count; i++) {
        const FS_ENTRY *entry = &jump->entries[starts[i]];
        distant[distants] = (uint8_t)i;
        distants += entry->node == FS_FROM_ROOT;
        starts[i] = entry->node == FS_FROM_ROOT ? 0 : entry->node + (x[i] > entry->last);
        FS_AHEAD(next + (size_t)FS_WIDTH * starts[i]);
    }
    if (distants == 0)
        return;
    for (uint32_t level = 0; level < jump->level; level++) {
        next = nodes + (size_t)FS_WIDTH * tree->first[level + 1];
        for (unsigned k = 0; k < distants; k++) {
            const unsigned i = distant[k];
            starts[i] = FS_NAME(fs_step)(tree, nodes, level, starts[i], x[i]);
            FS_AHEAD(next + (size_t)FS_WIDTH * starts[i]);
        }
    }
}

/* Count for up to FS_BLOCK keys at once, level by level: prefetch each key's next node while the
 * others walk. Last, prefetch the values, which are read next. */
FS_TARGET static void FS_NAME(fs_ranks)(const FS_JUMP *jump, const fs_tree *tree,
                                        const FS_KEY *nodes, const FS_KEY *x,
                                        const uint32_t *values, uint32_t *ranks, unsigned count)
{
    uint32_t level = 0;
    if (jump->entries != NULL) {
        FS_NAME(fs_starts)(jump, tree, nodes, x, ranks, count);
        level = jump->level;
    } else {
        for (unsigned i = 0; i < count; i++)
            ranks[i] = 0;
    }
    for (; level + 1 < tree->levels; level++) {
        const FS_KEY *next = nodes + (size_t)FS_WIDTH * tree->first[level + 1];
        for (unsigned i = 0; i < count; i++) {
            ranks[i] = FS_NAME(fs_step)(tree, nodes, level, ranks[i], x[i]);
            FS_AHEAD(next + (size_t)FS_WIDTH * ranks[i]);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        ranks[i] = FS_NAME(fs_last_step)(tree, nodes, ranks[i], x[i]);
        FS_AHEAD(values + tree->value + ranks[i]);
    }
}

/* The same, with a separate tree for each key. */
FS_TARGET static inline void FS_NAME(fs_ranks_each)(const fs_tree *const *trees,
                                                    const FS_KEY *nodes, const FS_KEY *x,
                                                    const uint32_t *values, uint32_t *ranks,
                                                    unsigned count)
{
    int deeper = 1;
    for (unsigned i = 0; i < count; i++) {
        ranks[i] = 0;
        FS_AHEAD(nodes + (size_t)FS_WIDTH * trees[i]->first[0]);
    }
    for (uint32_t level = 0; deeper; level++) {
        deeper = 0;
        for (unsigned i = 0; i < count; i++) {
            if (level + 1 >= trees[i]->levels)
                continue;
            ranks[i] = FS_NAME(fs_step)(trees[i], nodes, level, ranks[i], x[i]);
            FS_AHEAD(nodes + (size_t)FS_WIDTH * (trees[i]->first[level + 1] + (size_t)ranks[i]));
            deeper = 1;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        ranks[i] = FS_NAME(fs_last_step)(trees[i], nodes, ranks[i], x[i]);
        FS_AHEAD(values + trees[i]->value + ranks[i]);
    }
}

#undef FS_NAME
#undef FS_JUMP
#undef FS_ENTRY
#undef FS_BUCKET
