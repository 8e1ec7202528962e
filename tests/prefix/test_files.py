"""Saved tables: complete, shared, and refused if anything is wrong."""

import json
import struct
import sys
from itertools import pairwise
from zlib import crc32

import pytest

from fastsock.prefix import image
from fastsock.prefix.errors import TableFileError

ITEMS = {
    "10.0.0.0/8": "a",
    "10.1.0.0/16": {"list": [1, 2.5, None, True], "é": "ü"},
    "192.0.2.0/24": "a",
    "2001:db8::/32": 7,
    "2001:db8::1": None,
    **{f"2001:db8:1::{n:x}": n for n in range(1, 40, 3)},
}


def sealed(data: bytes) -> bytes:
    """The file with the right checksums, whatever it holds."""
    return image.sealed(data[: image.HEADER], crc32(data[image.HEADER :])) + data[image.HEADER :]


@pytest.mark.parametrize("mmap", [True, False])
def test_a_table_comes_back(prefix, table_path, mmap):
    table = prefix.PrefixTable(ITEMS)
    table.save(table_path)
    loaded = prefix.PrefixTable.load(table_path, mmap=mmap)
    assert loaded.lookup("10.1.2.3") == ITEMS["10.1.0.0/16"]
    assert loaded.lookup("2001:db8:1::4") == 4
    assert loaded.lookup_all("2001:db8::1") == [("2001:db8::/32", 7), ("2001:db8::1/128", None)]
    assert loaded == table
    distinct = {json.dumps(value): value for value in ITEMS.values()}.values()
    assert sorted(map(repr, loaded.values_list())) == sorted(map(repr, distinct))
    loaded["10.0.0.0/8"] = "changed"
    assert loaded.lookup("10.9.9.9") == "changed"
    assert loaded.lookup("192.0.2.1") == "a"
    assert prefix.PrefixTable.load(table_path) == table
    table_path.unlink()
    assert loaded.lookup("192.0.2.1") == "a"


def test_both_twins_write_the_same_file(prefixes, table_path):
    files = []
    for twin in prefixes:
        twin.PrefixTable(ITEMS).save(table_path)
        files.append(table_path.read_bytes())
    assert files[0] == files[1]


def test_the_file_replaces_another_whole(prefix, table_path):
    table_path.write_bytes(b"before")
    table_path.chmod(0o600)
    with pytest.raises(TypeError, match=r"10\.0\.0\.0/8 can't be saved"):
        prefix.PrefixTable({"10.0.0.0/8": (1,)}).save(table_path)
    assert table_path.read_bytes() == b"before"
    prefix.PrefixTable().save(table_path)
    assert table_path.stat().st_mode & 0o777 == 0o600
    assert len(prefix.PrefixTable.load(table_path)) == 0
    assert list(table_path.parent.iterdir()) == [table_path]


@pytest.mark.parametrize(
    "value", [(1,), b"x", {1: 2}, float("nan"), float("inf"), object(), {"a": {1}}]
)
def test_values_that_are_not_json(prefix, table_path, value):
    table = prefix.PrefixTable({"10.0.0.0/8": 1, "2001:db8::/32": value})
    with pytest.raises(TypeError, match="2001:db8::/32 can't be saved"):
        table.save(table_path)
    assert not table_path.exists()


@pytest.fixture
def good(prefixes, table_path):
    prefixes[0].PrefixTable(ITEMS).save(table_path)
    return table_path.read_bytes()


def test_every_cut_is_refused(prefix, table_path, good):
    for size in range(0, len(good), 7):
        table_path.write_bytes(good[:size])
        with pytest.raises(TableFileError):
            prefix.PrefixTable.load(table_path)
    table_path.write_bytes(good + b"\0")
    with pytest.raises(TableFileError):
        prefix.PrefixTable.load(table_path)


def test_every_flipped_bit_is_refused(prefix, table_path, good):
    for at in range(0, len(good), 3):
        table_path.write_bytes(good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :])
        with pytest.raises(TableFileError):
            prefix.PrefixTable.load(table_path)


def test_the_checksum_is_zlibs(prefix, oracle):
    data = oracle(9).random.randbytes(5000)
    for size in [*range(200), 1024, 1040, 4999, 5000]:
        for start in (0, 1, 15):
            part = memoryview(data)[start : start + size]
            assert prefix.PrefixTable._crc32(part) == crc32(part)
    with pytest.raises(BufferError):
        prefix.PrefixTable._crc32(memoryview(data)[::2])


@pytest.mark.parametrize(
    ("at", "code", "value", "said"),
    [(0, "=B", 0x88, "other bytes"), (8, "=I", 2, "version is 2"), (12, "=I", 256, "version"),
     (16, "=Q", 1, "should have 1"), (24, "=Q", 1 << 62, "out of range"),
     (32, "=Q", 1 << 30, "size differ"), (96, "=Q", 1 << 62, "size differ")],
)  # fmt: skip
def test_headers_of_others(prefix, table_path, good, at, code, value, said):
    data = bytearray(good)
    struct.pack_into(code, data, at, value)
    table_path.write_bytes(sealed(bytes(data)))
    with pytest.raises(TableFileError, match=said):
        prefix.PrefixTable.load(table_path)


def test_the_other_byte_order_is_refused(prefix, table_path, good):
    """A file and a pickle of a machine of the other order: its numbers would be read as others."""
    own, other = "<>" if sys.byteorder == "little" else "><"
    form = "8sIIQ9QQ"
    start = struct.unpack_from(own + form, good)
    foreign = struct.pack(other + form, *start) + good[struct.calcsize(own + form) :]
    table_path.write_bytes(sealed(foreign))
    with pytest.raises(TableFileError, match="other byte order"):
        prefix.PrefixTable.load(table_path)
    restore, (kind, block, *rest) = prefix.PrefixTable(ITEMS).__reduce_ex__(4)
    block = foreign[:16] + block[16:]
    with pytest.raises(TableFileError, match="other byte order"):
        restore(kind, block, *rest)


def test_a_foreign_file(prefix, table_path):
    for data in (b"", b"\x7fELF" + bytes(500), json.dumps(ITEMS).encode() * 9):
        table_path.write_bytes(data)
        with pytest.raises(TableFileError):
            prefix.PrefixTable.load(table_path)
    with pytest.raises(FileNotFoundError):
        prefix.PrefixTable.load(table_path.with_name("missing"))


@pytest.mark.parametrize(
    ("section", "words", "said"),
    [("values4", [1 << 30], "a value that is not there"), ("values6", [99], "a value that is not"),
     ("values6", [1 << 31 | 1 << 20], "a record outside"), ("slots4", [77], "wrong length or"),
     ("parents4", [1], "wrong parent"), ("lengths6", [0xFF], "wrong length"),
     ("trees6", [1 << 31], "too many keys"), ("trees6", [5000], "beyond its section"),
     ("records6", [9], "beyond its section"), ("records6", [1 << 31 | 7 << 32], "not there")],
)  # fmt: skip
def test_damage_under_right_checksums(prefix, table_path, good, section, words, said):
    counts, _ = image.read_header(memoryview(good))
    at, _, code = image.layout(counts)[section]
    data = bytearray(good)
    struct.pack_into(f"={code}", data, at, *words)
    table_path.write_bytes(sealed(bytes(data)))
    with pytest.raises(TableFileError, match=said):
        prefix.PrefixTable.load(table_path)


def test_wrong_texts_of_values_are_errors_where_they_are_read(prefix, table_path, good):
    counts, texts = image.read_header(memoryview(good))
    end = image.layout(counts)["end"].start
    data = bytearray(good)
    data[-texts:] = b"!" * texts
    table_path.write_bytes(sealed(bytes(data)))
    loaded = prefix.PrefixTable.load(table_path)
    with pytest.raises(TableFileError, match="is not JSON"):
        loaded.lookup("10.0.0.1")
    with pytest.raises(TableFileError, match="is not JSON"):
        loaded.values_list()
    data = bytearray(good)
    struct.pack_into("=Q", data, end, 5)
    table_path.write_bytes(sealed(bytes(data)))
    with pytest.raises(TableFileError, match="another size"):
        prefix.PrefixTable.load(table_path)


def test_any_damage_gives_an_error_or_some_answer(prefix, table_path, good, oracle):
    """Right checksums over random content: nothing worse than a wrong answer."""
    draw = oracle(3).random
    counts, _ = image.read_header(memoryview(good))
    starts = [section.start for section in image.layout(counts).values()]
    rows = draw.randbytes(16 * 50) + bytes(16 * 3) + b"\xff" * 16
    opened = 0
    for _ in range(150):
        data = bytearray(good)
        for _ in range(draw.randrange(1, 5)):
            low, high = draw.choice(list(pairwise(starts)))
            if high > low:
                at = draw.randrange(low, high)
                data[at] = draw.choice([0, 1, 0x7F, 0x80, 0xFF, draw.getrandbits(8)])
        table_path.write_bytes(sealed(bytes(data)))
        try:
            loaded = prefix.PrefixTable.load(table_path)
            opened += 1
            loaded.lookup_many(10, rows)
            loaded.lookup_many(2, rows)
            for row in range(0, len(rows), 16):
                loaded.lookup_all(rows[row : row + 16])
            list(loaded)
            loaded["1.2.3.4"] = 1
        except (TableFileError, IndexError):
            continue
    assert opened


def test_processes_share_a_file(run_python, table_path, prefixes):
    prefixes[0].PrefixTable(ITEMS).save(table_path)
    code = """
import os, sys
from fastsock.prefix import PrefixTable
table = PrefixTable.load(sys.argv[1])
child = os.fork()
assert table.lookup("10.1.2.3")["list"][0] == 1
if child:
    assert os.waitpid(child, 0)[1] == 0
"""
    assert run_python("-c", code, str(table_path)).returncode == 0
