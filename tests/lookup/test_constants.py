"""Names of numbers."""

import socket

import pytest

import fastsock
from fastsock import get_constants
from fastsock.lookup import describe, name_of


def test_every_constant_with_a_prefix_is_there():
    for prefix in ("AF_", "SOCK_", "IPPROTO_", "AI_", "EAI_", "NI_", "SHUT_"):
        values = {int(getattr(socket, name)) for name in dir(socket) if name.startswith(prefix)}
        table = get_constants(prefix)
        assert set(table) == values
        assert all(int(getattr(socket, name)) == value for value, name in table.items())
        assert all(type(value) is int for value in table)


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("AF_", "AF_INET"), ("AF_", "AF_INET6"), ("AF_", "AF_UNIX"), ("AF_", "AF_UNSPEC"),
        ("AF_", "AF_DECnet"), ("AF_", "AF_NETLINK"), ("AF_", "AF_PACKET"), ("SOCK_", "SOCK_STREAM"),
        ("SOCK_", "SOCK_DGRAM"), ("SOCK_", "SOCK_RAW"), ("SOCK_", "SOCK_RDM"),
        ("IPPROTO_", "IPPROTO_IP"), ("IPPROTO_", "IPPROTO_TCP"), ("IPPROTO_", "IPPROTO_UDP"),
        ("IPPROTO_", "IPPROTO_ICMP"), ("IPPROTO_", "IPPROTO_RAW"), ("AI_", "AI_CANONNAME"),
        ("SHUT_", "SHUT_WR"), ("SO_", "SO_REUSEADDR"), ("SO_", "SO_ERROR"), ("IP_", "IP_TOS"),
    ],
)  # fmt: skip
def test_names_one_expects(prefix, name):
    value = getattr(socket, name, None)
    if value is not None:
        assert name_of(prefix, value) == name
        assert get_constants(prefix)[value] == name


def test_a_dict_of_ones_own():
    get_constants("AF_").clear()
    assert name_of("AF_", socket.AF_INET) == "AF_INET"
    assert get_constants("NO_SUCH_") == {}


def test_numbers_without_a_name():
    assert name_of("AF_", 250) == "250"
    assert name_of("SOCK_", 99) == "99"
    assert name_of("NO_SUCH_", socket.AF_INET) == "2"


def test_bits_in_a_type():
    both = socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    assert name_of("SOCK_", both) == "SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC"
    assert name_of("SOCK_", socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) == "SOCK_DGRAM|SOCK_CLOEXEC"
    assert name_of("SOCK_", socket.SOCK_CLOEXEC) == "SOCK_CLOEXEC"


def test_the_table_that_tutorials_print():
    families = get_constants("AF_")
    line = f"{'AF_INET':>4} -> {2:2d} (socket.{families[2]:<12} = {2:2d})"
    assert line == "AF_INET ->  2 (socket.AF_INET      =  2)"


def test_describe():
    v4 = fastsock.getaddrinfo("127.0.0.1", 80)
    assert [describe(row) for row in v4] == [
        "AF_INET SOCK_STREAM IPPROTO_TCP 127.0.0.1:80",
        "AF_INET SOCK_DGRAM IPPROTO_UDP 127.0.0.1:80",
        "AF_INET SOCK_RAW IPPROTO_IP 127.0.0.1:80",
    ]
    row = fastsock.getaddrinfo("::1", 80, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)[0]
    assert describe(row) == "AF_INET6 SOCK_STREAM IPPROTO_TCP [::1]:80 (::1)"


def test_describe_a_scope():
    name = socket.if_indextoname(1)
    row = (socket.AF_INET6, 1, 6, "", ("fe80::1", 80, 0, 1))
    assert describe(row) == f"AF_INET6 SOCK_STREAM IPPROTO_TCP [fe80::1%{name}]:80"
    row = (socket.AF_INET6, 1, 6, "", ("fe80::1", 80, 0, 2**31 - 1))
    assert describe(row).endswith("[fe80::1%2147483647]:80")


def test_describe_what_is_no_internet_address():
    row = (socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/run/x")
    assert describe(row) == "AF_UNIX SOCK_STREAM IPPROTO_IP /run/x"
    row = (socket.AF_INET6, 1, 6, "", (10, b"bytes"))
    assert describe(row) == "AF_INET6 SOCK_STREAM IPPROTO_TCP (10, b'bytes')"
