"""Encoders: exact inverses of the framers, or refusals."""

import array
import itertools
import struct

import pytest
from hypothesis import given, settings, strategies as st

from fastsock import Delimiter, FixedSize, LengthPrefix, Lines, Netstring, TextLength, Varint
from fastsock.errors import FrameError, FrameTooLargeError

PKT_LINE = TextLength(b"", base=16, digits=4, adjust=-4, markers=3)
RESP = TextLength(b"\r\n", prefix=b"$", trailer=b"\r\n")
CHUNKS = TextLength(b"\r\n", base=16, trailer=b"\r\n", zeros=True)


@pytest.mark.parametrize(
    ("framer", "body", "frame"),
    [
        (LengthPrefix(2), b"hi", b"\0\2hi"),
        (LengthPrefix(2, byteorder="little"), b"hi", b"\2\0hi"),
        (LengthPrefix(3), b"", b"\0\0\0"),
        (LengthPrefix(2, offset=1, adjust=-3), b"hi", b"\0\0\5hi"),
        (LengthPrefix(4, offset=1, adjust=-4, strip=0), b"Z\0\0\0\5I", b"Z\0\0\0\5I"),
        (LengthPrefix(2, offset=1, strip=1), b"\0\2hi", b"\0\0\2hi"),
        (LengthPrefix(2, strip=1), b"\2hi", b"\0\2hi"),
        (LengthPrefix(1, strip=3), b"hi", b"\4\0\0hi"),
        (LengthPrefix(1, signed=True, adjust=3), b"hi", b"\xffhi"),
        (LengthPrefix(8, adjust=2), b"hi!", b"\0\0\0\0\0\0\0\1hi!"),
        (LengthPrefix(8, adjust=-(1 << 62)), b"hi", b"\x40\0\0\0\0\0\0\2hi"),
        (LengthPrefix(8, adjust=1 << 62, signed=True), b"", b"\xc0\0\0\0\0\0\0\0"),
        (Delimiter(b";"), b"hi", b"hi;"),
        (Delimiter((b"||", b";")), b"hi|", None),
        (Delimiter((b"||", b";")), b"hi", b"hi||"),
        (Delimiter(b"aab"), b"xa", b"xaaab"),
        (Delimiter(b"aba"), b"xab", None),
        (Delimiter(b"ab"), b"xa", b"xaab"),
        (Delimiter(b"aa"), b"xa", None),
        (Delimiter(b";", keep=True), b"hi;", b"hi;"),
        (Delimiter(b";", keep=True), b"hi;ho;", None),
        (Delimiter(b";", keep=True), b"hi", None),
        (Delimiter(b";", keep=True, last=True), b"hi", None),
        (Delimiter(b";", keep=True), b"", None),
        (Lines(), b"hi", b"hi\n"),
        (Lines(), b"hi\r", None),
        (Lines(), b"h\ri", b"h\ri\n"),
        (Lines(b"\r\n"), b"h\ni", b"h\ni\r\n"),
        (Lines(b"\r\n"), b"hi\r", b"hi\r\r\n"),
        (Lines(keep=True), b"hi\r\n", b"hi\r\n"),
        (FixedSize(2), b"hi", b"hi"),
        (Varint(), b"x" * 300, b"\xac\x02" + b"x" * 300),
        (Varint(), b"", b"\0"),
        (Varint(keep=True), b"\2hi", b"\2hi"),
        (Varint(keep=True), b"\x82\0hi", b"\x82\0hi"),
        (Varint(keep=True), b"\3hi", None),
        (Varint(keep=True), b"", None),
        (Netstring(), b"hi,", b"3:hi,,"),
        (TextLength(), b"<13>hi", b"6 <13>hi"),
        (RESP, b"PING", b"$4\r\nPING\r\n"),
        (CHUNKS, bytes(26), b"1a\r\n" + bytes(26) + b"\r\n"),
        (CHUNKS, b"", b"0\r\n\r\n"),
        (PKT_LINE, b"hi\n", b"0007hi\n"),
        (PKT_LINE, b"", b"0004"),
        (TextLength(b":", strip=False), b"02:hi", None),
        (TextLength(b":", strip=False), b"2:hi", b"2:hi"),
        (TextLength(b"", digits=3), b"hi", b"002hi"),
    ],
)
def test_frames(encoding, stream, framer, body, frame):
    if frame is None:
        with pytest.raises(FrameError, match="can't be framed"):
            framer.encode(body)
        with pytest.raises(FrameError, match=r"^body 1 can't be framed"):
            framer.encode_many([*made_by(stream, framer), body])
        return
    assert framer.encode(body) == frame
    assert framer.encode_many([body, body]) == frame + frame
    acc = stream.RecvAccumulator()
    acc.feed(frame)
    assert (acc.frames(framer), len(acc)) == ([body], 0)


def made_by(stream, framer):
    """Some body that the framer takes, to come first."""
    for body in (b"", b"hi", b"2:hi", b"hi;", b"\2hi"):
        try:
            framer.encode(body)
        except FrameError:
            continue
        return [body]
    pytest.fail("no body fits")


@pytest.mark.parametrize(
    ("framer", "body", "why"),
    [
        (LengthPrefix(1), bytes(256), "its length of 256 does not fit the field"),
        (LengthPrefix(1, signed=True), bytes(128), "its length of 128 does not fit the field"),
        (LengthPrefix(1, adjust=-2), bytes(254), "its length of 256 does not fit the field"),
        (LengthPrefix(1, adjust=2), b"x", "its length of -1 does not fit the field"),
        # 63 bits are not enough for this sum.
        (
            LengthPrefix(4, strip=1 << 62, adjust=-(1 << 62)),
            b"hello",
            f"its length of {(1 << 63) + 1} does not fit the field",
        ),
        (LengthPrefix(1, signed=True, adjust=200), b"", "its length of -200 does not fit"),
        (LengthPrefix(4, strip=0), b"\0\0\0", "it is shorter than the header that it has to bring"),
        (LengthPrefix(2, strip=0), b"\0\3hi", "the length that it brings is not its own"),
        (FixedSize(3), b"hi", "it has 2 bytes, not 3"),
        (Delimiter(b";"), b"a;b", "a delimiter would end it early"),
        (Lines(keep=True), b"a", "it does not end with its first delimiter"),
        (Varint(keep=True), b"\1", "the length that it brings is not its own"),
        (TextLength(max_digits=1), bytes(10), "its length of 10 does not fit the field"),
        (PKT_LINE, bytes(65532), "its length of 65536 does not fit the field"),
        (TextLength(adjust=3), b"hi", "its length of -1 does not fit the field"),
        (
            LengthPrefix(3, offset=2, adjust=-(1 << 62), strip=1 << 62),
            bytes(20),
            f"its length of {(1 << 63) + 15} does not fit the field",
        ),
        (
            LengthPrefix(8, adjust=-(1 << 62), strip=1 << 62, signed=True),
            bytes(8),
            f"its length of {1 << 63} does not fit the field",
        ),
        (
            LengthPrefix(7, adjust=1 << 62, signed=True),
            b"",
            f"its length of {-(1 << 62)} does not fit the field",
        ),
        (TextLength(markers=5), b"hi", "the length that it brings is not its own"),
    ],
)
def test_refusals_say_why(encoding, framer, body, why):
    with pytest.raises(FrameError, match=f"^the body can't be framed: {why}"):
        framer.encode(body)


@pytest.mark.parametrize(
    ("framer", "body", "declared"),
    [
        (LengthPrefix(2, max_frame=2), b"abc", 3),
        (Delimiter(b";", max_frame=2), b"abc", 3),
        (Delimiter(b";", max_frame=2, keep=True), b"abc;", 4),
        (Lines(max_frame=2), b"abc", 3),
        (Varint(max_frame=2), b"abc", 3),
        (Varint(max_frame=2, keep=True), b"\3abc", 3),
        (Netstring(max_frame=2), b"abc", 3),
        (TextLength(max_frame=2), b"abc", 3),
        (TextLength(max_frame=2, strip=False), b"3 abc", 3),
    ],
)
def test_limits(encoding, framer, body, declared):
    with pytest.raises(FrameTooLargeError) as caught:
        framer.encode(body)
    assert (caught.value.declared, caught.value.limit) == (declared, 2)


def test_bodies_of_every_kind(encoding):
    bodies = [b"ab", bytearray(b"cd"), memoryview(b"xefx")[1:3], array.array("H", [1, 2])]
    expected = b"\2ab\2cd\2ef\4" + struct.pack("HH", 1, 2)
    assert LengthPrefix(1).encode_many(bodies) == expected
    assert LengthPrefix(1).encode_many(iter(bodies)) == expected
    assert LengthPrefix(1).encode_many([]) == b""
    bodies[1].append(0)  # not held any more


@pytest.mark.parametrize("wrong", ["hi", None, 3, ["hi"]])
def test_what_is_no_body(encoding, wrong):
    held = bytearray(b"ok")
    with pytest.raises(TypeError, match="a bytes-like object is required"):
        Varint().encode(wrong)
    with pytest.raises(TypeError, match="a bytes-like object is required"):
        Varint().encode_many([held, wrong])
    held.append(0)
    with pytest.raises(BufferError):
        Varint().encode(memoryview(b"abcd")[::2])
    with pytest.raises(TypeError):
        Varint().encode_many(b"abc")
    with pytest.raises(TypeError):
        Varint().encode_many(5)


FRAMERS = [
    LengthPrefix(1),
    LengthPrefix(2, byteorder="little", offset=2, adjust=-4),
    LengthPrefix(2, offset=1, adjust=3, signed=True),
    LengthPrefix(1, strip=0),
    LengthPrefix(2, strip=1, adjust=-2),
    LengthPrefix(1, strip=4),
    Delimiter(b"a"),
    Delimiter(b"aab"),
    Delimiter((b"ab", b"b")),
    Delimiter((b"a", b"ba"), keep=True),
    Lines(),
    Lines(b"\r\n"),
    Lines(keep=True),
    FixedSize(3),
    Varint(),
    Varint(keep=True),
    Netstring(),
    TextLength(),
    TextLength(b":", strip=False, trailer=b"b"),
    TextLength(b";", max_digits=1, zeros=True, markers=2),
    RESP,
    CHUNKS,
    PKT_LINE,
    TextLength(b"\r\n", base=16, extensions=True),
]


@given(
    framer=st.sampled_from(FRAMERS),
    bodies=st.lists(st.text("ab\r\n\0\1\2\3:;,12", max_size=8).map(str.encode), max_size=6),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
@settings(max_examples=400)
def test_what_is_written_comes_back(streams, framer, bodies, cuts):
    """Whatever an encoder accepts comes back, and both twins accept and write the same."""
    outcomes = []
    for stream in streams:
        encoding = __import__(f"{stream.__name__}.encoding", fromlist=["encode"])
        try:
            outcomes.append(encoding.encode_many(framer, bodies))
        except FrameError as error:
            outcomes.append((type(error), str(error)))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    if not isinstance(outcomes[0], bytes):
        return
    written = outcomes[0]
    assert written == b"".join(map(framer.encode, bodies))
    places = sorted({0, len(written), *(min(cut, len(written)) for cut in cuts)})
    for stream in streams:
        acc = stream.RecvAccumulator()
        came = []
        for start, end in itertools.pairwise(places):
            acc.feed(written[start:end])
            came += acc.frames(framer)
        assert (came, len(acc)) == (bodies, 0)


def test_a_changed_framer_is_checked_again(encoding):
    framer = LengthPrefix(2)
    object.__setattr__(framer, "width", 90)
    with pytest.raises(ValueError, match="width must be between 1 and 8"):
        framer.encode(b"hi")
    with pytest.raises(TypeError, match="a framer is required, not 'int'"):
        encoding.encode(5, b"hi")


def test_a_long_batch(encoding, stream):
    bodies = [bytes([i % 251]) * (i % 600) for i in range(20_000)]
    acc = stream.RecvAccumulator()
    acc.feed(Varint().encode_many(bodies))
    assert acc.frames(Varint()) == bodies
