"""Connect without waiting for addresses that keep silent: Happy Eyeballs for blocking code.

Source: RFC 8305.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain, zip_longest
from math import inf

from .. import lookup
from .._core.errors import shorten
from .._core.typed import TYPE_CHECKING
from .constants import describe
from .errors import ConnectError, ConnectTimeoutError
from .guard import guard_of

if TYPE_CHECKING:
    from typing import Any, Protocol

    from .guard import Allow

    class AddressSource(Protocol):
        """Whatever tells the addresses of a host: a `Resolver`, or an object like it."""

        def getaddrinfo(
            self,
            host: Any,
            port: Any,
            *,
            type: int,  # noqa: A002
            timeout: float | None,
        ) -> Iterable[tuple[int, int, int, str, Any]]:
            """Give rows as `socket.getaddrinfo`, within `timeout` seconds."""


__all__ = ["ConnectError", "ConnectTimeoutError", "connect"]

# What connect_ex says of an attempt that has begun; Windows and Unix differ.
_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", 0)} - {0}

_LONGEST_WAIT = 86400.0


def interleave(rows: Iterable[tuple[int, int, int, str, Any]], first: int = 1) -> list[Any]:
    """RFC 8305 section 4: families by turns, no address twice; `first` of the first one first."""
    families: dict[int, dict[Any, Any]] = {}
    for row in rows:
        families.setdefault(row[0], {}).setdefault(row[4], row)
    columns = [list(family.values()) for family in families.values()]
    head = columns[0][: first - 1] if columns else []
    turns = zip_longest(*(column[len(head) * (not i) :] for i, column in enumerate(columns)))
    return head + [row for row in chain.from_iterable(turns) if row is not None]


def _aimed(row: Any, flow_and_scope: Sequence[int]) -> Any:
    """A row with the flow and the scope that stood in the address."""
    host, port, *own = row[4]
    if len(own) != 2 or own[1]:  # IPv4, or a scope that the look-up has found
        return row
    return (*row[:4], (host, port, *[*flow_and_scope, 0][:2]))


def _new_selector() -> selectors.BaseSelector:
    try:
        return selectors.DefaultSelector()
    except OSError:  # no descriptor is left; poll() needs none
        return getattr(selectors, "PollSelector", selectors.SelectSelector)()


class _Race:
    """The attempts of one `connect`."""

    def __init__(self, rows: list[Any], source_address: Any) -> None:
        self._waiting = rows[::-1]
        self._source_address = source_address
        self._selector: selectors.BaseSelector | None = None
        self._running: dict[socket.socket, Any] = {}
        self.failed: list[tuple[Any, OSError]] = []

    @property
    def unfinished(self) -> bool:
        """Whether there is an address left that may still answer."""
        return bool(self._waiting or self._running)

    def run(self, deadline: float | None, delay: float) -> socket.socket | None:
        """The first socket that is connected, or None: all failed, or the time was up."""
        next_start = time.monotonic()
        while self.unfinished:
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                return None
            failures = len(self.failed)
            if self._waiting and (now >= next_start or not self._running):
                winner = self._start(self._waiting.pop())
                next_start = now + delay
            else:
                winner = self._wait(now, next_start if self._waiting else None, deadline)
            if winner:
                return winner
            if len(self.failed) > failures:
                next_start = now  # section 5: after a failure, try the next address at once
        return None

    def _start(self, row: Any) -> socket.socket | None:
        """Begin an attempt. Return its socket, if it is connected already."""
        family, kind, proto, _, sockaddr = row
        sock = None
        try:
            sock = socket.socket(family, kind, proto)
            sock.setblocking(False)
            self._bind(sock)
            code = sock.connect_ex(sockaddr)
            if code and code not in _UNDER_WAY:
                raise OSError(code, os.strerror(code))
            self._running[sock] = row
        except BaseException as error:
            if sock:
                sock.close()
            if not isinstance(error, OSError):
                raise
            self.failed.append((row, error))
            return None
        if code:
            if self._selector is None:  # after the socket, which needs a descriptor more
                self._selector = _new_selector()
            self._selector.register(sock, selectors.EVENT_WRITE)
            return None
        return self._take(sock)

    def _bind(self, sock: socket.socket) -> None:
        """Give a socket the source address, if there is one."""
        source = self._source_address
        if source is None:
            return
        if len(source) > 2 and sock.family != socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
        sock.bind(source)

    def _wait(
        self, now: float, next_start: float | None, deadline: float | None
    ) -> socket.socket | None:
        """Wait for an attempt to end, or for the time to begin another."""
        ends = [end for end in (next_start, deadline) if end is not None]
        # At most what every selector can count; `run` waits again.
        left = max(0.0, min(*ends, now + _LONGEST_WAIT) - now) if ends else None
        selector = self._selector
        assert selector is not None  # an attempt is under way
        for key, _ in selector.select(left):
            sock: Any = key.fileobj
            selector.unregister(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not code:
                return self._take(sock)
            self.failed.append((self._running.pop(sock), OSError(code, os.strerror(code))))
            sock.close()
        return None

    def _take(self, sock: socket.socket) -> socket.socket:
        del self._running[sock]
        return sock

    def give_up(self) -> None:
        """Count what runs, and what has not begun, among the failed."""
        for row in (*self._running.values(), *reversed(self._waiting)):
            self.failed.append((row, TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))))

    def close(self) -> None:
        """Close the losers."""
        for sock in self._running:
            sock.close()
        if self._selector is not None:
            self._selector.close()


def _error(address: Any, race: _Race, late: bool) -> ConnectError:
    tried = "; ".join(f"{describe((*row[:3], '', row[4]))}: {error}" for row, error in race.failed)
    kind = ConnectTimeoutError if late else ConnectError
    return kind(
        f"can't connect to {shorten(address[0])} port {shorten(address[1])}: {tried}",
        [(row[4], error) for row, error in race.failed],
    )


def connect(
    address: tuple[Any, ...],
    timeout: float | None = None,
    *,
    delay: float = 0.25,
    resolver: AddressSource | None = None,
    source_address: tuple[Any, ...] | None = None,
    allow: Allow | None = None,
) -> socket.socket:
    """Connect to whichever address of a host answers first.

    Addresses are tried in the resolver's order, families by turns. The next attempt
    begins after `delay`, or at once when one fails; those before it go on meanwhile.

    Args:
        address: ``(host, port)``, as for `getaddrinfo`, or what an IPv6 socket has for
            its name: ``(host, port, flowinfo, scope_id)``.
        timeout: seconds for the whole call, None or infinity for no limit. The look-up
            counts, but only a `resolver` can be told to hurry.
        delay: seconds between attempts (RFC 8305's Connection Attempt Delay).
        resolver: a `Resolver`, or what has a `getaddrinfo` like it; none: `getaddrinfo`.
        source_address: the address to connect from.
        allow: the addresses that may be connected to: a `PrefixSet`, or networks to make one of;
            None for all. Others are left out. An IPv4 address inside an IPv6 address (mapped, or
            as `embedded_ipv4` finds it) must be allowed too. What was judged is what is dialled,
            so a name that changes meanwhile leads nowhere else.

    Returns:
        A connected TCP socket, with `timeout` as its own, as `socket.create_connection`'s.

    Raises:
        ConnectError: no address accepted; its `attempts` has them all.
        ConnectTimeoutError: the same, for the time was up; also a TimeoutError.
        NotAllowedError: no address of the host is in `allow`; also a PermissionError.
        socket.gaierror: there is no such host, or the server does not answer.
        ValueError: a negative delay or timeout, or an address of other parts.

    Source: RFC 8305 sections 4 and 5.

    >>> with socket.create_server(("127.0.0.1", 0)) as server:
    ...     with connect(server.getsockname(), timeout=5) as client:
    ...         client.getpeername() == server.getsockname()
    True
    """
    if not (delay >= 0 and (timeout is None or timeout >= 0)):
        raise ValueError("delay and timeout can't be negative or NaN")
    host, port, *rest = address
    if len(rest) > 2:
        raise ValueError("address must be (host, port) or (host, port, flowinfo, scope_id)")
    if timeout == inf:
        timeout = None
    guard = guard_of(allow)
    deadline = None if timeout is None else time.monotonic() + timeout
    rows: Iterable[Any]
    if resolver is None:
        rows = lookup.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    else:
        rows = resolver.getaddrinfo(host, port, type=socket.SOCK_STREAM, timeout=timeout)
    if rest:
        rows = [_aimed(row, rest) for row in rows]
    if guard is not None:
        rows = guard.admitted(host, rows)
    race = _Race(interleave(rows), source_address)
    try:
        winner = race.run(deadline, delay)
        if winner is None:
            late = race.unfinished
            race.give_up()
            raise _error(address, race, late)
        with suppress(OverflowError):  # longer than a socket can count: no limit
            winner.settimeout(None)
            winner.settimeout(timeout)
        return winner
    finally:
        race.close()
