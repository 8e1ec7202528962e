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
    b"05:x",
    b"one\r\ntwo\nthr", b"\r\n\r\n\n", b"a;b;;c;", b"\r\r\n;a\n" * 9, b"GET / HTTP/1.1\r\n\r\n",
]  # fmt: skip


def stream_seeds(target: str) -> Iterator[bytes]:
    """The kernel target makes its framer of the first bytes."""
    for body in STREAMS:
        for kind in range(5):
            for flags in (0, 0x15, 0x2A, 0x4F, 0xBF):
                rules = bytes([kind, flags, 2, 1, 0, 1, 2, 3])
                yield rules + body if target.endswith("_kernels") else body + rules * 4


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


PACKETS = [
    bytes.fromhex("0200000000010200000000020800450000200001000040118e92c0000201c6336405003510000"
                  "00c000061626364"),
    bytes.fromhex("02000000000102000000000286dd6000000000142c40") + bytes(32)
    + bytes.fromhex("0600000100000007") + bytes(20),
    bytes.fromhex("02000000000102000000000288a8006481000bc80806000108000604000100") + bytes(20),
    b"", b"\x45", bytes(60),
]  # fmt: skip


def captures(order: str) -> Iterator[tuple[int, bytes, bytes]]:
    """Rules for the kernel target, a file's header, and what stands behind it."""
    big = 2 * (order == ">")
    sizes = [struct.pack(order + "II", len(data), len(data)) for data in PACKETS]
    for rules, magic, extra in [(0, 0xA1B2C3D4, 0), (16, 0xA1B23C4D, 0), (8, 0xA1B2CD34, 8)]:
        records = [
            struct.pack(order + "II", n, n) + size + bytes(extra) + data
            for n, (size, data) in enumerate(zip(sizes, PACKETS, strict=True))
        ]
        head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
        yield rules | big, head, b"".join(records)
    blocks = [(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    option = struct.pack(order + "HHI", 9, 1, 9) + struct.pack(order + "HHq", 14, 8, -5)
    blocks += [(1, struct.pack(order + "HHI", 1, 0, 0) + option), (5, b"passed over!")]
    for n, (size, data) in enumerate(zip(sizes, PACKETS, strict=True)):
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


def main(target: str, directory: str) -> None:
    Path(directory).mkdir(parents=True, exist_ok=True)
    seeds = {"stream": stream_seeds, "capture": capture_seeds}.get(
        target.partition("_")[0], address_seeds
    )
    for number, seed in enumerate(seeds(target)):
        Path(directory, f"seed-{number:04}").write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
