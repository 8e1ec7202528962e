"""Columns of every producer, in every layout, to be read by either twin."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

Texts = list[str | None]


def package(name: str) -> Any:
    """A producer's package; a test without it is skipped by name."""
    return pytest.importorskip(name)


def of_pyarrow(layout: str, texts: Texts) -> Any:
    pa = package("pyarrow")
    types = {"large": pa.large_utf8(), "view": pa.string_view()}
    if layout == "dictionary":
        return pa.array(texts, pa.utf8()).dictionary_encode()
    if layout == "zero chunks":
        return pa.chunked_array([], pa.utf8())
    array = pa.array(texts, types.get(layout, pa.utf8()))
    if layout == "chunked":
        half = len(texts) // 2
        return pa.chunked_array([array[:half], array[:0], array[half:]])
    return array


def of_polars(layout: str, texts: Texts) -> Any:
    pl = package("polars")
    if layout == "dictionary":
        return pl.Series(texts, dtype=pl.Categorical)
    if layout == "zero chunks":
        return pl.Series([], dtype=pl.String)
    if layout == "null type":
        return pl.Series(texts)
    if layout == "chunked":
        half = len(texts) // 2
        first = pl.Series(texts[:half], dtype=pl.String)
        return first.append(pl.Series(texts[half:], dtype=pl.String))
    return pl.Series(texts, dtype=pl.String)


def of_pandas(layout: str, texts: Texts) -> Any:
    pd = package("pandas")
    package("pyarrow")  # its capsules need it
    kinds = {"dictionary": "category", "view": object, "null type": object}
    return pd.Series(texts, dtype=kinds.get(layout, "str"))


def of_nanoarrow(layout: str, texts: Texts) -> Any:
    na = package("nanoarrow")
    kind = na.large_string() if layout == "large" else na.string()
    if layout == "zero chunks":
        return na.Array.from_chunks([], kind)
    if layout == "chunked":
        half = len(texts) // 2
        halves = na.c_array(texts[:half], kind), na.c_array(texts[half:], kind)
        return na.Array.from_chunks(halves)
    return na.Array(texts, kind)


def of_arro3(layout: str, texts: Texts) -> Any:
    core = package("arro3.core")
    package("pyarrow")
    given = of_pyarrow(layout, texts)
    if layout in ("chunked", "zero chunks"):
        return core.ChunkedArray.from_arrow(given)
    return core.Array.from_arrow(given)


def of_duckdb(layout: str, texts: Texts) -> Any:
    duckdb = package("duckdb")
    connection = duckdb.connect()
    kind = "VARCHAR"
    if layout == "dictionary":
        names = sorted({text for text in texts if text is not None})
        shown = ", ".join(f"'{name}'" for name in names)
        connection.execute(f"CREATE TYPE known AS ENUM ({shown})")
        kind = "known"
    connection.execute(f"CREATE TABLE log (n INTEGER, address {kind})")
    if texts:
        connection.executemany("INSERT INTO log VALUES (?, ?)", list(enumerate(texts)))
    return connection.sql("SELECT address FROM log ORDER BY n")


PRODUCERS = {
    "pyarrow": of_pyarrow,
    "polars": of_polars,
    "pandas": of_pandas,
    "nanoarrow": of_nanoarrow,
    "arro3": of_arro3,
    "duckdb": of_duckdb,
}


# What a producer does not have: nanoarrow makes no such columns of Python objects, and only two
# have tables that are made of a column.
LACKING = {("nanoarrow", "view"), ("nanoarrow", "dictionary")}
WITH_TABLES = {"polars", "pandas"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if _applies(item)]


def _applies(item: pytest.Item) -> bool:
    if item.path.parent != Path(__file__).parent:  # the hook sees the tests of all folders
        return True
    given = item.callspec.params if hasattr(item, "callspec") else {}
    producer = given.get("producer")
    if (producer, given.get("column")) in LACKING:
        return False
    return "of_a_table" not in item.name or producer in WITH_TABLES


def _slice(column: Any, first: int, rows: int) -> Any:
    """A producer's own slice of a column."""
    kind = type(column).__module__.partition(".")[0]
    if kind == "pandas":
        return column.iloc[first : first + rows]
    if kind in ("nanoarrow", "arro3"):
        return of_slice(column, first, rows)
    if "duckdb" in kind:
        return column.limit(rows, offset=first)
    return column.slice(first, rows)


def of_slice(column: Any, first: int, rows: int) -> Any:
    if hasattr(column, "slice"):
        return column.slice(first, rows)
    core = import_module("nanoarrow")
    return core.Array(core.c_array(column)[first : first + rows])


@pytest.fixture(scope="session", params=PRODUCERS)
def producer(request: pytest.FixtureRequest) -> Callable[[str, Texts], Any]:
    return PRODUCERS[request.param]


@pytest.fixture(scope="session")
def slice_of() -> Callable[[Any, int, int], Any]:
    return _slice


@pytest.fixture(scope="session")
def parts(twin: Any) -> SimpleNamespace:
    """The parts of one twin that take columns."""
    return SimpleNamespace(
        tag=twin.tag,
        arrow=twin.part("arrow"),
        address=twin.part("address"),
        prefix=twin.part("prefix"),
    )
