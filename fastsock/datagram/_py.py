"""Reference twin of `fastsock.datagram`: a system call a datagram, until there is no more."""

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

# As plain ints, for the operators of enum.IntFlag cost more than a system call.
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

_SEGMENTS_MAX = 64  # of a train that is sent: what the oldest kernels with GSO take
_TRAIN_MAX = 65507  # its bytes: what one IPv4 datagram could have

_INT = struct.Struct("=i")
_UINT = struct.Struct("=I")
_SEGMENT = struct.Struct("=H")
_TIMESPEC = struct.Struct("@ll")
_PKTINFO = struct.Struct("=i4s4s")
_PKTINFO6 = struct.Struct("=16si")


class _Control:
    """What the control messages of a datagram say."""

    __slots__ = ("datagrams", "dropped", "interface", "local", "stride", "timestamp", "tos")

    def __init__(self) -> None:
        self.datagrams = 1
        self.stride = self.dropped = self.timestamp = self.interface = self.tos = 0
        self.local = b""


_SILENT = _Control()
"""Of a datagram without control messages: never written to."""


def _read_socket(kind: int, data: bytes, out: _Control) -> None:
    if kind == c.SO_RXQ_OVFL and len(data) >= 4:
        (out.dropped,) = _UINT.unpack_from(data)
    elif kind == c.SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
        seconds, nanoseconds = _TIMESPEC.unpack_from(data)
        if 0 <= seconds <= (1 << 63) // 1_000_000_000 - 1:
            out.timestamp = seconds * 1_000_000_000 + nanoseconds
    elif kind == _SCM_RIGHTS:
        # Anyone who may send to a UNIX socket can send descriptors: what nobody takes is closed.
        for (number,) in _INT.iter_unpack(data[: len(data) // 4 * 4]):
            with suppress(OSError):
                os.close(number)


def _read_control(messages: Iterable[tuple[int, int, bytes]], size: int) -> _Control:
    """What control messages say of `size` bytes that came with them."""
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
"""A datagram of its own, or a train of them, as it came: bytes, sender, flags, control."""


def _recvmsg(sock: Any, size: int, flags: int) -> tuple[bytes, list[Any], int, Any]:
    """Receive as `recvmsg` does, where there is none: one byte more tells what is too large."""
    if flags & _DONTWAIT and not select.select([sock], [], [], 0)[0]:
        raise _os_error(errno.EAGAIN)
    data, peer = sock.recvfrom(size + 1)
    return data[:size], [], _TRUNC * (len(data) > size), peer


def _os_error(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def _wait(sock: Any, for_writing: bool, deadline: float) -> None:
    """Wait until there is something to do. TimeoutError after the deadline."""
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
    if sock.fileno() != fd:  # another thread has closed it, and its number may be another file's
        raise _os_error(errno.EBADF)


@contextmanager
def _unwaiting(sock: Any) -> Iterator[Any]:
    """A socket on the same descriptor that never waits: one with a timeout polls at each call.

    Its descriptor is a non-blocking one already, so nothing changes for anybody else.
    """
    other = socket.socket(sock.family, sock.type, sock.proto, fileno=sock.fileno())
    try:
        other.setblocking(False)
        yield other
    finally:
        other.detach()


def _opened(sock: Any) -> Any:
    """Refuse a closed socket, as the compiled twin does; its timeout."""
    if sock.fileno() < 0:
        raise _os_error(errno.EBADF)
    return sock.gettimeout()


_deferred: WeakKeyDictionary[Any, OSError] = WeakKeyDictionary()
"""Errors that came after datagrams, for the next call: the kernel tells each of them once."""


class DatagramBatch:
    r"""Datagrams that came together: received by one call, and kept in slots of fixed size.

    The slots are allocated once. `recv` fills them with what has come, and what it filled in
    before is gone then, but for views: a view that is alive keeps its bytes, and the batch goes
    on in new slots.

    With `gro` the kernel puts datagrams of one peer together, and one slot holds a train of up to
    64 of them. They are told apart here, so that the difference is only one of speed; there can be
    more datagrams in a batch than slots. A socket that is received from in this way must always
    be, for elsewhere a train looks like one large datagram.

    One call at a time: a call from another thread, a signal handler or a finaliser while one is
    at work raises `RuntimeError`.

    Args:
        slots: how many datagrams, or trains, a call may bring.
        slot_size: the most bytes of a datagram; what is beyond is cut off by the kernel, and
            `truncated` says so. With `gro` it is 65,535 at least.
        gro: let the kernel put datagrams together, on UDP sockets.
        mapped: what becomes of IPv4 peers of an IPv6 socket: ``"keep"`` leaves them as mapped
            IPv6 addresses, as the `socket` module has them, ``"ipv4"`` makes IPv4 of them.
        local: ask for the address and the interface that each datagram came to.
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
        """How many datagrams, or trains, a call may bring."""
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
        """Ask the kernel for what the batch is made for, on a socket.

        `recv` does it at the first call for a socket. Datagrams that were queued before it come
        without trains, local addresses and time stamps: call this where a socket is opened.

        Args:
            sock: the socket.

        Raises:
            OSError: it is closed. What the kernel does not do is told by `info`.

        >>> import socket
        >>> with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        ...     DatagramBatch(timestamps=True).prepare(sock)
        """
        _opened(sock)
        prepare(sock, self._wanted)

    def recv(self, sock: Any, /) -> int:
        """Receive what has come, and wait only where nothing has.

        A blocking socket waits for a first datagram, one with a timeout waits that long; then all
        that is there is taken without waiting, as far as there are slots.

        Args:
            sock: a datagram socket: UDP over IPv4 or IPv6, or UNIX. Its descriptor is received
                from directly.

        Returns:
            How many datagrams came. 0 where the socket was shut down for reading, but for a
            non-blocking one, which raises as long as there is nothing; a datagram without bytes
            is one as any other.

        Raises:
            TimeoutError, BlockingIOError: nothing came in time, or is there.
            OSError: as `socket.recv`. What ICMP reports of a connected peer is raised once.
            RuntimeError: another call is at work on the batch.

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
        """Take all that is there: with these flags at first, then without waiting.

        False where there is nothing to take yet.
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
            # Once reading was shut down, there is no end of datagrams of no bytes from nobody. A
            # true one has a sender, but on UNIX sockets.
            if not data and peer is None and (internet or is_shut_down(sock)):
                break
            control = _read_control(ancillary, len(data)) if ancillary else _SILENT
            messages.append((data, peer, told & _TRUNC, control))
            flags = _DONTWAIT | _RECV_FLAGS
        return True

    def _each(self, value: Callable[[_Message], Any]) -> Iterator[Any]:
        """A value of each datagram: those of a train share theirs."""
        for message in self._messages:
            found = value(message)
            for _ in range(message[3].datagrams):
                yield found

    def payloads(self) -> list[bytes]:
        """List the datagrams' bytes.

        Returns:
            A bytes object for each, in the order in which they came.

        Raises:
            RuntimeError: another call is at work on the batch.
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

        Views are worth it from some 2 KiB a datagram on; below that, bytes are faster.

        Returns:
            A read-only memoryview for each. It stays as it is, whatever is received later, and
            keeps all slots in memory.

        Raises:
            RuntimeError: another call is at work on the batch.
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
            RuntimeError: another call is at work on the batch.
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
        """Which addresses `peer_addresses` and `local_addresses` hold.

        `AF_INET`: records of 4 bytes. `AF_INET6`: of 16, IPv4 peers mapped. `AF_UNIX`: none, for
        names are no records. `AF_UNSPEC`: of none, for the batch is empty.
        """
        with self._enter():
            return self._find_family()

    @property
    def peer_addresses(self) -> bytes:
        """The senders' addresses, packed, in one buffer.

        A record of 4 bytes, or of 16, for each datagram, as `peer_family` says. It is made anew at
        each access, and so are the other columns.

        Raises:
            ValueError: they are no internet addresses.
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
        """A byte for each datagram: 1 where it was larger than its slot, and cut off."""
        with self._enter():
            return bytes(self._each(lambda message: bool(message[2])))

    @property
    def dropped(self) -> int:
        """How many datagrams the socket has dropped, all in all, for want of room in its queue.

        It is the count from when the last datagram of the batch was queued, so what is dropped
        after that shows in the next batch. 0 where the kernel does not count.
        """
        with self._enter():
            return self._messages[-1][3].dropped if self._messages else 0

    def _asked(self, bit: int, name: str) -> None:
        if not self._wanted & bit:
            raise _errors.not_asked(name)

    @property
    def local_addresses(self) -> bytes:
        """The addresses that the datagrams were sent to, as records like those of the senders.

        Zeros where the kernel did not tell.

        Raises:
            ValueError: `local` was not asked for; these are no internet sockets.
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
        """The index of the interface that each datagram came by, as a buffer of uint32.

        0 where the kernel did not tell.

        Raises:
            ValueError: `local` was not asked for.
        """
        self._asked(_LOCAL, "local")
        with self._enter():
            found = list(self._each(lambda message: message[3].interface))
            return memoryview(struct.pack(f"={len(found)}I", *found)).cast("I")

    @property
    def tos(self) -> bytes:
        """The TOS, or traffic class, byte of each datagram; 0 where the kernel did not tell.

        Raises:
            ValueError: `tos` was not asked for.
        """
        self._asked(_TOS, "tos")
        with self._enter():
            return bytes(self._each(lambda message: message[3].tos))

    @property
    def timestamps(self) -> memoryview:
        """When the kernel received each datagram: int64, nanoseconds since 1970.

        0 where the kernel did not tell.

        Raises:
            ValueError: `timestamps` was not asked for.
        """
        self._asked(_TIMESTAMPS, "timestamps")
        with self._enter():
            found = list(self._each(lambda message: message[3].timestamp))
            return memoryview(struct.pack(f"={len(found)}q", *found)).cast("q")


class _Outgoing(NamedTuple):
    view: memoryview
    address: Any  # None for the peer that the socket is connected to


def _address_for(sock: Any, address: Any) -> Any:
    """An address as the socket takes it, and never a name that would be looked up."""
    family = sock.family
    if family not in _INTERNET and family != _UNIX:
        raise _errors.bad_family(int(family))
    if family == AF_INET6 and isinstance(address, tuple) and address and address[0] != "":
        with suppress(ValueError, OSError, TypeError):
            packed = unpack_sockaddr(pack_sockaddr(AF_INET, (address[0], 0)))
            address = (f"::ffff:{packed[1][0]}", *address[1:])
    return unpack_sockaddr(pack_sockaddr(family, address))[1]


def _outgoing(sock: Any, items: tuple[Any, ...], peers: Any) -> list[_Outgoing]:
    """Payloads and addresses of all datagrams, before the first is sent."""
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
    """How many datagrams from here on make one train."""
    stride = total = len(datagrams[start].view)
    if not 0 < stride <= most:
        return 1
    end = start + 1
    while end < len(datagrams) and end - start < _SEGMENTS_MAX:
        size = len(datagrams[end].view)
        # A datagram of no bytes would vanish in a train.
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
                if spins > 1:  # the queue of an unconnected UNIX peer is full: poll can't tell
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

    Those of one size to one peer that follow each other go as trains (GSO), which the kernel
    divides: 50 datagrams then cost about what one does. A kernel, device or path that refuses a
    train gets its datagrams one by one; that is remembered for the socket, and `info` tells it.

    Args:
        sock: a datagram socket: UDP over IPv4 or IPv6, or UNIX. Its descriptor is sent to
            directly.
        datagrams: pairs ``(data, address)``; or payloads, for a connected socket or with `peers`.
        peers: where payloads go: one address for all; a list, or a `DatagramBatch` whose senders
            are meant, with one for each. A host must be an address, for nothing is looked up.
            On a socket of `AF_INET6` IPv4 addresses are mapped.
        gso: whether there may be trains.

    Returns:
        How many were sent, from the first on. Fewer than given where the socket can't take more
        without waiting (longer than its timeout), or where one was refused: call again with the
        rest, and that one's error is raised.

    Raises:
        BlockingIOError, TimeoutError: not even the first could be sent, at all or in time.
        OSError: the first was refused: it is too large, there is no route, ICMP had reported
            an error of the connected peer, ...
        AddressError, OverflowError, TypeError, ValueError, BufferError: an address or a payload
            is none; then nothing was sent.

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
