"""Frames to a blocking socket: many a call, large bodies from where they lie."""

from __future__ import annotations

import math
import os
import select
import socket
import sys
import time
from itertools import accumulate

from .._core.omitted import Omitted
from .._core.typed import TYPE_CHECKING
from . import errors as _errors
from .framers import Framer, is_own, surround
from .reader import _DAY, _SOCKET, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from _typeshed import ReadableBuffer

__all__ = ["send_frames"]

_APART = 1 << 15  # a body of this size is cheaper to pass by itself than to copy
_PIECES = 1024  # of one sendmsg: Linux's UIO_MAXIOV, and no system's is smaller where it counts
_NO_WAIT = getattr(socket, "MSG_DONTWAIT", 0)


def send_frames(
    sock: Any, framer: Framer, bodies: Iterable[ReadableBuffer], timeout: Timeout = _SOCKET
) -> int:
    r"""Send the frames of many bodies, with as few system calls as can be.

    Small frames go out in one buffer, large bodies are sent from where they lie. All bodies are
    checked before the first byte is sent.

    Args:
        sock: a stream socket, TLS or plain, or any object with `send`.
        framer: how to write: `LengthPrefix`, `Lines`, or a `Framer` of your own.
        bodies: bytes-like objects.
        timeout: seconds for all of it; None to wait without a limit, 0 not to wait. The default
            is the socket's own timeout.

    Returns:
        How many bytes were sent.

    Raises:
        FrameError, FrameTooLargeError, TypeError, BufferError: as `Framer.encode_many`; nothing
            was sent.
        TimeoutError, BlockingIOError, OSError: the connection broke, or did not take all in time.
            The exception has two attributes: `frames_sent`, how many frames went out whole,
            and `bytes_sent`. If there are more bytes than those frames have, the stream ends
            inside a frame.

    >>> import socket
    >>> from fastsock import LengthPrefix, SocketReader
    >>> here, there = socket.socketpair()
    >>> with here, there, SocketReader(there) as reader:
    ...     send_frames(here, LengthPrefix(1), [b"hi", b"there"])
    ...     reader.frames(LengthPrefix(1))
    9
    [b'hi', b'there']
    """
    taken = tuple(bodies)
    try:
        pieces = _pieces(framer, taken)
    except _errors.FrameError:
        framer.encode_many(taken)  # raises the same, and counts from the first body
        raise
    progress = [0]
    try:
        if hasattr(sock, "sendmsg") and hasattr(sock, "fileno") and not hasattr(sock, "pending"):
            _send_pieces(sock, pieces, _Budget(sock, timeout), progress)
        else:
            _send_joined(sock, b"".join(pieces), _Budget(sock, timeout), progress)
    except BaseException as error:
        _annotate(error, framer, taken, progress[0])
        raise
    return progress[0]


def _pieces(framer: Framer, bodies: tuple[Any, ...]) -> list[Any]:
    """The frames as few buffers: small ones together, large bodies by themselves."""
    if is_own(framer):
        return [framer.encode_many(bodies)]
    pieces: list[Any] = []
    first = 0  # of the small bodies that wait to be written
    for place, body in enumerate(bodies):
        if not hasattr(body, "__len__") or len(body) < _APART:
            continue
        view = memoryview(body)
        around = surround(framer, view.nbytes, place) if view.c_contiguous else None
        if around is not None:
            if place > first:
                pieces.append(framer.encode_many(bodies[first:place]))
            pieces += (around[0], view.cast("B") if view.format != "B" else view, around[1])
            first = place + 1
    if first < len(bodies):
        pieces.append(framer.encode_many(bodies[first:]))
    return [piece for piece in pieces if len(piece)]


class _Budget:
    """The time that one call may take."""

    def __init__(self, sock: Any, timeout: Timeout) -> None:
        self.own = sock.gettimeout() if hasattr(sock, "gettimeout") else None
        if isinstance(timeout, Omitted):
            timeout = self.own
        elif timeout is not None and timeout < 0:
            raise ValueError("Timeout value out of range")
        self.timeout: Any = timeout
        self._end = time.monotonic() + timeout if timeout else 0.0

    def left(self) -> float | None:
        """Seconds, or None without a limit."""
        if not self.timeout:
            return None if self.timeout is None else 0.0
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return float(left)


def _writable(fd: int, seconds: float | None) -> bool:
    """Wait until a descriptor is writable: whether it is, in that time."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(math.ceil((_DAY if seconds is None else min(seconds, _DAY)) * 1000)))


def _send_pieces(sock: Any, pieces: list[Any], budget: _Budget, progress: list[int]) -> None:
    # The socket's timeout is left alone: another thread may be reading by it. With one, socket
    # itself would wait in sendmsg(), and by a limit that starts anew each time.
    wait_first = bool(budget.own)
    # PyPy's goes on until all is sent or that time is over, and does not say how much was sent.
    # The descriptor of a socket with a timeout does not block.
    by_writev = wait_first and sys.implementation.name == "pypy"
    views = [memoryview(piece) for piece in pieces]
    at = 0
    while at < len(views):
        if progress[0]:
            budget.left()  # nobody who takes a little now and then extends it
        if wait_first and budget.timeout != 0 and not _writable(sock.fileno(), 0):
            _writable(sock.fileno(), budget.left())
            continue
        try:
            some = views[at : at + _PIECES]
            sent = os.writev(sock.fileno(), some) if by_writev else sock.sendmsg(some, [], _NO_WAIT)
        except BlockingIOError:
            if budget.timeout == 0:
                raise
            _writable(sock.fileno(), budget.left())
            continue
        progress[0] += sent
        while at < len(views) and sent >= len(views[at]):
            sent -= len(views[at])
            at += 1
        if sent:
            views[at] = views[at][sent:]


def _send_joined(sock: Any, data: bytes, budget: _Budget, progress: list[int]) -> None:
    view = memoryview(data)
    limited = budget.timeout != budget.own and hasattr(sock, "settimeout")
    if budget.timeout:
        limited = hasattr(sock, "settimeout")
    while progress[0] < len(view):
        if limited:
            sock.settimeout(budget.left())
        try:
            progress[0] += sock.send(view[progress[0] :])
        finally:
            if limited:
                sock.settimeout(budget.own)


def _annotate(error: BaseException, framer: Framer, bodies: tuple[Any, ...], sent: int) -> None:
    """Say how far it came, on the exception."""
    if isinstance(error, _errors.FrameError):
        return
    ends = accumulate(len(framer.encode(body)) for body in bodies) if sent else ()
    whole = sum(1 for end in ends if end <= sent)
    error.frames_sent = whole  # type: ignore[attr-defined]
    error.bytes_sent = sent  # type: ignore[attr-defined]
    error.add_note(f"{whole} of {len(bodies)} frames went out whole, {sent} bytes in all")
