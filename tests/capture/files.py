"""Make capture files by hand, with any wrong field that a test asks for."""

import struct


class CaptureFiles:
    """Make capture files by hand, with any wrong field that a test asks for."""

    def pcap(
        self,
        *packets: bytes,
        order: str = "<",
        magic: int = 0xA1B2C3D4,
        version: tuple[int, int] = (2, 4),
        link: int = 1,
    ) -> bytes:
        """A pcap file; packet n was seen at n seconds and n units of the fraction."""
        head = struct.pack(order + "IHHiIII", magic, *version, 0, 0, 65535, link)
        extra = bytes(8) if magic == 0xA1B2CD34 else b""
        records = [
            struct.pack(order + "IIII", n, n, len(data), len(data)) + extra + data
            for n, data in enumerate(packets)
        ]
        return head + b"".join(records)

    def record(
        self, data: bytes, seconds: int = 0, fraction: int = 0, captured: int | None = None,
        wire: int | None = None, order: str = "<",
    ) -> bytes:  # fmt: skip
        """One record of a pcap file."""
        sizes = [len(data) if size is None else size for size in (captured, wire)]
        return struct.pack(order + "IIII", seconds, fraction, *sizes) + data

    def block(self, kind: int, body: bytes, order: str = "<", length: int | None = None,
              end: int | None = None) -> bytes:  # fmt: skip
        """A pcapng block; its two lengths can be any."""
        body += bytes(-len(body) % 4)
        length = len(body) + 12 if length is None else length
        end = length if end is None else end
        return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", end)

    def section(self, order: str = "<", major: int = 1, minor: int = 0, magic: int = 0x1A2B3C4D,
                length: int = -1, options: bytes = b"", **block: int) -> bytes:  # fmt: skip
        body = struct.pack(order + "IHHq", magic, major, minor, length) + options
        return self.block(0x0A0D0D0A, body, order, **block)

    def option(self, code: int, value: bytes, order: str = "<", length: int | None = None) -> bytes:
        size = len(value) if length is None else length
        return struct.pack(order + "HH", code, size) + value + bytes(-len(value) % 4)

    def interface(self, link: int = 1, snaplen: int = 0, options: bytes = b"",
                  order: str = "<", **block: int) -> bytes:  # fmt: skip
        return self.block(1, struct.pack(order + "HHI", link, 0, snaplen) + options, order, **block)

    def enhanced(self, data: bytes, units: int = 0, interface: int = 0, order: str = "<",
                 captured: int | None = None, wire: int | None = None, options: bytes = b"",
                 **block: int) -> bytes:  # fmt: skip
        sizes = [len(data) if size is None else size for size in (captured, wire)]
        head = struct.pack(order + "IIIII", interface, units >> 32, units & 0xFFFFFFFF, *sizes)
        return self.block(6, head + data + bytes(-len(data) % 4) + options, order, **block)

    def simple(self, data: bytes, wire: int | None = None, order: str = "<") -> bytes:
        wire = len(data) if wire is None else wire
        return self.block(3, struct.pack(order + "I", wire) + data, order)

    def old(self, data: bytes, units: int = 0, interface: int = 0, order: str = "<") -> bytes:
        """An obsolete packet block."""
        head = struct.pack(
            order + "HHIIII",
            *(interface, 7, units >> 32, units & 0xFFFFFFFF, len(data), len(data)),
        )
        return self.block(2, head + data, order)
