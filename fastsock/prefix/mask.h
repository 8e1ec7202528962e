/* Clear the bits after a prefix in many packed addresses. Each row is read once. */
#ifndef FASTSOCK_PREFIX_MASK_H
#define FASTSOCK_PREFIX_MASK_H

#include "key.h"

static inline void fs_mask4(const uint8_t *p, size_t rows, unsigned bits, uint8_t *out)
{
    uint8_t mask[16];
    const fs_key keep = fs_key_masked(fs_key_of4(UINT32_MAX), bits);
    uint32_t word, row;
    fs_key_store(keep, mask);
    memcpy(&word, mask, 4);
    for (size_t i = 0; i < rows; i++) {
        memcpy(&row, p + 4 * i, 4);
        row &= word;
        memcpy(out + 4 * i, &row, 4);
    }
}

/* Keep `bits4` of the IPv4 address in a mapped row, `bits6` of any other row. */
static inline void fs_mask6(const uint8_t *p, size_t rows, unsigned bits4, unsigned bits6,
                            uint8_t *out)
{
    const fs_key ones = {UINT64_MAX, UINT64_MAX};
    const fs_key keep6 = fs_key_masked(ones, bits6), keep4 = fs_key_masked(ones, 96 + bits4);
    uint8_t masks[2][16];
    uint64_t words[2][2];
    fs_key_store(keep6, masks[0]);
    fs_key_store(keep4, masks[1]);
    memcpy(words, masks, sizeof words);
    for (size_t i = 0; i < rows; i++) {
        uint64_t row[2];
        uint8_t bytes[16];
        memcpy(row, p + 16 * i, 16);
        memcpy(bytes, row, 16);
        const int mapped = fs_is_mapped_key(fs_be64(bytes), fs_be64(bytes + 8));
        row[0] &= words[mapped][0];
        row[1] &= words[mapped][1];
        memcpy(out + 16 * i, row, 16);
    }
}

#endif
