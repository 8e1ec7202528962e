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


def bodies() -> Iterator[bytes]:
    yield from TEXTS
    for newline in (b"\n", b"\r\n", b"\r"):
        yield newline.join(TEXTS)
        for text in TEXTS:  # long enough for the steps that load a fixed number of bytes
            yield newline.join([text] * 6) + newline
    yield bytes(16)
    yield bytes(10) + b"\xff\xff\xc0\x00\x02\x01"
    yield bytes(range(64))


def seeds(target: str) -> Iterator[bytes]:
    """A kernel target chooses by the first byte; atheris takes choices from the end."""
    for body in bodies():
        for choice in range(8):
            if target.endswith("_kernels"):
                yield bytes([choice]) + body
            else:
                yield body + bytes([choice] * 3)


def main(target: str, directory: str) -> None:
    Path(directory).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(target)):
        Path(directory, f"seed-{number:04}").write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
