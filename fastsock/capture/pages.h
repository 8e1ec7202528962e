/* Memory that is about to be filled, in large pages where the system has some to give. */
#ifndef FASTSOCK_PAGES_H
#define FASTSOCK_PAGES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { FS_LARGE_PAGE = 1 << 21, FS_WORTH_LARGE_PAGES = 1 << 22 };

/* Each page is mapped at the first write to it, and at 4 KiB a page that takes longer than it takes
 * to decode the packets that fill it. This is advice: nothing depends on it. */
static inline void fs_want_large_pages(void *memory, size_t size)
{
#if defined(MADV_HUGEPAGE) && !defined(FASTSOCK_PORTABLE)
    if (size < FS_WORTH_LARGE_PAGES)
        return;
    const uintptr_t mask = ~(uintptr_t)(FS_LARGE_PAGE - 1);
    const uintptr_t start = ((uintptr_t)memory + FS_LARGE_PAGE - 1) & mask;
    const uintptr_t end = ((uintptr_t)memory + size) & mask;
    (void)madvise((void *)start, end - start, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)size;
#endif
}

#endif
