"""Connect to the addresses of a host that are allowed, and to no others."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

from .._core.errors import shorten
from ..lookup.errors import ConnectError
from ..lookup.eyeballs import interleave
from ..lookup.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable


class _Dialler:
    """The attempts of one connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sources: list[Any] | None) -> None:
        self._loop = loop
        self._sources = sources
        self._running: dict[asyncio.Task[socket.socket], Any] = {}
        self.failed: list[tuple[Any, OSError]] = []

    async def run(self, rows: list[Any], delay: float | None) -> socket.socket | None:
        """The first socket that is connected. Without a delay, one attempt after the other."""
        waiting = rows[::-1]
        try:
            while waiting or self._running:
                if waiting:
                    row = waiting.pop()
                    self._running[asyncio.ensure_future(self._attempt(row))] = row
                done, _ = await asyncio.wait(
                    self._running,
                    timeout=delay if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    error = task.exception()
                    if error is None:
                        del self._running[task]
                        return task.result()
                    row = self._running.pop(task)
                    if not isinstance(error, OSError):
                        raise error
                    self.failed.append((row[4], error))
            return None
        finally:
            await self._close()

    async def _attempt(self, row: Any) -> socket.socket:
        family, kind, proto, _, sockaddr = row
        sock = socket.socket(family, kind, proto)
        try:
            sock.setblocking(False)
            if self._sources is not None:
                self._bind(sock)
            await self._loop.sock_connect(sock, sockaddr)
        except BaseException:
            sock.close()
            raise
        return sock

    def _bind(self, sock: socket.socket) -> None:
        """Bind to the first free source of the socket's family."""
        error = OSError(f"local_addr has no address of family {sock.family!r}")
        for source in self._sources or ():
            if source[0] == sock.family:
                try:
                    sock.bind(source[4])
                except OSError as failed:
                    error = failed
                else:
                    return
        raise error

    async def _close(self) -> None:
        """Stop the losers, and close those that were connected at the same moment."""
        for task in self._running:
            task.cancel()
        for loser in await asyncio.gather(*self._running, return_exceptions=True):
            if isinstance(loser, socket.socket):
                loser.close()


async def connect_allowed(
    factory: Callable[[], asyncio.BaseProtocol],
    host: Any,
    port: Any,
    allow: Any,
    options: dict[str, Any],
) -> None:
    """Do what `loop.create_connection` does, for the allowed addresses of a host.

    The loop's own method would look the name up again, so sockets are connected here.
    """
    guard = Guard(allow)
    if options.get("sock") is not None:
        raise ValueError("allow judges the addresses of host; sock is connected already")
    if host is None and port is None:
        raise ValueError("host and port were not specified")
    loop = asyncio.get_running_loop()
    hints: Any = {name: options.pop(name, 0) for name in ("family", "proto", "flags")}
    hints["type"] = socket.SOCK_STREAM
    delay = options.pop("happy_eyeballs_delay", None)
    first = options.pop("interleave", None)
    all_errors = options.pop("all_errors", False)
    local = options.pop("local_addr", None)
    rows = guard.admitted(host, await loop.getaddrinfo(host, port, **hints))
    if first is None:
        first = 0 if delay is None else 1
    if first:
        rows = interleave(rows, first)
    dialler = _Dialler(loop, await loop.getaddrinfo(*local, **hints) if local else None)
    sock = await dialler.run(rows, delay)
    if sock is None:
        if all_errors:
            raise ExceptionGroup("create_connection failed", [e for _, e in dialler.failed])
        tried = "; ".join(f"{sockaddr}: {error}" for sockaddr, error in dialler.failed)
        raise ConnectError(
            f"can't connect to {shorten(host)} port {shorten(port)}: {tried}", dialler.failed
        )
    if options.get("ssl") and options.get("server_hostname") is None:
        options["server_hostname"] = host
    try:
        await loop.create_connection(factory, sock=sock, **options)
    except BaseException:
        sock.close()
        raise
