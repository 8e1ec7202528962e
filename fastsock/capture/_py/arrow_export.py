"""Pure twin of what gives columns to Arrow consumers: the C data interface by ctypes.

A release is Python code here. It needs the GIL and an interpreter: who drops such an array in a
thread of its own while the interpreter ends, may end the process. The compiled twin has no such
limit.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from itertools import count
from typing import TYPE_CHECKING, Any

from .. import errors as _errors

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    Column = tuple[str, str, int, WriteableBuffer]

_NULLABLE = 2  # ARROW_FLAG_NULLABLE
_SCHEMA = b"arrow_schema"
_ARRAY = b"arrow_array"


if not hasattr(ctypes, "pythonapi"):  # PyPy has none
    raise ImportError("the pure twin gives Arrow arrays by ctypes.pythonapi, which is not here")


class _Schema(ctypes.Structure):
    """``struct ArrowSchema``."""


class _Array(ctypes.Structure):
    """``struct ArrowArray``."""


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]
_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.POINTER(_Array)),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]
_Struct = _Schema | _Array

_kept: dict[int, object] = {}  # what a struct points to, by its private_data, until its release
_owned: dict[int, object] = {}  # structs and names of capsules, by their address, until their end
_numbers = count(1)


def _callbacks(kind: type[Any], name: bytes) -> tuple[int, int]:
    """The addresses of two C functions: a struct's release, and a capsule's destructor.

    Both stay for good, and look at no global name: they may be called when those are gone.
    """

    def release(pointer: Any) -> None:
        struct = pointer.contents
        for n in range(struct.n_children):
            child = struct.children[n]
            if child.contents.release:  # else it was moved elsewhere
                call(child.contents.release)(child)
        struct.release = None
        kept.pop(struct.private_data, None)

    def end(capsule: int) -> None:
        address = get_pointer(capsule, name)
        struct = kind.from_address(address)
        if struct.release:  # else whoever took it has left none
            call(struct.release)(pointer_to(struct))
        owned.pop(address, None)

    kept, owned = _kept, _owned
    pointer_to = ctypes.pointer
    call = ctypes.CFUNCTYPE(None, ctypes.POINTER(kind))
    prototype = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
    get_pointer = prototype(("PyCapsule_GetPointer", ctypes.pythonapi))
    callbacks = call(release), ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(end)
    for callback in callbacks:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(callback))
    addresses = [ctypes.cast(callback, ctypes.c_void_p).value or 0 for callback in callbacks]
    return addresses[0], addresses[1]


_release_schema, _end_schema = _callbacks(_Schema, _SCHEMA)
_release_array, _end_array = _callbacks(_Array, _ARRAY)
_new_capsule: Callable[..., object] = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)(("PyCapsule_New", ctypes.pythonapi))


def _keep(struct: _Struct, *kept: object) -> None:
    """Keep what a struct points to until its release: it may be moved elsewhere before."""
    number = next(_numbers)
    _kept[number] = kept
    struct.private_data = number


def _describe(
    schema: _Schema, name: str, format_: str, flags: int, children: list[_Schema]
) -> None:
    texts = name.encode(), format_.encode()
    pointers = (ctypes.POINTER(_Schema) * len(children))(*map(ctypes.pointer, children))
    schema.name, schema.format = texts
    schema.flags = flags
    schema.n_children, schema.children = len(children), pointers
    schema.release = _release_schema
    _keep(schema, texts, children, pointers)


def _give(array: _Array, rows: int, views: list[memoryview], children: list[_Array]) -> None:
    # An object of ctypes over a buffer holds it; one byte is the least that it can be over.
    held = [ctypes.c_char.from_buffer(view if len(view) else bytearray(1)) for view in views]
    buffers = (ctypes.c_void_p * (1 + len(held)))(None, *map(ctypes.addressof, held))
    pointers = (ctypes.POINTER(_Array) * len(children))(*map(ctypes.pointer, children))
    array.length = rows
    array.n_buffers, array.buffers = len(buffers), buffers
    array.n_children, array.children = len(children), pointers
    array.release = _release_array
    _keep(array, held, buffers, children, pointers)


def _capsule(struct: _Struct, name: bytes, end: int) -> object:
    """A capsule that owns the struct, whose memory stays until its end."""
    address = ctypes.addressof(struct)
    _owned[address] = struct, name
    return _new_capsule(address, name, end)


def export(rows: int, columns: Iterable[Column]) -> tuple[object, object]:
    """Give columns to whoever reads Arrow's PyCapsule interface.

    Args:
        rows: how many there are.
        columns: a list of (name, Arrow's format string, bytes a row, buffer).

    Returns:
        The capsules of a schema and an array, a struct with a child for each column. Each is
        released once: by who took what is in it, or with the capsule.

    Raises:
        ValueError: a buffer that has fewer rows.
    """
    given = [(name, format_, size, memoryview(block)) for name, format_, size, block in columns]
    for name, _, itemsize, view in given:
        if len(view) < rows * itemsize:  # else a consumer reads behind the memory
            raise _errors.column_too_small(name, rows)
    fields, children = [], []
    for name, format_, _, view in given:
        fields.append(_Schema())
        _describe(fields[-1], name, format_, _NULLABLE, [])
        children.append(_Array())
        _give(children[-1], rows, [view], [])
    schema, array = _Schema(), _Array()
    _describe(schema, "", "+s", 0, fields)
    _give(array, rows, [], children)
    return _capsule(schema, _SCHEMA, _end_schema), _capsule(array, _ARRAY, _end_array)
