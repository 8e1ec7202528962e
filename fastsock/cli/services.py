"""``fastsock services NAME|URL|PORT...``: ports of services, and services of ports."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from .. import getservbyname, getservbyport
from .._core.errors import shorten
from ._common import Subcommands, add_command, print_json, say

_PROTOCOLS: tuple[str, ...] = ("tcp", "udp")
_ENDINGS = tuple(f"/{protocol}" for protocol in _PROTOCOLS)


def _scheme_and_port(text: str) -> tuple[str, int | None]:
    """A URL's scheme, and its own port if it names one."""
    parts = urlsplit(text)
    return parts.scheme, parts.port


def _transports(name: str, port: int, protocols: Iterable[str]) -> list[str]:
    """The protocols under which a service has that port."""
    found = []
    for protocol in protocols:
        try:
            if getservbyname(name, protocol) == port:
                found.append(protocol)
        except OSError:
            pass
    return found


def find(text: str) -> dict[str, Any] | None:
    """What `services` shows of a name, URL or port, by its names in JSON; None if unknown."""
    try:
        word, protocols = text, _PROTOCOLS
        own_port: int | None = None
        if "://" in text:
            word, own_port = _scheme_and_port(text)
        elif text.endswith(_ENDINGS):  # 53/udp, domain/udp
            word, _, protocol = text.rpartition("/")
            protocols = (protocol,)
        only = protocols if len(protocols) == 1 else ()
        if word.isascii() and word.isdecimal():
            port, name = int(word), getservbyport(int(word), *only)
        else:
            port, name = getservbyname(word, *only), word
    except (OSError, ValueError, OverflowError):
        return None
    return {
        "text": text,
        "service": name,
        "port": port if own_port is None else own_port,
        "default": own_port in (None, port),
        "protocols": _transports(name, port, protocols),
    }


def run(args: argparse.Namespace) -> int:
    """Print a line for each word."""
    results = [(text, find(text)) for text in args.texts]
    known = [facts for _, facts in results if facts]
    unknown = [text for text, facts in results if not facts]
    if args.json:
        print_json({"services": known, "unknown": unknown})
    else:
        for facts in known:
            note = "" if facts["default"] else "  (not the default port)"
            protocols = "/".join(facts["protocols"]) or "-"
            say(f"{facts['service']:<20} {facts['port']:>5}  {protocols}{note}".rstrip())
    for text in unknown:
        say(f"fastsock services: {shorten(text)} is not known", error=True)
    return 1 if unknown else 0


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock services``."""
    parser = add_command(
        subcommands,
        run,
        "Show name, port and protocols of each service. TEXT is a service's name or alias\n"
        "(https), a URL (https://example.org/), whose scheme is taken, or a port; /tcp\n"
        "or /udp after a name or a port asks for that protocol alone (53/udp).\n\n"
        "Exit status: 0, or 1 if some TEXT is not known (the others are shown).",
    )
    parser.add_argument("texts", metavar="TEXT", nargs="+")
