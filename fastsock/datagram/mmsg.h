/* recvmmsg and sendmmsg, or substitutes for a loop; and waiting for a socket.
 *
 * Nothing here waits longer than its caller allows. recvmmsg checks its own timeout only after a
 * datagram, so it is not used.
 */
#ifndef FASTSOCK_MMSG_H
#define FASTSOCK_MMSG_H

#include "fastsock/sockaddr/sockaddr.h"

#include <errno.h>
#include <time.h>

#if defined(_WIN32)
#include "fastsock/datagram/no_msg.h"
enum { FS_HAVE_MSG = 0 };
#else
#include <poll.h>
#include <sys/types.h>
#include <sys/uio.h>
enum { FS_HAVE_MSG = 1 };
#endif

#include "fastsock/datagram/control.h"

#if defined(__linux__) && !defined(FS_NO_MMSG) && !defined(FASTSOCK_PORTABLE)
#define FS_MMSG 1
typedef struct mmsghdr fs_mmsghdr;
#else
#define FS_MMSG 0
typedef struct {
    struct msghdr msg_hdr;
    unsigned int msg_len;
} fs_mmsghdr;
#endif

#if defined(MSG_CMSG_CLOEXEC)
enum { FS_RECV_FLAGS = MSG_CMSG_CLOEXEC };
#else
enum { FS_RECV_FLAGS = 0 };
#endif
#if defined(MSG_NOSIGNAL)
enum { FS_SEND_FLAGS = MSG_NOSIGNAL };
#else
enum { FS_SEND_FLAGS = 0 };
#endif

static inline int fs_is_would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* What fs_wait() found. */
enum { FS_TIME_UP = 0, FS_READY = 1, FS_SHUT_DOWN = 2 };

/* Wait for a socket, up to `nanoseconds`. Returns one of the above, or -errno. */
static inline int fs_wait(int fd, int for_writing, int64_t nanoseconds)
{
#if defined(_WIN32)
    (void)fd, (void)for_writing, (void)nanoseconds;
    return -ENOSYS;
#else
#if defined(POLLRDHUP)
    const short shut_down = for_writing ? 0 : POLLRDHUP;
#else
    const short shut_down = 0;
#endif
    struct pollfd one = {.fd = fd, .events = (for_writing ? POLLOUT : POLLIN) | shut_down};
    /* Round up: a shorter wait would spin for the rest of the millisecond. */
    const int64_t milliseconds = (nanoseconds + 999999) / 1000000;
    const int ready = poll(&one, 1, milliseconds > INT32_MAX ? INT32_MAX : (int)milliseconds);
    if (ready < 0)
        return -errno;
    return one.revents & shut_down ? FS_SHUT_DOWN : ready > 0 ? FS_READY : FS_TIME_UP;
#endif
}

/* The monotonic clock, in nanoseconds. */
static inline int64_t fs_clock(void)
{
#if defined(_WIN32)
    return 0;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
#endif
}

static inline void fs_nap(int64_t nanoseconds)
{
#if defined(_WIN32)
    (void)nanoseconds;
#else
    const struct timespec time = {.tv_nsec = (long)nanoseconds};
    nanosleep(&time, NULL);
#endif
}

#endif
