"""Cases that the decoders of tokio-util, Netty and Twisted are known by, as data of our own.

Each row is a framer, what comes piece by piece, and what is cut. The settings are theirs in our
words: Netty's ``lengthFieldOffset``, ``lengthAdjustment`` and ``initialBytesToStrip`` are `offset`,
`adjust` and `strip`; tokio-util's ``num_skip`` is `strip`.
"""

import pytest

from fastsock import Delimiter, FixedSize, LengthPrefix, Lines, Netstring, Varint
from fastsock.errors import (
    FrameError,
    FrameTooLargeError,
    IncompleteReadError,
    LimitOverrunError,
)

HELLO = b"HELLO, WORLD"

# The eight layouts of LengthFieldBasedFrameDecoder's description: a header around HELLO.
NETTY_LENGTHS = [
    (LengthPrefix(2, strip=0), b"\x00\x0c" + HELLO, b"\x00\x0c" + HELLO),
    (LengthPrefix(2), b"\x00\x0c" + HELLO, HELLO),
    (LengthPrefix(2, adjust=-2, strip=0), b"\x00\x0e" + HELLO, b"\x00\x0e" + HELLO),
    (LengthPrefix(3, offset=2, strip=0), b"\xca\xfe\x00\x00\x0c" + HELLO,
     b"\xca\xfe\x00\x00\x0c" + HELLO),
    (LengthPrefix(3, adjust=2, strip=0), b"\x00\x00\x0c\xca\xfe" + HELLO,
     b"\x00\x00\x0c\xca\xfe" + HELLO),
    (LengthPrefix(2, offset=1, adjust=1, strip=3), b"\xca\x00\x0c\xfe" + HELLO, b"\xfe" + HELLO),
    (LengthPrefix(2, offset=1, adjust=-3, strip=3), b"\xca\x00\x10\xfe" + HELLO, b"\xfe" + HELLO),
    (LengthPrefix(4, byteorder="little"), b"\x0c\x00\x00\x00" + HELLO, HELLO),
]  # fmt: skip

# tokio-util's length_delimited: pieces, and what each piece completes.
TOKIO_LENGTHS = [
    (LengthPrefix(4), [b""], [[]]),
    (LengthPrefix(4), [b"\0\0\0\x09abcdefghi"], [[b"abcdefghi"]]),
    (LengthPrefix(4, byteorder="little"), [b"\x09\0\0\0abcdefghi"], [[b"abcdefghi"]]),
    (LengthPrefix(4), [b"\0\0\0\x09abcdefghi\0\0\0\x03123\0\0\0\x0bhello world"],
     [[b"abcdefghi", b"123", b"hello world"]]),
    (LengthPrefix(4), [b"\0\0", b"\0\x09abc", b"defghi", b"\0\0\0\x03123\0\0\0\x0bhello world"],
     [[], [], [b"abcdefghi"], [b"123", b"hello world"]]),
    (LengthPrefix(2, strip=0), [b"\0\x03abc"], [[b"\0\x03abc"]]),
    (LengthPrefix(4, strip=2), [b"\0\0\0\x03abc"], [[b"\0\x03abc"]]),
    (LengthPrefix(2, offset=2, strip=4), [b"xx\0\x09abcdefghi"], [[b"abcdefghi"]]),
    (LengthPrefix(2, offset=2, adjust=2, strip=4), [b"xx\0\x02ywabyz\0\x01cwde"],
     [[b"ywab", b"cwd"]]),
    (LengthPrefix(1, adjust=-2, strip=0), [b"\x05fo", b"ur"], [[], [b"\x05fou"]]),
    (LengthPrefix(2), [b"\0\0\0\0"], [[b"", b""]]),
]  # fmt: skip

# LinesCodec, AnyDelimiterCodec, LineBasedFrameDecoder, DelimiterBasedFrameDecoder, LineReceiver.
DELIMITED = [
    (Lines(), [b"line 1\nline 2\r\nline 3\n\r\n\r", b"\n"],
     [[b"line 1", b"line 2", b"line 3", b""], [b""]]),
    (Lines(), [b"\rno end of line\r", b"here\n"], [[], [b"\rno end of line\rhere"]]),
    (Lines(keep=True), [b"a\r\nb\n"], [[b"a\r\n", b"b\n"]]),
    (Lines(b"\r\n"), [b"produce\nno line\r", b"\n"], [[], [b"produce\nno line"]]),
    (Delimiter((b",", b";", b"\n", b"\r")), [b"chunk 1;chunk 2,chunk 3\n\r"],
     [[b"chunk 1", b"chunk 2", b"chunk 3", b""]]),
    (Delimiter(b"\0"), [b"Tes", b"t\0Te", b"st\0\0"], [[], [b"Test"], [b"Test", b""]]),
    (Delimiter((b"\0", b"\r\n")), [b"abc\r\n\0def"], [[b"abc", b""]]),
    (Delimiter(b"TestLine1"), [b"some\nTest", b"Line1\nmore"], [[], [b"some\n"]]),
    (FixedSize(8), [b"1234567", b"8abcdefghABC"], [[], [b"12345678", b"abcdefgh"]]),
]  # fmt: skip

# ProtobufVarint32FrameDecoder, and the Int16, Int32 and Netstring receivers of Twisted.
OTHERS = [
    (Varint(), [b"\x04\x01\x01", b"\x01\x01"], [[], [b"\1\1\1\1"]]),
    (Varint(), [b"\xfe\x0f" + b"x" * 2046], [[b"x" * 2046]]),
    (Varint(), [b"\xac", b"\x02", b"y" * 300], [[], [], [b"y" * 300]]),
    (LengthPrefix(2), [b"\0\x02ab\0\0\0\x04dead\0", b"\x01x"], [[b"ab", b"", b"dead"], [b"x"]]),
    (Netstring(), [b"1", b"0:abcde", b"fghij", b",0:", b","], [[], [], [], [b"abcdefghij"], [b""]]),
    (Netstring(), [b"5:hello,5:world,"], [[b"hello", b"world"]]),
]


@pytest.mark.parametrize(("framer", "data", "frame"), NETTY_LENGTHS)
def test_layouts(stream, framer, data, frame):
    acc = stream.RecvAccumulator()
    acc.feed(data * 2 + data[:3])
    assert acc.frames(framer) == [frame] * 2
    assert acc.take() == data[:3]


@pytest.mark.parametrize(("framer", "pieces", "frames"), [*TOKIO_LENGTHS, *DELIMITED, *OTHERS])
def test_pieces(stream, framer, pieces, frames):
    acc = stream.RecvAccumulator()
    came = []
    for piece in pieces:
        acc.feed(piece)
        came.append(acc.frames(framer))
    assert came == frames


@pytest.mark.parametrize(
    ("framer", "data", "error"),
    [
        (LengthPrefix(4, max_frame=1), b"\0\0\0\x02ab", FrameTooLargeError),
        (LengthPrefix(8), b"\xff" * 8 + b"x", FrameTooLargeError),
        (LengthPrefix(4, signed=True), b"\xff\xff\xff\xff", FrameError),
        (LengthPrefix(2, adjust=-4), b"\0\x03", FrameError),
        (LengthPrefix(2, adjust=-2, strip=4), b"\0\x02", FrameError),
        (Lines(max_frame=6), b"aaabbbc\nfine", LimitOverrunError),
        (Lines(max_frame=6), b"aaabbbcc", LimitOverrunError),
        (Delimiter(b"\0", max_frame=2), b"abc\0", LimitOverrunError),
        (Varint(), b"\xff" * 10, FrameError),
        (Varint(max_frame=9), b"\x0a", FrameTooLargeError),
        (Netstring(max_frame=5), b"10:", FrameTooLargeError),
        *[(Netstring(), data, FrameError) for data in (b"a", b"4.2:", b"+1:x,", b"00:,", b"1:xx")],
    ],
)  # fmt: skip
def test_refusals(stream, framer, data, error):
    acc = stream.RecvAccumulator()
    acc.feed(data)
    for _ in range(2):  # at every call
        with pytest.raises(error):
            acc.frames(framer)


@pytest.mark.parametrize(
    ("framer", "pieces", "frames"),
    [
        # The discard modes of Netty's and tokio-util's line decoders.
        (Lines(max_frame=6), [b"aaabbbccc", b"ddd", b"\nok\n"], [b"ok"]),
        (Lines(max_frame=6), [b"x" * 50 + b"\r", b"\nok\r\n"], [b"ok"]),
        (Delimiter(b"--", max_frame=3), [b"toolong-", b"-ok--"], [b"ok"]),
        (LengthPrefix(1, max_frame=3), [b"\x05to", b"olo\x02ok"], [b"ok"]),
        (Varint(max_frame=3), [b"\xac\x02" + b"x" * 100, b"x" * 200 + b"\x02ok"], [b"ok"]),
    ],
)
def test_what_is_too_long_is_discarded(stream, framer, pieces, frames):
    acc = stream.RecvAccumulator()
    acc.feed(pieces[0])
    with pytest.raises((FrameTooLargeError, LimitOverrunError)):
        acc.frames(framer)
    assert acc.skip_frame(framer)
    came = []
    for piece in pieces[1:]:
        acc.feed(piece)
        came += acc.frames(framer)
    assert (came, len(acc)) == (frames, 0)


@pytest.mark.parametrize(
    ("framer", "data", "last"),
    [
        (Lines(), b"one\nlast", [b"last"]),
        (Lines(), b"one\n\r", [b"\r"]),
        (Lines(last=False), b"one\nlast", None),
        (Delimiter(b";"), b"one;last", None),
        (Delimiter(b";", last=True), b"one;last", [b"last"]),
        (LengthPrefix(2), b"\0\x01x\0\x03ab", None),
        (LengthPrefix(2), b"\0\x01x\0", None),
        (FixedSize(3), b"onela", None),
        (LengthPrefix(2), b"\0\x01x", []),
    ],
)
def test_the_end_of_the_stream(stream, framer, data, last):
    """decode_eof: what is left is a last frame, or an error, or nothing."""
    acc = stream.RecvAccumulator()
    acc.feed(data)
    assert len(acc.frames(framer)) == 1
    acc.feed_eof()
    if last is None:
        with pytest.raises(IncompleteReadError):
            acc.frames(framer)
    else:
        assert acc.frames(framer) == last
