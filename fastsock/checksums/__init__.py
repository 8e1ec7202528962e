"""Checksums of the Internet protocols: RFC 1071 sums, RFC 1624 updates, and CRC-32C.

A *running sum* is what `checksum_add` and `pseudo_header` return and what every function here
takes as `initial`: so a checksum is put together from pieces, in order, however they are cut.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish

if TYPE_CHECKING or not COMPILED:
    from ._py import (
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
    from ._c import (
        checksum,
        checksum_add,
        crc32c,
        pseudo_header,
        update16,
        update32,
        update_address,
        verify,
    )

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

publish(__name__, globals(), __all__)
