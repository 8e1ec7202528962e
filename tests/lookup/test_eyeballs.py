"""Happy Eyeballs on loopback. Addresses that keep silent: test_lookup_namespace.py."""

import errno
import socket

import pytest

import fastsock
from fastsock import ConnectError, ConnectTimeoutError, connect
from fastsock.lookup.eyeballs import _interleave

STREAM = socket.SOCK_STREAM


def row(address):
    if ":" in address:
        return (socket.AF_INET6, STREAM, 6, "", (address, 80, 0, 0))
    return (socket.AF_INET, STREAM, 6, "", (address, 80))


class Fixed:
    """A resolver that gives what it was given, and remembers how it was asked."""

    def __init__(self, *rows):
        self.rows = rows
        self.asked = []

    def getaddrinfo(self, host, port, *, type, timeout):  # noqa: A002
        self.asked.append((host, port, type, timeout))
        return iter(self.rows)


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def unused_port():
    """A port that refuses: bound, and nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def v4(address, port):
    return (socket.AF_INET, STREAM, 6, "", (address, port))


def test_families_by_turns():
    rows = [row(each) for each in ("::1", "::2", "::3", "1.1.1.1", "2.2.2.2", "::2", "1.1.1.1")]
    order = [each[4][0] for each in _interleave(rows)]
    assert order == ["::1", "1.1.1.1", "::2", "2.2.2.2", "::3"]
    assert _interleave([]) == []


def test_the_winner_is_an_ordinary_socket(server):
    address = server.getsockname()
    with connect(address) as client:
        assert type(client) is socket.socket
        assert client.gettimeout() is None
        assert client.getpeername() == address
        accepted, peer = server.accept()
        with accepted:
            assert peer == client.getsockname()
            accepted.sendall(b"hello")
            assert client.recv(10) == b"hello"
    with connect(address, 5) as client:
        assert client.gettimeout() == 5


def test_by_name(server):
    with connect(("localhost", server.getsockname()[1]), 10) as client:
        assert client.getpeername() == server.getsockname()


def test_by_a_resolver(server):
    resolver = Fixed(v4(*server.getsockname()))
    with connect(("any", 1), 5, resolver=resolver) as client:
        assert client.getpeername() == server.getsockname()
    assert resolver.asked == [("any", 1, STREAM, 5)]


def test_a_refusal_leads_to_the_next_address(server, unused_port):
    resolver = Fixed(v4("127.0.0.1", unused_port), v4(*server.getsockname()))
    with connect(("any", 1), 30, delay=20, resolver=resolver) as client:
        assert client.getpeername() == server.getsockname()


def test_the_error_lists_every_attempt(unused_port):
    resolver = Fixed(v4("127.0.0.1", unused_port), v4("127.0.0.2", unused_port))
    with pytest.raises(ConnectError) as caught:
        connect(("any", 80), 10, resolver=resolver)
    error = caught.value
    assert isinstance(error, OSError)
    assert not isinstance(error, TimeoutError)
    assert error.errno == errno.ECONNREFUSED
    assert [sockaddr for sockaddr, _ in error.attempts] == [
        ("127.0.0.1", unused_port),
        ("127.0.0.2", unused_port),
    ]
    assert all(isinstance(reason, ConnectionRefusedError) for _, reason in error.attempts)
    for text in ("'any' port 80", f"127.0.0.1:{unused_port}", f"127.0.0.2:{unused_port}"):
        assert text in str(error)


def test_a_family_that_is_not_to_be_had_is_an_attempt_like_others(server):
    unknown = (250, STREAM, 0, "", ("127.0.0.1", 80))
    resolver = Fixed(unknown, v4(*server.getsockname()))
    with connect(("any", 1), 5, resolver=resolver) as client:
        assert client.getpeername() == server.getsockname()
    with pytest.raises(ConnectError, match="250"):
        connect(("any", 1), 5, resolver=Fixed(unknown))


def test_source_address(server):
    with connect(server.getsockname(), 5, source_address=("127.0.0.2", 0)) as client:
        assert client.getsockname()[0] == "127.0.0.2"
    with pytest.raises(ConnectError) as caught:
        connect(server.getsockname(), 5, source_address=("192.0.2.1", 0))
    assert caught.value.errno == errno.EADDRNOTAVAIL


def test_no_address_at_all():
    with pytest.raises(ConnectError) as caught:
        connect(("any", 1), resolver=Fixed())
    assert caught.value.attempts == ()


def test_no_time_at_all(server):
    with pytest.raises(ConnectTimeoutError) as caught:
        connect(server.getsockname(), 0)
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, ConnectError)
    assert caught.value.errno == errno.ETIMEDOUT
    assert [sockaddr for sockaddr, _ in caught.value.attempts] == [server.getsockname()]


@pytest.mark.parametrize("arguments", [{"delay": -1}, {"timeout": -1}])
def test_negative_times(arguments):
    with pytest.raises(ValueError, match="negative"):
        connect(("127.0.0.1", 1), **arguments)


def test_a_bad_host_is_the_look_ups_error():
    with pytest.raises(socket.gaierror):
        connect(("", 80))


def test_no_socket_is_left_open(monkeypatch, unused_port):
    opened = []

    class Socket(socket.socket):
        def __init__(self, *args):
            super().__init__(*args)
            opened.append(self)

    monkeypatch.setattr(socket, "socket", Socket)
    resolver = Fixed(v4("127.0.0.1", unused_port), v4("127.0.0.2", unused_port))
    with pytest.raises(ConnectError):
        connect(("any", 1), 10, resolver=resolver)
    assert len(opened) == 2
    assert all(each.fileno() == -1 for each in opened)


def test_a_patched_socket_module_is_used(server, monkeypatch):
    rows = [v4(*server.getsockname())]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: rows)
    with connect(("patched", 1), 5) as client:
        assert client.getpeername() == server.getsockname()


def test_a_resolver_of_ours(server):
    resolver = fastsock.Resolver()
    for _ in range(2):
        with connect(("localhost", server.getsockname()[1]), 10, resolver=resolver):
            pass
    assert resolver.info().hits == 1
