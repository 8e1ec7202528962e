"""Calls of `fastsock.capture` for leaks.py, every way out: (name, arguments, keywords, maker)."""

import io
import struct
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

UDP = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
RECORD = struct.pack("<IIII", 1, 2, 32, 32) + UDP
PCAP = HEADER + RECORD * 3
TORN = PCAP + RECORD[:20]
HUGE = PCAP + struct.pack("<IIII", 1, 2, 1 << 31, 32)
SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHII", 1, 20, 101, 0, 0, 20)
PACKET = struct.pack("<IIIIIII", 6, 64, 0, 0, 5, 32, 32) + UDP + struct.pack("<I", 64)
PCAPNG = SECTION + INTERFACE * 9 + PACKET + struct.pack("<III", 5, 12, 12) + PACKET
LYING = PCAPNG + PACKET[:-4] + bytes(4)
WRITABLE = bytearray(PCAP)
SPACED = memoryview(bytearray(64))[::2]
GONE = "/no/such/file"

_DIRECTORY = tempfile.TemporaryDirectory()
FILE = Path(_DIRECTORY.name, "some.pcap")
FILE.write_bytes(PCAP)


class Failing:
    """A file that can't be read any more."""

    def __init__(self, data: bytes, error: type[BaseException] = OSError) -> None:
        self.left, self.error = data, error

    def read(self, size: int) -> bytes:
        if not self.left:
            raise self.error
        data, self.left = self.left, b""
        return data


def made(kind: type, data: bytes = PCAP, *, file: bool = False, taken: int = 0) -> object:
    """A capture of bytes, or of a file with them."""
    capture = kind(io.BytesIO(data) if file else data)
    for _ in range(taken):
        next(capture)
    return capture


def mapped(kind: type) -> object:
    return kind(FILE)


def failing(kind: type, error: type[BaseException] = OSError) -> object:
    return kind(Failing(PCAP, error))


def ended(kind: type) -> object:
    capture = made(kind, TORN)
    list(capture)
    return capture


def closed(kind: type) -> object:
    capture = made(kind)
    capture.close()
    return capture


MAKERS: list[Callable[[type], object]] = [
    mapped, failing, partial(failing, error=EOFError), ended, closed,
    *(partial(made, data=data) for data in (PCAP, TORN, HUGE, PCAPNG, LYING)),
    partial(made, file=True, taken=2), partial(made, data=PCAPNG, file=True),
]  # fmt: skip
SOURCES = [PCAP, PCAPNG, WRITABLE, memoryview(PCAP), SPACED, b"", b"GIF89a", HEADER[:20], FILE,
           str(FILE), GONE, None, 5, Failing(b""), "/"]  # fmt: skip


def on(maker: Callable[[type], object], method: str, *arguments: object, **keywords: object):
    return f"Capture.{method}", arguments, keywords, maker


CASES = [
    *(("open_capture", (source,), {}) for source in SOURCES),
    *(("Capture", (source,), {}) for source in SOURCES),
    *(("Capture", (PCAP,), {"max_record": value}) for value in [1, 0, -1, 1 << 70, None, "5"]),
    *(on(maker, "__next__") for maker in MAKERS),
    *(on(maker, "to_columns", ["src", "flow_hash"], verify=True) for maker in MAKERS),
    *(on(made, "to_columns", names, chunk=chunk) for names in [None, [], ["nothing"], 5]
      for chunk in [None, 2, 0, "5"]),
    *(on(maker, method) for maker in MAKERS
      for method in ["__iter__", "__enter__", "__exit__", "__repr__", "__reduce__", "close"]),
]  # fmt: skip
