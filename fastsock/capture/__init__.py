"""Capture files, pcap and pcapng: records one by one, or decoded to columns; and a writer.

The format is told by a file's first bytes, whatever its name is. `decode_columns` takes packets
from anywhere; a capture's own come by `Capture.to_columns`. A column is contiguous memory with one
item a packet, and no objects.
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
