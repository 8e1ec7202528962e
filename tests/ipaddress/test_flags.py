"""is_private and similar properties, at every boundary of the running module's tables."""

import ipaddress as std
import random

import pytest

from fastsock.ipaddress import tables

FLAGS = (
    "is_private", "is_global", "is_multicast", "is_reserved", "is_loopback", "is_link_local",
    "is_unspecified", "is_site_local",
)  # fmt: skip


def starts(family):
    packed = tables.boundaries(family)
    return [int.from_bytes(packed[at : at + 16], "big") for at in range(0, len(packed), 16)]


def answers(item):
    return [getattr(item, flag, None) for flag in FLAGS]


@pytest.mark.parametrize("family", [4, 6])
def test_tables(family):
    found = starts(family)
    assert found[0] == 0
    assert found == sorted(set(found))
    assert len(found) > 20


@pytest.mark.parametrize("family", [4, 6])
def test_addresses_at_every_boundary(ipaddress, family):
    cls, original = (getattr(module, f"IPv{family}Address") for module in (ipaddress, std))
    last = 2 ** (32 if family == 4 else 128)
    near = {start + step for start in starts(family) for step in (-1, 0, 1)} | {last - 1}
    for number in sorted(near):
        if 0 <= number < last:
            assert answers(cls(number)) == answers(original(number)), original(number)


@pytest.mark.parametrize("family", [4, 6])
def test_random_addresses(ipaddress, family):
    """No boundary was forgotten: sparse and dense numbers, and those around round ones."""
    cls, original = (getattr(module, f"IPv{family}Address") for module in (ipaddress, std))
    source, bits = random.Random(3), 32 if family == 4 else 128
    for _ in range(4000):
        number = source.getrandbits(bits) & -(1 << source.randrange(bits))
        number ^= source.getrandbits(source.randrange(1, bits))
        assert answers(cls(number)) == answers(original(number)), original(number)


@pytest.mark.parametrize("family", [4, 6])
def test_networks(ipaddress, family):
    """From each boundary, of all lengths, some asked for first, and others met when kept."""
    cls, original = (getattr(module, f"IPv{family}Network") for module in (ipaddress, std))
    source, bits = random.Random(5), 32 if family == 4 else 128
    chosen = [
        (start >> (bits - length) << (bits - length), length)
        for start in starts(family)
        for length in source.sample(range(bits + 1), 6)
        if start < 1 << bits
    ]
    for pair in chosen * 2:
        assert answers(cls(pair)) == answers(original(pair)), original(pair)


def test_interfaces(ipaddress):
    for text in ("127.0.0.1/8", "127.0.0.1/0", "::1/128", "::1/64", "::/0", "::/128", "10.0.0.1/8",
                 "0.0.0.0/0", "0.0.0.0/32"):  # fmt: skip
        assert answers(ipaddress.ip_interface(text)) == answers(std.ip_interface(text)), text


def test_without_known_tables(compiled, run_python):
    """A future version may keep its tables elsewhere: it is asked each time then."""
    code = """
import ipaddress as std
from fastsock.ipaddress import rebind, tables
tables.boundaries = rebind.boundaries = lambda family: None
import fastsock.ipaddress as ours
for text in ("10.0.0.1", "8.8.8.8", "::1", "2001:db8::"):
    for _ in range(2):
        for flag in ("is_private", "is_global", "is_loopback"):
            for name in ("ip_address", "ip_network"):
                found, expected = (getattr(m, name)(text) for m in (ours, std))
                assert getattr(found, flag) == getattr(expected, flag), (text, flag)
print("done")
"""
    process = run_python("-c", code, FASTSOCK_BACKEND="c")
    assert process.stdout == "done\n", process.stderr
