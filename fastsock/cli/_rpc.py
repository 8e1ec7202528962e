"""An RPC echo, both halves in one event loop, by `fastsock.aio` and by asyncio's own streams.

A client keeps some messages in flight: it sends so many, and reads as many answers before it sends
the next ones. A server answers each message by itself. Messages have their length in front.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from .. import aio
from ..stream import LengthPrefix

FRAMER = LengthPrefix(4)
SIZE = 64  # bytes of a message

Half = Callable[[Any, Any], Awaitable[None]]
Echo = Callable[[list[bytes], int], list[bytes]]
Client = Callable[[Any, Any, list[bytes]], Awaitable[list[bytes]]]


def messages(count: int) -> list[bytes]:
    """Messages that differ."""
    return [b"%0*d" % (SIZE, number) for number in range(count)]


# By fastsock: what has come is answered together.


async def serve(reader: aio.Stream, writer: aio.Stream) -> None:
    """Answer every message by itself."""
    while frames := await reader.frames(FRAMER):
        await writer.write_frames(FRAMER, frames)
    writer.close()


async def call(reader: aio.Stream, writer: aio.Stream, sent: list[bytes]) -> list[bytes]:
    """Send some messages: their answers."""
    await writer.write_frames(FRAMER, sent)
    answers = await reader.frames(FRAMER)
    while len(answers) < len(sent):
        answers += await reader.frames(FRAMER)
    return answers


# By asyncio's streams: what their documentation leads to.


async def serve_by_streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every message by itself."""
    try:
        while True:
            head = await reader.readexactly(4)
            writer.write(head + await reader.readexactly(int.from_bytes(head, "big")))
            await writer.drain()
    except asyncio.IncompleteReadError:
        writer.close()


async def call_by_streams(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: list[bytes]
) -> list[bytes]:
    """Send some messages: their answers."""
    for message in sent:
        writer.write(len(message).to_bytes(4, "big") + message)
    await writer.drain()
    answers = []
    for _ in sent:
        size = int.from_bytes(await reader.readexactly(4), "big")
        answers.append(await reader.readexactly(size))
    return answers


async def _connected(connect: Any, serve: Half) -> tuple[Any, Any, Any]:
    """The client's reader and writer, and the task that serves them."""
    here, there = socket.socketpair()
    server = await connect(sock=there)
    return *await connect(sock=here), asyncio.ensure_future(serve(*server))


async def _ask(call: Client, pair: Any, sent: list[bytes], in_flight: int) -> list[bytes]:
    answers = []
    reader, writer = pair
    for at in range(0, len(sent), in_flight):
        answers += await call(reader, writer, sent[at : at + in_flight])
    return answers


async def _end(writer: Any, served: asyncio.Task[None]) -> None:
    writer.close()
    await served
    await writer.wait_closed()
    await asyncio.sleep(0)  # for the server's transport


@contextmanager
def _echoing(connect: Any, serve: Half, call: Client, factory: Any = None) -> Iterator[Echo]:
    with asyncio.Runner(loop_factory=factory) as runner:
        *pair, served = runner.run(_connected(connect, serve))
        try:
            yield lambda sent, in_flight: runner.run(_ask(call, pair, sent, in_flight))
        finally:
            runner.run(_end(pair[1], served))


def echoing(factory: Any = None) -> AbstractContextManager[Echo]:
    """Run both halves by `fastsock.aio`, on a loop of a factory's making.

    The function that it gives sends messages, so many at a time, and returns their answers.
    """
    return _echoing(aio.open_connection, serve, call, factory)


def echoing_by_streams(factory: Any = None) -> AbstractContextManager[Echo]:
    """Run both halves by asyncio's own streams, as `echoing` does."""
    return _echoing(asyncio.open_connection, serve_by_streams, call_by_streams, factory)
