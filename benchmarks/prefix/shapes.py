"""Tables of several shapes, and addresses inside their networks."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

# Lengths in a table of the Internet's routes, in percent.
LENGTHS4 = {24: 60, 23: 10, 22: 11, 21: 5, 20: 4, 19: 3, 18: 2, 16: 2, 17: 1, 28: 1, 32: 1}
LENGTHS6 = {48: 48, 32: 13, 44: 10, 40: 8, 36: 5, 46: 4, 29: 3, 64: 4, 56: 2, 128: 2, 127: 1}
VALUES = list(range(60_000))
"""What networks stand for: as many as there are autonomous systems, and shared as those are."""


@dataclass(frozen=True)
class Shape:
    """A table: its family and how its networks are drawn."""

    name: str
    wide: bool
    draw: Callable[[random.Random], tuple[int, int]]

    @property
    def bits(self) -> int:
        return 128 if self.wide else 32

    def networks(self, count: int) -> list[tuple[int, int]]:
        draw = random.Random(1)
        found: dict[tuple[int, int], None] = {}
        while len(found) < count:
            address, length = self.draw(draw)
            found[address >> self.bits - length << self.bits - length, length] = None
        return list(found)

    def rows(self, networks: list[tuple[int, int]], count: int) -> list[int]:
        """Addresses inside the networks."""
        draw = random.Random(2)
        rows = []
        for address, length in draw.choices(networks, k=count):
            host = self.bits - length
            rows.append(address | (draw.getrandbits(host) if host else 0))
        return rows


def _routes4(draw: random.Random) -> tuple[int, int]:
    return draw.randrange(1 << 24, 224 << 24), draw.choices([*LENGTHS4], [*LENGTHS4.values()])[0]


@cache
def _bases(count: int, bits: int) -> list[int]:
    draw = random.Random(3)
    return [draw.getrandbits(bits) for _ in range(count)]


def _routes6(draw: random.Random) -> tuple[int, int]:
    # About ten thousand allocations, each with more specific routes inside.
    base = draw.choice(_bases(10_000, 29))
    address = 1 << 125 | base << 96 | draw.getrandbits(96)
    return address, draw.choices([*LENGTHS6], [*LENGTHS6.values()])[0]


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("IPv4 routes", False, _routes4),
        Shape("IPv4 hosts", False, lambda draw: (draw.getrandbits(32), 32)),
        Shape("IPv6 routes", True, _routes6),
        Shape("IPv6 /64", True, lambda draw: (1 << 125 | draw.getrandbits(125), 64)),
        Shape("IPv6 hosts of one /64", True,
              lambda draw: (0x20010DB8 << 96 | draw.getrandbits(64), 128)),
        Shape("IPv6 hosts", True, lambda draw: (1 << 125 | draw.getrandbits(125), 128)),
        # Each base has a network of every length: those of the shortest are few.
        Shape("IPv6 chains", True,
              lambda draw: (draw.choice(_bases(20_000, 128)), draw.randrange(1, 129))),
    )
}  # fmt: skip


def text_of(address: int, length: int, wide: bool) -> str:
    kind = ipaddress.IPv6Address if wide else ipaddress.IPv4Address
    return f"{kind(address)}/{length}"


@dataclass(frozen=True)
class Input:
    """A table's networks as text, and rows to look up, as numbers, texts and packed."""

    shape: Shape
    networks: list[tuple[int, int]]
    texts: list[str]
    rows: list[int]

    @classmethod
    def make(cls, shape: Shape, networks: int, rows: int) -> Input:
        drawn = shape.networks(networks)
        texts = [text_of(*network, shape.wide) for network in drawn]
        return cls(shape, drawn, texts, shape.rows(drawn, rows))

    @property
    def pairs(self) -> list[tuple[str, int]]:
        """Networks with their values."""
        return [(text, VALUES[n % len(VALUES)]) for n, text in enumerate(self.texts)]

    def words(self, rows: list[int]) -> list[str]:
        """Rows as text."""
        return [text_of(row, 0, self.shape.wide).partition("/")[0] for row in rows]

    def packed(self, rows: list[int]) -> bytes:
        """Rows as records."""
        return b"".join(row.to_bytes(self.shape.bits // 8, "big") for row in rows)
