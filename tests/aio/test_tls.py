"""The end of a TLS stream in `fastsock.aio`: nothing is lost before it, and writers learn of it."""

import asyncio
import random
import socket
import ssl
import struct
import threading
from contextlib import asynccontextmanager, suppress

import pytest

from fastsock import IncompleteReadError, LengthPrefix, LimitOverrunError, Lines, aio

try:
    import uvloop
except ImportError:  # it is not made for every platform
    uvloop = None

HANG = 20  # seconds: no test waits so long unless something is broken
NO_UVLOOP = pytest.mark.skipif(uvloop is None, reason="uvloop is not installed")

BYTES = random.Random(1).randbytes(250_000)
LINES = [b"line %d\n" % number for number in range(50_000)]
FRAMES = [bytes([number % 256]) * (number * 37 % 3000) for number in range(400)]


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


class Peer(threading.Thread):
    """A blocking TLS server for one connection: it follows a script, and reports each step."""

    def __init__(self, context, behave):
        super().__init__(daemon=True)
        self.context, self.behave = context, behave
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = self.listening.getsockname()
        self.done = threading.Event()
        self.start()

    async def gone(self):
        await asyncio.get_running_loop().run_in_executor(None, self.done.wait, HANG)

    def run(self):
        with self.listening:
            sock, _ = self.listening.accept()
        # The other end may be gone first, for that is where the test ends.
        with suppress(OSError), self.context.wrap_socket(sock, server_side=True) as sock:
            sock.settimeout(HANG)
            self.behave(sock)
        self.done.set()


@pytest.fixture
def connect(contexts):
    """A stream over TLS, and the thread at its other end."""
    client, server = contexts

    @asynccontextmanager
    async def connect(behave, **options):
        peer = Peer(server, behave)
        stream, _ = await aio.open_connection(
            *peer.address, ssl=client, server_hostname="localhost", **options
        )
        try:
            yield stream, peer
        finally:
            stream.transport.abort()
            await asyncio.sleep(0)
            await asyncio.get_running_loop().run_in_executor(None, peer.join, HANG)

    return connect


def fin(sock):
    """End without close_notify."""
    sock.close()


def notify(sock):
    """Send close_notify, and end: an unwrap() that does not wait for the answer."""
    sock.setblocking(False)
    with suppress(OSError):
        sock.unwrap()
    sock.close()


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def sender(data, ending):
    def behave(sock):
        sock.sendall(data)
        ending(sock)

    return behave


async def read_bytes(stream):
    return await stream.read_all()


async def read_pieces(stream):
    pieces = []
    while piece := await stream.read(1000):
        pieces.append(piece)
    return b"".join(pieces)


async def read_lines(stream):
    return b"".join([line async for line in stream])


async def read_batches(stream):
    batches = []
    while lines := await stream.frames(Lines(keep=True)):
        batches += lines
    return b"".join(batches)


async def read_frames(stream):
    frames = []
    while batch := await stream.frames(LengthPrefix(4, strip=0)):
        frames += batch
    return b"".join(frames)


PREFIXED = b"".join(struct.pack(">I", len(frame)) + frame for frame in FRAMES)
READS = [
    (read_bytes, BYTES),
    (read_pieces, BYTES),
    (read_lines, b"".join(LINES)),
    (read_batches, b"".join(LINES)),
    (read_frames, PREFIXED),
]


@pytest.mark.parametrize("ending", [fin, notify])
@pytest.mark.parametrize("slow", [False, True], ids=["eager", "slow"])
class TestNothingIsLostAtTheEnd:
    @pytest.mark.parametrize(("read", "data"), READS, ids=[read.__name__ for read, _ in READS])
    def test_all_comes(self, run, connect, read, data, slow, ending):
        async def main():
            async with connect(sender(data, ending)) as (stream, _):
                if slow:
                    await asyncio.sleep(0.1)
                got = await read(stream)
                assert len(got) == len(data)
                assert got == data
                assert stream.at_eof()

        run(main())

    @pytest.mark.parametrize("max_size", [1, 1000, 20_000, 100_000])
    def test_pieces_through_little_room(self, run, connect, slow, ending, max_size):
        data = BYTES if max_size > 1 else BYTES[:40_000]

        async def main():
            async with connect(sender(data, ending), max_size=max_size) as (stream, _):
                if slow:
                    await asyncio.sleep(0.1)
                got = []
                while piece := await stream.read(1000):
                    assert len(stream.accumulator) <= max_size
                    got.append(piece)
                assert b"".join(got) == data

        run(main())

    def test_what_can_not_be_held_is_an_error(self, run, connect, slow, ending):
        async def main():
            async with connect(sender(BYTES, ending), max_size=100_000) as (stream, _):
                if slow:
                    await asyncio.sleep(0.1)
                for _ in range(2):
                    with pytest.raises(LimitOverrunError, match="no room: 100000 bytes"):
                        await stream.read_all()
                    assert len(stream.accumulator) == 100_000
                    assert not stream.at_eof()
                assert await stream.read_exactly(100_000) == BYTES[:100_000]
                assert await stream.read_exactly(100_000) == BYTES[100_000:200_000]
                assert await stream.read_all() == BYTES[200_000:]
                assert stream.at_eof()

        run(main())

    def test_all_of_exactly_max_size(self, run, connect, slow, ending):
        async def main():
            async with connect(sender(BYTES, ending), max_size=len(BYTES)) as (stream, _):
                if slow:
                    await asyncio.sleep(0.1)
                assert await stream.read_all() == BYTES
                assert await stream.read_all() == b""

        run(main())

    def test_the_end_inside_a_frame(self, run, connect, slow, ending):
        data = struct.pack(">I", 300_000) + BYTES

        async def main():
            async with connect(sender(data, ending)) as (stream, _):
                if slow:
                    await asyncio.sleep(0.1)
                with pytest.raises(IncompleteReadError) as caught:
                    await stream.frames(LengthPrefix(4))
                assert (caught.value.partial, caught.value.expected) == (data, 300_004)

        run(main())


async def write_until_it_fails(stream):
    # No `while True`: a test that spins can't be cancelled.
    for _ in range(20_000):
        stream.write(b"x" * 100)
        await stream.drain()
    pytest.fail("it writes to nobody")


async def drain_until_it_fails(stream):
    for _ in range(1000):
        await stream.drain()
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("ending", [fin, notify, reset])
class TestWritersLearnOfTheEnd:
    def test_drain(self, run, connect, ending):
        async def main():
            async with connect(ending) as (stream, peer):
                await peer.gone()
                with pytest.raises((ConnectionResetError, BrokenPipeError)):
                    await write_until_it_fails(stream)
                with pytest.raises((ConnectionResetError, BrokenPipeError)):
                    await stream.drain()

        run(main())

    def test_drain_without_a_turn_of_the_loop_in_between(self, run, connect, ending):
        """A task that never waits must still learn of the end."""
        go = threading.Event()

        def behave(sock):
            sock.sendall(b"a")
            go.wait(HANG)
            ending(sock)

        async def main():
            async with connect(behave) as (stream, peer):
                assert await stream.read_exactly(1) == b"a"
                go.set()
                assert peer.done.wait(HANG)  # and the loop stands still
                with pytest.raises((ConnectionResetError, BrokenPipeError)):
                    await write_until_it_fails(stream)

        run(main())

    @pytest.mark.parametrize("size", [1000, 400_000])
    def test_drain_while_reading_is_paused(self, run, connect, ending, size):
        """No task reads, so the end comes after bytes that stay unread."""
        paused = threading.Event()

        def behave(sock):
            sock.sendall(BYTES[:size])
            paused.wait(HANG)
            ending(sock)

        async def main():
            async with connect(behave, high_water=100) as (stream, peer):
                while stream.transport.is_reading():
                    await asyncio.sleep(0.001)
                paused.set()
                await peer.gone()
                with pytest.raises((ConnectionResetError, BrokenPipeError)):
                    await write_until_it_fails(stream)

        run(main())

    def test_close(self, run, connect, ending):
        async def main():
            async with connect(ending) as (stream, peer):
                await peer.gone()
                for _ in range(3):
                    stream.close()
                try:
                    await stream.wait_closed()
                except OSError:
                    assert ending is not notify
                for _ in range(3):
                    stream.close()
                assert stream.is_closing()
                stream.write(b"to nobody")
                stream.get_extra_info("peername")
                with pytest.raises(OSError):
                    await stream.drain()

        run(main())

    def test_large_writes(self, run, connect, ending):
        async def main():
            async with connect(ending) as (stream, peer):
                await peer.gone()
                stream.write(bytes(10_000_000))
                with pytest.raises(OSError):
                    await drain_until_it_fails(stream)

        run(main())


def test_close_while_reading_is_paused(run, connect):
    enough = threading.Event()

    def behave(sock):
        sock.sendall(BYTES)
        enough.wait(HANG)

    async def main():
        async with connect(behave, high_water=100) as (stream, _):
            while stream.transport.is_reading():
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.05)
            held = len(stream.accumulator)
            stream.close()
            enough.set()
            with suppress(OSError):  # asyncio's TLS objects to what comes after close()
                await stream.wait_closed()
            assert len(await stream.read(1 << 20)) >= held

    run(main())


def test_write_eof_is_not_for_tls(run, connect):
    async def main():
        async with connect(fin) as (stream, _):
            assert not stream.can_write_eof()
            with pytest.raises(NotImplementedError):
                stream.write_eof()

    run(main())


def test_reading_pauses_and_resumes(run, connect):
    data = random.Random(2).randbytes(20_000_000)

    async def main():
        async with connect(sender(data, notify), high_water=100_000, max_size=1 << 25) as (
            stream,
            peer,
        ):
            while stream.transport.is_reading():
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.05)
            assert not peer.done.is_set()
            assert 100_000 < len(stream.accumulator) < 1_000_000
            assert await stream.read_all() == data

    run(main())


class TestStartTLS:
    @asynccontextmanager
    async def plain(self, behave, **options):
        listening = socket.create_server(("127.0.0.1", 0))

        def serve():
            with listening:
                sock, _ = listening.accept()
            with sock:
                sock.settimeout(HANG)
                behave(sock)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        stream, _ = await aio.open_connection(*listening.getsockname(), **options)
        try:
            yield stream
        finally:
            stream.transport.abort()
            await asyncio.sleep(0)
            await asyncio.get_running_loop().run_in_executor(None, thread.join, HANG)

    @pytest.mark.parametrize("ending", [fin, notify])
    @pytest.mark.parametrize("high_water", [1 << 17, 10])
    def test_bytes_that_come_with_the_handshake(self, run, contexts, ending, high_water):
        client, server = contexts

        def behave(sock):
            sock = server.wrap_socket(sock, server_side=True)
            sock.sendall(BYTES)
            ending(sock)

        async def main():
            async with self.plain(behave, high_water=high_water) as stream:
                await stream.start_tls(client, server_hostname="localhost")
                assert await stream.read_all() == BYTES

        run(main())

    @pytest.mark.parametrize("ending", [fin, reset])
    def test_the_end_instead_of_a_handshake(self, run, contexts, ending):
        def behave(sock):
            sock.recv(1)
            ending(sock)

        async def main():
            async with self.plain(behave) as stream:
                with pytest.raises((OSError, ssl.SSLError)):
                    await stream.start_tls(contexts[0], server_hostname="localhost")
                with pytest.raises(OSError):
                    await stream.wait_closed()
                with pytest.raises(OSError):
                    await stream.read(1)
                with pytest.raises(OSError):
                    await stream.drain()

        run(main())

    def test_a_handshake_that_is_cancelled(self, run, contexts):
        async def main():
            async with self.plain(lambda sock: sock.recv(1 << 16) and sock.recv(1)) as stream:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await stream.start_tls(contexts[0], server_hostname="localhost")
                for wait in (stream.wait_closed, stream.drain, stream.read_all):
                    with pytest.raises(ConnectionAbortedError):
                        await wait()

        run(main())

    def test_a_name_that_the_certificate_does_not_bear(self, run, contexts):
        client, server = contexts

        def behave(sock):
            with pytest.raises(OSError):
                server.wrap_socket(sock, server_side=True).recv(1)

        async def main():
            async with self.plain(behave) as stream:
                with pytest.raises(ssl.SSLCertVerificationError):
                    await stream.start_tls(client, server_hostname="elsewhere.test")
                with pytest.raises(OSError):
                    await stream.read_line()
                with pytest.raises(OSError):
                    await stream.wait_closed()

        run(main())
