"""The numbers of datagram sockets' options; -1 if the platform lacks one."""

from __future__ import annotations

import socket

from .._core.options import number_of

IP_PKTINFO = number_of("IP_PKTINFO")
IP_RECVTOS = number_of("IP_RECVTOS")
IPV6_PKTINFO = number_of("IPV6_PKTINFO")
IPV6_RECVPKTINFO = number_of("IPV6_RECVPKTINFO")
IPV6_RECVTCLASS = number_of("IPV6_RECVTCLASS")
IPV6_TCLASS = number_of("IPV6_TCLASS")
SO_MEMINFO = number_of("SO_MEMINFO")
SO_RCVBUFFORCE = number_of("SO_RCVBUFFORCE")
SO_RXQ_OVFL = number_of("SO_RXQ_OVFL")
SO_SNDBUFFORCE = number_of("SO_SNDBUFFORCE")
SO_TIMESTAMPNS = number_of("SO_TIMESTAMPNS")
SOL_UDP = socket.IPPROTO_UDP
UDP_GRO = number_of("UDP_GRO")
UDP_SEGMENT = number_of("UDP_SEGMENT")
