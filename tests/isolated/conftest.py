"""Only for runs in a private network, which ../lookup/test_namespace.py makes."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import dns_server


def zone():
    return {
        "dual.test": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
        "Mixed.test": {},
        "v4.test": {"A": ["192.0.2.4"]},
        "v6.test": {"AAAA": ["2001:db8::6"]},
        "many.test": {"A": ["192.0.2.11", "192.0.2.12", "192.0.2.13"]},
        "alias.test": {"CNAME": ["real.test"]},
        "real.test": {"A": ["192.0.2.5", "192.0.2.6"], "AAAA": ["2001:db8::5"]},
        "empty.test": {"PTR": ["nothing.test"]},
        "slow.test": {"A": ["192.0.2.7"], "AAAA": ["2001:db8::7"]},
        "xn--bcher-kva.test": {"A": ["192.0.2.8"]},
        "loop.test": {"A": ["127.0.0.1"]},
        "1.2.0.192.in-addr.arpa": {"PTR": ["dual.test"]},
        "5.2.0.192.in-addr.arpa": {"PTR": ["real.test"]},
        **{f"n{number}.test": {"A": [f"192.0.2.{100 + number}"]} for number in range(40)},
    }


@pytest.fixture
def server():
    server = dns_server.Server(zone())
    server.delays["slow.test"] = 0.2
    server.dead.add("dead.test")
    server.failing.add("fail.test")
    with server.running():
        yield server
