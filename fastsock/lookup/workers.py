"""A few threads for blocking calls, started on demand and ended when idle.

`concurrent.futures` would join its threads when the interpreter ends, and so wait for a
dead name server. These are daemons, but in sub-interpreters, which can't end before
their threads: there they are joined, and do not linger.

No lock is held here while Python code can run: a signal handler or a finalizer may come
between any two steps, and submit a job of its own. Each step is therefore one operation
on a list, dict, set or deque, which no thread sees half done. Whoever waits for another
is entered first and looks second, so that one of the two sees the other. For the same
reason threads are started without `threading`, which has a lock.
"""

from __future__ import annotations

import _thread
import sys
import threading
from collections import deque
from contextlib import suppress
from importlib import import_module

from .._core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Protocol

    class Job(Protocol):
        """What a worker runs."""

        def run(self, first: bool) -> None:
            """Do the job, and raise nothing. `first`: the thread has done none before."""


_IDLE_SECONDS = 10.0


class NoThreadError(RuntimeError):
    """No thread can be started."""


class QueueFullError(Exception):
    """No more jobs may wait."""


def _is_main_interpreter() -> bool:
    for name in ("_interpreters", "_xxsubinterpreters"):
        with suppress(ImportError):
            module: Any = import_module(name)
            return bool(module.get_current() == module.get_main())
    return True


_MAIN = _is_main_interpreter()


class _Worker:
    """A thread, and the bell that tells it to look for a job."""

    def __init__(self, lingers: bool) -> None:
        self.lingers = lingers
        self._bell = threading.Lock()
        self._bell.acquire()

    def ring(self) -> None:
        """Wake it."""
        with suppress(RuntimeError):  # the bell has rung already
            self._bell.release()

    def doze(self, timeout: float) -> bool:
        """Wait for the bell, and return whether it rang."""
        return self._bell.acquire(timeout=timeout)


class Workers:
    """At most `limit` threads, and at most `backlog` jobs that wait for one."""

    def __init__(self, limit: int, backlog: int) -> None:
        self._limit = limit
        self._backlog = backlog
        self._queue: deque[Job] = deque()
        self._parked: list[_Worker] = []  # idle
        self._staff: dict[_Worker, None] = {}  # all, from before they start until they leave
        self._idents: set[int] = set()  # theirs, as threads
        self._submitting: set[int] = set()  # threads that are in `submit`

    def submit(self, job: Job) -> bool:
        """Have a thread run `job`; whether there is one for it, else it waits its turn.

        Raises:
            NoThreadError: there is no thread, and none can be started.
            QueueFullError: too many jobs wait already.
        """
        ident = threading.get_ident()
        # Whoever interrupts this function can't rely on what it was about to do: the thread that
        # has the last place may not be started. It gets a thread beyond the limit.
        nested = ident in self._submitting
        try:
            self._submitting.add(ident)
            if self.is_full() and not nested:
                raise QueueFullError(f"{self._backlog} look-ups wait already")
            self._queue.append(job)
            return self._call(job, nested)
        finally:
            if not nested:
                self._submitting.discard(ident)

    def _call(self, job: Job, nested: bool) -> bool:
        """Wake or start a thread. Return whether one was available."""
        while True:
            with suppress(IndexError):
                self._parked.pop().ring()
                return True
            if len(self._staff) >= self._limit and not nested:
                return False
            worker = _Worker(lingers=_MAIN and not nested)
            try:
                self._staff[worker] = None
                if len(self._staff) <= self._limit or nested:
                    self._start(worker)
                    return True
                self._staff.pop(worker)  # others have come before, or withdraw as well
            except BaseException as error:
                self._staff.pop(worker, None)
                # A RuntimeError: too many threads, or the interpreter ends.
                if isinstance(error, RuntimeError) and self._staff:
                    return False
                self.withdraw(job)
                if isinstance(error, RuntimeError):
                    raise NoThreadError(str(error)) from None
                raise

    def withdraw(self, job: Job) -> None:
        """Take a job out of the queue, if it is there."""
        with suppress(ValueError, IndexError):  # IndexError: the queue changed meanwhile
            self._queue.remove(job)

    def is_full(self) -> bool:
        """Whether no more jobs may wait."""
        free = self._parked or len(self._staff) < self._limit
        return len(self._queue) >= self._backlog and not free

    def can_serve(self) -> bool:
        """Whether the caller may wait for the threads: it is none of them, and they run.

        At the very end of the interpreter finalizers still do, but no other thread.
        """
        return threading.get_ident() not in self._idents and not sys.is_finalizing()

    def _start(self, worker: _Worker) -> None:
        if _MAIN:
            _thread.start_new_thread(self._work, (worker,))
        else:
            threading.Thread(target=self._work, args=(worker,), daemon=False).start()

    def _work(self, worker: _Worker) -> None:
        """Run jobs, until there was none for a while."""
        ident = threading.get_ident()
        self._idents.add(ident)
        first = True
        while True:
            while job := self._next(worker):
                job.run(first)
                first = False
                del job  # an idle thread must not keep alive what it worked for
            self._staff.pop(worker, None)
            # A job that was queued before relied on this thread, for it was still there.
            if not self._queue:
                break
            self._staff[worker] = None
        self._idents.discard(ident)

    def _next(self, worker: _Worker) -> Job | None:
        """The next job; None when there was none for a while."""
        while True:
            with suppress(IndexError):
                return self._queue.popleft()
            if not worker.lingers:
                return None
            self._parked.append(worker)
            rang = bool(self._queue) or worker.doze(_IDLE_SECONDS)
            try:
                self._parked.remove(worker)
            except ValueError:
                continue  # somebody has rung, or is about to
            if not rang:
                return None
