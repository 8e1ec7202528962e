"""Lengths in text: RFC 6587, RESP, HTTP chunks, pkt-lines; strict, and bounded before buffering."""

import pytest

from fastsock import LengthPrefix, Netstring, TextLength
from fastsock.errors import FrameError, FrameTooLargeError, IncompleteReadError

SYSLOG = TextLength(b" ")
RESP = TextLength(b"\r\n", prefix=b"$", trailer=b"\r\n")
CHUNKS = TextLength(b"\r\n", base=16, trailer=b"\r\n", zeros=True)
EXTENDED = TextLength(b"\r\n", base=16, trailer=b"\r\n", zeros=True, extensions=True)
PKT_LINE = TextLength(b"", base=16, digits=4, adjust=-4, strip=False, markers=3)


def drip(stream, framer, data, **options):
    """Frames and the first error, byte by byte: no bad byte may wait for others."""
    acc, frames = stream.RecvAccumulator(**options), []
    for place in range(len(data)):
        acc.feed(data[place : place + 1])
        try:
            frames += acc.frames(framer)
        except FrameError as error:
            return frames, (place, type(error))
    return frames, len(acc)


def whole(stream, framer, data, **options):
    acc, frames = stream.RecvAccumulator(**options), []
    acc.feed(data)
    try:
        while came := acc.frames(framer):
            frames += came
    except FrameError as error:
        return frames, type(error)
    return frames, len(acc)


@pytest.mark.parametrize(
    ("framer", "data", "frames", "rest"),
    [
        (SYSLOG, b"3 abc0 5 hello9 x", [b"abc", b"", b"hello"], 3),
        (RESP, b"$2\r\nhi\r\n$0\r\n\r\n$1\r\nx\r", [b"hi", b""], 6),
        (CHUNKS, b"1A\r\n" + bytes(26) + b"\r\n001\r\nx\r\n0\r\n\r\n", [bytes(26), b"x", b""], 0),
        (EXTENDED, b'2;a=b;c="d"\r\nhi\r\n1 \t;x\r\ny\r\n0\r\n\r\n', [b"hi", b"y", b""], 0),
        (
            PKT_LINE,
            b"0006a\n000000010002000Cwant one0004",
            [b"0006a\n", b"0000", b"0001", b"0002", b"000Cwant one", b"0004"],
            0,
        ),
        (TextLength(b":", trailer=b","), b"2:hi,0:,", [b"hi", b""], 0),
        (TextLength(b":", strip=False, trailer=b","), b"2:hi,0:,", [b"2:hi,", b"0:,"], 0),
        (TextLength(b" ", adjust=2), b"0 hi1 abc", [b"hi", b"abc"], 0),
    ],
)
def test_frames(stream, framer, data, frames, rest):
    assert whole(stream, framer, data) == drip(stream, framer, data) == (frames, rest)
    views, offsets = (acc := stream.RecvAccumulator()).feed(data) or acc.frame_offsets(framer)
    pairs = memoryview(offsets).cast("q").tolist()
    cut = zip(pairs[::2], pairs[1::2], strict=True)
    assert [bytes(views[start:end]) for start, end in cut] == frames


@pytest.mark.parametrize(
    ("framer", "data", "place"),
    [
        *[(SYSLOG, data, 0) for data in (b"+1 a", b"-1 a", b" 1 a", b"_1 a", b"a", b"\xb2 ab")],
        *[(SYSLOG, data, 1) for data in (b"1_0 a", b"1\0", b"1\n", b"01 a", b"1a", b"1\xb2 a")],
        (SYSLOG, b"1234567890123456789 ", 18),
        (TextLength(max_digits=2), b"100 ", 2),
        (RESP, b"*1\r\n", 0),
        (RESP, b"$-1\r\n", 1),
        (RESP, b"$1\n", 2),
        (RESP, b"$1\r\r", 3),
        (RESP, b"$\r\n", 1),
        (CHUNKS, b"1;a=b\r\n", 1),
        (CHUNKS, b"1 \r\n", 1),
        (CHUNKS, b"0x1\r\n", 1),
        (CHUNKS, b"g\r\n", 0),
        (CHUNKS, b"0" * 16, 15),
        (EXTENDED, b"1;a\nb\r\n", 3),
        (EXTENDED, b"1;a\x7f\r\n", 3),
        (EXTENDED, b"1;a\r;\n", 4),
        (EXTENDED, b"1 \r\n", 2),
        (EXTENDED, b"1 a;\r\n", 2),
        (EXTENDED, b"1;" + b"a" * 5000, 4097),
        (PKT_LINE, b"0003", 3),
        (PKT_LINE, b"00g0", 2),
        (PKT_LINE, b"+004", 0),
        (TextLength(b" ", adjust=-3), b"2 ", 1),
    ],
)
def test_bad_lengths_are_refused_at_their_first_byte(stream, framer, data, place):
    assert drip(stream, framer, data) == ([], (place, FrameError))
    assert whole(stream, framer, data) == ([], FrameError)
    acc = stream.RecvAccumulator()
    acc.feed(data)
    with pytest.raises(FrameError):
        acc.skip_frame(framer)
    assert acc.take() == data


def test_a_bad_trailer(stream):
    acc = stream.RecvAccumulator()
    acc.feed(b"$1\r\na\r\n$1\r\nabc")
    assert acc.frames(RESP) == [b"a"]
    with pytest.raises(FrameError, match="trailer"):
        acc.frames(RESP)


@pytest.mark.parametrize("options", [{}, {"max_size": 40}])
def test_limits_come_before_the_body(stream, options):
    framer = TextLength(b" ", max_frame=30)
    acc = stream.RecvAccumulator(**options)
    acc.feed(b"2 ok31 ")
    assert acc.frames(framer) == [b"ok"]
    with pytest.raises(FrameTooLargeError, match="a frame of 31 bytes, where 30 are allowed"):
        acc.frames(framer)
    assert acc.skip_frame(framer)
    acc.feed(bytes(20))
    acc.feed(bytes(11) + b"2 on")
    assert acc.frames(framer) == [b"on"]
    acc.feed(b"999999999999999999 ")
    with pytest.raises(FrameTooLargeError):
        acc.frames(TextLength(b" "))


def test_the_end_inside_a_frame(stream):
    for data, expected in ((b"5 hel", 7), (b"5", None)):
        acc = stream.RecvAccumulator()
        acc.feed(data)
        acc.feed_eof()
        with pytest.raises(IncompleteReadError) as caught:
            acc.frames(SYSLOG)
        assert (caught.value.partial, caught.value.expected) == (data, expected)


def test_netstrings_are_a_case_of_it(stream):
    data = b"2:hi,12:hello, world,0:,3:abc"
    of_its_own = TextLength(b":", trailer=b",")
    assert whole(stream, Netstring(), data) == whole(stream, of_its_own, data)


@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        ((b"",), {}, ValueError),
        ((b"1",), {}, ValueError),
        ((b"a",), {"base": 16}, ValueError),
        ((b"F",), {"base": 16}, ValueError),
        ((), {"base": 8}, ValueError),
        ((), {"max_digits": 19}, ValueError),
        ((), {"base": 16, "max_digits": 16}, ValueError),
        ((), {"digits": 0}, ValueError),
        ((), {"markers": -1}, ValueError),
        ((), {"adjust": 1 << 63}, ValueError),
        ((), {"extensions": True}, ValueError),
        ((";",), {}, TypeError),
        ((3,), {}, TypeError),
        ((b" ",), {"trailer": 3}, TypeError),
        ((b" ",), {"prefix": "$"}, TypeError),
        ((memoryview(b";;;;")[::2],), {}, BufferError),
    ],
)
def test_parameters_are_checked(arguments, options, error):
    with pytest.raises(error):
        TextLength(*arguments, **options)
    assert TextLength(b"a").end == b"a"


def test_a_search_of_another_framer_is_forgotten(stream):
    acc = stream.RecvAccumulator()
    acc.feed(b"5 he")
    assert acc.frames(SYSLOG) == []
    assert acc.frames(LengthPrefix(1)) == []
    acc.feed(b"llo")
    assert acc.frames(SYSLOG) == [b"hello"]
