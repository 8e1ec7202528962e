"""``fastsock match TABLE [FILE|-]``: label the addresses of a file or log by longest prefix."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from socket import AF_UNSPEC
from typing import Any, BinaryIO

from fastsock.cli._common import (
    Progress,
    Subcommands,
    add_command,
    at_least,
    binary_stdout,
    print_json,
    reason,
    say,
)
from fastsock.cli.addresses import line_chunks, pack_chunk
from fastsock.prefix import PrefixTable
from fastsock.prefix.image import MAGIC

_CHUNK_BYTES = 1 << 20
_NONE, _BAD = -1, -2


def _is_saved(path: Path) -> bool:
    if not path.is_file():  # what is read of a pipe is gone
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def open_table(args: argparse.Namespace) -> PrefixTable:
    """Open a file that `PrefixTable.save` wrote, or a CSV file, which may be a pipe."""
    if _is_saved(Path(args.table)):
        return PrefixTable.load(args.table)
    found: PrefixTable = PrefixTable.from_csv(
        args.table,
        network=args.network if args.first is None else None,
        value=args.value,
        first=args.first,
        last=args.last,
        delimiter=args.delimiter,
    )
    return found


def _character(text: str) -> str:
    """The type of ``--delimiter``."""
    if len(text) != 1:
        raise argparse.ArgumentTypeError("must be one character")
    return text


def label_of(value: object) -> bytes:
    """Write a value as one field of a line."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.replace("\t", " ").replace("\n", " ").encode("utf-8", "surrogateescape")


@dataclass
class Matcher:
    """Looks up the addresses of lines, and counts the values."""

    table: PrefixTable
    by_network: bool
    slots: Counter[int] = field(default_factory=Counter)
    lines: int = 0

    def __post_init__(self) -> None:
        self._labels = {_NONE: b"-", _BAD: b"?"}
        self._values = self.table.values_list()

    def rows(self, chunk: bytes) -> list[int]:
        """Look up each line's address: the slot of its value, or why there is none."""
        rows = pack_chunk(AF_UNSPEC, 16, chunk)
        found = self.table.lookup_many(AF_UNSPEC, rows.packed, _NONE).tolist()
        if 0 in rows.valid:
            found = [slot if good else _BAD for slot, good in zip(found, rows.valid, strict=True)]
        self.slots.update(found)
        self.lines += len(found)
        if self.by_network:
            self._packed = rows.packed
        return found

    def label(self, row: int, slot: int) -> bytes:
        """The label to write before a line."""
        if self.by_network and slot >= 0:
            match = self.table.lookup_prefix(bytes(self._packed[16 * row : 16 * row + 16]))
            return match[0].encode() if match else b"-"
        label = self._labels.get(slot)
        if label is None:
            label = self._labels[slot] = label_of(self._values[slot])
        return label

    @property
    def unmatched(self) -> int:
        """Count the lines whose address is in no network."""
        return self.slots[_NONE]

    @property
    def bad(self) -> int:
        """Count the lines without an address."""
        return self.slots[_BAD]

    def counts(self) -> list[tuple[str, int]]:
        """Count the lines of each value, the most frequent first."""
        totals: Counter[str] = Counter()
        for slot, lines in self.slots.items():
            if slot >= 0:
                totals[label_of(self._values[slot]).decode("utf-8", "replace")] += lines
        return totals.most_common()


def _write(matcher: Matcher, chunk: bytes, output: BinaryIO, unmatched: bool) -> None:
    lines = chunk.split(b"\n")
    rows = enumerate(zip(matcher.rows(chunk), lines, strict=False))
    if unmatched:
        output.write(b"".join(line + b"\n" for _, (slot, line) in rows if slot == _NONE))
        return
    label = matcher.label
    output.write(b"".join(b"%b\t%b\n" % (label(row, slot), line) for row, (slot, line) in rows))


def _summary(matcher: Matcher) -> dict[str, Any]:
    return {
        "networks": len(matcher.table),
        "lines": matcher.lines,
        "matched": matcher.lines - matcher.unmatched - matcher.bad,
        "unmatched": matcher.unmatched,
        "bad": matcher.bad,
        "values": [{"value": value, "lines": lines} for value, lines in matcher.counts()],
    }


def run(args: argparse.Namespace) -> int:
    """Label the lines of a file."""
    try:
        matcher = Matcher(open_table(args), args.prefix)
    except ValueError as error:
        say(f"fastsock match: {args.table}: {reason(error)}", error=True)
        return 2
    with ExitStack() as stack:
        from_stdin = args.file == "-"
        source = stack.enter_context(
            open(0 if from_stdin else args.file, "rb", closefd=not from_stdin)
        )
        progress = Progress(os.fstat(source.fileno()).st_size, "lines")
        stack.callback(progress.wipe)
        output = None if args.json or args.count else binary_stdout()
        for chunk in line_chunks(source, args.chunk, whole=output is not None):
            if output is None:
                matcher.rows(chunk)
            else:
                _write(matcher, chunk, output, args.unmatched)
            progress.step(len(chunk), matcher.lines)
    if args.json:
        print_json(_summary(matcher))
    elif args.count:
        for value, lines in matcher.counts():
            say(f"{lines:>12,}  {value}")
        say(f"{matcher.unmatched:>12,}  unmatched")
        say(f"{matcher.bad:>12,}  bad")
    return 1 if matcher.bad else 0


_DESCRIPTION = """\
Write each line of FILE with the value of the longest network that its address
is in before it, and a tab between. A line without a match gets -, one without
an address ?. The address is the text before the first blank, tab or comma, with
or without brackets and :port. FILE may be a pipe; it is read a chunk at a time,
and lines are written whole.

TABLE is a file that PrefixTable.save wrote, which is mapped and not read, or a
CSV file with a network or a range in each row."""

_EPILOG = """\
Exit status: 0 every line has an address, 1 some have none, 2 wrong usage, or a
file that can't be read or is no table."""


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock match``."""
    parser = add_command(subcommands, run, _DESCRIPTION)
    parser.epilog = _EPILOG
    parser.add_argument("table", metavar="TABLE", help="a saved table or a CSV file")
    parser.add_argument(
        "file", metavar="FILE", nargs="?", default="-", help="a file, or - for standard input"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--unmatched", action="store_true", help="only lines without a match")
    shown.add_argument("--count", action="store_true", help="only how many lines each value has")
    shown.add_argument("--prefix", action="store_true", help="the network, not its value")
    columns = parser.add_argument_group("columns of a CSV file")
    columns.add_argument("--network", default="network", metavar="NAME", help="the network's")
    columns.add_argument("--value", metavar="NAME", help="the value's (default: the network)")
    columns.add_argument("--first", metavar="NAME", help="a range's first address ...")
    columns.add_argument("--last", metavar="NAME", help="... and its last one")
    columns.add_argument(
        "--delimiter", type=_character, default=",", metavar="CHAR", help="default: a comma"
    )
    parser.add_argument(
        "--chunk",
        type=at_least(1),
        default=_CHUNK_BYTES,
        metavar="BYTES",
        help="how much to read at a time (default: 1 MiB)",
    )
