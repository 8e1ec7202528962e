"""Longest match in plain Python: the best there is for one address, and for many."""

from bisect import bisect
from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_pton
from struct import unpack

Networks = list[tuple[int, int]]  # first address, length


def ranges(networks: Networks, bits: int) -> tuple[list[int], list[int]]:
    """Ranges that don't overlap: their starts, and the index of the longest network (-1: none)."""
    of = {network: index for index, network in enumerate(networks)}
    lengths = sorted({length for _, length in networks}, reverse=True)
    ends = {first + (1 << bits - length) for first, length in networks} - {1 << bits}
    starts = sorted({0, *ends, *(first for first, _ in networks)})

    def longest(address: int) -> int:
        keys = ((address >> bits - n << bits - n, n) for n in lengths)
        return next((of[key] for key in keys if key in of), -1)

    return starts, list(map(longest, starts))


def lookup(networks: Networks, bits: int) -> Callable[[str], int]:
    """One address as text: libc's parser, then a binary search."""
    starts, values = ranges(networks, bits)
    family, number = AF_INET if bits == 32 else AF_INET6, int.from_bytes
    return lambda text: values[bisect(starts, number(inet_pton(family, text), "big")) - 1]


def lookup_many(networks: Networks, bits: int) -> Callable[[bytes], list[int]]:
    """Packed addresses, one after the other."""
    starts, values = ranges(networks, bits)

    def narrow(packed: bytes) -> list[int]:
        addresses = unpack(f"!{len(packed) // 4}I", packed)
        return [values[bisect(starts, address) - 1] for address in addresses]

    def wide(packed: bytes) -> list[int]:
        number = int.from_bytes
        rows = (packed[at : at + 16] for at in range(0, len(packed), 16))
        return [values[bisect(starts, number(row, "big")) - 1] for row in rows]

    return narrow if bits == 32 else wide
