"""Pure twin of `fastsock.packet`, and its reference: a packet in one flat object, and its flow."""

from __future__ import annotations

from functools import partial
from operator import index
from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING, Any, Self, SupportsIndex, final

from ..._core import errors as _core_errors
from ..._core.buffers import contiguous as _contiguous, copied as _copied
from ..._core.protocols import ICMP, ICMPV6, SCTP, TCP
from ...address._py import inet_ntop as _inet_ntop
from .. import errors as _errors, fields as _fields
from ..community import community_id as _community_id
from ..text import (
    describe as _describe,
    describe_fields as _describe_fields,
    packet_error as _packet_error,
)
from . import decoder as _state, flow as _toeplitz
from .decode import Decoded, decode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import ReadableBuffer

_LINK_TYPES, _ALIASES = _fields.LINK_TYPES, _fields.LINK_ALIASES
_FIELDS = {name: place for place, name in enumerate(_fields.FIELDS)}
_RAW = {_LINK_TYPES[name] for name in ("raw", "ipv4", "ipv6")}
_RAW |= {alias for alias, number in _ALIASES.items() if number == _LINK_TYPES["raw"]}
_WITH_HEADER = {*_LINK_TYPES.values(), *_ALIASES} - _RAW
_ETHERNET = _LINK_TYPES["ethernet"]


def _text(packed: bytes | None) -> str | None:
    if packed is None:
        return None
    return _inet_ntop(AF_INET if len(packed) == 4 else AF_INET6, packed)


@final
class Packet:
    """A decoded packet; `parse_packet` makes it.

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

    __slots__ = ("_buffer", "_decoded", "_dst", "_ethernet", "_src", "_verify", "_wire_length")

    _buffer: ReadableBuffer
    _decoded: Decoded
    _src: bytes | None
    _dst: bytes | None
    _ethernet: bytes | None  # both addresses of an Ethernet header
    _verify: bool
    _wire_length: int

    def __init__(self) -> None:
        raise _errors.not_made()

    @classmethod
    def _parse(
        cls,
        buffer: ReadableBuffer,
        link: int,
        verify: bool,
        wire_length: int = -1,
        what: str = "buffer",
    ) -> Self:
        self = object.__new__(cls)
        data = buffer if type(buffer) is bytes else _contiguous(buffer, what)
        size = len(data)
        self._buffer = buffer
        self._verify = verify
        self._wire_length = size if wire_length < 0 else wire_length
        self._decoded = found = decode(data, size, self._wire_length, link, verify)
        self._src = self._dst = self._ethernet = None
        if width := found.address_size:
            self._src = bytes(data[found.src : found.src + width])
            self._dst = bytes(data[found.dst : found.dst + width])
        if found.link == _ETHERNET and size >= 14:
            self._ethernet = bytes(data[:12])
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        parse = partial(parse_packet, verify=self._verify, wire_length=self._wire_length)
        return parse, (memoryview(self._buffer).tobytes(), self._decoded.link)

    def __repr__(self) -> str:
        return _describe(self)

    def _is_tcp(self) -> bool:
        found = self._decoded
        return found.protocol == TCP and found.status & _state.TRANSPORT != 0

    def _is_icmp(self) -> bool:
        found = self._decoded
        return found.protocol in (ICMP, ICMPV6) and found.status & _state.TRANSPORT != 0

    def _has_fragment_fields(self) -> bool:
        found = self._decoded
        return found.version == 4 or found.status & (_state.FRAGMENT | _state.ATOMIC_FRAGMENT) != 0

    @property
    def link(self) -> int:
        """Number of the link type that it was parsed as."""
        return self._decoded.link

    @property
    def ethertype(self) -> int | None:
        """Ethernet type of the network layer."""
        return self._decoded.ethertype if self._decoded.ethertype else None

    @property
    def version(self) -> int:
        """4 or 6, and 0 for a packet that is not IP."""
        return self._decoded.version

    @property
    def protocol(self) -> int | None:
        """Number of the transport protocol, or the last next header that was read."""
        return self._decoded.protocol if self._decoded.version else None

    @property
    def src(self) -> bytes | None:
        """Packed source address; that of the sender in ARP."""
        return self._src

    @property
    def dst(self) -> bytes | None:
        """Packed destination address; that of the target in ARP."""
        return self._dst

    @property
    def src_address(self) -> str | None:
        """`src` as text."""
        return _text(self._src)

    @property
    def dst_address(self) -> str | None:
        """`dst` as text."""
        return _text(self._dst)

    @property
    def sport(self) -> int | None:
        """Source port."""
        return self._decoded.sport if self._decoded.status & _state.PORTS else None

    @property
    def dport(self) -> int | None:
        """Destination port."""
        return self._decoded.dport if self._decoded.status & _state.PORTS else None

    @property
    def flags(self) -> int | None:
        """TCP's flags, 12 bits: FIN is 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32."""
        return self._decoded.flags if self._is_tcp() else None

    @property
    def seq(self) -> int | None:
        """TCP's sequence number."""
        return self._decoded.seq if self._is_tcp() else None

    @property
    def ack(self) -> int | None:
        """TCP's acknowledgment number."""
        return self._decoded.ack if self._is_tcp() else None

    @property
    def window(self) -> int | None:
        """TCP's window, as it stands: not scaled."""
        return self._decoded.window if self._is_tcp() else None

    @property
    def ttl(self) -> int | None:
        """Time to live, or hop limit."""
        return self._decoded.ttl if self._decoded.version else None

    @property
    def tos(self) -> int | None:
        """Type of service, or traffic class: DSCP and ECN."""
        return self._decoded.tos if self._decoded.version else None

    @property
    def flow_label(self) -> int | None:
        """Flow label of IPv6."""
        return self._decoded.flow_label if self._decoded.version == 6 else None

    @property
    def identification(self) -> int | None:
        """Number that the fragments of one datagram share."""
        return self._decoded.identification if self._has_fragment_fields() else None

    @property
    def dont_fragment(self) -> bool | None:
        """IPv4's flag that forbids routers to fragment."""
        return bool(self._decoded.dont_fragment) if self._decoded.version == 4 else None

    @property
    def more_fragments(self) -> bool | None:
        """Whether this is not the last piece of a datagram."""
        return bool(self._decoded.more_fragments) if self._has_fragment_fields() else None

    @property
    def fragment_offset(self) -> int | None:
        """Where this piece begins in the payload of its datagram, in bytes."""
        return self._decoded.fragment_offset if self._has_fragment_fields() else None

    @property
    def total_length(self) -> int | None:
        """Bytes of the datagram, with its IP header."""
        return self._decoded.total_length if self._decoded.version else None

    @property
    def checksum(self) -> int | None:
        """Checksum of the transport header, as it stands there."""
        return (
            self._decoded.checksum
            if self._decoded.status & _state.TRANSPORT and self._decoded.protocol != SCTP
            else None
        )

    @property
    def icmp_type(self) -> int | None:
        """Type of an ICMP or ICMPv6 message."""
        return self._decoded.icmp_type if self._is_icmp() else None

    @property
    def icmp_code(self) -> int | None:
        """Code of an ICMP or ICMPv6 message."""
        return self._decoded.icmp_code if self._is_icmp() else None

    @property
    def vlan(self) -> int | None:
        """VLAN identifier of the outermost tag."""
        return self._decoded.vlans[0] & 0x0FFF if self._decoded.vlans else None

    @property
    def vlans(self) -> tuple[int, ...]:
        """Tag control information of every tag, outermost first: priority, DEI, VID."""
        return self._decoded.vlans

    @property
    def ip_checksum_status(self) -> _fields.ChecksumStatus:
        """Result for IPv4's header checksum."""
        return _fields.ChecksumStatus(self._decoded.ip_checksum_status)

    @property
    def checksum_status(self) -> _fields.ChecksumStatus:
        """Result for the transport's checksum."""
        return _fields.ChecksumStatus(self._decoded.checksum_status)

    @property
    def status(self) -> _fields.Status:
        """What the packet holds, and what is wrong with it."""
        return _fields.Status(self._decoded.status)

    @property
    def limited_by(self) -> _fields.Limit:
        """Field that stopped decoding or set where the payload ends, right or wrong."""
        return _fields.LIMITS[self._decoded.limited_by]

    @property
    def fault(self) -> _fields.Limit | None:
        """First field that is wrong, ``"captured"`` where the datagram is only cut."""
        found = self._decoded
        return _fields.LIMITS[found.fault] if found.status & _fields.FAULTS else None

    @property
    def l2_offset(self) -> int | None:
        """Where the link header begins."""
        return 0 if self._decoded.link in _WITH_HEADER else None

    @property
    def l3_offset(self) -> int | None:
        """Where the network header begins."""
        found = self._decoded
        return found.l3_offset if found.l3_offset or found.link in _RAW else None

    @property
    def l4_offset(self) -> int | None:
        """Where the transport header begins."""
        return self._decoded.l4_offset if self._decoded.l4_offset else None

    @property
    def payload_offset(self) -> int:
        """Where the first byte is that is not decoded."""
        return self._decoded.payload_offset

    @property
    def payload_length(self) -> int:
        """Bytes of the payload that were captured, without a trailer."""
        return self._decoded.payload_length

    @property
    def payload(self) -> memoryview:
        """The payload, in place: read-only if the buffer is."""
        found = self._decoded
        end = found.payload_offset + found.payload_length
        with _contiguous(self._buffer, "buffer") as view:
            return view[found.payload_offset : end]

    @property
    def eth_dst(self) -> bytes | None:
        """Ethernet address that the frame went to."""
        return self._ethernet[:6] if self._ethernet is not None else None

    @property
    def eth_src(self) -> bytes | None:
        """Ethernet address that the frame came from."""
        return self._ethernet[6:] if self._ethernet is not None else None

    @property
    def buffer(self) -> ReadableBuffer:
        """Object that was parsed."""
        return self._buffer

    @property
    def fragment(self) -> bool:
        """Whether this is a piece of a datagram, first or later."""
        return self._decoded.status & _state.FRAGMENT != 0

    @property
    def complete(self) -> bool:
        """Whether no field was wrong and nothing was cut."""
        return not self._decoded.status & _fields.FAULTS


def _link_number(link: str | SupportsIndex) -> int:
    if isinstance(link, str):
        if link not in _LINK_TYPES:
            raise _errors.not_link(link)
        return _LINK_TYPES[link]
    number = index(link)
    if not 0 <= number <= _state.UINT32_MAX:
        raise _core_errors.not_between("link", _state.UINT32_MAX, number)
    return number


def parse_packet(
    buffer: ReadableBuffer,
    link: str | SupportsIndex = "ethernet",
    *,
    verify: bool = False,
    strict: bool = False,
    wire_length: SupportsIndex | None = None,
) -> Packet:
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
    number = _link_number(link)
    size = -1
    if wire_length is not None:
        size = index(wire_length)
        if not 0 <= size <= _state.UINT32_MAX:
            raise _core_errors.not_between("wire_length", _state.UINT32_MAX, size)
    packet = Packet._parse(buffer, number, bool(verify), size)
    found = packet._decoded
    if strict and packet.fault is not None:
        raise _packet_error(packet.fault, found.status, found.fault_offset, found.version)
    return packet


def _canonical(name: _fields.Field) -> _fields.Field:
    place = _FIELDS.get(name)
    if place is None:
        raise _errors.not_field(name)
    return _fields.FIELDS[place]


def packet_fields(
    data: ReadableBuffer,
    names: Iterable[_fields.Field],
    link: str | SupportsIndex = "ethernet",
    *,
    verify: bool = False,
) -> tuple[Any, ...]:
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
    if isinstance(names, str):  # its letters are no names
        raise _errors.not_names(names)
    fields = tuple(names)  # by itself, so that what is no iterable is refused as there
    return PacketFields(*fields, link=link, verify=verify)(data)


@final
class PacketFields:
    """A function of a packet, made once, that returns some of its fields: `packet_fields` for many.

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

    __slots__ = ("_link", "_names", "_verify")

    _names: tuple[_fields.Field, ...]
    _link: int
    _verify: bool

    def __new__(
        cls,
        *names: _fields.Field,
        link: str | SupportsIndex = "ethernet",
        verify: bool = False,
    ) -> Self:
        self = object.__new__(cls)
        self._names = tuple([_canonical(name) for name in names])
        self._link = _link_number(link)
        self._verify = bool(verify)
        return self

    def __call__(self, data: ReadableBuffer, /) -> tuple[Any, ...]:
        packet = Packet._parse(data, self._link, self._verify, what="data")
        return tuple([getattr(packet, name) for name in self._names])

    @property
    def names(self) -> tuple[_fields.Field, ...]:
        """The fields, in the order of the result."""
        return self._names

    @property
    def link(self) -> int:
        """Number of the link type."""
        return self._link

    @property
    def verify(self) -> bool:
        """Whether checksums are verified."""
        return self._verify

    def __repr__(self) -> str:
        return _describe_fields(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(PacketFields, link=self._link, verify=self._verify), self._names


def _found_in(packet: Packet) -> Decoded:
    if not isinstance(packet, Packet):
        raise _errors.not_packet(packet)
    if not packet.version:
        raise _errors.no_flow()
    return packet._decoded


def _ends(packet: Packet, symmetric: bool) -> tuple[bytes, bytes, int, int]:
    """Both addresses and both ports, in the order in which they stand in keys."""
    found = _found_in(packet)
    src, dst = packet._src or b"", packet._dst or b""
    if symmetric and (src, found.sport) > (dst, found.dport):
        return dst, src, found.dport, found.sport
    return src, dst, found.sport, found.dport


def flow_key(packet: Packet, *, symmetric: bool = False) -> bytes:
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
    src, dst, sport, dport = _ends(packet, symmetric)
    found = packet._decoded
    head = found.version << 40 | found.protocol << 32 | sport << 16 | dport
    return head.to_bytes(6, "big") + src + dst


def flow_hash(packet: Packet, *, symmetric: bool = False, key: ReadableBuffer | None = None) -> int:
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
    src, dst, sport, dport = _ends(packet, symmetric)
    if key is None:
        tables = _toeplitz.tables_of(_fields.RSS_KEY)
    else:
        secret = _copied(key, "key")[: _toeplitz.LEAST_KEY]
        if len(secret) < _toeplitz.LEAST_KEY:
            raise _errors.short_key(len(secret))
        tables = _toeplitz.tables_of(secret)
    data = _toeplitz.hashed_fields(packet._decoded.status, src, dst, sport, dport)
    return _toeplitz.hash_of(data, tables)


def community_id(packet: Packet, *, seed: SupportsIndex = 0) -> str:
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
    _found_in(packet)
    return _community_id(packet, index(seed))
