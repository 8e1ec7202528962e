/* The hints and flags that literals are judged by; their numbers differ between platforms. */
#ifndef FASTSOCK_LOOKUP_FLAGS_H
#define FASTSOCK_LOOKUP_FLAGS_H

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#if !defined(AI_NUMERICSERV)
#define AI_NUMERICSERV 0
#endif

/* All other flags may change what a literal gives, or refuse it. */
#define FS_LITERAL_FLAGS ((long)(AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV))
#define FS_NUMERIC ((long)(NI_NUMERICHOST | NI_NUMERICSERV))

#endif
