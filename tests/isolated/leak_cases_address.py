"""Calls of `fastsock.address` for leaks.py, every way out: (function, arguments[, keywords])."""

from socket import AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC


class Text(str):
    """A str that is none of CPython's own."""


class Family:
    """An integer by `__index__` alone."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class Broken:
    """No family and no iterable: whatever is asked of it raises."""

    def __index__(self) -> int:
        raise RuntimeError("no index")

    def __iter__(self) -> object:
        raise RuntimeError("no iterator")


class Rows:
    """An iterable of texts that can be read again, and that may break at its end."""

    def __init__(self, *texts: object, error: bool = False) -> None:
        self.texts, self.error = texts, error

    def __iter__(self):
        yield from self.texts
        if self.error:
            raise RuntimeError("no more rows")


def fresh(text: str) -> str:
    """A str that nothing else refers to."""
    return "".join(list(text))


SPACED = memoryview(bytearray(16))[::2]
TEXTS = [
    "192.0.2.1", "127.1", "0x7f000001", "1.2.3.4 tail", "nowhere", "", "1.2.3.4\0", "::1",
    "2001:db8::192.0.2.1", "1.2.3.4.5", "\u0661.2.3.4", "\ud800", "1" * 500,
]  # fmt: skip
NO_TEXTS = [None, b"192.0.2.1", 5, bytearray(b"1")]
PACKED = [bytes(4), bytearray(4), bytes(16), bytearray(range(16)), b"", bytes(5), SPACED,
          memoryview(bytes(16)), bytes(10) + b"\xff\xff" + bytes(4)]  # fmt: skip
NO_BUFFERS = [None, "text", 5, [0, 0, 0, 0]]
FAMILIES = [AF_INET, AF_INET6, Family(AF_INET)]
NO_FAMILIES = [AF_UNIX, -1, 1 << 70, "AF_INET", None, 2.0, Broken(), Family(1 << 70)]

GOOD4, BAD4 = ["192.0.2.1", "192.0.2.2"], ["192.0.2.1", "192.0.2.256"]
GOOD6 = ["2001:db8::1", "::ffff:192.0.2.1"]
BLOBS = [
    b"192.0.2.1\n192.0.2.2\n", b"192.0.2.1\r\n192.0.2.256", b"2001:db8::1\n::1\n", b"", b"\n\n",
    b"192.0.2.1\n" * 40, b"2001:db8:1:2:3:4:5:6\n" * 40, b"x" * 300,
]  # fmt: skip
ROWS = [
    [fresh(text) for text in GOOD4], tuple(fresh(text) for text in BAD4), [fresh(t) for t in GOOD6],
    [*map(fresh, GOOD4), None], [*map(fresh, GOOD4), Text("192.0.2.3")], [fresh("\ud800")], [],
    Rows(*GOOD4), Rows(*BAD4), Rows("192.0.2.1", 5), Rows("192.0.2.1", error=True),
    *BLOBS, *map(bytearray, BLOBS), memoryview(bytearray(BLOBS[0])), SPACED,
    memoryview(bytearray(8)).cast("I"), "192.0.2.1", None, 5, Broken(),
]  # fmt: skip

HOSTPORTS = [
    "example.org:80", "example.org", "192.0.2.1:80", ":8080", "[2001:db8::1]:443", "[fe80::1%eth0]",
    "::1", "b\u00fccher.example:80", "[fe80::1%\u00fc]:80", "n" * 300 + ":80", "", "a b", "a:x",
    "a:", "[x]:80", "[::1]x", "1:2:3", "\u2003:80", "\ud800:80", "[::1]:" + "9" * 300,
]  # fmt: skip
HOSTS = ["example.org", "192.0.2.1", "", "::1", "fe80::1%\u00fc", "b\u00fccher", "n" * 300, "a b",
         "1:2", "\u2003"]  # fmt: skip
PORTS = [80, 65535, None, True, Family(80), -1, 65536, 1 << 70, 1 << 5000, "80", 8.0, Broken(),
         Family(1 << 70)]  # fmt: skip

CASES = [
    *(("parse_hostport", (fresh(text),)) for text in HOSTPORTS),
    *(("parse_hostport", (Text(text), 8000)) for text in HOSTPORTS),
    *(("parse_hostport", (fresh(text),), {"default_port": object()}) for text in HOSTPORTS),
    *(("parse_hostport", (value,)) for value in NO_TEXTS),
    *(("format_hostport", (fresh(host), port)) for host in HOSTS for port in PORTS),
    *(("format_hostport", (Text(host), 80)) for host in HOSTS),
    *(("format_hostport", (value, 80)) for value in NO_TEXTS),
    *(("inet_aton", (fresh(text),)) for text in TEXTS),
    *(("inet_aton", (value,)) for value in [*NO_TEXTS, Text("192.0.2.1")]),
    *(("inet_ntoa", (packed,)) for packed in [*PACKED, *NO_BUFFERS]),
    *(("inet_pton", (family, fresh(text))) for family in FAMILIES for text in TEXTS),
    *(("inet_pton", (family, value)) for family in [AF_INET, AF_UNIX] for value in NO_TEXTS),
    *(("inet_pton", (family, fresh("192.0.2.1"))) for family in NO_FAMILIES),
    *(("inet_ntop", (family, packed)) for family in FAMILIES for packed in [*PACKED, *NO_BUFFERS]),
    *(("inet_ntop", (family, bytes(4))) for family in NO_FAMILIES),
    *(
        ("inet_pton_many", (family, rows), {"errors": errors})
        for family in [AF_INET, AF_INET6, AF_UNSPEC]
        for rows in ROWS
        for errors in ["strict", "mask"]
    ),
    *(("inet_pton_many", (family, [fresh("192.0.2.1")])) for family in NO_FAMILIES),
    *(("inet_pton_many", (AF_INET, []), {"errors": value}) for value in ["ignore", None, 5]),
    *(
        (name, (family, packed))
        for name in ["inet_ntop_many", "inet_ntop_lines"]
        for family in [AF_INET, AF_INET6, AF_UNSPEC]
        for packed in [*PACKED, *NO_BUFFERS, bytearray(64), memoryview(bytearray(32)).cast("I")]
    ),
    *(
        (name, (family, bytearray(16)))
        for name in ["inet_ntop_many", "inet_ntop_lines"]
        for family in NO_FAMILIES
    ),
]
