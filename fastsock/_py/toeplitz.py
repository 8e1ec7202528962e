"""The hash by which network cards spread flows over queues: for packet objects and for columns."""

from __future__ import annotations

from functools import lru_cache

LEAST_KEY = 40
_UINT32_MAX = 0xFFFFFFFF


@lru_cache(maxsize=16)
def windows_of(key: bytes) -> tuple[int, ...]:
    """The 32 bits of a key from each of its bits on."""
    number = int.from_bytes(key[:LEAST_KEY], "big")
    last = LEAST_KEY * 8 - 32
    return tuple(number >> shift & _UINT32_MAX for shift in range(last, 0, -1))


def hash_of(data: bytes, windows: tuple[int, ...]) -> int:
    """The XOR of the windows at the bits of `data` that are set."""
    bits = int.from_bytes(data, "big")
    hashed = 0
    for window in reversed(windows[: len(data) * 8]):
        if bits & 1:
            hashed ^= window
        bits >>= 1
    return hashed
