/* The decoder and the flow kernel without Python: whatever the bytes say, nothing outside of them is
 * read, and what is found is consistent.
 *
 * The first byte chooses the link type and whether to verify, the second how much more there was on
 * the wire; the rest is the packet, in a block of exactly its size, so ASan sees any read outside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "fastsock/packet/decode.h"
#include "fastsock/packet/flow.h"
#include "fastsock/headers/transport.h"

static const uint32_t links[] = {
    FS_LINK_ETHERNET, FS_LINK_RAW, FS_LINK_NULL, FS_LINK_PPP, FS_LINK_SLL, FS_LINK_SLL2,
    FS_LINK_IPV4, FS_LINK_IPV6, FS_LINK_LOOP, FS_LINK_RAW_BSD, FS_LINK_PPP_HDLC, 147,
};
enum { LINKS = sizeof(links) / sizeof(links[0]) };

static void check_offsets(const fs_packet *packet, size_t size)
{
    CHECK(packet->payload_offset <= size && packet->payload_length <= size - packet->payload_offset);
    CHECK(packet->l3_offset <= packet->payload_offset || packet->version == 0);
    CHECK(packet->l4_offset == 0 || (packet->l4_offset > packet->l3_offset && packet->l4_offset <= packet->payload_offset));
    CHECK(packet->fault_offset <= size);
    CHECK(packet->address_size == 0 || (packet->src + packet->address_size <= size &&
                                        packet->dst + packet->address_size <= size));
}

static void check_words(const fs_packet *packet, int verify)
{
    uint32_t status = packet->status;
    CHECK(packet->limited_by < FS_LIMITS && packet->vlan_count <= FS_MAX_VLANS);
    CHECK(packet->version == 0 || packet->version == 4 || packet->version == 6);
    CHECK(!(status & FS_LATER_FRAGMENT) || (status & FS_FRAGMENT && !(status & FS_TRANSPORT)));
    CHECK(packet->version != 4 || packet->address_size == 4);
    CHECK(packet->version != 6 || packet->address_size == 16);
    CHECK(!(status & (FS_BAD_IP_CHECKSUM | FS_BAD_CHECKSUM)) || verify);
    CHECK(!(status & FS_BAD_IP_CHECKSUM) == (packet->ip_checksum_status != FS_SUM_BAD));
    CHECK(!(status & FS_BAD_CHECKSUM) == (packet->checksum_status != FS_SUM_BAD));
}

/* Both directions have one key and one hash; a copy of the addresses serves as well as they do. */
static void check_flow(const fs_packet *packet, const uint8_t *data)
{
    static fs_toeplitz table;
    static int made;
    uint8_t key[FS_RSS_KEY], there[FS_FLOW_KEY6], back[FS_FLOW_KEY6];
    if (!made) {
        for (size_t i = 0; i < sizeof(key); i++)
            key[i] = (uint8_t)(i * 37 + 11);
        fs_toeplitz_init(&table, key);
        made = 1;
    }
    const uint8_t *src = data + packet->src, *dst = data + packet->dst;
    fs_packet turned = *packet;
    turned.sport = packet->dport;
    turned.dport = packet->sport;
    fs_flow one = fs_flow_of(packet, src, dst, 1), other = fs_flow_of(&turned, dst, src, 1);
    size_t size = fs_flow_key(packet, &one, there);
    CHECK(size == (packet->version == 4 ? FS_FLOW_KEY4 : FS_FLOW_KEY6));
    CHECK(fs_flow_key(&turned, &other, back) == size && memcmp(there, back, size) == 0);
    CHECK(fs_flow_hash(&table, &one) == fs_flow_hash(&table, &other));
}

/* A view of the datagram finds the transport header where the decoder does, or as the decoder none. */
static void check_paths(const fs_packet *packet, const uint8_t *data, size_t size)
{
    fs_transport found;
    int reached = packet->version == 4 ? fs_transport4(data, size, &found)
                                       : fs_transport6(data, size, &found);
    if (packet->status & FS_NO_NEXT_HEADER) /* no view is made of what follows */
        return;
    CHECK(reached == (packet->l4_offset != 0));
    if (!reached)
        return;
    CHECK(found.protocol == packet->protocol);
    CHECK(found.at <= size && found.at <= found.end);
    CHECK(found.at == packet->l4_offset);
    CHECK((found.end > UINT32_MAX ? UINT32_MAX : found.end) == packet->total_length);
    CHECK(found.fragment == ((packet->status & FS_FRAGMENT) != 0));
    CHECK(found.ends.src + found.address_size <= size && found.ends.dst + found.address_size <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < 2)
        return 0;
    uint32_t link = links[input[0] / 2 % LINKS];
    int verify = input[0] & 1;
    uint64_t more = input[1] < 128 ? input[1] : UINT64_C(1) << (input[1] & 63);
    size -= 2;
    uint8_t *data = malloc(size ? size : 1);
    CHECK(data != NULL);
    memcpy(data, input + 2, size);
    fs_choose_crc32c(input[1] & 1);
    fs_packet packet;
    memset(&packet, 0xA5, sizeof(packet)); /* the decoder must set every field */
    fs_decode(data, size, size + more, link, verify, &packet);
    check_offsets(&packet, size);
    check_words(&packet, verify);
    if (packet.version != 0)
        check_flow(&packet, data);
    if (packet.version != 0 && fs_is_raw(link) && more == 0)
        check_paths(&packet, data, size);
    free(data);
    return 0;
}
