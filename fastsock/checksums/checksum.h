/* The Internet checksum, RFC 1071. */
#ifndef FASTSOCK_CHECKSUM_H
#define FASTSOCK_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t fs_load32(const uint8_t *data)
{
    uint32_t word;
    memcpy(&word, data, 4);
    return word;
}

/* Fold a sum of 16-bit words, with its carries above, to 16 bits. */
static inline uint32_t fs_sum_fold(uint64_t sum)
{
    sum = (sum & 0xFFFFFFFF) + (sum >> 32); /* at most 33 bits */
    sum = (sum & 0xFFFF) + (sum >> 16);     /* at most 18 bits */
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint32_t)((sum & 0xFFFF) + (sum >> 16));
}

/* The sum of `size` bytes as big-endian 16-bit words, folded; an odd last byte is padded by a zero.
 *
 * Words are added as the machine loads them, two at a time, for a ones' complement sum does not
 * depend on byte order (RFC 1071 section 2B): the folded sum is swapped once, at the end. Four
 * accumulators of 64 bits hide the latency of the additions, and can't overflow before 2^32 loads
 * each, which is more than 64 GiB. */
static inline uint32_t fs_sum(const uint8_t *data, size_t size)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; size >= 16; data += 16, size -= 16) {
        a += fs_load32(data);
        b += fs_load32(data + 4);
        c += fs_load32(data + 8);
        d += fs_load32(data + 12);
    }
    if (size & 8) {
        a += fs_load32(data);
        b += fs_load32(data + 4);
        data += 8;
    }
    if (size & 4) {
        c += fs_load32(data);
        data += 4;
    }
    uint8_t rest[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < (size & 3); i++)
        rest[i] = data[i];
    d += fs_load32(rest);
    uint32_t sum = fs_sum_fold((a & 0xFFFFFFFF) + (a >> 32) + (b & 0xFFFFFFFF) + (b >> 32) +
                               (c & 0xFFFFFFFF) + (c >> 32) + (d & 0xFFFFFFFF) + (d >> 32));
    const uint16_t one = 1;
    uint8_t little;
    memcpy(&little, &one, 1);
    return little ? ((sum & 0xFF) << 8) | (sum >> 8) : sum;
}

/* The bit of a running sum that says: an odd number of bytes so far. Below it is the folded sum. */
#define FS_SUM_ODD (UINT64_C(1) << 32)

/* A running sum, with `size` bytes added whose own sum is `sum`. */
static inline uint64_t fs_sum_join(uint64_t running, uint32_t sum, size_t size)
{
    if (running & FS_SUM_ODD) /* each byte is the other one of its word */
        sum = ((sum & 0xFF) << 8) | (sum >> 8);
    sum = fs_sum_fold((running & 0xFFFFFFFF) + sum);
    return sum | ((running ^ (uint64_t)size << 32) & FS_SUM_ODD);
}

/* RFC 1624, equation 3: a checksum after fields whose sum was `old` have got the sum `new_`. */
static inline uint32_t fs_checksum_update(uint32_t checksum, uint32_t old, uint32_t new_)
{
    return ~fs_sum_fold((uint64_t)(~checksum & 0xFFFF) + (~old & 0xFFFF) + new_) & 0xFFFF;
}

#endif
