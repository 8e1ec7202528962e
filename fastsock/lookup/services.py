"""Tables of services and protocols: read once, at the first question, and never changed.

libc's `getservbyname` and its like give other threads' answers when two threads
ask at once, and read /etc/services at every call. These tables are built whole
before anyone sees them, so that threads can't see a half of one. What they do
not know is asked of libc, one thread at a time.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import EllipsisType
from typing import Any, NamedTuple, TypeVar

from . import genuine as _genuine
from . import iana as _iana

__all__ = ["reload_tables"]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_PORT_MAX = 0xFFFF
# Sources of nsswitch.conf that read nothing but our files.
_FILES = {"files", "compat"}
_DATABASES = Path("/var/db")


class Tables(NamedTuple):
    """All tables of one reading. Under ``...`` stands what is asked without a protocol."""

    ports: dict[str | EllipsisType, dict[str, int]]
    services: dict[str | EllipsisType, dict[int, str]]
    protocols: dict[str, int]


current: Tables | None = None
"""The tables in use; None until someone asks."""

_asking = threading.Lock()


def _directory() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "drivers", "etc")
    return Path("/etc")


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return None


def _known_to_files_only(database: str) -> bool:
    """Whether nsswitch.conf has libc look for `database` nowhere but in the file."""
    text = _read(_directory() / "nsswitch.conf") or ""
    for line in text.splitlines():
        name, _, sources = line.partition("#")[0].partition(":")
        if name.strip() == database:
            asked = set(sources.split())
            if not (_DATABASES / f"{database}.db").exists():
                asked.discard("db")
            return asked <= _FILES
    return True


def _text(file: str, bundled: str) -> str:
    """What to read: the file, our own list if there is none, nothing if libc knows more."""
    if not _known_to_files_only(file):
        return ""
    text = _read(_directory() / file)
    return bundled if text is None else text


def _entries(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """The name, the number (with what is joined to it) and all names of every line."""
    for line in text.split("\n"):
        fields = line.partition("#")[0].split()
        if len(fields) >= 2:
            yield fields[0], fields[1], [fields[0], *fields[2:]]


def _number(text: str, most: int) -> int | None:
    """A plain decimal number. What libc may read otherwise is left for libc."""
    if text.isascii() and text.isdecimal() and int(text) <= most:
        return int(text)
    return None


def _put(table: dict[Any, dict[_Key, _Value]], protocol: str, key: _Key, value: _Value) -> None:
    """Enter a fact, unless an earlier line has done so: libc takes the first that fits."""
    for column in (protocol, ...):
        table.setdefault(column, {}).setdefault(key, value)


def parse(services: str, protocols: str) -> Tables:
    """Build the tables from the text of both files."""
    tables = Tables({...: {}}, {...: {}}, {})
    for name, joined, names in _entries(services):
        digits, slash, protocol = joined.partition("/")
        port = _number(digits, _PORT_MAX)
        if slash and protocol and port is not None:
            _put(tables.services, protocol, port, name)
            for each in names:
                _put(tables.ports, protocol, each, port)
    for _, digits, names in _entries(protocols):
        number = _number(digits, 0x7FFFFFFF)
        if number is not None:
            for each in names:
                tables.protocols.setdefault(each, number)
    return tables


def load() -> Tables:
    """Read the files and put the tables in use. Threads that do so at once do no harm."""
    global current
    tables = parse(_text("services", _iana.SERVICES), _text("protocols", _iana.PROTOCOLS))
    current = tables
    return tables


def reload_tables() -> None:
    """Read /etc/services and /etc/protocols again, after they were changed.

    They are otherwise read once, when `getservbyname`, `getservbyport` or
    `getprotobyname` is first called. A file that is not there is replaced by
    IANA's common names. Where nsswitch.conf names another source (LDAP, say), libc
    is asked each time, for it knows more than the file.

    Source: services(5), protocols(5), nsswitch.conf(5).

    >>> import fastsock
    >>> fastsock.lookup.reload_tables()
    >>> fastsock.getprotobyname("udp")
    17
    """
    load()


def ask(name: str, ours: object, *args: Any) -> Any:
    """Have `socket` answer what the tables do not know, one thread at a time."""
    function: Callable[..., Any] = _genuine.stand_in(name, ours)
    if function is not _genuine.STDLIB[name]:
        return function(*args)
    with _asking:
        return function(*args)


def _forget_lock() -> None:
    """In a forked child: whichever thread held the lock is not here to release it."""
    global _asking
    _asking = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)
