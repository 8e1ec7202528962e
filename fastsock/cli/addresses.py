"""``fastsock addresses FILE``: pack and count a file of addresses, in constant memory."""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import compress, islice
from operator import itemgetter
from socket import AF_INET, AF_INET6, AF_UNSPEC
from struct import iter_unpack
from typing import Any, BinaryIO

from .. import AddressError, inet_ntop_many, inet_pton_many, parse_hostport
from .._core.errors import shorten
from ._common import Progress, Subcommands, add_command, at_least, open_output, print_json, say

_FAMILIES = {"4": AF_INET, "6": AF_INET6, "any": AF_UNSPEC}
_CHUNK_BYTES = 1 << 20
# No address is as long, so the start of a longer line is enough to refuse it.
_LINE_HEAD = 1024
_AFTER_FIRST_COLUMN = re.compile(rb"[ \t,].*")


def line_chunks(file: BinaryIO, size: int, *, whole: bool = False) -> Iterator[bytes]:
    """A file's lines, a newline behind each, some at a time.

    A line longer than `size` may lose its middle, so that memory does not grow with it; not where
    lines are to be `whole`.
    """
    head: list[bytes] = []  # of the line that is not complete yet
    while block := file.read(size):
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join([*head, block[:end]])
            head = [block[end:]]
        elif whole:
            head.append(block)
        else:
            head = [b"".join([*head, block])[:_LINE_HEAD]]
    if rest := b"".join(head):
        yield rest + b"\n"


def _first_columns(chunk: bytes) -> bytes:
    """Every line up to its first blank, tab or comma."""
    if b" " in chunk or b"\t" in chunk or b"," in chunk:
        return _AFTER_FIRST_COLUMN.sub(b"", chunk)
    return chunk


def _bare_host(cell: bytes) -> str | None:
    """The host of what is written with brackets or a port, else None."""
    text = cell.removesuffix(b"\r").decode("latin-1")
    if ":" not in text:
        return None
    try:
        host, _ = parse_hostport(text)
    except AddressError:
        return None
    return host if host != text else None


def _zeros(flags: bytes | bytearray) -> Iterator[int]:
    """The rows whose flag is 0. `find` makes this cheap if there are few."""
    row = flags.find(0)
    while row >= 0:
        yield row
        row = flags.find(0, row + 1)


@dataclass
class Rows:
    """The records of a chunk: `valid` has a byte a row, 1 or 0, as `inet_pton_many` gives it."""

    packed: bytes | bytearray
    valid: bytes | bytearray
    ipv4: int

    def good(self, size: int) -> bytes | bytearray:
        """The records of the rows that are addresses."""
        if 0 not in self.valid:
            return self.packed
        return b"".join(compress(_records(self.packed, size), self.valid))


def _records(packed: bytes | bytearray, size: int) -> Iterator[bytes]:
    return map(itemgetter(0), iter_unpack(f"{size}s", packed))


def pack_chunk(family: int, size: int, chunk: bytes) -> Rows:
    """Pack the first column of every line."""
    cells = _first_columns(chunk)
    packed, valid = inet_pton_many(family, cells, errors="mask")
    rows = Rows(packed, valid, _count_ipv4(family, cells, valid))
    if 0 in valid:
        _unwrap(rows, family, size, cells)
    return rows


def _count_ipv4(family: int, cells: bytes, valid: bytes) -> int:
    if family == AF_UNSPEC:
        # Count texts: the records of 192.0.2.1 and ::ffff:192.0.2.1 are the same.
        valid = inet_pton_many(AF_INET, cells, errors="mask")[1]
    return valid.count(1) if family != AF_INET6 else 0


def _unwrap(rows: Rows, family: int, size: int, cells: bytes) -> None:
    """Pack the bad rows again that have an address in brackets or before a port."""
    lines = cells.split(b"\n")
    found = {row: host for row in _zeros(rows.valid) if (host := _bare_host(lines[row]))}
    if not found:
        return
    rows.packed, rows.valid = bytearray(rows.packed), bytearray(rows.valid)
    packed, valid = inet_pton_many(family, found.values(), errors="mask")
    for (row, host), record, good in zip(found.items(), _records(packed, size), valid, strict=True):
        rows.packed[row * size : (row + 1) * size] = record
        rows.valid[row] = good
        rows.ipv4 += good and ":" not in host


@dataclass
class Report:
    """Totals of the lines so far."""

    family: str
    max_bad: int
    top: int
    lines: int = 0
    ipv4: int = 0
    ipv6: int = 0
    bad: int = 0
    bad_lines: list[tuple[int, str]] = field(default_factory=list)
    talkers: Counter[bytes] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """Bytes a record."""
        return 4 if self.family == "4" else 16

    def add(self, chunk: bytes) -> Rows:
        """Count the lines of a chunk."""
        rows = pack_chunk(_FAMILIES[self.family], self.size, chunk)
        good = rows.valid.count(1)
        self._note_bad(rows, chunk)
        self.lines += len(rows.valid)
        self.ipv4 += rows.ipv4
        self.ipv6 += good - rows.ipv4
        self.bad += len(rows.valid) - good
        if self.top:
            self.talkers.update(_records(rows.good(self.size), self.size))
        return rows

    def _note_bad(self, rows: Rows, chunk: bytes) -> None:
        wanted = self.max_bad - len(self.bad_lines)
        if wanted <= 0 or 0 not in rows.valid:
            return
        lines = chunk.split(b"\n")
        for row in islice(_zeros(rows.valid), wanted):
            text = lines[row].removesuffix(b"\r").decode("utf-8", "backslashreplace")
            self.bad_lines.append((self.lines + row + 1, shorten(text)))

    def top_talkers(self) -> list[tuple[str, int]]:
        """The most frequent addresses, and on how many lines they stand."""
        ranked = self.talkers.most_common(self.top)
        texts = inet_ntop_many(_FAMILIES[self.family], b"".join(record for record, _ in ranked))
        return [(text, count) for text, (_, count) in zip(texts, ranked, strict=True)]

    def as_json(self) -> dict[str, Any]:
        """All of it by stable keys."""
        facts: dict[str, Any] = {
            "family": self.family,
            "lines": self.lines,
            "ipv4": self.ipv4,
            "ipv6": self.ipv6,
            "bad": self.bad,
            "bad_lines": [{"line": number, "text": text} for number, text in self.bad_lines],
            "distinct": len(self.talkers) if self.top else None,
            "top": None,
        }
        if self.top:
            facts["top"] = [{"address": text, "lines": count} for text, count in self.top_talkers()]
        return facts

    def print(self) -> None:
        """All of it as tables."""
        counts = [
            (self.lines, "lines"),
            (self.ipv4, "IPv4"),
            (self.ipv6, "IPv6"),
            (self.bad, "bad"),
        ]
        if self.top:
            counts.append((len(self.talkers), "distinct"))
        _print_table(counts)
        if self.bad_lines:
            say()
            say("bad lines")
            _print_table(self.bad_lines)
            if self.bad > len(self.bad_lines):
                say(f"{'':>12}  and {self.bad - len(self.bad_lines):,} more")
        if self.top and self.talkers:
            say()
            say("most lines")
            _print_table((count, text) for text, count in self.top_talkers())


def _print_table(rows: Iterable[tuple[int, str]]) -> None:
    for number, text in rows:
        say(f"{number:>12,}  {text}")


def run(args: argparse.Namespace) -> int:
    """Pack and count the lines of a file."""
    report = Report(args.family, args.max_bad, args.top)
    with ExitStack() as stack:
        from_stdin = args.file == "-"
        source = stack.enter_context(
            open(0 if from_stdin else args.file, "rb", closefd=not from_stdin)
        )
        output = stack.enter_context(open_output(args.output, source)) if args.output else None
        progress = Progress(os.fstat(source.fileno()).st_size, "lines")
        stack.callback(progress.wipe)
        for chunk in line_chunks(source, args.chunk):
            rows = report.add(chunk)
            if output:
                output.write(rows.good(report.size) if args.drop_bad else rows.packed)
            progress.step(len(chunk), report.lines)
    if args.json:
        print_json(report.as_json())
    else:
        report.print()
    return 1 if report.bad else 0


_DESCRIPTION = """\
Read one address a line, or the first column of a log, and count by family.

A line's address is the text before its first blank, tab or comma. A :port
after it and brackets around an IPv6 address are ignored. Any other line is
bad, an empty one too. Lines end in \\n or \\r\\n. The file may be a pipe; it is
read a chunk at a time, so that memory does not grow with it. Only --top keeps
something: one entry for each distinct address."""

_EPILOG = """\
Exit status: 0 every line has an address, 1 some are bad, 2 wrong usage or a
file that can't be read or written."""


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock addresses``."""
    parser = add_command(subcommands, run, _DESCRIPTION)
    parser.epilog = _EPILOG
    parser.add_argument("file", metavar="FILE", help="a file, or - for standard input")
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="write a packed record for each line: 16 bytes, IPv4 as ::ffff:a.b.c.d "
        "(4 bytes with --family 4); zeros for a bad line",
    )
    parser.add_argument("--drop-bad", action="store_true", help="write no record for a bad line")
    parser.add_argument(
        "--family", choices=_FAMILIES, default="any", help="the family to take (default: any)"
    )
    parser.add_argument(
        "--max-bad",
        type=at_least(0),
        default=10,
        metavar="N",
        help="bad lines to show (default: 10)",
    )
    parser.add_argument(
        "--top",
        type=at_least(0),
        default=0,
        metavar="N",
        help="count distinct addresses, show the N most frequent",
    )
    parser.add_argument(
        "--chunk",
        type=at_least(1),
        default=_CHUNK_BYTES,
        metavar="BYTES",
        help="how much to read at a time (default: 1 MiB)",
    )
