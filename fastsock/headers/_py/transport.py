"""Views of transport headers, whose checksums may cover addresses of the IP header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, SupportsIndex, final

from ..._core import buffers as _buffers
from ..._core.protocols import ICMPV6
from ...packet import errors as _packet_errors
from ...packet._py import paths as _paths
from .. import errors as _errors, layout as _layout
from .arguments import number
from .field import Number
from .view import View, fold, sum_of

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from .ip import IPView
    from .locate import Transport

_QUOTED = 8  # bytes that an ICMP error quotes at the least, RFC 792
_SHORT_ICMPV6 = 4


class _TransportView(View):
    __slots__ = ("_fewest", "_pseudo", "_under")

    def __init__(
        self,
        buffer: ReadableBuffer,
        offset: SupportsIndex = 0,
        *,
        pseudo_header: SupportsIndex | None = None,
    ) -> None:
        self._pseudo = pseudo_header
        if pseudo_header is not None:
            self._pseudo = number("pseudo_header", pseudo_header, 0xFFFFFFFF)
        self._under: IPView | None = None  # the view of the IP header
        self._fewest = self._LEAST  # bytes that its checksum can cover
        super().__init__(buffer, offset)

    @classmethod
    def _behind(cls, under: IPView, found: Transport) -> Self:
        """View the transport header that was found; part of it may be cut."""
        there = min(found.end, under._size) - found.at
        offset = under._start + found.at
        view = cls(bytes(cls._LEAST))
        least = cls._LEAST
        if cls is TCPView:
            least = _QUOTED
        elif found.protocol == ICMPV6 and found.end - found.at < least:
            least = view._fewest = _SHORT_ICMPV6  # whole as it is, RFC 4443 section 2.1
        if there < least:
            raise _packet_errors.header_fault(cls._LAYER, "header", offset, "HEADER_CUT")
        view._source, view._flat = under._source, _buffers.contiguous(under._live(), "buffer")
        view._start, view._size = offset, under._size - found.at
        view._least = min(cls._LEAST, there & ~1)
        view._under = under
        return view

    def _segment(self) -> int:
        """Count the bytes from this header to the end of the datagram that are present."""
        self._live()
        if self._under is None:
            return self._size
        self._under._live()
        found = self._under._locate()
        if found is None:
            return self._size
        return max(min(self._under._start + found.end - self._start, self._size), 0)

    def _whole_segment(self) -> int:
        """Count the bytes from this header to the end of the datagram, by IP's length."""
        found = None if self._under is None else self._under._locate()
        if self._under is None or found is None:
            return self._size
        return max(self._under._start + found.end - self._start, 0)

    def _datagram(self, whole: int) -> int:
        """How much of a segment of `whole` bytes the checksum covers."""
        return whole

    def _covered(self) -> int:
        """How many bytes the checksum covers; they must all be there."""
        there, whole = self._segment(), self._whole_segment()
        if self._under is not None:
            found = self._under._locate()
            if found is None or found.fragment:
                self._under._fault("fragment_offset", "FRAGMENT")
        # A cut header may lack its checksum, even where the length has grown.
        if there < self._fewest or self._least < self._CHECKSUM_AT + 2:
            self._fault("header", "HEADER_CUT")
        length = self._datagram(whole)
        if length > whole:
            self._fault("length", "BAD_LENGTH")
        if self._under is not None and length > there:
            self._under._fault("total_length", "CUT")
        return length

    def _check_stated_length(self) -> None:
        """Refuse to judge a checksum that a network card was to fill in."""
        found = None if self._under is None else self._under._locate()
        if self._under is not None and found is not None and found.length_source == _paths.WIRE:
            self._under._fault("total_length", "LENGTH_FROM_WIRE")

    def _verify_none(self) -> bool:
        """Whether a checksum of zero is right, for which all of the datagram need not be there."""
        return True

    def _outside(self, length: int) -> int:
        """The sum of the pseudo-header."""
        found = None if self._under is None else self._under._locate()
        if self._under is not None and found is not None:
            if found.checksum_at is None:
                return 0
            ends = found.ends
            if not (ends.src and ends.dst):
                self._under._unknown_end(ends)
            size = found.address_size
            both = (self._under._slice(at, at + size) for at in (ends.src, ends.dst))
            return sum(map(sum_of, both)) + found.protocol + length
        if self._pseudo is None:
            raise _errors.no_pseudo_header()
        return int(self._pseudo)

    def verify_checksum(self) -> bool:
        """Tell whether the checksum is right.

        Returns:
            Whether it is. A UDP checksum of zero, which says that there is none, is right over
            IPv4 and wrong over IPv6.

        Raises:
            PacketError: not all that it covers is there: a fragment, or a cut datagram. Or a
                source route, or a bad option, hides an address that it covers. Or the IP header
                has no length, for then a network card was to fill the checksum in.
            ValueError: the addresses that it covers are not known.

        Source: RFC 1071; RFC 768; RFC 8200 section 8.1.
        """
        if self._ZERO_IS_NONE and self._load(self._CHECKSUM_AT, 2) == 0:
            return self._verify_none()
        length = self._covered()
        self._check_stated_length()
        total = self._outside(length) + sum_of(self._slice(0, length))
        return fold(total) == 0xFFFF

    def fill_checksum(self) -> None:
        """Compute the checksum anew and write it.

        Raises:
            PacketError: not all that it covers is there: a fragment, or a cut datagram. Or a
                source route, or a bad option, hides an address that it covers.
            TypeError: the buffer is read-only.
            ValueError: the addresses that it covers are not known.

        Source: RFC 1071; RFC 768; RFC 8200 section 8.1.
        """
        length = self._covered()
        total = self._outside(length)
        self._store(self._CHECKSUM_AT, 2, 0)
        checksum = 0xFFFF ^ fold(total + sum_of(self._slice(0, length)))
        if checksum == 0 and self._ZERO_IS_NONE:
            checksum = 0xFFFF
        self._store(self._CHECKSUM_AT, 2, checksum)


@final
class TCPView(_TransportView):
    """A TCP header, read and written where it lies.

    Args:
        buffer: any contiguous bytes-like object. It is held until `release`, or the end of a
            ``with`` block, so it can't shrink meanwhile.
        offset: where the header begins.
        pseudo_header: the sum of the pseudo-header, where the view is not got by
            ``transport()`` of its IP header's view; `pseudo_header` computes it.

    Raises:
        PacketError: fewer than 20 bytes are there.
        TypeError, BufferError, ValueError: the arguments are none of these.

    Source: RFC 9293; RFC 1624 for the checksum.

    Assigning keeps the checksum right. The view doesn't notice writes that bypass it.

    >>> ip = IPv4View(bytearray(build_tcp("192.0.2.1", "192.0.2.2", 1025, 80, b"GET /", seq=7)))
    >>> view = ip.transport()
    >>> view.seq += 5
    >>> view.seq, view.flags, bytes(view.payload), view.verify_checksum()
    (12, 2, b'GET /', True)
    """

    __slots__ = ()
    _LAYER, _LEAST = "tcp", 20
    _CHECKSUM_AT = 16

    sport: Number = Number(_layout.TCP["sport"])
    dport: Number = Number(_layout.TCP["dport"])
    seq: Number = Number(_layout.TCP["seq"])
    ack: Number = Number(_layout.TCP["ack"])
    header_length: Number = Number(_layout.TCP["header_length"])
    flags: Number = Number(_layout.TCP["flags"])
    window: Number = Number(_layout.TCP["window"])
    checksum: Number = Number(_layout.TCP["checksum"])
    urgent_pointer: Number = Number(_layout.TCP["urgent_pointer"])

    def _header_end(self, there: int) -> int:
        if self._least < self._LEAST:  # the field of its length may be cut
            self._fault("header", "HEADER_CUT")
        return self._header(self._load(12, 1) >> 4, there)

    @property
    def options(self) -> memoryview:
        """The options: a memoryview, writable where the buffer is."""
        there = self._segment()
        return self._slice(20, self._header_end(there))

    @property
    def payload(self) -> memoryview:
        """The bytes after the header: a memoryview, writable where the buffer is."""
        there = self._segment()
        return self._slice(self._header_end(there), there)


@final
class UDPView(_TransportView):
    """A UDP header, read and written where it lies.

    Args:
        buffer: any contiguous bytes-like object. It is held until `release`, or the end of a
            ``with`` block, so it can't shrink meanwhile.
        offset: where the header begins.
        pseudo_header: the sum of the pseudo-header, where the view is not got by
            ``transport()`` of its IP header's view; `pseudo_header` computes it.

    Raises:
        PacketError: fewer than 8 bytes are there.
        TypeError, BufferError, ValueError: the arguments are none of these.

    Source: RFC 768; RFC 1624 for the checksum.

    Assigning keeps the checksum right: one of zero, which means none, stays zero, and a computed
    zero is written as 0xFFFF.

    >>> ip = IPv4View(bytearray(build_udp("192.0.2.1", "192.0.2.2", 53, 5353, b"data")))
    >>> view = ip.transport()
    >>> view.sport, view.dport = view.dport, view.sport
    >>> view.sport, view.length, bytes(view.payload), view.verify_checksum()
    (5353, 12, b'data', True)
    """

    __slots__ = ()
    _LAYER, _LEAST = "udp", 8
    _CHECKSUM_AT, _ZERO_IS_NONE = 6, True

    sport: Number = Number(_layout.UDP["sport"])
    dport: Number = Number(_layout.UDP["dport"])
    length: Number = Number(_layout.UDP["length"])
    checksum: Number = Number(_layout.UDP["checksum"])

    def _datagram(self, whole: int) -> int:
        """Its length field; zero means all of it where it may be."""
        length = self._load(4, 2)
        if length == 0 and self._may_lack_length():
            length = whole
        if length < 8:
            self._fault("length", "BAD_LENGTH")
        return length

    def _may_lack_length(self) -> bool:
        if self._under is None:
            return True
        found = self._under._locate()
        return found is not None and _paths.may_lack_udp_length(
            found.length_source, found.fragment, self._slice(0, self._size), 0, self._size
        )

    def _verify_none(self) -> bool:
        whole = self._whole_segment()
        if self._segment() < self._LEAST:
            self._fault("header", "HEADER_CUT")
        length = self._datagram(whole)
        found = None if self._under is None else self._under._locate()
        # A first fragment has the length of the whole datagram.
        if length > whole and not (found is not None and found.fragment):
            self._fault("length", "BAD_LENGTH")
        if self._under is None or self._under._LAYER != "ipv6":
            return True
        self._check_stated_length()  # a tunnel may leave it out, RFC 6935
        return False

    @property
    def payload(self) -> memoryview:
        """The bytes after the header: a memoryview, writable where the buffer is."""
        there = self._segment()
        return self._slice(8, min(self._datagram(self._whole_segment()), there))


@final
class ICMPView(_TransportView):
    """An ICMP or ICMPv6 header, read and written where it lies.

    Args:
        buffer: any contiguous bytes-like object. It is held until `release`, or the end of a
            ``with`` block, so it can't shrink meanwhile.
        offset: where the header begins.
        pseudo_header: the sum of the pseudo-header, which ICMPv6 has and ICMP has not, where
            the view is not got by ``transport()`` of its IP header's view.

    Raises:
        PacketError: fewer than 8 bytes are there.
        TypeError, BufferError, ValueError: the arguments are none of these.

    Source: RFC 792; RFC 4443; RFC 1624 for the checksum.

    Assigning keeps the checksum right. `identifier` and `sequence` are those of echo messages;
    other messages have something else in their place.

    >>> ip = IPv4View(bytearray(build_icmp_echo("192.0.2.1", "192.0.2.2", 7, 1, b"data")))
    >>> view = ip.transport()
    >>> view.type = 0  # the reply to it
    >>> view.identifier, view.sequence, bytes(view.payload), view.verify_checksum()
    (7, 1, b'data', True)
    """

    __slots__ = ()
    _LAYER, _LEAST = "icmp", 8
    _CHECKSUM_AT = 2

    type: Number = Number(_layout.ICMP["type"])
    code: Number = Number(_layout.ICMP["code"])
    checksum: Number = Number(_layout.ICMP["checksum"])
    identifier: Number = Number(_layout.ICMP["identifier"])
    sequence: Number = Number(_layout.ICMP["sequence"])

    def __init__(
        self,
        buffer: ReadableBuffer,
        offset: SupportsIndex = 0,
        *,
        pseudo_header: SupportsIndex | None = 0,
    ) -> None:
        super().__init__(buffer, offset, pseudo_header=pseudo_header)

    @property
    def payload(self) -> memoryview:
        """The bytes after the first eight: a memoryview, writable where the buffer is."""
        return self._slice(8, self._segment())
