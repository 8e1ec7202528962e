"""Columns that grow while packets are decoded into them."""

from __future__ import annotations

from array import array
from operator import attrgetter
from typing import Any

from ...packet._py.decode import Decoded, decode
from ...packet._py.decoder import UINT32_MAX
from ...packet._py.flow import hash_of, hashed_fields, tables_of
from ...packet.fields import COLUMNS, RSS_KEY
from .. import columns as _columns
from ..presence import with_helpers as _with_helpers

_BLOCK_ROWS = 4096
_NO_VLAN = 0xFFFF
_MAPPED = bytes(10) + b"\xff\xff"
_NO_ADDRESS = bytes(16)
# What is not a field of a decoded packet.
_MADE = frozenset(
    ("timestamp_ns", "wire_length", "captured_length", "src", "dst", "vlan", "flow_hash")
)


def _wide(address: bytes) -> bytes:
    """16 bytes of any address: IPv4 as mapped, zeros for none."""
    if len(address) == 16:
        return address
    return _MAPPED + address if address else _NO_ADDRESS


def _flow_hash(packet: Decoded, src: bytes, dst: bytes) -> int:
    if not packet.version:
        return 0
    data = hashed_fields(packet.status, src, dst, packet.sport, packet.dport)
    return hash_of(data, tables_of(RSS_KEY))


class Sink:
    """Columns that grow while packets are decoded into them."""

    def __init__(
        self, names: tuple[str, ...], verify: bool, out: _columns.Columns | None = None
    ) -> None:
        self.rows = 0
        self._out = out
        self._shown = names
        self._taken = None if out is None else _columns.take(out, names)
        names = _with_helpers(names) if self._taken is None else tuple(self._taken)
        self._verify = verify
        self._memory = {name: bytearray() for name in names}
        self._made = {name: self._memory[name] for name in names if name in _MADE}
        self._plain = [name for name in names if name not in _MADE]
        # Twice a field that is not looked at, for attrgetter gives no tuple of less than two.
        self._fields = attrgetter("status", "status", *self._plain)
        self._block: list[tuple[Any, ...]] = []

    def add(self, data: memoryview, wire_length: int, link: int, timestamp_ns: int) -> None:
        """Decode one packet. Nothing of it is kept."""
        packet = decode(data, len(data), wire_length, link, self._verify)
        self._block.append(self._fields(packet))
        if self._made:
            self._make(packet, data, wire_length, timestamp_ns)
        self.rows += 1
        if len(self._block) == _BLOCK_ROWS:
            self._flush()

    def _make(self, packet: Decoded, data: memoryview, wire_length: int, timestamp_ns: int) -> None:
        size = packet.address_size
        src = bytes(data[packet.src : packet.src + size])
        dst = bytes(data[packet.dst : packet.dst + size])
        for name, memory in self._made.items():
            if name == "src":
                memory += _wide(src)
            elif name == "dst":
                memory += _wide(dst)
            else:
                if name == "timestamp_ns":
                    value = timestamp_ns
                elif name == "wire_length":
                    value = min(wire_length, UINT32_MAX)
                elif name == "captured_length":
                    value = min(len(data), UINT32_MAX)
                elif name == "vlan":
                    value = packet.vlans[0] & 0x0FFF if packet.vlans else _NO_VLAN
                else:
                    value = _flow_hash(packet, src, dst)
                memory += array(COLUMNS[name].format, (value,)).tobytes()

    def _flush(self) -> None:
        if self._block:
            _, _, *columns = zip(*self._block, strict=True)
            for name, values in zip(self._plain, columns, strict=True):
                self._memory[name] += array(COLUMNS[name].format, values).tobytes()
            self._block.clear()

    def finish(self) -> _columns.Columns:
        """The columns, in the memory that was taken where that is enough."""
        self._flush()
        memory = {name: memoryview(block) for name, block in self._memory.items()}
        if self._out is None or self._taken is None:
            return _columns.filled(self.rows, memory, self._shown)
        taken = self._taken
        if any(len(taken[name]) < len(block) for name, block in memory.items()):
            return _columns.refill(self._out, self.rows, memory, self._shown)
        for name, block in memory.items():
            taken[name][: len(block)] = block
        return _columns.refill(self._out, self.rows, taken, self._shown)
