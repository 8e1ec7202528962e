"""The methods of a table that are not look-ups: written once, over either twin."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView

from .._core.omitted import Omitted
from .._core.typed import TYPE_CHECKING
from . import files, sources

if TYPE_CHECKING:
    from os import PathLike
    from types import ModuleType
    from typing import Any, Self, SupportsIndex

    from .arguments import Network

TABLE_DOC = """\
    A mapping from networks of both families to values, searched by longest prefix.

    It is a mutable mapping whose keys are networks: as text (``"10.0.0.0/8"``), as
    ``(packed, length)``, as network objects of `ipaddress`. It returns them as text, IPv4 before
    IPv6, each in address order. Networks of IPv4-mapped addresses are IPv4 networks, and mapped
    addresses are looked up as IPv4. Iteration goes over a snapshot of the table.

    Look-ups and changes may alternate, also in different threads. A look-up during a change gives
    the old answer or the new one.

    Args:
        items: pairs of networks and values, or a mapping.
        strict: refuse networks with host bits set (``"10.0.0.1/8"``). False: clear the bits.

    Raises:
        AddressError: a text is not a network.

    >>> table = PrefixTable({"10.0.0.0/8": "office", "2001:db8::/32": "lab"})
    >>> table["10.9.0.0/16"] = "guests"
    >>> table.lookup("10.9.1.1"), table.lookup("::ffff:10.0.0.1"), table.lookup("2001:db8::1")
    ('guests', 'office', 'lab')
    >>> list(table)
    ['10.0.0.0/8', '10.9.0.0/16', '2001:db8::/32']
    """

_MISSING: Any = Omitted("KeyError")


class _Items(ItemsView[str, object]):
    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return self._mapping._iterate(3)  # type: ignore[attr-defined,no-any-return]


class _Values(ValuesView[object]):
    def __iter__(self) -> Iterator[Any]:
        return self._mapping._iterate(2)  # type: ignore[attr-defined,no-any-return]


class TableMethods:
    """The methods of `PrefixTable` that are written once for both twins."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def frozen(self) -> bool: ...  # noqa: D102

        _read_form: Callable[[Any], Any]
        _column_twin: Callable[[], ModuleType]
        _crc32: Callable[[Any], int]

        def __getitem__(self, network: Network) -> Any: ...
        def __contains__(self, network: object) -> bool: ...
        def get(self, network: Network, /, default: Any = None) -> Any: ...  # noqa: D102
        def covering(self, network: Network, /) -> list[tuple[str, Any]]: ...  # noqa: D102
        def covered(self, network: Network, /) -> list[tuple[str, Any]]: ...  # noqa: D102
        def __setitem__(self, network: Network, value: Any) -> None: ...
        def __len__(self) -> int: ...
        def _update(self, items: Iterable[Any]) -> None: ...
        def _remove(self, network: Network) -> Any: ...
        def _iterate(self, kind: int) -> Iterator[Any]: ...
        def _start(self, strict: bool) -> None: ...
        def _snapshot(self) -> tuple[Any, list[Any], Any, bool]: ...
        def _adopt(
            self, form: Any, values: list[Any], reader: Any, frozen: bool, strict: bool
        ) -> None: ...

    def __init__(self, items: Any = (), *, strict: bool = True) -> None:
        self._start(strict)
        self.update(items)

    def __repr__(self) -> str:
        state = ", frozen" if self.frozen else ""
        return f"<{type(self).__name__} of {len(self)} networks{state}>"

    def __iter__(self) -> Iterator[str]:
        return self._iterate(1)

    def items(self) -> ItemsView[str, Any]:
        """Return a view of ``(network, value)`` pairs, in address order.

        >>> list(PrefixTable({"10.0.0.0/8": 1}).items())
        [('10.0.0.0/8', 1)]
        """
        return _Items(self)  # type: ignore[arg-type,unused-ignore]

    def values(self) -> ValuesView[Any]:
        """Return a view of the values, in the order of their networks.

        >>> list(PrefixTable({"10.0.0.0/8": 1}).values())
        [1]
        """
        return _Values(self)  # type: ignore[arg-type,unused-ignore]

    def update(self, items: Any = (), /) -> None:
        """Set many networks at once. If one of them is wrong, set none.

        Args:
            items: pairs of networks and values, or a mapping; of equal networks the last counts.

        Raises:
            AddressError, TypeError, ValueError: an item that is not a pair, or not a network.

        >>> table = PrefixTable()
        >>> table.update([("10.0.0.0/8", 1), ("192.0.2.0/24", 2)])
        >>> len(table)
        2
        """
        self._update(items.items() if isinstance(items, Mapping) else items)

    def pop(self, network: Network, /, default: Any = _MISSING) -> Any:
        """Remove a network and return its value. If it is absent, return `default` if given.

        >>> PrefixTable({"10.0.0.0/8": 1}).pop("10.0.0.0/8")
        1
        """
        value = self._remove(network)
        if value is not NotImplemented:
            return value
        if default is _MISSING:
            raise KeyError(network)
        return default

    def popitem(self) -> tuple[str, Any]:
        """Remove the first network and return it with its value.

        >>> PrefixTable({"10.0.0.0/8": 1}).popitem()
        ('10.0.0.0/8', 1)
        """
        for network in self:
            return network, self.pop(network)
        raise KeyError("popitem(): the table is empty")

    def clear(self) -> None:
        """Remove everything.

        >>> table = PrefixTable({"10.0.0.0/8": 1})
        >>> table.clear()
        >>> len(table)
        0
        """
        if self.frozen:
            self._remove("0.0.0.0/0")  # raises the error of a frozen table
        form, values, _, _ = type(self)()._snapshot()
        self._adopt(form, values, None, False, self._snapshot()[3])

    def copy(self) -> Self:
        """Return an independent, mutable table with the same networks and values.

        >>> table = PrefixTable({"10.0.0.0/8": 1})
        >>> table.copy() == table
        True
        """
        form, values, reader, strict = self._snapshot()
        fresh = type(self).__new__(type(self))
        fresh._adopt(form, values, reader, False, strict)
        return fresh

    __copy__ = copy

    def lookup_column(
        self, column: Any, *, values: bool = False, default: SupportsIndex | None = None
    ) -> Any:
        """Find the longest match of each address of a column.

        Args:
            column: an `AddressColumn`, or anything that exports Arrow memory with addresses: as
                text, ``fixed_size_binary`` of 4 or 16 bytes, ``uint32`` (IPv4), or binary. A
                dictionary column is looked up once a distinct value.
            values: return the values themselves, not their indexes in `values_list`.
            default: the index of rows without a network. None: they are null.

        Returns:
            An `IntColumn` of indexes; with `values` a `DictionaryColumn` of the values that
            occur. Rows that are null or no address are null too, unless there is a default.

        Raises:
            TypeError: a column of another type; values that have no Arrow type in common.
            ValueError, OverflowError: a damaged column; a default that is no int32.

        >>> from fastsock import pton_column
        >>> table = PrefixTable({"10.0.0.0/8": "office", "10.9.0.0/16": "lab"})
        >>> column = pton_column(["10.9.8.7", "192.0.2.1", None])
        >>> list(table.lookup_column(column)), list(table.lookup_column(column, values=True))
        ([1, None, None], ['lab', None, None])
        """
        from . import columns  # no part of the usual import

        return columns.lookup_column(self._column_twin(), self, column, values, default)

    def overlaps(self, other: Any, /) -> bool:
        """Tell whether any network of this table shares an address with `other`.

        Args:
            other: a network, or an iterable of networks: another table, a `PrefixSet`, a list.

        Raises:
            AddressError, TypeError, ValueError: not a network.

        >>> PrefixTable({"10.0.0.0/8": 1}).overlaps("10.1.0.0/16")
        True
        """
        if isinstance(other, (str, tuple)) or not isinstance(other, Iterable) or _is_object(other):
            return bool(self.covering(other) or self.covered(other))
        if isinstance(other, TableMethods) and len(other) > len(self):
            return any(other.covering(network) or other.covered(network) for network in self)
        return any(self.covering(network) or self.covered(network) for network in other)

    def freeze(self) -> None:
        """Forbid changes, and free the memory that only changes need.

        Values get new indexes in `values_list`. `copy` gives a mutable table.

        >>> table = PrefixTable({"10.0.0.0/8": 1})
        >>> table.freeze()
        >>> table.frozen
        True
        """
        if not self.frozen:
            form, values, strict = files.compacted(self)
            self._adopt(form, values, None, True, strict)

    def save(self, path: str | PathLike[str], /) -> None:
        """Write the table to a file, which `load` opens without reading it.

        A temporary file is written beside `path` and then renamed to it.

        Args:
            path: the file. Values must be JSON: None, bool, int, float, str, list, dict.

        Raises:
            TypeError: another value; its network is named.
            OSError: the file can't be written.
        """
        files.save(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str], /, *, mmap: bool = True) -> Self:
        """Open a file that `save` wrote.

        Args:
            path: the file.
            mmap: map the file, so that processes share its memory and read only what they use.
                Replace such a file (as `save` does), never truncate it: a process that reads a
                truncated mapping is killed (SIGBUS). False: read it all.

        Returns:
            A mutable table. Changes to it do not change the file.

        Raises:
            TableFileError: the file is damaged, foreign, or of another version (a ValueError).
            OSError: the file can't be read.
        """
        table = cls.__new__(cls)
        form, values, reader = files.load(path, mmap, cls._read_form, cls._crc32)
        table._adopt(form, values, reader, False, True)
        return table

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle the compiled form as it is. Protocol 5 can pass it out of band."""
        form, values, strict = files.compacted(self)
        import pickle  # imported when used: it imports `re`

        block = pickle.PickleBuffer(form.image) if protocol >= 5 else bytes(form.image)
        return _restored, (type(self), block, values, self.frozen, strict)

    @classmethod
    def from_ranges(cls, ranges: Iterable[Any], /) -> Self:
        """Make a table from ranges of addresses.

        Of overlapping ranges the smaller counts, and of equal ones the last.

        Args:
            ranges: ``(first, last, value)`` each, both addresses as `lookup` takes them and of one
                family.

        Raises:
            AddressError, TypeError, ValueError: not an address, or not a range.

        >>> table = PrefixTable.from_ranges([("10.0.0.1", "10.0.0.6", "hosts")])
        >>> list(table)
        ['10.0.0.1/32', '10.0.0.2/31', '10.0.0.4/31', '10.0.0.6/32']
        """
        return cls(sources.of_ranges(ranges))

    @classmethod
    def from_csv(
        cls,
        path: Any,
        /,
        network: str | None = None,
        value: Any = None,
        *,
        first: str | None = None,
        last: str | None = None,
        count: str | None = None,
        columns: Iterable[str] | None = None,
        delimiter: str = ",",
        where: Callable[[dict[str, str]], object] | None = None,
        errors: str = "strict",
    ) -> Any:
        """Make a table from a CSV file with a network, or a range, in each row.

        Args:
            path: a path, or an iterable of lines.
            network: the column with the network, by default ``"network"``.
            value: the column with the value; several names give a dict of these; a function is
                called with the row, a dict. None: the network's own text.
            first: instead of `network`, the column with a range's first address. It needs `last`
                or `count`.
            last: the column with a range's last address.
            count: the column with the number of addresses. In an IPv6 row this is a prefix length,
                as in the RIRs' files.
            columns: the columns' names, if the first line is not a header.
            delimiter: the separator between fields.
            where: a function of the row: whether to take it.
            errors: ``"strict"`` stops at the first row that can't be read, ``"mask"`` continues.

        Returns:
            The table; with ``errors="mask"`` a pair of it and a list of ``(line, reason)``. Empty
            lines and lines that start with ``#`` are skipped. Equal values become one object.

        Raises:
            ValueError: a row can't be read (the message has its line); a column is missing.
            OSError: the file can't be read.

        >>> table = PrefixTable.from_csv(["network,country", "192.0.2.0/24,NL"], value="country")
        >>> table.lookup("192.0.2.1")
        'NL'
        """
        wanted = sources.Columns(network, value, first, last, count, columns, delimiter, where)
        return sources.of_csv(cls, path, wanted, errors)

    @classmethod
    def from_mmdb(cls, path: str | PathLike[str], /, field: Any = None) -> Self:
        """Make a table from a MaxMind DB file, with the package ``maxminddb``.

        Args:
            path: the file.
            field: the part of each record to keep: a path such as ``"country.iso_code"``, or a
                function of the record. Networks without it are left out. None: the whole record.

        Raises:
            ImportError: ``maxminddb`` is not installed.
            OSError, ValueError: the file can't be read, or is not a MaxMind DB file.
        """
        return cls(sources.of_mmdb(path, field))


def _is_object(value: Any) -> bool:
    """Whether an iterable is itself a network object."""
    return hasattr(value, "network_address")


def _restored(
    cls: type[TableMethods], block: Any, values: list[Any], frozen: bool, strict: bool
) -> TableMethods:
    """Restore a pickled object."""
    table = cls.__new__(cls)
    table._adopt(cls._read_form(block), values, None, frozen, strict)
    return table
