"""Frames larger than a block: room for them follows what has come, however it is cut."""

import pytest
from hypothesis import given, settings, strategies as st

from fastsock import LengthPrefix

FRAMER = LengthPrefix(4)
CHUNK = 1 << 14


def framed(body):
    return len(body).to_bytes(4, "big") + body


def peak_of(call):
    tracemalloc = pytest.importorskip("tracemalloc")
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("come", [4, 1 << 16, 1 << 18, 1 << 20])
def test_a_hostile_length_allocates_a_few_times_what_has_come(stream, come):
    accumulator, chunk = stream.RecvAccumulator(), bytes(CHUNK)
    start = (12 << 20).to_bytes(4, "big")

    def receive():
        accumulator.feed(start)
        for _ in range(come // CHUNK):
            accumulator.feed(chunk)
            assert accumulator.frames(FRAMER) == []
        accumulator.get_buffer()

    # A block of twice what has come; while it is filled, the block before it, and in the pure twin
    # a copy of the unread bytes.
    assert peak_of(receive) <= 5 * come + (1 << 18)
    assert len(accumulator) == 4 + come // CHUNK * CHUNK


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 300_000), min_size=1, max_size=5),
    cuts=st.lists(st.integers(1, 200_000), min_size=1, max_size=8),
    views=st.booleans(),
)
def test_frames_of_any_size_by_any_cuts(stream, sizes, cuts, views):
    bodies = [bytes([65 + n]) * size for n, size in enumerate(sizes)]
    data = b"".join(map(framed, bodies))
    accumulator, found, at, turn = stream.RecvAccumulator(), [], 0, 0
    while at < len(data):
        piece = data[at : at + cuts[turn % len(cuts)]]
        buffer = accumulator.get_buffer()
        piece = piece[: len(buffer)]
        buffer[: len(piece)] = piece
        accumulator.buffer_updated(len(piece))
        found += accumulator.frames(FRAMER, views)
        at, turn = at + len(piece), turn + 1
    assert list(map(bytes, found)) == bodies
    assert len(accumulator) == 0
