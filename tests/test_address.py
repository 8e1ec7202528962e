"""The four scalar functions, edge case by edge case.

Each row holds what glibc and CPython answer, written down; where the platform's libc is
glibc the running `socket` module must give that same answer, so a wrong row can't hide.
Every row runs over both twins and over the rules for other platforms.
"""

import array
import ctypes
import errno
import mmap
import os
import platform
import re
import socket
from enum import IntEnum
from socket import AF_INET, AF_INET6

import pytest

ON_GLIBC = platform.libc_ver()[0] == "glibc"

ATON_ILLEGAL = (OSError, "illegal IP address string passed to inet_aton", None)
PTON_ILLEGAL = (OSError, "illegal IP address string passed to inet_pton", None)
NO_FAMILY = (
    OSError,
    f"[Errno {errno.EAFNOSUPPORT}] {os.strerror(errno.EAFNOSUPPORT)}",
    errno.EAFNOSUPPORT,
)
NUL = (ValueError, "embedded null character", None)
NTOA_LENGTH = (OSError, "packed IP wrong length for inet_ntoa", None)
NTOP_LENGTH = (ValueError, "invalid length of packed IP address string", None)
OVERFLOW = (OverflowError, "signed integer is greater than maximum", None)
NO_BUFFER = (TypeError, "a bytes-like object is required, not 'str'", None)
IN_PIECES = (BufferError, "memoryview: underlying buffer is not C-contiguous", None)


def quad(text):
    return bytes(map(int, text.split(".")))


def six(text):
    """16 bytes from eight groups, without the code under test."""
    return b"".join(int(group, 16).to_bytes(2, "big") for group in text.split())


@pytest.fixture
def check(inet, outcome):
    """Compare a call's outcome with the row's and, where it is one, with the stdlib's."""

    def check(name, args, expected):
        assert outcome(getattr(inet, name), *args) == expected
        if ON_GLIBC:
            assert outcome(getattr(socket, name), *args) == expected

    return check


# inet_aton: what glibc takes

ATON_GOOD = {
    "1.2.3.4": "1.2.3.4",
    "0.0.0.0": "0.0.0.0",
    "255.255.255.255": "255.255.255.255",
    # fewer parts: the last one fills the bytes that are left
    "1": "0.0.0.1",
    "127.1": "127.0.0.1",
    "127.0.1": "127.0.0.1",
    "1.2.65535": "1.2.255.255",
    "1.16777215": "1.255.255.255",
    "4294967295": "255.255.255.255",
    # hexadecimal
    "0x7f.1": "127.0.0.1",
    "0X7F.1": "127.0.0.1",
    "0xffffffff": "255.255.255.255",
    "0x0000000001": "0.0.0.1",
    "0xDEADbeef": "222.173.190.239",
    # a zero in front: octal
    "010.1.1.1": "8.1.1.1",
    "0000001.2.3.4": "1.2.3.4",
    "1.2.3.04": "1.2.3.4",
    "037777777777": "255.255.255.255",
    "0" * 100 + "1": "0.0.0.1",
    "0" * 5000 + "17": "0.0.0.15",
    "00": "0.0.0.0",
    # bases mixed
    "0x7f.010.3": "127.8.0.3",
    "0x1.2.03.0x4": "1.2.3.4",
    # white space ends it, and what follows is ignored
    "1.2.3.4 ": "1.2.3.4",
    "1.2.3.4\t": "1.2.3.4",
    "1.2.3.4\n": "1.2.3.4",
    "1.2.3.4\v": "1.2.3.4",
    "1.2.3.4\f": "1.2.3.4",
    "1.2.3.4\r": "1.2.3.4",
    "1.2.3.4 x": "1.2.3.4",
    "1.2.3.4 \u00e9\u2003": "1.2.3.4",
    "1 2.3.4": "0.0.0.1",
    "1.2.3 .4x.": "1.2.0.3",
    "127.1\n8.8.8.8": "127.0.0.1",
}

ATON_BAD = [
    "",
    " ",
    " 1.2.3.4",
    "\t1.2.3.4",
    "08",
    "09",
    "1.2.3.08",
    "018.1.1.1",
    "0x",
    "0x.1",
    "1.2.3.0x",
    "0xg",
    "x1",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    ".",
    "1.",
    "1.2.3.4.5",
    "1.2.3.4.",
    "256.1.1.1",
    "1.2.3.256",
    "1.2.65536",
    "1.16777216",
    "4294967296",
    "0x100000000",
    "040000000000",
    "99999999999999999999999999",
    "9" * 5000,
    "-1",
    "+1",
    "1.-2.3.4",
    "1_0.2.3.4",
    "1.2.3.4\u00a0",  # no-break space
    "1.2.3.4\u2003",  # em space
    "1.2.3.4\x01",
    "1.2.3.4\x1c",  # white space to Python, not to C
    "1.2.3.4\x85",
    "1.2.3.4%eth0",
    "1.2.3.4/24",
    "1.2.3.4,",
    "1.2.3.4:80",
    "[1.2.3.4]",
    "::1",
    "localhost",
]


@pytest.mark.parametrize("text", ATON_GOOD)
def test_aton_takes(check, text):
    check("inet_aton", (text,), quad(ATON_GOOD[text]))


@pytest.mark.parametrize("text", ATON_BAD)
def test_aton_refuses(check, text):
    check("inet_aton", (text,), ATON_ILLEGAL)


# inet_pton, IPv4: four decimal octets and nothing else

PTON4_GOOD = ["0.0.0.0", "1.2.3.4", "10.20.30.40", "99.100.199.200", "249.250.255.9"]

PTON4_BAD = [
    "",
    "1",
    "1.2",
    "1.2.3",
    "127.1",
    "1.2.3.",
    "1.2.3.4.",
    ".1.2.3.4",
    "1..2.3",
    "1.2.3.4.5",
    "1.2.3.04",
    "01.2.3.4",
    "00.0.0.0",
    "0.0.0.00",
    "000.0.0.0",
    "1.2.3.256",
    "256.2.3.4",
    "1.2.3.260",
    "1.2.3.300",
    "1.2.3.999",
    "1.2.3.1000",
    "1111.2.3.4",
    "1.2.3.4294967297",
    "0x1.2.3.4",
    "0x7f000001",
    "1.2.3.a",
    "1.2.3./",  # the characters on either side of the digits
    "1.2.3.:",
    " 1.2.3.4",
    "1.2.3.4 ",
    "1.2.3.4\n",
    "1.2.3.4\r\n",
    "1.2. 3.4",
    "1,2,3,4",
    "+1.2.3.4",
    "-1.2.3.4",
    "1_0.2.3.4",
    "1.2.3.4%eth0",
    "1.2.3.4/24",
    "::1.2.3.4",
    "::",
    "9" * 5000,
    "1.2.3.4" * 1000,
]


@pytest.mark.parametrize("text", PTON4_GOOD)
def test_pton4_takes(check, text):
    check("inet_pton", (AF_INET, text), quad(text))


@pytest.mark.parametrize("text", PTON4_BAD)
def test_pton4_refuses(check, text):
    check("inet_pton", (AF_INET, text), PTON_ILLEGAL)


# inet_pton, IPv6

PTON6_GOOD = {
    "::": "0 0 0 0 0 0 0 0",
    "::1": "0 0 0 0 0 0 0 1",
    "1::": "1 0 0 0 0 0 0 0",
    "::0001": "0 0 0 0 0 0 0 1",
    "0:0:0:0:0:0:0:0": "0 0 0 0 0 0 0 0",
    "1:2:3:4:5:6:7:8": "1 2 3 4 5 6 7 8",
    "2001:db8::1": "2001 db8 0 0 0 0 0 1",
    "2001:DB8::aBcD": "2001 db8 0 0 0 0 0 abcd",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "ffff ffff ffff ffff ffff ffff ffff ffff",
    "0001:0002:0003:0004:0005:0006:0007:0008": "1 2 3 4 5 6 7 8",
    "1:22:333:4444::": "1 22 333 4444 0 0 0 0",
    "::4444:333:22:1": "0 0 0 0 4444 333 22 1",
    # "::" for one group alone
    "1:2:3:4:5:6:7::": "1 2 3 4 5 6 7 0",
    "::2:3:4:5:6:7:8": "0 2 3 4 5 6 7 8",
    "1:2:3::5:6:7:8": "1 2 3 0 5 6 7 8",
    "1::3:4:5:6:7:8": "1 0 3 4 5 6 7 8",
    # dotted decimal in the last 32 bits
    "::1.2.3.4": "0 0 0 0 0 0 102 304",
    "::ffff:1.2.3.4": "0 0 0 0 0 ffff 102 304",
    "::ffff:0:255.255.255.255": "0 0 0 0 ffff 0 ffff ffff",
    "64:ff9b::192.0.2.33": "64 ff9b 0 0 0 0 c000 221",
    "1:2:3:4:5:6:1.2.3.4": "1 2 3 4 5 6 102 304",
    "1:2:3:4:5::1.2.3.4": "1 2 3 4 5 0 102 304",
    "1111:2222:3333:4444:5555:6666:255.255.255.255": "1111 2222 3333 4444 5555 6666 ffff ffff",
}

PTON6_BAD = [
    "",
    ":",
    ":::",
    "::::",
    "1",
    "1:",
    ":1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    ":2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:",
    ":1:2:3:4:5:6:7:8",
    ":1:2::3:4",
    ":1:2:3:4::",
    "1:2::3:4:",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "1::2::3",
    "::1::",
    "1:::2",
    ":::1",
    "1:::",
    "00001::",
    "::00001",
    "::12345",
    "1:2:3:4:5:6:7:00008",
    "::g",
    "::/",
    "::@",
    "::G",
    "::`",
    "1:2:3:4:5:6::1.2.3.4",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1:2:3:4:5:1.2.3.4",
    "1.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "::1.2.3.4::",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.04",
    "::1.2.3.256",
    "::01.2.3.4",
    "::1.2.3.",
    "::.1.2.3",
    "::a.2.3.4",
    "::1a.2.3.4",
    ":1.2.3.4",
    "fe80::1%eth0",
    "fe80::1%",
    "[::1]",
    "::1/128",
    " ::1",
    "::1 ",
    "::1\n",
    "2001:db8::1\n",
    "2001:db8::1\r",
    "2001:db8::1\r\n",
    "2001:db8::1\n::2",
    "1: :2",
    "0x1::",
    "::0x1",
    "::1_0",
    "::-1",
    "::+1",
    ":" * 5000,
    "::1" * 1000,
]


@pytest.mark.parametrize("text", PTON6_GOOD)
def test_pton6_takes(check, text):
    check("inet_pton", (AF_INET6, text), six(PTON6_GOOD[text]))


@pytest.mark.parametrize("text", PTON6_BAD)
def test_pton6_refuses(check, text):
    check("inet_pton", (AF_INET6, text), PTON_ILLEGAL)


# Texts that are no ASCII, or hold a NUL

PTON_CASES = [("inet_aton", ()), ("inet_pton", (AF_INET,)), ("inet_pton", (AF_INET6,))]


@pytest.mark.parametrize("name, first", PTON_CASES)
@pytest.mark.parametrize(
    "text",
    ["\uff11.2.3.4", "1.2.3.\u0664", "::\u0661", "::\uff41", "\u00b2.2.3.4", "1.2.3.4\u0301", "\U0001d7ce"],
)
def test_digits_of_other_scripts_are_no_digits(check, name, first, text):
    check(name, (*first, text), ATON_ILLEGAL if name == "inet_aton" else PTON_ILLEGAL)


@pytest.mark.parametrize("name, first", [*PTON_CASES, ("inet_pton", (99,))])
@pytest.mark.parametrize("text", ["\0", "1.2.3.4\0", "\0001.2.3.4", "1.2\0.3.4", "::1\0", "bad\0", "\u00e9\0", "1 \0"])
def test_nul_beats_content_and_family(check, name, first, text):
    check(name, (*first, text), NUL)


@pytest.mark.parametrize("name, first", [*PTON_CASES, ("inet_pton", (99,))])
@pytest.mark.parametrize("text", ["\ud800", "1.2.3.4\udfff", "\udcff\0"])
def test_lone_surrogate(check, name, first, text):
    at = next(i for i, c in enumerate(text) if "\ud800" <= c <= "\udfff")
    shown = f"'\\u{ord(text[at]):x}'"
    message = f"'utf-8' codec can't encode character {shown} in position {at}: surrogates not allowed"
    check(name, (*first, text), (UnicodeEncodeError, message, None))


class Text(str):
    __slots__ = ()


def test_str_subclasses_are_texts(check):
    check("inet_aton", (Text("127.1"),), quad("127.0.0.1"))
    check("inet_pton", (AF_INET, Text("127.0.0.1")), quad("127.0.0.1"))
    check("inet_pton", (AF_INET6, Text("::1")), six("0 0 0 0 0 0 0 1"))
    check("inet_aton", (Text("x"),), ATON_ILLEGAL)


@pytest.mark.parametrize("value", [b"1.2.3.4", bytearray(b"::1"), None, 1, 1.5, ["1.2.3.4"], memoryview(b"1")])
def test_only_str_is_text(inet, outcome, value):
    for name, first in PTON_CASES:
        kind, text, number = outcome(getattr(inet, name), *first, value)
        assert (kind, number) == (TypeError, None)
        # 3.13 left out the number of inet_aton's only argument.
        shown = "None" if value is None else type(value).__name__
        where = "argument 2" if first else "argument( 1)?"
        assert re.fullmatch(rf"{name}\(\) {where} must be str, not {shown}", text)
        assert (kind, text, number) == outcome(getattr(socket, name), *first, value)


# Families


class Index:
    """An integer in all but type."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class BadIndex:
    def __index__(self):
        raise LookupError("no index today")


class Family(IntEnum):
    FOUR = AF_INET
    SIX = AF_INET6


@pytest.mark.parametrize("four, six", [(int(AF_INET), int(AF_INET6)), tuple(Family), (Index(int(AF_INET)), Index(int(AF_INET6)))])
def test_a_family_is_any_integer(check, four, six):
    check("inet_pton", (four, "1.2.3.4"), bytes([1, 2, 3, 4]))
    check("inet_pton", (six, "::1"), bytes(15) + b"\1")
    check("inet_ntop", (four, bytes([1, 2, 3, 4])), "1.2.3.4")
    check("inet_ntop", (six, bytes(15) + b"\1"), "::1")


UNKNOWN = [0, 1, -1, True, False, socket.AF_UNSPEC, 99, 2**31 - 1, -(2**31), Index(3)]


@pytest.mark.parametrize("family", UNKNOWN, ids=repr)
def test_unknown_family(check, family):
    check("inet_pton", (family, "1.2.3.4"), NO_FAMILY)
    check("inet_pton", (family, "not an address"), NO_FAMILY)
    unknown = (ValueError, f"unknown address family {int(getattr(family, 'value', family))}", None)
    check("inet_ntop", (family, bytes(4)), unknown)
    check("inet_ntop", (family, bytes(3)), unknown)  # before the length is looked at


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no AF_UNIX here")
def test_unix_is_no_family_of_theirs(check):
    check("inet_pton", (socket.AF_UNIX, "1.2.3.4"), NO_FAMILY)


TOO_LARGE = [2**31, 2**40, 2**63, 2**70, Index(2**40), Index(2**70)]
TOO_SMALL = [-(2**31) - 1, -(2**40), -(2**70)]


@pytest.mark.parametrize("family", TOO_LARGE + TOO_SMALL, ids=repr)
def test_family_out_of_range(inet, outcome, family):
    value = int(getattr(family, "value", family))
    for name, last in [("inet_pton", "1.2.3.4"), ("inet_ntop", bytes(4))]:
        kind, text, number = outcome(getattr(inet, name), family, last)
        assert (kind, number) == (OverflowError, None)
        side = "less than minimum" if value < 0 else "greater than maximum"
        in_words = (f"signed integer is {side}", "Python int too large to convert to C long")
        assert text in in_words
        assert (kind, text, number) == outcome(getattr(socket, name), family, last)


@pytest.mark.parametrize("family", [2.0, "2", None, b"2", [2]], ids=repr)
def test_family_that_is_no_integer(check, family):
    message = f"'{type(family).__name__}' object cannot be interpreted as an integer"
    check("inet_pton", (family, "1.2.3.4"), (TypeError, message, None))
    check("inet_ntop", (family, bytes(4)), (TypeError, message, None))


def test_an_error_of_index_passes(check):
    check("inet_pton", (BadIndex(), "1.2.3.4"), (LookupError, "no index today", None))
    check("inet_ntop", (BadIndex(), bytes(4)), (LookupError, "no index today", None))


# Which error wins

NO_INTEGER = (TypeError, "'float' object cannot be interpreted as an integer", None)
NOT_STR = (TypeError, "inet_pton() argument 2 must be str, not bytes", None)


@pytest.mark.parametrize(
    "name, args, expected",
    [
        ("inet_pton", (2.0, b""), NO_INTEGER),
        ("inet_pton", (2.0, "\0"), NO_INTEGER),
        ("inet_pton", (2**40, b""), OVERFLOW),
        ("inet_pton", (2**40, "\0"), OVERFLOW),
        ("inet_pton", (2**40, "\ud800"), OVERFLOW),
        ("inet_pton", (2**70, "\ud800"), None),
        ("inet_pton", (99, b"1.2.3.4"), NOT_STR),
        ("inet_pton", (99, "\0"), NUL),
        ("inet_ntop", (2.0, "str"), NO_INTEGER),
        ("inet_ntop", (2**40, "str"), OVERFLOW),
        ("inet_ntop", (2**40, memoryview(bytes(8))[::2]), OVERFLOW),
        ("inet_ntop", (99, "str"), NO_BUFFER),
        ("inet_ntop", (99, memoryview(bytes(8))[::2]), IN_PIECES),
        ("inet_ntop", (99, b""), (ValueError, "unknown address family 99", None)),
    ],
)
def test_order_of_errors(inet, outcome, check, name, args, expected):
    if expected is None:  # worded by the interpreter alone
        expected = outcome(getattr(socket, name), *args)
        assert expected[0] is OverflowError
    check(name, args, expected)


@pytest.mark.parametrize(
    "name, args, keywords",
    [
        ("inet_aton", (), {}),
        ("inet_aton", ("1.2.3.4", 1), {}),
        ("inet_aton", (), {"text": "1.2.3.4"}),
        ("inet_aton", (), {"ip_addr": "1.2.3.4"}),
        ("inet_ntoa", (), {}),
        ("inet_ntoa", (bytes(4), 1), {}),
        ("inet_ntoa", (), {"packed": bytes(4)}),
        ("inet_pton", (), {}),
        ("inet_pton", (AF_INET,), {}),
        ("inet_pton", (AF_INET, "1.2.3.4", 1), {}),
        ("inet_pton", (AF_INET,), {"text": "1.2.3.4"}),
        ("inet_pton", (), {"family": AF_INET, "text": "1.2.3.4"}),
        ("inet_ntop", (), {}),
        ("inet_ntop", (AF_INET,), {}),
        ("inet_ntop", (AF_INET, bytes(4), 1), {}),
        ("inet_ntop", (AF_INET,), {"packed": bytes(4)}),
    ],
)
def test_arity_and_keywords(inet, outcome, name, args, keywords):
    assert outcome(getattr(inet, name), *args, **keywords)[0] is TypeError
    assert outcome(getattr(socket, name), *args, **keywords)[0] is TypeError


# Buffers


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
    "array of bytes": lambda data: array.array("B", data),
    "array of uint32": lambda data: array.array("I", data),
    "memoryview of chars": lambda data: memoryview(data).cast("c"),
    "two-dimensional memoryview": lambda data: memoryview(data).cast("B", (2, len(data) // 2)),
    "memoryview of uint16": lambda data: memoryview(data).cast("H"),
    "mmap": mapped,
    "ctypes array": lambda data: (ctypes.c_ubyte * len(data)).from_buffer_copy(data),
    "ctypes uint32 array": lambda data: (ctypes.c_uint32 * (len(data) // 4)).from_buffer_copy(data),
}

PACKED4, PACKED6 = bytes([192, 0, 2, 1]), bytes.fromhex("20010db8000000000000000000000001")


@pytest.mark.parametrize("kind", BUFFERS)
def test_every_kind_of_buffer(check, kind):
    make = BUFFERS[kind]
    check("inet_ntoa", (make(PACKED4),), "192.0.2.1")
    check("inet_ntop", (AF_INET, make(PACKED4)), "192.0.2.1")
    check("inet_ntop", (AF_INET6, make(PACKED6)), "2001:db8::1")
    # lengths count in bytes, whatever the items are
    check("inet_ntoa", (make(PACKED6),), NTOA_LENGTH)
    check("inet_ntop", (AF_INET, make(PACKED6)), NTOP_LENGTH)
    check("inet_ntop", (AF_INET6, make(PACKED4)), NTOP_LENGTH)


@pytest.mark.parametrize("size", [0, 1, 3, 5, 8, 15, 16, 17, 1000])
def test_wrong_length(check, size):
    check("inet_ntoa", (bytes(size),), NTOA_LENGTH)
    check("inet_ntoa", (bytearray(size),), NTOA_LENGTH)
    check("inet_ntop", (AF_INET, bytes(size)), NTOP_LENGTH)
    if size != 16:
        check("inet_ntop", (AF_INET6, bytes(size)), NTOP_LENGTH)


@pytest.mark.parametrize("view", [memoryview(bytes(8))[::2], memoryview(bytes(4))[::-1]], ids=["strided", "reversed"])
def test_buffer_in_pieces(check, view):
    check("inet_ntoa", (view,), IN_PIECES)
    check("inet_ntop", (AF_INET, view), IN_PIECES)
    check("inet_ntop", (AF_INET6, view), IN_PIECES)


def test_released_memoryview(check):
    view = memoryview(bytes(4))
    view.release()
    gone = (ValueError, "operation forbidden on released memoryview object", None)
    check("inet_ntoa", (view,), gone)
    check("inet_ntop", (AF_INET, view), gone)


@pytest.mark.parametrize("value", ["1.2.3.4", None, 4, 1.5, [1, 2, 3, 4], object()], ids=lambda v: type(v).__name__)
def test_no_buffer(check, value):
    message = (TypeError, f"a bytes-like object is required, not '{type(value).__name__}'", None)
    check("inet_ntoa", (value,), message)
    check("inet_ntop", (AF_INET, value), message)


def test_buffers_are_let_go(inet):
    data = bytearray(4)
    inet.inet_ntoa(data)
    inet.inet_ntop(AF_INET, data)
    with pytest.raises(ValueError):
        inet.inet_ntop(AF_INET6, data)
    with pytest.raises(OSError):
        inet.inet_ntoa(memoryview(data)[:3])
    data.append(1)  # BufferError if somebody still held it
    assert len(data) == 5


# inet_ntop: glibc's texts

NTOP6 = {
    "0 0 0 0 0 0 0 0": "::",
    "0 0 0 0 0 0 0 1": "::1",
    "0 0 0 0 0 0 0 ffff": "::ffff",
    "1 0 0 0 0 0 0 0": "1::",
    "1 2 3 4 5 6 7 8": "1:2:3:4:5:6:7:8",
    "ABCD EF01 0A0B 0001 0010 0100 1000 000F": "abcd:ef01:a0b:1:10:100:1000:f",
    # the longest run of zeros, the first of equals, and never a single group
    "1 0 2 0 0 3 0 0": "1:0:2::3:0:0",
    "1 0 0 2 0 0 0 3": "1:0:0:2::3",
    "0 0 0 1 0 0 0 1": "::1:0:0:0:1",
    "0 0 1 0 0 0 1 0": "0:0:1::1:0",
    "0 1 2 3 4 5 6 7": "0:1:2:3:4:5:6:7",
    "1 0 2 3 4 5 6 7": "1:0:2:3:4:5:6:7",
    "1 2 3 4 5 6 7 0": "1:2:3:4:5:6:7:0",
    "0 1 0 1 0 1 0 1": "0:1:0:1:0:1:0:1",
    "1 0 0 4 5 6 7 8": "1::4:5:6:7:8",
    "1 2 3 4 5 6 0 0": "1:2:3:4:5:6::",
    "0 0 3 4 5 6 7 8": "::3:4:5:6:7:8",
    "2001 db8 0 0 1 0 0 1": "2001:db8::1:0:0:1",
    # mapped: dotted
    "0 0 0 0 0 ffff 102 304": "::ffff:1.2.3.4",
    "0 0 0 0 0 ffff 0 0": "::ffff:0.0.0.0",
    "0 0 0 0 0 ffff ffff ffff": "::ffff:255.255.255.255",
    # compatible (deprecated): dotted where bytes 12-13 are not zero
    "0 0 0 0 0 0 102 304": "::1.2.3.4",
    "0 0 0 0 0 0 1 0": "::0.1.0.0",
    "0 0 0 0 0 0 ffff ffff": "::255.255.255.255",
    "0 0 0 0 0 0 0 304": "::304",
    # near misses: hexadecimal
    "64 ff9b 0 0 0 0 102 304": "64:ff9b::102:304",
    "0 0 0 0 ffff 0 102 304": "::ffff:0:102:304",
    "0 0 0 0 0 fffe 102 304": "::fffe:102:304",
    "0 0 0 0 1 ffff 102 304": "::1:ffff:102:304",
    "1 0 0 0 0 ffff 102 304": "1::ffff:102:304",
    "ffff ffff ffff ffff ffff ffff ffff ffff": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
}


@pytest.mark.parametrize("groups", NTOP6)
def test_ntop6_text(check, groups):
    check("inet_ntop", (AF_INET6, six(groups)), NTOP6[groups])
    check("inet_pton", (AF_INET6, NTOP6[groups]), six(groups))


def test_every_pattern_of_zero_groups(check):
    """All 256 ways in which groups can be zero, against plain RFC 5952 with glibc's additions."""
    for pattern in range(256):
        groups = [0xA0 + i if pattern >> i & 1 else 0 for i in range(8)]
        packed = b"".join(group.to_bytes(2, "big") for group in groups)
        text = ":".join(f"{group:x}" for group in groups)
        if not any(groups[:6]) and groups[6]:
            text = "::" + ".".join(map(str, packed[12:]))
        else:
            for length in range(8, 1, -1):
                run = ":".join("0" * length)
                at = f":{text}:".find(f":{run}:")
                if at >= 0:
                    text = text[:at].rstrip(":") + "::" + text[at + len(run) :].lstrip(":")
                    break
        check("inet_ntop", (AF_INET6, packed), text)


def test_every_octet(check):
    for n in range(256):
        for at in range(4):
            packed = bytes([n if i == at else 7 for i in range(4)])
            text = ".".join(map(str, packed))
            check("inet_ntoa", (packed,), text)
            check("inet_ntop", (AF_INET, packed), text)
            check("inet_pton", (AF_INET, text), packed)
            check("inet_aton", (text,), packed)
            check("inet_pton", (AF_INET6, f"::ffff:{text}"), bytes(10) + b"\xff\xff" + packed)


def test_results_are_exact_types(inet):
    assert type(inet.inet_aton(Text("1.2.3.4"))) is bytes
    assert type(inet.inet_pton(AF_INET, Text("1.2.3.4"))) is bytes
    assert type(inet.inet_ntoa(bytearray(4))) is str
    assert type(inet.inet_ntop(AF_INET6, bytearray(16))) is str
    assert inet.inet_ntoa(bytes(4)).isascii()


# The batch functions over the same rows: alone, and where whole SIMD loads fit behind them


@pytest.mark.parametrize(
    "family, text, packed",
    [(AF_INET, text, quad(text)) for text in PTON4_GOOD]
    + [(AF_INET6, text, six(groups)) for text, groups in PTON6_GOOD.items()]
    + [(AF_INET, text, None) for text in PTON4_BAD]
    + [(AF_INET6, text, None) for text in PTON6_BAD],
)
def test_batches_take_and_refuse_the_same(address, family, text, packed):
    expected = (packed or bytes(4 if family == AF_INET else 16), bytes([packed is not None]))
    assert address.inet_pton_many(family, [text], errors="mask") == expected
    if text and "\n" not in text and not text.endswith("\r"):
        assert address.inet_pton_many(family, text.encode(), errors="mask") == expected
        for newline in "\n", "\r\n":
            blob = (text + newline + "x" * 60).encode()
            records, valid = address.inet_pton_many(family, blob, errors="mask")
            assert (records[: len(records) // 2], valid[:1]) == expected
