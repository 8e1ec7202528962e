"""Read addresses and networks from every type that callers may give.

The compiled twin reads the usual types itself and calls this module for the rest, so every error is
worded once.
"""

from __future__ import annotations

from operator import index
from socket import AF_INET, AF_INET6, AF_UNSPEC

from .._core.buffers import contiguous, copied
from .._core.typed import TYPE_CHECKING
from ..address import inet_pton
from . import errors

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
    from typing import Any, SupportsIndex, TypeAlias

    Address: TypeAlias = "str | bytes | bytearray | memoryview | int | IPv4Address | IPv6Address"
    Network: TypeAlias = (
        str
        | tuple[bytes | bytearray | memoryview, int]
        | IPv4Network
        | IPv6Network
        | IPv4Address
        | IPv6Address
    )

MAPPED = bytes(10) + b"\xff\xff"


def _of_text(text: str) -> bytes:
    """Parse a text into a packed address, or raise AddressError."""
    try:
        return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except (OSError, ValueError):
        if "%" in text:
            raise errors.has_zone(text) from None
        raise errors.not_address(text) from None


def _of_buffer(buffer: Any) -> bytes | None:
    """Read a packed address from a buffer; None for anything else."""
    try:
        packed = copied(buffer, "a packed address")
    except TypeError:
        return None
    if len(packed) not in (4, 16):
        raise errors.bad_packed(len(packed))
    return packed


def _of_object(value: Any) -> bytes | None:
    """Read the packed address of an `ipaddress` object; None for anything else."""
    packed = getattr(value, "packed", None)
    if type(packed) is not bytes or len(packed) not in (4, 16):
        return None
    if getattr(value, "scope_id", None) is not None:
        raise errors.has_zone(str(value))
    return packed


def _of_int(value: SupportsIndex, family: SupportsIndex | None) -> bytes:
    if family is None:
        raise errors.int_without_family()
    number, kind = index(value), index(family)
    if kind not in (AF_INET, AF_INET6):
        raise errors.bad_family(family)
    size = 4 if kind == AF_INET else 16
    if not 0 <= number < 1 << 8 * size:
        raise errors.int_out_of_range(8 * size)
    return number.to_bytes(size, "big")


def unmapped(packed: bytes) -> bytes:
    """Turn a mapped address into IPv4. Return any other address unchanged."""
    return packed[12:] if len(packed) == 16 and packed.startswith(MAPPED) else packed


def read_address(value: Any, family: SupportsIndex | None = None) -> bytes:
    """Read an address as 4 or 16 bytes, an IPv4-mapped one as IPv4."""
    packed: bytes | None
    if isinstance(value, str):
        packed = _of_text(value)
    elif isinstance(value, int):
        packed = _of_int(value, family)
    else:
        packed = _of_buffer(value)
        if packed is None:
            packed = _of_object(value)
        if packed is None:
            raise errors.not_an_address(value)
    return unmapped(packed)


def _split_text(text: str) -> tuple[bytes, int]:
    """Split a network's text into address and length. Host bits are not checked."""
    host, slash, length = text.partition("/")
    try:
        packed = _of_text(host)
    except OSError:
        if "%" in host:
            raise errors.has_zone(text) from None
        raise errors.not_network(text) from None
    most = 8 * len(packed)
    if not slash:
        return packed, most
    # int() alone would also accept signs, blanks, underscores and other digits.
    if not (length.isascii() and length.isdigit()) or len(length) > 3 or int(length) > most:
        raise errors.not_network(text, f"the length must be 0 to {most}, in decimal")
    if length[0] == "0" and length != "0":
        raise errors.not_network(text, "the length has a leading zero")
    return packed, int(length)


def _split_object(value: Any) -> tuple[bytes, int]:
    """Read a network object's address and length. An address object is a network of one."""
    base = getattr(value, "network_address", None)
    if base is not None:
        packed = _of_object(base)
        if packed is not None:
            return packed, index(value.prefixlen)
    packed = _of_object(value)
    if packed is None:
        raise errors.not_a_network(value)
    if hasattr(value, "network"):  # an interface: its address and its network's length
        return packed, index(value.network.prefixlen)
    return packed, 8 * len(packed)


def _split_pair(value: tuple[Any, ...]) -> tuple[bytes, int]:
    if len(value) != 2:
        raise errors.not_a_network(value)
    packed = _of_buffer(value[0])
    if packed is None:
        raise errors.not_buffer(value[0])
    length = index(value[1])
    if not 0 <= length <= 8 * len(packed):
        raise errors.bad_length(length, 8 * len(packed))
    return packed, length


def read_network(value: Any, strict: bool = True) -> tuple[bytes, int]:
    """Read a network as packed address and length, one of mapped addresses as IPv4."""
    if isinstance(value, str):
        packed, length = _split_text(value)
    elif isinstance(value, tuple):
        packed, length = _split_pair(value)
    else:
        packed, length = _split_object(value)
    bits = 8 * len(packed)
    number = int.from_bytes(packed, "big")
    host = number & ((1 << bits - length) - 1)
    if host:
        if strict:
            raise errors.has_host_bits(value)
        packed = (number - host).to_bytes(len(packed), "big")
    if length >= 96 and packed.startswith(MAPPED) and bits == 128:
        return packed[12:], length - 96
    return packed, length


def is_wide(family: SupportsIndex) -> bool:
    """Whether a family's records have 16 bytes."""
    kind = index(family)
    if kind not in (AF_INET, AF_INET6, AF_UNSPEC):
        raise errors.bad_family(family)
    return kind != AF_INET


def records(packed: Any, wide: bool) -> bytes:
    """Copy a buffer of packed records."""
    size = 16 if wide else 4
    with contiguous(packed, "packed") as view:
        if view.nbytes % size:
            raise errors.bad_records(view.nbytes, size)
        return view.tobytes()
