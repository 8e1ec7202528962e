/* Fields of a decoded packet: which of them it has, and their numbers. Packets, `packet_fields` and
 * `PacketFields` read fields here and nowhere else. */
#ifndef FASTSOCK_PACKET_FIELD_H
#define FASTSOCK_PACKET_FIELD_H

#include <stdint.h>

#include "fastsock/_core/protocols.h"
#include "fastsock/packet/decode.h"

/* The order is that of FIELDS in fastsock/packet/fields.py. Numbers stand first, then flags. */
enum fs_field {
    FS_FIELD_LINK,
    FS_FIELD_ETHERTYPE,
    FS_FIELD_VERSION,
    FS_FIELD_PROTOCOL,
    FS_FIELD_SPORT,
    FS_FIELD_DPORT,
    FS_FIELD_FLAGS,
    FS_FIELD_SEQ,
    FS_FIELD_ACK,
    FS_FIELD_WINDOW,
    FS_FIELD_TTL,
    FS_FIELD_TOS,
    FS_FIELD_FLOW_LABEL,
    FS_FIELD_IDENTIFICATION,
    FS_FIELD_FRAGMENT_OFFSET,
    FS_FIELD_TOTAL_LENGTH,
    FS_FIELD_CHECKSUM,
    FS_FIELD_ICMP_TYPE,
    FS_FIELD_ICMP_CODE,
    FS_FIELD_VLAN,
    FS_FIELD_IP_CHECKSUM_STATUS,
    FS_FIELD_CHECKSUM_STATUS,
    FS_FIELD_L2_OFFSET,
    FS_FIELD_L3_OFFSET,
    FS_FIELD_L4_OFFSET,
    FS_FIELD_PAYLOAD_OFFSET,
    FS_FIELD_PAYLOAD_LENGTH,
    FS_FIELD_DONT_FRAGMENT,
    FS_FIELD_MORE_FRAGMENTS,
    FS_FIELD_FRAGMENT,
    FS_FIELD_COMPLETE,
    FS_FIELD_STATUS,
    FS_FIELD_SRC,
    FS_FIELD_DST,
    FS_FIELD_SRC_ADDRESS,
    FS_FIELD_DST_ADDRESS,
    FS_FIELD_ETH_DST,
    FS_FIELD_ETH_SRC,
    FS_FIELD_VLANS,
    FS_FIELD_LIMITED_BY,
    FS_FIELD_FAULT,
    FS_FIELD_PAYLOAD,
    FS_FIELD_BUFFER,
    FS_FIELDS,
    FS_NUMBER_FIELDS = FS_FIELD_DONT_FRAGMENT,
    FS_FLAG_FIELDS = FS_FIELD_STATUS,
};

/* Where the name of a field stands in a table by address: interned names have one each. */
enum { FS_FIELD_PLACES = 256 };

static inline unsigned fs_place_of(const void *name)
{
    return (unsigned)((uint64_t)(uintptr_t)name * 0x9E3779B97F4A7C15u >> 56);
}

/* The number in a field of numbers or a flag, or -1 where the packet has no such field. The switch
 * vanishes where `field` is a constant. */
static inline __attribute__((always_inline)) int64_t
fs_packet_number(const fs_packet *packet, enum fs_field field)
{
    const uint32_t status = packet->status;
    const int has_tcp = (status & FS_TRANSPORT) != 0 && packet->protocol == FS_TCP;
    const int has_icmp = (status & FS_TRANSPORT) != 0 &&
                         (packet->protocol == FS_ICMP || packet->protocol == FS_ICMPV6);
    const int has_fragment =
        packet->version == 4 || (status & (FS_FRAGMENT | FS_ATOMIC_FRAGMENT)) != 0;

    switch (field) {
    case FS_FIELD_LINK:
        return packet->link;
    case FS_FIELD_ETHERTYPE:
        return packet->ethertype ? packet->ethertype : -1;
    case FS_FIELD_VERSION:
        return packet->version;
    case FS_FIELD_PROTOCOL:
        return packet->version ? packet->protocol : -1;
    case FS_FIELD_SPORT:
        return status & FS_PORTS ? packet->sport : -1;
    case FS_FIELD_DPORT:
        return status & FS_PORTS ? packet->dport : -1;
    case FS_FIELD_FLAGS:
        return has_tcp ? packet->flags : -1;
    case FS_FIELD_SEQ:
        return has_tcp ? (int64_t)packet->seq : -1;
    case FS_FIELD_ACK:
        return has_tcp ? (int64_t)packet->ack : -1;
    case FS_FIELD_WINDOW:
        return has_tcp ? packet->window : -1;
    case FS_FIELD_TTL:
        return packet->version ? packet->ttl : -1;
    case FS_FIELD_TOS:
        return packet->version ? packet->tos : -1;
    case FS_FIELD_FLOW_LABEL:
        return packet->version == 6 ? (int64_t)packet->flow_label : -1;
    case FS_FIELD_IDENTIFICATION:
        return has_fragment ? (int64_t)packet->identification : -1;
    case FS_FIELD_FRAGMENT_OFFSET:
        return has_fragment ? packet->fragment_offset : -1;
    case FS_FIELD_TOTAL_LENGTH:
        return packet->version ? (int64_t)packet->total_length : -1;
    case FS_FIELD_CHECKSUM: /* SCTP's has 32 bits */
        return (status & FS_TRANSPORT) && packet->protocol != FS_SCTP ? packet->checksum : -1;
    case FS_FIELD_ICMP_TYPE:
        return has_icmp ? packet->icmp_type : -1;
    case FS_FIELD_ICMP_CODE:
        return has_icmp ? packet->icmp_code : -1;
    case FS_FIELD_VLAN:
        return packet->vlan_count ? packet->vlans[0] & 0x0FFF : -1;
    case FS_FIELD_IP_CHECKSUM_STATUS:
        return packet->ip_checksum_status;
    case FS_FIELD_CHECKSUM_STATUS:
        return packet->checksum_status;
    case FS_FIELD_L2_OFFSET:
        return fs_has_link_header(packet->link) ? 0 : -1;
    case FS_FIELD_L3_OFFSET:
        return packet->l3_offset || fs_is_raw(packet->link) ? (int64_t)packet->l3_offset : -1;
    case FS_FIELD_L4_OFFSET:
        return packet->l4_offset ? (int64_t)packet->l4_offset : -1;
    case FS_FIELD_PAYLOAD_OFFSET:
        return packet->payload_offset;
    case FS_FIELD_PAYLOAD_LENGTH:
        return packet->payload_length;
    case FS_FIELD_DONT_FRAGMENT:
        return packet->version == 4 ? packet->dont_fragment : -1;
    case FS_FIELD_MORE_FRAGMENTS:
        return has_fragment ? packet->more_fragments : -1;
    case FS_FIELD_FRAGMENT:
        return (status & FS_FRAGMENT) != 0;
    case FS_FIELD_COMPLETE:
        return (status & FS_FAULTS) == 0;
    case FS_FIELD_STATUS:
        return status;
    default:
        return -1;
    }
}

#endif
