"""Views that were handed out: never moved, never overwritten, never in the way."""

import gc
import hashlib
import random
import struct

import pytest

from fastsock import Delimiter, FixedSize, LengthPrefix, Lines


@pytest.fixture
def acc(stream):
    return stream.RecvAccumulator()


def test_views_are_read_only_bytes(acc):
    acc.feed(b"\3abc\0")
    view, empty = acc.frames(LengthPrefix(1), views=True)
    assert (view.format, view.ndim, view.shape, view.itemsize) == ("B", 1, (3,), 1)
    assert view.readonly
    assert view.contiguous
    assert view == b"abc"
    assert empty == b""
    assert len(empty) == 0
    with pytest.raises(TypeError):
        view[0] = 0


def test_views_keep_their_contents_for_ever(stream):
    chance = random.Random(5)
    acc = stream.RecvAccumulator()
    framer = LengthPrefix(4)
    views, digests = [], []
    for turn in range(300):
        body = chance.randbytes(chance.choice([0, 1, 100, 5000, 70_000]))
        message = struct.pack(">I", len(body)) + body
        cut = chance.randrange(len(message))
        acc.feed(message[:cut])
        views += acc.frames(framer, views=True)
        acc.feed(message[cut:])
        views += acc.frames(framer, views=True)
        digests.append(hashlib.sha256(body).digest())
        if turn % 50 == 49:
            acc.clear()
    assert [hashlib.sha256(view).digest() for view in views] == digests
    # Letting go of some leaves the others as they are.
    kept = chance.sample(list(zip(views, digests, strict=True)), 50)
    del views
    for _ in range(50):
        acc.feed(chance.randbytes(60_000))
        acc.take()
    assert all(hashlib.sha256(view).digest() == digest for view, digest in kept)


def test_a_view_never_blocks_growth(acc):
    acc.feed(b"\3abc")
    (first,) = acc.frames(LengthPrefix(1), views=True)
    for _ in range(30):
        acc.feed(bytes(50_000))
    kept = acc.peek(view=True)
    acc.feed(b"x" * 3_000_000)
    acc.clear()
    acc.feed(b"new")
    assert first == b"abc"
    assert kept == bytes(1_500_000)
    assert acc.take() == b"new"


def test_views_outlive_their_accumulator(stream):
    acc = stream.RecvAccumulator()
    acc.feed(b"one\ntwo\nthree")
    views = acc.frames(Lines(), views=True)
    rest = acc.take(view=True)
    del acc
    gc.collect()
    others = [stream.RecvAccumulator() for _ in range(100)]
    for other in others:
        other.feed(b"\xff" * 65536)
    assert views == [b"one", b"two"]
    assert rest == b"three"


def test_peeked_views_stay_too(acc):
    acc.feed(b"abc")
    view = acc.peek(view=True)
    assert acc.take(3) == b"abc"
    acc.feed(b"xyz")
    assert view == b"abc"
    assert acc.take() == b"xyz"


def test_offsets_show_a_view_that_stays(acc):
    acc.feed(b"one\ntwo\n")
    view, _ = acc.frame_offsets(Lines())
    acc.feed(b"1234567890")
    assert view == b"one\ntwo\n"


def test_reading_goes_on_into_the_free_tail(acc):
    """While views are alive their block is filled up first."""
    acc.feed(b"one\n")
    (view,) = acc.frames(Lines(), views=True)
    acc.feed(b"two\n")
    buffer = acc.get_buffer()
    assert len(buffer) == 65536 - 8
    assert view == b"one"


def test_blocks_are_used_again_when_their_views_are_gone(stream):
    acc = stream.RecvAccumulator()
    for turn in range(2000):
        acc.feed(bytes([turn % 256]) * 60_000)
        view = acc.take(view=True)
        assert view == bytes([turn % 256]) * 60_000
    del view
    assert len(acc) == 0


def test_lent_room_is_another_export_than_views(acc):
    acc.feed(b"one\n")
    (view,) = acc.frames(Lines(), views=True)
    for turn in range(40):
        buffer = acc.get_buffer()
        buffer[:5000] = bytes([turn]) * 5000
        acc.buffer_updated(5000)
    assert view == b"one"
    assert acc.take() == b"".join(bytes([turn]) * 5000 for turn in range(40))


def test_an_old_loan_can_not_touch_newer_bytes(acc):
    """Room that is still held keeps its own block, not the next one."""
    old = acc.get_buffer()
    acc.feed(b"abc")
    acc.clear()
    acc.feed(b"new")
    old[:3] = b"XXX"
    assert acc.take() == b"new"


def test_the_memory_behind_a_view_is_not_to_be_had(stream):
    acc = stream.RecvAccumulator()
    acc.feed(b"secret\nshown\n")
    view = acc.frames(Delimiter(b"\n"), views=True)[1]
    try:
        seen = bytes(memoryview(view.obj))
    except BufferError:
        return
    # The pure twin's memory is a bytearray.
    assert isinstance(view.obj, bytearray)
    assert b"shown" in seen


def test_many_views_of_one_block(acc):
    acc.feed(b"".join(b"%04d" % n for n in range(10_000)))
    views = acc.frames(FixedSize(4), views=True)
    acc.feed(b"\xff" * 100_000)
    assert [int(bytes(view)) for view in views] == list(range(10_000))
