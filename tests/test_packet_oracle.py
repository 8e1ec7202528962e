"""Every packet of the captures, field by field, as tshark sees it.

Beside each capture stands tshark's view (``NAME.fields.tsv``), made with reassembly off and checksums
on. `DIFFERENCES` has what we see otherwise and why; docs/packet.md tells the same.
"""

import csv
import ipaddress
from itertools import dropwhile

import pytest

from fastsock.packet_fields import ChecksumStatus, Status

NETWORK = {"ip": 4, "ipv6": 6, "arp": 0}
TRANSPORT = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "igmp": 2, "pim": 103, "ip": 4, "ipv6": 41}
COLUMNS = {  # ours, and tshark's of each protocol that has such a field
    "tcp": ("sport=srcport dport=dstport seq=seq_raw ack=ack_raw flags=flags"
            " window=window_size_value header=hdr_len checksum=checksum.status"),
    "udp": "sport=srcport dport=dstport length=length checksum=checksum.status",
    "icmp": "type=type code=code checksum=checksum.status",
    "icmpv6": "type=type code=code checksum=checksum.status",
}  # fmt: skip


def number(text):
    return int(text, 0) if text else None


def packed(text):
    return ipaddress.ip_address(text).packed if text else None


def layers(row):
    """The network layer that tshark saw, the transport right above it, and whether tags came before.

    Further in are tunnels and quotes, whose fields must not pass for the packet's own.
    """
    names = row["frame.protocols"].split(":")
    above = list(dropwhile(lambda name: name not in NETWORK, names))
    below = names[: len(names) - len(above)]
    transport = next(dropwhile(lambda name: name.startswith("ipv6.") or name == "ah", above[1:]), None)
    tagged = "vlan" in below or "ieee8021ad" in below
    return (above or [None])[0], transport, tagged


def their_view(row):
    network, transport, tagged = layers(row)
    seen = {"vlan": number(row["vlan.id"]) if tagged else None, "version": NETWORK.get(network, 0)}
    if network == "ip":
        seen |= {
            "src": packed(row["ip.src"]),
            "dst": packed(row["ip.dst"]),
            "protocol": number(row["ip.proto"]),
            "ttl": number(row["ip.ttl"]),
            "ip_header": number(row["ip.hdr_len"]),
            "total_length": number(row["ip.len"]),
            "identification": number(row["ip.id"]),
            "more_fragments": number(row["ip.flags.mf"]),
            "fragment_offset": 8 * int(row["ip.frag_offset"] or 0),  # tshark counts in units of 8
            "ip_checksum": number(row["ip.checksum.status"]),
        }
    elif network == "ipv6":
        seen |= {
            "src": packed(row["ipv6.src"]),
            "dst": packed(row["ipv6.dst"]),
            "ttl": number(row["ipv6.hlim"]),
            "payload_length": number(row["ipv6.plen"]),
        }
    for pair in COLUMNS.get(transport, "").split():
        ours, theirs = pair.split("=")
        seen[ours] = number(row[f"{transport}.{theirs}"])
    return seen


def our_view(packet):
    seen = {"vlan": packet.vlan, "version": packet.version}
    if packet.version:
        seen |= {"src": packet.src, "dst": packet.dst, "ttl": packet.ttl}
    if packet.version == 4:
        seen |= {
            "protocol": packet.protocol,
            "ip_header": 4 * (packet.buffer[packet.l3] & 15),
            "total_length": packet.total_length,
            "identification": packet.identification,
            "more_fragments": packet.more_fragments,
            "fragment_offset": packet.fragment_offset,
            "ip_checksum": packet.ip_checksum_status,
        }
    elif packet.version == 6:
        seen["payload_length"] = int.from_bytes(packet.buffer[packet.l3 + 4 : packet.l3 + 6], "big")
    if not packet.status & Status.TRANSPORT or packet.protocol not in (1, 6, 17, 58):
        return seen
    seen["checksum"] = packet.checksum_status
    if packet.icmp_type is not None:
        return seen | {"type": packet.icmp_type, "code": packet.icmp_code}
    seen |= {"sport": packet.sport, "dport": packet.dport}
    if packet.protocol == 17:
        at = packet.l4 + 4
        return seen | {"length": int.from_bytes(packet.buffer[at : at + 2], "big")}
    return seen | {
        "seq": packet.seq,
        "ack": packet.ack,
        "flags": packet.flags,
        "window": packet.window,
        "header": 4 * (packet.buffer[packet.l4 + 12] >> 4),
    }
