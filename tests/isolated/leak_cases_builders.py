"""Calls of builders for leaks.py, every way out: (name, arguments, keywords)."""

V4 = ("192.0.2.1", "192.0.2.2")
V6 = ("2001:db8::1", "2001:db8::2")
MACS = (bytes([2, 0, 0, 0, 0, 1]), bytearray([2, 0, 0, 0, 0, 2]))
PACKED = (bytearray([192, 0, 2, 1]), memoryview(bytes([192, 0, 2, 2])))
SPACED = memoryview(bytearray(200))[::2]


class Broken:
    """No int, no buffer: whatever is asked of it raises."""

    def __index__(self) -> int:
        raise RuntimeError("no index")

    def __iter__(self) -> object:
        raise RuntimeError("no iterator")


DATA = bytearray(b"payload")
WHOLE = ["build_udp", "build_tcp", "build_icmp_echo"]
RIGHT = {
    "build_ethernet": (*MACS, 0x0800, DATA),
    "build_arp": (1, MACS[0], V4[0], MACS[1], PACKED[1]),
    "build_ipv4": (*PACKED, 253, DATA),
    "build_ipv6": (*V6, 253, DATA),
    **dict.fromkeys(WHOLE, (*V4, 1, 2, DATA)),
}
WRONG = [None, Broken(), 1 << 80, -1, "text", b"bytes", SPACED]

CASES = [
    *RIGHT.items(),
    *((name, (*V6, 1, 2, DATA)) for name in WHOLE),
    *(
        (f"{name}_into", (out, *arguments))
        for name, arguments in RIGHT.items()
        for out in [bytearray(100), bytearray(5), bytes(100), SPACED, "text"]
    ),
    *(
        (name, (*arguments[:at], wrong, *arguments[at + 1 :]))
        for name, arguments in RIGHT.items()
        for at in range(len(arguments))
        for wrong in (WRONG[at % 7], WRONG[(at + 3) % 7])
    ),
    *((name, (*V4, 1, 2), {"flow_label": 1}) for name in WHOLE),
    *((name, (*V6, 1, 2), {"identification": 1}) for name in WHOLE),
    *((name, (*V6, 1, 2), {"dont_fragment": True}) for name in WHOLE),
    *((name, (V4[0], V6[0], 1, 2)) for name in WHOLE),
    *((name, (*V4, 1, 2, bytes(65536))) for name in WHOLE),
    *(
        (name, RIGHT[name], {"options": options})
        for name in ["build_ipv4", "build_tcp"]
        for options in [DATA, bytes(41), None]
    ),
    *(
        (name, RIGHT[name], {"ttl": wrong})
        for name in ["build_ipv4", *WHOLE]
        for wrong in WRONG[:4]
    ),
    ("build_ipv4", (*V4, 1), {"fragment_offset": 9}),
    *(
        ("build_ethernet", RIGHT["build_ethernet"], {"vlans": vlans})
        for vlans in [[5], [(0x88A8, 5), 6], range(9), [None], [(1, 2, 3)], Broken(), 5]
    ),
    ("build_ethernet", (*MACS, None, bytes(1501))),
]
