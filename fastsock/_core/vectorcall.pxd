"""Calls of instances without a tuple of arguments, which Cython gives only to functions."""

from cpython.object cimport PyObject, PyTypeObject


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
    """
    void fs_set_call_offset(PyTypeObject *type, Py_ssize_t offset) noexcept
