"""Cases that could hang or crash the whole process: ``resolver_life.py CASE``, which prints "done".

Run by tests/lookup/test_resolver_life.py. The look-up is a function of ours in `socket`'s place.
"""

import asyncio
import atexit
import faulthandler
import itertools
import resource
import signal
import socket
import sys
import threading
from contextlib import suppress

import pytest

import fastsock
import fastsock.lookup.workers
from fastsock import Resolver

faulthandler.dump_traceback_later(40, exit=True)


def rows(host, port, *hints):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]


socket.getaddrinfo = rows
fastsock.lookup.workers._IDLE_SECONDS = 0.05  # ends idle threads of many resolvers early
ROWS = rows("", 80)


class NoThreads:
    """Keeps threads from being started, as a limit on memory or processes does."""

    def __enter__(self):
        self.limits = resource.getrlimit(resource.RLIMIT_AS)
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        # Too little for a thread's stack, enough for all else. And no stack that an ended thread
        # has left is large enough: the C library would give a new thread that one.
        self.stack_size = threading.stack_size(1 << 28)
        resource.setrlimit(resource.RLIMIT_AS, (used + (4 << 20), self.limits[1]))

    def __exit__(self, *exc):
        resource.setrlimit(resource.RLIMIT_AS, self.limits)
        threading.stack_size(self.stack_size)


def no_thread():
    resolver = Resolver(workers=2, stale_ttl=60)
    with NoThreads():
        try:
            threading.Thread(target=print).start()
        except RuntimeError:
            pass
        else:
            raise AssertionError("threads can be started")
        # No thread could do it, and no deadline must be kept.
        assert resolver.getaddrinfo("name", 80) == ROWS
        assert resolver.many(["name", "other"], 80) == [ROWS, ROWS]
        for timeout in (0, 5):
            with pytest.raises(RuntimeError, match="start"):
                resolver.getaddrinfo("name", 80, timeout=timeout)
        with pytest.raises(RuntimeError, match="start"):
            asyncio.run(resolver.agetaddrinfo("name", 80))
        assert resolver.info().pending == 0
    assert asyncio.run(resolver.agetaddrinfo("name", 80, timeout=50)) == ROWS
    with NoThreads():  # there is a worker, and that is enough
        assert resolver.getaddrinfo("third", 80, timeout=50) == ROWS


def no_thread_among_busy_ones():
    gate = threading.Event()
    began = threading.Semaphore(0)

    def slow(host, port, *hints):
        began.release()
        assert gate.wait(60)
        return rows(host, port)

    socket.getaddrinfo = slow
    resolver = Resolver(workers=2)
    results = []
    first = threading.Thread(target=lambda: results.append(resolver.getaddrinfo("first", 80)))
    first.start()
    began.acquire()
    opener = threading.Thread(target=lambda: (began.acquire(timeout=0.2), gate.set()))
    opener.start()
    with NoThreads():  # the second waits for the first one's worker
        results.append(resolver.getaddrinfo("second", 80, timeout=50))
    first.join()
    opener.join()
    assert results == [ROWS, ROWS]


def at_exit():
    """Handlers that resolve, before and after the resolver's own, with threads and without."""
    used, unused = Resolver(), Resolver()
    used.getaddrinfo("name", 80)

    def resolve(order):
        for number, resolver in enumerate((used, unused, Resolver())):
            assert resolver.getaddrinfo(f"{order}{number}", 80) == ROWS
        print(order)

    atexit.register(resolve, "done")


def signals(workers):
    """A timer whose handler resolves, finalizers that resolve, and threads that do."""
    resolver = Resolver(workers=workers, ttl=0, maxsize=50)
    numbers = itertools.count()
    handled = itertools.count()
    ended = []

    def ask(kind):
        assert resolver.getaddrinfo(f"{kind}{next(numbers) % 50}", 80) == ROWS
        assert resolver.getaddrinfo("all", 80) == ROWS

    def handle(*args):
        ask("handler")
        resolver.clear("handler3")
        resolver.info()
        next(handled)
        if not ended:
            signal.setitimer(signal.ITIMER_REAL, 0.001)

    class Finalizer:
        def __init__(self):
            self.cycle = self

        def __del__(self):
            ask("finalizer")

    def work():
        for turn in range(500):
            Finalizer()
            ask("thread")
            with suppress(TimeoutError):
                resolver.getaddrinfo(f"given up {turn}", 80, timeout=0)

    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.001)
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    # The handler stays: the interpreter warns of a signal that came just before it is taken away.
    ended.append(True)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert next(handled) > 10


def interrupted_everywhere(workers):
    """A call that is interrupted, after each line of ours in turn, by one that resolves."""
    spots = 0
    for host in ("same", "other"):
        for target in itertools.count():
            resolver = Resolver(workers=workers)
            spot = itertools.count()
            hit = []

            def trace(frame, event, arg):
                if "fastsock" not in frame.f_code.co_filename:
                    return None
                if event == "line" and next(spot) == target and not hit:  # noqa: B023
                    hit.append(frame.f_lineno)  # noqa: B023
                    sys.settrace(None)
                    assert resolver.getaddrinfo(host, 80, timeout=50) == ROWS  # noqa: B023
                return trace

            sys.settrace(trace)
            try:
                assert resolver.getaddrinfo("same", 80, timeout=50) == ROWS
            finally:
                sys.settrace(None)
            if not hit:
                break
            spots += 1
    assert spots > 60, spots


def killed_everywhere(workers):
    """A call that a KeyboardInterrupt ends, after each line of ours in turn: the next one works."""
    for target in itertools.count():
        resolver = Resolver(workers=workers)
        spot = itertools.count()
        hit = []

        def trace(frame, event, arg):
            if "fastsock" not in frame.f_code.co_filename:
                return None
            if event == "line" and next(spot) == target and not hit:  # noqa: B023
                hit.append(f"{frame.f_code.co_qualname}:{frame.f_lineno}")  # noqa: B023
                raise KeyboardInterrupt
            return trace

        sys.settrace(trace)
        try:
            resolver.getaddrinfo("same", 80, timeout=50)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        for host in ("same", "other"):
            assert resolver.getaddrinfo(host, 80, timeout=20) == ROWS, hit
        if not hit:
            break


def subinterpreters():
    """Each has a resolver with idle workers when it is destroyed."""
    if sys.version_info >= (3, 13):
        import _interpreters as interpreters

        kinds = ["legacy", "isolated"]
    else:
        import _xxsubinterpreters as interpreters

        kinds = [False, True]
    code = (
        "import socket, fastsock\n"
        "socket.getaddrinfo = lambda host, port, *hints: [(2, 1, 6, '', ('192.0.2.1', port))]\n"
        "resolver = fastsock.Resolver()\n"
        "assert len(resolver.many(map(str, range(30)), 80, timeout=50)) == 30\n"
        "import threading\n"
        "while threading.active_count() > 1: pass\n"
    )
    for kind in kinds * 5:
        if sys.version_info >= (3, 13):
            interpreter = interpreters.create(kind)
        else:
            interpreter = interpreters.create(isolated=kind)
        failure = interpreters.run_string(interpreter, code)
        assert failure is None, failure
        interpreters.destroy(interpreter)


CASES = {
    "no_thread": no_thread,
    "no_thread_among_busy_ones": no_thread_among_busy_ones,
    "at_exit": at_exit,
    "signals_one": lambda: signals(1),
    "signals": lambda: signals(4),
    "interrupted_one": lambda: interrupted_everywhere(1),
    "interrupted": lambda: interrupted_everywhere(4),
    "killed": lambda: killed_everywhere(1),
    "subinterpreters": subinterpreters,
}

if __name__ == "__main__":
    CASES[sys.argv[1]]()
    assert fastsock.Resolver
    if sys.argv[1] != "at_exit":
        print("done")
