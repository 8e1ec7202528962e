"""PROXY headers before the handlers of `socketserver`, plain and over TLS."""

import http.server
import socket
import socketserver
import ssl
import threading
import urllib.request
from contextlib import contextmanager, suppress

import pytest

from fastsock import ProxyMixIn, build_proxy_v1, build_proxy_v2
from fastsock.stream import SocketReader

pytestmark = pytest.mark.usefixtures("parsers")

CLIENT, SERVER = ("192.0.2.1", 5000), ("192.0.2.2", 443)
HEADERS = [build_proxy_v1(CLIENT, SERVER), build_proxy_v2(CLIENT, SERVER)]
HANG = 30


@pytest.fixture
def parsers(proxy, monkeypatch):
    """Each twin's parser for the servers."""
    monkeypatch.setattr("fastsock.proxy.trust.parse_proxy", proxy.parse_proxy)


class Tell(socketserver.BaseRequestHandler):
    """Answer a line by who seems to have sent it."""

    def handle(self):
        line = SocketReader(self.request).read_line(keep=False, timeout=HANG)
        header = self.server.proxy_header(self.request)
        who = self.client_address[0] if self.client_address else "somebody"
        said = f"{line.decode()} {who} {header and header.command}\n"
        self.request.sendall(said.encode())


class TCP(ProxyMixIn, socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        raise AssertionError("a handler failed")


class OneByOne(ProxyMixIn, socketserver.TCPServer):
    pass


@contextmanager
def serving(kind=TCP, handler=Tell, address=("127.0.0.1", 0), **settings):
    made = type("Server", (kind,), settings)
    with made(address, handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(HANG)


def ask(server, *pieces, tls=None, end=False):
    """What a client gets for pieces that are sent one by one."""
    family = socket.AF_INET if isinstance(server.server_address, tuple) else socket.AF_UNIX
    with socket.socket(family) as plain:
        plain.settimeout(HANG)
        plain.connect(server.server_address)
        try:
            for piece in pieces:
                plain.sendall(piece)
            if end:
                with suppress(OSError):  # what was refused may be reset by now
                    plain.shutdown(socket.SHUT_WR)
            if tls is None:
                return SocketReader(plain).read_all()
            with tls.wrap_socket(plain, server_hostname="server.test") as sock:
                sock.sendall(b"hi\n")
                return SocketReader(sock).read_all()
        except ConnectionError:
            return b""


@pytest.mark.parametrize("kind", [TCP, OneByOne])
@pytest.mark.parametrize("header", HEADERS)
def test_plain(kind, header):
    with serving(kind) as server:
        expected = b"hi 192.0.2.1 PROXY\n"
        assert ask(server, header + b"hi\n") == expected
        assert ask(server, *(bytes([byte]) for byte in header + b"hi\n")) == expected
        assert server._headers == {}


@pytest.mark.parametrize("header", HEADERS)
def test_before_tls(header, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("server.test").configure_cert(context)
    client = ssl.create_default_context()
    client.suppress_ragged_eofs = False
    authority.configure_trust(client)
    with serving(ssl_context=context) as server:
        assert ask(server, header, tls=client) == b"hi 192.0.2.1 PROXY\n"
        came = ask(server, header + b"no handshake at all\n")
        assert b"192.0.2.1" not in came  # a TLS alert at most, and no handler
        assert ask(server, header, tls=client) == b"hi 192.0.2.1 PROXY\n"


def test_a_header_without_ends_leaves_the_address():
    with serving() as server:
        local = build_proxy_v2(None, None, command="LOCAL")
        assert ask(server, local + b"hi\n") == b"hi 127.0.0.1 LOCAL\n"


@pytest.mark.parametrize(
    "bad", [b"GET / HTTP/1.0\r\n\r\n", b"PROXY TCP4 1 2 3 4\r\nhi\n", b"PROXY "]
)
def test_bad_headers_close_the_connection(bad):
    with serving() as server:
        assert ask(server, bad, end=True) == b""


def test_a_header_that_does_not_come_in_time():
    with serving(proxy_timeout=0.05) as server:
        assert ask(server, HEADERS[0][:20]) == b""
    with serving(proxy_timeout=0.05, proxy="optional", trusted=["127.0.0.1"]) as server:
        assert ask(server, HEADERS[0][:3]) == b""


@pytest.mark.parametrize(
    ("trusted", "believed"),
    [
        (["127.0.0.0/8"], True),
        ({"127.0.0.1"}, True),
        (["10.0.0.0/8", "::1/128"], False),
        ((), False),
    ],
)
def test_trusted_senders(trusted, believed):
    with serving(trusted=trusted) as server:
        came = ask(server, HEADERS[1] + b"hi\n")
        assert came == (b"hi 192.0.2.1 PROXY\n" if believed else b"")
    with serving(trusted=trusted, proxy="optional") as server:
        assert ask(server, b"hi\n") == b"hi 127.0.0.1 None\n"
        assert ask(server, b"PROMPT\n") == b"PROMPT 127.0.0.1 None\n"
        came = ask(server, HEADERS[0] + b"hi\n")
        if believed:
            assert came == b"hi 192.0.2.1 PROXY\n"
            assert ask(server, HEADERS[0][:5] + b" nonsense\r\n") == b""
        else:  # the header is the first line that it says
            assert came.startswith(b"PROXY TCP4")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no UNIX sockets here")
def test_unix_sockets(tmp_path):
    class Unix(ProxyMixIn, socketserver.ThreadingUnixStreamServer):
        pass

    address = str(tmp_path / "socket")
    with serving(Unix, address=address, proxy="optional") as server:
        assert ask(server, HEADERS[0] + b"hi\n") == b"hi 192.0.2.1 PROXY\n"
        assert ask(server, b"hi\n") == b"hi somebody None\n"


def test_settings_are_checked():
    for settings in ({"proxy": "yes"}, {"proxy": "optional"}, {"proxy": False}):
        with pytest.raises(ValueError, match="proxy"), serving(**settings):
            pass
    with pytest.raises(ValueError, match="network"), serving(trusted=["10.0.0.1/8/9 network"]):
        pass
    with pytest.raises(TypeError, match="trusted"), serving(trusted="10.0.0.0/8"):
        pass


def test_the_standard_librarys_http_server():
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.client_address[0].encode())

        def log_message(self, *arguments):
            pass

    class Server(ProxyMixIn, http.server.ThreadingHTTPServer):
        trusted = ("127.0.0.0/8",)
        proxy = "optional"

    with serving(Server, Answer) as server:
        host, port = server.server_address
        with urllib.request.urlopen(f"http://{host}:{port}/", timeout=HANG) as reply:
            assert reply.read() == b"127.0.0.1"
        assert ask(server, HEADERS[1] + b"GET / HTTP/1.0\r\n\r\n").endswith(b"192.0.2.1")
