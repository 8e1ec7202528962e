"""Host and port in one text, as servers are configured and URLs are written (RFC 3986)."""

from __future__ import annotations

import re
from operator import index
from socket import AF_INET6
from typing import SupportsIndex, TypeVar, overload

from .. import errors as _errors
from .inet import _pton

_Default = TypeVar("_Default")

# What can't stand in a host name: RFC 3986 gen-delims, blanks and control characters. Names in
# other scripts and underscores pass: whether a name exists is for the resolver to say.
_FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f:/?#\[\]@\\]")
_PORT = re.compile(r"[0-9]{1,5}")
_PORT_MAX = 0xFFFF


def _is_ipv6(text: str) -> bool:
    """Whether this is an IPv6 address, with an RFC 4007 zone or without."""
    address, percent, zone = text.partition("%")
    if percent and (not zone or "%" in zone or _FORBIDDEN.search(zone)):
        return False
    try:
        _pton(AF_INET6, address)
    except (OSError, ValueError):
        return False
    return True


def _port_number(text: str, digits: str) -> int:
    if not _PORT.fullmatch(digits) or int(digits) > _PORT_MAX:
        raise _errors.bad_port_digits(text, digits)
    return int(digits)


@overload
def parse_hostport(text: str, default_port: None = None) -> tuple[str, int | None]: ...
@overload
def parse_hostport(text: str, default_port: _Default) -> tuple[str, int | _Default]: ...
def parse_hostport(text: str, default_port: object = None) -> tuple[str, object]:
    """Split ``host:port``, where an IPv6 address stands in brackets if a port follows.

    Args:
        text: ``"example.org:80"``, ``"192.0.2.1"``, ``"[2001:db8::1]:80"``, ``"::1"``,
            ``":80"`` (no host: every address of this machine). A zone may follow an
            IPv6 address: ``"[fe80::1%eth0]:80"``.
        default_port: what to return as the port where the text has none.

    Returns:
        ``(host, port)``: the host without brackets, as it was written; the port as int.

    Raises:
        AddressError: no host and no port; a port that is not one to five decimal digits
            up to 65535; brackets around anything but an IPv6 address; several colons
            outside brackets in what is no IPv6 address; a character no host can have.
        TypeError: `text` is not a str.

    Source: RFC 3986 section 3.2.2 and 3.2.3; RFC 4007 section 11 for zones.

    >>> parse_hostport("[2001:db8::1]:443")
    ('2001:db8::1', 443)
    >>> parse_hostport("example.org", 80)
    ('example.org', 80)
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    plain = str.__str__(text)  # a subclass may have methods of its own
    if plain.startswith("["):
        host, bracket, rest = plain[1:].partition("]")
        if not bracket or not _is_ipv6(host):
            raise _errors.bad_hostport(text, _errors.HOSTPORT_BRACKETS)
        if not rest:
            return host, default_port
        if rest[0] != ":":
            raise _errors.bad_hostport(text, _errors.HOSTPORT_FOLLOW)
        return host, _port_number(text, rest[1:])
    if plain.count(":") > 1:
        if not _is_ipv6(plain):
            raise _errors.bad_hostport(text, _errors.HOSTPORT_COLONS)
        return plain, default_port
    host, colon, digits = plain.partition(":")
    if _FORBIDDEN.search(host):
        raise _errors.bad_hostport(text, _errors.HOSTPORT_CHARACTER)
    if not host and not colon:
        raise _errors.bad_hostport(text, _errors.HOSTPORT_NOTHING)
    return host, _port_number(text, digits) if colon else default_port


def format_hostport(host: str, port: SupportsIndex | None) -> str:
    """Join a host and a port, with brackets round an IPv6 address: `parse_hostport` undone.

    Args:
        host: a name, an IPv4 or an IPv6 address (with a zone or without), or ``""``.
        port: 0 to 65535, or None for no port.

    Returns:
        ``"host:port"`` or ``"[host]:port"``; without a port, ``"host"`` or ``"[host]"``.

    Raises:
        AddressError: a host that `parse_hostport` would not give back, a port out of range.
        TypeError: `host` is not a str, or `port` not an integer.

    Source: RFC 3986 section 3.2.2; RFC 5952 section 6.

    >>> format_hostport("2001:db8::1", 443)
    '[2001:db8::1]:443'
    """
    if not isinstance(host, str):
        raise TypeError(f"host must be str, not {type(host).__name__}")
    plain = str.__str__(host)  # a subclass may be written in another way, as an Enum is
    if ":" in plain:
        if not _is_ipv6(plain):
            raise _errors.bad_hostport(host, _errors.HOSTPORT_NOT_IPV6)
        plain = f"[{plain}]"
    elif _FORBIDDEN.search(plain):
        raise _errors.bad_hostport(host, _errors.HOSTPORT_CHARACTER)
    if port is None:
        if not plain:
            raise _errors.bad_hostport(host, _errors.HOSTPORT_NOTHING)
        return plain
    number = index(port)
    if not 0 <= number <= _PORT_MAX:
        raise _errors.bad_port(port)
    return f"{plain}:{number}"
