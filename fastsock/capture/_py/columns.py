"""Pure twin of `fastsock.capture`: packets are decoded one by one, and their fields collected."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, SupportsIndex, TypeAlias

from ..._core.buffers import contiguous as _contiguous
from .. import errors as _errors, selection as _selection
from .sink import Sink as _Sink

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from ..columns import Columns

    Offsets: TypeAlias = ReadableBuffer | Iterable[SupportsIndex]


def decode_columns(
    buffers: Iterable[ReadableBuffer] | tuple[ReadableBuffer, Offsets],
    columns: Iterable[str] | None = None,
    *,
    link: str | SupportsIndex = "ethernet",
    verify: bool = False,
    out: Columns | None = None,
) -> Columns:
    r"""Decode many packets at once, into columns.

    No content of a packet makes this fail: `status` and `limited_by` of each row say what was
    found and why decoding stopped, as those of a `Packet` do.

    Args:
        buffers: a list or another iterable of bytes-like objects, a packet each; or a tuple
            ``(buffer, offsets)``: packet i is ``buffer[offsets[i]:offsets[i + 1]]``, so there is
            one more offset than there are packets. 64-bit integers in a buffer are the
            fastest; any buffer or iterable of integers will do.
        columns: names of columns, in any order; by default all that need no
            record of a capture.
        link: the packets' link type: a name of `LINK_TYPES`, or a number as capture files
            have it.
        verify: verify checksums too.
        out: columns of the same names, to rewrite and return. Their memory is used again if
            it is large enough; views of it then show the new rows. Memory that was given to
            NumPy or Arrow is left as it is. Until the call returns, and if it raises, they
            have no rows.

    Returns:
        The columns.

    Raises:
        ValueError: no such column or link type; offsets that descend or lie outside the
            buffer.
        TypeError, BufferError: not a buffer, or not contiguous; a tuple that is not a buffer
            and its offsets.

    Source: as `parse_packet`, row by row.

    >>> packet = bytes.fromhex("4500001c0000000040110000c0000201c0000202003500350008") + bytes(2)
    >>> columns = decode_columns((packet * 2, [0, 28, 40]), ["ttl", "sport"], link="raw")
    >>> columns["ttl"].tolist(), columns["sport"].tolist()
    ([64, 0], [53, 0])
    """
    number = _selection.link_number(link)
    names = _selection.select(columns, records=False)
    sink = _Sink(names, bool(verify), out)
    if not isinstance(buffers, tuple):
        for item in buffers:
            packet = _contiguous(item, "a packet")
            sink.add(packet, len(packet), number, 0)
    elif len(buffers) == 2:
        _decode_offsets(sink, buffers[0], buffers[1], number)
    else:
        raise _errors.not_pair(buffers)
    return sink.finish()


def _decode_offsets(sink: _Sink, buffer: ReadableBuffer, offsets: Offsets, link: int) -> None:
    data = _contiguous(buffer, "buffer")
    size = len(data)
    for row, (start, end) in enumerate(pairwise(_selection.offsets_of(offsets))):
        if not 0 <= start <= end <= size:
            first_is_bad = not 0 <= start <= size
            raise _errors.bad_offsets(row if first_is_bad else row + 1)
        sink.add(data[start:end], end - start, link, 0)
