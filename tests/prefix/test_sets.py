"""Sets against Python's own sets of addresses, and against `ipaddress`."""

import copy
import ipaddress
import pickle
from socket import AF_INET, AF_INET6

import pytest

from fastsock.address import AddressError
from fastsock.prefix import special_sets
from fastsock.prefix.embedded import embedded_ipv4


def addresses_of(networks):
    return {(n.version, int(a)) for n in networks for a in n}


@pytest.fixture
def small(oracle):
    """Networks in a space so small that all its addresses can be listed."""

    def draw(seed, count):
        random = oracle(seed).random
        found = []
        for _ in range(count):
            length = random.choice([26, 27, 28, 29, 30, 31, 32])
            host = random.getrandbits(7) >> 32 - length << 32 - length
            if random.random() < 0.5:
                found.append(ipaddress.IPv4Network((0xC0000200 + host, length)))
            else:
                wide = ipaddress.IPv6Network(((0x20010DB8 << 96) + host, length + 96))
                found.append(wide)
        return found

    return draw


@pytest.mark.parametrize("seed", range(20))
def test_algebra(prefix, small, seed):
    a, b = small(seed, 12), small(seed + 500, 12)
    x, y = prefix.PrefixSet(a), prefix.PrefixSet(b)
    p, q = addresses_of(a), addresses_of(b)
    pairs = {
        "or": (x | y, p | q),
        "and": (x & y, p & q),
        "sub": (x - y, p - q),
        "xor": (x ^ y, p ^ q),
    }
    for found, expected in pairs.values():
        assert addresses_of(map(ipaddress.ip_network, found)) == expected
        assert found.num_addresses == len(expected)
        assert len(found) == len(found.to_cidrs())
        assert bool(found) == bool(expected)
        for version in (4, 6):
            mine = [n for n in map(ipaddress.ip_network, found) if n.version == version]
            assert mine == list(ipaddress.collapse_addresses(mine))
    assert (x <= y, x < y, x >= y, x > y, x == y) == (p <= q, p < q, p >= q, p > q, p == q)
    assert x.overlaps(y) == bool(p & q)
    assert (x & y) <= x <= (x | y)
    z = x.copy()
    z |= y
    assert z == x | y
    z &= y
    assert z == y
    z -= x
    assert z == y - x
    z ^= y
    assert z == (y - x) ^ y
    assert ~~x == x
    assert not x & ~x


@pytest.mark.parametrize("seed", range(6))
def test_membership(prefix, oracle, seed):
    given = oracle(seed)
    networks = list(given.networks(40))
    addresses = given.boundaries(networks)
    inside = prefix.PrefixSet(networks)
    for address in addresses:  # before it is compiled and after
        assert (address in inside) == bool(given.matches(networks, address))
    for family, version in ((AF_INET, 4), (AF_INET6, 6)):
        rows = [a for a in addresses if a.version == version]
        flags = inside.contains_many(family, b"".join(a.packed for a in rows))
        assert list(flags) == [bool(given.matches(networks, a)) for a in rows]


def test_changes(prefix):
    inside = prefix.PrefixSet(["10.0.0.0/8"])
    for n in range(50):
        inside.add(f"11.{n}.0.0/16")
        inside.discard(f"10.{n}.0.0/16")
        assert f"11.{n}.1.1" in inside
        assert f"10.{n}.1.1" not in inside
        assert "10.200.0.1" in inside
        assert list(inside.contains_many(AF_INET, bytes([10, n, 0, 0, 11, n, 0, 0]))) == [0, 1]
    inside.update(["::/0", "::ffff:12.0.0.0/104"])
    assert "12.0.0.1" in inside
    inside.clear()
    assert inside == prefix.PrefixSet()
    assert repr(inside) == "PrefixSet()"


def test_networks_are_in_a_set_whole(prefix):
    inside = prefix.PrefixSet(["10.0.0.0/9", "10.128.0.0/9", "2001:db8::/32"])
    for network in ("10.0.0.0/8", "10.1.2.3", (b"\n\0\0\0", 8), ipaddress.ip_network("10.0.0.0/8"),
                    "2001:db8::/33", "::ffff:10.0.0.0/104"):  # fmt: skip
        assert network in inside
    for network in ("10.0.0.0/7", "0.0.0.0/0", "2001:db8::/31", "::/0", "11.0.0.0"):
        assert network not in inside


@pytest.mark.parametrize("bad", ["10.0.0", "fe80::1%lo", "10.0.0.0/33"])
def test_what_is_no_address_is_not_just_absent(prefix, bad):
    inside = prefix.PrefixSet(["10.0.0.0/8"])
    for _ in range(3):
        with pytest.raises(AddressError):
            assert bad in inside
    with pytest.raises(TypeError):
        prefix.PrefixSet("10.0.0.0/8")
    with pytest.raises(TypeError):
        assert inside | ["10.0.0.0/8"]


def test_ranges(prefix):
    inside = prefix.PrefixSet.from_ranges([("192.0.2.5", "192.0.2.9"), ("::1", "::1"),
                                           ("0.0.0.0", "0.0.0.1")])  # fmt: skip
    assert inside.num_addresses == 8
    assert prefix.PrefixSet(inside.to_cidrs()) == inside
    assert inside.to_ranges() == [
        (AF_INET, 0, 1),
        (AF_INET, 0xC0000205, 0xC0000209),
        (AF_INET6, 1, 1),
    ]
    for pair in (("192.0.2.9", "192.0.2.5"), ("192.0.2.9", "::1")):
        with pytest.raises(ValueError, match="not a range"):
            prefix.PrefixSet.from_ranges([pair])


def test_copies_and_pickles(prefix):
    inside = prefix.PrefixSet(["0.0.0.0/0", "::/0"])
    assert inside.num_addresses == (1 << 32) + (1 << 128)
    for other in (pickle.loads(pickle.dumps(inside)), copy.copy(inside), copy.deepcopy(inside)):
        assert other == inside
        other.discard("10.0.0.0/8")
        assert "10.0.0.1" in inside
        assert "10.0.0.1" not in other


def test_many_networks_minus_others(prefix):
    """CPython's gh-96302, in small: both sides are long."""
    a = prefix.PrefixSet((bytes([10, n >> 8, n & 255, 0]), 24) for n in range(0, 20000, 2))
    b = prefix.PrefixSet((bytes([10, n >> 8, n & 255, 128]), 25) for n in range(0, 20000, 2))
    assert (a - b).num_addresses == 10000 * 128


@pytest.mark.parametrize("name", special_sets.NAMES)
def test_special_sets_are_this_pythons(prefix, name):
    inside = prefix.special(name)
    assert type(inside) is prefix.PrefixSet
    for family, kind in ((AF_INET, ipaddress.IPv4Address), (AF_INET6, ipaddress.IPv6Address)):
        wide = family == AF_INET6
        top = (1 << (128 if wide else 32)) - 1
        numbers = {
            number
            for cut in [*special_sets.cuts(wide), top]
            for number in (cut - 1, cut, cut + 1)
            if 0 <= number <= top and number >> 32 != 0xFFFF
        }
        rows = [kind(number) for number in sorted(numbers)]
        flags = inside.contains_many(family, b"".join(row.packed for row in rows))
        expected = [bool(getattr(row, f"is_{name}", False)) for row in rows]
        assert list(flags) == expected
        assert [row in inside for row in rows] == expected


def test_special_sets_judge_mapped_addresses_as_ipv4(prefix):
    assert "::ffff:10.0.0.1" in prefix.special("private")
    assert "::ffff:8.8.8.8" in prefix.special("global")
    assert "::ffff:8.8.8.8" not in prefix.special("private")


def test_special_sets_are_the_callers_own(prefix):
    mine = prefix.special("private")
    mine.add("8.8.8.8/32")
    assert "8.8.8.8" in mine
    assert "8.8.8.8" not in prefix.special("private")
    with pytest.raises(ValueError, match="name must be one of private, global"):
        prefix.special("privat")


@pytest.mark.parametrize(
    ("address", "found"),
    [("::ffff:192.0.2.1", "192.0.2.1"), ("2002:c000:0201::1", "192.0.2.1"),
     ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"), ("64:ff9b::192.0.2.1", "192.0.2.1"),
     ("192.0.2.1", None), ("::1", None), ("2001:db8::1", None), ("64:ff9b:1::1", None),
     (ipaddress.ip_address("::ffff:192.0.2.1"), "192.0.2.1"), (b"\xc0\0\2\1", None),
     (bytes(10) + b"\xff\xff\xc0\0\2\1", "192.0.2.1")],
)  # fmt: skip
def test_embedded_ipv4(address, found):
    assert embedded_ipv4(address) == found


@pytest.mark.parametrize(
    ("net", "address"),
    [("2001:db8::/32", "2001:db8:c000:221::"), ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
     ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
     ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
     ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"),
     ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33")],
)  # fmt: skip
def test_the_examples_of_rfc_6052(net, address):
    assert embedded_ipv4(address) is None
    assert embedded_ipv4(address, nat64=[net]) == "192.0.2.33"
    with pytest.raises(ValueError, match="NAT64"):
        embedded_ipv4(address, nat64=["2001:db8::/33"])


@pytest.mark.parametrize("bits", [0, 1, 7, 8, 24, 31, 32])
def test_masks_of_ipv4(prefix, oracle, bits):
    rows = oracle(bits).random.randbytes(4 * 67)
    expected = b"".join(
        ipaddress.ip_network((rows[at : at + 4], bits), strict=False).network_address.packed
        for at in range(0, len(rows), 4)
    )
    assert prefix.mask_many(AF_INET, rows, bits) == expected
    assert prefix.mask_many(AF_INET, bytearray(rows), bits4=bits) == expected


@pytest.mark.parametrize(("bits4", "bits6"), [(0, 0), (24, 48), (32, 128), (9, 65)])
def test_masks_of_ipv6_and_mapped_rows(prefix, oracle, bits4, bits6):
    given = oracle(bits6)
    rows = [given.random.randbytes(16) for _ in range(33)]
    rows += [bytes(10) + b"\xff\xff" + given.random.randbytes(4) for _ in range(9)]
    given.random.shuffle(rows)
    expected = [
        ipaddress.ip_network(
            (row, 96 + bits4 if row.startswith(bytes(10) + b"\xff\xff") else bits6), strict=False
        ).network_address.packed
        for row in rows
    ]
    assert prefix.mask_many(AF_INET6, b"".join(rows), bits4, bits6) == b"".join(expected)


@pytest.mark.parametrize(
    ("bits", "said"), [((33, 0), "bits4"), ((-1, 0), "bits4"), ((0, 129), "bits6")]
)
def test_masks_out_of_range(prefix, bits, said):
    with pytest.raises(ValueError, match=said):
        prefix.mask_many(AF_INET, b"", *bits)
