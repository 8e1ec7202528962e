"""`fastsock.aio` under load: many connections, cancellations, slow and dead peers, ends of TLS."""

import asyncio
import importlib
import random
import socket
import ssl
import struct
from functools import partial
from itertools import product

import pytest

from fastsock import LengthPrefix, TextLength, aio

try:
    import uvloop
except ImportError:
    uvloop = None

LOOPS = ["asyncio"] + (["uvloop"] if uvloop else [])
FRAMER = LengthPrefix(2)
CONNECTIONS = 500
HANG = 60


@pytest.fixture(autouse=True)
def twins(stream, monkeypatch):
    """Streams over each twin."""
    monkeypatch.setattr("fastsock.aio.stream.RecvAccumulator", stream.RecvAccumulator)
    encoding = importlib.import_module(f"{stream.__name__}.encoding")
    monkeypatch.setattr("fastsock.stream.framers._encoding", encoding)


@pytest.fixture(params=LOOPS)
def run(request):
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


async def echo(reader, writer):
    async with reader:
        while frames := await reader.frames(FRAMER):
            await writer.write_frames(FRAMER, frames)


def bodies_of(number, count):
    dice = random.Random(number)
    return [dice.randbytes(dice.randrange(300)) for _ in range(count)]


async def served(callback, **options):
    server = await aio.start_server(callback, "127.0.0.1", 0, backlog=1000, **options)
    return server, server.sockets[0].getsockname()


@pytest.fixture
def descriptors():
    """Enough of them for both ends of every connection."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + 100
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            pytest.skip(f"only {hard} descriptors are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("descriptors")
def test_500_connections(run):
    """All are open at once, and none gets what is another's."""

    async def client(address, number, all_there):
        reader, writer = await aio.open_connection(*address)
        async with reader:
            await all_there.wait()
            bodies, came = bodies_of(number, 12), []
            for start in range(0, 12, 4):
                await writer.write_frames(FRAMER, bodies[start : start + 4])
                while len(came) < start + 4:
                    came += await reader.frames(FRAMER)
            assert came == bodies

    async def main():
        server, address = await served(echo)
        async with server, asyncio.TaskGroup() as clients:
            all_there = asyncio.Barrier(CONNECTIONS)
            for number in range(CONNECTIONS):
                clients.create_task(client(address, number, all_there))

    run(main())


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_storm_of_cancellations(run, contexts, tls):
    """Reads are cancelled at any moment, by every kind of read, and no byte is lost or doubled."""
    bodies = bodies_of(1, 600)
    ours, theirs = contexts if tls else (None, None)
    options = {"ssl": ours, "server_hostname": "localhost"} if tls else {}

    async def send(reader, writer):
        dice = random.Random(2)
        async with reader:
            data = FRAMER.encode_many(bodies)
            while data:
                size = dice.randrange(1, 400)
                writer.write(data[:size])
                data = data[size:]
                await asyncio.sleep(0)
            await writer.drain()

    async def main():
        server, address = await served(send, ssl=theirs)
        async with server:
            reader, _ = await aio.open_connection(*address, **options)
            dice, came, cancelled = random.Random(3), [], 0
            async with reader:
                while len(came) < len(bodies):
                    kind = dice.randrange(3)
                    read = [
                        reader.fill, partial(reader.frames, FRAMER, limit=dice.choice([1, 9])),
                        partial(reader.frame, FRAMER),
                    ][kind]  # fmt: skip
                    task = asyncio.ensure_future(read())
                    for _ in range(dice.randrange(4)):
                        await asyncio.sleep(0)
                    task.cancel()
                    (result,) = await asyncio.gather(task, return_exceptions=True)
                    if isinstance(result, asyncio.CancelledError):
                        cancelled += 1
                    elif kind == 1:
                        came += result
                    elif kind == 2:
                        came.append(result)
                assert came == bodies
                assert await reader.read_all() == b""
            assert cancelled > 20

    run(main())


def test_slow_and_dead_readers_harm_nobody_else(run):
    """A server that sends to peers which rest, or are gone, goes on to serve the others."""
    block = [bytes(1 << 15)] * 64

    async def main():
        ended = {}

        async def send(reader, writer):
            name = await reader.read_line()
            try:
                async with reader:
                    if name != b"quick\n":
                        await writer.write_frames(LengthPrefix(4), block * 16)
                    await writer.write_frames(LengthPrefix(4), [name])
            except (OSError, asyncio.CancelledError) as error:
                ended[name] = error
                raise

        def quiet(loop, context):
            assert isinstance(context["exception"], OSError)

        asyncio.get_running_loop().set_exception_handler(quiet)
        server, address = await served(send)
        slow, dead = [socket.create_connection(address) for _ in range(2)]
        with slow, dead:
            slow.sendall(b"slow\n")
            dead.sendall(b"dead\n")
            async with server:
                for _ in range(20):
                    reader, writer = await aio.open_connection(*address)
                    async with reader:
                        writer.write(b"quick\n")
                        assert await reader.frame(LengthPrefix(4)) == b"quick\n"
                dead.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                dead.close()
                while b"dead\n" not in ended:
                    await asyncio.sleep(0.001)
                assert ended[b"dead\n"].frames_written < 1024
                assert b"slow\n" not in ended
                slow.settimeout(HANG)
                size = await asyncio.to_thread(count_to_the_end, slow)
                assert size == 1024 * ((1 << 15) + 4) + 4 + len(b"slow\n")

    run(main())


def count_to_the_end(sock):
    size = 0
    while data := sock.recv(1 << 16):
        size += len(data)
    return size


ENDS = ["close", "close twice", "abort", "async with", "close and wait", "drop the task"]


@pytest.mark.parametrize("first", ["client", "server", "both"])
def test_tls_ends_in_every_order(run, contexts, first):
    """Whoever ends first, and however: what was said before comes, and nobody hangs."""
    client, context = contexts

    async def end(stream, how):
        if how == "abort":
            stream.transport.abort()
        elif how == "async with":
            async with stream:
                pass
        elif how == "drop the task":
            task = asyncio.ensure_future(stream.read_all())
            await asyncio.sleep(0)
            task.cancel()
            stream.close()
        else:
            stream.close()
        if how == "close twice":
            stream.close()
        if how == "close and wait":
            with_error = await asyncio.gather(stream.wait_closed(), return_exceptions=True)
            assert all(one is None or isinstance(one, OSError) for one in with_error)

    async def until_the_end(stream):
        try:
            return await stream.read_all()
        except OSError:
            return b""

    async def talk(client_ends, server_ends):
        talked, done = asyncio.Event(), asyncio.Event()

        async def serve(reader, writer):
            assert await reader.frame(TextLength()) == b"hi"
            await writer.write_frames(TextLength(), [b"ho"])
            talked.set()
            if first == "client":
                assert await until_the_end(reader) == b""
            await end(reader, server_ends)
            done.set()

        server, address = await served(serve, ssl=context)
        async with server:
            reader, writer = await aio.open_connection(
                *address, ssl=client, server_hostname="localhost"
            )
            await writer.write_frames(TextLength(), [b"hi"])
            assert await reader.frame(TextLength()) == b"ho"
            await talked.wait()
            if first == "server":
                assert await until_the_end(reader) == b""
            await end(reader, client_ends)
            await done.wait()
            await asyncio.gather(reader.wait_closed(), return_exceptions=True)

    async def main():
        for client_ends, server_ends in product(ENDS, ENDS):
            async with asyncio.timeout(HANG):
                await talk(client_ends, server_ends)

    run(main())
