"""A cache of name look-ups that threads and event loops share.

`getaddrinfo` reports no time to live, so the caller sets the times. Keep them
short: an address that moved is found again after `ttl` seconds at the latest.
"""

from __future__ import annotations

import copy
import errno
import os
import socket
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import count, groupby
from math import inf
from operator import itemgetter
from time import monotonic

from .. import lookup
from .._core.errors import shorten
from .._core.omitted import Omitted
from .._core.typed import TYPE_CHECKING, NamedTuple
from ..address import inet_pton
from .guard import guard_of
from .workers import NoThreadError, QueueFullError, Workers

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from ._py import Sockaddr
    from .guard import Allow

    Row: TypeAlias = tuple[socket.AddressFamily, socket.SocketKind, int, str, Sockaddr]
    _Job: TypeAlias = tuple[Any, ...]  # the arguments of getaddrinfo
    _Timeout: TypeAlias = float | Omitted | None

__all__ = ["Resolver", "ResolverInfo"]

_PORT_MAX = 0xFFFF
_NUMERIC_HOST = int(socket.AI_NUMERICHOST)  # the flag's own `&` is slow
_OWN_TIMEOUT = Omitted("the resolver's own timeout")
_ALL_HOSTS = Omitted("all hosts")
_ANY_PORT = object()  # in a key: stands for any port, for rows differ only in that
# These errors are answers: the name does not exist. All others say nothing about the name.
_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
}
_NO_ANSWER = {socket.EAI_AGAIN, socket.EAI_FAIL}


class ResolverInfo(NamedTuple):
    """Counters and sizes of a `Resolver`."""

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
    """Look-ups that run or are queued."""


class _Entry:
    """The cached answer for a key. Rows are replaced whole, never changed."""

    __slots__ = ("error", "expires", "port", "rows", "stale_until", "turns", "used")

    def __init__(self, port: Any, rows: Sequence[Row], error: OSError | None) -> None:
        self.port = port
        self.rows = rows
        self.error = error
        self.expires = self.stale_until = 0.0
        self.used = 0.0  # when it was last asked for
        self.turns = count()

    def rows_for(self, port: Any) -> Sequence[Row]:
        """The rows with another port in them."""
        if port is self.port or port == self.port:
            return self.rows
        return [(*row[:4], (row[4][0], port, *row[4][2:])) for row in self.rows]


class _Waiter:
    """A caller that waits for a look-up in a thread."""

    def __init__(self, flight: _Flight) -> None:
        self.flight = flight
        self._bell = threading.Lock()
        self._bell.acquire()

    def wake(self) -> None:
        """Report that the look-up has ended. Called once, in any thread."""
        self._bell.release()

    def wait(self, deadline: _Deadline) -> bool:
        """Wait, and return whether the look-up has ended."""
        left = deadline.left()
        return self._bell.acquire(timeout=-1 if left is None else left)


class _LoopWaiter(_Waiter):
    """A caller that waits in an event loop."""

    def __init__(self, flight: _Flight) -> None:
        import asyncio

        self.flight = flight
        self._loop = asyncio.get_running_loop()
        self._landed = self._loop.create_future()

    def wake(self) -> None:
        with suppress(RuntimeError):  # the loop may be closed: nobody waits there any more
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if not self._landed.done():
            self._landed.set_result(True)

    async def wait_in_loop(self, deadline: _Deadline) -> bool:
        """Wait, and return whether the look-up has ended."""
        import asyncio

        done, _ = await asyncio.wait([self._landed], timeout=deadline.left())
        return bool(done)


class _Flight:
    """A look-up that runs or is queued, and the callers that wait for it.

    It has no lock, for the reason that `workers` gives.
    """

    def __init__(self, resolver: Resolver, key: Any, job: _Job) -> None:
        self.job = job
        self.owner = threading.get_ident()  # whose task it is to submit it
        self.submitted = False
        self.began = False  # or will in a moment, whether or not somebody waits
        self.cleared = False
        self.landed = False
        self.entry: _Entry | None = None
        self.error: BaseException | None = None
        self._resolver = resolver
        self._key = key
        self._claims = [None]
        self._waiters: dict[_Waiter, None] = {}

    def claim(self) -> bool:
        """Take the right to end this look-up; whether the caller got it."""
        try:
            self._claims.pop()
        except IndexError:
            return False
        return True

    def board(self, waiter: _Waiter) -> None:
        """Add a waiter, to be woken when the look-up has ended."""
        self._waiters[waiter] = None
        if self.landed and self._waiters.pop(waiter, ...) is not ...:
            waiter.wake()

    def leave(self, waiter: _Waiter) -> None:
        """Remove a waiter. A queued look-up without waiters is dropped."""
        self._waiters.pop(waiter, None)
        if not self._waiters and not self.began and self.claim():
            self._resolver._withdraw(self, self._key)

    def run(self, first: bool) -> None:
        """Ask, in a thread of the resolver's."""
        if self.claim():
            try:
                self._resolver._ask(self, self._key, first)
            finally:
                self.land()

    def land(self) -> None:
        """Wake all who wait."""
        self.landed = True
        while self._waiters:
            with suppress(KeyError):  # the last one has just left
                self._waiters.popitem()[0].wake()


def _is_numeric(host: str) -> bool:
    """Whether a host is an address, which no server is asked for."""
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
    return TimeoutError(errno.ETIMEDOUT, f"no answer for {shorten(job[0])} in time")


def _fresh(error: BaseException) -> BaseException:
    """A copy of an error, for each caller has its own; the error itself if it has no copies."""
    try:
        duplicate = copy.copy(error)
    except Exception:
        return error
    return duplicate if isinstance(duplicate, type(error)) else error


def _is_unanswered(error: BaseException) -> bool:
    """Whether an error says nothing of the name, so that an old answer is better."""
    if isinstance(error, socket.gaierror):
        return error.errno in _NO_ANSWER
    return isinstance(error, NoThreadError)


def _check_timeout(timeout: _Timeout) -> None:
    if not (timeout is None or isinstance(timeout, Omitted) or timeout >= 0):
        raise ValueError("timeout can't be negative or NaN")


class _Deadline:
    """The time by which a call must end, if any."""

    def __init__(self, timeout: float | None) -> None:
        _check_timeout(timeout)
        self.endless = timeout is None or timeout == inf
        self._end = 0.0 if timeout is None else monotonic() + timeout

    def left(self) -> float | None:
        """Seconds left, None for no limit."""
        if self.endless:
            return None
        return min(max(0.0, self._end - monotonic()), threading.TIMEOUT_MAX)


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
        timeout: seconds for a call, None for no limit. A look-up that has begun goes
            on and fills the cache; one that waits for a worker is dropped when nobody
            waits for it any more.
        rotate: begin each answer with another address of the same family.
        backlog: how many look-ups may wait for a worker. Calls beyond fail at once, as if
            the server did not answer (`EAI_AGAIN`).
        allow: the addresses that answers may have: a `PrefixSet`, or networks to make one of;
            None for all. Rows of others are left out, of cached answers too, so that a change of
            the set counts at once. An IPv4 address inside an IPv6 address (mapped, or as
            `embedded_ipv4` finds it) must be allowed too. A host without an allowed address is a
            `NotAllowedError`.

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
        backlog: int = 10_000,
        allow: Allow | None = None,
    ) -> None:
        limits = (ttl, negative_ttl, stale_ttl, maxsize, timeout or 0, backlog)
        if not (all(limit >= 0 for limit in limits) and workers >= 1):
            raise ValueError("times and sizes can't be negative, and there must be a worker")
        self._ttl = ttl
        self._negative_ttl = negative_ttl
        self._stale_ttl = stale_ttl
        self._maxsize = maxsize
        self._worker_limit = workers
        self._timeout = timeout
        self._rotate = rotate
        self._backlog = backlog
        self._guard = guard_of(allow)
        self._entries: dict[Any, _Entry] = {}
        # Those whose rows are given as they are: all of them, or none.
        self._plain = self._entries if self._guard is None and not rotate else {}
        self._unused: list[tuple[float, Any]] = []  # see _put_out
        self._hits = self._misses = self._joined = self._stale = 0
        self._forked = False
        self._start_anew()
        _resolvers.add(self)

    def _start_anew(self) -> None:
        """Make the state that threads share. A forked child makes its own: it lacks the threads."""
        self._flights: dict[Any, _Flight] = {}
        self._workers = Workers(self._worker_limit, self._backlog)

    # From the cache.

    def _hit(self, key: Any) -> _Entry | None:
        """The valid entry of a key, counted as a hit."""
        entry = self._entries.get(key)
        if entry is None or (now := monotonic()) >= entry.expires:
            return None
        entry.used = now
        self._hits += 1
        return entry

    def _copy(self, entry: _Entry, job: _Job) -> list[Row]:
        """A list of the caller's own; raises the error of a missing name."""
        if entry.error is not None:
            raise _fresh(entry.error)
        rows = entry.rows_for(job[1])
        if self._guard is not None:
            rows = self._guard.admitted(job[0], rows)
        return rotate(rows, next(entry.turns)) if self._rotate else list(rows)

    def _direct(self, job: _Job) -> list[Row]:
        """The answer of `getaddrinfo` itself, without a thread of ours."""
        rows = lookup.getaddrinfo(*job)
        return rows if self._guard is None else self._guard.admitted(job[0], rows)

    # Look-ups.

    def _join(self, key: Any, job: _Job, kind: type[_Waiter]) -> _Waiter | list[Row]:
        """A place among those who wait for `key`, or an answer that has just come."""
        flight = mine = _Flight(self, key, job)
        waiter = None
        try:
            flight = self._flights.setdefault(key, mine)
            if flight is mine:
                entry = self._hit(key)  # of a look-up that has ended since
                if entry is not None:
                    if flight.claim():
                        self._withdraw(flight, key)
                    return self._copy(entry, job)
            self._misses += 1
            self._joined += flight is not mine
            waiter = kind(flight)
            flight.board(waiter)
            # The call that was to submit it can't go on before this, if this interrupts it.
            if flight.owner == mine.owner and not flight.submitted:
                self._submit(flight, key)
        except BaseException:
            if waiter is not None:
                flight.leave(waiter)
            if flight is mine and not mine.submitted and mine.claim():
                self._withdraw(mine, key)
            raise
        return waiter

    def _submit(self, flight: _Flight, key: Any) -> None:
        try:
            flight.began = self._workers.submit(flight)
            flight.submitted = True
        except (NoThreadError, QueueFullError) as error:
            if flight.claim():
                flight.error = error
                if isinstance(error, QueueFullError):
                    flight.error = socket.gaierror(socket.EAI_AGAIN, str(error))
                self._withdraw(flight, key)

    def _withdraw(self, flight: _Flight, key: Any) -> None:
        """End a look-up that was not begun; the caller has claimed it."""
        self._workers.withdraw(flight)
        self._retire(flight, key)
        flight.land()

    def _retire(self, flight: _Flight, key: Any) -> None:
        """Let no other call join a look-up."""
        found = self._flights.pop(key, None)
        if found is not None and found is not flight:  # it was cleared, and begun anew
            self._flights.setdefault(key, found)

    def _ask(self, flight: _Flight, key: Any, first: bool) -> None:
        """Ask, in a thread of ours, and cache an answer."""
        try:
            flight.entry = self._answer(flight.job, first)
        except BaseException as error:  # whatever a function in `socket`'s place raises
            flight.error = error.with_traceback(None)
        with suppress(Exception):  # a host's own __eq__ raised: the answer is not cached
            if not flight.cleared:
                self._keep(key, flight.entry, flight.error)
            self._retire(flight, key)
            if flight.cleared:  # meanwhile
                self._entries.pop(key, None)

    def _answer(self, job: _Job, first: bool) -> _Entry:
        try:
            rows = lookup.getaddrinfo(*job)
        except socket.gaierror as error:
            # A forked child's new thread may read from the socket of one of the parent's, which
            # glibc leaves to it. After the failure it has its own.
            if not (first and self._forked and error.errno == socket.EAI_AGAIN):
                raise
            rows = lookup.getaddrinfo(*job)
        return _Entry(job[1], tuple(rows), None)

    def _keep(self, key: Any, entry: _Entry | None, error: BaseException | None) -> None:
        now = monotonic()
        code = error.errno if isinstance(error, socket.gaierror) else None
        if code in _NO_ANSWER:
            self._respite(key, now)
            return
        if entry is not None:
            entry.expires = now + self._ttl
            entry.stale_until = entry.expires + self._stale_ttl
        elif code in _NO_SUCH_NAME:
            assert isinstance(error, OSError)
            entry = _Entry(_ANY_PORT, (), error)
            entry.expires = now + self._negative_ttl
        else:
            return
        entry.used = now
        self._entries[key] = entry
        while len(self._entries) > self._maxsize:
            self._put_out()

    def _put_out(self) -> None:
        """Forget the entry that was longest not asked for.

        Hits note the time and move nothing. The entries are put in order once for many that
        go: those used since then are younger than all that were not.
        """
        unused = self._unused
        if not unused:
            used = [(entry.used, key) for key, entry in self._entries.copy().items()]
            unused = self._unused = sorted(used, key=itemgetter(0), reverse=True)
        with suppress(IndexError):  # another thread took the last
            used_then, key = unused.pop()
            entry = self._entries.get(key)
            if entry is not None and entry.used == used_then:
                self._entries.pop(key, None)

    def _respite(self, key: Any, now: float) -> None:
        """Leave a server that failed alone for a moment, while there is an old answer."""
        entry = self._entries.get(key)
        if entry is not None and now < entry.stale_until:
            entry.expires = min(now + self._negative_ttl, entry.stale_until)

    def _result(self, flight: _Flight, landed: bool, key: Any, job: _Job) -> list[Row]:
        """The result of a look-up, or an old answer if it failed."""
        if landed and flight.entry is not None:
            return self._copy(flight.entry, job)
        error = flight.error if landed and flight.error else _timed_out(job)
        old = self._entries.get(key) if not landed or _is_unanswered(error) else None
        if old is not None and old.error is None and monotonic() < old.stale_until:
            self._stale += 1
            return self._copy(old, job)
        raise _fresh(error)

    def _deadline(self, timeout: _Timeout) -> _Deadline:
        return _Deadline(self._timeout if isinstance(timeout, Omitted) else timeout)

    def _begin(self, key: Any, job: _Job, kind: type[_Waiter]) -> _Waiter | list[Row]:
        """An answer that needs no waiting, or a place among those who wait."""
        try:
            entry = self._hit(key)
        except TypeError:  # an argument without a hash: `getaddrinfo` refuses it in its own words
            return self._direct(job)
        if entry is not None:
            return self._copy(entry, job)
        if _never_blocks(job) or not self._workers.can_serve():
            return self._direct(job)
        return self._join(key, job, kind)

    def _finish(self, begun: Any, deadline: _Deadline, key: Any, job: _Job) -> list[Row]:
        """Wait for what `_begin` gave."""
        while isinstance(begun, _Waiter):
            flight = begun.flight
            try:
                landed = begun.wait(deadline)
            finally:
                flight.leave(begun)
            if landed and isinstance(flight.error, NoThreadError) and deadline.endless:
                return self._direct(job)  # as at the end of the program
            if not landed or flight.entry or flight.error:
                return self._result(flight, landed, key, job)
            begun = self._begin(key, job, _Waiter)  # all others gave up before this joined them
        return begun  # type: ignore[no-any-return]

    async def _finish_in_loop(
        self, begun: Any, deadline: _Deadline, key: Any, job: _Job
    ) -> list[Row]:
        """Wait for what `_begin` gave."""
        while isinstance(begun, _LoopWaiter):
            flight = begun.flight
            try:
                landed = await begun.wait_in_loop(deadline)
            finally:
                flight.leave(begun)
            if not landed or flight.entry or flight.error:
                return self._result(flight, landed, key, job)
            begun = self._begin(key, job, _LoopWaiter)
        return begun  # type: ignore[no-any-return]

    def getaddrinfo(
        self,
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
        *,
        timeout: _Timeout = _OWN_TIMEOUT,
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
        if timeout is not _OWN_TIMEOUT:
            _check_timeout(timeout)
        # What `_begin` does first, for the port that the entry has: a hit should cost next to
        # nothing. `_key` leaves ports beyond their range alone, and no entry has one.
        key = (host, _ANY_PORT if port.__class__ is int else port, family, type, proto, flags)
        try:
            entry = self._plain.get(key)
        except TypeError:  # as `_begin` has it
            return self._direct((host, port, family, type, proto, flags))
        if entry is not None and entry.port == port and (now := monotonic()) < entry.expires:
            entry.used = now
            self._hits += 1
            return [*entry.rows]
        job = (host, port, family, type, proto, flags)
        key = _key(job)
        begun = self._begin(key, job, _Waiter)
        if isinstance(begun, list):
            return begun
        return self._finish(begun, self._deadline(timeout), key, job)

    async def agetaddrinfo(
        self,
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
        *,
        timeout: _Timeout = _OWN_TIMEOUT,
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
        _check_timeout(timeout)
        job = (host, port, family, type, proto, flags)
        key = _key(job)
        begun = self._begin(key, job, _LoopWaiter)
        if isinstance(begun, list):
            return begun
        return await self._finish_in_loop(begun, self._deadline(timeout), key, job)

    def many(
        self,
        hosts: Iterable[Any],
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
        *,
        timeout: _Timeout = _OWN_TIMEOUT,
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
        batch = _Batch(self, self._deadline(timeout), _Waiter)
        with batch:
            for host in hosts:
                while batch.is_crowded():
                    batch.settle()
                batch.begin((host, port, family, type, proto, flags))
            while batch.waiting:
                batch.settle()
        return batch.results

    async def amany(
        self,
        hosts: Iterable[Any],
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
        *,
        timeout: _Timeout = _OWN_TIMEOUT,
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
        batch = _Batch(self, self._deadline(timeout), _LoopWaiter)
        with batch:
            for host in hosts:
                while batch.is_crowded():
                    await batch.settle_in_loop()
                batch.begin((host, port, family, type, proto, flags))
            while batch.waiting:
                await batch.settle_in_loop()
        return batch.results

    def clear(self, host: Any = _ALL_HOSTS) -> None:
        """Forget answers. Look-ups that go on are not kept either.

        Args:
            host: forget this host's only; all if left out.

        >>> Resolver().clear("example.org")
        """
        self._unused = []
        # Look-ups first: one that ends meanwhile has put its answer where it is found next.
        for key, flight in self._flights.copy().items():
            if host is _ALL_HOSTS or key[0] == host:
                flight.cleared = True
                self._retire(flight, key)
        for key in self._entries.copy():
            if host is _ALL_HOSTS or key[0] == host:
                self._entries.pop(key, None)

    def info(self) -> ResolverInfo:
        """Tell what was done. Counts may be short by a few where threads count at once.

        Returns:
            A `ResolverInfo`.

        >>> Resolver(maxsize=10).info()
        ResolverInfo(hits=0, misses=0, joined=0, stale=0, entries=0, maxsize=10, pending=0)
        """
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


class _Batch:
    """Look-ups that are begun together, as many as may wait, and their results in order."""

    def __init__(self, resolver: Resolver, deadline: _Deadline, kind: type[_Waiter]) -> None:
        self.results: list[Any] = []
        self.waiting: deque[tuple[int, Any, Any, _Job]] = deque()  # place, waiter, key, job
        self._resolver = resolver
        self._deadline = deadline
        self._kind = kind

    def is_crowded(self) -> bool:
        """Whether the next one might be refused, and not if one of these ends."""
        return bool(self.waiting) and self._resolver._workers.is_full()

    def begin(self, job: _Job) -> None:
        """Begin a look-up."""
        key = _key(job)
        try:
            begun = self._resolver._begin(key, job, self._kind)
        except Exception as error:
            self.results.append(error)
            return
        if isinstance(begun, _Waiter):
            self.waiting.append((len(self.results), begun, key, job))
            self.results.append(None)
        else:
            self.results.append(begun)

    def settle(self) -> None:
        """Wait for the first of those begun."""
        place, begun, key, job = self.waiting.popleft()
        try:
            self.results[place] = self._resolver._finish(begun, self._deadline, key, job)
        except Exception as error:
            self.results[place] = error

    async def settle_in_loop(self) -> None:
        """Wait for the first of those begun."""
        place, begun, key, job = self.waiting.popleft()
        try:
            finish = self._resolver._finish_in_loop
            self.results[place] = await finish(begun, self._deadline, key, job)
        except Exception as error:
            self.results[place] = error

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        """Withdraw from the look-ups that an exception keeps us from waiting for."""
        for _, begun, _, _ in self.waiting:
            begun.flight.leave(begun)


def _after_fork() -> None:
    for resolver in list(_resolvers):
        resolver._forked = True
        resolver._start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
