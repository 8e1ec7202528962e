"""Calls of `fastsock.headers` for leaks.py, every way out: (name, arguments, keywords, maker)."""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

from fastsock import build_icmp_echo, build_tcp, build_udp

ENDS = ("192.0.2.1", "192.0.2.2")
ENDS6 = ("2001:db8::1", "2001:db8::2")
ETHERNET = bytes(12) + b"\x81\0\0\5\x08\0" + b"payload"
ARP = bytes([0, 1, 8, 0, 6, 4, 0, 1]) + bytes(20)
UDP = build_udp(*ENDS, 53, 5353, b"data")
TCP = build_tcp(*ENDS, 1025, 80, b"data", options=b"\2\4\5\xb4")
ECHO = build_icmp_echo(*ENDS, 7, 1, b"data")
UDP6 = build_udp(*ENDS6, 53, 5353, b"data")
EXAMPLES = {
    "EthernetView": ETHERNET,
    "ARPView": ARP,
    "IPv4View": UDP,
    "IPv6View": UDP6,
    "TCPView": TCP[20:],
    "UDPView": UDP[20:],
    "ICMPView": ECHO[20:],
}
SPACED = memoryview(bytearray(200))[::2]


class Broken:
    """No int, no buffer: whatever is asked of it raises."""

    def __index__(self) -> int:
        raise RuntimeError("no index")


def use(kind: type, data: bytes, fields: tuple[str, ...]) -> None:
    """Read fields of a view, or all, and release it."""
    with kind(bytearray(data)) as view:
        for field in fields or [name for name in dir(view) if name[0] != "_"]:
            if field != "release":
                value = getattr(view, field)
                if callable(value):
                    value()


def read(kind: type, data: bytes, *fields: str) -> object:
    return SimpleNamespace(run=partial(use, kind, data, fields))


def write(kind: type, data: bytes, field: str, value: object) -> object:
    """Write a field of a view, which is released by its end alone."""
    return SimpleNamespace(run=lambda: setattr(kind(bytearray(data)), field, value))


def on(name: str, maker: Callable[..., object], *arguments: object) -> tuple[object, ...]:
    """The case of one use of a view of that kind."""
    return f"{name}.run", (), {}, lambda kind: maker(kind, *arguments)


VALUES = {
    "EthernetView": [("dst", bytes(6)), ("ethertype", 5), ("src", b"short"), ("ethertype", None)],
    "ARPView": [("operation", 2), ("sha", bytearray(6)), ("spa", b"no"), ("tpa", Broken())],
    "IPv4View": [("ttl", 5), ("ttl", 256), ("src", "192.0.2.7"), ("dst", b"four"), ("src", "no"),
                 ("dont_fragment", True), ("fragment_offset", 9), ("ttl", Broken()), ("dst", "::")],
    "IPv6View": [("hop_limit", 5), ("flow_label", 1 << 20), ("src", "::7"), ("dst", bytes(16))],
    "TCPView": [("seq", 1 << 31), ("window", -1), ("flags", "SYN")],
    "UDPView": [("sport", 1), ("checksum", 0), ("length", 1 << 80)],
    "ICMPView": [("type", 0), ("code", Broken())],
}  # fmt: skip

CASES = [
    *((name, (data,)) for name, data in EXAMPLES.items()),
    *((name, (bytearray(data), 0)) for name, data in EXAMPLES.items()),
    *((name, (bytearray(5),)) for name in EXAMPLES),
    *((name, (data, len(data))) for name, data in EXAMPLES.items()),
    *((name, (wrong,)) for name in EXAMPLES for wrong in [None, "text", 5, SPACED, Broken()]),
    *((name, (bytearray(100), wrong)) for name in EXAMPLES for wrong in [-1, None, Broken()]),
    *(
        (name, (bytearray(100),), {"pseudo_header": value})
        for name in ["TCPView", "UDPView", "ICMPView"]
        for value in [None, 0, 1 << 31, -1, Broken()]
    ),
    *(on(name, read, data, *fields) for name, data in EXAMPLES.items()
      for fields in [("payload", "buffer")] if name != "ARPView"),
    on("ARPView", read, ARP, "sha", "spa", "tha", "tpa"),
    on("EthernetView", read, ETHERNET),
    *(on("IPv4View", read, packet) for packet in [UDP, TCP, ECHO]),
    on("IPv4View", read, b"\x41" + UDP[1:]),
    on("IPv4View", read, b"\x4f" + UDP[1:]),
    on("IPv4View", read, TCP[:30], "transport"),
    *(on("IPv6View", read, packet) for packet in [UDP6, UDP6[:45], UDP6[:40]]),
    on("ICMPView", read, ECHO[20:]),
    on("TCPView", read, TCP[20:], "verify_checksum"),
    *(on(name, write, EXAMPLES[name], *pair) for name, pairs in VALUES.items() for pair in pairs),
]  # fmt: skip
