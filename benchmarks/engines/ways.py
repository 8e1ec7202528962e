"""The sum of what a column of addresses stands for, in each engine, as each contender gets it.

Each way has its column in the engine's memory before it is timed, and returns the sum.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.engines import by_object
from benchmarks.engines.by_object import Log, given
from benchmarks.prefix.peers import write_mmdb
from benchmarks.prefix.shapes import Input

Way = Callable[[], int]
TWINS = {"compiled": "_c", "pure": "_py"}


@cache
def table_of(twin: str, log: Log) -> Any:
    table = import_module(f"fastsock.prefix.{TWINS[twin]}").PrefixTable(given(log).pairs)
    table.freeze()
    return table


@cache
def texts_of(log: Log) -> list[str]:
    return given(log).words(given(log).rows)


def single(who: str, log: Log) -> Callable[[str], Any]:
    return by_object.look_up_of(who, log.networks)


def pandas(who: str, log: Log) -> Way:
    pandas = import_module("pandas")
    import_module("pyarrow")
    series = pandas.Series(texts_of(log))
    if who not in TWINS:
        look_up = single(who, log)
        return lambda: int(series.map(look_up).sum())
    table = table_of(who, log)
    values = pandas.Series(table.values_list(), dtype="int64").to_numpy()

    def ours() -> int:
        rows = pandas.Series.from_arrow(table.lookup_column(series, default=-1)).to_numpy()
        return int(values[rows[rows >= 0]].sum())

    return ours


def _polars_way(who: str, log: Log) -> tuple[Any, Any]:
    """A frame, and the expression of the sum."""
    polars = import_module("polars")
    frame = polars.DataFrame({"src": texts_of(log)})
    source = polars.col("src")
    if who == "polars-iptools, MaxMind DB":
        return frame, _geoip(polars, source, log)
    if who not in TWINS:
        mapped = source.map_elements(single(who, log), return_dtype=polars.Int64)
        return frame, mapped.sum()
    # polars-iptools takes the name `.ip`, too.
    expressions = import_module("fastsock.engines.polars").AddressExpressions(source)
    return frame, expressions.lookup(table_of(who, log)).sum()


def polars(who: str, log: Log) -> Way:
    frame, expression = _polars_way(who, log)
    return lambda: int(frame.select(expression).item())


def polars_streaming(who: str, log: Log) -> Way:
    frame, expression = _polars_way(who, log)
    lazy = frame.lazy().select(expression)
    return lambda: int(lazy.collect(engine="streaming").item())


def _autonomous_system(number: int) -> bytes:
    """A record of GeoLite2's database of autonomous systems."""
    names = [b"autonomous_system_number", b"autonomous_system_organization"]
    number_ = b"\x58" + names[0] + b"\xc4" + struct.pack(">I", number)
    return b"\xe2" + number_ + b"\x5d\x01" + names[1] + b"\x41x"


def _geoip(polars: Any, source: Any, log: Log) -> Any:
    """The number that its look-up writes into a text: it has no other longest match."""
    iptools = import_module("polars_iptools")
    folder = Path(__file__).parents[2] / "build" / "mmdb"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("GeoLite2-ASN", "GeoLite2-City"):
        write_mmdb(folder / f"{name}.mmdb", given(log), _autonomous_system, name)
    os.environ["MAXMIND_MMDB_DIR"] = str(folder)
    written = iptools.geoip.asn(source)
    return written.str.extract(r"AS(\d+)").cast(polars.Int64).sum()


def _connected(log: Log) -> Any:
    connection = import_module("duckdb").connect()
    connection.register("given", import_module("pyarrow").table({"src": texts_of(log)}))
    connection.execute("CREATE TABLE log AS SELECT * FROM given")
    return connection


def duckdb(who: str, log: Log) -> Way:
    connection = _connected(log)
    if who == "ASOF JOIN":
        return _asof(connection, log)
    if who in TWINS:
        engine = import_module("fastsock.engines.duckdb")
        engine.register(connection, table_of(who, log), "number_of")
    else:
        look_up = single(who, log)
        connection.create_function(
            "number_of", lambda text: look_up(text), ["VARCHAR"], "BIGINT", null_handling="special"
        )
    sql = "SELECT sum(number_of(src)) FROM log"
    return lambda: int(connection.sql(sql).fetchall()[0][0])


def ranges_of(given: Input) -> Iterator[tuple[int, int]]:
    """Where what an address stands for changes, and to what: -1 is nothing.

    An ASOF join finds the last start, which is the longest match only where ranges don't overlap.
    """
    bits = given.shape.bits
    networks = [
        (address, -length, address + (1 << bits - length), value)
        for (address, length), (_, value) in zip(given.networks, given.pairs, strict=True)
    ]
    open_: list[tuple[int, int]] = []  # ends and values of the networks around, the outermost first
    changes = {0: -1}
    for start, _, end, value in sorted(networks, key=lambda net: (net[0], -net[1])):
        while open_ and open_[-1][0] <= start:
            closed, _ = open_.pop()
            changes[closed] = open_[-1][1] if open_ else -1
        changes[start] = value
        open_.append((end, value))
    while open_:
        closed, _ = open_.pop()
        changes[closed] = open_[-1][1] if open_ else -1
    return iter(sorted(changes.items()))


def _asof(connection: Any, log: Log) -> Way:
    starts, numbers = zip(*ranges_of(given(log)), strict=True)
    table = import_module("pyarrow").table({"start": starts, "number": numbers})
    connection.register("flat", table)
    connection.execute("CREATE TABLE ranges AS SELECT * FROM flat ORDER BY start")
    octets = " + ".join(f"(split_part(src, '.', {n})::BIGINT << {32 - 8 * n})" for n in range(1, 5))
    sql = (
        f"SELECT sum(number) FROM (SELECT {octets} AS address FROM log) "
        "ASOF JOIN ranges ON address >= start WHERE number >= 0"
    )
    return lambda: int(connection.sql(sql).fetchall()[0][0])


@contextmanager
def spark_session() -> Iterator[Any]:
    """Spark in this machine's own two workers."""
    sql = import_module("pyspark.sql")
    root = str(Path(__file__).parents[2])
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "1g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()


def cpu_time_below(process: int) -> int:
    """The nanoseconds of a process and of all that it has started, as far as they have run."""
    parents, spent = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = entry.joinpath("stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(entry.name)] = int(words[1])
        spent[int(entry.name)] = sum(map(int, words[11:15]))  # with the children that it waited for
    found = {process}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    ticks = sum(spent.get(one, 0) for one in found)
    return ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def _zeros() -> Any:
    """An Arrow UDF that looks nothing up: what Spark takes by itself."""
    pyarrow: Any = import_module("pyarrow")

    def zeros(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            yield pyarrow.repeat(0, len(batch)).cast(pyarrow.int64())

    # Spark reads the kind of function off the annotations.
    zeros.__annotations__ = dict.fromkeys(("batches", "return"), Iterator[pyarrow.Array])
    return import_module("pyspark.sql.functions").arrow_udf(zeros, "long")


def spark(session: Any, who: str, log: Log) -> Way:
    functions = import_module("pyspark.sql.functions")
    frame = session.createDataFrame(import_module("pyarrow").table({"src": texts_of(log)}))
    frame = frame.repartition(2).cache()
    frame.count()
    if who in TWINS:
        lookup = import_module("fastsock.engines.spark").lookup(table_of(who, log), spark=session)
    elif who == "floor":
        lookup = _zeros()
    else:
        lookup = functions.udf(by_object.Mapped(who, log.networks), "long")
    # A query of its own each time: a second run of one takes up the shuffled sums of the first.
    return lambda: int(frame.select(functions.sum(lookup("src"))).collect()[0][0])


IN_PROCESS = {
    "pandas": pandas,
    "Polars": polars,
    "Polars, streaming": polars_streaming,
    "DuckDB": duckdb,
}
PEERS = {"Polars": ["polars-iptools, MaxMind DB"], "DuckDB": ["ASOF JOIN"]}
