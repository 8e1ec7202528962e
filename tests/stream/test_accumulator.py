"""RecvAccumulator: bytes in, bytes out, limits, errors, the end of the stream."""

import asyncio
import contextlib
import copy
import inspect
import pickle
import re
import socket
import subprocess
import sys
import sysconfig
import threading
import weakref
from array import array
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from contract import SOURCE

import fastsock
import fastsock.errors
import fastsock.stream.framers
from fastsock import Delimiter, FixedSize, LengthPrefix, Lines, Netstring, Varint
from fastsock.errors import (
    FrameError,
    FrameTooLargeError,
    IncompleteReadError,
    LimitOverrunError,
)


@pytest.fixture
def acc(stream):
    return stream.RecvAccumulator()


class TestTake:
    def test_exact_counts(self, acc):
        acc.feed(b"abcdef")
        assert acc.take(0) == b""
        assert acc.take(2) == b"ab"
        assert acc.take(5) is None
        assert acc.take() == b"cdef"
        assert acc.take() == b""
        assert acc.take(1) is None

    def test_more_than_there_will_ever_be(self, stream):
        acc = stream.RecvAccumulator(max_size=4)
        with pytest.raises(FrameTooLargeError) as caught:
            acc.take(5)
        assert (caught.value.declared, caught.value.limit) == (5, 4)

    def test_at_the_end(self, acc):
        acc.feed(b"abc")
        acc.feed_eof()
        for _ in range(2):
            with pytest.raises(IncompleteReadError) as caught:
                acc.take(4)
            assert (caught.value.partial, caught.value.expected) == (b"abc", 4)
        assert acc.take(3) == b"abc"
        assert acc.take() == acc.take(0) == b""
        with pytest.raises(IncompleteReadError):
            acc.take(1)

    def test_peek(self, acc):
        assert acc.peek() == acc.peek(3) == b""
        acc.feed(b"abc")
        assert acc.peek(2) == b"ab"
        assert acc.peek(9) == acc.peek() == b"abc"
        assert bytes(acc.peek(2, view=True)) == b"ab"
        assert len(acc) == 3

    def test_types(self, acc):
        acc.feed(b"abc")
        assert type(acc.take(1)) is bytes
        assert type(acc.take(1, view=True)) is memoryview
        with pytest.raises(TypeError):
            acc.take(1.0)
        with pytest.raises(TypeError):
            acc.take(None)
        assert acc.take() == b"c"


class TestTakeUntil:
    def test_keeps_its_separator_or_not(self, acc):
        acc.feed(b"a\r\nb\r\nc")
        assert acc.take_until(b"\r\n") == b"a\r\n"
        assert acc.take_until(b"\r\n", keep=False) == b"b"
        assert acc.take_until(b"\r\n") is None
        assert acc.take() == b"c"

    def test_separator_in_pieces(self, acc):
        for piece in (b"a\r", b"b\r", b"\n", b"c"):
            acc.feed(piece)
        assert acc.take_until(b"\r\n") == b"a\rb\r\n"

    def test_separators_may_change(self, acc):
        acc.feed(b"a;b,c")
        assert acc.take_until(b"\n") is None
        assert acc.take_until(b";") == b"a;"
        assert acc.take_until((b",", b";")) == b"b,"
        acc.feed(b"\n")
        assert acc.take_until(bytearray(b"\n")) == b"c\n"

    @pytest.mark.parametrize("among_others", [False, True])
    def test_separators_that_compare_in_a_way_of_their_own(self, acc, among_others):
        separator = pytest.importorskip("numpy").frombuffer(b"; ", "u1")
        if among_others:
            separator = (separator, b"!")
        acc.feed(b"one; two; thr")
        taken = [acc.take_until(separator) for _ in range(3)]
        assert taken == [b"one; ", b"two; ", None]

    def test_limit(self, acc):
        acc.feed(b"abcd\n")
        for _ in range(2):
            with pytest.raises(LimitOverrunError) as caught:
                acc.take_until(b"\n", max_frame=3)
            assert caught.value.consumed == 4
        assert acc.take_until(b"\n", max_frame=4) == b"abcd\n"

    def test_at_the_end(self, acc):
        acc.feed(b"abc")
        acc.feed_eof()
        for _ in range(2):
            with pytest.raises(IncompleteReadError) as caught:
                acc.take_until(b"\n")
            assert (caught.value.partial, caught.value.expected) == (b"abc", None)
        acc.clear()
        with pytest.raises(IncompleteReadError):
            acc.take_until(b"\n")

    @pytest.mark.parametrize("wrong", [b"", (), "\n", None, 3])
    def test_wrong_separators(self, acc, wrong):
        with pytest.raises((TypeError, ValueError)):
            acc.take_until(wrong)
        acc.feed(b"a\n")
        assert acc.take_until(b"\n") == b"a\n"

    def test_lines(self, acc):
        acc.feed(b"one\ntwo\r\nthr")
        assert acc.take_line() == b"one\n"
        assert acc.take_line(keep=False) == b"two"
        assert acc.take_line() is None
        acc.feed_eof()
        assert acc.take_line() == b"thr"
        assert acc.take_line() == acc.take_line() == b""

    def test_line_limit(self, acc):
        acc.feed(b"abcd\n")
        with pytest.raises(LimitOverrunError):
            acc.take_line(max_frame=3)
        assert acc.take_line(max_frame=4) == b"abcd\n"
        with pytest.raises(ValueError, match="max_frame"):
            acc.take_line(max_frame=-1)


class TestFrames:
    def test_frames_before_a_bad_one_come_first(self, acc):
        acc.feed(b"\1a\1b\xffmuch")
        framer = LengthPrefix(1, max_frame=9)
        assert acc.frames(framer) == [b"a", b"b"]
        for _ in range(3):
            with pytest.raises(FrameTooLargeError):
                acc.frames(framer)
        assert acc.peek() == b"\xffmuch"

    def test_another_framer_may_go_on(self, acc):
        acc.feed(b"3:abc,\1z1\n2\n")
        assert acc.frames(Netstring(max_frame=3)) == [b"abc"]
        assert acc.take(1) == b"\1"
        assert acc.frames(Lines()) == [b"z1", b"2"]

    def test_an_equal_framer_is_the_same(self, acc):
        for byte in b"abc\n":
            acc.feed(bytes([byte]))
            found = acc.frames(Delimiter(b"\n"))
        assert found == [b"abc"]

    def test_the_end_between_frames_is_clean(self, acc):
        acc.feed(b"\1a")
        acc.feed_eof()
        assert acc.frames(LengthPrefix(1)) == [b"a"]
        assert acc.frames(LengthPrefix(1)) == []
        assert acc.frame_offsets(LengthPrefix(1))[1] == b""

    @pytest.mark.parametrize(
        ("framer", "data", "expected"),
        [
            (LengthPrefix(4), b"\0\0", None),
            (LengthPrefix(2), b"\0\5ab", 7),
            (FixedSize(3), b"ab", 3),
            (Varint(), b"\x80", None),
            (Varint(), b"\x05ab", 6),
            (Netstring(), b"12", None),
            (Netstring(), b"3:ab", 6),
            (Delimiter(b"\r\n"), b"ab\r", None),
        ],
        ids=repr,
    )
    def test_the_end_inside_a_frame(self, acc, framer, data, expected):
        acc.feed(data)
        assert acc.frames(framer) == []
        acc.feed_eof()
        for _ in range(2):
            with pytest.raises(IncompleteReadError) as caught:
                acc.frames(framer)
            assert (caught.value.partial, caught.value.expected) == (data, expected)
        assert acc.skip_frame(framer)
        assert acc.frames(framer) == []

    def test_offsets(self, acc):
        acc.feed(b"\1a\0\3xyz\2b")
        view, offsets = acc.frame_offsets(LengthPrefix(1))
        pairs = array("q", offsets)
        assert [bytes(view[a:b]) for a, b in zip(pairs[::2], pairs[1::2], strict=True)] == [
            b"a",
            b"",
            b"xyz",
        ]
        assert bytes(view) == b"\1a\0\3xyz"
        assert type(offsets) is bytes
        assert acc.take() == b"\2b"
        assert acc.frame_offsets(LengthPrefix(1)) == (b"", b"")

    def test_many_offsets(self, acc):
        acc.feed(b"ab\n" * 5000)
        view, offsets = acc.frame_offsets(Lines())
        assert list(array("q", offsets)) == [n for i in range(5000) for n in (3 * i, 3 * i + 2)]
        assert len(view) == 15000

    def test_offsets_before_a_bad_frame_come_first(self, acc):
        acc.feed(b"ab\nabcdef\n")
        assert list(array("q", acc.frame_offsets(Lines(max_frame=3))[1])) == [0, 2]
        with pytest.raises(LimitOverrunError):
            acc.frame_offsets(Lines(max_frame=3))


class TestSkipFrame:
    def test_nothing_to_skip(self, acc):
        assert not acc.skip_frame(LengthPrefix(2))
        acc.feed(b"\0")
        assert not acc.skip_frame(LengthPrefix(2))
        assert acc.peek() == b"\0"

    def test_a_whole_frame(self, acc):
        acc.feed(b"\1a\1b")
        assert acc.skip_frame(LengthPrefix(1))
        assert acc.frames(LengthPrefix(1)) == [b"b"]

    def test_what_is_still_to_come(self, acc):
        framer = LengthPrefix(2, max_frame=10)
        acc.feed(b"\xff\xff" + bytes(10))
        assert acc.skip_frame(framer)
        assert len(acc) == 0
        for _ in range(65525 // 1000):
            acc.feed(bytes(1000))
            assert len(acc) == 0
            assert acc.frames(framer) == []
            assert acc.take(1) is None
        acc.feed(bytes(525) + b"\0\2ok")
        assert acc.frames(framer) == [b"ok"]

    def test_a_frame_that_would_be_allowed(self, acc):
        acc.feed(b"\5ab")
        assert acc.skip_frame(LengthPrefix(1))
        acc.feed(b"cde\1x")
        assert acc.frames(LengthPrefix(1)) == [b"x"]

    def test_one_that_nobody_could_send(self, acc):
        acc.feed(b"\xff" * 8)
        assert acc.skip_frame(LengthPrefix(8))
        acc.feed(b"more")
        assert len(acc) == 0
        acc.clear()
        acc.feed(bytes(8))
        assert acc.frames(LengthPrefix(8)) == [b""]

    @pytest.mark.parametrize("separator", [b"\n", b"\r\n", (b"\r\n", b"--")])
    @pytest.mark.parametrize("there", [False, True])
    def test_up_to_the_delimiter(self, acc, separator, there):
        framer = Delimiter(separator, max_frame=3)
        acc.feed(b"ok\r\n")
        assert acc.frames(framer)
        rest = b"much too long-\r\nok\r\n"
        start = len(rest) if there else 8
        acc.feed(rest[:start])
        with pytest.raises(LimitOverrunError):
            acc.frames(framer)
        assert acc.skip_frame(framer)
        for byte in rest[start:]:
            acc.feed(bytes([byte]))
        assert acc.frames(framer)[0].startswith(b"ok")
        assert len(acc) == 0

    def test_a_skipped_frame_takes_no_room(self, stream):
        acc = stream.RecvAccumulator(max_size=1000)
        framer = Delimiter(b"\r\n")
        acc.feed(bytes(1000))
        with pytest.raises(LimitOverrunError):
            acc.frames(framer)
        assert acc.skip_frame(framer)
        for _ in range(100):
            acc.feed(bytes(900) + b"\r")
        assert len(acc) == 0
        assert acc.take() == acc.peek() == b""
        acc.feed(b"\nok\r\n")
        assert acc.frames(framer) == [b"ok"]

    def test_the_end_in_a_skipped_frame_is_clean(self, acc):
        acc.feed(b"abcdef")
        assert acc.skip_frame(Delimiter(b"\r\n"))
        acc.feed(b"\r")
        acc.feed_eof()
        assert acc.frames(Delimiter(b"\r\n")) == []
        assert acc.take_line() == b""

    def test_fixed_and_varint(self, acc):
        acc.feed(b"ab")
        assert acc.skip_frame(FixedSize(3))
        acc.feed(b"c\x04abcd\x01z")
        framer = Varint(max_frame=2)
        with pytest.raises(FrameTooLargeError):
            acc.frames(framer)
        assert acc.skip_frame(framer)
        assert acc.frames(framer) == [b"z"]


class TestLimits:
    def test_max_size_is_hard(self, stream):
        acc = stream.RecvAccumulator(max_size=10)
        acc.feed(b"12345678")
        with pytest.raises(LimitOverrunError, match="no room") as caught:
            acc.feed(b"abc")
        assert caught.value.consumed == 8
        assert len(acc) == 8
        acc.feed(b"ab")
        for call in (acc.get_buffer, lambda: acc.feed(b"c")):
            with pytest.raises(LimitOverrunError):
                call()
        acc.feed(b"")
        assert acc.take(4) == b"1234"
        assert len(acc.get_buffer()) == 4
        acc.feed(b"cdef")
        assert acc.take() == b"5678abcdef"

    @pytest.mark.parametrize("max_size", [1, 2, 3, 100, 65535, 65536, 65537, 200_000])
    def test_all_of_it_can_be_used_again_and_again(self, stream, max_size):
        acc = stream.RecvAccumulator(max_size)
        sent, got = bytearray(), bytearray()
        for turn in range(40):
            piece = bytes([turn]) * min(max_size - len(acc), 1 + turn * max_size // 20)
            acc.feed(piece)
            sent += piece
            assert len(acc.get_buffer()) <= max_size - len(acc) if len(acc) < max_size else True
            got += acc.take(len(acc) - len(acc) // 3)
        got += acc.take()
        assert got == sent

    @pytest.mark.parametrize("wrong", [0, -1])
    def test_bad_sizes(self, stream, wrong):
        with pytest.raises(ValueError, match="max_size"):
            stream.RecvAccumulator(wrong)
        with pytest.raises(TypeError):
            stream.RecvAccumulator("1")
        for huge in (1 << 70, sys.maxsize, sys.maxsize // 4 + 1):
            with pytest.raises(OverflowError):
                stream.RecvAccumulator(huge)

    @pytest.mark.parametrize("name", ["take", "peek", "get_buffer", "buffer_updated"])
    @pytest.mark.parametrize("number", [1 << 70, -1 << 70])
    def test_numbers_that_no_memory_has(self, stream, name, number):
        acc = stream.RecvAccumulator()
        acc.feed(b"abc")
        with pytest.raises(OverflowError, match="too large"):
            getattr(acc, name)(number)
        with pytest.raises(OverflowError, match="too large"):
            stream.RecvAccumulator(number)
        assert acc.take() == b"abc"

    @pytest.mark.skipif(sys.maxsize < 1 << 32, reason="this processor has that much memory")
    def test_no_memory_for_a_hint_is_no_lasting_harm(self, stream):
        acc = stream.RecvAccumulator(sys.maxsize // 4)
        acc.feed(b"abc")
        with pytest.raises(MemoryError):
            acc.get_buffer(sys.maxsize // 4)
        acc.feed(b"def")
        assert acc.take() == b"abcdef"
        with pytest.raises(MemoryError):
            acc.get_buffer(sys.maxsize // 4)
        assert len(acc.get_buffer()) < 1 << 20

    def test_growth_follows_the_data(self, acc):
        tracemalloc = pytest.importorskip("tracemalloc")
        tracemalloc.start()
        try:
            piece = bytes(1000)
            for _ in range(3000):
                acc.feed(piece)
            held, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(acc) == 3_000_000
        assert held < 10_000_000
        assert peak < 14_000_000

    def test_idle_accumulators_cost_next_to_nothing(self, stream):
        tracemalloc = pytest.importorskip("tracemalloc")
        tracemalloc.start()
        try:
            idle = []
            framer = LengthPrefix(2)
            for _ in range(10_000):
                acc = stream.RecvAccumulator()
                acc.feed(b"\0\2hi")
                assert acc.frames(framer) == [b"hi"]
                idle.append(acc)
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held < 10_000 * 700  # not one of them keeps a block of 64 KiB


class TestInPlace:
    def test_room_is_lent(self, acc):
        for turn in range(50):
            buffer = acc.get_buffer()
            assert type(buffer) is memoryview
            assert not buffer.readonly
            assert len(buffer) > 0
            buffer[:5] = b"%05d" % turn
            acc.buffer_updated(5)
            assert acc.take(5) == b"%05d" % turn

    def test_hint(self, acc):
        assert len(acc.get_buffer(300_000)) >= 300_000
        assert len(acc.get_buffer(0)) > 0
        assert len(acc.get_buffer(min(1 << 40, sys.maxsize))) == 1 << 24

    def test_more_than_was_lent(self, stream):
        acc = stream.RecvAccumulator(max_size=100)
        with pytest.raises(ValueError, match="between 0 and 0"):
            acc.buffer_updated(1)
        acc.get_buffer()
        for wrong in (101, -1):
            with pytest.raises(ValueError, match="between 0 and 100"):
                acc.buffer_updated(wrong)
        acc.buffer_updated(100)
        with pytest.raises(ValueError, match="between 0 and 0"):
            acc.buffer_updated(1)

    def test_reading_while_room_is_lent(self, acc):
        acc.feed(b"abc")
        buffer = acc.get_buffer()
        assert acc.take() == b"abc"
        buffer[:3] = b"def"
        acc.buffer_updated(3)
        assert acc.take() == b"def"

    def test_bytes_by_another_way_end_the_loan(self, acc):
        buffer = acc.get_buffer()
        acc.feed(b"abc")
        with pytest.raises(ValueError):
            acc.buffer_updated(1)
        assert acc.take() == b"abc"
        buffer.release()

    def test_no_bytes_are_no_end(self, acc):
        acc.get_buffer()
        acc.buffer_updated(0)
        assert not acc.eof


class TestFeed:
    @pytest.mark.parametrize(
        "data", [b"abcd", bytearray(b"abcd"), memoryview(b"abcd"), array("H", [25185, 25699])]
    )
    def test_any_buffer(self, acc, data):
        acc.feed(data)
        assert acc.take() == bytes(data)

    def test_buffers_in_pieces(self, acc):
        with pytest.raises(BufferError):
            acc.feed(memoryview(b"abcd")[::2])

    @pytest.mark.parametrize("wrong", ["abc", None, 3, [1, 2]])
    def test_no_buffers(self, acc, wrong):
        with pytest.raises(TypeError):
            acc.feed(wrong)
        acc.feed(b"ok")
        assert acc.take() == b"ok"

    def test_its_own_views(self, acc):
        acc.feed(b"abc" * 1000)
        for _ in range(6):
            acc.feed(acc.peek(view=True))
        assert acc.take() == b"abc" * 64000

    def test_after_the_end(self, acc):
        acc.feed_eof()
        assert acc.eof
        for call in (lambda: acc.feed(b"a"), acc.get_buffer):
            with pytest.raises(RuntimeError, match="after the end"):
                call()

    def test_large_pieces(self, acc):
        acc.feed(b"a")
        acc.feed(b"b" * 5_000_000)
        assert acc.take() == b"a" + b"b" * 5_000_000


class TestDrip:
    """A byte at a time: what was searched once must not be searched again, nor copied.

    If it were, these would run for minutes.
    """

    SIZE = 150_000

    @pytest.mark.parametrize(
        "framer",
        [
            Delimiter(b"\r\n\r\n"),
            Delimiter((b"\n\n", b"aab", b"|")),
            Lines(),
            LengthPrefix(4),
            Netstring(),
        ],
        ids=repr,
    )
    def test_frames(self, acc, framer):
        head = (
            (self.SIZE).to_bytes(4)
            if isinstance(framer, LengthPrefix)
            else b"%d:" % self.SIZE
            if isinstance(framer, Netstring)
            else b""
        )
        acc.feed(head)
        for _ in range(self.SIZE - 1):
            acc.feed(b"a")
            assert not acc.frames(framer)
        acc.feed({LengthPrefix: b"z", Netstring: b"z,"}.get(type(framer), b"z|\n\n\r\n\r\n"))
        assert acc.frames(framer)[0].startswith(b"aaa")

    def test_take_until(self, acc):
        for _ in range(self.SIZE):
            acc.feed(b"a")
            assert acc.take_until(b"ab") is None
        acc.feed(b"b")
        assert len(acc.take_until(b"ab")) == self.SIZE + 1

    def test_many_frames_one_at_a_time(self, acc):
        acc.feed(b"ab\n" * 100_000)
        lines = 0
        while acc.take_line():
            lines += 1
        assert lines == 100_000
        acc.feed(b"ab|" * 50_000)
        while acc.take_until((b"|", b"-----")):
            lines += 1
        assert lines == 150_000


class TestErrors:
    def test_asyncio_handlers_catch_them(self):
        error = IncompleteReadError(b"ab", 3)
        assert isinstance(error, asyncio.IncompleteReadError)
        assert isinstance(error, EOFError)
        assert str(error) == str(asyncio.IncompleteReadError(b"ab", 3))
        assert str(IncompleteReadError(b"", None)) == str(asyncio.IncompleteReadError(b"", None))
        error = LimitOverrunError("text", 5)
        assert isinstance(error, asyncio.LimitOverrunError)
        assert isinstance(error, ValueError)
        assert (str(error), error.consumed) == ("text", 5)

    def test_bases(self):
        assert issubclass(FrameTooLargeError, FrameError)
        assert issubclass(FrameError, ValueError)

    @pytest.mark.parametrize(
        "error",
        [IncompleteReadError(b"ab", 3), LimitOverrunError("text", 5), FrameTooLargeError(5, 4)],
        ids=lambda error: type(error).__name__,
    )
    def test_pickle(self, error):
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(again) is type(error)
            assert vars(again) == vars(error)
            assert str(again) == str(error)

    def test_asyncio_is_not_imported_for_them(self):
        code = (
            "import sys, fastsock\n"
            "try:\n"
            "    acc = fastsock.RecvAccumulator(); acc.feed_eof(); acc.take(1)\n"
            "except fastsock.IncompleteReadError as error:\n"
            "    assert type(error) is fastsock.IncompleteReadError\n"
            "assert 'asyncio' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


class TestObject:
    def test_defaults(self, acc):
        assert len(acc) == 0
        assert not acc
        assert acc.eof is False
        assert repr(acc) == "<RecvAccumulator unread=0 max_size=16777216 eof=False>"

    def test_clear(self, acc):
        acc.feed(b"abc")
        acc.clear()
        assert len(acc) == 0
        acc.feed(b"d")
        assert acc.take() == b"d"

    def test_does_not_pickle(self, acc):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="cannot pickle 'RecvAccumulator' object"):
                pickle.dumps(acc, protocol)
        with pytest.raises(TypeError):
            copy.copy(acc)

    def test_is_final(self, stream):
        with pytest.raises(TypeError, match="not an acceptable base type"):
            type("Mine", (stream.RecvAccumulator,), {})

    def test_has_no_other_attributes(self, acc):
        with pytest.raises(AttributeError):
            acc.another = 1
        with pytest.raises(AttributeError):
            acc.eof = True

    def test_weak_references(self, acc):
        assert weakref.ref(acc)() is acc

    def test_signatures_are_those_of_the_pure_twin(self, stream):
        from fastsock.stream._py.accumulator import RecvAccumulator

        def plain(function):
            parameters = inspect.signature(function).parameters.values()
            return [(p.name, p.kind, p.default) for p in parameters]

        assert plain(stream.RecvAccumulator) == plain(RecvAccumulator)
        mine, theirs = stream.RecvAccumulator(), RecvAccumulator()
        names = [name for name in dir(theirs) if not name.startswith("_")]
        assert names == [name for name in dir(mine) if not name.startswith("_")]
        for name in names:
            assert inspect.getdoc(getattr(type(mine), name)) == inspect.getdoc(
                getattr(RecvAccumulator, name)
            )
            if callable(getattr(theirs, name)):
                assert plain(getattr(mine, name)) == plain(getattr(theirs, name))

    def test_public_path(self):
        assert fastsock.RecvAccumulator.__module__ == "fastsock.stream"


class TestOneCallAtATime:
    def test_a_call_from_inside_a_call(self, acc):
        class Odd:
            def recv_into(self, buffer):
                calls = (
                    acc.take,
                    acc.peek,
                    acc.clear,
                    acc.take_line,
                    acc.feed_eof,
                    acc.get_buffer,
                    lambda: acc.feed(b"a"),
                    lambda: acc.fill(self),
                    lambda: acc.buffer_updated(0),
                    lambda: acc.frames(Lines()),
                    lambda: acc.frame_offsets(Lines()),
                    lambda: acc.skip_frame(Lines()),
                    lambda: acc.take_until(b"a"),
                )
                for call in calls:
                    with pytest.raises(RuntimeError, match="in use"):
                        call()
                assert len(acc) == 2  # harmless
                assert not acc.eof
                buffer[:3] = b"abc"
                return 3

        acc.feed(b"12")
        assert acc.fill(Odd()) == 3
        assert acc.take() == b"12abc"

    def test_threads(self, stream):
        acc = stream.RecvAccumulator()
        framer = LengthPrefix(2)
        sent, refused = [0] * 4, [0] * 4
        got = []
        start = threading.Barrier(5)
        stop = threading.Event()

        def write(number):
            start.wait()
            while sent[number] < 500:
                try:
                    acc.feed(b"\0\3%03d" % sent[number])
                    sent[number] += 1
                except RuntimeError:
                    refused[number] += 1

        def read():
            start.wait()
            while not stop.is_set() or len(acc):
                with contextlib.suppress(RuntimeError):
                    got.extend(acc.frames(framer))

        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        reader = threading.Thread(target=read)
        for thread in (*threads, reader):
            thread.start()
        for thread in threads:
            thread.join()
        stop.set()
        reader.join()
        assert sorted(got) == sorted(b"%03d" % n for n in range(500) for _ in range(4))


class TestSurplus:
    """Bytes beyond `max_size` count as not received yet."""

    @pytest.fixture
    def full(self, stream):
        """An accumulator that is full, and has "89" aside."""
        acc = stream.RecvAccumulator(max_size=8)
        acc.get_buffer(surplus=2)[:10] = b"0123456789"
        acc.buffer_updated(10)
        return acc

    def test_len_and_eof_do_not_know_of_them(self, full):
        full.feed_eof()
        assert (len(full), full.surplus, full.eof) == (8, 2, False)
        assert full.peek() == b"01234567"
        assert full.take(1) == b"0"
        assert (len(full), full.eof, full.peek()) == (8, False, b"12345678")
        assert full.take(1) == b"1"
        assert (len(full), full.surplus, full.eof) == (8, 0, True)
        assert full.take() == b"23456789"

    def test_no_more_come_while_some_are_there(self, full):
        for surplus in (0, 1, 100):
            with pytest.raises(LimitOverrunError, match="8 bytes are unread, of at most 8"):
                full.get_buffer(surplus=surplus)
        with pytest.raises(LimitOverrunError, match="8 bytes are unread, of at most 8"):
            full.feed(b"a")
        full.take(2)
        with pytest.raises(LimitOverrunError):
            full.get_buffer()
        assert len(full.get_buffer(surplus=1)) == 1

    def test_the_end_does_not_come_before_them(self, full):
        full.feed_eof()
        lines = Lines()
        with pytest.raises(LimitOverrunError):
            full.take_line()
        with pytest.raises(LimitOverrunError):
            full.frames(lines)
        assert full.frames(FixedSize(5)) == [b"01234"]
        assert full.eof
        assert full.take_line() == b"56789"
        assert full.take_line() == b""

    def test_a_frame_larger_than_max_size_stays_one(self, full):
        with pytest.raises(FrameTooLargeError):
            full.take(9)
        with pytest.raises(FrameTooLargeError):
            full.frames(FixedSize(9))

    def test_delimiters_in_them_are_found_when_there_is_room(self, stream):
        for cut in range(9):
            acc = stream.RecvAccumulator(max_size=8)
            acc.get_buffer(surplus=2)[:10] = b"0123456\r\n9"
            acc.buffer_updated(10)
            with pytest.raises(LimitOverrunError):
                acc.frames(Delimiter(b"\r\n"))
            acc.take(cut)
            if cut == 0:
                continue
            frames = acc.frames(Delimiter(b"\r\n"))
            assert frames == ([b"0123456"[cut:]] if cut < 8 else []), cut

    def test_skipping_takes_them_too(self, stream):
        acc = stream.RecvAccumulator(max_size=8)
        acc.get_buffer(surplus=3)[:11] = b"\x09abcdefghi\x00"
        acc.buffer_updated(11)
        framer = LengthPrefix(1, max_frame=4)
        assert acc.skip_frame(framer)
        assert acc.frames(framer) == [b""]

    def test_clear_takes_them_too(self, full):
        full.clear()
        assert len(full) == 0
        assert len(full.get_buffer()) == 8

    def test_fill(self, stream):
        here, there = socket.socketpair()
        with here, there:
            acc = stream.RecvAccumulator(max_size=4)
            there.sendall(b"abcdef")
            assert acc.fill(here) == 4
            with pytest.raises(LimitOverrunError):
                acc.fill(here)
            assert acc.fill(here, surplus=1) == 1
            with pytest.raises(LimitOverrunError):
                acc.fill(here, surplus=1)
            assert (acc.take(), len(acc)) == (b"abcd", 1)
            there.close()
            assert acc.fill(here, surplus=1) == 1
            assert acc.fill(here, surplus=3) == 0
            assert (acc.eof, acc.take()) == (True, b"ef")

    def test_the_end_of_a_full_one(self, stream):
        here, there = socket.socketpair()
        with here, there:
            acc = stream.RecvAccumulator(max_size=4)
            there.sendall(b"abcd")
            there.close()
            acc.fill(here)
            assert acc.fill(here, surplus=1) == 0
            assert (acc.eof, acc.take()) == (True, b"abcd")

    def test_fill_of_a_full_one_that_has_ended(self, full):
        full.feed_eof()
        with pytest.raises(LimitOverrunError):
            full.fill(object(), surplus=100)
        full.take(2)
        assert full.fill(object()) == 0

    @pytest.mark.parametrize("method", ["fill", "get_buffer"])
    def test_bad_ones(self, acc, method):
        call = partial(getattr(acc, method), *([object()] if method == "fill" else []))
        with pytest.raises(ValueError, match="surplus must not be negative, not -1"):
            call(surplus=-1)
        with pytest.raises(OverflowError):
            call(surplus=1 << 80)
        with pytest.raises(TypeError):
            call(surplus=None)

    def test_the_largest_one_needs_no_memory(self, acc):
        assert len(acc.get_buffer(surplus=sys.maxsize)) == 1 << 16


COLLECTED = Path(__file__).parents[1] / "isolated" / "collected.py"


def test_use_while_the_collector_clears_a_cycle(twin, run_python):
    process = run_python(str(COLLECTED), twin.tag)
    assert (process.returncode, process.stderr) == (0, "")
    # Free-threaded, `gc.get_objects` leaves out what is being collected.
    assert int(process.stdout) > 0 or sysconfig.get_config_var("Py_GIL_DISABLED")


class TestMemory:
    def test_unread_bytes_that_overlap_their_new_place(self, stream):
        """Moved within a block they would be copied over themselves."""
        data = bytes(range(256)) * 400
        for taken in (1, 100, 30_000, 32_767, 32_768, 32_769, 50_000):
            acc = stream.RecvAccumulator()
            acc.feed(data[:65_000])
            assert acc.take(taken) == data[:taken]
            acc.feed(data[65_000:])
            assert acc.take() == data[taken:]

    def test_the_appetite_grows_and_shrinks(self, stream):
        acc = stream.RecvAccumulator()
        assert len(acc.get_buffer()) == 1 << 16
        acc.feed(bytes(1 << 20))
        acc.clear()
        large = len(acc.get_buffer())
        assert large >= 1 << 20
        sizes = []
        for _ in range(12):
            acc.feed(b"a")
            acc.clear()
            sizes.append(len(acc.get_buffer()))
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[-1] == 1 << 16

    def test_the_appetite_stays_for_what_is_used(self, stream):
        acc = stream.RecvAccumulator()
        for _ in range(10):
            acc.feed(bytes(1 << 20))
            acc.clear()
            assert len(acc.get_buffer()) >= 1 << 20


def test_every_compiled_method_is_a_critical_section(compiled):
    """Threads without a GIL find the flag of a call at work only if one of them is first."""
    source = SOURCE / "stream" / "_c" / "accumulator.pyx"
    body = source.read_text().split("cdef class RecvAccumulator:")[1]
    methods = re.split(r"\n    (?=@cython|@property|def |cdef )", body)
    unlocked = set()
    for before, method in pairwise(methods):
        name = re.match(r"def (\w+)", method)
        decorated = before.strip().endswith("@cython.critical_section")
        if name and not decorated and "with cython.critical_section(self)" not in method:
            unlocked.add(name[1])
    assert unlocked == {"__cinit__", "__reduce__"}
