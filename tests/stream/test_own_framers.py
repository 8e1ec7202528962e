"""Framers of the user's own: the accumulator's promises hold for them."""

import itertools
import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from fastsock import Framer, LengthPrefix, Lines
from fastsock.errors import (
    FrameError,
    FrameTooLargeError,
    IncompleteReadError,
    LimitOverrunError,
)

EXAMPLES = Path(__file__).parents[2] / "examples"


class Answers(Framer):
    """Gives the same answer to every question, and counts them."""

    def __init__(self, answer, max_frame=None):
        self.answer = answer
        self.max_frame = max_frame
        self.asked = []

    def find(self, view, eof):
        self.asked.append((bytes(view), eof))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(view) if callable(self.answer) else self.answer


class Prefixed(Framer):
    """LengthPrefix(1) in Python, with the size announced."""

    def find(self, view, eof):
        size = 1 + view[0]
        if view[0] == 255:
            raise FrameError("no length")
        return (1, size, size) if len(view) >= size else size

    def encode(self, body):
        return bytes([len(body)]) + bytes(body)


@pytest.mark.parametrize(
    "answer",
    [(0, 4, 4), (-1, 2, 2), (2, 1, 3), (0, 3, 2), (0, 0, 0), (0, 2, 9), (0, 1 << 70, 1 << 70), 3, 0,
     -5, True],
)  # fmt: skip
def test_wrong_answers(stream, answer):
    acc = stream.RecvAccumulator()
    acc.feed(b"abc")
    for call in (acc.frames, acc.frame_offsets, acc.skip_frame):
        with pytest.raises(ValueError, match=re.escape(f"Answers.find() returned {answer!r} for")):
            call(Answers(answer))
    assert acc.take() == b"abc"


@pytest.mark.parametrize("answer", ["abc", [0, 1, 1], (0, 1), (0, 1, 1, 1), 1.5, (0, 1, "2")])
def test_answers_of_another_kind(stream, answer):
    acc = stream.RecvAccumulator()
    acc.feed(b"abc")
    with pytest.raises(TypeError):
        acc.frames(Answers(answer))
    assert acc.take() == b"abc"


def test_frames_views_offsets_and_limits(stream):
    data = Prefixed().encode_many([b"one", b"", b"three"]) + b"\x04fo"
    acc = stream.RecvAccumulator()
    acc.feed(data)
    assert acc.frames(Prefixed(), limit=1) == [b"one"]
    assert [bytes(view) for view in acc.frames(Prefixed(), views=True)] == [b"", b"three"]
    assert acc.frames(Prefixed()) == []
    acc.feed(b"ur")
    view, offsets = acc.frame_offsets(Prefixed())
    assert (bytes(view), memoryview(offsets).cast("q").tolist()) == (b"\4four", [1, 5])


def test_a_size_that_was_announced_is_waited_for(stream):
    acc, framer = stream.RecvAccumulator(), Answers(lambda view: (0, 9, 9) if len(view) > 8 else 9)
    for _ in range(9):
        acc.feed(b"x")
        frames = acc.frames(framer)
    assert frames == [b"x" * 9]
    assert len(framer.asked) == 2
    acc.feed(b"y" * 8)
    assert acc.frames(framer) == []
    assert acc.take(3) == b"yyy"  # what is at the front is another frame now
    assert acc.frames(framer) == []
    assert [size for view, _ in framer.asked[2:] for size in [len(view)]] == [8, 5]


def test_errors_come_after_good_frames_and_lose_nothing(stream):
    acc = stream.RecvAccumulator()
    acc.feed(b"\1a\xffrest")
    assert acc.frames(Prefixed()) == [b"a"]
    for call in (acc.frames, acc.frame_offsets, acc.skip_frame, acc.frames):
        with pytest.raises(FrameError, match="no length"):
            call(Prefixed())
    assert acc.take() == b"\xffrest"


def test_an_interruption_loses_nothing(stream):
    class Interrupted(Prefixed):
        def find(self, view, eof):
            if view[0] == 2:
                raise KeyboardInterrupt
            return super().find(view, eof)

    acc = stream.RecvAccumulator()
    acc.feed(b"\1a\2bc")
    with pytest.raises(KeyboardInterrupt):
        acc.frames(Interrupted())
    assert acc.frames(Prefixed()) == [b"a", b"bc"]


def test_limits(stream):
    acc = stream.RecvAccumulator(max_size=10)
    acc.feed(b"\x14abc")
    with pytest.raises(FrameTooLargeError) as caught:
        acc.frames(Prefixed())
    assert (caught.value.declared, caught.value.limit) == (21, 10)
    assert acc.skip_frame(Prefixed())
    acc.feed(b"d" * 10)
    acc.feed(b"e" * 7 + b"\2ok")
    assert acc.frames(Prefixed()) == [b"ok"]
    acc.feed(b"x" * 10)
    for call in (acc.frames, acc.skip_frame):
        with pytest.raises(LimitOverrunError, match="no end of a frame within the limit of 10"):
            call(Answers(None))
    with pytest.raises(FrameTooLargeError):
        acc.frames(Answers((0, 1, 5), max_frame=4))
    with pytest.raises(LimitOverrunError):
        acc.frames(Answers(None, max_frame=4))
    assert acc.frames(Answers((0, 1, 4), max_frame=4), limit=1) == [b"x"]
    for wrong in (-1, "1", 1.5):
        with pytest.raises((ValueError, TypeError)):
            acc.frames(Answers(None, max_frame=wrong))


def test_the_end_of_the_stream(stream):
    acc, framer = stream.RecvAccumulator(), Answers(None)
    acc.feed(b"ab")
    assert acc.frames(framer) == []
    acc.feed_eof()
    with pytest.raises(IncompleteReadError) as caught:
        acc.frames(framer)
    assert (caught.value.partial, caught.value.expected) == (b"ab", None)
    with pytest.raises(IncompleteReadError) as caught:
        acc.frames(Answers(9))
    assert caught.value.expected == 9
    assert acc.frames(Answers(lambda view: (0, len(view), len(view)))) == [b"ab"]
    assert acc.frames(framer) == []
    assert framer.asked == [(b"ab", False), (b"ab", True)]


def test_a_call_from_within_is_refused(stream):
    class Nosy(Prefixed):
        def find(self, view, eof):
            with pytest.raises(RuntimeError, match="in use by another call"):
                acc.take()
            with pytest.raises(TypeError):
                view[0] = 1
            self.kept = view
            return super().find(view, eof)

    acc, framer = stream.RecvAccumulator(), Nosy()
    acc.feed(b"\2hi\3")
    assert acc.frames(framer) == [b"hi"]
    kept = framer.kept
    for _ in range(20):
        acc.feed(bytes(1 << 14))
        acc.take()
    assert bytes(kept) == b"\3"


def test_framers_that_claim_to_be_equal(stream):
    class Equal(Prefixed):
        __hash__ = None

        def __eq__(self, other):
            return True

    acc = stream.RecvAccumulator()
    acc.feed(b"\2hi\n")
    assert acc.frames(Lines(), limit=1) == [b"\2hi"]
    acc.feed(b"\1")
    assert acc.frames(Lines()) == []
    assert acc.frames(Equal()) == []
    acc.feed(b"\n\n")
    assert acc.frames(Lines()) == [b"\1", b""]


def test_values_of_the_users_own():
    assert Prefixed() != Prefixed()
    framer = Prefixed()
    framer.anything = 1
    with pytest.raises(NotImplementedError, match="Answers defines no encode"):
        Answers(None).encode(b"")
    with pytest.raises(NotImplementedError, match="LengthPrefix defines no find"):
        LengthPrefix(1).find(memoryview(b"\0"), False)


@given(
    bodies=st.lists(st.binary(max_size=9), max_size=8),
    cuts=st.lists(st.integers(0, 40), max_size=5),
)
def test_as_the_framer_that_it_imitates(streams, bodies, cuts):
    data = Prefixed().encode_many(bodies)
    assert data == LengthPrefix(1).encode_many(bodies)
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    for stream in streams:
        acc, came = stream.RecvAccumulator(), []
        for start, end in itertools.pairwise(places):
            acc.feed(data[start:end])
            came += acc.frames(Prefixed())
        assert (came, len(acc)) == (bodies, 0)


RESP = runpy.run_path(str(EXAMPLES / "resp_server.py"))

MESSAGES = [
    b"+OK\r\n", b"-ERR no\r\n", b":-12\r\n", b"$2\r\nhi\r\n", b"$-1\r\n", b"*-1\r\n", b"*0\r\n",
    b"$4\r\n\r\n\r\n\r\n", b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
    b"*3\r\n:1\r\n*2\r\n+a\r\n*1\r\n$0\r\n\r\n-e\r\n",
]  # fmt: skip
VALUES = [
    b"OK", RESP["Reply"](b"ERR no"), -12, b"hi", None, None, [], b"\r\n\r\n", [b"GET", b"k"],
    [1, [b"a", [b""]], RESP["Reply"](b"e")],
]  # fmt: skip


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_resp_with_nested_arrays(stream, step):
    data, acc, frames = b"".join(MESSAGES), stream.RecvAccumulator(), []
    for start in range(0, len(data), step):
        acc.feed(data[start : start + step])
        frames += acc.frames(RESP["Resp"]())
    assert frames == MESSAGES
    assert [RESP["parse"](frame) for frame in frames] == VALUES


@pytest.mark.parametrize(
    "data",
    [b"hello\r\n", b"$x\r\n", b"$-2\r\n", b"$1\r\nabc", b":1a\r\n", b"*1\r\n*1\r\n$+1\r\n",
     b"*1\r\n" * 200],
)  # fmt: skip
def test_resp_that_is_wrong(stream, data):
    acc = stream.RecvAccumulator()
    acc.feed(b"+OK\r\n" + data)
    assert acc.frames(RESP["Resp"]()) == [b"+OK\r\n"]
    with pytest.raises(FrameError):
        acc.frames(RESP["Resp"]())


@given(
    st.recursive(
        st.none() | st.integers(-(1 << 63), 1 << 63) | st.binary(max_size=8),
        lambda items: st.lists(items, max_size=4),
        max_leaves=12,
    )
)
def test_resp_comes_back(streams, value):
    data = RESP["Resp"]().encode_many([value, value])
    for stream in streams:
        acc = stream.RecvAccumulator()
        acc.feed(data)
        assert [RESP["parse"](frame) for frame in acc.frames(RESP["Resp"]())] == [value, value]
