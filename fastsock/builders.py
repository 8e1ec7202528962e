"""Packets built from values, with their lengths and checksums: as fresh bytes, or into a buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend

if TYPE_CHECKING:
    from ._py.builders import (
        build_arp,
        build_ethernet,
        build_icmp_echo,
        build_ipv4,
        build_ipv6,
        build_tcp,
        build_udp,
    )
else:
    globals().update(_backend.names_of(__name__))

__all__ = [
    "build_arp",
    "build_ethernet",
    "build_icmp_echo",
    "build_ipv4",
    "build_ipv6",
    "build_tcp",
    "build_udp",
]
