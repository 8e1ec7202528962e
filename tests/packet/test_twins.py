"""Both twins see the same in every capture, and in copies of it that were tampered with."""

import random
from itertools import islice

import pytest

from fastsock import errors
from fastsock.packet.fields import COLUMNS, LINK_ALIASES, LINK_TYPES, RECORD_COLUMNS

LINKS = [*LINK_TYPES.values(), *LINK_ALIASES, 253]
PACKET_COLUMNS = [name for name in COLUMNS if name not in RECORD_COLUMNS]
SMALL = 6000  # bytes of a capture that is tampered with as a whole
EDGES = [0, 1, 2, 4, 5, 7, 8, 15, 16, 17, 20, 43, 44, 50, 51, 58, 59, 60, 127, 128, 254, 255]
WORDS = [0, 1, 7, 8, 20, 40, 0x800, 0x8100, 0x86DD, 0x88A8, 0x8864, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF]


@pytest.fixture(scope="module")
def attributes(twins):
    """Every attribute that a packet has, by what the classes say."""
    names = []
    for twin in twins:
        cls = twin.part("packet").Packet
        names.append({name for name in dir(cls) if not name.startswith("_")})
    assert names[0] == names[1]
    return sorted(names[0] - {"buffer"})


def paths_in(any_captures):
    return sorted(path for path in any_captures.iterdir() if path.suffix in (".pcap", ".pcapng"))


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def refusal(error):
    return type(error), str(error), getattr(error, "offset", None), getattr(error, "field", None)


def said_of_packet(packet_module, attributes, buffer, link, **options):
    """All that one twin says of a packet: attributes, text, and the results of flow functions."""
    packet = packet_module.parse_packet(buffer, link, **options)
    seen = {name: plain(getattr(packet, name)) for name in attributes}
    for function in (packet_module.flow_key, packet_module.flow_hash, packet_module.community_id):
        try:
            seen[function.__name__] = function(packet)
        except ValueError as error:
            seen[function.__name__] = refusal(error)
    try:
        packet_module.parse_packet(buffer, link, strict=True, **options)
    except errors.PacketError as error:
        seen["strict"] = refusal(error)
    return seen | {"repr": repr(packet)}


def same_packet(twins, attributes, buffer, link, **options):
    c, py = [
        said_of_packet(twin.part("packet"), attributes, buffer, link, **options) for twin in twins
    ]
    assert {name: (c[name], py[name]) for name in c if c[name] != py[name]} == {}, (
        bytes(buffer),
        link,
        options,
    )


def said_of_capture(twin, data, verify):
    """All that one twin says of a capture: its records, why they end, and every column."""
    try:
        capture = twin.part("capture").open_capture(data)
    except errors.CaptureError as error:
        return refusal(error)
    with capture:
        records = [record._replace(data=bytes(record.data)) for record in capture]
        end = capture.stopped, capture.records, capture.format
    with twin.part("capture").open_capture(data) as capture:
        columns = capture.to_columns(COLUMNS, verify=verify)
        assert (capture.stopped, capture.records, capture.format) == end
    assert len(columns) == len(records)
    return records, end, {name: bytes(columns[name]) for name in columns}


def same_capture(twins, data, verify):
    c, py = [said_of_capture(twin, data, verify) for twin in twins]
    if c != py and len(c) == len(py) == 3:
        assert c[:2] == py[:2]
        assert {name for name in c[2] if c[2][name] != py[2][name]} == set()
    assert c == py
    return c


@pytest.mark.parametrize("verify", [False, True])
def test_captures(any_captures, twins, verify):
    for path in paths_in(any_captures):
        same_capture(twins, path.read_bytes(), verify)


def packets_of(any_captures, twins, most):
    """At most so many packets of each capture, with their link types."""
    for path in paths_in(any_captures):
        try:
            with twins[0].part("capture").open_capture(path) as capture:
                yield from ((bytes(r.data), r.wire_length, r.link) for r in islice(capture, most))
        except errors.CaptureError:
            continue


def test_packets(any_captures, twins, attributes):
    for data, wire_length, link in packets_of(any_captures, twins, 200):
        for verify in (False, True):
            same_packet(twins, attributes, data, link, verify=verify, wire_length=wire_length)


def test_columns_of_buffers(any_captures, twins):
    by_link = {}
    for data, _, link in packets_of(any_captures, twins, 100):
        by_link.setdefault(link, []).append(data)
    for link, buffers in by_link.items():
        for verify in (False, True):
            c, py = [
                twin.part("capture").decode_columns(
                    buffers, PACKET_COLUMNS, link=link, verify=verify
                )
                for twin in twins
            ]
            for name in PACKET_COLUMNS:
                assert (link, name, bytes(c[name])) == (link, name, bytes(py[name]))


def tampered(rng, data):
    """A copy with a few bytes changed, most of them to values that mean something."""
    copy = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 3, 6])):
        at = rng.randrange(len(copy) + 1)
        match rng.randrange(8):
            case 0:
                copy[at : at + 1] = bytes([rng.choice(EDGES)])
            case 1:
                copy[at : at + 2] = rng.choice(WORDS).to_bytes(2, rng.choice(["big", "little"]))
            case 2 if at < len(copy):
                copy[at] ^= 1 << rng.randrange(8)
            case 3:
                del copy[at:]
            case 4:
                del copy[at : at + rng.choice([1, 2, 4, 8])]
            case 5:
                copy[at:at] = copy[: rng.choice([1, 4, 8, 40])]
            case 6:
                copy[at:at] = copy[at : at + rng.choice([4, 8, 16])]
            case 7:
                copy[at : at + 4] = rng.choice([0xFFFFFFFF, 0x7FFFFFFF, 1 << 31, 65536]).to_bytes(
                    4, "little"
                )
    return bytes(copy)


def test_tampered_packets(any_captures, twins, attributes):
    rng = random.Random(1)
    packets = list(packets_of(any_captures, twins, 12))
    for _ in range(8000):
        data, wire_length, link = rng.choice(packets)
        data = tampered(rng, data[:400])
        link = link if rng.random() < 0.9 else rng.choice(LINKS)
        wire = rng.choice([None, wire_length, len(data) + 9, 0, 0xFFFFFFFF])
        same_packet(twins, attributes, data, link, verify=rng.random() < 0.5, wire_length=wire)


def test_tampered_captures(any_captures, twins):
    rng = random.Random(2)
    files = [path.read_bytes() for path in paths_in(any_captures)]
    files = [data for data in files if len(data) <= SMALL]
    stopped = 0
    for _ in range(8000):
        data = tampered(rng, rng.choice(files))
        said = same_capture(twins, data, rng.random() < 0.5)
        stopped += len(said) == 3 and said[1][0] is not None
    assert stopped > 500  # faults were met, too
