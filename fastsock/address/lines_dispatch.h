/* The one place where a kernel is picked: for a run over lines, and for one text. */
#ifndef FASTSOCK_LINES_DISPATCH_H
#define FASTSOCK_LINES_DISPATCH_H

#include "fastsock/address/lines.h"
#include "fastsock/address/lines_sse41.h"

static int fs_use_sse41;

/* Set once, at import. Interpreters of one process agree: the processor and the environment are
 * the same for all. */
static inline void fs_choose_kernel(int sse41)
{
    fs_use_sse41 = sse41;
}

static inline void fs_run_kernel(fs_lines *run, fs_kind kind)
{
#ifdef FASTSOCK_HAVE_SSE41
    if (fs_use_sse41) {
        fs_lines_sse41(run, kind);
        return;
    }
#endif
    fs_lines_scalar(run, kind);
}

/* Whether a text is an address of the kind and nothing else; then its record is written. */
FS_ALWAYS_INLINE int fs_parse_item(fs_kind kind, const uint8_t *p, size_t size, uint8_t *out)
{
#ifdef FASTSOCK_HAVE_SSE41
    if (fs_use_sse41 && fs_item_sse41(kind, p, size, out))
        return 1;
#endif
    return fs_parse(kind, p, p + size, out) == p + size;
}

#endif
