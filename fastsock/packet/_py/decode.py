"""One packet, from its link header to its payload: the decoder of the pure twin.

``decode.h`` is the compiled twin; fields have the same names.
"""

from __future__ import annotations

from .decoder import UINT32_MAX, UNDECODED, Decoded, Decoder, Stop
from .ip import NETWORK_LAYERS
from .link import LINK_LAYERS, unknown_type

__all__ = ["Decoded", "decode"]


def decode(
    data: bytes | memoryview, captured: int, wire_length: int, link: int, verify: bool
) -> Decoded:
    """Decode the first `captured` bytes of `data`, a packet that had `wire_length` of them.

    Args:
        data: bytes, or a memoryview of format "B".
        captured: how many there are. Offsets have 32 bits: later bytes are not decoded.
        wire_length: how many there were on the wire.
        link: a link type's number, as a capture file has it.
        verify: whether to verify checksums.

    Returns:
        The fields found. No data makes it raise.
    """
    packet = Decoded(link & 0xFFFF)  # a capture file keeps other things in the bits above
    d = Decoder(data, min(captured, UINT32_MAX), wire_length, packet)
    d.verify = verify
    try:
        link_layer = LINK_LAYERS.get(packet.link)
        if link_layer is None:
            raise Stop(UNDECODED, "link.type", 0)
        NETWORK_LAYERS.get(link_layer(d), unknown_type)(d)
    except Stop as stop:
        d.stop(stop)
    packet.payload_offset = d.at
    packet.payload_length = d.left()
    return packet
