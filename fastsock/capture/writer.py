"""A writer of capture files. Written once: a record is one pack and one write."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from operator import index
from struct import Struct

from .._core.buffers import copied
from .._core.errors import shorten_number
from .._core.typed import TYPE_CHECKING
from .errors import capture_closed
from .formats import MAX_RECORD
from .selection import link_number

if TYPE_CHECKING:
    from typing import Any, BinaryIO, Self, SupportsIndex

    from _typeshed import ReadableBuffer

_HEADER = Struct("<IHHiIII")
_RECORD = Struct("<IIII")
_NANOSECONDS = 0xA1B23C4D
_UINT32_MAX = 0xFFFFFFFF
_SECOND = 10**9


def _write_all(write: Callable[[bytes], int | None], data: bytes) -> None:
    """Write all data to a raw file, which may take only a part of it at once."""
    while data:
        size = write(data)
        if size is None:
            raise BlockingIOError("a non-blocking file takes no bytes yet")
        data = data[size:]


class CaptureWriter:
    """Write packets to a pcap file with nanosecond times, which every common tool reads.

    A context manager. A path is opened, and its file closed by `close`; a file that was given
    is only written to.

    Args:
        file: a path, or a binary file.
        link: the packets' link type: a name of `LINK_TYPES`, or a number.
        snaplen: the most bytes to keep of a packet. Longer ones are cut, and their length on
            the wire is recorded.

    Raises:
        OSError: the file can't be written.
        TypeError: neither a path nor a file.
        ValueError: no such link type; `snaplen` out of range.

    >>> import io
    >>> file = io.BytesIO()
    >>> with CaptureWriter(file, link="raw") as writer:
    ...     writer.write(b"a packet", 1_000_000_000)
    >>> [bytes(record.data) for record in open_capture(file.getvalue())]
    [b'a packet']
    """

    __module__ = "fastsock.capture"
    __slots__ = ("__weakref__", "_close", "_link", "_snaplen", "_write")

    def __init__(
        self,
        file: str | os.PathLike[str] | BinaryIO,
        link: str | SupportsIndex = "ethernet",
        *,
        snaplen: SupportsIndex = MAX_RECORD,
    ) -> None:
        self._link = link_number(link, 0xFFFF)
        self._snaplen = index(snaplen)
        if not 0 < self._snaplen <= _UINT32_MAX:
            raise ValueError(
                f"snaplen must be between 1 and {_UINT32_MAX}, not {shorten_number(self._snaplen)}"
            )
        self._close: Callable[[], object] | None = None
        if isinstance(file, str | os.PathLike):
            file = open(file, "wb")  # noqa: SIM115 -- close() closes it
            self._close = file.close
        elif not hasattr(file, "write"):
            raise TypeError(f"a path or a binary file is required, not '{type(file).__name__}'")
        raw = isinstance(file, io.RawIOBase)
        write: Callable[[bytes], Any] = partial(_write_all, file.write) if raw else file.write
        self._write: Callable[[bytes], Any] | None = write
        write(_HEADER.pack(_NANOSECONDS, 2, 4, 0, 0, self._snaplen, self._link))

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("cannot pickle 'CaptureWriter' object")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file if it was opened here. A second call does nothing."""
        close, self._close = self._close, None
        self._write = None
        if close is not None:
            close()

    def write(
        self,
        data: ReadableBuffer,
        timestamp_ns: SupportsIndex | None = None,
        wire_length: SupportsIndex | None = None,
    ) -> None:
        """Write one packet.

        Args:
            data: the packet, from its link-layer header on.
            timestamp_ns: when it was seen, in nanoseconds since 1970; now by default.
            wire_length: how long it was on the wire; by default as long as `data`.

        Raises:
            TypeError, BufferError: not a buffer, or not contiguous.
            ValueError: a time or length that the format can't hold; the writer is closed.
            OSError: the file can't be written.
        """
        if self._write is None:
            raise capture_closed()
        self._write(self._packed(data, timestamp_ns, wire_length))

    def write_many(self, records: Iterable[tuple[int, int, int, ReadableBuffer]]) -> int:
        """Write records as `Capture` gives them: time, length on the wire, link type, data.

        Args:
            records: any iterable of them. All have the link type of this file, for it has
                only one.

        Returns:
            How many were written.

        Raises:
            ValueError: as `write`; a record of another link type. Those before it are written.
            OSError: the file can't be written.
        """
        count = 0
        for timestamp_ns, wire_length, link, data in records:
            if link != self._link:
                raise ValueError(
                    f"a record of link type {shorten_number(link)} in a file of {self._link}"
                )
            self.write(data, timestamp_ns, wire_length)
            count += 1
        return count

    def _packed(
        self,
        data: ReadableBuffer,
        timestamp_ns: SupportsIndex | None,
        wire_length: SupportsIndex | None,
    ) -> bytes:
        packet = copied(data, "data")
        when = time.time_ns() if timestamp_ns is None else index(timestamp_ns)
        seconds, nanoseconds = divmod(when, _SECOND)
        if not 0 <= seconds <= _UINT32_MAX:
            raise ValueError(
                f"timestamp_ns must lie between 1970 and 2106, not {shorten_number(when)}"
            )
        wire = len(packet) if wire_length is None else index(wire_length)
        if not 0 <= wire <= _UINT32_MAX:
            raise ValueError(
                f"wire_length must be between 0 and {_UINT32_MAX}, not {shorten_number(wire)}"
            )
        kept = packet[: self._snaplen]
        return _RECORD.pack(seconds, nanoseconds, len(kept), wire) + kept
