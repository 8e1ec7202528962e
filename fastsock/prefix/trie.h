/* The mutable form: a path-compressed binary trie, its nodes in one array that can grow. */
#ifndef FASTSOCK_PREFIX_TRIE_H
#define FASTSOCK_PREFIX_TRIE_H

#include <stdlib.h>

#include "key.h"

typedef struct {
    fs_key key;
    uint32_t child[2]; /* node numbers; 0 for none */
    uint32_t value;    /* slot + 1, or 0 for a node that only branches */
    uint8_t length;
} fs_node;

typedef struct {
    fs_node *nodes;    /* number 0 is never used */
    uint32_t used, room;
    uint32_t unused;   /* free list, linked by child[0] */
    uint32_t roots[2]; /* IPv4, IPv6 */
} fs_trie;

static inline void fs_trie_free(fs_trie *trie)
{
    free(trie->nodes);
    memset(trie, 0, sizeof *trie);
}

/* Ensure capacity for `more` nodes; 0 if memory runs out. An insert needs two. */
static inline int fs_trie_reserve(fs_trie *trie, size_t more)
{
    if (trie->nodes == NULL)
        trie->used = 1;
    if (trie->room - trie->used >= more && trie->nodes != NULL)
        return 1;
    size_t room = trie->used + more;
    if (room > UINT32_MAX / 2)
        return 0;
    if (room < (size_t)trie->room + trie->room / 2)
        room = (size_t)trie->room + trie->room / 2;
    if (room < 16)
        room = 16;
    fs_node *nodes = (fs_node *)realloc(trie->nodes, room * sizeof *nodes);
    if (nodes == NULL)
        return 0;
    trie->nodes = nodes;
    trie->room = (uint32_t)room;
    return 1;
}

static inline uint32_t fs_trie_node(fs_trie *trie, fs_key key, unsigned length, uint32_t value)
{
    uint32_t number = trie->unused;
    if (number != 0)
        trie->unused = trie->nodes[number].child[0];
    else
        number = trie->used++;
    fs_node *node = &trie->nodes[number];
    node->key = key;
    node->child[0] = node->child[1] = 0;
    node->value = value;
    node->length = (uint8_t)length;
    return number;
}

static inline void fs_trie_drop(fs_trie *trie, uint32_t number)
{
    trie->nodes[number].child[0] = trie->unused;
    trie->unused = number;
}

/* Set a prefix's value, not 0. Returns the previous value. The caller has reserved nodes. */
static inline uint32_t fs_trie_set(fs_trie *trie, int wide, fs_key key, unsigned length,
                                   uint32_t value)
{
    fs_node *const nodes = trie->nodes;
    uint32_t *at = &trie->roots[wide];
    while (*at != 0) {
        fs_node *node = &nodes[*at];
        unsigned common = fs_key_common(node->key, key);
        if (common > length)
            common = length;
        if (common >= node->length) {
            if (node->length == length) {
                const uint32_t before = node->value;
                node->value = value;
                return before;
            }
            at = &node->child[fs_key_bit(key, node->length)];
            continue;
        }
        const uint32_t below = *at, fresh = fs_trie_node(trie, key, length, value);
        if (common == length) { /* the new prefix covers the node */
            nodes[fresh].child[fs_key_bit(nodes[below].key, length)] = below;
            *at = fresh;
            return 0;
        }
        const uint32_t fork = fs_trie_node(trie, fs_key_masked(key, common), common, 0);
        nodes[fork].child[fs_key_bit(key, common)] = fresh;
        nodes[fork].child[!fs_key_bit(key, common)] = below;
        *at = fork;
        return 0;
    }
    *at = fs_trie_node(trie, key, length, value);
    return 0;
}

/* Remove a prefix. Returns its value, or 0 if it is absent. */
static inline uint32_t fs_trie_remove(fs_trie *trie, int wide, fs_key key, unsigned length)
{
    fs_node *const nodes = trie->nodes;
    uint32_t *at = &trie->roots[wide], *above = NULL;
    while (*at != 0) {
        const uint32_t number = *at;
        fs_node *node = &nodes[number];
        if (node->length > length || !fs_key_agree(node->key, key, node->length))
            return 0;
        if (node->length < length) {
            above = at;
            at = &node->child[fs_key_bit(key, node->length)];
            continue;
        }
        const uint32_t before = node->value;
        node->value = 0;
        if (before == 0 || (node->child[0] != 0 && node->child[1] != 0))
            return before; /* it still branches */
        *at = node->child[0] != 0 ? node->child[0] : node->child[1];
        fs_trie_drop(trie, number);
        /* The node above has one child left: if it has no value, remove it too. */
        if (*at == 0 && above != NULL && nodes[*above].value == 0) {
            const uint32_t fork = *above;
            *above = nodes[fork].child[0] != 0 ? nodes[fork].child[0] : nodes[fork].child[1];
            fs_trie_drop(trie, fork);
        }
        return before;
    }
    return 0;
}

/* List the prefixes that cover this one or equal it, shortest first. Returns how many, <= 129. */
static inline unsigned fs_trie_chain(const fs_trie *trie, int wide, fs_key key, unsigned length,
                                     uint32_t *numbers)
{
    unsigned found = 0;
    uint32_t at = trie->roots[wide];
    while (at != 0) {
        const fs_node *node = &trie->nodes[at];
        if (node->length > length || !fs_key_agree(node->key, key, node->length))
            break;
        if (node->value != 0)
            numbers[found++] = at;
        if (node->length == length)
            break;
        at = node->child[fs_key_bit(key, node->length)];
    }
    return found;
}

/* The value of the longest prefix that covers this one or equals it, or 0. */
static inline uint32_t fs_trie_match(const fs_trie *trie, int wide, fs_key key, unsigned length)
{
    uint32_t value = 0, at = trie->roots[wide];
    while (at != 0) {
        const fs_node *node = &trie->nodes[at];
        if (node->length > length || !fs_key_agree(node->key, key, node->length))
            break;
        if (node->value != 0)
            value = node->value;
        if (node->length == length)
            break;
        at = node->child[fs_key_bit(key, node->length)];
    }
    return value;
}

/* The value of exactly this prefix, or 0. */
static inline uint32_t fs_trie_get(const fs_trie *trie, int wide, fs_key key, unsigned length)
{
    uint32_t at = trie->roots[wide];
    while (at != 0) {
        const fs_node *node = &trie->nodes[at];
        if (node->length > length || !fs_key_agree(node->key, key, node->length))
            break;
        if (node->length == length)
            return node->value;
        at = node->child[fs_key_bit(key, node->length)];
    }
    return 0;
}

/* List all that a prefix covers, itself included, in order. With `out` NULL, count only. */
static inline size_t fs_trie_walk(const fs_trie *trie, int wide, fs_key key, unsigned length,
                                  fs_prefix *out)
{
    uint32_t stack[130]; /* one for each length 0 to 128, and one more */
    unsigned depth = 0;
    size_t found = 0;
    uint32_t at = trie->roots[wide];
    while (at != 0 && trie->nodes[at].length < length) {
        const fs_node *node = &trie->nodes[at];
        if (!fs_key_agree(node->key, key, node->length))
            return 0;
        at = node->child[fs_key_bit(key, node->length)];
    }
    if (at == 0 || !fs_key_agree(trie->nodes[at].key, key, length))
        return 0;
    stack[depth++] = at;
    while (depth > 0) {
        const fs_node *node = &trie->nodes[stack[--depth]];
        if (node->value != 0) {
            if (out != NULL) {
                out[found].key = node->key;
                out[found].length = node->length;
                out[found].slot = node->value - 1;
            }
            found++;
        }
        for (int side = 1; side >= 0; side--)
            if (node->child[side] != 0)
                stack[depth++] = node->child[side];
    }
    return found;
}

#endif
