"""Fields of many packets, as columns: contiguous memory, one item a packet, no objects.

`decode_columns` takes packets from anywhere; a capture's own come by `Capture.to_columns`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from ._columns import Columns
from .packet_fields import COLUMNS, DEFAULT_COLUMNS

if TYPE_CHECKING:
    from ._py.columns import decode_columns
else:
    globals().update(_backend.names_of(__name__))

__all__ = ["COLUMNS", "DEFAULT_COLUMNS", "Columns", "decode_columns"]
