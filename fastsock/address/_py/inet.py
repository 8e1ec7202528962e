"""Pure twin of `fastsock.address`: the standard library, one call an address.

`socket.inet_*` follow the platform's libc. Where that is glibc they are the
reference and are called; elsewhere `inet_rules` gives glibc's answers.
"""

from __future__ import annotations

import _socket
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from io import BytesIO
from itertools import islice
from operator import index
from socket import AF_INET, AF_INET6, AF_UNSPEC
from struct import iter_unpack
from typing import TYPE_CHECKING, Literal, NamedTuple, SupportsIndex, TypeGuard, cast, overload

from ..._core.buffers import contiguous as _contiguous
from .. import errors as _errors, inet_rules

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from ..._core.arrow.pieces import Piece
    from ..columns import Column


def _socket_has_our_rules() -> bool:
    """Whether libc is glibc, and nothing stands before it: PyPy's functions read up to a NUL."""
    try:
        return sys.implementation.name == "cpython" and bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, ValueError, OSError):
        return False


# Bound once, from the C module, so that a program with fastsock's names in `socket` does not loop.
_rules = _socket if _socket_has_our_rules() else inet_rules
_aton: Callable[[str], bytes] = _rules.inet_aton
_ntoa: Callable[[ReadableBuffer], str] = _rules.inet_ntoa
_pton: Callable[[SupportsIndex, str], bytes] = _rules.inet_pton
_ntop: Callable[[SupportsIndex, ReadableBuffer], str] = _rules.inet_ntop

_MAPPED = bytes(10) + b"\xff\xff"
_CHUNK_ROWS = 4096
_CHUNK_BYTES = 1 << 16


def inet_aton(text: str, /) -> bytes:
    r"""Pack an IPv4 address in any form that C's `inet_aton` takes.

    Args:
        text: one to four numbers, decimal, ``0octal`` or ``0xhex``, the last one
            filling the bytes that are left: ``"192.0.2.1"``, ``"127.1"``,
            ``"0x7f000001"``. White space ends it; what follows is ignored.

    Returns:
        4 bytes in network order.

    Raises:
        OSError: the text is no such address.
        TypeError, ValueError: as `socket.inet_aton`: no str, an embedded NUL.

    Source: POSIX.1-2017 inet_addr(); rules and messages are glibc's on every platform.

    >>> inet_aton("127.1")
    b'\x7f\x00\x00\x01'
    """
    return _aton(text)


def inet_ntoa(packed: ReadableBuffer, /) -> str:
    """Write 4 packed bytes as a dotted IPv4 address.

    Args:
        packed: any contiguous bytes-like object of 4 bytes, in network order.

    Returns:
        Dotted decimal text.

    Raises:
        OSError: the buffer is not 4 bytes long.
        TypeError, BufferError: as `socket.inet_ntoa`: no buffer, or one in pieces.

    Source: POSIX.1-2017 inet_ntoa().

    >>> inet_ntoa(bytes([192, 0, 2, 1]))
    '192.0.2.1'
    """
    return _ntoa(packed)


def inet_pton(family: SupportsIndex, text: str, /) -> bytes:
    """Pack an IPv4 or IPv6 address from its standard text.

    Args:
        family: `AF_INET` for dotted decimal (four octets, no leading zeros), `AF_INET6`
            for RFC 4291 text (no scope, brackets or prefix length).
        text: the address and nothing else.

    Returns:
        4 or 16 bytes in network order.

    Raises:
        OSError: the text is no address of that family, or (with `errno` EAFNOSUPPORT)
            the family is neither.
        TypeError, ValueError, OverflowError: as `socket.inet_pton`.

    Source: RFC 4291 section 2.2; POSIX.1-2017 inet_pton().

    >>> from socket import AF_INET6
    >>> inet_pton(AF_INET6, "2001:db8::1").hex()
    '20010db8000000000000000000000001'
    """
    return _pton(family, text)


def inet_ntop(family: SupportsIndex, packed: ReadableBuffer, /) -> str:
    r"""Write a packed IPv4 or IPv6 address as text.

    Args:
        family: `AF_INET` or `AF_INET6`.
        packed: any contiguous bytes-like object of 4 or 16 bytes, in network order.

    Returns:
        Dotted decimal, or RFC 5952 text. As glibc does, IPv4-mapped and IPv4-compatible
        addresses end in dotted decimal.

    Raises:
        ValueError: another family, or a length that is not the family's.
        TypeError, BufferError, OverflowError: as `socket.inet_ntop`.

    Source: RFC 5952 section 4; POSIX.1-2017 inet_ntop().

    >>> from socket import AF_INET6
    >>> inet_ntop(AF_INET6, bytes(15) + b"\x01")
    '::1'
    """
    return _ntop(family, packed)


class _Kind(NamedTuple):
    """What the batch functions know of a family."""

    name: str
    size: int
    pack: Callable[[str], bytes]
    unpack: Callable[[bytes], str]


def _pack_any(text: str) -> bytes:
    if str.__contains__(text, ":"):  # a TypeError where it is no str
        return _pton(AF_INET6, text)
    return _MAPPED + _pton(AF_INET, text)


def _unpack_any(packed: bytes) -> str:
    if packed.startswith(_MAPPED):
        return _ntop(AF_INET, packed[12:])
    return _ntop(AF_INET6, packed)


_KINDS = {
    int(AF_INET): _Kind("IPv4", 4, partial(_pton, AF_INET), partial(_ntop, AF_INET)),
    int(AF_INET6): _Kind("IPv6", 16, partial(_pton, AF_INET6), partial(_ntop, AF_INET6)),
    int(AF_UNSPEC): _Kind("IPv4 or IPv6", 16, _pack_any, _unpack_any),
}


def _kind_of(family: SupportsIndex) -> _Kind:
    kind = _KINDS.get(index(family))
    if kind is None:
        raise _errors.bad_family(family)
    return kind


def _is_text_buffer(texts: object) -> TypeGuard[ReadableBuffer]:
    """Whether `texts` is one text. Buffers of wider items, as NumPy's strings, are sequences."""
    try:
        view = memoryview(texts)  # type: ignore[arg-type]
    except TypeError:
        return False
    with view:
        return view.itemsize == 1


def _line_chunks(text: memoryview) -> Generator[list[str]]:
    """The lines of a text, some at a time, so that memory does not grow with it.

    Latin-1 keeps every byte, so that a bad line can be shown as it was.
    """
    pieces: list[bytes] = []  # of the line that is not complete yet
    with text:
        for start in range(0, len(text), _CHUNK_BYTES):
            with text[start : start + _CHUNK_BYTES] as part:
                chunk = part.tobytes()
            end = chunk.rfind(b"\n") + 1
            pieces.append(chunk[:end] if end else chunk)
            if end:
                lines = b"".join(pieces).replace(b"\r\n", b"\n")
                pieces = [chunk[end:]]
                yield lines.decode("latin-1").split("\n")[:-1]
    last = b"".join(pieces)
    if last:
        yield [last.decode("latin-1")]


def _item_chunks(texts: Iterable[str]) -> Generator[list[str]]:
    """The items of an iterable, some at a time."""
    try:
        items = iter(texts)
    except TypeError:
        raise _errors.not_lines(texts) from None
    while chunk := list(islice(items, _CHUNK_ROWS)):
        yield chunk


def _row_chunks(texts: Iterable[str] | ReadableBuffer) -> tuple[Generator[list[str]], bool]:
    """The rows of either kind of input, and whether they are lines of a text."""
    if _is_text_buffer(texts):
        return _line_chunks(_contiguous(texts, "texts")), True
    return _item_chunks(cast("Iterable[str]", texts)), False


def _pack_or_raise(kind: _Kind, chunk: list[str], first: int, lines: bool) -> bytes:
    """The records of a chunk; if one is bad, its error says which."""
    try:
        return b"".join(map(kind.pack, chunk))
    except (OSError, ValueError, TypeError):
        pass
    # One by one, up to the first that is bad, in content or in type.
    bad = next(row for row, text in enumerate(chunk) if _pack_or_mark(kind, [text])[1] == b"\0")
    if not issubclass(type(chunk[bad]), str):
        raise _errors.not_text(first + bad, chunk[bad])
    value = chunk[bad].encode("latin-1") if lines else chunk[bad]
    raise _errors.bad_row(first + bad, value, kind.name)


def _pack_or_mark(kind: _Kind, chunk: list[str]) -> tuple[bytes, bytes]:
    """The records of a chunk, zero where the row is bad, and a flag a row."""
    records = []
    valid = bytearray(len(chunk))
    for row, text in enumerate(chunk):
        try:
            records.append(kind.pack(text))
            valid[row] = 1
        except (OSError, ValueError, TypeError):  # the last where it is no str
            records.append(bytes(kind.size))
    return b"".join(records), bytes(valid)


def _column_pieces(texts: object) -> Iterator[Piece] | None:
    """The pieces of a column of texts; None where this is something else."""
    from ..._core.arrow.pieces import is_column  # no part of the usual call
    from .. import columns

    if is_column(texts):
        from ..._core.arrow import _py as interface

        return columns.pieces_of(texts, interface.pieces)
    return columns.pieces_of(texts, columns.no_pieces)


def _pack_piece(kind: _Kind, piece: Piece) -> tuple[bytes, bytes]:
    from .. import columns

    rows = columns.texts_of(piece)
    return _pack_or_mark(kind, cast("list[str]", rows))


def _pack_piece_of(family: SupportsIndex, piece: Piece) -> tuple[bytes, bytes]:
    """The records of a piece of texts that is no dictionary, and their flags."""
    return _pack_piece(_kind_of(family), piece)


def _pack_pieces(kind: _Kind, pieces: Iterator[Piece], strict: bool) -> bytes | tuple[bytes, bytes]:
    """The records of a column, piece by piece. A dictionary is packed once, then its indexes."""
    packed, valid = BytesIO(), BytesIO()
    dictionary = None
    first = 0
    for piece in pieces:
        if piece.dictionary is None:
            records, flags = _pack_piece(kind, piece)
        else:
            from ..._core.arrow import _py as interface

            if piece.dictionary is not dictionary:
                dictionary = piece.dictionary
                values, good = _pack_piece(kind, dictionary)
            records, flags = interface.take(piece, kind.size, values, good)
        if strict and 0 in flags:
            from .. import columns

            raise columns.bad_row(piece, flags.index(0), first, kind.name)
        packed.write(records)
        valid.write(flags)
        first += piece.rows
    return packed.getvalue() if strict else (packed.getvalue(), valid.getvalue())


@overload
def inet_pton_many(
    family: SupportsIndex,
    texts: Iterable[str] | ReadableBuffer | Column,
    *,
    errors: Literal["strict"] = "strict",
) -> bytes: ...
@overload
def inet_pton_many(
    family: SupportsIndex,
    texts: Iterable[str] | ReadableBuffer | Column,
    *,
    errors: Literal["mask"],
) -> tuple[bytes, bytes]: ...
@overload
def inet_pton_many(
    family: SupportsIndex, texts: Iterable[str] | ReadableBuffer, *, errors: str
) -> bytes | tuple[bytes, bytes]: ...
def inet_pton_many(
    family: SupportsIndex,
    texts: Iterable[str] | ReadableBuffer | Column,
    *,
    errors: str = "strict",
) -> bytes | tuple[bytes, bytes]:
    r"""Pack many addresses into one buffer of fixed-size records.

    Args:
        family: `AF_INET` (records of 4 bytes), `AF_INET6` (16 bytes), or `AF_UNSPEC`
            for rows of either (16 bytes, IPv4 as the mapped address ``::ffff:a.b.c.d``).
        texts: an iterable of str, or one bytes-like object of newline-separated text
            (``\n`` or ``\r\n``; the last newline may be missing). Each row is what
            `inet_pton` takes and nothing else; an empty line is a bad row.
            A column is read in place: any object with ``__arrow_c_stream__`` or
            ``__arrow_c_array__`` (utf8, large_utf8, utf8_view, dictionaries of these, which are
            packed once a distinct value); a tuple ``(buffer, offsets)`` of texts that lie one
            after another and one offset more than texts, int32 or int64; a NumPy array of ``S``.
        errors: ``"strict"`` stops at the first bad row, ``"mask"`` goes on. An item that is not
            a str, as None for a missing value, is a bad row; so is a column's null.

    Returns:
        N records, N being the number of rows. With ``errors="mask"`` a pair
        ``(packed, valid)``: bad rows are zeros there, and `valid` has a byte a row, 1 or 0.

    Raises:
        AddressError: with ``"strict"``, a row that is no address; its `index` counts from 0.
        TypeError, BufferError: neither kind of `texts`, a column of another type, or a buffer in
            pieces; with ``"strict"``, an item that is not a str.
        ValueError: another family or mode; a column whose offsets fall or leave its data.

    Source: as `inet_pton`, row by row.

    >>> from socket import AF_INET
    >>> inet_pton_many(AF_INET, ["192.0.2.1", "192.0.2.2"]).hex(" ", 4)
    'c0000201 c0000202'
    >>> inet_pton_many(AF_INET, b"192.0.2.1\nlocalhost\n", errors="mask")
    (b'\xc0\x00\x02\x01\x00\x00\x00\x00', b'\x01\x00')
    """
    kind = _kind_of(family)
    if errors not in ("strict", "mask"):
        raise _errors.bad_errors(errors)
    if isinstance(texts, str):
        raise _errors.not_lines(texts)
    if not isinstance(texts, bytes | list):
        pieces = _column_pieces(texts)
        if pieces is not None:
            return _pack_pieces(kind, pieces, errors == "strict")
    chunks, lines = _row_chunks(cast("Iterable[str] | ReadableBuffer", texts))
    packed, valid = BytesIO(), BytesIO()
    first = 0
    with closing(chunks):
        for chunk in chunks:
            if errors == "strict":
                packed.write(_pack_or_raise(kind, chunk, first, lines))
            else:
                records, flags = _pack_or_mark(kind, chunk)
                packed.write(records)
                valid.write(flags)
            first += len(chunk)
    if errors == "strict":
        return packed.getvalue()
    return packed.getvalue(), valid.getvalue()


def _records(kind: _Kind, packed: ReadableBuffer) -> memoryview:
    """A packed buffer, if it is a whole number of records."""
    view = _contiguous(packed, "packed")
    if view.nbytes % kind.size:
        size = view.nbytes
        view.release()
        raise _errors.bad_record_length(size, kind.size, kind.name)
    return view


def inet_ntop_many(family: SupportsIndex, packed: ReadableBuffer) -> list[str]:
    """Write every record of a packed buffer as text.

    Args:
        family: `AF_INET` (records of 4 bytes), `AF_INET6` (16 bytes), or `AF_UNSPEC`
            (16 bytes, where mapped IPv4 addresses are written as plain dotted decimal).
        packed: any contiguous bytes-like object of whole records.

    Returns:
        One str a record, as `inet_ntop` writes it.

    Raises:
        TypeError, BufferError: no buffer, or one in pieces.
        ValueError: another family; a length that is no whole number of records.

    Source: as `inet_ntop`, record by record.

    >>> from socket import AF_INET
    >>> inet_ntop_many(AF_INET, bytes([192, 0, 2, 1, 192, 0, 2, 2]))
    ['192.0.2.1', '192.0.2.2']
    """
    kind = _kind_of(family)
    with _records(kind, packed) as view:
        data = view.tobytes()
    return [kind.unpack(record) for (record,) in iter_unpack(f"{kind.size}s", data)]


def inet_ntop_lines(family: SupportsIndex, packed: ReadableBuffer) -> bytes:
    r"""Write every record of a packed buffer as a line of text.

    Args:
        family: as `inet_ntop_many`.
        packed: as `inet_ntop_many`.

    Returns:
        ASCII text, a newline after every address: what `inet_pton_many` reads back.

    Raises:
        TypeError, BufferError, ValueError: as `inet_ntop_many`.

    Source: as `inet_ntop`, record by record.

    >>> from socket import AF_UNSPEC
    >>> inet_ntop_lines(AF_UNSPEC, inet_pton_many(AF_UNSPEC, ["192.0.2.1", "2001:db8::1"]))
    b'192.0.2.1\n2001:db8::1\n'
    """
    kind = _kind_of(family)
    text = BytesIO()
    step = _CHUNK_ROWS * kind.size
    with _records(kind, packed) as view:
        for start in range(0, len(view), step):
            with view[start : start + step] as rows:
                data = rows.tobytes()
            texts = [kind.unpack(record) for (record,) in iter_unpack(f"{kind.size}s", data)]
            text.write("\n".join(texts).encode("ascii"))
            text.write(b"\n")
    return text.getvalue()
