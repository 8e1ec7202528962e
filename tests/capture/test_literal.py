"""Every column against literal values: packets by hand, their fields read off the bytes by hand.

Both twins could share a mistake, and a table that has two columns in each other's place is one that
no twin sees. So nothing here is computed by the package, and every column has a value in some row
that no other column has there.
"""

import pytest

from fastsock.packet.fields import COLUMNS, DEFAULT_COLUMNS

ETHERNET = "020000000001 020000000002"

# TCP over IPv4 behind a VLAN tag of priority 3 and identifier 100: 4 bytes of payload and a trailer
# of 6. TOS b8, identification 1234, DF, TTL 63.
TCP4 = bytes.fromhex(
    ETHERNET + "8100 6064 0800"
    "45b8 0038 1234 4000 3f06 9e30 c0000201 c6336405"
    "01bb c350 11223344 55667788 8112 2000 abcd 0000 0101080a 00000001 00000002"
    "aabbccdd" + "eeeeeeeeeeee"
)
# UDP over IPv6 by raw IP: traffic class 12, flow label abcde, hop limit 9, a destination option
# header, 5 bytes of payload.
UDP6 = bytes.fromhex(
    "612abcde 0015 3c 09 20010db8000000000000000000000001 20010db80000000000000000000000ff"
    "11 00 01 04 00000000"
    "0035 1000 000d beef 6162636465"
)
# The first fragment of ICMP over IPv4: type 3, code 13, MF.
ICMP4 = bytes.fromhex(
    ETHERNET + "0800"
    "4500 0024 0007 2000 4001 0000 0a000001 0a000002"
    "030d 1357 00000000 1122334455667788"
)
# A later fragment of UDP over IPv4, at 1480 bytes: no ports in here.
LATER = bytes.fromhex(
    ETHERNET + "0800 4500 001c 0008 00b9 0511 0000 0a000003 0a000004 9999999999999999"
)
# ICMPv6 over IPv6: an echo reply, type 129, code 0.
ICMP6 = bytes.fromhex(
    ETHERNET + "86dd 60000000 0008 3a ff" + "fe80" + "00" * 13 + "01" + "ff02" + "00" * 13 + "01"
    "81002468 12340001"
)
# An ARP request.
ARP = bytes.fromhex(
    ETHERNET + "0806 0001 0800 06 04 0001 020000000002 0a000001 000000000000 0a000002"
)

# TCP over IPv4 by raw IP: the addresses and ports of Microsoft's suite for receive side scaling.
RSS = bytes.fromhex(
    "4500 0028 0000 0000 0106 0000 420995bb a18e64500aea 06e6 00000001 00000002 5010 0003 0004 0000"
)

MAPPED = bytes(10) + b"\xff\xff"


def mapped(text):
    return MAPPED + bytes(map(int, text.split(".")))


def wide(text):
    head, _, tail = text.partition("::")
    groups = [int(group, 16) for group in head.split(":")]
    return (
        b"".join(g.to_bytes(2, "big") for g in groups)
        + bytes(14 - 2 * len(groups))
        + (int(tail, 16).to_bytes(2, "big"))
    )


# What every column holds of the packets, in this order, as a capture of them is decoded.
PACKETS = [(TCP4, 1), (UDP6, 101), (ICMP4, 1), (LATER, 1), (ICMP6, 1), (ARP, 1), (RSS, 101)]
EXPECTED = {
    "timestamp_ns": [0, 1_000_000_001, 2_000_000_002, 3_000_000_003, 4_000_000_004, 5_000_000_005,
                     6_000_000_006],
    "wire_length": [80, 62, 52, 45, 66, 47, 46],
    "captured_length": [80, 61, 50, 42, 62, 42, 40],
    "link": [1, 101, 1, 1, 1, 1, 101],
    "version": [4, 6, 4, 4, 6, 0, 4],
    "protocol": [6, 17, 1, 17, 58, 0, 6],
    "src": [mapped("192.0.2.1"), wide("2001:db8::1"), mapped("10.0.0.1"), mapped("10.0.0.3"),
            wide("fe80::1"), mapped("10.0.0.1"), mapped("66.9.149.187")],
    "dst": [mapped("198.51.100.5"), wide("2001:db8::ff"), mapped("10.0.0.2"), mapped("10.0.0.4"),
            wide("ff02::1"), mapped("10.0.0.2"), mapped("161.142.100.80")],
    "sport": [443, 53, 0, 0, 0, 0, 2794],
    "dport": [50_000, 4096, 0, 0, 0, 0, 1766],
    "flags": [0x112, 0, 0, 0, 0, 0, 0x010],
    "seq": [0x11223344, 0, 0, 0, 0, 0, 1],
    "ack": [0x55667788, 0, 0, 0, 0, 0, 2],
    "window": [0x2000, 0, 0, 0, 0, 0, 3],
    "ttl": [63, 9, 64, 5, 255, 0, 1],
    "tos": [0xB8, 0x12, 0, 0, 0, 0, 0],
    "identification": [0x1234, 0, 7, 8, 0, 0, 0],
    "fragment_offset": [0, 0, 0, 1480, 0, 0, 0],
    "total_length": [56, 61, 36, 28, 48, 0, 40],
    "ip_checksum_status": [2, 3, 2, 2, 3, 3, 2],
    "checksum_status": [2, 2, 2, 2, 2, 3, 2],
    "icmp_type": [0, 0, 3, 0, 129, 0, 0],
    "icmp_code": [0, 0, 13, 0, 0, 0, 0],
    "vlan": [100, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF],
    "payload_offset": [70, 56, 42, 34, 62, 42, 40],
    "payload_length": [4, 5, 8, 8, 0, 0, 0],
    # TRANSPORT 1, PORTS 2, FRAGMENT 4, LATER_FRAGMENT 8, TRAILER 256, CUT 1 << 16
    "status": [0x103, 0x3, 0x5, 0xC, 0x1, 0, 0x3],
    # Places in LIMITS: total_length 13, udp.length 31, fragment_offset 15, payload_length 19, arp 9
    "limited_by": [13, 31, 13, 15, 19, 9, 13],
    "checksum": [0xABCD, 0xBEEF, 0x1357, 0, 0x2468, 0, 0x0004],
    "ethertype": [0x0800, 0, 0x0800, 0x0800, 0x86DD, 0x0806, 0],
    "flow_label": [0, 0xABCDE, 0, 0, 0, 0, 0],
    "l3_offset": [18, 0, 14, 14, 14, 14, 0],
    "l4_offset": [38, 48, 34, 0, 54, 0, 20],
    # The last one is from Microsoft's suite; the others follow from the definition below.
    "flow_hash": [0x91E71869, 0x11D6FD6C, 0x02B7C9B1, 0x539427E9, 0x3B9036A7, 0, 0x51CCC178],
}  # fmt: skip

RSS_KEY = int(
    "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa", 16
)


def toeplitz(data):
    """The hash as Microsoft defines it: for each bit that is set, 32 bits of the key from there."""
    result = 0
    for place in range(8 * len(data)):
        if data[place // 8] >> (7 - place % 8) & 1:
            result ^= RSS_KEY >> (320 - 32 - place) & 0xFFFFFFFF
    return result


def values(columns, name):
    if COLUMNS[name].format == "s":
        block = bytes(columns[name])
        return [block[at : at + 16] for at in range(0, len(block), 16)]
    return columns[name].tolist()


@pytest.fixture
def data(files):
    """A pcapng file of the packets: interface 0 is Ethernet, 1 raw IP, both in nanoseconds."""
    options = files.option(9, b"\x09")
    head = files.section() + files.interface(1, options=options)
    return (
        head
        + files.interface(101, options=options)
        + b"".join(
            files.enhanced(
                packet,
                n * 1_000_000_001,
                interface=int(link == 101),
                wire=EXPECTED["wire_length"][n],
            )
            for n, (packet, link) in enumerate(PACKETS)
        )
    )


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column(capture, data, name):
    found = capture.open_capture(data).to_columns(COLUMNS)
    assert values(found, name) == EXPECTED[name]
    alone = capture.open_capture(data).to_columns([name])
    assert values(alone, name) == EXPECTED[name]


@pytest.mark.parametrize("link", [1, 101])
def test_every_column_of_packets_from_anywhere(columns, link):
    rows = [n for n, (_, its) in enumerate(PACKETS) if its == link]
    names = [name for name in COLUMNS if name not in ("timestamp_ns", "wire_length", "link")]
    packets = [PACKETS[n][0] for n in rows]
    offsets = [sum(map(len, packets[:n])) for n in range(len(packets) + 1)]
    for given in (packets, iter(packets), (b"".join(packets), offsets)):
        found = columns.decode_columns(given, names, link=link)
        for name in names:
            assert values(found, name) == [EXPECTED[name][n] for n in rows], name


def test_the_packets_tell_columns_apart():
    """No two columns have the same values, so two that changed places are seen."""
    assert list(EXPECTED) == list(COLUMNS)
    seen = {}
    for name, expected in EXPECTED.items():
        assert len(expected) == len(PACKETS), name
        same = seen.setdefault(tuple(expected), name)
        assert same == name, (same, name)


def test_hashes_by_the_definition():
    hashes = EXPECTED["flow_hash"]
    assert toeplitz(bytes.fromhex("420995bb a18e6450 0aea 06e6")) == 0x51CCC178  # published
    assert hashes[0] == toeplitz(TCP4[30:38] + TCP4[38:42])
    assert hashes[1] == toeplitz(UDP6[8:40] + UDP6[48:52])
    assert hashes[2] == toeplitz(ICMP4[26:34])
    assert hashes[3] == toeplitz(LATER[26:34])
    assert hashes[4] == toeplitz(ICMP6[22:54])


# Checksums: one right, one wrong, one with a wrong IPv4 header


RIGHT = bytes.fromhex(
    "4500001d0001000040116ae5 c0000201 c0000202 0035 0036 0009 4a4f 2a".replace(" ", "")
)


def words(data):
    """RFC 1071 by the word."""
    total = sum(
        int.from_bytes(data[n : n + 2].ljust(2, b"\0"), "big") for n in range(0, len(data), 2)
    )
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def test_checksum_columns(columns):
    head, rest = bytearray(RIGHT[:20]), bytearray(RIGHT[20:])
    head[10:12] = rest[6:8] = bytes(2)
    head[10:12] = words(head).to_bytes(2, "big")
    rest[6:8] = words(head[12:20] + b"\0\x11\0\x09" + rest).to_bytes(2, "big")
    right = bytes(head + rest)
    wrong_sum, wrong_head = bytearray(right), bytearray(right)
    wrong_sum[28] ^= 1
    wrong_head[8] ^= 1
    both = bytearray(wrong_sum)
    both[8] ^= 1
    names = ["ip_checksum_status", "checksum_status", "status"]
    packets = [right, wrong_sum, wrong_head, both]
    found = columns.decode_columns(packets, names, link="raw", verify=True)
    assert values(found, "ip_checksum_status") == [1, 1, 0, 0]
    assert values(found, "checksum_status") == [1, 0, 1, 0]
    # BAD_IP_CHECKSUM is bit 24, BAD_CHECKSUM bit 25
    assert values(found, "status") == [0x3, 0x2000003, 0x1000003, 0x3000003]


def test_default_columns():
    assert tuple(EXPECTED)[:28] == DEFAULT_COLUMNS
