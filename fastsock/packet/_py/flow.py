"""The hash by which network cards spread flows over queues: for packet objects and for columns.

It is linear: the XOR, over all set bits of the data, of the key's 32 bits from that bit on. So a
table gives the contribution of any byte at each place.
"""

from __future__ import annotations

from functools import lru_cache

from .decoder import FRAGMENT, PORTS

LEAST_KEY = 40
_LONGEST = 36  # bytes of data: two addresses and two ports
_UINT32_MAX = 0xFFFFFFFF


@lru_cache(maxsize=16)
def tables_of(key: bytes) -> tuple[list[int], ...]:
    """A table of 256 numbers for each place."""
    number = int.from_bytes(key[:LEAST_KEY], "big")
    tables = []
    for place in range(_LONGEST):
        table = [0]
        for bit in range(7, -1, -1):  # the lowest bit of a byte comes last in the data
            window = number >> (LEAST_KEY * 8 - 32 - place * 8 - bit) & _UINT32_MAX
            table += [value ^ window for value in table]
        tables.append(table)
    return tuple(tables)


def hashed_fields(status: int, src: bytes, dst: bytes, sport: int, dport: int) -> bytes:
    """The input of receive side scaling: addresses, and ports of whole datagrams."""
    if status & (PORTS | FRAGMENT) != PORTS:
        return src + dst
    return src + dst + (sport << 16 | dport).to_bytes(4, "big")


def hash_of(data: bytes, tables: tuple[list[int], ...]) -> int:
    """The hash of at most as many bytes as there are tables."""
    hashed = 0
    for table, byte in zip(tables, data, strict=False):
        hashed ^= table[byte]
    return hashed
