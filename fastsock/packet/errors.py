"""Exceptions of this part, and their wording, which both twins share."""

from __future__ import annotations

from .._core.errors import Error, rebuilt, shorten, shorten_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PacketError(Error, ValueError):
    """A packet that is not whole and well-formed, where `strict` was asked for.

    Attributes:
        layer: the header that is wrong: ``"ipv4"``, ``"tcp"`` ...
        field: the field of that header: ``"total_length"`` ...
        offset: where that header begins, in bytes from the start of the packet.

    >>> import fastsock
    >>> try:
    ...     fastsock.parse_packet(bytes([0x45, 0, 0, 20]), "raw", strict=True)
    ... except PacketError as error:
    ...     print(error, (error.layer, error.field, error.offset))
    ipv4.header at offset 0: HEADER_CUT ('ipv4', 'header', 0)
    """

    def __init__(self, message: str, layer: str, field: str, offset: int) -> None:
        super().__init__(message)
        self.layer = layer
        self.field = field
        self.offset = offset

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuilt(self, str(self), self.layer, self.field, self.offset)


def no_flow() -> ValueError:
    """Refuse the flow of a packet that is not IP."""
    return ValueError("a packet that is not IP has no flow")


def not_packet(value: object) -> TypeError:
    """Refuse an argument that is not a packet."""
    return TypeError(f"a Packet is required, not '{type(value).__name__}'")


def not_link(value: object) -> ValueError:
    """Refuse an unknown name of a link type."""
    return ValueError(f"link must be a name of LINK_TYPES or a number, not {shorten(value)}")


def not_field(name: object) -> ValueError:
    """Refuse a name that no field of a packet has."""
    return ValueError(f"a packet has no field {shorten(name)}")


def not_names(value: object) -> TypeError:
    """Refuse one str where names of fields are required."""
    return TypeError(f"names must be a tuple of fields' names, not {type(value).__name__!r}")


def short_key(size: int) -> ValueError:
    """Refuse a hash key without a window of 32 bits at every bit that it may hash."""
    return ValueError(f"key must have at least 40 bytes, not {size}")


def not_made() -> TypeError:
    """Refuse to make a packet by a call of its class."""
    return TypeError("a Packet is made by parse_packet()")


def header_fault(layer: str, field: str, offset: int, fault: str) -> PacketError:
    """Refuse a header that can't be read: which, where, and the name of a `Status` bit."""
    return PacketError(
        f"{layer}.{field} at offset {shorten_number(offset)}: {fault}", layer, field, offset
    )
