"""Seed corpora, made rather than stored: a few inputs of every form that a target can take."""

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


# An IPv4 and an IPv6 datagram, with options and extension headers.
PACKETS = [bytes.fromhex(text) for text in (
    "45000020000100004011f6aac0000201c0000202003514e9000c8df164617461",
    "4600002412344000400600000a0000010a0000029404000004010050000000010000000250120fff00000000",
    "6000000000180040" + "20010db8" + "00" * 11 + "01" + "20010db8" + "00" * 11 + "02"
    + "2b00050200000100" + "1100000000000000" + "00010002000800ff",
    "ff" * 6 + "020000000001 88a80007 81000005 0806" + "0001080006040001020000000001c0000201"
    + "00" * 6 + "c0000202",
)]  # fmt: skip


def headers_seeds(target: str) -> Iterator[bytes]:
    for packet in PACKETS:
        for choice in range(8):
            yield packet + bytes([choice] * 24) if target.endswith("_api") else packet


def main(target: str, directory: str) -> None:
    Path(directory).mkdir(parents=True, exist_ok=True)
    by_part = {"address": address_seeds, "stream": stream_seeds, "headers": headers_seeds}
    seeds = by_part[target.partition("_")[0]]
    for number, seed in enumerate(seeds(target)):
        Path(directory, f"seed-{number:04}").write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
