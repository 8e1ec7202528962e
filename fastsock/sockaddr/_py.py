"""Pure twin of `fastsock.sockaddr`, using `struct`."""

from __future__ import annotations

import os
import socket
import struct
import sys
from operator import index
from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING, Any

from .._core.buffers import copied
from ..address._py import inet_pton
from . import errors as _errors

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# BSD's addresses begin with a length byte. Python has no AF_UNIX on Windows.
_BSD = sys.platform.startswith(("darwin", "freebsd", "netbsd", "openbsd", "dragonfly"))
_ABSTRACT = sys.platform == "linux"
_UNIX: int | None = getattr(socket, "AF_UNIX", None)
_PATH_MAX = 104 if _BSD else 108
_STORAGE = 256 if sys.platform.startswith(("netbsd", "openbsd")) else 128
_DATA_MAX = _STORAGE - 2
_FAMILY_MAX = 255 if _BSD else 65535
_BODY4 = struct.Struct(">H4s8x")  # after the family, in network order
_BODY6 = struct.Struct(">HI16s")
_SCOPE = struct.Struct("=I")  # in the machine's order


def _with_family(family: int, body: bytes) -> bytes:
    head = bytes((len(body) + 2, family)) if _BSD else struct.pack("=H", family)
    return head + body


def _number(value: Any, most: int, wording: str) -> int:
    number = index(value)
    if not 0 <= number <= most:
        raise OverflowError(wording)
    return number


def _pack4(host: str) -> bytes:
    if host == "":
        return bytes(4)
    if host == "<broadcast>":
        return b"\xff" * 4
    try:
        return inet_pton(AF_INET, host)
    except (OSError, ValueError):
        raise _errors.not_literal(host, "IPv4") from None


def _zone_index(zone: str, host: str) -> int:
    if zone.isascii() and zone.isdecimal() and len(zone) <= 10:
        number = int(zone)
        if number <= 0xFFFFFFFF:
            return number
    try:
        if "\0" in zone:  # PyPy's function reads up to it
            raise ValueError
        return socket.if_nametoindex(zone)
    except (OSError, ValueError):
        raise _errors.not_literal(host, "IPv6") from None


def _pack6(host: str, scope: int) -> tuple[bytes, int]:
    text, percent, zone = host.partition("%")
    try:
        packed = bytes(16) if host == "" else inet_pton(AF_INET6, text)
    except (OSError, ValueError):
        raise _errors.not_literal(host, "IPv6") from None
    if percent:
        number = _zone_index(zone, host)
        scope = scope or number
    return packed, scope


def _host(host: object) -> str:
    if not isinstance(host, str):
        raise _errors.not_host(host)
    return host


def _inet(address: Any) -> bytes:
    if not isinstance(address, tuple) or len(address) != 2:
        raise _errors.not_tuple("IPv4", address)
    packed = _pack4(_host(address[0]))
    return _with_family(AF_INET, _BODY4.pack(_number(address[1], 65535, _errors.PORT), packed))


def _inet6(address: Any) -> bytes:
    if not isinstance(address, tuple) or not 2 <= len(address) <= 4:
        raise _errors.not_tuple("IPv6", address)
    host = _host(address[0])
    port = _number(address[1], 65535, _errors.PORT)
    flow = _number(address[2], 0xFFFFF, _errors.FLOW) if len(address) > 2 else 0
    scope = _number(address[3], 0xFFFFFFFF, _errors.SCOPE) if len(address) > 3 else 0
    packed, scope = _pack6(host, scope)
    return _with_family(AF_INET6, _BODY6.pack(port, flow, packed) + _SCOPE.pack(scope))


def _unix(address: Any) -> bytes:
    try:
        path = os.fsencode(address) if isinstance(address, str) else copied(address, "a path")
    except TypeError:
        raise _errors.not_path(address) from None
    if path == b"" or (_ABSTRACT and path[0] == 0):
        if len(path) > _PATH_MAX:
            raise _errors.path_too_long()
        return _with_family(int(_UNIX or 0), path)
    if b"\0" in path:
        raise _errors.nul_in_path()
    if len(path) >= _PATH_MAX:
        raise _errors.path_too_long()
    return _with_family(int(_UNIX or 0), path + b"\0")


def _other(family: int, address: Any) -> bytes:
    if not 0 <= family <= _FAMILY_MAX:
        raise _errors.bad_family(family, _FAMILY_MAX)
    try:
        data = copied(address, "an address")
    except TypeError:
        raise _errors.not_data(address) from None
    if len(data) > _DATA_MAX:
        raise _errors.data_too_long(len(data), _DATA_MAX)
    return _with_family(family, data)


def pack_sockaddr(family: int, address: Any, /) -> bytes:
    r"""Pack an address as the `struct sockaddr` that system calls take.

    Args:
        family: `AF_INET`, `AF_INET6`, `AF_UNIX`, or any other.
        address: as the `socket` module has it. IPv4: ``(host, port)``. IPv6: ``(host, port,
            flowinfo, scope_id)``, of which the last two may be left out; a zone in the host,
            ``"fe80::1%eth0"`` or ``"fe80::1%2"``, gives the scope where `scope_id` doesn't. The
            host must be an address: names are not looked up. ``""`` is the unspecified one, and
            ``"<broadcast>"`` is 255.255.255.255. UNIX: a path, as str or bytes; on Linux an
            abstract name, which begins with a NUL; ``""`` for the unnamed address. Any other
            family: the bytes after the family.

    Returns:
        The bytes in this platform's layout, of the length that `bind` expects.

    Raises:
        AddressError: the host is not an address of the family, or its zone not an interface.
        OverflowError: a port, flow or scope is out of range, as in the `socket` module.
        OSError: a path that is too long.
        TypeError, ValueError: an address of another shape; a NUL inside a path.

    Source: POSIX.1-2017 <netinet/in.h> and <sys/un.h>; unix(7).

    >>> from socket import AF_INET
    >>> unpack_sockaddr(pack_sockaddr(AF_INET, ("192.0.2.1", 53)))
    (2, ('192.0.2.1', 53))
    """
    number = index(family)
    if number == AF_INET:
        return _inet(address)
    if number == AF_INET6:
        return _inet6(address)
    if _UNIX is not None and number == _UNIX:
        return _unix(address)
    return _other(number, address)


def unpack_sockaddr(buffer: ReadableBuffer, /) -> tuple[int, Any]:
    r"""Unpack a `struct sockaddr`.

    Args:
        buffer: its bytes. For a UNIX address exactly as many as its length; for others more
            bytes may follow.

    Returns:
        ``(family, address)``, the address as the `socket` module has it: ``(host, port)``;
        ``(host, port, flowinfo, scope_id)``; a UNIX path as str, an abstract name as bytes with
        its NUL, ``""`` for the unnamed address; for any other family the bytes after it.

    Raises:
        ValueError: too few bytes for the family.
        TypeError, BufferError: not a buffer, or not contiguous.

    Source: POSIX.1-2017 <netinet/in.h> and <sys/un.h>; unix(7).

    >>> from socket import AF_INET6
    >>> unpack_sockaddr(pack_sockaddr(AF_INET6, ("fe80::1%7", 546)))[1]
    ('fe80::1', 546, 0, 7)
    """
    data = copied(buffer, "buffer")
    if len(data) < 2:
        raise _errors.too_short(len(data), "sockaddr")
    family = data[1] if _BSD else struct.unpack_from("=H", data)[0]
    body = data[2:]
    if family == AF_INET:
        if len(data) < 16:
            raise _errors.too_short(len(data), "sockaddr_in")
        port, packed = _BODY4.unpack_from(body)
        return family, (socket.inet_ntop(AF_INET, packed), port)
    if family == AF_INET6:
        if len(data) < 28:
            raise _errors.too_short(len(data), "sockaddr_in6")
        port, flow, packed = _BODY6.unpack_from(body)
        scope: int = _SCOPE.unpack_from(body, _BODY6.size)[0]
        return family, (socket.inet_ntop(AF_INET6, packed), port, flow, scope)
    if _UNIX is not None and family == _UNIX and not (_ABSTRACT and body[:1] == b"\0"):
        return family, os.fsdecode(body.partition(b"\0")[0])
    return family, body
