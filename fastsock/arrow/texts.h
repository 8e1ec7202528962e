/* Packed addresses -> texts that lie one after another, and their offsets. */
#ifndef FASTSOCK_ARROW_TEXTS_H
#define FASTSOCK_ARROW_TEXTS_H

#include "fastsock/address/inet6.h"

typedef enum { FS_TEXTS4, FS_TEXTS6, FS_TEXTS_ANY } fs_text_kind;

static inline int64_t fs_longest_text(fs_text_kind kind)
{
    return kind == FS_TEXTS4 ? FS_TEXT4_MAX : FS_TEXT6_MAX;
}

static inline void fs_put_end(uint8_t *offsets, int64_t n, int width, int64_t end)
{
    const int32_t narrow = (int32_t)end;
    if (width == 4)
        memcpy(offsets + 4 * n, &narrow, 4);
    else
        memcpy(offsets + 8 * n, &end, 8);
}

/* Write each row's text, none where `valid` is 0, and where it ends. `out` has room for the longest
 * text a row and a byte; offsets are int32 where `width` is 4. The size of all texts. */
static inline int64_t fs_write_texts(fs_text_kind kind, const uint8_t *packed,
                                     const uint8_t *valid, int64_t rows, int width,
                                     uint8_t *offsets, uint8_t *out)
{
    const int64_t record = kind == FS_TEXTS4 ? 4 : 16;
    int64_t end = 0;
    fs_put_end(offsets, 0, width, 0);
    for (int64_t row = 0; row < rows; row++, packed += record) {
        if (valid == NULL || valid[row]) {
            if (kind == FS_TEXTS4)
                end += (int64_t)fs_format4(packed, out + end);
            else if (kind == FS_TEXTS_ANY && fs_is_mapped(packed))
                end += (int64_t)fs_format4(packed + 12, out + end);
            else
                end += (int64_t)fs_format6(packed, out + end);
        }
        fs_put_end(offsets, row + 1, width, end);
    }
    return end;
}

#endif
