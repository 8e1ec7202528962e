"""The decoded packet, the kernel that decodes it, and its flow."""

from cpython.object cimport PyTypeObject
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "fastsock/_core/protocols.h" nogil:
    enum:
        FS_ICMP
        FS_TCP
        FS_ICMPV6
        FS_SCTP


cdef extern from "fastsock/packet/packet.h" nogil:
    enum:
        FS_TRANSPORT
        FS_PORTS
        FS_FRAGMENT
        FS_ATOMIC_FRAGMENT
        FS_FAULTS
        FS_MAX_VLANS

    ctypedef struct fs_packet:
        uint32_t status
        uint8_t limited_by
        uint8_t fault
        uint8_t version
        uint8_t protocol
        uint8_t ttl
        uint8_t tos
        uint8_t vlan_count
        uint8_t icmp_type
        uint8_t icmp_code
        uint8_t ip_checksum_status
        uint8_t checksum_status
        uint16_t link
        uint16_t ethertype
        uint16_t sport
        uint16_t dport
        uint16_t flags
        uint16_t window
        uint16_t checksum
        uint16_t fragment_offset
        uint16_t vlans[FS_MAX_VLANS]
        uint32_t seq
        uint32_t ack
        uint32_t identification
        uint32_t flow_label
        uint32_t total_length
        uint32_t l3_offset
        uint32_t l4_offset
        uint32_t payload_offset
        uint32_t payload_length
        uint8_t more_fragments
        uint8_t dont_fragment
        uint8_t address_size
        uint32_t src
        uint32_t dst
        uint32_t fault_offset


cdef extern from "fastsock/packet/decode.h" nogil:
    enum:
        FS_LINK_ETHERNET

    bint fs_is_raw(uint32_t link) noexcept          # no link header stands in front
    bint fs_has_link_header(uint32_t link) noexcept  # one does, and can be decoded
    void fs_decode(
        const uint8_t *data, size_t captured, uint64_t wire_length, uint32_t link, bint verify,
        fs_packet *packet
    ) noexcept


cdef extern from "fastsock/packet/flow.h" nogil:
    enum:
        FS_FLOW_KEY4
        FS_FLOW_KEY6
        FS_RSS_KEY

    ctypedef struct fs_flow:
        pass

    ctypedef struct fs_toeplitz:
        pass

    fs_flow fs_flow_of(
        const fs_packet *packet, const uint8_t *src, const uint8_t *dst, bint symmetric
    ) noexcept
    size_t fs_flow_key(const fs_packet *packet, const fs_flow *flow, uint8_t *out) noexcept
    void fs_toeplitz_init(fs_toeplitz *table, const uint8_t *key) noexcept
    uint32_t fs_flow_hash(const fs_toeplitz *table, const fs_flow *flow) noexcept


# State that all calls of one interpreter share.
cdef class _State:
    cdef object plain             # parse_packet with Cython's entry
    cdef tuple parameters         # their names, interned
    cdef tuple nothing
    cdef PyTypeObject *kind       # Packet; the module keeps it
    cdef fs_toeplitz table        # of the default key


cdef class Packet:
    cdef fs_packet found
    cdef uint8_t addresses[32]    # as they were when it was parsed: source, and destination at 16
    cdef uint8_t ethernet[12]     # destination and source
    cdef bint has_ethernet
    cdef bint verify              # the arguments to parse it again
    cdef uint64_t wire_length
    cdef object _buffer

    cdef void parse(
        self, const uint8_t *data, size_t size, uint64_t wire_length, uint32_t link, bint verify
    ) noexcept
    cdef int read(
        self, object buffer, uint32_t link, bint on_wire, uint64_t wire_length, bint verify
    ) except -1
    cdef bint has(self, uint32_t bits) noexcept
    cdef bint is_tcp(self) noexcept
    cdef bint is_icmp(self) noexcept
    cdef bint has_fragment_fields(self) noexcept
