"""`fastsock.aio` on asyncio and uvloop, over TCP, UNIX sockets and TLS."""

import asyncio
import random
import socket
import ssl
import struct
from contextlib import asynccontextmanager

import pytest

from fastsock import (
    Delimiter,
    FixedSize,
    FrameTooLargeError,
    IncompleteReadError,
    LengthPrefix,
    LimitOverrunError,
    Lines,
    Netstring,
    Varint,
    aio,
)

try:
    import uvloop
except ImportError:  # it is not made for every platform
    uvloop = None

HANG = 30  # seconds: no test waits so long unless something is broken
NO_UVLOOP = pytest.mark.skipif(uvloop is None, reason="uvloop is not installed")


@pytest.fixture(autouse=True)
def accumulators(stream, monkeypatch):
    """Streams over each twin's accumulator."""
    monkeypatch.setattr("fastsock.aio.stream.RecvAccumulator", stream.RecvAccumulator)


@pytest.fixture(params=["asyncio", pytest.param("uvloop", marks=NO_UVLOOP)])
def run(request):
    """Run a coroutine on each event loop."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def run(coroutine):
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(asyncio.wait_for(coroutine, HANG))

    return run


@pytest.fixture(scope="module")
def contexts(authority):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return client, server


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    return here, there


@asynccontextmanager
async def connected(**options):
    """A stream over TCP, and the blocking socket at its other end."""
    here, there = tcp_pair()
    with there:
        reader, writer = await aio.open_connection(sock=here, **options)
        assert reader is writer
        try:
            yield reader, there
        finally:
            reader.transport.abort()
            await asyncio.sleep(0)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.001)


@pytest.fixture(params=["tcp", "unix", "tls", "unix tls"])
def served(request, contexts, tmp_path):
    """Serve by a callback over each kind of socket, and connect to it."""
    if "unix" in request.param and not hasattr(socket, "AF_UNIX"):
        pytest.skip("no UNIX sockets here")

    @asynccontextmanager
    async def served(callback, **options):
        client, server = contexts if "tls" in request.param else (None, None)
        ours = {"ssl": client, "server_hostname": "localhost"} if client else {}
        if "unix" in request.param:
            path = str(tmp_path / "socket")
            listening = await aio.start_unix_server(callback, path, ssl=server, **options)
            reader, writer = await aio.open_unix_connection(path, **ours, **options)
        else:
            listening = await aio.start_server(callback, "127.0.0.1", 0, ssl=server, **options)
            host, port = listening.sockets[0].getsockname()
            reader, writer = await aio.open_connection(host, port, **ours, **options)
        try:
            yield reader, writer
        finally:
            writer.close()
            listening.close()
            await listening.wait_closed()
            await writer.wait_closed()

    return served


class TestServers:
    def test_frames_there_and_back(self, run, served):
        bodies = [bytes([n % 256]) * (n * 37 % 3000) for n in range(2000)]

        async def echo(reader, writer):
            while frames := await reader.frames(LengthPrefix(4)):
                writer.write(b"".join(struct.pack(">I", len(f)) + f for f in frames))
                await writer.drain()
            writer.close()

        async def send(writer):
            for body in bodies:
                writer.writelines([struct.pack(">I", len(body)), body])
                await writer.drain()

        async def main():
            got = []
            async with served(echo) as (reader, writer):
                sending = asyncio.create_task(send(writer))
                while len(got) < len(bodies):
                    got += await reader.frames(LengthPrefix(4))
                await sending
            assert got == bodies

        run(main())

    def test_a_large_message(self, run, served):
        data = random.Random(1).randbytes(3_000_000)

        async def send(reader, writer):
            writer.write(data)
            await writer.drain()
            writer.close()

        async def main():
            async with served(send) as (reader, _):
                view = await reader.read_exactly(len(data), view=True)
                assert type(view) is memoryview
                assert view == data
                assert await reader.read() == b""

        run(main())

    def test_every_read(self, run, served):
        async def send(reader, writer):
            for byte in b"abcline\r\nkey=\x02hi5:hello,restall of it":
                writer.write(bytes([byte]))
                await writer.drain()
            writer.close()

        async def main():
            async with served(send) as (reader, _):
                assert await reader.read_exactly(3) == b"abc"
                assert await reader.read_line() == b"line\r\n"
                assert await reader.read_until(b"=") == b"key="
                assert await reader.frame(LengthPrefix(1)) == b"hi"
                assert await reader.frames(Netstring()) == [b"hello"]
                assert await reader.read_exactly(4) == b"rest"
                assert not reader.at_eof()
                assert await reader.read_all() == b"all of it"
                assert reader.at_eof()
                assert await reader.read(10) == await reader.read_line() == b""
                assert await reader.frame(Netstring()) is None

        run(main())

    def test_a_plain_function_for_a_callback(self, run, served):
        def greet(reader, writer):
            writer.write(b"hello")
            writer.close()

        async def main():
            async with served(greet) as (reader, _):
                assert await reader.read_all() == b"hello"

        run(main())

    @pytest.mark.parametrize("failing", [True, False])
    def test_a_callback_that_ends_badly(self, run, served, failing):
        told = []

        async def fail(reader, writer):
            await reader.read_line()
            if failing:
                raise ZeroDivisionError
            raise asyncio.CancelledError

        async def main():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: told.append(context))
            async with served(fail) as (reader, writer):
                writer.write(b"\n")
                assert await reader.read_all() == b""  # it was closed
            assert [type(context["exception"]) for context in told] == (
                [ZeroDivisionError] if failing else []
            )

        run(main())

    def test_the_same_shapes_as_asyncios(self, run, served):
        async def callback(reader, writer):
            assert isinstance(reader, aio.Stream)
            writer.write(await reader.read_exactly(4))
            writer.close()

        async def main():
            async with served(callback) as (reader, writer):
                assert isinstance(writer, asyncio.BufferedProtocol)
                assert writer.get_extra_info("socket") is not None
                assert writer.get_extra_info("nothing", 5) == 5
                assert not writer.is_closing()
                writer.write(b"ping")
                assert await reader.read() == b"ping"
                writer.close()
                assert writer.is_closing()

        run(main())


def test_start_tls(run, contexts):
    client, server = contexts

    async def serve(reader, writer):
        assert await reader.read_line() == b"STARTTLS\n"
        writer.write(b"ok\n")
        await writer.start_tls(server)
        async for line in reader:
            writer.write(line.upper())
        writer.close()

    async def main():
        listening = await aio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await aio.open_connection(*listening.sockets[0].getsockname())
        writer.write(b"STARTTLS\n")
        assert await reader.read_line() == b"ok\n"
        await writer.start_tls(client, server_hostname="localhost")
        assert writer.get_extra_info("ssl_object") is not None
        writer.write(b"secret\n")
        assert await reader.read_line() == b"SECRET\n"
        writer.close()
        await writer.wait_closed()
        listening.close()

    run(main())


def test_start_tls_never_takes_plain_bytes_for_secret_ones(run, contexts):
    async def main():
        async with connected() as (stream, there):
            there.sendall(b"ok\ninjected\n")
            assert await stream.read_line() == b"ok\n"
            with pytest.raises(RuntimeError, match="unread bytes"):
                await stream.start_tls(contexts[0], server_hostname="localhost")
            assert await stream.read_line() == b"injected\n"

    run(main())


class TestIteration:
    def test_lines(self, run):
        async def main():
            async with connected() as (stream, there):
                there.sendall(b"one\n\ntwo\r\nlast")
                there.shutdown(socket.SHUT_WR)
                assert [line async for line in stream] == [b"one\n", b"\n", b"two\r\n", b"last"]

        run(main())

    def test_a_loop_that_is_left_has_read_nothing_too_many(self, run):
        async def main():
            async with connected() as (stream, there):
                there.sendall(b"\x01a\x01b\x01crest")
                async for frame in stream.iter_frames(LengthPrefix(1)):
                    if frame == b"b":
                        break
                assert await stream.read_exactly(6) == b"\x01crest"

        run(main())

    @pytest.mark.parametrize(
        "framer",
        [LengthPrefix(1), Varint(), Netstring(), Lines(), FixedSize(2), Delimiter((b";", b"\n"))],
        ids=lambda framer: type(framer).__name__,
    )
    def test_frames_however_they_were_cut(self, run, framer, stream):
        dice = random.Random(5)
        data = {
            LengthPrefix: b"\x02ab\x00\x03cde",
            Varint: b"\x02ab\x00\x80\x01" + bytes(128),
            Netstring: b"2:ab,0:,3:cde,",
            Lines: b"ab\r\n\ncde",
            FixedSize: b"abcdef",
            Delimiter: b"ab;;cd\n",
        }[type(framer)]
        whole = stream.RecvAccumulator()
        whole.feed(data)
        whole.feed_eof()
        expected = []
        while frames := whole.frames(framer):
            expected += frames

        def protocol(step):
            made = aio.Stream()
            made.connection_made(asyncio.Transport())
            return made, iter(range(0, len(data), step))

        async def feed(made, starts, step):
            for start in starts:
                piece = data[start : start + step]
                made.get_buffer(-1)[: len(piece)] = piece
                made.buffer_updated(len(piece))
                if dice.random() < 0.7:
                    await asyncio.sleep(0)
            made.eof_received()

        async def main():
            for step in range(1, len(data) + 1):
                made, starts = protocol(step)
                feeding = asyncio.create_task(feed(made, starts, step))
                assert [frame async for frame in made.iter_frames(framer)] == expected
                await feeding

        run(main())


class TestReads:
    def test_what_is_there_is_read_without_a_turn_of_the_loop(self, run):
        async def main():
            async with connected() as (stream, there):
                there.sendall(b"\x01a\x01b" + b"line\n" + b"key=" + b"four" + b"rest")
                await until(lambda: len(stream.accumulator) == 21)
                for coroutine, expected in [
                    (stream.frame(LengthPrefix(1)), b"a"),
                    (stream.read_exactly(2), b"\x01b"),
                    (stream.read_line(), b"line\n"),
                    (stream.read_until(b"="), b"key="),
                    (stream.frames(FixedSize(8)), [b"fourrest"]),
                    (stream.read(0), b""),
                ]:
                    with pytest.raises(StopIteration) as caught:
                        coroutine.send(None)
                    assert caught.value.value == expected

        run(main())

    def test_the_end_inside_a_frame(self, run):
        async def main():
            async with connected() as (stream, there):
                there.sendall(b"\x00\x01a\x00\x05bcd")
                there.shutdown(socket.SHUT_WR)
                assert await stream.frames(LengthPrefix(2)) == [b"a"]
                for _ in range(2):
                    for read in (
                        lambda: stream.frames(LengthPrefix(2)),
                        lambda: stream.frame(LengthPrefix(2)),
                        lambda: stream.read_exactly(7),
                    ):
                        with pytest.raises(asyncio.IncompleteReadError) as caught:
                            await read()
                        assert isinstance(caught.value, IncompleteReadError)
                        assert caught.value.partial == b"\x00\x05bcd"
                        assert caught.value.expected == 7
                with pytest.raises(asyncio.IncompleteReadError) as caught:
                    await stream.read_until(b"\n")
                assert caught.value.expected is None
                assert await stream.read() == b"\x00\x05bcd"

        run(main())

    def test_half_close_leaves_the_other_half_open(self, run):
        async def main():
            async with connected() as (stream, there):
                there.sendall(b"question")
                there.shutdown(socket.SHUT_WR)
                assert await stream.read_all() == b"question"
                assert stream.can_write_eof()
                stream.write(b"answer")
                stream.write_eof()
                loop = asyncio.get_running_loop()
                assert await loop.run_in_executor(None, there.makefile("rb").read) == b"answer"

        run(main())

    def test_bad_frames_stay(self, run):
        async def main():
            async with connected() as (stream, there):
                framer = LengthPrefix(1, max_frame=4)
                there.sendall(b"\x01a\x09too large\x01c")
                await until(lambda: len(stream.accumulator) == 14)
                assert await stream.frames(framer) == [b"a"]
                for read in (stream.frames, stream.frame):
                    with pytest.raises(FrameTooLargeError):
                        await read(framer)
                assert stream.accumulator.skip_frame(framer)
                assert await stream.frames(framer) == [b"c"]

        run(main())

    def test_bad_arguments(self, run):
        async def main():
            async with connected() as (stream, _):
                with pytest.raises(ValueError, match="can not be less than zero"):
                    await stream.read_exactly(-1)
                with pytest.raises(TypeError, match="a framer is required"):
                    await stream.frames(b"\n")
                with pytest.raises(TypeError, match="a framer is required"):
                    await stream.frame(b"\n")
                with pytest.raises(ValueError, match="at least one byte"):
                    await stream.read_until(b"")
            with pytest.raises(ValueError, match="max_size"):
                aio.Stream(0)
            with pytest.raises(ValueError, match="high_water"):
                aio.Stream(high_water=-1)

        run(main())

    def test_more_than_max_size(self, run):
        async def main():
            async with connected(max_size=8) as (stream, there):
                there.sendall(b"0123456789")
                there.shutdown(socket.SHUT_WR)
                with pytest.raises(LimitOverrunError):
                    await stream.read_all()
                with pytest.raises(LimitOverrunError) as caught:
                    await stream.read_line()
                assert isinstance(caught.value, ValueError | asyncio.LimitOverrunError)
                with pytest.raises(FrameTooLargeError):
                    await stream.read_exactly(9)
                assert await stream.read_exactly(8) == b"01234567"
                assert await stream.read_all() == b"89"

        run(main())

    def test_one_task_at_a_time(self, run):
        async def main():
            async with connected() as (stream, there):
                first = asyncio.create_task(stream.read_line())
                await asyncio.sleep(0)
                with pytest.raises(RuntimeError, match=r"^read_exactly\(\) called while another"):
                    await stream.read_exactly(1)
                there.sendall(b"one\n")
                assert await first == b"one\n"

        run(main())

    @pytest.mark.parametrize("way", ["cancel", "timeout"])
    def test_a_read_that_is_cancelled_has_taken_nothing(self, run, way):
        async def main():
            async with connected() as (stream, there):
                there.sendall(b"\x00\x05he")
                for read in (
                    lambda: stream.frames(LengthPrefix(2)),
                    lambda: stream.frame(LengthPrefix(2)),
                    lambda: stream.read_exactly(7),
                    lambda: stream.read_until(b"!"),
                    stream.read_line,
                    stream.read_all,
                ):
                    if way == "timeout":
                        with pytest.raises(TimeoutError):
                            async with asyncio.timeout(0.02):
                                await read()
                        continue
                    task = asyncio.create_task(read())
                    await asyncio.sleep(0.01)
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
                there.sendall(b"llo")
                assert await stream.frames(LengthPrefix(2)) == [b"hello"]

        run(main())

    def test_cancelled_in_the_moment_when_bytes_come(self, run):
        async def main():
            stream = aio.Stream()
            stream.connection_made(asyncio.Transport())
            task = asyncio.create_task(stream.read_line())
            await asyncio.sleep(0)
            stream.get_buffer(-1)[:4] = b"one\n"
            stream.buffer_updated(4)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await stream.read_line() == b"one\n"

        run(main())


class TestFlowControl:
    def test_reading_pauses_and_resumes(self, run):
        data = random.Random(2).randbytes(20_000_000)

        async def main():
            async with connected(high_water=100_000) as (stream, there):
                there.setblocking(False)
                sent, stalled = 0, 0
                while stalled < 20:  # until the kernel takes no more, for the reader is paused
                    try:
                        sent += there.send(data[sent : sent + 1_000_000])
                        stalled = 0
                    except BlockingIOError:
                        stalled += 1
                        await asyncio.sleep(0.005)
                assert sent < len(data)
                assert not stream.transport.is_reading()
                held = len(stream.accumulator)
                assert 100_000 < held < sent
                assert await stream.read_exactly(held) == data[:held]
                assert stream.transport.is_reading()
                assert await stream.read_exactly(sent - held) == data[held:sent]

        run(main())

    def test_a_reader_that_wants_more_gets_it(self, run):
        data = random.Random(3).randbytes(1_000_000)

        async def main():
            async with connected(high_water=1000) as (stream, there):
                sending = asyncio.get_running_loop().run_in_executor(None, there.sendall, data)
                await until(lambda: not stream.transport.is_reading())
                assert await stream.read_exactly(len(data)) == data
                await sending
                assert stream.transport.is_reading()

        run(main())

    @pytest.mark.parametrize("high_water", [0, 1 << 20])
    def test_never_more_than_max_size(self, run, high_water):
        data = random.Random(4).randbytes(500_000)

        async def main():
            async with connected(max_size=5000, high_water=high_water) as (stream, there):
                sending = asyncio.get_running_loop().run_in_executor(None, there.sendall, data)
                got = b""
                while len(got) < len(data):
                    await asyncio.sleep(0)
                    assert len(stream.accumulator) <= 5000
                    got += await stream.read(3000)
                assert got == data
                await sending

        run(main())

    def test_drain_waits_for_the_peer(self, run):
        async def main():
            async with connected() as (stream, there):
                stream.write(bytes(20_000_000))
                draining = asyncio.gather(stream.drain(), stream.drain())
                cancelled = asyncio.create_task(stream.drain())
                await asyncio.sleep(0.02)
                assert not draining.done()
                cancelled.cancel()

                def receive():
                    left = 20_000_000
                    while left:
                        left -= len(there.recv(1 << 16))

                await asyncio.get_running_loop().run_in_executor(None, receive)
                await draining
                await stream.drain()

        run(main())


def reset(there):
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    there.close()


class TestFaults:
    def test_a_reset_comes_after_the_data(self, run):
        async def main():
            async with connected() as (stream, there):
                there.sendall(b"one\ntw")
                await until(lambda: len(stream.accumulator) == 6)
                reset(there)
                await until(stream.is_closing)
                assert await stream.read_line() == b"one\n"
                for _ in range(2):
                    with pytest.raises(ConnectionResetError):
                        await stream.read_line()
                assert stream.accumulator.peek() == b"tw"
                with pytest.raises(ConnectionResetError):
                    await stream.wait_closed()
                with pytest.raises(ConnectionResetError):
                    await stream.drain()

        run(main())

    def test_a_reset_wakes_the_reader(self, run):
        async def main():
            async with connected() as (stream, there):
                reading = asyncio.create_task(stream.read_exactly(10))
                there.sendall(b"abc")
                await until(lambda: len(stream.accumulator) == 3)
                reset(there)
                with pytest.raises(ConnectionResetError):
                    await reading

        run(main())

    def test_a_reset_wakes_the_writer(self, run):
        async def main():
            async with connected() as (stream, there):
                stream.write(bytes(20_000_000))
                draining = asyncio.create_task(stream.drain())
                await asyncio.sleep(0.02)
                reset(there)
                with pytest.raises(ConnectionError):
                    await draining

        run(main())

    def test_close_wakes_the_reader_with_the_end(self, run):
        async def main():
            async with connected() as (stream, there):
                there.sendall(b"abc")
                reading = asyncio.create_task(stream.read_exactly(10))
                await until(lambda: len(stream.accumulator) == 3)
                stream.close()
                with pytest.raises(IncompleteReadError) as caught:
                    await reading
                assert caught.value.partial == b"abc"
                await stream.wait_closed()
                assert await stream.read() == b"abc"
                with pytest.raises(ConnectionResetError, match="Connection lost"):
                    await stream.drain()

        run(main())

    def test_paused_and_closed(self, run):
        async def main():
            async with connected(high_water=10) as (stream, there):
                there.sendall(bytes(1000))
                await until(lambda: not stream.transport.is_reading())
                stream.close()
                held = len(stream.accumulator)
                assert await stream.read_all() == bytes(held)

        run(main())

    def test_a_cancelled_wait_closed_is_not_everybodys(self, run):
        async def main():
            async with connected() as (stream, _):
                tasks = [asyncio.create_task(stream.wait_closed()) for _ in range(2)]
                await asyncio.sleep(0)
                tasks[0].cancel()
                stream.close()
                await tasks[1]
                with pytest.raises(asyncio.CancelledError):
                    await tasks[0]

        run(main())

    def test_a_slow_drip_with_a_deadline(self, run):
        async def main():
            async with connected() as (stream, there):

                async def drip():
                    while True:
                        there.sendall(b"x")
                        await asyncio.sleep(0.005)

                dripping = asyncio.create_task(drip())
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await stream.read_line()
                dripping.cancel()
                there.sendall(b"\n")
                assert (await stream.read_line()).startswith(b"xx")

        run(main())


def test_by_hand_as_any_protocol(run):
    async def main():
        here, there = tcp_pair()
        with there:
            loop = asyncio.get_running_loop()
            transport, stream = await loop.create_connection(aio.Stream, sock=here)
            assert stream.transport is transport
            there.sendall(b"abc")
            assert await stream.read(10) == b"abc"
            assert repr(stream).startswith("<Stream <RecvAccumulator unread=0 ")
            stream.close()
            await stream.wait_closed()

    run(main())


def test_importing_fastsock_spares_asyncio(run_python):
    code = "import sys, fastsock; fastsock.SocketReader; sys.exit('asyncio' in sys.modules)"
    process = run_python("-c", code)
    assert (process.returncode, process.stderr) == (0, "")
