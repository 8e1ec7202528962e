"""Writing frames, and reading lengths in text, beside code by hand."""

import asyncio
import importlib
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

import pytest

from fastsock import LengthPrefix, Lines, TextLength, aio

TWINS = {"compiled": "_c", "pure": "_py"}
BODIES = [bytes([33 + n % 90]) * 64 for n in range(1000)]
MESSAGES = [bytes([33 + n % 90]) * 100 for n in range(1000)]

Encode = Callable[[list[bytes]], bytes]


def by_to_bytes(bodies: list[bytes]) -> bytes:
    return b"".join([len(body).to_bytes(4, "big") + body for body in bodies])


def by_struct(bodies: list[bytes]) -> bytes:
    pack = struct.Struct(">I").pack
    return b"".join([pack(len(body)) + body for body in bodies])


def by_format(bodies: list[bytes]) -> bytes:
    return b"".join([b"%d %b" % (len(body), body) for body in bodies])


def by_newline(bodies: list[bytes]) -> bytes:
    return b"\n".join([*bodies, b""])


def by_msgpack(bodies: list[bytes]) -> bytes:
    pack = pytest.importorskip("msgpack").Packer().pack
    return b"".join([pack(body) for body in bodies])


def by_hiredis(bodies: list[bytes]) -> bytes:
    pack = pytest.importorskip("hiredis").pack_command
    return b"".join([pack((body,)) for body in bodies])


def by_bulk_strings(bodies: list[bytes]) -> bytes:
    return b"".join([b"$%d\r\n%b\r\n" % (len(body), body) for body in bodies])


OF_ITS_OWN = ("msgpack", "hiredis")  # formats: hiredis writes an array of one around each

ROWS: dict[str, tuple[Any, dict[str, Encode]]] = {
    "encode_many, length of 4 bytes": (
        LengthPrefix(4),
        {"to_bytes": by_to_bytes, "struct": by_struct, "msgpack": by_msgpack},
    ),
    "encode_many, lines": (Lines(b"\n"), {"join": by_newline}),
    "encode_many, length in text": (TextLength(), {"format": by_format}),
    "encode_many, RESP bulk strings": (
        TextLength(b"\r\n", prefix=b"$", trailer=b"\r\n"),
        {"format": by_bulk_strings, "hiredis": by_hiredis},
    ),
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
    reference = encode if contender in OF_ITS_OWN else next(iter(others.values()))
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


@contextmanager
def writing(contender: str) -> Iterator[Callable[[], bytes]]:
    """Write all bodies to a socket, and receive them again: what both contenders do alike."""
    here, there = socket.socketpair()
    writes = contender in TWINS
    connect: Any = aio.open_connection if writes else asyncio.open_connection
    expected = len(BODIES) * 68

    async def write(writer: Any) -> None:
        if writes:
            await writer.write_frames(LengthPrefix(4), BODIES)
        else:
            head = [len(body).to_bytes(4, "big") for body in BODIES]
            writer.writelines(chain.from_iterable(zip(head, BODIES, strict=True)))
            await writer.drain()

    with there, asyncio.Runner() as runner:
        there.settimeout(30)
        _, writer = runner.run(connect(sock=here))

        def run() -> bytes:
            runner.run(write(writer))
            return there.recv(expected, socket.MSG_WAITALL)

        try:
            yield run
        finally:
            writer.close()
            runner.run(writer.wait_closed())


@pytest.mark.parametrize("contender", [*TWINS, "stdlib"])
def bench_write(
    measure: Callable[..., None], monkeypatch: pytest.MonkeyPatch, contender: str
) -> None:
    """`write_frames` beside asyncio's `writelines`, over a socket."""
    module = importlib.import_module(f"fastsock.stream.{TWINS.get(contender, '_c')}.encoding")
    monkeypatch.setattr("fastsock.stream.framers._encoding", module)
    with writing(contender) as write:
        measure(
            "write_frames",
            "64 B",
            contender,
            write,
            got=write(),
            expected=by_to_bytes(BODIES),
            items=len(BODIES),
            rounds=3 if contender == "pure" else 50,
            headline=True,
            cpu=True,
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
