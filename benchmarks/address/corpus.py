"""The addresses that are measured: a few by hand, a million of each family by a fixed seed."""

from functools import cache
from random import Random
from socket import AF_INET, AF_INET6, inet_ntop

TEXTS = {
    AF_INET: {"typical": "192.168.1.1", "short": "1.2.3.4", "long": "255.255.255.255"},
    AF_INET6: {
        "typical": "2001:db8:85a3::8a2e:370:7334",
        "short": "::1",
        "long": "2001:db8:85a3:8d3:1319:8a2e:370:7348",
        "mapped": "::ffff:192.0.2.128",
    },
}


def _random_v6(random: Random) -> bytes:
    """Half are hosts with a random interface id in 8 groups, half are servers like 2a00:1:2::3."""
    prefix = b"\x2a" + random.randbytes(7)
    if random.random() < 0.5:
        return prefix + random.randbytes(8)
    return prefix[:6] + bytes(8) + random.randbytes(2)


@cache
def packed(family: int, rows: int) -> tuple[bytes, ...]:
    """Distinct random addresses as records."""
    random = Random(rows)
    found: dict[bytes, None] = {}
    while len(found) < rows:
        found[random.randbytes(4) if family == AF_INET else _random_v6(random)] = None
    return tuple(found)


@cache
def texts(family: int, rows: int) -> list[str]:
    """The same addresses as text."""
    return [inet_ntop(family, record) for record in packed(family, rows)]


@cache
def blob(family: int, rows: int) -> bytes:
    """The same as lines."""
    return "".join(f"{text}\n" for text in texts(family, rows)).encode()


@cache
def records(family: int, rows: int) -> bytes:
    """The same as one packed buffer."""
    return b"".join(packed(family, rows))
