"""Which fields a packet of decoded columns has. Written once."""

from __future__ import annotations

import sys

from .._core.typed import TYPE_CHECKING
from ..packet.fields import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    from .columns import Columns

    Rows: TypeAlias = Columns | Mapping[str, memoryview]

HELPERS = ("version", "protocol", "status")
"""The columns that tell."""

ADDRESSES = ("src", "dst")
_NO_VLAN = 0xFF  # both bytes
_LITTLE = sys.byteorder == "little"


def _table(holds: Callable[[int], object]) -> bytes:
    return bytes(bool(holds(byte)) for byte in range(256))


_TRUE = _table(lambda byte: byte)
_FOUR = _table(lambda byte: byte == 4)
_SIX = _table(lambda byte: byte == 6)
_TCP = _table(lambda byte: byte == 6)
_ICMP = _table(lambda byte: byte in (1, 58))
_TRANSPORT = _table(lambda byte: byte & Status.TRANSPORT)
_PORTS = _table(lambda byte: byte & Status.PORTS)
_PIECES = _table(lambda byte: byte & (Status.FRAGMENT | Status.LATER_FRAGMENT))
_ALL_ONES = _table(lambda byte: byte == _NO_VLAN)


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
    return absent.translate(_table(lambda byte: not byte))


class Presence:
    """Which packets of a chunk have a field: a byte a row."""

    def __init__(self, columns: Rows) -> None:
        self._columns = columns
        version, protocol = bytes(columns["version"]), bytes(columns["protocol"])
        status = _plane(columns["status"], 4)
        self.ip = version.translate(_TRUE)
        self.four, self.six = version.translate(_FOUR), version.translate(_SIX)
        self.transport = status.translate(_TRANSPORT)
        self.ports = status.translate(_PORTS)
        self.tcp = _both(protocol.translate(_TCP), self.transport)
        self.icmp = _both(protocol.translate(_ICMP), self.transport)
        self.identified = _either(self.four, _both(self.six, status.translate(_PIECES)))

    def of(self, name: str) -> bytes | None:
        """The flags of a field; None where every packet has it."""
        kind = _FIELDS.get(name)
        if name in ADDRESSES:
            return self._addressed(name)
        if name == "vlan":
            return tagged(self._columns[name])
        return None if kind is None else getattr(self, kind)

    def _addressed(self, name: str) -> bytes:
        """Those of IP packets, and of the few others that have one, such as ARP's."""
        if 0 not in self.ip:
            return self.ip
        flags, packed = bytearray(self.ip), bytes(self._columns[name])
        for row, is_ip in enumerate(self.ip):
            if not is_ip and any(packed[16 * row : 16 * row + 16]):
                flags[row] = 1
        return bytes(flags)


_FIELDS = {
    "version": "ip", "protocol": "ip", "ttl": "ip", "tos": "ip", "total_length": "ip",
    "fragment_offset": "ip", "l3_offset": "ip", "flow_hash": "ip",
    "identification": "identified", "flow_label": "six",
    "sport": "ports", "dport": "ports", "flags": "tcp", "seq": "tcp", "ack": "tcp",
    "window": "tcp", "icmp_type": "icmp", "icmp_code": "icmp", "checksum": "transport",
    "l4_offset": "transport",
}  # fmt: skip
"""What a packet must be to have a field; of fields that are not here, every packet has one."""


def validity(
    columns: Rows, rows: int, pack_bits: Callable[[Any], tuple[Any, int]]
) -> dict[str, tuple[Any, int]]:
    """Each column's bits of validity, or None where all rows are valid, and its nulls.

    Without the columns that tell what a packet has, only `vlan` can have nulls.
    """
    known = rows > 0 and all(name in columns for name in HELPERS)
    presence = Presence(columns) if known else None
    found: dict[str, tuple[Any, int]] = {}
    for name in columns:
        flags = None
        if presence is not None:
            flags = presence.of(name)
        elif name == "vlan" and rows:
            flags = tagged(columns[name])
        bits, nulls = (None, 0) if flags is None else pack_bits(flags)
        found[name] = (bits if nulls else None, nulls)
    return found
