"""Other libraries as judges: they parse what is built here, and build what is read here."""

import dpkt
import pytest

V4 = "192.0.2.1", "192.0.2.2"
V6 = "2001:db8::1", "2001:db8::2"
MACS = "02:00:00:00:00:01", "02:00:00:00:00:02"
PACKED = [bytes.fromhex(mac.replace(":", "")) for mac in MACS]
FAMILIES = pytest.mark.parametrize("ends", [V4, V6], ids=["ipv4", "ipv6"])
PAYLOADS = pytest.mark.parametrize("payload", [b"", b"x", b"data", bytes(range(256)) * 5])


def dissected(scapy, packet):
    kind = scapy.IP if packet[0] >> 4 == 4 else scapy.IPv6
    return kind(packet)


def rebuilt(scapy, packet, *layers):
    """What scapy makes of its own dissection, with every length and checksum computed anew."""
    parsed = dissected(scapy, packet)
    for layer in layers:
        for field in ("len", "plen", "chksum", "cksum", "ihl", "dataofs"):
            if field in parsed[layer].fields:
                delattr(parsed[layer], field)
    return bytes(parsed)


@FAMILIES
@PAYLOADS
def test_udp(builders, headers, scapy, ends, payload):
    packet = builders.build_udp(*ends, 1025, 4000, payload, ttl=9, tos=0x20)
    ip = dissected(scapy, packet)
    outer = scapy.IP if ends is V4 else scapy.IPv6
    udp = ip[scapy.UDP]
    assert (ip.src, ip.dst, udp.sport, udp.dport) == (*ends, 1025, 4000)
    assert bytes(udp.payload) == payload
    assert rebuilt(scapy, packet, outer, scapy.UDP) == packet
    other = dpkt.ip.IP(packet) if ends is V4 else dpkt.ip6.IP6(packet)
    assert (other.data.sport, other.data.dport, other.data.ulen) == (1025, 4000, 8 + len(payload))
    assert other.data.data == payload
    theirs = outer(src=ends[0], dst=ends[1]) / scapy.UDP(sport=7, dport=8) / payload
    view = headers.IPv4View if ends is V4 else headers.IPv6View
    mine = view(bytearray(bytes(theirs)))
    assert mine.transport().verify_checksum()
    assert (mine.transport().sport, bytes(mine.transport().payload)) == (7, payload)


@FAMILIES
@PAYLOADS
def test_tcp(builders, headers, scapy, ends, payload):
    options = [("MSS", 1460), ("WScale", 7), ("SAckOK", b""), ("Timestamp", (5, 6))]
    raw = bytes.fromhex("020405b4 030307 0402 080a 00000005 00000006")
    packet = builders.build_tcp(
        *ends, 1025, 4000, payload, seq=5, ack=1 << 31, flags=0x1C2, window=7, options=raw
    )
    outer = scapy.IP if ends is V4 else scapy.IPv6
    tcp = dissected(scapy, packet)[scapy.TCP]
    assert (tcp.seq, tcp.ack, int(tcp.flags), tcp.window) == (5, 1 << 31, 0x1C2, 7)
    assert [one for one in tcp.options if one[0] not in ("NOP", "EOL")] == options
    assert bytes(tcp.payload) == payload
    assert rebuilt(scapy, packet, outer, scapy.TCP) == packet
    other = (dpkt.ip.IP(packet) if ends is V4 else dpkt.ip6.IP6(packet)).data
    assert (other.sport, other.seq, other.ack, other.win) == (1025, 5, 1 << 31, 7)
    assert dict(dpkt.tcp.parse_opts(other.opts))[2] == b"\x05\xb4"
    theirs = outer(src=ends[0], dst=ends[1]) / scapy.TCP(
        sport=7, dport=8, seq=9, flags="SAU", options=options
    )
    view = (headers.IPv4View if ends is V4 else headers.IPv6View)(bytes(theirs / payload))
    mine = view.transport()
    assert (mine.sport, mine.seq, mine.flags) == (7, 9, 0x32)
    assert mine.verify_checksum()
    assert bytes(mine.payload) == payload


@FAMILIES
@PAYLOADS
def test_echo(builders, scapy, ends, payload):
    packet = builders.build_icmp_echo(*ends, 7, 9, payload)
    if ends is V4:
        echo = scapy.IP(packet)[scapy.ICMP]
        assert (echo.type, echo.id, echo.seq) == (8, 7, 9)
        assert rebuilt(scapy, packet, scapy.IP, scapy.ICMP) == packet
        other = dpkt.ip.IP(packet).data
        assert (other.type, other.data.id, other.data.seq, other.data.data) == (8, 7, 9, payload)
    else:
        echo = scapy.IPv6(packet)[scapy.ICMPv6EchoRequest]
        assert (echo.id, echo.seq, echo.data) == (7, 9, payload)
        assert rebuilt(scapy, packet, scapy.IPv6, scapy.ICMPv6EchoRequest) == packet


def test_fragments_and_options(builders, scapy):
    packet = builders.build_ipv4(
        *V4, 17, b"x" * 24, identification=77, more_fragments=True, fragment_offset=1480,
        options=b"\x94\4\0\0", tos=3, ttl=2,
    )  # fmt: skip
    ip = scapy.IP(packet)
    assert (ip.id, ip.frag, int(ip.flags), ip.ihl, ip.tos, ip.ttl) == (77, 185, 1, 6, 3, 2)
    assert type(ip.options[0]).__name__ == "IPOption_Router_Alert"
    assert rebuilt(scapy, packet, scapy.IP) == packet
    other = dpkt.ip.IP(packet)
    assert (other.id, other.offset, other.mf, other.opts) == (77, 185, 1, b"\x94\4\0\0")


def test_ethernet_and_arp(builders, headers, scapy):
    arp = builders.build_arp(1, PACKED[0], V4[0], bytes(6), V4[1])
    frame = builders.build_ethernet(b"\xff" * 6, PACKED[0], 0x0806, arp, vlans=[(0x88A8, 7), 5])
    ether = scapy.Ether(frame)
    assert (ether.dst, ether.src) == ("ff:ff:ff:ff:ff:ff", MACS[0])
    assert [tag.vlan for tag in (ether.getlayer(scapy.Dot1AD), ether.getlayer(scapy.Dot1Q))] == [
        *(7, 5)
    ]
    asked = ether[scapy.ARP]
    assert (asked.op, asked.hwsrc, asked.psrc, asked.pdst) == (1, MACS[0], *V4)
    plain = builders.build_ethernet(b"\xff" * 6, PACKED[0], 0x0806, arp)
    other = dpkt.ethernet.Ethernet(plain).data
    assert (other.op, other.sha, other.spa, other.tpa) == (
        *(1, PACKED[0], bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])),
    )
    theirs = bytes(
        scapy.Ether(src=MACS[0], dst=MACS[1])
        / scapy.Dot1Q(vlan=9, prio=3)
        / scapy.ARP(op=2, hwsrc=MACS[0], psrc=V4[0], hwdst=MACS[1], pdst=V4[1])
    )
    view = headers.EthernetView(theirs)
    assert (view.src, view.dst, view.vlans, view.ethertype) == (*PACKED, (0x6009,), 0x0806)
    answer = headers.ARPView(view.payload)
    assert (answer.operation, answer.sha, answer.tha) == (2, *PACKED)


def test_what_a_router_and_a_translator_write(builders, headers, scapy):
    """After edits in place scapy computes the same checksums."""
    for ends in (V4, V6):
        for kind, layer in (("build_udp", scapy.UDP), ("build_tcp", scapy.TCP)):
            packet = bytearray(getattr(builders, kind)(*ends, 1025, 4000, b"odd"))
            ip = headers.IPv4View(packet) if ends is V4 else headers.IPv6View(packet)
            ip.ttl -= 1
            ip.src = "203.0.113.5" if ends is V4 else "2001:db8:ffff::5"
            ip.transport().sport = 40000
            outer = scapy.IP if ends is V4 else scapy.IPv6
            assert rebuilt(scapy, bytes(packet), outer, layer) == packet


def test_routing_headers(headers, scapy):
    chain = scapy.IPv6(src=V6[0], dst="2001:db8::9") / scapy.IPv6ExtHdrHopByHop()
    chain /= scapy.IPv6ExtHdrRouting(addresses=["2001:db8::7", V6[1]], segleft=2)
    packet = bytearray(bytes(chain / scapy.UDP(sport=1, dport=2) / b"data"))
    ip = headers.IPv6View(packet)
    udp = ip.transport()
    assert udp.verify_checksum()
    ip.dst = "2001:db8::7"  # the next hop, which no checksum covers
    assert udp.verify_checksum()
    ip.src = "2001:db8::5"
    assert udp.verify_checksum()
    assert rebuilt(scapy, bytes(packet), scapy.UDP) == packet
