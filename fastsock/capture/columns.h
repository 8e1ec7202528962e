/* Packets into columns, by blocks.
 *
 * A packet's fields, stored one by one into as many columns, would touch as many cache lines, and
 * do so for each packet. So packets are decoded into a block of rows that stays in the first-level
 * cache, and a full block is turned into columns, one column after the other. */
#ifndef FASTSOCK_COLUMNS_H
#define FASTSOCK_COLUMNS_H

#include "fastsock/capture/capture.h"
#include "fastsock/packet/decode.h"
#include "fastsock/packet/flow.h"

#if defined(__GNUC__)
#define FS_PREFETCH_READ(p) __builtin_prefetch(p)
#else
#define FS_PREFETCH_READ(p) ((void)(p))
#endif

enum {
    FS_BLOCK_ROWS = 32,     /* 5 KiB of rows */
    FS_AHEAD = 4096,        /* bytes of a capture that are fetched ahead of the cursor */
    FS_CACHE_LINE = 64,
    FS_NO_VLAN = 0xFFFF,
};

/* All that any column has of one packet. */
typedef struct {
    fs_packet packet;
    int64_t timestamp_ns;
    uint32_t wire_length;
    uint32_t captured_length;
    uint32_t flow_hash;
    uint16_t vlan;
    uint8_t src[16];
    uint8_t dst[16];
} fs_row;

typedef struct {
    uint16_t offset; /* in a row */
    uint16_t size;
} fs_column;

#define FS_OF_ROW(field) {offsetof(fs_row, field), sizeof(((fs_row *)0)->field)}
#define FS_OF_PACKET(field) FS_OF_ROW(packet.field)

/* In the order of COLUMNS, fastsock/packet/fields.py. */
static const fs_column fs_columns[] = {
    FS_OF_ROW(timestamp_ns),
    FS_OF_ROW(wire_length),
    FS_OF_ROW(captured_length),
    FS_OF_PACKET(link),
    FS_OF_PACKET(version),
    FS_OF_PACKET(protocol),
    FS_OF_ROW(src),
    FS_OF_ROW(dst),
    FS_OF_PACKET(sport),
    FS_OF_PACKET(dport),
    FS_OF_PACKET(flags),
    FS_OF_PACKET(seq),
    FS_OF_PACKET(ack),
    FS_OF_PACKET(window),
    FS_OF_PACKET(ttl),
    FS_OF_PACKET(tos),
    FS_OF_PACKET(identification),
    FS_OF_PACKET(fragment_offset),
    FS_OF_PACKET(total_length),
    FS_OF_PACKET(ip_checksum_status),
    FS_OF_PACKET(checksum_status),
    FS_OF_PACKET(icmp_type),
    FS_OF_PACKET(icmp_code),
    FS_OF_ROW(vlan),
    FS_OF_PACKET(payload_offset),
    FS_OF_PACKET(payload_length),
    FS_OF_PACKET(status),
    FS_OF_PACKET(limited_by),
    FS_OF_PACKET(checksum),
    FS_OF_PACKET(ethertype),
    FS_OF_PACKET(flow_label),
    FS_OF_PACKET(l3_offset),
    FS_OF_PACKET(l4_offset),
    FS_OF_ROW(flow_hash),
};

enum {
    FS_COLUMNS = sizeof(fs_columns) / sizeof(fs_columns[0]),
    FS_SRC_COLUMN = 6,
    FS_DST_COLUMN = 7,
    FS_HASH_COLUMN = FS_COLUMNS - 1,
};

/* Where rows go. Columns that were not asked for have no memory. */
typedef struct {
    uint8_t *memory[FS_COLUMNS];
    size_t rows;            /* in the columns */
    size_t room;            /* how many fit there */
    size_t pending;         /* rows of the block, which are not in the columns yet */
    bool verify;
    bool addresses;         /* asked for */
    bool hashes;
    fs_toeplitz spread;     /* the hash's table, where hashes are asked for */
    fs_row block[FS_BLOCK_ROWS];
} fs_sink;

#define FS_TURN(type) \
    for (size_t i = 0; i < count; i++, row += sizeof(fs_row), to += sizeof(type)) \
    memcpy(to, row, sizeof(type))

typedef struct { uint8_t bytes[16]; } fs_address;

static inline void fs_turn_column(const uint8_t *row, uint8_t *to, size_t count, size_t size)
{
    switch (size) {
    case 1:
        FS_TURN(uint8_t);
        break;
    case 2:
        FS_TURN(uint16_t);
        break;
    case 4:
        FS_TURN(uint32_t);
        break;
    case 8:
        FS_TURN(uint64_t);
        break;
    default:
        FS_TURN(fs_address);
    }
}

/* Put the block's rows into the columns. There is room for them. */
static inline void fs_flush(fs_sink *sink)
{
    for (size_t n = 0; n < FS_COLUMNS; n++)
        if (sink->memory[n] != NULL)
            fs_turn_column((const uint8_t *)sink->block + fs_columns[n].offset,
                           sink->memory[n] + sink->rows * fs_columns[n].size, sink->pending,
                           fs_columns[n].size);
    sink->rows += sink->pending;
    sink->pending = 0;
}

/* 16 bytes of any address: IPv4 as mapped, zeros for none. */
static inline void fs_wide_address(uint8_t *to, const uint8_t *address, unsigned size)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (size == 16) {
        memcpy(to, address, 16);
    } else if (size == 4) {
        memcpy(to, mapped, 12);
        memcpy(to + 12, address, 4);
    } else {
        memset(to, 0, 16);
    }
}

static inline uint32_t fs_row_hash(const fs_sink *sink, const fs_packet *packet,
                                   const uint8_t *data)
{
    const fs_flow flow = fs_flow_of(packet, data + packet->src, data + packet->dst, 0);
    return fs_flow_hash(&sink->spread, &flow);
}

/* Decode one packet into the block. The caller ensures that `rows` + `pending` < `room`. */
static inline void fs_add_packet(fs_sink *sink, const uint8_t *data, uint32_t captured,
                                 uint32_t wire_length, uint32_t link, int64_t timestamp_ns)
{
    fs_row *row = &sink->block[sink->pending];
    fs_packet *packet = &row->packet;
    fs_decode(data, captured, wire_length, link, sink->verify, packet);
    row->timestamp_ns = timestamp_ns;
    row->wire_length = wire_length;
    row->captured_length = captured;
    row->vlan = packet->vlan_count ? packet->vlans[0] & 0x0FFF : FS_NO_VLAN;
    if (sink->addresses) {
        fs_wide_address(row->src, data + packet->src, packet->address_size);
        fs_wide_address(row->dst, data + packet->dst, packet->address_size);
    }
    if (sink->hashes)
        row->flow_hash = packet->version ? fs_row_hash(sink, packet, data) : 0;
    if (++sink->pending == FS_BLOCK_ROWS)
        fs_flush(sink);
}

/* Fetch what lies ahead of `p` line by line, from `fetched` on; how far that is now.
 *
 * Where the next packet begins depends on the length of this one, so the processor would wait for
 * each. Fetch all bytes ahead instead, wherever packets begin. */
static inline const uint8_t *fs_fetch(const uint8_t *fetched, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *to = p + ((size_t)(end - p) < FS_AHEAD ? (size_t)(end - p) : FS_AHEAD);
    if (fetched < p)
        fetched = p;
    for (; fetched < to; fetched += FS_CACHE_LINE)
        FS_PREFETCH_READ(fetched);
    return fetched;
}

/* Records into columns, until there is no room (FS_RECORD) or the walk needs something. */
static inline fs_walked fs_run_capture(fs_capture *capture, fs_sink *sink)
{
    fs_record record;
    fs_walked state = FS_RECORD;
    const uint8_t *fetched = capture->p;
    while (sink->rows + sink->pending < sink->room) {
        fetched = fs_fetch(fetched, capture->p, capture->end);
        state = fs_next_record(capture, &record);
        if (state != FS_RECORD)
            break;
        fs_add_packet(sink, record.data, record.captured, record.wire_length, record.link,
                      record.timestamp_ns);
    }
    fs_flush(sink);
    return state;
}

/* Rows of one buffer, row i from offsets[i] to offsets[i + 1], from `row` on until there is no
 * room. The row it stopped at: the next one, or the one with a bad offset. */
static inline size_t fs_run_offsets(fs_sink *sink, const uint8_t *data, size_t size,
                                    const int64_t *offsets, size_t row, size_t rows, uint32_t link)
{
    const uint8_t *fetched = data;
    for (; row < rows && sink->rows + sink->pending < sink->room; row++) {
        const int64_t start = offsets[row], end = offsets[row + 1];
        if (start < 0 || end < start || (uint64_t)end > size)
            break;
        fetched = fs_fetch(fetched, data + start, data + size);
        const uint32_t length = (uint64_t)(end - start) > UINT32_MAX ? UINT32_MAX
                                                                     : (uint32_t)(end - start);
        fs_add_packet(sink, data + start, length, length, link, 0);
    }
    fs_flush(sink);
    return row;
}

#endif
