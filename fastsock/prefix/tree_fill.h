/* Part of tree.h, included once for each key width: write the nodes. No include guard. */

/* Fill the nodes above the last level, whose keys are written. Each key is the first under the
 * child to its right. */
static inline void FS_PASTE(fs_tree_fill, FS_SUFFIX)(const fs_tree *tree, FS_KEY *nodes)
{
    const uint32_t last = tree->levels - 1, leaves = tree->count[last];
    const FS_KEY *leaf = nodes + (size_t)FS_WIDTH * tree->first[last];
    FS_KEY *const end = nodes + (size_t)FS_WIDTH * (tree->first[last] + (size_t)leaves);
    for (FS_KEY *p = nodes + (size_t)FS_WIDTH * tree->first[last] + tree->keys; p < end; p++)
        *p = (FS_KEY)~(FS_KEY)0;
    uint64_t span = 1; /* leaves under one child */
    for (uint32_t level = last; level-- > 0; span *= FS_WIDTH + 1) {
        FS_KEY *node = nodes + (size_t)FS_WIDTH * tree->first[level];
        for (uint32_t n = 0; n < tree->count[level]; n++) {
            for (unsigned i = 0; i < FS_WIDTH; i++) {
                const uint64_t at = ((uint64_t)n * (FS_WIDTH + 1) + i + 1) * span;
                *node++ = at < leaves ? leaf[FS_WIDTH * at] : (FS_KEY)~(FS_KEY)0;
            }
        }
    }
}
