/* Receiving from a descriptor: receive first, and wait only where there is nothing.
 *
 * The socket module polls before every recv of a socket with a timeout. That costs a system call a
 * read, for nothing where data is waiting already.
 */
#ifndef FASTSOCK_RECV_H
#define FASTSOCK_RECV_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) || defined(FASTSOCK_PORTABLE)

/* A descriptor is no socket handle on Windows: callers go through the socket's own recv_into(). */
enum { FS_HAVE_RECV = 0 };

static inline int64_t fs_recv(int fd, void *room, size_t size)
{
    (void)fd, (void)room, (void)size;
    return -1;
}

static inline int fs_wait_readable(int fd, int64_t nanoseconds)
{
    (void)fd, (void)nanoseconds;
    return -1;
}

static inline int64_t fs_now(void)
{
    return 0;
}

static inline int fs_would_block(int error)
{
    (void)error;
    return 0;
}

#else

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

enum { FS_HAVE_RECV = 1 };

/* Bytes received, 0 at the end of the stream, or the negative of an errno. */
static inline int64_t fs_recv(int fd, void *room, size_t size)
{
    const ssize_t count = recv(fd, room, size, 0);
    return count < 0 ? -(int64_t)errno : (int64_t)count;
}

/* 1 when there is something to read (or an error to fetch), 0 after the time, or -errno. */
static inline int fs_wait_readable(int fd, int64_t nanoseconds)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    /* Rounded up: a wait cut short would spin for the rest of the millisecond. */
    const int64_t milliseconds = (nanoseconds + 999999) / 1000000;
    const int ready = poll(&one, 1, milliseconds > INT32_MAX ? INT32_MAX : (int)milliseconds);
    return ready < 0 ? -errno : ready > 0;
}

/* A clock that is never set, in nanoseconds. */
static inline int64_t fs_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int fs_would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

#endif
#endif
