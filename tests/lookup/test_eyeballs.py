"""Happy Eyeballs on loopback. Addresses that keep silent: test_namespace.py."""

import errno
import math
import selectors
import socket
from contextlib import ExitStack

import pytest

import fastsock
from fastsock import ConnectError, ConnectTimeoutError, connect
from fastsock.lookup.eyeballs import _Race, interleave

STREAM = socket.SOCK_STREAM


def row(address):
    if ":" in address:
        return (socket.AF_INET6, STREAM, 6, "", (address, 80, 0, 0))
    return (socket.AF_INET, STREAM, 6, "", (address, 80))


class Fixed:
    """A resolver with fixed rows, which remembers how it was asked."""

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
    order = [each[4][0] for each in interleave(rows)]
    assert order == ["::1", "1.1.1.1", "::2", "2.2.2.2", "::3"]
    assert interleave([]) == []


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


@pytest.fixture
def silent():
    """An address that does not answer: its server accepts nobody, and its queue is full."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(server.getsockname())
        yield server.getsockname()


@pytest.fixture
def watched(monkeypatch):
    """The selectors that `connect` makes, and what it opens."""
    made = []

    class Selector(selectors.DefaultSelector):
        def __init__(self):
            super().__init__()
            self.closed = 0
            made.append(self)

        def close(self):
            self.closed += 1
            super().close()

    monkeypatch.setattr(selectors, "DefaultSelector", Selector)
    return made


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_failure_while_another_attempt_runs(server, silent, unused_port, watched, order):
    """A failure starts the next attempt, and a running attempt goes on."""
    rows = [v4("127.0.0.2", unused_port), v4(*silent)]
    rows = rows if order == "before" else rows[::-1]
    resolver = Fixed(*rows, v4(*server.getsockname()))
    # With a delay of an hour only a failure starts the next attempt: `silent` blocks the last.
    delay = 3600 if order == "before" else 0
    with ExitStack() as stack:
        if order == "before":
            with pytest.raises(ConnectTimeoutError) as caught:
                connect(("any", 1), 0.2, delay=delay, resolver=resolver)
            reasons = [type(reason) for _, reason in caught.value.attempts]
            assert reasons == [ConnectionRefusedError, TimeoutError, TimeoutError]
        else:
            client = stack.enter_context(connect(("any", 1), 30, delay=0, resolver=resolver))
            assert client.getpeername() == server.getsockname()
    assert [selector.closed for selector in watched] == [1]


def test_losers_and_the_selector_are_closed(server, silent, watched):
    with connect(("any", 1), 30, delay=0, resolver=Fixed(v4(*silent), v4(*server.getsockname()))):
        pass
    assert [selector.closed for selector in watched] == [1]


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_the_name_of_an_ipv6_socket():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        with connect(server.getsockname(), 5) as client:
            assert client.getpeername() == server.getsockname()
        with connect(server.getsockname(), 5, resolver=fastsock.Resolver()) as client:
            assert client.getpeername() == server.getsockname()


def test_flow_and_scope_of_the_address_are_used(monkeypatch):
    rows = [
        row("fe80::1"),
        row("192.0.2.1"),
        (socket.AF_INET6, STREAM, 6, "", ("fe80::2", 80, 0, 3)),
    ]
    tried = []
    monkeypatch.setattr(_Race, "_start", lambda race, row: tried.append(row[4]))
    for rest in ((), (5,), (5, 7)):
        tried.clear()
        with pytest.raises(ConnectError):
            connect(("any", 80, *rest), resolver=Fixed(*rows))
        flow, scope = [*rest, 0, 0][:2]
        assert set(tried) == {
            ("fe80::1", 80, flow, scope),
            ("192.0.2.1", 80),
            ("fe80::2", 80, 0, 3),
        }
    with pytest.raises(ValueError, match="flowinfo"):
        connect(("any", 80, 0, 0, 0), resolver=Fixed(*rows))


@pytest.mark.parametrize("timeout", [math.inf, 1e300, 1e10])
def test_time_without_end(server, silent, timeout):
    resolver = Fixed(v4(*silent), v4(*server.getsockname()))
    with connect(("any", 1), timeout, delay=0.01, resolver=resolver) as client:
        assert client.gettimeout() is None
    with connect(server.getsockname(), math.inf, delay=math.inf) as client:
        assert client.gettimeout() is None


@pytest.mark.parametrize("arguments", [{"delay": math.nan}, {"timeout": math.nan}])
def test_no_number_is_no_time(arguments):
    with pytest.raises(ValueError, match="NaN"):
        connect(("127.0.0.1", 1), **arguments)


def test_a_negative_time_asks_nobody():
    resolver = Fixed()
    with pytest.raises(ValueError, match="negative"):
        connect(("any", 1), -1, resolver=resolver)
    assert resolver.asked == []


def test_a_source_address_of_ipv6_fits_no_ipv4_address(server):
    with pytest.raises(ConnectError) as caught:
        connect(server.getsockname(), 5, source_address=("::1", 0, 0, 0))
    assert caught.value.errno == errno.EAFNOSUPPORT


def test_what_is_no_source_address_leaves_no_socket_open(server, recwarn):
    for source in (("127.0.0.1", "x"), ("127.0.0.1", 1 << 20), ("127.0.0.1",)):
        with pytest.raises((TypeError, OverflowError)):
            connect(server.getsockname(), 5, source_address=source)
    assert not recwarn.list


def test_without_a_descriptor(run_python):
    """ConnectError reports it, not an error of the selector; and no descriptor leaks."""
    program = """
import errno, os, resource, socket
from fastsock import ConnectError, connect
server = socket.create_server(("127.0.0.1", 0))
address = server.getsockname()
connect(address, 5).close()
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
held = []
while True:
    try:
        held.append(os.dup(0))
    except OSError:
        break
try:
    connect(address, 5)
except ConnectError as error:
    failure = error.errno
for _ in range(3):  # one spare descriptor is enough, and none leaks
    os.close(held.pop())
    with connect(address, 5):
        pass
server.close()
print(failure == errno.EMFILE)
"""
    done = run_python("-c", program)
    assert (done.stdout, done.stderr) == ("True\n", "")
