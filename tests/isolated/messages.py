"""Print each message that shows more than 64 characters of what was refused.

    python messages.py FOLDER

Every public function and class of every part is called, and every method of some objects, with
each parameter in turn long and hostile and the others as they should be; then what reads files and
received bytes. Only messages in fastsock's own words are judged: an OSError of the system, a
KeyError, and what `ipaddress` and `enum` word, show all, as everywhere in Python.
"""

import inspect
import io
import re
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import fastsock

FOLDER = Path(sys.argv[1])
LONG = "x" * 5000
DIGITS = "9" * 5000
HUGE = 10**4000


class Verbose:
    def __repr__(self) -> str:
        return LONG


TEXTS = [
    LONG, DIGITS, "\0" + LONG, "\ud800" + LONG, "é" + LONG, "1.2.3.4:" + LONG, "[::1]:" + LONG,
    "[::1" + LONG, "::1%" + LONG, "1.2.3.4/" + LONG, "1.2.3.4/" + DIGITS, "xn--" + LONG,
    ".".join(["x" * 60] * 80), "1.2.3.4:" + DIGITS,
]  # fmt: skip
HOSTILE: list[Any] = [
    *TEXTS, *(text.encode("utf-8", "surrogatepass") for text in TEXTS), bytearray(LONG.encode()),
    memoryview(LONG.encode()), HUGE, -HUGE, 1.5, None, Verbose(), io.BytesIO(LONG.encode()),
    [LONG], [LONG.encode()], (LONG,), {LONG: LONG}, [(LONG, 1)], [("10.0.0.0/8", LONG)], [HUGE],
    (LONG, 1), (LONG, LONG), (1, LONG), ("1.2.3.4", LONG), ("1.2.3.4", HUGE), (HUGE, HUGE),
    [(1, LONG.encode())], [Verbose()], (Verbose(), 1),
    b"PROXY TCP4 " + LONG.encode(), b"PROXY TCP4 1.2.3.4 1.2.3.4 1 " + LONG.encode() + b"\r\n",
]  # fmt: skip
DATAGRAM = fastsock.build_udp("192.0.2.1", "192.0.2.2", 1, 2)
PACKET = fastsock.parse_packet(DATAGRAM, "raw")
# What a parameter of this name should be; any other is some bytes.
USUAL = {
    "family": 2, "text": "192.0.2.1", "texts": ["192.0.2.1"], "packed": bytes(4), "host": "::1",
    "errors": "strict", "src": "192.0.2.1", "dst": "192.0.2.1", "sport": 1, "dport": 2, "port": 80,
    "payload": b"", "buffer": DATAGRAM, "names": ("src",), "link": "raw", "packet": PACKET,
    "networks": ["192.0.2.0/24"], "items": [("192.0.2.0/24", 1)], "packets": [DATAGRAM],
    "source": ("192.0.2.1", 1), "destination": ("192.0.2.1", 2), "seed": 0, "default": None,
}  # fmt: skip
# These reach the network, or begin with a running loop.
LEFT_OUT = {
    "connect", "create_connection", "getfqdn", "gethostbyname", "gethostbyaddr", "getnameinfo",
    "gethostbyname_ex", "open_datagram_socket", "send_batch", "reload_tables",
}  # fmt: skip
PARTS = [
    "address", "arrow", "capture", "checksums", "datagram", "headers", "ipaddress", "lookup",
    "packet", "prefix", "proxy", "sockaddr", "stream",
]  # fmt: skip


def worded_by_python(call: object, error: BaseException) -> bool:
    if inspect.isclass(call) and issubclass(call, Enum):
        return True
    return isinstance(error, KeyError) or getattr(error, "errno", None) is not None


def long_runs(text: str) -> bool:
    """Whether there are more than 64 characters, digits or bytes in a row of what is hostile."""
    return bool(re.search(r"x{65}|9{65}|\d{65}", text)) or len(text) > 500


def judge(label: str, call: Callable[..., Any], *args: Any, **options: Any) -> None:
    try:
        call(*args, **options)
    except Exception as refused:
        if not worded_by_python(call, refused) and long_runs(str(refused)):
            print(f"{label}: {type(refused).__name__}: {ascii(str(refused))[:200]}")


def calls(function: Callable[..., Any]) -> Iterator[tuple[str, list[Any], dict[str, Any]]]:
    """Arguments for calls with each parameter in turn hostile."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # CPython's own, without a signature
        for hostile in HOSTILE:
            yield "first", [hostile], {}
            yield "second", [2, hostile], {}
        return
    required = [one for one in parameters if one.default is one.empty and one.kind < 2]
    for one in parameters:
        for hostile in HOSTILE:
            given = [hostile if each is one else USUAL.get(each.name, b"abc") for each in required]
            if one.kind is one.VAR_POSITIONAL:
                given.append(hostile)
            named = one not in required and one.kind != one.VAR_POSITIONAL
            yield one.name, given, {one.name: hostile} if named else {}


def walk(label: str, function: Callable[..., Any]) -> None:
    for parameter, given, named in calls(function):
        judge(f"{label}({parameter})", function, *given, **named)


def walk_parts() -> None:
    for part in PARTS:
        face = import_module(f"fastsock.{part}")
        for name in face.__all__:
            function = getattr(face, name)
            if name in LEFT_OUT or not callable(function) or inspect.iscoroutinefunction(function):
                continue
            if part == "ipaddress" and name not in ("from_packed", "to_packed"):
                continue
            if not (inspect.isclass(function) and issubclass(function, BaseException)):
                walk(f"{part}.{name}", function)


def walk_methods() -> None:
    table = fastsock.PrefixTable([("192.0.2.0/24", 1)])
    for owner in (
        fastsock.RecvAccumulator(), table, fastsock.PrefixSet(["192.0.2.0/24"]), PACKET,
        fastsock.IPv4View(bytearray(DATAGRAM)), fastsock.decode_columns([DATAGRAM], link="raw"),
        fastsock.CaptureWriter(io.BytesIO(), "raw"), fastsock.LengthPrefix(2), fastsock.Lines(),
        fastsock.Delimiter(b"\n"), fastsock.Netstring(), fastsock.FixedSize(3), fastsock.Varint(),
        fastsock.TextLength(end=b"\n"), fastsock.Resolver(),
    ):  # fmt: skip
        kind = type(owner).__name__
        for name in dir(owner):
            if name.startswith("_") or name in LEFT_OUT:
                continue
            value = getattr(owner, name)
            if inspect.iscoroutinefunction(value):
                continue
            if callable(value):
                walk(f"{kind}.{name}", value)
            else:
                for hostile in HOSTILE:
                    judge(f"{kind}.{name} =", setattr, owner, name, hostile)
        for name in ("__getitem__", "__contains__", "__setitem__", "__delitem__"):
            if hasattr(owner, name):
                walk(f"{kind}.{name}", getattr(owner, name))


def walk_streams() -> None:
    framers = (
        fastsock.LengthPrefix(2), fastsock.LengthPrefix(8), fastsock.Lines(max_frame=9),
        fastsock.Delimiter(b"\n", max_frame=9), fastsock.Netstring(), fastsock.FixedSize(3),
        fastsock.Varint(), fastsock.TextLength(end=b"\n"), fastsock.TextLength(base=16, end=b"\n"),
    )  # fmt: skip
    for framer in framers:
        for hostile in HOSTILE:
            if isinstance(hostile, bytes):
                received = fastsock.RecvAccumulator()
                received.feed(hostile)
                judge(f"{framer!r} received", received.frames, framer)
            judge(f"{framer!r} sent", framer.encode, hostile)


def walk_files() -> None:
    for hostile in TEXTS:
        for line in (hostile, f"192.0.2.0,{hostile}", f"{hostile},9", f"192.0.2.0,9,{hostile}"):
            lines = ["network,count,value", line]
            shapes: list[dict[str, Any]] = [
                {},
                {"first": "network", "count": "count"},
                {"first": "network", "last": "count"},
                {"first": "network", "last": "count", "columns": [hostile, "network"]},
            ]
            for shape in shapes:
                judge(f"from_csv {shape}", fastsock.PrefixTable.from_csv, lines, **shape)
            judge("from_csv header", fastsock.PrefixTable.from_csv, lines[::-1])
        path = FOLDER / "hostile"
        path.write_bytes(hostile.encode("utf-8", "surrogatepass"))
        judge("load", fastsock.PrefixTable.load, path)
        judge("from_mmdb", fastsock.PrefixTable.from_mmdb, path)
        judge("open_capture", lambda path=path: list(fastsock.open_capture(path)))


walk_parts()
walk_methods()
walk_streams()
walk_files()
print("walked")
