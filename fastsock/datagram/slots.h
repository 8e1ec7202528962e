/* Receiving: slots that the kernel fills, and columns of their values. */
#ifndef FASTSOCK_SLOTS_H
#define FASTSOCK_SLOTS_H

#include "fastsock/datagram/mmsg.h"

/* Room for every control message of ours, and a few that other code may enable. */
enum { FS_CONTROL_ROOM = 256 };

/* A datagram or a train, as received. */
typedef struct {
    fs_control control;
    uint32_t size;
    uint32_t count;          /* datagrams in it: 1, or more in a train */
    uint8_t truncated;
} fs_message;

/* Arrays to receive into: a slot, a name and control messages for each. */
typedef struct {
    unsigned slots;
    size_t slot_size;
    fs_mmsghdr *heads;
    struct iovec *pieces;
    fs_sockaddr *names;
    uint8_t *controls;
    fs_message *messages;
    int deferred;            /* an error after datagrams, if not kept by recvmmsg */
} fs_slots;

static inline size_t fs_slots_room(unsigned slots)
{
    return slots * (sizeof(fs_mmsghdr) + sizeof(struct iovec) + sizeof(fs_sockaddr) +
                    FS_CONTROL_ROOM + sizeof(fs_message));
}

/* Divide memory of fs_slots_room() among the arrays, the most aligned first. */
static inline void fs_slots_divide(fs_slots *slots, uint8_t *memory, unsigned count, size_t size)
{
    memset(memory, 0, fs_slots_room(count));
    slots->slots = count;
    slots->slot_size = size;
    slots->names = (fs_sockaddr *)memory;
    slots->controls = (uint8_t *)(slots->names + count);
    slots->heads = (fs_mmsghdr *)(slots->controls + (size_t)count * FS_CONTROL_ROOM);
    slots->pieces = (struct iovec *)(slots->heads + count);
    slots->messages = (fs_message *)(slots->pieces + count);
    for (unsigned i = 0; i < count; i++) {
        slots->heads[i].msg_hdr.msg_iov = &slots->pieces[i];
        slots->heads[i].msg_hdr.msg_iovlen = 1;
        slots->heads[i].msg_hdr.msg_name = &slots->names[i];
        slots->heads[i].msg_hdr.msg_control = slots->controls + (size_t)i * FS_CONTROL_ROOM;
    }
}

static inline void fs_slots_place(fs_slots *slots, uint8_t *data)
{
    for (unsigned i = 0; i < slots->slots; i++) {
        slots->pieces[i].iov_base = data + i * slots->slot_size;
        slots->pieces[i].iov_len = slots->slot_size;
    }
}

/* Restore the lengths of the first slots, which the kernel has overwritten. */
static inline void fs_slots_reset(fs_slots *slots, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        slots->heads[i].msg_hdr.msg_namelen = sizeof(fs_sockaddr);
        slots->heads[i].msg_hdr.msg_controllen = FS_CONTROL_ROOM;
        slots->heads[i].msg_hdr.msg_flags = 0;
    }
}

/* Receive messages: at least one, or -errno. With `wait`, wait for the first. */
static inline int fs_receive(int fd, fs_slots *slots, int wait)
{
#if FS_MMSG
    const int flags = FS_RECV_FLAGS | (wait ? MSG_WAITFORONE : MSG_DONTWAIT);
    const int count = recvmmsg(fd, slots->heads, slots->slots, flags, NULL);
    return count < 0 ? -errno : count;
#else
    unsigned count = 0;
    if (slots->deferred) {
        const int error = slots->deferred;
        slots->deferred = 0;
        return -error;
    }
    for (; count < slots->slots; count++) {
        const int flags = FS_RECV_FLAGS | (wait && count == 0 ? 0 : MSG_DONTWAIT);
        const ssize_t size = recvmsg(fd, &slots->heads[count].msg_hdr, flags);
        if (size < 0 && count == 0)
            return -errno;
        if (size < 0) { /* the kernel reports an error once: keep it for the next call */
            slots->deferred = fs_is_would_block(errno) || errno == EINTR ? 0 : errno;
            break;
        }
        slots->heads[count].msg_len = (unsigned)size;
    }
    return (int)count;
#endif
}

/* Examine the messages. Returns how many datagrams they hold. */
static inline size_t fs_examine(fs_slots *slots, unsigned *count, int fd, int internet)
{
    size_t datagrams = 0;
    for (unsigned i = 0; i < *count; i++) {
        const struct msghdr *head = &slots->heads[i].msg_hdr;
        const uint8_t *control = head->msg_control;
        fs_message *message = &slots->messages[i];
        fs_read_control(control, control + head->msg_controllen, &message->control);
        message->size = slots->heads[i].msg_len;
        message->truncated = (head->msg_flags & MSG_TRUNC) != 0;
        const uint32_t stride = message->control.stride;
        if (stride == 0 || stride >= message->size)
            message->control.stride = 0;
        message->count = message->control.stride ? (message->size + stride - 1) / stride : 1;
        /* After a shutdown of reading, the kernel fills each slot with an empty datagram without a
         * sender. A real empty one has a sender, except on UNIX sockets. */
        if (message->size == 0 && head->msg_namelen == 0 &&
            (internet || fs_wait(fd, 0, 0) == FS_SHUT_DOWN)) {
            *count = i;
            break;
        }
        datagrams += message->count;
    }
    return datagrams;
}

/* A column: one value per datagram. Those of a train share it. */
typedef enum {
    FS_PEERS,      /* packed addresses, of 4 or 16 bytes */
    FS_LOCALS,
    FS_PORTS,      /* uint16 */
    FS_INTERFACES, /* uint32 */
    FS_TIMES,      /* int64 */
    FS_TOS,        /* uint8, also the next one */
    FS_TRUNCATED,
} fs_column;

static inline size_t fs_column_width(fs_column column, int family)
{
    switch (column) {
    case FS_PEERS:
    case FS_LOCALS:
        return family == AF_INET ? 4 : 16;
    case FS_PORTS:
        return sizeof(uint16_t);
    case FS_INTERFACES:
        return sizeof(uint32_t);
    case FS_TIMES:
        return sizeof(int64_t);
    default:
        return 1;
    }
}

/* Write an address of `size` bytes, 0 if unknown, as a record of `width`. */
static inline void fs_address_record(const uint8_t *packed, size_t size, size_t width,
                                     uint8_t *record)
{
    memset(record, 0, width);
    if (size == width) {
        memcpy(record, packed, width);
    } else if (size == 4) { /* RFC 4291 section 2.5.5.2 */
        record[10] = record[11] = 0xff;
        memcpy(record + 12, packed, 4);
    } else if (size == 16) { /* the caller has checked that it is mapped */
        memcpy(record, packed + 12, 4);
    }
}

static inline void fs_column_value(const fs_slots *slots, unsigned i, fs_column column,
                                   size_t width, uint8_t *record)
{
    const fs_message *message = &slots->messages[i];
    const uint8_t *name = (const uint8_t *)&slots->names[i];
    fs_endpoint endpoint;
    switch (column) {
    case FS_PEERS:
    case FS_PORTS:
        memset(&endpoint, 0, sizeof endpoint);
        fs_read_sockaddr(name, name + slots->heads[i].msg_hdr.msg_namelen, &endpoint);
        if (column == FS_PORTS)
            memcpy(record, &endpoint.port, sizeof endpoint.port);
        else
            fs_address_record(endpoint.packed, endpoint.family == AF_INET ? 4 : 16, width, record);
        break;
    case FS_LOCALS:
        fs_address_record(message->control.local, message->control.local_size, width, record);
        break;
    case FS_INTERFACES:
        memcpy(record, &message->control.ifindex, sizeof message->control.ifindex);
        break;
    case FS_TIMES:
        memcpy(record, &message->control.timestamp, sizeof message->control.timestamp);
        break;
    case FS_TOS:
        record[0] = message->control.tos;
        break;
    case FS_TRUNCATED:
        record[0] = message->truncated;
        break;
    }
}

/* The usual columns of names: every message is one datagram, of a peer of the column's family.
 * Returns how many rows were written before one that is not so. */
static inline unsigned fs_fill_plain(const fs_slots *slots, unsigned count, fs_column column,
                                     size_t width, uint8_t *out)
{
    const int four = column == FS_PORTS ? slots->names[0].any.sa_family == AF_INET : width == 4;
    const size_t room = four ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    for (unsigned i = 0; i < count; i++) {
        const fs_sockaddr *name = &slots->names[i];
        if (slots->messages[i].count != 1 || slots->heads[i].msg_hdr.msg_namelen < room ||
            name->any.sa_family != (four ? AF_INET : AF_INET6))
            return i;
        if (column == FS_PORTS) { /* lies in one place in both families */
            const uint16_t port = ntohs(name->in.sin_port);
            memcpy(out + sizeof port * i, &port, sizeof port);
        } else if (four) {
            memcpy(out + (size_t)4 * i, &name->in.sin_addr, 4);
        } else {
            memcpy(out + (size_t)16 * i, &name->in6.sin6_addr, 16);
        }
    }
    return count;
}

/* Write a column of `count` messages to `out`, which has room for all their datagrams. */
static inline void fs_fill_column(const fs_slots *slots, unsigned count, fs_column column,
                                  size_t width, uint8_t *out)
{
    uint8_t record[16];
    unsigned i = 0;
    if (column == FS_PEERS || column == FS_PORTS)
        i = fs_fill_plain(slots, count, column, width, out);
    for (out += width * i; i < count; i++) {
        fs_column_value(slots, i, column, width, record);
        for (uint32_t n = 0; n < slots->messages[i].count; n++, out += width)
            memcpy(out, record, width);
    }
}

#endif
