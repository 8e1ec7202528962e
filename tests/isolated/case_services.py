"""Tables against libc, which reads the same files: odd and malformed lines."""

import os
import socket
from importlib import import_module
from pathlib import Path

import pytest

from fastsock.lookup import services

NUMBERS = [
    b"010/tcp", b"0x50/tcp", b"80//tcp", b"80/", b"80", b"80 /tcp", b"65536/tcp", b"65617/tcp",
    b"+80/tcp", b"-1/tcp", b"80x/tcp", b"x80/tcp", b"8_0/tcp", b"/tcp", b"80/tcp/udp", b"80/t\0cp",
    b"4294967376/tcp", b"99999999999/tcp", b"\xef\xbc\x98/tcp", b"80/ tcp", b"080/tcp", b"0/tcp",
    b"00/tcp", b"65535/tcp", b"",
]  # fmt: skip
LINES = [b"x " + number for number in NUMBERS] + [
    b"x\x1c80/tcp", b"x \xc2\xa080/tcp", b"x 80/tcp\ry", b"x\x0b80/tcp", b"\xff 80/tcp x",
    b"y 80/tcp \xe2\x80\x83 x", b"y 80/tcp\x1dx", b"\rx 80/tcp", b"y 80/tcp x#", b"#x 80/tcp", b"x",
]  # fmt: skip
PROTOCOLS = [
    b"x 010", b"x 6x", b"x 0x6", b"x +6", b"x -6", b"x 2147483648", b"x 4294967302", b"x nan",
    b"x 6/y", b"x", b"x 6\ry", b"x 6 \xff", b"y\x0b6\x0cx", b"x 0",
]  # fmt: skip


@pytest.fixture(params=os.environ.get("FASTSOCK_TEST_BACKENDS", "c,py").split(","))
def lookup(request):
    return import_module(f"fastsock.lookup._{request.param}")


def outcome(module, name, *args):
    try:
        return getattr(module, name)(*args)
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("line", LINES)
def test_services(lookup, line):
    Path("/etc/services").write_bytes(b"w 70/tcp\n" + line + b"\nx 99/tcp\nz 1/tcp\nq 80/udp\n")
    services.load()
    for name in ("w", "x", "y", "z", "q"):
        for rest in ((), ("tcp",), ("udp",)):
            expected = outcome(socket, "getservbyname", name, *rest)
            assert outcome(lookup, "getservbyname", name, *rest) == expected, (name, rest)
    for port in (0, 8, 70, 80, 81, 99):
        for rest in ((), ("tcp",), ("udp",)):
            expected = outcome(socket, "getservbyport", port, *rest)
            assert outcome(lookup, "getservbyport", port, *rest) == expected, (port, rest)


@pytest.mark.parametrize("line", PROTOCOLS)
def test_protocols(lookup, line):
    Path("/etc/protocols").write_bytes(b"w 70\n" + line + b"\nx 99\nz 1\n")
    services.load()
    for name in ("w", "x", "y", "z"):
        expected = outcome(socket, "getprotobyname", name)
        assert outcome(lookup, "getprotobyname", name) == expected, name
