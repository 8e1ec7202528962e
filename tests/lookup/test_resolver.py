"""The resolver over a look-up that the tests control. Real servers: test_namespace.py."""

import asyncio
import itertools
import math
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

import fastsock
from fastsock import Resolver
from fastsock.lookup.resolver import rotate

STREAM = socket.SOCK_STREAM


def rows_of(port, *addresses, canonname=""):
    return [
        (
            socket.AF_INET6 if ":" in address else socket.AF_INET,
            STREAM,
            6,
            "" if number else canonname,
            (address, port, 0, 0) if ":" in address else (address, port),
        )
        for number, address in enumerate(addresses)
    ]


class FakeDNS:
    """A stand-in for `socket.getaddrinfo`: answers, errors, and a gate to hold calls at."""

    def __init__(self):
        self.calls = []
        self.addresses = {}
        self.errors = {}
        self.gate = threading.Event()
        self.gate.set()

    def getaddrinfo(self, host, port, family=0, type=0, proto=0, flags=0):  # noqa: A002
        self.calls.append(host)
        assert self.gate.wait(20)
        if host in self.errors:
            raise self.errors[host]
        return rows_of(port, *self.addresses.get(host, ["192.0.2.1"]))


@pytest.fixture
def dns(monkeypatch):
    dns = FakeDNS()
    monkeypatch.setattr(socket, "getaddrinfo", dns.getaddrinfo)
    yield dns
    dns.gate.set()


class Clock:
    """The resolver's clock."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(fastsock.lookup.resolver, "monotonic", clock)
    return clock


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def gaierror(name):
    return socket.gaierror(getattr(socket, name), "as told")


# What is cached.


def test_one_entry_for_all_ports(dns):
    resolver = Resolver()
    assert resolver.getaddrinfo("name", 80) == rows_of(80, "192.0.2.1")
    assert resolver.getaddrinfo("name", 443) == rows_of(443, "192.0.2.1")
    assert resolver.getaddrinfo("name", 443) == rows_of(443, "192.0.2.1")
    assert dns.calls == ["name"]
    assert resolver.info()[:2] == (2, 1)


def test_what_is_no_port_number_has_an_entry_of_its_own(dns):
    resolver = Resolver()
    for port in ("80", b"80", None, 80, 70000, True):
        resolver.getaddrinfo("name", port)
        resolver.getaddrinfo("name", port)
    assert len(dns.calls) == 6


def test_ipv6_rows_keep_flow_and_scope(dns):
    dns.addresses["name"] = ["fe80::1", "192.0.2.1"]
    resolver = Resolver()
    resolver.getaddrinfo("name", 1)
    assert resolver.getaddrinfo("name", 2) == rows_of(2, "fe80::1", "192.0.2.1")


def test_hints_tell_answers_apart(dns):
    resolver = Resolver()
    for hints in ((), (socket.AF_INET,), (0, STREAM), (0, 0, 6), (0, 0, 0, socket.AI_CANONNAME)):
        resolver.getaddrinfo("name", 80, *hints)
        resolver.getaddrinfo("name", 80, *hints)
    assert len(dns.calls) == 5
    assert resolver.getaddrinfo("name", 80, type=STREAM)
    assert len(dns.calls) == 5


def test_answers_are_copies(dns):
    resolver = Resolver()
    resolver.getaddrinfo("name", 80).clear()
    resolver.getaddrinfo("name", 80).append("mine")
    assert resolver.getaddrinfo("name", 80) == rows_of(80, "192.0.2.1")


def test_errors_are_copies(dns):
    dns.errors["name"] = gaierror("EAI_NONAME")
    resolver = Resolver(negative_ttl=60)
    caught = []
    for _ in range(3):
        with pytest.raises(socket.gaierror, match="as told") as error:
            resolver.getaddrinfo("name", 80)
        caught.append(error.value)
    assert len(dns.calls) == 1
    assert len({id(error) for error in caught}) == 3
    assert dns.errors["name"] not in caught


def test_literals_and_no_host_are_not_cached(dns):
    resolver = Resolver()
    for host in ("192.0.2.1", "2001:db8::1", "fe80::1%1", None, "", b""):
        resolver.getaddrinfo(host, 80)
    resolver.getaddrinfo("name", 80, flags=socket.AI_NUMERICHOST)
    info = resolver.info()
    assert (info.entries, info.misses, info.hits) == (0, 0, 0)


@pytest.mark.parametrize(
    "name", ["EAI_AGAIN", "EAI_FAIL", "EAI_MEMORY", "EAI_SYSTEM", "EAI_FAMILY"]
)
def test_failures_are_not_cached(dns, name):
    dns.errors["name"] = gaierror(name)
    resolver = Resolver(negative_ttl=60)
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            resolver.getaddrinfo("name", 80)
    assert len(dns.calls) == 2


def test_odd_errors_reach_the_caller(dns):
    dns.errors["name"] = UnicodeEncodeError("idna", "x", 0, 1, "label too long")
    dns.errors["other"] = RuntimeError("from a patched socket")
    with pytest.raises(UnicodeEncodeError):
        Resolver().getaddrinfo("name", 80)
    with pytest.raises(RuntimeError, match="patched"):
        Resolver().getaddrinfo("other", 80)
    with pytest.raises(ValueError, match="null"):
        Resolver().getaddrinfo("na\0me", 80)


@pytest.mark.parametrize(
    ("host", "port"), [(["a"], 80), (bytearray(b"a"), 80), ("localhost", [80]), (["a"], [80])]
)
def test_arguments_without_a_hash(host, port):
    """They are refused as `getaddrinfo` refuses them."""
    with pytest.raises((TypeError, OSError)) as expected:
        fastsock.getaddrinfo(host, port)
    resolver = Resolver()
    calls = (
        lambda: resolver.getaddrinfo(host, port),
        lambda: asyncio.run(resolver.agetaddrinfo(host, port)),
    )
    for call in calls:
        with pytest.raises(expected.type) as caught:
            call()
        assert str(caught.value) == str(expected.value)
    (error,) = resolver.many([host], port)
    assert (type(error), str(error)) == (expected.type, str(expected.value))


def test_the_oldest_go_first(dns):
    resolver = Resolver(maxsize=2)
    resolver.getaddrinfo("a", 80)
    resolver.getaddrinfo("b", 80)
    resolver.getaddrinfo("a", 80)
    resolver.getaddrinfo("c", 80)
    assert resolver.info().entries == 2
    resolver.getaddrinfo("a", 80)
    assert dns.calls == ["a", "b", "c"]
    resolver.getaddrinfo("b", 80)
    assert dns.calls == ["a", "b", "c", "b"]


def test_the_order_of_use_over_many_calls(dns, monkeypatch):
    """A list in the order of use predicts which names are asked for anew."""
    ticks = itertools.count()
    monkeypatch.setattr(fastsock.lookup.resolver, "monotonic", lambda: next(ticks) * 1e-6)
    resolver = Resolver(maxsize=5)
    choice = random.Random(1)
    kept, expected = [], []
    for turn in range(500):
        name = f"n{choice.randrange(9)}"
        if turn % 97 == 0:
            resolver.clear(name)
            kept = [other for other in kept if other != name]
        resolver.getaddrinfo(name, 80)
        if name not in kept:
            expected.append(name)
        kept = [*(other for other in kept if other != name), name][-5:]
    assert dns.calls == expected


@pytest.mark.parametrize("settings", [{"ttl": 0}, {"maxsize": 0}])
def test_a_resolver_that_keeps_nothing(dns, settings):
    resolver = Resolver(**settings)
    for _ in range(2):
        assert resolver.getaddrinfo("name", 80)
    assert len(dns.calls) == 2


def test_clear(dns):
    resolver = Resolver()
    for host in ("a", "b"):
        resolver.getaddrinfo(host, 80)
        resolver.getaddrinfo(host, "80")
    resolver.clear("a")
    assert resolver.info().entries == 2
    resolver.getaddrinfo("b", 80)
    assert len(dns.calls) == 4
    resolver.clear()
    assert resolver.info().entries == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"ttl": -1},
        {"negative_ttl": -1},
        {"stale_ttl": -1},
        {"maxsize": -1},
        {"workers": 0},
        {"timeout": -1},
    ],
)
def test_wrong_settings(settings):
    with pytest.raises(ValueError, match="negative"):
        Resolver(**settings)


def test_a_negative_timeout(dns):
    with pytest.raises(ValueError, match="timeout"):
        Resolver().getaddrinfo("name", 80, timeout=-1)
    with pytest.raises(ValueError, match="timeout"):
        Resolver().many(["name"], 80, timeout=-1)


# Rotation.


def test_rotation_leaves_families_where_they_are():
    rows = rows_of(80, "2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", canonname="name")
    turns = [[row[4][0] for row in rotate(rows, turn)] for turn in range(3)]
    assert turns == [
        ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"],
        ["2001:db8::2", "2001:db8::1", "192.0.2.2", "192.0.2.1"],
        ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"],
    ]
    assert [row[3] for row in rotate(rows, 1)] == ["name", "", "", ""]


def test_rotation_keeps_the_rows_of_an_address_together():
    rows = [
        (socket.AF_INET, kind, proto, "", (address, 80))
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3")
        for kind, proto in ((STREAM, 6), (socket.SOCK_DGRAM, 17))
    ]
    assert rotate(rows, 1) == rows[2:] + rows[:2]
    assert rotate(rows, 3) == rows


def test_a_rotating_resolver(dns):
    dns.addresses["name"] = ["192.0.2.1", "192.0.2.2"]
    resolver = Resolver(rotate=True)
    firsts = [resolver.getaddrinfo("name", port)[0][4] for port in (80, 81, 82)]
    assert firsts == [("192.0.2.1", 80), ("192.0.2.2", 81), ("192.0.2.1", 82)]


# Who waits for whom.


def test_threads_that_ask_together_ask_once(dns):
    resolver = Resolver()
    dns.gate.clear()
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(resolver.getaddrinfo("name", 80)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: resolver.info().misses == 20)
    dns.gate.set()
    for thread in threads:
        thread.join(10)
    assert results == [rows_of(80, "192.0.2.1")] * 20
    assert dns.calls == ["name"]
    assert resolver.info().joined == 19


def test_all_who_wait_get_the_error(dns):
    resolver = Resolver()
    dns.gate.clear()
    dns.errors["name"] = gaierror("EAI_AGAIN")

    async def main():
        tasks = [asyncio.create_task(resolver.agetaddrinfo("name", 80)) for _ in range(5)]
        await asyncio.sleep(0)
        dns.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    errors = asyncio.run(main())
    assert all(isinstance(error, socket.gaierror) for error in errors)
    assert len({id(error) for error in errors}) == 5
    assert dns.calls == ["name"]


def test_a_hit_does_not_suspend(dns):
    resolver = Resolver()
    resolver.getaddrinfo("name", 80)
    for host in ("name", "192.0.2.1"):
        with pytest.raises(StopIteration) as done:
            resolver.agetaddrinfo(host, 80).send(None)
        assert done.value.value


@pytest.mark.parametrize("first", [True, False])
def test_cancelling_one_waiter_hurts_no_other(dns, first):
    resolver = Resolver()
    dns.gate.clear()

    async def main():
        tasks = [asyncio.create_task(resolver.agetaddrinfo("name", 80)) for _ in range(2)]
        await asyncio.sleep(0)
        doomed, other = tasks if first else tasks[::-1]
        doomed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doomed
        dns.gate.set()
        return await other

    assert asyncio.run(main()) == rows_of(80, "192.0.2.1")
    assert dns.calls == ["name"]


def test_a_loop_that_closed_is_no_trouble(dns):
    resolver = Resolver()
    dns.gate.clear()
    loop = asyncio.new_event_loop()
    task = loop.create_task(resolver.agetaddrinfo("name", 80))
    loop.run_until_complete(asyncio.sleep(0))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
    dns.gate.set()
    assert resolver.getaddrinfo("name", 80)
    assert dns.calls == ["name"]


def test_a_late_answer_fills_the_cache(dns):
    resolver = Resolver()
    dns.gate.clear()
    with pytest.raises(TimeoutError) as caught:
        resolver.getaddrinfo("name", 80, timeout=0.01)
    assert "name" in str(caught.value)
    with pytest.raises(TimeoutError):
        asyncio.run(resolver.agetaddrinfo("name", 80, timeout=0.01))
    dns.gate.set()
    wait_until(lambda: resolver.info().entries == 1)
    assert resolver.getaddrinfo("name", 80, timeout=0)
    assert dns.calls == ["name"]


def test_no_more_threads_than_workers(dns):
    resolver = Resolver(workers=3)
    dns.gate.clear()
    hosts = [f"name{number}" for number in range(10)]
    results = resolver.many(hosts, 80, timeout=0.05)
    assert all(isinstance(result, TimeoutError) for result in results)
    wait_until(lambda: len(dns.calls) >= 3)
    assert len(dns.calls) == 3
    dns.gate.set()
    assert resolver.many(hosts, 80) == [rows_of(80, "192.0.2.1")] * 10
    assert sorted(dns.calls) == sorted(hosts)


def test_many_in_order_with_their_errors(dns):
    dns.errors["bad"] = gaierror("EAI_NONAME")
    hosts = ["a", "bad", "192.0.2.9", "a", "", "na\0me"]
    dns.errors[""] = gaierror("EAI_NONAME")
    for results in (Resolver().many(iter(hosts), 80), asyncio.run(Resolver().amany(hosts, 80))):
        kinds = [type(result).__name__ for result in results]
        assert kinds == ["list", "gaierror", "list", "list", "gaierror", "ValueError"]
    assert Resolver().many([], 80) == []


def test_a_look_up_that_was_cleared_is_not_kept(dns):
    resolver = Resolver()
    dns.gate.clear()
    results = []
    thread = threading.Thread(target=lambda: results.append(resolver.getaddrinfo("name", 80)))
    thread.start()
    wait_until(lambda: dns.calls)
    resolver.clear("name")
    dns.gate.set()
    thread.join(10)
    assert results == [rows_of(80, "192.0.2.1")]
    assert resolver.info().entries == 0


# Old answers.


@pytest.mark.parametrize("name", ["EAI_AGAIN", "EAI_FAIL"])
def test_an_old_answer_while_the_server_fails(dns, clock, name):
    resolver = Resolver(ttl=10, stale_ttl=60, negative_ttl=0)
    rows = resolver.getaddrinfo("name", 80)
    clock.now += 10
    dns.errors["name"] = gaierror(name)
    assert resolver.getaddrinfo("name", 80) == rows
    assert resolver.getaddrinfo("name", 81) == rows_of(81, "192.0.2.1")
    assert resolver.info().stale == 2
    dns.errors.clear()
    dns.addresses["name"] = ["192.0.2.2"]
    assert resolver.getaddrinfo("name", 80) == rows_of(80, "192.0.2.2")


def test_no_old_answer_beyond_its_time_or_for_a_missing_name(dns, clock):
    resolver = Resolver(ttl=10, stale_ttl=10)
    resolver.getaddrinfo("name", 80)
    clock.now += 20
    dns.errors["name"] = gaierror("EAI_AGAIN")
    with pytest.raises(socket.gaierror):
        resolver.getaddrinfo("name", 80)
    resolver = Resolver(ttl=10, stale_ttl=60)
    resolver.getaddrinfo("other", 80)
    clock.now += 10
    dns.errors["other"] = gaierror("EAI_NONAME")
    with pytest.raises(socket.gaierror):
        resolver.getaddrinfo("other", 80)


def test_the_server_is_left_alone_no_longer_than_the_old_answer_holds(dns, clock):
    resolver = Resolver(ttl=10, stale_ttl=5, negative_ttl=60)
    rows = resolver.getaddrinfo("name", 80)
    dns.errors["name"] = gaierror("EAI_AGAIN")
    clock.now += 11
    assert resolver.getaddrinfo("name", 80) == rows
    asked = len(dns.calls)
    clock.now += 3.9
    assert resolver.getaddrinfo("name", 80) == rows
    assert len(dns.calls) == asked  # it was left alone
    clock.now += 0.1
    with pytest.raises(socket.gaierror):
        resolver.getaddrinfo("name", 80)
    assert len(dns.calls) == asked + 1


@pytest.mark.parametrize(
    "error",
    [gaierror("EAI_MEMORY"), gaierror("EAI_FAMILY"), gaierror("EAI_NONAME"), socket.gaierror(),
     OSError(5, "x"), TimeoutError(110, "x"), ValueError("x"), RuntimeError("x"), SystemExit(3)],
    ids=repr,
)  # fmt: skip
def test_no_old_answer_for_other_errors(dns, clock, error):
    resolver = Resolver(ttl=10, stale_ttl=60)
    resolver.getaddrinfo("name", 80)
    clock.now += 10
    dns.errors["name"] = error
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            resolver.getaddrinfo("name", 80)
        assert caught.value.args == error.args
    assert resolver.info().stale == 0
    assert resolver.info().pending == 0


def test_an_error_that_can_not_be_copied(dns):
    class OddError(Exception):
        def __init__(self, a, b):
            super().__init__()

    dns.errors["name"] = OddError(1, 2)
    for _ in range(2):
        with pytest.raises(OddError):
            Resolver().getaddrinfo("name", 80)


# Who goes first, and who goes.


def test_what_nobody_waits_for_is_not_begun(dns):
    resolver = Resolver(workers=1)
    dns.gate.clear()
    with pytest.raises(TimeoutError):
        resolver.getaddrinfo("first", 80, timeout=0)
    wait_until(lambda: dns.calls == ["first"])
    for number in range(100):
        with pytest.raises(TimeoutError):
            resolver.getaddrinfo(f"dead{number}", 80, timeout=0)
    assert resolver.info().pending == 1

    async def give_up():
        tasks = [asyncio.create_task(resolver.agetaddrinfo(f"x{n}", 80)) for n in range(100)]
        await asyncio.sleep(0)
        assert resolver.info().pending == 101
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(give_up())
    assert resolver.info().pending == 1
    assert len(resolver._workers._queue) == 0
    dns.gate.set()
    assert resolver.getaddrinfo("good", 80)
    assert dns.calls == ["first", "good"]


def test_what_somebody_else_waits_for_stays(dns):
    resolver = Resolver(workers=1)
    dns.gate.clear()
    with pytest.raises(TimeoutError):
        resolver.getaddrinfo("first", 80, timeout=0)
    results = []
    thread = threading.Thread(target=lambda: results.append(resolver.getaddrinfo("name", 80)))
    thread.start()
    wait_until(lambda: resolver.info().pending == 2)
    with pytest.raises(TimeoutError):
        resolver.getaddrinfo("name", 80, timeout=0)
    assert resolver.info().pending == 2
    dns.gate.set()
    thread.join(10)
    assert results == [rows_of(80, "192.0.2.1")]


def test_what_has_begun_goes_on_without_a_waiter(dns):
    resolver = Resolver(workers=2)
    for name in ("a", "b", "a"):  # a new thread, another one, an idle one
        dns.gate.clear()
        resolver.clear()
        with pytest.raises(TimeoutError):
            resolver.getaddrinfo(name, 80, timeout=0)
        dns.gate.set()
        wait_until(lambda: not resolver.info().pending)
        assert resolver.info().entries == 1


@pytest.mark.parametrize("backlog", [0, 3])
def test_a_full_queue(dns, clock, backlog):
    resolver = Resolver(workers=1, backlog=backlog, ttl=10, stale_ttl=60)
    rows = resolver.getaddrinfo("known", 80)
    clock.now += 10
    dns.gate.clear()

    async def main():
        first = asyncio.create_task(resolver.agetaddrinfo("n0", 80))
        while "n0" not in dns.calls:
            await asyncio.sleep(0.001)
        tasks = [
            asyncio.create_task(resolver.agetaddrinfo(f"n{number}", 80))
            for number in range(1, backlog + 3)
        ]
        await asyncio.sleep(0)
        assert await resolver.agetaddrinfo("known", 80) == rows  # an old answer is better
        while len([task for task in tasks if task.done()]) < 2:
            await asyncio.sleep(0)
        dns.gate.set()
        return await asyncio.gather(first, *tasks, return_exceptions=True)

    results = asyncio.run(main())
    refused = [result for result in results if isinstance(result, socket.gaierror)]
    assert len(refused) == 2
    assert refused[0].errno == socket.EAI_AGAIN
    assert str(backlog) in str(refused[0])
    assert resolver.info().pending == 0


def test_many_more_than_may_wait(dns):
    hosts = [f"n{number}" for number in range(200)]
    for results in (
        Resolver(workers=2, backlog=5).many(hosts, 80),
        asyncio.run(Resolver(workers=2, backlog=5).amany(hosts, 80)),
    ):
        assert results == [rows_of(80, "192.0.2.1")] * 200


def test_a_look_up_within_a_look_up(monkeypatch):
    """A thread of the resolver's own does not wait for itself."""
    resolver = Resolver(workers=1)

    def getaddrinfo(host, port, *hints):
        if host == "outer":
            return resolver.getaddrinfo("inner", port)
        return rows_of(port, "192.0.2.1")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert resolver.getaddrinfo("outer", 80, timeout=20) == rows_of(80, "192.0.2.1")


@pytest.mark.parametrize("timeout", [-1, -1e-9, math.nan, -math.inf])
def test_a_wrong_timeout_asks_nobody(dns, timeout):
    resolver = Resolver()
    resolver.getaddrinfo("known", 80)
    for host in ("known", "name", "192.0.2.1"):
        with pytest.raises(ValueError, match="timeout"):
            resolver.getaddrinfo(host, 80, timeout=timeout)
        with pytest.raises(ValueError, match="timeout"):
            asyncio.run(resolver.agetaddrinfo(host, 80, timeout=timeout))
        with pytest.raises(ValueError, match="timeout"):
            resolver.many([host], 80, timeout=timeout)
        with pytest.raises(ValueError, match="timeout"):
            asyncio.run(resolver.amany([host], 80, timeout=timeout))
    assert dns.calls == ["known"]
    with pytest.raises(ValueError, match="negative"):
        Resolver(timeout=timeout)


@pytest.mark.parametrize("timeout", [math.inf, 1e300, 1e10])
def test_a_timeout_without_end(dns, timeout):
    assert Resolver().getaddrinfo("a", 80, timeout=timeout)
    assert asyncio.run(Resolver(timeout=timeout).agetaddrinfo("a", 80))


# Threads, fork, and the end of the program.


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_first_look_up_of_a_forked_childs_thread_is_asked_once_more(dns):
    """With glibc it may read from the socket of a thread that the child lacks."""
    resolver = Resolver(workers=1)
    dns.errors["name"] = gaierror("EAI_AGAIN")
    with pytest.raises(socket.gaierror):
        resolver.getaddrinfo("name", 80)
    assert dns.calls == ["name"]
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)
        status = 1
        try:
            for _ in range(2):
                with pytest.raises(socket.gaierror):
                    resolver.getaddrinfo("name", 80)
            assert dns.calls == ["name"] * 4  # twice, and once
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_hammer_of_threads(dns):
    for number in range(20):
        dns.addresses[f"n{number}"] = [f"192.0.2.{number}"]
    resolver = Resolver(ttl=0.001, maxsize=7)
    wrong = []

    def ask():
        for turn in range(300):
            number = turn % 20
            rows = resolver.getaddrinfo(f"n{number}", turn)
            if rows != rows_of(turn, f"192.0.2.{number}"):
                wrong.append(rows)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    assert resolver.info().entries <= 7
    assert resolver.info().pending == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_while_a_look_up_goes_on(dns):
    resolver = Resolver()
    resolver.getaddrinfo("known", 80)
    dns.gate.clear()
    thread = threading.Thread(target=resolver.getaddrinfo, args=("name", 80))
    thread.start()
    wait_until(lambda: "name" in dns.calls)
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)  # kills a child that hangs
        status = 1
        try:
            dns.gate = threading.Event()
            dns.gate.set()
            dns.calls.clear()
            assert resolver.getaddrinfo("known", 81) == rows_of(81, "192.0.2.1")
            assert resolver.getaddrinfo("name", 80) == rows_of(80, "192.0.2.1")
            assert dns.calls == ["name"]
            status = 0
        finally:
            os._exit(status)
    dns.gate.set()
    thread.join(10)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_program_ends_while_a_look_up_goes_on():
    program = (
        "import socket, time, fastsock\n"
        "socket.getaddrinfo = lambda *args: time.sleep(60)\n"
        "print(fastsock.Resolver().many(['name'], 80, timeout=0.01))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30
    )
    assert "TimeoutError" in done.stdout
    assert done.stderr == ""


def test_resolvers_are_let_go(dns):
    import gc
    import weakref

    resolver = Resolver()
    resolver.getaddrinfo("name", 80)
    gone = weakref.ref(resolver)
    del resolver

    def is_gone():
        gc.collect()
        return gone() is None

    wait_until(is_gone)


def test_importing_fastsock_starts_no_thread():
    program = (
        "import threading, sys, fastsock; print(threading.active_count(), 'asyncio' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30
    )
    assert done.stdout == "1 False\n"
    assert fastsock.Resolver is Resolver
