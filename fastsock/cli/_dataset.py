"""Many captures to a Parquet dataset: file by file, batch by batch, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from glob import glob
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from ..capture import CaptureError, open_capture
from ._common import Progress

_SUFFIXES = (".pcap", ".pcapng", ".cap", ".dmp")
_OPENERS = {
    ".gz": "gzip",
    ".bz2": "bz2",
    ".xz": "lzma",
    ".lzma": "lzma",
    ".zst": "compression.zstd",  # from Python 3.14 on
}
_CHUNK_ROWS = 1 << 16
STDIN = Path("-")  # this object: a file may have that name


def find_captures(path: str) -> list[Path] | None:
    """The captures in a directory, or those that a pattern matches; None for one file."""
    if Path(path).is_dir():
        return sorted(found for found in Path(path).rglob("*") if _is_capture(found))
    if Path(path).exists() or not any(sign in path for sign in "*?["):
        return None
    matched = glob(path, recursive=True)  # noqa: PTH207, the pattern may be absolute
    return sorted(Path(name) for name in matched if Path(name).is_file())


def _is_capture(path: Path) -> bool:
    plain = path.with_suffix("") if path.suffix in _OPENERS else path
    return path.is_file() and plain.suffix in _SUFFIXES


def _size(path: Path) -> int:
    return 0 if path is STDIN else path.stat().st_size


def _open(path: Path) -> BinaryIO:
    """Open a file, compressed ones by the standard library."""
    if path is STDIN:
        return open(0, "rb", closefd=False)
    module = _OPENERS.get(path.suffix)
    opener = open if module is None else import_module(module).open
    return cast("BinaryIO", opener(path, "rb"))


class _Parts:
    """The files of one capture's rows: one, or one a day."""

    def __init__(self, out: Path, partition: str, number: int, path: Path) -> None:
        self._out = out
        self._by_day = partition == "day"
        # pyarrow takes no path with bytes that are not text.
        name = path.name.encode("utf-8", "backslashreplace").decode()
        self._name = f"{number:05d}-{name}.parquet"
        self._folder = f"file={name}"
        self._writers: dict[str, Any] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def _writer(self, folder: str, schema: Any) -> Any:
        writer = self._writers.get(folder)
        if writer is None:
            parquet = import_module("pyarrow.parquet")
            target = self._out / folder
            target.mkdir(parents=True, exist_ok=True)
            writer = parquet.ParquetWriter(target / self._name, schema)
            self._writers[folder] = self._stack.enter_context(writer)
        return writer

    def write(self, batch: Any) -> None:
        if not self._by_day:
            self._writer(self._folder, batch.schema).write_batch(batch)
            return
        compute: Any = import_module("pyarrow.compute")
        days = compute.strftime(batch["timestamp_ns"], "%Y-%m-%d")
        for day in compute.unique(days).to_pylist():
            rows = batch.filter(compute.equal(days, day))
            self._writer(f"day={day}", batch.schema).write_batch(rows)


def _batches(capture: Any, path: Path, names: Any, verify: bool) -> Iterator[Any]:
    pyarrow: Any = import_module("pyarrow")
    # By its path: a file of lzma or bz2 knows no name.
    settings = {"addresses": "text", "source": str(path), "verify": verify, "chunk": _CHUNK_ROWS}
    for batch in capture.to_batches(names, **settings):
        yield pyarrow.record_batch(batch)


def write_dataset(paths: list[Path], args: Any, complain: Callable[[object, object], None]) -> int:
    """Write all captures' rows. A damaged file is named, and the others are done.

    Returns:
        The exit status: 1 if a file was damaged, or none was found.
    """
    import_module("pyarrow.parquet")  # before anything is written
    out, status = Path(args.dataset), 0
    names = args.columns
    if names is not None and args.partition == "day" and "timestamp_ns" not in names:
        names = ("timestamp_ns", *names)
    if not paths:
        complain(args.file, "no capture is there")
        return 1
    progress = Progress(sum(map(_size, paths)), "packets", 1)
    total = 0
    try:
        for number, path in enumerate(paths):
            try:
                with (
                    _open(path) as file,
                    open_capture(file, max_record=args.max_record) as capture,
                    _Parts(out, args.partition, number, path) as parts,
                ):
                    for batch in _batches(capture, path, names, args.verify):
                        parts.write(batch)
                    total += capture.records
                    stopped = capture.stopped
            except (CaptureError, EOFError, OSError) as error:
                stopped = getattr(error, "strerror", None) or str(error)
            except ModuleNotFoundError as missing:
                stopped = f"this Python has no module {missing.name}"
            if stopped is not None:
                status = 1
                progress.wipe()
                complain(path, stopped)
            progress.step(_size(path), total)
    finally:
        progress.wipe()
    return status
