"""Peak memory of streams of rows: a tenth of them, and all.

    python -m benchmarks.engines.memory [--rows 100000000] [WAY...]

Each way runs in a process of its own, which looks up every address of a file and counts by network:
by Polars' streaming engine, in DuckDB, and by ``fastsock match``. The counts must be those of plain
Python. What is flat takes as much memory for all rows as for a tenth of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import fastsock

ROOT = Path(__file__).parents[2]
NETWORKS = {f"10.{n}.0.0/16": f"net{n % 50}" for n in range(200)}
BLOCK = 1 << 20
"""Lines that differ; a longer file repeats them."""


def block() -> bytes:
    """Lines of addresses of which some are in no network."""
    # 7919 is prime to 2**20, so that neighbours are far apart.
    numbers = ((row * 7919 + 17) & BLOCK - 1 for row in range(BLOCK))
    return b"".join(b"10.%d.%d.%d\n" % (n >> 12, n >> 4 & 255, (n & 15) * 16) for n in numbers)


def write(path: Path, rows: int) -> None:
    lines = block()
    with path.open("wb") as file:
        for _ in range(rows // BLOCK):
            file.write(lines)
        file.write(b"".join(lines.splitlines(keepends=True)[: rows % BLOCK]))


def expected(rows: int) -> dict[str, int]:
    """What plain Python counts."""
    counts: Counter[str] = Counter()
    for line in block().splitlines():
        second = line.decode().split(".")[1]
        counts[NETWORKS.get(f"10.{second}.0.0/16", "")] += rows // BLOCK
    for line in block().splitlines()[: rows % BLOCK]:
        counts[NETWORKS.get(f"10.{line.decode().split('.')[1]}.0.0/16", "")] += 1
    del counts[""]
    return dict(counts)


def table() -> fastsock.PrefixTable:
    made = fastsock.PrefixTable(NETWORKS)
    made.freeze()
    return made


def polars(path: Path) -> dict[str, int]:
    import polars

    import_module("fastsock.engines.polars")
    lines = polars.scan_csv(path, has_header=False, schema={"src": polars.String})
    net = polars.col("src").ip.lookup(table())
    counts = lines.group_by(net.alias("net")).len().drop_nulls()
    return dict(counts.collect(engine="streaming").rows())


def polars_alone(path: Path) -> dict[str, int]:
    """The same file by Polars' own functions: what the engine takes without us."""
    import polars

    lines = polars.scan_csv(path, has_header=False, schema={"src": polars.String})
    second = polars.col("src").str.extract(r"^10\.(\d+)\.").cast(polars.Int64)
    net = polars.when(second < 200).then(polars.format("net{}", second % 50))
    counts = lines.group_by(net.alias("net")).len().drop_nulls()
    return dict(counts.collect(engine="streaming").rows())


def duckdb(path: Path) -> dict[str, int]:
    import duckdb

    from fastsock.engines.duckdb import register

    connection = duckdb.connect()
    connection.execute("SET memory_limit = '1GB'")
    register(connection, table())
    read = "read_csv(?, header = false, columns = {'src': 'VARCHAR'})"
    sql = f"SELECT ip_lookup(src) AS net, count(*) FROM {read} WHERE net IS NOT NULL GROUP BY ALL"
    return dict(connection.execute(sql, [str(path)]).fetchall())


def match(path: Path) -> dict[str, int]:
    from fastsock.cli import main

    saved, said = path.with_suffix(".table"), path.with_suffix(".counts")
    table().save(saved)
    with said.open("w+") as file:
        sys.stdout = file
        main(["match", str(saved), str(path), "--count"])
        sys.stdout = sys.__stdout__
        file.seek(0)
        rows = [line.split() for line in file]
    nets = set(NETWORKS.values())
    return {name: int(count.replace(",", "")) for count, name in rows if name in nets}


WAYS: dict[str, Callable[[Path], dict[str, int]]] = {
    "polars": polars,
    "polars-alone": polars_alone,
    "duckdb": duckdb,
    "match": match,
}


def anonymous(process: int) -> int:
    """The KiB that a process holds now, without pages of files: those the kernel may drop."""
    try:
        said = Path(f"/proc/{process}/status").read_text()
        return int(said.partition("RssAnon:")[2].split()[0])
    except (OSError, IndexError):
        return 0  # it has ended


def peak(way: str, path: Path, rows: int) -> int:
    """The most memory, in KiB, that a process had which counted a file."""
    most = 0
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.engines.memory", way, "--file", path],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        while process.poll() is None:
            most = max(most, anonymous(process.pid))
            time.sleep(0.02)
        assert process.stdout is not None
        said = process.stdout.read()
    if process.returncode:
        raise SystemExit(f"{way} has failed")
    if json.loads(said) != expected(rows):
        raise SystemExit(f"{way}: other counts than plain Python's")
    return most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("ways", metavar="WAY", nargs="*", help=f"of {', '.join(WAYS)}")
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help="where the file is made")
    args = parser.parse_args()
    ways = args.ways or list(WAYS)
    if args.file is not None:  # a process of one way
        print(json.dumps(WAYS[ways[0]](args.file)))
        return
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        sizes = args.rows // 10, args.rows
        paths = [Path(folder, f"{rows}.log") for rows in sizes]
        for rows, path in zip(sizes, paths, strict=True):
            write(path, rows)
        print(f"{'peak memory, MiB':18}{sizes[0]:>14,} rows{sizes[1]:>14,} rows")
        for way in ways:
            peaks = [peak(way, path, rows) for rows, path in zip(sizes, paths, strict=True)]
            print(f"{way:18}{peaks[0] / 1024:>19,.1f}{peaks[1] / 1024:>19,.1f}", flush=True)


if __name__ == "__main__":
    main()
