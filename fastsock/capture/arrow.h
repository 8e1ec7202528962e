/* The Arrow C data interface: columns handed to consumers, in memory with a count of holders.
 *
 * Whoever got a column releases it: on any thread, without the GIL, even after the interpreter has
 * ended. So nothing here knows Python, and a release only counts down and frees.
 *
 * Source: https://arrow.apache.org/docs/format/CDataInterface.html */
#ifndef FASTSOCK_ARROW_H
#define FASTSOCK_ARROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

/* The two structs, and the name of the guard, as that page has them. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

/* ---- Memory with several holders ---- */

enum { FS_ALIGNMENT = 64 }; /* a line of the cache, and what Arrow advises */

typedef struct {
    int64_t holders; /* read and written by fs_add_holders alone */
    size_t size;
    uint8_t *data;   /* aligned, after this struct */
} fs_shared;

/* Add to a count that all threads see; what it was before. */
static inline int64_t fs_add_holders(fs_shared *memory, int64_t more)
{
#if defined(_MSC_VER) && !defined(__clang__)
    return _InterlockedExchangeAdd64(&memory->holders, more);
#else
    return __atomic_fetch_add(&memory->holders, more, __ATOMIC_ACQ_REL);
#endif
}

/* New memory with one holder; NULL where there is none. */
static inline fs_shared *fs_new_shared(size_t size)
{
    const size_t extra = sizeof(fs_shared) + FS_ALIGNMENT - 1;
    if (size > SIZE_MAX - extra)
        return NULL;
    fs_shared *memory = (fs_shared *)malloc(extra + size);
    if (memory == NULL)
        return NULL;
    const uintptr_t mask = ~(uintptr_t)(FS_ALIGNMENT - 1);
    memory->holders = 1;
    memory->size = size;
    memory->data = (uint8_t *)(((uintptr_t)memory + extra) & mask);
    return memory;
}

static inline void fs_hold(fs_shared *memory) { fs_add_holders(memory, 1); }

static inline void fs_let_go(fs_shared *memory)
{
    if (memory != NULL && fs_add_holders(memory, -1) == 1)
        free(memory);
}

/* ---- Arrays ---- */

typedef struct {
    fs_shared *memory;
    const void *buffers[2]; /* validity, which is NULL: there are no nulls; values */
} fs_given_column;

static inline void fs_release_column(struct ArrowArray *array)
{
    fs_given_column *given = (fs_given_column *)array->private_data;
    fs_let_go(given->memory);
    free(given);
    array->release = NULL;
}

/* Make `array` the `rows` values at `values`, which lie in `memory`: one more holder of that. */
static inline bool fs_give_column(struct ArrowArray *array, int64_t rows, fs_shared *memory,
                                  const void *values)
{
    fs_given_column *given = (fs_given_column *)malloc(sizeof(fs_given_column));
    if (given == NULL)
        return false;
    fs_hold(memory);
    given->memory = memory;
    given->buffers[0] = NULL;
    given->buffers[1] = values;
    memset(array, 0, sizeof(*array));
    array->length = rows;
    array->n_buffers = 2;
    array->buffers = given->buffers;
    array->release = fs_release_column;
    array->private_data = given;
    return true;
}

/* A consumer may have moved children out: those have no release here any more. */
static inline void fs_release_table(struct ArrowArray *array)
{
    for (int64_t n = 0; n < array->n_children; n++)
        if (array->children[n]->release != NULL)
            array->children[n]->release(array->children[n]);
    free(array->private_data);
    array->release = NULL;
}

/* Make `array` a struct of `rows` rows and `count` children, which are filled in later: its release
 * skips those that were not. One piece of memory has its buffer and the children. */
static inline bool fs_give_table(struct ArrowArray *array, int64_t rows, size_t count)
{
    typedef struct {
        const void *validity;
        struct ArrowArray *pointers[1]; /* as many as there are children, then these themselves */
    } fs_given_table;
    const size_t head = sizeof(fs_given_table) + count * sizeof(struct ArrowArray *);
    const size_t at = (head + sizeof(struct ArrowArray) - 1) / sizeof(struct ArrowArray);
    fs_given_table *given = (fs_given_table *)calloc(at + count, sizeof(struct ArrowArray));
    if (given == NULL)
        return false;
    for (size_t n = 0; n < count; n++)
        given->pointers[n] = (struct ArrowArray *)given + at + n;
    memset(array, 0, sizeof(*array));
    array->length = rows;
    array->n_buffers = 1;
    array->buffers = &given->validity;
    array->n_children = (int64_t)count;
    array->children = given->pointers;
    array->release = fs_release_table;
    array->private_data = given;
    return true;
}

/* ---- Schemas ---- */

static inline void fs_release_schema(struct ArrowSchema *schema)
{
    for (int64_t n = 0; n < schema->n_children; n++)
        if (schema->children[n]->release != NULL)
            schema->children[n]->release(schema->children[n]);
    free(schema->private_data);
    schema->release = NULL;
}

/* Make `schema` a type by its format string, with a name, and room for `count` children, which are
 * still to be described. The texts are copied: one piece of memory has them and the children. */
static inline bool fs_describe(struct ArrowSchema *schema, const char *format, const char *name,
                               int64_t flags, size_t count)
{
    const size_t format_size = strlen(format) + 1, name_size = strlen(name) + 1;
    const size_t pointers = count * sizeof(struct ArrowSchema *);
    const size_t children = count * sizeof(struct ArrowSchema);
    uint8_t *made = (uint8_t *)calloc(1, children + pointers + format_size + name_size);
    if (made == NULL)
        return false;
    uint8_t *texts = made + children + pointers;
    memcpy(texts, format, format_size);
    memcpy(texts + format_size, name, name_size);
    memset(schema, 0, sizeof(*schema));
    schema->format = (const char *)texts;
    schema->name = (const char *)texts + format_size;
    schema->flags = flags;
    schema->n_children = (int64_t)count;
    schema->children = (struct ArrowSchema **)(made + children);
    for (size_t n = 0; n < count; n++)
        schema->children[n] = (struct ArrowSchema *)made + n;
    schema->release = fs_release_schema;
    schema->private_data = made;
    return true;
}

#endif
