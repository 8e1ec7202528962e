"""A capture file that is still being written: packets are passed on soon after they arrive."""

from __future__ import annotations

import stat
from os import fstat
from select import select
from time import monotonic
from typing import BinaryIO

PATIENCE = 0.2  # seconds


def is_live(file: BinaryIO) -> bool:
    """Whether more may arrive: from a pipe, a terminal or a socket."""
    mode = fstat(file.fileno()).st_mode
    return not stat.S_ISREG(mode) and not stat.S_ISBLK(mode)


class Live:
    """A binary file that sometimes has nothing to read, so that its reader can write what arrived.

    `read` returns None, as that of a non-blocking file does, `PATIENCE` seconds after the first
    bytes that followed the last None.

    Args:
        file: a file without a buffer. Where `select` can't wait for it, reading only blocks.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._since: float | None = None  # arrival of the first bytes that may be unwritten
        self.patient = True  # until the capture's header is read: it can't be read in parts

    def read(self, size: int) -> bytes | None:
        """Read what has arrived, or wait; None if earlier bytes have waited long enough."""
        if self._since is not None and not self.patient and not self._comes_in_time(self._since):
            self._since = None
            return None
        while (data := self._file.read(size)) is None:  # it was opened as non-blocking
            select([self._file], [], [])
        if self._since is None:
            self._since = monotonic()
        return data

    def _comes_in_time(self, since: float) -> bool:
        left = since + PATIENCE - monotonic()
        if left <= 0:
            return False
        try:
            return bool(select([self._file], [], [], left)[0])
        except (OSError, ValueError):  # Windows selects sockets only
            return True
