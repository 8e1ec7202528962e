"""How subcommands are declared and how they print."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeAlias, TypeVar

Item = TypeVar("Item")
Subcommands: TypeAlias = "argparse._SubParsersAction[Parser]"

_COLUMNS = 80


def add_command(
    subcommands: Subcommands,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    description: str,
) -> Parser:
    """Declare the subcommand that `run` does: it has the name of `run`'s module."""
    parser = subcommands.add_parser(
        run.__module__.rpartition(".")[2],
        help=summary,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)
    return parser


def at_least(minimum: int, most: int | None = None) -> Callable[[str], int]:
    """The type of an option that is an integer, no less than `minimum` and no more than `most`."""

    def number(text: str) -> int:
        value = int(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f"must be at least {minimum}")
        if most is not None and value > most:
            raise argparse.ArgumentTypeError(f"must be at most {most}")
        return value

    return number


def print_json(value: object) -> None:
    """Print a value as JSON, in ASCII whatever the terminal's encoding."""
    print(json.dumps(value, indent=2))


def print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values in two columns; a value with several words is wrapped."""
    rows = [(name, printable(value)) for name, value in pairs]
    width = max(len(name) for name, _ in rows) + 1
    for name, value in rows:
        lines = textwrap.wrap(
            value, _COLUMNS - width, break_long_words=False, break_on_hyphens=False
        )
        for label, line in zip([name, *[""] * len(lines)], lines or [""], strict=False):
            say(f"{label:<{width}}{line}".rstrip())


def printable(text: object) -> str:
    """Text for people, in which nothing acts on a terminal.

    Names come from the network, paths and words from whoever made them up. What does not show, as
    `str.isprintable` has it, is written as Python escapes it: control codes and escape sequences,
    marks that turn the direction of writing, bytes of a path that are no text.
    """
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in shown
    )


def say(text: object = "", *, end: str = "\n", error: bool = False) -> None:
    """Print a line for people, on stdout or stderr; all that a command says to them goes here."""
    file = sys.stderr if error else sys.stdout
    shown = printable(text) + end
    encoding = getattr(file, "encoding", None)
    if encoding:  # what a terminal has no letters for is escaped too, and no error
        shown = shown.encode(encoding, "backslashreplace").decode(encoding)
    print(shown, end="", file=file)


def first(items: Collection[Item], most: int) -> tuple[list[Item], str | None]:
    """The first items of what may be a flood, and "and N more", where there are more."""
    more = len(items) - most
    return list(islice(items, most)), f"and {more:,} more" if more > 0 else None


class Parser(argparse.ArgumentParser):
    """A parser whose complaints, which quote what was given, are printable."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the words, and end."""
        super().error(printable(message))


class Progress:
    """A line on the terminal that is written over and at last wiped; nothing elsewhere."""

    def __init__(self, total: int, unit: str, every: int = 32) -> None:
        self._total = total
        self._unit = unit
        self._every = every  # chunks a line
        self._shown = False
        self._chunks = self._bytes = 0
        self._wanted = sys.stderr is not None and sys.stderr.isatty()

    def step(self, size: int, items: int) -> None:
        """Tell that a chunk of `size` bytes is done, and so many items in all."""
        self._chunks += 1
        self._bytes += size
        if self._wanted and self._chunks % self._every == 0:
            share = f"{min(self._bytes / self._total, 1):4.0%}" if self._total else ""
            self._write(f"{share}{items:>16,} {self._unit}{self._bytes >> 20:>10,} MiB")

    def wipe(self) -> None:
        """Leave the terminal as it was."""
        if self._shown:
            self._write(" " * (39 + len(self._unit)))
            self._write("")

    def _write(self, text: str) -> None:
        self._shown = True
        print(f"\r{text}", end="", file=sys.stderr, flush=True)


def open_output(path: str, source: BinaryIO) -> BinaryIO:
    """The file to write to, unless it is the one that is read: opening would empty it."""
    file = Path(path)
    if file.exists() and os.path.samestat(file.stat(), os.fstat(source.fileno())):
        raise OSError(f"{path!r} is both input and output")
    return file.open("wb")
