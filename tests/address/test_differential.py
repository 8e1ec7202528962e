"""Random addresses and near-addresses: every implementation gives the same answer or error.

The oracle is the running `socket` where its libc is glibc, and nothing stands before that (PyPy's
reads up to a NUL); the twins and the rules for other platforms must equal it in result, exception
class, text and errno.
"""

import platform
import socket
import sys
from importlib import import_module
from socket import AF_INET, AF_INET6, AF_UNSPEC

import pytest
from hypothesis import example, given, strategies as st

IS_RIGHT = platform.libc_ver()[0] == "glibc" and sys.implementation.name == "cpython"
ORACLE = socket if IS_RIGHT else import_module("fastsock.address.inet_rules")
FAMILIES = [AF_INET, AF_INET6, AF_UNSPEC]

# Addresses in all the ways of writing them

decimals = st.integers(0, 255).map(str) | st.sampled_from(
    ["0", "9", "10", "99", "199", "249", "250", "255"]
)
dotted = st.lists(decimals, min_size=4, max_size=4).map(".".join)
c_numbers = st.builds(
    lambda form, n: form.format(n),
    st.sampled_from(["{}", "0{:o}", "0x{:x}", "0X{:X}", "000{:o}"]),
    st.integers(0, 255) | st.integers(0, 2**33),
)
c_style = st.builds(
    "{}{}".format,
    st.lists(c_numbers, min_size=1, max_size=5).map(".".join),
    st.sampled_from(["", " ", "\t", "\n", "\v", "\f", "\r", " x", "\x1c", "\u00a0"]),
)
groups = st.integers(0, 0xFFFF).map("{:x}".format) | st.sampled_from(
    ["0", "0000", "00ff", "FFFF", "aB"]
)
joined = st.lists(groups, max_size=8).map(":".join)
colons = st.one_of(
    st.lists(groups, min_size=8, max_size=8).map(":".join),
    st.builds("{}::{}".format, joined, joined),
    st.builds("{}::{}:{}".format, joined, joined, dotted),
    st.builds("::{}".format, dotted),
    st.builds("::ffff:{}".format, dotted),
    st.lists(groups, min_size=6, max_size=6).map(lambda six: ":".join(six) + ":1.2.3.4"),
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=6).map(lambda ip: ip.exploded),
)
addresses = dotted | c_style | colons

# ... and the same with a few characters changed

characters = st.sampled_from(
    "0123456789abcdfABCDFgG.:/;@`%xX \t\n\r\0[]-+_\u00e9\uff11\u0661\ud800\U0001d7d8"
)

changes = st.sampled_from(["insert", "replace", "delete", "double", "neighbour", "swap"])


@st.composite
def mutated(draw, texts=addresses):
    text = draw(texts)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        change = draw(changes)
        before, here, after = text[:at], text[at : at + 1], text[at + 1 :]
        if change == "insert":
            text = before + draw(characters) + here + after
        elif change == "replace":
            text = before + draw(characters) + after
        elif change == "delete":
            text = before + after
        elif change == "double":
            text = before + here + here + after
        elif change == "neighbour" and here:  # "/" and ":" stand on either side of the digits
            text = before + chr(ord(here) ^ 1 or 1) + after
        elif change == "swap":
            text = before + after[:1] + here + after[1:]
    return text


texts = addresses | mutated() | st.text(max_size=50)
families = st.sampled_from([AF_INET, AF_INET6]) | st.sampled_from([0, 1, -1, 99, 2**31, 2**70])
packed = st.one_of(
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=16, max_size=16),
    st.lists(
        st.sampled_from([b"\0\0", b"\0\1", b"\xff\xff", b"\x12\x34", b"\x0a\x00"]),
        min_size=8,
        max_size=8,
    ).map(b"".join),
    st.binary(min_size=4, max_size=4).map(lambda four: bytes(10) + b"\xff\xff" + four),
    st.binary(min_size=4, max_size=4).map(lambda four: bytes(12) + four),
    st.binary(max_size=20),
)


@given(text=texts)
@example(text="1.2.3.4 \ud800")
@example(text="1.2.3.4 \0")
def test_inet_aton(inet, outcome, text):
    assert outcome(inet.inet_aton, text) == outcome(ORACLE.inet_aton, text)


@given(family=families, text=texts)
@example(family=2**40, text="\ud800")
@example(family=99, text="\ud800\0")
def test_inet_pton(inet, outcome, family, text):
    assert outcome(inet.inet_pton, family, text) == outcome(ORACLE.inet_pton, family, text)


@given(value=packed)
def test_inet_ntoa(inet, outcome, value):
    assert outcome(inet.inet_ntoa, value) == outcome(ORACLE.inet_ntoa, value)
    assert outcome(inet.inet_ntoa, memoryview(value)) == outcome(ORACLE.inet_ntoa, value)


@given(family=families, value=packed)
def test_inet_ntop(inet, outcome, family, value):
    expected = outcome(ORACLE.inet_ntop, family, value)
    assert outcome(inet.inet_ntop, family, value) == expected
    assert outcome(inet.inet_ntop, family, bytearray(value)) == expected
    if isinstance(expected, str):
        assert inet.inet_pton(family, expected) == value


@given(
    family=families,
    value=st.sampled_from(
        [
            None,
            4,
            1.5,
            b"1.2.3.4",
            bytearray(4),
            "1.2.3.4",
            "::1",
            "\0",
            "\ud800",
            memoryview(bytes(8))[::2],
        ]
    ),
)
def test_wrong_arguments(inet, outcome, family, value):
    """Class, text and errno, whichever argument is wrong and even where all are."""
    for name, args in [
        ("inet_aton", ()),
        ("inet_ntoa", ()),
        ("inet_pton", (family,)),
        ("inet_ntop", (family,)),
    ]:
        expected = outcome(getattr(socket, name), *args, value)
        assert outcome(getattr(inet, name), *args, value) == expected


# Batches


def pack_rows(family, rows):
    """The result that mask mode must give, one row at a time."""
    size = 4 if family == AF_INET else 16
    records, valid = [], bytearray()
    for row in rows:
        try:
            if family == AF_UNSPEC and ":" not in row:
                records.append(bytes(10) + b"\xff\xff" + ORACLE.inet_pton(AF_INET, row))
            else:
                records.append(ORACLE.inet_pton(family or AF_INET6, row))
            valid.append(1)
        except (OSError, ValueError):
            records.append(bytes(size))
            valid.append(0)
    return b"".join(records), bytes(valid)


rows_of_texts = st.lists(texts, max_size=8)
no_line_ends = str.maketrans("", "", "\n\r")


@given(family=st.sampled_from(FAMILIES), rows=rows_of_texts)
def test_lists(address, outcome, family, rows):
    packed, valid = pack_rows(family, rows)
    assert address.inet_pton_many(family, rows, errors="mask") == (packed, valid)
    strict = outcome(address.inet_pton_many, family, iter(rows))
    if all(valid):
        assert strict == packed
    else:
        kind, message, _ = strict
        assert kind.__name__ == "AddressError"
        assert message.startswith(f"row {valid.index(0)}: ")


@given(
    family=st.sampled_from(FAMILIES),
    rows=rows_of_texts,
    newline=st.sampled_from(["\n", "\r\n"]),
    padding=st.integers(0, 3),
)
def test_a_text_gives_what_the_list_gives(address, family, rows, newline, padding):
    """Whatever follows the rows: near the end, more rows take the scalar path."""
    rows = [row.translate(no_line_ends) for row in rows] + ["1.2.3.4", "::1", "x" * 20][:padding]
    text = "".join(row + newline for row in rows).encode("utf-8", "surrogatepass")
    expected = pack_rows(family, rows)
    assert address.inet_pton_many(family, text, errors="mask") == expected
    assert address.inet_pton_many(family, rows, errors="mask") == expected


@given(
    family=st.sampled_from(FAMILIES),
    blob=st.binary(max_size=200) | texts.map(lambda text: text.encode("utf-8", "replace")),
)
def test_any_bytes_are_rows(address, outcome, family, blob):
    rows = blob.split(b"\n")
    last = rows.pop()
    rows = [row.removesuffix(b"\r") for row in rows] + ([last] if last else [])
    packed, valid = pack_rows(family, [row.decode("latin-1") for row in rows])
    assert address.inet_pton_many(family, blob, errors="mask") == (packed, valid)
    if not all(valid):
        with pytest.raises(ValueError) as caught:
            address.inet_pton_many(family, blob)
        assert (caught.value.index, caught.value.value) == (valid.index(0), rows[valid.index(0)])


@given(family=st.sampled_from(FAMILIES), records=st.lists(packed, max_size=8))
def test_packed_to_text_and_back(address, outcome, family, records):
    size = 4 if family == AF_INET else 16
    records = [record for record in records if len(record) == size]
    lines = address.inet_ntop_lines(family, b"".join(records))
    assert address.inet_ntop_many(family, b"".join(records)) == lines.decode().split()
    for record, text in zip(records, lines.decode().split(), strict=True):
        mapped = family == AF_UNSPEC and record.startswith(bytes(10) + b"\xff\xff")
        four = family == AF_INET or mapped
        assert text == ORACLE.inet_ntop(
            AF_INET if four else AF_INET6, record[-4:] if four else record
        )
    assert address.inet_pton_many(family, lines) == b"".join(records)
