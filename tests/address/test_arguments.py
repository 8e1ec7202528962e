"""Arguments that are wrong in themselves, every kind of buffer, and which error wins.

As in test_scalar.py: each row is written down and, on glibc, checked against `socket` too.
"""

import array
import ctypes
import errno
import mmap
import os
import re
import socket
from enum import IntEnum
from importlib import import_module
from socket import AF_INET, AF_INET6, AF_UNSPEC
from struct import calcsize

import pytest

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
# CPython reads a C long first, of 32 bits on Windows and on 32-bit systems.
BEYOND = ("Python int too large to convert to C long", "signed integer is greater than maximum")
OVERFLOW = (OverflowError, BEYOND[calcsize("l") > 4], None)
NO_BUFFER = (TypeError, "a bytes-like object is required, not 'str'", None)
IN_PIECES = (BufferError, "memoryview: underlying buffer is not C-contiguous", None)

NO_TEXTS = (
    "texts must be an iterable of str or a bytes-like object of newline-separated text, not {}"
)
BATCH = [("inet_pton_many", []), ("inet_ntop_many", b""), ("inet_ntop_lines", b"")]
KINDS = {AF_INET: "IPv4", AF_INET6: "IPv6", AF_UNSPEC: "IPv4 or IPv6"}
SIZES = {AF_INET: 4, AF_INET6: 16, AF_UNSPEC: 16}

by_family = pytest.mark.parametrize("family", list(KINDS), ids=lambda family: family.name)


# Texts that are not ASCII, or hold a NUL

PTON_CASES = [("inet_aton", ()), ("inet_pton", (AF_INET,)), ("inet_pton", (AF_INET6,))]


@pytest.mark.parametrize(("name", "first"), PTON_CASES)
@pytest.mark.parametrize(
    "text",
    [
        "\uff11.2.3.4",
        "1.2.3.\u0664",
        "::\u0661",
        "::\uff41",
        "\u00b2.2.3.4",
        "1.2.3.4\u0301",
        "\U0001d7ce",
    ],
)
def test_digits_of_other_scripts_are_no_digits(check, name, first, text):
    check(name, (*first, text), ATON_ILLEGAL if name == "inet_aton" else PTON_ILLEGAL)


@pytest.mark.parametrize(("name", "first"), [*PTON_CASES, ("inet_pton", (99,))])
@pytest.mark.parametrize(
    "text", ["\0", "1.2.3.4\0", "\0001.2.3.4", "1.2\0.3.4", "::1\0", "bad\0", "\u00e9\0", "1 \0"]
)
def test_nul_beats_content_and_family(check, name, first, text):
    check(name, (*first, text), NUL)


@pytest.mark.parametrize("text", ["1.2.3.4\0", "\0", "::1\0", "1.2.3.4 \0"])
@pytest.mark.parametrize(("name", "first"), [("inet_aton", ()), ("inet_pton", (AF_INET6,))])
def test_rules_refuse_nul_themselves(outcome, monkeypatch, name, first, text):
    """PyPy's `_socket` reads up to a NUL, and takes the text before it."""
    rules = import_module("fastsock.address.inet_rules")
    monkeypatch.setattr(rules, "_socket", None)
    assert outcome(getattr(rules, name), *first, text) == NUL


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("inet_pton", (99, "1.2.3.4"), NO_FAMILY),
        ("inet_pton", (2**40, "1.2.3.4"), OVERFLOW),
        ("inet_ntop", (99, bytes(4)), (ValueError, "unknown address family 99", None)),
        ("inet_ntop", (99, b""), (ValueError, "unknown address family 99", None)),
        ("inet_ntop", (2**40, bytes(4)), OVERFLOW),
        ("inet_ntop", (AF_INET, bytes(5)), NTOP_LENGTH),
    ],
)
def test_rules_refuse_families_themselves(outcome, monkeypatch, name, args, expected):
    """PyPy's `_socket` has one OSError for all families that it does not know."""
    rules = import_module("fastsock.address.inet_rules")
    monkeypatch.setattr(rules, "_socket", None)
    kind, text, number = outcome(getattr(rules, name), *args)
    assert (kind, number) == (expected[0], expected[2])
    assert text == expected[1] or kind is OverflowError


@pytest.mark.parametrize(("name", "first"), [*PTON_CASES, ("inet_pton", (99,))])
@pytest.mark.parametrize("text", ["\ud800", "1.2.3.4\udfff", "\udcff\0"])
def test_lone_surrogate(check, name, first, text):
    at = next(i for i, c in enumerate(text) if "\ud800" <= c <= "\udfff")
    shown = f"'\\u{ord(text[at]):x}'"
    message = (
        f"'utf-8' codec can't encode character {shown} in position {at}: surrogates not allowed"
    )
    check(name, (*first, text), (UnicodeEncodeError, message, None))


class Text(str):
    __slots__ = ()


def test_str_subclasses_are_texts(check):
    check("inet_aton", (Text("127.1"),), b"\x7f\0\0\1")
    check("inet_pton", (AF_INET, Text("127.0.0.1")), b"\x7f\0\0\1")
    check("inet_pton", (AF_INET6, Text("::1")), bytes(15) + b"\1")
    check("inet_aton", (Text("x"),), ATON_ILLEGAL)


class Lying(str):
    """A text whose methods tell of another one."""

    __slots__ = ()

    def _refuse(self, *arguments):
        raise LookupError("no method of a text was to be called")

    __contains__ = __getitem__ = __iter__ = __len__ = __str__ = _refuse
    encode = partition = split = _refuse


class Disguised:
    """Not a str, though `isinstance` says so."""

    __class__ = str


def test_a_text_is_what_it_holds(check, inet, outcome):
    check("inet_aton", (Lying("127.1"),), b"\x7f\0\0\1")
    check("inet_pton", (AF_INET, Lying("127.0.0.1")), b"\x7f\0\0\1")
    check("inet_pton", (AF_INET6, Lying("::1")), bytes(15) + b"\1")
    check("inet_aton", (Lying("x"),), ATON_ILLEGAL)
    for name, first in PTON_CASES:
        assert outcome(getattr(inet, name), *first, Disguised())[0] is TypeError


@pytest.mark.parametrize(
    "value", [b"1.2.3.4", bytearray(b"::1"), None, 1, 1.5, ["1.2.3.4"], memoryview(b"1")]
)
def test_only_str_is_text(inet, outcome, value):
    for name, first in PTON_CASES:
        kind, text, number = outcome(getattr(inet, name), *first, value)
        assert (kind, number) == (TypeError, None)
        # From 3.13 on the message does not number inet_aton's only argument.
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

    def __repr__(self):
        return f"Index({self.value})"


class BadIndex:
    def __index__(self):
        raise LookupError("no index today")


class Family(IntEnum):
    FOUR = AF_INET
    SIX = AF_INET6


@pytest.mark.parametrize(
    ("four", "six"),
    [(int(AF_INET), int(AF_INET6)), tuple(Family), (Index(int(AF_INET)), Index(int(AF_INET6)))],
)
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
    check("inet_ntop", (family, bytes(3)), unknown)  # refused before the length is checked


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
    ("name", "args", "expected"),
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
    ("name", "args", "keywords"),
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


@pytest.mark.parametrize(
    "view", [memoryview(bytes(8))[::2], memoryview(bytes(4))[::-1]], ids=["strided", "reversed"]
)
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


@pytest.mark.parametrize(
    "value", ["1.2.3.4", None, 4, 1.5, [1, 2, 3, 4], object()], ids=lambda v: type(v).__name__
)
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
    with memoryview(data) as whole, whole[:3] as view, pytest.raises(OSError):
        inet.inet_ntoa(view)
    data.append(1)  # BufferError if somebody still held it
    assert len(data) == 5


def test_results_are_exact_types(inet):
    assert type(inet.inet_aton(Text("1.2.3.4"))) is bytes
    assert type(inet.inet_pton(AF_INET, Text("1.2.3.4"))) is bytes
    assert type(inet.inet_ntoa(bytearray(4))) is str
    assert type(inet.inet_ntop(AF_INET6, bytearray(16))) is str
    assert inet.inet_ntoa(bytes(4)).isascii()


# The batch functions


@pytest.mark.parametrize("mode", ["strict", "mask"])
def test_one_str_is_no_batch(address, mode):
    for text in "1.2.3.4", "", type("Text", (str,), {})("::1\n::2"):
        with pytest.raises(TypeError) as caught:
            address.inet_pton_many(AF_INET, text, errors=mode)
        assert str(caught.value) == NO_TEXTS.format(type(text).__name__)


@pytest.mark.parametrize("texts", [None, 5, 1.5, object()], ids=lambda v: type(v).__name__)
def test_what_holds_no_texts(address, texts):
    with pytest.raises(TypeError) as caught:
        address.inet_pton_many(AF_INET, texts)
    assert str(caught.value) == NO_TEXTS.format(type(texts).__name__)


@pytest.mark.parametrize(("name", "argument"), BATCH)
def test_batch_families(address, name, argument):
    function = getattr(address, name)
    for family in (int(AF_INET), Family.FOUR, Index(int(AF_INET6)), False):
        assert len(function(family, argument)) == 0
    for family in (1, True, -1, 99, 2**31, 2**40, 2**70, -(2**70), Index(99)):
        with pytest.raises(ValueError) as caught:
            function(family, argument)
        assert str(caught.value) == f"family must be AF_INET, AF_INET6 or AF_UNSPEC, not {family!r}"
    for family in (2.0, "2", None):
        with pytest.raises(TypeError) as caught:
            function(family, argument)
        assert (
            str(caught.value)
            == f"'{type(family).__name__}' object cannot be interpreted as an integer"
        )


@pytest.mark.parametrize("mode", ["ignore", "", "STRICT", "Mask", None, 0, b"mask", True], ids=repr)
def test_batch_unknown_modes(address, mode):
    with pytest.raises(ValueError) as caught:
        address.inet_pton_many(AF_INET, [], errors=mode)
    assert str(caught.value) == f"errors must be 'strict' or 'mask', not {mode!r}"


def test_batch_order_of_errors(address):
    with pytest.raises(ValueError, match=r"^family must be"):
        address.inet_pton_many(99, 5, errors="x")
    with pytest.raises(ValueError, match=r"^errors must be"):
        address.inet_pton_many(AF_INET, 5, errors="x")
    with pytest.raises(ValueError, match=r"^family must be"):
        address.inet_ntop_many(99, "x")


@pytest.mark.parametrize("name", ["inet_ntop_many", "inet_ntop_lines"])
@by_family
@pytest.mark.parametrize("size", [1, 2, 3, 5, 15, 17, 33, 1001])
def test_batch_record_length(address, name, family, size):
    with pytest.raises(ValueError) as caught:
        getattr(address, name)(family, bytes(size))
    assert str(caught.value) == (
        f"packed must be a whole number of {SIZES[family]}-byte {KINDS[family]} records, "
        f"not {size} bytes"
    )


@pytest.mark.parametrize("name", ["inet_ntop_many", "inet_ntop_lines"])
@pytest.mark.parametrize(
    "value", ["1.2.3.4", None, 4, [1, 2, 3, 4]], ids=lambda v: type(v).__name__
)
def test_batch_wants_a_buffer(address, name, value):
    with pytest.raises(TypeError) as caught:
        getattr(address, name)(AF_INET, value)
    assert str(caught.value) == f"a bytes-like object is required, not '{type(value).__name__}'"


@pytest.mark.parametrize(
    "view", [memoryview(bytes(16))[::2], memoryview(bytes(16))[::-1]], ids=["strided", "reversed"]
)
def test_batch_buffers_in_pieces(address, view):
    with pytest.raises(BufferError, match=r"^texts must be a C-contiguous buffer$"):
        address.inet_pton_many(AF_INET, view)
    for function in address.inet_ntop_many, address.inet_ntop_lines:
        with pytest.raises(BufferError, match=r"^packed must be a C-contiguous buffer$"):
            function(AF_INET, view)


def test_batch_released_memoryviews(address):
    view = memoryview(bytes(4))
    view.release()
    for function in address.inet_pton_many, address.inet_ntop_many, address.inet_ntop_lines:
        with pytest.raises(
            ValueError, match=r"^operation forbidden on released memoryview object$"
        ):
            function(AF_INET, view)


def test_batch_arity(address):
    for args, keywords in [
        ((), {}),
        ((AF_INET,), {}),
        ((AF_INET, [], "mask"), {}),
        ((AF_INET, []), {"mode": 1}),
    ]:
        with pytest.raises(TypeError):
            address.inet_pton_many(*args, **keywords)
    for function in address.inet_ntop_many, address.inet_ntop_lines:
        for args in (), (AF_INET,), (AF_INET, b"", 1):
            with pytest.raises(TypeError):
                function(*args)
        assert len(function(family=AF_INET, packed=b"")) == 0
    assert address.inet_pton_many(family=AF_INET, texts=["1.2.3.4"], errors="strict") == b"\1\2\3\4"
