"""What is compared: fastsock's twins, and the libraries that do part of the same work."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, AF_INET6
from typing import Any

from benchmarks.prefix.by_hand import ByLength
from benchmarks.prefix.shapes import VALUES, Input


@dataclass(frozen=True)
class Table:
    """A built table: the look-up of one text, and of packed rows where there is one."""

    one: Callable[[str], Any]
    many: Callable[[bytes], Any] | None = None
    values_of: Callable[[Any], list[Any]] = list  # a batch's result as values
    members_only: bool = False
    open: Callable[[Path], Callable[[str], Any]] | None = None
    save: Callable[[Path], None] | None = None


Build = Callable[[Input], Table]


def _fastsock(twin: str) -> Build:
    def build(given: Input) -> Table:
        from importlib import import_module

        kind = import_module(f"fastsock.prefix.{twin}").PrefixTable
        table = kind(given.pairs)
        table.freeze()
        family = AF_INET6 if given.shape.wide else AF_INET
        values = [*table.values_list(), None]  # the last one for -1

        def many(packed: bytes) -> Any:
            return table.lookup_many(family, packed)

        return Table(
            table.lookup,
            many,
            lambda found: [values[row] for row in found],
            open=lambda path: kind.load(path).lookup,
            save=table.save,
        )

    return build


def _by_hand(given: Input) -> Table:
    return Table(ByLength(given))


def _pytricia(frozen: bool) -> Build:
    def build(given: Input) -> Table:
        from pytricia import PyTricia

        tree = PyTricia(given.shape.bits)
        for text, value in given.pairs:
            tree[text] = value
        if frozen:
            tree.freeze()
        return Table(tree.__getitem__)

    return build


def _radix(given: Input) -> Table:
    import radix

    tree = radix.Radix()
    for text, value in given.pairs:
        tree.add(text).data["n"] = value
    return Table(lambda text: tree.search_best(text).data["n"])


def _subnettree(given: Input) -> Table:
    import SubnetTree

    tree = SubnetTree.SubnetTree()
    for text, value in given.pairs:
        tree[text] = value
    return Table(tree.__getitem__)


def _libcidr(given: Input) -> Table:
    """Through lists of one. Its answers are wrong in a few cases of a thousand."""
    import libcidr

    wide = given.shape.wide
    network = libcidr.IPv6Network if wide else libcidr.IPv4Network
    address = libcidr.IPv6Address if wide else libcidr.IPv4Address
    index = libcidr.PrefixIndex([network(text) for text in given.texts])

    def one(text: str) -> Any:
        return VALUES[index.lookup([address(text)])[0] % len(VALUES)]

    return Table(one)


def _ipset(given: Input) -> Table:
    from ipset_c import IPSet

    return Table(IPSet(given.texts).isContainsCidr, members_only=True)


def _netaddr(given: Input) -> Table:
    from netaddr import IPSet

    return Table(IPSet(given.texts).__contains__, members_only=True)


def _number(value: int) -> bytes:
    return b"\xc4" + struct.pack(">I", value)  # 4 bytes of uint32


def write_mmdb(
    path: Path, given: Input, encode: Callable[[int], bytes] = _number, kind: str = "Test"
) -> None:
    """Write a MaxMind DB of a table: a bit tree whose leaves have the values, all of one size.

    Shorter networks come first, so a longer one splits the leaf that it lies in.
    """
    bits = given.shape.bits
    data, size = b"".join(map(encode, VALUES)), len(encode(0))
    empty = 0
    children = [empty, empty]  # of node 0; a child is a node > 0, a leaf < 0: -1 - value, or empty
    pairs = zip(given.networks, given.pairs, strict=True)
    for (address, length), (_, value) in sorted(pairs, key=lambda pair: pair[0][1]):
        node = 0
        for at in range(length - 1):
            side = 2 * node + (address >> bits - 1 - at & 1)
            below = children[side]
            if below <= 0:  # what the whole subtree had until now
                children[side] = len(children) // 2
                children += [below, below]
                below = children[side]
            node = below
        children[2 * node + (address >> bits - length & 1)] = -1 - value
    nodes = len(children) // 2
    records = [
        child if child > 0 else nodes if child == empty else nodes + 16 + size * (-1 - child)
        for child in children
    ]
    fields = {
        b"binary_format_major_version": b"\xa1\2",
        b"binary_format_minor_version": b"\xa1\0",
        b"build_epoch": b"\1\2\1",
        b"database_type": bytes([0x40 | len(kind)]) + kind.encode(),
        b"description": b"\xe0",
        b"ip_version": b"\xa1" + bytes([6 if given.shape.wide else 4]),
        b"languages": b"\0\4",
        b"node_count": b"\xc4" + nodes.to_bytes(4, "big"),
        b"record_size": b"\xa1\x20",
    }
    about = bytes([0xE0 | len(fields)])
    about += b"".join(bytes([0x40 | len(name)]) + name + said for name, said in fields.items())
    tree = struct.pack(f">{2 * nodes}I", *records)
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + about)


def _maxminddb(given: Input) -> Table:
    """Its C reader over a mapped file. Writing the file is no part of the library."""
    import maxminddb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.mmdb")
        write_mmdb(path, given)
        reader = maxminddb.open_database(path, maxminddb.MODE_MMAP_EXT)

    def opened(path: Path) -> Callable[[str], Any]:
        found: Callable[[str], Any] = maxminddb.open_database(path, maxminddb.MODE_MMAP_EXT).get
        return found

    return Table(reader.get, open=opened, save=lambda path: write_mmdb(path, given))


CONTENDERS: dict[str, Build] = {
    "compiled": _fastsock("_c"),
    "pure": _fastsock("_py"),
    "by hand": _by_hand,
    "pytricia": _pytricia(False),
    "pytricia, frozen": _pytricia(True),
    "py-radix": _radix,
    "pysubnettree": _subnettree,
    "libcidr": _libcidr,
    "ipset-c": _ipset,
    "netaddr.IPSet": _netaddr,
    "maxminddb": _maxminddb,
}
