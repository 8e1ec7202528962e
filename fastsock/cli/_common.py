"""How subcommands are declared and how they print."""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeAlias, TypeVar

from .._core.errors import shorten

Item = TypeVar("Item")
Subcommands: TypeAlias = "argparse._SubParsersAction[Parser]"

# The subcommands and what each does, for the list of --help: a module is imported only to run.
COMMANDS = {
    "info": "version, backend, SIMD kernel and build",
    "bench": "a short comparison with what people use today",
    "address": "every form of an address",
    "addresses": "pack and count a file of addresses",
    "match": "label addresses by longest prefix",
    "lookup": "addresses, names and services of a host",
    "services": "ports of services, services of ports",
    "capture": "summary or rows of a capture file",
}

_COLUMNS = 80
Formatter = argparse.RawDescriptionHelpFormatter


def add_command(
    subcommands: Subcommands,
    run: Callable[[argparse.Namespace], int],
    description: str,
) -> Parser:
    """Declare the subcommand that `run` does: it has the name of `run`'s module."""
    name = run.__module__.rpartition(".")[2]
    parser = subcommands.add_parser(
        name,
        help=COMMANDS[name],
        description=description,
        formatter_class=Formatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)
    return parser


def at_least(minimum: int, most: int | None = None) -> Callable[[str], int]:
    """The type of an integer option from `minimum` to `most`."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{shorten(text)} is not a whole number") from None
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
    """Make text safe to show on a terminal.

    Names come from the network, paths and arguments from anybody. Characters that are not
    `str.isprintable` are escaped as Python does it: control codes and escape sequences, marks that
    change the direction of writing, bytes of a path that are not text.
    """
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in shown
    )


def say(text: object = "", *, end: str = "\n", error: bool = False) -> None:
    """Print a line for people, on stdout or stderr. Commands print them by this alone."""
    file = sys.stderr if error else sys.stdout
    if file is None:  # closed before Python began; print() would take stdout for it
        return
    shown = printable(text) + end
    encoding = getattr(file, "encoding", None)
    if encoding:  # characters that the encoding lacks are escaped too
        shown = shown.encode(encoding, "backslashreplace").decode(encoding)
    print(shown, end="", file=file)


def first(items: Collection[Item], most: int) -> tuple[list[Item], str | None]:
    """The first items of a long collection, and "and N more" if there are more."""
    more = len(items) - most
    return list(islice(items, most)), f"and {more:,} more" if more > 0 else None


def reason(error: Exception) -> str:
    """What an error says to people: the file and what is wrong, without its number."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)


def size(count: int) -> str:
    """A number of bytes: exact while it is short, then with a binary unit as well."""
    units = ("KiB", "MiB", "GiB", "TiB")
    unit = min((max(count, 1).bit_length() - 1) // 10, len(units))
    return f"{count:,} bytes" if not unit else f"{count / (1 << 10 * unit):,.1f} {units[unit - 1]}"


def duration(seconds: float) -> str:
    """A time span: seconds, then hours, minutes and seconds, then days as well."""
    if abs(seconds) < 60:
        return f"{seconds:.6f} s"
    sign, whole = "-" * (seconds < 0), round(abs(seconds))
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"
    return sign + (f"{days:,} day{'s' * (days != 1)}, {clock}" if days else clock)


class Parser(argparse.ArgumentParser):
    """A parser whose error messages, which quote arguments, are printable."""

    def error(self, message: str) -> NoReturn:
        """Print a usage error and exit."""
        super().error(printable(message))


class Progress:
    """A progress line that is overwritten and finally wiped; shown on a terminal only."""

    def __init__(self, total: int, unit: str, every: int = 32) -> None:
        self._total = total
        self._unit = unit
        self._every = every  # chunks a line
        self._shown = False
        self._chunks = self._bytes = 0
        self._wanted = sys.stderr is not None and sys.stderr.isatty()

    def step(self, size: int, items: int) -> None:
        """Count a chunk of `size` bytes; `items` is the total so far."""
        self._chunks += 1
        self._bytes += size
        if self._wanted and self._chunks % self._every == 0:
            share = f"{min(self._bytes / self._total, 1):4.0%}" if self._total else ""
            self._write(f"{share}{items:>16,} {self._unit}{self._bytes >> 20:>10,} MiB")

    def wipe(self) -> None:
        """Remove the line."""
        if self._shown:
            self._write(" " * (39 + len(self._unit)))
            self._write("")

    def _write(self, text: str) -> None:
        self._shown = True
        print(f"\r{text}", end="", file=sys.stderr, flush=True)


def binary_stdout() -> BinaryIO:
    """Where rows go that are bytes; an OSError if it was closed before Python began."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), "stdout")
    return sys.stdout.buffer


def open_output(path: str, source: BinaryIO) -> BinaryIO:
    """Open the output file, unless it is the input: opening would empty that, but for devices."""
    file = Path(path)
    if file.is_file() and os.path.samestat(file.stat(), os.fstat(source.fileno())):
        raise OSError(f"{path!r} is both input and output")
    return file.open("wb")
