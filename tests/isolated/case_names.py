"""Names from a server of our own: the standard library's answers, by no more queries."""

import itertools
import os
import socket
import time

import pytest

import fastsock

HOSTS = [
    "dual.test", "dual.test.", "DUAL.test", "dual", "v4.test", "v6.test", "many.test", "alias.test",
    "empty.test", "missing.test", "fail.test", "bücher.test", b"dual.test", "localhost", "thishost",
    "localhost.", "a..b", "x" * 64, "x" * 64 + ".test", "127.0.0.1.", " 127.0.0.1", "127.0.0.1 ",
    "1.2.3.256", "1.2.3.4.5", "[::1]", "::1%", "::1%lo", "2001:db8::1%lo", ":::", "1::2::3", "::1 ",
    "1:2:3:4:5:6:7:8:9", "::12345", "::ﬀ", "127.0.0.0x1", "\udc80.test", "under_score.test",
    "٣.1.1.1",
]  # fmt: skip


def outcome(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return type(error), error.args


@pytest.mark.parametrize("host", HOSTS, ids=ascii)
def test_grid(server, lookup, host):
    flags = [0, socket.AI_CANONNAME, socket.AI_ADDRCONFIG, socket.AI_PASSIVE]
    for family, kind, flag in itertools.product(
        [0, socket.AF_INET, socket.AF_INET6], [0, socket.SOCK_STREAM], flags
    ):
        call = (host, 80, family, kind, 0, flag)
        assert outcome(lookup.getaddrinfo, *call) == outcome(socket.getaddrinfo, *call), call
    for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getfqdn"):
        ours = getattr(lookup, name, None) or getattr(fastsock, name)
        assert outcome(ours, host) == outcome(getattr(socket, name), host), name


@pytest.mark.parametrize("address", ["192.0.2.1", "192.0.2.5", "192.0.2.99", "2001:db8::1"])
def test_reverse(server, lookup, address):
    sockaddr = (address, 80) if "." in address else (address, 80, 0, 0)
    for flags in (0, socket.NI_NAMEREQD, socket.NI_NUMERICSERV, socket.NI_NOFQDN):
        assert outcome(lookup.getnameinfo, sockaddr, flags) == outcome(
            socket.getnameinfo, sockaddr, flags
        )
    for name in ("gethostbyaddr", "getfqdn"):
        assert outcome(getattr(fastsock, name), address) == outcome(getattr(socket, name), address)


def test_error_numbers(server, lookup):
    numbers = {"missing.test": "EAI_NONAME", "empty.test": "EAI_NODATA", "fail.test.": "EAI_AGAIN"}
    for host, name in numbers.items():
        with pytest.raises(socket.gaierror) as caught:
            lookup.getaddrinfo(host, 80)
        assert caught.value.errno == getattr(socket, name)


def test_a_dead_name_ends(server, lookup):
    with pytest.raises(socket.gaierror) as caught:
        lookup.getaddrinfo("dead.test.", 80)
    assert caught.value.errno == socket.EAI_AGAIN


def test_a_list_of_hosts_some_of_them_bad(server, lookup):
    lines = []
    for host in ("v4.test", "missing.test", "192.0.2.1"):
        try:
            lines.append(lookup.gethostbyname(host))
        except OSError as error:
            lines.append(type(error))
    assert lines == ["192.0.2.4", socket.gaierror, "192.0.2.1"]


def test_what_the_tutorials_show(server):
    assert fastsock.gethostbyname_ex("alias.test") == (
        "real.test",
        ["alias.test"],
        ["192.0.2.5", "192.0.2.6"],
    )
    assert fastsock.gethostbyaddr("192.0.2.1")[0] == "dual.test"
    assert fastsock.getfqdn("192.0.2.5") == "real.test"
    assert fastsock.getfqdn("missing") == "missing"
    assert fastsock.gethostname() == os.uname().nodename
    rows = fastsock.getaddrinfo(
        "alias.test", "http", socket.AF_INET, socket.SOCK_STREAM, flags=socket.AI_CANONNAME
    )
    assert rows[0] == (socket.AF_INET, socket.SOCK_STREAM, 6, "real.test", ("192.0.2.5", 80))
    assert rows[1][3] == ""


def test_literals_ask_nobody(server, lookup):
    lookup.getaddrinfo("192.0.2.1", 80)
    lookup.getaddrinfo("2001:db8::1", 80, type=socket.SOCK_STREAM)
    lookup.gethostbyname("192.0.2.1")
    lookup.getnameinfo(("192.0.2.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    time.sleep(0.05)
    assert not server.queries
