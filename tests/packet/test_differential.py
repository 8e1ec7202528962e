"""The twins of the packet part side by side: every attribute, whatever the bytes are."""

import pytest
from hypothesis import given, settings, strategies as st

from fastsock.packet.fields import LINK_ALIASES, LINK_TYPES

LINKS = [*LINK_TYPES.values(), *LINK_ALIASES, 147]
# Bytes that mean something to a decoder: versions, next headers, option kinds, short lengths.
TELLING = [0, 1, 2, 3, 4, 5, 6, 8, 15, 16, 17, 20, 40, 43, 44, 50, 51, 58, 59, 60, 0x45, 0x46, 0x60,
           0x81, 0x86, 0x88, 0xA8, 0xC2, 0xC9, 0xDD, 131, 132, 135, 136, 255]  # fmt: skip


def seen(module, data, link, options):
    """All that can be seen of a packet."""
    found = module.parse_packet(data, link, **options)
    names = [name for name in dir(found) if name[0] != "_"]
    values = {name: getattr(found, name) for name in names if name != "buffer"}
    values["repr"] = repr(found)
    if found.version:
        for symmetric in (False, True):
            values["key", symmetric] = module.flow_key(found, symmetric=symmetric)
            values["hash", symmetric] = module.flow_hash(found, symmetric=symmetric)
        values["community"] = module.community_id(found)
    return values


@pytest.fixture(scope="module")
def compare(packets):
    """Check that all twins find the same, and return it."""

    def compare(data, link, **options):
        first, *others = [seen(module, data, link, options) for module in packets]
        for other in others:
            assert other == first
        return first

    return compare


@pytest.fixture(scope="module")
def valid(build):
    """Packets of every kind, right ones, each with the link types that can carry it."""
    six = {"src": build.SRC6, "dst": build.DST6}
    udp6 = build.udp(b"data", 5000, **six)
    home = b"\xc9\x10" + build.packed("2001:db8::9") + b"\1\2\0\0"
    route = build.routing(17, 0, 1, "2001:db8::a") + build.udp(
        b"data", 5000, src=build.SRC6, dst="2001:db8::a"
    )
    jumbo = build.options6(6, build.jumbo(70_000))
    fours = [
        build.ipv4(
            build.tcp(b"data", 5000, options=b"\1\1\x08\x0a" + bytes(8), seq=1, ack=2, window=512),
            6,
            identification=7,
        ),
        build.ipv4(build.udp(b"data", 5000), options=b"\x83\7\4\1\2\3\4\0", identification=7),
        build.ipv4(build.icmp(b"data"), 1, identification=7),
        build.ipv4(build.sctp(bytes(16), 10001, 2000, tag=7), 132, identification=7),
        build.ipv4(build.udp(b"data", 5000, protocol=136), 136, identification=7),
        build.ipv4(bytes.fromhex("0001000203000000") + bytes(8), 33, identification=7),
        build.ipv4(build.udp(b"data", 5000), fragment=0x2000, identification=7),
        build.ipv4(bytes(24), fragment=3, identification=7),
        build.ipv4(
            build.tcp(b"data", 5000, seq=1, ack=2, window=512), 6, total_length=0, identification=7
        ),
        build.ipv4(b"\x11\4" + bytes(22) + build.udp(b"data", 5000), 51, identification=7),
        build.ipv4(b"esp", 50, identification=7),
    ]
    sixes = [
        build.ipv6(build.tcp(b"data", 5000, **six, seq=1, ack=2, window=512), 6),
        build.ipv6(build.icmpv6(), 58),
        build.ipv6(build.options6(60) + build.options6(17) + udp6, 0),
        build.ipv6(route, 43),
        build.ipv6(build.options6(17, home) + udp6, 60),
        build.ipv6(build.fragment6(17, more=1, identification=9) + udp6, 44),
        build.ipv6(build.fragment6(17, offset=8, identification=9) + udp6, 44),
        build.ipv6(build.fragment6(17, identification=9) + udp6, 44),
        build.ipv6(
            jumbo + build.tcp(b"data", 5000, **six, seq=1, ack=2, window=512), 0, payload_length=0
        ),
        build.ipv6(build.tcp(b"data", 5000, **six, seq=1, ack=2, window=512), 6, payload_length=0),
        build.ipv6(b"", 59),
    ]
    frames = [
        build.ethernet(fours[0], 0x0800, (0x88A8, 5), (0x8100, 6), dst="02" * 6, src="04" * 6),
        build.ethernet(
            bytes.fromhex("aaaa03000000 0800") + fours[1],
            8 + len(fours[1]),
            dst="02" * 6,
            src="04" * 6,
        ),
        build.ethernet(
            bytes.fromhex("1100 0001 0056 0057") + sixes[2], 0x8864, dst="02" * 6, src="04" * 6
        ),
        build.ethernet(
            build.arp(sha="04" * 6, spa="10.0.0.1", tpa="10.0.0.2"),
            0x0806,
            dst="02" * 6,
            src="04" * 6,
        ),
        build.ethernet(sixes[3], 0x86DD, dst="02" * 6, src="04" * 6) + bytes(4),
    ]
    cooked = bytes(14) + b"\x08\0" + fours[2]
    cooked2 = b"\x86\xdd" + bytes(18) + sixes[1]
    return [
        *((data, link) for data in fours for link in (101, 228)),
        *((data, link) for data in sixes for link in (101, 229)),
        *((data, 1) for data in frames),
        (cooked, 113), (cooked2, 276), (b"\2\0\0\0" + fours[0], 0), (b"\0\0\0\x1c" + sixes[0], 108),
        (b"\xff\3\0\x21" + fours[4], 9), (b"\0\x57" + sixes[0], 50),
    ]  # fmt: skip


def test_every_end_of_valid_packets(compare, valid):
    for data, link in valid:
        for size in range(len(data) + 1):
            compare(data[:size], link, verify=True, wire_length=len(data))


def test_every_byte_of_valid_packets_changed(compare, valid):
    for data, link in valid:
        for at in range(min(len(data), 110)):
            for value in {0, 255, data[at] ^ 1, data[at] + 1 & 255}:
                compare(data[:at] + bytes([value]) + data[at + 1 :], link, verify=True)


@given(
    data=st.binary(max_size=120),
    link=st.sampled_from(LINKS),
    verify=st.booleans(),
    more=st.none() | st.integers(0, 200) | st.integers(0, (1 << 32) - 1),
)
def test_random_bytes(compare, data, link, verify, more):
    compare(data, link, verify=verify, wire_length=more)


@st.composite
def changes(draw):
    """Places to change in a packet, new values, and how many bytes to keep."""
    byte = st.sampled_from(TELLING) | st.integers(0, 255)
    where = st.integers(0, 40) | st.integers(0, 150)
    return draw(st.dictionaries(where, byte, max_size=6)), draw(st.none() | st.integers(0, 150))


@settings(max_examples=300)
@given(which=st.integers(0, 1 << 16), change=changes(), link=st.none() | st.sampled_from(LINKS))
def test_changed_packets(compare, valid, which, change, link):
    data, own = valid[which % len(valid)]
    changed = bytearray(data)
    places, size = change
    for at, value in places.items():
        changed[at % len(changed)] = value
    compare(bytes(changed[:size]), own if link is None else link, verify=True)


@given(
    first=st.sampled_from([0, 43, 44, 51, 60, 135, 139, 140]),
    headers=st.lists(
        st.tuples(
            st.sampled_from([0, 6, 17, 43, 44, 50, 51, 58, 59, 60, 135, 139, 140]),
            st.integers(0, 3),
            st.binary(min_size=6, max_size=30),
        ),
        max_size=20,
    ),
    length=st.none() | st.just(0) | st.integers(0, 300),
)
def test_chains_of_headers(compare, build, first, headers, length):
    chain = b"".join(bytes([following, size]) + body for following, size, body in headers)
    compare(build.ipv6(chain, first, payload_length=length), 101, verify=True)


def test_time_is_bounded_by_the_size(compare, build):
    """Chains and options of the greatest length: every byte is walked at most once."""
    longest = bytes([60, 255]) + bytes(2046)
    compare(build.ipv6(longest * 31, 60), 101)
    compare(build.ipv6(bytes([60, 0, 0, 0, 0, 0, 0, 0]) * 8000, 60), 101)
    compare(build.ethernet(b"\x81\0\0\0" * 16_000, 0x8100, dst="02" * 6, src="04" * 6), 1)
    compare(
        build.ipv4(
            build.tcp(b"data", 5000, options=b"\1" * 40, seq=1, ack=2, window=512),
            6,
            options=b"\1" * 40,
            identification=7,
        ),
        101,
    )
