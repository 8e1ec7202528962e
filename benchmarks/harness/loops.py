"""Loops that call one function over and over, and cost next to nothing themselves."""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from itertools import repeat
from types import FunctionType
from typing import Any

CALLS = 10_000
"""How many calls one run of a `hot` loop makes."""


def _zero(call: Callable[..., Any], turns: int) -> None:
    for _ in repeat(None, turns):  # ten calls a turn, so that the loop itself is lost in them
        call(), call(), call(), call(), call(), call(), call(), call(), call(), call()


def _one(call: Callable[..., Any], a: Any, turns: int) -> None:
    for _ in repeat(None, turns):
        call(a), call(a), call(a), call(a), call(a)
        call(a), call(a), call(a), call(a), call(a)


def _two(call: Callable[..., Any], a: Any, b: Any, turns: int) -> None:
    for _ in repeat(None, turns):
        call(a, b), call(a, b), call(a, b), call(a, b), call(a, b)
        call(a, b), call(a, b), call(a, b), call(a, b), call(a, b)


def _three(call: Callable[..., Any], a: Any, b: Any, c: Any, turns: int) -> None:
    for _ in repeat(None, turns):
        call(a, b, c), call(a, b, c), call(a, b, c), call(a, b, c), call(a, b, c)
        call(a, b, c), call(a, b, c), call(a, b, c), call(a, b, c), call(a, b, c)


def _typed(call: Callable[..., Any], a: Any, b: Any, kind: Any, turns: int) -> None:
    for _ in repeat(None, turns):
        call(a, b, type=kind), call(a, b, type=kind), call(a, b, type=kind)
        call(a, b, type=kind), call(a, b, type=kind), call(a, b, type=kind)
        call(a, b, type=kind), call(a, b, type=kind), call(a, b, type=kind)
        call(a, b, type=kind)


async def _awaits(call: Callable[..., Awaitable[Any]], a: Any, b: Any, turns: int) -> None:
    for _ in repeat(None, turns):
        await call(a, b)


def _none(turns: int) -> None:
    for _ in repeat(None, turns):
        pass


def nothing(calls: int) -> Callable[[], None]:
    """The loop of `hot` around nothing, to take off where counts are exact."""
    return partial(_none, calls // 10)


def _own(loop: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of a loop's code.

    The interpreter adapts each call site to what it calls. A copy for every run keeps one
    contender's adaptation from slowing the next one.
    """
    return FunctionType(loop.__code__.replace(), loop.__globals__)  # type: ignore[attr-defined]


def hot(call: Callable[..., Any], *arguments: Any, calls: int = CALLS) -> Callable[[], None]:
    """A run of many calls with the same arguments."""
    loop = (_zero, _one, _two, _three)[len(arguments)]
    return partial(_own(loop), call, *arguments, calls // 10)


def typed(
    call: Callable[..., Any], host: str, port: int, kind: int, *, calls: int = CALLS
) -> Callable[[], None]:
    """A run of many calls with `type` by name, as everybody gives it to `getaddrinfo`."""
    return partial(_own(_typed), call, host, port, kind, calls // 10)


def awaited(
    loop: AbstractEventLoop, call: Callable[..., Awaitable[Any]], a: Any, b: Any, *, calls: int
) -> Callable[[], None]:
    """A run of many calls in an event loop, each of them awaited before the next."""
    run = _own(_awaits)
    return lambda: loop.run_until_complete(run(call, a, b, calls))


def expression(source: str, *, calls: int = CALLS, **names: Any) -> Callable[[], None]:
    """A run of an expression as a program writes it: an operator or an attribute, no call."""
    turn = "; ".join([source] * 10)
    scope: dict[str, Any] = {"repeat": repeat}
    code = f"def run(turns, {', '.join(names)}):\n for _ in repeat(None, turns): {turn}\n"
    exec(code, scope)  # compiled here, so that nothing adapts it to another contender
    return partial(scope["run"], calls // 10, **names)


def cold(call: Callable[..., Any], *columns: Iterable[Any]) -> Callable[[], object]:
    """A run over distinct arguments; results are dropped as they come."""
    return lambda: deque(map(call, *columns), maxlen=0)
