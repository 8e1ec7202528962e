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

from .._core.omitted import Omitted
from .._core.typed import TYPE_CHECKING, NamedTuple
from . import genuine as _genuine, iana as _iana

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any, TypeVar

    _Key = TypeVar("_Key")
    _Value = TypeVar("_Value")

__all__ = ["reload_tables"]

ANY_PROTOCOL = Omitted("any protocol")
"""The default of a service's protocol."""

_PORT_MAX = 0xFFFF
_NUMBER_MAX = 0x7FFFFFFF
# Numbers that every libc reads alike: no sign, no leading zero (glibc takes a service's for octal).
_PORT = rb"(0|[1-9][0-9]{0,4})/([^/]+)"
_NUMERIC = b"0123456789+-"
_NUMBER = rb"(0|[1-9][0-9]{0,9})"
# Sources of nsswitch.conf that read nothing but our files.
_FILES = {"files", "compat"}
_DATABASES = "/var/db"


class Tables(NamedTuple):
    """All tables of one reading. Under `ANY_PROTOCOL` stands what is asked without one."""

    ports: dict[str | Omitted, dict[str, int]]
    services: dict[str | Omitted, dict[int, str]]
    protocols: dict[str, int]


current: Tables | None = None
"""The tables in use; None until someone asks."""

_asking = threading.RLock()  # a signal handler or an audit hook may ask in between


def _directory() -> Path:
    from pathlib import Path  # at the first question: most programs never ask, and it takes long

    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "drivers", "etc")
    return Path("/etc")


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _known_to_files_only(database: str) -> bool:
    """Whether nsswitch.conf has libc look for `database` nowhere but in the file."""
    text = _read(_directory() / "nsswitch.conf") or b""
    for line in text.split(b"\n"):
        name, _, sources = line.partition(b"#")[0].partition(b":")
        if name.strip() == database.encode():
            asked = set(sources.decode("latin-1").split())
            if not (_directory() / _DATABASES / f"{database}.db").exists():
                asked.discard("db")
            return asked <= _FILES
    return True


def _text(file: str, bundled: str) -> bytes:
    """What to read: the file, our own list if there is none, nothing if libc knows more."""
    if not _known_to_files_only(file):
        return b""
    text = _read(_directory() / file)
    return bundled.encode() if text is None else text


def _entries(text: bytes, pattern: bytes, most: int) -> Iterator[tuple[int, str, list[str]]]:
    """The number, the protocol that is joined to it, if any, and all names of every line.

    It ends before the first line that libc may read otherwise. Such a line can hold the answer,
    and so hide later lines: these are left to libc, too.
    """
    import re  # at the first question, as pathlib

    number = re.compile(pattern)
    for line in text.split(b"\n"):
        fields = line.partition(b"#")[0].split()  # at ASCII blanks, as libc does
        if len(fields) >= 2 and fields[1][0] in _NUMERIC:  # else no libc finds a number there
            found = number.fullmatch(fields[1])
            if found is None or int(found[1]) > most or b"\0" in line:
                return
            try:
                protocol, *names = [
                    field.decode() for field in (found[found.re.groups], fields[0], *fields[2:])
                ]
            except UnicodeDecodeError:
                return
            yield int(found[1]), protocol, names


def _put(table: dict[Any, dict[_Key, _Value]], protocol: str, key: _Key, value: _Value) -> None:
    """Enter a fact, unless an earlier line has done so: libc takes the first that fits."""
    for column in (protocol, ANY_PROTOCOL):
        table.setdefault(column, {}).setdefault(key, value)


def parse(services: bytes, protocols: bytes) -> Tables:
    """Build the tables from the text of both files."""
    tables = Tables({ANY_PROTOCOL: {}}, {ANY_PROTOCOL: {}}, {})
    for port, protocol, names in _entries(services, _PORT, _PORT_MAX):
        _put(tables.services, protocol, port, names[0])
        for name in names:
            _put(tables.ports, protocol, name, port)
    for number, _, names in _entries(protocols, _NUMBER, _NUMBER_MAX):
        for name in names:
            tables.protocols.setdefault(name, number)
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
    _asking = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)
