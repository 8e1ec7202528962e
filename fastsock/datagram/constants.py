"""Options of datagram sockets that the `socket` module has no names for.

Their numbers are part of Linux's interface to programs, and the same on every processor but these.
"""

from __future__ import annotations

import platform
import socket
import sys

_NUMBERS = {
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
_KNOWN = sys.platform == "linux" and not platform.machine().startswith(_OTHERWISE)


def _option(name: str) -> int:
    """The number of an option, or -1 where there is no such option."""
    known: int = getattr(socket, name, -1)
    return known if known >= 0 or not _KNOWN else _NUMBERS.get(name, -1)


IP_PKTINFO = _option("IP_PKTINFO")
IP_RECVTOS = _option("IP_RECVTOS")
IPV6_PKTINFO = _option("IPV6_PKTINFO")
IPV6_RECVPKTINFO = _option("IPV6_RECVPKTINFO")
IPV6_RECVTCLASS = _option("IPV6_RECVTCLASS")
IPV6_TCLASS = _option("IPV6_TCLASS")
SO_MEMINFO = _option("SO_MEMINFO")
SO_RCVBUFFORCE = _option("SO_RCVBUFFORCE")
SO_RXQ_OVFL = _option("SO_RXQ_OVFL")
SO_SNDBUFFORCE = _option("SO_SNDBUFFORCE")
SO_TIMESTAMPNS = _option("SO_TIMESTAMPNS")
SOL_UDP = socket.IPPROTO_UDP
UDP_GRO = _option("UDP_GRO")
UDP_SEGMENT = _option("UDP_SEGMENT")
