"""Find IPv4 addresses embedded in IPv6 addresses."""

from __future__ import annotations

from collections.abc import Iterable
from socket import AF_INET, AF_INET6

from .._core.typed import TYPE_CHECKING
from ..address import inet_ntop
from . import errors
from .arguments import MAPPED, read_address, read_network

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

    from .arguments import Address, Network

WELL_KNOWN_NAT64 = "64:ff9b::/96"
_NAT64_LENGTHS = (32, 40, 48, 56, 64, 96)


def _after_nat64(packed: bytes, length: int) -> bytes:
    """Read the four bytes after a NAT64 prefix, skipping byte 8 (RFC 6052 section 2.2)."""
    start = length // 8
    if length == 96:
        return packed[12:]
    return (packed[start:8] + packed[9:])[:4]


def embedded_ipv4(
    address: Address,
    /,
    *,
    family: SupportsIndex | None = None,
    nat64: Iterable[Network] = (WELL_KNOWN_NAT64,),
) -> str | None:
    """Find the IPv4 address that an IPv6 address stands for or leads to.

    Args:
        address: text, packed bytes, an address object, or an int with `family`.
        family: `AF_INET6`, of an int.
        nat64: prefixes of translators, of 32, 40, 48, 56, 64 or 96 bits. Add a network's own
            prefixes to the well-known one.

    Returns:
        The text of the IPv4 address in a mapped (``::ffff:a.b.c.d``), 6to4 (``2002::/16``), Teredo
        (``2001::/32``, the client) or NAT64 address; None for any other, also for IPv4.

    Raises:
        AddressError, TypeError, ValueError: not an address; a length that NAT64 does not allow.

    Source: RFC 4291 section 2.5.5.2, RFC 3056, RFC 4380 section 4, RFC 6052.

    >>> embedded_ipv4("64:ff9b::10.0.0.1"), embedded_ipv4("2002:a00:1::"), embedded_ipv4("::1")
    ('10.0.0.1', '10.0.0.1', None)
    """
    prefixes = [(read_network(prefix), prefix) for prefix in nat64]
    for (base, length), prefix in prefixes:
        if len(base) != 16 or length not in _NAT64_LENGTHS:
            raise errors.not_network(prefix, "a NAT64 prefix has 32, 40, 48, 56, 64 or 96 bits")
    packed = read_address(address, family)
    if len(packed) == 4:
        return inet_ntop(AF_INET, packed) if _was_wide(address, family) else None
    if packed.startswith(b"\x20\x02"):
        return inet_ntop(AF_INET, packed[2:6])
    if packed.startswith(b"\x20\x01\0\0"):
        return inet_ntop(AF_INET, bytes(byte ^ 0xFF for byte in packed[12:]))
    for (base, length), _ in prefixes:
        if packed.startswith(base[: length // 8]):
            return inet_ntop(AF_INET, _after_nat64(packed, length))
    return None


def _was_wide(address: Address, family: SupportsIndex | None) -> bool:
    """Whether an address read as IPv4 was given as IPv6."""
    if isinstance(address, str):
        return ":" in address
    if isinstance(address, int):
        return family == AF_INET6
    packed: Any = getattr(address, "packed", address)
    return memoryview(packed).nbytes == len(MAPPED) + 4
