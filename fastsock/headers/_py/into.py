"""Builders that write into a buffer of the caller's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, SupportsIndex

from . import packing as _packing
from .builders import (
    build_arp,
    build_ethernet,
    build_icmp_echo,
    build_ipv4,
    build_ipv6,
    build_tcp,
    build_udp,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


def build_ethernet_into(
    out: WriteableBuffer,
    dst: ReadableBuffer,
    src: ReadableBuffer,
    ethertype: SupportsIndex | None,
    payload: ReadableBuffer = b"",
    *,
    vlans: Iterable[SupportsIndex | tuple[SupportsIndex, SupportsIndex]] = (),
    pad: bool = True,
) -> int:
    """Build an Ethernet frame as `build_ethernet` does, into a buffer.

    `out` is a writable buffer; the frame begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_ethernet`.

    Returns:
        How many bytes of `out` the frame takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the frame not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_ethernet_into(out, bytes(6), bytes(6), 0x0800, b"data")
    60
    """
    with _packing.held(out) as target:
        built = build_ethernet(dst, src, ethertype, payload, vlans=vlans, pad=pad)
        return _packing.put(target, built)


def build_arp_into(
    out: WriteableBuffer,
    operation: SupportsIndex,
    sha: ReadableBuffer,
    spa: str | ReadableBuffer,
    tha: ReadableBuffer,
    tpa: str | ReadableBuffer,
) -> int:
    """Build an ARP packet as `build_arp` does, into a buffer.

    `out` is a writable buffer; the packet begins at its first byte. The other arguments are those
    of `build_arp`.

    Returns:
        How many bytes of `out` the packet takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the packet not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_arp_into(out, 1, bytes(6), "192.0.2.1", bytes(6), "192.0.2.2")
    28
    """
    with _packing.held(out) as target:
        built = build_arp(operation, sha, spa, tha, tpa)
        return _packing.put(target, built)


def build_ipv4_into(
    out: WriteableBuffer,
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    protocol: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    ttl: SupportsIndex = 64,
    tos: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    dont_fragment: SupportsIndex = False,
    more_fragments: SupportsIndex = False,
    fragment_offset: SupportsIndex = 0,
    options: ReadableBuffer = b"",
) -> int:
    """Build an IPv4 datagram as `build_ipv4` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_ipv4`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_ipv4_into(out, "192.0.2.1", "192.0.2.2", 253, b"data")
    24
    """
    with _packing.held(out) as target:
        built = build_ipv4(
            src,
            dst,
            protocol,
            payload,
            ttl=ttl,
            tos=tos,
            identification=identification,
            dont_fragment=dont_fragment,
            more_fragments=more_fragments,
            fragment_offset=fragment_offset,
            options=options,
        )
        return _packing.put(target, built)


def build_ipv6_into(
    out: WriteableBuffer,
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    next_header: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    hop_limit: SupportsIndex = 64,
    traffic_class: SupportsIndex = 0,
    flow_label: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    more_fragments: SupportsIndex = False,
    fragment_offset: SupportsIndex = 0,
) -> int:
    """Build an IPv6 datagram as `build_ipv6` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_ipv6`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_ipv6_into(out, "::1", "::2", 253, b"data")
    44
    """
    with _packing.held(out) as target:
        built = build_ipv6(
            src,
            dst,
            next_header,
            payload,
            hop_limit=hop_limit,
            traffic_class=traffic_class,
            flow_label=flow_label,
            identification=identification,
            more_fragments=more_fragments,
            fragment_offset=fragment_offset,
        )
        return _packing.put(target, built)


def build_udp_into(
    out: WriteableBuffer,
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    sport: SupportsIndex,
    dport: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    ttl: SupportsIndex = 64,
    tos: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    dont_fragment: SupportsIndex = False,
    flow_label: SupportsIndex = 0,
) -> int:
    """Build a UDP datagram as `build_udp` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_udp`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_udp_into(out, "192.0.2.1", "192.0.2.2", 53, 5353, b"data")
    32
    """
    with _packing.held(out) as target:
        built = build_udp(
            src,
            dst,
            sport,
            dport,
            payload,
            ttl=ttl,
            tos=tos,
            identification=identification,
            dont_fragment=dont_fragment,
            flow_label=flow_label,
        )
        return _packing.put(target, built)


def build_tcp_into(
    out: WriteableBuffer,
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    sport: SupportsIndex,
    dport: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    seq: SupportsIndex = 0,
    ack: SupportsIndex = 0,
    flags: SupportsIndex = 2,
    window: SupportsIndex = 0xFFFF,
    urgent_pointer: SupportsIndex = 0,
    options: ReadableBuffer = b"",
    ttl: SupportsIndex = 64,
    tos: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    dont_fragment: SupportsIndex = False,
    flow_label: SupportsIndex = 0,
) -> int:
    """Build a TCP segment as `build_tcp` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_tcp`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_tcp_into(out, "192.0.2.1", "192.0.2.2", 1025, 80)
    40
    """
    with _packing.held(out) as target:
        built = build_tcp(
            src,
            dst,
            sport,
            dport,
            payload,
            seq=seq,
            ack=ack,
            flags=flags,
            window=window,
            urgent_pointer=urgent_pointer,
            options=options,
            ttl=ttl,
            tos=tos,
            identification=identification,
            dont_fragment=dont_fragment,
            flow_label=flow_label,
        )
        return _packing.put(target, built)


def build_icmp_echo_into(
    out: WriteableBuffer,
    src: str | ReadableBuffer,
    dst: str | ReadableBuffer,
    identifier: SupportsIndex,
    sequence: SupportsIndex,
    payload: ReadableBuffer = b"",
    *,
    reply: bool = False,
    ttl: SupportsIndex = 64,
    tos: SupportsIndex = 0,
    identification: SupportsIndex = 0,
    dont_fragment: SupportsIndex = False,
    flow_label: SupportsIndex = 0,
) -> int:
    """Build an ICMP or ICMPv6 echo message as `build_icmp_echo` does, into a buffer.

    `out` is a writable buffer; the datagram begins at its first byte. `payload` may lie in it. The
    other arguments are those of `build_icmp_echo`.

    Returns:
        How many bytes of `out` the datagram takes.

    Raises:
        TypeError: an argument is of the wrong type, or `out` is read-only.
        BufferError: a buffer is in pieces.
        ValueError: a value does not fit in its field, or the datagram not in `out`, which stays
            as it was.

    >>> out = bytearray(100)
    >>> build_icmp_echo_into(out, "192.0.2.1", "192.0.2.2", 7, 1, b"data")
    32
    """
    with _packing.held(out) as target:
        built = build_icmp_echo(
            src,
            dst,
            identifier,
            sequence,
            payload,
            reply=reply,
            ttl=ttl,
            tos=tos,
            identification=identification,
            dont_fragment=dont_fragment,
            flow_label=flow_label,
        )
        return _packing.put(target, built)
