"""Messages received by event loops, by other libraries, and by C, the limit of any receiver."""

import asyncio
import ctypes
import shutil
import socket
import subprocess
from collections.abc import Callable, Coroutine
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.stream.by_hand import SIZE, Keep, Receive
from fastsock import aio
from fastsock.stream import Framer

SOURCE = Path(__file__).with_name("kernels.c")
BUILT = Path(__file__).parents[2] / "build" / "stream_limit.so"


def run_async(
    uv: bool, main: Callable[..., Coroutine[Any, Any, int]], sock: socket.socket, n: int, keep: Keep
) -> int:
    factory: Any = None
    if uv:
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main(sock.dup(), n, keep))


async def connect(sock: socket.socket, protocol: Any) -> Any:
    loop = asyncio.get_running_loop()
    join = loop.create_unix_connection if sock.family == socket.AF_UNIX else loop.create_connection
    sock.setblocking(False)
    return await join(lambda: protocol, sock=sock)


async def reader_of(sock: socket.socket, limit: int) -> tuple[asyncio.StreamReader, Any]:
    reader = asyncio.StreamReader(limit)
    transport, _ = await connect(sock, asyncio.StreamReaderProtocol(reader))
    return reader, transport


async def prefixed_reader(sock: socket.socket, n: int, keep: Keep) -> int:
    reader, transport = await reader_of(sock, SIZE)
    for _ in range(n):
        message = await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
        if keep is not None:
            keep.append(message)
    transport.close()
    return n


async def lines_reader(sock: socket.socket, n: int, keep: Keep) -> int:
    reader, transport = await reader_of(sock, SIZE)
    for _ in range(n):
        line = await reader.readline()
        if keep is not None:
            keep.append(line[:-1])
    transport.close()
    return n


class Framing(asyncio.BufferedProtocol):
    """The least protocol over an accumulator: frames are counted as they come."""

    def __init__(self, stream: ModuleType, framer: Framer, n: int, keep: Keep) -> None:
        self.accumulator = stream.RecvAccumulator()
        self.framer, self.left, self.keep = framer, n, keep
        self.done = asyncio.get_running_loop().create_future()

    def get_buffer(self, sizehint: int) -> Any:
        return self.accumulator.get_buffer(SIZE)

    def buffer_updated(self, nbytes: int) -> None:
        self.accumulator.buffer_updated(nbytes)
        batch = self.accumulator.frames(self.framer)
        self.left -= len(batch)
        if self.keep is not None:
            self.keep += batch
        if self.left <= 0 and not self.done.done():
            self.done.set_result(None)


async def protocol_frames(
    stream: ModuleType, framer: Framer, sock: socket.socket, n: int, keep: Keep
) -> int:
    protocol = Framing(stream, framer, n, keep)
    transport, _ = await connect(sock, protocol)
    await protocol.done
    transport.close()
    return n - protocol.left


async def stream_frames(framer: Framer, sock: socket.socket, n: int, keep: Keep) -> int:
    stream, found = aio.Stream(), 0
    await connect(sock, stream)
    while found < n and (batch := await stream.frames(framer)):
        found += len(batch)
        if keep is not None:
            keep += batch
    stream.close()
    return found


# Peers and the limit.


def h11_lines(sock: socket.socket, n: int, keep: Keep) -> int:
    from h11._receivebuffer import ReceiveBuffer

    data, found = ReceiveBuffer(), 0
    while found < n and (chunk := sock.recv(SIZE)):
        data += chunk
        while (line := data.maybe_extract_next_line()) is not None:
            found += 1
            if keep is not None:
                keep.append(bytes(line[:-2]))
    return found


def hiredis_replies(sock: socket.socket, n: int, keep: Keep) -> int:
    from hiredis import Reader

    reader, found = Reader(), 0
    while found < n and (chunk := sock.recv(SIZE)):
        reader.feed(chunk)
        while (reply := reader.gets()) is not False:
            found += 1
            if keep is not None:
                keep.append(reply)
    return found


def msgpack_items(sock: socket.socket, n: int, keep: Keep) -> int:
    from msgpack import Unpacker

    unpacker, found = Unpacker(), 0
    while found < n and (chunk := sock.recv(SIZE)):
        unpacker.feed(chunk)
        for item in unpacker:
            found += 1
            if keep is not None:
                keep.append(item)
    return found


@cache
def library() -> ctypes.CDLL:
    """The C loops, compiled once a process."""
    compiler = shutil.which("cc") or shutil.which("gcc") or "clang"
    BUILT.parent.mkdir(exist_ok=True)
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", BUILT, SOURCE], check=True)
    return ctypes.CDLL(str(BUILT))


def limit(name: str, *more: int) -> Receive:
    """The C loop of that name. It keeps nothing, so its check is the count."""

    def receive(sock: socket.socket, n: int, keep: Keep) -> int:
        function = getattr(library(), name)
        function.restype = ctypes.c_long
        return function(sock.fileno(), *map(ctypes.c_long, (n, *more)))

    return receive


asynchronous = partial(partial, run_async)
