/* AF_INET and its like, whose numbers differ between platforms. */
#ifndef FASTSOCK_FAMILY_H
#define FASTSOCK_FAMILY_H

#if defined(_WIN32)
#include <winsock2.h>
#else
#include <sys/socket.h>
#endif

#endif
