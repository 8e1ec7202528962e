"""Messages received by hand, over the standard library.

Each takes a connected socket and how many messages will come, and returns how many did. With
`keep` it also puts them there, for the check; timed runs drop them.
"""

import socket
import struct
from collections.abc import Callable
from typing import Any

SIZE = 1 << 16
BULK = 1 << 20
LENGTH = struct.Struct("!I")
Keep = list[Any] | None
Receive = Callable[[socket.socket, int, Keep], int]


def prefixed_slices(sock: socket.socket, n: int, keep: Keep) -> int:
    """The fastest by hand: bytes, an offset, a Struct made once, and slices."""
    recv, unpack, rest, found = sock.recv, LENGTH.unpack_from, b"", 0
    while found < n and (data := recv(SIZE)):
        if rest:
            data = rest + data
        batch, at, size = [], 0, len(data)
        append = batch.append
        while at + 4 <= size:
            (length,) = unpack(data, at)
            end = at + 4 + length
            if end > size:
                break
            append(data[at + 4 : end])
            at = end
        rest = data[at:]
        found += len(batch)
        if keep is not None:
            keep += batch
    return found


def prefixed_struct(sock: socket.socket, n: int, keep: Keep) -> int:
    """The usual one: a bytearray, `struct`, and `del` for every message."""
    data, found = bytearray(), 0
    while found < n and (chunk := sock.recv(SIZE)):
        data += chunk
        while len(data) >= 4:
            (size,) = struct.unpack_from(">I", data)
            if len(data) < 4 + size:
                break
            message = bytes(data[4 : 4 + size])
            del data[: 4 + size]
            found += 1
            if keep is not None:
                keep.append(message)
    return found


def prefixed_makefile(sock: socket.socket, n: int, keep: Keep) -> int:
    with sock.makefile("rb", SIZE) as file:
        for _ in range(n):
            message = file.read(int.from_bytes(file.read(4), "big"))
            if keep is not None:
                keep.append(message)
    return n


def lines_split(sock: socket.socket, n: int, keep: Keep) -> int:
    """The fastest by hand: `bytes.split` once a read."""
    recv, rest, found = sock.recv, b"", 0
    while found < n and (data := recv(SIZE)):
        batch = (rest + data).split(b"\n")
        rest = batch.pop()
        found += len(batch)
        if keep is not None:
            keep += batch
    return found


def lines_find_del(sock: socket.socket, n: int, keep: Keep) -> int:
    """The usual one: a bytearray, `find`, and `del` for every line."""
    data, found = bytearray(), 0
    while found < n and (chunk := sock.recv(SIZE)):
        data += chunk
        while (end := data.find(b"\n")) >= 0:
            line = bytes(data[:end])
            del data[: end + 1]
            found += 1
            if keep is not None:
                keep.append(line)
    return found


def lines_makefile(sock: socket.socket, n: int, keep: Keep) -> int:
    found = 0
    with sock.makefile("rb", SIZE) as file:
        for line in file:
            found += 1
            if keep is not None:
                keep.append(line[:-1])
            if found == n:
                break
    return found


def bulk_recv_into(sock: socket.socket, n: int, keep: Keep) -> int:
    """A length, then `recv_into` a fresh buffer until it is full."""
    for _ in range(n):
        head = sock.recv(4, socket.MSG_WAITALL)
        message = bytearray(int.from_bytes(head, "big"))
        view, at = memoryview(message), 0
        while at < len(message):
            at += sock.recv_into(view[at:])
        if keep is not None:
            keep.append(bytes(message))
    return n
