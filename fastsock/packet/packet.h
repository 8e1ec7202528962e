/* The record of a decoded packet, from which packet objects, columns and flow keys are made. Its
 * codes are named for Python in fastsock/packet/fields.py, in the same order; a test compares
 * them. */
#ifndef FASTSOCK_PACKET_H
#define FASTSOCK_PACKET_H

#include <stdint.h>

enum { FS_MAX_VLANS = 8, FS_MAX_EXTENSIONS = 16 };

/* Bits of the status word. Those from FS_CUT on are faults. */
enum fs_status {
    FS_TRANSPORT = 1 << 0,
    FS_PORTS = 1 << 1,
    FS_FRAGMENT = 1 << 2,
    FS_LATER_FRAGMENT = 1 << 3,
    FS_ATOMIC_FRAGMENT = 1 << 4,
    FS_SOURCE_ROUTE = 1 << 5,
    FS_JUMBOGRAM = 1 << 6,
    FS_LENGTH_FROM_WIRE = 1 << 7,
    FS_TRAILER = 1 << 8,
    FS_ENCRYPTED = 1 << 9,
    FS_NO_NEXT_HEADER = 1 << 10,
    FS_UNDECODED = 1 << 11,
    FS_CUT = 1 << 16,
    FS_HEADER_CUT = 1 << 17,
    FS_OPTIONS_CUT = 1 << 18,
    FS_BAD_VERSION = 1 << 19,
    FS_BAD_HEADER_LENGTH = 1 << 20,
    FS_BAD_LENGTH = 1 << 21,
    FS_BAD_OPTION = 1 << 22,
    FS_TOO_MANY_HEADERS = 1 << 23,
    FS_BAD_IP_CHECKSUM = 1 << 24,
    FS_BAD_CHECKSUM = 1 << 25,
    FS_FAULTS = 0x03FF0000,
};

/* Fields: the one that ends the packet, and the one that is wrong. */
enum fs_limit {
    FS_BY_CAPTURED,
    FS_BY_WIRE_LENGTH,
    FS_BY_LINK_TYPE,
    FS_BY_LINK_HEADER,
    FS_BY_ETHERNET_LENGTH,
    FS_BY_ETHERNET_TYPE,
    FS_BY_VLAN_COUNT,
    FS_BY_PPPOE_LENGTH,
    FS_BY_PPP_PROTOCOL,
    FS_BY_ARP_HEADER,
    FS_BY_IP_VERSION,
    FS_BY_IPV4_HEADER,
    FS_BY_IPV4_HEADER_LENGTH,
    FS_BY_IPV4_TOTAL_LENGTH,
    FS_BY_IPV4_OPTIONS,
    FS_BY_IPV4_FRAGMENT_OFFSET,
    FS_BY_IPV4_PROTOCOL,
    FS_BY_IPV4_CHECKSUM,
    FS_BY_IPV6_HEADER,
    FS_BY_IPV6_PAYLOAD_LENGTH,
    FS_BY_IPV6_JUMBO_LENGTH,
    FS_BY_IPV6_EXTENSION,
    FS_BY_IPV6_EXTENSION_COUNT,
    FS_BY_IPV6_OPTIONS,
    FS_BY_IPV6_FRAGMENT_OFFSET,
    FS_BY_IPV6_NEXT_HEADER,
    FS_BY_AH_LENGTH,
    FS_BY_ESP,
    FS_BY_TRANSPORT_HEADER,
    FS_BY_TCP_DATA_OFFSET,
    FS_BY_TCP_OPTIONS,
    FS_BY_UDP_LENGTH,
    FS_BY_CHECKSUM,
    FS_LIMITS,
};

enum fs_checksum_status { FS_SUM_BAD, FS_SUM_GOOD, FS_SUM_UNVERIFIED, FS_SUM_ABSENT };

/* Offsets count from the first captured byte. A missing field is 0; `status`, `version`, `protocol`
 * and the offsets distinguish it from a field of 0. */
typedef struct {
    uint32_t status;
    uint8_t limited_by;
    uint8_t fault;    /* the first wrong field, where `status` has a bit of FS_FAULTS */
    uint8_t version;  /* 4, 6, or 0: not IP */
    uint8_t protocol; /* of the transport header, or the last next header that was read */
    uint8_t ttl;
    uint8_t tos; /* or traffic class */
    uint8_t vlan_count;
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint8_t ip_checksum_status;
    uint8_t checksum_status;
    uint16_t link;
    uint16_t ethertype;
    uint16_t sport;
    uint16_t dport;
    uint16_t flags; /* the low 12 bits of TCP's offset and flags word */
    uint16_t window;
    uint16_t checksum;        /* of the transport header, as it stands there */
    uint16_t fragment_offset; /* in bytes */
    uint16_t vlans[FS_MAX_VLANS]; /* tag control information, outermost first */
    uint32_t seq;
    uint32_t ack;
    uint32_t identification;
    uint32_t flow_label;
    uint32_t total_length; /* of the datagram, its IP header included */
    uint32_t l3_offset;
    uint32_t l4_offset;
    uint32_t payload_offset;
    uint32_t payload_length;  /* captured bytes of the payload, no trailer */
    uint8_t more_fragments;
    uint8_t dont_fragment;
    uint8_t address_size;     /* 4, 16, or 0 where there are none */
    uint32_t src;             /* offsets of the addresses, `address_size` bytes each */
    uint32_t dst;
    uint32_t fault_offset;    /* where the header of the wrong field begins */
} fs_packet;

#endif
