"""fastsock.prefix beside pytricia, py-radix, pysubnettree, libcidr, ipset-c, netaddr.

Run it as a program: ``python -m benchmarks.prefix.million [--networks N] [--rows N]``. Every
contender's answers are checked before it is timed; libraries that are missing are named, and so is
one whose answers are wrong. Times are CPU time of the thread, the least of a few runs, and each
group runs in a process of its own, so that its memory is its own.

A table of so many networks does not fit into the caches: what single look-ups cost there is mostly
waiting for memory, and batches overlap it.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, AF_INET6
from typing import Any

MIB = 1 << 20
# Lengths in a table of the Internet's routes, in percent.
LENGTHS4 = {24: 60, 23: 10, 22: 11, 21: 5, 20: 4, 19: 3, 18: 2, 16: 2, 17: 1, 28: 1, 32: 1}
LENGTHS6 = {48: 48, 32: 13, 44: 10, 40: 8, 36: 5, 46: 4, 29: 3, 64: 4, 56: 2, 128: 2, 127: 1}


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


def _routes6(draw: random.Random) -> tuple[int, int]:
    # About ten thousand allocations, each with more specific routes inside.
    base = random.Random(draw.randrange(10_000)).getrandbits(29)
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
        Shape("IPv6 chains", True,
              lambda draw: (random.Random(draw.randrange(8000)).getrandbits(128),
                            draw.randrange(1, 129))),
    )
}  # fmt: skip


def text_of(address: int, length: int, wide: bool) -> str:
    kind = ipaddress.IPv6Address if wide else ipaddress.IPv4Address
    return f"{kind(address)}/{length}"


def least(call: Callable[[], object], rounds: int = 3) -> float:
    """Seconds of CPU time."""
    best = float("inf")
    for _ in range(rounds):
        start = time.thread_time()
        call()
        best = min(best, time.thread_time() - start)
    return best


def resident() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


@dataclass
class Contender:
    """A built table: one look-up of a text, and of a batch of packed rows where there is one."""

    one: Callable[[str], Any] | None = None
    many: Callable[[bytes], Any] | None = None
    members_only: bool = False
    load: Callable[[], object] | None = None
    note: str = ""


Build = Callable[[Shape, list[tuple[int, int]], list[str]], Contender]


def _fastsock(simd: str) -> Build:
    def build(shape: Shape, networks: list[tuple[int, int]], texts: list[str]) -> Contender:
        from fastsock.prefix import _c, image

        if simd == "scalar" and _c._KERNEL != "scalar":
            raise RuntimeError("FASTSOCK_SIMD=scalar was not heeded")
        table = _c.PrefixTable(zip(texts, range(len(texts)), strict=True))
        table.freeze()
        places = image.layout(table._snapshot()[0].counts)
        family = AF_INET6 if shape.wide else AF_INET
        path = Path(tempfile.gettempdir(), f"bench-prefix-{os.getpid()}.table")

        def load() -> None:
            if not path.exists():
                names = _c.PrefixTable((t, n % 60_000) for n, t in enumerate(texts))
                names.save(path)
            least(lambda: _c.PrefixTable.load(path), 1)

        values = table.values_list()

        def many(rows: bytes) -> Any:
            return table.lookup_many(family, rows)

        one = table.lookup
        note = (
            f"{_c._KERNEL}; trees {places['addresses4'].start / MIB:.1f} MiB, "
            f"with the list {places['end'].start / MIB:.1f}"
        )
        found = Contender(one, many, load=load, note=note)
        found.values = values  # type: ignore[attr-defined]
        return found

    return build


def _pytricia(frozen: bool) -> Build:
    def build(shape: Shape, networks: list[tuple[int, int]], texts: list[str]) -> Contender:
        from pytricia import PyTricia

        tree = PyTricia(shape.bits)
        for number, text in enumerate(texts):
            tree[text] = number
        if frozen:
            tree.freeze()
        return Contender(tree.__getitem__)

    return build


def _radix(shape: Shape, networks: list[tuple[int, int]], texts: list[str]) -> Contender:
    import radix

    tree = radix.Radix()
    for number, text in enumerate(texts):
        tree.add(text).data["n"] = number
    return Contender(lambda text: tree.search_best(text).data["n"])


def _subnettree(shape: Shape, networks: list[tuple[int, int]], texts: list[str]) -> Contender:
    import SubnetTree

    tree = SubnetTree.SubnetTree()
    for number, text in enumerate(texts):
        tree[text] = number
    return Contender(tree.__getitem__)


def _libcidr(shape: Shape, networks: list[tuple[int, int]], texts: list[str]) -> Contender:
    import libcidr

    network, address = (
        (libcidr.IPv6Network, libcidr.IPv6Address)
        if shape.wide
        else (libcidr.IPv4Network, libcidr.IPv4Address)
    )
    index = libcidr.PrefixIndex([network(text) for text in texts])
    return Contender(lambda text: index.lookup([address(text)])[0], note="through a list of one")


def _ipset(shape: Shape, networks: list[tuple[int, int]], texts: list[str]) -> Contender:
    from ipset_c import IPSet

    return Contender(IPSet(texts).isContainsCidr, members_only=True)


def _netaddr(shape: Shape, networks: list[tuple[int, int]], texts: list[str]) -> Contender:
    from netaddr import IPSet

    return Contender(
        IPSet(texts[:2000]).__contains__, members_only=True, note="2,000 networks only"
    )


CONTENDERS: dict[str, Build] = {
    "fastsock": _fastsock("auto"),
    "fastsock, scalar": _fastsock("scalar"),
    "pytricia": _pytricia(False),
    "pytricia, frozen": _pytricia(True),
    "py-radix": _radix,
    "pysubnettree": _subnettree,
    "libcidr": _libcidr,
    "ipset-c": _ipset,
    "netaddr.IPSet": _netaddr,
}


def check(contender: Contender, name: str, shape: Shape, texts: list[str], rows: list[int]) -> None:
    """Compare some answers with a dict for each length."""
    networks = {text: number for number, text in enumerate(texts)}
    for row in rows[:: max(len(rows) // 2000, 1)]:
        expected = None
        for length in range(shape.bits, -1, -1):
            host = shape.bits - length
            expected = networks.get(text_of(row >> host << host, length, shape.wide))
            if expected is not None:
                break
        text = text_of(row, shape.bits, shape.wide).partition("/")[0]
        if contender.members_only:
            if "2,000" not in contender.note and not contender.one(text):  # type: ignore[misc]
                raise AssertionError(f"{text} is missing")
        elif contender.one is not None and contender.one(text) != expected:
            raise AssertionError(f"{text}: {contender.one(text)}, not {expected}")
        if contender.many is not None:
            packed = row.to_bytes(shape.bits // 8, "big")
            values = contender.values  # type: ignore[attr-defined]
            if values[contender.many(packed)[0]] != expected:
                raise AssertionError(f"{text} in a batch")


def run_one(name: str, shape: Shape, count: int, lookups: int) -> dict[str, Any]:
    networks = shape.networks(count)
    rows = shape.rows(networks, lookups)
    texts = [text_of(*network, shape.wide) for network in networks]
    words = [text_of(row, shape.bits, shape.wide).partition("/")[0] for row in rows]
    before, start = resident(), time.thread_time()
    contender = CONTENDERS[name](shape, networks, texts)
    figures: dict[str, Any] = {
        "build_s": time.thread_time() - start,
        "resident_mib": (resident() - before) / MIB,
        "note": contender.note,
    }
    check(contender, name, shape, texts, rows)
    if contender.one is not None:
        some, one = words[: lookups // 5], contender.one
        if name == "netaddr.IPSet":
            some = some[:2000]

        def singly() -> None:
            for word in some:
                one(word)

        figures["one_ns"] = least(singly) / len(some) * 1e9
    if contender.many is not None:
        packed = b"".join(row.to_bytes(shape.bits // 8, "big") for row in rows)
        figures["many_ns"] = least(lambda: contender.many(packed), 5) / len(rows) * 1e9  # type: ignore[misc]
    if contender.load is not None:
        contender.load()
        figures["load_ms"] = least(contender.load, 5) * 1e3
        Path(tempfile.gettempdir(), f"bench-prefix-{os.getpid()}.table").unlink()
    return figures


def measured(name: str, shape: Shape, options: argparse.Namespace) -> Iterator[str]:
    """A row, measured by a process of its own."""
    environment = {**os.environ, "FASTSOCK_SIMD": "scalar" if "scalar" in name else ""}
    words = ["--only", name, "--shape", shape.name, "--networks", str(options.networks)]
    process = subprocess.run(
        [sys.executable, __file__, *words, "--rows", str(options.rows)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    if process.returncode:
        said = process.stderr.strip().splitlines() or ["no word"]
        yield f"  {name:<18} left out: {said[-1]}"
        return
    figures = json.loads(process.stdout)
    cells = [f"build {figures['build_s']:5.2f} s", f"memory {figures['resident_mib']:6.1f} MiB"]
    cells += [f"one {figures['one_ns']:7.0f} ns"] if "one_ns" in figures else []
    cells += [f"batch {figures['many_ns']:6.1f} ns"] if "many_ns" in figures else []
    cells += [f"load {figures['load_ms']:5.1f} ms"] if "load_ms" in figures else []
    yield f"  {name:<18} {'  '.join(cells)}  {figures['note']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--networks", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--shape", choices=SHAPES, action="append")
    parser.add_argument("--only", choices=CONTENDERS)
    options = parser.parse_args()
    if options.only:
        shape = SHAPES[options.shape[0]]
        print(json.dumps(run_one(options.only, shape, options.networks, options.rows)))
        return
    for name in options.shape or SHAPES:
        print(f"{name}, {options.networks:,} networks, {options.rows:,} look-ups inside them")
        for contender in CONTENDERS:
            for line in measured(contender, SHAPES[name], options):
                print(line, flush=True)


if __name__ == "__main__":
    main()
