"""What a PROXY protocol header says, as values.

Written once, in Python, for both twins of `parse_proxy`: `fastsock.proxy` offers it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from enum import IntEnum, IntFlag

from .._core.typed import TYPE_CHECKING, NamedTuple
from .errors import ProxyError

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    # Host and port, or the path of a UNIX socket: text, or bytes in Linux's abstract namespace.
    ProxyAddress: TypeAlias = tuple[str, int] | str | bytes

__all__ = [
    "NeedMore",
    "ProxyHeader",
    "ProxySSL",
    "ProxySSLClient",
    "ProxyTLV",
]

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
AF_UNIX = getattr(socket, "AF_UNIX", 1)  # Windows may lack it; a header can name it there, too
FAMILIES = (socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6, AF_UNIX)  # by their codes
TYPES = (0, socket.SOCK_STREAM, socket.SOCK_DGRAM)
ADDRESS_SIZES = (0, 12, 36, 216)
PATH_SIZE = 108
UNIQUE_ID_MAX = 128


class ProxyTLV(IntEnum):
    """Types of the values that may follow the addresses in version 2.

    >>> ProxyTLV(0x02)
    <ProxyTLV.AUTHORITY: 2>
    """

    ALPN = 0x01
    AUTHORITY = 0x02  # the host name that the client asked for, as TLS's SNI has it
    CRC32C = 0x03
    NOOP = 0x04
    UNIQUE_ID = 0x05
    SSL = 0x20
    SSL_VERSION = 0x21  # this and the next ones stand inside SSL
    SSL_CN = 0x22
    SSL_CIPHER = 0x23
    SSL_SIG_ALG = 0x24
    SSL_KEY_ALG = 0x25
    SSL_GROUP = 0x26
    SSL_SIG_SCHEME = 0x27
    SSL_CLIENT_CERT = 0x28
    NETNS = 0x30


class ProxySSLClient(IntFlag):
    """Bits of `ProxySSL.client`.

    >>> ProxySSLClient(3)
    <ProxySSLClient.SSL|CERT_CONN: 3>
    """

    SSL = 1  # the client connected over TLS ...
    CERT_CONN = 2  # ... gave a certificate on this connection ...
    CERT_SESS = 4  # ... or in the session that this one resumes


def iter_tlvs(data: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
    """Each type and value, from `at` on; ProxyError where one goes beyond the end."""
    while at < len(data):
        value = at + 3
        end = value + int.from_bytes(data[at + 1 : value], "big")
        if end > len(data):
            raise ProxyError("a TLV goes beyond the end")
        yield data[at], data[value:end]
        at = end


def find_tlv(data: bytes, kind: int, at: int = 0) -> bytes | None:
    """The value of the first TLV of a type."""
    return next((value for found, value in iter_tlvs(data, at) if found == kind), None)


class ProxySSL(NamedTuple):
    """What a header says of the client's TLS connection.

    Attributes:
        client: bits of `ProxySSLClient`.
        verify: 0 where the client's certificate was verified.
        tlvs: what else is known, as raw TLVs of the types `ProxyTLV.SSL_VERSION` and on.

    >>> header, _ = parse_proxy(build_proxy_v2(("192.0.2.1", 5), ("192.0.2.2", 443), tlvs=[
    ...     (ProxyTLV.SSL, bytes.fromhex("01 00000000 21 0007") + b"TLSv1.3")]))
    >>> header.ssl.client & ProxySSLClient.SSL, header.ssl.verify, header.ssl.version
    (<ProxySSLClient.SSL: 1>, 0, 'TLSv1.3')
    """

    client: int
    verify: int
    tlvs: bytes

    def tlv(self, kind: int) -> bytes | None:
        """The value of the first TLV of a type, or None.

        >>> ProxySSL(1, 0, bytes.fromhex("220001") + b"x").tlv(ProxyTLV.SSL_CN)
        b'x'
        """
        return find_tlv(self.tlvs, kind)

    def _text(self, kind: int) -> str | None:
        value = self.tlv(kind)
        return None if value is None else value.decode("utf-8", "surrogateescape")

    @property
    def version(self) -> str | None:
        """TLS version, or None."""
        return self._text(ProxyTLV.SSL_VERSION)

    @property
    def common_name(self) -> str | None:
        """CN of the client certificate's subject, or None."""
        return self._text(ProxyTLV.SSL_CN)

    @property
    def cipher(self) -> str | None:
        """Name of the cipher, or None."""
        return self._text(ProxyTLV.SSL_CIPHER)


class ProxyHeader(NamedTuple):
    r"""What `parse_proxy` finds: who is connected with whom, by the proxy's word.

    Attributes:
        version: 1 or 2.
        command: ``"PROXY"``, or ``"LOCAL"`` for a connection of the proxy's own, as a health
            check: its endpoints are the socket's.
        family: `AF_INET`, `AF_INET6`, `AF_UNIX`, or `AF_UNSPEC` where the sender doesn't say.
        type: `SOCK_STREAM`, `SOCK_DGRAM`, or 0 where the sender doesn't say.
        source: the client: host and port, or the path of a UNIX socket as `socket` gives it; None
            where the header tells of none. Then the socket's own endpoints hold. A path is what the
            sender wrote, and may be any.
        destination: where the client connected to, in the same form.
        tlvs: the TLVs of version 2 as they came, CRC included. ``LOCAL``'s CRC is not checked.

    >>> header, size = parse_proxy(b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nGET /")
    >>> header.source, header.destination, size
    (('192.0.2.1', 56324), ('192.0.2.2', 443), 42)
    """

    version: int
    command: Literal["PROXY", "LOCAL"]
    family: int
    type: int
    source: ProxyAddress | None
    destination: ProxyAddress | None
    tlvs: bytes = b""

    def iter_tlvs(self) -> Iterator[tuple[int, bytes]]:
        """Each TLV as a pair of type and value, in the sender's order.

        >>> header, _ = parse_proxy(build_proxy_v2(None, None, tlvs=[(ProxyTLV.NOOP, b"ab")]))
        >>> list(header.iter_tlvs())
        [(4, b'ab')]
        """
        return iter_tlvs(self.tlvs)

    def tlv(self, kind: int) -> bytes | None:
        """The value of the first TLV of a type, or None.

        >>> header, _ = parse_proxy(build_proxy_v2(None, None, tlvs=[(0xE0, b"mine")]))
        >>> header.tlv(0xE0), header.tlv(ProxyTLV.ALPN)
        (b'mine', None)
        """
        return find_tlv(self.tlvs, kind)

    @property
    def authority(self) -> str | None:
        """The host name that the client asked for, as the sender wrote it, or None."""
        value = self.tlv(ProxyTLV.AUTHORITY)
        return None if value is None else value.decode("utf-8", "surrogateescape")

    @property
    def ssl(self) -> ProxySSL | None:
        """What is said of the client's TLS connection, or None."""
        value = self.tlv(ProxyTLV.SSL)
        if value is None:
            return None
        return ProxySSL(ProxySSLClient(value[0]), int.from_bytes(value[1:5], "big"), value[5:])


class NeedMore(NamedTuple):
    r"""What `parse_proxy` returns while the header is not whole.

    Attributes:
        n: at least so many bytes are missing. To read exactly these never reads beyond the header.

    >>> parse_proxy(b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r")
    NeedMore(n=1)
    """

    n: int


def path_of(field: bytes) -> str | bytes:
    """The path in a field of fixed size, as `socket` has it."""
    if field[:1] == b"\0":  # abstract, or none
        return field.rstrip(b"\0") or ""
    return os.fsdecode(field.partition(b"\0")[0])
