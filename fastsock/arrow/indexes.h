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
 * is a hash table of `mask` + 1 zeros, more than there can be slots; `used` gets the slots, up to one
 * a row. How many occur, or -1 where a number is no slot. */
static inline int64_t fs_compact(const uint8_t *values, const uint8_t *valid, int64_t rows,
                                 uint64_t *seen, uint32_t mask, int32_t *used, uint8_t *out)
{
    int32_t count = 0;
    for (int64_t row = 0; row < rows; row++) {
        int32_t number = 0;
        if (valid == NULL || valid[row]) {
            const int32_t slot = fs_int32(values, row);
            if (slot < 0)
                return -1;
            /* An entry is the slot, which is below 2^31, and 1 more than its number. */
            uint32_t at = (uint32_t)slot * UINT32_C(0x9E3779B1) & mask;
            while (seen[at] != 0 && (int32_t)(seen[at] >> 32) != slot)
                at = (at + 1) & mask;
            if (seen[at] == 0) {
                used[count] = slot;
                seen[at] = (uint64_t)slot << 32 | (uint32_t)++count;
            }
            number = (int32_t)(uint32_t)seen[at] - 1;
        }
        memcpy(out + 4 * row, &number, 4);
    }
    return count;
}

#endif
