"""Which fields a packet has: rows leave the others empty, as `Packet` has None."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..capture import Columns
from ..packet.fields import LINK_ALIASES, LINK_TYPES, Status

NEEDED = ("link", "version", "protocol", "status")
"""The columns that decide."""

_TRANSPORT, _PORTS = int(Status.TRANSPORT), int(Status.PORTS)
_FRAGMENT = int(Status.FRAGMENT | Status.ATOMIC_FRAGMENT)
_TCP, _SCTP, _ICMP = 6, 132, (1, 58)
_RAW = {LINK_TYPES[name] for name in ("raw", "ipv4", "ipv6")}
_RAW |= {alias for alias, number in LINK_ALIASES.items() if number in _RAW}
_NO_VLAN = 0xFFFF

# Whether a packet has the field, by its value, link, version, protocol and status.
Rule = Callable[[int, int, int, int, int], bool]


def _of_ip(value: int, link: int, version: int, protocol: int, status: int) -> bool:
    return version != 0


def _of_fragments(value: int, link: int, version: int, protocol: int, status: int) -> bool:
    return version == 4 or status & _FRAGMENT != 0


def _of_ports(value: int, link: int, version: int, protocol: int, status: int) -> bool:
    return status & _PORTS != 0


def _of_tcp(value: int, link: int, version: int, protocol: int, status: int) -> bool:
    return protocol == _TCP and status & _TRANSPORT != 0


def _of_icmp(value: int, link: int, version: int, protocol: int, status: int) -> bool:
    return protocol in _ICMP and status & _TRANSPORT != 0


def _not_zero(value: int, link: int, version: int, protocol: int, status: int) -> bool:
    return value != 0


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("version", "protocol", "ttl", "tos", "total_length"), _of_ip),
    **dict.fromkeys(("identification", "fragment_offset"), _of_fragments),
    **dict.fromkeys(("sport", "dport"), _of_ports),
    **dict.fromkeys(("flags", "seq", "ack", "window"), _of_tcp),
    **dict.fromkeys(("icmp_type", "icmp_code"), _of_icmp),
    **dict.fromkeys(("ethertype", "l4_offset", "flow_hash"), _not_zero),
    "flow_label": lambda value, link, version, protocol, status: version == 6,
    "checksum": lambda value, link, version, protocol, status: (
        protocol != _SCTP and status & _TRANSPORT != 0
    ),
    "l3_offset": lambda value, link, version, protocol, status: value != 0 or link in _RAW,
    "vlan": lambda value, link, version, protocol, status: value != _NO_VLAN,
}


def or_none(columns: Columns, name: str, values: Iterable[int]) -> list[Any]:
    """The values of a column; None where a packet has no such field."""
    rule = _RULES.get(name)
    if rule is None:
        return list(values)
    deciding = (columns[each].tolist() for each in NEEDED)
    return [
        value if rule(value, *of_packet) else None
        for value, *of_packet in zip(values, *deciding, strict=True)
    ]
