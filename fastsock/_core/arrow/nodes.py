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
