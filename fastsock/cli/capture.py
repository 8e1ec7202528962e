"""``fastsock capture FILE``: what a capture holds, or its packets as rows, in constant memory."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from socket import AF_UNSPEC
from typing import Any, BinaryIO

from .._core.errors import shorten
from ..address import inet_ntop_many
from ..capture import Capture, CaptureError, Columns, open_capture
from ..capture.presence import HELPERS, Presence
from ..packet.fields import COLUMNS, DEFAULT_COLUMNS, LIMITS
from . import _dataset, _live, _summary
from ._common import (
    Progress,
    Subcommands,
    add_command,
    at_least,
    binary_stdout,
    open_output,
    print_json,
    say,
)

_CHUNK_ROWS = 1 << 16
_PROGRESS_CHUNKS = 4
_FORMATS = ("csv", "json", "parquet")

Write = Callable[[Columns], object]


def _column_names(text: str) -> tuple[str, ...]:
    """The type of ``--columns``."""
    names = tuple(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise argparse.ArgumentTypeError(
                f"there is no column {shorten(name)}; there are {known}"
            )
    return names


def _values(columns: Columns, name: str) -> list[Any]:
    if COLUMNS[name].format == "s":
        return inet_ntop_many(AF_UNSPEC, columns[name])
    values = columns[name].tolist()
    return [LIMITS[value] for value in values] if name == "limited_by" else values


def _rows(columns: Columns, names: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """The packets; None where one has no such field."""
    presence = Presence(columns)
    found = []
    for name in names:
        values, flags = _values(columns, name), presence.of(name)
        if flags is not None:
            values = [value if has else None for value, has in zip(values, flags, strict=True)]
        found.append(values)
    return zip(*found, strict=True)


def _csv_writer(output: BinaryIO, names: tuple[str, ...]) -> Write:
    """Write CSV. Absent values are empty; none needs quotes: numbers, addresses, names."""
    output.write(",".join(names).encode() + b"\n")

    def write(columns: Columns) -> None:
        lines = [
            ",".join(["" if value is None else str(value) for value in row])
            for row in _rows(columns, names)
        ]
        output.write("\n".join([*lines, ""]).encode())

    return write


def _json_writer(output: BinaryIO, names: tuple[str, ...]) -> Write:
    def write(columns: Columns) -> None:
        rows = _rows(columns, names)
        lines = [json.dumps(dict(zip(names, row, strict=True))) for row in rows]
        output.write("\n".join([*lines, ""]).encode())

    return write


def _parquet_writer(output: BinaryIO, names: tuple[str, ...], stack: ExitStack) -> Write:
    """Write Parquet. Absent values are null."""
    parquet, pyarrow = import_module("pyarrow.parquet"), import_module("pyarrow")
    schema = pyarrow.schema(Columns(0, {name: bytearray() for name in names}))
    writer = stack.enter_context(parquet.ParquetWriter(output, schema))

    def write(columns: Columns) -> None:
        writer.write_batch(columns.to_arrow())

    return write


def _chunks(capture: Capture, names: Iterable[str], verify: bool, size: int) -> Iterator[Columns]:
    """The columns, chunk by chunk, with the progress shown."""
    progress = Progress(size, "packets", _PROGRESS_CHUNKS)
    before = 0
    try:
        chunks = capture.to_columns(names, verify=verify, chunk=_CHUNK_ROWS)
        for columns in _as_they_come(chunks):
            yield columns
            progress.step(capture.offset - before, capture.records)
            before = capture.offset
    finally:
        progress.wipe()


def _as_they_come(chunks: Iterator[Columns]) -> Iterator[Columns]:
    """Chunks of a live file: ask again while it has no bytes yet."""
    while True:
        try:
            columns = next(chunks, None)
        except BlockingIOError:
            continue
        if columns is None:
            return
        yield columns


def _write_rows(args: argparse.Namespace, capture: Capture, source: BinaryIO, size: int) -> None:
    names = args.columns or DEFAULT_COLUMNS
    with ExitStack() as stack:
        if args.output:
            output = stack.enter_context(open_output(args.output, source))
        else:
            output = binary_stdout()
        if args.parquet:
            write = _parquet_writer(output, names, stack)
        else:
            write = (_json_writer if args.json else _csv_writer)(output, names)
        output.flush()
        decoded = names if args.parquet else dict.fromkeys([*names, *HELPERS])
        for columns in _chunks(capture, decoded, args.verify, size):
            write(columns)
            output.flush()


def _summarize(args: argparse.Namespace, capture: Capture, size: int) -> None:
    summary = _summary.Summary(args.top)
    for columns in _chunks(capture, _summary.COLUMNS, True, size):
        summary.add(columns)
    facts = {"file": args.file, "format": capture.format, **summary.as_json()}
    facts["stopped"] = capture.stopped
    if args.json:
        print_json(facts)
    else:
        _summary.print_summary(facts)


def _complain(args: argparse.Namespace, what: object) -> None:
    say(f"fastsock capture: {args.file}: {what}", error=True)


def _write_dataset(args: argparse.Namespace) -> int:
    paths = _dataset.find_captures(args.file)
    if paths is None:
        paths = [_dataset.STDIN if args.file == "-" else Path(args.file)]
    if not args.dataset or args.output or args.csv or args.json:
        say("fastsock capture: many captures need --parquet OUT alone", error=True)
        return 2
    try:
        return _dataset.write_dataset(
            paths, args, lambda path, what: say(f"fastsock capture: {path}: {what}", error=True)
        )
    except ImportError:
        say("fastsock capture: --parquet needs pyarrow", error=True)
        return 2


def _settle(args: argparse.Namespace) -> bool:
    """Tell ``--parquet OUT FILE`` from ``--parquet FILE``, where rows go to the output."""
    if args.file is None and args.parquet:
        args.file, args.parquet = args.parquet, ""
    args.dataset, args.parquet = args.parquet, args.parquet is not None
    return args.file is not None


def run(args: argparse.Namespace) -> int:
    """Summarize a capture, or write its packets as rows."""
    if not _settle(args):
        say("fastsock capture: the following arguments are required: FILE", error=True)
        return 2
    if args.dataset or args.partition or _dataset.find_captures(args.file) is not None:
        args.partition = args.partition or "file"
        return _write_dataset(args)
    wants_rows = bool(args.columns or args.csv or args.parquet)
    if sum(getattr(args, name) for name in _FORMATS) > 1:
        say("fastsock capture: take one of --csv, --json and --parquet", error=True)
        return 2
    if args.output and not wants_rows:
        say("fastsock capture: --output needs --columns, --csv or --parquet", error=True)
        return 2
    with ExitStack() as stack:
        from_stdin = args.file == "-"
        # Unbuffered, because select() can't see bytes in a buffer.
        source = stack.enter_context(
            open(0 if from_stdin else args.file, "rb", buffering=0, closefd=not from_stdin)
        )
        size = os.fstat(source.fileno()).st_size
        given: Any = _live.Live(source) if _live.is_live(source) else source
        try:
            capture = stack.enter_context(open_capture(given, max_record=args.max_record))
        except CaptureError as error:
            _complain(args, error)
            return 1
        if given is not source and wants_rows and not args.parquet:  # a reader may wait for rows
            given.patient = False
        try:
            if wants_rows:
                _write_rows(args, capture, source, size)
            else:
                _summarize(args, capture, size)
        except ImportError:
            say("fastsock capture: --parquet needs pyarrow", error=True)
            return 2
        if capture.stopped is not None:
            _complain(args, capture.stopped)
        return 0 if capture.stopped is None else 1


_DESCRIPTION = """\
Say what a capture holds: packets, bytes, times, protocols, the busiest senders,
bad checksums, faults, and why reading stopped.

With --columns, --csv or --parquet write a row for each packet instead. With
--parquet OUT that is a dataset, and FILE may be a folder or a pattern of
captures, compressed or not; a damaged one is named, and the others are done.
pcap and pcapng are told apart by what the file holds. It may be a pipe; memory
does not grow with it, but for --top, which keeps an entry for each distinct
sender."""

_EPILOG = """\
Exit status: 0 read to its end, 1 not a capture, or one that is torn or faulty
somewhere (all in front of that is shown), 2 wrong usage or a file that can't be
read or written."""


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock capture``."""
    parser = add_command(subcommands, run, _DESCRIPTION)
    parser.epilog = _EPILOG
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="a capture, or - for standard input; with --parquet OUT also a folder or a pattern",
    )
    parser.add_argument(
        "--columns",
        type=_column_names,
        metavar="NAME,...",
        help="columns to write, as they are named by fastsock.capture.COLUMNS",
    )
    parser.add_argument("--csv", action="store_true", help="rows as CSV (the default of rows)")
    parser.add_argument(
        "--parquet",
        nargs="?",
        const="",
        metavar="OUT",
        help="rows as Parquet (needs pyarrow); OUT: the folder of a dataset",
    )
    parser.add_argument(
        "--partition",
        choices=("day", "file"),
        help="how a dataset is divided: by day, or by capture (the default)",
    )
    parser.add_argument("--output", metavar="FILE", help="where rows go (default: stdout)")
    parser.add_argument("--verify", action="store_true", help="verify checksums of rows, too")
    parser.add_argument(
        "--top",
        type=at_least(0),
        default=10,
        metavar="N",
        help="show the N senders with most packets (default: 10)",
    )
    parser.add_argument(
        "--max-record",
        type=at_least(1, 0xFFFFFFFF),
        default=262_144,
        metavar="BYTES",
        help="the most that a record may claim to hold (default: 262144)",
    )
