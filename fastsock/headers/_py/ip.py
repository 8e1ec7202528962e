"""Views of IP headers, and the addresses that a transport header's checksum covers, too."""

from __future__ import annotations

from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING, NoReturn, Self, cast, final, overload

from ..._core import errors as _core_errors
from ..._core.protocols import ICMP, ICMPV6, TCP, UDP
from ...address._py import inet_ntop
from ...packet._py import paths as _paths
from .. import layout as _layout
from .arguments import address
from .field import Field, Flag, Number
from .locate import Transport, transport4, transport6
from .transport import ICMPView, TCPView, UDPView
from .view import View, fold, sum_of

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from ...packet._py.paths import Ends


class _Address(Field):
    """An address: written as text or packed, with the checksum that covers it kept right."""

    def _packed(self, instance: View) -> bytes:
        return bytes(instance._slice(self._at, self._end))

    def __set__(self, instance: View, value: str | ReadableBuffer, /) -> None:
        packed = address(self._name, value)
        if len(packed) != self._size:
            raise _core_errors.bad_size(self._name, len(packed), str(self._size))
        cast("IPView", instance)._readdress(self._at, packed)


class _PackedAddress(_Address):
    """An address that is read as bytes."""

    @overload
    def __get__(self, instance: None, owner: object) -> Self: ...
    @overload
    def __get__(self, instance: View, owner: object) -> bytes: ...
    def __get__(self, instance: View | None, owner: object) -> Self | bytes:
        return self if instance is None else self._packed(instance)


class _TextAddress(_Address):
    """The same address, read as text."""

    @overload
    def __get__(self, instance: None, owner: object) -> Self: ...
    @overload
    def __get__(self, instance: View, owner: object) -> str: ...
    def __get__(self, instance: View | None, owner: object) -> Self | str:
        if instance is None:
            return self
        return inet_ntop(AF_INET if self._size == 4 else AF_INET6, self._packed(instance))


class IPView(View):
    """The base of the views of both IP versions."""

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
            old, new = int.from_bytes(before, "big"), int.from_bytes(packed, "big")
            self._update(place, old, new, size, found.zero_is_none)

    def _unknown_end(self, ends: Ends) -> NoReturn:
        """Report why an address that a checksum covers could not be determined."""
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
            TCP: TCPView,
            UDP: UDPView,
            ICMP if found.version == 4 else ICMPV6: ICMPView,
        }
        if found.protocol not in kinds:
            return None
        return kinds[found.protocol]._behind(self, found)


@final
class IPv4View(IPView):
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
    header's checksum covers, that one too. The view doesn't notice writes that bypass it.

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

    version: Number = Number(_layout.IPV4["version"])
    header_length: Number = Number(_layout.IPV4["header_length"])
    tos: Number = Number(_layout.IPV4["tos"])
    dscp: Number = Number(_layout.IPV4["dscp"])
    ecn: Number = Number(_layout.IPV4["ecn"])
    total_length: Number = Number(_layout.IPV4["total_length"])
    identification: Number = Number(_layout.IPV4["identification"])
    flags: Number = Number(_layout.IPV4["flags"])
    dont_fragment: Flag = Flag(_layout.IPV4["dont_fragment"])
    more_fragments: Flag = Flag(_layout.IPV4["more_fragments"])
    fragment_offset: Number = Number(_layout.IPV4["fragment_offset"])
    ttl: Number = Number(_layout.IPV4["ttl"])
    protocol: Number = Number(_layout.IPV4["protocol"])
    checksum: Number = Number(_layout.IPV4["checksum"])
    src: _PackedAddress = _PackedAddress(_layout.IPV4_ENDS["src"])
    src_address: _TextAddress = _TextAddress(_layout.IPV4_TEXT_ENDS["src_address"])
    dst: _PackedAddress = _PackedAddress(_layout.IPV4_ENDS["dst"])
    dst_address: _TextAddress = _TextAddress(_layout.IPV4_TEXT_ENDS["dst_address"])

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
        """The bytes after the header, no trailer: a memoryview, writable where the buffer is."""
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
            PacketError: the header is longer than the buffer, or below 20 bytes.

        Source: RFC 791 section 3.1; RFC 1071.
        """
        return fold(sum_of(self._slice(0, self._options_end()))) == 0xFFFF

    def fill_checksum(self) -> None:
        """Compute the header checksum anew and write it.

        Raises:
            PacketError: the header is longer than the buffer, or below 20 bytes.
            TypeError: the buffer is read-only.

        Source: RFC 791 section 3.1; RFC 1071.
        """
        header = self._options_end()
        self._store(10, 2, 0)
        self._store(10, 2, 0xFFFF ^ fold(sum_of(self._slice(0, header))))


@final
class IPv6View(IPView):
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

    version: Number = Number(_layout.IPV6["version"])
    tos: Number = Number(_layout.IPV6["tos"])
    dscp: Number = Number(_layout.IPV6["dscp"])
    ecn: Number = Number(_layout.IPV6["ecn"])
    flow_label: Number = Number(_layout.IPV6["flow_label"])
    payload_length: Number = Number(_layout.IPV6["payload_length"])
    total_length: Number = Number(_layout.IPV6["total_length"])
    next_header: Number = Number(_layout.IPV6["next_header"])
    ttl: Number = Number(_layout.IPV6["ttl"])
    src: _PackedAddress = _PackedAddress(_layout.IPV6_ENDS["src"])
    src_address: _TextAddress = _TextAddress(_layout.IPV6_TEXT_ENDS["src_address"])
    dst: _PackedAddress = _PackedAddress(_layout.IPV6_ENDS["dst"])
    dst_address: _TextAddress = _TextAddress(_layout.IPV6_TEXT_ENDS["dst_address"])
    traffic_class = tos
    hop_limit = ttl

    def _locate(self) -> Transport | None:
        return transport6(self._slice(0, self._size))

    @property
    def payload(self) -> memoryview:
        """The bytes after the header, extension headers too: a memoryview.

        It is writable where the buffer is. A payload length of zero means that of a jumbogram's
        option, or all where there is none.
        """
        total, _ = _paths.ipv6_length(self._slice(0, self._size), 0, self._size, self._size)
        return self._slice(40, min(total, self._size))
