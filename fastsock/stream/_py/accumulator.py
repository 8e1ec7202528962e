"""Pure twin of `fastsock.stream`: bytearrays that are never resized, and the fewest copies.

Unread bytes always lie in one piece, `_read` to `_written` of one block. A block that has
views is only ever added to, never moved or written over: what does not fit goes on in a new
block, with a copy of what is unread.
"""

from __future__ import annotations

import sys
from array import array
from itertools import chain
from operator import index
from socket import socket
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, SupportsIndex, final, overload
from weakref import ref

from ..._core.buffers import contiguous as _contiguous
from .. import errors as _errors
from ..framers import Delimiter, Framer, Lines, checked_count, limit_of
from ..tls import may_have_lost
from .framing import Delimited, Own, Stop, Walk, Walker, Window, walker_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import ReadableBuffer

    class _Receiver(Protocol):
        """Anything to receive from."""

        def recv_into(self, buffer: Any, /) -> int: ...


class _Block(bytearray):
    """Memory that bytes arrive in. It can be referred to weakly."""

    __slots__ = ("__weakref__",)


_BLOCK = 1 << 16  # the usual size of a block: larger reads are no faster
_MIN_ROOM = 1 << 14  # at least so much is read at once, where max_size allows: a TLS record
_POOL_SIZE = 1 << 20  # how many bytes of a size of blocks are kept for reuse
_POOL_LARGEST = 1 << 22  # of larger blocks than _POOL_SIZE, one is kept; of larger ones none
_SMALL = 1 << 11
_LINES = Lines()
_NONE = 0  # the default of `hint` and of `surplus`, which is told apart quickest by `is`

_pool: dict[int, list[_Block]] = {}  # unused blocks, by size


def _ssize(value: SupportsIndex) -> int:
    """A number of bytes, within the bounds that an int has in C."""
    number = index(value)
    if not -sys.maxsize - 1 <= number <= sys.maxsize:
        raise OverflowError("Python int too large to convert to C ssize_t")
    return number


def _checked_surplus(surplus: SupportsIndex) -> int:
    """How many bytes may come beyond `max_size`."""
    beyond = _ssize(surplus)
    if beyond < 0:
        raise _errors.bad_count("surplus", beyond)
    return min(beyond, sys.maxsize // 4)


def _all_bytes(separator: object) -> bool:
    """Whether separators are a tuple that compares as bytes do: an array in it gives an array."""
    return type(separator) is tuple and {*map(type, separator)} == {bytes}


def _take_block(size: int) -> _Block:
    try:
        return _pool[size].pop()
    except LookupError:
        return _Block(size)


def _give_block(block: _Block) -> None:
    size = len(block)
    if size <= _POOL_LARGEST:
        blocks = _pool.setdefault(size, [])
        if len(blocks) < max(_POOL_SIZE // size, 1):
            blocks.append(block)


def _has_views(block: _Block) -> bool:
    """Whether views of a block are alive: then it can't be resized, even by nothing in effect."""
    try:
        block.append(block.pop())
    except BufferError:
        return True
    return False


@final
class RecvAccumulator:
    r"""Bytes of a stream, received in place and handed out as frames.

    Bytes come in by `fill`, `feed`, or `get_buffer` and `buffer_updated`; they go out by
    `take`, `take_until`, `take_line`, `frames` and `frame_offsets`. What a call can't use yet
    stays, so how the bytes were cut on their way makes no difference. No call loses a byte
    when it raises. There is one exception, which is not the accumulator's: a signal handler that
    raises inside a TLS socket's `recv_into` can make `ssl` forget a record that it has read.
    Every later call then raises `RuntimeError`, for a stream with a hole must not be read on.

    A memoryview that was handed out is read-only and never changes; it keeps its
    block, of 64 KiB or more, alive. An empty accumulator has no block.

    One call at a time: a call from another thread, a signal handler or a finaliser while one
    is at work raises `RuntimeError`.

    Args:
        max_size: the most bytes that may be unread at once.

    Raises:
        TypeError, ValueError, OverflowError: `max_size` is no int, or out of range.

    >>> acc = RecvAccumulator()
    >>> acc.feed(b"GET / HTTP/1.1\r\nHost: exam")
    >>> acc.take_until(b"\r\n")
    b'GET / HTTP/1.1\r\n'
    >>> acc.take_until(b"\r\n") is None, len(acc)
    (True, 10)
    """

    __slots__ = (
        "__weakref__",
        "_appetite",
        "_block",
        "_broken",
        "_busy",
        "_ended",
        "_expected",
        "_key",
        "_last",
        "_lent",
        "_max_size",
        "_needed",
        "_read",
        "_scan",
        "_separator",
        "_shared",
        "_skip",
        "_skip_walker",
        "_usual",
        "_walker",
        "_written",
    )

    def __init__(self, max_size: SupportsIndex = 1 << 24) -> None:
        size = _ssize(max_size)
        if size < 1:
            raise _errors.bad_max_size(size)
        if size > sys.maxsize // 4:
            raise _errors.huge_max_size(size)
        self._max_size = size
        self._block: _Block | None = None  # None while there is nothing to hold
        self._last: ref[_Block] | None = None  # then, one that has views
        self._read = 0  # unread bytes are those from here ...
        self._written = 0  # ... to here
        self._shared = False  # whether views of the block were made
        # Size of the next block, by what the last one held. Twice what may be unread is always
        # enough: see _move().
        self._appetite = min(_BLOCK, 1 << (2 * size - 1).bit_length())
        self._lent = 0  # how much free room get_buffer() has given to a writer
        self._scan = 0  # unread bytes that were searched for `_key` already
        self._key: Framer | None = None  # what `_walker` was made of
        self._walker: Any = None
        self._needed = 0  # size of the frame at the front, as a framer's find() said
        self._expected = 0  # the same, as its header says; 0: unknown
        self._separator: object = None  # of take_until(), where `_key` was made of it
        self._skip = 0  # bytes of a skipped frame that are still to come
        self._skip_walker: Delimited | None = None  # of one whose delimiter is still to come
        self._ended = False
        # Set and tested without a call in between, so that neither a signal handler nor another
        # thread can come between.
        self._busy = False
        self._broken = False  # bytes were lost on their way
        # Whether none of these is set: an end, a loss, a skipped frame. fill() finds it out anew.
        self._usual = True

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("type 'RecvAccumulator' is not an acceptable base type")

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle 'RecvAccumulator' object")

    def __repr__(self) -> str:
        return f"<RecvAccumulator unread={len(self)} max_size={self._max_size} eof={self._ended}>"

    def __len__(self) -> int:
        # What is left of a skipped frame is there only to find its delimiter.
        # Without the GIL another thread may move bytes between the two reads: never less than none.
        unread = max(self._written - self._read, 0)
        return 0 if self._skip_walker is not None else min(unread, self._max_size)

    @property
    def eof(self) -> bool:
        """Whether the stream has ended. There may still be unread bytes.

        >>> acc = RecvAccumulator()
        >>> acc.eof
        False
        """
        return self._finished()

    @property
    def surplus(self) -> int:
        """How many bytes have come beyond `max_size`, and are kept aside until room is made.

        >>> acc = RecvAccumulator(max_size=2)
        >>> acc.get_buffer(surplus=1)[:] = b"abc"
        >>> acc.buffer_updated(3)
        >>> len(acc), acc.surplus, acc.take(), acc.take()
        (2, 1, b'ab', b'c')
        """
        return max(self._written - self._read - self._max_size, 0)

    def _finished(self) -> bool:
        # The surplus counts as not received yet.
        return self._ended and self._written - self._read <= self._max_size

    def _refusal(self) -> RuntimeError:
        """Why no call can be served now."""
        return _errors.in_use() if self._busy else _errors.bytes_lost()

    # Room for what comes.

    def _reserve(self, wanted: int, surplus: int) -> int:
        """Make free room after the unread bytes; return its size, at least 1."""
        unread = self._written - self._read
        allowed = self._max_size + surplus - unread
        # A read into no room would look like the end of the stream.
        if allowed <= 0 or unread > self._max_size:
            raise _errors.no_room(self._max_size, min(unread, self._max_size))
        self._lent = 0
        wanted = min(max(wanted, _MIN_ROOM, self._lacking(unread)), allowed)
        if self._block is None:
            self._start(wanted)
        elif len(self._block) - self._written < wanted:
            self._move(self._block, unread, wanted)
        return min(len(self._block) - self._written, allowed)  # type: ignore[arg-type]

    def _lacking(self, unread: int) -> int:
        """What the frame at the front still lacks, as far as there may be room for it.

        Moved now, little of it is copied; moved when the block is full, most of it. A header can
        lie, so this asks for no larger block than there is.
        """
        if self._block is None or self._expected <= unread:
            return 0
        return min(self._expected, len(self._block)) - unread

    def _start(self, wanted: int) -> None:
        """Get a block: the last one if it has views and free room, or a fresh one."""
        if self._last is not None:
            block, self._last = self._last(), None
            if block is not None and len(block) - self._written >= wanted:
                self._block = block
                return
        self._block = self._take_block(wanted)
        self._shared = False
        self._read = self._written = 0

    def _take_block(self, least: int) -> _Block:
        """A block of the usual size, doubled until it is large enough."""
        size = self._appetite
        while size < least:
            size *= 2
        block = _take_block(size)
        self._appetite = size  # not before: where there is no memory, less may be asked for next
        return block

    def _move(self, block: _Block, unread: int, wanted: int) -> None:
        """Bring the unread bytes to the front, of this block or of another one.

        A byte is copied only when as many were consumed, or have come, since the last copy. So
        copies cost linear time, and blocks never need more than twice what may be unread.
        """
        self._shared = self._shared and _has_views(block)
        rest = block[self._read : self._written]
        if not self._shared and self._read >= unread and len(block) - unread >= wanted:
            block[:unread] = rest
        else:
            self._block = self._take_block(unread + max(wanted, unread))
            self._block[:unread] = rest
            if not self._shared:
                _give_block(block)
            self._shared = False
        self._read = 0
        self._written = unread

    def _settle(self) -> None:
        """Give the block back when it holds nothing."""
        block = self._block
        if self._read != self._written or block is None or self._lent:
            return
        # A block that was nearly empty at its fullest was too large.
        if self._appetite > _BLOCK and self._written <= self._appetite // 4:
            self._appetite //= 2
        self._block = None
        if self._shared and _has_views(block):
            # Its views keep it alive, as long as they live; so others can be added to it.
            self._last = ref(block)
        else:
            _give_block(block)

    def _received(self) -> None:
        """Account for bytes that were written after the unread ones."""
        if self._skip:
            skipped = min(self._skip, self._written - self._read)
            self._skip -= skipped
            self._read += skipped
        if self._skip_walker is not None:
            self._resync(self._skip_walker)
        self._settle()

    def _resync(self, walker: Delimited) -> None:
        """Drop what belongs to a skipped frame, up to its delimiter."""
        size = self._written - self._read
        window = Window(self._block, self._read, size, self._scan, sys.maxsize, ended=False)  # type: ignore[arg-type]
        frames, consumed, _ = (
            walker.walk_within(window, None, keep=True, most=1) if size else ([], 0, None)
        )
        if frames:
            self._skip_walker = None
            self._read += consumed
            self._scan = 0
        else:
            kept = min(size, walker.longest - 1)  # a delimiter may have begun
            self._read = self._written - kept
            self._scan = kept

    def _advance(self, count: int, scan: int) -> None:
        """Consume unread bytes; `scan` of those that stay are known to end no delimiter."""
        self._read += count
        self._scan = scan
        if count:
            self._needed = self._expected = 0
        self._settle()

    def _consume(self, count: int) -> None:
        self._advance(count, max(self._scan - count, 0))

    # Bytes in.

    def fill(
        self, sock: _Receiver, hint: SupportsIndex = 0, /, *, surplus: SupportsIndex = 0
    ) -> int:
        """Receive once from a socket, straight into free room.

        A socket with a timeout is received from first and waited for only where there is
        nothing. A TLS socket's decrypted bytes are all fetched, as far as `max_size` allows,
        because a selector does not know of them.

        Args:
            sock: a stream socket, or any object with `recv_into`.
            hint: how many bytes to have room for: 0 for a good default. It never makes a
                call wait for more.
            surplus: how many bytes this call may receive beyond `max_size`: with 1, a full
                accumulator can tell the end of the stream from more of it. They are kept
                aside: neither `len` nor `eof` knows of them until room is made.

        Returns:
            How many bytes came in. 0 is the end of the stream, now and at every later call.

        Raises:
            LimitOverrunError: `max_size` bytes are unread, and no surplus is allowed, or there
                is one already.
            TimeoutError, BlockingIOError, OSError: as the socket's `recv_into`. Nothing is
                lost: the next call goes on.
            ValueError: a negative hint or surplus; an impossible result of `recv_into`.
            RuntimeError: another call is at work on the accumulator; a signal handler raised
                inside a TLS socket's `recv_into`, now or at an earlier call, and so bytes may
                be lost.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> with here, there:
        ...     there.sendall(b"ping")
        ...     acc = RecvAccumulator()
        ...     acc.fill(here)
        4
        """
        # The usual call takes one flat path: calls of methods cost as much as the system call.
        if (
            type(sock) is socket
            and hint is _NONE
            and surplus is _NONE
            and self._usual
            and not self._busy
        ):
            count = 0
            self._busy = True
            try:
                try:
                    block: Any = self._block
                    written = self._written
                    room = 0 if block is None else len(block) - written
                    if (
                        room < _MIN_ROOM
                        or self._expected
                        or room > self._max_size - written + self._read
                    ):
                        free = self._free_room()
                    else:
                        self._lent = 0
                        free = memoryview(block)[written:]
                    # A loop over C: a signal handler that raises does so before it or after its
                    # body, which has no call: the count is known, or the bytes are in the socket.
                    for count in map(sock.recv_into, (free,)):
                        self._written += count
                finally:
                    if self._read == self._written:
                        self._settle()
            finally:
                self._busy = False
            if count == 0:
                self._ended, self._usual = True, False
            return count
        wanted, beyond = _ssize(hint), _checked_surplus(surplus)
        if wanted < 0:
            raise _errors.bad_count("hint", wanted)
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            return 0 if self._finished() else self._receive(sock, wanted, beyond)
        finally:
            self._usual = not (self._broken or self._ended or self._skip or self._skip_walker)
            self._busy = False

    def _receive(self, sock: _Receiver, wanted: int, surplus: int) -> int:
        room = self._reserve(wanted, surplus)
        try:
            count = self._receive_into(sock, room)
            if count == 0:
                self._ended = True
            elif type(sock) is not socket and getattr(sock, "pending", None) is not None:
                count += self._receive_pending(sock)
            return count
        finally:
            self._settle()

    def _free_room(self) -> bytearray | memoryview:
        """Free room for a genuine socket, where nothing is to be skipped: in C it keeps no hold."""
        if self._block is None and self._last is None and self._appetite <= self._max_size:
            self._block = _take_block(self._appetite)
            self._shared = False
            self._read = self._written = self._lent = 0
            return self._block
        room = self._reserve(0, 0)
        block: Any = self._block
        return block if room == len(block) else memoryview(block)[self._written :][:room]

    def _receive_into(self, sock: _Receiver, room: int) -> int:
        free: Any = self._block
        if type(sock) is not socket:
            # Whatever it is, it may keep what it is given, or write more than there is room for.
            self._shared = True
            free = memoryview(free)[self._written : self._written + room]
        elif room != len(free):
            free = memoryview(free)[self._written : self._written + room]
        counts: list[int] = []
        try:
            # All in C: a signal handler that raises finds the count in the list, or the bytes
            # still in the socket.
            counts.extend(map(index, map(sock.recv_into, (free,))))
        except BaseException as error:
            self._broken = not counts and may_have_lost(sock, error)
            raise
        finally:
            if counts and 0 <= counts[0] <= room:
                self._written += counts[0]  # no call first: a handler could raise there
                self._received()
        if not 0 <= counts[0] <= room:
            raise _errors.bad_received(counts[0], room)
        return counts[0]

    def _receive_pending(self, sock: Any) -> int:
        """Receive what a TLS socket holds decrypted, of which a selector knows nothing."""
        total = 0
        while self._written - self._read < self._max_size:
            count = sock.pending()
            if count <= 0:
                break
            try:
                count = self._receive_into(sock, self._reserve(count, 0))
            except OSError:  # it comes again at the next call; this one has bytes to report
                if self._broken:
                    raise
                break
            if count == 0:
                break
            total += count
        return total

    def feed(self, data: ReadableBuffer, /) -> None:
        """Add bytes from any source.

        Args:
            data: any contiguous bytes-like object. It is copied.

        Raises:
            LimitOverrunError: it does not fit in `max_size`; then none of it was added.
            TypeError, BufferError: no buffer, or one in pieces.
            RuntimeError: the stream has ended; another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"abc")
        >>> len(acc)
        3
        """
        with _contiguous(data, "data") as view:
            size = len(view)
            if self._busy or self._broken:
                raise self._refusal()
            self._busy = True
            try:
                self._add(view, size)
            finally:
                self._busy = False

    def _add(self, data: memoryview, size: int) -> None:
        unread = self._written - self._read
        if self._ended:
            raise _errors.after_eof()
        if size == 0:
            return
        if size > self._max_size - unread:
            raise _errors.no_room(self._max_size, min(unread, self._max_size))
        self._reserve(size, 0)
        self._block[self._written : self._written + size] = data  # type: ignore[index]
        self._written += size
        self._received()

    def feed_eof(self) -> None:
        """Record the end of the stream.

        Raises:
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed_eof()
        >>> acc.eof
        True
        """
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        self._ended = True
        self._usual = False
        self._busy = False

    def get_buffer(
        self, sizehint: SupportsIndex = -1, /, *, surplus: SupportsIndex = 0
    ) -> memoryview:
        """Lend free room to a writer, as `asyncio.BufferedProtocol.get_buffer` does.

        The room is the writer's until `buffer_updated`, or until bytes come in by another
        call. A later write overwrites what came in since.

        Args:
            sizehint: how many bytes to have room for; 0 or less for a good default.
            surplus: as in `fill`.

        Returns:
            A writable view, never empty.

        Raises:
            LimitOverrunError: `max_size` bytes are unread, and no surplus is allowed, or there
                is one already.
            ValueError: a negative surplus.
            RuntimeError: the stream has ended; another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> buffer = acc.get_buffer()
        >>> buffer[:2] = b"ok"
        >>> acc.buffer_updated(2)
        >>> acc.take()
        b'ok'
        """
        wanted, beyond = _ssize(sizehint), _checked_surplus(surplus)
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            if self._ended:
                raise _errors.after_eof()
            room = self._reserve(wanted, beyond)
            self._shared = True
            self._lent = room
            return memoryview(self._block)[self._written : self._written + room]  # type: ignore[arg-type]
        finally:
            self._busy = False

    def buffer_updated(self, nbytes: SupportsIndex, /) -> None:
        """Accept bytes that a writer wrote at the front of the room it was lent.

        Args:
            nbytes: how many.

        Raises:
            ValueError: more than `get_buffer` has lent since bytes came in last, or a
                negative number.
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.get_buffer()[:2] = b"ok"
        >>> acc.buffer_updated(2)
        >>> len(acc)
        2
        """
        count = _ssize(nbytes)
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            if not 0 <= count <= self._lent:
                raise _errors.bad_update(count, self._lent)
            self._lent = 0
            self._written += count
            self._received()
        finally:
            self._busy = False

    # Bytes out.

    def _slice(self, start: int, size: int, view: bool) -> Any:
        """Some of the unread bytes."""
        start += self._read
        if view:
            self._shared = True
            return memoryview(self._block or b"")[start : start + size].toreadonly()
        if self._block is None:
            return b""
        if size < _SMALL:  # two small copies cost less than two views
            return bytes(self._block[start : start + size])
        with memoryview(self._block) as block:
            return bytes(block[start : start + size])

    @overload
    def take(self, n: SupportsIndex = -1, *, view: Literal[False] = False) -> bytes | None: ...
    @overload
    def take(self, n: SupportsIndex = -1, *, view: Literal[True]) -> memoryview | None: ...
    def take(self, n: SupportsIndex = -1, *, view: bool = False) -> bytes | memoryview | None:
        """Take bytes from the front.

        Args:
            n: how many, or a negative number for all there are.
            view: a memoryview instead of bytes. Below some 2 KiB, bytes are faster.

        Returns:
            Exactly `n` bytes, or None where there are fewer.

        Raises:
            IncompleteReadError: the stream ended with fewer. They stay where they are.
            FrameTooLargeError: `n` is more than `max_size`, so there will never be enough.
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"abcd")
        >>> acc.take(3), acc.take(3), acc.take()
        (b'abc', None, b'd')
        """
        count = _ssize(n)
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            unread = len(self)
            if count < 0:
                count = unread
            elif count > unread:
                if self._finished():
                    raise _errors.IncompleteReadError(self._slice(0, unread, False), count)
                if count > self._max_size:
                    raise _errors.FrameTooLargeError(count, self._max_size)
                return None
            taken = self._slice(0, count, view)
            self._consume(count)
            return taken  # type: ignore[no-any-return]
        finally:
            self._busy = False

    @overload
    def peek(self, n: SupportsIndex = -1, *, view: Literal[False] = False) -> bytes: ...
    @overload
    def peek(self, n: SupportsIndex = -1, *, view: Literal[True]) -> memoryview: ...
    def peek(self, n: SupportsIndex = -1, *, view: bool = False) -> bytes | memoryview:
        """Look at bytes at the front, and leave them there.

        Args:
            n: how many at most, or a negative number for all there are.
            view: a memoryview instead of bytes.

        Returns:
            The bytes, fewer than `n` where there are no more.

        Raises:
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"abcd")
        >>> acc.peek(3), acc.peek()
        (b'abc', b'abcd')
        """
        count = _ssize(n)
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            unread = len(self)
            return self._slice(0, unread if count < 0 else min(count, unread), view)  # type: ignore[no-any-return]
        finally:
            self._busy = False

    def take_until(
        self,
        separator: ReadableBuffer | Iterable[ReadableBuffer],
        *,
        max_frame: SupportsIndex | None = None,
        keep: bool = True,
    ) -> bytes | None:
        """Take the bytes up to a separator, as `asyncio.StreamReader.readuntil` does.

        Args:
            separator: a bytes-like object, or a tuple of them: then the first that is complete.
            max_frame: the most bytes before the separator.
            keep: with the separator at the end.

        Returns:
            The bytes, or None where no separator has come yet. What was searched is not
            searched again by the next call with the same separator.

        Raises:
            LimitOverrunError: no separator within the limit, or within `max_size`.
            IncompleteReadError: the stream ended without one. The bytes stay where they are.
            TypeError, ValueError: as `Delimiter`.
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"one;two")
        >>> acc.take_until(b";"), acc.take_until(b";")
        (b'one;', None)
        """
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            # Compared by value, since a loop may name its separator in every call.
            comparable = type(separator) is bytes or _all_bytes(separator)
            if not comparable or separator != self._separator:
                framer = Delimiter(separator)
                self._walker_for(framer)
                self._separator = framer.separator
            return self._take_delimited(self._walker, max_frame, keep)
        finally:
            self._busy = False

    def take_line(
        self, *, max_frame: SupportsIndex | None = None, keep: bool = True
    ) -> bytes | None:
        r"""Take a line, as `asyncio.StreamReader.readline` does.

        Args:
            max_frame: the most bytes before the newline.
            keep: with the newline, ``\n`` or ``\r\n``, at the end.

        Returns:
            The line, or None where its newline has not come yet. At the end of the stream the
            last line may have no newline, and every later call returns ``b""``.

        Raises:
            LimitOverrunError: no newline within the limit, or within `max_size`.
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"one\r\ntwo\nthr")
        >>> acc.take_line(), acc.take_line(keep=False), acc.take_line()
        (b'one\r\n', b'two', None)
        """
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            return self._take_delimited(self._walker_for(_LINES), max_frame, keep)  # type: ignore[arg-type]
        finally:
            self._busy = False

    def _take_delimited(
        self, walker: Delimited, max_frame: SupportsIndex | None, keep: bool
    ) -> bytes | None:
        """The frame at the front, if it is there."""
        limit = limit_of(max_frame)
        unread = len(self)
        if unread == 0:
            if not self._finished():
                return None
            if walker.last:
                return b""  # as readline() says it
            raise _errors.IncompleteReadError(b"", None)
        block: Any = self._block
        front = self._read
        begin, end = walker.find(block, front, front + self._scan, front + unread)
        if 0 <= begin <= front + walker.limit(limit, self._max_size):
            taken: bytes = self._slice(0, (end if keep else begin) - front, False)
            self._advance(end - front, 0)
            return taken
        frames, _, stop = walker.walk_within(self._window(), limit, keep, most=1)
        self._scan = stop.scan
        if not frames:
            self._stopped(stop)
            return None
        rest: bytes = self._slice(0, unread, False)  # the last line, without a newline
        self._advance(unread, 0)
        return rest

    @overload
    def frames(
        self, framer: Framer, views: Literal[False] = False, *, limit: SupportsIndex | None = None
    ) -> list[bytes]: ...
    @overload
    def frames(
        self, framer: Framer, views: Literal[True], *, limit: SupportsIndex | None = None
    ) -> list[memoryview]: ...
    def frames(
        self, framer: Framer, views: bool = False, *, limit: SupportsIndex | None = None
    ) -> list[bytes] | list[memoryview]:
        r"""Take every complete frame there is.

        Frames before a bad one are handed out; its error comes at the next call, and at every
        call after that, until `skip_frame` or another call takes what is at the front.

        Args:
            framer: how to cut, as `LengthPrefix` or a `Framer` of your own. An equal one goes on
                where the last one stopped.
            views: memoryviews instead of bytes. Below some 2 KiB a frame, bytes are faster.
            limit: how many at most, or None for all. What follows them stays.

        Returns:
            The frames; an empty list where more bytes are needed, or where the stream ended
            between two frames.

        Raises:
            FrameTooLargeError: a frame declares to be larger than `max_frame`, or than what
                `max_size` leaves.
            LimitOverrunError: no delimiter within `max_frame`, or within `max_size`.
            FrameError: an invalid header.
            IncompleteReadError: the stream ended inside a frame. Its bytes stay where they are.
            TypeError, ValueError: no framer; a limit less than 1.
            RuntimeError: another call is at work on the accumulator.

        >>> from fastsock import LengthPrefix
        >>> acc = RecvAccumulator()
        >>> acc.feed(b"\x02hi\x05there\x03yo")
        >>> acc.frames(LengthPrefix(1))
        [b'hi', b'there']
        >>> len(acc)
        3
        """
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            most = (
                sys.maxsize if limit is None else min(checked_count("limit", limit, 1), sys.maxsize)
            )
            return self._cut(self._walker_for(framer), views, most)  # type: ignore[no-any-return]
        finally:
            self._busy = False

    def _cut(self, walker: Walker, views: bool, most: int) -> Any:
        if not views and most == sys.maxsize and isinstance(walker, Delimited):
            frames = self._split(walker)
            if frames is not None:
                return frames
        taken, spans = self._walk(walker, views, most)
        return [taken[start:end] for start, end in spans]

    def _split(self, walker: Delimited) -> list[bytes] | None:
        """The frames by `bytes.split`, where that can be done and there is one."""
        separator = walker.cut_by
        unread = len(self)
        if separator is None or self._finished() or unread == 0:
            return None
        first = self._read + max(self._scan + 1 - len(separator), 0)
        # Copy only if there is a frame: a slow drip would cost a copy a byte.
        if self._block.find(separator, first, self._read + unread) < 0:  # type: ignore[union-attr]
            return None
        frames = walker.split(self._slice(0, unread, False), self._max_size)
        if frames is not None:
            rest = len(frames.pop())
            self._advance(unread - rest, rest)
        return frames

    def _window(self) -> Window:
        block: Any = self._block
        ended = self._finished()
        return Window(block, self._read, len(self), self._scan, self._max_size, ended)

    def _walked(self, walker: Walker, most: int) -> Walk:
        """Walk over what is unread, at least one byte."""
        if not isinstance(walker, Own):
            return walker.walk(self._window(), most)
        if len(self) < self._needed:
            return Walk([], 0, Stop(total=self._needed))
        self._shared = True
        walk = walker.walk(self._window(), most)
        if not walk.frames and walk.stop.error is None:
            self._needed = walk.stop.total
        return walk

    def _walk(
        self, walker: Walker, view: bool, most: int = sys.maxsize
    ) -> tuple[Any, list[tuple[int, int]]]:
        """Take the bytes of all complete frames; where each frame is in them."""
        if len(self) == 0:
            return self._slice(0, 0, view), []
        frames, consumed, stop = self._walked(walker, most)
        if not frames:
            self._scan = stop.scan
            self._stopped(stop)
            self._expected = stop.total
            return self._slice(0, 0, view), []
        taken = self._slice(0, consumed, view)
        self._advance(consumed, stop.scan)
        self._expected = stop.total if stop.error is None else 0
        return taken, frames

    def frame_offsets(self, framer: Framer, /) -> tuple[memoryview, bytes]:
        r"""Take every complete frame there is, and make no object of any.

        Args:
            framer: as in `frames`.

        Returns:
            A pair ``(view, offsets)``. `view` shows the bytes that were taken, headers and
            delimiters included. `offsets` holds two native 64-bit ints a frame, its start and
            end in `view`: ``numpy.frombuffer(offsets, "int64").reshape(-1, 2)``, or
            ``memoryview(offsets).cast("q")``.

        Raises:
            FrameTooLargeError, LimitOverrunError, FrameError, IncompleteReadError, TypeError,
            RuntimeError: as `frames`.

        >>> from fastsock import Lines
        >>> acc = RecvAccumulator()
        >>> acc.feed(b"one\ntwo\nthr")
        >>> view, offsets = acc.frame_offsets(Lines())
        >>> bytes(view), list(memoryview(offsets).cast("q"))
        (b'one\ntwo\n', [0, 3, 4, 7])
        """
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            view, spans = self._walk(self._walker_for(framer), True)
        finally:
            self._busy = False
        return view, array("q", chain.from_iterable(spans)).tobytes()

    def skip_frame(self, framer: Framer, /) -> bool:
        r"""Drop the frame at the front, with what is still to come of it.

        This is the way on after a frame that is too large: what comes of it is dropped as it
        comes, up to its declared end or its delimiter, and `len` does not count it.

        Args:
            framer: as in `frames`.

        Returns:
            Whether there was one. False says that more bytes are needed to tell its end.

        Raises:
            FrameError: its header is invalid, so where it ends is unknown. Go on by
                `clear`, or by `take` with a rule of your own.
            TypeError: no framer.
            RuntimeError: another call is at work on the accumulator.

        >>> from fastsock import LengthPrefix
        >>> acc, framer = RecvAccumulator(), LengthPrefix(1, max_frame=4)
        >>> acc.feed(b"\x09much ")
        >>> acc.skip_frame(framer)
        True
        >>> acc.feed(b"more\x02ok")
        >>> acc.frames(framer)
        [b'ok']
        """
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            return self._skip_front(self._walker_for(framer))
        finally:
            self._busy = False

    def _skip_front(self, walker: Walker) -> bool:
        unread = len(self)
        if unread == 0:
            return False
        frames, consumed, stop = self._walked(walker, most=1)
        self._scan = stop.scan
        if frames:
            self._advance(consumed, 0)
        elif stop.error is None and self._finished():
            self._advance(unread, 0)
        elif isinstance(walker, Delimited):
            self._skip_walker = walker
            self._usual = False
            self._resync(walker)
            self._settle()
        elif stop.total:
            here = min(stop.total, self._written - self._read)
            self._skip = stop.total - here
            self._usual = False
            self._advance(here, 0)
        elif stop.error is None:
            return False
        else:
            raise stop.error
        return True

    def _walker_for(self, framer: Framer) -> Walker:
        """The walker of a framer. What was searched stays searched while the framer stays."""
        if framer is not self._key or framer is None:  # which is the key before the first framer
            walker = walker_of(framer)
            # A framer of the user's own may say that it equals any other.
            if isinstance(walker, Own) or isinstance(self._walker, Own) or framer != self._key:
                self._scan = 0
                self._separator = None
            self._needed = self._expected = 0
            self._walker = walker
            self._key = framer
        return self._walker  # type: ignore[no-any-return]

    def _stopped(self, stop: Stop) -> None:
        """Raise the error of a frame at the front that is not whole, if there is one."""
        if stop.error is not None:
            raise stop.error
        if self._finished():
            raise _errors.IncompleteReadError(self._slice(0, len(self), False), stop.total or None)

    def clear(self) -> None:
        """Drop all unread bytes, and forget what was to be skipped.

        Raises:
            RuntimeError: another call is at work on the accumulator.

        >>> acc = RecvAccumulator()
        >>> acc.feed(b"abc")
        >>> acc.clear()
        >>> len(acc)
        0
        """
        if self._busy or self._broken:
            raise self._refusal()
        self._busy = True
        try:
            self._skip = 0
            self._skip_walker = None
            self._consume(self._written - self._read)
        finally:
            self._busy = False
