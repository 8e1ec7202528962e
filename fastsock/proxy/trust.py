"""Whose PROXY headers count, and what a connection may start with: the rules that servers share."""

from __future__ import annotations

from .._core.backend import COMPILED
from .._core.errors import shorten
from .._core.typed import TYPE_CHECKING
from .errors import ProxyError
from .header import NeedMore, ProxyHeader

if TYPE_CHECKING or not COMPILED:
    from ._py import parse_proxy
else:
    from ._c import parse_proxy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal

HEADER_MAX = 4096  # bytes of a header with its TLVs; HAProxy's have some 500
FRONT = 5  # bytes that tell a header from other protocols


class Rules:
    """How a server treats the front of its connections.

    Args:
        proxy: True where every connection starts with a header, or ``"optional"``.
        trusted: the senders whose headers count; None for all.
        closed: only those who may connect can reach the server, as by a UNIX socket's path.
    """

    __slots__ = ("_trusted", "optional")

    def __init__(
        self, proxy: bool | Literal["optional"], trusted: Any, *, closed: bool = False
    ) -> None:
        if proxy is not True and proxy != "optional":
            raise ValueError(f"proxy must be True, False or 'optional', not {shorten(proxy)}")
        if proxy == "optional" and trusted is None and not closed:
            raise ValueError("proxy='optional' needs trusted: anybody could claim any address")
        self.optional: bool = proxy == "optional"
        self._trusted = trusted if trusted is None else _senders(trusted)

    def believes(self, peer: Any) -> bool:
        """Whether to read a header of this peer; False where it is served by its own address.

        Raises:
            ProxyError: it is not trusted, and nobody is served without a header.
        """
        if self._trusts(peer):
            return True
        if self.optional:
            return False
        raise ProxyError("a PROXY connection from a sender that is not trusted")

    def _trusts(self, peer: Any) -> bool:
        if self._trusted is None:
            return True
        if not isinstance(peer, tuple):  # a UNIX socket's peer has no address
            return False
        from ipaddress import IPv6Address, ip_address  # at use: it takes long to import

        address = ip_address(peer[0].partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if isinstance(self._trusted, list):
            return any(address in network for network in self._trusted)
        return str(address) in self._trusted

    def parse(self, data: bytes) -> tuple[ProxyHeader | None, int] | NeedMore:
        """Parse the header at the front of a stream; ``(None, 0)`` where there may be none.

        Raises:
            ProxyError: there is no valid header where one must be.
        """
        try:
            return parse_proxy(data, max_size=HEADER_MAX)
        except ProxyError:
            if self.optional and not _signed(data[:FRONT]):
                return None, 0
            raise


def _signed(front: bytes) -> bool:
    """Whether a stream starts as a header does: then it must be a good one."""
    return front in (b"PROXY", b"\r\n\r\n\0")


def _senders(trusted: Any) -> Any:
    from ipaddress import ip_network  # at use: it takes long to import

    if isinstance(trusted, str):
        raise TypeError("trusted must be networks or a set of addresses, not str")
    if isinstance(trusted, (list, tuple)) or not hasattr(type(trusted), "__contains__"):
        return [ip_network(network) for network in _each(trusted)]
    return trusted


def _each(networks: Iterable[Any]) -> Iterable[Any]:
    """Networks of any class as the text that `ipaddress` takes."""
    return (network if isinstance(network, str) else str(network) for network in networks)
