/* Zeroed memory that starts at a cache line, in huge pages where it is large. */
#ifndef FASTSOCK_PREFIX_BLOCK_H
#define FASTSOCK_PREFIX_BLOCK_H

#include <stdint.h>
#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { FS_LINE = 64, FS_HUGE = 2 << 20 };

/* Allocate the block. `raw` receives the pointer for free(). A walk through a large tree misses the
 * TLB at each level; pages of 2 MiB avoid that. */
static inline uint8_t *fs_block_new(size_t size, void **raw)
{
    const size_t align = size >= 2 * (size_t)FS_HUGE ? FS_HUGE : FS_LINE;
    *raw = size <= SIZE_MAX - align ? calloc(1, size + align) : NULL;
    if (*raw == NULL)
        return NULL;
    uint8_t *block = (uint8_t *)(((uintptr_t)*raw + align - 1) & ~(uintptr_t)(align - 1));
#if defined(MADV_HUGEPAGE) && !defined(FASTSOCK_PORTABLE)
    if (align == FS_HUGE) /* advice only: whole pages inside the block */
        (void)madvise(block, size & ~(size_t)(FS_HUGE - 1), MADV_HUGEPAGE);
#endif
    return block;
}

#endif
