"""The libraries that do part of the same work, where they are installed (`make bench-peers`).

Each entry is what its library offers that is nearest to the row. None of them returns packed
bytes: `packed` turns a result into them, for the check only and never inside the timing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from socket import AF_INET, AF_INET6
from typing import Any


@dataclass(frozen=True)
class Peer:
    name: str
    call: Callable[..., Any]
    packed: Callable[[Any], Any]


def scalar_parsers() -> list[Peer]:
    """One text of either family to an address object."""
    found = []
    try:
        from netaddr import IPAddress
    except ImportError:
        pass
    else:
        found.append(Peer("netaddr", IPAddress, lambda address: address.packed))
    try:
        from cached_ipaddress import cached_ip_addresses
    except ImportError:
        pass
    else:
        found.append(Peer("cached-ipaddress", cached_ip_addresses, lambda a: a.packed))
    return found


def list_parsers(family: int) -> list[Peer]:
    """A list of texts to a column. polars uses every core."""
    try:
        import polars
        import polars_iptools
    except ImportError:
        return []
    parse = {AF_INET: polars_iptools.ipv4_to_numeric, AF_INET6: polars_iptools.to_address}[family]

    def column(texts: list[str]) -> Any:
        return polars.DataFrame({"a": texts}).select(parse(polars.col("a"))).to_series()

    def joined(values: Any) -> bytes:
        if family == AF_INET:
            return b"".join(number.to_bytes(4, "big") for number in values)
        return b"".join(values.ext.storage())

    return [Peer("polars-iptools", column, joined)]


def list_writers(family: int) -> list[Peer]:
    """A column of IPv4 numbers to a list of str. There is none for IPv6."""
    try:
        import polars
        import polars_iptools
    except ImportError:
        return []
    if family != AF_INET:
        return []

    def texts(numbers: Any) -> list[str]:
        write = polars_iptools.numeric_to_ipv4(polars.col("a"))
        return numbers.to_frame("a").select(write).to_series().to_list()

    return [Peer("polars-iptools", texts, list)]


def numbers(packed: Iterable[bytes]) -> Any:
    """What `list_writers` take."""
    import polars

    return polars.Series([int.from_bytes(record, "big") for record in packed], dtype=polars.UInt32)
