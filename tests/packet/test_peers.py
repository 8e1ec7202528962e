"""Packets built by scapy, parsed here; and captures as dpkt parses them.

Both are independent of this library and of each other. scapy fills in what a test leaves open:
lengths, checksums, next headers.
"""

import ipaddress

from hypothesis import given, settings, strategies as st

from fastsock.packet.fields import FAULTS, ChecksumStatus, Status

MAC_A, MAC_B = "02:00:00:00:00:01", "02:00:00:00:00:02"
FEW = settings(max_examples=80)  # scapy takes a millisecond a packet

NUMBERS = {"destination": 60, "route": 43, "atomic": 44, "ah": 51}
LINKS = ["ethernet", "pppoe", "snap", "sll", "sll2", "null", "loop", "ppp", "raw"]

ports = st.integers(0, 0xFFFF)
octets = st.integers(0, 0xFF)
words = st.integers(0, 0xFFFF)
longs = st.integers(0, 0xFFFFFFFF)
payloads = st.binary(max_size=100)
addresses4 = st.binary(min_size=4, max_size=4)
addresses6 = st.binary(min_size=16, max_size=16)


def text(packed):
    return str(ipaddress.ip_address(packed))


@st.composite
def links(draw):
    """A link type, and what makes scapy's layers for it, with the tags that it has."""
    name = draw(st.sampled_from(LINKS))
    tags = draw(st.lists(words, max_size=8)) if name in ("ethernet", "pppoe") else []
    kinds = draw(st.lists(st.booleans(), min_size=len(tags), max_size=len(tags)))

    def tagged(scapy):
        frame = scapy.Ether(src=MAC_A, dst=MAC_B)
        for tci, outer in zip(tags, kinds, strict=True):
            tag = scapy.Dot1AD if outer else scapy.Dot1Q
            frame /= tag(prio=tci >> 13, dei=tci >> 12 & 1, vlan=tci & 0xFFF)
        return frame

    def make(scapy, packet):
        version = packet.version
        ppp = scapy.PPP(proto=0x21 if version == 4 else 0x57)
        ethertype = 0x0800 if version == 4 else 0x86DD
        heads = {
            "ethernet": tagged,
            "pppoe": lambda scapy: tagged(scapy) / scapy.PPPoE(sessionid=7) / ppp,
            "snap": lambda scapy: (
                scapy.Dot3(src=MAC_A, dst=MAC_B) / scapy.LLC() / scapy.SNAP(code=ethertype)
            ),
            "sll": lambda scapy: scapy.CookedLinux(proto=ethertype),
            "sll2": lambda scapy: scapy.CookedLinuxV2(proto=ethertype),
            "null": lambda scapy: scapy.Loopback(type=2 if version == 4 else 28),
            "loop": lambda scapy: scapy.LoopbackOpenBSD(type=2 if version == 4 else 24),
            "ppp": lambda scapy: ppp,
        }
        return bytes(packet if name == "raw" else heads[name](scapy) / packet)

    return "ethernet" if name in ("pppoe", "snap") else name, make, tuple(tags)


@st.composite
def transports(draw):
    """What makes a transport layer of scapy's, and what must be found of it."""
    sport, dport = draw(ports), draw(ports)
    data = draw(payloads)
    ends = {"sport": sport, "dport": dport, "payload": data}
    kind = draw(st.sampled_from(["tcp", "udp", "sctp", "icmp"]))
    if kind == "tcp":
        options = draw(
            st.lists(
                st.sampled_from(
                    [("NOP", None), ("MSS", 1460), ("WScale", 7), ("SAckOK", b""),
                     ("Timestamp", (1, 2)), ("SAck", (5, 9))]
                ),
                max_size=3,
            )
        )  # fmt: skip
        fields = {"seq": draw(longs), "ack": draw(longs), "window": draw(words)}
        flags, reserved = draw(st.integers(0, 0x1FF)), draw(st.integers(0, 7))

        def make(scapy, version):
            head = scapy.TCP(sport=sport, dport=dport, flags=flags, reserved=reserved,
                             options=options, **fields)  # fmt: skip
            return head / scapy.Raw(data)

        return make, {"protocol": 6, "flags": reserved << 9 | flags} | ends | fields
    if kind == "udp":
        return (lambda scapy, version: scapy.UDP(sport=sport, dport=dport) / scapy.Raw(data)), {
            "protocol": 17
        } | ends
    if kind == "sctp":
        return (
            lambda scapy, version: scapy.SCTP(sport=sport, dport=dport, tag=9) / scapy.Raw(data)
        ), {"protocol": 132} | ends

    def echo(scapy, version):
        if version == 4:
            return scapy.ICMP(type=8, code=0, id=1, seq=2) / scapy.Raw(data)
        return scapy.ICMPv6EchoRequest(id=1, seq=2, data=data)

    return echo, {"protocol": 1, "icmp_code": 0, "sport": None, "payload": data}


def check(packet, expected):
    found = {name: getattr(packet, name) for name in expected if name != "payload"}
    assert found == {name: value for name, value in expected.items() if name != "payload"}
    assert packet.payload == expected["payload"]
    assert packet.complete, (packet.limited_by, Status(packet.status & FAULTS))


@FEW
@given(
    links(), transports(), addresses4, addresses4, octets, octets, words, st.integers(0, 1),
    st.lists(st.sampled_from(["nop", "router_alert", "record_route", "timestamp"]), max_size=3),
)  # fmt: skip
def test_ipv4(scapy, parse, link, transport, src, dst, ttl, tos, identification, df, options):
    (name, frame, tags), (make, expected) = link, transport
    known = {
        "nop": scapy.IPOption_NOP(),
        "router_alert": scapy.IPOption_Router_Alert(),
        "record_route": scapy.IPOption_RR(routers=["0.0.0.0"]),
        "timestamp": scapy.IPOption(b"\x44\x08\x05\x00\0\0\0\1"),
    }
    datagram = scapy.IP(
        src=text(src), dst=text(dst), ttl=ttl, tos=tos, id=identification, flags=2 * df,
        options=[known[option] for option in options],
    ) / make(scapy, 4)  # fmt: skip
    packet = parse(frame(scapy, datagram), name, verify=True)
    expected = expected | {
        "version": 4, "src": src, "dst": dst, "src_address": text(src), "dst_address": text(dst),
        "ttl": ttl, "tos": tos, "identification": identification, "dont_fragment": bool(df),
        "more_fragments": False, "fragment_offset": 0, "fragment": False, "vlans": tags,
        "total_length": len(bytes(datagram)), "ip_checksum_status": ChecksumStatus.GOOD,
        "checksum_status": ChecksumStatus.GOOD, "limited_by": packet.limited_by,
    }  # fmt: skip
    if expected["protocol"] == 1:
        expected["icmp_type"] = 8
    check(packet, expected)
    limits = {17: "udp.length"}
    assert packet.limited_by == limits.get(packet.protocol, "ipv4.total_length")


@st.composite
def extensions(draw):
    """Names of extension headers; hop-by-hop options come first, as they must."""
    chain = draw(st.lists(st.sampled_from(["destination", "route", "atomic", "ah"]), max_size=4))
    if chain[-1:] == ["ah"]:
        chain.append("destination")  # scapy leaves out the checksum of what an AH precedes
    return (["hop_by_hop"] if draw(st.booleans()) else []) + chain


@FEW
@given(links(), transports(), addresses6, addresses6, octets, octets, st.integers(0, 0xFFFFF),
       extensions())  # fmt: skip
def test_ipv6(scapy, parse, link, transport, src, dst, hop_limit, traffic_class, label, chain):
    (name, frame, tags), (make, expected) = link, transport
    known = {
        "hop_by_hop": scapy.IPv6ExtHdrHopByHop(options=[scapy.PadN(optdata=b"\0" * 4)]),
        "destination": scapy.IPv6ExtHdrDestOpt(options=[scapy.PadN(optdata=b"\0" * 12)]),
        "route": scapy.IPv6ExtHdrRouting(addresses=["2001:db8::9"], segleft=0),
        "atomic": scapy.IPv6ExtHdrFragment(id=7),
        "ah": scapy.AH(spi=1, seq=1, icv=bytes(12), payloadlen=4),
    }
    datagram = scapy.IPv6(src=text(src), dst=text(dst), hlim=hop_limit, tc=traffic_class, fl=label)
    if expected["protocol"] == 1:
        expected = expected | {"protocol": 58, "icmp_type": 128}
    numbers = [NUMBERS[header] for header in chain[1:]] + [expected["protocol"]]
    for header, follows in zip(chain, numbers, strict=False):
        datagram /= known[header].copy()
        datagram.lastlayer().nh = follows  # scapy does not know what may follow an AH
    datagram /= make(scapy, 6)
    packet = parse(frame(scapy, datagram), name, verify=True)
    expected = expected | {
        "version": 6, "src": src, "dst": dst, "src_address": text(src), "dst_address": text(dst),
        "ttl": hop_limit, "tos": traffic_class, "flow_label": label, "fragment": False,
        "vlans": tags, "total_length": len(bytes(datagram)),
        "ip_checksum_status": ChecksumStatus.ABSENT, "checksum_status": ChecksumStatus.GOOD,
    }  # fmt: skip
    assert bool(packet.status & Status.ATOMIC_FRAGMENT) == ("atomic" in chain)
    check(packet, expected)


@FEW
@given(links(), st.integers(1, 8191), st.booleans(), payloads, addresses4, addresses4, words)
def test_later_fragments_of_ipv4(scapy, parse, link, units, more, data, src, dst, identification):
    name, frame, _ = link
    datagram = scapy.IP(src=text(src), dst=text(dst), frag=units, flags=int(more), proto=17,
                        id=identification) / scapy.Raw(data)  # fmt: skip
    packet = parse(frame(scapy, datagram), name, verify=True)
    check(packet, {
        "protocol": 17, "fragment_offset": 8 * units, "more_fragments": more, "fragment": True,
        "sport": None, "identification": identification, "payload": data, "src": src, "dst": dst,
        "limited_by": "ipv4.fragment_offset", "ip_checksum_status": ChecksumStatus.GOOD,
    })  # fmt: skip


@FEW
@given(links(), st.integers(0, 8191), st.booleans(), payloads, longs, st.booleans())
def test_fragments_of_ipv6(scapy, parse, link, units, more, data, identification, options):
    name, frame, _ = link
    datagram = scapy.IPv6(src="2001:db8::1", dst="2001:db8::2")
    if options:
        datagram /= scapy.IPv6ExtHdrHopByHop(options=[scapy.PadN(optdata=b"\0" * 4)])
    datagram /= scapy.IPv6ExtHdrFragment(offset=units, m=int(more), id=identification, nh=17)
    body = bytes(scapy.UDP(sport=5, dport=6, len=8 + len(data), chksum=1)) + data
    packet = parse(frame(scapy, datagram / scapy.Raw(body)), name)
    check(packet, {
        "protocol": 17, "fragment_offset": 8 * units, "more_fragments": more,
        "fragment": bool(units or more), "identification": identification,
        "sport": None if units else 5, "payload": body if units else data,
    })  # fmt: skip


@FEW
@given(st.integers(1, 2), addresses4, addresses4, st.lists(words, max_size=3))
def test_arp(scapy, parse, operation, sender, target, tags):
    frame = scapy.Ether(src=MAC_A, dst="ff:ff:ff:ff:ff:ff")
    for tci in tags:
        frame /= scapy.Dot1Q(prio=tci >> 13, dei=tci >> 12 & 1, vlan=tci & 0xFFF)
    frame /= scapy.ARP(op=operation, psrc=text(sender), pdst=text(target), hwsrc=MAC_A, hwdst=MAC_B)
    packet = parse(bytes(frame))
    check(packet, {
        "version": 0, "ethertype": 0x0806, "src": sender, "dst": target, "protocol": None,
        "sport": None, "vlans": tuple(tags), "payload": b"", "limited_by": "arp.header",
    })  # fmt: skip
    assert packet.eth_src == bytes.fromhex(MAC_A.replace(":", ""))


@FEW
@given(st.integers(0, 3), addresses6, addresses6, st.lists(addresses6, min_size=1, max_size=4),
       st.booleans(), payloads)  # fmt: skip
def test_final_destinations(scapy, parse, left, src, dst, route, segments, data):
    """Scapy, too, puts the last hop in the pseudo-header."""
    left = min(left, len(route))
    if segments:
        header = scapy.IPv6ExtHdrSegmentRouting(
            addresses=[text(hop) for hop in route], segleft=left
        )
    else:
        header = scapy.IPv6ExtHdrRouting(addresses=[text(hop) for hop in route], segleft=left)
    datagram = scapy.IPv6(src=text(src), dst=text(dst)) / header
    datagram /= scapy.UDP(sport=1, dport=2) / scapy.Raw(data)
    packet = parse(bytes(datagram), "ipv6", verify=True)
    check(packet, {"checksum_status": ChecksumStatus.GOOD, "dst": dst, "payload": data})
    assert bool(packet.status & Status.SOURCE_ROUTE) == (left > 0)


@FEW
@given(addresses6, addresses6, addresses6, payloads)
def test_home_addresses(scapy, parse, home, src, dst, data):
    header = scapy.IPv6ExtHdrDestOpt(options=[scapy.HAO(hoa=text(home))])
    datagram = scapy.IPv6(src=text(src), dst=text(dst)) / header
    datagram /= scapy.UDP(sport=1, dport=2) / scapy.Raw(data)
    packet = parse(bytes(datagram), "ipv6", verify=True)
    check(packet, {"checksum_status": ChecksumStatus.GOOD, "src": src, "payload": data})


def test_jumbogram(scapy, parse):
    body = scapy.TCP(sport=1, dport=2) / scapy.Raw(bytes(70_000))
    length = 8 + 20 + 70_000
    header = scapy.IPv6ExtHdrHopByHop(options=[scapy.Jumbo(jumboplen=length)])
    datagram = scapy.IPv6(src="2001:db8::1", dst="2001:db8::2", plen=0) / header / body
    packet = parse(bytes(datagram), "ipv6", verify=True)
    assert (packet.total_length, packet.checksum_status) == (length + 40, ChecksumStatus.GOOD)
    assert packet.payload_length == 70_000


# --- dpkt

ETHERNET = 1
BENIGN = ["PcapPlusPlus__many-protocols.pcap", "PcapPlusPlus__VlanPackets.pcap",
          "PcapPlusPlus__UdpPacket4Checksum.pcap", "tcpdump__accecn_handshake.pcap",
          "tcpdump__vxlan.pcap", "zeek__arp-who-has.pcap", "tcpdump__icmpv6.pcap",
          "tcpdump__tcp_eight_lowest_weight_flags_set.pcap"]  # fmt: skip


def by_dpkt(dpkt, data):
    """What dpkt finds in a frame, under our names."""
    frame = dpkt.ethernet.Ethernet(data)
    found = {
        "vlans": tuple(
            tag.pri << 13 | tag.cfi << 12 | tag.id for tag in getattr(frame, "vlan_tags", [])
        )
    }
    packet = frame.data
    if isinstance(packet, dpkt.arp.ARP):
        return found | {"src": packet.spa, "dst": packet.tpa, "version": 0}
    if isinstance(packet, dpkt.ip.IP):
        found |= {"version": 4, "ttl": packet.ttl, "tos": packet.tos, "protocol": packet.p,
                  "identification": packet.id, "fragment_offset": packet.offset,
                  "dont_fragment": bool(packet.df), "more_fragments": bool(packet.mf),
                  "total_length": packet.len}  # fmt: skip
    elif isinstance(packet, dpkt.ip6.IP6):
        found |= {"version": 6, "ttl": packet.hlim, "tos": packet.fc, "flow_label": packet.flow,
                  "protocol": packet.p, "total_length": packet.plen + 40}  # fmt: skip
    else:
        return found | {"version": 0}
    found |= {"src": packet.src, "dst": packet.dst}
    above = packet.data
    if isinstance(above, dpkt.tcp.TCP):
        return found | {"sport": above.sport, "dport": above.dport, "seq": above.seq,
                        "ack": above.ack, "flags": above.flags, "window": above.win,
                        "checksum": above.sum, "payload": bytes(above.data)}  # fmt: skip
    if isinstance(above, dpkt.udp.UDP):
        return found | {"sport": above.sport, "dport": above.dport, "checksum": above.sum,
                        "payload": bytes(above.data)}  # fmt: skip
    if isinstance(above, dpkt.icmp.ICMP | dpkt.icmp6.ICMP6):
        return found | {"icmp_type": above.type, "icmp_code": above.code, "checksum": above.sum}
    return found


def test_dpkt(captures, twin):
    import dpkt

    compared = 0
    for name in BENIGN:
        with twin.part("capture").open_capture(captures / name) as capture:
            for record in capture:
                assert record.link == ETHERNET
                packet = twin.part("packet").parse_packet(record.data, record.link)
                theirs = by_dpkt(dpkt, bytes(record.data))
                payload = theirs.pop("payload", None)
                assert {field: getattr(packet, field) for field in theirs} == theirs
                assert payload is None or packet.payload == payload
                compared += len(theirs)
    assert compared > 50_000
