"""From a log to a map of networks: which networks call, how often, and where they lie.

    python examples/network_map.py [LOG] [--networks NETWORKS.csv] [--output map.csv]

The log's addresses stand first in each line, and its last field is a number of bytes, as web
servers write them. NETWORKS.csv has the columns network and name. Without a log it makes one
of its own. Polars streams the log: it may be larger than memory. Cells begin at ``# %%``.
"""

# %% A log and networks: those that are named, or some made here

import argparse
import random
import tempfile
from pathlib import Path

import polars

import fastsock
import fastsock.engines.polars  # registers `.ip` on expressions

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("log", metavar="LOG", nargs="?", help="a text file, an address in each line")
parser.add_argument("--networks", metavar="FILE", help="a CSV file: network,name")
parser.add_argument("--output", metavar="FILE", default="map.csv")
args = parser.parse_args()

NETWORKS = {
    "10.0.0.0/8": "office",
    "10.9.0.0/16": "lab",
    "192.0.2.0/24": "partner",
    "198.51.100.0/24": "crawler",
    "2001:db8::/32": "office",
    "2001:db8:9::/48": "lab",
}


def made_up(path: Path, lines: int = 20_000) -> None:
    """Write a log of a web server whose callers are some more, some less busy."""
    chance = random.Random(1)
    makers = [
        lambda: f"10.{chance.randrange(8)}.{chance.randrange(256)}.{chance.randrange(256)}",
        lambda: f"10.9.0.{chance.randrange(40)}",
        lambda: f"198.51.100.{chance.randrange(4)}",
        lambda: f"203.0.{chance.randrange(256)}.{chance.randrange(256)}",
        lambda: f"2001:db8:{chance.choice('19')}::{chance.randrange(99):x}",
        lambda: "unknown",
    ]
    with path.open("w", encoding="ascii") as file:
        for make in chance.choices(makers, [40, 20, 25, 9, 5, 1], k=lines):
            size = chance.randrange(200, 20_000)
            file.write(f'{make()} - - [29/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 {size}\n')


if args.networks is None:
    table = fastsock.PrefixTable(NETWORKS)
else:
    table = fastsock.PrefixTable.from_csv(args.networks, value="name")
table.freeze()
folder = tempfile.TemporaryDirectory()
path = Path(args.log or Path(folder.name, "access.log"))
if args.log is None:
    made_up(path)

# %% Text to columns: the address and the size of each line, read when they are asked for

lines = polars.scan_csv(
    path, has_header=False, new_columns=["line"], schema={"line": polars.String},
    separator="\x01", quote_char=None, encoding="utf8-lossy",
)  # fmt: skip
log = lines.select(
    src=polars.col("line").str.extract(r"^(\S+)"),
    size=polars.col("line").str.extract(r" (\d+)$").cast(polars.UInt64),
)

# %% Look each address up, and count by network: one pass over the log

address = polars.col("src").ip
counts = (
    log.select(
        "size",
        "src",
        name=polars.coalesce(
            address.lookup(table),
            polars.when(address.pton().is_null()).then(polars.lit("no address")),
            polars.lit("elsewhere"),
        ),
        block=address.mask(8, 32),
    )
    .group_by("name", "block")
    .agg(lines=polars.len(), bytes=polars.col("size").sum())
    .collect(engine="streaming")
)
networks = (
    counts.group_by("name")
    .agg(polars.col("lines", "bytes").sum())
    .sort("lines", "name", descending=[True, False])
)
widest = max(networks["lines"], default=1)
for name, number, size in networks.rows():
    print(f"{number:>10,} lines {size:>14,} bytes  {name:12} {'#' * (40 * number // widest)}")

# %% A map of IPv4: a sign for each /8, sixteen a row, the fuller the more lines came from there

blocks = {
    block: number
    for block, number in counts.group_by("block").agg(polars.col("lines").sum()).rows()
    if block is not None
}
shades = ".:-=+*#%@"
most = max(blocks.values(), default=1)
for first in range(0, 256, 16):
    here = [blocks.get(f"{octet}.0.0.0", 0) for octet in range(first, first + 16)]
    signs = [" " if not n else shades[(len(shades) - 1) * n // most] for n in here]
    print(f"{first:>3}.0.0.0 |{''.join(signs)}|")

# %% Keep the counts

counts.sort("name", "block").select("name", "block", "lines", "bytes").write_csv(args.output)
print(f"written to {args.output}")
folder.cleanup()
