"""Compiled twin of `fastsock.headers`: fields read and written in place, and the views.

`fastsock/headers/layout.py` lists the fields of a header, for both twins. A field is a descriptor,
so reading one is a type check, a bounds check and a load. A view holds a buffer, and a pointer to
the header in it. Base and views are one module: a view of another module's base looks up that
module's state whenever one is made.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytearray cimport PyByteArray_CheckExact
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.memoryview cimport PyMemoryView_FromObject
from cpython.number cimport PyNumber_Index
from cpython.object cimport PyObject, PyTypeObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New
from cpython.unicode cimport PyUnicode_AsUTF8, PyUnicode_DecodeASCII
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from fastsock.address._c cimport FS_TEXT6_MAX, fs_format4, fs_format6
from fastsock.headers._c.arguments cimport address, bytes_of, number, octets
from fastsock._core.buffers cimport contiguous, pin
from fastsock._core.vectorcall cimport (
    PyVectorcall_NARGS,
    call_type_slowly,
    fs_set_type_call,
    vectorcallfunc,
)

from fastsock.headers import layout as _layout
from fastsock._core import errors as _core_errors
from fastsock.headers import errors as _errors
from fastsock.packet import errors as _packet_errors
from fastsock.stream import errors as _stream_errors

_LAYERS = ("ethernet", "arp", "ipv4", "ipv6", "tcp", "udp", "icmp")


cdef extern from "Python.h":
    const Py_ssize_t PY_SSIZE_T_MAX
    const Py_ssize_t PY_SSIZE_T_MIN
    PyTypeObject *Py_TYPE(object instance) noexcept
    int PyUnicode_CompareWithASCIIString(object text, const char *other) noexcept
    long long PyLong_AsLongLongAndOverflow(object value, int *overflow) except? -1

cdef enum:
    MOST_AT = 60    # no header has a longer fixed part; a sum with a size can't overflow


cdef inline View view_of(Field field, object instance):
    """The view whose field it is. Its header may be gone, or be another kind's and shorter.

    `least` is even, so the whole word around a field before it is present.
    """
    if Py_TYPE(instance) == <PyTypeObject *>field.owner and (
        field.at + field.size <= (<View>instance).least
    ):
        return <View>instance
    return view_of_any(field, instance)


cdef View view_of_any(Field field, object instance):
    cdef View view
    if not isinstance(instance, View):
        raise TypeError(f"{field.name} is a field of headers' views")
    view = <View>instance
    if field.at + field.size <= view.least:
        return view
    view.check_live()
    if field.at + field.size <= view.whole:
        view.fault("header", "HEADER_CUT")
    raise TypeError(f"{type(view).__name__} has no such field {field.name}")


@cython.no_gc_clear  # a field is asked for also while the collector tears down the module
cdef class Field:
    def __cinit__(self, field):
        self.name, self.text = field.name, field.doc
        self.at, self.size = field.at, field.size
        # Otherwise a field that anyone made could reach outside the header and the words here.
        if not 0 <= self.at <= MOST_AT or not 0 < self.size <= (
            4 if isinstance(self, Number) else 16
        ):
            raise ValueError("no field of a header")

    def __delete__(self, instance):
        raise AttributeError(f"{self.name} can't be deleted")

    def __reduce__(self):
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


@cython.no_gc_clear
cdef class Number(Field):
    @property
    def __doc__(self):  # a class inherits none
        return self.text

    def __cinit__(self, field):
        cdef int bits = field.bits  # read once, for it may be a property
        self.shift, self.unit = field.shift, field.unit
        if (
            not 0 <= self.shift < 8 * self.size
            or not 0 < bits <= 8 * self.size - self.shift
            or self.unit == 0
        ):
            raise ValueError("no field of a header")
        self.base, self.most = field.base, field.most
        self.mask = <uint32_t>((<uint64_t>1 << bits) - 1)

    def __get__(self, instance, owner):
        if instance is None:
            return self
        cdef View view = view_of(self, instance)
        cdef uint32_t word = fs_load_field(view.data + self.at, self.size)
        return ((word >> self.shift) & self.mask) * self.unit + self.base

    def __set__(self, instance, value):
        cdef View view
        cdef uint32_t given = number(self.name, value, self.most, self.base)
        cdef uint32_t bits = given - self.base
        if self.unit != 1:
            if bits % self.unit:
                raise _core_errors.out_of_range(
                    self.name, given, self.base, self.most, self.unit
                )
            bits //= self.unit
        view = view_of(self, instance)  # not before: an __index__ may have released it
        if view.read_only:
            view.check_writable()
        fs_replace(view.data, self.at, self.size, self.mask << self.shift, bits << self.shift,
                   view.checksum_at, view.zero_is_none)


@cython.no_gc_clear
cdef class Flag(Number):
    @property
    def __doc__(self):  # a class inherits none
        return self.text

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return fs_load_be(view_of(self, instance).data + self.at, 1) >> self.shift & 1 != 0


@cython.no_gc_clear
cdef class Octets(Field):
    @property
    def __doc__(self):  # a class inherits none
        return self.text

    def __get__(self, instance, owner):
        if instance is None:
            return self
        view = view_of(self, instance)
        return PyBytes_FromStringAndSize(<char *>view.data + self.at, self.size)

    def __set__(self, instance, value):
        cdef uint8_t given[16]
        octets(PyUnicode_AsUTF8(self.name), value, given, self.size)
        view = view_of(self, instance)
        view.check_writable()
        memcpy(view.data + self.at, given, self.size)


cdef inline Py_ssize_t clipped(object given) except? -1:
    """An int as a Py_ssize_t; one that has no room there, as the nearest that has."""
    cdef int overflow = 0
    cdef long long result = PyLong_AsLongLongAndOverflow(given, &overflow)
    if overflow > 0 or result > PY_SSIZE_T_MAX:
        return PY_SSIZE_T_MAX
    if overflow < 0 or result < PY_SSIZE_T_MIN:
        return PY_SSIZE_T_MIN
    return <Py_ssize_t>result


# The collector must not clear a view: `data` would point to bytes that nothing holds, and code that
# runs meanwhile can find the view. A cycle is cleared at the object that `source` refers to.
@cython.no_gc_clear
cdef class View:
    def __init__(self, buffer, offset=0):
        cdef View fresh
        if self.exporter is None:
            self.open(buffer, <PyObject *>offset)
            return
        fresh = type(self)(buffer, offset)
        self.share(fresh, fresh.start, fresh.least)

    cdef void describe(self) noexcept:
        pass

    cdef int open(self, object buffer, PyObject *offset) except -1:
        cdef Py_ssize_t start = 0, size
        cdef uint8_t *data
        cdef object at = None
        self.describe()
        if offset != NULL:
            at = PyNumber_Index(<object>offset)
            start = clipped(at)
        exporter = buffer
        if not PyBytes_CheckExact(buffer) and not PyByteArray_CheckExact(buffer):
            exporter = contiguous(buffer, "buffer")
        data = self.hold(exporter, &size)
        if start < 0 or start > size or size - start < self.whole:
            PyBuffer_Release(&self.pin)
            if start < 0:
                raise _stream_errors.bad_count("offset", at)
            raise _packet_errors.header_fault(self.layer_name(), "header", at or 0, "HEADER_CUT")
        self.source, self.exporter = buffer, exporter
        self.least = self.whole
        self.data, self.size, self.start = data + start, size - start, start
        return 0

    cdef uint8_t *hold(self, object exporter, Py_ssize_t *size) except? NULL:
        """Keep the bytes of `exporter` in place, and return their address."""
        cdef uint8_t *data
        self.read_only = PyBytes_CheckExact(exporter)
        if self.read_only:
            size[0] = PyBytes_GET_SIZE(exporter)
            return <uint8_t *>PyBytes_AS_STRING(exporter)
        if PyByteArray_CheckExact(exporter):
            PyObject_GetBuffer(exporter, &self.pin, PyBUF_SIMPLE)
            size[0] = self.pin.len
            return <uint8_t *>self.pin.buf
        data = bytes_of(exporter, size, &self.read_only)
        pin(exporter, &self.pin)
        return data

    cdef int share(self, View other, Py_ssize_t start, Py_ssize_t least) except -1:
        """Become a view of the same bytes, from `start` on, of which `least` are a header's."""
        cdef Py_ssize_t size
        cdef uint8_t *data
        PyBuffer_Release(&self.pin)
        data = self.hold(other.exporter, &size)
        self.source, self.exporter = other.source, other.exporter
        self.least = least
        self.data, self.size, self.start = data + start, size - start, start
        return 0

    def __dealloc__(self):
        PyBuffer_Release(&self.pin)

    cdef int check_live(self) except -1:
        if self.exporter is None:
            raise _errors.released()
        return 0

    cdef int check_writable(self) except -1:
        if self.read_only:
            raise _errors.read_only()
        return 0

    cdef memoryview slice(self, Py_ssize_t start, Py_ssize_t stop):
        cdef memoryview view = PyMemoryView_FromObject(self.exporter)
        return view[self.start + start:self.start + max(start, stop)]

    cdef int fault(self, str field, str what) except -1:
        raise _packet_errors.header_fault(self.layer_name(), field, self.start, what)

    cdef str layer_name(self):
        return _LAYERS[<int>self.layer]

    cdef Py_ssize_t header(self, Py_ssize_t words, Py_ssize_t there) except -1:
        """The bytes of a header with options, from its length in words of four bytes."""
        if words < 5:
            self.fault("header_length", "BAD_HEADER_LENGTH")
        if words * 4 > there:
            self.fault("options", "OPTIONS_CUT")
        return words * 4

    def __reduce__(self):
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    def __repr__(self):
        where = "released" if self.exporter is None else f"at {self.start}, {self.size} bytes"
        return f"<{type(self).__name__} {where}>"

    def __enter__(self):
        self.check_live()
        return self

    def __exit__(self, *exception):
        self.release()

    def release(self):
        """Let go of the buffer, so that it can be resized; the view can't be used any more."""
        self.data, self.size, self.least = NULL, 0, 0
        PyBuffer_Release(&self.pin)
        self.source = self.exporter = None

    @property
    def buffer(self):
        """The buffer that the view was made of."""
        self.check_live()
        return self.source

    @property
    def offset(self):
        """Where the header begins in the buffer."""
        return self.start


cdef object call_view(PyObject *kind, PyObject *const *args, size_t count, PyObject *names):
    """Make a view, as `kind(buffer, offset)` does."""
    cdef Py_ssize_t size = PyVectorcall_NARGS(count)
    cdef Py_ssize_t named = 0 if names == NULL else PyTuple_GET_SIZE(<object>names)
    cdef View view
    if size > 0 and size + named <= 2 and (
        named == 0 or PyUnicode_CompareWithASCIIString(
            <object>PyTuple_GET_ITEM(<object>names, 0), b"offset"
        ) == 0
    ):
        nothing = PyTuple_New(0)
        view = <View>(<PyTypeObject *>kind).tp_new(<type>kind, <PyObject *>nothing, NULL)
        view.open(<object>args[0], args[1] if size + named == 2 else NULL)
        return view
    return call_type_slowly(kind, args, size, names)


cdef int set_up(object kind) except -1:
    for field in vars(kind).values():
        if isinstance(field, Field):
            (<Field>field).owner = kind
    fs_set_type_call(<PyTypeObject *>kind, <vectorcallfunc>call_view)
    return 0


cdef enum:
    TCP_HEADER = 20
    UDP_HEADER = 8
    ICMP_HEADER = 8
    QUOTED = 8         # bytes that an ICMP error quotes at the least, RFC 792
    SHORT_ICMPV6 = 4


# An address: written as text or packed, with the checksum that covers it kept right.
@cython.no_gc_clear
cdef class _Address(Octets):
    @property
    def __doc__(self):  # a class inherits none
        return self.text

    def __set__(self, instance, value):
        cdef uint8_t given[16]
        cdef Py_ssize_t size = address(PyUnicode_AsUTF8(self.name), value, given)
        if size != self.size:
            raise _core_errors.bad_size(self.name, size, str(self.size))
        view = view_of(self, instance)
        view.check_writable()
        (<_IPView?>view).readdress(self.at, given, size)


# The same address, read as text.
@cython.no_gc_clear
cdef class _TextAddress(_Address):
    @property
    def __doc__(self):  # a class inherits none
        return self.text

    def __get__(self, instance, owner):
        cdef uint8_t text[FS_TEXT6_MAX + 1]
        cdef size_t length
        cdef View view
        if instance is None:
            return self
        view = view_of(self, instance)
        if self.size == 4:
            length = fs_format4(view.data + self.at, text)
        else:
            length = fs_format6(view.data + self.at, text)
        return PyUnicode_DecodeASCII(<const char *>text, <Py_ssize_t>length, NULL)


# View says why, for every class here.
@cython.no_gc_clear
cdef class _IPView(View):
    cdef bint locate(self, fs_transport *found) noexcept:
        return False

    cdef int readdress(self, Py_ssize_t at, const uint8_t *value, Py_ssize_t size) except -1:
        """Write an address, and update the checksum of the transport header that covers it."""
        cdef fs_transport found
        cdef int checksum = -1
        cdef uint64_t change = fs_change(self.data + at, value, size)
        if self.locate(&found) and (<size_t>at == found.ends.src or <size_t>at == found.ends.dst):
            checksum = fs_pseudo_checksum(&found)
        fs_copy(self.data + at, value, size)
        if self.checksum_at >= 0:
            fs_apply(self.data + self.checksum_at, change, False)
        if checksum >= 0 and found.at + checksum + 2 <= min(found.end, <uint64_t>self.size):
            fs_apply(self.data + found.at + checksum, change, fs_zero_is_none(&found))
        return 0

    cdef int unknown_end(self, const fs_ends *ends) except -1:
        """Report why an address that a checksum covers could not be determined."""
        if ends.dst == 0:
            self.fault("options" if isinstance(self, IPv4View) else "extension", "SOURCE_ROUTE")
        self.fault("options", "BAD_OPTION")

    def transport(self):
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
        cdef fs_transport found
        cdef _TransportView view
        cdef const uint8_t *data = self.data
        self.check_live()
        if not self.locate(&found):
            return None
        if found.protocol == FS_TCP:
            view = TCPView.__new__(TCPView)
        elif found.protocol == FS_UDP:
            view = UDPView.__new__(UDPView)
        elif found.protocol == <uint32_t>(FS_ICMP if found.address_size == 4 else FS_ICMPV6):
            view = ICMPView.__new__(ICMPView)
        else:
            return None
        if self.data != data:  # the collector ran code that released this view
            self.check_live()
            return self.transport()
        view.become(self, &found)
        return view


@cython.no_gc_clear
cdef class _TransportView(View):
    def __init__(self, buffer, offset=0, *, pseudo_header=None):
        self.begin(buffer, offset, pseudo_header)

    cdef int begin(self, object buffer, object offset, object pseudo_header) except -1:
        cdef uint64_t pseudo = 0
        if pseudo_header is not None:
            pseudo = number("pseudo_header", pseudo_header, 0xFFFFFFFF)
        View.__init__(self, buffer, offset)
        self.under = None
        self.pseudo, self.has_pseudo = pseudo, pseudo_header is not None
        return 0

    cdef int become(self, _IPView under, const fs_transport *found) except -1:
        """View the transport header that was found."""
        cdef Py_ssize_t start = under.start + <Py_ssize_t>found.at
        cdef Py_ssize_t there = <Py_ssize_t>(min(found.end, <uint64_t>under.size) - found.at)
        cdef Py_ssize_t fewest
        self.describe()
        fewest = self.fewest
        if self.layer == Layer.TCP:
            fewest = QUOTED
        elif self.layer == Layer.ICMP and found.address_size == 16 and (
            found.end - found.at < ICMP_HEADER
        ):
            fewest = self.fewest = SHORT_ICMPV6  # whole as it is, RFC 4443 section 2.1
        if there < fewest:
            raise _packet_errors.header_fault(self.layer_name(), "header", start, "HEADER_CUT")
        # Whole words, so that with a field all of its word is there.
        self.share(under, start, min(self.whole, there & ~1))
        self.under = under
        if self.checksum_at + 2 > self.least:
            self.checksum_at = -1
        return 0

    cdef Py_ssize_t segment(self) except -1:
        """Count the bytes from this header to the end of the datagram that are present."""
        cdef fs_transport found
        cdef Py_ssize_t there
        self.check_live()
        if self.under is None:
            return self.size
        self.under.check_live()
        if not self.under.locate(&found):
            return self.size
        there = <Py_ssize_t>min(found.end, <uint64_t>self.under.size)
        return max(min(self.under.start + there - self.start, self.size), 0)

    cdef Py_ssize_t whole_segment(self) except -1:
        """Count the bytes from this header to the end of the datagram, by IP's length."""
        cdef fs_transport found
        if self.under is None or not self.under.locate(&found):
            return self.size
        return max(self.under.start + <Py_ssize_t>found.end - self.start, 0)

    cdef Py_ssize_t datagram(self, Py_ssize_t whole) except -1:
        """How much of a segment of `whole` bytes the checksum covers."""
        return whole

    cdef Py_ssize_t covered(self) except -1:
        """How many bytes the checksum covers; they must all be there."""
        cdef fs_transport found
        cdef Py_ssize_t there = self.segment(), whole = self.whole_segment(), length
        if self.under is not None and (not self.under.locate(&found) or found.fragment):
            self.under.fault("fragment_offset", "FRAGMENT")
        # A cut header may lack its checksum, even where the length has grown.
        if there < self.fewest or self.checksum_at < 0:
            self.fault("header", "HEADER_CUT")
        length = self.datagram(whole)
        if length > whole:
            self.fault("length", "BAD_LENGTH")
        if length > there:
            self.under.fault("total_length", "CUT")
        return length

    cdef int check_stated_length(self) except -1:
        """Refuse to judge a checksum that a network card was to fill in."""
        cdef fs_transport found
        if self.under is not None and self.under.locate(&found) and (
            found.length_source == FS_LENGTH_WIRE
        ):
            self.under.fault("total_length", "LENGTH_FROM_WIRE")
        return 0

    cdef bint verify_none(self) except -1:
        """Whether a checksum of zero is right, for which all of the datagram need not be there."""
        return True

    cdef uint64_t outside(self, Py_ssize_t length) except? 0xFFFFFFFFFFFFFFFF:
        """The sum of the pseudo-header."""
        cdef fs_transport found
        if self.under is not None and self.under.locate(&found):
            if fs_pseudo_checksum(&found) < 0:
                return 0
            if found.ends.src == 0 or found.ends.dst == 0:
                self.under.unknown_end(&found.ends)
            return fs_pseudo_sum(
                self.under.data, &found.ends, found.address_size, found.protocol, length
            )
        if not self.has_pseudo:
            raise _errors.no_pseudo_header()
        return self.pseudo

    def verify_checksum(self):
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
        cdef Py_ssize_t length
        cdef uint64_t sum
        if self.zero_is_none and self.size and fs_load_be(self.data + self.checksum_at, 2) == 0:
            return self.verify_none()
        length = self.covered()
        self.check_stated_length()
        sum = self.outside(length)
        return fs_sum_fold(sum + fs_sum(self.data, length)) == 0xFFFF

    def fill_checksum(self):
        """Compute the checksum anew and write it.

        Raises:
            PacketError: not all that it covers is there: a fragment, or a cut datagram. Or a
                source route, or a bad option, hides an address that it covers.
            TypeError: the buffer is read-only.
            ValueError: the addresses that it covers are not known.

        Source: RFC 1071; RFC 768; RFC 8200 section 8.1.
        """
        cdef Py_ssize_t length = self.covered()
        cdef uint64_t sum = self.outside(length)
        cdef uint8_t *place = self.data + self.checksum_at
        cdef uint32_t checksum
        self.check_writable()
        fs_store_be(place, 2, 0)
        checksum = 0xFFFF ^ fs_sum_fold(sum + fs_sum(self.data, length))
        fs_store_be(place, 2, 0xFFFF if checksum == 0 and self.zero_is_none else checksum)


@cython.no_gc_clear
@cython.final
cdef class IPv4View(_IPView):
    """IPv4View(buffer, offset=0)\n--\n\n\
    An IPv4 header, read and written where it lies.

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

    __module__ = "fastsock.headers"

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
    src_address = _TextAddress(_layout.IPV4_TEXT_ENDS["src_address"])
    dst = _Address(_layout.IPV4_ENDS["dst"])
    dst_address = _TextAddress(_layout.IPV4_TEXT_ENDS["dst_address"])

    cdef void describe(self) noexcept:
        self.layer, self.whole, self.checksum_at = Layer.IPV4, 20, 10

    cdef bint locate(self, fs_transport *found) noexcept:
        return self.size and fs_transport4(self.data, self.size, found)

    cdef Py_ssize_t options_end(self) except -1:
        self.check_live()
        return self.header(self.data[0] & 15, self.size)

    @property
    def options(self):
        """The options: a memoryview, writable where the buffer is."""
        return self.slice(20, self.options_end())

    @property
    def payload(self):
        """The bytes after the header, no trailer: a memoryview, writable where the buffer is."""
        cdef Py_ssize_t header = self.options_end()
        cdef uint64_t total = fs_ipv4_length(self.data, self.size).total
        if total < <uint64_t>header:
            self.fault("total_length", "BAD_LENGTH")
        return self.slice(header, <Py_ssize_t>min(total, <uint64_t>self.size))

    def verify_checksum(self):
        """Tell whether the header checksum is right.

        Returns:
            Whether it is.

        Raises:
            PacketError: the header is longer than the buffer, or below 20 bytes.

        Source: RFC 791 section 3.1; RFC 1071.
        """
        cdef Py_ssize_t header = self.options_end()
        return fs_sum(self.data, header) == 0xFFFF

    def fill_checksum(self):
        """Compute the header checksum anew and write it.

        Raises:
            PacketError: the header is longer than the buffer, or below 20 bytes.
            TypeError: the buffer is read-only.

        Source: RFC 791 section 3.1; RFC 1071.
        """
        cdef Py_ssize_t header = self.options_end()
        self.check_writable()
        fs_store_be(self.data + 10, 2, 0)
        fs_store_be(self.data + 10, 2, 0xFFFF ^ fs_sum(self.data, header))


@cython.no_gc_clear
@cython.final
cdef class IPv6View(_IPView):
    """IPv6View(buffer, offset=0)\n--\n\n\
    An IPv6 header, read and written where it lies.

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

    __module__ = "fastsock.headers"

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
    src_address = _TextAddress(_layout.IPV6_TEXT_ENDS["src_address"])
    dst = _Address(_layout.IPV6_ENDS["dst"])
    dst_address = _TextAddress(_layout.IPV6_TEXT_ENDS["dst_address"])
    traffic_class = tos
    hop_limit = ttl

    cdef void describe(self) noexcept:
        self.layer, self.whole, self.checksum_at = Layer.IPV6, 40, -1

    cdef bint locate(self, fs_transport *found) noexcept:
        return self.size and fs_transport6(self.data, self.size, found)

    @property
    def payload(self):
        """The bytes after the header, extension headers too: a memoryview.

        It is writable where the buffer is. A payload length of zero means that of a jumbogram's
        option, or all where there is none.
        """
        self.check_live()
        cdef uint64_t total = fs_ipv6_length(self.data, self.size, self.size).total
        return self.slice(40, <Py_ssize_t>min(total, <uint64_t>self.size))


@cython.no_gc_clear
@cython.final
cdef class TCPView(_TransportView):
    """TCPView(buffer, offset=0, *, pseudo_header=None)\n--\n\n\
    A TCP header, read and written where it lies.

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

    __module__ = "fastsock.headers"

    sport = Number(_layout.TCP["sport"])
    dport = Number(_layout.TCP["dport"])
    seq = Number(_layout.TCP["seq"])
    ack = Number(_layout.TCP["ack"])
    header_length = Number(_layout.TCP["header_length"])
    flags = Number(_layout.TCP["flags"])
    window = Number(_layout.TCP["window"])
    checksum = Number(_layout.TCP["checksum"])
    urgent_pointer = Number(_layout.TCP["urgent_pointer"])

    cdef void describe(self) noexcept:
        self.layer, self.checksum_at = Layer.TCP, 16
        self.whole = self.fewest = TCP_HEADER

    cdef Py_ssize_t header_end(self, Py_ssize_t there) except -1:
        if self.least < TCP_HEADER:  # the field of its length may be cut
            self.fault("header", "HEADER_CUT")
        return self.header(self.data[12] >> 4, there)

    @property
    def options(self):
        """The options: a memoryview, writable where the buffer is."""
        cdef Py_ssize_t there = self.segment()
        return self.slice(TCP_HEADER, self.header_end(there))

    @property
    def payload(self):
        """The bytes after the header: a memoryview, writable where the buffer is."""
        cdef Py_ssize_t there = self.segment()
        return self.slice(self.header_end(there), there)


@cython.no_gc_clear
@cython.final
cdef class UDPView(_TransportView):
    """UDPView(buffer, offset=0, *, pseudo_header=None)\n--\n\n\
    A UDP header, read and written where it lies.

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

    __module__ = "fastsock.headers"

    sport = Number(_layout.UDP["sport"])
    dport = Number(_layout.UDP["dport"])
    length = Number(_layout.UDP["length"])
    checksum = Number(_layout.UDP["checksum"])

    cdef void describe(self) noexcept:
        self.layer, self.checksum_at = Layer.UDP, 6
        self.whole = self.fewest = UDP_HEADER
        self.zero_is_none = True

    cdef Py_ssize_t datagram(self, Py_ssize_t whole) except -1:
        """Its length field; zero means all of it where it may be."""
        cdef fs_transport found
        cdef Py_ssize_t length = fs_load_be(self.data + 4, 2)
        if length == 0 and (self.under is None or (
            self.under.locate(&found) and fs_may_lack_udp_length(
                found.length_source, found.fragment, self.data, self.size
            )
        )):
            length = whole
        if length < UDP_HEADER:
            self.fault("length", "BAD_LENGTH")
        return length

    cdef bint verify_none(self) except -1:
        cdef fs_transport found
        cdef Py_ssize_t whole = self.whole_segment(), length
        if self.segment() < UDP_HEADER:
            self.fault("header", "HEADER_CUT")
        length = self.datagram(whole)
        # A first fragment has the length of the whole datagram.
        if length > whole and not (
            self.under is not None and self.under.locate(&found) and found.fragment
        ):
            self.fault("length", "BAD_LENGTH")
        if not isinstance(self.under, IPv6View):
            return True
        self.check_stated_length()  # a tunnel may leave it out, RFC 6935
        return False

    @property
    def payload(self):
        """The bytes after the header: a memoryview, writable where the buffer is."""
        cdef Py_ssize_t there = self.segment()
        return self.slice(UDP_HEADER, min(self.datagram(self.whole_segment()), there))


@cython.no_gc_clear
@cython.final
cdef class ICMPView(_TransportView):
    """ICMPView(buffer, offset=0, *, pseudo_header=0)\n--\n\n\
    An ICMP or ICMPv6 header, read and written where it lies.

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

    __module__ = "fastsock.headers"

    type = Number(_layout.ICMP["type"])
    code = Number(_layout.ICMP["code"])
    checksum = Number(_layout.ICMP["checksum"])
    identifier = Number(_layout.ICMP["identifier"])
    sequence = Number(_layout.ICMP["sequence"])

    def __init__(self, buffer, offset=0, *, pseudo_header=0):
        self.begin(buffer, offset, pseudo_header)

    cdef void describe(self) noexcept:
        self.layer, self.checksum_at = Layer.ICMP, 2
        self.whole = self.fewest = ICMP_HEADER
        self.has_pseudo = True  # and it is 0: ICMP has none

    @property
    def payload(self):
        """The bytes after the first eight: a memoryview, writable where the buffer is."""
        return self.slice(8, self.segment())


for _kind in (IPv4View, IPv6View, TCPView, UDPView, ICMPView):
    set_up(_kind)
