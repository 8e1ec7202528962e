"""Packets by the byte, for tests: every field can be set wrong. `build` in conftest.py gives these.

Lengths and checksums are right unless they are given.
"""

import struct
from ipaddress import ip_address

SRC4, DST4 = "192.0.2.1", "198.51.100.2"
SRC6, DST6 = "2001:db8::1", "2001:db8::2"


def packed(address):
    return ip_address(address).packed


def internet_checksum(data):
    """RFC 1071, as its section 4.1 says it: slow and plain."""
    total = 0
    for i in range(0, len(data), 2):
        total += int.from_bytes(data[i : i + 2].ljust(2, b"\0"), "big")
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(src, dst, protocol, length):
    src, dst = packed(src), packed(dst)
    if len(src) == 4:
        return src + dst + struct.pack("!BBH", 0, protocol, length)
    return src + dst + struct.pack("!II", length, protocol)


def ethernet(payload, ethertype=0x0800, *, tags=(), dst="02" * 6, src="04" * 6):
    head = bytes.fromhex(dst) + bytes.fromhex(src)
    for tpid, tci in tags:
        head += struct.pack("!HH", tpid, tci)
    return head + struct.pack("!H", ethertype) + payload


def ipv4(payload, protocol=17, *, src=SRC4, dst=DST4, options=b"", total=None, fragment=0,
         ttl=64, tos=0, identification=7, header_length=None, version=4,
         checksum=None):  # fmt: skip
    size = 20 + len(options)
    words = size // 4 if header_length is None else header_length
    total = size + len(payload) if total is None else total
    fields = [version << 4 | words, tos, total, identification, fragment, ttl, protocol]
    head = struct.pack("!BBHHHBBH", *fields, checksum or 0) + packed(src) + packed(dst) + options
    if checksum is None:
        head = head[:10] + struct.pack("!H", internet_checksum(head)) + head[12:]
    return head + payload


def ipv6(payload, protocol=17, *, src=SRC6, dst=DST6, length=None, hop_limit=64, traffic_class=0,
         flow_label=0, version=6):  # fmt: skip
    word = version << 28 | traffic_class << 20 | flow_label
    length = len(payload) if length is None else length
    return (
        struct.pack("!IHBB", word, length, protocol, hop_limit)
        + packed(src)
        + packed(dst)
        + payload
    )


def filled(segment, at, src, dst, protocol, covered=None):
    """A segment with its checksum, which stands at `at` and is zeros so far."""
    part = segment if covered is None else segment[:covered]
    value = internet_checksum(pseudo_header(src, dst, protocol, len(segment)) + part)
    return segment[:at] + struct.pack("!H", value) + segment[at + 2 :]


def udp(payload=b"data", sport=5000, dport=53, *, src=SRC4, dst=DST4, length=None, checksum=None,
        protocol=17, covered=None):  # fmt: skip
    length = 8 + len(payload) if length is None else length
    segment = struct.pack("!HHHH", sport, dport, length, checksum or 0) + payload
    return segment if checksum is not None else filled(segment, 6, src, dst, protocol, covered)


def tcp(payload=b"data", sport=5000, dport=80, *, src=SRC4, dst=DST4, seq=1, ack=2, flags=0x18,
        window=512, options=b"", offset=None, checksum=None):  # fmt: skip
    offset = 5 + len(options) // 4 if offset is None else offset
    head = struct.pack("!HHIIHH", sport, dport, seq, ack, offset << 12 | flags, window)
    segment = head + struct.pack("!HH", checksum or 0, 0) + options + payload
    return segment if checksum is not None else filled(segment, 16, src, dst, 6)


def icmp(payload=b"data", kind=8, code=0, rest=b"\0\1\0\2"):
    message = struct.pack("!BBH", kind, code, 0) + rest + payload
    return message[:2] + struct.pack("!H", internet_checksum(message)) + message[4:]


def icmpv6(payload=b"data", kind=128, code=0, rest=b"\0\1\0\2", *, src=SRC6, dst=DST6):
    return filled(struct.pack("!BBH", kind, code, 0) + rest + payload, 2, src, dst, 58)


def crc32c(data):
    """RFC 9260 appendix A, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sctp(chunks, sport=10001, dport=2000, crc=None):
    head = struct.pack("!HHI", sport, dport, 7)
    value = crc32c(head + bytes(4) + chunks) if crc is None else crc
    return head + struct.pack("<I", value) + chunks


def options_header(next_header, options=b"\1\4\0\0\0\0"):
    """A hop-by-hop or destination header, or any with a length of its kind."""
    assert (2 + len(options)) % 8 == 0
    return bytes([next_header, (2 + len(options)) // 8 - 1]) + options


def routing_header(next_header, addresses, *, kind=0, segments_left=1, head=b"\0\0\0\0"):
    packed_addresses = b"".join(map(packed, addresses))
    size = len(packed_addresses) // 8
    return bytes([next_header, size, kind, segments_left]) + head + packed_addresses


def fragment_header(next_header, offset=0, more=0, identification=9):
    return struct.pack("!BBHI", next_header, 0, offset | more, identification)


def jumbo_option(length):
    return b"\xc2\4" + struct.pack("!I", length)


def arp(spa="10.0.0.1", tpa="10.0.0.2"):
    return (
        struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
        + bytes.fromhex("04" * 6) + packed(spa) + bytes(6) + packed(tpa)
    )  # fmt: skip
