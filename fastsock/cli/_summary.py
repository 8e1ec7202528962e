"""The summary that ``fastsock capture`` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import compress
from operator import itemgetter
from socket import AF_UNSPEC
from struct import iter_unpack
from typing import Any

from .. import Columns, inet_ntop_many
from .._core.protocols import name_of as protocol_name
from ..packet.fields import FAULTS, LINK_ALIASES, LINK_TYPES, ChecksumStatus, Status
from ._common import duration, first, print_pairs, say, size as size_text

COLUMNS = (
    "timestamp_ns", "wire_length", "captured_length", "link", "ethertype", "version", "protocol",
    "src", "status", "ip_checksum_status", "checksum_status",
)  # fmt: skip

_SECOND = 10**9
# Limits of the text output; JSON lists all.
_MOST_LINKS = 8
_MOST_PROTOCOLS = 40
_ETHERTYPES = {0x0806: "ARP", 0x8847: "MPLS", 0x8863: "PPPoE discovery", 0x88CC: "LLDP"}
_LINKS = {number: name for name, number in LINK_TYPES.items()}


def link_name(link: int) -> str:
    """The name of a link type, or its number."""
    return _LINKS.get(LINK_ALIASES.get(link, link), f"link type {link}")


def _protocol_name(link: int, ethertype: int, version: int, protocol: int) -> str:
    if version:
        return f"IPv{version} {protocol_name(protocol)}"
    if ethertype:
        return _ETHERTYPES.get(ethertype, f"ethertype 0x{ethertype:04x}")
    return link_name(link)


def _time(timestamp_ns: int) -> str:
    seconds, rest = divmod(timestamp_ns, _SECOND)
    moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return f"{moment.isoformat()}.{rest:09}Z"


@dataclass
class Summary:
    """Totals of the packets so far."""

    top: int
    packets: int = 0
    captured_bytes: int = 0
    wire_bytes: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    bad_ip_checksums: int = 0
    bad_checksums: int = 0
    links: Counter[int] = field(default_factory=Counter)
    protocols: Counter[tuple[int, int, int, int]] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    talkers: Counter[bytes] = field(default_factory=Counter)
    talked: Counter[bytes] = field(default_factory=Counter)

    def add(self, columns: Columns) -> None:
        """Count the packets of a chunk, at least one."""
        times = columns["timestamp_ns"].tolist()
        first, last = min(times), max(times)
        self.first_ns = first if self.first_ns is None else min(first, self.first_ns)
        self.last_ns = last if self.last_ns is None else max(last, self.last_ns)
        self.packets += len(columns)
        self.captured_bytes += sum(columns["captured_length"].tolist())
        sizes = columns["wire_length"].tolist()
        self.wire_bytes += sum(sizes)
        kinds = [columns[name].tolist() for name in ("link", "ethertype", "version", "protocol")]
        self.links.update(kinds[0])
        self.protocols.update(zip(*kinds, strict=True))
        self.statuses.update(columns["status"].tolist())
        self.bad_ip_checksums += bytes(columns["ip_checksum_status"]).count(ChecksumStatus.BAD)
        self.bad_checksums += bytes(columns["checksum_status"]).count(ChecksumStatus.BAD)
        if self.top:
            self._add_talkers(columns, sizes, kinds[2])

    def _add_talkers(self, columns: Columns, sizes: list[int], versions: list[int]) -> None:
        """Count the senders of IP packets."""
        senders = list(map(itemgetter(0), iter_unpack("16s", columns["src"].tobytes())))
        self.talkers.update(compress(senders, versions))
        talked = self.talked
        for sender, size, version in zip(senders, sizes, versions, strict=True):
            if version:
                talked[sender] += size

    def _named(self) -> Counter[str]:
        named: Counter[str] = Counter()
        for key, count in self.protocols.items():
            named[_protocol_name(*key)] += count
        return named

    def _faults(self) -> Counter[str]:
        faults: Counter[str] = Counter()
        for status, count in self.statuses.items():
            for bit in Status(status & FAULTS):
                faults[bit.name or str(int(bit))] += count
        return faults

    def _top(self) -> list[dict[str, Any]]:
        ranked = self.talkers.most_common(self.top)
        texts = inet_ntop_many(AF_UNSPEC, b"".join(address for address, _ in ranked))
        return [
            {"address": text, "packets": count, "bytes": self.talked[address]}
            for text, (address, count) in zip(texts, ranked, strict=True)
        ]

    def as_json(self) -> dict[str, Any]:
        """All of it by stable keys."""
        times = [None if when is None else _time(when) for when in (self.first_ns, self.last_ns)]
        named = self._named().most_common()
        return {
            "packets": self.packets,
            "captured_bytes": self.captured_bytes,
            "wire_bytes": self.wire_bytes,
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
            "first": times[0],
            "last": times[1],
            "duration": ((self.last_ns or 0) - (self.first_ns or 0)) / _SECOND,
            "links": {link_name(link): count for link, count in self.links.most_common()},
            "protocols": [{"name": name, "packets": count} for name, count in named],
            "bad_ip_checksums": self.bad_ip_checksums,
            "bad_checksums": self.bad_checksums,
            "faults": dict(self._faults().most_common()),
            "distinct": len(self.talkers) if self.top else None,
            "top": self._top() if self.top else None,
        }


def _sizes(wire: int, captured: int) -> str:
    return f"{size_text(wire)}, {'all' if captured == wire else size_text(captured)} captured"


def print_summary(facts: dict[str, Any]) -> None:
    """The facts of `as_json`, with file, format and reason, as tables."""
    shown, more = first(facts["links"].items(), _MOST_LINKS)
    links = ", ".join([*(f"{name} {count:,}" for name, count in shown), *([more] if more else [])])
    faults = ", ".join(f"{name} {count:,}" for name, count in facts["faults"].items())
    print_pairs(
        [
            ("format", f"{facts['format']}, {links}" if links else facts["format"]),
            ("packets", f"{facts['packets']:,}"),
            ("bytes", _sizes(facts["wire_bytes"], facts["captured_bytes"])),
            ("first", facts["first"] or "-"),
            ("last", facts["last"] or "-"),
            ("duration", duration(facts["duration"])),
            ("bad sums", f"{facts['bad_ip_checksums']:,} IPv4, {facts['bad_checksums']:,} other"),
            ("faults", faults or "none"),
            ("stopped", facts["stopped"] or "at the end"),
        ]
    )
    if facts["protocols"]:
        say()
        say("protocols")
        shown, more = first(facts["protocols"], _MOST_PROTOCOLS)
        for row in shown:
            say(f"{row['packets']:>12,}  {row['name']}")
        if more:
            say(f"{'':>12}  {more}")
    if facts["top"]:
        say()
        say(f"senders, of {facts['distinct']:,}: packets, bytes")
        for row in facts["top"]:
            say(f"{row['packets']:>12,} {size_text(row['bytes']):>16}  {row['address']}")
