/* Columns of texts -> fixed-size records: the loop over rows that lie anywhere. */
#ifndef FASTSOCK_ADDRESS_COLUMNS_H
#define FASTSOCK_ADDRESS_COLUMNS_H

#include "fastsock/_core/arrow/rows.h"
#include "fastsock/address/lines_dispatch.h"

FS_ALWAYS_INLINE int64_t fs_pack_rows_of(const fs_rows *rows, fs_kind kind, uint8_t *out,
                                         uint8_t *valid)
{
    const size_t record = fs_record_size(kind);
    for (int64_t row = 0; row < rows->rows; row++, out += record) {
        const uint8_t *p = NULL;
        int64_t size = 0;
        const fs_row_state state = fs_row(rows, row, &p, &size);
        if (state == FS_ROW_BAD)
            return row;
        valid[row] = state == FS_ROW_VALUE && fs_parse_item(kind, p, (size_t)size, out);
        if (!valid[row])
            memset(out, 0, record);
    }
    return -1;
}

/* Pack every row: a record each, zeros where `valid` is 0, for a null or what is no address. The
 * first row that points outside of its data, or -1. */
static inline int64_t fs_pack_rows(const fs_rows *rows, fs_kind kind, uint8_t *out, uint8_t *valid)
{
    if (kind == FS_V4)
        return fs_pack_rows_of(rows, FS_V4, out, valid);
    if (kind == FS_V6)
        return fs_pack_rows_of(rows, FS_V6, out, valid);
    return fs_pack_rows_of(rows, FS_ANY, out, valid);
}

#endif
