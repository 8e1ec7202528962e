"""Sources of tables: ranges, CSV files of several kinds, MaxMind DB files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack

from .._core.errors import shorten, shorten_number
from .._core.typed import TYPE_CHECKING, NamedTuple
from . import errors
from .arguments import read_address, read_network
from .ranges import blocks
from .sets import read_range

if TYPE_CHECKING:
    from os import PathLike
    from typing import Any, TypeAlias

_Row = dict[str, str]
_Pair: TypeAlias = "tuple[tuple[bytes, int], Any]"


def _of_span(wide: bool, first: int, last: int) -> Iterator[tuple[bytes, int]]:
    size = 16 if wide else 4
    for address, length in blocks(first, last, 8 * size):
        yield address.to_bytes(size, "big"), length


def of_ranges(ranges: Iterable[Any]) -> Iterator[_Pair]:
    """Split ranges into networks, smaller ranges last: of equal networks the last counts."""
    spans = [(*read_range(first, last), value) for first, last, value in ranges]
    spans.sort(key=lambda span: span[1] - span[2])  # by size, descending; the sort is stable
    for wide, first, last, value in spans:
        for network in _of_span(wide, first, last):
            yield network, value


class Columns(NamedTuple):
    """The columns to read: see `PrefixTable.from_csv`."""

    network: str | None
    value: Any
    first: str | None
    last: str | None
    number: str | None
    names: Iterable[str] | None
    delimiter: str
    where: Callable[[_Row], object] | None

    def check(self) -> None:
        """Refuse options that exclude each other."""
        if self.first is None:
            if self.last is not None or self.number is not None:
                raise ValueError("last= and count= need first=")
        elif self.network is not None:
            raise ValueError("network= and first= exclude each other")
        elif (self.last is None) == (self.number is None):
            raise ValueError("first= needs either last= or count=")

    def needed(self) -> list[str]:
        """The required columns."""
        if self.first is not None:
            found = [self.first, self.last or self.number or ""]
        else:
            found = [self.network or "network"]
        if isinstance(self.value, str):
            found.append(self.value)
        elif self.value is not None and not callable(self.value):
            found += self.value
        return found

    def networks(self, row: _Row) -> list[tuple[bytes, int]]:
        """The networks of a row."""
        if self.first is None:
            return [read_network(row[self.network or "network"].strip())]
        first = row[self.first].strip()
        if self.last is not None:
            return list(_of_span(*read_range(first, row[self.last].strip())))
        count = _count_of(row[self.number or ""])
        packed = read_address(first)
        if len(packed) == 16:  # as the RIRs have it
            return [read_network((packed, count))]
        start = int.from_bytes(packed, "big")
        if not 0 < count <= (1 << 32) - start:
            raise ValueError(
                f"there are no {shorten_number(count)} addresses from {shorten(first)} on"
            )
        return list(_of_span(False, start, start + count - 1))

    def value_of(self, row: _Row) -> Any:
        """The value of a row."""
        if isinstance(self.value, str):
            return row[self.value]
        if self.value is None:
            return row[self.first or self.network or "network"].strip()
        if callable(self.value):
            return self.value(row)
        return {name: row[name] for name in self.value}


def _count_of(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # its own words show all of it
        raise ValueError(f"{shorten(text)} is not a number of addresses") from None


class _Interned:
    """Makes equal values one object, if they can be keys of a dict."""

    def __init__(self) -> None:
        self._seen: dict[Any, Any] = {}

    def __call__(self, value: Any) -> Any:
        # Include the type: 1, 1.0 and True are equal. repr() tells the types inside containers.
        key = (type(value), repr(value) if isinstance(value, (dict, list, float)) else value)
        try:
            return self._seen.setdefault(key, value)
        except TypeError:  # not hashable
            return value


def _lines(source: Any, stack: ExitStack) -> Iterable[str]:
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        return stack.enter_context(open(source, encoding="utf-8-sig", newline=""))
    return source  # type: ignore[no-any-return]


class _Reader:
    """A file's rows, each with the number of its last line."""

    def __init__(self, lines: Iterable[str], columns: Columns) -> None:
        self.line = 0
        self._rows = self._fields(lines, columns.delimiter)
        names = list(columns.names) if columns.names is not None else None
        self.names = names if names is not None else next(self._rows, [])
        for name in columns.needed():
            if name not in self.names:
                raise errors.no_column(name, self.names)

    def _fields(self, lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
        import csv  # imported when used: it imports `re`

        try:
            yield from csv.reader(self._counted(lines), delimiter=delimiter)
        except csv.Error as error:  # as a quote that nothing closes: where rows begin is unknown
            raise errors.bad_line(self.line, error) from error

    def _counted(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self.line += 1
            if line.strip() and not line.startswith("#"):
                yield line

    def __iter__(self) -> Iterator[_Row]:
        for fields in self._rows:
            # A short row gets empty fields, which are refused where they are needed.
            fields += [""] * (len(self.names) - len(fields))
            yield dict(zip(self.names, fields, strict=False))


def of_csv(cls: Any, path: Any, columns: Columns, on_error: str) -> Any:
    """Make a table from a CSV file: see `PrefixTable.from_csv`."""
    if on_error not in ("strict", "mask"):
        raise errors.bad_errors(on_error)
    columns.check()
    interned = _Interned()
    bad: list[tuple[int, str]] = []

    def pairs(reader: _Reader) -> Iterator[_Pair]:
        for row in reader:
            try:
                if columns.where is not None and not columns.where(row):
                    continue
                networks = columns.networks(row)
                value = interned(columns.value_of(row))
            except (ValueError, OSError, LookupError) as error:
                if on_error == "strict":
                    raise errors.bad_line(reader.line, error) from error
                bad.append((reader.line, str(error)))
                continue
            for network in networks:
                yield network, value

    with ExitStack() as stack:
        table = cls(pairs(_Reader(_lines(path, stack), columns)))
    return (table, bad) if on_error == "mask" else table


def _picker(field: Any) -> Callable[[Any], Any]:
    if field is None:
        return lambda record: record
    if callable(field):
        return field  # type: ignore[no-any-return]
    steps = str(field).split(".")

    def pick(record: Any) -> Any:
        for step in steps:
            if isinstance(record, dict):
                record = record.get(step)
            elif isinstance(record, list) and step.isdigit() and int(step) < len(record):
                record = record[int(step)]
            else:
                return None
        return record

    return pick


def of_mmdb(path: str | PathLike[str], field: Any) -> Iterator[tuple[Any, Any]]:
    """Read the networks and records of a MaxMind DB file."""
    import maxminddb  # type: ignore[import-not-found,unused-ignore]

    pick, interned = _picker(field), _Interned()
    with maxminddb.open_database(path) as database:
        for network, record in database:
            value = pick(record)
            if value is not None:
                yield network, interned(value)
