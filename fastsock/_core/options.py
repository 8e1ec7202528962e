"""Socket options of Linux that the `socket` module has no names for, or only in newer releases.

Their numbers are part of Linux's interface to programs, and the same on every processor but these.
"""

from __future__ import annotations

import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

NUMBERS: Final = {
    "IP_PKTINFO": 8,
    "SO_MEMINFO": 55,
    "SO_RCVBUFFORCE": 33,
    "SO_RXQ_OVFL": 40,
    "SO_SNDBUFFORCE": 32,
    "SO_TIMESTAMPNS": 35,
    "UDP_GRO": 104,
    "UDP_SEGMENT": 103,
}
_OTHERWISE = ("alpha", "mips", "parisc", "sparc")


def _machine() -> str:
    from os import uname

    return uname().machine


_KNOWN = sys.platform == "linux" and not _machine().startswith(_OTHERWISE)


def number_of(name: str) -> int:
    """The number of an option, or -1 where there is no such option."""
    known: int = getattr(socket, name, -1)
    return int(known) if known >= 0 or not _KNOWN else NUMBERS.get(name, -1)
