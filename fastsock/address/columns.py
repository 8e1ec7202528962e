"""Texts that come as columns: Arrow memory, a buffer with offsets, NumPy's bytes. Written once."""

from __future__ import annotations

from .._core.arrow.pieces import TEXTS, Piece, is_column, row_of, rows_of
from .._core.buffers import contiguous
from .._core.typed import TYPE_CHECKING
from . import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Protocol, TypeAlias

    from _typeshed import ReadableBuffer

    class ArrowStream(Protocol):
        """A column, or a table of one, that exports a stream."""

        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

    class ArrowArray(Protocol):
        """A column in one piece."""

        def __arrow_c_array__(
            self, requested_schema: object | None = None
        ) -> tuple[object, object]: ...

    Column: TypeAlias = ArrowStream | ArrowArray | tuple[ReadableBuffer, ReadableBuffer]

WHAT = "texts"
_OFFSET_CODES = frozenset("ilqn")  # of signed integers, whatever their byte order is said to be


def _code(view: memoryview) -> str:
    return view.format.lstrip("@=<>")


def _format_of(value: object) -> tuple[str, int]:
    """The format of a buffer's items and their size; of what is no buffer, nothing."""
    try:
        view = memoryview(value)  # type: ignore[arg-type]
    except TypeError:
        return "", 0
    with view:
        return _code(view), view.itemsize


def is_pair(texts: Any) -> bool:
    """Whether this is a buffer of texts and its offsets: int32 or int64, as Arrow has them."""
    if type(texts) is not tuple or len(texts) != 2:
        return False
    code, size = _format_of(texts[1])
    return code in _OFFSET_CODES and size in (4, 8) and _format_of(texts[0])[1] == 1


def is_padded(texts: Any) -> bool:
    """Whether this is a buffer of byte strings, padded with zeros to one size: NumPy's ``S``."""
    code, _ = _format_of(texts)
    return code.endswith("s") and (code[:-1].isdigit() or code == "s")


def pieces_of(texts: Any, open_pieces: Callable[..., Iterator[Piece]]) -> Iterator[Piece] | None:
    """Give the pieces of a column of texts; None where it is something else."""
    if is_column(texts):
        return open_pieces(texts, TEXTS, WHAT)
    if is_pair(texts):
        return iter([_of_pair(*texts)])
    if is_padded(texts):
        return iter([_of_padded(texts)])
    return None


def no_pieces(texts: Any, accepted: frozenset[str], what: str) -> Iterator[Piece]:
    """Stand in for an interface where no Arrow memory is to be read."""
    raise errors.not_lines(texts)


def texts_of(piece: Piece) -> list[str | None]:
    """All texts of a piece, a byte a character; None for nulls. For the pure twin."""
    if piece.format.startswith("S:"):
        width = int(piece.format[2:])
        padded = (piece.values[n * width : (n + 1) * width] for n in range(piece.rows))
        return [text.tobytes().rstrip(b"\0").decode("latin-1") for text in padded]
    rows = rows_of(piece)
    return [None if row is None else row.decode("latin-1") for row in rows]


def _of_pair(buffer: ReadableBuffer, offsets: ReadableBuffer) -> Piece:
    data, ends = contiguous(buffer, "texts[0]"), contiguous(offsets, "texts[1]")
    width = memoryview(offsets).itemsize
    if not ends.nbytes:
        raise errors.no_offsets()
    rows = ends.nbytes // width - 1
    return Piece("u" if width == 4 else "U", rows, None, 0, ends, (data,))


def _of_padded(buffer: ReadableBuffer) -> Piece:
    flat = contiguous(buffer, "texts")
    width = memoryview(buffer).itemsize
    return Piece(f"S:{width}", flat.nbytes // width if width else 0, None, 0, flat)


def bad_row(piece: Piece, row: int, first: int, kind: str) -> Exception:
    """Refuse a row of a piece that is null or no address; `first` is the number of its row 0."""
    if piece.format.startswith("S:"):
        width = int(piece.format[2:])
        padded = piece.values[row * width : (row + 1) * width]
        text: bytes | None = padded.tobytes().rstrip(b"\0")
    else:
        text = row_of(piece, row)
    if text is None:
        return errors.not_text(first + row, None)
    return errors.bad_row(first + row, text.decode("utf-8", "backslashreplace"), kind)
