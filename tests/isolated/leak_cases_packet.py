"""Calls of `fastsock.packet` for leaks.py, every way out: (name, arguments, keywords, maker)."""

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module

TWIN = import_module(f"fastsock.packet._{sys.argv[1]}")

DATAGRAM = bytes.fromhex("450000210000400040114e96c0000201c6336401d4310035000d0000") + b"hello"
FRAME = bytes(12) + bytes.fromhex("8100 0005 0800") + DATAGRAM
SIX = bytes.fromhex("6000000000080640") + bytes(32) + bytes(8)
ARP = bytes(12) + bytes.fromhex("0806 0001080006040001") + bytes(20)
FIELDS = import_module("fastsock.packet.fields").FIELDS
SPACED = memoryview(bytearray(80))[::2]


class Broken:
    """No buffer, no int and neither true nor false: whatever is asked of it raises."""

    def __index__(self) -> int:
        raise RuntimeError("no index")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")


def parsed(kind: type, data: object = DATAGRAM, link: object = "raw") -> object:
    return TWIN.parse_packet(data, link, verify=True)


class Read:
    """Reads every attribute when it is called."""

    def __init__(self, made: Callable[[type], object]) -> None:
        self.made = made

    def __call__(self, kind: type) -> object:
        found = self.made(kind)
        for name in dir(found):
            if name[0] != "_":
                getattr(found, name)
        return found


PACKETS = [(DATAGRAM, "raw"), (FRAME, 1), (SIX, "ipv6"), (ARP, 1), (b"", 1), (DATAGRAM[:18], 101)]
FOUND = [parsed(object, *packet) for packet in PACKETS]
NO_PACKETS = [None, DATAGRAM, Broken()]
KEYS = [None, bytes(40), bytearray(40), memoryview(bytearray(64))[4:], bytes(39), "text", 5, SPACED]

CASES = [
    *(
        ("parse_packet", (data, link), {"verify": verify, "strict": strict, "wire_length": length})
        for data, link in [*PACKETS, (bytearray(FRAME), "ethernet"), (memoryview(FRAME)[4:], 147)]
        for verify in (False, True)
        for strict in (False, True)
        for length in (None, 99)
    ),
    *(("parse_packet", (data,)) for data in ["text", None, 5, [1], SPACED, Broken()]),
    *(
        ("parse_packet", (DATAGRAM, link))
        for link in ["none", "x" * 100, None, 2.5, -1, 1 << 70, Broken()]
    ),
    *(
        ("parse_packet", (DATAGRAM,), {name: Broken()})
        for name in ("verify", "strict", "wire_length")
    ),
    *(("parse_packet", (DATAGRAM,), {"wire_length": value}) for value in [-1, 1 << 70, "1"]),
    *(("packet_fields", (data, FIELDS, link), {"verify": True}) for data, link in PACKETS),
    *(
        ("packet_fields", (data, names))
        for data in (FRAME, bytearray(FRAME), SPACED, "text", Broken())
        for names in (FIELDS * 2, ["src", "sprot"], "src", None, [Broken()])
    ),
    ("PacketFields", FIELDS, {"link": "raw"}),
    ("PacketFields", ("sprot",)),
    ("Packet", ()),
    *(
        (f"Packet.{method}", (), {}, Read(partial(parsed, data=data, link=link)))
        for data, link in [*PACKETS, (bytearray(FRAME), 1), (memoryview(bytearray(FRAME)), 1)]
        for method in ("__repr__", "__reduce__")
    ),
    *(
        ("flow_key", (found,), {"symmetric": symmetric})
        for found in [*FOUND, *NO_PACKETS]
        for symmetric in (False, True)
    ),
    ("flow_key", (FOUND[0],), {"symmetric": Broken()}),
    *(("flow_hash", (found,), {"key": key}) for found in [*FOUND, *NO_PACKETS] for key in KEYS),
    *(
        ("community_id", (found,), {"seed": seed})
        for found in [*FOUND, *NO_PACKETS]
        for seed in (0, -1, 1 << 70, "1", Broken())
    ),
]
