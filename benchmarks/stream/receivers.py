"""fastsock's ways to receive a number of messages, as `by_hand` has others."""

import socket
from types import ModuleType

from benchmarks.stream.by_hand import Keep
from fastsock.stream import Framer, LengthPrefix, Lines
from fastsock.stream.reader import SocketReader

PREFIX = LengthPrefix(4)
LINES = Lines()


def frames(
    stream: ModuleType, framer: Framer, views: bool, sock: socket.socket, n: int, keep: Keep
) -> int:
    accumulator, found = stream.RecvAccumulator(), 0
    while found < n and accumulator.fill(sock):
        batch = accumulator.frames(framer, views)
        found += len(batch)
        if keep is not None:
            keep += batch
    return found


def offsets(stream: ModuleType, framer: Framer, sock: socket.socket, n: int, keep: Keep) -> int:
    accumulator, found = stream.RecvAccumulator(), 0
    while found < n and accumulator.fill(sock):
        view, pairs = accumulator.frame_offsets(framer)
        found += len(pairs) // 16
        if keep is not None:
            numbers = memoryview(pairs).cast("q").tolist()
            keep += [bytes(view[a:b]) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
    return found


def socket_reader(framer: Framer, sock: socket.socket, n: int, keep: Keep) -> int:
    reader, found = SocketReader(sock), 0
    while found < n and (batch := reader.frames(framer)):
        found += len(batch)
        if keep is not None:
            keep += batch
    return found
