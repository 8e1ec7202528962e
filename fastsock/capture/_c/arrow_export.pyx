"""Compiled twin of what gives columns to Arrow consumers, by the C data interface."""

cimport cython
from cpython.buffer cimport (
    PyBUF_FORMAT,
    PyBUF_ND,
    PyBUF_SIMPLE,
    PyBUF_STRIDES,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from fastsock.capture import errors as _errors


cdef extern from *:
    """
    #define FS_UNSIGNED_BYTES ((char *)"B")
    """
    char *FS_UNSIGNED_BYTES

cdef extern from "Python.h":
    object PyMemoryView_FromObject(object exporter)


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


cdef int give(
    ArrowArray *child, object name, object column, int64_t rows, int64_t itemsize
) except -1:
    """Give a column as it is, where its memory is shared memory, else a copy of it.

    What Python objects hold can't be given: a release can't let go of them without the GIL.
    """
    cdef Py_buffer bytes_
    cdef fs_shared *memory
    cdef bint given
    PyObject_GetBuffer(column, &bytes_, PyBUF_SIMPLE)
    try:
        if bytes_.len // itemsize < rows:  # else a consumer reads behind the memory
            raise _errors.column_too_small(name, rows)
        owner = column.obj if type(column) is memoryview else None
        if type(owner) is Memory and (<Memory>owner).memory != NULL:
            given = fs_give_column(child, rows, (<Memory>owner).memory, bytes_.buf)
        else:
            memory = fs_new_shared(<size_t>(rows * itemsize))
            if memory == NULL:
                raise MemoryError()
            memcpy(memory.data, bytes_.buf, memory.size)
            given = fs_give_column(child, rows, memory, memory.data)
            fs_let_go(memory)  # the array holds it
        if not given:
            raise MemoryError()
    finally:
        PyBuffer_Release(&bytes_)
    return 0


def export(rows, columns):
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
    cdef ArrowSchema *schema
    cdef ArrowArray *array
    cdef int64_t count = rows
    cdef size_t n
    schema = <ArrowSchema *>calloc(1, sizeof(ArrowSchema))
    if schema == NULL:
        raise MemoryError()
    # From here on a capsule owns what was allocated, whatever fails.
    schema_capsule = owned(schema, "arrow_schema", end_schema)
    array = <ArrowArray *>calloc(1, sizeof(ArrowArray))
    if array == NULL:
        raise MemoryError()
    array_capsule = owned(array, "arrow_array", end_array)
    columns = tuple(columns)
    if not fs_describe(schema, "+s", "", 0, len(columns)):
        raise MemoryError()
    if not fs_give_table(array, count, len(columns)):
        raise MemoryError()
    for n, (name, format_, itemsize, column) in enumerate(columns):
        label, kind = name.encode(), format_.encode()
        if not fs_describe(schema.children[n], kind, label, ARROW_FLAG_NULLABLE, 0):
            raise MemoryError()
        give(array.children[n], name, column, count, itemsize)
    return schema_capsule, array_capsule


cdef object owned(void *pointer, const char *name, void (*end)(object) noexcept):
    """A capsule that owns the pointer; where it can't be made, nobody does."""
    try:
        return PyCapsule_New(pointer, name, end)
    except BaseException:
        free(pointer)
        raise
