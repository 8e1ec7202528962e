"""DuckDB: a table of prefixes as a SQL function.

>>> import duckdb, fastsock
>>> from fastsock.engines.duckdb import register
>>> connection = duckdb.connect()
>>> register(connection, fastsock.PrefixTable({"10.0.0.0/8": "office"}))
>>> connection.sql("SELECT ip_lookup('10.1.2.3')").fetchall()
[('office',)]
"""

from __future__ import annotations

from .._core.typed import TYPE_CHECKING
from ._needed import needed
from .values import Gathered, type_of_values

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..prefix import PrefixSet, PrefixTable

needed("duckdb", "duckdb")
pyarrow: Any = needed("duckdb", "pyarrow")  # Arrow functions get its chunks

TYPES: dict[type, str] = {
    str: "VARCHAR",
    bytes: "BLOB",
    int: "BIGINT",
    float: "DOUBLE",
    bool: "BOOLEAN",
}
"""DuckDB's types of values, by Python's."""


def _create(connection: Any, name: str, function: Callable[[Any], Any], of: str, to: str) -> None:
    # Without annotations: DuckDB evaluates those that it finds.
    connection.create_function(
        name, lambda column: function(column), [of], to, type="arrow", null_handling="special"
    )


def register(
    connection: Any,
    table: PrefixTable,
    name: str = "ip_lookup",
    *,
    values: bool = True,
    parameter: str = "VARCHAR",
) -> None:
    """Make a SQL function that finds an address's longest match in a table.

    Args:
        connection: of `duckdb.connect`.
        table: whose networks are searched. Later changes count for later queries; a table that
            is frozen is faster.
        name: of the function.
        values: the function gives values, all of one kind; False: their indexes in `values_list`.
        parameter: the type of addresses: ``"VARCHAR"``, ``"BLOB"`` (packed) or ``"UINTEGER"``
            (IPv4).

    Raises:
        TypeError: values that have no type in common.

    NULL is given for what is no address, and where there is no network.
    """
    gathered = Gathered(table, pyarrow.array)

    def look_up(column: Any) -> Any:
        found = gathered.values() if values else None
        if found is not None:
            return found.take(pyarrow.array(table.lookup_column(column)))
        return table.lookup_column(column, values=values)

    kind = type_of_values(table, TYPES) if values else "INTEGER"
    _create(connection, name, look_up, parameter, kind)


def register_set(
    connection: Any, addresses: PrefixSet, name: str, *, parameter: str = "VARCHAR"
) -> None:
    """Make a SQL function that says whether an address is in a set.

    Args:
        connection: of `duckdb.connect`.
        addresses: a set, as ``fastsock.special("private")`` is one.
        name: of the function.
        parameter: the type of addresses, as in `register`.
    """
    _create(connection, name, addresses.contains_column, parameter, "BOOLEAN")


def register_text(connection: Any) -> None:
    """Make ``ip_pton(VARCHAR)``, which packs into BLOB, and ``ip_ntop(BLOB)``, which writes.

    Packed addresses have 16 bytes, IPv4 as mapped: they sort and compare as one kind.
    """
    from ..arrow import ntop_column, pton_column

    _create(connection, "ip_pton", pton_column, "VARCHAR", "BLOB")
    _create(connection, "ip_ntop", ntop_column, "BLOB", "VARCHAR")
