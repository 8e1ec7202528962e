/* What a scalar call reads of its arguments and makes of its result, without a call into the
 * interpreter in the usual case: the bytes of a str that is ASCII, the value of a small int. */
#ifndef FASTSOCK_PYOBJECTS_H
#define FASTSOCK_PYOBJECTS_H

#include <Python.h>
#include <stdint.h>

#include "fastsock/_core/bytes.h"

/* NULL where the text is not ASCII. Runs no Python code and raises nothing. */
static inline const uint8_t *fs_ascii(PyObject *text, Py_ssize_t *size)
{
#if PY_VERSION_HEX < 0x030C0000
    if (PyUnicode_READY(text) < 0) { /* a str made by the old C API */
        PyErr_Clear();
        return NULL;
    }
#endif
    if (!PyUnicode_IS_ASCII(text))
        return NULL;
    *size = PyUnicode_GET_LENGTH(text);
    return (const uint8_t *)PyUnicode_DATA(text);
}

static inline const uint8_t *fs_utf8(PyObject *text, Py_ssize_t *size)
{
    const uint8_t *ascii = fs_ascii(text, size);
    return ascii != NULL ? ascii : (const uint8_t *)PyUnicode_AsUTF8AndSize(text, size);
}

/* A new str of up to FS_COPY_MAX ASCII characters. */
static inline PyObject *fs_new_text(const uint8_t *text, Py_ssize_t size)
{
    PyObject *result = PyUnicode_New(size, 127);
    if (result != NULL)
        fs_copy((uint8_t *)PyUnicode_DATA(result), text, (size_t)size);
    return result;
}

/* A new str of less than 16, as every IPv4 address has. */
static inline PyObject *fs_new_short_text(const uint8_t *text, Py_ssize_t size)
{
    PyObject *result = PyUnicode_New(size, 127);
    if (result != NULL)
        fs_copy_short((uint8_t *)PyUnicode_DATA(result), text, (size_t)size);
    return result;
}

/* Whether an int is a small one, of at most 31 bits; then its value. */
static inline int fs_is_small(PyObject *value, long *number)
{
#if PY_VERSION_HEX >= 0x030C0000
    if (!PyUnstable_Long_IsCompact((PyLongObject *)value))
        return 0;
    *number = (long)PyUnstable_Long_CompactValue((PyLongObject *)value);
#else
    if (Py_SIZE(value) != 1) /* one digit, not negative */
        return 0;
    *number = (long)((PyLongObject *)value)->ob_digit[0];
#endif
    return 1;
}

/* As PyLong_AsLongAndOverflow, for an int or a subclass of it. */
static inline long fs_long(PyObject *value, int *overflow)
{
    long number;
    if (fs_is_small(value, &number)) {
        *overflow = 0;
        return number;
    }
    return PyLong_AsLongAndOverflow(value, overflow);
}

/* As PyLong_AsLongLongAndOverflow: 64 bits on every platform. */
static inline long long fs_long_long(PyObject *value, int *overflow)
{
    long number;
    if (fs_is_small(value, &number)) {
        *overflow = 0;
        return number;
    }
    return PyLong_AsLongLongAndOverflow(value, overflow);
}

/* A new reference to a dict's value for a key. 1, or 0 and NULL where there is none, or -1 with an
 * error. A borrowed one would be gone where another thread, or Python code of ours, drops it. */
static inline int fs_dict_item(PyObject *dict, PyObject *key, PyObject **found)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyDict_GetItemRef(dict, key, found);
#else
    *found = PyDict_GetItemWithError(dict, key);
    if (*found == NULL)
        return PyErr_Occurred() != NULL ? -1 : 0;
    Py_INCREF(*found); /* the GIL is held, and nothing has run since */
    return 1;
#endif
}

/* A new reference to a list's item, or NULL with an error. */
static inline PyObject *fs_list_item(PyObject *list, Py_ssize_t index)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyList_GetItemRef(list, index);
#else
    PyObject *item = PyList_GetItem(list, index);
    Py_XINCREF(item);
    return item;
#endif
}

/* A fresh tuple of a subclass that adds nothing to it, as NamedTuple makes them. The items are still
 * to be set, and nothing may run in between. */
static inline PyObject *fs_new_tuple(PyObject *type, Py_ssize_t size)
{
    PyObject *made = ((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, size);
#if PY_VERSION_HEX >= 0x030E0000
    /* Tuples remember their hash. -1 says that it is not known yet; tp_alloc leaves 0. */
    if (made != NULL)
        ((PyTupleObject *)made)->ob_hash = -1;
#endif
    return made;
}

#endif
