"""Calls of instances and types without a tuple of arguments, as Cython gives them to functions."""

from cpython.object cimport PyObject, PyTypeObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE


cdef extern from "Python.h":
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *)
    Py_ssize_t PyVectorcall_NARGS(size_t count) noexcept


cdef extern from "fastsock/_core/types/vectorcall.h":
    void fs_set_call_offset(PyTypeObject *type, Py_ssize_t offset) noexcept
    void fs_set_type_call(PyTypeObject *type, vectorcallfunc call) noexcept
    object fs_call_type(object type, object args, object names)


cdef inline object call_type_slowly(
    PyObject *type, PyObject *const *args, Py_ssize_t count, PyObject *names
):
    """Call a type with arguments that its own vectorcallfunc leaves to tp_new and tp_init."""
    cdef Py_ssize_t i
    given = tuple([<object>args[i] for i in range(count)])
    named = {}
    if names != NULL:
        for i in range(PyTuple_GET_SIZE(<object>names)):
            named[<object>PyTuple_GET_ITEM(<object>names, i)] = <object>args[count + i]
    return fs_call_type(<object>type, given, named)
