"""PROXY headers in front of a server's connections, plain or TLS."""

from __future__ import annotations

import asyncio
from inspect import isawaitable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Literal

from ..proxy import NeedMore, ProxyError, ProxyHeader, parse_proxy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .stream import Connected, Stream

_HEADER_MAX = 4096  # bytes of a header with its TLVs; HAProxy's have some 500
_TLS_OPTIONS = ("ssl_handshake_timeout",)


class ProxyGate:
    """Read the header of each connection, and then call the server's callback."""

    def __init__(
        self,
        callback: Connected,
        proxy: bool | Literal["optional"],
        trusted: Any,
        timeout: float,
        options: dict[str, Any],
    ) -> None:
        if proxy is not True and proxy != "optional":
            raise ValueError(f"proxy must be True, False or 'optional', not {proxy!r}")
        if proxy == "optional" and trusted is None:
            raise ValueError("proxy='optional' needs trusted: anybody could claim any address")
        self._callback = callback
        self._optional = proxy == "optional"
        self._trusted = trusted if trusted is None else _senders(trusted)
        self._timeout = timeout
        self.options: dict[str, Any] = dict(options)
        self._ssl = self.options.pop("ssl", None)
        self._tls = {name: self.options.pop(name) for name in _TLS_OPTIONS if name in options}
        if self._ssl is None and self._tls:
            raise ValueError("ssl_handshake_timeout is only meaningful with ssl")

    async def connected(self, reader: Stream, writer: Stream) -> None:
        """Serve one connection."""
        stream = reader
        try:
            if self._trusts(stream.get_extra_info("peername")):
                async with asyncio.timeout(self._timeout):
                    stream._proxy = await self._read(stream)
            elif not self._optional:
                raise ProxyError("a PROXY connection from a sender that is not trusted")
            if self._ssl is not None:
                await stream.start_tls(self._ssl, unread="pass", **self._tls)
        except (OSError, EOFError, ValueError):
            # Anybody can send these: no word of it in the log, as for a failed TLS handshake.
            stream.close()
            return
        result = self._callback(reader, writer)
        if isawaitable(result):
            await result

    def _trusts(self, peer: Any) -> bool:
        if self._trusted is None:
            return True
        if not isinstance(peer, tuple):  # a UNIX socket's peer has no address
            return False
        address = ip_address(peer[0].partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if isinstance(self._trusted, list):
            return any(address in network for network in self._trusted)
        return str(address) in self._trusted

    async def _read(self, stream: Stream) -> ProxyHeader | None:
        """Take the header from the front of a stream."""
        accumulator = stream.accumulator
        while True:
            try:
                found = parse_proxy(accumulator.peek(_HEADER_MAX), max_size=_HEADER_MAX)
            except ProxyError:
                if self._optional and not _signed(accumulator.peek(5)):
                    return None
                raise
            if not isinstance(found, NeedMore):
                header, size = found
                await stream.read_exactly(size)
                # The proxy's own connections, health checks, are those of the socket.
                return header
            if await stream.fill() == 0:
                if self._optional and not len(accumulator):
                    return None
                raise EOFError("the stream ended inside a PROXY header")


def _signed(front: bytes) -> bool:
    """Whether a stream starts as a header does: then it must be a good one."""
    return front in (b"PROXY", b"\r\n\r\n\0")


def _senders(trusted: Any) -> Any:
    if isinstance(trusted, str):
        raise TypeError("trusted must be networks or a set of addresses, not str")
    if isinstance(trusted, (list, tuple)):
        return [ip_network(network) for network in _each(trusted)]
    if not hasattr(type(trusted), "__contains__"):
        return [ip_network(network) for network in _each(trusted)]
    return trusted


def _each(networks: Iterable[Any]) -> Iterable[Any]:
    """Networks of any class as the text that `ipaddress` takes."""
    return (network if isinstance(network, str) else str(network) for network in networks)
