"""Columns of addresses in and out of Arrow memory, without pyarrow.

Whatever exports Arrow's PyCapsule interface is read in place: columns of pyarrow, Polars, pandas,
DuckDB, nanoarrow, arro3. What comes out is a column that they read in turn.
"""

from .._core.backend import COMPILED, TYPE_CHECKING, publish

if TYPE_CHECKING or not COMPILED:
    from ._py import (
        AddressColumn,
        BoolColumn,
        DictionaryColumn,
        IntColumn,
        TextColumn,
        ntop_column,
        pton_column,
    )
else:
    from ._c import (
        AddressColumn,
        BoolColumn,
        DictionaryColumn,
        IntColumn,
        TextColumn,
        ntop_column,
        pton_column,
    )

__all__ = [
    "AddressColumn",
    "BoolColumn",
    "DictionaryColumn",
    "IntColumn",
    "TextColumn",
    "ntop_column",
    "pton_column",
]

publish(__name__, globals(), __all__)
