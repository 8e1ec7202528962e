"""Instructions an address, counted by valgrind's callgrind: the one figure that repeats exactly.

Each case runs twice in a fresh interpreter, with few calls and with more; the difference
over the difference in calls is what one call takes, and start-up falls out. The same loop
around nothing is taken off. Kernels and memory effects cost time that no count shows:
these numbers guard against change, `make bench` says how fast.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CALLS = 1_000, 3_000
TWINS = {
    "compiled": "fastsock.address._c",
    "stdlib": "socket",
    "floor": "benchmarks.harness.floor.empty",
}
V4, V6 = "192.168.1.1", "2001:db8:85a3::8a2e:370:7334"

# Row: the function, its arguments, the empty function of the same shape.
SCALARS = {
    "inet_aton": ("inet_aton", f"'{V4}'", "one_bytes4"),
    "inet_pton v4": ("inet_pton", f"AF_INET, '{V4}'", "two_bytes4"),
    "inet_pton v6": ("inet_pton", f"AF_INET6, '{V6}'", "two_bytes16"),
    "inet_ntoa": ("inet_ntoa", "b'\\xc0\\xa8\\x01\\x01'", "one_text4"),
    "inet_ntop v4": ("inet_ntop", "AF_INET, b'\\xc0\\xa8\\x01\\x01'", "two_text4"),
    "inet_ntop v6": ("inet_ntop", f"AF_INET6, inet_pton(AF_INET6, '{V6}')", "two_text6"),
}
ROWS = 1_000
# Row: the bulk call and the same over the standard library, for `ROWS` rows.
BATCHES = {
    "inet_pton_many v4 list": (
        "inet_pton_many(AF_INET, texts(AF_INET, 1000))",
        "[inet_pton(AF_INET, t) for t in texts(AF_INET, 1000)]",
    ),
    "inet_pton_many v6 list": (
        "inet_pton_many(AF_INET6, texts(AF_INET6, 1000))",
        "[inet_pton(AF_INET6, t) for t in texts(AF_INET6, 1000)]",
    ),
    "inet_pton_many v4 lines": (
        "inet_pton_many(AF_INET, blob(AF_INET, 1000))",
        "[inet_pton(AF_INET, t) for t in blob(AF_INET, 1000).decode().splitlines()]",
    ),
    "inet_pton_many v6 lines": (
        "inet_pton_many(AF_INET6, blob(AF_INET6, 1000))",
        "[inet_pton(AF_INET6, t) for t in blob(AF_INET6, 1000).decode().splitlines()]",
    ),
    "inet_ntop_many v4": (
        "inet_ntop_many(AF_INET, records(AF_INET, 1000))",
        "[inet_ntop(AF_INET, p) for p in packed(AF_INET, 1000)]",
    ),
    "inet_ntop_many v6": (
        "inet_ntop_many(AF_INET6, records(AF_INET6, 1000))",
        "[inet_ntop(AF_INET6, p) for p in packed(AF_INET6, 1000)]",
    ),
}
# Row: fed and cut, and the fastest by hand, for `ROWS` messages that are there already.
STREAMS = {
    "frames 64 B prefixed": ("cut(PREFIXED, LengthPrefix(4))", "slices(PREFIXED)"),
    "frames 80 B lines": ("cut(TEXT, Lines())", "(b'' + TEXT).split(b'\\n')"),
    "frames 80 B delimiter": ("cut(TEXT, Delimiter(b'\\n'))", "(b'' + TEXT).split(b'\\n')"),
}
# Row: ours and by hand, for `ROWS` packets, headers or changes.
PACKETS = {
    "parse_packet + 5 fields": ("five(packets)", "packet.five_fields(packets)"),
    "decode_columns": ("decode_columns(packets)", "capture.packet_columns(packets)"),
    "checksum 20 B": ("list(map(checksum, headers))", "list(map(sums.checksum, headers))"),
    "verify 20 B": ("list(map(verify, headers))", "list(map(sums.verify, headers))"),
    "update16": ("list(map(update16, *words))", "list(map(sums.update16, *words))"),
}
SCALAR_PROGRAM = """
from socket import *
from {module} import {function}
from benchmarks.harness.loops import hot
hot({function}, {arguments}, calls={calls})()
"""
EMPTY_PROGRAM = """
from benchmarks.harness.loops import hot, nothing
nothing({calls})()
"""
BATCH_PROGRAM = """
from socket import *
from fastsock.address._c import inet_ntop_many, inet_pton_many
from benchmarks.address.corpus import blob, packed, records, texts
{call}
for _ in range({calls}): {call}
"""


STREAM_PROGRAM = """
from fastsock.stream._c.accumulator import RecvAccumulator
from fastsock.stream.framers import Delimiter, LengthPrefix, Lines
PREFIXED = (b"\\0\\0\\0\\x40" + bytes(64)) * 1000
TEXT = (b"x" * 79 + b"\\n") * 1000
accumulator = RecvAccumulator()
def cut(data, framer):
    accumulator.feed(data)
    return accumulator.frames(framer)
def slices(data):
    batch, at, size = [], 0, len(data)
    while at + 4 <= size:
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        batch.append(data[at + 4 : end])
        at = end
    return batch
{call}
for _ in range({calls}): {call}
"""
PACKET_PROGRAM = """
from benchmarks.capture import by_hand as capture
from benchmarks.checksums import by_hand as sums
from benchmarks.headers.by_hand import ipv4_datagram, tcp_segment
from benchmarks.packet import by_hand as packet
from fastsock.checksums._c import checksum, update16, verify
from fastsock.capture._c.columns import decode_columns
from fastsock.packet._c import parse_packet
src, dst = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 7])
segment = tcp_segment(src, dst, (40000, 443), (1, 2), 0x18, bytes(100))
datagram = ipv4_datagram(src, dst, 6, segment)
packets, headers = [bytes(12) + b"\\x08\\0" + datagram] * 1000, [datagram[:20]] * 1000
words = [0x1C46] * 1000, [0x4006] * 1000, [0x3F06] * 1000
def five(packets):
    return [(p.src, p.dst, p.protocol, p.sport, p.dport) for p in map(parse_packet, packets)]
{call}
for _ in range({calls}): {call}
"""
GROUPS = ((BATCHES, BATCH_PROGRAM), (STREAMS, STREAM_PROGRAM), (PACKETS, PACKET_PROGRAM))


def count(program: str) -> int:
    """Instructions that an interpreter executes for a program."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = subprocess.run(
        [*command, sys.executable, "-S", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        raise SystemExit(done.stderr)
    return int(found[1])


def per_call(template: str, calls: tuple[int, int], **names: str) -> float:
    few, more = (count(template.format(calls=n, **names)) for n in calls)
    return (more - few) / (calls[1] - calls[0])


def scalar(row: str, empty: float) -> dict[str, float]:
    function, arguments, floor = SCALARS[row]
    named = {who: floor if who == "floor" else function for who in TWINS}
    return {
        who: per_call(
            SCALAR_PROGRAM, CALLS, module=module, function=named[who], arguments=arguments
        )
        - empty
        for who, module in TWINS.items()
    }


def batch(row: str) -> dict[str, float]:
    cases, program = next(group for group in GROUPS if row in group[0])
    calls = zip(("compiled", "stdlib"), cases[row], strict=True)
    return {who: per_call(program, (2, 12), call=call) / ROWS for who, call in calls}


def main() -> None:
    known = [*SCALARS, *BATCHES, *STREAMS, *PACKETS]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(known))
    wanted = parser.parse_args().rows or known
    if unknown := set(wanted) - set(known):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    if shutil.which("valgrind") is None:
        sys.exit("instructions.py: valgrind is not installed (apt install valgrind): no counts")
    empty = per_call(EMPTY_PROGRAM, CALLS)
    python = f"{sys.implementation.name} {sys.version.split()[0]}"
    print(f"Instructions an address, a message or a packet, {python}")
    print(f"{'':<26}{'compiled':>10}{'stdlib':>10}{'floor':>10}{'stdlib/compiled':>18}")
    for row in wanted:
        counts = scalar(row, empty) if row in SCALARS else batch(row)
        cells = "".join(f"{counts[who]:>10.1f}" if who in counts else f"{'':>10}" for who in TWINS)
        print(f"{row:<26}{cells}{counts['stdlib'] / counts['compiled']:>17.2f}x", flush=True)


if __name__ == "__main__":
    main()
