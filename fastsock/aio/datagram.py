"""Datagrams in batches on asyncio: a socket to await batches from, and an adapter for protocols."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from asyncio.trsock import TransportSocket
from typing import TYPE_CHECKING, Any, Self, TypeVar

from fastsock.datagram import DatagramBatch, open_datagram_socket, send_batch
from fastsock.datagram.sockets import check_port
from fastsock.datagram.support import is_shut_down

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

P = TypeVar("P", bound=asyncio.BaseProtocol)

__all__ = ["DatagramTransport", "Datagrams", "open_datagram_endpoint", "open_datagrams"]

_BURST = 8  # batches in a row before the event loop gets a turn
_NAP = 0.001  # seconds between attempts when no event reports room


async def _resolve(loop: asyncio.AbstractEventLoop, address: Any, family: int, flags: int) -> Any:
    """Resolve a host and port without blocking the loop. Return a UNIX path unchanged."""
    if address is None or isinstance(address, str | bytes):
        return [address]
    host, port, *rest = address
    check_port(port)
    rows = await loop.getaddrinfo(
        host or None, port, family=family, type=socket.SOCK_DGRAM, flags=flags
    )
    return [(*row[4][:2], *rest) if rest else row[4] for row in rows]


async def _open(local_addr: Any, remote_addr: Any, family: int, options: Any) -> socket.socket:
    loop = asyncio.get_running_loop()
    here = await _resolve(loop, local_addr, family, socket.AI_PASSIVE)
    there = await _resolve(loop, remote_addr, family, 0)
    failure: OSError | None = None
    for remote in there:
        for local in here:
            try:
                sock = open_datagram_socket(local, remote, family=family, **options)
            except OSError as error:
                failure = error
            else:
                sock.setblocking(False)
                return sock
    raise failure or OSError("getaddrinfo() returned empty list")


class _Writable:
    """Wakes tasks that wait for room in a socket's send queue."""

    __slots__ = ("_loop", "_sock", "_waiters")

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        self._loop = loop
        self._sock = sock
        self._waiters: list[asyncio.Future[None]] = []

    def _ready(self) -> None:
        self._loop.remove_writer(self._sock.fileno())
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self) -> None:
        waiter = self._loop.create_future()
        self._loop.add_writer(self._sock.fileno(), self._ready)
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            self._waiters.remove(waiter)
            if not self._waiters and self._sock.fileno() >= 0:
                self._loop.remove_writer(self._sock.fileno())

    def close(self) -> None:
        self._loop.remove_writer(self._sock.fileno())
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)


class Datagrams:
    """A datagram socket on the event loop, received from and sent to in batches.

    `recv` returns waiting datagrams at once, without a turn of the event loop. After several
    batches in a row it gives the loop one turn, so that a flood can't starve other tasks. A
    cancelled `recv` takes no datagrams. One task can receive at a time; any number may send.

    Make it by `open_datagrams`, within a running loop that has `add_reader`. Windows' proactor
    does not.

    Args:
        sock: a datagram socket. It becomes non-blocking, and is closed with this object.
        batch: the batch to receive into, by default a new one of 64 slots.

    >>> import asyncio
    >>> async def main():
    ...     async with await open_datagrams(("127.0.0.1", 0)) as server:
    ...         async with await open_datagrams(remote_addr=server.sock.getsockname()) as client:
    ...             await client.send([b"one", b"two"])
    ...             batch = await server.recv()
    ...             await server.send([data.upper() for data in batch.payloads()], batch)
    ...             print((await client.recv()).payloads())
    >>> asyncio.run(main())
    [b'ONE', b'TWO']
    """

    __module__ = "fastsock.aio"

    def __init__(self, sock: socket.socket, batch: DatagramBatch | None = None) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._batch = DatagramBatch(64) if batch is None else batch
        self._batch.prepare(sock)
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._registered = False
        self._burst = _BURST
        self._writable = _Writable(self._loop, sock)
        self._ended = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._sock!r}>"

    @property
    def sock(self) -> socket.socket:
        """The socket."""
        return self._sock

    @property
    def batch(self) -> DatagramBatch:
        """The batch to receive into."""
        return self._batch

    def _readable(self) -> None:
        if self._waiter is None:  # no task waits, and the event would fire at each turn
            self._loop.remove_reader(self._sock.fileno())
            self._registered = False
        elif not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("recv() called while another coroutine is already waiting for it")
        if not self._registered:
            self._loop.add_reader(self._sock.fileno(), self._readable)
            self._registered = True
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        self._burst = _BURST

    async def recv(self) -> DatagramBatch:
        """Receive waiting datagrams; if none are waiting, wait for one.

        Returns:
            The batch, always the same object, with at least one datagram, until the next `recv`.
            It is empty if the socket was shut down for reading.

        Raises:
            OSError: as `socket.recv`: an ICMP error of a connected peer, or a closed socket.
            RuntimeError: another task is receiving.
        """
        if self._burst == 0:
            self._burst = _BURST
            await asyncio.sleep(0)
        waited = False
        while True:
            try:
                self._batch.recv(self._sock)
            except BlockingIOError:
                if waited and is_shut_down(self._sock):  # it stays readable without data
                    return self._batch
                await self._wait()
                waited = True
            else:
                self._burst -= 1
                return self._batch

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> DatagramBatch:
        try:
            batch = await self.recv()
        except OSError:
            if not self._ended:
                raise
            raise StopAsyncIteration from None
        if not len(batch):
            raise StopAsyncIteration
        return batch

    async def send(self, datagrams: Iterable[Any], peers: Any = None, *, gso: bool = True) -> int:
        """Send datagrams, and wait while there is no room for them in the socket's queue.

        Args:
            datagrams: as in `send_batch`.
            peers: as in `send_batch`.
            gso: as in `send_batch`.

        Returns:
            How many were sent: fewer than given only if one was refused. Send the rest to get
            that one's error.

        Raises:
            OSError: the first datagram was refused.
            AddressError, OverflowError, TypeError, ValueError, BufferError: as `send_batch`.
        """
        items = list(datagrams)
        if isinstance(peers, DatagramBatch):  # the batch's peers may change during a wait
            peers = peers.peers()
        total = 0
        naps = False
        while True:
            try:
                sent = send_batch(self._sock, items, peers, gso=gso)
            except BlockingIOError:
                await self._room(naps)
                naps = True
                continue
            except OSError:
                if total:
                    return total
                raise
            total += sent
            if sent == len(items):
                return total
            naps = False
            del items[:sent]
            if isinstance(peers, list):
                peers = peers[sent:]

    async def _room(self, in_vain: bool) -> None:
        # An unconnected UNIX socket always polls as writable, even if the peer's queue is full.
        if in_vain and self._sock.family == getattr(socket, "AF_UNIX", None):
            await asyncio.sleep(_NAP)
        else:
            await self._writable.wait()

    def close(self) -> None:
        """Close the socket. A waiting `recv` raises OSError, an iteration ends."""
        if self._ended:
            return
        self._ended = True
        if self._registered:
            self._loop.remove_reader(self._sock.fileno())
            self._registered = False
        self._writable.close()
        self._sock.close()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.close()


async def open_datagrams(
    local_addr: Any = None,
    remote_addr: Any = None,
    *,
    family: int = 0,
    sock: socket.socket | None = None,
    batch: DatagramBatch | None = None,
    **options: Any,
) -> Datagrams:
    """Open a datagram socket whose batches can be awaited.

    Args:
        local_addr: where to bind: ``(host, port)``, or a path for a UNIX socket.
        remote_addr: the peer to connect to, likewise.
        family: `AF_INET`, `AF_INET6` or `AF_UNIX`; by default that of the addresses.
        sock: an existing socket, instead of these.
        batch: the batch to receive into; see `DatagramBatch` for sizes, GRO and time stamps.
        options: as in `open_datagram_socket`: `rcvbuf`, `reuse_port`, `dualstack`, ...

    Returns:
        A `Datagrams`, within a running event loop.

    Raises:
        ValueError: both a socket and addresses or options are given.
        OSError: no address of the host could be bound or connected.
        OverflowError: a port is out of range.
    """
    if sock is None:
        sock = await _open(local_addr, remote_addr, family, options)
    elif local_addr is not None or remote_addr is not None or family or options:
        raise ValueError("a socket can't be given together with addresses or options")
    try:
        return Datagrams(sock, batch)
    except BaseException:
        sock.close()
        raise


class DatagramTransport(asyncio.DatagramTransport):
    """The transport of an `asyncio.DatagramProtocol`, over batches.

    Each turn of the event loop receives a batch, and passes its datagrams to the protocol one by
    one. What the protocol sends is collected and sent together: after the batch, or at the loop's
    next turn. Make it by `open_datagram_endpoint`.
    """

    __module__ = "fastsock.aio"

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        protocol: asyncio.BaseProtocol,
        batch: DatagramBatch,
    ) -> None:
        try:
            peer = sock.getpeername()
        except OSError:
            peer = None
        extra = {
            "socket": TransportSocket(sock),
            "sockname": sock.getsockname(),
            "peername": peer,
        }
        super().__init__(extra)
        self._loop = loop
        self._sock = sock
        self._peer = peer
        self._batch = batch
        self._queue: list[Any] = []  # (data, address), or data if the socket is connected
        self._size = 0  # bytes in the queue
        self._flushing = False  # a flush is due in this turn or the next
        self._blocked = False  # waiting for room in the socket's queue
        self._closing = False
        self._lost = False
        self._reading = False
        self._full = False  # the protocol was told to pause
        self.set_write_buffer_limits()
        self.set_protocol(protocol)

    def __repr__(self) -> str:
        state = "closing" if self._closing else "open"
        return f"<{type(self).__name__} {state} {self._sock!r}>"

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Set the protocol that is called."""
        self._protocol: Any = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that is called."""
        return self._protocol  # type: ignore[no-any-return]

    def is_closing(self) -> bool:
        """Whether the transport is closed, or about to be."""
        return self._closing

    # Receiving.

    def is_reading(self) -> bool:
        """Whether datagrams are received."""
        return self._reading

    def pause_reading(self) -> None:
        """Stop receiving. Datagrams wait in the socket's queue, as far as they fit."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._sock.fileno())

    def resume_reading(self) -> None:
        """Receive again."""
        if not self._reading and not self._closing:
            self._reading = True
            self._loop.add_reader(self._sock.fileno(), self._read_ready)

    def _read_ready(self) -> None:
        if not self._reading:
            return
        batch = self._batch
        try:
            if batch.recv(self._sock) == 0:  # shut down for reading
                self.pause_reading()
                return
        except (BlockingIOError, InterruptedError):
            if is_shut_down(self._sock):  # otherwise an event would fire at each turn
                self.pause_reading()
            return
        except OSError as error:
            self._call(self._protocol.error_received, error)
            return
        self._flushing = True  # collect what the protocol sends, and flush it below
        for data, peer in zip(batch.payloads(), batch.peers(), strict=True):
            if self._closing:
                break
            self._call(self._protocol.datagram_received, data, peer)
        self._flush()

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Call the protocol. An exception must not lose the batch's other datagrams."""
        try:
            function(*arguments)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            context = {
                "message": f"Exception in {function.__qualname__}()",
                "exception": error,
                "transport": self,
                "protocol": self._protocol,
            }
            self._loop.call_exception_handler(context)

    # Sending.

    def sendto(self, data: bytes | bytearray | memoryview, addr: Any = None) -> None:
        """Send a datagram, together with the others of this turn of the event loop.

        Args:
            data: its bytes, copied unless they are a bytes object.
            addr: the destination, if the socket is not connected. A host name is looked up, which
                blocks the loop, as in asyncio's transport.

        Raises:
            TypeError: not a bytes-like object.
            ValueError: an address other than the socket's peer.
        """
        if not isinstance(data, bytes | bytearray | memoryview):
            kind = type(data).__name__
            raise TypeError(f"data argument must be a bytes-like object, not {kind!r}")
        if self._peer is not None:
            if addr is not None and addr != self._peer:
                raise ValueError(f"Invalid address: must be None or {self._peer}")
            addr = None
        if self._lost or self._closing:
            return
        payload = bytes(data)
        self._queue.append((payload, addr))
        self._size += len(payload)
        if not self._flushing and not self._blocked:
            self._flushing = True
            self._loop.call_soon(self._flush)
        if self._size > self._high and not self._full:
            self._full = True
            self._call(self._protocol.pause_writing)

    def _flush(self) -> None:
        """Send collected datagrams, as many as the socket takes."""
        self._flushing = False
        queue = self._queue
        while queue and not self._lost:
            try:
                done = send_batch(self._sock, queue)
            except BlockingIOError:
                self._wait_for_room()
                break
            except OSError as error:
                if error.errno is None:  # AddressError: a host name, or not an address
                    done = self._send_singly()
                    if not done:
                        break
                else:
                    done = 1
                    self._call(self._protocol.error_received, error)
            except (TypeError, ValueError, OverflowError):
                done = self._send_singly()
                if not done:
                    break
            self._size -= sum(len(data) for data, _ in queue[:done])
            del queue[:done]
        self._sent()

    def _send_singly(self) -> int:
        """Send the first by `sendto`, which resolves names. Return whether to remove it."""
        data, addr = self._queue[0]
        try:
            if addr is None:
                self._sock.send(data)
            else:
                self._sock.sendto(data, addr)
        except BlockingIOError:
            self._wait_for_room()
            return 0
        except OSError as error:
            self._call(self._protocol.error_received, error)
        except (TypeError, ValueError, OverflowError) as error:
            context = {
                "message": "Fatal write error on datagram transport",
                "exception": error,
                "transport": self,
                "protocol": self._protocol,
            }
            self._loop.call_exception_handler(context)
            self._end(error)
        return 1

    def _wait_for_room(self) -> None:
        if self._sock.family == getattr(socket, "AF_UNIX", None) and self._peer is None:
            # An unconnected UNIX socket always polls as writable, even if the peer's queue is full.
            self._flushing = True
            self._loop.call_later(_NAP, self._flush)
        elif not self._blocked:
            self._blocked = True
            self._loop.add_writer(self._sock.fileno(), self._flush)

    def _sent(self) -> None:
        if self._lost:
            return
        if not self._queue and self._blocked:
            self._blocked = False
            self._loop.remove_writer(self._sock.fileno())
        if self._full and self._size <= self._low:
            self._full = False
            self._call(self._protocol.resume_writing)
        if self._closing and not self._queue:
            self._end(None)

    def get_write_buffer_size(self) -> int:
        """Return the number of bytes that wait to be sent."""
        return self._size

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return the limits ``(low, high)`` of flow control."""
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set at how many bytes the protocol is told to pause, and to resume."""
        if high is None:
            high = 64 * 1024 if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high, self._low = high, low

    # The end.

    def close(self) -> None:
        """Close the transport after sending the queue."""
        if self._closing:
            return
        self._closing = True
        self.pause_reading()
        if not self._queue:
            self._end(None)

    def abort(self) -> None:
        """Close the transport now. Unsent datagrams are lost."""
        self._end(None)

    def _end(self, error: BaseException | None) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self.pause_reading()
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(self._sock.fileno())
        self._queue.clear()
        self._size = 0
        self._loop.call_soon(self._connection_lost, error)

    def _connection_lost(self, error: BaseException | None) -> None:
        try:
            self._protocol.connection_lost(error)
        finally:
            self._sock.close()


async def open_datagram_endpoint(
    protocol_factory: Callable[[], P],
    local_addr: Any = None,
    remote_addr: Any = None,
    *,
    family: int = 0,
    reuse_port: bool | None = None,
    allow_broadcast: bool | None = None,
    sock: socket.socket | None = None,
    batch: DatagramBatch | None = None,
    **options: Any,
) -> tuple[DatagramTransport, P]:
    """Open a datagram transport, as `asyncio.loop.create_datagram_endpoint` does.

    Args:
        protocol_factory: makes the protocol.
        local_addr: where to bind: ``(host, port)``, or a path for a UNIX socket.
        remote_addr: the peer to connect to, likewise.
        family: `AF_INET`, `AF_INET6` or `AF_UNIX`; by default that of the addresses.
        reuse_port: as in `open_datagram_socket`.
        allow_broadcast: allow datagrams to broadcast addresses.
        sock: an existing socket, instead of all of these.
        batch: the batch to receive into; see `DatagramBatch` for sizes and GRO. By default it has
            32 slots, each for UDP's largest datagram.
        options: as in `open_datagram_socket`: `rcvbuf`, `dualstack`, ...

    Returns:
        A pair ``(transport, protocol)``.

    Raises:
        ValueError: both a socket and addresses or options are given.
        OSError: no address of the host could be bound or connected.
        OverflowError: a port is out of range.
    """
    loop = asyncio.get_running_loop()
    if reuse_port is not None:
        options["reuse_port"] = reuse_port
    if allow_broadcast is not None:
        options["broadcast"] = allow_broadcast
    if sock is None:
        sock = await _open(local_addr, remote_addr, family, options)
    elif local_addr is not None or remote_addr is not None or family or options:
        raise ValueError("a socket can't be given together with addresses or options")
    elif sock.type != socket.SOCK_DGRAM:
        raise ValueError(f"A datagram socket was expected, got {sock!r}")
    sock.setblocking(False)
    try:
        if sock.fileno() < 0:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        protocol = protocol_factory()
        if batch is None:
            batch = DatagramBatch(32, 65535)
        batch.prepare(sock)
        transport = DatagramTransport(loop, sock, protocol, batch)
        protocol.connection_made(transport)
        transport.resume_reading()
    except BaseException:
        sock.close()
        raise
    return transport, protocol
