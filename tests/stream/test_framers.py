"""Framers: what they accept, what kind of values they are, and how they cut."""

import copy
import pickle
import struct
import sys

import pytest

import fastsock
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
from fastsock.errors import (
    FrameError,
    FrameTooLargeError,
    IncompleteReadError,
    LimitOverrunError,
)

SAMPLES = [
    LengthPrefix(4),
    LengthPrefix(3, byteorder="little", offset=2, adjust=-5, strip=0, max_frame=9, signed=True),
    Delimiter(b"\r\n"),
    Delimiter((b";", b"||"), max_frame=3, keep=True),
    Lines(),
    Lines(b"\r\n", max_frame=80, keep=True, last=False),
    FixedSize(7),
    Varint(max_frame=2, keep=True),
    Netstring(max_frame=0),
    TextLength(b"\r\n", base=16, trailer=b"x", adjust=-2, prefix=b"$", zeros=True, max_frame=9),
    TextLength(b"", digits=3, strip=False, markers=2),
    Delimiter(b";", last=True),
]


@pytest.fixture
def acc(stream):
    return stream.RecvAccumulator()


def cut(stream, framer, data, **options):
    acc = stream.RecvAccumulator(**options)
    acc.feed(data)
    return acc.frames(framer)


@pytest.mark.parametrize("framer", SAMPLES, ids=repr)
class TestValues:
    def test_repr_says_how_to_make_it(self, framer):
        assert eval(repr(framer), vars(fastsock)) == framer

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_pickles(self, framer, protocol):
        twin = pickle.loads(pickle.dumps(framer, protocol))
        assert twin == framer
        assert hash(twin) == hash(framer)

    def test_pickles_by_public_path(self, framer):
        assert b"fastsock.stream" in pickle.dumps(framer)
        assert b"fastsock._" not in pickle.dumps(framer)

    def test_copies(self, framer):
        assert copy.copy(framer) == copy.deepcopy(framer) == framer

    def test_is_immutable(self, framer):
        with pytest.raises(AttributeError):
            framer.max_frame = 1
        with pytest.raises(AttributeError):
            del framer.max_frame
        with pytest.raises(AttributeError):
            framer.another = 1

    def test_is_a_framer(self, framer):
        assert isinstance(framer, Framer)

    def test_differs_from_the_others(self, framer):
        assert [other for other in SAMPLES if other == framer] == [framer]
        assert framer != repr(framer)

    def test_stays_itself_after_use(self, framer, stream):
        before = pickle.dumps(framer)
        stream.RecvAccumulator().frames(framer)
        assert pickle.dumps(framer) == before


def test_a_base_class_is_no_framer():
    with pytest.raises(TypeError):
        Framer()


def test_framers_can_not_be_subclassed():
    with pytest.raises(TypeError):
        type("Mine", (LengthPrefix,), {})


def test_separators_are_copied():
    separator = bytearray(b"\n")
    framer = Delimiter(separator)
    separator[0] = 0
    assert framer == Delimiter(b"\n")
    assert Delimiter([b"a", bytearray(b"b")]).separator == (b"a", b"b")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: LengthPrefix(0), ValueError),
        (lambda: LengthPrefix(9), ValueError),
        (lambda: LengthPrefix(4.0), TypeError),
        (lambda: LengthPrefix("4"), TypeError),
        (lambda: LengthPrefix(), TypeError),
        (lambda: LengthPrefix(4, "big"), TypeError),
        (lambda: LengthPrefix(4, byteorder="network"), ValueError),
        (lambda: LengthPrefix(4, offset=-1), ValueError),
        (lambda: LengthPrefix(4, strip=-1), ValueError),
        (lambda: LengthPrefix(4, adjust=1 << 63), ValueError),
        (lambda: LengthPrefix(4, max_frame=-1), ValueError),
        (lambda: LengthPrefix(4, max_frame=1.5), TypeError),
        (lambda: Delimiter(b""), ValueError),
        (lambda: Delimiter((b"a", b"")), ValueError),
        (lambda: Delimiter(()), ValueError),
        (lambda: Delimiter("\n"), TypeError),
        (lambda: Delimiter((b"a", "b")), TypeError),
        (lambda: Delimiter((b"a", 3)), TypeError),
        (lambda: Delimiter((b"a", [59])), TypeError),
        (lambda: Delimiter(3), TypeError),
        (lambda: Delimiter(None), TypeError),
        (lambda: Delimiter(b"a", max_frame=-1), ValueError),
        (lambda: Lines(b"\r"), ValueError),
        (lambda: Lines("\n"), ValueError),
        (lambda: Lines(max_frame=-1), ValueError),
        (lambda: FixedSize(0), ValueError),
        (lambda: FixedSize(-1), ValueError),
        (lambda: FixedSize(None), TypeError),
        (lambda: Varint(max_frame=-1), ValueError),
        (lambda: Netstring(max_frame=-1), ValueError),
    ],
)
def test_parameters_are_checked(make, error):
    with pytest.raises(error):
        make()


@pytest.mark.parametrize("wrong", [None, b"\n", 4, LengthPrefix, object()])
@pytest.mark.parametrize("used", [False, True])
def test_what_is_no_framer_is_refused(stream, wrong, used):
    acc = stream.RecvAccumulator()
    acc.feed(b"a\nbcde")
    if used:
        assert acc.take_until(b"\n") == b"a\n"
    for method in (acc.frames, acc.frame_offsets, acc.skip_frame):
        with pytest.raises(TypeError, match="a framer is required"):
            method(wrong)


class TestLengthPrefix:
    @pytest.mark.parametrize("byteorder", ["big", "little"])
    @pytest.mark.parametrize("width", range(1, 9))
    @pytest.mark.parametrize("signed", [False, True])
    def test_every_width_and_order(self, stream, width, byteorder, signed):
        bodies = [b"", b"a", b"bc" * 20, bytes(127)]
        data = b"".join(
            len(body).to_bytes(width, byteorder, signed=signed) + body for body in bodies
        )
        framer = LengthPrefix(width, byteorder=byteorder, signed=signed)
        assert cut(stream, framer, data) == bodies

    def test_long_bodies(self, stream):
        bodies = [bytes([n]) * 70_000 for n in range(5)]
        data = b"".join(struct.pack(">I", len(body)) + body for body in bodies)
        assert cut(stream, LengthPrefix(4), data) == bodies

    def test_offset_and_strip(self, stream):
        data = b"AB\x02hiCD\x03you"
        assert cut(stream, LengthPrefix(1, offset=2), data) == [b"hi", b"you"]
        assert cut(stream, LengthPrefix(1, offset=2, strip=0), data) == [b"AB\x02hi", b"CD\x03you"]
        assert cut(stream, LengthPrefix(1, offset=2, strip=2), data) == [b"\x02hi", b"\x03you"]
        assert cut(stream, LengthPrefix(1, offset=2, strip=4), data) == [b"i", b"ou"]

    def test_length_that_counts_its_header(self, stream):
        # As PostgreSQL: a type, a length that counts itself, the rest.
        data = b"Z" + struct.pack(">I", 5) + b"I" + b"1" + struct.pack(">I", 4)
        framer = LengthPrefix(4, offset=1, adjust=-4, strip=0)
        assert cut(stream, framer, data) == [data[:6], data[6:]]

    def test_length_that_leaves_something_out(self, stream):
        assert cut(stream, LengthPrefix(1, adjust=2), b"\x01abc\x00de") == [b"abc", b"de"]

    @pytest.mark.parametrize(
        ("framer", "data", "message"),
        [
            (LengthPrefix(2, signed=True), b"\xff\xff", "length of -1"),
            (LengthPrefix(8, signed=True), b"\x80" + bytes(7), f"length of {-(1 << 63)}"),
            (LengthPrefix(4, adjust=-4), b"\0\0\0\3", "length of 3 adjusted by -4"),
            (LengthPrefix(1, signed=True, adjust=2), b"\xfd", "length of -3 adjusted by 2"),
            (LengthPrefix(1, signed=True, adjust=-2), b"\xfd", "length of -3 adjusted by -2"),
            (LengthPrefix(1, strip=3), b"\1a", "a frame of 2 bytes, of which 3"),
        ],
    )
    def test_a_header_that_can_not_be_right(self, stream, framer, data, message):
        acc = stream.RecvAccumulator()
        acc.feed(data)
        for method in (acc.frames, acc.frame_offsets, acc.skip_frame):
            with pytest.raises(FrameError, match=message):
                method(framer)
        assert acc.peek() == data

    def test_a_negative_length_that_the_adjustment_mends(self, stream):
        assert cut(stream, LengthPrefix(1, signed=True, adjust=3), b"\xfea") == [b"a"]

    @pytest.mark.parametrize("width", [4, 5, 7, 8])
    @pytest.mark.parametrize("adjust", [0, 1, 1 << 62])
    def test_the_largest_length_there_is(self, stream, width, adjust):
        largest = (1 << 8 * width) - 1
        with pytest.raises(FrameTooLargeError) as caught:
            cut(stream, LengthPrefix(width, adjust=adjust), b"\xff" * width)
        assert caught.value.declared == largest + adjust
        assert caught.value.limit == (1 << 24) - width

    def test_limit_is_inclusive_and_on_the_body(self, stream):
        framer = LengthPrefix(1, max_frame=3)
        assert cut(stream, framer, b"\3abc") == [b"abc"]
        with pytest.raises(FrameTooLargeError) as caught:
            cut(stream, framer, b"\4")
        assert (caught.value.declared, caught.value.limit) == (4, 3)

    def test_limit_is_checked_after_the_adjustment_too(self, stream):
        framer = LengthPrefix(1, adjust=2, max_frame=3)
        assert cut(stream, framer, b"\1abc") == [b"abc"]
        with pytest.raises(FrameTooLargeError) as caught:
            cut(stream, framer, b"\2")
        assert caught.value.declared == 4
        assert cut(stream, LengthPrefix(1, adjust=-1, max_frame=3), b"\4abc") == [b"abc"]

    def test_a_frame_must_fit_in_max_size(self, stream):
        assert cut(stream, LengthPrefix(1), b"\x09" + bytes(9), max_size=10) == [bytes(9)]
        with pytest.raises(FrameTooLargeError) as caught:
            cut(stream, LengthPrefix(1), b"\x0a", max_size=10)
        assert caught.value.limit == 9

    def test_a_bomb_allocates_nothing(self, stream):
        largest = sys.maxsize // 4  # as large as any on 32 bits, too
        acc = stream.RecvAccumulator(max_size=largest)
        acc.feed(struct.pack(">Q", largest // 2))
        assert acc.frames(LengthPrefix(8)) == []
        assert len(acc.get_buffer()) < 1 << 20


class TestDelimiter:
    def test_one(self, stream):
        assert cut(stream, Delimiter(b"\r\n"), b"a\r\n\r\nb\nc\r\r\nd") == [b"a", b"", b"b\nc\r"]

    def test_kept(self, stream):
        assert cut(stream, Delimiter(b"--", keep=True), b"a--b----c") == [b"a--", b"b--", b"--"]

    def test_several(self, stream):
        framer = Delimiter((b";", b"\r\n"))
        assert cut(stream, framer, b"a;b\r\nc\n;d") == [b"a", b"b", b"c\n"]
        assert cut(stream, Delimiter((b";", b"\r\n"), keep=True), b"a;b\r\n") == [b"a;", b"b\r\n"]

    def test_the_one_that_is_complete_first_ends_the_frame(self, stream):
        assert cut(stream, Delimiter((b"abc", b"b")), b"xabcx") == [b"xa"]

    @pytest.mark.parametrize("order", [(b"\n", b"\r\n"), (b"\r\n", b"\n")])
    def test_of_those_the_longest(self, stream, order):
        assert cut(stream, Delimiter(order), b"a\r\nb\n") == [b"a", b"b"]

    @pytest.mark.parametrize("separator", [b"aa", b"aba", b"abab", b"aab"])
    def test_self_overlapping(self, stream, separator):
        for data in (b"aaaaa", b"abababa", b"aabaabaab", b"xaaxaba", b"ababbabab"):
            *expected, rest = data.split(separator)
            acc = stream.RecvAccumulator()
            acc.feed(data)
            assert acc.frames(Delimiter(separator)) == expected
            assert acc.peek() == rest

    def test_a_delimiter_does_not_reach_back_into_the_frame_before(self, stream):
        assert cut(stream, Delimiter((b"ab", b"bc")), b"abcbc") == [b"", b"c"]

    @pytest.mark.parametrize("separators", [b";", (b";", b"|||"), (b";", b"#;;")])
    @pytest.mark.parametrize("whole", [False, True], ids=["drip", "whole"])
    def test_limit(self, stream, separators, whole):
        framer = Delimiter(separators, max_frame=3)
        acc = stream.RecvAccumulator()
        frames = []
        data = b"abc;abcd;"
        for piece in [data] if whole else [data[i : i + 1] for i in range(len(data))]:
            acc.feed(piece)
            try:
                frames += acc.frames(framer)
            except LimitOverrunError:
                break
        assert frames == [b"abc"]
        with pytest.raises(LimitOverrunError, match="limit of 3 bytes") as caught:
            acc.frames(framer)
        assert caught.value.consumed == 4
        assert acc.peek(4) == b"abcd"

    def test_a_delimiter_over_the_limit_may_be_complete(self, stream):
        with pytest.raises(LimitOverrunError):
            cut(stream, Delimiter((b"|||", b";"), max_frame=2), b"abc;")

    def test_limit_of_nothing(self, stream):
        assert cut(stream, Delimiter(b"\n", max_frame=0), b"\n\n") == [b"", b""]

    def test_a_frame_and_its_delimiter_must_fit_in_max_size(self, stream):
        assert cut(stream, Delimiter(b"\r\n"), b"abc\r\n", max_size=5) == [b"abc"]
        with pytest.raises(LimitOverrunError):
            cut(stream, Delimiter(b"\r\n"), b"abcd\r", max_size=5)

    def test_many_delimiters(self, stream):
        separators = tuple(bytes([n, n + 1]) for n in range(0, 250, 2))
        data = b"".join(b"\xff" + separator for separator in separators)
        assert cut(stream, Delimiter(separators), data) == [b"\xff"] * len(separators)


class TestLines:
    DATA = b"one\r\ntwo\n\n\r\nthree\rfour\r\r\nlast\r"

    @pytest.mark.parametrize(
        ("newline", "expected"),
        [
            (None, [b"one", b"two", b"", b"", b"three\rfour\r"]),
            (b"\n", [b"one\r", b"two", b"", b"\r", b"three\rfour\r\r"]),
            (b"\r\n", [b"one", b"two\n\n", b"three\rfour\r"]),
        ],
    )
    def test_newlines(self, stream, newline, expected):
        assert cut(stream, Lines(newline), self.DATA) == expected
        acc = stream.RecvAccumulator()
        acc.feed(self.DATA)
        kept = acc.frames(Lines(newline, keep=True))
        assert b"".join(kept) + acc.take() == self.DATA
        assert len(kept) == len(expected)

    def test_last_line(self, stream):
        acc = stream.RecvAccumulator()
        acc.feed(b"one\ntwo")
        assert acc.frames(Lines()) == [b"one"]
        acc.feed_eof()
        assert acc.frames(Lines()) == [b"two"]
        assert acc.frames(Lines()) == []

    def test_last_line_refused(self, stream):
        acc = stream.RecvAccumulator()
        acc.feed(b"one\ntwo")
        acc.feed_eof()
        framer = Lines(last=False)
        assert acc.frames(framer) == [b"one"]
        for _ in range(2):
            with pytest.raises(IncompleteReadError) as caught:
                acc.frames(framer)
            assert (caught.value.partial, caught.value.expected) == (b"two", None)

    @pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
    def test_limit_does_not_count_the_newline(self, stream, ending):
        assert cut(stream, Lines(max_frame=3), b"abc" + ending) == [b"abc"]
        with pytest.raises(LimitOverrunError):
            cut(stream, Lines(max_frame=3), b"abcd" + ending)

    def test_last_line_has_the_limit_too(self, stream):
        acc = stream.RecvAccumulator()
        acc.feed(b"abcd")
        assert acc.frames(Lines(max_frame=3)) == []
        acc.feed_eof()
        with pytest.raises(LimitOverrunError):
            acc.frames(Lines(max_frame=3))


class TestFixedSize:
    def test_cuts(self, stream):
        assert cut(stream, FixedSize(3), b"abcdefgh") == [b"abc", b"def"]

    def test_must_fit_in_max_size(self, stream):
        with pytest.raises(FrameTooLargeError) as caught:
            cut(stream, FixedSize(11), b"a", max_size=10)
        assert (caught.value.declared, caught.value.limit) == (11, 10)


class TestVarint:
    @pytest.mark.parametrize("size", [0, 1, 127, 128, 300, 16383, 16384, 70000])
    def test_lengths(self, stream, size):
        head, rest = b"", size
        while rest >= 0x80:
            head += bytes([rest & 0x7F | 0x80])
            rest >>= 7
        data = head + bytes([rest]) + b"x" * size
        assert cut(stream, Varint(), data * 2) == [b"x" * size] * 2
        assert cut(stream, Varint(keep=True), data * 2) == [data] * 2

    def test_longer_spelling_than_needed(self, stream):
        assert cut(stream, Varint(), b"\x82\x80\x80\x00hi") == [b"hi"]
        assert cut(stream, Varint(), b"\x82" + b"\x80" * 8 + b"\x00hi") == [b"hi"]

    @pytest.mark.parametrize(
        "data", [b"\xff" * 9 + b"\x02", b"\x80" * 10, b"\x80" * 9 + b"\x80\x01"]
    )
    def test_more_than_64_bits(self, stream, data):
        with pytest.raises(FrameError, match="64 bits"):
            cut(stream, Varint(), data)

    def test_too_large(self, stream):
        with pytest.raises(FrameTooLargeError) as caught:
            cut(stream, Varint(), b"\xff" * 9 + b"\x01")
        assert caught.value.declared == (1 << 64) - 1
        with pytest.raises(FrameTooLargeError):
            cut(stream, Varint(max_frame=1), b"\x02")


class TestNetstring:
    def test_cuts(self, stream):
        assert cut(stream, Netstring(), b"5:hello,0:,3:a,b,12:") == [b"hello", b"", b"a,b"]

    @pytest.mark.parametrize(
        "data",
        [b":", b"a", b"-1:", b"+1:", b" 1:", b"1 :", b"01:a,", b"00:,", b"1" * 19, b"1a", b"1\xb2"],
    )
    def test_bad_lengths(self, stream, data):
        with pytest.raises(FrameError, match="a length must be decimal"):
            cut(stream, Netstring(), data)

    def test_bad_comma(self, stream):
        assert cut(stream, Netstring(), b"1:a") == []
        with pytest.raises(FrameError, match="a comma must follow"):
            cut(stream, Netstring(), b"1:a;")

    def test_too_large(self, stream):
        with pytest.raises(FrameTooLargeError) as caught:
            cut(stream, Netstring(max_frame=4), b"5:")
        assert (caught.value.declared, caught.value.limit) == (5, 4)
        with pytest.raises(FrameTooLargeError) as caught:
            cut(stream, Netstring(), b"9" * 18 + b":")
        assert caught.value.declared == 10**18 - 1


class TestLengthsAtTheEdge:
    """The least number of 64 bits has no opposite, and a sum with it can wrap."""

    @pytest.mark.parametrize("adjust", [-(1 << 62), -1, 0, 1, 1 << 62])
    @pytest.mark.parametrize("byteorder", ["big", "little"])
    def test_the_least_signed_length(self, acc, adjust, byteorder):
        framer = LengthPrefix(8, signed=True, adjust=adjust, byteorder=byteorder)
        least = -(1 << 63)
        acc.feed(least.to_bytes(8, byteorder, signed=True) + b"body")
        more = f" adjusted by {adjust}" if adjust else ""
        for _ in range(2):
            with pytest.raises(FrameError, match=f"^a frame with a length of {least}{more}$"):
                acc.frames(framer)

    @pytest.mark.parametrize("adjust", [0, 1, 1 << 62])
    def test_the_largest_unsigned_length(self, acc, adjust):
        acc.feed(b"\xff" * 8 + b"body")
        with pytest.raises(FrameTooLargeError) as caught:
            acc.frames(LengthPrefix(8, adjust=adjust))
        assert caught.value.declared == (1 << 64) - 1 + adjust

    def test_a_negative_length_that_is_made_good(self, acc):
        acc.feed((-(1 << 62) + 2).to_bytes(8, "big", signed=True) + b"hi!")
        assert acc.frames(LengthPrefix(8, signed=True, adjust=1 << 62)) == [b"hi"]
        assert acc.take() == b"!"


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(
    "separators",
    [(b"c", b"bc", b"abc"), (b"abc", b"bc", b"c"), (b"bc", b"abc"), (b"c", b"abc", b"xyz")],
)
def test_of_separators_that_end_together_the_longest_counts(stream, separators, keep):
    data = b"1abc2bc3c4ab5abcc"
    expected, rest = [], data
    while True:  # an oracle that looks at every end in turn
        for end in range(1, len(rest) + 1):
            found = [one for one in separators if rest[:end].endswith(one)]
            if found:
                break
        else:
            break
        cut = end if keep else end - max(map(len, found))
        expected.append(rest[:cut])
        rest = rest[end:]
    for framer in (Delimiter(separators, keep=keep), Delimiter(separators[::-1], keep=keep)):
        acc, drip = stream.RecvAccumulator(), stream.RecvAccumulator()
        acc.feed(data)
        assert (acc.frames(framer), acc.take()) == (expected, rest)
        frames = []
        for byte in data:
            drip.feed(bytes([byte]))
            frames += drip.frames(framer)
        assert (frames, drip.take()) == (expected, rest)


def changed(framer, **fields):
    for name, value in fields.items():
        object.__setattr__(framer, name, value)
    return framer


class TestTamperedWith:
    """Nothing that is done to a framer leads to memory that is not the accumulator's."""

    @pytest.mark.parametrize(
        ("framer", "fields"),
        [
            (LengthPrefix(2), {"width": 0}),
            (LengthPrefix(2), {"width": 9}),
            (LengthPrefix(2), {"width": -1}),
            (LengthPrefix(2), {"width": "2"}),
            (LengthPrefix(2), {"offset": -10}),
            (LengthPrefix(2), {"offset": 1 << 40}),
            (LengthPrefix(2), {"width": 16, "offset": -8}),
            (LengthPrefix(2), {"strip": -1}),
            (LengthPrefix(2), {"strip": 1 << 63}),
            (LengthPrefix(2), {"adjust": -(1 << 63)}),
            (LengthPrefix(2), {"max_frame": -5}),
            (LengthPrefix(2), {"byteorder": "middle"}),
            (FixedSize(2), {"size": 0}),
            (FixedSize(2), {"size": -1}),
            (FixedSize(2), {"size": 1 << 63}),
            (Delimiter(b"ab"), {"separator": b""}),
            (Delimiter(b"ab"), {"separator": ()}),
            (Delimiter(b"ab"), {"separator": (b"a", b"")}),
            (Delimiter(b"ab"), {"separator": "ab"}),
            (Delimiter(b"ab"), {"separator": None}),
            (Lines(), {"newline": b""}),
            (Lines(), {"newline": b"x"}),
            (Varint(), {"max_frame": -1}),
            (Netstring(), {"max_frame": "1"}),
        ],
    )
    def test_fields_out_of_range_are_refused(self, acc, framer, fields):
        framer = changed(copy.copy(framer), **fields)
        acc.feed(b"\0\2ab")
        for call in (acc.frames, acc.frame_offsets, acc.skip_frame):
            with pytest.raises((ValueError, TypeError)):
                call(framer)
        assert acc.take() == b"\0\2ab"

    def test_fields_within_range_count(self, acc):
        acc.feed(b"abcdef")
        assert acc.frames(changed(FixedSize(2), size=3)) == [b"abc", b"def"]

    def test_a_false_class(self, acc):
        class False1:
            __class__ = property(lambda self: LengthPrefix)
            _plan = None

            def __getattr__(self, name):
                return 1 << 40

        acc.feed(b"\0\2ab")
        for call in (acc.frames, acc.frame_offsets, acc.skip_frame):
            with pytest.raises(TypeError, match="a framer is required, not 'False1'"):
                call(False1())

    def test_a_framer_without_rules(self, acc):
        class Mine(Framer):
            pass

        acc.feed(b"\0\2ab")
        for call in (acc.frames, acc.frame_offsets, acc.skip_frame):
            with pytest.raises(NotImplementedError, match="Mine defines no find"):
                call(Mine())

    def test_a_subclass_of_a_framer_that_evades_the_refusal(self, acc):
        class Mixin:
            def __init_subclass__(cls):
                pass

        evil = type("Evil", (Mixin, LengthPrefix), {"find": lambda *_: (0, 1 << 40, 1)})
        acc.feed(b"\0\2ab")
        with pytest.raises(TypeError, match="a framer is required, not 'Evil'"):
            acc.frames(evil(2))
        with pytest.raises(TypeError, match="a framer is required, not 'Evil'"):
            evil(2).encode(b"ab")

    def test_a_plan_that_is_a_property(self, acc, monkeypatch):
        framer, plans = LengthPrefix(2), []
        acc.feed(b"\0\2ab")
        acc.frames(framer)
        genuine = framer._plan

        def plan(self):
            plans.append(None)
            return [genuine, None, object(), 5][(len(plans) - 1) % 4]

        monkeypatch.setattr(LengthPrefix, "_plan", property(plan, lambda self, value: None))
        for _ in range(8):
            acc.feed(b"\0\2ab")
            assert acc.frames(copy.copy(framer)) == [b"ab"]

    def test_a_plan_of_something_else(self, acc):
        for value in (None, object(), 5, [], {}):
            framer = changed(LengthPrefix(2), _plan=value)
            acc.feed(b"\0\2ab")
            assert acc.frames(framer) == [b"ab"]

    @pytest.mark.parametrize("limit", [sys.maxsize, sys.maxsize + 1, 1 << 63, 1 << 64, 1 << 200])
    def test_limits_beyond_any_count(self, acc, limit):
        for framer, data in [
            (LengthPrefix(1), b"\1a\1b"),
            (FixedSize(1), b"ab"),
            (Lines(), b"a\nb\n"),
            (Delimiter((b";", b",")), b"a;b,"),
            (Varint(), b"\1a\1b"),
            (Netstring(), b"1:a,1:b,"),
        ]:
            acc.feed(data)
            assert acc.frames(framer, limit=limit) == [b"a", b"b"]
