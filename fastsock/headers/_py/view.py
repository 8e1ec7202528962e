"""Pure twin of `fastsock.headers`: a memoryview, and `struct` to read and write in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Self, SupportsIndex, cast, final

from ..._core import buffers as _buffers, errors as _core_errors
from ...packet import errors as _packet_errors
from ...packet._py import paths as _paths
from .. import errors as _errors, layout as _layout
from .arguments import address, number
from .field import Flag, Number, Octets, View, fold, sum_of
from .link import ARPView as ARPView, EthernetView as EthernetView
from .transport import Transport, transport4, transport6

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from ...packet._py.paths import Ends

_QUOTED = 8  # bytes that an ICMP error quotes at the least, RFC 792
_SHORT_ICMPV6 = 4


class _Address(Octets):
    """A field that is an address, which a transport header's checksum may cover."""

    def __set__(self, instance: View, value: str | ReadableBuffer, /) -> None:
        packed = address(self._name, value)
        if len(packed) != self._size:
            raise _core_errors.bad_size(self._name, len(packed), str(self._size))
        cast("_IPView", instance)._readdress(self._at, packed)


class _IPView(View):
    __slots__ = ()

    def _locate(self) -> Transport | None:
        raise NotImplementedError

    def _readdress(self, at: int, packed: bytes) -> None:
        """Write an address, and update the checksum of the transport header that covers it."""
        self._writable()
        found, size = self._locate(), len(packed)
        before = bytes(self._slice(at, at + size))
        self._rewrite(at, packed)
        if found is None or found.checksum_at is None:
            return
        if at not in (found.ends.src, found.ends.dst):
            return
        place = found.at + found.checksum_at
        if place + 2 <= min(found.end, self._size):
            zero_is_none = found.protocol in _layout.ZERO_IS_NONE
            old, new = int.from_bytes(before, "big"), int.from_bytes(packed, "big")
            self._update(place, old, new, size, zero_is_none)

    def _unknown_end(self, ends: Ends) -> NoReturn:
        """Say what hides an address that a checksum covers."""
        if ends.dst == 0:
            self._fault("options" if self._LAYER == "ipv4" else "extension", "SOURCE_ROUTE")
        self._fault("options", "BAD_OPTION")

    def transport(self) -> TCPView | UDPView | ICMPView | None:
        """View the transport header of this packet.

        Where extension headers stand before it, they are passed. The view knows the addresses
        that its checksum covers, and where the datagram ends.

        Of a TCP header eight bytes are enough, the least that ICMP errors quote: fields that are
        not there raise `PacketError`, and a checksum that is not there is not updated.

        Returns:
            A `TCPView`, `UDPView` or `ICMPView`, or None for any other protocol and in a
            later fragment, which has no such header.

        Raises:
            PacketError: that header is cut.

        Source: RFC 791; RFC 792; RFC 8200 section 4.
        """
        self._live()
        found = self._locate()
        if found is None:
            return None
        kinds: dict[int, type[TCPView | UDPView | ICMPView]] = {
            _layout.TCP_PROTOCOL: TCPView,
            _layout.UDP_PROTOCOL: UDPView,
            _layout.ICMP_PROTOCOL if found.version == 4 else _layout.ICMPV6_PROTOCOL: ICMPView,
        }
        if found.protocol not in kinds:
            return None
        return kinds[found.protocol]._behind(self, found)


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
        self._under: _IPView | None = None  # the view of the IP header
        self._fewest = self._LEAST  # bytes that its checksum can cover
        super().__init__(buffer, offset)

    @classmethod
    def _behind(cls, under: _IPView, found: Transport) -> Self:
        """View the header that was found behind another one, as much of it as is there."""
        there = min(found.end, under._size) - found.at
        offset = under._start + found.at
        view = cls(bytes(cls._LEAST))
        least = cls._LEAST
        if cls is TCPView:
            least = _QUOTED
        elif found.protocol == _layout.ICMPV6_PROTOCOL and found.end - found.at < least:
            least = view._fewest = _SHORT_ICMPV6  # whole as it is, RFC 4443 section 2.1
        if there < least:
            raise _packet_errors.header_fault(cls._LAYER, "header", offset, "HEADER_CUT")
        view._source, view._flat = under._source, _buffers.contiguous(under._live(), "buffer")
        view._start, view._size = offset, under._size - found.at
        view._least = min(cls._LEAST, there & ~1)
        view._under = under
        return view

    def _segment(self) -> int:
        """The bytes of this header and what follows, as far as they are there."""
        self._live()
        if self._under is None:
            return self._size
        self._under._live()
        found = self._under._locate()
        if found is None:
            return self._size
        return max(min(self._under._start + found.end - self._start, self._size), 0)

    def _whole_segment(self) -> int:
        """The bytes of this header and what follows, as the lengths before it tell."""
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
        # Of a header that was cut the checksum may not be there, even where the length has grown.
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
                source route, or an option at fault, hides an address that it covers. Or the IP
                header has no length, for then a network card was to fill the checksum in.
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
                source route, or an option at fault, hides an address that it covers.
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
class IPv4View(_IPView):
    """An IPv4 header, read and written where it lies.

    Args:
        buffer: any contiguous bytes-like object. It is held until `release`, or the end of a
            ``with`` block, so it can't shrink meanwhile.
        offset: where the header begins.

    Raises:
        PacketError: fewer than 20 bytes are there.
        TypeError, BufferError, ValueError: the arguments are none of these.

    Source: RFC 791; RFC 1624 for the checksums.

    Assigning keeps the header checksum right, and, where it is an address that the transport
    header's checksum covers, that one too. What is written past the view is not seen by it.

    >>> packet = bytearray(build_udp("192.0.2.1", "192.0.2.2", 53, 5353, b"data"))
    >>> view = IPv4View(packet)
    >>> view.ttl -= 1
    >>> view.dst = "198.51.100.1"
    >>> view.ttl, view.verify_checksum(), view.transport().verify_checksum()
    (63, True, True)
    """

    __slots__ = ()
    _LAYER, _LEAST = "ipv4", 20
    _CHECKSUM_AT = 10

    version = Number(_layout.IPV4["version"])
    header_length = Number(_layout.IPV4["header_length"])
    tos = Number(_layout.IPV4["tos"])
    dscp = Number(_layout.IPV4["dscp"])
    ecn = Number(_layout.IPV4["ecn"])
    total_length = Number(_layout.IPV4["total_length"])
    identification = Number(_layout.IPV4["identification"])
    flags = Number(_layout.IPV4["flags"])
    dont_fragment = Flag(_layout.IPV4["dont_fragment"])
    more_fragments = Flag(_layout.IPV4["more_fragments"])
    fragment_offset = Number(_layout.IPV4["fragment_offset"])
    ttl = Number(_layout.IPV4["ttl"])
    protocol = Number(_layout.IPV4["protocol"])
    checksum = Number(_layout.IPV4["checksum"])
    src = _Address(_layout.IPV4_ENDS["src"])
    dst = _Address(_layout.IPV4_ENDS["dst"])

    def _locate(self) -> Transport | None:
        return transport4(self._slice(0, self._size))

    def _options_end(self) -> int:
        return self._header(self._load(0, 1) & 15, self._size)

    @property
    def options(self) -> memoryview:
        """The options: a memoryview, writable where the buffer is."""
        return self._slice(20, self._options_end())

    @property
    def payload(self) -> memoryview:
        """What follows the header, no trailer: a memoryview, writable where the buffer is."""
        header = self._options_end()
        total, _ = _paths.ipv4_length(self._load(2, 2), self._size)
        if total < header:
            self._fault("total_length", "BAD_LENGTH")
        return self._slice(header, min(total, self._size))

    def verify_checksum(self) -> bool:
        """Tell whether the header checksum is right.

        Returns:
            Whether it is.

        Raises:
            PacketError: the header is longer than what is there, or shorter than itself.

        Source: RFC 791 section 3.1; RFC 1071.
        """
        return fold(sum_of(self._slice(0, self._options_end()))) == 0xFFFF

    def fill_checksum(self) -> None:
        """Compute the header checksum anew and write it.

        Raises:
            PacketError: the header is longer than what is there, or shorter than itself.
            TypeError: the buffer is read-only.

        Source: RFC 791 section 3.1; RFC 1071.
        """
        header = self._options_end()
        self._store(10, 2, 0)
        self._store(10, 2, 0xFFFF ^ fold(sum_of(self._slice(0, header))))


@final
class IPv6View(_IPView):
    """An IPv6 header, read and written where it lies.

    Args:
        buffer: any contiguous bytes-like object. It is held until `release`, or the end of a
            ``with`` block, so it can't shrink meanwhile.
        offset: where the header begins.

    Raises:
        PacketError: fewer than 40 bytes are there.
        TypeError, BufferError, ValueError: the arguments are none of these.

    Source: RFC 8200; RFC 1624 for the checksums.

    Assigning an address keeps the transport header's checksum right, where it covers that address:
    a routing header with segments left has another destination, and a home address option
    another source.

    >>> packet = bytearray(build_udp("2001:db8::1", "2001:db8::2", 53, 5353, b"data"))
    >>> view = IPv6View(packet)
    >>> view.hop_limit -= 1
    >>> view.dst = "2001:db8::3"
    >>> view.ttl, view.payload_length, view.transport().verify_checksum()
    (63, 12, True)
    """

    __slots__ = ()
    _LAYER, _LEAST = "ipv6", 40

    version = Number(_layout.IPV6["version"])
    tos = Number(_layout.IPV6["tos"])
    dscp = Number(_layout.IPV6["dscp"])
    ecn = Number(_layout.IPV6["ecn"])
    flow_label = Number(_layout.IPV6["flow_label"])
    payload_length = Number(_layout.IPV6["payload_length"])
    total_length = Number(_layout.IPV6["total_length"])
    next_header = Number(_layout.IPV6["next_header"])
    ttl = Number(_layout.IPV6["ttl"])
    src = _Address(_layout.IPV6_ENDS["src"])
    dst = _Address(_layout.IPV6_ENDS["dst"])
    traffic_class = tos
    hop_limit = ttl

    def _locate(self) -> Transport | None:
        return transport6(self._slice(0, self._size))

    @property
    def payload(self) -> memoryview:
        """What follows the header, extension headers too: a memoryview.

        It is writable where the buffer is. A payload length of zero means that of a jumbogram's
        option, or all where there is none.
        """
        total, _ = _paths.ipv6_length(self._slice(0, self._size), 0, self._size, self._size)
        return self._slice(40, min(total, self._size))


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

    Assigning keeps the checksum right. What is written past the view is not seen by it.

    >>> ip = IPv4View(bytearray(build_tcp("192.0.2.1", "192.0.2.2", 1025, 80, b"GET /", seq=7)))
    >>> view = ip.transport()
    >>> view.seq += 5
    >>> view.seq, view.flags, bytes(view.payload), view.verify_checksum()
    (12, 2, b'GET /', True)
    """

    __slots__ = ()
    _LAYER, _LEAST = "tcp", 20
    _CHECKSUM_AT = 16

    sport = Number(_layout.TCP["sport"])
    dport = Number(_layout.TCP["dport"])
    seq = Number(_layout.TCP["seq"])
    ack = Number(_layout.TCP["ack"])
    header_length = Number(_layout.TCP["header_length"])
    flags = Number(_layout.TCP["flags"])
    window = Number(_layout.TCP["window"])
    checksum = Number(_layout.TCP["checksum"])
    urgent_pointer = Number(_layout.TCP["urgent_pointer"])

    def _header_end(self, there: int) -> int:
        if self._least < self._LEAST:  # or what tells its length is not there
            self._fault("header", "HEADER_CUT")
        return self._header(self._load(12, 1) >> 4, there)

    @property
    def options(self) -> memoryview:
        """The options: a memoryview, writable where the buffer is."""
        there = self._segment()
        return self._slice(20, self._header_end(there))

    @property
    def payload(self) -> memoryview:
        """What follows the header: a memoryview, writable where the buffer is."""
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

    Assigning keeps the checksum right: one of zero, which says that there is none, stays zero, and
    a sum of zero is written as 0xFFFF.

    >>> ip = IPv4View(bytearray(build_udp("192.0.2.1", "192.0.2.2", 53, 5353, b"data")))
    >>> view = ip.transport()
    >>> view.sport, view.dport = view.dport, view.sport
    >>> view.sport, view.length, bytes(view.payload), view.verify_checksum()
    (5353, 12, b'data', True)
    """

    __slots__ = ()
    _LAYER, _LEAST = "udp", 8
    _CHECKSUM_AT, _ZERO_IS_NONE = 6, True

    sport = Number(_layout.UDP["sport"])
    dport = Number(_layout.UDP["dport"])
    length = Number(_layout.UDP["length"])
    checksum = Number(_layout.UDP["checksum"])

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
        # Of a first fragment the length is that of the whole datagram.
        if length > whole and not (found is not None and found.fragment):
            self._fault("length", "BAD_LENGTH")
        if not isinstance(self._under, IPv6View):
            return True
        self._check_stated_length()  # a tunnel may leave it out, RFC 6935
        return False

    @property
    def payload(self) -> memoryview:
        """What follows the header: a memoryview, writable where the buffer is."""
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

    type = Number(_layout.ICMP["type"])
    code = Number(_layout.ICMP["code"])
    checksum = Number(_layout.ICMP["checksum"])
    identifier = Number(_layout.ICMP["identifier"])
    sequence = Number(_layout.ICMP["sequence"])

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
        """What follows the first eight bytes: a memoryview, writable where the buffer is."""
        return self._slice(8, self._segment())
