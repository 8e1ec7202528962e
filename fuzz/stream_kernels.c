/* Segmentation target over the framing kernel, without Python: frames don't depend on cuts.
 *
 * The front of the input makes a framer and its limits, the rest is a stream. It is walked once as
 * a whole and once in pieces that grow; both walks must find the same frames and the same end.
 * Then each frame is encoded: what the encoder does not refuse must come back as it was.
 * Every step gets a block of exactly its bytes, so ASan sees any read or write outside of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "fastsock/stream/encode.h"

enum { FRAMES_MAX = 4096, SEPARATORS_MAX = 3, SEPARATOR_MAX = 4, AROUND_MAX = 2, WRITTEN_MAX = 1 << 20 };

/* What is left of the input. It gives zeros when it is used up. */
typedef struct {
    const uint8_t *p;
    size_t size;
} source;

static uint8_t draw(source *from)
{
    if (from->size == 0)
        return 0;
    from->size--;
    return *from->p++;
}

/* Small numbers as they are, and those at which sums wrap. */
static uint64_t draw_size(source *from)
{
    static const uint64_t edges[] = {0, 1, UINT32_MAX, UINT64_C(1) << 61, UINT64_C(1) << 62};
    const uint8_t one = draw(from);
    return one < 250 ? one % 64 : edges[one - 250 < 5 ? one - 250 : 4];
}

typedef struct {
    fs_framer framer;
    fs_separator separators[SEPARATORS_MAX];
    uint8_t texts[SEPARATORS_MAX][SEPARATOR_MAX];
    uint8_t around[3][AROUND_MAX];
    size_t max_size;
} rules;

static int longer(const void *a, const void *b)
{
    const size_t left = ((const fs_separator *)a)->size, right = ((const fs_separator *)b)->size;
    return (left < right) - (left > right);
}

/* Separators of few letters, so that they overlap and the stream holds them. */
static void draw_separators(source *from, rules *made)
{
    fs_framer *framer = &made->framer;
    framer->count = 1 + draw(from) % SEPARATORS_MAX;
    for (size_t i = 0; i < framer->count; i++) {
        fs_separator *one = &made->separators[i];
        one->text = made->texts[i];
        one->size = 1 + draw(from) % SEPARATOR_MAX;
        for (size_t k = 0; k < one->size; k++)
            made->texts[i][k] = "\n\r;a"[draw(from) % 4];
        framer->ends[one->text[one->size - 1]] = 1;
    }
    qsort(made->separators, framer->count, sizeof made->separators[0], longer);
    framer->separators = made->separators;
    framer->longest = made->separators[0].size;
    framer->common = made->separators[0].text[framer->longest - 1];
    for (size_t i = 0; i < framer->count; i++)
        if (made->separators[i].text[made->separators[i].size - 1] != framer->common)
            framer->common = -1;
}

/* A short text of the letters that stand around a length. */
static fs_separator draw_around(source *from, uint8_t *text, size_t least)
{
    const size_t size = least + draw(from) % (AROUND_MAX + 1 - least);
    for (size_t i = 0; i < size; i++)
        text[i] = ":,\r\n$ "[draw(from) % 6];
    return (fs_separator){text, size};
}

/* Lengths in text. `end` may be missing only where the number of digits is fixed. */
static void draw_text(source *from, rules *made, uint8_t flags)
{
    fs_framer *framer = &made->framer;
    const uint8_t choice = draw(from);
    framer->hex = choice & 1;
    framer->most_digits = 1 + draw(from) % (framer->hex ? 15 : 18);
    framer->least_digits = choice & 2 ? framer->most_digits : 1;
    framer->zeros = choice & 6; /* a fixed number of digits has zeros in front */
    framer->markers = choice & 8 ? draw(from) % 8 : 0;
    framer->prefix = draw_around(from, made->around[0], 0);
    framer->stop = draw_around(from, made->around[1], framer->least_digits == 1);
    framer->trailer = draw_around(from, made->around[2], 0);
    const int plain = framer->stop.size && framer->stop.text[0] != ' ';
    framer->extensions = choice & 16 && plain;
    framer->adjust = draw(from) % 16;
    if (flags & 64)
        framer->adjust = -framer->adjust;
}

/* A framer that the constructors would let pass. */
static void draw_rules(source *from, rules *made)
{
    fs_framer *framer = &made->framer;
    memset(made, 0, sizeof *made);
    framer->kind = (fs_framing)(draw(from) % FS_OWN);
    const uint8_t flags = draw(from);
    framer->keep = flags & 1;
    framer->last = flags >> 1 & 1;
    framer->little = flags >> 2 & 1;
    framer->negative = flags >> 3 & 1;
    framer->max_frame = flags & 16 ? draw_size(from) : INT64_MAX;
    made->max_size = flags & 32 ? 1 + draw(from) : (size_t)PTRDIFF_MAX / 4;
    switch (framer->kind) {
    case FS_LENGTH_PREFIX:
        framer->width = 1 + draw(from) % 8;
        framer->header = framer->width + draw(from) % 8;
        framer->adjust = (int64_t)draw_size(from);
        if (flags & 64)
            framer->adjust = -framer->adjust;
        framer->strip = flags & 128 ? draw_size(from) : framer->header;
        break;
    case FS_FIXED:
        framer->max_frame = draw_size(from);
        framer->max_frame += framer->max_frame == 0;
        break;
    case FS_TEXT:
        draw_text(from, made, flags);
        break;
    case FS_DELIMITER:
        draw_separators(from, made);
        framer->written = made->separators[draw(from) % framer->count];
        break;
    default:
        break;
    }
}

/* What a walk has found so far, by offsets from the start of the stream. */
typedef struct {
    size_t count, at, scan;
    fs_found found;
    fs_frame frames[FRAMES_MAX], stop;
} walk;

/* Go on with a walk, over the first `reach` bytes. */
static void go_on(walk *w, const rules *by, const uint8_t *stream, size_t reach, int at_end)
{
    w->found = FS_MORE;
    while (w->at < reach && w->count < FRAMES_MAX) {
        const size_t size = reach - w->at;
        uint8_t *block = malloc(size);
        memcpy(block, stream + w->at, size);
        fs_frame frame = {.scan = w->scan};
        w->found = fs_next_frame(&by->framer, block, size, by->max_size, at_end, &frame);
        free(block);
        w->scan = frame.scan;
        w->stop = frame;
        if (w->found != FS_FRAME)
            return;
        CHECK(frame.start <= frame.end && frame.end <= frame.next);
        CHECK(frame.next > 0 && frame.next <= size);
        frame.start += w->at, frame.end += w->at, frame.next += w->at;
        w->frames[w->count++] = frame;
        w->at = frame.next;
        w->scan = 0;
        w->found = FS_MORE;
    }
}

/* The same frames and the same stop, some frames at a time. */
static void check_blocks(const walk *whole, const rules *by, const uint8_t *stream, size_t size,
                         size_t room)
{
    fs_frame frame = {0};
    fs_found found = FS_FRAME;
    size_t at = 0, seen = 0, count;
    uint8_t *block = malloc(size + !size);
    fs_span *spans = malloc(room * sizeof *spans);
    memcpy(block, stream, size);
    while (found == FS_FRAME && at < size && seen < whole->count) {
        found = fs_next_frames(&by->framer, block, size, by->max_size, 1, &frame, spans, room,
                               &count, &at);
        CHECK(count <= room && at <= size && (count || found != FS_FRAME));
        CHECK(found != FS_FRAME || frame.scan == 0);
        for (size_t i = 0; i < count && seen < whole->count; i++, seen++) {
            CHECK(spans[i].start == whole->frames[seen].start);
            CHECK(spans[i].end == whole->frames[seen].end);
        }
    }
    CHECK(seen == whole->count);
    if (whole->count < FRAMES_MAX && whole->at < size) {
        if (found == FS_FRAME)
            found = fs_next_frames(&by->framer, block, size, by->max_size, 1, &frame, spans, room,
                                   &count, &at);
        CHECK(found == whole->found && at == whole->at && frame.total == whole->stop.total);
    }
    free(block);
    free(spans);
}

static void check_same(const walk *a, const walk *b)
{
    CHECK(a->count == b->count && a->at == b->at && a->found == b->found);
    for (size_t i = 0; i < a->count; i++) {
        const fs_frame *left = &a->frames[i], *right = &b->frames[i];
        CHECK(left->start == right->start && left->end == right->end);
        CHECK(left->next == right->next);
    }
    if (a->found == FS_TOO_LARGE || a->found == FS_NEGATIVE)
        CHECK(a->stop.declared == b->stop.declared);
    if (a->found == FS_TOO_LARGE || a->found == FS_OVERRUN)
        CHECK(a->stop.limit == b->stop.limit);
    if (a->found == FS_TOO_LARGE || a->found == FS_STRIPPED)
        CHECK(a->stop.total == b->stop.total);
}

/* The size of the longest separator that ends at `end` and starts at `floor` or after; or 0. */
static size_t separator_before(const rules *by, const uint8_t *stream, size_t floor, size_t end)
{
    for (size_t i = 0; i < by->framer.count; i++) {
        const fs_separator *one = &by->separators[i];
        if (one->size <= end - floor && memcmp(stream + end - one->size, one->text, one->size) == 0)
            return one->size;
    }
    return 0;
}

/* Delimited frames by the book: no separator ends earlier than the one that ends a frame. */
static void check_delimited(const walk *w, const rules *by, const uint8_t *stream, size_t size)
{
    size_t floor = 0;
    for (size_t i = 0; i < w->count; i++) {
        const fs_frame *frame = &w->frames[i];
        const size_t dropped = separator_before(by, stream, floor, frame->next);
        for (size_t end = floor + 1; end < frame->next; end++)
            CHECK(separator_before(by, stream, floor, end) == 0);
        CHECK(dropped != 0 || (by->framer.last && frame->next == size));
        CHECK(frame->next - dropped - floor <= by->framer.max_frame);
        CHECK(frame->end == (by->framer.keep ? frame->next : frame->next - dropped));
        floor = frame->next;
    }
}

/* Encode a body. What is not refused must come back alone, and whole. */
static void check_encoder(const rules *by, const uint8_t *body, size_t size)
{
    const fs_framer *framer = &by->framer;
    fs_layout layout;
    if (fs_lay_out(framer, size, &layout) != FS_WRITTEN)
        return;
    CHECK(layout.before + size <= layout.total);
    if (layout.total > WRITTEN_MAX) /* `strip` may ask for more than any memory holds */
        return;
    uint8_t *out = malloc((size_t)layout.total);
    const fs_unwritten told = fs_encode(framer, &layout, body, size, out, by->max_size);
    CHECK(told == FS_WRITTEN || told == FS_UNWRITTEN_LIMIT || !fs_sure(framer));
    if (told == FS_WRITTEN) {
        fs_frame frame = {.scan = 0};
        const fs_found found =
            fs_next_frame(framer, out, (size_t)layout.total, by->max_size, 1, &frame);
        CHECK(found == FS_FRAME && frame.next == layout.total);
        CHECK(frame.end - frame.start == size);
        CHECK(size == 0 || memcmp(out + frame.start, body, size) == 0);
    }
    free(out);
}

/* Frames whose header is written as it came can be written again. */
static int written_alike(const fs_framer *framer)
{
    switch (framer->kind) {
    case FS_VARINT: /* longer forms come back as the shortest, which may lie beyond no limit */
    case FS_FIXED:
        return 1;
    default:
        return 0;
    }
}

static void check_encoders(const walk *w, const rules *by, const uint8_t *stream)
{
    for (size_t i = 0; i < w->count; i++) {
        const size_t start = w->frames[i].start, size = w->frames[i].end - start;
        fs_layout layout;
        CHECK(!written_alike(&by->framer) || fs_lay_out(&by->framer, size, &layout) == FS_WRITTEN);
        check_encoder(by, stream + start, size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static walk whole, pieces;
    rules by;
    source from = {data, size};
    draw_rules(&from, &by);
    const uint8_t step = draw(&from);

    whole.count = whole.at = whole.scan = 0;
    pieces.count = pieces.at = pieces.scan = 0;
    go_on(&whole, &by, from.p, from.size, 1);
    /* Cuts by a small generator: they must not come out of the stream that they cut. */
    uint32_t state = step;
    for (size_t reach = 0; reach < from.size; reach += 1 + (state >> 16) % (1 + step % 16)) {
        go_on(&pieces, &by, from.p, reach, 0);
        state = state * 1103515245 + 12345;
    }
    go_on(&pieces, &by, from.p, from.size, 1);
    check_same(&whole, &pieces);
    check_blocks(&whole, &by, from.p, from.size, 1 + step % 7);
    if (by.framer.kind == FS_DELIMITER)
        check_delimited(&whole, &by, from.p, from.size);
    check_encoders(&whole, &by, from.p);
    if (from.size <= 256)
        check_encoder(&by, from.p, from.size);
    return 0;
}
