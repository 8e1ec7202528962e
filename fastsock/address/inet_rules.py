"""glibc's address texts in plain Python, for platforms whose libc has other rules.

`inet_aton` differs most between systems (white space, octal, hexadecimal), but
`inet_ntop` does too: musl, macOS and Windows print some addresses otherwise.
fastsock's answers are glibc's everywhere. Where the platform's libc is glibc the
pure twin calls `socket` instead of this module; the tests hold the two equal.

Arguments of a wrong type go to `_socket`, which refuses them on every platform in the running
interpreter's words. An embedded NUL and an unknown family are refused here: PyPy's `_socket` reads
up to the NUL, and raises OSError without an errno for every family that it does not know.
"""

from __future__ import annotations

import _socket
import errno
import os
import re
from array import array
from operator import index
from socket import AF_INET, AF_INET6
from struct import unpack
from typing import TYPE_CHECKING, SupportsIndex

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_FAMILIES = (AF_INET, AF_INET6)

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_STRICT4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_NUMBER = r"(0[xX][0-9A-Fa-f]+|[0-9]+)"
# One to four numbers, then the end or white space: glibc ignores what follows it.
_C_STYLE4 = re.compile(rf"{_NUMBER}(?:\.{_NUMBER})?(?:\.{_NUMBER})?(?:\.{_NUMBER})?(?![^\t-\r ])")
_GROUP6 = re.compile(r"[0-9A-Fa-f]{1,4}")
_ZERO_RUN = re.compile(r"\b0(?::0)+\b")
_MAPPED = bytes(10) + b"\xff\xff"
_COMPATIBLE = bytes(12)


def _number(family: SupportsIndex) -> int:
    """The number of a family, if a C int can hold it; else `array`'s words are `socket`'s, too."""
    number = index(family)
    return number if number in _FAMILIES else array("i", [number])[0]


def _content(text: object) -> str | None:
    """What a str holds, whatever methods a subclass has; None where it is no str."""
    if not issubclass(type(text), str):  # isinstance() believes `__class__`
        return None
    content = str.__str__(text)
    content.encode()  # a lone surrogate: UnicodeEncodeError, as in the stdlib
    if "\0" in content:
        raise ValueError("embedded null character")
    return content


def _raw(packed: ReadableBuffer) -> bytes | None:
    """The bytes of a buffer; None where it is no buffer, or one in pieces."""
    try:
        view = memoryview(packed)
    except TypeError:
        return None
    with view:  # PyPy would hold it for a while, and a bytearray could not grow
        return view.tobytes() if view.c_contiguous else None


def _c_number(text: str) -> int:
    """A number as C writes it: decimal, 0octal or 0xhex; ValueError for '08'."""
    if text[1:2] in ("x", "X"):
        return int(text[2:], 16)
    return int(text, 8 if text[0] == "0" else 10)


def _pack4_c_style(text: str) -> bytes | None:
    match = _C_STYLE4.match(text)
    if match is None:
        return None
    try:
        *octets, last = (_c_number(number) for number in match.groups() if number is not None)
        return bytes(octets) + last.to_bytes(4 - len(octets), "big")
    except (ValueError, OverflowError):  # an 8 or 9 in octal, or a part too large for its bytes
        return None


def _pack4(text: str) -> bytes | None:
    if _STRICT4.fullmatch(text) is None:
        return None
    return bytes(int(octet) for octet in text.split("."))


def _pack_groups(text: str) -> bytes | None:
    """Colon-separated groups, the last two perhaps in dotted decimal."""
    if not text:
        return b""
    groups = text.split(":")
    tail: bytes | None = b""
    if "." in groups[-1]:
        tail = _pack4(groups.pop())
    if tail is None or not all(_GROUP6.fullmatch(group) for group in groups):
        return None
    return b"".join(int(group, 16).to_bytes(2, "big") for group in groups) + tail


def _pack6(text: str) -> bytes | None:
    before, gap, after = text.partition("::")
    head, tail = _pack_groups(before), _pack_groups(after)
    if head is None or tail is None:
        return None
    if not gap:
        return head if len(head) == 16 else None
    # "::" stands for at least one group, and dotted decimal only at the very end.
    if "." in before or len(head) + len(tail) > 14:
        return None
    return head + bytes(16 - len(head) - len(tail)) + tail


def _text4(packed: bytes) -> str:
    return ".".join(map(str, packed))


def _text6(packed: bytes) -> str:
    if packed.startswith(_MAPPED):
        return "::ffff:" + _text4(packed[12:])
    if packed.startswith(_COMPATIBLE) and packed[12:14] != b"\0\0":
        return "::" + _text4(packed[12:])
    text = ":".join([f"{group:x}" for group in unpack("!8H", packed)])
    # max() keeps the first of equal runs, as RFC 5952 section 4.2.3 wants.
    longest = max(_ZERO_RUN.finditer(text), key=lambda run: len(run[0]), default=None)
    if longest is None:
        return text
    return text[: longest.start()].rstrip(":") + "::" + text[longest.end() :].lstrip(":")


def inet_aton(text: str, /) -> bytes:
    """Stand in for `socket.inet_aton`."""
    content = _content(text)
    if content is None:
        return _socket.inet_aton(text)
    packed = _pack4_c_style(content)
    if packed is None:
        raise OSError("illegal IP address string passed to inet_aton")
    return packed


def inet_pton(family: SupportsIndex, text: str, /) -> bytes:
    """Stand in for `socket.inet_pton`."""
    number = _number(family)
    content = _content(text)
    if content is None:
        return _socket.inet_pton(AF_INET, text)
    if number not in _FAMILIES:
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
    packed = _pack4(content) if number == AF_INET else _pack6(content)
    if packed is None:
        raise OSError("illegal IP address string passed to inet_pton")
    return packed


def inet_ntoa(packed: ReadableBuffer, /) -> str:
    """Stand in for `socket.inet_ntoa`."""
    raw = _raw(packed)
    return _socket.inet_ntoa(packed) if raw is None or len(raw) != 4 else _text4(raw)


def inet_ntop(family: SupportsIndex, packed: ReadableBuffer, /) -> str:
    """Stand in for `socket.inet_ntop`."""
    number = _number(family)
    raw = _raw(packed)
    if raw is None:
        return _socket.inet_ntop(AF_INET, packed)
    if number not in _FAMILIES:
        raise ValueError(f"unknown address family {number}")
    if len(raw) != (4 if number == AF_INET else 16):
        raise ValueError("invalid length of packed IP address string")
    return _text4(raw) if number == AF_INET else _text6(raw)
