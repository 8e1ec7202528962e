"""The one, all-or-nothing choice between the compiled and the pure twin.

`PARTS` is the contract: the names that both twins of a part must provide. A
face asks `names_of` for its part's names and re-exports exactly these. Either
every part is compiled or none is, so two twins never meet in one process.

``FASTSOCK_BACKEND`` forces the choice: ``c``, ``py`` or ``auto`` (the default:
compiled where the extensions are there).
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from ._env import choice

PARTS: dict[str, tuple[str, ...]] = {
    "address": (
        "inet_aton",
        "inet_ntoa",
        "inet_ntop",
        "inet_ntop_lines",
        "inet_ntop_many",
        "inet_pton",
        "inet_pton_many",
    ),
    "checksum": (
        "checksum",
        "checksum_add",
        "crc32c",
        "pseudo_header",
        "update16",
        "update32",
        "update_address",
        "verify",
    ),
    "packet": ("Packet", "community_id", "flow_hash", "flow_key", "parse_packet"),
    "proxy": ("parse_proxy",),
    "stream": ("RecvAccumulator",),
    "lookup": (
        "getaddrinfo",
        "gethostbyname",
        "getnameinfo",
        "getprotobyname",
        "getservbyname",
        "getservbyport",
    ),
    "headers": (
        "ARPView",
        "EthernetView",
        "ICMPView",
        "IPv4View",
        "IPv6View",
        "TCPView",
        "UDPView",
    ),
    "builders": (
        "build_arp",
        "build_ethernet",
        "build_icmp_echo",
        "build_ipv4",
        "build_ipv6",
        "build_tcp",
        "build_udp",
    ),
    "columns": ("decode_columns",),
    "capture": ("Capture", "open_capture"),
}

_HOW_TO_BUILD = (
    "fastsock's extensions can't be used ({reason}). Install a wheel made for this platform, or "
    "build one where there is a C compiler: FASTSOCK_EXTENSIONS=require pip install "
    "--no-binary fastsock --no-cache-dir --force-reinstall fastsock"
)


def _failures() -> dict[str, ImportError]:
    """Import every compiled part; what failed, by module name."""
    failures: dict[str, ImportError] = {}
    for name in ("machine", *PARTS):
        module = f"fastsock._c.{name}"
        try:
            import_module(module)
        except ImportError as error:
            failures[module] = error
    return failures


def _never_built(failures: dict[str, ImportError]) -> bool:
    """Whether this is a pure installation rather than a broken compiled one."""
    return len(failures) == len(PARTS) + 1 and all(
        isinstance(error, ModuleNotFoundError) and error.name == module
        for module, error in failures.items()
    )


def _choose() -> str:
    try:
        wanted = choice("FASTSOCK_BACKEND", ("auto", "c", "py"))
        if wanted == "py":
            return "py"
        failures = _failures()
    except ValueError as unknown:  # a variable that names no choice of ours
        raise ImportError(str(unknown)) from None
    if not failures:
        return "c"
    module, error = next(iter(failures.items()))
    message = _HOW_TO_BUILD.format(reason=f"{module}: {error}")
    if wanted == "c":
        raise ImportError(message) from error
    if not _never_built(failures):
        warnings.warn(f"{message} Going on in pure Python.", RuntimeWarning, stacklevel=3)
    return "py"


BACKEND = _choose()
"""Which twin runs: ``"c"`` or ``"py"``."""


def names_of(face: str) -> dict[str, Any]:
    """The names of one part, from the twin that was chosen.

    `face` is the face's module name, ``fastsock.<part>``. Functions and classes
    take it as their ``__module__``: it is the public path, by which they pickle
    on one backend and unpickle on the other.
    """
    part = face.rpartition(".")[2]
    twin = import_module(f"fastsock._{BACKEND}.{part}")
    names = {name: getattr(twin, name) for name in PARTS[part]}
    for value in names.values():
        if value.__module__ != face:  # extension types say so themselves: theirs can't be set
            value.__module__ = face
    return names
