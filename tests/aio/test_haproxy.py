"""HAProxy in front of servers of ours: PROXY versions 1 and 2, plain and before TLS."""

import asyncio
import os
import socket
import socketserver
import ssl
import threading
from contextlib import ExitStack

import pytest

from fastsock import ProxyMixIn, SocketReader, aio

try:
    import uvloop
except ImportError:
    uvloop = None

TIMEOUT = 30
LOOPS = ["asyncio"] + (["uvloop"] if uvloop else [])
VERSIONS = {"v1": "send-proxy", "v2": "send-proxy-v2 proxy-v2-options crc32c,unique-id"}
CONFIG = """
global
    stats socket {files}/stats
defaults
    mode tcp
    timeout connect 30s
    timeout client 30s
    timeout server 30s
    unique-id-format id-%cp
"""
LISTEN = """
listen {name}
    bind 127.0.0.1:{port}
    server target 127.0.0.1:{target} {options}
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="servers as POSIX has them")


@pytest.fixture(autouse=True)
def accumulators(stream, proxy, monkeypatch):
    """Streams over each twin's accumulator, and servers over its parser."""
    for module in ("stream.reader", "aio.stream"):
        monkeypatch.setattr(f"fastsock.{module}.RecvAccumulator", stream.RecvAccumulator)
    monkeypatch.setattr("fastsock.proxy.trust.parse_proxy", proxy.parse_proxy)


@pytest.fixture(scope="module")
def balancer(make_server):
    """By version: the address of HAProxy, and the listening socket that it forwards to."""
    with ExitStack() as stack:
        found = {}

        def commands(program, server):
            config = CONFIG.format(files=server.files)
            for name, options in VERSIONS.items():
                target = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
                with socket.create_server(("127.0.0.1", 0)) as free:
                    address = free.getsockname()
                found[name] = address, target
                ports = {"port": address[1], "target": target.getsockname()[1]}
                config += LISTEN.format(name=name, options=options, **ports)
            (server.files / "haproxy.cfg").write_text(config)
            yield [program, "-db", "-f", str(server.files / "haproxy.cfg")], f"{server.files}/stats"

        make_server("haproxy", commands)
        yield found


@pytest.fixture(scope="module")
def contexts(authority):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("server.test").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return client, server


def ask(address, context):
    """Ask by a blocking client: its own address, and what the server says."""
    with socket.create_connection(address, TIMEOUT) as plain:
        own = plain.getsockname()
        if context is None:
            plain.sendall(b"who\n")
            return own, SocketReader(plain).read_line()
        with context.wrap_socket(plain, server_hostname="server.test") as sock:
            sock.sendall(b"who\n")
            return own, SocketReader(sock).read_line()


def expected(own, version):
    return f"{own[0]} {own[1]} version {version[1:]}\n".encode()


async def tell(reader, writer):
    async with reader:
        assert await reader.read_line() == b"who\n"
        host, port = writer.get_extra_info("peername")[:2]
        writer.write(f"{host} {port} version {writer.proxy.version}\n".encode())
        await writer.drain()


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("version", VERSIONS)
def test_an_asyncio_server(balancer, contexts, version, tls, loop):
    address, target = balancer[version]
    client, server = contexts if tls else (None, None)

    async def main():
        options = {"proxy": True, "trusted": ["127.0.0.0/8"], "ssl": server}
        async with await aio.start_server(tell, sock=target.dup(), **options):
            for _ in range(3):
                own, said = await asyncio.to_thread(ask, address, client)
                assert said == b"%s %d version %s\n" % (
                    own[0].encode(),
                    own[1],
                    version[1:].encode(),
                )

    factory = uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(asyncio.wait_for(main(), TIMEOUT))


class Tell(socketserver.BaseRequestHandler):
    def handle(self):
        assert SocketReader(self.request).read_line(timeout=TIMEOUT) == b"who\n"
        host, port = self.client_address
        version = self.server.proxy_header(self.request).version
        self.request.sendall(f"{host} {port} version {version}\n".encode())


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_threaded_server(balancer, contexts, version, tls):
    address, target = balancer[version]
    client, context = contexts if tls else (None, None)

    class Server(ProxyMixIn, socketserver.ThreadingTCPServer):
        trusted = ("127.0.0.0/8",)
        ssl_context = context

    with Server(target.getsockname(), Tell, bind_and_activate=False) as server:
        server.socket.close()
        server.socket = target.dup()
        server.server_activate()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            own, said = ask(address, client)
        finally:
            server.shutdown()
            thread.join(TIMEOUT)
    assert said == expected(own, version)
