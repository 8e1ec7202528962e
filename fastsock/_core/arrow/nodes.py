"""What is given to Arrow consumers: a type, and the buffers of an array of it. Written once."""

from __future__ import annotations

from struct import pack

from ..typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

NULLABLE = 2  # ARROW_FLAG_NULLABLE


class Node(NamedTuple):
    """An array to be given, with its type; of a schema alone, `rows` and `buffers` don't count."""

    format: str
    rows: int = 0
    buffers: tuple[ReadableBuffer | None, ...] = (None, b"")
    name: str = ""
    nulls: int = 0
    children: tuple[Node, ...] = ()
    dictionary: Node | None = None
    metadata: bytes = b""
    flags: int = NULLABLE


def metadata(values: dict[str, str]) -> bytes:
    """Write metadata as the C data interface has it: counts and sizes as int32, then the texts."""
    parts = [pack("=i", len(values))] if values else []
    for pair in values.items():
        for text in pair:
            coded = text.encode()
            parts += pack("=i", len(coded)), coded
    return b"".join(parts)


_WIDTHS = {"c": 1, "C": 1, "s": 2, "S": 2, "i": 4, "I": 4, "l": 8, "L": 8, "g": 8}


def check_room(node: Node) -> None:
    """Refuse a column whose memory ends before its last row: a consumer would read on.

    Raises:
        ValueError: that.
    """
    for child in node.children:
        check_room(child)
    if node.dictionary is not None:
        check_room(node.dictionary)
    width = int(node.format[2:]) if node.format.startswith("w:") else _WIDTHS.get(node.format)
    if width is not None:
        values = node.buffers[1]
        if values is None or memoryview(values).nbytes < node.rows * width:
            raise ValueError(f"column {node.name!r} has no room for {node.rows} rows")
