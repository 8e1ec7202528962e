"""Streams that are dropped without close: closed with a warning, but never while in use."""

import asyncio
import gc
import socket

import pytest

from fastsock import Lines, aio

try:
    import uvloop
except ImportError:
    uvloop = None

LOOPS = ["asyncio"] + (["uvloop"] if uvloop else [])


@pytest.fixture(autouse=True)
def accumulators(stream, monkeypatch):
    """Streams over each twin's accumulator."""
    monkeypatch.setattr("fastsock.aio.stream.RecvAccumulator", stream.RecvAccumulator)


@pytest.fixture(params=LOOPS)
def run(request):
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def run(coroutine):
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(asyncio.wait_for(coroutine, 30))

    return run


async def ended(sock):
    """Receive to the end of what the other side sends."""
    loop, came = asyncio.get_running_loop(), b""
    while data := await loop.sock_recv(sock, 100):
        came += data
    return came


def pair():
    here, there = socket.socketpair()
    there.setblocking(False)
    return here, there


@pytest.mark.parametrize("read", [False, True])
def test_a_stream_that_is_dropped(run, read):
    async def main():
        here, there = pair()
        with there:
            reader, writer = await aio.open_connection(sock=here)
            if read:
                there.send(b"one\nt")
                assert await reader.read_line() == b"one\n"
            writer.write(b"what was written is sent")
            del reader
            with pytest.warns(ResourceWarning, match=r"unclosed <Stream "):  # noqa: PT031
                del writer
                gc.collect()
            assert await ended(there) == b"what was written is sent"

    run(main())


@pytest.mark.parametrize("callback", ["coroutine", "function"])
def test_a_server_whose_callback_forgets_to_close(run, callback):
    async def greet(reader, writer):
        writer.write(await reader.read_line())

    def shout(reader, writer):
        writer.write(b"hi\n")

    async def main():
        serve = greet if callback == "coroutine" else shout
        async with await aio.start_server(serve, "127.0.0.1", 0) as server:
            reader, writer = await aio.open_connection(*server.sockets[0].getsockname())
            async with reader:
                writer.write(b"hi\n")
                assert await reader.read_line() == b"hi\n"
                gc.collect()

    # Free-threaded Python keeps what records warnings in the context; a callback's is the one in
    # which the server was started.
    with pytest.warns(ResourceWarning, match="unclosed <Stream "):
        run(main())


def test_a_closed_stream_warns_of_nothing(run):
    async def main():
        here, there = pair()
        with there:
            _, writer = await aio.open_connection(sock=here)
            writer.write(b"bye")
            writer.close()
            del _, writer
            assert await ended(there) == b"bye"
        here, there = pair()
        reader, _ = await aio.open_connection(sock=here)
        there.close()
        assert await reader.read_all() == b""
        await asyncio.sleep(0)
        reader.close()
        del reader, _
        gc.collect()

    run(main())


def test_tasks_keep_the_stream_that_they_wait_for(run):
    """Nothing else does: what the transport has of it is weak."""

    async def first(sock):
        reader, writer = await aio.open_connection(sock=sock)
        async with reader:
            lines = [line async for line in reader]
            writer.write(b"".join(lines))
            await writer.drain()

    async def main():
        here, there = pair()
        with there:
            asyncio.get_running_loop().create_task(first(here))
            for word in (b"one\n", b"two\n"):
                await asyncio.sleep(0.001)
                gc.collect()
                there.send(word)
            there.shutdown(socket.SHUT_WR)
            assert await ended(there) == b"one\ntwo\n"

    run(main())


def test_a_served_stream_lives_as_long_as_its_task(run):
    async def slow(reader, writer):
        async with reader:
            await asyncio.sleep(0.02)
            writer.write(b"late\n")

    async def main():
        async with await aio.start_server(slow, "127.0.0.1", 0) as server:
            reader, _ = await aio.open_connection(*server.sockets[0].getsockname())
            async with reader:
                await asyncio.sleep(0.001)
                gc.collect()
                assert await reader.frames(Lines()) == [b"late"]

    run(main())


def test_a_loop_that_is_closed_first():
    here, there = socket.socketpair()
    loop = asyncio.new_event_loop()

    async def connect():
        stream, _ = await aio.open_connection(sock=here)
        return stream

    stream = loop.run_until_complete(connect())
    transport = stream.transport
    loop.close()
    with pytest.warns(ResourceWarning, match="loop is closed"):  # noqa: PT031
        del stream
        gc.collect()
    with pytest.warns(ResourceWarning, match="unclosed"):  # noqa: PT031
        del transport
        gc.collect()
    there.close()
