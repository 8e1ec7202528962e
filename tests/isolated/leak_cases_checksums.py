"""Calls of `fastsock.checksums` for leaks.py, every way out: (name, arguments[, keywords])."""

PIECES = memoryview(bytearray(16))[::2]
BUFFERS = [b"", b"\xff\xff", bytearray(b"abc"), memoryview(bytearray(9))[3:], PIECES,
           "text", None, 5, [1]]  # fmt: skip
NUMBERS = [0, 1, 1 << 31, (1 << 33) - 1, -1, 1 << 33, 1 << 80, None, "1", 1.5]
ADDRESSES = [bytes(4), bytes(16), bytearray(4), memoryview(bytes(32))[::2], b"", bytes(5), "::", 4]

CASES = [
    *(
        (name, (data, number))
        for name in ["checksum", "checksum_add", "verify", "crc32c"]
        for data in BUFFERS
        for number in NUMBERS
    ),
    *(("checksum", (data,), {"udp": True, "initial": 70_000}) for data in BUFFERS),
    *(("checksum", (data,)) for data in [bytes(70_000), bytearray(70_000)]),
    *(
        ("pseudo_header", (src, dst, protocol, length))
        for src in ADDRESSES
        for dst in ADDRESSES
        for protocol, length in [(6, 1 << 20), (None, 1), (6, -1)]
    ),
    *(
        (name, (before, old, new), {"udp": udp})
        for name in ["update16", "update32"]
        for before in [0, 0xDD2F, 1 << 16, None]
        for old in [1, 1 << 20, -1, "1"]
        for new in [2, 1 << 31, 1 << 70, 2.5]
        for udp in [False, True]
    ),
    *(
        ("update_address", (before, old, new))
        for before in [0, 0xDD2F, None]
        for old in ADDRESSES
        for new in ADDRESSES
    ),
]
