"""Fixtures of the ipaddress part: each twin, and objects of all six classes beside the stdlib's."""

import ipaddress as std
from pathlib import Path
from types import ModuleType

import pytest

CLASSES = (
    "IPv4Address",
    "IPv6Address",
    "IPv4Interface",
    "IPv6Interface",
    "IPv4Network",
    "IPv6Network",
)
SAMPLES = [
    ("IPv4Address", "1.2.3.4"),
    ("IPv4Address", "0.0.0.0"),
    ("IPv6Address", "2001:db8::1"),
    ("IPv6Address", "::ffff:1.2.3.4"),
    ("IPv6Address", "2002:c000:204::"),
    ("IPv6Address", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ("IPv6Address", "fe80::1%eth0"),
    ("IPv4Interface", "1.2.3.4/24"),
    ("IPv4Interface", "1.2.3.4/255.255.0.0"),
    ("IPv6Interface", "2001:db8::1/64"),
    ("IPv6Interface", "fe80::1%e/64"),
    ("IPv4Network", "10.0.0.0/8"),
    ("IPv4Network", "1.2.3.4/31"),
    ("IPv4Network", "1.2.3.4/32"),
    ("IPv4Network", "10.0.0.0/0.255.255.255"),
    ("IPv6Network", "2001:db8::/32"),
    ("IPv6Network", "::/0"),
    ("IPv6Network", "::1/128"),
    ("IPv6Network", "fe80::%e/64"),
]


@pytest.fixture(scope="session")
def ipaddress(twin) -> ModuleType:
    return twin.part("ipaddress")


@pytest.fixture(scope="session")
def outcome(outcome):
    """Call a function: its outcome, where messages name our classes by the module of theirs."""

    def told(function, *args, **keywords):
        found = outcome(function, *args, **keywords)
        if isinstance(found, tuple) and found and isinstance(found[0], type):
            return tuple(
                part.replace("fastsock.ipaddress.", "ipaddress.") if isinstance(part, str) else part
                for part in found
            )
        return found

    return told


@pytest.fixture(params=SAMPLES, ids=lambda sample: f"{sample[0]}-{sample[1]}")
def sample(request) -> tuple[str, str]:
    """A class's name and a text of it."""
    return request.param


@pytest.fixture
def pair(ipaddress, sample):
    """The same object of the part under test and of the standard library."""
    name, text = sample
    return getattr(ipaddress, name)(text), getattr(std, name)(text)


@pytest.fixture(scope="session")
def class_names() -> tuple[str, ...]:
    return CLASSES


@pytest.fixture(scope="session")
def isolated() -> Path:
    """Where the programs are that run in a process of their own."""
    return Path(__file__).parent / "isolated"
