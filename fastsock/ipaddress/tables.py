"""Where the answers of `is_private` and its kin can change, read off the running `ipaddress`.

These tables differ between versions, and between patch levels of one version as distributors ship
them. So no table stands here: each answer is the running module's own, asked once for all addresses
that lie between two neighbouring boundaries of the networks it tests against.
"""

import ipaddress
from collections.abc import Iterator

# Tested against by number, not by a network of the tables: `::` and `::1`, and what is mapped.
_BY_NUMBER = (0, 1, 2, 0xFFFF << 32, 1 << 48)


def _tables_of(family: int) -> object:
    cls = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    return getattr(cls, "_constants", None)


def _networks(tables: object) -> Iterator[tuple[int, int]]:
    """The first and last address of each network and address in a class of constants."""
    for constant in vars(tables).values():
        for item in constant if isinstance(constant, (list, tuple)) else [constant]:
            if isinstance(item, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
                yield int(item.network_address), int(item.broadcast_address)
            elif isinstance(item, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
                yield int(item), int(item)


def _starts(family: int) -> set[int]:
    """Each number at which a network of the family's tables begins, or has just ended."""
    tables = _tables_of(family)
    if tables is None:
        return set()
    return {number for first, last in _networks(tables) for number in (first, last + 1)}


def boundaries(family: int) -> bytes | None:
    """The first address of each interval in which all answers are the same.

    Args:
        family: 4 or 6.

    Returns:
        Numbers of 16 bytes in network order, ascending, the first one 0; None where the running
        module has no tables that are known here, so that it has to be asked each time.
    """
    starts = _starts(family)
    if not starts:
        return None
    starts.add(0)
    if family == 6:  # mapped addresses answer as what they map
        starts |= {(0xFFFF << 32) + start for start in _starts(4)}
        starts.update(_BY_NUMBER)
    limit = 1 << (32 if family == 4 else 128)
    return b"".join(start.to_bytes(16, "big") for start in sorted(starts) if start < limit)
