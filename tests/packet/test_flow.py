"""Flow keys, the RSS hash and Community ID, against published vectors and their definitions."""

import struct
from functools import partial

import pytest

from fastsock.packet.fields import RSS_KEY

# Microsoft, "Verifying the RSS hash calculation": destination, source, and the hashes of
# addresses alone and of addresses with TCP's ports.
RSS_VECTORS = [
    ("161.142.100.80", 1766, "66.9.149.187", 2794, 0x323E8FC2, 0x51CCC178),
    ("65.69.140.83", 4739, "199.92.111.2", 14230, 0xD718262A, 0xC626B0EA),
    ("12.22.207.184", 38024, "24.19.198.95", 12898, 0xD2D0A5DE, 0x5C2B394A),
    ("209.142.163.6", 2217, "38.27.205.30", 48228, 0x82989176, 0xAFC7327F),
    ("202.188.127.2", 1303, "153.39.163.191", 44251, 0x5D1809C5, 0x10E828A2),
    ("3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x2CC18CD5, 0x40207D3D),
    ("ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0x0F0C461C, 0xDDE51BBF),
    ("fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251,
     0x4B61E985, 0x02D1FEEF),
]  # fmt: skip

FE80 = "fe80:1:203:405:607:809:a0b:c0d", "fe80:1011:1213:1415:1617:1819:1a1b:1c1d"
V4 = "1.2.3.4", "5.6.7.8"

# The specification's baseline: addresses, protocol, ports or type and code, seed, identifier.
COMMUNITY_VECTORS = [
    (V4, 6, (1122, 3344), 0, "1:wCb3OG7yAFWelaUydu0D+125CLM="),
    (V4, 6, (1122, 3344), 1, "1:HhA1B+6CoLbiKPEs5nhNYN4XWfk="),
    (V4, 17, (1122, 3344), 0, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="),
    (V4, 17, (1122, 3344), 1, "1:OShq+iKDAMVouh/4bMxB9Sz4amw="),
    (V4, 132, (1122, 3344), 0, "1:EKt4MsxuyaE6mL+hmrEkQ9csDD8="),
    (V4, 1, (8, 0), 0, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="),
    (V4, 1, (8, 0), 1, "1:9pr4ZGTICiuZoIh90RRYE2RyXpU="),
    (V4[::-1], 1, (0, 0), 0, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="),
    (V4, 1, (11, 0), 0, "1:f/YiSyWqczrTgfUCZlBUnvHRcPk="),
    (V4, 46, None, 0, "1:ikv3kmf89luf73WPz1jOs49S768="),
    (FE80, 58, (128, 0), 0, "1:0bf7hyMJUwt3fMED7z8LIfRpBeo="),
    (FE80, 58, (128, 0), 1, "1:IO27GQzPuCtNnwFvjWALMHu5tJE="),
    (FE80[::-1], 58, (129, 0), 0, "1:0bf7hyMJUwt3fMED7z8LIfRpBeo="),
]


@pytest.fixture
def flow(packet, build):
    """A packet of a flow: its addresses, protocol, and ports, or type and code, or None."""

    def make(addresses, protocol, ports=None, **fields):
        src, dst = addresses
        segment = b"payload"
        if ports is not None:
            head = struct.pack("!BB" if protocol in (1, 58) else "!HH", *ports)
            segment = (head + bytes(20))[:20] if protocol != 6 else build.tcp(
                b"data", *ports, checksum=0, seq=1, ack=2, window=512
            )  # fmt: skip
            if protocol == 17:
                segment = build.udp(b"", *ports, checksum=0)
        ip = build.ipv6 if ":" in src else partial(build.ipv4, identification=7)
        return packet.parse_packet(ip(segment, protocol, src=src, dst=dst, **fields), "raw")

    return make


@pytest.fixture
def reference():
    """The Toeplitz hash bit by bit, as its definition says."""

    def hashed(data, key):
        result, window = 0, int.from_bytes(key, "big")
        for at, byte in enumerate(data):
            for bit in range(8):
                if byte & 0x80 >> bit:
                    result ^= window >> (len(key) * 8 - 32 - at * 8 - bit) & 0xFFFFFFFF
        return result

    return hashed


def tuple_of(found):
    data = found.src + found.dst
    return data if found.sport is None else data + struct.pack("!HH", found.sport, found.dport)


@pytest.mark.parametrize(("dst", "dport", "src", "sport", "addresses", "ports"), RSS_VECTORS)
def test_rss_vectors(packet, flow, dst, dport, src, sport, addresses, ports):
    assert packet.flow_hash(flow((src, dst), 6, (sport, dport))) == ports
    assert packet.flow_hash(flow((src, dst), 17, (sport, dport))) == ports
    assert packet.flow_hash(flow((src, dst), 47)) == addresses
    assert packet.flow_hash(flow((src, dst), 6, (sport, dport)), key=RSS_KEY) == ports


@pytest.mark.parametrize(("dst", "dport", "src", "sport", "addresses", "ports"), RSS_VECTORS)
def test_every_piece_of_a_datagram_has_one_hash(
    packet, columns, build, dst, dport, src, sport, addresses, ports
):
    """Later pieces have no ports, so RSS hashes none of the first one's, either."""
    segment = build.tcp(bytes(12), sport, dport, checksum=0, seq=1, ack=2, window=512)
    if ":" in src:
        head = partial(build.fragment6, identification=9)
        pieces = [head(6, more=1) + segment, head(6, 32, 1) + segment, head(6, 64) + segment]
        pieces = [build.ipv6(piece, 44, src=src, dst=dst) for piece in pieces]
        whole = build.ipv6(head(6) + segment, 44, src=src, dst=dst)  # an atomic fragment
    else:
        words = [0x2000, 0x2004, 0x0008]
        pieces = [
            build.ipv4(segment, 6, src=src, dst=dst, fragment=word, identification=7)
            for word in words
        ]
        whole = build.ipv4(segment, 6, src=src, dst=dst, fragment=0x4000, identification=7)
    rows = columns.decode_columns([*pieces, whole], ["flow_hash", "sport"], link="raw")
    assert rows["flow_hash"].tolist() == [addresses] * 3 + [ports]
    assert rows["sport"].tolist() == [sport, 0, 0, sport]
    for piece, expected in zip([*pieces, whole], [addresses] * 3 + [ports], strict=True):
        found = packet.parse_packet(piece, "raw")
        assert packet.flow_hash(found) == expected
        assert packet.flow_hash(found, key=RSS_KEY) == expected
    first = packet.parse_packet(pieces[0], "raw")
    assert packet.flow_key(first)[2:6] == struct.pack("!HH", sport, dport)


@pytest.mark.parametrize("addresses", [V4, FE80])
@pytest.mark.parametrize(
    "key", [bytes(range(40)), bytearray(b"\x6d\x5a" * 20), bytes(40), b"\xff" * 52]
)
def test_other_keys(packet, flow, reference, addresses, key):
    for found in (flow(addresses, 6, (1, 65535)), flow(addresses, 89)):
        assert packet.flow_hash(found, key=key) == reference(tuple_of(found), key[:40])
    view = memoryview(key)
    assert packet.flow_hash(found, key=view) == packet.flow_hash(found, key=key)


def test_keys_of_flows(packet, flow):
    found = flow(V4, 6, (1122, 3344))
    assert packet.flow_key(found) == bytes([4, 6]) + struct.pack("!HH", 1122, 3344) + bytes(
        [1, 2, 3, 4, 5, 6, 7, 8]
    )
    found = flow(FE80, 17, (1122, 3344))
    key = packet.flow_key(found)
    assert (len(key), key[:6]) == (38, bytes([6, 17]) + struct.pack("!HH", 1122, 3344))
    assert key[6:] == found.src + found.dst
    assert packet.flow_key(flow(V4, 1, (8, 0)))[:6] == bytes([4, 1, 0, 0, 0, 0])
    assert packet.flow_key(flow(V4, 17, fragment=3))[:6] == bytes([4, 17, 0, 0, 0, 0])
    assert packet.flow_key(flow(V4, 47))[:6] == bytes([4, 47, 0, 0, 0, 0])


@pytest.mark.parametrize("addresses", [V4, FE80, ("1.2.3.4", "1.2.3.4")])
@pytest.mark.parametrize("ports", [(1122, 3344), (3344, 1122), (5, 5)])
def test_both_directions_are_one_flow(packet, flow, addresses, ports):
    there = flow(addresses, 6, ports)
    back = flow(addresses[::-1], 6, ports[::-1])
    for function in (packet.flow_key, packet.flow_hash):
        assert function(there, symmetric=True) == function(back, symmetric=True)
        alike = (addresses, ports) == (addresses[::-1], ports[::-1])
        assert (function(there) == function(back)) == alike
    assert packet.community_id(there) == packet.community_id(back)
    lower = min((there.src, there.sport, there.dst, there.dport),
                (back.src, back.sport, back.dst, back.dport))  # fmt: skip
    key = packet.flow_key(there, symmetric=True)
    assert key[2:] == struct.pack("!HH", lower[1], lower[3]) + lower[0] + lower[2]


@pytest.mark.parametrize(("addresses", "protocol", "ports", "seed", "expected"), COMMUNITY_VECTORS)
def test_community_ids(packet, flow, addresses, protocol, ports, seed, expected):
    assert packet.community_id(flow(addresses, protocol, ports), seed=seed) == expected


@pytest.mark.parametrize(
    ("addresses", "protocol", "question", "answer"),
    [(V4, 1, q, a) for q, a in [(8, 0), (10, 9), (13, 14), (15, 16), (17, 18)]]
    + [(FE80, 58, q, q + 1) for q in (128, 130, 133, 135, 139, 144)],
)
def test_an_answer_is_of_the_same_flow(packet, flow, addresses, protocol, question, answer):
    there = packet.community_id(flow(addresses, protocol, (question, 0)))
    assert packet.community_id(flow(addresses[::-1], protocol, (answer, 0))) == there


def test_one_way_messages_are_two_flows(packet, flow):
    there, back = (packet.community_id(flow(a, 1, (11, 0))) for a in (V4, V4[::-1]))
    assert there != back


def test_pieces_without_a_header_have_no_ports(packet, flow):
    assert packet.community_id(flow(V4, 6, fragment=3)) != packet.community_id(flow(V4, 6, (0, 0)))
    assert packet.community_id(flow(V4, 1, fragment=3)) == packet.community_id(
        flow(V4[::-1], 1, fragment=3)
    )


@pytest.mark.parametrize("name", ["flow_key", "flow_hash", "community_id"])
def test_refusals(packets, build, outcome, name):
    for twin in packets:
        function = getattr(twin, name)
        for found in (
            twin.parse_packet(b""),
            twin.parse_packet(
                build.ethernet(
                    build.arp(sha="04" * 6, spa="10.0.0.1", tpa="10.0.0.2"),
                    0x0806,
                    dst="02" * 6,
                    src="04" * 6,
                )
            ),
        ):
            assert outcome(function, found)[:2] == (
                ValueError,
                "a packet that is not IP has no flow",
            )
        for value in (None, b"", build.ipv4(b"", identification=7)):
            kind = type(value).__name__
            assert outcome(function, value)[:2] == (
                TypeError, f"a Packet is required, not '{kind}'"
            )  # fmt: skip


def test_keys_and_seeds_that_are_none(packets, build, outcome):
    for twin in packets:
        found = twin.parse_packet(build.ipv4(build.udp(b"data", 5000), identification=7), "raw")
        assert outcome(twin.flow_hash, found, key=bytes(39))[0] is ValueError
        assert outcome(twin.flow_hash, found, key="text")[0] is TypeError
        assert outcome(twin.flow_hash, found, key=memoryview(bytes(80))[::2])[0] is BufferError
        for seed in (-1, 65536, 1 << 80):
            assert outcome(twin.community_id, found, seed=seed)[0] is ValueError
        assert outcome(twin.community_id, found, seed="1")[0] is TypeError
        assert twin.community_id(found, seed=65535) != twin.community_id(found)
