"""Names of socket options that the `socket` module lacks."""

import socket
import sys

import pytest

from fastsock.datagram import constants
from fastsock.lookup import get_constants, name_of

LINUX = {
    "UDP_": {"UDP_GRO", "UDP_SEGMENT"},
    "SO_": {"SO_MEMINFO", "SO_RCVBUFFORCE", "SO_RXQ_OVFL", "SO_SNDBUFFORCE", "SO_TIMESTAMPNS"},
    "IP_": {"IP_PKTINFO"},
}


@pytest.mark.skipif(sys.platform != "linux", reason="options of Linux")
@pytest.mark.parametrize("prefix", LINUX)
def test_options_of_linux_have_names(prefix):
    found = get_constants(prefix)
    assert LINUX[prefix] <= {*found.values()}
    for name in LINUX[prefix]:
        assert name_of(prefix, getattr(constants, name)) == name


def test_the_socket_module_comes_first():
    for prefix in LINUX:
        for value, name in get_constants(prefix).items():
            assert getattr(socket, name, value) == value
