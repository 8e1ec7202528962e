"""Calls of `fastsock.capture.decode_columns` for leaks.py, every way out."""

from array import array

from fastsock import Columns

UDP = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
WRITABLE = bytearray(UDP)
SPACED = memoryview(bytearray(64))[::2]
NAMES = ["src", "ttl", "flow_hash"]
LARGE = Columns(0, {"src": bytearray(32_000), "ttl": bytearray(2000), "flow_hash": bytearray(8000)})
OFFSETS = [0, 32, 64]


def rows(count: int) -> object:
    return (UDP for _ in range(count))


class Failing:
    """An iterable, and offsets, that raise."""

    def __iter__(self) -> object:
        yield UDP
        raise RuntimeError("no more")


PACKETS = [
    [], [UDP, WRITABLE, memoryview(UDP)], (UDP * 2, OFFSETS), (WRITABLE, array("q", OFFSETS[:2])),
    (UDP, array("I", OFFSETS[:2])), [UDP, None], [UDP, SPACED], (UDP, [0, 33]), (UDP, [1 << 70]),
    (UDP, None), (SPACED, OFFSETS), (UDP, SPACED), (UDP,), None, Failing(), (UDP, Failing()),
]  # fmt: skip
CASES = [
    *(("decode_columns", (packets, NAMES), {"link": "raw", "verify": True}) for packets in PACKETS),
    *(("decode_columns", ([UDP], names), {}) for names in [None, [], ["nothing"], ["link"], 5]),
    *(
        ("decode_columns", (packets, NAMES), {"link": "raw", "out": out})
        for packets in [[], [UDP] * 20, (UDP, [0, 32]), [UDP, None], (UDP, [5, 4])]
        for out in [LARGE, Columns(0, {"ttl": bytearray()}), 5]
    ),
    *(("decode_columns", ([UDP],), {"link": link}) for link in ["nothing", -1, 1 << 70, None, 101]),
    ("decode_columns", (rows(5),), {}),
]
