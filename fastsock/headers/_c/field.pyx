"""Fields that are read and written in place, and the base of all views.

`fastsock/headers/layout.py` lists the fields of a header, for both twins. A field is a descriptor,
so reading one is a type check, a bounds check and a load.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytearray cimport PyByteArray_CheckExact
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.memoryview cimport PyMemoryView_FromObject
from cpython.number cimport PyNumber_Index
from cpython.object cimport PyObject, PyTypeObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from fastsock.headers._c.arguments cimport bytes_of, number, octets
from fastsock._core.buffers cimport contiguous, pin
from fastsock._core.vectorcall cimport (
    PyVectorcall_NARGS,
    call_type_slowly,
    fs_set_type_call,
    vectorcallfunc,
)

from fastsock._core import errors as _core_errors
from fastsock.headers import errors as _errors
from fastsock.packet import errors as _packet_errors
from fastsock.stream import errors as _stream_errors


_LAYERS = ("ethernet", "arp", "ipv4", "ipv6", "tcp", "udp", "icmp")


cdef extern from "Python.h":
    bint PyObject_TypeCheck(object instance, PyTypeObject *kind) noexcept
    int PyUnicode_CompareWithASCIIString(object text, const char *other) noexcept
    Py_ssize_t clipped_ssize "PyNumber_AsSsize_t"(object value, void *error) except? -1

cdef enum:
    MOST_AT = 60    # no header has a longer fixed part; a sum with a size can't overflow


@cython.no_gc_clear  # a field is asked for also while the collector tears down the module
cdef class Field:
    def __cinit__(self, field):
        self.views = View
        self.name, self.text = field.name, field.doc
        self.at, self.size = field.at, field.size
        # Otherwise a field that anyone made could reach outside the header and the words here.
        if not 0 <= self.at <= MOST_AT or not 0 < self.size <= (
            4 if isinstance(self, Number) else 16
        ):
            raise ValueError("no field of a header")

    cdef View of(self, object instance):
        """The view whose field it is. Its header may be gone, or be another kind's and shorter.

        `least` is even, so the whole word around a field before it is present.
        """
        if not PyObject_TypeCheck(instance, <PyTypeObject *>self.views):
            raise TypeError(f"{self.name} is a field of headers' views")
        view = <View>instance
        if self.at + self.size > view.least:
            view.check_live()
            if self.at + self.size <= view.whole:
                view.fault("header", "HEADER_CUT")
            raise TypeError(f"{type(view).__name__} has no such field {self.name}")
        return view

    def __delete__(self, instance):
        raise AttributeError(f"{self.name} can't be deleted")

    def __reduce__(self):
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


@cython.no_gc_clear
cdef class Number(Field):
    @property
    def __doc__(self):  # a class inherits none
        return self.text

    def __cinit__(self, field):
        cdef int bits = field.bits  # read once, for it may be a property
        self.shift, self.unit = field.shift, field.unit
        if (
            not 0 <= self.shift < 8 * self.size
            or not 0 < bits <= 8 * self.size - self.shift
            or self.unit == 0
        ):
            raise ValueError("no field of a header")
        self.base, self.most = field.base, field.most
        self.mask = <uint32_t>((<uint64_t>1 << bits) - 1)

    def __get__(self, instance, owner):
        if instance is None:
            return self
        cdef View view = self.of(instance)
        cdef uint32_t word = fs_load_be(view.data + self.at, self.size)
        return ((word >> self.shift) & self.mask) * self.unit + self.base

    def __set__(self, instance, value):
        cdef View view
        cdef uint32_t given = number(self.name, value, self.most, self.base)
        cdef uint32_t bits = given - self.base
        if self.unit != 1:
            if bits % self.unit:
                raise _core_errors.out_of_range(
                    self.name, given, self.base, self.most, self.unit
                )
            bits //= self.unit
        view = self.of(instance)  # not before: an __index__ may have released it
        view.check_writable()
        fs_replace(view.data, self.at, self.size, self.mask << self.shift, bits << self.shift,
                   view.checksum_at, view.zero_is_none)


@cython.no_gc_clear
cdef class Flag(Number):
    @property
    def __doc__(self):  # a class inherits none
        return self.text

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return fs_load_be(self.of(instance).data + self.at, 1) >> self.shift & 1 != 0


@cython.no_gc_clear
cdef class Octets(Field):
    @property
    def __doc__(self):  # a class inherits none
        return self.text

    def __get__(self, instance, owner):
        if instance is None:
            return self
        view = self.of(instance)
        return PyBytes_FromStringAndSize(<char *>view.data + self.at, self.size)

    def __set__(self, instance, value):
        cdef uint8_t given[16]
        octets(self.name, value, given, self.size)
        view = self.of(instance)
        view.check_writable()
        memcpy(view.data + self.at, given, self.size)


# The collector must not clear a view: `data` would point to bytes that nothing holds, and code that
# runs meanwhile can find the view. A cycle is cleared at the object that `source` refers to.
@cython.no_gc_clear
cdef class View:
    def __init__(self, buffer, offset=0):
        cdef View fresh
        if self.exporter is None:
            self.open(buffer, <PyObject *>offset)
            return
        fresh = type(self)(buffer, offset)
        self.share(fresh, fresh.start, fresh.least)

    cdef void describe(self) noexcept:
        pass

    cdef int open(self, object buffer, PyObject *offset) except -1:
        cdef Py_ssize_t start = 0, size
        cdef uint8_t *data
        self.describe()
        at = None if offset == NULL else PyNumber_Index(<object>offset)
        exporter = buffer
        if not PyBytes_CheckExact(buffer) and not PyByteArray_CheckExact(buffer):
            exporter = contiguous(buffer, "buffer")
        data = self.hold(exporter, &size)
        if at is not None:
            start = clipped_ssize(at, NULL)
        if start < 0 or start > size or size - start < self.whole:
            PyBuffer_Release(&self.pin)
            if start < 0:
                raise _stream_errors.bad_count("offset", at)
            raise _packet_errors.header_fault(self.layer_name(), "header", at or 0, "HEADER_CUT")
        self.source, self.exporter = buffer, exporter
        self.least = self.whole
        self.data, self.size, self.start = data + start, size - start, start
        return 0

    cdef uint8_t *hold(self, object exporter, Py_ssize_t *size) except? NULL:
        """Keep the bytes of `exporter` in place, and return their address."""
        cdef uint8_t *data
        self.read_only = PyBytes_CheckExact(exporter)
        if self.read_only:
            size[0] = PyBytes_GET_SIZE(exporter)
            return <uint8_t *>PyBytes_AS_STRING(exporter)
        if PyByteArray_CheckExact(exporter):
            PyObject_GetBuffer(exporter, &self.pin, PyBUF_SIMPLE)
            size[0] = self.pin.len
            return <uint8_t *>self.pin.buf
        data = bytes_of(exporter, size, &self.read_only)
        pin(exporter, &self.pin)
        return data

    cdef int share(self, View other, Py_ssize_t start, Py_ssize_t least) except -1:
        """Become a view of the same bytes, from `start` on, of which `least` are a header's."""
        cdef Py_ssize_t size
        cdef uint8_t *data
        PyBuffer_Release(&self.pin)
        data = self.hold(other.exporter, &size)
        self.source, self.exporter = other.source, other.exporter
        self.least = least
        self.data, self.size, self.start = data + start, size - start, start
        return 0

    def __dealloc__(self):
        PyBuffer_Release(&self.pin)

    cdef int check_live(self) except -1:
        if self.exporter is None:
            raise _errors.released()
        return 0

    cdef int check_writable(self) except -1:
        if self.read_only:
            raise _errors.read_only()
        return 0

    cdef memoryview slice(self, Py_ssize_t start, Py_ssize_t stop):
        cdef memoryview view = PyMemoryView_FromObject(self.exporter)
        return view[self.start + start:self.start + max(start, stop)]

    cdef int fault(self, str field, str what) except -1:
        raise _packet_errors.header_fault(self.layer_name(), field, self.start, what)

    cdef str layer_name(self):
        return _LAYERS[<int>self.layer]

    cdef Py_ssize_t header(self, Py_ssize_t words, Py_ssize_t there) except -1:
        """The bytes of a header with options, from its length in words of four bytes."""
        if words < 5:
            self.fault("header_length", "BAD_HEADER_LENGTH")
        if words * 4 > there:
            self.fault("options", "OPTIONS_CUT")
        return words * 4

    def __reduce__(self):
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    def __repr__(self):
        where = "released" if self.exporter is None else f"at {self.start}, {self.size} bytes"
        return f"<{type(self).__name__} {where}>"

    def __enter__(self):
        self.check_live()
        return self

    def __exit__(self, *exception):
        self.release()

    def release(self):
        """Let go of the buffer, so that it can be resized; the view can't be used any more."""
        self.data, self.size, self.least = NULL, 0, 0
        PyBuffer_Release(&self.pin)
        self.source = self.exporter = None

    @property
    def buffer(self):
        """The buffer that the view was made of."""
        self.check_live()
        return self.source

    @property
    def offset(self):
        """Where the header begins in the buffer."""
        return self.start


cdef object call_view(PyObject *kind, PyObject *const *args, size_t count, PyObject *names):
    """Make a view, as `kind(buffer, offset)` does."""
    cdef Py_ssize_t size = PyVectorcall_NARGS(count)
    cdef Py_ssize_t named = 0 if names == NULL else PyTuple_GET_SIZE(<object>names)
    cdef View view
    if size > 0 and size + named <= 2 and (
        named == 0 or PyUnicode_CompareWithASCIIString(
            <object>PyTuple_GET_ITEM(<object>names, 0), b"offset"
        ) == 0
    ):
        nothing = PyTuple_New(0)
        view = <View>(<PyTypeObject *>kind).tp_new(<type>kind, <PyObject *>nothing, NULL)
        view.open(<object>args[0], args[1] if size + named == 2 else NULL)
        return view
    return call_type_slowly(kind, args, size, names)


cdef int call_directly(object kind) except -1:
    fs_set_type_call(<PyTypeObject *>kind, <vectorcallfunc>call_view)
    return 0
