"""What docs/stream.md says of asyncio's streams and of ours: where they agree, and where not."""

import asyncio
import inspect
import socket
import struct
import sys

import pytest

from fastsock import FrameTooLargeError, aio
from fastsock.errors import IncompleteReadError, LimitOverrunError


@pytest.fixture(autouse=True)
def accumulators(stream, monkeypatch):
    """Streams over each twin's accumulator."""
    monkeypatch.setattr("fastsock.aio.stream.RecvAccumulator", stream.RecvAccumulator)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def over(open_connection, use, data=b"", end=None, **options):
    """What a coroutine makes of a connection whose other end sent some bytes, and perhaps ended."""

    async def main():
        with socket.create_server(("127.0.0.1", 0)) as server:
            here = socket.create_connection(server.getsockname())
            there, _ = server.accept()
        with there:
            there.sendall(data)
            reader, writer = await open_connection(sock=here, **options)
            await asyncio.sleep(0.01)  # what was sent has come, before the end does
            if end is not None:
                end(there)
            try:
                return await use(reader, writer)
            except Exception as error:
                return error
            finally:
                writer.transport.abort()
                await asyncio.sleep(0)

    return asyncio.run(asyncio.wait_for(main(), 30))


def both(use, *arguments):
    return [
        over(connect, use, *arguments) for connect in (asyncio.open_connection, aio.open_connection)
    ]


def shut(sock):
    sock.shutdown(socket.SHUT_WR)


NAMES = [name for kind in (asyncio.StreamReader, asyncio.StreamWriter)
         for name in vars(kind) if not name.startswith("_")]  # fmt: skip
LEFT_OUT = {"feed_data", "feed_eof", "set_exception", "exception", "set_transport"}


def test_every_name_of_asyncios():
    assert {name for name in NAMES if not hasattr(aio.Stream, name)} == LEFT_OUT
    for name in set(NAMES) - LEFT_OUT:
        kind = asyncio.StreamReader if hasattr(asyncio.StreamReader, name) else asyncio.StreamWriter
        theirs, ours = getattr(kind, name), getattr(aio.Stream, name)
        if not callable(theirs):
            assert isinstance(ours, property)
            continue
        assert inspect.iscoroutinefunction(theirs) == inspect.iscoroutinefunction(ours), name
        theirs, ours = inspect.signature(theirs).parameters, inspect.signature(ours).parameters
        # Ours may take more, by name alone; what asyncio's take is taken in the same places.
        placed = [p for p in ours.values() if p.kind is not p.KEYWORD_ONLY]
        assert [p.name for p in placed] == [
            p.name for p in theirs.values() if p.kind is not p.KEYWORD_ONLY
        ], name
        assert set(theirs) <= set(ours), name


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (lambda reader: reader.read(), b"all of it"),
        (lambda reader: reader.read(3), b"abcdef"),
        (lambda reader: reader.read(0), b"abc"),
        (lambda reader: reader.read(100), b""),
        (lambda reader: reader.readexactly(4), b"abcdef"),
        (lambda reader: reader.readexactly(0), b""),
        (lambda reader: reader.readline(), b"one\r\ntwo"),
        (lambda reader: reader.readline(), b"no newline"),
        (lambda reader: reader.readline(), b""),
        (lambda reader: reader.readuntil(), b"one\ntwo"),
        (lambda reader: reader.readuntil(b"--"), b"a-b--c"),
    ],
)
def test_reads_that_agree(read, data):
    async def use(reader, _):
        came = await read(reader)
        return came, await reader.read(), reader.at_eof()

    theirs, ours = both(use, data, shut)
    assert theirs == ours


def test_iteration_and_errors_that_agree():
    async def lines(reader, _):
        return [line async for line in reader]

    assert both(lines, b"a\n\nb", shut) == [[b"a\n", b"\n", b"b"]] * 2
    for read in (lambda r, _: r.readexactly(9), lambda r, _: r.readuntil(b";")):
        theirs, ours = both(read, b"abc", shut)
        assert isinstance(ours, type(theirs))
        assert (ours.partial, ours.expected) == (theirs.partial, theirs.expected)
        assert str(ours) == str(theirs)
    for read in (lambda r, _: r.readexactly(-1), lambda r, _: r.readuntil(b"")):
        theirs, ours = both(read)
        assert type(theirs) is type(ours) is ValueError


def test_an_incomplete_read_leaves_its_bytes():
    async def use(reader, _):
        with pytest.raises(asyncio.IncompleteReadError):
            await reader.readexactly(9)
        return await reader.read()

    assert both(use, b"abc", shut) == [b"", b"abc"]


def test_a_line_too_long_is_kept():
    async def use(reader, _):
        with pytest.raises(ValueError, match=r"limit|Separator"):
            await reader.readline()
        return await reader.read()

    data = b"x" * 100 + b"\nrest"
    theirs = over(asyncio.open_connection, use, data, shut, limit=10)
    assert theirs == b"rest"

    async def with_limit(reader, _):
        with pytest.raises(LimitOverrunError) as caught:
            await reader.readline(max_frame=10)
        assert isinstance(caught.value, (ValueError, asyncio.LimitOverrunError))
        return await reader.read()

    assert over(aio.open_connection, with_limit, data, shut) == data


def test_limits():
    with pytest.raises(TypeError, match="limit"):
        asyncio.run(aio.open_connection("127.0.0.1", 1, limit=10))
    data, options = b"x" * 50, {"max_size": 10}
    came = over(aio.open_connection, lambda r, _: r.readexactly(10), data, **options)
    assert came == b"x" * 10
    error = over(aio.open_connection, lambda r, _: r.readexactly(11), data, **options)
    assert isinstance(error, FrameTooLargeError)
    theirs = over(asyncio.open_connection, lambda r, _: r.readexactly(50), b"x" * 50, limit=10)
    assert theirs == b"x" * 50


def test_what_came_before_a_reset():
    async def use(reader, writer):
        while not writer.transport.is_closing():
            await asyncio.sleep(0.001)
        return await reader.readexactly(3)

    async def twice(reader, writer):
        assert await use(reader, writer) == b"abc"
        return await reader.read()

    theirs = over(asyncio.open_connection, use, b"abc", reset)
    assert isinstance(theirs, ConnectionResetError)
    assert isinstance(over(aio.open_connection, twice, b"abc", reset), ConnectionResetError)


def test_several_separators():
    def use(reader, _):
        return reader.readuntil((b";", b"--"))

    theirs, ours = both(use, b"a--b;")
    assert ours == b"a--"
    assert theirs == ours if sys.version_info >= (3, 13) else isinstance(theirs, Exception)


def test_the_end_of_a_line():
    async def use(reader, _):
        return [await reader.read_line(keep=False) for _ in range(3)]

    assert over(aio.open_connection, use, b"a\r\nb\nc\rd", shut) == [b"a", b"b", b"c\rd"]


def test_reading_twice_at_once_and_closing_twice():
    async def use(reader, writer):
        first = asyncio.ensure_future(reader.readline())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="already waiting for incoming data"):
            await reader.readline()
        writer.close()
        writer.close()
        await writer.wait_closed()
        return await first, writer.is_closing()

    assert both(use) == [(b"", True)] * 2


def test_the_errors_are_ours_and_asyncios():
    assert issubclass(type(IncompleteReadError(b"", 1)), asyncio.IncompleteReadError)
    assert issubclass(type(LimitOverrunError("", 1)), asyncio.LimitOverrunError)
