"""Builders of headers, over arguments that a call has sorted by parameter."""

from cpython.object cimport PyObject


# Arguments by parameter, NULL where one is left out, and the user's buffer or NULL for fresh bytes.
ctypedef object (*Builder)(PyObject **given, Py_buffer *out)

cdef object build_into(Builder build, PyObject **given)

cdef object make_ethernet(PyObject **given, Py_buffer *out)
cdef object make_arp(PyObject **given, Py_buffer *out)
cdef object make_ipv4(PyObject **given, Py_buffer *out)
cdef object make_ipv6(PyObject **given, Py_buffer *out)
cdef object make_udp(PyObject **given, Py_buffer *out)
cdef object make_tcp(PyObject **given, Py_buffer *out)
cdef object make_icmp_echo(PyObject **given, Py_buffer *out)
