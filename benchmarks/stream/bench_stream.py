"""fastsock.stream beside loops by hand, event loops and other libraries, socket included.

Another process keeps the socket full, so this one's CPU time is that of receiving. It is what
targets are held against: wall time also tells how well two processes shared the machine.
"""

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import fastsock.stream._c.accumulator as compiled
import pytest

import fastsock.stream._py.accumulator as pure
from benchmarks.harness.floor import empty
from benchmarks.stream import by_hand, peers, receivers
from benchmarks.stream.by_hand import Receive
from benchmarks.stream.feed import PAIRS, STUCK, feeding
from benchmarks.stream.peers import asynchronous
from benchmarks.stream.receivers import LINES, PREFIX
from fastsock.stream import Framer

TWINS = {"compiled": compiled, "pure": pure}


def crlf(messages: list[bytes]) -> bytes:
    return b"".join([message + b"\r\n" for message in messages])


def bulk_strings(messages: list[bytes]) -> bytes:
    return b"".join([b"$%d\r\n%b\r\n" % (len(message), message) for message in messages])


def simple_strings(messages: list[bytes]) -> bytes:
    return b"".join([b"+%b\r\n" % message for message in messages])


def bin8(messages: list[bytes]) -> bytes:
    return b"".join([b"\xc4%c%b" % (len(message), message) for message in messages])


def prefixed(messages: list[bytes]) -> bytes:
    return b"".join([len(message).to_bytes(4, "big") + message for message in messages])


def lines(messages: list[bytes]) -> bytes:
    return b"".join([message + b"\n" for message in messages])


@dataclass(frozen=True)
class Contender:
    name: str
    receive: Receive
    write: Callable[[list[bytes]], bytes] | None = None  # its own protocol, where it has one
    needs: str = ""  # a library, of the `peers` group
    keeps: bool = True

    @property
    def present(self) -> bool:
        return not self.needs or importlib.util.find_spec(self.needs) is not None


@dataclass(frozen=True)
class Messages:
    """One row: what is sent, and who receives it."""

    row: str
    size: int
    count: int
    write: Callable[[list[bytes]], bytes]
    contenders: list[Contender] = field(repr=False)

    def messages(self) -> list[bytes]:
        digits = min(self.size, 16)
        body = bytes(33 + i % 90 for i in range(self.size - digits))
        return [b"%0*d" % (digits, i) + body for i in range(self.count)]


def by_frames(framer: Framer, views: bool = False) -> list[Contender]:
    return [
        Contender(name, partial(receivers.frames, twin, framer, views))
        for name, twin in TWINS.items()
    ]


def by_loops(framer: Framer, reader: Callable[..., object]) -> list[Contender]:
    """The event loops: their own reader, the least protocol, and `fastsock.aio`."""
    protocol = partial(peers.protocol_frames, compiled, framer)
    stream = partial(peers.stream_frames, framer)
    return [
        Contender(f"{loop} {name}", asynchronous(uv, main), needs=needs)
        for loop, uv, needs in (("asyncio", False, ""), ("uvloop", True, "uvloop"))
        for name, main in (
            ("StreamReader", reader),
            ("BufferedProtocol+frames()", protocol),
            ("aio.frames()", stream),
        )
    ]


ROWS = (
    Messages(
        "frames, length-prefixed",
        64,
        50_000,
        prefixed,
        [
            *by_frames(PREFIX),
            Contender("by hand", by_hand.prefixed_slices),
            Contender("struct+del", by_hand.prefixed_struct),
            Contender("makefile", by_hand.prefixed_makefile),
            Contender("frame_offsets()", partial(receivers.offsets, compiled, PREFIX)),
            Contender("SocketReader.frames()", partial(receivers.socket_reader, PREFIX)),
            *by_loops(PREFIX, peers.prefixed_reader),
            Contender("hiredis", peers.hiredis_replies, bulk_strings, "hiredis"),
            Contender("msgpack", peers.msgpack_items, bin8, "msgpack"),
            Contender("C recv", peers.limit("receive_prefixed"), keeps=False),
        ],
    ),
    Messages(
        "frames, lines",
        80,
        50_000,
        lines,
        [
            *by_frames(LINES),
            Contender("by hand", by_hand.lines_split),
            Contender("find+del", by_hand.lines_find_del),
            Contender("makefile", by_hand.lines_makefile),
            Contender("frame_offsets()", partial(receivers.offsets, compiled, LINES)),
            Contender("SocketReader.frames()", partial(receivers.socket_reader, LINES)),
            *by_loops(LINES, peers.lines_reader),
            Contender("h11", peers.h11_lines, crlf, "h11"),
            Contender("hiredis", peers.hiredis_replies, simple_strings, "hiredis"),
            Contender("C recv", peers.limit("receive_lines"), keeps=False),
        ],
    ),
    Messages(
        "views, 64 KiB",
        1 << 16,
        256,
        prefixed,
        [
            *by_frames(PREFIX, views=True),
            Contender("by hand", by_hand.bulk_recv_into),
            Contender("frames() as bytes", partial(receivers.frames, compiled, PREFIX, False)),
        ],
    ),
    Messages(
        "bulk, 1 MiB",
        by_hand.BULK,
        32,
        prefixed,
        [
            *by_frames(PREFIX, views=True),
            Contender("frames() as bytes", partial(receivers.frames, compiled, PREFIX, False)),
            Contender("by hand", by_hand.bulk_recv_into),
            Contender("makefile", by_hand.prefixed_makefile),
            *by_loops(PREFIX, peers.prefixed_reader),
            Contender("C recv", peers.limit("receive_bulk", by_hand.BULK + 4), keeps=False),
        ],
    ),
)
RUNS = [
    pytest.param(row, transport, contender, id=f"{row.row}-{transport}-{contender.name}")
    for row in ROWS
    for transport in PAIRS
    for contender in row.contenders
    if contender.present
]


@pytest.mark.parametrize(("row", "transport", "contender"), RUNS)
def bench_messages(
    measure: Callable[..., None], row: Messages, transport: str, contender: Contender
) -> None:
    """A round is one blob, sent by the other process and received whole."""
    messages = row.messages()
    blob = (contender.write or row.write)(messages)
    with feeding(transport, blob) as (sock, send):
        sock.settimeout(None)
        send()
        got: list[bytes] = []
        count = contender.receive(sock, row.count, got)
        assert count == row.count
        if contender.keeps:
            assert list(map(bytes, got)) == messages
        del got

        def timed() -> None:
            send()
            assert contender.receive(sock, row.count, None) == row.count

        measure(
            row.row,
            transport,
            contender.name,
            timed,
            got=count,
            expected=row.count,
            items=row.count,
            rounds=3,
            headline=transport == "UNIX",
            cpu=True,
        )


SPLIT = 1_000


@pytest.mark.parametrize("contender", [*TWINS, "C loop"])
def bench_split(measure: Callable[..., None], contender: str) -> None:
    """Frames that were received already, beside a loop in C that makes the same objects."""
    messages = [b"%064d" % number for number in range(SPLIT)]
    data = prefixed(messages)
    accumulator = TWINS.get(contender, compiled).RecvAccumulator()

    def setup() -> None:
        accumulator.clear()
        accumulator.feed(data)  # for the loop in C, too: caches hold the same

    split = partial(accumulator.frames, PREFIX)
    if contender == "C loop":
        split = partial(empty.prefixed_frames, data, SPLIT)
    setup()
    measure(
        "frames, received already",
        "64 B, length-prefixed",
        contender,
        split,
        got=split(),
        expected=messages,
        items=SPLIT,
        rounds=300,
        headline=True,
        cpu=True,
        setup=setup,
    )


READY = 128


def fill_all(twin: str, sock: socket.socket) -> int:
    accumulator, received = TWINS[twin].RecvAccumulator(), 0
    for _ in range(READY):
        received += accumulator.fill(sock)
    return received


def recv_all(sock: socket.socket) -> int:
    data, received = bytearray(256), 0
    for _ in range(READY):
        received += sock.recv_into(data)
    return received


@pytest.mark.parametrize("timeout", [None, 5.0], ids=["blocking", "timeout"])
@pytest.mark.parametrize("contender", ["compiled", "pure", "by hand"])
def bench_fill(measure: Callable[..., None], timeout: float | None, contender: str) -> None:
    """Messages of 64 bytes that are there already, one a call."""
    receive = recv_all if contender == "by hand" else partial(fill_all, contender)
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        here.settimeout(timeout)

        def setup() -> None:
            for _ in range(READY):
                there.send(bytes(64))

        setup()
        measure(
            "fill",
            "with a timeout" if timeout else "blocking",
            contender,
            partial(receive, here),
            got=receive(here),
            expected=READY * 64,
            items=READY,
            rounds=100,
            headline=True,
            cpu=True,
            setup=setup,
        )


IDLE = 10_000
MEMORY = """
import asyncio, sys
from fastsock.stream._{twin} import RecvAccumulator
from fastsock import LengthPrefix

framer = LengthPrefix(4)

def idle():
    accumulator = RecvAccumulator()
    accumulator.feed(b"\\0\\0\\0\\2hi")
    accumulator.frames(framer)
    return accumulator

def reader():
    made = asyncio.StreamReader(loop=loop)
    made.feed_data(b"\\0\\0\\0\\2hi")
    made._buffer.clear()
    return made

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

loop = asyncio.new_event_loop()
make = {make}
make()
kept = [None] * {count}
before = resident()
for i in range({count}):
    kept[i] = make()
print((resident() - before) // {count})
loop.close()
"""
MAKERS = {
    "compiled": ("c", "idle"),
    "pure": ("py", "idle"),
    "asyncio StreamReader": ("c", "reader"),
    "bytearray(65536)": ("c", "lambda: bytearray(65536)"),
}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="there is no /proc")
@pytest.mark.parametrize("contender", MAKERS)
def bench_idle(record: Callable[..., None], contender: str) -> None:
    """Memory of accumulators that have received something, and hold nothing now."""
    twin, make = MAKERS[contender]
    program = MEMORY.format(twin=twin, make=make, count=IDLE)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=root, check=True, capture_output=True, text=True, timeout=STUCK
    )
    record("idle memory", f"{IDLE:,}", contender, bytes_each=int(done.stdout))
