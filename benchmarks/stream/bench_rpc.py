"""An RPC echo, both halves in one event loop: `fastsock.aio` beside asyncio's own streams.

`stdlib` is asyncio's streams on asyncio's loop. All of it is one thread's CPU time: client, server,
event loop and system calls.
"""

import asyncio
import importlib
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import fastsock.aio.stream as aio_stream
import fastsock.stream.framers as framers
from fastsock.cli._rpc import Echo, echoing, echoing_by_streams, messages

TWINS = {"compiled": "_c", "pure": "_py"}
UVLOOP = importlib.util.find_spec("uvloop") is not None
SENT = 1000
CONTENDERS = [*TWINS, "stdlib", *(["uvloop aio", "uvloop streams"] if UVLOOP else [])]


@contextmanager
def twin(name: str) -> Iterator[None]:
    """The streams over one twin."""
    kept = aio_stream.RecvAccumulator, framers._encoding
    module = importlib.import_module(f"fastsock.stream.{name}")
    aio_stream.RecvAccumulator = module.RecvAccumulator
    framers._encoding = importlib.import_module(f"fastsock.stream.{name}.encoding")
    try:
        yield
    finally:
        aio_stream.RecvAccumulator, framers._encoding = kept


def factory(contender: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if not contender.startswith("uvloop"):
        return None
    made: Any = importlib.import_module("uvloop").new_event_loop
    return made


@contextmanager
def echo_of(contender: str) -> Iterator[Echo]:
    make = echoing_by_streams if contender in ("stdlib", "uvloop streams") else echoing
    with twin(TWINS.get(contender, "_c")), make(factory(contender)) as echo:
        yield echo


@pytest.mark.parametrize("in_flight", [1, 10, 100])
@pytest.mark.parametrize("contender", CONTENDERS)
def bench_rpc_echo(measure: Callable[..., None], in_flight: int, contender: str) -> None:
    sent = messages(SENT)
    with echo_of(contender) as echo:
        measure(
            "RPC echo",
            f"{in_flight} in flight",
            contender,
            lambda: echo(sent, in_flight),
            got=echo(sent, in_flight),
            expected=sent,
            items=SENT,
            rounds=3 if contender == "pure" else 10,
            headline=True,
            cpu=True,
        )
