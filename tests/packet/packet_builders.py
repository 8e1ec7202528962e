"""Packets as the RFCs draw them, for tests: what decoders and builders are held against.

Tests get this module through the fixture `build`. A layer is a function of what it carries. What
is not given is filled in as it should be, lengths and checksums too; every field can be set wrong.
An address is text or packed, a MAC hex digits or packed.
"""

import struct
from ipaddress import ip_address

SRC4, DST4 = "192.0.2.1", "198.51.100.2"
SRC6, DST6 = "2001:db8::1", "2001:db8::2"

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
A4, B4, C4 = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 2]), bytes([203, 0, 113, 3])
A6, B6, C6, D6 = (bytes.fromhex("20010db8") + bytes(11) + bytes([last]) for last in (1, 2, 3, 4))

IPV4, ARP, IPV6, VLAN, QINQ, PPPOE = 0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x8864
HOP_BY_HOP, ICMP, TCP, UDP, ROUTING, FRAGMENT, ESP, AH = 0, 1, 6, 17, 43, 44, 50, 51
ICMPV6, NO_NEXT, DESTINATION, SCTP = 58, 59, 60, 132
CHECKSUM_AT = {ICMP: 2, TCP: 16, UDP: 6, ICMPV6: 2, 33: 6, 136: 6}
MORE = 0x2000


def packed(address):
    return address if isinstance(address, bytes) else ip_address(address).packed


def packed_mac(address):
    return address if isinstance(address, bytes) else bytes.fromhex(address)


def total(data):
    """The ones' complement sum of 16-bit words, a word at a time (RFC 1071)."""
    data += bytes(len(data) % 2)
    words = sum(struct.unpack(f">{len(data) // 2}H", data))
    while words > 0xFFFF:
        words = (words & 0xFFFF) + (words >> 16)
    return words


def put16(data, offset, value):
    return data[:offset] + value.to_bytes(2, "big") + data[offset + 2 :]


def pseudo(src, dst, protocol, length):
    src, dst = packed(src), packed(dst)
    if len(src) == 4:
        return src + dst + struct.pack(">BBH", 0, protocol, length & 0xFFFF)
    return src + dst + struct.pack(">IxxxB", length, protocol)


def seal(segment, protocol, src=None, dst=None, covered=None):
    """The segment with its checksum, of so many bytes as are `covered`, or of all.

    ICMP's covers no pseudo-header: it needs no addresses.
    """
    at = CHECKSUM_AT[protocol]
    blank = put16(segment, at, 0)[:covered]
    head = pseudo(src, dst, protocol, len(segment)) if src else b""
    value = 0xFFFF - total(head + blank)
    return put16(segment, at, 0xFFFF if protocol == UDP and value == 0 else value)


def ethernet(payload, ethertype=IPV4, *tags, dst=MAC_B, src=MAC_A):
    """A frame. Tags are (type, TCI), outermost first."""
    stack = b"".join(struct.pack(">HH", *tag) for tag in tags)
    return packed_mac(dst) + packed_mac(src) + stack + struct.pack(">H", ethertype) + payload


def arp(operation=1, sha=MAC_A, spa=A4, tha=bytes(6), tpa=B4):
    head = struct.pack(">HHBBH", 1, IPV4, 6, 4, operation)
    return head + packed_mac(sha) + packed(spa) + packed_mac(tha) + packed(tpa)


def ipv4(
    payload=b"", protocol=UDP, src=A4, dst=B4, *, version=4, ihl=None, tos=0, total_length=None,
    identification=0x1234, fragment=0, ttl=64, options=b"", checksum=None,
):  # fmt: skip
    """A datagram. `fragment` is the whole word: flags, and the offset in 8-byte units."""
    first = version << 4 | (5 + len(options) // 4 if ihl is None else ihl)
    size = 20 + len(options) + len(payload) if total_length is None else total_length
    header = struct.pack(
        ">BBHHHBBH4s4s", first, tos, size & 0xFFFF, identification, fragment, ttl, protocol, 0,
        packed(src), packed(dst),
    ) + options  # fmt: skip
    return put16(header, 10, 0xFFFF - total(header) if checksum is None else checksum) + payload


def ipv6(
    payload=b"", next_header=UDP, src=A6, dst=B6, *, version=6, traffic_class=0, flow_label=0,
    payload_length=None, hop_limit=64,
):  # fmt: skip
    word = version << 28 | traffic_class << 20 | flow_label
    size = len(payload) if payload_length is None else payload_length
    head = struct.pack(">IHBB", word, size & 0xFFFF, next_header, hop_limit)
    return head + packed(src) + packed(dst) + payload


def tcp(
    payload=b"", sport=1025, dport=80, *, src=A4, dst=B4, seq=0x01020304, ack=0x05060708,
    offset=None, flags=0x018, window=0x2000, checksum=None, urgent=0, options=b"",
):  # fmt: skip
    word = (5 + len(options) // 4 if offset is None else offset) << 12 | flags
    fields = [sport, dport, seq, ack, word, window, checksum or 0, urgent]
    segment = struct.pack(">HHIIHHHH", *fields) + options + payload
    return seal(segment, TCP, src, dst) if checksum is None else segment


def udp(
    payload=b"", sport=1025, dport=53, *, src=A4, dst=B4, length=None, checksum=None,
    protocol=UDP, covered=None,
):  # fmt: skip
    size = 8 + len(payload) if length is None else length
    segment = struct.pack(">HHHH", sport, dport, size & 0xFFFF, checksum or 0) + payload
    return seal(segment, protocol, src, dst, covered) if checksum is None else segment


def icmp(payload=b"", kind=8, code=0, *, checksum=None, rest=0x00010002):
    message = struct.pack(">BBHI", kind, code, checksum or 0, rest) + payload
    return seal(message, ICMP) if checksum is None else message


def icmpv6(payload=b"data", kind=128, code=0, *, src=A6, dst=B6):
    return seal(icmp(payload, kind, code, checksum=0), ICMPV6, src, dst)


def tcp4(payload=b"", src=A4, dst=B4, **fields):
    """A TCP segment in IPv4, both checksums right."""
    return ipv4(tcp(payload, src=src, dst=dst, **fields), TCP, src, dst)


def udp4(payload=b"", src=A4, dst=B4, **fields):
    return ipv4(udp(payload, src=src, dst=dst, **fields), UDP, src, dst)


def tcp6(payload=b"", src=A6, dst=B6, **fields):
    return ipv6(tcp(payload, src=src, dst=dst, **fields), TCP, src, dst)


def udp6(payload=b"", src=A6, dst=B6, **fields):
    return ipv6(udp(payload, src=src, dst=dst, **fields), UDP, src, dst)


def options6(next_header, *options):
    """A Hop-by-Hop or Destination Options header; its options are bytes, and it is padded."""
    body = b"".join(options)
    missing = -(len(body) + 2) % 8
    if missing > 1:
        body += bytes([1, missing - 2]) + bytes(missing - 2)
    else:
        body += bytes(missing)
    return bytes([next_header, (len(body) + 2) // 8 - 1]) + body


def jumbo(length):
    return b"\xc2\x04" + struct.pack(">I", length)


def home_address(address):
    return b"\xc9\x10" + packed(address)


def routing(next_header, kind, left, *addresses):
    """A Routing header of type 0 or 2 (RFC 2460, RFC 6275)."""
    head = struct.pack(">BBBBI", next_header, 2 * len(addresses), kind, left, 0)
    return head + b"".join(map(packed, addresses))


def segment_routing(next_header, left, *segments):
    """A Segment Routing Header: the segment list runs backwards (RFC 8754)."""
    last = len(segments) - 1
    head = struct.pack(">BBBBBBH", next_header, 2 * len(segments), 4, left, last, 0, 0)
    return head + b"".join(map(packed, segments))


def fragment6(next_header, offset=0, more=0, identification=0xDEADBEEF, reserved=0):
    """A Fragment header; `offset` in bytes, a multiple of 8."""
    return struct.pack(">BBHI", next_header, 0, offset | reserved << 1 | more, identification)


def authentication(next_header, icv=bytes(12), length=None):
    """An AH: its length counts words of 4 bytes less two, unlike all others (RFC 4302)."""
    words = (12 + len(icv)) // 4 - 2 if length is None else length
    return struct.pack(">BBHII", next_header, words, 0, 0x100, 1) + icv


def crc32c(data):
    """RFC 9260 appendix A, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sctp(chunks=b"", sport=5000, dport=5001, *, tag=0x11223344, checksum=None):
    head = struct.pack(">HHI", sport, dport, tag)
    value = crc32c(head + bytes(4) + chunks) if checksum is None else checksum
    return head + struct.pack("<I", value) + chunks


def sll(payload, protocol=IPV4):
    """Linux cooked capture, version 1."""
    return struct.pack(">HHH8sH", 0, 1, 6, MAC_A + bytes(2), protocol) + payload


def sll2(payload, protocol=IPV4):
    """Linux cooked capture, version 2: the protocol comes first."""
    return struct.pack(">HHIHBB8s", protocol, 0, 3, 1, 0, 6, MAC_A + bytes(2)) + payload


def pppoe(payload, protocol=0x0021, length=None, code=0):
    size = len(payload) + 2 if length is None else length
    return struct.pack(">BBHHH", 0x11, code, 7, size, protocol) + payload


def snap(payload, ethertype=IPV4, oui=b"\0\0\0"):
    """LLC with SNAP, as follows an 802.3 length."""
    return b"\xaa\xaa\x03" + oui + struct.pack(">H", ethertype) + payload
