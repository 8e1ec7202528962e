"""Views of Ethernet headers and ARP packets."""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from fastsock.headers._c.arguments cimport number
from fastsock._core.buffers cimport contiguous
from fastsock.headers._c.views cimport (
    Layer,
    Number,
    Octets,
    View,
    fs_load_be,
    fs_store_be,
    set_up,
)

from fastsock.headers import layout as _layout
from fastsock._core import errors as _core_errors


cdef enum:
    ETHERNET_HEADER = 14
    VLAN_TAG = 4
    MAX_VLANS = 8


@cython.no_gc_clear  # View says why
@cython.final
cdef class EthernetView(View):
    """EthernetView(buffer, offset=0)\n--\n\n\
    An Ethernet header with its VLAN tags, read and written where it lies.

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
    >>> view.dst = b"\\xff" * 6
    >>> view.vlans, hex(view.ethertype), bytes(view.payload[:4])
    ((5,), '0x800', b'data')
    """

    __module__ = "fastsock.headers"

    dst = Octets(_layout.ETHERNET["dst"])
    src = Octets(_layout.ETHERNET["src"])

    cdef void describe(self) noexcept:
        self.layer, self.whole, self.checksum_at = Layer.ETHERNET, ETHERNET_HEADER, -1

    cdef Py_ssize_t tags(self) noexcept:
        """The bytes of the VLAN tags. One that is cut is none: its type is the frame's."""
        cdef Py_ssize_t at = ETHERNET_HEADER - 2
        cdef uint32_t kind
        while at < MAX_VLANS * VLAN_TAG + ETHERNET_HEADER - 2 and at + 6 <= self.size:
            kind = fs_load_be(self.data + at, 2)
            if kind != 0x8100 and kind != 0x88A8 and kind != 0x9100:
                break
            at += VLAN_TAG
        return at - (ETHERNET_HEADER - 2)

    @property
    def ethertype(self):
        """The type of the payload, or below 0x600 its length; after the VLAN tags."""
        self.check_live()
        return fs_load_be(self.data + ETHERNET_HEADER - 2 + self.tags(), 2)

    @ethertype.setter
    def ethertype(self, value):
        cdef uint32_t given = number("ethertype", value, 0xFFFF)
        self.check_live()
        self.check_writable()
        fs_store_be(self.data + ETHERNET_HEADER - 2 + self.tags(), 2, given)

    @property
    def vlans(self):
        """The VLAN tags' control information, outermost first: priority, DEI, identifier."""
        self.check_live()
        tags = range(ETHERNET_HEADER, ETHERNET_HEADER + self.tags(), VLAN_TAG)
        return tuple([fs_load_be(self.data + <Py_ssize_t>at, 2) for at in tags])

    @property
    def payload(self):
        """The bytes after the header, padding too: a memoryview, writable where the buffer is."""
        self.check_live()
        return self.slice(ETHERNET_HEADER + self.tags(), self.size)


@cython.no_gc_clear  # View says why
@cython.final
cdef class ARPView(View):
    """ARPView(buffer, offset=0)\n--\n\n\
    An ARP packet, read and written where it lies.

    Args:
        buffer: any contiguous bytes-like object. It is held until `release`, or the end of a
            ``with`` block, so it can't shrink meanwhile.
        offset: where the packet begins.

    Raises:
        PacketError: it is cut.
        TypeError, BufferError, ValueError: the arguments are none of these.

    Source: RFC 826.

    >>> packet = bytearray(build_arp(1, b"\\2\\0\\0\\0\\0\\1", "192.0.2.1", bytes(6), "192.0.2.2"))
    >>> view = ARPView(packet)
    >>> view.operation = 2
    >>> view.sha, view.spa, view.tha, view.tpa = view.tha, view.tpa, view.sha, view.spa
    >>> view.spa
    b'\\xc0\\x00\\x02\\x02'
    """

    __module__ = "fastsock.headers"

    hardware_type = Number(_layout.ARP["hardware_type"])
    protocol_type = Number(_layout.ARP["protocol_type"])
    hardware_length = Number(_layout.ARP["hardware_length"])
    protocol_length = Number(_layout.ARP["protocol_length"])
    operation = Number(_layout.ARP["operation"])

    cdef void describe(self) noexcept:
        self.layer, self.whole, self.checksum_at = Layer.ARP, 8, -1

    cdef int open(self, object buffer, PyObject *offset) except -1:
        cdef Py_ssize_t size
        View.open(self, buffer, offset)
        self.place(3, &size)
        return 0

    cdef Py_ssize_t place(self, int which, Py_ssize_t *size) except -1:
        """Where an address is and how long. Its length is read every time, for it may change."""
        self.check_live()
        cdef Py_ssize_t hardware = self.data[4], protocol = self.data[5]
        cdef Py_ssize_t at = 8 + (which + 1) // 2 * hardware + which // 2 * protocol
        size[0] = protocol if which & 1 else hardware
        if at + size[0] > self.size:
            self.fault("header", "HEADER_CUT")
        return at

    cdef bytes part(self, int which):
        cdef Py_ssize_t size, at = self.place(which, &size)
        return PyBytes_FromStringAndSize(<char *>self.data + at, size)

    cdef int set_part(self, int which, str name, object value) except -1:
        cdef bytes given = bytes(contiguous(value, name))
        cdef Py_ssize_t size, at = self.place(which, &size)
        if len(given) != size:
            raise _core_errors.bad_size(name, len(given), str(size))
        self.check_writable()
        memcpy(self.data + at, <char *>given, size)
        return 0

    @property
    def sha(self):
        """The sender's hardware address."""
        return self.part(0)

    @sha.setter
    def sha(self, value):
        self.set_part(0, "sha", value)

    @property
    def spa(self):
        """The sender's protocol address."""
        return self.part(1)

    @spa.setter
    def spa(self, value):
        self.set_part(1, "spa", value)

    @property
    def tha(self):
        """The target's hardware address."""
        return self.part(2)

    @tha.setter
    def tha(self, value):
        self.set_part(2, "tha", value)

    @property
    def tpa(self):
        """The target's protocol address."""
        return self.part(3)

    @tpa.setter
    def tpa(self, value):
        self.set_part(3, "tpa", value)


for _kind in (EthernetView, ARPView):
    set_up(_kind)
