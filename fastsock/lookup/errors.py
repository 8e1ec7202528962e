"""Exceptions of this part, and their wording, which both twins share."""

from __future__ import annotations

import errno

from .._core.errors import Error, rebuilt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class ConnectError(Error, OSError):
    """No address of a host could be connected to.

    Attributes:
        attempts: ``(sockaddr, error)`` of every address that was tried, in that order.
        errno: that of the first attempt, which is the address that is preferred.
        strerror: what was tried, and what came of it.

    >>> from fastsock import connect
    >>> try:
    ...     connect(("127.0.0.1", 0), timeout=5)
    ... except ConnectError as error:
    ...     [sockaddr for sockaddr, _ in error.attempts]
    [('127.0.0.1', 0)]
    """

    def __init__(self, message: str, attempts: Sequence[tuple[Any, OSError]] = ()) -> None:
        tried = tuple(attempts)
        code = tried[0][1].errno if tried else None
        super().__init__(*(() if code is None else (code,)), message)
        self.attempts = tried

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuilt(self, self.args[-1], self.attempts)


class ConnectTimeoutError(ConnectError, TimeoutError):
    """The time was up before any address of a host was connected to."""


class NotAllowedError(Error, PermissionError):
    """No address of a host may be used: all are outside the set that was given as `allow`.

    Attributes:
        addresses: the refused addresses, as `socket` has them. Nothing was sent to any.
        errno: EACCES.

    >>> from fastsock import connect, special
    >>> try:
    ...     connect(("127.0.0.1", 80), allow=special("global"))
    ... except NotAllowedError as error:
    ...     error.addresses
    (('127.0.0.1', 80),)
    """

    def __init__(self, message: str, addresses: Sequence[Any] = ()) -> None:
        super().__init__(errno.EACCES, message)
        self.addresses: tuple[Any, ...] = tuple(addresses)

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuilt(self, self.args[-1], self.addresses)
