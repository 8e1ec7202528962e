"""Every part's targets: the report prints every ratio beside its target.

A target names rows by a pattern (`inet_pton v?`) and, where it does not hold for all of
their inputs, inputs by another. Ratios are of times a call (or an item), minimum of a run.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.harness.rows import Row

ANY = "*"


@dataclass(frozen=True)
class Target:
    """`who` is at least `times` as fast as `against`, or takes at most `ns` an item.

    Or it handles at least `rate` bytes a nanosecond, which are gigabytes a second.
    """

    part: str
    row: str
    input: str = ANY
    who: str = "compiled"
    against: str = ""  # the baseline of the row
    times: float = 0.0
    ns: float = 0.0
    rate: float = 0.0
    python: str = ""  # "3.14": from this version on; "<3.14": before it; else any

    @property
    def is_limit(self) -> bool:
        """Whether it bounds a loss; the report shows that as a share of the other's time."""
        return 0 < self.times < 1

    def figure(self, row: "Row") -> float | None:
        """The figure of a row that the target bounds, or None where the row lacks it."""
        if self.ns:
            return row.ns.get(self.who)
        return row.rate(self.who) if self.rate else row.times(self.who, self.against or None)

    def __str__(self) -> str:
        if self.ns:
            return f"{self.row}: {self.who} takes at most {self.ns:g} ns an item"
        if self.rate:
            return f"{self.row}: {self.who} at least {self.rate:g} GB/s"
        against = self.against or "the baseline"
        if self.is_limit:
            return f"{self.row}: {self.who} takes at most {1 / self.times:g}x {against}"
        return f"{self.row}: {self.who} at least {self.times:g}x as fast as {against}"

    def is_for(self, version: str) -> bool:
        """Whether it holds on this version of Python, written as "3.14.2"."""
        if not self.python:
            return True
        bound = int(self.python.lstrip("<").split(".")[1])
        return (int(version.split(".")[1]) < bound) == self.python.startswith("<")

    def covers(self, part: str, row: str, input: str) -> bool:
        wanted = ((part, self.part), (row, self.row), (input, self.input))
        return all(fnmatchcase(value, pattern) for value, pattern in wanted)


def per_version(row: str, before: float, since: float) -> tuple[Target, Target]:
    """Targets of a row of ipaddress, which Python made faster itself in 3.14."""
    return (
        Target("ipaddress", row, times=before, python="<3.14"),
        Target("ipaddress", row, times=since, python="3.14"),
    )


TARGETS = (
    Target("import", "import fastsock", ns=3_000_000),
    Target("import", "import inet_pton", times=1 / 1.5),
    Target("address", "inet_aton", times=3),
    Target("address", "inet_pton v?", times=2),
    Target("address", "inet_ntoa", times=4),
    Target("address", "inet_ntop v4", times=4),
    Target("address", "inet_ntop v6", times=6),
    # Within 1.5x of an empty compiled call that returns the same kind of object.
    Target("address", "inet_*", against="floor", times=1 / 1.5),
    Target("address", "inet_pton_many v4 list", times=6),
    Target("address", "inet_pton_many v6 list", times=5),
    Target("address", "inet_pton_many v4 lines", times=20),
    Target("address", "inet_pton_many v4 lines", ns=10),
    Target("address", "inet_pton_many v6 lines", times=10),
    Target("address", "inet_ntop_many v?", times=4),
    # Prefix tables of a million networks; nanoseconds an address or a network.
    Target("prefix", "lookup", "IPv4 routes*", against="pytricia, frozen", times=5),
    Target("prefix", "lookup", "IPv4 routes*", against="libcidr", times=2),
    Target("prefix", "lookup_many", "IPv4*", ns=20),
    Target("prefix", "lookup_many", "IPv6*", ns=60),
    Target("prefix", "open", "IPv4 routes*", ns=10),
    # Objects of ipaddress.
    *per_version("create v4", 35, 24),
    *per_version("create v6", 40, 30),
    *per_version("create network v?", 40, 28),
    *per_version("create interface v?", 80, 55),
    Target("ipaddress", "create v4", against="libcidr", times=1.9),
    Target("ipaddress", "create v6", against="libcidr", times=1.6),
    Target("ipaddress", "create network v4", against="libcidr", times=1.6),
    Target("ipaddress", "ip_address v?", "hot", times=20),
    Target("ipaddress", "str v4", times=12),
    Target("ipaddress", "str v6", times=40),
    Target("ipaddress", "hash v?", times=3.5),
    Target("ipaddress", "== v4", times=3),
    Target("ipaddress", "== v6", times=8),
    Target("ipaddress", "== network v?", times=10),
    Target("ipaddress", "is_*", times=4),
    Target("ipaddress", "in", times=5),
    Target("ipaddress", "pickle v4", times=1),
    Target("ipaddress", "pickle v6", times=3),
    Target("ipaddress", "collapse_addresses", times=10),
    # Datagrams. The floor is a C program around recvmmsg.
    Target("datagram", "recv", times=2),
    Target("datagram", "recv", "64 B", against="floor", times=0.9),
    Target("datagram", "recv, GRO", "64 B", against="compiled, one by one", times=5),
    # Received bytes, beside the fastest loop by hand.
    Target("stream", "frames, length-prefixed", times=3.5),
    Target("stream", "frames, length-prefixed", against="asyncio StreamReader", times=10),
    Target(
        "stream",
        "frames, length-prefixed",
        who="asyncio aio.frames()",
        against="asyncio StreamReader",
        times=10,
    ),
    Target("stream", "frames, lines", times=1.5),
    Target("stream", "frames, lines", against="find+del", times=5),
    Target("stream", "bulk, 1 MiB", times=0.9),
    Target("stream", "bulk, 1 MiB", who="frames() as bytes", times=0.9),
    Target("stream", "fill", "with a timeout", times=1.4),
    # Written frames, and both halves of an echo.
    Target("encode", "encode_many, length of 4 bytes", against="to_bytes", times=4),
    Target("encode", "TextLength frames", against="index", times=8),
    Target("rpc", "RPC echo", "1 in flight", times=2),
    Target("rpc", "RPC echo", "10 in flight", times=8),
    Target("rpc", "RPC echo", "100 in flight", times=20),
    Target("lookup", "getaddrinfo v4", times=15),
    Target("lookup", "getaddrinfo v6", times=6),
    Target("lookup", "getaddrinfo v4", who="pure", times=3.5),
    Target("lookup", "getserv*", times=50),
    Target("lookup", "getprotobyname", times=50),
    Target("lookup", "Resolver hit", times=30),
    Target("checksums", "checksum", "20 B", times=4),
    Target("checksums", "checksum", "1460 B", times=20),
    Target("checksums", "checksum", "* large", rate=15),
    Target("packet", "parse_packet + 5 fields", times=1),
    Target("packet", "parse_packet + 5 fields", against="dpkt", times=20),
    Target("packet", "parse_packet + 5 fields", who="compiled, PacketFields", times=3),
    Target("packet", "parse_packet", ns=120),
    Target("packet", "parse_packet, link by name", against="by default", times=1 / 1.1),
    Target("headers", "forward: ttl -= 1", times=1 / 1.4),
    Target("headers", "forward: ttl -= 1", ns=110),
    Target("headers", "build_*", times=3),
    Target("proxy", "parse_proxy", times=4),
    Target("proxy", "build_proxy_*", times=1 / 1.5),
    Target("address", "parse_hostport", times=5),
    # Columns inside an engine, beside what the engine maps over them.
    Target("engines", "lookup, summed", "pandas,*", against="pytricia, mapped", times=25),
    Target("engines", "lookup, summed", "Polars,*", against="pytricia, mapped", times=25),
    Target("engines", "lookup, summed", "DuckDB,*", against="pytricia, mapped", times=5),
    Target("engines", "lookup, summed", "Spark*", against="pytricia, mapped", times=5),
    Target("capture", "to_columns, 28 columns", against="dpkt", times=150),
    Target("capture", "to_columns, 28 columns", against="tshark", times=300),
    Target("capture", "to_columns, 28 columns", ns=100),
    Target(
        "capture",
        "to_columns, 2 threads",
        "*1,000,000",  # the call alone
        who="2 threads",
        against="1 thread",
        times=1.7,
    ),
    Target("capture", "to_columns, chunks", who="compiled", against="held", times=1.1),
    Target("capture", "decode_columns, 5 columns", ns=30),
    # The pure twin is never slower than the obvious code over the standard library by more.
    *(Target(part, ANY, who="pure", times=1 / 1.5) for part in ("address", "lookup")),
)
