"""Checksums as plain Python computes them: arithmetic on its integers."""

from mmap import mmap

Buffer = bytes | bytearray | memoryview | mmap
LARGE = 4096


def total(data: Buffer) -> int:
    """The sum of 16-bit words, folded: a number's remainder by 2^16 - 1 is that of its digits.

    The halves of a large number are added first, for an addition costs less than a division.
    """
    number = int.from_bytes(data, "big") << (len(data) % 2 * 8)
    if len(data) >= LARGE:
        bits = len(data) // 4 * 16
        number = (number >> bits) + (number & (1 << bits) - 1)
    return number % 0xFFFF or (0xFFFF if number else 0)


def checksum(data: Buffer) -> int:
    return 0xFFFF - total(data)


def verify(data: Buffer) -> bool:
    return total(data) == 0xFFFF


def update16(checksum: int, old: int, new: int) -> int:
    total = (~checksum & 0xFFFF) + (~old & 0xFFFF) + new
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def _crc32c_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (0x82F63B78 & -(value & 1)) for value in table]
    return table


CRC32C = _crc32c_table()


def crc32c(data: Buffer) -> int:
    value, table = 0xFFFFFFFF, CRC32C
    for byte in data:
        value = value >> 8 ^ table[value & 0xFF ^ byte]
    return value ^ 0xFFFFFFFF


def with_checksum(data: bytes, at: int, head: bytes = b"") -> bytes:
    """`data` with the checksum of itself, and of a pseudo-header before it, written into it."""
    return data[:at] + checksum(head + data).to_bytes(2, "big") + data[at + 2 :]
