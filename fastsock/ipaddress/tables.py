"""Where the answers of `is_private` and similar properties change in the running `ipaddress`.

Its tables differ between versions, and between distributors' patch levels of one version. So this
module has no table: each answer comes from the running module, once for all addresses between two
neighbouring boundaries of the networks that it tests against.
"""

import ipaddress
from collections.abc import Iterator

# Boundaries outside the tables: `::`, `::1` and the mapped addresses are tested by number.
_BY_NUMBER = (0, 1, 2, 0xFFFF << 32, 1 << 48)


def _tables_of(family: int) -> object:
    cls = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    return getattr(cls, "_constants", None)


def _networks(tables: object) -> Iterator[tuple[int, int]]:
    """Give the first and last address of each network and address in a class of constants."""
    for constant in vars(tables).values():
        for item in constant if isinstance(constant, (list, tuple)) else [constant]:
            if isinstance(item, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
                yield int(item.network_address), int(item.broadcast_address)
            elif isinstance(item, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
                yield int(item), int(item)


def _starts(family: int) -> set[int]:
    """Collect the start of each network in the family's tables, and the number after its end."""
    tables = _tables_of(family)
    if tables is None:
        return set()
    return {number for first, last in _networks(tables) for number in (first, last + 1)}


def boundaries(family: int) -> bytes | None:
    """List the first address of each interval with constant answers.

    Args:
        family: 4 or 6.

    Returns:
        Numbers of 16 bytes in network order, ascending, the first one 0. None if the running
        module's tables are not the known ones: then ask it each time.
    """
    starts = _starts(family)
    if not starts:
        return None
    starts.add(0)
    if family == 6:  # mapped addresses have the answers of their IPv4 addresses
        starts |= {(0xFFFF << 32) + start for start in _starts(4)}
        starts.update(_BY_NUMBER)
    limit = 1 << (32 if family == 4 else 128)
    return b"".join(start.to_bytes(16, "big") for start in sorted(starts) if start < limit)
