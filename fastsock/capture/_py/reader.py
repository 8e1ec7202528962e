"""Pure twin of `fastsock.capture`: records by struct, over views of the file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from operator import index
from struct import Struct
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self, SupportsIndex, final, overload

from .. import (
    errors as _errors,
    formats as _formats,
    selection as _selection,
    sources as _sources,
    threads as _threads,
)
from .sink import Sink as _Sink

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from ..batches import Batches
    from ..columns import Columns

_ANY_RECORD = 0xFFFFFFFF
_INT64_MAX = (1 << 63) - 1
_SECTION = 0x0A0D0D0A  # the same in both byte orders
_INTERFACE = 1
_OLD_PACKET = 2
_SIMPLE_PACKET = 3
_ENHANCED_PACKET = 6
_READ = frozenset((_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET))
_TSRESOL = 9
_TSOFFSET = 14


class _Stop(Exception):  # noqa: N818 -- it is a state, as StopIteration is
    """The walk can't go on: the name of the reason, its two numbers, and where it is."""

    def __init__(self, why: str, first: int, second: int = 0, offset: int | None = None) -> None:
        super().__init__(why, first, second)
        self.numbers = first, second
        self.why = why
        self.offset = offset


class _End(Exception):  # noqa: N818
    """There are no more records."""


class _Interface:
    """What a pcapng section says of one interface."""

    __slots__ = ("link", "offset_ns", "resolution", "snaplen")

    def __init__(self, link: int, snaplen: int) -> None:
        self.link = link
        self.snaplen = snaplen
        self.resolution = 6
        self.offset_ns = 0

    def nanoseconds(self, units: int) -> int:
        """A time in this interface's units, rounded down, within 64 bits."""
        exponent = self.resolution & 0x7F
        if self.resolution & 0x80:
            time = units * 10**9 >> exponent
        elif exponent <= 9:
            time = units * 10 ** (9 - exponent)
        else:
            time = units // 10 ** (exponent - 9)
        return _clamped(min(time, _INT64_MAX) + self.offset_ns)


def _clamped(time: int) -> int:
    return max(-_INT64_MAX - 1, min(time, _INT64_MAX))


@final
class Capture:
    """The records of a capture file, pcap or pcapng, one after the other.

    An iterator of `Record`, and a context manager. A regular file is mapped: data are views
    of the mapping, which stays as long as one of them lives, also after `close`. What can't be
    mapped (a pipe, a compressed file) is read in blocks, on demand.

    The first fault ends a capture: `stopped` says what and where, and all records before it
    are given. A file that ends within a record is an ordinary case of this.

    One call at a time: a call while another one is at work raises `RuntimeError`.

    Args:
        source: a path, a bytes-like object, or a binary file, which is read from where it
            stands and never closed.
        max_record: the most bytes that a record may claim to hold.

    Raises:
        CaptureError: not a capture, or of an unknown version.
        OSError: a file that can't be opened or read.
        TypeError, BufferError: another kind of source; a buffer that is not contiguous.
        ValueError: `max_record` is out of range.

    Source: draft-ietf-opsawg-pcap; draft-ietf-opsawg-pcapng.

    >>> import io
    >>> file = io.BytesIO()
    >>> CaptureWriter(file).write(b"a packet", 1_000_000_000)
    >>> with Capture(file.getvalue()) as capture:
    ...     for record in capture:
    ...         print(record.timestamp_ns, record.wire_length, record.link, bytes(record.data))
    1000000000 8 1 b'a packet'
    """

    __slots__ = (
        "__weakref__", "_ahead", "_ahead_size", "_at", "_busy", "_closed", "_done", "_end",
        "_interfaces", "_last", "_layout", "_max_record", "_name", "_offset", "_records", "_skip",
        "_skipped", "_source", "_start", "_stopped", "_struct", "_uint16", "_uint32", "_window",
    )  # fmt: skip

    def __init__(
        self,
        source: str | os.PathLike[str] | ReadableBuffer | BinaryIO,
        *,
        max_record: SupportsIndex = _formats.MAX_RECORD,
    ) -> None:
        self._max_record = index(max_record)
        if not 0 < self._max_record <= _ANY_RECORD:
            raise _errors.bad_max_record(self._max_record)
        self._closed = self._done = self._busy = self._last = False
        self._records = 0
        self._stopped: str | None = None
        self._at = 0  # the cursor in the window
        self._end = 0  # bytes from here on are not there yet, or never where this is the last
        self._offset = 0  # of the cursor in the file
        self._ahead: list[bytes] = []  # what was read and is not in the window yet
        self._ahead_size = 0
        self._interfaces: list[_Interface] = []
        self._skip = 0  # bytes of a block without records that are still to come
        self._skipped = 0  # how long that block is
        self._start = 0  # and where it began
        self._name = _sources.name_of(source)
        self._source = _sources.open_source(source)
        self._window = self._source.view or memoryview(b"")
        try:
            size = self._need(24)
            head = bytes(self._window[: min(size, 24)])
            self._layout = _formats.layout_of(head, self._stopped)
            self._struct = Struct(self._layout.byteorder + "IIII")
            self._read_as(self._layout.byteorder)
            self._advance(self._layout.start)
        except BaseException:
            self.close()
            raise

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("cannot pickle 'Capture' object")

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"offset={self._offset} stopped={self._stopped!r}"
        return f"<Capture {self._layout.format} records={self._records} {state}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _formats.Record:
        self._enter()
        try:
            record = self._next()
        finally:
            self._busy = False
        if record is None:
            raise StopIteration
        return record

    @property
    def name(self) -> str | None:
        """The path of the file, as it was given; None for what has none."""
        return self._name

    @property
    def format(self) -> str:
        """``"pcap"`` or ``"pcapng"``."""
        return self._layout.format

    @property
    def records(self) -> int:
        """How many records were given so far, one by one or as rows of columns."""
        return self._records

    @property
    def offset(self) -> int:
        """How far the capture was read, in bytes from where it begins."""
        return self._offset

    @property
    def stopped(self) -> str | None:
        """Why and where reading ended early; None at a proper end, and before the end."""
        return self._stopped

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Release the file. Views of its records stay valid."""
        if self._busy:
            raise _errors.capture_in_use()
        source, self._source = self._source, _sources.NO_SOURCE
        self._window = memoryview(b"")
        self._closed = True
        if source.close is not None:
            source.close()

    @overload
    def to_columns(
        self,
        columns: Iterable[str] | None = None,
        *,
        verify: bool = False,
        chunk: None = None,
        threads: SupportsIndex = 1,
    ) -> Columns: ...

    @overload
    def to_columns(
        self,
        columns: Iterable[str] | None = None,
        *,
        verify: bool = False,
        chunk: SupportsIndex,
        threads: SupportsIndex = 1,
    ) -> Iterator[Columns]: ...

    def to_columns(
        self,
        columns: Iterable[str] | None = None,
        *,
        verify: bool = False,
        chunk: SupportsIndex | None = None,
        threads: SupportsIndex = 1,
    ) -> Columns | Iterator[Columns]:
        """Decode the remaining records into columns.

        Args:
            columns: names of columns, in any order; `DEFAULT_COLUMNS` by default.
            verify: verify checksums too.
            chunk: how many rows to decode at a time. Memory is then bounded by them, however
                large the file is. A chunk ends early where a non-blocking file has no bytes yet;
                without a row it raises BlockingIOError, and can be asked for again.
            threads: the most threads to decode with; 0 for one a core. The result is the same. A
                large file that is mapped or in memory is decoded by several, in the compiled twin
                and without `chunk`; one thread decodes all else.

        Returns:
            The columns; with `chunk` an iterator of columns with at most so many rows each.

        Raises:
            OSError: the file can't be read.
            ValueError: no such column; `chunk` less than 1; `threads` less than 0; the capture is
                closed.
            RuntimeError: another call is at work on the capture.

        >>> import io
        >>> file = io.BytesIO()
        >>> CaptureWriter(file).write(bytes(60), 1_500_000_000)
        >>> columns = Capture(file.getvalue()).to_columns(["timestamp_ns", "wire_length"])
        >>> columns["timestamp_ns"].tolist(), columns["wire_length"].tolist()
        ([1500000000], [60])
        """
        names = _selection.select(columns, records=True)
        _threads.number_of(index(threads))  # one does it: more would wait for the interpreter
        if chunk is None:
            return self._columns(names, bool(verify), None)
        size = index(chunk)
        if size < 1:
            raise _errors.bad_chunk(size)
        return _Chunks(self, names, bool(verify), size)

    def to_batches(
        self,
        columns: Iterable[str] | None = None,
        *,
        chunk: SupportsIndex = 65536,
        types: Literal["arrow", "spark"] = "arrow",
        addresses: Literal["binary", "text"] = "binary",
        source: bool | str = False,
        verify: bool = False,
    ) -> Batches:
        """Decode the remaining records into Arrow record batches.

        Where a packet has no such field a row is null: ports of what has none, addresses of ARP's
        absent ones, a VLAN tag that is not there.

        Args:
            columns: names of columns, in any order; `DEFAULT_COLUMNS` by default.
            chunk: how many rows a batch has at most.
            types: ``"arrow"``: unsigned integers, ``fixed_size_binary[16]``, times as
                ``timestamp[ns, UTC]``; ``"spark"``: what Spark has, which are the next larger
                signed integers, binary, ``timestamp[us, UTC]``.
            addresses: ``"binary"``, or ``"text"`` for IPv4 and IPv6 as they are written.
            source: add a column ``source`` with the capture's name: True for that of its file, or
                a str.
            verify: verify checksums too.

        Returns:
            An iterator of batches, each with ``__arrow_c_array__``; it has ``schema`` before the
            first row, and ``__arrow_c_stream__``, by which pyarrow, Polars, DuckDB and others take
            all of it in constant memory.

        Raises:
            ValueError: no such column or choice; `chunk` out of range; the capture is closed.
            OSError, RuntimeError: as `to_columns`.

        >>> import io
        >>> file = io.BytesIO()
        >>> CaptureWriter(file).write(bytes(60), 1_500_000_000)
        >>> batches = Capture(file.getvalue()).to_batches(["timestamp_ns", "sport"], chunk=1000)
        >>> [len(batch) for batch in batches]
        [1]
        """
        from ...arrow import _py as twin
        from .. import batches

        return batches.to_batches(twin, self, columns, chunk, types, addresses, source, verify)

    def _columns(self, names: tuple[str, ...], verify: bool, most: int | None) -> Columns:
        sink = _Sink(names, verify)
        self._enter()
        try:
            self._decode_into(sink, most)
        except BlockingIOError:
            if most is None or not sink.rows:
                raise
            # A chunk may be smaller: give its rows now; the next call reads on.
        finally:
            self._busy = False
        return sink.finish()

    def _decode_into(self, sink: _Sink, most: int | None) -> None:
        if self._source.mapped is not None:
            self._look_further(0)
        while sink.rows != most:
            record = self._next()
            if record is None:
                break
            sink.add(record.data, record.wire_length, record.link, record.timestamp_ns)

    def _enter(self) -> None:
        if self._busy:
            raise _errors.capture_in_use()
        if self._closed:
            raise _errors.capture_closed()
        self._busy = True

    # Bytes.

    def _need(self, size: int) -> int:
        """How many bytes there are behind the cursor: at least `size`, but for the end."""
        while self._end - self._at < size and not self._last:
            if self._source.read is None:
                self._look_further(size)
            else:
                self._read_further(self._source.read, size)
        return self._end - self._at

    def _look_further(self, size: int) -> None:
        """Extend the readable range; reading past the end of a truncated mapping is fatal."""
        there = len(self._window)
        if self._source.mapped is not None:
            there = min(there, max(self._source.mapped.size() - self._source.position, 0))
        if there < self._at:
            self._stopped = _sources.cut_short(self._offset, there)
            self._done = True
        reach = max(self._end + _sources.STRIDE, self._at + size)
        self._last = reach >= there
        self._end = max(min(reach, there), self._at)

    def _read_further(self, read: _sources.Read, size: int) -> None:
        """Read until `size` bytes follow the cursor. Joined once, they take linear time."""
        there = self._end - self._at
        try:
            while there + self._ahead_size < size:
                data = read(max(_sources.CHUNK, there))
                if not data:
                    self._last = True
                    break
                self._ahead.append(data)
                self._ahead_size += len(data)
        except Exception as error:
            if not _sources.is_damage(error):
                raise
            self._stopped = _sources.damage(self._offset, error)
            self._done = self._last = True
        if self._ahead:
            self._window = memoryview(b"".join((self._window[self._at : self._end], *self._ahead)))
            self._at, self._end = 0, len(self._window)
            self._ahead, self._ahead_size = [], 0

    def _advance(self, size: int) -> None:
        self._at += size
        self._offset += size

    # Records.

    def _next(self) -> _formats.Record | None:
        if self._done:
            return None
        try:
            record = self._next_pcap() if self._layout.header else self._next_in_blocks()
        except _End:
            self._done = True
            return None
        except _Stop as stop:
            if stop.offset is not None:
                self._offset = stop.offset
            self._stopped = _formats.stop_text(stop.why, self._offset, *stop.numbers)
            self._done = True
            return None
        self._records += 1
        return record

    def _have(self, size: int, why: str) -> None:
        """Have so many bytes at hand, or stop; between records that is the end."""
        there = self._need(size)
        if not there or (there < size and self._done):
            raise _End
        if there < size:
            raise _Stop(why, size, there)

    def _next_pcap(self) -> _formats.Record:
        _, _, nanoseconds, header, link, swapped = self._layout[:6]
        self._have(header, "header")
        seconds, fraction, captured, wire = self._struct.unpack_from(self._window, self._at)
        if swapped == 2 or (swapped == 1 and captured > wire):
            captured, wire = wire, captured
        if captured > self._max_record:
            raise _Stop("huge", captured, self._max_record)
        size = header + captured
        self._have(size, "record")
        data = self._window[self._at + header : self._at + size]
        self._advance(size)
        # A fraction of a second or more carries: two writers in the wild do that.
        time = seconds * 10**9 + (fraction if nanoseconds else fraction * 1000)
        return _formats.Record(time, wire, link, data)

    def _read_as(self, byteorder: str) -> None:
        self._uint16 = Struct(byteorder + "H").unpack_from
        self._uint32 = Struct(byteorder + "I").unpack_from

    def _next_in_blocks(self) -> _formats.Record:
        record = None
        while record is None:
            if self._skipped:
                self._skip_block()
            else:
                record = self._next_block()
        return record

    def _next_block(self) -> _formats.Record | None:
        self._have(12, "block_header")
        (kind,) = self._uint32(self._window, self._at)
        if kind == _SECTION:
            self._read_byte_order()
        (length,) = self._uint32(self._window, self._at + 4)
        if length < 12 or length % 4:
            raise _Stop("block_length", length)
        if kind not in _READ:
            self._start, self._skipped, self._skip = self._offset, length, length - 4
            return None
        if length > self._max_record + _formats.BLOCK_ROOM:
            raise _Stop("block_huge", length, self._max_record + _formats.BLOCK_ROOM)
        self._have(length, "block")
        (end,) = self._uint32(self._window, self._at + length - 4)
        if end != length:
            raise _Stop("block_end", length, end)
        record = None
        if kind == _SECTION:
            self._start_section(length)
        elif kind == _INTERFACE:
            self._add_interface(length)
        else:
            record = self._packet(kind, length)
        self._advance(length)
        return record

    def _skip_block(self) -> None:
        """Go over a block that has nothing for us; at its end stands its length."""
        while self._skip:
            size = min(self._need(1), self._skip)
            if not size:
                break
            self._advance(size)
            self._skip -= size
        there = self._need(4)
        if self._done:
            raise _End
        if self._skip or there < 4:
            seen = self._offset + there - self._start
            raise _Stop("block", self._skipped, seen, self._start)
        (length,) = self._uint32(self._window, self._at)
        if length != self._skipped:
            raise _Stop("block_end", self._skipped, length, self._start)
        self._advance(4)
        self._skipped = 0

    def _read_byte_order(self) -> None:
        magic = bytes(self._window[self._at + 8 : self._at + 12])
        byteorder = _formats.ORDERS.get(magic)
        if byteorder is None:
            raise _Stop("byte_order", int.from_bytes(magic, "big"))
        self._read_as(byteorder)

    def _start_section(self, length: int) -> None:
        if length < 28:
            raise _Stop("block_short", length)
        (major,) = self._uint16(self._window, self._at + 12)
        (minor,) = self._uint16(self._window, self._at + 14)
        if major != 1:
            raise _Stop("version", major, minor)
        self._interfaces = []

    def _add_interface(self, length: int) -> None:
        if length < 20:
            raise _Stop("block_short", length)
        if len(self._interfaces) == _formats.MAX_INTERFACES:
            raise _Stop("interfaces", _formats.MAX_INTERFACES)
        (link,) = self._uint16(self._window, self._at + 8)
        (snaplen,) = self._uint32(self._window, self._at + 12)
        interface = _Interface(link, snaplen)
        self._read_options(self._window[self._at + 16 : self._at + length - 4], interface)
        self._interfaces.append(interface)

    def _read_options(self, options: memoryview, interface: _Interface) -> None:
        while len(options) >= 4:
            (code,), (length,) = self._uint16(options), self._uint16(options, 2)
            if code == 0:
                break
            options = options[4:]
            if length > len(options):
                raise _Stop("option", length, len(options))
            if code in (_TSRESOL, _TSOFFSET):
                expected = 1 if code == _TSRESOL else 8
                if length != expected:
                    raise _Stop("option_length", length, expected)
                self._set_time(interface, code, options[:length])
            options = options[(length + 3) // 4 * 4 :]

    def _set_time(self, interface: _Interface, code: int, value: memoryview) -> None:
        if code == _TSRESOL:
            interface.resolution = value[0]
            return
        byteorder = "little" if self._uint16(b"\1\0") == (1,) else "big"
        seconds = int.from_bytes(value, byteorder, signed=True)  # type: ignore[arg-type]
        interface.offset_ns = _clamped(seconds * 10**9)

    def _packet(self, kind: int, length: int) -> _formats.Record:
        at, window = self._at, self._window
        fixed = 12 if kind == _SIMPLE_PACKET else 28  # in front of the data
        if length < fixed + 4:
            raise _Stop("block_short", length)
        number = 0
        if kind != _SIMPLE_PACKET:
            number = (self._uint32 if kind == _ENHANCED_PACKET else self._uint16)(window, at + 8)[0]
        if number >= len(self._interfaces):
            raise _Stop("interface", number, len(self._interfaces))
        interface = self._interfaces[number]
        if kind == _SIMPLE_PACKET:
            (wire,) = self._uint32(window, at + 8)
            captured, time = min(wire, interface.snaplen or wire), 0
        else:
            (high,), (low,) = self._uint32(window, at + 12), self._uint32(window, at + 16)
            (captured,), (wire,) = self._uint32(window, at + 20), self._uint32(window, at + 24)
            time = interface.nanoseconds(high << 32 | low)
        room = length - fixed - 4
        if captured > self._max_record:
            raise _Stop("huge", captured, self._max_record)
        if captured > room:
            raise _Stop("room", captured, room)
        return _formats.Record(
            time, wire, interface.link, window[at + fixed : at + fixed + captured]
        )


@final
class _Chunks:
    """The rest of a capture, some rows at a time. Threads may share it, as they may the capture."""

    __slots__ = ("_capture", "_names", "_size", "_verify")

    def __init__(
        self, capture: Capture | None, names: tuple[str, ...], verify: bool, size: int
    ) -> None:
        self._capture = capture  # None after the last chunk
        self._names = names
        self._verify = verify
        self._size = size

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("cannot pickle '_Chunks' object")

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Columns:
        capture = self._capture
        if capture is not None:
            columns = capture._columns(self._names, self._verify, self._size)
            if columns:
                return columns
            self._capture = None
        raise StopIteration


def open_capture(
    source: str | os.PathLike[str] | ReadableBuffer | BinaryIO,
    *,
    max_record: SupportsIndex = _formats.MAX_RECORD,
) -> Capture:
    """Open a capture file, pcap or pcapng, by what it holds.

    Args:
        source: a path, a bytes-like object, or a binary file.
        max_record: the most bytes that a record may claim to hold.

    Returns:
        A `Capture`.

    Raises:
        CaptureError, OSError, TypeError, BufferError, ValueError: as `Capture`.

    Source: as `Capture`.

    >>> open_capture(b"GIF89a")
    Traceback (most recent call last):
    fastsock.capture.CaptureError: not a capture: it begins with b'GIF8'
    """
    return Capture(source, max_record=max_record)
