# cython: language_level=3
"""Compiled twin of `fastsock.ipaddress`: C types over the standard library's classes.

The types are written in C (`types/`), because Cython can't derive from classes made in Python. This
module creates them, and Python completes them (`rebind`).
"""

from cpython.buffer cimport PyBuffer_Release
from libc.stdint cimport uint8_t

from fastsock._core.buffers cimport get_contiguous

import ipaddress as _std
from socket import AF_INET, AF_INET6, AF_UNSPEC

from . import errors as _errors
from .rebind import complete as _complete

cdef extern from "fastsock/ipaddress/types/module.h":
    object fs_ip_new_module(object spec)
    object fs_parse_many(object module, object texts)
    object fs_from_packed(
        object module, int v6, bint unmap, const uint8_t *packed, Py_ssize_t count
    )

_core = fs_ip_new_module(__spec__)
_names = _complete(_core)

ip_address = _core.ip_address
ip_network = _core.ip_network
ip_interface = _core.ip_interface
summarize_address_range = _core.summarize_address_range
collapse_addresses = _core.collapse_addresses
IPv4Address = _names["IPv4Address"]
IPv6Address = _names["IPv6Address"]
IPv4Interface = _names["IPv4Interface"]
IPv6Interface = _names["IPv6Interface"]
IPv4Network = _names["IPv4Network"]
IPv6Network = _names["IPv6Network"]


def __getattr__(name):
    """Return any other name of the running `ipaddress`, also a private one."""
    try:
        return _names[name]
    except KeyError:  # what only its own __getattr__ knows, as 3.15's __version__
        return getattr(_std, name)


def parse_many(texts):
    """Make an address object of each text, of either family.

    Args:
        texts: an iterable of str, or of anything else that `ip_address` takes.

    Returns:
        A list of `IPv4Address` and `IPv6Address`, in order.

    Raises:
        ValueError: a text is not an address; the message names it.
        TypeError: not an iterable.

    Source: as `ip_address`, text by text.

    >>> parse_many(["192.0.2.1", "2001:db8::1"])
    [IPv4Address('192.0.2.1'), IPv6Address('2001:db8::1')]
    """
    return fs_parse_many(_core, texts)


def from_packed(family, packed):
    """Make an address object of each record of a packed buffer.

    Args:
        family: `AF_INET` (records of 4 bytes), `AF_INET6` (16 bytes), or `AF_UNSPEC` (16 bytes,
            where mapped IPv4 addresses become `IPv4Address`).
        packed: any contiguous bytes-like object of whole records, as `inet_pton_many` makes it.

    Returns:
        A list of addresses, one per record.

    Raises:
        TypeError: not a buffer.
        BufferError: the buffer is not contiguous.
        ValueError: another family; a size that is not a multiple of the record's.

    Source: RFC 4291 section 2.5.5.2 for mapped addresses.

    >>> from socket import AF_INET
    >>> from_packed(AF_INET, bytes([192, 0, 2, 1]))
    [IPv4Address('192.0.2.1')]
    """
    cdef Py_buffer view
    cdef int v6
    if family != AF_INET and family != AF_INET6 and family != AF_UNSPEC:
        raise _errors.bad_family(family)
    v6 = family != AF_INET
    cdef Py_ssize_t record = 16 if v6 else 4
    get_contiguous(packed, &view, "packed")
    try:
        if view.len % record:
            raise _errors.bad_record_length(view.len, record)
        return fs_from_packed(
            _core, v6, family == AF_UNSPEC, <const uint8_t *>view.buf, view.len // record
        )
    finally:
        PyBuffer_Release(&view)
