"""Spark: look-ups in a broadcast table by an Arrow UDF, and captures as a data frame.

The workers need fastsock and pyarrow. A table is sent to each once, as one buffer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .._core.typed import TYPE_CHECKING
from ._needed import needed
from .values import type_of_values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from typing import Any

    from ..prefix import PrefixTable

needed("spark", "pyspark")
pyarrow = needed("spark", "pyarrow")

TYPES = {str: "string", bytes: "binary", int: "long", float: "double", bool: "boolean"}
"""Spark's types of values, by Python's."""


def _session(spark: Any) -> Any:
    from pyspark.sql import SparkSession

    return SparkSession.active() if spark is None else spark


def lookup(table: PrefixTable, *, values: bool = True, spark: Any = None) -> Any:
    """Make a function of columns that finds addresses' longest matches.

    Args:
        table: it is broadcast now: later changes don't count.
        values: the function gives values, all of one kind; False: their indexes in `values_list`.
        spark: the session; by default the active one.

    Returns:
        An Arrow UDF: ``frame.select(lookup(table)("src"))``, for columns of string or binary.

    Raises:
        ImportError: Spark is older than 4.1, which has no Arrow UDFs.
        TypeError: values that have no type in common.
    """
    from pyspark.sql.functions import arrow_udf

    shared = _session(spark).sparkContext.broadcast(table)
    kind = type_of_values(table, TYPES) if values else "int"

    def look_up(batches: Iterator[pyarrow.Array]) -> Iterator[pyarrow.Array]:
        found = shared.value  # unpickled once a task
        for batch in batches:
            column = pyarrow.array(found.lookup_column(batch, values=values))
            yield column.dictionary_decode() if values else column

    return arrow_udf(look_up, kind)
