/* Bytes of the wire: numbers read and written in either order, and copies of a few bytes.
 *
 * Sources may be unaligned, and content that another thread may write is read once. */
#ifndef FASTSOCK_BYTES_H
#define FASTSOCK_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t fs_be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t fs_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t fs_be64(const uint8_t *p)
{
    return (uint64_t)fs_be32(p) << 32 | fs_be32(p + 4);
}

static inline uint32_t fs_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Write a number of 16 bits. Returns where it ends. */
static inline uint8_t *fs_put16(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return out + 2;
}

/* Read a number of `size` bytes, at most 4. */
static inline uint32_t fs_load_be(const uint8_t *data, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | data[i];
    return value;
}

/* Write the low `size` bytes of a number. */
static inline void fs_store_be(uint8_t *data, size_t size, uint32_t value)
{
    for (; size > 0; value >>= 8)
        data[--size] = (uint8_t)value;
}

/* A call of memcpy with a variable size costs more than the copy of an address. */
enum { FS_COPY_MAX = 48 };

/* Copy fewer than 16 bytes, in pieces of fixed size that overlap where `size` is no multiple. */
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
