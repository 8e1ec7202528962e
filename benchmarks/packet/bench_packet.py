"""fastsock.packet, headers and builders beside `struct` by hand and libraries."""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

import fastsock.packet._c
import pytest

import fastsock.packet._py.packet
from benchmarks.harness.loops import hot
from benchmarks.harness.peers import Peer
from benchmarks.harness.traffic import Traffic
from benchmarks.headers.by_hand import MACS, ipv4_datagram, ipv6_datagram, tcp_segment, udp_datagram
from benchmarks.headers.peers import DST, DST6, PAYLOAD, SRC, SRC6
from benchmarks.packet import by_hand, peers
from fastsock.packet import RSS_KEY

PACKETS: dict[str, ModuleType] = {
    "compiled": fastsock.packet._c,
    "pure": fastsock.packet._py.packet,
}
ROUNDS = 3


def five_fields(twin: str, packets: list[bytes]) -> list[by_hand.Five]:
    parsed = map(PACKETS[twin].parse_packet, packets)
    return [(p.src, p.dst, p.protocol, p.sport, p.dport) for p in parsed]


FIVES = {peer.name: peer for peer in peers.five_fields()}


NAMES = ("src", "dst", "protocol", "sport", "dport")
GETTERS = [f"{twin}, {name}" for twin in PACKETS for name in ("PacketFields", "packet_fields")]


def getter_of(contender: str) -> Callable[[list[bytes]], list[Any]]:
    """Five fields of every packet, by a getter made once or by a call with their names."""
    twin, name = contender.split(", ")
    if name == "PacketFields":
        get = PACKETS[twin].PacketFields(*NAMES)
        return lambda packets: list(map(get, packets))
    call = PACKETS[twin].packet_fields
    return lambda packets: [call(packet, NAMES) for packet in packets]


# Contenders come innermost, so that those of one row run one after the other.
@pytest.mark.parametrize("contender", [*PACKETS, *GETTERS, "by hand", *FIVES])
def bench_five(measure: Callable[..., None], packets: Traffic, contender: str) -> None:
    """Addresses, protocol and ports of every packet."""
    frames = list(packets.packets)
    if contender in PACKETS:
        peer = Peer(contender, partial(five_fields, contender))
    elif contender in GETTERS:
        peer = Peer(contender, getter_of(contender))
    elif contender == "by hand":
        peer = Peer(contender, by_hand.five_fields)
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
        rounds=ROUNDS,
        headline=True,
    )


ONE = {
    "TCP": ipv4_datagram(
        SRC, DST, 6, tcp_segment(SRC, DST, (40000, 443), (1, 2), 0x18, bytes(1420))
    ),
    "UDP": ipv4_datagram(SRC, DST, 17, udp_datagram(SRC, DST, 40000, 53, PAYLOAD)),
    "UDP v6": ipv6_datagram(SRC6, DST6, 17, udp_datagram(SRC6, DST6, 40000, 53, PAYLOAD)),
}
PARSED = [
    pytest.param(name, contender, id=f"{name}-{contender}") for name in ONE for contender in PACKETS
]


def frame_of(datagram: bytes) -> bytes:
    return b"".join(MACS) + (b"\x08\x00" if datagram[0] >> 4 == 4 else b"\x86\xdd") + datagram


@pytest.mark.parametrize(("name", "contender"), PARSED)
def bench_parse(measure: Callable[..., None], name: str, contender: str) -> None:
    """One packet, again and again; no attribute is read."""
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
        rounds=ROUNDS,
    )


@pytest.mark.parametrize("contender", ["compiled", "by default"])
def bench_link(measure: Callable[..., None], contender: str) -> None:
    """A link type by its name, beside the default one's."""
    parse = PACKETS["compiled"].parse_packet
    given = (frame_of(ONE["UDP"]),) if contender == "by default" else (ONE["UDP"], "raw")
    measure(
        "parse_packet, link by name",
        "UDP",
        contender,
        hot(parse, *given, calls=10_000),
        got=parse(*given).sport,
        expected=40000,
        items=10_000,
        rounds=ROUNDS,
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
        rounds=ROUNDS,
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
    for contender in (*PACKETS, "by hand")
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
        rounds=ROUNDS,
        headline=True,
    )
