"""Ways to receive a number of messages, from what a program writes by hand to fastsock.

Each takes a connected socket and how many messages will come, and returns how many did. With
`keep` it also puts them there, for the check; timed runs drop them. Receivers that get many
messages at once hand them on at once, for that is what they are for.
"""

import asyncio
import ctypes
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Coroutine
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from fastsock import aio
from fastsock.stream import Framer, LengthPrefix, Lines
from fastsock.stream.reader import SocketReader

SIZE = 1 << 16
BULK = 1 << 20
Keep = list[Any] | None
Receive = Callable[[socket.socket, int, Keep], int]
SOURCE = Path(__file__).with_name("stream_limit.c")
BUILT = Path(__file__).parent.parent / "build" / "stream_limit.so"


# fastsock.


def frames(
    stream: ModuleType, framer: Framer, views: bool, sock: socket.socket, n: int, keep: Keep
) -> int:
    accumulator, found = stream.RecvAccumulator(), 0
    while found < n and accumulator.fill(sock):
        batch = accumulator.frames(framer, views)
        found += len(batch)
        if keep is not None:
            keep += batch
    return found


def offsets(stream: ModuleType, framer: Framer, sock: socket.socket, n: int, keep: Keep) -> int:
    accumulator, found = stream.RecvAccumulator(), 0
    while found < n and accumulator.fill(sock):
        view, pairs = accumulator.frame_offsets(framer)
        found += len(pairs) // 16
        if keep is not None:
            numbers = memoryview(pairs).cast("q").tolist()
            keep += [bytes(view[a:b]) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
    return found


def socket_reader(framer: Framer, sock: socket.socket, n: int, keep: Keep) -> int:
    reader, found = SocketReader(sock), 0
    while found < n and (batch := reader.frames(framer)):
        found += len(batch)
        if keep is not None:
            keep += batch
    return found


# By hand, over the standard library.


def prefixed_slices(sock: socket.socket, n: int, keep: Keep) -> int:
    """The fastest by hand: bytes, an offset, and slices."""
    recv, from_bytes, rest, found = sock.recv, int.from_bytes, b"", 0
    while found < n and (data := recv(SIZE)):
        if rest:
            data = rest + data
        batch, at, size = [], 0, len(data)
        append = batch.append
        while at + 4 <= size:
            end = at + 4 + from_bytes(data[at : at + 4], "big")
            if end > size:
                break
            append(data[at + 4 : end])
            at = end
        rest = data[at:]
        found += len(batch)
        if keep is not None:
            keep += batch
    return found


def prefixed_struct(sock: socket.socket, n: int, keep: Keep) -> int:
    """The usual one: a bytearray, `struct`, and `del` for every message."""
    data, found = bytearray(), 0
    while found < n and (chunk := sock.recv(SIZE)):
        data += chunk
        while len(data) >= 4:
            (size,) = struct.unpack_from(">I", data)
            if len(data) < 4 + size:
                break
            message = bytes(data[4 : 4 + size])
            del data[: 4 + size]
            found += 1
            if keep is not None:
                keep.append(message)
    return found


def prefixed_makefile(sock: socket.socket, n: int, keep: Keep) -> int:
    with sock.makefile("rb", SIZE) as file:
        for _ in range(n):
            message = file.read(int.from_bytes(file.read(4), "big"))
            if keep is not None:
                keep.append(message)
    return n


def lines_split(sock: socket.socket, n: int, keep: Keep) -> int:
    """The fastest by hand: `bytes.split` once a read."""
    recv, rest, found = sock.recv, b"", 0
    while found < n and (data := recv(SIZE)):
        batch = (rest + data).split(b"\n")
        rest = batch.pop()
        found += len(batch)
        if keep is not None:
            keep += batch
    return found


def lines_find_del(sock: socket.socket, n: int, keep: Keep) -> int:
    """The usual one: a bytearray, `find`, and `del` for every line."""
    data, found = bytearray(), 0
    while found < n and (chunk := sock.recv(SIZE)):
        data += chunk
        while (end := data.find(b"\n")) >= 0:
            line = bytes(data[:end])
            del data[: end + 1]
            found += 1
            if keep is not None:
                keep.append(line)
    return found


def lines_makefile(sock: socket.socket, n: int, keep: Keep) -> int:
    found = 0
    with sock.makefile("rb", SIZE) as file:
        for line in file:
            found += 1
            if keep is not None:
                keep.append(line[:-1])
            if found == n:
                break
    return found


def bulk_recv_into(sock: socket.socket, n: int, keep: Keep) -> int:
    """A length, then `recv_into` a fresh buffer until it is full."""
    for _ in range(n):
        head = sock.recv(4, socket.MSG_WAITALL)
        message = bytearray(int.from_bytes(head, "big"))
        view, at = memoryview(message), 0
        while at < len(message):
            at += sock.recv_into(view[at:])
        if keep is not None:
            keep.append(bytes(message))
    return n


# The event loops.


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


PREFIX = LengthPrefix(4)
LINES = Lines()
asynchronous = partial(partial, run_async)
