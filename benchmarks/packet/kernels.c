/* The packet kernels alone, without Python: the best of nine runs over a capture file.
 * `make kernels` writes the file, builds and runs this. */
#include "fastsock/checksums/checksum.h"
#include "fastsock/capture/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 9, FILE_HEADER = 24, RECORD_HEADER = 16 };
static const size_t SIZES[] = {20, 40, 576, 1460, 1 << 16, 1 << 20, 1 << 25};

typedef struct {
    const uint8_t *data;
    size_t size;
} blob;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static blob read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        abort();
    const size_t size = (size_t)ftell(file);
    uint8_t *data = malloc(size);
    rewind(file);
    if (data == NULL || fread(data, 1, size, file) != size)
        abort();
    fclose(file);
    return (blob){data, size};
}

/* Handle a record: its result goes into a sum, so that no run is optimised away. */
typedef uint64_t (*each)(const uint8_t *data, size_t captured, uint64_t wire_length);

static uint64_t nothing(const uint8_t *data, size_t captured, uint64_t wire_length)
{
    (void)data;
    return captured + wire_length;
}

static uint64_t decode(const uint8_t *data, size_t captured, uint64_t wire_length)
{
    fs_packet packet;
    fs_decode(data, captured, wire_length, FS_LINK_ETHERNET, 0, &packet);
    return packet.status + packet.sport + packet.payload_offset;
}

static uint64_t decode_and_verify(const uint8_t *data, size_t captured, uint64_t wire_length)
{
    fs_packet packet;
    fs_decode(data, captured, wire_length, FS_LINK_ETHERNET, 1, &packet);
    return packet.checksum_status + packet.sport + packet.payload_offset;
}

/* Up to `most` records of a file; returns how many there were. */
static size_t walk(blob file, size_t most, each function, uint64_t *total)
{
    size_t count = 0;
    for (size_t at = FILE_HEADER; at + RECORD_HEADER <= file.size && count < most; count++) {
        const uint8_t *record = file.data + at;
        const size_t captured = le32(record + 8);
        *total += function(record + RECORD_HEADER, captured, le32(record + 12));
        at += RECORD_HEADER + captured;
    }
    return count;
}

static void show_walk(const char *name, blob file, size_t most, each function)
{
    double best = 1e18;
    uint64_t total = 0;
    size_t count = 0;
    for (int i = 0; i < RUNS; i++) {
        const double start = now();
        count = walk(file, most, function, &total);
        const double took = now() - start;
        best = took < best ? took : best;
    }
    printf("%-20s%12zu%12.1f\n", name, count, best / (double)count);
    if (total == 1)
        abort();
}

static void show_sum(blob file, size_t size)
{
    double best = 1e18;
    uint64_t total = 0;
    const size_t calls = size < 1 << 16 ? (1 << 26) / (size + 100) : 1 + (1 << 26) / size;
    if (size > file.size)
        return;
    for (int i = 0; i < RUNS; i++) {
        const double start = now();
        for (size_t n = 0; n < calls; n++) {
            total += fs_sum(file.data + (n & 1), size - (n & 1));
            __asm__ volatile("" : "+r"(total));
        }
        const double took = now() - start;
        best = took < best ? took : best;
    }
    printf("%-20s%12zu%12.1f%12.1f\n", "checksum", size, best / (double)calls,
           (double)size * (double)calls / best);
}

/* Records into so many columns, the first ones of all; their memory has been written to before. */
static void show_columns(const char *name, blob file, size_t most, size_t columns, bool verify)
{
    static fs_sink sink;
    double best = 1e18;
    memset(&sink, 0, sizeof(sink));
    sink.verify = verify;
    sink.addresses = true;
    sink.room = most < file.size / RECORD_HEADER ? most : file.size / RECORD_HEADER;
    for (size_t i = 0; i < columns; i++)
        if ((sink.memory[i] = malloc(sink.room * fs_columns[i].size)) == NULL)
            abort();
    for (int i = 0; i < RUNS; i++) {
        fs_capture capture = {.p = file.data + FILE_HEADER,
                              .end = file.data + file.size,
                              .last = true,
                              .offset = FILE_HEADER,
                              .max_record = 262144,
                              .header = RECORD_HEADER,
                              .fraction = 1000,
                              .link = FS_LINK_ETHERNET};
        sink.rows = 0;
        const double start = now();
        fs_run_capture(&capture, &sink);
        const double took = now() - start;
        best = took < best ? took : best;
    }
    printf("%-20s%12zu%12.1f\n", name, sink.rows, best / (double)sink.rows);
    for (size_t i = 0; i < columns; i++)
        free(sink.memory[i]);
}

static void show_walks(blob file, size_t most)
{
    show_walk("records alone", file, most, nothing);
    show_walk("decode", file, most, decode);
    show_walk("decode, verify", file, most, decode_and_verify);
    show_columns("28 columns", file, most, 28, false);
    show_columns("28 columns, verify", file, most, 28, true);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    const blob file = read_whole(arguments[1]);
    printf("\n%-20s%12s%12s%12s\n", "ns a call", "bytes", "", "GB/s");
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(*SIZES); i++)
        show_sum(file, SIZES[i]);
    printf("\n%-20s%12s%12s\n", "ns a packet", "packets", "");
    show_walks(file, 4709); /* stays in the cache of a core, or nearly */
    show_walks(file, SIZE_MAX);
    return 0;
}
