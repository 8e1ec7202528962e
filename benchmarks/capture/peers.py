"""Libraries and programs that read capture files, where they are installed.

dpkt, scapy and pypacker come with `make bench-peers`; tshark and tcpdump are asked wherever they
are. Programs write to /dev/null while they are timed: the cost of a pipe and a parser is not
in their times.
"""

import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

from benchmarks.capture import by_hand
from benchmarks.harness.peers import Peer, there

FIELDS = (
    *("frame.time_epoch", "frame.len", "frame.cap_len", "frame.encap_type", "vlan.id"),
    *("ip.version", "ip.proto", "ip.src", "ip.dst", "ip.ttl", "ip.dsfield", "ip.id"),
    *("ip.frag_offset", "ip.len", "ip.checksum.status"),
    *("ipv6.nxt", "ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.tclass", "ipv6.plen"),
    *("tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw"),
    *("tcp.window_size_value", "tcp.len", "tcp.checksum.status"),
    *("udp.srcport", "udp.dstport", "udp.length", "udp.checksum.status"),
    *("icmp.type", "icmp.code", "icmpv6.type", "icmpv6.code"),
    *("arp.src.proto_ipv4", "arp.dst.proto_ipv4"),
)
TSHARK = (
    *("tshark", "-n", "-T", "fields", "-E", "occurrence=f"),
    *("-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"),
    *("-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.analyze_sequence_numbers:FALSE"),
    *(word for field in FIELDS for word in ("-e", field)),
    "-r",
)
TCPDUMP = ("tcpdump", "-nn", "-q", "-r")
FIVE = ("src", "dst", "protocol", "sport", "dport")


def children_ns() -> int:
    """CPU time of the programs that were started and have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((spent.ru_utime + spent.ru_stime) * 1e9)


def run(command: tuple[str, ...], path: Path) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run([*command, path], check=True, stdout=quiet, stderr=quiet)


def _lines(command: tuple[str, ...], path: Path) -> list[str]:
    done = subprocess.run([*command, path], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def _mapped(address: bytes | str) -> bytes:
    """An address as a column has it; zeros for none."""
    if isinstance(address, str):
        address = inet_pton(AF_INET6 if ":" in address else AF_INET, address) if address else b""
    return by_hand.NO_ADDRESS if not address else by_hand.mapped_address(address)


Answers = list[tuple[bytes, bytes, int, int, int]]


def answers_of(columns: Any) -> Answers:
    """(src, dst, protocol, sport, dport) of each packet, from any columns."""
    src, dst = (bytes(columns[name]) for name in FIVE[:2])
    addresses = ([many[i : i + 16] for i in range(0, len(many), 16)] for many in (src, dst))
    return list(zip(*addresses, *(columns[name] for name in FIVE[2:]), strict=True))


def tshark_answers(path: Path) -> Answers:
    found = []
    for line in _lines(TSHARK, path):
        said = dict(zip(FIELDS, line.split("\t"), strict=True))
        found.append(
            (
                _mapped(said["ip.src"] or said["ipv6.src"] or said["arp.src.proto_ipv4"]),
                _mapped(said["ip.dst"] or said["ipv6.dst"] or said["arp.dst.proto_ipv4"]),
                int(said["ip.proto"] or said["ipv6.nxt"] or 0),
                int(said["tcp.srcport"] or said["udp.srcport"] or 0),
                int(said["tcp.dstport"] or said["udp.dstport"] or 0),
            )
        )
    return found


def tcpdump_count(path: Path) -> int:
    """How many packets it prints; a packet's further lines are indented."""
    return sum(not line[0].isspace() for line in _lines(TCPDUMP, path))


def _dpkt_columns() -> Callable[[Path], dict[str, Any]]:
    """The columns that dpkt has a value for; it drops the wire length."""
    from dpkt.arp import ARP
    from dpkt.ethernet import Ethernet
    from dpkt.icmp import ICMP
    from dpkt.ip import IP
    from dpkt.ip6 import IP6
    from dpkt.pcap import Reader
    from dpkt.tcp import TCP
    from dpkt.udp import UDP

    names = ("timestamp", "captured_length", "version", "protocol", "src", "dst", "ttl", "tos")
    names += ("identification", "fragment_offset", "total_length", "vlan")
    names += ("sport", "dport", "flags", "seq", "ack", "window", "icmp_type", "icmp_code")
    nobody = 0, 0, b"", b"", 0, 0, 0, 0, 0
    nothing = (0,) * 8

    def network(layer: Any) -> tuple[Any, ...]:
        if isinstance(layer, IP):
            head = 4, layer.p, layer.src, layer.dst, layer.ttl, layer.tos
            return *head, layer.id, layer.offset, layer.len
        if isinstance(layer, IP6):
            head = 6, layer.nxt, layer.src, layer.dst, layer.hlim, layer.fc
            return *head, 0, 0, layer.plen + 40
        if isinstance(layer, ARP):
            return 0, 0, layer.spa, layer.tpa, *nobody[4:]
        return nobody

    def transport(layer: Any) -> tuple[int, ...]:
        if isinstance(layer, TCP):
            ports = layer.sport, layer.dport
            return *ports, layer.flags, layer.seq, layer.ack, layer.win, 0, 0
        if isinstance(layer, UDP):
            return layer.sport, layer.dport, *nothing[2:]
        if isinstance(layer, ICMP):
            return *nothing[2:], layer.type, layer.code
        return nothing

    def columns(path: Path) -> dict[str, Any]:
        rows = []
        with path.open("rb") as file:
            for when, data in Reader(file):
                frame = Ethernet(data)
                tags = getattr(frame, "vlan_tags", None)
                layer = frame.data
                rows.append(
                    (
                        *(when, len(data), *network(layer)),
                        tags[0].id if tags else 0xFFFF,
                        *transport(getattr(layer, "data", None)),
                    )
                )
        return dict(zip(names, zip(*rows, strict=True), strict=True))

    return columns


def _of_dpkt(columns: dict[str, Any]) -> Answers:
    addresses = (map(_mapped, columns[name]) for name in FIVE[:2])
    return list(zip(*addresses, *(columns[name] for name in FIVE[2:]), strict=True))


def columns() -> list[Peer]:
    """A capture file to columns."""
    return there(lambda: Peer("dpkt", _dpkt_columns(), _of_dpkt))


def _dpkt_records() -> Callable[[Path], int]:
    from dpkt.pcap import Reader

    def read(path: Path) -> int:
        with path.open("rb") as file:
            return sum(len(data) for _, data in Reader(file))

    return read


def _scapy_records() -> Callable[[Path], int]:
    from scapy.utils import RawPcapReader

    def read(path: Path) -> int:
        with RawPcapReader(str(path)) as reader:
            return sum(len(data) for data, _ in reader)

    return read


def _pypacker_records() -> Callable[[Path], int]:
    from pypacker.ppcap import Reader

    def read(path: Path) -> int:
        with Reader(filename=str(path)) as reader:
            return sum(len(data) for _, data in reader)

    return read


def records() -> list[Peer]:
    """The records of a capture file, one by one: bytes in all of them."""
    return there(
        lambda: Peer("dpkt", _dpkt_records()),
        lambda: Peer("scapy", _scapy_records()),
        lambda: Peer("pypacker", _pypacker_records()),
    )
