"""Rows before and after, in one run: another fastsock's wheel beside this one.

    python benchmarks/against.py dist/fastsock-0.1.0-cp311-cp311-linux_x86_64.whl [NEW]

Each is a wheel, or a folder with a built `fastsock` in it; the second one is this checkout where it
is left out. Each runs in a process and an environment of its own. They take turns, row by row and
round by round, so that whatever else the machine does falls on both. A row that one of them can't
run, for it has no such function, has no figure there. Figures are nanoseconds an item: the best of
all rounds, and the median.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, NamedTuple, Self


class Row(NamedTuple):
    """A statement to time, after a set-up; `f` is fastsock."""

    name: str
    setup: str
    statement: str
    items: int = 1


_ENDS = "src, dst = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 7])"
_PAYLOAD = f"{_ENDS}; data = bytes(range(100))"
_DATAGRAM = f"{_ENDS}; packet = f.build_udp(src, dst, 53, 5353, b'data')"
_FRAME = f"{_PAYLOAD}; frame = bytearray(14) + f.build_tcp(src, dst, 1025, 443, data)"
_PROXY = "ends = ('192.0.2.1', 51234), ('198.51.100.7', 443)"
_FIVE = "names = 'src', 'dst', 'sport', 'dport', 'protocol'"
_PAIR = "import socket; a, b = socket.socketpair(); block = bytes(64)"
_BIG = "frame = (1 << 20).to_bytes(4, 'big') + bytes(1 << 20); size = 1 << 16"
_BIG += "; pieces = [frame[i:i + size] for i in range(0, len(frame), size)]"

ROWS = [
    Row("inet_pton, IPv4", "", "f.inet_pton(2, '192.168.1.1')"),
    Row("inet_pton, IPv6", "", "f.inet_pton(10, '2001:db8:85a3::8a2e:370:7334')"),
    Row("inet_ntop, IPv6", "p = bytes(range(16))", "f.inet_ntop(10, p)"),
    Row(
        "inet_pton_many, a list of IPv4",
        "t = [f'10.{i % 256}.{i % 97}.7' for i in range(1000)]",
        "f.inet_pton_many(2, t)",
        1000,
    ),
    Row(
        "inet_pton_many, AF_UNSPEC, a list of IPv4",
        "t = [f'10.{i % 256}.{i % 97}.7' for i in range(1000)]",
        "f.inet_pton_many(0, t)",
        1000,
    ),
    Row(
        "inet_pton_many, lines of IPv4",
        r"t = b'\n'.join(b'10.%d.%d.7' % (i % 256, i % 97) for i in range(1000))",
        "f.inet_pton_many(2, t)",
        1000,
    ),
    Row(
        "inet_pton_many, lines of IPv6",
        r"t = b'\n'.join(b'2001:db8:%x::%x' % (i, i % 97) for i in range(1000))",
        "f.inet_pton_many(10, t)",
        1000,
    ),
    Row("parse_hostport", "", "f.parse_hostport('192.0.2.1:8080')"),
    Row("format_hostport", "", "f.format_hostport('192.0.2.1', 8080)"),
    Row("parse_packet, raw", _DATAGRAM, "f.parse_packet(packet, 'raw')"),
    Row(
        "five fields of a packet, by attributes",
        _DATAGRAM + "; from operator import attrgetter; get = attrgetter('src', 'dst', 'sport', "
        "'dport', 'protocol')",
        "get(f.parse_packet(packet, 'raw'))",
    ),
    Row(
        "five fields of a packet, by PacketFields",
        f"{_DATAGRAM}; {_FIVE}; get = f.PacketFields(*names, link='raw')",
        "get(packet)",
    ),
    Row(
        "decode_columns, 1,000 packets",
        f"{_DATAGRAM}; packets = [packet] * 1000",
        "f.decode_columns(packets, link='raw')",
        1000,
    ),
    Row("IPv4View", _FRAME, "f.IPv4View(frame, 14)"),
    Row("IPv4View, ttl -= 1", _FRAME, "f.IPv4View(frame, 14).ttl -= 1; frame[22] = 64"),
    Row(
        "IPv4View, src, and sport",
        _FRAME,
        "v = f.IPv4View(frame, 14); v.src = dst; v.transport().sport = 61000",
    ),
    Row("build_udp, 100 B", _PAYLOAD, "f.build_udp(src, dst, 53, 5353, data)"),
    Row(
        "build_tcp, 100 B",
        _PAYLOAD,
        "f.build_tcp(src, dst, 1025, 443, data, seq=1, ack=2, flags=0x18)",
    ),
    Row("build_icmp_echo, 100 B", _PAYLOAD, "f.build_icmp_echo(src, dst, 7, 1, data)"),
    Row("build_ipv4, 100 B", _PAYLOAD, "f.build_ipv4(src, dst, 253, data)"),
    Row(
        "build_ethernet, 100 B",
        f"{_PAYLOAD}; mac = bytes(6)",
        "f.build_ethernet(mac, mac, 0x800, data)",
    ),
    Row("build_proxy_v1", _PROXY, "f.build_proxy_v1(*ends)"),
    Row("build_proxy_v2", _PROXY, "f.build_proxy_v2(*ends)"),
    Row("parse_proxy, version 1", f"{_PROXY}; h = f.build_proxy_v1(*ends)", "f.parse_proxy(h)"),
    Row("parse_proxy, version 2", f"{_PROXY}; h = f.build_proxy_v2(*ends)", "f.parse_proxy(h)"),
    Row(
        "frames of 64 B, fed and cut",
        "p = f.LengthPrefix(4); block = ((64).to_bytes(4, 'big') + bytes(64)) * 1000\n"
        "acc = f.RecvAccumulator()",
        "acc.feed(block); acc.frames(p)",
        1000,
    ),
    Row(
        "a frame of 1 MiB, fed in pieces of 64 KiB and cut",
        _BIG + "; p = f.LengthPrefix(4); acc = f.RecvAccumulator()",
        "for x in pieces: acc.feed(x)\nacc.frames(p)",
    ),
    Row(
        "fill of 64 B and clear, with the send",
        f"{_PAIR}; acc = f.RecvAccumulator()",
        "a.send(block); acc.fill(b); acc.clear()",
    ),
    Row("getaddrinfo, an address", "", "f.getaddrinfo('192.0.2.1', 80, type=1)"),
    Row("getservbyname", "", "f.getservbyname('http', 'tcp')"),
    Row(
        "Resolver, a hit",
        "r = f.Resolver(); r.getaddrinfo('localhost', 80)",
        "r.getaddrinfo('localhost', 80)",
    ),
    Row("checksum, 1,460 B", "p = bytes(1460)", "f.checksum(p)"),
]

_OURS = re.compile(r"\bf\.(\w+)")
_BUDGET = 0.002  # seconds a round: most are short enough to be left alone by other programs


def _timer(row: Row) -> Callable[[int], float]:
    """A function that runs a row's statement many times, and returns the seconds it took."""
    names: dict[str, Any] = {"clock": time.perf_counter}
    exec(f"import fastsock as f\n{row.setup}", names)
    # Functions are bound once, as by `from fastsock import ...`.
    names |= {name: getattr(names["f"], name) for name in _OURS.findall(row.statement)}
    statement = _OURS.sub(r"\1", row.statement)
    body = "\n".join(f"        {line}" for line in statement.split("\n"))
    source = (
        f"def run(turns):\n    start = clock()\n    for _ in range(turns):\n{body}\n"
        "    return clock() - start\n"
    )
    exec(source, names)
    run: Callable[[int], float] = names["run"]
    return run


def _work() -> None:
    """Answer each row's place, read from standard input, by the nanoseconds of an item."""
    timers: dict[int, tuple[Callable[[int], float], int]] = {}
    for line in sys.stdin:
        place = int(line)
        row = ROWS[place]
        try:
            if place not in timers:
                run, turns = _timer(row), 1
                run(turns)  # which may load what later calls have
                while run(turns) < _BUDGET and turns < 1 << 20:
                    turns *= 2
                timers[place] = run, turns
            run, turns = timers[place]
            answer: Any = run(turns) / turns / row.items * 1e9
        except (AttributeError, ImportError, TypeError, ValueError) as error:
            answer = str(error)
        print(json.dumps(answer), flush=True)


class Contender:
    """A process that times rows of one fastsock."""

    def __init__(self, root: Path) -> None:
        # Isolated: neither the environment nor this folder brings another fastsock.
        start = f"import sys; sys.path.insert(0, {str(root)!r}); del sys.argv[1:]"
        start += f"; import runpy; runpy.run_path({__file__!r})['_work']()"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def time(self, place: int) -> float | str:
        """Nanoseconds an item, or why there are none."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{place}\n")
        self._process.stdin.flush()
        answer: float | str = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def unpacked(given: Path) -> Iterator[Path]:
    """A folder with a `fastsock` in it: the one given, or a new one with the wheel's."""
    if given.is_dir():
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory() as root:
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
        subprocess.run([*command, "--target", root, str(given)], check=True)
        yield Path(root)


def compare(place: int, pair: list[Contender], rounds: int) -> list[list[float] | str]:
    """The figures of a row by contender, who take turns."""
    found: list[list[float] | str] = [[], []]
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            figures = found[which]
            if isinstance(figures, str):
                continue
            figure = pair[which].time(place)
            if isinstance(figure, str):
                found[which] = figure
            else:
                figures.append(figure)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("old", type=Path, help="a wheel, or a folder with a built fastsock")
    parser.add_argument("new", type=Path, nargs="?", default=Path(__file__).parents[1])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--only", default="", help="rows whose name has this text")
    chosen = parser.parse_args()
    print("| row | before, ns: best (median) | after | before / after |")
    print("| --- | ---: | ---: | ---: |")
    with ExitStack() as stack:
        roots = [stack.enter_context(unpacked(given)) for given in (chosen.old, chosen.new)]
        pair = [stack.enter_context(Contender(root)) for root in roots]
        for place, row in enumerate(ROWS):
            if chosen.only not in row.name:
                continue
            both = compare(place, pair, chosen.rounds)
            cells = [
                "-" if isinstance(figures, str) else f"{min(figures):,.1f} ({median(figures):,.1f})"
                for figures in both
            ]
            old, new = both
            ratio = "" if isinstance(old, str) or isinstance(new, str) else min(old) / min(new)
            shown = f"{ratio:.2f}x" if ratio else ""
            print(f"| {row.name} | {cells[0]} | {cells[1]} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
