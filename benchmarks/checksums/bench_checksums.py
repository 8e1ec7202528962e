"""fastsock.checksums beside arithmetic on Python's integers, and libraries' own checksums."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from types import ModuleType
from typing import Any

import fastsock.checksums._c
import pytest

import fastsock.checksums._py
from benchmarks.checksums import by_hand, peers
from benchmarks.harness import sizes
from benchmarks.harness.loops import hot

TWINS: dict[str, ModuleType] = {
    "compiled": fastsock.checksums._c,
    "pure": fastsock.checksums._py,
    "by hand": by_hand,
}
SMALL = {"20 B": 20, "40 B": 40, "576 B": 576, "1460 B": 1460}
LARGE = {"64 KiB, large": 1 << 16, "1 MiB, large": 1 << 20, "64 MiB, large": sizes.LARGEST}


@dataclass(frozen=True)
class Sum:
    """One function over bytes, for one size of them."""

    function: str
    input: str
    size: int

    @property
    def contenders(self) -> dict[str, Callable[[bytes], Any]]:
        found = {name: getattr(module, self.function) for name, module in TWINS.items()}
        libraries = {"checksum": peers.checksums, "crc32c": peers.castagnoli}
        if self.function in libraries:
            found |= {peer.name: peer.call for peer in libraries[self.function]()}
        fast = ("compiled", "pure", "by hand") if self.function != "crc32c" else ("compiled",)
        return {name: found[name] for name in fast} if self.is_large else found

    @property
    def data(self) -> bytes:
        """Random bytes, for values change no time; `verify` gets some with a right checksum."""
        data = Random(self.size).randbytes(self.size)
        return by_hand.with_checksum(data, 0) if self.function == "verify" else data

    @property
    def is_large(self) -> bool:
        return self.size > 1460

    def run(self, contender: str) -> tuple[Callable[[], object], int]:
        """What is timed, and how many calls it makes."""
        call = self.contenders[contender]
        if self.is_large:
            return partial(call, self.data), 1
        loop = contender not in TWINS or (self.function == "crc32c" and contender != "compiled")
        calls = 100 if loop else 10_000
        return hot(call, self.data, calls=calls), calls


SUMS = [
    Sum(function, name, size)
    for function, sizes in (
        ("checksum", SMALL | LARGE),
        ("verify", {"20 B": 20, "1460 B": 1460}),
        ("crc32c", {"20 B": 20, "1460 B": 1460, "1 MiB, large": 1 << 20}),
    )
    for name, size in sizes.items()
]
# Contenders come innermost, so that those of one row run one after the other.
OVER_BYTES = [
    pytest.param(each, contender, id=f"{each.function}-{each.input}-{contender}")
    for each in SUMS
    for contender in each.contenders
]


@pytest.mark.parametrize(("each", "contender"), OVER_BYTES)
def bench_sum(measure: Callable[..., None], each: Sum, contender: str) -> None:
    """The same bytes again and again: in the cache, but for the largest."""
    run, calls = each.run(contender)
    measure(
        each.function,
        each.input,
        contender,
        run,
        got=each.contenders[contender](each.data),
        expected=getattr(by_hand, each.function)(each.data),
        items=calls,
        rounds=5,
        headline=True,
        size=each.size if each.is_large else 0,
    )


HEADER_CHANGE = 0x1C46, 0x4006, 0x3F06


@pytest.mark.parametrize("contender", TWINS)
def bench_update(measure: Callable[..., None], contender: str) -> None:
    """A router's change to a header: one off the TTL."""
    call = TWINS[contender].update16
    measure(
        "update16",
        "TTL",
        contender,
        hot(call, *HEADER_CHANGE),
        got=call(*HEADER_CHANGE),
        expected=by_hand.update16(*HEADER_CHANGE),
        items=10_000,
        rounds=20,
        headline=True,
    )
