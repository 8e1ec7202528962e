"""Seed corpora, made rather than stored: a few inputs of every form that a target can take."""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

TEXTS = [
    b"0.0.0.0", b"255.255.255.255", b"192.0.2.1", b"1.2.3.4", b"256.1.1.1", b"01.2.3.4", b"1.2.3",
    b"127.1", b"0x7f000001", b"017700000001", b"1.2.3.4 tail", b"1.2.3.4\0", b"1.2.3.4.5", b"1..2",
    b"::", b"::1", b"1::", b"2001:db8::1", b"2001:db8:1:2:3:4:5:6", b"::ffff:192.0.2.1",
    b"1:2:3:4:5:6:1.2.3.4", b"1:2:3:4:5:6:7::", b"::2:3:4:5:6:7:8", b"1:2:3:4:5:6:7:8:9", b":::",
    b":1:2:3:4:5:6:7:8", b"12345::", b"fe80::1%eth0", b"[::1]:80", b"example.org:80", b":80", b"",
    b"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", b"2001:DB8:A:B:C:D:E:F", b"::1.2.3.4", b"\xff\xfe",
]  # fmt: skip


STREAMS = [
    b"\x02hi\0\x05there", b"\0\x02hi\0\0\0\x05th", b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x80\x01" + bytes(128), b"\xff" * 9 + b"\x01", b"5:hello,0:,3:a", b"12:hello world!,",
    b"05:x", b"$3\r\nabc\r\n$0\r\n\r\n", b"5;name=value\r\nhello\r\n", b"0009abcd0000000ahello",
    b"one\r\ntwo\nthr", b"\r\n\r\n\n", b"a;b;;c;", b"\r\r\n;a\n" * 9, b"GET / HTTP/1.1\r\n\r\n",
]  # fmt: skip


IPV4 = "4500002800070000400600000102030405060708"
IPV6 = "6000000000280040" + "20010db8" * 8
TCP = "138800500000000100000002501802000000000064617461"
UDP = "13880035000c000064617461"
MACS = "02" * 6 + "04" * 6
PACKETS = [  # number of the link type in the targets' list, and the packet
    (0, f"{MACS} 0800 {IPV4} {TCP}"),
    (0, f"{MACS} 88a80005 81000006 0800 {IPV4} {TCP}"),
    (0, f"{MACS} 0034 aaaa030000000800 {IPV4} {TCP}"),
    (0, f"{MACS} 8864 11000001002e 0021 {IPV4} {TCP}"),
    (0, f"{MACS} 0806 0001080006040001 0404040404040a000001 0000000000000a000002"),
    (1, IPV4.replace("4006", "4011") + UDP),
    (1, IPV4.replace("4500", "4700") + "8307040102030400" + UDP),
    (1, IPV4.replace("00070000", "00070003") + UDP),
    (1, IPV4.replace("45000028", "45000000") + TCP),
    (1, IPV4.replace("4006", "4001") + "080000000001000264617461"),
    (1, IPV4.replace("4006", "4084") + "1388003500000007" + "00" * 16),
    (1, IPV4.replace("4006", "4033") + "1104" + "00" * 22 + UDP),
    (1, IPV6.replace("280040", "281140", 1) + UDP),
    (1, IPV6 + "3c00010400000000 1100c90400000000" + UDP),
    (1, IPV6.replace("280040", "282b40", 1) + "1102000100000000" + "20010db8" * 4 + UDP),
    (1, IPV6.replace("280040", "282c40", 1) + "3c00000100000009 1100010400000000" + UDP),
    (1, IPV6.replace("280040", "282c40", 1) + "1100001800000009" + UDP),
    (1, IPV6.replace("00280040", "00000040", 1) + "0600c20400011170" + TCP),
    (1, IPV6.replace("00280040", "00000640", 1) + TCP),
    (2, "02000000" + IPV4 + TCP),
    (3, "ff030021" + IPV4 + TCP),
    (10, "0057" + IPV6 + UDP),
    (4, "0000000100060202020202020000 0800" + IPV4 + TCP),
    (5, "86dd 000000000001000100060202020202020000" + IPV6 + UDP),
]


def packet_seeds(target: str) -> Iterator[bytes]:
    """The kernel target chooses by the first two bytes; atheris takes choices from the end."""
    for link, text in PACKETS:
        packet = bytes.fromhex(text)
        for verify in (0, 1):
            for more in (0, 200):
                if target.endswith("_kernels"):
                    yield bytes([2 * link + verify, more]) + packet
                else:
                    yield packet + bytes([more, 1, verify, link])


def stream_seeds(target: str) -> Iterator[bytes]:
    """The kernel target makes its framer of the first bytes."""
    for body in STREAMS:
        for kind in range(5):
            for flags in (0, 0x15, 0x2A, 0x4F, 0xBF):
                rules = bytes([kind, flags, 2, 1, 0, 1, 2, 3])
                yield rules + body if target.endswith("_kernels") else body + rules * 4


SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
HEADERS = [
    b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN anything\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65535\r\n", b"PROXY TCP4 01.2.3.4 1.2.3.4 080 1\r\n",
    b"PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 0 443\r\n",
    SIGNATURE + b"\x20\0\0\0", SIGNATURE + b"\x21\0\0\x05abcde",
    SIGNATURE + b"\x21\x11\0\x0c" + bytes(range(12)),
    SIGNATURE + b"\x21\x31\0\xd8" + b"x" * 216,
    SIGNATURE + b"\x21\x22\0\x33" + bytes(36) + b"\x20\0\x08\1\0\0\0\0\x21\0\0\2\0\1h",
    bytes.fromhex("0d0a0d0a000d0a515549540a21110013c0000201c0000202dc0401bb030004d6c8c75f"),
]  # fmt: skip


def proxy_seeds(target: str) -> Iterator[bytes]:
    """The kernel target makes max_size of the first bytes, the other one of the last."""
    if target.startswith("proxy_build"):
        for hosts in (b"192.0.2.1\0198.51.100.7", b"::1\0fe80::1%eth0", b"::ffff:1.2.3.4\0::"):
            yield b"\0\0\0\1\0\2" + hosts
        yield b"\1\1\0\1\0\2" + bytes(range(8))
        yield b"\1\1\xff\xff\0\0" + bytes(range(32))
        return
    for body in HEADERS:
        for choice in (b"\x10\0", b"\0\x2c", b"\0\0"):
            yield choice + body if target.endswith("_kernels") else body + choice


def checksum_seeds(target: str) -> Iterator[bytes]:
    """Both targets take a few bytes for choices, at either end, and the rest for data."""
    for size in (0, 1, 2, 7, 8, 9, 15, 16, 31, 64, 100):
        for filler in (b"\0", b"\xff", b"\x12\x34\x56"):
            yield bytes([size // 2]) + (filler * size)[:size]


def bodies() -> Iterator[bytes]:
    yield from TEXTS
    for newline in (b"\n", b"\r\n", b"\r"):
        yield newline.join(TEXTS)
        for text in TEXTS:  # long enough for the steps that load a fixed number of bytes
            yield newline.join([text] * 6) + newline
    yield bytes(16)
    yield bytes(10) + b"\xff\xff\xc0\x00\x02\x01"
    yield bytes(range(64))


def address_seeds(target: str) -> Iterator[bytes]:
    """The kernel target chooses by the first byte; atheris takes choices from the end."""
    for body in bodies():
        for choice in range(8):
            if target.endswith("_kernels"):
                yield bytes([choice]) + body
            else:
                yield body + bytes([choice] * 3)


# An IPv4 and an IPv6 datagram, with options and extension headers.
DATAGRAMS = [bytes.fromhex(text) for text in (
    "45000020000100004011f6aac0000201c0000202003514e9000c8df164617461",
    "4600002412344000400600000a0000010a0000029404000004010050000000010000000250120fff00000000",
    "6000000000180040" + "20010db8" + "00" * 11 + "01" + "20010db8" + "00" * 11 + "02"
    + "2b00050200000100" + "1100000000000000" + "00010002000800ff",
    "ff" * 6 + "020000000001 88a80007 81000005 0806" + "0001080006040001020000000001c0000201"
    + "00" * 6 + "c0000202",
)]  # fmt: skip


def headers_seeds(target: str) -> Iterator[bytes]:
    for packet in DATAGRAMS:
        for choice in range(8):
            yield packet + bytes([choice] * 24) if target.endswith("_api") else packet


RECORDED = [
    bytes.fromhex("0200000000010200000000020800450000200001000040118e92c0000201c6336405003510000"
                  "00c000061626364"),
    bytes.fromhex("02000000000102000000000286dd6000000000142c40") + bytes(32)
    + bytes.fromhex("0600000100000007") + bytes(20),
    bytes.fromhex("02000000000102000000000288a8006481000bc80806000108000604000100") + bytes(20),
    b"", b"\x45", bytes(60),
]  # fmt: skip


def captures(order: str) -> Iterator[tuple[int, bytes, bytes]]:
    """Rules for the kernel target, a file's header, and what follows it."""
    big = 2 * (order == ">")
    sizes = [struct.pack(order + "II", len(data), len(data)) for data in RECORDED]
    for rules, magic, extra in [(0, 0xA1B2C3D4, 0), (16, 0xA1B23C4D, 0), (8, 0xA1B2CD34, 8)]:
        records = [
            struct.pack(order + "II", n, n) + size + bytes(extra) + data
            for n, (size, data) in enumerate(zip(sizes, RECORDED, strict=True))
        ]
        head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
        yield rules | big, head, b"".join(records)
    blocks = [(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    option = struct.pack(order + "HHI", 9, 1, 9) + struct.pack(order + "HHq", 14, 8, -5)
    blocks += [(1, struct.pack(order + "HHI", 1, 0, 0) + option), (5, b"passed over!")]
    for n, (size, data) in enumerate(zip(sizes, RECORDED, strict=True)):
        padded = data + bytes(-len(data) % 4)
        blocks.append((6, struct.pack(order + "III", 0, n, n << 28) + size + padded))
        blocks.append((2, struct.pack(order + "HHII", 0, 0, n, n << 28) + size + padded))
        blocks.append((3, size[:4] + padded))
    framed = [
        struct.pack(order + "II", kind, len(body) + 12) + body
        + struct.pack(order + "I", len(body) + 12)
        for kind, body in blocks
    ]  # fmt: skip
    yield 4 | big, b"", b"".join(framed)


def capture_seeds(target: str) -> Iterator[bytes]:
    """The kernel target takes the layout from the first bytes; atheris chooses by the last."""
    for order in "<>":
        for rules, head, body in captures(order):
            for size in (len(body), len(body) - 3, len(body) // 2, 0):
                if target.endswith("_kernels"):
                    yield bytes([rules, 0, 1, 7, 30, 0]) + body[:size]
                else:
                    yield head + body[:size] + bytes([9, 30, 2])


SEEDS = {
    "address": address_seeds,
    "arrow": lambda target: [
        bytes([1, 2, 9, 1]) + bytes([0, 0, 0, 0, 9, 0, 0, 0]) + b"192.0.2.1",
        bytes([3, 2, 0, 1]) + bytes([9, 0, 0, 0]) + b"192.0.2.1" + bytes(3),
        bytes([3, 1, 19, 1]) + bytes([19, 0, 0, 0]) + b"2001" + bytes(8) + b"2001:db8:1:2:3:4::5",
        bytes([4, 0, 0, 1]) + b"1.2.3.4",
    ],
    "capture": capture_seeds,
    "checksum": checksum_seeds,
    "headers": headers_seeds,
    "datagram": lambda target: [b"\0" + bytes(64), b"\1\2\0" + bytes(30), b"\2" + bytes(range(60))],
    "packet": packet_seeds,
    "prefix": lambda target: [bytes(range(64)), bytes(200), b"\xff" * 100],
    "proxy": proxy_seeds,
    "stream": stream_seeds,
}


def main(target: str, directory: str) -> None:
    Path(directory).mkdir(parents=True, exist_ok=True)
    seeds = SEEDS[target.partition("_")[0]]
    for number, seed in enumerate(seeds(target)):
        Path(directory, f"seed-{number:04}").write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
