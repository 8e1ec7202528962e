"""Pure twin of `fastsock.prefix`: `bisect` over the compiled form, a dict for each prefix length.

The form equals the compiled twin's, byte for byte. Networks that changed since it was compiled are
looked up in one dict for each prefix length.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, MutableMapping
from operator import index
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, cast
from zlib import crc32

from . import (
    errors as _errors,
    image as _image,
    sets as _sets,
    special_sets as _special_sets,
    table as _table,
)
from .arguments import (
    MAPPED as _MAPPED,
    is_wide as _is_wide,
    read_address as _read_address,
    read_network as _read_network,
    records as _records,
)
from .image import Counts as _Counts
from .sets import text_of as _text_of
from .values import UNREAD as _UNREAD

if TYPE_CHECKING:
    from types import ModuleType

    from _typeshed import ReadableBuffer

    from .arguments import Address, Network

_BITS = (32, 128)
_SPLIT = 1 << 31
_LARGE = 1 << 31
_SMALL = 8
_LOW = (1 << 64) - 1
_KEPT_SLOTS = 64

# A network: address, length and slot. Each list holds one family.
_Listed = list[tuple[int, int, int]]
_Ranges = list[tuple[int, int]]


def _sweep(listed: _Listed, bits: int) -> _Ranges:
    """Split addresses into ranges with one longest match: start, and slot + 1 or 0."""
    ranges: _Ranges = []

    def add(start: int, value: int) -> None:
        if ranges and ranges[-1][0] == start:
            ranges.pop()
        if not ranges or ranges[-1][1] != value:
            ranges.append((start, value))

    add(0, 0)
    inside: list[tuple[int, int]] = []  # end and value of the networks that cover the current one
    for address, length, slot in listed:
        while inside and inside[-1][0] <= address:
            end = inside.pop()[0]
            add(end, inside[-1][1] if inside else 0)
        add(address, slot + 1)
        inside.append((address + (1 << bits - length), slot + 1))
    while inside:
        end = inside.pop()[0]
        if end >> bits == 0:
            add(end, inside[-1][1] if inside else 0)
    return ranges


def _tree(keys: list[int], width: int, code: str) -> array[int]:
    """Build a tree's nodes: all keys on the last level, the first key of each child above."""
    ones = 0xFFFFFFFF if code == "I" else _LOW
    counts = _image.levels(len(keys), width)
    leaves = keys + [ones] * (counts[-1] * width - len(keys))
    nodes = array(code, leaves)
    span = 1
    for count in reversed(counts[:-1]):
        step = span * width
        level = [
            leaves[at] if at < len(leaves) else ones
            for node in range(count)
            for at in range((node * (width + 1) + 1) * step, (node + 1) * (width + 1) * step, step)
        ]
        nodes = array(code, level) + nodes
        span *= width + 1
    return nodes


class _Index6:
    """The sections of IPv6 ranges: keys of 64 bits, and the ranges inside split /64s."""

    def __init__(self, ranges: _Ranges) -> None:
        self.keys: list[int] = []
        self.values: list[int] = []
        self.records = array("Q")
        self.trees: list[tuple[list[int], list[int]]] = []
        before = 0
        goes_on: int | None = None  # where the /64 after a split one starts
        at = 0
        while at < len(ranges):
            high, end = ranges[at][0] >> 64, at + 1
            while end < len(ranges) and ranges[end][0] >> 64 == high:
                end += 1
            if goes_on is not None and goes_on != high:
                self._add(goes_on, before)
            goes_on = None
            starts = ranges[at][0] & _LOW == 0
            if starts and end == at + 1:
                self._add(high, ranges[at][1])
            else:
                self._add(high, _SPLIT | len(self.records))
                self._split(ranges[at + starts : end], ranges[at][1] if starts else before)
                goes_on = high + 1 if high < _LOW else None
            before = ranges[end - 1][1]
            at = end
        if goes_on is not None:
            self._add(goes_on, before)

    def _add(self, high: int, value: int) -> None:
        if self.values:  # the first range starts at zero, which needs no key
            self.keys.append(high)
        self.values.append(value)

    def _split(self, ranges: _Ranges, inside: int) -> None:
        keys = [start & _LOW for start, _ in ranges]
        values = [inside, *(value for _, value in ranges)]
        if len(keys) > _SMALL:
            self.records.append(_LARGE | len(self.trees) << 32)
            self.trees.append((keys, values))
            return
        self.records.append(len(keys))
        self.records.extend(keys)
        packed = array("I", values + [0] * (len(values) % 2))
        self.records.frombytes(packed.tobytes())

    def sections(self) -> dict[str, array[int]]:
        nodes, values, places = _tree(self.keys, 8, "Q"), array("I", self.values), array("I")
        for keys, inside in self.trees:
            places.extend((len(keys), len(nodes) // 8, len(values)))
            nodes += _tree(keys, 8, "Q")
            values.extend(inside)
        return {"nodes6": nodes, "values6": values, "records6": self.records, "trees6": places}


def _parents(listed: _Listed, bits: int) -> array[int]:
    """Give the parent of each network: its number + 1, or 0 without one."""
    found = array("I")
    inside: list[tuple[int, int]] = []  # end and number of the open networks
    for number, (address, length, _) in enumerate(listed):
        while inside and inside[-1][0] <= address:
            inside.pop()
        found.append(inside[-1][1] if inside else 0)
        inside.append((address + (1 << bits - length), number + 1))
    return found


def _compile(listed: tuple[_Listed, _Listed], slots: int) -> _Form:
    """Compile two sorted lists without duplicates."""
    four, six = listed
    sections: dict[str, array[int]] = {
        "addresses4": array("I", [address for address, _, _ in four]),
        "lengths4": array("B", [length for _, length, _ in four]),
        "slots4": array("I", [slot for _, _, slot in four]),
        "parents4": _parents(four, 32),
        "highs6": array("Q", [address >> 64 for address, _, _ in six]),
        "lows6": array("Q", [address & _LOW for address, _, _ in six]),
        "lengths6": array("B", [length for _, length, _ in six]),
        "slots6": array("I", [slot for _, _, slot in six]),
        "parents6": _parents(six, 128),
    }
    return _of_ranges(_sweep(four, 32), _sweep(six, 128), sections, slots)


def _of_ranges(four: _Ranges, six: _Ranges, sections: dict[str, array[int]], slots: int) -> _Form:
    sections["nodes4"] = _tree([start for start, _ in four[1:]], 16, "I")
    sections["values4"] = array("I", [value for _, value in four])
    found = _Index6(six)
    sections |= found.sections()
    counts = _Counts(
        slots,
        len(sections.get("slots4", ())),
        len(four) - 1,
        len(sections.get("slots6", ())),
        len(found.keys),
        len(sections["nodes6"]) // 8,
        len(sections["values6"]),
        len(sections["records6"]),
        len(found.trees),
    )
    block = bytearray(_image.write_start(counts))
    for name, section in _image.layout(counts).items():
        block += bytes(section.start - len(block))
        if name in sections:
            block += sections[name].tobytes()
    return _Form(memoryview(bytes(block)), counts)


class _Form:
    """A compiled table: the sections of one block."""

    def __init__(self, block: memoryview, counts: _Counts) -> None:
        self.image = block
        self.counts = counts
        found = {
            name: block[at : at + size].cast(cast(Literal["B", "I", "Q"], code))
            for name, (at, size, code) in _image.layout(counts).items()
            if name != "end"
        }
        leaf4, leaf6 = (
            (sum(levels) - levels[-1]) * width
            for levels, width in (
                (_image.levels(counts.keys4, 16), 16),
                (_image.levels(counts.keys6, 8), 8),
            )
        )
        self.keys4 = found["nodes4"][leaf4 : leaf4 + counts.keys4]
        self.values4 = found["values4"]
        self.nodes6 = found["nodes6"]
        self.keys6 = self.nodes6[leaf6 : leaf6 + counts.keys6]
        self.values6 = found["values6"]
        self.records6, self.trees6 = found["records6"], found["trees6"]
        # The values of a record stand two to a word, in the machine's order.
        self.record_values6 = self.records6.cast("B").cast("I")
        self.addresses = found["addresses4"], _Pairs(found["highs6"], found["lows6"])
        self.lengths = found["lengths4"], found["lengths6"]
        self.slots = found["slots4"], found["slots6"]
        self.parents = found["parents4"], found["parents6"]

    def find(self, address: int, wide: bool) -> int:
        """Find the slot of the longest match, or -1."""
        if not wide:
            value = self.values4[bisect_right(self.keys4, address)]
        else:
            value = self.values6[bisect_right(self.keys6, address >> 64)]
            if value & _SPLIT:
                value = self._inside(value & ~_SPLIT, address & _LOW)
        return value - 1 if value <= self.counts.slots else -1

    def _inside(self, at: int, low: int) -> int:
        records = self.records6
        head = records[at]
        if head <= _SMALL:
            place = bisect_right(records, low, at + 1, at + 1 + head) - at - 1
            return self.record_values6[2 * (at + 1 + head) + place]
        keys, node, value = self.trees6[3 * (head >> 32) : 3 * (head >> 32) + 3]
        levels = _image.levels(keys, 8)
        first = 8 * (node + sum(levels) - levels[-1])
        return self.values6[value + bisect_right(self.nodes6, low, first, first + keys) - first]

    # The list of networks:

    def listed(self) -> tuple[_Listed, _Listed]:
        """All networks with their slots, in order."""
        four, six = (
            list(zip(self.addresses[w], self.lengths[w], self.slots[w], strict=True))
            for w in (0, 1)
        )
        return four, six

    def bound(self, address: int, length: int, wide: bool, with_equal: bool) -> int:
        """Count the networks before this one; `with_equal` includes an equal one."""
        addresses, lengths = self.addresses[wide], self.lengths[wide]
        first = bisect_left(addresses, address)
        last = bisect_right(addresses, address, first)
        return (bisect_right if with_equal else bisect_left)(lengths, length, first, last)

    def match(self, address: int, length: int, wide: bool) -> Iterator[int]:
        """Give the numbers of the networks that cover this one or equal it, longest first."""
        addresses, lengths, parents = self.addresses[wide], self.lengths[wide], self.parents[wide]
        at = self.bound(address, length, wide, True)
        while at:
            bits = _BITS[wide] - lengths[at - 1]
            if lengths[at - 1] <= length and addresses[at - 1] >> bits == address >> bits:
                yield at - 1
            at = parents[at - 1]

    # The interface of the compiled twin's form:

    def contains(self, address: Address, family: SupportsIndex | None = None) -> bool:
        packed = _read_address(address, family)
        return self.find(int.from_bytes(packed, "big"), len(packed) == 16) >= 0

    def contains_many(self, family: SupportsIndex, packed: ReadableBuffer) -> bytes:
        return bytes(slot >= 0 for slot in map(self.find, *_columns(family, packed)))

    def first_use(self) -> list[int]:
        return list(dict.fromkeys([*self.slots[0], *self.slots[1]]))

    def renumbered(self, mapping: Any, slots: int) -> _Form:
        four, six = (
            [(address, length, mapping[slot]) for address, length, slot in listed]
            for listed in self.listed()
        )
        return _compile((four, six), slots)


class _Pairs:
    """Two columns of 64 bits, read as one of 128."""

    def __init__(self, highs: memoryview[int], lows: memoryview[int]) -> None:
        self._highs = highs
        self._lows = lows

    def __len__(self) -> int:
        return len(self._highs)

    def __getitem__(self, at: int) -> int:
        return self._highs[at] << 64 | self._lows[at]

    def __iter__(self) -> Iterator[int]:
        return (high << 64 | low for high, low in zip(self._highs, self._lows, strict=True))


def _columns(family: SupportsIndex, packed: ReadableBuffer) -> tuple[list[int], list[bool]]:
    """Read packed records: addresses, mapped ones as IPv4, and which of them are IPv6."""
    wide = _is_wide(family)
    size = 16 if wide else 4
    data = _records(packed, wide)
    addresses, kinds = [], []
    for at in range(0, len(data), size):
        record = data[at : at + size]
        if wide and record.startswith(_MAPPED):
            record = record[12:]
        addresses.append(int.from_bytes(record, "big"))
        kinds.append(len(record) == 16)
    return addresses, kinds


def _read_form(buffer: Any) -> _Form:
    """Make a form of a block in memory or in a mapped file, or raise TableFileError."""
    view = memoryview(buffer).cast("B")
    counts, _ = _image.read_header(view, whole=False)
    if not view.readonly:  # a writer could change it after the check
        view = memoryview(view.tobytes())
    form = _Form(view, counts)
    fault = _fault(form)
    if fault:
        raise _errors.bad_file(fault)
    return form


def _fault(form: _Form) -> str | None:
    """Find what is wrong with a form from a file, in the order of the compiled twin's checks."""
    counts = form.counts
    main = sum(_image.levels(counts.keys6, 8))
    if main > counts.nodes6 or counts.keys6 + 1 > counts.values6:
        return "too few nodes or values"
    for at in range(0, 3 * counts.trees6, 3):
        keys, node, value = form.trees6[at : at + 3]
        if keys > _image.MOST:
            return "a tree of too many keys"
        nodes = sum(_image.levels(keys, 8))
        if node + nodes > counts.nodes6 or value + keys + 1 > counts.values6:
            return "a tree that goes beyond its section"
    if max(form.values4) > counts.slots:
        return "a value that is not there"
    for at, value in enumerate(form.values6):
        if value & _SPLIT:
            fault = (
                _record_fault(form, value & ~_SPLIT)
                if at <= counts.keys6
                else "a tree inside a tree"
            )
        else:
            fault = "a value that is not there" if value > counts.slots else None
        if fault:
            return fault
    for wide, bits in enumerate(_BITS):
        lengths, slots, parents = form.lengths[wide], form.slots[wide], form.parents[wide]
        for at, (length, slot, parent) in enumerate(zip(lengths, slots, parents, strict=True)):
            if length > bits or slot >= counts.slots:
                return "a prefix with a wrong length or value"
            if parent > at:  # parents come before children, so chains end
                return "a prefix with a wrong parent"
    return None


def _record_fault(form: _Form, at: int) -> str | None:
    records, room = form.records6, form.counts.records6
    if at >= room:
        return "a record outside its section"
    head = records[at]
    if head & 0xFFFFFFFF == _LARGE:
        return None if head >> 32 < form.counts.trees6 else "a record of a tree that is not there"
    end = at + 1 + head + (head + 2) // 2
    if head > _SMALL or end > room:
        return "a record that goes beyond its section"
    first = 2 * (at + 1 + head)
    values = form.record_values6[first : first + head + 1]
    return "a value that is not there" if max(values) > form.counts.slots else None


def _compile_set(bounds4: list[int], bounds6: list[int]) -> _Form:
    """Compile a set from its sorted boundaries, in which starts and ends alternate."""
    found = []
    for bounds, bits in ((bounds4, 32), (bounds6, 128)):
        ranges = [(at, 1 - i % 2) for i, at in enumerate(bounds) if at >> bits == 0]
        found.append(ranges if bounds and bounds[0] == 0 else [(0, 0), *ranges])
    return _of_ranges(found[0], found[1], {}, 1)


def _read_bounds(networks: Iterable[Network], strict: bool) -> tuple[list[int], list[int]]:
    """Read the first and last address of each network into two flat lists, IPv4 and IPv6."""
    flat: tuple[list[int], list[int]] = ([], [])
    for network in networks:
        packed, length = _read_network(network, strict)
        first = int.from_bytes(packed, "big")
        flat[len(packed) == 16].extend((first, first + (1 << 8 * len(packed) - length) - 1))
    return flat


class _Slots:
    """The values of a table: one slot for each object, shared by all networks that have it."""

    def __init__(self, values: list[Any] | None = None, reader: Any = None) -> None:
        self.values = [] if values is None else values
        self.reader = reader
        self.users: list[int] = [0] * len(self.values)
        self._slots: dict[int, int] = {}  # by id(); `values` keeps the objects alive
        self._free: deque[int] = deque()

    def get(self, slot: int) -> Any:
        value = self.values[slot]
        if value is _UNREAD:
            value = self.reader.read(slot)
            if self.values[slot] is _UNREAD:  # decoding may have run code that replaced it
                self.values[slot] = value
                self._slots.setdefault(id(value), slot)
        return value

    def find(self, value: Any) -> int:
        slot = self._slots.get(id(value), -1)
        return slot if slot >= 0 and self.users[slot] and self.values[slot] is value else -1

    def claim(self, value: Any) -> int:
        """Find or make the slot of a value, and count one more user."""
        slot = self.find(value)
        if slot >= 0:
            self.users[slot] += 1
            return slot
        if len(self._free) > _KEPT_SLOTS and len(self._free) > len(self.values) // 4:
            slot = self._free.popleft()
            self._slots.pop(id(self.values[slot]), None)
            self.values[slot] = value
            self.users[slot] = 1
        else:
            slot = len(self.values)
            self.values.append(value)
            self.users.append(1)
        self._slots[id(value)] = slot
        return slot

    def swap(self, slot: int, value: Any) -> bool:
        """Replace a value that only one network has by a value without a slot."""
        if self.users[slot] != 1 or self.find(value) >= 0:
            return False
        self._slots.pop(id(self.values[slot]), None)
        self.values[slot] = value
        self._slots[id(value)] = slot
        return True

    def release(self, slot: int) -> None:
        """Count one user less. A value without users is kept for a while: see `values_list`."""
        self.users[slot] -= 1
        if not self.users[slot]:
            self._free.append(slot)

    def recount(self, form: _Form) -> None:
        """Recount the users of each slot from a form's networks."""
        self.users = [0] * len(self.values)
        for slots in form.slots:
            for slot in slots:
                self.users[slot] += 1
        self._free = deque(slot for slot, users in enumerate(self.users) if not users)
        self._slots = {
            id(value): slot
            for slot, value in enumerate(self.values)
            if self.users[slot] and value is not _UNREAD
        }


class _Mutable:
    """All networks of a table: for each family and length a dict of addresses."""

    def __init__(self, form: _Form) -> None:
        self.lengths: tuple[dict[int, dict[int, int]], dict[int, dict[int, int]]] = ({}, {})
        for wide, listed in enumerate(form.listed()):
            for address, length, slot in listed:
                self.lengths[wide].setdefault(length, {})[address] = slot

    def get(self, address: int, length: int, wide: bool) -> int:
        return self.lengths[wide].get(length, {}).get(address, -1)

    def chain(self, address: int, length: int, wide: bool) -> Iterator[tuple[int, int, int]]:
        """Give the prefixes that cover a network or equal it, longest first."""
        tables, bits = self.lengths[wide], _BITS[wide]
        for own in sorted(tables, reverse=True):
            if own <= length:
                base = address >> bits - own << bits - own
                slot = tables[own].get(base)
                if slot is not None:
                    yield base, own, slot

    def listed(self) -> tuple[_Listed, _Listed]:
        four, six = (
            sorted(
                (address, length, slot)
                for length, table in tables.items()
                for address, slot in table.items()
            )
            for tables in self.lengths
        )
        return four, six


class _Table:
    """The methods that each twin implements. `TableMethods` has those written once for both."""

    __slots__ = (
        "__weakref__", "_asked", "_changed", "_form", "_frozen", "_lock", "_mutable", "_size",
        "_slots", "_strict",
    )  # fmt: skip

    _lock: RLock
    _strict: bool

    def _start(self, strict: bool) -> None:
        self._lock = RLock()
        self._strict = strict
        self._be(_compile(([], []), 0), _Slots(), False)

    def _be(self, form: _Form, slots: _Slots, frozen: bool) -> None:
        self._form = form
        self._slots = slots
        self._frozen = frozen
        self._mutable: _Mutable | None = None
        self._size = form.counts.prefixes4 + form.counts.prefixes6
        self._changed = False
        self._asked = 0

    # Under the lock:

    def _must_be_mutable(self) -> None:
        if self._frozen:
            raise _errors.frozen()

    def _thaw(self) -> _Mutable:
        if self._mutable is None:
            self._slots.recount(self._form)
            self._mutable = _Mutable(self._form)
        return self._mutable

    def _compiled(self) -> _Form:
        if self._changed and self._mutable is not None:
            self._form = _compile(self._mutable.listed(), len(self._slots.values))
            self._changed = False
            self._asked = 0
        return self._form

    def _find(self, address: int, wide: bool) -> int:
        """Find the slot of the longest match, or -1."""
        if self._changed and self._mutable is not None:
            self._asked += 1
            if self._asked * 8 < self._size:
                for _, _, slot in self._mutable.chain(address, _BITS[wide], wide):
                    return slot
                return -1
        return self._compiled().find(address, wide)

    def _get_exact(self, packed: bytes, length: int) -> int:
        address, wide = int.from_bytes(packed, "big"), len(packed) == 16
        if self._mutable is not None:
            return self._mutable.get(address, length, wide)
        at = self._form.bound(address, length, wide, False)
        found = self._form.bound(address, length, wide, True)
        return self._form.slots[wide][at] if found > at else -1

    def _set_one(self, packed: bytes, length: int, value: Any) -> None:
        self._must_be_mutable()
        mutable = self._thaw()
        address, wide = int.from_bytes(packed, "big"), len(packed) == 16
        before = mutable.get(address, length, wide)
        if before >= 0 and self._slots.swap(before, value):
            return  # the form stays valid: it holds slots, not values
        slot = self._slots.claim(value)
        mutable.lengths[wide].setdefault(length, {})[address] = slot
        if before < 0:
            self._size += 1
        else:
            self._slots.release(before)
        self._changed = self._changed or before != slot

    def _pairs(self, found: Iterable[tuple[int, int, int]], wide: bool) -> list[tuple[str, Any]]:
        """List networks as text, with their values."""
        values = self._slots.values
        pairs = [(_text_of(a, length, wide), slot, values[slot]) for a, length, slot in found]
        read = self._slots.reader.read if self._slots.reader else None
        return [(text, read(s) if read and v is _UNREAD else v) for text, s, v in pairs]

    def _chain(self, packed: bytes, length: int) -> list[tuple[int, int, int]]:
        """List the prefixes that cover a network or equal it, longest first."""
        address, wide = int.from_bytes(packed, "big"), len(packed) == 16
        if self._mutable is not None:
            return list(self._mutable.chain(address, length, wide))
        form = self._form
        return [
            (form.addresses[wide][at], form.lengths[wide][at], form.slots[wide][at])
            for at in form.match(address, length, wide)
        ]

    # Public methods:

    def lookup(
        self,
        address: Address,
        /,
        default: Any = None,
        *,
        family: SupportsIndex | None = None,
    ) -> Any:
        """Find the value of the longest network that an address is in.

        Args:
            address: text, 4 or 16 packed bytes, an address object, or an int with `family`.
                An IPv4-mapped IPv6 address is looked up as the IPv4 address it holds.
            default: the result where no network matches.
            family: `AF_INET` or `AF_INET6`, of an int.

        Returns:
            The value, or `default`.

        Raises:
            AddressError: a text that is not an address, or an address with a zone.
            TypeError, ValueError: another type; a wrong size or number.

        >>> table = PrefixTable({"10.0.0.0/8": "office", "10.9.0.0/16": "lab"})
        >>> table.lookup("10.9.8.7"), table.lookup("10.1.1.1"), table.lookup("192.0.2.1")
        ('lab', 'office', None)
        """
        packed = _read_address(address, family)
        with self._lock:
            slot = self._find(int.from_bytes(packed, "big"), len(packed) == 16)
            return default if slot < 0 else self._slots.get(slot)

    def lookup_many(
        self, family: SupportsIndex, packed: ReadableBuffer, default: SupportsIndex = -1
    ) -> memoryview:
        """Find the longest matches of many packed addresses.

        Args:
            family: `AF_INET` (records of 4 bytes), or `AF_INET6` or `AF_UNSPEC` (16 bytes, IPv4
                as mapped addresses).
            packed: any contiguous bytes-like object of such records.
            default: the index of a row that no network matches, any int32.

        Returns:
            A memoryview with one int32 per row: indexes into `values_list()`.

        Raises:
            ValueError: another family, or a size that is not a multiple of the record's.
            TypeError, BufferError, OverflowError: not a buffer; not contiguous; not an int32.

        >>> from socket import AF_INET
        >>> table = PrefixTable({"10.0.0.0/8": "office", "10.9.0.0/16": "lab"})
        >>> rows = table.lookup_many(AF_INET, bytes([10, 9, 8, 7, 192, 0, 2, 1]))
        >>> rows.tolist(), table.values_list()[rows[0]]
        ([1, -1], 'lab')
        """
        kind = index(family)
        _is_wide(kind)
        number = index(default)
        if not -1 << 31 <= number < 1 << 31:
            raise _errors.bad_default(number)
        columns = _columns(kind, packed)
        with self._lock:
            slots = array("i", map(self._find, *columns))
        if number != -1:
            slots = array("i", [number if slot < 0 else slot for slot in slots])
        return memoryview(slots.tobytes()).cast("i")

    def lookup_prefix(
        self, address: Address, /, *, family: SupportsIndex | None = None
    ) -> tuple[str, Any] | None:
        """Find the longest network that an address is in, and its value.

        Args:
            address: as for `lookup`.
            family: `AF_INET` or `AF_INET6`, of an int.

        Returns:
            The network's text and its value, or None where no network matches.

        Raises:
            AddressError, TypeError, ValueError: as `lookup`.

        >>> PrefixTable({"10.0.0.0/8": "office"}).lookup_prefix("10.1.2.3")
        ('10.0.0.0/8', 'office')
        """
        packed = _read_address(address, family)
        with self._lock:
            found = self._chain(packed, 8 * len(packed))[:1]
            pairs = self._pairs(found, len(packed) == 16)
        return pairs[0] if pairs else None

    def lookup_all(
        self, address: Address, /, *, family: SupportsIndex | None = None
    ) -> list[tuple[str, Any]]:
        """Find every network that an address is in.

        Args:
            address: as for `lookup`.
            family: `AF_INET` or `AF_INET6`, of an int.

        Returns:
            A list of ``(network, value)``, the shortest prefix first.

        Raises:
            AddressError, TypeError, ValueError: as `lookup`.

        >>> PrefixTable({"10.0.0.0/8": 1, "10.9.0.0/16": 2}).lookup_all("10.9.8.7")
        [('10.0.0.0/8', 1), ('10.9.0.0/16', 2)]
        """
        packed = _read_address(address, family)
        with self._lock:
            found = self._chain(packed, 8 * len(packed))[::-1]
            return self._pairs(found, len(packed) == 16)

    def covering(self, network: Network, /) -> list[tuple[str, Any]]:
        """Find the networks that a network lies in, itself among them.

        Args:
            network: text, ``(packed, length)`` or a network object; it need not be in the table.

        Returns:
            A list of ``(network, value)``, the shortest prefix first.

        Raises:
            AddressError, TypeError, ValueError: not a network.

        >>> PrefixTable({"10.0.0.0/8": 1, "10.9.0.0/16": 2}).covering("10.9.0.0/24")
        [('10.0.0.0/8', 1), ('10.9.0.0/16', 2)]
        """
        packed, length = _read_network(network, self._strict)
        with self._lock:
            return self._pairs(self._chain(packed, length)[::-1], len(packed) == 16)

    def covered(self, network: Network, /) -> list[tuple[str, Any]]:
        """Find the networks that lie in a network, itself among them.

        Args:
            network: text, ``(packed, length)`` or a network object; it need not be in the table.

        Returns:
            A list of ``(network, value)``, in address order.

        Raises:
            AddressError, TypeError, ValueError: not a network.

        >>> PrefixTable({"10.0.0.0/8": 1, "10.9.0.0/16": 2}).covered("10.8.0.0/14")
        [('10.9.0.0/16', 2)]
        """
        packed, length = _read_network(network, self._strict)
        first, wide = int.from_bytes(packed, "big"), len(packed) == 16
        last = first + (1 << _BITS[wide] - length) - 1
        with self._lock:
            if self._mutable is not None:
                found = [
                    (address, own, slot)
                    for own, table in self._mutable.lengths[wide].items()
                    if own >= length
                    for address, slot in table.items()
                    if first <= address <= last
                ]
                return self._pairs(sorted(found), wide)
            form = self._form
            start = form.bound(first, length, wide, False)
            end = form.bound(last, 128, wide, True)
            return self._pairs(
                (
                    (form.addresses[wide][at], form.lengths[wide][at], form.slots[wide][at])
                    for at in range(start, end)
                ),
                wide,
            )

    def get(self, network: Network, /, default: Any = None) -> Any:
        """Return the value of exactly this network, or `default`.

        >>> PrefixTable({"10.0.0.0/8": 1}).get("10.0.0.0/9", 0)
        0
        """
        packed, length = _read_network(network, self._strict)
        with self._lock:
            slot = self._get_exact(packed, length)
            return default if slot < 0 else self._slots.get(slot)

    def __getitem__(self, network: Network) -> Any:
        packed, length = _read_network(network, self._strict)
        with self._lock:
            slot = self._get_exact(packed, length)
            if slot >= 0:
                return self._slots.get(slot)
        raise KeyError(network)

    def __contains__(self, network: object) -> bool:
        packed, length = _read_network(network, self._strict)
        with self._lock:
            return self._get_exact(packed, length) >= 0

    def __setitem__(self, network: Network, value: Any) -> None:
        packed, length = _read_network(network, self._strict)
        with self._lock:
            self._set_one(packed, length, value)

    def __delitem__(self, network: Network) -> None:
        if self._remove(network) is NotImplemented:
            raise KeyError(network)

    def _remove(self, network: Network) -> Any:
        """Remove a network and return its value; NotImplemented if it is absent."""
        packed, length = _read_network(network, self._strict)
        with self._lock:
            self._must_be_mutable()
            slot = self._get_exact(packed, length)
            if slot < 0:
                return NotImplemented
            tables = self._thaw().lengths[len(packed) == 16]
            del tables[length][int.from_bytes(packed, "big")]
            if not tables[length]:
                del tables[length]
            value = self._slots.get(slot)
            self._slots.release(slot)
            self._size -= 1
            self._changed = True
            return value

    def __len__(self) -> int:
        return self._size

    def values_list(self) -> list[Any]:
        """Return the values that the indexes of `lookup_many` stand for.

        Returns:
            A new list. Indexes stay valid until `freeze`: a value that no network has any more is
            kept until many others have been removed.

        >>> PrefixTable({"10.0.0.0/8": "office"}).values_list()
        ['office']
        """
        with self._lock:
            slots = self._slots
            values = slots.values[:]
        return [slots.reader.read(i) if v is _UNREAD else v for i, v in enumerate(values)]

    # Used by the code that is written once:

    def _values_at(self, slots: list[int]) -> list[Any]:
        """The values of some slots."""
        with self._lock:
            return [self._slots.get(slot) for slot in slots]

    def _iterate(self, kind: int) -> Iterator[Any]:
        with self._lock:
            form, slots = self._compiled(), self._slots
            values = slots.values[:] if kind != 1 else []
        return _iterated(kind, form, values, slots.reader)

    def _snapshot(self) -> tuple[_Form, list[Any], Any, bool]:
        """Return the compiled form, the values by slot, their reader and `strict`."""
        with self._lock:
            return self._compiled(), self._slots.values[:], self._slots.reader, self._strict

    def _adopt(
        self, form: _Form, values: list[Any], reader: Any, frozen: bool, strict: bool
    ) -> None:
        """Take over a form and its values."""
        if form.counts.slots > len(values):
            raise _errors.bad_file("too few values")
        if not hasattr(self, "_lock"):  # a new table, private to this thread
            self._lock = RLock()
        with self._lock:
            self._strict = strict
            self._be(form, _Slots(values, reader), frozen)

    @property
    def frozen(self) -> bool:
        """Whether `freeze` was called, which forbids changes."""
        return self._frozen

    def _update(self, items: Iterable[Any]) -> None:
        """Set many networks. If one pair is wrong, set none."""
        read: dict[tuple[bytes, int], Any] = {}
        for item in items:
            try:
                network, value = item
            except (TypeError, ValueError):
                raise _errors.not_pair(item) from None
            read[_read_network(network, self._strict)] = value
        with self._lock:
            self._must_be_mutable()
            if self._size == 0 and read:
                slots = _Slots()
                four: _Listed = []
                six: _Listed = []
                for (packed, length), value in read.items():
                    listed = six if len(packed) == 16 else four
                    listed.append((int.from_bytes(packed, "big"), length, slots.claim(value)))
                four.sort()
                six.sort()
                self._be(_compile((four, six), len(slots.values)), slots, False)
                return
            for (packed, length), value in read.items():
                self._set_one(packed, length, value)


def _iterated(kind: int, form: _Form, values: list[Any], reader: Any) -> Iterator[Any]:
    for wide in (False, True):
        columns = form.addresses[wide], form.lengths[wide], form.slots[wide]
        for address, length, slot in zip(*columns, strict=True):
            if kind == 1:
                yield _text_of(address, length, wide)
                continue
            value = values[slot]
            if value is _UNREAD:
                value = reader.read(slot)
            yield value if kind == 2 else (_text_of(address, length, wide), value)


def _column_twin() -> ModuleType:
    """The twin's module of columns, which is imported where columns are used."""
    from ..arrow import _py

    return _py


class PrefixTable(_Table, _table.TableMethods, MutableMapping[str, Any]):  # type: ignore[misc]
    __doc__ = _table.TABLE_DOC
    __slots__ = ()
    _read_form = staticmethod(_read_form)
    _column_twin = staticmethod(_column_twin)
    _crc32 = staticmethod(crc32)


class PrefixSet(_sets.SetMethods):
    __doc__ = _sets.SET_DOC
    __slots__ = ()
    _compile_set = staticmethod(_compile_set)
    _read_bounds = staticmethod(_read_bounds)
    _column_twin = staticmethod(_column_twin)


def special(name: str) -> PrefixSet:
    """Return all addresses with a property of this Python's `ipaddress`, as a set.

    IPv4-mapped addresses count as the IPv4 addresses they hold, in every release of Python.

    Args:
        name: ``"private"``, ``"global"``, ``"loopback"``, ``"link_local"``, ``"multicast"``,
            ``"reserved"``, ``"unspecified"`` or ``"site_local"``, for ``is_private`` and so on.

    Returns:
        A new `PrefixSet`.

    Raises:
        ValueError: another name.

    Source: the IANA special-purpose address registries, as the running `ipaddress` has them.

    >>> "10.1.2.3" in special("private"), "192.0.2.1" in special("global")
    (True, False)
    """
    return _special_sets.make(PrefixSet, name)


def mask_many(
    family: SupportsIndex,
    packed: ReadableBuffer,
    bits4: SupportsIndex = 24,
    bits6: SupportsIndex = 48,
) -> bytes:
    """Clear the last bits of many packed addresses, to anonymise logs.

    Args:
        family: `AF_INET` (records of 4 bytes), or `AF_INET6` or `AF_UNSPEC` (16 bytes, IPv4 as
            mapped addresses).
        packed: any contiguous bytes-like object of such records.
        bits4: how many bits of an IPv4 address to keep, 0 to 32, also of a mapped one.
        bits6: how many bits of an IPv6 address to keep, 0 to 128.

    Returns:
        The same number of records, of the same size.

    Raises:
        ValueError: another family; a wrong buffer size; a number of bits out of range.
        TypeError, BufferError: not a buffer, or not contiguous.

    >>> from socket import AF_INET
    >>> mask_many(AF_INET, bytes([192, 0, 2, 77])).hex()
    'c0000200'
    """
    wide = _is_wide(family)
    four, six = index(bits4), index(bits6)
    if not 0 <= four <= 32:
        raise _errors.bad_bits("bits4", four, 32)
    if not 0 <= six <= 128:
        raise _errors.bad_bits("bits6", six, 128)
    data = _records(packed, wide)
    size, kept = (16, six) if wide else (4, four)
    mask = ((1 << kept) - 1 << 8 * size - kept).to_bytes(size, "big")
    # Mask all rows as one large number, because all have the same mask.
    repeated = int.from_bytes(mask * (len(data) // size), "big")
    masked = (int.from_bytes(data, "big") & repeated).to_bytes(len(data), "big")
    if not wide or _MAPPED not in data:
        return masked
    result = bytearray(masked)
    tail = (1 << four) - 1 << 32 - four
    for at in range(0, len(data), 16):
        if data.startswith(_MAPPED, at):
            number = int.from_bytes(data[at + 12 : at + 16], "big") & tail
            result[at : at + 16] = _MAPPED + number.to_bytes(4, "big")
    return bytes(result)


def mask_column(column: Any, bits4: SupportsIndex = 24, bits6: SupportsIndex = 48) -> Any:
    """Clear the last bits of each address of a column, to anonymise logs.

    Args:
        column: as `PrefixTable.lookup_column` takes it.
        bits4: how many bits of an IPv4 address to keep, 0 to 32, also of a mapped one.
        bits6: how many bits of an IPv6 address to keep, 0 to 128.

    Returns:
        An `AddressColumn`, null where a row is null or no address.

    Raises:
        ValueError: a number of bits out of range; a damaged column.
        TypeError: a column of another type.

    >>> from fastsock import pton_column
    >>> list(mask_column(pton_column(["192.0.2.77", None])))
    ['192.0.2.0', None]
    """
    from . import columns  # no part of the usual import

    return columns.mask_column(_column_twin(), mask_many, column, bits4, bits6)
