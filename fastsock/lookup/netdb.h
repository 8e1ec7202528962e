/* getservbyname and its like by libc's reentrant functions, which share no buffer between threads.
 * Only glibc's are used: other systems have none, or with other arguments. No Python.h.
 *
 * Each returns 1 and writes its result, or 0 where there is no entry.
 */
#ifndef FASTSOCK_NETDB_H
#define FASTSOCK_NETDB_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__) && !defined(FASTSOCK_PORTABLE)
#include <arpa/inet.h>
#include <netdb.h>

enum { FS_NETDB_REENTRANT = 1 };
enum { FS_NETDB_ROOM = 1 << 16 }; /* for an entry and all its aliases; a longer one is not found */

static inline int fs_service_port(const char *name, const char *protocol, int *port)
{
    struct servent entry, *found = NULL;
    char *buffer = malloc(FS_NETDB_ROOM);
    if (buffer != NULL &&
        getservbyname_r(name, protocol, &entry, buffer, FS_NETDB_ROOM, &found) == 0 && found)
        *port = ntohs((uint16_t)found->s_port);
    free(buffer);
    return found != NULL;
}

/* `name` must have `room` bytes; a longer name is not found, rather than cut. */
static inline int fs_service_name(int port, const char *protocol, char *name, size_t room)
{
    struct servent entry, *found = NULL;
    char *buffer = malloc(FS_NETDB_ROOM);
    int fits = 0;
    if (buffer != NULL &&
        getservbyport_r(htons((uint16_t)port), protocol, &entry, buffer, FS_NETDB_ROOM, &found) == 0 &&
        found != NULL && strlen(found->s_name) < room) {
        memcpy(name, found->s_name, strlen(found->s_name) + 1);
        fits = 1;
    }
    free(buffer);
    return fits;
}

static inline int fs_protocol_number(const char *name, int *number)
{
    struct protoent entry, *found = NULL;
    char *buffer = malloc(FS_NETDB_ROOM);
    if (buffer != NULL &&
        getprotobyname_r(name, &entry, buffer, FS_NETDB_ROOM, &found) == 0 && found != NULL)
        *number = found->p_proto;
    free(buffer);
    return found != NULL;
}

#else

enum { FS_NETDB_REENTRANT = 0 };

static inline int fs_service_port(const char *name, const char *protocol, int *port)
{
    (void)name, (void)protocol, (void)port;
    return 0;
}

static inline int fs_service_name(int port, const char *protocol, char *name, size_t room)
{
    (void)port, (void)protocol, (void)name, (void)room;
    return 0;
}

static inline int fs_protocol_number(const char *name, int *number)
{
    (void)name, (void)number;
    return 0;
}

#endif
#endif
