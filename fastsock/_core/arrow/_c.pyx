"""Compiled twin of Arrow's C data interface: structs given to consumers, taken from producers."""

cimport cython
from cpython.buffer cimport (
    PyBUF_FORMAT,
    PyBUF_ND,
    PyBUF_SIMPLE,
    PyBUF_STRIDES,
    PyBUF_WRITABLE,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_IsValid, PyCapsule_New
from libc.errno cimport EIO
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from fastsock._core.arrow.rows cimport (
    FS_ROWS_NULL,
    Held,
    drop,
    fs_pack_bits,
    fs_spread_bits,
    fs_take,
    fs_take_packed,
    hold,
    layout_of,
)

from functools import partial

from fastsock._core.arrow import errors as _errors, nodes as _nodes, pieces as _pieces


cdef extern from *:
    """
    #define FS_UNSIGNED_BYTES ((char *)"B")
    """
    char *FS_UNSIGNED_BYTES

cdef extern from "Python.h":
    ctypedef struct PyInterpreterState:
        pass
    int Py_IsInitialized() noexcept nogil
    PyInterpreterState *PyInterpreterState_Get() noexcept
    object PyMemoryView_FromObject(object exporter)

cdef extern from "fastsock/_core/types/visit.h":
    ctypedef struct fs_visit:
        pass
    fs_visit fs_enter(PyInterpreterState *home) noexcept nogil
    void fs_leave(fs_visit visit) noexcept nogil

cdef enum:
    DEEPEST = 8         # a schema's children and dictionaries: a producer may make a cycle
    MOST_CHILDREN = 1 << 20


@cython.final
cdef class Memory:
    """A column's memory, which lives as long as a view of it or an Arrow array with it."""

    def __dealloc__(self):
        fs_let_go(self.memory)

    def __reduce__(self):
        raise TypeError("cannot pickle 'Memory' object")

    def __getbuffer__(self, Py_buffer *view, int flags):
        # Python code can make an object without memory: it has no bytes, and a place for them.
        view.buf = <void *>self.start if self.memory != NULL else <void *>&self.size
        view.obj = self
        view.len = self.size
        view.itemsize = 1
        view.readonly = False
        view.ndim = 1
        view.format = FS_UNSIGNED_BYTES if flags & PyBUF_FORMAT else NULL
        view.shape = &self.size if flags & PyBUF_ND else NULL
        view.strides = &view.itemsize if (flags & PyBUF_STRIDES) == PyBUF_STRIDES else NULL
        view.suboffsets = NULL
        view.internal = NULL


cdef object view_of(fs_shared *memory, uint8_t *start, Py_ssize_t size):
    """A writable view of `size` bytes of the memory, which is held for it."""
    cdef Memory part = Memory.__new__(Memory)
    fs_hold(memory)
    part.memory = memory
    part.start = start
    part.size = size
    return PyMemoryView_FromObject(part)


# Given to consumers:

cdef void end_schema(object capsule) noexcept:
    cdef ArrowSchema *schema = <ArrowSchema *>PyCapsule_GetPointer(capsule, "arrow_schema")
    if schema.release != NULL:  # whoever took it has left none
        schema.release(schema)
    free(schema)


cdef void end_array(object capsule) noexcept:
    cdef ArrowArray *array = <ArrowArray *>PyCapsule_GetPointer(capsule, "arrow_array")
    if array.release != NULL:
        array.release(array)
    free(array)


cdef object owned(void *pointer, const char *name, void (*end)(object) noexcept):
    """A capsule that owns the pointer; where it can't be made, nobody does."""
    try:
        return PyCapsule_New(pointer, name, end)
    except BaseException:
        free(pointer)
        raise


cdef int describe(ArrowSchema *schema, object node) except -1:
    cdef size_t n
    format_, name = node.format.encode(), node.name.encode()
    cdef bytes metadata = node.metadata
    children, dictionary = node.children, node.dictionary
    if not fs_describe(
        schema, format_, name, PyBytes_AS_STRING(metadata), PyBytes_GET_SIZE(metadata),
        node.flags, len(children), dictionary is not None,
    ):
        raise MemoryError()
    for n, child in enumerate(children):
        describe(schema.children[n], child)
    if dictionary is not None:
        describe(schema.dictionary, dictionary)
    return 0


cdef int give_buffer(ArrowArray *array, int n, object buffer) except -1:
    """Give a buffer as it is, where its memory is shared memory, else a copy of it.

    What Python objects hold can't be given: a release can't let go of them without the GIL.
    """
    cdef Py_buffer bytes_
    cdef fs_shared *memory
    PyObject_GetBuffer(buffer, &bytes_, PyBUF_SIMPLE)
    try:
        owner = buffer.obj if type(buffer) is memoryview else buffer
        if type(owner) is Memory and (<Memory>owner).memory != NULL:
            fs_give_buffer(array, n, (<Memory>owner).memory, bytes_.buf)
            return 0
        memory = fs_new_shared(<size_t>bytes_.len)
        if memory == NULL:
            raise MemoryError()
        memcpy(memory.data, bytes_.buf, memory.size)
        fs_give_buffer(array, n, memory, memory.data)
        fs_let_go(memory)  # the array holds it
    finally:
        PyBuffer_Release(&bytes_)
    return 0


cdef int give(ArrowArray *array, object node) except -1:
    cdef int n
    buffers, children, dictionary = node.buffers, node.children, node.dictionary
    if len(buffers) > FS_MOST_BUFFERS:
        raise SystemError("a node has more buffers than there is room for")  # a fault of ours
    if not fs_give_array(
        array, node.rows, node.nulls, len(buffers), len(children), dictionary is not None
    ):
        raise MemoryError()
    for n, buffer in enumerate(buffers):
        if buffer is not None:
            give_buffer(array, n, buffer)
    for n, child in enumerate(children):
        give(array.children[n], child)
    if dictionary is not None:
        give(array.dictionary, dictionary)
    return 0


def export_schema(node):
    """Give a type: the capsule of a schema, which is released once."""
    cdef ArrowSchema *schema = <ArrowSchema *>calloc(1, sizeof(ArrowSchema))
    if schema == NULL:
        raise MemoryError()
    # From here on a capsule owns what was allocated, whatever fails.
    capsule = owned(schema, "arrow_schema", end_schema)
    describe(schema, node)
    return capsule


def export(node):
    """Give an array to whoever reads Arrow's PyCapsule interface.

    Args:
        node: a `Node`, whose buffers have as many bytes as its rows need.

    Returns:
        The capsules of a schema and an array. Each is released once: by who took what is in it, or
        with the capsule.
    """
    _nodes.check_room(node)
    schema = export_schema(node)
    cdef ArrowArray *array = <ArrowArray *>calloc(1, sizeof(ArrowArray))
    if array == NULL:
        raise MemoryError()
    capsule = owned(array, "arrow_array", end_array)
    give(array, node)
    return schema, capsule


def new_memory(size):
    """New writable memory, which is given to consumers as it is."""
    cdef fs_shared *memory = fs_new_shared(<size_t>size)
    if memory == NULL:
        raise MemoryError()
    try:
        return view_of(memory, memory.data, size)
    finally:
        fs_let_go(memory)


# A stream of arrays that Python code makes. Its functions enter the interpreter that made it, also
# from threads that Python never saw; once Python has ended, a release lets go of nothing.

cdef class Feed:
    """What a stream gives: a type, and the arrays of an iterator."""
    cdef object node
    cdef object nodes
    cdef bytes error


cdef struct Fed:                # what a stream's functions find without an interpreter
    PyInterpreterState *home
    void *feed

ctypedef int (*schema_function)(void *feed, ArrowSchema *out) noexcept nogil
ctypedef int (*next_function)(void *feed, ArrowArray *out) noexcept nogil
ctypedef const char *(*words_function)(void *feed) noexcept nogil
ctypedef void (*drop_function)(void *feed) noexcept nogil


cdef int feed_schema(void *given, ArrowSchema *out) noexcept:
    cdef Feed feed = <Feed>given
    memset(out, 0, sizeof(out[0]))
    try:
        describe(out, feed.node)
    except BaseException as error:
        return failed(feed, error)
    return 0


cdef int feed_next(void *given, ArrowArray *out) noexcept:
    cdef Feed feed = <Feed>given
    memset(out, 0, sizeof(out[0]))
    try:
        node = next(feed.nodes, None)
        if node is not None:
            _nodes.check_room(node)
            give(out, node)
    except BaseException as error:
        if out.release != NULL:
            out.release(out)
        return failed(feed, error)
    return 0


cdef int failed(Feed feed, object error) noexcept:
    """Keep an error's words for the consumer."""
    try:
        feed.error = _errors.words_of(error)
    except BaseException:
        feed.error = b"an error without a message"
    return EIO


cdef const char *words_of(void *given) noexcept:
    cdef Feed feed = <Feed>given
    return NULL if feed.error is None else PyBytes_AS_STRING(feed.error)


cdef void drop_feed(void *feed) noexcept:
    Py_DECREF(<object>feed)


# The casts, by way of `void *`, drop "needs the GIL" from a type: between the two calls it is held.

cdef int get_schema(ArrowArrayStream *stream, ArrowSchema *out) noexcept nogil:
    cdef Fed *fed = <Fed *>stream.private_data
    cdef fs_visit visit = fs_enter(fed.home)
    cdef int code = (<schema_function><void *>feed_schema)(fed.feed, out)
    fs_leave(visit)
    return code


cdef int get_next(ArrowArrayStream *stream, ArrowArray *out) noexcept nogil:
    cdef Fed *fed = <Fed *>stream.private_data
    cdef fs_visit visit = fs_enter(fed.home)
    cdef int code = (<next_function><void *>feed_next)(fed.feed, out)
    fs_leave(visit)
    return code


cdef const char *get_last_error(ArrowArrayStream *stream) noexcept nogil:
    cdef Fed *fed = <Fed *>stream.private_data
    cdef fs_visit visit = fs_enter(fed.home)
    cdef const char *words = (<words_function><void *>words_of)(fed.feed)
    fs_leave(visit)
    return words


cdef void release_feed(ArrowArrayStream *stream) noexcept nogil:
    cdef Fed *fed = <Fed *>stream.private_data
    cdef fs_visit visit
    if Py_IsInitialized():
        visit = fs_enter(fed.home)
        (<drop_function><void *>drop_feed)(fed.feed)
        fs_leave(visit)
    free(fed)
    stream.release = NULL


cdef void end_stream(object capsule) noexcept:
    cdef ArrowArrayStream *stream = <ArrowArrayStream *>PyCapsule_GetPointer(
        capsule, "arrow_array_stream")
    if stream.release != NULL:
        stream.release(stream)
    free(stream)


def export_stream(node, nodes):
    """Give a stream: the capsule of one, which is released once.

    Args:
        node: a `Node` for the type.
        nodes: an iterator of nodes of that type, each asked for when the consumer wants it.
    """
    cdef Feed feed = Feed.__new__(Feed)
    feed.node, feed.nodes, feed.error = node, iter(nodes), None
    cdef ArrowArrayStream *stream = <ArrowArrayStream *>calloc(1, sizeof(ArrowArrayStream))
    if stream == NULL:
        raise MemoryError()
    capsule = owned(stream, "arrow_array_stream", end_stream)
    cdef Fed *fed = <Fed *>calloc(1, sizeof(Fed))
    if fed == NULL:
        raise MemoryError()
    fed.home, fed.feed = PyInterpreterState_Get(), <void *>feed
    stream.get_schema = get_schema
    stream.get_next = get_next
    stream.get_last_error = get_last_error
    stream.private_data = fed
    Py_INCREF(feed)
    stream.release = release_feed
    return capsule


# Taken from producers:

cdef void *pointer_of(object capsule, const char *name) except NULL:
    if not PyCapsule_IsValid(capsule, name):
        raise _errors.not_capsule((<bytes>name).decode(), capsule)
    return PyCapsule_GetPointer(capsule, name)


cdef str text_of(const char *text):
    return "" if text == NULL else (<bytes>text).decode("utf-8", "replace")


cdef object read_schema(const ArrowSchema *schema, int depth):
    """A copy of a schema."""
    cdef int64_t n
    if schema == NULL or schema.release == NULL:
        raise _errors.released("Arrow schema")
    if schema.format == NULL or depth > DEEPEST:
        raise _errors.bad_array("its schema has no format, or no end")
    if not 0 <= schema.n_children <= MOST_CHILDREN or (
        schema.n_children and schema.children == NULL
    ):
        raise _errors.bad_array(f"its schema has {schema.n_children} children")
    children = tuple(
        [read_schema(schema.children[n], depth + 1) for n in range(schema.n_children)]
    )
    dictionary = None
    if schema.dictionary != NULL:
        dictionary = read_schema(schema.dictionary, depth + 1)
    return _pieces.Schema(text_of(schema.format), text_of(schema.name), children, dictionary)


def format_of(capsule):
    """The format string of a schema in a capsule, which stays the caller's."""
    cdef ArrowSchema *schema = <ArrowSchema *>pointer_of(capsule, "arrow_schema")
    return read_schema(schema, 0).format


@cython.final
cdef class Taken:
    """An array that was moved here; it is released with the last view of its memory."""
    cdef ArrowArray c

    def __dealloc__(self):
        if self.c.release != NULL:
            with nogil:     # a producer may wait for a lock whose holder waits for the GIL
                self.c.release(&self.c)


@cython.final
@cython.no_gc_clear  # `start` leads into what was taken
cdef class Part:
    """Memory of such an array, read-only."""
    cdef Taken taken
    cdef const uint8_t *start
    cdef Py_ssize_t size

    @property
    def address(self):
        """Where it is: two that live at once are equal where they are the same memory."""
        return <size_t>self.start

    def __getbuffer__(self, Py_buffer *view, int flags):
        if flags & PyBUF_WRITABLE:
            raise BufferError("Arrow memory is read-only")
        view.buf = <void *>self.start if self.taken is not None else <void *>&self.size
        view.obj = self
        view.len = self.size
        view.itemsize = 1
        view.readonly = True
        view.ndim = 1
        view.format = FS_UNSIGNED_BYTES if flags & PyBUF_FORMAT else NULL
        view.shape = &self.size if flags & PyBUF_ND else NULL
        view.strides = &view.itemsize if (flags & PyBUF_STRIDES) == PyBUF_STRIDES else NULL
        view.suboffsets = NULL
        view.internal = NULL


@cython.final
@cython.no_gc_clear  # `c` leads into what was taken
cdef class Array:
    """A struct that was taken, or a part of one: what it says, unchecked."""
    cdef Taken taken
    cdef const ArrowArray *c

    @property
    def rows(self):
        return self.c.length

    @property
    def nulls(self):
        return self.c.null_count

    @property
    def offset(self):
        return self.c.offset

    @property
    def buffers(self):
        if self.c.n_buffers > 0 and self.c.buffers == NULL:
            raise _errors.bad_array(f"{self.c.n_buffers} buffers, and none there")
        return self.c.n_buffers

    @property
    def children(self):
        return self.c.n_children

    def child(self, n):
        """Give a child, of which there are more than `n`."""
        if self.c.children == NULL or self.c.children[n] == NULL:
            raise _errors.bad_array("a child is missing")
        return array_of(self.taken, self.c.children[n])

    def dictionary(self):
        """Give the dictionary, or None."""
        return None if self.c.dictionary == NULL else array_of(self.taken, self.c.dictionary)

    def has_buffer(self, n):
        """Whether there is a buffer of that number."""
        return n < self.c.n_buffers and self.c.buffers != NULL and self.c.buffers[n] != NULL

    def view(self, n, size):
        """Show the first bytes of a buffer that is there."""
        cdef Part part = Part.__new__(Part)
        part.taken = self.taken
        part.start = <const uint8_t *>self.c.buffers[n]
        part.size = size
        return PyMemoryView_FromObject(part)


cdef Array array_of(Taken taken, const ArrowArray *c):
    cdef Array made = Array.__new__(Array)
    if c.release == NULL:
        raise _errors.released("Arrow array")
    made.taken = taken
    made.c = c
    return made


@cython.no_gc_clear  # a stream that is read from must not be taken apart
cdef class Source:
    """What a producer gave: its schema, and arrays one by one."""
    cdef readonly object schema
    cdef Taken only
    cdef ArrowArrayStream stream

    def __dealloc__(self):
        if self.stream.release != NULL:
            with nogil:
                self.stream.release(&self.stream)

    def take_next(self):
        """Take the next array, or give None at the end."""
        cdef Taken taken = self.only
        cdef int code
        self.only = None
        if taken is None:
            if self.stream.release == NULL:
                return None
            taken = Taken.__new__(Taken)
            with nogil:
                code = self.stream.get_next(&self.stream, &taken.c)
            if code != 0:
                raise self.failure(code)
            if taken.c.release == NULL:
                return None
        return array_of(taken, &taken.c)

    cdef object failure(self, int code):
        """The producer's own words, copied before the stream is released."""
        cdef const char *message = NULL
        if self.stream.get_last_error != NULL:
            message = self.stream.get_last_error(&self.stream)
        return _errors.stream_failed(code, None if message == NULL else text_of(message))


cdef Source source_of_stream(object capsule):
    cdef ArrowArrayStream *given = <ArrowArrayStream *>pointer_of(capsule, "arrow_array_stream")
    cdef Source source = Source.__new__(Source)
    cdef ArrowSchema schema
    cdef int code
    if given.release == NULL:
        raise _errors.released("Arrow stream")
    source.stream = given[0]    # moved
    given.release = NULL
    memset(&schema, 0, sizeof(schema))
    with nogil:
        code = source.stream.get_schema(&source.stream, &schema)
    if code != 0:
        raise source.failure(code)
    try:
        source.schema = read_schema(&schema, 0)
    finally:
        if schema.release != NULL:
            schema.release(&schema)
    return source


cdef Source source_of_array(object schema_capsule, object array_capsule):
    cdef ArrowSchema *schema = <ArrowSchema *>pointer_of(schema_capsule, "arrow_schema")
    cdef ArrowArray *array = <ArrowArray *>pointer_of(array_capsule, "arrow_array")
    cdef Source source = Source.__new__(Source)
    source.schema = read_schema(schema, 0)
    if array.release == NULL:
        raise _errors.released("Arrow array")
    source.only = Taken.__new__(Taken)
    source.only.c = array[0]    # moved; the schema stays with its capsule
    array.release = NULL
    return source


def open_column(column):
    """Take what an object exports: by a stream where it can, for that is all that chunks have."""
    if hasattr(type(column), "__arrow_c_stream__"):
        return source_of_stream(column.__arrow_c_stream__())
    schema, array = column.__arrow_c_array__()
    return source_of_array(schema, array)


pieces = partial(_pieces.each_piece, open_column)


# Loops over what was taken:

cdef inline uint8_t *bytes_of(object made) noexcept:
    return <uint8_t *>PyBytes_AS_STRING(made)


def spread_bits(bits, first, rows):
    """A byte a row, 1 or 0, from bits, of which the row 0 has the number `first`."""
    cdef Py_buffer view
    cdef int64_t start = first, count = rows
    PyObject_GetBuffer(bits, &view, PyBUF_SIMPLE)
    try:
        if view.len * 8 < start + count:
            raise ValueError("there are fewer bits than rows")
        flags = PyBytes_FromStringAndSize(NULL, count)
        fs_spread_bits(
            <const uint8_t *>view.buf, start, count, <uint8_t *>PyBytes_AS_STRING(flags)
        )
    finally:
        PyBuffer_Release(&view)
    return flags


def pack_bits(flags):
    """A bit a row from a byte a row, and how many are 0."""
    cdef Py_buffer view
    PyObject_GetBuffer(flags, &view, PyBUF_SIMPLE)
    try:
        bits = PyBytes_FromStringAndSize(NULL, (view.len + 7) // 8)
        zeros = fs_pack_bits(
            <const uint8_t *>view.buf, view.len, <uint8_t *>PyBytes_AS_STRING(bits)
        )
    finally:
        PyBuffer_Release(&view)
    return bits, zeros


def take(piece, size, records, flags):
    """The record of `size` bytes for each row of a dictionary column, and whether it is valid.

    Args:
        piece: a piece with indexes.
        size: the bytes of a record.
        records: bytes, a record for each value of the dictionary.
        flags: bytes, 1 or 0 for each value.

    Raises:
        ValueError: an index without a value.
    """
    cdef Held held
    cdef bytes source = records, valid = flags
    cdef int64_t row, width = size, count = PyBytes_GET_SIZE(valid)
    cdef uint8_t *from_
    cdef uint8_t *good
    cdef uint8_t *to
    cdef uint8_t *set_
    cdef bint is_signed = piece.index_format.islower()
    if PyBytes_GET_SIZE(source) < count * width:
        raise ValueError("there are fewer records than flags")
    hold(&held, FS_ROWS_NULL, _pieces.INDEXES[piece.index_format], piece)
    try:
        if held.buffers[0].len < held.rows.rows * held.rows.width:
            raise SystemError("a piece has fewer indexes than rows")  # a fault of ours
        out = PyBytes_FromStringAndSize(NULL, held.rows.rows * width)
        taken = PyBytes_FromStringAndSize(NULL, held.rows.rows)
        from_, good = bytes_of(source), bytes_of(valid)
        to, set_ = bytes_of(out), bytes_of(taken)
        with nogil:
            row = fs_take(&held.rows, is_signed, from_, width, good, count, to, set_)
    finally:
        drop(&held)
    if row >= 0:
        raise _errors.bad_row(row)
    return out, taken


def take_packed(piece):
    """The packed addresses in a piece of binaries, as records of 16 bytes, and their flags."""
    cdef Held held
    cdef int64_t row, width
    cdef uint8_t *to
    cdef uint8_t *flags
    layout = layout_of(piece.format, &width)
    hold(&held, layout, width, piece)
    try:
        out = PyBytes_FromStringAndSize(NULL, held.rows.rows * 16)
        valid = PyBytes_FromStringAndSize(NULL, held.rows.rows)
        to, flags = bytes_of(out), bytes_of(valid)
        with nogil:
            row = fs_take_packed(&held.rows, to, flags)
    finally:
        drop(&held)
    if row >= 0:
        raise _errors.bad_row(row)
    return out, valid
