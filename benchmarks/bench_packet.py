"""fastsock.packet, headers and builders beside `struct` by hand and libraries."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import by_hand
import fastsock.headers._c.builders
import fastsock.headers._c.views
import fastsock.packet._c
import packet_peers
import pytest
import traffic
from loops import hot
from packet_peers import DST, DST6, MACS, PAYLOAD, SRC, SRC6
from traffic import Traffic

import fastsock.headers._py
import fastsock.headers._py.builders
import fastsock.packet._py.packet
from fastsock.packet import RSS_KEY

PACKETS: dict[str, ModuleType] = {
    "compiled": fastsock.packet._c,
    "pure": fastsock.packet._py.packet,
}
HEADERS: dict[str, ModuleType] = {
    "compiled": fastsock.headers._c.views,
    "pure": fastsock.headers._py,
}
BUILDERS: dict[str, ModuleType] = {
    "compiled": fastsock.headers._c.builders,
    "pure": fastsock.headers._py.builders,
}
ROUNDS = {"compiled": 20, "stdlib": 20, "pure": 3}


def five_fields(twin: str, packets: list[bytes]) -> list[by_hand.Five]:
    parsed = map(PACKETS[twin].parse_packet, packets)
    return [(p.src, p.dst, p.protocol, p.sport, p.dport) for p in parsed]


FIVES = {peer.name: peer for peer in packet_peers.five_fields()}


# Contenders come innermost, so that those of one row run one after the other.
@pytest.mark.parametrize("contender", [*PACKETS, "stdlib", *FIVES])
def bench_five(measure: Callable[..., None], packets: Traffic, contender: str) -> None:
    """Addresses, protocol and ports of every packet."""
    frames = list(packets.packets)
    if contender in PACKETS:
        peer = packet_peers.Peer(contender, partial(five_fields, contender))
    elif contender == "stdlib":
        peer = packet_peers.Peer(contender, by_hand.five_fields)
    else:
        peer = FIVES[contender]
    frames = peer.share(frames)
    measure(
        "parse_packet + 5 fields",
        packets.name,
        contender,
        partial(peer.call, frames),
        got=peer.same(peer.call(frames)),
        expected=by_hand.five_fields(frames),
        items=len(frames),
        rounds=ROUNDS.get(contender, 2),
        headline=True,
    )


ONE = {
    "TCP": by_hand.ipv4_datagram(
        SRC, DST, 6, by_hand.tcp_segment(SRC, DST, (40000, 443), (1, 2), 0x18, bytes(1420))
    ),
    "UDP": by_hand.ipv4_datagram(SRC, DST, 17, by_hand.udp_datagram(SRC, DST, 40000, 53, PAYLOAD)),
    "UDP v6": by_hand.ipv6_datagram(
        SRC6, DST6, 17, by_hand.udp_datagram(SRC6, DST6, 40000, 53, PAYLOAD)
    ),
}
PARSED = [
    pytest.param(name, contender, id=f"{name}-{contender}") for name in ONE for contender in PACKETS
]


def frame_of(datagram: bytes) -> bytes:
    return b"".join(MACS) + (b"\x08\x00" if datagram[0] >> 4 == 4 else b"\x86\xdd") + datagram


@pytest.mark.parametrize(("name", "contender"), PARSED)
def bench_parse(measure: Callable[..., None], name: str, contender: str) -> None:
    """One packet, again and again, and nothing asked of it."""
    frame, parse = frame_of(ONE[name]), PACKETS[contender].parse_packet
    calls = 10_000 if contender == "compiled" else 1_000
    found = parse(frame, verify=True)
    assert found.complete
    measure(
        "parse_packet",
        name,
        contender,
        hot(parse, frame, calls=calls),
        got=(found.src, found.dst, found.protocol, found.sport, found.dport),
        expected=by_hand.five_fields([frame])[0],
        items=calls,
        rounds=ROUNDS[contender],
    )


@pytest.mark.parametrize("contender", PACKETS)
def bench_parse_all(measure: Callable[..., None], packets: Traffic, contender: str) -> None:
    """Every packet, and every checksum of it."""
    frames, parse = list(packets.packets), partial(PACKETS[contender].parse_packet, verify=True)
    bad = [packet for packet in map(parse, frames) if not packet.complete]
    measure(
        "parse_packet, verified",
        packets.name,
        contender,
        lambda: deque(map(parse, frames), maxlen=0),
        got=len(bad),
        expected=0,
        items=len(frames),
        rounds=ROUNDS[contender],
    )


def forward(twin: str, frames: list[bytearray]) -> None:
    view = HEADERS[twin].IPv4View
    for frame in frames:
        view(frame, 14).ttl -= 1


NEW_SRC, NEW_SPORT = bytes([203, 0, 113, 9]), 61000


def translate(twin: str, frames: list[bytearray]) -> None:
    view = HEADERS[twin].IPv4View
    for frame in frames:
        ip = view(frame, 14)
        ip.src = NEW_SRC
        ip.transport().sport = NEW_SPORT


def translate_by_hand(frames: list[bytearray]) -> None:
    by_hand.translate(frames, NEW_SRC, NEW_SPORT)


@dataclass(frozen=True)
class Edit:
    """What is done to frames in place, by our views and by hand."""

    row: str
    by_view: Callable[[str, list[bytearray]], None]
    by_hand: Callable[[list[bytearray]], None]

    def run(self, contender: str) -> Callable[[list[bytearray]], None]:
        return self.by_hand if contender == "stdlib" else partial(self.by_view, contender)


EDITS = (
    Edit("forward: ttl -= 1", forward, by_hand.forward),
    Edit("translate: src, sport", translate, translate_by_hand),
)
EDITED = [
    pytest.param(edit, contender, id=f"{edit.row}-{contender}")
    for edit in EDITS
    for contender in (*HEADERS, "stdlib")
]


def tcp_frames() -> list[bytes]:
    """Frames of TCP over IPv4 without tags, which the code by hand takes for granted.

    And without padding, which dpkt does not write again.
    """
    return [
        packet
        for packet in traffic.made().packets
        if packet[12:14] == b"\x08\x00"
        and packet[23] == 6
        and len(packet) == 14 + int.from_bytes(packet[16:18], "big")
    ]


@pytest.mark.parametrize(("edit", "contender"), EDITED)
def bench_edit(measure: Callable[..., None], edit: Edit, contender: str) -> None:
    """A view made, fields assigned and checksums kept right, in each of many frames."""
    originals, run = tcp_frames(), edit.run(contender)
    frames, expected = list(map(bytearray, originals)), list(map(bytearray, originals))
    run(frames)
    edit.by_hand(expected)

    def renew() -> None:
        for frame, original in zip(frames, originals, strict=True):
            frame[:] = original

    measure(
        edit.row,
        "TCP",
        contender,
        lambda: run(frames),
        got=list(frames),
        expected=expected,
        items=len(frames),
        rounds=ROUNDS[contender],
        headline=True,
        setup=renew,
    )


@pytest.mark.parametrize("peer", packet_peers.forwarders(), ids=lambda peer: peer.name)
def bench_forward(measure: Callable[..., None], peer: packet_peers.Peer) -> None:
    """The same with libraries, which write frames anew."""
    frames = tcp_frames()
    expected = list(map(bytearray, frames))
    by_hand.forward(expected)
    measure(
        "forward: ttl -= 1",
        "TCP",
        peer.name,
        partial(peer.call, frames),
        got=peer.call(frames),
        expected=expected,
        items=len(frames),
        rounds=2,
        headline=True,
    )


def ours_tcp(build: ModuleType) -> bytes:
    segment = build.build_tcp(SRC, DST, 40000, 443, PAYLOAD, seq=1, ack=2, flags=0x18)
    return build.build_ethernet(*MACS, 0x0800, segment)


def ours_udp(build: ModuleType) -> bytes:
    return build.build_udp(SRC, DST, 40000, 53, PAYLOAD)


def tcp_by_hand() -> bytes:
    segment = by_hand.tcp_segment(SRC, DST, (40000, 443), (1, 2), 0x18, PAYLOAD)
    return b"".join(MACS) + b"\x08\x00" + by_hand.ipv4_datagram(SRC, DST, 6, segment)


def udp_by_hand() -> bytes:
    datagram = by_hand.udp_datagram(SRC, DST, 40000, 53, PAYLOAD)
    return by_hand.ipv4_datagram(SRC, DST, 17, datagram)


LIBRARIES = packet_peers.builders()
BUILT = [
    pytest.param(row, of, contender, id=f"{row}-{contender}")
    for of, row in enumerate(("build_tcp in Ethernet", "build_udp"))
    for contender in (*BUILDERS, "stdlib", *LIBRARIES)
]


@pytest.mark.parametrize(("row", "of", "contender"), BUILT)
def bench_build(measure: Callable[..., None], row: str, of: int, contender: str) -> None:
    """A packet of 100 bytes of payload, lengths and checksums filled in."""
    hand = (tcp_by_hand, udp_by_hand)[of]
    if contender in BUILDERS:
        build: Callable[[], bytes] = partial((ours_tcp, ours_udp)[of], BUILDERS[contender])
    else:
        build = hand if contender == "stdlib" else LIBRARIES[contender][of]
    calls = 10_000 if contender in (*BUILDERS, "stdlib") else 100
    measure(
        row,
        "100 B",
        contender,
        hot(build, calls=calls),
        got=build(),
        expected=hand(),
        items=calls,
        rounds=5 if contender in (*BUILDERS, "stdlib") else 2,
        headline=True,
    )


def transports(packets: Traffic, twin: str) -> Iterator[Any]:
    """Those that have ports, as objects."""
    parsed = map(PACKETS[twin].parse_packet, packets.packets)
    return (packet for packet in parsed if packet.sport is not None)


FLOWS = {
    "flow_key": by_hand.flow_key,
    "flow_hash": by_hand.toeplitz(RSS_KEY),
    "community_id": by_hand.community_id,
}
KEYED = [
    pytest.param(function, contender, id=f"{function}-{contender}")
    for function in FLOWS
    for contender in (*PACKETS, "stdlib")
]


@pytest.mark.parametrize(("function", "contender"), KEYED)
def bench_flow(
    measure: Callable[..., None], packets: Traffic, function: str, contender: str
) -> None:
    """A key or a hash of packets that are parsed."""
    parsed = list(transports(packets, contender if contender in PACKETS else "compiled"))
    call = FLOWS[function]
    if contender in PACKETS:
        call = getattr(PACKETS[contender], function)
    measure(
        function,
        packets.name,
        contender,
        lambda: deque(map(call, parsed), maxlen=0),
        got=list(map(call, parsed)),
        expected=list(map(FLOWS[function], parsed)),
        items=len(parsed),
        rounds=10 if contender == "compiled" else 3,
        headline=True,
    )
