"""Exceptions of this part, and their wording, which both twins share."""

from __future__ import annotations

from .._core.errors import Error, shorten_number


class ProxyError(Error, ValueError):
    """Bytes that are no valid PROXY protocol header; the connection should be closed.

    It speaks of what the sender wrote, never of a header that is only incomplete.
    """


PROXY_SIGNATURE = "this is no PROXY protocol header"

PROXY_PROTOCOL = "version 1: the protocol must be TCP4, TCP6 or UNKNOWN, and a space"

PROXY_LINE_END = "version 1: a CR or LF that is not part of CRLF"

PROXY_LINE_LENGTH = "version 1: no CRLF within 107 bytes"

PROXY_ADDRESS = "version 1: not an address of the protocol's family, between single spaces"

PROXY_PORT = "version 1: a port must be 0 to 65535 in decimal, without leading zeros"

PROXY_VERSION = "version 2: the version must be 2"

PROXY_COMMAND = "version 2: the command must be 0 (LOCAL) or 1 (PROXY)"

PROXY_FAMILY = "version 2: the address family must be 0 to 3"

PROXY_TRANSPORT = "version 2: the transport protocol must be 0 to 2"

PROXY_LENGTH = "version 2: the length leaves no room for the addresses"

PROXY_TLV = "version 2: a TLV goes beyond the header"

PROXY_UNIQUE_ID = "version 2: a unique ID of more than 128 bytes"

PROXY_SSL = "version 2: an SSL TLV that is too short, or whose own TLVs go beyond it"

PROXY_CRC_FIELD = "version 2: a CRC-32C must have 4 bytes, and come once"

PROXY_CRC = "version 2: the CRC-32C is wrong"

PROXY_SIZE = "the header is larger than max_size"

PROXY_FAULTS = (
    PROXY_SIGNATURE,
    PROXY_PROTOCOL,
    PROXY_LINE_END,
    PROXY_LINE_LENGTH,
    PROXY_ADDRESS,
    PROXY_PORT,
    PROXY_VERSION,
    PROXY_COMMAND,
    PROXY_FAMILY,
    PROXY_TRANSPORT,
    PROXY_LENGTH,
    PROXY_TLV,
    PROXY_UNIQUE_ID,
    PROXY_SSL,
    PROXY_CRC_FIELD,
    PROXY_CRC,
    PROXY_SIZE,
)


def proxy_cut(missing: int) -> ProxyError:
    """Refuse a datagram that ends inside its header."""
    return ProxyError(f"the datagram ends inside the header: at least {missing} bytes are missing")


def bad_max_header(max_size: int) -> ValueError:
    """Refuse a `max_size` that leaves no room for any header."""
    return ValueError(f"max_size must be at least 16, not {shorten_number(max_size)}")
