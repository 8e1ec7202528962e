"""Open datagram sockets, with queues of the size asked for."""

from __future__ import annotations

import socket
from contextlib import suppress

from .._core.typed import TYPE_CHECKING
from . import constants as c

if TYPE_CHECKING:
    from typing import Any


def _set_queue(sock: socket.socket, size: int, force: int, option: int) -> None:
    """Set the size of a queue: past the system's limit if permitted, else up to it."""
    if force >= 0:
        try:
            sock.setsockopt(socket.SOL_SOCKET, force, size)
        except PermissionError:
            pass
        else:
            return
    sock.setsockopt(socket.SOL_SOCKET, option, size)


def check_port(port: Any) -> None:
    """Refuse a port that glibc's resolver would cut to 16 bits."""
    if isinstance(port, int) and not 0 <= port <= 65535:
        raise OverflowError("port must be 0-65535.")


def _candidates(local: Any, remote: Any, family: int) -> list[tuple[int, Any, Any]]:
    """List pairs of addresses to try, with their family, in the resolver's order."""
    unix = getattr(socket, "AF_UNIX", None)
    if unix is not None and (family == unix or isinstance(local or remote, str | bytes)):
        return [(unix, local, remote)]
    found: list[list[tuple[int, Any]]] = []
    for address, flags in ((local, socket.AI_PASSIVE), (remote, 0)):
        if address is None:
            found.append([])
            continue
        host, port, *rest = address
        check_port(port)
        rows = socket.getaddrinfo(host or None, port, family, socket.SOCK_DGRAM, 0, flags)
        # The resolver ignores flow and scope; it only knows a zone in the text.
        found.append(
            [(row[0], (*row[4][:2], *rest) if rest and row[0] == socket.AF_INET6 else row[4])
             for row in rows]
        )  # fmt: skip
    here, there = found
    if local is None and remote is None:
        return [(family or socket.AF_INET, None, None)]
    if remote is None:
        return [(number, address, None) for number, address in here]
    if local is None:
        return [(number, None, address) for number, address in there]
    return [
        (number, address, peer)
        for number, peer in there
        for other, address in here
        if number == other
    ]


def open_datagram_socket(
    local: Any = None,
    remote: Any = None,
    *,
    family: int = socket.AF_UNSPEC,
    rcvbuf: int | None = None,
    sndbuf: int | None = None,
    reuse_port: bool = False,
    dualstack: bool = False,
    broadcast: bool = False,
) -> socket.socket:
    """Open a datagram socket, and bind and connect it.

    Args:
        local: where to bind: ``(host, port)``, or a path for a UNIX socket; None for anywhere.
        remote: the peer to connect to, likewise. The socket then receives only this peer's
            datagrams, and reports its ICMP errors.
        family: `AF_INET`, `AF_INET6` or `AF_UNIX`; by default that of the addresses.
        rcvbuf: bytes of the receive queue. Without CAP_NET_ADMIN Linux silently caps it at
            ``net.core.rmem_max``. ``info(sock)["rcvbuf"]`` tells the result, which the kernel
            counts double.
        sndbuf: bytes of the send queue, likewise.
        reuse_port: let several sockets share the address, as `SO_REUSEPORT` does: the kernel
            spreads peers over them.
        dualstack: accept IPv4 peers on an IPv6 socket, with mapped addresses. Otherwise an IPv6
            socket has IPv6 peers only.
        broadcast: allow datagrams to broadcast addresses.

    Returns:
        A blocking socket, or one with the default timeout if there is one.

    Raises:
        OSError: no address of the host could be bound or connected; the error of the last one.
        OverflowError: a port is out of range.

    Source: socket(7), ipv6(7).

    >>> from fastsock.datagram import info
    >>> with open_datagram_socket(("127.0.0.1", 0), rcvbuf=1 << 16) as sock:
    ...     sock.family.name, info(sock)["rcvbuf"] >= 1 << 16
    ('AF_INET', True)
    """
    failure: OSError | None = None
    for number, here, there in _candidates(local, remote, family):
        sock = None
        try:
            sock = socket.socket(number, socket.SOCK_DGRAM)
            if rcvbuf is not None:
                _set_queue(sock, rcvbuf, c.SO_RCVBUFFORCE, socket.SO_RCVBUF)
            if sndbuf is not None:
                _set_queue(sock, sndbuf, c.SO_SNDBUFFORCE, socket.SO_SNDBUF)
            if reuse_port:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if broadcast:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if number == socket.AF_INET6:
                with suppress(AttributeError):
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not dualstack)
            if here is not None:
                sock.bind(here)
            if there is not None:
                sock.connect(there)
        except OSError as error:
            failure = error
            if sock is not None:
                sock.close()
        except BaseException:
            if sock is not None:
                sock.close()
            raise
        else:
            return sock
    raise failure or OSError("no address of the host, and of the family that was asked for")
