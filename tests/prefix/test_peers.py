"""The peers that users come from, where they are installed: the same longest match."""

import ipaddress
from socket import AF_INET, AF_INET6

import pytest

COUNT = 3000


def drawn(oracle, seed):
    given = oracle(seed)
    networks = given.networks(COUNT)
    addresses = given.boundaries(networks, 4000)
    return networks, addresses


def answers(prefix, networks, addresses):
    table = prefix.PrefixTable(networks)
    found = {}
    for family, version in ((AF_INET, 4), (AF_INET6, 6)):
        rows = [a for a in addresses if a.version == version]
        slots = table.lookup_many(family, b"".join(a.packed for a in rows))
        values = table.values_list()
        for address, slot in zip(rows, slots, strict=True):
            found[address] = values[slot] if slot >= 0 else None
    return found


def test_pytricia(prefix, oracle):
    pytricia = pytest.importorskip("pytricia")
    networks, addresses = drawn(oracle, 1)
    trees = {4: pytricia.PyTricia(32), 6: pytricia.PyTricia(128)}
    for network, value in networks.items():
        trees[network.version][str(network)] = value
    for address, value in answers(prefix, networks, addresses).items():
        assert trees[address.version].get(str(address)) == value


def test_py_radix(prefix, oracle):
    radix = pytest.importorskip("radix")
    networks, addresses = drawn(oracle, 2)
    tree = radix.Radix()
    for network, value in networks.items():
        tree.add(str(network)).data["value"] = value
    for address, value in answers(prefix, networks, addresses).items():
        node = tree.search_best(str(address))
        assert (node and node.data["value"]) == value


def test_netaddr_sets(prefix, oracle):
    netaddr = pytest.importorskip("netaddr")
    given = oracle(3)
    for _ in range(20):
        a, b = ([n for n in given.networks(20) if n.prefixlen > 6] for _ in range(2))
        left, right = (netaddr.IPSet(map(str, networks)) for networks in (a, b))
        x, y = prefix.PrefixSet(a), prefix.PrefixSet(b)
        for ours, theirs in ((x | y, left | right), (x & y, left & right), (x - y, left - right),
                             (x ^ y, left ^ right)):  # fmt: skip
            assert ours.to_cidrs() == [
                str(ipaddress.ip_network(str(n))) for n in theirs.iter_cidrs()
            ]
