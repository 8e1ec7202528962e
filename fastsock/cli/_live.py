"""A file that packets come from while they are seen: what has come is not held back for long."""

from __future__ import annotations

import stat
from os import fstat
from select import select
from time import monotonic
from typing import BinaryIO

PATIENCE = 0.2  # seconds


def is_live(file: BinaryIO) -> bool:
    """Whether more may come: from a pipe, a terminal or a socket."""
    mode = fstat(file.fileno()).st_mode
    return not stat.S_ISREG(mode) and not stat.S_ISBLK(mode)


class Live:
    """A binary file that reads nothing, now and then, so that whoever reads can write what came.

    `read` gives None, as that of a non-blocking file does, when `PATIENCE` is over since the first
    bytes that came after the last None.

    Args:
        file: a file without a buffer. Where `select` can't wait for it, reading only blocks.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._since: float | None = None  # when the first bytes came that may be unwritten
        self.patient = True  # until a capture's header is read, which can't be read in parts

    def read(self, size: int) -> bytes | None:
        """Read what is there, or wait for it; None where what came before has waited long."""
        if self._since is not None and not self.patient and not self._comes_in_time(self._since):
            self._since = None
            return None
        while (data := self._file.read(size)) is None:  # whoever opened it made it non-blocking
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
        except (OSError, ValueError):  # Windows waits for sockets alone
            return True
