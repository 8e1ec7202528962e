"""Pure twin of `fastsock.checksums`: sums by one modulus, for 65535 is what end-around carry means.

A ones' complement sum of 16-bit words is the number that the bytes spell, modulo 65535: 65536 is
1 there, so a carry comes in again at the end, and every word counts the same. One thing the modulus
does not tell: 0 is the sum of zeros alone, any other multiple of 65535 is 0xFFFF.

The number is read with its lowest byte first, for then an odd last byte is padded as it should be.
Each byte is the other one of its word that way; the sum times 256 is the right one (RFC 1071
section 2B).
"""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, SupportsIndex

from .._core import errors as _core_errors
from .._core.buffers import contiguous as _contiguous, copied as _copied_buffer

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ODD = 1 << 32  # the bit of a running sum that says: an odd number of bytes so far
_CHUNK = 1 << 16  # bytes made one number at a time, so that memory stays bounded; an even count
_from_bytes = int.from_bytes
_ZERO = 0  # a default known by identity, before any method of an argument runs


def _crc_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [crc >> 1 ^ (0x82F63B78 if crc & 1 else 0) for crc in table]
    return table


_CRC = _crc_table()


def _number(name: str, value: SupportsIndex, most: int) -> int:
    number = index(value)
    if not 0 <= number <= most:
        raise _core_errors.not_between(name, most, number)
    return number


def _fold(total: int) -> int:
    """A sum of words as one word."""
    return total % 65535 or (65535 if total else 0)


def _swapped(data: ReadableBuffer) -> tuple[int, int]:
    """The sum of a buffer's words, folded, as if each byte were the other one; and its size."""
    if type(data) is bytes and len(data) <= _CHUNK:
        return _fold(_from_bytes(data, "little")), len(data)
    total = 0
    with _contiguous(data, "data") as view:
        size = len(view)
        for at in range(0, size, _CHUNK):
            with view[at : at + _CHUNK] as piece:
                total += _fold(_from_bytes(piece, "little"))
    return _fold(total), size


def _running(data: ReadableBuffer, initial: SupportsIndex) -> tuple[int, int]:
    """The folded sum of a running sum and a buffer, and the parity of the bytes in it."""
    before = _number("initial", initial, 2 * _ODD - 1)
    total, size = _swapped(data)
    if before & _ODD:  # each byte is the other one of its word: as it is here
        size += 1
    else:
        total <<= 8
    return _fold(total + (before & 0xFFFFFFFF)), size & 1


def _copied(address: ReadableBuffer) -> bytes:
    """Copy a buffer that may be a packed address."""
    return address if type(address) is bytes else _copied_buffer(address, "an address")


def _packed(name: str, address: ReadableBuffer) -> int:
    """A packed address of either family, as a number."""
    packed = _copied(address)
    if len(packed) not in (4, 16):
        raise _core_errors.bad_packed(name, len(packed))
    return _from_bytes(packed, "big")


def _update(checksum: SupportsIndex, old: int, new: int, udp: object) -> int:
    """RFC 1624, equation 3, for fields of whole words."""
    before = _number("checksum", checksum, 0xFFFF)
    if udp and not before:
        return 0
    after = 65535 - _fold(65535 - before + 65535 - _fold(old) + new)
    return after or (65535 if udp else 0)


def checksum(data: ReadableBuffer, /, initial: SupportsIndex = _ZERO, udp: object = False) -> int:
    r"""Compute the Internet checksum of a buffer.

    Args:
        data: any contiguous bytes-like object. An odd last byte is padded by a zero.
        initial: a running sum of the bytes before: of `pseudo_header` or `checksum_add`.
        udp: return 0xFFFF for 0, for in UDP a zero means no checksum.

    Returns:
        The checksum, 0 to 0xFFFF, as it stands in a header in network order.

    Raises:
        TypeError, BufferError: no buffer, or one in pieces; `initial` is no int.
        ValueError: `initial` is no running sum.

    Source: RFC 1071; RFC 768 for `udp`.

    >>> header = bytes.fromhex("45000073 00004000 4011 0000 c0a80001 c0a800c7")
    >>> hex(checksum(header))
    '0xb861'
    """
    if initial is _ZERO and type(data) is bytes and len(data) <= _CHUNK:
        number = _from_bytes(data, "little")
        if rest := number % 65535:
            return 65535 - rest * 256 % 65535
        return 0 if number and not udp else 65535
    return 65535 - _running(data, initial)[0] or (65535 if udp else 0)


def checksum_add(data: ReadableBuffer, /, initial: SupportsIndex = 0) -> int:
    r"""Add a buffer to a running sum, to be continued.

    Args:
        data: any contiguous bytes-like object, of any length.
        initial: the running sum so far, 0 at the start.

    Returns:
        The running sum: a sum of 16-bit words, not complemented, and ``1 << 32`` where the
        number of bytes so far is odd. So pieces may be cut anywhere.

    Raises:
        TypeError, BufferError, ValueError: as `checksum`.

    Source: RFC 1071 section 2.

    >>> sum = checksum_add(b"\x00\x01\xf2")
    >>> hex(sum), hex(checksum_add(b"\x03", sum))
    ('0x10000f201', '0xf204')
    """
    total, odd = _running(data, initial)
    return total | _ODD if odd else total


def pseudo_header(
    src: ReadableBuffer, dst: ReadableBuffer, protocol: SupportsIndex, length: SupportsIndex
) -> int:
    """Sum the pseudo-header of TCP, UDP or ICMPv6, to start their checksums with.

    Args:
        src: the source address, packed: 4 or 16 bytes.
        dst: the destination address, of the same size. With a routing header, the final one.
        protocol: the protocol number, 0 to 255: in IPv6, that of the last next header.
        length: bytes of the transport header and its data, 0 to 2**32 - 1. More than 65535 in
            IPv4, as BIG TCP has it, counts with all its bits, as in Linux.

    Returns:
        A running sum, for `checksum`, `checksum_add` or `verify`.

    Raises:
        TypeError, BufferError: an address that is no buffer, or in pieces; no int.
        ValueError: addresses of other or different sizes; a number out of range.

    Source: RFC 9293 section 3.1; RFC 8200 section 8.1.

    >>> src, dst = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
    >>> datagram = bytes.fromhex("0035 d431 000c 0000") + b"data"
    >>> hex(checksum(datagram, pseudo_header(src, dst, 17, len(datagram)), udp=True))
    '0xcea8'
    """
    first, second = _copied(src), _copied(dst)
    if len(first) != len(second) or len(first) not in (4, 16):
        raise _core_errors.bad_packed_pair(len(first), len(second))
    addresses = _from_bytes(first, "big") + _from_bytes(second, "big")
    return _fold(
        addresses + _number("protocol", protocol, 0xFF) + _number("length", length, 0xFFFFFFFF)
    )


def verify(data: ReadableBuffer, /, initial: SupportsIndex = 0) -> bool:
    """Whether a buffer is right that holds its own checksum.

    UDP's zero, for no checksum at all, is for the caller to see.

    Args:
        data: any contiguous bytes-like object: a header, or a whole segment.
        initial: a running sum of the bytes before: of `pseudo_header` or `checksum_add`.

    Returns:
        Whether all of it sums up to 0xFFFF.

    Raises:
        TypeError, BufferError, ValueError: as `checksum`.

    Source: RFC 1071 section 1.

    >>> verify(bytes.fromhex("45000073 00004000 4011 b861 c0a80001 c0a800c7"))
    True
    """
    if initial is _ZERO and type(data) is bytes and len(data) <= _CHUNK:
        number = _from_bytes(data, "little")
        return number % 65535 == 0 and number != 0
    return _running(data, initial)[0] == 65535


def update16(
    checksum: SupportsIndex, old: SupportsIndex, new: SupportsIndex, udp: object = False
) -> int:
    """Update a checksum for one 16-bit field that changes.

    Args:
        checksum: the checksum as it stands, 0 to 0xFFFF.
        old: the field as it was, 0 to 0xFFFF.
        new: the field as it will be.
        udp: a checksum of UDP: 0 stays 0, for none; a result of 0 becomes 0xFFFF.

    Returns:
        The new checksum: that of a sum over all the data, whatever the
        data, unless these become all zero.

    Raises:
        TypeError, ValueError: no int; a number out of range.

    Source: RFC 1624, equation 3; RFC 768 for `udp`.

    >>> update16(0xDD2F, 0x5555, 0x3285)
    0
    """
    if (
        (type(checksum) is int and type(old) is int and type(new) is int and type(udp) is bool)
        and not (checksum | old | new) >> 16  # none of them is negative or too large
        and (checksum or not udp)
    ):
        total = 2 * 65535 - checksum - old + new
        after = 65535 - (total % 65535 or (65535 if total else 0))
        return after or (65535 if udp else 0)
    return _update(checksum, _number("old", old, 0xFFFF), _number("new", new, 0xFFFF), udp)


def update32(
    checksum: SupportsIndex, old: SupportsIndex, new: SupportsIndex, udp: object = False
) -> int:
    """Update a checksum for one 32-bit field that changes.

    Args:
        checksum: the checksum as it stands, 0 to 0xFFFF.
        old: the field as it was, 0 to 2**32 - 1. It starts at an even offset.
        new: the field as it will be.
        udp: as in `update16`.

    Returns:
        The checksum as it will be.

    Raises:
        TypeError, ValueError: no int; a number out of range.

    Source: RFC 1624, equation 3.

    >>> hex(update32(0xB861, 0xC0A800C7, 0xC0A800C8))
    '0xb860'
    """
    return _update(checksum, _number("old", old, 0xFFFFFFFF), _number("new", new, 0xFFFFFFFF), udp)


def update_address(
    checksum: SupportsIndex, old: ReadableBuffer, new: ReadableBuffer, udp: object = False
) -> int:
    """Update a checksum for an address that changes, in the header or in the pseudo-header.

    Args:
        checksum: the checksum as it stands, 0 to 0xFFFF.
        old: the address as it was, packed: 4 or 16 bytes.
        new: the address as it will be, 4 or 16 bytes: a translator may go from one to the other.
        udp: as in `update16`.

    Returns:
        The checksum as it will be.

    Raises:
        TypeError, BufferError: an address that is no buffer, or in pieces; no int.
        ValueError: another size; a checksum out of range.

    Source: RFC 1624, equation 3; RFC 7915 section 4.1 for another size.

    >>> hex(update_address(0xB861, bytes([192, 168, 0, 199]), bytes([192, 168, 0, 200])))
    '0xb860'
    """
    return _update(checksum, _packed("old", old), _packed("new", new), udp)


def crc32c(data: ReadableBuffer, /, initial: SupportsIndex = 0) -> int:
    """Compute the CRC-32C (Castagnoli) of a buffer.

    Args:
        data: any contiguous bytes-like object.
        initial: the CRC of the bytes before, 0 at the start, as in `zlib.crc32`.

    Returns:
        The CRC, 0 to 2**32 - 1. SCTP puts it in its header in little-endian order, the PROXY
        protocol in network order.

    Raises:
        TypeError, BufferError: no buffer, or one in pieces; `initial` is no int.
        ValueError: `initial` is out of range.

    Source: RFC 3720 appendix B.4; RFC 9260 appendix A.

    >>> hex(crc32c(b"56789", crc32c(b"1234")))
    '0xe3069283'
    """
    crc = _number("initial", initial, 0xFFFFFFFF) ^ 0xFFFFFFFF
    with _contiguous(data, "data") as view:
        for byte in view:
            crc = _CRC[crc & 0xFF ^ byte] ^ crc >> 8
    return crc ^ 0xFFFFFFFF
