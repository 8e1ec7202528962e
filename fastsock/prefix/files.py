"""Tables as files: saved atomically, mapped and checked when opened."""

from __future__ import annotations

import mmap as _mmap
import os
from array import array
from contextlib import suppress
from zlib import crc32

from .._core.typed import TYPE_CHECKING
from . import errors, image
from .values import UNREAD, ValueReader, is_json, write_value

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from pathlib import Path
    from typing import Any

    from .table import TableMethods


def compacted(table: TableMethods) -> tuple[Any, list[Any], bool]:
    """Renumber the slots by first use. Return the form, the values and `strict`."""
    form, values, reader, strict = table._snapshot()
    order = form.first_use()
    if reader is not None:
        values = [reader.read(i) if v is UNREAD else v for i, v in enumerate(values)]
    if len(order) != form.counts.slots or any(new != old for new, old in enumerate(order)):
        form = _renumbered(form, order, range(len(order)), len(order))
    return form, [values[slot] for slot in order], strict


def _renumbered(form: Any, old: list[int], new: Any, slots: int) -> Any:
    mapping = array("I", bytes(4 * (form.counts.slots + 1)))
    for slot, fresh in zip(old, new, strict=True):
        mapping[slot] = fresh
    return form.renumbered(mapping, slots)


def _encoded(table: TableMethods, values: list[Any]) -> tuple[list[int], dict[bytes, int]]:
    """Encode values as JSON: the number of each value's text, and the distinct texts in order."""
    texts: dict[bytes, int] = {}
    numbers = []
    for value in values:
        if not is_json(value):
            network = next((net for net, other in table.items() if other is value), "a network")
            raise errors.not_json(network, value)
        numbers.append(texts.setdefault(write_value(value), len(texts)))
    return numbers, texts


def serialized(table: TableMethods) -> list[bytes | memoryview]:
    """Return the parts of a file, in order."""
    form, values, _ = compacted(table)
    numbers, texts = _encoded(table, values)
    if len(texts) != len(values):
        form = _renumbered(form, list(range(len(values))), numbers, len(texts))
    offsets, at = array("Q", [0]), 0
    for text in texts:
        at += len(text)
        offsets.append(at)
    block = form.image[image.HEADER :]
    body: list[bytes | memoryview] = [block, offsets.tobytes(), b"".join(texts)]
    checksum = 0
    for piece in body:
        checksum = crc32(piece, checksum)
    size = image.HEADER + sum(map(len, body))
    header = image.sealed(image.write_start(form.counts, size, at), checksum)
    return [header, *body]


def save(table: TableMethods, path: str | PathLike[str]) -> None:
    """Write a temporary file and rename it, so that readers see the old file or the new."""
    pieces = serialized(table)
    from pathlib import Path  # imported when used: it takes longer to import than this part

    target = Path(path)
    import tempfile  # imported when used: it imports `re`

    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        _take_mode(name, target)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _take_mode(name: str, target: Path) -> None:
    """Set a temporary file's mode to that of the file it replaces, or to open()'s default."""
    try:
        mode = target.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    os.chmod(name, mode)  # noqa: PTH101 without pathlib


# The checksum reads every page: map them at once, not by a page fault each.
_POPULATE: int = getattr(_mmap, "MAP_POPULATE", 0)


def _contents(path: str | PathLike[str], mmap: bool) -> memoryview:
    with open(path, "rb") as file:
        if mmap and os.fstat(file.fileno()).st_size:
            if _POPULATE:
                flags = _mmap.MAP_SHARED | _POPULATE
                return memoryview(_mmap.mmap(file.fileno(), 0, flags, _mmap.PROT_READ))
            return memoryview(_mmap.mmap(file.fileno(), 0, access=_mmap.ACCESS_READ))
        return memoryview(file.read())


def load(
    path: str | PathLike[str], mmap: bool, read_form: Any, crc32: Callable[[Any], int]
) -> tuple[Any, list[Any], Any]:
    """Open a file: its form, its values, all undecoded, and their reader."""
    view = _contents(path, mmap)
    counts, _ = image.read_header(view, True, crc32)
    end = image.layout(counts)["end"].start
    texts = end + 8 * (counts.slots + 1)
    reader = ValueReader(view[end:texts].cast("Q"), view[texts:])
    reader.check()
    return read_form(view[:end]), [UNREAD] * counts.slots, reader
