r"""asyncio streams that receive in place: the reader, the writer and the protocol in one object.

`open_connection` and `start_server` stand in for asyncio's functions of the same names, and give
a `Stream` for both the reader and the writer. It works on every event loop that knows
`asyncio.BufferedProtocol`, uvloop's included, over TCP, UNIX sockets and TLS.

This module is not imported by ``import fastsock``, for asyncio takes long to import.

>>> import asyncio
>>> from fastsock import aio, LengthPrefix
>>> async def echo(reader, writer):
...     while frames := await reader.frames(LengthPrefix(1)):
...         writer.writelines(bytes([len(frame)]) + frame for frame in frames)
...         await writer.drain()
...     writer.close()
>>> async def main():
...     async with await aio.start_server(echo, "127.0.0.1", 0) as server:
...         host, port = server.sockets[0].getsockname()
...         reader, writer = await aio.open_connection(host, port)
...         writer.write(b"\x02hi\x05there")
...         print(await reader.frame(LengthPrefix(1)), await reader.frame(LengthPrefix(1)))
...         writer.close()
...         await writer.wait_closed()
>>> asyncio.run(main())
b'hi' b'there'
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from .datagram import (
    Datagrams,
    DatagramTransport,
    open_datagram_endpoint,
    open_datagrams,
)
from .stream import FrameIterator, Stream

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from ..lookup.guard import Allow
    from ..proxy.trust import Rules
    from .stream import Connected

__all__ = [
    "DatagramTransport",
    "Datagrams",
    "FrameIterator",
    "Stream",
    "open_connection",
    "open_datagram_endpoint",
    "open_datagrams",
    "open_unix_connection",
    "start_server",
    "start_unix_server",
]


async def open_connection(
    host: Any = None,
    port: Any = None,
    *,
    max_size: int = 1 << 24,
    high_water: int = 1 << 17,
    allow: Allow | None = None,
    **options: Any,
) -> tuple[Stream, Stream]:
    """Connect over TCP, as `asyncio.open_connection` does.

    Args:
        host: a name or an address.
        port: a port number.
        max_size: as in `Stream`.
        high_water: as in `Stream`.
        allow: the addresses that may be connected to: a `PrefixSet`, or networks to make one of;
            None for all. Others are left out, as by `fastsock.connect`: what was judged is what is
            dialled.
        options: as in `asyncio.loop.create_connection`: `ssl`, `server_hostname`, `sock`, ...

    Returns:
        A pair ``(reader, writer)`` of one and the same `Stream`.

    Raises:
        OSError: as `asyncio.open_connection`.
        NotAllowedError: no address of the host is in `allow`; also a PermissionError.
        ConnectError: with `allow`, no allowed address accepted; its `attempts` has them all.
        ValueError: `allow` with `sock`.
    """
    loop = asyncio.get_running_loop()
    stream = Stream(max_size, high_water=high_water)
    if allow is None:
        await loop.create_connection(lambda: stream, host, port, **options)
    else:
        from .dial import connect_allowed  # for it alone

        await connect_allowed(lambda: stream, host, port, allow, options)
    return stream, stream


async def start_server(
    client_connected_cb: Connected,
    host: Any = None,
    port: Any = None,
    *,
    max_size: int = 1 << 24,
    high_water: int = 1 << 17,
    proxy: bool | Literal["optional"] = False,
    trusted: Container[str] | Iterable[Any] | None = None,
    proxy_timeout: float = 10.0,
    **options: Any,
) -> asyncio.Server:
    """Serve over TCP, as `asyncio.start_server` does.

    Args:
        client_connected_cb: a function or coroutine function, called with ``(reader, writer)``
            for each connection, which are one and the same `Stream`.
        host: a name, an address, or several.
        port: a port number.
        max_size: as in `Stream`.
        high_water: as in `Stream`.
        proxy: every connection starts with a PROXY header, in front of TLS if there is any.
            `Stream.proxy` has it, and ``get_extra_info("peername")`` is the client that it
            names. A connection without a valid header is closed before the callback is
            called. With ``"optional"``, a connection may start without one.
        trusted: the senders whose headers count: networks as text or of `ipaddress`, or a set of
            addresses with `in`; None for all. A connection from elsewhere is closed; with
            ``"optional"`` it is served, and a header is not read.
        proxy_timeout: seconds in which the header must have come.
        options: as in `asyncio.loop.create_server`: `ssl`, `sock`, `backlog`, ...

    Returns:
        The server.

    Raises:
        OSError: as `asyncio.start_server`.
        ValueError: `proxy` is none of its values; it is ``"optional"`` without `trusted`, so
            anybody could claim any address; a bad network.
    """
    loop = asyncio.get_running_loop()
    if proxy is not False:
        from ..proxy.trust import Rules

        rules = Rules(proxy, trusted)
        client_connected_cb, options = _gated(client_connected_cb, rules, proxy_timeout, options)

    def connected() -> Stream:
        return Stream(max_size, high_water=high_water, client_connected_cb=client_connected_cb)

    return await loop.create_server(connected, host, port, **options)


def _gated(
    callback: Connected, rules: Rules, timeout: float, options: dict[str, Any]
) -> tuple[Connected, dict[str, Any]]:
    """A callback that reads a PROXY header first, and the options that are left for the loop."""
    from .gate import ProxyGate  # for servers that want it alone

    gate = ProxyGate(callback, rules, timeout, options)
    return gate.connected, gate.options


async def open_unix_connection(
    path: Any = None, *, max_size: int = 1 << 24, high_water: int = 1 << 17, **options: Any
) -> tuple[Stream, Stream]:
    """Connect over a UNIX socket, as `asyncio.open_unix_connection` does.

    Args:
        path: where the socket is.
        max_size: as in `Stream`.
        high_water: as in `Stream`.
        options: as in `asyncio.loop.create_unix_connection`: `ssl`, `sock`, ...

    Returns:
        A pair ``(reader, writer)`` of one and the same `Stream`.

    Raises:
        OSError: as `asyncio.open_unix_connection`.
        NotImplementedError: there are no UNIX sockets here.
    """
    loop = asyncio.get_running_loop()
    stream = Stream(max_size, high_water=high_water)
    await loop.create_unix_connection(lambda: stream, path, **options)
    return stream, stream


async def start_unix_server(
    client_connected_cb: Connected,
    path: Any = None,
    *,
    max_size: int = 1 << 24,
    high_water: int = 1 << 17,
    proxy: bool | Literal["optional"] = False,
    proxy_timeout: float = 10.0,
    **options: Any,
) -> asyncio.AbstractServer:
    """Serve over a UNIX socket, as `asyncio.start_unix_server` does.

    Args:
        client_connected_cb: as in `start_server`.
        path: where the socket is to be.
        max_size: as in `Stream`.
        high_water: as in `Stream`.
        proxy: as in `start_server`. All senders are trusted: the path's permissions say who may
            connect.
        proxy_timeout: as in `start_server`.
        options: as in `asyncio.loop.create_unix_server`: `ssl`, `sock`, `backlog`, ...

    Returns:
        The server.

    Raises:
        OSError: as `asyncio.start_unix_server`.
        ValueError: `proxy` is none of its values.
        NotImplementedError: there are no UNIX sockets here.
    """
    loop = asyncio.get_running_loop()
    if proxy is not False:
        from ..proxy.trust import Rules

        rules = Rules(proxy, None, closed=True)
        client_connected_cb, options = _gated(client_connected_cb, rules, proxy_timeout, options)

    def connected() -> Stream:
        return Stream(max_size, high_water=high_water, client_connected_cb=client_connected_cb)

    return await loop.create_unix_server(connected, path, **options)
