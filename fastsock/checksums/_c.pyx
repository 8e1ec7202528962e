"""Compiled twin of `fastsock.checksums`: arguments and errors around the kernels."""

cimport cython
from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.long cimport PyLong_Check
from cpython.number cimport PyNumber_Index
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from fastsock._core.buffers cimport get_contiguous
from fastsock._core.entries cimport (
    PyCFunction,
    PyMethodDef,
    PyObject_Vectorcall,
    sort_arguments,
    with_entry,
)

from sys import intern as _intern

from fastsock._core import errors as _core_errors
from fastsock._core import machine as _machine


cdef enum:
    LARGE = 1 << 16     # bytes from which on other threads may run meanwhile

cdef extern from *:
    """static PyMethodDef fs_quick_checksum; /* the same in all interpreters */"""
    PyMethodDef fs_quick_checksum

fs_choose_crc32c("sse42" in _machine.SIMD_USED)


cdef inline long long number_of(const char *name, object value, long long most) except -1:
    cdef int overflow
    cdef long long number
    if not PyLong_Check(value):
        value = PyNumber_Index(value)
    number = fs_long_long(value, &overflow)
    if overflow or not 0 <= number <= most:
        # An int of a subclass may print as anything.
        raise _core_errors.not_between(name.decode("ascii"), most, PyNumber_Index(value))
    return number


cdef uint32_t sum_of(const uint8_t *p, Py_ssize_t size) noexcept:
    cdef uint32_t total
    if size < LARGE:
        return fs_sum(p, size)
    with nogil:
        total = fs_sum(p, size)
    return total


cdef uint64_t running_sum(object data, object initial) except? 1:
    return sum_from(data, number_of("initial", initial, 2 * FS_SUM_ODD - 1))


cdef uint64_t sum_from(object data, uint64_t before) except? 1:
    cdef Py_buffer view
    cdef Py_ssize_t size
    cdef uint32_t total
    if PyBytes_CheckExact(data):
        size = PyBytes_GET_SIZE(data)
        total = sum_of(<const uint8_t *>PyBytes_AS_STRING(data), size)
    else:
        get_contiguous(data, &view, "data")
        size = view.len
        total = sum_of(<const uint8_t *>view.buf, size)
        PyBuffer_Release(&view)
    return fs_sum_join(before, total, size)


cdef Py_ssize_t get_packed(object address, uint8_t *out) except -1:
    """Copy a buffer that may be a packed address; return its size."""
    cdef Py_buffer view
    get_contiguous(address, &view, "an address")
    size = view.len
    if size == 4 or size == 16:
        memcpy(out, view.buf, size)
    PyBuffer_Release(&view)
    return size


cdef uint32_t packed_sum(const char *name, object address) except? 1:
    cdef uint8_t packed[16]
    size = get_packed(address, packed)
    if size != 4 and size != 16:
        raise _core_errors.bad_packed(name.decode("ascii"), size)
    return fs_sum(packed, size)


cdef object update(object checksum, uint32_t old, uint32_t new, object udp):
    cdef uint32_t before = number_of("checksum", checksum, 0xFFFF)
    if udp and before == 0:
        return 0
    return fs_checksum_update(before, old, new) or (0xFFFF if udp else 0)


cdef inline object complement(uint64_t running, object udp):
    cdef uint32_t result = ~<uint32_t>running & 0xFFFF
    return 0xFFFF if result == 0 and udp else result


@cython.final
cdef class _Entry:
    """The module's objects that checksum() needs where it is called with keywords."""

    def __cinit__(self, plain):
        self.parameters = (None, _intern("initial"), _intern("udp"))
        self.plain = plain


def checksum(data, /, initial=0, udp=False):
    r"""Compute the Internet checksum of a buffer.

    Args:
        data: any contiguous bytes-like object. An odd last byte is padded by a zero.
        initial: a running sum of the bytes before: of `pseudo_header` or `checksum_add`.
        udp: return 0xFFFF for 0, for in UDP a zero means no checksum.

    Returns:
        The checksum, 0 to 0xFFFF, as it stands in a header in network order.

    Raises:
        TypeError, BufferError: no buffer, or one in pieces; `initial` is no int.
        ValueError: `initial` is no running sum.

    Source: RFC 1071; RFC 768 for `udp`.

    >>> header = bytes.fromhex("45000073 00004000 4011 0000 c0a80001 c0a800c7")
    >>> hex(checksum(header))
    '0xb861'
    """
    return complement(running_sum(data, initial), udp)


cdef object enter_checksum(
    PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    """The entry of a call: without keywords it needs nothing of the module."""
    if names != NULL or not 1 <= count <= 3:
        return enter_with_keywords(<_Entry>_entry, args, count, names)
    if count == 1:
        return complement(sum_from(<object>args[0], 0), False)
    return complement(
        running_sum(<object>args[0], <object>args[1]), False if count == 2 else <object>args[2]
    )


cdef object enter_with_keywords(
    _Entry entry, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    cdef PyObject *given[3]
    cdef uint64_t before = 0
    if not sort_arguments(entry.parameters, 3, 3, args, count, names, given) or given[0] == NULL:
        return PyObject_Vectorcall(entry.plain, args, count, names)  # compares texts, or refuses
    if given[1] != NULL:
        before = number_of("initial", <object>given[1], 2 * FS_SUM_ODD - 1)
    return complement(
        sum_from(<object>given[0], before), False if given[2] == NULL else <object>given[2]
    )


_entry = _Entry(checksum)
checksum = with_entry(checksum, &fs_quick_checksum, <PyCFunction>enter_checksum)


def checksum_add(data, /, initial=0):
    r"""Add a buffer to a running sum, to be continued.

    Args:
        data: any contiguous bytes-like object, of any length.
        initial: the running sum so far, 0 at the start.

    Returns:
        The running sum: a sum of 16-bit words, not complemented, and ``1 << 32`` where the
        number of bytes so far is odd. So pieces may be cut anywhere.

    Raises:
        TypeError, BufferError, ValueError: as `checksum`.

    Source: RFC 1071 section 2.

    >>> sum = checksum_add(b"\x00\x01\xf2")
    >>> hex(sum), hex(checksum_add(b"\x03", sum))
    ('0x10000f201', '0xf204')
    """
    return running_sum(data, initial)


def pseudo_header(src, dst, protocol, length):
    """Sum the pseudo-header of TCP, UDP or ICMPv6, to start their checksums with.

    Args:
        src: the source address, packed: 4 or 16 bytes.
        dst: the destination address, of the same size. With a routing header, the final one.
        protocol: the protocol number, 0 to 255: in IPv6, that of the last next header.
        length: bytes of the transport header and its data, 0 to 2**32 - 1. More than 65535 in
            IPv4, as BIG TCP has it, counts with all its bits, as in Linux.

    Returns:
        A running sum, for `checksum`, `checksum_add` or `verify`.

    Raises:
        TypeError, BufferError: an address that is no buffer, or in pieces; no int.
        ValueError: addresses of other or different sizes; a number out of range.

    Source: RFC 9293 section 3.1; RFC 8200 section 8.1.

    >>> src, dst = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
    >>> datagram = bytes.fromhex("0035 d431 000c 0000") + b"data"
    >>> hex(checksum(datagram, pseudo_header(src, dst, 17, len(datagram)), udp=True))
    '0xcea8'
    """
    cdef uint8_t packed[32]
    cdef uint64_t total
    first = get_packed(src, packed)
    second = get_packed(dst, packed + 16)
    if first != second or (first != 4 and first != 16):
        raise _core_errors.bad_packed_pair(first, second)
    total = <uint64_t>fs_sum(packed, first) + fs_sum(packed + 16, second)
    total += <uint64_t>number_of("protocol", protocol, 0xFF)
    return fs_sum_fold(total + <uint64_t>number_of("length", length, 0xFFFFFFFF))


def verify(data, /, initial=0):
    """Whether a buffer is right that holds its own checksum.

    UDP's zero, for no checksum at all, is for the caller to see.

    Args:
        data: any contiguous bytes-like object: a header, or a whole segment.
        initial: a running sum of the bytes before: of `pseudo_header` or `checksum_add`.

    Returns:
        Whether all of it sums up to 0xFFFF.

    Raises:
        TypeError, BufferError, ValueError: as `checksum`.

    Source: RFC 1071 section 1.

    >>> verify(bytes.fromhex("45000073 00004000 4011 b861 c0a80001 c0a800c7"))
    True
    """
    return <uint32_t>running_sum(data, initial) == 0xFFFF


def update16(checksum, old, new, udp=False):
    """Update a checksum for one 16-bit field that changes.

    Args:
        checksum: the checksum as it stands, 0 to 0xFFFF.
        old: the field as it was, 0 to 0xFFFF.
        new: the field as it will be.
        udp: a checksum of UDP: 0 stays 0, for none; a result of 0 becomes 0xFFFF.

    Returns:
        The new checksum: that of a sum over all the data, whatever the
        data, unless these become all zero.

    Raises:
        TypeError, ValueError: no int; a number out of range.

    Source: RFC 1624, equation 3; RFC 768 for `udp`.

    >>> update16(0xDD2F, 0x5555, 0x3285)
    0
    """
    cdef uint32_t before = number_of("old", old, 0xFFFF)
    return update(checksum, before, number_of("new", new, 0xFFFF), udp)


def update32(checksum, old, new, udp=False):
    """Update a checksum for one 32-bit field that changes.

    Args:
        checksum: the checksum as it stands, 0 to 0xFFFF.
        old: the field as it was, 0 to 2**32 - 1. It starts at an even offset.
        new: the field as it will be.
        udp: as in `update16`.

    Returns:
        The checksum as it will be.

    Raises:
        TypeError, ValueError: no int; a number out of range.

    Source: RFC 1624, equation 3.

    >>> hex(update32(0xB861, 0xC0A800C7, 0xC0A800C8))
    '0xb860'
    """
    cdef uint32_t before = fs_sum_fold(number_of("old", old, 0xFFFFFFFF))
    return update(checksum, before, fs_sum_fold(number_of("new", new, 0xFFFFFFFF)), udp)


def update_address(checksum, old, new, udp=False):
    """Update a checksum for an address that changes, in the header or in the pseudo-header.

    Args:
        checksum: the checksum as it stands, 0 to 0xFFFF.
        old: the address as it was, packed: 4 or 16 bytes.
        new: the address as it will be, 4 or 16 bytes: a translator may go from one to the other.
        udp: as in `update16`.

    Returns:
        The checksum as it will be.

    Raises:
        TypeError, BufferError: an address that is no buffer, or in pieces; no int.
        ValueError: another size; a checksum out of range.

    Source: RFC 1624, equation 3; RFC 7915 section 4.1 for another size.

    >>> hex(update_address(0xB861, bytes([192, 168, 0, 199]), bytes([192, 168, 0, 200])))
    '0xb860'
    """
    cdef uint32_t before = packed_sum("old", old)
    return update(checksum, before, packed_sum("new", new), udp)


cdef uint32_t crc_of(const uint8_t *p, Py_ssize_t size, uint32_t crc) noexcept:
    if size < LARGE:
        return fs_crc32c(p, size, crc)
    with nogil:
        crc = fs_crc32c(p, size, crc)
    return crc


def crc32c(data, /, initial=0):
    """Compute the CRC-32C (Castagnoli) of a buffer.

    Args:
        data: any contiguous bytes-like object.
        initial: the CRC of the bytes before, 0 at the start, as in `zlib.crc32`.

    Returns:
        The CRC, 0 to 2**32 - 1. SCTP puts it in its header in little-endian order, the PROXY
        protocol in network order.

    Raises:
        TypeError, BufferError: no buffer, or one in pieces; `initial` is no int.
        ValueError: `initial` is out of range.

    Source: RFC 3720 appendix B.4; RFC 9260 appendix A.

    >>> hex(crc32c(b"56789", crc32c(b"1234")))
    '0xe3069283'
    """
    cdef Py_buffer view
    cdef uint32_t crc = number_of("initial", initial, 0xFFFFFFFF)
    if PyBytes_CheckExact(data):
        return crc_of(<const uint8_t *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), crc)
    get_contiguous(data, &view, "data")
    crc = crc_of(<const uint8_t *>view.buf, view.len, crc)
    PyBuffer_Release(&view)
    return crc


def _crc32c_run(bytes data not None):
    """Tell which kernel computed a CRC, and the CRC; for tests."""
    cdef const char *kernel
    cdef uint32_t crc = fs_crc32c_run(
        <const uint8_t *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), 0, &kernel
    )
    return kernel.decode("ascii"), crc
