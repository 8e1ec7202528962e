"""Fixtures of the prefix part: each twin, both at once, and tables with their oracle."""

import ipaddress
import random
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

NARROW = [0, 1, 7, 8, 9, 16, 20, 24, 25, 31, 32]
WIDE = [0, 1, 16, 32, 48, 63, 64, 65, 95, 96, 97, 120, 127, 128]
BASES4 = [0, 0x0A000000, 0xC0000200, 0xFFFFFFFF]
BASES6 = [0, 0x20010DB8 << 96, (0x20010DB8 << 96) + (1 << 64), (1 << 128) - 1]


@pytest.fixture(scope="session")
def prefix(twin: Any) -> ModuleType:
    return twin.part("prefix")


@pytest.fixture(scope="session")
def prefixes(twins: list[Any]) -> list[ModuleType]:
    """Both twins at once, to compare them."""
    return [twin.part("prefix") for twin in twins]


class Oracle:
    """Networks of `ipaddress` and a scan over all of them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def network(self) -> Any:
        """A network near others of its kind: nested, adjacent, at the ends of the space."""
        draw = self.random
        wide = draw.random() < 0.5
        bits = 128 if wide else 32
        length = draw.choice(WIDE if wide else NARROW)
        base = draw.choice([*(BASES6 if wide else BASES4), draw.getrandbits(bits)])
        address = base ^ draw.getrandbits(draw.randrange(bits) + 1)
        kind = ipaddress.IPv6Network if wide else ipaddress.IPv4Network
        return kind((address >> bits - length << bits - length, length))

    def networks(self, count: int) -> dict[Any, int]:
        return {self.network(): self.random.randrange(5) for _ in range(count)}

    def boundaries(self, networks: Any, most: int = 80) -> list[Any]:
        """The addresses where a range starts and ends, and those beside."""
        found = [
            type(network[0])(number)
            for network in networks
            for edge in (int(network[0]), int(network[-1]))
            for number in (edge - 1, edge, edge + 1)
            if 0 <= number < 1 << network.max_prefixlen
        ]
        # Mapped addresses are IPv4, and have tests of their own.
        found = [a for a in found if a.version == 4 or int(a) >> 32 != 0xFFFF]
        return self.random.sample(found, most) if len(found) > most else found

    @staticmethod
    def matches(networks: Any, address: Any) -> list[Any]:
        """All networks of an address, the shortest first."""
        found = [network for network in networks if address in network]
        return sorted(found, key=lambda network: network.prefixlen)

    @staticmethod
    def sorted(networks: dict[Any, Any]) -> list[tuple[str, Any]]:
        order = sorted(networks, key=lambda network: (network.version, network))
        return [(str(network), networks[network]) for network in order]


@pytest.fixture
def oracle() -> Callable[[int], Oracle]:
    return Oracle


@pytest.fixture
def table_path(tmp_path: Any) -> Iterator[Any]:
    return tmp_path / "networks.table"
