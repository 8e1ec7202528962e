"""Capture files, pcap and pcapng: records one by one, or decoded to columns; and a writer.

The format is told by a file's first bytes, whatever its name is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from ._capture_writer import CaptureWriter
from ._captures import Record
from .errors import CaptureError

if TYPE_CHECKING:
    from ._py.capture import Capture, open_capture
else:
    globals().update(_backend.names_of(__name__))

__all__ = ["Capture", "CaptureError", "CaptureWriter", "Record", "open_capture"]
