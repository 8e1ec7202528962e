"""The reference twin, over the standard library alone."""

from .columns import decode_columns
from .reader import Capture, open_capture

__all__ = [
    "Capture",
    "decode_columns",
    "open_capture",
]
