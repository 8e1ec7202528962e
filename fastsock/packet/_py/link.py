"""From the first byte of a frame to its network layer: the pure decoder's link headers.

Each function decodes its own header and returns the type of the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from struct import Struct

from ..fields import LINK_ALIASES, LINK_TYPES
from .decoder import HEADER_CUT, TOO_MANY_HEADERS, UNDECODED, Decoder, Stop

TYPE_IPV4, TYPE_ARP, TYPE_IPV6 = 0x0800, 0x0806, 0x86DD
TYPE_ANY_IP = 0x10000  # not on the wire: the version decides

_PPPOE = 0x8864
_FIRST_TYPE = 0x0600  # smaller values are a length
_COOKED_LLC = 4  # in a cooked header: frames that have LLC
_MAX_VLANS = 8
# 802.1Q, 802.1ad, and the tags that vendors used before there was 802.1ad.
_VLAN_TYPES = frozenset((0x8100, 0x88A8, 0x9100, 0x9200, 0x9300))
# Systems number IPv6 differently, and some write one family for both.
_FAMILIES = frozenset((2, 10, 24, 28, 30))
_PPP_TYPES = {0x0021: TYPE_IPV4, 0x0057: TYPE_IPV6}

_WORD = Struct("!H")
_TAG = Struct("!HH")
_PPPOE_HEADER = Struct("!BBHH")


def _cut(header: int) -> Stop:
    return Stop(HEADER_CUT, "link.header", header)


def _unknown(d: Decoder, limit: str, header: int) -> Stop:
    """Stop at a network layer without a decoder."""
    d.packet.l3_offset = d.at
    return Stop(UNDECODED, limit, header)


def unknown_type(d: Decoder) -> None:
    """Stop at a network layer whose type has no decoder."""
    raise _unknown(d, "ethernet.type", 0)


def _word(d: Decoder, at: int) -> int:
    word: int = _WORD.unpack_from(d.data, at)[0]
    return word


def _vlan_tags(d: Decoder, ethertype: int) -> int:
    packet = d.packet
    while ethertype in _VLAN_TYPES:
        packet.ethertype = ethertype
        if len(packet.vlans) == _MAX_VLANS:
            raise Stop(TOO_MANY_HEADERS, "vlan.count", d.at)
        if d.left() < 4:
            raise _cut(d.at)
        tag, ethertype = _TAG.unpack_from(d.data, d.at)
        packet.vlans += (tag,)
        d.at += 4
    return ethertype


def _llc(d: Decoder) -> int:
    """IEEE 802.2. Only SNAP with an Ethernet type (OUI 0) is followed, RFC 1042."""
    head = bytes(d.data[d.at : min(d.at + 8, d.end)])
    if len(head) < 3 or (len(head) < 8 and head[:3] == b"\xaa\xaa\x03"):
        raise _cut(d.at)
    if len(head) < 8 or head[:6] != b"\xaa\xaa\x03\0\0\0":
        raise _unknown(d, "ethernet.type", 0)
    d.at += 8
    return head[6] << 8 | head[7]


def _ethertype(d: Decoder, size: int, where: int, cooked: bool) -> int:
    """A header of `size` bytes with a type at `where`, tags before one, or a length (802.3).

    A cooked header has a type or a small number of Linux, such as ETH_P_802_2.
    """
    if d.left() < size:
        raise _cut(0)
    ethertype = _word(d, where)
    d.at = size
    if ethertype in _VLAN_TYPES:
        ethertype = _vlan_tags(d, ethertype)
    if ethertype < _FIRST_TYPE:
        d.packet.ethertype = 0
        if not cooked:
            d.shorten(d.at + ethertype, "ethernet.length")
        elif ethertype != _COOKED_LLC:
            raise _unknown(d, "ethernet.type", 0)
        ethertype = _llc(d)
    d.packet.ethertype = ethertype
    return _pppoe(d) if ethertype == _PPPOE else ethertype


def _ppp(d: Decoder, may_be_short: bool) -> int:
    """RFC 1661; the protocol may take one byte only where the link says so (section 6.5)."""
    start = d.at
    if may_be_short and d.left() >= 2 and d.data[start] == 0xFF and d.data[start + 1] == 0x03:
        d.at += 2  # address and control of HDLC-like framing, RFC 1662
    size = 1 if may_be_short and d.left() >= 1 and d.data[d.at] & 1 else 2
    if d.left() < size:
        raise _cut(start)
    protocol = d.data[d.at] if size == 1 else _word(d, d.at)
    d.at += size
    if protocol not in _PPP_TYPES:
        raise _unknown(d, "ppp.protocol", start)
    return _PPP_TYPES[protocol]


def _pppoe(d: Decoder) -> int:
    """RFC 2516: version and type 1, code 0 (session data), session, length; then PPP."""
    start = d.at
    if d.left() < 6:
        raise _cut(start)
    version, code, _, length = _PPPOE_HEADER.unpack_from(d.data, start)
    d.at += 6
    if version != 0x11 or code != 0:
        raise _unknown(d, "ppp.protocol", start)
    d.shorten(d.at + length, "pppoe.length")
    return _ppp(d, False)


def _null(d: Decoder) -> int:
    """BSD's loopback: an address family in the byte order of whoever wrote it.

    Some write other things there, so the version of the packet decides before it.
    """
    if d.left() < 4:
        raise _cut(0)
    head = bytes(d.data[:4])
    d.at = 4
    families = int.from_bytes(head, "big"), int.from_bytes(head, "little")
    version = d.data[4] >> 4 if d.left() else 0
    if _FAMILIES.isdisjoint(families) and version not in (4, 6):
        raise _unknown(d, "link.header", 0)
    return TYPE_ANY_IP


def _raw(ethertype: int, _: Decoder) -> int:
    return ethertype


_BY_NAME: dict[str, Callable[[Decoder], int]] = {
    "null": _null,
    "ethernet": partial(_ethertype, size=14, where=12, cooked=False),
    "ppp": partial(_ppp, may_be_short=True),
    "raw": partial(_raw, TYPE_ANY_IP),
    "loop": _null,
    "sll": partial(_ethertype, size=16, where=14, cooked=True),
    "ipv4": partial(_raw, TYPE_IPV4),
    "ipv6": partial(_raw, TYPE_IPV6),
    "sll2": partial(_ethertype, size=20, where=0, cooked=True),
}

LINK_LAYERS = {LINK_TYPES[name]: function for name, function in _BY_NAME.items()}
"""By link type: the function that returns the type of the network layer, at ``d.at`` then."""
LINK_LAYERS |= {alias: LINK_LAYERS[number] for alias, number in LINK_ALIASES.items()}
