"""Writing frames, and reading lengths in text, beside code by hand.

Each row's result is checked before it is timed.
"""

import struct
from collections.abc import Callable
from itertools import chain

import pytest

from fastsock import LengthPrefix, Lines, Netstring, RecvAccumulator, TextLength, Varint

BODIES = [bytes([33 + n % 90]) * 64 for n in range(1000)]
SYSLOG = [bytes([33 + n % 90]) * 100 for n in range(1000)]


def by_to_bytes(bodies: list[bytes]) -> bytes:
    return b"".join([len(body).to_bytes(4, "big") + body for body in bodies])


def by_struct(bodies: list[bytes]) -> bytes:
    pack = struct.Struct(">I").pack
    return b"".join(chain.from_iterable((pack(len(body)), body) for body in bodies))


def by_format(bodies: list[bytes]) -> bytes:
    return b"".join([b"%d %b" % (len(body), body) for body in bodies])


def by_newline(bodies: list[bytes]) -> bytes:
    return b"".join([body + b"\n" for body in bodies])


def by_msgpack(bodies: list[bytes]) -> bytes:
    pack = pytest.importorskip("msgpack").Packer().pack
    return b"".join([pack(body) for body in bodies])


ENCODE = {
    "fastsock LengthPrefix": (LengthPrefix(4).encode_many, by_to_bytes),
    "by hand to_bytes": (by_to_bytes, by_to_bytes),
    "by hand struct": (by_struct, by_to_bytes),
    "msgpack": (by_msgpack, by_msgpack),
    "fastsock TextLength": (TextLength().encode_many, by_format),
    "by hand format": (by_format, by_format),
    "fastsock Lines": (Lines(b"\n").encode_many, by_newline),
    "by hand newline": (by_newline, by_newline),
    "fastsock Varint": (
        Varint().encode_many,
        lambda bodies: b"".join([b"\x40" + b for b in bodies]),
    ),
    "fastsock Netstring": (
        Netstring().encode_many,
        lambda bodies: b"".join([b"%d:%b," % (len(b), b) for b in bodies]),
    ),
}


@pytest.mark.benchmark(group="encode 1000 bodies of 64 bytes")
@pytest.mark.parametrize("name", ENCODE)
def bench_encode(benchmark: Callable[..., bytes], name: str) -> None:
    encode, expected = ENCODE[name]
    assert encode(BODIES) == expected(BODIES)
    benchmark(encode, BODIES)


def by_index(data: bytes) -> list[bytes]:
    frames, at, size = [], 0, len(data)
    while at < size:
        end = data.index(b" ", at)
        start = end + 1
        at = start + int(data[at:end])
        frames.append(data[start:at])
    return frames


def by_accumulator(data: bytes) -> list[bytes]:
    acc = RecvAccumulator()
    acc.feed(data)
    return acc.frames(TextLength())


DECODE = {"fastsock TextLength": by_accumulator, "by hand index": by_index}


@pytest.mark.benchmark(group="lengths in text, 1000 frames of 100 bytes")
@pytest.mark.parametrize("name", DECODE)
def bench_text_length(benchmark: Callable[..., list[bytes]], name: str) -> None:
    data = by_format(SYSLOG)
    assert DECODE[name](data) == SYSLOG
    benchmark(DECODE[name], data)
