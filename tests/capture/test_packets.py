"""A column holds the value of the attribute of its name, for every packet of the captures."""

import pytest

from fastsock.packet.fields import COLUMNS, LIMITS

MAPPED = bytes(10) + b"\xff\xff"


def wide(address):
    """An address as in columns."""
    if address is None:
        return bytes(16)
    return address if len(address) == 16 else MAPPED + address


def row_of(packet_module, packet, record):
    """What the columns should have for a packet."""
    row = {
        "timestamp_ns": record.timestamp_ns,
        "wire_length": record.wire_length,
        "captured_length": len(record.data),
        "src": wide(packet.src),
        "dst": wide(packet.dst),
        "vlan": 0xFFFF if packet.vlan is None else packet.vlan,
        "limited_by": LIMITS.index(packet.limited_by),
        "flow_hash": packet_module.flow_hash(packet) if packet.version else 0,
    }
    for name in COLUMNS.keys() - row.keys():
        row[name] = getattr(packet, name) or 0
    return row


@pytest.mark.parametrize("verify", [False, True])
def test_columns_of_captures(any_captures, twin, verify):
    module, open_capture = twin.part("packet"), twin.part("capture").open_capture
    for path in sorted(any_captures.glob("*.pcap")) + sorted(any_captures.glob("*.pcapng")):
        if path.name == "libpcap__pcap-invalid-version-1.pcap":
            continue
        with open_capture(path) as capture:
            records = list(capture)
        with open_capture(path) as capture:
            columns = capture.to_columns(COLUMNS, verify=verify)
        lists = {name: columns[name].tolist() for name in columns}
        for number, record in enumerate(records):
            packet = module.parse_packet(
                record.data, record.link, verify=verify, wire_length=record.wire_length
            )
            row = {name: lists[name][number] for name in columns}
            row |= {name: bytes(row[name]) for name in ("src", "dst")}
            assert (path.name, number, row) == (path.name, number, row_of(module, packet, record))
