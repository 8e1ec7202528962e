"""fastsock.datagram beside the socket module, event loops and a C program that it compiles.

The queue is filled before each round, and the round drains it, so only receiving is timed. Sending
includes loopback's receiving side, because the kernel does both at once. asyncio asks for 256 KiB
per datagram: glibc maps new memory for each, or takes it from the heap, depending on its mmap
threshold, which changes with earlier frees. The row says which.
"""

import asyncio
import ctypes
import importlib.util
import resource
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastsock.datagram._c as compiled
import pytest

import fastsock.datagram._py as pure
from fastsock.datagram import open_datagram_socket, support

TWINS = {"compiled": compiled, "pure": pure}
SIZES = [64, 1200]
COUNT = 512
ROUNDS = 30
QUEUE = 1 << 24


class Pair:
    """A receiver whose queue has room for all, and its connected sender."""

    def __init__(self, size: int, *, gro: bool = False) -> None:
        self.here = open_datagram_socket(("127.0.0.1", 0), rcvbuf=QUEUE)
        self.there = open_datagram_socket(remote=self.here.getsockname(), sndbuf=QUEUE)
        self.payloads = [bytes([n % 256]) * size for n in range(COUNT)]
        self.gro = gro
        self.here.setblocking(False)
        support.prepare(self.here, support.GRO if gro else 0)

    def fill(self) -> None:
        assert compiled.send_batch(self.there, self.payloads, gso=self.gro) == COUNT

    def close(self) -> None:
        self.here.close()
        self.there.close()


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def pair(size: int):
    pair = Pair(size)
    yield pair
    pair.close()


@pytest.fixture(scope="session")
def limit(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The C program, as a library."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    library = tmp_path_factory.mktemp("limit") / "limit.so"
    source = Path(__file__).with_name("limit.c")
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", source, "-o", library], check=True)
    return ctypes.CDLL(str(library))


def until_empty(receive: Callable[[list[Any]], None]) -> Callable[[], int]:
    def drain() -> int:
        got: list[Any] = []
        try:
            while True:
                receive(got)
        except BlockingIOError:
            return len(got)

    return drain


def by_batch(twin: Any, sock: socket.socket, take: str, slots: int = 64, **options: Any) -> Any:
    """Receive in batches, and call `take` of each."""
    batch = twin.DatagramBatch(slots, **options)
    takes: dict[str, Callable[[], list[Any]]] = {
        "payloads and flat peers": lambda: (
            (batch.peer_addresses, batch.peer_ports) and batch.payloads()
        ),
        "pairs": lambda: list(batch),
        "payloads": batch.payloads,
    }
    taken = takes[take]

    def receive(got: list[Any]) -> None:
        batch.recv(sock)
        got += taken()

    return until_empty(receive)


def by_recvfrom(sock: socket.socket, size: int) -> Callable[[], int]:
    return until_empty(lambda got: got.append(sock.recvfrom(size)))


def by_recvfrom_into(sock: socket.socket) -> Callable[[], int]:
    room = bytearray(2048)
    view = memoryview(room)

    def receive(got: list[Any]) -> None:
        count, peer = sock.recvfrom_into(room)
        got.append((bytes(view[:count]), peer))

    return until_empty(receive)


class Counter(asyncio.DatagramProtocol):
    """Keeps datagrams until enough have come."""

    def expect(self, loop: asyncio.AbstractEventLoop) -> "asyncio.Future[int]":
        self.got: list[Any] = []
        self.done = loop.create_future()
        return self.done

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.got.append((data, addr))
        if len(self.got) == COUNT:
            self.done.set_result(COUNT)


def _receive(
    measure: Any, pair: Pair, size: int, drains: dict[str, Any], row: str = "recv", **more: Any
) -> None:
    for contender, drain in drains.items():
        pair.fill()
        measure(
            row, f"{size} B", contender, drain, got=drain(), expected=COUNT, items=COUNT,
            rounds=ROUNDS, cpu=True, setup=pair.fill, **more,
        )  # fmt: skip


@pytest.mark.parametrize(
    "contender",
    ["compiled", "compiled, pairs", "pure", "stdlib", "recvfrom(65536)", "recvfrom_into", "floor"],
)
def bench_recv_by(measure: Any, pair: Pair, size: int, limit: ctypes.CDLL, contender: str) -> None:
    here = pair.here
    drain = {
        "compiled": lambda: by_batch(compiled, here, "payloads and flat peers"),
        "compiled, pairs": lambda: by_batch(compiled, here, "pairs"),
        "pure": lambda: by_batch(pure, here, "payloads and flat peers"),
        "stdlib": lambda: by_recvfrom(here, 2048),
        "recvfrom(65536)": lambda: by_recvfrom(here, 65536),
        "recvfrom_into": lambda: by_recvfrom_into(here),
        "floor": lambda: lambda: limit.drain(here.fileno()),
    }[contender]()
    _receive(measure, pair, size, {contender: drain}, headline=contender == "compiled")


@pytest.mark.parametrize("contender", [*TWINS, "compiled, one by one"])
def bench_recv_trains(measure: Any, size: int, contender: str) -> None:
    gro = contender in TWINS
    pair = Pair(size, gro=gro)
    slots = 16 if gro else 64
    drain = by_batch(TWINS.get(contender, compiled), pair.here, "payloads", slots, gro=gro)
    _receive(measure, pair, size, {contender: drain}, "recv, GRO")
    pair.close()


@pytest.mark.parametrize("contender", ["asyncio", "uvloop", "compiled on asyncio"])
def bench_protocol(measure: Any, pair: Pair, size: int, contender: str) -> None:
    if contender == "uvloop":
        if importlib.util.find_spec("uvloop") is None:
            pytest.skip("uvloop is not installed")
        import uvloop

        loop = uvloop.new_event_loop()
    else:
        loop = asyncio.SelectorEventLoop()
    counter = Counter()

    async def start() -> Any:
        if contender == "compiled on asyncio":
            from fastsock import aio

            made = await aio.open_datagram_endpoint(lambda: counter, sock=pair.here)
        else:
            made = await loop.create_datagram_endpoint(lambda: counter, sock=pair.here)
        return made[0]

    transport = loop.run_until_complete(start())

    def drain() -> int:
        return loop.run_until_complete(counter.expect(loop))

    pair.fill()
    drain()
    pair.fill()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    got = drain()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
    if contender == "asyncio":
        contender += ", fresh memory each" if faults > COUNT / 2 else ", memory from the heap"
    measure(
        "datagram_received", f"{size} B", contender, drain, got=got, expected=COUNT, items=COUNT,
        rounds=ROUNDS, cpu=True, setup=pair.fill,
    )  # fmt: skip
    transport.abort()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.mark.parametrize(
    "contender", ["compiled", "compiled, one by one", "pure", "stdlib", "connected send", "floor"]
)
def bench_send(measure: Any, pair: Pair, size: int, limit: ctypes.CDLL, contender: str) -> None:
    name = pair.here.getsockname()
    pairs = [(data, name) for data in pair.payloads]
    sender = open_datagram_socket(("127.0.0.1", 0), sndbuf=QUEUE)

    def one_by_one() -> int:
        for data, peer in pairs:
            sender.sendto(data, peer)
        return len(pairs)

    def connected() -> int:
        for data in pair.payloads:
            pair.there.send(data)
        return len(pair.payloads)

    def empty() -> None:
        limit.drain(pair.here.fileno())

    send = {
        "compiled": lambda: compiled.send_batch(sender, pairs),
        "compiled, one by one": lambda: compiled.send_batch(sender, pairs, gso=False),
        "pure": lambda: pure.send_batch(sender, pairs),
        "stdlib": one_by_one,
        "connected send": connected,
        "floor": lambda: limit.send_many(pair.there.fileno(), COUNT, size),
    }[contender]
    measure(
        "send", f"{size} B", contender, send, got=send(), expected=COUNT, items=COUNT,
        rounds=ROUNDS, cpu=True, setup=empty, headline=contender == "compiled",
    )  # fmt: skip
    sender.close()
