"""``fastsock lookup HOST [SERVICE]``: names, addresses and rows of a host."""

from __future__ import annotations

import argparse
import socket
from typing import Any

from ..lookup import getaddrinfo, gethostbyaddr, name_of
from ..lookup.constants import host_of
from ._common import Subcommands, add_command, first, print_json, print_pairs, reason, say

# Limits of the text output; JSON lists all.
_MOST = 64
_MOST_NAMES = 8
_ROW = ("family", "type", "protocol", "address", "port")


def _reverse(host: str) -> list[str] | None:
    """The names of an address; None if it has none."""
    try:
        name, aliases, _ = gethostbyaddr(host)
    except OSError:
        return None
    return [name, *aliases]


def collect(host: str, service: str | None) -> dict[str, Any]:
    """Everything `lookup` shows of a host, by its names in JSON."""
    rows = getaddrinfo(host, service, flags=socket.AI_CANONNAME)
    addresses = list(dict.fromkeys(host_of(row[4]) for row in rows))
    return {
        "host": host,
        "service": service,
        "canonical_name": rows[0][3] or None,
        "addresses": [{"address": each, "names": _reverse(each)} for each in addresses],
        "rows": [
            {
                "family": name_of("AF_", family),
                "type": name_of("SOCK_", kind),
                "protocol": name_of("IPPROTO_", proto),
                "address": host_of(sockaddr),
                "port": sockaddr[1],
                "scope_id": sockaddr[3] if len(sockaddr) == 4 else None,
            }
            for family, kind, proto, _, sockaddr in rows
        ],
    }


def _names(names: list[str] | None) -> str:
    shown, more = first(names or ["-"], _MOST_NAMES)
    return ", ".join([*shown, *([more] if more else [])])


def _print(facts: dict[str, Any]) -> None:
    pairs = [("host", facts["host"])]
    if facts["service"] is not None:
        pairs.append(("service", facts["service"]))
    if facts["canonical_name"]:
        pairs.append(("canonical", facts["canonical_name"]))
    print_pairs(pairs)
    say()
    addresses, more = first(facts["addresses"], _MOST)
    names = [(each["address"], _names(each["names"])) for each in addresses]
    print_pairs([("address", "names"), *names])
    if more:
        say(more)
    say()
    rows, more = first(facts["rows"], _MOST)
    cells = [tuple(str(row[name]) for name in _ROW) for row in rows]
    width = max(len(each[3]) for each in [_ROW, *cells])
    for family, kind, protocol, address, port in [_ROW, *cells]:
        say(f"{family:<9} {kind:<12} {protocol:<12} {address:<{width}} {port:>5}")
    if more:
        say(more)


def run(args: argparse.Namespace) -> int:
    """Print everything about the host."""
    try:
        facts = collect(args.host, args.service)
    except (socket.gaierror, ValueError) as error:
        say(f"fastsock lookup: {args.host}: {reason(error)}", error=True)
        return 1
    if args.json:
        print_json(facts)
    else:
        _print(facts)
    return 0


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock lookup``."""
    parser = add_command(
        subcommands,
        run,
        "Show the canonical name of a host, its addresses with the names that they\n"
        "have, and the rows that getaddrinfo gives for it: family, type, protocol,\n"
        "address, port.\n\n"
        "Exit status: 0, or 1 if there is no such host or service, or no answer.",
    )
    parser.add_argument("host", metavar="HOST", help="a name or an address")
    parser.add_argument("service", metavar="SERVICE", nargs="?", help="a port or a service's name")
