"""Ranges of addresses: as CIDR blocks, and as sets in the form of sorted boundaries.

A set of addresses of one family is a sorted list of its boundaries, starts and ends in turn:
``[first, last + 1, ...]``. An address is inside if an odd number of boundaries is not greater.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise


def blocks(first: int, last: int, bits: int) -> Iterator[tuple[int, int]]:
    """Split a range into the fewest CIDR blocks: (address, length) each."""
    while first <= last:
        # Take the largest block that starts here and does not pass the end.
        aligned = (first & -first).bit_length() - 1 if first else bits
        size = min(aligned, (last - first + 1).bit_length() - 1)
        yield first, bits - size
        first += 1 << size


def union_of(flat: list[int]) -> list[int]:
    """Join ranges, given in any order as first and last addresses, into boundaries."""
    order = sorted(zip(flat[::2], flat[1::2], strict=True))
    bounds: list[int] = []
    end = -1
    for first, last in order:
        if first > end:
            bounds += (first, last + 1)
            end = last + 1
        elif last >= end:
            bounds[-1] = end = last + 1
    return bounds


def combined(a: list[int], b: list[int], table: int) -> list[int]:
    """Combine two sets. Bit ``2 * (in a) + (in b)`` of `table` says whether an address stays."""
    # A boundary of both sets occurs twice. The second copy may revert the change that the first
    # made: then the two equal boundaries cancel out.
    marks = sorted([2 * x + 1 for x in a] + [2 * x for x in b])
    bounds: list[int] = []
    state = inside = 0
    for mark in marks:
        state ^= 1 + (mark & 1)
        now = table >> state & 1
        if now != inside:
            inside = now
            at = mark >> 1
            if bounds and bounds[-1] == at:
                bounds.pop()
            else:
                bounds.append(at)
    return bounds


UNION, INTERSECTION, DIFFERENCE, EXCLUSIVE = 0b1110, 0b1000, 0b0100, 0b0110


def spans(bounds: list[int]) -> Iterator[tuple[int, int]]:
    """Give the first address of each range, and its last address + 1."""
    return zip(bounds[::2], bounds[1::2], strict=True)


def is_sorted(bounds: list[int]) -> bool:
    """Whether boundaries ascend."""
    return all(a < b for a, b in pairwise(bounds))
