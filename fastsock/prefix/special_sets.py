"""The properties of `ipaddress`, such as `is_private`, as sets of addresses.

Ask the running module, not its version: patch releases differ, and distributions backport. Its
answers can only change at the boundaries of the networks in its own tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from .._core.typed import TYPE_CHECKING
from . import errors

if TYPE_CHECKING:
    from typing import Any, TypeVar

    from .sets import SetMethods

    S = TypeVar("S", bound=SetMethods)

NAMES = (
    "private",
    "global",
    "loopback",
    "link_local",
    "multicast",
    "reserved",
    "unspecified",
    "site_local",
)


def _networks(value: Any) -> Iterator[Any]:
    """Find the networks in a table of constants, single ones and lists."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _networks(item)
    elif hasattr(value, "network_address"):
        yield value


@cache
def cuts(wide: bool) -> list[int]:
    """List where an answer may change: the sorted boundaries of `ipaddress`'s own networks."""
    bits = 128 if wide else 32
    # The module compares loopback and unspecified IPv6 addresses with numbers, not with networks.
    found = {0, 1, 2}
    import ipaddress  # imported when used: it is slow to import

    for table in vars(ipaddress).values():
        if isinstance(table, type):
            for value in vars(table).values():
                for network in _networks(value):
                    if network.max_prefixlen == bits:
                        found.add(int(network.network_address))
                        found.add(int(network.broadcast_address) + 1)
    return sorted(cut for cut in found if cut < 1 << bits)


_MAPPED = range(0xFFFF00000000, 0x1000000000000)


@cache
def _bounds(name: str, wide: bool) -> list[int]:
    import ipaddress

    kind: Any = ipaddress.IPv6Address if wide else ipaddress.IPv4Address
    bounds: list[int] = []
    for cut in cuts(wide):
        # Mapped addresses count as IPv4, so no set has them among IPv6.
        mapped = wide and cut in _MAPPED
        inside = not mapped and bool(getattr(kind(cut), f"is_{name}", False))
        if inside != len(bounds) % 2:
            bounds.append(cut)
    if len(bounds) % 2:
        bounds.append(1 << (128 if wide else 32))
    return bounds


_forms: dict[tuple[type, str], Any] = {}


def make(cls: type[S], name: str) -> S:
    """Make the set of that name. The compiled form is made once and shared."""
    if name not in NAMES:
        raise errors.unknown_special(name, NAMES)
    bounds = _bounds(name, False), _bounds(name, True)
    key = cls, name
    form = _forms.get(key)
    if form is None:
        form = _forms.setdefault(key, cls._compile_set(*bounds))
    return cls._made(bounds, form)
