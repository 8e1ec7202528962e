"""Tables from ranges, from CSV files of several kinds, from MaxMind DB files."""

import ipaddress
import struct

import pytest

GEOLITE = """\
network,geoname_id,registered_country_geoname_id,is_anonymous_proxy
1.0.0.0/24,2077456,2077456,0
1.0.1.0/24,1814991,1814991,0
"2001:db8::/32",2750405,2750405,0
"""
RIR = """\
2|ripencc|1700000000|4|19830705|20231114|+0100
ripencc|*|ipv4|*|3|summary
# a remark
ripencc|NL|ipv4|192.0.2.0|768|20100712|allocated
ripencc|DE|ipv4|198.51.100.0|256|20100712|assigned
ripencc|FR|ipv6|2001:db8::|32|20100712|allocated
ripencc|GB|asn|64496|1|20100712|allocated
"""
AWS = """\
3.2.34.0/26,AF,AF-KBL,Kabul,
2a05:d070:e000::/40,BH,BH-13,Manama,

15.220.232.0/24,AR,AR-C,Buenos Aires,
"""
RIR_COLUMNS = ["registry", "cc", "type", "start", "value", "date", "status"]


def test_geolite_like_files(prefix, tmp_path):
    path = tmp_path / "blocks.csv"
    path.write_text(GEOLITE, encoding="utf-8-sig", newline="\r\n")
    table = prefix.PrefixTable.from_csv(path, value="geoname_id")
    assert table.lookup("1.0.1.7") == "1814991"
    assert table.lookup("2001:db8::1") == "2750405"
    assert dict(prefix.PrefixTable.from_csv(path))["1.0.0.0/24"] == "1.0.0.0/24"
    ids = prefix.PrefixTable.from_csv(str(path), value=lambda row: int(row["geoname_id"]))
    assert ids.lookup("1.0.0.1") == 2077456
    several = prefix.PrefixTable.from_csv(path, value=["geoname_id", "is_anonymous_proxy"])
    assert several.lookup("1.0.0.1") == {"geoname_id": "2077456", "is_anonymous_proxy": "0"}


def test_files_of_the_rirs(prefix, tmp_path):
    path = tmp_path / "delegated"
    path.write_text(RIR)
    table = prefix.PrefixTable.from_csv(
        path, value="cc", first="start", count="value", columns=RIR_COLUMNS, delimiter="|",
        where=lambda row: row["type"] in ("ipv4", "ipv6") and row["cc"] != "*",
    )  # fmt: skip
    assert table.lookup("192.0.4.255") == "NL"  # 768 addresses: no power of two
    assert table.lookup("192.0.5.0") is None
    assert table.lookup("2001:db8:ffff::") == "FR"
    assert len(table.values_list()) == 3


def test_geofeeds(prefix):
    columns = ["prefix", "country", "region", "city", "postal"]
    table = prefix.PrefixTable.from_csv(
        AWS.splitlines(), network="prefix", value="city", columns=columns
    )
    assert table.lookup("3.2.34.1") == "Kabul"
    assert table.lookup("15.220.232.9") == "Buenos Aires"


def test_ranges_of_a_file(prefix):
    lines = ["start,end,who", "10.0.0.1,10.0.0.6,a", "2001:db8::,2001:db8::ff,b"]
    table = prefix.PrefixTable.from_csv(lines, first="start", last="end", value="who")
    assert [table.lookup(f"10.0.0.{n}") for n in range(8)] == [None, *"aaaaaa", None]
    assert table.lookup("2001:db8::80") == "b"


def test_bad_rows_are_named_or_collected(prefix):
    lines = [
        "network,v",
        "10.0.0.0/8,1",
        "10/8,2",
        "",
        "# remark",
        "11.0.0.1/8,3",
        "12.0.0.0/8,4",
        "x",
    ]
    with pytest.raises(ValueError, match="line 3: '10/8' is not"):
        prefix.PrefixTable.from_csv(lines, value="v")
    table, bad = prefix.PrefixTable.from_csv(lines, value="v", errors="mask")
    assert dict(table) == {"10.0.0.0/8": "1", "12.0.0.0/8": "4"}
    assert [line for line, _ in bad] == [3, 6, 8]
    assert "host bits" in bad[1][1]


def test_a_quote_that_nothing_closes(prefix):
    lines = ["network,v", "10.0.0.0/8,1", '11.0.0.0/8,"', *["12.0.0.0/8,4"] * 20_000]
    for errors in ("strict", "mask"):
        with pytest.raises(ValueError, match=r"line \d+: field larger than"):
            prefix.PrefixTable.from_csv(lines, value="v", errors=errors)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"value": "w"}, "no column 'w' in 'network, v'"), ({"network": "n"}, "no column 'n'"),
     ({"last": "v"}, "need first="), ({"first": "network"}, "needs either"),
     ({"first": "network", "last": "v", "count": "v"}, "needs either"),
     ({"first": "network", "last": "v", "network": "v"}, "exclude"),
     ({"errors": "x"}, "errors must")],
)  # fmt: skip
def test_options_that_do_not_fit(prefix, options, said):
    with pytest.raises(ValueError, match=said):
        prefix.PrefixTable.from_csv(["network,v", "10.0.0.0/8,1"], **options)


def test_ranges_against_ipaddress(prefix, oracle):
    draw = oracle(1).random
    for _ in range(40):
        wide = draw.random() < 0.5
        kind = ipaddress.IPv6Address if wide else ipaddress.IPv4Address
        a, b = sorted(draw.getrandbits(128 if wide else 32) >> draw.randrange(24) for _ in range(2))
        if wide and (a >> 32 == 0xFFFF or b >> 32 == 0xFFFF):
            continue
        table = prefix.PrefixTable.from_ranges([(kind(a), kind(b), "x")])
        assert list(table) == list(map(str, ipaddress.summarize_address_range(kind(a), kind(b))))


def test_the_smaller_range_counts_and_of_equal_ones_the_last(prefix):
    ranges = [("10.0.0.4", "10.0.0.7", "inner"), ("10.0.0.0", "10.0.0.7", "outer"),
              ("10.0.0.4", "10.0.0.7", "last")]  # fmt: skip
    table = prefix.PrefixTable.from_ranges(ranges)
    assert table.lookup("10.0.0.5") == "last"
    assert table.lookup("10.0.0.3") == "outer"
    for bad in (("10.0.0.2", "10.0.0.1", 1), ("10.0.0.2", "::1", 1)):
        with pytest.raises(ValueError, match="not a range"):
            prefix.PrefixTable.from_ranges([bad])


# A MaxMind DB file by its specification: a tree of 24-bit records, then the data, then metadata.


def _encode(value):
    if isinstance(value, str):
        data = value.encode()
        return bytes([2 << 5 | len(data)]) + data
    if isinstance(value, dict):
        pairs = b"".join(_encode(k) + _encode(v) for k, v in value.items())
        return bytes([7 << 5 | len(value)]) + pairs
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(_encode, value))
    kind, number = value
    data = struct.pack(">Q", number).lstrip(b"\0")
    if kind > 7:  # an extended type: its number stands in a second byte
        return bytes([len(data), kind - 7]) + data
    return bytes([kind << 5 | len(data)]) + data


UINT16, UINT32, UINT64 = 5, 6, 9


def write_mmdb(path, networks):
    nodes, data, offsets = [[None, None]], b"", {}
    for network, record in networks.items():
        number = int(ipaddress.ip_network(network)[0])
        length = ipaddress.ip_network(network).prefixlen + (0 if ":" in network else 96)
        node = 0
        for at in range(length - 1):
            side = number >> 127 - at & 1
            if nodes[node][side] is None:
                nodes.append([None, None])
                nodes[node][side] = len(nodes) - 1
            node = nodes[node][side]
        offsets[network] = len(data)
        nodes[node][number >> 128 - length & 1] = ("data", len(data))
        data += _encode(record)
    count = len(nodes)

    def record_of(side):
        if side is None:
            return count
        return side if isinstance(side, int) else count + 16 + side[1]

    tree = b"".join(record_of(side).to_bytes(3, "big") for node in nodes for side in node)
    about = {
        "binary_format_major_version": (UINT16, 2), "binary_format_minor_version": (UINT16, 0),
        "build_epoch": (UINT64, 1), "database_type": "Test", "description": {"en": "x"},
        "ip_version": (UINT16, 6), "languages": ["en"], "node_count": (UINT32, count),
        "record_size": (UINT16, 24),
    }  # fmt: skip
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _encode(about))


def test_maxmind_files(prefix, tmp_path):
    pytest.importorskip("maxminddb")
    path = tmp_path / "test.mmdb"
    write_mmdb(path, {
        "1.0.0.0/24": {"country": {"iso_code": "AU"}},
        "1.0.1.0/24": {"country": {"iso_code": "CN"}},
        "2001:db8::/32": {"country": {"iso_code": "AU"}}, "2001:db9::/32": {"x": {}},
    })  # fmt: skip
    table = prefix.PrefixTable.from_mmdb(path, "country.iso_code")
    assert table.lookup("1.0.1.1") == "CN"
    assert table.lookup("2001:db8::1") == "AU"
    assert table.lookup("2001:db9::1") is None
    assert len(table.values_list()) == 2
    whole = prefix.PrefixTable.from_mmdb(path)
    assert whole.lookup("1.0.0.1") == {"country": {"iso_code": "AU"}}
    called = prefix.PrefixTable.from_mmdb(path, len)
    assert called.lookup("1.0.0.1") == 1
