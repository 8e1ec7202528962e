"""Received bytes: accumulated in place, and cut into frames, many per call.

`RecvAccumulator` does no I/O of its own but `fill`. A framer is a value that says how to
cut. `SocketReader` reads from a blocking socket by the same rules.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish
from .errors import FrameError, FrameTooLargeError, IncompleteReadError, LimitOverrunError
from .framers import (
    Delimiter,
    FixedSize,
    Framer,
    LengthPrefix,
    Lines,
    Netstring,
    TextLength,
    Varint,
)
from .reader import SocketReader
from .sender import send_frames

if TYPE_CHECKING or not COMPILED:
    from ._py import RecvAccumulator
else:
    from ._c import RecvAccumulator

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
    "SocketReader",
    "TextLength",
    "Varint",
    "send_frames",
]

publish(__name__, globals(), __all__)
