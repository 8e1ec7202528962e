"""Large tables: as many networks as the Internet has routes, crowded and spread, at every end."""

import random
from array import array
from socket import AF_INET, AF_INET6

import pytest

# Lengths in a table of the Internet's routes, in percent.
LENGTHS4 = {24: 60, 23: 10, 22: 11, 21: 5, 20: 4, 19: 3, 18: 2, 16: 2, 17: 1, 28: 1, 32: 1}


class Networks:
    """Networks by length, each with its number: the longest match by one probe a length."""

    def __init__(self, bits):
        self.bits = bits
        self.by_length = {}
        self.count = 0

    def add(self, address, length):
        host = self.bits - length
        self.by_length.setdefault(length, {})[address >> host << host] = self.count
        self.count += 1

    def items(self):
        size = self.bits // 8
        for length, networks in self.by_length.items():
            for address, value in networks.items():
                yield (address.to_bytes(size, "big"), length), value

    def match(self, address):
        for length in sorted(self.by_length, reverse=True):
            host = self.bits - length
            found = self.by_length[length].get(address >> host << host)
            if found is not None:
                return found
        return None

    def boundaries(self, most, draw):
        """The ends of networks and the addresses beside them."""
        networks = [(a, length) for length, each in self.by_length.items() for a in each]
        for address, length in draw.sample(networks, min(most, len(networks))):
            last = address | (1 << self.bits - length) - 1
            for edge in (address - 1, address, last, last + 1):
                if 0 <= edge < 1 << self.bits:
                    yield edge


def check(table, networks, addresses):
    """Compare a batch and single look-ups with the networks themselves."""
    size = networks.bits // 8
    addresses = list(addresses)
    packed = b"".join(address.to_bytes(size, "big") for address in addresses)
    expected = [networks.match(address) for address in addresses]
    values = table.values_list()
    found = table.lookup_many(AF_INET if size == 4 else AF_INET6, packed)
    assert [values[row] if row >= 0 else None for row in found] == expected
    for address, value in list(zip(addresses, expected, strict=True))[::7]:
        assert table.lookup(address.to_bytes(size, "big")) == value


def test_a_table_of_the_internets_size(prefix):
    # The pure twin takes half a minute for a million, in which it would show nothing more.
    count = 1_000_000 if prefix.__name__.endswith("._c") else 50_000
    draw = random.Random(15)
    lengths = draw.choices([*LENGTHS4], [*LENGTHS4.values()], k=count)
    networks = Networks(32)
    for address, length in zip(array("I", draw.randbytes(4 * count)), lengths, strict=True):
        networks.add(address, length)
    table = prefix.PrefixTable(networks.items())
    assert len(table) == sum(map(len, networks.by_length.values()))
    check(table, networks, networks.boundaries(3000, draw))
    check(table, networks, array("I", draw.randbytes(4 * 3000)))
    check(table, networks, [0, 0xFFFFFFFF])


@pytest.mark.parametrize("bits", [32, 128])
@pytest.mark.parametrize("shape", ["spread", "crowded", "both", "at the end"])
def test_every_boundary(prefix, bits, shape):
    """Trees of several levels, of which batches skip some: full and empty buckets, and the ends."""
    draw = random.Random(bits)
    networks = Networks(bits)
    unit = 1 << bits - 32  # an IPv4 address, or the first 32 bits of an IPv6 one
    base = 0x20010000 * unit
    for _ in range(1500):
        if shape in ("spread", "both"):
            networks.add(draw.getrandbits(bits), draw.choice([24, 28, 32, bits]))
        if shape in ("crowded", "both"):
            networks.add(base + draw.getrandbits(12) * unit, draw.choice([24, 30, 32]))
            networks.add(base + (draw.getrandbits(4) << 12) * unit, draw.choice([16, 20]))
        if shape == "at the end":
            networks.add((1 << bits) - 1 - draw.getrandbits(13) * unit, draw.choice([30, 32, bits]))
    networks.add((1 << bits) - 1, bits)
    networks.add(0, bits)
    table = prefix.PrefixTable(networks.items())
    check(table, networks, networks.boundaries(10_000, draw))
    check(table, networks, [draw.getrandbits(bits) for _ in range(500)])


def test_many_rows_in_a_loaded_table(prefix, table_path):
    networks, draw = Networks(32), random.Random(3)
    for _ in range(4000):
        networks.add(draw.getrandbits(32), draw.choice([8, 16, 24, 32]))
    prefix.PrefixTable(networks.items()).save(table_path)
    check(prefix.PrefixTable.load(table_path), networks, networks.boundaries(4000, draw))
