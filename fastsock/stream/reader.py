"""Blocking reads from a socket: exact ones, lines and frames, each within one deadline.

`SocketReader` is to a socket what `socket.makefile` is, with three differences: a timeout is
one for the whole read and not for each piece that drips in; after a timeout, or where a
non-blocking socket has nothing, no byte is lost and the next read goes on; and what has come
so far can be looked at.
"""

from __future__ import annotations

import errno
import math
import os
import select
import time

from .._core.backend import COMPILED
from .._core.omitted import Omitted
from .._core.typed import TYPE_CHECKING, overload
from . import errors as _errors
from .framers import Framer

if TYPE_CHECKING or not COMPILED:
    from ._py import RecvAccumulator
else:
    from ._c import RecvAccumulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final, Literal, Self, TypeVar

    from _typeshed import ReadableBuffer

    T = TypeVar("T")


__all__ = ["SocketReader"]


_SOCKET: Final = Omitted("the socket's own timeout")
Timeout = float | None | Omitted

_SURPLUS = 1 << 14  # what may come beyond max_size, to tell whether the stream ends there

_DAY = 86400.0  # poll() counts milliseconds in an int: longer waits are made of days


def _readable(fd: int, seconds: float | None) -> bool:
    """Wait until a descriptor is readable: whether it is."""
    seconds = _DAY if seconds is None else min(seconds, _DAY)
    if not hasattr(select, "poll"):
        return bool(select.select([fd], [], [], seconds)[0])
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(math.ceil(seconds * 1000)))  # never shorter than was asked for


class _Deadline:
    """The time that one read may take, however many times it has to receive."""

    __slots__ = ("_direct", "_end", "_own", "_sock", "_timeout")

    def __init__(self, sock: Any, timeout: Timeout) -> None:
        own = sock.gettimeout() if hasattr(sock, "gettimeout") else None
        if isinstance(timeout, Omitted):
            timeout = own
        elif timeout is not None and timeout < 0:
            raise ValueError("Timeout value out of range")
        self._sock = sock
        self._own = own
        self._timeout = timeout
        # The socket's own wait serves where it is the one that is wanted; but if it is a limited
        # one, only for the first time.
        self._direct = timeout == own
        self._end = time.monotonic() + timeout if timeout else 0.0

    def fill(self, accumulator: RecvAccumulator, surplus: int) -> None:
        """Receive once, within the time that is left."""
        if self._direct:
            self._direct = not self._own
            accumulator.fill(self._sock, surplus=surplus)
        elif hasattr(self._sock, "pending") or not hasattr(self._sock, "fileno"):
            self._fill_by_timeout(accumulator, surplus)
        else:
            self._fill_by_poll(accumulator, surplus)

    def _left(self) -> float | None:
        if not self._timeout:
            return self._timeout
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def _fill_by_timeout(self, accumulator: RecvAccumulator, surplus: int) -> None:
        # That a TLS socket is readable does not mean that a whole record is there, so it has to
        # keep the time itself.
        self._sock.settimeout(self._left())
        try:
            accumulator.fill(self._sock, surplus=surplus)
        finally:
            self._sock.settimeout(self._own)

    def _fill_by_poll(self, accumulator: RecvAccumulator, surplus: int) -> None:
        # The timeout of a plain socket is left alone: another thread may be sending by it.
        while True:
            left = self._left()
            fd = self._sock.fileno()
            if fd < 0 or _readable(fd, left):  # a closed socket raises its own error
                try:
                    accumulator.fill(self._sock, surplus=surplus)
                except (BlockingIOError, TimeoutError):  # it was readable for somebody else
                    if left == 0:
                        raise
                else:
                    return
            elif left == 0:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


class SocketReader:
    r"""Exact reads, lines and frames from a blocking socket.

    Every read takes a `timeout`: seconds for the whole of it, however slowly the bytes drip in;
    None to wait without a limit, 0 not to wait. The default is the socket's own timeout.
    A non-blocking socket that has nothing raises `BlockingIOError`, a TLS one
    `ssl.SSLWantReadError`. A read that raises has taken nothing: after `TimeoutError` or
    `BlockingIOError` the next read, of whatever kind, finds all that has come. So it does after a
    signal handler's exception, but not over TLS, where `ssl` can lose a record to it: every later
    read then raises `RuntimeError`.

    A plain socket's own timeout is never changed, so another thread can send meanwhile; a TLS
    socket's is while a read waits, and is set back. One thread reads at a time. A thread that
    waits is woken by ``sock.shutdown(SHUT_RD)`` in another one, not by `close`.

    Args:
        sock: a stream socket, TLS or plain, or any object with `recv_into`.
        max_size: the most bytes that may be received ahead, so also the most that `read_exactly`
            and `read_all` can return.
        accumulator: an accumulator to go on with, which may hold bytes; then `max_size` is its
            own.
        close_socket: close the socket with the reader.

    Raises:
        TypeError, ValueError: `max_size` is no int, or out of range.

    >>> import socket
    >>> here, there = socket.socketpair()
    >>> with here, there, SocketReader(here) as reader:
    ...     there.sendall(b"one\r\ntwo\r\n\x00\x02hi")
    ...     reader.read_line(), reader.read_until(b"\r\n"), reader.read_exactly(4)
    (b'one\r\n', b'two\r\n', b'\x00\x02hi')
    """

    __slots__ = ("__weakref__", "_accumulator", "_close_socket", "_closed", "_sock")

    def __init__(
        self,
        sock: Any,
        *,
        max_size: int = 1 << 24,
        accumulator: RecvAccumulator | None = None,
        close_socket: bool = False,
    ) -> None:
        self._sock = sock
        self._accumulator = RecvAccumulator(max_size) if accumulator is None else accumulator
        self._close_socket = close_socket
        self._closed = False

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"unread={len(self._accumulator)}"
        return f"<{type(self).__name__} {state} sock={self._sock!r}>"

    @property
    def accumulator(self) -> RecvAccumulator:
        r"""What was received and not read yet: to look at, to go on by hand, or to skip a frame.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> with here, there, SocketReader(here) as reader:
        ...     there.sendall(b"one\ntwo\n")
        ...     reader.read_line(), reader.accumulator.peek()
        (b'one\n', b'two\n')
        """
        return self._accumulator

    @property
    def sock(self) -> Any:
        """The socket."""
        return self._sock

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def at_eof(self) -> bool:
        """Whether the stream has ended and everything was read.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> there.close()
        >>> with here, SocketReader(here) as reader:
        ...     reader.at_eof(), reader.read_all(), reader.at_eof()
        (False, b'', True)
        """
        return self._accumulator.eof and not len(self._accumulator)

    def close(self) -> None:
        """Read no more. The socket is closed only if `close_socket` said so.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> SocketReader(here, close_socket=True).close()
        >>> here.fileno()
        -1
        >>> there.close()
        """
        self._closed = True
        if self._close_socket:
            self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # Each read tries what is there first, and looks at the clock only where that is not enough.

    def _open(self) -> RecvAccumulator:
        if self._closed:
            raise ValueError("I/O operation on closed reader")
        return self._accumulator

    def _wait_for(self, attempt: Callable[[], T | None], timeout: Timeout, surplus: int = 0) -> T:
        """Receive until an attempt has a result."""
        deadline = _Deadline(self._sock, timeout)
        while True:
            deadline.fill(self._accumulator, surplus)
            result = attempt()
            if result is not None:
                return result

    @overload
    def read_exactly(
        self, n: int, *, view: Literal[False] = False, timeout: Timeout = _SOCKET
    ) -> bytes: ...
    @overload
    def read_exactly(
        self, n: int, *, view: Literal[True], timeout: Timeout = _SOCKET
    ) -> memoryview: ...
    def read_exactly(
        self, n: int, *, view: bool = False, timeout: Timeout = _SOCKET
    ) -> bytes | memoryview:
        """Read exactly so many bytes.

        Args:
            n: how many.
            view: a memoryview instead of bytes. Below some 2 KiB, bytes are faster.
            timeout: seconds for the whole read.

        Returns:
            The bytes.

        Raises:
            IncompleteReadError: the stream ended with fewer. They stay in the accumulator.
            FrameTooLargeError: `n` is more than `max_size`.
            ValueError: `n` is negative; the reader is closed.
            TimeoutError, BlockingIOError, OSError: no more bytes in time, or at all.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> with here, there, SocketReader(here) as reader:
        ...     there.sendall(b"abcd")
        ...     reader.read_exactly(3)
        b'abc'
        """
        if n < 0:
            raise ValueError("read_exactly size can not be less than zero")
        accumulator = self._open()

        def attempt() -> Any:
            return accumulator.take(n, view=view)  # type: ignore[call-overload]

        taken: bytes | memoryview | None = attempt()
        return self._wait_for(attempt, timeout) if taken is None else taken

    def read_until(
        self,
        separator: ReadableBuffer | tuple[ReadableBuffer, ...],
        *,
        max_frame: int | None = None,
        keep: bool = True,
        timeout: Timeout = _SOCKET,
    ) -> bytes:
        """Read up to a separator, as `asyncio.StreamReader.readuntil` does.

        Args:
            separator: a bytes-like object, or a tuple of them: then the first that is complete.
            max_frame: the most bytes before the separator.
            keep: with the separator at the end.
            timeout: seconds for the whole read.

        Returns:
            The bytes.

        Raises:
            IncompleteReadError: the stream ended without a separator. Its bytes stay.
            LimitOverrunError: no separator within the limit, or within `max_size`.
            ValueError: an empty separator; the reader is closed.
            TimeoutError, BlockingIOError, OSError: no more bytes in time, or at all.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> with here, there, SocketReader(here) as reader:
        ...     there.sendall(b"key=value;")
        ...     reader.read_until(b"=", keep=False), reader.read_until((b";", b","))
        (b'key', b'value;')
        """
        accumulator = self._open()

        def attempt() -> bytes | None:
            return accumulator.take_until(separator, max_frame=max_frame, keep=keep)

        taken = attempt()
        return self._wait_for(attempt, timeout) if taken is None else taken

    def read_line(
        self, *, max_frame: int | None = None, keep: bool = True, timeout: Timeout = _SOCKET
    ) -> bytes:
        r"""Read a line, as a binary file's `readline` does.

        Args:
            max_frame: the most bytes before the newline.
            keep: with the newline, ``\n`` or ``\r\n``, at the end.
            timeout: seconds for the whole read.

        Returns:
            The line. The last one may have no newline. At the end of the stream it is ``b""``.

        Raises:
            LimitOverrunError: no newline within the limit, or within `max_size`.
            ValueError: the reader is closed.
            TimeoutError, BlockingIOError, OSError: no more bytes in time, or at all.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> with here, there, SocketReader(here) as reader:
        ...     there.sendall(b"one\r\ntwo\n")
        ...     reader.read_line(), reader.read_line(keep=False)
        (b'one\r\n', b'two')
        """
        accumulator = self._open()

        def attempt() -> bytes | None:
            return accumulator.take_line(max_frame=max_frame, keep=keep)

        taken = attempt()
        return self._wait_for(attempt, timeout) if taken is None else taken

    def read(self, n: int = -1, *, timeout: Timeout = _SOCKET) -> bytes:
        """Read what there is, and wait only where there is nothing.

        Args:
            n: how many bytes at most; a negative number reads all, as `read_all` does.
            timeout: seconds for the whole read.

        Returns:
            At least one byte; ``b""`` at the end of the stream, or where `n` is 0.

        Raises:
            ValueError: the reader is closed.
            TimeoutError, BlockingIOError, OSError: no bytes in time, or at all.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> with here, there, SocketReader(here) as reader:
        ...     there.sendall(b"abcd")
        ...     reader.read(3), reader.read(3)
        (b'abc', b'd')
        """
        if n < 0:
            return self.read_all(timeout=timeout)
        accumulator = self._open()
        if n and not len(accumulator) and not accumulator.eof:
            self._wait_for(lambda: True if len(accumulator) or accumulator.eof else None, timeout)
        return accumulator.take(min(n, len(accumulator)))  # type: ignore[return-value]

    def read_all(self, *, timeout: Timeout = _SOCKET) -> bytes:
        """Read all there is to come, up to the end of the stream.

        Args:
            timeout: seconds for the whole read.

        Returns:
            The bytes, ``b""`` where there are no more.

        Raises:
            LimitOverrunError: more than `max_size` bytes came. They stay.
            ValueError: the reader is closed.
            TimeoutError, BlockingIOError, OSError: no end in time, or a broken connection.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> there.sendall(b"all of it")
        >>> there.close()
        >>> with here, SocketReader(here) as reader:
        ...     reader.read_all()
        b'all of it'
        """
        accumulator = self._open()

        def attempt() -> bytes | None:
            if accumulator.surplus:
                raise _errors.no_room(len(accumulator), len(accumulator))
            return accumulator.take() if accumulator.eof else None

        taken = attempt()
        return self._wait_for(attempt, timeout, _SURPLUS) if taken is None else taken

    def fill(self, timeout: Timeout = _SOCKET) -> int:
        """Wait until more has come, and consume nothing.

        Args:
            timeout: seconds for the whole call.

        Returns:
            How many bytes came, or 0 at the end of the stream.

        Raises:
            LimitOverrunError: `max_size` bytes are unread.
            ValueError: the reader is closed.
            TimeoutError, BlockingIOError, OSError: no more bytes in time, or at all.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> with here, there, SocketReader(here) as reader:
        ...     there.sendall(b"abc")
        ...     reader.fill(), reader.accumulator.peek()
        (3, b'abc')
        """
        accumulator = self._open()
        before = len(accumulator)

        def attempt() -> int | None:
            came = len(accumulator) - before
            return came if came or accumulator.eof else None  # skipped bytes do not count

        if accumulator.eof:
            return 0
        return self._wait_for(attempt, timeout)

    @overload
    def frames(
        self,
        framer: Framer,
        views: Literal[False] = False,
        *,
        limit: int | None = None,
        timeout: Timeout = _SOCKET,
    ) -> list[bytes]: ...
    @overload
    def frames(
        self,
        framer: Framer,
        views: Literal[True],
        *,
        limit: int | None = None,
        timeout: Timeout = _SOCKET,
    ) -> list[memoryview]: ...
    def frames(
        self,
        framer: Framer,
        views: bool = False,
        *,
        limit: int | None = None,
        timeout: Timeout = _SOCKET,
    ) -> list[bytes] | list[memoryview]:
        r"""Read every frame that has come whole, and wait for one where there is none.

        This is the fast way to read small frames: many of them a call.

        Args:
            framer: how to cut, as `LengthPrefix` or a `Framer` of your own.
            views: memoryviews instead of bytes. Below some 2 KiB a frame, bytes are faster.
            limit: how many at most, or None for all. What follows them stays.
            timeout: seconds for the whole read.

        Returns:
            The frames, at least one; an empty list at the end of the stream.

        Raises:
            FrameTooLargeError, LimitOverrunError, FrameError: the next frame is a bad one; those
                before it were returned. `skip_frame` is the way on.
            IncompleteReadError: the stream ended inside a frame. Its bytes stay.
            TypeError: no framer.
            ValueError: the reader is closed.
            TimeoutError, BlockingIOError, OSError: no frame in time, or at all.

        >>> import socket
        >>> from fastsock import LengthPrefix
        >>> here, there = socket.socketpair()
        >>> there.sendall(b"\x02hi\x05there")
        >>> there.close()
        >>> with here, SocketReader(here) as reader:
        ...     while frames := reader.frames(LengthPrefix(1)):
        ...         print(frames)
        [b'hi', b'there']
        """
        accumulator = self._open()

        def attempt() -> Any:
            frames = accumulator.frames(framer, views, limit=limit)  # type: ignore[call-overload]
            return frames if frames or accumulator.eof else None

        taken: list[bytes] | list[memoryview] | None = attempt()
        return self._wait_for(attempt, timeout) if taken is None else taken

    def frame(self, framer: Framer, *, timeout: Timeout = _SOCKET) -> bytes | None:
        r"""Read one frame, and leave what follows it for the next read.

        Args:
            framer: as in `frames`, which is faster.
            timeout: seconds for the whole read.

        Returns:
            The frame, or None at the end of the stream.

        Raises:
            FrameTooLargeError, LimitOverrunError, FrameError, IncompleteReadError, TypeError,
            ValueError, TimeoutError, BlockingIOError, OSError: as `frames`.

        >>> import socket
        >>> from fastsock import LengthPrefix
        >>> here, there = socket.socketpair()
        >>> with here, there, SocketReader(here) as reader:
        ...     there.sendall(b"\x02hirest")
        ...     reader.frame(LengthPrefix(1)), reader.read(100)
        (b'hi', b'rest')
        """
        return self._take_frame(framer, timeout)

    def _take_frame(self, framer: Framer, timeout: Timeout) -> bytes | None:
        accumulator = self._open()

        def attempt() -> list[bytes] | None:
            frames = accumulator.frames(framer, limit=1)
            return frames if frames or accumulator.eof else None

        frames = attempt()
        if frames is None:
            frames = self._wait_for(attempt, timeout)
        return frames[0] if frames else None

    def skip_frame(self, framer: Framer, *, timeout: Timeout = _SOCKET) -> bool:
        r"""Drop the next frame, as after a `FrameTooLargeError`.

        What is still to come of it is dropped as it comes, and is never held.

        Args:
            framer: as in `frames`.
            timeout: seconds for the whole call.

        Returns:
            Whether there was one; False at the end of the stream.

        Raises:
            FrameError: its header is invalid, so where it ends is unknown.
            TypeError: no framer.
            ValueError: the reader is closed.
            TimeoutError, BlockingIOError, OSError: no header in time, or at all.

        >>> import socket
        >>> from fastsock import LengthPrefix
        >>> here, there = socket.socketpair()
        >>> with here, there, SocketReader(here) as reader:
        ...     there.sendall(b"\x05there\x02hi")
        ...     reader.skip_frame(LengthPrefix(1)), reader.frames(LengthPrefix(1))
        (True, [b'hi'])
        """
        accumulator = self._open()

        def attempt() -> bool | None:
            return True if accumulator.skip_frame(framer) else False if accumulator.eof else None

        skipped = attempt()
        return self._wait_for(attempt, timeout) if skipped is None else skipped

    def iter_frames(self, framer: Framer, *, timeout: Timeout = _SOCKET) -> Iterator[bytes]:
        """Iterate over frames, up to the end of the stream.

        They are read one by one, so a loop that is left early has read no frame too many.

        Args:
            framer: as in `frames`.
            timeout: seconds for each frame.

        Returns:
            An iterator. An error ends it; another one goes on.

        Raises:
            FrameTooLargeError, LimitOverrunError, FrameError, IncompleteReadError, TypeError,
            ValueError, TimeoutError, BlockingIOError, OSError: as `frames`.

        >>> import socket
        >>> from fastsock import Netstring
        >>> here, there = socket.socketpair()
        >>> there.sendall(b"2:hi,5:there,")
        >>> there.close()
        >>> with here, SocketReader(here) as reader:
        ...     list(reader.iter_frames(Netstring()))
        [b'hi', b'there']
        """
        while (frame := self._take_frame(framer, timeout)) is not None:
            yield frame

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        line = self.read_line()
        if not line:
            raise StopIteration
        return line
