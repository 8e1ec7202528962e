/* Newline-separated addresses -> fixed-size records: the row loop, and the scalar kernel.
 *
 * A kernel is this loop with a `fast` step in it, which either takes a whole row (address and
 * newline) or declines; what it declines (bad rows, rare forms, the end of the text) goes through
 * the scalar parsers, so every kernel gives the same answer by construction.
 */
#ifndef FASTSOCK_LINES_H
#define FASTSOCK_LINES_H

#include "fastsock/address/inet6.h"

#if defined(_MSC_VER)
#define FS_ALWAYS_INLINE static __forceinline
#else
#define FS_ALWAYS_INLINE static inline __attribute__((always_inline))
#endif

#if defined(__GNUC__) || defined(__clang__)
#define FS_PREFETCH(p) __builtin_prefetch(p)
#else
#define FS_PREFETCH(p) ((void)(p))
#endif

/* What a row holds: AF_INET, AF_INET6, or AF_UNSPEC, where IPv4 is written as mapped. */
typedef enum { FS_V4, FS_V6, FS_ANY } fs_kind;

FS_ALWAYS_INLINE size_t fs_record_size(fs_kind kind)
{
    return kind == FS_V4 ? 4 : 16;
}

/* The state of one run over a text; the kernel signs it with its name. */
typedef struct {
    const uint8_t *p, *end; /* the text that is left */
    uint8_t *out;           /* `rows` records */
    uint8_t *valid;         /* `rows` flags, or NULL: then the first bad row ends the run */
    size_t row, rows;
    size_t fast_rows;   /* rows that the kernel's own step took */
    const char *kernel; /* the kernel that ran */
} fs_lines;

/* One address of the wanted kind at p; where it stopped, or NULL. */
FS_ALWAYS_INLINE const uint8_t *fs_parse(fs_kind kind, const uint8_t *p, const uint8_t *end,
                                         uint8_t *out)
{
    if (kind == FS_V4)
        return fs_parse4(p, end, out);
    if (kind == FS_ANY) {
        uint8_t four[4];
        const uint8_t *stop = fs_parse4(p, end, four);
        if (stop != NULL) {
            fs_map4(four, out);
            return stop;
        }
    }
    return fs_parse6(p, end, out);
}

/* The byte after the newline at p, or NULL where there is none. The end of the text is one. */
FS_ALWAYS_INLINE const uint8_t *fs_skip_newline(const uint8_t *p, const uint8_t *end)
{
    if (p == end)
        return p;
    if (*p == '\r' && end - p >= 2)
        p++;
    return *p == '\n' ? p + 1 : NULL;
}

typedef const uint8_t *(*fs_fast_row)(fs_kind kind, const uint8_t *p, const uint8_t *end,
                                      uint8_t *out);

FS_ALWAYS_INLINE void fs_run_lines(fs_lines *run, fs_kind kind, fs_fast_row fast)
{
    const size_t record = fs_record_size(kind);
    /* Both limits matter: the rows were counted before the GIL was released, and a writable
     * buffer may have got more newlines since, for which `out` has no room. */
    while (run->row < run->rows && run->p != run->end) {
        const uint8_t *next = fast != NULL ? fast(kind, run->p, run->end, run->out) : NULL;
        if (next != NULL) {
            run->fast_rows++;
        } else {
            next = fs_parse(kind, run->p, run->end, run->out);
            if (next != NULL)
                next = fs_skip_newline(next, run->end);
            if (next == NULL) {
                if (run->valid == NULL)
                    return;
                memset(run->out, 0, record);
                const void *newline = memchr(run->p, '\n', (size_t)(run->end - run->p));
                run->p = newline != NULL ? (const uint8_t *)newline + 1 : run->end;
                run->valid[run->row++] = 0;
                run->out += record;
                continue;
            }
        }
        run->p = next;
        run->out += record;
        if (run->valid != NULL)
            run->valid[run->row] = 1;
        run->row++;
    }
}

static void fs_lines_scalar(fs_lines *run, fs_kind kind)
{
    run->kernel = "scalar";
    if (kind == FS_V4)
        fs_run_lines(run, FS_V4, NULL);
    else if (kind == FS_V6)
        fs_run_lines(run, FS_V6, NULL);
    else
        fs_run_lines(run, FS_ANY, NULL);
}

/* How many rows a text has: its newlines, and a last line without one. */
static inline size_t fs_count_lines(const uint8_t *p, const uint8_t *end)
{
    size_t rows = p != end && end[-1] != '\n';
    while (p != end) {
        /* Chunks short enough for a byte-wide sum, which compilers turn into SIMD. */
        size_t size = (size_t)(end - p) < 255 ? (size_t)(end - p) : 255;
        uint8_t count = 0;
        for (size_t i = 0; i < size; i++)
            count = (uint8_t)(count + (p[i] == '\n'));
        rows += count;
        p += size;
    }
    return rows;
}

#endif
