"""Compiled twin of `fastsock.headers`: one buffer, written once.

Everything is checked before the first byte is written. The payload is moved first, for it may
lie in `out` where the headers go.
"""

cimport cython
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from fastsock.headers._c.arguments cimport address, bytes_of, number, octets
from fastsock._core.buffers cimport contiguous
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


# Bytes to copy. `owner` keeps them where they are, and must not be cleared before.
@cython.no_gc_clear
cdef class _Piece:
    cdef object owner
    cdef const uint8_t *data
    cdef Py_ssize_t size


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


cdef _Piece piece(object payload, str what="payload"):
    cdef _Piece result = _Piece.__new__(_Piece)
    cdef bint read_only
    if PyBytes_CheckExact(payload):
        result.owner = payload
        result.data = <const uint8_t *>PyBytes_AS_STRING(payload)
        result.size = PyBytes_GET_SIZE(payload)
    else:
        result.owner = contiguous(payload, what)
        result.data = bytes_of(result.owner, &result.size, &read_only)
    return result


cdef int read_options(object options, Options *out) except -1:
    cdef _Piece given = piece(options, "options")
    if given.size > 40:
        raise _errors.too_long("options", given.size, 40)
    memset(out.data, 0, 40)
    memcpy(out.data, given.data, given.size)
    out.size = (given.size + 3) // 4 * 4
    return 0


@cython.no_gc_clear
cdef class _Output:
    """Room for a packet: fresh bytes, or the user's buffer."""

    cdef object owner
    cdef uint8_t *data
    cdef Py_ssize_t size
    cdef bint fresh

    cdef object result(self):
        return self.owner if self.fresh else self.size


cdef _Output room(memoryview out, Py_ssize_t size):
    """Make fresh bytes, where `out` is None; otherwise the caller holds `out`."""
    cdef _Output result = _Output.__new__(_Output)
    cdef Py_ssize_t there
    cdef bint read_only
    result.size, result.fresh = size, out is None
    if out is None:
        result.owner = PyBytes_FromStringAndSize(NULL, size)
        result.data = <uint8_t *>PyBytes_AS_STRING(result.owner)
        return result
    result.owner = out
    result.data = bytes_of(out, &there, &read_only)
    if read_only:
        raise _errors.read_only()
    if there < size:
        raise _errors.no_room_in_out(size, there)
    return result


cdef int endpoints(Datagram *ip, object src, object dst) except -1:
    ip.address_size = address("src", src, ip.src)
    if address("dst", dst, ip.dst) != ip.address_size:
        raise _address_errors.mixed_families()
    return 0


cdef int common(Datagram *ip, object src, object dst, object ttl, object tos,
                object identification, object dont_fragment, object flow_label) except -1:
    """The fields that builders of whole datagrams take for both versions."""
    endpoints(ip, src, dst)
    ip.ttl, ip.tos = number("ttl", ttl, 0xFF), number("tos", tos, 0xFF)
    ip.identification = number("identification", identification, 0xFFFF)
    ip.fragment = number("dont_fragment", dont_fragment, 1) << 14
    ip.flow_label = number("flow_label", flow_label, 0xFFFFF)
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


cdef uint32_t type_of(str name, object value) except? 0xFFFFFFFF:
    """An Ethernet type, which is no length."""
    cdef uint32_t result = number(name, value, 0xFFFF)
    if result < FIRST_ETHERTYPE:
        raise _errors.is_length(name, result)
    return result


def build_ethernet(dst, src, ethertype, payload=b"", *, vlans=(), pad=True):
    r"""Build an Ethernet frame, without its frame check sequence.

    Args:
        dst: the destination's hardware address, 6 bytes.
        src: the source's.
        ethertype: the type of the payload, from 0x0600 on, or None for its length, as IEEE 802.3
            has it.
        payload: any contiguous bytes-like object.
        vlans: tags, outermost first: control information (priority, DEI, identifier), or a
            pair of the tag's own type, else 0x8100, and that.
        pad: whether a frame of fewer than 60 bytes gets zeros up to there.

    Returns:
        The frame.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: IEEE 802.3; IEEE 802.1Q.

    >>> frame = build_ethernet(b"\xff" * 6, bytes(6), 0x0800, b"data", vlans=[(0x88A8, 7), 5])
    >>> len(frame), frame[12:26].hex(" ", 2)
    (60, '88a8 0007 8100 0005 0800 6461 7461')
    """
    return make_ethernet(dst, src, ethertype, payload, vlans, pad, None)


def build_ethernet_into(out, dst, src, ethertype, payload=b"", *, vlans=(), pad=True):
    """Build an Ethernet frame as `build_ethernet` does, into a buffer.

    `out` is a writable buffer; the frame begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_ethernet`.

    Returns:
        How many bytes of `out` the frame takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the frame not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_ethernet_into(out, bytes(6), bytes(6), 0x0800, b"data")
    60
    """
    return make_ethernet(dst, src, ethertype, payload, vlans, pad, contiguous(out, "out"))


cdef object make_ethernet(object dst, object src, object ethertype, object payload, object vlans,
                          object pad, memoryview out):
    cdef uint8_t head[ETHERNET_HEADER + MAX_VLANS * VLAN_TAG]
    cdef uint32_t kind = 0 if ethertype is None else type_of("ethertype", ethertype)
    cdef Py_ssize_t header = ETHERNET_HEADER - 2, size, total
    cdef _Piece data
    cdef _Output target
    octets("dst", dst, head, MAC)
    octets("src", src, head + MAC, MAC)
    cdef tuple tags = tuple(vlans)  # which can't grow while an __index__ runs
    if len(tags) > MAX_VLANS:
        raise _errors.too_many_tags(len(tags), MAX_VLANS)
    for tag in tags:
        tag_type, control = tag if isinstance(tag, tuple) else (0x8100, tag)
        fs_store_be(head + header, 2, type_of("a VLAN tag's type", tag_type))
        fs_store_be(head + header + 2, 2, number("a VLAN tag", control, 0xFFFF))
        header += VLAN_TAG
    data = piece(payload)
    if ethertype is None:
        if data.size > LONGEST_802_3:
            raise _errors.too_long("payload", data.size, LONGEST_802_3)
        kind = <uint32_t>data.size
    fs_store_be(head + header, 2, kind)
    header += 2
    size = header + data.size
    total = max(size, <Py_ssize_t>LEAST_FRAME) if pad else size
    target = room(out, total)
    memmove(target.data + header, data.data, data.size)
    memcpy(target.data, head, header)
    memset(target.data + size, 0, total - size)
    return target.result()


def build_arp(operation, sha, spa, tha, tpa):
    """Build an ARP packet of IPv4 over Ethernet, to go into a frame of type 0x0806.

    Args:
        operation: 1 for a request, 2 for a reply.
        sha: the sender's hardware address, 6 bytes.
        spa: the sender's IPv4 address: text, or 4 packed bytes.
        tha: the target's hardware address.
        tpa: the target's IPv4 address.

    Returns:
        The packet.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 826.

    >>> build_arp(1, bytes(6), "192.0.2.1", bytes(6), "192.0.2.2").hex()
    '0001080006040001000000000000c0000201000000000000c0000202'
    """
    return make_arp(operation, sha, spa, tha, tpa, None)


def build_arp_into(out, operation, sha, spa, tha, tpa):
    """Build an ARP packet as `build_arp` does, into a buffer.

    `out` is a writable buffer; the packet begins at its first byte. The other arguments are those
    of `build_arp`.

    Returns:
        How many bytes of `out` the packet takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the packet not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_arp_into(out, 1, bytes(6), "192.0.2.1", bytes(6), "192.0.2.2")
    28
    """
    return make_arp(operation, sha, spa, tha, tpa, contiguous(out, "out"))


cdef object make_arp(object operation, object sha, object spa, object tha, object tpa,
                     memoryview out):
    cdef uint8_t packet[28]
    cdef _Output target
    memcpy(packet, b"\0\1\x08\0\6\4", 6)
    fs_store_be(packet + 6, 2, number("operation", operation, 0xFFFF))
    octets("sha", sha, packet + 8, MAC)
    ipv4_address("spa", spa, packet + 14)
    octets("tha", tha, packet + 18, MAC)
    ipv4_address("tpa", tpa, packet + 24)
    target = room(out, 28)
    memcpy(target.data, packet, 28)
    return target.result()


cdef int ipv4_address(str name, object value, uint8_t *out) except -1:
    cdef uint8_t packed[16]
    cdef Py_ssize_t size = address(name, value, packed)
    if size != 4:
        raise _core_errors.bad_size(name, size, "4")
    memcpy(out, packed, 4)
    return 0


def build_ipv4(src, dst, protocol, payload=b"", *, ttl=64, tos=0, identification=0,
               dont_fragment=False, more_fragments=False, fragment_offset=0, options=b""):
    """Build an IPv4 datagram, or a fragment of one.

    Args:
        src: the source's address: text, or 4 packed bytes.
        dst: the destination's.
        protocol: the protocol of the payload.
        payload: any contiguous bytes-like object.
        ttl: time to live.
        tos: type of service.
        identification: the number that all fragments share.
        dont_fragment: a flag.
        more_fragments: a flag; the payload must be a multiple of 8 bytes then.
        fragment_offset: in bytes, a multiple of 8. No fragment may end where a whole datagram
            would be longer than 65,535 bytes.
        options: at most 40 bytes; zeros fill them up to a multiple of 4.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 791.

    >>> build_ipv4("192.0.2.1", "192.0.2.2", 253, b"data").hex()
    '450000180000000040fdf5e5c0000201c000020264617461'
    """
    return make_ipv4(src, dst, protocol, payload, ttl, tos, identification, dont_fragment,
                     more_fragments, fragment_offset, options, None)


def build_ipv4_into(out, src, dst, protocol, payload=b"", *, ttl=64, tos=0, identification=0,
                    dont_fragment=False, more_fragments=False, fragment_offset=0, options=b""):
    """Build an IPv4 datagram as `build_ipv4` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_ipv4`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_ipv4_into(out, "192.0.2.1", "192.0.2.2", 253, b"data")
    24
    """
    return make_ipv4(src, dst, protocol, payload, ttl, tos, identification, dont_fragment,
                     more_fragments, fragment_offset, options, contiguous(out, "out"))


cdef object make_ipv4(object src, object dst, object protocol, object payload, object ttl,
                      object tos, object identification, object dont_fragment,
                      object more_fragments, object fragment_offset, object options,
                      memoryview out):
    cdef Datagram ip
    ipv4_address("src", src, ip.src)
    ipv4_address("dst", dst, ip.dst)
    ip.address_size, ip.protocol = 4, number("protocol", protocol, 0xFF)
    ip.ttl, ip.tos = number("ttl", ttl, 0xFF), number("tos", tos, 0xFF)
    ip.identification = number("identification", identification, 0xFFFF)
    ip.fragment = number("dont_fragment", dont_fragment, 1) << 14
    ip.fragment |= number("more_fragments", more_fragments, 1) << 13
    ip.fragment |= offset_of(fragment_offset) // 8
    read_options(options, &ip.options)
    return datagram(&ip, piece(payload), out)


cdef uint32_t offset_of(object fragment_offset) except? 0xFFFFFFFF:
    cdef uint32_t offset = number("fragment_offset", fragment_offset, 0x1FFF * 8)
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


def build_ipv6(src, dst, next_header, payload=b"", *, hop_limit=64, traffic_class=0, flow_label=0,
               identification=0, more_fragments=False, fragment_offset=0):
    """Build an IPv6 datagram, or a fragment of one.

    A fragment, one with more to follow or with an offset, gets a Fragment header.

    Args:
        src: the source's address: text, or 16 packed bytes.
        dst: the destination's.
        next_header: the kind of the payload: a protocol, or an extension header.
        payload: any contiguous bytes-like object, extension headers first.
        hop_limit: time to live.
        traffic_class: the field that IPv4 calls `tos`.
        flow_label: 20 bits.
        identification: the number that all fragments share, 32 bits; only fragments have it.
        more_fragments: a flag; the payload must be a multiple of 8 bytes then.
        fragment_offset: in bytes, a multiple of 8. No fragment may end where a whole datagram
            would have more than 65,535 bytes of payload.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 8200; section 4.5 for fragments.

    >>> build_ipv6("::1", "::2", 253, b"data", hop_limit=1).hex()[:48]
    '600000000004fd0100000000000000000000000000000001'
    """
    return make_ipv6(src, dst, next_header, payload, hop_limit, traffic_class, flow_label,
                     identification, more_fragments, fragment_offset, None)


def build_ipv6_into(out, src, dst, next_header, payload=b"", *, hop_limit=64, traffic_class=0,
                    flow_label=0, identification=0, more_fragments=False, fragment_offset=0):
    """Build an IPv6 datagram as `build_ipv6` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_ipv6`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_ipv6_into(out, "::1", "::2", 253, b"data")
    44
    """
    return make_ipv6(src, dst, next_header, payload, hop_limit, traffic_class, flow_label,
                     identification, more_fragments, fragment_offset, contiguous(out, "out"))


cdef object make_ipv6(object src, object dst, object next_header, object payload, object hop_limit,
                      object traffic_class, object flow_label, object identification,
                      object more_fragments, object fragment_offset, memoryview out):
    cdef Datagram ip
    endpoints(&ip, src, dst)
    if ip.address_size != 16:
        raise _core_errors.bad_size("src", 4, "16")
    ip.protocol = number("next_header", next_header, 0xFF)
    ip.ttl = number("hop_limit", hop_limit, 0xFF)
    ip.tos = number("traffic_class", traffic_class, 0xFF)
    ip.flow_label = number("flow_label", flow_label, 0xFFFFF)
    ip.identification = number("identification", identification, 0xFFFFFFFF)
    ip.fragment = number("more_fragments", more_fragments, 1)
    ip.fragment |= offset_of(fragment_offset)
    if ip.identification and not ip.fragment:
        raise _errors.only_in_fragments("identification")
    return datagram(&ip, piece(payload), out)


cdef object datagram(Datagram *ip, _Piece payload, memoryview out):
    """Check the length of a payload, and write it with its header."""
    cdef Py_ssize_t header = header_size(ip)
    cdef Py_ssize_t more = FRAGMENT_HEADER if ip.address_size == 16 and ip.fragment else 0
    cdef uint32_t kind = ip.protocol
    cdef _Output target
    check_length(ip, more, payload.size)
    if ip.address_size == 16:
        check_fragment(ip.fragment & 1, ip.fragment & 0xFFF8, 0, payload.size)
    else:
        check_fragment(ip.fragment & 0x2000, (ip.fragment & 0x1FFF) * 8, header, payload.size)
    target = room(out, header + more + payload.size)
    memmove(target.data + header + more, payload.data, payload.size)
    if more:
        ip.protocol = FRAGMENT
        fs_store_be(target.data + header, 2, kind << 8)
        fs_store_be(target.data + header + 2, 2, ip.fragment)
        fs_store_be(target.data + header + 4, 4, ip.identification)
    write_ip(ip, target.data, more + payload.size)
    return target.result()


def build_udp(src, dst, sport, dport, payload=b"", *, ttl=64, tos=0, identification=0,
              dont_fragment=False, flow_label=0):
    """Build a UDP datagram with its IP header, of the family of the addresses.

    Args:
        src: the source's address: text, or 4 or 16 packed bytes.
        dst: the destination's, of the same family.
        sport: the source's port.
        dport: the destination's.
        payload: any contiguous bytes-like object.
        ttl: time to live, the hop limit.
        tos: type of service, the traffic class.
        identification: of an IPv4 datagram.
        dont_fragment: the flag of an IPv4 datagram.
        flow_label: of an IPv6 datagram.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 768; RFC 8200 section 8.1.

    >>> build_udp("192.0.2.1", "192.0.2.2", 53, 5353, b"data").hex()[40:]
    '003514e9000c8df164617461'
    """
    return make_udp(src, dst, sport, dport, payload, ttl, tos, identification, dont_fragment,
                    flow_label, None)


def build_udp_into(out, src, dst, sport, dport, payload=b"", *, ttl=64, tos=0, identification=0,
                   dont_fragment=False, flow_label=0):
    """Build a UDP datagram as `build_udp` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_udp`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_udp_into(out, "192.0.2.1", "192.0.2.2", 53, 5353, b"data")
    32
    """
    return make_udp(src, dst, sport, dport, payload, ttl, tos, identification, dont_fragment,
                    flow_label, contiguous(out, "out"))


cdef object make_udp(object src, object dst, object sport, object dport, object payload, object ttl,
                     object tos, object identification, object dont_fragment, object flow_label,
                     memoryview out):
    cdef Datagram ip
    cdef uint32_t source = number("sport", sport, 0xFFFF)
    cdef uint32_t destination = number("dport", dport, 0xFFFF)
    cdef _Piece data
    cdef _Output target
    cdef Py_ssize_t header, length
    cdef uint8_t *udp
    common(&ip, src, dst, ttl, tos, identification, dont_fragment, flow_label)
    ip.protocol = FS_UDP
    data = piece(payload)
    check_length(&ip, 8, data.size)
    header, length = header_size(&ip), 8 + data.size
    target = room(out, header + length)
    udp = target.data + header
    memmove(udp + 8, data.data, data.size)
    write_ip(&ip, target.data, length)
    fs_store_be(udp, 2, source)
    fs_store_be(udp + 2, 2, destination)
    fs_store_be(udp + 4, 2, <uint32_t>length)
    fs_store_be(udp + 6, 2, 0)
    write_checksum(&ip, target.data, header, length, 6)
    return target.result()


def build_tcp(src, dst, sport, dport, payload=b"", *, seq=0, ack=0, flags=2, window=0xFFFF,
              urgent_pointer=0, options=b"", ttl=64, tos=0, identification=0, dont_fragment=False,
              flow_label=0):
    r"""Build a TCP segment with its IP header, of the family of the addresses.

    Args:
        src: the source's address: text, or 4 or 16 packed bytes.
        dst: the destination's, of the same family.
        sport: the source's port.
        dport: the destination's.
        payload: any contiguous bytes-like object.
        seq: the sequence number.
        ack: the acknowledgement number.
        flags: 12 bits: FIN is 1, SYN 2, RST 4, PSH 8, ACK 16.
        window: as in the header, not scaled.
        urgent_pointer: as in the header.
        options: at most 40 bytes; zeros fill them up to a multiple of 4.
        ttl: time to live, the hop limit.
        tos: type of service, the traffic class.
        identification: of an IPv4 datagram.
        dont_fragment: the flag of an IPv4 datagram.
        flow_label: of an IPv6 datagram.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 9293.

    >>> build_tcp("192.0.2.1", "192.0.2.2", 1025, 80, options=b"\2\4\5\xb4").hex()[40:]
    '0401005000000000000000006002ffff...020405b4'
    """
    return make_tcp(src, dst, sport, dport, payload, seq, ack, flags, window, urgent_pointer,
                    options, ttl, tos, identification, dont_fragment, flow_label, None)


def build_tcp_into(out, src, dst, sport, dport, payload=b"", *, seq=0, ack=0, flags=2,
                   window=0xFFFF, urgent_pointer=0, options=b"", ttl=64, tos=0, identification=0,
                   dont_fragment=False, flow_label=0):
    """Build a TCP segment as `build_tcp` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_tcp`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_tcp_into(out, "192.0.2.1", "192.0.2.2", 1025, 80)
    40
    """
    return make_tcp(src, dst, sport, dport, payload, seq, ack, flags, window, urgent_pointer,
                    options, ttl, tos, identification, dont_fragment, flow_label,
                    contiguous(out, "out"))


cdef object make_tcp(object src, object dst, object sport, object dport, object payload, object seq,
                     object ack, object flags, object window, object urgent_pointer, object options,
                     object ttl, object tos, object identification, object dont_fragment,
                     object flow_label, memoryview out):
    cdef Datagram ip
    cdef Options more
    cdef uint8_t head[20]
    cdef _Piece data
    cdef _Output target
    cdef Py_ssize_t header, length
    fs_store_be(head, 2, number("sport", sport, 0xFFFF))
    fs_store_be(head + 2, 2, number("dport", dport, 0xFFFF))
    fs_store_be(head + 4, 4, number("seq", seq, 0xFFFFFFFF))
    fs_store_be(head + 8, 4, number("ack", ack, 0xFFFFFFFF))
    fs_store_be(head + 12, 2, number("flags", flags, 0xFFF))
    fs_store_be(head + 14, 2, number("window", window, 0xFFFF))
    fs_store_be(head + 16, 2, 0)
    fs_store_be(head + 18, 2, number("urgent_pointer", urgent_pointer, 0xFFFF))
    read_options(options, &more)
    common(&ip, src, dst, ttl, tos, identification, dont_fragment, flow_label)
    ip.protocol = FS_TCP
    head[12] |= <uint8_t>((20 + more.size) // 4 << 4)
    data = piece(payload)
    check_length(&ip, 20 + more.size, data.size)
    header, length = header_size(&ip), 20 + more.size + data.size
    target = room(out, header + length)
    memmove(target.data + header + 20 + more.size, data.data, data.size)
    write_ip(&ip, target.data, length)
    memcpy(target.data + header, head, 20)
    memcpy(target.data + header + 20, more.data, more.size)
    write_checksum(&ip, target.data, header, length, 16)
    return target.result()


def build_icmp_echo(src, dst, identifier, sequence, payload=b"", *, reply=False, ttl=64, tos=0,
                    identification=0, dont_fragment=False, flow_label=0):
    """Build an ICMP or ICMPv6 echo message with its IP header, of the family of the addresses.

    Args:
        src: the source's address: text, or 4 or 16 packed bytes.
        dst: the destination's, of the same family.
        identifier: which echo it is; a reply repeats it.
        sequence: the number of the echo; a reply repeats it.
        payload: any contiguous bytes-like object.
        reply: whether it is a reply, else a request.
        ttl: time to live, the hop limit.
        tos: type of service, the traffic class.
        identification: of an IPv4 datagram.
        dont_fragment: the flag of an IPv4 datagram.
        flow_label: of an IPv6 datagram.

    Returns:
        The datagram.

    Raises:
        TypeError: an argument is of the wrong type.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field.

    Source: RFC 792; RFC 4443 section 4.

    >>> build_icmp_echo("192.0.2.1", "192.0.2.2", 7, 1, b"data").hex()[40:]
    '0800...0007000164617461'
    """
    return make_icmp_echo(src, dst, identifier, sequence, payload, reply, ttl, tos, identification,
                          dont_fragment, flow_label, None)


def build_icmp_echo_into(out, src, dst, identifier, sequence, payload=b"", *, reply=False, ttl=64,
                         tos=0, identification=0, dont_fragment=False, flow_label=0):
    """Build an ICMP or ICMPv6 echo message as `build_icmp_echo` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_icmp_echo`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_icmp_echo_into(out, "192.0.2.1", "192.0.2.2", 7, 1, b"data")
    32
    """
    return make_icmp_echo(src, dst, identifier, sequence, payload, reply, ttl, tos, identification,
                          dont_fragment, flow_label, contiguous(out, "out"))


cdef object make_icmp_echo(object src, object dst, object identifier, object sequence,
                           object payload, object reply, object ttl, object tos,
                           object identification, object dont_fragment, object flow_label,
                           memoryview out):
    cdef Datagram ip
    cdef uint8_t head[8]
    cdef bint is_reply = bool(reply)
    cdef _Piece data
    cdef _Output target
    cdef Py_ssize_t header, length
    fs_store_be(head, 4, 0)
    fs_store_be(head + 4, 2, number("identifier", identifier, 0xFFFF))
    fs_store_be(head + 6, 2, number("sequence", sequence, 0xFFFF))
    common(&ip, src, dst, ttl, tos, identification, dont_fragment, flow_label)
    if ip.address_size == 4:
        ip.protocol, head[0] = FS_ICMP, 0 if is_reply else 8
    else:
        ip.protocol, head[0] = FS_ICMPV6, 129 if is_reply else 128
    data = piece(payload)
    check_length(&ip, 8, data.size)
    header, length = header_size(&ip), 8 + data.size
    target = room(out, header + length)
    memmove(target.data + header + 8, data.data, data.size)
    write_ip(&ip, target.data, length)
    memcpy(target.data + header, head, 8)
    write_checksum(&ip, target.data, header, length, 2)
    return target.result()
