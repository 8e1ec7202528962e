"""Entries of our own for hot functions with keywords.

Cython finds its module's state anew for each parameter's name and each default, in the entry of a
function. One of ours takes the usual calls and leaves the others to Cython's.
"""

from cpython.object cimport PyObject


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
    """The same function, name, signature and all, but for what a call enters.

    `method` is static, and the same in all interpreters.
    """
    method.ml_name = (<PyCFunctionObject *>function).m_ml.ml_name
    method.ml_doc = (<PyCFunctionObject *>function).m_ml.ml_doc
    method.ml_meth = entry
    method.ml_flags = METH_FASTCALL | METH_KEYWORDS
    return PyCFunction_NewEx(method, PyCFunction_GetSelf(function), function.__module__)
