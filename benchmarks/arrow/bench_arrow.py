"""Longest match of a column of addresses, in each engine: fastsock beside a call an address.

Run it as a program: ``python benchmarks/arrow/bench_arrow.py [--networks N] [--rows N]``. Every way
must give the sum that plain Python gives before it counts; engines and peers that are missing are
named. Times are CPU time of the process, the least of three runs, as nanoseconds a row.
"""

from __future__ import annotations

import argparse
import importlib
import random
import time
from collections.abc import Callable, Iterator
from socket import AF_INET
from typing import Any

import fastsock


def make(networks: int, rows: int) -> tuple[dict[str, int], list[str]]:
    """Networks with their numbers, and addresses as texts, most of them in a network."""
    draw = random.Random(1)
    found: dict[str, int] = {}
    starts = []
    while len(found) < networks:
        length = draw.choice((16, 20, 22, 24, 24, 24))
        start = draw.randrange(1 << 24, 224 << 24) >> 32 - length << 32 - length
        text = fastsock.inet_ntop(AF_INET, start.to_bytes(4, "big"))
        found.setdefault(f"{text}/{length}", len(found))
        starts.append((start, length))
    texts = []
    for start, length in draw.choices(starts, k=rows):
        address = start | draw.getrandbits(32 - length)
        texts.append(fastsock.inet_ntop(AF_INET, address.to_bytes(4, "big")))
    return found, texts


def least(call: Callable[[], Any]) -> float:
    times = []
    for _ in range(3):
        start = time.process_time_ns()
        call()
        times.append(time.process_time_ns() - start)
    return min(times)


def by_object(networks: dict[str, int], table: Any) -> Callable[[Any], int | None]:
    """What a user maps over a column: pytricia where it is there, else our own single look-up."""
    try:
        pytricia = importlib.import_module("pytricia")
    except ImportError:
        return table.lookup  # type: ignore[no-any-return]
    tree = pytricia.PyTricia(32)
    for network, number in networks.items():
        tree[network] = number
    tree.freeze()

    def look_up(text: Any) -> int | None:
        return tree.get(text)  # type: ignore[no-any-return]

    return look_up


Way = tuple[str, str, Callable[[], int]]


def ways_of_pandas(table: Any, texts: list[str], single: Any) -> Iterator[Way]:
    pandas = importlib.import_module("pandas")
    series = pandas.Series(texts)

    def ours() -> int:
        found = pandas.Series.from_arrow(table.lookup_column(series, default=-1))
        numbers = pandas.Series(table.values_list(), dtype="int64").to_numpy()
        rows = found.to_numpy()
        return int(numbers[rows[rows >= 0]].sum())

    yield "pandas", "fastsock", ours
    yield "pandas", "map", lambda: int(series.map(single).sum())


def ways_of_polars(table: Any, texts: list[str], single: Any) -> Iterator[Way]:
    polars = importlib.import_module("polars")
    importlib.import_module("fastsock.engines.polars")
    frame = polars.DataFrame({"src": texts})
    expression = polars.col("src").ip.lookup(table)
    yield "Polars", "fastsock", lambda: frame.select(expression.sum()).item()
    lazy = frame.lazy().select(expression.sum())
    yield "Polars streaming", "fastsock", lambda: lazy.collect(engine="streaming").item()
    mapped = polars.col("src").map_elements(single, return_dtype=polars.Int64)
    yield "Polars", "map", lambda: frame.select(mapped.sum()).item()


def ways_of_duckdb(table: Any, texts: list[str], single: Any) -> Iterator[Way]:
    duckdb = importlib.import_module("duckdb")
    pyarrow = importlib.import_module("pyarrow")
    engine = importlib.import_module("fastsock.engines.duckdb")
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    log = pyarrow.table({"src": texts})
    connection.register("given", log)
    connection.execute("CREATE TABLE log AS SELECT * FROM given")
    engine.register(connection, table)
    connection.create_function(
        "by_object", lambda text: single(text), ["VARCHAR"], "BIGINT", null_handling="special"
    )
    for name, who in (("ip_lookup", "fastsock"), ("by_object", "map")):
        sql = f"SELECT sum({name}(src)) FROM log"
        yield "DuckDB", who, lambda sql=sql: int(connection.sql(sql).fetchall()[0][0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args()
    networks, texts = make(args.networks, args.rows)
    table = fastsock.PrefixTable(networks)
    table.freeze()
    single = by_object(networks, table)
    expected = sum(number for number in map(table.lookup, texts) if number is not None)
    failed = 0
    for ways in (ways_of_pandas, ways_of_polars, ways_of_duckdb):
        measured: dict[str, dict[str, float]] = {}
        try:
            for engine, who, call in ways(table, texts, single):
                if call() != expected:
                    print(f"{engine:18}{who:10} another sum")
                    failed = 1
                    continue
                measured.setdefault(engine, {})[who] = least(call) / args.rows
        except ImportError as missing:
            print(f"left out: {missing}")
            continue
        for engine, by in measured.items():
            for who, ns in by.items():
                times = by.get("map", 0) / ns
                print(f"{engine:18}{who:10}{ns:10.1f} ns a row{times:8.1f}x")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
