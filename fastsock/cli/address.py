"""``fastsock address TEXT...``: every form of an address."""

from __future__ import annotations

import argparse
import ipaddress
from socket import AF_INET, AF_INET6
from typing import Any

from .. import AddressError, inet_aton, inet_ntop, inet_pton, parse_hostport
from .._core.errors import shorten
from ..prefix import special
from ._common import Subcommands, add_command, print_json, print_pairs, say

_KINDS = (
    "global",
    "private",
    "loopback",
    "link_local",
    "site_local",
    "multicast",
    "reserved",
    "unspecified",
)
# What the text output calls the JSON keys: a label of 7 and an ip6.arpa name make 80 columns.
_LABELS = {
    "text": "input",
    "host": "host",
    "port": "port",
    "zone": "zone",
    "family": "family",
    "packed": "packed",
    "integer": "integer",
    "compressed": "text",
    "exploded": "full",
    "reverse_pointer": "reverse",
    "mapped": "mapped",
    "compatible": "compat",
    "sixtofour": "6to4",
    "teredo": "teredo",
    "nat64": "nat64",
}


_NAT64 = bytes.fromhex("0064ff9b") + bytes(8)  # the well-known prefix (RFC 6052 section 2.1)


def _strict(host: str) -> bytes | None:
    """The packed address, by the rules of `inet_pton`."""
    try:
        return inet_pton(AF_INET6 if ":" in host else AF_INET, host)
    except (OSError, ValueError):
        return None


def _legacy(host: str) -> bytes | None:
    """The packed address, by the rules of `inet_aton`: short, octal, hexadecimal."""
    try:
        return inet_aton(host)
    except (OSError, ValueError):
        return None


def _split(text: str) -> tuple[str, str | None, int | None]:
    """The address, zone and port of a text in any form that `parse_hostport` takes."""
    if _strict(text):
        return text, None, None
    try:
        host, port = parse_hostport(text)
    except AddressError:
        return text, None, None
    if ":" not in host:
        return host, None, port
    host, _, zone = host.partition("%")
    return host, zone or None, port


def _note(packed: bytes) -> str:
    return (
        f"inet_aton reads this spelling as {inet_ntop(AF_INET, packed)}; "
        "strict readers (inet_pton, ipaddress) refuse it, others may read another address"
    )


def _embedded(packed: bytes) -> dict[str, Any]:
    """IPv4 inside IPv6: what an IPv6 address holds, or what would hold an IPv4 address."""
    if len(packed) == 4:
        mapped = inet_ntop(AF_INET6, bytes(10) + b"\xff\xff" + packed)
        compatible = inet_ntop(AF_INET6, bytes(12) + packed)
        found = {"mapped": mapped, "compatible": compatible}
        return {**found, "sixtofour": None, "teredo": None, "nat64": None}
    address = ipaddress.IPv6Address(packed)
    inside = inet_ntop(AF_INET, packed[12:])
    # RFC 4291 section 2.5.5.1: :: and ::1 have the same first 96 bits, but are not compatible ones.
    compatible_inside = not any(packed[:12]) and int(address) > 1
    return {
        "mapped": inside if address.ipv4_mapped is not None else None,
        "compatible": inside if compatible_inside else None,
        "sixtofour": str(address.sixtofour) if address.sixtofour else None,
        "teredo": [str(part) for part in address.teredo] if address.teredo else None,
        "nat64": inside if packed.startswith(_NAT64) else None,
    }


def _forms(packed: bytes) -> dict[str, Any]:
    """The address in every notation."""
    # Not through ipaddress: what it writes for a mapped address depends on the Python release.
    if len(packed) == 4:
        family, text = "IPv4", inet_ntop(AF_INET, packed)
        exploded = text
        pointer = ".".join(reversed(text.split("."))) + ".in-addr.arpa"
    else:
        family, text = "IPv6", inet_ntop(AF_INET6, packed)
        exploded = packed.hex(":", 2)
        pointer = ".".join(reversed(packed.hex())) + ".ip6.arpa"
    return {
        "family": family,
        "packed": packed.hex(),
        "integer": int.from_bytes(packed, "big"),
        "compressed": text,
        "exploded": exploded,
        "reverse_pointer": pointer,
    }


def describe(text: str) -> dict[str, Any] | None:
    """Everything `address` shows of a text, by its names in JSON; None if it is no address."""
    host, zone, port = _split(text)
    strict = _strict(host)
    packed = strict or _legacy(host)
    if packed is None:
        return None
    return {
        "text": text,
        "host": host,
        "zone": zone,
        "port": port,
        **_forms(packed),
        **_embedded(packed),
        "is": {name: packed in special(name) for name in _KINDS},
        "strict": strict is not None,
        "note": None if strict else _note(packed),
    }


def _print(facts: dict[str, Any]) -> None:
    shown = {**facts, "text": shorten(facts["text"])}
    shown["host"] = None  # the forms below show it
    if facts["teredo"]:
        shown["teredo"] = "server {}, client {}".format(*facts["teredo"])
    pairs = [(label, shown[key]) for key, label in _LABELS.items() if shown[key] is not None]
    classes = [name.replace("_", "-") for name, holds in facts["is"].items() if holds]
    pairs.append(("is", ", ".join(classes) or "-"))
    if facts["note"]:
        pairs.append(("note", facts["note"]))
    print_pairs(pairs)


def run(args: argparse.Namespace) -> int:
    """Print every form of each address."""
    results = [(text, describe(text)) for text in args.texts]
    good = [facts for _, facts in results if facts]
    bad = [text for text, facts in results if not facts]
    if args.json:
        print_json({"addresses": good, "bad": bad})
    else:
        for number, facts in enumerate(good):
            if number:
                say()
            _print(facts)
    for text in bad:
        say(f"fastsock address: {shorten(text)} is not an address", error=True)
    return 1 if bad else 0


def add_parser(subcommands: Subcommands) -> None:
    """Declare ``fastsock address``."""
    parser = add_command(
        subcommands,
        run,
        "Show every form of each address: packed, integer, text, reverse pointer, IPv4\n"
        "inside IPv6, and the special sets that hold it (fastsock.prefix.special, by\n"
        "this Python's ipaddress module; a mapped IPv4 address counts as IPv4).\n\n"
        "TEXT is an IPv4 or IPv6 address, host:port, [IPv6]:port, IPv6%%zone, or a\n"
        "spelling that only inet_aton takes (127.1, 0x7f000001, 010.1.1.1), which is\n"
        "noted.\n\n"
        "Exit status: 0, or 1 if some TEXT is no address (the others are shown).",
    )
    parser.add_argument("texts", metavar="TEXT", nargs="+")
