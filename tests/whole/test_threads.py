"""Threads that use, share and overwrite each other's data; and sub-interpreters."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from socket import AF_INET, AF_INET6, AF_UNSPEC

import pytest

from fastsock import AddressError, ProxyError, build_proxy_v2
from fastsock.proxy import ProxyTLV
from fastsock.proxy.errors import PROXY_TLV

ISOLATED = Path(__file__).parents[1] / "isolated"
THREADS = 8

V4 = [f"{n % 223 + 1}.{n % 251}.{n % 13}.{n % 256}" for n in range(2000)]
V6 = [f"2001:db8:{n:x}::{n * 7 % 65536:x}" for n in range(1, 2001)]


@pytest.fixture(autouse=True)
def eager_switching():
    """Threads that take turns as often as the interpreter allows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def hammer(*jobs: Callable[[], object], rounds: int) -> None:
    """Run each job in a thread of its own, all starting together; the first failure is raised."""
    start = threading.Barrier(len(jobs))
    failures: list[BaseException] = []

    def work(job: Callable[[], object]) -> None:
        try:
            start.wait()
            for _ in range(rounds):
                job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def spoil(spoiler: Callable[[], object], victim: Callable[[], object], rounds: int) -> list[object]:
    """What `victim` returns or raises while `spoiler` runs beside it all the time."""
    outcomes: list[object] = []
    done = threading.Event()

    def keep_spoiling() -> None:
        while not done.is_set():
            spoiler()

    thread = threading.Thread(target=keep_spoiling)
    thread.start()
    try:
        for _ in range(rounds):
            try:
                outcomes.append(victim())
            except (AddressError, ProxyError, RuntimeError) as error:
                outcomes.append(error)
    finally:
        done.set()
        thread.join()
    return outcomes


def test_one_by_one_in_many_threads(address):
    def job() -> None:
        for text in V4[:100]:
            assert address.inet_ntoa(address.inet_aton(text)) == text
            assert address.inet_ntop(AF_INET, address.inet_pton(AF_INET, text)) == text
        for text in V6[:100]:
            assert address.inet_ntop(AF_INET6, address.inet_pton(AF_INET6, text)) == text
        with pytest.raises(OSError, match="illegal IP address"):
            address.inet_pton(AF_INET, "nowhere")

    hammer(*[job] * THREADS, rounds=5)


def test_shared_data_in_many_threads(address):
    """One blob, one list, one packed buffer; every thread reads them all."""
    rows = V4 + V6
    blob = "".join(f"{text}\n" for text in rows).encode()
    packed = address.inet_pton_many(AF_UNSPEC, blob)
    valid = b"\1" * len(rows)

    def job() -> None:
        assert address.inet_pton_many(AF_UNSPEC, blob) == packed
        assert address.inet_pton_many(AF_UNSPEC, rows, errors="mask") == (packed, valid)
        assert address.inet_pton_many(AF_UNSPEC, iter(rows)) == packed
        assert address.inet_ntop_many(AF_UNSPEC, packed) == rows
        assert address.inet_ntop_lines(AF_UNSPEC, packed) == blob

    hammer(*[job] * THREADS, rounds=3)


def texts_of(length: int) -> list[bytes]:
    """Texts of the same length whose rows differ in number, size and truth."""
    return [
        (row * (length // len(row) + 1))[:length]
        for row in (b"1.2.3.4\n", b"192.0.2.255\n", b"\n", b"x" * 97 + b"\n", b"9", b"::1\r\n",
                    b"2001:db8:1:2:3:4:5:6\n")
    ]  # fmt: skip


@pytest.mark.parametrize("errors", ["strict", "mask"])
@pytest.mark.parametrize("family", [AF_INET, AF_INET6, AF_UNSPEC])
def test_blob_that_is_rewritten_while_it_is_read(address, family, errors):
    """A value, AddressError or RuntimeError: never a crash, never a byte from outside the blob."""
    texts = texts_of(200_000)
    blob = bytearray(texts[0])
    turn = iter(range(1 << 62))

    def rewrite() -> None:
        blob[:] = texts[next(turn) % len(texts)]

    def read() -> object:
        return address.inet_pton_many(family, blob, errors=errors)

    outcomes = spoil(rewrite, read, rounds=60)
    record = 4 if family == AF_INET else 16
    for outcome in outcomes:
        if isinstance(outcome, AddressError):
            assert errors == "strict"
            assert set(outcome.value) <= set(b"".join(texts))
        elif errors == "mask" and not isinstance(outcome, RuntimeError):
            packed, valid = outcome
            assert len(packed) == len(valid) * record
            assert set(valid) <= {0, 1}
        elif not isinstance(outcome, RuntimeError):
            assert len(outcome) % record == 0
    blob[:] = texts[0]
    assert address.inet_pton_many(AF_INET, blob)[:8] == bytes([1, 2, 3, 4] * 2)


@pytest.mark.parametrize("kind", [list, lambda items: (item for item in items)])
def test_list_that_changes_while_it_is_read(address, kind):
    texts = list(V4)
    fresh = iter(range(1 << 62))

    def change() -> None:
        n = next(fresh)
        if n % 3 == 0:
            del texts[:]
        elif n % 3 == 1:
            texts.extend(f"10.{n % 256}.0.{i % 256}" for i in range(500))
        else:
            texts[:] = [f"192.0.2.{i % 256}" for i in range(n % 2000)]

    def read() -> bytes:
        return address.inet_pton_many(AF_INET, texts if kind is list else kind(texts))

    for outcome in spoil(change, read, rounds=200):
        assert isinstance(outcome, bytes)
        assert {outcome[i] for i in range(0, len(outcome), 4)} <= {10, 192, *range(1, 224)}
    texts[:] = V4
    assert address.inet_ntop_many(AF_INET, read()) == V4


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="this platform has no preadv()")
def test_header_that_is_rewritten_while_it_is_read(compiled, tmp_path):
    """As by recv_into() in another thread, which holds no lock: a length that was checked grows."""
    parse = compiled.part("proxy").parse_proxy
    values = [(ProxyTLV.NOOP, b"")] * 1300
    data = bytearray(build_proxy_v2(("192.0.2.1", 1), ("192.0.2.2", 2), tlvs=values))
    length = memoryview(data)[16 + 12 + 1 :][:2]
    lengths = [b"\xff\xff", b"\0\0"] * 512
    file = tmp_path / "lengths"
    file.write_bytes(b"".join(lengths))
    with open(file, "rb") as source:
        outcomes = spoil(
            lambda: os.preadv(source.fileno(), [length] * len(lengths), 0),
            lambda: parse(data),
            rounds=30_000,
        )
    assert len(outcomes) == 30_000
    # A twin that steps over the longer one reads past the buffer, and refuses what lies there.
    assert {str(found) for found in outcomes if isinstance(found, ProxyError)} <= {PROXY_TLV}


def test_subinterpreters(run_python, twin):
    process = run_python(str(ISOLATED / "subinterpreters.py"), FASTSOCK_BACKEND=twin.tag)
    assert (process.returncode, process.stdout) == (0, f"done {twin.tag}\n"), process.stderr


@pytest.mark.skipif(sys.version_info < (3, 14), reason="this Python has no concurrent.interpreters")
def test_public_interpreters(run_python, twin):
    process = run_python(str(ISOLATED / "public_interpreters.py"), FASTSOCK_BACKEND=twin.tag)
    assert (process.returncode, process.stdout) == (0, f"done {twin.tag}\n"), process.stderr
