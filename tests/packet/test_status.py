"""What a packet's status words print, and that they count as ints all the same."""

import copy
import json
import pickle

import pytest

from fastsock.packet.fields import FAULTS, ChecksumStatus, Status

DATAGRAM = bytes.fromhex("450000210000400040114e96c0000201c6336401d4310035000d0000") + b"hello"


@pytest.fixture
def parsed(packet):
    return packet.parse_packet(DATAGRAM, "raw", verify=True)


def test_status_prints_by_name(packet, parsed):
    assert repr(parsed.status) == "<Status.TRANSPORT|PORTS: 3>"
    assert str(parsed.status) == f"{parsed.status}" == "Status.TRANSPORT|PORTS"
    cut = packet.parse_packet(DATAGRAM[:25], "raw", wire_length=len(DATAGRAM))
    assert repr(cut.status) == "<Status.PORTS|CUT|HEADER_CUT: 196610>"
    assert repr(packet.parse_packet(b"", 9999).status) == "<Status.UNDECODED: 2048>"


def test_checksum_status_prints_by_name(parsed):
    assert repr(parsed.ip_checksum_status) == "<ChecksumStatus.GOOD: 1>"
    assert str(parsed.checksum_status) == f"{parsed.checksum_status}" == "ChecksumStatus.ABSENT"


def test_status_is_a_number(parsed):
    assert type(parsed.status) is Status
    assert (parsed.status, hash(parsed.status)) == (3, 3)
    assert {3: "found"}[parsed.status] == "found"
    assert (f"{parsed.status:#x}", json.dumps(parsed.status), parsed.status + 1) == ("0x3", "3", 4)
    assert parsed.status is parsed.status


@pytest.mark.parametrize("bits", [FAULTS, Status.PORTS, Status.CUT, True])
def test_a_test_of_a_bit_is_plain(parsed, bits):
    """At the speed of an int: an IntFlag's own ``&`` makes a member of each result."""
    assert type(parsed.status & bits) is type(bits & parsed.status) is int
    assert parsed.status & bits == 3 & int(bits)
    assert type(parsed.status | Status.CUT) is Status


def test_fields_have_the_same_values(packet, parsed):
    names = ("status", "ip_checksum_status", "checksum_status")
    for found in (
        packet.packet_fields(DATAGRAM, names, "raw", verify=True),
        packet.PacketFields(*names, link="raw", verify=True)(DATAGRAM),
        packet.PacketFields(*names, link="raw", verify=True)(bytearray(DATAGRAM)),
    ):
        assert [*map(repr, found)] == [repr(getattr(parsed, name)) for name in names]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("word", [0, 1, 3, 0x10003, FAULTS, ChecksumStatus.BAD])
def test_status_survives_copies(word, protocol):
    value = word if isinstance(word, ChecksumStatus) else Status(word)
    assert pickle.loads(pickle.dumps(value, protocol)) is value
    assert copy.copy(value) is copy.deepcopy(value) is value


def test_every_bit_has_a_name():
    for bit in Status:
        assert (repr(bit), str(bit)) == (f"<Status.{bit.name}: {int(bit)}>", f"Status.{bit.name}")
    assert (repr(Status(0)), str(Status(0))) == ("<Status: 0>", "Status(0)")
