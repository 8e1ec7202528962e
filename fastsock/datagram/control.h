/* Read a datagram's control messages. No Python.h, so that it can be fuzzed alone.
 *
 * The walk does not use CMSG_NXTHDR: in some C libraries it reads a header past the end.
 */
#ifndef FASTSOCK_CONTROL_H
#define FASTSOCK_CONTROL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(_WIN32) /* which has none of these control messages */
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#endif

#ifndef FS_CLOSE /* a fuzzer defines it: it has no descriptors to close */
#define FS_CLOSE close
#endif

#if defined(__linux__)
/* Constants of the kernel that older C library headers lack. */
#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#endif

typedef struct {
    uint32_t stride;      /* datagram size of a GRO train, all but the last; 0: no train */
    uint32_t dropped;     /* the socket's count of drops when this was queued */
    int64_t timestamp;    /* nanoseconds since 1970, or 0 */
    uint32_t ifindex;     /* of the interface, or 0; Windows defines `interface` as a macro */
    uint8_t tos;          /* TOS or traffic class, or 0 */
    uint8_t local_size;   /* 4, 16, or 0 */
    uint8_t local[16];    /* the destination address */
} fs_control;

#if defined(_WIN32)

static inline void fs_read_control(const uint8_t *p, const uint8_t *end, fs_control *out)
{
    (void)p, (void)end;
    memset(out, 0, sizeof *out);
}

#else

enum { FS_CMSG_HEAD = CMSG_LEN(0), FS_CMSG_UNIT = CMSG_SPACE(1) - CMSG_SPACE(0) };

/* Read a value of this type from a message's data, if there is enough. */
#define FS_CMSG_VALUE(value) (size >= sizeof(value) && (memcpy(&(value), data, sizeof(value)), 1))

static inline void fs_read_internet(int level, int type, const uint8_t *data, size_t size,
                                    fs_control *out)
{
    int number;
    (void)number;
#if defined(IP_PKTINFO)
    struct in_pktinfo info;
    if (level == IPPROTO_IP && type == IP_PKTINFO && FS_CMSG_VALUE(info)) {
        out->ifindex = (uint32_t)info.ipi_ifindex;
        out->local_size = 4;
        memcpy(out->local, &info.ipi_addr, 4);
    }
#endif
#if defined(IPV6_PKTINFO)
    struct in6_pktinfo info6;
    if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO && FS_CMSG_VALUE(info6)) {
        out->ifindex = (uint32_t)info6.ipi6_ifindex;
        out->local_size = 16;
        memcpy(out->local, &info6.ipi6_addr, 16);
    }
#endif
#if defined(IP_TOS)
    if (level == IPPROTO_IP && type == IP_TOS && size >= 1)
        out->tos = data[0];
#endif
#if defined(IPV6_TCLASS)
    if (level == IPPROTO_IPV6 && type == IPV6_TCLASS && FS_CMSG_VALUE(number))
        out->tos = (uint8_t)number;
#endif
}

static inline void fs_read_socket(int type, const uint8_t *data, size_t size, fs_control *out)
{
    int number;
#if defined(SO_RXQ_OVFL)
    if (type == SO_RXQ_OVFL)
        (void)FS_CMSG_VALUE(out->dropped);
#endif
#if defined(SO_TIMESTAMPNS)
    struct timespec stamp;
    /* Ignore times after the year 2262: their nanoseconds would overflow. */
    if (type == SO_TIMESTAMPNS && FS_CMSG_VALUE(stamp) && stamp.tv_sec >= 0 &&
        (int64_t)stamp.tv_sec <= INT64_MAX / 1000000000 - 1)
        out->timestamp = (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec % 1000000000;
#endif
    /* Any sender to a UNIX socket can pass descriptors: close them, or they would leak. */
    if (type == SCM_RIGHTS)
        for (; FS_CMSG_VALUE(number); data += sizeof number, size -= sizeof number)
            FS_CLOSE(number);
}

/* Read all messages in [p, end). The kernel truncates them when it runs out of room. */
static inline void fs_read_control(const uint8_t *p, const uint8_t *end, fs_control *out)
{
    struct cmsghdr head;
    memset(out, 0, sizeof *out);
    while ((size_t)(end - p) >= FS_CMSG_HEAD) {
        memcpy(&head, p, sizeof head);
        /* A length below the header's would loop forever, one past the end would read there. */
        if (head.cmsg_len < FS_CMSG_HEAD || head.cmsg_len > (size_t)(end - p))
            return;
        const uint8_t *data = p + FS_CMSG_HEAD;
        const size_t size = (size_t)head.cmsg_len - FS_CMSG_HEAD;
        if (head.cmsg_level == SOL_SOCKET)
            fs_read_socket(head.cmsg_type, data, size, out);
        else
            fs_read_internet(head.cmsg_level, head.cmsg_type, data, size, out);
#if defined(__linux__)
        int stride; /* an int, although UDP_SEGMENT takes 16 bits */
        if (head.cmsg_level == SOL_UDP && head.cmsg_type == UDP_GRO && FS_CMSG_VALUE(stride))
            out->stride = stride > 0 ? (uint32_t)stride : 0;
#endif
        const size_t step = ((size_t)head.cmsg_len + FS_CMSG_UNIT - 1) & ~(size_t)(FS_CMSG_UNIT - 1);
        if (step >= (size_t)(end - p))
            return;
        p += step;
    }
}

#endif
#endif
