"""Options of IP, TCP and IPv6 headers: what they mean, and how a bad length ends them."""

import pytest
from hypothesis import given, strategies as st

from fastsock.errors import PacketError
from fastsock.headers.options import Option, iter_ip_options, iter_ipv6_options, iter_tcp_options

HOME = bytes.fromhex("20010db8") + bytes(12)
TCP = [
    ("020405b4", 2, 1460),
    ("030307", 3, 7),
    ("0303ff", 3, 14),  # RFC 7323: more is taken for 14
    ("0402", 4, True),
    ("050a0000000100000005", 5, ((1, 5),)),
    ("0512" + "00000001000000050000000affffffff", 5, ((1, 5), (10, 0xFFFFFFFF))),
    ("080a0102030400000000", 8, (0x01020304, 0)),
    ("2202", 34, b""),  # TCP Fast Open: asks for a cookie
    ("220a0011223344556677", 34, bytes.fromhex("0011223344556677")),
    ("1e0c00810102030405060708", 30, bytes.fromhex("00810102030405060708")),  # MPTCP
    ("fd04beef", 253, b"\xbe\xef"),
    ("0101", 1, None),
    ("00", 0, None),
]
IP = [
    ("0707 04 c0000201", 7, (4, (bytes([192, 0, 2, 1]),))),
    ("0703 04", 7, (4, ())),
    ("830b 08 c0000201 c0000202", 131, (8, (bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])))),
    ("8907 04 c0000202", 137, (4, (bytes([192, 0, 2, 2]),))),
    ("440c 09 31 c0000201 00000005", 68, (9, 3, 1, (0xC0000201, 5))),
    ("4404 05 00", 68, (5, 0, 0, ())),
    ("9404 0000", 148, 0),
    ("8804 0102", 136, 0x102),
    ("820b" + "00" * 9, 130, bytes(9)),  # security, RFC 1108
    ("01", 1, None),
    ("00", 0, None),
]
IPV6 = [
    ("00", 0, None),
    ("0100", 1, None),
    ("0104 00000000", 1, None),
    ("0502 0000", 5, 0),
    ("c204 00010000", 0xC2, 0x10000),
    ("c910" + HOME.hex(), 0xC9, HOME),
    ("0401 08", 4, 8),
    ("3e03 010203", 0x3E, b"\1\2\3"),
]


def ipv6_header(options):
    padded = options + bytes(-(2 + len(options)) % 8)
    return bytes([58, (2 + len(padded)) // 8 - 1]) + padded


def rows(table):
    return pytest.mark.parametrize(("text", "kind", "value"), table)


def check(option, encoded, offset, kind, value, more=2):
    assert isinstance(option, Option)
    assert (option.kind, option.offset) == (kind, offset)
    assert (option.value, type(option.value)) == (value, type(value))
    assert bytes(option.data) == encoded[more:]
    assert str(kind) in repr(option)


@rows(TCP)
def test_tcp(text, kind, value):
    encoded = bytes.fromhex(text)
    (option, *_) = iter_tcp_options(b"\1\1" + encoded)
    assert option.kind == 1
    option = list(iter_tcp_options(b"\1\1" + encoded))[2]
    alone = kind in (0, 1)
    check(option, encoded[:1] if alone else encoded, 2, kind, value)


@rows(IP)
def test_ip(text, kind, value):
    encoded = bytes.fromhex(text)
    check(next(iter_ip_options(encoded)), encoded, 0, kind, value)


@rows(IPV6)
def test_ipv6(text, kind, value):
    encoded = bytes.fromhex(text)
    header = ipv6_header(encoded)
    check(next(iter_ipv6_options(header)), encoded, 2, kind, value)
    kinds = [option.kind for option in iter_ipv6_options(header + b"what follows")]
    assert kinds[0] == kind
    assert set(kinds[1:]) <= {0}


def test_an_end_of_options_is_the_last():
    for iterate in (iter_ip_options, iter_tcp_options):
        assert [option.kind for option in iterate(b"\1\0\x02\x00garbage")] == [1, 0]
        assert list(iterate(b"")) == []
    assert [option.kind for option in iter_ipv6_options(bytes(8))] == [0] * 6  # Pad1 ends nothing


@pytest.mark.parametrize("iterate", [iter_ip_options, iter_tcp_options])
@pytest.mark.parametrize("bad", ["20", "2000", "2001", "2003", "20ff0000", "0200"])
def test_a_bad_length_ends_the_options(iterate, bad):
    options = iterate(b"\1\1" + bytes.fromhex(bad))
    assert [next(options).kind, next(options).kind] == [1, 1]
    with pytest.raises(PacketError, match=r"\.options at offset 2: BAD_OPTION") as caught:
        next(options)
    assert (caught.value.field, caught.value.offset) == ("options", 2)
    assert list(options) == []


@pytest.mark.parametrize("bad", [b"\5\2\0\0\1\1", b"\5\2\0\0\0\1", b"\5\2\0\0\xc2\xff"])
def test_a_bad_length_ends_those_of_ipv6(bad):
    options = iter_ipv6_options(b"\x3a\0" + bad)
    assert next(options).value == 0
    with pytest.raises(PacketError, match=r"ipv6\.options at offset [67]: BAD_OPTION"):
        list(options)


def test_an_ipv6_header_that_is_cut():
    header = ipv6_header(b"\5\2\0\0" + b"\1\6" + bytes(6))
    for size in range(len(header)):
        with pytest.raises(PacketError, match=r"ipv6\.extension at offset 0: HEADER_CUT"):
            iter_ipv6_options(header[:size])
    assert len(list(iter_ipv6_options(header))) == 4


@pytest.mark.parametrize(
    ("iterate", "table", "kinds"),
    [
        (iter_tcp_options, TCP, {2, 3, 4, 5, 8}),
        (iter_ip_options, IP, {7, 68, 131, 136, 137, 148}),
        (lambda data: iter_ipv6_options(ipv6_header(data)), IPV6, {4, 5, 0xC2, 0xC9}),
    ],
    ids=["tcp", "ip", "ipv6"],
)
def test_data_that_is_too_short_or_too_long(iterate, table, kinds):
    """It is iterated over like any other; only its value raises."""
    ipv6 = table is IPV6
    for text, kind, _ in table:
        if kind not in kinds:
            continue
        data = bytes.fromhex(text)[2:]
        for wrong in {data + b"\0", data[:-1]} - {data}:
            length = len(wrong) + (0 if ipv6 else 2)
            option = next(iterate(bytes([kind, length]) + wrong))
            assert bytes(option.data) == wrong
            with pytest.raises(PacketError, match="BAD_OPTION"):
                option.value  # noqa: B018


def test_data_is_written_in_place(headers, builders):
    packet = bytearray(builders.build_tcp("::1", "::2", 1, 2, options=b"\2\4\5\xb4"))
    tcp = headers.IPv6View(packet).transport()
    (option,) = iter_tcp_options(tcp.options)
    option.data[:] = (1220).to_bytes(2, "big")
    tcp.fill_checksum()
    assert next(iter_tcp_options(tcp.options)).value == 1220
    assert packet == builders.build_tcp("::1", "::2", 1, 2, options=b"\2\4\4\xc4")
    with pytest.raises(TypeError):
        next(iter_tcp_options(b"\2\4\5\xb4")).data[0] = 0


@pytest.mark.parametrize("iterate", [iter_ip_options, iter_tcp_options, iter_ipv6_options])
@given(data=st.binary(max_size=80))
def test_they_end_whatever_the_bytes_are(iterate, data):
    seen = []
    try:
        for option in iterate(data):
            seen.append(option.offset)
            repr(option)
    except PacketError:
        pass
    assert seen == sorted(set(seen))
    assert len(seen) <= len(data)


@pytest.mark.parametrize("iterate", [iter_ip_options, iter_tcp_options, iter_ipv6_options])
def test_what_is_no_buffer(iterate):
    for wrong in (None, "text", 5):
        with pytest.raises(TypeError, match="bytes-like"):
            iterate(wrong)
    with pytest.raises(BufferError, match="contiguous"):
        iterate(memoryview(bytes(20))[::2])


def test_data_that_was_released():
    """The packet itself is right."""
    for option in iter_tcp_options(b"\2\4\5\xb4\x0f\2\5\x0a" + bytes(8)):
        option.data.release()
        with pytest.raises(ValueError, match="released") as caught:
            _ = option.value
        assert not isinstance(caught.value, PacketError)


@pytest.mark.parametrize("size", [0, 1, 7, 9, 15, 17])
def test_a_sack_without_whole_blocks(size):
    """RFC 2018: an option of it has a block at the least; no data is no empty list of them."""
    (option,) = iter_tcp_options(bytes([5, 2 + size]) + bytes(size))
    assert (option.kind, len(option.data)) == (5, size)
    with pytest.raises(PacketError, match=r"tcp\.options at offset 0: BAD_OPTION"):
        bytes(option.value)
