"""fastsock.headers beside bytes edited by hand, `struct`, and libraries."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import pytest

import fastsock.headers._c
import fastsock.headers._py
from benchmarks.harness import traffic
from benchmarks.harness.loops import hot
from benchmarks.harness.peers import Peer
from benchmarks.headers import by_hand, peers
from benchmarks.headers.by_hand import MACS
from benchmarks.headers.peers import DST, PAYLOAD, SRC

TWINS: dict[str, ModuleType] = {
    "compiled": fastsock.headers._c,
    "pure": fastsock.headers._py,
}
ROUNDS = 5


def forward(twin: str, frames: list[bytearray]) -> None:
    view = TWINS[twin].IPv4View
    for frame in frames:
        view(frame, 14).ttl -= 1


NEW_SRC, NEW_SPORT = bytes([203, 0, 113, 9]), 61000


def translate(twin: str, frames: list[bytearray]) -> None:
    view = TWINS[twin].IPv4View
    for frame in frames:
        ip = view(frame, 14)
        ip.src = NEW_SRC
        ip.transport().sport = NEW_SPORT


def translate_by_hand(frames: list[bytearray]) -> None:
    by_hand.translate(frames, NEW_SRC, NEW_SPORT)


@dataclass(frozen=True)
class Edit:
    """An edit of frames in place, by our views and by hand."""

    row: str
    by_view: Callable[[str, list[bytearray]], None]
    by_hand: Callable[[list[bytearray]], None]

    def run(self, contender: str) -> Callable[[list[bytearray]], None]:
        return self.by_hand if contender == "by hand" else partial(self.by_view, contender)


EDITS = (
    Edit("forward: ttl -= 1", forward, by_hand.forward),
    Edit("translate: src, sport", translate, translate_by_hand),
)
EDITED = [
    pytest.param(edit, contender, id=f"{edit.row}-{contender}")
    for edit in EDITS
    for contender in (*TWINS, "by hand")
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
        rounds=ROUNDS,
        headline=True,
        setup=renew,
    )


@pytest.mark.parametrize("peer", peers.forwarders(), ids=lambda peer: peer.name)
def bench_forward(measure: Callable[..., None], peer: Peer) -> None:
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
        rounds=ROUNDS,
        headline=True,
    )


def ours_tcp(build: ModuleType) -> bytes:
    segment = build.build_tcp(SRC, DST, 40000, 443, PAYLOAD, seq=1, ack=2, flags=0x18)
    return build.build_ethernet(*MACS, 0x0800, segment)


def ours_udp(build: ModuleType) -> bytes:
    return build.build_udp(SRC, DST, 40000, 53, PAYLOAD)


def tcp_by_hand() -> bytes:
    return by_hand.tcp_in_ethernet(SRC, DST, (40000, 443), (1, 2), PAYLOAD)


def udp_by_hand() -> bytes:
    return by_hand.udp_in_ipv4(SRC, DST, 40000, 53, PAYLOAD)


LIBRARIES = peers.builders()
BUILT = [
    pytest.param(row, of, contender, id=f"{row}-{contender}")
    for of, row in enumerate(("build_tcp in Ethernet", "build_udp"))
    for contender in (*TWINS, "by hand", *LIBRARIES)
]


@pytest.mark.parametrize(("row", "of", "contender"), BUILT)
def bench_build(measure: Callable[..., None], row: str, of: int, contender: str) -> None:
    """A packet of 100 bytes of payload, lengths and checksums filled in."""
    hand = (tcp_by_hand, udp_by_hand)[of]
    if contender in TWINS:
        build: Callable[[], bytes] = partial((ours_tcp, ours_udp)[of], TWINS[contender])
    else:
        build = hand if contender == "by hand" else LIBRARIES[contender][of]
    calls = 10_000 if contender in (*TWINS, "by hand") else 100
    measure(
        row,
        "100 B",
        contender,
        hot(build, calls=calls),
        got=build(),
        expected=hand(),
        items=calls,
        rounds=ROUNDS,
        headline=True,
    )
