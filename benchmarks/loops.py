"""Loops that call one function over and over, and cost next to nothing themselves."""

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from itertools import repeat
from types import FunctionType
from typing import Any

CALLS = 10_000
"""How many calls one run of a `hot` loop makes."""


def _one(call: Callable[..., Any], a: Any, turns: int) -> None:
    for _ in repeat(None, turns):  # ten calls a turn, so that the loop itself is lost in them
        call(a), call(a), call(a), call(a), call(a)
        call(a), call(a), call(a), call(a), call(a)


def _two(call: Callable[..., Any], a: Any, b: Any, turns: int) -> None:
    for _ in repeat(None, turns):
        call(a, b), call(a, b), call(a, b), call(a, b), call(a, b)
        call(a, b), call(a, b), call(a, b), call(a, b), call(a, b)


def _none(turns: int) -> None:
    for _ in repeat(None, turns):
        pass


def nothing(calls: int) -> Callable[[], None]:
    """The loop of `hot` around nothing, to take off where counts are exact."""
    return partial(_none, calls // 10)


def hot(call: Callable[..., Any], *arguments: Any, calls: int = CALLS) -> Callable[[], None]:
    """A run of many calls with the same arguments.

    The interpreter adapts each call site to what it calls. A copy of the code
    for every loop keeps one contender's adaptation from slowing the next one.
    """
    loop = {1: _one, 2: _two}[len(arguments)]
    own = FunctionType(loop.__code__.replace(), loop.__globals__)
    return partial(own, call, *arguments, calls // 10)


def cold(call: Callable[..., Any], *columns: Iterable[Any]) -> Callable[[], object]:
    """A run over distinct arguments; results are dropped as they come."""
    return lambda: deque(map(call, *columns), maxlen=0)
