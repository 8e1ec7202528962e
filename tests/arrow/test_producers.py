"""Every layout of every producer, against `ipaddress`."""

import gc
import ipaddress
from socket import AF_INET, AF_INET6, AF_UNSPEC

import pytest

TEXTS = [
    "192.0.2.1", None, "2001:db8::1", "localhost", "255.255.255.255", "", "::ffff:192.0.2.9",
    "2001:db8:1111:2222:3333:4444:5555:6666", "192.0.2.1", "1.2.3", None, "::", "ä" * 20,
    "fe80::1%eth0", "010.0.0.1", "0.0.0.0",
]  # fmt: skip
LAYOUTS = {
    "string": TEXTS,
    "large": TEXTS,
    "view": TEXTS,
    "dictionary": TEXTS * 3,
    "sliced": TEXTS * 2,
    "chunked": TEXTS,
    "null": [None if n % 3 else text for n, text in enumerate(TEXTS)],
    "all null": [None] * 11,
    "null type": [None] * 11,
    "empty": [],
    "zero chunks": [],
}
TABLE = {"192.0.2.0/24": "docs", "2001:db8::/32": "docs6", "0.0.0.0/8": "this", "fe80::/10": "ll"}


def packed(text, family=AF_UNSPEC):
    """What `ipaddress` says of a text; None where it is no address of the family."""
    if text is None or "%" in text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if family == AF_UNSPEC:
        return bytes(10) + b"\xff\xff" + address.packed if address.version == 4 else address.packed
    return address.packed if address.version == (4 if family == AF_INET else 6) else None


def network_of(text):
    """The longest of the table's networks, by a scan."""
    record = packed(text)
    if record is None:
        return None
    address = ipaddress.ip_address(record)
    address = address.ipv4_mapped or address
    nets = [ipaddress.ip_network(net) for net in TABLE]
    found = [net for net in nets if address.version == net.version and address in net]
    return TABLE[str(max(found, key=lambda net: net.prefixlen))] if found else None


@pytest.fixture(params=LAYOUTS)
def column(request, producer, slice_of):
    """A column, and its texts."""
    texts = LAYOUTS[request.param]
    if request.param == "sliced":
        made = slice_of(producer("string", texts), 3, 17)
        return made, texts[3:20]
    return producer(request.param, texts), texts


def test_pton(column, parts):
    made, texts = column
    for family in (AF_INET, AF_INET6, AF_UNSPEC):
        rows = [packed(text, family) for text in texts]
        size = 4 if family == AF_INET else 16
        expected = b"".join(row or bytes(size) for row in rows)
        flags = bytes(row is not None for row in rows)
        found = parts.address.inet_pton_many(family, made, errors="mask")
        assert found == (expected, flags), family
        addresses = parts.arrow.pton_column(made, family)
        assert bytes(addresses.packed) == expected
        assert addresses.null_count == flags.count(0)


def test_text_again(column, parts):
    made, texts = column
    addresses = parts.arrow.pton_column(made)
    rows = [packed(text) for text in texts]
    shown = [
        None if row is None else str(ip.ipv4_mapped or ip)
        for row in rows
        for ip in [ipaddress.ip_address(row or bytes(16))]
    ]
    assert list(addresses) == shown
    assert list(parts.arrow.ntop_column(addresses)) == shown


def test_look_ups(column, parts):
    made, texts = column
    table = parts.prefix.PrefixTable(TABLE)
    expected = [network_of(text) for text in texts]
    assert list(table.lookup_column(made, values=True)) == expected
    values = table.values_list()
    numbers = [None if value is None else values.index(value) for value in expected]
    assert list(table.lookup_column(made)) == numbers
    filled = [-7 if number is None else number for number in numbers]
    assert list(table.lookup_column(made, default=-7)) == filled
    # The same by way of packed addresses.
    assert list(table.lookup_column(parts.arrow.pton_column(made))) == numbers
    inside = [None if packed(t) is None else network_of(t) is not None for t in texts]
    assert list(parts.prefix.PrefixSet(TABLE).contains_column(made)) == inside
    masked = list(parts.prefix.mask_column(made, 8, 16))
    for text, mask in zip(texts, masked, strict=True):
        record = packed(text)
        assert (mask is None) == (record is None)
        if record is not None:
            address = ipaddress.ip_address(record)
            address = address.ipv4_mapped or address
            net = ipaddress.ip_network((address, 8 if address.version == 4 else 16), strict=False)
            assert mask == str(net.network_address)


def test_a_column_of_a_table(producer, parts):
    """A table of one column is that column; of several it is an error that names them."""
    made = producer("string", TEXTS)
    frame = made.rename("address").to_frame()
    expected = parts.address.inet_pton_many(AF_UNSPEC, TEXTS, errors="mask")
    if "pandas" in type(frame).__module__:
        frame = frame.reset_index(drop=True)
    assert parts.address.inet_pton_many(AF_UNSPEC, frame, errors="mask") == expected
    if "pandas" in type(frame).__module__:
        frame["other"] = made
    else:
        frame = frame.with_columns(other=made)
    with pytest.raises(ValueError, match=r"a table of 2 columns \('address', 'other'\)"):
        parts.address.inet_pton_many(AF_UNSPEC, frame)


def test_views_outlive_their_producer(parts, producer):
    """The memory stays until the last row was read, whoever made it."""
    made = producer("chunked", TEXTS * 50)
    pieces = parts.arrow.interface.pieces(made, frozenset({"u", "U", "vu"}), "texts")
    kept = [next(pieces)]
    del made
    gc.collect()
    kept += pieces
    del pieces
    gc.collect()
    found = [parts.address._pack_piece_of(AF_UNSPEC, piece) for piece in kept]
    expected = parts.address.inet_pton_many(AF_UNSPEC, TEXTS * 50, errors="mask")
    assert (b"".join(f[0] for f in found), b"".join(f[1] for f in found)) == expected
