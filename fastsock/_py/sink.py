"""Columns that grow while packets are decoded into them."""

from __future__ import annotations

from array import array
from operator import attrgetter
from typing import Any

from .. import _columns
from ..packet_fields import COLUMNS
from .decode import Decoded, decode
from .flow import packet_hash

_BLOCK_ROWS = 4096
_NO_VLAN = 0xFFFF
_MAPPED = bytes(10) + b"\xff\xff"
_NO_ADDRESS = bytes(16)
# What a row has beyond the fields of a decoded packet.
_RECORD_FIELDS = ("timestamp_ns", "wire_length", "captured_length")
_MADE = ("vlan", "flow_hash")
_ADDRESSES = ("src", "dst")


def _wide(address: bytes) -> bytes:
    """16 bytes of any address: IPv4 as mapped, zeros for none."""
    if len(address) == 16:
        return address
    return _MAPPED + address if address else _NO_ADDRESS


class Sink:
    """Columns that grow while packets are decoded into them."""

    def __init__(self, names: tuple[str, ...], verify: bool) -> None:
        self.rows = 0
        self._names = names
        self._verify = verify
        self._memory = {name: bytearray() for name in names}
        beside = _RECORD_FIELDS + _MADE + _ADDRESSES
        self._plain = [name for name in names if name not in beside]
        # A second field, for attrgetter gives no tuple of one; there is a column less than fields.
        self._fields = attrgetter("status", "status", *self._plain)
        self._blocks: list[tuple[Any, ...]] = []
        self._beside = {name: array(COLUMNS[name].format) for name in names
                        if name in _RECORD_FIELDS + _MADE}  # fmt: skip

    def add(self, data: memoryview, wire_length: int, link: int, timestamp_ns: int) -> None:
        """Decode one packet. Nothing of it is kept."""
        packet = decode(data, len(data), wire_length, link, self._verify)
        self._blocks.append(self._fields(packet))
        if self._beside:
            self._add_beside(packet, data, wire_length, timestamp_ns)
        for name in _ADDRESSES:
            if name in self._memory:
                start = getattr(packet, name)
                address = bytes(data[start : start + packet.address_size])
                self._memory[name] += _wide(address)
        self.rows += 1
        if len(self._blocks) == _BLOCK_ROWS:
            self._flush()

    def _add_beside(
        self, packet: Decoded, data: memoryview, wire_length: int, timestamp_ns: int
    ) -> None:
        beside = self._beside
        if "timestamp_ns" in beside:
            beside["timestamp_ns"].append(timestamp_ns)
        if "wire_length" in beside:
            beside["wire_length"].append(wire_length)
        if "captured_length" in beside:
            beside["captured_length"].append(len(data))
        if "vlan" in beside:
            beside["vlan"].append(packet.vlans[0] & 0x0FFF if packet.vlans else _NO_VLAN)
        if "flow_hash" in beside:
            beside["flow_hash"].append(packet_hash(packet, data))

    def _flush(self) -> None:
        _, _, *columns = zip(*self._blocks, strict=True) if self._blocks else ((), ())
        for name, values in zip(self._plain, columns, strict=False):
            self._memory[name] += array(COLUMNS[name].format, values).tobytes()
        for name, numbers in self._beside.items():
            self._memory[name] += numbers.tobytes()
            del numbers[:]
        self._blocks.clear()

    def finish(self, out: _columns.Columns | None = None) -> _columns.Columns:
        """The columns, in the memory of `out` where that is enough."""
        self._flush()
        if out is None:
            return _columns.Columns(self.rows, self._memory)
        memory = _columns.room_of(out, self._names)
        if all(len(memory[name]) >= len(block) for name, block in self._memory.items()):
            for name, block in self._memory.items():
                memory[name][: len(block)] = block
        else:
            memory = self._memory
        return _columns.refill(out, self.rows, memory)
