"""The packets that are measured: real ones where they are available, else a mixture like them.

The real ones are a capture of ordinary mixed traffic, 4,709 packets over Ethernet. It is no part
of this project; the folder that holds it is named by FASTSOCK_CAPTURES. The mixture has its
proportions of protocols, sizes, options, padding and tags, and stands in for it everywhere else.
"""

import os
import shutil
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.capture.by_hand import records
from benchmarks.checksums.by_hand import with_checksum
from benchmarks.headers.by_hand import ipv4_datagram, tcp_segment, udp_datagram

REAL = "PcapPlusPlus__many-protocols.pcap"
FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
RECORD_HEADER = struct.Struct("<IIII")
MAC = bytes.fromhex("02005e100001 02005e100002")
TAGS = bytes.fromhex("8100 0076 8100 00d1")
FEW = 8  # repetitions that are written at a time, of some 3 MB each
ECHO, LINK_LOCAL = bytes(range(65, 97)), bytes.fromhex("fe80" + 14 * "00")


@dataclass(frozen=True)
class Traffic:
    """Packets with their records, as a capture file holds them."""

    name: str
    body: bytes  # of a pcap, without its header
    packets: tuple[bytes, ...]

    @property
    def file(self) -> bytes:
        return FILE_HEADER + self.body

    def tiled(self, count: int, path: Path) -> Path:
        """Write a pcap that repeats the packets until there are `count`."""
        whole, rest = divmod(count, len(self.packets))
        size = sum(RECORD_HEADER.size + len(packet) for packet in self.packets[:rest])
        with path.open("wb") as file:
            file.write(FILE_HEADER)
            # The size of a write decides how large the page cache's pieces are.
            for at in range(0, whole, FEW):
                file.write(self.body * min(FEW, whole - at))
            file.write(self.body[:size])
        return path

    def first(self, count: int) -> Iterator[bytes]:
        """The packets again and again, as `tiled` writes them."""
        return islice(cycle(self.packets), count)

    def size(self, count: int) -> int:
        """About how many bytes `tiled` writes."""
        return count * len(self.body) // len(self.packets)


def load(folder: Path) -> Traffic:
    """The real capture, or the mixture where the folder does not have it."""
    path = folder / REAL
    if not path.exists():
        return made()
    blob = path.read_bytes()
    packets = tuple(data for _, _, data in records(blob))
    return Traffic("many-protocols", blob[len(FILE_HEADER) :], packets)


def there_is_room(folder: Path, size: int) -> bool:
    """Whether a file of that size can be written, kept in the page cache and decoded."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError):  # on Linux: the memory that is free, or could be freed
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                memory = int(line.split()[1]) << 10
    return min(memory, shutil.disk_usage(folder).free) > 3 * size


# Bytes of payload, of options (a timestamp) and of padding after the datagram, and how many in 100.
SEGMENTS = {
    (1360, 0, 0): 37,
    (0, 0, 0): 27,
    (0, 12, 0): 9,
    (0, 0, 6): 8,
    (1, 0, 0): 3,
    (45, 0, 0): 4,
    (517, 0, 0): 4,
    (1312, 0, 0): 8,
}
FLAGS = {0x10: 70, 0x18: 21, 0x11: 3, 0x12: 3, 0x02: 3}


def _choice(random: Random, weights: dict[Any, int]) -> Any:
    return random.choices(tuple(weights), tuple(weights.values()))[0]


def _tcp(random: Random, src: bytes, dst: bytes) -> bytes:
    payload, options, padding = _choice(random, SEGMENTS)
    segment = tcp_segment(
        src,
        dst,
        (random.randrange(1024, 65536), 443),
        (random.getrandbits(32), random.getrandbits(32)),
        _choice(random, FLAGS),
        random.randbytes(payload),
        bytes.fromhex("0101080a0000000100000002")[:options],
    )
    return ipv4_datagram(src, dst, 6, segment) + bytes(padding)


def _udp(random: Random, src: bytes, dst: bytes) -> bytes:
    payload = random.randbytes(random.randrange(32, 130))
    return udp_datagram(src, dst, random.randrange(1024, 65536), 53, payload)


def _packet(random: Random, kind: str) -> bytes:
    src, dst = b"\x0a\x00" + random.randbytes(2), random.randbytes(4)
    if kind == "tcp":
        return MAC + b"\x08\x00" + _tcp(random, src, dst)
    if kind == "udp":
        return MAC + b"\x08\x00" + ipv4_datagram(src, dst, 17, _udp(random, src, dst))
    if kind in ("icmp", "tagged icmp"):
        echo = with_checksum(struct.pack("!BBHHH", 8, 0, 0, 1, 1) + ECHO, 2)
        tags = TAGS if kind == "tagged icmp" else b""
        return MAC + tags + b"\x08\x00" + ipv4_datagram(src, dst, 1, echo)
    if kind == "udp6":
        src, dst = LINK_LOCAL[:8] + random.randbytes(8), LINK_LOCAL[:12] + random.randbytes(4)
        datagram = _udp(random, src, dst)
        head = struct.pack("!IHBB", 6 << 28, len(datagram), 17, 1)
        return MAC + b"\x86\xdd" + head + src + dst + datagram
    if kind == "arp":
        who = MAC[6:] + src + bytes(6) + dst
        return MAC + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + who
    return MAC + (360).to_bytes(2, "big") + bytes.fromhex("aaaa0300000c2000") + bytes(352)


@cache
def made() -> Traffic:
    """The mixture, by a fixed seed."""
    random = Random(4709)
    kinds = ["tcp"] * 4321 + ["udp"] * 253 + ["icmp"] * 89 + ["tagged icmp"] * 20
    kinds += ["udp6"] * 16 + ["arp"] * 4 + ["cdp"] * 6
    random.shuffle(kinds)
    packets = tuple(_packet(random, kind) for kind in kinds)
    head = RECORD_HEADER.pack
    body = b"".join(
        head(1_700_000_000 + i // 1000, i % 1000 * 1000, len(packet), len(packet)) + packet
        for i, packet in enumerate(packets)
    )
    return Traffic("made", body, packets)


if __name__ == "__main__":  # traffic.py COUNT PATH: a capture file for programs that are not Python
    load(Path(os.environ.get("FASTSOCK_CAPTURES", ""))).tiled(int(sys.argv[1]), Path(sys.argv[2]))
