/* PROXY protocol headers written: the usual ones, of two IP endpoints and nothing else. */
#ifndef FASTSOCK_PROXY_BUILD_H
#define FASTSOCK_PROXY_BUILD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fastsock/_core/bytes.h"
#include "fastsock/address/hostport.h"
#include "fastsock/address/inet6.h"
#include "fastsock/proxy/proxy.h"

/* Room for either header. A line has at most 107 bytes; an address is written in whole words. */
enum { FS_PROXY_BUILT_MAX = 160 };

typedef struct {
    int family; /* version 2's codes: 1 IPv4, 2 IPv6 */
    uint16_t ports[2];
    uint8_t addresses[2][16]; /* packed, source first */
} fs_proxy_ends;

/* Pack the address in [p, end): its family's code, or 0 where it is none. A zone is left out: it has
 * a meaning on this machine alone. */
static inline int fs_proxy_host(const uint8_t *p, const uint8_t *end, uint8_t *out)
{
    const uint8_t *stop = fs_parse4(p, end, out);
    if (stop != NULL && stop == end)
        return 1;
    stop = fs_parse6(p, end, out);
    return stop != NULL && (stop == end || *stop == '%') ? 2 : 0;
}

/* Write the line of version 1. Returns its size. */
static inline size_t fs_build_proxy_v1(const fs_proxy_ends *ends, uint8_t *out)
{
    uint8_t *p = out + 11;
    memcpy(out, ends->family == 1 ? "PROXY TCP4 " : "PROXY TCP6 ", 11);
    for (int i = 0; i < 2; i++) {
        p += ends->family == 1 ? fs_format4(ends->addresses[i], p)
                               : fs_format6(ends->addresses[i], p);
        *p++ = ' ';
    }
    p += fs_format_port(ends->ports[0], p);
    *p++ = ' ';
    p += fs_format_port(ends->ports[1], p);
    *p++ = '\r';
    *p++ = '\n';
    return (size_t)(p - out);
}

/* Write the binary header of version 2, command PROXY. Returns its size. */
static inline size_t fs_build_proxy_v2(const fs_proxy_ends *ends, int transport, uint8_t *out)
{
    const size_t width = ends->family == 1 ? 4 : 16;
    uint8_t *p = out + FS_PROXY_SIGNATURE_SIZE;
    memcpy(out, fs_proxy_signature, FS_PROXY_SIGNATURE_SIZE);
    *p++ = 0x21;
    *p++ = (uint8_t)(ends->family << 4 | transport);
    p = fs_put16(p, (uint32_t)(2 * width + 4));
    for (int i = 0; i < 2; i++, p += width)
        memcpy(p, ends->addresses[i], width);
    p = fs_put16(p, ends->ports[0]);
    p = fs_put16(p, ends->ports[1]);
    return (size_t)(p - out);
}

#endif
