"""What type the values of a table have in an engine."""

from __future__ import annotations

from .._core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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


class Gathered:
    """The values of a table that can no longer change, as one array of the engine's, made once.

    To take them by their indexes costs less than a dictionary column for each batch.
    """

    def __init__(self, table: PrefixTable, make: Callable[[list[Any]], Any]) -> None:
        self._table = table
        self._make = make
        self._values: Any = None

    def values(self) -> Any:
        """The array; None as long as the table can change."""
        if self._values is None and self._table.frozen:
            self._values = self._make(self._table.values_list())
        return self._values
