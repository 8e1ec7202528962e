"""Tables against a linear scan of `ipaddress`: built at once, changed step by step."""

import copy
import ipaddress
import pickle
from socket import AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC

import pytest

from fastsock.address import AddressError


def check(table, networks, addresses, scan):
    """Every kind of look-up of every address, and the table as a mapping."""
    for family, version in ((AF_INET, 4), (AF_INET6, 6)):
        rows = [address for address in addresses if address.version == version]
        packed = b"".join(address.packed for address in rows)
        found = table.lookup_many(family, packed)
        values = table.values_list()
        for address, row in zip(rows, found.tolist(), strict=True):
            matches = scan(networks, address)
            best = matches[-1] if matches else None
            value = networks.get(best)
            assert (values[row] if row >= 0 else None) == value, address
            assert table.lookup(address) == table.lookup(str(address)) == value
            assert table.lookup_prefix(address) == (best and (str(best), value))
            assert table.lookup_all(address) == [(str(net), networks[net]) for net in matches]
    assert len(table) == len(networks)


@pytest.mark.parametrize("seed", range(25))
def test_tables_built_at_once_agree_with_a_scan(prefix, oracle, seed):
    given = oracle(seed)
    networks = given.networks(given.random.randrange(100))
    table = prefix.PrefixTable(networks)
    check(table, networks, given.boundaries(networks), given.matches)
    assert list(table.items()) == given.sorted(networks)
    assert list(table) == [network for network, _ in table.items()]
    assert list(table.values()) == [value for _, value in table.items()]


@pytest.mark.parametrize("seed", range(12))
def test_every_step_of_inserts_and_deletes_agrees_with_a_scan(prefix, oracle, seed):
    given = oracle(1000 + seed)
    draw = given.random
    networks = given.networks(40)
    table = prefix.PrefixTable(networks)
    for _ in range(25):
        for _ in range(draw.randrange(1, 12)):
            if networks and draw.random() < 0.45:
                gone = draw.choice(list(networks))
                assert table.pop(str(gone)) == networks.pop(gone)
            else:
                network, value = given.network(), draw.choice([1, 2, object()])
                table[network] = networks[network] = value
        if draw.random() < 0.2:
            more = given.networks(draw.randrange(60))
            table.update(more)
            networks.update(more)
        check(table, networks, given.boundaries(networks, 12), given.matches)
        if draw.random() < 0.2:
            assert list(table.items()) == given.sorted(networks)


def test_few_lookups_between_changes_to_a_large_table(prefix):
    """No compilation in between: the rows outside what changed come from the old form."""
    table = prefix.PrefixTable({(bytes([10, a, b, 0]), 24): a for a in range(16) for b in range(9)})
    for step in range(30):
        table[f"10.{step % 16}.1.128/25"] = "new"
        assert table.lookup(f"10.{step % 16}.1.200") == "new"
        assert table.lookup(f"10.{step % 16}.2.200") == step % 16
        del table[f"10.{step % 16}.1.128/25"]
        assert table.lookup(f"10.{step % 16}.1.200") == step % 16
    assert len(table) == 144


def test_a_changed_value_is_seen_at_once(prefix):
    table = prefix.PrefixTable({"10.0.0.0/8": 0, "10.0.0.0/16": 0, "192.0.2.0/24": "x"})
    packed = bytes([10, 0, 0, 1, 10, 1, 0, 1, 192, 0, 2, 1])
    for value in range(1, 300):
        table["10.0.0.0/8"] = [value]
        rows, values = table.lookup_many(AF_INET, packed), table.values_list()
        assert [values[row] for row in rows] == [0, [value], "x"]


def test_the_case_that_libcidr_gets_wrong(prefix):
    texts = ["62.74.6.0/23", "62.74.192.0/22", "62.74.0.0/16", "62.75.209.0/24"]
    table = prefix.PrefixTable((text, text) for text in texts)
    assert table.lookup("62.74.234.147") == "62.74.0.0/16"


@pytest.mark.parametrize("count", [1, 7, 8, 9, 10, 63, 64, 65, 72, 73, 80, 81, 700])
def test_hosts_in_one_64(prefix, count):
    """A record holds eight ranges; more make a tree, of one level, of two, of three."""
    base = 0x20010DB8 << 96
    hosts = {ipaddress.IPv6Network((base + 3 * n, 128)): n for n in range(count)}
    table = prefix.PrefixTable({"2001:db8::/40": "all", **hosts})
    for n in range(count):
        assert table.lookup(ipaddress.IPv6Address(base + 3 * n)) == n
        assert table.lookup(ipaddress.IPv6Address(base + 3 * n + 1)) == "all"
    rows = b"".join((base + n).to_bytes(16, "big") for n in range(3 * count + 3))
    values = table.values_list()
    found = [values[row] for row in table.lookup_many(AF_INET6, rows)]
    assert found == [
        n // 3 if n % 3 == 0 and n < 3 * count else "all" for n in range(3 * count + 3)
    ]


def test_a_chain_of_all_lengths(prefix):
    address = ipaddress.IPv6Address("2001:db8:ffff:0:1234:5678:9abc:def1")
    chain = [ipaddress.IPv6Network((address, n), strict=False) for n in range(129)]
    table = prefix.PrefixTable((network, network.prefixlen) for network in chain)
    assert [value for _, value in table.lookup_all(address)] == list(range(129))
    for network in chain:
        for number in {int(network[0]), int(network[-1])}:
            got = table.lookup(ipaddress.IPv6Address(number))
            assert got == max(n.prefixlen for n in chain if ipaddress.IPv6Address(number) in n)


@pytest.mark.parametrize(
    "network",
    ["10.0.0.0/8", ipaddress.ip_network("10.0.0.0/8"), (b"\n\0\0\0", 8),
     (bytearray(b"\n\0\0\0"), 8),
     "::ffff:10.0.0.0/104", (bytes(10) + b"\xff\xff\n\0\0\0", 104)],
)  # fmt: skip
def test_networks_in_every_form(prefix, network):
    table = prefix.PrefixTable([(network, 1)])
    assert list(table) == ["10.0.0.0/8"]
    assert network in table
    assert table[network] == table.get(network) == 1
    del table[network]
    assert network not in table
    with pytest.raises(KeyError):
        table[network]
    with pytest.raises(KeyError):
        del table[network]


@pytest.mark.parametrize(
    ("address", "family"),
    [("10.0.0.1", None), ("::ffff:10.0.0.1", None), ("::ffff:a00:1", None), (b"\n\0\0\1", None),
     (bytearray(b"\n\0\0\1"), None), (memoryview(b"\n\0\0\1"), None), (0x0A000001, AF_INET),
     (0xFFFF0A000001, AF_INET6), (ipaddress.ip_address("10.0.0.1"), None),
     (ipaddress.ip_address("::ffff:10.0.0.1"), None), (ipaddress.ip_interface("10.0.0.1/9"), None)],
)  # fmt: skip
def test_addresses_in_every_form(prefix, address, family):
    table = prefix.PrefixTable({"10.0.0.0/8": 1, "::/0": 6})
    assert table.lookup(address, family=family) == 1
    assert table.lookup_prefix(address, family=family) == ("10.0.0.0/8", 1)
    assert table.lookup_all(address, family=family) == [("10.0.0.0/8", 1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [("10/8", "not an IPv4 or IPv6 network"), ("10.0.0.0/33", "0 to 32"), ("::/129", "0 to 128"),
     ("10.0.0.0/", "in decimal"), ("10.0.0.0/+8", "in decimal"), ("10.0.0.0/08", "leading zero"),
     ("10.0.0.0/255.0.0.0", "in decimal"), ("10.0.0.1/8", "host bits"), ("010.0.0.0/8", "network"),
     ("2001:db8::1/32", "host bits"), ("fe80::%eth0/64", "zone"), ("", "network"),
     ("/8", "network"),
     ("10.0.0.0/8 ", "in decimal"), ("10.0.0.0/\u0668", "in decimal"), ("\ud800/8", "network"),
     ("10.0.0.0/8\0", "in decimal")],
)  # fmt: skip
def test_texts_that_are_no_networks(prefix, text, said):
    table = prefix.PrefixTable()
    for call in (
        lambda: table.__setitem__(text, 1), lambda: table[text], lambda: text in table,
        lambda: table.pop(text), lambda: table.covering(text), lambda: table.covered(text),
        lambda: prefix.PrefixTable([(text, 1)]), lambda: prefix.PrefixSet([text]),
    ):  # fmt: skip
        with pytest.raises(AddressError, match=said):
            call()


def test_host_bits_are_cleared_where_that_is_asked(prefix):
    table = prefix.PrefixTable({"10.1.2.3/8": 1, (bytes(15) + b"\1", 64): 6}, strict=False)
    assert list(table) == ["10.0.0.0/8", "::/64"]
    assert "10.9.9.9/8" in table


@pytest.mark.parametrize(
    ("address", "kind", "said"),
    [("10.0.0", AddressError, "not an IPv4"), ("fe80::1%lo", AddressError, "zone"),
     (ipaddress.IPv6Address("fe80::1%lo"), AddressError, "zone"), (1, TypeError, "family"),
     (b"abc", ValueError, "4 or 16 bytes"), (None, TypeError, "an address must be"),
     (1.5, TypeError, "an address must be"),
     (memoryview(bytes(8))[::2], BufferError, "contiguous")],
)  # fmt: skip
def test_what_is_no_address(prefix, address, kind, said):
    table = prefix.PrefixTable({"0.0.0.0/0": 1})
    with pytest.raises(kind, match=said):
        table.lookup(address)
    with pytest.raises(kind, match=said):
        table.lookup_prefix(address)


@pytest.mark.parametrize(
    ("number", "family", "kind"),
    [(-1, AF_INET, ValueError), (1 << 32, AF_INET, ValueError), (1 << 128, AF_INET6, ValueError),
     (1, AF_UNIX, ValueError), (1, "4", TypeError)],
)  # fmt: skip
def test_numbers_that_are_no_addresses(prefix, number, family, kind):
    with pytest.raises(kind):
        prefix.PrefixTable().lookup(number, family=family)


def test_mapped_rows_are_ipv4_rows(prefix):
    table = prefix.PrefixTable({"10.0.0.0/8": "four", "::/0": "six"})
    rows = [ipaddress.ip_address(t) for t in ("::ffff:10.1.1.1", "::10.1.1.1", "::ffff:11.0.0.1")]
    for family in (AF_INET6, AF_UNSPEC):
        found = table.lookup_many(family, b"".join(row.packed for row in rows), default=-9)
        assert found.tolist() == [table.values_list().index("four"),
                                  table.values_list().index("six"), -9]  # fmt: skip


def test_every_count_of_rows(prefix):
    """Blocks hold 32 rows: not one row more is written than there is."""
    table = prefix.PrefixTable({"10.0.0.0/8": 1, "2001:db8::/32": 2, "2001:db8::1/128": 3})
    four, six = bytes([10, 0, 0, 1]), ipaddress.ip_address("2001:db8::1").packed
    mapped = ipaddress.ip_address("::ffff:10.0.0.1").packed
    for rows in range(100):
        assert table.lookup_many(AF_INET, four * rows).tolist() == [0] * rows
        both = (six + mapped) * rows
        found = table.lookup_many(AF_INET6, both)
        assert len(found) == 2 * rows
        assert [table.values_list()[row] for row in found] == [3, 1] * rows


@pytest.mark.parametrize("default", [-1, -2, -3, -(2**31), 2**31 - 1, 7])
def test_any_default(prefix, default):
    table = prefix.PrefixTable({(bytes([10, n, 0, 0]), 16): n for n in range(64)})
    rows = bytes([10, 1, 0, 1, 11, 0, 0, 0])
    assert table.lookup_many(AF_INET, rows, default).tolist() == [1, default]
    table["12.0.0.0/8"] = 1  # rows in changed networks take another path
    assert table.lookup_many(AF_INET, rows + b"\x0c\0\0\0\x0b\0\0\0", default)[1] == default
    del table["10.1.0.0/16"]
    assert table.lookup_many(AF_INET, rows, default).tolist() == [default, default]


@pytest.mark.parametrize("default", [2**31, -(2**31) - 1])
def test_a_default_that_is_no_int32(prefix, default):
    with pytest.raises(OverflowError, match="32 bits"):
        prefix.PrefixTable().lookup_many(AF_INET, b"", default)


def test_buffers(prefix):
    table = prefix.PrefixTable({"10.0.0.0/8": 1})
    np = pytest.importorskip("numpy")
    words = np.array([0x0A000001, 0x0B000001], dtype=">u4")
    assert np.asarray(table.lookup_many(AF_INET, words)).tolist() == [0, -1]
    assert np.frombuffer(table.lookup_many(AF_INET, words), "i4").tolist() == [0, -1]
    assert len(table.lookup_many(AF_INET, np.empty((0, 4), "u1"))) == 0
    with pytest.raises(BufferError):
        table.lookup_many(AF_INET, np.tile(words, 4)[::2])
    with pytest.raises(ValueError, match="records of 4 bytes"):
        table.lookup_many(AF_INET, b"12345")
    with pytest.raises(TypeError, match="bytes-like"):
        table.lookup_many(AF_INET, "10.0.0.1")
    with pytest.raises(ValueError, match="family"):
        table.lookup_many(AF_UNIX, b"")


def test_covering_and_covered(prefix, oracle):
    for seed in range(8):
        given = oracle(seed)
        networks = given.networks(60)
        table = prefix.PrefixTable(networks)
        for _ in range(2):  # the second time from the trie
            for asked in [given.network() for _ in range(25)] + list(networks)[:10]:
                same = [n for n in networks if n.version == asked.version]
                inside = {n: networks[n] for n in same if n.subnet_of(asked)}
                around = [n for n in same if asked.subnet_of(n)]
                around.sort(key=lambda n: n.prefixlen)
                assert table.covered(asked) == given.sorted(inside)
                assert table.covering(asked) == [(str(n), networks[n]) for n in around]
                assert table.overlaps(asked) == bool(inside or around)
            table["192.0.2.77"] = networks[ipaddress.ip_network("192.0.2.77")] = 9


def test_overlaps_of_tables_and_sets(prefix):
    table = prefix.PrefixTable({"10.0.0.0/8": 1, "2001:db8::/32": 2})
    assert table.overlaps(["192.0.2.0/24", "10.5.0.0/16"])
    assert table.overlaps(prefix.PrefixTable({"0.0.0.0/0": 1}))
    assert not table.overlaps(prefix.PrefixTable({f"11.0.0.{n}": n for n in range(9)}))
    assert table.overlaps(prefix.PrefixSet(["2001:db8:1::/48"]))
    assert not table.overlaps(prefix.PrefixSet())


def test_texts_are_those_of_ipaddress(prefix, oracle):
    given = oracle(5)
    networks = {given.network() for _ in range(500)}
    networks |= {
        ipaddress.ip_network(t) for t in ("::1.2.3.0/120", "::1/128", "::ffff/128", "::/96")
    }
    assert set(prefix.PrefixTable((n, 1) for n in networks)) == set(map(str, networks))
    assert {prefix.PrefixSet([n]).to_cidrs()[0] for n in networks} == set(map(str, networks))


def test_update_takes_all_or_nothing(prefix):
    table = prefix.PrefixTable({"10.0.0.0/8": 1})
    for items in ([("11.0.0.0/8", 1), ("12/8", 2)], [("11.0.0.0/8", 1), "x"], [("11.0.0.0/8",)]):
        with pytest.raises((ValueError, TypeError)):
            table.update(items)
    assert dict(table) == {"10.0.0.0/8": 1}
    table.update({"11.0.0.0/8": 2})
    table.update([("11.0.0.0/8", 3), ("11.0.0.0/8", 4)])
    assert dict(table) == {"10.0.0.0/8": 1, "11.0.0.0/8": 4}


def test_it_is_a_mutable_mapping(prefix):
    table = prefix.PrefixTable({"10.0.0.0/8": 1})
    assert table.setdefault("10.0.0.0/8", 5) == 1
    assert table.setdefault("11.0.0.0/8", 5) == 5
    assert table == {"10.0.0.0/8": 1, "11.0.0.0/8": 5}
    assert table.keys() == {"10.0.0.0/8", "11.0.0.0/8"}
    assert table.pop("9.0.0.0/8", "none") == "none"
    with pytest.raises(KeyError):
        table.pop("9.0.0.0/8")
    assert sorted(table.popitem() for _ in range(2)) == [("10.0.0.0/8", 1), ("11.0.0.0/8", 5)]
    with pytest.raises(KeyError):
        table.popitem()
    table["::/0"] = None
    assert table.lookup("::1", "default") is None
    table.clear()
    assert not table
    assert list(table) == []
    with pytest.raises(TypeError, match="unhashable"):
        hash(table)


def test_iterations_go_over_the_table_as_it_was(prefix):
    table = prefix.PrefixTable({f"10.{n}.0.0/16": n for n in range(20)})
    for network in table:
        del table[network]
    assert len(table) == 0


def test_equal_values_are_not_merged_and_identical_ones_are(prefix):
    one, other = [1], [1]
    table = prefix.PrefixTable([("10.0.0.0/8", one), ("11.0.0.0/8", other), ("12.0.0.0/8", one)])
    assert len(table.values_list()) == 2
    assert table.lookup("10.0.0.1") is one is table.lookup("12.0.0.1")
    assert table.lookup("11.0.0.1") is other
    numbers = prefix.PrefixTable([("10.0.0.0/8", 1), ("11.0.0.0/8", True), ("12.0.0.0/8", 1.0)])
    assert [type(value) for value in numbers.values()] == [int, bool, float]


def test_indexes_stay_right_while_values_come_and_go(prefix):
    table = prefix.PrefixTable({"10.0.0.0/8": "old", "11.0.0.0/8": "stays"})
    rows = table.lookup_many(AF_INET, bytes([10, 0, 0, 1, 11, 0, 0, 1]))
    del table["10.0.0.0/8"]
    for n in range(40):
        table["12.0.0.0/8"] = [n]
        del table["12.0.0.0/8"]
    assert [table.values_list()[row] for row in rows] == ["old", "stays"]


def test_unused_values_do_not_pile_up(prefix):
    table = prefix.PrefixTable({"10.0.0.0/8": 0})
    for n in range(5000):
        table["11.0.0.0/8"] = [n]
        del table["11.0.0.0/8"]
    assert len(table.values_list()) < 500


def test_freeze(prefix):
    table = prefix.PrefixTable({f"10.{n}.0.0/16": [n] for n in range(200)})
    for n in range(150):
        del table[f"10.{n}.0.0/16"]
    assert not table.frozen
    table.freeze()
    table.freeze()
    assert table.frozen
    assert len(table.values_list()) == 50
    for change in (lambda: table.__setitem__("::/0", 1), lambda: table.__delitem__("10.199.0.0/16"),
                   lambda: table.pop("9.0.0.0/8", 1), lambda: table.update({"::/0": 1}),
                   table.clear, table.popitem):  # fmt: skip
        with pytest.raises(TypeError, match="the table is frozen"):
            change()
    assert len(table) == 50
    assert table.lookup("10.199.1.1") == [199]
    again = table.copy()
    again["::/0"] = 1
    assert (len(again), len(table)) == (51, 50)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_pickles(prefix, protocol):
    table = prefix.PrefixTable({"10.0.0.0/8": {1, 2}, "2001:db8::1": None})
    table["11.0.0.0/8"] = (1,)
    loaded = pickle.loads(pickle.dumps(table, protocol))
    assert type(loaded) is type(table)
    assert loaded == table == copy.copy(table) == copy.deepcopy(table)
    loaded["::/0"] = 1
    assert "::/0" not in table


def test_pickles_out_of_band(prefix):
    table = prefix.PrefixTable({f"10.{n}.0.0/16": n for n in range(200)})
    buffers = []
    small = pickle.dumps(table, 5, buffer_callback=buffers.append)
    assert len(buffers) == 1
    assert pickle.loads(small, buffers=buffers) == table
    held = bytearray(buffers[0].raw())
    assert pickle.loads(small, buffers=[held]) == table
    form = prefix.PrefixTable._read_form(held)
    held[:] = bytes(len(held))  # a writable buffer is copied
    assert form.contains("10.7.0.1")


def test_subclasses_keep_their_class(prefix):
    class Routes(prefix.PrefixTable):
        pass

    assert type(Routes({"10.0.0.0/8": 1}).copy()) is Routes
    assert type(Routes.from_ranges([])) is Routes


def test_both_twins_compile_the_same_bytes(prefixes, oracle):
    for seed in range(15):
        networks = oracle(seed).networks(120)
        images = [bytes(twin.PrefixTable(networks)._snapshot()[0].image) for twin in prefixes]
        assert images[0] == images[1]


def test_a_value_that_looks_at_the_table_while_it_dies(prefix):
    table = prefix.PrefixTable({"10.0.0.0/8": 0})
    seen = []

    class Value:
        def __del__(self):
            table["12.0.0.0/8"] = len(seen)
            seen.append(table.lookup("12.0.0.1"))

    for _ in range(400):
        table["11.0.0.0/8"] = Value()
    assert seen[-1] == len(seen) - 1
    assert table.lookup("10.0.0.1") == 0
