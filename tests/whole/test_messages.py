"""How messages cut a long value that they refuse."""

import pytest

from fastsock import Lines, PacketError, decode_columns, inet_pton, parse_hostport
from fastsock.packet import parse_packet

LONG = "x" * 5000


@pytest.mark.parametrize(
    "refused",
    [
        lambda: Lines(LONG),
        lambda: Lines(LONG.encode()),
        lambda: decode_columns([b""], [LONG]),
        lambda: parse_hostport(LONG + ":x"),
        lambda: inet_pton(2, LONG),
        lambda: parse_packet(b"", LONG),
    ],
)
def test_message_is_short(refused):
    with pytest.raises((ValueError, OSError, TypeError, PacketError)) as caught:
        refused()
    assert len(str(caught.value)) < 250
