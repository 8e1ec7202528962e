"""Texts made to take long, or to crash, are refused as by the standard library, in bounded work."""

import ipaddress as std

import pytest

MEGABYTE = 1 << 20
HOSTILE = {
    "digits": "1" * 4300,
    "more digits": "1" * 5000,
    "long octet": "1." * 3 + "1" * 100_000,
    "zeros": "0" * MEGABYTE,
    "dots": "." * MEGABYTE,
    "colons": ":" * 100_000,
    "groups": "1:" * 100_000,
    "slashes": "1.1.1.1" + "/" * 1000,
    "length": "1.1.1.1/" + "9" * 5000,
    "scope": "fe80::1%" + "a" * 1000,
    "surrogate": "1.1.1.\ud800",
    "lone surrogates": "\ud800" * 50,
    "wide digits": "\uff11.\uff11.\uff11.\uff11",
    "other digits": "\u0661.1.1.1",
    "superscript": "1.1.1.\u00b2",
    "nul": "1.1.1.1\0",
    "nul inside": "::\0001",
    "newline": "1.1.1.1\n",
    "space": " 1.1.1.1",
    "sign": "+1.1.1.1",
    "underscore": "1_0.1.1.1",
    "hexadecimal": "0x1.1.1.1",
    "empty": "",
    "longest": "1111:2222:3333:4444:5555:6666:255.255.255.255",
    "one longer": "1111:2222:3333:4444:5555:6666:255.255.255.2551",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts(ipaddress, outcome, class_names, name):
    text = HOSTILE[name]
    for function in [*class_names, "ip_address", "ip_network", "ip_interface"]:
        found = outcome(getattr(ipaddress, function), text)
        assert found == outcome(getattr(std, function), text)


def test_hostile_objects(ipaddress, outcome, class_names):
    class Shouting(str):
        def __str__(self):
            return "1.1.1.1"

    class Broken:
        def __str__(self):
            raise KeyError("mine")

    class Number(int):
        pass

    class Packed(bytes):
        pass

    given = [Shouting("x"), Broken(), Number(5), Packed(4), Packed(16), 10**4300, -(10**4300),
             float("nan"), object, bytes(4), bytes(16), bytes(MEGABYTE), (1, 10**30), (1, -1),
             (1, 8, 8), ((1, 8), 8), std.IPv4Address(1), std.IPv6Network("::/8")]  # fmt: skip
    for function in [*class_names, "ip_address", "ip_network", "ip_interface"]:
        for argument in given:
            found = outcome(getattr(ipaddress, function), argument)
            assert found == outcome(getattr(std, function), argument), (function, argument)


def test_hostile_operands(ipaddress, outcome, pair):
    class Pretender:
        _ip, _version, version, _prefixlen, _scope_id = "x", 4, 4, -5, None
        network_address = netmask = broadcast_address = network = None

    for other in (Pretender(), Pretender, None, 5, "1.2.3.4", b"1234", object()):
        for function in (lambda a, b: a == b, lambda a, b: a < b, lambda a, b: b in a,
                         lambda a, b: a + b, lambda a, b: a.overlaps(b),
                         lambda a, b: a.subnet_of(b)):  # fmt: skip
            found, expected = (outcome(function, item, other) for item in pair)
            if isinstance(expected, tuple):
                assert found[0] is expected[0]
            else:
                assert found == expected
