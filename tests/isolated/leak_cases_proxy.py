"""Calls of `fastsock.proxy` for leaks.py, every way out: (name, arguments[, keywords])."""

from socket import SOCK_DGRAM, SOCK_STREAM

from fastsock import build_proxy_v1, build_proxy_v2
from fastsock.proxy import ProxyTLV

ENDS = ("192.0.2.1", 56324), ("192.0.2.2", 443)
ENDS6 = ("2001:db8::1", 1), ("::1", 2)
VALUES = [(ProxyTLV.AUTHORITY, b"example.org"), (ProxyTLV.SSL, bytes(5))]

HEADERS = [
    build_proxy_v1(*ENDS), build_proxy_v1(*ENDS6), build_proxy_v1(None, None),
    build_proxy_v2(*ENDS), build_proxy_v2(*ENDS6, tlvs=VALUES), build_proxy_v2("/a", b"\0b"),
    build_proxy_v2(*ENDS, tlvs=VALUES, crc=True), build_proxy_v2(None, None, command="LOCAL"),
]  # fmt: skip
BAD = [
    b"GET /", b"PROXY TCP5", b"PROXY TCP4 1.2.3.4\n", b"PROXY UNKNOWN".ljust(108),
    b"PROXY TCP4 ::1 ::1 1 2\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x31", b"\r\n\r\n\0\r\nQUIT\n\x22", b"\r\n\r\n\0\r\nQUIT\n\x21\x41",
    HEADERS[6][:-1] + b"!", HEADERS[3][:15] + b"\x01", HEADERS[3] + b"\0",
]  # fmt: skip

# Endpoints as the kernel takes them, as Python takes them, and refused.
BUILT = [
    ENDS, ENDS6, (None, None), ((*ENDS6[0], 0, 3), ENDS6[1]), (("fe80::1%lo", 1), ENDS6[1]),
    (ENDS[0], ("192.0.2.2", 1 << 40)), (ENDS[0], ("192.0.2.2", True)), (ENDS[0], ENDS6[1]),
    (ENDS[0], None), (["192.0.2.1", 1], ENDS[1]), (("1.2.3", 1), ENDS[1]), ((), ()), (5, "x"),
]  # fmt: skip

CASES = [
    *((name, pair) for name in ("build_proxy_v1", "build_proxy_v2") for pair in BUILT),
    *((name, ENDS[:1]) for name in ("build_proxy_v1", "build_proxy_v2")),
    *(
        ("build_proxy_v2", ENDS, keywords)
        for keywords in [
            {"type": SOCK_DGRAM},
            {"type": SOCK_STREAM},
            {"type": 99},
            {"tlvs": VALUES},
            {"tlvs": VALUES, "crc": True},
            {"tlvs": 5},
            {"command": "LOCAL"},
            {"command": "no"},
            {"unknown": 1},
        ]
    ),
    ("build_proxy_v2", ("/a", b"\0b")),
    *(
        ("parse_proxy", (buffer,), keywords)
        for data in [*HEADERS, *BAD]
        for buffer in [data, data[:12], bytearray(data), memoryview(data + b"payload")]
        for keywords in [{}, {"datagram": True}, {"max_size": 20}]
    ),
    *(("parse_proxy", (b"",), {"max_size": size}) for size in [15, -1, 1 << 80, None, "9"]),
    *(("parse_proxy", (data,)) for data in [None, "PROXY", 5, memoryview(bytes(40))[::2]]),
]
