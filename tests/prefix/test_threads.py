"""Look-ups while another thread changes the table give the old answer or the new one."""

import os
import sys
import threading
from socket import AF_INET, AF_INET6

import pytest

ROUNDS = 300


@pytest.fixture(autouse=True)
def fast_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def hammer(change, look, readers=3):
    """Run `look` in threads until `change` has run ROUNDS times; the first error propagates."""
    done = threading.Event()
    errors = []

    def reading():
        try:
            while not done.is_set():
                look()
        except BaseException as error:
            errors.append(error)
            done.set()

    threads = [threading.Thread(target=reading) for _ in range(readers)]
    for thread in threads:
        thread.start()
    try:
        for step in range(ROUNDS):
            if done.is_set():
                break
            change(step)
    finally:
        done.set()
        for thread in threads:
            thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


@pytest.mark.parametrize("size", [4, 2000])
def test_changes_meanwhile(prefix, size):
    table = prefix.PrefixTable({(bytes([10, n >> 8, n & 255, 0]), 24): "base" for n in range(size)})
    table["2001:db8::/32"] = "wide"
    rows = bytes([10, 0, 1, 1, 10, 0, 1, 200, 11, 0, 0, 0]) * 40
    wide = bytes.fromhex("20010db8000000000000000000000001") * 40

    def change(step):
        table["10.0.1.128/25"] = "new"
        table["2001:db8::/48"] = f"wide {step}"
        table["10.0.1.0/24"] = "base"
        if step % 2:
            del table["10.0.1.128/25"]
        if step % 50 == 0:
            table.update({(bytes([12, n, 0, 0]), 16): n for n in range(200)})

    def look():
        assert table.lookup("10.0.1.1") == "base"
        assert table.lookup("10.0.1.200") in ("base", "new")
        assert table.lookup("2001:db8::1").startswith("wide")
        found = table.lookup_many(AF_INET, rows)
        values = table.values_list()
        assert {values[row] for row in found[::3]} == {"base"}
        assert {values[row] for row in found[1::3]} <= {"base", "new"}
        assert set(found[2::3]) == {-1}
        found = table.lookup_many(AF_INET6, wide)
        values = table.values_list()
        assert all(values[row].startswith("wide") for row in found)
        assert table.lookup_prefix("10.0.1.200")[0] in ("10.0.1.0/24", "10.0.1.128/25")
        assert next(iter(table)).startswith("10.")

    hammer(change, look)


def test_values_of_a_file_are_decoded_by_many(prefix, table_path):
    prefix.PrefixTable({(bytes([10, n, 0, 0]), 16): [n] for n in range(200)}).save(table_path)
    table = prefix.PrefixTable.load(table_path)
    state = {"n": 0}

    def change(step):
        table[(bytes([10, step % 200, 0, 0]), 16)] = [step % 200]
        table.pop((bytes([11, step % 200, 0, 0]), 16), None)
        table[(bytes([11, step % 200, 0, 0]), 16)] = step

    def look():
        state["n"] = n = (state["n"] + 7) % 200
        assert table.lookup(bytes([10, n, 1, 1])) == [n]
        assert table.covering((bytes([10, n, 0, 0]), 24))[0][1] == [n]

    hammer(change, look)


def test_sets_meanwhile(prefix):
    inside = prefix.PrefixSet(["10.0.0.0/8"])

    def change(step):
        inside.add(f"11.{step % 200}.0.0/16")
        inside.discard(f"10.{step % 200 + 20}.0.0/16")

    def look():
        assert "10.1.2.3" in inside
        assert "12.0.0.1" not in inside
        assert inside.contains_many(AF_INET, bytes([10, 0, 0, 1, 12, 0, 0, 1])) == b"\1\0"

    hammer(change, look)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_another_interpreter_and_a_fork(run_python):
    code = """
import os
from fastsock.prefix import PrefixTable
table = PrefixTable({f"10.{n}.0.0/16": n for n in range(256)})
child = os.fork()
table["10.1.2.0/24"] = "x"
assert table.lookup("10.1.2.3") == "x" and table.lookup("10.9.0.1") == 9
if child:
    assert os.waitpid(child, 0)[1] == 0
"""
    assert run_python("-c", code).returncode == 0
