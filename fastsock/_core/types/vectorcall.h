/* Vectorcall for instances and types of Cython's. */
#ifndef FASTSOCK_VECTORCALL_H
#define FASTSOCK_VECTORCALL_H

#include <Python.h>

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

#endif
