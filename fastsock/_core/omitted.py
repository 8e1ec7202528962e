"""Defaults of arguments for which None, like every other value, has a meaning."""

from __future__ import annotations

from .typed import TYPE_CHECKING


class Omitted(str):
    """Stands for an argument that was left out; its repr, in help, says what holds then.

    It is a str because `inspect` reads no other object from the signature of a C function. It
    equals itself alone.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    if not TYPE_CHECKING:
        __hash__ = object.__hash__  # in C, for the tables have it as a key

    def __repr__(self) -> str:
        return f"<{self!s}>"
