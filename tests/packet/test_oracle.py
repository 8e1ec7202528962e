"""Every packet of the captures, field by field, as tshark sees it.

Beside each capture stands tshark's view (``NAME.fields.tsv``), made with reassembly off and
checksums on. `DIFFERENCES` has what we see otherwise and why; docs/packet.md tells the same.
"""

import csv
import ipaddress
from itertools import dropwhile, product

from fastsock import CaptureError
from fastsock.packet.fields import Status

NETWORK = {"ip": 4, "ipv6": 6, "arp": 0}
TRANSPORT = {
    "tcp": 6,
    "udp": 17,
    "icmp": 1,
    "icmpv6": 58,
    "igmp": 2,
    "pim": 103,
    "ip": 4,
    "ipv6": 41,
}
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
    """The network layer that tshark saw, the transport right above it, and whether it saw tags.

    Deeper layers are tunnels and quotes: their fields must not pass for the packet's own.
    """
    names = row["frame.protocols"].split(":")
    above = list(dropwhile(lambda name: name not in NETWORK, names))
    below = names[: len(names) - len(above)]
    transport = next(
        dropwhile(lambda name: name.startswith("ipv6.") or name == "ah", above[1:]), None
    )
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
            "ip_header": 4 * (packet.buffer[packet.l3_offset] & 15),
            "total_length": packet.total_length,
            "identification": packet.identification,
            "more_fragments": packet.more_fragments,
            "fragment_offset": packet.fragment_offset,
            "ip_checksum": packet.ip_checksum_status,
        }
    elif packet.version == 6:
        seen["payload_length"] = int.from_bytes(
            packet.buffer[packet.l3_offset + 4 : packet.l3_offset + 6], "big"
        )
    if not packet.status & Status.TRANSPORT or packet.protocol not in (1, 6, 17, 58):
        return seen
    seen["checksum"] = packet.checksum_status
    if packet.icmp_type is not None:
        return seen | {"type": packet.icmp_type, "code": packet.icmp_code}
    seen |= {"sport": packet.sport, "dport": packet.dport}
    if packet.protocol == 17:
        at = packet.l4_offset + 4
        return seen | {"length": int.from_bytes(packet.buffer[at : at + 2], "big")}
    return seen | {
        "seq": packet.seq,
        "ack": packet.ack,
        "flags": packet.flags,
        "window": packet.window,
        "header": 4 * (packet.buffer[packet.l4_offset + 12] >> 4),
    }


IPV4 = "src dst protocol ttl identification more_fragments ip_checksum"
CHAIN = "more extension headers than the 16 that are walked: the transport is not reached"
ZERO = "a length of zero: a network card was to complete the checksum, so it is not verified"
LINK = "PPPoE's length cuts the datagram short: not verified here, while tshark sums what is there"
ROUTE = "a source route: `dst` stands in the header, tshark shows the route's last hop"
KEPT = "one field of a whole header is wrong: the others are kept, while tshark drops them"

DIFFERENCES = [  # capture, frames, fields, why
    ("PcapPlusPlus__IPv4-TSO.pcap", {1}, "checksum", ZERO),
    ("PcapPlusPlus__ipv4-malformed.pcap", {1}, IPV4, KEPT),
    ("PcapPlusPlus__ipv4-malformed.pcap", {2}, "version fragment_offset",
     "version 5: tshark still names the layer after the Ethernet type"),
    ("PcapPlusPlus__ipv4-options.pcap", {6, 7}, "dst", ROUTE),
    ("libpcap__ipv6_ext_headers.pcap", {1}, "sport dport length checksum", CHAIN),
    ("suricata-verify__frag-12.pcap", {5}, "type code checksum", CHAIN),
    ("tcpdump__802.1ad_QinQ.pcap", {1, 2}, "vlan",
     "tshark has the outer tag of 802.1ad under another name, and shows the inner one"),
    ("tcpdump__bigtcp-ipv4.pcap", {1}, "checksum", ZERO),
    ("tcpdump__ipv4_invalid_hdr_length.pcap", {1}, IPV4 + " total_length", KEPT),
    ("tcpdump__ipv4_invalid_length.pcap", {1},
     "version ip_header fragment_offset total_length " + IPV4.replace(" dst", ""),
     "19 bytes of a header: tshark shows the fields that are there, here it is cut as a whole"),
    ("tcpdump__ipv4_invalid_total_length_2.pcap", {1}, IPV4, KEPT),
    ("tcpdump__ipv4_tcp_http_xml_tso.pcap", {1}, "checksum", ZERO),
    ("tcpdump__timestamp_invalid_micro.pcap", {3}, "time",
     "2,147,483,648 microseconds: they carry into the seconds, while tshark drops them"),
    ("zeek__ip-bogus-header-len.pcap", {1}, "checksum", ZERO),
    ("zeek__ipv6-mobility-dst-opts.pcap", {1}, "sport dport length checksum",
     "an option beyond its header: tshark stops, here the header's length tells what follows it"),
    ("zeek__ipv6-mobility-dst-opts.pcap", {3}, "checksum",
     "a home address of one byte: which source the checksum covers is unknown; tshark guesses"),
    ("zeek__pppoe-over-qinq.pcap", {19, 33, 41, 47, 63, 81}, "checksum", LINK),
]  # fmt: skip

REFUSED = {  # what tshark can't read, and what is said of it here
    "libpcap__pcap-invalid-version-1.pcap": "a pcap file of version 1.4",
    "libpcap__shb-option-too-long.pcapng": "offset 0: a block of 52 bytes, which ends as one of",
}


def rows_beside(path):
    with path.with_name(f"{path.name}.fields.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def capture_files(captures):
    return sorted(path for path in captures.iterdir() if path.suffix in (".pcap", ".pcapng"))


def nanoseconds(text):
    seconds, _, fraction = text.partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))


def compared(path, twin):
    """(frame, field): our value and tshark's, for all that differ."""
    parse_packet = twin.part("packet").parse_packet
    rows = rows_beside(path)
    with twin.part("capture").open_capture(path) as capture:
        records = list(capture)
        assert (path.name, len(records), capture.stopped) == (path.name, len(rows), None)
    found = {}
    for record, row in zip(records, rows, strict=True):
        packet = parse_packet(record.data, record.link, verify=True, wire_length=record.wire_length)
        ours, theirs = our_view(packet), their_view(row)
        ours |= {"time": record.timestamp_ns, "wire": record.wire_length, "there": len(record.data)}
        theirs |= {
            "time": nanoseconds(row["frame.time_epoch"]),
            "wire": int(row["frame.len"]),
            "there": int(row["frame.cap_len"]),
        }
        for field in ours.keys() | theirs.keys():
            if ours.get(field) != theirs.get(field):
                key = int(row["frame.number"]), field
                found[key] = ours.get(field), theirs.get(field)
    return found


def known(name):
    """(frame, field) of all that `DIFFERENCES` has for a capture."""
    rows = [
        (frames, fields.split()) for capture, frames, fields, _ in DIFFERENCES if capture == name
    ]
    return {key for frames, fields in rows for key in product(frames, fields)}


def test_every_field_of_every_packet(captures, twin):
    for path in capture_files(captures):
        if path.name not in REFUSED:
            found, expected = compared(path, twin), known(path.name)
            unknown = {key: found[key] for key in found.keys() - expected}
            assert (path.name, unknown) == (path.name, {})
            assert (path.name, expected - found.keys()) == (path.name, set())  # all still differ


def test_every_difference_is_of_a_capture(captures):
    assert {name for name, *_ in DIFFERENCES} <= {path.name for path in capture_files(captures)}


def test_captures_that_tshark_refuses(captures, twin):
    refused = {path.name for path in capture_files(captures) if not rows_beside(path)}
    empty = {"tcpdump__empty.pcap", "tcpdump__empty.pcapng"}
    assert refused - empty == set(REFUSED)
    for name, reason in REFUSED.items():
        try:
            with twin.part("capture").open_capture(captures / name) as capture:
                assert list(capture) == []
            said = capture.stopped
        except CaptureError as error:
            said = str(error)
        assert reason in said
