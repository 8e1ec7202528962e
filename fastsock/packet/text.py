"""The wording that both twins share: a packet's repr, and a strict error."""

from __future__ import annotations

from .._core.protocols import name_of as protocol_name
from .errors import PacketError
from .fields import FAULTS, LINK_TYPES, Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._py.packet import Packet, PacketFields

_LINKS = {number: name for name, number in LINK_TYPES.items()}


def names_of(status: int) -> str:
    """Join the names of the set bits by "|"."""
    return "|".join(bit.name or "" for bit in Status if status & bit)


def packet_error(fault: str, status: int, offset: int, version: int) -> PacketError:
    """Make the error of a packet with faults, where `strict` was asked for."""
    layer, _, field = fault.rpartition(".")
    text = f"{fault} at offset {offset}: {names_of(status & FAULTS)}"
    # "captured" has no layer of its own: the IP header says that the datagram is longer.
    return PacketError(text, layer or f"ipv{version}", field, offset)


def _endpoint(address: str | None, port: int | None) -> str:
    if port is None:
        return str(address)
    return f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}"


def describe(packet: Packet) -> str:
    """Make the repr of a packet: who to whom, and the fault."""
    if packet.version:
        kind = protocol_name(packet.protocol or 0)
    elif packet.ethertype is not None:
        kind = "ARP" if packet.src is not None else f"ethertype {packet.ethertype:#06x}"
    else:
        kind = f"link {_LINKS.get(packet.link, packet.link)}"
    words = [kind]
    if packet.src is not None:
        source = _endpoint(packet.src_address, packet.sport)
        words.append(f"{source} > {_endpoint(packet.dst_address, packet.dport)}")
    words.append(f"payload={packet.payload_length}")
    if packet.fault is not None:
        words.append(f"{packet.fault}: {names_of(packet.status & FAULTS)}")
    return f"<Packet {' '.join(words)}>"


def describe_fields(getter: PacketFields) -> str:
    """Make the repr of a getter of fields: the call that makes it."""
    words = [repr(name) for name in getter.names]
    if getter.link != LINK_TYPES["ethernet"]:
        words.append(f"link={_LINKS.get(getter.link, getter.link)!r}")
    if getter.verify:
        words.append("verify=True")
    return f"PacketFields({', '.join(words)})"
