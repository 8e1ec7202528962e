"""Sets of addresses: written once, over either twin's compiled form."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from socket import AF_INET, AF_INET6
from threading import Lock

from .._core.errors import shorten
from .._core.typed import TYPE_CHECKING
from ..address import inet_ntop
from . import errors, ranges
from .arguments import read_address, read_network

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, ClassVar, Self, SupportsIndex

    from _typeshed import ReadableBuffer

    from .arguments import Address, Network

SET_DOC = """\
    A set of addresses of both families, made of networks.

    Sets with the same addresses are equal, whichever networks they were made of: ``10.0.0.0/9``
    and ``10.128.0.0/9`` equal ``10.0.0.0/8``. Iteration gives the fewest networks, as text.
    IPv4-mapped addresses are IPv4 addresses here.

    Args:
        networks: any iterable of networks, or another set.
        strict: refuse networks with host bits set. False: clear the bits.

    Raises:
        AddressError: a text is not a network.

    >>> trusted = PrefixSet(["10.0.0.0/9", "10.128.0.0/9", "2001:db8::/32"])
    >>> "10.1.2.3" in trusted, "192.0.2.1" in trusted
    (True, False)
    >>> trusted - PrefixSet(["10.0.0.0/10"])
    PrefixSet(['10.64.0.0/10', '10.128.0.0/9', '2001:db8::/32'])
    """

_BITS = (32, 128)
_SHOWN = 6
_Bounds = tuple[list[int], list[int]]


def text_of(address: int, length: int, wide: bool) -> str:
    """Write a network as `ipaddress` does."""
    if not wide:
        return f"{inet_ntop(AF_INET, address.to_bytes(4, 'big'))}/{length}"
    if 0xFFFF < address < 1 << 32:  # glibc would write dotted decimal here
        return f"::{address >> 16:x}:{address & 0xFFFF:x}/{length}"
    return f"{inet_ntop(AF_INET6, address.to_bytes(16, 'big'))}/{length}"


class SetMethods:
    """The methods of `PrefixSet`; each twin only compiles the form."""

    # Boundaries of IPv4 and IPv6 are replaced, never changed in place, so readers need no lock.
    __slots__ = ("__weakref__", "_asked", "_bounds", "_form", "_lock", "_strict")

    if TYPE_CHECKING:
        _compile_set: Callable[[list[int], list[int]], Any]
        _read_bounds: Callable[[Any, bool], _Bounds]
        _column_twin: Callable[[], ModuleType]

    def __init__(self, networks: Any = (), *, strict: bool = True) -> None:
        self._strict = strict
        self._lock = Lock()
        self._set(self._bounds_of(networks))

    @classmethod
    def _made(cls, bounds: _Bounds, form: Any = None) -> Self:
        made = cls.__new__(cls)
        made._strict = True
        made._lock = Lock()
        made._set(bounds, form)
        return made

    def _set(self, bounds: _Bounds, form: Any = None) -> None:
        self._form = None  # first, so that no reader uses the old form with new boundaries
        self._bounds = bounds
        self._asked = 0
        self._form = form

    def _bounds_of(self, networks: Any) -> _Bounds:
        if isinstance(networks, SetMethods):
            return networks._bounds
        if isinstance(networks, (str, bytes)):
            raise TypeError(f"an iterable of networks is required, not {shorten(networks)}")
        flat4, flat6 = self._read_bounds(networks, self._strict)
        return ranges.union_of(flat4), ranges.union_of(flat6)

    def _compiled(self) -> Any:
        bounds, form = self._bounds, self._form
        if form is None:
            form = self._compile_set(*bounds)
            with self._lock:
                if self._bounds is bounds:
                    self._form = form
        return form

    # Membership:

    def __contains__(self, item: Any) -> bool:
        """Whether an address, or every address of a network, is in the set."""
        if (isinstance(item, str) and "/" in item) or isinstance(item, tuple):
            return self._holds(item)
        form = self._form
        if form is not None:
            if hasattr(item, "network_address"):
                return self._holds(item)
            return form.contains(item)  # type: ignore[no-any-return]
        if hasattr(item, "network_address"):
            return self._holds(item)
        # Search the boundaries until enough look-ups have come to make compiling pay.
        self._asked += 1
        bounds = self._bounds
        if self._asked * 4 > len(bounds[0]) + len(bounds[1]):
            return self._compiled().contains(item)  # type: ignore[no-any-return]
        packed = read_address(item)
        number = int.from_bytes(packed, "big")
        return bisect_right(bounds[len(packed) == 16], number) & 1 == 1

    def _holds(self, network: Any) -> bool:
        packed, length = read_network(network, self._strict)
        first = int.from_bytes(packed, "big")
        bounds = self._bounds[len(packed) == 16]
        at = bisect_right(bounds, first)
        return at & 1 == 1 and bounds[at] >= first + (1 << 8 * len(packed) - length)

    def contains(self, address: Address, /, *, family: SupportsIndex | None = None) -> bool:
        """Tell whether an address is in the set. Unlike ``in``, this takes an int with its family.

        >>> from socket import AF_INET
        >>> PrefixSet(["10.0.0.0/8"]).contains(0x0A000001, family=AF_INET)
        True
        """
        return self._compiled().contains(address, family)  # type: ignore[no-any-return]

    def contains_many(self, family: SupportsIndex, packed: ReadableBuffer) -> bytes:
        r"""Tell which of many packed addresses are in the set.

        Args:
            family: `AF_INET` (records of 4 bytes), or `AF_INET6` or `AF_UNSPEC` (16 bytes, IPv4
                as mapped addresses).
            packed: any contiguous bytes-like object of such records.

        Returns:
            One byte per row, 1 or 0.

        Raises:
            ValueError: another family, or a size that is not a multiple of the record's.
            TypeError, BufferError: not a buffer, or not contiguous.

        >>> from socket import AF_INET
        >>> PrefixSet(["10.0.0.0/8"]).contains_many(AF_INET, bytes([10, 0, 0, 1, 192, 0, 2, 1]))
        b'\x01\x00'
        """
        return self._compiled().contains_many(family, packed)  # type: ignore[no-any-return]

    def contains_column(self, column: Any) -> Any:
        """Tell which addresses of a column are in the set.

        Args:
            column: as `PrefixTable.lookup_column` takes it.

        Returns:
            A `BoolColumn`, null where a row is null or no address.

        Raises:
            TypeError, ValueError: a column of another type, or damaged.

        >>> from fastsock import pton_column
        >>> list(special("private").contains_column(pton_column(["10.1.2.3", "192.0.2.256"])))
        [True, None]
        """
        from . import columns  # no part of the usual import

        return columns.contains_column(self._column_twin(), self, column)

    # Changes:

    def add(self, network: Network, /) -> None:
        """Add the addresses of a network.

        >>> addresses = PrefixSet()
        >>> addresses.add("192.0.2.0/24")
        >>> "192.0.2.7" in addresses
        True
        """
        self._change([network], ranges.UNION)

    def discard(self, network: Network, /) -> None:
        """Remove the addresses of a network, if they are in the set.

        >>> addresses = PrefixSet(["192.0.2.0/24"])
        >>> addresses.discard("192.0.2.128/25")
        >>> addresses
        PrefixSet(['192.0.2.0/25'])
        """
        self._change([network], ranges.DIFFERENCE)

    def update(self, networks: Iterable[Network], /) -> None:
        """Add the addresses of many networks.

        >>> addresses = PrefixSet()
        >>> addresses.update(["192.0.2.0/25", "192.0.2.128/25"])
        >>> addresses
        PrefixSet(['192.0.2.0/24'])
        """
        self._change(networks, ranges.UNION)

    def clear(self) -> None:
        """Remove everything.

        >>> addresses = PrefixSet(["192.0.2.0/24"])
        >>> addresses.clear()
        >>> bool(addresses)
        False
        """
        with self._lock:
            self._set(([], []))

    def _change(self, networks: Any, table: int) -> None:
        other = self._bounds_of(networks)
        with self._lock:
            self._set(_merged(self._bounds, other, table))

    # Algebra:

    def _operated(self, other: Any, table: int) -> Any:
        if not isinstance(other, SetMethods):
            return NotImplemented
        return self._made(_merged(self._bounds, other._bounds, table))

    def _operated_in_place(self, other: Any, table: int) -> Any:
        if not isinstance(other, SetMethods):
            return NotImplemented
        self._change(other, table)
        return self

    def __or__(self, other: Any) -> Self:
        return self._operated(other, ranges.UNION)  # type: ignore[no-any-return]

    def __and__(self, other: Any) -> Self:
        return self._operated(other, ranges.INTERSECTION)  # type: ignore[no-any-return]

    def __sub__(self, other: Any) -> Self:
        return self._operated(other, ranges.DIFFERENCE)  # type: ignore[no-any-return]

    def __xor__(self, other: Any) -> Self:
        return self._operated(other, ranges.EXCLUSIVE)  # type: ignore[no-any-return]

    def __ior__(self, other: Any) -> Self:
        return self._operated_in_place(other, ranges.UNION)  # type: ignore[no-any-return]

    def __iand__(self, other: Any) -> Self:
        return self._operated_in_place(other, ranges.INTERSECTION)  # type: ignore[no-any-return]

    def __isub__(self, other: Any) -> Self:
        return self._operated_in_place(other, ranges.DIFFERENCE)  # type: ignore[no-any-return]

    def __ixor__(self, other: Any) -> Self:
        return self._operated_in_place(other, ranges.EXCLUSIVE)  # type: ignore[no-any-return]

    def __invert__(self) -> Self:
        """Return all other addresses of both families."""
        everything: _Bounds = ([0, 1 << 32], [0, 1 << 128])
        return self._made(_merged(everything, self._bounds, ranges.DIFFERENCE))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SetMethods):
            return NotImplemented
        return self._bounds == other._bounds

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __le__(self, other: Any) -> bool:
        """Whether all addresses are also in the other set."""
        if not isinstance(other, SetMethods):
            return NotImplemented
        return not any(_merged(self._bounds, other._bounds, ranges.DIFFERENCE))

    def __lt__(self, other: Any) -> bool:
        if not isinstance(other, SetMethods):
            return NotImplemented
        return self <= other and self != other

    def __ge__(self, other: Any) -> bool:
        if not isinstance(other, SetMethods):
            return NotImplemented
        return other <= self

    def __gt__(self, other: Any) -> bool:
        if not isinstance(other, SetMethods):
            return NotImplemented
        return other < self

    def overlaps(self, other: Any, /) -> bool:
        """Tell whether any address of this set is in `other`.

        Args:
            other: a set, a network, or an iterable of networks such as a table.

        >>> PrefixSet(["10.0.0.0/8"]).overlaps("10.1.0.0/16")
        True
        """
        if isinstance(other, (str, tuple)) or hasattr(other, "packed") or _is_object(other):
            other = [other]
        return any(_merged(self._bounds, self._bounds_of(other), ranges.INTERSECTION))

    # Contents:

    def to_cidrs(self) -> list[str]:
        """Return the fewest networks that have these addresses and no others.

        Returns:
            Their texts, IPv4 before IPv6, each in address order.

        >>> PrefixSet(["192.0.2.0/25", "192.0.2.128/25"]).to_cidrs()
        ['192.0.2.0/24']
        """
        return list(self)

    def __iter__(self) -> Iterator[str]:
        for wide, bounds in enumerate(self._bounds):
            for first, end in ranges.spans(bounds):
                for address, length in ranges.blocks(first, end - 1, _BITS[wide]):
                    yield text_of(address, length, bool(wide))

    def to_ranges(self) -> list[tuple[int, int, int]]:
        """Return the ranges of addresses, as ``(family, first, last)`` with both as ints.

        >>> PrefixSet(["192.0.2.0/24"]).to_ranges() == [(AF_INET, 0xC0000200, 0xC00002FF)]
        True
        """
        families = (int(AF_INET), int(AF_INET6))
        return [
            (families[wide], first, end - 1)
            for wide, bounds in enumerate(self._bounds)
            for first, end in ranges.spans(bounds)
        ]

    @property
    def num_addresses(self) -> int:
        """The number of addresses of both families."""
        return sum(end - first for bounds in self._bounds for first, end in ranges.spans(bounds))

    def __len__(self) -> int:
        """The number of networks that `to_cidrs` gives."""
        return sum(
            sum(1 for _ in ranges.blocks(first, end - 1, _BITS[wide]))
            for wide, bounds in enumerate(self._bounds)
            for first, end in ranges.spans(bounds)
        )

    def __bool__(self) -> bool:
        return any(self._bounds)

    def __repr__(self) -> str:
        shown: list[str] = []
        for cidr in self:
            if len(shown) == _SHOWN:
                return f"<{type(self).__name__}: {', '.join(shown)}, ...>"
            shown.append(cidr)
        return f"{type(self).__name__}({shown or ''})"

    def copy(self) -> Self:
        """Return an independent set of the same addresses.

        >>> addresses = PrefixSet(["192.0.2.0/24"])
        >>> addresses.copy() == addresses
        True
        """
        with self._lock:
            return self._made(self._bounds, self._form)

    __copy__ = copy

    def __reduce__(self) -> Any:
        return _restored, (type(self), *self._bounds)

    @classmethod
    def from_ranges(cls, pairs: Iterable[Any], /) -> Self:
        """Make a set from ranges of addresses.

        Args:
            pairs: ``(first, last)`` each, both addresses in any form and of one family.

        Raises:
            AddressError, TypeError, ValueError: not an address, or not a range.

        >>> PrefixSet.from_ranges([("192.0.2.0", "192.0.2.127")])
        PrefixSet(['192.0.2.0/25'])
        """
        flat: _Bounds = ([], [])
        for first, last in pairs:
            wide, start, end = read_range(first, last)
            flat[wide].extend((start, end))
        return cls._made((ranges.union_of(flat[0]), ranges.union_of(flat[1])))


def _merged(a: _Bounds, b: _Bounds, table: int) -> _Bounds:
    return ranges.combined(a[0], b[0], table), ranges.combined(a[1], b[1], table)


def _is_object(value: Any) -> bool:
    return hasattr(value, "network_address")


def read_range(first: Any, last: Any) -> tuple[bool, int, int]:
    """Read a range: whether it is IPv6, and its first and last address as numbers."""
    a, b = read_address(first), read_address(last)
    if len(a) != len(b) or a > b:
        raise errors.bad_range(first, last)
    return len(a) == 16, int.from_bytes(a, "big"), int.from_bytes(b, "big")


def _restored(cls: type[SetMethods], bounds4: list[int], bounds6: list[int]) -> SetMethods:
    """Restore a pickled object."""
    for bounds, bits in ((bounds4, 32), (bounds6, 128)):
        if len(bounds) % 2 or not ranges.is_sorted([-1, *bounds, (1 << bits) + 1]):
            raise ValueError("a pickled set's boundaries must ascend")
    return cls._made((bounds4, bounds6))
