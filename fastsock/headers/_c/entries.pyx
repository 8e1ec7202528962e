"""Builders as Python calls them: signatures, docstrings, and entries that need no argument tuple.

Each function is there twice: with Cython's entry, and with one of ours, which takes the usual calls
and leaves the others to Cython's.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE

from fastsock._core.entries cimport (
    PyCFunction,
    PyMethodDef,
    PyObject_Vectorcall,
    sort_arguments,
    with_entry,
)
from fastsock.headers._c.builders cimport (
    Builder,
    build_into,
    make_arp,
    make_ethernet,
    make_icmp_echo,
    make_ipv4,
    make_ipv6,
    make_tcp,
    make_udp,
)

from sys import intern as _intern


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
    cdef PyObject **given = [
        <PyObject *>dst, <PyObject *>src, <PyObject *>ethertype, <PyObject *>payload,
        <PyObject *>vlans, <PyObject *>pad,
    ]
    return make_ethernet(given, NULL)


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
    cdef PyObject **given = [
        <PyObject *>out, <PyObject *>dst, <PyObject *>src, <PyObject *>ethertype,
        <PyObject *>payload, <PyObject *>vlans, <PyObject *>pad,
    ]
    return build_into(make_ethernet, given)


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
    cdef PyObject **given = [
        <PyObject *>operation, <PyObject *>sha, <PyObject *>spa, <PyObject *>tha, <PyObject *>tpa,
    ]
    return make_arp(given, NULL)


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
    cdef PyObject **given = [
        <PyObject *>out, <PyObject *>operation, <PyObject *>sha, <PyObject *>spa, <PyObject *>tha,
        <PyObject *>tpa,
    ]
    return build_into(make_arp, given)


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
    cdef PyObject **given = [
        <PyObject *>src, <PyObject *>dst, <PyObject *>protocol, <PyObject *>payload,
        <PyObject *>ttl, <PyObject *>tos, <PyObject *>identification, <PyObject *>dont_fragment,
        <PyObject *>more_fragments, <PyObject *>fragment_offset, <PyObject *>options,
    ]
    return make_ipv4(given, NULL)


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
    cdef PyObject **given = [
        <PyObject *>out, <PyObject *>src, <PyObject *>dst, <PyObject *>protocol,
        <PyObject *>payload, <PyObject *>ttl, <PyObject *>tos, <PyObject *>identification,
        <PyObject *>dont_fragment, <PyObject *>more_fragments, <PyObject *>fragment_offset,
        <PyObject *>options,
    ]
    return build_into(make_ipv4, given)


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
    cdef PyObject **given = [
        <PyObject *>src, <PyObject *>dst, <PyObject *>next_header, <PyObject *>payload,
        <PyObject *>hop_limit, <PyObject *>traffic_class, <PyObject *>flow_label,
        <PyObject *>identification, <PyObject *>more_fragments, <PyObject *>fragment_offset,
    ]
    return make_ipv6(given, NULL)


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
    cdef PyObject **given = [
        <PyObject *>out, <PyObject *>src, <PyObject *>dst, <PyObject *>next_header,
        <PyObject *>payload, <PyObject *>hop_limit, <PyObject *>traffic_class,
        <PyObject *>flow_label, <PyObject *>identification, <PyObject *>more_fragments,
        <PyObject *>fragment_offset,
    ]
    return build_into(make_ipv6, given)


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
    cdef PyObject **given = [
        <PyObject *>src, <PyObject *>dst, <PyObject *>sport, <PyObject *>dport,
        <PyObject *>payload, <PyObject *>ttl, <PyObject *>tos, <PyObject *>identification,
        <PyObject *>dont_fragment, <PyObject *>flow_label,
    ]
    return make_udp(given, NULL)


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
    cdef PyObject **given = [
        <PyObject *>out, <PyObject *>src, <PyObject *>dst, <PyObject *>sport, <PyObject *>dport,
        <PyObject *>payload, <PyObject *>ttl, <PyObject *>tos, <PyObject *>identification,
        <PyObject *>dont_fragment, <PyObject *>flow_label,
    ]
    return build_into(make_udp, given)


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
    cdef PyObject **given = [
        <PyObject *>src, <PyObject *>dst, <PyObject *>sport, <PyObject *>dport,
        <PyObject *>payload, <PyObject *>seq, <PyObject *>ack, <PyObject *>flags,
        <PyObject *>window, <PyObject *>urgent_pointer, <PyObject *>options, <PyObject *>ttl,
        <PyObject *>tos, <PyObject *>identification, <PyObject *>dont_fragment,
        <PyObject *>flow_label,
    ]
    return make_tcp(given, NULL)


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
    cdef PyObject **given = [
        <PyObject *>out, <PyObject *>src, <PyObject *>dst, <PyObject *>sport, <PyObject *>dport,
        <PyObject *>payload, <PyObject *>seq, <PyObject *>ack, <PyObject *>flags,
        <PyObject *>window, <PyObject *>urgent_pointer, <PyObject *>options, <PyObject *>ttl,
        <PyObject *>tos, <PyObject *>identification, <PyObject *>dont_fragment,
        <PyObject *>flow_label,
    ]
    return build_into(make_tcp, given)


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
    cdef PyObject **given = [
        <PyObject *>src, <PyObject *>dst, <PyObject *>identifier, <PyObject *>sequence,
        <PyObject *>payload, <PyObject *>reply, <PyObject *>ttl, <PyObject *>tos,
        <PyObject *>identification, <PyObject *>dont_fragment, <PyObject *>flow_label,
    ]
    return make_icmp_echo(given, NULL)


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
    cdef PyObject **given = [
        <PyObject *>out, <PyObject *>src, <PyObject *>dst, <PyObject *>identifier,
        <PyObject *>sequence, <PyObject *>payload, <PyObject *>reply, <PyObject *>ttl,
        <PyObject *>tos, <PyObject *>identification, <PyObject *>dont_fragment,
        <PyObject *>flow_label,
    ]
    return build_into(make_icmp_echo, given)


# The builders, by their place in the tables of _State. The form that writes into a buffer follows.
cdef enum:
    ETHERNET = 0
    ARP = 2
    IPV4 = 4
    IPV6 = 6
    UDP = 8
    TCP = 10
    ICMP_ECHO = 12
    BUILDERS = 14
    MOST_PARAMETERS = 20


cdef extern from *:
    """
    /* The same in all interpreters. */
    static PyMethodDef fs_quick_builders[14];
    """
    PyMethodDef fs_quick_builders[BUILDERS]


# Calls borrow what it holds, also while the collector tears down the module.
@cython.no_gc_clear
@cython.final
cdef class _State:
    """Objects that calls need, found by one look-up."""

    cdef tuple plain                          # the functions with Cython's entry
    cdef tuple parameters                     # of each, interned
    cdef Py_ssize_t positional[BUILDERS]      # how many may be given by position ...
    cdef Py_ssize_t required[BUILDERS]        # ... and how many must be given

    def __cinit__(self, plain):
        cdef Py_ssize_t kind
        ip = ("ttl", "tos", "identification", "dont_fragment", "flow_label")
        ends = ("src", "dst")
        payload = ("payload",)
        tcp = ("seq", "ack", "flags", "window", "urgent_pointer", "options")
        fragment = ("more_fragments", "fragment_offset")
        # By position and required; by position; by name.
        forms = (
            (("dst", "src", "ethertype"), payload, ("vlans", "pad")),
            (("operation", "sha", "spa", "tha", "tpa"), (), ()),
            ((*ends, "protocol"), payload, (*ip[:4], *fragment, "options")),
            ((*ends, "next_header"), payload,
             ("hop_limit", "traffic_class", "flow_label", "identification", *fragment)),
            ((*ends, "sport", "dport"), payload, ip),
            ((*ends, "sport", "dport"), payload, (*tcp, *ip)),
            ((*ends, "identifier", "sequence"), payload, ("reply", *ip)),
        )
        parameters = []
        for kind in range(BUILDERS):
            required, optional, named = forms[kind // 2]
            if kind % 2:
                required = ("out", *required)
            parameters.append(tuple([_intern(n) for n in (*required, *optional, *named)]))
            self.required[kind] = len(required)
            self.positional[kind] = len(required) + len(optional)
        self.plain, self.parameters = plain, tuple(parameters)


cdef object enter(
    int kind, Builder build, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    """Build as a call asks: Cython's own entry looks its module up for each name and default."""
    cdef _State state = <_State?>_state
    cdef PyObject *given[MOST_PARAMETERS]
    cdef tuple parameters = <tuple>PyTuple_GET_ITEM(state.parameters, kind)
    cdef Py_ssize_t i
    if sort_arguments(
        parameters, PyTuple_GET_SIZE(parameters), state.positional[kind], args, count, names, given
    ):
        i = 0
        while i < state.required[kind] and given[i] != NULL:
            i += 1
        if i == state.required[kind]:
            return build_into(build, given) if kind % 2 else build(given, NULL)
    # Cython's entry compares texts, or refuses.
    return PyObject_Vectorcall(
        <object>PyTuple_GET_ITEM(state.plain, kind), args, count, names
    )


cdef object enter_ethernet(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(ETHERNET, make_ethernet, args, count, names)


cdef object enter_ethernet_into(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(ETHERNET + 1, make_ethernet, args, count, names)


cdef object enter_arp(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(ARP, make_arp, args, count, names)


cdef object enter_arp_into(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(ARP + 1, make_arp, args, count, names)


cdef object enter_ipv4(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(IPV4, make_ipv4, args, count, names)


cdef object enter_ipv4_into(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(IPV4 + 1, make_ipv4, args, count, names)


cdef object enter_ipv6(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(IPV6, make_ipv6, args, count, names)


cdef object enter_ipv6_into(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(IPV6 + 1, make_ipv6, args, count, names)


cdef object enter_udp(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(UDP, make_udp, args, count, names)


cdef object enter_udp_into(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(UDP + 1, make_udp, args, count, names)


cdef object enter_tcp(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(TCP, make_tcp, args, count, names)


cdef object enter_tcp_into(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(TCP + 1, make_tcp, args, count, names)


cdef object enter_icmp_echo(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(ICMP_ECHO, make_icmp_echo, args, count, names)


cdef object enter_icmp_echo_into(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    return enter(ICMP_ECHO + 1, make_icmp_echo, args, count, names)


_state = _State((
    build_ethernet, build_ethernet_into,
    build_arp, build_arp_into,
    build_ipv4, build_ipv4_into,
    build_ipv6, build_ipv6_into,
    build_udp, build_udp_into,
    build_tcp, build_tcp_into,
    build_icmp_echo, build_icmp_echo_into,
))
build_ethernet = with_entry(
    build_ethernet, &fs_quick_builders[ETHERNET], <PyCFunction>enter_ethernet
)
build_ethernet_into = with_entry(
    build_ethernet_into, &fs_quick_builders[ETHERNET + 1], <PyCFunction>enter_ethernet_into
)
build_arp = with_entry(
    build_arp, &fs_quick_builders[ARP], <PyCFunction>enter_arp
)
build_arp_into = with_entry(
    build_arp_into, &fs_quick_builders[ARP + 1], <PyCFunction>enter_arp_into
)
build_ipv4 = with_entry(
    build_ipv4, &fs_quick_builders[IPV4], <PyCFunction>enter_ipv4
)
build_ipv4_into = with_entry(
    build_ipv4_into, &fs_quick_builders[IPV4 + 1], <PyCFunction>enter_ipv4_into
)
build_ipv6 = with_entry(
    build_ipv6, &fs_quick_builders[IPV6], <PyCFunction>enter_ipv6
)
build_ipv6_into = with_entry(
    build_ipv6_into, &fs_quick_builders[IPV6 + 1], <PyCFunction>enter_ipv6_into
)
build_udp = with_entry(
    build_udp, &fs_quick_builders[UDP], <PyCFunction>enter_udp
)
build_udp_into = with_entry(
    build_udp_into, &fs_quick_builders[UDP + 1], <PyCFunction>enter_udp_into
)
build_tcp = with_entry(
    build_tcp, &fs_quick_builders[TCP], <PyCFunction>enter_tcp
)
build_tcp_into = with_entry(
    build_tcp_into, &fs_quick_builders[TCP + 1], <PyCFunction>enter_tcp_into
)
build_icmp_echo = with_entry(
    build_icmp_echo, &fs_quick_builders[ICMP_ECHO], <PyCFunction>enter_icmp_echo
)
build_icmp_echo_into = with_entry(
    build_icmp_echo_into, &fs_quick_builders[ICMP_ECHO + 1], <PyCFunction>enter_icmp_echo_into
)
