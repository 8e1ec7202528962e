"""`fastsock.aio`: writing frames, waiting without reading, and asyncio's spelling."""

import asyncio

import pytest

from fastsock import LengthPrefix, Lines, aio
from fastsock.errors import FrameError, FrameTooLargeError

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


async def served(callback, **options):
    server = await aio.start_server(callback, "127.0.0.1", 0, **options)
    return server, server.sockets[0].getsockname()


def test_frames_there_and_back(run):
    bodies = [bytes([n % 256]) * (n * 37 % 3000) for n in range(3000)]

    async def echo(reader, writer):
        while frames := await reader.frames(LengthPrefix(4), limit=100):
            assert len(frames) <= 100
            await writer.write_frames(LengthPrefix(4), frames)
        writer.close()

    async def main():
        server, address = await served(echo)
        async with server:
            reader, writer = await aio.open_connection(*address)
            async with reader as stream:
                assert stream is writer
                sending = asyncio.create_task(writer.write_frames(LengthPrefix(4), bodies))
                came = []
                while len(came) < len(bodies):
                    came += await reader.frames(LengthPrefix(4))
                assert came == bodies
                assert await sending == sum(map(len, bodies)) + 4 * len(bodies)
            assert writer.is_closing()

    run(main())


def test_a_peer_that_does_not_read_holds_the_writer_back(run):
    async def main():
        seen = asyncio.get_running_loop().create_future()

        async def rest(reader, writer):
            writer.transport.pause_reading()
            seen.set_result(writer)

        server, address = await served(rest)
        async with server:
            _, writer = await aio.open_connection(*address)
            other = await seen
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await writer.write_frames(LengthPrefix(4), [bytes(1 << 20)] * 64)
            assert writer.transport.get_write_buffer_size() < 8 << 20
            with pytest.raises(FrameError, match="body 1 can't be framed"):
                await writer.write_frames(Lines(), [b"a", b"b\n"])
            other.transport.abort()
            with pytest.raises(OSError) as caught:
                await writer.write_frames(LengthPrefix(4), [bytes(1 << 16)] * 4000)
            assert caught.value.frames_written < 4000
            writer.close()

    run(main())


def test_waiting_and_skipping(run):
    async def main():
        async def send(_, writer):
            writer.write(b"\x09much")
            await asyncio.sleep(0.02)
            writer.write(b" more\x02ok")
            await writer.drain()
            writer.close()

        server, address = await served(send)
        async with server:
            reader, _ = await aio.open_connection(*address)
            async with reader:
                small = LengthPrefix(1, max_frame=4)
                assert await reader.fill() > 0
                assert reader.accumulator.peek(1) == b"\x09"
                with pytest.raises(FrameTooLargeError):
                    await reader.frames(small)
                assert await reader.skip_frame(small)
                assert await reader.frames(small) == [b"ok"]
                assert await reader.fill() == 0
                assert not await reader.skip_frame(small)

    run(main())


def test_asyncios_spelling(run):
    async def main():
        async def send(_, writer):
            writer.write(b"abcd;line\nrest")
            writer.close()

        server, address = await served(send)
        async with server:
            reader, _ = await aio.open_connection(*address)
            async with reader:
                assert await reader.readexactly(2) == b"ab"
                assert await reader.readuntil(b";") == b"cd;"
                assert await reader.readline() == b"line\n"
                with pytest.raises(asyncio.IncompleteReadError):
                    await reader.readexactly(9)
                assert await reader.read() == b"rest"

    run(main())
