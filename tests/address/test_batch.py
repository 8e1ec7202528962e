"""The batch functions: every kind of input, line ends, both error modes, and bounds of reads."""

import array
import ctypes
import ipaddress
import mmap
import pickle
import random
import sys
from socket import AF_INET, AF_INET6, AF_UNSPEC, inet_pton

import pytest

from fastsock import AddressError

V4 = ["192.0.2.1", "0.0.0.0", "255.255.255.255", "1.2.3.4", "10.20.30.40", "127.0.0.1"]
V6 = [
    "::",
    "::1",
    "2001:db8::1",
    "1:2:3:4:5:6:7:8",
    "::ffff:1.2.3.4",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "1111:2222:3333:4444:5555:6666:255.255.255.255",
]
TEXTS = {AF_INET: V4, AF_INET6: V6, AF_UNSPEC: V4 + V6}
FAMILIES = list(TEXTS)
KINDS = {AF_INET: "IPv4", AF_INET6: "IPv6", AF_UNSPEC: "IPv4 or IPv6"}
SIZES = {AF_INET: 4, AF_INET6: 16, AF_UNSPEC: 16}

by_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def record(family, text):
    """The record of one row, by the standard library."""
    if family == AF_UNSPEC:
        if ":" not in text:
            return bytes(10) + b"\xff\xff" + inet_pton(AF_INET, text)
        return inet_pton(AF_INET6, text)
    return inet_pton(family, text)


def records(family, texts):
    return b"".join(record(family, text) for text in texts)


def masked(family, lines):
    """The result of mask mode for the lines (bytes) of a text, by the standard library."""
    packed, valid = [], bytearray()
    for line in lines:
        try:
            packed.append(record(family, line.decode("ascii")))
            valid.append(1)
        except (OSError, ValueError):
            packed.append(bytes(SIZES[family]))
            valid.append(0)
    return b"".join(packed), bytes(valid)


def lines_of(blob):
    r"""The rows of a text: ended by "\n", of which a "\r" before it is part."""
    lines = blob.split(b"\n")
    last = lines.pop()
    return [line.removesuffix(b"\r") for line in lines] + ([last] if last else [])


# Kinds of input


@by_family
@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        iter,
        lambda texts: (text for text in texts),
        dict.fromkeys,
        lambda texts: dict.fromkeys(texts).keys(),
        lambda texts: dict(enumerate(texts)).values(),
        type("List", (list,), {}),
        type("Tuple", (tuple,), {}),
        lambda texts: [type("Text", (str,), {})(text) for text in texts],
    ],
)
def test_iterables(address, family, make):
    assert address.inet_pton_many(family, make(TEXTS[family])) == records(family, TEXTS[family])
    assert address.inet_pton_many(family, make(TEXTS[family]), errors="mask") == (
        records(family, TEXTS[family]),
        b"\1" * len(TEXTS[family]),
    )


def test_set(address):
    texts = set(V4)
    assert address.inet_pton_many(AF_INET, texts) == records(AF_INET, texts)


@by_family
@pytest.mark.parametrize(
    "empty",
    [[], (), {}, set(), iter([]), b"", bytearray(), memoryview(b"")],
    ids=lambda value: f"{type(value).__name__} {value!r}".partition(" <")[0],
)
def test_nothing(address, family, empty):
    assert address.inet_pton_many(family, empty) == b""
    assert address.inet_pton_many(family, empty, errors="mask") == (b"", b"")
    assert address.inet_ntop_many(family, b"") == []
    assert address.inet_ntop_lines(family, b"") == b""


@pytest.mark.parametrize("rows", [4095, 4096, 4097, 9000])
def test_generators_longer_than_a_chunk(address, rows):
    texts = [str(ipaddress.IPv4Address(n * 65537)) for n in range(rows)]
    packed = b"".join((n * 65537).to_bytes(4, "big") for n in range(rows))
    assert address.inet_pton_many(AF_INET, iter(texts)) == packed
    texts[-1] = "bad"
    with pytest.raises(AddressError) as caught:
        address.inet_pton_many(AF_INET, iter(texts))
    assert (caught.value.index, caught.value.value) == (rows - 1, "bad")


def test_an_error_of_the_iterable_passes(address):
    def texts():
        yield "1.2.3.4"
        raise LookupError("no more")

    for mode in "strict", "mask":
        with pytest.raises(LookupError, match="no more"):
            address.inet_pton_many(AF_INET, texts(), errors=mode)


def mapped(data):
    memory = mmap.mmap(-1, len(data))
    memory[:] = data
    return memory


BUFFERS = {
    "bytes": bytes,
    "bytes subclass": type("Bytes", (bytes,), {}),
    "bytearray": bytearray,
    "memoryview": memoryview,
    "slice of a memoryview": lambda data: memoryview(b"<" + data + b">")[1:-1],
    "array": lambda data: array.array("B", data),
    "array of signed bytes": lambda data: array.array("b", data),
    "memoryview of chars": lambda data: memoryview(data).cast("c"),
    "two-dimensional memoryview": lambda data: memoryview(data).cast("B", (2, len(data) // 2)),
    "mmap": mapped,
    "ctypes array": lambda data: (ctypes.c_ubyte * len(data)).from_buffer_copy(data),
}


@by_family
@pytest.mark.parametrize("kind", BUFFERS)
def test_every_kind_of_text_buffer(address, family, kind):
    text = "\n".join(TEXTS[family]).encode()
    text += b"\n" * (2 - len(text) % 2)  # an even size, for two dimensions
    expected = masked(family, lines_of(text))
    assert address.inet_pton_many(family, BUFFERS[kind](text), errors="mask") == expected


PACKED_BUFFERS = BUFFERS | {
    "array of uint32": lambda data: array.array("I", data),
    "ctypes uint32 array": lambda data: (ctypes.c_uint32 * (len(data) // 4)).from_buffer_copy(data),
    "memoryview of doubles": lambda data: memoryview(data * 2).cast("d")[: len(data) // 8],
}


@by_family
@pytest.mark.parametrize("kind", PACKED_BUFFERS)
def test_every_kind_of_packed_buffer(address, family, kind):
    packed = records(family, TEXTS[family] + TEXTS[family])  # a multiple of 8 bytes
    texts = address.inet_ntop_many(family, PACKED_BUFFERS[kind](packed))
    assert address.inet_pton_many(family, texts) == packed
    assert (
        address.inet_ntop_lines(family, PACKED_BUFFERS[kind](packed))
        == "".join(f"{text}\n" for text in texts).encode()
    )


def test_buffers_are_let_go(address):
    text, packed = bytearray(b"1.2.3.4\nbad\n"), bytearray(5)
    address.inet_pton_many(AF_INET, text, errors="mask")
    with pytest.raises(AddressError):
        address.inet_pton_many(AF_INET, text)
    text.append(1)  # BufferError if somebody still held it
    for function in address.inet_ntop_many, address.inet_ntop_lines:
        with pytest.raises(ValueError):
            function(AF_INET, packed)
        with memoryview(packed) as whole, whole[:4] as view:
            function(AF_INET, view)
        packed.append(1)
        del packed[-1]


# Lines


@by_family
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("final", [True, False])
def test_line_ends(address, family, newline, final):
    text = newline.join(text.encode() for text in TEXTS[family]) + newline * final
    assert address.inet_pton_many(family, text) == records(family, TEXTS[family])


def test_mixed_line_ends(address):
    assert address.inet_pton_many(AF_INET, b"1.2.3.4\r\n5.6.7.8\n9.9.9.9") == bytes(
        [1, 2, 3, 4, 5, 6, 7, 8] + [9] * 4
    )


@by_family
@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\r",
        b" ",
        b"%s\r\r",
        b"\r%s",
        b" %s",
        b"%s ",
        b"%s\t",
        b"%s\0",
        b"\0",
        b"%s\xff",
        b"\xff",
        "\uff11.2.3.4".encode(),
        b"%s\v",
        b"%s,",
        b"%s/24",
        b"%s%%eth0",
        b"[%s]",
        b"%s:",
        b".%s",
        b"0%s.",
        b"127.1",
        b"x" * 200_000,
        b"1" * 200_000,
        b":" * 1000,
    ],
)
def test_a_bad_line_is_one_row(address, family, bad):
    """At any place: first, in the middle, last; with a newline and without."""
    good = TEXTS[family][0].encode()
    bad = bad.replace(b"%s", good).replace(b"%%", b"%")
    one, none = record(family, TEXTS[family][0]), bytes(SIZES[family])
    filler = [good] * 9  # so that the row is far from the end, too
    for rows in ([bad, *filler], [*filler, bad, *filler], [*filler, bad, b""]):
        packed, valid = address.inet_pton_many(family, b"\n".join(rows) + b"\n", errors="mask")
        # A "\r" before the newline belongs to the line's end, so "\r\r" has one too many.
        at = rows.index(bad)
        assert valid == bytes(row == good for row in rows)
        assert packed == b"".join(one if row == good else none for row in rows)
        with pytest.raises(AddressError) as caught:
            address.inet_pton_many(family, b"\n".join(rows) + b"\n")
        assert caught.value.index == at
        assert caught.value.value == bad.removesuffix(b"\r")


def test_carriage_return_at_the_very_end_is_no_line_end(address):
    assert address.inet_pton_many(AF_INET, b"1.2.3.4\n1.2.3.4\r", errors="mask") == (
        b"\1\2\3\4\0\0\0\0",
        b"\1\0",
    )
    with pytest.raises(AddressError) as caught:
        address.inet_pton_many(AF_INET, b"1.2.3.4\n1.2.3.4\r")
    assert (caught.value.index, caught.value.value) == (1, b"1.2.3.4\r")


@pytest.mark.parametrize(
    ("text", "rows"),
    [(b"\n", 1), (b"\n\n", 2), (b"\r\n", 1), (b"\r", 1), (b"\n" * 1000, 1000), (b"\r\n\n\r", 3)],
)
@by_family
def test_empty_lines_are_bad_rows(address, family, text, rows):
    assert address.inet_pton_many(family, text, errors="mask") == (
        bytes(rows * SIZES[family]),
        bytes(rows),
    )


@by_family
def test_one_huge_line(address, family):
    line = b"1.2.3.4," * 100_000
    assert address.inet_pton_many(family, line, errors="mask") == (bytes(SIZES[family]), b"\0")
    with pytest.raises(AddressError) as caught:
        address.inet_pton_many(family, line)
    assert caught.value.value == line
    assert len(str(caught.value)) < 200


@by_family
def test_rows_of_every_length_at_every_distance_from_the_end(address, family):
    """SIMD steps load 17 or 48 bytes and decline nearer to the end: no answer may change."""
    texts = ["1.2.3.4", "100.200.250.255", "10.20.30.400", "1:2:3:4:5:6:7:8", "::"]
    texts += [
        "1111:2222:3333:4444:5555:6666:7777:8888",
        "1111:2222:3333:4444:5555:6666:255.255.255.255",
    ]
    texts += ["1:22:333:4444:5:66:777:8888"[:n] for n in range(27)]
    texts += ["1" * n for n in (14, 15, 16, 17, 18, 39, 40, 45, 46, 47, 48, 49, 50, 63, 64, 65)]
    for text in texts:
        for newline in b"\n", b"\r\n":
            row = text.encode() + newline
            for after in (
                [b"\n" * n for n in range(3)]
                + [b"1.1.1.1\n" * n for n in range(1, 8)]
                + [b"x" * n for n in range(15, 50)]
            ):
                blob = b"::1\n" + row + after
                assert address.inet_pton_many(family, blob, errors="mask") == masked(
                    family, lines_of(blob)
                )


# Errors


@by_family
@pytest.mark.parametrize(
    "bad",
    ["", "x", "1.2.3", "1.2.3.4 ", "\uff11.2.3.4", "\ud800", "1.2.3.4\0", "1.2.3.4\n", "x" * 1000],
)
def test_strict_names_row_and_value(address, family, bad):
    texts = [*TEXTS[family], bad, "also bad"]
    for made in list(texts), tuple(texts), iter(texts):
        with pytest.raises(AddressError) as caught:
            address.inet_pton_many(family, made)
        error = caught.value
        row = len(TEXTS[family])
        assert error.index == row
        assert error.value is bad or error.value == bad
        shown = repr(bad) if len(bad) < 65 else f"{bad[:64]!r}... ({len(bad)} long)"
        assert str(error) == f"row {row}: {shown} is not an {KINDS[family]} address"
        assert isinstance(error, OSError)
        assert isinstance(error, ValueError)
        assert error.errno is None
        assert error.__suppress_context__ or error.__context__ is None


@by_family
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_strict_names_line_and_bytes(address, family, newline):
    lines = [text.encode() for text in TEXTS[family]] + [b"caf\xe9", b"also bad"]
    with pytest.raises(AddressError) as caught:
        address.inet_pton_many(family, newline.join(lines))
    assert caught.value.value == b"caf\xe9"
    assert caught.value.index == len(lines) - 2
    assert (
        str(caught.value)
        == f"row {len(lines) - 2}: {b'caf' + bytes([0xE9])!r} is not an {KINDS[family]} address"
    )


@by_family
def test_mask_never_raises_on_content(address, family):
    rng = random.Random(1)
    for size in (0, 1, 2, 7, 15, 16, 17, 40, 47, 48, 49, 300):
        for _ in range(20):
            blob = bytes(rng.choice(b"0123456789abcf.:\r\n\n\x00\xff %") for _ in range(size))
            assert address.inet_pton_many(family, blob, errors="mask") == masked(
                family, lines_of(blob)
            )
            texts = blob.decode("latin-1").split("\n")
            expected = masked(family, [text.encode("latin-1") for text in texts])
            assert address.inet_pton_many(family, texts, errors="mask") == expected


class Disguised:
    """Not a str, though `isinstance` says so."""

    __class__ = str


@pytest.mark.parametrize(
    "item",
    [b"1.2.3.4", None, 5, float("nan"), bytearray(b"x"), ["1.2.3.4"], Disguised()],
    ids=lambda item: type(item).__name__,
)
@by_family
def test_items_that_are_no_str(address, family, item):
    texts = [TEXTS[family][0], item, TEXTS[family][0]]
    good = record(family, texts[0])
    for made in texts, tuple(texts), iter(texts):
        with pytest.raises(TypeError) as caught:
            address.inet_pton_many(family, made)
        assert str(caught.value) == f"texts[1] must be str, not {type(item).__name__}"
    for made in texts, tuple(texts), iter(texts):
        packed, valid = address.inet_pton_many(family, made, errors="mask")
        assert packed == good + bytes(len(good)) + good
        assert valid == b"\1\0\1"


def test_a_str_subclass_is_the_text_that_it_holds(address):
    class Text(str):
        __slots__ = ()

        def __contains__(self, part):
            return part != ":"

    for text in ("::1", "1.2.3.4"):
        expected = address.inet_pton_many(AF_UNSPEC, [text])
        assert address.inet_pton_many(AF_UNSPEC, [Text(text)]) == expected


def test_strict_stops_at_the_first_bad_row_of_any_kind(address):
    with pytest.raises(AddressError):
        address.inet_pton_many(AF_INET, ["1.2.3.4", "bad", 5])
    with pytest.raises(TypeError):
        address.inet_pton_many(AF_INET, ["1.2.3.4", 5, "bad"])


def test_address_errors_pickle(address):
    for texts in (["1.2.3.4", "bad"], b"1.2.3.4\nbad"):
        with pytest.raises(AddressError) as caught:
            address.inet_pton_many(AF_INET, texts)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            copy = pickle.loads(pickle.dumps(caught.value, protocol))
            assert type(copy) is AddressError
            assert (str(copy), copy.index, copy.value) == (
                str(caught.value),
                caught.value.index,
                caught.value.value,
            )
            assert copy.args == caught.value.args


# Both families at once, and round trips


def test_unspec_takes_both_families(address):
    texts = ["1.2.3.4", "::1", "::ffff:5.6.7.8", "2001:db8::", "::1.2.3.4"]
    packed = address.inet_pton_many(AF_UNSPEC, texts)
    assert packed == b"".join(
        bytes.fromhex(row)
        for row in (
            "00000000000000000000ffff01020304",
            "00000000000000000000000000000001",
            "00000000000000000000ffff05060708",
            "20010db8000000000000000000000000",
            "00000000000000000000000001020304",
        )
    )
    assert address.inet_pton_many(AF_UNSPEC, "\n".join(texts).encode()) == packed
    # Mapped is written as IPv4 by AF_UNSPEC alone.
    plain = ["1.2.3.4", "::1", "5.6.7.8", "2001:db8::", "::1.2.3.4"]
    assert address.inet_ntop_many(AF_UNSPEC, packed) == plain
    assert address.inet_ntop_lines(AF_UNSPEC, packed).decode().split() == plain
    assert address.inet_ntop_many(AF_INET6, packed)[0] == "::ffff:1.2.3.4"


def test_one_family_refuses_the_other(address):
    assert address.inet_pton_many(AF_INET, V6, errors="mask")[1] == bytes(len(V6))
    assert address.inet_pton_many(AF_INET6, V4, errors="mask")[1] == bytes(len(V4))


@by_family
def test_round_trip(address, family):
    rng = random.Random(2)
    size = SIZES[family]
    rows = [rng.randbytes(size) for _ in range(3000)]
    # runs of zeros and mapped addresses, which random bytes hardly have
    rows += [
        bytes(b if rng.random() < 0.3 else 0 for b in rng.randbytes(size)) for _ in range(3000)
    ]
    rows += [(bytes(10) + b"\xff\xff" + rng.randbytes(4))[-size:] for _ in range(100)]
    packed = b"".join(rows)
    texts, lines = address.inet_ntop_many(family, packed), address.inet_ntop_lines(family, packed)
    assert lines == "".join(f"{text}\n" for text in texts).encode()
    assert address.inet_pton_many(family, texts) == packed
    assert address.inet_pton_many(family, lines) == packed
    assert address.inet_pton_many(family, lines.replace(b"\n", b"\r\n")) == packed


# NumPy


def test_numpy_records(address):
    np = pytest.importorskip("numpy")
    rows = np.arange(40, dtype=np.uint8).reshape(10, 4)
    expected = address.inet_ntop_many(AF_INET, rows.tobytes())
    assert address.inet_ntop_many(AF_INET, rows) == expected
    assert address.inet_ntop_many(AF_INET, rows.view(np.uint32)) == expected
    assert address.inet_ntop_many(AF_INET, rows.view(">u4")) == expected
    assert address.inet_ntop_many(AF_INET, rows.view("V4")) == expected
    assert address.inet_ntop_many(AF_INET, rows[:0]) == []
    for pieces in rows[::2], rows[:, ::-1], np.asfortranarray(rows):
        with pytest.raises(BufferError, match="C-contiguous"):
            address.inet_ntop_many(AF_INET, pieces)
    packed = np.frombuffer(address.inet_pton_many(AF_INET, expected), np.uint8)
    assert (packed.reshape(-1, 4) == rows).all()


def test_numpy_texts(address):
    np = pytest.importorskip("numpy")
    expected = records(AF_INET, V4)
    assert address.inet_pton_many(AF_INET, np.array(V4)) == expected
    assert address.inet_pton_many(AF_INET, np.array(V4, dtype=object)) == expected
    assert address.inet_pton_many(AF_INET, np.array(V4)[::-1]) == records(AF_INET, V4[::-1])
    text = np.frombuffer("\n".join(V4).encode(), np.uint8)
    assert address.inet_pton_many(AF_INET, text) == expected
    with pytest.raises(BufferError, match="C-contiguous"):
        address.inet_pton_many(AF_INET, text[::2])
    assert address.inet_pton_many(AF_INET, np.array(V4, dtype="S15")) == expected
    assert address.inet_pton_many(AF_INET, np.array(V4[:1], dtype="S")) == expected[:4]
    with pytest.raises(BufferError, match="C-contiguous"):
        address.inet_pton_many(AF_INET, np.array(V4, dtype="S15")[::2])
    with pytest.raises(AddressError, match="row 1: 'x' is not an IPv4 address"):
        address.inet_pton_many(AF_INET, np.array([V4[0], "x"], dtype="S"))


# Reads


@pytest.fixture(scope="module")
def page():
    """A page with no readable memory on either side: a read outside it kills the process."""
    if not sys.platform.startswith("linux"):
        pytest.skip("memory protection is set by Linux's mprotect")
    size = mmap.PAGESIZE
    memory = mmap.mmap(-1, 3 * size)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    no_access = 0
    assert libc.mprotect(start, size, no_access) == 0
    assert libc.mprotect(start + 2 * size, size, no_access) == 0
    return memoryview(memory)[size : 2 * size]


@by_family
def test_no_byte_outside_the_text_is_read(address, family, page):
    """Texts of every length up to 120, against either edge of the page."""
    rows = [text.encode() for text in TEXTS[family]]
    long = [
        b"100.200.250.255",
        b"1111:2222:3333:4444:5555:6666:7777:8888",
        b"1111:2222:3333:4444:5555:6666:255.255.255.255",
    ]
    texts = [b"\n".join(rows * 5), b"\r\n".join(rows * 5), b"1" * 200, b":" * 200, b"\n" * 200]
    texts += [b"\n".join([row] * 20) for row in long]
    for text in texts:
        for size in range(121):
            for piece in text[:size], text[len(text) - size :]:
                expected = masked(family, lines_of(piece))
                for at in page[:size], page[len(page) - size :]:
                    at[:] = piece
                    assert address.inet_pton_many(family, at, errors="mask") == expected


@by_family
def test_no_byte_outside_the_records_is_read(address, family, page):
    size = SIZES[family]
    rng = random.Random(3)
    for count in range(20):
        packed = rng.randbytes(count * size)
        for at in page[: len(packed)], page[len(page) - len(packed) :]:
            at[:] = packed
            texts = address.inet_ntop_many(family, at)
            assert records(family, texts) == packed
            assert address.inet_ntop_lines(family, at) == "".join(f"{t}\n" for t in texts).encode()


def test_no_byte_outside_one_record_is_read(inet, page):
    for family, size in (AF_INET, 4), (AF_INET6, 16):
        for at in page[:size], page[len(page) - size :]:
            at[:] = bytes(range(1, size + 1))
            assert inet_pton(family, inet.inet_ntop(family, at)) == bytes(at)
