/* Walk a capture as a whole and in pieces, without Python: the same records and the same stop.
 *
 * The first bytes say how the file is laid out, as its header would, and how it is cut; the rest is
 * walked. Every piece is a block of exactly its bytes, so ASan sees any read outside of them. Each
 * record is decoded into columns too, of just the room that they have. What threads would take for
 * parts has as many records, and the same stop, if the parts meet.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/check.h"
#include "fastsock/capture/parts.h"

enum { RECORDS_MAX = 512, RULES = 6 };

typedef struct {
    fs_record records[RECORDS_MAX];
    uint32_t sums[RECORDS_MAX]; /* of their bytes */
    size_t count;
    fs_capture capture;
    fs_walked state;
} walk;

static void begin(walk *w, const uint8_t *rules)
{
    memset(w, 0, sizeof *w);
    fs_capture *c = &w->capture;
    c->max_record = rules[0] & 1 ? 40 : 262144;
    c->big = rules[0] >> 1 & 1;
    c->header = rules[0] & 4 ? 0 : rules[0] & 8 ? 24 : 16;
    c->fraction = rules[0] & 16 ? 1 : 1000;
    c->swapped = rules[1] % 3;
    c->link = rules[2];
}

static void add_room(fs_capture *c)
{
    c->room = c->room ? 2 * c->room : 1;
    c->interfaces = realloc(c->interfaces, c->room * sizeof *c->interfaces);
    CHECK(c->interfaces != NULL && c->room <= FS_MAX_INTERFACES);
}

static uint32_t sum_of(const uint8_t *data, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + data[i];
    return sum;
}

/* Walk on, over the bytes up to `reach`; where the walk stands is its own offset. */
static void go_on(walk *w, const uint8_t *file, size_t reach, bool last)
{
    fs_capture *c = &w->capture;
    const size_t start = (size_t)c->offset, size = reach - start;
    uint8_t *piece = malloc(size + !size);
    memcpy(piece, file + start, size);
    c->p = piece;
    c->end = piece + size;
    c->last = last;
    do {
        fs_record record;
        w->state = fs_next_record(c, &record);
        CHECK(c->p >= piece && c->p <= c->end && c->offset <= reach);
        if (w->state == FS_MORE_ROOM)
            add_room(c);
        if (w->state == FS_RECORD) {
            CHECK(record.captured <= c->max_record && record.data >= piece);
            CHECK(record.captured <= (size_t)(c->end - record.data));
            w->sums[w->count] = sum_of(record.data, record.captured);
            record.data = NULL;
            w->records[w->count++] = record;
        }
        if (w->state == FS_MORE_BYTES)
            CHECK(!last && c->wanted > (size_t)(c->end - c->p));
    } while ((w->state == FS_RECORD || w->state == FS_MORE_ROOM) && w->count < RECORDS_MAX);
    free(piece);
}

static void check_same(const walk *a, const walk *b)
{
    CHECK(a->count == b->count && a->state == b->state);
    for (size_t i = 0; i < a->count; i++) {
        const fs_record *left = &a->records[i], *right = &b->records[i];
        CHECK(left->timestamp_ns == right->timestamp_ns && left->captured == right->captured);
        CHECK(left->wire_length == right->wire_length && left->link == right->link);
        CHECK(a->sums[i] == b->sums[i]);
    }
    const fs_capture *left = &a->capture, *right = &b->capture;
    CHECK(left->offset == right->offset);
    if (a->state == FS_CAPTURE_STOPPED) {
        CHECK(left->stop == right->stop && left->stop_offset == right->stop_offset);
        CHECK(left->stop_first == right->stop_first && left->stop_second == right->stop_second);
    }
}

/* The same walk into columns: as many rows, with the same times and lengths. */
static void check_columns(const walk *whole, const uint8_t *rules, const uint8_t *file, size_t size)
{
    static walk again;
    static fs_sink sink;
    begin(&again, rules);
    memset(&sink, 0, sizeof sink);
    fs_capture *c = &again.capture;
    uint8_t *copy = malloc(size + !size);
    memcpy(copy, file, size);
    c->p = copy;
    c->end = copy + size;
    c->last = true;
    sink.verify = sink.addresses = true;
    sink.room = whole->count;
    for (size_t n = 0; n < FS_COLUMNS; n++)
        sink.memory[n] = malloc(whole->count * fs_columns[n].size + 1);
    fs_walked state = FS_MORE_ROOM;
    while (state == FS_MORE_ROOM) {
        state = fs_run_capture(c, &sink);
        if (state == FS_MORE_ROOM)
            add_room(c);
    }
    CHECK(sink.rows == whole->count && sink.pending == 0);
    for (size_t row = 0; row < sink.rows; row++) {
        CHECK(((const int64_t *)sink.memory[0])[row] == whole->records[row].timestamp_ns);
        CHECK(((const uint32_t *)sink.memory[1])[row] == whole->records[row].wire_length);
        CHECK(((const uint32_t *)sink.memory[2])[row] == whole->records[row].captured);
    }
    for (size_t n = 0; n < FS_COLUMNS; n++)
        free(sink.memory[n]);
    free(c->interfaces);
    free(copy);
}

/* Two parts, cut at a likely start: if the first ends there, they are the whole. */
static void check_parts(const walk *whole, const uint8_t *rules, const uint8_t *file, size_t size)
{
    static walk again;
    fs_record record;
    begin(&again, rules);
    uint8_t *copy = malloc(size + !size);
    memcpy(copy, file, size);
    fs_capture *c = &again.capture, rest;
    c->p = copy;
    c->end = copy + size;
    size_t rows = 0, count = 0;
    fs_walked state;
    while ((state = fs_next_record(c, &record)) == FS_MORE_ROOM)
        add_room(c);
    if (state == FS_RECORD) {
        rows = 1;
        const uint8_t *at = c->p + (size_t)(c->end - c->p) * rules[5] / 256;
        const uint8_t *last = c->p, *start = at < c->end
            ? fs_likely_start(c, at, c->end, record.timestamp_ns) : NULL;
        if (start != NULL) {
            CHECK(start >= at && start < c->end);
            c->fixed = true;
            rest = *c;
            rest.offset += (uint64_t)(start - c->p);
            rest.p = start;
            rest.last = true;
            c->end = start;
            fs_count_records(c, &rows, &last);
            CHECK(last <= c->p && c->p <= start);
            if (c->p == start && !c->skipped) {
                last = start;
                state = fs_count_records(&rest, &count, &last);
                CHECK(last >= start && last <= rest.p);
                CHECK(rows + count <= whole->count);
                CHECK(state == FS_MORE_ROOM || rows + count == whole->count);
                CHECK(state == FS_MORE_ROOM || (state == whole->state &&
                                                rest.offset == whole->capture.offset));
            }
        }
    }
    free(c->interfaces);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static walk whole, pieces;
    if (size < RULES)
        return 0;
    const uint8_t *rules = data, *file = data + RULES;
    size -= RULES;

    begin(&whole, rules);
    go_on(&whole, file, size, true);
    begin(&pieces, rules);
    /* Cuts by a small generator: they must not come out of the file that they cut. */
    uint32_t state = rules[3];
    pieces.state = FS_MORE_BYTES;
    for (size_t reach = 0; reach < size && pieces.state == FS_MORE_BYTES;
         reach += 1 + (state >> 16) % (1 + rules[4] % 64)) {
        go_on(&pieces, file, reach, false);
        state = state * 1103515245 + 12345;
    }
    if (pieces.state == FS_MORE_BYTES)
        go_on(&pieces, file, size, true);
    if (whole.count < RECORDS_MAX) {
        check_same(&whole, &pieces);
        check_columns(&whole, rules, file, size);
        check_parts(&whole, rules, file, size);
    }
    free(whole.capture.interfaces);
    free(pieces.capture.interfaces);
    return 0;
}
