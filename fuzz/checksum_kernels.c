/* Checksum kernels against loops by the book: over words for the sum, over bits for the CRC.
 *
 * The first byte says where the rest is cut in two; the pieces must give what the whole gives. Every
 * piece is a block of exactly its bytes, so ASan sees any read outside of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "fastsock/checksums/checksum.h"
#include "fastsock/_core/cpu.h"
#include "fastsock/checksums/crc32c.h"

static uint32_t sum_by_words(const uint8_t *p, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i += 2) {
        sum += (uint32_t)p[i] << 8 | (i + 1 < size ? p[i + 1] : 0);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return sum;
}

static uint32_t crc_by_bits(const uint8_t *p, size_t size)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
    }
    return ~crc;
}

static uint64_t add_piece(uint64_t running, const uint8_t *p, size_t size, uint32_t *crc)
{
    uint8_t *block = malloc(size);
    if (size != 0)
        memcpy(block, p, size);
    running = fs_sum_join(running, fs_sum(block, size), size);
    *crc = fs_crc32c(block, size, *crc);
    free(block);
    return running;
}

/* A 16-bit field of the data changes: the update must be what a sum over all gives. */
static void check_update(uint8_t *p, size_t size, uint8_t choice)
{
    const size_t at = choice % (size - 1) & ~(size_t)1;
    const uint32_t before = ~fs_sum(p, size) & 0xFFFF;
    const uint32_t old = (uint32_t)p[at] << 8 | p[at + 1];
    p[at] ^= choice;
    p[at + 1] = (uint8_t)(p[at + 1] + choice);
    const uint32_t new_ = (uint32_t)p[at] << 8 | p[at + 1];
    if (fs_sum(p, size) != 0) /* no header is all zeros */
        CHECK(fs_checksum_update(before, old, new_) == (~fs_sum(p, size) & 0xFFFF));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const uint8_t choice = *data++;
    const size_t cut = --size != 0 ? choice % (size + 1) : 0;
    const uint32_t sum = sum_by_words(data, size), crc = crc_by_bits(data, size);
    for (int sse42 = 0; sse42 <= fs_cpu_has_sse42(); sse42++) {
        uint32_t pieces = 0;
        fs_choose_crc32c(sse42);
        const uint64_t first = add_piece(0, data, cut, &pieces);
        const uint64_t running = add_piece(first, data + cut, size - cut, &pieces);
        CHECK(running == (sum | (size & 1 ? FS_SUM_ODD : 0)));
        CHECK(pieces == crc);
    }
    if (size >= 2) {
        uint8_t *copy = malloc(size);
        memcpy(copy, data, size);
        check_update(copy, size, choice);
        free(copy);
    }
    return 0;
}
