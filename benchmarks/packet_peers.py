"""The libraries that read and write packets, where they are installed (`make bench-peers`).

Each does what its users do for the row. Its results have forms of their own: `same` turns them
into those of `by_hand`, for the check only and never inside the timing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def unchanged(result: Any) -> Any:
    return result


@dataclass(frozen=True)
class Peer:
    """A library's way to do a row, for one in `every` of the row's items."""

    name: str
    call: Callable[..., Any]
    same: Callable[[Any], Any] = unchanged
    every: int = 1


def checksums() -> list[Peer]:
    """The Internet checksum of bytes."""
    found = []
    try:
        import dpkt.dpkt
    except ImportError:
        pass
    else:
        found.append(Peer("dpkt", dpkt.dpkt.in_cksum))
    try:
        from scapy.utils import checksum
    except ImportError:
        pass
    else:
        found.append(Peer("scapy", checksum))
    try:
        from pypacker.checksum import in_cksum
    except ImportError:
        pass
    else:
        found.append(Peer("pypacker", in_cksum))
    return found


def castagnoli() -> list[Peer]:
    """CRC-32C of bytes."""
    try:
        from dpkt.crc32c import add, done
    except ImportError:
        return []
    return [Peer("dpkt", lambda data: done(add(0xFFFFFFFF, data)))]
