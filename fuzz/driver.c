/* A main for the kernel targets where there is no libFuzzer: on emulated and cross-compiled
 * processors. Runs every seed, and variants of it: driver VARIANTS SEED...
 *
 * Compile it with one `*_kernels.c`. The variants are the same on every machine.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { LARGEST = 1 << 16, MOST_CHANGES = 4 };

static uint64_t state = 0x9E3779B97F4A7C15;

static uint32_t below(uint32_t limit)
{
    state = state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(state >> 33) % limit;
}

/* Hand over a block of exactly that size, so that a sanitizer sees a read past its end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *block = malloc(size ? size : 1);
    if (block == NULL)
        abort();
    memcpy(block, data, size);
    LLVMFuzzerTestOneInput(block, size);
    free(block);
}

static void run_variants(const uint8_t *seed, size_t size, unsigned count)
{
    static uint8_t variant[LARGEST];
    for (unsigned n = 0; n < count; n++) {
        memcpy(variant, seed, size);
        size_t length = below(4) ? size : below((uint32_t)size + 1);
        for (uint32_t change = below(MOST_CHANGES); length && change--;)
            variant[below((uint32_t)length)] = (uint8_t)below(256);
        run(variant, length);
    }
}

int main(int argc, char **argv)
{
    static uint8_t seed[LARGEST];
    if (argc < 3)
        return 2;
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    const unsigned variants = (unsigned)strtoul(argv[1], NULL, 10);
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL)
            return 2;
        const size_t size = fread(seed, 1, sizeof seed, file);
        fclose(file);
        run(seed, size);
        run_variants(seed, size, variants);
    }
    printf("%d seeds, %u variants of each\n", argc - 2, variants);
    return 0;
}
