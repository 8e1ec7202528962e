"""fastsock.capture and columns beside loops by hand, libraries and programs, on one capture file.

Targets are held against CPU time: some of the others take seconds, in which a busy machine
does much else. Only threads are timed by the clock.
"""

import os
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from shutil import which
from types import ModuleType
from typing import Any

import fastsock.capture._c.columns
import fastsock.capture._c.reader
import pytest

import fastsock.capture._py.columns
import fastsock.capture._py.reader
from benchmarks.capture import by_hand, peers
from benchmarks.capture.peers import FIVE, TCPDUMP, TSHARK, answers_of
from benchmarks.harness.sizes import CAPTURE, MILLION
from benchmarks.harness.traffic import Traffic
from fastsock.packet.fields import DEFAULT_COLUMNS

CAPTURES: dict[str, ModuleType] = {
    "compiled": fastsock.capture._c.reader,
    "pure": fastsock.capture._py.reader,
}
DECODERS: dict[str, ModuleType] = {
    "compiled": fastsock.capture._c.columns,
    "pure": fastsock.capture._py.columns,
}
SOME, MANY = CAPTURE, MILLION
CHUNK = 65536  # rows


@dataclass(frozen=True)
class Contender:
    """A reader of files, and its result in a form that compares."""

    read: Callable[[Path], Any]
    answers: Callable[[Path], Any]
    expected: Callable[[Traffic], Any]
    clock: Callable[[], int] = time.thread_time_ns


def to_columns(
    twin: str, path: Path, names: Any = None, verify: bool = False, threads: int = 1
) -> Any:
    with CAPTURES[twin].open_capture(path) as capture:
        return capture.to_columns(names, verify=verify, threads=threads)


def columns_by_hand(path: Path) -> dict[str, Any]:
    with by_hand.mapped(path) as blob:
        return by_hand.capture_columns(blob)


def five_by_hand(path: Path) -> dict[str, Any]:
    with by_hand.mapped(path) as blob:
        return by_hand.five_columns(data for _, _, data in by_hand.records(blob))


def expected_answers(packets: Traffic) -> peers.Answers:
    return answers_of(by_hand.five_columns(packets.first(SOME)))


def library(read: Callable[[Path], Any], same: Callable[[Any], Any] = answers_of) -> Contender:
    return Contender(read, lambda path: same(read(path)), expected_answers)


def program(
    command: tuple[str, ...], answers: Callable[[Path], Any], expected: Callable[[Traffic], Any]
) -> Contender:
    return Contender(partial(peers.run, command), answers, expected, peers.children_ns)


ALL = {twin: library(partial(to_columns, twin)) for twin in CAPTURES}
ALL["by hand"] = library(columns_by_hand)
ALL |= {peer.name: library(peer.call, peer.same) for peer in peers.columns()}
if which("tshark"):
    ALL["tshark"] = program(TSHARK, peers.tshark_answers, expected_answers)
if which("tcpdump"):
    ALL["tcpdump"] = program(TCPDUMP, peers.tcpdump_count, lambda packets: SOME)
ONLY_FIVE = {twin: library(partial(to_columns, twin, names=FIVE)) for twin in CAPTURES}
ONLY_FIVE["by hand"] = library(five_by_hand)
# Contenders come innermost, so that those of one row run one after the other.
FILES = [
    pytest.param(row, name, contender, id=f"{row}-{name}")
    for row, contenders in (("28 columns", ALL), ("5 columns", ONLY_FIVE))
    for name, contender in contenders.items()
]


@pytest.mark.parametrize(("row", "name", "contender"), FILES)
def bench_file(
    measure: Callable[..., None],
    packets: Traffic,
    capture_of: Callable[[int], Path],
    row: str,
    name: str,
    contender: Contender,
) -> None:
    """A file to columns, or to as many of them as the others have."""
    measure(
        f"to_columns, {row}",
        f"{packets.name}, {SOME:,}",
        name,
        partial(contender.read, capture_of(SOME)),
        got=contender.answers(capture_of(SOME)),
        expected=contender.expected(packets),
        items=SOME,
        rounds=2,
        headline=True,
        cpu=True,
        clock=contender.clock,
    )


def octets(columns: Any, names: Any) -> dict[str, bytes]:
    return {name: bytes(columns[name]) for name in names}


def expected_octets(packets: Traffic, count: int, names: Any) -> dict[str, bytes]:
    """The columns of the packets, repeated until there are `count`."""
    whole, rest = divmod(count, len(packets.packets))
    found = {}
    for name, column in octets(by_hand.capture_columns(packets.file), names).items():
        size = len(column) // len(packets.packets)
        found[name] = column * whole + column[: rest * size]
    return found


LARGER = [
    pytest.param(row, names, verify, count, id=f"{row}-{count}")
    for row, names, verify, counts in (
        ("28 columns", None, False, (MANY,)),
        ("28 columns, verified", None, True, (SOME, MANY)),
        ("5 columns", FIVE, False, (MANY,)),
    )
    for count in counts
]


@pytest.mark.parametrize(("row", "names", "verify", "count"), LARGER)
def bench_larger(
    measure: Callable[..., None],
    packets: Traffic,
    capture_of: Callable[[int], Path],
    row: str,
    names: tuple[str, ...] | None,
    verify: bool,
    count: int,
) -> None:
    """With every checksum, and a file that no cache holds."""
    path, checked = capture_of(count), names or by_hand.NAMES
    columns = to_columns("compiled", path, names, verify)
    assert tuple(columns) == (names or DEFAULT_COLUMNS)
    measure(
        f"to_columns, {row}",
        f"{packets.name}, {count:,}",
        "compiled",
        partial(to_columns, "compiled", path, names, verify),
        got=octets(columns, checked),
        expected=expected_octets(packets, count, checked),
        items=count,
        rounds=10 if count == SOME else 3,
        headline=True,
        cpu=True,
    )


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one core")
def bench_threads(
    measure: Callable[..., None],
    packets: Traffic,
    capture_of: Callable[[int], Path],
    threads: int,
) -> None:
    """Each thread reads the whole file: wall time for all of them."""
    path = capture_of(SOME)
    with ThreadPoolExecutor(threads) as pool:

        def timed() -> list[int]:
            return list(pool.map(lambda path: len(to_columns("compiled", path)), [path] * threads))

        measure(
            "to_columns, threads",
            f"{packets.name}, {SOME:,}",
            "compiled" if threads == 1 else f"{threads} threads",
            timed,
            got=timed(),
            expected=[SOME] * threads,
            items=SOME * threads,
            rounds=20,
        )


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one core")
def bench_parts(
    measure: Callable[..., None],
    packets: Traffic,
    capture_of: Callable[[int], Path],
    threads: int,
    whole: bool,
) -> None:
    """Each thread decodes a part of one file: wall time.

    One thread closes the file and drops the columns: that is part of the `whole` only.
    """
    path = capture_of(MANY)
    timed = partial(to_columns, "compiled", path, threads=threads)
    found = octets(timed(), by_hand.NAMES)
    held: list[Any] = []

    def reopen() -> None:
        held[:] = [CAPTURES["compiled"].open_capture(path)]

    def call() -> None:
        held.append(held[0].to_columns(threads=threads))

    measure(
        "to_columns, 2 threads",
        f"{packets.name}, {MANY:,}{', opened and closed' if whole else ''}",
        "1 thread" if threads == 1 else f"{threads} threads",
        timed if whole else call,
        got=found,
        expected=expected_octets(packets, MANY, by_hand.NAMES),
        items=MANY,
        rounds=20,
        setup=None if whole else reopen,
    )


def rows_of_chunks(path: Path, keep: bool) -> int:
    """Decode in chunks, and drop each or hold all: what is held can't be used again."""
    rows, held = 0, []
    with CAPTURES["compiled"].open_capture(path) as capture:
        for part in capture.to_columns(chunk=CHUNK):
            rows += len(part)
            if keep:
                held.append(part)
    return rows


@pytest.mark.parametrize("keep", [False, True])
def bench_chunks(
    measure: Callable[..., None], packets: Traffic, capture_of: Callable[[int], Path], keep: bool
) -> None:
    timed = partial(rows_of_chunks, capture_of(MANY), keep)
    measure(
        "to_columns, chunks",
        f"{packets.name}, {MANY:,}",
        "held" if keep else "compiled",
        timed,
        got=timed(),
        expected=MANY,
        items=MANY,
        rounds=20,
        cpu=True,
    )


def total_of_records(twin: str, path: Path) -> int:
    with CAPTURES[twin].open_capture(path) as capture:
        return sum([len(record.data) for record in capture])


def total_by_hand(path: Path) -> int:
    with by_hand.mapped(path) as blob:
        return sum([len(data) for _, _, data in by_hand.records(blob)])


READERS: dict[str, Callable[[Path], int]] = {
    **{twin: partial(total_of_records, twin) for twin in CAPTURES},
    "by hand": total_by_hand,
    **{peer.name: peer.call for peer in peers.records()},
}


@pytest.mark.parametrize("contender", READERS)
def bench_records(
    measure: Callable[..., None],
    packets: Traffic,
    capture_of: Callable[[int], Path],
    contender: str,
) -> None:
    """A file's records, one by one; only the length of each is read."""
    path = capture_of(SOME)
    measure(
        "records",
        f"{packets.name}, {SOME:,}",
        contender,
        partial(READERS[contender], path),
        got=READERS[contender](path),
        expected=sum(map(len, packets.first(SOME))),
        items=SOME,
        rounds=3,
        headline=True,
        cpu=True,
    )


PACKET_COLUMNS = tuple(name for name in by_hand.NAMES if name not in by_hand.RECORD_NAMES)
DECODED = [
    pytest.param(row, names, source, contender, id=f"{row}-{source}-{contender}")
    for row, names in (("25 columns", None), ("5 columns", FIVE))
    for source in ("list", "offsets")
    for contender in (*DECODERS, *(["by hand"] if source == "list" else []))
]


@pytest.mark.parametrize(("row", "names", "source", "contender"), DECODED)
def bench_decode(
    measure: Callable[..., None],
    packets: Traffic,
    row: str,
    names: tuple[str, ...] | None,
    source: str,
    contender: str,
) -> None:
    """Packets in memory: a list of them, or one buffer and the offset of each."""
    buffers: Any = list(packets.packets)
    if source == "offsets":
        offsets = array("q", accumulate(map(len, packets.packets), initial=0))
        buffers = b"".join(buffers), offsets
    if contender == "by hand":
        by_name = by_hand.five_columns if names else by_hand.packet_columns
        decode: Callable[[], Any] = partial(by_name, buffers)
    else:
        decode = partial(DECODERS[contender].decode_columns, buffers, names)
    checked = names or PACKET_COLUMNS
    measure(
        f"decode_columns, {row}",
        f"{packets.name}, {source}",
        contender,
        decode,
        got=octets(decode(), checked),
        expected=octets(by_hand.packet_columns(packets.packets), checked),
        items=len(packets.packets),
        rounds=5,
        headline=True,
        cpu=True,
    )


MEMORY = """
import sys
from pathlib import Path

def anonymous():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("RssAnon:"))

{prepare}
before = anonymous()
kept = make(Path(sys.argv[1]))
print((anonymous() - before) // len(kept))
"""
OPENED = """
from fastsock.capture._{twin} import open_capture
from fastsock.packet._{twin} import parse_packet
opened = open_capture(Path(sys.argv[1]))
"""
COLUMNS = OPENED + "make = lambda path: opened.to_columns()"
OBJECTS = OPENED + "make = lambda path: [parse_packet(r.data, r.link) for r in opened]"
DPKT = """
from dpkt.ethernet import Ethernet
from dpkt.pcap import Reader
file = open(sys.argv[1], "rb")
make = lambda path: [Ethernet(data) for _, data in Reader(file)]
"""
SCAPY = """
from scapy.utils import rdpcap
make = lambda path: rdpcap(str(path))
"""
PYPACKER = """
from pypacker.layer12.ethernet import Ethernet
from pypacker.ppcap import Reader
make = lambda path: [Ethernet(data) for _, data in Reader(filename=str(path))]
"""
KEPT = {
    "compiled": ("columns", COLUMNS.format(twin="c"), SOME),
    "pure": ("columns", COLUMNS.format(twin="py"), SOME),
    "parse_packet()": ("objects", OBJECTS.format(twin="c"), SOME),
    "pure parse_packet()": ("objects", OBJECTS.format(twin="py"), 10_000),
    **{
        peer.name: ("objects", {"dpkt": DPKT, "scapy": SCAPY, "pypacker": PYPACKER}[peer.name], n)
        for peer, n in zip(peers.records(), (10_000, 4_000, 10_000), strict=False)
    },
}


@pytest.mark.parametrize("contender", KEPT)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
def bench_memory(
    record: Callable[..., None], packets: Traffic, capture_of: Callable[[int], Path], contender: str
) -> None:
    """Memory of a capture's packets, kept as columns or as objects; the mapped file aside."""
    form, prepare, count = KEPT[contender]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY.format(prepare=prepare), str(capture_of(count))],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    )
    record(f"memory as {form}", packets.name, contender, bytes_each=int(done.stdout))
