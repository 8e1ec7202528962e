"""Other libraries as contenders, where they are installed (`make bench-peers`)."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


def unchanged(result: Any) -> Any:
    return result


def all_of(packet: bytes) -> bool:
    return True


@dataclass(frozen=True)
class Peer:
    """A library's way to do a row, for one in `every` of the row's items."""

    name: str
    call: Callable[..., Any]
    same: Callable[[Any], Any] = unchanged
    every: int = 1
    takes: Callable[[bytes], bool] = all_of  # the packets that it reads as they are

    def share(self, packets: Iterable[bytes]) -> list[bytes]:
        return list(filter(self.takes, packets))[:: self.every]


def there(*makers: Callable[[], Peer]) -> list[Peer]:
    """The peers that can be made: those whose libraries are there."""
    found = []
    for make in makers:
        with suppress(ModuleNotFoundError):
            found.append(make())
    return found
