/* The Arrow C data interface: columns given to consumers, in memory with a count of holders.
 *
 * Whoever got a column releases it: on any thread, without the GIL, even after the interpreter has
 * ended. So nothing here knows Python, and a release only counts down and frees.
 *
 * Source: https://arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html */
#ifndef FASTSOCK_ARROW_INTERFACE_H
#define FASTSOCK_ARROW_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

/* The structs, and the name of the guard, as that page has them. */
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

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
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

/* Whether the caller, who is a holder, is the only one: then nobody else can become one. */
static inline bool fs_held_alone(fs_shared *memory) { return fs_add_holders(memory, 0) == 1; }

static inline void fs_let_go(fs_shared *memory)
{
    if (memory != NULL && fs_add_holders(memory, -1) == 1)
        free(memory);
}

/* ---- Arrays ---- */

enum { FS_MOST_BUFFERS = 3 }; /* validity, offsets, data: no type that is given has more */

typedef struct {
    const void *buffers[FS_MOST_BUFFERS];
    fs_shared *memories[FS_MOST_BUFFERS]; /* each held once */
} fs_given;

/* A consumer may have moved a child out: it has no release here any more. */
static inline void fs_release_part(struct ArrowArray *part)
{
    if (part != NULL && part->release != NULL)
        part->release(part);
}

static inline void fs_release_array(struct ArrowArray *array)
{
    fs_given *given = (fs_given *)array->private_data;
    for (int n = 0; n < FS_MOST_BUFFERS; n++)
        fs_let_go(given->memories[n]);
    for (int64_t n = 0; n < array->n_children; n++)
        fs_release_part(array->children[n]);
    fs_release_part(array->dictionary);
    free(given);
    array->release = NULL;
}

/* Make `array` one of `rows` rows whose buffers, children and dictionary are filled in later: its
 * release skips those that were not. One piece of memory has all of it. */
static inline bool fs_give_array(struct ArrowArray *array, int64_t rows, int64_t nulls,
                                 int64_t buffers, size_t children, bool dictionary)
{
    const size_t structs = children + dictionary;
    const size_t head = sizeof(fs_given) + children * sizeof(struct ArrowArray *);
    const size_t at = (head + sizeof(struct ArrowArray) - 1) / sizeof(struct ArrowArray);
    fs_given *given = (fs_given *)calloc(at + structs, sizeof(struct ArrowArray));
    if (given == NULL)
        return false;
    struct ArrowArray **pointers = (struct ArrowArray **)(given + 1);
    struct ArrowArray *parts = (struct ArrowArray *)given + at;
    for (size_t n = 0; n < children; n++)
        pointers[n] = parts + n;
    memset(array, 0, sizeof(*array));
    array->length = rows;
    array->null_count = nulls;
    array->n_buffers = buffers;
    array->buffers = given->buffers;
    array->n_children = (int64_t)children;
    array->children = pointers;
    array->dictionary = dictionary ? parts + children : NULL;
    array->release = fs_release_array;
    array->private_data = given;
    return true;
}

/* Set a buffer of such an array: it is one more holder of the memory. */
static inline void fs_give_buffer(struct ArrowArray *array, int n, fs_shared *memory,
                                  const void *start)
{
    fs_given *given = (fs_given *)array->private_data;
    fs_hold(memory);
    given->memories[n] = memory;
    given->buffers[n] = start;
}

/* ---- Schemas ---- */

static inline void fs_release_schema(struct ArrowSchema *schema)
{
    for (int64_t n = 0; n < schema->n_children; n++)
        if (schema->children[n]->release != NULL)
            schema->children[n]->release(schema->children[n]);
    if (schema->dictionary != NULL && schema->dictionary->release != NULL)
        schema->dictionary->release(schema->dictionary);
    free(schema->private_data);
    schema->release = NULL;
}

/* Make `schema` a type by its format string, with a name and metadata (as Arrow encodes it, or
 * none), and room for children and a dictionary, which are still to be described. The texts are
 * copied: one piece of memory has them and the structs. */
static inline bool fs_describe(struct ArrowSchema *schema, const char *format, const char *name,
                               const char *metadata, size_t metadata_size, int64_t flags,
                               size_t children, bool dictionary)
{
    const size_t format_size = strlen(format) + 1, name_size = strlen(name) + 1;
    const size_t structs = (children + dictionary) * sizeof(struct ArrowSchema);
    const size_t pointers = children * sizeof(struct ArrowSchema *);
    uint8_t *made =
        (uint8_t *)calloc(1, structs + pointers + metadata_size + format_size + name_size);
    if (made == NULL)
        return false;
    uint8_t *texts = made + structs + pointers;
    struct ArrowSchema *parts = (struct ArrowSchema *)made;
    memset(schema, 0, sizeof(*schema));
    if (metadata_size != 0) {
        memcpy(texts, metadata, metadata_size); /* first, where int32 are aligned */
        schema->metadata = (const char *)texts;
    }
    texts += metadata_size;
    memcpy(texts, format, format_size);
    memcpy(texts + format_size, name, name_size);
    schema->format = (const char *)texts;
    schema->name = (const char *)texts + format_size;
    schema->flags = flags;
    schema->n_children = (int64_t)children;
    schema->children = (struct ArrowSchema **)(made + structs);
    for (size_t n = 0; n < children; n++)
        schema->children[n] = parts + n;
    schema->dictionary = dictionary ? parts + children : NULL;
    schema->release = fs_release_schema;
    schema->private_data = made;
    return true;
}

#endif
