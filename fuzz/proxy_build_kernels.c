/* The PROXY protocol's writer on any endpoints: what it writes is a header that the parser reads back.
 *
 * The first two bytes choose the transport and how the rest makes the endpoints: packed addresses
 * and ports, or ports and the text of two hosts, a zero between them. Texts are parsed in blocks of
 * exactly their bytes, and headers are written to a block of the room that callers have, so ASan
 * sees any access outside of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "fastsock/_core/cpu.h"
#include "fastsock/proxy/build.h"

static int host(const uint8_t *text, size_t size, uint8_t *out)
{
    uint8_t *block = malloc(size), *packed = malloc(16);
    if (size != 0)
        memcpy(block, text, size);
    const int family = fs_proxy_host(block, block + size, packed);
    CHECK(family >= 0 && family <= 2);
    if (family != 0)
        memcpy(out, packed, family == 1 ? 4 : 16);
    free(block);
    free(packed);
    return family;
}

/* Whether the bytes make two endpoints of one family. */
static int take(const uint8_t *data, size_t size, int packed, fs_proxy_ends *ends)
{
    if (size < 4)
        return 0;
    ends->ports[0] = (uint16_t)(data[0] << 8 | data[1]);
    ends->ports[1] = (uint16_t)(data[2] << 8 | data[3]);
    data += 4, size -= 4;
    if (packed) {
        const size_t width = size < 32 ? 4 : 16;
        if (size < 2 * width)
            return 0;
        ends->family = width == 4 ? 1 : 2;
        memcpy(ends->addresses[0], data, width);
        memcpy(ends->addresses[1], data + width, width);
        return 1;
    }
    const uint8_t *middle = size == 0 ? NULL : memchr(data, 0, size);
    if (middle == NULL)
        return 0;
    const size_t first = (size_t)(middle - data);
    ends->family = host(data, first, ends->addresses[0]);
    return host(middle + 1, size - first - 1, ends->addresses[1]) == ends->family &&
           ends->family != 0;
}

static void check(const uint8_t *header, size_t size, int version, int transport,
                  const fs_proxy_ends *ends)
{
    fs_proxy found;
    uint8_t *block = malloc(size);
    memcpy(block, header, size);
    CHECK(fs_parse_proxy(block, size, 4096, &found) == FS_PROXY_HEADER);
    CHECK(found.size == size && found.version == version && !found.local && found.known);
    CHECK(found.family == ends->family && found.transport == transport && found.tlvs_size == 0);
    CHECK(memcmp(found.ports, ends->ports, sizeof(found.ports)) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(memcmp(found.addresses[i], ends->addresses[i], ends->family == 1 ? 4 : 16) == 0);
    /* No byte too many: without its last one, it asks for just that. */
    CHECK(fs_parse_proxy(block, size - 1, 4096, &found) == FS_PROXY_MORE && found.size == 1);
    free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fs_proxy_ends ends;
    if (size < 2)
        return 0;
    memset(&ends, 0xA5, sizeof(ends));
    fs_choose_crc32c(fs_cpu_has_sse42());
    const int transport = 1 + (data[0] & 1);
    if (!take(data + 2, size - 2, data[1] & 1, &ends))
        return 0;
    uint8_t *out = malloc(FS_PROXY_BUILT_MAX);
    const size_t line = fs_build_proxy_v1(&ends, out);
    CHECK(line <= FS_PROXY_V1_MAX);
    check(out, line, 1, 1, &ends);
    check(out, fs_build_proxy_v2(&ends, transport, out), 2, transport, &ends);
    free(out);
    return 0;
}
