"""Calls of instances and types without a tuple of arguments, as Cython gives them to functions."""

from cpython.object cimport PyObject, PyTypeObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE


cdef extern from "Python.h":
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *)
    Py_ssize_t PyVectorcall_NARGS(size_t count) noexcept


cdef extern from *:
    """
    /* Let instances be called by the vectorcallfunc that each holds at `offset`. Once, when the
     * module is made and before there is a subclass; tp_call stays for whoever asks for it. */
    static inline void fs_set_call_offset(PyTypeObject *type, Py_ssize_t offset)
    {
        type->tp_vectorcall_offset = offset;
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        PyType_Modified(type);
    }

    /* Let a final type itself be called by `call`; tp_call stays for whoever asks for it. */
    static inline void fs_set_type_call(PyTypeObject *type, vectorcallfunc call)
    {
        type->tp_vectorcall = call;
        PyType_Modified(type);
    }

    /* Call a type as if it had no vectorcallfunc: by its tp_new and tp_init. */
    static inline PyObject *fs_call_type(PyObject *type, PyObject *args, PyObject *names)
    {
        return PyType_Type.tp_call(type, args, names);
    }
    """
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
