"""The resolver, whose queries its server counts."""

import asyncio
import os
import signal
import socket
import threading
import time

import pytest

import fastsock
from fastsock import Resolver, connect

STREAM = socket.SOCK_STREAM
ONCE = {"A": 1, "AAAA": 1}


@pytest.fixture
def clock(monkeypatch):
    """A function that puts the resolver's clock forward by some seconds."""
    moved = [0.0]
    monkeypatch.setattr(
        fastsock.lookup.resolver, "monotonic", lambda: time.monotonic() + sum(moved)
    )
    return moved.append


def addresses(rows):
    return [row[4][0] for row in rows]


def in_threads(count, call):
    results = []
    threads = [threading.Thread(target=lambda: results.append(call())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


def test_twenty_threads_ask_once_per_family(server):
    resolver = Resolver()
    results = in_threads(20, lambda: resolver.getaddrinfo("slow.test", 80, type=STREAM))
    assert len(results) == 20
    assert all(set(addresses(rows)) == {"192.0.2.7", "2001:db8::7"} for rows in results)
    assert server.asked("slow.test") == ONCE
    assert len({id(rows) for rows in results}) == 20
    info = resolver.info()
    assert info.pending == 0
    assert info.hits + info.misses == 20


def test_twenty_tasks_ask_once_per_family(server):
    resolver = Resolver()

    async def main():
        return await asyncio.gather(
            *(resolver.agetaddrinfo("slow.test", port, type=STREAM) for port in range(20))
        )

    results = asyncio.run(main())
    assert [rows[0][4][1] for rows in results] == list(range(20))
    assert server.asked("slow.test") == ONCE
    assert resolver.info().joined == 19


def test_threads_and_two_loops_share_one_question(server):
    resolver = Resolver()

    def in_a_loop():
        return asyncio.run(resolver.agetaddrinfo("slow.test", 80, type=STREAM))

    def in_a_thread():
        return resolver.getaddrinfo("slow.test", 80, type=STREAM)

    turns = iter([in_a_loop, in_a_thread] * 4)
    results = in_threads(8, lambda: next(turns)())
    assert len(results) == 8
    assert server.asked("slow.test") == ONCE


def test_many_names_at_once(server):
    for number in range(40):
        server.delays[f"n{number}.test"] = 0.1
    resolver = Resolver(workers=20)
    hosts = [f"n{number}.test" for number in range(40)]
    results = resolver.many(hosts, 80, socket.AF_INET, STREAM)
    assert [addresses(rows) for rows in results] == [[f"192.0.2.{100 + n}"] for n in range(40)]
    assert asyncio.run(resolver.amany(hosts, 80, socket.AF_INET, STREAM)) == results


def test_bad_hosts_among_many(server):
    hosts = ["v4.test", "missing.test", "192.0.2.9", "fail.test.", "x" * 64, "v4.test"]
    for results in (
        Resolver().many(hosts, 80, socket.AF_INET, STREAM),
        asyncio.run(Resolver().amany(hosts, 80, socket.AF_INET, STREAM)),
    ):
        assert addresses(results[0]) == addresses(results[5]) == ["192.0.2.4"]
        assert results[1].errno == socket.EAI_NONAME
        assert addresses(results[2]) == ["192.0.2.9"]
        assert results[3].errno == socket.EAI_AGAIN
        assert isinstance(results[4], UnicodeError)


def test_an_answer_is_kept_and_asked_again_after_its_time(server, clock):
    resolver = Resolver(ttl=1000)
    for _ in range(5):
        resolver.getaddrinfo("dual.test", 80)
    assert server.asked("dual.test") == ONCE
    clock(1000)
    resolver.getaddrinfo("dual.test", 80)
    assert server.asked("dual.test") == {"A": 2, "AAAA": 2}


def test_missing_names_are_kept_for_their_own_time(server, clock):
    resolver = Resolver(negative_ttl=1000)
    for host in ("missing.test.", "empty.test."):
        for _ in range(3):
            with pytest.raises(socket.gaierror):
                resolver.getaddrinfo(host, 80)
        assert server.asked(host[:-1]) == ONCE
    clock(1000)
    with pytest.raises(socket.gaierror):
        resolver.getaddrinfo("missing.test.", 80)
    assert server.asked("missing.test") == {"A": 2, "AAAA": 2}


def test_failures_are_never_kept(server):
    resolver = Resolver(negative_ttl=60)
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            resolver.getaddrinfo("fail.test.", 80, socket.AF_INET)
    asked = server.asked("fail.test")["A"]
    server.failing.clear()
    server.zone["fail.test"] = {"A": ["192.0.2.33"]}
    assert addresses(resolver.getaddrinfo("fail.test.", 80, socket.AF_INET, STREAM)) == [
        "192.0.2.33"
    ]
    assert server.asked("fail.test")["A"] > asked


def test_an_old_answer_serves_while_the_server_fails(server, clock):
    resolver = Resolver(ttl=1000, stale_ttl=6000, negative_ttl=1000)
    rows = resolver.getaddrinfo("v4.test.", 80, socket.AF_INET)
    clock(1000)
    server.failing.add("v4.test")
    assert resolver.getaddrinfo("v4.test.", 80, socket.AF_INET) == rows
    assert resolver.info().stale == 1
    asked = server.asked("v4.test")
    assert resolver.getaddrinfo("v4.test.", 80, socket.AF_INET) == rows
    assert server.asked("v4.test") == asked  # the server is left alone for negative_ttl
    server.failing.clear()
    clock(1000)
    server.zone["v4.test"]["A"] = ["192.0.2.44"]
    assert addresses(resolver.getaddrinfo("v4.test.", 80, socket.AF_INET, STREAM)) == ["192.0.2.44"]


def test_a_name_that_is_gone_is_not_served_from_an_old_answer(server, clock):
    resolver = Resolver(ttl=1000, stale_ttl=6000)
    resolver.getaddrinfo("v4.test.", 80)
    clock(1000)
    del server.zone["v4.test"]
    with pytest.raises(socket.gaierror):
        resolver.getaddrinfo("v4.test.", 80)


def test_a_deadline_ends_the_call_and_not_the_look_up(server):
    resolver = Resolver(timeout=0.05)
    with pytest.raises(TimeoutError):
        resolver.getaddrinfo("slow.test", 80)
    with pytest.raises(TimeoutError):
        asyncio.run(resolver.agetaddrinfo("slow.test", 80))
    rows = resolver.getaddrinfo("slow.test", 80, type=STREAM, timeout=10)
    assert len(rows) == 2
    while resolver.info().pending:
        time.sleep(0.01)
    assert resolver.getaddrinfo("slow.test", 80)
    assert server.asked("slow.test") == {"A": 2, "AAAA": 2}  # one for each type of socket


def test_a_deadline_gives_an_old_answer_if_there_is_one(server, clock):
    resolver = Resolver(ttl=1000, stale_ttl=6000)
    rows = resolver.getaddrinfo("v4.test.", 80)
    clock(1000)
    server.dead.add("v4.test")
    assert resolver.getaddrinfo("v4.test.", 80, timeout=0.05) == rows


def test_many_have_one_deadline(server):
    results = Resolver().many(["v4.test", "dead.test.", "192.0.2.1"], 80, timeout=0.5)
    assert addresses(results[0][:1]) == ["192.0.2.4"]
    assert isinstance(results[1], TimeoutError)
    assert addresses(results[2][:1]) == ["192.0.2.1"]


def test_a_cancelled_waiter_hurts_no_other(server):
    resolver = Resolver()

    async def main():
        first = asyncio.create_task(resolver.agetaddrinfo("slow.test", 80, type=STREAM))
        second = asyncio.create_task(resolver.agetaddrinfo("slow.test", 80, type=STREAM))
        await asyncio.sleep(0.05)
        first.cancel()
        rows = await second
        with pytest.raises(asyncio.CancelledError):
            await first
        return rows

    assert len(asyncio.run(main())) == 2
    assert server.asked("slow.test") == ONCE


def test_rotation(server):
    resolver = Resolver(rotate=True)
    firsts = [
        resolver.getaddrinfo("many.test", 80, socket.AF_INET, STREAM)[0][4][0] for _ in range(6)
    ]
    assert sorted(firsts) == sorted(["192.0.2.11", "192.0.2.12", "192.0.2.13"] * 2)
    assert server.asked("many.test") == {"A": 1}


def test_round_robin_of_the_server_shows_after_ttl(server):
    server.rotating.add("many.test")
    resolver = Resolver(ttl=0)
    orders = {
        tuple(addresses(resolver.getaddrinfo("many.test", 80, socket.AF_INET, STREAM)))
        for _ in range(3)
    }
    assert len(orders) == 3


def test_clear_while_a_look_up_goes_on(server):
    resolver = Resolver()
    results = []
    thread = threading.Thread(target=lambda: results.append(resolver.getaddrinfo("slow.test", 80)))
    thread.start()
    while not resolver.info().pending:
        time.sleep(0.005)
    resolver.clear()
    thread.join(10)
    assert results
    assert resolver.info().entries == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_while_a_thread_resolves(server):
    resolver = Resolver()
    resolver.getaddrinfo("v4.test", 80)
    thread = threading.Thread(target=lambda: resolver.getaddrinfo("slow.test", 80))
    thread.start()
    while not resolver.info().pending:
        time.sleep(0.005)
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)  # kills a child that hangs
        status = 1
        try:
            assert resolver.info().pending == 0
            resolver.getaddrinfo("v4.test", 81)
            resolver.getaddrinfo("slow.test", 80)
            status = 0
        finally:
            os._exit(status)
    thread.join(10)
    assert os.waitpid(pid, 0)[1] == 0


def test_connect_by_a_resolver(server):
    resolver = Resolver()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for _ in range(2):
            with connect(("loop.test", port), 10, resolver=resolver) as client:
                assert client.getpeername() == ("127.0.0.1", port)
    assert server.asked("loop.test") == ONCE


def test_connect_counts_the_look_up(server):
    with pytest.raises(TimeoutError):
        connect(("dead.test.", 80), 0.1, resolver=Resolver())
