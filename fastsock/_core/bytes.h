/* Copies of a few bytes: a call of memcpy costs more than an address. */
#ifndef FASTSOCK_COPY_H
#define FASTSOCK_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FS_COPY_MAX = 48 };

/* Copy less than 16 bytes, in pieces of fixed size that overlap where `size` is no multiple. */
static inline void fs_copy_short(uint8_t *to, const uint8_t *from, size_t size)
{
    if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = from[i];
    }
}

/* Copy up to FS_COPY_MAX bytes, likewise. */
static inline void fs_copy(uint8_t *to, const uint8_t *from, size_t size)
{
    if (size < 16) {
        fs_copy_short(to, from, size);
        return;
    }
    if (size > 32)
        memcpy(to + 16, from + 16, 16);
    memcpy(to, from, 16);
    memcpy(to + size - 16, from + size - 16, 16);
}

#endif
