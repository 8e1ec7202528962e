"""What type the values of a table have in an engine."""

from __future__ import annotations

from .._core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..prefix import PrefixTable


def kind_of_values(table: PrefixTable) -> type:
    """The one kind that all values of a table are: str, bytes, int, float or bool.

    Raises:
        TypeError: they are of several kinds, or of another.
    """
    from ..arrow import DictionaryColumn

    values = table.values_list()
    kinds = {type(value) for value in values}
    if not kinds:
        return str
    if kinds == {int, float}:
        return float
    DictionaryColumn(b"", values)  # raises for what no column can hold
    (kind,) = kinds
    return kind


def type_of_values(table: PrefixTable, types: Mapping[type, Any]) -> Any:
    """The engine's type of a table's values."""
    return types[kind_of_values(table)]
