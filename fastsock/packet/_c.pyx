"""Compiled twin of `fastsock.packet`: arguments, results and errors around the decoder."""

cimport cython
from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.dict cimport PyDict_GetItemWithError
from cpython.long cimport PyLong_Check
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.memoryview cimport PyMemoryView_FromObject
from cpython.number cimport PyNumber_Index
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport (
    PyTuple_GET_SIZE,
    PyTuple_New,
    PyTuple_SET_ITEM,
)
from cpython.unicode cimport PyUnicode_Check, PyUnicode_DecodeASCII
from libc.stdint cimport UINT32_MAX, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from fastsock.address._c cimport FS_TEXT6_MAX, fs_format4, fs_format6
from fastsock._core.buffers cimport contiguous, get_contiguous
from fastsock.checksums._c cimport fs_choose_crc32c, fs_long_long
from fastsock._core.entries cimport (
    PyCFunction,
    PyMethodDef,
    PyObject_Vectorcall,
    sort_arguments,
    with_entry,
)
from fastsock._core.vectorcall cimport PyVectorcall_NARGS, fs_set_call_offset, vectorcallfunc

from functools import partial
from sys import intern as _intern

from fastsock._core import errors as _core_errors
from fastsock.packet import errors as _errors
from fastsock.packet import fields as _fields
from fastsock._core import machine as _machine
from fastsock.packet.community import community_id as _community_id
from fastsock.packet.text import describe as _describe
from fastsock.packet.text import describe_fields as _describe_fields
from fastsock.packet.text import packet_error as _packet_error

_LIMITS = _fields.LIMITS

fs_choose_crc32c("sse42" in _machine.SIMD_USED)


cdef extern from "Python.h":
    PyObject *PyTuple_GET_ITEM(object given, Py_ssize_t place)

cdef enum:  # parse_packet's parameters
    BUFFER
    LINK
    VERIFY
    STRICT
    WIRE_LENGTH
    PARAMETERS

cdef enum:  # packet_fields' parameters
    DATA
    NAMES
    FIELDS_LINK
    FIELDS_VERIFY
    FIELDS_PARAMETERS

cdef extern from *:
    """
    /* The same in all interpreters. */
    static PyMethodDef fs_quick_parse_packet, fs_quick_packet_fields;
    """
    PyMethodDef fs_quick_parse_packet
    PyMethodDef fs_quick_packet_fields


# Calls borrow what it holds, also while the collector tears down the module.
@cython.no_gc_clear
@cython.final
cdef class _State:
    """Objects that calls need, found by one look-up."""

    def __cinit__(self, plain, plain_fields):
        cdef bytes key = _fields.RSS_KEY
        self.plain = plain
        self.plain_fields = plain_fields
        self.fields_parameters = tuple([_intern(n) for n in ("data", "names", "link", "verify")])
        self.links = dict(_fields.LINK_TYPES)
        self.link_names = tuple([_intern(name) for name in self.links])
        self.link_numbers = tuple(self.links.values())
        self.field_names = tuple([_intern(name) for name in _fields.FIELDS])
        self.codes = {name: code for code, name in enumerate(self.field_names)}
        for code, name in enumerate(self.field_names):
            place = fs_place_of(<const void *><PyObject *>name)
            while self.places[place]:
                place = (place + 1) % FS_FIELD_PLACES
            self.places[place] = code + 1
        self.statuses = {}
        self.checksum_statuses = tuple(_fields.ChecksumStatus)
        self.nothing = ()
        names = ("buffer", "link", "verify", "strict", "wire_length")
        self.parameters = tuple([_intern(name) for name in names])
        self.kind = <PyTypeObject *>Packet
        fs_toeplitz_init(&self.table, <const uint8_t *>PyBytes_AS_STRING(key))


cdef inline object or_none(int64_t number):
    return None if number < 0 else number


cdef inline object flag_or_none(int64_t number):
    return None if number < 0 else number != 0


cdef inline object packed(const uint8_t *address, uint8_t size):
    if size == 0:
        return None
    return PyBytes_FromStringAndSize(<const char *>address, size)


cdef object status_of(_State state, uint32_t word):
    """The member of `Status`; making one takes long, and few are met."""
    cdef PyObject *known
    number = word
    if state is None:
        return _fields.Status(number)
    known = PyDict_GetItemWithError(state.statuses, number)  # which keeps it
    if known != NULL:
        return <object>known
    return state.statuses.setdefault(number, _fields.Status(number))


cdef object checksum_status_of(_State state, uint8_t number):
    if state is None:
        return _fields.ChecksumStatus(number)
    return <object>PyTuple_GET_ITEM(state.checksum_statuses, number & 3)


cdef object text_of(const uint8_t *address, uint8_t size):
    cdef uint8_t text[FS_TEXT6_MAX + 1]
    cdef size_t length
    if size == 0:
        return None
    length = fs_format4(address, text) if size == 4 else fs_format6(address, text)
    return PyUnicode_DecodeASCII(<const char *>text, <Py_ssize_t>length, NULL)


cdef object vlan_tags(const fs_packet *found):
    return tuple([found.vlans[i] for i in range(found.vlan_count)])


@cython.final
cdef class Packet:
    """Packet()\n--\n\n\
    A decoded packet; `parse_packet` makes it.

    Fields that the packet does not have are None. Offsets count from its first byte. It keeps
    the buffer, but no export of it: a bytearray can still be resized. Addresses and numbers are
    those of the time of parsing; `payload` shows the present content of the buffer.

    Raises:
        TypeError: always, for packets are made by `parse_packet`.

    >>> from fastsock import parse_packet
    >>> header = bytes.fromhex("450000210000400040114e96c0000201c6336401")
    >>> packet = parse_packet(header + bytes.fromhex("d4310035000d0000") + b"hello", "raw")
    >>> packet
    <Packet UDP 192.0.2.1:54321 > 198.51.100.1:53 payload=5>
    >>> packet.ttl, packet.src.hex(), bytes(packet.payload)
    (64, 'c0000201', b'hello')
    """

    __module__ = "fastsock.packet"

    def __init__(self):
        raise _errors.not_made()

    cdef void parse(
        self, const uint8_t *data, size_t size, uint64_t wire_length, uint32_t link, bint verify
    ) noexcept:
        cdef fs_packet *found = &self.found
        self.verify = verify
        self.wire_length = wire_length
        fs_decode(data, size, wire_length, link, verify, found)
        if found.address_size == 4:
            memcpy(self.addresses, data + found.src, 4)
            memcpy(self.addresses + 16, data + found.dst, 4)
        elif found.address_size == 16:
            memcpy(self.addresses, data + found.src, 16)
            memcpy(self.addresses + 16, data + found.dst, 16)
        self.has_ethernet = found.link == FS_LINK_ETHERNET and size >= 14
        if self.has_ethernet:
            memcpy(self.ethernet, data, 12)

    cdef int read(
        self, object buffer, uint32_t link, bint on_wire, uint64_t wire_length, bint verify
    ) except -1:
        """Parse a buffer; its size was that on the wire, unless `on_wire` is set."""
        cdef Py_buffer view
        cdef Py_ssize_t size
        self._buffer = buffer
        if PyBytes_CheckExact(buffer):
            size = PyBytes_GET_SIZE(buffer)
            self.parse(
                <const uint8_t *>PyBytes_AS_STRING(buffer), size,
                wire_length if on_wire else size, link, verify
            )
            return 0
        get_contiguous(buffer, &view, "buffer")
        self.parse(
            <const uint8_t *>view.buf, view.len, wire_length if on_wire else view.len, link, verify
        )
        PyBuffer_Release(&view)
        return 0

    def __reduce__(self):
        parse = partial(parse_packet, verify=bool(self.verify), wire_length=self.wire_length)
        return parse, (PyMemoryView_FromObject(self._buffer).tobytes(), self.found.link)

    def __repr__(self):
        return _describe(self)

    cdef inline bint has(self, uint32_t bits) noexcept:
        return self.found.status & bits != 0

    @property
    def link(self):
        """Number of the link type that it was parsed as."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_LINK))

    @property
    def ethertype(self):
        """Ethernet type of the network layer."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_ETHERTYPE))

    @property
    def version(self):
        """4 or 6, and 0 for a packet that is not IP."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_VERSION))

    @property
    def protocol(self):
        """Number of the transport protocol, or the last next header that was read."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_PROTOCOL))

    @property
    def src(self):
        """Packed source address; that of the sender in ARP."""
        return packed(self.addresses, self.found.address_size)

    @property
    def dst(self):
        """Packed destination address; that of the target in ARP."""
        return packed(self.addresses + 16, self.found.address_size)

    @property
    def src_address(self):
        """`src` as text."""
        return text_of(self.addresses, self.found.address_size)

    @property
    def dst_address(self):
        """`dst` as text."""
        return text_of(self.addresses + 16, self.found.address_size)

    @property
    def sport(self):
        """Source port."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_SPORT))

    @property
    def dport(self):
        """Destination port."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_DPORT))

    @property
    def flags(self):
        """TCP's flags, 12 bits: FIN is 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_FLAGS))

    @property
    def seq(self):
        """TCP's sequence number."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_SEQ))

    @property
    def ack(self):
        """TCP's acknowledgment number."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_ACK))

    @property
    def window(self):
        """TCP's window, as it stands: not scaled."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_WINDOW))

    @property
    def ttl(self):
        """Time to live, or hop limit."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_TTL))

    @property
    def tos(self):
        """Type of service, or traffic class: DSCP and ECN."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_TOS))

    @property
    def flow_label(self):
        """Flow label of IPv6."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_FLOW_LABEL))

    @property
    def identification(self):
        """Number that the fragments of one datagram share."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_IDENTIFICATION))

    @property
    def dont_fragment(self):
        """IPv4's flag that forbids routers to fragment."""
        return flag_or_none(fs_packet_number(&self.found, FS_FIELD_DONT_FRAGMENT))

    @property
    def more_fragments(self):
        """Whether this is not the last piece of a datagram."""
        return flag_or_none(fs_packet_number(&self.found, FS_FIELD_MORE_FRAGMENTS))

    @property
    def fragment_offset(self):
        """Where this piece begins in the payload of its datagram, in bytes."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_FRAGMENT_OFFSET))

    @property
    def total_length(self):
        """Bytes of the datagram, with its IP header."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_TOTAL_LENGTH))

    @property
    def checksum(self):
        """Checksum of the transport header, as it stands there."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_CHECKSUM))

    @property
    def icmp_type(self):
        """Type of an ICMP or ICMPv6 message."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_ICMP_TYPE))

    @property
    def icmp_code(self):
        """Code of an ICMP or ICMPv6 message."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_ICMP_CODE))

    @property
    def vlan(self):
        """VLAN identifier of the outermost tag."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_VLAN))

    @property
    def vlans(self):
        """Tag control information of every tag, outermost first: priority, DEI, VID."""
        return vlan_tags(&self.found)

    @property
    def ip_checksum_status(self):
        """Result for IPv4's header checksum."""
        return checksum_status_of(<_State>self.state, self.found.ip_checksum_status)

    @property
    def checksum_status(self):
        """Result for the transport's checksum."""
        return checksum_status_of(<_State>self.state, self.found.checksum_status)

    @property
    def status(self):
        """What the packet holds, and what is wrong with it."""
        return status_of(<_State>self.state, self.found.status)

    @property
    def limited_by(self):
        """Field that stopped decoding or set where the payload ends, right or wrong."""
        return _LIMITS[self.found.limited_by]

    @property
    def fault(self):
        """First field that is wrong, ``"captured"`` where the datagram is only cut."""
        return _LIMITS[self.found.fault] if self.has(FS_FAULTS) else None

    @property
    def l2_offset(self):
        """Where the link header begins."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_L2_OFFSET))

    @property
    def l3_offset(self):
        """Where the network header begins."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_L3_OFFSET))

    @property
    def l4_offset(self):
        """Where the transport header begins."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_L4_OFFSET))

    @property
    def payload_offset(self):
        """Where the first byte is that is not decoded."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_PAYLOAD_OFFSET))

    @property
    def payload_length(self):
        """Bytes of the payload that were captured, without a trailer."""
        return or_none(fs_packet_number(&self.found, FS_FIELD_PAYLOAD_LENGTH))

    @property
    def payload(self):
        """The payload, in place: read-only if the buffer is."""
        return payload_of(&self.found, self._buffer)

    @property
    def eth_dst(self):
        """Ethernet address that the frame went to."""
        return packed(self.ethernet, 6) if self.has_ethernet else None

    @property
    def eth_src(self):
        """Ethernet address that the frame came from."""
        return packed(self.ethernet + 6, 6) if self.has_ethernet else None

    @property
    def buffer(self):
        """Object that was parsed."""
        return self._buffer

    @property
    def fragment(self):
        """Whether this is a piece of a datagram, first or later."""
        return flag_or_none(fs_packet_number(&self.found, FS_FIELD_FRAGMENT))

    @property
    def complete(self):
        """Whether no field was wrong and nothing was cut."""
        return flag_or_none(fs_packet_number(&self.found, FS_FIELD_COMPLETE))


cdef uint32_t number_of(str name, object value) except? 0xFFFFFFFF:
    """An int that has 32 bits."""
    cdef int overflow
    cdef long long number
    if not PyLong_Check(value):
        value = PyNumber_Index(value)
    number = fs_long_long(value, &overflow)
    if overflow or not 0 <= number <= UINT32_MAX:
        raise _core_errors.not_between(name, UINT32_MAX, value)
    return <uint32_t>number


cdef uint32_t link_number(_State state, object link) except? 0xFFFFFFFF:
    cdef Py_ssize_t place
    if not PyUnicode_Check(link):
        return number_of("link", link)
    # Names in a program's code are interned, as ours are: one text, one object. That costs
    # less than a look-up in `links`; so does the table by address that stands before `codes`.
    for place in range(PyTuple_GET_SIZE(state.link_names)):
        if PyTuple_GET_ITEM(state.link_names, place) == <PyObject *>link:
            return <object>PyTuple_GET_ITEM(state.link_numbers, place)
    number = state.links.get(link)
    if number is None:
        raise _errors.not_link(link)
    return number


def parse_packet(buffer, link="ethernet", *, verify=False, strict=False, wire_length=None):
    """Decode a packet's headers.

    No packet makes this raise, unless `strict` is given: `Packet.status` has bits for what the
    packet holds and what is wrong with it, and `Packet.fault` names the wrong field.

    Args:
        buffer: the packet, in any contiguous buffer. The result keeps it.
        link: the type of the link header: a name of `LINK_TYPES`, or a number as capture files
            have it. A number without a decoder leaves the packet `UNDECODED`.
        verify: whether to verify checksums.
        strict: whether to raise for any of `FAULTS`.
        wire_length: how many bytes there were on the wire, where fewer were captured.

    Returns:
        The decoded packet.

    Raises:
        PacketError: with `strict`, a fault: it names layer, field and offset.
        TypeError, BufferError: no buffer, or one in pieces.
        ValueError: no such link type's name; `link` or `wire_length` out of 32 bits.

    Source: RFC 791, RFC 8200 and those that they build on; tcpdump.org/linktypes.html.

    >>> request = "0001080006040001" "0200000000010a000001" "0000000000000a000002"
    >>> packet = parse_packet(bytes.fromhex("ffffffffffff" "020000000001" "0806" + request))
    >>> packet.src_address, packet.dst_address, packet.vlans
    ('10.0.0.1', '10.0.0.2', ())
    """
    cdef PyObject **given = [
        <PyObject *>buffer, <PyObject *>link, <PyObject *>verify, <PyObject *>strict,
        <PyObject *>wire_length,
    ]
    return parse_given(<_State?>_state, given)


cdef object parse_given(_State state, PyObject **given):
    """`parse_packet`, of arguments by parameter: NULL where one is left out."""
    cdef uint32_t link = FS_LINK_ETHERNET
    cdef bint on_wire = given[WIRE_LENGTH] != NULL and <object>given[WIRE_LENGTH] is not None
    cdef uint64_t wire_length = 0
    cdef bint verify = False
    cdef Packet packet
    if given[LINK] != NULL:
        link = link_number(state, <object>given[LINK])
    if on_wire:
        wire_length = number_of("wire_length", <object>given[WIRE_LENGTH])
    if given[VERIFY] != NULL:
        verify = <object>given[VERIFY]
    packet = <Packet>state.kind.tp_new(<type>state.kind, <PyObject *>state.nothing, NULL)
    packet.state = state
    packet.read(<object>given[BUFFER], link, on_wire, wire_length, verify)
    if given[STRICT] != NULL and <object>given[STRICT] and packet.has(FS_FAULTS):
        raise _packet_error(
            packet.fault, packet.found.status, packet.found.fault_offset, packet.found.version
        )
    return packet


cdef object enter_parse_packet(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    """The entry of a call: Cython's own looks its module up for each name and each default."""
    cdef _State state = <_State?>_state
    cdef PyObject *given[PARAMETERS]
    if (
        sort_arguments(state.parameters, PARAMETERS, VERIFY, args, count, names, given)
        and given[BUFFER] != NULL
    ):
        return parse_given(state, given)
    return PyObject_Vectorcall(state.plain, args, count, names)  # compares texts, or refuses


cdef object value_of(
    _State state, unsigned int field, const fs_packet *found, const uint8_t *data, Py_ssize_t size,
    object buffer
):
    """A field of a packet that lies at `data`, with the value that `Packet` gives it."""
    if field == FS_FIELD_IP_CHECKSUM_STATUS:
        return checksum_status_of(state, found.ip_checksum_status)
    if field == FS_FIELD_CHECKSUM_STATUS:
        return checksum_status_of(state, found.checksum_status)
    if field < FS_NUMBER_FIELDS:
        return or_none(fs_packet_number(found, <fs_field>field))
    if field == FS_FIELD_SRC:
        return packed(data + found.src, found.address_size)
    if field == FS_FIELD_DST:
        return packed(data + found.dst, found.address_size)
    if field < FS_FLAG_FIELDS:
        return flag_or_none(fs_packet_number(found, <fs_field>field))
    if field == FS_FIELD_STATUS:
        return status_of(state, found.status)
    if field == FS_FIELD_SRC_ADDRESS:
        return text_of(data + found.src, found.address_size)
    if field == FS_FIELD_DST_ADDRESS:
        return text_of(data + found.dst, found.address_size)
    if field == FS_FIELD_ETH_DST or field == FS_FIELD_ETH_SRC:
        if found.link != FS_LINK_ETHERNET or size < 14:
            return None
        return packed(data if field == FS_FIELD_ETH_DST else data + 6, 6)
    if field == FS_FIELD_VLANS:
        return vlan_tags(found)
    if field == FS_FIELD_LIMITED_BY:
        return _LIMITS[found.limited_by]
    if field == FS_FIELD_FAULT:
        return _LIMITS[found.fault] if found.status & FS_FAULTS else None
    if field == FS_FIELD_PAYLOAD:
        return payload_of(found, buffer)
    return buffer


cdef object payload_of(const fs_packet *found, object buffer):
    cdef Py_ssize_t start = found.payload_offset
    return contiguous(buffer, "buffer")[start:start + found.payload_length]


cdef object values_of(
    _State state, const uint8_t *codes, Py_ssize_t count, const uint8_t *data, Py_ssize_t size,
    object buffer, uint32_t link, bint verify
):
    """Decode a packet, and make a tuple of its fields."""
    cdef fs_packet found
    cdef Py_ssize_t i
    fs_decode(data, size, size, link, verify, &found)
    result = PyTuple_New(count)
    for i in range(count):
        value = value_of(state, codes[i], &found, data, size, buffer)
        Py_INCREF(value)
        PyTuple_SET_ITEM(result, i, value)
    return result


cdef object fields_of(
    _State state, const uint8_t *codes, Py_ssize_t count, object buffer, uint32_t link, bint verify
):
    cdef Py_buffer view
    if PyBytes_CheckExact(buffer):
        return values_of(
            state, codes, count, <const uint8_t *>PyBytes_AS_STRING(buffer),
            PyBytes_GET_SIZE(buffer), buffer, link, verify
        )
    get_contiguous(buffer, &view, "data")
    try:
        return values_of(
            state, codes, count, <const uint8_t *>view.buf, view.len, buffer, link, verify
        )
    finally:
        PyBuffer_Release(&view)


cdef int code_of(_State state, object name) except -1:
    cdef PyObject *code
    cdef unsigned int place = fs_place_of(<const void *><PyObject *>name)
    while state.places[place]:  # the usual name is interned, and found by its address
        if PyTuple_GET_ITEM(state.field_names, state.places[place] - 1) == <PyObject *>name:
            return state.places[place] - 1
        place = (place + 1) % FS_FIELD_PLACES
    code = PyDict_GetItemWithError(state.codes, name)  # which keeps it
    if code == NULL:
        raise _errors.not_field(name)
    return <object>code


cdef tuple names_of(object names):
    if PyUnicode_Check(names):  # its letters are no names
        raise _errors.not_names(names)
    return tuple(names)


def packet_fields(data, names, link="ethernet", *, verify=False):
    """Decode a packet and return some of its fields, without a `Packet`.

    Args:
        data: the packet, in any contiguous buffer.
        names: the fields: attributes of `Packet`, in the order of the result. `PacketFields`
            looks them up once for many packets.
        link: the type of the link header, as in `parse_packet`.
        verify: whether to verify checksums.

    Returns:
        A tuple with the value of each field, None where the packet has no such field.

    Raises:
        TypeError, BufferError: no buffer, or one in pieces; `names` is a str.
        ValueError: no such field; no such link type's name; `link` out of 32 bits.

    >>> datagram = bytes.fromhex("450000210000400040114e96c0000201c6336401d4310035000d0000")
    >>> packet_fields(datagram, ("src_address", "dport", "flags"), "raw")
    ('192.0.2.1', 53, None)
    """
    cdef PyObject **given = [
        <PyObject *>data, <PyObject *>names, <PyObject *>link, <PyObject *>verify
    ]
    return fields_given(<_State?>_state, given)


cdef object fields_given(_State state, PyObject **given):
    """`packet_fields`, of arguments by parameter: NULL where one is left out."""
    cdef uint8_t codes[FS_FIELDS]
    cdef uint32_t link = FS_LINK_ETHERNET
    cdef bint verify = False
    cdef Py_ssize_t i, count
    cdef tuple names = names_of(<object>given[NAMES])
    count = PyTuple_GET_SIZE(names)
    if count > FS_FIELDS:  # some twice
        return PacketFields(
            *names, link="ethernet" if given[FIELDS_LINK] == NULL else <object>given[FIELDS_LINK],
            verify=given[FIELDS_VERIFY] != NULL and <object>given[FIELDS_VERIFY]
        )(<object>given[DATA])
    for i in range(count):
        codes[i] = code_of(state, names[i])
    if given[FIELDS_LINK] != NULL:
        link = link_number(state, <object>given[FIELDS_LINK])
    if given[FIELDS_VERIFY] != NULL:
        verify = <object>given[FIELDS_VERIFY]
    return fields_of(state, codes, count, <object>given[DATA], link, verify)


cdef object enter_packet_fields(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    cdef _State state = <_State?>_state
    cdef PyObject *given[FIELDS_PARAMETERS]
    if (
        sort_arguments(
            state.fields_parameters, FIELDS_PARAMETERS, FIELDS_VERIFY, args, count, names, given
        )
        and given[DATA] != NULL and given[NAMES] != NULL
    ):
        return fields_given(state, given)
    return PyObject_Vectorcall(state.plain_fields, args, count, names)


@cython.no_gc_clear  # neither its names nor the state lead back to it: it closes no cycle
@cython.final
cdef class PacketFields:
    """PacketFields(*names, link="ethernet", verify=False)\n--\n\n\
    A function of a packet, made once, that returns some of its fields: `packet_fields` for many.

    Calling it with a packet, in any contiguous buffer, decodes that and returns a tuple with the
    value of each field, None where the packet has no such field.

    Args:
        names: the fields: attributes of `Packet`, in the order of the result.
        link: the type of the link header, as in `parse_packet`.
        verify: whether to verify checksums.

    Raises:
        ValueError: no such field; no such link type's name; `link` out of 32 bits.

    >>> endpoints = PacketFields("src_address", "sport", "dst_address", "dport", link="raw")
    >>> datagram = bytes.fromhex("450000210000400040114e96c0000201c6336401d4310035000d0000")
    >>> list(map(endpoints, [datagram, b""]))
    [('192.0.2.1', 54321, '198.51.100.1', 53), (None, None, None, None)]
    """

    __module__ = "fastsock.packet"

    def __cinit__(self, *names, link="ethernet", verify=False):
        cdef _State state = <_State?>_state
        cdef Py_ssize_t i
        self.call = <vectorcallfunc>call_fields
        self.state = state
        self.size = PyTuple_GET_SIZE(names)
        self.codes = <uint8_t *>PyMem_Malloc(max(self.size, 1))
        if self.codes == NULL:
            raise MemoryError
        for i in range(self.size):
            self.codes[i] = code_of(state, names[i])
        self._names = tuple([state.field_names[self.codes[i]] for i in range(self.size)])
        self._link = link_number(state, link)
        self._verify = bool(verify)

    def __dealloc__(self):
        PyMem_Free(self.codes)

    def __call__(self, data, /):
        return fields_of(self.state, self.codes, self.size, data, self._link, self._verify)

    @property
    def names(self):
        """The fields, in the order of the result."""
        return self._names

    @property
    def link(self):
        """Number of the link type."""
        return self._link

    @property
    def verify(self):
        """Whether checksums are verified."""
        return self._verify

    def __repr__(self):
        return _describe_fields(self)

    def __reduce__(self):
        return partial(PacketFields, link=self._link, verify=self._verify), self._names


cdef object call_fields(
    PyObject *instance, PyObject *const *args, size_t count, PyObject *names
):
    """The entry of an instance's call, without a tuple of arguments."""
    cdef PacketFields self = <PacketFields>instance
    if PyVectorcall_NARGS(count) == 1 and names == NULL:
        return fields_of(
            self.state, self.codes, self.size, <object>args[0], self._link, self._verify
        )
    return PyObject_Vectorcall(self.__call__, args, count, names)  # refuses


cdef Packet packet_of(object value):
    """A packet that has a flow."""
    if type(value) is not Packet:
        raise _errors.not_packet(value)
    if (<Packet>value).found.version == 0:
        raise _errors.no_flow()
    return <Packet>value


def flow_key(packet, *, symmetric=False):
    """Write the flow that a packet belongs to as bytes, to be a key.

    Args:
        packet: a result of `parse_packet`.
        symmetric: whether both directions are one flow: the end whose address, or else port,
            is lower comes first.

    Returns:
        Version, protocol (a byte each), source and destination port (two each), source and
        destination address: 14 bytes for IPv4, 38 for IPv6, big-endian. Ports are 0 where the
        packet has none: those of ICMP, and later fragments.

    Raises:
        TypeError: no `Packet`.
        ValueError: a packet that is not IP.

    >>> datagram = bytes.fromhex("450000210000400040114e96c0000201c6336401d4310035000d0000")
    >>> packet = parse_packet(datagram, "raw")
    >>> flow_key(packet).hex(" ", 2)
    '0411 d431 0035 c000 0201 c633 6401'
    """
    cdef uint8_t key[FS_FLOW_KEY6]
    cdef Packet one = packet_of(packet)
    cdef fs_flow flow = fs_flow_of(&one.found, one.addresses, one.addresses + 16, symmetric)
    return PyBytes_FromStringAndSize(<char *>key, <Py_ssize_t>fs_flow_key(&one.found, &flow, key))


cdef uint32_t hash_by(const fs_flow *flow, object key) except? 0xFFFFFFFF:
    """The hash by a key of the caller's own."""
    cdef fs_toeplitz table
    cdef Py_buffer view
    get_contiguous(key, &view, "key")
    cdef Py_ssize_t size = view.len
    if size >= FS_RSS_KEY:
        fs_toeplitz_init(&table, <const uint8_t *>view.buf)
    PyBuffer_Release(&view)
    if size < FS_RSS_KEY:
        raise _errors.short_key(size)
    return fs_flow_hash(&table, flow)


def flow_hash(packet, *, symmetric=False, key=None):
    """Hash a packet's flow as network cards do that spread flows over queues (RSS).

    Args:
        packet: a result of `parse_packet`.
        symmetric: as `flow_key`.
        key: at least 40 bytes; None is `RSS_KEY`, the one of Microsoft's verification suite. That
            is public: where strangers must not choose a flow's hash, give a secret one.

    Returns:
        32 bits: the Toeplitz hash of source and destination address, and of source and
        destination port where the packet has them and is no fragment: all pieces of a datagram
        have one hash.

    Raises:
        TypeError, BufferError: no `Packet`; a key that is no buffer, or one in pieces.
        ValueError: a packet that is not IP; a shorter key.

    Source: Microsoft, "RSS hashing functions", Windows driver documentation.

    >>> datagram = bytes.fromhex("450000210000400040114e96c0000201c6336401d4310035000d0000")
    >>> packet = parse_packet(datagram, "raw")
    >>> hex(flow_hash(packet))
    '0x6a8eb834'
    """
    cdef Packet one = packet_of(packet)
    cdef fs_flow flow = fs_flow_of(&one.found, one.addresses, one.addresses + 16, symmetric)
    if key is not None:
        return hash_by(&flow, key)
    return fs_flow_hash(&(<_State?>_state).table, &flow)


def community_id(packet, *, seed=0):
    """Name a packet's flow by its Community ID, version 1.

    Many tools write this text, so their records of one flow can be joined. It is the same for
    both directions, and for a question and its answer in ICMP.

    Args:
        packet: a result of `parse_packet`.
        seed: 16 bits, to keep flows of different networks apart.

    Returns:
        ``"1:"`` and 28 characters of base64.

    Raises:
        TypeError: no `Packet`, or a `seed` that is no int.
        ValueError: a packet that is not IP; a `seed` out of range.

    Source: https://github.com/corelight/community-id-spec

    >>> datagram = bytes.fromhex("450000210000400040114e96c0000201c6336401d4310035000d0000")
    >>> packet = parse_packet(datagram, "raw")
    >>> community_id(packet)
    '1:5SCo7+Dsb9uqtS1lhImbD4gatbI='
    """
    return _community_id(packet_of(packet), PyNumber_Index(seed))


_plain = parse_packet
_plain_fields = packet_fields
parse_packet = with_entry(_plain, &fs_quick_parse_packet, <PyCFunction>enter_parse_packet)
packet_fields = with_entry(
    _plain_fields, &fs_quick_packet_fields, <PyCFunction>enter_packet_fields
)
_state = _State(_plain, _plain_fields)


cdef int _set_call() except -1:
    cdef PacketFields one = PacketFields()
    fs_set_call_offset(
        <PyTypeObject *>PacketFields, <const char *>&one.call - <const char *><void *>one
    )
    return 0


_set_call()
