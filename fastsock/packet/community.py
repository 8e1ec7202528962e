"""Community ID version 1: one short text for both directions of a flow, the same in every tool.

Source: https://github.com/corelight/community-id-spec
"""

from __future__ import annotations

from binascii import b2a_base64
from struct import pack

from .._core.errors import not_between
from .._core.protocols import ICMP, ICMPV6, SCTP, TCP, UDP
from .errors import no_flow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._py.packet import Packet

# The type of the message that answers, and of the one that is answered.
_ANSWERS = {
    ICMP: {8: 0, 10: 9, 13: 14, 15: 16, 17: 18},
    ICMPV6: {128: 129, 130: 131, 133: 134, 135: 136, 139: 140, 144: 145},
}
_COUNTERPARTS = {
    protocol: answers | {answer: question for question, answer in answers.items()}
    for protocol, answers in _ANSWERS.items()
}


def _ends(packet: Packet) -> tuple[int | None, int | None, bool]:
    """Find the numbers in place of ports, and whether the flow has one direction only.

    An ICMP message has its type for a source port, and the type of its counterpart for the other.
    Where it has none, its code takes the place, and no answer can belong to the same flow.
    """
    if packet.protocol in _COUNTERPARTS:
        if packet.icmp_type is None:
            return None, None, False
        counterpart = _COUNTERPARTS[packet.protocol].get(packet.icmp_type)
        if counterpart is None:
            return packet.icmp_type, packet.icmp_code, True
        return packet.icmp_type, counterpart, False
    if packet.protocol in (TCP, UDP, SCTP):
        return packet.sport, packet.dport, False
    return None, None, False


def community_id(packet: Packet, seed: int) -> str:
    """Compute the Community ID of a packet, with a seed of 16 bits."""
    from hashlib import sha1  # 2 ms, which only this function needs

    if not 0 <= seed <= 0xFFFF:
        raise not_between("seed", 0xFFFF, seed)
    src, dst = packet.src, packet.dst
    if not packet.version or src is None or dst is None:
        raise no_flow()
    sport, dport, one_way = _ends(packet)
    if not one_way and (src, sport or 0) > (dst, dport or 0):
        src, dst, sport, dport = dst, src, dport, sport
    data = pack("!H", seed) + src + dst + pack("!BB", packet.protocol, 0)
    if sport is not None:
        data += pack("!HH", sport, dport)
    digest = sha1(data, usedforsecurity=False).digest()
    return "1:" + b2a_base64(digest, newline=False).decode("ascii")
