"""Connecting past an address that drops all packets."""

import socket
import time

import pytest

import fastsock

SILENT = "198.51.100.1"


class Fixed:
    """A resolver with fixed rows."""

    def __init__(self, *hosts):
        self.hosts = hosts

    def getaddrinfo(self, host, port, *, type, timeout):  # noqa: A002
        return [row for each in self.hosts for row in socket.getaddrinfo(each, port, 0, type)]


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_silent_address_costs_one_delay(listener):
    port = listener.getsockname()[1]
    started = time.monotonic()
    with fastsock.connect(("any", port), 10, delay=0.1, resolver=Fixed(SILENT, "127.0.0.1")) as won:
        took = time.monotonic() - started
        assert won.getpeername() == ("127.0.0.1", port)
        assert type(won) is socket.socket
        assert won.gettimeout() == 10
    assert 0.1 <= took < 5


def test_a_refusal_ends_the_delay(listener):
    port = listener.getsockname()[1]
    started = time.monotonic()
    resolver = Fixed("127.0.0.2", "127.0.0.1")
    with fastsock.connect(("any", port), 60, delay=30, resolver=resolver) as won:
        assert won.getpeername() == ("127.0.0.1", port)
    assert time.monotonic() - started < 10


def test_the_time_is_up():
    with pytest.raises(TimeoutError) as caught:
        fastsock.connect(("any", 9), 0.2, delay=0.05, resolver=Fixed(SILENT, "127.0.0.1"))
    error = caught.value
    assert isinstance(error, fastsock.ConnectTimeoutError)
    # One refused at once, one never answered.
    assert [sockaddr[0] for sockaddr, _ in error.attempts] == ["127.0.0.1", SILENT]
    assert [type(reason) for _, reason in error.attempts] == [ConnectionRefusedError, TimeoutError]
    assert SILENT in str(error)


def test_losers_are_closed(listener, monkeypatch):
    opened = []

    class Socket(socket.socket):
        def __init__(self, *args):
            super().__init__(*args)
            opened.append(self)

    port = listener.getsockname()[1]
    resolver = Fixed(SILENT, "127.0.0.2", "127.0.0.1")
    monkeypatch.setattr(socket, "socket", Socket)
    with fastsock.connect(("any", port), 10, delay=0.05, resolver=resolver) as won:
        assert len(opened) == 3
        assert [each for each in opened if each.fileno() >= 0] == [won]
