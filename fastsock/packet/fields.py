"""Names that both twins share: status bits, limits, columns, link types.

The compiled decoder's codes (``packet.h``) have the same order.
"""

from __future__ import annotations

import enum
from types import MappingProxyType

from .._core.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    Limit: TypeAlias = Literal[
        "captured",
        "wire_length",
        "link.type",
        "link.header",
        "ethernet.length",
        "ethernet.type",
        "vlan.count",
        "pppoe.length",
        "ppp.protocol",
        "arp.header",
        "ip.version",
        "ipv4.header",
        "ipv4.header_length",
        "ipv4.total_length",
        "ipv4.options",
        "ipv4.fragment_offset",
        "ipv4.protocol",
        "ipv4.checksum",
        "ipv6.header",
        "ipv6.payload_length",
        "ipv6.jumbo_length",
        "ipv6.extension",
        "ipv6.extension_count",
        "ipv6.options",
        "ipv6.fragment_offset",
        "ipv6.next_header",
        "ah.length",
        "esp",
        "transport.header",
        "tcp.data_offset",
        "tcp.options",
        "udp.length",
        "transport.checksum",
    ]

    Field: TypeAlias = Literal[
        "link",
        "ethertype",
        "version",
        "protocol",
        "sport",
        "dport",
        "flags",
        "seq",
        "ack",
        "window",
        "ttl",
        "tos",
        "flow_label",
        "identification",
        "fragment_offset",
        "total_length",
        "checksum",
        "icmp_type",
        "icmp_code",
        "vlan",
        "ip_checksum_status",
        "checksum_status",
        "l2_offset",
        "l3_offset",
        "l4_offset",
        "payload_offset",
        "payload_length",
        "dont_fragment",
        "more_fragments",
        "fragment",
        "complete",
        "status",
        "src",
        "dst",
        "src_address",
        "dst_address",
        "eth_dst",
        "eth_src",
        "vlans",
        "limited_by",
        "fault",
        "payload",
        "buffer",
    ]


class Status(enum.IntFlag):
    """Bits of a packet's status word: what it holds, and what was wrong with it.

    `FAULTS` are those that mean a fault. ``&`` gives a plain int, which makes a test of a bit
    cheap; ``Status(word)`` names the bits of any.

    >>> Status(3)
    <Status.TRANSPORT|PORTS: 3>
    >>> print(Status(3))
    Status.TRANSPORT|PORTS
    >>> Status(3) & Status.PORTS
    2
    """

    TRANSPORT = 1 << 0  # the transport (or ICMP) header is decoded
    PORTS = 1 << 1  # it has ports: TCP, UDP, UDP-Lite, SCTP, DCCP
    FRAGMENT = 1 << 2  # a piece of a datagram, first or later
    LATER_FRAGMENT = 1 << 3  # no transport header in here
    ATOMIC_FRAGMENT = 1 << 4  # an IPv6 Fragment header on a whole datagram (RFC 6946)
    SOURCE_ROUTE = 1 << 5  # `dst` is a hop on the way, not the final destination
    JUMBOGRAM = 1 << 6  # the length is that of the jumbo option (RFC 2675)
    LENGTH_FROM_WIRE = 1 << 7  # the length field is zero: TSO, BIG TCP
    TRAILER = 1 << 8  # bytes follow the datagram: padding, frame check sequence
    ENCRYPTED = 1 << 9  # ESP: the rest can't be read
    NO_NEXT_HEADER = 1 << 10  # IPv6 next header 59
    UNDECODED = 1 << 11  # a link type, an Ethernet type or a protocol without a decoder here
    CUT = 1 << 16  # the datagram is longer than the bytes present
    HEADER_CUT = 1 << 17  # a header is longer than the bytes present
    OPTIONS_CUT = 1 << 18  # a header's fixed part is whole, its options are not
    BAD_VERSION = 1 << 19
    BAD_HEADER_LENGTH = 1 << 20
    BAD_LENGTH = 1 << 21
    BAD_OPTION = 1 << 22
    TOO_MANY_HEADERS = 1 << 23  # VLAN tags or extension headers beyond the limit
    BAD_IP_CHECKSUM = 1 << 24
    BAD_CHECKSUM = 1 << 25

    __str__ = enum.Flag.__str__
    if TYPE_CHECKING:

        def __and__(self, other: int) -> int: ...  # type: ignore[override]
        def __rand__(self, other: int) -> int: ...  # type: ignore[override]
    else:  # an IntFlag's own make a member of each result, slowly
        __and__, __rand__ = int.__and__, int.__rand__


FAULTS = 0x03FF0000
"""The bits of `Status` that mean a fault."""

LIMITS: tuple[Limit, ...] = (
    "captured",
    "wire_length",
    "link.type",
    "link.header",
    "ethernet.length",
    "ethernet.type",
    "vlan.count",
    "pppoe.length",
    "ppp.protocol",
    "arp.header",
    "ip.version",
    "ipv4.header",
    "ipv4.header_length",
    "ipv4.total_length",
    "ipv4.options",
    "ipv4.fragment_offset",
    "ipv4.protocol",
    "ipv4.checksum",
    "ipv6.header",
    "ipv6.payload_length",
    "ipv6.jumbo_length",
    "ipv6.extension",
    "ipv6.extension_count",
    "ipv6.options",
    "ipv6.fragment_offset",
    "ipv6.next_header",
    "ah.length",
    "esp",
    "transport.header",
    "tcp.data_offset",
    "tcp.options",
    "udp.length",
    "transport.checksum",
)
"""The values of `limited_by`, ``layer.field``; a column holds their indexes in here."""


FIELDS: tuple[Field, ...] = (
    "link",
    "ethertype",
    "version",
    "protocol",
    "sport",
    "dport",
    "flags",
    "seq",
    "ack",
    "window",
    "ttl",
    "tos",
    "flow_label",
    "identification",
    "fragment_offset",
    "total_length",
    "checksum",
    "icmp_type",
    "icmp_code",
    "vlan",
    "ip_checksum_status",
    "checksum_status",
    "l2_offset",
    "l3_offset",
    "l4_offset",
    "payload_offset",
    "payload_length",
    "dont_fragment",
    "more_fragments",
    "fragment",
    "complete",
    "status",
    "src",
    "dst",
    "src_address",
    "dst_address",
    "eth_dst",
    "eth_src",
    "vlans",
    "limited_by",
    "fault",
    "payload",
    "buffer",
)
"""The fields of a `Packet`, as `packet_fields` takes them; ``field.h`` has the same order."""


class ChecksumStatus(enum.IntEnum):
    """The result of verifying a checksum; the numbers are those that tshark prints.

    >>> print(ChecksumStatus(1))
    ChecksumStatus.GOOD
    """

    BAD = 0
    GOOD = 1
    UNVERIFIED = 2  # not asked for, or not all covered bytes are there
    ABSENT = 3  # none in this protocol, or UDP's zero

    __str__ = enum.Enum.__str__


LINK_TYPES = MappingProxyType(
    {
        "null": 0,
        "ethernet": 1,
        "ppp": 9,
        "raw": 101,
        "loop": 108,
        "sll": 113,
        "ipv4": 228,
        "ipv6": 229,
        "sll2": 276,
    }
)
"""The link types that can be decoded: name to number, as capture files have them."""

LINK_ALIASES = MappingProxyType({12: 101, 14: 101, 50: 9})
"""Other numbers for the same link types: BSD's for raw IP, PPP in HDLC-like framing."""


class Column(NamedTuple):
    """One column: the `struct` code of its numbers, or "s" for bytes, and the bytes of a row."""

    format: str
    itemsize: int


COLUMNS = MappingProxyType(
    {
        "timestamp_ns": Column("q", 8),
        "wire_length": Column("I", 4),
        "captured_length": Column("I", 4),
        "link": Column("H", 2),
        "version": Column("B", 1),
        "protocol": Column("B", 1),
        "src": Column("s", 16),
        "dst": Column("s", 16),
        "sport": Column("H", 2),
        "dport": Column("H", 2),
        "flags": Column("H", 2),
        "seq": Column("I", 4),
        "ack": Column("I", 4),
        "window": Column("H", 2),
        "ttl": Column("B", 1),
        "tos": Column("B", 1),
        "identification": Column("I", 4),
        "fragment_offset": Column("H", 2),
        "total_length": Column("I", 4),
        "ip_checksum_status": Column("B", 1),
        "checksum_status": Column("B", 1),
        "icmp_type": Column("B", 1),
        "icmp_code": Column("B", 1),
        "vlan": Column("H", 2),
        "payload_offset": Column("I", 4),
        "payload_length": Column("I", 4),
        "status": Column("I", 4),
        "limited_by": Column("B", 1),
        "checksum": Column("H", 2),
        "ethertype": Column("H", 2),
        "flow_label": Column("I", 4),
        "l3_offset": Column("I", 4),
        "l4_offset": Column("I", 4),
        "flow_hash": Column("I", 4),
    }
)
"""Every column, in the order in which they are kept."""

DEFAULT_COLUMNS = tuple(COLUMNS)[:28]
"""The columns of a capture, where none are named."""

RECORD_COLUMNS = ("timestamp_ns", "wire_length", "link")
"""The columns that only a capture's records have; `decode_columns` has no such."""

RSS_KEY = bytes.fromhex(
    "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa"
)
"""The key of `flow_hash` and of the column of that name: that of Microsoft's verification suite."""
