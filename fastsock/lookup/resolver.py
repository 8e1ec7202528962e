"""A cache of name look-ups that threads and event loops share.

`getaddrinfo` tells no time to live, so the times are the caller's. Keep them
short: an address that moved is found again after `ttl` seconds at the latest.
"""

from __future__ import annotations

import copy
import errno
import os
import socket
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import count, groupby
from operator import itemgetter
from time import monotonic
from types import EllipsisType
from typing import Any, NamedTuple, TypeAlias

from .. import lookup
from ..address import inet_pton
from .workers import Workers

__all__ = ["Resolver", "ResolverInfo"]

Row: TypeAlias = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]
_Job: TypeAlias = tuple[Any, ...]  # the arguments of getaddrinfo
_Timeout: TypeAlias = "float | EllipsisType | None"

_PORT_MAX = 0xFFFF
_NUMERIC_HOST = int(socket.AI_NUMERICHOST)  # the flag's own `&` is slow
_ANY_PORT = object()  # in a key: any number, for rows differ in it only
# Answers, though not those that one hopes for. All other errors say nothing of the name.
_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
}
_NO_ANSWER = {socket.EAI_AGAIN, socket.EAI_FAIL}


class ResolverInfo(NamedTuple):
    """What a `Resolver` has done and holds."""

    hits: int
    """Calls that were answered from the cache."""
    misses: int
    """Calls that were not."""
    joined: int
    """Of the misses, those that waited for a look-up which another call had begun."""
    stale: int
    """Of the misses, those that got an old answer, for there was no new one."""
    entries: int
    """Names in the cache, the missing ones included."""
    maxsize: int
    """How many there may be."""
    pending: int
    """Look-ups that go on."""


class _Entry:
    """What is known of a key. Rows are replaced whole, never changed."""

    __slots__ = ("error", "expires", "plain", "port", "rows", "stale_until", "turns", "used")

    def __init__(self, port: Any, rows: Sequence[Row], error: OSError | None) -> None:
        self.port = port
        self.rows = rows
        self.error = error
        self.expires = self.stale_until = 0.0
        self.used = 0.0  # when it was last asked for
        self.plain = False  # whether rows are given as they are
        self.turns = count()

    def rows_for(self, port: Any) -> Sequence[Row]:
        """The rows with another port in them."""
        if port is self.port or port == self.port:
            return self.rows
        return [(*row[:4], (row[4][0], port, *row[4][2:])) for row in self.rows]


class _Flight:
    """A look-up that goes on, and those who wait for it."""

    def __init__(self) -> None:
        self._landed = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []
        self.entry: _Entry | None = None
        self.error: Exception | None = None

    def wait(self, timeout: float | None) -> bool:
        """Wait in a thread; whether the look-up has ended."""
        return self._landed.wait(timeout)

    def when_landed(self, callback: Callable[[], object]) -> None:
        """Have `callback` called, in whatever thread, when the look-up has ended."""
        with self._lock:
            if not self._landed.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def land(self, entry: _Entry | None, error: Exception | None) -> None:
        """Wake all who wait."""
        self.entry, self.error = entry, error
        with self._lock:
            self._landed.set()
        for callback in self._callbacks:
            callback()


def _is_numeric(host: str) -> bool:
    """Whether a host is an address, so that no server is asked for it."""
    address = host.partition("%")[0]
    try:
        inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    except (OSError, ValueError):
        return False
    return True


def _never_blocks(job: _Job) -> bool:
    host, flags = job[0], job[5]
    if flags & _NUMERIC_HOST or not host:
        return True
    return isinstance(host, str) and _is_numeric(host)


def rotate(rows: Sequence[Row], turn: int) -> list[Row]:
    """Begin with another address each turn, but leave the order of the families as it is."""
    result: list[Row] = []
    for _, family in groupby(rows, itemgetter(0)):
        addresses: dict[Any, list[Row]] = {}
        for row in family:
            addresses.setdefault(row[4], []).append(row)
        groups = list(addresses.values())
        first = turn % len(groups)
        for group in groups[first:] + groups[:first]:
            result += group
    canonname = next((row[3] for row in rows if row[3]), "")
    if canonname:  # it stands in the first row, whichever that is
        result = [(*row[:3], "", row[4]) for row in result]
        result[0] = (*result[0][:3], canonname, result[0][4])
    return result


def _timed_out(job: _Job) -> TimeoutError:
    return TimeoutError(errno.ETIMEDOUT, f"no answer for {job[0]!r} in time")


class _Deadline:
    """A moment by which a call is to end, or never."""

    def __init__(self, timeout: float | None) -> None:
        if timeout is not None and timeout < 0:
            raise ValueError("timeout can't be negative")
        self._end = None if timeout is None else monotonic() + timeout

    def left(self) -> float | None:
        """Seconds until then, None for any number."""
        return None if self._end is None else max(0.0, self._end - monotonic())


_resolvers: weakref.WeakSet[Resolver] = weakref.WeakSet()


class Resolver:
    """A bounded cache in front of `getaddrinfo`, for threads and event loops at once.

    Identical look-ups that come together are one, on a few threads of the resolver's
    own. What it gives is the caller's: changing it changes nothing here.

    Args:
        ttl: seconds for which an answer holds.
        negative_ttl: seconds for which a name stays missing. Failures of a server are
            never kept.
        stale_ttl: seconds beyond `ttl` for which an old answer serves where the server
            fails or is too late.
        maxsize: how many names are kept; those longest not asked for go first.
        workers: how many look-ups may go on at once.
        timeout: seconds for a call, None for no limit. The look-up itself goes on
            and fills the cache.
        rotate: begin each answer with another address of the same family.

    Raises:
        ValueError: a negative number, or no workers.

    Source: RFC 2308 for missing names, RFC 8767 for old answers, but for times that
    `getaddrinfo` does not tell.

    >>> resolver = Resolver(ttl=60)
    >>> [row[4] for row in resolver.getaddrinfo("192.0.2.1", 80, type=socket.SOCK_STREAM)]
    [('192.0.2.1', 80)]
    """

    def __init__(
        self,
        ttl: float = 30.0,
        negative_ttl: float = 1.0,
        stale_ttl: float = 0.0,
        maxsize: int = 1024,
        workers: int = 16,
        timeout: float | None = None,
        rotate: bool = False,
    ) -> None:
        if min(ttl, negative_ttl, stale_ttl, maxsize, timeout or 0) < 0 or workers < 1:
            raise ValueError("times and sizes can't be negative, and there must be a worker")
        self._ttl = ttl
        self._negative_ttl = negative_ttl
        self._stale_ttl = stale_ttl
        self._maxsize = maxsize
        self._worker_limit = workers
        self._timeout = timeout
        self._rotate = rotate
        self._entries: dict[Any, _Entry] = {}  # changed under the lock only
        self._unused: list[tuple[float, Any]] = []  # see _put_out
        self._hits = self._misses = self._joined = self._stale = 0
        self._start_anew()
        _resolvers.add(self)

    def _start_anew(self) -> None:
        """Make what threads share. In a forked child, too: the parent's threads are not there."""
        self._lock = threading.Lock()
        self._flights: dict[Any, _Flight] = {}
        self._workers = Workers(self._worker_limit)

    # From the cache, without a lock.

    def _hit(self, key: Any) -> _Entry | None:
        """What holds of a key, counted as a hit."""
        entry = self._entries.get(key)
        if entry is None or (now := monotonic()) >= entry.expires:
            return None
        entry.used = now
        self._hits += 1
        return entry

    def _copy(self, entry: _Entry, port: Any) -> list[Row]:
        """A list of the caller's own; raises the error of a missing name."""
        if entry.error is not None:
            raise copy.copy(entry.error)
        rows = entry.rows_for(port)
        return rotate(rows, next(entry.turns)) if self._rotate else list(rows)

    # Look-ups.

    def _join(self, key: Any, job: _Job) -> _Flight | list[Row]:
        """The look-up that goes on for `key`, begun if need be, or an answer that just came."""
        with self._lock:
            entry = self._hit(key)
            if entry is not None:
                return self._copy(entry, job[1])
            self._misses += 1
            flight = self._flights.get(key)
            if flight is not None:
                self._joined += 1
                return flight
            flight = self._flights[key] = _Flight()
            self._workers.submit(partial(self._fly, flight, key, job))
        return flight

    def _fly(self, flight: _Flight, key: Any, job: _Job) -> None:
        """Ask, in a thread of ours, and keep what is an answer."""
        entry, error = None, None
        try:
            entry = _Entry(job[1], tuple(lookup.getaddrinfo(*job)), None)
        except Exception as raised:
            error = raised.with_traceback(None)
        with self._lock:
            if self._flights.get(key) is flight:  # else it was cleared, and is out of date
                del self._flights[key]
                self._keep(key, entry, error)
        flight.land(entry, error)

    def _keep(self, key: Any, entry: _Entry | None, error: Exception | None) -> None:
        now = monotonic()
        code = error.args[0] if isinstance(error, socket.gaierror) else None
        if code in _NO_ANSWER:
            self._respite(key, now)
            return
        if entry is not None:
            entry.plain = not self._rotate
            entry.expires = now + self._ttl
            entry.stale_until = entry.expires + self._stale_ttl
        elif code in _NO_SUCH_NAME:
            assert isinstance(error, OSError)
            entry = _Entry(None, (), error)
            entry.expires = now + self._negative_ttl
        else:
            return
        entry.used = now
        self._entries[key] = entry
        while len(self._entries) > self._maxsize:
            self._put_out()

    def _put_out(self) -> None:
        """Forget the entry that was longest not asked for.

        Hits note the time and move nothing, for they hold no lock. The entries are put in
        order once for many that go: those used since then are younger than all that were not.
        """
        if not self._unused:
            used = ((entry.used, key) for key, entry in self._entries.items())
            self._unused = sorted(used, key=itemgetter(0), reverse=True)
        used_then, key = self._unused.pop()
        entry = self._entries.get(key)
        if entry is not None and entry.used == used_then:
            del self._entries[key]

    def _respite(self, key: Any, now: float) -> None:
        """Leave a server that failed alone for a moment, while there is an old answer."""
        entry = self._entries.get(key)
        if entry is not None and now < entry.stale_until:
            entry.expires = min(now + self._negative_ttl, entry.stale_until)

    def _result(self, flight: _Flight, landed: bool, key: Any, job: _Job) -> list[Row]:
        """What a look-up came to, or an old answer if it came to nothing."""
        error: Exception = flight.error if landed and flight.error else _timed_out(job)
        if landed and flight.entry is not None:
            return self._copy(flight.entry, job[1])
        failed = not landed or (isinstance(error, socket.gaierror) and error.args[0] in _NO_ANSWER)
        old = self._entries.get(key) if failed else None
        if old is not None and old.error is None and monotonic() < old.stale_until:
            self._stale += 1
            return self._copy(old, job[1])
        raise copy.copy(error)

    def _deadline(self, timeout: _Timeout) -> _Deadline:
        return _Deadline(self._timeout if isinstance(timeout, EllipsisType) else timeout)

    def _begin(self, key: Any, job: _Job) -> _Flight | list[Row]:
        """An answer that needs no waiting, or the look-up to wait for."""
        entry = self._hit(key)
        if entry is not None:
            return self._copy(entry, job[1])
        if _never_blocks(job):
            return lookup.getaddrinfo(*job)
        return self._join(key, job)

    def getaddrinfo(
        self,
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
        *,
        timeout: _Timeout = ...,
    ) -> list[Row]:
        """Resolve a host and a port, as `fastsock.getaddrinfo`, from the cache if it can be.

        Args:
            host: as `getaddrinfo`. Addresses are not cached: they are faster without.
            port: as `getaddrinfo`. Numbers share one entry.
            family: as `getaddrinfo`.
            type: as `getaddrinfo`.
            proto: as `getaddrinfo`.
            flags: as `getaddrinfo`.
            timeout: seconds for this call; the resolver's own if left out.

        Returns:
            Rows, the caller's to keep.

        Raises:
            TimeoutError: no answer in time.
            socket.gaierror, ValueError, TypeError, OSError: as `getaddrinfo`.

        Source: as `getaddrinfo`.

        >>> Resolver().getaddrinfo("192.0.2.1", 80)[0][4]
        ('192.0.2.1', 80)
        """
        numeric = port.__class__ is int and 0 <= port <= _PORT_MAX
        key = (host, _ANY_PORT if numeric else port, family, type, proto, flags)
        # What `_begin` does first, without its calls: a hit should cost next to nothing.
        entry = self._entries.get(key)
        if entry and entry.plain and (now := monotonic()) < entry.expires:
            entry.used = now
            self._hits += 1
            return [*(entry.rows if entry.port == port else entry.rows_for(port))]
        job = (host, port, family, type, proto, flags)
        begun = self._begin(key, job)
        if isinstance(begun, list):
            return begun
        landed = begun.wait(self._deadline(timeout).left())
        return self._result(begun, landed, key, job)

    async def agetaddrinfo(
        self,
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
        *,
        timeout: _Timeout = ...,
    ) -> list[Row]:
        """Resolve as `Resolver.getaddrinfo`, without blocking the event loop.

        What the cache has is given without waiting for the loop's next round.
        Cancelling the call leaves the look-up, and all others that wait for it, alone.

        Args:
            host: as `Resolver.getaddrinfo`, and so are all the others.
            port: as there.
            family: as there.
            type: as there.
            proto: as there.
            flags: as there.
            timeout: as there.

        Returns:
            Rows, the caller's to keep.

        Raises:
            TimeoutError: no answer in time.
            socket.gaierror, ValueError, TypeError, OSError: as `getaddrinfo`.

        Source: as `getaddrinfo`.

        >>> import asyncio
        >>> asyncio.run(Resolver().agetaddrinfo("192.0.2.1", 80))[0][4]
        ('192.0.2.1', 80)
        """
        job = (host, port, family, type, proto, flags)
        key = _key(job)
        begun = self._begin(key, job)
        if isinstance(begun, list):
            return begun
        landed = await _landing(begun, self._deadline(timeout))
        return self._result(begun, landed, key, job)

    def _begin_all(self, jobs: Iterable[_Job]) -> list[tuple[Any, _Job, Any]]:
        """Begin all look-ups before one is waited for: ``(key, job, what _begin gave)``."""
        begun: list[tuple[Any, _Job, Any]] = []
        for job in jobs:
            key = _key(job)
            try:
                begun.append((key, job, self._begin(key, job)))
            except Exception as error:
                begun.append((key, job, error))
        return begun

    def _settle(self, begun: Any, landed: bool, key: Any, job: _Job) -> list[Row] | Exception:
        try:
            return self._result(begun, landed, key, job)
        except Exception as error:
            return error

    def many(
        self,
        hosts: Iterable[Any],
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
        *,
        timeout: _Timeout = ...,
    ) -> list[list[Row] | Exception]:
        """Resolve many hosts at once; a bad one spoils nothing.

        Args:
            hosts: names or addresses.
            port: one for all, and so are all the others, as `Resolver.getaddrinfo`.
            family: as there.
            type: as there.
            proto: as there.
            flags: as there.
            timeout: seconds for the whole call; the resolver's own if left out.

        Returns:
            For each host, in order, its rows or the exception that says why there are none.

        Raises:
            ValueError: a negative timeout.

        Source: as `getaddrinfo`.

        >>> rows, error = Resolver().many(["192.0.2.1", ""], 80)
        >>> rows[0][4], type(error).__name__
        (('192.0.2.1', 80), 'gaierror')
        """
        deadline = self._deadline(timeout)
        jobs = ((host, port, family, type, proto, flags) for host in hosts)
        return [
            self._settle(begun, begun.wait(deadline.left()), key, job)
            if isinstance(begun, _Flight)
            else begun
            for key, job, begun in self._begin_all(jobs)
        ]

    async def amany(
        self,
        hosts: Iterable[Any],
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
        *,
        timeout: _Timeout = ...,
    ) -> list[list[Row] | Exception]:
        """Resolve many hosts as `Resolver.many`, without blocking the event loop.

        Args:
            hosts: as `Resolver.many`, and so are all the others.
            port: as there.
            family: as there.
            type: as there.
            proto: as there.
            flags: as there.
            timeout: as there.

        Returns:
            For each host, in order, its rows or the exception that says why there are none.

        Raises:
            ValueError: a negative timeout.

        Source: as `getaddrinfo`.

        >>> import asyncio
        >>> rows, error = asyncio.run(Resolver().amany(["192.0.2.1", ""], 80))
        >>> rows[0][4], type(error).__name__
        (('192.0.2.1', 80), 'gaierror')
        """
        deadline = self._deadline(timeout)
        jobs = ((host, port, family, type, proto, flags) for host in hosts)
        return [
            self._settle(begun, await _landing(begun, deadline), key, job)
            if isinstance(begun, _Flight)
            else begun
            for key, job, begun in self._begin_all(jobs)
        ]

    def clear(self, host: Any = ...) -> None:
        """Forget answers. Look-ups that go on are not kept either.

        Args:
            host: forget this host's only; all if left out.

        >>> Resolver().clear("example.org")
        """
        with self._lock:
            self._unused.clear()
            for table in (self._entries, self._flights):
                for key in list(table):
                    if host is ... or key[0] == host:
                        del table[key]

    def info(self) -> ResolverInfo:
        """Tell what was done. Counts may be short by a few where threads run without a GIL.

        Returns:
            A `ResolverInfo`.

        >>> Resolver(maxsize=10).info()
        ResolverInfo(hits=0, misses=0, joined=0, stale=0, entries=0, maxsize=10, pending=0)
        """
        with self._lock:
            return ResolverInfo(
                hits=self._hits,
                misses=self._misses,
                joined=self._joined,
                stale=self._stale,
                entries=len(self._entries),
                maxsize=self._maxsize,
                pending=len(self._flights),
            )


def _key(job: _Job) -> Any:
    host, port, family, kind, proto, flags = job
    numeric = port.__class__ is int and 0 <= port <= _PORT_MAX
    return (host, _ANY_PORT if numeric else port, family, kind, proto, flags)


async def _landing(flight: _Flight, deadline: _Deadline) -> bool:
    """Wait in an event loop; whether the look-up has ended."""
    import asyncio

    loop = asyncio.get_running_loop()
    landed = loop.create_future()

    def tell() -> None:
        if not landed.done():
            landed.set_result(True)

    def tell_loop() -> None:
        with suppress(RuntimeError):  # the loop may be closed: nobody waits there any more
            loop.call_soon_threadsafe(tell)

    flight.when_landed(tell_loop)
    done, _ = await asyncio.wait([landed], timeout=deadline.left())
    return bool(done)


def _after_fork() -> None:
    for resolver in list(_resolvers):
        resolver._start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
