/* Windows: declarations that let mmsg.h compile. None of this is called: the pure twin is used
 * there, because a descriptor is not a socket handle.
 */
#ifndef FASTSOCK_NO_MSG_H
#define FASTSOCK_NO_MSG_H

#include <basetsd.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

typedef SSIZE_T ssize_t;

struct iovec {
    void *iov_base;
    size_t iov_len;
};

struct msghdr {
    void *msg_name;
    socklen_t msg_namelen;
    struct iovec *msg_iov;
    size_t msg_iovlen;
    void *msg_control;
    size_t msg_controllen;
    int msg_flags;
};

#ifndef MSG_DONTWAIT
#define MSG_DONTWAIT 0
#endif
#ifndef MSG_TRUNC
#define MSG_TRUNC 0x0100
#endif
#undef CMSG_SPACE
#define CMSG_SPACE(size) (16 + (size))

static inline ssize_t recvmsg(int fd, struct msghdr *head, int flags)
{
    (void)fd, (void)head, (void)flags;
    errno = ENOSYS;
    return -1;
}

static inline ssize_t sendmsg(int fd, const struct msghdr *head, int flags)
{
    return recvmsg(fd, (struct msghdr *)head, flags);
}

#endif
