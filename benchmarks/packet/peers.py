"""Five fields of packets by dpkt, scapy and pypacker, where they are installed.

Results have forms of their own: `same` turns them into those of `by_hand`, for the check only and
never inside the timing.
"""

from collections.abc import Callable, Iterable
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

from benchmarks.harness.peers import Peer, there
from benchmarks.packet import by_hand

NOTHING = (None,) * 5


def untagged(packet: bytes) -> bool:
    """Without a VLAN tag: pypacker does not look past two of them."""
    return packet[12:14] != b"\x81\x00"


def _five_of_text(rows: list[Any]) -> list[by_hand.Five]:
    """Scapy's fields, with addresses packed."""
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
