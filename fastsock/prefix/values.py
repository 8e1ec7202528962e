"""Values of a file: JSON texts, each decoded when first used."""

from __future__ import annotations

from functools import cache

from .._core.typed import TYPE_CHECKING
from . import errors

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Final


class _Unread:
    def __repr__(self) -> str:
        return "UNREAD"


UNREAD: Final = _Unread()
"""Marks a value in a list that has not been decoded yet."""


class ValueReader:
    """The texts of a file's values: a section of offsets and one of bytes.

    Decoding a million values takes longer than mapping the file, and most are never used.
    """

    def __init__(self, offsets: memoryview, texts: memoryview) -> None:
        self._offsets = offsets
        self._texts = texts

    def check(self) -> None:
        """Check the first and the last offset of the texts; `read` checks the others."""
        if self._offsets[0] != 0 or self._offsets[-1] != len(self._texts):
            raise errors.bad_file("the values' texts have another size")

    def read(self, slot: int) -> Any:
        """Decode one value."""
        # A slice stays inside the texts, wherever a damaged file's offsets point.
        text = bytes(self._texts[self._offsets[slot] : self._offsets[slot + 1]])
        try:
            return _json().loads(text)
        except ValueError:
            raise errors.bad_file(f"the text of value {slot} is not JSON") from None


def is_json(value: Any) -> bool:
    """Whether JSON restores the same value: no tuples, only str keys, no NaN."""
    kind = type(value)
    if kind in (str, int, bool, type(None)):
        return True
    if kind is float:
        return bool(value - value == 0)  # neither infinite nor NaN
    if kind is list:
        return all(map(is_json, value))
    if kind is dict:
        return all(type(key) is str for key in value) and all(map(is_json, value.values()))
    return False


def _json() -> ModuleType:
    """Import json when first used: it imports `re`, which takes longer than this part."""
    import json

    return json


@cache
def _encoder() -> Any:
    return _json().JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=True)


def write_value(value: Any) -> bytes:
    """Encode a value that `is_json`."""
    if type(value) is int:  # the common case, and faster than the encoder
        return b"%d" % value
    text: str = _encoder().encode(value)
    return text.encode("utf-8", "surrogatepass")
