/* The limit: what recvmmsg and sendmmsg cost a C program, called by ctypes once for all datagrams. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>

enum { SLOTS = 64, SIZE = 2048 };

static char data[SLOTS][SIZE];
static struct sockaddr_in names[SLOTS];
static struct iovec pieces[SLOTS];
static struct mmsghdr heads[SLOTS];

/* Receive until the queue is empty. Returns the number of datagrams. */
int drain(int fd)
{
    int total = 0;
    for (int i = 0; i < SLOTS; i++) {
        pieces[i] = (struct iovec){data[i], SIZE};
        heads[i].msg_hdr = (struct msghdr){
            .msg_name = &names[i], .msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    for (;;) {
        for (int i = 0; i < SLOTS; i++)
            heads[i].msg_hdr.msg_namelen = sizeof names[i];
        const int count = recvmmsg(fd, heads, SLOTS, MSG_DONTWAIT, NULL);
        if (count < 0)
            return total;
        total += count;
    }
}

/* Send `total` datagrams of `size` bytes to the connected peer. */
int send_many(int fd, int total, int size)
{
    int sent = 0;
    for (int i = 0; i < SLOTS; i++) {
        pieces[i] = (struct iovec){data[i], (size_t)size};
        heads[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    while (sent < total) {
        const int left = total - sent;
        const int count = sendmmsg(fd, heads, left < SLOTS ? left : SLOTS, 0);
        if (count < 0)
            return -errno;
        sent += count;
    }
    return sent;
}
