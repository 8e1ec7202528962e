"""Find out what the kernel supports for a socket, remember it, and report it."""

from __future__ import annotations

import errno
import os
import select
import socket
import sys
from contextlib import suppress
from weakref import WeakKeyDictionary, WeakSet

from .._core.backend import COMPILED
from .._core.typed import TYPE_CHECKING
from . import constants as c

if TYPE_CHECKING:
    from typing import Any


GRO, LOCAL, TOS, TIMESTAMPS = 1, 2, 4, 8
"""Options that a batch may ask for; the count of drops is always asked for."""

# PyPy does not name it. Linux has this number on every processor but SPARC.
_POLLRDHUP = getattr(select, "POLLRDHUP", 0x2000 if sys.platform == "linux" else 0)

_INTERNET = (socket.AF_INET, socket.AF_INET6)
_PROBE_SIZE = 65507

# Why a train is refused. EINVAL and EMSGSIZE: its datagrams are too large for the path, and only
# single datagrams can be fragmented. EIO: the device can't compute checksums. Other errors: a
# sandbox or a driver does not support trains.
_TOO_LARGE = (errno.EINVAL, errno.EMSGSIZE)
REFUSALS = frozenset((*_TOO_LARGE, errno.EIO, errno.EOPNOTSUPP, errno.ENOPROTOOPT))

_ready: dict[int, WeakSet[Any]] = {}  # sockets whose options are set, by options
_limits: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # the largest datagram in trains
_refused: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
_kernel: dict[str, bool] = {}


def is_udp(sock: Any) -> bool:
    """Whether a socket is UDP, not UDP-Lite or ping."""
    return (
        sock.family in _INTERNET
        and sock.type == socket.SOCK_DGRAM
        and sock.proto in (0, socket.IPPROTO_UDP)
    )


def _note(sock: Any, name: str, why: str) -> None:
    with suppress(TypeError):  # without weak references it is not remembered
        _refused.setdefault(sock, {})[name] = why


def _set(sock: Any, name: str, *choices: tuple[int, int]) -> bool:
    """Set an option at each level that has it. Record a refusal by all."""
    why = "there is no such option here"
    done = False
    for level, number in choices:
        if number >= 0:
            try:
                sock.setsockopt(level, number, 1)
                done = True
            except OSError as error:
                why = f"[Errno {error.errno}] {os.strerror(error.errno or 0)}"
    if not done:
        _note(sock, name, why)
    return done


def prepare(sock: Any, wanted: int) -> None:
    """Ask the kernel for the control messages that a batch needs."""
    sockets = _ready.get(wanted)
    if sockets is None:
        sockets = _ready.setdefault(wanted, WeakSet())
    with suppress(TypeError):
        if sock in sockets:
            return
        sockets.add(sock)
    family = sock.family
    _set(sock, "dropped", (socket.SOL_SOCKET, c.SO_RXQ_OVFL))
    if wanted & TIMESTAMPS:
        _set(sock, "timestamps", (socket.SOL_SOCKET, c.SO_TIMESTAMPNS))
    # On an AF_INET6 socket, IPv4's options apply to mapped peers.
    levels = {
        socket.AF_INET: ((socket.IPPROTO_IP, c.IP_PKTINFO, c.IP_RECVTOS),),
        socket.AF_INET6: (
            (socket.IPPROTO_IPV6, c.IPV6_RECVPKTINFO, c.IPV6_RECVTCLASS),
            (socket.IPPROTO_IP, -1, c.IP_RECVTOS),
        ),
    }.get(family, ())
    if wanted & LOCAL:
        _set(sock, "local", *((level, number) for level, number, _ in levels))
    if wanted & TOS:
        _set(sock, "tos", *((level, number) for level, _, number in levels))
    if wanted & GRO:
        if is_udp(sock):
            _set(sock, "gro", (c.SOL_UDP, c.UDP_GRO))
        else:
            _note(sock, "gro", "not a UDP socket")


def is_shut_down(sock: Any) -> bool:
    """Whether a socket was shut down for reading, if the system tells."""
    fd = sock.fileno()
    if fd < 0 or not _POLLRDHUP:
        return False
    poll = select.poll()
    poll.register(fd, _POLLRDHUP)
    return any(found & _POLLRDHUP for _, found in poll.poll(0))


def train_limit(sock: Any) -> int:
    """Return the largest datagram that may go in trains on a socket, 0 for no trains."""
    with suppress(TypeError):
        known = _limits.get(sock)
        if known is not None:
            return known
    limit = 0
    # A kernel without the option would send a train as one large datagram.
    if is_udp(sock) and c.UDP_SEGMENT >= 0:
        try:
            sock.getsockopt(c.SOL_UDP, c.UDP_SEGMENT)
            limit = _PROBE_SIZE
        except OSError as error:
            _note(sock, "gso", f"[Errno {error.errno}] {os.strerror(error.errno or 0)}")
    with suppress(TypeError):
        _limits[sock] = limit
    return limit


def refuse_trains(sock: Any, size: int, code: int) -> int:
    """Remember that a train of this datagram size was refused. Return the new limit."""
    limit = size - 1 if code in _TOO_LARGE else 0
    _note(sock, "gso", f"[Errno {code}] {os.strerror(code)}, for datagrams of {size} bytes")
    with suppress(TypeError):
        _limits[sock] = limit
    return limit


def _kernel_knows(name: str, number: int) -> bool:
    if name not in _kernel:
        known = False
        if number >= 0:
            with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.getsockopt(c.SOL_UDP, number)
                known = True
        _kernel[name] = known
    return _kernel[name]


def info(sock: Any = None) -> dict[str, Any]:
    """Report what the kernel supports for datagrams, and what it refused on a socket.

    Args:
        sock: a socket that batches came from or went to.

    Returns:
        ``"recvmmsg"``, ``"sendmmsg"``: whether one system call handles many datagrams.
        ``"gro"``, ``"gso"``: whether the kernel supports trains of datagrams. With a socket also
        ``"gso_limit"``, the largest datagram that goes in trains, 0 for none; ``"refused"``, a
        dict with the reason for each of ``"gso"``, ``"gro"``, ``"dropped"``, ``"local"``,
        ``"tos"`` and ``"timestamps"`` that the kernel refused; and ``"rcvbuf"`` and ``"sndbuf"``,
        the sizes of its queues as the kernel counts them, its overhead included.

    Raises:
        OSError: the socket is closed.

    Source: udp(7), socket(7).

    >>> sorted(info())
    ['gro', 'gso', 'recvmmsg', 'sendmmsg']
    """
    many = COMPILED and c.SO_RXQ_OVFL >= 0
    told: dict[str, Any] = {
        "recvmmsg": many,
        "sendmmsg": many,
        "gro": _kernel_knows("gro", c.UDP_GRO),
        "gso": _kernel_knows("gso", c.UDP_SEGMENT),
    }
    if sock is not None:
        told["gso_limit"] = train_limit(sock)
        told["refused"] = dict(_refused.get(sock, {}))
        for name, option in (("rcvbuf", socket.SO_RCVBUF), ("sndbuf", socket.SO_SNDBUF)):
            told[name] = sock.getsockopt(socket.SOL_SOCKET, option)
    return told
