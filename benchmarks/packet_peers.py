"""The libraries that read and write packets, where they are installed (`make bench-peers`).

Each does what its users do for the row. Its results have forms of their own: `same` turns them
into those of `by_hand`, for the check only and never inside the timing.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

import by_hand

NOTHING = (None,) * 5


def unchanged(result: Any) -> Any:
    return result


def all_of(packet: bytes) -> bool:
    return True


def untagged(packet: bytes) -> bool:
    """Without a VLAN tag: pypacker does not look behind two of them."""
    return packet[12:14] != b"\x81\x00"


@dataclass(frozen=True)
class Peer:
    """A library's way to do a row, for one in `every` of the row's items."""

    name: str
    call: Callable[..., Any]
    same: Callable[[Any], Any] = unchanged
    every: int = 1
    takes: Callable[[bytes], bool] = all_of  # the packets that it reads as they are

    def share(self, packets: Iterable[bytes]) -> list[bytes]:
        return list(filter(self.takes, packets))[:: self.every]


def there(*makers: Callable[[], Peer]) -> list[Peer]:
    """The peers that can be made: those whose libraries are there."""
    found = []
    for make in makers:
        with suppress(ModuleNotFoundError):
            found.append(make())
    return found


def _dpkt_checksum() -> Peer:
    from dpkt.dpkt import in_cksum

    return Peer("dpkt", in_cksum)


def _scapy_checksum() -> Peer:
    from scapy.utils import checksum

    return Peer("scapy", checksum)


def _pypacker_checksum() -> Peer:
    from pypacker.checksum import in_cksum

    return Peer("pypacker", in_cksum)


def checksums() -> list[Peer]:
    """The Internet checksum of bytes."""
    return there(_dpkt_checksum, _scapy_checksum, _pypacker_checksum)


def _dpkt_crc32c() -> Peer:
    from dpkt.crc32c import add

    return Peer("dpkt", lambda data: add(0xFFFFFFFF, data) ^ 0xFFFFFFFF)


def castagnoli() -> list[Peer]:
    """CRC-32C of bytes."""
    return there(_dpkt_crc32c)


def _five_of_text(rows: list[Any]) -> list[by_hand.Five]:
    """What scapy says, with addresses packed."""
    families = {True: AF_INET6, False: AF_INET}
    return [
        (*(text and inet_pton(families[":" in text], text) for text in row[:2]), *row[2:])
        for row in rows
    ]


def _dpkt_five() -> Callable[..., Any]:
    from dpkt.arp import ARP
    from dpkt.ethernet import Ethernet
    from dpkt.ip import IP
    from dpkt.ip6 import IP6
    from dpkt.tcp import TCP
    from dpkt.udp import UDP

    def five_fields(packets: Iterable[bytes]) -> list[Any]:
        found: list[Any] = []
        for data in packets:
            layer = Ethernet(data).data
            if isinstance(layer, (IP, IP6)):
                inner = layer.data
                ports = (None, None)
                if isinstance(inner, (TCP, UDP)):
                    ports = inner.sport, inner.dport
                found.append((layer.src, layer.dst, layer.p, *ports))
            elif isinstance(layer, ARP):
                found.append((layer.spa, layer.tpa, None, None, None))
            else:
                found.append(NOTHING)
        return found

    return five_fields


def _scapy_five() -> Callable[..., Any]:
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import ARP, Ether

    def five_fields(packets: Iterable[bytes]) -> list[Any]:
        found: list[Any] = []
        for data in packets:
            packet = Ether(data)
            layer = packet.getlayer(IP) or packet.getlayer(IPv6)
            if layer is not None:
                inner, protocol = layer.payload, layer.proto if IP in packet else layer.nh
                ports = (None, None)
                if isinstance(inner, (TCP, UDP)):
                    ports = inner.sport, inner.dport
                found.append((layer.src, layer.dst, protocol, *ports))
            elif ARP in packet:
                found.append((packet[ARP].psrc, packet[ARP].pdst, None, None, None))
            else:
                found.append(NOTHING)
        return found

    return five_fields


def _pypacker_five() -> Callable[..., Any]:
    from pypacker.layer3 import ip, ip6
    from pypacker.layer4 import tcp, udp
    from pypacker.layer12 import arp, ethernet

    def five_fields(packets: Iterable[bytes]) -> list[Any]:
        found: list[Any] = []
        for data in packets:
            packet = ethernet.Ethernet(data)
            four = packet[ip.IP]
            layer = four or packet[ip6.IP6]
            if layer is not None:
                inner = layer[tcp.TCP] or layer[udp.UDP]
                ports = (None, None) if inner is None else (inner.sport, inner.dport)
                found.append((layer.src, layer.dst, layer.p if four else layer.nxt, *ports))
            elif (who := packet[arp.ARP]) is not None:
                found.append((who.spa, who.tpa, None, None, None))
            else:
                found.append(NOTHING)
        return found

    return five_fields


def five_fields() -> list[Peer]:
    """(src, dst, protocol, sport, dport) of a list of Ethernet frames."""
    return there(
        lambda: Peer("dpkt", _dpkt_five()),
        lambda: Peer("scapy", _scapy_five(), _five_of_text, every=50),
        lambda: Peer("pypacker", _pypacker_five(), takes=untagged),
    )


SRC, DST = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 7])
SRC6, DST6 = (
    bytes.fromhex("20010db8" + "00" * 11 + "01"),
    bytes.fromhex("20010db8" + "00" * 11 + "02"),
)
MACS = bytes.fromhex("02005e100002"), bytes.fromhex("02005e100001")  # to, from
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
