"""Both twins over captures damaged at random: the same records, columns and reasons."""

import io
import random
import struct

import pytest
from hypothesis import given, strategies as st

from fastsock.packet.fields import COLUMNS

ETHERNET = bytes.fromhex("020000000001020000000002")
PACKETS = [
    ETHERNET
    + bytes.fromhex(
        "0800 45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364"
    ),
    ETHERNET
    + bytes.fromhex("86dd 6000000000142c40" + "20010db8" + "00" * 28 + "0600 0001 00000007")
    + bytes(20),
    ETHERNET + bytes.fromhex("88a8 0064 8100 00c8 0806 0001080006040001") + bytes(20),
    bytes.fromhex("0200000045000014000000004001000001020304") + bytes(10),
]
NUMBERS = [0, 1, 4, 11, 12, 16, 28, 32, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


def captures(files):
    """Captures of all kinds to start from."""
    for order in "<>":
        yield files.pcap(*PACKETS, order=order)
        yield files.pcap(*PACKETS, order=order, magic=0xA1B2CD34, version=(2, 3), link=113)
        options = files.option(9, b"\x8a", order) + files.option(14, bytes(8), order)
        data = files.section(order) + files.interface(1, options=options, order=order)
        data += files.interface(0, 40, order=order) + files.block(5, bytes(9), order)
        for n, packet in enumerate(PACKETS):
            data += files.enhanced(packet, n << 31, n % 2, order, options=options)
            data += files.simple(packet, order=order) + files.old(packet, n, order=order)
        yield data + files.section(order) + files.interface(order=order) + files.simple(b"x")


def everything(module, source, limit):
    """All that a twin says of a capture."""
    try:
        opened = module.open_capture(source, max_record=limit)
        found = [(*record[:3], bytes(record.data)) for record in opened]
    except ValueError as error:
        return type(error), str(error)
    return found, opened.stopped, opened.offset, opened.records, opened.format


def columns_of(module, source, limit, chunk):
    try:
        opened = module.open_capture(source, max_record=limit)
        parts = list(opened.to_columns(COLUMNS, verify=True, chunk=chunk))
    except ValueError as error:
        return type(error), str(error)
    rows = [{name: bytes(part[name]) for name in part} for part in parts]
    return rows, opened.stopped, opened.offset, opened.records


class Dripping:
    """A file that returns as many bytes at a time as a small generator says."""

    def __init__(self, data, seed):
        self.file = io.BytesIO(data)
        self.chance = random.Random(seed)

    def read(self, size):
        return self.file.read(min(size, self.chance.choice([1, 2, 3, 5, 16, 100])))


@st.composite
def spoiled(draw):
    """Which capture, and how it is damaged."""
    changes = st.one_of(
        st.tuples(
            st.just("number"), st.floats(0, 1), st.sampled_from(NUMBERS), st.sampled_from("<>")
        ),
        st.tuples(st.just("bytes"), st.floats(0, 1), st.binary(max_size=8)),
        st.tuples(st.just("cut"), st.floats(0, 1)),
        st.tuples(st.just("drop"), st.floats(0, 1), st.integers(1, 20)),
        st.tuples(st.just("double"), st.floats(0, 1), st.integers(1, 60)),
    )
    return draw(st.integers(0, 5)), draw(st.lists(changes, max_size=4))


def spoil(data, changes):
    data = bytearray(data)
    for kind, place, *rest in changes:
        at = int(place * len(data))
        if kind == "number":
            number, order = rest
            at -= at % 4
            data[at : at + 4] = struct.pack(order + "I", number)
        elif kind == "bytes":
            data[at : at + len(rest[0])] = rest[0]
        elif kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at : at + rest[0]]
        else:
            data[at:at] = data[at : at + rest[0]]
    return bytes(data)


@given(what=spoiled(), limit=st.sampled_from([40, 262_144, 0xFFFFFFFF]), seed=st.integers(0, 99))
def test_spoiled_captures(capture_twins, files, what, limit, seed):
    number, changes = what
    data = spoil(list(captures(files))[number], changes)
    first = everything(capture_twins[0], data, limit)
    for module in capture_twins:
        assert everything(module, data, limit) == first
        assert everything(module, Dripping(data, seed), limit) == first
    for chunk in (3, 1000):
        columns = columns_of(capture_twins[0], data, limit, chunk)
        for module in capture_twins:
            assert columns_of(module, data, limit, chunk) == columns
            assert columns_of(module, Dripping(data, seed), limit, chunk) == columns


@given(data=st.binary(max_size=200), front=st.integers(0, 5), kept=st.integers(0, 60))
def test_rubbish_behind_a_header(capture_twins, files, data, front, kept):
    data = list(captures(files))[front][:kept] + data
    first = everything(capture_twins[0], data, 262_144)
    for module in capture_twins:
        assert everything(module, data, 262_144) == first
        assert everything(module, io.BytesIO(data), 262_144) == first


@given(
    packets=st.lists(st.binary(max_size=90), max_size=40),
    link=st.sampled_from([0, 1, 9, 101, 108, 113, 228, 229, 276, 12, 50, 999]),
    verify=st.booleans(),
)
def test_rows_of_any_bytes(columns_twins, packets, link, verify):
    names = [name for name in COLUMNS if name not in ("timestamp_ns", "wire_length", "link")]
    offsets = [0]
    for packet in packets:
        offsets.append(offsets[-1] + len(packet))
    found = [
        module.decode_columns(source, names, link=link, verify=verify)
        for module in columns_twins
        for source in (packets, (b"".join(packets), offsets))
    ]
    for other in found:
        assert [bytes(other[name]) for name in names] == [bytes(found[0][name]) for name in names]


@pytest.mark.parametrize("number", range(6))
def test_all_prefixes(capture_twins, files, number):
    """A capture truncated anywhere gives its complete records, and says why it stopped."""
    data = list(captures(files))[number]
    whole = everything(capture_twins[0], data, 262_144)[0]
    for size in range(0, len(data), 3):
        first = everything(capture_twins[0], data[:size], 262_144)
        for module in capture_twins[1:]:
            assert everything(module, data[:size], 262_144) == first
        if isinstance(first[0], list):
            assert first[0] == whole[: len(first[0])]
