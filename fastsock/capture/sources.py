"""Where a capture's bytes come from: paths, buffers, mapped files, pipes; and how these fail."""

from __future__ import annotations

import io
import mmap
import os
import sys
from collections.abc import Callable

from .._core.buffers import contiguous
from .._core.typed import TYPE_CHECKING, NamedTuple
from .errors import bad_source

if TYPE_CHECKING:
    from typing import Any, BinaryIO, TypeAlias

STRIDE = 1 << 22
"""Bytes of a mapped file that are read before its size is checked again."""

CHUNK = 1 << 18
"""Bytes that are read at once from a file that can't be mapped."""

# What decompressors raise for damaged input, by module. None is imported for this: a module that
# is not imported did not raise.
_DECOMPRESSORS = {
    "gzip": "BadGzipFile",
    "zlib": "error",
    "lzma": "LZMAError",
    "compression.zstd": "ZstdError",
    "backports.zstd": "ZstdError",
    "zstandard": "ZstdError",
}


def is_damage(error: Exception) -> bool:
    """Whether an error says that a compressed file is truncated or damaged.

    All bytes before the damage were read, and their records are given. bz2 raises a plain OSError
    without errno, so its message is compared.
    """
    if isinstance(error, EOFError) or (
        type(error) is OSError and error.args == ("Invalid data stream",)
    ):
        return True
    for module, name in _DECOMPRESSORS.items():
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and isinstance(error, kind):
            return True
    return False


def damage(offset: int, error: Exception) -> str:
    """Say why reading stopped: a decompressor failed."""
    return f"offset {offset}: {error if str(error) else 'the file ends early'}"


def cut_short(offset: int, size: int) -> str:
    """Say why reading stopped: a mapped file was truncated while it was read."""
    return f"offset {offset}: the file was cut to {size} bytes meanwhile"


Read: TypeAlias = Callable[[int], bytes]


class Source(NamedTuple):
    """Where a capture's bytes come from: one buffer, or a function that reads the next ones."""

    view: memoryview | None  # from the capture's first byte on
    mapped: mmap.mmap | None  # the mapping of `view`, if any: its file may be truncated
    position: int  # where in the file `view` begins
    read: Read | None
    close: Callable[[], object] | None  # of a file that was opened here


NO_SOURCE = Source(None, None, 0, None, None)
"""The source of a closed capture."""


def name_of(source: Any) -> str | None:
    """The path of a source, as it was given; None for what has none."""
    name = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    if not isinstance(name, str | bytes | os.PathLike):  # a file of a descriptor has a number
        return None
    return os.fsdecode(name)


def open_source(source: Any) -> Source:
    """Map a file if possible, else prepare to read it.

    Raises:
        OSError: the file can't be opened.
        TypeError, BufferError: no path, buffer or file; a buffer that is not contiguous.
    """
    if isinstance(source, str | os.PathLike):
        file = open(source, "rb")  # noqa: SIM115 -- whoever gets it closes it
        try:
            return _open_file(file, file.close)
        except BaseException:
            file.close()
            raise
    try:
        view = contiguous(source, "a capture")
    except TypeError:
        if not hasattr(source, "read"):
            raise bad_source(source) from None
        return _open_file(source, None)
    return Source(view.toreadonly(), None, 0, None, None)


def _open_file(file: BinaryIO, close: Callable[[], object] | None) -> Source:
    position = _position_to_map(file)
    if position is not None:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):  # some devices can't be mapped
            return Source(None, None, 0, _Reader(file), close)
        if close is not None:
            close()
        return Source(memoryview(mapped)[position:], mapped, position, None, None)
    return Source(None, None, 0, _Reader(file), close)


def _position_to_map(file: Any) -> int | None:
    """The position of a regular file whose descriptor gives the same bytes; None for others.

    A decompressing file has the descriptor of the compressed one, so classes are compared exactly.
    """
    raw = file.raw if type(file) is io.BufferedReader else file
    if type(raw) is not io.FileIO:
        return None
    try:
        position: int = file.tell()
        size = os.fstat(file.fileno()).st_size
    except OSError:  # a pipe
        return None
    return position if size > 0 and position <= size else None


class _Reader:
    """A function that reads a file's next bytes.

    No closure: the collector clears the functions of a cycle, and Python 3.11 crashes where code
    that it runs meanwhile calls one.
    """

    __slots__ = ("_read",)

    def __init__(self, file: Any) -> None:
        # read1 gives what has arrived; read may wait until a pipe ends.
        self._read = getattr(file, "read1", None) or file.read

    def __call__(self, size: int) -> bytes:
        data = self._read(size)
        if data is None:
            raise BlockingIOError("a non-blocking file has no bytes to give yet")
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"read() should return bytes, not {type(data).__name__}")
        return bytes(data)
