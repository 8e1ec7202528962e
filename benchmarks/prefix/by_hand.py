"""The longest match in plain Python: a dict for each length of prefix, the longest first."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_pton

from benchmarks.prefix.shapes import Input


class ByLength:
    """What a program without a library has: as many probes as there are lengths."""

    def __init__(self, given: Input) -> None:
        bits = given.shape.bits
        self._family = AF_INET6 if given.shape.wide else AF_INET
        tables: dict[int, dict[int, int]] = {}
        for (address, length), (_, value) in zip(given.networks, given.pairs, strict=True):
            tables.setdefault(bits - length, {})[address >> bits - length] = value
        self._tables = sorted(tables.items())

    def number(self, address: int) -> int | None:
        """The value of an address that is a number."""
        for host, table in self._tables:
            value = table.get(address >> host)
            if value is not None:
                return value
        return None

    def __call__(self, text: str) -> int | None:
        """The value of an address as text."""
        return self.number(int.from_bytes(inet_pton(self._family, text), "big"))
