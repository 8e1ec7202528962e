"""Which addresses may be used: rows outside a set are dropped before anything is dialled."""

from __future__ import annotations

from collections.abc import Iterable

from .._core.errors import shorten
from .._core.typed import TYPE_CHECKING
from .errors import NotAllowedError

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from ..prefix import PrefixSet
    from ..prefix.arguments import Network

    Allow: TypeAlias = PrefixSet | Iterable[Network]


class Guard:
    """Judge rows of `getaddrinfo` by a set of addresses.

    The rows themselves are judged, not the name, and the caller dials a row that passed. So a name
    server that gives another address to the next question changes nothing.
    """

    def __init__(self, allow: Any) -> None:
        from ..prefix import PrefixSet, embedded_ipv4  # for guards alone
        from ..prefix.sets import SetMethods

        if isinstance(allow, (str, bytes)) or not hasattr(type(allow), "__iter__"):
            raise TypeError(
                f"allow must be a PrefixSet or an iterable of networks, not {type(allow).__name__}"
            )
        # A set is asked each time, so that changes of it count.
        self._allowed: Any = allow if isinstance(allow, SetMethods) else PrefixSet(allow)
        self._embedded = embedded_ipv4

    def admits(self, sockaddr: Any) -> bool:
        """Whether an address is in the set, and also the IPv4 address inside it, if any.

        What is not the text of an address is refused: `connect` would look it up as a name.
        """
        host = sockaddr[0] if isinstance(sockaddr, tuple) and sockaddr else None
        if not isinstance(host, str):
            return False
        address = host.partition("%")[0]
        if "/" in address:  # text of a network
            return False
        try:
            if address not in self._allowed:
                return False
            inside = self._embedded(address)
            return inside is None or inside in self._allowed
        except ValueError:
            return False

    def admitted(self, host: Any, rows: Iterable[Any]) -> list[Any]:
        """The rows that may be used. Raises NotAllowedError if none of them may."""
        admitted: list[Any] = []
        refused: list[Any] = []
        for row in rows:
            (admitted if self.admits(row[4]) else refused).append(row)
        if refused and not admitted:
            addresses = dict.fromkeys(row[4] for row in refused)
            raise NotAllowedError(f"no address of {shorten(host)} is allowed", tuple(addresses))
        canonname = next((row[3] for row in refused if row[3]), "")
        if canonname and not admitted[0][3]:  # it stands in the first row, whichever that is
            admitted[0] = (*admitted[0][:3], canonname, admitted[0][4])
        return admitted


def guard_of(allow: Allow | None) -> Guard | None:
    """The guard of an argument `allow`, None for none."""
    return None if allow is None else Guard(allow)
