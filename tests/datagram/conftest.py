import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from fastsock.datagram import constants


@pytest.fixture(scope="session")
def datagram(twin: Any) -> ModuleType:
    return twin.part("datagram")


def _bound(family: int, where: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, where[0] != "::")
        sock.bind(where)
        sock.settimeout(20)
    except OSError as error:
        sock.close()
        pytest.skip(f"no socket at {where}: {error}")
    return sock


@pytest.fixture(scope="session")
def with_queue() -> Callable[[socket.socket, int, int], None]:
    """Give a socket a queue for so many datagrams of so many bytes in all, or skip the test.

    More than `net.core.rmem_max` is for those who may administer the network.
    """

    def enlarge(sock: socket.socket, count: int, size: int) -> None:
        needed = 2 * size + 2048 * count  # the kernel counts its own structures, too
        try:
            sock.setsockopt(socket.SOL_SOCKET, constants.SO_RCVBUFFORCE, needed)
        except PermissionError as error:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, needed)
            if sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) < needed:
                pytest.skip(f"no queue of {needed} bytes: {error}")

    return enlarge


KINDS = ["ipv4", "ipv6", "dual", "unix"]


@contextmanager
def _pair(kind: str, folder: Any) -> Iterator[tuple[socket.socket, socket.socket, Any]]:
    """Two sockets, a receiver and a sender, and where the sender finds the receiver."""
    if kind == "unix" and not hasattr(socket, "AF_UNIX"):
        pytest.skip("no UNIX sockets here")
    family, where = {
        "ipv4": (socket.AF_INET, ("127.0.0.1", 0)),
        "ipv6": (socket.AF_INET6, ("::1", 0)),
        "dual": (socket.AF_INET6, ("::", 0)),
        "unix": (getattr(socket, "AF_UNIX", 0), str(folder / "here")),
    }[kind]
    other = (socket.AF_INET, ("127.0.0.1", 0)) if kind == "dual" else (family, where)
    if kind == "unix":
        other = (family, str(folder / "there"))
    with _bound(family, where) as here, _bound(*other) as there:
        name = here.getsockname()
        yield here, there, ("127.0.0.1", name[1]) if kind == "dual" else name


@pytest.fixture(params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Any]:
    with _pair(request.param, tmp_path) as made:
        yield made


@pytest.fixture(params=KINDS[:3])
def internet_pair(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Any]:
    with _pair(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def ipv4(tmp_path: Any) -> Iterator[Any]:
    with _pair("ipv4", tmp_path) as made:
        yield made


@pytest.fixture
def make_pair(tmp_path: Any) -> Any:
    return lambda kind: _pair(kind, tmp_path)
