"""Threads for one call: its jobs run at the same time, and have ended when it returns."""

from __future__ import annotations

import os
from contextlib import suppress

from .._core.typed import TYPE_CHECKING
from .errors import bad_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

MOST = 256
"""How many threads are started at most, whatever a caller asks for."""

PART = 1 << 22
"""Bytes of a capture that are worth a thread."""


def number_of(threads: int) -> int:
    """How many threads to use; 0 asks for one a core that the process may use.

    Raises:
        ValueError: less than 0.
    """
    if threads < 0:
        raise bad_threads(threads)
    return min(threads or _cores(), MOST)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_all(jobs: Sequence[Callable[[], object]], stop: Event) -> None:
    """Run the first job here, and the others on threads of their own.

    An exception of the first, of a signal handler for example, sets `stop` and is raised. An
    exception of another ends that one: whoever joins their results sees that it did not finish.
    """
    import threading

    others: list[threading.Thread] = []
    try:
        for job in jobs[1:]:
            others.append(threading.Thread(target=_run, args=(job,)))
            try:
                others[-1].start()
            except RuntimeError:  # too many threads, or the interpreter ends
                del others[-1]
                break
        jobs[0]()
        for job in jobs[1 + len(others) :]:
            job()
        for thread in others:
            thread.join()
    except BaseException:
        stop.set()
        for thread in others:
            if thread.ident is not None:  # one that has not begun sees `stop` when it does
                thread.join()
        raise


def _run(job: Callable[[], object]) -> None:
    with suppress(Exception):  # as `run_all` says
        job()
