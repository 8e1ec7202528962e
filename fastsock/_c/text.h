/* The bytes of a str, without a call where it is ASCII, as addresses are. */
#ifndef FASTSOCK_TEXT_H
#define FASTSOCK_TEXT_H

#include <Python.h>
#include <stdint.h>

/* NULL where the text is not ASCII. Runs no Python code and raises nothing. */
static inline const uint8_t *fs_ascii(PyObject *text, Py_ssize_t *size)
{
#if PY_VERSION_HEX < 0x030C0000
    if (PyUnicode_READY(text) < 0) { /* a str of the old C API's making */
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

#endif
