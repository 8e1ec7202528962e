"""The layout of a compiled table, in memory and in a file.

A header of 128 bytes, then sections, each at a multiple of 64 bytes. All numbers are in the byte
order of the machine that compiled the table; one of the other order sees that by the header.
The counts in the header determine where each section lies. In a file, JSON texts of values follow.

The header: magic (8 bytes), version and its own size (uint32), the file's size, nine counts, the
size of the values' texts (uint64 each), zeros, then the CRC-32 of everything after the header and
the CRC-32 of the preceding header bytes.
"""

from __future__ import annotations

import struct
from zlib import crc32

from .._core.typed import TYPE_CHECKING, NamedTuple
from . import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HEADER = 128
ALIGN = 64
WIDTH4 = 16  # keys a node
WIDTH6 = 8
MAGIC = b"\x89FSLPM\r\n"  # like PNG's: not text, and a transfer as text damages it
VERSION = 1
MOST = 0x7FFFFFFE

_START = struct.Struct("=8sIIQ9QQ")
_END = struct.Struct("=II")
_SWAPPED = HEADER << 24  # the header's own size, written in the other byte order


class Counts(NamedTuple):
    """The number of items in each section of a compiled table."""

    slots: int
    prefixes4: int
    keys4: int
    prefixes6: int
    keys6: int
    nodes6: int
    values6: int
    records6: int
    trees6: int


class Section(NamedTuple):
    """Where a section lies, and the `array` type code of its items."""

    start: int
    size: int
    code: str


def levels(keys: int, width: int) -> list[int]:
    """The number of nodes on each level of a tree, the root first."""
    counts = [max(-(-keys // width), 1)]
    while counts[-1] > 1:
        counts.append(-(-counts[-1] // (width + 1)))
    return counts[::-1]


def aligned(size: int) -> int:
    """Round up to a multiple of 64."""
    return -(-size // ALIGN) * ALIGN


def layout(counts: Counts) -> dict[str, Section]:
    """Place every section, in order. The last, which is empty, marks the end."""
    n4, n6 = counts.prefixes4, counts.prefixes6
    wanted = [
        ("nodes4", ALIGN * sum(levels(counts.keys4, WIDTH4)), "I"),
        ("values4", 4 * (counts.keys4 + 1), "I"),
        ("nodes6", ALIGN * counts.nodes6, "Q"),
        ("values6", 4 * counts.values6, "I"),
        ("records6", 8 * counts.records6, "Q"),
        ("trees6", 12 * counts.trees6, "I"),
        ("addresses4", 4 * n4, "I"),
        ("lengths4", n4, "B"),
        ("slots4", 4 * n4, "I"),
        ("parents4", 4 * n4, "I"),
        ("highs6", 8 * n6, "Q"),
        ("lows6", 8 * n6, "Q"),
        ("lengths6", n6, "B"),
        ("slots6", 4 * n6, "I"),
        ("parents6", 4 * n6, "I"),
        ("end", 0, "B"),
    ]
    sections, at = {}, HEADER
    for name, size, code in wanted:
        sections[name] = Section(at, size, code)
        at = aligned(at + size)
    return sections


def write_start(counts: Counts, size: int = 0, texts: int = 0) -> bytes:
    """Make a header without checksums: `size` is the file's, `texts` that of its JSON."""
    start = _START.pack(MAGIC, VERSION, HEADER, size, *counts, texts)
    return start.ljust(HEADER, b"\0")


def sealed(header: bytes, body: int) -> bytes:
    """Add the checksums to a header: `body` is the CRC of everything after it."""
    signed = header[: HEADER - 8] + struct.pack("=I", body)
    return signed + struct.pack("=I", crc32(signed))


def read_header(
    view: memoryview, whole: bool = True, crc32: Callable[[Any], int] = crc32
) -> tuple[Counts, int]:
    """Read the counts and the size of the texts of a file or (not `whole`) of a block in memory.

    Check every number: all sections lie inside the view. `crc32` is a faster one, as zlib's.
    """
    if len(view) < HEADER:
        raise errors.bad_file(f"it has {len(view)} bytes, a header has {HEADER}")
    magic, version, header, size, *numbers, texts = _START.unpack_from(view)
    if magic != MAGIC:
        raise errors.bad_file("it starts with other bytes")
    if header == _SWAPPED:
        raise errors.bad_file("it was made on a machine of the other byte order")
    if version != VERSION or header != HEADER:
        raise errors.bad_file(f"its version is {version}, this fastsock reads {VERSION}")
    body, own = _END.unpack_from(view, HEADER - 8)
    if whole and crc32(view[: HEADER - 4]) != own:
        raise errors.bad_file("the header's checksum is wrong")
    if max(numbers) > MOST:
        raise errors.bad_file("a count is out of range")
    counts = Counts(*numbers)
    end = layout(counts)["end"].start
    if whole:
        if size != len(view):
            raise errors.bad_file(f"it has {len(view)} bytes, and should have {size}")
        end += 8 * (counts.slots + 1) + texts
    if end != len(view):
        raise errors.bad_file("its counts and its size differ")
    if whole and crc32(view[HEADER:]) != body:
        raise errors.bad_file("the checksum is wrong")
    return counts, texts
