"""What a table holds in memory: python -m benchmarks.prefix.memory CONTENDER SHAPE NETWORKS.

A process of its own for each table, so that nothing else is in the figure.
"""

import gc
import sys
from pathlib import Path

from benchmarks.prefix.peers import CONTENDERS
from benchmarks.prefix.shapes import SHAPES, Input


def resident() -> int:
    """Bytes of anonymous pages."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    raise OSError("no RssAnon in /proc/self/status")


def main() -> None:
    name, shape, count = sys.argv[1], SHAPES[sys.argv[2]], int(sys.argv[3])
    given = Input.make(shape, count, 1)
    CONTENDERS[name](Input.make(shape, 1, 1))  # what the library itself takes
    gc.collect()
    before = resident()
    table = CONTENDERS[name](given)
    gc.collect()
    print(max(resident() - before, 0))
    del table


if __name__ == "__main__":
    main()
