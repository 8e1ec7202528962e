/* The limit of any receiver: recv(), and the least work that finds each message's end.
 * Built by the benchmark as a shared library; ctypes lets other threads run meanwhile. */
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { SIZE = 1 << 16 };

/* Messages after a length of four bytes, each smaller than SIZE. */
long receive_prefixed(int fd, long messages)
{
    static uint8_t data[2 * SIZE];
    size_t size = 0;
    long found = 0;
    while (found < messages) {
        const ssize_t count = recv(fd, data + size, SIZE, 0);
        if (count <= 0)
            return -1;
        size += (size_t)count;
        size_t at = 0;
        while (size - at >= 4) {
            uint32_t length;
            memcpy(&length, data + at, 4);
            length = __builtin_bswap32(length);
            if (size - at - 4 < length)
                break;
            at += 4 + length;
            found++;
        }
        memmove(data, data + at, size - at);
        size -= at;
    }
    return found;
}

long receive_lines(int fd, long messages)
{
    static uint8_t data[SIZE];
    long found = 0;
    while (found < messages) {
        const ssize_t count = recv(fd, data, SIZE, 0);
        if (count <= 0)
            return -1;
        const uint8_t *at = data, *end = data + count;
        while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
            found++;
            at++;
        }
    }
    return found;
}

/* Messages of a known size, whatever is in them. */
long receive_bulk(int fd, long messages, long size)
{
    static uint8_t data[SIZE];
    long left = messages * size;
    while (left > 0) {
        const ssize_t count = recv(fd, data, left < SIZE ? (size_t)left : SIZE, 0);
        if (count <= 0)
            return -1;
        left -= count;
    }
    return messages;
}
