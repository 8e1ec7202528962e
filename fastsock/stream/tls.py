"""What `ssl` may lose: bytes that it has read and did not get to report."""

from __future__ import annotations

import sys

from .._core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def _is_tls(sock: object) -> bool:
    """Whether a socket is one of `ssl` or of pyOpenSSL. Neither is imported for the question."""
    modules: Any = sys.modules
    kinds = (("ssl", "SSLSocket"), ("OpenSSL.SSL", "Connection"))
    classes = (getattr(modules.get(module), name, None) for module, name in kinds)
    return any(isinstance(kind, type) and isinstance(sock, kind) for kind in classes)


def _raised_in(error: BaseException) -> str | None:
    """The name of the module whose code an exception was raised in."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return None if frame is None else frame.tb_frame.f_globals.get("__name__")


def may_have_lost(sock: object, error: BaseException) -> bool:
    """Whether a `recv_into` that raised may have taken bytes that are lost.

    `ssl` runs signal handlers after OpenSSL has handed it a record, and forgets that record when
    a handler raises. Its own errors come before a record is handed out. A handler's OSError, such
    as the TimeoutError of an alarm, is known by where it was raised.
    """
    if not _is_tls(sock):
        return False
    if not isinstance(error, OSError):
        return True
    return type(sock).__module__ == "ssl" and _raised_in(error) not in (None, "ssl")
