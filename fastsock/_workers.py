"""Threads that do blocking calls for others: few, started on demand, gone when idle.

`concurrent.futures` would join its threads when the interpreter ends, and so wait
for a dead name server. These are daemons.

No lock is held here while Python code can run: a signal handler or a finalizer may
come between any two steps, and submit a job of its own. Each step is therefore one
operation on a list, dict, set or deque, which no thread sees half done. Whoever waits
for another is entered first and looks second, so that one of the two sees the other.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections import deque
from itertools import count
from typing import Protocol

_IDLE_SECONDS = 10.0
_JOIN_SECONDS = 5.0  # far more than a thread takes that has nothing left to do


class Job(Protocol):
    """What a worker runs."""

    def run(self, first: bool) -> None:
        """Do the job, and raise nothing. `first`: the thread has done none before."""


class NoThreadError(RuntimeError):
    """No thread can be started."""


class QueueFullError(Exception):
    """As many jobs wait as may wait."""


class _Worker:
    """A thread, the job that it was given, and the bell that wakes it."""

    def __init__(self, job: Job, extra: bool) -> None:
        self.job: Job | None = job
        self.extra = extra  # beyond the limit
        self.lingers = not extra
        self.thread: threading.Thread | None = None
        self._bell = threading.Lock()
        self._bell.acquire()

    def ring(self) -> None:
        """Wake it: it has a job, or should look for one."""
        self._bell.release()

    def doze(self, timeout: float = -1) -> bool:
        """Wait for the bell; whether it rang."""
        return self._bell.acquire(timeout=timeout)

    def take(self) -> Job | None:
        """What it was given."""
        job, self.job = self.job, None
        return job


class Workers:
    """At most `limit` threads, and at most `backlog` jobs that wait for one."""

    def __init__(self, limit: int, backlog: int) -> None:
        self._limit = limit
        self._backlog = backlog
        self._queue: deque[Job] = deque()
        self._parked: list[_Worker] = []  # idle
        self._staff: dict[_Worker, None] = {}  # all, from before they start until they leave
        self._idents: set[int] = set()  # theirs, as threads
        self._hired = count()
        self._vacant: list[None] = []  # places of those who left
        self._submitting: set[int] = set()  # threads that are in `submit`
        self._closing = False
        _pools.add(self)

    def submit(self, job: Job) -> bool:
        """Have a thread run `job`; whether it has one, else it waits in the queue.

        Raises:
            NoThreadError: there is no thread, and none can be started.
            QueueFullError: too many jobs wait already.
        """
        ident = threading.get_ident()
        # Whoever interrupts this function can't rely on what it was about to do: the thread that
        # has the last place may not be started. It gets a thread beyond the limit.
        nested = ident in self._submitting
        self._submitting.add(ident)
        try:
            return self._place(job, nested)
        finally:
            if not nested:
                self._submitting.discard(ident)

    def _place(self, job: Job, nested: bool) -> bool:
        while True:
            startable = True
            try:
                if self._hand_over(job, nested):
                    return True
            except NoThreadError:
                if not self._staff:
                    raise
                startable = False
            if self.is_full():
                raise QueueFullError(f"{self._backlog} look-ups wait already")
            self._queue.append(job)
            # Whoever became free before the job was there does not look for it any more.
            free = self._parked or not self._staff or (startable and self._vacant)
            if not free or not self.withdraw(job):
                return False

    def _hand_over(self, job: Job, nested: bool) -> bool:
        """Give a job to an idle thread or a new one; whether there was one."""
        worker = self._pop_parked()
        if worker is not None:
            worker.job = job
            worker.ring()
            return True
        extra = not self._reserve()
        if extra and not nested:
            return False
        self._start(_Worker(job, extra))
        return True

    def withdraw(self, job: Job) -> bool:
        """Take a job out of the queue; whether it was there."""
        try:
            self._queue.remove(job)
        except (ValueError, IndexError):  # IndexError: the queue changed meanwhile
            return False
        return True

    def is_full(self) -> bool:
        """Whether no more jobs may wait."""
        return len(self._queue) >= self._backlog

    def is_worker(self) -> bool:
        """Whether the caller is one of the threads: it must not wait for them."""
        return threading.get_ident() in self._idents

    def close(self) -> None:
        """Send idle threads away, and the others after their jobs."""
        self._closing = True
        leaving = []
        while (worker := self._pop_parked()) is not None:
            leaving.append(worker.thread)
            worker.ring()
        for thread in leaving:
            if thread is not None:
                thread.join(_JOIN_SECONDS)

    def _pop_parked(self) -> _Worker | None:
        try:
            return self._parked.pop()
        except IndexError:
            return None

    def _unpark(self, worker: _Worker) -> bool:
        """Take a worker's own name off the list; whether nobody else has done so."""
        try:
            self._parked.remove(worker)
        except ValueError:
            return False
        return True

    def _reserve(self) -> bool:
        """Take a place for a thread; whether there was one."""
        try:
            self._vacant.pop()
        except IndexError:
            return next(self._hired) < self._limit
        return True

    def _leave(self, worker: _Worker) -> None:
        self._staff.pop(worker, None)
        if not worker.extra:
            self._vacant.append(None)

    def _start(self, worker: _Worker) -> None:
        """Start a thread, or leave nothing of it."""
        self._staff[worker] = None
        try:
            worker.thread = self._new_thread(worker)
            worker.thread.start()
        except BaseException as error:
            self._leave(worker)
            if isinstance(error, RuntimeError):  # no memory for it, or the interpreter ends
                raise NoThreadError(str(error)) from None
            raise

    def _new_thread(self, worker: _Worker) -> threading.Thread:
        name = "fastsock-resolver"
        try:
            return threading.Thread(target=self._work, args=(worker,), name=name, daemon=True)
        except RuntimeError:  # a sub-interpreter that has no daemons, and whose end waits for all
            worker.lingers = False
            return threading.Thread(target=self._work, args=(worker,), name=name, daemon=False)

    def _work(self, worker: _Worker) -> None:
        """What each thread does."""
        ident = threading.get_ident()
        self._idents.add(ident)
        first = True
        while True:
            while job := worker.take() or self._next(worker):
                job.run(first)
                first = False
                del job  # an idle thread must not keep alive what it worked for
            self._leave(worker)
            # A job may have been queued before, because this thread's place was taken.
            if worker.extra or not self._queue or not self._reserve():
                break
            self._staff[worker] = None
        self._idents.discard(ident)

    def _next(self, worker: _Worker) -> Job | None:
        """The next job; None when there was none for a while."""
        while True:
            try:
                return self._queue.popleft()
            except IndexError:
                pass
            if self._closing or not worker.lingers:
                return None
            self._parked.append(worker)
            idle = not self._queue and not self._closing
            rang = idle and worker.doze(_IDLE_SECONDS)
            if not rang and not self._unpark(worker):
                rang = worker.doze()  # somebody is about to ring
            if (job := worker.take()) is not None:
                return job
            if idle and not rang:
                return None


_pools: weakref.WeakSet[Workers] = weakref.WeakSet()


def _close_all() -> None:
    """At the interpreter's end. A sub-interpreter can't be destroyed while it has a thread."""
    for workers in list(_pools):
        workers.close()


atexit.register(_close_all)
