"""Wording of what columns in Arrow memory are refused for, which both twins share."""

from __future__ import annotations

from ..errors import shorten

_NAMES = {
    "n": "null", "b": "bool", "c": "int8", "C": "uint8", "s": "int16", "S": "uint16",
    "i": "int32", "I": "uint32", "l": "int64", "L": "uint64", "e": "float16", "f": "float32",
    "g": "float64", "z": "binary", "Z": "large_binary", "vz": "binary_view", "u": "utf8",
    "U": "large_utf8", "vu": "utf8_view", "+s": "struct", "+l": "list", "+L": "large_list",
    "+m": "map", "+r": "run_end_encoded", "+vl": "list_view", "+vL": "large_list_view",
}  # fmt: skip


def type_name(format_: str, values: str | None = None) -> str:
    """Name a type by its format string, with that of the values where it is a dictionary."""
    name = _NAMES.get(format_)
    if format_.startswith("w:"):
        name = f"fixed_size_binary[{format_[2:66]}]"
    shown = name or f"with the format {shorten(format_)}"
    return f"dictionary<{type_name(values)}>" if values is not None else shown


def wrong_type(what: str, name: str) -> TypeError:
    """Refuse a column of a type that holds nothing of the kind."""
    return TypeError(f"{what} can't be read from an Arrow column of type {name}")


def not_column(value: object) -> TypeError:
    """Refuse something that is no Arrow column."""
    return TypeError(
        "a column with __arrow_c_array__ or __arrow_c_stream__ is required, "
        f"not '{type(value).__name__}'"
    )


def many_columns(names: list[str]) -> ValueError:
    """Refuse a table where one column is wanted."""
    shown = ", ".join(map(shorten, names[:8])) + (", ..." if len(names) > 8 else "")
    return ValueError(f"a table of {len(names)} columns ({shown}): pass one of them")


def not_capsule(name: str, value: object) -> TypeError:
    """Refuse what a producer's method returned."""
    return TypeError(f"the producer must give a capsule {name!r}, not '{type(value).__name__}'")


def released(name: str) -> ValueError:
    """Refuse a struct that somebody has taken already."""
    return ValueError(f"the {name} was released, or read before")


def words_of(error: BaseException) -> bytes:
    """Write an error for the consumer of a stream; its own ``__str__`` may fail."""
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:
        text = type(error).__name__
    return text.encode("utf-8", "backslashreplace")


def stream_failed(code: int, message: str | None) -> OSError:
    """Pass on that a stream's producer failed, in its words."""
    return OSError(code, message or "the producer of the Arrow stream gave no reason")


def bad_array(why: str) -> ValueError:
    """Refuse an array that contradicts itself or its schema."""
    return ValueError(f"the Arrow array is damaged: {why}")


def bad_row(row: int) -> ValueError:
    """Refuse an array whose row lies outside of its data, or has an index without a value."""
    return bad_array(f"row {row} points outside of its data")
