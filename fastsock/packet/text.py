"""What both twins of the packet part say in words: a packet's repr, and a strict error."""

from __future__ import annotations

from .._core.typed import TYPE_CHECKING
from .errors import PacketError
from .fields import FAULTS, LINK_TYPES, Status

if TYPE_CHECKING:
    from ._py.packet import Packet

_PROTOCOLS = {
    1: "ICMP", 6: "TCP", 17: "UDP", 33: "DCCP", 50: "ESP", 58: "ICMPv6", 132: "SCTP",
    136: "UDP-Lite",
}  # fmt: skip
_LINKS = {number: name for name, number in LINK_TYPES.items()}


def names_of(status: int) -> str:
    """The names of the bits that are set, joined by "|"."""
    return "|".join(bit.name or "" for bit in Status if status & bit)


def packet_error(status: int, limited_by: str, offset: int, version: int) -> PacketError:
    """The error of a packet with faults, where `strict` was asked for."""
    layer, _, field = limited_by.rpartition(".")
    text = f"{limited_by} at offset {offset}: {names_of(status & FAULTS)}"
    # What is captured limits a datagram: its IP header says how long it is.
    return PacketError(text, layer or f"ipv{version}", field, offset)


def _endpoint(address: str | None, port: int | None) -> str:
    if port is None:
        return str(address)
    return f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}"


def describe(packet: Packet) -> str:
    """The repr of a packet: who to whom, and what was wrong with it."""
    if packet.version:
        kind = _PROTOCOLS.get(packet.protocol or 0, f"protocol {packet.protocol}")
    elif packet.ethertype is not None:
        kind = "ARP" if packet.src is not None else f"ethertype {packet.ethertype:#06x}"
    else:
        kind = f"link {_LINKS.get(packet.link, packet.link)}"
    words = [kind]
    if packet.src is not None:
        source = _endpoint(packet.src_address, packet.sport)
        words.append(f"{source} > {_endpoint(packet.dst_address, packet.dport)}")
    words.append(f"payload={packet.payload_length}")
    if packet.status & FAULTS:
        words.append(names_of(packet.status & FAULTS))
    return f"<Packet {' '.join(words)}>"
