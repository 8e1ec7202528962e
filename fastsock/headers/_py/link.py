"""Views of Ethernet headers and ARP packets."""

from __future__ import annotations

from typing import TYPE_CHECKING, SupportsIndex, final

from ..._core import buffers as _buffers, errors as _core_errors
from ...packet.errors import PacketError
from .. import layout as _layout
from .arguments import number
from .field import Number, Octets
from .view import View

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ETHERNET_HEADER = 14
_VLAN_TAG = 4


@final
class EthernetView(View):
    r"""An Ethernet header with its VLAN tags, read and written where it lies.

    Args:
        buffer: any contiguous bytes-like object. It is held until `release`, or the end of a
            ``with`` block, so it can't shrink meanwhile.
        offset: where the header begins.

    Raises:
        PacketError: fewer than 14 bytes are there.
        TypeError, BufferError, ValueError: the arguments are none of these.

    Source: IEEE 802.3; IEEE 802.1Q.

    >>> frame = bytearray(build_ethernet(bytes(6), bytes(6), 0x0800, b"data", vlans=[5]))
    >>> view = EthernetView(frame)
    >>> view.dst = b"\xff" * 6
    >>> view.vlans, hex(view.ethertype), bytes(view.payload[:4])
    ((5,), '0x800', b'data')
    """

    __module__ = "fastsock.headers"
    __slots__ = ()
    _LAYER, _LEAST = "ethernet", 14

    dst: Octets = Octets(_layout.ETHERNET["dst"])
    src: Octets = Octets(_layout.ETHERNET["src"])

    def _tags(self) -> int:
        """The bytes of the VLAN tags. One that is cut is none: its type is the frame's."""
        self._live()
        at = _ETHERNET_HEADER - 2
        end = at + _layout.MAX_VLANS * _VLAN_TAG
        while at < end and at + 6 <= self._size and self._load(at, 2) in _layout.VLAN_TYPES:
            at += _VLAN_TAG
        return at - (_ETHERNET_HEADER - 2)

    @property
    def ethertype(self) -> int:
        """The type of the payload, or below 0x600 its length; after the VLAN tags."""
        return self._load(_ETHERNET_HEADER - 2 + self._tags(), 2)

    @ethertype.setter
    def ethertype(self, value: SupportsIndex) -> None:
        given = number("ethertype", value, 0xFFFF)
        self._store(_ETHERNET_HEADER - 2 + self._tags(), 2, given)

    @property
    def vlans(self) -> tuple[int, ...]:
        """The VLAN tags' control information, outermost first: priority, DEI, identifier."""
        tags = range(_ETHERNET_HEADER, _ETHERNET_HEADER + self._tags(), _VLAN_TAG)
        return tuple([self._load(at, 2) for at in tags])

    @property
    def payload(self) -> memoryview:
        """The bytes after the header, padding too: a memoryview, writable where the buffer is."""
        return self._slice(_ETHERNET_HEADER + self._tags(), self._size)


@final
class ARPView(View):
    r"""An ARP packet, read and written where it lies.

    Args:
        buffer: any contiguous bytes-like object. It is held until `release`, or the end of a
            ``with`` block, so it can't shrink meanwhile.
        offset: where the packet begins.

    Raises:
        PacketError: it is cut.
        TypeError, BufferError, ValueError: the arguments are none of these.

    Source: RFC 826.

    >>> packet = bytearray(build_arp(1, b"\2\0\0\0\0\1", "192.0.2.1", bytes(6), "192.0.2.2"))
    >>> view = ARPView(packet)
    >>> view.operation = 2
    >>> view.sha, view.spa, view.tha, view.tpa = view.tha, view.tpa, view.sha, view.spa
    >>> view.spa
    b'\xc0\x00\x02\x02'
    """

    __module__ = "fastsock.headers"
    __slots__ = ()
    _LAYER, _LEAST = "arp", 8

    hardware_type: Number = Number(_layout.ARP["hardware_type"])
    protocol_type: Number = Number(_layout.ARP["protocol_type"])
    hardware_length: Number = Number(_layout.ARP["hardware_length"])
    protocol_length: Number = Number(_layout.ARP["protocol_length"])
    operation: Number = Number(_layout.ARP["operation"])

    def __init__(self, buffer: ReadableBuffer, offset: SupportsIndex = 0) -> None:
        super().__init__(buffer, offset)
        try:
            self._place(3)
        except PacketError:
            self.release()  # the error would keep it, and so the buffer from growing
            raise

    def _place(self, which: int) -> tuple[int, int]:
        """Where an address is and how long. Its length is read every time, for it may change."""
        hardware, protocol = self._load(4, 1), self._load(5, 1)
        at = 8 + (which + 1) // 2 * hardware + which // 2 * protocol
        size = protocol if which & 1 else hardware
        if at + size > self._size:
            self._fault("header", "HEADER_CUT")
        return at, size

    def _part(self, which: int) -> bytes:
        at, size = self._place(which)
        return bytes(self._slice(at, at + size))

    def _set_part(self, which: int, name: str, value: ReadableBuffer) -> None:
        given = _buffers.copied(value, name)
        at, size = self._place(which)
        if len(given) != size:
            raise _core_errors.bad_size(name, len(given), str(size))
        self._rewrite(at, given)

    @property
    def sha(self) -> bytes:
        """The sender's hardware address."""
        return self._part(0)

    @sha.setter
    def sha(self, value: ReadableBuffer) -> None:
        self._set_part(0, "sha", value)

    @property
    def spa(self) -> bytes:
        """The sender's protocol address."""
        return self._part(1)

    @spa.setter
    def spa(self, value: ReadableBuffer) -> None:
        self._set_part(1, "spa", value)

    @property
    def tha(self) -> bytes:
        """The target's hardware address."""
        return self._part(2)

    @tha.setter
    def tha(self, value: ReadableBuffer) -> None:
        self._set_part(2, "tha", value)

    @property
    def tpa(self) -> bytes:
        """The target's protocol address."""
        return self._part(3)

    @tpa.setter
    def tpa(self, value: ReadableBuffer) -> None:
        self._set_part(3, "tpa", value)
