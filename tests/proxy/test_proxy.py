"""PROXY protocol headers: every rule, with bytes made here."""

import gc
import pickle
import socket
import struct
from socket import AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, SOCK_DGRAM, SOCK_STREAM

import pytest
from hypothesis import given, strategies as st

import fastsock
from fastsock import NeedMore, ProxyError, ProxyHeader
from fastsock.proxy import ProxySSL, ProxySSLClient, ProxyTLV, _py as pure, errors as texts

SIGNATURE = b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a"
TCP4 = bytes([192, 0, 2, 1, 192, 0, 2, 2]) + struct.pack("!HH", 56324, 443)
ENDS4 = ("192.0.2.1", 56324), ("192.0.2.2", 443)
TCP6 = bytes.fromhex("20010db8" + "00" * 11 + "01" + "00" * 15 + "01") + struct.pack(
    "!HH", 1, 65535
)
ENDS6 = ("2001:db8::1", 1), ("::1", 65535)


def v2(body=TCP4, *, command=0x21, kind=0x11, length=None):
    """A binary header, of any bytes."""
    size = len(body) if length is None else length
    return SIGNATURE + bytes([command, kind]) + struct.pack("!H", size) + body


def tlv(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


def crc_by_bits(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
    return crc ^ 0xFFFFFFFF


def with_crc(header):
    """The header with its CRC TLV, that has zeros, filled in: by the specification's steps."""
    at = header.index(b"\x03\x00\x04\x00\x00\x00\x00") + 3
    return header[:at] + crc_by_bits(header).to_bytes(4, "big") + header[at + 4 :]


CRC_FIELD = tlv(0x03, bytes(4))


# Version 1: what is taken


@pytest.mark.parametrize(
    ("line", "family", "source", "destination"),
    [
        (b"TCP4 192.0.2.1 192.0.2.2 56324 443", AF_INET, *ENDS4),
        (b"TCP4 0.0.0.0 255.255.255.255 0 65535", AF_INET,
         ("0.0.0.0", 0), ("255.255.255.255", 65535)),
        (b"TCP6 2001:db8::1 ::1 1 65535", AF_INET6, *ENDS6),
        (b"TCP6 :: :: 0 0", AF_INET6, ("::", 0), ("::", 0)),
        (b"TCP6 2001:0DB8:0:0:0:0:0:1 0000:0000:0000:0000:0000:0000:0000:0001 1 65535",
         AF_INET6, *ENDS6),
        (b"TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2", AF_INET6,
         ("::ffff:192.0.2.1", 1), ("::ffff:192.0.2.2", 2)),
        (b"TCP6 " + b" ".join([b":".join([b"ffff"] * 8)] * 2) + b" 65535 65535", AF_INET6,
         (":".join(["ffff"] * 8), 65535), (":".join(["ffff"] * 8), 65535)),
    ],
)  # fmt: skip
def test_line(proxy, line, family, source, destination):
    whole = b"PROXY " + line + b"\r\n"
    header, consumed = proxy.parse_proxy(whole + b"GET / HTTP/1.1\r\n")
    assert consumed == len(whole) <= 104
    assert header == ProxyHeader(1, "PROXY", family, SOCK_STREAM, source, destination)
    assert header.family is family
    assert type(header) is ProxyHeader
    assert header.tlvs == b""


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b" ",
        b" TCP4 1.2.3.4",
        b" " + b" ".join([b":".join([b"ffff"] * 8)] * 2) + b" 65535 65535",
        b" \r \n \r\r\xff\0",
    ],
)
def test_line_that_tells_nothing(proxy, rest):
    """What stands before the CRLF is ignored."""
    whole = b"PROXY UNKNOWN" + rest + b"\r\n"
    header, consumed = proxy.parse_proxy(whole + b"\r\nmore\r\n")
    assert (header, consumed) == (
        ProxyHeader(1, "PROXY", AF_UNSPEC, 0, None, None),
        len(whole),
    )


def test_longest_line(proxy):
    for size in (106, 107):
        line = b"PROXY UNKNOWN".ljust(size - 2) + b"\r\n"
        assert proxy.parse_proxy(line)[1] == proxy.parse_proxy(line + b"x" * 200)[1] == size
    with pytest.raises(ProxyError, match="107"):
        proxy.parse_proxy(b"PROXY UNKNOWN".ljust(106) + b"\r\n")


# Version 1: what is refused

GOOD = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"GET / HTTP/1.1\r\n", texts.PROXY_SIGNATURE),
        (b"proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_SIGNATURE),
        (b" PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_SIGNATURE),
        (b"PROXY\tTCP4 1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_SIGNATURE),
        (b"PROXY\r\n", texts.PROXY_SIGNATURE),
        (b"PROXYS", texts.PROXY_SIGNATURE),
        (b"P\r", texts.PROXY_SIGNATURE),
        (b"PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY TCP 1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY TCP46 1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY TCP4\t1.2.3.4 1.2.3.4 1 2\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY TCP4\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY UNKNOWNS\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY UNKNOWN\n", texts.PROXY_PROTOCOL),
        (b"PROXY unknown\r\n", texts.PROXY_PROTOCOL),
        (b"PROXY \r\n", texts.PROXY_PROTOCOL),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", texts.PROXY_LINE_END),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\nGET /\r\n", texts.PROXY_LINE_END),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rGET /\r\n", texts.PROXY_LINE_END),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n", texts.PROXY_LINE_END),
        (b"PROXY TCP4 1.2.3.4\r 1.2.3.4", texts.PROXY_LINE_END),
        (b"PROXY TCP4 \r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.4\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.4 \r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.4  5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 01.2.3.4 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.4.5 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 0x1.2.3.4 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.4\0 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.4\t5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 \xb2.2.3.4 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 ::1 ::2 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.4 ::2 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP6 ::1 5.6.7.8 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP6 fe80::1%1 ::1 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP6 [::1] ::1 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP6 1::2::3 ::1 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP6 12345:: ::1 1 2\r\n", texts.PROXY_ADDRESS),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 \r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 \r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8  1 2\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1  2\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\x0b\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 080 2\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 00 2\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 4_43 2\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 100000 1\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 4294967297 1\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 0x50 1\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 \xb2 1\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 http 1\r\n", texts.PROXY_PORT),
        (b"PROXY TCP4 " + b"1" * 96, texts.PROXY_LINE_LENGTH),
        (b"PROXY UNKNOWN" + b" " * 94, texts.PROXY_LINE_LENGTH),
        (b"PROXY UNKNOWN" + b" " * 1000 + b"\r\n", texts.PROXY_LINE_LENGTH),
    ],
)  # fmt: skip
def test_line_that_is_refused(proxy, data, text):
    with pytest.raises(ProxyError) as caught:
        proxy.parse_proxy(data)
    assert str(caught.value) == text
    with pytest.raises(ProxyError, match=r"^[^\n]+$"):  # more bytes can't make it right
        proxy.parse_proxy(data + b"\r\nmore" * 40)


@pytest.mark.parametrize("start", [b"PROXY TCP4 ", b"PROXY TCP6 ", b"PROXY UNKNOWN "])
@pytest.mark.parametrize("filler", [b"1", b" ", b":"])
def test_endless_line(proxy, start, filler):
    """Refused at 107 bytes at the latest; until then, never more is asked for than 107."""
    for size in range(len(start), 106):
        more = proxy.parse_proxy(start.ljust(size, filler))
        assert 2 <= more.n <= 107 - size
    for size in (106, 107, 108, 5000):
        with pytest.raises(ProxyError, match="no CRLF within 107 bytes"):
            proxy.parse_proxy(start.ljust(size, filler))
    assert proxy.parse_proxy(start.ljust(105, filler) + b"\r") == NeedMore(1)
    with pytest.raises(ProxyError, match="107"):
        proxy.parse_proxy(start.ljust(106, filler) + b"\r")


# Version 2: what is taken


@pytest.mark.parametrize(
    ("kind", "body", "family", "transport", "ends"),
    [
        (0x11, TCP4, AF_INET, SOCK_STREAM, ENDS4),
        (0x12, TCP4, AF_INET, SOCK_DGRAM, ENDS4),
        (0x21, TCP6, AF_INET6, SOCK_STREAM, ENDS6),
        (0x22, TCP6, AF_INET6, SOCK_DGRAM, ENDS6),
        (0x31, b"/run/a".ljust(108, b"\0") + b"/run/b".ljust(108, b"\0"), AF_UNIX, SOCK_STREAM,
         ("/run/a", "/run/b")),
        (0x32, b"\0abstract".ljust(108, b"\0") + bytes(108), AF_UNIX, SOCK_DGRAM,
         (b"\0abstract", "")),
        (0x31, b"x" * 216, AF_UNIX, SOCK_STREAM, ("x" * 108, "x" * 108)),
        (0x31, b"\xff\0junk".ljust(108, b"!") + b"b".ljust(108, b"\0"), AF_UNIX, SOCK_STREAM,
         ("\udcff", "b")),
        # Unspecified families and transports: the addresses are ignored.
        (0x00, b"", AF_UNSPEC, 0, (None, None)),
        (0x01, b"", AF_UNSPEC, SOCK_STREAM, (None, None)),
        (0x02, b"", AF_UNSPEC, SOCK_DGRAM, (None, None)),
        (0x10, TCP4, AF_INET, 0, (None, None)),
        (0x20, TCP6, AF_INET6, 0, (None, None)),
        (0x30, bytes(216), AF_UNIX, 0, (None, None)),
        (0x00, b"anything but TLVs", AF_UNSPEC, 0, (None, None)),
    ],
)  # fmt: skip
def test_binary(proxy, kind, body, family, transport, ends):
    data = v2(body, kind=kind)
    header, consumed = proxy.parse_proxy(data + b"payload")
    assert consumed == len(data)
    assert header == ProxyHeader(2, "PROXY", family, transport, *ends)
    assert header.family is family
    assert type(header.type) is type(transport)
    assert header.tlvs == b""


@pytest.mark.parametrize("kind", [0x00, 0x11, 0x12, 0x21, 0x31, 0x44, 0x13, 0xFF])
@pytest.mark.parametrize("body", [b"", TCP4, TCP6, bytes(216), b"\x01\xff\xff", bytes(range(200))])
def test_local_is_always_skipped(proxy, kind, body):
    """Its family means nothing, nor do its addresses; all its bytes belong to the header."""
    data = v2(body, command=0x20, kind=kind)
    header, consumed = proxy.parse_proxy(data + b"hello")
    assert consumed == len(data)
    assert header[:6] == (2, "LOCAL", AF_UNSPEC, 0, None, None)


def test_local_with_values(proxy):
    for body, kind in [(b"", 0x00), (TCP4, 0x11)]:
        data = v2(body + tlv(0x05, b"id") + CRC_FIELD, command=0x20, kind=kind)
        header, _ = proxy.parse_proxy(with_crc(data))
        assert header.tlv(ProxyTLV.UNIQUE_ID) == b"id"
        unsigned, consumed = proxy.parse_proxy(data)  # its CRC is reported, and refuses nothing
        assert consumed == len(data)
        assert unsigned.tlv(ProxyTLV.CRC32C) == bytes(4)
        assert unsigned.tlv(ProxyTLV.UNIQUE_ID) == b"id"


# A health check by a load balancer of AWS: a family, and TLVs where the addresses should be.
AWS_CHECK = SIGNATURE + bytes.fromhex("20110054 030004bce5951f 04004a") + bytes(74)


def test_local_with_a_family_and_no_addresses(proxy):
    header, consumed = proxy.parse_proxy(AWS_CHECK + b"payload")
    assert consumed == len(AWS_CHECK) == 100
    assert header[:6] == (2, "LOCAL", AF_UNSPEC, 0, None, None)
    assert list(header.iter_tlvs()) == [
        (ProxyTLV.CRC32C, bytes.fromhex("bce5951f")), (ProxyTLV.NOOP, bytes(74)),
    ]  # fmt: skip
    assert proxy.parse_proxy(AWS_CHECK[:99]) == NeedMore(1)


@pytest.mark.parametrize(("kind", "size"), [(0x11, 12), (0x12, 12), (0x21, 36), (0x31, 216)])
@pytest.mark.parametrize("before", [b"", b"addresses", b"zeros"])
def test_local_values_are_found_where_they_are(proxy, kind, size, before):
    """At the start of the block, after addresses, or after a place for them that is zero."""
    block = {b"": b"", b"addresses": bytes([192, 0, 2, 1]) * (size // 4), b"zeros": bytes(size)}
    values = tlv(0x02, b"example.org") + tlv(0xEA, b"vpce-1") + CRC_FIELD
    header, _ = proxy.parse_proxy(v2(block[before] + values, command=0x20, kind=kind))
    assert header.tlvs == values
    assert header.authority == "example.org"


@pytest.mark.parametrize("kind", [0x00, 0x11, 0x21, 0x31, 0x44])
@pytest.mark.parametrize("command", [0x20, 0x21])
def test_a_block_of_zeros_has_no_values(proxy, command, kind):
    if command == 0x21 and kind:
        return  # an address of zeros is one
    for size in (1, 3, 12, 36, 84, 216, 250):
        header, consumed = proxy.parse_proxy(v2(bytes(size), command=command, kind=kind))
        assert (header.tlvs, consumed) == (b"", 16 + size)


@given(st.integers(0, 255), st.binary(max_size=300))
def test_local_is_never_refused_for_its_content(proxy, kind, body):
    data = v2(body, command=0x20, kind=kind)
    header, consumed = proxy.parse_proxy(data)
    assert consumed == len(data)
    assert all(kind for kind, _ in header.iter_tlvs())
    assert header.ssl is None or len(header.tlv(ProxyTLV.SSL)) >= 5
    assert body.endswith(header.tlvs)


# Version 2: what is refused


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\r\n\r\n\0\r\nQUIT\r", texts.PROXY_SIGNATURE),
        (b"\r\n\r\n\0\r\nquit\n", texts.PROXY_SIGNATURE),
        (b"\r\n\r\n\r\n", texts.PROXY_SIGNATURE),
        (b"\0", texts.PROXY_SIGNATURE),
        (v2(command=0x11), texts.PROXY_VERSION),
        (v2(command=0x31), texts.PROXY_VERSION),
        (v2(command=0x01), texts.PROXY_VERSION),
        (v2(command=0x22), texts.PROXY_COMMAND),
        (v2(command=0x2F), texts.PROXY_COMMAND),
        (v2(kind=0x41), texts.PROXY_FAMILY),
        (v2(kind=0xF1), texts.PROXY_FAMILY),
        (v2(kind=0x13), texts.PROXY_TRANSPORT),
        (v2(kind=0x1F), texts.PROXY_TRANSPORT),
        (v2(kind=0x03), texts.PROXY_TRANSPORT),
        (v2(TCP4[:-1]), texts.PROXY_LENGTH),
        (v2(b""), texts.PROXY_LENGTH),
        (v2(TCP4, kind=0x10, length=11), texts.PROXY_LENGTH),
        (v2(TCP4, kind=0x21), texts.PROXY_LENGTH),
        (v2(TCP6, kind=0x31), texts.PROXY_LENGTH),
        (v2(bytes(215), kind=0x31), texts.PROXY_LENGTH),
        (v2(TCP4 + b"\x04"), texts.PROXY_TLV),
        (v2(TCP4 + b"\x04\x00"), texts.PROXY_TLV),
        (v2(TCP4 + b"\x04\x00\x01"), texts.PROXY_TLV),
        (v2(TCP4 + tlv(4, b"abc") + b"\x02\xff\xffhost"), texts.PROXY_TLV),
        (v2(TCP4 + tlv(4, b"abc")[:-1]), texts.PROXY_TLV),
        (v2(TCP6 + b"ab", kind=0x22), texts.PROXY_TLV),
        (v2(TCP4 + tlv(0x05, bytes(129))), texts.PROXY_UNIQUE_ID),
        (v2(TCP4 + tlv(0x20, b"")), texts.PROXY_SSL),
        (v2(TCP4 + tlv(0x20, b"\x01\0\0\0")), texts.PROXY_SSL),
        (v2(TCP4 + tlv(0x20, b"\x01\0\0\0\0\x21")), texts.PROXY_SSL),
        (v2(TCP4 + tlv(0x20, b"\x01\0\0\0\0\x21\0\x09TLSv1.3") + tlv(4, b"  ")), texts.PROXY_SSL),
        (v2(TCP4 + tlv(0x03, b"")), texts.PROXY_CRC_FIELD),
        (v2(TCP4 + tlv(0x03, bytes(3))), texts.PROXY_CRC_FIELD),
        (v2(TCP4 + tlv(0x03, bytes(5))), texts.PROXY_CRC_FIELD),
        (v2(TCP4 + CRC_FIELD + CRC_FIELD), texts.PROXY_CRC_FIELD),
        (v2(TCP4 + CRC_FIELD), texts.PROXY_CRC),
        (v2(kind=0x00, body=CRC_FIELD), texts.PROXY_CRC),
    ],
)  # fmt: skip
def test_binary_that_is_refused(proxy, data, text):
    for rest in (b"", b"more" * 100):
        with pytest.raises(ProxyError) as caught:
            proxy.parse_proxy(data + rest)
        assert str(caught.value) == text


def test_refused_with_the_first_wrong_byte(proxy):
    """So that the sender notices soon, and the receiver does not wait."""
    for at, wrong in [(12, b"\x11"), (12, b"\x22"), (13, b"\x41"), (13, b"\x13")]:
        with pytest.raises(ProxyError):
            proxy.parse_proxy(v2()[:at] + wrong)
    with pytest.raises(ProxyError, match="no room"):
        proxy.parse_proxy(v2(TCP4, length=11)[:16])
    with pytest.raises(ProxyError, match="max_size"):
        proxy.parse_proxy(v2(TCP4, length=65535)[:16])
    for at in range(12):
        with pytest.raises(ProxyError, match="no PROXY protocol header"):
            proxy.parse_proxy(SIGNATURE[:at] + bytes([SIGNATURE[at] ^ 1]))


def test_faults_have_their_texts():
    assert len(set(texts.PROXY_FAULTS)) == len(texts.PROXY_FAULTS) == 17


# TLVs


def test_values(proxy):
    ssl = (
        b"\x03"
        + bytes(4)
        + tlv(0x21, b"TLSv1.3")
        + tlv(0x22, "M\u00fcller".encode())
        + tlv(0x23, b"X")
    )
    values = [
        (0x01, b"h2"),
        (0x02, b"example.org"),
        (0x04, b""),
        (0x05, bytes(128)),
        (0x20, ssl),
        (0x30, b"blue"),
        (0xE0, b"mine"),
        (0xE0, b"again"),
        (0xFF, bytes(1000)),
    ]
    raw = b"".join(tlv(*pair) for pair in values)
    header, consumed = proxy.parse_proxy(v2(TCP4 + raw) + tlv(0x02, b"not.in.the.header"))
    assert consumed == 16 + len(TCP4 + raw)
    assert header.tlvs == raw
    assert list(header.iter_tlvs()) == values
    assert header.tlv(0xE0) == b"mine"
    assert header.tlv(0x03) is None
    assert header.authority == "example.org"
    assert header.ssl == ProxySSL(3, 0, ssl[5:])
    assert header.ssl.client is ProxySSLClient.SSL | ProxySSLClient.CERT_CONN
    assert (header.ssl.version, header.ssl.common_name, header.ssl.cipher) == (
        "TLSv1.3",
        "Müller",
        "X",
    )
    assert header.ssl.tlv(ProxyTLV.SSL_SIG_ALG) is None


def test_no_values(proxy):
    header, _ = proxy.parse_proxy(v2())
    assert (header.tlvs, header.ssl, header.authority) == (b"", None, None)
    assert list(header.iter_tlvs()) == []
    header, _ = proxy.parse_proxy(v2(TCP4 + tlv(0x20, b"\0\0\0\0\x01")))
    assert (header.ssl.client, header.ssl.verify, header.ssl.version) == (0, 1, None)


# CRC-32C


@pytest.mark.parametrize(
    "body",
    [
        CRC_FIELD,
        tlv(0x02, b"example.org") + CRC_FIELD,
        CRC_FIELD + tlv(0x02, b"example.org"),
        tlv(0x20, b"\x01" + bytes(4)) + tlv(0x04, b"x") + CRC_FIELD + tlv(0x01, b"h2"),
    ],
    ids=["alone", "last", "first", "among others"],
)
def test_crc_anywhere(proxy, body):
    """HAProxy's own does not stand first, and its TLVs are not in the order of their types."""
    for addresses, kind in [(TCP4, 0x11), (TCP6, 0x21), (bytes(216), 0x31), (b"", 0x00)]:
        data = with_crc(v2(addresses + body, kind=kind))
        header, consumed = proxy.parse_proxy(data + b"payload")
        assert (header.tlvs, consumed) == (data[16 + len(addresses) :], len(data))
        for at in range(14, len(data)):
            for bit in (1, 0x80):
                wrong = bytearray(data + b"payload" * 100)
                wrong[at] ^= bit
                try:
                    found = proxy.parse_proxy(wrong)
                except ProxyError:
                    continue
                # A length or a type that changed: then what was the CRC is none any more.
                assert found == NeedMore(found[0]) or found[0].tlv(0x03) is None


def test_header_that_haproxy_wrote_with_all_its_options(proxy):
    """Its CRC as reported in aiosmtpd's issue 174; the TLVs stand in HAProxy's order."""
    ssl = struct.pack("!BI", 1, 0) + b"".join(
        tlv(kind, value)
        for kind, value in [
            (ProxyTLV.SSL_VERSION, b"TLSv1.2"),
            (ProxyTLV.SSL_KEY_ALG, b"RSA4096"),
            (ProxyTLV.SSL_SIG_ALG, b"RSA-SHA256"),
            (ProxyTLV.SSL_CIPHER, b"ECDHE-RSA-AES256-GCM-SHA384"),
        ]
    )
    loopback = bytes([127, 0, 0, 1])
    data = v2(
        loopback * 2
        + struct.pack("!HH", 45138, 25253)
        + tlv(ProxyTLV.CRC32C, bytes.fromhex("54fdc6ff"))
        + tlv(ProxyTLV.AUTHORITY, b"AUTHORITY")
        + tlv(ProxyTLV.UNIQUE_ID, b"UNIQUE_ID")
        + tlv(ProxyTLV.SSL, ssl)
    )
    header, size = proxy.parse_proxy(data + b"a payload of 39 bytes that is not ours\n")
    assert size == len(data) == 130
    assert (header.source, header.destination) == (("127.0.0.1", 45138), ("127.0.0.1", 25253))
    assert (header.authority, header.ssl.version) == ("AUTHORITY", "TLSv1.2")
    with pytest.raises(ProxyError, match="CRC-32C is wrong"):
        proxy.parse_proxy(data.replace(b"AUTHORITY", b"AUTHORITZ"))


def test_crc_is_of_the_header_alone(proxy):
    data = with_crc(v2(TCP4 + CRC_FIELD))
    assert proxy.parse_proxy(data + bytes(1000)) == proxy.parse_proxy(data)


# Bytes that come one by one

SAMPLES = [
    b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n",
    b"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n",
    b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
    b"PROXY TCP6 :: :: 0 0\r\n",
    b"PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 1 2\r\n",
    b"PROXY UNKNOWN\r\n",
    b"PROXY UNKNOWN \r\r\n",
    b"PROXY UNKNOWN".ljust(105) + b"\r\n",
    v2(),
    v2(TCP6 + tlv(0x02, b"example.org"), kind=0x22),
    v2(bytes(216), kind=0x31),
    v2(b"", kind=0),
    v2(b"anything", command=0x20, kind=0xFF),
    with_crc(v2(TCP4 + tlv(1, b"h2") + CRC_FIELD)),
]


@pytest.mark.parametrize("data", SAMPLES)
def test_every_prefix_needs_more(proxy, data):
    for size in range(len(data)):
        more = proxy.parse_proxy(data[:size], max_size=max(len(data), 16))
        assert type(more) is NeedMore
        assert 1 <= more.n <= len(data) - size
    header, consumed = proxy.parse_proxy(data)
    assert consumed == len(data)
    assert proxy.parse_proxy(data + b"\r\nrest") == (header, consumed)


@pytest.mark.parametrize("data", SAMPLES)
def test_reading_what_is_needed_ends_with_the_header(proxy, data):
    """A reader that asks for no more than `NeedMore` says never reads the payload."""
    stream, read, rounds = data + b"payload", b"", 0
    while isinstance(found := proxy.parse_proxy(read), NeedMore):
        read, rounds = stream[: len(read) + found.n], rounds + 1
    assert read == data
    assert rounds <= 3 if data[:1] == b"\r" else rounds <= len(data)


# max_size


@pytest.mark.parametrize("data", [data for data in SAMPLES if len(data) > 16])
def test_max_size(proxy, data):
    assert proxy.parse_proxy(data, max_size=len(data))[1] == len(data)
    with pytest.raises(ProxyError, match="larger than max_size"):
        proxy.parse_proxy(data, max_size=len(data) - 1)
    for size in range(len(data)):
        try:
            needed = size + proxy.parse_proxy(data[:size], max_size=20).n
        except ProxyError as error:
            needed = str(error)
        assert needed == texts.PROXY_SIZE or needed <= 20


# A small max_size does not shorten what is looked at: a wrong byte is named even where the header
# would be too large, and whole lines are.
SHORT = [
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n", 16, texts.PROXY_SIZE),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n", 32, texts.PROXY_SIZE),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n", 33, 33),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 9 1\n0\r\n", 16, texts.PROXY_LINE_END),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 9 a\r\n", 16, texts.PROXY_SIZE),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 9 a\r\n", 32, texts.PROXY_PORT),
    (b"PROXY UNKNOWN\r\n", 16, 15),
    (b"PROXY UNKNOWN  \r\n", 16, texts.PROXY_SIZE),
    (b"PROXY UNKNOWN  \r\n", 17, 17),
    (b"PROXY UNKNOWN".ljust(105) + b"\r\n", 16, texts.PROXY_SIZE),
    (b"PROXY UNKNOWN".ljust(105) + b"\r\n", 106, texts.PROXY_SIZE),
    (b"PROXY UNKNOWN".ljust(105) + b"\r\n", 107, 107),
    (b"PROXY UNKNOWN".ljust(106) + b"\r\n", 16, texts.PROXY_LINE_LENGTH),
    (b"PROXY UNKNOWN".ljust(106) + b"\r\n", 4096, texts.PROXY_LINE_LENGTH),
    (b"PROXY UNKNOWN".ljust(300), 16, texts.PROXY_LINE_LENGTH),
    (b"PROXY UNKNOWN", 15 + 1, NeedMore(2)),
    (b"PROXY UNKNOWN ", 16, NeedMore(2)),
    (b"PROXY UNKNOWN  ", 16, texts.PROXY_SIZE),
    (b"PROXY UNKNOWN  \r", 16, texts.PROXY_SIZE),
    (b"PROXY TCP", 21, texts.PROXY_SIZE),
    (b"PROXY TCP", 22, NeedMore(13)),
    (b"PROXY TCP4", 31, texts.PROXY_SIZE),
    (b"PROXY TCP4", 32, NeedMore(22)),
    (v2(b"", kind=0), 16, 16),
    (v2(b"\0", kind=0), 16, texts.PROXY_SIZE),
    (v2(b"\0", kind=0)[:16], 16, texts.PROXY_SIZE),
    (v2(b"\0", kind=0)[:15], 16, NeedMore(1)),
    (v2(), 27, texts.PROXY_SIZE),
    (v2(), 28, 28),
    (v2()[:27], 28, NeedMore(1)),
    (v2(command=0x22), 16, texts.PROXY_COMMAND),
]


@pytest.mark.parametrize(("data", "max_size", "expected"), SHORT)
@pytest.mark.parametrize("kind", [bytes, bytearray, lambda d: memoryview(d + b"!")[:-1]])
def test_small_max_size(proxy, data, max_size, expected, kind):
    buffer = kind(data)
    if isinstance(expected, str):
        with pytest.raises(ProxyError) as caught:
            proxy.parse_proxy(buffer, max_size=max_size)
        assert str(caught.value) == expected
    elif isinstance(expected, NeedMore):
        assert proxy.parse_proxy(buffer, max_size=max_size) == expected
    else:
        assert proxy.parse_proxy(buffer, max_size=max_size)[1] == expected


def test_default_max_size(proxy):
    assert proxy.parse_proxy(v2(TCP4 + tlv(4, bytes(4065))))[1] == 4096
    with pytest.raises(ProxyError, match="max_size"):
        proxy.parse_proxy(v2(TCP4 + tlv(4, bytes(4066))))
    largest = v2(TCP4 + tlv(4, bytes(65535 - 15)))
    assert proxy.parse_proxy(largest, max_size=1 << 80)[1] == 16 + 65535


@pytest.mark.parametrize("value", [15, 0, -1, -(1 << 80)])
def test_max_size_too_small(proxy, value):
    with pytest.raises(ValueError, match=f"max_size must be at least 16, not {value}"):
        proxy.parse_proxy(b"", max_size=value)


@pytest.mark.parametrize("value", [None, "100", 100.0])
def test_max_size_is_no_int(proxy, value):
    with pytest.raises(TypeError):
        proxy.parse_proxy(b"", max_size=value)


# Datagrams


@pytest.mark.parametrize("data", SAMPLES)
def test_datagram_must_be_whole(proxy, data):
    assert proxy.parse_proxy(data + b"payload", datagram=True) == proxy.parse_proxy(data)
    for size in range(len(data)):
        more = proxy.parse_proxy(data[:size])
        with pytest.raises(ProxyError, match=f"at least {more.n} bytes are missing"):
            proxy.parse_proxy(data[:size], datagram=True)


# Buffers


def test_any_contiguous_buffer(proxy):
    data = v2(TCP4 + tlv(2, b"example.org")) + b"payload"
    expected = proxy.parse_proxy(data)
    padded = data + bytes(-len(data) % 4)
    source = bytearray(b"x" + data)
    forms = [
        bytearray(data),
        memoryview(data),
        memoryview(source)[1:],
        memoryview(padded).cast("I"),
        memoryview(padded).cast("B", (2, len(padded) // 2)),
    ]
    for form in forms:
        assert proxy.parse_proxy(form) == expected
    del forms, form
    gc.collect()  # PyPy frees late
    source.append(0)  # no export is kept
    header = proxy.parse_proxy(source[1:])[0]
    assert type(header.tlvs) is bytes


def test_no_buffer(proxy):
    for wrong in ("PROXY", None, 5, [80]):
        with pytest.raises(TypeError, match="a bytes-like object is required, not '"):
            proxy.parse_proxy(wrong)
    with pytest.raises(BufferError, match="must be a C-contiguous buffer"):
        proxy.parse_proxy(memoryview(bytes(40))[::2])


def test_arguments_are_looked_at_in_order(proxy):
    """The argument that both twins refuse first where several are wrong."""

    class Unsure:
        def __bool__(self):
            raise ZeroDivisionError

    for data in (b"x", b"", GOOD, None):
        with pytest.raises(ZeroDivisionError):
            proxy.parse_proxy(data, datagram=Unsure())
        with pytest.raises(ValueError, match="max_size"):
            proxy.parse_proxy(data, datagram=Unsure(), max_size=1)


# Results as values


def test_results_are_values(proxy):
    header, _ = proxy.parse_proxy(v2(TCP4 + tlv(0x20, bytes(5))))
    for value in (header, header.ssl, NeedMore(3)):
        assert pickle.loads(pickle.dumps(value)) == value
        assert hash(value) == hash(pickle.loads(pickle.dumps(value)))
    with pytest.raises(AttributeError):
        header.source = None
    assert repr(proxy.parse_proxy(b"")) == "NeedMore(n=15)"
    assert "source=('192.0.2.1', 56324)" in repr(header)


# Building

PORTS = st.integers(0, 65535)
HOSTS4 = st.ip_addresses(v=4).map(str)
HOSTS6 = st.ip_addresses(v=6).map(lambda a: socket.inet_ntop(AF_INET6, a.packed))
PAIRS = st.one_of(
    st.tuples(st.tuples(HOSTS4, PORTS), st.tuples(HOSTS4, PORTS)),
    st.tuples(st.tuples(HOSTS6, PORTS), st.tuples(HOSTS6, PORTS)),
)
VALUES = st.lists(
    st.tuples(st.sampled_from([1, 2, 4, 0x30, 0xE0, 0xFF]), st.binary(max_size=60)), max_size=5
)


@given(PAIRS, st.binary(max_size=20))
def test_line_comes_back(proxy, pair, payload):
    line = proxy.build_proxy_v1(*pair)
    header, consumed = proxy.parse_proxy(line + payload)
    assert consumed == len(line)
    assert header[:2] + header[3:] == (1, "PROXY", SOCK_STREAM, *pair, b"")


@given(PAIRS, st.sampled_from([SOCK_STREAM, SOCK_DGRAM]), VALUES, st.booleans(), st.binary())
def test_binary_comes_back(proxy, pair, kind, values, crc, payload):
    data = proxy.build_proxy_v2(*pair, type=kind, tlvs=values, crc=crc)
    header, consumed = proxy.parse_proxy(data + payload)
    assert consumed == len(data)
    assert (header.version, header.command, header.type) == (2, "PROXY", kind)
    assert (header.source, header.destination) == pair
    found = list(header.iter_tlvs())
    assert found[: len(values)] == values
    assert [kind for kind, _ in found[len(values) :]] == [0x03] * crc


@given(
    st.binary(max_size=250), st.sampled_from([b"", SIGNATURE, SIGNATURE + b"\x21", b"PROXY TCP4 "])
)
def test_any_bytes_give_a_result_or_the_error(proxy, data, start):
    try:
        found = proxy.parse_proxy(start + data)
    except ProxyError as error:
        said = str(error)
    else:
        assert isinstance(found, NeedMore) or found[1] <= len(start + data)
        said = None
    assert said is None or said in texts.PROXY_FAULTS


def test_headers_as_the_specification_has_them(proxy):
    assert proxy.build_proxy_v1(*ENDS4) == GOOD
    assert proxy.build_proxy_v1(*ENDS6) == b"PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"
    assert proxy.build_proxy_v1(None, None) == b"PROXY UNKNOWN\r\n"
    assert proxy.build_proxy_v2(*ENDS4) == v2()
    assert proxy.build_proxy_v2(*ENDS4, type=SOCK_DGRAM) == v2(kind=0x12)
    assert proxy.build_proxy_v2(*ENDS6) == v2(TCP6, kind=0x21)
    assert proxy.build_proxy_v2(None, None) == v2(b"", kind=0)
    assert proxy.build_proxy_v2(None, None, command="LOCAL") == v2(b"", command=0x20, kind=0)
    paths = b"/a".ljust(108, b"\0") + b"\0b".ljust(108, b"\0")
    assert proxy.build_proxy_v2("/a", b"\0b", type=SOCK_DGRAM) == v2(paths, kind=0x32)
    values = [(0xE0, b"x"), (ProxyTLV.ALPN, bytearray(b"h2"))]
    body = TCP4 + tlv(0xE0, b"x") + tlv(1, b"h2")
    assert proxy.build_proxy_v2(*ENDS4, tlvs=values) == v2(body)
    assert proxy.build_proxy_v2(*ENDS4, tlvs=values, crc=True) == with_crc(v2(body + CRC_FIELD))


def test_endpoints_as_sockets_give_them(proxy):
    six = ("fe80::1%eth0", 5, 7, 2), ("fe80::2%2", 6, 0, 0)
    assert proxy.build_proxy_v1(*six) == b"PROXY TCP6 fe80::1 fe80::2 5 6\r\n"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        line = proxy.build_proxy_v1(client.getsockname(), client.getpeername())
        ports = client.getsockname()[1], server.getsockname()[1]
    assert line == b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n" % ports


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        (("192.0.2.1", 1), None),
        (None, ("192.0.2.1", 1)),
        (("192.0.2.1", 1), ("::1", 2)),
        (("192.0.2.1", -1), ("192.0.2.1", 1)),
        (("192.0.2.1", 1), ("192.0.2.1", 65536)),
        (("localhost", 1), ("192.0.2.1", 1)),
        (("192.0.2.01", 1), ("192.0.2.1", 1)),
        (("", 1), ("192.0.2.1", 1)),
        (("[::1]", 1), ("::1", 1)),
        (("192.0.2.1%lo", 1), ("192.0.2.1", 1)),
        (("%lo", 1), ("::1", 1)),
    ],
)
def test_endpoints_that_are_refused(proxy, source, destination):
    for build in (proxy.build_proxy_v1, proxy.build_proxy_v2):
        with pytest.raises(ValueError):
            build(source, destination)


@pytest.mark.parametrize(
    "wrong", [5, ("192.0.2.1",), ("192.0.2.1", "80"), ("192.0.2.1", 1.0), (4, 5)]
)
def test_no_endpoints(proxy, wrong):
    for build in (proxy.build_proxy_v1, proxy.build_proxy_v2):
        with pytest.raises(TypeError):
            build(wrong, ("192.0.2.1", 1))


@pytest.mark.parametrize(
    "keywords",
    [
        {"type": 0},
        {"type": socket.SOCK_RAW},
        {"command": "local"},
        {"command": "LOCAL"},
        {"tlvs": [(0x03, bytes(4))]},
        {"tlvs": [(256, b"")]},
        {"tlvs": [(-1, b"")]},
        {"tlvs": [(4, bytes(65536))]},
        {"tlvs": [(4, bytes(40000)), (4, bytes(40000))]},
        {"tlvs": [(4,)]},
        {"tlvs": [(0x05, bytes(129))]},
        {"tlvs": [(0x20, b"")]},
        {"tlvs": [(0x20, bytes(4))]},
        {"tlvs": [(0x20, bytes(5) + b"\x21\0\x02x")]},
    ],
)
def test_binary_that_is_not_written(proxy, keywords):
    with pytest.raises(ValueError):
        proxy.build_proxy_v2(*ENDS4, **keywords)


def test_paths_that_are_not_written(proxy):
    assert len(proxy.build_proxy_v2("x" * 108, "")) == 16 + 216
    for wrong in ("x" * 109, "a\0b"):
        with pytest.raises(ValueError):
            proxy.build_proxy_v2(wrong, "/b")
    with pytest.raises(ValueError, match="no UNIX sockets"):
        proxy.build_proxy_v1("/a", "/b")


class Port(int):
    """An int that prints otherwise."""

    def __str__(self):
        return "port"

    __repr__ = __str__

    def __format__(self, spec):
        return "port"


@pytest.mark.parametrize("port", [True, Port(1)])
def test_ports_are_written_as_numbers(proxy, port):
    one, end = ("192.0.2.1", 1), ("192.0.2.2", 443)
    for build in (proxy.build_proxy_v1, proxy.build_proxy_v2):
        assert build(("192.0.2.1", port), end) == build(one, end)


# Endpoints in every form that callers may give, and some in none.
ANY_HOST = st.one_of(
    HOSTS4,
    HOSTS6,
    HOSTS6.map(lambda host: host + "%eth0"),
    st.sampled_from(["::ffff:192.0.2.1", "::ffff:0:0", "0:0::1%", "1.2.3", "1.2.3.4%1", "", "::g"]),
    st.text("0123456789abcdef:.% \0\xe9", max_size=20),
)
ANY_END = st.one_of(
    st.none(),
    st.sampled_from(["/a", b"\0b", (), ("::1",)]),
    st.tuples(ANY_HOST, PORTS | st.sampled_from([0, 65535, 65536, -1, 1 << 70, True, "1"])),
    st.tuples(HOSTS6, PORTS, st.just(0), st.just(2)),
    st.tuples(HOSTS4, PORTS).map(list),
)


@given(ANY_END, ANY_END, st.sampled_from([{}, {"type": SOCK_DGRAM}, {"type": 2}, {"crc": 1}]))
def test_builders_of_both_twins_agree(source, destination, keywords):
    for name, given_ in (("build_proxy_v1", {}), ("build_proxy_v2", keywords)):
        outcomes = []
        for twin in (fastsock.proxy, pure):  # the same where nothing is compiled
            try:
                outcomes.append(getattr(twin, name)(source, destination, **given_))
            except (TypeError, ValueError) as error:
                outcomes.append((type(error), str(error)))
        assert outcomes[0] == outcomes[1]


def test_arguments_by_name(proxy):
    source, destination = ENDS4
    ends = {"source": source, "destination": destination}
    assert proxy.build_proxy_v1(**ends) == proxy.build_proxy_v1(*ENDS4)
    assert proxy.build_proxy_v2(**ends) == proxy.build_proxy_v2(*ENDS4)
    found = proxy.parse_proxy(GOOD)
    assert proxy.parse_proxy(buffer=GOOD) == found
    assert proxy.parse_proxy(GOOD, max_size=1 << 70, datagram=1) == found
    with pytest.raises(ValueError, match="at least 16, not -1180591620717411303424"):
        proxy.parse_proxy(GOOD, max_size=-(1 << 70))


def test_names_are_at_the_top():
    assert fastsock.ProxyHeader is ProxyHeader
    assert fastsock.parse_proxy(GOOD)[0].source == ENDS4[0]
