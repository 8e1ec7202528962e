"""The decoded packet, the kernel that decodes it, and its flow."""

from cpython.object cimport PyObject, PyTypeObject
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from fastsock._core.vectorcall cimport vectorcallfunc


cdef extern from "fastsock/packet/packet.h" nogil:
    enum:
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

    void fs_decode(
        const uint8_t *data, size_t captured, uint64_t wire_length, uint32_t link, bint verify,
        fs_packet *packet
    ) noexcept


cdef extern from "fastsock/packet/field.h" nogil:
    enum fs_field:
        FS_FIELD_LINK
        FS_FIELD_ETHERTYPE
        FS_FIELD_VERSION
        FS_FIELD_PROTOCOL
        FS_FIELD_SPORT
        FS_FIELD_DPORT
        FS_FIELD_FLAGS
        FS_FIELD_SEQ
        FS_FIELD_ACK
        FS_FIELD_WINDOW
        FS_FIELD_TTL
        FS_FIELD_TOS
        FS_FIELD_FLOW_LABEL
        FS_FIELD_IDENTIFICATION
        FS_FIELD_FRAGMENT_OFFSET
        FS_FIELD_TOTAL_LENGTH
        FS_FIELD_CHECKSUM
        FS_FIELD_ICMP_TYPE
        FS_FIELD_ICMP_CODE
        FS_FIELD_VLAN
        FS_FIELD_IP_CHECKSUM_STATUS
        FS_FIELD_CHECKSUM_STATUS
        FS_FIELD_L2_OFFSET
        FS_FIELD_L3_OFFSET
        FS_FIELD_L4_OFFSET
        FS_FIELD_PAYLOAD_OFFSET
        FS_FIELD_PAYLOAD_LENGTH
        FS_FIELD_DONT_FRAGMENT
        FS_FIELD_MORE_FRAGMENTS
        FS_FIELD_FRAGMENT
        FS_FIELD_COMPLETE
        FS_FIELD_STATUS
        FS_FIELD_SRC
        FS_FIELD_DST
        FS_FIELD_SRC_ADDRESS
        FS_FIELD_DST_ADDRESS
        FS_FIELD_ETH_DST
        FS_FIELD_ETH_SRC
        FS_FIELD_VLANS
        FS_FIELD_LIMITED_BY
        FS_FIELD_FAULT
        FS_FIELD_PAYLOAD
        FS_FIELD_BUFFER
        FS_FIELDS
        FS_NUMBER_FIELDS
        FS_FLAG_FIELDS
        FS_FIELD_PLACES

    unsigned fs_place_of(const void *name) noexcept
    int64_t fs_packet_number(const fs_packet *packet, fs_field field) noexcept


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
    cdef object plain_fields      # packet_fields with Cython's entry
    cdef tuple fields_parameters
    cdef tuple link_names         # interned; their numbers have the same places
    cdef tuple link_numbers
    cdef dict links
    cdef dict codes               # of fields, by name; never changed
    cdef tuple field_names        # interned
    # Codes + 1 by the hash of such a name's address; 0 is free.
    cdef uint8_t places[FS_FIELD_PLACES]
    cdef dict statuses            # members of Status that were asked for; it only grows
    cdef tuple checksum_statuses  # members of ChecksumStatus by their number
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
    cdef object state             # a _State, or None once the collector has cleared it

    cdef void parse(
        self, const uint8_t *data, size_t size, uint64_t wire_length, uint32_t link, bint verify
    ) noexcept
    cdef int read(
        self, object buffer, uint32_t link, bint on_wire, uint64_t wire_length, bint verify
    ) except -1
    cdef bint has(self, uint32_t bits) noexcept


cdef class PacketFields:
    cdef vectorcallfunc call      # of this instance, for the interpreter
    cdef tuple _names
    cdef Py_ssize_t size
    cdef uint8_t *codes
    cdef uint32_t _link
    cdef bint _verify
    cdef _State state
