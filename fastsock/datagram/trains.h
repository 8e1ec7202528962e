/* Sending: datagrams, alone and in trains that the kernel splits (GSO). */
#ifndef FASTSOCK_TRAINS_H
#define FASTSOCK_TRAINS_H

#include "fastsock/datagram/mmsg.h"

enum {
    FS_SEGMENTS_MAX = 64,    /* of a train to send: the limit of the oldest kernels with GSO */
    FS_TRAIN_MAX = 65507,    /* bytes of a train: the largest IPv4 datagram */
    FS_MESSAGES_MAX = 1024,  /* of one sendmmsg: UIO_MAXIOV */
};

enum { FS_SEGMENT_ROOM = CMSG_SPACE(sizeof(uint16_t)) };

typedef struct {
    const uint8_t *data;
    size_t size;
    size_t name;             /* number of its name */
} fs_outgoing;

typedef struct {
    fs_mmsghdr *heads;       /* one of each per datagram */
    struct iovec *pieces;
    fs_sockaddr *names;
    socklen_t *name_sizes;   /* 0 for the connected peer */
    uint8_t *controls;
    fs_outgoing *datagrams;
} fs_sending;

static inline size_t fs_sending_room(size_t count)
{
    return count * (sizeof(fs_sockaddr) + sizeof(fs_mmsghdr) + sizeof(struct iovec) +
                    sizeof(fs_outgoing) + FS_SEGMENT_ROOM + sizeof(socklen_t));
}

static inline void fs_sending_divide(fs_sending *sending, uint8_t *memory, size_t count)
{
    sending->names = (fs_sockaddr *)memory;
    sending->heads = (fs_mmsghdr *)(sending->names + count);
    sending->pieces = (struct iovec *)(sending->heads + count);
    sending->datagrams = (fs_outgoing *)(sending->pieces + count);
    sending->controls = (uint8_t *)(sending->datagrams + count);
    sending->name_sizes = (socklen_t *)(sending->controls + count * FS_SEGMENT_ROOM);
}

/* Count the first datagrams, of `left`, that make one train: those of one size to one peer, and
 * possibly a shorter one, which ends it. `most` is the largest size for trains, 0 for no trains. */
static inline size_t fs_train(const fs_outgoing *first, size_t left, size_t most)
{
    const size_t stride = first->size;
    size_t total = stride, count = 1;
    if (stride == 0 || stride > most)
        return 1;
    while (count < left && count < FS_SEGMENTS_MAX && first[count].name == first->name) {
        const size_t size = first[count].size;
        /* An empty datagram would be lost in a train. */
        if (size == 0 || size > stride || total + size > FS_TRAIN_MAX)
            break;
        total += size;
        count++;
        if (size < stride)
            break;
    }
    return count;
}

static inline void fs_set_stride(struct msghdr *head, uint8_t *control, size_t stride)
{
#if defined(__linux__)
    const uint16_t value = (uint16_t)stride;
    struct cmsghdr cmsg;
    memset(&cmsg, 0, sizeof cmsg);
    cmsg.cmsg_len = CMSG_LEN(sizeof value);
    cmsg.cmsg_level = SOL_UDP;
    cmsg.cmsg_type = UDP_SEGMENT;
    memset(control, 0, FS_SEGMENT_ROOM);
    memcpy(control, &cmsg, sizeof cmsg);
    memcpy(control + FS_CMSG_HEAD, &value, sizeof value);
    head->msg_control = control;
    head->msg_controllen = FS_SEGMENT_ROOM;
#else
    (void)head, (void)control, (void)stride;
#endif
}

/* Make messages of the datagrams from `start` to `count`, as many as one call can send. Returns the
 * number of messages. */
static inline unsigned fs_arrange(fs_sending *sending, size_t start, size_t count, size_t most)
{
    unsigned messages = 0;
    for (size_t i = start; i < count && messages < FS_MESSAGES_MAX; messages++) {
        const fs_outgoing *first = &sending->datagrams[i];
        const size_t together = fs_train(first, count - i, most);
        struct msghdr *head = &sending->heads[messages].msg_hdr;
        memset(head, 0, sizeof *head);
        if (sending->name_sizes[first->name] != 0) {
            head->msg_name = &sending->names[first->name];
            head->msg_namelen = sending->name_sizes[first->name];
        }
        head->msg_iov = &sending->pieces[i];
        head->msg_iovlen = together;
        if (together > 1)
            fs_set_stride(head, sending->controls + i * FS_SEGMENT_ROOM, first->size);
        for (const size_t end = i + together; i < end; i++) {
            sending->pieces[i].iov_base = (void *)sending->datagrams[i].data;
            sending->pieces[i].iov_len = sending->datagrams[i].size;
        }
    }
    return messages;
}

/* Send messages. Returns how many datagrams were sent, or -errno if none. */
static inline int64_t fs_send(int fd, fs_mmsghdr *heads, unsigned count, int wait)
{
    const int flags = FS_SEND_FLAGS | (wait ? 0 : MSG_DONTWAIT);
    int64_t datagrams = 0;
#if FS_MMSG
    const int sent = sendmmsg(fd, heads, count, flags);
    if (sent < 0)
        return -(int64_t)errno;
    for (int i = 0; i < sent; i++)
        datagrams += (int64_t)heads[i].msg_hdr.msg_iovlen;
#else
    for (unsigned i = 0; i < count; i++) {
        if (sendmsg(fd, &heads[i].msg_hdr, flags) < 0)
            return datagrams != 0 ? datagrams : -(int64_t)errno;
        datagrams += (int64_t)heads[i].msg_hdr.msg_iovlen;
    }
#endif
    return datagrams;
}

#endif
