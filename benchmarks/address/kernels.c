/* The line kernels alone, without Python: nanoseconds a row, the best of 200 runs.
 * `make kernels` builds and runs it; docs/decisions.md shows what it printed. */
#include "fastsock/_core/cpu.h"
#include "fastsock/address/lines_dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 100000, RUNS = 200 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint8_t random_byte(void)
{
    return (uint8_t)(rand() >> 7);
}

/* Eight full groups, but for one in sixteen digits that happens to be a leading zero. */
static void full_groups(uint8_t *packed)
{
    for (int i = 0; i < 16; i++)
        packed[i] = random_byte();
}

/* Eight groups of one to four digits, each as likely. */
static void mixed_groups(uint8_t *packed)
{
    full_groups(packed);
    for (int i = 0; i < 16; i += 2) {
        const int digits = 1 + (rand() >> 9 & 3);
        packed[i] = digits < 3 ? 0 : digits < 4 ? packed[i] & 15 : packed[i];
        packed[i + 1] = digits < 2 ? packed[i + 1] & 15 : packed[i + 1];
    }
}

static double best_run(fs_kind kind, int sse41, const uint8_t *text, size_t size, uint8_t *out)
{
    double best = 1e18;
    fs_choose_kernel(sse41);
    for (int i = 0; i < RUNS; i++) {
        fs_lines run = {.p = text, .end = text + size, .out = out, .rows = ROWS};
        const double start = now();
        fs_run_kernel(&run, kind);
        const double took = now() - start;
        best = took < best ? took : best;
        if (run.row != ROWS)
            abort();
    }
    return best / ROWS;
}

static void show(const char *name, fs_kind kind, void (*fill)(uint8_t *))
{
    const size_t record = fs_record_size(kind);
    uint8_t *text = malloc((size_t)ROWS * (FS_TEXT6_MAX + 1)), *p = text;
    uint8_t *expected = malloc(ROWS * record), *out = malloc(ROWS * record);
    if (text == NULL || expected == NULL || out == NULL)
        abort();
    srand(1);
    for (size_t i = 0; i < ROWS; i++) {
        uint8_t packed[16];
        fill(packed);
        memcpy(expected + i * record, packed, record);
        p += kind == FS_V4 ? fs_format4(packed, p) : fs_format6(packed, p);
        *p++ = '\n';
    }
    double times[2] = {0, 0};
    for (int sse41 = 0; sse41 <= fs_cpu_has_sse41(); sse41++) {
        times[sse41] = best_run(kind, sse41, text, (size_t)(p - text), out);
        if (memcmp(out, expected, ROWS * record) != 0)
            abort();
    }
    printf("%-45s%8.1f%8.1f\n", name, times[0], times[1]);
    free(text);
    free(expected);
    free(out);
}

int main(void)
{
    printf("%-45s%8s%8s\n", "ns a row (" FS_COMPILER ")", "scalar", "sse41");
    show("IPv4 lines", FS_V4, full_groups);
    show("IPv6 lines, eight full groups", FS_V6, full_groups);
    show("IPv6 lines, groups of one to four digits", FS_V6, mixed_groups);
    return 0;
}
