"""Calls of `fastsock.stream` for leaks.py, every way out: (name, arguments, keywords, maker)."""

import socket
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module

from fastsock import (
    Delimiter,
    FixedSize,
    FrameError,
    Framer,
    LengthPrefix,
    Lines,
    Netstring,
    TextLength,
    Varint,
)

NAME = "RecvAccumulator"


class Source:
    """The least that `fill` receives from. It gives the same every time."""

    def __init__(self, result: object, pending: object = 0) -> None:
        self.result, self.waiting = result, pending

    def recv_into(self, buffer: memoryview) -> object:
        if isinstance(self.result, type):
            raise self.result  # a fresh one: an exception that is raised again keeps all its frames
        return self.result

    def pending(self) -> object:
        return self.waiting


class Broken:
    """No int, no buffer and no separator: whatever is asked of it raises."""

    def __index__(self) -> int:
        raise RuntimeError("no index")

    def __iter__(self) -> object:
        raise RuntimeError("no iterator")


def made(kind: type, data: bytes = b"", *, eof: bool = False, max_size: int = 1 << 20) -> object:
    """An accumulator that holds something."""
    acc = kind(max_size)
    acc.feed(data)
    if eof:
        acc.feed_eof()
    return acc


def lent(kind: type) -> object:
    """One that has lent room to a writer."""
    acc = kind()
    acc.get_buffer()
    return acc


class Held:
    """Keeps the last accumulator it made, and a view of it; receives by calling it again."""

    def __call__(self, kind: type) -> object:
        self.acc = made(kind, b"one\ntwo\n")
        self.view = self.acc.frames(FixedSize(4), views=True)[0]
        self.acc.feed(b"three\n")
        return self.acc

    def recv_into(self, buffer: memoryview) -> int:
        self.acc.take()
        return 0


def answered(kind: type) -> object:
    """One whose socket has a byte to give."""
    THERE.send(b"x")
    return kind()


class Answers(Framer):
    """A framer of the user's own, which gives one answer to all questions."""

    def __init__(self, answer: object, max_frame: object = None) -> None:
        self.answer, self.max_frame = answer, max_frame

    def find(self, view: memoryview, eof: bool) -> object:
        if isinstance(self.answer, type):
            raise self.answer("no frame")
        return self.answer(view) if callable(self.answer) else self.answer


def encoders(kind: type) -> object:
    """The encoders of the twin that runs, in the accumulator's place."""
    return import_module(f"fastsock.stream._{sys.argv[1]}.encoding")


HELD = Held()
HERE, THERE = socket.socketpair()
QUIET, QUIET_PEER = socket.socketpair()
QUIET.setblocking(False)
SLOW, SLOW_PEER = socket.socketpair()
SLOW.settimeout(0.0001)
ENDED, ENDED_PEER = socket.socketpair()
ENDED_PEER.close()
CLOSED = socket.socket()
CLOSED.close()

SPACED = memoryview(bytearray(16))[::2]
NO_INTS = [None, "5", 2.5, 1 << 70, -(1 << 70), Broken()]
NO_FRAMERS = [None, 5, b"\n", Broken()]
SEPARATORS = [b"\n", bytearray(b"\n"), memoryview(bytearray(b";")), (b"\n", bytearray(b";"))]
NO_SEPARATORS = [None, "\n", b"", (), (b"",), ("\n",), 5, Broken()]
LARGE = bytes(200_000)

# What is unread, and framers: that find whole frames in it, want more, or refuse what they see.
STREAMS = [
    b"",
    b"\x02hi\x01y\x00",
    b"\xff" * 12,
    b"one\ntwo;three\nfo",
    b"2:hi,1:",
    b"02:x",
    b"x" * 50,
]
FRAMERS = [
    LengthPrefix(1), LengthPrefix(1, max_frame=1), LengthPrefix(2, strip=0),
    LengthPrefix(8, signed=True), LengthPrefix(1, adjust=-40), LengthPrefix(1, adjust=2, strip=9),
    Delimiter(b"\n"), Delimiter((b"\n", b";"), keep=True), Delimiter(b"e\n", max_frame=2),
    Lines(), Lines(b"\r\n", last=False), FixedSize(1), FixedSize(7), Varint(),
    Varint(max_frame=1, keep=True), Netstring(), Netstring(max_frame=1),
]  # fmt: skip
TEXT_STREAMS = [b"2 hi10 x", b"$2\r\nhi\r\n$1", b"0006hi0000000g", b"1;a=b\r\nx\r\n0\r\n"]
TEXT_FRAMERS = [
    TextLength(), TextLength(b"\r\n", prefix=b"$", trailer=b"\r\n", max_frame=1),
    TextLength(b"\r\n", base=16, trailer=b"\r\n", zeros=True, extensions=True, strip=False),
    TextLength(b"", base=16, digits=4, adjust=-4, markers=3),
]  # fmt: skip
OWN_FRAMERS = [
    Answers((0, 1, 1)), Answers(lambda view: (0, len(view), len(view))), Answers(None),
    Answers(1 << 70), Answers(70), Answers(5), Answers((0, 9, 2)), Answers("text"),
    Answers(FrameError), Answers(RuntimeError), Answers((0, 1, 1), max_frame=0), Answers(None, -1),
]  # fmt: skip
# Bodies that encoders take or refuse, as the framer is.
BODIES = [bytearray(b"hi"), memoryview(bytearray(b"2:hi,"))[2:], b"\2hi", b"hi\n", SPACED, "hi", 5]
MANY = [[bytearray(b"hi"), b"ho"], (bytearray(b"hi"), b"\2hi\n"), [bytearray(b"hi"), "text"], 5]


def on(maker: Callable[[type], object], method: str, *arguments: object, **keywords: object):
    """The case of one call on an object of the maker's."""
    return f"{NAME}.{method}", arguments, keywords, maker


CASES = [
    *((NAME, (value,)) for value in [1, 1 << 20, 0, -1, *NO_INTS]),
    *(
        on(partial(made, data=data, eof=eof), method, framer)
        for data in STREAMS
        for framer in FRAMERS
        for method, eof in [("frames", False), ("frame_offsets", True), ("skip_frame", False)]
    ),
    *(
        on(partial(made, data=data), method, framer)
        for data, framers in [*((d, TEXT_FRAMERS) for d in TEXT_STREAMS), (b"\2hi", OWN_FRAMERS)]
        for framer in framers
        for method in ["frames", "frame_offsets", "skip_frame"]
    ),
    *(
        on(encoders, "encode", framer, BODIES[at % len(BODIES)])
        for place, framer in enumerate([*FRAMERS, *TEXT_FRAMERS])
        for at in (place, place + 2)
    ),
    *(on(encoders, "encode", Varint(), body) for body in BODIES),
    *(
        on(encoders, "encode_many", framer, MANY[place % len(MANY)])
        for place, framer in enumerate([*FRAMERS, *TEXT_FRAMERS, *NO_FRAMERS])
    ),
    *(on(encoders, "encode_many", Varint(), bodies) for bodies in MANY),
    *(on(encoders, "surround", framer, 9, 0) for framer in [*FRAMERS, *TEXT_FRAMERS]),
    *(on(partial(made, data=data), "frames", f, True) for data in STREAMS[1:4] for f in FRAMERS),
    *(on(partial(made, data=b"x", eof=True), "skip_frame", framer) for framer in FRAMERS),
    *(
        on(partial(made, data=b"data"), method, framer)
        for method in ["frames", "frame_offsets", "skip_frame"]
        for framer in NO_FRAMERS
    ),
    *(
        on(partial(made, data=data, eof=eof), method, n, view=view)
        for data in [b"", b"abcd", LARGE]
        for eof in [False, True]
        for method in ["take", "peek"]
        for n in [-1, 0, 3, 5, 150_000, 1 << 40]
        for view in [False, True]
    ),
    *(on(made, method, value) for method in ["take", "peek"] for value in NO_INTS),
    *(
        on(partial(made, data=data, eof=eof), "take_until", separator, max_frame=limit, keep=keep)
        for data in [b"", b"one\ntwo;", b"nothing"]
        for eof in [False, True]
        for separator in SEPARATORS
        for limit in [None, 2]
        for keep in [False, True]
    ),
    *(on(made, "take_until", separator) for separator in NO_SEPARATORS),
    *(on(made, "take_until", b"\n", max_frame=value) for value in [-1, *NO_INTS]),
    *(
        on(partial(made, data=data, eof=eof), "take_line", max_frame=limit, keep=keep)
        for data in [b"", b"one\r\ntwo\n", b"nothing"]
        for eof in [False, True]
        for limit in [None, 2]
        for keep in [False, True]
    ),
    *(on(made, "take_line", max_frame=value) for value in [-1, *NO_INTS]),
    *(
        on(maker, "feed", data)
        for maker in [made, partial(made, data=b"abc", max_size=4), partial(made, eof=True)]
        for data in [b"", b"abc", bytearray(b"abc"), memoryview(bytearray(9))[3:], LARGE, SPACED]
    ),
    *(on(made, "feed", value) for value in [None, "text", 5, [1]]),
    *(on(partial(made, data=data), "feed_eof") for data in [b"", b"abc"]),
    *(on(partial(made, data=data), "clear") for data in [b"", b"abc", LARGE]),
    *(
        on(maker, "get_buffer", hint)
        for maker in [made, partial(made, data=LARGE), partial(made, data=b"abcd", max_size=4),
                      partial(made, eof=True)]
        for hint in [-1, 0, 1, 300_000, *NO_INTS]
    ),
    *(on(lent, "buffer_updated", value) for value in [0, 1, -1, *NO_INTS]),
    on(made, "buffer_updated", 1),
    *(on(HELD, "feed", data) for data in [b"abc", LARGE]),
    *(on(HELD, name) for name in ["take", "take_line", "clear", "feed_eof", "get_buffer"]),
    on(HELD, "fill", Source(100)),
    on(HELD, "fill", HELD),
    *(
        on(maker, "fill", source)
        for maker in [made, partial(made, data=LARGE), partial(made, data=b"abcd", max_size=4),
                      partial(made, eof=True)]
        for source in [ENDED, QUIET, CLOSED, None, Source(0), Source(3), Source(3, pending=-1),
                       Source(-1), Source(1 << 40), Source(1 << 80), Source("3"), Source(None),
                       Source(BlockingIOError), Source(3, pending="no"), object()]
    ),
    on(answered, "fill", HERE),
    on(made, "fill", SLOW),
    *(on(made, "fill", Source(3), value) for value in [1, 300_000, -1, *NO_INTS]),
]  # fmt: skip
