/* The rows of a column of texts or binaries: where each lies, checked against its data.
 *
 * Producers are not trusted, and another thread may write to the memory: what is checked is what was
 * read, once. */
#ifndef FASTSOCK_ARROW_ROWS_H
#define FASTSOCK_ARROW_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum {
    FS_ROWS_NULL,     /* every row is null */
    FS_ROWS_OFFSETS4, /* int32 offsets, one more than rows, into the first buffer of data */
    FS_ROWS_OFFSETS8, /* int64 */
    FS_ROWS_VIEWS,    /* 16 bytes a row: inline up to 12, else a buffer of data and an offset */
    FS_ROWS_PADDED,   /* `width` bytes a row, zeros after the text: NumPy's S */
} fs_rows_layout;

typedef struct {
    const uint8_t *start;
    int64_t size;
} fs_span;

typedef struct {
    fs_rows_layout layout;
    int64_t rows;
    const uint8_t *validity; /* bits, or NULL: no nulls ... */
    int64_t first;           /* ... and the bit of row 0 */
    const uint8_t *values;
    int64_t width;
    const fs_span *data;
    int64_t data_count;
} fs_rows;

typedef enum { FS_ROW_VALUE, FS_ROW_NULL, FS_ROW_BAD } fs_row_state;

static inline bool fs_bit(const uint8_t *bits, int64_t n) { return bits[n >> 3] >> (n & 7) & 1; }

static inline fs_row_state fs_between(const fs_span *data, int64_t start, int64_t end,
                                      const uint8_t **p, int64_t *size)
{
    /* Offsets that fall, or leave the data: the producer's fault, and a read elsewhere of ours. */
    if (start < 0 || end < start || end > data->size)
        return FS_ROW_BAD;
    *p = data->start + start;
    *size = end - start;
    return FS_ROW_VALUE;
}

static inline fs_row_state fs_viewed(const fs_rows *rows, int64_t row, const uint8_t **p,
                                     int64_t *size)
{
    const uint8_t *view = rows->values + 16 * row;
    int32_t length, place[2];
    memcpy(&length, view, 4);
    if (length < 0)
        return FS_ROW_BAD;
    *size = length;
    *p = view + 4;
    if (length <= 12)
        return FS_ROW_VALUE;
    memcpy(place, view + 8, 8);
    if (place[0] < 0 || place[0] >= rows->data_count)
        return FS_ROW_BAD;
    return fs_between(rows->data + place[0], place[1], (int64_t)place[1] + length, p, size);
}

/* One row: where its bytes are, that it is null, or that it points elsewhere. */
static inline fs_row_state fs_row(const fs_rows *rows, int64_t row, const uint8_t **p,
                                  int64_t *size)
{
    if (rows->validity != NULL && !fs_bit(rows->validity, rows->first + row))
        return FS_ROW_NULL;
    switch (rows->layout) {
    case FS_ROWS_OFFSETS4: {
        int32_t ends[2];
        memcpy(ends, rows->values + 4 * row, 8);
        return fs_between(rows->data, ends[0], ends[1], p, size);
    }
    case FS_ROWS_OFFSETS8: {
        int64_t ends[2];
        memcpy(ends, rows->values + 8 * row, 16);
        return fs_between(rows->data, ends[0], ends[1], p, size);
    }
    case FS_ROWS_VIEWS:
        return fs_viewed(rows, row, p, size);
    case FS_ROWS_PADDED:
        *p = rows->values + rows->width * row;
        *size = rows->width;
        while (*size > 0 && (*p)[*size - 1] == 0)
            --*size;
        return FS_ROW_VALUE;
    default:
        return FS_ROW_NULL;
    }
}

/* ---- Bits, flags and indexes ---- */

/* A byte a row, 1 or 0, from a bit a row. */
static inline void fs_spread_bits(const uint8_t *bits, int64_t first, int64_t rows, uint8_t *flags)
{
    for (int64_t row = 0; row < rows; row++)
        flags[row] = fs_bit(bits, first + row);
}

/* A bit a row, from a byte a row that is zero or not; how many rows are zero. */
static inline int64_t fs_pack_bits(const uint8_t *flags, int64_t rows, uint8_t *bits)
{
    int64_t zeros = 0;
    memset(bits, 0, (size_t)((rows + 7) / 8));
    for (int64_t row = 0; row < rows; row++) {
        const uint8_t set = flags[row] != 0;
        bits[row >> 3] = (uint8_t)(bits[row >> 3] | set << (row & 7));
        zeros += !set;
    }
    return zeros;
}

/* The index of a row, of 1, 2, 4 or 8 bytes. One above INT64_MAX is negative, and so refused. */
static inline int64_t fs_index(const uint8_t *values, int64_t row, int width, bool is_signed)
{
    switch (width) {
    case 1:
        return is_signed ? (int8_t)values[row] : values[row];
    case 2: {
        uint16_t number;
        memcpy(&number, values + 2 * row, 2);
        return is_signed ? (int16_t)number : number;
    }
    case 4: {
        uint32_t number;
        memcpy(&number, values + 4 * row, 4);
        return is_signed ? (int32_t)number : (int64_t)number;
    }
    default: {
        int64_t number;
        memcpy(&number, values + 8 * row, 8);
        return number;
    }
    }
}

/* For each row the record that its index stands for, zeros for a null; and whether it is valid.
 * The first row whose index has no record, or -1. */
static inline int64_t fs_take(const fs_rows *indexes, bool is_signed, const uint8_t *records,
                              int64_t size, const uint8_t *flags, int64_t count, uint8_t *out,
                              uint8_t *valid)
{
    for (int64_t row = 0; row < indexes->rows; row++) {
        uint8_t *record = out + size * row;
        valid[row] = 0;
        memset(record, 0, (size_t)size);
        if (indexes->validity != NULL && !fs_bit(indexes->validity, indexes->first + row))
            continue;
        const int64_t index = fs_index(indexes->values, row, (int)indexes->width, is_signed);
        if (index < 0 || index >= count)
            return row;
        if (flags[index] == 0)
            continue;
        memcpy(record, records + size * index, (size_t)size);
        valid[row] = 1;
    }
    return -1;
}

/* Packed addresses in binaries: those of 4 bytes become mapped ones, of another size invalid ones.
 * The first row that points elsewhere, or -1. */
static inline int64_t fs_take_packed(const fs_rows *rows, uint8_t *out, uint8_t *valid)
{
    for (int64_t row = 0; row < rows->rows; row++, out += 16) {
        const uint8_t *p = NULL;
        int64_t size = 0;
        const fs_row_state state = fs_row(rows, row, &p, &size);
        if (state == FS_ROW_BAD)
            return row;
        valid[row] = state == FS_ROW_VALUE && (size == 4 || size == 16);
        memset(out, 0, 16);
        if (!valid[row])
            continue;
        if (size == 4)
            memset(out + 10, 0xFF, 2);
        memcpy(out + 16 - size, p, (size_t)size);
    }
    return -1;
}

#endif
