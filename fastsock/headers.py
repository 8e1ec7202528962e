"""Headers of packets, read and written where they lie: views that keep checksums right.

A view is made of any buffer and an offset. Its attributes are the header's fields; assigning one
writes the buffer and updates the checksums that cover it. `fastsock.options` iterates over what
stands in the options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend
from .errors import PacketError

if TYPE_CHECKING:
    from ._py.headers import (
        ARPView,
        EthernetView,
        ICMPView,
        IPv4View,
        IPv6View,
        TCPView,
        UDPView,
    )
else:
    globals().update(_backend.names_of(__name__))

__all__ = [
    "ARPView",
    "EthernetView",
    "ICMPView",
    "IPv4View",
    "IPv6View",
    "PacketError",
    "TCPView",
    "UDPView",
]
