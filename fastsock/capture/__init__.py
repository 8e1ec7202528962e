"""Capture files, pcap and pcapng: records one by one, or decoded to columns; and a writer.

A file's first bytes decide its format, not its name. `Capture.to_columns` decodes the records of a
file, `decode_columns` any packets. A column is contiguous memory with one number or address a
packet; no objects are made.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish
from ..packet.fields import COLUMNS, DEFAULT_COLUMNS
from .columns import Columns
from .errors import CaptureError
from .formats import Record
from .writer import CaptureWriter

if TYPE_CHECKING or not COMPILED:
    from ._py import Capture, decode_columns, open_capture
else:
    from ._c import Capture, decode_columns, open_capture

__all__ = [
    "COLUMNS",
    "DEFAULT_COLUMNS",
    "Capture",
    "CaptureError",
    "CaptureWriter",
    "Columns",
    "Record",
    "decode_columns",
    "open_capture",
]

publish(__name__, globals(), __all__)
