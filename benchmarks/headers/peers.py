"""Packets built and edited by dpkt, scapy and pypacker, where they are installed."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from benchmarks.harness.peers import Peer, there
from benchmarks.headers.by_hand import MACS

SRC, DST = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 7])
SRC6, DST6 = (
    bytes.fromhex("20010db8" + "00" * 11 + "01"),
    bytes.fromhex("20010db8" + "00" * 11 + "02"),
)
PAYLOAD = bytes(range(100))


def _dpkt_builders() -> tuple[Callable[[], bytes], Callable[[], bytes]]:
    from dpkt.ethernet import Ethernet
    from dpkt.ip import IP
    from dpkt.tcp import TCP
    from dpkt.udp import UDP

    def tcp() -> bytes:
        segment = TCP(sport=40000, dport=443, seq=1, ack=2, flags=0x18, win=65535, data=PAYLOAD)
        datagram = IP(src=SRC, dst=DST, p=6, ttl=64, data=segment)
        datagram.len = len(datagram)
        return bytes(Ethernet(dst=MACS[0], src=MACS[1], type=0x0800, data=datagram))

    def udp() -> bytes:
        segment = UDP(sport=40000, dport=53, data=PAYLOAD)
        segment.ulen = len(segment)
        datagram = IP(src=SRC, dst=DST, p=17, ttl=64, data=segment)
        datagram.len = len(datagram)
        return bytes(datagram)

    return tcp, udp


def _scapy_builders() -> tuple[Callable[[], bytes], Callable[[], bytes]]:
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.l2 import Ether

    def network() -> Any:
        return IP(src="192.0.2.1", dst="198.51.100.7", ttl=64, id=0)

    def tcp() -> bytes:
        segment = TCP(sport=40000, dport=443, seq=1, ack=2, flags="PA", window=65535)
        frame = Ether(dst="02:00:5e:10:00:02", src="02:00:5e:10:00:01", type=0x0800)
        return bytes(frame / network() / segment / PAYLOAD)

    def udp() -> bytes:
        return bytes(network() / UDP(sport=40000, dport=53) / PAYLOAD)

    return tcp, udp


def _pypacker_builders() -> tuple[Callable[[], bytes], Callable[[], bytes]]:
    from pypacker.layer3.ip import IP
    from pypacker.layer4.tcp import TCP
    from pypacker.layer4.udp import UDP
    from pypacker.layer12.ethernet import Ethernet

    def tcp() -> bytes:
        frame = Ethernet(dst=MACS[0], src=MACS[1], type=0x0800)
        segment = TCP(sport=40000, dport=443, seq=1, ack=2, flags=0x18, win=65535)
        segment.body_bytes = PAYLOAD
        return (frame + IP(src=SRC, dst=DST, p=6, ttl=64, id=0) + segment).bin()

    def udp() -> bytes:
        segment = UDP(sport=40000, dport=53)
        segment.body_bytes = PAYLOAD
        return (IP(src=SRC, dst=DST, p=17, ttl=64, id=0) + segment).bin()

    return tcp, udp


def builders() -> dict[str, tuple[Callable[[], bytes], Callable[[], bytes]]]:
    """TCP in an Ethernet frame, and UDP in IPv4."""
    found = {}
    for name, make in (
        ("dpkt", _dpkt_builders),
        ("scapy", _scapy_builders),
        ("pypacker", _pypacker_builders),
    ):
        with suppress(ModuleNotFoundError):
            found[name] = make()
    return found


def _dpkt_forward() -> Callable[[list[bytes]], list[bytes]]:
    from dpkt.ethernet import Ethernet

    def forward(frames: list[bytes]) -> list[bytes]:
        found = []
        for data in frames:
            frame = Ethernet(data)
            frame.data.ttl -= 1
            frame.data.sum = 0
            found.append(bytes(frame))
        return found

    return forward


def forwarders() -> list[Peer]:
    """Frames of IPv4, with one less time to live; they are written anew."""
    return there(lambda: Peer("dpkt", _dpkt_forward()))
