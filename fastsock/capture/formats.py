"""What both twins know of pcap and pcapng: limits, headers, records, and why reading stops."""

from __future__ import annotations

from struct import Struct

from .._core.errors import shorten
from .._core.typed import NamedTuple
from .errors import CaptureError

MAX_RECORD = 262_144
"""The default limit of a record's captured bytes, as in libpcap."""

BLOCK_ROOM = 1 << 20
"""How much longer than `max_record` a pcapng block may be, for its options."""

MAX_INTERFACES = 1 << 16
"""The most interfaces of one pcapng section: a file must not choose how much memory is used."""

STOPS = {
    "header": "a record header of {0} bytes, of which {1} are there",
    "record": "a record of {0} bytes, of which {1} are there",
    "huge": "a record of {0} bytes, more than the {1} allowed",
    "block_header": "a block of at least {0} bytes, of which {1} are there",
    "block": "a block of {0} bytes, of which {1} are there",
    "block_length": "a block of {0} bytes, which is no length of a block",
    "block_huge": "a block of {0} bytes, more than the {1} allowed",
    "block_end": "a block of {0} bytes, which ends as one of {1}",
    "byte_order": "a section of unknown byte order, 0x{0:08x}",
    "version": "a section of version {0}.{1}",
    "block_short": "a block of {0} bytes, too short for its fields",
    "room": "a record of {0} bytes in a block that has room for {1}",
    "interface": "a record of interface {0}, where there are {1}",
    "interfaces": "more than {0} interfaces",
    "option": "an interface option of {0} bytes, where {1} are left",
    "option_length": "an interface option of {0} bytes, where there should be {1}",
}
"""The text of each reason to stop, in the order of the kernel's codes."""


class Record(NamedTuple):
    """One packet of a capture file.

    Attributes:
        timestamp_ns: nanoseconds since 1970; 0 in a pcapng simple packet block, which has no time.
        wire_length: bytes of the packet on the wire.
        link: number of the link type; `parse_packet` takes it.
        data: the captured bytes: a read-only view of the mapped file, the buffer or the block.

    >>> Record(1_000_000_000, 60, 1, memoryview(b"...")).link
    1
    """

    timestamp_ns: int
    wire_length: int
    link: int
    data: memoryview


Record.__module__ = "fastsock.capture"


class Layout(NamedTuple):
    """How a capture's records are encoded, as its first bytes say."""

    format: str  # "pcap" or "pcapng"
    byteorder: str  # "<" or ">", as in struct; of pcapng's first section
    nanoseconds: bool
    header: int  # bytes of a pcap record's header
    link: int
    swapped: int  # the order of captured and wire length: 0 usual, 1 unknown, 2 swapped

    @property
    def start(self) -> int:
        """Where the first record or block begins."""
        return _FILE_HEADER if self.format == "pcap" else 0


_FILE_HEADER = 24
_SECTION = b"\x0a\x0d\x0d\x0a"
ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
# Magic number, read as big-endian: byte order, nanoseconds, size of a record's header. The last
# two are those of a patched libpcap, whose record headers are eight bytes longer.
_MAGICS = {
    0xA1B2C3D4: (">", False, 16),
    0xD4C3B2A1: ("<", False, 16),
    0xA1B23C4D: (">", True, 16),
    0x4D3CB2A1: ("<", True, 16),
    0xA1B2CD34: (">", False, 24),
    0x34CDB2A1: ("<", False, 24),
}


# First bytes of compressed files, so that the error can name the format.
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\x04\x22\x4d\x18": "LZ4",
    b"PK\x03\x04": "ZIP",
}


def layout_of(head: bytes, stopped: str | None) -> Layout:
    """Read a file's header from its first 24 bytes; `stopped` says why there are fewer.

    Raises:
        CaptureError: not a capture, or of an unknown version.
    """
    if stopped is not None and len(head) < _FILE_HEADER:
        raise CaptureError(f"a capture that can't be read: {stopped}")
    if head[:4] == _SECTION:
        return _section_layout(head)
    known = _MAGICS.get(int.from_bytes(head[:4], "big")) if len(head) >= 4 else None
    if known is None:
        for magic, name in _PACKED.items():
            if head.startswith(magic):
                raise CaptureError(f"not a capture but {name} data, which is to be unpacked first")
        raise CaptureError(f"not a capture: it begins with {shorten(head[:4])}")
    if len(head) < _FILE_HEADER:
        raise CaptureError(f"a capture's header has 24 bytes, of which {len(head)} are there")
    byteorder, nanoseconds, header = known
    major, minor, link = Struct(byteorder + "4xHH12xI").unpack(head)
    if major not in (2, 543):  # 543 is a known mistake of one writer
        raise CaptureError(f"a pcap file of version {major}.{minor}")
    # Before 2.3 the wire length came first, and some writers of 2.3 still put it there.
    swapped = 2 if major == 543 or minor < 3 else 1 if minor == 3 else 0
    # The bits above the link type hold the length of the frame check sequence.
    return Layout("pcap", byteorder, nanoseconds, header, link & 0xFFFF, swapped)


def _section_layout(head: bytes) -> Layout:
    byteorder = ORDERS.get(head[8:12])
    if byteorder is None or len(head) < 16:
        raise CaptureError("a pcapng section header that is cut or of unknown byte order")
    major, minor = Struct(byteorder + "HH").unpack(head[12:16])
    if major != 1:
        raise CaptureError(f"a pcapng file of version {major}.{minor}")
    return Layout("pcapng", byteorder, False, 0, 0, 0)


def stop_text(name: str, offset: int, first: int, second: int) -> str:
    """Say why reading stopped, and the offset of the faulty record or block."""
    return f"offset {offset}: {STOPS[name].format(first, second)}"
