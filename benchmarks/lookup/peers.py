"""The libraries that resolve hosts, where they are installed (`make bench-peers`).

Each does the work of `getaddrinfo`, by its nearest call. Their answers have forms of their own:
`hosts` extracts the addresses, for the check only and never inside the timing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from socket import AF_INET, SOCK_STREAM
from typing import Any

from fastsock import Resolver


def of_rows(rows: Iterable[Any]) -> set[str]:
    """The addresses in rows of `getaddrinfo`."""
    return {row[4][0] for row in rows}


def ipv4_of_connector(answers: Iterable[Any]) -> set[str]:
    """The IPv4 addresses in what aiohttp gives."""
    return {answer["host"] for answer in answers if ":" not in answer["host"]}


def of_nodes(result: Any) -> set[str]:
    """The addresses in what aiodns gives."""
    return {node.addr[0].decode() for node in result.nodes}


@dataclass(frozen=True)
class Asker:
    """Who resolves in an event loop: `(host, port)` to IPv4 addresses for streams."""

    name: str
    start: Callable[[], Awaitable[Callable[..., Awaitable[Any]]]]  # in the loop it will run in
    hosts: Callable[[Any], set[str]] = of_rows
    loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    calls: int = 100  # in a round: most of them go to a thread


async def fastsock_resolver() -> Callable[..., Awaitable[Any]]:
    resolver = Resolver(ttl=3600)

    def ask(host: str, port: int) -> Awaitable[Any]:
        return resolver.agetaddrinfo(host, port, AF_INET, SOCK_STREAM)

    await ask("localhost", 80)
    return ask


async def loop_getaddrinfo() -> Callable[..., Awaitable[Any]]:
    loop = asyncio.get_running_loop()

    def ask(host: str, port: int) -> Awaitable[Any]:
        return loop.getaddrinfo(host, port, family=AF_INET, type=SOCK_STREAM)

    return ask


async def aiohttp_connector() -> Callable[..., Awaitable[Any]]:
    """The look-up of aiohttp's client, with its cache; it has no public name.

    It asks for all families: for one, a machine with only loopback addresses would give none.
    """
    from aiohttp import TCPConnector, ThreadedResolver

    connector = TCPConnector(resolver=ThreadedResolver(), ttl_dns_cache=3600)
    await connector._resolve_host("localhost", 80)
    return connector._resolve_host


async def aiodns_resolver() -> Callable[..., Awaitable[Any]]:
    from aiodns import DNSResolver

    resolver = DNSResolver()

    def ask(host: str, port: int) -> Awaitable[Any]:
        return resolver.getaddrinfo(host, AF_INET, port, type=SOCK_STREAM)

    return ask


def askers() -> list[Asker]:
    """Ours, asyncio's own as the standard library's, and the peers."""
    found = [
        Asker("compiled", fastsock_resolver, calls=1_000),
        Asker("stdlib", loop_getaddrinfo),
    ]
    try:
        import uvloop
    except ImportError:
        pass
    else:
        found.append(Asker("uvloop", loop_getaddrinfo, loop=uvloop.new_event_loop))
    try:
        import aiohttp  # noqa: F401
    except ImportError:
        pass
    else:
        found.append(Asker("aiohttp", aiohttp_connector, ipv4_of_connector))
    try:
        import aiodns  # noqa: F401
    except ImportError:
        pass
    else:
        found.append(Asker("aiodns", aiodns_resolver, of_nodes))
    return found


def drop_ins() -> dict[str, Callable[..., Any]]:
    """Libraries' own functions in the place of `socket.getaddrinfo`."""
    try:
        from dns import resolver
    except ImportError:
        return {}
    # It offers its function only by putting it into `socket`. A resolver without a
    # configuration has no server that it could ask.
    resolver.override_system_resolver(resolver.Resolver(configure=False))
    function = socket.getaddrinfo
    resolver.restore_system_resolver()
    return {"dnspython": function}
