/* Columns of int32: which rows have one, and the few that occur. */
#ifndef FASTSOCK_ARROW_INDEXES_H
#define FASTSOCK_ARROW_INDEXES_H

#include <stdint.h>
#include <string.h>

static inline int32_t fs_int32(const uint8_t *values, int64_t row)
{
    int32_t number;
    memcpy(&number, values + 4 * row, 4);
    return number;
}

/* 1 where a row is valid and its number is not negative. */
static inline void fs_hits(const uint8_t *values, const uint8_t *valid, int64_t rows, uint8_t *hits)
{
    for (int64_t row = 0; row < rows; row++)
        hits[row] = (uint8_t)(valid[row] & (fs_int32(values, row) >= 0));
}

/* Each valid row's number, and `other` for the rest. */
static inline void fs_fill(const uint8_t *values, const uint8_t *valid, int64_t rows,
                           int32_t other, uint8_t *out)
{
    for (int64_t row = 0; row < rows; row++) {
        const int32_t number = valid[row] ? fs_int32(values, row) : other;
        memcpy(out + 4 * row, &number, 4);
    }
}

/* Number the slots that occur in valid rows in the order of their first row: 0 for the rest. `seen`
 * has a zero a slot; `used` gets the slots. How many occur, or -1 where a number is no slot. */
static inline int64_t fs_compact(const uint8_t *values, const uint8_t *valid, int64_t rows,
                                 int32_t *seen, int64_t slots, int32_t *used, uint8_t *out)
{
    int32_t count = 0;
    for (int64_t row = 0; row < rows; row++) {
        int32_t number = 0;
        if (valid == NULL || valid[row]) {
            const int32_t slot = fs_int32(values, row);
            if (slot < 0 || slot >= slots)
                return -1;
            if (seen[slot] == 0) {
                used[count] = slot;
                seen[slot] = ++count;
            }
            number = seen[slot] - 1;
        }
        memcpy(out + 4 * row, &number, 4);
    }
    return count;
}

#endif
