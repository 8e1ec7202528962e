"""Writing frames, and reading lengths in text, beside code by hand."""

import importlib
import struct
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any

import pytest

from fastsock import LengthPrefix, Lines, TextLength

TWINS = {"compiled": "_c", "pure": "_py"}
BODIES = [bytes([33 + n % 90]) * 64 for n in range(1000)]
MESSAGES = [bytes([33 + n % 90]) * 100 for n in range(1000)]

Encode = Callable[[list[bytes]], bytes]


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


ROWS: dict[str, tuple[Any, dict[str, Encode]]] = {
    "encode_many, length of 4 bytes": (
        LengthPrefix(4),
        {"to_bytes": by_to_bytes, "struct": by_struct, "msgpack": by_msgpack},
    ),
    "encode_many, lines": (Lines(b"\n"), {"join": by_newline}),
    "encode_many, length in text": (TextLength(), {"format": by_format}),
}
CONTENDERS = [(row, name) for row, (_, others) in ROWS.items() for name in (*TWINS, *others)]


@pytest.mark.parametrize(("row", "contender"), CONTENDERS)
def bench_encode(measure: Callable[..., None], row: str, contender: str) -> None:
    framer, others = ROWS[row]
    if contender in TWINS:
        module = importlib.import_module(f"fastsock.stream.{TWINS[contender]}.encoding")
        encode: Encode = partial(module.encode_many, framer)
    else:
        encode = others[contender]
    # msgpack has a format of its own, which is not compared.
    reference = encode if contender == "msgpack" else next(iter(others.values()))
    measure(
        row,
        "64 B",
        contender,
        partial(encode, BODIES),
        got=encode(BODIES),
        expected=reference(BODIES),
        items=len(BODIES),
        rounds=10,
        headline=True,
    )


def by_index(data: bytes) -> list[bytes]:
    """The usual loop, without limits or checks."""
    frames, at, size = [], 0, len(data)
    while at < size:
        end = data.index(b" ", at)
        at = end + 1 + int(data[at:end])
        frames.append(data[end + 1 : at])
    return frames


def by_accumulator(twin: str, data: bytes) -> Any:
    acc = importlib.import_module(f"fastsock.stream.{TWINS[twin]}").RecvAccumulator()
    acc.feed(data)
    return acc.frames(TextLength())


@pytest.mark.parametrize("contender", [*TWINS, "index"])
def bench_text_length(measure: Callable[..., None], contender: str) -> None:
    data = by_format(MESSAGES)
    cut = by_index if contender == "index" else partial(by_accumulator, contender)
    measure(
        "TextLength frames",
        "100 B",
        contender,
        partial(cut, data),
        got=cut(data),
        expected=MESSAGES,
        items=len(MESSAGES),
        rounds=10,
        headline=True,
    )
