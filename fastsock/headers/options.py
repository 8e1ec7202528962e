"""Options of IP, TCP and IPv6 headers, one after the other.

Written once, in plain Python: each option costs a Python object, and only callers who
ask for options pay for it. The iterators always move on, so no length makes them loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from struct import Struct

from .._core.buffers import contiguous
from .._core.typed import TYPE_CHECKING, final
from ..packet import errors as _packet_errors

if TYPE_CHECKING:
    from typing import Any, Final, NoReturn

    from _typeshed import ReadableBuffer

    _Decoder = Callable[[memoryview], Any]  # reads an option's data, or raises _WrongLengthError
    _Decoders = Mapping[int, _Decoder]


_END: Final = 0  # of the options of IPv4 and TCP; in IPv6 this is Pad1
_NO_OPERATION: Final = 1  # in IPv6 this is PadN
_MOST_SHIFT = 14  # of a window, RFC 7323 section 2.3


@final
class Option:
    r"""One option of a header.

    Attributes:
        kind: its type, all 8 bits.
        offset: where it begins in the buffer that is iterated over.
        data: a memoryview of the bytes after its kind and length; it is writable where the
            buffer is.

    >>> for option in iter_tcp_options(b"\2\4\5\xb4\1\3\3\7"):
    ...     print(option.kind, option.offset, bytes(option.data), option.value)
    2 0 b'\x05\xb4' 1460
    1 4 b'' None
    3 5 b'\x07' 7
    """

    __slots__ = ("_decoders", "_layer", "data", "kind", "offset")

    def __init__(
        self, kind: int, offset: int, data: memoryview, layer: str, decoders: _Decoders
    ) -> None:
        self.kind: int = kind
        self.offset: int = offset
        self.data: memoryview = data
        self._layer = layer
        self._decoders = decoders

    def __repr__(self) -> str:
        return f"<Option kind={self.kind} offset={self.offset} data={bytes(self.data)!r}>"

    @property
    def value(self) -> Any:
        r"""What the data means.

        An int (maximum segment size; window scale, at most 14; router alert; jumbo payload
        length; stream identifier; tunnel limit), a tuple (SACK: pairs of edges; timestamps of
        TCP: value and echo; route: the pointer and the addresses; timestamps of IP: pointer,
        overflow, flag and the words), True for SACK permitted, None for padding, and for all
        other kinds the bytes.

        Raises:
            PacketError: the data is not of a length that this kind has.

        >>> next(iter_tcp_options(b"\5\x0a\0\0\0\1\0\0\0\5")).value
        ((1, 5),)
        """
        decode = self._decoders.get(self.kind, bytes)
        try:
            return decode(self.data)
        except _WrongLengthError:
            _bad_option(self._layer, self.offset)


def _bad_option(layer: str, offset: int) -> NoReturn:
    raise _packet_errors.header_fault(layer, "options", offset, "BAD_OPTION") from None


class _WrongLengthError(Exception):
    """An option's data are of a length that its kind can't have."""


def _wanted(holds: bool) -> None:
    if not holds:
        raise _WrongLengthError


def _number(size: int) -> _Decoder:
    def decode(data: memoryview) -> int:
        _wanted(len(data) == size)
        return int.from_bytes(data, "big")

    return decode


def _exactly(size: int, value: bool | None) -> _Decoder:
    def decode(data: memoryview) -> bool | None:
        _wanted(len(data) == size)
        return value

    return decode


def _octets(size: int) -> _Decoder:
    def decode(data: memoryview) -> bytes:
        _wanted(len(data) == size)
        return bytes(data)

    return decode


def _padding(data: memoryview) -> None:
    return None


def _window_scale(data: memoryview) -> int:
    _wanted(len(data) == 1)
    return min(data[0], _MOST_SHIFT)


def _pairs(data: memoryview) -> tuple[tuple[int, int], ...]:
    _wanted(len(data) >= 8 and len(data) % 8 == 0)
    return tuple(Struct(">II").iter_unpack(data))


def _timestamps(data: memoryview) -> tuple[int, int]:
    _wanted(len(data) == 8)
    value, echo = Struct(">II").unpack(data)
    return value, echo


def _route(data: memoryview) -> tuple[int, tuple[bytes, ...]]:
    _wanted(len(data) % 4 == 1)
    return data[0], tuple(bytes(data[at : at + 4]) for at in range(1, len(data), 4))


def _ip_timestamps(data: memoryview) -> tuple[int, int, int, tuple[int, ...]]:
    _wanted(len(data) % 4 == 2)
    words = tuple(word for (word,) in Struct(">I").iter_unpack(data[2:]))
    return data[0], data[1] >> 4, data[1] & 15, words


_IP: _Decoders = {
    _END: _padding,
    _NO_OPERATION: _padding,
    7: _route,  # record route
    68: _ip_timestamps,
    131: _route,  # loose source and record route
    136: _number(2),  # stream identifier
    137: _route,  # strict source and record route
    148: _number(2),  # router alert, RFC 2113
}
_TCP: _Decoders = {
    _END: _padding,
    _NO_OPERATION: _padding,
    2: _number(2),  # maximum segment size
    3: _window_scale,
    4: _exactly(0, True),  # SACK permitted
    5: _pairs,  # SACK
    8: _timestamps,
}
_IPV6: _Decoders = {
    0: _padding,
    1: _padding,
    4: _number(1),  # tunnel encapsulation limit, RFC 2473
    5: _number(2),  # router alert, RFC 2711
    0xC2: _number(4),  # jumbo payload, RFC 2675
    0xC9: _octets(16),  # home address, RFC 6275
}


def iter_ip_options(buffer: ReadableBuffer) -> Iterator[Option]:
    r"""Iterate over the options of an IPv4 header.

    Args:
        buffer: the options, all that is between the fixed header and the payload:
            ``view.options``.

    Returns:
        An iterator of `Option`. No-operations are among them; an end of options is the last.

    Raises:
        PacketError: the length of an option can't be; all those before it were given.
        TypeError, BufferError: no buffer, or one in pieces.

    Source: RFC 791 section 3.1.

    >>> [(option.kind, option.value) for option in iter_ip_options(b"\x94\4\0\0\0")]
    [(148, 0), (0, None)]
    """
    return _walk(contiguous(buffer, "buffer"), 0, "ipv4", _IP)


def iter_tcp_options(buffer: ReadableBuffer) -> Iterator[Option]:
    r"""Iterate over the options of a TCP header.

    Args:
        buffer: the options, all that is between the fixed header and the payload:
            ``view.options``.

    Returns:
        An iterator of `Option`. No-operations are among them; an end of options is the last.

    Raises:
        PacketError: the length of an option can't be; all those before it were given.
        TypeError, BufferError: no buffer, or one in pieces.

    Source: RFC 9293 section 3.1; RFC 7323; RFC 2018.

    >>> [(option.kind, option.value) for option in iter_tcp_options(b"\2\4\5\xb4\4\2\3\3\x0f")]
    [(2, 1460), (4, True), (3, 14)]
    """
    return _walk(contiguous(buffer, "buffer"), 0, "tcp", _TCP)


def iter_ipv6_options(buffer: ReadableBuffer) -> Iterator[Option]:
    r"""Iterate over the options of a hop-by-hop or destination options header of IPv6.

    Args:
        buffer: that header from its first byte on, with anything after it: for the first
            one, ``view.payload``.

    Returns:
        An iterator of `Option`. Padding is among them.

    Raises:
        PacketError: the header is cut, or the length of an option can't be; all those before
            it were given.
        TypeError, BufferError: no buffer, or one in pieces.

    Source: RFC 8200 section 4.2.

    >>> header = b"\x3a\0\5\2\0\0\1\0"
    >>> [(option.kind, option.offset, option.value) for option in iter_ipv6_options(header)]
    [(5, 2, 0), (1, 6, None)]
    """
    header = contiguous(buffer, "buffer")
    if len(header) < 2 or len(header) < (header[1] + 1) * 8:
        raise _packet_errors.header_fault("ipv6", "extension", 0, "HEADER_CUT")
    return _walk(header[: (header[1] + 1) * 8], 2, "ipv6", _IPV6)


def _walk(data: memoryview, at: int, layer: str, decoders: _Decoders) -> Iterator[Option]:
    """Yield options in order. Every step advances by at least one byte."""
    alone = (0,) if decoders is _IPV6 else (_END, _NO_OPERATION)  # kinds without a length
    size = len(data)
    while at < size:
        kind = data[at]
        if kind in alone:
            yield Option(kind, at, data[at + 1 : at + 1], layer, decoders)
            at += 1
            if kind == _END and decoders is not _IPV6:
                return
            continue
        if at + 1 == size:
            _bad_option(layer, at)
        length = data[at + 1] + (2 if decoders is _IPV6 else 0)  # there it counts the data alone
        if length < 2 or at + length > size:
            _bad_option(layer, at)
        yield Option(kind, at, data[at + 2 : at + length], layer, decoders)
        at += length


__all__ = ["Option", "iter_ip_options", "iter_ipv6_options", "iter_tcp_options"]
