"""Pure twin of Arrow's C data interface: structs given and taken by ctypes.

A release of what is given is Python code here. It needs the GIL and an interpreter: who drops such
an array in a thread of its own while the interpreter ends, may end the process. The compiled twin
has no such limit.
"""

from __future__ import annotations

import ctypes
import errno
from array import array as _array
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from . import errors as _errors, nodes as _nodes, pieces as _pieces

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from .nodes import Node

_SCHEMA = b"arrow_schema"
_ARRAY = b"arrow_array"
_STREAM = b"arrow_array_stream"
_DEEPEST = 8  # a schema's children and dictionaries: a producer may make a cycle
_MOST_CHILDREN = 1 << 20


if not hasattr(ctypes, "pythonapi"):  # PyPy has none
    raise ImportError("the pure twin gives Arrow arrays by ctypes.pythonapi, which is not here")


class _Schema(ctypes.Structure):
    """``struct ArrowSchema``."""


class _Array(ctypes.Structure):
    """``struct ArrowArray``."""


class _Stream(ctypes.Structure):
    """``struct ArrowArrayStream``."""


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
_Stream._fields_ = [
    (name, ctypes.c_void_p)
    for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")
]
_Struct = _Schema | _Array | _Stream

_kept: dict[int, object] = {}  # what a struct points to, by its private_data, until its release
_owned: dict[int, object] = {}  # structs and names of capsules, by their address, until their end
_numbers = count(1)


_new_capsule: Callable[..., object] = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)(("PyCapsule_New", ctypes.pythonapi))


# Given to consumers:


def _callbacks(kind: type[Any], name: bytes) -> tuple[int, int]:
    """The addresses of two C functions: a struct's release, and a capsule's destructor.

    Both stay for good, and look at no global name: they may be called when those are gone. A
    consumer that fails may call them while its error is set. No code in Python runs then, and none
    can leave an error set, which the consumer relies on: so the error is taken first, the memory
    released, and the error shown. What is returned then sets a TypeError as it goes.
    """

    def with_error_aside(callback: Callable[[Any], None]) -> Callable[[Any], object]:
        def call_back(argument: Any) -> object:
            pending = None
            try:
                raise_pending()
            except BaseException as error:
                pending = error
            callback(argument)
            if pending is None:
                return None
            show(pending)
            return new_capsule(1, None, set_error)

        return call_back

    def show(error: BaseException) -> None:
        def fail() -> None:
            raise error

        prototype_of_show(fail)()

    def release(pointer: Any) -> None:
        struct = pointer.contents
        for n in range(struct.n_children):
            release_part(struct.children[n])
        if struct.dictionary:
            release_part(struct.dictionary)
        struct.release = None
        kept.pop(struct.private_data, None)

    def release_part(pointer: Any) -> None:
        if pointer.contents.release:  # else it was moved elsewhere
            call(pointer.contents.release)(pointer)

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
    # Any call into Python's API raises an error that is set.
    raise_pending = ctypes.PYFUNCTYPE(ctypes.c_void_p)(("PyErr_Occurred", ctypes.pythonapi))
    prototype_of_show = ctypes.PYFUNCTYPE(None)
    new_capsule = _new_capsule
    set_error = ctypes.cast(ctypes.pythonapi.PyErr_BadArgument, ctypes.c_void_p)
    callbacks = (
        call(with_error_aside(release)),
        ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(with_error_aside(end)),
    )
    for callback in callbacks:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(callback))
    addresses = [ctypes.cast(callback, ctypes.c_void_p).value or 0 for callback in callbacks]
    return addresses[0], addresses[1]


_release_schema, _end_schema = _callbacks(_Schema, _SCHEMA)
_release_array, _end_array = _callbacks(_Array, _ARRAY)


def _keep(struct: _Struct, *kept: object) -> None:
    """Keep what a struct points to until its release: it may be moved elsewhere before."""
    number = next(_numbers)
    _kept[number] = kept
    struct.private_data = number


def _describe(node: Node) -> _Schema:
    schema = _Schema()
    texts = node.name.encode(), node.format.encode(), node.metadata
    children = [_describe(child) for child in node.children]
    pointers = (ctypes.POINTER(_Schema) * len(children))(*map(ctypes.pointer, children))
    schema.name, schema.format = texts[:2]
    if node.metadata:
        schema.metadata = node.metadata
    schema.flags = node.flags
    schema.n_children, schema.children = len(children), pointers
    dictionary = None if node.dictionary is None else _describe(node.dictionary)
    if dictionary is not None:
        schema.dictionary = ctypes.pointer(dictionary)
    schema.release = _release_schema
    _keep(schema, texts, children, pointers, dictionary)
    return schema


def _held(buffer: ReadableBuffer) -> Any:
    """An object of ctypes over a buffer, which it holds: over a copy of what is read-only."""
    view = memoryview(buffer)
    if view.readonly or view.nbytes == 0:  # one byte is the least that it can be over
        view = memoryview(bytearray(view) or bytearray(1))
    return ctypes.c_char.from_buffer(view)


def _give(node: Node) -> _Array:
    array = _Array()
    children = [_give(child) for child in node.children]
    held = [None if buffer is None else _held(buffer) for buffer in node.buffers]
    buffers = (ctypes.c_void_p * len(held))(
        *(None if block is None else ctypes.addressof(block) for block in held)
    )
    pointers = (ctypes.POINTER(_Array) * len(children))(*map(ctypes.pointer, children))
    array.length, array.null_count = node.rows, node.nulls
    array.n_buffers, array.buffers = len(buffers), buffers
    array.n_children, array.children = len(children), pointers
    dictionary = None if node.dictionary is None else _give(node.dictionary)
    if dictionary is not None:
        array.dictionary = ctypes.pointer(dictionary)
    array.release = _release_array
    _keep(array, held, buffers, children, pointers, dictionary)
    return array


def _capsule(struct: _Struct, name: bytes, end: int) -> object:
    """A capsule that owns the struct, whose memory stays until its end."""
    address = ctypes.addressof(struct)
    _owned[address] = struct, name
    return _new_capsule(address, name, end)


def export_schema(node: Node) -> object:
    """Give a type: the capsule of a schema, which is released once."""
    return _capsule(_describe(node), _SCHEMA, _end_schema)


def export(node: Node) -> tuple[object, object]:
    """Give an array to whoever reads Arrow's PyCapsule interface.

    Args:
        node: a `Node`, whose buffers have as many bytes as its rows need.

    Returns:
        The capsules of a schema and an array. Each is released once: by who took what is in it, or
        with the capsule.
    """
    _nodes.check_room(node)
    return export_schema(node), _capsule(_give(node), _ARRAY, _end_array)


def new_memory(size: int) -> memoryview:
    """New writable memory, which is given to consumers as it is."""
    return memoryview(bytearray(size))


# A stream of arrays that Python code makes.


class _Feed:
    """What a stream gives: a type, and the arrays of an iterator."""

    def __init__(self, node: Node, nodes: Iterable[Node]) -> None:
        self.node = node
        self.nodes = iter(nodes)
        self.error: Any = None
        self.stream = _Stream(*_stream_calls, next(_numbers))


def _fill(of: str, address: int, out: int, make: Callable[[_Feed], Any]) -> int:
    """Fill in what a consumer asks for, or keep an error's words for it."""
    feed: Any = _feeds[_Stream.from_address(address).private_data]
    kind = _Schema if of == "schema" else _Array
    ctypes.memset(out, 0, ctypes.sizeof(kind))
    try:
        made = make(feed)
    except BaseException as error:
        feed.error = ctypes.create_string_buffer(_errors.words_of(error))
        # Released here and now: a consumer does it while its own error is set, when no code in
        # Python can run. Only the words stay.
        feed.nodes = iter(())
        _Stream.from_address(address).release = None
        return errno.EIO
    if made is not None:
        ctypes.memmove(out, ctypes.addressof(made), ctypes.sizeof(kind))
    return 0


def _next_array(feed: _Feed) -> _Array | None:
    node = next(feed.nodes, None)
    if node is None:
        return None
    _nodes.check_room(node)
    return _give(node)


def _feed_schema(address: int, out: int) -> int:
    return _fill("schema", address, out, lambda feed: _describe(feed.node))


def _feed_next(address: int, out: int) -> int:
    return _fill("array", address, out, _next_array)


def _feed_error(address: int) -> int | None:
    feed: Any = _feeds[_Stream.from_address(address).private_data]
    return None if feed.error is None else ctypes.addressof(feed.error)


def _release_feed(pointer: Any) -> None:
    stream = pointer.contents
    stream.release = None
    _feeds.pop(stream.private_data, None)


_feeds: dict[int, _Feed] = {}
_stream_callbacks = (
    ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(_feed_schema),
    ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(_feed_next),
    ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(_feed_error),
    ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))(_release_feed),
)
_stream_calls = [ctypes.cast(call, ctypes.c_void_p).value for call in _stream_callbacks]


def export_stream(node: Node, nodes: Iterable[Node]) -> object:
    """Give a stream: the capsule of one, which is released once.

    Args:
        node: a `Node` for the type.
        nodes: an iterator of nodes of that type, each asked for when the consumer wants it.
    """
    # The capsule has no destructor: consumers drop it while their error is set, and Python code
    # would lose that. So the struct stays, and a stream that nobody takes is never released.
    feed = _Feed(node, nodes)
    _feeds[feed.stream.private_data] = feed
    address = ctypes.addressof(feed.stream)
    _owned[address] = feed.stream, _STREAM
    return _new_capsule(address, _STREAM, None)


# Taken from producers:

_is_capsule = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_IsValid", ctypes.pythonapi)
)
_get_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
# Called without the GIL: a producer may wait for a lock whose holder waits for the GIL.
_Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_Get = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_GetError = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)


def _pointer_of(capsule: object, name: bytes) -> int:
    if not _is_capsule(capsule, name):
        raise _errors.not_capsule(name.decode(), capsule)
    address: int = _get_pointer(capsule, name)
    return address


def _release(struct: Any) -> None:
    if struct.release:
        _Release(struct.release)(ctypes.addressof(struct))


def _moved(kind: type[Any], given: Any) -> Any:
    """Take a struct over, as the interface says: its bytes are copied, the old one is released."""
    taken = kind.from_buffer_copy(given)
    given.release = None
    return taken


def _read_schema(schema: Any, depth: int = 0) -> _pieces.Schema:
    """A copy of a schema."""
    if not schema.release:
        raise _errors.released("Arrow schema")
    if schema.format is None or depth > _DEEPEST:
        raise _errors.bad_array("its schema has no format, or no end")
    many = schema.n_children
    if not 0 <= many <= _MOST_CHILDREN or (many and not schema.children):
        raise _errors.bad_array(f"its schema has {many} children")
    children = []
    for n in range(many):
        if not schema.children[n]:
            raise _errors.released("Arrow schema")
        children.append(_read_schema(schema.children[n].contents, depth + 1))
    dictionary = None
    if schema.dictionary:
        dictionary = _read_schema(schema.dictionary.contents, depth + 1)
    format_, name = schema.format.decode("utf-8", "replace"), schema.name or b""
    return _pieces.Schema(format_, name.decode("utf-8", "replace"), tuple(children), dictionary)


def format_of(capsule: object) -> str:
    """The format string of a schema in a capsule, which stays the caller's."""
    return _read_schema(_Schema.from_address(_pointer_of(capsule, _SCHEMA))).format


class _Taken:
    """An array that was moved here; it is released with the last view of its memory."""

    def __init__(self, struct: Any) -> None:
        self.struct = struct

    def __del__(self, release: Callable[[Any], None] = _release) -> None:
        release(self.struct)


class Array:
    """A struct that was taken, or a part of one: what it says, unchecked."""

    def __init__(self, taken: _Taken, struct: Any) -> None:
        if not struct.release:
            raise _errors.released("Arrow array")
        self._taken = taken
        self._struct = struct
        self.rows: int = struct.length
        self.nulls: int = struct.null_count
        self.offset: int = struct.offset
        self.children: int = struct.n_children

    @property
    def buffers(self) -> int:
        many: int = self._struct.n_buffers
        if many > 0 and not self._struct.buffers:
            raise _errors.bad_array(f"{many} buffers, and none there")
        return many

    def child(self, n: int) -> Array:
        """Give a child, of which there are more than `n`."""
        if not self._struct.children or not self._struct.children[n]:
            raise _errors.bad_array("a child is missing")
        return Array(self._taken, self._struct.children[n].contents)

    def dictionary(self) -> Array | None:
        """Give the dictionary, or None."""
        found = self._struct.dictionary
        return Array(self._taken, found.contents) if found else None

    def has_buffer(self, n: int) -> bool:
        """Whether there is a buffer of that number."""
        struct = self._struct
        return n < struct.n_buffers and bool(struct.buffers) and bool(struct.buffers[n])

    def view(self, n: int, size: int) -> memoryview:
        """Show the first bytes of a buffer that is there."""
        address = self._struct.buffers[n]
        part: Any = (ctypes.c_uint8 * size).from_address(address)
        part.address = address
        part.taken = self._taken  # the view holds the part, and so the memory
        return memoryview(part).cast("B").toreadonly()


class Source:
    """What a producer gave: its schema, and arrays one by one."""

    def __init__(self, schema: _pieces.Schema, only: Any, stream: Any) -> None:
        self.schema = schema
        self._only = only
        self._stream = stream

    def __del__(self, release: Callable[[Any], None] = _release) -> None:
        if self._stream is not None:
            release(self._stream)

    def take_next(self) -> Array | None:
        """Take the next array, or give None at the end."""
        taken, self._only = self._only, None
        if taken is None:
            if self._stream is None:
                return None
            struct = _Array()
            _call(self._stream, "get_next", struct)
            if not struct.release:
                return None
            taken = _Taken(struct)
        return Array(taken, taken.struct)


def _call(stream: Any, name: str, out: Any) -> None:
    """Call one of a stream's functions, or raise its error in the producer's own words."""
    code = _Get(getattr(stream, name))(ctypes.addressof(stream), ctypes.addressof(out))
    if code != 0:
        message = None
        if stream.get_last_error:
            message = _GetError(stream.get_last_error)(ctypes.addressof(stream))
        text = None if message is None else message.decode("utf-8", "replace")
        raise _errors.stream_failed(code, text)


def _source_of_stream(capsule: object) -> Source:
    given = _Stream.from_address(_pointer_of(capsule, _STREAM))
    if not given.release:
        raise _errors.released("Arrow stream")
    stream = _moved(_Stream, given)
    schema = _Schema()
    try:
        _call(stream, "get_schema", schema)
        try:
            copy = _read_schema(schema)
        finally:
            _release(schema)
    except BaseException:
        _release(stream)
        raise
    return Source(copy, None, stream)


def _source_of_array(schema_capsule: object, array_capsule: object) -> Source:
    schema = _Schema.from_address(_pointer_of(schema_capsule, _SCHEMA))
    given = _Array.from_address(_pointer_of(array_capsule, _ARRAY))
    copy = _read_schema(schema)
    if not given.release:
        raise _errors.released("Arrow array")
    return Source(copy, _Taken(_moved(_Array, given)), None)


def open_column(column: Any) -> Source:
    """Take what an object exports: by a stream where it can, for that is all that chunks have."""
    if hasattr(type(column), "__arrow_c_stream__"):
        return _source_of_stream(column.__arrow_c_stream__())
    schema, array = column.__arrow_c_array__()
    return _source_of_array(schema, array)


pieces = partial(_pieces.each_piece, open_column)


# Loops over what was taken:

_CODES = {"c": "b", "C": "B", "s": "h", "S": "H", "i": "i", "I": "I", "l": "q", "L": "Q"}


def spread_bits(bits: memoryview, first: int, rows: int) -> bytes:
    """A byte a row, 1 or 0, from bits, of which the row 0 has the number `first`."""
    if len(bits) * 8 < first + rows:
        raise ValueError("there are fewer bits than rows")
    flags = bytearray(len(bits) * 8)
    number = int.from_bytes(bits, "little")
    ones = int.from_bytes(b"\1" * len(bits), "little")
    for bit in range(8):
        flags[bit::8] = (number >> bit & ones).to_bytes(len(bits), "little")
    return bytes(flags[first : first + rows])


def pack_bits(flags: ReadableBuffer) -> tuple[bytes, int]:
    """A bit a row from a byte a row, and how many are 0."""
    view = bytes(flags).translate(_TRUTH)
    size = (len(view) + 7) // 8
    bits = 0
    for bit in range(8):
        bits |= int.from_bytes(view[bit::8], "little") << bit
    return bits.to_bytes(size, "little"), view.count(0)


_TRUTH = bytes([0]) + bytes([1]) * 255


def validity_flags(piece: _pieces.Piece) -> bytes:
    """A byte a row, 0 for a null."""
    if piece.format == "n":
        return bytes(piece.rows)
    if piece.validity is None:
        return b"\1" * piece.rows
    return spread_bits(piece.validity, piece.first, piece.rows)


def take(piece: _pieces.Piece, size: int, records: bytes, flags: bytes) -> tuple[bytes, bytes]:
    """The record of `size` bytes for each row of a dictionary column, and whether it is valid.

    Args:
        piece: a piece with indexes.
        size: the bytes of a record.
        records: bytes, a record for each value of the dictionary.
        flags: bytes, 1 or 0 for each value.

    Raises:
        ValueError: an index without a value.
    """
    most = len(flags)
    if len(records) < most * size:
        raise ValueError("there are fewer records than flags")
    values = [records[size * n : size * (n + 1)] for n in range(most)]
    nothing = bytes(size)
    indexes = _array(_CODES[piece.index_format])
    indexes.frombytes(piece.values)
    present = validity_flags(piece)
    out, valid = [], bytearray(piece.rows)
    for row, index in enumerate(indexes):
        if not present[row]:
            out.append(nothing)
            continue
        if not 0 <= index < most:
            raise _errors.bad_row(row)
        valid[row] = flags[index] != 0
        out.append(values[index] if valid[row] else nothing)
    return b"".join(out), bytes(valid)


def take_packed(piece: _pieces.Piece) -> tuple[bytes, bytes]:
    """The packed addresses in a piece of binaries, as records of 16 bytes, and their flags."""
    out, valid = [], bytearray()
    for row in _pieces.rows_of(piece):
        good = row is not None and len(row) in (4, 16)
        valid.append(good)
        if row is None or not good:
            out.append(bytes(16))
        else:
            out.append(bytes(10) + b"\xff\xff" + row if len(row) == 4 else row)
    return b"".join(out), bytes(valid)
