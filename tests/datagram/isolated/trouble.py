"""Failures around a batch: python trouble.py {c,py} CASE, in a process of its own."""

import gc
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

COLUMNS = ["peer_addresses", "peer_ports", "truncated", "dropped", "local_addresses",
           "interfaces", "tos", "timestamps", "peer_family"]  # fmt: skip

datagram = import_module(f"fastsock.datagram._{sys.argv[1]}")


def pair():
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.bind(("127.0.0.1", 0))
    there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    there.connect(here.getsockname())
    return here, there


def signals():
    """A handler that returns lets the call continue; one that raises ends it without loss."""
    here, there = pair()
    for timeout in (None, 30):
        here.settimeout(timeout)
        calls = []
        batch = datagram.DatagramBatch()

        def look(number, frame, batch=batch, calls=calls):
            try:
                batch.payloads()
            except RuntimeError as error:
                calls.append(str(error))

        signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        timer = threading.Timer(0.3, there.send, (b"late",))
        timer.start()
        assert batch.recv(here) == 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        timer.join()
        assert set(calls) == {"the batch is in use by another call"}, calls

        def stop(number, frame):
            raise ZeroDivisionError

        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            batch.recv(here)
        except ZeroDivisionError:
            pass
        else:
            raise AssertionError("the handler's exception got lost")
        there.send(b"next")
        assert batch.recv(here) == 1
        assert batch.payloads() == [b"next"]


def threads():
    """Many threads at one socket, a batch each: every datagram comes once."""
    here, there = pair()
    here.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
    here.settimeout(1)
    total, got, lock = 20_000, [], threading.Lock()
    done = threading.Event()

    def receive():
        batch = datagram.DatagramBatch(16)
        while not done.is_set():
            with suppress(TimeoutError):
                batch.recv(here)
                with lock:
                    got.extend(batch.payloads())
                    if len(got) == total:
                        done.set()

    workers = [threading.Thread(target=receive) for _ in range(4)]
    for worker in workers:
        worker.start()
    words = [b"%d" % n for n in range(total)]
    for at in range(0, total, 100):
        assert datagram.send_batch(there, words[at : at + 100]) == 100
        while at - len(got) > 2000:
            time.sleep(0.001)
    assert done.wait(60), len(got)
    for worker in workers:
        worker.join()
    assert sorted(got) == sorted(words)


def shared():
    """One batch in many threads: a call works, or says that the batch is in use."""
    here, there = pair()
    here.settimeout(0.001)
    batch = datagram.DatagramBatch(8)
    end = time.monotonic() + 1
    failures = []

    def work(call):
        while time.monotonic() < end:
            try:
                call()
            except (TimeoutError, BlockingIOError):
                pass
            except RuntimeError as error:
                if str(error) != "the batch is in use by another call":
                    failures.append(error)
            except BaseException as error:
                failures.append(error)

    calls = [
        lambda: batch.recv(here),
        batch.payloads,
        batch.views,
        batch.peers,
        lambda: batch.peer_addresses,
        lambda: list(batch.peer_ports),
        lambda: batch.dropped,
        lambda: there.send(b"x" * 100),
        lambda: datagram.send_batch(there, [b"y"] * 5),
    ]
    workers = [threading.Thread(target=work, args=(call,)) for call in calls * 2]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures, failures


def fork():
    """A child inherits the batch; afterwards both are independent."""
    here, there = pair()
    batch = datagram.DatagramBatch(4)
    there.send(b"before")
    batch.recv(here)
    views = batch.views()
    child = os.fork()
    if child == 0:
        right = batch.payloads() == [b"before"]
        there.send(b"child")
        right &= batch.recv(here) == 1 and batch.payloads() == [b"child"]
        os._exit(0 if right and bytes(views[0]) == b"before" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert batch.payloads() == [b"before"] == [bytes(view) for view in views]


def closing():
    """A socket that another thread closes ends a wait with an error, in time."""
    for timeout in (0.3, 0.3):
        here, there = pair()
        here.settimeout(timeout)
        timer = threading.Timer(0.05, here.close)
        timer.start()
        try:
            datagram.DatagramBatch().recv(here)
        except (TimeoutError, OSError):
            pass
        else:
            raise AssertionError("there was nothing to receive")
        timer.join()
    # A shutdown wakes a thread that waits without a timeout.
    here, there = pair()
    here.connect(there.getsockname())
    timer = threading.Timer(0.05, here.shutdown, (socket.SHUT_RD,))
    timer.start()
    assert datagram.DatagramBatch().recv(here) == 0
    timer.join()


def memory():
    """No call leaks memory, whether it returns or raises."""
    here, there = pair()
    here.setblocking(False)
    name = here.getsockname()
    own = bytearray(b"data")

    def work():
        batch = datagram.DatagramBatch(4, 100, gro=True, local=True, tos=True, timestamps=True)
        for datagrams, peers in (
            ([b"x", own, memoryview(own)], None),
            ([(b"x", None), (own, None)], None),
            ([own, "text"], None),
            ([own, b"x"], [None]),
            ([own], [("127.0.0.1", 99999)]),
            ([own], [("nobody", 1)]),
        ):
            with suppress(Exception):
                datagram.send_batch(there, datagrams, peers)
        with suppress(Exception):
            datagram.send_batch(here, [own, own], name)
        for _ in range(4):
            with suppress(BlockingIOError):
                batch.recv(here)
                views = batch.views()
                batch.payloads(), batch.peers(), list(batch), repr(batch)
                for column in COLUMNS:
                    getattr(batch, column)
                del views
        with suppress(ValueError):
            datagram.DatagramBatch(0)

    for _ in range(30):
        work()
    gc.collect()
    import tracemalloc  # PyPy has none

    tracemalloc.start()
    references, before = sys.getrefcount(name), tracemalloc.get_traced_memory()[0]
    calls = 300
    for _ in range(calls):
        work()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    assert grown < calls * 8, f"{grown / calls} bytes a call"
    assert abs(sys.getrefcount(name) - references) < calls // 2
    own.append(0)  # refused while a buffer is still held
    assert len(list(Path("/proc/self/fd").iterdir())) < 20


{f.__name__: f for f in (signals, threads, shared, fork, closing, memory)}[sys.argv[2]]()
