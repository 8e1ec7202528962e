"""Spark: look-ups in a broadcast table by an Arrow UDF, and captures as a data frame.

The workers need fastsock and pyarrow. A table is sent to each once, as one buffer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

from .._core.errors import shorten
from .._core.typed import TYPE_CHECKING
from ._needed import needed
from .values import type_of_values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from typing import Any

    from ..prefix import PrefixTable

needed("spark", "pyspark")
pyarrow: Any = needed("spark", "pyarrow")

TYPES: dict[type, str] = {
    str: "string",
    bytes: "binary",
    int: "long",
    float: "double",
    bool: "boolean",
}
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
        AttributeError: Spark is older than 4.1, which has no Arrow UDFs.
        TypeError: values that have no type in common.
    """
    functions: Any = import_module("pyspark.sql.functions")
    arrow_udf = functions.arrow_udf

    shared = _session(spark).sparkContext.broadcast(table)
    kind = type_of_values(table, TYPES) if values else "int"

    # Spark reads the kind of function off the annotations.
    def look_up(batches: Iterator[pyarrow.Array]) -> Iterator[pyarrow.Array]:
        found = shared.value  # unpickled once a task, and changed by nobody
        known = pyarrow.array(found.values_list()) if values else None
        for batch in batches:
            indexes = pyarrow.array(found.lookup_column(batch))
            yield indexes if known is None else known.take(indexes)

    return arrow_udf(look_up, kind)


def captures(
    spark: Any,
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    columns: Iterable[str] | None = None,
    *,
    addresses: str = "text",
    chunk: int = 1 << 16,
) -> Any:
    """Read capture files on the workers, each file in a task of its own.

    Args:
        spark: the session.
        paths: files, or a pattern of them, which the workers see under the same paths.
        columns: as `Capture.to_batches` takes them.
        addresses: ``"text"`` or ``"binary"``.
        chunk: how many rows a batch has at most.

    Returns:
        A data frame with these columns and ``source``, the file's path. A file that ends early
        gives the rows before.

    Raises:
        FileNotFoundError: no file has the path or pattern.
    """
    found = _expanded(paths)
    names = None if columns is None else tuple(columns)
    settings = {"types": "spark", "addresses": addresses, "chunk": chunk}
    ddl = _ddl(names, settings)
    frame = spark.range(0, len(found), 1, max(len(found), 1))  # the number of a path in each part
    return frame.mapInArrow(partial(_decode, found, names, settings), ddl)


def _expanded(paths: Any) -> list[str]:
    from glob import glob

    one = isinstance(paths, str) or hasattr(paths, "__fspath__")
    found: list[str] = []
    for path in [paths] if one else paths:
        matched = sorted(glob(str(path)))  # noqa: PTH207, the pattern may be absolute
        if not matched:
            raise FileNotFoundError(f"there is no capture {shorten(str(path))}")
        found.extend(str(Path(name).absolute()) for name in matched)
    return found


def _ddl(names: tuple[str, ...] | None, settings: dict[str, Any]) -> str:
    from ..capture import open_capture

    nothing = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000")
    with open_capture(nothing) as empty:
        return empty.to_batches(names, source=True, **settings).schema.ddl()


def _decode(paths: list[str], names: Any, settings: dict[str, Any], batches: Any) -> Any:
    """Decode the captures whose numbers come in batches: on a worker."""
    from ..capture import open_capture

    for batch in batches:
        for path in map(paths.__getitem__, batch.column("id").to_pylist()):
            with open_capture(path) as capture:
                for rows in capture.to_batches(names, source=path, **settings):
                    yield pyarrow.record_batch(rows)
