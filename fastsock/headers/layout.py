"""Where each field of a header is: the tables from which both twins make the views' fields."""

from __future__ import annotations

from .._core.typed import NamedTuple


class Bits(NamedTuple):
    """A number of `bits` bits, `shift` from the right, in the big-endian `size` bytes at `at`.

    Users see `unit` times that number, plus `base`.
    """

    name: str
    doc: str
    at: int
    size: int
    bits: int
    shift: int = 0
    unit: int = 1
    base: int = 0

    @property
    def most(self) -> int:
        """The largest value."""
        return ((1 << self.bits) - 1) * self.unit + self.base


class Octets(NamedTuple):
    """Bytes of a fixed number, which are a value as they stand."""

    name: str
    doc: str
    at: int
    size: int


_MAC = "A hardware address, 6 bytes."
_LENGTH = "it alone is written, and no data moves; then call `fill_checksum`."
_VERSION = {"version": Bits("version", "The IP version.", 0, 1, 4, 4)}

ETHERNET = {
    "dst": Octets("dst", "The destination's hardware address, 6 bytes.", 0, 6),
    "src": Octets("src", "The source's hardware address, 6 bytes.", 6, 6),
}

ARP = {
    "hardware_type": Bits("hardware_type", "The kind of hardware: 1 for Ethernet.", 0, 2, 16),
    "protocol_type": Bits("protocol_type", "The Ethernet type: 0x0800 for IPv4.", 2, 2, 16),
    "hardware_length": Bits("hardware_length", "Bytes of a hardware address.", 4, 1, 8),
    "protocol_length": Bits("protocol_length", "Bytes of a protocol address.", 5, 1, 8),
    "operation": Bits("operation", "1 for a request, 2 for a reply.", 6, 2, 16),
}

IPV4 = {
    **_VERSION,
    "header_length": Bits(
        "header_length", f"Bytes of the header with its options: {_LENGTH}", 0, 1, 4, 0, 4
    ),
    "tos": Bits("tos", "The type of service byte: `dscp` and `ecn`.", 1, 1, 8),
    "dscp": Bits("dscp", "The differentiated services code point, 6 bits.", 1, 1, 6, 2),
    "ecn": Bits("ecn", "Explicit congestion notification, 2 bits.", 1, 1, 2),
    "total_length": Bits(
        "total_length", f"Bytes of the datagram with its header: {_LENGTH}", 2, 2, 16
    ),
    "identification": Bits("identification", "A number that all fragments share.", 4, 2, 16),
    "flags": Bits("flags", "The three bits before the fragment offset.", 6, 1, 3, 5),
    "dont_fragment": Bits("dont_fragment", "Whether it must not be cut.", 6, 1, 1, 6),
    "more_fragments": Bits("more_fragments", "Whether it is not the last fragment.", 6, 1, 1, 5),
    "fragment_offset": Bits(
        "fragment_offset", "Where the fragment begins in its datagram, in bytes.", 6, 2, 13, 0, 8
    ),
    "ttl": Bits("ttl", "Time to live: hops that are left.", 8, 1, 8),
    "protocol": Bits("protocol", "The protocol of the payload.", 9, 1, 8),
    "checksum": Bits("checksum", "The header checksum as it stands.", 10, 2, 16),
}

IPV4_ENDS = {
    "src": Octets("src", "The source address, 4 bytes; it may be assigned as text.", 12, 4),
    "dst": Octets("dst", "The destination address, 4 bytes; it may be assigned as text.", 16, 4),
}

IPV4_TEXT_ENDS = {
    "src_address": Octets("src_address", "`src` as text; assigned as `src` is.", 12, 4),
    "dst_address": Octets("dst_address", "`dst` as text; assigned as `dst` is.", 16, 4),
}

IPV6 = {
    **_VERSION,
    "tos": Bits("tos", "The traffic class byte: `dscp` and `ecn`.", 0, 2, 8, 4),
    "dscp": Bits("dscp", "The differentiated services code point, 6 bits.", 0, 2, 6, 6),
    "ecn": Bits("ecn", "Explicit congestion notification, 2 bits.", 0, 2, 2, 4),
    "flow_label": Bits("flow_label", "The flow label, 20 bits.", 0, 4, 20),
    "payload_length": Bits(
        "payload_length",
        "Bytes after this header: it alone is written, and no data moves.",
        4,
        2,
        16,
    ),
    "total_length": Bits(
        "total_length", "Bytes of the datagram: `payload_length` and 40.", 4, 2, 16, 0, 1, 40
    ),
    "next_header": Bits("next_header", "The kind of the header that follows.", 6, 1, 8),
    "ttl": Bits("ttl", "Time to live, the hop limit: hops that are left.", 7, 1, 8),
}

IPV6_ENDS = {
    "src": Octets("src", "The source address, 16 bytes; it may be assigned as text.", 8, 16),
    "dst": Octets("dst", "The destination address, 16 bytes; it may be assigned as text.", 24, 16),
}

IPV6_TEXT_ENDS = {
    "src_address": Octets("src_address", "`src` as text; assigned as `src` is.", 8, 16),
    "dst_address": Octets("dst_address", "`dst` as text; assigned as `dst` is.", 24, 16),
}

_PORTS = {
    "sport": Bits("sport", "The source's port.", 0, 2, 16),
    "dport": Bits("dport", "The destination's port.", 2, 2, 16),
}

TCP = {
    **_PORTS,
    "seq": Bits("seq", "The sequence number.", 4, 4, 32),
    "ack": Bits("ack", "The acknowledgement number.", 8, 4, 32),
    "header_length": Bits(
        "header_length",
        "Bytes of the header with its options: it alone is written, and no data moves.",
        *(12, 1, 4, 4, 4),
    ),
    "flags": Bits("flags", "The flags, 12 bits: FIN is 1, SYN 2, RST 4, PSH 8, ACK 16.", 12, 2, 12),
    "window": Bits("window", "The window as it stands, not scaled.", 14, 2, 16),
    "checksum": Bits("checksum", "The checksum as it stands.", 16, 2, 16),
    "urgent_pointer": Bits("urgent_pointer", "The urgent pointer.", 18, 2, 16),
}

UDP = {
    **_PORTS,
    "length": Bits("length", f"Bytes of the datagram with its header: {_LENGTH}", 4, 2, 16),
    "checksum": Bits("checksum", "The checksum as it stands; 0 for none.", 6, 2, 16),
}

ICMP = {
    "type": Bits("type", "The type of the message.", 0, 1, 8),
    "code": Bits("code", "The code within the type.", 1, 1, 8),
    "checksum": Bits("checksum", "The checksum as it stands.", 2, 2, 16),
    "identifier": Bits("identifier", "Which echo it is, in echo messages.", 4, 2, 16),
    "sequence": Bits("sequence", "The number of an echo, in echo messages.", 6, 2, 16),
}

VLAN_TYPES = (0x8100, 0x88A8, 0x9100)
MAX_VLANS = 8
