/* Differential target over the address kernels, without Python: the scalar and SSE4.1 kernels get
 * the same text, and glibc's own functions say what is right. Aborts on the first difference.
 *
 * The first byte of the input chooses the kind of row and the mode, the rest is the text. libFuzzer
 * hands over a block of exactly that size, so ASan sees any read past the end of it.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "fastsock/_core/cpu.h"
#include "fastsock/address/family.h"
#include "fastsock/address/hostport.h"
#include "fastsock/address/lines_dispatch.h"

enum { TEXT_MAX = 512 }; /* of one address; no right one is as long */

static int use_sse41; /* whether there is a second kernel to compare */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    use_sse41 = fs_cpu_has_sse41();
    return 0;
}

/* What a text is by glibc: 1 and the record, or 0. A C string holds no NUL, nor does an address. */
static int oracle(fs_kind kind, const uint8_t *p, size_t size, uint8_t *out)
{
    char text[TEXT_MAX + 1];
    uint8_t four[4];
    if (size > TEXT_MAX || memchr(p, 0, size) != NULL)
        return 0;
    memcpy(text, p, size);
    text[size] = 0;
    if (kind == FS_V4)
        return inet_pton(AF_INET, text, out) == 1;
    if (kind == FS_ANY && inet_pton(AF_INET, text, four) == 1) {
        fs_map4(four, out);
        return 1;
    }
    return inet_pton(AF_INET6, text, out) == 1;
}

/* A text as a single item, under the kernel that is chosen. */
static void check_item(fs_kind kind, const uint8_t *p, size_t size)
{
    uint8_t want[16], got[16];
    uint8_t *text = malloc(size + 1); /* no room after it: ASan sees an over-read of one */
    memcpy(text + 1, p, size);
    int right = oracle(kind, p, size, want);
    CHECK(fs_parse_item(kind, text + 1, size, got) == right);
    CHECK(!right || memcmp(want, got, fs_record_size(kind)) == 0);
    free(text);
}

/* A text as C's inet_aton has it; Python hands it over whole, so a NUL ends it early here only. */
static void check_aton(const uint8_t *p, size_t size)
{
    char text[TEXT_MAX + 1];
    uint8_t got[4];
    struct in_addr want;
    if (size > TEXT_MAX || memchr(p, 0, size) != NULL)
        return;
    memcpy(text, p, size);
    text[size] = 0;
    int right = inet_aton(text, &want);
    CHECK((fs_parse_aton(p, p + size, got) != NULL) == right);
    CHECK(!right || memcmp(&want, got, 4) == 0);
}

/* Any 16 bytes as text, and back. */
static void check_format(const uint8_t *packed)
{
    char want[INET6_ADDRSTRLEN];
    uint8_t text[FS_TEXT6_MAX + 1], back[16];
    size_t size = fs_format6(packed, text);
    CHECK(inet_ntop(AF_INET6, packed, want, sizeof want) != NULL);
    CHECK(size == strlen(want) && memcmp(text, want, size) == 0);
    CHECK(fs_parse6(text, text + size, back) == text + size && memcmp(back, packed, 16) == 0);
    size = fs_format4(packed, text);
    CHECK(inet_ntop(AF_INET, packed, want, sizeof want) != NULL);
    CHECK(size == strlen(want) && memcmp(text, want, size) == 0);
    CHECK(fs_parse4(text, text + size, back) == text + size && memcmp(back, packed, 4) == 0);
}

/* A run of one kernel: its records and flags, in blocks of exactly their size. */
typedef struct {
    fs_lines run;
    uint8_t *out, *valid;
} result;

static result run(int sse41, fs_kind kind, int mask, const uint8_t *p, size_t size)
{
    result r = {{p, p + size, NULL, NULL, 0, fs_count_lines(p, p + size), 0, NULL}, NULL, NULL};
    /* One more than asked for: malloc(0) may be NULL, which means "strict" as flags. */
    r.run.out = r.out = malloc(r.run.rows * fs_record_size(kind) + 1);
    r.valid = malloc(r.run.rows + 1);
    r.run.valid = mask ? r.valid : NULL;
    r.out[r.run.rows * fs_record_size(kind)] = r.valid[r.run.rows] = 0xa5;
    fs_choose_kernel(sse41);
    fs_run_kernel(&r.run, kind);
    CHECK(strcmp(r.run.kernel, sse41 ? "sse41" : "scalar") == 0);
    CHECK(r.out[r.run.rows * fs_record_size(kind)] == 0xa5 && r.valid[r.run.rows] == 0xa5);
    return r;
}

/* The same rows by the book: split at newlines, drop one '\r', ask glibc. */
static void check_rows(const result *r, fs_kind kind, int mask, const uint8_t *p, size_t size)
{
    const uint8_t *end = p + size;
    const size_t record = fs_record_size(kind);
    size_t row = 0;
    for (; p != end; row++) {
        const uint8_t *newline = memchr(p, '\n', (size_t)(end - p));
        const uint8_t *stop = newline != NULL ? newline : end;
        const uint8_t *next = newline != NULL ? newline + 1 : end;
        if (newline != NULL && stop != p && stop[-1] == '\r')
            stop--;
        uint8_t want[16] = {0};
        int right = oracle(kind, p, (size_t)(stop - p), want);
        if (!right && !mask) {
            CHECK(r->run.row == row && r->run.p == p);
            return;
        }
        CHECK(row < r->run.row);
        CHECK(memcmp(r->out + row * record, want, record) == 0);
        CHECK(!mask || r->valid[row] == right);
        p = next;
    }
    CHECK(r->run.row == row && row == r->run.rows && r->run.p == end);
}

/* A host and port that were found can be written, and are all that the text has but brackets. */
static void check_hostport(const uint8_t *p, size_t size)
{
    fs_hostport found;
    uint8_t digits[FS_PORT_DIGITS];
    int bracketed;
    const uint8_t *end = p + size;
    const fs_hostport_fault fault = fs_parse_hostport(p, end, &found);
    CHECK((fault == FS_HOSTPORT_PORT) <= (found.digits != NULL));
    if (fault != FS_HOSTPORT_GOOD)
        return;
    CHECK(p <= found.host && found.host <= found.host_end && found.host_end <= end);
    CHECK(fs_check_host(found.host, found.host_end, &bracketed) == FS_HOSTPORT_GOOD);
    CHECK(bracketed || p == found.host);
    if (found.digits != NULL) {
        unsigned again = 0;
        const int written = fs_format_port(found.port, digits);
        CHECK(found.port <= FS_PORT_MAX && found.digits < end && found.digits[-1] == ':');
        CHECK(fs_parse_port(digits, digits + written, &again) && again == found.port);
        CHECK(written <= end - found.digits);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const fs_kind kind = (fs_kind)(data[0] % 3);
    const int mask = data[0] >> 2 & 1;
    data++, size--;

    for (int sse41 = 0; sse41 <= use_sse41; sse41++) {
        result r = run(sse41, kind, mask, data, size);
        check_rows(&r, kind, mask, data, size);
        free(r.out);
        free(r.valid);
        check_item(kind, data, size); /* under the kernel that run() chose */
    }
    check_aton(data, size);
    check_hostport(data, size);
    if (size >= 16)
        check_format(data);
    return 0;
}
