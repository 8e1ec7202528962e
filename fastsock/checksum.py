"""Checksums of the Internet protocols: RFC 1071 sums, RFC 1624 updates, and CRC-32C.

A *running sum* is what `checksum_add` and `pseudo_header` return and what every function here
takes as `initial`: so a checksum is put together from pieces, in order, however they are cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _backend

if TYPE_CHECKING:
    from ._py.checksum import (
        checksum,
        checksum_add,
        crc32c,
        pseudo_header,
        update16,
        update32,
        update_address,
        verify,
    )
else:
    globals().update(_backend.names_of(__name__))

__all__ = [
    "checksum",
    "checksum_add",
    "crc32c",
    "pseudo_header",
    "update16",
    "update32",
    "update_address",
    "verify",
]
