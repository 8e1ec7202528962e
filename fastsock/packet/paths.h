/* The way from an IP header to its transport header: lengths, routes, extension headers. The
 * decoder and the views read them here, so that the two can't differ. No Python.h: fuzzed and
 * sanitised alone.
 *
 * Every place counts from the first byte of `data`. */
#ifndef FASTSOCK_PATHS_H
#define FASTSOCK_PATHS_H

#include <stddef.h>
#include <stdint.h>

#include "fastsock/_core/bytes.h"
#include "fastsock/_core/protocols.h"
#include "fastsock/checksums/checksum.h"
#include "fastsock/packet/packet.h"

enum { /* UDP ports whose datagrams may be longer than UDP's length can say */
    FS_VXLAN_PORT = 4789,
    FS_LINUX_VXLAN_PORT = 8472, /* Linux used it before one was assigned */
    FS_GENEVE_PORT = 6081,
};

/* Where the two addresses of the pseudo-header stand: 0 for one that could not be determined. */
typedef struct {
    size_t src;
    size_t dst;
} fs_ends;

/* The pseudo-header of RFC 9293 and RFC 8200 section 8.1. Its words are summed one by one, so the
 * order in which the two have them makes no difference. Both ends must be known. */
static inline uint64_t fs_pseudo_sum(const uint8_t *data, const fs_ends *ends, size_t address_size,
                                     uint32_t protocol, uint64_t length)
{
    return (uint64_t)fs_sum(data + ends->src, address_size) +
           fs_sum(data + ends->dst, address_size) + protocol + (length >> 16) + (length & 0xFFFF);
}

/* ------------------------------------------------------------------ options */

typedef struct {
    int routed; /* a source route has hops left */
    int bad;    /* an option is longer than the options, or shorter than itself */
} fs_ipv4_options;

/* RFC 791 section 3.1, over all of the options. While a source route is followed the header's
 * destination is the next hop, until the pointer has passed the end of the list, whose last
 * address is the destination. */
static inline fs_ipv4_options fs_read_ipv4_options(const uint8_t *data, size_t at, size_t end,
                                                   fs_ends *ends)
{
    fs_ipv4_options found = {0, 0};
    while (at < end) {
        uint8_t kind = data[at];
        if (kind == 0)
            break;
        size_t size = kind == 1 ? 1 : at + 1 < end ? data[at + 1] : 0;
        if (size < 1 + (size_t)(kind != 1) || size > end - at) { /* zero would never move on */
            found.bad = 1;
            break;
        }
        if ((kind == 131 || kind == 137) && size >= 3 && data[at + 2] <= size) {
            found.routed = 1;
            ends->dst = size < 7 || size % 4 != 3 ? 0 : at + size - 4;
        }
        at += size;
    }
    return found;
}

typedef struct {
    int jumbos; /* jumbo options; one of a wrong length counts as two, which is as bad */
    uint32_t jumbo;
    size_t home; /* where a home address stands, or 0 */
    int bad;
} fs_ipv6_options;

/* The options of a hop-by-hop or destination header of `size` bytes, RFC 8200 section 4.2. */
static inline fs_ipv6_options fs_read_ipv6_options(const uint8_t *data, size_t start, size_t size)
{
    fs_ipv6_options found = {0, 0, 0, 0};
    size_t end = start + size;
    for (size_t at = start + 2; at < end;) {
        uint8_t kind = data[at];
        if (kind == 0) {
            at++;
            continue;
        }
        /* An option with its length cut off goes beyond the options, whatever its length. */
        size_t length = at + 1 < end ? 2 + (size_t)data[at + 1] : 2;
        if (length > end - at) {
            found.bad = 1;
            break;
        }
        if (kind == 0xC2 && length == 2 + 4) { /* RFC 2675 section 2 */
            found.jumbos++;
            found.jumbo = fs_be32(data + at + 2);
        } else if (kind == 0xC2) {
            found.jumbos += 2;
        } else if (kind == 0xC9 && length == 2 + 16) { /* RFC 6275 section 6.3 */
            found.home = at + 2;
        } else if (kind == 0xC9) {
            found.bad = 1;
        }
        at += length;
    }
    return found;
}

/* ------------------------------------------------------------------ lengths */

enum fs_length_source { FS_LENGTH_STATED, FS_LENGTH_JUMBO, FS_LENGTH_WIRE };

/* How many bytes a datagram has from its IP header on, and the source of that length. */
typedef struct {
    uint64_t total;
    enum fs_length_source source;
} fs_length;

/* A total length of zero is a segment that a network card was to cut up, or one beyond 64 KiB: its
 * length is the `wire` bytes. */
static inline fs_length fs_ipv4_length(const uint8_t *ip, uint64_t wire)
{
    uint32_t stated = fs_be16(ip + 2);
    return stated ? (fs_length){stated, FS_LENGTH_STATED} : (fs_length){wire, FS_LENGTH_WIRE};
}

/* A payload length of zero is that of a jumbo option (RFC 2675) or, as Linux writes it, that of the
 * wire; `fs_may_lack_length` decides that at the end of the chain. `there` bytes, 40 at least, are
 * present from `ip` on. */
static inline fs_length fs_ipv6_length(const uint8_t *ip, size_t there, uint64_t wire)
{
    uint32_t stated = fs_be16(ip + 4);
    if (stated != 0)
        return (fs_length){(uint64_t)stated + 40, FS_LENGTH_STATED};
    if (ip[6] == FS_HOP_BY_HOP && there >= 48) {
        /* Read once: another thread may change the byte after it was compared. */
        size_t size = ((size_t)ip[41] + 1) * 8;
        if (size <= there - 40) {
            fs_ipv6_options found = fs_read_ipv6_options(ip, 40, size);
            if (found.jumbos == 1 && found.jumbo > 0xFFFF)
                return (fs_length){(uint64_t)found.jumbo + 40, FS_LENGTH_JUMBO};
        }
    }
    return (fs_length){wire, FS_LENGTH_WIRE};
}

/* Whether a UDP header, of which `size` bytes are there, begins a datagram of a tunnel that carries
 * segments which a network card is to cut up (BIG TCP). */
static inline int fs_is_tunnel(const uint8_t *udp, size_t size)
{
    uint32_t port = size < 4 ? 0 : fs_be16(udp + 2);
    return port == FS_VXLAN_PORT || port == FS_GENEVE_PORT || port == FS_LINUX_VXLAN_PORT;
}

/* Whether the length of IPv6 may be zero, and the wire's be meant, for what begins at `p`. */
static inline int fs_may_lack_length(uint32_t protocol, int fragment, const uint8_t *p, size_t size)
{
    return !fragment &&
           (protocol == FS_TCP || (protocol == FS_UDP && fs_is_tunnel(p, size)));
}

/* Whether a UDP length of zero means all of the datagram: RFC 2675 section 4, and a tunnel's whose
 * IP header has no length, either. */
static inline int fs_may_lack_udp_length(enum fs_length_source source, int fragment,
                                         const uint8_t *udp, size_t size)
{
    return source == FS_LENGTH_JUMBO ||
           (source == FS_LENGTH_WIRE && !fragment && fs_is_tunnel(udp, size));
}

/* ------------------------------------------------------------------ headers */

/* Whether a header of this kind is followed by another one, which it names. */
static inline int fs_is_extension(uint32_t version, uint32_t kind, int first)
{
    if (kind == FS_AH)
        return 1;
    if (version == 4)
        return 0;
    switch (kind) {
    case FS_HOP_BY_HOP:
        return first; /* anywhere else it is an unknown next header, RFC 8200 section 4.1 */
    case FS_ROUTING:
    case FS_FRAGMENT_HEADER:
    case FS_DESTINATION:
    case FS_MOBILITY:
    case FS_HIP:
    case FS_SHIM6:
        return 1;
    }
    return 0;
}

/* The fields of an extension header. */
typedef struct {
    size_t size;       /* of all of it; 0 where it is cut, and nothing else is known */
    uint32_t next;     /* the kind of the next header */
    uint32_t fragment; /* of a fragment header: offset in bytes, and a bit for more fragments */
    uint32_t identification;
    int routed;
    int jumbo;         /* there is a jumbo option */
    int bad;           /* an option is malformed */
} fs_extension;

/* RFC 8200 section 4.4, RFC 6275 section 6.4, RFC 8754 section 2: where segments are left, the
 * header's destination is a hop. The last one is the last address of types 0 and 2, and the first
 * of type 4, whose addresses TLVs may follow. Whether segments are left. */
static inline int fs_read_routing(const uint8_t *data, size_t at, size_t size, fs_ends *ends)
{
    uint32_t type = data[at + 2], segments_left = data[at + 3];
    size_t addresses = (size - 8) / 16;
    if (segments_left == 0)
        return 0;
    if (segments_left > addresses || (type != 0 && type != 2 && type != 4))
        ends->dst = 0;
    else
        ends->dst = type == 4 ? at + 8 : at + 8 + (addresses - 1) * 16;
    return 1;
}

/* Read the extension header at `at`, of the kind `kind`; bytes are there up to `end`. */
static inline fs_extension fs_read_extension(const uint8_t *data, size_t at, size_t end,
                                             uint32_t kind, fs_ends *ends)
{
    fs_extension found = {0, 0, 0, 0, 0, 0, 0};
    const uint8_t *p = data + at;
    if (end - at < 8)
        return found;
    size_t size = kind == FS_FRAGMENT_HEADER ? 8
                : kind == FS_AH              ? ((size_t)p[1] + 2) * 4
                                             : ((size_t)p[1] + 1) * 8;
    if (size > end - at)
        return found;
    found.size = size;
    found.next = p[0];
    if (kind == FS_HOP_BY_HOP || kind == FS_DESTINATION) {
        fs_ipv6_options options = fs_read_ipv6_options(data, at, size);
        found.bad = options.bad;
        found.jumbo = options.jumbos != 0;
        if (kind == FS_DESTINATION && options.bad)
            ends->src = 0; /* a home address may be among them */
        else if (kind == FS_DESTINATION && options.home != 0)
            ends->src = options.home;
    } else if (kind == FS_ROUTING) {
        found.routed = fs_read_routing(data, at, size, ends);
    } else if (kind == FS_FRAGMENT_HEADER) { /* RFC 8200 section 4.5 */
        found.fragment = fs_be16(p + 2) & 0xFFF9;
        found.identification = fs_be32(p + 4);
    }
    return found;
}

#endif
