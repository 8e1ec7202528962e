"""fastsock.lookup and Resolver against `socket`, asyncio and peers: literals and localhost only.

No name leaves this machine: a name server's time is not measured.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from socket import AF_INET, NI_NUMERICHOST, NI_NUMERICSERV, SOCK_STREAM
from types import ModuleType
from typing import Any

import fastsock.lookup._c
import pytest

import fastsock.lookup._py
from benchmarks.harness.loops import awaited, hot, typed
from benchmarks.lookup import peers
from benchmarks.lookup.peers import Asker
from fastsock import Resolver

TWINS: dict[str, ModuleType] = {
    "compiled": fastsock.lookup._c,
    "pure": fastsock.lookup._py,
    "stdlib": socket,
}
CALLS = 1_000
ROUNDS = 30
V4, V6 = "192.168.1.1", "2001:db8:85a3::8a2e:370:7334"
NUMERIC = NI_NUMERICHOST | NI_NUMERICSERV


@dataclass(frozen=True)
class Call:
    """One function with a program's usual arguments."""

    row: str
    input: str
    function: str
    arguments: tuple[Any, ...]
    kind: int | None = None  # the `type`, given by name

    @property
    def contenders(self) -> dict[str, Callable[..., Any]]:
        ours = {name: getattr(module, self.function) for name, module in TWINS.items()}
        return ours | (peers.drop_ins() if self.function == "getaddrinfo" else {})

    def bound(self, function: Callable[..., Any]) -> Callable[[], Any]:
        """The call, to be made once."""
        keywords = {} if self.kind is None else {"type": self.kind}
        return partial(function, *self.arguments, **keywords)

    def run(self, function: Callable[..., Any]) -> Callable[[], None]:
        """The call, a thousand times."""
        if self.kind is None:
            return hot(function, *self.arguments, calls=CALLS)
        return typed(function, *self.arguments, self.kind, calls=CALLS)


LITERALS = (
    Call("getaddrinfo v4", "one type", "getaddrinfo", (V4, 80), SOCK_STREAM),
    Call("getaddrinfo v4", "all types", "getaddrinfo", (V4, 80)),
    Call("getaddrinfo v6", "one type", "getaddrinfo", (V6, 80), SOCK_STREAM),
    Call("getaddrinfo v6", "all types", "getaddrinfo", (V6, 80)),
    Call("getaddrinfo v6", "short, one type", "getaddrinfo", ("::1", 80), SOCK_STREAM),
    Call("gethostbyname", "literal", "gethostbyname", (V4,)),
    Call("getnameinfo v4", "numeric", "getnameinfo", ((V4, 80), NUMERIC)),
    Call("getnameinfo v6", "numeric", "getnameinfo", ((V6, 80, 0, 0), NUMERIC)),
    Call("getservbyname", "https, tcp", "getservbyname", ("https", "tcp")),
    Call("getservbyname", "https", "getservbyname", ("https",)),
    Call("getservbyport", "443, tcp", "getservbyport", (443, "tcp")),
    Call("getprotobyname", "tcp", "getprotobyname", ("tcp",)),
)
# Contenders come innermost, so that those of one row run one after the other.
DROP_INS = [
    pytest.param(call, contender, id=f"{call.row}-{call.input}-{contender}")
    for call in LITERALS
    for contender in call.contenders
]
HITS = [
    pytest.param(call, contender, id=f"{call.row}-{call.input}-{contender}")
    for call in (
        Call("Resolver hit", "one type", "getaddrinfo", ("localhost", 80), SOCK_STREAM),
        Call("Resolver hit", "all types", "getaddrinfo", ("localhost", 80)),
    )
    for contender in ("compiled", "stdlib")
]
AWAITED = [
    pytest.param(row, host, asker, id=f"{row}-{asker.name}")
    for row, host in (("agetaddrinfo literal", V4), ("agetaddrinfo hit", "localhost"))
    for asker in peers.askers()
]


@pytest.mark.parametrize(("call", "contender"), DROP_INS)
def bench_drop_in(measure: Callable[..., None], call: Call, contender: str) -> None:
    """A literal, or an entry of a table, again and again."""
    function = call.contenders[contender]
    measure(
        call.row,
        call.input,
        contender,
        call.run(function),
        got=call.bound(function)(),
        expected=call.bound(getattr(socket, call.function))(),
        items=CALLS,
        rounds=ROUNDS,
        headline=call.input != "short, one type",
    )


@pytest.mark.parametrize(("call", "contender"), HITS)
def bench_hit(measure: Callable[..., None], call: Call, contender: str) -> None:
    """A cached name, against libc, which reads it in /etc/hosts."""
    function = socket.getaddrinfo if contender == "stdlib" else Resolver(ttl=3600).getaddrinfo
    call.bound(function)()  # fills the cache
    measure(
        call.row,
        call.input,
        contender,
        call.run(function),
        got=call.bound(function)(),
        expected=call.bound(socket.getaddrinfo)(),
        items=CALLS,
        rounds=ROUNDS,
        headline=True,
    )


@pytest.fixture
def loop(asker: Asker) -> Iterator[asyncio.AbstractEventLoop]:
    loop = asker.loop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.mark.parametrize(("row", "host", "asker"), AWAITED)
def bench_awaited(
    measure: Callable[..., None],
    loop: asyncio.AbstractEventLoop,
    row: str,
    host: str,
    asker: Asker,
) -> None:
    """The same in an event loop, each call awaited before the next."""
    ask = loop.run_until_complete(asker.start())

    async def once() -> Any:
        return await ask(host, 80)

    measure(
        row,
        "v4, one type",
        asker.name,
        awaited(loop, ask, host, 80, calls=asker.calls),
        got=asker.hosts(loop.run_until_complete(once())),
        expected=peers.of_rows(socket.getaddrinfo(host, 80, AF_INET, SOCK_STREAM)),
        items=asker.calls,
        rounds=10,
        headline=True,
    )
