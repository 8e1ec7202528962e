"""Longest match of a column of addresses inside the engines that people run.

Every contender must give the sum that plain Python gives before it is timed. An engine or a peer
that is not installed is left out, by name. Engines count CPU time, that of all their threads, and
Spark that of Java and its Python workers.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.engines import by_object, ways
from benchmarks.harness import sizes
from benchmarks.prefix.by_hand import ByLength

CONTENDERS = [*ways.TWINS, *by_object.NAMES]
CASES = [
    (engine, who)
    for engine in ways.IN_PROCESS
    for who in [*CONTENDERS, *ways.PEERS.get(engine, [])]
]


LOG = by_object.Log(sizes.NETWORKS // 10, sizes.MILLION)


@cache
def expected() -> int:
    """What plain Python says."""
    given = by_object.given(LOG)
    number = ByLength(given).number
    return sum(number(row) or 0 for row in given.rows)


def title(engine: str) -> str:
    return f"{engine}, {LOG.rows:,} in {LOG.networks:,} networks"


def made(who: str, make: Callable[[], ways.Way]) -> ways.Way:
    try:
        return make()
    except ImportError as missing:
        pytest.skip(f"{missing.name} is not installed")


@pytest.mark.parametrize(("engine", "who"), CASES)
def bench_lookup(measure: Callable[..., None], engine: str, who: str) -> None:
    """One column in, the sum of the values out."""
    way = made(who, lambda: ways.IN_PROCESS[engine](who, LOG))
    rounds = 5 if who == "compiled" else 2
    measure("lookup, summed", title(engine), who, way, got=way(), expected=expected(),
            items=LOG.rows, rounds=rounds, cpu=True, clock=time.process_time_ns,
            headline=who == "compiled")  # fmt: skip


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    pytest.importorskip("pyspark")
    pytest.importorskip("pyarrow")
    if shutil.which("java") is None:
        pytest.skip("there is no java")
    with ways.spark_session() as found:
        yield found


@pytest.mark.parametrize("who", ["compiled", *by_object.NAMES, "floor"])
def bench_spark(measure: Callable[..., None], session: Any, who: str) -> None:
    """The same by two workers."""
    way = made(who, lambda: ways.spark(session, who, LOG))
    java = session.sparkContext._gateway.proc.pid
    right = 0 if who == "floor" else expected()
    measure("lookup, summed", title("Spark local[2]"), who, way, got=way(), expected=right,
            items=LOG.rows, rounds=5, cpu=Path("/proc/self/stat").exists(),
            clock=lambda: ways.cpu_time_below(java))  # fmt: skip
