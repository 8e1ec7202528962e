"""Threads that do blocking calls for others: few, started on demand, gone when idle.

`concurrent.futures` would join its threads when the interpreter ends, and so wait
for a dead name server. These are daemons.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

_IDLE_SECONDS = 10.0


class Workers:
    """At most `limit` threads over one queue. Jobs must not raise."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._threads = 0
        self._idle = 0
        self._jobs: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()

    def submit(self, job: Callable[[], None]) -> None:
        """Have a thread call `job`."""
        with self._changed:
            self._jobs.append(job)
            if self._idle >= len(self._jobs):
                self._changed.notify()
            elif self._threads < self._limit:
                threading.Thread(target=self._work, name="fastsock-resolver", daemon=True).start()
                self._threads += 1

    def _next(self) -> Callable[[], None] | None:
        """The next job; None when there was none for a while."""
        with self._changed:
            self._idle += 1
            while not self._jobs:
                if not self._changed.wait(_IDLE_SECONDS) and not self._jobs:
                    self._idle -= 1
                    self._threads -= 1
                    return None
            self._idle -= 1
            return self._jobs.popleft()

    def _work(self) -> None:
        while job := self._next():
            job()
            del job  # an idle thread must not keep alive what it worked for
