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

    started = []
    for job in jobs[1:]:
        thread = threading.Thread(target=_run, args=(job,))
        try:
            thread.start()
        except RuntimeError:  # too many threads, or the interpreter ends
            break
        started.append(thread)
    try:
        jobs[0]()
        for job in jobs[1 + len(started) :]:
            job()
        for thread in started:
            thread.join()
    except BaseException:
        stop.set()
        for thread in started:
            thread.join()
        raise


def _run(job: Callable[[], object]) -> None:
    with suppress(Exception):  # as `run_all` says
        job()
