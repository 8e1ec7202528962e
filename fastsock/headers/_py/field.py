"""Fields of headers: descriptors that read and write a view's bytes in place.

`fastsock/headers/layout.py` says where each field stands, for both twins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self, SupportsIndex, cast, overload

from ..._core import errors as _core_errors
from .arguments import number, octets
from .view import WORDS, View

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from ..layout import Bits, Octets as OctetsLayout


class Field:
    """A field of a view: an attribute that reads and writes the header in place."""

    def __init__(self, layout: Bits | OctetsLayout) -> None:
        self._name, self.__doc__ = layout.name, layout.doc
        self._at, self._size = layout.at, layout.size
        self._end = layout.at + layout.size

    def __delete__(self, instance: object, /) -> NoReturn:
        raise AttributeError(f"{self._name} can't be deleted")

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


class Number(Field):
    """A field that is a number."""

    def __init__(self, layout: Bits) -> None:
        super().__init__(layout)
        self._layout = layout
        self._mask = (1 << layout.bits) - 1
        self._shift, self._unit, self._base = layout.shift, layout.unit, layout.base
        self._most = layout.most
        self._word = WORDS[layout.size]
        self._unpack = self._word.unpack_from

    @overload
    def __get__(self, instance: None, owner: object) -> Self: ...
    @overload
    def __get__(self, instance: View, owner: object) -> int: ...
    def __get__(self, instance: View | None, owner: object) -> Self | int:
        if instance is None:
            return self
        view = instance._live()
        if self._end > instance._least:
            instance._check_field(self._end)
        word = self._unpack(view, instance._start + self._at)[0]
        return cast("int", (word >> self._shift & self._mask) * self._unit + self._base)

    def __set__(self, instance: View, value: SupportsIndex, /) -> None:
        given = number(self._name, value, self._most, self._base)
        if (given - self._base) % self._unit:
            most, unit = self._most, self._unit
            raise _core_errors.out_of_range(self._name, given, self._base, most, unit)
        instance._check_field(self._end)
        instance._writable()
        word = instance._load(self._at, self._size) & ~(self._mask << self._shift)
        word |= (given - self._base) // self._unit << self._shift
        instance._rewrite(self._at, self._word.pack(word))


class Flag(Number):
    """A field that is one bit."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: object) -> Self: ...
        @overload
        def __get__(self, instance: View, owner: object) -> bool: ...

    def __get__(self, instance: View | None, owner: object) -> Any:
        value = super().__get__(instance, owner)
        return value if instance is None else bool(value)


class Octets(Field):
    """A field that is bytes."""

    def __init__(self, layout: OctetsLayout) -> None:
        super().__init__(layout)

    @overload
    def __get__(self, instance: None, owner: object) -> Self: ...
    @overload
    def __get__(self, instance: View, owner: object) -> bytes: ...
    def __get__(self, instance: View | None, owner: object) -> Self | bytes:
        if instance is None:
            return self
        return bytes(instance._slice(self._at, self._at + self._size))

    def __set__(self, instance: View, value: ReadableBuffer, /) -> None:
        instance._rewrite(self._at, octets(self._name, value, self._size))
