"""PROXY headers in front of a server, plain and TLS; and `start_tls(unread="pass")`."""

import asyncio
import ipaddress
import socket
import ssl

import pytest

from fastsock import aio, build_proxy_v1, build_proxy_v2

try:
    import uvloop
except ImportError:
    uvloop = None

LOOPS = ["asyncio"] + (["uvloop"] if uvloop else [])
CLIENT, SERVER = ("192.0.2.1", 5000), ("192.0.2.2", 443)
HEADERS = [build_proxy_v1(CLIENT, SERVER), build_proxy_v2(CLIENT, SERVER)]


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


@pytest.fixture(scope="module")
def contexts(authority):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return client, server


async def tell(reader, writer):
    """Answer a line by who seems to have sent it."""
    line = await reader.read_line(keep=False)
    if line:
        writer.write(f"{line.decode()} {writer.get_extra_info('peername')[0]}\n".encode())
        writer.write(b"header\n" if writer.proxy else b"none\n")
        await writer.drain()
    writer.close()


async def ask(address, *pieces, tls=None):
    """What a plain client gets for pieces that it sends a while apart."""
    reader, writer = await aio.open_connection(*address)
    async with reader:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.002)
        if tls is not None:
            await writer.start_tls(tls, server_hostname="localhost")
            writer.write(b"hi\n")
        try:
            return await reader.read_all()
        except OSError:
            return b"closed"


async def serve(**options):
    server = await aio.start_server(tell, "127.0.0.1", 0, **options)
    return server, server.sockets[0].getsockname()


@pytest.mark.parametrize("header", HEADERS)
def test_plain(run, header):
    async def main():
        server, address = await serve(proxy=True)
        async with server:
            expected = b"hi 192.0.2.1\nheader\n"
            assert await ask(address, header + b"hi\n") == expected
            assert await ask(address, header[:3], header[3:20], header[20:] + b"hi\n") == expected

    run(main())


@pytest.mark.parametrize("header", HEADERS)
def test_before_tls(run, header, contexts):
    client, context = contexts

    async def main():
        server, address = await serve(proxy=True, ssl=context)
        async with server:
            expected = b"hi 192.0.2.1\nheader\n"
            assert await ask(address, header, tls=client) == expected
            assert await ask(address, header[:9], header[9:], tls=client) == expected
            assert await in_one_segment(address, header, client) == expected

    run(main())


async def in_one_segment(address, header, client):
    """Send the header and the ClientHello together, by a TLS client in memory."""
    reader, writer = await asyncio.open_connection(*address)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client.wrap_bio(incoming, outgoing, server_hostname="localhost")
    came, step, front = b"", tls.do_handshake, header
    while True:
        try:
            result = step()
            if step == tls.do_handshake:
                tls.write(b"hi\n")
                step = lambda: tls.read(1000)  # noqa: E731
            elif not result:
                break
            else:
                came += result
            continue
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            break
        if outgoing.pending:
            writer.write(front + outgoing.read())
            front = b""
        data = await reader.read(1 << 16)
        if not data:
            incoming.write_eof()
            break
        incoming.write(data)
    writer.close()
    return came


@pytest.mark.parametrize(
    "bad",
    [b"GET / HTTP/1.0\r\n\r\n", b"PROXY TCP4 1 2 3 4\r\nhi\n", b"PROXY ", b"",
     b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff" + bytes(5000)],
)  # fmt: skip
def test_bad_headers_close_the_connection(run, bad):
    async def main():
        server, address = await serve(proxy=True, proxy_timeout=0.1)
        async with server:
            assert await ask(address, bad) in (b"", b"closed")

    run(main())


@pytest.mark.parametrize(
    ("trusted", "who"),
    [
        (["127.0.0.0/8"], b"192.0.2.1\nheader\n"),
        ([ipaddress.ip_network("127.0.0.1/32")], b"192.0.2.1\nheader\n"),
        ({"127.0.0.1"}, b"192.0.2.1\nheader\n"),
        (["10.0.0.0/8", "::1/128"], None),
        ((), None),
    ],
)
def test_trusted_senders(run, trusted, who):
    async def main():
        server, address = await serve(proxy=True, trusted=trusted)
        async with server:
            came = await ask(address, HEADERS[1] + b"hi\n")
            assert came == b"hi " + who if who else came in (b"", b"closed")
        server, address = await serve(proxy="optional", trusted=trusted)
        async with server:
            assert await ask(address, b"hi\n") == b"hi 127.0.0.1\nnone\n"
            came = await ask(address, HEADERS[0] + b"hi\n")
            if who:
                assert came == b"hi " + who
            else:  # its header is the first line that it says
                assert came.startswith(b"PROXY TCP4")
                assert came.endswith(b" 127.0.0.1\nnone\n")

    run(main())


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no UNIX sockets here")
@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("header", HEADERS)
def test_unix_sockets(run, header, tls, contexts, tmp_path):
    client, context = contexts if tls else (None, None)
    options = {"ssl": context, "ssl_shutdown_timeout": 5} if tls else {}

    async def ask(path, *pieces):
        reader, writer = await aio.open_unix_connection(path)
        async with reader:
            for piece in pieces:
                writer.write(piece)
            if tls:
                await writer.start_tls(client, server_hostname="localhost", ssl_shutdown_timeout=5)
            writer.write(b"hi\n")
            return await reader.read_line(), await reader.read_line()

    async def tell(reader, writer):
        async with reader:
            await reader.read_line()
            writer.write(f"{writer.proxy and writer.proxy.source[0]}\n".encode())
            writer.write(f"{writer.get_extra_info('peername')[:1]}\n".encode())
            await writer.drain()

    async def main():
        path = str(tmp_path / "socket")
        async with await aio.start_unix_server(tell, path, proxy=True, **options):
            assert await ask(path, header) == (b"192.0.2.1\n", b"('192.0.2.1',)\n")
        path = str(tmp_path / "other")
        async with await aio.start_unix_server(tell, path, proxy="optional", **options):
            assert await ask(path, header) == (b"192.0.2.1\n", b"('192.0.2.1',)\n")
            assert (await ask(path))[0] == b"None\n"

    run(main())


def test_parameters(run):
    async def main():
        for options in ({"proxy": "yes"}, {"proxy": "optional"}, {"proxy": 0}):
            with pytest.raises(ValueError, match="proxy"):
                await serve(**options)
        with pytest.raises(ValueError, match="network"):
            await serve(proxy=True, trusted=["10.0.0.1/8/9 network"])
        with pytest.raises(TypeError):
            await serve(proxy=True, trusted="10.0.0.0/8")
        for option in ("ssl_handshake_timeout", "ssl_shutdown_timeout"):
            with pytest.raises(ValueError, match=f"{option} is only meaningful with ssl"):
                await serve(proxy=True, **{option: 5})
        with pytest.raises(ValueError, match="proxy"):
            await aio.start_unix_server(tell, "/nowhere/socket", proxy="yes")

    run(main())


def test_unread_bytes_are_refused_unless_passed(run, contexts):
    client, context = contexts

    async def main():
        async def start(reader, writer):
            await reader.read_line()
            with pytest.raises(RuntimeError, match="unread bytes"):
                await writer.start_tls(context)
            with pytest.raises(ValueError, match="unread must be"):
                await writer.start_tls(context, unread="drop")
            await writer.start_tls(context, unread="pass")
            await tell(reader, writer)

        server = await aio.start_server(start, "127.0.0.1", 0)
        async with server:
            came = await in_one_segment(server.sockets[0].getsockname(), b"STARTTLS\n", client)
            assert came == b"hi 127.0.0.1\nnone\n"

    run(main())
