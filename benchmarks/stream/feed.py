"""Sockets that another process keeps full, so that only receiving is measured here."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SENDER = Path(__file__).with_name("sender.py")
STUCK = 30
"""Seconds after which a waiting receiver must have missed a message."""


def unix_pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair()


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = socket.create_connection(server.getsockname())
        here, _ = server.accept()
    return here, there


PAIRS = {"UNIX": unix_pair, "TCP": tcp_pair}


@contextmanager
def feeding(transport: str, blob: bytes) -> Iterator[tuple[socket.socket, Callable[[], None]]]:
    """A connected socket, and a function that has the other end send the blob once more."""
    here, there = PAIRS[transport]()
    with here, there:
        sender = subprocess.Popen(
            [sys.executable, "-S", str(SENDER), str(there.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[there.fileno()],
        )
        there.close()
        try:
            assert sender.stdin is not None
            sender.stdin.write(len(blob).to_bytes(8, "big") + blob)

            def send() -> None:
                sender.stdin.write(b"\0")
                sender.stdin.flush()

            yield here, send
            sender.stdin.close()
            sender.wait(STUCK)
        finally:
            sender.kill()
            sender.wait()
