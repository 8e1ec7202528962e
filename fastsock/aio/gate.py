"""PROXY headers in front of a server's connections, plain or TLS."""

from __future__ import annotations

import asyncio
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from ..proxy import NeedMore, ProxyHeader
from ..proxy.trust import HEADER_MAX, Rules

if TYPE_CHECKING:
    from .stream import Connected, Stream

_TLS_OPTIONS = ("ssl_handshake_timeout", "ssl_shutdown_timeout")


class ProxyGate:
    """Read the header of each connection, and then call the server's callback."""

    def __init__(
        self, callback: Connected, rules: Rules, timeout: float, options: dict[str, Any]
    ) -> None:
        self._callback = callback
        self._rules = rules
        self._timeout = timeout
        self.options: dict[str, Any] = dict(options)
        self._ssl = self.options.pop("ssl", None)
        self._tls = {name: self.options.pop(name) for name in _TLS_OPTIONS if name in options}
        if self._ssl is None and self._tls:
            raise ValueError(f"{next(iter(self._tls))} is only meaningful with ssl")

    async def connected(self, reader: Stream, writer: Stream) -> None:
        """Serve one connection."""
        stream = reader
        try:
            if self._rules.believes(stream.get_extra_info("peername")):
                async with asyncio.timeout(self._timeout):
                    stream._proxy = await self._read(stream)
            if self._ssl is not None:
                await stream.start_tls(self._ssl, unread="pass", **self._tls)
        except (OSError, EOFError, ValueError):
            # Anybody can send these: no word of it in the log, as for a failed TLS handshake.
            stream.close()
            return
        result = self._callback(reader, writer)
        if isawaitable(result):
            await result

    async def _read(self, stream: Stream) -> ProxyHeader | None:
        """Take the header from the front of a stream."""
        accumulator = stream.accumulator
        while isinstance(found := self._rules.parse(accumulator.peek(HEADER_MAX)), NeedMore):
            if await stream.fill() == 0:
                if self._rules.optional and not len(accumulator):
                    return None
                raise EOFError("the stream ended inside a PROXY header")
        header, size = found
        await stream.read_exactly(size)
        # The proxy's own connections, health checks, are those of the socket.
        return header
