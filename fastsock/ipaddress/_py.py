"""Pure twin of `fastsock.ipaddress`: the standard library's names, and lists of addresses."""

from __future__ import annotations

import ipaddress as _std
from collections.abc import Iterable
from functools import partial as _partial
from ipaddress import *  # noqa: F403
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import AF_INET, AF_INET6, AF_UNSPEC
from struct import iter_unpack
from typing import TYPE_CHECKING, Any, SupportsIndex

from fastsock._core.buffers import contiguous as _contiguous
from fastsock.ipaddress import errors as _errors

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


if TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Return any other name of the running `ipaddress`, also a private one."""
        ...
else:  # no frame of ours: a warning names the caller's line
    __getattr__ = _partial(getattr, _std)


def parse_many(texts: Iterable[str]) -> list[IPv4Address | IPv6Address]:
    """Make an address object of each text, of either family.

    Args:
        texts: an iterable of str, or of anything else that `ip_address` takes.

    Returns:
        A list of `IPv4Address` and `IPv6Address`, in order.

    Raises:
        ValueError: a text is not an address; the message names it.
        TypeError: not an iterable.

    Source: as `ip_address`, text by text.

    >>> parse_many(["192.0.2.1", "2001:db8::1"])
    [IPv4Address('192.0.2.1'), IPv6Address('2001:db8::1')]
    """
    return list(map(ip_address, texts))


def from_packed(family: SupportsIndex, packed: ReadableBuffer) -> list[IPv4Address | IPv6Address]:
    """Make an address object of each record of a packed buffer.

    Args:
        family: `AF_INET` (records of 4 bytes), `AF_INET6` (16 bytes), or `AF_UNSPEC` (16 bytes,
            where mapped IPv4 addresses become `IPv4Address`).
        packed: any contiguous bytes-like object of whole records, as `inet_pton_many` makes it.

    Returns:
        A list of addresses, one per record.

    Raises:
        TypeError: not a buffer.
        BufferError: the buffer is not contiguous.
        ValueError: another family; a size that is not a multiple of the record's.

    Source: RFC 4291 section 2.5.5.2 for mapped addresses.

    >>> from socket import AF_INET
    >>> from_packed(AF_INET, bytes([192, 0, 2, 1]))
    [IPv4Address('192.0.2.1')]
    """
    if family not in (AF_INET, AF_INET6, AF_UNSPEC):
        raise _errors.bad_family(family)
    make = IPv4Address if family == AF_INET else IPv6Address
    record = 4 if family == AF_INET else 16
    with _contiguous(packed, "packed") as view:
        if view.nbytes % record:
            raise _errors.bad_record_length(view.nbytes, record)
        data = view.tobytes()
    addresses = [make(item) for (item,) in iter_unpack(f"{record}s", data)]
    if family == AF_UNSPEC:
        return [getattr(address, "ipv4_mapped", None) or address for address in addresses]
    return addresses
