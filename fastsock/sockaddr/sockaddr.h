/* struct sockaddr, by the platform's headers. No Python.h, so that it can be fuzzed alone.
 *
 * Packing writes into a `fs_sockaddr`, which is large enough for every family, and returns the
 * address's length for bind(). Unpacking reads [p, end), which need not be aligned.
 */
#ifndef FASTSOCK_SOCKADDR_H
#define FASTSOCK_SOCKADDR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#define FS_UNIX_ADDRESS struct sockaddr_storage /* Python has no AF_UNIX there */
enum { FS_HAVE_UNIX = 0, FS_PATH_OFFSET = 2, FS_PATH_MAX = 0 };
#else
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#define FS_UNIX_ADDRESS struct sockaddr_un
enum {
    FS_HAVE_UNIX = 1,
    FS_PATH_OFFSET = offsetof(struct sockaddr_un, sun_path),
    FS_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path),
};
#endif

/* BSD's addresses begin with a length byte. */
#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || \
    defined(__DragonFly__)
#define FS_SET_LENGTH(address, size) ((address)->any.sa_len = (uint8_t)(size))
#else
#define FS_SET_LENGTH(address, size) ((void)(size))
#endif

#if defined(__linux__)
enum { FS_HAVE_ABSTRACT = 1 };
#else
enum { FS_HAVE_ABSTRACT = 0 };
#endif

typedef union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    FS_UNIX_ADDRESS un;
    struct sockaddr_storage storage;
} fs_sockaddr;

enum {
    FS_FAMILY_OFFSET = offsetof(struct sockaddr, sa_family),
    FS_DATA_OFFSET = offsetof(struct sockaddr, sa_data),
    FS_FAMILY_MAX = (1L << (8 * sizeof(((struct sockaddr *)0)->sa_family))) - 1,
    FS_DATA_MAX = sizeof(struct sockaddr_storage) - offsetof(struct sockaddr, sa_data),
};

typedef enum {
    FS_SOCKADDR_NONE,  /* too few bytes for their family, or for any */
    FS_SOCKADDR_4,
    FS_SOCKADDR_6,
    FS_SOCKADDR_UNIX,
    FS_SOCKADDR_OTHER, /* an unknown family: `path` points to the bytes after it */
} fs_sockaddr_kind;

typedef struct {
    int family;        /* -1 if there are too few bytes for one */
    uint8_t packed[16];
    uint16_t port;     /* these three in the machine's order, as Python has them */
    uint32_t flow;
    uint32_t scope;
    const uint8_t *path; /* a UNIX path without its NUL; an abstract name with it */
    size_t path_size;
} fs_endpoint;

static inline size_t fs_sockaddr4(fs_sockaddr *out, const uint8_t *packed, uint16_t port)
{
    memset(&out->in, 0, sizeof out->in);
    FS_SET_LENGTH(out, sizeof out->in);
    out->in.sin_family = AF_INET;
    out->in.sin_port = htons(port);
    memcpy(&out->in.sin_addr, packed, 4);
    return sizeof out->in;
}

static inline size_t fs_sockaddr6(fs_sockaddr *out, const uint8_t *packed, uint16_t port,
                                  uint32_t flow, uint32_t scope)
{
    memset(&out->in6, 0, sizeof out->in6);
    FS_SET_LENGTH(out, sizeof out->in6);
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = htons(port);
    out->in6.sin6_flowinfo = htonl(flow);
    memcpy(&out->in6.sin6_addr, packed, 16);
    out->in6.sin6_scope_id = scope;
    return sizeof out->in6;
}

/* Pack an unknown family and the bytes after it, up to `FS_DATA_MAX`. */
static inline size_t fs_sockaddr_other(fs_sockaddr *out, long family, const uint8_t *data,
                                       size_t size)
{
    memset(out, 0, sizeof *out);
    out->any.sa_family = (uint8_t)family;
    if (sizeof out->any.sa_family > 1)
        memcpy((uint8_t *)out + FS_FAMILY_OFFSET, &(uint16_t){(uint16_t)family}, 2);
    if (size != 0)
        memcpy((uint8_t *)out + FS_DATA_OFFSET, data, size);
    FS_SET_LENGTH(out, FS_DATA_OFFSET + size);
    return FS_DATA_OFFSET + size;
}

#if defined(_WIN32)
static inline size_t fs_sockaddr_unix(fs_sockaddr *out, const uint8_t *path, size_t size)
{
    return fs_sockaddr_other(out, AF_UNIX, path, size); /* never called: see FS_HAVE_UNIX */
}
#else
/* Pack a path of less than FS_PATH_MAX bytes, an empty one for the unnamed address, or an abstract
 * name, which begins with NUL, of up to FS_PATH_MAX. */
static inline size_t fs_sockaddr_unix(fs_sockaddr *out, const uint8_t *path, size_t size)
{
    const int named = size != 0 && path[0] != 0;
    memset(&out->un, 0, sizeof out->un);
    out->un.sun_family = AF_UNIX;
    if (size != 0)
        memcpy(out->un.sun_path, path, size);
    FS_SET_LENGTH(out, FS_PATH_OFFSET + size + (size_t)named);
    return FS_PATH_OFFSET + size + (size_t)named; /* including a path's final NUL */
}
#endif

static inline long fs_family_of(const uint8_t *p)
{
    uint16_t wide;
    if (sizeof(((struct sockaddr *)0)->sa_family) == 1)
        return p[FS_FAMILY_OFFSET];
    memcpy(&wide, p + FS_FAMILY_OFFSET, sizeof wide);
    return wide;
}

static inline fs_sockaddr_kind fs_read_sockaddr(const uint8_t *p, const uint8_t *end,
                                                fs_endpoint *out)
{
    const size_t size = (size_t)(end - p);
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    out->family = -1;
    if (size < FS_DATA_OFFSET)
        return FS_SOCKADDR_NONE;
    out->family = (int)fs_family_of(p);
    switch (out->family) {
    case AF_INET:
        if (size < sizeof in)
            return FS_SOCKADDR_NONE;
        memcpy(&in, p, sizeof in);
        memcpy(out->packed, &in.sin_addr, 4);
        out->port = ntohs(in.sin_port);
        return FS_SOCKADDR_4;
    case AF_INET6:
        if (size < sizeof in6)
            return FS_SOCKADDR_NONE;
        memcpy(&in6, p, sizeof in6);
        memcpy(out->packed, &in6.sin6_addr, 16);
        out->port = ntohs(in6.sin6_port);
        out->flow = ntohl(in6.sin6_flowinfo);
        out->scope = (uint32_t)in6.sin6_scope_id;
        return FS_SOCKADDR_6;
#if !defined(_WIN32)
    case AF_UNIX:
        out->path = p + FS_PATH_OFFSET;
        out->path_size = size - FS_PATH_OFFSET;
        if (out->path_size != 0 && (*out->path != 0 || !FS_HAVE_ABSTRACT)) {
            /* A path that fills sun_path to its last byte has no final NUL. */
            const uint8_t *nul = memchr(out->path, 0, out->path_size);
            if (nul != NULL)
                out->path_size = (size_t)(nul - out->path);
        }
        return FS_SOCKADDR_UNIX;
#endif
    default:
        out->path = p + FS_DATA_OFFSET;
        out->path_size = size - FS_DATA_OFFSET;
        return FS_SOCKADDR_OTHER;
    }
}

#endif
