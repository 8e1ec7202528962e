/* Target over the rows of hostile Arrow columns, without Python: offsets, views and indexes as a
 * producer that lies would give them, in blocks of exactly their size, so that ASan sees any read
 * past them. What is read is held against a second reading that is plain.
 *
 * The input: the layout, the kind of address, how many bytes of data there are; then the values, then
 * the data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "fastsock/_core/arrow/rows.h"
#include "fastsock/_core/cpu.h"
#include "fastsock/address/columns.h"
#include "fastsock/arrow/indexes.h"
#include "fastsock/arrow/texts.h"

enum { HEAD = 4 };
static const int widths[] = {0, 4, 8, 16, 7};

static uint8_t *copied(const uint8_t *p, size_t size)
{
    uint8_t *made = malloc(size + 1); /* no room after it: ASan sees an over-read of one */
    memcpy(made + 1, p, size);
    return made;
}

/* Whether a record is what the text says, by the scalar parsers alone. */
static void check_record(fs_kind kind, const uint8_t *p, int64_t size, const uint8_t *record,
                         int valid)
{
    uint8_t want[16];
    const int right = fs_parse(kind, p, p + size, want) == p + size;
    CHECK(right == valid);
    static const uint8_t nothing[16];
    CHECK(memcmp(record, right ? want : nothing, fs_record_size(kind)) == 0);
}

static void check_texts(const fs_rows *rows, fs_kind kind)
{
    const size_t record = fs_record_size(kind);
    uint8_t *out = malloc(record * (size_t)rows->rows + 1);
    uint8_t *valid = malloc((size_t)rows->rows + 1);
    const int64_t bad = fs_pack_rows(rows, kind, out, valid);
    const int64_t done = bad < 0 ? rows->rows : bad;
    for (int64_t row = 0; row < done; row++) {
        const uint8_t *p;
        int64_t size;
        const fs_row_state state = fs_row(rows, row, &p, &size);
        CHECK(state != FS_ROW_BAD);
        if (state == FS_ROW_NULL)
            CHECK(!valid[row]);
        else
            check_record(kind, p, size, out + record * (size_t)row, valid[row]);
    }
    if (bad < 0) {
        const fs_text_kind as = kind == FS_V4 ? FS_TEXTS4 : kind == FS_V6 ? FS_TEXTS6 : FS_TEXTS_ANY;
        uint8_t *ends = malloc(4 * ((size_t)rows->rows + 1));
        uint8_t *text = malloc((size_t)(rows->rows * fs_longest_text(as)) + 1);
        const int64_t size = fs_write_texts(as, out, valid, rows->rows, 4, ends, text);
        CHECK(fs_int32(ends, rows->rows) == size);
        for (int64_t row = 0; row < rows->rows; row++) {
            const int32_t start = fs_int32(ends, row), end = fs_int32(ends, row + 1);
            if (valid[row])
                check_record(kind, text + start, end - start, out + record * (size_t)row, 1);
            else
                CHECK(start == end);
        }
        free(ends);
        free(text);
    }
    uint8_t *packed = malloc(16 * (size_t)rows->rows + 1);
    CHECK(fs_take_packed(rows, packed, valid) == bad);
    free(packed);
    free(out);
    free(valid);
}

static void check_indexes(const fs_rows *values, int is_signed, const uint8_t *records, size_t size)
{
    static const int sizes[] = {1, 2, 4, 8};
    fs_rows rows = *values;
    rows.width = sizes[size % 4];
    rows.rows = values->rows * values->width / rows.width;
    uint8_t *flags = malloc(size + 1), *out = malloc((size_t)rows.rows + 1);
    uint8_t *valid = malloc((size_t)rows.rows + 1);
    memset(flags, 1, size);
    rows.validity = NULL;
    const int64_t bad = fs_take(&rows, is_signed, records, 1, flags, (int64_t)size, out, valid);
    for (int64_t row = 0; row < (bad < 0 ? rows.rows : bad); row++)
        CHECK(valid[row] == 1);
    free(flags);
    free(out);
    free(valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < HEAD)
        return 0;
    fs_choose_kernel(input[3] & 1 && fs_cpu_has_sse41());
    const fs_rows_layout layout = (fs_rows_layout)(input[0] % 5);
    const fs_kind kind = (fs_kind)(input[1] % 3);
    const int width = widths[layout];
    size_t data_size = input[2];
    input += HEAD;
    size -= HEAD;
    if (data_size > size)
        data_size = size;
    const size_t values_size = size - data_size;
    uint8_t *values = copied(input, values_size), *data = copied(input + values_size, data_size);
    const size_t half = data_size / 2;
    const fs_span spans[] = {{data + 1, (int64_t)data_size},
                             {data + 1 + half, (int64_t)(data_size - half)}};
    fs_rows rows = {0};
    rows.layout = layout;
    rows.values = values + 1;
    rows.width = width;
    rows.data = spans;
    rows.data_count = layout == FS_ROWS_VIEWS ? 2 : 1;
    rows.rows = width == 0 ? 9 : (int64_t)(values_size / (size_t)width);
    if ((layout == FS_ROWS_OFFSETS4 || layout == FS_ROWS_OFFSETS8) && rows.rows > 0)
        rows.rows--;
    if (data_size * 8 >= (size_t)rows.rows && data_size > 8 && data[1] & 1)
        rows.validity = data + 1;
    check_texts(&rows, kind);
    if (width != 0)
        check_indexes(&rows, kind == FS_V4, data + 1, data_size);
    free(values);
    free(data);
    return 0;
}
