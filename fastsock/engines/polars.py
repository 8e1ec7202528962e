"""Polars: the namespace ``.ip`` on expressions, eager, lazy and streaming.

    >>> import polars, fastsock
    >>> import fastsock.engines.polars
    >>> table = fastsock.PrefixTable({"10.0.0.0/8": "office"})
    >>> frame = polars.DataFrame({"src": ["10.1.2.3", "192.0.2.1", None]})
    >>> address = polars.col("src").ip
    >>> frame.select(net=address.lookup(table), private=address.is_private()).rows()
    [('office', True), (None, True), (None, None)]

Columns of String, Categorical, Enum, Binary (packed) and UInt32 (IPv4) have addresses. What is no
address becomes null.
"""

from __future__ import annotations

from .._core.typed import TYPE_CHECKING
from ..arrow import ntop_column, pton_column
from ..prefix import mask_column, special
from ._needed import needed
from .values import Gathered, type_of_values

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, SupportsIndex

    from ..prefix import PrefixSet, PrefixTable

_polars = needed("polars", "polars")

TYPES: dict[type, Any] = {
    str: _polars.String,
    bytes: _polars.Binary,
    int: _polars.Int64,
    float: _polars.Float64,
    bool: _polars.Boolean,
}
"""Polars' types of values, by Python's."""


class AddressExpressions:
    """Functions of a column of addresses: ``polars.col("src").ip``."""

    def __init__(self, expression: Any) -> None:
        self._expression = expression

    def _map(self, function: Callable[[Any], Any], dtype: Any) -> Any:
        def of_batch(series: Any) -> Any:
            found = _polars.Series(series.name, function(series))
            return found if found.dtype == dtype else found.cast(dtype)

        # Elementwise: streaming gives batches then, and not the whole column at once.
        return self._expression.map_batches(of_batch, return_dtype=dtype, is_elementwise=True)

    def pton(self, family: SupportsIndex = 0) -> Any:
        """Pack texts into Binary.

        Args:
            family: `AF_INET` (4 bytes), `AF_INET6`, or `AF_UNSPEC`, the default, for either (16
                bytes, IPv4 as mapped addresses).
        """
        return self._map(lambda series: pton_column(series, family), _polars.Binary)

    def ntop(self) -> Any:
        """Write packed addresses (Binary, or UInt32 for IPv4) as String."""
        return self._map(ntop_column, _polars.String)

    def lookup(self, table: PrefixTable, *, values: bool = True) -> Any:
        """Find each address's longest match.

        Args:
            table: whose networks are searched; one that is frozen is faster.
            values: give the values, all of one kind; False: their indexes in `values_list`.
        """
        dtype = type_of_values(table, TYPES) if values else _polars.Int32
        gathered = Gathered(table, lambda found: _polars.Series(found, dtype=dtype))

        def look_up(series: Any) -> Any:
            found = gathered.values() if values else None
            if found is not None:
                return found.gather(_polars.Series(table.lookup_column(series)))
            return table.lookup_column(series, values=values)

        return self._map(look_up, dtype)

    def is_in(self, addresses: PrefixSet) -> Any:
        """Tell whether each address is in a set."""
        return self._map(addresses.contains_column, _polars.Boolean)

    def mask(self, bits4: SupportsIndex = 24, bits6: SupportsIndex = 48) -> Any:
        """Write each address as String with the bits after a prefix cleared.

        Args:
            bits4: how many bits of an IPv4 address to keep.
            bits6: how many bits of an IPv6 address to keep.
        """

        def mask(series: Any) -> Any:
            return ntop_column(mask_column(series, bits4, bits6))

        return self._map(mask, _polars.String)

    def _is(self, name: str) -> Any:
        return self.is_in(special(name))

    def is_private(self) -> Any:
        """Tell what `ipaddress` calls private."""
        return self._is("private")

    def is_global(self) -> Any:
        """Tell what `ipaddress` calls global."""
        return self._is("global")

    def is_loopback(self) -> Any:
        """Tell loopback addresses."""
        return self._is("loopback")

    def is_link_local(self) -> Any:
        """Tell link-local addresses."""
        return self._is("link_local")

    def is_multicast(self) -> Any:
        """Tell multicast addresses."""
        return self._is("multicast")

    def is_reserved(self) -> Any:
        """Tell addresses that the IETF reserves."""
        return self._is("reserved")

    def is_unspecified(self) -> Any:
        """Tell ``0.0.0.0`` and ``::``."""
        return self._is("unspecified")


_polars.api.register_expr_namespace("ip")(AddressExpressions)
