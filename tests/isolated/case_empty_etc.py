"""A machine with nothing in /etc, as small containers are."""

import socket
from pathlib import Path

import pytest

import fastsock


def test_there_is_nothing():
    assert list(Path("/etc").iterdir()) == []
    with pytest.raises(OSError, match="not found"):
        socket.getservbyname("http")


def test_the_common_names_are_known(lookup):
    fastsock.lookup.reload_tables()
    assert lookup.getservbyname("http") == 80
    assert lookup.getservbyname("https", "tcp") == 443
    assert lookup.getservbyport(22) == "ssh"
    assert lookup.getprotobyname("tcp") == 6


def test_what_nobody_knows_is_an_error(lookup):
    for call in (("getservbyname", "no such"), ("getservbyport", 4), ("getprotobyname", "none")):
        with pytest.raises(OSError, match="not found"):
            getattr(lookup, call[0])(call[1])


def test_literals_and_errors_are_the_stdlibs(lookup):
    assert lookup.getaddrinfo("127.0.0.1", 80) == socket.getaddrinfo("127.0.0.1", 80)
    for host, port in (("127.0.0.1", "http"), ("nowhere.test", 80)):
        with pytest.raises(socket.gaierror) as theirs:
            socket.getaddrinfo(host, port)
        with pytest.raises(socket.gaierror) as ours:
            lookup.getaddrinfo(host, port)
        assert ours.value.args == theirs.value.args
