"""Internet checksums: worked examples, every rule, and a loop over words to compare with."""

import array
import json
import mmap
import random
import struct
import sys
from importlib import import_module
from itertools import product

import pytest
from hypothesis import given, strategies as st

V4_HEADER = bytes.fromhex("45000073 00004000 4011 0000 c0a80001 c0a800c7")  # its checksum: B861
V4_RIGHT = bytes.fromhex("45000073 00004000 4011 b861 c0a80001 c0a800c7")
SRC4, DST4 = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
SRC6 = bytes.fromhex("20010db8000000000000000000000001")
DST6 = bytes.fromhex("20010db8000000000000000000000002")


def sum_by_words(data, total=0):
    """RFC 1071, word by word, each carry added at once."""
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
        total = (total & 0xFFFF) + (total >> 16)
    return total


def by_words(data):
    return sum_by_words(data) ^ 0xFFFF


# Worked examples


def test_example_of_rfc_1071(checksums):
    """Section 3: the sum of 00 01 f2 03 f4 f5 f6 f7 is ddf2."""
    data = bytes.fromhex("0001f203f4f5f6f7")
    assert checksums.checksum_add(data) == 0xDDF2
    assert checksums.checksum(data) == 0xFFFF - 0xDDF2


def test_example_of_an_ipv4_header(checksums):
    assert checksums.checksum(V4_HEADER) == 0xB861
    assert checksums.verify(V4_RIGHT) is True
    assert checksums.verify(V4_HEADER) is False
    for bit in range(8 * len(V4_RIGHT)):
        flipped = bytearray(V4_RIGHT)
        flipped[bit // 8] ^= 1 << bit % 8
        assert checksums.verify(bytes(flipped)) is False


def test_example_of_rfc_1624(checksums):
    """Section 4: RFC 1141 gives FFFF here, and the header would be refused."""
    assert checksums.update16(0xDD2F, 0x5555, 0x3285) == 0x0000


@pytest.mark.parametrize(
    ("data", "total"),
    [
        (b"", 0),
        (b"\0", 0),
        (bytes(1000), 0),
        (b"\x01", 0x0100),
        (b"\xff", 0xFF00),
        (b"\0\x01", 1),
        (b"\xff\xff", 0xFFFF),
        (b"\xff\xff\xff\xff", 0xFFFF),
        (b"\xff\xff\0\x01", 1),
        (b"\xff\xfe\0\x01", 0xFFFF),
        (b"\x80\0\x80\0", 1),
        (b"\xff\xff\xff", 0xFF00),
    ],
)
def test_sums(checksums, data, total):
    """Zero is the sum of zeros alone."""
    assert sum_by_words(data) == total
    assert checksums.checksum_add(data) == total | (len(data) & 1) << 32
    assert checksums.checksum(data) == total ^ 0xFFFF
    assert checksums.checksum(data, 0) == total ^ 0xFFFF
    assert checksums.verify(data) is (total == 0xFFFF)


# UDP's zero


@pytest.mark.parametrize(
    ("data", "plain", "udp"),
    [
        (b"\xff\xff", 0, 0xFFFF),
        (b"\xff\xff" * 30, 0, 0xFFFF),
        (b"\xff\xfe", 1, 1),
        (b"", 0xFFFF, 0xFFFF),
        (bytes(8), 0xFFFF, 0xFFFF),
        (bytearray(b"\xff\xff"), 0, 0xFFFF),
    ],
)
def test_udp_has_no_zero(checksums, data, plain, udp):
    assert checksums.checksum(data) == checksums.checksum(data, udp=False) == plain
    assert checksums.checksum(data, udp=True) == checksums.checksum(data, 0, True) == udp
    assert checksums.checksum(data, 0xFFFF) == plain % 0xFFFF  # adds nothing, but is no zero
    assert checksums.checksum(data, 0xFFFF, udp=True) == udp


def test_udp_datagram_whose_sum_is_all_ones(checksums):
    """Its checksum computes to 0: FFFF is sent, and is right, for it adds nothing."""
    start = checksums.pseudo_header(SRC4, DST4, 17, 10)
    head = struct.pack("!HHH", 53, 53, 10)
    data = struct.pack("!H", checksums.checksum(head, start))
    datagram = head + bytes(2) + data
    assert checksums.checksum(datagram, start) == 0
    sent = checksums.checksum(datagram, start, udp=True)
    assert sent == 0xFFFF
    assert checksums.verify(head + struct.pack("!H", sent) + data, start)


# Running sums


@given(st.lists(st.binary(max_size=70), max_size=8))
def test_pieces_of_any_size_make_the_whole(checksums, pieces):
    whole = b"".join(pieces)
    running = 0
    for piece in pieces:
        running = checksums.checksum_add(piece, running)
    assert running & 0xFFFFFFFF == sum_by_words(whole)
    assert running >> 32 == len(whole) % 2
    last = checksums.checksum_add(b"".join(pieces[:-1]))
    assert checksums.checksum(pieces[-1] if pieces else b"", last) == by_words(whole)
    assert checksums.verify(b"", running) is (sum_by_words(whole) == 0xFFFF)


def test_every_split_of_a_message(checksums):
    message = bytes(range(1, 24))
    for first, second in product(range(len(message) + 1), repeat=2):
        a, b = sorted((first, second))
        running = checksums.checksum_add(message[a:b], checksums.checksum_add(message[:a]))
        assert checksums.checksum(message[b:], running) == by_words(message)


def test_running_sum_may_be_wide(checksums):
    """Any sum of words below 2**32 will do, folded or not."""
    for initial in (1, 0xFFFF, 0x10000, 0x1FFFE, 0xFFFF0000, 0xFFFFFFFF, 0x12345678):
        folded = initial
        while folded >> 16:
            folded = (folded & 0xFFFF) + (folded >> 16)
        assert checksums.checksum_add(b"", initial) == folded
        assert checksums.checksum_add(b"\x12\x34", initial) == sum_by_words(b"\x12\x34", folded)
        odd = checksums.checksum_add(b"\x12", initial | 1 << 32)
        assert odd == sum_by_words(b"\x00\x12", folded)


@given(st.binary(max_size=300), st.integers(0, (1 << 33) - 1), st.booleans())
def test_any_bytes_after_any_sum(checksums, data, initial, udp):
    padded = b"\0" + data if initial >> 32 else data
    total = sum_by_words(padded, initial & 0xFFFF)
    total = sum_by_words((initial >> 16 & 0xFFFF).to_bytes(2, "big"), total)
    assert checksums.checksum_add(data, initial) & 0xFFFFFFFF == total
    assert checksums.checksum(data, initial) == (total ^ 0xFFFF)
    assert checksums.checksum(data, initial, udp) == ((total ^ 0xFFFF) or udp * 0xFFFF)
    assert checksums.verify(data, initial) is (total == 0xFFFF)


# Sizes


@pytest.mark.parametrize("size", [*range(70), 575, 1459, 1460, 65534, 65535, 65536, 65537])
def test_every_size(checksums, size):
    data = random.Random(size).randbytes(size)
    assert checksums.checksum(data) == by_words(data)
    assert checksums.checksum(b"\xff" * size) == by_words(b"\xff" * size)


@pytest.mark.parametrize("size", [131_072, 131_074, 200_001, (1 << 20) + 1])
def test_sum_that_no_32_bits_hold(checksums, size):
    """65,537 words of FFFF overflow 32 bits."""
    ones = b"\xff" * size
    expected = 0 if size % 2 == 0 else 0xFF  # FF00 counts last
    assert checksums.checksum(ones) == expected
    assert checksums.checksum(memoryview(ones)) == expected
    data = random.Random(size).randbytes(size)
    numbers = array.array("H", data.ljust(size + size % 2, b"\0"))
    if sys.byteorder == "little":
        numbers.byteswap()
    total = sum(numbers)
    assert checksums.checksum(data) == 0xFFFF - (total % 65535 or 65535)
    running = checksums.checksum_add(data[: size // 3])
    assert checksums.checksum(data[size // 3 :], running) == checksums.checksum(data)


def test_large_buffer_of_zeros(checksums):
    with mmap.mmap(-1, 8 << 20) as pages:
        assert checksums.checksum(pages) == 0xFFFF
        assert checksums.checksum_add(pages) == 0
        pages[-1] = 1
        assert checksums.checksum_add(pages) == 1
        assert checksums.crc32c(pages[:4096]) == checksums.crc32c(bytes(4096))


# Buffers


PIECES_REFUSED = ["checksum", "checksum_add", "verify", "crc32c"]


def test_any_contiguous_buffer(checksums):
    data = bytes(range(1, 25))
    aligned = bytearray(b"x" + data)
    forms = [
        bytearray(data),
        memoryview(data),
        memoryview(aligned)[1:],
        array.array("B", data),
        array.array("H", data),
        array.array("d", data),
        memoryview(data).cast("B", (2, 3, 4)),
        memoryview(data).cast("I"),
    ]
    check_forms(checksums, forms, data)
    whole = bytearray(data)
    assert checksums.checksum(whole) == by_words(data)
    whole.append(0)  # no export is kept


def test_arrays_of_numpy(checksums):
    numpy = pytest.importorskip("numpy")
    data = bytes(range(1, 25))
    forms = [
        numpy.frombuffer(data, "u1"),
        numpy.frombuffer(data, ">u4"),
        numpy.frombuffer(data, "u1").reshape(4, 6),
        numpy.frombuffer(data, "u2,u4,u2"),
    ]
    check_forms(checksums, forms, data)
    assert checksums.checksum(numpy.zeros((0, 3))) == 0xFFFF
    for piece in numpy.zeros((4, 4))[:, 1], numpy.zeros((4, 6), order="F"):
        for name in PIECES_REFUSED:
            with pytest.raises(BufferError, match="must be a C-contiguous buffer"):
                getattr(checksums, name)(piece)


def check_forms(checksums, forms, data):
    for form in forms:
        assert checksums.checksum(form) == by_words(data)
        assert checksums.checksum_add(form) == sum_by_words(data)
        assert checksums.verify(form, checksums.checksum(data)) is True
        assert checksums.crc32c(form) == checksums.crc32c(data)


def test_subclass_of_bytes_is_taken_as_its_bytes(checksums):
    class Odd(bytes):
        def __bytes__(self):
            return b"another"

        def __len__(self):
            return 1000

        def __iter__(self):
            return iter([1, 2, 3])

    assert checksums.checksum(Odd(b"\x12\x34")) == 0xEDCB
    assert checksums.crc32c(Odd(b"123456789")) == 0xE3069283


def test_empty_buffers(checksums):
    for empty in (b"", bytearray(), memoryview(b""), array.array("I")):
        assert checksums.checksum(empty) == 0xFFFF
        assert checksums.checksum(empty, 0x1234) == 0xEDCB
        assert checksums.crc32c(empty) == 0
        assert checksums.crc32c(empty, 77) == 77


@pytest.mark.parametrize("name", PIECES_REFUSED)
def test_buffers_in_pieces_are_refused(checksums, name):
    function = getattr(checksums, name)
    pieces = [
        memoryview(bytes(20))[::2],
        memoryview(bytes(20))[::-1],
    ]
    for piece in pieces:
        with pytest.raises(BufferError, match="must be a C-contiguous buffer"):
            function(piece)


@pytest.mark.parametrize("name", ["checksum", "checksum_add", "verify", "crc32c"])
@pytest.mark.parametrize("value", [None, 5, "text", [1, 2], (1,), iter([1]), object()])
def test_no_buffer(checksums, name, value):
    with pytest.raises(TypeError, match="a bytes-like object is required, not '"):
        getattr(checksums, name)(value)


def test_view_that_was_released(checksums):
    view = memoryview(bytearray(4))
    view.release()
    for name in ("checksum", "checksum_add", "verify", "crc32c"):
        with pytest.raises(ValueError, match="released"):
            getattr(checksums, name)(view)


# Numbers


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


NUMBERS = [  # a call with one number open, and the most that it may be
    (lambda part, n: part.checksum(b"ab", n), (1 << 33) - 1, "initial"),
    (lambda part, n: part.checksum_add(b"ab", n), (1 << 33) - 1, "initial"),
    (lambda part, n: part.verify(b"ab", n), (1 << 33) - 1, "initial"),
    (lambda part, n: part.crc32c(b"ab", n), (1 << 32) - 1, "initial"),
    (lambda part, n: part.pseudo_header(SRC4, DST4, n, 0), 255, "protocol"),
    (lambda part, n: part.pseudo_header(SRC4, DST4, 0, n), (1 << 32) - 1, "length"),
    (lambda part, n: part.pseudo_header(SRC6, DST6, 0, n), (1 << 32) - 1, "length"),
    (lambda part, n: part.update16(n, 1, 2), 0xFFFF, "checksum"),
    (lambda part, n: part.update16(1, n, 2), 0xFFFF, "old"),
    (lambda part, n: part.update16(1, 2, n), 0xFFFF, "new"),
    (lambda part, n: part.update32(n, 1, 2), 0xFFFF, "checksum"),
    (lambda part, n: part.update32(1, n, 2), (1 << 32) - 1, "old"),
    (lambda part, n: part.update32(1, 2, n), (1 << 32) - 1, "new"),
    (lambda part, n: part.update_address(n, SRC4, DST4), 0xFFFF, "checksum"),
]


@pytest.mark.parametrize(("call", "most", "name"), NUMBERS)
def test_numbers_out_of_range(checksums, call, most, name):
    call(checksums, 0)
    assert call(checksums, most) == call(checksums, Index(most))
    assert call(checksums, True) == call(checksums, 1)
    for wrong in (-1, most + 1, 1 << 62, 1 << 63, 1 << 64, -(1 << 64), Index(-1), Index(1 << 80)):
        number = wrong.value if isinstance(wrong, Index) else wrong
        with pytest.raises(ValueError) as caught:
            call(checksums, wrong)
        assert str(caught.value) == f"{name} must be between 0 and {most}, not {number}"
        assert type(caught.value) is ValueError


@pytest.mark.parametrize(("call", "most", "name"), NUMBERS)
def test_no_number(checksums, call, most, name):
    for wrong in (None, "1", 1.0, b"1", [1]):
        with pytest.raises(TypeError):
            call(checksums, wrong)


def test_number_that_prints_as_another(checksums):
    class Odd(int):
        def __format__(self, form):
            return "five"

        def __str__(self):
            return "five"

        def __le__(self, other):
            return True

    for call, most, name in NUMBERS:
        with pytest.raises(
            ValueError, match=f"^{name} must be between 0 and {most}, not {1 << 40}$"
        ):
            call(checksums, Odd(1 << 40))


def test_ways_to_give_arguments(checksums):
    """By position or by name, and by a name that is not the program's own text."""
    call = checksums.checksum
    made = "".join(["ini", "tial"])
    expected = call(b"\xff\xff", 0xFFFF, True)
    assert expected == 0xFFFF
    assert call(b"\xff\xff", initial=0xFFFF, udp=True) == expected
    assert call(b"\xff\xff", udp=True, initial=0xFFFF) == expected
    assert call(b"\xff\xff", 0xFFFF, udp=True) == expected
    assert call(b"\xff\xff", **{made: 0xFFFF, "udp": True}) == expected
    assert call(b"ab", **{made: 5}) == call(b"ab", 5) != call(b"ab")
    wrong = [
        ((), {}),
        ((), {"data": b"ab"}),
        ((), {"initial": 5}),
        ((b"ab", 1, 2, 3), {}),
        ((b"ab", 1), {made: 1}),
        ((b"ab", 1, True), {"udp": True}),
        ((b"ab",), {"start": 1}),
        ((b"ab",), {"": 1}),
    ]
    for arguments, keywords in wrong:
        with pytest.raises(TypeError):
            call(*arguments, **keywords)


def test_arguments_are_looked_at_in_order(checksums):
    """The argument that both twins refuse first where several are wrong."""

    class Unsure:
        def __bool__(self):
            raise ZeroDivisionError

    for update in (checksums.update16, checksums.update32):
        for numbers, wrong in [
            ((-1, -1, -1), "old"),
            ((-1, 1, -1), "new"),
            ((-1, 1, 1), "checksum"),
        ]:
            with pytest.raises(ValueError, match=wrong):
                update(*numbers, Unsure())
        with pytest.raises(ZeroDivisionError):
            update(1, 1, 1, Unsure())
    with pytest.raises(ValueError, match="checksum"):
        checksums.update_address(-1, SRC4, DST4, Unsure())


def test_error_keeps_no_buffer(checksums):
    """A traceback keeps many objects alive while its exception is handled."""
    for size in (4, 5):
        buffer = bytearray(size)
        calls = [
            lambda b: checksums.pseudo_header(b, b, -1, 0),
            lambda b: checksums.pseudo_header(b, SRC6, 0, 0),
            lambda b: checksums.update_address(-1, b, b),
            lambda b: checksums.crc32c(b, -1),
        ]
        for call in calls:
            with pytest.raises((ValueError, BufferError)) as caught:
                call(buffer)
            buffer.append(0)
            buffer.pop()
            del caught
    pieces = memoryview(bytearray(8))[::2]
    try:
        checksums.checksum(pieces)
    except BufferError:
        pieces.release()


# Pseudo-headers


def pseudo_by_hand(src, dst, protocol, length):
    if len(src) == 4 and length <= 0xFFFF:
        return src + dst + struct.pack("!BBH", 0, protocol, length)
    return src + dst + struct.pack("!II", length, protocol)


@pytest.mark.parametrize(
    ("src", "dst"), [(SRC4, DST4), (SRC6, DST6), (bytes(4), bytes(4)), (b"\xff" * 16, bytes(16))]
)
@pytest.mark.parametrize("protocol", [0, 6, 17, 58, 132, 255])
@pytest.mark.parametrize("length", [0, 8, 1460, 65535, 65536, 190_000, (1 << 32) - 1])
def test_pseudo_headers(checksums, src, dst, protocol, length):
    """More than 65535 bytes: a jumbogram, or BIG TCP, in which IPv4 counts the length as IPv6."""
    expected = sum_by_words(pseudo_by_hand(src, dst, protocol, length))
    assert checksums.pseudo_header(src, dst, protocol, length) == expected
    assert checksums.pseudo_header(bytearray(src), memoryview(dst), protocol, length) == expected


@pytest.mark.parametrize(
    ("src", "dst", "protocol", "segment", "at"),
    [
        (SRC4, DST4, 6, bytes.fromhex("c3500050 00000001 00000000 50022000 0000 0000"), 16),
        (SRC4, DST4, 17, bytes.fromhex("0035d431 000d 0000") + b"odd..", 6),
        (SRC6, DST6, 58, bytes.fromhex("8000 0000 0001 0001") + b"abc", 2),
    ],
    ids=["tcp", "udp", "icmpv6"],
)
def test_segments(checksums, src, dst, protocol, segment, at):
    """A segment with its checksum filled in is right, and wrong with any other."""
    start = checksums.pseudo_header(src, dst, protocol, len(segment))
    found = checksums.checksum(segment, start)
    assert found == by_words(pseudo_by_hand(src, dst, protocol, len(segment)) + segment)
    filled = bytearray(segment)
    struct.pack_into("!H", filled, at, found)
    assert checksums.verify(filled, start) is True
    filled[-1] ^= 1
    assert checksums.verify(filled, start) is False
    assert checksums.verify(filled) is False


@pytest.mark.parametrize(
    ("src", "dst"),
    [(4, 16), (16, 4), (0, 0), (5, 5), (4, 5), (3, 4), (32, 32), (17, 17), (4, 0)],
)
def test_addresses_that_are_none(checksums, src, dst):
    with pytest.raises(ValueError) as caught:
        checksums.pseudo_header(bytes(src), bytes(dst), 6, 20)
    assert str(caught.value) == f"src and dst must both be 4 or both 16 bytes, not {src} and {dst}"
    with pytest.raises(TypeError, match="a bytes-like object is required, not 'str'"):
        checksums.pseudo_header("192.0.2.1", DST4, 6, 20)
    with pytest.raises(BufferError):
        checksums.pseudo_header(SRC4, memoryview(bytes(8))[::2], 6, 20)


# Incremental updates


def words(numbers):
    return b"".join(number.to_bytes(2, "big") for number in numbers)


@given(
    st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=20),
    st.integers(0, 19),
    st.one_of(st.sampled_from([0, 1, 0xFFFE, 0xFFFF]), st.integers(0, 0xFFFF)),
    st.booleans(),
)
def test_update_is_as_good_as_a_sum_over_all(checksums, data, at, new, udp):
    at %= len(data)
    before = checksums.checksum(words(data), udp=udp)
    old, data[at] = data[at], new
    expected = checksums.checksum(words(data), udp=udp)
    found = checksums.update16(before, old, new, udp)
    if any(data):
        assert found == expected
    else:  # no header is all zeros: here 0 stands for FFFF, which means the same
        assert found in (0, 0xFFFF)


def test_update_of_edges_equals_recomputation(checksums):
    """RFC 1141's form gives other bytes for some of these."""
    edges = [0, 1, 2, 0x7FFF, 0x8000, 0xFFFD, 0xFFFE, 0xFFFF]
    for rest, old, new in product(edges, repeat=3):
        if rest == new == 0:
            continue
        before = by_words(words([rest, old]))
        assert checksums.update16(before, old, new) == by_words(words([rest, new]))


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF), st.binary(min_size=2, max_size=40))
def test_update_of_32_bits(checksums, old, new, rest):
    rest = rest.ljust(len(rest) + len(rest) % 2, b"\1")
    before = by_words(old.to_bytes(4, "big") + rest)
    after = new.to_bytes(4, "big") + rest
    if any(after):
        assert checksums.update32(before, old, new) == by_words(after)
    assert checksums.update32(before, old, old) in (before, before ^ 0xFFFF)


@given(st.sampled_from([4, 16]), st.sampled_from([4, 16]), st.data())
def test_update_of_addresses(checksums, size, new_size, data):
    old = data.draw(st.binary(min_size=size, max_size=size))
    new = data.draw(st.binary(min_size=new_size, max_size=new_size))
    rest = words([17, 1234])
    before = by_words(old + rest)
    assert checksums.update_address(before, old, new) == by_words(new + rest)
    assert checksums.update_address(before, bytearray(old), memoryview(new)) == by_words(new + rest)


def test_ttl_and_addresses_of_a_header(checksums):
    """As a router and a NAT change them; the whole header is right after each."""
    header = bytearray(V4_RIGHT)
    (before,) = struct.unpack_from("!H", header, 10)
    after = checksums.update16(before, 0x4011, 0x3F11)
    header[8:12] = bytes([0x3F, 17]) + after.to_bytes(2, "big")
    assert checksums.verify(header)
    client, outside = bytes(header[12:16]), bytes([198, 51, 100, 7])
    header[12:16] = outside
    header[10:12] = checksums.update_address(after, client, outside).to_bytes(2, "big")
    assert checksums.verify(header)
    assert checksums.update_address(before, client, outside) != before


@pytest.mark.parametrize("name", ["update16", "update32", "update_address"])
def test_udp_without_a_checksum_gets_none(checksums, name):
    update = getattr(checksums, name)
    pair = (SRC4, DST4) if name == "update_address" else (1, 2)
    assert update(0, *pair, udp=True) == update(0, *pair, True) == 0
    assert update(0, *pair) == update(0, *pair, udp=False) != 0


@pytest.mark.parametrize("name", ["update16", "update32"])
def test_udp_checksum_never_becomes_zero(checksums, name):
    update = getattr(checksums, name)
    assert update(0xDD2F, 0x5555, 0x3285) == 0
    assert update(0xDD2F, 0x5555, 0x3285, udp=True) == 0xFFFF
    assert update(0xFFFF, 5, 5, udp=True) == 0xFFFF


def test_udp_checksum_of_a_new_address_never_becomes_zero(checksums):
    old, new = bytes([0x55, 0x55, 0, 0]), bytes([0x32, 0x85, 0, 0])
    assert checksums.update_address(0xDD2F, old, new) == 0
    assert checksums.update_address(0xDD2F, old, new, udp=True) == 0xFFFF
    assert checksums.update_address(0, old, new, True) == 0


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 6, 8, 15, 17, 32])
def test_update_of_no_address(checksums, size):
    for name, pair in [("old", (bytes(size), SRC4)), ("new", (SRC4, bytes(size)))]:
        with pytest.raises(ValueError) as caught:
            checksums.update_address(1, *pair)
        assert str(caught.value) == f"{name} must be 4 or 16 bytes, not {size}"
    with pytest.raises(TypeError):
        checksums.update_address(1, "192.0.2.1", SRC4)


# CRC-32C

ISCSI_READ = bytes.fromhex(
    "01c00000 00000000 00000000 00000000 14000000 00000400"
    "00000014 00000018 28000000 00000000 02000000 00000000"
)


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (ISCSI_READ, 0xD9963A56),
    ],
)
def test_examples_of_rfc_3720(checksums, data, crc):
    """Appendix B.4, whose bytes are in the order of transmission, the lowest first."""
    assert checksums.crc32c(data) == crc
    for cut in range(len(data) + 1):
        assert checksums.crc32c(data[cut:], checksums.crc32c(data[:cut])) == crc
    assert checksums.crc32c(bytearray(data), initial=0) == crc


def crc_by_bits(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
    return crc ^ 0xFFFFFFFF


@given(st.binary(max_size=100), st.integers(0, 0xFFFFFFFF))
def test_crc_bit_by_bit(checksums, data, initial):
    assert checksums.crc32c(data, initial) == crc_by_bits(data, initial)


def test_crc_of_every_byte(checksums):
    for byte in range(256):
        assert checksums.crc32c(bytes([byte])) == crc_by_bits(bytes([byte]))


RUN = """
import json, sys
from fastsock.checksums import _c as checksum
from fastsock._core import machine
data = bytes(range(256)) * 300
runs = [checksum._crc32c_run(data[at:end]) for at in range(9) for end in (20, 33, 300, 70_000)]
json.dump([machine.SIMD, runs], sys.stdout)
"""


@pytest.mark.parametrize("wanted", ["scalar", "sse41", "sse42", "avx2", "auto"])
def test_forced_kernel_computes_the_crc(compiled, run_python, wanted):
    from fastsock.checksums import _py as pure

    supported = import_module("fastsock._core.machine").SIMD_SUPPORTED
    if wanted not in (*supported, "auto"):
        pytest.skip(f"this processor has no {wanted}")
    done = run_python("-c", RUN, FASTSOCK_SIMD=wanted)
    assert done.returncode == 0, done.stderr
    simd, runs = json.loads(done.stdout)
    assert simd == (supported[-1] if wanted == "auto" else wanted)
    assert {kernel for kernel, _ in runs} == {"sse42" if simd in ("sse42", "avx2") else "scalar"}
    data = bytes(range(256)) * 300
    ranges = [(at, end) for at in range(9) for end in (20, 33, 300, 70_000)]
    assert [crc for _, crc in runs] == [pure.crc32c(data[at:end]) for at, end in ranges]
