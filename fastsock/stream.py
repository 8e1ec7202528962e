"""Received bytes: accumulated in place, and cut into frames, many a call.

`RecvAccumulator` does no I/O of its own but `fill`. A framer is a value that says how to
cut; the framers are in `fastsock.framers`, and here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from .errors import FrameError, FrameTooLargeError, IncompleteReadError, LimitOverrunError
from .framers import Delimiter, FixedSize, Framer, LengthPrefix, Lines, Netstring, Varint

if TYPE_CHECKING:
    from ._py.stream import RecvAccumulator
else:
    globals().update(_backend.names_of(__name__))

__all__ = [
    "Delimiter",
    "FixedSize",
    "FrameError",
    "FrameTooLargeError",
    "Framer",
    "IncompleteReadError",
    "LengthPrefix",
    "LimitOverrunError",
    "Lines",
    "Netstring",
    "RecvAccumulator",
    "Varint",
]
