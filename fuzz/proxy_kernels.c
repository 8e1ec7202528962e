/* The PROXY protocol's kernel on any bytes: what it says of a prefix holds for the whole.
 *
 * The first two bytes make max_size. The rest is parsed at every length that the answers ask for,
 * each time in a block of exactly its bytes, so ASan sees any read outside of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "fastsock/_core/cpu.h"
#include "fastsock/proxy/proxy.h"

static fs_proxy_found parse(const uint8_t *data, size_t size, size_t max_size, fs_proxy *header)
{
    uint8_t *block = malloc(size);
    if (size != 0)
        memcpy(block, data, size);
    const fs_proxy_found found = fs_parse_proxy(block, size, max_size, header);
    free(block);
    return found;
}

static void check_header(const fs_proxy *header, size_t size, size_t max_size)
{
    CHECK(header->size <= size && header->size <= max_size);
    CHECK(header->version == 1 || header->version == 2);
    CHECK(header->family <= 3 && header->transport <= 2);
    CHECK(header->tlvs + header->tlvs_size <= header->size);
    CHECK(!header->known || (!header->local && header->family != 0 && header->transport != 0));
    CHECK(header->version == 2 || header->size <= FS_PROXY_V1_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const size_t max_size = 16 + ((size_t)data[0] << 8 | data[1]);
    data += 2, size -= 2;
    fs_choose_crc32c(fs_cpu_has_sse42());

    fs_proxy whole, header;
    const fs_proxy_found found = parse(data, size, max_size, &whole);
    if (found == FS_PROXY_HEADER)
        check_header(&whole, size, max_size);
    for (size_t reach = 0;;) {
        const fs_proxy_found now = parse(data, reach, max_size, &header);
        if (now != FS_PROXY_MORE) {
            /* A header stays a header, and a fault a fault, when more bytes come. */
            CHECK((now == FS_PROXY_HEADER) == (found == FS_PROXY_HEADER));
            CHECK(now != FS_PROXY_HEADER || (header.size == reach && whole.size == reach));
            break;
        }
        CHECK(header.size >= 1 && reach + header.size <= max_size);
        if (reach + header.size > size) {
            CHECK(found != FS_PROXY_HEADER);
            break;
        }
        reach += header.size;
    }
    return 0;
}
