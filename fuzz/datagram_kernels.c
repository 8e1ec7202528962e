/* Control messages, socket addresses and trains from any bytes.
 *
 * The first byte selects the target. The input is copied to a block of its exact size, so that ASan
 * sees any read outside of it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int closed;
#define FS_CLOSE(number) ((void)(number), closed++)

#include "fuzz/check.h"
#include "fastsock/datagram/slots.h"
#include "fastsock/datagram/trains.h"

static uint8_t *block_of(const uint8_t *data, size_t size)
{
    uint8_t *block = malloc(size);
    if (size != 0)
        memcpy(block, data, size);
    return block;
}

static void check_control(const uint8_t *data, size_t size)
{
    fs_control control;
    uint8_t *block = block_of(data, size);
    closed = 0;
    fs_read_control(block, block + size, &control);
    CHECK(control.local_size == 0 || control.local_size == 4 || control.local_size == 16);
    CHECK(control.timestamp >= 0 || control.timestamp > -1000000000);
    CHECK(control.stride <= INT32_MAX);
    CHECK((size_t)closed * 4 <= size);
    free(block);
}

static void check_sockaddr(const uint8_t *data, size_t size)
{
    fs_endpoint endpoint;
    uint8_t *block = block_of(data, size);
    const fs_sockaddr_kind kind = fs_read_sockaddr(block, block + size, &endpoint);
    if (kind == FS_SOCKADDR_UNIX || kind == FS_SOCKADDR_OTHER) {
        CHECK(endpoint.path >= block && endpoint.path + endpoint.path_size <= block + size);
    }
    if (kind == FS_SOCKADDR_4) {
        fs_sockaddr again;
        fs_endpoint twice;
        const size_t length = fs_sockaddr4(&again, endpoint.packed, endpoint.port);
        CHECK(length <= sizeof again);
        CHECK(fs_read_sockaddr((uint8_t *)&again, (uint8_t *)&again + length, &twice) == kind);
        CHECK(twice.port == endpoint.port && memcmp(twice.packed, endpoint.packed, 4) == 0);
    }
    free(block);
}

/* Check that each datagram is in one message, in order, and that the kernel splits trains alike. */
static void check_trains(const uint8_t *data, size_t size)
{
    const size_t count = size / 3, most = count != 0 ? (size_t)data[0] << 8 : 0;
    uint8_t *memory = malloc(fs_sending_room(count + 1));
    fs_sending sending;
    fs_sending_divide(&sending, memory, count + 1);
    for (size_t i = 0; i < count; i++) {
        sending.names[i].any.sa_family = AF_INET;
        sending.name_sizes[i] = sizeof(struct sockaddr_in) * (i % 2);
        sending.datagrams[i].data = data;
        sending.datagrams[i].size = (size_t)data[3 * i + 1] << (data[3 * i + 2] & 8);
        sending.datagrams[i].name = i == 0 ? 0 : sending.datagrams[i - 1].name + (data[3 * i] < 9);
    }
    const unsigned messages = fs_arrange(&sending, 0, count, most);
    size_t next = 0;
    for (unsigned m = 0; m < messages; m++) {
        const struct msghdr *head = &sending.heads[m].msg_hdr;
        const fs_outgoing *first = &sending.datagrams[next];
        size_t total = 0;
        CHECK(head->msg_iov == &sending.pieces[next]);
        CHECK(head->msg_iovlen >= 1 && head->msg_iovlen <= FS_SEGMENTS_MAX);
        CHECK((head->msg_control != NULL) == (head->msg_iovlen > 1));
        for (size_t i = 0; i < (size_t)head->msg_iovlen; i++, next++) {
            const fs_outgoing *one = &sending.datagrams[next];
            CHECK(head->msg_iov[i].iov_len == one->size && one->name == first->name);
            CHECK(one->size == first->size ||
                  (i + 1 == (size_t)head->msg_iovlen && one->size != 0 && one->size < first->size));
            total += one->size;
        }
        CHECK(head->msg_iovlen == 1 ||
              (total <= FS_TRAIN_MAX && first->size != 0 && first->size <= most));
    }
    CHECK(next == count);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const uint8_t choice = *data++ % 3;
    size--;
    if (choice == 0)
        check_control(data, size);
    else if (choice == 1)
        check_sockaddr(data, size);
    else
        check_trains(data, size);
    return 0;
}
