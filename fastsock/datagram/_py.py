"""Pure twin of `fastsock.datagram`: one system call per datagram, until none are waiting."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from operator import index
from socket import AF_INET, AF_INET6, AF_UNSPEC
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from .._core.buffers import contiguous
from ..address import inet_ntop, inet_pton
from ..sockaddr import pack_sockaddr, unpack_sockaddr
from . import constants as c, errors as _errors
from .support import (
    GRO as _GRO,
    LOCAL as _LOCAL,
    REFUSALS as _REFUSALS,
    TIMESTAMPS as _TIMESTAMPS,
    TOS as _TOS,
    is_shut_down,
    prepare,
    refuse_trains,
    train_limit,
)

# Plain ints: the operators of enum.IntFlag cost more than a system call.
_UNIX = getattr(socket, "AF_UNIX", None)
_INTERNET = (AF_INET, AF_INET6)
_MAPPED = bytes(10) + b"\xff\xff"
_CONTROL_ROOM = 256
_DONTWAIT = int(getattr(socket, "MSG_DONTWAIT", 1 << 30))  # Windows: a bit for _recvmsg()
_TRUNC = int(getattr(socket, "MSG_TRUNC", 1 << 29))
_RECV_FLAGS = int(getattr(socket, "MSG_CMSG_CLOEXEC", 0))
_SEND_FLAGS = int(getattr(socket, "MSG_NOSIGNAL", 0))
_SCM_RIGHTS = int(getattr(socket, "SCM_RIGHTS", -2))
_WOULD_BLOCK = (errno.EAGAIN, errno.EWOULDBLOCK)
_HAS_MSG = hasattr(socket.socket, "recvmsg")

_SEGMENTS_MAX = 64  # of a train to send: the limit of the oldest kernels with GSO
_TRAIN_MAX = 65507  # bytes of a train: the largest IPv4 datagram

_INT = struct.Struct("=i")
_UINT = struct.Struct("=I")
_SEGMENT = struct.Struct("=H")
_TIMESPEC = struct.Struct("@ll")
_PKTINFO = struct.Struct("=i4s4s")
_PKTINFO6 = struct.Struct("=16si")


class _Control:
    """The values in the control messages of a datagram."""

    __slots__ = ("datagrams", "dropped", "interface", "local", "stride", "timestamp", "tos")

    def __init__(self) -> None:
        self.datagrams = 1
        self.stride = self.dropped = self.timestamp = self.interface = self.tos = 0
        self.local = b""


_SILENT = _Control()
"""Shared by datagrams without control messages; never changed."""


def _read_socket(kind: int, data: bytes, out: _Control) -> None:
    if kind == c.SO_RXQ_OVFL and len(data) >= 4:
        (out.dropped,) = _UINT.unpack_from(data)
    elif kind == c.SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
        seconds, nanoseconds = _TIMESPEC.unpack_from(data)
        if 0 <= seconds <= (1 << 63) // 1_000_000_000 - 1:
            out.timestamp = seconds * 1_000_000_000 + nanoseconds
    elif kind == _SCM_RIGHTS:
        # Any sender to a UNIX socket can pass descriptors: close them, or they would leak.
        for (number,) in _INT.iter_unpack(data[: len(data) // 4 * 4]):
            with suppress(OSError):
                os.close(number)


def _read_control(messages: Iterable[tuple[int, int, bytes]], size: int) -> _Control:
    """Read the control messages of a datagram or train of `size` bytes."""
    out = _Control()
    for level, kind, data in messages:
        if level == socket.SOL_SOCKET:
            _read_socket(kind, data, out)
        elif level == c.SOL_UDP and kind == c.UDP_GRO and len(data) >= 4:
            out.stride = max(_INT.unpack_from(data)[0], 0)
        elif level == socket.IPPROTO_IP and kind == c.IP_PKTINFO and len(data) >= 12:
            out.interface, _, out.local = _PKTINFO.unpack_from(data)
        elif level == socket.IPPROTO_IPV6 and kind == c.IPV6_PKTINFO and len(data) >= 20:
            out.local, out.interface = _PKTINFO6.unpack_from(data)
        elif level == socket.IPPROTO_IP and kind == socket.IP_TOS and data:
            out.tos = data[0]
        elif level == socket.IPPROTO_IPV6 and kind == c.IPV6_TCLASS and len(data) >= 4:
            out.tos = _INT.unpack_from(data)[0] & 0xFF
    if out.stride >= size:
        out.stride = 0
    if out.stride:
        out.datagrams = -(-size // out.stride)
    return out


_Message = tuple[bytes, Any, int, _Control]
"""A datagram or a train as received: bytes, sender, flags, control."""


def _recvmsg(sock: Any, size: int, flags: int) -> tuple[bytes, list[Any], int, Any]:
    """Emulate `recvmsg` on Windows. One more byte of room shows what is too large."""
    if flags & _DONTWAIT and not select.select([sock], [], [], 0)[0]:
        raise _os_error(errno.EAGAIN)
    data, peer = sock.recvfrom(size + 1)
    return data[:size], [], _TRUNC * (len(data) > size), peer


def _os_error(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def _wait(sock: Any, for_writing: bool, deadline: float) -> None:
    """Wait until the socket is ready. TimeoutError after the deadline."""
    left = deadline - time.monotonic()
    if left < 0:
        raise TimeoutError("timed out")
    fd = sock.fileno()
    if fd < 0:
        raise _os_error(errno.EBADF)
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(fd, select.POLLOUT if for_writing else select.POLLIN)
        poll.poll(left * 1000)
    else:
        select.select([] if for_writing else [fd], [fd] if for_writing else [], [], left)
    if sock.fileno() != fd:  # another thread closed it; the number may be reused
        raise _os_error(errno.EBADF)


@contextmanager
def _unwaiting(sock: Any) -> Iterator[Any]:
    """Make a socket on the same descriptor that never waits, to save a poll at each call.

    A socket with a timeout has a non-blocking descriptor already, so nothing else changes.
    """
    other = socket.socket(sock.family, sock.type, sock.proto, fileno=sock.fileno())
    try:
        other.setblocking(False)
        yield other
    finally:
        other.detach()


def _opened(sock: Any) -> Any:
    """Refuse a closed socket, as the compiled twin does. Return its timeout."""
    if sock.fileno() < 0:
        raise _os_error(errno.EBADF)
    return sock.gettimeout()


_deferred: WeakKeyDictionary[Any, OSError] = WeakKeyDictionary()
"""Errors after received datagrams, kept for the next call: the kernel reports each once."""


class DatagramBatch:
    r"""A batch of datagrams: received by one call, and kept in slots of fixed size.

    The slots are allocated once. Each `recv` overwrites them, except while a view exists: a view
    keeps its bytes, and the batch continues in new slots.

    With `gro` the kernel joins datagrams of one peer, and one slot holds a train of up to 64. The
    batch splits trains, so that only the speed differs; it can have more datagrams than slots.
    Receive from such a socket only by batches with `gro`: any other reader would take a train for
    one large datagram.

    One call at a time: while one runs, a call from another thread, a signal handler or a finaliser
    raises `RuntimeError`.

    Args:
        slots: the most datagrams, or trains, that a call receives.
        slot_size: the most bytes of a datagram. The kernel cuts off the rest, and `truncated`
            reports it. With `gro` it is at least 65,535.
        gro: let the kernel join datagrams, on UDP sockets.
        mapped: the form of IPv4 peers of an IPv6 socket: ``"keep"`` for mapped IPv6 addresses, as
            in the `socket` module, ``"ipv4"`` for IPv4 addresses.
        local: ask for the destination address and the interface of each datagram.
        tos: ask for the TOS, or traffic class, byte, whose last two bits are ECN.
        timestamps: ask for the time when the kernel received each datagram.

    Raises:
        TypeError, ValueError: an argument of another type, or out of range.

    Source: recvmmsg(2), udp(7), ip(7), ipv6(7), socket(7); RFC 3542 section 6.

    >>> import socket
    >>> here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    >>> with here, there:
    ...     for word in (b"one", b"", b"three"):
    ...         _ = there.send(word)
    ...     batch = DatagramBatch(8, 4)
    ...     batch.recv(here), batch.payloads(), batch.truncated
    (3, [b'one', b'', b'thre'], b'\x00\x00\x01')
    """

    __slots__ = (
        "__weakref__",
        "_busy",
        "_count",
        "_family",
        "_ipv4",
        "_messages",
        "_slot_size",
        "_slots",
        "_wanted",
    )

    def __init__(
        self,
        slots: int = 32,
        slot_size: int = 2048,
        *,
        gro: bool = False,
        mapped: str = "keep",
        local: bool = False,
        tos: bool = False,
        timestamps: bool = False,
    ) -> None:
        slots, slot_size = index(slots), index(slot_size)
        if not 1 <= slots <= _errors.SLOTS_MAX:
            raise _errors.out_of_range("slots", slots, 1, _errors.SLOTS_MAX)
        if not 1 <= slot_size <= _errors.SLOT_SIZE_MAX:
            raise _errors.out_of_range("slot_size", slot_size, 1, _errors.SLOT_SIZE_MAX)
        if mapped not in ("keep", "ipv4"):
            raise _errors.bad_mapped(mapped)
        self._slots = slots
        self._slot_size = max(slot_size, 65535) if gro else slot_size
        self._ipv4 = mapped == "ipv4"
        asked = ((gro, _GRO), (local, _LOCAL), (tos, _TOS), (timestamps, _TIMESTAMPS))
        self._wanted = sum(bit for truth, bit in asked if truth)
        self._messages: list[_Message] = []
        self._count = 0
        self._family = int(AF_UNSPEC)
        self._busy = False

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle 'DatagramBatch' object")

    def __repr__(self) -> str:
        return (
            f"<DatagramBatch datagrams={self._count} slots={self._slots} "
            f"slot_size={self._slot_size}>"
        )

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[bytes, Any]]:
        return iter(list(zip(self.payloads(), self.peers(), strict=True)))

    @property
    def slots(self) -> int:
        """The most datagrams, or trains, that a call receives."""
        return self._slots

    @property
    def slot_size(self) -> int:
        """The most bytes of a datagram."""
        return self._slot_size

    @contextmanager
    def _enter(self) -> Iterator[None]:
        if self._busy:
            raise _errors.in_use()
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def prepare(self, sock: Any, /) -> None:
        """Set the options on a socket that the batch needs.

        The first `recv` from a socket does it. Datagrams that were queued before have no trains,
        local addresses or time stamps: call this right after opening the socket.

        Args:
            sock: the socket.

        Raises:
            OSError: it is closed. `info` reports options that the kernel refuses.

        >>> import socket
        >>> with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        ...     DatagramBatch(timestamps=True).prepare(sock)
        """
        _opened(sock)
        prepare(sock, self._wanted)

    def recv(self, sock: Any, /) -> int:
        """Receive waiting datagrams; if none are waiting, wait for one.

        A blocking socket waits for the first datagram, one with a timeout only that long. Then all
        waiting datagrams are taken without further waiting, up to the number of slots.

        Args:
            sock: a datagram socket: UDP over IPv4 or IPv6, or UNIX. Its descriptor is read
                directly.

        Returns:
            The number of datagrams. An empty datagram counts. 0 if the socket was shut down for
            reading; a non-blocking socket raises BlockingIOError instead.

        Raises:
            TimeoutError, BlockingIOError: no datagram came in time, or none is waiting.
            OSError: as `socket.recv`. An ICMP error of a connected peer is raised once.
            RuntimeError: another call is using the batch.

        >>> import socket
        >>> with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        ...     sock.bind(("127.0.0.1", 0))
        ...     for word in (b"ping", b"pong"):
        ...         _ = sock.sendto(word, sock.getsockname())
        ...     DatagramBatch().recv(sock)
        2
        """
        with self._enter():
            self._messages = []
            self._count = 0
            timeout = _opened(sock)
            self._family = int(sock.family)
            prepare(sock, self._wanted)
            with suppress(TypeError):
                if error := _deferred.pop(sock, None):
                    raise error
            if timeout:
                with _unwaiting(sock) as direct:
                    deadline = time.monotonic() + timeout
                    ended = False
                    while not self._receive(sock, direct, 0) and not ended:
                        _wait(sock, False, deadline)
                        ended = is_shut_down(sock)
            elif not self._receive(sock, sock, 0):
                raise _os_error(errno.EAGAIN)
            self._count = sum([message[3].datagrams for message in self._messages])
            return self._count

    def _receive(self, sock: Any, direct: Any, flags: int) -> bool:
        """Receive waiting datagrams: the first with `flags`, the others without waiting.

        Return False if none are waiting.
        """
        flags |= _RECV_FLAGS
        messages, slots, size = self._messages, self._slots, self._slot_size
        internet = self._family in _INTERNET
        while len(messages) < slots:
            try:
                if _HAS_MSG:
                    received = direct.recvmsg(size, _CONTROL_ROOM, flags)
                else:
                    received = _recvmsg(direct, size, flags)
            except BlockingIOError:
                return bool(messages)
            except OSError as error:
                if not messages:
                    raise
                with suppress(TypeError):
                    _deferred[sock] = error
                break
            data, ancillary, told, peer = received
            # After a shutdown of reading, every call returns an empty datagram without a sender.
            # A real empty one has a sender, except on UNIX sockets.
            if not data and peer is None and (internet or is_shut_down(sock)):
                break
            control = _read_control(ancillary, len(data)) if ancillary else _SILENT
            messages.append((data, peer, told & _TRUNC, control))
            flags = _DONTWAIT | _RECV_FLAGS
        return True

    def _each(self, value: Callable[[_Message], Any]) -> Iterator[Any]:
        """Give one value per datagram. Those of a train share it."""
        for message in self._messages:
            found = value(message)
            for _ in range(message[3].datagrams):
                yield found

    def payloads(self) -> list[bytes]:
        """List the datagrams' bytes.

        Returns:
            A bytes object for each, in order of arrival.

        Raises:
            RuntimeError: another call is using the batch.
        """
        with self._enter():
            found = []
            for data, _, _, control in self._messages:
                if stride := control.stride:
                    found += [data[at : at + stride] for at in range(0, len(data), stride)]
                else:
                    found.append(data)
            return found

    def views(self) -> list[memoryview]:
        """List the datagrams' bytes without a copy.

        Views are faster than bytes from about 2 KiB per datagram on.

        Returns:
            A read-only memoryview for each. Later calls do not change it. It keeps all slots in
            memory.

        Raises:
            RuntimeError: another call is using the batch.
        """
        with self._enter():
            found = []
            for data, _, _, control in self._messages:
                view = memoryview(data)
                if stride := control.stride:
                    found += [view[at : at + stride] for at in range(0, len(data), stride)]
                else:
                    found.append(view)
            return found

    def _peer(self, message: _Message) -> Any:
        peer = message[1]
        if self._ipv4 and self._family == AF_INET6 and peer is not None:
            packed = inet_pton(AF_INET6, peer[0])
            if packed.startswith(_MAPPED):
                return inet_ntop(AF_INET, packed[12:]), peer[1]
        return peer

    def peers(self) -> list[Any]:
        """List the datagrams' senders.

        Returns:
            An address for each, as the `socket` module has it: ``(host, port)``, ``(host, port,
            flowinfo, scope_id)``, a UNIX path or abstract name, or None for an unnamed UNIX
            socket.

        Raises:
            RuntimeError: another call is using the batch.
        """
        with self._enter():
            return list(self._each(self._peer))

    def _find_family(self) -> int:
        if not self._messages:
            return int(AF_UNSPEC)
        if self._family == AF_INET6 and self._ipv4:
            found = {len(self._peer(message)) for message in self._messages}
            return int(AF_INET if found == {2} else AF_INET6)
        known = self._family in _INTERNET or self._family == _UNIX
        return self._family if known else int(AF_UNSPEC)

    def _internet_family(self) -> int:
        family = self._find_family()
        if family not in _INTERNET and self._messages:
            raise _errors.no_columns()
        return family

    @property
    def peer_family(self) -> int:
        """The family of the records in `peer_addresses` and `local_addresses`.

        `AF_INET`: 4 bytes each. `AF_INET6`: 16 bytes each, IPv4 peers mapped. `AF_UNIX`: no
        records, because names have no fixed size. `AF_UNSPEC`: the batch is empty.
        """
        with self._enter():
            return self._find_family()

    @property
    def peer_addresses(self) -> bytes:
        """The senders' addresses, packed, in one buffer.

        One record per datagram, of 4 or 16 bytes as `peer_family` tells. Each access makes a new
        buffer, as for all columns.

        Raises:
            ValueError: they are not internet addresses.
        """
        with self._enter():
            family = self._internet_family()

            def packed(message: _Message) -> bytes:
                if self._family == AF_INET:
                    return inet_pton(AF_INET, message[1][0])
                found = inet_pton(AF_INET6, message[1][0])
                return found[12:] if family == AF_INET else found

            return b"".join(self._each(packed))

    @property
    def peer_ports(self) -> memoryview:
        """The senders' ports, as a buffer of uint16 in the machine's order.

        Raises:
            ValueError: the senders have no ports.
        """
        with self._enter():
            self._internet_family()
            ports = list(self._each(lambda message: message[1][1]))
            return memoryview(struct.pack(f"={len(ports)}H", *ports)).cast("H")

    @property
    def truncated(self) -> bytes:
        """One byte per datagram: 1 if it was larger than its slot, and was cut off."""
        with self._enter():
            return bytes(self._each(lambda message: bool(message[2])))

    @property
    def dropped(self) -> int:
        """How many datagrams the socket has dropped so far because its queue was full.

        This is the count when the last datagram of the batch was queued: later drops show in the
        next batch. 0 if the kernel does not count.
        """
        with self._enter():
            return self._messages[-1][3].dropped if self._messages else 0

    def _asked(self, bit: int, name: str) -> None:
        if not self._wanted & bit:
            raise _errors.not_asked(name)

    @property
    def local_addresses(self) -> bytes:
        """The addresses that the datagrams were sent to, as records like those of the senders.

        Zeros if the kernel did not tell.

        Raises:
            ValueError: `local` was not asked for, or the socket is not an internet socket.
        """
        self._asked(_LOCAL, "local")
        with self._enter():
            family = self._internet_family()

            def packed(message: _Message) -> bytes:
                found = message[3].local
                if family == AF_INET:
                    return found[-4:].rjust(4, b"\0")
                return (_MAPPED + found if len(found) == 4 else found).rjust(16, b"\0")

            return b"".join(self._each(packed))

    @property
    def interfaces(self) -> memoryview:
        """The index of each datagram's interface, as a buffer of uint32.

        0 if the kernel did not tell.

        Raises:
            ValueError: `local` was not asked for.
        """
        self._asked(_LOCAL, "local")
        with self._enter():
            found = list(self._each(lambda message: message[3].interface))
            return memoryview(struct.pack(f"={len(found)}I", *found)).cast("I")

    @property
    def tos(self) -> bytes:
        """The TOS, or traffic class, byte of each datagram; 0 if the kernel did not tell.

        Raises:
            ValueError: `tos` was not asked for.
        """
        self._asked(_TOS, "tos")
        with self._enter():
            return bytes(self._each(lambda message: message[3].tos))

    @property
    def timestamps(self) -> memoryview:
        """When the kernel received each datagram: int64, nanoseconds since 1970.

        0 if the kernel did not tell.

        Raises:
            ValueError: `timestamps` was not asked for.
        """
        self._asked(_TIMESTAMPS, "timestamps")
        with self._enter():
            found = list(self._each(lambda message: message[3].timestamp))
            return memoryview(struct.pack(f"={len(found)}q", *found)).cast("q")


class _Outgoing(NamedTuple):
    view: memoryview
    address: Any  # None for the connected peer


def _address_for(sock: Any, address: Any) -> Any:
    """Convert an address for the socket. Refuse a name, which it would look up."""
    family = sock.family
    if family not in _INTERNET and family != _UNIX:
        raise _errors.bad_family(int(family))
    if family == AF_INET6 and isinstance(address, tuple) and address and address[0] != "":
        with suppress(ValueError, OSError, TypeError):
            packed = unpack_sockaddr(pack_sockaddr(AF_INET, (address[0], 0)))
            address = (f"::ffff:{packed[1][0]}", *address[1:])
    return unpack_sockaddr(pack_sockaddr(family, address))[1]


def _outgoing(sock: Any, items: tuple[Any, ...], peers: Any) -> list[_Outgoing]:
    """Collect payloads and addresses of all datagrams before sending any."""
    found = []
    if isinstance(peers, DatagramBatch):
        peers = peers.peers()
    if isinstance(peers, list) and len(peers) != len(items):
        raise _errors.not_many(len(items), len(peers))
    given: Any = None
    address: Any = None
    for row, item in enumerate(items):
        payload, wanted = item, peers
        if peers is None and isinstance(item, tuple):
            if len(item) != 2:
                raise _errors.bad_pair(row)
            payload, wanted = item
        elif isinstance(peers, list):
            wanted = peers[row]
        view = contiguous(payload, "a payload")
        if wanted is None:
            address = None
        elif wanted is not given:
            address = _address_for(sock, wanted)
        given = wanted
        found.append(_Outgoing(view, address))
    return found


def _train(datagrams: list[_Outgoing], start: int, most: int) -> int:
    """Count the datagrams from `start` on that make one train."""
    stride = total = len(datagrams[start].view)
    if not 0 < stride <= most:
        return 1
    end = start + 1
    while end < len(datagrams) and end - start < _SEGMENTS_MAX:
        size = len(datagrams[end].view)
        # An empty datagram would be lost in a train.
        if not 0 < size <= stride or total + size > _TRAIN_MAX:
            break
        if datagrams[end].address != datagrams[start].address:
            break
        total += size
        end += 1
        if size < stride:
            break
    return end - start


def _send_train(direct: Any, train: list[_Outgoing]) -> None:
    first = train[0]
    if not _HAS_MSG:
        if first.address is None:
            direct.send(first.view)
        else:
            direct.sendto(first.view, first.address)
        return
    control = []
    if len(train) > 1:
        control = [(c.SOL_UDP, c.UDP_SEGMENT, _SEGMENT.pack(len(first.view)))]
    views = [datagram.view for datagram in train]
    where = () if first.address is None else (first.address,)
    direct.sendmsg(views, control, _SEND_FLAGS, *where)


def _send_all(
    sock: Any, direct: Any, datagrams: list[_Outgoing], most: int, timeout: float | None
) -> int:
    deadline = time.monotonic() + timeout if timeout else 0.0
    sent = spins = 0
    while sent < len(datagrams):
        together = _train(datagrams, sent, most)
        try:
            _send_train(direct, datagrams[sent : sent + together])
        except OSError as error:
            code = error.errno or 0
            if together > 1 and code in _REFUSALS:
                most = refuse_trains(sock, len(datagrams[sent].view), code)
                continue
            if timeout and code in _WOULD_BLOCK:
                try:
                    _wait(sock, True, deadline)
                except TimeoutError:
                    if sent:
                        return sent
                    raise
                spins += 1
                if spins > 1:  # an unconnected UNIX peer's queue is full: poll can't tell
                    time.sleep(0.001)
                continue
            if sent:
                return sent
            raise
        sent += together
        spins = 0
    return sent


def send_batch(sock: Any, datagrams: Iterable[Any], peers: Any = None, *, gso: bool = True) -> int:
    """Send datagrams in as few system calls as the kernel allows.

    Consecutive datagrams of one size to one peer go as trains (GSO), which the kernel splits: 50
    datagrams then cost about as much as one. If the kernel, a device or the path refuses a train,
    its datagrams are sent one by one. The refusal is remembered for the socket; see `info`.

    Args:
        sock: a datagram socket: UDP over IPv4 or IPv6, or UNIX. Its descriptor is used directly.
        datagrams: pairs ``(data, address)``; or payloads, for a connected socket or with `peers`.
        peers: the destinations of payloads: one address for all, a list with one for each, or a
            `DatagramBatch`, to reply to its senders. A host must be an address: names are not
            looked up. On a socket of `AF_INET6` IPv4 addresses are mapped.
        gso: whether to send trains.

    Returns:
        How many were sent, counted from the first. Fewer than given if the socket would block, or
        its timeout ran out, or if one was refused: call again with the rest to get its error.

    Raises:
        BlockingIOError, TimeoutError: not even the first could be sent, or not in time.
        OSError: the first was refused: it is too large, no route exists, ICMP reported an error
            of the connected peer, ...
        AddressError, OverflowError, TypeError, ValueError, BufferError: an address or a payload
            is invalid; nothing was sent.

    Source: sendmmsg(2), udp(7).

    >>> import socket
    >>> with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    ...     sock.bind(("127.0.0.1", 0))
    ...     sent = send_batch(sock, [b"one", b"two"], sock.getsockname())
    ...     sent, sock.recv(100), sock.recv(100)
    (2, b'one', b'two')
    """
    timeout = _opened(sock)
    outgoing = _outgoing(sock, tuple(datagrams), peers)
    most = train_limit(sock) if gso and len(outgoing) > 1 else 0
    if timeout:
        with _unwaiting(sock) as direct:
            return _send_all(sock, direct, outgoing, most, timeout)
    return _send_all(sock, sock, outgoing, most, None)
