"""fastsock.prefix beside the tables and sets that people use: built, looked up, held and opened.

Every contender's answers are checked against the dicts of `by_hand.py` before it is timed. One that
is not installed is left out, by name. Sets only say whether a network is there. A table of so many
networks does not fit into the caches: what single look-ups cost there is mostly waiting for memory,
and batches overlap it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from benchmarks.harness import sizes
from benchmarks.harness.loops import cold
from benchmarks.prefix.by_hand import ByLength
from benchmarks.prefix.peers import CONTENDERS, Table
from benchmarks.prefix.shapes import SHAPES, Input

ROUTES = ("IPv4 routes", "IPv6 routes")
MOST = {"netaddr.IPSet": 1000, "pure": 20_000, "by hand": 20_000}
"""How many networks the slow contenders get: more would take most of a run."""
WITH_BATCHES = ("compiled", "pure")
WITH_FILES = ("compiled", "pure", "maxminddb")


def count_for(name: str) -> int:
    """How many networks a contender gets."""
    return min(sizes.NETWORKS, MOST.get(name, sizes.NETWORKS))


@lru_cache(maxsize=3)
def drawn(shape: str, count: int) -> Input:
    return Input.make(SHAPES[shape], count, max(count // 5, 1000))


def given(shape: str, name: str) -> Input:
    return drawn(shape, count_for(name))


def title(shape: str) -> str:
    """The input of a row. Slow contenders get fewer networks: see MOST."""
    return f"{shape}, {sizes.NETWORKS:,}"


@lru_cache(maxsize=1)
def built(shape: str, name: str) -> Table:
    """A checked table. One at a time: some take half a gigabyte."""
    found = given(shape, name)
    try:
        table = CONTENDERS[name](found)
    except ImportError as missing:
        pytest.skip(f"{missing.name} is not installed")
    return table


def answers(shape: str, rows: list[int]) -> Callable[[str], tuple[list[object], list[object]]]:
    """What a contender says of some rows, and what it should say."""

    def compare(name: str) -> tuple[list[object], list[object]]:
        table, right = built(shape, name), ByLength(given(shape, name))
        words = given(shape, name).words(rows)
        if table.members_only:
            return [bool(table.one(word)) for word in words], [True] * len(words)
        return [table.one(word) for word in words], [right.number(row) for row in rows]

    return compare


@pytest.mark.parametrize("name", CONTENDERS)
@pytest.mark.parametrize("shape", ROUTES)
def bench_build(measure: Callable[..., None], shape: str, name: str) -> None:
    """Networks as text, and their values. A MaxMind DB's time is that of our own writer."""
    if name == "maxminddb":
        pytest.skip("maxminddb builds nothing")
    found = given(shape, name)
    built(shape, name)
    measure("build", title(shape), name, lambda: CONTENDERS[name](found), got=None, expected=None,
            items=len(found.texts), rounds=2)  # fmt: skip


@pytest.mark.parametrize("name", CONTENDERS)
@pytest.mark.parametrize("shape", SHAPES)
def bench_lookup(measure: Callable[..., None], shape: str, name: str) -> None:
    """Texts all over the table, one by one."""
    if shape not in ROUTES and name not in ("compiled", "pytricia, frozen"):
        pytest.skip("other shapes beside the fastest peer only")
    rows = given(shape, name).rows[:100_000]
    got, expected = answers(shape, rows[:2000])(name)
    if name == "libcidr" and got != expected:
        wrong = sum(a != b for a, b in zip(got, expected, strict=True))
        pytest.skip(f"libcidr's answers are wrong: {wrong} of {len(got)}")
    words = given(shape, name).words(rows)
    measure("lookup", title(shape), name, cold(built(shape, name).one, words), got=got,
            expected=expected, items=len(words), rounds=5,
            headline=shape == "IPv4 routes")  # fmt: skip


@pytest.mark.parametrize("name", WITH_BATCHES)
@pytest.mark.parametrize("shape", SHAPES)
def bench_lookup_many(measure: Callable[..., None], shape: str, name: str) -> None:
    """Packed rows all over the table. Others have no batches: see `lookup`."""
    found = given(shape, name)
    table, right = built(shape, name), ByLength(found)
    assert table.many is not None
    many, packed = table.many, found.packed(found.rows)
    got = table.values_of(many(found.packed(found.rows[:2000])))
    expected = [right.number(row) for row in found.rows[:2000]]
    measure("lookup_many", title(shape), name, lambda: many(packed), got=got, expected=expected,
            items=len(found.rows), rounds=10, headline=shape == "IPv4 routes")  # fmt: skip


@pytest.mark.parametrize("name", WITH_FILES)
@pytest.mark.parametrize("shape", ROUTES)
def bench_open(measure: Callable[..., None], tmp_path: Path, shape: str, name: str) -> None:
    """Open a saved table, nanoseconds a network, and look one address up."""
    found = given(shape, name)
    table = built(shape, name)
    assert table.open is not None
    assert table.save is not None
    opened, path, word = table.open, tmp_path / "table", found.words(found.rows[:1])[0]
    table.save(path)
    measure("open", title(shape), name, lambda: opened(path)(word), got=opened(path)(word),
            expected=table.one(word), items=len(found.texts), rounds=10)  # fmt: skip


@pytest.mark.parametrize("name", CONTENDERS)
@pytest.mark.parametrize("shape", ROUTES)
def bench_memory(record: Callable[..., None], shape: str, name: str) -> None:
    """Bytes of anonymous memory for each network. maxminddb's file is mapped, not held."""
    built(shape, name)  # skips what is not installed
    count = count_for(name)
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.prefix.memory", name, shape, str(count)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    record("memory", title(shape), name, bytes_each=round(int(process.stdout) / count))
