"""Tell which fields a packet of decoded columns has, as `Packet` has None for the others."""

from __future__ import annotations

import sys

from .._core.typed import TYPE_CHECKING
from ..packet.fields import COLUMNS, LINK_ALIASES, LINK_TYPES, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from .columns import Columns

    Rows: TypeAlias = Columns | Mapping[str, memoryview]

HELPERS = ("link", "version", "protocol", "status")
"""The columns that tell."""

ADDRESSES = ("src", "dst")
_NO_VLAN = 0xFF  # both bytes
_LITTLE = sys.byteorder == "little"


def _only(*values: int) -> bytes:
    return bytes(value in values for value in range(256))


def _any_of(bits: int) -> bytes:
    return bytes(value & bits != 0 for value in range(256))


_NOT_ZERO = _any_of(0xFF)
_FOUR = _only(4)
_SIX = _TCP = _only(6)
_ICMP = _only(1, 58)
_NOT_SCTP = bytes(value != 132 for value in range(256))  # its checksum has 32 bits
_RAW_TYPES = {LINK_TYPES[name] for name in ("raw", "ipv4", "ipv6")}
_RAW = _only(*_RAW_TYPES, *(alias for alias, link in LINK_ALIASES.items() if link in _RAW_TYPES))
_TRANSPORT = _any_of(int(Status.TRANSPORT))
_PORTS = _any_of(int(Status.PORTS))
_FRAGMENTS = _any_of(int(Status.FRAGMENT | Status.ATOMIC_FRAGMENT))
_ALL_ONES = _only(_NO_VLAN)
_ZERO = _only(0)


def _plane(numbers: memoryview, width: int, byte: int = 0) -> bytes:
    """One byte of each number, 0 being the lowest."""
    return bytes(numbers.cast("B"))[byte if _LITTLE else width - 1 - byte :: width]


def _both(one: bytes, other: bytes) -> bytes:
    mixed = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return mixed.to_bytes(len(one), "little")


def _either(one: bytes, other: bytes) -> bytes:
    mixed = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return mixed.to_bytes(len(one), "little")


def tagged(vlan: memoryview) -> bytes:
    """Which packets have a tag: a byte a row."""
    low, high = (_plane(vlan, 2, byte) for byte in (0, 1))
    absent = _both(low.translate(_ALL_ONES), high.translate(_ALL_ONES))
    return absent.translate(_ZERO)


class Presence:
    """Which packets of a chunk have a field: a byte a row."""

    def __init__(self, columns: Rows) -> None:
        self._columns = columns
        self._known: dict[str, bytes] = {}

    def of(self, name: str) -> bytes | None:
        """The flags of a field; None where every packet has it, or the columns don't tell."""
        if name == "vlan":
            return tagged(self._columns[name])
        kind = _FIELDS.get(name)
        if kind is None or not all(helper in self._columns for helper in _KINDS[kind]):
            return None
        if name in ADDRESSES:
            return self._addressed(name)
        if name == "l3_offset":  # 0 where no link header stands in front
            return _either(self._not_zero(name), self._of_kind(kind))
        return self._not_zero(name) if kind == "not_zero" else self._of_kind(kind)

    def _of_kind(self, kind: str) -> bytes:
        if kind not in self._known:
            self._known[kind] = getattr(self, f"_{kind}")()
        return self._known[kind]

    def _version(self, table: bytes) -> bytes:
        return bytes(self._columns["version"]).translate(table)

    def _status(self, table: bytes) -> bytes:
        return _plane(self._columns["status"], 4).translate(table)

    def _with_transport(self, protocols: bytes) -> bytes:
        known = bytes(self._columns["protocol"]).translate(protocols)
        return _both(known, self._of_kind("transport"))

    def _ip(self) -> bytes:
        return self._version(_NOT_ZERO)

    def _six(self) -> bytes:
        return self._version(_SIX)

    def _not_zero(self, name: str) -> bytes:
        values, width = self._columns[name], COLUMNS[name].itemsize
        found = _plane(values, width)
        for byte in range(1, width):
            found = _either(found, _plane(values, width, byte))
        return found.translate(_NOT_ZERO)

    def _raw(self) -> bytes:
        links = self._columns["link"]
        return _both(_plane(links, 2).translate(_RAW), _plane(links, 2, 1).translate(_ZERO))

    def _fragments(self) -> bytes:
        return _either(self._version(_FOUR), self._status(_FRAGMENTS))

    def _transport(self) -> bytes:
        return self._status(_TRANSPORT)

    def _summed(self) -> bytes:
        return self._with_transport(_NOT_SCTP)

    def _ports(self) -> bytes:
        return self._status(_PORTS)

    def _tcp(self) -> bytes:
        return self._with_transport(_TCP)

    def _icmp(self) -> bytes:
        return self._with_transport(_ICMP)

    def _addressed(self, name: str) -> bytes:
        """Those of IP packets, and of the few others that have one, such as ARP's."""
        ip = self._of_kind("ip")
        if 0 not in ip:
            return ip
        flags, packed = bytearray(ip), bytes(self._columns[name])
        for row, is_ip in enumerate(ip):
            if not is_ip and any(packed[16 * row : 16 * row + 16]):
                flags[row] = 1
        return bytes(flags)


_KINDS = {
    "ip": ("version",), "six": ("version",), "fragments": ("version", "status"),
    "ports": ("status",), "tcp": ("protocol", "status"), "icmp": ("protocol", "status"),
    "summed": ("protocol", "status"), "raw": ("link",), "not_zero": (),
}  # fmt: skip
"""What a packet must be to have a field, and which columns tell that."""

_FIELDS = {
    "version": "ip", "protocol": "ip", "ttl": "ip", "tos": "ip", "total_length": "ip",
    "flow_hash": "ip", "src": "ip", "dst": "ip", "flow_label": "six",
    "identification": "fragments", "fragment_offset": "fragments",
    "sport": "ports", "dport": "ports", "flags": "tcp", "seq": "tcp", "ack": "tcp",
    "window": "tcp", "icmp_type": "icmp", "icmp_code": "icmp", "checksum": "summed",
    "ethertype": "not_zero", "l3_offset": "raw", "l4_offset": "not_zero",
}  # fmt: skip
"""The kind of packet that has a field; every packet has a field that is not here."""

_TOLD = {
    helper: frozenset(name for name, kind in _FIELDS.items() if helper in _KINDS[kind])
    for helper in HELPERS
}


def with_helpers(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, and after them those columns which tell where these have nulls."""
    return names + tuple(
        helper
        for helper, told in _TOLD.items()
        if helper not in names and not told.isdisjoint(names)
    )


def validity(
    columns: Rows, names: Iterable[str], pack_bits: Callable[[Any], tuple[Any, int]]
) -> dict[str, tuple[Any, int]]:
    """The bits of validity of columns with rows, or None where all are valid, and the nulls."""
    presence = Presence(columns)
    found: dict[str, tuple[Any, int]] = {}
    for name in names:
        flags = presence.of(name)
        bits, nulls = (None, 0) if flags is None else pack_bits(flags)
        found[name] = (bits if nulls else None, nulls)
    return found
