"""The stream of `fastsock.aio`: the reader, the writer and the protocol in one object."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import suppress
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, Literal, Self, overload
from weakref import ref

from .._core.errors import shorten
from ..stream import Framer, RecvAccumulator, errors as _stream_errors

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from _typeshed import ReadableBuffer

    from ..proxy import ProxyHeader

    Connected = Callable[["Stream", "Stream"], Awaitable[None] | None]

__all__ = ["FrameIterator", "Stream"]

_READ = 1 << 16  # larger reads are slower, for what they bring leaves the cache before it is cut
_RECORD = 1 << 14  # the most that a TLS layer holds decrypted


class _Link(asyncio.BufferedProtocol):
    """What a transport has of a stream: a weak reference, so that a dropped stream is noticed.

    A task that waits for the stream, or serves it, is kept by nothing but the stream: while there
    is one, the reference is strong.
    """

    __slots__ = ("_stream", "held")

    def __init__(self, stream: Stream) -> None:
        self._stream = ref(stream)
        self.held: Stream | None = None

    def get_buffer(self, sizehint: int) -> memoryview:
        stream = self._stream()
        return memoryview(bytearray(1)) if stream is None else stream.get_buffer(sizehint)

    def buffer_updated(self, nbytes: int) -> None:
        stream = self._stream()
        if stream is not None:
            stream.buffer_updated(nbytes)

    def eof_received(self) -> bool:
        stream = self._stream()
        return stream is not None and stream.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        stream = self._stream()
        if stream is not None:
            stream.connection_lost(exc)

    def pause_writing(self) -> None:
        stream = self._stream()
        if stream is not None:
            stream.pause_writing()

    def resume_writing(self) -> None:
        stream = self._stream()
        if stream is not None:
            stream.resume_writing()


class Stream(asyncio.BufferedProtocol):
    r"""A stream that the event loop receives into, to be read exactly, by lines and by frames.

    A read that can be served by what has come returns at once, without a turn of the event
    loop; `frames` so serves many small frames a call. A read that is cancelled, by
    `asyncio.timeout` for one, has taken nothing. One task reads at a time.

    A stream that is dropped without `close` is closed, with a `ResourceWarning`, as asyncio's are.

    The transport's reading is paused while more than `high_water` bytes are unread and no task
    waits for more, and always while `max_size` are.

    `open_connection` and the other functions here make it. By hand it is a protocol as any other:
    ``await loop.create_connection(Stream, host, port)``.

    Args:
        max_size: the most bytes that may be received ahead, so also the most that `read_exactly`
            and `read_all` can return.
        high_water: from how many unread bytes on reading is paused, until half are left.
        client_connected_cb: called with ``(stream, stream)`` when the connection is made; a
            coroutine becomes a task.

    Raises:
        TypeError, ValueError: `max_size` or `high_water` is no int, or out of range.

    >>> import asyncio, socket
    >>> from fastsock import LengthPrefix
    >>> async def main():
    ...     here, there = socket.socketpair()
    ...     with there:
    ...         stream, _ = await open_connection(sock=here)
    ...         there.sendall(b"PUT\n\x02hi\x05there\x03")
    ...         print(await stream.read_line(), await stream.frames(LengthPrefix(1)))
    ...         try:
    ...             async with asyncio.timeout(0.01):
    ...                 await stream.frame(LengthPrefix(1))
    ...         except TimeoutError:
    ...             there.sendall(b"all")
    ...         print(await stream.frame(LengthPrefix(1)))
    ...         stream.close()
    ...         await stream.wait_closed()
    >>> asyncio.run(main())
    b'PUT\n' [b'hi', b'there']
    b'all'
    """

    __module__ = "fastsock.aio"
    __slots__ = (
        "__weakref__",
        "_accumulator",
        "_client_connected_cb",
        "_ended",
        "_error",
        "_full",
        "_high_water",
        "_link",
        "_listeners",
        "_loop",
        "_lost",
        "_max_size",
        "_over_tls",
        "_paused",
        "_proxy",
        "_task",
        "_transport",
        "_upgrading",
        "_waiter",
    )

    _loop: asyncio.AbstractEventLoop
    _transport: asyncio.Transport

    def __init__(
        self,
        max_size: int = 1 << 24,
        *,
        high_water: int = 1 << 17,
        client_connected_cb: Connected | None = None,
    ) -> None:
        if high_water < 0:
            raise _stream_errors.bad_count("high_water", high_water)
        self._accumulator = RecvAccumulator(max_size)
        self._max_size = max_size
        self._high_water = high_water
        self._client_connected_cb = client_connected_cb
        self._link = _Link(self)
        self._waiter: asyncio.Future[None] | None = None  # of the task that waits for bytes
        self._paused = False
        self._ended = False  # the transport has no more to give
        self._error: Exception | None = None  # what broke the connection
        self._over_tls = False
        self._proxy: ProxyHeader | None = None  # of a trusted sender
        self._upgrading = False  # start_tls() is at work
        self._task: asyncio.Task[None] | None = None  # else the loop keeps it by a weak reference
        self._full = False  # what is written waits in the transport
        self._lost = False
        self._listeners: list[asyncio.Future[None]] = []  # wait for a change of these two

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, and start the server's callback."""
        self._transport = transport  # type: ignore[assignment]
        self._loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # a transport that can't be told keeps the stream alive
            transport.set_protocol(self._link)
        self._over_tls = transport.get_extra_info("sslcontext") is not None
        self._hold_the_end_back()
        if self._client_connected_cb is not None:
            result = self._client_connected_cb(self, self)
            if iscoroutine(result):
                self._task = self._loop.create_task(result)
                self._hold()
                self._task.add_done_callback(self._served)

    def _served(self, task: asyncio.Task[None]) -> None:
        """Close a connection whose callback raised; asyncio would not."""
        self._task = None
        self._let_go()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            context = {
                "message": "Unhandled exception in client_connected_cb",
                "exception": error,
                "transport": self._transport,
            }
            self._loop.call_exception_handler(context)
        if error is not None or task.cancelled():
            self._transport.close()

    def _hold_the_end_back(self) -> None:
        """Let a TLS layer read from its socket only what it can hand over at once.

        When the socket ends, TLS layers drop what is left in them: uvloop's all of it, asyncio's
        what does not fit into one more buffer. So nothing may be left when the end is seen.
        """
        if self._over_tls and hasattr(self._transport, "set_read_buffer_limits"):
            self._transport.set_read_buffer_limits(high=1, low=0)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the transport room to receive into."""
        if self._ended:  # asyncio's TLS tries once more when it closes
            return memoryview(bytearray(1))
        if not self._over_tls:
            # A full stream may see whether it ends there.
            return self._accumulator.get_buffer(sizehint, surplus=1)[:_READ]
        # At the end asyncio's TLS asks once, and drops what does not fit.
        wanted = max(sizehint, 0) + _RECORD
        return self._accumulator.get_buffer(wanted, surplus=wanted)[: max(wanted, _READ)]

    def buffer_updated(self, nbytes: int) -> None:
        """Accept what the transport has received."""
        if self._ended:
            return
        accumulator, waiter = self._accumulator, self._waiter
        accumulator.buffer_updated(nbytes)
        size = len(accumulator)
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
            full = size >= self._max_size  # the task that is woken may want even more
        else:
            full = size > self._high_water or size >= self._max_size
        if full and not self._paused:
            self._paused = True
            if not self._upgrading:  # the plain transport would stay paused
                self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Record the end of the stream; a plain connection stays open for writing."""
        self._end()
        self._wake()
        return not self._over_tls

    def connection_lost(self, exc: Exception | None) -> None:
        """Record the end of the connection. What was received can still be read."""
        if self._lost:
            return
        self._error = exc
        if exc is None:
            self._end()
        self._ended = True
        self._lost = True
        self._tell()
        self._wake()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._accumulator.feed_eof()

    def pause_writing(self) -> None:
        """Make `drain` wait."""
        self._full = True

    def resume_writing(self) -> None:
        """Let `drain` go on."""
        self._full = False
        self._tell()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _tell(self) -> None:
        for listener in self._listeners:
            if not listener.done():
                listener.set_result(None)

    async def _listen(self) -> None:
        listener = self._loop.create_future()
        self._listeners.append(listener)
        self._hold()
        try:
            await listener
        finally:
            self._listeners.remove(listener)
            self._let_go()

    def _hold(self) -> None:
        self._link.held = self

    def _let_go(self) -> None:
        if self._waiter is None and self._task is None and not self._listeners:
            self._link.held = None

    def __del__(self, warn: Callable[..., None] = warnings.warn) -> None:
        transport = getattr(self, "_transport", None)
        try:
            if transport is None or self._lost or transport.is_closing():
                return
        except NotImplementedError:  # a transport of somebody's tests
            return
        if self._loop.is_closed():
            warn("loop is closed", ResourceWarning)
            return
        # The collector may run in any thread.
        self._loop.call_soon_threadsafe(transport.close)
        warn(f"unclosed {self!r}", ResourceWarning, source=self)

    def _resume(self) -> None:
        # A transport that closes reads no more, and uvloop's says so by an exception.
        if not self._lost and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def _drained(self) -> None:
        """After a read: go on receiving if enough was taken."""
        if len(self._accumulator) <= min(self._high_water, self._max_size) // 2:
            self._resume()

    async def _more(self, reader: str, surplus: bool = False) -> None:
        """Wait until more has come, or the end; with `surplus` even where all room is used."""
        if self._waiter is not None:
            raise RuntimeError(
                f"{reader}() called while another coroutine is already waiting for incoming data"
            )
        if self._error is not None:
            raise self._error
        full = len(self._accumulator) >= self._max_size
        # What has come beyond max_size, and perhaps the end after it, shows when there is room.
        if self._ended or (full and (self._accumulator.surplus or not surplus)):
            raise _stream_errors.no_room(self._max_size, len(self._accumulator))
        if self._paused:
            self._resume()
        self._waiter = waiter = self._loop.create_future()
        self._link.held = self
        try:
            await waiter
        finally:
            self._waiter = None
            if self._task is None:
                self._let_go()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._accumulator!r}>"

    # Reading. What is taken is taken after the last wait, so a cancelled read has taken nothing.

    @property
    def accumulator(self) -> RecvAccumulator:
        """What was received and not read yet: to look at, or to skip a frame."""
        return self._accumulator

    def at_eof(self) -> bool:
        """Whether the stream has ended and everything was read."""
        return self._accumulator.eof and not len(self._accumulator)

    @overload
    async def frames(
        self, framer: Framer, views: Literal[False] = False, *, limit: int | None = None
    ) -> list[bytes]: ...
    @overload
    async def frames(
        self, framer: Framer, views: Literal[True], *, limit: int | None = None
    ) -> list[memoryview]: ...
    async def frames(
        self, framer: Framer, views: bool = False, *, limit: int | None = None
    ) -> list[bytes] | list[memoryview]:
        """Read every frame that has come whole, and wait for one where there is none.

        Args:
            framer: how to cut, as `LengthPrefix` or a `Framer` of your own.
            views: memoryviews instead of bytes. Below some 2 KiB a frame, bytes are faster.
            limit: how many at most, or None for all. What follows them stays.

        Returns:
            The frames, at least one; an empty list at the end of the stream.

        Raises:
            FrameTooLargeError, LimitOverrunError, FrameError: the next frame is a bad one; those
                before it were returned. `skip_frame` is the way on.
            IncompleteReadError: the stream ended inside a frame. Its bytes stay.
            OSError: the connection broke. What came before was returned.
            TypeError: no framer.
            RuntimeError: another task is reading.
        """
        accumulator = self._accumulator
        while True:
            frames: Any = accumulator.frames(framer, views, limit=limit)  # type: ignore[call-overload]
            if frames or accumulator.eof:
                if self._paused:
                    self._drained()
                return frames  # type: ignore[no-any-return]
            await self._more("frames")

    async def fill(self) -> int:
        """Wait until more has come, and consume nothing.

        Returns:
            How many bytes came, or 0 at the end of the stream.

        Raises:
            LimitOverrunError: `max_size` bytes are unread.
            OSError: the connection broke.
            RuntimeError: another task is reading.
        """
        accumulator = self._accumulator
        before = len(accumulator)
        while len(accumulator) == before and not accumulator.eof:
            await self._more("fill")
        return len(accumulator) - before

    async def skip_frame(self, framer: Framer) -> bool:
        """Drop the next frame, as after a `FrameTooLargeError`.

        What is still to come of it is dropped as it comes, and is never held.

        Args:
            framer: as in `frames`.

        Returns:
            Whether there was one; False at the end of the stream.

        Raises:
            FrameError: its header is invalid, so where it ends is unknown.
            OSError, TypeError, RuntimeError: as `frames`.
        """
        accumulator = self._accumulator
        while not (skipped := accumulator.skip_frame(framer)) and not accumulator.eof:
            await self._more("skip_frame")
        if self._paused:
            self._drained()
        return skipped

    async def frame(self, framer: Framer) -> bytes | None:
        """Read one frame, and leave what follows it for the next read.

        Args:
            framer: as in `frames`, which is faster.

        Returns:
            The frame, or None at the end of the stream.

        Raises:
            FrameTooLargeError, LimitOverrunError, FrameError, IncompleteReadError, OSError,
            TypeError, RuntimeError: as `frames`.
        """
        accumulator = self._accumulator
        while not (frames := accumulator.frames(framer, limit=1)) and not accumulator.eof:
            await self._more("frame")
        if self._paused:
            self._drained()
        return frames[0] if frames else None

    def iter_frames(self, framer: Framer) -> FrameIterator:
        """Iterate over frames, up to the end of the stream: ``async for frame in ...``.

        They are read one by one, so a loop that is left early has read no frame too many.

        Args:
            framer: as in `frames`.

        Returns:
            An asynchronous iterator, which raises what `frame` raises.
        """
        return FrameIterator(self, framer)

    @overload
    async def read_exactly(self, n: int, *, view: Literal[False] = False) -> bytes: ...
    @overload
    async def read_exactly(self, n: int, *, view: Literal[True]) -> memoryview: ...
    async def read_exactly(self, n: int, *, view: bool = False) -> bytes | memoryview:
        """Read exactly so many bytes, as `asyncio.StreamReader.readexactly` does.

        Args:
            n: how many.
            view: a memoryview instead of bytes. Below some 2 KiB, bytes are faster.

        Returns:
            The bytes.

        Raises:
            IncompleteReadError: the stream ended with fewer. They stay in the accumulator.
            FrameTooLargeError: `n` is more than `max_size`.
            ValueError: `n` is negative.
            OSError: the connection broke with fewer. They stay in the accumulator.
            RuntimeError: another task is reading.
        """
        if n < 0:
            raise ValueError("read_exactly size can not be less than zero")
        accumulator = self._accumulator
        while True:
            taken: Any = accumulator.take(n, view=view)  # type: ignore[call-overload]
            if taken is not None:
                if self._paused:
                    self._drained()
                return taken  # type: ignore[no-any-return]
            await self._more("read_exactly")

    async def read_until(
        self,
        separator: ReadableBuffer | tuple[ReadableBuffer, ...] = b"\n",
        *,
        max_frame: int | None = None,
        keep: bool = True,
    ) -> bytes:
        """Read up to a separator, as `asyncio.StreamReader.readuntil` does.

        Args:
            separator: a bytes-like object, or a tuple of them: then the first that is complete.
            max_frame: the most bytes before the separator.
            keep: with the separator at the end.

        Returns:
            The bytes.

        Raises:
            IncompleteReadError: the stream ended without a separator. Its bytes stay.
            LimitOverrunError: no separator within the limit, or within `max_size`.
            ValueError: an empty separator.
            OSError: the connection broke.
            RuntimeError: another task is reading.
        """
        accumulator = self._accumulator
        while True:
            taken = accumulator.take_until(separator, max_frame=max_frame, keep=keep)
            if taken is not None:
                if self._paused:
                    self._drained()
                return taken
            await self._more("read_until")

    async def read_line(self, *, max_frame: int | None = None, keep: bool = True) -> bytes:
        r"""Read a line, as `asyncio.StreamReader.readline` does.

        Args:
            max_frame: the most bytes before the newline.
            keep: with the newline, ``\n`` or ``\r\n``, at the end.

        Returns:
            The line. The last one may have no newline. At the end of the stream it is ``b""``.

        Raises:
            LimitOverrunError: no newline within the limit, or within `max_size`. It is a
                ValueError, as asyncio's readline raises.
            OSError: the connection broke.
            RuntimeError: another task is reading.
        """
        accumulator = self._accumulator
        while True:
            taken = accumulator.take_line(max_frame=max_frame, keep=keep)
            if taken is not None:
                if self._paused:
                    self._drained()
                return taken
            await self._more("read_line")

    async def read(self, n: int = -1) -> bytes:
        """Read what there is, as `asyncio.StreamReader.read` does.

        Args:
            n: how many bytes at most; a negative number reads all, as `read_all` does.

        Returns:
            At least one byte; ``b""`` at the end of the stream, or where `n` is 0.

        Raises:
            OSError: the connection broke.
            RuntimeError: another task is reading.
        """
        if n < 0:
            return await self.read_all()
        accumulator = self._accumulator
        while n and not len(accumulator) and not accumulator.eof:
            await self._more("read")
        taken = accumulator.take(min(n, len(accumulator)))
        if self._paused:
            self._drained()
        return taken  # type: ignore[return-value]

    async def read_all(self) -> bytes:
        """Read all there is to come, up to the end of the stream.

        Returns:
            The bytes, ``b""`` where there are no more.

        Raises:
            LimitOverrunError: more than `max_size` bytes came. They stay.
            OSError: the connection broke. What came stays.
            RuntimeError: another task is reading.
        """
        while not self._accumulator.eof:
            await self._more("read_all", surplus=True)
        return self._accumulator.take()  # type: ignore[return-value]

    # The names of asyncio.StreamReader's methods, for code that is written for it.
    readexactly = read_exactly
    readuntil = read_until
    readline = read_line

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        line = await self.read_line()
        if not line:
            raise StopAsyncIteration
        return line

    # Writing, as asyncio.StreamWriter does it.

    @property
    def proxy(self) -> ProxyHeader | None:
        """The PROXY header that came first, from a trusted sender; None where there was none."""
        return self._proxy

    @property
    def transport(self) -> asyncio.Transport:
        """The transport."""
        return self._transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport knows, as ``"peername"``.

        After a PROXY header, ``"peername"`` and ``"sockname"`` are the endpoints that it names.
        """
        if self._proxy is not None and name in ("peername", "sockname"):
            named = self._proxy.source if name == "peername" else self._proxy.destination
            if named is not None:
                return named
        return self._transport.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, in the background."""
        self._transport.write(data)

    def writelines(self, data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send many pieces, in the background."""
        self._transport.writelines(data)

    async def write_frames(self, framer: Framer, bodies: Iterable[ReadableBuffer]) -> int:
        """Send the frames of many bodies, and wait where the peer does not keep up.

        All bodies are checked before the first byte is written. Frames of several tasks never
        mix. `writelines` is the cheap way for pieces that are frames already.

        Args:
            framer: how to write: `LengthPrefix`, `Lines`, or a `Framer` of your own.
            bodies: bytes-like objects.

        Returns:
            How many bytes were written.

        Raises:
            FrameError, FrameTooLargeError, TypeError, BufferError: as `Framer.encode_many`;
                nothing was written.
            OSError: the connection is closed, or what broke it. Its `frames_written` says how
                many frames were handed to the transport; not all of them may have been sent.
        """
        taken: Any = bodies if type(bodies) in (list, tuple) else tuple(bodies)
        if not (self._full or self._lost or self._over_tls) and _are_few(taken):
            batches = [(len(taken), framer.encode_many(taken))]
        else:
            batches = _batches(framer, tuple(taken))
        written = frames = 0
        try:
            for count, data in batches:
                if self._full or self._lost:
                    await self.drain()
                self._transport.write(data)
                written += len(data)
                frames += count
            if self._full or self._over_tls or self._transport.is_closing():
                await self.drain()
        except OSError as error:
            error.frames_written = frames  # type: ignore[attr-defined]
            raise
        return written

    def can_write_eof(self) -> bool:
        """Whether `write_eof` works: not over TLS."""
        return self._transport.can_write_eof()

    def write_eof(self) -> None:
        """End the stream of what is sent; reading goes on."""
        self._transport.write_eof()

    async def drain(self) -> None:
        """Wait until it is good to write more.

        Raises:
            ConnectionResetError: the connection is closed.
            OSError: what broke it.
        """
        if self._over_tls or self._transport.is_closing():
            # Or a loop of writes would never let connection_lost() in. A TLS transport does not
            # even know that the socket below it is closed.
            if self._over_tls:
                self._look_for_the_end()
            await asyncio.sleep(0)
        while self._full and not self._lost:
            await self._listen()
        if self._error is not None:
            raise self._error
        if self._lost:
            raise ConnectionResetError("Connection lost")

    def _look_for_the_end(self) -> None:
        """Let a TLS transport that was paused, and has nothing to hand over, see its end."""
        if self._paused and len(self._accumulator) < self._max_size:
            size = getattr(self._transport, "get_read_buffer_size", None)
            if size is not None and size() == 0:
                self._resume()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close the connection, and wait until it is; an error of the peer's is not raised."""
        self.close()
        with suppress(OSError):
            await self.wait_closed()

    def close(self) -> None:
        """Close the connection, after what was written is sent."""
        if not self._transport.is_closing():  # asyncio's TLS is broken by a second call
            self._transport.close()

    def is_closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self._transport.is_closing()

    async def wait_closed(self) -> None:
        """Wait until the connection is closed.

        Raises:
            OSError: what broke it.
        """
        while not self._lost:
            await self._listen()
        if self._error is not None:
            raise self._error

    def _take_all(self) -> bytes:
        """All that has come, what is beyond `max_size` included."""
        pieces = []
        while len(self._accumulator):
            pieces.append(self._accumulator.take())
        return b"".join(pieces)  # type: ignore[arg-type]

    async def _after(self, came: bytes, handshake: Awaitable[Any]) -> Any:
        """Start a handshake, and let its TLS layer receive first what has come already."""
        plain = self._transport
        task = asyncio.ensure_future(handshake)
        try:
            while plain.get_protocol() in (self, self._link) and not task.done():
                await asyncio.sleep(0)
            # The layer is told of its transport in the turn that starts now. It is the first in
            # line, and what the socket brings comes a turn later.
            if not task.done():
                self._loop.call_soon(_receive, plain.get_protocol(), came)
            return await task
        finally:
            task.cancel()

    async def start_tls(
        self,
        sslcontext: ssl.SSLContext,
        *,
        server_hostname: str | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
        unread: Literal["error", "pass"] = "error",
    ) -> None:
        """Go on over TLS, as the server if a server's callback runs it.

        Args:
            sslcontext: the TLS settings.
            server_hostname: the name that the server's certificate must bear.
            ssl_handshake_timeout: seconds for the handshake.
            ssl_shutdown_timeout: seconds for the end of TLS, when the connection is closed.
            unread: what to do with bytes that have come and were not read: ``"error"``, or
                ``"pass"`` to hand them to the TLS layer, where the peer starts TLS without
                waiting, as after a PROXY header. After STARTTLS they must be refused: somebody
                between the two peers may have added commands in the clear.

        Raises:
            RuntimeError: there are unread bytes, and `unread` is ``"error"``.
            ValueError: `unread` is neither.
            OSError: the handshake failed.
        """
        if unread not in ("error", "pass"):
            raise ValueError(f"unread must be 'error' or 'pass', not {shorten(unread)}")
        await self.drain()
        if len(self._accumulator) and unread == "error":
            raise RuntimeError("start_tls() called with unread bytes, which came in the clear")
        # Bytes over TLS, and even the end, can come before the transport does.
        self._over_tls = self._upgrading = True
        try:
            handshake = self._loop.start_tls(
                self._transport,
                self._link,
                sslcontext,
                server_side=self._client_connected_cb is not None,
                server_hostname=server_hostname,
                ssl_handshake_timeout=ssl_handshake_timeout,
                ssl_shutdown_timeout=ssl_shutdown_timeout,
            )
            came = self._take_all()
            transport = await (self._after(came, handshake) if came else handshake)
            if transport is None:
                raise ConnectionAbortedError("Connection lost during the TLS handshake")
        except BaseException as error:
            # The transport is closed then, and the protocol is not always told.
            told = error if isinstance(error, Exception) else ConnectionAbortedError("cancelled")
            self.connection_lost(told)
            raise
        finally:
            self._upgrading = False
        self._transport = transport
        self._hold_the_end_back()
        if self._paused and not self._lost:
            self._transport.pause_reading()


def _receive(layer: Any, data: bytes) -> None:
    """Give a buffered protocol bytes, as a transport does."""
    view = memoryview(data)
    while view:
        buffer = layer.get_buffer(len(view))
        count = min(len(buffer), len(view))
        memoryview(buffer)[:count] = view[:count]
        layer.buffer_updated(count)
        view = view[count:]


_BATCH = 1 << 16  # bytes of bodies that are written at once


def _are_few(bodies: Sequence[Any]) -> bool:
    """Whether all frames are no more than what is written at once."""
    try:
        return sum(map(len, bodies)) < _BATCH
    except TypeError:
        return False


def _batches(framer: Framer, bodies: tuple[Any, ...]) -> list[tuple[int, bytes]]:
    """Frames of some bodies at a time, all encoded before any is written."""
    batches = []
    first = size = 0
    try:
        for place, body in enumerate(bodies, 1):
            size += len(body) if hasattr(body, "__len__") else _BATCH
            if size >= _BATCH or place == len(bodies):
                batches.append((place - first, framer.encode_many(bodies[first:place])))
                first, size = place, 0
    except _stream_errors.FrameError:
        framer.encode_many(bodies)  # raises the same, and counts from the first body
        raise
    return batches


class FrameIterator:
    """The frames of a stream, one by one: what `Stream.iter_frames` returns."""

    __module__ = "fastsock.aio"
    __slots__ = ("_framer", "_stream")

    def __init__(self, stream: Stream, framer: Framer) -> None:
        self._stream = stream
        self._framer = framer

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        frame = await self._stream.frame(self._framer)
        if frame is None:
            raise StopAsyncIteration
        return frame
