"""Entries of our own for hot functions with keywords.

Cython finds its module's state anew for each parameter's name and each default, in the entry of a
function. One of ours takes the usual calls and leaves the others to Cython's.
"""

from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from libc.string cimport memset


cdef extern from "Python.h":
    ctypedef void *PyCFunction

    ctypedef struct PyMethodDef:
        const char *ml_name
        PyCFunction ml_meth
        int ml_flags
        const char *ml_doc

    ctypedef struct PyCFunctionObject:
        PyMethodDef *m_ml

    enum: METH_FASTCALL
    enum: METH_KEYWORDS
    object PyCFunction_NewEx(PyMethodDef *method, PyObject *module, object module_name)
    PyObject *PyCFunction_GetSelf(object function) except? NULL
    object PyObject_Vectorcall(object call, PyObject *const *given, size_t count, PyObject *names)


cdef inline object with_entry(object function, PyMethodDef *method, PyCFunction entry):
    """Make a copy of a function, name and signature included, that calls enter by `entry`.

    `method` is static, and the same in all interpreters.
    """
    method.ml_name = (<PyCFunctionObject *>function).m_ml.ml_name
    method.ml_doc = (<PyCFunctionObject *>function).m_ml.ml_doc
    method.ml_meth = entry
    method.ml_flags = METH_FASTCALL | METH_KEYWORDS
    return PyCFunction_NewEx(method, PyCFunction_GetSelf(function), function.__module__)


cdef inline bint sort_arguments(
    tuple parameters, Py_ssize_t size, Py_ssize_t positional, PyObject *const *args,
    Py_ssize_t count, PyObject *names, PyObject **given
) noexcept:
    """Put each argument in its parameter's place. False if Cython's entry must take the call.

    `parameters` are `size` interned names, or None for one that has no name for callers; the first
    `positional` may be given by position. `given` gets NULL for what is left out.
    """
    cdef Py_ssize_t i, place
    if count > positional:
        return False
    memset(given, 0, size * sizeof(given[0]))
    for i in range(count):
        given[i] = args[i]
    for i in range(0 if names == NULL else PyTuple_GET_SIZE(<object>names)):
        place = 0
        # Names in a program's code are interned, as ours are: one text, one object.
        while place < size and PyTuple_GET_ITEM(parameters, place) != PyTuple_GET_ITEM(
            <object>names, i
        ):
            place += 1
        if place == size or given[place] != NULL:
            return False
        given[place] = args[count + i]
    return True
