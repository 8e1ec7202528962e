/* Prefix kernels against a scan over all prefixes, and with damage under ASan.
 *
 * The input is a list of prefixes and changes. They are compiled, and looked up one by one and in blocks,
 * with every instruction set, and in a trie; each answer must equal the scan's. Then bytes of the compiled
 * block are overwritten, and all look-ups must stay inside it: the block has exactly the required size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "fastsock/prefix/find.h"
#include "fastsock/prefix/mask.h"
#include "fastsock/prefix/text.h"
#include "fastsock/prefix/trie.h"

enum { MOST = 240 }; /* enough for jump tables of both families */

typedef struct {
    const uint8_t *p, *end;
} source;

static unsigned take(source *from)
{
    return from->p < from->end ? *from->p++ : 0;
}

/* Few bases and short tails: prefixes that nest, touch and share a /64. */
static fs_prefix take_prefix(source *from, int wide, uint32_t slot)
{
    static const uint64_t bases[4] = {0, 0x20010DB800000000, 0x20010DB800000001, UINT64_MAX};
    const unsigned choice = take(from), length = take(from) % (wide ? 129 : 33);
    fs_key key = {bases[choice & 3], choice & 4 ? UINT64_MAX : 0};
    for (unsigned i = 0; i < (choice >> 3 & 3); i++) {
        key.lo ^= (uint64_t)take(from) << 8 * (take(from) & 7);
        key.hi ^= (uint64_t)take(from) << 8 * (take(from) & 7);
    }
    const fs_prefix prefix = {fs_key_masked(key, length), slot, (uint8_t)length};
    return prefix;
}

static int64_t scan(const fs_prefix *list, size_t count, fs_key key)
{
    const fs_prefix *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (fs_key_agree(list[i].key, key, list[i].length) &&
            (best == NULL || list[i].length >= best->length))
            best = &list[i];
    return best != NULL ? (int64_t)best->slot : -1;
}

typedef struct {
    fs_prefix list[2][MOST];
    size_t count[2];
    fs_form form;
    uint8_t *block;
    size_t size;
} table;

static void compile(table *t)
{
    fs_prefix sorted[2][MOST], spare[MOST];
    fs_range ranges[2][2 * MOST + 1];
    fs_counts counts = {0};
    uint64_t at[FS_SECTIONS + 1];
    size_t found[2], kept[2];
    for (int wide = 0; wide < 2; wide++) {
        memcpy(sorted[wide], t->list[wide], sizeof spare);
        fs_sort_prefixes(sorted[wide], t->count[wide], spare);
        kept[wide] = fs_unique_prefixes(sorted[wide], t->count[wide]);
        found[wide] = fs_sweep(sorted[wide], kept[wide], ranges[wide]);
    }
    counts.slots = 2 * MOST;
    counts.prefixes4 = kept[0];
    counts.prefixes6 = kept[1];
    CHECK(fs_measure(found[0], ranges[1], found[1], &counts));
    CHECK(fs_layout(&counts, at));
    t->size = at[FS_SECTIONS];
    t->block = aligned_alloc(64, t->size);
    memset(t->block, 0, t->size);
    fs_form_place(&t->form, t->block, &counts, calloc(counts.trees6 + 1, sizeof(fs_tree)));
    fs_index(&t->form, ranges[0], found[0], ranges[1], found[1]);
    fs_write_list(&t->form, 0, sorted[0], kept[0]);
    fs_write_list(&t->form, 1, sorted[1], kept[1]);
    CHECK(fs_form_fault(&t->form) == NULL);
    CHECK(fs_form_jump(&t->form));
}

/* Look a key up in every way. With `list`, check the answers. */
static void look_up(const table *t, const fs_trie *trie, int wide, fs_key key, int must_be_right)
{
    static const fs_changes none = {0};
    uint8_t packed[16 * 33];
    int32_t many[33];
    const unsigned rows = 33; /* a block and one row more */
    const int mapped = wide && fs_is_mapped_key(key.hi, key.lo);
    if (!wide)
        key = fs_key_of4((uint32_t)(key.hi >> 32));
    for (unsigned i = 0; i < rows; i++) {
        uint8_t one[16];
        fs_key_store(key, one);
        memcpy(packed + (wide ? 16 : 4) * i, one, wide ? 16 : 4);
    }
    const int64_t expected = scan(t->list[wide], t->count[wide], key);
    for (int avx2 = 0; avx2 < 2; avx2++) {
        fs_choose_walk(avx2);
        const int64_t one = wide ? fs_find6(&t->form, key)
                                 : fs_find4(&t->form, (uint32_t)(key.hi >> 32));
        fs_find_many(&t->form, &none, &none, wide, packed, rows, -1, -2, many);
        if (!must_be_right)
            continue;
        CHECK(one == expected);
        for (unsigned i = 0; i < rows && !mapped; i++)
            CHECK(many[i] == expected);
    }
    const size_t at = fs_list_match(&t->form, wide, key, wide ? 128 : 32);
    size_t up = at;
    for (unsigned depth = 0; up != 0 && depth < 129; depth++) {
        (void)fs_listed(&t->form, wide, up - 1);
        up = fs_list_parent(&t->form, wide, up);
    }
    if (!must_be_right)
        return;
    CHECK((at != 0 ? (int64_t)fs_listed(&t->form, wide, at - 1).slot : -1) == expected);
    CHECK((int64_t)fs_trie_match(trie, wide, key, wide ? 128 : 32) - 1 == expected);
}

static void look_everywhere(const table *t, const fs_trie *trie, int must_be_right)
{
    for (int wide = 0; wide < 2; wide++) {
        for (size_t i = 0; i < t->count[wide]; i++) {
            fs_key edges[4] = {t->list[wide][i].key,
                               fs_key_last(t->list[wide][i].key, t->list[wide][i].length)};
            edges[2] = edges[0];
            edges[2].hi -= edges[2].lo-- == 0;
            edges[3] = edges[1];
            edges[3].hi += ++edges[3].lo == 0;
            for (int k = 0; k < 4; k++)
                look_up(t, trie, wide, edges[k], must_be_right);
        }
    }
}

static void check_text(source from)
{
    uint8_t *text = malloc((size_t)(from.end - from.p)), written[FS_NETWORK_MAX];
    fs_prefix prefix, again;
    int wide, wide_again;
    const size_t size = (size_t)(from.end - from.p);
    if (size != 0)
        memcpy(text, from.p, size);
    if (fs_parse_network(text, text + size, &prefix, &wide)) {
        const size_t length = fs_format_network(prefix.key, prefix.length, wide, written);
        CHECK(length <= FS_NETWORK_MAX);
        CHECK(fs_parse_network(written, written + length, &again, &wide_again));
        CHECK(wide == wide_again && prefix.length == again.length);
        CHECK(fs_key_equal(prefix.key, again.key));
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    source from = {data, data + size};
    fs_trie trie = {0};
    static table t;
    check_text(from);
    memset(&t, 0, sizeof t);
    const unsigned count = take(&from) % MOST, damages = take(&from) % 8;
    for (unsigned i = 0; i < count; i++) {
        const unsigned choice = take(&from);
        const int wide = choice & 1;
        const fs_prefix prefix = take_prefix(&from, wide, i);
        size_t n = t.count[wide];
        CHECK(fs_trie_reserve(&trie, 2));
        for (size_t k = 0; k < n; k++) /* take an equal one out of the scan's list */
            if (t.list[wide][k].length == prefix.length &&
                fs_key_equal(t.list[wide][k].key, prefix.key))
                t.list[wide][k--] = t.list[wide][--n];
        if (choice & 0xC0) {
            fs_trie_set(&trie, wide, prefix.key, prefix.length, prefix.slot + 1);
            t.list[wide][n++] = prefix;
        } else {
            CHECK((fs_trie_remove(&trie, wide, prefix.key, prefix.length) != 0) ==
                  (n < t.count[wide]));
        }
        t.count[wide] = n;
    }
    compile(&t);
    look_everywhere(&t, &trie, 1);
    for (unsigned i = 0; i < damages && t.size > FS_HEADER; i++) {
        const size_t at = FS_HEADER + (take(&from) << 8 | take(&from)) % (t.size - FS_HEADER);
        t.block[at] = (uint8_t)take(&from);
    }
    if (damages != 0) {
        (void)fs_form_fault(&t.form); /* a file may change after the check: look up anyway */
        fs_tree *shapes = t.form.trees;
        if (fs_read_places(&t.form) == NULL && shapes != NULL) {
            look_everywhere(&t, &trie, 0); /* changed after it was opened */
            fs_form_jump_free(&t.form);
            CHECK(fs_form_jump(&t.form));
            look_everywhere(&t, &trie, 0); /* changed before */
        }
    }
    fs_form_jump_free(&t.form);
    free(t.form.trees);
    free(t.block);
    fs_trie_free(&trie);
    return 0;
}
