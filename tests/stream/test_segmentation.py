"""What comes out never depends on how the bytes were cut on their way.

The oracles are `bytes.split`, `struct`, and readers that take one byte after another; and each
twin is the other's.
"""

import random
import re
import struct
from array import array
from itertools import combinations

import pytest
from hypothesis import given, settings, strategies as st

from fastsock import Delimiter, FixedSize, LengthPrefix, Lines, Netstring, TextLength, Varint
from fastsock.errors import FrameError, IncompleteReadError, LimitOverrunError
from fastsock.stream._py.accumulator import RecvAccumulator as Pure

BODIES = [b"", b"a", b"\r", b"bc\r\n", b"\n\n", b"12345678"]


def split(separator):
    def oracle(data):
        *frames, rest = data.split(separator)
        return frames, rest

    return oracle


def split_lines(data):
    *frames, rest = data.split(b"\n")
    return [frame.removesuffix(b"\r") for frame in frames], rest


def cut_prefixed(data):
    frames = []
    while len(data) >= 2:
        (size,) = struct.unpack_from(">H", data)
        if len(data) < 2 + size:
            break
        frames.append(data[2 : 2 + size])
        data = data[2 + size :]
    return frames, data


def cut_fixed(data):
    whole = len(data) // 3 * 3
    return [data[i : i + 3] for i in range(0, whole, 3)], data[whole:]


def cut_varints(data):
    frames = []
    while True:
        ends = [place for place, byte in enumerate(data, 1) if byte < 128]
        if not ends:
            return frames, data
        head = ends[0]
        size = sum((byte % 128) * 128**digit for digit, byte in enumerate(data[:head]))
        if len(data) < head + size:
            return frames, data
        frames.append(data[head : head + size])
        data = data[head + size :]


def cut_netstrings(data):
    frames = []
    while match := re.match(rb"([0-9]+):", data):
        start = match.end()
        end = start + int(match[1])
        if len(data) <= end:
            break
        assert data[end : end + 1] == b","
        frames.append(data[start:end])
        data = data[end + 1 :]
    return frames, data


def cut_by_text(head, base, count, trailer):
    """A header by its pattern, whose first group is the length; `count` digits count themselves."""

    def oracle(data):
        frames = []
        while match := re.match(head, data):
            start = match.end()
            end = start + max(int(match[1], base) - count, 0)
            if len(data) < end + len(trailer):
                break
            assert data[end : end + len(trailer)] == trailer
            frames.append(data[start:end])
            data = data[end + len(trailer) :]
        return frames, data

    return oracle


RESP = TextLength(b"\r\n", prefix=b"$", trailer=b"\r\n")
CHUNKS = TextLength(b"\r\n", base=16, trailer=b"\r\n", zeros=True, extensions=True)
PKT_LINES = TextLength(b"", base=16, digits=4, adjust=-4, markers=3)

PREFIXED = b"".join(struct.pack(">H", len(body)) + body for body in BODIES)
STREAMS = [
    (LengthPrefix(2), PREFIXED + b"\0", cut_prefixed),
    (LengthPrefix(2), PREFIXED + b"\0\5abcd", cut_prefixed),
    (Delimiter(b"\n"), b"\n".join(BODIES), split(b"\n")),
    (Delimiter(b"\r\n"), b"\r\n".join(BODIES) + b"\r", split(b"\r\n")),
    (Delimiter(b"aab"), b"xaaabaabaaaabyaa", split(b"aab")),
    (Delimiter(b"aa"), b"xaaayaaaaazaaaa", split(b"aa")),
    (Delimiter(b"abab"), b"xabababyabababababaz", split(b"abab")),
    (Delimiter((b"\n", b"\r\n")), b"one\r\ntwo\n\r\n\rthree\n", split_lines),
    (Lines(), b"one\r\ntwo\n\r\n\rthree\nfo", split_lines),
    (Lines(b"\r\n"), b"one\r\ntwo\n\r\n\rthree\nfo", split(b"\r\n")),
    (FixedSize(3), b"abcdefghijk", cut_fixed),
    (Varint(), b"\1a\x80\0\2bc\x83\x80\0xyz\x80", cut_varints),
    (Varint(), b"\x80\x01" + bytes(128) + b"\0\xac\x02" + bytes(299), cut_varints),
    (Netstring(), b"0:,3:a,b,1::,12:123456789012,4:ab", cut_netstrings),
    (Netstring(), b"3:1:a,10:0123456789,", cut_netstrings),
    # Their ends are such that the stream can be repeated: what follows completes a frame.
    (TextLength(), b"0 3 a 10 0 12 0123456789ab3 a", cut_by_text(rb"([0-9]+) ", 10, 0, b"")),
    (
        RESP,
        b"$0\r\n\r\n$2\r\n\r\n\r\n$11\r\n$3\r\nabc\r\n!!\r\n$5\r\nx",
        cut_by_text(rb"\$([0-9]+)\r\n", 10, 0, b"\r\n"),
    ),
    (
        CHUNKS,
        b"0\r\n\r\n00c ;x=1;y\r\n0123456789ab\r\nA;b\r\n\r\n\r\n\r\n\r\n\r\n\r\n4;\r\nx",
        cut_by_text(rb"([0-9a-fA-F]+)(?: *;[^\r]*)?\r\n", 16, 0, b"\r\n"),
    ),
    (
        PKT_LINES,
        b"00040008want000000010002000dhave 00000009x",
        cut_by_text(rb"([0-9a-fA-F]{4})", 16, 4, b""),
    ),
    (Delimiter(b";", last=True), b"one;;two;thr", split(b";")),
]


def pieces_of(data, cuts):
    return [data[a:b] for a, b in zip((0, *cuts), (*cuts, len(data)), strict=True)]


def run(acc, framer, pieces):
    """The frames and the rest, taken whenever a piece has come."""
    frames = []
    for piece in pieces:
        acc.feed(piece)
        frames += acc.frames(framer)
    return frames, acc.take()


@pytest.fixture(params=STREAMS, ids=lambda case: repr(case[0]))
def case(request):
    framer, data, oracle = request.param
    return framer, data, oracle(data)


def test_whole(stream, case):
    framer, data, expected = case
    assert run(stream.RecvAccumulator(), framer, [data]) == expected


def test_drip(stream, case):
    framer, data, expected = case
    assert run(stream.RecvAccumulator(), framer, pieces_of(data, range(1, len(data)))) == expected


@pytest.mark.parametrize("count", [1, 2])
def test_every_cut(stream, case, count):
    framer, data, expected = case
    places = list(range(len(data) + 1))
    if len(data) > 100 and count > 1:  # a hundred thousand pairs would say no more
        places = places[:20] + places[20:-20:10] + places[-20:]
    for cuts in combinations(places, count):
        assert run(stream.RecvAccumulator(), framer, pieces_of(data, cuts)) == expected


def test_every_cut_with_views_and_offsets(stream, case):
    framer, data, (frames, _) = case
    for cut in range(len(data) + 1):
        viewed, sliced = stream.RecvAccumulator(), stream.RecvAccumulator()
        views, slices = [], []
        for piece in pieces_of(data, [cut]):
            viewed.feed(piece)
            views += viewed.frames(framer, views=True)
            sliced.feed(piece)
            view, offsets = sliced.frame_offsets(framer)
            pairs = array("q", offsets)
            slices += [view[a:b] for a, b in zip(pairs[::2], pairs[1::2], strict=True)]
        assert views == frames
        assert slices == frames


def test_random_cuts_of_a_long_stream(stream, case):
    framer, data, _ = case
    chance = random.Random(1)
    whole = data * 400
    expected = run(Pure(), framer, [whole])
    for _ in range(5):
        cuts = sorted(chance.sample(range(len(whole)), chance.choice([3, 50, 500])))
        assert run(stream.RecvAccumulator(), framer, pieces_of(whole, cuts)) == expected


@pytest.mark.parametrize("size", [65530, 65534, 65535, 65536, 65537, 131071])
@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\r\n--"])
def test_a_delimiter_at_the_end_of_a_block(stream, size, separator):
    data = b"x" * (size - len(separator)) + separator + b"next" + separator
    for cut in (size - len(separator), size - 1, size, size + 1):
        frames, rest = run(stream.RecvAccumulator(), Delimiter(separator), pieces_of(data, [cut]))
        assert [len(frame) for frame in frames] == [size - len(separator), 4]
        assert rest == b""


ALPHABET = st.binary(max_size=60) | st.lists(
    st.sampled_from([b"a", b"b", b"\n", b"\r\n", b"\r", b"\0", b"\1", b"\2", b"3:", b",", b"\xff"]),
    max_size=60,
).map(b"".join)
LIMITS = st.none() | st.integers(0, 12)
SEPARATORS = st.lists(st.sampled_from([b"a", b"b"]), min_size=1, max_size=4).map(b"".join)
FRAMERS = st.one_of(
    st.builds(
        LengthPrefix,
        st.integers(1, 8),
        byteorder=st.sampled_from(["big", "little"]),
        offset=st.integers(0, 3),
        adjust=st.integers(-9, 9) | st.sampled_from([-(1 << 62), 1 << 62]),
        strip=st.none() | st.integers(0, 12),
        max_frame=LIMITS,
        signed=st.booleans(),
    ),
    st.builds(
        Delimiter,
        SEPARATORS | st.lists(SEPARATORS, min_size=1, max_size=4).map(tuple),
        max_frame=LIMITS,
        keep=st.booleans(),
        last=st.booleans(),
    ),
    st.builds(
        Lines,
        st.sampled_from([None, b"\n", b"\r\n"]),
        max_frame=LIMITS,
        keep=st.booleans(),
        last=st.booleans(),
    ),
    st.builds(FixedSize, st.integers(1, 20)),
    st.builds(Varint, max_frame=LIMITS, keep=st.booleans()),
    st.builds(Netstring, max_frame=LIMITS),
    st.builds(
        TextLength,
        st.sampled_from([b"a", b"\n", b"\r\n", b":"]),
        max_digits=st.none() | st.integers(1, 3),
        trailer=st.sampled_from([b"", b",", b"\r\n"]),
        adjust=st.integers(-3, 3),
        digits=st.none() | st.integers(1, 3),
        strip=st.booleans(),
        prefix=st.sampled_from([b"", b"a"]),
        zeros=st.booleans(),
        extensions=st.booleans(),
        markers=st.integers(0, 3),
        max_frame=LIMITS,
    ),
    st.sampled_from([RESP, CHUNKS, PKT_LINES]),
)
ERRORS = (FrameError, LimitOverrunError, IncompleteReadError)


def outcome(call, *arguments):
    """What a call returns or raises, comparable between twins."""
    try:
        return call(*arguments)
    except (*ERRORS, RuntimeError) as error:
        return type(error).__name__, str(error), vars(error)


def pick(frames, offsets):
    view, pairs = frames, array("q", offsets)
    return [bytes(view[a:b]) for a, b in zip(pairs[::2], pairs[1::2], strict=True)]


OPERATIONS = st.one_of(
    st.tuples(st.just("feed"), ALPHABET),
    st.tuples(st.just("frames"), FRAMERS),
    st.tuples(st.just("offsets"), FRAMERS),
    st.tuples(st.just("skip_frame"), FRAMERS),
    st.tuples(st.just("take"), st.integers(-1, 30)),
    st.tuples(st.just("peek"), st.integers(-1, 30)),
    st.tuples(st.just("take_until"), SEPARATORS),
    st.tuples(st.just("take_line"), LIMITS),
    st.tuples(st.just("write"), st.binary(max_size=9)),
    st.tuples(st.just("feed_eof"), st.none()),
    st.tuples(st.just("clear"), st.none()),
)


def perform(acc, name, argument):
    match name:
        case "offsets":
            return pick(*acc.frame_offsets(argument))
        case "take_line":
            return acc.take_line(max_frame=argument)
        case "write":
            buffer = acc.get_buffer()
            written = min(len(buffer), len(argument))
            buffer[:written] = argument[:written]
            acc.buffer_updated(written)
            return len(buffer) > 0
        case "feed_eof" | "clear":
            return getattr(acc, name)()
        case _:
            return getattr(acc, name)(argument)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([1, 5, 16, 40, 1 << 24]), st.lists(OPERATIONS, max_size=30))
def test_the_twins_agree_on_anything(streams, max_size, operations):
    pure, *others = Pure(max_size), *[stream.RecvAccumulator(max_size) for stream in streams]
    for name, argument in operations:
        expected = outcome(perform, pure, name, argument)
        for other in others:
            assert outcome(perform, other, name, argument) == expected
            assert len(other) == len(pure)
            assert other.eof == pure.eof
    rest = pure.take()
    assert [other.take() for other in others] == [rest] * len(others)


def until_stuck(acc, framer):
    """All frames, up to the first error, which is returned with them."""
    frames = []
    while True:
        try:
            more = acc.frames(framer)
        except ERRORS as error:
            return frames, (type(error), vars(error))
        if not more:
            return frames, None
        frames += more


@settings(max_examples=400, deadline=None)
@given(
    FRAMERS, ALPHABET, st.lists(st.integers(0, 60), max_size=6), st.sampled_from([7, 16, 1 << 24])
)
def test_any_cut_gives_the_same_frames_and_the_same_error(streams, framer, data, cuts, max_size):
    data = data[:max_size]
    pieces = pieces_of(data, sorted(min(cut, len(data)) for cut in cuts))
    outcomes = []
    for stream in streams:
        for parts in ([data], pieces, pieces_of(data, range(1, len(data)))):
            acc = stream.RecvAccumulator(max_size)
            frames, error = [], None
            for part in parts:
                try:
                    acc.feed(part)
                except LimitOverrunError:  # an error was met, so nothing makes room any more
                    assert error is not None
                more, error = until_stuck(acc, framer)
                frames += more
            acc.feed_eof()
            more, error = until_stuck(acc, framer)
            outcomes.append((frames + more, error))
    # At the end of the stream an error carries all the bytes that are there.
    assert outcomes.count(outcomes[0]) == len(outcomes)


@settings(max_examples=300, deadline=None)
@given(FRAMERS, ALPHABET, st.lists(st.integers(0, 60), max_size=6))
def test_skipping_does_not_depend_on_cuts_either(streams, framer, data, cuts):
    """Frames that are refused are skipped; what follows is found however it comes."""
    pieces = pieces_of(data, sorted(min(cut, len(data)) for cut in cuts))
    outcomes = []
    for stream in streams:
        for parts in ([data], pieces, pieces_of(data, range(1, len(data)))):
            acc = stream.RecvAccumulator()
            frames, corrupt = [], False
            for part in parts:
                acc.feed(part)
                while not corrupt:
                    more, error = until_stuck(acc, framer)
                    frames += more
                    if error is None:
                        break
                    try:
                        assert acc.skip_frame(framer)
                    except FrameError:
                        corrupt = True
            outcomes.append((frames, corrupt))
    assert outcomes.count(outcomes[0]) == len(outcomes)


@given(bodies=st.lists(st.binary(max_size=300)), cuts=st.lists(st.integers(0, 2000), max_size=6))
def test_counted_frames_as_they_were_made(streams, bodies, cuts):
    def varint(number):
        digits = []
        while number > 127:
            digits.append(number % 128 + 128)
            number //= 128
        return bytes([*digits, number])

    made = {
        Varint(): [varint(len(body)) + body for body in bodies],
        Varint(keep=True): [varint(len(body)) + body for body in bodies],
        Netstring(): [b"%d:%b," % (len(body), body) for body in bodies],
        TextLength(): [b"%d %b" % (len(body), body) for body in bodies],
        RESP: [b"$%d\r\n%b\r\n" % (len(body), body) for body in bodies],
        CHUNKS: [b"%x\r\n%b\r\n" % (len(body), body) for body in bodies],
        PKT_LINES: [b"%04x%b" % (len(body) + 4, body) for body in bodies],
    }
    for framer, frames in made.items():
        data = b"".join(frames)
        assert framer.encode_many(frames if getattr(framer, "keep", False) else bodies) == data
        expected = frames if getattr(framer, "keep", False) else bodies
        places = sorted(cut for cut in cuts if cut <= len(data))
        for stream in streams:
            assert run(stream.RecvAccumulator(), framer, pieces_of(data, places)) == (expected, b"")
