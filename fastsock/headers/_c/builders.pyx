"""Compiled twin of `fastsock.headers`: one buffer, written once.

Everything is checked before the first byte is written. The payload is moved first, for it may
lie in `out` where the headers go.
"""

from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from fastsock._core.buffers cimport get_contiguous
from fastsock.headers._c.arguments cimport address, argument, number, octets
from fastsock.headers._c.views cimport (
    FS_ICMP,
    FS_ICMPV6,
    FS_TCP,
    FS_UDP,
    fs_ends,
    fs_pseudo_sum,
    fs_store_be,
    fs_sum,
    fs_sum_fold,
)

from fastsock._core import errors as _core_errors
from fastsock.address import errors as _address_errors
from fastsock.headers import errors as _errors


cdef enum:
    MAC = 6
    ETHERNET_HEADER = 14
    VLAN_TAG = 4
    MAX_VLANS = 8
    LEAST_FRAME = 60         # the rest of the 64 is the frame check sequence
    LONGEST_802_3 = 1500
    FIRST_ETHERTYPE = 0x0600  # below it, that field is a length
    IPV4_HEADER = 20
    IPV6_HEADER = 40
    FRAGMENT_HEADER = 8
    FRAGMENT = 44            # its kind, as a next header
    MOST = 0xFFFF            # the largest value of a length field
    SYN = 2


cdef struct Options:
    uint8_t data[40]
    Py_ssize_t size          # a multiple of four


# The fields of an IP header to write.
cdef struct Datagram:
    Py_ssize_t address_size
    uint8_t src[16]
    uint8_t dst[16]
    uint32_t protocol
    uint32_t ttl
    uint32_t tos
    uint32_t identification
    uint32_t fragment        # flags and offset as they stand; of IPv6, 0 for no such header
    uint32_t flow_label
    Options options


# Bytes to copy. `view` keeps those of others than bytes where they are; close() ends that.
cdef struct Piece:
    const uint8_t *data
    Py_ssize_t size
    bint held
    Py_buffer view


cdef int open_piece(const char *name, PyObject *value, Piece *piece) except -1:
    piece.data, piece.size, piece.held = NULL, 0, False
    if value == NULL:
        return 0
    if PyBytes_CheckExact(<object>value):
        piece.data = <const uint8_t *>PyBytes_AS_STRING(<object>value)
        piece.size = PyBytes_GET_SIZE(<object>value)
        return 0
    get_contiguous(<object>value, &piece.view, name.decode())
    piece.data, piece.size, piece.held = <const uint8_t *>piece.view.buf, piece.view.len, True
    return 0


cdef inline void close(Piece *piece) noexcept:
    if piece.held:
        PyBuffer_Release(&piece.view)


cdef int read_options(PyObject *options, Options *out) except -1:
    cdef Piece piece
    cdef Py_ssize_t size
    out.size = 0
    if options == NULL:
        return 0
    open_piece(b"options", options, &piece)
    size = piece.size
    if size <= 40:
        memset(out.data, 0, 40)
        copy(out.data, piece.data, size)
        out.size = (size + 3) // 4 * 4
    close(&piece)
    if size > 40:
        raise _errors.too_long("options", size, 40)
    return 0


cdef inline void copy(uint8_t *to, const uint8_t *data, Py_ssize_t size) noexcept:
    if size:  # the address of nothing may be NULL
        memmove(to, data, size)


cdef object room(Py_buffer *out, Py_ssize_t size, uint8_t **data):
    """Find where `size` bytes go: what the builder returns, which is fresh bytes or the size."""
    if out == NULL:
        result = PyBytes_FromStringAndSize(NULL, size)
        data[0] = <uint8_t *>PyBytes_AS_STRING(result)
        return result
    if out.readonly:
        raise _errors.read_only()
    if out.len < size:
        raise _errors.no_room_in_out(size, out.len)
    data[0] = <uint8_t *>out.buf
    return size


cdef object build_into(Builder build, PyObject **given):
    """Build with the first argument as `out`, and the others from there on."""
    cdef Py_buffer out
    get_contiguous(<object>given[0], &out, "out")
    try:
        return build(given + 1, &out)
    finally:
        PyBuffer_Release(&out)


cdef int endpoints(Datagram *ip, PyObject *src, PyObject *dst) except -1:
    ip.address_size = address(b"src", <object>src, ip.src)
    if address(b"dst", <object>dst, ip.dst) != ip.address_size:
        raise _address_errors.mixed_families()
    return 0


cdef int common(Datagram *ip, PyObject *src, PyObject *dst, PyObject **given) except -1:
    """The fields that builders of whole datagrams take for both versions, `ttl` first."""
    endpoints(ip, src, dst)
    ip.ttl = argument(b"ttl", given[0], 0xFF, 64)
    ip.tos = argument(b"tos", given[1], 0xFF, 0)
    ip.identification = argument(b"identification", given[2], 0xFFFF, 0)
    ip.fragment = argument(b"dont_fragment", given[3], 1, 0) << 14
    ip.flow_label = argument(b"flow_label", given[4], 0xFFFFF, 0)
    ip.options.size = 0
    if ip.address_size == 4 and ip.flow_label:
        raise _errors.only_in("flow_label", 6)
    if ip.address_size == 16 and ip.identification:
        raise _errors.only_in("identification", 4)
    if ip.address_size == 16 and ip.fragment:
        raise _errors.only_in("dont_fragment", 4)
    return 0


cdef inline Py_ssize_t header_size(const Datagram *ip) noexcept:
    return IPV6_HEADER if ip.address_size == 16 else IPV4_HEADER + ip.options.size


cdef int check_length(const Datagram *ip, Py_ssize_t more, Py_ssize_t payload) except -1:
    """Whether the payload, and `more` bytes of header before it, fit in one datagram."""
    if ip.address_size == 4:
        more += header_size(ip)
    if payload > MOST - more:
        raise _errors.too_long("payload", payload, MOST - more)
    return 0


cdef void write_ip(const Datagram *ip, uint8_t *out, Py_ssize_t length) noexcept:
    """Write the header of a datagram, for `length` bytes after it."""
    cdef Py_ssize_t size = header_size(ip)
    if ip.address_size == 16:
        fs_store_be(out, 4, <uint32_t>6 << 28 | ip.tos << 20 | ip.flow_label)
        fs_store_be(out + 4, 2, <uint32_t>length)
        out[6] = <uint8_t>ip.protocol
        out[7] = <uint8_t>ip.ttl
        memcpy(out + 8, ip.src, 16)
        memcpy(out + 24, ip.dst, 16)
        return
    out[0] = <uint8_t>(0x40 | size // 4)
    out[1] = <uint8_t>ip.tos
    fs_store_be(out + 2, 2, <uint32_t>(size + length))
    fs_store_be(out + 4, 2, ip.identification)
    fs_store_be(out + 6, 2, ip.fragment)
    out[8] = <uint8_t>ip.ttl
    out[9] = <uint8_t>ip.protocol
    fs_store_be(out + 10, 2, 0)
    memcpy(out + 12, ip.src, 4)
    memcpy(out + 16, ip.dst, 4)
    if ip.options.size:
        memcpy(out + 20, ip.options.data, ip.options.size)
    fs_store_be(out + 10, 2, 0xFFFF ^ fs_sum(out, size))


cdef void write_checksum(const Datagram *ip, uint8_t *out, Py_ssize_t header, Py_ssize_t length,
                         Py_ssize_t at) noexcept:
    """Fill the checksum, which is zero, of the `length` bytes after the IP header at `out`."""
    cdef fs_ends ends
    cdef uint64_t sum = fs_sum(out + header, length)
    cdef uint32_t checksum
    if ip.protocol != FS_ICMP:
        ends.src = 8 if ip.address_size == 16 else 12
        ends.dst = ends.src + ip.address_size
        sum += fs_pseudo_sum(out, &ends, ip.address_size, ip.protocol, length)
    checksum = 0xFFFF ^ fs_sum_fold(sum)
    if checksum == 0 and ip.protocol == FS_UDP:  # where zero means none
        checksum = 0xFFFF
    fs_store_be(out + header + at, 2, checksum)


cdef uint32_t type_of(const char *name, PyObject *value) except? 0xFFFFFFFF:
    """An Ethernet type, which is no length."""
    cdef uint32_t result = argument(name, value, 0xFFFF, 0)
    if result < FIRST_ETHERTYPE:
        raise _errors.is_length(name.decode(), result)
    return result


cdef object make_ethernet(PyObject **given, Py_buffer *out):
    """Of dst, src, ethertype, payload, vlans and pad."""
    cdef uint8_t head[ETHERNET_HEADER + MAX_VLANS * VLAN_TAG]
    cdef bint has_type = <object>given[2] is not None
    cdef uint32_t kind = type_of(b"ethertype", given[2]) if has_type else 0
    cdef Py_ssize_t header = ETHERNET_HEADER - 2
    cdef bint pad
    cdef Piece payload
    octets(b"dst", <object>given[0], head, MAC)
    octets(b"src", <object>given[1], head + MAC, MAC)
    if given[4] != NULL:
        header += write_tags(<object>given[4], head + header)
    open_piece(b"payload", given[3], &payload)
    try:
        if not has_type:
            if payload.size > LONGEST_802_3:
                raise _errors.too_long("payload", payload.size, LONGEST_802_3)
            kind = <uint32_t>payload.size
        fs_store_be(head + header, 2, kind)
        pad = given[5] == NULL or <object>given[5]
        return write_frame(head, header + 2, &payload, pad, out)
    finally:
        close(&payload)


cdef Py_ssize_t write_tags(object vlans, uint8_t *out) except -1:
    """Write VLAN tags: how many bytes they take."""
    cdef Py_ssize_t size = 0
    cdef tuple tags = tuple(vlans)  # which can't grow while an __index__ runs
    if len(tags) > MAX_VLANS:
        raise _errors.too_many_tags(len(tags), MAX_VLANS)
    for tag in tags:
        if isinstance(tag, tuple) and len(tag) != 2:
            raise _errors.not_pair(tag)
        tag_type, control = tag if isinstance(tag, tuple) else (0x8100, tag)
        fs_store_be(out + size, 2, type_of(b"a VLAN tag's type", <PyObject *>tag_type))
        fs_store_be(out + size + 2, 2, number("a VLAN tag", control, 0xFFFF))
        size += VLAN_TAG
    return size


cdef object write_frame(const uint8_t *head, Py_ssize_t header, const Piece *payload, bint pad,
                        Py_buffer *out):
    cdef Py_ssize_t size = header + payload.size
    cdef Py_ssize_t total = max(size, <Py_ssize_t>LEAST_FRAME) if pad else size
    cdef uint8_t *data
    result = room(out, total, &data)
    copy(data + header, payload.data, payload.size)
    memcpy(data, head, header)
    if total > size:
        memset(data + size, 0, total - size)
    return result


cdef object make_arp(PyObject **given, Py_buffer *out):
    """Of operation, sha, spa, tha and tpa."""
    cdef uint8_t packet[28]
    cdef uint8_t *data
    memcpy(packet, b"\0\1\x08\0\6\4", 6)
    fs_store_be(packet + 6, 2, argument(b"operation", given[0], 0xFFFF, 0))
    octets(b"sha", <object>given[1], packet + 8, MAC)
    ipv4_address(b"spa", given[2], packet + 14)
    octets(b"tha", <object>given[3], packet + 18, MAC)
    ipv4_address(b"tpa", given[4], packet + 24)
    result = room(out, 28, &data)
    memcpy(data, packet, 28)
    return result


cdef int ipv4_address(const char *name, PyObject *value, uint8_t *out) except -1:
    cdef uint8_t packed[16]
    cdef Py_ssize_t size = address(name, <object>value, packed)
    if size != 4:
        raise _core_errors.bad_size(name.decode(), size, "4")
    memcpy(out, packed, 4)
    return 0


cdef object make_ipv4(PyObject **given, Py_buffer *out):
    """Of src, dst, protocol, payload, and from `ttl` on those that have defaults."""
    cdef Datagram ip
    ipv4_address(b"src", given[0], ip.src)
    ipv4_address(b"dst", given[1], ip.dst)
    ip.address_size, ip.protocol = 4, argument(b"protocol", given[2], 0xFF, 0)
    ip.ttl = argument(b"ttl", given[4], 0xFF, 64)
    ip.tos = argument(b"tos", given[5], 0xFF, 0)
    ip.identification = argument(b"identification", given[6], 0xFFFF, 0)
    ip.fragment = argument(b"dont_fragment", given[7], 1, 0) << 14
    ip.fragment |= argument(b"more_fragments", given[8], 1, 0) << 13
    ip.fragment |= offset_of(given[9]) // 8
    read_options(given[10], &ip.options)
    return datagram(&ip, given[3], out)


cdef uint32_t offset_of(PyObject *fragment_offset) except? 0xFFFFFFFF:
    cdef uint32_t offset = argument(b"fragment_offset", fragment_offset, 0x1FFF * 8, 0)
    if offset % 8:
        raise _core_errors.out_of_range("fragment_offset", offset, 0, 0x1FFF * 8, 8)
    return offset


cdef int check_fragment(bint more, Py_ssize_t offset, Py_ssize_t header,
                        Py_ssize_t payload) except -1:
    """Whether a fragment may be part of a datagram, whose length includes `header` bytes."""
    if more and payload % 8:
        raise _errors.bad_fragment(payload)
    if payload > MOST - header - offset:
        raise _errors.too_long("payload", payload, max(MOST - header - offset, 0))
    return 0


cdef object make_ipv6(PyObject **given, Py_buffer *out):
    """Of src, dst, next_header, payload, and from `hop_limit` on those that have defaults."""
    cdef Datagram ip
    endpoints(&ip, given[0], given[1])
    if ip.address_size != 16:
        raise _core_errors.bad_size("src", 4, "16")
    ip.protocol = argument(b"next_header", given[2], 0xFF, 0)
    ip.ttl = argument(b"hop_limit", given[4], 0xFF, 64)
    ip.tos = argument(b"traffic_class", given[5], 0xFF, 0)
    ip.flow_label = argument(b"flow_label", given[6], 0xFFFFF, 0)
    ip.identification = argument(b"identification", given[7], 0xFFFFFFFF, 0)
    ip.fragment = argument(b"more_fragments", given[8], 1, 0)
    ip.fragment |= offset_of(given[9])
    if ip.identification and not ip.fragment:
        raise _errors.only_in_fragments("identification")
    return datagram(&ip, given[3], out)


cdef object datagram(Datagram *ip, PyObject *payload, Py_buffer *out):
    cdef Piece piece
    open_piece(b"payload", payload, &piece)
    try:
        return write_datagram(ip, &piece, out)
    finally:
        close(&piece)


cdef object write_datagram(Datagram *ip, const Piece *payload, Py_buffer *out):
    """Check the length of a payload, and write it with its header."""
    cdef Py_ssize_t header = header_size(ip)
    cdef Py_ssize_t more = FRAGMENT_HEADER if ip.address_size == 16 and ip.fragment else 0
    cdef uint32_t kind = ip.protocol
    cdef uint8_t *data
    check_length(ip, more, payload.size)
    if ip.address_size == 16:
        check_fragment(ip.fragment & 1, ip.fragment & 0xFFF8, 0, payload.size)
    else:
        check_fragment(ip.fragment & 0x2000, (ip.fragment & 0x1FFF) * 8, header, payload.size)
    result = room(out, header + more + payload.size, &data)
    copy(data + header + more, payload.data, payload.size)
    if more:
        ip.protocol = FRAGMENT
        fs_store_be(data + header, 2, kind << 8)
        fs_store_be(data + header + 2, 2, ip.fragment)
        fs_store_be(data + header + 4, 4, ip.identification)
    write_ip(ip, data, more + payload.size)
    return result


cdef object transport(const Datagram *ip, const uint8_t *head, Py_ssize_t size, Py_ssize_t checksum,
                      PyObject *payload, Py_buffer *out):
    """Build a datagram of `head`, the `size` bytes of a transport header, and a payload."""
    cdef Piece piece
    open_piece(b"payload", payload, &piece)
    try:
        return write_transport(ip, head, size, checksum, &piece, out)
    finally:
        close(&piece)


cdef object write_transport(const Datagram *ip, const uint8_t *head, Py_ssize_t size,
                            Py_ssize_t checksum, const Piece *payload, Py_buffer *out):
    """The same; the checksum, zero as yet, stands at `checksum` in the transport header."""
    cdef Py_ssize_t header = header_size(ip), length = size + payload.size
    cdef uint8_t *data
    check_length(ip, size, payload.size)
    result = room(out, header + length, &data)
    copy(data + header + size, payload.data, payload.size)
    write_ip(ip, data, length)
    memcpy(data + header, head, size)
    if ip.protocol == FS_UDP:
        fs_store_be(data + header + 4, 2, <uint32_t>length)
    write_checksum(ip, data, header, length, checksum)
    return result


cdef object make_udp(PyObject **given, Py_buffer *out):
    """Of src, dst, sport, dport, payload, and from `ttl` on the common fields."""
    cdef Datagram ip
    cdef uint8_t head[8]
    memset(head, 0, 8)
    fs_store_be(head, 2, argument(b"sport", given[2], 0xFFFF, 0))
    fs_store_be(head + 2, 2, argument(b"dport", given[3], 0xFFFF, 0))
    common(&ip, given[0], given[1], given + 5)
    ip.protocol = FS_UDP
    return transport(&ip, head, 8, 6, given[4], out)


cdef object make_tcp(PyObject **given, Py_buffer *out):
    """Of src, dst, sport, dport, payload, from `seq` on its own fields, then the common ones."""
    cdef Datagram ip
    cdef Options options
    cdef uint8_t head[60]
    fs_store_be(head, 2, argument(b"sport", given[2], 0xFFFF, 0))
    fs_store_be(head + 2, 2, argument(b"dport", given[3], 0xFFFF, 0))
    fs_store_be(head + 4, 4, argument(b"seq", given[5], 0xFFFFFFFF, 0))
    fs_store_be(head + 8, 4, argument(b"ack", given[6], 0xFFFFFFFF, 0))
    fs_store_be(head + 12, 2, argument(b"flags", given[7], 0xFFF, SYN))
    fs_store_be(head + 14, 2, argument(b"window", given[8], 0xFFFF, 0xFFFF))
    fs_store_be(head + 16, 2, 0)
    fs_store_be(head + 18, 2, argument(b"urgent_pointer", given[9], 0xFFFF, 0))
    read_options(given[10], &options)
    common(&ip, given[0], given[1], given + 11)
    ip.protocol = FS_TCP
    head[12] |= <uint8_t>((20 + options.size) // 4 << 4)
    if options.size:
        memcpy(head + 20, options.data, options.size)
    return transport(&ip, head, 20 + options.size, 16, given[4], out)


cdef object make_icmp_echo(PyObject **given, Py_buffer *out):
    """Of src, dst, identifier, sequence, payload, reply, and from `ttl` on the common fields."""
    cdef Datagram ip
    cdef uint8_t head[8]
    cdef bint is_reply = given[5] != NULL and bool(<object>given[5])
    fs_store_be(head, 4, 0)
    fs_store_be(head + 4, 2, argument(b"identifier", given[2], 0xFFFF, 0))
    fs_store_be(head + 6, 2, argument(b"sequence", given[3], 0xFFFF, 0))
    common(&ip, given[0], given[1], given + 6)
    if ip.address_size == 4:
        ip.protocol, head[0] = FS_ICMP, 0 if is_reply else 8
    else:
        ip.protocol, head[0] = FS_ICMPV6, 129 if is_reply else 128
    return transport(&ip, head, 8, 2, given[4], out)
