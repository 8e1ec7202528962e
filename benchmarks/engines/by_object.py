"""What a program maps over a column of texts without fastsock's columns: a call an address.

Spark pickles `Mapped` to its workers, each of which builds the table once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from benchmarks.prefix.peers import CONTENDERS
from benchmarks.prefix.shapes import SHAPES, Input

NAMES = {"pytricia, mapped": "pytricia, frozen", "one by one, mapped": "compiled"}
"""Contenders, and the tables of the part prefix that they call."""


class Log(NamedTuple):
    """How many rows are looked up in how many networks."""

    networks: int
    rows: int


@cache
def given(log: Log) -> Input:
    return Input.make(SHAPES["IPv4 routes"], log.networks, log.rows)


@cache
def look_up_of(name: str, networks: int) -> Callable[[str], Any]:
    """The look-up of one text."""
    return CONTENDERS[NAMES[name]](given(Log(networks, 0))).one


class Mapped:
    """A look-up that can be pickled by its name."""

    def __init__(self, name: str, networks: int) -> None:
        self._name = name
        self._networks = networks

    def __call__(self, text: str) -> Any:
        return look_up_of(self._name, self._networks)(text)
