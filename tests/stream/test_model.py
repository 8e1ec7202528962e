"""Random sequences of operations, over each twin and over a naive model of their own."""

import importlib.util
import os
import random
from pathlib import Path

import pytest

from fastsock import (
    Delimiter,
    FixedSize,
    Framer,
    LengthPrefix,
    Lines,
    Netstring,
    TextLength,
    Varint,
)
from fastsock.errors import FrameError, IncompleteReadError, LimitOverrunError

SEQUENCES = 12_000 if os.environ.get("CI") else 400
ERRORS = (FrameError, LimitOverrunError, IncompleteReadError, RuntimeError)


def load_naive():
    path = Path(__file__).with_name("naive.py")  # test modules are no package
    spec = importlib.util.spec_from_file_location("naive", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


naive = load_naive()


class Announcing(Framer):
    """A framer of the user's own: the low four bits of the first byte are the body's size."""

    def __init__(self, max_frame=None):
        self.max_frame = max_frame

    def __repr__(self):
        return f"Announcing({self.max_frame})"

    def find(self, view, eof):
        total = view[0] % 16 + 1
        if view[0] == 0xFF:
            raise FrameError("no size")
        return (1, total, total) if len(view) >= total else total


naive.FRONTS[Announcing] = naive.own

SEPARATORS = [
    b"a",
    b";",
    b"\n",
    b"\r\n",
    b";;a",
    b"aa",
    (b";", b"a;"),
    (b"\r\n", b"\n"),
    (b"ab", b"b"),
]
TEXTS = [
    {},
    {"end": b":", "trailer": b",", "strip": False},
    {"end": b"\r\n", "prefix": b"$", "trailer": b"\r\n"},
    {"end": b"\r\n", "base": 16, "trailer": b"\r\n", "zeros": True, "extensions": True},
    {"end": b"", "base": 16, "digits": 4, "adjust": -4, "markers": 3},
    {"end": b"", "base": 16, "digits": 2, "adjust": -2, "markers": 1, "strip": False},
    {"end": b"a", "max_digits": 2, "adjust": 2},
]


def some_framer(dice):
    limit = dice.choice([None, None, dice.randrange(12)])
    kind = dice.randrange(8)
    if kind == 0:
        return LengthPrefix(
            dice.choice([1, 1, 2, 3, 8]),
            byteorder=dice.choice(["big", "little"]),
            offset=dice.choice([0, 0, 1, 3]),
            adjust=dice.choice([0, 0, -1, 2, -(1 << 62)]),
            strip=dice.choice([None, None, 0, 3, 6]),
            max_frame=limit,
            signed=dice.random() < 0.2,
        )
    if kind == 1:
        options = {"keep": dice.random() < 0.5, "last": dice.random() < 0.3}
        return Delimiter(dice.choice(SEPARATORS), max_frame=limit, **options)
    if kind == 2:
        newline = dice.choice([None, b"\n", b"\r\n"])
        options = {"keep": dice.random() < 0.5, "last": dice.random() < 0.5}
        return Lines(newline, max_frame=limit, **options)
    if kind == 3:
        return FixedSize(dice.randrange(1, 12))
    if kind == 4:
        return Varint(max_frame=limit, keep=dice.random() < 0.5)
    if kind == 5:
        return Netstring(max_frame=limit)
    if kind == 6:
        return TextLength(**dice.choice(TEXTS), max_frame=limit)
    return Announcing(limit)


NOISE = [b"a", b";", b"\r", b"\n", b"\r\n", b"\0", b"\1", b"\2hi", b"3:", b",", b"1", b"0", b"12 ",
         b"\xff", b"\x80", b"$2\r\n", b"0004", b"00", b" ", b"0006ab", b"5;x"]  # fmt: skip


def some_frame(dice, framer):
    """A frame of a framer, with a body of the size that is its limit now and then."""
    size = framer.max_frame if framer.max_frame is not None and dice.random() < 0.4 else None
    body = bytes(dice.choices(b"xyab;1", k=dice.randrange(9) if size is None else size))
    if isinstance(framer, Announcing):
        return bytes([len(body)]) + body
    try:
        return framer.encode(body)
    except FrameError:
        return body


def some_bytes(dice, framer):
    """Frames of a framer, noise between them, and an end inside one."""
    data = b"".join(some_frame(dice, framer) for _ in range(dice.randrange(3)))
    if dice.random() < 0.3:
        data += b"".join(dice.choices(NOISE, k=dice.randrange(4)))
    return data[: dice.randrange(len(data) + 1)] if dice.random() < 0.3 else data


class Scripted:
    """A socket that has some bytes to give."""

    def __init__(self, data):
        self.data = data

    def recv_into(self, buffer):
        count = min(len(buffer), len(self.data))
        buffer[:count] = self.data[:count]
        return count


def write(acc, data):
    buffer = acc.get_buffer()
    count = min(len(buffer), len(data))
    buffer[:count] = data[:count]
    acc.buffer_updated(count)
    return count


def sliced(acc, framer):
    view, offsets = acc.frame_offsets(framer)
    pairs = memoryview(offsets).cast("q").tolist()
    return [bytes(view[a:b]) for a, b in zip(pairs[::2], pairs[1::2], strict=True)]


def some_operation(dice, usual):
    """Its name, what it is on an accumulator, and on the model."""
    framer = usual if dice.random() < 0.7 else some_framer(dice)
    data = some_bytes(dice, framer)
    match dice.randrange(16):
        case 0 | 1 | 2 | 3:
            return ("feed", data), lambda acc: acc.feed(data), lambda model: model.feed(data)
        case 4:
            data = data or dice.choice([b"", b"x", b"y", b"z"])  # none at all is the end
            return ("fill", data), lambda acc: acc.fill(Scripted(data)), lambda m: m.fill(data)
        case 5:
            return ("write", data), lambda acc: write(acc, data), lambda m: m.write(data)
        case 6 | 7 | 8:
            views, limit = dice.random() < 0.3, dice.choice([None, None, 1, 2])

            def cut(acc):
                return [bytes(frame) for frame in acc.frames(framer, views, limit=limit)]

            return ("frames", framer, limit), cut, lambda model: model.frames(framer, limit)
        case 9:
            return ("offsets", framer), lambda a: sliced(a, framer), lambda m: m.frames(framer)
        case 10 | 11:
            return ("skip", framer), lambda a: a.skip_frame(framer), lambda m: m.skip_frame(framer)
        case 12:
            count, name = dice.randrange(-1, 20), dice.choice(["take", "peek"])
            return (
                (name, count),
                lambda a: getattr(a, name)(count),
                lambda m: getattr(m, name)(count),
            )
        case 13:
            separator, keep = dice.choice(SEPARATORS), dice.random() < 0.5
            limit = dice.choice([None, 3])

            def until(acc):
                return acc.take_until(separator, max_frame=limit, keep=keep)

            return ("until", separator), until, lambda m: m.take_until(separator, limit, keep)
        case 14:
            limit, keep = dice.choice([None, 3]), dice.random() < 0.5
            line = lambda acc: acc.take_line(max_frame=limit, keep=keep)  # noqa: E731
            return ("line", limit), line, lambda model: model.take_line(limit, keep)
        case _ if dice.random() < 0.1:
            return ("eof",), lambda acc: acc.feed_eof(), lambda model: model.feed_eof()
        case _ if dice.random() < 0.15:
            return ("clear",), lambda acc: acc.clear(), lambda model: model.clear()
        case _:
            return ("feed", data), lambda acc: acc.feed(data), lambda model: model.feed(data)


def outcome(acc, operation):
    try:
        return operation(acc)
    except ERRORS as error:
        return type(error).__name__, vars(error)


def expected(model, operation):
    try:
        return operation(model)
    except naive.Refused as refused:
        return refused.kind, refused.attributes


@pytest.mark.parametrize("part", range(4))
def test_random_sequences(stream, part):
    for seed in range(part, SEQUENCES, 4):
        dice = random.Random(seed)
        max_size = dice.choice([1, 5, 16, 40, 1 << 20, 1 << 20, 1 << 20])
        acc, model = stream.RecvAccumulator(max_size), naive.RecvAccumulator(max_size)
        usual, history = some_framer(dice), []
        for _ in range(dice.randrange(5, 40)):
            said, ours, naively = some_operation(dice, usual)
            history.append(said)
            came, wanted = outcome(acc, ours), expected(model, naively)
            assert came == wanted, (seed, max_size, history)
            assert (len(acc), acc.eof) == (len(model), model.eof), (seed, max_size, history)
        assert acc.take() == model.take()
