"""Internet addresses: text to bytes and back, one at a time or a million.

The four scalar functions are drop-ins for the `socket` module's and answer to the
letter as it does on Linux. The batch functions keep addresses packed, in one
contiguous buffer of fixed-size records that NumPy and Arrow take as it is.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish
from .errors import AddressError

if TYPE_CHECKING or not COMPILED:
    from ._py import (
        format_hostport,
        inet_aton,
        inet_ntoa,
        inet_ntop,
        inet_ntop_lines,
        inet_ntop_many,
        inet_pton,
        inet_pton_many,
        parse_hostport,
    )
else:
    from ._c import (
        format_hostport,
        inet_aton,
        inet_ntoa,
        inet_ntop,
        inet_ntop_lines,
        inet_ntop_many,
        inet_pton,
        inet_pton_many,
        parse_hostport,
    )

__all__ = [
    "AddressError",
    "format_hostport",
    "inet_aton",
    "inet_ntoa",
    "inet_ntop",
    "inet_ntop_lines",
    "inet_ntop_many",
    "inet_pton",
    "inet_pton_many",
    "parse_hostport",
]

publish(__name__, globals(), __all__)
